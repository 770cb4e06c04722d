"""What a page lacks of the order: many ways to say it count, in English and in Spanish, and what denies it does not."""

import time

import pytest

from notifier.policy.pages import CLAUSES, Asked, Page, lacking, words_to_add
from notifier.profile import ProfileWriter
from notifier.rendering import Renderer
from notifier.settings import Department
from tests.notifications import a_department

DEPARTMENT = a_department(terms_of_use="https://police.exampleton.example/social-media")


def lacks(words: str, *, department: Department = DEPARTMENT, name: str = "", room: bool = True) -> set[Asked]:
    """Name what a page with these words lacks."""
    return {lack.asked for lack in lacking(Page(words, name, room), department)}


SAID: dict[Asked, list[str]] = {
    "purpose": [
        "News, road closures and safety notices of the Exampleton Police Department.",
        "Breaking traffic updates from Exampleton PD | Emergencies: 911",
        "We use this page to keep residents informed.",
        "The purpose of this site is to present matters of public interest in Exampleton.",
        "This Facebook page is for sharing what officers do with the people of Exampleton.",
        "Crime prevention tips & community events from your police.",
        "Official account. Alerts. Not monitored 24/7.",
        "Connecting with our community since 1890",
        "Timely information about missing persons",
        "Thinking of a career in policing? Recruitment for Exampleton PD",
        "Noticias y avisos de la policía de Exampleton.",
        "Información para los residentes sobre cierres viales",
        "Esta página ofrece consejos de seguridad.",
        "El propósito de esta cuenta es informar al público.",
        "Alertas, eventos y prevención del delito",
        "OFFICIAL NEWS OF THE EPD",
        "Ｓａｆｅｔｙ ｎｏｔｉｃｅｓ for Exampleton",
    ],
    "website": [
        "https://police.exampleton.example",
        "http://www.police.exampleton.example/about",
        "More at police.exampleton.example.",
        "POLICE.EXAMPLETON.EXAMPLE",
        "(police.exampleton.example)",
    ],
    "maintained": [
        "Official page of the Exampleton Police Department.",
        "The official X account of Exampleton PD",
        "Official Twitter feed for the Exampleton Police",
        "Exampleton PD's official Facebook page",
        "This page is maintained by the Exampleton Police Department.",
        "Run by the police of Exampleton",
        "This account is managed by Exampleton PD's media team.",
        "Official Exampleton Police Department",
        "We are the Exampleton Police Department.",
        "The Exampleton Police Department maintains this page.",
        "Página oficial de la Policía de Exampleton",
        "Cuenta oficial de Exampleton PD",
        "Esta página es administrada por el Departamento de Policía de Exampleton",
        "Perfil a cargo de la policía de Exampleton",
        "El Departamento de Policía administra esta página.",
    ],
    "contact": [
        "555-555-0100",
        "Call (555) 555-0100 for business",
        "+1 555 555 0100",
        "1-555-555-0100",
        "555.555.0100",
        "5555550100",
        "police@exampleton.example",
        "Email: desk.sergeant@police.exampleton.example.",
    ],
    "terms": [
        "Terms of use: https://police.exampleton.example/terms",
        "See our social media policy at https://city.example/policy",
        "Comment policy: city.example/comments",
        "Terms: police.exampleton.example/social-media",
        "police.exampleton.example/social-media",
        "Our rules of conduct:\nhttps://city.example/rules",
        "Términos de uso: https://police.exampleton.example/terminos",
        "Normas de la comunidad: https://city.example/normas",
        "Obscene comments will be removed.",
        "Comments are monitored.",
        "Opinions of visitors are not those of the department.",
    ],
    "opinions": [
        "Opinions expressed by visitors to this page do not reflect the opinions of the department.",
        "The views of commenters aren't those of the Exampleton Police Department.",
        "Comments by the public do not necessarily represent the department's views.",
        "Comments posted here are the authors' own. They do not represent the department.",
        "The department does not endorse comments by users.",
        "Posts by third parties do not reflect our views.",
        "User comments are the opinion of the author only, not of the Exampleton PD.",
        "Visitors’ opinions are not ours.",
        "Las opiniones de los visitantes no reflejan las del departamento.",
        "Los comentarios de los usuarios no representan la opinión de la policía.",
        "Las opiniones son de sus autores y no son las del departamento.",
        "El departamento no respalda los comentarios de terceros.",
    ],
    "comments": [
        "Comments are monitored, and we reserve the right to remove obscenities, off-topic comments, personal attacks",
        "Posted comments will be monitored. The department may delete profane, off topic or abusive posts.",
        "We moderate comments. We will remove:\n- vulgar language\n- personal attacks\n- unrelated posts",
        "This page is moderated; comments that are obscene, harassing or not related to the topic are deleted. "
        "Comments are reviewed.",
        "Our team reviews comments daily. Profanity, threats and content unrelated to the post may be hidden.",
        "We will not hesitate to remove obscene, off-topic or threatening comments. All comments are monitored.",
        "Se supervisan los comentarios. Nos reservamos el derecho de eliminar obscenidades, comentarios fuera de tema "
        "y ataques personales.",
        "Los comentarios son revisados; se borran las groserías, los insultos y lo ajeno al tema.",
    ],
}

