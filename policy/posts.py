"""The labelled posts that the learned rules are trained on: reading them, and naming what is wrong with them.

`posts/*.txt` hold whole posts in blocks, `posts/*.tsv` single sentences; README.md tells both forms. Run as a program
with files, it prints what is broken and how often each label, kind and language occurs.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).with_name("posts")
HELD_OUT = FOLDER / "e.txt"
"""The writer that is never trained on: what he wrote is the examination."""
CODES = {
    "GI": "guilt-or-innocence",
    "PP": "pending-prosecution",
    "CI": "confidential-information",
    "VI": "victim-identity",
    "JI": "juvenile-identity",
    "PD": "personal-data",
    "DS": "duty-status",
    "TA": "training-or-assignment",
    "PO": "political-activity",
    "PB": "private-business",
    "CR": "copyright",
    "DH": "discriminatory-or-harassing",
    "DF": "defamation-or-private-facts",
    "UP": "unsanctioned-purpose",
    "UD": "unidentified-department",
}
BLOCKS = frozenset({"GI", "PP", "JI", "PD", "PO", "PB", "CR", "DH", "DF", "UD"})
KINDS = (
    "road-closure",
    "special-event",
    "weather-emergency",
    "missing-person",
    "community-outreach",
    "wanted-person",
    "crime-tip-request",
    "crime-prevention-tip",
)
LANGUAGES = ("en", "es", "pt", "ht")
_MARK = re.compile(r"\{\{([A-Z, ]+):(.*?)\}\}", re.DOTALL)
_LATE_FLAGS = re.compile(r"\s*\|((?:\s*(?:[~+][A-Z,]+|=(?:block|review)))*)\s*$")


@dataclass
class Attachment:
    """A picture or paper of a post, with the codes of what is wrong with it."""

    name: str
    rights: str
    subject: str
    codes: tuple[str, ...]


@dataclass
class Post:
    """A labelled post; `spans` are (code, start, end) of its text; `writer` is the file it stands in."""

    writer: str
    kind: str
    stage: str
    language: str
    department: str
    text: str
    spans: list[tuple[str, int, int]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    further: tuple[str, ...] = ()
    tolerated: tuple[str, ...] = ()
    severity: str | None = None

    @property
    def codes(self) -> frozenset[str]:
        """Every code the post has."""
        attached = [code for attachment in self.attachments for code in attachment.codes]
        return frozenset([code for code, _, _ in self.spans] + attached) | frozenset(self.further)

    @property
    def verdict(self) -> str:
        """The most severe verdict of its codes; `severity` decides for identities and confidences."""
        if not self.codes:
            return "pass"
        free = self.codes - {"VI", "JI", "CI"} if self.severity else self.codes
        return "block" if free & BLOCKS or self.severity == "block" else "review"


def read_all(folder: Path = FOLDER) -> list[Post]:
    """Read every file; ValueError names the first broken block."""
    posts: list[Post] = []
    for path in sorted(folder.iterdir()):
        if path.suffix in (".txt", ".tsv"):
            posts += read(path)
    return posts


def read(path: Path) -> list[Post]:
    """Read one file; ValueError names the first broken block or line."""
    posts = []
    for place, made in _read(path):
        if isinstance(made, ValueError):
            raise ValueError(f"{path.name}, {place}: {made}")
        posts.append(made)
    return posts


def _read(path: Path) -> Iterator[tuple[str, Post | ValueError]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".tsv":
        pieces = [(f"line {n}", line) for n, line in enumerate(text.split("\n"), 1) if line.strip() and line[0] != "#"]
    else:
        pieces = [(block.partition("\n")[0], block) for block in re.split(r"(?m)^## ", text)[1:]]
    for place, piece in pieces:
        try:
            yield place, (_line if path.suffix == ".tsv" else _block)(path.stem, piece)
        except ValueError as wrong:
            yield place, wrong


def _block(writer: str, block: str) -> Post:
    head, _, body = block.partition("\n")
    first, *rest = (part.strip() for part in head.split("|"))
    kind, stage, language, level = first.split()
    lines = body.rstrip().split("\n")
    attachments: list[Attachment] = []
    while lines and (lines[-1].startswith("@ ") or not lines[-1].strip()):
        line = lines.pop()
        if line.strip():
            name, rights, subject, codes, *_ = [*(part.strip() for part in line[2:].split("|")), "", "", ""]
            attachments.insert(0, Attachment(name, rights, subject, _codes(codes.replace(",", " ").split())))
    marked = "\n".join(lines).strip()
    flags = rest[1].split() if len(rest) > 1 else []
    if late := _LATE_FLAGS.search(marked):
        marked = marked[: late.start()]
        flags += late[1].split()
    text, spans = _unmarked(marked)
    further, tolerated, severity = _flags(flags)
    post = Post(writer, _of(kind, KINDS), stage, _of(language, LANGUAGES), rest[0], text, spans, attachments, further)
    post.tolerated, post.severity = tuple(set(tolerated) - post.codes), severity
    if (level in ("plain", "hard")) == bool(post.codes):
        raise ValueError(f"its level is {level} and its codes are {sorted(post.codes)}")
    return post


def _line(writer: str, line: str) -> Post:
    codes, kind, language, text = (part.strip() for part in line.split("\t", 3))
    held, _, tolerated = codes.partition("~")
    severity = "block" if "!" in held else "review" if "?" in held else None
    names = [code.strip(" !?") for code in held.replace(",", "+").split("+")]
    kept = _codes([name for name in names if name not in ("", "-")])
    post = Post(writer, _of(kind, KINDS), "draft", _of(language, LANGUAGES), "", text)
    if text.startswith("<rights>"):
        rights, _, subject = text.removeprefix("<rights>").partition("<subject>")
        post.text, post.attachments = "", [Attachment("attached", rights.strip(), subject.strip(), kept)]
    else:
        post.spans = [(code, 0, len(text)) for code in kept if code != "UD"]
    post.tolerated = tuple(
        set(_codes([code.strip(" !?") for code in tolerated.replace(",", "+").split("+") if code.strip()])) - post.codes
    )
    post.severity = severity
    return post


def _unmarked(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    text, done = "", 0
    spans: list[tuple[str, int, int]] = []
    for mark in _MARK.finditer(marked):
        text += marked[done : mark.start()]
        start = len(text)
        text += mark[2]
        spans += [(code, start, len(text)) for code in _codes(mark[1].replace(",", " ").split())]
        done = mark.end()
    text += marked[done:]
    if not text or "{{" in text or "}}" in text:
        raise ValueError("its text is empty or a mark in it is broken")
    return text, spans


def _flags(flags: list[str]) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    further = [flag[1:] for flag in flags if flag[0] == "+"]
    tolerated = [code for flag in flags if flag[0] == "~" for code in flag[1:].split(",")]
    severities = [flag[1:] for flag in flags if flag[0] == "="]
    return _codes(further), _codes(tolerated), severities[-1] if severities else None


def _codes(codes: list[str]) -> tuple[str, ...]:
    return tuple(_of(code, tuple(CODES)) for code in codes)


def _of(word: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise ValueError(f'"{word}" is none of {", ".join(known)}')
    return word


def main(paths: list[str]) -> int:
    """Name what is broken in the files, and count what is in them."""
    broken = 0
    for path in map(Path, paths or sorted(map(str, FOLDER.iterdir()))):
        made = list(_read(path))
        for place, wrong in made:
            if isinstance(wrong, ValueError):
                broken += 1
                print(f"{path.name}, {place[:80]}: {wrong}")
        posts = [post for _, post in made if isinstance(post, Post)]
        print(f"{path.name}: {len(posts)}, of which clean {sum(not post.codes for post in posts)}")
        for counted in (
            Counter(code for post in posts for code in post.codes),
            Counter(post.kind for post in posts),
            Counter(post.language for post in posts),
        ):
            print("  ", dict(counted.most_common()))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
