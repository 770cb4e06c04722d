"""The wiki channel against a real MediaWiki: one page, whatever is lost; changed, deleted; no markup comes alive."""

import itertools
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import lxml.html
import pytest
import requests

from channels.mediawiki import MediaWiki
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Delivered,
    Found,
    Message,
    Outcome,
    Prepared,
    Rejected,
    Retry,
    Works,
)
from tests.channels.messages import a_channel
from tests.notifications import a_message, png_bytes, some_media
from tests.servers.mediawiki import Wiki

_numbers = itertools.count(1)


@pytest.fixture
def channel(mediawiki: Wiki) -> Any:
    """The channel with the bot password that may do all it needs."""
    return the_channel(mediawiki)


def the_channel(wiki: Wiki, **changes: Any) -> Any:
    """Make the channel; pass what is to differ."""
    account = {"type": "mediawiki", "base_url": wiki.url, "username": wiki.bot_user, "password": wiki.bot_password}
    return a_channel(MediaWiki, account, now=datetime.now(UTC), timeout=30.0, **changes)


def a_notice(**changes: Any) -> Message:
    """Make a message that no other test has published, of a minute ago."""
    number = next(_numbers)
    key = f"police.exampleton.example.n-{number}.1.publish.wiki.en.1"
    return a_message(**{"id": f"n-{number}", "key": key, "sent": datetime.now(UTC) - timedelta(minutes=1), **changes})


def ready(channel: Any, message: Message) -> Prepared:
    """Sign in and prepare, as delivery does."""
    assert channel.sign_in() is None
    prepared = channel.prepare(message, {})
    assert isinstance(prepared, Prepared), prepared
    return prepared


def published(channel: Any, message: Message) -> Delivered:
    """Publish, and give where it is."""
    outcome = channel.send(ready(channel, message))
    assert isinstance(outcome, Delivered), outcome
    return outcome


def shown(outcome: Delivered) -> Any:
    """Give what the public sees of a page: its text, with the tags in it."""
    answer = requests.get(str(outcome.url), timeout=30)
    assert answer.status_code == 200
    (content,) = lxml.html.fromstring(answer.text).find_class("mw-parser-output")
    return content


def words(outcome: Delivered) -> str:
    """Give the words that the public sees."""
    return " ".join(shown(outcome).text_content().split())


def revisions(channel: Any, outcome: Delivered) -> list[Mapping[str, Any]]:
    """Count what was written on a page."""
    asked = {"prop": "revisions", "rvprop": "ids|comment", "rvlimit": "50", "pageids": str(outcome.remote_id)}
    found: list[Mapping[str, Any]] = channel._read(asked).json()["query"]["pages"][0].get("revisions", [])
    return found


def test_a_notification_becomes_a_page_that_everybody_reads(channel: Any) -> None:
    """Its words, its paragraphs and lines, its language; the headline in its title."""
    message = a_notice(text="Exampleton PD: Main Street is closed.\n\nUse Oak Street\nor Elm Street.", language="es")
    outcome = published(channel, message)
    page = shown(outcome)
    paragraphs = [" ".join(each.text_content().split()) for each in page.iter("p")]
    assert paragraphs == ["Exampleton PD: Main Street is closed.", "Use Oak Street or Elm Street."]
    assert [each.get("lang") for each in page.iter("div") if each.get("lang") == "es"] == ["es"]
    assert len(list(page.iter("br"))) == 1
    assert "Road_closed:_Main_Street" in str(outcome.url)
    assert revisions(channel, outcome)[0]["comment"] == f"Road closed: Main Street ({message.id})"


def test_a_repeat_is_the_same_page(channel: Any, mediawiki: Wiki) -> None:
    """Sent again by this process or another, it is one page with one revision, and the same receipt."""
    message = a_notice()
    first = published(channel, message)
    again = [channel.send(ready(channel, message)) for _ in range(2)]
    other = the_channel(mediawiki)
    assert [*again, published(other, message)] == [first] * 3
    assert len(revisions(channel, first)) == 1


def test_a_lost_answer_is_found_again(channel: Any) -> None:
    """Absent before, found after; another's page of that title is neither."""
    message = a_notice()
    prepared = ready(channel, message)
    assert channel.find(prepared, message.sent) == Absent()
    outcome = channel.send(prepared)
    assert channel.find(prepared, message.sent) == Found(outcome)
    other = Prepared(a_notice(id=message.id))
    assert isinstance(channel.find(other, message.sent), CannotTell)
    assert isinstance(channel.send(other), Rejected)
    assert len(revisions(channel, outcome)) == 1


