"""The services that let no program publish: what each takes, where a person writes, and why there is no other way."""

from dataclasses import dataclass

from notifier.channel import Form, Limit, Pictures

_PHOTOS = Pictures(most=10, size=5_000_000, side=2048, alt=500)


@dataclass(frozen=True)
class Service:
    """One service as a person uses it."""

    name: str
    why: str
    form: Form = "long"
    limit: Limit | None = None
    compose: str | None = None
    hosts: tuple[str, ...] = ()
    pictures: Pictures | None = _PHOTOS


SERVICES: dict[str, Service] = {
    "myspace": Service(
        "MySpace",
        "the service has no publishing interface; its developer documents end in 2011",
        "short",
        Limit(500, "characters"),
        "https://myspace.com/home",
        ("myspace.com",),
    ),
    "digg": Service(
        "Digg",
        "the service has no publishing interface; it closed in March 2026 and may not exist any more",
        "headline",
        Limit(300, "characters"),
        "https://digg.com/",
        ("digg.com",),
        None,
    ),
    "nixle": Service(
        "Nixle, by its web form",
        "without Everbridge's API, Nixle takes messages only in its own pages",
        "sms",
        Limit(138, "sms"),
        "https://agency.nixle.com/",
        ("nixle.com", "nixle.us"),
    ),
    "nextdoor": Service(
        "Nextdoor, by its web form",
        "its interface is for agencies that Nextdoor has approved",
        "long",
        Limit(8_192, "characters"),
        "https://nextdoor.com/agency-post/",
        ("nextdoor.com",),
    ),
    "reddit": Service(
        "Reddit, by its web form",
        "new keys of its interface are given only after approval",
        "long",
        Limit(40_000, "characters"),
        "https://www.reddit.com/submit",
        ("reddit.com", "redd.it"),
    ),
    "youtube-post": Service(
        "YouTube, community posts",
        "its interface takes videos, no posts",
        "short",
        Limit(1_500, "characters"),
        "https://www.youtube.com/",
        ("youtube.com", "youtu.be"),
    ),
    "wikipedia": Service(
        "Wikipedia",
        "its rules forbid an agency's own notices by a program; its editors decide what stands there",
        "long",
        None,
        "https://en.wikipedia.org/wiki/Wikipedia:Contact_us",
        ("wikipedia.org",),
    ),
    "other": Service("Any other page", "a person posts where no adapter reaches"),
}
