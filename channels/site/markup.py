"""Writing HTML and XML so that no text can become markup: everything is escaped but what `element` itself made."""

from collections.abc import Iterable, Mapping
from html import escape

_NOTHING: Mapping[str, str | None] = {}


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()

    def join(self, parts: Iterable[str]) -> "Markup":
        """Put parts one after the other with this markup between, escaping what is not markup."""
        return Markup(str(self).join(joined(part) for part in parts))


def element(tag: str, attributes: Mapping[str, str | None] = _NOTHING, *inside: str) -> Markup:
    """Write an element; without anything inside it is `<tag/>`, which HTML reads rightly for link, meta, img and br.

    attributes: one that is None is left out. inside: Markup stands as it is, any other text is escaped.
    """
    given = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value is not None)
    return Markup(f"<{tag}{given}>{joined(*inside)}</{tag}>" if inside else f"<{tag}{given}/>")


def joined(*parts: str) -> Markup:
    """Put parts one after the other, escaping what is not markup."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def xml(root: Markup) -> bytes:
    """Write a whole XML document."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n'.encode()
