"""A message as a mail: text and simple HTML, pictures inside it, the same bytes for every attempt (RFC 5322, 2046)."""

import re
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from notifier.channel import Media, Message

_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?')\]]")


_OWN_ID = re.compile(r"<[0-9a-f]{24}@[A-Za-z0-9.-]{1,255}>")
MOST_REFERENCES = 20


class Letterhead(NamedTuple):
    """What stands at the head of every mail of a channel."""

    sender: str
    reply_to: str | None = None
    unsubscribe: str | None = None
    """Where a subscriber leaves; {recipient} stands for their address."""


def references(receipt: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the mails that an answer follows, the oldest first, by the receipt of the last; none where it names none."""
    given = receipt.get("references")
    ids = [*(given if isinstance(given, list) else ()), receipt.get("remote_id")]
    own = [one for one in ids if isinstance(one, str) and _OWN_ID.fullmatch(one)]
    # The first holds a long thread together, the newest name what it answers.
    return tuple(own if len(own) <= MOST_REFERENCES else [own[0], *own[1 - MOST_REFERENCES :]])


def message_id(message: Message, sender: str) -> str:
    """Make the mail's own name from the message's key: the same for every attempt, and for no other mail."""
    return f"<{sha256(message.key.encode()).hexdigest()[:24]}@{sender.partition('@')[2]}>"


_NEXT_LINE = "\r\n "
_AS_IT_IS = ("List-Unsubscribe", "List-Id", "In-Reply-To", "References")


class _LetterPolicy(EmailPolicy):
    """Writes SMTP's lines, and addresses and names of mails as they are: folded, they would be encoded and useless."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Write a header."""
        if name in _AS_IT_IS:
            return f"{name}: {str(value).replace(' ', _NEXT_LINE)}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _LetterPolicy(linesep="\r\n", cte_type="7bit")


def write_letter(message: Message, head: Letterhead, follows: tuple[str, ...] = ()) -> bytes:
    """Write a mail, its lines ended by CRLF and none longer than 998 bytes; follows: the mails that it answers."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(_one_line(message.department_name), addr_spec=head.sender)
    mail["To"] = Address(addr_spec=message.recipient)
    if head.reply_to:
        mail["Reply-To"] = Address(addr_spec=head.reply_to)
    mail["Subject"] = _one_line(message.headline)
    mail["Date"] = format_datetime(message.sent)
    mail["Message-ID"] = message_id(message, head.sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = _one_line(message.language)
    if follows:
        mail["In-Reply-To"] = follows[-1]
        mail["References"] = " ".join(follows)
    if head.unsubscribe:
        _head_of_a_list(mail, head, head.unsubscribe.replace("{recipient}", quote(message.recipient, safe="")))
    _fill(mail, message)
    _fix_boundaries(mail, message)
    return mail.as_bytes()


def _head_of_a_list(mail: EmailMessage, head: Letterhead, way_out: str) -> None:
    """Tell mail programs that this is a list (RFC 2919, 2369, 8058): which one, and how to leave it."""
    mail["Precedence"] = "bulk"
    name, _, domain = head.sender.partition("@")
    mail["List-Id"] = f"<{re.sub('[^A-Za-z0-9-]+', '-', name).strip('-') or 'list'}.{domain}>"
    mail["List-Unsubscribe"] = f"<{way_out}>"
    if way_out.startswith("https:"):
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _fill(mail: EmailMessage, message: Message) -> None:
    pictures = [media for media in message.media if media.media_type.startswith("image/")]
    mail.set_content(message.text + "\n")
    mail.add_alternative(_page(message, pictures), subtype="html")
    parts = mail.get_payload()
    page = parts[-1] if isinstance(parts, list) else mail
    for picture in pictures:
        kind, _, subtype = picture.media_type.partition("/")
        name, cid = _one_line(picture.name), f"<{_cid(picture)}>"
        page.add_related(picture.data, kind, subtype, cid=cid, disposition="inline", filename=name)  # type: ignore[union-attr]
    for media in message.media:
        if media not in pictures:
            kind, _, subtype = media.media_type.partition("/")
            mail.add_attachment(media.data, kind, subtype, filename=_one_line(media.name))


def _page(message: Message, pictures: list[Media]) -> str:
    paragraphs = "\n".join(f"<p>{_marked_up(part)}</p>" for part in message.text.split("\n\n") if part.strip())
    shown = "\n".join(
        f'<p><img src="cid:{_cid(picture)}" alt="{escape(picture.alt or "")}" style="max-width:100%"></p>'
        for picture in pictures
    )
    title = escape(_one_line(message.headline))
    return (
        f'<!doctype html>\n<html lang="{escape(message.language)}">\n<head><meta charset="utf-8">'
        f"<title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n{paragraphs}\n{shown}\n</body>\n</html>\n"
    )


def _marked_up(paragraph: str) -> str:
    """Write a paragraph as HTML, its web addresses as links."""
    html, end = "", 0
    for found in _WEB_ADDRESS.finditer(paragraph):
        address = escape(found[0])
        html += f'{escape(paragraph[end : found.start()])}<a href="{address}">{address}</a>'
        end = found.end()
    return (html + escape(paragraph[end:])).replace("\n", "<br>\n")


def _cid(picture: Media) -> str:
    return f"{picture.sha256[:32]}@notifier"


def _one_line(text: str) -> str:
    """Keep a value from starting a header of its own, and from anything else that is not seen."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _fix_boundaries(mail: EmailMessage, message: Message) -> None:
    """Name the parts' boundaries by the key; left alone, they are random and no two attempts are the same."""
    digest = sha256(b"boundary " + message.key.encode()).hexdigest()[:32]
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"={digest}.{number}=")
