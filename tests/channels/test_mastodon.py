"""Mastodon: one status a key, limits that the server tells, media that are waited for, statuses read back as HTML."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from channels.mastodon import CHANNEL
from channels.mastodon.limits import text_limit
from channels.mastodon.statuses import PAGE, says
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Delivered,
    Found,
    Limit,
    NotReady,
    Outcome,
    Pictures,
    Prepared,
    Profile,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from notifier.lengths import fits
from notifier.practice.faults import Fault
from notifier.practice.networks.mastodon import TOKEN as TOKEN_OF
from notifier.practice.networks.mastodon_status import USER
from notifier.practice.server import PracticeServer
from tests.channels.messages import LATER, NOW, a_channel, a_prepared
from tests.channels.wire import Answer, Seen, WireServer, answering, closing, response
from tests.notifications import a_message, some_media, some_video

TOKEN = "contract-token-mastodon"
STATUS = {"id": "114000000000000001", "url": "https://social.town.example/@pd/114000000000000001"}
MADE = Delivered(STATUS["id"], STATUS["url"], {"remote_id": STATUS["id"], "url": STATUS["url"]})
ME = {"id": "110000000000000001", "username": "ExampletonPD", "bot": True}
FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"


def contract_account(url: str) -> dict[str, Any]:
    """An account, by its token."""
    return {"type": "mastodon", "base_url": url, "access_token": TOKEN}


def contract_receipt() -> dict[str, Any]:
    """A status of ours."""
    return dict(MADE.receipt)


@pytest.fixture
def server() -> Iterator[WireServer]:
    """A server that takes every status, until the test says otherwise."""
    with WireServer() as started:
        started.answer = answering(200, json.dumps(STATUS).encode())
        yield started


def account(server: WireServer, **changes: Any) -> Any:
    """The account."""
    return a_channel(CHANNEL, contract_account(server.url), **changes)


def by_path(**answers: tuple[int, Any]) -> Answer:
    """Answer each path by its last word as told; what is not told is a 404."""

    def answer(connection: Any, seen: Seen) -> bool:
        name = seen.target.partition("?")[0].rpartition("/")[2]
        status, body = answers.get(name, (404, {"error": "Record not found"}))
        connection.sendall(response(status, json.dumps(body).encode()))
        return True

    return answer


def sent(server: WireServer) -> Any:
    """What the last status says."""
    return json.loads(server.posts[-1].body)


# --- posting ----------------------------------------------------------------------------------------------------------


def test_a_status_has_our_key_its_language_and_its_visibility(server: WireServer) -> None:
    """The words go as they are: Mastodon reads no markup."""
    text = "Calle Main & <b>Elm</b> cerradas: https://police.exampleton.example/7"
    assert account(server).send(a_prepared(text=text, language="es")) == MADE
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/api/v1/statuses")
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert sent(server) == {"status": text, "language": "es", "visibility": "public"}
    assert len(seen.headers["idempotency-key"]) == 64


def test_each_message_has_a_key_of_its_own(server: WireServer) -> None:
    """The same for every attempt, whatever signs stand in it; another for another message."""
    channel = account(server)
    for key in ("a/1/público/\N{FIRE}", "a/1/público/\N{FIRE}", "a/2"):
        channel.send(a_prepared(key=key))
    first, second, third = (seen.headers["idempotency-key"] for seen in server.seen)
    assert first == second != third


def test_unlisted_posts_are_unlisted(server: WireServer) -> None:
    """As the settings say; `direct` is none of them."""
    account(server, visibility="unlisted").send(a_prepared())
    assert sent(server)["visibility"] == "unlisted"
    with pytest.raises(ValidationError):
        account(server, visibility="direct")


def test_an_address_that_is_none_is_not_kept(server: WireServer) -> None:
    """The post stands all the same."""
    server.answer = answering(200, json.dumps({"id": "7", "url": "javascript:alert(1)"}).encode())
    assert account(server).send(a_prepared()) == Delivered("7", None, {"remote_id": "7", "url": None})


@pytest.mark.parametrize("number", [None, 7, "", "a/b", "1" * 65, "7\n"])
def test_a_yes_without_a_sound_id_is_unknown(server: WireServer, number: object) -> None:
    """Repeated with its key, it says which."""
    server.answer = answering(200, json.dumps({"id": number}).encode())
    assert isinstance(account(server).send(a_prepared()), Unknown)


@pytest.mark.parametrize(
    ("status", "told", "outcome"),
    [
        (400, "param is missing", Rejected),
        (401, "The access token is invalid", AuthFailed),
        (403, "This action is outside the authorized scopes", AuthFailed),
        (403, "Your login is currently disabled", AuthFailed),
        (404, "Record not found", Rejected),
        (422, "Validation failed: Text character limit of 500 exceeded", Rejected),
        (422, "Cannot attach files that have not finished processing. Try again in a moment!", Retry),
        (429, "Too many requests", Retry),
        (500, "", Unknown),
        (502, "", Unknown),
        (503, "There was a temporary problem serving your request", Unknown),
    ],
)
def test_each_refusal_is_read(server: WireServer, status: int, told: str, outcome: type[Outcome]) -> None:
    """The server's own words stand in the reason, the token does not."""
    server.answer = answering(status, json.dumps({"error": f"{told} {TOKEN}".strip()}).encode())
    found = account(server).send(a_prepared())
    assert isinstance(found, outcome)
    assert told in found.reason  # type: ignore[union-attr]
    assert TOKEN not in repr(found)


