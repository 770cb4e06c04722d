"""Bluesky, as strict as a personal data server."""

from typing import Any

import pytest
import requests

from notifier.practice.networks.bluesky_names import is_tid, new_tid
from notifier.practice.networks.bluesky_session import APP_PASSWORD, DID, HANDLE
from notifier.practice.server import PracticeServer
from tests.notifications import png_bytes
from tests.practice.conftest import Hands

POST = "app.bsky.feed.post"
RKEY = "3m6kxyzabc222"


class Client:
    """A client with a session."""

    def __init__(self, http: requests.Session, server: PracticeServer) -> None:
        self.http, self.base = http, f"{server.url}/bluesky/xrpc/com.atproto."
        login = {"identifier": HANDLE, "password": APP_PASSWORD}
        self.session = http.post(f"{self.base}server.createSession", json=login, timeout=5).json()

    def ask(self, method: str, name: str, **more: Any) -> requests.Response:
        """Make a request with the access token."""
        headers = {"Authorization": f"Bearer {self.session['accessJwt']}", **more.pop("headers", {})}
        return self.http.request(method, self.base + name, headers=headers, timeout=5, **more)

    def put(self, text: str, rkey: str = RKEY, swap: Any = None, **fields: Any) -> requests.Response:
        """Write a post as an idempotent publisher does."""
        place = {"repo": DID, "collection": POST, "rkey": rkey, "swapRecord": swap}
        return self.ask("POST", "repo.putRecord", json={**place, "record": record(text, **fields)})

    def get(self, rkey: str = RKEY) -> requests.Response:
        """Look a post up."""
        return self.ask("GET", "repo.getRecord", params={"repo": DID, "collection": POST, "rkey": rkey})

    def upload(self, content: bytes) -> Any:
        """Upload a blob."""
        headers = {"Content-Type": "image/png"}
        return self.ask("POST", "repo.uploadBlob", data=content, headers=headers).json().get("blob")


def record(text: str, **fields: Any) -> dict[str, Any]:
    """Write a post's record."""
    return {"$type": POST, "text": text, "createdAt": "2026-11-27T14:00:00.000Z", "langs": ["en"], **fields}


def link(start: int, end: int) -> dict[str, Any]:
    """Write a facet that links some bytes."""
    feature = {"$type": "app.bsky.richtext.facet#link", "uri": "https://police.exampleton.example/n/1"}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


@pytest.fixture
def client(http: requests.Session, server: PracticeServer) -> Client:
    """A client that has logged in."""
    return Client(http, server)


def test_a_repeat_is_the_same_post_and_another_text_does_not_overwrite_it(
    client: Client, server: PracticeServer
) -> None:
    """putRecord with swapRecord null: identical is 200 with the same cid, different is InvalidSwap."""
    first = client.put("Closed.").json()
    assert first["uri"] == f"at://{DID}/{POST}/{RKEY}"
    assert client.put("Closed.").json()["cid"] == first["cid"]
    other = client.put("Open.")
    assert (other.status_code, other.json()["error"]) == (400, "InvalidSwap")
    assert first["cid"] in other.json()["message"]
    assert [post.text for post in server.posts] == ["Closed."]
    assert client.put("Open.", swap=first["cid"]).status_code == 200
    assert [(post.text, post.edited is not None) for post in server.posts] == [("Open.", True)]
    assert server.requests.to_json()["bluesky"]["publishing"] == 4


def test_a_post_can_be_looked_up_and_deleted(client: Client, server: PracticeServer) -> None:
    """getRecord finds it, deleteRecord takes it away, and a second time does no harm."""
    client.put("Closed.")
    assert client.get().json()["value"]["text"] == "Closed."
    place = {"repo": DID, "collection": POST, "rkey": RKEY}
    assert "commit" in client.ask("POST", "repo.deleteRecord", json=place).json()
    assert client.ask("POST", "repo.deleteRecord", json=place).json() == {}
    assert (client.get().status_code, client.get().json()["error"]) == (400, "RecordNotFound")
    assert server.posts == []


def test_pictures_and_links_are_shown(client: Client, server: PracticeServer, http: requests.Session) -> None:
    """Images with their alt texts, and the address behind a facet, stand in public."""
    image = {"alt": "A closed road.", "image": client.upload(png_bytes())}
    embed = {"$type": "app.bsky.embed.images", "images": [image]}
    assert client.put("Straße closed: details", facets=[link(16, 23)], embed=embed).status_code == 200
    (post,) = server.posts
    assert [picture.alt for picture in post.pictures] == ["A closed road."]
    assert post.links == ("https://police.exampleton.example/n/1",)
    assert "Straße" in http.get(server.url + post.path, timeout=5).text


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "a" * 301},
        {"text": "👨‍👩‍👧‍👦" * 121},
        {"createdAt": "yesterday"},
        {"createdAt": "2026-11-27T14:00:00"},
        {"langs": ["en"] * 4},
        {"facets": [link(0, 99)]},
        {"facets": [link(5, 5)]},
        {"text": "ä closed", "facets": [link(1, 3)]},
        {"embed": {"$type": "app.bsky.embed.images", "images": [{"image": {}}]}},
        {"embed": {"$type": "app.bsky.embed.external", "external": {"uri": "a"}}},
        {"embed": {"$type": "app.bsky.embed.video"}},
        {"reply": {"root": {}, "parent": {}}},
        {"$type": "app.bsky.feed.like"},
        {"number": 1.5},
    ],
)
def test_a_record_must_follow_its_lexicon(client: Client, server: PracticeServer, fields: dict[str, Any]) -> None:
    """300 graphemes, 3000 bytes, times with an offset, facets within the text, pictures with alt texts."""
    answer = client.put(**{"text": "Closed.", **fields})
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequest")
    assert server.posts == []


