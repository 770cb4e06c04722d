"""MQTT: the notification as JSON, kept by a broker under a topic, for signs, displays and home automation (MQTT 5).

The broker keeps the last message of a topic (retain) and hands it to whoever subscribes later, so that publishing it
again changes nothing: an update takes its place, an empty one takes it away, and MQTT 5 lets it end with the news.
Who listens just then may hear a repeated message twice (QoS 1), and knows it again by `key`. By MQTT 3.1.1 a broker
takes even what it then throws away for lack of a right; MQTT 5 has it say so.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from notifier.channel import (
    Capabilities,
    Channel,
    ChannelSettings,
    Delivered,
    Message,
    Outcome,
    Prepared,
    Rejected,
    System,
    Works,
)

if TYPE_CHECKING:
    from channels.mqtt.talking import Broker

_PARTS = ("department", "id", "kind", "language")
_LEVEL = r"[^/+#\x00-\x1f\x7f]{1,100}"
_TOPIC = re.compile(rf"(?!\$){_LEVEL}(/{_LEVEL}){{0,15}}")


def _topic(pattern: str) -> str:
    named = re.findall(r"\{(\w*)\}", pattern)
    if (
        not _TOPIC.fullmatch(pattern)
        or set("{}") & set(re.sub(r"\{\w+\}", "", pattern))
        or not set(named) <= set(_PARTS)
    ):
        raise ValueError('is no topic; write levels and /, as "alerts/{department}/{id}/{language}"')
    if "id" not in named or "language" not in named:
        raise ValueError("must hold {id} and {language}: whatever has the same topic takes the other's place")
    return pattern


class MqttSettings(ChannelSettings):
    """A broker, and the topic under which it keeps each notification."""

    host: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$", description="the broker's name")
    port: int = Field(8883, ge=1, le=65535, description="its port: 8883 with tls, 1883 with none")
    security: Literal["tls", "none"] = Field(
        "tls", description="how the connection is made secure; none only for a broker on this machine"
    )
    ca_file: Path | None = Field(
        None, description="who vouches for the broker's certificate, where that is no public CA"
    )
    username: str | None = Field(None, description="the account at the broker, where it asks for one")
    password: SecretStr | None = Field(None, description="the account's password")
    protocol: Literal["5", "3.1.1"] = Field("5", description="the version of MQTT; 3.1.1 only for a broker without 5")
    topic: Annotated[str, AfterValidator(_topic)] = Field(
        "alerts/{department}/{id}/{language}",
        description="the topic of a notification; {department}, {id}, {kind} and {language} stand for its own",
    )


class Mqtt(Channel):
    """One broker."""

    systems = (System("MQTT (signs, displays, home automation)", "publishes", "mosquitto"),)
    Settings = MqttSettings
    settings: MqttSettings
    visitors_comment = False

    @property
    def capabilities(self) -> Capabilities:
        """The whole text, headline and short text beside it; a repeat leaves what is kept as it is."""
        return Capabilities("long", beside=("headline", "short"), idempotency="key", can_amend=True, can_withdraw=True)

    def load(self) -> None:
        """Import the client, where it is installed."""
        from channels.mqtt.talking import library

        library()

    def send(self, prepared: Prepared) -> Outcome:
        """Have the broker keep the notification."""
        message = prepared.message
        topic = self.settings.topic
        for part in _PARTS:
            topic = topic.replace(f"{{{part}}}", str(getattr(message, part)))
        return self._keep(topic, message)

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Have the broker keep this notification in the place of the earlier one."""
        return self._keep(receipt.get("topic"), prepared.message)

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Have the broker keep nothing under the topic."""
        return self._tell(receipt.get("topic"), b"", None)

    def check(self) -> Works | Outcome:
        """Connect and sign in."""
        return self._broker().try_it() or Works()

    def _keep(self, topic: object, message: Message) -> Outcome:
        lasts = (message.expires - self.http.clock()).total_seconds()
        return self._tell(topic, json.dumps(_payload(message), ensure_ascii=False).encode(), max(1, int(lasts)))

    def _tell(self, topic: object, payload: bytes, lasts: int | None) -> Outcome:
        if not isinstance(topic, str) or not _TOPIC.fullmatch(topic):
            return Rejected("there is no topic that it could stand under; correct `topic` in channels.toml")
        return self._broker().keep(topic, payload, lasts) or Delivered(topic, None, {"topic": topic})

    def _broker(self) -> "Broker":
        from channels.mqtt.talking import Broker

        own = self.settings
        return Broker(
            own.host,
            own.port,
            own.username,
            own.password,
            is_5=own.protocol == "5",
            is_secure=own.security == "tls",
            ca_file=own.ca_file,
            timeout=own.timeout,
        )


def _payload(message: Message) -> dict[str, object]:
    alert = message.alert
    return {
        "id": message.id,
        "revision": message.revision,
        "key": message.key,
        "department": message.department,
        "department_name": message.department_name,
        "kind": message.kind,
        "stage": message.stage,
        "status": message.status,
        "language": message.language,
        "event": alert.event,
        "urgency": alert.urgency,
        "severity": alert.severity,
        "certainty": alert.certainty,
        "area": alert.area,
        "headline": message.beside.get("headline", message.headline),
        "short": message.beside.get("short", ""),
        "text": message.text,
        "links": list(message.links),
        "sent": message.sent.isoformat(),
        "expires": message.expires.isoformat(),
    }


CHANNEL = Mqtt