def test_a_rate_limit_ends_when_mastodon_says(server: WireServer) -> None:
    """A moment in ISO 8601, in a header of its own; no Retry-After."""
    reset = NOW + timedelta(minutes=4)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%M:%S}.000000Z"}
    server.answer = answering(429, b'{"error":"Too many requests"}', headers)
    found = account(server).send(a_prepared())
    assert isinstance(found, Retry)
    assert found.at == reset.replace(microsecond=0)


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_an_answer_names_the_post_and_has_its_key(server: WireServer) -> None:
    """Also how the parts of a thread follow each other."""
    assert account(server).reply(contract_receipt(), a_prepared()) == MADE
    assert sent(server)["in_reply_to_id"] == STATUS["id"]
    assert "idempotency-key" in server.seen[0].headers


def test_a_correction_replaces_words_and_pictures(server: WireServer) -> None:
    """The same status; what is not named is gone, and who sees it cannot be changed."""
    prepared = Prepared(a_message(text="One lane is open."), {"media": ["22"]})
    assert account(server).amend(contract_receipt(), prepared) == MADE
    assert (server.seen[0].method, server.seen[0].target) == ("PUT", f"/api/v1/statuses/{STATUS['id']}")
    assert sent(server) == {"status": "One lane is open.", "language": "en", "media_ids": ["22"]}


def test_a_correction_of_what_is_gone_says_so(server: WireServer) -> None:
    """A person publishes anew."""
    server.answer = answering(404, b'{"error":"Record not found"}')
    found = account(server).amend(contract_receipt(), a_prepared())
    assert isinstance(found, Rejected)
    assert "not there any more" in found.reason


@pytest.mark.parametrize(("status", "outcome"), [(200, Delivered), (404, Delivered), (403, AuthFailed), (500, Unknown)])
def test_what_is_deleted_is_gone(server: WireServer, status: int, outcome: type[Outcome]) -> None:
    """With its media; a second time nothing is there, and that is no error."""
    server.answer = answering(status, b"{}")
    assert isinstance(account(server).withdraw(contract_receipt(), a_message()), outcome)
    assert server.seen[0].method == "DELETE"
    assert server.seen[0].target == f"/api/v1/statuses/{STATUS['id']}?delete_media=true"


@pytest.mark.parametrize("number", [None, "../../v1/accounts", "", 7])
def test_a_receipt_without_an_id_asks_nothing(server: WireServer, number: object) -> None:
    """No path is built of what is no id."""
    channel, receipt = account(server), {"remote_id": number}
    for found in (
        channel.reply(receipt, a_prepared()),
        channel.amend(receipt, a_prepared()),
        channel.withdraw(receipt, a_message()),
    ):
        assert isinstance(found, Rejected)
    assert server.seen == []


# --- looking up -------------------------------------------------------------------------------------------------------


