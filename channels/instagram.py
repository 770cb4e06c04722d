"""Instagram: pictures with a caption, of a professional account (POST /{account}/media, then /media_publish).

Meta's content publishing guide, 2026. Only JPEGs, which Instagram fetches from an address of the department's; no post
without a picture. Nothing can be edited or deleted by this API: a person does that. The token is either that of
Instagram's own sign-in (graph.instagram.com, 60 days, renewed) or a Page's (graph.facebook.com, which does not end).
"""

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from channels._containers import ContainerChannel, ContainerSettings
from notifier.channel import Capabilities, HandOff, Limit, Message, Pictures, Rate, System
from notifier.http_client import BaseAddress


class InstagramSettings(ContainerSettings):
    """A professional account."""

    base_url: BaseAddress = Field(
        "https://graph.instagram.com",
        description="where the API is: graph.facebook.com with a Page's token; another address for practice or a proxy",
    )
    version: str = Field("v26.0", pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$", description="the version of the API")

    @model_validator(mode="after")
    def _has_a_folder(self) -> Self:
        if self.media_folder is None:
            raise ValueError("Instagram takes only what has a picture: give media_folder and media_url")
        return self


class Instagram(ContainerChannel):
    """One account."""

    Settings = InstagramSettings
    settings: InstagramSettings
    systems = (System("Instagram", "publishes", "the practice account, which speaks Meta's API"),)
    network = "Instagram"
    edges = ("media", "media_publish")
    status_field = "status_code"
    text_field = "caption"
    renewal = "ig_refresh_token"
    most_pictures = 10

    @classmethod
    def limit(cls) -> Limit:
        """What a caption takes."""
        return Limit(2_200, "characters")

    @property
    def capabilities(self) -> Capabilities:
        """A caption below pictures; only what has one goes there."""
        return Capabilities(
            "long",
            self.limit(),
            idempotency="lookup",
            pictures=Pictures(
                self.most_pictures, size=8_000_000, side=1440, types=("image/jpeg",), alt=1_000, shape=(0.8, 1.91)
            ),
            needs="picture",
            live_signs="@#",
            rate=Rate(100, 86_400),
        )

    @property
    def hand_off(self) -> HandOff:
        """Where a person posts."""
        return HandOff("Instagram", "https://www.instagram.com/", ("instagram.com",))

    @property
    def root(self) -> str:
        """The API's address with its version."""
        return f"{self.settings.base_url}/{self.settings.version}"

    @property
    def renews(self) -> bool:
        """A Page's token does not end."""
        return urlsplit(self.settings.base_url).hostname != "graph.facebook.com"

    def container(self, message: Message, address: str | None, alt: str | None) -> dict[str, str]:
        """A picture with its caption."""
        described = {"alt_text": alt} if alt else {}
        return {"image_url": address or "", "caption": message.text, **described}


CHANNEL = Instagram
