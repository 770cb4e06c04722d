"""What goes where, and what does not and why: a value, made without network, clock or writes.

A preview and a dry run print it; publishing carries it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from notifier.channel import HAND_OFF, Capabilities, Media, Message, Operation
from notifier.errors import DoesNotFit, InvalidNotification, Problem
from notifier.kind import AlertFacts
from notifier.notification import Notification
from notifier.policy import Judgement, ShownText, Wording, judge, subject_of
from notifier.policy.approving import Need, Preapproval, need_for
from notifier.rendering import Renderer
from notifier.settings import Approval, Department
from notifier.shown import Renders, Shown

WAITS = "waits for approval by the chief or a designee"


@dataclass(frozen=True)
class Target:
    """A configured account, as the plan sees it."""

    name: str
    type: str
    capabilities: Capabilities
    live: bool
    approved_by: str | None
    missing: tuple[str, ...] = ()
    """Secrets that could not be fetched: the deliveries are made, and held."""
    stopped: str | None = None
    """Why a person or a dead credential stopped the channel."""
    cause: str = "auth"
    """What stopped it: `auth` or `operator`."""
    identity: str | None = None
    """Whose account it is: what was planned for one account never goes out by another of the same name."""
    fallback: "Target | Literal['hand-off'] | None" = None
    """Where its news goes when it stays down: an account, or a person's hands."""
    patience: timedelta = timedelta(minutes=10)
    """How long its news waits for it while it is down."""


@dataclass(frozen=True)
class Planned:
    """One delivery to make: the frozen message for one account, language, part and recipient."""

    channel: str
    operation: Operation
    language: str
    part: int
    recipient: str
    message: Message
    hold: str | None = None
    """`secret`, `auth`, `operator` or `approval`: why it waits for a person; `standby`: why it may never go."""
    detail: str | None = None
    identity: str | None = None
    """Whose account it is planned for."""
    fallback: str | None = None
    """Where it goes when its channel stays down: another channel, or `hand-off`."""
    patience: datetime | None = None
    """Until when it waits for its channel before that."""
    stands_by_for: str | None = None
    """The channel that it stands by for: it goes out only when that one stays down."""


@dataclass(frozen=True)
class Refused:
    """A channel that is left out, and why."""

    channel: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """A notification with everything decided."""

    notification: Notification
    judgement: Judgement
    shown: tuple[Shown, ...]
    deliveries: tuple[Planned, ...]
    refused: tuple[Refused, ...]
    headline: str
    release: datetime
    """When it may go out."""
    unfit: tuple[Problem, ...] = field(default=())
    """Texts that do not fit; their channels are among the refused."""
    approval: Need | None = None
    """What asks for approval, whether or not it was given in advance."""
    media: tuple[Media, ...] = ()
    """What is attached, before it was made to fit any network."""

    @property
    def state(self) -> Literal["blocked", "pending", "published"]:
        """What the notification is once it is stored: blocked, pending, or released, perhaps for later."""
        if self.judgement.verdict == "block":
            return "blocked"
        return "pending" if self.approval is not None and self.approval.waits else "published"


