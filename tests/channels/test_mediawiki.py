"""The wiki channel: what is asked, what each error means, and how a page is known again."""

import hashlib
import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from pydantic import ValidationError

from channels.mediawiki import MediaWiki
from channels.mediawiki.session import with_cookies
from channels.mediawiki.wikitext import MOST_TITLE, page, title_of
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Delivered,
    Found,
    Prepared,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from notifier.lengths import length
from notifier.practice.networks import mediawiki as practice_wiki
from notifier.practice.server import PracticeServer
from tests.channels.messages import NOW, a_channel, a_prepared
from tests.channels.wire import Seen, WireServer, answering, closing, response
from tests.notifications import a_message, some_media

TOKEN = "0123456789abcdef0123456789abcdef66778899+\\"
SESSION = {"session": "wiki_session=abcdefabcdef1234", "token": TOKEN}
RECEIPT = {"remote_id": "12", "url": "https://wiki.exampleton.example/n-1", "revision": "40", "pictures": []}
PASSWORD = "bot-password-93aa"


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {"type": "mediawiki", "base_url": url, "username": "Exampleton PD@notifier", "password": PASSWORD}


def contract_text(body: bytes) -> str | None:
    """Give the text that a page shows."""
    written = dict(parse_qsl(body.decode())).get("text")
    if written is None:
        return None
    lines = re.sub(r"<br>\n|<!--.*?-->|</?div[^>]*>", lambda found: "\n" if found[0] == "<br>\n" else "", written)
    return html.unescape(re.sub(r"</?nowiki>", "", re.sub(r"\[\S+ (<nowiki>.*?</nowiki>)\]", r"\1", lines)))


def contract_state() -> dict[str, Any]:
    """Give a session."""
    return dict(SESSION)


