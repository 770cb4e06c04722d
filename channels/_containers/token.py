"""A token that ends after 60 days and is renewed in time, kept with the account."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import SecretStr

from notifier.channel import AccountState

RENEWED_BEFORE: Final = timedelta(days=7)
_TRIED_EVERY: Final = timedelta(hours=6)
_MOST_SECONDS: Final = 400 * 86_400


class KeptToken:
    """The newest token of an account: the configured one, or what it was renewed into."""

    def __init__(self, configured: SecretStr, state: AccountState) -> None:
        self._configured = configured.get_secret_value()
        self._state = state

    def value(self) -> str:
        """Give the token; a new one in the settings wins over what an older one was renewed into."""
        return str(self._kept().get("token") or self._configured)

    def until(self) -> datetime | None:
        """When it ends, where that is known."""
        try:
            return datetime.fromisoformat(str(self._kept().get("until")))
        except ValueError:
            return None

    def is_due(self, now: datetime) -> bool:
        """Whether it should be renewed now: it ends soon or nobody knows when, and it was not tried a moment ago."""
        until = self.until()
        try:
            tried = datetime.fromisoformat(str(self._kept().get("tried")))
        except ValueError:
            tried = None
        return (until is None or until - now < RENEWED_BEFORE) and (tried is None or now - tried >= _TRIED_EVERY)

    def tried(self, now: datetime) -> None:
        """Remember that a renewal is asked for: one process does it."""
        self._change(tried=now.isoformat())

    def renewed(self, answer: dict[str, Any], now: datetime) -> bool:
        """Keep what a renewal answered; whether it was a token."""
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not 8 <= len(token) <= 2_000 or not token.isascii() or not token.isprintable():
            return False
        known = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds <= _MOST_SECONDS
        until = (now + timedelta(seconds=seconds)).isoformat() if known and isinstance(seconds, int) else None
        self._change(token=token, until=until)
        return True

    def _change(self, **values: Any) -> None:
        fresh = {} if self._kept() else {"token": None, "until": None, "tried": None}
        self._state.change(**{**fresh, "of": self._mark(), **values})

    def _kept(self) -> dict[str, Any]:
        kept = self._state.read()
        return dict(kept) if kept.get("of") == self._mark() else {}

    def _mark(self) -> str:
        return hashlib.sha256(self._configured.encode()).hexdigest()[:16]
