"""Make a text fit a limit by dropping what its template marked as optional, the least important first.

A rendered template is plain words with marked stretches: OPEN, an importance, MARK, words, CLOSE. The marks are Unicode
noncharacters, which no input may contain. Nothing is ever cut: a stretch goes whole or stays whole.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

OPEN, MARK, CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"
_STRETCH = re.compile(f"{OPEN}(\\d+){MARK}(.*?){CLOSE}", re.DOTALL)
_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?=\s|$)")


@dataclass(frozen=True)
class Stretch:
    """Some words of a text; `importance` None: mandatory, else droppable, 1 the first to go."""

    words: str
    importance: int | None


@dataclass(frozen=True)
class Fitted:
    """A text with what had to go; `fits` is False when the mandatory words alone are too long."""

    text: str
    dropped: tuple[str, ...]
    fits: bool


def stretches(marked: str) -> tuple[Stretch, ...]:
    """Split a rendered template at its marks."""
    found: list[Stretch] = []
    end = 0
    for match in _STRETCH.finditer(marked):
        found.append(Stretch(marked[end : match.start()], None))
        found.append(Stretch(match[2], int(match[1])))
        end = match.end()
    found.append(Stretch(marked[end:], None))
    return tuple(stretch for stretch in found if stretch.words)


def fit(marked: str, fits: Callable[[str], bool]) -> Fitted:
    """Drop optional stretches, least important first and of equals the last first, until the text fits."""
    kept = list(stretches(marked))
    dropped: list[str] = []
    text = tidy("".join(stretch.words for stretch in kept))
    while not fits(text):
        droppable = [(s.importance, -place) for place, s in enumerate(kept) if s.importance is not None]
        if not droppable:
            return Fitted(text, tuple(dropped), fits=False)
        gone = kept.pop(-min(droppable)[1])
        dropped.append(tidy(gone.words))
        text = tidy("".join(stretch.words for stretch in kept))
    return Fitted(text, tuple(word for word in dropped if word), fits=True)


def tidy(text: str) -> str:
    """Close the gaps that dropping leaves: one space between words, one stop after `p.m.`, at most one empty line."""
    if ".." in text:
        text = _TWO_STOPS.sub(".", text)
    if "  " in text or "\t" in text:
        text = re.sub(r"[ \t]+", " ", text)
    if "\n" not in text:
        return text.strip()
    text = "\n".join(line.strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
