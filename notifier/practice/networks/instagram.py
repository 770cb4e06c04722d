"""Instagram as far as a department uses it: pictures with a caption, own media, the day's limit.

Shapes: Meta's content publishing guide as of October 2026. A picture is named by its address, which the real one
fetches: here the address is kept, and what is not called .jpg there is taken for no JPEG. Nothing can be edited, and
deletion is not offered, for no document was found that says how.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from notifier.practice.networks.graph import boolean, only, refused, web_address
from notifier.practice.networks.graph_containers import Container, ContainerNetwork, alt_text
from notifier.practice.pictures import NamedPicture

USER_ID: Final = "17841400000000001"
TOKEN: Final = "practice-instagram-token"  # noqa: S105 - opens nothing but this server
MOST_CAPTION: Final = 2_200
MOST_TAGS: Final = 30
MOST_MENTIONS: Final = 20


class Instagram(ContainerNetwork):
    """The practice account on Instagram."""

    name = "instagram"
    label = "Instagram"
    prefixes = ("/instagram/v", "/instagram/refresh_access_token")
    page = re.compile(r"/instagram/p/(\d+)/?")
    account = "exampletonpd"
    colour = "#a1246b"
    tags = True
    profile = MappingProxyType(
        {
            "name": "Exampleton Police",
            "biography": "Official account of the Exampleton Police Department. In an emergency call 911.",
            "website": "https://police.exampleton.example",
        }
    )
    base = "instagram"
    versions = re.compile(r"v2[0-6]\.0")
    user_id = USER_ID
    username = "exampletonpd"
    token = TOKEN
    grant = "ig_refresh_token"
    edges = ("media", "media_publish", "content_publishing_limit")
    status_field = "status_code"
    text_field = "caption"
    most_a_day = 100
    most_containers_a_day = 400
    rate_code = 80002
    most_parts = 10

    def _path(self, number: str) -> str:
        return f"/instagram/p/{number}/"

    def _read(self, given: Mapping[str, str]) -> Container:
        only(given, "image_url", "caption", "alt_text", "media_type", "is_carousel_item", "children")
        caption, kind = given.get("caption", ""), given.get("media_type", "IMAGE")
        if len(caption) > MOST_CAPTION:
            raise refused(100, f"(#100) The caption must be at most {MOST_CAPTION} characters long.")
        if (
            len(re.findall(r"(?<!\w)#\w", caption)) > MOST_TAGS
            or len(re.findall(r"(?<!\w)@\w", caption)) > MOST_MENTIONS
        ):
            raise refused(100, f"(#100) A caption has at most {MOST_TAGS} hashtags and {MOST_MENTIONS} mentions.")
        if kind == "CAROUSEL":
            return Container(caption, self.parts(given), self._clock(), dict(given))
        if kind != "IMAGE":
            # Films and stories are not served here.
            raise refused(100, "(#100) Param media_type must be one of {IMAGE, CAROUSEL}")
        address = web_address(given, "image_url")
        jpeg = urlsplit(address).path.lower().endswith((".jpg", ".jpeg"))
        broken = "" if jpeg else "Error: Only JPEG is supported."
        part = "is_carousel_item" in given and boolean(given, "is_carousel_item")
        pictures = (NamedPicture(address, alt_text(given)),)
        return Container(caption, pictures, self._clock(), dict(given), broken=broken, part=part)


PLATFORM = Instagram