def contract_receipt() -> dict[str, Any]:
    """Give the receipt of a page."""
    return dict(RECEIPT)


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as a wiki does."""
    with WireServer() as started:
        yield started


def signed_in(server: WireServer, **changes: Any) -> Any:
    """Make the channel, with a session."""
    channel = a_channel(MediaWiki, contract_account(server.url), **changes)
    channel.state.change(**SESSION)
    return channel


def form_of(seen: Seen) -> dict[str, str]:
    """Read a form that was sent."""
    return dict(parse_qsl(seen.body.decode(), keep_blank_values=True))


def failing(code: str, text: str = "words") -> bytes:
    """Write an error as the wiki does."""
    return json.dumps({"errors": [{"code": code, "text": text, "module": "edit"}]}).encode()


def edited(number: object = 12, revision: object = 40) -> bytes:
    """Write a yes to an edit."""
    return json.dumps({"edit": {"result": "Success", "pageid": number, "newrevid": revision}}).encode()


def a_page(text: str, number: int = 12, revision: int = 41) -> bytes:
    """Write what the wiki shows of a page."""
    revisions = [{"revid": revision, "slots": {"main": {"content": text}}}]
    return json.dumps({"query": {"pages": [{"pageid": number, "revisions": revisions}]}}).encode()


def in_turn(*answers: bytes | tuple[bytes, dict[str, str]]) -> Any:
    """Answer each request with the next of these."""
    left = list(answers)

    def answer(connection: Any, _seen: Seen) -> bool:
        body, headers = given if isinstance(given := left.pop(0), tuple) else (given, {})
        connection.sendall(response(200, body, headers))
        return True

    return answer


def tokens(**given: str) -> bytes:
    """Write tokens as the wiki does."""
    return json.dumps({"query": {"tokens": given}}).encode()


# --- signing in -------------------------------------------------------------------------------------------------------


def test_it_signs_in_with_cookies_and_keeps_them_with_a_token(server: WireServer) -> None:
    """Three requests; each sends the cookies that the ones before it set."""
    server.answer = in_turn(
        (tokens(logintoken=TOKEN), {"Set-Cookie": "wiki_session=first; path=/; HttpOnly"}),
        (b'{"login":{"result":"Success","lgusername":"Exampleton PD"}}', {"Set-Cookie": "wiki_session=second; path=/"}),
        tokens(csrftoken=TOKEN),
    )
    channel = a_channel(MediaWiki, contract_account(server.url))
    assert channel.sign_in() is None
    assert channel.sign_in() is None
    assert channel.state.read() == {"session": "wiki_session=second", "token": TOKEN}
    first, second, third = server.seen
    assert [seen.headers.get("cookie") for seen in server.seen] == [None, "wiki_session=first", "wiki_session=second"]
    assert form_of(second)["lgname"] == "Exampleton PD@notifier"
    assert (form_of(second)["lgpassword"], form_of(second)["lgtoken"]) == (PASSWORD, TOKEN)
    assert (first.method, third.method) == ("GET", "GET")
    assert parse_qs(urlsplit(third.target).query)["assert"] == ["user"]


@pytest.mark.parametrize(
    ("login", "outcome"),
    [
        ({"result": "Failed", "reason": {"code": "wrongpassword", "text": "Incorrect"}}, AuthFailed),
        ({"result": "Failed", "reason": "Incorrect"}, AuthFailed),
        ({"result": "Aborted", "reason": {"code": "x", "text": "interaction"}}, AuthFailed),
        ({"result": "Failed", "reason": {"code": "login-throttled", "text": "wait"}}, Retry),
        ({"result": "WrongToken"}, Retry),
        ({"result": "NeedToken"}, Retry),
    ],
)
def test_each_way_that_a_sign_in_fails(server: WireServer, login: dict[str, Any], outcome: type[Retry]) -> None:
    """A wrong password stops the channel; what waiting mends is tried again."""
    server.answer = in_turn(tokens(logintoken=TOKEN), json.dumps({"login": login}).encode())
    assert isinstance(a_channel(MediaWiki, contract_account(server.url)).sign_in(), outcome)


def test_a_page_that_is_no_wiki_says_where_to_look(server: WireServer) -> None:
    """The folder of api.php is easily mistaken."""
    server.answer = answering(200, b"<html>Welcome</html>")
    outcome = a_channel(MediaWiki, contract_account(server.url)).sign_in()
    assert isinstance(outcome, Retry)
    assert "base_url" in outcome.reason


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        ("", "a=1; path=/", "a=1"),
        ("a=1", "b=2; expires=Wed, 21-Oct-2026 07:28:00 GMT; path=/, c=3; Secure", "a=1; b=2; c=3"),
        ("a=1; b=2", "a=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT", "b=2"),
        ("a=1", "a=; path=/", ""),
        ("a=1", "b=2; Max-Age=0, c=3; Max-Age=60", "a=1; c=3"),
        ("a=1", 'b="quoted"; path=/', "a=1; b=quoted"),
        ("a=1", "rubbish", "a=1"),
        ("a=1", "", "a=1"),
        ("a=1", f"b={'x' * 9_000}", "a=1"),
    ],
)
def test_cookies_are_kept_as_a_browser_does(before: str, given: str, after: str) -> None:
    """Several headers come joined by commas, and so does a date."""
    assert with_cookies(before, given) == after


@pytest.mark.parametrize("code", ["badtoken", "assertuserfailed", "notloggedin", "mustbeloggedin"])
def test_a_session_that_ended_is_forgotten(server: WireServer, code: str) -> None:
    """The attempt is made again with a new one."""
    channel = signed_in(server)
    server.answer = answering(200, failing(code))
    assert isinstance(channel.send(a_prepared()), Retry)
    assert channel.state.read() == {}


def test_a_session_that_another_process_made_is_kept(server: WireServer) -> None:
    """The old one ended while the new one was already there."""
    channel = signed_in(server)

    def answer(connection: Any, _seen: Seen) -> bool:
        channel.state.change(session="wiki_session=newer", token=TOKEN)
        connection.sendall(response(200, failing("assertuserfailed")))
        return True

    server.answer = answer
    assert isinstance(channel.send(a_prepared()), Retry)
    assert channel.state.read()["session"] == "wiki_session=newer"


# --- publishing -------------------------------------------------------------------------------------------------------


def test_send_creates_a_page(server: WireServer) -> None:
    """Our title and mark, its checksum, only if it is new, only as somebody, the token last."""
    channel = signed_in(server, category="Alerts")
    server.answer = answering(200, edited())
    message = a_message(text="Main Street is closed.", headline="Road closed: [[Main]] Street")
    outcome = channel.send(Prepared(message))
    title = "Alerts/2026-11-22 Road closed: Main Street (n-20261122-195806-k7f3q)"
    url = f"{server.url}/index.php?title={title.replace(' ', '_')}"
    assert outcome == Delivered("12", url, {"remote_id": "12", "url": url, "revision": "40", "pictures": []})
    (seen,) = server.seen
    form = form_of(seen)
    assert (seen.method, seen.target, seen.headers["cookie"]) == ("POST", "/api.php", SESSION["session"])
    assert form["title"] == title
    assert list(form)[-1] == "token"
    assert form["token"] == TOKEN
    assert form["md5"] == hashlib.md5(form["text"].encode()).hexdigest()
    assert form["text"].splitlines()[0] == (
        "<!-- notifier police.exampleton.example/n-20261122-195806-k7f3q/1/publish/x/en/1 -->"
    )
    assert "<nowiki>Main Street is closed.</nowiki>" in form["text"]
    assert form["text"].endswith("[[Category:Alerts]]")
    wanted = {"createonly": "1", "assert": "user", "bot": "1", "errorformat": "plaintext", "formatversion": "2"}
    assert wanted.items() <= form.items()
    assert form["starttimestamp"] == "2026-11-22T19:58:06Z"
    assert form["summary"] == "Road closed: [ [Main] ] Street (n-20261122-195806-k7f3q)"


def test_a_title_that_is_taken_is_looked_into(server: WireServer) -> None:
    """With our mark in it the page is this one; without, it is another's; unread, nobody knows."""
    prepared = a_prepared()
    ours = page(prepared.message, [], None)
    for shown, outcome in ((ours, Delivered), ("Something else", Rejected)):
        server.answer = in_turn(failing("articleexists"), a_page(shown))
        assert isinstance(signed_in(server).send(prepared), outcome)
    server.answer = in_turn(failing("articleexists"), b"<html>")
    assert isinstance(signed_in(server).send(prepared), Unknown)
    gone = json.dumps({"query": {"pages": [{"title": "Alerts", "missing": True}]}}).encode()
    server.answer = in_turn(failing("articleexists"), gone)
    assert isinstance(signed_in(server).send(prepared), Retry)
    assert len(server.posts) == 4, "one request each that could publish"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("ratelimited", Retry),
        ("maxlag", Retry),
        ("readonly", Retry),
        ("blocked", AuthFailed),
        ("autoblocked", AuthFailed),
        ("readapidenied", AuthFailed),
        ("permissiondenied", AuthFailed),
        ("cantcreate", AuthFailed),
        ("protectedtitle", Rejected),
        ("protectedpage", Rejected),
        ("invalidtitle", Rejected),
        ("contenttoobig", Rejected),
        ("spamblacklist", Rejected),
        ("abusefilter-disallowed", Rejected),
        ("titleblacklist-forbidden", Rejected),
        ("pagedeleted", Rejected),
        ("badmd5", Rejected),
        ("something-new", Rejected),
        ("internal_api_error_DBQueryError", Unknown),
    ],
)
def test_send_reads_each_code_inside_a_200(server: WireServer, code: str, outcome: type[Retry]) -> None:
    """The status says nothing."""
    server.answer = answering(200, failing(code), {"Retry-After": "7"})
    told = signed_in(server).send(a_prepared())
    assert type(told) is outcome
    if isinstance(told, Retry):
        assert told.at == NOW + timedelta(seconds=7)
    assert code == "pagedeleted" or "words" in told.reason


