"""Which of the configured places an alert is for: UGC zones and counties, and SAME county codes."""

from typing import TYPE_CHECKING

from notifier.inputs.alerts import Alert

if TYPE_CHECKING:
    from notifier.inputs.nws_settings import NwsSettings

# State and territory codes of FIPS 5-2, by postal abbreviation: a UGC county is its state's code and its own.
_STATES = """
AL:01 AK:02 AZ:04 AR:05 CA:06 CO:08 CT:09 DE:10 DC:11 FL:12 GA:13 HI:15 ID:16 IL:17 IN:18 IA:19 KS:20 KY:21 LA:22 ME:23
MD:24 MA:25 MI:26 MN:27 MS:28 MO:29 MT:30 NE:31 NV:32 NH:33 NJ:34 NM:35 NY:36 NC:37 ND:38 OH:39 OK:40 OR:41 PA:42 RI:44
SC:45 SD:46 TN:47 TX:48 UT:49 VT:50 VA:51 WA:53 WV:54 WI:55 WY:56 AS:60 GU:66 MP:69 PR:72 VI:78
"""
_FIPS = dict(pair.split(":") for pair in _STATES.split())


def ours(alert: Alert, settings: "NwsSettings") -> frozenset[str]:
    """The configured places that an alert names; empty where it is for others only.

    UGC codes decide where an alert has any. One without (a county's own message) is compared by SAME with the
    configured counties. `same` of the settings is compared always: who sets it wants all that touches the county.
    """
    named = set(alert.zones)
    found = {zone for zone in settings.zones if named & {zone, f"{zone[:3]}000", f"{zone[:3]}ALL"}}
    codes = {code[-5:] for code in alert.same}
    found |= {code for code in settings.same if _touches(code, codes)}
    if not named:
        found |= {zone for zone in settings.zones if zone[2] == "C" and _touches(_as_same(zone), codes)}
    return frozenset(found)


def _as_same(county: str) -> str:
    return f"0{_FIPS.get(county[:2], '99')}{county[3:]}"


def _touches(same: str, codes: set[str]) -> bool:
    """Whether a county is among SAME codes without their first digit (a part of the county); 000 is all of a state."""
    return bool(codes & {same[-5:], f"{same[1:3]}000", "00000"})
