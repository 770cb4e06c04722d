"""The blog channel against a real WordPress: one post, whatever is lost; changed, taken down; no markup comes alive."""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import lxml.html
import pytest
import requests

from channels.wordpress import WordPress
from notifier.channel import Absent, AuthFailed, CannotTell, Delivered, Found, Message, Prepared, Rejected, Retry, Works
from tests.channels.messages import a_channel
from tests.notifications import a_message, some_media
from tests.servers.arrivals import Arrivals
from tests.servers.wordpress import Blog
from tests.servers.wordpress import WordPress as Server

_numbers = itertools.count(1)


@pytest.fixture
def channel(wordpress: Blog) -> Any:
    """The channel with the administrator's application password."""
    return the_channel(wordpress)


def the_channel(blog: Blog, **changes: Any) -> Any:
    """Make the channel; pass what is to differ."""
    account = {
        "type": "wordpress",
        "base_url": blog.url,
        "username": blog.user,
        "password": blog.application_password,
    }
    return a_channel(WordPress, account, now=datetime.now(UTC), timeout=60.0, **changes)


def a_notice(**changes: Any) -> Message:
    """Make a message that no other test has published."""
    number = next(_numbers)
    key = f"police.exampleton.example.n-{number}.1.publish.blog.en.1"
    more = {"id": f"n-{number}", "key": key, "sent": datetime.now(UTC) - timedelta(minutes=1)}
    return a_message(**{**more, "beside": {"short": "Main Street is closed."}, **changes})


def ready(channel: Any, message: Message) -> Prepared:
    """Prepare, as delivery does."""
    prepared = channel.prepare(message, {})
    assert isinstance(prepared, Prepared), prepared
    return prepared


def changing(channel: Any, message: Message) -> Prepared:
    """Prepare a change, as delivery does."""
    prepared = channel.prepare_change(message, {})
    assert isinstance(prepared, Prepared), prepared
    return prepared


def published(channel: Any, message: Message) -> Delivered:
    """Publish, and give where it is."""
    outcome = channel.send(ready(channel, message))
    assert isinstance(outcome, Delivered), outcome
    return outcome


def shown(outcome: Delivered) -> Any:
    """Give what the public sees of a post, with its tags."""
    answer = requests.get(str(outcome.url), timeout=30)
    assert answer.status_code == 200
    return lxml.html.fromstring(f"<main>{answer.text}</main>")


def words(page: Any) -> str:
    """Give the words that the public sees, without the title."""
    return " ".join(" ".join(part.text_content() for part in page.iter("p")).split())


def posts(channel: Any) -> int:
    """Count what stands on the blog in any state but trash."""
    answer = channel._ask("GET", "posts", {"status": "publish,draft,pending,private,future", "context": "edit"})
    return int(answer.headers["X-WP-Total"])


def test_a_notification_becomes_a_post_that_everybody_reads(channel: Any) -> None:
    """Its title, paragraphs and lines, its language; the short text as its excerpt."""
    message = a_notice(text="Exampleton PD: Main Street is closed.\n\nUse Oak Street\nor Elm Street.", language="es")
    outcome = published(channel, message)
    page = shown(outcome)
    assert page.find(".//h1").text_content() == "Road closed: Main Street"
    paragraphs = [(each.get("lang"), " ".join(each.itertext())) for each in page.iter("p")]
    assert paragraphs == [("es", "Exampleton PD: Main Street is closed."), ("es", "Use Oak Street or Elm Street.")]
    assert re.search(r"/road-closed-main-street-[0-9a-f]{16}/$", str(outcome.url))
    stored = channel._ask("GET", f"posts/{outcome.remote_id}").json()
    assert stored["excerpt"]["rendered"].strip() == "<p>Main Street is closed.</p>"
    assert stored["status"] == "publish"


def test_a_repeat_is_the_same_post(channel: Any, wordpress: Blog) -> None:
    """Sent or prepared again by this process or another, it is one post."""
    before, message = posts(channel), a_notice()
    prepared = ready(channel, message)
    first = channel.send(prepared)
    other = the_channel(wordpress, pretty_links=True)
    assert [channel.send(prepared), published(channel, message), published(other, message)] == [first] * 3
    assert posts(channel) == before + 1


