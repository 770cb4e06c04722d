"""The sanctioned-use rules: what may not go out, by which clause of GO-04, in which words, and how to mend it.

One file a clause, named for its label; its wording stands in wording/<label>.toml. To add a rule, add the two files.
"""

from notifier.policy.finding import Finding, Judgement, Verdict
from notifier.policy.judging import judge
from notifier.policy.subject import ShownAttachment, ShownText, Subject, subject_of, subject_of_text
from notifier.policy.wording import Wording, built_in

__all__ = [
    "Finding",
    "Judgement",
    "ShownAttachment",
    "ShownText",
    "Subject",
    "Verdict",
    "Wording",
    "built_in",
    "judge",
    "subject_of",
    "subject_of_text",
]
