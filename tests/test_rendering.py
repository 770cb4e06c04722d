"""Rendering: every mandatory fact fits every form, nothing is cut, and templates fail loudly."""

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from notifier.channel import FORMS, Form, Limit
from notifier.lengths import sms_segments, to_gsm7, x_length
from notifier.notification import Notification, Stage, Status
from notifier.rendering import Renderer, Text, Wish, phrases, stages_of
from tests.longest_facts import LONGEST, Facts
from tests.notifications import (
    FULL_FIELDS,
    NOW,
    REQUIRED_FIELDS,
    ZONE,
    a_department,
    a_full_notification,
    a_notification,
)

NIXLE, X = Limit(138, "sms"), Limit(280, "x")
LIMITS: dict[Form, Limit | None] = {"headline": None, "sms": NIXLE, "short": X, "long": None}
STAGES: tuple[Stage, ...] = ("issue", "update", "resolve")
LONG_NAMED = a_department(
    short_name="Greater Exampleton P",
    name="The Police Department of Greater " + "Exampleton" * 4,
    phone="555-555-0100 ext 123",
)
LONG_NAMED_RENDERER = Renderer(LONG_NAMED)
RENDERER = Renderer(a_department())

GUIDANCE: dict[str, dict[str, tuple[str, ...]]] = {
    "road-closure": {"en": ("void",), "es": ("vite",)},
    "special-event": {"en": ("delays",), "es": ("demoras",)},
    "weather-emergency": {"en": ("Act now", "Take care"), "es": ("Actúe ya", "Cuídese")},
    "missing-person": {"en": ("all 911",), "es": ("lame al 911",)},
    "outreach": dict.fromkeys(("en", "es"), ("Join us", "Participe", "555-555-0100")),
    "wanted-person": {"en": ("Do not approach",), "es": ("No se acerque",)},
    "crime-tip-request": dict.fromkeys(("en", "es"), (LONG_NAMED.phone,)),
    "crime-prevention-tip": dict.fromkeys(("en", "es"), (LONG_NAMED.phone,)),
}
"""One of these tells the public what to do."""


def render(notification: Notification, form: Form, language: str = "en", renderer: Renderer = RENDERER) -> Text:
    """Render a form as the channel of that form asks for it."""
    return renderer.render(notification, form, language, Wish(LIMITS[form], gsm7=form == "sms"))


def words_of(text: str) -> set[str]:
    """The words of a text, without the signs between them."""
    return set(re.findall(r"\w+", text))


def expected_words(kind: str, facts: Facts, form: Form, language: str) -> list[str]:
    """What a text of the issue must hold: source, hazard, location and time (guidance is looked for apart)."""
    words = [LONG_NAMED.name if form == "long" else LONG_NAMED.short_name, *facts.words]
    if form != "sms":
        words += facts.beyond_sms
    if facts.moment is not None:
        words.append((facts.moment.sms if form == "sms" else facts.moment.clock)[language])
        if kind == "road-closure" and form == "sms" and "starts" in facts.fields:
            words.append(facts.moment.start[language])
    return [to_gsm7(word) for word in words] if form == "sms" else words


@pytest.mark.parametrize("kind", LONGEST)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_mandatory_facts_at_their_greatest_lengths_fit_every_form(kind: str, data: DataObject) -> None:
    """Source, hazard, location, time and guidance stand whole in every form, language and stage, also in a drill."""
    facts = data.draw(LONGEST[kind])
    status: Status = data.draw(st.sampled_from(["actual", "exercise"]))
    for stage in ("issue", "update"):
        notification = a_notification(kind, stage=stage, status=status, languages=("en", "es"), **facts.fields)
        for language in ("en", "es"):
            for form in ("sms", "short", "long"):
                text = render(notification, form, language, LONG_NAMED_RENDERER)
                assert text.fits, text.text
                for word in expected_words(kind, facts, form, language):
                    assert word in text.text
                guidance = [to_gsm7(words) if form == "sms" else words for words in GUIDANCE[kind][language]]
                assert any(words in text.text for words in guidance)
            check_lengths(notification, language)