def test_an_answer_that_was_lost_before_the_draft_was_known_makes_no_second_one(channel: Any) -> None:
    """The draft is found by our slug."""
    before, message = posts(channel), a_notice()
    numbers = {ready(channel, message).saved["post"] for _ in range(3)}
    assert len(numbers) == 1
    assert posts(channel) == before + 1
    answer = requests.get(f"{channel.settings.base_url}/?p={numbers.pop()}", timeout=30)
    assert message.text not in answer.text, "nobody sees a draft"


def test_a_lost_answer_is_found_again(channel: Any) -> None:
    """A draft is no post; what is published is found; what is in the trash a person knows of."""
    message = a_notice()
    prepared = ready(channel, message)
    assert channel.find(prepared, message.sent) == Absent()
    outcome = channel.send(prepared)
    assert channel.find(prepared, message.sent) == Found(outcome)
    assert channel.withdraw(outcome.receipt, message) == Delivered()
    assert isinstance(channel.find(prepared, message.sent), CannotTell)
    late = channel.prepare(message, {})
    assert isinstance(late, Rejected), "what was taken down does not come back"
    assert "trash" in late.reason


def test_an_update_changes_the_post_and_leaves_no_draft(channel: Any) -> None:
    """Its address stays; sent twice it is the same."""
    first, before = published(channel, a_notice(text="Main Street is closed.")), posts(channel)
    update = changing(channel, a_notice(text="Main Street is open.", headline="Road open"))
    changed = channel.amend(first.receipt, update)
    assert changed == first
    assert channel.amend(first.receipt, update) == changed
    assert words(shown(changed)) == "Main Street is open."
    assert posts(channel) == before


def test_what_was_withdrawn_is_gone(channel: Any) -> None:
    """Post and pictures, a second time says the same; it is not changed any more."""
    message = a_notice(text="Robin Example is missing.", media=(some_media(),))
    outcome = published(channel, message)
    source = shown(outcome).find(".//img").get("src")
    assert requests.get(source, timeout=30).status_code == 200
    for _ in range(2):
        assert channel.withdraw(outcome.receipt, message) == Delivered()
    assert "Robin" not in requests.get(str(outcome.url), timeout=30).text
    assert requests.get(source, timeout=30).status_code == 404
    assert isinstance(channel.amend(outcome.receipt, changing(channel, a_notice())), Rejected)
    assert channel._ask("DELETE", f"posts/{outcome.remote_id}", {"force": "true"}).ok
    assert channel.withdraw(outcome.receipt, message) == Delivered()
    assert isinstance(channel.amend(outcome.receipt, changing(channel, a_notice())), Rejected)


def test_pictures_stand_in_the_post_with_their_words(channel: Any) -> None:
    """In order, each with its alt text, whatever signs that has; the first is the post's; uploaded once."""
    alt = "Map | closure ]] [gallery] <b>\"x\"</b> & 'y' https://a.example 8) :-)"
    message = a_notice(media=(some_media(alt=alt), some_media("b.png", alt=None)))
    prepared = [ready(channel, message) for _ in range(2)]
    assert prepared[0] == prepared[1]
    outcome = channel.send(prepared[0])
    assert [image.get("alt") for image in shown(outcome).iter("img")] == [alt, ""]
    numbers = [number for number, _ in outcome.receipt["pictures"]]
    assert channel._ask("GET", f"posts/{outcome.remote_id}").json()["featured_media"] == numbers[0]
    assert "Map" in channel._ask("GET", f"media/{numbers[0]}").json()["alt_text"]
    more = channel.amend(outcome.receipt, changing(channel, a_notice(media=(some_media("c.png"),))))
    assert [number for number, _ in more.receipt["pictures"]][:2] == numbers
    assert len(more.receipt["pictures"]) == 3


