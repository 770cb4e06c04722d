"""What may be said of a service, and the addresses it is asked at: settings and answers, both made harmless."""

import json
from collections.abc import Iterable
from typing import Annotated
from urllib.parse import quote, quote_plus, urlsplit

from pydantic import AfterValidator, SecretStr

MOST_WORDS = 200
"""Characters of a service's own words that an outcome quotes."""
MOST_PROFILE = 20_000
"""Characters of a part of a profile that are read."""
MOST_ADDRESS = 500
"""Characters of a web address that is kept from an answer."""


def _service_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or not address.isprintable() or " " in address:
        raise ValueError("is not a web address; write it whole, as https://api.service.example")
    if "@" in parts.netloc:
        raise ValueError("holds a user or password; addresses are shown and logged, so leave it out")
    return address


def _base_address(address: str) -> str:
    if set("?#") & set(_service_address(address)):
        raise ValueError('has a "?" or "#"; give only the beginning that all addresses of the service share')
    return address.rstrip("/")


ServiceAddress = Annotated[str, AfterValidator(_service_address)]
"""A setting: one address that is asked, whole, http or https, without a user or password in it."""

BaseAddress = Annotated[str, AfterValidator(_base_address)]
"""A setting: the beginning of every address of a service, kept without a slash at its end."""


def public_address(value: object, *secrets: SecretStr | str | None) -> str | None:
    """Take a web address from an answer: http or https, printable, at most MOST_ADDRESS characters; else None.

    secrets: what the request carried; an address that holds one is not taken.
    """
    if not isinstance(value, str) or len(value) > MOST_ADDRESS or _without(value, secrets) != value:
        return None
    try:
        return _service_address(value)
    except ValueError:
        return None


def service_words(text: object, *secrets: SecretStr | str | None) -> str:
    """Quote a service on one line of at most MOST_WORDS printable characters, with none of our secrets in it.

    text: anything an answer held; what is no text is quoted as nothing. secrets: what the request carried; a service
    that repeats its request in its error would write them into our records.
    """
    if not isinstance(text, str):
        return ""
    text = _without(text, secrets)
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * MOST_WORDS]).split())
    return line if len(line) <= MOST_WORDS else f"{line[: MOST_WORDS - 1]}…"


def profile_words(text: object, *secrets: SecretStr | str | None) -> str:
    """Take a text from a profile with its lines, printable, at most MOST_PROFILE characters, none of our secrets in it.

    text: anything an answer held; what is no text is nothing. secrets: what the request carried.
    """
    if not isinstance(text, str):
        return ""
    text = _without(text, secrets)[:MOST_PROFILE]
    lines = ("".join(char if char.isprintable() else " " for char in line) for line in text.splitlines())
    return "\n".join(lines).strip()


def _without(text: str, secrets: Iterable[SecretStr | str | None]) -> str:
    for secret in secrets:
        value = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
        for shape in {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]} if value else ():
            text = text.replace(shape, "***")
    return text


def host_of(url: str) -> str:
    """Name the host of an address; nothing else of it may stand in an outcome."""
    try:
        return urlsplit(url).hostname or "the service"
    except ValueError:
        return "the service"
