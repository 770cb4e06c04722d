"""The email channel on the mail server of the tests: a list, a refused subscriber, an update, a wrong password."""

from typing import Any

from channels.smtp import Smtp
from notifier.channel import AuthFailed, Delivered, Rejected, Works
from tests.channels.messages import a_channel, a_prepared
from tests.notifications import some_media
from tests.servers.mail import Mailbox, Received

PEOPLE = ["ann@list.example", "gone@list.example", "cleo@list.example"]


def a_mailer(server: Mailbox, **changes: Any) -> Any:
    """Make a channel that the server knows."""
    account = {
        "type": "smtp",
        "host": server.host,
        "port": server.port,
        "security": "none",
        "username": server.user,
        "password": server.password,
        "sender": "alerts@police.exampleton.example",
        "to": PEOPLE,
        "unsubscribe": "https://police.exampleton.example/leave?who={recipient}",
    }
    return a_channel(Smtp, account, **changes)


def received(server: Mailbox, recipient: str) -> list[Received]:
    """What came for somebody."""
    return [one for one in server.received if one.recipients == [recipient]]


def test_a_list_gets_it_once_each_and_an_update_below_it(mail_server: Mailbox) -> None:
    """Who is refused has an outcome of his own; the retry of a mail is the same mail."""
    channel = a_mailer(mail_server)
    mail_server.refused["gone@list.example"] = "550 5.1.1 no such user"
    first = {who: channel.send(a_prepared(recipient=who, key=f"1.{who}", media=(some_media(),))) for who in PEOPLE}
    assert [type(outcome) for outcome in first.values()] == [Delivered, Rejected, Delivered]
    again = channel.send(a_prepared(recipient=PEOPLE[0], key=f"1.{PEOPLE[0]}", media=(some_media(),)))
    update = channel.reply(first[PEOPLE[0]].receipt, a_prepared(recipient=PEOPLE[0], key=f"2.{PEOPLE[0]}"))
    assert isinstance(update, Delivered)
    one, same, below = (got.message for got in received(mail_server, PEOPLE[0]))
    assert one.as_bytes() == same.as_bytes()
    assert again == first[PEOPLE[0]]
    assert (below["In-Reply-To"], below["References"]) == (one["Message-ID"],) * 2
    assert one["List-Unsubscribe"] == "<https://police.exampleton.example/leave?who=ann%40list.example>"
    assert len(received(mail_server, PEOPLE[2])) == 1


def test_a_wrong_password_is_told_by_check_and_by_a_mail(mail_server: Mailbox) -> None:
    """The right one works."""
    assert a_mailer(mail_server).check() == Works()
    wrong = a_mailer(mail_server, password="not-the-password")
    for outcome in (wrong.check(), wrong.send(a_prepared(recipient=PEOPLE[0]))):
        assert isinstance(outcome, AuthFailed)
        assert "not-the-password" not in outcome.reason