NOT_SAID: dict[Asked, list[str]] = {
    "purpose": [
        "",
        "Official page of the Exampleton Police Department. In an emergency call 911.",
        "In the event of an emergency call 911.",
        "Contact information for the department: 555-555-0100",
        "Comments are public information and may be removed without notice.",
        "Do not report crimes here: for information on a case call us.",
        "Para más información llame al 555-555-0100.",
        "555-555-0100 | https://police.exampleton.example",
    ],
    "website": [
        "",
        "https://city.example",
        "https://police.exampleton.example.evil.example",
        "https://fakepolice.exampleton.example",
        "https://the-police.exampleton.example",
        "police@police.exampleton.example",
    ],
    "maintained": [
        "",
        "News from Exampleton.",
        "This is not the official page of the Exampleton Police Department.",
        "Unofficial page about the Exampleton police",
        "Official website: https://police.exampleton.example",
        "This page isn't maintained by the police.",
        "Parody. The official account of the Exampleton Police",
        "Esta no es la página oficial de la policía.",
        "Official fan account of the Exampleton Eagles",
    ],
    "contact": [
        "",
        "In an emergency call 911.",
        "Call 555-555-0199",
        "15555550100999",
        "@ExampletonPD",
        "https://police.exampleton.example",
    ],
    "terms": [
        "",
        "Terms of use apply.",
        "This page is not monitored 24/7.",
        "https://police.exampleton.example",
        "Long-term plans: https://city.example/plans",
    ],
    "opinions": [
        "",
        "We value the opinions of visitors.",
        "Retweets are not endorsements.",
        "Comments are not monitored.",
        "Queremos conocer las opiniones de los visitantes.",
    ],
    "comments": [
        "",
        "This page is not monitored around the clock. Obscene, off-topic and abusive comments are removed.",
        "Comments are not monitored. Obscene, off-topic and abusive comments are removed.",
        "Comments are monitored. We never remove obscene, off-topic or abusive comments.",
        "Comments are monitored. We remove obscene comments.",
        "Comments are monitored.",
        "Los comentarios no se supervisan. Se eliminan obscenidades, insultos y comentarios fuera de tema.",
    ],
}


@pytest.mark.parametrize(("asked", "words"), [(asked, words) for asked, all_ in SAID.items() for words in all_])
def test_many_wordings_count(asked: Asked, words: str) -> None:
    """A page that says it in its own way does not lack it."""
    assert asked not in lacks(words, name="Exampleton Police")


@pytest.mark.parametrize(("asked", "words"), [(asked, words) for asked, all_ in NOT_SAID.items() for words in all_])
def test_what_does_not_say_it_does_not_count(asked: Asked, words: str) -> None:
    """Silence, a denial, and words that only sound alike."""
    assert asked in lacks(words, name="Exampleton Police")


