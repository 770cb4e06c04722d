"""Every fault that can be asked for, as a client meets it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from notifier.errors import SettingsError
from notifier.practice.faults import Fault, Faults, parse_faults, read_faults
from notifier.practice.server import PracticeServer
from tests.practice.clients import PAGE, feed, graph, hook, hook_body, launch, nixle, tweet, x
from tests.practice.conftest import Hands

Ask = Callable[..., None]


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_a_status_is_answered_in_each_platforms_form(
    http: requests.Session, server: PracticeServer, faults: Ask, status: int
) -> None:
    """A status fault answers that status with the platform's own error shape, and nothing is published."""
    faults({"action": "status", "status": status})
    answers = [tweet(http, server, "a"), launch(http, server, nixle()), hook(http, server, hook_body())]
    assert [answer.status_code for answer in answers] == [status] * 3
    assert [sorted(answer.json()) for answer in answers] == [
        ["detail", "status", "title", "type"],
        ["message"],
        ["error"],
    ]
    assert "code" in feed(http, server, "a").json()["error"]
    assert server.posts == []


def test_retry_after_comes_in_both_forms(
    http: requests.Session, server: PracticeServer, faults: Ask, hands: Hands
) -> None:
    """seconds:2 is a number, date:2 an HTTP date at least two seconds ahead; none leaves the header out."""
    faults(
        {"action": "status", "status": 429, "retry_after": "seconds:2", "nth": [1]},
        {"action": "status", "status": 429, "retry_after": "date:2", "nth": [2]},
        {"action": "status", "status": 429, "retry_after": "none", "nth": [3]},
    )
    seconds, date, none = (hook(http, server, hook_body()).headers for _ in range(3))
    assert seconds["Retry-After"] == "2"
    ahead = parsedate_to_datetime(date["Retry-After"]) - hands.now
    assert timedelta(seconds=2) <= ahead < timedelta(seconds=3)
    assert "Retry-After" not in none


def test_a_lost_reply_has_published(http: requests.Session, server: PracticeServer, faults: Ask) -> None:
    """lose-reply publishes and then cuts: the client knows nothing, the public reads it."""
    faults({"action": "lose-reply", "platform": "x", "times": 1})
    with pytest.raises(requests.ConnectionError):
        tweet(http, server, "Main Street is closed.")
    assert [post.text for post in server.posts] == ["Main Street is closed."]
    assert tweet(http, server, "Main Street is closed.").status_code == 403


def test_a_reset_before_has_not_published(http: requests.Session, server: PracticeServer, faults: Ask) -> None:
    """reset-before cuts with a reset and publishes nothing."""
    faults({"action": "reset-before", "platform": "webhook", "nth": [1]})
    with pytest.raises(requests.ConnectionError, match="reset"):
        hook(http, server, hook_body())
    assert server.posts == []
    assert hook(http, server, hook_body()).status_code == 201


def test_a_reset_after_the_headers_has_published(http: requests.Session, server: PracticeServer, faults: Ask) -> None:
    """reset-after-headers publishes, answers the status and a part of the body, then cuts."""
    faults({"action": "reset-after-headers", "platform": "facebook", "times": 1})
    url, given = f"{server.url}/facebook/v26.0/{PAGE}/feed", {"message": "a", "access_token": "practice-page-token"}
    with http.post(url, data=given, stream=True, timeout=5) as answer:
        assert answer.status_code == 200
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="reset"):
            _ = answer.content
    assert [post.text for post in server.posts] == ["a"]


def test_a_hang_keeps_silent_without_acting(http: requests.Session, server: PracticeServer, faults: Ask) -> None:
    """hang lets the client's time run out, and nothing is published."""
    faults({"action": "hang", "platform": "webhook", "seconds": 30, "times": 1})
    with pytest.raises(requests.ReadTimeout):
        http.post(f"{server.url}/hook", json=hook_body(), headers={"Idempotency-Key": "k-1"}, timeout=0.2)
    assert server.posts == []


def test_a_hang_ends_with_a_cut(http: requests.Session, server: PracticeServer, faults: Ask) -> None:
    """hang cuts the connection when its seconds are over."""
    faults({"action": "hang", "platform": "nixle", "seconds": 0.05, "times": 1})
    with pytest.raises(requests.ConnectionError):
        launch(http, server, nixle())


def test_a_slow_answer_comes_late_but_has_published(
    http: requests.Session, server: PracticeServer, faults: Ask
) -> None:
    """slow publishes at once and answers after its seconds; a client that gives up earlier is published too."""
    faults({"action": "slow", "platform": "hook", "seconds": 0.3})
    began = time.monotonic()
    assert hook(http, server, hook_body()).status_code == 201
    assert time.monotonic() - began >= 0.3
    with pytest.raises(requests.ReadTimeout):
        http.post(f"{server.url}/hook", json=hook_body("k-2"), headers={"Idempotency-Key": "k-2"}, timeout=0.1)
    assert len(server.posts) == 2


def test_a_page_in_place_of_an_answer(http: requests.Session, server: PracticeServer, faults: Ask) -> None:
    """html answers 200 with a page, as a captive portal does, and publishes nothing."""
    faults({"action": "html"})
    answer = feed(http, server, "a")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert server.posts == []


