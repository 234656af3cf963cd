"""A value at an indicator in the words of its instrument, and the values that one may choose from.

Pure.
"""

from decimal import Decimal

import msgspec

from server.inspections.instrument import Count, Indicator, Instrument, Ladder, Months, Percent, Presence
from server.inspections.scoring import comma_of

OFFERED_MOST = 11
"""A scale with more values than these is typed, not chosen."""


class Said(msgspec.Struct, frozen=True):
    """A value as a page says it."""

    number: str
    """Empty where words say all: there or not there."""
    highest: str
    text: str


def said(instrument: Instrument, indicator: Indicator, value: Decimal | None) -> Said:
    """None: not applicable."""
    highest = comma_of(instrument.scale.highest)
    if value is None:
        return Said("", highest, "tidak berlaku")
    if isinstance(indicator.scoring, Presence):
        return Said("", highest, "ada" if value else "tidak ada")
    return Said(comma_of(value), highest, _levels(indicator).get(value, ""))


def offered(instrument: Instrument, indicator: Indicator) -> list[tuple[str, Said]]:
    """Every value of the scale as it is sent and as it is said, the highest first; empty where there are too many."""
    scale = instrument.scale
    count = int((scale.highest - scale.lowest) / scale.step) + 1
    if count > OFFERED_MOST:
        return []
    values = [scale.highest - scale.step * place for place in range(count)]
    return [(f"{value:f}", said(instrument, indicator, value)) for value in values]


def _levels(indicator: Indicator) -> dict[Decimal, str]:
    match indicator.scoring:
        case Ladder(levels=levels) | Percent(levels=levels) | Months(levels=levels):
            return {Decimal(level): text for level, text in levels.items()}
        case Count() as rule:
            of = len(rule.items)
            told = {
                Decimal(level): f"paling sedikit {least} dari {of} butir"
                for level, least in rule.least.items()
                if least
            }
            return {**told, Decimal(0): rule.none}
        case _:
            return {}
