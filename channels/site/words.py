"""The site's own words in each language: labels, times, what to do; a department's words are never translated here."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from channels.site.entry import Entry

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "language": "English",
        "skip": "Skip to the content",
        "languages": "Languages",
        "current": "Current notifications",
        "none": "There are no current notifications.",
        "as_of": "As of",
        "drill": "DRILL – this is an exercise",
        "drill_more": "Nothing has happened. You do not need to do anything.",
        "expired": "This notification has expired. It is kept as a record.",
        "newer": "A newer version of this notification is available in",
        "update": "Update",
        "correction": "Correction",
        "resolve": "Over",
        "withdraw": "Withdrawn",
        "gone": "Notice withdrawn",
        "gone_more": "The {name} has withdrawn this notice.",
        "severity": "Severity",
        "where": "Where",
        "starts": "Starts",
        "todo": "What to do",
        "issued": "Issued",
        "updated": "Updated",
        "until": "Notice valid until",
        "more": "More information",
        "attached": "Attached",
        "photo": "Photo without a description",
        "document": "Document",
        "rights": "Photo",
        "about": "This is the official page of the {name}, which maintains it for its notifications to the public. "
        "It is not monitored around the clock.",
        "emergency": "In an emergency, call 911.",
        "call": "Police, not an emergency",
        "website": "Official website",
        "follow": "Follow",
        "all": "All current notifications",
        "Extreme": "extreme",
        "Severe": "severe",
        "Moderate": "moderate",
    },
    "es": {
        "language": "Español",
        "skip": "Ir al contenido",
        "languages": "Idiomas",
        "current": "Avisos vigentes",
        "none": "No hay avisos vigentes.",
        "as_of": "Actualizado",
        "drill": "SIMULACRO – esto es un ejercicio",
        "drill_more": "No ha ocurrido nada. No tiene que hacer nada.",
        "expired": "Este aviso ya no está vigente. Se conserva como registro.",
        "newer": "Hay una versión más reciente de este aviso en",
        "update": "Actualización",
        "correction": "Corrección",
        "resolve": "Finalizado",
        "withdraw": "Retirado",
        "gone": "Aviso retirado",
        "gone_more": "Este aviso fue retirado por {name}.",
        "severity": "Gravedad",
        "where": "Lugar",
        "starts": "Comienza",
        "todo": "Qué hacer",
        "issued": "Publicado",
        "updated": "Actualizado",
        "until": "Aviso vigente hasta",
        "more": "Más información",
        "attached": "Adjuntos",
        "photo": "Foto sin descripción",
        "document": "Documento",
        "rights": "Foto",
        "about": "Esta es la página oficial de {name}, que la administra para sus avisos al público. "
        "No se vigila las 24 horas.",
        "emergency": "En una emergencia, llame al 911.",
        "call": "Policía, si no es una emergencia",
        "website": "Sitio oficial",
        "follow": "Seguir",
        "all": "Todos los avisos vigentes",
        "Extreme": "extrema",
        "Severe": "grave",
        "Moderate": "moderada",
    },
}
_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "road-closure": "Cierre de calle",
        "special-event": "Evento especial",
        "weather-emergency": "Emergencia meteorológica",
        "missing-person": "Persona desaparecida",
        "outreach": "Policía y comunidad",
        "wanted-person": "Persona buscada",
        "crime-tip-request": "Solicitud de información",
        "crime-prevention-tip": "Consejo de prevención",
    },
}
# CAP's responseType in words, for a language in which the kind gives no instruction of its own.
_RESPONSES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "Shelter": "Take shelter now.",
        "Evacuate": "Leave the area now.",
        "Prepare": "Get ready.",
        "Execute": "Follow the instructions given here.",
        "Avoid": "Avoid the area.",
        "Monitor": "Stay informed.",
    },
    "es": {
        "Shelter": "Busque refugio ahora.",
        "Evacuate": "Salga de la zona ahora.",
        "Prepare": "Prepárese.",
        "Execute": "Siga las instrucciones de este aviso.",
        "Avoid": "Evite la zona.",
        "Monitor": "Manténgase informado.",
    },
}
_KIND_RESPONSES: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "missing-person": "Si ve a esta persona, llame al 911.",
        "wanted-person": "No se acerque. Si ve a esta persona, llame al 911.",
        "crime-tip-request": "Si tiene información, llame al departamento de policía.",
    }
}

_DAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "es": (
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
}


def words(language: str) -> Mapping[str, str]:
    """The labels of a language; English where the site has none of its own."""
    return _WORDS.get(language) or {**_WORDS["en"], "language": language}


def kind_in_words(kind: str, language: str) -> str:
    """A kind as a reader calls it: `Road closure`."""
    return _KINDS.get(language, {}).get(kind) or kind.replace("-", " ").capitalize()


def what_to_do(entry: Entry) -> str | None:
    """The guidance in the entry's language; the alert's own instruction is English."""
    if entry.is_over:
        return None
    if entry.language not in _RESPONSES:
        return entry.instruction
    if entry.language == "en" and entry.instruction:
        return entry.instruction
    own = _KIND_RESPONSES.get(entry.language, {}).get(entry.kind)
    return own or _RESPONSES[entry.language].get(entry.response)


def time_in_words(moment: datetime, zone: str, language: str) -> str:
    """`Sunday, November 22, 2026, 6:30 PM EST`; in Spanish `domingo 22 de noviembre de 2026, 6:30 p. m. EST`."""
    local = moment.astimezone(_zone(zone))
    name = local.tzname() or ""
    spanish, afternoon = language == "es", local.hour >= 12
    half = ("p. m." if afternoon else "a. m.") if spanish else ("PM" if afternoon else "AM")
    clock = f"{local.hour % 12 or 12}:{local.minute:02d} {half} {f'UTC{name}' if name[:1] in ('+', '-') else name}"
    weekday, month = (names["es" if spanish else "en"] for names in (_DAYS, _MONTHS))
    if spanish:
        day = f"{weekday[local.weekday()]} {local.day} de {month[local.month - 1]} de {local.year}"
    else:
        day = f"{weekday[local.weekday()]}, {month[local.month - 1]} {local.day}, {local.year}"
    # A clock time and its zone stay on one line.
    return f"{day}, {clock.replace(' ', chr(0xA0))}"


def iso_time(moment: datetime, zone: str) -> str:
    """`2026-11-22T18:30:00-05:00`: whole seconds and an offset, as CAP, Atom and HTML all take it."""
    return moment.astimezone(_zone(zone)).isoformat(timespec="seconds")


def rss_time(moment: datetime, zone: str) -> str:
    """`Sun, 22 Nov 2026 18:30:00 -0500` (RFC 822 with a four-digit year), whatever the machine's locale."""
    local = moment.astimezone(_zone(zone))
    day, month = _DAYS["en"][local.weekday()][:3], _MONTHS["en"][local.month - 1][:3]
    return f"{day}, {local.day:02d} {month} {local:%Y %H:%M:%S %z}"


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
