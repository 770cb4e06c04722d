"""The files that pictures stand in, written anew with nothing but the parts that make their pixels.

What is kept is named; all else goes: EXIF, XMP, comments, thumbnails, other pictures, and whatever follows the end. The
pixels are not touched, so nothing is lost of them.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

MOST_SCANS = 100
"""Of a JPEG; encoders write a dozen. Each costs a pass over all pixels, and a scan of nothing takes a few bytes."""

MOST_FRAMES = 100_000
"""Of a moving PNG."""
LARGEST_FRAME = 80_000_000
"""Pixels that a GIF's frame may reach; a frame may be larger than the screen that the file names."""


class Broken(ValueError):
    """It is not the file that it should be, or ends too early."""


@dataclass(frozen=True)
class Bare:
    """A picture's file without what is no part of the picture."""

    data: bytes
    exif: bytes = b""
    """The EXIF that stood in it (TIFF), for which way is up."""


def bare(data: bytes, media_type: str, *, profile: bool = True) -> Bare:
    """Write a picture's file anew with its pixels; profile: and its colour profile. Raises Broken."""
    try:
        return _WRITERS[media_type](data, profile)
    except (IndexError, struct.error) as wrong:
        raise Broken("it ends too early") from wrong


_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_ORIENTATION, _SHORT = 0x0112, 3


