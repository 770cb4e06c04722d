"""Networks that fetch pictures themselves, from the console: published, waited for, taken back, each in its way."""

from datetime import date
from typing import Any

from notifier.practice.networks import instagram, nextdoor, threads
from tests.cli.console import Office
from tests.notifications import png_bytes


def with_networks(office: Office) -> None:
    """Let the department have all three, on the practice platforms."""
    url = office.practice.url
    common: dict[str, Any] = {
        "approved_by": "chief",
        "approved_on": date(2026, 1, 15),
        "live": False,
        "media_folder": "var/media",
        "media_url": "https://town.example/media",
    }
    office.only("plain-hook")
    office.channel(
        "threads",
        type="threads",
        base_url=f"{url}/threads",
        user_id=threads.USER_ID,
        access_token=threads.TOKEN,
        **common,
    )
    office.channel(
        "instagram",
        type="instagram",
        base_url=f"{url}/instagram",
        user_id=instagram.USER_ID,
        access_token=instagram.TOKEN,
        **common,
    )
    office.channel(
        "nextdoor",
        type="nextdoor",
        base_url=f"{url}/nextdoor",
        sign_in_url=f"{url}/nextdoor/v2/token",
        client_id=nextdoor.CLIENT_ID,
        client_secret=nextdoor.CLIENT_SECRET,
        refresh_token=nextdoor.REFRESH_TOKEN,
        profile_id=nextdoor.PROFILE_ID,
        **common,
    )


def test_a_picture_goes_to_all_three_and_is_taken_back(office: Office) -> None:
    """Each post names the picture at the department's address; what no program may delete, a person does."""
    with_networks(office)
    (office.folder / "map.png").write_bytes(png_bytes(300, 200))
    names = ("--channel", "threads", "--channel", "instagram", "--channel", "nextdoor")
    ran = office.publish(*names, "--attach", "map.png", "--alt", "A map of the detour")
    assert ran.states == dict.fromkeys(("threads", "instagram", "nextdoor"), "delivered"), ran.err
    assert len(office.practice.posts) == 3
    hosted = {path.name for path in (office.folder / "var" / "media").iterdir()}
    for post in office.practice.posts:
        (picture,) = post.named_pictures
        assert picture.address.removeprefix("https://town.example/media/") in hosted
        assert picture.alt == ("" if post.platform == "nextdoor" else "A map of the detour")
    id_ = ran.document["id"]
    taken = office("withdraw", id_, "--json")
    assert taken.code == 5
    assert {post.platform for post in office.practice.posts} == {"instagram"}
    (left,) = office("hand-off", id_, "--json").document
    assert (left["channel"], left["operation"]) == ("instagram", "withdraw")
    assert left["post"] == next(one["url"] for one in ran.document["deliveries"] if one["channel"] == "instagram")
    assert office("confirm", id_, "instagram", "--gone").code == 0


def test_what_has_no_picture_leaves_instagram_out(office: Office) -> None:
    """The others get it, and why is told."""
    with_networks(office)
    ran = office.publish("--channel", "threads", "--channel", "instagram")
    assert (ran.code, ran.states) == (0, {"threads": "delivered"})
    assert "picture" in ran.document["refused"][0]["reason"]
