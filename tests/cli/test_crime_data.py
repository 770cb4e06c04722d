"""Outreach that shares crime data (order 2.d.2.b): a chart with words for it, and nobody's address."""

import shlex

import pytest

from tests.cli.console import Office, Ran
from tests.docs.pages import CHECKOUT, blocks, commands
from tests.notifications import a_picture

BLOCKS = "Bar chart of burglaries: 100 block of Elm Street 3, 200 block of Oak Avenue 2."


def documented() -> list[str]:
    """The arguments of the example that the documentation gives."""
    page = CHECKOUT / "docs" / "how-it-works.md"
    (example,) = [line for block in blocks(page) for line in commands(block) if "preview outreach" in line]
    return shlex.split(example)[1:]


def shared(office: Office, alt: str, body: str = "Burglaries fell by a third.", *more: str) -> Ran:
    """Publish crime data with a chart, as JSON."""
    chart = str(a_picture(office.folder, "chart.png"))
    about = ("--attach", chart, "--alt", alt, "--rights", "Exampleton PD")
    return office("outreach", "--topic", "Burglaries in November", "--body", body, *about, "--json", *more)


def test_the_documented_example_is_clean(quiet_office: Office) -> None:
    """The preview shows the chart where a channel takes pictures, and no rule objects."""
    a_picture(quiet_office.folder, "chart.png")

    ran = quiet_office(*documented(), "--json")

    assert (ran.code, ran.document["verdict"], ran.document["findings"]) == (0, "pass", [])
    shown = {one["channel"]: one["pictures"] for one in ran.document["channels"]}
    assert shown["site"] == ["chart.png"]


def test_a_chart_is_published_with_its_words(office: Office) -> None:
    """Who cannot see it reads the figures on the page, with whose chart it is."""
    ran = shared(office, BLOCKS, "Burglaries fell by a third.", "--channel", "site")

    assert (ran.code, ran.document["findings"]) == (0, [])
    page = (office.site / office.pages()[0]).read_text("utf-8")
    assert f'alt="{BLOCKS}"' in page
    assert "Exampleton PD" in page


def test_a_chart_without_words_is_refused(quiet_office: Office) -> None:
    """Exit 3, and what to add."""
    chart = str(a_picture(quiet_office.folder, "chart.png"))

    ran = quiet_office("outreach", "--topic", "Burglaries", "--body", "They fell.", "--attach", chart)

    assert ran.code == 3
    assert '"chart.png" has no alt text; add --alt' in ran.err


@pytest.mark.parametrize(
    ("alt", "body", "where"),
    [
        ("Map with a pin on the house at 12 Elm Street.", "Burglaries fell.", "attachment"),
        (BLOCKS, "The family lives at 12 Elm Street.", "field"),
    ],
)
def test_a_home_s_number_stops_it(quiet_office: Office, alt: str, body: str, where: str) -> None:
    """In the alt text or in the body, a home with its number is personal data: exit 4, and nothing is sent."""
    ran = shared(quiet_office, alt, body)

    (finding,) = ran.document["findings"]
    assert (ran.code, finding["label"], finding["verdict"], finding["text"]) == (
        4,
        "personal-data",
        "block",
        "12 Elm Street",
    )
    assert finding[where] == {"attachment": "chart.png", "field": "body"}[where]
    assert quiet_office.sent_nothing()
