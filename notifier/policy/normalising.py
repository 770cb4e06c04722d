"""Read through what hides words: look-alike letters, invisible characters, full-width and spaced-out letters.

What the rules read is plain: accents are dropped, typographic quotes are straight, every kind of space is a space. Each
character remembers where in the original it stands, so that a finding underlines the original words.
"""

import itertools
import re
import unicodedata
from bisect import bisect_right
from typing import NamedTuple

# Cyrillic and Greek letters (and a few more) that a reader takes for Latin ones; Unicode's NFKC leaves them apart.
_LOOK_ALIKE = dict(
    zip(
        "аеорсухіјѕԁһԛԝкмтвнАВЕКМНОРСТУХІЈЅԌԚԜαεικνορτυχβγηωΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɑɡℓǀ",
        "aeopcyxijsdhqwkmtbhABEKMHOPCTYXIJSGQWaeikvoptuxbynwABEZHIKMNOPTYXiagll",
        strict=True,
    )
)
_PLAIN = {"‘": "'", "’": "'", "‛": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'}
_PLAIN |= dict.fromkeys("‐‑‒–—―−", "-") | {"º": "o", "ª": "a", "…": "...", "\r": "\n", "\t": " ", "\u2028": "\n"}
_UNSEEN = {"Cf", "Mn", "Me", "Cc"}

_ODD = re.compile(r"[^\n -_a-~]")
_SPACED = re.compile(
    r"(?<![^\W_])[A-Za-z](?: {1,4}[A-Za-z]){3,}(?![^\W_])"
    r"|(?<![^\W_])[A-Za-z]([.*_-])[A-Za-z](?:\1[A-Za-z])+(?![^\W_])"
    r"|(?<![^\W_])\d(?: \d){6,}(?!\w)"
)
_LEADING_WORD = re.compile(r"(?i)(?:the(?!ft)|this|that|our|el|la|este|esta)(?=[a-z]{4})")


class _Rewriting(NamedTuple):
    """A text after some edits, with where its pieces came from: ascending starts here, and the spans there."""

    text: str
    starts: list[int]
    origins: list[tuple[int, int]]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1) - 1
        return self._place(first, start)[0], self._place(last, end - 1)[1]

    def _place(self, piece: int, position: int) -> tuple[int, int]:
        start, end = self.origins[piece]
        length = (self.starts[piece + 1] if piece + 1 < len(self.starts) else len(self.text)) - self.starts[piece]
        if length != end - start:
            return start, end
        offset = start + position - self.starts[piece]
        return offset, offset + 1


class Normalised(NamedTuple):
    """A text as the rules read it."""

    original: str
    text: str
    rewritings: tuple[_Rewriting, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give where the original holds the words between two positions of the normalised text."""
        if start == end:
            return start, start
        for rewriting in reversed(self.rewritings):
            start, end = rewriting.origin(start, end)
        while self.rewritings and end < len(self.original) and unicodedata.combining(self.original[end]):
            end += 1
        return start, end


def normalise(original: str) -> Normalised:
    """Write a text plainly, in time linear in its length."""
    text, rewritings = original, []
    if _ODD.search(text):
        edits = [(m.start(), m.end(), _plain(m[0])) for m in _ODD.finditer(text)]
        rewritings.append(_rewrite(text, edits))
        text = rewritings[-1].text
    if edits := [edit for m in _SPACED.finditer(text) for edit in _close_up(m)]:
        rewritings.append(_rewrite(text, edits))
        text = rewritings[-1].text
    return Normalised(original, text, tuple(rewritings))


def fold(text: str) -> str:
    """Give a text plain, in small letters and with single spaces, to compare words of two texts."""
    return " ".join(normalise(text).text.lower().split())


def _rewrite(text: str, edits: list[tuple[int, int, str]]) -> _Rewriting:
    parts: list[str] = []
    starts: list[int] = []
    origins: list[tuple[int, int]] = []
    length = done = 0
    for start, end, words in [*edits, (len(text), len(text), "")]:
        for piece, origin in ((text[done:start], (done, start)), (words, (start, end))):
            if piece:
                parts.append(piece)
                starts.append(length)
                origins.append(origin)
                length += len(piece)
        done = end
    return _Rewriting("".join(parts), starts or [0], origins or [(0, 0)])


_known: dict[str, str] = {}


def _plain(char: str) -> str:
    plain = _known.get(char)
    if plain is None:
        plain = _plain_form(char)
        if len(_known) < 5_000:
            _known[char] = plain
    return plain


def _plain_form(char: str) -> str:
    if char in _PLAIN or char in _LOOK_ALIKE:
        return _PLAIN.get(char) or _LOOK_ALIKE[char]
    if unicodedata.category(char) in _UNSEEN:
        return ""
    if unicodedata.category(char).startswith("Z"):
        return " "
    apart = unicodedata.normalize("NFKD", char)
    kept = "".join(_PLAIN.get(c) or _LOOK_ALIKE.get(c, c) for c in apart if unicodedata.category(c) not in _UNSEEN)
    # One letter must stay one letter in small letters, or positions would shift.
    return kept if len(kept.lower()) == len(kept) else char


def _close_up(match: re.Match[str]) -> list[tuple[int, int, str]]:
    """Drop what stands between spaced-out letters; a wider gap stays, as the end of a word."""
    run, start = match[0], match.start()
    letters = [i for i, char in enumerate(run) if char.isalnum()]
    gaps = [(a + 1, b) for a, b in itertools.pairwise(letters)]
    wide = [gap for gap in gaps if gap[1] - gap[0] > 1]
    word = _LEADING_WORD.match("".join(run[i] for i in letters))
    kept = gaps[word.end() - 1] if word and not wide else None
    return [(start + a, start + b, "") for a, b in gaps if b - a == 1 and (a, b) != kept]
