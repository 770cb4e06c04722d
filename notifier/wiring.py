"""The one place that puts the parts together: settings, accounts, store, renderer, publisher, deliverer."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from notifier.account_state import AccountState
from notifier.alarming import Teller
from notifier.channel import HAND_OFF
from notifier.circuit import Terms
from notifier.clock import Clock, SteadyClock
from notifier.deliver import Deliverer, Progress, Route
from notifier.errors import SettingsError, StoreError
from notifier.plan import Target
from notifier.policy import Wording
from notifier.publish import Publisher
from notifier.registry import Account, Feed, accounts, feeds, further_problems, kind, route, wording
from notifier.rendering import Renderer
from notifier.settings import Settings, find_config, read_settings
from notifier.store import Store
from notifier.store.accounts import Account as StoredAccount
from notifier.store.opening import file_of

if TYPE_CHECKING:
    from notifier.intake import Intake


class House:
    """Everything a command needs, made when it is first asked for.

    config: as --config, None: found. environment: variables. here: the working folder. clock: the time; None: one that
    no jump of the machine's clock moves at once.
    """

    def __init__(
        self, config: str | None, environment: Mapping[str, str], here: Path, clock: Clock | None = None
    ) -> None:
        self._config = config
        self._environment = environment
        self._here = here
        self.clock: Clock = clock or SteadyClock()

    @cached_property
    def _read(self) -> tuple[Settings, Wording]:
        folder = find_config(self._config, self._environment, self._here)
        settings = read_settings(folder, self._environment, further_problems)
        read, wrong = wording(settings)
        if wrong:
            raise SettingsError(further_problems(settings))
        return settings, read

    @property
    def settings(self) -> Settings:
        """The configuration, read once."""
        return self._read[0]

    @property
    def wording(self) -> Wording:
        """The wording of the rules, with what the department adds."""
        return self._read[1]

    @cached_property
    def accounts(self) -> dict[str, Account]:
        """Every configured account."""
        made = accounts(self.settings, self.clock)
        for account in made.values():
            account.channel.state = _State(self, account)
        return made

    @cached_property
    def feeds(self) -> dict[str, Feed]:
        """Every configured feed."""
        return feeds(self.settings)

    @cached_property
    def store(self) -> Store:
        """The department's store, opened."""
        settings = self.settings
        return Store(settings.store_url, settings.department.slug, self.clock, settings.database_password)

    @cached_property
    def renderer(self) -> Renderer:
        """The renderer; the department's own templates come first."""
        file = file_of(self.settings.store_url)
        compiled = None if file is None else file.parent / "templates"
        return Renderer(self.settings.department, self.settings.folder / "templates", compiled)

    @cached_property
    def publisher(self) -> Publisher:
        """The publisher."""
        approval = self.settings.policy.approval
        department = self.settings.department
        return Publisher(department, self.renderer, lambda: self.store, self.clock, approval, self.wording)

    def targets(self, names: tuple[str, ...], known: Mapping[str, StoredAccount] | None = None) -> list[Target]:
        """The accounts of a route, as a plan sees them, each with what stands by for it.

        known: what the store knows of them; None: nothing, as for a preview.
        """
        return [replace(self._target(name, known or {}), fallback=self._fallback(name, known or {})) for name in names]

    def _target(self, name: str, known: Mapping[str, StoredAccount]) -> Target:
        account, stored = self.accounts[name], known.get(name)
        return Target(
            account.name,
            account.type,
            account.channel.capabilities,
            account.live,
            account.settings.approved_by,
            account.missing,
            stored.stopped if stored else None,
            (stored.cause if stored else None) or "auth",
            account.identity,
            patience=account.settings.fallback_after,
        )

    def _fallback(self, name: str, known: Mapping[str, StoredAccount]) -> "Target | Literal['hand-off'] | None":
        spare = self.accounts[name].settings.fallback
        if spare is None or spare == HAND_OFF:
            return HAND_OFF if spare else None
        return self._target(spare, known)

    def deliverer(self, on_result: Progress | None = None) -> Deliverer:
        """A deliverer for the accounts whose secrets are there."""
        routes = {
            account.name: Route(
                account.channel,
                account.channel.capabilities,
                _terms(account),
                account.live,
            )
            for account in self.accounts.values()
            if not account.missing
        }
        return Deliverer(self.store, routes, self.clock, on_result)

    def intake(self, feed: Feed, on_result: Progress | None = None) -> "Intake":
        """What brings one feed's alerts to the public; on_result: as a deliverer takes it."""
        from notifier.intake import Intake

        of = kind(feed.reader.kind)
        return Intake(
            feed.name,
            feed.reader,
            feed.settings,
            of,
            self.settings.department,
            self.store,
            self.publisher,
            lambda: self.targets(route(self.settings, of.slug), self.store.accounts()),
            lambda: self.deliverer(on_result),
            self.clock,
        )

    @property
    def identities(self) -> dict[str, str]:
        """Whose account each channel is, as configured now."""
        return {name: account.identity for name, account in self.accounts.items()}

    @cached_property
    def teller(self) -> Teller:
        """What tells the operator of alarms."""
        name = self.settings.alarms
        account = self.accounts[name] if name is not None else None
        channel = account.channel if account is not None and not account.missing else None
        return Teller(self.store.alarms, channel, self.settings.department, self.clock)

    def close(self) -> None:
        """Close the store, if it was opened."""
        if "store" in self.__dict__:
            self.store.close()


class _State(AccountState):
    """What an adapter keeps, in the store; asking for it makes no store where there is none, as for a preview."""

    def __init__(self, house: House, account: Account) -> None:
        super().__init__()
        self._house, self._account = house, account

    @cached_property
    def _kept(self) -> AccountState:
        return self._house.store.account_state(self._account.name, self._account.identity)

    def read(self) -> Mapping[str, Any]:
        """Read it; empty where there is no store yet, or it cannot be read now."""
        file = file_of(self._house.settings.store_url)
        if file is not None and not file.exists():
            return {}
        try:
            return self._kept.read()
        except StoreError:
            return {}

    def change(self, **values: Any) -> None:
        """Set some values, on disk."""
        self._kept.change(**values)


def _terms(account: Account) -> Terms:
    """On what terms an account may be used: its pace, its width, and whose it is.

    The department's own rate is a steady pace. A network's may be used up in bursts: half of it at once, and the other
    half while it is counted, so that no window of theirs sees more.
    """
    width, identity, rate = account.settings.concurrency, account.identity, account.channel.capabilities.rate
    if account.settings.rate:
        return Terms(60 / account.settings.rate, width, identity=identity)
    if rate is None or rate.posts < 2:
        return Terms(rate.seconds if rate else None, width, identity=identity)
    return Terms(2 * rate.seconds / rate.posts, width, rate.posts // 2, identity)
