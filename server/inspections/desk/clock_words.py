"""How far a phone's clock was off, in the largest unit that says it. Pure."""

from datetime import timedelta

import msgspec

from server.phones import SKEW_NOTED

_UNITS = {
    "years": timedelta(days=365),
    "days": timedelta(days=1),
    "hours": timedelta(hours=1),
    "minutes": timedelta(minutes=1),
}


class Skew(msgspec.Struct, frozen=True):
    """So many years (or days, hours, minutes) ahead of our clock, or behind it."""

    count: int
    unit: str
    is_ahead: bool


def skew_of(skew_ms: int | None) -> Skew | None:
    """What is worth a word; None: the clock was right, or nobody knows."""
    skew = timedelta(milliseconds=skew_ms or 0)
    if abs(skew) <= SKEW_NOTED:
        return None
    unit, length = next((unit, length) for unit, length in _UNITS.items() if abs(skew) >= length)
    return Skew(abs(skew) // length, unit, skew > timedelta())
