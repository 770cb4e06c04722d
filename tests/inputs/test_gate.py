"""The gate: what becomes of each alert of a capture."""

from typing import Any

import pytest

from notifier.inputs.cap_xml import read_cap
from notifier.inputs.gate import Decision, judge_alerts
from notifier.inputs.nws_atom import read_atom
from notifier.inputs.nws_settings import NwsSettings
from tests.inputs.samples import (
    NOW,
    SETTINGS,
    ZONE,
    at,
    atom,
    cap,
    index_entry,
    info,
    judge,
    properties,
    update_of,
    vtec,
)


def verdict(settings: NwsSettings = SETTINGS, **changed: Any) -> Decision:
    """Judge the sample warning alone, with some properties changed."""
    [decision] = judge(properties(**changed), settings=settings)
    return decision


def set_to(**changed: Any) -> NwsSettings:
    """The sample settings, with some changed."""
    return NwsSettings(**{**SETTINGS.model_dump(), **changed})


def verdicts(decisions: list[Decision]) -> list[str]:
    """The bare verdicts, in order."""
    return [decision.decision for decision in decisions]


def with_vtec(*texts: str) -> dict[str, list[str]]:
    """Parameters that hold these VTEC strings."""
    return {"VTEC": list(texts)}


# --- what goes out ----------------------------------------------------------------------------------------------------


def test_a_listed_warning_for_our_zone_is_published() -> None:
    """All rules passed: it goes out, and says for which of our places."""
    decision = verdict()
    assert (decision.decision, decision.reason, decision.supersedes) == (
        "publish",
        "it is a new warning for MAZ014",
        (),
    )
    assert decision.alert is not None


def test_a_decision_shows_six_fields_as_json() -> None:
    """The JSON of `feeds test` has these keys and no more."""
    assert verdict().to_json() == {
        "source_id": "urn:oid:2.49.0.1.840.0.aaaa.001.1",
        "event": "Winter Storm Warning",
        "decision": "publish",
        "reason": "it is a new warning for MAZ014",
        "supersedes": [],
        "headline": "Winter Storm Warning issued January 20 at 12:00PM EST",
    }


def test_the_list_of_events_ignores_case() -> None:
    """`flood warning` is a Flood Warning."""
    assert verdict(event="flood warning").decision == "publish"


def test_an_update_supersedes_what_it_refers_to() -> None:
    """An Update changes what was told, and names it."""
    [decision] = judge(update_of("urn:a", "urn:b", id="urn:c"))
    assert (decision.decision, decision.supersedes) == ("update", ("urn:a", "urn:b"))


@pytest.mark.parametrize("action", ["CON", "EXT", "EXA", "EXB", "COR", "UPG"])
def test_an_alert_that_vtec_continues_is_an_update(action: str) -> None:
    """msgType Alert with a continuing VTEC is an update; without references it names the event's key."""
    decision = verdict(parameters=with_vtec(vtec(action)))
    assert (decision.decision, decision.supersedes) == ("update", ("KXYZ.WS.W.0007.2026",))


# --- not public -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Exercise", "System", "Test", "Draft", "test", "Nonsense"])
def test_what_is_not_actual_is_skipped(status: str) -> None:
    """Only Actual is for the public."""
    decision = verdict(status=status)
    assert decision.decision == "skip"
    assert "status" in decision.reason


@pytest.mark.parametrize("scope", ["Restricted", "Private"])
def test_what_is_not_for_the_public_is_skipped(scope: str) -> None:
    """A restricted message is not ours to tell."""
    assert (verdict(scope=scope).decision, verdict(scope=None).decision) == ("skip", "publish")


@pytest.mark.parametrize("msg_type", ["Ack", "Error"])
def test_receipts_between_systems_are_skipped(msg_type: str) -> None:
    """Ack and Error are no news."""
    assert verdict(messageType=msg_type).decision == "skip"


