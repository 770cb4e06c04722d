"""Lists of subscribers by mail: who gets it, how they leave, how updates thread, how many connections that takes."""

import gc
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import ValidationError

from channels.smtp.client import Server
from channels.smtp.handover import MOST_LETTERS, Connections
from notifier.channel import Delivered, Rejected, Retry, Unknown
from tests.certificates import a_certificate
from tests.channels.messages import a_prepared
from tests.channels.test_smtp import (
    RECIPIENT,
    SHORT,
    Mailbox,
    a_breaking_server,
    a_mail_server,
    a_mailer,
    one_letter,
    raw,
    send,
)
from tests.fakes import Desk

# --- who gets it, and how they leave ----------------------------------------------------------------------------------


def test_recipients_come_from_the_settings_and_from_a_file_each_once(tmp_path: Path) -> None:
    """Nobody gets the same mail twice for standing in both; a wrong line is told by its number alone."""
    people = tmp_path / "people.txt"
    people.write_text(f"# subscribers\nann@town.example\n{RECIPIENT}  # the list\nben@town.example\n")
    assert a_mailer(25, to=[RECIPIENT], to_file=people).capabilities.recipients == (
        RECIPIENT,
        "ann@town.example",
        "ben@town.example",
    )
    people.write_text("ann@town.example\nBen <ben@town.example>\n")
    with pytest.raises(ValidationError) as wrong:
        a_mailer(25, to_file=people)
    (told,) = wrong.value.errors()
    assert "people.txt, line 2: not an email address" in told["msg"]
    assert "ben@" not in told["msg"]
    with pytest.raises(ValidationError, match="names nobody"):
        a_mailer(25, to=[])


def test_a_list_names_itself_and_each_subscribers_own_way_out() -> None:
    """RFC 2919 and 8058; an address in a link is written so that it cannot end it."""
    way_out = "https://police.exampleton.example/leave?who={recipient}&list=alerts"
    letter = one_letter({}, unsubscribe=way_out)
    assert letter["List-Id"] == "<alerts.police.exampleton.example>"
    assert letter["List-Unsubscribe"] == (
        "<https://police.exampleton.example/leave?who=residents%40town.example&list=alerts>"
    )
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Precedence"] == "bulk"
    for wrong in ("https://a.example/{name}", "https://a.example/{recipient", "https://a.example/}"):
        with pytest.raises(ValidationError, match="recipient"):
            a_mailer(25, unsubscribe=wrong)


def test_what_is_no_list_claims_to_be_none() -> None:
    """The desk of one newspaper is no list to leave."""
    letter = one_letter({})
    assert [letter[name] for name in ("List-Id", "List-Unsubscribe", "Precedence", "References")] == [None] * 4
    assert letter["Auto-Submitted"] == "auto-generated"


def test_the_longest_way_out_keeps_to_a_line() -> None:
    """998 bytes, with the longest address there is."""
    longest = "+" * 64 + "@" + "d" * 240 + ".example"
    mailbox = Mailbox()
    with a_mail_server(mailbox) as port:
        channel = a_mailer(port, unsubscribe="https://a.example/?" + "x" * 370 + "={recipient}")
        assert isinstance(channel.send(a_prepared(recipient=longest)), Delivered)
    assert max(len(line) for line in raw(mailbox.taken[0]).split(b"\r\n")) <= 998


# --- updates ----------------------------------------------------------------------------------------------------------


def test_an_update_stands_below_what_it_updates() -> None:
    """In-Reply-To and References name the subscriber's own earlier mails; each receipt carries the thread on."""
    mailbox = Mailbox()
    with a_mail_server(mailbox) as port:
        channel = a_mailer(port)
        receipts: list[Any] = []
        for key in ("k1", "k2", "k3"):
            prepared = a_prepared(recipient=RECIPIENT, key=key)
            outcome = channel.reply(receipts[-1], prepared) if receipts else channel.send(prepared)
            receipts.append(outcome.receipt)
    first, second, third = mailbox.letters()
    ids = [letter["Message-ID"] for letter in (first, second, third)]
    assert [letter["In-Reply-To"] for letter in (first, second, third)] == [None, ids[0], ids[1]]
    assert (second["References"], third["References"].split()) == (ids[0], ids[:2])
    assert receipts[-1] == {"remote_id": ids[2], "references": ids[:2]}


