"""The blog channel: what is asked, what each error means, and how a draft makes a repeat safe."""

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from channels.wordpress import WordPress
from channels.wordpress.markup import content_of, slug_of, text_of
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
from notifier.practice.networks import wordpress as practice_blog
from notifier.practice.server import PracticeServer
from tests.channels.messages import NOW, a_channel, a_prepared
from tests.channels.wire import Seen, WireServer, answering, closing, response
from tests.notifications import a_message, some_media

PASSWORD = "abcd efgh ijkl mnop"
LINK = "https://blog.exampleton.example/road-closed/"
RECEIPT = {"remote_id": "7", "url": LINK, "pictures": []}
PICTURE = {"id": 4, "source_url": "https://blog.exampleton.example/a.png"}


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {"type": "wordpress", "base_url": url, "username": "exampletonpd", "password": PASSWORD}


def contract_text(body: bytes) -> str | None:
    """Give the text that a post shows."""
    written = json.loads(body).get("content") if body.startswith(b"{") else None
    if not isinstance(written, str):
        return None
    return html.unescape(re.sub(r"<(?!br)[^>]*>", "", re.sub(r"<br ?/>", "\n", written)))


def contract_saved() -> dict[str, Any]:
    """Give a draft."""
    return {"post": 7}


def contract_receipt() -> dict[str, Any]:
    """Give the receipt of a post."""
    return dict(RECEIPT)


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as a blog does."""
    with WireServer() as started:
        yield started


def the_channel(server: WireServer, **changes: Any) -> Any:
    """Make the channel."""
    return a_channel(WordPress, contract_account(server.url), **changes)


def drafted(**changes: Any) -> Prepared:
    """Make a message whose draft is there."""
    return Prepared(a_message(**changes), {"post": 7})


def a_post(status: str = "publish", number: object = 7, link: str = LINK) -> dict[str, Any]:
    """Write a post as the blog does."""
    return {"id": number, "status": status, "link": link}


def in_turn(*answers: tuple[int, object]) -> Any:
    """Answer each request with the next of these."""
    left = list(answers)

    def answer(connection: Any, _seen: Seen) -> bool:
        status, body = left.pop(0)
        connection.sendall(response(status, json.dumps(body).encode()))
        return True

    return answer


def failing(code: str, **more: Any) -> bytes:
    """Write an error as the blog does."""
    return json.dumps({"code": code, "message": "words", "data": more}).encode()


def asked(seen: Seen) -> dict[str, str]:
    """Read the question of a request."""
    return dict(parse_qsl(urlsplit(seen.target).query))


# --- publishing -------------------------------------------------------------------------------------------------------


def test_send_publishes_the_draft_with_all_that_it_shows(server: WireServer) -> None:
    """One request, by the draft's number: title, text, excerpt, our slug."""
    server.answer = answering(200, json.dumps(a_post()).encode())
    channel = the_channel(server, categories=(3,), tags=(4, 5), comments=False)
    prepared = drafted(text="Main Street <closed>.", beside={"short": "Closed & so."}, headline="Road <closed>")
    assert channel.send(prepared) == Delivered("7", LINK, RECEIPT)
    (seen,) = server.seen
    assert (seen.method, asked(seen)) == ("POST", {"rest_route": "/wp/v2/posts/7"})
    assert seen.headers["authorization"] == "Basic " + base64.b64encode(f"exampletonpd:{PASSWORD}".encode()).decode()
    assert json.loads(seen.body) == {
        "title": "Road &lt;closed&gt;",
        "content": '<p lang="en" dir="auto">Main Street &#60;closed&#62;.</p>',
        "excerpt": "Closed &#38; so.",
        "slug": slug_of(prepared.message),
        "status": "publish",
        "categories": [3],
        "tags": [4, 5],
        "comment_status": "closed",
    }