def test_an_empty_page_lacks_everything_by_clause() -> None:
    """Each thing with its clause, in the order's order, and a reason."""
    found = lacking(Page(""), DEPARTMENT)
    assert [lack.asked for lack in found] == list(CLAUSES)
    assert [lack.clause for lack in found] == ["2.a.1", "2.a.2", "2.b.2", "2.b.2", "2.b.4", "2.b.4.a", "2.b.4.b"]
    assert all(lack.why and lack.asks for lack in found)


def test_the_reason_names_what_is_missing_of_the_removals() -> None:
    """A person adds only what is not there yet."""
    words = "We monitor comments and remove obscenities."
    (found,) = [lack for lack in lacking(Page(words), DEPARTMENT) if lack.asked == "comments"]
    assert found.why == "nothing says that off-topic comments and personal attacks are removed"


def test_a_link_to_the_terms_counts_where_there_is_no_room() -> None:
    """160 characters cannot hold them; a description of a thousand can."""
    words = "Terms: police.exampleton.example/social-media"
    assert lacks(words, room=False).isdisjoint({"terms", "opinions", "comments"})
    assert {"opinions", "comments"} <= lacks(words, room=True)


def test_the_website_alone_is_no_link_to_the_terms() -> None:
    """A department that gave its front page as the address of its terms must name them."""
    same = a_department(terms_of_use="https://police.exampleton.example")
    assert "terms" in lacks("https://police.exampleton.example", department=same)
    assert "terms" not in lacks("Terms of use: https://police.exampleton.example", department=same)


def test_where_nobody_comments_no_terms_are_asked_for() -> None:
    """The department's own site has no visitors' words."""
    asked = {lack.asked for lack in lacking(Page("", visitors_comment=False), DEPARTMENT)}
    assert asked == {"purpose", "website", "maintained", "contact"}


def test_an_official_page_must_say_of_whom() -> None:
    """Its name may say it."""
    assert "maintained" in lacks("Official page.")
    assert "maintained" not in lacks("Official page.", name="Exampleton Police")
    assert "maintained" not in lacks("Official page.", name="EXAMPLETON PD")


def test_a_page_s_name_is_no_introductory_statement() -> None:
    """“Exampleton Police News” does not say what the page is for."""
    assert "purpose" in lacks("Exampleton", name="Exampleton Police News")


def test_a_number_with_letters_is_found() -> None:
    """Some departments advertise words."""
    lettered = a_department(phone="1-800-555-TIPS")
    assert "contact" not in lacks("Call 800 555 tips", department=lettered)
    assert "contact" in lacks("Call 800 555 0100", department=lettered)


@pytest.mark.parametrize("room", [True, False])
@pytest.mark.parametrize("terms", [None, "https://police.exampleton.example/social-media"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_words_to_add_are_the_ones_that_were_missing(language: str, terms: str | None, room: bool) -> None:
    """A page made of nothing but the advice lacks nothing any more."""
    department = a_department(terms_of_use=terms)
    writer = ProfileWriter(department, Renderer(department), language)
    empty = Page("", room=room)
    advice = dict.fromkeys(words_to_add(lack, empty, department, writer) for lack in lacking(empty, department))
    assert lacking(Page("\n".join(advice), room=room), department) == ()


@pytest.mark.parametrize(
    "endless",
    [
        "official ",
        "terms of use ",
        "comments ",
        "no ",
        "a@",
        "555",
        "remove not comment monitor ",
        "x.y/",
        "opinions not ",
    ],
)
def test_an_endless_page_is_read_in_time(endless: str) -> None:
    """A hostile page of a hundred thousand characters takes no longer than its length."""
    words = endless * (100_000 // len(endless))
    started = time.perf_counter()
    lacking(Page(words), DEPARTMENT)
    lacking(Page(words.replace(" ", "")), DEPARTMENT)
    assert time.perf_counter() - started < 3
