"""The Reddit channel: what is submitted, what each error means, how a lost post is found; and the practice account."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from pydantic import ValidationError

from channels.reddit import Reddit
from channels.reddit.markdown import MOST_TITLE, text_of, title_of
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Delivered,
    Found,
    Prepared,
    Profile,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from notifier.practice.networks import reddit as practice_reddit
from notifier.practice.networks.reddit_things import SUBREDDIT, USER
from notifier.practice.server import PracticeServer
from tests.channels.messages import LATER, NOW, a_channel, a_prepared
from tests.channels.wire import Seen, WireServer, answering, closing
from tests.notifications import a_message

TOKEN = "reddit-token-93aa"
AGENT = "linux:exampletonpd.notifier:v1 (by /u/ExampletonPD)"
STATE = {"token": TOKEN, "ends": (NOW + timedelta(hours=20)).isoformat()}
URL = "https://www.reddit.com/r/Exampleton/comments/abc12/road_closed/"
RECEIPT = {"remote_id": "t3_abc12", "url": URL, "title": "Road closed: Main Street"}


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "reddit",
        "base_url": url,
        "client_id": "client-93aa",
        "client_secret": "client-secret-93aa",
        "username": "ExampletonPD",
        "password": "reddit-password-93aa",
        "user_agent": AGENT,
        "subreddit": "Exampleton",
    }


def contract_text(body: bytes) -> str | None:
    """Give the text that a post shows."""
    written = dict(parse_qsl(body.decode())).get("text")
    if written is None:
        return None
    bare = re.sub(r"\[((?:\\.|[^\\\]])*)\]\([^)]*\)", r"\1", written.replace("\u200b", "").replace("  \n", "\n"))
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", bare)


def contract_state() -> dict[str, Any]:
    """Give a token."""
    return dict(STATE)


def contract_receipt() -> dict[str, Any]:
    """Give the receipt of a post."""
    return dict(RECEIPT)


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as Reddit does."""
    with WireServer() as started:
        yield started


def signed_in(server: WireServer, **changes: Any) -> Any:
    """Make the channel, with a token."""
    channel = a_channel(Reddit, contract_account(server.url), **changes)
    channel.state.change(**STATE)
    return channel


def form_of(seen: Seen) -> dict[str, str]:
    """Read a form that was sent."""
    return dict(parse_qsl(seen.body.decode(), keep_blank_values=True))


def told(data: object = None, *errors: list[str], **more: object) -> bytes:
    """Write an answer as api_type=json does."""
    return json.dumps(
        {"json": {"errors": list(errors), **({"data": data} if data is not None else {}), **more}}
    ).encode()


# --- publishing -------------------------------------------------------------------------------------------------------


def test_send_submits_a_title_and_a_text(server: WireServer) -> None:
    """With our own User-Agent, the token in a header, the whole text below the headline."""
    server.answer = answering(200, told({"url": URL, "id": "abc12", "name": "t3_abc12"}))
    outcome = signed_in(server, flair_id="0a1b2c3d-0000").send(a_prepared(text="Main Street is closed.\n\nAvoid it."))
    assert outcome == Delivered("t3_abc12", URL, RECEIPT)
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/api/submit")
    assert (seen.headers["user-agent"], seen.headers["authorization"]) == (AGENT, f"Bearer {TOKEN}")
    assert form_of(seen) == {
        "api_type": "json",
        "sr": "Exampleton",
        "title": "Road closed: Main Street",
        "sendreplies": "true",
        "kind": "self",
        "text": "Main Street is closed\\.\n\nAvoid it\\.",
        "flair_id": "0a1b2c3d-0000",
    }


def test_a_link_is_submitted_where_the_department_wants_that(server: WireServer) -> None:
    """What has none is a text all the same; a link cannot be changed."""
    server.answer = answering(200, told({"url": URL, "name": "t3_abc12"}))
    channel = signed_in(server, links=True)
    channel.send(a_prepared(links=("https://city.example/closures",)))
    channel.send(a_prepared())
    first, second = (form_of(seen) for seen in server.seen)
    assert (first["kind"], first["url"], first["resubmit"]) == ("link", "https://city.example/closures", "false")
    assert "text" not in first
    assert second["kind"] == "self"
    assert not channel.capabilities.can_amend


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("SUBREDDIT_NOEXIST", Rejected),
        ("SUBREDDIT_NOTALLOWED", Rejected),
        ("TOO_LONG", Rejected),
        ("NO_TEXT", Rejected),
        ("NO_SELFS", Rejected),
        ("SUBMIT_VALIDATION_FLAIR_REQUIRED", Rejected),
        ("SOMETHING_NEW", Rejected),
        ("BAD_CAPTCHA", AuthFailed),
        ("USER_REQUIRED", AuthFailed),
        ("RATELIMIT", Retry),
        ("ALREADY_SUB", Rejected),
    ],
)
def test_send_reads_each_code_inside_a_200(server: WireServer, code: str, outcome: type[Retry]) -> None:
    """The status says nothing."""
    server.answer = answering(200, told(None, [code, "words of Reddit", "field"]))
    given = signed_in(server).send(a_prepared())
    assert type(given) is outcome
    assert code == "ALREADY_SUB" or "words of Reddit" in given.reason