def test_a_captcha_and_a_filter_of_the_old_way_are_refusals(server: WireServer) -> None:
    """They come as an edit that failed."""
    for edit in ({"captcha": {"type": "image"}}, {"code": "abusefilter-x", "info": "no"}, {}):
        server.answer = answering(200, json.dumps({"edit": {"result": "Failure", **edit}}).encode())
        assert isinstance(signed_in(server).send(a_prepared()), Rejected)


@pytest.mark.parametrize(
    "body", [b"{}", b"<html>", edited(None), edited("7/../8"), edited(12, True), b'{"edit":[]}', b'{"edit":{}}']
)
def test_a_yes_that_names_no_page_is_unknown(server: WireServer, body: bytes) -> None:
    """It is sent again, and cannot become two."""
    server.answer = answering(200, body)
    channel = signed_in(server)
    assert isinstance(channel.send(a_prepared()), Unknown)
    assert channel.capabilities.idempotency == "key"


def test_what_the_wiki_repeats_of_our_session_is_told_to_nobody(server: WireServer) -> None:
    """Neither cookie nor token nor password."""
    words = f"{TOKEN} abcdefabcdef1234 {PASSWORD}"
    server.answer = answering(200, failing("something", words))
    told = repr(signed_in(server).send(a_prepared()))
    assert not any(secret in told for secret in (TOKEN, "abcdefabcdef1234", PASSWORD))


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_find_tells_ours_from_another_and_from_none(server: WireServer) -> None:
    """It asks with the session, and publishes nothing."""
    prepared = a_prepared()
    channel = signed_in(server)
    server.answer = answering(200, a_page(page(prepared.message, [], None)))
    found = channel.find(prepared, NOW)
    assert isinstance(found, Found)
    assert found.delivered.receipt["revision"] == "41"
    server.answer = answering(200, a_page("Somebody else's"))
    assert isinstance(channel.find(prepared, NOW), CannotTell)
    server.answer = answering(200, b'{"query":{"pages":[{"missing":true}]}}')
    assert channel.find(prepared, NOW) == Absent()
    server.answer = answering(200, failing("readonly"))
    told = channel.find(prepared, NOW)
    assert isinstance(told, CannotTell)
    assert told.unreachable
    assert server.posts == []


