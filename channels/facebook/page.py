"""A Page and its token: the settings, a request to the Graph API, and what is known of the token."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, SecretStr

from notifier.channel import AuthFailed, ChannelSettings, Outcome, Works
from notifier.http_client import BaseAddress, HttpClient, Reply

_NEEDS: Mapping[str, str] = {
    "pages_manage_posts": "it cannot post",
    "pages_read_engagement": "what it posted cannot be looked up",
    "pages_manage_engagement": "it cannot comment",
}


class FacebookSettings(ChannelSettings):
    """A Page, and the token that may post on it."""

    base_url: BaseAddress = Field(
        "https://graph.facebook.com", description="where the Graph API is; another address for practice or a proxy"
    )
    version: str = Field("v26.0", pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$", description="the version of the Graph API")
    page_id: str = Field(pattern=r"^[A-Za-z0-9.]{1,60}$", description="the Page's number")
    access_token: SecretStr = Field(description="the Page's access token, with pages_manage_posts")
    app_secret: SecretStr | None = Field(
        None, description="the app's secret; proves each call, which the app's settings may demand"
    )
    app_id: str | None = Field(
        None,
        pattern=r"^[0-9]{1,30}$",
        description="the app's number; with its secret, Facebook tells when the token ends",
    )


class Page:
    """One Page, asked with its token."""

    def __init__(self, settings: FacebookSettings, http: HttpClient) -> None:
        self.settings = settings
        self.http = http

    @property
    def name(self) -> str:
        """Its number, the beginning of its paths."""
        return self.settings.page_id

    def ask(self, method: str, path: str, *, given: Mapping[str, str], files: Any = None) -> Reply | Outcome:
        """Make one request, with the token's proof. given: goes into the form; of a GET or DELETE into the address."""
        url = f"{self.settings.base_url}/{self.settings.version}/{path}"
        # The token goes into a header, never into the address: addresses are logged on the way.
        headers = {"Authorization": f"Bearer {self.settings.access_token.get_secret_value()}"}
        whole = {**given, **self.proof()}
        if method == "POST":
            return self.http.request(method, url, headers=headers, data=whole, files=files)
        return self.http.request(method, url, headers=headers, params=whole)

    def proof(self) -> dict[str, str]:
        """Prove that whoever uses the token has the app's secret."""
        secret = self._app_secret()
        if not secret:
            return {}
        token = self.settings.access_token.get_secret_value().encode()
        return {"appsecret_proof": hmac.new(secret.encode(), token, hashlib.sha256).hexdigest()}

    def secrets(self) -> tuple[SecretStr | str | None, ...]:
        """Give what no record may hold."""
        return self.settings.access_token, self.settings.app_secret, *self.proof().values()

    def _app_secret(self) -> str:
        return self.settings.app_secret.get_secret_value() if self.settings.app_secret is not None else ""

    # --- the token ----------------------------------------------------------------------------------------------------

    def token(self, name: str) -> Works | AuthFailed:
        """Ask Facebook when the token ends and what it may do. name: the Page's, for whoever reads it."""
        app = f"{self.settings.app_id}|{self._app_secret()}" if self.settings.app_id and self._app_secret() else ""
        # A GET in a POST's clothes, as Meta's own libraries send it: no token may stand in an address.
        question = {"method": "get", "input_token": self.settings.access_token.get_secret_value()}
        if app:
            url = f"{self.settings.base_url}/{self.settings.version}/debug_token"
            reply = self.http.request("POST", url, data={**question, "access_token": app})
        else:
            reply = self.ask("POST", "debug_token", given=question)
        told = reply.json().get("data") if isinstance(reply, Reply) and reply.ok else None
        if not isinstance(told, dict) or not isinstance(told.get("is_valid"), bool):
            more = "" if app else " (give app_id and app_secret)"
            return Works(said=f"{name}; Facebook did not tell when the token ends{more}")
        if not told["is_valid"]:
            return AuthFailed("Facebook says that the access token is no longer valid; make a new one")
        ends = [end for name in ("expires_at", "data_access_expires_at") if (end := _moment(told.get(name)))]
        return Works(until=min(ends, default=None), said="; ".join([name, *_lacks(told.get("scopes"))]))


def _lacks(scopes: object) -> Iterator[str]:
    """Say what a token may not do."""
    for scope, consequence in _NEEDS.items():
        if isinstance(scopes, list) and scope not in scopes:
            yield f"the token lacks {scope}: {consequence}"


def _moment(seconds: object) -> datetime | None:
    """Read a moment; 0 is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
