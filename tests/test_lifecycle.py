"""What follows an issue: its facts changed and nothing else, its pictures as they were shown, its place kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notifier import lifecycle
from notifier.channel import Capabilities, Message, Pictures, Rejected, Retry
from notifier.errors import InvalidNotification, StoreError, WrongUsage
from notifier.field_types import Reading
from notifier.lifecycle import Standing
from notifier.notification import Stage
from notifier.plan import Plan
from notifier.publish import Request
from notifier.store import Actor
from notifier.store.approvals import Decision
from tests.conftest import MakeDesk
from tests.fakes import Desk, ScriptedChannel
from tests.notifications import ZONE, a_picture, all_kinds, as_published, png_bytes, some_facts
from tests.store.approving import WaitingOffice, by
from tests.store.office import Office, PicturedChannel

WHO = Actor("dispatch", "console")


def standing(desk: Desk, id_: str) -> Standing:
    """Read a notification as it stands now."""
    return lifecycle.read_standing(desk.store, id_, desk.clock())


def update(desk: Desk, id_: str, **changes: Any) -> Request:
    """Ask for the next revision; what is not of the envelope is a field, as a person types it."""
    release = changes.pop("release", None)
    now = standing(desk, id_)
    of = all_kinds()[now.row["kind"]]
    return lifecycle.update(now, of, changes, WHO, Reading(desk.clock(), ZONE), release=release)


def stored(desk: Desk, request: Request) -> Plan:
    """Decide and store it, and deliver what may go."""
    plan = desk.publisher.decide(request, desk.targets())
    desk.publisher.prepare(plan, deliver_here=desk.deliverer())
    desk.deliverer().deliver(desk.store.mine(plan.notification.id))
    return plan


def published(desk: Desk, kind: str = "road-closure", **fields: Any) -> str:
    """Publish a notification of any kind; answers its id."""
    envelope = {name: fields.pop(name) for name in ("status", "languages", "release") if name in fields}
    facts = some_facts(kind, now=desk.clock(), **fields)
    plan = stored(desk, Request(**{"facts": facts, "languages": ("en",), "author": "pio", "login": "t", **envelope}))
    return plan.notification.id


# --- what changes and what stays --------------------------------------------------------------------------------------


def test_an_update_changes_what_is_given_and_keeps_the_rest(make_desk: MakeDesk) -> None:
    """The stored facts, one of them changed; the same notification, one revision on, made when it was made."""
    desk = make_desk(ScriptedChannel("x"))
    id_ = published(desk, ends="2026-11-23T06:00", detour="Use River Road.", status="exercise", languages=("en", "es"))
    created = desk.clock()
    desk.clock.forward(hours=1)
    request = update(desk, id_, detour="Use Oak Street.")
    before = some_facts("road-closure", now=created, ends="2026-11-23T06:00", detour="Use River Road.")
    assert request.facts == before.model_copy(update={"detour": "Use Oak Street."})
    assert (request.id, request.revision, request.stage, request.created) == (id_, 2, "update", created)
    assert (request.status, request.languages, request.author) == ("exercise", ("en", "es"), "dispatch")


def test_none_takes_a_field_away(make_desk: MakeDesk) -> None:
    """A detour that no longer holds is not repeated; a fact that the kind requires stays."""
    desk = make_desk(ScriptedChannel("x"))
    id_ = published(desk, detour="Use River Road.")
    assert update(desk, id_, detour=None).facts == some_facts("road-closure", now=desk.clock())
    with pytest.raises(InvalidNotification, match=r"^street: is required"):
        update(desk, id_, street=None)


def test_a_wrong_value_is_the_kinds_own_sentence(make_desk: MakeDesk) -> None:
    """It is read together with what stands: an end before the stored start."""
    desk = make_desk(ScriptedChannel("x"))
    id_ = published(desk, starts="2026-11-23T09:00")
    with pytest.raises(InvalidNotification, match=r"ends .* is not after starts"):
        update(desk, id_, ends="2026-11-23T08:00")


@pytest.mark.parametrize(("kind", "fields"), [("weather-emergency", {"link": "https://a.example/1"}), ("outreach", {})])
def test_every_stored_fact_can_be_read_again(make_desk: MakeDesk, kind: str, fields: dict[str, Any]) -> None:
    """Links, times and the rest come back as they were typed."""
    desk = make_desk(ScriptedChannel("x"))
    id_ = published(desk, kind, expires="30h", **fields)
    assert update(desk, id_).facts == some_facts(kind, now=desk.clock(), expires="30h", **fields)


# --- pictures ---------------------------------------------------------------------------------------------------------


def with_photo(tmp_path: Path, **more: Any) -> tuple[Desk, str, Path]:
    """A missing person with a photo, on a channel that shows it."""
    desk = Desk(tmp_path, [PicturedChannel("x")])
    photo = a_picture(tmp_path, "robin.png")
    about = {"file": str(photo), "alt": "Robin in a red jacket", "rights": "family"}
    return desk, published(desk, "missing-person", photo=about, **more), photo


@pytest.mark.parametrize("fate", ["moved", "painted over"])
def test_a_picture_that_stays_is_the_one_that_was_shown(tmp_path: Path, fate: str) -> None:
    """Its bytes come from the record, whatever became of the file since."""
    desk, id_, photo = with_photo(tmp_path)
    shown = as_published(photo.read_bytes())
    if fate == "moved":
        photo.unlink()
    else:
        photo.write_bytes(png_bytes(9, 9))
    plan = stored(desk, update(desk, id_, clothing="Blue coat"))
    (media,) = plan.deliveries[0].message.media
    assert (media.data, media.alt, media.rights) == (shown, "Robin in a red jacket", "family")
    assert stored(desk, update(desk, id_, clothing="Grey coat")).deliveries[0].message.media == (media,)
    desk.close()


def test_what_was_made_small_for_a_network_is_made_anew_from_what_was_given(tmp_path: Path) -> None:
    """A later revision may go to a network that takes more, and no picture is made worse twice."""
    small = Capabilities("long", pictures=Pictures(4, 2_000, 64, alt=12))
    desk = Desk(tmp_path, [ScriptedChannel("x", can=small)])
    photo = tmp_path / "robin.png"
    photo.write_bytes(png_bytes(300, 300))
    about = {"file": str(photo), "alt": "Robin in a red jacket", "rights": "family"}
    id_ = published(desk, "missing-person", photo=about)
    given = as_published(photo.read_bytes())
    (sent,) = Message.from_json(desk.store.content(desk.store.deliveries(id_)[0]["message"]).decode()).media
    assert (sent.alt, sent.source is not None) == ("Robin in a…", True)
    photo.unlink()
    (media,) = update(desk, id_, clothing="Blue coat").media or ()
    assert (media.data, media.alt, media.source) == (given, "Robin in a red jacket", None)
    desk.close()


def test_a_picture_may_be_changed_or_taken_away(tmp_path: Path) -> None:
    """A new one is read from its file; a cleared one is shown no more."""
    desk, id_, _ = with_photo(tmp_path)
    newer = tmp_path / "newer.png"
    newer.write_bytes(png_bytes(5, 5))
    changed = update(desk, id_, photo={"file": str(newer), "alt": "Robin last week"})
    assert changed.media is not None
    assert [media.data for media in changed.media] == [as_published(newer.read_bytes())]
    assert update(desk, id_, photo=None).media == ()
    desk.close()


def test_a_picture_that_no_channel_took_is_read_from_its_file(tmp_path: Path) -> None:
    """Where the record has no bytes, a missing file is one sentence."""
    desk, photo = Desk(tmp_path, [ScriptedChannel("x")]), a_picture(tmp_path)
    id_ = published(desk, "missing-person", photo={"file": str(photo), "alt": "Robin"})
    assert update(desk, id_, clothing="Blue coat").media
    photo.unlink()
    with pytest.raises(InvalidNotification, match=r"^photo\.file: there is no file"):
        update(desk, id_, clothing="Blue coat")
    desk.close()


# --- what may not be updated ------------------------------------------------------------------------------------------


def test_what_is_over_is_not_updated(make_desk: MakeDesk) -> None:
    """A resolve was told to the public: what follows is a new notification."""
    desk = make_desk(ScriptedChannel("x"))
    id_ = published(desk)
    facts = some_facts("road-closure", now=desk.clock())
    over: Stage = "resolve"
    stored(desk, Request(facts, ("en",), "pio", "t", stage=over, id=id_, revision=2))
    with pytest.raises(WrongUsage, match=f"^{id_} is over, and the public was told so; publish a new notification$"):
        standing(desk, id_)


def test_what_never_went_out_or_is_old_is_not_updated(make_desk: MakeDesk) -> None:
    """Blocked, or expired: the sentence says which."""
    desk = make_desk(ScriptedChannel("x"))
    blocked = published(desk, details="John Smith is guilty of the murder.")
    old = published(desk, expires="2h")
    desk.clock.forward(hours=2)
    with pytest.raises(WrongUsage, match="was blocked and never went out; publish a new notification"):
        standing(desk, blocked)
    with pytest.raises(WrongUsage, match="has expired and is old news"):
        standing(desk, old)


@pytest.mark.parametrize("end", ["rejected", "withdrawn", "expired"])
def test_what_nobody_approved_is_not_updated(tmp_path: Path, end: str) -> None:
    """Rejected, taken back, or not approved in time."""
    office = WaitingOffice(tmp_path)
    id_ = office.publish(expires="24h")
    if end == "rejected":
        office.store.approvals.reject(id_, by("chief", reason="Not ours."))
    elif end == "withdrawn":
        office.store.approvals.withdraw(id_, WHO, "a mistake")
    else:
        office.clock.forward(hours=12)
    with pytest.raises(WrongUsage, match=f"{id_} (was|has) {end}"):
        standing(office.desk, id_)
    office.close()


# --- what has not gone out --------------------------------------------------------------------------------------------


def test_what_the_public_has_not_read_is_issued_anew(tmp_path: Path) -> None:
    """An edit of what waits for approval, or of what was only refused for now, is no update to any reader."""
    office = WaitingOffice(tmp_path)
    id_ = office.publish()
    request = update(office.desk, id_, details="Use Elm Street.")
    assert (request.stage, request.revision) == ("issue", 2)
    plan = stored(office.desk, request)
    assert plan.state == "pending"
    office.approve(id_)
    assert {revision for _, revision in office.sent()} == {2}
    office.close()


def test_what_went_out_on_one_channel_is_updated_on_all(make_desk: MakeDesk) -> None:
    """The public has read of it: each channel is told what changed, and nowhere do old words follow."""
    slow = ScriptedChannel("x", Retry("503"))
    desk = make_desk(slow, ScriptedChannel("site"))
    id_ = published(desk)
    now = standing(desk, id_)
    assert (now.channels, now.waiting_channels) == (("x", "site"), ("x",))
    request = update(desk, id_, details="Use Elm Street.")
    assert request.stage == "update"
    stored(desk, request)
    desk.clock.forward(minutes=10)
    desk.due_again()
    assert [prepared.message.revision for prepared in slow.sent] == [1, 2, 2]
    states = {(row["channel"], row["revision"]): row["state"] for row in desk.store.deliveries(id_)}
    assert states["x", 1] == "cancelled"


def test_what_was_refused_there_may_have_been_read_elsewhere(make_desk: MakeDesk) -> None:
    """A failed attempt counts as read: to say Update once too often is better than to say it twice as news."""
    desk = make_desk(ScriptedChannel("x", Rejected("too long")))
    id_ = published(desk)
    assert update(desk, id_, details="Use Elm Street.").stage == "update"


def test_an_update_of_what_is_scheduled_keeps_its_time(make_desk: MakeDesk) -> None:
    """A corrected notice of tomorrow does not go out today, unless a time is given."""
    desk = make_desk(ScriptedChannel("x"))
    at = desk.clock() + timedelta(hours=10)
    id_ = published(desk, release=at)
    request = update(desk, id_, details="Use Elm Street.")
    assert (request.release, request.stage) == (at, "issue")
    sooner = at - timedelta(hours=5)
    assert update(desk, id_, details="Use Elm Street.", release=sooner).release == sooner
    plan = stored(desk, request)
    assert [(row["revision"], row["state"]) for row in desk.store.deliveries(id_)] == [(1, "cancelled"), (2, "due")]
    desk.clock.now = at
    assert (desk.due_again(), plan.release) == (1, at)


def test_an_update_after_a_rejected_one_starts_from_what_stands(tmp_path: Path) -> None:
    """What the chief refused does not come back with the next change."""
    office = WaitingOffice(tmp_path)
    id_ = office.publish()
    office.approve(id_)
    stored(office.desk, update(office.desk, id_, details="Wrong words."))
    office.store.approvals.reject(id_, Decision(WHO, "chief", "No."))
    request = update(office.desk, id_, detour="Use Oak Street.")
    assert (request.revision, request.facts.details) == (3, None)
    assert request.facts == some_facts("road-closure", now=office.clock(), detour="Use Oak Street.")
    office.close()


def test_two_who_update_at_once_make_one_revision(tmp_path: Path) -> None:
    """The second is told that somebody was faster, and nothing of theirs is stored."""
    office = Office(tmp_path)
    id_ = office.publish()
    first, second = (update(office.desk, id_, details=words) for words in ("Use Elm Street.", "Use Oak Street."))
    stored(office.desk, first)
    with pytest.raises(StoreError, match="went out meanwhile; look at it and try again"):
        stored(office.desk, second)
    assert office.store.notification(id_)["revision"] == 2
    office.close()