def test_a_long_thread_keeps_its_first_mail_and_its_newest() -> None:
    """A header does not grow for ever, and an unreadable receipt answers nothing."""
    mailbox = Mailbox()
    ids = [f"<{number:024x}@police.exampleton.example>" for number in range(30)]
    receipt = {"remote_id": ids[-1], "references": [*ids[:-1], "<x>\r\nBcc: all@town.example", 7, None]}
    with a_mail_server(mailbox) as port:
        a_mailer(port).reply(receipt, a_prepared(recipient=RECIPIENT))
        for wrong in ({}, {"remote_id": "x\r\n", "references": "no list"}, {"remote_id": None, "references": None}):
            assert isinstance(a_mailer(port).reply(wrong, a_prepared(recipient=RECIPIENT)), Delivered)
    letter, *others = mailbox.letters()
    assert letter["References"].split() == [ids[0], *ids[-19:]]
    assert letter["Bcc"] is None
    assert [other["In-Reply-To"] for other in others] == [None] * 3


# --- many -------------------------------------------------------------------------------------------------------------


class Counting(Mailbox):
    """Counts the connections that mails came by; says 421 to each sender after the first `most` of a connection."""

    def __init__(self, most: int = 1_000_000, says: dict[str, str] | None = None) -> None:
        super().__init__(says)
        self.most = most
        self.by: dict[Any, int] = {}

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's own name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender, or say goodbye."""
        self.by[session.peer] = self.by.get(session.peer, 0) + 1
        if self.by[session.peer] > self.most:
            return "421 4.7.0 too many mails, come back"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"


def test_mails_share_a_connection() -> None:
    """A list of hundreds is not hundreds of sign-ins; a connection ends before a server tires of it."""
    mailbox = Counting()
    with a_mail_server(mailbox) as port:
        channel = a_mailer(port)
        for number in range(MOST_LETTERS + 1):
            assert isinstance(send(channel, key=str(number)), Delivered)
    assert sorted(mailbox.by.values()) == [1, MOST_LETTERS]


def test_a_goodbye_between_two_mails_is_not_about_the_mail() -> None:
    """421 on an old connection: the mail begins anew on a fresh one, and no attempt is lost."""
    mailbox = Counting(most=2)
    with a_mail_server(mailbox) as port:
        channel = a_mailer(port)
        assert [type(send(channel, key=str(number))) for number in range(7)] == [Delivered] * 7
    assert len(mailbox.taken) == 7
    assert sorted(mailbox.by.values()) == [1, 3, 3, 3]


def test_a_goodbye_on_a_fresh_connection_is_an_answer() -> None:
    """The server takes nothing now."""
    with a_mail_server(Counting(most=0)) as port:
        outcome = send(a_mailer(port))
    assert isinstance(outcome, Retry)
    assert "too many mails" in outcome.reason


def test_a_refused_recipient_costs_nobody_else_the_mail() -> None:
    """Each has an outcome of his own."""
    mailbox = Counting()
    with a_mail_server(mailbox) as port:
        channel = a_mailer(port)
        found = []
        for number in range(4):
            mailbox.says = {"RCPT": "550 5.1.1 gone"} if number == 2 else {}
            found.append(type(send(channel, key=str(number))))
    assert found == [Delivered, Delivered, Rejected, Delivered]


def test_an_old_connection_is_left() -> None:
    """By the next mail, by upkeep, and when the channel is no more."""
    mailbox = Counting()
    with a_mail_server(mailbox) as port:
        server = Server("127.0.0.1", port, "none", None, None, "alerts@town.example", 5.0)
        connections = Connections(server)
        for idle in (None, 0.0):
            if idle is not None:
                connections.close_idle(idle)
            assert connections.hand_over(RECIPIENT, b"Subject: a\r\n\r\nb\r\n") is None
        connections.close()
        channel = a_mailer(port)
        send(channel)
        channel.upkeep(a_prepared().message.sent)
        send(channel, key="k2")
    assert sorted(mailbox.by.values()) == [1, 1, 2]


