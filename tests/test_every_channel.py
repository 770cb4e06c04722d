"""Every channel of the example department: what each kind says there is within its limits, in both languages."""

from dataclasses import replace
from pathlib import Path

import pytest

from notifier.channel import Media
from notifier.lengths import fits
from notifier.plan import Target, make_plan
from notifier.project_files import EXAMPLE_CONFIG
from notifier.registry import accounts, kind_slugs
from notifier.rendering import Renderer
from notifier.settings import read_settings
from tests.notifications import a_full_notification, some_media, some_video

SETTINGS = read_settings(EXAMPLE_CONFIG, {}, lambda settings: [])
ACCOUNTS = accounts(SETTINGS)
RENDERER = Renderer(SETTINGS.department)
MEDIA: tuple[Media, ...] = (some_media(), some_video())


def target(name: str) -> Target:
    """A channel, as the plan sees it."""
    account = ACCOUNTS[name]
    return Target(name, account.type, account.channel.capabilities, account.live, "chief")


@pytest.mark.parametrize("slug", kind_slugs())
def test_every_kind_fits_every_channel(slug: str) -> None:
    """With every field filled; what is shown is judged as it stands, and no limit is passed by a single unit."""
    notification = replace(a_full_notification(slug), languages=("en", "es"))
    plan = make_plan(notification, SETTINGS.department, [*map(target, ACCOUNTS)], RENDERER, media=MEDIA)
    assert {planned.channel for planned in plan.deliveries} == {*ACCOUNTS}
    for planned in plan.deliveries:
        limit = ACCOUNTS[planned.channel].channel.capabilities.limit
        assert all(fits(text, limit) for text in (planned.message.text, *planned.message.thread)), planned.channel


@pytest.mark.parametrize("name", sorted(ACCOUNTS))
def test_every_channel_of_the_example_is_a_practice_account(name: str) -> None:
    """Whoever tries the program reaches nobody; no secret of the example is one."""
    assert not ACCOUNTS[name].live
    assert ACCOUNTS[name].approval_trouble is None
    address = ACCOUNTS[name].settings.base_url or "http://127.0.0.1"
    own = str(getattr(ACCOUNTS[name].settings, "url", "http://127.0.0.1"))
    needs_none = ACCOUNTS[name].channel.capabilities.by_hand or isinstance(
        getattr(ACCOUNTS[name].settings, "folder", None), Path
    )
    assert needs_none or (address.startswith("http://127.0.0.1") and own.startswith("http://127.0.0.1"))