def test_a_record_key_must_be_a_tid(client: Client) -> None:
    """notif-42-1 is no TID; what a TID is, is made here too."""
    assert client.put("a", rkey="notif-42-1").status_code == 400
    assert is_tid(RKEY)


def test_tids_rise(hands: Hands) -> None:
    """A later TID sorts after an earlier one, even at the same moment."""
    made = [new_tid(hands()) for _ in range(5)]
    assert sorted(made) == made
    assert all(map(is_tid, made))


def test_a_blob_must_be_known_and_small(client: Client) -> None:
    """An unknown blob is BlobNotFound; more than 1,000,000 bytes no post takes, more than 5 MB nobody."""

    def embed(blob: Any) -> dict[str, Any]:
        return {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": blob}]}

    small, large = client.upload(png_bytes()), client.upload(png_bytes() + b"\0" * 1_000_000)
    unknown = {**small, "ref": {"$link": "bafkreiunknown"}}
    assert client.put("a", embed=embed(unknown)).json()["error"] == "BlobNotFound"
    assert "blob too big" in client.put("a", embed=embed(large)).json()["message"]
    assert client.put("a", embed=embed({**small, "size": 1})).status_code == 400
    assert client.ask("POST", "repo.uploadBlob", data=b"a" * 5_300_000).status_code == 413


def test_a_session_ends_and_is_renewed(client: Client, hands: Hands) -> None:
    """After two hours the token is expired, with 400; the refresh token gives another pair, once."""
    hands.pass_by(7_201)
    assert client.put("a").json()["error"] == "ExpiredToken"
    headers = {"Authorization": f"Bearer {client.session['refreshJwt']}"}
    renewed = client.ask("POST", "server.refreshSession", headers=headers)
    assert client.ask("POST", "server.refreshSession", headers=headers).json()["error"] == "InvalidToken"
    client.session = renewed.json()
    assert client.ask("GET", "server.getSession").json()["did"] == DID
    assert client.put("a").status_code == 200
    assert client.ask("GET", "server.getSession", headers={"Authorization": ""}).status_code == 401


def test_a_wrong_password_and_too_many_logins_are_refused(client: Client, http: requests.Session) -> None:
    """401 for a wrong password; the 31st login in five minutes is 429 with the rate."""
    wrong = {"identifier": HANDLE, "password": "wrong"}
    answers = [http.post(f"{client.base}server.createSession", json=wrong, timeout=5) for _ in range(30)]
    assert (answers[0].status_code, answers[0].json()["error"]) == (401, "AuthenticationRequired")
    assert answers[-1].status_code == 429
    assert "ratelimit-reset" in answers[-1].headers


def test_several_writes_are_all_or_none(client: Client, server: PracticeServer) -> None:
    """applyWrites writes a thread whole; a wrong part, or a repeat, changes nothing."""
    kind = "com.atproto.repo.applyWrites#"
    keys = [new_tid(server.clock()) for _ in range(2)]

    def writes(*texts: str) -> requests.Response:
        each = [
            {"$type": f"{kind}create", "collection": POST, "rkey": key, "value": record(text)}
            for key, text in zip(keys, texts, strict=True)
        ]
        return client.ask("POST", "repo.applyWrites", json={"repo": DID, "writes": each})

    assert writes("a", "b" * 301).status_code == 400
    assert server.posts == []
    assert len(writes("a", "b").json()["results"]) == 2
    assert writes("a", "b").status_code == 500
    gone = [{"$type": f"{kind}delete", "collection": POST, "rkey": key} for key in keys]
    assert client.ask("POST", "repo.applyWrites", json={"repo": DID, "writes": gone}).status_code == 200
    assert server.posts == []
    assert server.requests.to_json()["bluesky"]["publishing"] == 3


def test_posts_are_listed_newest_first(client: Client, server: PracticeServer) -> None:
    """listRecords gives them by their keys, and a cursor to go on."""
    for text in "abc":
        client.put(text, rkey=new_tid(server.clock()))
    given = {"repo": DID, "collection": POST, "limit": "2"}
    told = client.ask("GET", "repo.listRecords", params=given).json()
    assert [one["value"]["text"] for one in told["records"]] == ["c", "b"]
    more = client.ask("GET", "repo.listRecords", params={**given, "cursor": told["cursor"]}).json()
    assert [one["value"]["text"] for one in more["records"]] == ["a"]
    profile = {"repo": HANDLE, "collection": "app.bsky.actor.profile", "rkey": "self"}
    assert "911" in client.ask("GET", "repo.getRecord", params=profile).json()["value"]["description"]
