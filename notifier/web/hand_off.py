"""The hand-off as a page: what a person posts, ready to copy on a telephone; it needs nothing from outside."""

import base64
from collections.abc import Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifier.channel import Media
from notifier.handing_over import FORM_NAMES, Sheet
from notifier.project_files import TEMPLATES
from notifier.settings import Department

_LANGUAGES = {"en": "English", "es": "Spanish"}


def hand_off_page(sheets: Sequence[Sheet], department: Department) -> str:
    """Draw what waits to be done by hand: each text with a button that copies it, pictures, place and deadline."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("hand-off.html").render(
        sheets=[_shown(sheet, department) for sheet in sheets],
        department=department,
        headline=sheets[0].headline,
        many_languages=len({sheet.language for sheet in sheets}) > 1,
    )


def _shown(sheet: Sheet, department: Department) -> dict[str, object]:
    local = sheet.deadline.astimezone(department.zone) if sheet.deadline else None
    return {
        "sheet": sheet,
        "pictures": [(_address(media), media.file_name, media.alt or "") for media in sheet.pictures],
        "files": [
            (name, f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}")
            for name, data in sheet.files.items()
        ],
        "deadline": f"{local:%A, %B %-d, %-I:%M %p %Z}" if local else None,
        "lines": _lines(sheet.text),
        "beside": [(FORM_NAMES[form], text, _lines(text)) for form, text in sheet.beside.items() if text != sheet.text],
        "language": _LANGUAGES.get(sheet.language, sheet.language),
    }


def _lines(text: str) -> int:
    """How high a text stands on a telephone."""
    return min(sum(1 + len(line) // 40 for line in text.split("\n")) + 1, 14)


def _address(media: Media) -> str:
    return f"data:{media.media_type};base64,{base64.b64encode(media.data).decode()}"
