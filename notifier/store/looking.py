"""What can be read of the department's part of one database: notifications, deliveries, contents, the record."""

from typing import Any

from notifier.channel import Message
from notifier.clock import Clock
from notifier.errors import StoreError, WrongUsage
from notifier.retry import FINAL
from notifier.store import archive, notifications
from notifier.store.archive import Fault
from notifier.store.database import Database, Row


class Looking:
    """The reading half of the store."""

    department: str
    _clock: Clock
    _database: Database

    def notification(self, id_: str) -> Row:
        """Read a notification by its id or the end of it; WrongUsage says what is wrong with the id."""
        row = self._database.query(lambda s: s.one("notification", department=self.department, id=id_))
        if row is not None:
            return row
        clean = "".join(char for char in id_ if char.isalnum() or char == "-")
        like = self._database.query(
            lambda s: s.all("notifications_like", department=self.department, pattern=f"%{clean}")
        )
        if clean and len(like) == 1:
            return like[0]
        many = "more than one notification ends so" if clean and like else "there is no such notification"
        raise WrongUsage(f'"{id_[:60]}": {many}; "notify list" shows them')

    def notifications(self, most: int = 50) -> list[Row]:
        """The newest notifications first."""
        return self._database.query(lambda s: s.all("notifications", department=self.department, most=most))

    def open_notifications(self) -> list[str]:
        """The ids of what is unfinished or waits for somebody, the newest first."""
        rows = self._database.query(lambda s: s.all("open_notifications", department=self.department))
        return sorted((row["notification"] for row in rows), reverse=True)

    def deliveries(self, notification: str) -> list[Row]:
        """A notification's deliveries, by revision."""
        return self._database.query(
            lambda s: s.all("deliveries_of", department=self.department, notification=notification)
        )

    def state_of(self, row: Row, deliveries: list[Row]) -> str:
        """What a notification is now."""
        return notifications.notification_state(row, deliveries, self._clock())

    def unfinished(self, notification: str) -> bool:
        """Whether anything of a notification may still happen without a person."""
        return any(row["state"] not in FINAL and row["due"] is not None for row in self.deliveries(notification))

    def message_of(self, sha256: str, text: bytes | None = None) -> Message:
        """Read a frozen message by its hash, with the bytes of its media; text: its JSON, where that is at hand."""
        written = (self.content(sha256) if text is None else text).decode()
        message = Message.from_json(written)
        if not message.media:
            return message
        return Message.from_json(written, {media.sha256: self.content(media.sha256) for media in message.media})

    def content(self, sha256: str) -> bytes:
        """Read a content by its hash."""
        row = self._database.query(lambda s: s.one("content", sha256=sha256))
        if row is None:
            raise StoreError(f"the record's content {sha256[:12]}… is missing; run notify records verify")
        body = row["body"]
        return body if isinstance(body, bytes) else str(body).encode()

    # --- the record ---------------------------------------------------------------------------------------------------

    def events(self, stream: str) -> list[dict[str, Any]]:
        """A stream's events, as they are exported."""
        rows = self._database.query(lambda s: s.all("events_of", department=self.department, stream=stream))
        return [archive.exported(row) for row in rows]

    def verify(self) -> tuple[int, list[Fault]]:
        """Check every chain and content of the file, of all departments; answers how many events, and the faults."""
        return self._database.query(archive.verify_all)

    def record_of(self, stream: str) -> dict[str, Any]:
        """A stream's whole record, verifiable without the store."""
        return self._database.query(lambda s: archive.record_of(s, self.department, stream))