def test_amend_changes_the_page_it_read_of(server: WireServer) -> None:
    """By its number, upon the revision that the receipt names; nothing is created."""
    server.answer = answering(200, edited(12, 44))
    outcome = signed_in(server).amend(RECEIPT, a_prepared(text="It is open."))
    assert isinstance(outcome, Delivered)
    assert outcome.receipt == {**RECEIPT, "revision": "44"}
    form = form_of(server.seen[0])
    assert (form["pageid"], form["baserevid"], form["nocreate"]) == ("12", "40", "1")
    assert "title" not in form
    assert "createonly" not in form


@pytest.mark.parametrize(
    "first", [failing("editconflict"), b'{"edit":{"result":"Success","pageid":12,"nochange":true}}']
)
def test_a_change_that_is_there_already_is_delivered(server: WireServer, first: bytes) -> None:
    """Its mark is on the page; somebody else's text is left as it is."""
    prepared = a_prepared()
    server.answer = in_turn(first, a_page(page(prepared.message, [], None), revision=50))
    outcome = signed_in(server).amend(RECEIPT, prepared)
    assert isinstance(outcome, Delivered)
    assert outcome.receipt["revision"] == "50"
    server.answer = in_turn(first, a_page("Somebody else's"))
    assert isinstance(signed_in(server).amend(RECEIPT, prepared), Rejected)


