"""A session on the wiki: the login of a bot password, and the cookies that it stands in (mediawiki.org: API:Login)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.mediawiki.refusals import refusal
from notifier.channel import AuthFailed, Outcome, Retry
from notifier.http_client import HttpClient, Reply, service_words

MOST_COOKIES = 8_000
FORMAT = {"format": "json", "formatversion": "2", "errorformat": "plaintext"}


@dataclass(frozen=True, repr=False)
class Login:
    """Who signs in, and where."""

    http: HttpClient
    api: str
    username: str
    password: str

    def session(self) -> Mapping[str, str] | Outcome:
        """Sign in, in three requests: cookies and the token that each change needs; an outcome where that failed."""
        reply, cookies = self._ask("GET", {"action": "query", "meta": "tokens", "type": "login"}, "")
        token = _token(reply, "logintoken")
        if not isinstance(reply, Reply) or token is None:
            return self._no_wiki(reply)
        who = {"action": "login", "lgname": self.username, "lgpassword": self.password, "lgtoken": token}
        reply, cookies = self._ask("POST", who, cookies)
        if not isinstance(reply, Reply):
            return reply
        if (failed := self._refused(reply, token)) is not None:
            return failed
        asked = {"action": "query", "meta": "tokens", "type": "csrf", "assert": "user"}
        reply, cookies = self._ask("GET", asked, cookies)
        token = _token(reply, "csrftoken")
        return self._no_wiki(reply) if token is None else {"session": cookies, "token": token}

    def _ask(self, method: str, asked: Mapping[str, str], cookies: str) -> tuple[Reply | Outcome, str]:
        headers = {"Cookie": cookies} if cookies else {}
        how: dict[str, Any] = {"params" if method == "GET" else "data": {**FORMAT, **asked}}
        reply = self.http.request(method, self.api, headers=headers, **how)
        if not isinstance(reply, Reply):
            # A login publishes nothing: whatever became of it, it is tried again.
            return (reply if isinstance(reply, AuthFailed) else Retry(reply.reason)), cookies  # type: ignore[union-attr]
        return reply, with_cookies(cookies, reply.headers.get("Set-Cookie", ""))

    def _refused(self, reply: Reply, token: str) -> Outcome | None:
        login = reply.json().get("login")
        told: Mapping[str, Any] = login if isinstance(login, dict) else {}
        if told.get("result") == "Success":
            return None
        reason = told.get("reason")
        given: Mapping[str, Any] = reason if isinstance(reason, dict) else {"text": reason}
        says = service_words(given.get("text"), self.password, token)
        words = f": {says}" if says else ""
        if given.get("code") == "login-throttled":
            return Retry(f"the wiki takes no sign-in for a while, after too many{words}")
        if told.get("result") in ("Failed", "Aborted", "NotExists", "WrongPass", "Throttled"):
            return AuthFailed(f"the wiki refuses the bot password; make a new one at Special:BotPasswords{words}")
        if told:
            return Retry(f"the wiki forgot its sign-in half-way; does a proxy take its cookies?{words}")
        return self._no_wiki(reply)

    def _no_wiki(self, reply: Reply | Outcome) -> Outcome:
        if not isinstance(reply, Reply):
            return reply
        refused = refusal(reply, self.http, (self.password,))
        return refused or Retry("no MediaWiki answers there; base_url in channels.toml is the folder of api.php")


def _token(reply: Reply | Outcome, name: str) -> str | None:
    query = reply.json().get("query") if isinstance(reply, Reply) else None
    tokens = query.get("tokens") if isinstance(query, dict) else None
    token = tokens.get(name) if isinstance(tokens, dict) else None
    return token if isinstance(token, str) and re.fullmatch(r"[A-Za-z0-9_.-]{8,200}\+\\", token) else None


def with_cookies(before: str, given: str) -> str:
    """Add the cookies that an answer sets, or takes away, to those that are sent: NAME=VALUE; NAME=VALUE."""
    jar = dict(re.findall(r"([^=;\s]+)=([^;]*)", before))
    # Several headers come joined by commas; a comma in a date has no "=" before its next ";".
    for cookie in re.split(r",\s*(?=[^=;,\s]+=)", given):
        found = re.match(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=\"?([!#-+\--:<-\[\]-~]*)\"?\s*(.*)", cookie)
        if found is None:
            continue
        name, value, rules = found.groups()
        if value in ("", "deleted") or re.search(r"(?i)max-age=(-|0\b)", rules):
            jar.pop(name, None)
        else:
            jar[name] = value
    kept = "; ".join(f"{name}={value}" for name, value in jar.items())
    return kept if len(kept) <= MOST_COOKIES else before