def a_status(text: str, seconds: float = 1, number: str = "1", **more: Any) -> dict[str, Any]:
    """A status as it is shown, so many seconds after the message was sent."""
    made = f"{NOW + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.000Z"
    return {
        "id": number,
        "url": f"https://social.town.example/@pd/{number}",
        "created_at": made,
        "content": text,
        **more,
    }


def test_a_lost_post_is_found_by_its_text(server: WireServer) -> None:
    """As Mastodon writes it: paragraphs, breaks, entities, and an address in three pieces."""
    text = "Main & Elm are closed.\nUse River Road.\n\nhttps://police.exampleton.example/closures/7 @mayor@town.example"
    shown = (
        "<p>Main &amp; Elm are closed.<br />Use River Road.</p><p>"
        '<a href="https://police.exampleton.example/closures/7" rel="nofollow"><span class="invisible">https://</span>'
        '<span class="ellipsis">police.exampleton.example/closu</span><span class="invisible">res/7</span></a>'
        ' <span class="h-card"><a href="https://town.example/@mayor">@<span>mayor</span></a></span></p>'
    )
    other = a_status("<p>Something else.</p>", 2, "9")
    server.answer = by_path(verify_credentials=(200, ME), statuses=(200, [other, a_status(shown, number="8")]))
    found = account(server).find(a_prepared(text=text), NOW)
    assert isinstance(found, Found)
    assert found.delivered.remote_id == "8"
    assert server.seen[1].target == f"/api/v1/accounts/{ME['id']}/statuses?limit={PAGE}&exclude_reblogs=true"
    assert server.posts == []


def test_the_same_words_of_last_week_are_another_post(server: WireServer) -> None:
    """Only what was made since the attempt can be it, or changed since: then it is the correction."""
    old = a_status("<p>Open again.</p>", -700)
    server.answer = by_path(verify_credentials=(200, ME), statuses=(200, [old]))
    channel = account(server, now=LATER)
    assert channel.find(a_prepared(text="Open again."), NOW) == Absent()
    changed = {**old, "edited_at": a_status("")["created_at"]}
    server.answer = by_path(verify_credentials=(200, ME), statuses=(200, [changed]))
    assert isinstance(channel.find(a_prepared(text="Open again."), NOW), Found)


def test_absence_is_proved_only_after_a_while_and_by_all_posts_since(server: WireServer) -> None:
    """A copy of the database may lag; a full page goes on."""
    server.answer = by_path(verify_credentials=(200, ME), statuses=(200, []))
    assert isinstance(account(server).find(a_prepared(), NOW), CannotTell)
    channel = account(server, now=LATER)
    assert channel.find(a_prepared(), NOW) == Absent()
    page = [a_status("<p>Other.</p>", number=str(number)) for number in range(PAGE)]
    server.answer = by_path(verify_credentials=(200, ME), statuses=(200, page))
    server.seen.clear()
    assert isinstance(channel.find(a_prepared(), NOW), CannotTell)
    assert [seen.target.partition("max_id=")[2] for seen in server.seen[1:]] == ["", *[str(PAGE - 1)] * 4]
    page[-1] = a_status("<p>Older.</p>", -700)
    server.answer = by_path(verify_credentials=(200, ME), statuses=(200, page))
    assert channel.find(a_prepared(), NOW) == Absent()


@pytest.mark.parametrize("told", [{}, [1], "x", None, [[]]])
def test_a_list_that_is_none_proves_nothing(server: WireServer, told: object) -> None:
    """It is asked again."""
    server.answer = by_path(verify_credentials=(200, ME), statuses=(200, told))
    found = account(server, now=LATER).find(a_prepared(), NOW)
    assert isinstance(found, CannotTell)
    assert found.unreachable


@pytest.mark.parametrize("shape", [None, 7, [], {}, "<" * 200_000, "&#x110000;", "<p>" * 50_000])
def test_a_status_of_another_shape_says_nothing(shape: object) -> None:
    """However it is made, it is read in a moment."""
    assert not says({"content": shape}, "Closed.")


# --- what the server takes --------------------------------------------------------------------------------------------