def test_a_link_that_is_there_after_a_lost_answer_may_be_ours(server: WireServer) -> None:
    """The account's submissions tell."""
    server.answer = answering(200, told(None, ["ALREADY_SUB", "that link has already been submitted", "url"]))
    assert isinstance(signed_in(server).send(a_prepared(attempt=2)), Unknown)


@pytest.mark.parametrize(
    ("words", "more", "seconds"),
    [
        ("Looks like you've been doing that a lot. Take a break for 9 minutes before trying again.", {}, 540),
        ("take a break for 1 minute before trying again", {}, 60),
        ("Take a break for 45 seconds.", {}, 45),
        ("Take a break for 2 hours.", {}, 7_200),
        ("Take a break for 300 milliseconds.", {}, 1),
        ("Take a break for 9 minutes.", {"ratelimit": 571.3}, 571.3),
        ("Take a break for 99 days.", {}, 86_400),
        ("Slow down.", {}, 600),
        ("Slow down.", {"ratelimit": "soon"}, 600),
        ("Slow down.", {"ratelimit": -4}, 600),
    ],
)
def test_a_break_is_as_long_as_reddit_says(server: WireServer, words: str, more: Any, seconds: float) -> None:
    """In words, or in seconds beside them."""
    server.answer = answering(200, told(None, ["RATELIMIT", words, "ratelimit"], **more))
    outcome = signed_in(server).send(a_prepared())
    assert isinstance(outcome, Retry)
    assert outcome.at == NOW + timedelta(seconds=seconds)


def test_a_429_waits_for_the_reset(server: WireServer) -> None:
    """Reddit says in how many seconds."""
    server.answer = answering(429, b"{}", {"X-Ratelimit-Reset": "120"})
    outcome = signed_in(server).send(a_prepared())
    assert outcome.at == NOW + timedelta(seconds=120)


@pytest.mark.parametrize(
    "body", [told(), told({}), told({"name": "t5_x"}), told({"name": "t3_../x"}), b"<html>", b"{}", told([]), b"[]"]
)
def test_a_yes_that_names_no_post_is_unknown(server: WireServer, body: bytes) -> None:
    """It is looked up."""
    server.answer = answering(200, body)
    assert isinstance(signed_in(server).send(a_prepared()), Unknown)


# --- the token --------------------------------------------------------------------------------------------------------


def test_a_token_is_made_of_the_password_and_kept(server: WireServer) -> None:
    """For a day; the app says who it is by Basic."""
    server.answer = answering(200, b'{"access_token":"new-token-93aa","expires_in":86400,"token_type":"bearer"}')
    channel = a_channel(Reddit, contract_account(server.url))
    assert channel.sign_in() is None
    assert channel.sign_in() is None
    (seen,) = server.seen
    assert (seen.target, seen.headers["user-agent"]) == ("/api/v1/access_token", AGENT)
    assert seen.headers["authorization"].startswith("Basic ")
    assert form_of(seen) == {"grant_type": "password", "username": "ExampletonPD", "password": "reddit-password-93aa"}
    ends = (NOW + timedelta(seconds=86_400)).isoformat()
    assert channel.state.read() == {"token": "new-token-93aa", "ends": ends}


def test_a_refresh_token_that_changes_is_kept_and_used(server: WireServer) -> None:
    """The one of the settings is the first."""
    server.answer = answering(
        200, b'{"access_token":"new-token-93aa","expires_in":3600,"refresh_token":"rotated-93aa"}'
    )
    channel = a_channel(Reddit, contract_account(server.url), password=None, refresh_token="first-refresh-93aa")
    assert channel.sign_in() is None
    channel.state.change(token=None)
    assert channel.sign_in() is None
    assert [form_of(seen)["refresh_token"] for seen in server.seen] == ["first-refresh-93aa", "rotated-93aa"]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"error":"invalid_grant"}', AuthFailed),
        (400, b'{"error":"invalid_grant"}', AuthFailed),
        (401, b'{"message":"Unauthorized","error":401}', AuthFailed),
        (429, b"{}", Retry),
        (500, b"{}", Retry),
        (200, b"<html>", Retry),
        (200, b'{"access_token":7}', Retry),
        (200, b'{"access_token":"a b"}', Retry),
        (404, b"", Rejected),
    ],
)
def test_each_way_that_a_sign_in_fails(server: WireServer, status: int, body: bytes, outcome: type[Retry]) -> None:
    """Dead credentials stop the channel; the rest is tried again."""
    server.answer = answering(status, body)
    assert isinstance(a_channel(Reddit, contract_account(server.url)).sign_in(), outcome)


