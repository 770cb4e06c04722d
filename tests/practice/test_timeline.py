"""The page on which a person sees what the public would see."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import requests

from notifier.practice.public_record import Post
from notifier.practice.server import PracticeServer
from notifier.practice.timeline import POSTS_A_PAGE, linked
from tests.practice.clients import feed, graph, hook, hook_body, launch, nixle, tweet
from tests.practice.conftest import Hands

PNG = b"\x89PNG\r\n\x1a\n rest"
HOSTILE = '<script>alert("x")</script> & \'"> <img src=x onerror=alert(1)>'


def page(http: requests.Session, server: PracticeServer, path: str = "/") -> str:
    """Open a page that must be there."""
    answer = http.get(server.url + path, timeout=5)
    assert answer.status_code == 200
    return answer.text


def test_every_platform_shows_its_post_newest_first(http: requests.Session, server: PracticeServer) -> None:
    """The timeline holds every post with its platform's name, the newest first, under a banner."""
    tweet(http, server, "On X.")
    feed(http, server, "On Facebook.\n\nSecond paragraph.")
    launch(http, server, nixle())
    hook(http, server, hook_body())
    html = page(http, server)
    assert "Practice platforms: nothing here is public" in html
    order = ["Main Street is closed at Oak Street.", "Exampleton PD: Main St closed", "On Facebook.", "On X."]
    assert sorted(order, key=html.index) == order
    assert "On Facebook.\n\nSecond paragraph." in html
    assert re.findall(r'class="badge" style="background:#\w+">(\w+)<', html) == ["Webhook", "Nixle", "Facebook", "X"]


def test_all_text_is_escaped(http: requests.Session, server: PracticeServer) -> None:
    """Markup in any field of any platform is shown as text, on the timeline and on the post's own page."""
    tweet(http, server, HOSTILE)
    feed(http, server, HOSTILE, link="https://a.example/\"><script>alert('y')</script>")
    body = nixle(smsMessage=HOSTILE, instructions=HOSTILE, event=HOSTILE)
    body["message"] = {"title": HOSTILE, "textMessage": HOSTILE}
    assert launch(http, server, body).status_code == 200
    links = ["javascript:alert(1)", "https://b.example/'onmouseover='alert(1)"]
    hook(http, server, hook_body(HOSTILE, headline=HOSTILE, text=HOSTILE, kind=HOSTILE, links=links))
    assert len(server.posts) == 4
    for path in ("/", *(post.path for post in server.posts)):
        html = page(http, server, path)
        assert "alert" in html
        assert "<script" not in html
        assert "<img" not in html
        assert 'href="javascript:' not in html
        assert not re.search(r"<[^>]*'onmouseover", html.replace("&#39;", ""))


def test_the_page_may_load_and_run_nothing(http: requests.Session, server: PracticeServer) -> None:
    """A content security policy forbids scripts and every outside address."""
    rules = http.get(server.url, timeout=5).headers["Content-Security-Policy"]
    assert "default-src 'none'" in rules
    assert "script" not in rules


def test_links_filter_by_platform(http: requests.Session, server: PracticeServer) -> None:
    """Each platform that has posts has a link to them alone, with their number; an unknown one shows all."""
    tweet(http, server, "On X.")
    feed(http, server, "On Facebook.")
    html = page(http, server, "/?platform=facebook")
    assert "On Facebook." in html
    assert "On X." not in html
    assert re.search(r'aria-current="page">Facebook<span class="count">1<', html)
    assert "On X." in page(http, server, "/?platform=%3Cb%3E")
    assert "platform=webhook" not in html


def test_the_page_refreshes_only_when_asked(http: requests.Session, server: PracticeServer) -> None:
    """?refresh=1 refreshes every five seconds, and keeps doing so behind the filter's links."""
    tweet(http, server, "On X.")
    assert 'http-equiv="refresh"' not in page(http, server)
    html = page(http, server, "/?refresh=1")
    assert '<meta http-equiv="refresh" content="5">' in html
    assert "/?platform=x&amp;refresh=1" in html.replace("&refresh", "&amp;refresh")


