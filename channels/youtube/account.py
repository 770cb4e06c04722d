"""An account at YouTube: its settings, its session, and requests with it (Google's OAuth 2 for installed apps)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field, SecretStr

from notifier.channel import AccountState, AuthFailed, ChannelSettings, Outcome, Retry
from notifier.http_client import BaseAddress, HttpClient, Reply, service_words

_REAL = "https://www.googleapis.com"
_TOKENS = "https://oauth2.googleapis.com/token"
_IN_TIME = timedelta(minutes=2)
"""A session that ends sooner is renewed."""
_NEW = timedelta(minutes=1)
"""One that is refused though it is no older is dead: another would be refused as well."""
_LIVES = timedelta(minutes=55)
"""How long a session is used that does not say when it ends."""


class YouTubeSettings(ChannelSettings):
    """A channel at YouTube, and what lets a program of the department's Google project upload to it."""

    base_url: BaseAddress = Field(_REAL, description="where Google's APIs are; another address for practice or a proxy")
    client_id: str = Field(min_length=1, max_length=200, description="the OAuth client's id, from Google's console")
    client_secret: SecretStr = Field(description="the OAuth client's secret")
    refresh_token: SecretStr = Field(description="what the channel's owner was given after consenting once")
    privacy: Literal["public", "unlisted", "private"] = Field("public", description="who sees what is uploaded")
    category_id: str = Field("25", pattern=r"^[0-9]{1,2}$", description="YouTube's category; 25 is News & Politics")


class Account:
    """One account."""

    def __init__(self, settings: YouTubeSettings, http: HttpClient, state: AccountState) -> None:
        self.settings = settings
        self.http = http
        self.state = state

    @property
    def is_real(self) -> bool:
        """Whether it is at YouTube itself."""
        return self.settings.base_url == _REAL

    def secrets(self) -> tuple[SecretStr | str | None, ...]:
        """Give what no record may hold."""
        own, kept = self.settings, self.state.read()
        tokens = (kept.get("access_token"), kept.get("refresh_token"))
        return own.client_secret, own.refresh_token, *(token for token in tokens if isinstance(token, str))

    def sign_in(self) -> Outcome | None:
        """Have a session that lasts for a while."""
        if self._session() is not None:
            return None
        own, kept = self.settings, self.state.read().get("refresh_token")
        refresh = kept if isinstance(kept, str) else own.refresh_token.get_secret_value()
        given = {"client_id": own.client_id, "client_secret": own.client_secret.get_secret_value()}
        url = _TOKENS if self.is_real else f"{own.base_url}/token"
        form = {**given, "refresh_token": refresh, "grant_type": "refresh_token"}
        reply = self.http.request("POST", url, data=form)
        if not isinstance(reply, Reply):
            return reply
        told = reply.json()
        token = told.get("access_token")
        if reply.ok and isinstance(token, str) and token.isascii() and token.isprintable() and len(token) <= 4_000:
            self._keep(token, told)
            return None
        if self._session() is not None:  # another process has renewed it meanwhile
            return None
        return Retry("Google gave no session") if reply.ok else self._refused(reply, told)

    def ask(self, method: str, url: str, **request: Any) -> Reply | Outcome:
        """Make one request with the session."""
        headers = dict(request.pop("headers", {}))
        token = self.state.read().get("access_token")
        if isinstance(token, str):
            headers["Authorization"] = f"Bearer {token}"
        return self.http.request(method, url, headers=headers, **request)

    def ended(self) -> Outcome:
        """Say what follows where the session was refused: another, once."""
        made = _moment(self.state.read().get("made"))
        self.state.change(access_token=None, until=None, made=None)
        if made is not None and self.http.clock() - made < _NEW:
            return AuthFailed("Google refuses a session that it has just given (401); sign the channel's owner in anew")
        return Retry("the session with Google has ended (401); it is made anew")

    def _session(self) -> str | None:
        kept = self.state.read()
        token, until = kept.get("access_token"), _moment(kept.get("until"))
        lasts = until is not None and until - self.http.clock() > _IN_TIME
        return token if lasts and isinstance(token, str) else None

    def _keep(self, token: str, told: Mapping[str, Any]) -> None:
        now, seconds, rotated = self.http.clock(), told.get("expires_in"), told.get("refresh_token")
        lives = timedelta(seconds=min(seconds, 86_400)) if isinstance(seconds, int) and seconds > 0 else _LIVES
        times = {"until": (now + lives).isoformat(), "made": now.isoformat()}
        more = {"refresh_token": rotated} if isinstance(rotated, str) and rotated else {}
        self.state.change(access_token=token, **times, **more)

    def _refused(self, reply: Reply, told: Mapping[str, Any]) -> Outcome:
        says = service_words(told.get("error_description"), *self.secrets())
        words = f": {says}" if says else ""
        if told.get("error") == "invalid_grant":
            return AuthFailed(
                "Google refuses the refresh token; sign the channel's owner in anew (while the project's consent screen"
                f" is in testing, that lasts seven days){words}"
            )
        if told.get("error") in ("invalid_client", "unauthorized_client"):
            return AuthFailed(f"Google does not know the OAuth client; correct client_id and client_secret{words}")
        return self.http.classify(reply, says=says)


def _moment(given: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