def test_a_token_that_ended_is_forgotten(server: WireServer) -> None:
    """The attempt is made again with a new one."""
    channel = signed_in(server)
    server.answer = answering(401)
    assert isinstance(channel.send(a_prepared()), Retry)
    assert channel.state.read() == {}


def test_upkeep_makes_a_new_token_before_the_old_one_ends(server: WireServer) -> None:
    """And leaves one that lasts."""
    server.answer = answering(200, b'{"access_token":"new-token-93aa","expires_in":86400}')
    channel = signed_in(server)
    channel.upkeep(NOW)
    assert server.seen == []
    channel.upkeep(NOW + timedelta(hours=19, minutes=45))
    assert channel.state.read()["token"] == "new-token-93aa"


# --- afterwards -------------------------------------------------------------------------------------------------------


def a_thing(**changes: Any) -> dict[str, Any]:
    """Write a submission as a listing has it."""
    prepared = a_prepared()
    data = {
        "name": "t3_abc12",
        "title": prepared.message.headline,
        "selftext": text_of(prepared.message),
        "created_utc": NOW.timestamp(),
        "permalink": "/r/Exampleton/comments/abc12/road_closed/",
    }
    return {"kind": "t3", "data": {**data, **changes}}


def listing(*things: Any) -> bytes:
    """Write a listing."""
    return json.dumps({"data": {"children": list(things), "after": None}}).encode()


def test_find_finds_the_post_among_the_accounts_own(server: WireServer) -> None:
    """By title and text, whatever entities Reddit wrote them with; not one that is older than the notification."""
    message = a_message(headline="Main & Oak <closed>")
    escaped = {"title": "Main &amp; Oak &lt;closed&gt;", "selftext": text_of(message) + "\n"}
    server.answer = answering(200, listing(a_thing(title="Other"), a_thing(**escaped)))
    channel = signed_in(server, now=LATER)
    found = channel.find(Prepared(message), NOW)
    assert isinstance(found, Found)
    assert found.delivered.url == f"{server.url}/r/Exampleton/comments/abc12/road_closed/"
    assert urlsplit(server.seen[0].target).path == "/user/ExampletonPD/submitted"
    server.answer = answering(200, listing(a_thing(**escaped, created_utc=NOW.timestamp() - 4_000)))
    assert channel.find(Prepared(message), NOW) == Absent()


def test_a_link_is_found_by_its_address(server: WireServer) -> None:
    """Its text is none."""
    link = "https://city.example/closures"
    server.answer = answering(200, listing(a_thing(selftext="", url=link)))
    channel = signed_in(server, now=LATER, links=True)
    assert isinstance(channel.find(a_prepared(links=(link,)), NOW), Found)
    assert channel.find(a_prepared(links=("https://city.example/else",)), NOW) == Absent()


def test_absence_is_proved_by_a_whole_listing_alone(server: WireServer) -> None:
    """Neither too early, nor by a page that is full, nor by one that holds something else."""
    other = a_thing(title="Other")
    server.answer = answering(200, listing())
    assert isinstance(signed_in(server, now=NOW + timedelta(seconds=20)).find(a_prepared(), NOW), CannotTell)
    assert signed_in(server, now=LATER).find(a_prepared(), NOW) == Absent()
    server.answer = answering(200, listing(*[other] * 100))
    assert isinstance(signed_in(server, now=LATER).find(a_prepared(), NOW), CannotTell)
    old = a_thing(title="Other", created_utc=NOW.timestamp() - 9_000)
    server.answer = answering(200, listing(*[other] * 99, old))
    assert signed_in(server, now=LATER).find(a_prepared(), NOW) == Absent()
    server.answer = answering(200, listing("rubbish"))
    assert isinstance(signed_in(server, now=LATER).find(a_prepared(), NOW), CannotTell)
    server.answer = answering(200, listing())
    comment = a_prepared(key="police.exampleton.example.n-1.1.reply.reddit.en.1")
    assert isinstance(signed_in(server, now=LATER).find(comment, NOW), CannotTell), "comments stand elsewhere"


