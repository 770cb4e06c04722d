"""What a person posts: each service's own limit, place and reason, all of it changeable."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from channels.handoff import CHANNEL, HandoffSettings
from channels.handoff.services import SERVICES
from notifier.channel import Limit, Works
from tests.channels.messages import a_channel

ACCOUNT = {"type": "handoff", "service": "myspace"}


def contract_account(_url: str) -> dict[str, Any]:
    """MySpace, as the kit tries it."""
    return ACCOUNT


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_says_why_a_person_posts_there(service: str) -> None:
    """The docs' table and `channels check` tell it; the text is in that service's form and limit."""
    channel = a_channel(CHANNEL, {**ACCOUNT, "service": service})
    known = SERVICES[service]
    assert channel.capabilities.by_hand
    assert (channel.capabilities.form, channel.capabilities.limit) == (known.form, known.limit)
    assert channel.hand_off.service == known.name
    assert channel.check() == Works(said=f"a person posts there: {known.why}")
    assert known.why in {system.proved for system in CHANNEL.systems}


def test_myspace_and_digg_say_that_there_is_no_interface() -> None:
    """Nobody looks for keys that do not exist."""
    assert all("no publishing interface" in SERVICES[name].why for name in ("myspace", "digg"))


def test_a_department_may_say_otherwise() -> None:
    """Another page, other hosts, another limit and deadline."""
    channel = a_channel(
        CHANNEL,
        {**ACCOUNT, "service": "other"},
        name="Town board",
        compose_url="https://board.example/new",
        hosts=["board.example"],
        form="short",
        limit=300,
        deadline="2h",
    )
    hand_off = channel.hand_off
    assert (hand_off.service, hand_off.compose) == ("Town board", "https://board.example/new")
    assert (hand_off.hosts, hand_off.deadline) == (("board.example",), timedelta(hours=2))
    assert (channel.capabilities.form, channel.capabilities.limit) == ("short", Limit(300, "characters"))


@pytest.mark.parametrize("wrong", [{"service": "friendster"}, {"deadline": "soon"}, {"compose_url": "board"}])
def test_a_wrong_setting_is_refused(wrong: dict[str, str]) -> None:
    """One clear sentence for each."""
    with pytest.raises(ValidationError):
        HandoffSettings.model_validate({**ACCOUNT, **wrong})
