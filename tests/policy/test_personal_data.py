"""Posts with personal data, and their clean twins."""

import pytest

from notifier.policy import ShownAttachment
from tests.policy.verdicts import findings_of

LABEL = "personal-data"
WANTED, TIP_REQUEST, TIP, CLOSURE = "wanted-person", "crime-tip-request", "crime-prevention-tip", "road-closure"
OUTREACH, EVENT, MISSING, WEATHER = "outreach", "special-event", "missing-person", "weather-emergency"

VIOLATIONS = [
    (WANTED, "Wanted: Quentin Marsh, SSN 000-12-3456. Harrowgate PD", "000-12-3456"),
    (WANTED, "Wanted: Quentin Marsh, social security number 000123456. Harrowgate PD", "000123456"),
    (WANTED, "Quentin Marsh, DOB 3/14/1981, is wanted. Harrowgate PD", "3/14/1981"),
    (WANTED, "Quentin Marsh, born on March 14, 1981, is wanted. Harrowgate PD", "March 14, 1981"),
    (MISSING, "Missing: Opal Reed, date of birth: 02-05-2009. Harrowgate PD", "02-05-2009"),
    (MISSING, "If you see Opal, call her mother at 555-555-0142. Harrowgate PD", "555-555-0142"),
    (MISSING, "Call his dad Silas on his cell, (555) 555-0143. Harrowgate PD", "(555) 555-0143"),
    (MISSING, "Text Opal's sister 555.555.0144 with any news. Harrowgate PD", "555.555.0144"),
    (MISSING, "Seen him? Call Silas Reed at 555-555-0145. Harrowgate Police", "555-555-0145"),
    (MISSING, "Opal's own number is 555-555-0146 (her cell). Harrowgate PD", "555-555-0146"),
    (TIP_REQUEST, "Tips: Officer Kell's personal cell, 555-555-0147. Harrowgate PD", "555-555-0147"),
    (OUTREACH, "Need a sitter? Call my cell 555-555-0148. Harrowgate PD desk", "555-555-0148"),
    (WEATHER, "Whoever owns the gray Honda, plate 4KD 118, it was towed. Harrowgate PD", "4KD 118"),
    (CLOSURE, "Pine Road is blocked by a red Ford, Mass reg 1AB C23, and its sleepy driver. Harrowgate PD", "1AB C23"),
    (OUTREACH, "Parking champion of the week: a blue sedan, 7XY 204, on the sidewalk. Harrowgate PD", "7XY 204"),
    (TIP_REQUEST, "A witness's car, plate 5LM 733, was also hit. Harrowgate PD", "5LM 733"),
    (WANTED, "Quentin Marsh lives at 12 Elm Street, third floor. Harrowgate PD", "12 Elm Street"),
    (WANTED, "Quentin Marsh, 41, of 12 Elm Street, was arrested. Harrowgate PD", "12 Elm Street"),
    (MISSING, "Opal Reed left her home at 88 North Pine Road on Sunday. Harrowgate PD", "88 North Pine Road"),
    (CLOSURE, "Flowers for the family may be left at their house, 9 Mill Lane. Harrowgate PD", "9 Mill Lane"),
    (WANTED, "Last known address 401 River Ave, Apt 3B. Harrowgate PD", "401 River Ave"),
    (TIP_REQUEST, "The victim resides at 7 Oak Ct. Harrowgate PD", "7 Oak Ct"),
    (WANTED, "His driver's license number is S12345678. Harrowgate PD", "S12345678"),
    (WANTED, "He uses a card ending in 4411. Harrowgate PD", "4411"),
    (OUTREACH, "Send gifts to the family: account number 000123456789. Harrowgate PD", "000123456789"),
    (WANTED, "He travels on passport number 912345678. Harrowgate PD", "912345678"),
    (MISSING, "E-mail his wife at bea.marsh@post.example. Harrowgate PD", "bea.marsh@post.example"),
    (TIP_REQUEST, "Write to quentin1981@gmail.com, he saw it all. Harrowgate PD", "quentin1981@gmail.com"),
    (MISSING, "Opal Reed, 44, is missing. She has schizophrenia. Harrowgate PD", "schizophrenia"),
    (MISSING, "Opal Reed is missing. She takes lithium and Haldol. Harrowgate PD", "lithium"),
    (MISSING, "Silas Reed, 70, wears adult diapers. Harrowgate PD", "adult diapers"),
    (WANTED, "Quentin Marsh is HIV positive, use care. Harrowgate PD", "HIV positive"),
    (CLOSURE, "Road open. Mr. Silas Reed had a heart attack at the wheel. Harrowgate PD", "heart attack"),
    (
        WANTED,
        "Buscado: Quintín Mares, fecha de nacimiento 14 de marzo de 1981. Policía de Harrowgate",
        "14 de marzo de 1981",
    ),
    (MISSING, "Si la ve, llame a su mamá al 555-555-0149. Policía de Harrowgate", "555-555-0149"),
    (MISSING, "Su celular es 555-555-0150. Policía de Harrowgate", "555-555-0150"),
    (WANTED, "Quintín Mares vive en la calle Pino 45. Policía de Harrowgate", "calle Pino 45"),
    (MISSING, "Ópalo Reyes, 44, tiene cáncer y esquizofrenia. Ella salió ayer. Policía de Harrowgate", "esquizofrenia"),
    (WEATHER, "El carro con placa 4KD 118 será remolcado. Policía de Harrowgate", "4KD 118"),
    (WANTED, "Procurado: CPF 000.111.222-33. Polícia de Harrowgate", "000.111.222-33"),
]

