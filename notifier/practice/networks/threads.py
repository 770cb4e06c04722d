"""Threads as far as a department uses it: texts and pictures, replies, own posts, the day's limit, deletion.

Shapes: Meta's Threads guides of December 2025 and April 2026. Not verified: deletion, alt_text, and refreshing a token.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from notifier.practice.exchange import Answer, Request, Route, json_answer, route
from notifier.practice.networks.graph import boolean, only, refused, web_address
from notifier.practice.networks.graph_containers import Container, ContainerNetwork, alt_text
from notifier.practice.pictures import NamedPicture

USER_ID: Final = "24000000000000001"
TOKEN: Final = "practice-threads-token"  # noqa: S105 - opens nothing but this server
MOST_TEXT: Final = 500

_REPLY_CONTROLS: Final = (
    "everyone",
    "accounts_you_follow",
    "mentioned_only",
    "parent_post_author_only",
    "followers_only",
)


class Threads(ContainerNetwork):
    """The practice profile on Threads."""

    name = "threads"
    label = "Threads"
    prefixes = ("/threads/v1.0/", "/threads/refresh_access_token")
    page = re.compile(r"/threads/@[^/]+/post/(\d+)")
    account = "exampletonpd"
    colour = "#2b2b2b"
    tags = True
    profile = MappingProxyType(
        {
            "name": "Exampleton Police",
            "threads_biography": "Official profile of the Exampleton Police Department. In an emergency call 911.",
        }
    )
    base = "threads"
    versions = re.compile(r"v1\.0")
    user_id = USER_ID
    username = "exampletonpd"
    token = TOKEN
    grant = "th_refresh_token"
    edges = ("threads", "threads_publish", "threads_publishing_limit")
    status_field = "status"
    text_field = "text"
    most_a_day = 250
    most_containers_a_day = 1_000
    rate_code = 80016

    def _more_routes(self) -> tuple[Route, ...]:
        return (route("DELETE", "/threads/{version}/{node}", self._guarded(self._delete)),)

    def _delete(self, _request: Request, given: Mapping[str, str], node: str) -> Answer:
        only(given)
        post = self._found(node)
        self._record.remove("threads", post.id)
        return json_answer({"success": True, "deleted_id": post.id})

    def _path(self, number: str) -> str:
        return f"/threads/@{self.username}/post/{number}"

    def _read(self, given: Mapping[str, str]) -> Container:
        only(
            given,
            *("media_type", "text", "image_url", "alt_text", "reply_to_id", "link_attachment"),
            *("reply_control", "is_carousel_item", "children"),
        )
        kind, text = given.get("media_type"), given.get("text", "")
        if length(text) > MOST_TEXT:
            raise refused(100, f"(#100) Param text must be at most {MOST_TEXT} characters long.")
        if given.get("reply_control", "everyone") not in _REPLY_CONTROLS:
            raise refused(100, f"(#100) Param reply_control must be one of {{{', '.join(_REPLY_CONTROLS)}}}")
        replied = given.get("reply_to_id", "")
        if replied:
            self._found(replied)
        pictures: tuple[NamedPicture, ...] = ()
        if kind == "IMAGE":
            pictures = (NamedPicture(web_address(given, "image_url"), alt_text(given)),)
        elif kind == "CAROUSEL":
            pictures = self.parts(given)
        elif kind != "TEXT":
            # Films are not served here.
            raise refused(100, "(#100) Param media_type must be one of {TEXT, IMAGE, CAROUSEL}")
        elif not text.strip() or "image_url" in given:
            raise refused(100, "(#100) A text post needs text, and has no image_url")
        link = web_address(given, "link_attachment") if "link_attachment" in given else ""
        if link and kind != "TEXT":
            raise refused(100, "(#100) Param link_attachment is for text posts alone")
        part = "is_carousel_item" in given and boolean(given, "is_carousel_item")
        return Container(text, pictures, self._clock(), dict(given), replied=replied, link=link, part=part)


def length(text: str) -> int:
    """Count as Threads does: characters, but an emoji as its bytes in UTF-8."""
    import regex

    emoji = regex.compile(r"\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u200d\ufe0f\u20e3]")
    return sum(len(char.encode()) if emoji.match(char) and char not in "\u00a9\u00ae" else 1 for char in text)


PLATFORM = Threads
