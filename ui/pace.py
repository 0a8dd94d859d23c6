"""How often a page looks at a run that goes on."""

from time import monotonic

TICK = 0.25  # seconds between two looks at a run
SLOWEST = 2.0
FORGOTTEN = 3.0  # seconds after which a page no longer counts: most runs have ended by then

_looking: dict[str, float] = {}  # visitor → when their page last began to look


def pace(visitor: str) -> float:
    """Seconds between two looks: longer the more pages look, so that a class that trains can still click."""
    now = monotonic()
    _looking[visitor] = now
    for who, since in list(_looking.items()):
        if now - since > FORGOTTEN:
            _looking.pop(who, None)
    return min(SLOWEST, TICK * len(_looking))
