"""How Reddit is asked: a token for a day, made of a password or of a refresh token, and a User-Agent of our own."""

import base64
import re
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from notifier.channel import AuthFailed, Channel, ChannelSettings, Outcome, Retry, Unknown
from notifier.http_client import BaseAddress, Reply, service_words

REAL = "https://oauth.reddit.com"
_EARLY = timedelta(minutes=5)
_UPKEEP = timedelta(minutes=30)
_TOKEN = r"[A-Za-z0-9._~+/=-]{8,4000}"  # noqa: S105 - the shape of one


class RedditSettings(ChannelSettings):
    """An account, an app that Reddit has approved for it, and the subreddit where it posts."""

    base_url: BaseAddress = Field(REAL, description="where Reddit's API is; another address for practice")
    auth_url: BaseAddress | None = Field(
        None, description="where tokens are made; without it https://www.reddit.com, or base_url for practice"
    )
    client_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="the app's id")
    client_secret: SecretStr = Field(description="the app's secret")
    username: str = Field(pattern=r"^[A-Za-z0-9_-]{3,20}$", description="the account's name, without u/")
    password: SecretStr | None = Field(None, description="the account's password, where the app is a script")
    refresh_token: SecretStr | None = Field(None, description="a permanent refresh token, instead of the password")
    user_agent: str = Field(
        pattern=r"^[\x21-\x7e][\x20-\x7e]{9,199}$",
        description='who asks, as Reddit wants it: "linux:exampletonpd.notifier:v1 (by /u/ExampletonPD)"',
    )
    subreddit: str = Field(
        pattern=r"^[A-Za-z0-9_]{2,24}$", description="where it posts, without r/; u_NAME is the account's own profile"
    )
    links: bool = Field(False, description="true: what has a link is submitted as that link, without a text")
    flair_id: str | None = Field(None, pattern=r"^[0-9a-f-]{8,50}$", description="the flair that each post gets")

    @field_validator("user_agent")
    @classmethod
    def _our_own(cls, agent: str) -> str:
        if agent.lower().startswith(("python", "curl", "mozilla", "go-http", "requests")):
            raise ValueError("is a usual one, which Reddit refuses; write who asks, and which account it is")
        return agent

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.password is None) == (self.refresh_token is None):
            raise ValueError("needs either password or refresh_token")
        return self


class Asking(Channel):
    """One account on Reddit, as far as it asks."""

    Settings = RedditSettings
    settings: RedditSettings

    def sign_in(self) -> Outcome | None:
        """Have a token that lasts."""
        return None if self._ends() > self.http.clock() + _EARLY else self._new_token()

    def upkeep(self, now: datetime) -> None:
        """Make a new token before the old one ends, so that no post waits for it."""
        if self.state.read().get("token") and self._ends() <= now + _UPKEEP:
            self._new_token()

    def _ends(self) -> datetime:
        state, never = self.state.read(), datetime.min.replace(tzinfo=self.http.clock().tzinfo)
        try:
            ends = datetime.fromisoformat(str(state.get("ends")))
        except ValueError:
            return never
        return ends if isinstance(state.get("token"), str) and ends.tzinfo else never

    def _new_token(self) -> Outcome | None:
        own, refresh = self.settings, self._refresh_token()
        base = own.auth_url or ("https://www.reddit.com" if own.base_url == REAL else own.base_url)
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        if own.password is not None:
            form = {"grant_type": "password", "username": own.username, "password": own.password.get_secret_value()}
        headers = {"User-Agent": own.user_agent, "Authorization": f"Basic {self._app()}"}
        reply = self.http.request("POST", f"{base}/api/v1/access_token", headers=headers, data=form)
        if not isinstance(reply, Reply):
            # A token publishes nothing: whatever became of it, another is asked for.
            return Retry(str(getattr(reply, "reason", "Reddit did not answer")))
        told = reply.json()
        if isinstance(told.get("error"), str) and "grant" in told["error"]:
            if refresh and self._refresh_token() != refresh:
                return Retry("another process has renewed the token")
            return AuthFailed("Reddit refuses the password or refresh token; correct it (no second factor)")
        if reply.status == 401:
            return AuthFailed("Reddit refuses the app's id or secret (401); correct client_id and client_secret")
        token, lasts = told.get("access_token"), told.get("expires_in")
        if not reply.ok:
            refused = self.http.classify(reply, says=service_words(told.get("message"), *self._secrets()))
            return Retry("Reddit gave no token") if isinstance(refused, Unknown) else refused
        if not isinstance(token, str) or not re.fullmatch(_TOKEN, token):
            return Retry("Reddit gave no token")
        seconds = lasts if isinstance(lasts, int) and 60 <= lasts <= 10**7 else 3600
        new = told.get("refresh_token")
        kept = new if isinstance(new, str) and re.fullmatch(_TOKEN, new) else self.state.read().get("refresh_token")
        ends = (self.http.clock() + timedelta(seconds=seconds)).isoformat()
        self.state.change(token=token, ends=ends, refresh_token=kept)
        return None

    def _refresh_token(self) -> str:
        kept, own = self.state.read().get("refresh_token"), self.settings.refresh_token
        return kept if isinstance(kept, str) and own else own.get_secret_value() if own else ""

    def _app(self) -> str:
        own = self.settings
        return base64.b64encode(f"{own.client_id}:{own.client_secret.get_secret_value()}".encode()).decode()

    def _token(self) -> str:
        return str(self.state.read().get("token") or "")

    def _request(self, method: str, path: str, **request: Any) -> Reply | Outcome:
        headers = {"Authorization": f"Bearer {self._token()}", "User-Agent": self.settings.user_agent}
        return self.http.request(method, f"{self.settings.base_url}{path}", headers=headers, **request)

    def _ask(self, method: str, path: str, **request: Any) -> Reply | Outcome:
        token = self._token()
        reply = self._request(method, path, **request)
        if isinstance(reply, Reply) and reply.status == 401:
            if self._token() == token:
                self.state.change(token=None, ends=None)
            return Retry("Reddit's token has ended; it signs in anew")
        return reply

    def _secrets(self) -> tuple[str, ...]:
        own, state = self.settings, self.state.read()
        settings = (own.client_secret, own.password, own.refresh_token)
        given = [secret.get_secret_value() for secret in settings if secret is not None]
        kept = [value for value in (state.get("token"), state.get("refresh_token")) if isinstance(value, str)]
        return (*given, *kept, self._app())
