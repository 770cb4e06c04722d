"""A text that is too long for one post becomes parts that are each whole sentences: nothing is ever cut."""

from collections.abc import Callable

from notifier.sentence import sentences

MOST_PARTS = 9


def in_parts(text: str, fits: Callable[[str], bool], prefix: str = "") -> tuple[str, ...]:
    """Split a text into numbered parts that each fit; empty where one sentence alone does not, or there are too many.

    prefix: what stands before every part but the first, which has it already: an exercise is one in every part.
    """
    waiting = sentences(text)
    parts: list[str] = []
    while waiting and len(parts) < MOST_PARTS:
        part = prefix if parts else ""
        taken = 0
        for one in waiting:
            longer = f"{part} {one}" if part.strip() and taken else f"{part}{one}"
            if not fits(_numbered(longer, MOST_PARTS, MOST_PARTS)):
                break
            part, taken = longer, taken + 1
        if not taken:
            return ()
        parts.append(part)
        waiting = waiting[taken:]
    if waiting:
        return ()
    return tuple(_numbered(part, number, len(parts)) for number, part in enumerate(parts, start=1))


def _numbered(part: str, number: int, of: int) -> str:
    return f"{part} ({number}/{of})"
