"""The documentation as its readers have it: pages, blocks of code, links, names of files."""

import re
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"(?:notifier|channels|templates|config|tests|docs|bench|\.ci)(?:/[\w.{},-]+)*/?")


@dataclass(frozen=True)
class Block:
    """A block of code of a page."""

    page: Path
    language: str
    text: str


def name_of(page: Path) -> str:
    """A page's path, as the tests are named by."""
    return str(page.relative_to(CHECKOUT))


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page, in order."""
    return [Block(page, language, text) for language, text in _BLOCK.findall(page.read_text("utf-8"))]


def links(page: Path) -> list[str]:
    """Every relative link of a page, without what follows #."""
    found = _LINK.findall(_BLOCK.sub("", page.read_text("utf-8")))
    return [link.partition("#")[0] for link in found if not re.match(r"\w+:|#", link)]


def files_named(page: Path) -> list[str]:
    """Every path of this project that a page names; one of `{a,b}` stands for two, and a `<place>` for none."""
    words = re.findall(r"[^\s`|()\[\]]+", _BLOCK.sub("", page.read_text("utf-8")))
    paths = {word.rstrip(".,:;") for word in words if "/" in word}
    return sorted(one for path in paths if _PATH.fullmatch(path) for one in _expanded(path))


def _expanded(path: str) -> list[str]:
    several = re.search(r"\{([^}]*)\}", path)
    if several is None:
        return [path]
    return [path.replace(several[0], one) for one in several[1].split(",")]


def commands(block: Block) -> list[str]:
    """The commands of an `sh` or `console` block, without comments, prompts and what was printed."""
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [command for line in lines if (command := re.sub(r"\s+# .*|^# .*", "", line).strip())]


def printed(block: Block) -> list[tuple[str, list[str]]]:
    """The commands of a `console` block, each with the lines that it printed."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        elif line and found:
            found[-1][1].append(line)
    return found
