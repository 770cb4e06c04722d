"""How the wiki is asked: signed in, with its token, and what became of the session where it refuses."""

from collections.abc import Mapping
from typing import Any

from channels.mediawiki.refusals import SESSION_ENDED, code_of, refusal
from channels.mediawiki.session import FORMAT, Login
from channels.mediawiki.settings import MediaWikiSettings
from notifier.channel import Channel, Outcome, Retry
from notifier.http_client import Reply


class Asking(Channel):
    """One account on one wiki, as far as it asks."""

    Settings = MediaWikiSettings
    settings: MediaWikiSettings

    def sign_in(self) -> Outcome | None:
        """Have cookies and a token; one sign-in serves all processes until the wiki forgets it."""
        if self._session() != ("", ""):
            return None
        own = self.settings
        made = Login(self.http, self._api, own.username, own.password.get_secret_value()).session()
        if not isinstance(made, Mapping):
            return made
        self.state.change(**made)
        return None

    @property
    def _api(self) -> str:
        return f"{self.settings.base_url}/api.php"

    def _session(self) -> tuple[str, str]:
        state = self.state.read()
        cookies, token = state.get("session"), state.get("token")
        return (cookies, token) if isinstance(cookies, str) and isinstance(token, str) else ("", "")

    def _change(self, action: str, form: Mapping[str, str], files: Any = None) -> Reply | Outcome:
        """Make a request that changes something; the token comes last, so that a form cut short changes nothing."""
        cookies, token = self._session()
        data = {**FORMAT, "action": action, "assert": "user", **form, "token": token}
        reply = self.http.request("POST", self._api, headers={"Cookie": cookies}, data=data, files=files)
        return self._kept(reply, cookies)

    def _read(self, asked: Mapping[str, str]) -> Reply | Outcome:
        cookies, _ = self._session()
        question = {**FORMAT, "action": "query", "assert": "user", **asked}
        return self._kept(self.http.request("GET", self._api, headers={"Cookie": cookies}, params=question), cookies)

    def _kept(self, reply: Reply | Outcome, cookies: str) -> Reply | Outcome:
        """Forget a session that has ended, unless another process has made a new one meanwhile."""
        if isinstance(reply, Reply) and code_of(reply) in SESSION_ENDED and self._session()[0] == cookies:
            self.state.change(session=None, token=None)
        return reply

    def _page(self, which: Mapping[str, str]) -> Mapping[str, Any] | Outcome:
        """Read one page and its newest text; an outcome where the wiki does not show it."""
        asked = {"prop": "revisions", "rvprop": "ids|content", "rvslots": "main", **which}
        reply = self._read(asked)
        if not isinstance(reply, Reply):
            return reply
        if (refused := self._refused(reply)) is not None:
            return refused
        pages = part(reply.json(), "query").get("pages")
        first = pages[0] if isinstance(pages, list) and pages else None
        return first if isinstance(first, dict) else Retry("the wiki answered something else than a page")

    def _refused(self, reply: Reply) -> Outcome | None:
        """Say what a refusal means; None where the answer is a yes."""
        return refusal(reply, self.http, self._secrets())

    def _secrets(self) -> tuple[str, ...]:
        cookies, token = self._session()
        values = (cookie.partition("=")[2] for cookie in cookies.split("; "))
        return (self.settings.password.get_secret_value(), token, *(value for value in values if len(value) >= 8))


def part(value: object, name: str) -> Mapping[str, Any]:
    """Take an object out of an answer; an empty one where it is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def is_number(value: object) -> bool:
    """Whether it is a page's or a revision's number."""
    return (
        isinstance(value, int | str) and not isinstance(value, bool) and str(value).isascii() and str(value).isdigit()
    )
