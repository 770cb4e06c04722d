"""Posts that speak of guilt or innocence, and their clean twins."""

import pytest

from notifier.policy import ShownAttachment
from tests.policy.verdicts import findings_of

LABEL = "guilt-or-innocence"

WANTED, TIP_REQUEST, TIP, CLOSURE = "wanted-person", "crime-tip-request", "crime-prevention-tip", "road-closure"
OUTREACH, EVENT, MISSING, WEATHER = "outreach", "special-event", "missing-person", "weather-emergency"

VIOLATIONS = [
    (OUTREACH, "Coffee with a Cop! We caught the thief who robbed the deli. Harrowgate PD", "the thief"),
    (WANTED, "The thief is in custody. Thanks for the tips. Harrowgate PD", "The thief"),
    (WANTED, "Harrowgate PD: burglar arrested after a two-week hunt.", "burglar"),
    (
        WANTED,
        "Harrowgate Police caught the arsonist behind Sunday's barn fire. He was arraigned today.",
        "the arsonist",
    ),
    (
        WANTED,
        "We arrested Quentin Marsh, 41, on Tuesday. This predator will not hurt anyone again. Harrowgate PD",
        "This predator",
    ),
    (WANTED, "Arrested: Quentin Marsh, 41. He robbed the Elm Street pharmacy twice. Harrowgate PD", "He robbed"),
    (WANTED, "Case closed! Quentin Marsh, 41, was charged this morning. Harrowgate Police", "Case closed"),
    (WANTED, "Harrowgate PD got our man. Sleep well.", None),
    (WANTED, "After a long week we got our man! Harrowgate PD", "got our man"),
    (WANTED, "Serial burglar Quentin Marsh, 41, is wanted on a warrant. Call Harrowgate PD.", "burglar"),
    (WANTED, "Wanted: Quentin Marsh, 41. He is a thief and a coward. Harrowgate Police", "a thief"),
    (WANTED, "Confessed killer due in court Friday, Harrowgate Police report.", "Confessed killer"),
    (
        WANTED,
        "The man who broke into six cars on Pine Road is behind bars tonight. Harrowgate PD",
        "The man who broke into six cars",
    ),
    (
        CLOSURE,
        "Pine Road is open. The clown who set fire to the shed is in handcuffs. Harrowgate PD",
        "The clown who set fire to",
    ),
    (WANTED, "Those responsible for the mural damage have been arrested. Harrowgate Police", "Those responsible"),
    (WANTED, "Quentin Marsh was arrested. He is guilty and he knows it. Harrowgate PD", "guilty"),
    (WANTED, "Marsh, held since Monday on bail, is clearly guilty. He is guilty, folks. Harrowgate PD", "guilty"),
    (WANTED, "We arrested Quentin Marsh in error: he is an innocent man. Harrowgate PD", "innocent"),
    (WANTED, "Yesterday's arrestee has been released. She didn't do it. Harrowgate Police", "She didn't do it"),
    (
        WANTED,
        "He had nothing to do with it, so we let the man we arrested go. Harrowgate PD",
        "had nothing to do with it",
    ),
    (WANTED, "One less drug dealer on our streets: a 30-year-old was arrested at noon. Harrowgate PD", None),
    (WANTED, "A 44-year-old was arrested. Another criminal off our streets. Harrowgate PD", None),
    (
        WANTED,
        "Arrested with the purse in his lap, and he 'allegedly' stole it. Sure he did, wink wink. Harrowgate PD",
        None,
    ),
    (WANTED, "He was charged with larceny. Innocent until proven guilty, but we all know. Harrowgate PD", None),
    (WANTED, 'The "alleged" vandal was arrested with paint on both hands. Harrowgate Police', None),
    (WANTED, '"We got our guy," said Chief Imogen Vale of Harrowgate Police.', "got our guy"),
    (WANTED, "Caught red-handed: a 29-year-old with eleven catalytic converters. Harrowgate PD", "Caught red-handed"),
    (TIP_REQUEST, "Recognize this thief? Photo below. Harrowgate PD", "this thief"),
    (TIP_REQUEST, "Know this man? Our porch pirate has a rare taste in boots. Harrowgate PD", "Our porch pirate"),
    (TIP_REQUEST, "The robber in this photo likes pink sneakers. Call Harrowgate PD.", "The robber"),
    (TIP_REQUEST, "Thanks to you the vandals were identified and arrested. Harrowgate Police", "the vandals"),
    (WANTED, "The drunk driver was arrested at the scene. Harrowgate PD", "The drunk driver"),
    (WANTED, "We took a drug dealer into custody this afternoon. Harrowgate PD", "a drug dealer"),
    (WANTED, "The shooter surrendered at 4 pm. Harrowgate Police", "The shooter"),
    (WANTED, "The teen who stole the ambulance was apprehended in Pine Grove. Harrowgate PD", "The teen who stole"),
    (WANTED, "Meet Quentin Marsh, 41. Booked Friday. He stole from his own church. Harrowgate PD", "He stole"),
    (WANTED, "Quentin Marsh, 41, robbed the credit union and was charged with robbery. Harrowgate PD", "Quentin Marsh"),
    (WANTED, "He will now pay for what he did; bail was set at noon. Harrowgate PD", "what he did"),
    (WEATHER, "Storm cleanup goes on. The looters we arrested will be arraigned Monday. Harrowgate PD", "The looters"),
    (EVENT, "The parade is back on: the vandal who wrecked the float was arrested. Harrowgate PD", "the vandal"),
    (MISSING, "The search is over. The killer is in custody. Harrowgate PD", "The killer"),
    (None, "The burglar is in custody. Harrowgate PD", "The burglar"),
    (WANTED, "El ladrón está bajo custodia. Policía de Harrowgate", "El ladrón"),
    (WANTED, "Policía de Harrowgate: detuvimos al asaltante de la calle Pino.", "al asaltante"),
    (WANTED, "Fue arrestado anoche. Caso cerrado. Policía de Harrowgate", "Caso cerrado"),
    (WANTED, "¿Reconoce a este ratero? En la foto lleva gorra. Policía de Harrowgate", "este ratero"),
    (WANTED, "El hombre que quemó el granero fue detenido. Policía de Harrowgate", "El hombre que quemó"),
    (WANTED, "La Policía de Harrowgate arrestó a Quintín Mares, 41. Quintín Mares es culpable.", "culpable"),
    (WANTED, "Un delincuente menos: fue detenido a las 5. Policía de Harrowgate", "Un delincuente menos"),
    (WANTED, "La mujer detenida es inocente. Ella es inocente. Policía de Harrowgate", "inocente"),
    (WANTED, "El asesino confeso va al tribunal el lunes. Policía de Harrowgate", "asesino confeso"),
]

