"""Flickr's answers: the upload speaks XML, the methods JSON, and both say no with HTTP 200.

Codes: those that every method lists, and the upload's own, of which no stored page of Flickr says more than a word.
"""

import re
from typing import NamedTuple

from channels.flickr.account import Account
from notifier.channel import AuthFailed, Outcome, Rejected, Retry, Unknown
from notifier.http_client import Reply, service_words

NOT_FOUND = 1
"""Of a method that acts on a photo."""
_DEAD = {
    95: "Flickr wants TLS; write base_url with https",
    96: "Flickr refuses the signature; correct the secrets, or this machine's clock",
    97: "Flickr refuses the signature; correct the secrets, or this machine's clock",
    98: "Flickr refuses the token; make a new one",
    99: "the token may not write; make one with the permission `delete`",
    100: "Flickr refuses the API key; correct it",
}
_UNAVAILABLE, _WRITE_FAILED = 105, 106
_UPLOAD_FAILED, _NO_ROOM = 3, 6


class Told(NamedTuple):
    """What Flickr says, in whichever form."""

    ok: bool
    code: int = 0
    words: str = ""
    photo: str | None = None
    """The number of what was uploaded."""


def read_answer(account: Account, reply: Reply) -> Told | None:
    """Read an answer; None where it is none of Flickr's."""
    told = reply.json()
    if told.get("stat") in ("ok", "fail"):
        code = told.get("code")
        words = service_words(told.get("message"), *account.keys())
        return Told(told["stat"] == "ok" and reply.ok, code if isinstance(code, int) else 0, words)
    return _read_xml(account, reply)


def _read_xml(account: Account, reply: Reply) -> Told | None:
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(reply.body)
    except (
        ParseError,
        ValueError,
        LookupError,
        RecursionError,
    ):  # ValueError: defusedxml's own, of entities and the like
        return None
    if root.tag != "rsp" or root.get("stat") not in ("ok", "fail"):
        return None
    error = root.find("err")
    code = "" if error is None else error.get("code", "")
    words = "" if error is None else service_words(error.get("msg"), *account.keys())
    number = int(code) if re.fullmatch(r"[0-9]{1,5}", code) else 0
    return Told(root.get("stat") == "ok" and reply.ok, number, words, root.findtext("photoid"))


def refusal(account: Account, reply: Reply, told: Told | None, *, is_upload: bool = False) -> Outcome:
    """Say what an answer means that is no yes."""
    if not reply.ok:
        return account.http.classify(reply, says=told.words if told else "")
    if told is None or told.ok:
        strange = "Flickr answered something else than its API does"
        return Unknown(f"{strange}; it may have acted") if reply.publishes else Retry(strange)
    words = f" (code {told.code}){f': {told.words}' if told.words else ''}"
    if told.code in _DEAD:
        return AuthFailed(f"{_DEAD[told.code]}{words}")
    if told.code == _WRITE_FAILED:
        return Unknown(f"Flickr failed to write it, and may have{words}")
    if told.code == _UNAVAILABLE or (is_upload and told.code == _UPLOAD_FAILED):
        return Retry(f"Flickr could not take it now{words}")
    if is_upload and told.code == _NO_ROOM:
        return AuthFailed(f"the account has no room left; delete photos, or buy more room{words}")
    return Rejected(f"Flickr refused it{words}")