def orientation(exif: bytes) -> int:
    """Read which way is up: 1 to 8, as EXIF numbers them; 1, upright, where it is not told or is broken."""
    order = _ORDERS.get(exif[:4], "")
    try:
        (at,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * entries, 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if (tag, kind) == (_ORIENTATION, _SHORT) and order:
                return value if value in range(1, 9) else 1
    except struct.error:
        pass
    return 1


# --- JPEG (ITU T.81) --------------------------------------------------------------------------------------------------

_SOS, _EOI, _APP0, _APP1, _APP2, _APP14 = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_PIXELS: Final = frozenset(range(0xC0, 0xD0)) - {0xC8} | {0xDB, 0xDC, 0xDD, _SOS}
"""Frames, tables, restart intervals, numbers of lines, scans."""
_MARKER_AFTER_SCAN: Final = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")


def _jpeg(data: bytes, profile: bool) -> Bare:
    kept, exif, scans = [b"\xff\xd8"], b"", 0
    for marker, body, scan in _segments(data):
        if marker == _APP1 and body.startswith(b"Exif\0\0"):
            exif = exif or body[6:]
        scans += marker == _SOS
        if scans > MOST_SCANS:
            raise Broken("it has more scans than a picture needs")
        part = _jpeg_part(marker, body, profile)
        if part is not None:
            kept += [struct.pack(">BBH", 0xFF, marker, len(part) + 2), part, scan]
    return Bare(b"".join([*kept, b"\xff\xd9"]), exif)


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Each marker with its body and the scan that follows it, up to the first end of an image."""
    if not data.startswith(b"\xff\xd8"):
        raise Broken("it does not begin as a JPEG")
    at = 2
    while True:
        if data[at] != 0xFF:
            raise Broken("it has no marker where one belongs")
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if marker == _EOI:
            return
        if marker in _STANDALONE:
            continue
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end < at + 2 or end > len(data):
            raise Broken("a segment ends too early")
        body, scan, at = data[at + 2 : end], b"", end
        if marker == _SOS:
            following = _MARKER_AFTER_SCAN.search(data, at)
            if following is None:
                raise Broken("its last scan has no end")
            scan, at = data[at : following.start()], following.start()
        yield marker, body, scan


def _jpeg_part(marker: int, body: bytes, profile: bool) -> bytes | None:
    if marker in _PIXELS:
        return body
    if marker == _APP0 and body.startswith(b"JFIF\0") and len(body) >= 14:
        return body[:12] + b"\0\0"  # a thumbnail may follow
    if marker == _APP14 and body.startswith(b"Adobe"):
        return body[:12]
    return body if profile and marker == _APP2 and body.startswith(b"ICC_PROFILE\0") else None


# --- PNG (W3C, third edition) -----------------------------------------------------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNKS: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB cICP sBIT mDCV cLLI bKGD pHYs acTL fcTL fdAT".split()
)


def _png(data: bytes, profile: bool) -> Bare:
    if not data.startswith(_PNG):
        raise Broken("it does not begin as a PNG")
    kept, exif, name, at, moves = [_PNG], b"", b"", len(_PNG), 0
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        body, (check,) = data[at + 8 : at + 8 + length], struct.unpack_from(">I", data, at + 8 + length)
        at += 12 + length
        if name == b"eXIf":
            exif = exif or body.removeprefix(b"Exif\0\0")
        if name == b"acTL":
            moves += 1
            if moves > 1 or not 0 < int.from_bytes(body[:4], "big") <= MOST_FRAMES:
                raise Broken("it does not say how many frames it has")
        if name in _CHUNKS or (profile and name == b"iCCP"):
            if zlib.crc32(body, zlib.crc32(name)) != check:
                raise Broken("a part does not have the sum that it names")
            kept.append(_png_chunk(name, body))
    return Bare(b"".join(kept), exif)


def _png_chunk(name: bytes, body: bytes) -> bytes:
    if name == b"iCCP":  # a profile's name is a text of its own
        body = b"icc\0" + body.partition(b"\0")[2]
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))


# --- GIF (89a) --------------------------------------------------------------------------------------------------------

_EXTENSION, _IMAGE, _TRAILER, _CONTROL, _APPLICATION = 0x21, 0x2C, 0x3B, 0xF9, 0xFF
_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def _gif(data: bytes, _profile: bool) -> Bare:
    if data[:6] not in (b"GIF87a", b"GIF89a"):
        raise Broken("it does not begin as a GIF")
    at = 13 + _colours(data[10])
    kept = [data[:at]]
    while (block := data[at]) != _TRAILER:
        start = at
        if block == _IMAGE:
            left, top, width, height = struct.unpack_from("<4H", data, at + 1)
            if (left + width) * (top + height) > LARGEST_FRAME:
                raise Broken("a frame is larger than any screen")
            at = _after_sub_blocks(data, at + 11 + _colours(data[at + 9]))
            kept.append(data[start:at])
        elif block == _EXTENSION:
            at = _after_sub_blocks(data, at + 2)
            kept.append(_extension(data[start:at]))
        elif block == 0:  # some programs leave one between blocks
            at += 1
        else:
            raise Broken("it has no block where one belongs")
    return Bare(b"".join([*kept, b";"]))


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_sub_blocks(data: bytes, at: int) -> int:
    while length := data[at]:
        at += 1 + length
    return at + 1


def _extension(block: bytes) -> bytes:
    if block[1] == _CONTROL:
        return block
    loops = block[1] == _APPLICATION and block[3:14] in _LOOPS and block[14:16] == b"\x03\x01"
    return block[:18] + b"\0" if loops else b""


# --- WebP (RFC 9649) --------------------------------------------------------------------------------------------------

_EXIF_FLAG, _XMP_FLAG, _PROFILE_FLAG = 0x08, 0x04, 0x20
_RIFF_CHUNKS: Final = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF")


def _webp(data: bytes, profile: bool) -> Bare:
    mark, size, form = struct.unpack_from("<4sI4s", data)
    end, at = size + 8, 12
    if (mark, form) != (b"RIFF", b"WEBP") or end > len(data):
        raise Broken("it does not begin as a WebP, or ends too early")
    kept, exif = [b"WEBP"], b""
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, at)
        body, at = data[at + 8 : at + 8 + length], at + 8 + length + length % 2
        if len(body) < length:
            raise Broken("a part ends too early")
        if name == b"EXIF":
            exif = exif or body.removeprefix(b"Exif\0\0")
        if name == b"VP8X":
            gone = _EXIF_FLAG | _XMP_FLAG | (0 if profile else _PROFILE_FLAG)
            body = bytes([body[0] & ~gone]) + body[1:]
        if name in _RIFF_CHUNKS or (profile and name == b"ICCP"):
            kept.append(struct.pack("<4sI", name, length) + body + b"\0" * (length % 2))
    whole = b"".join(kept)
    return Bare(struct.pack("<4sI", b"RIFF", len(whole)) + whole, exif)


_WRITERS: Final[dict[str, Callable[[bytes, bool], Bare]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
}
PICTURES: Final = frozenset(_WRITERS)
"""The MIME types of pictures that can be read and written."""