LIVELY = (
    '[gallery] [gallery ids="1"] [[gallery]] [caption]x[/caption] &#91;gallery&#93;',
    "[embed]https://evil.example/x[/embed]",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "http://evil.example/path www.evil.example a@b.example",
    "<b>bold</b> <script>alert(1)</script> <img src=x onerror=alert(1)> <iframe src=//x></iframe>",
    "</p></main><h1>out</h1> <!-- wp:paragraph --> <!-- hidden --> <!--more--> <!--nextpage-->",
    "&lt;b&gt; &amp; &nbsp; &quot; &copy; &#91;gallery&#93; &#x5b;gallery&#x5d;",
    "8) 8-) 8O :) :-D ;-) :!: :?: :idea: :mrgreen: (Lanes 7 and 8) now",
    "\"quotes\" 'single' 3x4 9' 11\" -- --- ... (tm) (c) '90s ``x''",
    "# heading * list 1. one **bold** _slanted_ `code` > quote",
    "\u0338joined <\u0338b>",
    "Family 👨‍👩‍👧‍👦, 東京 大雨, שלום עולם مرحبا, é \u202eturned",
)


@pytest.mark.parametrize("line", LIVELY)
def test_what_a_field_holds_shows_as_it_stands(channel: Any, line: str) -> None:
    """No shortcode, embed, tag, link, smiley or other sign comes alive."""
    _shows_as_it_stands(channel, a_notice(text=f"{line}\n\nBefore.\n{line}\nAfter.\n\n{line}"), line)


def test_all_of_it_together_shows_as_it_stands(channel: Any) -> None:
    """What is harmless alone may be none in company."""
    for text in ("\n".join(LIVELY), " ".join(LIVELY), "\n\n".join(LIVELY)):
        _shows_as_it_stands(channel, a_notice(text=text), *LIVELY)


def _shows_as_it_stands(channel: Any, message: Message, *lines: str) -> None:
    page = shown(published(channel, message))
    seen = " ".join(page.text_content().split())
    for line in lines:
        assert " ".join(line.replace("\u202e", " ").split()) in seen
    assert {each.tag for each in page.iter()} <= {"main", "h1", "p", "br"}, "nothing but paragraphs and lines"


@pytest.mark.parametrize(
    "headline", ['<b>Road</b> & [gallery] "x" <script>alert(1)</script>', "東京 👨‍👩‍👧‍👦", "\u0338x"]
)
def test_a_headline_of_any_signs_is_a_title(channel: Any, headline: str) -> None:
    """It shows as it stands, but for the blog's own curly quotes."""
    page = shown(published(channel, a_notice(headline=headline)))
    title = page.find(".//h1").text_content()
    assert title.replace("“", '"').replace("”", '"').replace("″", '"') == headline
    assert {each.tag for each in page.iter()} <= {"main", "h1", "p", "br"}


@pytest.mark.parametrize(
    "link", ["https://city.example/closures?a=1&lt=2&b=[gallery]#part", 'https://city.example/東京/a"b']
)
def test_only_a_links_own_address_is_live(channel: Any, link: str) -> None:
    """A link of the notification leads where it says, and is no embed; another address leads nowhere."""
    for text in (f"More: {link} and https://evil.example/x.", link):
        page = shown(published(channel, a_notice(text=text, links=(link,))))
        (anchor,) = page.iter("a")
        assert anchor.text_content() == link
        assert requests.utils.unquote(anchor.get("href")) == link
        assert words(page) == text


@pytest.fixture(scope="session")
def plain_blog(arrivals: Arrivals) -> Iterator[Blog]:
    """A blog without pretty addresses."""
    yield from arrivals.running(Server(pretty_links=False))


def test_a_blog_without_pretty_addresses_is_reached(plain_blog: Blog) -> None:
    """By index.php?rest_route=, which works on every blog; /wp-json is told to be nothing there."""
    channel = the_channel(plain_blog)
    message = a_notice(media=(some_media(),))
    outcome = published(channel, message)
    assert message.text in words(shown(outcome))
    assert channel.withdraw(outcome.receipt, message) == Delivered()
    assert not isinstance(the_channel(plain_blog, pretty_links=True).check(), Works)


