"""What the public would see: every post of every practice platform, in memory, bounded."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from notifier.practice.pictures import NamedPicture, Picture, Pictures

MOST_POSTS = 5_000
MOST_KEYS = 5_000


@dataclass(frozen=True)
class Post:
    """One post as it stands in public."""

    platform: str
    id: str
    path: str
    """Where its own page is on this server."""
    text: str
    created: datetime
    key: str
    """The key of the request that made it; two posts with one key were published twice."""
    title: str = ""
    sms: str = ""
    links: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    """What else the platform shows or keeps: an urgency, a kind, the post replied to; _those it only keeps."""
    edited: datetime | None = None
    public: bool = True
    sent: Mapping[str, Any] = field(default_factory=dict)
    """The body that was accepted, as decoded."""
    pictures: tuple[Picture, ...] = ()
    named_pictures: tuple[NamedPicture, ...] = ()

    def to_json(self, server: str) -> dict[str, Any]:
        """Write the post for whoever checks a drill."""
        return {
            "platform": self.platform,
            "id": self.id,
            "url": server + self.path,
            "title": self.title,
            "text": self.text,
            "sms": self.sms,
            "links": list(self.links),
            "labels": dict(self.labels),
            "pictures": [
                {
                    "url": server + picture.path,
                    "sha256": picture.sha256,
                    "media_type": picture.media_type,
                    "alt": picture.alt,
                }
                for picture in self.pictures
            ]
            + [
                {"url": picture.address, "sha256": None, "media_type": None, "alt": picture.alt}
                for picture in self.named_pictures
            ],
            "created": self.created.isoformat(),
            "edited": self.edited.isoformat() if self.edited else None,
            "key": self.key,
        }


class PublicRecord:
    """Every post, oldest first, at most `most` of them: the oldest give way.

    Each method is safe by itself; a platform that looks before it acts holds `lock` around both.
    """

    def __init__(self, most: int = MOST_POSTS) -> None:
        self.lock = threading.RLock()
        self.most = most
        self.pictures = Pictures()
        self._posts: OrderedDict[tuple[str, str], Post] = OrderedDict()

    def add(self, post: Post) -> None:
        """Publish a post."""
        with self.lock:
            self._posts[post.platform, post.id] = post
            while len(self._posts) > self.most:
                self._posts.popitem(last=False)

    def get(self, platform: str, post_id: str) -> Post | None:
        """Find a post by its id."""
        with self.lock:
            return self._posts.get((platform, post_id))

    def edit(self, post: Post, text: str, now: datetime, **more: Any) -> None:
        """Change a post's text, and other fields of it, where it stands."""
        with self.lock:
            if (post.platform, post.id) in self._posts:
                self._posts[post.platform, post.id] = replace(post, text=text, edited=now, **more)

    def remove(self, platform: str, post_id: str) -> bool:
        """Take a post away; False when it is not there."""
        with self.lock:
            return self._posts.pop((platform, post_id), None) is not None

    def of(self, platform: str) -> list[Post]:
        """List one platform's posts, oldest first, those too that are not public."""
        with self.lock:
            return [post for (of, _), post in self._posts.items() if of == platform]

    def posts(self) -> list[Post]:
        """List what the public sees, oldest first."""
        with self.lock:
            return [post for post in self._posts.values() if post.public]

    def clear(self) -> None:
        """Take everything away."""
        with self.lock:
            self._posts.clear()
            self.pictures.clear()


@dataclass
class _Requests:
    counts: Counter[str] = field(default_factory=Counter)
    by_key: OrderedDict[str, int] = field(default_factory=OrderedDict)


class RequestCounts:
    """How many requests each platform was sent, whatever became of them; the publishing ones by their key too."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._lock = threading.Lock()
        self._most_keys = most_keys
        self._platforms: dict[str, _Requests] = {}

    def count(self, platform: str, *, key: str | None) -> None:
        """Count a request; key: of a publishing one."""
        with self._lock:
            requests = self._platforms.setdefault(platform, _Requests())
            requests.counts["all"] += 1
            if key is None:
                return
            requests.counts["publishing"] += 1
            requests.by_key[key] = requests.by_key.pop(key, 0) + 1
            while len(requests.by_key) > self._most_keys:
                requests.by_key.popitem(last=False)

    def count_as(self, platform: str, what: str) -> None:
        """Count what became of a request: `accepted`, `refused` or `faulted`."""
        with self._lock:
            self._platforms.setdefault(platform, _Requests()).counts[what] += 1

    def clear(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._platforms.clear()

    def to_json(self) -> dict[str, Any]:
        """Write the counts for whoever checks a drill."""
        with self._lock:
            return {
                name: {**{what: requests.counts[what] for what in _COUNTED}, "by_key": dict(requests.by_key)}
                for name, requests in self._platforms.items()
            }


_COUNTED = ("all", "publishing", "accepted", "refused", "faulted")