@pytest.mark.parametrize("product_class", ["T", "E", "X"])
def test_a_vtec_that_is_not_operational_is_skipped(product_class: str) -> None:
    """A test sent with status Actual still says T in its VTEC."""
    assert verdict(parameters=with_vtec(vtec(product_class=product_class))).decision == "skip"


@pytest.mark.parametrize(
    "words",
    [
        "...THIS_MESSAGE_IS_FOR_TEST_PURPOSES_ONLY...",
        "THIS IS A TEST to determine transmission times",
        "TEST...TEST...TEST",
        "TEST - Tornado Warning",
        "This is a monthly tsunami communications test.",
        "This message was created for testing and evaluation purposes only.",
        "This is only a drill.",
        "EXERCISE EXERCISE EXERCISE",
        "This is a test message.",
    ],
)
def test_what_calls_itself_a_test_is_skipped(words: str) -> None:
    """Tests have come with status Actual; their words tell."""
    for where in ("headline", "description", "instruction", "event"):
        [decision] = judge(properties(**{where: words}))
        assert decision.decision == "skip"
    assert verdict(parameters={"NWSheadline": [words], "VTEC": [vtec()]}).decision == "skip"


@pytest.mark.parametrize(
    "words",
    [
        "THIS IS NOT A TEST. Take cover now.",
        "Test your smoke detectors and your generator.",
        "The storm will be the greatest test of the levees in years.",
        "Exercise caution. Drilling rigs should be secured.",
        "Protest routes are closed. This is a dangerous situation.",
    ],
)
def test_words_that_only_look_like_a_test_do_not_stop_a_warning(words: str) -> None:
    """A real warning that says it is no test goes out."""
    assert verdict(description=words).decision == "publish"


# --- not ours ---------------------------------------------------------------------------------------------------------


def test_what_is_for_other_zones_is_skipped() -> None:
    """An alert without one of our zones is not ours."""
    decision = verdict(geocode={"UGC": ["MAZ020"], "SAME": ["025017"]}, affectedZones=[])
    assert (decision.decision, decision.reason) == ("skip", "it names none of our places (MAZ014, MAC017)")


def test_an_alert_that_names_no_place_is_skipped() -> None:
    """Without any place it is not known to be ours."""
    assert verdict(geocode=None, affectedZones=None, areaDesc=None).decision == "skip"


def test_a_zone_in_an_address_is_ours() -> None:
    """affectedZones counts where the codes are empty."""
    assert verdict(geocode={"UGC": []}).decision == "publish"


def test_a_same_code_of_our_county_counts_where_there_is_no_ugc() -> None:
    """A county's own message has SAME codes only; MAC017 is 025017, and 025000 is all of the state."""
    for code, expected in (("025017", "publish"), ("125017", "publish"), ("025000", "publish"), ("025021", "skip")):
        assert verdict(geocode={"SAME": [code]}, affectedZones=None).decision == expected


def test_a_configured_same_code_counts_beside_other_zones() -> None:
    """Who sets `same` wants all that touches the county."""
    elsewhere = {"UGC": ["MAZ005"], "SAME": ["025017"]}
    assert verdict(geocode=elsewhere, affectedZones=None).decision == "skip"
    assert verdict(set_to(same=("025017",)), geocode=elsewhere, affectedZones=None).decision == "publish"


def test_a_code_for_a_whole_state_is_ours() -> None:
    """MAZ000 and MAZALL stand for all zones of the state."""
    for code in ("MAZ000", "MAZALL"):
        assert verdict(geocode={"UGC": [code]}, affectedZones=None).decision == "publish"


# --- over -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"messageType": "Cancel"},
        {"parameters": with_vtec(vtec("CAN"))},
        {"parameters": with_vtec(vtec("EXP"))},
        {"parameters": with_vtec(vtec("EXP"), vtec("CAN", number=8))},
        {"response": "AllClear"},
        {"urgency": "Past"},
        {"messageType": "Update", "response": "AllClear"},
    ],
)
def test_a_cancelled_event_ends_whatever_its_type_says(changed: dict[str, Any]) -> None:
    """A cancelled warning in the active list, as an Alert that ends tomorrow, is never announced as new."""
    assert verdict(**changed).decision == "end"


