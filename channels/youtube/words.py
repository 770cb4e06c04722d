"""What stands beside a video: title, description and status, as YouTube takes them."""

from typing import Any

from channels.youtube.account import YouTubeSettings
from notifier.channel import Message
from notifier.lengths import byte_length

MOST_TITLE = 100
"""Characters."""
MOST_DESCRIPTION = 5_000
"""Bytes."""


def about(message: Message, settings: YouTubeSettings) -> dict[str, Any]:
    """Write the metadata of a message's video."""
    alt = next((one.alt for one in message.media if one.media_type.startswith("video/")), None)
    whole = "\n\n".join(filter(None, (message.text, alt)))
    text = whole if byte_length(_plain(whole)) <= MOST_DESCRIPTION else message.text
    return {
        "snippet": {
            "title": _title(_plain(message.headline)),
            "description": _plain(text),
            "categoryId": settings.category_id,
            "defaultLanguage": message.language,
        },
        "status": {"privacyStatus": settings.privacy, "selfDeclaredMadeForKids": False},
    }


def _plain(text: str) -> str:
    """Write < and > otherwise, which YouTube refuses: as signs that look alike, where they leave room."""
    alike = text.replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}").replace(
        ">", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
    )
    return alike if byte_length(alike) <= MOST_DESCRIPTION else text.replace("<", "(").replace(">", ")")


def _title(headline: str) -> str:
    """Whole words of a headline, as many as a title takes."""
    if len(headline) <= MOST_TITLE:
        return headline
    return f"{headline[:MOST_TITLE].rsplit(' ', 1)[0][: MOST_TITLE - 1]}…"
