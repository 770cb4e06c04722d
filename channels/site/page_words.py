"""The words of one of the site's own pages, as a reader has them before him."""

from html.parser import HTMLParser

_APART = frozenset({"p", "li", "h1", "h2", "div", "dt", "dd", "br", "title", "header", "footer", "main"})


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        if tag in _APART:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.words.append(data)


def words_of_page(page: bytes) -> str:
    """Read the words of a page, one paragraph a line."""
    reader = _Words()
    reader.feed(page.decode("utf-8", "replace"))
    lines = (" ".join(line.split()) for line in "".join(reader.words).split("\n"))
    return "\n".join(line for line in lines if line)
