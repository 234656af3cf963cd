"""How many follow-ups were brought to an end: closed of opened, in percent.

Pure.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from server.inspections.followups.progress import CLOSED, OPEN, REPAIRED, is_overdue
from server.skm.index import half_up


class Case(msgspec.Struct, frozen=True):
    """What of one follow-up counts; its days are those of the unit's zone."""

    unit: str
    state: str
    opened_day: date
    due_day: date
    closed_day: date | None
    today: date


class Rate(msgspec.Struct, frozen=True):
    """Every follow-up that was opened is open, repaired or closed."""

    opened: int
    closed: int
    repaired: int
    open: int
    overdue: int
    closed_in_time: int

    @property
    def percent(self) -> Decimal | None:
        """Closed of opened, rounded once; where nothing was opened there is no rate."""
        return half_up(Fraction(100 * self.closed, self.opened), 2) if self.opened else None

    def told(self) -> dict[str, Any]:
        return {**msgspec.structs.asdict(self), "rate": None if self.percent is None else str(self.percent)}


def rate_of(cases: Iterable[Case]) -> Rate:
    known = list(cases)
    states = [case.state for case in known]
    return Rate(
        opened=len(known),
        closed=states.count(CLOSED),
        repaired=states.count(REPAIRED),
        open=states.count(OPEN),
        overdue=sum(is_overdue(case.state, case.due_day, case.today) for case in known),
        closed_in_time=sum(
            case.state == CLOSED and case.closed_day is not None and case.closed_day <= case.due_day
            for case in known
        ),
    )


def rates_by_unit(cases: Iterable[Case]) -> dict[str, Rate]:
    """The rate of each unit that has follow-ups, in the order they come."""
    by_unit: dict[str, list[Case]] = {}
    for case in cases:
        by_unit.setdefault(case.unit, []).append(case)
    return {unit: rate_of(own) for unit, own in by_unit.items()}
