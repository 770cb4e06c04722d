"""What an answer means, when it wants to be asked again, and what may be quoted of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter, ValidationError
from requests.structures import CaseInsensitiveDict

from notifier.channel import AuthFailed, Outcome, Rejected, Retry, Unknown
from notifier.http_client import (
    LONGEST_WAIT,
    BaseAddress,
    HttpClient,
    Reply,
    ServiceAddress,
    public_address,
    retry_time,
    service_words,
)

NOW = datetime(2026, 11, 22, 19, 58, 6, tzinfo=UTC)


def outcome_of(status: int, headers: dict[str, str] | None = None, *, publishes: bool = True) -> Outcome:
    """Classify an answer of this status."""
    return HttpClient(clock=lambda: NOW).classify(
        Reply(status, CaseInsensitiveDict(headers or {}), b"", True, publishes)
    )


def test_a_failed_question_may_be_asked_again() -> None:
    """What only reads publishes nothing, so a failure of the service leaves nothing unknown."""
    assert isinstance(outcome_of(500, publishes=False), Retry)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff\xfe", b"[" * 100_000, b'"text"', b"9" * 10_000])
def test_json_is_empty_for_what_is_no_object(body: bytes) -> None:
    """Whatever a service sends, reading it never raises."""
    assert Reply(200, {}, body).json() == {}


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_json_reads_an_object(value: dict[str, object]) -> None:
    """A JSON object comes back as it was."""
    assert Reply(200, {}, json.dumps(value).encode()).json() == value


# --- what an answer means ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Rejected),
        (401, AuthFailed),
        (403, Rejected),
        (404, Rejected),
        (408, Unknown),
        (413, Rejected),
        (425, Retry),
        (429, Retry),
        (500, Unknown),
        (502, Unknown),
        (503, Retry),
        (504, Unknown),
        (301, Rejected),
    ],
)
def test_classify_reads_the_status(status: int, outcome: type[Outcome]) -> None:
    """Each status means what is known of it."""
    assert isinstance(outcome_of(status), outcome)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "120"}, 120),
        ({"retry-after": " 0120 "}, 120),
        ({"Retry-After": "1.5"}, 2),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "Sun, 22 Nov 2026 20:00:06 GMT"}, 120),
        ({"Retry-After": "Sun, 22 Nov 2026 15:00:06 -0500"}, 120),
        ({"Retry-After": "Sun, 22 Nov 2026 20:00:06"}, 120),
        ({"Retry-After": "Sat, 21 Nov 2026 20:00:06 GMT"}, 0),
        ({"Retry-After": "999999999999999999"}, 86_400),
        ({"Retry-After": "9" * 5_000}, 86_400),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86_400),
        ({"Retry-After": "Mon, 01 Jan 99999999999 00:00:00 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "²"}, None),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 300)}, 300),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) - 300)}, 0),
        ({"x-rate-limit-reset": "99999999999"}, 86_400),
        ({"x-rate-limit-reset": "³"}, None),
        ({"Retry-After": "60", "x-rate-limit-reset": str(int(NOW.timestamp()) + 300)}, 60),
        ({"Retry-After": "soon", "x-rate-limit-reset": str(int(NOW.timestamp()) + 300)}, 300),
    ],
)
def test_retry_time_reads_what_a_service_asks(headers: dict[str, str], seconds: int | None) -> None:
    """Seconds, a date or an epoch; what is past is now, what is far is a day, what is garbage is nothing."""
    outcome = outcome_of(429, headers)
    assert isinstance(outcome, Retry)
    assert outcome.at == (None if seconds is None else NOW + timedelta(seconds=seconds))


@given(st.text(max_size=60), st.text(max_size=20))
def test_retry_time_never_fails(after: str, reset: str) -> None:
    """Whatever stands in the headers, the time is none or within a day."""
    at = retry_time(Reply(429, {"Retry-After": after, "x-rate-limit-reset": reset}, b""), NOW)
    assert at is None or NOW <= at <= NOW + LONGEST_WAIT


# --- words and addresses ----------------------------------------------------------------------------------------------


def test_service_words_are_one_clean_line() -> None:
    """Line ends, terminal codes and reversed reading direction do not get through; nor does a novel."""
    assert service_words("no\r\n\x1b[31mspace\u202e left ") == "no [31mspace left"
    assert service_words({"not": "text"}) == ""
    assert len(service_words("x" * 10_000)) == 200


def test_service_words_hold_no_secret() -> None:
    """A service that repeats the request in its error does not put the credential into our records."""
    secret = SecretStr('pa"ss word/1')
    echoes = 'bad: pa"ss word/1, pa%22ss%20word%2F1, pa%22ss+word%2F1, pa\\"ss word/1'
    assert service_words(echoes, secret, None, SecretStr("")) == "bad: ***, ***, ***, ***"


def test_public_address_takes_only_a_web_address() -> None:
    """An address from an answer is shown to people: anything but a plain web address is dropped."""
    assert public_address("https://a.example/p?x=1#y") == "https://a.example/p?x=1#y"
    wrong = ["javascript:alert(1)", "//a.example", "https://u:p@a.example/", "https://a.example/ x", "", None, 7]
    assert {public_address(value) for value in [*wrong, "https://a.example/" + "x" * 500, "http://[::1"]} == {None}
    assert public_address("https://a.example/?t=geheim", SecretStr("geheim")) is None


def test_an_address_in_the_settings_is_whole_and_holds_no_password() -> None:
    """What cannot be asked, or would be shown with a password, is refused with what to do."""
    assert TypeAdapter(BaseAddress).validate_python("http://127.0.0.1:9001/x/") == "http://127.0.0.1:9001/x"
    assert TypeAdapter(ServiceAddress).validate_python("https://a.example/?k=1") == "https://a.example/?k=1"
    for wrong in ("api.example", "ftp://a.example", "https://u:p@a.example", "https://a.example/a b", "http://:80"):
        with pytest.raises(ValidationError):
            TypeAdapter(ServiceAddress).validate_python(wrong)
    with pytest.raises(ValidationError, match="beginning"):
        TypeAdapter(BaseAddress).validate_python("https://a.example/?k=1")