def test_a_wrong_password_stops_the_channel(wordpress: Blog) -> None:
    """Also where the blog takes it for a visitor's."""
    channel = the_channel(wordpress, password="wrong-password-93aa")
    prepared = Prepared(a_notice(), {"post": 1})
    for outcome in (channel.check(), channel.prepare(a_notice(), {}), channel.send(prepared)):
        assert isinstance(outcome, AuthFailed), outcome
        assert "application password" in outcome.reason
    with_picture = channel.prepare(a_notice(media=(some_media(),)), {})
    assert isinstance(with_picture, AuthFailed), with_picture
    assert isinstance(channel.find(prepared, datetime.now(UTC)), CannotTell)


def test_check_says_that_all_is_well(channel: Any) -> None:
    """An administrator may do everything."""
    assert channel.check() == Works()


def test_a_draft_that_somebody_deleted_is_made_anew(channel: Any) -> None:
    """Between preparing and sending."""
    message = a_notice()
    prepared = ready(channel, message)
    assert channel._ask("DELETE", f"posts/{prepared.saved['post']}", {"force": "true"}).ok
    assert isinstance(channel.send(prepared), Retry)
    assert isinstance(published(channel, message), Delivered)


def test_comments_are_as_the_department_wants_them(wordpress: Blog) -> None:
    """Open or closed, whatever the blog does with other posts."""
    for wanted, status in ((True, "open"), (False, "closed")):
        channel = the_channel(wordpress, comments=wanted)
        outcome = published(channel, a_notice())
        assert channel._ask("GET", f"posts/{outcome.remote_id}").json()["comment_status"] == status


def somebody(channel: Any, blog: Blog, role: str) -> Any:
    """Make an account of a role, and the channel with its own application password."""
    name = f"{role}{next(_numbers)}"
    form = {"username": name, "email": f"{name}@pd.test", "password": "a-password-93aa", "roles": [role]}
    number = channel._ask("POST", "users", json_body=form).json()["id"]
    made = channel._ask("POST", f"users/{number}/application-passwords", json_body={"name": "publisher"}).json()
    return the_channel(blog, username=name, password=made["password"])


def test_an_author_publishes_what_an_administrator_does(channel: Any, wordpress: Blog) -> None:
    """WordPress filters an author's HTML: what we write passes as it is."""
    author = somebody(channel, wordpress, "author")
    assert author.check() == Works()
    message = a_notice(text="\n\n".join(LIVELY), media=(some_media(alt='A "map" <b> [x]'),))
    outcome = published(author, message)
    page = shown(outcome)
    seen = " ".join(page.text_content().split())
    assert all(" ".join(line.replace("\u202e", " ").split()) in seen for line in LIVELY)
    assert {each.tag for each in page.iter()} <= {"main", "h1", "p", "br", "figure", "img"}
    assert [image.get("alt") for image in page.iter("img")] == ['A "map" <b> [x]']
    assert {part.get("lang") for part in page.iter("p")} == {"en"}
    assert isinstance(author.amend(outcome.receipt, changing(author, a_notice(text="Open."))), Delivered)
    assert author.withdraw(outcome.receipt, message) == Delivered()


def test_who_may_not_publish_is_stopped_before_anything_is_shown(channel: Any, wordpress: Blog) -> None:
    """A contributor writes drafts alone, a subscriber nothing."""
    contributor = somebody(channel, wordpress, "contributor")
    assert isinstance(contributor.check(), AuthFailed)
    message = a_notice()
    outcome = contributor.send(ready(contributor, message))
    assert isinstance(outcome, AuthFailed | Rejected), outcome
    assert channel.find(Prepared(message), message.sent) == Absent()
    subscriber = somebody(channel, wordpress, "subscriber")
    assert isinstance(subscriber.check(), AuthFailed)
    assert isinstance(subscriber.prepare(a_notice(), {}), AuthFailed)


def test_another_authors_post_is_not_changed(channel: Any, wordpress: Blog) -> None:
    """The account may not, and a person is told."""
    first = published(channel, a_notice())
    author = somebody(channel, wordpress, "author")
    assert isinstance(author.amend(first.receipt, changing(author, a_notice())), AuthFailed)
    assert isinstance(author.withdraw(first.receipt, a_notice()), AuthFailed)
    assert channel.find(Prepared(a_notice()), datetime.now(UTC)) == Absent()
