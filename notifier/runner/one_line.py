"""Whatever a feed, a service or a person wrote, on one line and harmless, for logs and statuses."""

import json

MOST = 2_000
"""Characters of one text that a line of the log keeps."""


def one_line(text: object, most: int = MOST) -> str:
    """Write a text on one line: every run of blanks and of what cannot be printed is one space.

    What cannot be printed: control characters, line and paragraph separators, marks that turn the direction of writing.
    """
    words = str(text)[: most + 1]
    line = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return line if len(words) <= most else f"{line[: most - 1]}…"


def json_line(document: object) -> str:
    """Write a document as JSON on one line, whatever cannot be printed escaped, so that it reads back whole.

    JSON itself lets U+2028, U+0085 and the like stand in a string, and some readers end a line there.
    """
    text = json.dumps(document, ensure_ascii=False, default=str)
    return text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
