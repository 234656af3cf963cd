"""The lines of the printed score sheet: the score as it was pinned or holds now, with what proves each value.

Pure. The digits are those of the score's document, letter by letter; only reasons and counts are put beside them.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from server.inspections.desk.instrument_words import plain
from server.inspections.desk.unit_facts import Evidence, Notes
from server.inspections.instrument import Band, Indicator, Instrument, Part
from server.inspections.scores.gather import Group, Scored
from server.inspections.scoring import cut
from server.skm.index import half_up

WEIGHT_PLACES = 4


class SheetLine(msgspec.Struct, frozen=True):
    """One indicator: `told` as the document has it, why it was judged against its items, how much proves it."""

    indicator: Indicator
    told: dict[str, Any]
    weight: Decimal | None
    reason: str
    evidence: int
    is_disputed: bool
    divided: str
    """What the product is divided by where something does not apply, with a decimal comma; empty: by the whole."""


class SheetPart(msgspec.Struct, frozen=True):
    part: Part
    told: dict[str, Any]
    weight: Decimal | None
    lines: tuple[SheetLine, ...]


class SheetProduct(msgspec.Struct, frozen=True):
    """One public service, or the unit as a whole."""

    told: dict[str, Any]
    parts: tuple[SheetPart, ...]

    @property
    def has_doubtful_weights(self) -> bool:
        return any("weight" in line.indicator.doubts for part in self.parts for line in part.lines)


def products(
    scored: Scored, document: Mapping[str, Any], notes: Notes, evidence: Evidence
) -> list[SheetProduct]:
    """Everything that was scored, in the order of the document."""
    instrument = scored.result.instrument
    told = document["products"]
    return [
        SheetProduct(one, tuple(_parts(instrument, one, group, notes, evidence)))
        for one, group in zip(told, _groups(told, scored.groups), strict=True)
    ]


def _groups(told: Sequence[Mapping[str, Any]], groups: Sequence[Group]) -> list[Group | None]:
    """The visits behind each product by its name; a service renamed since takes the place that is left."""
    by_name: dict[str, list[Group]] = {}
    for group in groups:
        by_name.setdefault(group.service.name if group.service else "", []).append(group)
    names = [one["name"] for one in told]
    left = iter([group for name, found in by_name.items() if name not in names for group in found])
    # two services may bear one name: each takes its own
    return [by_name[name].pop(0) if by_name.get(name) else next(left, None) for name in names]


def _parts(
    instrument: Instrument, told: Mapping[str, Any], group: Group | None, notes: Notes, evidence: Evidence
) -> Iterator[SheetPart]:
    for part in instrument.parts:
        of_part = told["aspects"][part.code]
        lines = tuple(
            _line(indicator, of_part["indicators"][indicator.key], told, group, notes, evidence)
            for indicator in part.indicators
        )
        yield SheetPart(part, of_part, shown_weight(of_part["weight"]), lines)


def _line(
    indicator: Indicator,
    told: dict[str, Any],
    product: Mapping[str, Any],
    group: Group | None,
    notes: Notes,
    evidence: Evidence,
) -> SheetLine:
    visits = group.visits if group else ()
    return SheetLine(
        indicator=indicator,
        told=told,
        weight=shown_weight(told["weight"]),
        reason=_reason(indicator.key, told, group, notes),
        evidence=sum(evidence.get(visit.id, {}).get(indicator.key, 0) for visit in visits),
        is_disputed=indicator.key in product["disputed"],
        divided=cut(Fraction(told["divisor"])) if "divisor" in told else "",
    )


def _reason(key: str, told: Mapping[str, Any], group: Group | None, notes: Notes) -> str:
    """Why a value stands against what its items give, or was decided."""
    if group is None:
        return ""
    if key in group.settled:
        return group.settled[key].reason
    if "computed" not in told or not group.visits:
        return ""
    visit = group.visit_that_said(key, Decimal(told["value"]))
    observed = notes.get(visit.id, {}).get(key)
    return observed.note if observed else ""


def shown_weight(text: str | None) -> Decimal | None:
    """A weight to be read: a sixth of 100 is rounded to four decimals."""
    return None if text is None else plain(half_up(Fraction(text), WEIGHT_PLACES))


def band_named(scored: Scored, code: str | None) -> Band | None:
    """The category of a document with its cut-offs."""
    bands = scored.result.instrument.bands_on(scored.result.inputs.day)
    return next((band for band in bands if band.code == code), None)
