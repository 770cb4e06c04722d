"""One message for one broker: connect, publish, wait for its word, say goodbye; and what each failure means.

Until the message has left, nothing is kept by the broker; from then on only its word (PUBACK) tells. Whatever is heard
comes within one timeout, the connection and the handshake taken together.
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from notifier.channel import AuthFailed, Outcome, Rejected, Retry, Unknown
from notifier.http_client import service_words

if TYPE_CHECKING:
    from paho.mqtt.client import Client

_MISSING = 'paho-mqtt is not installed here; install it with: pip install "police-notifier[mqtt]"'
_HEAD = 64
"""Bytes of a message beside its topic and its text, more than they ever are."""

# MQTT 5, 2.4; those of 3.1.1 are translated by the library.
_NO_RIGHT = (134, 135, 138, 140)
_WRONG_BROKER = (132, 133, 156, 157)
_NOT_NOW = (136, 137, 151, 159)
_NOT_THIS = (144, 149, 153, 154, 155)


def library() -> bool:
    """Import the client library; False where it is not installed."""
    try:
        import paho.mqtt.client  # noqa: F401
    except ImportError:
        return False
    return True


@dataclass
class _Heard:
    """What a broker has said on a connection: codes, and its own words."""

    greeting: int | None = None
    answer: int | None = None
    is_over: bool = False
    goodbye: int | None = None
    words: str = ""
    offers: Any = None


@dataclass(frozen=True)
class Broker:
    """A broker, how it is signed in to, and how long a message may take there."""

    host: str
    port: int
    username: str | None
    password: SecretStr | None = field(repr=False)
    is_5: bool
    is_secure: bool
    ca_file: Path | None
    timeout: float

    def keep(self, topic: str, payload: bytes, lasts: int | None) -> Outcome | None:
        """Have a message kept under a topic; None when the broker said that it is. lasts: seconds, by MQTT 5."""

        def publish(client: "Client", heard: _Heard, deadline: float) -> Outcome | None:
            return self._refuses(heard, topic, payload) or self._published(
                client, heard, deadline, topic, payload, lasts
            )

        return self._talk(publish)

    def try_it(self) -> Outcome | None:
        """Connect and sign in, and no more; None when that went well."""
        return self._talk(lambda _client, heard, _deadline: self._refuses(heard, "", b""))

    def _talk(self, then: "Callable[[Client, _Heard, float], Outcome | None]") -> Outcome | None:
        if not library():
            return AuthFailed(_MISSING)
        deadline = time.monotonic() + self.timeout
        heard = _Heard()
        client = self._client(heard)
        try:
            return self._connected(client, heard, deadline) or then(client, heard, deadline)
        finally:
            sock = client.socket()
            with contextlib.suppress(Exception):  # whatever comes of a goodbye
                client.disconnect()
            if sock is not None:
                sock.close()

    def _client(self, heard: _Heard) -> "Client":
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

        version = MQTTProtocolVersion.MQTTv5 if self.is_5 else MQTTProtocolVersion.MQTTv311
        # No name of its own: of two connections with one name a broker ends the first.
        client = Client(CallbackAPIVersion.VERSION2, protocol=version, reconnect_on_failure=False)
        client.connect_timeout = self.timeout / 3
        if self.username is not None:
            client.username_pw_set(self.username, self.password.get_secret_value() if self.password else None)

        def greeted(_client: Any, _data: Any, _flags: Any, code: Any, properties: Any) -> None:
            heard.greeting, heard.offers, heard.words = int(code.value), properties, self._words(properties)

        def answered(_client: Any, _data: Any, _mid: Any, code: Any, properties: Any) -> None:
            heard.answer, heard.words = int(code.value), self._words(properties)

        def left(_client: Any, _data: Any, flags: Any, code: Any, properties: Any) -> None:
            heard.is_over = True
            if flags.is_disconnect_packet_from_server:
                heard.goodbye, heard.words = int(code.value), self._words(properties)

        client.on_connect, client.on_publish, client.on_disconnect = greeted, answered, left
        return client

    def _connected(self, client: "Client", heard: _Heard, deadline: float) -> Outcome | None:
        try:
            if self.is_secure:
                client.tls_set_context(ssl.create_default_context(cafile=self.ca_file))
            client.connect(self.host, self.port, keepalive=max(10, int(2 * self.timeout)))
            _listen(client, heard, deadline, lambda: heard.greeting is not None)
        except Exception as failure:  # a broker's nonsense makes the library raise whatever it likes
            return self._not_connected(failure)
        if heard.greeting is None:
            how = "closed the connection" if heard.is_over else "did not answer"
            return Retry(f"{self.host} {how} before it took anything{heard.words}")
        return None if heard.greeting < 128 else self._refused(heard.greeting, heard.words)

    def _refuses(self, heard: _Heard, topic: str, payload: bytes) -> Outcome | None:
        """Say what the broker's own greeting rules out; None where it takes such a message."""
        if getattr(heard.offers, "RetainAvailable", 1) == 0 or getattr(heard.offers, "MaximumQoS", 1) == 0:
            return AuthFailed(f"{self.host} keeps no messages, or confirms none; allow retain and QoS 1 on it")
        most = getattr(heard.offers, "MaximumPacketSize", None)
        if isinstance(most, int) and len(topic.encode()) + len(payload) + _HEAD > most:
            return Rejected(f"{self.host} takes {most} bytes, and the notification has {len(payload)}")
        return None

    def _published(
        self, client: "Client", heard: _Heard, deadline: float, topic: str, payload: bytes, lasts: int | None
    ) -> Outcome | None:
        """Publish; None when the broker said yes. From here on nothing but its word tells what became of it."""
        from paho.mqtt.enums import MQTTErrorCode

        lost = Unknown(f"{self.host} took the notification and did not say so; it may keep it")
        try:
            sent = client.publish(topic, payload, qos=1, retain=True, properties=self._properties(payload, lasts))
            if sent.rc == MQTTErrorCode.MQTT_ERR_NO_CONN:
                return Retry(f"{self.host} closed the connection before it took the notification")
            _listen(client, heard, deadline, lambda: heard.answer is not None)
        except Exception:  # a broker's nonsense, as above
            return lost
        if heard.answer is not None:
            return None if heard.answer < 128 else self._refused(heard.answer, heard.words)
        if heard.goodbye in (*_NO_RIGHT, *_NOT_THIS):
            return self._refused(heard.goodbye, heard.words)
        return lost

    def _properties(self, payload: bytes, lasts: int | None) -> Any:
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        if not self.is_5 or not payload:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.PayloadFormatIndicator = 1
        properties.ContentType = "application/json"
        if lasts is not None:
            properties.MessageExpiryInterval = min(lasts, 0xFFFFFFFE)
        return properties

    def _refused(self, code: int, words: str) -> Outcome:
        """Say what a broker's no means; it keeps nothing then."""
        host = self.host
        if code in _NO_RIGHT:
            return AuthFailed(f"{host} refuses the account, or its right to this topic ({code}){words}")
        if code in _WRONG_BROKER:
            return AuthFailed(f"{host} does not serve this department so ({code}); correct host and protocol{words}")
        if code in _NOT_THIS:
            return Rejected(f"{host} does not take such a notification ({code}){words}")
        if code in _NOT_NOW:
            return Retry(f"{host} is busy or full ({code}){words}")
        return Retry(f"{host} took nothing, and did not say why ({code}){words}")

    def _not_connected(self, failure: Exception) -> Outcome:
        host = self.host
        match failure:
            case ssl.SSLError():
                return Retry(
                    f"no secure connection to {host} could be made; check its certificate, `port` and `ca_file`"
                )
            case FileNotFoundError() | PermissionError():
                return AuthFailed("`ca_file` cannot be read; correct it in channels.toml")
            case socket.gaierror():
                return Retry(f"the name {host} could not be looked up; check the network")
            case ConnectionRefusedError():
                return Retry(f"{host} refused the connection; check `port`")
            case TimeoutError():
                return Retry(f"{host} did not take the connection in time")
            case OSError():
                return Retry(f"{host} could not be reached")
        return Retry(f"{host} answered what no broker answers; check `host`, `port` and `security`")

    def _words(self, properties: Any) -> str:
        words = service_words(getattr(properties, "ReasonString", None), self.password)
        return f": {words}" if words else ""


def _listen(client: "Client", heard: _Heard, deadline: float, is_enough: Callable[[], bool]) -> None:
    """Read and write until enough was heard, the connection ended, or it is too late."""
    while not is_enough() and not heard.is_over and (left := deadline - time.monotonic()) > 0:
        if client.loop(left) != 0:
            return
