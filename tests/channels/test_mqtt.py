"""MQTT: what a broker is asked to keep, and what each of its answers and each failure means."""

import json
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from channels.mqtt import Mqtt, MqttSettings
from notifier.channel import AuthFailed, Delivered, Outcome, Rejected, Retry, Unknown, Works
from tests.certificates import a_certificate
from tests.channels.broker import (
    CONNECT,
    PUBLISH,
    StubBroker,
    cutting,
    doing,
    greeting,
    refusing,
    silent,
    taking,
    writing,
)
from tests.channels.messages import NOW, a_channel, a_prepared
from tests.channels.wire import a_closed_port, a_full_port

TOPIC = "alerts/police.exampleton.example/n-20261122-195806-k7f3q/en"
SHORT = 0.6


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "mqtt",
        "host": "127.0.0.1",
        "port": int(url.rpartition(":")[2]),
        "security": "none",
        "username": "publisher",
        "password": "mqtt-password-88c1",
    }


def contract_receipt() -> dict[str, Any]:
    """Give the receipt of a post."""
    return {"topic": TOPIC}


@pytest.fixture
def broker() -> Iterator[StubBroker]:
    """Start a broker that takes everything."""
    with StubBroker() as started:
        yield started


def a_keeper(broker: StubBroker, **changes: Any) -> Any:
    """Make a channel for a broker."""
    return a_channel(Mqtt, contract_account(f":{broker.port}"), **changes)


def send(broker: StubBroker, **changes: Any) -> Outcome:
    """Publish a road closure."""
    outcome: Outcome = a_keeper(broker, **changes).send(a_prepared())
    return outcome


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_the_broker_is_asked_to_keep_the_notification(broker: StubBroker) -> None:
    """QoS 1, retained, as JSON, until the news is old; the password only in the greeting."""
    text = "Cerrada: Calle Ñ 👨‍👩‍👧 你好 שלום"
    prepared = a_prepared(text=text, beside={"headline": "Closed", "short": "Closed now"}, links=("https://a.example",))
    outcome = a_keeper(broker).send(prepared)
    assert outcome == Delivered(TOPIC, None, {"topic": TOPIC})
    connect, publish = broker.seen[:2]  # its goodbye may be read later
    assert b"publisher" in connect.body
    assert b"mqtt-password-88c1" in connect.body
    assert (publish.kind, publish.flags, publish.topic) == (PUBLISH, 0b0011, TOPIC)
    kept, message = json.loads(publish.text()), prepared.message
    assert kept == {
        "id": message.id,
        "revision": 1,
        "key": message.key,
        "department": "police.exampleton.example",
        "department_name": "Exampleton Police Department",
        "kind": "road-closure",
        "stage": "issue",
        "status": "actual",
        "language": "en",
        "event": message.alert.event,
        "urgency": message.alert.urgency,
        "severity": message.alert.severity,
        "certainty": message.alert.certainty,
        "area": message.alert.area,
        "headline": "Closed",
        "short": "Closed now",
        "text": text,
        "links": ["https://a.example"],
        "sent": message.sent.isoformat(),
        "expires": message.expires.isoformat(),
    }
    lasts = int((message.expires - NOW).total_seconds())
    assert b"\x02" + lasts.to_bytes(4) in publish.body
    assert b"application/json" in publish.body


def test_a_repeat_is_the_same_and_takes_the_same_place(broker: StubBroker) -> None:
    """What a broker keeps does not change by it."""
    for _ in range(2):
        send(broker)
    first, again = broker.published
    assert (first.topic, first.text()) == (again.topic, again.text())


def test_the_topic_is_the_departments(broker: StubBroker) -> None:
    """Each language has its own; a value that would leave its level is refused before anything is said."""
    channel = a_keeper(broker, topic="city/{kind}/{language}/{id}")
    assert channel.send(a_prepared(language="es")).remote_id == "city/road-closure/es/n-20261122-195806-k7f3q"
    for wrong in ("a/#", "+", "a\x00b", "x" * 120):
        assert isinstance(channel.send(a_prepared(id=wrong)), Rejected)
    assert len(broker.published) == 1


def test_an_update_takes_the_place_and_an_end_clears_it(broker: StubBroker) -> None:
    """By the receipt of the first; empty and retained is how MQTT forgets."""
    channel = a_keeper(broker)
    receipt = channel.send(a_prepared()).receipt
    assert channel.amend(receipt, a_prepared(text="open again", revision=2)) == Delivered(TOPIC, None, {"topic": TOPIC})
    assert channel.withdraw(receipt, a_prepared().message) == Delivered(TOPIC, None, {"topic": TOPIC})
    _, amended, withdrawn = broker.published
    assert (amended.topic, json.loads(amended.text())["text"]) == (TOPIC, "open again")
    assert (withdrawn.topic, withdrawn.flags, withdrawn.text()) == (TOPIC, 0b0011, b"")
    for wrong in ({}, {"topic": None}, {"topic": "a/#"}, {"topic": ["a"]}, {"topic": "$SYS/x"}):
        assert isinstance(channel.withdraw(wrong, a_prepared().message), Rejected)
        assert isinstance(channel.amend(wrong, a_prepared()), Rejected)


