"""Flickr, as strict as Flickr."""

from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from notifier.practice.networks.flickr import CREDENTIALS
from notifier.practice.server import PracticeServer
from tests.notifications import png_bytes
from tests.practice.conftest import Hands

KEYS = (
    CREDENTIALS.consumer_key,
    CREDENTIALS.consumer_secret,
    CREDENTIALS.access_token,
    CREDENTIALS.access_token_secret,
)


def call(
    http: requests.Session, server: PracticeServer, method: str, keys: tuple[str, ...] = KEYS, **given: str
) -> Any:
    """Call a method."""
    form = {"method": method, "format": "json", "nojsoncallback": "1", **given}
    answer = http.post(f"{server.url}/flickr/services/rest/", data=form, auth=OAuth1(*keys), timeout=5)
    assert answer.status_code == 200
    return answer.json()


def upload(
    http: requests.Session, server: PracticeServer, content: bytes | None = None, *, sign_all: bool = True, **given: str
) -> str:
    """Upload a photo: its fields are signed as if they were a plain form."""
    address = f"{server.url}/flickr/services/upload/"
    signed = requests.Request("POST", address, data=given if sign_all else {}, auth=OAuth1(*KEYS)).prepare()
    headers = {"Authorization": signed.headers["Authorization"]}
    files = {"photo": ("a.png", png_bytes() if content is None else content, "image/png")}
    return http.post(address, data=given, files=files, headers=headers, timeout=5).text


def test_a_photo_is_uploaded_and_found_by_its_tag(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """The answer is XML with the id; the machine tag finds it once it is indexed."""
    given = {
        "title": "A closed road",
        "description": "Main Street & Oak Street.",
        "tags": 'police pdpub:id=n-42-1 "a b"',
    }
    told = upload(http, server, **given)
    assert '<rsp stat="ok">' in told
    search = {"user_id": "me", "machine_tags": 'pdpub:id="n-42-1"'}
    assert call(http, server, "flickr.photos.search", **search)["photos"]["photo"] == []
    hands.pass_by(2)
    (photo,) = call(http, server, "flickr.photos.search", **search)["photos"]["photo"]
    assert f"<photoid>{photo['id']}</photoid>" in told
    info = call(http, server, "flickr.photos.getInfo", photo_id=photo["id"])["photo"]
    assert info["description"]["_content"] == "Main Street & Oak Street."
    assert "A closed road" in http.get(info["urls"]["url"][0]["_content"], timeout=5).text
    assert server.requests.to_json()["flickr"]["publishing"] == 1


@pytest.mark.parametrize(("content", "code"), [(b"", 4), (b"<svg/>", 5)])
def test_a_wrong_photo_is_refused_with_200(
    http: requests.Session, server: PracticeServer, content: bytes, code: int
) -> None:
    """Errors stand in the XML."""
    assert f'<err code="{code}"' in upload(http, server, content)
    assert server.posts == []


def test_the_fields_are_signed_too(http: requests.Session, server: PracticeServer) -> None:
    """A signature over nothing but the OAuth parameters is invalid as soon as there are fields."""
    assert '<err code="96"' in upload(http, server, sign_all=False, title="a")
    assert upload(http, server, title="a").count('stat="ok"') == 1
    assert call(http, server, "flickr.test.login", keys=("another", *KEYS[1:]))["code"] == 100
    assert call(http, server, "flickr.test.login", keys=(*KEYS[:2], "another", KEYS[3]))["code"] == 98
    assert call(http, server, "flickr.test.login", keys=(*KEYS[:3], "another"))["code"] == 96
    assert call(http, server, "flickr.test.login")["user"]["username"]["_content"] == "exampletonpd"


def test_a_photo_can_be_described_anew_and_deleted(http: requests.Session, server: PracticeServer) -> None:
    """setMeta changes title and description; a deleted photo is not found; unknown methods and formats fail."""
    upload(http, server, title="a", is_public="0")
    assert server.posts == []
    upload(http, server, title="a")
    (post,) = server.posts
    assert call(http, server, "flickr.photos.setMeta", photo_id=post.id, title="b", description="c")["stat"] == "ok"
    assert [(shown.title, shown.text) for shown in server.posts] == [("b", "c")]
    assert call(http, server, "flickr.photos.delete", photo_id=post.id)["stat"] == "ok"
    assert call(http, server, "flickr.photos.delete", photo_id=post.id)["code"] == 1
    assert call(http, server, "flickr.photos.paint")["code"] == 112
    assert call(http, server, "flickr.test.login", format="xml")["code"] == 111