@pytest.mark.parametrize("receipt", [{}, {"remote_id": "12"}, {"remote_id": "x/y", "revision": "1"}])
def test_a_receipt_without_a_page_says_so(server: WireServer, receipt: dict[str, Any]) -> None:
    """Nothing is asked."""
    channel = signed_in(server)
    assert isinstance(channel.amend(receipt, a_prepared()), Rejected)
    assert isinstance(channel.withdraw({"remote_id": "x"}, a_prepared().message), Rejected)
    assert server.seen == []


def test_withdraw_deletes_the_page_and_then_its_pictures(server: WireServer) -> None:
    """What is gone already is gone; the reason quotes nothing of the page."""
    server.answer = in_turn(b'{"delete":{"logid":3}}', failing("missingtitle"))
    receipt = {**RECEIPT, "pictures": ["Notice-1.png"]}
    assert signed_in(server).withdraw(receipt, a_prepared().message) == Delivered()
    forms = [form_of(seen) for seen in server.posts]
    assert [form.get("pageid") or form.get("title") for form in forms] == ["12", "File:Notice-1.png"]
    assert {form["reason"] for form in forms} == {"withdrawn (n-20261122-195806-k7f3q)"}


def test_who_may_not_delete_is_told_what_to_do(server: WireServer) -> None:
    """A person deletes it, or grants it."""
    server.answer = answering(200, failing("permissiondenied"))
    outcome = signed_in(server).withdraw({**RECEIPT, "pictures": ["Notice-1.png"]}, a_prepared().message)
    assert isinstance(outcome, Rejected)
    assert "Special:BotPasswords" in outcome.reason
    assert "https://wiki.exampleton.example/n-1, File:Notice-1.png" in outcome.reason


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("nosuchpageid", Delivered), ("readonly", Retry), ("badtoken", Retry), ("hookaborted", Rejected)],
)
def test_withdraw_reads_each_code(server: WireServer, code: str, outcome: type[Retry]) -> None:
    """As for a post."""
    server.answer = answering(200, failing(code))
    assert isinstance(signed_in(server).withdraw(RECEIPT, a_prepared().message), outcome)


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_pictures_are_uploaded_before_and_shown_with_their_words(server: WireServer) -> None:
    """Under names of this delivery's own, that tell the type; what is there already is this picture."""
    message = a_message(media=(some_media(alt="A [map]"), replace(some_media(), media_type="image/jpeg")))
    server.answer = in_turn(b'{"upload":{"result":"Success"}}', failing("fileexists-no-change"))
    prepared = signed_in(server).prepare(message, {})
    assert isinstance(prepared, Prepared)
    first, second = prepared.saved["pictures"]
    assert first.startswith("Notice-n-20261122-195806-k7f3q-")
    assert (first[-6:], second[-6:]) == ("-1.png", "-2.jpg")
    assert b'name="ignorewarnings"' in server.posts[0].body
    assert message.media[0].data in server.posts[0].body
    assert f"[[File:{first}|frameless|alt=<nowiki>A [map]</nowiki>]]" in page(message, [first, second], None)
    again = signed_in(server).prepare(message, prepared.saved)
    assert again == prepared
    assert len(server.posts) == 2, "what is saved is not uploaded again"


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (failing("uploaddisabled"), Rejected),
        (failing("permissiondenied"), AuthFailed),
        (failing("verification-error"), Rejected),
        (failing("backend-fail-internal"), Unknown),
        (b'{"upload":{"result":"Warning"}}', Retry),
        (b"<html>", Retry),
    ],
)
def test_an_upload_that_fails_publishes_nothing(server: WireServer, body: bytes, outcome: type[Retry]) -> None:
    """No page without its picture."""
    server.answer = answering(200, body)
    assert isinstance(signed_in(server).prepare(a_message(media=(some_media(),)), {}), outcome)


