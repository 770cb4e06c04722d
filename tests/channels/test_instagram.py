"""Instagram: only pictures, which it fetches itself; a caption below; nothing can be deleted by a program."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from channels.instagram import CHANNEL, InstagramSettings
from notifier.channel import Delivered, Found, Limit, NotReady, Prepared
from notifier.practice.networks import instagram as practice_instagram
from notifier.practice.server import PracticeServer
from tests.channels.messages import NOW, a_channel
from tests.channels.wire import WireServer, answering
from tests.notifications import a_message, some_media

USER = practice_instagram.USER_ID
JPEG = "image/jpeg"


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "instagram",
        "base_url": url,
        "user_id": USER,
        "access_token": "instagram-token-93aa",
        "media_folder": str(Path(gettempdir()) / "notifier-contract-media"),
        "media_url": "https://town.example/media",
    }


def contract_saved() -> dict[str, Any]:
    """What it has prepared."""
    return {"container": "18000000000000001"}


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as the test says."""
    with WireServer() as started:
        yield started


def a_jpeg() -> Any:
    """A picture as the plan makes it for Instagram."""
    from dataclasses import replace

    return replace(some_media(), media_type=JPEG)


def test_it_takes_only_what_has_a_picture(server: WireServer) -> None:
    """JPEGs between 4:5 and 1.91:1; the plan leaves it out where there is none."""
    can = a_channel(CHANNEL, contract_account(server.url)).capabilities
    assert (can.needs, can.limit) == ("picture", Limit(2_200, "characters"))
    assert can.pictures is not None
    assert (can.pictures.types, can.pictures.shape, can.pictures.size) == ((JPEG,), (0.8, 1.91), 8_000_000)
    assert not can.can_withdraw


def test_without_a_folder_it_is_refused() -> None:
    """There would be nothing that it could publish."""
    account = contract_account("http://a.example")
    with pytest.raises(ValidationError, match="give media_folder"):
        InstagramSettings.model_validate({k: v for k, v in account.items() if not k.startswith("media")})


def test_a_picture_has_its_caption_and_alt_text(server: WireServer, tmp_path: Path) -> None:
    """At the department's address, which ends as a JPEG's does."""
    server.answer = answering(200, b'{"id": "7", "status_code": "IN_PROGRESS"}')
    channel = a_channel(CHANNEL, contract_account(server.url), media_folder=tmp_path)
    assert isinstance(channel.prepare(a_message(text="Closed.", media=(a_jpeg(),)), {}), NotReady)
    assert server.seen[0].target == f"/v26.0/{USER}/media"
    assert parse_qs(server.seen[0].body.decode()) == {
        "image_url": [f"https://town.example/media/{a_jpeg().sha256}.jpg"],
        "caption": ["Closed."],
        "alt_text": ["A map of the closure"],
    }


@pytest.mark.parametrize(("host", "renews"), [("graph.instagram.com", True), ("graph.facebook.com", False)])
def test_only_instagrams_own_token_is_renewed(host: str, renews: bool) -> None:
    """A Page's token does not end."""
    channel = a_channel(CHANNEL, contract_account(f"https://{host}"))
    assert channel.renews is renews


def test_the_token_is_renewed_in_instagrams_way(server: WireServer) -> None:
    """At the host itself, without a version."""
    server.answer = answering(200, json.dumps({"access_token": "renewed-token-77", "expires_in": 5184000}).encode())
    a_channel(CHANNEL, contract_account(server.url)).upkeep(NOW)
    assert server.seen[0].target == "/refresh_access_token?grant_type=ig_refresh_token"


def test_it_publishes_on_the_practice_account(tmp_path: Path) -> None:
    """A picture is waited for and published once; the container settles a lost answer."""
    clock = [datetime.now(UTC)]
    with PracticeServer(clock=lambda: clock[0]) as practice:
        account = {
            **contract_account(f"{practice.url}/instagram"),
            "access_token": practice_instagram.TOKEN,
            "media_folder": tmp_path,
        }
        channel = a_channel(CHANNEL, account, now=clock[0])
        message = a_message(text="Closed.", media=(a_jpeg(),), sent=clock[0])
        waits = channel.prepare(message, {})
        assert isinstance(waits, NotReady)
        clock[0] += timedelta(seconds=2)
        prepared = channel.prepare(message, waits.saved)
        assert isinstance(prepared, Prepared)
        delivered = channel.send(prepared)
        (post,) = practice.posts
        assert (post.text, delivered.url) == ("Closed.", practice.url + post.path)
        assert post.named_pictures[0].alt == "A map of the closure"
        assert channel.find(prepared, clock[0]) == Found(delivered)
        assert isinstance(channel.send(prepared), Delivered) is False
        assert len(practice.posts) == 1
