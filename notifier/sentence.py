"""Where a sentence of our own texts ends: `St.`, `Ave.` and `p.m.` end none."""

import re

_END = re.compile(r"(?<![.\s]\w)(?<!\b[A-Z]\w)(?<!\b[A-Z]\w\w)(?<!\bBlvd)(?<!\bCapt)[.!?](?=\s|$)|(?=\n)")


def sentence(text: str) -> str:
    """End words with a full stop where they do not end a sentence already."""
    return text if text.endswith((".", "!", "?", "\u2026")) else f"{text}."


def first_sentence(text: str) -> str:
    """Take the first sentence of a text; a stop after a short capital word (`St.`, `Ave.`, `p.m.`) does not end one."""
    end = _END.search(text)
    return text[: end.end()] if end else text


def sentences(text: str) -> list[str]:
    """Split a text into its sentences, without the space between them; a line's end ends one too."""
    found, at = [], 0
    for end in _END.finditer(text):
        found.append(text[at : end.end()].strip())
        at = end.end()
    return [one for one in (*found, text[at:].strip()) if one]
