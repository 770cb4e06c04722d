"""One account of a Mastodon server: its settings, how its API is asked, and what its refusals mean."""

from typing import Any, Literal

from pydantic import Field, SecretStr

from notifier.channel import AuthFailed, ChannelSettings, Outcome, Retry, Unknown
from notifier.http_client import BaseAddress, HttpClient, Reply, service_words


class MastodonSettings(ChannelSettings):
    """An account on a Mastodon server, or on one that speaks its API, and a token that may post for it."""

    base_url: BaseAddress = Field(description="the account's server, as https://social.town.example")
    handle: str | None = Field(
        None,
        pattern=r"^@?[A-Za-z0-9_.-]{1,30}$",
        description="the account's name, which `notify channels check` holds against the token's",
    )
    access_token: SecretStr = Field(
        description="the account's token, with read:accounts, read:statuses, write:statuses and write:media"
    )
    visibility: Literal["public", "unlisted", "private"] = Field(
        "public", description="who sees the posts: public; unlisted, in no public timeline; private, followers only"
    )


class Account:
    """Asks the API for one account, and reads its refusals."""

    def __init__(self, settings: MastodonSettings, http: HttpClient) -> None:
        self.settings, self.http = settings, http

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **request: Any) -> Reply | Outcome:
        """Make one request of the API with the token."""
        own = {"Authorization": f"Bearer {self.settings.access_token.get_secret_value()}"}
        return self.http.request(
            method, f"{self.settings.base_url}/api{path}", headers={**own, **(headers or {})}, **request
        )

    def words(self, reply: Reply) -> str:
        """Quote the server's own reason; empty where it gives none."""
        told = reply.json()
        return service_words(told.get("error_description") or told.get("error"), self.settings.access_token)

    def refused(self, reply: Reply) -> Outcome:
        """Say what an answer that is not a yes means. A 429 names its end in a header of Mastodon's own."""
        says = self.words(reply)
        words = f": {says}" if says else ""
        if reply.status == 403:
            return AuthFailed(f"the token or the account may not do this; look at both on the server (403){words}")
        if reply.status == 422 and "finished processing" in says:
            return Retry(f"the server still works on an attachment (422){words}")
        if reply.status == 503 and reply.publishes:
            # Told by the server's proxy as well, which does not know whether the server acted; the key is repeated.
            return Unknown(f"the server failed (503); it may have published{words}")
        return self.http.classify(reply, says=says)
