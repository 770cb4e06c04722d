"""The Flickr channel: one photo, its description and its tag; what Flickr's answers mean, and how it is found again."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.flickr import Flickr
from channels.flickr.account import mark_of
from notifier.channel import AuthFailed, CannotTell, Delivered, Found, Rejected, Retry, Unknown, Works
from notifier.practice.multipart import parts_of
from notifier.practice.networks.flickr import CREDENTIALS
from notifier.practice.server import PracticeServer
from tests.channels.messages import LATER, NOW, a_channel, a_prepared
from tests.channels.wire import WireServer, answering
from tests.notifications import png_bytes, some_media
from tests.practice.conftest import Hands

RECEIPT = {"remote_id": "55000000001", "url": "https://www.flickr.com/photos/exampletonpd/55000000001"}
YES = b'<?xml version="1.0" encoding="utf-8" ?>\n<rsp stat="ok">\n<photoid>55000000001</photoid>\n</rsp>\n'


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "flickr",
        "base_url": url,
        "user": "exampletonpd",
        "api_key": "flickr-api-key-51a7",
        "api_secret": "flickr-api-secret-51a7",
        "oauth_token": "flickr-oauth-token-51a7",
        "oauth_token_secret": "flickr-oauth-token-secret-51a7",
    }


def contract_text(body: bytes) -> str | None:
    """Give the description below the photo, without what keeps a tag from being one."""
    found = re.search(rb'name="description"\r\n\r\n(.*?)\r\n--', body, re.DOTALL)
    return found[1].decode().replace("<\u200b", "<") if found else None


def contract_receipt() -> dict[str, Any]:
    """Give the receipt of a photo that the contract's kit rewrites and deletes."""
    return RECEIPT


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as Flickr does."""
    with WireServer() as started:
        yield started


def a_photo(**changes: Any) -> Any:
    """Make a notification with a photo, ready to be sent."""
    return a_prepared(**{"media": (some_media(),), **changes})


def xml_no(code: object, words: str = "words") -> bytes:
    """Write the upload's no."""
    return (
        f'<?xml version="1.0" encoding="utf-8" ?>\n<rsp stat="fail"><err code="{code}" msg="{words}"/></rsp>'.encode()
    )


def json_no(code: int) -> bytes:
    """Write a method's no."""
    return b'{"stat":"fail","code":%d,"message":"words"}' % code


# --- uploading --------------------------------------------------------------------------------------------------------


def test_one_photo_carries_the_text_the_alt_text_and_its_tag(server: WireServer) -> None:
    """A form whose fields are signed as if they were a plain one; the photo's page in the receipt."""
    server.answer = answering(200, YES)
    prepared = a_photo(headline="Road closed: Main Street", text="Main & Oak closed: 日本 👨‍👩‍👧 مرحبا")
    outcome = a_channel(Flickr, contract_account(server.url)).send(prepared)
    url = f"{server.url}/photos/exampletonpd/55000000001"
    assert outcome == Delivered("55000000001", url, {"remote_id": "55000000001", "url": url})
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/services/upload/")
    parts = {part.name: part for part in parts_of(seen.headers["content-type"], seen.body)}
    assert parts["title"].text == "Road closed: Main Street"
    assert parts["description"].text == "Main & Oak closed: 日本 👨‍👩‍👧 مرحبا\n\nA map of the closure"
    assert parts["tags"].text == f"notifier:delivery={mark_of(prepared.message)}"
    assert re.fullmatch("notifier:delivery=[0-9a-f]{32}", parts["tags"].text)
    assert parts["is_public"].text == "1"
    assert (parts["photo"].content, parts["photo"].media_type) == (png_bytes(), "image/png")
    assert 'oauth_signature_method="HMAC-SHA1"' in seen.headers["authorization"]


def test_the_real_upload_has_a_host_of_its_own() -> None:
    """The API, the upload and the pages are three hosts."""
    account = {**contract_account(""), "base_url": "https://api.flickr.com/"}
    channel = a_channel(Flickr, account)
    assert channel._account._site("https://up.flickr.com") == "https://up.flickr.com"
    assert channel._delivered("17").url == "https://www.flickr.com/photos/exampletonpd/17"


def test_markup_shows_as_text(server: WireServer) -> None:
    """Flickr reads some HTML in a description; what is no tag stays as it is."""
    server.answer = answering(200, YES)
    a_channel(Flickr, contract_account(server.url)).send(a_photo(text="<a href='x'>Tom</a> & 3 < 4 <- &amp;"))
    (part,) = [p for p in parts_of(server.seen[0].headers["content-type"], server.seen[0].body) if p.name[0] == "d"]
    assert part.text.startswith("<\u200ba href='x'>Tom<\u200b/a> & 3 < 4 <- &amp;\n\n")


