"""The settings of an account on the department's own wiki."""

import re
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from notifier.channel import ChannelSettings
from notifier.http_client import BaseAddress

_WIKIMEDIA = (
    r"(^|\.)(wik(ipedia|imedia|tionary|ibooks|idata|inews|iquote|isource|iversity|ivoyage|ifunctions)|mediawiki)\.org$"
)


class MediaWikiSettings(ChannelSettings):
    """A wiki, and a bot password of an account on it."""

    base_url: BaseAddress = Field(description="the folder of the wiki's api.php, as https://wiki.exampleton.example/w")
    username: str = Field(
        pattern=r"^[^@\s][^@\n]{0,200}@[^@\s]{1,64}$", description="as Special:BotPasswords names it: Account@name"
    )
    password: SecretStr = Field(description="the bot password; it needs to create and edit pages, upload and delete")
    title: str = Field(
        "Alerts/{date} {headline} ({id})",
        description="each page's title; {id} must stand in it, {date}, {headline} may",
    )
    category: str | None = Field(
        None, pattern=r"^[^\s#<>\[\]|{}_][^#<>\[\]|{}_\n]{0,99}$", description="the category that each page is put into"
    )
    pictures: bool = Field(True, description="false: the wiki takes no uploads, so pictures are left out")

    @field_validator("base_url")
    @classmethod
    def _own(cls, address: str) -> str:
        if re.search(_WIKIMEDIA, (urlsplit(address).hostname or "").lower().rstrip(".")):
            raise ValueError(
                "is one of Wikimedia's wikis, whose rules let no program post notices: a person does"
                ' (type = "handoff", service = "wikipedia"); this type is for the department\'s own wiki'
            )
        return re.sub(r"/(api|index)\.php$", "", address)

    @field_validator("title")
    @classmethod
    def _tells_pages_apart(cls, pattern: str) -> str:
        if "{id}" not in pattern:
            raise ValueError("has no {id}, so that two notifications would want one page; add it")
        taken = re.fullmatch(r"(?:[^#<>\[\]|{}\x00-\x1f~]|\{(?:date|headline|id)\})+", pattern)
        if taken is None or pattern.startswith((":", "/", " ", "{headline}")) or len(pattern.encode()) > 120:
            raise ValueError(
                "is no title; write plain words, no # < > [ ] | { } ~, and {date}, {headline}, {id};"
                " not beginning with the headline"
            )
        return pattern
