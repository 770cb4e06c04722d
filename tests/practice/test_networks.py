"""The platforms as the server finds them: nothing is registered, and none stands in another's way."""

from collections.abc import Callable
from itertools import permutations

import pytest
import requests

from notifier.practice.networks import names, platforms
from notifier.practice.platform import Platform
from notifier.practice.server import PracticeServer

every_platform = pytest.mark.parametrize("platform", platforms(), ids=lambda platform: platform.name)


def luminance(colour: str) -> float:
    """How bright a colour is (WCAG 2, relative luminance)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_no_two_platforms_share_a_name_or_an_address() -> None:
    """Each request belongs to one platform, and each fault rule to one."""
    found = platforms()
    assert {"x", "facebook", "everbridge", "webhook"} <= {platform.name for platform in found}
    assert len(names()) == sum(1 + len(platform.other_names) for platform in found)
    for one, other in permutations(found, 2):
        assert not any(prefix.startswith(other.prefixes) for prefix in one.prefixes), (one.name, other.name)


@every_platform
def test_a_platform_says_what_the_page_needs(platform: type[Platform]) -> None:
    """Its label, and a colour on which white can be read (WCAG 2, 4.5 to 1)."""
    assert platform.label
    assert 1.05 / (luminance(platform.colour) + 0.05) >= 4.5
    assert not any(prefix.startswith(("/practice", "/site")) for prefix in platform.prefixes)


@every_platform
def test_an_address_that_a_platform_does_not_have_is_refused_in_its_own_form(
    platform: type[Platform], http: requests.Session, server: PracticeServer
) -> None:
    """Nothing is published, and whoever checks a drill sees the request counted."""
    answer = http.post(f"{server.url}{platform.prefixes[0]}", data="x", headers={"Content-Type": "text/x"}, timeout=5)
    assert answer.status_code >= 400 or "stat" in answer.text or "error" in answer.text
    assert server.posts == []
    counted = http.get(f"{server.url}/practice/posts", timeout=5).json()["requests"]
    assert counted[platform.name]["all"] == 1


@every_platform
@pytest.mark.parametrize("status", [401, 404, 405, 413, 429, 500, 503])
def test_a_platform_fails_in_its_own_form(platform: type[Platform], status: int, server: PracticeServer) -> None:
    """Whatever fault is played, there is an answer that says no, even where the network says so with HTTP 200."""
    failing = server.platform_of(platform.prefixes[0])
    assert failing is not None
    answer = failing.failure(status, "Practice fault")
    assert not answer.accepts
    assert answer.body


@every_platform
def test_each_publishing_request_can_meet_a_fault(
    platform: type[Platform], http: requests.Session, server: PracticeServer, faults: Callable[..., None]
) -> None:
    """Each platform has a request that publishes, and the platform can be down by its own name and its other names."""
    running = server.platform_of(platform.prefixes[0])
    assert running is not None
    assert any(route.publishes for route in running.routes)
    for name in (platform.name, *platform.other_names):
        faults({"action": "down", "platform": name, "seconds": 5})
        assert http.get(f"{server.url}{platform.prefixes[0]}", timeout=5).status_code == 503