CLEAN = [
    (WANTED, "A 41-year-old man was arrested and charged with larceny. Harrowgate PD"),
    (WANTED, "Quentin Marsh, 41, is wanted on a warrant for larceny. He is presumed innocent. Harrowgate PD"),
    (WANTED, "All persons are innocent until proven guilty. Harrowgate Police"),
    (WANTED, "The alleged robber was arrested Monday. Harrowgate PD"),
    (WANTED, "A suspect is in custody. There is no danger to the public. Harrowgate PD"),
    (WANTED, "Quentin Marsh, 41, was arrested on suspicion of arson and pleaded not guilty. Harrowgate PD"),
    (WANTED, "Arrested Monday: a 30-year-old who allegedly stole four bikes. Harrowgate PD"),
    (WANTED, "He is accused of breaking into six cars and was released on bail. Harrowgate PD"),
    (WANTED, "According to the complaint he robbed two stores; he was arraigned today. Harrowgate PD"),
    (WANTED, "One man was arrested. A second thief remains at large and unidentified. Harrowgate PD"),
    (TIP_REQUEST, "Help us find the thief who took a wheelchair from a porch on Pine Road. Harrowgate PD"),
    (TIP_REQUEST, "A thief took the food pantry's sign. No arrests. Call Harrowgate PD."),
    (TIP_REQUEST, "Vandals knocked over the bandstand. Whoever did it, Harrowgate Police want to know."),
    (TIP_REQUEST, "Someone broke into the boathouse Friday. He wore a red cap. Harrowgate PD"),
    (TIP_REQUEST, "A man robbed the deli at gunpoint and fled on foot. Harrowgate PD asks for video."),
    (TIP_REQUEST, "We want to find those responsible for the fire. Harrowgate Police"),
    (TIP_REQUEST, "To the burglar who left a shoe behind: it is a size 9. Harrowgate PD"),
    (TIP_REQUEST, "No one has been arrested. The arsonist struck again last night. Harrowgate PD"),
    (TIP, "Burglars look for open windows. Thieves love unlocked cars. Harrowgate PD"),
    (TIP, "If he asks for gift cards, he is a scammer. Hang up. Harrowgate PD"),
    (TIP, "A thief needs nine seconds. Hide it, lock it, keep it. Harrowgate PD"),
    (TIP, 'A caller says "you are guilty, pay now". It is a scam. Harrowgate Police'),
    (TIP, "Shoplifters get caught; 41 people were arrested last December. Harrowgate PD"),
    (OUTREACH, "Confession: the chocolate fountain is our guilty pleasure. Harrowgate Police"),
    (OUTREACH, "Book club meets Thursday: we read a novel where the killer is the butler. Harrowgate PD"),
    (OUTREACH, "The cookie thief has been caught: it was a raccoon. Case closed. Harrowgate PD"),
    (OUTREACH, "Mystery solved: the smell at the station was the fridge. Harrowgate PD"),
    (OUTREACH, "Who is the donut thief? K9 Biscuit is our prime suspect. Harrowgate PD"),
    (EVENT, "Trivia night: guess which movie villain stole Christmas. Harrowgate PD"),
    (EVENT, "Nobody is guilty of eating too much pie here. Harrowgate Police pie social, Sunday."),
    (CLOSURE, "Pine Road is closed. An innocent bystander was hurt; the driver is in custody. Harrowgate PD"),
    (CLOSURE, "Keep cars off the streets tonight so plows can pass. Harrowgate PD"),
    (CLOSURE, "Case in point: the water main broke again. Road closed. Harrowgate PD"),
    (WEATHER, "Winter strikes again. Harrowgate PD asks you to stay home."),
    (WEATHER, "A killer frost is due tonight, cover your tomatoes. Harrowgate PD"),
    (MISSING, "Found! We got him home before dark. Thank you. Harrowgate PD"),
    (MISSING, "Quentin Marsh, 71, is missing. He broke in new boots that morning. Harrowgate PD"),
    (WANTED, "Three people were arrested at the protest and charged with trespass. Harrowgate PD"),
    (WANTED, "A criminal complaint was filed; a 41-year-old will be arraigned. Harrowgate PD"),
    (WANTED, "The man arrested Friday was released. No charges were filed. Harrowgate PD"),
    (WANTED, "The victim was robbed at noon. A man was arrested at two. Harrowgate PD"),
    (WANTED, "Is he guilty? That is for a court, not for us. He was arraigned today. Harrowgate PD"),
    (None, "Arrested for OUI: a 52-year-old man. He is presumed innocent. Harrowgate PD"),
    (WANTED, "El sospechoso está bajo custodia. Policía de Harrowgate"),
    (WANTED, "Fue arrestado un hombre de 41 años, acusado de robo. Se presume inocente. Policía de Harrowgate"),
    (WANTED, "El presunto ladrón fue detenido. Policía de Harrowgate"),
    (TIP_REQUEST, "Ayúdenos a encontrar al ladrón de la bicicleta. Policía de Harrowgate"),
    (TIP_REQUEST, "Alguien robó las flores del parque. Llame a la Policía de Harrowgate."),
    (TIP, "Los ladrones buscan carros abiertos. Policía de Harrowgate"),
    (WANTED, "Toda persona es inocente hasta que se demuestre lo contrario. Policía de Harrowgate"),
]