def test_pretty_links_lead_to_wp_json(server: WireServer) -> None:
    """Where index.php?rest_route= is refused."""
    server.answer = answering(200, json.dumps(a_post()).encode())
    channel = the_channel(server, pretty_links=True)
    assert isinstance(channel.send(drafted()), Delivered)
    assert isinstance(channel.find(drafted(), NOW), CannotTell)
    assert server.seen[0].target == "/wp-json/wp/v2/posts/7"
    assert server.seen[1].target.startswith(f"/wp-json/wp/v2/posts?slug={slug_of(drafted().message)},")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (401, failing("rest_cannot_create"), AuthFailed),
        (401, failing("incorrect_password"), AuthFailed),
        (403, failing("rest_cannot_publish"), AuthFailed),
        (403, failing("rest_forbidden_context"), AuthFailed),
        (403, b"<html>Request blocked</html>", Rejected),
        (406, b"<html>Not acceptable</html>", Rejected),
        (429, b"<html>Slow down</html>", Retry),
        (503, b"<html>Briefly unavailable for scheduled maintenance</html>", Retry),
        (502, b"<html>Bad gateway</html>", Unknown),
        (500, failing("internal_server_error"), Unknown),
        (404, b"<html>Not found</html>", Rejected),
        (404, failing("rest_no_route"), Rejected),
        (404, failing("rest_post_invalid_id"), Retry),
        (400, failing("rest_invalid_param", params={"categories": "x"}), Rejected),
        (400, failing("rest_invalid_param", params={"status": "Status is forbidden."}), AuthFailed),
        (413, b"<html>", Rejected),
        (200, b"<html>Checking your browser</html>", Unknown),
        (200, json.dumps(a_post("pending")).encode(), Rejected),
        (200, json.dumps(a_post("trash")).encode(), Rejected),
        (200, json.dumps(a_post(number="7/8")).encode(), Unknown),
        (200, json.dumps(a_post(number=True)).encode(), Unknown),
        (200, b"{}", Unknown),
    ],
)
def test_send_reads_each_answer(server: WireServer, status: int, body: bytes, outcome: type[Retry]) -> None:
    """The blog's own, and a firewall's page before it."""
    server.answer = answering(status, body, {"Retry-After": "600"})
    told = the_channel(server).send(drafted())
    assert type(told) is outcome, told
    if isinstance(told, Retry) and status != 404:
        assert told.at == NOW + timedelta(seconds=600)


def test_a_plugins_warning_before_the_answer_is_passed_over(server: WireServer) -> None:
    """PHP writes them wherever it stands."""
    server.answer = answering(200, b"<br /><b>Warning</b>: x in y.php\n" + json.dumps(a_post()).encode())
    assert isinstance(the_channel(server).send(drafted()), Delivered)


def test_a_hostile_address_is_not_kept(server: WireServer) -> None:
    """The post's number leads there too."""
    server.answer = answering(200, json.dumps(a_post(link="javascript:alert(1)")).encode())
    assert the_channel(server).send(drafted()).url == f"{server.url}/?p=7"


def test_without_a_draft_nothing_is_sent(server: WireServer) -> None:
    """It could be published twice."""
    assert isinstance(the_channel(server).send(Prepared(a_message())), Retry)
    assert server.seen == []


def test_a_lost_answer_is_unknown_and_sent_again_as_it_was(server: WireServer) -> None:
    """Byte by byte."""
    channel = the_channel(server)
    server.answer = closing
    assert isinstance(channel.send(drafted()), Unknown)
    server.answer = answering(200, json.dumps(a_post()).encode())
    assert isinstance(channel.send(drafted()), Delivered)
    assert server.posts[0].body == server.posts[1].body
    assert channel.capabilities.idempotency == "key"


# --- before -----------------------------------------------------------------------------------------------------------


def test_prepare_makes_a_draft_where_there_is_none(server: WireServer) -> None:
    """It asks for our slug in every state, the trash too."""
    server.answer = in_turn((200, []), (201, a_post("draft", 9)))
    prepared = the_channel(server).prepare(a_message(), {})
    assert prepared == Prepared(a_message(), {"post": 9})
    looked, made = server.seen
    slug = slug_of(a_message())
    question = {"slug": f"{slug},{slug}__trashed", "status": "publish,draft,pending,private,future,trash"}
    assert asked(looked) == {"rest_route": "/wp/v2/posts", "context": "edit", **question}
    assert json.loads(made.body) == {"title": "Road closed: Main Street", "slug": slug, "status": "draft"}


@pytest.mark.parametrize("status", ["draft", "publish", "pending"])
def test_prepare_finds_what_an_earlier_attempt_made(server: WireServer, status: str) -> None:
    """By the slug; nothing is made."""
    server.answer = in_turn((200, [a_post(status, 9)]))
    assert the_channel(server).prepare(a_message(), {}) == Prepared(a_message(), {"post": 9})
    assert server.posts == []


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([(200, [a_post("trash")])], Rejected),
        ([(200, {"no": "list"})], Retry),
        ([(200, [{"id": "x"}])], Retry),
        ([(400, json.loads(failing("rest_invalid_param", params={"status": "no"})))], AuthFailed),
        ([(200, []), (201, {"id": None})], Retry),
        ([(200, []), (403, json.loads(failing("rest_cannot_create")))], AuthFailed),
    ],
)
def test_a_draft_that_cannot_be_made_is_an_outcome(server: WireServer, answers: Any, outcome: type[Retry]) -> None:
    """Nothing was published."""
    server.answer = in_turn(*answers)
    assert isinstance(the_channel(server).prepare(a_message(), {}), outcome)


