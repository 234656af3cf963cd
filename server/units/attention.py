"""Which unit needs the bureau most, and why: reasons with a weight, the heaviest unit first."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

ENOUGH = 30
"""Fewer answers than this move an index by chance: no fall is told, no weak element called out."""

FALL = Decimal(1)
"""A smaller fall than one point from one quarter to the next is everyday movement."""

WEAK_GRADE = "D"


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
    """At most 40, for a unit that has nobody of those it needs."""
    if unit.required is None or unit.collected >= unit.required:
        return None
    missing = unit.required - unit.collected
    return Reason(
        "few", 40 * missing // unit.required, {"collected": unit.collected, "required": unit.required}
    )


def _dominance(unit: Standing) -> Reason | None:
    return Reason("dominated", 20, dict(unit.dominant)) if unit.dominant else None
