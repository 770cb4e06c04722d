"""Nixle, through the REST API of Everbridge Suite (developers.everbridge.net: ebs-v1-nixle).

A launch goes out to telephones and cannot be recalled, and Everbridge knows no idempotency key. So every launch carries
our own reference in its title, which is looked for when an answer was lost; what is not found there may still have gone
out, and then a person decides. Nixle itself offers no API to publish.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field, SecretStr

from channels.nixle.launch import Audience, launch, reference
from notifier.channel import (
    AuthFailed,
    CannotTell,
    Capabilities,
    Channel,
    ChannelSettings,
    Delivered,
    Finding,
    Found,
    HandOff,
    Limit,
    Outcome,
    Prepared,
    ProfilePart,
    System,
    Unknown,
    Works,
)
from notifier.http_client import BaseAddress, Reply, public_address, service_words


class NixleSettings(ChannelSettings):
    """An organization at Everbridge that has Nixle, and a service account of it."""

    base_url: BaseAddress = Field(
        "https://api.everbridge.net", description="where the API is; api.everbridge.eu in Europe, another for practice"
    )
    organization_id: str = Field(pattern=r"^[0-9]{1,20}$", description="the organization's number at Everbridge")
    username: str = Field(min_length=1, description="the service account's name")
    password: SecretStr = Field(description="the service account's password")
    event_groups: list[int] = Field([], description="numbers of the Nixle event groups that get it")
    region_ids: list[int] = Field([], description="numbers of the Nixle regions that get it")
    sms_limit: int = Field(138, ge=60, le=160, description="characters of a text message; 138, less in older accounts")
    contact_name: str | None = Field(None, max_length=100, description="whom the public asks; else the department")
    contact_email: str | None = Field(None, max_length=254, description="the contact's email address")
    contact_phone: str | None = Field(None, max_length=30, description="the contact's telephone")


class Nixle(Channel):
    """One organization's Nixle."""

    systems = (System("Nixle", "publishes", "the practice organization, which speaks Everbridge's API"),)
    Settings = NixleSettings
    settings: NixleSettings
    # An agency's page is written by hand at Nixle, which says nothing of lengths; residents cannot comment on it.
    profile_parts = (
        ProfilePart("agency description", "statement"),
        ProfilePart("website", "website"),
        ProfilePart("phone", "phone"),
    )
    visitors_comment = False

    @classmethod
    def limit(cls) -> Limit:
        """What a text message takes where no account says otherwise."""
        return Limit(NixleSettings.model_fields["sms_limit"].default, "sms")

    @property
    def capabilities(self) -> Capabilities:
        """A text message, with the headline and the whole text beside it."""
        limit = Limit(self.settings.sms_limit, "sms")
        return Capabilities("sms", limit, beside=("headline", "long"), idempotency="lookup", gsm7=True)

    @property
    def hand_off(self) -> HandOff:
        """Whoever has a login of the agency publishes, or takes down, on Nixle's own pages."""
        return HandOff("Nixle", "https://agency.nixle.com/login/", ("nixle.us", "local.nixle.com"))

    def send(self, prepared: Prepared) -> Outcome:
        """Launch one notification."""
        own = self.settings
        audience = Audience(own.event_groups, own.region_ids, own.contact_name, own.contact_email, own.contact_phone)
        reply = self._ask("POST", json_body=launch(prepared.message, audience))
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        told = reply.json()
        return self._delivered(told, told.get("instanceUri")) or Unknown(
            f"Everbridge said yes ({reply.status}) and named no notification"
        )

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look for our reference in the titles of the newest notifications."""
        reply = self._ask("GET")
        page = reply.json().get("page") if isinstance(reply, Reply) and reply.ok else None
        if not isinstance(page, dict):
            why = "Everbridge's notifications could not be listed; look in its Manager Portal"
            return CannotTell(why, unreachable=not isinstance(reply, Reply) or not reply.ok)
        listed = page.get("data")
        for each in listed if isinstance(listed, list) else ():
            message = each.get("message") if isinstance(each, dict) else None
            title = message.get("title") if isinstance(message, dict) else None
            if isinstance(title, str) and reference(prepared.message) in title:
                url = f"{self._address()}/{each.get('id')}"
                if delivered := self._delivered(each, url):
                    return Found(delivered)
        return CannotTell(
            "Everbridge does not list it among its newest; look in its Manager Portal before sending again"
        )

    def check(self) -> Works | Outcome:
        """List the organization's notifications."""
        reply = self._ask("GET")
        if not isinstance(reply, Reply):
            return reply
        return Works() if reply.ok else self._refused(reply)

    def profile(self) -> CannotTell:
        """Say that the agency's page is out of reach."""
        return CannotTell("Nixle lets no program read the agency's page; look at it")

    def _address(self) -> str:
        return f"{self.settings.base_url}/rest/notifications/{self.settings.organization_id}"

    def _credential(self) -> str:
        return base64.b64encode(
            f"{self.settings.username}:{self.settings.password.get_secret_value()}".encode()
        ).decode()

    def _ask(self, method: str, **request: Any) -> Reply | Outcome:
        headers = {"Authorization": f"Basic {self._credential()}", "Accept": "application/json"}
        return self.http.request(method, self._address(), headers=headers, **request)

    def _delivered(self, told: Mapping[str, Any], address: object) -> Delivered | None:
        number = str(told.get("id"))
        if not (number.isascii() and number.isdigit() and len(number) <= 25):
            return None
        url = public_address(address, self.settings.password, self._credential())
        return Delivered(number, url, {"remote_id": number, "url": url})

    def _refused(self, reply: Reply) -> Outcome:
        says = service_words(reply.json().get("message"), self.settings.password, self._credential())
        words = f": {says}" if says else ""
        if reply.status == 403:
            return AuthFailed(f"the account may not publish for this organization (403); have it permitted{words}")
        if reply.status == 503 and reply.publishes:
            return Unknown(f"Everbridge failed (503); it may have published{words}")
        return self.http.classify(reply, says=says)


CHANNEL = Nixle
