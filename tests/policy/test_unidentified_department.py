"""Texts that nobody signs, and their signed twins."""

import pytest

from notifier.policy import judge, subject_of_text

SIGNED = [
    ("Harrowgate Police Department", "Pine Road is closed. Harrowgate Police Department"),
    ("Harrowgate Police Department", "Harrowgate PD: Pine Road is closed."),
    ("Harrowgate Police Department", "HARROWGATE POLICE - Pine Road is closed."),
    ("Harrowgate Police Department", "Pine Road is closed. @HarrowgatePD"),
    ("Harrowgate Police Department", "Pine Road is closed. #harrowgatepolice"),
    ("Harrowgate Police Department", "Harrowgate's police thank you."),
    ("Harrowgate Police Department", "Police in Harrowgate ask you to avoid Pine Road."),
    ("Harrowgate Police Department", "Harrowgate, MA Police: Pine Road is closed."),
    ("Harrowgate Police Department", "City of Harrowgate Police: Pine Road is closed."),
    ("Harrowgate Police Department", "La Policía de Harrowgate cierra la calle Pino."),
    ("Harrowgate Police Department", "Policía de la ciudad de Harrowgate: calle cerrada."),
    ("Harrowgate Police Department", "A Polícia de Harrowgate fecha a rua."),
    ("Harrowgate Police Department", "Depatman Lapolis Harrowgate fèmen ri a."),
    ("Cold Spring Police Department", "Cold Spring PD says: stay warm."),
    ("Cold Spring Police Department", "coldspringpd: stay warm."),
    ("Dunmore County Sheriff's Office", "Dunmore County Sheriff: bridge closed."),
    ("Dunmore County Sheriff's Office", "The Dunmore Sheriff's Office has one lane open."),
    (None, "Tarrant Police: bridge closed."),
    (None, "Bridge closed. Tarrant PD"),
    (None, "Bridge closed. @TarrantPD"),
    (None, "La Policía de Tarrant cierra el puente."),
    (None, "The Dunmore County Sheriff's Office closed the bridge."),
]

UNSIGNED = [
    ("Harrowgate Police Department", "Pine Road is closed.", ""),
    ("Harrowgate Police Department", "Pine Road is closed. Call the PD.", "the PD"),
    ("Harrowgate Police Department", "The department thanks you all.", "The department"),
    ("Harrowgate Police Department", "Officer Ames here: lock your cars.", ""),
    ("Harrowgate Police Department", "Missing: Opal Reed, 44. Call 555-555-0100.", ""),
    ("Harrowgate Police Department", "Tarrant Police have closed the bridge.", ""),
    ("Harrowgate Police Department", "Harrowgate Fire Department: bridge closed.", ""),
    ("Harrowgate Police Department", "Meet us on Harrowgate Common at noon.", ""),
    ("Harrowgate Police Department", "From your friends at the K9 unit: hydrate!", ""),
    ("Harrowgate Police Department", "Cerrada la calle Pino. Llame a la policía.", "la policía"),
    ("Cold Spring Police Department", "It is a cold spring. Police your lawn.", ""),
    (None, "Bridge closed. Call the PD.", "the PD"),
    (None, "Your local police closed the bridge.", None),
    (None, "Bridge closed.", ""),
    (None, "Llame a la policía.", "la policía"),
]


def _findings(department: str | None, text: str, stage: str = "final") -> list[str]:
    judged = judge(subject_of_text(text, "road-closure", "draft" if stage == "draft" else "final", department))
    return [finding.text for finding in judged.findings if finding.label == "unidentified-department"]


@pytest.mark.parametrize(("department", "text"), SIGNED)
def test_a_signed_text_passes(department: str | None, text: str) -> None:
    """The name, a short form, a handle or the name in another language identifies the department."""
    assert _findings(department, text) == []


@pytest.mark.parametrize(("department", "text", "words"), UNSIGNED)
def test_an_unsigned_text_is_found(department: str | None, text: str, words: str | None) -> None:
    """A vague word, a first name, a unit, a number or another agency does not identify the department."""
    found = _findings(department, text)
    assert len(found) == 1
    assert words is None or found == [words]


def test_a_draft_needs_no_signature() -> None:
    """A draft's issuer is still to be added."""
    assert _findings("Harrowgate Police Department", "Pine Road is closed.", "draft") == []
