"""api.weather.gov's alerts as GeoJSON: a FeatureCollection, or one Feature.

Captures of different years lack different keys; what is missing is empty, what is of a wrong type makes that one alert
unreadable. weather-gov/api, openapi.yaml.
"""

import json
from typing import Any

from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import (
    LONGEST_TEXT,
    MOST_ALERTS,
    MOST_BODY,
    MOST_PAIRS,
    SAME,
    UGC,
    Alert,
    Entry,
    Pair,
    Unclear,
    Unreadable,
    clean,
    clean_id,
    clean_line,
    clean_word,
    fingerprint,
    only_codes,
    parameter_time,
    parameter_vtec,
    read_moment,
)

_MOST_BRACKETS = 2_000_000


def read_geojson(body: bytes) -> list[Entry]:
    """Read a collection of alerts, or one; FeedUnavailable where the answer is not whole or is something else."""
    if len(body) > MOST_BODY:
        raise FeedUnavailable(f"the feed is larger than {MOST_BODY // 1024 // 1024} MB")
    if body.count(b"[") + body.count(b"{") > _MOST_BRACKETS:
        raise FeedUnavailable("the feed's JSON has more parts than a feed has")
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        raise FeedUnavailable("the feed is not whole JSON") from None
    features = _features(whole)
    if len(features) > MOST_ALERTS:
        raise FeedUnavailable(f"the feed has more than {MOST_ALERTS} alerts")
    return [_read_feature(feature) for feature in features]


def _features(whole: Any) -> list[Any]:
    match whole:
        case {"type": "FeatureCollection", "features": list(features)}:
            return features
        case {"type": "Feature"}:
            return [whole]
    raise FeedUnavailable("the feed is JSON, but no GeoJSON collection of alerts")


def _read_feature(feature: Any) -> Entry:
    values = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(values, dict):
        return Unreadable(_name_of(feature), "", "", "it has no properties")
    try:
        return _read_properties(_Properties(values), feature)
    except Unclear as wrong:
        name = next((n for n in (values.get("id"), values.get("@id")) if isinstance(n, str) and n), "")
        source_id = clean_line(name, 200) if name else _name_of(feature)
        return Unreadable(source_id, _shown(values.get("event")), _shown(values.get("headline")), str(wrong))


def _name_of(feature: Any) -> str:
    return fingerprint(json.dumps(feature, sort_keys=True).encode())


def _shown(value: Any) -> str:
    return clean_line(value, 200) if isinstance(value, str) else ""


class _Properties:
    """The properties of one feature, with their types checked as they are read."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Unclear(f"{name} is not a text")
        return value

    def line(self, name: str) -> str:
        return clean_line(self.text(name))

    def of_type(self, name: str, kind: type[dict[str, Any]] | type[list[Any]]) -> Any:
        value = self._values.get(name)
        if value is None:
            return kind()
        if not isinstance(value, kind):
            raise Unclear(f"{name} is not a {'list' if kind is list else 'group'}")
        return value

    def texts(self, name: str) -> list[str]:
        return _all_texts(self.of_type(name, list), name)

    def pairs(self) -> tuple[Pair, ...]:
        """The parameters as pairs: each name has a list, and a name's values stay in its order."""
        found: list[Pair] = []
        for name, value in self.of_type("parameters", dict).items():
            values = value if isinstance(value, list) else [value]
            words = [str(v) for v in values if isinstance(v, str | int | float)]
            found += [(clean_line(name, 200), clean_line(word, LONGEST_TEXT)) for word in words]
        return tuple(found[:MOST_PAIRS])

    def codes(self, kind: str) -> list[str]:
        """The texts of a kind of geocode."""
        value = self.of_type("geocode", dict).get(kind)
        if value is None:
            return []
        return _all_texts(value if isinstance(value, list) else [value], "geocode")

    def zones(self) -> tuple[str, ...]:
        """The UGC codes, in order; those that only `affectedZones` names (as the end of an address) come last."""
        named = [address.rpartition("/")[2] for address in self.texts("affectedZones")]
        return only_codes([*self.codes("UGC"), *named], UGC)

    def response(self) -> tuple[str, ...]:
        value = self._values.get("response")
        values = _all_texts(value, "response") if isinstance(value, list) else [self.text("response")]
        return tuple(clean_word(word) for word in values if word)[:20]

    def references(self) -> tuple[str, ...]:
        """The identifiers of the alerts before this one."""
        found: list[str] = []
        for reference in self.of_type("references", list)[:MOST_PAIRS]:
            match reference:
                case {"identifier": str(name)} | {"@id": str(name)} | str(name):
                    found.append(clean_id(name))
                case _:
                    raise Unclear("references is not a list of identifiers")
        return tuple(dict.fromkeys(filter(None, found)))


def _all_texts(values: list[Any], name: str) -> list[str]:
    if not all(isinstance(value, str) for value in values):
        raise Unclear(f"{name} is not a list of texts")
    return values


def _read_properties(own: _Properties, feature: dict[str, Any]) -> Alert:
    parameters = own.pairs()
    sent = read_moment(own.text("sent"), "sent")
    same = only_codes(own.codes("SAME"), SAME)
    return Alert(
        source_id=clean_id(own.text("id") or own.text("@id")) or _name_of(feature),
        sender=own.line("sender"),
        sender_name=own.line("senderName"),
        sent=sent,
        status=clean_word(own.text("status")),
        msg_type=clean_word(own.text("messageType")),
        scope=clean_word(own.text("scope")),
        event=own.line("event"),
        urgency=clean_word(own.text("urgency")),
        severity=clean_word(own.text("severity")),
        certainty=clean_word(own.text("certainty")),
        response=own.response(),
        headline=own.line("headline"),
        description=clean(own.text("description")),
        instruction=clean(own.text("instruction")),
        note=clean(own.text("note")),
        area_desc=clean_line(own.text("areaDesc"), LONGEST_TEXT),
        zones=own.zones(),
        same=same,
        effective=read_moment(own.text("effective"), "effective"),
        onset=read_moment(own.text("onset"), "onset"),
        expires=read_moment(own.text("expires"), "expires"),
        ends=read_moment(own.text("ends"), "ends") or parameter_time(parameters, "eventEndingTime"),
        references=own.references(),
        web=own.line("web"),
        parameters=parameters,
        vtec=parameter_vtec(parameters, sent),
        language=own.line("language"),
    )
