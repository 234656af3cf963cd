"""Tallies: what a set of responses adds to the counts the index is read from.

A response counts twice over, in its local month and on its local day; exclusion moves it to the row of its rule,
with the same histogram, so that the index with and without it can both be computed.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from server.skm.rules import ELEMENTS

CELLS = tuple(f"{key}_{answer}" for key in ELEMENTS for answer in (1, 2, 3, 4))
"""The histogram of a tally, in the order of its counts: how many answered `key` with `answer`."""

COUNTED = ""
"""The rule of responses that count; every other value names the rule that excludes them."""


class Tallied(NamedTuple):
    """What a response adds to the tallies: where, when, by which rule, and its nine answers (None: missing)."""

    unit_id: int
    service_id: int | None
    counter_id: int
    day: str
    hour: int
    rule: str
    answers: Sequence[int | None]


TallyKey = tuple[str, int, int, int, str]
"""period, unit, service (0: none), counter, rule"""

HourKey = tuple[str, int, int]
"""month, unit, local hour"""


def deltas(responses: Iterable[Tallied], sign: int = 1) -> dict[TallyKey, list[int]]:
    """What the responses add (or, with sign -1, take away) per tally row: n, then one count per cell."""
    sums: dict[TallyKey, list[int]] = {}
    for response in responses:
        for period in (response.day[:7], response.day):
            key = (period, response.unit_id, response.service_id or 0, response.counter_id, response.rule)
            row = sums.get(key)
            if row is None:
                row = sums[key] = [0] * (1 + len(CELLS))
            row[0] += sign
            for place, answer in enumerate(response.answers):
                if answer is not None:
                    row[4 * place + answer] += sign
    return sums


def hour_deltas(responses: Iterable[Tallied], sign: int = 1) -> dict[HourKey, int]:
    """What the counted responses add per month, unit and local hour."""
    sums: dict[HourKey, int] = {}
    for response in responses:
        if response.rule == COUNTED:
            key = (response.day[:7], response.unit_id, response.hour)
            sums[key] = sums.get(key, 0) + sign
    return sums


def periods_between(first: date, last: date) -> list[str]:
    """The fewest months and days that cover the days from `first` to `last`, both included."""
    periods: list[str] = []
    day = first
    while day <= last:
        after = _month_after(day)
        if day.day == 1 and after - timedelta(days=1) <= last:
            periods.append(f"{day:%Y-%m}")
            day = after
        else:
            periods.append(day.isoformat())
            day += timedelta(days=1)
    return periods


def _month_after(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