def test_a_dead_credential(http: requests.Session, server: PracticeServer, faults: Ask) -> None:
    """auth refuses the credential on every request, those that read too: 401, and 190 from Facebook."""
    faults({"action": "auth"})
    assert tweet(http, server, "a").status_code == 401
    assert x(http, server, "GET", "/2/users/me").status_code == 401
    assert graph(http, server, "GET", "/me").json()["error"]["code"] == 190
    assert launch(http, server, nixle()).status_code == 401


def test_down_refuses_everything_for_its_seconds(
    http: requests.Session, server: PracticeServer, faults: Ask, hands: Hands
) -> None:
    """down answers 503 to everything of the platform from its first hit until its seconds are over, once."""
    faults({"action": "down", "platform": "facebook", "seconds": 10})
    assert [feed(http, server, "a").status_code for _ in range(3)] == [503] * 3
    assert graph(http, server, "GET", "/me").status_code == 503
    assert hook(http, server, hook_body()).status_code == 201
    hands.pass_by(10)
    assert [feed(http, server, text).status_code for text in "ab"] == [200, 200]


def test_nth_counts_publishing_requests_only(http: requests.Session, server: PracticeServer, faults: Ask) -> None:
    """A look-up between two posts does not shift which post is hit; on = "read" hits look-ups."""
    faults(
        {"action": "status", "platform": "x", "nth": [2], "status": 500},
        {"action": "status", "platform": "x", "on": "read", "nth": [2], "status": 502},
    )
    statuses = [
        tweet(http, server, "a").status_code,
        x(http, server, "GET", "/2/users/me").status_code,
        x(http, server, "GET", "/2/users/me").status_code,
        tweet(http, server, "b").status_code,
        tweet(http, server, "c").status_code,
    ]
    assert statuses == [201, 200, 502, 500, 201]


def met(rule: Fault, requests_made: int = 200) -> list[bool]:
    """Which of so many publishing requests a rule hits."""
    faults = Faults([rule])
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return [faults.meet("x", now, publishes=True) is not None for _ in range(requests_made)]


def test_a_rate_is_the_same_for_every_run_of_a_seed() -> None:
    """The requests that a rate hits follow from its seed alone, and are about the share that was asked for."""
    first = met(Fault(action="html", rate=0.3, seed=7))
    assert first == met(Fault(action="html", rate=0.3, seed=7))
    assert first != met(Fault(action="html", rate=0.3, seed=8))
    assert 40 <= sum(first) <= 80


def test_times_ends_a_rule() -> None:
    """A rule that may act three times acts on the first three."""
    assert met(Fault(action="html", times=3), 5) == [True, True, True, False, False]


def test_the_first_rule_wins_and_the_next_is_not_used_up() -> None:
    """A rule that was not reached keeps its times for a later request."""
    faults = Faults([Fault(action="html", nth=[1]), Fault(action="lose-reply", times=1)])
    now = datetime(2026, 11, 22, tzinfo=UTC)
    actions = [fault and fault.action for fault in (faults.meet("x", now, publishes=True) for _ in range(3))]
    assert actions == ["html", "lose-reply", None]


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "explode"},
        {"action": "hang"},
        {"action": "html", "seconds": 3},
        {"action": "html", "status": 500},
        {"action": "auth", "retry_after": "seconds:2"},
        {"action": "status", "status": 200},
        {"action": "status", "retry_after": "2"},
        {"action": "html", "platform": "myspace"},
        {"action": "html", "nth": [0]},
        {"action": "html", "nth": [1], "rate": 0.5},
        {"action": "html", "rate": 1.5},
        {"action": "html", "often": True},
        {},
    ],
)
def test_a_wrong_rule_is_refused(http: requests.Session, server: PracticeServer, rule: dict[str, object]) -> None:
    """A rule that means nothing is refused with a sentence that says which; those in force stay."""
    server.faults.replace([Fault(action="html")])
    answer = http.post(f"{server.url}/practice/faults", json={"fault": [{"action": "auth"}, rule]}, timeout=5)
    assert answer.status_code == 400
    assert "fault 2" in answer.json()["error"][0]
    assert server.faults.rules == (Fault(action="html"),)


def test_rules_are_read_from_toml(tmp_path: Path) -> None:
    """A TOML file of [[fault]] tables gives rules."""
    file = tmp_path / "faults.toml"
    file.write_text('[[fault]]\nplatform = "nixle"\naction = "slow"\nseconds = 2\n[[fault]]\naction = "auth"\n')
    assert read_faults(file) == (Fault(action="slow", platform="everbridge", seconds=2), Fault(action="auth"))


@pytest.mark.parametrize("text", ["[[fault]", "fault = 3", "[[faults]]\naction = 'auth'", "fault = [3]"])
def test_a_wrong_file_is_one_error(tmp_path: Path, text: str) -> None:
    """A file that is no TOML or holds something else is told by its name."""
    file = tmp_path / "faults.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"faults\.toml"):
        read_faults(file)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_faults(tmp_path / "none.toml")


def test_every_problem_of_the_rules_is_told() -> None:
    """Two wrong rules are two problems."""
    with pytest.raises(SettingsError) as told:
        parse_faults({"fault": [{"action": "hang"}, {"action": "no"}]}, "the request")
    assert len(told.value.problems) == 2
