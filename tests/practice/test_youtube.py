"""YouTube, as strict as YouTube."""

from typing import Any

import pytest
import requests

from notifier.practice.networks.youtube import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, UPLOADS_LIST
from notifier.practice.networks.youtube_upload import PIECE
from notifier.practice.rates import Rates
from notifier.practice.server import PracticeServer
from tests.practice.conftest import Hands

FILM = bytes(range(256)) * (PIECE // 256) + b"the end"
LOGIN = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
SNIPPET = {"title": "A closed road", "description": "Use River Road.", "categoryId": "25"}


class Client:
    """A client with a token."""

    def __init__(self, http: requests.Session, server: PracticeServer) -> None:
        self.http, self.url = http, f"{server.url}/youtube"
        self.token = self.log_in().json()["access_token"]

    def log_in(self, **given: str) -> requests.Response:
        """Ask for a token."""
        data = {**LOGIN, "refresh_token": REFRESH_TOKEN, **given}
        return self.http.post(f"{self.url}/token", data=data, timeout=5)

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Make a request with the token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.request(method, f"{self.url}{path}", headers=headers, timeout=5, **more)

    def begin(self, snippet: Any = None, query: str = "uploadType=resumable&part=snippet,status", **status: Any) -> Any:
        """Open a session."""
        body = {"snippet": SNIPPET if snippet is None else snippet, "status": status}
        return self.ask("POST", f"/upload/youtube/v3/videos?{query}", json=body)

    def put(self, address: str, content: bytes = b"", place: str = "") -> requests.Response:
        """Send bytes to a session, without a token."""
        headers = {"Content-Type": "video/mp4", **({"Content-Range": place} if place else {})}
        return self.http.put(address, data=content, headers=headers, timeout=5, allow_redirects=False)

    def upload(self, **status: Any) -> Any:
        """Upload a film whole."""
        return self.put(self.begin(**status).headers["Location"], FILM).json()


@pytest.fixture
def client(http: requests.Session, server: PracticeServer) -> Client:
    """A client that has logged in."""
    return Client(http, server)


def test_a_cut_upload_is_taken_up_again(client: Client, server: PracticeServer) -> None:
    """308 tells how far it came; the session, once done, answers the video for ever and publishes nothing twice."""
    address = client.begin().headers["Location"]
    whole = f"/{len(FILM)}"
    empty = client.put(address, place=f"bytes *{whole}")
    assert (empty.status_code, "Range" in empty.headers) == (308, False)
    part = client.put(address, FILM[:PIECE], f"bytes 0-{PIECE - 1}{whole}")
    assert (part.status_code, part.headers["Range"]) == (308, f"bytes=0-{PIECE - 1}")
    assert client.put(address, FILM[:10], f"bytes 0-9{whole}").status_code == 400
    assert server.posts == []
    done = client.put(address, FILM[PIECE:], f"bytes {PIECE}-{len(FILM) - 1}{whole}")
    assert done.status_code == 200
    assert client.put(address, place=f"bytes *{whole}").json() == done.json()
    assert client.put(address, FILM).json() == done.json()
    (post,) = server.posts
    assert (post.title, post.labels["film"]) == ("A closed road", f"{len(FILM):,} bytes")
    assert server.requests.to_json()["youtube"]["publishing"] == 2


def test_a_video_is_shown_updated_and_deleted(client: Client, server: PracticeServer, http: requests.Session) -> None:
    """The page stands at watch?v=; an update replaces the snippet; a deleted video is not found."""
    number = client.upload()["id"]
    assert "Use River Road." in http.get(f"{client.url}/watch?v={number}", timeout=5).text
    update = {"id": number, "snippet": {"title": "Open again", "categoryId": "25"}}
    assert client.ask("PUT", "/youtube/v3/videos?part=snippet", json=update).json()["snippet"]["title"] == "Open again"
    assert [(post.title, post.text) for post in server.posts] == [("Open again", "")]
    listed = client.ask("GET", f"/youtube/v3/videos?part=status&id={number}").json()["items"]
    assert listed[0]["status"]["privacyStatus"] == "public"
    assert client.ask("DELETE", f"/youtube/v3/videos?id={number}").status_code == 204
    gone = client.ask("DELETE", f"/youtube/v3/videos?id={number}")
    assert (gone.status_code, gone.json()["error"]["errors"][0]["reason"]) == (404, "videoNotFound")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"title": ""}, "invalidTitle"),
        ({"title": "a" * 101}, "invalidTitle"),
        ({"title": "<b>"}, "invalidTitle"),
        ({"description": "ä" * 2_501}, "invalidDescription"),
        ({"tags": ["a" * 501]}, "invalidTags"),
        ({"categoryId": "news"}, "invalidCategoryId"),
        ({"titel": "a"}, "badRequest"),
    ],
)
def test_wrong_metadata_has_its_reason(client: Client, changes: dict[str, Any], reason: str) -> None:
    """What YouTube does not take it refuses before a byte is sent."""
    answer = client.begin({**SNIPPET, **changes})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, reason)


