"""The department's practice wiki, as strict as MediaWiki."""

from hashlib import md5, sha1
from typing import Any

import pytest
import requests

from notifier.practice.networks.mediawiki import MOST_TEXT, PASSWORD, USER, MediaWiki
from notifier.practice.server import PracticeServer
from tests.notifications import png_bytes

TITLE = "Alerts/2026-11-22 n-42"


class Client:
    """A client that keeps its cookie."""

    def __init__(self, http: requests.Session, server: PracticeServer, password: str = PASSWORD) -> None:
        self.http, self.url = http, f"{server.url}/mediawiki/api.php"
        token = self.call("query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
        self.login = self.call("login", lgname=USER, lgpassword=password, lgtoken=token)["login"]
        self.token = self.call("query", meta="tokens")["query"]["tokens"]["csrftoken"]

    def call(self, action: str, files: Any = None, **given: str) -> Any:
        """Call an action."""
        data = {"action": action, "format": "json", "formatversion": "2", "errorformat": "plaintext", **given}
        answer = self.http.post(self.url, data=data, files=files, timeout=5)
        assert answer.status_code == 200
        return answer.json()

    def edit(self, text: str, title: str = TITLE, **given: str) -> Any:
        """Write a page."""
        given.setdefault("token", self.token)
        return self.call("edit", title=title, text=text, **{"assert": "user"}, **given)

    def code(self, answer: Any) -> str:
        """Read the code of an error."""
        return str(answer["errors"][0]["code"])


@pytest.fixture
def client(http: requests.Session, server: PracticeServer) -> Client:
    """A client that has logged in."""
    return Client(http, server)


def test_a_page_is_written_once(client: Client, server: PracticeServer, http: requests.Session) -> None:
    """The same text again changes nothing; createonly refuses a second page; the page opens."""
    digest = md5(b"Closed.", usedforsecurity=False).hexdigest()
    told = client.edit("Closed.", createonly="1", md5=digest, summary="Notice")["edit"]
    assert (told["result"], told["new"]) == ("Success", True)
    assert client.code(client.edit("Closed.", createonly="1")) == "articleexists"
    assert client.edit("Closed.")["edit"]["nochange"] is True
    (post,) = server.posts
    assert (post.title, post.text) == (TITLE, "Closed.")
    assert "Closed." in http.get(f"{server.url}/mediawiki/index.php/Alerts/2026-11-22_n-42", timeout=5).text
    counts = server.requests.to_json()["mediawiki"]
    assert (counts["publishing"], counts["refused"]) == (3, 1)


def test_the_page_shows_what_a_reader_sees() -> None:
    """Comments and the signs of headings are not shown."""
    assert MediaWiki.seen("== Road ==\n'''Closed''' = shut.\n<!-- pdpub:n-42 -->") == "Road\nClosed = shut."


def test_an_edit_needs_the_newest_revision(client: Client, server: PracticeServer) -> None:
    """A stale baserevid is a conflict; the page can be read back with its hash, and deleted once."""
    first = str(client.edit("Closed.")["edit"]["newrevid"])
    assert client.edit("Closed until 5.", baserevid=first, nocreate="1")["edit"]["result"] == "Success"
    assert client.code(client.edit("Open.", baserevid=first)) == "editconflict"
    assert client.code(client.edit("a", title="Elsewhere", nocreate="1")) == "missingtitle"
    page = client.call("query", prop="revisions", rvprop="ids|sha1|content", titles=TITLE)["query"]["pages"][0]
    assert page["revisions"][0]["sha1"] == sha1(b"Closed until 5.", usedforsecurity=False).hexdigest()
    assert [post.edited is not None for post in server.posts] == [True]
    assert client.call("delete", title=TITLE, token=client.token)["delete"]["title"] == TITLE
    assert client.code(client.call("delete", title=TITLE, token=client.token)) == "missingtitle"
    assert client.call("query", titles=TITLE)["query"]["pages"][0]["missing"] is True


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"text": "a", "token": "wrong"}, "badtoken"),
        ({"text": "a", "title": "a|b"}, "invalidtitle"),
        ({"text": "a", "md5": "0"}, "badmd5"),
        ({"text": "a" * (MOST_TEXT + 1)}, "contenttoobig"),
        ({"text": "a", "titel": "b"}, "unrecognizedparams"),
    ],
)
def test_what_is_wrong_is_told_with_200(
    client: Client, server: PracticeServer, given: dict[str, str], code: str
) -> None:
    """Errors stand in the body."""
    assert client.code(client.edit(**given)) == code
    assert server.posts == []


def test_who_is_not_logged_in_cannot_write(http: requests.Session, server: PracticeServer) -> None:
    """A wrong password logs nobody in, and assert=user says so at each write."""
    stranger = Client(http, server, "wrong")
    assert stranger.login["result"] == "Failed"
    assert stranger.code(stranger.edit("a")) == "assertuserfailed"
    answer = http.get(stranger.url, params={"action": "edit", "format": "json", "formatversion": "2"}, timeout=5)
    assert stranger.code(answer.json()) == "mustbeposted"


def test_a_picture_can_be_uploaded(client: Client, server: PracticeServer) -> None:
    """A file stands in the wiki, not on the timeline."""
    files = {"file": ("map.png", png_bytes(), "image/png")}
    given = {"filename": "Map.png", "comment": "A map.", "token": client.token}
    told = client.call("upload", files=files, **given)["upload"]
    assert (told["result"], told["imageinfo"]["mime"]) == ("Success", "image/png")
    assert client.call("upload", files=files, **given)["upload"]["result"] == "Warning"
    assert client.call("upload", files=files, ignorewarnings="1", **given)["upload"]["result"] == "Success"
    svg = {"file": ("map.svg", b"<svg/>", "image/svg+xml")}
    assert client.code(client.call("upload", files=svg, **given)) == "filetype-banned"
    assert server.posts == []
