"""The terminal: prints what would go out, for trying templates. Nothing leaves the machine."""

import sys

from notifier.channel import Capabilities, Channel, ChannelSettings, Delivered, Outcome, Prepared, Retry, System


class ConsoleSettings(ChannelSettings):
    """A terminal needs no settings of its own."""


class Console(Channel):
    """The terminal that the command runs in; on stderr, for stdout belongs to the command's answer."""

    Settings = ConsoleSettings
    systems = (System("The terminal", "publishes", "a terminal; for trying templates"),)

    @property
    def capabilities(self) -> Capabilities:
        """The whole text, and the headline beside it."""
        return Capabilities("long", beside=("headline",))

    def load(self) -> None:
        """Import nothing: no request is made."""

    def send(self, prepared: Prepared) -> Outcome:
        """Print headline and text in one write, so that two channels never mix their lines."""
        message = prepared.message
        try:
            sys.stderr.write(f"{_harmless(message.headline)}\n\n{_harmless(message.text)}\n\n")
            sys.stderr.flush()
        except OSError:
            return Retry("the terminal cannot be written to")
        return Delivered()


def _harmless(text: str) -> str:
    """Keep a text from moving the cursor, colouring the screen or turning its reading direction."""
    return "".join(char if char == "\n" or char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


CHANNEL = Console
