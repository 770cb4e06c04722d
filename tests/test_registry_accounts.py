"""What tells two accounts of one name apart, and what may stand by for what."""

from pathlib import Path

import pytest

from notifier.errors import SettingsError
from notifier.registry import Account, accounts
from tests.test_settings import read

HOOK = """
[channels.hook]
type = "webhook"
url = "http://127.0.0.1:9001/hook"
"""


def hook(tmp_path: Path, *lines: str, channels: str = HOOK) -> Account:
    """The account `hook`, with further settings."""
    return accounts(read(tmp_path, channels=channels + "\n".join(lines)))["hook"]


@pytest.mark.parametrize(
    "line",
    ["rate = 6", "concurrency = 2", "timeout = 3", 'fallback = "hand-off"', 'audience = "residents"'],
)
def test_tuning_makes_no_other_account(tmp_path: Path, line: str) -> None:
    """However it is used, it is the same: what was planned for it goes out."""
    assert hook(tmp_path / "a").identity == hook(tmp_path / "b", line).identity


def test_a_new_secret_makes_no_other_account(tmp_path: Path) -> None:
    """A credential that was renewed is of the same account, and no hash of it stands in the store."""
    (tmp_path / "one").write_text("first")
    (tmp_path / "two").write_text("second")
    first = hook(tmp_path / "a", f'secret = {{ file = "{tmp_path}/one" }}')
    second = hook(tmp_path / "b", f'secret = {{ file = "{tmp_path}/two" }}')
    assert first.identity == second.identity == hook(tmp_path / "c").identity


def test_another_place_is_another_account(tmp_path: Path) -> None:
    """Its own address, and the platform that it leads to."""
    others = [
        hook(tmp_path / "a"),
        hook(tmp_path / "b", channels=HOOK.replace("/hook", "/other")),
        hook(tmp_path / "c", 'base_url = "http://practice.example:8025/hook"'),
    ]
    assert len({account.identity for account in others}) == 3


def test_one_that_the_public_reads_now_is_the_same_account(tmp_path: Path) -> None:
    """What waits for it goes out; an exercise is refused where it is sent."""
    assert hook(tmp_path / "a").identity == hook(tmp_path / "b", "live = false").identity


def test_another_port_of_the_same_practice_is_the_same_account(tmp_path: Path) -> None:
    """Practice platforms take a free port: what was left goes out on the next day's."""
    one = hook(tmp_path / "a", 'base_url = "http://127.0.0.1:8025/hook"')
    assert one.identity == hook(tmp_path / "b", 'base_url = "http://127.0.0.1:9025/hook"').identity


SITE = """
[channels.site]
type = "site"
live = false
folder = "var/site"
public_url = "https://a.example"
"""


@pytest.mark.parametrize(
    ("fallback", "said"),
    [("pager", 'no channel "pager"'), ("hook", "another channel than itself"), ("site", "both be live, or neither")],
)
def test_what_cannot_stand_by_is_named(tmp_path: Path, fallback: str, said: str) -> None:
    """An unknown channel, itself, or one that another public reads; with the place in the file."""
    with pytest.raises(SettingsError, match=said) as wrong:
        hook(tmp_path, f'fallback = "{fallback}"', channels=SITE + HOOK)
    assert [problem.where for problem in wrong.value.problems] == ["channels.toml: channels.hook.fallback"]


@pytest.mark.parametrize("fallback", ["hand-off", "site"])
def test_what_can_stand_by_is_taken(tmp_path: Path, fallback: str) -> None:
    """Another channel that the same public reads, or a person's hands."""
    made = hook(tmp_path, f'fallback = "{fallback}"', channels=SITE.replace("live = false\n", "") + HOOK)
    assert made.settings.fallback == fallback