def test_an_end_names_what_it_ends() -> None:
    """By its references, else by its event's key."""
    references = [{"identifier": "urn:a"}]
    cancel = with_vtec(vtec("CAN"))
    assert verdict(messageType="Cancel", references=references).supersedes == ("urn:a",)
    assert verdict(parameters=cancel).supersedes == ("KXYZ.WS.W.0007.2026",)


def test_an_alert_of_which_a_part_goes_on_does_not_end() -> None:
    """A watch that is cancelled because a warning takes its place: the warning goes out."""
    both = with_vtec(vtec("CAN", code="WS.A", number=3), vtec("NEW"))
    assert verdict(parameters=both).decision == "publish"


def test_a_cancel_for_other_zones_is_skipped() -> None:
    """What was cancelled elsewhere is not ours to end."""
    assert verdict(messageType="Cancel", geocode={"UGC": ["MAZ020"]}, affectedZones=[]).decision == "skip"


def test_a_cancel_without_info_ends_what_it_refers_to() -> None:
    """It names no place; only what it refers to can be ended."""
    body = cap(msgType="Cancel", references=f"w-nws.webmaster@noaa.gov,XYZ-0,{at(hours=-2)}").encode()
    [decision] = judge_alerts(read_cap(body), SETTINGS, NOW, ZONE)
    assert (decision.decision, decision.supersedes) == ("end", ("XYZ-0",))


def test_a_cancel_that_is_itself_long_over_is_skipped() -> None:
    """A day-old Cancel tells nobody anything; a fresh one does, though the event's own end is past."""
    assert verdict(messageType="Cancel", ends=at(hours=-1), expires=at(hours=1)).decision == "end"
    assert verdict(messageType="Cancel", ends=at(hours=1), expires=at(hours=-1)).decision == "end"
    assert verdict(messageType="Cancel", ends=None, expires=None, sent=at(hours=-25)).decision == "skip"
    assert (
        verdict(messageType="Cancel", sent=at(hours=-30), expires=at(hours=-20), ends=at(hours=-25)).decision == "skip"
    )


def test_a_cancel_for_one_of_our_zones_is_for_a_person_while_another_goes_on() -> None:
    """Ending the whole notification would be wrong for the zone where the storm still is."""
    settings = set_to(zones=("MAZ014", "MAZ020"))
    ended = properties(id="a", parameters=with_vtec(vtec("CAN")))
    lives = properties(
        id="b", geocode={"UGC": ["MAZ020"]}, affectedZones=[], areaDesc="Elsewhere", parameters=with_vtec(vtec("CON"))
    )
    first, second = judge(ended, lives, settings=settings)
    assert (first.decision, second.decision) == ("ask", "update")
    assert "goes on elsewhere" in first.reason


# --- past -------------------------------------------------------------------------------------------------------------


def test_ends_decides_whether_it_is_past_and_not_expires() -> None:
    """`expires` is only when the product is refreshed: 27 of 396 alerts were past it and in force."""
    assert verdict(expires=at(hours=-1), ends=at(hours=2)).decision == "publish"
    assert verdict(expires=at(hours=2), ends=at(minutes=-1)).decision == "skip"


def test_expires_decides_where_ends_is_missing() -> None:
    """Special products have no `ends`; the reason says when it was over, in the department's time."""
    assert verdict(ends=None, expires=at(hours=1)).decision == "publish"
    assert verdict(ends=None, expires=at(hours=-1)).reason == "past: it was over on Tue Jan 20 2026, 12:00"


def test_an_alert_without_any_end_is_past_a_day_after_it_was_sent() -> None:
    """CAP would let it hold for ever."""
    assert verdict(ends=None, expires=None).decision == "publish"
    assert verdict(ends=None, expires=None, sent=at(hours=-25)).decision == "skip"