CLEAN = [
    (WANTED, "Call Harrowgate PD at 555-555-0100 or 911."),
    (WANTED, "Information: 555-555-0133. Harrowgate PD, case 24-10442"),
    (MISSING, "Have you seen Opal Reed, 44? Call 555-555-0121. Harrowgate PD"),
    (MISSING, "Call Harrowgate Police or her mother's work? No: only 911. Harrowgate PD"),
    (TIP_REQUEST, "Detective Imogen Vale wants to hear from you: 555-555-0188. Harrowgate PD"),
    (TIP_REQUEST, "Text the tip line, 555-555-0199. You stay anonymous. Harrowgate PD"),
    (TIP, "Calls from 555-555-0177 that claim your grandson is in jail are a scam. Harrowgate PD"),
    (TIP, "Parents: register bikes with us, 555-555-0100. Harrowgate PD"),
    (TIP, "Never give your social security number, date of birth or bank account by phone. Harrowgate PD"),
    (TIP, "Put your cell phone away and drive. Questions? 555-555-0100. Harrowgate PD"),
    (EVENT, "Sign up with Dana Ames at 555-555-0155 for the fun run. Harrowgate PD"),
    (EVENT, "Pancakes at the VFW hall, 12 Elm Street, Saturday 9 am. Harrowgate PD"),
    (EVENT, "Open house at 155 Lexington Street. Families welcome. Harrowgate PD"),
    (OUTREACH, "Visit our station, 155 Lexington Street. Harrowgate PD"),
    (OUTREACH, "Coffee with a cop at 40 Main Street, the library. Harrowgate PD"),
    (OUTREACH, "E-mail tips@harrowgatepd.example or community@harrowgate.example. Harrowgate PD"),
    (OUTREACH, "Walk for cancer research with us Sunday. People with cancer and families start first. Harrowgate PD"),
    (OUTREACH, "Narcan training: anyone can reverse an overdose. Harrowgate PD"),
    (OUTREACH, "Our town was incorporated on January 15, 1738. Harrowgate PD"),
    (CLOSURE, "Crash at 45 Main Street. Use Pine Road. Harrowgate PD"),
    (CLOSURE, "Water main break in the 100 block of Elm Street. Residents have no water at home. Harrowgate PD"),
    (CLOSURE, "Route 20 closed at Exit 27 until 10:30 PM, 3 cars involved. Harrowgate PD"),
    (CLOSURE, "A driver was taken to the hospital with injuries that are not life-threatening. Harrowgate PD"),
    (WEATHER, "Cars parked on odd sides after 12 AM will be towed; call 555-555-0100. Harrowgate PD"),
    (WEATHER, "Shelter at the high school, 617 Pine Road. Stay home if you can. Harrowgate PD"),
    (MISSING, "Silver Alert: Silas Reed, 79, tan Buick, Mass reg 3NN 482. Harrowgate PD"),
    (MISSING, "AMBER Alert: gray van, plate 6TT 901. Call 911. Harrowgate PD"),
    (MISSING, "Silas Reed has dementia and needs daily medication. Harrowgate PD"),
    (MISSING, "Opal Reed, 12, has autism and does not speak. Harrowgate PD"),
    (MISSING, "Opal Reed, 44, wears one hearing aid and lives in the Pine Grove area. Harrowgate PD"),
    (WANTED, "Quentin Marsh, 41, of Elm Street, was arrested. Harrowgate PD"),
    (TIP_REQUEST, "Hit and run: a white pickup with a partial plate 2VM. Harrowgate PD"),
    (TIP_REQUEST, "Stolen: a blue Honda, plate 8RT 115. Seen it? Harrowgate PD"),
    (TIP_REQUEST, "Break-in at 12 Elm Street, a hardware store, at 3 am. Harrowgate PD"),
    (TIP_REQUEST, "Case number 2024-001234, report 000123456. Harrowgate PD"),
    (TIP, "Store your passport and license number list in a safe. Call 555-555-0100. Harrowgate PD"),
    (MISSING, "Si la ve, llame a la Policía de Harrowgate al 555-555-0100."),
    (MISSING, "Tiene demencia y necesita medicina diaria. Policía de Harrowgate, 555-555-0100"),
    (EVENT, "Feria en la biblioteca, calle Pino 45, el sábado. Policía de Harrowgate"),
    (TIP, "Nunca dé su número de seguro social por teléfono. Policía de Harrowgate"),
]


@pytest.mark.parametrize(("kind", "text", "words"), VIOLATIONS)
def test_personal_data_are_found(kind: str | None, text: str, words: str) -> None:
    """A private person's number, home or condition is stopped, and the words are underlined."""
    found = findings_of(LABEL, text, kind)
    assert any(words in finding.text or finding.text in words for finding in found)
    assert all(finding.text == text[finding.start : finding.end] and finding.verdict == "block" for finding in found)


@pytest.mark.parametrize(("kind", "text"), CLEAN)
def test_public_facts_pass(kind: str | None, text: str) -> None:
    """Office numbers, venues, blocks, sought vehicles, ages and general conditions are left alone."""
    assert [finding.text for finding in findings_of(LABEL, text, kind)] == []


def test_a_picture_that_shows_a_document_is_found() -> None:
    """What the maker says a picture shows is read: a readable plate, a licence."""
    picture = ShownAttachment("desk.jpg", "Harrowgate PD", "counter with a driver's license in view")
    (found,) = findings_of(LABEL, "Lost and found at Harrowgate PD.", OUTREACH, (picture,))
    assert (found.attachment, found.text) == ("desk.jpg", "driver's license")
