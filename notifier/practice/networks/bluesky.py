"""Bluesky as far as a department uses it: a personal data server with one repository (XRPC of the AT Protocol).

Shapes and refusals: the lexicons of April 2026, and a personal data server 0.4.217 that was tried. The real one answers
more fields (commits, a DID document), knows more records, and counts its points over all of an account's doings.
"""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, route
from notifier.practice.networks.bluesky_names import blob_cid, is_tid, new_tid, record_cid
from notifier.practice.networks.bluesky_post import POST, check_post, refusal
from notifier.practice.networks.bluesky_session import DID, HANDLE, Sessions
from notifier.practice.pictures import Picture, kind_of
from notifier.practice.platform import Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Spent, Window

MOST_BLOB: Final = 5 * 1024 * 1024
MOST_WRITES: Final = 10
PROFILE: Final = "app.bsky.actor.profile"

_HOUR: Final = 3_600
_POINTS: Final = {"create": 3, "update": 2, "delete": 1}
_WRITES: Final = "com.atproto.repo.applyWrites#"


class Bluesky(Platform):
    """The practice account's repository."""

    name = "bluesky"
    label = "Bluesky"
    prefixes = ("/bluesky/xrpc/",)
    page = re.compile(r"/bluesky/profile/[^/]+/post/([2-7a-z]+)")
    account = f"@{HANDLE}"
    colour = "#0b5fb8"
    tags = True
    profile = MappingProxyType(
        {
            "displayName": "Exampleton Police",
            "description": "Official account of the Exampleton Police Department. In an emergency call 911.",
        }
    )
    most_body = MOST_BLOB + 1024

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        rates = ground.rates
        self._sessions = Sessions(
            self._clock, rates.of("bluesky.sessions", 30), rates.of("bluesky.daily_sessions", 300)
        )
        self._points = Window(rates.of("bluesky.points", 5_000), _HOUR)
        self._records: dict[tuple[str, str], dict[str, Any]] = {}
        self._blobs: dict[str, tuple[str, int, Picture]] = {}
        self.routes = self._routes()

    def _routes(self) -> tuple[Route, ...]:
        server, repo = "/bluesky/xrpc/com.atproto.server.", "/bluesky/xrpc/com.atproto.repo."
        guarded = self._sessions.guarded
        return (
            route("POST", f"{server}createSession", self._sessions.create),
            route("POST", f"{server}refreshSession", self._sessions.refresh),
            route("GET", f"{server}getSession", self._sessions.get),
            route("POST", f"{repo}putRecord", guarded(self._put), publishes=_holds_post),
            route("POST", f"{repo}createRecord", guarded(self._create), publishes=_holds_post),
            route("POST", f"{repo}deleteRecord", guarded(self._delete)),
            route("POST", f"{repo}applyWrites", guarded(self._apply), publishes=_creates),
            route("POST", f"{repo}uploadBlob", guarded(self._upload)),
            route("GET", f"{repo}getRecord", self._get),
            route("GET", f"{repo}listRecords", self._list),
            route("GET", "/bluesky/xrpc/com.atproto.identity.resolveHandle", self._resolve),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with an XRPC error."""
        names = {401: "AuthenticationRequired", 404: "XRPCNotSupported", 405: "InvalidRequest", 413: "PayloadTooLarge"}
        name = names.get(status, "InternalServerError" if status >= 500 else "InvalidRequest")
        return refusal("RateLimitExceeded" if status == 429 else name, sentence, status)

    def forget(self) -> None:
        """Forget the repository, its blobs and the sessions."""
        self._sessions.forget()
        self._points.forget()
        with self._record.lock:
            self._records.clear()
            self._blobs.clear()

    # --- records ------------------------------------------------------------------------------------------------------

    def _put(self, request: Request) -> Answer:
        body = _repo_of(request, "rkey", "record")
        where, record = self._judged(body)
        with self._record.lock:
            there = self._there(where)
            cid = record_cid(record)
            if there is not None and record_cid(there) == cid:
                return json_answer({"uri": _uri(where), "cid": cid, "validationStatus": "valid"})
            if "swapRecord" in body and body["swapRecord"] != (record_cid(there) if there is not None else None):
                was = record_cid(there) if there is not None else "null"
                return refusal("InvalidSwap", f"Record was at {was}")
            spent = self._spend("create" if there is None else "update")
            return _with_points(self._written(request, where, record), spent)

    def _create(self, request: Request) -> Answer:
        body = _repo_of(request, "record")
        where, record = self._judged({"rkey": new_tid(self._clock()), **body})
        with self._record.lock:
            if self._there(where) is not None:
                return refusal("InternalServerError", "Internal Server Error", 500)
            spent = self._spend("create")
            return _with_points(self._written(request, where, record), spent)

    def _delete(self, request: Request) -> Answer:
        body = _repo_of(request, "rkey")
        where = (str(body["collection"]), str(body["rkey"]))
        with self._record.lock:
            there = self._there(where)
            if there is None:
                return json_answer({})
            if body.get("swapRecord", record_cid(there)) != record_cid(there):
                return refusal("InvalidSwap", f"Record was at {record_cid(there)}")
            spent = self._spend("delete")
            self._remove(where)
        return _with_points(json_answer({"commit": {"cid": record_cid(there), "rev": new_tid(self._clock())}}), spent)

    def _apply(self, request: Request) -> Answer:
        body = _repo_of(request, "writes", collection=False)
        writes = body["writes"]
        if not isinstance(writes, list) or not 0 < len(writes) <= MOST_WRITES:
            return refusal("InvalidRequest", f"Too many writes. Max: {MOST_WRITES}")
        with self._record.lock:
            judged = [self._judged_write(write) for write in writes]
            if len({where for _, where, _ in judged}) < len(judged):
                return refusal("InternalServerError", "Internal Server Error", 500)
            spent = [self._spend(kind) for kind, _, _ in judged][-1]
            results = []
            for kind, where, record in judged:
                told: dict[str, Any] = {"$type": f"com.atproto.repo.applyWrites#{kind}Result"}
                if kind == "delete":
                    self._remove(where)
                else:
                    told |= json.loads(self._written(request, where, record).body)
                results.append(told)
        return _with_points(json_answer({"commit": {"rev": new_tid(self._clock())}, "results": results}), spent)

    def _judged_write(self, write: Any) -> tuple[str, tuple[str, str], dict[str, Any]]:
        """Judge one of several writes: what it does, where, and with what; a repeat of the whole ends in a 500."""
        kind = str(write.get("$type")).removeprefix(_WRITES) if isinstance(write, dict) else ""
        if kind not in _POINTS or (kind != "create" and "rkey" not in write):
            raise Refused(400, "", refusal("InvalidRequest", "Invalid write: create, update or delete, with its rkey"))
        if kind == "delete":
            where = (str(write.get("collection")), str(write["rkey"]))
            record: dict[str, Any] = {}
        else:
            given = {"rkey": new_tid(self._clock()), **write, "record": write.get("value")}
            where, record = self._judged(given)
        if (self._there(where) is None) != (kind == "create"):
            raise Refused(500, "", refusal("InternalServerError", "Internal Server Error", 500))
        return kind, where, record

    def _judged(self, body: Mapping[str, Any]) -> tuple[tuple[str, str], dict[str, Any]]:
        """Judge a record and its place."""
        collection, rkey, record = body.get("collection"), body.get("rkey"), body.get("record")
        if not isinstance(record, dict) or not isinstance(rkey, str):
            raise Refused(400, "", refusal("InvalidRequest", "Input must have a record and a record key"))
        if collection == POST and not is_tid(rkey):
            raise Refused(400, "", refusal("InvalidRequest", f"Invalid record key for {POST}: must be a TID"))
        if collection == POST:
            check_post(record, lambda cid: (found := self._blobs.get(cid)) and found[:2])
        elif collection != PROFILE or rkey != "self" or record.get("$type") != PROFILE:
            # The real one takes any collection; a department writes posts, and its profile.
            raise Refused(400, "", refusal("InvalidRequest", f"The practice server takes {POST} and {PROFILE} self"))
        if _holds_fraction(record):
            raise Refused(400, "", refusal("InvalidRequest", "a record holds no fractions"))
        return (str(collection), rkey), record

    def _there(self, where: tuple[str, str]) -> dict[str, Any] | None:
        if not self._there_still(where):
            self._records.pop(where, None)
        if where == (PROFILE, "self") and where not in self._records:
            return {"$type": PROFILE, **self._ground.profiles.of("bluesky")}
        return self._records.get(where)

    def _there_still(self, where: tuple[str, str]) -> bool:
        return where[0] != POST or self._record.get("bluesky", where[1]) is not None

    def _remove(self, where: tuple[str, str]) -> None:
        self._records.pop(where, None)
        self._record.remove("bluesky", where[1])

    def _written(self, request: Request, where: tuple[str, str], record: dict[str, Any]) -> Answer:
        collection, rkey = where
        new = self._there(where) is None
        self._records[where] = record
        if collection == POST:
            post = self._as_post(request, rkey, record)
            if new:
                self._record.add(post)
            else:
                # The app goes on showing what was there first; here an overwritten post shows as edited.
                known = {"pictures": post.pictures, "links": post.links, "labels": post.labels, "sent": post.sent}
                self._record.edit(post, post.text, self._clock(), **known)
        if len(self._records) > 2 * self._record.most:
            self._records = {kept: known for kept, known in self._records.items() if self._there_still(kept)}
        cid, rev = record_cid(record), new_tid(self._clock())
        told = {"uri": _uri(where), "cid": cid, "commit": {"cid": cid, "rev": rev}, "validationStatus": "valid"}
        return json_answer(told)

    def _as_post(self, request: Request, rkey: str, record: dict[str, Any]) -> Post:
        embed = record.get("embed", {})
        pictures = []
        for image in embed.get("images", []):
            kept = self._blobs[image["image"]["ref"]["$link"]][2]
            pictures.append(Picture(kept.sha256, kept.media_type, image["alt"]))
        features = [feature for facet in record.get("facets", []) for feature in facet["features"]]
        links = [feature["uri"] for feature in features if "uri" in feature and feature["uri"] not in record["text"]]
        links += [embed["external"]["uri"]] if "external" in embed else []
        labels = {"in_reply_to": record["reply"]["parent"]["uri"]} if "reply" in record else {}
        return Post(
            "bluesky",
            rkey,
            f"/bluesky/profile/{HANDLE}/post/{rkey}",
            record["text"],
            self._clock(),
            request.key,
            links=tuple(dict.fromkeys(links)),
            labels=labels,
            sent=record,
            pictures=tuple(pictures),
        )

    # --- reading, and the rest ----------------------------------------------------------------------------------------

    def _get(self, request: Request) -> Answer:
        given = dict(request.parameters())
        where = (given.get("collection", ""), given.get("rkey", ""))
        record = self._there(where) if given.get("repo") in (DID, HANDLE) else None
        if record is None or given.get("cid", record_cid(record)) != record_cid(record):
            return refusal("RecordNotFound", f"Could not locate record: {_uri(where)[:200]}")
        return json_answer({"uri": _uri(where), "cid": record_cid(record), "value": record})

    def _list(self, request: Request) -> Answer:
        given = dict(request.parameters())
        limit, cursor = given.get("limit", "50"), given.get("cursor", "z" * 13)
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:5]) <= 100):
            return refusal("InvalidRequest", "limit must be from 1 to 100")
        if given.get("repo") not in (DID, HANDLE):
            return refusal("InvalidRequest", "Could not find repo")
        with self._record.lock:
            places = sorted((where for where in self._records if where[0] == given.get("collection")), reverse=True)
            found = [(where, record) for where in places if where[1] < cursor and (record := self._there(where))]
        page = found[: int(limit)]
        records = [{"uri": _uri(where), "cid": record_cid(record), "value": record} for where, record in page]
        return json_answer({"records": records, **({"cursor": page[-1][0][1]} if len(found) > len(page) else {})})

    def _upload(self, request: Request) -> Answer:
        if len(request.body) > MOST_BLOB:
            return refusal("PayloadTooLarge", "request entity too large", 413)
        if not request.body or "/" not in request.media_type:
            return refusal("InvalidRequest", "A request body with its Content-Type is expected but none was provided")
        picture = self._record.pictures.keep(request.body)
        # The type is told by the first bytes, whatever the header says, as the real one does.
        media_type = kind_of(request.body) or "application/octet-stream"
        cid = blob_cid(request.body)
        if picture is not None:
            with self._record.lock:
                while len(self._blobs) >= self._record.most:
                    self._blobs.pop(next(iter(self._blobs)))
                self._blobs[cid] = (media_type, len(request.body), picture)
        blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": media_type, "size": len(request.body)}
        return json_answer({"blob": blob})

    def _resolve(self, request: Request) -> Answer:
        if dict(request.parameters()).get("handle", "").lower() != HANDLE:
            return refusal("InvalidRequest", "Unable to resolve handle")
        return json_answer({"did": DID})

    def _spend(self, what: str) -> Spent | None:
        spent = [self._points.spend(self._clock()) for _ in range(_POINTS[what])][-1]
        if spent is not None and spent.exceeded:
            told = refusal("RateLimitExceeded", "Rate Limit Exceeded", 429)
            raise Refused(429, "", _with_points(told, spent))
        return spent


def _repo_of(request: Request, *needed: str, collection: bool = True) -> dict[str, Any]:
    """Read a write's body, which must name this repository."""
    body = request.json()
    for name in ("repo", *needed, *(("collection",) if collection else ())):
        if name not in body:
            raise Refused(400, "", refusal("InvalidRequest", f'Input must have the property "{name}"'))
    if body["repo"] not in (DID, HANDLE):
        raise Refused(400, "", refusal("InvalidRequest", "Could not find repo, or it is not this session's"))
    return body


def _uri(where: tuple[str, str]) -> str:
    return f"at://{DID}/{where[0]}/{where[1]}"


def _holds_post(request: Request) -> bool:
    return POST.encode() in request.body


def _creates(request: Request) -> bool:
    return b"applyWrites#create" in request.body


def _holds_fraction(value: object) -> bool:
    if isinstance(value, dict):
        return any(_holds_fraction(part) for part in value.values())
    return any(map(_holds_fraction, value)) if isinstance(value, list) else isinstance(value, float)


def _with_points(answer: Answer, spent: Spent | None) -> Answer:
    if spent is None:
        return answer
    told = {
        "ratelimit-limit": str(spent.limit),
        "ratelimit-remaining": str(spent.remaining),
        "ratelimit-reset": str(spent.reset),
        "ratelimit-policy": f"{spent.limit};w={_HOUR}",
    }
    return answer.with_headers(told)


PLATFORM = Bluesky