def instance(**statuses: object) -> dict[str, Any]:
    """What a server says of itself."""
    media = {
        "supported_mime_types": ["image/png", "image/webp", "video/mp4"],
        "description_limit": 1_000,
        "image_size_limit": 8_000_000,
        "image_matrix_limit": 1_000_000,
        "video_size_limit": 40_000_000,
    }
    return {"configuration": {"statuses": statuses, "media_attachments": media}}


def test_until_it_was_asked_a_server_takes_what_all_take(server: WireServer) -> None:
    """500 as Mastodon counts, four pictures."""
    can = account(server).capabilities
    assert can.limit == CHANNEL.limit() == Limit(500, "mastodon")
    assert (can.pictures.most, can.pictures.alt, can.pictures.side) == (4, 1_500, 2_048)
    assert can.video == 99_000_000


def test_what_the_server_says_is_kept_and_held_to(server: WireServer) -> None:
    """Asked once, then once a day."""
    told = instance(max_characters=3_000, max_media_attachments=6, characters_reserved_per_url=23)
    server.answer = by_path(instance=(200, told))
    channel = account(server)
    assert channel.sign_in() is None
    assert channel.sign_in() is None
    assert len(server.seen) == 1
    can = channel.capabilities
    assert can.limit == Limit(3_000, "mastodon")
    assert can.pictures == Pictures(6, 8_000_000, 1_000, ("image/png",), 1_000)
    assert can.video == 40_000_000
    channel.upkeep(NOW + timedelta(hours=23))
    assert len(server.seen) == 1
    channel.upkeep(NOW + timedelta(hours=25))
    assert len(server.seen) == 2


def test_a_server_that_does_not_say_what_it_takes_is_posted_to_all_the_same(server: WireServer) -> None:
    """Older ones have no such page; a later failure takes nothing away of what is known."""
    channel = account(server)
    server.answer = answering(404, b"{}")
    assert channel.sign_in() is None
    assert channel.capabilities.limit == Limit(500, "mastodon")
    server.answer = by_path(instance=(200, instance(max_characters=900)))
    channel.upkeep(NOW + timedelta(days=2))
    server.answer = answering(500, b"{}")
    channel.upkeep(NOW + timedelta(days=4))
    assert channel.capabilities.limit == Limit(900, "mastodon")


def test_a_server_that_does_not_answer_is_tried_again(server: WireServer) -> None:
    """Nothing was posted."""
    server.answer = closing
    assert isinstance(account(server).sign_in(), Retry)


@pytest.mark.parametrize("wrong", [-1, 0, 7, 10**12, "500", None, True, [], 500.5])
def test_a_limit_that_cannot_be_is_not_believed(server: WireServer, wrong: object) -> None:
    """Whatever a server says, a text of 500 is made."""
    server.answer = by_path(instance=(200, instance(max_characters=wrong, max_media_attachments=wrong)))
    channel = account(server)
    channel.sign_in()
    assert channel.capabilities.limit == Limit(500, "mastodon")


def test_a_server_that_counts_an_address_higher_gets_shorter_texts() -> None:
    """As GoToSocial, which says 25."""
    told = {"limits": {"max_characters": 5_000, "characters_reserved_per_url": 25}}
    assert text_limit(told) == Limit(4_992, "mastodon")
    assert text_limit({"limits": {"characters_reserved_per_url": 200}}) == Limit(250, "mastodon")


@pytest.mark.parametrize(
    "text",
    [
        "a" * 500,
        FAMILY * 500,
        "\u4e2d" * 500,
        "\u05e9\u05dc\u05d5\u05dd" * 125,
        "a" * 476 + " https://a.example/" + "b" * 99,
    ],
)
def test_a_text_is_counted_as_a_reader_sees_it(text: str) -> None:
    """Letters, families, Chinese, Hebrew; any address as 23. One more is too much."""
    assert fits(text, CHANNEL.limit())
    assert not fits(f"a{text}", CHANNEL.limit())


# --- media ------------------------------------------------------------------------------------------------------------


