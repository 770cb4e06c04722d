"""X, as strict as X."""

from datetime import UTC, datetime

import pytest
import requests
from requests_oauthlib import OAuth1

from notifier.practice.networks.x import USER_ID
from notifier.practice.server import PracticeServer
from tests.practice.clients import X_KEYS, tweet, x
from tests.practice.conftest import Hands


def test_a_signed_post_is_published_with_an_id_and_the_rate(http: requests.Session, server: PracticeServer) -> None:
    """A signed post answers 201 with X's shape, stands in public and tells the rate that is left."""
    answer = tweet(http, server, "Main Street is closed.")
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["text"] == "Main Street is closed."
    assert len(data["id"]) == 19
    assert [(post.id, post.text) for post in server.posts] == [(data["id"], "Main Street is closed.")]
    assert answer.headers["x-rate-limit-limit"] == "100"
    assert answer.headers["x-rate-limit-remaining"] == "99"
    assert int(answer.headers["x-rate-limit-reset"]) > server.clock().timestamp()


@pytest.mark.parametrize("wrong", range(4))
def test_each_of_the_four_keys_must_be_right(http: requests.Session, server: PracticeServer, wrong: int) -> None:
    """One wrong key or secret is refused as unauthorized, and nothing is published."""
    key, secret, token, token_secret = ("another" if n == wrong else given for n, given in enumerate(X_KEYS))
    answer = tweet_with(http, server, OAuth1(key, secret, token, token_secret))
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json() == {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    assert server.posts == []


def tweet_with(http: requests.Session, server: PracticeServer, auth: object) -> requests.Response:
    """Post with another signature than the right one."""
    return x(http, server, "POST", "/2/tweets", json={"text": "Main Street is closed."}, auth=auth)


def test_an_unsigned_or_bearer_post_is_refused(http: requests.Session, server: PracticeServer) -> None:
    """A post without an OAuth 1.0a signature is refused."""
    assert tweet_with(http, server, lambda request: request).status_code == 401
    answer = x(
        http, server, "POST", "/2/tweets", json={"text": "a"}, auth=None, headers={"Authorization": "Bearer practice"}
    )
    assert answer.status_code == 401


def test_a_signed_request_works_only_once(http: requests.Session, server: PracticeServer) -> None:
    """The same nonce again is refused, even for another text."""
    answer = tweet(http, server, "first")
    signed = {"Authorization": answer.request.headers["Authorization"]}
    again = x(http, server, "POST", "/2/tweets", json={"text": "second"}, auth=None, headers=signed)
    assert (answer.status_code, again.status_code) == (201, 401)


def test_a_stale_signature_is_refused(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """A signature made six minutes ago, or with a clock six minutes ahead, is refused."""
    hands.pass_by(360)
    assert tweet(http, server, "late").status_code == 401
    hands.pass_by(-720)
    assert tweet(http, server, "early").status_code == 401


def test_the_signature_covers_the_query(http: requests.Session, server: PracticeServer) -> None:
    """A query parameter changed after signing is refused; signed with spaces and signs it is read."""
    path = f"/2/users/{USER_ID}/tweets"
    good = x(http, server, "GET", path, params={"start_time": "2026-01-01T00:00:00+00:00", "max_results": "5"})
    assert good.status_code == 200
    signed = {"Authorization": good.request.headers["Authorization"]}
    changed = x(http, server, "GET", path, params={"max_results": "6"}, auth=None, headers=signed)
    assert changed.status_code == 401


def test_an_unknown_field_is_refused_by_name(http: requests.Session, server: PracticeServer) -> None:
    """A field that X does not know answers 400 with a problem that names it in errors[]."""
    answer = tweet(http, server, "a", status="b")
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["title"] == "Invalid Request"
    assert problem["errors"][0]["parameters"] == {"status": ["b"]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": 7},
        {"text": "a", "media": {"media_ids": ["1"]}},
        {"text": "a", "reply": {"in_reply_to_tweet_id": 1}},
        {"text": "a", "reply_settings": "friends"},
        {"text": "a", "made_with_ai": "no"},
        ["text"],
    ],
)
def test_a_wrong_shape_is_refused(http: requests.Session, server: PracticeServer, body: object) -> None:
    """A body of the wrong shape answers 400 and publishes nothing."""
    assert x(http, server, "POST", "/2/tweets", json=body).status_code == 400
    assert server.posts == []


def test_a_form_is_no_json(http: requests.Session, server: PracticeServer) -> None:
    """X takes JSON only."""
    answer = x(http, server, "POST", "/2/tweets", data={"text": "a"})
    assert (answer.status_code, server.posts) == (415, [])


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("a" * 280, 201),
        ("a" * 281, 403),
        ("\u8b66" * 140, 201),
        ("\u8b66" * 141, 403),
        ("a" * 256 + " https://example.org/" + "b" * 200, 201),
        ("a" * 257 + " https://example.org/", 403),
        ("$ABC is up", 201),
        ("$ABC and $XYZ", 403),
        ("a fine of $50 or $100", 201),
    ],
)
def test_the_text_is_counted_as_x_counts(
    http: requests.Session, server: PracticeServer, text: str, status: int
) -> None:
    """280 weighted, a wide character 2, an address 23, one cashtag."""
    assert tweet(http, server, text).status_code == status


