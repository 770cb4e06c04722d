"""What a person would notice on a page, read out of a real browser."""

from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page

SIZES: Final = {360: 740, 1200: 800}
"""Width and height of the windows that pages are looked at in: a phone, a desk."""

LEAST_CONTRAST: Final = 4.5

# Colours are mixed down to the first opaque ground below the text, as the eye sees them.
_READ = """() => {
  const rgba = text => { const n = text.match(/[0-9.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n }
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1)
  const linear = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4
  const light = colour => {
    const [r, g, b] = colour.slice(0, 3).map(linear)
    return .2126 * r + .7152 * g + .0722 * b
  }
  const ground = element => {
    const layers = []
    for (let at = element; at; at = at.parentElement) {
      layers.push(rgba(getComputedStyle(at).backgroundColor))
      if (layers.at(-1)[3] === 1) break
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1])
  }
  const texts = []
  document.querySelectorAll('details').forEach(one => one.open = true)
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement
    if (!words || ['STYLE', 'SCRIPT'].includes(element.tagName) || !element.getClientRects().length) continue
    const under = ground(element), ink = over(rgba(getComputedStyle(element).color), under)
    const [dark, bright] = [light(under), light(ink)].sort((a, b) => a - b)
    texts.push([words.slice(0, 60), (bright + .05) / (dark + .05)])
  }
  return {
    texts,
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    language: document.documentElement.lang,
    title: document.title,
    scripts: document.querySelectorAll('script').length,
    pictures: [...document.images].map(i => [i.getAttribute('alt'), i.complete && i.naturalWidth > 0]),
    headings: [...document.querySelectorAll('h1')].length,
    viewport: !!document.querySelector('meta[name=viewport]'),
  }
}"""


@dataclass(frozen=True)
class Seen:
    """A page as the browser shows it."""

    found: dict[str, Any]
    requests: tuple[str, ...]
    """Every address that was asked for, the page's own among them."""
    errors: tuple[str, ...]

    def words(self) -> str:
        """The visible words."""
        return " ".join(words for words, _ in self.found["texts"])

    def pale(self) -> list[tuple[str, float]]:
        """The texts whose contrast is too low (WCAG 2.1, 1.4.3), with it."""
        return [(words, round(ratio, 2)) for words, ratio in self.found["texts"] if ratio < LEAST_CONTRAST]


def look(page: Page, address: str) -> Seen:
    """Open an address and read what is there."""
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(address, wait_until="load")
    return Seen(page.evaluate(_READ), tuple(requests), tuple(errors))


def check(seen: Seen, origin: str) -> None:
    """Hold a page to what every page of ours promises; origin: the only place that it may ask anything of."""
    found = seen.found
    assert len(found["texts"]) > 5, "the page is empty"
    assert not found["wide"], "the page scrolls sideways"
    assert seen.pale() == []
    assert found["language"]
    assert found["title"]
    assert found["viewport"]
    assert found["headings"] == 1
    assert found["scripts"] == 0
    assert all(alt for alt, _ in found["pictures"]), "a picture has no alt text"
    assert all(is_shown for _, is_shown in found["pictures"]), "a picture is not to be seen"
    assert [address for address in seen.requests if not address.startswith((origin, "data:"))] == []
    assert seen.errors == ()