# --- already told -----------------------------------------------------------------------------------------------------


def test_the_same_alert_twice_is_told_once() -> None:
    """One answer may hold an alert twice, byte for byte."""
    decisions = judge(properties(), properties(), properties())
    assert verdicts(decisions) == ["publish", "skip", "skip"]
    assert decisions[1].reason == "already told: the capture has the same alert twice"


def test_one_event_is_told_once_by_its_newest_alert() -> None:
    """Two alerts with one VTEC event key and no references: the later one holds, wherever it stands."""
    old = properties(id="old", sent=at(hours=-2))
    new = properties(id="new", sent=at(hours=-1), parameters=with_vtec(vtec("CON")))
    decisions = judge(old, new)
    assert verdicts(decisions) == ["skip", "update"]
    assert decisions[0].reason == "already told later by new, which tells of the same event"


def test_a_cancelled_event_is_not_told_by_its_older_alert() -> None:
    """The older alert may still stand in the list beside the cancellation."""
    old = properties(id="old", sent=at(hours=-2))
    ended = properties(id="new", parameters=with_vtec(vtec("CAN")))
    assert verdicts(judge(old, ended)) == ["skip", "end"]
    assert verdicts(judge(ended, old)) == ["end", "skip"]


def test_of_two_sent_at_once_the_cancellation_holds() -> None:
    """A contradiction within one second is not announced as a warning, in whichever order it stands."""
    ended = properties(id="b", parameters=with_vtec(vtec("CAN")))
    assert verdicts(judge(properties(id="a"), ended)) == ["skip", "end"]
    assert verdicts(judge(ended, properties(id="a"))) == ["end", "skip"]


def test_an_older_alert_for_more_zones_than_were_cancelled_is_for_a_person() -> None:
    """The cancellation is for one of two zones: neither is the event over, nor is the old text right."""
    settings = set_to(zones=("MAZ014", "MAZ020"))
    both = properties(id="a", geocode={"UGC": ["MAZ014", "MAZ020"]}, affectedZones=[], sent=at(hours=-2))
    ended = properties(id="b", parameters=with_vtec(vtec("CAN")))
    assert verdicts(judge(both, ended, settings=settings)) == ["ask", "ask"]


def test_two_offices_with_one_text_are_two_alerts() -> None:
    """What another office says about its own event is not the same alert."""
    one, two = (properties(id=name, senderName=name, parameters={}) for name in ("NWS Exampleton", "NWS Sampleton"))
    assert verdicts(judge(one, two)) == ["publish", "publish"]


def test_a_reference_without_times_counts_unless_it_goes_both_ways_or_to_itself() -> None:
    """An alert that does not say when it was sent still supersedes what it names."""
    timeless: dict[str, Any] = {"sent": None, "effective": None, "parameters": {}}
    assert judge(properties(id="a"), update_of("a", id="b", **timeless))[0].decision == "skip"
    assert judge(properties(id="a", **timeless), update_of("a", id="b", parameters={}))[0].decision == "skip"
    circle = judge(update_of("b", id="a", **timeless, description="A"), update_of("a", id="b", **timeless))
    assert verdicts(circle) == ["ask", "ask"]
    itself = judge(update_of("a", id="a", **timeless), update_of("a", id="a", **timeless, event="Ice Storm Warning"))
    assert verdicts(itself) == ["ask", "ask"]


def test_another_segment_for_another_of_our_zones_is_for_a_person() -> None:
    """Nothing is told twice, and the second zone is not lost."""
    settings = set_to(zones=("MAZ014", "MAZ020"))
    other = properties(id="b", geocode={"UGC": ["MAZ020"]}, affectedZones=[], areaDesc="Elsewhere")
    decisions = judge(properties(id="a"), other, settings=settings)
    assert verdicts(decisions) == ["publish", "ask"]
    assert decisions[1].reason == "a tells of the same event, but not for MAZ020"


