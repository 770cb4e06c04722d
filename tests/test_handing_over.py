"""When a delivery goes into a person's hands, what they are handed, and which address they may give back."""

from datetime import timedelta

import pytest

from notifier.channel import Capabilities, HandOff, Limit
from notifier.handing_over import by_hand, handing_over, sheet, wrong_host
from tests.fakes import START, ScriptedChannel
from tests.notifications import a_message, some_media

BOARD = HandOff("Town board", "https://board.example/new", ("board.example",), timedelta(hours=1))
ROW = {
    "notification": "n-1",
    "channel": "board",
    "operation": "publish",
    "language": "en",
    "part": 1,
    "remind": None,
}


class Board(ScriptedChannel):
    """A place where a person posts."""

    @property
    def hand_off(self) -> HandOff:
        """How."""
        return BOARD


@pytest.mark.parametrize(
    ("url", "live", "refused"),
    [
        ("https://board.example/7", True, False),
        ("https://www.board.example/7", True, False),
        ("https://board.example.evil.example/7", True, True),
        ("https://notboard.example/7", True, True),
        ("http://127.0.0.1:8025/7", True, True),
        ("http://127.0.0.1:8025/7", False, False),
        ("https:///7", True, True),
    ],
)
def test_an_address_must_be_where_the_posts_are_seen(url: str, live: bool, refused: bool) -> None:
    """A wrong one would stand in the record for ever; a practice account shows its posts where it is."""
    wrong = wrong_host(url, BOARD, "http://127.0.0.1:8025/board", live=live)
    assert (wrong is not None) == refused
    assert wrong is None or "board.example" in wrong


def test_where_no_host_is_known_any_address_may_stand() -> None:
    """A page of which nothing is known."""
    assert wrong_host("https://a.example/1", None, None, live=True) is None


def test_a_person_is_reminded_after_the_channel_s_deadline() -> None:
    """An hour on the board, half an hour where nothing else is said."""
    assert by_hand("n-1", "board", BOARD, START).remind == START + timedelta(hours=1)
    assert by_hand("n-1", "x", None, START).remind == START + timedelta(minutes=30)


def test_the_sheet_has_all_that_is_needed() -> None:
    """Text, length and limit, pictures, place, commands."""
    channel = Board("board", can=Capabilities("short", Limit(280, "x"), by_hand=True))
    one = sheet(ROW, a_message(text="Main Street is closed.", media=(some_media(),)), channel, None)
    assert (one.service, one.compose) == ("Town board", "https://board.example/new")
    assert (one.text, one.length, one.limit, one.unit) == ("Main Street is closed.", 22, 280, "weighted characters")
    assert one.pictures == (some_media(),)
    assert one.commands == ("notify confirm n-1 board --url URL", "notify confirm n-1 board --failed REASON")


def test_the_sheet_of_a_withdrawal_names_the_post() -> None:
    """No pictures to post again; where it stands, and another command."""
    row = {**ROW, "operation": "withdraw"}
    one = sheet(row, a_message(media=(some_media(),)), Board("board"), "https://board.example/7")
    assert (one.post, one.pictures) == ("https://board.example/7", ())
    assert one.commands[0] == "notify confirm n-1 board --gone"


@pytest.mark.parametrize(
    ("operation", "can", "receipt", "person"),
    [
        ("publish", Capabilities("long", by_hand=True), None, True),
        ("publish", Capabilities("long"), None, False),
        ("withdraw", Capabilities("long", can_withdraw=True), {"remote_id": "1"}, False),
        ("withdraw", Capabilities("long", can_withdraw=True), {}, True),
        ("withdraw", Capabilities("long"), {"remote_id": "1"}, True),
    ],
)
def test_who_acts(operation: str, can: Capabilities, receipt: dict[str, str] | None, person: bool) -> None:
    """A person where no program may, and where no program knows which post."""
    from types import SimpleNamespace

    delivery = SimpleNamespace(notification="n-1", channel="board", operation=operation)
    assert (handing_over(delivery, Board("board"), can, receipt, START) is not None) == person
