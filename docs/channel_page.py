"""Writes docs/channels.md from the code: every system, how it is reached, what it takes, what can be done afterwards.

Run it with `make docs`; a test holds the page to what it writes.
"""

from pathlib import Path

from notifier.channel import Capabilities, Channel, System
from notifier.registry import channel_type, channel_types
from tests.channels.contract_kit import channel_of

PAGE = Path(__file__).parent / "channels.md"

_TOP = """# Channels

Written from the code by `make docs`; a test keeps it so. `notify channels list` tells the same of your own
accounts, with what their servers say; [reference.md](reference.md#channels) has every setting.

**publishes**: through the service's own interface; each post is an attempt with one of five outcomes, its address
is kept, and a lost answer is settled as the table says. **hand-off**: no program may post there, so a person does:
`notify hand-off ID CHANNEL` has the text ready to copy in that system's limit, the pictures with their alt texts
and the page where a post is written; a deadline and a reminder; `notify confirm ID CHANNEL --url URL` settles it,
and until then the notification is not shown complete. **notify-only**: the service says yes or no and nothing else:
no address, nothing can be looked up or taken back.

Any channel that publishes may fall back to a person's hands as well (`fallback = "hand-off"`) when its account
dies.
"""

_HEAD = (
    *("system", "type", "how", "text", "pictures", "alt text", "amend", "withdraw", "reply"),
    *("a lost answer", "price", "tried against, or why not"),
)
_LOST = {
    "key": "sent again with the same key: one post",
    "lookup": "looked up",
    "none": "a person looks",
}
_UNITS = {
    "x": "weighted",
    "sms": "SMS characters",
    "mastodon": "characters (any address as 23)",
    "threads": "characters (an emoji as its bytes)",
}


def page() -> str:
    """Write the whole page."""
    rows = [row for name in channel_types() for row in _rows(name, channel_type(name))]
    lines = [_HEAD, ("---",) * len(_HEAD), *sorted(rows, key=lambda row: (row[2] != "publishes", row[0].lower()))]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{_TOP}\n{table}\n"


def _rows(name: str, adapter: type[Channel]) -> list[tuple[str, ...]]:
    can = channel_of(name, "http://127.0.0.1:9").capabilities
    return [_row(name, system, can) for system in adapter.systems]


def _row(name: str, system: System, can: Capabilities) -> tuple[str, ...]:
    if system.way == "hand-off":
        nothing = ("",) * 6 + ("a person posts it", "")
        return (system.name, f"`{name}`", system.way, *nothing, system.proved)
    pictures = can.pictures
    return (
        system.name,
        f"`{name}`",
        system.way,
        _text(can),
        _pictures(can),
        f"{pictures.alt} characters" if pictures and pictures.alt else "",
        *("yes" if able else "" for able in (can.can_amend, can.can_withdraw, can.can_reply)),
        _lost(can),
        _price(can),
        system.proved,
    )


def _text(can: Capabilities) -> str:
    if can.limit is None:
        return "no limit"
    size = f", {can.limit.size} bytes" if can.limit.size else ""
    thread = {"atomic": "; a thread in one request", "replies": "; a thread of replies"}.get(can.thread or "", "")
    return f"{can.limit.amount} {_UNITS.get(can.limit.unit, can.limit.unit)}{size}{thread}"


def _pictures(can: Capabilities) -> str:
    parts = [f"{can.pictures.most}, {_size(can.pictures.size)} each"] if can.pictures else []
    parts += [f"video, {_size(can.video)}"] if can.video else []
    return "; ".join(parts) + ("; needed" if can.needs else "")


def _size(amount: int) -> str:
    return f"{amount / 1_000_000:g} MB" if amount < 1_000_000_000 else f"{amount / 1_000_000_000:g} GB"


def _lost(can: Capabilities) -> str:
    lasts = f" (for {can.key_lasts.total_seconds() / 3600:g} h, then looked up)" if can.key_lasts else ""
    return f"{_LOST[can.idempotency]}{lasts}"


def _price(can: Capabilities) -> str:
    if can.price is None:
        return ""
    each = " a segment" if can.price.a_segment else ""
    link = f", with a link {can.price.with_link}" if can.price.with_link is not None else ""
    return f"{can.price.currency} {can.price.post}{each}{link}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
