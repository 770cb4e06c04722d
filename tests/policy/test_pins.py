"""Pins: hashed with a salt, checked, and never told."""

import pytest

from notifier.errors import SettingsError
from notifier.policy.pins import hash_of, is_pin
from notifier.settings import TeamMember


def test_a_pin_is_known_by_its_hash() -> None:
    """The right one fits, another does not; the hash does not hold it, and each is salted anew."""
    hashed = hash_of("4711-ñ")
    assert is_pin("4711-ñ", hashed)
    assert not is_pin("4711-n", hashed)
    assert not is_pin("", hashed)
    assert "4711" not in hashed
    assert hashed != hash_of("4711-ñ")


def test_what_it_makes_is_what_the_settings_take() -> None:
    """A hash of `notify config pin` can stand in department.toml."""
    hashed = hash_of("471100")
    assert TeamMember(user="ada", role="chief", pin=hashed).pin == hashed
    assert hashed not in repr(TeamMember(user="ada", role="chief", pin=hashed))


@pytest.mark.parametrize("broken", ["$argon2id$v=19$m=8,t=1,p=1$!$!", "$argon2id$v=19$m=1,t=0,p=1$c29tZXNhbHQ$MTIz"])
def test_a_hash_that_cannot_be_checked_is_a_sentence(broken: str) -> None:
    """It names the file and what to run, and proves nobody."""
    with pytest.raises(SettingsError, match=r"department\.toml.*notify config pin"):
        is_pin("4711", broken)
