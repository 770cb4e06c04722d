"""How the blog is asked, and what its refusals mean (developer.wordpress.org: REST API Handbook)."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from notifier.channel import AuthFailed, Channel, ChannelSettings, Outcome, Rejected
from notifier.http_client import BaseAddress, Reply, service_words

ANY_STATUS = "publish,draft,pending,private,future,trash"


class WordPressSettings(ChannelSettings):
    """A blog, and an application password of one of its authors."""

    base_url: BaseAddress = Field(description="the blog's address, as https://blog.exampleton.example")
    username: str = Field(pattern=r"^[^:\n]{1,60}$", description="the account's name; an author may publish and upload")
    password: SecretStr = Field(description="an application password, made at Users, Profile; not that of the login")
    pretty_links: bool = Field(
        False,
        description="true: ask at /wp-json; without it at index.php?rest_route=, which some firewalls refuse",
    )
    categories: tuple[int, ...] = Field((), description="numbers of the categories that each post is put into")
    tags: tuple[int, ...] = Field((), description="numbers of the tags that each post gets")
    comments: bool | None = Field(
        None, description="whether visitors may comment; without it, as the blog has it for new posts"
    )
    featured: bool = Field(True, description="false: the theme would show the first picture twice")


class Asking(Channel):
    """One account on one blog, as far as it asks."""

    Settings = WordPressSettings
    settings: WordPressSettings

    def _ask(
        self, method: str, path: str, question: Mapping[str, str] | None = None, **request: Any
    ) -> Reply | Outcome:
        base, asked = self.settings.base_url, dict(question or {})
        if self.settings.pretty_links:
            url = f"{base}/wp-json/wp/v2/{path}" + (f"?{urlencode(asked, safe=',')}" if asked else "")
        else:
            url = f"{base}/index.php?{urlencode({'rest_route': f'/wp/v2/{path}', **asked}, safe='/,')}"
        headers = {"Authorization": f"Basic {self._credential()}", "Accept": "application/json"}
        reply = self.http.request(method, url, headers=headers, **request)
        # A plugin's warnings may stand before the answer.
        start = reply.body.find(b"{") if isinstance(reply, Reply) and not reply.body.startswith(b"[") else 0
        return replace(reply, body=reply.body[start:]) if isinstance(reply, Reply) and start > 0 else reply

    def _credential(self) -> str:
        own = self.settings
        return base64.b64encode(f"{own.username}:{own.password.get_secret_value()}".encode()).decode()

    def _secrets(self) -> tuple[SecretStr | str, ...]:
        return self.settings.password, self._credential()

    def _refused(self, reply: Reply) -> Outcome:
        """Say what an answer that is not a yes means; a firewall's page is none of the blog's."""
        told = reply.json()
        code, says = str(told.get("code") or ""), service_words(told.get("message"), *self._secrets())
        words = f": {says}" if says else ""
        if reply.status == 401 or _unseen(told):
            return AuthFailed(
                "the blog refuses the application password; make a new one at Users, Profile, and see that its server"
                f" passes the header Authorization on{words}"
            )
        if reply.status == 403 and code.startswith(("rest_cannot", "rest_forbidden", "rest_not_allowed")):
            return AuthFailed(f"the account may not do this; give it the role of an author or editor{words}")
        if reply.status == 403 and not code:
            return Rejected("a firewall before the blog refuses it (403); have its owner let this machine through")
        if reply.status == 404 and code in ("", "rest_no_route"):
            return Rejected("no WordPress answers there (404); correct base_url, or pretty_links, in channels.toml")
        return self.http.classify(reply, says=says)


def _unseen(told: Mapping[str, Any]) -> bool:
    """Whether the blog says that drafts are not for us: it takes one with a wrong password for a visitor."""
    data = told.get("data")
    params = data.get("params") if isinstance(data, dict) else None
    return told.get("code") == "rest_invalid_param" and isinstance(params, dict) and "status" in params


def listed(reply: Reply) -> list[Mapping[str, Any]] | None:
    """Read a list of objects; None where the answer is none."""
    # Reply.json reads objects alone.
    wrapped = replace(reply, body=b'{"list":' + reply.body + b"}").json().get("list")
    return [one for one in wrapped if isinstance(one, dict)] if isinstance(wrapped, list) else None


def is_number(value: object) -> bool:
    """Whether it is the number of a post or a picture."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**15
