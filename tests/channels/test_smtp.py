"""The email channel: the letter, and what each failure of a mail server means at each step."""

import email
import email.policy
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import ValidationError

from channels.smtp import Smtp, SmtpSettings
from notifier.channel import AuthFailed, Delivered, Media, Message, Outcome, Rejected, Retry, Unknown, Works
from tests.channels.messages import a_channel, a_prepared
from tests.channels.wire import a_closed_port
from tests.notifications import some_media

RECIPIENT = "residents@town.example"
SHORT = 0.4


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "smtp",
        "host": "127.0.0.1",
        "port": int(url.rpartition(":")[2]),
        "security": "none",
        "username": "alerts",
        "password": "smtp-password-6e2b",
        "sender": "alerts@police.exampleton.example",
        "to": [RECIPIENT, "press@paper.example"],
    }


def a_mailer(port: int, *, signed_in: bool = False, timeout: float = 5.0, **changes: Any) -> Any:
    """Make a channel for a server at this port; unless `signed_in`, it has no account there."""
    account = contract_account(f":{port}")
    if not signed_in:
        del account["username"], account["password"]
    return a_channel(Smtp, account, timeout=timeout, **changes)


def send(channel: Any, **changes: Any) -> Outcome:
    """Send one mail to RECIPIENT."""
    outcome: Outcome = channel.send(a_prepared(recipient=RECIPIENT, **changes))
    return outcome


# --- a real server ----------------------------------------------------------------------------------------------------


class Mailbox:
    """Keeps what a real server took; `says` answers RCPT or DATA instead, by verb."""

    def __init__(self, says: dict[str, str] | None = None) -> None:
        self.taken: list[Envelope] = []
        self.says = says or {}

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient."""
        envelope.rcpt_tos.append(address)
        return self.says.get("RCPT", "250 OK")

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter."""
        self.taken.append(envelope)
        return self.says.get("DATA", "250 OK")

    def letters(self) -> list[EmailMessage]:
        """Read what was taken."""
        return [
            email.message_from_bytes(raw(taken), _class=EmailMessage, policy=email.policy.default)
            for taken in self.taken
        ]


