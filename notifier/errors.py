"""Every error that a person may meet, with the exit code of each.

    NotifierError                 1  something inside went wrong
    ├── StoreError                1  the database cannot be read or written now
    ├── FeedUnavailable           1  a feed cannot be read; what was known stays
    ├── WrongUsage                2  the command line asks for something that does not exist
    ├── SettingsError             2  the configuration is wrong; all problems at once
    ├── InvalidNotification       3  a field is missing or wrong; all problems at once
    └── DoesNotFit                3  words that may not be dropped do not fit a channel

A refusal by the policy and the outcome of a delivery are values, not errors.
"""

from dataclasses import dataclass
from typing import ClassVar


class NotifierError(Exception):
    """Something inside Notifier went wrong."""

    exit_code: ClassVar[int] = 1


class StoreError(NotifierError):
    """The database cannot be read or written now."""


class FeedUnavailable(NotifierError):
    """A feed cannot be read; what was known of it stays."""


class WrongUsage(NotifierError):
    """The command line asks for something that does not exist."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True)
class Problem:
    """One thing that a person has to mend: where it stands, and what to do, in one sentence."""

    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


class _Problems(NotifierError):
    """An error that tells several problems together."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class SettingsError(_Problems):
    """The configuration is wrong; every problem of every file is told at once."""

    exit_code: ClassVar[int] = 2


class InvalidNotification(_Problems):
    """A field is missing or wrong; every problem is told at once, and nothing was stored."""

    exit_code: ClassVar[int] = 3


class DoesNotFit(_Problems):
    """Words that may not be dropped do not fit a channel."""

    exit_code: ClassVar[int] = 3
