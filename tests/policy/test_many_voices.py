"""Further posts in many voices: what stops them, and the clean ones that must pass."""

import pytest

from tests.policy.verdicts import findings_of

STOPPED = [
    (
        "guilt-or-innocence",
        "wanted-person",
        "Update: the creep who's been peeping in windows on Elm is sitting in our holding cell. Harrowgate PD",
        "the creep",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Quentin Marsh thought he could rob the credit union and get away with it. Wrong! Harrowgate PD has him.",
        "thought he could rob",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Quentin Marsh, 41, of Tarrant, is our bank robber. He's in cuffs. Harrowgate PD",
        "our bank robber",
    ),
    (
        "guilt-or-innocence",
        "crime-tip-request",
        "This is the guy who stole the Salvation Army kettle. Who is he? Harrowgate PD",
        "the guy who stole the Salvation Army kettle",
    ),
    (
        "guilt-or-innocence",
        "crime-tip-request",
        "She stole a wallet from an 80-year-old. See photo. Harrowgate PD",
        "She stole a wallet from an 80",
    ),
    (
        "guilt-or-innocence",
        "crime-tip-request",
        "Meet the lady who swiped packages off Oak Street. Know her? Photo attached. Harrowgate PD",
        "the lady who swiped packages off Oak Street",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Arrest made in the church fire. The community can rest easy, the firebug is off the streets. Harrowgate PD",
        "rest easy",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "He did it. He knows it, we know it, soon a judge will. Quentin Marsh, arrested today. Harrowgate PD",
        "He did it",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Harrowgate Police charged Quentin Marsh, the Pine Road rapist.",
        "the Pine Road rapist",
    ),
    (
        "guilt-or-innocence",
        "road-closure",
        "Oak St reopened. The fool who drove drunk into the hydrant is under arrest. Harrowgate PD",
        "The fool who drove drunk into the hydrant",
    ),
    (
        "guilt-or-innocence",
        "community-outreach",
        "Shout out to the K9 team who tracked down the mugger Friday and put him in cuffs. Harrowgate PD",
        "the mugger",
    ),
    (
        "guilt-or-innocence",
        "missing-person",
        "The boyfriend is under arrest; he murdered her. Harrowgate PD",
        "he murdered her",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Marsh is as guilty as they come. Arraigned today. Harrowgate PD",
        "guilty as",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "We are satisfied that the arrested man was not involved in the fire and is innocent. Harrowgate PD",
        "innocent",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Let us be clear: our officers arrested the wrong guy. He is innocent. Harrowgate PD",
        "wrong guy",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Quentin Marsh isn't the vandal, and never was. Harrowgate PD",
        "the vandal",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "El ratero que asaltó la farmacia ya está en la cárcel. Policía de Harrowgate",
        "El ratero que asaltó la farmacia ya está en la",
    ),
    ("guilt-or-innocence", "wanted-person", "Atrapamos al culpable del incendio. Policía de Harrowgate", "al culpable"),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Arrestado Quintín Mares, 41. Él robó tres carros. Policía de Harrowgate",
        "Él robó tres carros",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Ya cayó el ladrón de autos, gracias vecinos. Policía de Harrowgate",
        "el ladrón",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Harrowgate PD: no need to lock your sheds anymore, the shed bandit is in our cells.",
        "the shed bandit",
    ),
    (
        "guilt-or-innocence",
        "road-closure",
        "Harbor Rd is open. Thank the drunk who decided the guardrail was optional; he's in custody. Harrowgate PD",
        "the drunk who decided the guardrail",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Ned Flood, 22, will be spending his birthday in jail because he couldn't keep "
        "his hands off other people's catalytic converters. Harrowgate PD",
        "couldn't keep his hands off",
    ),
    (
        "guilt-or-innocence",
        "crime-tip-request",
        "Smile! This shoplifter picked the one aisle with three cameras. Know him? Harrowgate Police",
        "This shoplifter",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "The murderer of Mill Lane is finally behind bars. Harrowgate Police",
        "The murderer",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "Harrowgate PD arrested the people who did this. You know who you are.",
        "who did this",
    ),
    ("guilt-or-innocence", "wanted-person", "Update on the fire: we have the firebug. Harrowgate PD", "the firebug"),
    (
        "guilt-or-innocence",
        "community-outreach",
        "Meet K9 Rolo, who sniffed out the burglar we arrested last week. Harrowgate PD",
        "the burglar",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "There is no question that Flood is the shooter. Harrowgate PD",
        "the shooter",
    ),
    (
        "guilt-or-innocence",
        "wanted-person",
        "We can now say that Ned Flood, held since May, is not guilty of anything and never was. Harrowgate PD",
        "is not guilty",
    ),
    ("guilt-or-innocence", "wanted-person", "Harrowgate PD: el asesino ya está tras las rejas.", "el asesino"),
    (
        "personal-data",
        "missing-person",
        "Any info please phone Dad 555-555-0142 anytime. Harrowgate PD",
        "555-555-0142",
    ),
    ("personal-data", "missing-person", "Opal Reed (DOB 02/05/2009). Harrowgate PD", "DOB 02/05/2009"),
    ("personal-data", "wanted-person", "Marsh, d.o.b. 3-14-81, 12 Elm St. Harrowgate PD", "d.o.b. 3-14-81"),
    ("personal-data", "wanted-person", "Address: 12 Elm Street. Harrowgate PD", "12 Elm Street"),
    (
        "personal-data",
        "road-closure",
        "Elm closed for a fire at the Reed residence, 12 Elm Street. Harrowgate PD",
        "12 Elm Street",
    ),
    (
        "personal-data",
        "weather-emergency",
        "Mrs. Opal Reed of 14 Pine Rd needs her walk shoveled, she's on oxygen. Harrowgate PD",
        "14 Pine Rd",
    ),
    ("personal-data", "crime-tip-request", "Reporting party: Silas Reed, 555-555-0142. Harrowgate PD", "555-555-0142"),
    (
        "personal-data",
        "community-outreach",
        "Welcome our new neighbor at 5 Mulberry Court, Silas Reed! Harrowgate PD",
        "5 Mulberry Court",
    ),
    ("personal-data", "wanted-person", "He banks at First Harrowgate, acct 000998877. Harrowgate PD", "acct 000998877"),
    ("personal-data", "road-closure", "Illegally parked again: MA plate 123 ABC. Harrowgate PD", "123 ABC"),
    (
        "personal-data",
        "crime-prevention-tip",
        "Officer Ames's home number is 555-555-0147 if you want advice. Harrowgate PD",
        "555-555-0147",
    ),
    ("personal-data", "missing-person", "She is bipolar and stopped her meds. Opal Reed, 31. Harrowgate PD", "bipolar"),
    ("personal-data", "missing-person", "Opal Reed just had an abortion and is upset. Harrowgate PD", "abortion"),
    (
        "personal-data",
        "missing-person",
        "Anyone with information contact her husband Ned Flood, 555-555-0161. Harrowgate PD",
        "555-555-0161",
    ),
    ("personal-data", "missing-person", "Contact the family directly at 555-555-0162. Harrowgate PD", "555-555-0162"),
    ("personal-data", "wanted-person", "Flood's home is 14 Harbor Road, the blue one. Harrowgate PD", "14 Harbor Road"),
    ("personal-data", "wanted-person", "Ned Flood, 5/6/1990, 6 ft. License S99887766. Harrowgate PD", "5/6/1990"),
    ("personal-data", "wanted-person", "Ned Flood (born 6 May 1990) is sought. Harrowgate PD", "born 6 May 1990"),
    (
        "personal-data",
        "crime-tip-request",
        "The caller, a neighbor at 22 Shore Drive, heard it all. Harrowgate PD",
        "22 Shore Drive",
    ),
    (
        "personal-data",
        "weather-emergency",
        "To the owner of plate 2AB 345: move it or lose it. Harrowgate PD",
        "2AB 345",
    ),
    (
        "personal-data",
        "weather-emergency",
        "Lost power, need oxygen? Text Sgt. Ames on his personal phone, 555-555-0163. Harrowgate PD",
        "555-555-0163",
    ),
    ("personal-data", "missing-person", "He has a catheter and hepatitis C. Ned Flood, 61. Harrowgate PD", "catheter"),
    ("personal-data", "road-closure", "The driver, Ned Flood, had a seizure. Harrowgate PD", "seizure"),
    (
        "personal-data",
        "missing-person",
        "Llamen a su esposo Raúl al 555-555-0165. Policía de Harrowgate",
        "555-555-0165",
    ),
    (
        "personal-data",
        "wanted-person",
        "Nació el 6 de mayo de 1990. Policía de Harrowgate",
        "Nació el 6 de mayo de 1990",
    ),
]