def make_plan(
    notification: Notification,
    department: Department,
    targets: Sequence[Target],
    renderer: Renderer,
    *,
    media: tuple[Media, ...] = (),
    release: datetime | None = None,
    skip_unfit: bool = False,
    approval: Approval | None = None,
    preapproval: Preapproval | None = None,
    wording: Wording | None = None,
) -> Plan:
    """Render, fit and judge a notification for its channels.

    media: its pictures, with their bytes. release: when it goes out, default at once. skip_unfit: leave a channel out
    whose text cannot fit, instead of DoesNotFit. approval: what must wait for one. preapproval: who gave it in advance.
    wording: of the rules, default the built-in one. Raises InvalidNotification when no channel is left to send to.
    """
    renders = Renders(renderer, notification)
    allowed, refused = _allowed(notification, targets, media)
    shown = [_shown(renders, target, lang, media) for target in allowed for lang in notification.languages]
    standbys = _standbys(notification, allowed, {target.name for target in targets}, media)
    spare = [_spare(renders, name, t, lang, media) for name, t in standbys.items() for lang in notification.languages]
    spare = [one for one in spare if one.text.fits]
    unfit = tuple(one.unfit() for one in shown if not one.text.fits)
    if unfit and not skip_unfit:
        raise DoesNotFit(list(unfit))
    left_out = {one.channel for one in shown if not one.text.fits}
    refused += [Refused(name, "its text does not fit") for name in sorted(left_out)]
    shown = [one for one in shown if one.channel not in left_out]
    spare = [one for one in spare if one.stands_by_for not in left_out]
    spares = {(one.stands_by_for, one.language): one.channel for one in spare}
    if not shown:
        raise InvalidNotification([Problem("channel", _nowhere(refused))])
    shown += spare
    headline = renders.text("headline", notification.languages[0]).text
    texts = [shown_text for one in shown for shown_text in _judged(one)]
    judgement = judge(subject_of(notification, department, texts), wording)
    by_name = {target.name: target for target in (*allowed, *standbys.values())}
    at = release or notification.issued
    need = need_for(notification.kind, notification.stage, judgement.verdict, approval or Approval(), preapproval)
    waits = need is not None and need.waits
    deliveries = tuple(
        planned
        for one in shown
        for planned in _planned(
            notification,
            department,
            one,
            by_name[one.channel],
            at,
            renders,
            waits=waits,
            fallback=_fallback(by_name[one.channel], one, spares),
        )
    )
    return Plan(notification, judgement, tuple(shown), deliveries, tuple(refused), headline, at, unfit, need, media)


def _allowed(
    notification: Notification, targets: Sequence[Target], media: tuple[Media, ...]
) -> tuple[list[Target], list[Refused]]:
    allowed: list[Target] = []
    refused: list[Refused] = []
    for target in targets:
        if target.approved_by is None:
            reason = "nobody approved this page; add approved_by and approved_on to it (order 2.b.1)"
            refused.append(Refused(target.name, reason))
        elif notification.status == "exercise" and target.live:
            refused.append(Refused(target.name, "it is live, and an exercise goes only to accounts with live = false"))
        elif lacks := _lacks(target.capabilities, media):
            refused.append(Refused(target.name, f"it takes only what has a {lacks}; attach one (--attach, --alt)"))
        else:
            allowed.append(target)
    return allowed, refused


def _lacks(can: Capabilities, media: tuple[Media, ...]) -> str | None:
    """What a channel needs and a notification has not."""
    has = any(one.media_type.startswith("image/" if can.needs == "picture" else "video/") for one in media)
    return None if can.needs is None or has else can.needs


def _standbys(
    notification: Notification, allowed: Sequence[Target], routed: set[str], media: tuple[Media, ...]
) -> dict[str, Target]:
    """The accounts that stand by, by the channel that they stand by for; one that gets it anyhow needs not."""
    found: dict[str, Target] = {}
    for target in allowed:
        spare = target.fallback
        taken = routed | {one.name for one in found.values()}
        if isinstance(spare, Target) and spare.name not in taken and _allowed(notification, [spare], media)[0]:
            found[target.name] = spare
    return found


def _fallback(target: Target, shown: Shown, spares: Mapping[tuple[str | None, str], str]) -> str | None:
    """Where a delivery goes when its channel stays down; what stands by itself has nowhere further."""
    if shown.stands_by_for is not None:
        return None
    return HAND_OFF if target.fallback == HAND_OFF else spares.get((shown.channel, shown.language))


def _shown(renders: Renders, target: Target, language: str, media: tuple[Media, ...]) -> Shown:
    return renders.shown(target.name, target.type, target.capabilities, language, media)


def _spare(renders: Renders, name: str, target: Target, language: str, media: tuple[Media, ...]) -> Shown:
    return replace(_shown(renders, target, language, media), stands_by_for=name)


