"""Threads: a text of 500 characters, with pictures (graph.threads.net: POST /{user}/threads, then /threads_publish).

Meta's guides to the Threads API, 2025 and 2026. An emoji counts as the bytes of its UTF-8. Threads fetches pictures
from an address of the department's. A post cannot be edited; deleting one takes the permission threads_delete.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from channels._containers import ContainerChannel, ContainerSettings
from notifier.channel import (
    Capabilities,
    Delivered,
    HandOff,
    Limit,
    Message,
    Outcome,
    Pictures,
    Rate,
    Rejected,
    System,
    Unknown,
)
from notifier.http_client import BaseAddress, Reply


class ThreadsSettings(ContainerSettings):
    """A profile on Threads."""

    base_url: BaseAddress = Field(
        "https://graph.threads.net", description="where the API is; another address for practice or a proxy"
    )


class Threads(ContainerChannel):
    """One profile."""

    Settings = ThreadsSettings
    settings: ThreadsSettings
    systems = (System("Threads", "publishes", "the practice profile, which speaks Meta's API"),)
    network = "Threads"
    edges = ("threads", "threads_publish")
    status_field = "status"
    text_field = "text"
    renewal = "th_refresh_token"
    most_pictures = 10

    @classmethod
    def limit(cls) -> Limit:
        """What a post takes."""
        return Limit(500, "threads")

    @property
    def capabilities(self) -> Capabilities:
        """A short post; pictures where the department's web server shows them."""
        pictures = Pictures(self.most_pictures, size=8_000_000, side=1440, alt=1_000, shape=(0.1, 10.0))
        return Capabilities(
            "short",
            self.limit(),
            idempotency="lookup",
            pictures=pictures if self.settings.media_folder else None,
            can_withdraw=True,
            live_signs="@#",
            rate=Rate(250, 86_400),
        )

    @property
    def hand_off(self) -> HandOff:
        """Where a person posts."""
        return HandOff("Threads", "https://www.threads.com/intent/post", ("threads.com", "threads.net"))

    @property
    def root(self) -> str:
        """The first version is the only one."""
        return f"{self.settings.base_url}/v1.0"

    def container(self, message: Message, address: str | None, alt: str | None) -> dict[str, str]:
        """A text, or a picture with it."""
        if address is None:
            return {"media_type": "TEXT", "text": message.text}
        described = {"alt_text": alt} if alt else {}
        return {"media_type": "IMAGE", "text": message.text, "image_url": address, **described}

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Delete the post, and what of its pictures is still shown."""
        number = str(receipt.get("remote_id"))
        if not re.fullmatch(r"[0-9]{1,40}", number):
            return Rejected("nobody knows which post it is; delete it on Threads")
        if self.hosted is not None:
            self.hosted.take_away(message.media)
        reply = self._ask("DELETE", number)
        if not isinstance(reply, Reply):
            return reply
        if reply.ok:
            done = reply.json().get("success") is True
            return Delivered() if done else Unknown("Threads said yes and not that the post is gone")
        return Delivered() if _is_gone(reply) else self._refused(reply)


def _is_gone(reply: Reply) -> bool:
    """Whether the post is not there any more (code 100, subcode 33)."""
    error = reply.json().get("error")
    return isinstance(error, dict) and error.get("code") == 100 and error.get("error_subcode") == 33


CHANNEL = Threads