def test_older_posts_are_a_page_away(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """Fifty posts stand on a page; the rest are reached by a link, and a page that is none is the nearest."""
    for number in range(POSTS_A_PAGE + 1):
        hook(http, server, hook_body(f"k-{number}", text=f"Text number {number}."))
    assert "Text number 0." not in page(http, server)
    assert "Text number 0." in page(http, server, "/?page=2")
    assert "Text number 0." in page(http, server, "/?page=99999")
    assert "Text number 50." in page(http, server, "/?page=none")


def test_a_post_has_its_own_page_until_it_is_deleted(http: requests.Session, server: PracticeServer) -> None:
    """The address of a post shows that post alone; once deleted it answers 404 with a page that says so."""
    feed(http, server, "The first.")
    post = feed(http, server, "The second.", fields="id,permalink_url").json()
    html = page(http, server, post["permalink_url"].removeprefix(server.url))
    assert "The second." in html
    assert "The first." not in html
    graph(http, server, "DELETE", f"/{post['id']}")
    gone = http.get(post["permalink_url"], timeout=5)
    assert gone.status_code == 404
    assert "This post is not here" in gone.text


def test_a_draft_has_no_page(http: requests.Session, server: PracticeServer) -> None:
    """What was not published cannot be opened by its address."""
    post = feed(http, server, "A draft.", published="false", fields="permalink_url").json()
    answer = http.get(post["permalink_url"], timeout=5)
    assert answer.status_code == 404
    assert "A draft." not in answer.text


def test_nixle_shows_the_text_message_and_the_long_text(http: requests.Session, server: PracticeServer) -> None:
    """Nixle's post shows its kind, the text message with its length, and the long text; two addresses lead to it."""
    number = launch(http, server, nixle()).json()["id"]
    for path in (f"/everbridge/nixle/{number}", f"/nixle/{number}"):
        html = page(http, server, path)
        assert "Advisory" in html
        assert '<p class="bubble">Exampleton PD: Main St closed at Oak St.</p>' in html
        assert "40 of 138 characters" in html
        assert "Main Street is closed at Oak Street." in html


def test_instructions_that_are_the_text_are_not_shown_twice(http: requests.Session, server: PracticeServer) -> None:
    """Nixle's instructions stand below the text only where they say something else."""
    launch(http, server, nixle(instructions="Main Street is closed at Oak Street."))
    assert page(http, server).count("Main Street is closed at Oak Street.") == 1


def test_times_are_in_the_zone_that_was_given(http: requests.Session) -> None:
    """A department elsewhere reads its own clock."""

    def clock() -> datetime:
        return datetime(2026, 7, 4, 16, 5, tzinfo=UTC)

    with PracticeServer(clock=clock, zone=ZoneInfo("America/New_York")) as server:
        hook(http, server, hook_body())
        assert "12:05 PM EDT" in page(http, server)


def test_an_empty_timeline_says_what_to_do(http: requests.Session, server: PracticeServer) -> None:
    """Before the first post the page tells how to publish one."""
    assert "notify road-closure" in page(http, server)


@pytest.mark.parametrize(
    ("text", "tags", "shown"),
    [
        ("See https://a.example/b.", True, ">a.example/b</a>."),
        ("(https://a.example/b)", False, ">a.example/b</a>)"),
        ("#Exampleton @mayor", True, '<span class="tag">#Exampleton</span> <span class="tag">@mayor</span>'),
        ("#Exampleton @mayor", False, "#Exampleton @mayor"),
        ("mail@a.example & <b>", True, "mail@a.example &amp; &lt;b&gt;"),
        ("ftp://a.example", True, "ftp://a.example"),
    ],
)
def test_only_web_addresses_and_tags_are_marked(text: str, tags: bool, shown: str) -> None:
    """Web addresses become links without the full stop after them; tags are marked where the platform does."""
    assert shown in str(linked(text, tags=tags))


def test_a_picture_is_shown_with_its_alt_text_or_its_lack(http: requests.Session, server: PracticeServer) -> None:
    """A picture stands in the post with its alt text below it; where nobody wrote one, the page says so plainly."""
    record = server.record
    told, mute = record.pictures.keep(PNG, HOSTILE), record.pictures.keep(PNG + b"\0")
    assert told is not None
    assert mute is not None
    record.add(Post("facebook", "1_2", "/facebook/1/posts/2", "a", server.clock(), "k", pictures=(told, mute)))
    html = page(http, server)
    assert f'<img src="{told.path}" alt="&lt;script&gt;' in html
    assert "<b>Alt text:</b> &lt;script&gt;" in html
    assert html.count("No alt text") == 1
    listed = http.get(f"{server.url}/practice/posts", timeout=5).json()["posts"][0]["pictures"]
    assert [(each["media_type"], each["alt"]) for each in listed] == [
        ("image/png", HOSTILE),
        ("image/png", ""),
    ]
    assert http.get(listed[0]["url"], timeout=5).content == PNG