def test_a_file_name_breaks_no_form(server: WireServer) -> None:
    """Quotation marks, line ends and letters beyond ASCII become underlines."""
    server.answer = answering(200, YES)
    media = replace(some_media(), name='a"\r\nX: y é.png')
    a_channel(Flickr, contract_account(server.url)).send(a_photo(media=(media,)))
    photo = parts_of(server.seen[0].headers["content-type"], server.seen[0].body)[-1]
    assert photo.filename == "a___X__y__.png"


def test_without_a_photo_nothing_is_asked(server: WireServer) -> None:
    """The plan leaves the channel out; whoever sends all the same is told why."""
    outcome = a_channel(Flickr, contract_account(server.url)).send(a_prepared())
    assert isinstance(outcome, Rejected)
    assert server.seen == []


@pytest.mark.parametrize(
    ("code", "outcome", "words"),
    [
        (2, Rejected, "code 2"),
        (3, Retry, "could not take it now"),
        (4, Rejected, "code 4"),
        (5, Rejected, "code 5"),
        (6, AuthFailed, "no room left"),
        (95, AuthFailed, "https"),
        (96, AuthFailed, "clock"),
        (97, AuthFailed, "clock"),
        (98, AuthFailed, "make a new one"),
        (99, AuthFailed, "permission"),
        (100, AuthFailed, "API key"),
        (105, Retry, "could not take it now"),
        (106, Unknown, "may have"),
        (116, Rejected, "code 116"),
        ("x", Rejected, "code 0"),
    ],
)
def test_send_reads_each_code(server: WireServer, code: object, outcome: type, words: str) -> None:
    """HTTP says 200 for all of them."""
    server.answer = answering(200, xml_no(code))
    told = a_channel(Flickr, contract_account(server.url)).send(a_photo())
    assert isinstance(told, outcome)
    assert words in told.reason
    assert "words" in told.reason


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rsp stat="ok"><photoid>&b;1</photoid></rsp>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><rsp stat="ok"><photoid>&a;</photoid></rsp>',
        b'<rsp stat="ok"><photoid>../1</photoid></rsp>',
        b'<rsp stat="ok"><photoid></photoid></rsp>',
        b'<rsp stat="ok"><ticketid>7</ticketid></rsp>',
        b'<rsp stat="maybe"/>',
        b'<other stat="ok"><photoid>1</photoid></other>',
        b'<?xml version="1.0" encoding="no-such"?><rsp stat="ok"/>',
        b"<rsp" * 10_000,
        b"<a>" * 50_000,
        b"<html><body>Sign in</body></html>",
    ],
)
def test_what_is_no_answer_of_flickrs_is_unknown(server: WireServer, body: bytes) -> None:
    """Entities are not opened, and a yes must name a photo."""
    server.answer = answering(200, body)
    assert isinstance(a_channel(Flickr, contract_account(server.url)).send(a_photo()), Unknown)


# --- looking up -------------------------------------------------------------------------------------------------------


def test_find_searches_the_tag(server: WireServer) -> None:
    """A photo of another title is not ours, whatever the search gives."""
    other = b'{"id":"1","title":"Another"}'
    ours = b'{"id":"2","title":"Road closed: Main Street"}'
    server.answer = answering(200, b'{"stat":"ok","photos":{"photo":[null,7,%s,%s]}}' % (other, ours))
    prepared = a_photo()
    finding = a_channel(Flickr, contract_account(server.url), now=LATER).find(prepared, NOW)
    assert isinstance(finding, Found)
    assert finding.delivered.remote_id == "2"
    asked = parse_qs(urlsplit(server.seen[0].target).query)
    assert asked["machine_tags"] == [f'notifier:delivery="{mark_of(prepared.message)}"']
    assert asked["user_id"] == ["me"]
    assert asked["method"] == ["flickr.photos.search"]