def test_a_picture_is_uploaded_with_what_it_shows_and_named_in_the_post(server: WireServer) -> None:
    """Once: another attempt starts from what is there, until the server forgets it."""
    server.answer = by_path(media=(200, {"id": "22"}), statuses=(200, STATUS))
    channel, message = account(server), a_message(media=(some_media(),))
    ready = channel.prepare(message, {})
    assert isinstance(ready, Prepared)
    (upload,) = server.seen
    assert (upload.method, upload.target) == ("POST", "/api/v2/media")
    assert b"A map of the closure" in upload.body
    assert some_media().data in upload.body
    assert channel.prepare(message, ready.saved) == ready
    assert channel.send(ready) == MADE
    assert sent(server)["media_ids"] == ["22"]
    assert len(server.seen) == 2
    account(server, now=NOW + timedelta(hours=21)).prepare(message, ready.saved)
    assert len(server.seen) == 3


def test_a_video_is_waited_for(server: WireServer) -> None:
    """Uploaded once; nothing is posted before the server is done with it."""
    channel, message = account(server), a_message(media=(some_video(),))
    server.answer = by_path(media=(202, {"id": "22", "url": None}))
    first = channel.prepare(message, {})
    assert isinstance(first, NotReady)
    assert first.at == NOW + timedelta(seconds=5)
    server.answer = answering(206, b'{"id":"22"}')
    second = channel.prepare(message, first.saved)
    assert isinstance(second, NotReady)
    assert server.seen[-1].target == "/api/v1/media/22"
    server.answer = answering(200, b'{"id":"22"}')
    ready = channel.prepare(message, second.saved)
    assert isinstance(ready, Prepared)
    assert ready.saved["media"] == ["22"]
    assert len(server.posts) == 1


def test_a_video_that_the_server_never_finishes_is_told(server: WireServer) -> None:
    """After twenty minutes a person hears of it."""
    channel, message = account(server), a_message(media=(some_video(),))
    server.answer = by_path(media=(202, {"id": "22"}))
    found = channel.prepare(message, {})
    server.answer = answering(206, b"{}")
    asked = 0
    while isinstance(found, NotReady):
        found, asked = channel.prepare(message, found.saved), asked + 1
    assert isinstance(found, Rejected)
    assert asked == 240


@pytest.mark.parametrize(
    ("status", "outcome"), [(404, NotReady), (422, Rejected), (401, AuthFailed), (500, Retry), (429, Retry)]
)
def test_what_becomes_of_an_upload_is_read(server: WireServer, status: int, outcome: type[Outcome]) -> None:
    """Lost: it is uploaded anew. Cannot be shown: a person hears why."""
    server.answer = answering(status, b'{"error":"Error processing thumbnail for uploaded media"}')
    saved = {"media": ["22"], "working": ["22"], "until": (NOW + timedelta(hours=1)).isoformat()}
    found = account(server).prepare(a_message(media=(some_video(),)), saved)
    assert isinstance(found, outcome)
    if isinstance(found, NotReady):
        assert found.saved == {}


@pytest.mark.parametrize(
    "saved",
    [
        {"media": ["a/b"], "until": "2999-01-01T00:00:00+00:00"},
        {"media": ["22"], "until": "never"},
        {"media": ["22"], "until": "2999-01-01T00:00:00"},
        {"media": "22"},
        {"media": [22], "until": None},
    ],
)
def test_what_was_saved_of_another_shape_is_uploaded_anew(server: WireServer, saved: dict[str, Any]) -> None:
    """No crash, no wrong picture."""
    server.answer = by_path(media=(200, {"id": "23"}))
    ready = account(server).prepare(a_message(media=(some_media(),)), saved)
    assert isinstance(ready, Prepared)
    assert ready.saved["media"] == ["23"]


def test_a_refused_picture_says_that_it_is_the_picture(server: WireServer) -> None:
    """And the second is not uploaded."""
    server.answer = answering(422, b'{"error":"Validation failed: File content type is invalid"}')
    found = account(server).prepare(a_message(media=(some_media(), some_media("b.png"))), {})
    assert found == Rejected(
        "an attachment: the service refused it (422): Validation failed: File content type is invalid"
    )
    assert len(server.seen) == 1


# --- the account ------------------------------------------------------------------------------------------------------