@pytest.mark.parametrize("kind", LONGEST)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_that_it_is_over_fits_every_form(kind: str, data: DataObject) -> None:
    """A resolve at the fields' greatest lengths fits, and names its source."""
    facts = data.draw(LONGEST[kind])
    notification = a_notification(kind, stage="resolve", status="exercise", languages=("en", "es"), **facts.fields)
    for language in ("en", "es"):
        check_lengths(notification, language)
        assert LONG_NAMED.short_name in render(notification, "sms", language, LONG_NAMED_RENDERER).text


@pytest.mark.parametrize("kind", LONGEST)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_fitting_cuts_no_word_and_no_address(kind: str, data: DataObject) -> None:
    """A fitted text holds only whole words of the whole text, and a web address whole or not at all."""
    facts = data.draw(LONGEST[kind])
    notification = a_notification(kind, **facts.fields)
    for form, limit in LIMITS.items():
        whole = LONG_NAMED_RENDERER.render(notification, form, "en")
        fitted = LONG_NAMED_RENDERER.render(notification, form, "en", Wish(limit))
        assert words_of(fitted.text) <= words_of(whole.text)
        addresses = [word for word in fitted.text.split() if word.startswith("http")]
        assert set(addresses) <= {facts.fields.get("link")}


def check_lengths(notification: Notification, language: str) -> None:
    """Measure the two short forms as the networks do."""
    sms = render(notification, "sms", language, LONG_NAMED_RENDERER)
    short = render(notification, "short", language, LONG_NAMED_RENDERER)
    assert sms.fits, sms.text
    assert sms_segments(sms.text).encoding == "GSM-7"
    assert sms_segments(sms.text).units <= NIXLE.amount
    assert short.fits, short.text
    assert x_length(short.text) <= X.amount


def test_a_drill_in_the_tightest_text_message_uses_all_of_it() -> None:
    """The limit on street names is no smaller than it needs to be: the tightest closure leaves a few characters."""
    notification = a_notification(
        street="S" * 40, to="T" * 24, lanes="some", ends="2026-11-22T22:45", stage="update", status="exercise"
    )
    lengths = [len(render(notification, "sms", language, LONG_NAMED_RENDERER).text) for language in ("en", "es")]
    assert 133 < max(lengths) <= 138


# --- what is in the templates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", REQUIRED_FIELDS)
def test_every_kind_has_every_stage_in_both_languages(kind: str) -> None:
    """Issue, update and resolve exist in English and Spanish, and each renders its four forms, sparse and full."""
    assert set(stages_of(kind)) >= {(stage, language) for stage in STAGES for language in ("en", "es")}
    for make in (a_notification, a_full_notification):
        for stage in STAGES:
            for language in ("en", "es"):
                for form in FORMS:
                    text = render(make(kind, stage=stage), form, language).text
                    assert text
                    assert not re.search(r" [.,:;)]|\( |,,|None|\.\.|\s$", text), text


@pytest.mark.parametrize("kind", REQUIRED_FIELDS)
@pytest.mark.parametrize(("language", "words"), [("en", ("update",)), ("es", ("actualización", "novedad", "aun "))])
def test_an_update_says_that_it_is_one(kind: str, language: str, words: tuple[str, ...]) -> None:
    """Nobody takes an update for a second incident."""
    for form in FORMS:
        text = render(a_full_notification(kind, stage="update"), form, language).text.lower()
        assert any(word in text for word in words), text


def test_texts_shout_nothing_and_name_no_state_alert() -> None:
    """No template holds words in capitals, a hashtag, or the name of an alert program that is the state's to use."""
    allowed = {"PD", "AM", "PM", "EST", "NWS"}
    for kind in REQUIRED_FIELDS:
        for stage in STAGES:
            for language in ("en", "es"):
                for form in FORMS:
                    text = render(a_full_notification(kind, stage=stage, link=None), form, language).text
                    assert set(re.findall(r"\b[A-Z]{2,}\b", text)) <= allowed
                    assert not re.search(r"#|amber|silver alert|alerta plateada", text.lower())


def test_spanish_speaks_spanish() -> None:
    """A text in Spanish translates the known reasons, directions and hazards, and says which text is binding."""
    closure = a_full_notification(languages=("en", "es"))
    assert "(rotura de una tubería de agua)" in render(closure, "short", "es").text
    assert "en dirección norte" in render(closure, "short", "es").text
    assert render(closure, "long", "es").text.endswith("El texto en inglés de este aviso es la versión oficial.")
    assert "inglés" not in render(a_full_notification(languages=("es",)), "long", "es").text
    flood = a_notification("weather-emergency", event="Flash Flood WARNING")
    assert "Aviso de inundación repentina" in render(flood, "headline", "es").text


