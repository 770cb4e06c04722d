"""A notification as a blog post: paragraphs and pictures in HTML, of whose text nothing comes alive but its links.

Each sign that HTML, a shortcode, an embed, a smiley or WordPress's typographer could mean is written as its number.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from notifier.channel import Media, Message

_SIGNS = {ord(sign): f"&#{ord(sign)};" for sign in "&<>\"'[](){}:;=@/\\|*_~`#-"}
# "8)" and "8O" are smilies, "3x4" and "..." become other signs.
_LETTERS = r"8(?=[Oo])|(?<=\d)x(?=\d)|(?<=\.)\."
_UNWRITABLE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufffe\uffff\ud800-\udfff]"


def text_of(words: str) -> str:
    """Write words on one line so that they show as they are."""
    line = " ".join(re.sub(_UNWRITABLE, " ", words).split()).translate(_SIGNS)
    return re.sub(_LETTERS, lambda found: f"&#{ord(found[0])};", line)


def title_of(message: Message) -> str:
    """Write the title, which is read as HTML."""
    return escape(" ".join(re.sub(_UNWRITABLE, " ", message.headline).split()), quote=False)


def content_of(message: Message, pictures: Iterable[tuple[int, str]]) -> str:
    """Write the post; pictures: the number and address of each, as the blog has them."""
    language = message.language if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", message.language) else "en"
    paragraphs = [
        f'<p lang="{language}" dir="auto">{_lines(each, message.links)}</p>'
        for each in re.split(r"\n\s*\n", message.text)
        if each.strip()
    ]
    figures = [
        f'<figure class="wp-block-image"><img class="wp-image-{number}" src="{escape(address)}" alt="{_alt(media)}" />'
        "</figure>"
        for (number, address), media in zip(pictures, message.media, strict=False)
    ]
    return "\n\n".join([*paragraphs, *figures])


def _alt(media: Media) -> str:
    return text_of(media.alt or "")


def _lines(text: str, links: tuple[str, ...]) -> str:
    return "<br />".join(_line(line, links) for line in text.strip().splitlines() if line.strip())


def _line(line: str, links: tuple[str, ...]) -> str:
    live = sorted((link for link in links if re.match(r"https?://", link)), key=len, reverse=True)
    if not live:
        return text_of(line)
    pieces = re.split(f"({'|'.join(re.escape(link) for link in live)})", line)
    return "".join(_link(piece) if number % 2 else _piece(piece) for number, piece in enumerate(pieces)).strip()


def _piece(piece: str) -> str:
    inner = text_of(piece)
    return f"{' ' if piece[:1].isspace() else ''}{inner}{' ' if inner and piece[-1:].isspace() else ''}"


def _link(address: str) -> str:
    # Brackets in it would be a shortcode's, quotes the attribute's end.
    safe = quote(address, safe="/:?#&=%+,;!@$*-._~")
    return f'<a href="{escape(safe)}">{text_of(address)}</a>'


def own_name(message: Message) -> str:
    """Make what names this delivery and no other: letters and digits."""
    return hashlib.sha256(message.key.encode()).hexdigest()[:16]


def slug_of(message: Message) -> str:
    """Make the end of the post's address: words of the headline for people, and our key's hash."""
    plain = unicodedata.normalize("NFKD", message.headline).encode("ascii", "ignore").decode().lower()
    return "-".join([*re.findall(r"[a-z0-9]{1,30}", plain)[:8], own_name(message)])