def test_mqtt_3_is_spoken_where_the_broker_is_old() -> None:
    """No properties, no end of its own."""

    def old(connection: socket.socket, packet: Any) -> None:
        connection.sendall(b"\x20\x02\x00\x00" if packet.kind == CONNECT else b"\x40\x02" + packet.mid)

    with StubBroker(old) as broker:
        assert isinstance(send(broker, protocol="3.1.1"), Delivered)
        assert json.loads(broker.published[0].text(is_5=False))["kind"] == "road-closure"
        broker.act = writing(b"\x20\x02\x00\x05")
        assert isinstance(send(broker, protocol="3.1.1"), AuthFailed)
        broker.act = writing(b"\x20\x02\x00\x03")
        assert isinstance(send(broker, protocol="3.1.1"), Retry)


def test_a_late_attempt_lets_the_news_end_in_time(broker: StubBroker) -> None:
    """The broker counts seconds from when it hears them."""
    a_keeper(broker, now=NOW + timedelta(hours=1)).send(a_prepared(expires=NOW + timedelta(hours=1, seconds=90)))
    assert b"\x02" + (90).to_bytes(4) in broker.published[0].body


# --- what it says -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0x80, Retry),
        (0x84, AuthFailed),
        (0x86, AuthFailed),
        (0x87, AuthFailed),
        (0x88, Retry),
        (0x89, Retry),
        (0x8A, AuthFailed),
        (0x97, Retry),
        (0x9C, AuthFailed),
        (0x9F, Retry),
    ],
)
def test_a_greeting_that_is_a_no_keeps_nothing(broker: StubBroker, code: int, outcome: type) -> None:
    """The account, the wrong broker, or later; `check` hears the same."""
    broker.act = refusing(code)
    assert isinstance(send(broker), outcome)
    assert isinstance(a_keeper(broker).check(), outcome)
    assert broker.published == []


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0x00, Delivered),
        (0x10, Delivered),
        (0x80, Retry),
        (0x83, Retry),
        (0x87, AuthFailed),
        (0x90, Rejected),
        (0x97, Retry),
        (0x99, Rejected),
    ],
)
def test_each_answer_to_a_publish_is_read(broker: StubBroker, code: int, outcome: type) -> None:
    """0x10 is a yes to which nobody listens yet; 0x87 is a right that the account lacks."""
    broker.act = taking(code)
    assert isinstance(send(broker), outcome)


