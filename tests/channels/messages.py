"""Builders for the tests of channels: a prepared message, a client, and a channel of an adapter's own account."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from notifier.channel import Channel, Prepared
from notifier.http_client import HttpClient
from tests.notifications import NOW, a_message

__all__ = ["LATER", "NOW", "a_channel", "a_prepared"]

LATER = NOW + timedelta(minutes=2)
"""When a look-up asks: long enough after the attempt for an index to have caught up."""


def a_prepared(*, attempt: int = 1, **changes: Any) -> Prepared:
    """Make a road closure that is ready to be sent; pass what is to differ, as `text="…"`."""
    return Prepared(a_message(**changes), attempt=attempt)


def a_channel(
    kind: type[Channel], account: Mapping[str, Any], *, now: datetime = NOW, timeout: float = 5.0, **changes: Any
) -> Any:
    """Make a channel from the settings of an account, changed or added to; its clock stands at `now`."""
    settings = kind.Settings.model_validate({**account, **changes, "timeout": timeout})
    return kind("an-account", settings, HttpClient(timeout, clock=lambda: now))