def test_pictures_are_uploaded_once_with_their_words(server: WireServer) -> None:
    """One that is there already is found by its name; the rest is sent with its alt text."""
    message = a_message(media=(some_media(alt="A map"), replace(some_media(), media_type="image/jpeg")))
    second = {"id": 5, "source_url": "https://blog.exampleton.example/b.jpg"}
    server.answer = in_turn((200, [PICTURE]), (200, []), (201, second))
    prepared = the_channel(server).prepare_change(message, {})
    assert isinstance(prepared, Prepared)
    assert prepared.saved == {"pictures": [[4, PICTURE["source_url"]], [5, second["source_url"]]]}
    (post,) = server.posts
    assert b'name="alt_text"' in post.body
    assert b'-2.jpg"' in post.body
    assert the_channel(server).prepare_change(message, prepared.saved) == prepared
    assert len(server.seen) == 3, "what is saved is not asked for again"


def test_the_first_picture_is_the_posts_where_it_may(server: WireServer) -> None:
    """Themes show it in their lists."""
    server.answer = answering(200, json.dumps(a_post()).encode())
    prepared = Prepared(
        a_message(media=(some_media(alt='"map"'),)), {"post": 7, "pictures": [[4, "https://b.example/a"]]}
    )
    outcome = the_channel(server).send(prepared)
    assert outcome.receipt["pictures"] == [[4, "https://b.example/a"]]
    body = json.loads(server.seen[0].body)
    assert body["featured_media"] == 4
    assert 'src="https://b.example/a" alt="&#34;map&#34;"' in body["content"]
    the_channel(server, featured=False).send(prepared)
    assert "featured_media" not in json.loads(server.seen[1].body)


# --- afterwards -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ([], Absent),
        ([a_post("draft")], Absent),
        ([a_post()], Found),
        ([a_post("trash"), a_post()], Found),
        ([a_post("trash")], CannotTell),
        ([a_post("pending")], CannotTell),
        ({"code": "x"}, CannotTell),
    ],
)
def test_find_reads_what_the_account_sees(server: WireServer, body: object, finding: type[Absent]) -> None:
    """A draft is no post, and absence is proved."""
    server.answer = answering(200, json.dumps(body).encode())
    assert isinstance(the_channel(server).find(drafted(), NOW), finding)


def test_a_blog_that_cannot_be_asked_is_asked_again(server: WireServer) -> None:
    """It proves nothing."""
    server.answer = answering(503)
    told = the_channel(server).find(drafted(), NOW)
    assert isinstance(told, CannotTell)
    assert told.unreachable


def test_amend_keeps_address_and_slug(server: WireServer) -> None:
    """Only what is shown is written; what is in the trash or gone is not brought back."""
    server.answer = answering(200, json.dumps(a_post()).encode())
    assert the_channel(server).amend(RECEIPT, a_prepared(text="Open.")) == Delivered("7", LINK, RECEIPT)
    assert json.loads(server.seen[0].body).keys() == {"title", "content", "excerpt"}
    for status, body in ((404, failing("rest_post_invalid_id")), (200, json.dumps(a_post("trash")).encode())):
        server.answer = answering(status, body)
        assert isinstance(the_channel(server).amend(RECEIPT, a_prepared()), Rejected)
    assert isinstance(the_channel(server).amend({"remote_id": "x"}, a_prepared()), Rejected)


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([(200, {**a_post("trash")})], Delivered),
        ([(410, json.loads(failing("rest_already_trashed")))], Delivered),
        ([(404, json.loads(failing("rest_post_invalid_id")))], Delivered),
        ([(404, json.loads(failing("rest_no_route")))], Rejected),
        ([(501, json.loads(failing("rest_trash_not_supported"))), (200, {"deleted": True})], Delivered),
        ([(403, json.loads(failing("rest_cannot_delete")))], AuthFailed),
        ([(200, {})], Unknown),
        ([(500, {})], Unknown),
    ],
)
def test_withdraw_reads_each_answer(server: WireServer, answers: Any, outcome: type[Retry]) -> None:
    """What is gone is gone; a blog without a trash deletes."""
    server.answer = in_turn(*answers)
    assert isinstance(the_channel(server).withdraw(RECEIPT, a_message()), outcome)
    assert all(seen.method == "DELETE" for seen in server.seen)


def test_withdraw_takes_the_pictures_away_too(server: WireServer) -> None:
    """They would stay where they are."""
    server.answer = in_turn((410, {}), (200, {"deleted": True}), (404, json.loads(failing("rest_post_invalid_id"))))
    receipt = {**RECEIPT, "pictures": [[4, "https://a.example"], [5, "https://b.example"]]}
    assert the_channel(server).withdraw(receipt, a_message()) == Delivered()
    assert [asked(seen)["rest_route"] for seen in server.seen] == ["/wp/v2/posts/7", "/wp/v2/media/4", "/wp/v2/media/5"]
    assert asked(server.seen[1])["force"] == "true"