def test_free_text_that_is_not_known_stays_as_typed() -> None:
    """No machine translates what a dispatcher wrote."""
    assert "escaped llamas" in render(a_notification(reason="escaped llamas"), "short", "es").text


def test_the_spanish_names_of_hazards_fit_a_text_message() -> None:
    """A hazard's Spanish name is no longer than the field for the English one."""
    hazards = [name for name in phrases("es") if re.search(r"(warning|watch|advisory)$", name)]
    assert len(hazards) > 50
    assert {name: said for name in hazards if len(said := phrases("es")[name]) > 32} == {}


# --- times ------------------------------------------------------------------------------------------------------------


def test_a_time_today_has_no_day_and_another_day_has_one() -> None:
    """The day stands where it is not today's, shorter the shorter the form."""
    tonight = a_notification(ends="2026-11-22T18:30")
    tomorrow = a_notification(ends="2026-11-23T06:00")
    assert "til 6:30PM:" in render(tonight, "sms").text
    assert "til 11/23 6AM:" in render(tomorrow, "sms").text
    assert "until 6:30 PM (" in render(tonight, "short").text
    assert "until Mon Nov 23, 6:00 AM (" in render(tomorrow, "short").text
    assert "until 6:30 PM EST on Sunday, November 22." in render(tonight, "long").text


def test_spanish_dates_are_spanish() -> None:
    """Day before month, Spanish names, the article that the hour asks for, one full stop after p.m."""
    closure = a_notification(starts="2026-11-22T18:30", ends="2026-11-24T13:15")
    assert "desde las 6:30 p.m. hasta el mar 24 nov a la 1:15 p.m. (" in render(closure, "short", "es").text
    long = render(closure, "long", "es").text
    assert (
        "desde las 6:30 p.m. EST del domingo 22 de noviembre, hasta la 1:15 p.m. EST del martes 24 de noviembre" in long
    )
    assert "18:30-24/11 13:15" in render(closure, "sms", "es").text


def test_an_end_on_the_day_of_the_start_is_said_by_the_clock_alone() -> None:
    """The day is not said twice."""
    parade = a_full_notification("special-event")
    assert "11/28 10AM-2PM" in render(parade, "sms").text
    assert "Sat Nov 28, 10:00 AM until 2:00 PM." in render(parade, "short").text
    assert "sáb 28 nov a las 10:00 a.m. hasta las 2:00 p.m. Prevea" in render(parade, "short", "es").text


def test_times_are_the_department_s_own_through_the_change_of_the_clocks() -> None:
    """The same minute in UTC reads by the offset of its own day: EDT before the change, EST after it."""
    before, after = datetime(2026, 10, 31, 22, 0, tzinfo=ZONE), datetime(2026, 11, 1, 22, 0, tzinfo=ZONE)
    assert after - before == timedelta(hours=24)
    closure = a_notification(created=NOW - timedelta(days=30), starts="2026-10-31T22:00", ends="2026-11-01T22:00")
    long = render(closure, "long").text
    assert "from 10:00 PM EDT on Saturday, October 31, until 10:00 PM EST on Sunday, November 1." in long


def test_a_closure_to_come_is_not_said_to_be_closed_now() -> None:
    """Will be, before its start; is, after it."""
    assert "will be closed" in render(a_notification(starts="2026-11-25T09:00"), "short").text
    assert "is closed" in render(a_notification(starts="2026-11-22T09:00"), "short").text
    assert "Habrá un cierre" in render(a_notification(starts="2026-11-25T09:00"), "short", "es").text


# --- what goes first --------------------------------------------------------------------------------------------------


def test_the_least_important_goes_first() -> None:
    """As the room shrinks, the link goes before the detour, the detour before the reason, the reason before the end."""
    closure = a_notification(ends="2026-11-23T06:00", detour="use River Road", link="https://city.example/a")
    gone: list[str] = []
    for limit in range(138, 40, -1):
        gone += [
            words
            for words in RENDERER.render(closure, "sms", "en", Wish(Limit(limit, "sms"))).dropped
            if words not in gone
        ]
    assert gone == ["https://city.example/a", "Detour: use River Road.", ": water main break", "6AM"]


