"""Sessions of a personal data server: an app password for two tokens, and a new pair for the second of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from notifier.clock import Clock
from notifier.practice.exchange import Answer, Refused, Request, json_answer, same
from notifier.practice.networks.bluesky_names import new_jwt
from notifier.practice.networks.bluesky_post import refusal
from notifier.practice.rates import Window

HANDLE: Final = "exampletonpd.practice.example"
DID: Final = "did:plc:practice2exampleton22222"
APP_PASSWORD: Final = "practice-bluesky-password"  # noqa: S105 - opens nothing but this server
ACCESS_SECONDS: Final = 7_200
REFRESH_DAYS: Final = 90
MOST_TOKENS: Final = 1_000


class Sessions:
    """The tokens that were given out."""

    def __init__(self, clock: Clock, each_5_minutes: int | None, each_day: int | None) -> None:
        self._clock = clock
        self._windows = (Window(each_5_minutes, 300), Window(each_day, 86_400))
        self._access: dict[str, datetime] = {}
        self._refresh: dict[str, datetime] = {}

    def forget(self) -> None:
        """Forget every token."""
        for window in self._windows:
            window.forget()
        self._access.clear()
        self._refresh.clear()

    def create(self, request: Request) -> Answer:
        """Begin a session: 30 in five minutes and 300 a day at most."""
        body = request.json()
        for window in self._windows:
            spent = window.spend(self._clock())
            if spent is not None and spent.exceeded:
                reset = {"ratelimit-limit": str(spent.limit), "ratelimit-remaining": "0"}
                headers = {**reset, "ratelimit-reset": str(spent.reset)}
                told = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
                return json_answer(told, 429, headers)
        name, password = body.get("identifier"), body.get("password")
        if not isinstance(name, str) or not isinstance(password, str):
            return refusal("InvalidRequest", 'Input must have the property "identifier" and "password"')
        if name.lower().removeprefix("@") not in (HANDLE, DID) or not same(password, APP_PASSWORD):
            return refusal("AuthenticationRequired", "Invalid identifier or password", 401)
        return json_answer(self._pair())

    def refresh(self, request: Request) -> Answer:
        """Give a new pair for a refresh token, which is spent thereby."""
        # The real one honours a spent token for two more hours; not so here.
        token = self._checked(request, self._refresh)
        del self._refresh[token]
        return json_answer(self._pair())

    def get(self, request: Request) -> Answer:
        """Tell whose session it is."""
        self._checked(request, self._access)
        return json_answer({"handle": HANDLE, "did": DID, "emailConfirmed": True, "active": True})

    def guarded(self, act: Callable[..., Answer]) -> Callable[..., Answer]:
        """Let an operation be done only with an access token."""

        def guarded(request: Request, **parts: str) -> Answer:
            self._checked(request, self._access)
            return act(request, **parts)

        return guarded

    def _pair(self) -> dict[str, Any]:
        now = self._clock()
        told: dict[str, Any] = {"did": DID, "handle": HANDLE, "active": True}
        for name, scope, kept, lasts in (
            ("accessJwt", "com.atproto.appPass", self._access, timedelta(seconds=ACCESS_SECONDS)),
            ("refreshJwt", "com.atproto.refresh", self._refresh, timedelta(days=REFRESH_DAYS)),
        ):
            while len(kept) >= MOST_TOKENS:
                kept.pop(next(iter(kept)), None)
            told[name] = new_jwt(scope, DID, now + lasts)
            kept[told[name]] = now + lasts
        return told

    def _checked(self, request: Request, kept: dict[str, datetime]) -> str:
        token = request.bearer
        if not token:
            raise Refused(401, "", refusal("AuthMissing", "Authentication Required", 401))
        until = kept.get(token)
        if until is None:
            # 400, not 401: tried on a personal data server 0.4.
            raise Refused(400, "", refusal("InvalidToken", "Token could not be verified"))
        if self._clock() >= until:
            raise Refused(400, "", refusal("ExpiredToken", "Token has expired"))
        return token