# --- texts ------------------------------------------------------------------------------------------------------------


def test_a_text_holds_no_sign_that_means_something() -> None:
    """What is left are letters, digits, entities and harmless signs."""
    assert text_of("[gallery] <b> 8) & 3x4 ...") == ("&#91;gallery&#93; &#60;b&#62; 8&#41; &#38; 3&#120;4 .&#46;&#46;")
    assert text_of("東京 👨‍👩‍👧‍👦 שלום") == "東京 👨‍👩‍👧‍👦 שלום"
    assert text_of("a\x00\n b\u202e") == "a b"


def test_only_links_of_the_notification_are_live() -> None:
    """Another address, and another scheme, stay words."""
    message = a_message(
        text="See https://city.example/a\n\nand https://evil.example",
        links=("https://city.example/a", "javascript:alert(1)"),
    )
    content = content_of(message, [])
    assert content.count("<a ") == 1
    assert '<a href="https://city.example/a">https&#58;&#47;&#47;city.example&#47;a</a></p>' in content


def test_a_slug_is_readable_and_its_own() -> None:
    """Words of the headline; another key is another slug; no script breaks it."""
    assert slug_of(a_message(headline="Cierre vial: Calle José")).startswith("cierre-vial-calle-jose-")
    assert slug_of(a_message()) != slug_of(a_message(key="another"))
    assert len(slug_of(a_message(headline="東京"))) == 16


# --- check ------------------------------------------------------------------------------------------------------------

AUTHOR = {"publish_posts": True, "upload_files": True, "delete_published_posts": True}


@pytest.mark.parametrize(
    ("capabilities", "outcome"),
    [
        (AUTHOR, Works()),
        ({**AUTHOR, "upload_files": False}, Works(said="it may not upload pictures")),
        ({"publish_posts": True, "upload_files": True}, Works(said="it may not take posts down")),
    ],
)
def test_check_tells_what_a_person_must_know(server: WireServer, capabilities: Any, outcome: Works) -> None:
    """Nothing is written."""
    server.answer = answering(200, json.dumps({"id": 1, "capabilities": capabilities}).encode())
    assert the_channel(server).check() == outcome
    assert server.posts == []


def test_check_stops_who_may_not_publish(server: WireServer) -> None:
    """And says where no blog is."""
    server.answer = answering(200, b'{"id":1,"capabilities":{"read":true}}')
    assert isinstance(the_channel(server).check(), AuthFailed)
    server.answer = answering(200, b"<html>")
    assert isinstance(the_channel(server).check(), Rejected)
    server.answer = answering(401, failing("rest_not_logged_in"))
    assert isinstance(the_channel(server).check(), AuthFailed)


def test_a_person_writes_in_the_blogs_own_editor() -> None:
    """At its own host."""
    hand_off = a_channel(WordPress, contract_account("https://blog.exampleton.example")).hand_off
    assert hand_off.compose == "https://blog.exampleton.example/wp-admin/post-new.php"
    assert hand_off.hosts == ("blog.exampleton.example",)


# --- the practice blog ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pretty", [True, False])
def test_a_post_lives_on_the_practice_blog(pretty: bool) -> None:
    """A draft, published twice as one, found, changed, taken down with its picture; it shows what was written."""
    with PracticeServer() as practice:
        account = {"base_url": f"{practice.url}/wordpress", "username": practice_blog.USER, "pretty_links": pretty}
        account |= {"type": "wordpress", "password": practice_blog.PASSWORD}
        channel = a_channel(WordPress, account)
        text = "Main Street is <closed> & [gallery].\n\nUse 8) Oak Street."
        message = a_message(text=text, media=(some_media(alt="A map"),))
        assert channel.check() == Works()
        prepared = channel.prepare(message, {})
        assert channel.find(prepared, NOW) == Absent()
        assert channel.prepare(message, {}) == prepared
        outcome = channel.send(prepared)
        assert isinstance(outcome, Delivered), outcome
        assert channel.send(prepared) == outcome
        assert channel.find(prepared, NOW) == Found(outcome)
        (post,) = practice.posts
        assert " ".join(post.text.split()) == " ".join(text.split())
        assert [picture.alt for picture in post.pictures] == ["A map"]
        changed = channel.amend(outcome.receipt, channel.prepare_change(a_message(text="Open."), {}))
        assert changed == outcome
        for _ in range(2):
            assert channel.withdraw(outcome.receipt, message) == Delivered()
        assert isinstance(channel.prepare(message, {}), Rejected)
        wrong = a_channel(WordPress, {**account, "password": "wrong-password"})
        assert isinstance(wrong.prepare(message, {}), AuthFailed)
