"""The MQTT channel on a real mosquitto: what it keeps, what a repeat changes, what it refuses."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import paho.mqtt.client as mqtt

from channels.mqtt import Mqtt
from notifier.channel import AuthFailed, Delivered, Retry, Works
from tests.channels.messages import NOW, a_channel, a_prepared
from tests.servers.arrivals import Arrivals
from tests.servers.mosquitto import Broker, Mosquitto


def a_keeper(broker: Broker, **changes: Any) -> Any:
    """Make a channel that the broker knows."""
    account = {
        "type": "mqtt",
        "host": broker.host,
        "port": broker.port,
        "security": "none",
        "username": broker.user,
        "password": broker.password,
    }
    return a_channel(Mqtt, account, **changes)


@contextmanager
def listening(broker: Broker, pattern: str) -> Iterator[list[mqtt.MQTTMessage]]:
    """Subscribe, and gather what is heard; what was kept before comes first."""
    heard: list[mqtt.MQTTMessage] = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.username_pw_set(broker.user, broker.password)
    client.on_message = lambda _client, _data, message: heard.append(message)
    client.connect(broker.host, broker.port)
    client.loop_start()
    client.subscribe(pattern, qos=1)
    time.sleep(0.4)
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def kept(broker: Broker, pattern: str) -> dict[str, Any]:
    """What the broker keeps, by topic."""
    with listening(broker, pattern) as heard:
        return {message.topic: json.loads(message.payload) for message in heard if message.retain}


def test_a_notification_is_kept_updated_and_cleared(mosquitto: Broker) -> None:
    """Who subscribes later reads the newest; a repeat leaves one; the end leaves none."""
    for protocol in ("5", "3.1.1"):
        channel = a_keeper(mosquitto, topic=f"a{protocol}/{{department}}/{{id}}/{{language}}", protocol=protocol)
        first = channel.send(a_prepared(text="Closed: Ñ 🚧"))
        assert isinstance(first, Delivered)
        assert channel.send(a_prepared(text="Closed: Ñ 🚧")) == first
        spanish = channel.send(a_prepared(text="Cerrada", language="es"))
        read = kept(mosquitto, f"a{protocol}/#")
        assert {topic: one["text"] for topic, one in read.items()} == {
            first.remote_id: "Closed: Ñ 🚧",
            spanish.remote_id: "Cerrada",
        }
        assert isinstance(channel.amend(first.receipt, a_prepared(text="Open", revision=2)), Delivered)
        assert kept(mosquitto, str(first.remote_id))[str(first.remote_id)]["revision"] == 2
        for _ in range(2):
            assert isinstance(channel.withdraw(first.receipt, a_prepared().message), Delivered)
        assert list(kept(mosquitto, f"a{protocol}/#")) == [spanish.remote_id]


def test_who_listens_hears_a_repeat_and_knows_it_by_its_key(mosquitto: Broker) -> None:
    """QoS 1 is at least once; the payload says what it is."""
    channel = a_keeper(mosquitto, topic="heard/{id}/{language}")
    with listening(mosquitto, "heard/#") as heard:
        for _ in range(2):
            channel.send(a_prepared(key="one-delivery"))
        time.sleep(0.4)
    assert [json.loads(message.payload)["key"] for message in heard] == ["one-delivery"] * 2


def test_the_broker_forgets_it_when_the_news_is_old(mosquitto: Broker) -> None:
    """By MQTT 5 a sign does not show yesterday's closure, whoever forgot to end it."""
    channel = a_keeper(mosquitto, topic="old/{id}/{language}")
    assert isinstance(channel.send(a_prepared(expires=NOW + timedelta(seconds=1))), Delivered)
    assert kept(mosquitto, "old/#") != {}
    time.sleep(1.5)
    assert kept(mosquitto, "old/#") == {}


def test_a_wrong_password_is_refused(mosquitto: Broker) -> None:
    """By check too; the right one works."""
    assert a_keeper(mosquitto).check() == Works()
    wrong = a_keeper(mosquitto, password="not-the-password")
    for outcome in (wrong.check(), wrong.send(a_prepared())):
        assert isinstance(outcome, AuthFailed)
        assert "not-the-password" not in outcome.reason


def test_a_right_that_is_lacking_is_told_by_mqtt_5(arrivals: Arrivals) -> None:
    """3.1.1 hears a yes for what the broker throws away: the reason for 5 by default."""
    for broker in arrivals.running(Mosquitto(rights="topic write alerts/#\ntopic read #")):
        assert isinstance(a_keeper(broker).send(a_prepared()), Delivered)
        elsewhere = "elsewhere/{id}/{language}"
        assert isinstance(a_keeper(broker, topic=elsewhere).send(a_prepared()), AuthFailed)
        assert isinstance(a_keeper(broker, topic=elsewhere, protocol="3.1.1").send(a_prepared()), Delivered)
        assert kept(broker, "elsewhere/#") == {}


def test_a_broker_that_is_gone_is_tried_again(arrivals: Arrivals) -> None:
    """Nothing was kept."""
    channels = [a_keeper(broker) for broker in arrivals.running(Mosquitto())]
    for channel in channels:
        assert isinstance(channel.send(a_prepared()), Retry)
        assert isinstance(channel.check(), Retry)
