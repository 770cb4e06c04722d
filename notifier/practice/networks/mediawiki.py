"""A MediaWiki as far as a department's own wiki needs it: log in, edit, upload, delete, look up (api.php of 1.39).

Shapes and refusals: a MediaWiki 1.39.17 that was tried; formatversion=2 and errorformat=plaintext alone. Errors come
with HTTP 200. Not verified: the words of the rarer errors.
"""

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5, sha1
from html import unescape
from typing import Any, Final
from urllib.parse import quote

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, new_token, route, same
from notifier.practice.platform import MOST_BODY, Ground, Platform
from notifier.practice.public_record import Post

USER: Final = "ExampletonPD@notifier"
PASSWORD: Final = "practice-mediawiki-password"  # noqa: S105 - opens nothing but this server
MOST_TEXT: Final = 2_048 * 1024
MOST_FILE: Final = 8 * 1024 * 1024
MOST_SESSIONS: Final = 1_000

_RIGHTS: Final = ("read", "edit", "createpage", "upload", "delete")
_COOKIE: Final = "practicewiki_session"
_FORBIDDEN: Final = re.compile(r"[<>\[\]|{}#\x00-\x1f]|^\s*$|^:|\.\./")
_COMMON: Final = frozenset({"action", "format", "formatversion", "errorformat", "assert", "maxlag", "token"})
_EDIT: Final = _COMMON | {
    *("title", "pageid", "text", "summary", "bot", "md5", "createonly", "nocreate", "baserevid", "minor", "notminor"),
    *("watchlist", "basetimestamp", "starttimestamp", "contentmodel", "contentformat"),
}


@dataclass
class _Session:
    login_token: str = ""
    csrf_token: str = ""
    user: str = ""


