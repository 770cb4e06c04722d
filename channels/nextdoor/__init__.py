"""Nextdoor: a post to the agency's neighborhoods (Publish API, partner v1: POST /post/create/, GET /post/).

The API is opened to agencies that Nextdoor has approved. It knows no idempotency key; the account's own posts can be
read back, and only there stands the number that an edit or a deletion wants. A token lasts about a year; renewing it
may bring a new refresh token. Not verified: the names in the list of own posts, and the path of an edit. The API takes
no alt texts.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, model_validator

from channels.nextdoor.session import Session
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
    Message,
    Outcome,
    Pictures,
    Prepared,
    Rejected,
    Retry,
    System,
    Unknown,
    Works,
)
from notifier.hosted_pictures import HostedPictures
from notifier.http_client import BaseAddress, Reply, public_address, service_words

_API = "/external/api/partner/v1"
_CLOCKS_DIFFER = timedelta(seconds=60)


class NextdoorSettings(ChannelSettings):
    """An agency's account, and the partner's credentials."""

    base_url: BaseAddress = Field(
        "https://nextdoor.com", description="where the API is; another address for practice or a proxy"
    )
    sign_in_url: BaseAddress = Field(
        "https://auth.nextdoor.com/v2/token", description="where tokens are renewed; another address for practice"
    )
    client_id: str = Field(min_length=1, max_length=200, description="the partner's client id")
    client_secret: SecretStr = Field(description="the partner's client secret")
    refresh_token: SecretStr = Field(description="the refresh token that the agency's consent gave")
    profile_id: str | None = Field(
        None, pattern=r"^[\w-]{1,100}$", description="the agency's secure_profile_id, where the account has several"
    )
    group_ids: tuple[int, ...] = Field((), description="boundaries that get it; none: the whole agency")
    media_folder: Path | None = Field(
        None, description="a folder that the department's web server shows; Nextdoor fetches pictures from there"
    )
    media_url: BaseAddress | None = Field(None, description="the address of that folder, as https://town.example/media")

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.media_folder is None) != (self.media_url is None):
            raise ValueError("media_folder and media_url go together: the folder, and the address that shows it")
        return self


class Nextdoor(Channel):
    """One agency."""

    Settings = NextdoorSettings
    settings: NextdoorSettings
    systems = (System("Nextdoor", "publishes", "the practice agency; the real API opens to approved partners alone"),)

    @classmethod
    def limit(cls) -> Limit:
        """What a post takes; whether Nextdoor counts bytes or characters is not known, so the stricter."""
        return Limit(8_192, "bytes")

    @property
    def capabilities(self) -> Capabilities:
        """The long text; what the account lists is there."""
        return Capabilities(
            "long",
            self.limit(),
            idempotency="lookup",
            pictures=Pictures(10, size=10_000_000, side=2048) if self.settings.media_folder else None,
            can_amend=True,
            can_withdraw=True,
        )

    @property
    def hand_off(self) -> HandOff:
        """Where a person posts."""
        return HandOff("Nextdoor", "https://nextdoor.com/agency-post/", ("nextdoor.com",))

    # --- who asks -----------------------------------------------------------------------------------------------------

    @property
    def _session(self) -> Session:
        return Session(self.state, self.settings.refresh_token.get_secret_value())

    def sign_in(self) -> Outcome | None:
        """Have an access token that lasts."""
        return self._renew() if self._session.is_due(self.http.clock()) else None

    def _renew(self) -> Outcome | None:
        own = self.settings
        return self._session.renew(self.http, own.sign_in_url, own.client_id, own.client_secret.get_secret_value())

    def check(self) -> Works | Outcome:
        """Ask whose account it is."""
        failed = self.sign_in()
        if failed is not None:
            return failed
        reply = self._ask("GET", "/me/")
        if not isinstance(reply, Reply):
            return reply
        return Works(self._session.until) if reply.ok else self._refused(reply)

    def upkeep(self, now: datetime) -> None:
        """Renew the token in time; take old pictures away."""
        if self._session.token is not None and self._session.is_due(now):
            self._renew()
        if self._hosted is not None:
            self._hosted.tidy(now)

    # --- posts --------------------------------------------------------------------------------------------------------

    @property
    def _hosted(self) -> HostedPictures | None:
        own = self.settings
        if own.media_folder is None or own.media_url is None:
            return None
        return HostedPictures(own.media_folder, own.media_url)

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Put pictures where Nextdoor fetches them."""
        addresses: list[str] = []
        for media in message.media if self._hosted is not None else ():
            address = self._hosted.put(media) if self._hosted is not None else Retry("there is no media_folder")
            if not isinstance(address, str):
                return address
            addresses.append(address)
        return Prepared(message, {"pictures": addresses} if addresses else {})

    def prepare_change(self, message: Message, saved: Mapping[str, Any]) -> Prepared:
        """An edit changes the text alone."""
        return Prepared(message)

    def send(self, prepared: Prepared) -> Outcome:
        """Post the text."""
        reply = self._ask("POST", "/post/create/", json_body=self._body(prepared))
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        url = public_address(reply.json().get("share_link"), *self._secrets())
        if url is None:
            return Unknown(f"Nextdoor said yes ({reply.status}) and named no post")
        return self._delivered(
            next((post for post in self._own_posts() or () if post.get("share_link") == url), {}), url
        )

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Change the text of a post."""
        number = self._number(receipt)
        if not isinstance(number, str):
            return number
        body = {"id": number, **self._body(Prepared(prepared.message))}
        reply = self._ask("POST", "/post/edit/", json_body=body)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        url = public_address(receipt.get("url"), *self._secrets())
        return (
            Delivered(number, url, {"remote_id": number, "url": url})
            if reply.json()
            else Unknown("Nextdoor said yes to a change and nothing more")
        )

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Delete a post, and what of its pictures is still shown."""
        number = self._number(receipt)
        if not isinstance(number, str):
            return number
        if self._hosted is not None:
            self._hosted.take_away(message.media)
        reply = self._ask("DELETE", "/post/", params={"id": number, **self._whose()})
        if not isinstance(reply, Reply):
            return reply
        if reply.ok or reply.status in (404, 410) or (reply.status == 400 and "no post" in self._says(reply).lower()):
            return Delivered()
        return self._refused(reply)

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look for the text among the account's own newest posts."""
        if self.sign_in() is not None or (posts := self._own_posts()) is None:
            return CannotTell("Nextdoor's list of own posts could not be read", unreachable=True)
        since = min(attempted, prepared.message.sent) - _CLOCKS_DIFFER
        for post in posts:
            url = public_address(post.get("share_link"), *self._secrets())
            if url and _words(post.get("body_text")) == _words(prepared.message.text) and not _is_before(post, since):
                return Found(self._delivered(post, url))
        return CannotTell("Nextdoor does not list the post among the newest, which proves nothing; look at the page")

    def _body(self, prepared: Prepared) -> dict[str, Any]:
        message, pictures = prepared.message, prepared.saved.get("pictures")
        body: dict[str, Any] = {"body_text": message.text, **self._whose()}
        if isinstance(pictures, list) and pictures:
            body["media_attachments"] = pictures
        if message.links:
            body["smartlink_url"] = message.links[0]
        if self.settings.group_ids:
            body["group_ids"] = list(self.settings.group_ids)
        return body

    def _whose(self) -> dict[str, str]:
        return {"secure_profile_id": self.settings.profile_id} if self.settings.profile_id else {}

    def _own_posts(self) -> list[Mapping[str, Any]] | None:
        reply = self._ask("GET", "/post/", params=self._whose())
        told = reply.json() if isinstance(reply, Reply) and reply.ok else {}
        # The name of the list is not documented anywhere that could be read.
        posts = next((told[name] for name in ("posts", "result", "data") if isinstance(told.get(name), list)), None)
        return None if posts is None else [post for post in posts if isinstance(post, dict)]

    def _number(self, receipt: Mapping[str, Any]) -> str | Outcome:
        """Give the number of a post: from its receipt, else from the list of own posts."""
        if _is_number(receipt.get("remote_id")):
            return str(receipt["remote_id"])
        posts = self._own_posts()
        if posts is None:
            return Retry("Nextdoor's list of own posts could not be read")
        found = next((post for post in posts if post.get("share_link") == receipt.get("url")), {})
        if _is_number(found.get("id")):
            return str(found["id"])
        return Rejected("Nextdoor does not list the post among the newest; change or delete it on its page")

    def _delivered(self, post: Mapping[str, Any], url: str) -> Delivered:
        number = str(post.get("id")) if _is_number(post.get("id")) else None
        return Delivered(number, url, {"remote_id": number, "url": url})

    # --- asking -------------------------------------------------------------------------------------------------------

    def _ask(self, method: str, path: str, **request: Any) -> Reply | Outcome:
        token = self._session.token
        if token is None:
            return Retry("there is no session at Nextdoor yet")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return self.http.request(method, f"{self.settings.base_url}{_API}{path}", headers=headers, **request)

    def _secrets(self) -> tuple[SecretStr | str | None, ...]:
        own, session = self.settings, self._session
        return own.client_secret, own.refresh_token, session.token, session.refresh_token

    def _says(self, reply: Reply) -> str:
        told = reply.json()
        return service_words(told.get("message") or told.get("error"), *self._secrets())

    def _refused(self, reply: Reply) -> Outcome:
        says = self._says(reply)
        words = f": {says}" if says else ""
        if reply.status == 401:
            return self._session.is_refused(self.http.clock())
        if reply.status == 403:
            return AuthFailed(f"the account may not post (403); have Nextdoor permit post:write{words}")
        if reply.status == 503 and reply.publishes:
            return Unknown(f"Nextdoor failed (503); it may have published{words}")
        return self.http.classify(reply, says=says)


def _words(text: object) -> str:
    return " ".join(str(text).split())


def _is_number(value: object) -> bool:
    return isinstance(value, str | int) and re.fullmatch(r"[\w-]{1,60}", str(value)) is not None and value is not True


def _is_before(post: Mapping[str, Any], since: datetime) -> bool:
    try:
        made = datetime.fromisoformat(str(post.get("created_at")))
    except ValueError:
        return False
    return made.tzinfo is not None and made < since


CHANNEL = Nextdoor
