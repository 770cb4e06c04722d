"""What a rule found, and the verdict of it all."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "review", "block"]
"""`pass`: clean. `review`: only with express permission of the chief or designee. `block`: never as it stands."""

_SEVERITY: dict[Verdict, int] = {"pass": 0, "review": 1, "block": 2}


@dataclass(frozen=True)
class Finding:
    """Words that break a clause of the order: which, why, and how to mend them.

    `start` and `end` count characters of the text as it was given: of the field, else of the attachment's alt text,
    else of the channel's text. `channel` is None where every channel shows the words. A finding about what is missing
    may have no words: then `start` and `end` are 0.
    """

    rule: str
    clause: str
    label: str
    verdict: Verdict
    text: str
    start: int
    end: int
    why: str
    mend: str
    channel: str | None = None
    field: str | None = None
    attachment: str | None = None
    language: str | None = None

    def to_json(self) -> dict[str, str | int | None]:
        """Give the finding as the contract spells it; `attachment` only where it is an attachment's."""
        value: dict[str, str | int | None] = {
            "rule": self.rule,
            "clause": self.clause,
            "label": self.label,
            "verdict": self.verdict,
            "channel": self.channel,
            "field": self.field,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "why": self.why,
            "mend": self.mend,
        }
        return value if self.attachment is None else {**value, "attachment": self.attachment}


@dataclass(frozen=True)
class Judgement:
    """All findings of a subject in the order of its text, and the worst of their verdicts."""

    verdict: Verdict
    findings: tuple[Finding, ...]


def worst(findings: Iterable[Finding]) -> Verdict:
    """Give the most severe verdict; `pass` where nothing was found."""
    return max((finding.verdict for finding in findings), key=_SEVERITY.__getitem__, default="pass")