class MediaWiki(Platform):
    """The department's practice wiki."""

    name = "mediawiki"
    label = "Wiki"
    other_names = ("wiki",)
    prefixes = ("/mediawiki/api.php",)
    page = re.compile(r"/mediawiki/index\.php/(.+)")
    colour = "#455a70"
    most_body = MOST_FILE + MOST_BODY

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._revisions = itertools.count(1_001)
        self._sessions: dict[str, _Session] = {}
        self._deleted: dict[str, str] = {}
        self._actions: dict[str, Callable[[Request, Mapping[str, str], _Session], dict[str, Any]]] = {
            "login": self._login,
            "query": self._query,
            "edit": self._edit,
            "upload": self._upload,
            "delete": self._delete,
        }
        self.routes: tuple[Route, ...] = (
            route("POST", "/mediawiki/api.php", self._act, publishes=_edits),
            route("GET", "/mediawiki/api.php", self._act),
        )

    @classmethod
    def seen(cls, text: str) -> str:
        """Leave out what the page does not show: comments, tags, and the signs of headings, of bold and of links."""
        shown = re.sub(r"(?s)<!--.*?-->|\[\[(?:File|Category):.*?\]\]", "", text)
        shown = re.sub(r"(?m)^=+ *(.*?) *=+ *$|'{2,3}", r"\1", shown)
        shown = re.sub(r"\[https?://\S+ (<nowiki>.*?</nowiki>)\]", r"\1", shown)
        return unescape(re.sub(r"</?(?:nowiki|div|br)\b[^<>]*>", "", shown)).strip()

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with MediaWiki's error list, with HTTP 200 for who is not logged in."""
        if status == 401:
            return _error("assertuserfailed", "You are no longer logged in, so the action could not be completed.")
        return json_answer({"errors": [{"code": "internal_api_error", "text": sentence, "module": "main"}]}, status)

    def forget(self) -> None:
        """Forget the sessions."""
        with self._record.lock:
            self._sessions.clear()

    def _act(self, request: Request) -> Answer:
        pairs = [*request.parameters(), *(request.fields()[0] if request.method == "POST" else [])]
        given = dict(pairs)
        if given.get("format") != "json" or given.get("formatversion") != "2":
            return _error("badformat", "The practice wiki writes format=json&formatversion=2")
        action = self._actions.get(given.get("action", ""))
        if action is None:
            return _error("badvalue", f'Unrecognized value for parameter "action": {given.get("action", "")[:60]}.')
        if request.method != "POST" and action != self._query:
            return _error("mustbeposted", "The module requires a POST request.")
        with self._record.lock:
            name, session = self._session_of(request)
            try:
                if given.get("assert") == "user" and not session.user:
                    raise Refused(401, "")
                told = action(request, given, session)
            except Refused as refused:
                return refused.answer or self.failure(refused.status, refused.sentence)
        headers = {"Set-Cookie": f"{_COOKIE}={name}; path=/mediawiki; httponly; SameSite=Lax"}
        return json_answer(told, headers=headers)

    def _session_of(self, request: Request) -> tuple[str, _Session]:
        found = re.search(rf"(?:^|;\s*){_COOKIE}=([\w-]+)", request.headers.get("cookie", ""))
        name = found[1] if found and found[1] in self._sessions else new_token(32)
        while len(self._sessions) >= MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        return name, self._sessions.setdefault(name, _Session())

    # --- actions ------------------------------------------------------------------------------------------------------

    def _login(self, _request: Request, given: Mapping[str, str], session: _Session) -> dict[str, Any]:
        if not session.login_token or not same(given.get("lgtoken", ""), session.login_token):
            return {"login": {"result": "NeedToken" if not session.login_token else "WrongToken"}}
        session.login_token = ""
        if not same(f"{given.get('lgname')}:{given.get('lgpassword')}", f"{USER}:{PASSWORD}"):
            reason = {"code": "wrongpassword", "text": "Incorrect username or password entered. Please try again."}
            return {"login": {"result": "Failed", "reason": reason}}
        session.user = USER.partition("@")[0]
        return {"login": {"result": "Success", "lguserid": 2, "lgusername": session.user}}

    def _query(self, _request: Request, given: Mapping[str, str], session: _Session) -> dict[str, Any]:
        told: dict[str, Any] = {}
        metas = given.get("meta", "").split("|")
        if "tokens" in metas:
            told["tokens"] = self._tokens(given.get("type", "csrf").split("|"), session)
        if "userinfo" in metas:
            told["userinfo"] = {"id": 2, "name": session.user} if session.user else {"id": 0, "name": "", "anon": True}
            if "rights" in given.get("uiprop", ""):
                told["userinfo"]["rights"] = list(_RIGHTS if session.user else _RIGHTS[:1])
        if "siteinfo" in metas:
            told["general"] = {"generator": "MediaWiki 1.39.17", "sitename": "Exampleton", "maxarticlesize": MOST_TEXT}
        wanted = given.get("rvprop", "ids|timestamp").split("|")
        if "pageids" in given:
            numbers = given["pageids"].split("|")[:50]
            told["pages"] = [
                self._page_json(title, wanted) if title else {"pageid": number, "missing": True}
                for number in numbers
                for title in [self._numbered(number)]
            ]
        if "titles" in given:
            told["pages"] = [self._page_json(_title(title), wanted) for title in given["titles"].split("|")[:50]]
        return {"batchcomplete": True, "query": told}

    def _tokens(self, kinds: list[str], session: _Session) -> dict[str, str]:
        told = {}
        if "login" in kinds:
            told["logintoken"] = session.login_token = f"{new_token(32)}+\\"
        if "csrf" in kinds:
            session.csrf_token = session.csrf_token or (f"{new_token(32)}+\\" if session.user else "+\\")
            if session.user and session.csrf_token == "+\\":  # noqa: S105 - what MediaWiki gives who is not logged in
                session.csrf_token = f"{new_token(32)}+\\"
            told["csrftoken"] = session.csrf_token
        return told

    def _edit(self, request: Request, given: Mapping[str, str], session: _Session) -> dict[str, Any]:
        _may_write(given, session)
        for name in given.keys() - _EDIT:
            # The real one warns and goes on.
            raise _refused("unrecognizedparams", f"Unrecognized parameter: {name[:60]}.")
        title, text = self._title_of(given), given.get("text")
        if text is None:
            raise _refused("notext", 'One of the parameters "text", "appendtext" and "undo" is required.')
        if "md5" in given and given["md5"] != md5(text.encode(), usedforsecurity=False).hexdigest():
            raise _refused("badmd5", "The supplied MD5 hash was incorrect.")
        if len(text.encode()) > MOST_TEXT:
            most = f"{MOST_TEXT // 1024} kilobytes"
            raise _refused("contenttoobig", f"The content you supplied exceeds the article size limit of {most}.")
        post = self._record.get("mediawiki", title)
        if post is None and self._deleted.get(title, "") > given.get("starttimestamp", "9"):
            raise _refused("pagedeleted", "The page has been deleted since you fetched its timestamp.")
        if post is not None and "createonly" in given:
            raise _refused("articleexists", "The article you tried to create has been created already.")
        if post is None and "nocreate" in given:
            raise _refused("missingtitle", "The page you specified doesn't exist.")
        if post is not None and given.get("baserevid", post.labels["_revision"]) != post.labels["_revision"]:
            raise _refused("editconflict", "Edit conflict: $1.")
        return {"edit": self._written(request, given, title, text.rstrip(), post)}

    def _written(
        self, request: Request, given: Mapping[str, str], title: str, text: str, post: Post | None
    ) -> dict[str, Any]:
        page_id = post.labels["_page_id"] if post else str(next(self._revisions))
        told: dict[str, Any] = {"result": "Success", "pageid": int(page_id), "title": _shown(title)}
        if post is not None and post.text == text:
            return {**told, "nochange": True}
        revision = str(next(self._revisions))
        labels = {"summary": given.get("summary", ""), "_page_id": page_id, "_revision": revision}
        now = self._clock()
        if post is not None:
            self._record.edit(post, text, now, labels=labels)
        else:
            path = f"/mediawiki/index.php/{quote(title, safe='/:')}"
            sent = {name: value for name, value in given.items() if name != "token"}
            more: dict[str, Any] = {"title": _shown(title), "labels": labels, "sent": sent}
            self._record.add(Post("mediawiki", title, path, text, now, request.key, **more))
            told["new"] = True
        old = int(post.labels["_revision"]) if post else 0
        return {**told, "oldrevid": old, "newrevid": int(revision), "newtimestamp": _written_time(now)}

    def _upload(self, request: Request, given: Mapping[str, str], session: _Session) -> dict[str, Any]:
        _may_write(given, session)
        files = [file for file in request.fields()[1] if file.name == "file"]
        name = _title(f"File:{given.get('filename', '')}")
        if len(files) != 1 or not files[0].content:
            raise _refused("empty-file", "The file you submitted was empty.")
        picture = self._record.pictures.keep(files[0].content, given.get("comment", ""))
        if picture is None:
            raise _refused("filetype-banned", "This type of file is banned.")
        known = self._record.get("mediawiki", name)
        if known is not None and "ignorewarnings" not in given:
            return {"upload": {"result": "Warning", "warnings": {"exists": name.removeprefix("File:")}}}
        # A file is no notification: it stands in the wiki, and not on the timeline.
        path, text = f"/mediawiki/index.php/{quote(name)}", given.get("text", given.get("comment", ""))
        labels = {"_page_id": str(next(self._revisions)), "_revision": str(next(self._revisions))}
        more: dict[str, Any] = {"title": _shown(name), "labels": labels, "pictures": (picture,), "public": False}
        self._record.add(Post("mediawiki", name, path, text, self._clock(), request.key, **more))
        about = {"url": request.server + picture.path, "mime": picture.media_type, "size": len(files[0].content)}
        return {"upload": {"result": "Success", "filename": name.removeprefix("File:"), "imageinfo": about}}

    def _delete(self, _request: Request, given: Mapping[str, str], session: _Session) -> dict[str, Any]:
        _may_write(given, session)
        title = self._title_of(given)
        if not self._record.remove("mediawiki", title):
            raise _refused("missingtitle", "The page you specified doesn't exist.")
        self._deleted[title] = _written_time(self._clock())
        return {"delete": {"title": _shown(title), "reason": given.get("reason", ""), "logid": next(self._revisions)}}

    def _title_of(self, given: Mapping[str, str]) -> str:
        """Name the page that is meant, by its title or its number."""
        number = given.get("pageid")
        if number is None:
            return _title(given.get("title", ""))
        title = self._numbered(number)
        if title is None:
            raise _refused("nosuchpageid", f"There is no page with ID {number[:20]}.")
        return title

    def _numbered(self, number: str) -> str | None:
        posts = self._record.of("mediawiki")
        return next((post.id for post in posts if post.labels["_page_id"] == number), None)

    def _page_json(self, title: str, wanted: list[str]) -> dict[str, Any]:
        post = self._record.get("mediawiki", title)
        if post is None:
            return {"ns": 0, "title": _shown(title), "missing": True}
        revision: dict[str, Any] = {}
        if "ids" in wanted:
            revision |= {"revid": int(post.labels["_revision"]), "parentid": 0}
        if "timestamp" in wanted:
            revision["timestamp"] = _written_time(post.edited or post.created)
        if "comment" in wanted:
            revision["comment"] = post.labels.get("summary", "")
        if "sha1" in wanted:
            revision["sha1"] = sha1(post.text.encode(), usedforsecurity=False).hexdigest()
        if "content" in wanted:
            revision["slots"] = {"main": {"contentmodel": "wikitext", "content": post.text}}
            revision["content"] = post.text
        return {"pageid": int(post.labels["_page_id"]), "ns": 0, "title": _shown(title), "revisions": [revision]}


def _may_write(given: Mapping[str, str], session: _Session) -> None:
    if not session.csrf_token or not same(given.get("token", ""), session.csrf_token):
        raise _refused("badtoken", "Invalid CSRF token.")
    if not session.user:
        raise _refused("permissiondenied", "The action you have requested is limited to users in the group: Users.")


def _title(written: str) -> str:
    """Write a title as the wiki keeps it: underscores for spaces, and a capital first."""
    title = "_".join(written.replace("_", " ").split())
    if _FORBIDDEN.search(title) or len(title.encode()) > 255:
        raise _refused("invalidtitle", f'Bad title "{title[:80]}".')
    return title[:1].upper() + title[1:]


def _shown(title: str) -> str:
    return title.replace("_", " ")


def _error(code: str, text: str) -> Answer:
    told = {"errors": [{"code": code, "text": text, "module": "main"}]}
    return json_answer(told, headers={"MediaWiki-API-Error": code}).as_refusal()


def _refused(code: str, text: str) -> Refused:
    return Refused(200, text, _error(code, text))


def _written_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _edits(request: Request) -> bool:
    return ("action", "edit") in [*request.parameters(), *request.fields()[0]]


PLATFORM = MediaWiki
