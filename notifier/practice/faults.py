"""Faults on request: which request meets which failure, decided by rules and, by a seed, always alike."""

import random
import threading
import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from notifier.errors import Problem, SettingsError
from notifier.practice import networks

Action = Literal["status", "lose-reply", "reset-before", "reset-after-headers", "hang", "slow", "html", "auth", "down"]
_TIMED = ("hang", "slow", "down")


def _platform_name(name: str) -> str:
    known = networks.names()
    if name not in known:
        raise ValueError(f"there is no such platform; write one of {', '.join(sorted(set(known.values())))}")
    return known[name]


class Fault(BaseModel):
    """A rule: which requests fail, and how.

    `status` answers that status without acting. `lose-reply` acts, then cuts the connection. `reset-before` cuts
    without acting. `reset-after-headers` acts, answers the headers and half of the body, then cuts. `hang` keeps silent
    for `seconds` without acting, then cuts. `slow` acts, then answers after `seconds`. `html` answers 200 with a page
    and does not act. `auth` refuses the credential. `down` answers 503 to everything for `seconds` from the first hit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    action: Action
    platform: Annotated[
        Annotated[str, AfterValidator(_platform_name)] | None,
        Field(description="one platform; without it, every one"),
    ] = None
    on: Literal["publish", "read", "all"] | None = Field(
        None, description="which requests are counted and hit; publish by default, all for auth and down"
    )
    nth: Annotated[list[int], Field(description="which of the requests, counted from 1")] = Field(default_factory=list)
    rate: float | None = Field(None, ge=0, le=1, description="the share of the requests, drawn by seed")
    seed: int = 0
    times: int | None = Field(None, ge=1, description="how often at most")
    status: int | None = Field(None, ge=400, le=599)
    retry_after: str | None = Field(None, pattern=r"^(seconds|date):\d{1,6}$|^none$")
    seconds: float | None = Field(None, ge=0, le=3600)

    @model_validator(mode="after")
    def _fits_its_action(self) -> Self:
        if self.action in _TIMED and self.seconds is None:
            raise ValueError(f'"{self.action}" needs seconds')
        if self.action not in _TIMED and self.seconds is not None:
            raise ValueError(f'"{self.action}" takes no seconds')
        if self.action != "status" and self.status is not None:
            raise ValueError(f'"{self.action}" takes no status')
        if self.action not in ("status", "down") and self.retry_after is not None:
            raise ValueError(f'"{self.action}" takes no retry_after')
        if self.nth and self.rate is not None:
            raise ValueError("nth and rate exclude each other; keep one")
        if any(number < 1 for number in self.nth):
            raise ValueError("nth counts from 1")
        return self

    def concerns(self, platform: str, *, publishes: bool) -> bool:
        """Say whether a request is one that this rule counts."""
        if self.platform not in (None, platform):
            return False
        on = self.on or ("all" if self.action in ("auth", "down") else "publish")
        return on == "all" or (on == "publish") == publishes

    def hits(self, number: int) -> bool:
        """Say whether the request of this number, counted from 1, is hit; the same for every run."""
        if self.nth:
            return number in self.nth
        if self.rate is not None:
            return random.Random(f"{self.seed}:{number}").random() < self.rate  # noqa: S311 - reproducible, no secret
        return True

    def retry_header(self, now: datetime) -> dict[str, str]:
        """Give the Retry-After header that the rule asks for, if any."""
        if self.retry_after is None or self.retry_after == "none":
            return {}
        form, _, amount = self.retry_after.partition(":")
        if form == "seconds":
            return {"Retry-After": amount}
        # A date on the wire has whole seconds: rounded up, so that nobody comes back too early.
        at = (now + timedelta(seconds=int(amount), microseconds=999_999)).replace(microsecond=0)
        return {"Retry-After": format_datetime(at, usegmt=True)}


class Faults:
    """The rules in force, with what each has counted; the first rule that hits wins."""

    def __init__(self, rules: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self.replace(rules)

    @property
    def rules(self) -> tuple[Fault, ...]:
        """The rules in force."""
        with self._lock:
            return tuple(state.rule for state in self._states)

    def replace(self, rules: Iterable[Fault]) -> None:
        """Put other rules in force, all counting from the start."""
        states = [_Counted(rule) for rule in rules]
        with self._lock:
            self._states = states

    def meet(self, platform: str, now: datetime, *, publishes: bool) -> Fault | None:
        """Count a request and say which fault it meets, if any."""
        with self._lock:
            met: Fault | None = None
            for state in self._states:
                if state.rule.concerns(platform, publishes=publishes) and state.meets(now, free=met is None):
                    met = state.rule
        return met


class _Counted:
    """A rule, how many requests it has seen and how many it has hit."""

    def __init__(self, rule: Fault) -> None:
        self.rule = rule
        self._seen = 0
        self._hit = 0
        self._down_until: datetime | None = None

    def meets(self, now: datetime, *, free: bool) -> bool:
        """Count a request; free: no rule before this one has hit it."""
        self._seen += 1
        if self._down_until is not None and now < self._down_until:
            return free
        if not free or not self.rule.hits(self._seen) or self._spent():
            return False
        self._hit += 1
        if self.rule.action == "down":
            self._down_until = now + timedelta(seconds=self.rule.seconds or 0)
        return True

    def _spent(self) -> bool:
        # Without nth or rate a service goes down once, not again the moment it is back.
        once = self.rule.action == "down" and not self.rule.nth and self.rule.rate is None
        most = 1 if once else self.rule.times
        return most is not None and self._hit >= most


def parse_faults(tree: Mapping[str, Any], where: str) -> tuple[Fault, ...]:
    """Read rules from `{"fault": [{…}, …]}`.

    where: what the reader knows the tree as. Raises SettingsError with every problem.
    """
    rules = tree.get("fault", [])
    problems = [Problem(where, f'"{key}" is unknown; rules stand under [[fault]]') for key in tree if key != "fault"]
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise SettingsError([*problems, Problem(where, "fault must be a list of rules, each as [[fault]]")])
    read: list[Fault] = []
    for number, rule in enumerate(rules, 1):
        try:
            read.append(Fault.model_validate(rule))
        except ValidationError as wrong:
            problems += [Problem(f"{where}, fault {number}", _sentence(error)) for error in wrong.errors()]
    if problems:
        raise SettingsError(problems)
    return tuple(read)


def _sentence(error: Mapping[str, Any]) -> str:
    name = ".".join(str(part) for part in error["loc"])
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {said}" if name else said


def read_faults(path: Path) -> tuple[Fault, ...]:
    """Read rules from a TOML file; raises SettingsError."""
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise SettingsError(
            [Problem(str(path), f"the file cannot be read ({failure.strerror}); check its name")]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise SettingsError([Problem(str(path), f"this is not TOML: {wrong}")]) from None
    return parse_faults(tree, str(path))
