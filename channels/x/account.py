"""An account on X: its settings, its keys, and a signed request to its API."""

import logging
import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr

from notifier.channel import ChannelSettings, Outcome
from notifier.http_client import BaseAddress, HttpClient, Reply

_REAL = "https://api.x.com"


class XSettings(ChannelSettings):
    """An account on X, and the four keys that an app of the developer portal has for it."""

    base_url: BaseAddress = Field(_REAL, description="where X's API is; another address for practice or a proxy")
    handle: str = Field(pattern=r"^@?[A-Za-z0-9_]{1,15}$", description="the account's name, as in x.com/NAME")
    consumer_key: SecretStr = Field(description="the app's API key")
    consumer_secret: SecretStr = Field(description="the app's API key secret")
    access_token: SecretStr = Field(description="the account's access token, with permission to write")
    access_token_secret: SecretStr = Field(description="the account's access token secret")
    user_id: str | None = Field(
        None, pattern=r"^[0-9]{1,20}$", description="the account's number; X is asked for it where it is not given"
    )
    links: bool = Field(
        default=True,
        description="false: posts go without their link; X charges $0.200 for a post with one, else $0.015",
    )
    threads: bool = Field(
        default=False,
        description="true: a text that is too long for one post goes out as a thread; X may refuse its further parts",
    )
    premium: bool = Field(
        default=False, description="true: the account has X Premium, so that its posts can be corrected for a while"
    )


class Account:
    """One account, asked with its keys."""

    def __init__(self, settings: XSettings, http: HttpClient) -> None:
        self.settings = settings
        self.http = http

    @property
    def handle(self) -> str:
        """Its name."""
        return self.settings.handle.removeprefix("@")

    @property
    def address(self) -> str:
        """Its page, as people open it."""
        site = "https://x.com" if self.settings.base_url == _REAL else self.settings.base_url
        return f"{site}/{self.handle}"

    def keys(self) -> tuple[SecretStr, ...]:
        """Give what no record may hold."""
        own = self.settings
        return own.consumer_key, own.consumer_secret, own.access_token, own.access_token_secret

    def ask(self, method: str, path: str, **request: Any) -> Reply | Outcome:
        """Make one signed request; the signature covers no JSON and no multipart body."""
        from requests_oauthlib import OAuth1

        for library in ("oauthlib", "requests_oauthlib"):
            # At DEBUG they write tokens and signed headers into the log.
            logging.getLogger(library).setLevel(logging.INFO)
        key, secret, token, token_secret = (each.get_secret_value() for each in self.keys())
        signature = OAuth1(key, secret, token, token_secret)
        return self.http.request(method, self.settings.base_url + path, auth=signature, **request)


def data_of(reply: Reply) -> Mapping[str, Any]:
    """Give the `data` of an answer; empty where it has none."""
    data = reply.json().get("data")
    return data if isinstance(data, dict) else {}


def number_of(given: object) -> str | None:
    """Read the number of a post or a picture."""
    number = str(given)
    return number if re.fullmatch(r"[0-9]{1,25}", number) else None
