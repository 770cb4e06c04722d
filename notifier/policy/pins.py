"""Pins: what a member of the team gives to decide on an approval. Only their argon2 hash is kept (department.toml)."""

from notifier.errors import SettingsError

SHORTEST_PIN = 4


def hash_of(pin: str) -> str:
    """Make the hash of a pin, as a PHC string with a salt of its own."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(pin)


def is_pin(pin: str, hashed: str) -> bool:
    """Whether a pin is the one that was hashed; takes about a tenth of a second. SettingsError: the hash is none."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

    from notifier.errors import Problem

    try:
        return PasswordHasher().verify(hashed, pin)
    except VerifyMismatchError:
        return False
    except (VerificationError, InvalidHashError):
        said = 'a pin cannot be checked; make its hash anew with "notify config pin"'
        raise SettingsError([Problem("department.toml: team", said)]) from None
