"""Results of evaluations as pages show them; they come from the reader that `app.py` hands over, final ones only."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from server.scorecards.period import Period, year_of

ROUNDS_MOST = 4
"""How many evaluations the city's page shows, the latest first."""

TOP = 5
"""How many units of an evaluation the city's page names; every unit tells its own result."""

Told = Mapping[str, Any]


def results(told: Sequence[Told]) -> list[dict[str, Any]]:
    """A unit's final scores with their periods."""
    return [{**one, "period": period_between(one["first_day"], one["last_day"])} for one in told]


def rounds(told: Sequence[Told]) -> list[dict[str, Any]]:
    """The city's evaluations with their periods, the unweighted mean of their units and the first of them."""
    return [{**one, "mean": one["city"]["mean_of_units"], "top": one["units"][:TOP]} for one in results(told)]


def period_between(first_day: str, last_day: str) -> Period:
    first, last = date.fromisoformat(first_day), date.fromisoformat(last_day)
    year = year_of(first.year)
    return year if (year.first, year.last) == (first, last) else Period("days", first, last)