def test_reply_comments_on_the_post(server: WireServer) -> None:
    """And can be deleted itself."""
    thing = {"kind": "t1", "data": {"name": "t1_def34", "permalink": "/r/Exampleton/comments/abc12/comment/def34/"}}
    server.answer = answering(200, told({"things": [thing]}))
    outcome = signed_in(server).reply(RECEIPT, a_prepared(text="It is open."))
    assert isinstance(outcome, Delivered)
    assert outcome.remote_id == "t1_def34"
    assert form_of(server.seen[0]) == {"api_type": "json", "thing_id": "t3_abc12", "text": "It is open\\."}
    server.answer = answering(200, told(None, ["DELETED_COMMENT", "that comment has been deleted", "parent"]))
    assert isinstance(signed_in(server).reply(RECEIPT, a_prepared()), Rejected)


def test_amend_writes_the_text_and_a_new_headline_above_it(server: WireServer) -> None:
    """Reddit lets no title be changed."""
    server.answer = answering(200, told({"things": []}))
    channel = signed_in(server)
    assert channel.amend(RECEIPT, a_prepared(text="Until noon.")) == Delivered("t3_abc12", URL, RECEIPT)
    channel.amend(RECEIPT, a_prepared(text="All lanes.", headline="Road *open*"))
    first, second = (form_of(seen)["text"] for seen in server.seen)
    assert first == "Until noon\\."
    assert second == "**Road \\*open\\***\n\nAll lanes\\."


def test_withdraw_deletes_it(server: WireServer) -> None:
    """Twice is once."""
    server.answer = answering(200, b"{}")
    assert signed_in(server).withdraw(RECEIPT, a_message()) == Delivered()
    assert form_of(server.seen[0]) == {"api_type": "json", "id": "t3_abc12"}
    server.answer = answering(500)
    assert isinstance(signed_in(server).withdraw(RECEIPT, a_message()), Unknown)


def test_a_receipt_without_a_post_says_so(server: WireServer) -> None:
    """Nothing is asked."""
    channel = signed_in(server)
    for receipt in ({}, {"remote_id": "t3_../x"}):
        for outcome in (channel.reply(receipt, a_prepared()), channel.amend(receipt, a_prepared())):
            assert isinstance(outcome, Rejected)
        assert isinstance(channel.withdraw(receipt, a_message()), Rejected)
    assert server.seen == []


# --- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("**bold** _x_ `code` ~~y~~ ^z", "\\*\\*bold\\*\\* \\_x\\_ \\`code\\` \\~\\~y\\~\\~ \\^z"),
        ("# Heading", "\\# Heading"),
        ("> quote >!spoiler!<", "\\> quote \\>\\!spoiler\\!\\<"),
        ("1. one\n- two\n    code", "1\\. one  \n\\- two  \ncode"),
        ("[a](https://evil.example)", "\\[a\\]\\(https:/\u200b/evil\\.example\\)"),
        ("&amp; <b>", "\\&amp; \\<b\\>"),
        ("a | b\n--|--", "a \\| b  \n\\-\\-\\|\\-\\-"),
        ("u/name /r/sub U/Name hour/day", "u/\u200bname /r/\u200bsub U/\u200bName hour/day"),
        ("www.evil.example a@b.example", "www\\.\u200bevil\\.example a@\u200bb\\.example"),
        ("👨‍👩‍👧‍👦 東京 שלום\u202e", "👨‍👩‍👧‍👦 東京 שלום"),
    ],
)
def test_markdown_shows_as_it_stands(text: str, written: str) -> None:
    """And what Reddit makes a link of leads nowhere."""
    assert text_of(a_message(text=text)) == written.strip()


def test_a_link_of_the_notification_is_live() -> None:
    """Whatever signs it has."""
    link = "https://city.example/a_(b)?c=1&d=*"
    text = text_of(a_message(text=f"More: {link}, or call.", links=(link,)))
    shown = "https:/\u200b/city\\.example/a\\_\\(b\\)?c=1\\&d=\\*"
    assert text == f"More: [{shown}](https://city.example/a_%28b%29?c=1&d=%2A), or call\\."


def test_a_title_fits() -> None:
    """At the limit, and cut one over it."""
    assert title_of(a_message(headline="a" * MOST_TITLE)) == "a" * 300
    assert title_of(a_message(headline="a" * 301)) == "a" * 299 + "…"


