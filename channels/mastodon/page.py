"""The account's profile as Mastodon's API shows it: where the department writes, and how to read it.

docs.joinmastodon.org: GET /api/v1/accounts/verify_credentials, whose `source` has the texts as they were written.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from notifier.channel import Limit, Profile, ProfilePart
from notifier.http_client import profile_words, public_address

NAME, BIO, FIELDS = "display name", "bio", "extra fields"

PARTS = (
    ProfilePart(NAME, "name", (Limit(30, "characters"),)),
    ProfilePart(BIO, "statement", (Limit(500, "mastodon"),)),
    ProfilePart(FIELDS, "website", (Limit(255, "characters"),)),
    # Written for the department to pin; what is pinned is another request, so it is not read back.
    ProfilePart("pinned post", "conduct", (Limit(500, "mastodon"),), is_read=False),
)


def read_page(account: Mapping[str, Any], token: SecretStr) -> Profile:
    """Read the answer; parts that are empty are left out."""
    given = account.get("source")
    source = given if isinstance(given, dict) else {}
    rows = source.get("fields")
    fields = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    shown = {
        NAME: account.get("display_name"),
        BIO: source.get("note"),
        FIELDS: "\n".join(f"{row.get('name', '')}: {row.get('value', '')}" for row in fields),
    }
    words = {part: profile_words(text, token) for part, text in shown.items()}
    return Profile({part: text for part, text in words.items() if text}, public_address(account.get("url"), token))