@contextmanager
def a_mail_server(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    """Run a real mail server for a mailbox."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=a_closed_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def raw(taken: Envelope) -> bytes:
    """Read what was taken as it came over the wire."""
    assert isinstance(taken.content, bytes)
    return taken.content


def one_letter(message_changes: dict[str, Any], **settings: Any) -> EmailMessage:
    """Send one mail through a real server and read it."""
    mailbox = Mailbox()
    with a_mail_server(mailbox) as port:
        outcome = send(a_mailer(port, **settings), **message_changes)
    assert isinstance(outcome, Delivered)
    (letter,) = mailbox.letters()
    assert outcome.remote_id == letter["Message-ID"]
    return letter


def body(letter: EmailMessage, kind: str) -> str:
    """Read the text or the HTML of a letter."""
    part = letter.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


def test_a_letter_has_its_head_and_both_bodies() -> None:
    """The department speaks, to one recipient, and no robot answers it."""
    letter = one_letter(
        {
            "headline": "Cerrada: Calle Ñ",
            "text": "Main Street is closed.\n\n.Detour <b>\nMore: https://a.example/?x=1&y=2.",
        }
    )
    assert str(letter["From"]) == "Exampleton Police Department <alerts@police.exampleton.example>"
    assert (letter["To"], letter["Subject"]) == (RECIPIENT, "Cerrada: Calle Ñ")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == a_prepared().message.sent.replace(microsecond=0)
    assert letter["Message-ID"].endswith("@police.exampleton.example>")
    assert letter["List-Unsubscribe"] is None
    text, page = body(letter, "plain"), body(letter, "html")
    assert text.replace("\r\n", "\n") == "Main Street is closed.\n\n.Detour <b>\nMore: https://a.example/?x=1&y=2.\n"
    assert "<h1>Cerrada: Calle Ñ</h1>" in page
    assert ".Detour &lt;b&gt;<br>" in page
    assert '<a href="https://a.example/?x=1&amp;y=2">https://a.example/?x=1&amp;y=2</a>.' in page


def test_a_subscribers_list_says_how_to_leave_it() -> None:
    """RFC 8058: one click, no page in between; the address stands in the header as it is."""
    way_out = "https://police.exampleton.example/leave?list=" + "x" * 150
    mailbox = Mailbox()
    with a_mail_server(mailbox) as port:
        send(a_mailer(port, unsubscribe=way_out, reply_to="desk@police.exampleton.example"))
        send(a_mailer(port, unsubscribe="mailto:leave@police.exampleton.example"))
    assert f"\r\nList-Unsubscribe: <{way_out}>\r\n".encode() in raw(mailbox.taken[0])
    by_web, by_mail = mailbox.letters()
    assert by_web["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert by_web["Reply-To"] == "desk@police.exampleton.example"
    assert by_mail["List-Unsubscribe"] == "<mailto:leave@police.exampleton.example>"
    assert by_mail["List-Unsubscribe-Post"] is None


def test_pictures_stand_in_the_page_and_papers_beside_it() -> None:
    """A picture has its alt text; a paper is attached under its name."""
    paper = Media('no"te\r\nX-Evil: 1.pdf', "application/pdf", None, None, "ab" * 32, b"%PDF-1.4 paper")
    letter = one_letter({"media": (some_media(alt='Map "A" <b>'), paper)})
    page = body(letter, "html")
    assert 'alt="Map &quot;A&quot; &lt;b&gt;"' in page
    picture = next(part for part in letter.walk() if part.get_content_type() == "image/png")
    assert f"cid:{picture['Content-ID'].strip('<>')}" in page
    assert picture.get_payload(decode=True) == some_media().data
    (attached,) = list(letter.iter_attachments())
    assert attached.get_content_type() == "application/pdf"
    assert attached["X-Evil"] is None
    assert attached.get_payload(decode=True) == b"%PDF-1.4 paper"


def test_no_value_starts_a_header_of_its_own() -> None:
    """Whatever a text holds, it stays in its place."""
    evil = "Closed\r\nBcc: all@town.example\r\n\r\nbody"
    letter = one_letter({"headline": evil, "department_name": evil, "language": evil})
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Closed Bcc: all@town.example body"
    assert len(letter["From"].addresses) == 1
    assert letter["From"].addresses[0].addr_spec == "alerts@police.exampleton.example"


def test_no_line_is_too_long_for_a_mail_server() -> None:
    """998 bytes a line (RFC 5322, 2.1.1), in any script, and only ASCII on the wire."""
    mailbox = Mailbox()
    with a_mail_server(mailbox) as port:
        send(a_mailer(port), text="wörd " * 2_000 + "\n" + "x" * 3_000, headline="Ñ" * 900)
    written = raw(mailbox.taken[0])
    assert max(len(line) for line in written.split(b"\r\n")) <= 998
    assert written.isascii()
    assert b"\n" not in written.replace(b"\r\n", b"")
    (letter,) = mailbox.letters()
    assert body(letter, "plain").splitlines()[1] == "x" * 3_000


def test_a_repeat_is_the_same_letter() -> None:
    """Message-ID, date and boundaries stay, so that a receiver may drop it; another key is another letter."""
    mailbox = Mailbox()
    with a_mail_server(mailbox) as port:
        for key in ("k1", "k1", "k2"):
            send(a_mailer(port), key=key, media=(some_media(),))
    first, again, other = (raw(taken) for taken in mailbox.taken)
    assert first == again
    ids = [letter["Message-ID"] for letter in mailbox.letters()]
    assert ids[0] == ids[1] != ids[2]
    assert other != first


def test_a_letter_goes_to_its_one_recipient() -> None:
    """No subscriber sees another; the channel has a delivery for each."""
    mailbox = Mailbox()
    with a_mail_server(mailbox) as port:
        channel = a_mailer(port)
        send(channel)
    assert mailbox.taken[0].rcpt_tos == [RECIPIENT]
    assert mailbox.taken[0].mail_from == "alerts@police.exampleton.example"
    assert channel.capabilities.recipients == (RECIPIENT, "press@paper.example")
    for wrong in ("", "two@town.example, more@town.example", "a@town.example\r\nDATA"):
        assert isinstance(channel.send(a_prepared(recipient=wrong)), Rejected)


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        ({"RCPT": "550 5.1.1 no such user"}, Rejected),
        ({"RCPT": "451 4.7.1 greylisted, come back"}, Retry),
        ({"RCPT": "530 5.7.0 authentication required"}, AuthFailed),
        ({"DATA": "554 5.7.1 looks like spam"}, Rejected),
        ({"DATA": "452 4.2.2 mailbox full"}, Retry),
        ({"DATA": "251 will forward"}, Delivered),
    ],
)
def test_send_reads_each_answer(says: dict[str, str], outcome: type) -> None:
    """5xx is for good, 4xx for now, whichever step it answers; the server's words are told."""
    with a_mail_server(Mailbox(says)) as port:
        told = send(a_mailer(port))
    assert isinstance(told, outcome)
    if not isinstance(told, Delivered):
        assert next(iter(says.values()))[4:] in told.reason


def _only(username: bytes, password: bytes) -> Callable[..., AuthResult]:
    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (username, password)
        return AuthResult(success=right, handled=False)

    return authenticate


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_an_account_signs_in_and_a_wrong_password_stops_the_channel() -> None:
    """`check` tries it without a mail."""
    options = {"auth_require_tls": False, "auth_required": True}
    mailbox = Mailbox()
    with a_mail_server(mailbox, authenticator=_only(b"alerts", b"smtp-password-6e2b"), **options) as port:
        assert a_mailer(port, signed_in=True).check() == Works()
        assert mailbox.taken == []
        assert isinstance(send(a_mailer(port, signed_in=True)), Delivered)
        wrong = a_mailer(port, signed_in=True, password="wrong-password-6e2b")
        for outcome in (wrong.check(), send(wrong), send(a_mailer(port, signed_in=True, password="wörd-6e2b-6e2b"))):
            assert isinstance(outcome, AuthFailed)
            assert "6e2b" not in repr(outcome)
        assert isinstance(send(a_mailer(port)), AuthFailed)
    assert len(mailbox.taken) == 1


def test_a_server_without_starttls_gets_no_mail() -> None:
    """A password or a text never goes out in clear because a server, or somebody between, offers no TLS."""
    mailbox = Mailbox()
    with a_mail_server(mailbox) as port:
        outcome = send(a_mailer(port, security="starttls", signed_in=True))
        assert isinstance(outcome, AuthFailed)
        assert "security" in outcome.reason
        assert isinstance(send(a_mailer(port, security="tls", timeout=SHORT)), Retry)
    assert mailbox.taken == []


# --- a server that breaks ---------------------------------------------------------------------------------------------

Act = Callable[[socket.socket], None]
_POLITE = {b"EHLO": b"250 mail.example\r\n", b"MAIL": b"250 OK\r\n", b"RCPT": b"250 OK\r\n", b"DATA": b"354 go on\r\n"}


@contextmanager
def a_breaking_server(step: bytes, act: Act) -> Iterator[int]:
    """Answer politely until a step (`hello`, a verb, or `end` of the letter), then act."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        with listener, listener.accept()[0] as connection, connection.makefile("rb") as lines:
            if step == b"hello":
                return act(connection)
            connection.sendall(b"220 mail.example\r\n")
            in_letter = False
            for line in lines:
                verb = b"end" if in_letter and line == b".\r\n" else line[:4].upper().strip()
                if verb == step and (not in_letter or step == b"end"):
                    return act(connection)
                if not in_letter:
                    connection.sendall(_POLITE.get(verb, b"502 what\r\n"))
                    in_letter = verb == b"DATA"
            ended.set()
        return None

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(listener.getsockname()[1])
    thread.join(5)


def _cut(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def _hang(connection: socket.socket) -> None:
    connection.settimeout(5)
    while connection.recv(4096):
        pass


def _saying(line: bytes) -> Act:
    return lambda connection: connection.sendall(line)


@pytest.mark.parametrize("act", [_cut, _hang, _saying(b"x" * 9_000)], ids=["cut", "hung", "rubbish"])
@pytest.mark.parametrize("step", [b"hello", b"EHLO", b"MAIL", b"RCPT", b"DATA"])
def test_what_fails_before_the_letter_ends_is_tried_again(step: bytes, act: Act) -> None:
    """The server cannot have taken what it has not got, and it is given up in time."""
    with a_breaking_server(step, act) as port:
        started = time.monotonic()
        outcome = send(a_mailer(port, timeout=SHORT))
    assert isinstance(outcome, Retry | Rejected), outcome
    assert isinstance(outcome, Retry) or act not in (_cut, _hang)
    assert time.monotonic() - started < 3 * SHORT


@pytest.mark.parametrize("act", [_cut, _hang, _saying(b"x" * 9_000)], ids=["cut", "hung", "rubbish"])
def test_what_fails_after_the_letter_ended_is_unknown(act: Act) -> None:
    """The server has the whole letter; whether it took it, nobody heard."""
    with a_breaking_server(b"end", act) as port:
        outcome = send(a_mailer(port, timeout=SHORT))
    assert isinstance(outcome, Unknown)
    assert "may have been sent" in outcome.reason


def test_a_refused_connection_and_an_unknown_name_are_tried_again() -> None:
    """Nothing was sent."""
    assert send(a_mailer(a_closed_port())) == Retry("127.0.0.1 refused the connection; check `port`")
    nowhere = send(a_mailer(25, host="no-such-host.invalid"))
    assert isinstance(nowhere, Retry)
    assert "could not be looked up" in nowhere.reason


def test_a_server_that_is_closed_for_good_or_for_now_is_told_apart() -> None:
    """The greeting itself may be a no."""
    with a_breaking_server(b"hello", _saying(b"554 no service here\r\n")) as port:
        assert isinstance(send(a_mailer(port)), Rejected)
    with a_breaking_server(b"hello", _saying(b"421 too busy\r\n")) as port:
        assert isinstance(send(a_mailer(port)), Retry)


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "Alerts <alerts@town.example>"},
        {"sender": "alerts@town.example\r\nBcc: x@town.example"},
        {"to": []},
        {"to": ["no address"]},
        {"reply_to": "a@b@c"},
        {"host": "mail example"},
        {"port": 0},
        {"security": "maybe"},
        {"unsubscribe": "http://town.example/leave"},
        {"unsubscribe": "https://town.example/a>b"},
    ],
)
def test_settings_refuse_what_would_break_a_mail(changes: dict[str, Any]) -> None:
    """Found when the configuration is read, not when the news is hot."""
    with pytest.raises(ValidationError):
        SmtpSettings.model_validate({**contract_account(":25"), **changes})


def test_a_message_keeps_its_letter_through_the_store() -> None:
    """What the store gives back after a crash makes the same letter."""
    from channels.smtp.letter import Letterhead, write_letter

    message = a_prepared(recipient=RECIPIENT, media=(some_media(),)).message
    stored = Message.from_json(message.to_json(), {some_media().sha256: some_media().data})
    head = Letterhead("alerts@police.exampleton.example")
    assert write_letter(stored, head) == write_letter(message, head)