def test_an_update_changes_the_page_once(channel: Any) -> None:
    """The change sent twice is one revision more; its receipt changes the page again."""
    first = published(channel, a_notice(text="Main Street is closed."))
    update = ready(channel, a_notice(text="Main Street is open."))
    changed = channel.amend(first.receipt, update)
    assert isinstance(changed, Delivered)
    assert (changed.remote_id, changed.url) == (first.remote_id, first.url)
    assert channel.amend(first.receipt, update) == changed
    assert words(changed) == "Main Street is open."
    assert len(revisions(channel, first)) == 2
    later = channel.amend(changed.receipt, ready(channel, a_notice(text="Main Street is closed again.")))
    assert words(later) == "Main Street is closed again."


def test_what_somebody_changed_meanwhile_is_not_overwritten(channel: Any) -> None:
    """A person is told where; the page stays as they wrote it."""
    first = published(channel, a_notice())
    form = {"pageid": str(first.remote_id), "text": "Corrected by the clerk.", "summary": "by hand"}
    assert channel._change("edit", form).json()["edit"]["result"] == "Success"
    outcome = channel.amend(first.receipt, ready(channel, a_notice(text="Main Street is open.")))
    assert isinstance(outcome, Rejected)
    assert str(first.url) in outcome.reason
    assert words(first) == "Corrected by the clerk."


def test_what_was_withdrawn_is_gone_and_comes_not_back(channel: Any, mediawiki: Wiki) -> None:
    """Page and pictures; a second time says the same; a late repeat of the post does not publish it again."""
    message = a_notice(text="Robin Example is missing.", media=(some_media(),))
    outcome = published(channel, message)
    picture = shown(outcome).find(".//img").get("src")
    assert requests.get(mediawiki.url + picture, timeout=30).status_code == 200
    for _ in range(2):
        assert channel.withdraw(outcome.receipt, message) == Delivered()
    assert requests.get(str(outcome.url), timeout=30).status_code == 404
    assert requests.get(mediawiki.url + picture, timeout=30).status_code == 404
    log = channel._read({"list": "logevents", "letype": "delete", "lelimit": "2"}).json()["query"]["logevents"]
    assert [entry["comment"] for entry in log] == [f"withdrawn ({message.id})"] * 2, "the log quotes nothing"
    assert channel.find(Prepared(message), message.sent) == Absent()
    late = channel.send(ready(channel, message))
    assert isinstance(late, Rejected)
    assert "deleted" in late.reason
    gone = channel.amend(outcome.receipt, ready(channel, a_notice()))
    assert isinstance(gone, Rejected)
    assert "no longer" in gone.reason


def test_pictures_stand_on_the_page_with_their_words(channel: Any) -> None:
    """In order, each with its alt text, whatever signs that has; uploaded once, however often it is prepared."""
    alt = "Map | closure ]] {{PAGENAME}} <b>\"x\"</b> & 'y' [https://a.example] ~~~~"
    other = some_media("b.png", alt=None)
    media = (some_media(alt=alt), other)
    message = a_notice(media=media)
    prepared = [ready(channel, message) for _ in range(2)]
    assert prepared[0] == prepared[1]
    outcome = channel.send(prepared[0])
    images = list(shown(outcome).iter("img"))
    assert [image.get("alt") for image in images] == [alt, ""]
    names = outcome.receipt["pictures"]
    asked = {"prop": "imageinfo", "iilimit": "10", "titles": "|".join(f"File:{name}" for name in names)}
    files = channel._read(asked).json()["query"]["pages"]
    assert [len(file["imageinfo"]) for file in files] == [1, 1], "one version of each"


def test_a_picture_that_is_none_is_refused_before_anything_is_shown(channel: Any) -> None:
    """The wiki looks into files."""
    broken = some_media()
    object.__setattr__(broken, "data", b"<script>alert(1)</script>" + png_bytes())
    assert channel.sign_in() is None
    assert isinstance(channel.prepare(a_notice(media=(broken,)), {}), Rejected)


