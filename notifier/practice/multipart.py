"""multipart/form-data, read strictly (RFC 7578)."""

import re
from dataclasses import dataclass
from typing import Final

MOST_PARTS: Final = 200
_MOST_HEAD: Final = 8_192
_WORD: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_PARAMETER: Final = re.compile(rf'\s*;\s*({_WORD})=(?:"((?:[^"\\\x00-\x1f]|\\.)*)"|({_WORD}))')
# RFC 2046 5.1.1: at most 70 of these characters, a space not at the end.
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")


class NotMultipart(ValueError):
    """A body that is no well-formed form."""


@dataclass(frozen=True)
class Part:
    """One field or file of a form."""

    name: str
    content: bytes
    filename: str | None = None
    media_type: str = "text/plain"

    @property
    def text(self) -> str:
        """The content as UTF-8; raises NotMultipart when it is none."""
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            raise NotMultipart(f"the field {self.name[:60]} is not UTF-8") from None


def boundary_of(content_type: str) -> bytes:
    """Read the boundary of a Content-Type; raises NotMultipart."""
    kind, parameters = _value(content_type)
    boundary = parameters.get("boundary", "")
    if kind != "multipart/form-data" or not _BOUNDARY.fullmatch(boundary):
        raise NotMultipart("the Content-Type must be multipart/form-data with a boundary")
    return boundary.encode()


def parts_of(content_type: str, body: bytes) -> tuple[Part, ...]:
    """Read a form's parts in order; raises NotMultipart."""
    delimiter = b"\r\n--" + boundary_of(content_type)
    pieces = (b"\r\n" + body).split(delimiter, MOST_PARTS + 2)
    if len(pieces) > MOST_PARTS + 2:
        raise NotMultipart(f"a form may have at most {MOST_PARTS} parts")
    first, *parts, last = (*pieces, b"") if len(pieces) < 2 else pieces
    if first or not parts or last not in (b"--", b"--\r\n"):
        raise NotMultipart("the form does not begin with its boundary, or does not end with it")
    return tuple(_part(piece) for piece in parts)


def _part(piece: bytes) -> Part:
    head, parted, content = piece.partition(b"\r\n\r\n")
    if not head.startswith(b"\r\n") or not parted or len(head) > _MOST_HEAD:
        raise NotMultipart("a part has no headers, or they have no end")
    headers: dict[str, str] = {}
    try:
        lines = head[2:].decode().split("\r\n")
    except UnicodeDecodeError:
        raise NotMultipart("the headers of a part are not UTF-8") from None
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not re.fullmatch(_WORD, name) or name.lower() in headers:
            raise NotMultipart("a header of a part is malformed or stands there twice")
        headers[name.lower()] = value.strip()
    kind, given = _value(headers.get("content-disposition", ""))
    if kind != "form-data" or not given.get("name"):
        raise NotMultipart("every part needs Content-Disposition: form-data with a name")
    if "filename*" in given:
        raise NotMultipart("filename* has no place in a form (RFC 7578, 4.2)")
    if headers.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        raise NotMultipart("a part of a form has no transfer encoding (RFC 7578, 4.7)")
    media_type = _value(headers.get("content-type", "text/plain"))[0]
    return Part(given["name"], content, given.get("filename"), media_type)


def _value(header: str) -> tuple[str, dict[str, str]]:
    """Read `value; name=word; name="words"`; raises NotMultipart for what is malformed or given twice."""
    kind = header.partition(";")[0]
    parameters: dict[str, str] = {}
    at = len(kind)
    while at < len(header.rstrip()):
        found = _PARAMETER.match(header, at)
        if found is None or found[1].lower() in parameters:
            raise NotMultipart("a header has a malformed parameter, or the same one twice")
        quoted = found[2]
        # Browsers write a quotation mark in a name as %22; older programs put a backslash before it.
        parameters[found[1].lower()] = found[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        at = found.end()
    return kind.strip().lower(), parameters
