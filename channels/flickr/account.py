"""An account at Flickr: its settings, its keys, and signed requests to the API."""

import hashlib
import logging
import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr

from notifier.channel import ChannelSettings, Media, Message, Outcome
from notifier.http_client import BaseAddress, HttpClient, Reply

_REAL = "https://api.flickr.com"
_UPLOADING = "https://up.flickr.com"
_SHOWING = "https://www.flickr.com"


class FlickrSettings(ChannelSettings):
    """An account at Flickr, and the keys of an app that may write to it."""

    base_url: BaseAddress = Field(_REAL, description="where Flickr's API is; another address for practice or a proxy")
    user: str = Field(pattern=r"^[A-Za-z0-9@_-]{1,60}$", description="the account's name, as in flickr.com/photos/NAME")
    api_key: SecretStr = Field(description="the app's key")
    api_secret: SecretStr = Field(description="the app's secret")
    oauth_token: SecretStr = Field(description="the account's token, with the permission `delete`")
    oauth_token_secret: SecretStr = Field(description="the account's token secret")


class Account:
    """One account, asked with its keys."""

    def __init__(self, settings: FlickrSettings, http: HttpClient) -> None:
        self.settings = settings
        self.http = http

    def keys(self) -> tuple[SecretStr, ...]:
        """Give what no record may hold."""
        own = self.settings
        return own.api_key, own.api_secret, own.oauth_token, own.oauth_token_secret

    def address(self, photo: str) -> str:
        """Give a photo's page, as people open it."""
        return f"{self._site(_SHOWING)}/photos/{self.settings.user}/{photo}"

    def call(self, verb: str, method: str, given: Mapping[str, str]) -> Reply | Outcome:
        """Call a method of the API."""
        whole = {"method": method, "format": "json", "nojsoncallback": "1", **given}
        place: dict[str, Any] = {"params" if verb == "GET" else "data": whole}
        return self.http.request(verb, f"{self.settings.base_url}/services/rest/", auth=self._signing(), **place)

    def upload(self, fields: Mapping[str, str], photo: Media, mark: str) -> Reply | Outcome:
        """Upload a photo, in the same bytes for every attempt."""
        from urllib3 import encode_multipart_formdata

        url = f"{self._site(_UPLOADING)}/services/upload/"
        name = re.sub(r"[^A-Za-z0-9._-]", "_", photo.file_name)
        whole: list[Any] = [*fields.items(), ("photo", (name, photo.data, photo.media_type))]
        body, media_type = encode_multipart_formdata(whole, boundary=f"----notifier{mark}")
        headers = {"Authorization": self._signature(url, fields), "Content-Type": media_type}
        return self.http.request("POST", url, headers=headers, data=body)

    def _site(self, real: str) -> str:
        return real if self.settings.base_url == _REAL else self.settings.base_url

    def _signing(self) -> Any:
        from requests_oauthlib import OAuth1

        for library in ("oauthlib", "requests_oauthlib"):
            # At DEBUG they write tokens and signed headers into the log.
            logging.getLogger(library).setLevel(logging.INFO)
        key, secret, token, token_secret = (each.get_secret_value() for each in self.keys())
        return OAuth1(key, secret, token, token_secret)

    def _signature(self, url: str, fields: Mapping[str, str]) -> str:
        """Sign an upload's fields as if they were a plain form, without the photo: so Flickr checks it."""
        import requests

        header = requests.Request("POST", url, data=fields, auth=self._signing()).prepare().headers["Authorization"]
        return header.decode() if isinstance(header, bytes) else str(header)


def mark_of(message: Message) -> str:
    """Name a delivery in letters and digits alone, for Flickr takes signs out of its tags."""
    return hashlib.sha256(message.key.encode()).hexdigest()[:32]