def test_find_never_proves_absence(server: WireServer) -> None:
    """The index lags, and by how much nobody says; what could not be asked is asked again."""
    channel = a_channel(Flickr, contract_account(server.url), now=NOW + timedelta(hours=1))
    for body in (b'{"stat":"ok","photos":{"photo":[]}}', b'{"stat":"ok","photos":7}', b'{"stat":"ok"}'):
        server.answer = answering(200, body)
        finding = channel.find(a_photo(), NOW)
        assert (type(finding), finding.unreachable) == (CannotTell, False)
    for status, body in ((200, json_no(105)), (200, b"<html>"), (500, b""), (429, b"")):
        server.answer = answering(status, body)
        finding = channel.find(a_photo(), NOW)
        assert (type(finding), finding.unreachable) == (CannotTell, True)


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_a_photo_gets_other_words(server: WireServer) -> None:
    """Title and description; the photo and its page stay."""
    server.answer = answering(200, b'{"stat":"ok"}')
    outcome = a_channel(Flickr, contract_account(server.url)).amend(RECEIPT, a_photo(text="Open again."))
    assert (type(outcome), outcome.remote_id) == (Delivered, "55000000001")
    form = parse_qs(server.seen[0].body.decode())
    assert form["method"] == ["flickr.photos.setMeta"]
    assert form["photo_id"] == ["55000000001"]
    assert form["description"] == ["Open again.\n\nA map of the closure"]
    server.answer = answering(200, json_no(1))
    assert isinstance(a_channel(Flickr, contract_account(server.url)).amend(RECEIPT, a_photo()), Rejected)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'{"stat":"ok"}', Delivered),
        (json_no(1), Delivered),
        (json_no(99), AuthFailed),
        (json_no(105), Retry),
        (json_no(106), Unknown),
        (b"<html>", Unknown),
    ],
)
def test_a_photo_is_deleted(server: WireServer, body: bytes, outcome: type) -> None:
    """What Flickr does not find is gone."""
    server.answer = answering(200, body)
    told = a_channel(Flickr, contract_account(server.url)).withdraw(RECEIPT, a_photo().message)
    assert isinstance(told, outcome)
    assert parse_qs(server.seen[0].body.decode())["method"] == ["flickr.photos.delete"]


@pytest.mark.parametrize("receipt", [{}, {"remote_id": "../2"}, {"remote_id": None}])
def test_a_photo_of_which_nobody_knows_the_number_is_a_persons(server: WireServer, receipt: dict[str, Any]) -> None:
    """No request is guessed."""
    channel = a_channel(Flickr, contract_account(server.url))
    for told in (channel.withdraw(receipt, a_photo().message), channel.amend(receipt, a_photo())):
        assert isinstance(told, Rejected)
        assert "by hand" in told.reason
    assert server.seen == []


def test_check_tells_whose_keys_these_are(server: WireServer) -> None:
    """The account's own name; a dead token is dead."""
    channel = a_channel(Flickr, contract_account(server.url))
    server.answer = answering(200, b'{"stat":"ok","user":{"id":"1@N01","username":{"_content":"exampletonpd"}}}')
    assert channel.check() == Works(said="exampletonpd")
    server.answer = answering(200, b'{"stat":"ok","user":7}')
    assert channel.check() == Works()
    server.answer = answering(200, json_no(98))
    assert isinstance(channel.check(), AuthFailed)
    server.answer = answering(200, b"<html>")
    assert isinstance(channel.check(), Retry)
    assert {seen.method for seen in server.seen} == {"GET"}


# --- on the practice platform -----------------------------------------------------------------------------------------


def test_the_practice_account_shows_the_photo_and_loses_nothing() -> None:
    """Uploaded with a signature that it checks, found by its tag once that is indexed, rewritten, deleted."""
    hands = Hands()
    with PracticeServer(clock=hands) as practice:
        keys = {
            "api_key": CREDENTIALS.consumer_key,
            "api_secret": CREDENTIALS.consumer_secret,
            "oauth_token": CREDENTIALS.access_token,
            "oauth_token_secret": CREDENTIALS.access_token_secret,
        }
        account = {**contract_account(f"{practice.url}/flickr"), **keys}
        channel = a_channel(Flickr, account)
        assert channel.check() == Works(said="exampletonpd")
        prepared = a_photo(text="Main Street & Oak Street: 100% + é <b>closed</b>")
        first = channel.send(prepared)
        assert isinstance(first, Delivered)
        (post,) = practice.posts
        assert post.text == "Main Street & Oak Street: 100% + é <\u200bb>closed<\u200b/b>\n\nA map of the closure"
        hands.pass_by(30)  # its index lags two seconds
        found = channel.find(prepared, post.created)
        assert isinstance(found, Found)
        assert found.delivered == first
        assert isinstance(channel.amend(first.receipt, a_photo(text="Open again.")), Delivered)
        assert practice.posts[0].text.startswith("Open again.")
        for _ in range(2):
            assert channel.withdraw(first.receipt, prepared.message) == Delivered()
        assert practice.posts == []
        wrong = a_channel(Flickr, {**account, "oauth_token_secret": "another-secret"})
        assert isinstance(wrong.send(prepared), AuthFailed)