def test_the_longest_text_fits_reddit() -> None:
    """Even if each sign is written as three."""
    most = Reddit.limit().amount
    for text in ("*" * most, "a\n" * (most // 2), "u/x " * (most // 4), "://" * (most // 3)):
        assert len(text_of(a_message(text=text))) <= 40_000


# --- settings and check -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"password": None},
        {"refresh_token": "refresh-93aa"},
        {"user_agent": "python-requests/2.32 and more"},
        {"user_agent": "short"},
        {"subreddit": "r/Exampleton"},
    ],
)
def test_settings_that_reddit_would_refuse_are_refused(changes: dict[str, Any]) -> None:
    """When they are read."""
    with pytest.raises(ValidationError):
        Reddit.Settings.model_validate({**contract_account("https://oauth.reddit.com"), **changes})


def test_check_says_whose_token_it_is(server: WireServer) -> None:
    """Another's, or a suspended account's, stops the channel."""
    channel = signed_in(server)
    server.answer = answering(200, b'{"name":"exampletonpd","is_suspended":false}')
    assert channel.check() == Works(said="u/ExampletonPD in r/Exampleton")
    for body in (b'{"name":"Another"}', b'{"name":"ExampletonPD","is_suspended":true}'):
        server.answer = answering(200, body)
        assert isinstance(channel.check(), AuthFailed)


def test_a_person_submits_it_at_the_subreddits_page() -> None:
    """Where the account's keys are dead, or never came."""
    hand_off = a_channel(Reddit, contract_account("https://oauth.reddit.com")).hand_off
    assert hand_off.compose == "https://www.reddit.com/r/Exampleton/submit"


# --- the practice account ---------------------------------------------------------------------------------------------


@pytest.fixture
def practice() -> Iterator[PracticeServer]:
    """Start the practice platforms."""
    with PracticeServer() as running:
        yield running


def on_practice(practice: PracticeServer, **changes: Any) -> Any:
    """Make the channel of the practice account."""
    account = {
        "type": "reddit",
        "base_url": f"{practice.url}/reddit",
        "client_id": practice_reddit.CLIENT_ID,
        "client_secret": practice_reddit.CLIENT_SECRET,
        "username": USER,
        "password": practice_reddit.PASSWORD,
        "user_agent": AGENT,
        "subreddit": SUBREDDIT,
    }
    return a_channel(Reddit, account, now=datetime.now(UTC), **changes)


def test_a_post_lives_on_the_practice_account(practice: PracticeServer) -> None:
    """Signed in, published, found, answered, changed, deleted twice."""
    channel = on_practice(practice)
    message = a_message(sent=datetime.now(UTC), text="Main Street is closed.\n\nSee u/mayor & **map**.")
    assert channel.sign_in() is None
    outcome = channel.send(Prepared(message))
    assert isinstance(outcome, Delivered), outcome
    assert "Main Street is closed" in requests.get(str(outcome.url), timeout=5).text
    found = channel.find(Prepared(message), datetime.now(UTC))
    assert isinstance(found, Found)
    assert found.delivered.remote_id == outcome.remote_id
    assert isinstance(channel.reply(outcome.receipt, a_prepared(text="It is open.")), Delivered)
    assert isinstance(channel.amend(outcome.receipt, a_prepared(text="It is open.")), Delivered)
    assert [post.text for post in practice.posts] == ["It is open\\."] * 2
    for _ in range(2):
        assert channel.withdraw(outcome.receipt, message) == Delivered()
    assert len(practice.posts) == 1
    assert channel.check() == Works(said=f"u/{USER} in r/{SUBREDDIT}")
    profile = channel.profile()
    assert isinstance(profile, Profile)
    assert profile.parts == {"about": "Official account of the Exampleton Police Department."}


def test_the_practice_account_refuses_what_reddit_refuses(practice: PracticeServer) -> None:
    """A wrong password, another subreddit, too many posts."""
    assert isinstance(on_practice(practice, password="wrong-password").sign_in(), AuthFailed)
    elsewhere = on_practice(practice, subreddit="Elsewhere")
    assert elsewhere.sign_in() is None
    assert isinstance(elsewhere.send(a_prepared()), Rejected)
    channel = on_practice(practice)
    assert channel.sign_in() is None
    outcomes = [channel.send(a_prepared(headline=f"Number {number}")) for number in range(11)]
    assert isinstance(outcomes[-1], Retry)
    assert outcomes[-1].at is not None


def test_a_lost_answer_is_unknown(server: WireServer) -> None:
    """Nothing makes a repeat safe."""
    server.answer = closing
    channel = signed_in(server)
    assert isinstance(channel.send(a_prepared()), Unknown)
    assert channel.capabilities.idempotency == "lookup"
