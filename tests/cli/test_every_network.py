"""Every network at once, at the console: published with a picture, checked, and taken back from all that can."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.practice.server import PracticeServer
from notifier.project_files import EXAMPLE_CONFIG
from tests.cli.console import CLOSURE, Console
from tests.notifications import png_bytes

BY_HAND = {"myspace", "digg", "ipaws"}
WITHOUT_VIDEO = {"youtube"}
STAYS = {"nixle", "county-hook", "sms"}
"""What nobody can take back."""


@pytest.fixture
def networks(tmp_path: Path) -> Iterator[tuple[Console, PracticeServer]]:
    """The example department with every channel of it, on practice platforms of its own."""
    with PracticeServer(site=tmp_path / "var" / "site") as practice:
        config = tmp_path / "config"
        config.mkdir()
        for file in EXAMPLE_CONFIG.glob("*.toml"):
            text = file.read_text("utf-8").replace("http://127.0.0.1:8025", practice.url)
            (config / file.name).write_text(text, encoding="utf-8")
        (tmp_path / "map.png").write_bytes(png_bytes(600, 400))
        yield Console(tmp_path, config), practice


def test_a_closure_is_on_every_network_and_off_again(networks: tuple[Console, PracticeServer]) -> None:
    """Each channel works; each post is there once, with its alt text; afterwards only what nobody can reach is left."""
    console, practice = networks
    checked = console("channels", "check", "--json")
    assert checked.code == 0, checked.out
    names = [one["name"] for one in console("channels", "list", "--json").document]
    chosen = [part for name in names for part in ("--channel", name)]
    ran = console(*CLOSURE, "--attach", "map.png", "--alt", "A map of the detour", "--json", "--wait", "40", *chosen)
    assert ran.code == 5, ran.err
    assert {name for name, state in ran.states.items() if state == "awaiting_person"} == BY_HAND
    delivered = {name for name, state in ran.states.items() if state == "delivered"}
    assert delivered == {*names} - BY_HAND - WITHOUT_VIDEO
    assert [one["channel"] for one in ran.document["refused"]] == ["youtube"]
    posts = practice.posts
    assert len({(post.platform, post.id) for post in posts}) == len({(post.platform, post.key) for post in posts})
    assert all(picture.alt for post in posts for picture in post.pictures)

    id_ = ran.document["id"]
    taken = console("withdraw", id_, "--reason", "wrong street", "--json", "--wait", "40")
    down = {one["channel"]: one["state"] for one in taken.document["deliveries"] if one["operation"] == "withdraw"}
    assert {name for name, state in down.items() if state == "awaiting_person"} <= {"instagram", "nixle"}
    assert {name for name, state in down.items() if state == "delivered"} >= delivered - STAYS - {"instagram"}
    assert {one["channel"] for one in taken.document["beyond_reach"]} <= STAYS
    left = {post.platform for post in practice.posts}
    assert left == {"everbridge", "webhook", "twilio", "instagram"}
    assert "Main Street" not in "".join(
        path.read_text("utf-8") for path in (console.folder / "var/site").glob("*.html")
    )
    assert console("records", "verify").code == 0