def test_a_segment_for_others_does_not_hide_ours() -> None:
    """A product's segments share one event key; the one for other zones says nothing about ours."""
    other = properties(id="a", geocode={"UGC": ["MAZ020"]}, affectedZones=[], sent=at(minutes=-5))
    assert verdicts(judge(other, properties(id="b"))) == ["skip", "publish"]


def test_different_texts_without_vtec_are_each_their_own() -> None:
    """Three Air Quality Alerts of one morning: ozone, particulates, particulates until midnight."""
    settings = set_to(events=("Air Quality Alert",), min_severity="Unknown")
    texts = ("Ozone until noon.", "Fine particulates until noon.", "Fine particulates until midnight.")
    alerts = [
        properties(id=text, description=text, event="Air Quality Alert", parameters={}, severity="Unknown")
        for text in texts
    ]
    assert verdicts(judge(*alerts, settings=settings)) == ["publish", "publish", "publish"]


def test_one_text_without_vtec_is_told_once() -> None:
    """The same words again under a new id are not news, even when their lines break elsewhere."""
    one = properties(id="a", parameters={}, description="Much\nsnow.", sent=at(hours=-2))
    again = properties(id="b", parameters={}, description="Much snow.")
    assert verdicts(judge(one, again)) == ["skip", "publish"]


def test_an_id_that_two_events_share_hides_neither() -> None:
    """Identifiers have been seen twice; another event is another alert."""
    other = properties(event="Ice Storm Warning")
    assert verdicts(judge(properties(), other)) == ["publish", "publish"]


def test_what_another_alert_refers_to_is_superseded() -> None:
    """The earlier alert is not told beside its update."""
    earlier = properties(id="urn:a", sent=at(hours=-2))
    decisions = judge(earlier, update_of("urn:a", id="urn:b", parameters={}))
    assert verdicts(decisions) == ["skip", "update"]
    assert decisions[0].reason == "superseded by urn:b, which refers to it"


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "Test"},
        {"description": "THIS IS A TEST"},
        {"sender": "someone@county.example", "senderName": "County"},
        {"sent": at(hours=-3)},
    ],
)
def test_a_reference_that_does_not_count_hides_nothing(changed: dict[str, Any]) -> None:
    """A test, another sender, or an older message cannot take a warning away."""
    newer = update_of("urn:a", **{"id": "urn:b", "parameters": {}, **changed})
    assert judge(properties(id="urn:a", sent=at(hours=-2)), newer)[0].decision == "publish"


def test_two_that_refer_to_each_other_are_not_both_hidden() -> None:
    """A circle of references must not silence both."""
    one, two = (update_of(other, id=own, parameters={}, description=own) for own, other in (("a", "b"), ("b", "a")))
    assert verdicts(judge(one, two)) == ["update", "update"]


def test_an_update_that_leaves_our_zone_out_is_for_a_person() -> None:
    """The earlier alert names our zone, its update does not: whether we are still warned, a person finds out."""
    newer = update_of("urn:a", id="urn:b", geocode={"UGC": ["MAZ020"]}, affectedZones=[])
    decisions = judge(properties(id="urn:a", sent=at(hours=-2)), newer)
    assert verdicts(decisions) == ["ask", "skip"]


