"""A notification as a wiki page: a title that the wiki takes, and text of which nothing comes alive but its links.

Each line stands in nowiki, with its signs & < > as entities, so that no template, link, signature, heading, list, magic
link, behaviour switch or tag in it is read (mediawiki.org: Help:Formatting, Help:Magic words, Manual:Page title).
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from html import escape
from urllib.parse import quote
from zoneinfo import ZoneInfo

from notifier.channel import Media, Message

MOST_TITLE = 250
"""UTF-8 bytes of a title; MediaWiki takes 255."""
_NOT_IN_TITLES = r"[#<>\[\]|{}_~%&/\\+*?\"]+"
_UNWRITABLE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufffe\uffff\ud800-\udfff]"
"""Signs that the wiki would replace, and those that turn the direction of what follows."""
_NO_SIGN = "\u200b"
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}


def title_of(pattern: str, message: Message) -> str:
    """Make the page's title: {date}, {headline}, {id}; the id tells languages and updates apart too."""
    day = f"{message.created.astimezone(ZoneInfo(message.timezone)):%Y-%m-%d}"
    rest = pattern.replace("{date}", day).replace("{id}", _own_id(message))
    room = MOST_TITLE - len(rest.replace("{headline}", "").encode())
    headline = _one_line(re.sub(_NOT_IN_TITLES, " ", message.headline))
    return " ".join(rest.replace("{headline}", _cut(headline, room)).split())


def _own_id(message: Message) -> str:
    update = f".{message.revision}" if message.revision > 1 else ""
    first = message.languages[0] if message.languages else message.language
    return f"{message.id}{update}" + (f".{message.language}" if message.language != first else "")


def _cut(text: str, size: int) -> str:
    return text.encode()[: max(size, 0)].decode(errors="ignore").strip()


def file_names(message: Message) -> list[str]:
    """Name the pictures of this delivery, and of no other, so that they can be taken away with it."""
    own = hashlib.sha256(message.key.encode()).hexdigest()[:10]
    return [
        f"Notice-{_own_id(message)}-{own}-{number}.{_ENDINGS.get(picture.media_type, 'png')}"
        for number, picture in enumerate(message.media, 1)
    ]


def marker(message: Message) -> str:
    """Make the comment by which a page is known to be this delivery."""
    return f"<!-- notifier {re.sub(r'[^A-Za-z0-9./-]', '', message.key).replace('--', '-')} -->"


def page(message: Message, pictures: Iterable[str], category: str | None) -> str:
    """Write the page; pictures: the names under which the wiki has them."""
    paragraphs = [_paragraph(each, message.links) for each in re.split(r"\n\s*\n", message.text) if each.strip()]
    shown = [
        f"[[File:{name}|frameless|alt={nowiki(picture.alt or '')}]]"
        for name, picture in zip(pictures, message.media, strict=False)
    ]
    language = message.language if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", message.language) else "en"
    written = "\n\n".join([f'{marker(message)}\n<div lang="{language}" dir="auto">', *paragraphs, *shown, "</div>"])
    return f"{written}\n[[Category:{category}]]" if category else written


def file_page(picture: Media) -> str:
    """Describe a picture on its own page, where the wiki keeps it."""
    return "\n\n".join(nowiki(words) for words in (picture.alt, picture.rights) if words)


def nowiki(text: str) -> str:
    """Write a text on one line so that it shows as it is."""
    line = _one_line(text)
    # A mark that joins the sign before it would make one sign of it and the tag's last: ">" and U+0338 are "≯".
    joins = bool(line) and unicodedata.category(line[0]).startswith("M")
    return f"<nowiki>{_NO_SIGN if joins else ''}{escape(line, quote=False)}</nowiki>" if line else ""


def _one_line(text: str) -> str:
    return " ".join(re.sub(_UNWRITABLE, " ", unicodedata.normalize("NFC", text)).split())


def plain_words(text: str) -> str:
    """Write a text for an edit summary, where only [[links]] and /* sections */ are read."""
    return _one_line(text).replace("[[", "[ [").replace("]]", "] ]").replace("/*", "/ *").replace("*/", "* /")[:400]


def _paragraph(text: str, links: tuple[str, ...]) -> str:
    return "<br>\n".join(_line(line, links) for line in text.strip().splitlines() if line.strip())


def _line(line: str, links: tuple[str, ...]) -> str:
    live = sorted((link for link in links if link), key=len, reverse=True)
    if not live:
        return nowiki(line)
    pieces = re.split(f"({'|'.join(re.escape(link) for link in live)})", line)
    # Every second piece is a link. The blanks around it stay outside of nowiki, which has none at its ends.
    written = (_link(piece) if number % 2 else _spaced(piece) for number, piece in enumerate(pieces))
    return "".join(written).strip()


def _spaced(piece: str) -> str:
    inner = nowiki(piece)
    return f"{' ' if piece[:1].isspace() else ''}{inner}{' ' if inner and piece[-1:].isspace() else ''}"


def _link(address: str) -> str:
    safe = quote(address, safe="/:?#&=%+,!@$*-._").replace("~", "%7E").replace("__", "%5F%5F")
    return f"[{safe} {nowiki(address)}]"