def test_the_brokers_own_words_are_quoted_without_the_password(
    broker: StubBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """Reason strings are anybody's text."""
    caplog.set_level(logging.DEBUG)
    words = b"no: mqtt-password-88c1\x01 for you\n"
    broker.act = refusing(0x87, b"\x1f" + len(words).to_bytes(2) + words)
    outcome = send(broker)
    assert isinstance(outcome, AuthFailed)
    assert outcome.reason.endswith(": no: *** for you")
    assert "88c1" not in outcome.reason + caplog.text


def test_a_broker_that_keeps_nothing_is_told_before_anything_is_published(broker: StubBroker) -> None:
    """Retain off, no QoS 1, packets too small: its greeting says so."""
    for offers in (b"\x25\x00", b"\x24\x00"):
        broker.act = taking(offers=offers)
        assert isinstance(send(broker), AuthFailed)
        assert isinstance(a_keeper(broker).check(), AuthFailed)
    broker.act = taking(offers=b"\x27" + (200).to_bytes(4))
    outcome = send(broker)
    assert isinstance(outcome, Rejected)
    assert "takes 200 bytes" in outcome.reason
    assert a_keeper(broker).check() == Works()
    assert broker.published == []


# --- what breaks ------------------------------------------------------------------------------------------------------


def test_what_breaks_before_the_publish_is_tried_again() -> None:
    """Nothing can be kept: no broker, no answer, an end, nonsense, a web server; all in time."""
    with StubBroker() as broker:
        for act in (
            cutting,
            silent,
            writing(b"\x00" * 64),
            writing(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            writing(b"\x20\x7f"),
        ):
            broker.act = act
            began = time.monotonic()
            outcome = send(broker, timeout=SHORT)
            assert isinstance(outcome, Retry), act
            assert time.monotonic() - began < 2 * SHORT
    gone = a_channel(Mqtt, contract_account(f":{a_closed_port()}"))
    assert gone.send(a_prepared()) == Retry("127.0.0.1 refused the connection; check `port`")
    nowhere = a_channel(Mqtt, contract_account(":1883"), host="no-such-host.invalid")
    assert "could not be looked up" in nowhere.send(a_prepared()).reason
    with a_full_port() as port:
        began = time.monotonic()
        full = a_channel(Mqtt, contract_account(f":{port}"), timeout=SHORT)
        assert isinstance(full.send(a_prepared()), Retry)
        assert time.monotonic() - began < 2 * SHORT


@pytest.mark.parametrize(
    "act",
    [
        cutting,
        silent,
        writing(b"\x00" * 64),
        writing(b"\x40\x7f"),
        writing(b"\xe0\x02\x8b\x00"),
        writing(b"\x40\x02\xff\xff"),
    ],
    ids=["cut", "silent", "nonsense", "half", "shutting down", "another's answer"],
)
def test_what_breaks_after_the_publish_is_unknown(broker: StubBroker, act: Any) -> None:
    """It may be kept; the core says it again, which changes nothing."""
    broker.act = doing(PUBLISH, act)
    began = time.monotonic()
    outcome = send(broker, timeout=SHORT)
    assert isinstance(outcome, Unknown)
    assert time.monotonic() - began < 2 * SHORT
    assert len(broker.published) == 1
    withdrawn = a_keeper(broker, timeout=SHORT).withdraw(contract_receipt(), a_prepared().message)
    assert isinstance(withdrawn, Unknown)


def test_a_goodbye_that_names_the_publish_is_its_answer(broker: StubBroker) -> None:
    """Some brokers end the connection over what they do not take."""
    for code, outcome in ((0x95, Rejected), (0x9A, Rejected), (0x87, AuthFailed)):
        broker.act = doing(PUBLISH, writing(bytes([0xE0, 2, code, 0])))
        assert isinstance(send(broker), outcome)


def test_a_broker_that_drips_is_given_up_in_time(broker: StubBroker) -> None:
    """Byte by byte, for ever."""

    def drip(connection: socket.socket, _packet: Any) -> None:
        for byte in greeting(0)[:2] + b"\x00" * 200:
            connection.sendall(bytes([byte]))
            time.sleep(SHORT / 3)

    broker.act = drip
    began = time.monotonic()
    assert isinstance(send(broker, timeout=SHORT), Retry)
    assert time.monotonic() - began < 2 * SHORT


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # paho forgets the socket of a failed handshake
def test_a_broker_is_spoken_to_over_tls_where_its_certificate_is_vouched_for(tmp_path: Path) -> None:
    """By `ca_file`, as for a broker of the house; otherwise it hears nothing of the password."""
    certificate = a_certificate(tmp_path)
    (tmp_path / "empty.pem").write_text("no certificate")
    with StubBroker(context=certificate.for_server()) as broker:
        assert isinstance(send(broker, security="tls", ca_file=certificate.file, timeout=30), Delivered)
        broker.seen.clear()
        for changes in ({}, {"ca_file": tmp_path / "empty.pem"}):
            outcome = send(broker, security="tls", timeout=30, **changes)
            assert isinstance(outcome, Retry)
            assert "secure connection" in outcome.reason
        gone = send(broker, security="tls", ca_file=tmp_path / "gone.pem")
        assert gone == AuthFailed("`ca_file` cannot be read; correct it in channels.toml")
        assert not any(packet.kind == CONNECT for packet in broker.seen)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # paho forgets the socket of a failed handshake
def test_a_broker_without_tls_hears_nothing_of_the_password(broker: StubBroker) -> None:
    """Somebody between could take TLS away."""
    assert isinstance(send(broker, security="tls", timeout=SHORT), Retry)
    assert not any(b"mqtt-password-88c1" in packet.body for packet in broker.seen)


# --- settings and the library -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"topic": "alerts/{id}"},
        {"topic": "alerts/{language}"},
        {"topic": "alerts/{id}/{language}/#"},
        {"topic": "+/{id}/{language}"},
        {"topic": "$SYS/{id}/{language}"},
        {"topic": "/{id}/{language}"},
        {"topic": "alerts/{id}/{language}/{text}"},
        {"topic": "alerts/{id}/{language}/{"},
        {"topic": ""},
        {"host": "broker example"},
        {"port": 0},
        {"protocol": "4"},
        {"security": "starttls"},
    ],
)
def test_settings_refuse_what_no_broker_could_keep(changes: dict[str, Any]) -> None:
    """Found when the configuration is read."""
    with pytest.raises(ValidationError):
        MqttSettings.model_validate({**contract_account(":1883"), **changes})


def test_without_the_library_the_channel_says_what_to_install() -> None:
    """It stops alone; nothing else needs paho-mqtt."""
    program = (
        "import sys\n"
        "sys.modules['paho'] = None\n"
        "from channels.mqtt import Mqtt\n"
        "from tests.channels.messages import a_channel, a_prepared\n"
        "from tests.channels.test_mqtt import contract_account\n"
        "channel = a_channel(Mqtt, contract_account(':1'))\n"
        "channel.load()\n"
        "print(channel.send(a_prepared()), channel.check())\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.count("AuthFailed(reason='paho-mqtt is not installed here; install it with: pip install \"police") == 2
