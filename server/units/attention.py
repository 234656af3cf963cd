"""Which unit needs the bureau most, and why: reasons with a weight, the heaviest unit first."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

ENOUGH = 30
"""Fewer answers than this move an index by chance: no fall is told, no weak element called out."""

FALL = Decimal(1)
"""A smaller fall than one point from one quarter to the next is everyday movement."""

WEAK_GRADE = "D"

URGENT = frozenset({"no_counter", "no_answer", "weak", "fell"})


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one unit: answers of the quarter, and how far the year's sample has come."""

    slug: str
    name: str
    counters: int
    """Open counters of its own."""
    n: int
    ikm: Decimal | None
    grade: str | None
    ikm_before: Decimal | None
    n_before: int
    elements: Mapping[str, Mapping[str, Any]]
    """Each with its nrr and grade."""
    lowest: Sequence[str]
    required: int | None
    """Respondents the year needs; None where nobody knows how many people are served."""
    due: int
    """How many of them should be here by now."""
    collected: int
    dominant: Mapping[str, Any] | None
    """The counter or hour that more than half of the answers come from: kind, name, key, percent."""


class Reason(msgspec.Struct, frozen=True):
    """Why a unit needs somebody; the page puts it in words."""

    kind: str
    """no_counter, no_answer, weak, fell, few or dominated."""
    weight: int
    facts: dict[str, Any] = {}


def reasons(unit: Standing) -> list[Reason]:
    """Why this unit needs somebody, the gravest first; none when all is well."""
    found: list[Reason | None] = (
        [_silence(unit)] if not unit.n else [_weakness(unit), _fall(unit), _dominance(unit)]
    )
    found.append(_shortage(unit))
    return sorted((reason for reason in found if reason), key=lambda reason: -reason.weight)


def is_urgent(found: Iterable[Reason]) -> bool:
    """Whether somebody should look today; few respondents or a lopsided sample can wait for a plan."""
    return any(reason.kind in URGENT for reason in found)


def due_by(required: int, day: date, year: int) -> int:
    """How many of a year's respondents should be here at the end of `day`, when they come evenly."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    passed = min(max((day - first).days + 1, 0), (last - first).days + 1)
    return required * passed // ((last - first).days + 1)


def by_need(units: Iterable[Standing]) -> list[tuple[Standing, list[Reason]]]:
    """Units with their reasons, those who need somebody most first; equals by name."""
    told = [(unit, reasons(unit)) for unit in units]
    return sorted(told, key=lambda one: (-sum(reason.weight for reason in one[1]), one[0].name.casefold()))


def _silence(unit: Standing) -> Reason:
    return Reason("no_answer", 100) if unit.counters else Reason("no_counter", 110)


def _weakness(unit: Standing) -> Reason | None:
    weak = [key for key in unit.lowest if unit.elements[key]["grade"] == WEAK_GRADE]
    if not weak or unit.n < ENOUGH:
        return None
    return Reason(
        "weak", 60 + 10 * (len(weak) - 1), {"element": weak[0], "nrr": unit.elements[weak[0]]["nrr"]}
    )


def _fall(unit: Standing) -> Reason | None:
    if unit.ikm is None or unit.ikm_before is None or min(unit.n, unit.n_before) < ENOUGH:
        return None
    fall = unit.ikm_before - unit.ikm
    return Reason("fell", 30 + int(fall), {"by": fall}) if fall >= FALL else None


def _shortage(unit: Standing) -> Reason | None:
    """At most 40, for a unit that has nobody of those it should have by now."""
    if unit.required is None or unit.collected >= unit.due:
        return None
    facts = {"collected": unit.collected, "due": unit.due, "required": unit.required}
    return Reason("few", 40 * (unit.due - unit.collected) // unit.due, facts)


def _dominance(unit: Standing) -> Reason | None:
    return Reason("dominated", 20, dict(unit.dominant)) if unit.dominant else None
