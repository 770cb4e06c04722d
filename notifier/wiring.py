"""The one place that puts the parts together: settings, accounts, store, renderer, publisher, deliverer."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from notifier.clock import Clock, system_clock
from notifier.deliver import Deliverer, Progress, Route
from notifier.errors import SettingsError
from notifier.plan import Target
from notifier.policy import Wording
from notifier.publish import Publisher
from notifier.registry import Account, Feed, accounts, feeds, further_problems, kind, route, wording
from notifier.rendering import Renderer
from notifier.settings import Settings, find_config, read_settings
from notifier.store import Store

if TYPE_CHECKING:
    from notifier.intake import Intake


class House:
    """Everything a command needs, made when it is first asked for.

    config: as --config, None: found. environment: variables. here: the working folder. clock: the time.
    """

    def __init__(
        self, config: str | None, environment: Mapping[str, str], here: Path, clock: Clock = system_clock
    ) -> None:
        self._config = config
        self._environment = environment
        self._here = here
        self.clock = clock

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
        return accounts(self.settings, self.clock)

    @cached_property
    def feeds(self) -> dict[str, Feed]:
        """Every configured feed."""
        return feeds(self.settings)

    @cached_property
    def store(self) -> Store:
        """The department's store, opened."""
        return Store(self.settings.store_url, self.settings.department.slug, self.clock)

    @cached_property
    def renderer(self) -> Renderer:
        """The renderer; the department's own templates come first."""
        url = self.settings.store_url
        compiled = Path(url.removeprefix("sqlite:///")).parent / "templates" if url.startswith("sqlite:///") else None
        return Renderer(self.settings.department, self.settings.folder / "templates", compiled)

    @cached_property
    def publisher(self) -> Publisher:
        """The publisher."""
        approval = self.settings.policy.approval
        department = self.settings.department
        return Publisher(department, self.renderer, lambda: self.store, self.clock, approval, self.wording)

    def targets(self, names: tuple[str, ...], stopped: Mapping[str, str] | None = None) -> list[Target]:
        """The accounts of a route, as a plan sees them."""
        why = stopped or {}
        return [
            Target(
                account.name,
                account.type,
                account.channel.capabilities,
                account.live,
                account.settings.approved_by,
                account.missing,
                why.get(account.name),
            )
            for account in (self.accounts[name] for name in names)
        ]

    def deliverer(self, on_result: Progress | None = None) -> Deliverer:
        """A deliverer for the accounts whose secrets are there."""
        routes = {
            account.name: Route(
                account.channel,
                account.channel.capabilities,
                60 / account.settings.rate if account.settings.rate else None,
                account.settings.concurrency,
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
            lambda: self.targets(route(self.settings, of.slug), self.store.stopped()),
            lambda: self.deliverer(on_result),
            self.clock,
        )

    def close(self) -> None:
        """Close the store, if it was opened."""
        if "store" in self.__dict__:
            self.store.close()
