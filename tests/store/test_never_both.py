"""Whatever happens: a channel and what stands by for it never both publish the same news."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.channel import AuthFailed, Delivered, Idempotency, Outcome, Rejected, Unknown
from notifier.retry import after_attempt
from notifier.store import Claim
from tests.fakes import ScriptedChannel
from tests.store.office import PIO, Office
from tests.store.standing_by import BOTH, BUSY, Fallback

MOVES = (
    *("publish", "x", "x", "spare", "spare", "down", "down and wait", "down and wait", "start"),
    *("wait", "minute", "hold", "release", "retry", "cancel", "die", "update"),
)
OUTCOMES: tuple[Outcome, ...] = (
    *(Delivered("1"), Delivered("1"), Delivered("1"), BUSY, BUSY),
    *(Unknown("cut"), AuthFailed("dead"), Rejected("no")),
)
News = tuple[str, int]
"""A notification and its revision."""


class Story:
    """Some notifications, and on which channel each may be out."""

    def __init__(self, office: Office) -> None:
        self.it = Fallback(office)
        self.ids = [self.it.publish()]
        self.out: dict[News, set[str]] = {}

    def go(self, what: str, outcome: Outcome) -> None:
        """Make one move."""
        own = {"publish": self._publish, "down": self.it.break_down, "die": self._die, "update": self._update}
        if what == "down and wait":
            self.go("down", outcome)
            self.go("wait", outcome)
            return
        if what in BOTH:
            for claim in self.it.store.claim({what: BOTH[what]}, most=2):
                self._attempt(claim, outcome)
        elif what in own:
            own[what]()
        else:
            self._decide(what)

    def _attempt(self, claim: Claim, outcome: Outcome) -> None:
        it = self.it
        able = it.office.desk.channels[0].capabilities
        following = after_attempt(outcome, able, claim.attempts + 1, it.clock(), claim.expires)
        if it.store.intend(claim, "{}"):
            it.store.finish(claim, outcome, following, "{}", claim.attempts + 1)
            if isinstance(outcome, Delivered | Unknown):
                self._is_out(claim)

    def _is_out(self, claim: Claim) -> None:
        self.out.setdefault((claim.notification, claim.revision), set()).add(claim.channel)

    def _publish(self) -> None:
        self.ids.append(self.it.publish(street=f"{len(self.ids)} Street"))

    def _die(self) -> None:
        dying = self.it.office.desk.another_process()
        for claim in dying.claim(BOTH, most=1):
            if dying.intend(claim, "{}"):
                self._is_out(claim)
        dying.die()
        self.it.office.desk.deliverer().take_over()

    def _update(self) -> None:
        id_ = self.ids[-1]
        revision = self.it.store.notification(id_)["revision"] + 1
        self.it.store.record(self.it.plan(id=id_, revision=revision, stage="update", details=f"Change {revision}."))

    def _decide(self, what: str) -> None:
        store = self.it.store
        ids = [row["id"] for id_ in self.ids for row in store.deliveries(id_)]
        moves = {
            "wait": lambda: self.it.wait(),
            "minute": lambda: self.it.wait(timedelta(minutes=1)),
            "hold": lambda: store.hold("x", "moving", PIO),
            "release": lambda: store.restart("x", PIO, {"operator"}),
            "start": lambda: store.restart("x", PIO, {"auth"}),
            "retry": lambda: store.retry(ids, PIO),
            "cancel": lambda: store.cancel(ids[-2:-1], PIO),
        }
        moves[what]()


@pytest.mark.parametrize("idempotency", ["none", "key"])
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves=st.lists(st.tuples(st.sampled_from(MOVES), st.sampled_from(OUTCOMES)), min_size=20, max_size=50))
def test_never_both_go_out(
    tmp_path_factory: pytest.TempPathFactory, idempotency: Idempotency, moves: list[tuple[str, Outcome]]
) -> None:
    """Whatever happens to the channels, the processes and the time: one of the two, or what nobody knows of one."""
    x = ScriptedChannel("x", idempotency=idempotency)
    story = Story(Office(tmp_path_factory.mktemp("both"), x, ScriptedChannel("spare")))
    for what, outcome in moves:
        story.go(what, outcome)
        assert not [news for news, channels in story.out.items() if len(channels) > 1]
    assert story.it.store.verify()[1] == []
    story.it.office.close()