def test_a_duplicate_is_refused_in_x_own_words(http: requests.Session, server: PracticeServer) -> None:
    """The same text again is the exact 403 that X sends; once deleted it may be posted again."""
    first = tweet(http, server, "Main Street is closed.")
    again = tweet(http, server, "Main Street is closed. ")
    assert again.status_code == 403
    assert again.json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    gone = x(http, server, "DELETE", f"/2/tweets/{first.json()['data']['id']}")
    assert gone.json() == {"data": {"deleted": True}}
    assert server.posts == []
    assert tweet(http, server, "Main Street is closed.").status_code == 201


def test_deleting_what_is_not_there_is_not_found(http: requests.Session, server: PracticeServer) -> None:
    """An unknown post cannot be deleted."""
    assert x(http, server, "DELETE", "/2/tweets/123").status_code == 404


def test_a_reply_needs_its_post(http: requests.Session, server: PracticeServer) -> None:
    """A reply to an own post is published, one to nothing is refused."""
    first = tweet(http, server, "one").json()["data"]["id"]
    assert tweet(http, server, "two", reply={"in_reply_to_tweet_id": first}).status_code == 201
    assert tweet(http, server, "three", reply={"in_reply_to_tweet_id": "1"}).status_code == 403


def test_the_hundred_and_first_post_is_refused_until_the_window_ends(
    http: requests.Session, server: PracticeServer, hands: Hands
) -> None:
    """A hundred posts in 15 minutes; the next answers 429 with nothing remaining, and after the reset it goes."""
    for number in range(100):
        assert tweet(http, server, f"post {number}").status_code == 201
    spent = tweet(http, server, "one more")
    assert spent.status_code == 429
    assert spent.headers["x-rate-limit-remaining"] == "0"
    hands.now = datetime.fromtimestamp(int(spent.headers["x-rate-limit-reset"]), UTC)
    later = OAuth1(*X_KEYS, timestamp=str(int(hands.now.timestamp())))
    answer = x(http, server, "POST", "/2/tweets", json={"text": "one more"}, auth=later)
    assert (answer.status_code, answer.headers["x-rate-limit-remaining"]) == (201, "99")


def test_the_timeline_wraps_links_and_escapes_signs(http: requests.Session, server: PracticeServer) -> None:
    """The timeline gives the newest first, with t.co links, their entities, and & < > escaped."""
    tweet(http, server, "one")
    tweet(http, server, "Oak & Elm: https://example.org/a?b=c <now>")
    asked = {"max_results": "5", "tweet.fields": "created_at,entities"}
    told = x(http, server, "GET", f"/2/users/{USER_ID}/tweets", params=asked).json()
    newest = told["data"][0]
    link = newest["entities"]["urls"][0]
    assert newest["text"] == f"Oak &amp; Elm: {link['url']} &lt;now&gt;"
    assert link["url"].startswith("https://t.co/")
    assert link["expanded_url"] == "https://example.org/a?b=c"
    assert newest["created_at"].endswith("Z")
    assert told["data"][1]["text"] == "one"
    assert told["meta"]["result_count"] == 2


def test_the_timeline_begins_at_start_time_and_goes_on_by_token(
    http: requests.Session, server: PracticeServer, hands: Hands
) -> None:
    """start_time leaves out what is older; what max_results leaves out is had with the next token."""
    tweet(http, server, "old")
    hands.pass_by(10)
    start = hands.now.isoformat()
    for number in range(7):
        tweet(http, server, f"post {number}")
    path = f"/2/users/{USER_ID}/tweets"
    first = x(http, server, "GET", path, params={"max_results": "5", "start_time": start}).json()
    token = first["meta"]["next_token"]
    rest = x(
        http, server, "GET", path, params={"max_results": "5", "start_time": start, "pagination_token": token}
    ).json()
    texts = [post["text"] for page in (first, rest) for post in page["data"]]
    assert texts == [f"post {number}" for number in range(6, -1, -1)]
    assert "next_token" not in rest["meta"]


@pytest.mark.parametrize(
    "asked",
    [{"max_results": "4"}, {"tweet.fields": "secrets"}, {"start_time": "yesterday"}, {"since": "1"}],
)
def test_a_wrong_query_is_refused(http: requests.Session, server: PracticeServer, asked: dict[str, str]) -> None:
    """A query parameter that is unknown or out of range answers 400 and is named."""
    answer = x(http, server, "GET", f"/2/users/{USER_ID}/tweets", params=asked)
    assert answer.status_code == 400
    assert list(answer.json()["errors"][0]["parameters"]) == list(asked)


def test_an_empty_timeline_has_no_data(http: requests.Session, server: PracticeServer) -> None:
    """X leaves out `data` when there is none."""
    assert x(http, server, "GET", f"/2/users/{USER_ID}/tweets").json() == {"meta": {"result_count": 0}}


def test_the_account_says_who_it_is(http: requests.Session, server: PracticeServer) -> None:
    """users/me answers id, name and username, and more only when asked."""
    assert set(x(http, server, "GET", "/2/users/me").json()["data"]) == {"id", "name", "username"}
    more = x(http, server, "GET", "/2/users/me", params={"user.fields": "description"}).json()["data"]
    assert "911" in more["description"]
