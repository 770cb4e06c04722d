"""Bluesky: posts in the account's own repository (AT Protocol: putRecord, applyWrites, getRecord, deleteRecord).

Every post has a record key of ours, so that the same request again is the same post and can overwrite nothing. A thread
goes out in one request, all of it or nothing. The app goes on showing what was edited as it was: nothing is amended.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, SecretStr

from channels.bluesky.page import PARTS, question, read_page
from channels.bluesky.records import COLLECTION, Post, is_name, parent_of, posts_of
from channels.bluesky.session import Session
from notifier.channel import (
    Absent,
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
    Profile,
    Rate,
    Rejected,
    Retry,
    System,
    Unknown,
    Works,
)
from notifier.http_client import BaseAddress, Reply, service_words

_PICTURES = Pictures(most=4, size=1_000_000, side=2048, alt=2_000)
_AT_URI = r"at://did:[a-z]+:[A-Za-z0-9._:%-]{1,200}/app\.bsky\.feed\.post/[2-7a-z]{13}"
_ENDED = ("ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired")


class BlueskySettings(ChannelSettings):
    """An account, and an app password of it."""

    base_url: BaseAddress = Field("https://bsky.social", description="the account's own server (PDS)")
    page_url: BaseAddress = Field("https://bsky.app", description="where people see posts")
    handle: str = Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", description="the account, as town.bsky.social")
    app_password: SecretStr = Field(description="an app password, made in the account's settings; not its own")


class Bluesky(Channel):
    """One account."""

    Settings = BlueskySettings
    settings: BlueskySettings
    profile_parts = PARTS
    systems = (System("Bluesky", "publishes", "a real personal data server (PDS 0.4)"),)

    @classmethod
    def limit(cls) -> Limit:
        """What a post takes: graphemes, and bytes."""
        return Limit(300, "graphemes", 3_000)

    @property
    def capabilities(self) -> Capabilities:
        """Short posts with pictures, threads in one request; the same key is the same post."""
        return Capabilities(
            "short",
            self.limit(),
            ("headline",),
            idempotency="key",
            pictures=_PICTURES,
            thread="atomic",
            can_withdraw=True,
            can_reply=True,
            rate=Rate(1_600, 3_600),
        )

    @property
    def hand_off(self) -> HandOff:
        """Where a person posts instead."""
        return HandOff("Bluesky", "https://bsky.app/intent/compose", ("bsky.app",))

    def sign_in(self) -> Outcome | None:
        """Keep a session alive."""
        return self._session.sign_in()

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Upload the pictures; the server names them by their content, so that it is harmless to do it again."""
        blobs = []
        for media in message.media:
            if not media.media_type.startswith("image/"):
                continue
            headers = {**self._session.headers(), "Content-Type": media.media_type}
            reply = self._ask("POST", "repo.uploadBlob", headers=headers, data=media.data)
            if not isinstance(reply, Reply):
                return reply
            if not reply.ok:
                return self._refused(reply)
            blob = _blob(reply.json().get("blob"))
            if blob is None:
                return Retry("Bluesky took a picture and gave no name for it")
            blobs.append(blob)
        return Prepared(message, {"blobs": blobs} if blobs else {})

    def send(self, prepared: Prepared) -> Outcome:
        """Put the post, or all posts of a thread, into the repository."""
        return self._publish(self._posts(prepared), prepared)

    def reply(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Put a post that answers an earlier one."""
        root, last = receipt.get("root"), receipt.get("last")
        if not (is_name(root) and is_name(last)):
            return Rejected("nobody knows the post that this would answer")
        return self._publish(self._posts(prepared, receipt), prepared, receipt)

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Read the first post by its key."""
        first = self._posts(prepared)[0]
        query = {"repo": self._session.did(), "collection": COLLECTION, "rkey": first.key}
        reply = self._ask("GET", "repo.getRecord", headers=self._session.headers(), params=query)
        if not isinstance(reply, Reply):
            return CannotTell("Bluesky could not be asked", unreachable=True)
        if reply.ok and reply.json().get("uri") == first.uri:
            parent = parent_of(reply.json().get("value"))
            return Found(self._delivered(self._posts(prepared, parent), parent))
        if reply.status == 400 and reply.json().get("error") == "RecordNotFound":
            return Absent()
        return CannotTell(f"Bluesky did not say whether it is there ({reply.status})", unreachable=True)

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Delete the post, or all posts of a thread; what is gone already is no error there."""
        given = receipt.get("uris")
        uris = [uri for uri in given if re.fullmatch(_AT_URI, str(uri))] if isinstance(given, list) else []
        if not uris:
            return Rejected("nobody knows the post's address any more; delete it in the app")
        keys = [str(uri).rpartition("/")[2] for uri in uris]
        did = str(uris[0]).split("/")[2]
        if len(keys) == 1:
            body: dict[str, Any] = {"repo": did, "collection": COLLECTION, "rkey": keys[0]}
            reply = self._ask("POST", "repo.deleteRecord", headers=self._session.headers(), json_body=body)
        else:
            delete = "com.atproto.repo.applyWrites#delete"
            writes = [{"$type": delete, "collection": COLLECTION, "rkey": key} for key in keys]
            body = {"repo": did, "writes": writes}
            reply = self._ask("POST", "repo.applyWrites", headers=self._session.headers(), json_body=body)
        if not isinstance(reply, Reply):
            return reply
        return Delivered() if reply.ok or self._is_gone(did, keys[0], reply) else self._refused(reply)

    def check(self) -> Works | Outcome:
        """Ask whose session it is."""
        failed = self.sign_in()
        if failed is not None:
            return failed
        reply = self._ask("GET", "server.getSession", headers=self._session.headers())
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        if reply.json().get("active") is False:
            return AuthFailed("the account is not active; look at it in the app")
        return Works()

    def profile(self) -> Profile | Outcome:
        """Read what the account says of itself; it is public, so that nothing is signed."""
        reply = self._ask("GET", "repo.getRecord", params=question(self.settings.handle))
        if not isinstance(reply, Reply):
            return reply
        url = f"{self.settings.page_url}/profile/{self.settings.handle}"
        return read_page(reply, self.http, url, self._session.secrets())

    @property
    def _session(self) -> Session:
        own = self.settings
        return Session(self.http, self.state, own.base_url, own.handle, own.app_password)

    def _posts(self, prepared: Prepared, parent: Mapping[str, Any] | None = None) -> list[Post]:
        given = prepared.saved.get("blobs")
        return posts_of(prepared.message, self._session.did(), given if isinstance(given, list) else [], parent)

    def _publish(self, posts: Sequence[Post], prepared: Prepared, parent: Mapping[str, Any] | None = None) -> Outcome:
        did = self._session.did()
        if len(posts) == 1:
            body: dict[str, Any] = {"repo": did, "collection": COLLECTION, "rkey": posts[0].key}
            # An explicit null: it goes in only where nothing else stands under this key.
            body |= {"swapRecord": None, "record": posts[0].record}
            reply = self._ask("POST", "repo.putRecord", headers=self._session.headers(), json_body=body)
        else:
            create = "com.atproto.repo.applyWrites#create"
            writes = [
                {"$type": create, "collection": COLLECTION, "rkey": post.key, "value": post.record} for post in posts
            ]
            body = {"repo": did, "writes": writes}
            reply = self._ask("POST", "repo.applyWrites", headers=self._session.headers(), json_body=body)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            # A thread that is there already is refused as a whole: then its first post is.
            there = (
                len(posts) > 1
                and prepared.attempt > 1
                and isinstance(self.find(prepared, prepared.message.sent), Found)
            )
            return self._delivered(posts, parent) if there else self._refused(reply)
        told = reply.json()
        if len(posts) == 1 and told.get("uri") != posts[0].uri:
            return Unknown(f"Bluesky said yes ({reply.status}) and named another post")
        return self._delivered(posts, parent)

    def _delivered(self, posts: Sequence[Post], parent: Mapping[str, Any] | None = None) -> Delivered:
        url = f"{self.settings.page_url}/profile/{self.settings.handle}/post/{posts[0].key}"
        root = dict(parent["root"]) if parent else posts[0].name
        receipt = {"remote_id": posts[0].uri, "url": url, "uris": [post.uri for post in posts]}
        return Delivered(posts[0].uri, url, {**receipt, "root": root, "last": posts[-1].name})

    def _is_gone(self, did: str, key: str, refused: Reply) -> bool:
        """Whether a thread that cannot be deleted is not there any more: then that was done before."""
        if refused.status not in (400, 404, 500):
            return False
        query = {"repo": did, "collection": COLLECTION, "rkey": key}
        reply = self._ask("GET", "repo.getRecord", headers=self._session.headers(), params=query)
        return isinstance(reply, Reply) and reply.status == 400 and reply.json().get("error") == "RecordNotFound"

    def _ask(self, method: str, name: str, **request: Any) -> Reply | Outcome:
        return self.http.request(method, f"{self.settings.base_url}/xrpc/com.atproto.{name}", **request)

    def _refused(self, reply: Reply) -> Outcome:
        told = reply.json()
        says = service_words(told.get("message"), *self._session.secrets())
        if told.get("error") in _ENDED or reply.status == 401:
            self._session.forget()
            return Retry("the session at Bluesky has ended; it signs in anew")
        if told.get("error") == "AccountTakedown":
            return AuthFailed(f"Bluesky has taken the account down{f': {says}' if says else ''}")
        if told.get("error") == "InvalidSwap":
            return Rejected("another post stands under this key; nothing was overwritten")
        return self.http.classify(reply, says=says)


def _blob(value: object) -> dict[str, Any] | None:
    """Read the name that the server gave a picture."""
    if not isinstance(value, dict) or not isinstance(value.get("ref"), dict):
        return None
    link, kind, size = value["ref"].get("$link"), value.get("mimeType"), value.get("size")
    if not (isinstance(link, str) and re.fullmatch(r"b[a-z2-7]{20,120}", link)):
        return None
    if not (isinstance(kind, str) and re.fullmatch(r"image/[a-z+.-]{1,40}", kind) and type(size) is int and size >= 0):
        return None
    return {"$type": "blob", "ref": {"$link": link}, "mimeType": kind, "size": size}


CHANNEL = Bluesky
