"""What the policy tests ask again and again."""

from notifier.policy import Finding, ShownAttachment, judge, subject_of_text

DEPARTMENT = "Harrowgate Police Department"


def findings_of(
    label: str, text: str, kind: str | None = None, attachments: tuple[ShownAttachment, ...] = ()
) -> list[Finding]:
    """Give the findings of one label on a free text of the Harrowgate police."""
    judged = judge(subject_of_text(text, kind, "final", DEPARTMENT, attachments))
    return [finding for finding in judged.findings if finding.label == label]
