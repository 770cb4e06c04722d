"""An account's session: kept, refreshed, and made anew only where it must be (30 sign-ins in 5 minutes are allowed)."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from notifier.channel import AccountState, AuthFailed, Outcome, Retry
from notifier.http_client import HttpClient, Reply, service_words

LIVES = timedelta(minutes=100)
"""A token lives for two hours; after this long a new one is asked for."""


class Session:
    """Signs one account in, and tells what is kept of it."""

    def __init__(
        self, http: HttpClient, state: AccountState, base_url: str, identifier: str, password: SecretStr
    ) -> None:
        self._http, self._state = http, state
        self._url, self._identifier, self._password = base_url, identifier, password

    def sign_in(self) -> Outcome | None:
        """Have a token that lives for a while."""
        kept = self._state.read()
        if kept.get("access_token") and self._http.clock().timestamp() < kept.get("token_until", 0):
            return None
        if kept.get("refresh_token"):
            reply = self._ask("refreshSession", {"Authorization": f"Bearer {kept['refresh_token']}"}, None)
            if isinstance(reply, Reply) and reply.ok and self._keep(reply):
                return None
            if not isinstance(reply, Reply) or reply.status == 429 or reply.status >= 500:
                return self._failed(reply)
            if self._state.read().get("refresh_token") != kept["refresh_token"]:
                return None  # another process has renewed it meanwhile
        body = {"identifier": self._identifier, "password": self._password.get_secret_value()}
        reply = self._ask("createSession", {}, body)
        if isinstance(reply, Reply) and reply.ok and self._keep(reply):
            return None
        return self._failed(reply)

    def headers(self) -> dict[str, str]:
        """What a request is signed with."""
        return {"Authorization": f"Bearer {self._state.read().get('access_token', '')}"}

    def did(self) -> str:
        """Whose repository it is."""
        return str(self._state.read().get("did", ""))

    def forget(self) -> None:
        """Ask for a new token before the next request."""
        self._state.change(token_until=None)

    def secrets(self) -> tuple[str | SecretStr, ...]:
        """What no record may hold."""
        kept = self._state.read()
        return (self._password, *(str(kept[name]) for name in ("access_token", "refresh_token") if kept.get(name)))

    def _ask(self, name: str, headers: Mapping[str, str], body: object) -> Reply | Outcome:
        url = f"{self._url}/xrpc/com.atproto.server.{name}"
        return self._http.request("POST", url, headers=headers, json_body=body, data=None if body else b"")

    def _keep(self, reply: Reply) -> bool:
        told = reply.json()
        tokens = {"access_token": told.get("accessJwt"), "refresh_token": told.get("refreshJwt")}
        did, handle = told.get("did"), told.get("handle")
        if not all(isinstance(token, str) and token for token in tokens.values()):
            return False
        if not isinstance(did, str) or not re.fullmatch(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,200}", did):
            return False
        until = (self._http.clock() + LIVES).timestamp()
        kept: dict[str, Any] = {**tokens, "did": did, "token_until": until}
        if isinstance(handle, str) and re.fullmatch(r"[A-Za-z0-9.-]{1,253}", handle):
            kept["handle"] = handle
        self._state.change(**kept)
        return True

    def _failed(self, reply: Reply | Outcome) -> Outcome:
        if not isinstance(reply, Reply):
            return reply
        if reply.ok:
            return Retry("Bluesky gave no session; it is asked again")
        says = service_words(reply.json().get("message"), *self.secrets())
        if reply.status in (400, 401):
            words = f": {says}" if says else ""
            return AuthFailed(f"Bluesky refuses handle or app password; make a new app password{words}")
        return self._http.classify(reply, says=says)
