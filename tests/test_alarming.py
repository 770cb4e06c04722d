"""Somebody hears of failures: through the operator's channel, once, and again until it was heard."""

from pathlib import Path

from notifier.alarming import MOST_IN_FULL, Teller
from notifier.channel import AuthFailed, Delivered, Rejected, Retry
from notifier.store.alarms import Raised
from tests.conftest import MakeDesk
from tests.fakes import Desk, ScriptedChannel


def teller(desk: Desk, channel: ScriptedChannel | None) -> Teller:
    """What tells the desk's alarms through a channel."""
    return Teller(desk.store.alarms, channel, desk.department, desk.clock)


def test_a_dead_credential_is_told_once(make_desk: MakeDesk) -> None:
    """The mail names the channel, what is wrong and what to do; it does not come again."""
    desk, mail = make_desk(ScriptedChannel("x", AuthFailed("the token was revoked"))), ScriptedChannel("ops")
    desk.publish()
    assert [teller(desk, mail).tell() for _ in range(3)] == [1, 0, 0]
    (sent,) = mail.sent
    assert sent.message.headline == "Notifier: x is stopped: its credential was refused"
    assert "the token was revoked" in sent.message.text
    assert "notify retry --channel x" in sent.message.text


def test_what_failed_for_good_is_told(make_desk: MakeDesk) -> None:
    """A rejected post names its notification."""
    desk, mail = make_desk(ScriptedChannel("x", Rejected("it is too long"))), ScriptedChannel("ops")
    id_ = desk.publish()
    teller(desk, mail).tell()
    assert f"notify status {id_}" in mail.sent[0].message.text


def test_what_cannot_be_told_is_told_later(make_desk: MakeDesk) -> None:
    """The operator's own channel may be down: it is tried again, with a wait, and then told once."""
    desk = make_desk(ScriptedChannel("x", AuthFailed("revoked")))
    mail = ScriptedChannel("ops", Retry("503"), Delivered())
    desk.publish()
    told = teller(desk, mail)
    assert (told.tell(), told.tell()) == (1, 0)
    desk.clock.forward(seconds=3)
    assert (told.tell(), told.tell()) == (1, 0)
    assert len(mail.sent) == 2
    assert mail.sent[0].message.key == mail.sent[1].message.key


def test_a_storm_is_one_message(make_desk: MakeDesk) -> None:
    """More alarms than a person reads come in one message that names each."""
    desk, mail = make_desk(ScriptedChannel("x")), ScriptedChannel("ops")
    for number in range(MOST_IN_FULL + 3):
        desk.store.alarms.raise_(Raised(f"k{number}", f"trouble {number}", "look"))
    teller(desk, mail).tell()
    (sent,) = mail.sent
    assert sent.message.headline == "Notifier: 8 alarms"
    assert all(f"trouble {number}." in sent.message.text for number in range(8))


def test_one_recipient_is_enough(make_desk: MakeDesk) -> None:
    """Where one address is refused, the next is tried."""
    desk = make_desk(ScriptedChannel("x"))
    mail = ScriptedChannel("ops", Rejected("no such address"), Delivered(), recipients=("a@x.example", "b@x.example"))
    desk.store.alarms.raise_(Raised("k", "trouble", "look"))
    teller(desk, mail).tell()
    assert [sent.message.recipient for sent in mail.sent] == ["a@x.example", "b@x.example"]
    assert teller(desk, mail).tell() == 0


def test_what_was_over_before_anybody_heard_is_not_told(make_desk: MakeDesk) -> None:
    """Nobody is woken for what mended itself."""
    desk, mail = make_desk(ScriptedChannel("x")), ScriptedChannel("ops")
    desk.store.alarms.raise_(Raised("k", "trouble", "look"))
    desk.store.alarms.clear("k")
    assert teller(desk, mail).tell() == 0
    assert mail.sent == []


def test_what_is_a_day_old_is_left_to_the_status(make_desk: MakeDesk) -> None:
    """Whoever names an operator's channel today is not flooded with last month's trouble."""
    desk, mail = make_desk(ScriptedChannel("x")), ScriptedChannel("ops")
    desk.store.alarms.raise_(Raised("k", "trouble", "look"))
    desk.clock.forward(days=2)
    teller(desk, mail).tell()
    assert mail.sent == []
    assert [alarm.key for alarm in desk.store.alarms.open()] == ["k"]


def test_without_a_channel_they_stay_open(make_desk: MakeDesk, tmp_path: Path) -> None:
    """Nobody is told; notify status shows them."""
    desk = make_desk(ScriptedChannel("x"))
    desk.store.alarms.raise_(Raised("k", "trouble", "look"))
    assert teller(desk, None).tell() == 0
    assert [alarm.subject for alarm in desk.store.alarms.open()] == ["trouble"]