def test_sessions_pieces_and_types_are_checked(client: Client) -> None:
    """An unknown session is 404; a piece that fits not, another type, or nothing is 400."""
    address = client.begin().headers["Location"]
    assert client.put(f"{address}x", FILM).status_code == 404
    assert client.put(address, b"abc", f"bytes 0-2/{len(FILM)}").status_code == 400
    assert client.put(address, b"abc", "bytes 0-9/10").status_code == 400
    assert client.put(address).status_code == 400
    wrong = client.http.put(address, data=b"a", headers={"Content-Type": "text/plain"}, timeout=5)
    assert wrong.json()["error"]["errors"][0]["reason"] == "badContent"
    assert client.begin(query="uploadType=multipart&part=snippet").status_code == 400
    assert client.begin(query="uploadType=resumable").status_code == 400


def test_an_unaudited_project_uploads_in_private(client: Client, server: PracticeServer) -> None:
    """Until the audit every upload is locked; a private or planned video is not public either."""
    assert client.begin(privacyStatus="public", publishAt="2026-12-01T00:00:00Z").status_code == 400
    client.upload(privacyStatus="private", publishAt="2026-12-01T00:00:00Z")
    server.profiles.change("youtube", {"audited": ""})
    assert client.upload(privacyStatus="public")["status"]["privacyStatus"] == "private"
    assert server.posts == []


def test_the_channel_and_its_uploads(client: Client) -> None:
    """The channel names the list of its uploads, which holds the newest first."""
    numbers = [client.upload()["id"] for _ in range(2)]
    channel = client.ask("GET", "/youtube/v3/channels?part=snippet,contentDetails&mine=true").json()["items"][0]
    assert channel["contentDetails"]["relatedPlaylists"]["uploads"] == UPLOADS_LIST
    path = f"/youtube/v3/playlistItems?part=contentDetails&playlistId={UPLOADS_LIST}"
    items = client.ask("GET", path).json()["items"]
    assert [item["contentDetails"]["videoId"] for item in items] == numbers[::-1]


def test_tokens_and_quotas(http: requests.Session, hands: Hands) -> None:
    """A token lasts an hour; uploads and units have a limit for each day."""
    limits = Rates(others={"youtube.uploads": 1, "youtube.units": 50})
    with PracticeServer(clock=hands, rates=limits) as server:
        client = Client(http, server)
        assert client.log_in(refresh_token="x").json()["error"] == "invalid_grant"
        assert client.log_in(client_secret="x").status_code == 401
        client.upload()
        assert client.begin().json()["error"]["errors"][0]["reason"] == "quotaExceeded"
        assert client.ask("GET", "/youtube/v3/channels?part=id&mine=true").status_code == 200
        assert client.ask("DELETE", "/youtube/v3/videos?id=x").status_code == 403
        hands.pass_by(3_600)
        assert client.begin().status_code == 401
