"""The channel itself: make the container in prepare, publish it in send, look its status up."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import Field, SecretStr, model_validator

from channels._containers.refusals import before_publishing, refusal
from channels._containers.token import KeptToken
from notifier.channel import (
    Absent,
    CannotTell,
    Channel,
    ChannelSettings,
    Delivered,
    Finding,
    Found,
    Message,
    NotReady,
    Outcome,
    Prepared,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from notifier.hosted_pictures import HostedPictures
from notifier.http_client import BaseAddress, Reply, public_address

_CLOCKS_DIFFER = timedelta(seconds=60)
_SETTLED = timedelta(seconds=50)
"""After this a container that is not published was not published by an attempt."""
_LOOKED_AGAIN = timedelta(seconds=3)
_ID = r"[0-9]{1,40}"


class ContainerSettings(ChannelSettings):
    """An account, its token, and the folder from which the network fetches pictures."""

    user_id: str = Field(pattern=r"^[0-9]{1,40}$", description="the account's number")
    access_token: SecretStr = Field(description="the account's long-lived access token")
    media_folder: Path | None = Field(
        None, description="a folder that the department's web server shows; the network fetches pictures from there"
    )
    media_url: BaseAddress | None = Field(None, description="the address of that folder, as https://town.example/media")

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.media_folder is None) != (self.media_url is None):
            raise ValueError("media_folder and media_url go together: the folder, and the address that shows it")
        return self


class ContainerChannel(Channel):
    """One account that publishes containers."""

    settings: ContainerSettings
    network: ClassVar[str]
    edges: ClassVar[tuple[str, str]]
    """Where a container is made (and own posts are listed), and where it is published."""
    status_field: ClassVar[str]
    text_field: ClassVar[str]
    renewal: ClassVar[str]
    """The grant type that renews a token."""
    most_pictures: ClassVar[int]

    def container(self, message: Message, address: str | None, alt: str | None) -> dict[str, str]:
        """Write what a container of one text, or of one picture with it, is made of."""
        raise NotImplementedError

    @property
    def root(self) -> str:
        """The beginning of the API's addresses, its version in it."""
        raise NotImplementedError

    @property
    def renews(self) -> bool:
        """Whether the token is one that ends and can be renewed."""
        return True

    @property
    def hosted(self) -> HostedPictures | None:
        """Where pictures are put for the network; None: nowhere."""
        own = self.settings
        if own.media_folder is None or own.media_url is None:
            return None
        return HostedPictures(own.media_folder, own.media_url)

    # --- publishing ---------------------------------------------------------------------------------------------------

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Make the container, or go on with the one that was made; wait where the network still fetches pictures."""
        kept = saved.get("container")
        if isinstance(kept, str) and re.fullmatch(_ID, kept):
            return self._made_before(message, kept)
        made = self._make(message)
        if not isinstance(made, str):
            return made
        return self._finished(message, made) if message.media else Prepared(message, {"container": made})

    def _made_before(self, message: Message, container: str) -> Prepared | Outcome:
        status = self._status(container)
        if status in ("EXPIRED", "ERROR", "GONE"):
            return self.prepare(message, {})
        if not isinstance(status, str):
            return status
        return self._ready(message, container, status)

    def _finished(self, message: Message, container: str) -> Prepared | Outcome:
        status = self._status(container)
        if not isinstance(status, str):
            return NotReady(f"{self.network} does not say whether it is ready", saved={"container": container})
        return self._ready(message, container, status)

    def _ready(self, message: Message, container: str, status: str) -> Prepared | Outcome:
        if status == "IN_PROGRESS":
            at = self.http.clock() + _LOOKED_AGAIN
            return NotReady(f"{self.network} still fetches the picture", at, saved={"container": container})
        if status in ("FINISHED", "PUBLISHED"):
            return Prepared(message, {"container": container})
        return Rejected(f"{self.network} cannot use the picture; look whether media_url shows it, or attach another")

    def _make(self, message: Message) -> str | Outcome:
        """Make a container; of several pictures a carousel, whose parts are containers themselves."""
        if not message.media or self.hosted is None:
            return self._container(self.container(message, None, None))
        if len(message.media) == 1:
            address = self.hosted.put(message.media[0])
            return (
                address
                if not isinstance(address, str)
                else self._container(self.container(message, address, message.media[0].alt))
            )
        children: list[str] = []
        for media in message.media[: self.most_pictures]:
            address = self.hosted.put(media)
            if not isinstance(address, str):
                return address
            part = {"media_type": "IMAGE", "image_url": address, "is_carousel_item": "true"}
            child = self._container({**part, **({"alt_text": media.alt} if media.alt else {})})
            if not isinstance(child, str):
                return child
            children.append(child)
        whole = {"media_type": "CAROUSEL", "children": ",".join(children), self.text_field: message.text}
        return self._container(whole)

    def _container(self, made_of: Mapping[str, str]) -> str | Outcome:
        reply = self._ask("POST", f"{self.settings.user_id}/{self.edges[0]}", data=made_of)
        if not isinstance(reply, Reply):
            return before_publishing(reply)
        if not reply.ok:
            return before_publishing(self._refused(reply))
        number = str(reply.json().get("id"))
        return number if re.fullmatch(_ID, number) else Retry(f"{self.network} said yes and named no container")

    def send(self, prepared: Prepared) -> Outcome:
        """Publish the container."""
        form = {"creation_id": str(prepared.saved.get("container", ""))}
        reply = self._ask("POST", f"{self.settings.user_id}/{self.edges[1]}", data=form)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        number = str(reply.json().get("id"))
        if not re.fullmatch(_ID, number):
            return Unknown(f"{self.network} said yes ({reply.status}) and named no post")
        about = self._ask("GET", number, params={"fields": "id,permalink"})
        return self._delivered(number, about.json().get("permalink") if isinstance(about, Reply) else None)

    def _delivered(self, number: str, address: object) -> Delivered:
        url = public_address(address, *self.secrets())
        return Delivered(number, url, {"remote_id": number, "url": url})

    # --- looking up ---------------------------------------------------------------------------------------------------

    def _status(self, container: str) -> str | Outcome:
        """Ask how a container stands; GONE where the network does not know it any more."""
        reply = self._ask("GET", container, params={"fields": f"id,{self.status_field}"})
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            refused = self._refused(reply)
            return "GONE" if isinstance(refused, Rejected) else refused
        status = reply.json().get(self.status_field)
        known = ("EXPIRED", "ERROR", "FINISHED", "IN_PROGRESS", "PUBLISHED")
        return status if status in known else Retry(f"{self.network} does not say how the post stands")

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Ask for the container's status; which post became of it, the account's own list says."""
        container = str(prepared.saved.get("container", ""))
        if not re.fullmatch(_ID, container):
            return CannotTell(f"nothing was uploaded to {self.network} that could be looked up; look at the account")
        status = self._status(container)
        if not isinstance(status, str):
            return CannotTell(f"{self.network} could not be asked how it stands", unreachable=True)
        if status == "PUBLISHED":
            return Found(self._listed(prepared.message, attempted) or Delivered())
        if status == "GONE":
            return CannotTell(f"{self.network} does not know what was uploaded any more; look at the account")
        if self.http.clock() - attempted < _SETTLED:
            return CannotTell(f"{self.network} has not published it, which proves nothing yet", unreachable=True)
        return Absent()

    def _listed(self, message: Message, attempted: datetime) -> Delivered | None:
        since = min(attempted, message.sent) - _CLOCKS_DIFFER
        fields = {"fields": f"id,permalink,{self.text_field}", "limit": "25", "since": str(int(since.timestamp()))}
        reply = self._ask("GET", f"{self.settings.user_id}/{self.edges[0]}", params=fields)
        listed = reply.json().get("data") if isinstance(reply, Reply) and reply.ok else None
        for post in listed if isinstance(listed, list) else ():
            same = isinstance(post, dict) and _words(post.get(self.text_field)) == _words(message.text)
            if same and re.fullmatch(_ID, str(post.get("id"))):
                return self._delivered(str(post["id"]), post.get("permalink"))
        return None

    # --- the account --------------------------------------------------------------------------------------------------

    def check(self) -> Works | Outcome:
        """Ask whose token it is; renew it where it ends soon."""
        reply = self._ask("GET", self.settings.user_id, params={"fields": "id,username"})
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        if str(reply.json().get("id")) != self.settings.user_id:
            return Rejected(f"{self.network} answered something else than the account; correct user_id")
        said = self._renew(self.http.clock()) if self.renews else None
        return Works(self._token.until(), said)

    def upkeep(self, now: datetime) -> None:
        """Renew the token in time; take old pictures away."""
        if self.renews:
            self._renew(now)
        if self.hosted is not None:
            self.hosted.tidy(now)

    def _renew(self, now: datetime) -> str | None:
        """Renew the token where it is time; says what a person should know of it."""
        token = self._token
        if not token.is_due(now):
            return None
        token.tried(now)
        # The token goes into a header here too, though the guides write it into the address: addresses are logged.
        asked = {"grant_type": self.renewal}
        reply = self._request("GET", f"{self.settings.base_url}/refresh_access_token", params=asked)
        if isinstance(reply, Reply) and reply.ok and token.renewed(reply.json(), now):
            return "the token was renewed"
        # One that is younger than a day cannot be renewed, so that a no is no failure yet.
        return "the token could not be renewed; it is tried again, or make a new one within its 60 days"

    @property
    def _token(self) -> KeptToken:
        return KeptToken(self.settings.access_token, self.state)

    def secrets(self) -> tuple[str, ...]:
        """What no outcome may tell."""
        return self._token.value(), self.settings.access_token.get_secret_value()

    def _refused(self, reply: Reply) -> Outcome:
        return refusal(reply, self.http, self.network, self.secrets())

    def _ask(self, method: str, path: str, **request: Any) -> Reply | Outcome:
        return self._request(method, f"{self.root}/{path}", **request)

    def _request(self, method: str, url: str, **request: Any) -> Reply | Outcome:
        headers = {"Authorization": f"Bearer {self._token.value()}"}
        return self.http.request(method, url, headers=headers, **request)


def _words(text: object) -> str:
    return " ".join(str(text).split())