def test_details_of_five_thousand_characters_go_and_the_facts_stay() -> None:
    """Long details are dropped whole, told as dropped, and stand whole in the long form."""
    closure = a_notification(details="Stay away. " * 450)
    short = render(closure, "short")
    assert short.fits
    assert [words[:10] for words in short.dropped] == ["Stay away."]
    assert "Main Street is closed" in short.text
    assert render(closure, "long").text.count("Stay away.") == 450


def test_what_cannot_fit_is_said_not_cut() -> None:
    """Mandatory words that are too long come back whole, marked as not fitting."""
    text = RENDERER.render(a_notification(), "sms", "en", Wish(Limit(20, "sms")))
    assert not text.fits
    assert "Main Street" in text.text


def test_a_name_in_another_script_shrinks_the_text_message() -> None:
    """One character outside GSM-7 leaves 60 of Nixle's 138, and the optional words go."""
    closure = a_notification(street="Улица Мира", reason="flooding", detour="use River Road")
    text = render(closure, "sms")
    assert text.fits
    assert len(text.text) <= 60
    assert "Улица Мира" in text.text


def test_a_text_message_is_written_in_gsm7() -> None:
    """Curly quotes, dashes and accents that GSM-7 lacks become plain; the longer forms keep them."""
    closure = a_notification(street="O’Brien–Muñoz Way", reason="café “fire”")
    assert "O'Brien-Muñoz Way" in render(closure, "sms").text
    assert "O’Brien–Muñoz Way" in render(closure, "short").text


# --- exercises --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", REQUIRED_FIELDS)
def test_every_form_of_an_exercise_begins_with_its_mark(kind: str) -> None:
    """No form of a drill can be taken for the real thing, in any stage."""
    for stage in STAGES:
        drill = a_notification(kind, stage=stage, status="exercise")
        for form in FORMS:
            assert render(drill, form, "en").text.startswith("DRILL: ")
            assert render(drill, form, "es").text.startswith("DRILL: " if form == "sms" else "SIMULACRO: ")
            assert "DRILL" not in render(a_notification(kind, stage=stage), form, "en").text


# --- a person who is found --------------------------------------------------------------------------------------------

SECRETS = st.text("ZQXWzqxw", min_size=6, max_size=30)


@given(name=SECRETS, place=SECRETS, other=SECRETS, age=st.integers(0, 120))
@settings(max_examples=60, deadline=None)
def test_a_resolve_never_names_the_person_who_was_missing(name: str, place: str, other: str, age: int) -> None:
    """No form repeats the name, the place, the description, the details or the link; age and day say who it is."""
    notification = a_full_notification(
        "missing-person",
        stage="resolve",
        age=age,
        name=name,
        last_seen_place=place,
        **dict.fromkeys(("description", "clothing", "vehicle", "caution", "details"), other),
        height=other,
        link=f"https://police.example/{name}",
    )
    for language in ("en", "es"):
        for form in FORMS:
            text = render(notification, form, language).text
            assert not [secret for secret in (name, place, other, "female", "femenino", "http") if secret in text]
    assert "reported missing on November 22 has been located" in render(notification, "sms").text


def test_a_resolve_says_who_was_found_by_age() -> None:
    """By age and day, with words for the very young."""
    found = [render(a_notification("missing-person", stage="resolve", age=age), "short").text for age in (14, 0)]
    assert "The 14-year-old reported missing on November 22 has been located." in found[0]
    assert "The baby reported missing on November 22 has been located." in found[1]
    one = render(a_notification("missing-person", stage="resolve", age=1), "short", "es").text
    assert "la persona de 1 año cuya desaparición se informó el 22 de noviembre" in one


def test_the_samples_use_every_field() -> None:
    """The full samples of these tests leave out pictures and nothing else, so that no field goes untried."""
    for kind, fields in FULL_FIELDS.items():
        names = {name.rstrip("_") for name in type(a_full_notification(kind).facts).model_fields}
        assert names - set(fields) <= {"attachments", "expires", "photo", "details"}