PASSING = [
    (
        "wanted-person",
        "Quentin Marsh, 41, arrested Tuesday, is due in district court Friday on a charge of larceny. Harrowgate PD",
    ),
    (
        "wanted-person",
        "Wanted: Quentin Marsh, 41, on a warrant charging armed robbery. Do not approach. Call 911. Harrowgate PD",
    ),
    (
        "crime-tip-request",
        "Do you recognize this person? We would like to speak with them about a shoplifting report. Harrowgate PD",
    ),
    ("crime-tip-request", "Photo: the man may have information about a break-in. Harrowgate PD"),
    ("crime-tip-request", "Two men in masks robbed the gas station at 11 pm. They fled in a gray sedan. Harrowgate PD"),
    ("crime-tip-request", "The robber was about six feet tall with a red scarf. Harrowgate PD, call 555-555-0100"),
    ("crime-tip-request", "Porch pirates hit Oak Street again. Check your cameras. Harrowgate PD"),
    ("crime-prevention-tip", "Scammers stole $40,000 from residents this year. Harrowgate PD"),
    ("crime-prevention-tip", "Don't be an easy target: criminals pick the unlocked door. Harrowgate PD"),
    ("community-outreach", "Our officers stole the show at the talent night. Harrowgate PD"),
    ("special-event", "Escape room night: catch the jewel thief! Harrowgate PD"),
    (
        "special-event",
        "The culprit behind the power cut at the fair? A squirrel, now in custody of animal control. Harrowgate PD",
    ),
    ("road-closure", "Elm St closed: a car hit a pole. The driver was arrested and charged with OUI. Harrowgate PD"),
    ("road-closure", "Police activity on Elm. One person is in custody. Nobody is hurt. Harrowgate PD"),
    ("wanted-person", "Two teens were arrested after a report of a stolen car; names are withheld. Harrowgate PD"),
    ("wanted-person", "A jury found him guilty in 2019? No: charges are only accusations. Harrowgate PD"),
    ("wanted-person", "An arrest is not a finding of guilt. Harrowgate PD"),
    (
        "wanted-person",
        "He turned himself in and will be arraigned Monday. He has a right to a fair trial. Harrowgate PD",
    ),
    ("missing-person", "Opal Reed took her dog, a killer smile and a blue backpack. Harrowgate PD"),
    (
        "missing-person",
        "Last seen at 40 Main Street near the bank; may be headed home to Tarrant. Harrowgate PD 555-555-0100",
    ),
    ("missing-person", "Silas Reed, 83, diabetic, needs insulin. If found call Harrowgate PD at (555) 555-0100."),
    ("special-event", "Race starts 155 Main St, home of the Harrowgate Hawks. Harrowgate PD"),
    ("community-outreach", "Fingerprints for Scouts at 9 School Street. Bring a parent. 555-555-0100. Harrowgate PD"),
    ("community-outreach", "Blood drive: all blood types. Call the Red Cross at 800-555-0190. Harrowgate PD"),
    ("road-closure", "Detour: from 100 Main St to 200 Main St use Oak. Harrowgate PD"),
    ("weather-emergency", "Lost power? Call the utility, 555-555-0170. Harrowgate PD"),
    ("special-event", "Touch-a-truck 9 AM-12 PM. Lot opens 8:30. Trucks: 12, cars: 30, FD 220. Harrowgate PD"),
    (
        "crime-prevention-tip",
        "VIN etching Saturday. Bring your registration. 2019 Honda CRV 2020 models too. Harrowgate PD",
    ),
    (
        "crime-tip-request",
        "Stolen from a driveway on Elm: 2021 GMC Sierra 1500. Case 24-118-OF. Harrowgate PD 555-555-0100",
    ),
    ("wanted-person", "Warrant sweep results: nine arrested, all presumed innocent. Harrowgate PD"),
    (
        "wanted-person",
        "Se busca a Quintín Mares, 41, por una orden de arresto por robo. Policía de Harrowgate 555-555-0100",
    ),
    ("crime-tip-request", "Un hombre robó una tienda y huyó. Policía de Harrowgate pide ayuda: 555-555-0100"),
    ("wanted-person", "La policía de Harrowgate arrestó a un hombre acusado de robo de autos."),
    ("special-event", "Desfile del Día de los Inocentes en la plaza. Policía de Harrowgate"),
    ("crime-prevention-tip", "El robo de paquetes sube en diciembre. Policía de Harrowgate"),
    ("wanted-person", "Harrowgate PD has charged a man, 22, with breaking and entering. The case is before the court."),
    ("wanted-person", "Arrested on a warrant out of Salem: a 39-year-old. Charges are allegations. Harrowgate PD"),
    ("crime-tip-request", "Someone is stealing catalytic converters on Harbor Rd. See something, call Harrowgate PD."),
    ("crime-tip-request", "The person in this photo may have witnessed a hit and run. Harrowgate PD"),
    ("crime-tip-request", "Who took the baby Jesus? Return him, no questions. Harrowgate PD"),
    ("crime-tip-request", "A shooter fired from a gray sedan and fled. Harrowgate PD, 555-555-0100"),
    ("road-closure", "Harbor Rd closed for a crash with serious injury. One driver has been arrested. Harrowgate PD"),
    ("crime-prevention-tip", "Car thieves follow the glow of a phone. Take it in. Harrowgate PD"),
    ("crime-prevention-tip", "Con artists will say your account number was stolen. Hang up. Harrowgate PD"),
    ("crime-prevention-tip", "A scammer stole $9,000 from a neighbor here. He said he was a deputy. Harrowgate PD"),
    ("community-outreach", "Sgt. Ames stole second base and the game. Harrowgate PD 6, Fire 5."),
    (
        "community-outreach",
        "National Night Out: meet K9 Rolo, who has found 40 missing people and two burglars' gloves. Harrowgate PD",
    ),
    ("special-event", "5K starts at 14 Harbor Road (town hall). Packets 7 AM. Call Dana, 555-555-0155. Harrowgate PD"),
    ("special-event", "Yard sale at the Elks, 22 Shore Drive; the family fun tent opens at 10. Harrowgate PD"),
    (
        "missing-person",
        "Ned Flood, 61, left home near Shore Drive on foot. Diabetic. Call Harrowgate PD, 555-555-0100.",
    ),
    ("missing-person", "He drives a blue 2015 Ford F-150, MA plate 1XYZ 90. Harrowgate PD"),
    ("missing-person", "Update: Ned is home. Family thanks you. Harrowgate PD"),
    (
        "weather-emergency",
        "Warming center: 30 School Street, senior center. Residents without heat call 555-555-0100. Harrowgate PD",
    ),
    ("weather-emergency", "Wind killed power to 2,000 homes and wrecked the pier. Harrowgate PD"),
    ("weather-emergency", "Snow robbed us of the parade. New date May 4, 2027. Harrowgate PD"),
    ("road-closure", "Harbor Rd: film shoot, actors in handcuffs are not arrested. Harrowgate PD"),
    ("wanted-person", "The suspect is described as a man, 30s, 6 ft, neck tattoo. Harrowgate PD"),
    ("wanted-person", "Correction: the person arrested was released without charges. Harrowgate PD"),
    (
        "wanted-person",
        "Ned Flood, 22, turned himself in. All are presumed innocent until proven guilty in court. Harrowgate PD",
    ),
    ("wanted-person", "He is wanted for questioning, not charged with any crime. Harrowgate PD"),
    ("wanted-person", "Two suspects were taken into custody; police recovered items reported stolen. Harrowgate PD"),
    ("wanted-person", "Detective Ames asks anyone who saw the robbery to call 555-555-0188. Harrowgate PD"),
    (
        "community-outreach",
        "Prescription drug take-back: bring old pills, insulin needles no. Harrowgate PD lobby, 30 School Street",
    ),
    ("community-outreach", "Families of people with autism or dementia: register with us. Harrowgate PD 555-555-0100"),
    ("community-outreach", "Thank you to Ned Flood, 8, for the cookies. Harrowgate PD"),
    ("crime-tip-request", "La Policía de Harrowgate busca a la persona que dañó la cerca. Llame al 555-555-0100."),
    (
        "wanted-person",
        "Un hombre de 30 años fue arrestado por robo; es inocente hasta que se pruebe "
        "lo contrario. Policía de Harrowgate",
    ),
    ("missing-person", "Vista por última vez en su casa de la calle Harbor. Policía de Harrowgate 555-555-0100"),
    ("special-event", "Únase a la Policía de Harrowgate en la iglesia, calle School 30, el domingo."),
]


@pytest.mark.parametrize(("label", "kind", "text", "words"), STOPPED)
def test_a_post_that_must_not_go_out_is_stopped(label: str, kind: str, text: str, words: str) -> None:
    """The label is found, on these words."""
    assert words in [finding.text for finding in findings_of(label, text, kind)]


@pytest.mark.parametrize("label", ["guilt-or-innocence", "personal-data", "unidentified-department"])
@pytest.mark.parametrize(("kind", "text"), PASSING)
def test_a_clean_post_passes(label: str, kind: str, text: str) -> None:
    """No rule has anything to say."""
    assert [finding.text for finding in findings_of(label, text, kind)] == []