LIVELY = (
    "{{PAGENAME}} {{Template:X|a}} {{{1|b}}} {{subst:CURRENTYEAR}} {{#if:a|b}}",
    "[[Main Page]] [[File:Map.png]] [[Category:Wanted]] [https://evil.example click] [[:en:x|y]]",
    "https://evil.example/path mailto:a@b.example //evil.example ISBN 0306406152 RFC 2119 PMID 12345",
    "~~~ ~~~~ ~~~~~",
    "'''bold''' ''slanted'' '''''both'''''",
    "== Heading ==",
    "=Heading=",
    "* list",
    "# numbered",
    "; term : definition",
    ": indented",
    " blanks first",
    "----",
    "{| class=wikitable",
    "| cell",
    "|}",
    "! head",
    "__NOTOC__ __FORCETOC__ __NOINDEX__ __TOC__",
    "<b>bold</b> <script>alert(1)</script> <img src=x onerror=alert(1)> <ref>x</ref> <gallery>x</gallery>",
    "</nowiki>'''out'''<nowiki> <nowiki/> </div></div> <!-- hidden --> <pre>x</pre> <br/>",
    "&lt;b&gt; &amp; &#91;&#91;x]] &nbsp; &quot; &copy;",
    "#REDIRECT [[Main Page]]",
    "-{zh-hans:a;zh-hant:b}- \x7f'\"`UNIQ--nowiki-00000000-QINU`\"'\x7f",
    "\u0338'''joined''' [[Main Page]]",
    "<\u0338b> >\u0338 =\u0338",
    "Family 👨‍👩‍👧‍👦, 東京 大雨, שלום עולם مرحبا, e\u0301 \u202eturned",
)


@pytest.mark.parametrize("line", LIVELY)
def test_what_a_field_holds_shows_as_it_stands(channel: Any, line: str) -> None:
    """No template, link, signature, heading, list, table, switch, category or tag comes alive."""
    _shows_as_it_stands(channel, a_notice(text=f"Before.\n{line}\n\n{line}\nAfter."), line)


def test_all_of_it_together_shows_as_it_stands(channel: Any) -> None:
    """What is harmless alone may be none in company."""
    for text in ("\n".join(LIVELY), " ".join(LIVELY), "\n\n".join(LIVELY)):
        _shows_as_it_stands(channel, a_notice(text=text), *LIVELY)


def _shows_as_it_stands(channel: Any, message: Message, *lines: str) -> None:
    outcome = published(channel, message)
    page = shown(outcome)
    seen = " ".join(page.text_content().replace("\u200b", "").split())
    for line in lines:
        bare = re.sub("[\x00-\x1f\x7f\u202e]", " ", unicodedata.normalize("NFC", line))
        assert " ".join(bare.split()) in seen
    inside = page.xpath(".//div[@lang]//*")
    assert {each.tag for each in inside} <= {"p", "br"}, "nothing but paragraphs and lines"
    page_info = {"prop": "categories|links|templates|images|extlinks", "pageids": str(outcome.remote_id)}
    info = channel._read(page_info).json()["query"]["pages"][0]
    assert not {"categories", "links", "templates", "images", "extlinks"} & set(info), info


@pytest.mark.parametrize(
    "link",
    [
        "https://city.example/closures?a=1&lt=2&b=[x]#part",
        "https://city.example/a(b)_c__NOTOC__~~~~'''d'''|e",
        "https://city.example/{{PAGENAME}}/%C3%A9/東京",
    ],
)
def test_only_a_links_own_address_is_live(channel: Any, link: str) -> None:
    """A link of the notification leads where it says; another address in the text leads nowhere."""
    message = a_notice(text=f"More: {link} and https://evil.example/x.", links=(link,))
    (anchor,) = shown(published(channel, message)).iter("a")
    assert anchor.text_content() == link
    assert requests.utils.unquote(anchor.get("href")) == requests.utils.unquote(link)
    assert words(published(channel, message)) == f"More: {link} and https://evil.example/x."


def test_a_headline_of_any_signs_makes_a_title(channel: Any) -> None:
    """What titles cannot hold is left out of them, and what is too long is cut; markup in it comes not alive."""
    for headline in (
        "[[Road]] {{closed}}: <b>Main</b> & Elm | #1 ~~~~ %41 &amp; /../ ''x''",
        "東京" * 200,
        "\u0338x ..",
        "",
    ):
        message = a_notice(headline=headline)
        outcome = published(channel, message)
        comment = revisions(channel, outcome)[0]["comment"]
        assert comment.endswith(f"({message.id})") or len(comment) >= 400
        assert words(outcome) == message.text


def test_languages_and_updates_have_pages_of_their_own(channel: Any) -> None:
    """Four posts of one notification are four pages."""
    first = a_notice(languages=("en", "es"))
    posts = [
        published(channel, a_notice(id=first.id, languages=("en", "es"), language=language, revision=revision))
        for language, revision in itertools.product(("en", "es"), (1, 2))
    ]
    assert len({post.remote_id for post in posts}) == 4