def _nowhere(refused: list[Refused]) -> str:
    reasons = "; ".join(f"{one.channel}: {one.reason}" for one in refused)
    return f"no channel is left to publish to ({reasons})" if reasons else "no channel is configured; add one"


def _judged(shown: Shown) -> list[ShownText]:
    texts = [shown.text, *shown.beside.values()]
    return [ShownText(shown.channel, text.form, text.language, text.text) for text in texts]


def _planned(
    notification: Notification,
    department: Department,
    shown: Shown,
    target: Target,
    at: datetime,
    renders: Renders,
    *,
    waits: bool,
    fallback: str | None,
) -> list[Planned]:
    hold, detail = ("approval", WAITS) if waits else account_hold(target)
    if shown.stands_by_for is not None and not waits:
        hold, detail = "standby", standby_words(shown.stands_by_for)
    return [
        Planned(
            shown.channel,
            "publish",
            shown.language,
            part,
            recipient,
            _message(notification, department, shown, recipient, at, renders, part),
            hold,
            detail,
            target.identity,
            fallback,
            None if fallback is None else at + target.patience,
            shown.stands_by_for,
        )
        for recipient in (target.capabilities.recipients or ("",))
        for part in range(1, shown.posts + 1)
    ]


def standby_words(channel: str) -> str:
    """Say why a delivery stands by."""
    return f"stands by for {channel}: it goes out if that stays down"


def account_hold(target: Target) -> tuple[str | None, str | None]:
    """Say why an account cannot take anything now, and what to do; None where it can."""
    if target.missing:
        return "secret", f"{'; '.join(target.missing)}: set it, then run notify retry --channel {target.name}"
    if target.stopped:
        return target.cause, f"the channel is stopped: {target.stopped}"
    return None, None


def _message(
    notification: Notification,
    department: Department,
    shown: Shown,
    recipient: str,
    at: datetime,
    renders: Renders,
    part: int,
) -> Message:
    posts = shown.text.parts or (shown.text.text,)
    text = posts[part - 1]
    links = () if notification.is_over or not shown.capabilities.links else notification.facts.link
    return Message(
        id=notification.id,
        department=notification.department,
        department_name=department.name,
        short_name=department.short_name,
        website=department.website,
        phone=department.phone,
        timezone=department.timezone,
        kind=notification.kind,
        stage=notification.stage,
        status=notification.status,
        revision=notification.revision,
        language=shown.language,
        languages=notification.languages,
        part=part,
        recipient=recipient,
        key=delivery_key(notification, "publish", shown.channel, shown.language, part, recipient),
        headline=renders.beside("headline", shown.language, shown.capabilities).text,
        text=text,
        beside={form: text.text for form, text in shown.beside.items()},
        links=links if part == 1 else tuple(link for link in links if link in text),
        media=shown.pictures if part == 1 else (),
        alert=_alert(notification, department),
        created=notification.created,
        sent=at,
        expires=notification.expires,
        thread=shown.text.parts[1:] if shown.capabilities.thread == "atomic" else (),
    )


def _alert(notification: Notification, department: Department) -> AlertFacts:
    """What CAP wants to know; when it is over, all is clear, and nothing leads to a person who was found."""
    facts = notification.facts.alert_facts()
    if not notification.is_over:
        return facts
    area = f"the area of the {department.name}" if notification.facts.personal else facts.area
    return replace(facts, response="AllClear", urgency="Past", instruction=None, area=area)


def delivery_key(
    notification: Notification, operation: Operation, channel: str, language: str, part: int, recipient: str
) -> str:
    """Make the idempotency key of a delivery from its identity: the same for every attempt, in every process.

    Letters, digits, dots and dashes only: it stands in headers, Message-IDs and file names.
    """
    key = f"{notification.department}.{notification.id}.{notification.revision}.{operation}.{channel}.{language}.{part}"
    if not recipient:
        return key
    import hashlib

    return f"{key}.{hashlib.sha256(recipient.encode()).hexdigest()[:12]}"
