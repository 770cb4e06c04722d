"""What a page of the department's carries of itself (order 2.a, 2.b), fitted to each network's profile."""

from collections.abc import Iterable
from dataclasses import dataclass

from notifier.channel import PartOf, ProfilePart
from notifier.fitting import Fitted
from notifier.lengths import fits
from notifier.rendering import Renderer, phrases
from notifier.settings import Department


@dataclass(frozen=True)
class Written:
    """The words for one part of a profile; `fits` is False where a person must shorten them."""

    part: ProfilePart
    text: str
    dropped: tuple[str, ...] = ()
    fits: bool = True


class ProfileWriter:
    """Writes profiles of one department in one language.

    audience: whom the page is for, in the department's first language, or None.
    """

    def __init__(self, department: Department, renderer: Renderer, language: str, audience: str | None = None) -> None:
        self._department = department
        self._renderer = renderer
        self._language = language
        self._audience = _in_language(audience, language, department)

    def write(self, parts: Iterable[ProfilePart]) -> tuple[Written, ...]:
        """Write every part of a profile."""
        parts = tuple(parts)
        apart = frozenset(part.holds for part in parts)
        return tuple(self._part(part, apart) for part in parts)

    def terms_page(self) -> str:
        """Write the page that the department's website shows as its terms of use."""
        return self._block("terms_page", terms_of_use=None).text

    def sentence(self, block: str) -> str:
        """Write one sentence of the template, which a page lacks."""
        return self._block(block, terms_of_use=self._department.terms_of_use).text

    def _part(self, part: ProfilePart, apart: frozenset[PartOf]) -> Written:
        if part.holds == "name":
            names = (self._department.name, self._department.short_name)
            return self._chosen(part, next((name for name in names if _keeps(name, part)), names[-1]))
        if part.holds == "website":
            return self._chosen(part, self._department.website)
        if part.holds == "phone":
            return self._chosen(part, self._department.phone)
        fitted = self._block(part.holds, part, apart, terms_of_use=self._department.terms_of_use)
        return Written(part, fitted.text, fitted.dropped, fitted.fits)

    def _chosen(self, part: ProfilePart, text: str) -> Written:
        return Written(part, text, fits=_keeps(text, part))

    def _block(
        self,
        block: str,
        part: ProfilePart | None = None,
        apart: frozenset[PartOf] = frozenset(),
        *,
        terms_of_use: str | None,
    ) -> Fitted:
        limits = part.limits if part else ()
        facts = {"audience": self._audience, "apart": apart, "terms_of_use": terms_of_use}
        return self._renderer.render_page(block, self._language, limits, **facts)


def _keeps(text: str, part: ProfilePart) -> bool:
    return all(fits(text, limit) for limit in part.limits)


def _in_language(audience: str | None, language: str, department: Department) -> str | None:
    """Say whom a page is for; in a language that has no word for it, nothing."""
    if audience is None or language == department.languages[0]:
        return audience
    return phrases(language).get(audience.lower())
