"""A notification as Reddit's Markdown, of whose text nothing comes alive but its links (reddit.com/wiki/markdown).

Signs that Markdown reads stand behind a backslash. What Reddit makes a link of without any (u/name, r/name, addresses,
mail) gets a space of no width inside, as a backslash would not stop every one of its readers.
"""

import re
from urllib.parse import quote

from notifier.channel import Message

MOST_TITLE = 300
_SIGNS = r"([\\`*_{}\[\]()#+\-.!|&<>~^])"
NO_SPACE = "\u200b"
_LINKED = r"(?i)(?<=\b[ru]/)(?=\w)|(?<=:/)(?=/)|(?<=www\.)(?=\w)|(?<=[\w.+-]@)(?=\w)"
_UNWRITABLE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufffe\uffff\ud800-\udfff]"


def title_of(message: Message) -> str:
    """Write the title, which is plain text."""
    title = " ".join(re.sub(_UNWRITABLE, " ", message.headline).split())
    return title if len(title) <= MOST_TITLE else f"{title[: MOST_TITLE - 1]}…"


def text_of(message: Message, heading: str = "") -> str:
    """Write the text; heading: the headline, where the post's title is another."""
    paragraphs = [_paragraph(each, message.links) for each in re.split(r"\n\s*\n", message.text) if each.strip()]
    return "\n\n".join([*([f"**{_plain(heading)}**"] if heading else []), *paragraphs])


def _paragraph(text: str, links: tuple[str, ...]) -> str:
    return "  \n".join(_line(line, links) for line in text.strip().splitlines() if line.strip())


def _line(line: str, links: tuple[str, ...]) -> str:
    live = sorted((link for link in links if re.match(r"https?://", link)), key=len, reverse=True)
    pieces = re.split(f"({'|'.join(re.escape(link) for link in live)})", line) if live else [line]
    written = (_link(piece) if number % 2 else _piece(piece) for number, piece in enumerate(pieces))
    return "".join(written).strip()


def _piece(piece: str) -> str:
    inner = _plain(piece)
    return f"{' ' if piece[:1].isspace() else ''}{inner}{' ' if inner and piece[-1:].isspace() else ''}"


def _plain(words: str) -> str:
    line = " ".join(re.sub(_UNWRITABLE, " ", words).split())
    return re.sub(_SIGNS, r"\\\1", re.sub(_LINKED, NO_SPACE, line))


def _link(address: str) -> str:
    return f"[{_plain(address)}]({quote(address, safe='/:?#&=%+,;@$-.~')})"