def test_a_wiki_without_uploads_gets_the_text(server: WireServer) -> None:
    """pictures = false: none is planned, and what was planned before is left out."""
    channel = signed_in(server, pictures=False)
    assert channel.capabilities.pictures is None
    prepared = channel.prepare(a_message(media=(some_media(),)), {})
    server.answer = answering(200, edited())
    assert isinstance(channel.send(prepared), Delivered)
    assert "File:" not in form_of(server.seen[0])["text"]


# --- titles and settings ----------------------------------------------------------------------------------------------


def test_titles_keep_languages_and_updates_apart_and_fit() -> None:
    """In any script, at any length; the date is the town's."""
    pattern = "Alerts/{date} {headline} ({id})"
    message = a_message(id="n-1", headline="東京" * 300, language="es", languages=("en", "es"), revision=2)
    title = title_of(pattern, message)
    assert title.startswith("Alerts/2026-11-22 東京")
    assert title.endswith(" (n-1.2.es)")
    assert MOST_TITLE - 3 < len(title.encode()) <= MOST_TITLE
    late = replace(message, created=NOW.replace(hour=4, minute=30))
    assert title_of(pattern, late).startswith("Alerts/2026-11-21 "), "half past eleven the night before, in Exampleton"
    assert title_of("Notices/{id}", replace(message, language="en", revision=1)) == "Notices/n-1"


