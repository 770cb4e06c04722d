"""Nextdoor's tokens: about a year long, renewed by a refresh token that may change with every renewal."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from notifier.channel import AccountState, AuthFailed, Outcome, Retry, Unknown
from notifier.http_client import HttpClient, Reply, service_words

RENEWED_BEFORE: Final = timedelta(days=7)
_YEAR: Final = timedelta(days=365)
_JUST_MADE: Final = timedelta(minutes=10)


class Session:
    """The newest tokens of an account, kept in its state."""

    def __init__(self, state: AccountState, configured: str) -> None:
        self._state = state
        self._configured = configured

    @property
    def token(self) -> str | None:
        """The access token, where there is one."""
        return _text(self._kept().get("token"))

    @property
    def refresh_token(self) -> str:
        """The newest refresh token: a new one in the settings wins over what an older one became."""
        return _text(self._kept().get("refresh_token")) or self._configured

    @property
    def until(self) -> datetime | None:
        """When the access token ends, where that is known."""
        return _moment(self._kept().get("until"))

    def is_due(self, now: datetime) -> bool:
        """Whether the access token is missing or ends soon."""
        return self.token is None or (self.until is not None and self.until - now < RENEWED_BEFORE)

    def is_refused(self, now: datetime) -> Outcome:
        """Say what a 401 means: a session that ended is made anew, one that was just made is no use."""
        made = _moment(self._kept().get("made"))
        if made is not None and now - made < _JUST_MADE:
            return AuthFailed("Nextdoor refuses a token that it just gave; ask it whether the account may post")
        self._state.change(token=None, until=None)
        return Retry("Nextdoor's session has ended; it is made anew")

    def renew(self, http: HttpClient, url: str, client_id: str, client_secret: str) -> Outcome | None:
        """Have a new access token; an outcome where that failed."""
        used = self.refresh_token
        basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        form = {"grant_type": "refresh_token", "refresh_token": used}
        reply = http.request("POST", url, headers={"Authorization": f"Basic {basic}"}, data=form)
        if not isinstance(reply, Reply):
            return Retry(reply.reason) if isinstance(reply, Unknown) else reply
        if reply.ok:
            return None if self._keep(reply.json(), http.clock()) else Retry("Nextdoor said yes and gave no token")
        if self.refresh_token != used:  # another process was faster
            return None if self.token else Retry("another process renews Nextdoor's token")
        says = service_words(reply.json().get("error"), client_secret, used, basic)
        if reply.status in (400, 401, 403):
            words = f": {says}" if says else ""
            return AuthFailed(
                f"Nextdoor refuses to renew the token ({reply.status}); the agency must consent anew{words}"
            )
        failed = http.classify(reply, says=says)
        return Retry(failed.reason) if isinstance(failed, Unknown) else failed

    def _keep(self, answer: Mapping[str, Any], now: datetime) -> bool:
        token, refresh, seconds = answer.get("access_token"), answer.get("refresh_token"), answer.get("expires_in")
        if _text(token) is None:
            return False
        whole = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds <= 2 * _YEAR.total_seconds()
        until = now + (timedelta(seconds=seconds) if whole and isinstance(seconds, int) else _YEAR)
        self._state.change(
            of=self._mark(),
            token=token,
            refresh_token=_text(refresh) or self.refresh_token,
            until=until.isoformat(),
            made=now.isoformat(),
        )
        return True

    def _kept(self) -> dict[str, Any]:
        kept = self._state.read()
        return dict(kept) if kept.get("of") == self._mark() else {}

    def _mark(self) -> str:
        return hashlib.sha256(self._configured.encode()).hexdigest()[:16]


def _text(value: object) -> str | None:
    """Take a token from an answer or the state: one word that may stand in a header."""
    fine = isinstance(value, str) and 8 <= len(value) <= 4_000 and value.isascii() and value.isprintable()
    return value if fine and isinstance(value, str) and " " not in value else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