@pytest.mark.parametrize(("kind", "text", "words"), VIOLATIONS)
def test_asserted_guilt_or_innocence_is_found(kind: str | None, text: str, words: str | None) -> None:
    """A post that says a suspect did or did not do it is stopped, and the words are underlined."""
    found = findings_of(LABEL, text, kind)
    assert found
    assert all(finding.text == text[finding.start : finding.end] and finding.verdict == "block" for finding in found)
    assert words is None or any(words.lower() in f.text.lower() or f.text.lower() in words.lower() for f in found)


@pytest.mark.parametrize(("kind", "text"), CLEAN)
def test_neutral_words_pass(kind: str | None, text: str) -> None:
    """Arrests, charges, presumption, unknown offenders, idiom and fiction are left alone."""
    assert [finding.text for finding in findings_of(LABEL, text, kind)] == []


def test_a_picture_makes_an_offender_a_person() -> None:
    """ "The thief" is unknown until a person's picture goes with the words."""
    text = "Do you know the thief? Harrowgate PD"
    picture = ShownAttachment("cam.jpg", "Harrowgate PD camera", "man at a counter")
    map_only = ShownAttachment("map.png", "Harrowgate PD", "map of Pine Road")
    assert findings_of(LABEL, text, TIP_REQUEST, (map_only,)) == []
    assert [finding.text for finding in findings_of(LABEL, text, TIP_REQUEST, (picture,))] == ["the thief"]


def test_alt_text_is_judged() -> None:
    """Words of guilt in the alt text are found there, and the finding names the attachment."""
    picture = ShownAttachment("cam.jpg", "Harrowgate PD", None, "The robber, in custody, looks away")
    (found,) = findings_of(LABEL, "Update from Harrowgate PD.", WANTED, (picture,))
    assert (found.attachment, found.text, found.to_json()["attachment"]) == ("cam.jpg", "The robber", "cam.jpg")
