"""Threads and Instagram: a container is made, finished and published."""

from typing import Any

import pytest
import requests

from notifier.practice.networks import instagram, threads
from notifier.practice.networks.threads import length
from notifier.practice.rates import Rates
from notifier.practice.server import PracticeServer
from tests.practice.conftest import Hands

PICTURE = "https://police.exampleton.example/media/map.jpg"
THREADS = f"/threads/v1.0/{threads.USER_ID}"
INSTAGRAM = f"/instagram/v26.0/{instagram.USER_ID}"
both = pytest.mark.parametrize(("user", "make"), [(THREADS, "threads"), (INSTAGRAM, "media")])


def ask(http: requests.Session, server: PracticeServer, method: str, path: str, **given: Any) -> Any:
    """Make a request with the account's token, and give what is answered."""
    token = threads.TOKEN if path.startswith("/threads") else instagram.TOKEN
    sent = {"params" if method == "GET" else "data": {"access_token": token, **given}}
    return http.request(method, server.url + path, timeout=5, **sent).json()


def code(answer: Any) -> int:
    """Read Graph's error code."""
    return int(answer["error"]["code"])


def a_picture(http: requests.Session, server: PracticeServer, user: str, make: str, **given: Any) -> Any:
    """Make a container with a picture."""
    text = {"text" if make == "threads" else "caption": "Closed.", "media_type": "IMAGE"}
    return ask(http, server, "POST", f"{user}/{make}", **{**text, "image_url": PICTURE, "alt_text": "A map.", **given})


def test_a_text_is_published_in_two_steps(http: requests.Session, server: PracticeServer) -> None:
    """A text container is finished at once; publishing it is the one request that counts."""
    made = ask(http, server, "POST", f"{THREADS}/threads", media_type="TEXT", text="Closed.")["id"]
    assert server.posts == []
    post = ask(http, server, "POST", f"{THREADS}/threads_publish", creation_id=made)["id"]
    told = ask(http, server, "GET", f"/threads/v1.0/{post}", fields="id,permalink,text")
    assert told["text"] == "Closed."
    assert "Closed." in http.get(told["permalink"], timeout=5).text
    assert server.requests.to_json()["threads"]["publishing"] == 1
    assert [one["id"] for one in ask(http, server, "GET", f"{THREADS}/threads", fields="id,text")["data"]] == [post]


@both
def test_a_picture_has_to_be_finished_first(
    http: requests.Session, server: PracticeServer, hands: Hands, user: str, make: str
) -> None:
    """Too early is error 9007; then it goes, once; the container says PUBLISHED, and the page shows the alt text."""
    made = a_picture(http, server, user, make)["id"]
    node, field = f"{user.rpartition('/')[0]}/{made}", "status" if make == "threads" else "status_code"
    assert ask(http, server, "GET", node, fields=field)[field] == "IN_PROGRESS"
    assert code(ask(http, server, "POST", f"{user}/{make}_publish", creation_id=made)) == 9007
    hands.pass_by(1)
    assert ask(http, server, "GET", node, fields=field)[field] == "FINISHED"
    assert "id" in ask(http, server, "POST", f"{user}/{make}_publish", creation_id=made)
    assert ask(http, server, "GET", node, fields=field)[field] == "PUBLISHED"
    assert code(ask(http, server, "POST", f"{user}/{make}_publish", creation_id=made)) == 9007
    html = http.get(server.url + server.posts[0].path, timeout=5).text
    assert PICTURE in html
    assert "<b>Alt text:</b> A map." in html


@both
def test_a_container_lasts_a_day(
    http: requests.Session, server: PracticeServer, hands: Hands, user: str, make: str
) -> None:
    """After 24 hours it is EXPIRED and cannot be published."""
    made = a_picture(http, server, user, make)["id"]
    hands.pass_by(86_401)
    assert code(ask(http, server, "POST", f"{user}/{make}_publish", creation_id=made)) == 9007
    assert server.posts == []


@pytest.mark.parametrize(
    "given",
    [
        {"media_type": "TEXT", "text": "a" * 501},
        {"media_type": "TEXT", "text": "🚧" * 126},
        {"media_type": "TEXT", "text": ""},
        {"media_type": "FILM", "text": "a"},
        {"media_type": "IMAGE", "text": "a"},
        {"media_type": "IMAGE", "image_url": "ftp://a.example/a.jpg"},
        {"media_type": "IMAGE", "image_url": PICTURE, "alt_text": "a" * 1_001},
        {"media_type": "TEXT", "text": "a", "reply_to_id": "1"},
        {"media_type": "TEXT", "text": "a", "other": "1"},
        {"media_type": "CAROUSEL", "children": "1,2"},
    ],
)
def test_threads_refuses_what_is_wrong(http: requests.Session, server: PracticeServer, given: dict[str, str]) -> None:
    """Texts that are too long by Threads' count, addresses that are none, unknown parameters: error 100."""
    assert code(ask(http, server, "POST", f"{THREADS}/threads", **given)) == 100


