"""What a practice platform is: a class that says its names and answers its routes."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final

from notifier.clock import Clock
from notifier.practice.exchange import Answer, Route
from notifier.practice.profiles import Profiles
from notifier.practice.public_record import PublicRecord
from notifier.practice.rates import Rates

MOST_BODY: Final = 1024 * 1024
DEPARTMENT: Final = "Exampleton Police Department"


@dataclass(frozen=True)
class Ground:
    """What all platforms of one server stand on."""

    record: PublicRecord
    profiles: Profiles
    clock: Clock
    rates: Rates


class Platform(ABC):
    """One network, as the public internet would see it."""

    name: ClassVar[str]
    label: ClassVar[str]
    """As people call it."""
    other_names: ClassVar[tuple[str, ...]] = ()
    prefixes: ClassVar[tuple[str, ...]]
    """Beginnings of the paths that are this platform's."""
    page: ClassVar[re.Pattern[str]]
    """The path, or path and query, of a post's own public page; its groups, joined by _, are the post's id."""
    account: ClassVar[str] = ""
    """What stands below the department's name, as @ExampletonPD."""
    colour: ClassVar[str] = "#3d4b59"
    tags: ClassVar[bool] = False
    """Whether #words and @names are live."""
    profile: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """What the account says of itself at first: field -> text; an empty one is as if it were not filled in."""
    most_body: ClassVar[int] = MOST_BODY
    """The largest request that is read; beyond it the answer is 413."""
    routes: tuple[Route, ...]

    def __init__(self, ground: Ground) -> None:
        self._ground, self._record, self._clock = ground, ground.record, ground.clock

    @classmethod
    def seen(cls, text: str) -> str:
        """Give a post's text as a reader sees it, where the network keeps it otherwise."""
        return text

    @abstractmethod
    def failure(self, status: int, sentence: str) -> Answer:
        """Say in this platform's own form that a request failed."""

    def forget(self) -> None:  # noqa: B027 - most have something to forget, none has to
        """Begin anew: sessions, used nonces, spent rates."""
