"""The console channel: what it prints, and what it never lets through to a terminal."""

import pytest

from channels.console import Console
from notifier.channel import Delivered
from tests.channels.messages import a_channel, a_prepared

ACCOUNT = {"type": "console"}


def test_send_prints_the_headline_and_the_text_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """A person at the terminal reads what went out; stdout stays free for the command's answer."""
    outcome = a_channel(Console, ACCOUNT).send(
        a_prepared(headline="Road closed", text="Main Street is closed.\nDetour.")
    )
    assert outcome == Delivered()
    printed = capsys.readouterr()
    assert printed.err == "Road closed\n\nMain Street is closed.\nDetour.\n\n"
    assert printed.out == ""


def test_send_neutralises_what_a_terminal_would_obey(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape codes, bells, carriage returns and reversed reading direction are shown as signs, not obeyed."""
    a_channel(Console, ACCOUNT).send(a_prepared(headline="\x1b[2Jgone", text="a\rb\x07c\x9b31md\u202ee\tñ"))
    printed = capsys.readouterr().err
    assert printed == "\ufffd[2Jgone\n\na\ufffdb\ufffdc\ufffd31md\ufffde\ufffdñ\n\n"


def test_capabilities_ask_for_the_whole_text_and_a_headline() -> None:
    """The terminal has room for all of it."""
    capabilities = a_channel(Console, ACCOUNT).capabilities
    assert (capabilities.form, capabilities.beside, capabilities.limit) == ("long", ("headline",), None)