def test_threads_never_share_a_connection_at_the_same_time() -> None:
    """Forty mails by eight threads: all come, each once and whole, by eight connections at most."""
    mailbox = Counting()
    with a_mail_server(mailbox) as port:
        channel = a_mailer(port)

        def some(first: int) -> None:
            for number in range(first, 40, 8):
                assert isinstance(send(channel, key=str(number), text=f"text {number}"), Delivered)

        threads = [threading.Thread(target=some, args=(first,)) for first in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    texts = sorted(str(letter.get_body(("plain",)).get_content()).strip() for letter in mailbox.letters())  # type: ignore[union-attr]
    assert texts == sorted(f"text {number}" for number in range(40))
    assert len(mailbox.by) <= 8


def test_five_hundred_subscribers_get_it_in_seconds(tmp_path: Path) -> None:
    """Through the store, an intent and an outcome on disk for each; by few connections."""
    people = tuple(f"subscriber-{number}@town.example" for number in range(500))
    mailbox = Counting()
    with a_mail_server(mailbox) as port:
        channel = a_mailer(port, to=people)
        desk = Desk(tmp_path, [channel])
        began = time.monotonic()
        id_ = desk.publish()
        while desk.due_again():
            pass
        took = time.monotonic() - began
        rows = desk.store.deliveries(id_)
        desk.close()
    assert {row["state"] for row in rows} == {"delivered"}
    assert sorted(taken.rcpt_tos[0] for taken in mailbox.taken) == sorted(people)
    assert len({letter["Message-ID"] for letter in mailbox.letters()}) == 500
    assert len(mailbox.by) <= 500 // MOST_LETTERS + 32, f"{took:.1f} s by {len(mailbox.by)} connections"
    assert took < 30


# --- a server that breaks ---------------------------------------------------------------------------------------------


@contextmanager
def a_server_that_ends_the_second_mail(act: Callable[[socket.socket], None]) -> Iterator[tuple[int, list[bytes]]]:
    """Take the first mail of a connection, and act at the end of the second; gives the port and the mails begun."""
    listener = socket.create_server(("127.0.0.1", 0))
    mails: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 mail.example\r\n")
            in_letter = False
            for line in lines:
                if in_letter:
                    if line != b".\r\n":
                        continue
                    in_letter = False
                    if len(mails) == 2:
                        return act(connection)
                    connection.sendall(b"250 OK\r\n")
                elif line.startswith(b"DATA"):
                    mails.append(line)
                    in_letter = True
                    connection.sendall(b"354 go on\r\n")
                else:
                    connection.sendall(b"250 OK\r\n")
        return None

    def serve() -> None:
        with listener:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(listener.getsockname()[1]), mails
    listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _cut(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def _rubbish(connection: socket.socket) -> None:
    connection.sendall(b"what?\r\n")


def _drip(connection: socket.socket) -> None:
    for byte in b"250 " + b"x" * 200:
        try:
            connection.sendall(bytes([byte]))
        except OSError:
            return
        time.sleep(SHORT / 5)


@pytest.mark.parametrize("act", [_cut, _rubbish, _drip])
def test_a_lost_answer_on_an_old_connection_is_unknown_and_not_sent_again(act: Callable[[socket.socket], None]) -> None:
    """The server has the whole mail: nothing begins anew behind the record's back, and it ends in time."""
    with a_server_that_ends_the_second_mail(act) as (port, mails):
        channel = a_mailer(port, timeout=SHORT)
        assert isinstance(send(channel), Delivered)
        began = time.monotonic()
        outcome = send(channel, key="k2")
        assert isinstance(outcome, Unknown)
        assert "may have been sent" in outcome.reason
        assert time.monotonic() - began < 3 * SHORT
    assert len(mails) == 2


@pytest.mark.parametrize("step", [b"hello", b"EHLO", b"MAIL", b"RCPT", b"DATA"])
def test_an_answer_that_drips_in_ends_in_time(step: bytes) -> None:
    """Before the mail it is a reason to try again."""
    with a_breaking_server(step, _drip) as port:
        began = time.monotonic()
        assert isinstance(send(a_mailer(port, timeout=SHORT)), Retry)
        assert time.monotonic() - began < 3 * SHORT


def test_a_mail_that_is_too_large_is_refused_before_it_travels() -> None:
    """The server is told the size; no retry makes it smaller."""
    mailbox = Mailbox()
    with a_mail_server(mailbox, data_size_limit=2_000) as port:
        outcome = send(a_mailer(port), text="x" * 5_000)
    assert isinstance(outcome, Rejected)
    assert "552" in outcome.reason
    assert mailbox.taken == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_an_account_signs_in_once_for_many_mails() -> None:
    """Servers slow down who signs in again and again."""
    signed_in: list[object] = []

    def authenticate(_server: SMTP, session: Session, _envelope: Envelope, _mechanism: str, _data: Any) -> AuthResult:
        signed_in.append(session.peer)
        return AuthResult(success=True, handled=False)

    options = {"auth_require_tls": False, "auth_required": True}
    with a_mail_server(Mailbox(), authenticator=authenticate, **options) as port:
        channel = a_mailer(port, signed_in=True)
        assert [type(send(channel, key=str(number))) for number in range(3)] == [Delivered] * 3
    assert len(signed_in) == 1


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_over_tls_to_a_server_that_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    """Two mails by one connection; a certificate that nobody vouches for gets none."""
    certificate = a_certificate(tmp_path)
    context = certificate.for_server()
    options = {"require_starttls": True, "tls_context": context} if security == "starttls" else {"ssl_context": context}
    mailbox = Counting()
    with a_mail_server(mailbox, **options) as port:
        refused = send(a_mailer(port, security=security))
        assert isinstance(refused, Retry)
        assert "secure connection" in refused.reason
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
        channel = a_mailer(port, security=security)
        assert [type(send(channel, key=key)) for key in ("k1", "k2")] == [Delivered] * 2
    assert list(mailbox.by.values()) == [2]
    with warnings.catch_warnings():  # aiosmtpd does not close the connection whose handshake was broken off
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
