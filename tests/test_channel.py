"""The channel port: a message is written and read back the same, and a secret is known by its type."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from notifier.channel import Channel, ChannelSettings, Message, message_fields, secret_fields
from tests.notifications import NOW, ZONE, a_full_notification, a_message, some_media


def test_a_message_is_written_and_read_back_the_same() -> None:
    """Every field returns, times with their offsets, media with their bytes by hash."""
    media = some_media()
    message = a_message(
        media=(media,),
        links=("https://city.example/a",),
        languages=("en", "es"),
        beside={"headline": "Road closed"},
        alert=a_full_notification("weather-emergency").facts.alert_facts(),
        text="Calle cerrada \N{GRINNING FACE} “ahora”",
    )
    again = Message.from_json(message.to_json(), {media.sha256: media.data})
    assert again == message
    assert again.media[0].data == media.data
    assert again.alert.onset is not None
    assert again.created.utcoffset() == timedelta()


def test_media_are_written_by_their_hash_only() -> None:
    """A picture's bytes stand once in the store and never in the message; without them the message is still read."""
    media = some_media()
    written = a_message(media=(media,)).to_json()
    assert media.sha256 in written
    assert "data" not in json.loads(written)["media"][0]
    assert Message.from_json(written).media[0].data == b""


def test_the_same_message_is_written_in_the_same_bytes() -> None:
    """Keys are sorted and nothing is padded, so that a hash of it holds."""
    written = a_message(beside={"b": "2", "a": "1"}).to_json()
    assert written == a_message(beside={"a": "1", "b": "2"}).to_json()
    assert written == Message.from_json(written).to_json()
    assert list(json.loads(written)) == sorted(message_fields())
    assert "Á" in a_message(text="Á").to_json()


@given(text=st.text(), links=st.lists(st.text(), max_size=3), part=st.integers(1, 9))
def test_any_words_survive_the_way_to_the_store_and_back(text: str, links: list[str], part: int) -> None:
    """Quotes, line ends, emoji, noncharacters: what was frozen is what is sent."""
    message = a_message(text=text, links=tuple(links), part=part, sent=NOW.astimezone(ZONE))
    again = Message.from_json(message.to_json())
    assert (again.text, again.links, again.part, again.sent) == (text, tuple(links), part, NOW)


def test_what_has_no_place_in_a_message_is_refused() -> None:
    """Only words, numbers and times are written."""
    with pytest.raises(TypeError, match="PosixPath has no place in a message"):
        a_message(beside={"file": Path("/tmp")}).to_json()


class _Account(ChannelSettings):
    token: SecretStr
    backup: SecretStr | None = None
    handle: str = ""


def test_the_secrets_of_a_channel_are_known_by_their_type() -> None:
    """What is declared a secret is found, optional or not; the rest is not."""
    assert secret_fields(_Account) == {"token", "backup"}
    assert secret_fields(ChannelSettings) == frozenset()


def test_a_secret_is_not_shown() -> None:
    """Printing an account's settings prints no secret."""
    assert "s3cret" not in repr(_Account(type="x", token=SecretStr("s3cret")))


@pytest.mark.parametrize(
    "wrong", [{"timeout": 0}, {"timeout": 301}, {"rate": -1}, {"concurrency": 0}, {"live": "perhaps"}]
)
def test_settings_of_a_channel_out_of_bounds_are_refused(wrong: dict[str, object]) -> None:
    """A timeout, a rate or a number of posts at once has its bounds."""
    with pytest.raises(ValidationError):
        ChannelSettings.model_validate({"type": "x", **wrong})


def test_an_unknown_setting_is_refused() -> None:
    """A misspelt setting is not passed over."""
    with pytest.raises(ValidationError, match="approved_bye"):
        ChannelSettings.model_validate({"type": "x", "approved_bye": "chief"})


def test_times_of_a_message_keep_their_moment_across_zones() -> None:
    """A message frozen in local time is the same moment when read back."""
    local = datetime(2026, 11, 1, 1, 30, tzinfo=ZONE, fold=1)
    again = Message.from_json(a_message(sent=local).to_json())
    assert again.sent.timestamp() == local.timestamp()


def test_a_plain_channel_prepares_by_keeping_what_was_saved() -> None:
    """An adapter without uploads passes the message on, cannot be looked up, and has nothing to check."""
    channel = Channel("x", ChannelSettings(type="x"), http=None)  # type: ignore[arg-type]
    prepared = channel.prepare(a_message(), {"upload": "42"})
    assert getattr(prepared, "saved", None) == {"upload": "42"}
    assert channel.check() is None


@pytest.mark.parametrize(
    ("written", "seconds"), [("1s", 1), ("90 seconds", 90), ("10m", 600), ("2h", 7200), ("24h", 86400), ("1d", 86400)]
)
def test_a_patience_is_written_as_people_write_it(written: str, seconds: int) -> None:
    """Seconds, minutes, hours, up to a day."""
    made = ChannelSettings.model_validate({"type": "x", "fallback": "site", "fallback_after": written})
    assert made.fallback_after.total_seconds() == seconds


@pytest.mark.parametrize("written", ["", "0s", "soon", "25h", "-1s", "86401s", 10, None])
def test_a_patience_that_is_none_is_refused_with_an_example(written: object) -> None:
    """Too short, too long or no length of time."""
    with pytest.raises(ValidationError, match="from 1s to 24h"):
        ChannelSettings.model_validate({"type": "x", "fallback_after": written})