@pytest.mark.parametrize(
    "given",
    [{"image_url": ""}, {"caption": "a" * 2_201}, {"caption": "#a " * 31}, {"caption": "@a " * 21}, {"text": "a"}],
)
def test_instagram_refuses_what_is_wrong(http: requests.Session, server: PracticeServer, given: dict[str, str]) -> None:
    """No post without a picture, and no caption beyond its limits."""
    assert code(a_picture(http, server, INSTAGRAM, "media", **given)) == 100


def test_instagram_takes_jpeg_alone(http: requests.Session, server: PracticeServer) -> None:
    """Another kind of file ends in the state ERROR."""
    made = a_picture(http, server, INSTAGRAM, "media", image_url="https://a.example/map.png")["id"]
    told = ask(http, server, "GET", f"/instagram/v26.0/{made}", fields="status_code,status")
    assert (told["status_code"], "JPEG" in told["status"]) == ("ERROR", True)


@both
def test_a_carousel_holds_several_pictures(
    http: requests.Session, server: PracticeServer, hands: Hands, user: str, make: str
) -> None:
    """Each part is a container of its own that cannot be published alone."""
    parts = [a_picture(http, server, user, make, is_carousel_item="true")["id"] for _ in range(2)]
    hands.pass_by(1)
    assert code(ask(http, server, "POST", f"{user}/{make}_publish", creation_id=parts[0])) == 100
    whole = ask(http, server, "POST", f"{user}/{make}", media_type="CAROUSEL", children=",".join(parts))["id"]
    hands.pass_by(1)
    ask(http, server, "POST", f"{user}/{make}_publish", creation_id=whole)
    assert [len(post.named_pictures) for post in server.posts] == [2]


def test_the_limit_of_the_day_is_told_and_kept(http: requests.Session) -> None:
    """The quota counts what was published; beyond it there is error 9."""
    with PracticeServer(rates=Rates(others={"threads.posts": 1})) as server:
        for wanted in (1, 2):
            made = ask(http, server, "POST", f"{THREADS}/threads", media_type="TEXT", text=f"{wanted}")["id"]
            answer = ask(http, server, "POST", f"{THREADS}/threads_publish", creation_id=made)
        assert code(answer) == 9
        told = ask(http, server, "GET", f"{THREADS}/threads_publishing_limit", fields="quota_usage,config")
        assert told["data"][0]["quota_usage"] == 1
        assert told["data"][0]["config"]["quota_total"] == 250


def test_a_token_is_refreshed_for_sixty_days(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """A new token works until it ends; the account says who it is."""
    path, grant = "/threads/refresh_access_token", {"grant_type": "th_refresh_token"}
    new = ask(http, server, "GET", path, **grant)
    me = {"fields": "username", "access_token": new["access_token"]}
    assert ask(http, server, "GET", "/threads/v1.0/me", **me)["username"] == "exampletonpd"
    hands.pass_by(new["expires_in"] + 1)
    assert code(ask(http, server, "GET", "/threads/v1.0/me", **me)) == 190
    assert code(ask(http, server, "GET", path, grant_type="ig_refresh_token")) == 100


def test_a_thread_can_be_deleted(http: requests.Session, server: PracticeServer) -> None:
    """A deleted post is gone; a second time there is nothing."""
    made = ask(http, server, "POST", f"{THREADS}/threads", media_type="TEXT", text="a")["id"]
    post = ask(http, server, "POST", f"{THREADS}/threads_publish", creation_id=made)["id"]
    assert ask(http, server, "DELETE", f"/threads/v1.0/{post}")["success"] is True
    assert code(ask(http, server, "DELETE", f"/threads/v1.0/{post}")) == 100
    assert server.posts == []


def test_an_emoji_counts_its_bytes() -> None:
    """A sign is one, an emoji its bytes."""
    assert length("Straße ©") == 8
    assert length("🚧") == 4
    assert length("👮‍♀️") == 4 + 3 + 3 + 3