# --- ours, but for a person -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"event": "Winter Storm Watch"}, '"Winter Storm Watch" is not on the feed\'s list of events'),
        ({"event": None}, "an event without a name is not on the feed's list of events"),
        ({"severity": "Minor"}, "its severity is Minor, below Moderate"),
        ({"severity": "Purple"}, "its severity is Unknown, below Moderate"),
        ({"severity": None}, "its severity is Unknown, below Moderate"),
        (
            {"sender": "MedinaCo", "senderName": "202307,TX Medina County"},
            'its sender is "202307,TX Medina County", not',
        ),
        ({"senderName": "County Police"}, 'its sender is "County Police", not'),
        ({"sender": "w-nws@noaa.gov.example"}, "not the National Weather Service"),
        ({"sender": None, "senderName": None}, "its sender is unnamed, not"),
        ({"status": None}, "it does not say its status"),
        ({"messageType": None}, "it does not say its msgType"),
        ({"messageType": "Hello"}, "its msgType is Hello"),
        ({"sent": at(hours=-7)}, "it was sent on Tue Jan 20 2026, 06:00, so it comes late"),
        ({"sent": at(hours=2)}, "which is still to come"),
        ({"messageType": "<b>"}, 'its msgType is "<b>"'),
        ({"sent": None, "effective": None}, "it does not say when it was sent"),
    ],
)
def test_what_is_ours_and_doubtful_is_for_a_person(changed: dict[str, Any], why: str) -> None:
    """Never published by itself, never skipped; the reason says what is doubtful."""
    decision = verdict(**changed)
    assert decision.decision == "ask"
    assert why in decision.reason


def test_settings_move_what_a_person_decides() -> None:
    """Events, severity and age are the department's to choose."""
    assert verdict(set_to(events=("Winter Storm Watch",)), event="Winter Storm Watch").decision == "publish"
    assert verdict(set_to(min_severity="Unknown"), severity=None).decision == "publish"
    assert verdict(set_to(min_severity="Extreme")).decision == "ask"
    assert verdict(set_to(max_age="12h"), sent=at(hours=-7)).decision == "publish"


def test_a_feed_set_to_ask_publishes_nothing_and_still_ends() -> None:
    """With publish = "ask" a person decides on new and changed; an end is no publication."""
    settings = set_to(publish="ask")
    assert verdict(settings).decision == "ask"
    assert judge(update_of("urn:a"), settings=settings)[0].decision == "ask"
    assert verdict(settings, messageType="Cancel").decision == "end"
    assert verdict(settings, status="Test").decision == "skip"


def test_several_infos_are_for_a_person() -> None:
    """A message that tells of two things cannot become one notification by itself."""
    [decision] = judge_alerts(read_cap(cap(info(), info(event="Flood Warning")).encode()), SETTINGS, NOW, ZONE)
    assert decision.decision == "ask"


def test_a_burst_leaves_the_least_severe_to_a_person() -> None:
    """Above the ceiling a person releases the rest; the most severe go out."""
    severities = ["Moderate", "Extreme", "Moderate", "Severe", "Moderate"]
    alerts = [properties(id=str(n), severity=s, parameters=with_vtec(vtec(number=n))) for n, s in enumerate(severities)]
    decisions = judge(*alerts, settings=set_to(ceiling=3))
    assert verdicts(decisions) == ["publish", "publish", "ask", "publish", "ask"]
    assert decisions[2].reason == "the capture has 5 new alerts, more than 3; a person releases the rest"


# --- the whole --------------------------------------------------------------------------------------------------------


def test_a_broken_alert_is_skipped_and_the_others_are_judged() -> None:
    """Exactly one decision for each, in the order of the capture."""
    decisions = judge(properties(id="a", sent=7), properties(id="b"))
    assert [d.source_id for d in decisions] == ["a", "b"]
    assert (decisions[0].decision, decisions[0].reason) == ("skip", "it cannot be read: sent is not a text")
    assert decisions[1].decision == "publish"


def test_atom_is_judged_like_json() -> None:
    """The index of NWS passes the same gate."""
    [decision] = judge_alerts(read_atom(atom(index_entry())), SETTINGS, NOW, ZONE)
    assert (decision.decision, decision.source_id) == ("publish", "urn:oid:1.2.3")


def test_five_thousand_alerts_of_one_event_are_judged_in_seconds() -> None:
    """The relations within a capture do not grow with its square."""
    alerts = [update_of(*(str(m) for m in range(n - 5, n)), id=str(n), sent=at(seconds=-9000 + n)) for n in range(5000)]
    decisions = judge(*alerts)
    assert verdicts(decisions).count("update") == 1
    assert decisions[-1].decision == "update"
