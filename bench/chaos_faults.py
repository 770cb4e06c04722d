"""What the practice platforms do wrong, phase by phase, drawn from the seed."""

import random
from typing import Any

from chaos_world import Scale

Rules = list[dict[str, Any]]


def phase(dice: random.Random, server: str, scale: Scale) -> tuple[str, Rules]:
    """Draw what goes wrong at a server for a while: its name, and the rules."""
    kind = dice.choices(("usual", "down", "throttled", "silent", "quiet"), (6, 2, 2, 1, 1))[0]
    first: Rules = []
    if kind == "down":
        first = [_down(dice, server, scale)]
    elif kind == "throttled":
        first = _throttled(dice, 0.15, scale)
    elif kind == "silent":
        first = [_rule(dice, "hang", 0.1, seconds=scale.hang)]
    return kind, [] if kind == "quiet" else [*first, *_usual(dice, server, scale)]


def _usual(dice: random.Random, server: str, scale: Scale) -> Rules:
    """What always goes wrong: a tenth of the requests meets 503 at one server, three tenths at the other."""
    unavailable = _rule(dice, "status", 0.3 if server == "rough" else 0.1, status=503)
    return [
        unavailable,
        *_throttled(dice, 0.01, scale),
        _rule(dice, "status", 0.01, status=400),
        _rule(dice, "lose-reply", 0.02),
        _rule(dice, "reset-before", 0.01),
        _rule(dice, "reset-after-headers", 0.01),
        _rule(dice, "slow", 0.02, seconds=scale.timeout * 0.6),
        _rule(dice, "slow", 0.005, seconds=scale.timeout * 1.5),
        _rule(dice, "hang", 0.005, seconds=scale.hang),
    ]


def _throttled(dice: random.Random, rate: float, scale: Scale) -> Rules:
    """Both forms of Retry-After, and a 503 that has one."""
    seconds = dice.randint(1, scale.retry_after)
    return [
        _rule(dice, "status", rate, status=429, retry_after=f"seconds:{seconds}"),
        _rule(dice, "status", rate, status=429, retry_after=f"date:{seconds}"),
        _rule(dice, "status", rate / 2, status=503, retry_after=f"seconds:{seconds}"),
    ]


def _down(dice: random.Random, server: str, scale: Scale) -> dict[str, Any]:
    platform = "webhook" if server == "rough" else dice.choice(("x", "facebook", "everbridge", "webhook"))
    return {"action": "down", "platform": platform, "seconds": scale.down}


def _rule(dice: random.Random, action: str, rate: float, **more: object) -> dict[str, Any]:
    return {"action": action, "rate": rate, "seed": dice.randrange(1 << 30), **more}