def test_check_asks_whose_token_it_is_and_what_the_server_takes(server: WireServer) -> None:
    """Nothing is posted; a profile that hides that a program writes it is told of."""
    server.answer = by_path(verify_credentials=(200, ME), instance=(200, instance(max_characters=700)))
    channel = account(server, handle="@exampletonpd")
    assert channel.check() == Works()
    assert channel.capabilities.limit == Limit(700, "mastodon")
    server.answer = by_path(verify_credentials=(200, {**ME, "bot": False}))
    assert "automated" in channel.check().said
    assert server.posts == []


def test_another_accounts_token_is_told(server: WireServer) -> None:
    """Before anything is posted in another's name."""
    server.answer = by_path(verify_credentials=(200, ME))
    found = account(server, handle="TownHall").check()
    assert found == AuthFailed("the token belongs to @ExampletonPD, not to @TownHall; correct either")


@pytest.mark.parametrize(("status", "outcome"), [(401, AuthFailed), (403, AuthFailed), (422, Rejected), (500, Retry)])
def test_check_reads_each_refusal(server: WireServer, status: int, outcome: type[Outcome]) -> None:
    """A dead token stops the channel."""
    server.answer = answering(status, b'{"error":"words"}')
    assert isinstance(account(server).check(), outcome)


def test_the_page_is_read_as_it_was_written(server: WireServer) -> None:
    """Not as HTML; a value of another shape is nothing."""
    source = {
        "note": "911 in an emergency.\nComments are monitored.",
        "fields": [{"name": "Website", "value": "https://pd.example"}, 7],
    }
    told = {**ME, "display_name": "Exampleton Police", "note": "<p>x</p>", "url": "https://social.town.example/@pd"}
    server.answer = by_path(verify_credentials=(200, {**told, "source": source}))
    assert account(server).profile() == Profile(
        {"display name": "Exampleton Police", "bio": source["note"], "extra fields": "Website: https://pd.example"},
        "https://social.town.example/@pd",
    )
    server.answer = by_path(verify_credentials=(200, {**ME, "source": [], "display_name": 7}))
    assert account(server).profile() == Profile({}, None)


def test_a_person_posts_on_the_accounts_own_server(server: WireServer) -> None:
    """Where its posts are seen as well."""
    by_hand = replace(account(server).hand_off)
    assert by_hand.compose == f"{server.url}/publish"
    assert by_hand.hosts == ("127.0.0.1",)


# --- the practice account ---------------------------------------------------------------------------------------------


@pytest.fixture
def practice() -> Iterator[PracticeServer]:
    """The practice platforms."""
    with PracticeServer() as started:
        yield started


def test_the_practice_account_shows_pictures_corrections_and_answers(practice: PracticeServer) -> None:
    """A lost answer is repeated and is one status; it is found, corrected, answered and deleted."""
    practice.faults.replace([Fault(platform="mastodon", action="lose-reply", nth=[1])])
    settings = {"type": "mastodon", "base_url": f"{practice.url}/mastodon", "handle": USER, "access_token": TOKEN_OF}
    channel = a_channel(CHANNEL, settings, now=practice.clock() + timedelta(minutes=1))
    assert channel.sign_in() is None
    assert channel.check() == Works()
    message = a_message(
        text="Main & <b>Elm</b> closed:\nhttps://a.example/7", media=(some_media(),), sent=practice.clock()
    )
    ready = channel.prepare(message, {})
    assert isinstance(ready, Prepared)
    assert isinstance(channel.send(ready), Unknown)
    first = channel.send(replace(ready, attempt=2))
    (post,) = practice.posts
    assert (post.text, [picture.alt for picture in post.pictures]) == (message.text, ["A map of the closure"])
    assert first.url == practice.url + post.path
    assert channel.find(ready, message.sent) == Found(first)
    assert channel.amend(first.receipt, a_prepared(text="Open again.", key="an edit")) == first
    assert isinstance(channel.reply(first.receipt, a_prepared(text="Thank you.", key="an answer")), Delivered)
    assert [post.text for post in practice.posts] == ["Open again.", "Thank you."]
    assert channel.withdraw(first.receipt, message) == channel.withdraw(first.receipt, message) == Delivered()
    assert isinstance(channel.amend(first.receipt, a_prepared()), Rejected)
    assert channel.profile().parts["bio"].startswith("Official account")
