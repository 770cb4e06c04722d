"""A web address of the department's or a partner's choice: it gets the notification as JSON, once.

The body's fields, the Idempotency-Key and the signature are promised to receivers: they may be added to, never changed.
"""

import hashlib
import hmac
import json

from pydantic import Field, SecretStr

from notifier.channel import Capabilities, Channel, ChannelSettings, Delivered, Message, Outcome, Prepared, System
from notifier.http_client import Reply, ServiceAddress, public_address, service_words


class WebhookSettings(ChannelSettings):
    """Where the notification is posted, and how the receiver knows who posts it."""

    url: ServiceAddress = Field(description="the address that gets each notification, as https://hooks.town.example/in")
    secret: SecretStr | None = Field(
        None, description="signs each body: header X-Notifier-Signature, sha256= and the HMAC-SHA256 in hex"
    )
    idempotent: bool = Field(
        default=False,
        description="true: the receiver promises to drop a repeated Idempotency-Key, so a lost answer is retried",
    )


class Webhook(Channel):
    """One receiver."""

    Settings = WebhookSettings
    systems = (System("Webhook", "publishes", "a receiver on loopback that checks the signature"),)
    settings: WebhookSettings

    @property
    def capabilities(self) -> Capabilities:
        """The whole text, and the headline beside it."""
        return Capabilities("long", beside=("headline",), idempotency="key" if self.settings.idempotent else "none")

    def send(self, prepared: Prepared) -> Outcome:
        """Post the notification; any 2xx is a yes, whatever stands in its body."""
        body = json.dumps(_payload(prepared.message), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": prepared.message.key}
        if self.settings.secret is not None:
            signature = hmac.new(self.settings.secret.get_secret_value().encode(), body, hashlib.sha256)
            headers["X-Notifier-Signature"] = f"sha256={signature.hexdigest()}"
        reply = self.http.request("POST", self.settings.url, headers=headers, data=body, body_matters=False)
        if not isinstance(reply, Reply):
            return reply
        return self._delivered(reply) if reply.ok else self.http.classify(reply)

    def _delivered(self, reply: Reply) -> Delivered:
        told, secret = reply.json(), self.settings.secret
        given = told.get("id")
        remote_id = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
        # An id of more than 200 characters, or with what nobody sees in it, comes back changed and is not kept.
        kept = remote_id if remote_id and service_words(remote_id, secret) == remote_id else None
        url = public_address(told.get("url"), secret)
        return Delivered(kept, url, {"remote_id": kept, "url": url})


def _payload(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "key": message.key,
        "kind": message.kind,
        "stage": message.stage,
        "status": message.status,
        "language": message.language,
        "headline": message.headline,
        "text": message.text,
        "links": list(message.links),
        "sent": message.sent.isoformat(),
    }


CHANNEL = Webhook
