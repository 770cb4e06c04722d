"""A picture or paper that goes with a notification, checked to be what its name says."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from notifier.field_types import Line, one_line, shown

LARGEST_ATTACHMENT = 20 * 1024 * 1024
"""Bytes; larger than any network of the order takes for a picture."""

_SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
    "application/pdf": (b"%PDF-",),
    "video/mp4": (b"\x00\x00\x00",),
}
_INNER_SIGNATURES: dict[str, tuple[int, bytes]] = {"image/webp": (8, b"WEBP"), "video/mp4": (4, b"ftyp")}
"""What must stand further in, where the first bytes say too little."""

SUFFIXES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
    ".mp4": "video/mp4",
}
"""MIME types by what a name ends in. Python's own table depends on the machine, and may know no WebP."""


def _existing_file(text: str) -> str:
    path = Path(text)
    expected = SUFFIXES.get(path.suffix.lower())
    try:
        path = path.expanduser()
        if not path.is_file():
            raise PydanticCustomError(
                "no_file", 'there is no file "{path}"; give the path of a picture', {"path": shown(text)}
            )
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(16)
    except (OSError, RuntimeError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else str(wrong)
        raise PydanticCustomError(
            "no_file",
            '"{path}" cannot be read ({why}); give the path of a picture',
            {"path": shown(text), "why": why},
        ) from None
    name = {"name": shown(path.name), "kind": expected}
    if expected is None:
        raise PydanticCustomError(
            "file_type", '"{name}" is not a jpg, png, gif, webp, pdf or mp4 file; save it as one of these', name
        )
    if size > LARGEST_ATTACHMENT:
        raise PydanticCustomError(
            "file_size", '"{name}" is larger than 20 MB; make it smaller and attach it again', name
        )
    offset, inner = _INNER_SIGNATURES.get(expected, (0, b""))
    if not start.startswith(_SIGNATURES[expected]) or not start.startswith(inner, offset):
        raise PydanticCustomError(
            "file_content",
            'is not what its name says: "{name}" does not hold a {kind}; open it, save it again and attach it',
            name,
        )
    return str(path)


FilePath = Annotated[str, AfterValidator(one_line), AfterValidator(_existing_file)]


class Attachment(BaseModel):
    """A picture or paper that goes with a notification, with what stands in its place for who cannot see it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    file: FilePath = Field(description="path of a jpg, png, gif, webp, pdf or mp4 file", examples=["map.png"])
    alt: Annotated[Line, Field(max_length=1000)] | None = Field(
        None, description="what the picture shows, for people who cannot see it"
    )
    rights: Annotated[Line, Field(max_length=300)] | None = Field(
        None, description="who holds the rights, or by whose permission it is used"
    )

    @property
    def name(self) -> str:
        """The file's own name, without its folder."""
        return Path(self.file).name

    @property
    def media_type(self) -> str:
        """The MIME type that the name says and the content was checked against."""
        return SUFFIXES[Path(self.file).suffix.lower()]


def _as_photo(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


Photo = Annotated[Attachment, BeforeValidator(_as_photo)]
"""A picture of whom or what a notification is about; a path alone is one without alt text."""