def test_a_category_lists_the_pages(mediawiki: Wiki) -> None:
    """Where the department wants one."""
    channel = the_channel(mediawiki, category="Police alerts", title="Project:Notices/{id}")
    outcome = published(channel, a_notice())
    pages = channel._read({"list": "categorymembers", "cmtitle": "Category:Police alerts"}).json()["query"]
    assert outcome.remote_id in [str(page["pageid"]) for page in pages["categorymembers"]]


def test_a_wrong_password_stops_the_channel(mediawiki: Wiki) -> None:
    """Nothing else is asked with it."""
    channel = the_channel(mediawiki, password="wrong-password-93aa")
    for outcome in (channel.sign_in(), channel.check()):
        assert isinstance(outcome, AuthFailed)
        assert "Special:BotPasswords" in outcome.reason


def test_a_session_that_ended_is_made_anew(channel: Any) -> None:
    """Cookies that the wiki has forgotten, and a token that it does not know: both heal by themselves."""
    cookies, token = {"session": "wiki_session=0123456789abcdef0123456789abcdef"}, {"token": "0" * 40 + "+\\"}
    for broken in (cookies, token):
        message = a_notice()
        prepared = ready(channel, message)
        channel.state.change(**broken)
        outcome: Outcome = channel.send(prepared)
        assert isinstance(outcome, Retry), outcome
        assert isinstance(channel.send(ready(channel, message)), Delivered)


def test_check_tells_what_a_person_must_know(channel: Any, mediawiki: Wiki) -> None:
    """All is well; a wiki elsewhere is none."""
    assert channel.check() == Works()
    elsewhere = the_channel(mediawiki, base_url=f"{mediawiki.url}/resources")
    assert not isinstance(elsewhere.check(), Works)


@pytest.fixture
def clerk(mediawiki: Wiki) -> Any:
    """The channel with a session of an account that is no administrator's, and the administrator's hand."""
    channel, name = the_channel(mediawiki), f"Clerk{next(_numbers)}"
    with requests.Session() as own, requests.Session() as admin:
        form = {"username": name, "password": "a-long-password-93aa", "retype": "a-long-password-93aa"}
        made = act(mediawiki, own, "createaccount", "createaccount", createreturnurl=mediawiki.url, **form)
        assert made["createaccount"]["status"] == "PASS", made
        for session, who, password in (
            (own, name, form["password"]),
            (admin, mediawiki.user, mediawiki.password),
        ):
            said = act(mediawiki, session, "login", "login", "lgtoken", lgname=who, lgpassword=password)
            assert said["login"]["result"] == "Success", said
        token = act(mediawiki, own, "query", meta="tokens")["query"]["tokens"]["csrftoken"]
        channel.state.change(session="; ".join(f"{one.name}={one.value}" for one in own.cookies), token=token)
        yield channel, name, lambda action, **given: act(mediawiki, admin, action, "csrf", **given)


def act(
    wiki: Wiki, session: requests.Session, action: str, kind: str = "", field: str = "", **given: str
) -> dict[str, Any]:
    """Ask the wiki as somebody, with a token of a kind."""
    form = {"action": action, "format": "json", "formatversion": "2", **given}
    if kind:
        asked = {"action": "query", "meta": "tokens", "type": kind, "format": "json", "formatversion": "2"}
        told = session.get(wiki.api, params=asked, timeout=30).json()["query"]["tokens"]
        name = field or ("createtoken" if kind == "createaccount" else "token")
        form[name] = told[f"{kind}token"]
    answer: dict[str, Any] = session.post(wiki.api, data=form, timeout=30).json()
    return answer


def test_an_account_that_may_not_delete_says_what_to_do(clerk: Any) -> None:
    """It publishes all the same, and check told it before."""
    channel, _, _ = clerk
    told = channel.check()
    assert isinstance(told, Works)
    assert "may not delete" in str(told.said)
    outcome = published(channel, a_notice())
    refused = channel.withdraw(outcome.receipt, a_notice())
    assert isinstance(refused, Rejected)
    assert str(outcome.url) in refused.reason


def test_a_title_that_is_protected_and_an_account_that_is_blocked(clerk: Any) -> None:
    """The one is this notification's trouble, the other stops the channel."""
    channel, name, admin = clerk
    message = a_notice()
    assert "protect" in admin("protect", title=channel._title(message), protections="create=sysop")
    assert isinstance(channel.send(ready(channel, message)), Rejected)
    assert "block" in admin("block", user=name, reason="a test")
    for outcome in (channel.send(ready(channel, a_notice())), channel.check()):
        assert isinstance(outcome, AuthFailed), outcome
