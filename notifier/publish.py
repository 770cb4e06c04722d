"""One notification through the whole flow: decide, store, deliver, and say what became of it."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from notifier.attachment import Attachment
from notifier.channel import Media
from notifier.clock import Clock
from notifier.deliver import Deliverer
from notifier.kind import Kind
from notifier.notification import OVER, Notification, Stage, Status, expiry, new_id
from notifier.plan import Plan, Target, make_plan
from notifier.policy import Wording
from notifier.policy.approving import Preapproval
from notifier.rendering import Renderer
from notifier.settings import Approval, Department
from notifier.store import Store

LONGEST_NAP = 0.25
"""Seconds between looks at the outbox while a command waits for a retry."""


@dataclass(frozen=True)
class Request:
    """What a person or a feed asks for, read and validated."""

    facts: Kind
    languages: tuple[str, ...]
    author: str
    login: str
    source: str = "console"
    status: Status = "actual"
    stage: Stage = "issue"
    id: str | None = None
    """The notification that this revises; None: a new one."""
    revision: int = 1
    created: datetime | None = None
    """When its first revision was made; None: now."""
    release: datetime | None = None
    skip_unfit: bool = False
    preapproval: Preapproval | None = None
    """Who approved what comes from this source in advance."""
    media: tuple[Media, ...] | None = None
    """Its pictures, where their bytes are known already; None: they are read from their files."""


class Publisher:
    """Prepares notifications of one department and releases them."""

    def __init__(
        self,
        department: Department,
        renderer: Renderer,
        store: Callable[[], Store],
        clock: Clock,
        approval: Approval | None = None,
        wording: Wording | None = None,
    ) -> None:
        self._approval = approval
        self._wording = wording
        self._department = department
        self._renderer = renderer
        self._store = store
        self._clock = clock

    def decide(self, request: Request, targets: list[Target]) -> Plan:
        """Make the plan, without any trace; what a preview and a dry run print."""
        now = self._clock()
        notification = Notification(
            id=request.id or new_id(now),
            department=self._department.slug,
            facts=request.facts,
            stage=request.stage,
            status=request.status,
            revision=request.revision,
            created=request.created or now,
            revised=request.release or now,
            expires=self._expires(request, now),
            languages=request.languages,
            author=request.author,
            login=request.login,
            source=request.source,
        )
        return make_plan(
            notification,
            self._department,
            targets,
            self._renderer,
            media=_media(request),
            release=request.release,
            skip_unfit=request.skip_unfit,
            approval=self._approval,
            preapproval=request.preapproval,
            wording=self._wording,
        )

    def _expires(self, request: Request, now: datetime) -> datetime:
        expires = expiry(request.facts, now)
        if request.release is None or expires > request.release:
            return expires
        return request.release + type(request.facts).lasts

    def prepare(self, plan: Plan, *, deliver_here: Deliverer | None = None) -> bool:
        """Store a plan, waiting; answers whether it may go: nothing of it was blocked or waits for approval.

        deliver_here: what delivers in this process what may go now, claimed as the plan is stored.
        """
        may_go = plan.state == "published"
        self._store().record(plan, claim=deliver_here.terms if deliver_here and may_go else None)
        return may_go

    def release(self, notification: str, deliverer: Deliverer, wait: float) -> None:
        """Deliver a stored notification: the first attempts at once, and the retries that fall due within the wait.

        wait: seconds. What is left then is for `notify run` or the next command.
        """
        store = self._store()
        deadline = self._clock() + timedelta(seconds=wait)
        deliverer.deliver(store.mine(notification))
        while (due := store.next_due(deliverer.terms, notification)) is not None and due <= deadline:
            now = self._clock()
            if due > now:
                time.sleep(min((due - now).total_seconds(), LONGEST_NAP))
                continue
            claims = store.claim(deliverer.terms, notification)
            if not claims and store.next_due(deliverer.terms, notification) == due:
                time.sleep(LONGEST_NAP)  # it waits for an earlier one, or for what others send to its account
                if self._clock() >= deadline:
                    break
            deliverer.deliver(claims)


def _media(request: Request) -> tuple[Media, ...]:
    if request.stage in OVER:
        return ()
    return tuple(read_media(request.facts)) if request.media is None else request.media


def read_media(facts: Kind) -> list[Media]:
    """Read the attachments of a notification, each with its SHA-256."""
    return [read_picture(attachment) for attachment in facts.pictures()]


def read_picture(attachment: Attachment) -> Media:
    """Read one attachment, with its SHA-256; of a picture only what may be published of it.

    InvalidNotification: it is broken, or too large to be a picture.
    """
    data = Path(attachment.file).read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    read = Media(attachment.name, attachment.media_type, attachment.alt, attachment.rights, sha256, data)
    if not attachment.media_type.startswith("image/"):
        return read
    from notifier.pictures import clean

    return clean(read)