def test_the_longest_text_fits_a_page_of_two_mebibytes() -> None:
    """Even when each sign is a line, or one that is written as five."""
    most = MediaWiki.limit()
    for text in ("a\n" * (most.amount // 2), "&" * most.amount, "東" * (most.amount // 3)):
        assert most.amount - 2 <= length(text, most.unit) <= most.amount
        assert len(page(a_message(text=text), [], None).encode()) < 2_097_152


@pytest.mark.parametrize(
    "host",
    [
        "en.wikipedia.org",
        "wikipedia.org",
        "commons.wikimedia.org",
        "www.mediawiki.org",
        "EN.Wikipedia.ORG.",
        "wikidata.org",
    ],
)
def test_wikimedias_wikis_are_refused(host: str) -> None:
    """With the way that there is."""
    with pytest.raises(ValidationError, match='type = "handoff", service = "wikipedia"'):
        MediaWiki.Settings.model_validate(contract_account(f"https://{host}/w"))


@pytest.mark.parametrize("host", ["wiki.exampleton.example", "wikipedia.org.exampleton.example", "notwikipedia.org"])
def test_other_wikis_are_taken(host: str) -> None:
    """Whatever they are called; a page's address is mended."""
    settings = MediaWiki.Settings.model_validate(contract_account(f"https://{host}/w/api.php"))
    assert settings.base_url == f"https://{host}/w"


@pytest.mark.parametrize(
    "title",
    [
        "Alerts/{date}",
        "",
        "{headline} {id}",
        ":Main {id}",
        "A[b] {id}",
        "A {when} {id}",
        "A {{id}}",
        "x" * 121 + "{id}",
    ],
)
def test_titles_that_cannot_be_are_refused(title: str) -> None:
    """In a sentence, when the settings are read."""
    with pytest.raises(ValidationError, match=r"add it|is no title"):
        MediaWiki.Settings.model_validate({**contract_account("https://wiki.example"), "title": title})


def test_a_person_finds_where_to_write() -> None:
    """The wiki offers to make what is searched for in vain."""
    hand_off = a_channel(MediaWiki, contract_account("https://wiki.exampleton.example/w")).hand_off
    assert hand_off.compose == "https://wiki.exampleton.example/w/index.php?title=Special:Search"
    assert hand_off.hosts == ("wiki.exampleton.example",)


# --- check ------------------------------------------------------------------------------------------------------------

ALL = ["edit", "createpage", "upload", "delete"]


@pytest.mark.parametrize(
    ("user", "site", "said"),
    [
        ({"rights": ALL}, {"uploadsenabled": True}, None),
        ({"rights": ALL[:3]}, {}, "it may not delete, so nothing can be withdrawn"),
        ({"rights": ["edit", "createpage", "delete"]}, {}, "it may not upload, so set pictures = false"),
        ({"rights": ALL}, {"uploadsenabled": False}, "the wiki takes no uploads: set pictures = false"),
        ({"rights": ALL}, {"readonly": True}, "the wiki is read-only for now"),
    ],
)
def test_check_tells_what_a_person_must_know(
    server: WireServer, user: dict[str, Any], site: dict[str, Any], said: str | None
) -> None:
    """Nothing is written."""
    server.answer = answering(200, json.dumps({"query": {"userinfo": user, "general": site}}).encode())
    assert signed_in(server).check() == Works(said=said)
    assert server.posts == []


@pytest.mark.parametrize("user", [{"rights": ["read"]}, {"rights": ALL, "blockid": 4}])
def test_check_stops_an_account_that_may_not_write(server: WireServer, user: dict[str, Any]) -> None:
    """Before the first notification does."""
    server.answer = answering(200, json.dumps({"query": {"userinfo": user}}).encode())
    assert isinstance(signed_in(server).check(), AuthFailed)


def test_check_makes_a_session_anew_that_has_ended(server: WireServer) -> None:
    """An old session is no trouble of the account."""
    works = json.dumps({"query": {"userinfo": {"rights": ALL}}}).encode()
    server.answer = in_turn(
        failing("assertuserfailed"),
        tokens(logintoken=TOKEN),
        b'{"login":{"result":"Success"}}',
        tokens(csrftoken=TOKEN),
        works,
    )
    assert signed_in(server).check() == Works()


def test_a_lost_answer_is_unknown_and_sent_again_as_it_was(server: WireServer) -> None:
    """Byte by byte."""
    channel = signed_in(server)
    server.answer = closing
    assert isinstance(channel.send(a_prepared()), Unknown)
    server.answer = answering(200, edited())
    assert isinstance(channel.send(a_prepared(attempt=2)), Delivered)
    assert server.posts[0].body == server.posts[1].body


# --- the practice wiki ------------------------------------------------------------------------------------------------


def test_a_page_lives_on_the_practice_wiki() -> None:
    """Signed in, published twice as one, found, changed, deleted with its picture; it shows what was written."""
    with PracticeServer() as practice:
        account = {"base_url": f"{practice.url}/mediawiki", "username": practice_wiki.USER}
        account |= {"type": "mediawiki", "password": practice_wiki.PASSWORD}
        channel = a_channel(MediaWiki, account, now=datetime.now(UTC))
        link = "https://city.example/closures"
        text = f"Main Street is <closed> & ''more''.\n\nMore: {link}"
        sent = datetime.now(UTC) - timedelta(minutes=1)
        message = a_message(sent=sent, text=text, links=(link,), media=(some_media(),))
        assert channel.check() == Works()
        prepared = channel.prepare(message, {})
        outcome = channel.send(prepared)
        assert isinstance(outcome, Delivered), outcome
        assert channel.send(prepared) == outcome
        assert channel.find(prepared, NOW) == Found(outcome)
        (post,) = (post for post in practice.posts if post.public)
        assert " ".join(practice_wiki.MediaWiki.seen(post.text).split()) == " ".join(text.replace("''", "").split())
        changed = channel.amend(outcome.receipt, Prepared(a_message(text="Open.")))
        assert isinstance(changed, Delivered), changed
        assert channel.amend(outcome.receipt, Prepared(a_message(text="Open."))) == changed
        for _ in range(2):
            assert channel.withdraw(changed.receipt, message) == Delivered()
        assert practice.posts == []
        assert channel.find(prepared, NOW) == Absent()
        assert isinstance(channel.send(prepared), Rejected), "what was deleted comes not back"
        wrong = a_channel(MediaWiki, {**account, "password": "wrong-password"})
        assert isinstance(wrong.sign_in(), AuthFailed)
