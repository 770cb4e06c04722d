"""The account's profile: a record of its repository (app.bsky.actor.profile) that anybody may read."""

from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from notifier.channel import Limit, Outcome, Profile, ProfilePart, Rejected
from notifier.http_client import HttpClient, Reply, profile_words, service_words

NAME, BIO = "display name", "description"

PARTS = (
    ProfilePart(NAME, "name", (Limit(64, "graphemes", 640),)),
    ProfilePart(BIO, "statement", (Limit(256, "graphemes", 2_560),)),
    # Written for the department to pin; what is pinned is another request, so it is not read back.
    ProfilePart("pinned post", "conduct", (Limit(300, "graphemes", 3_000),), is_read=False),
)


def question(handle: str) -> Mapping[str, str]:
    """What com.atproto.repo.getRecord is asked; no session is needed."""
    return {"repo": handle, "collection": "app.bsky.actor.profile", "rkey": "self"}


def read_page(reply: Reply, http: HttpClient, url: str, secrets: Sequence[str | SecretStr]) -> Profile | Outcome:
    """Read the answer; parts that are empty are left out, and an account without a profile says nothing."""
    told = reply.json()
    if reply.status == 400 and told.get("error") == "RecordNotFound":
        return Profile({}, url)
    if not reply.ok:
        return http.classify(reply, says=service_words(told.get("message"), *secrets))
    value = told.get("value")
    if not isinstance(value, dict):
        return Rejected("the server answered something else than a profile; correct base_url in channels.toml")
    shown = {NAME: value.get("displayName"), BIO: value.get("description")}
    words = {part: profile_words(text, *secrets) for part, text in shown.items()}
    return Profile({part: text for part, text in words.items() if text}, url)
