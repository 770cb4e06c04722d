"""Templates: a department's own come first, and a mistake in one is told with its place."""

import re
from pathlib import Path

import pytest

from notifier.errors import SettingsError
from notifier.fitting import CLOSE, MARK, OPEN
from notifier.rendering import Renderer, first_sentence, sentence
from tests.notifications import a_department, a_notification

RENDERER = Renderer(a_department())


def own_renderer(folder: Path, text: str, name: str = "issue.en.txt") -> Renderer:
    """A renderer of a department that has its own template for closures."""
    path = folder / "notifications" / "road-closure" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return Renderer(a_department(), folder)


def test_a_department_s_own_template_comes_before_the_built_in_one(tmp_path: Path) -> None:
    """Its own issue is used, the built-in ones for the rest; the built-in update follows its words."""
    renderer = own_renderer(tmp_path, "{% block headline %}Own words for {{ street }}{% endblock %}")
    assert renderer.render(a_notification(), "headline", "en").text == "Own words for Main Street"
    assert renderer.render(a_notification(stage="update"), "headline", "en").text == "Update: Own words for Main Street"
    assert renderer.render(a_notification(), "headline", "es").text == "Cierre vial: Main Street"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("{{ stret }}", "'stret' is undefined"),
        ("{{ detour }}", "a field that is empty here was printed"),
        ("{{ long_time(ends) }}", "'NoneType' object has no attribute 'astimezone'"),
        ("{{ street + 1 }}", "can only concatenate str"),
        ("{{ facts.model_copy.__globals__ }}", "access to attribute '__globals__' of 'method' object is unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
    ],
)
def test_a_mistake_in_a_template_is_an_error_that_names_its_line(tmp_path: Path, words: str, sentence: str) -> None:
    """A misspelt name, an empty field, a wrong call: the template, the line, and what is wrong."""
    renderer = own_renderer(tmp_path, "{% block headline %}\nRoad closed\n" + words + "\n{% endblock %}")
    with pytest.raises(SettingsError) as told:
        renderer.render(a_notification(), "headline", "en")
    assert told.value.problems[0].where == "templates/notifications/road-closure/issue.en.txt, line 3"
    assert sentence in told.value.problems[0].sentence


def test_a_mistake_in_an_extended_template_names_that_template(tmp_path: Path) -> None:
    """The update fails where the issue is wrong, and says so."""
    renderer = own_renderer(tmp_path, "{% block headline %}{{ stret }}{% endblock %}")
    with pytest.raises(SettingsError, match=r"issue\.en\.txt, line 1: 'stret' is undefined"):
        renderer.render(a_notification(stage="update"), "headline", "en")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "{% block headline %}{% optional 12 %}a{% endoptional %}{% endblock %}",
            "line 1: optional takes an importance",
        ),
        ("{% block headline %}\n{% if street %}\n{% endblock %}", "line 3: Encountered unknown tag 'endblock'"),
        ("{% block sms %}a{% endblock %}", 'it has no block "headline"; correct the template'),
        ('{% extends "notifications/none.txt" %}', "templates/notifications/none.txt: there is no such template"),
        ('{% extends "notifications/road-closure/issue.en.txt" %}', "extends itself"),
    ],
)
def test_a_template_that_cannot_be_read_is_an_error(tmp_path: Path, text: str, sentence: str) -> None:
    """A syntax error, a missing block, a missing or circular base: each a sentence with its place."""
    renderer = own_renderer(tmp_path, text)
    with pytest.raises(SettingsError, match=re.escape(sentence)):
        renderer.render(a_notification(), "headline", "en")


def test_a_kind_without_a_template_is_an_error() -> None:
    """The stage that is missing is named with its file."""
    with pytest.raises(SettingsError, match=r"road-closure/withdraw\.en\.txt: there is no such template; add it"):
        RENDERER.render(a_notification(stage="withdraw"), "headline", "en")


@pytest.mark.parametrize("mark", [OPEN, MARK, CLOSE])
def test_a_value_cannot_forge_a_mark(mark: str) -> None:
    """Words that would mark others as droppable are refused wherever they come from."""
    renderer = Renderer(a_department(short_name=f"PD{mark}"))
    with pytest.raises(SettingsError, match="noncharacter"):
        renderer.render(a_notification(), "sms", "en")


def test_a_value_with_template_signs_is_only_words() -> None:
    """What a dispatcher types is never run."""
    closure = a_notification(street="{{ 7 * 7 }} {% raw %}")
    assert "{{ 7 * 7 }} {% raw %} is closed" in RENDERER.render(closure, "short", "en").text


# --- sentences --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Move to higher ground now. Do not drive.", "Move to higher ground now."),
        ("Avoid Elm St. and Oak Ave. until noon. Then call.", "Avoid Elm St. and Oak Ave. until noon."),
        ("Come at 6 p.m. or later! Bring water.", "Come at 6 p.m. or later!"),
        ("No stop at all", "No stop at all"),
        ("A heading\nand a text.", "A heading"),
        ("Version 2.5 of it. More.", "Version 2.5 of it."),
    ],
)
def test_the_first_sentence_of_a_text(text: str, first: str) -> None:
    """It ends at a full stop that ends a sentence, not at one that shortens a word."""
    assert first_sentence(text) == first


def test_a_sentence_ends_with_one_stop() -> None:
    """A stop is added where none stands."""
    assert [sentence(words) for words in ("use Elm", "Use Elm.", "Why?")] == ["use Elm.", "Use Elm.", "Why?"]
