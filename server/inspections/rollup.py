"""From units to the city: one number of many, always with the name of the way it was made.

Rule:   PEKPPP: unweighted mean of the units' unrounded indices, rounded once; the Ombudsman publishes none
Since:  2017
Proof:  tests/published/: Jember 2024, Magelang 2022
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec

from server.inspections.instrument import Instrument
from server.inspections.scoring import band_of, converted, cut, rounded
from server.skm.rules import comma


class UnitResult(msgspec.Struct, frozen=True):
    """A unit's unrounded index (None: it has none yet), and the number of services that weigh it."""

    name: str
    index: Fraction | None
    services: int = 1
    is_f02_only: bool = False
    """Its index is without the users' form."""


METHODS: dict[str, str] = {
    "mean_of_units": "rata-rata unit tanpa bobot",
    "weighted_by_services": "rata-rata unit berbobot jumlah layanan",
}


class City(msgspec.Struct, frozen=True):
    """The city's index by one method, over the units that have one."""

    method: str
    measured: tuple[UnitResult, ...]
    units: int
    index: Fraction | None

    @property
    def label(self) -> str:
        """What stands beside the number wherever it is shown."""
        covered = f"{self.units} unit"
        if len(self.measured) < self.units:
            covered = f"{len(self.measured)} dari {self.units} unit"
        if partly := sum(unit.is_f02_only for unit in self.measured):
            covered += f", {partly} di antaranya F-02 saja"
        return f"{METHODS[self.method]}, {covered}"


def city(units: Sequence[UnitResult], method: str = "mean_of_units") -> City:
    """The units' mean; those without an index are counted in the label, never as zero."""
    measured = tuple(unit for unit in units if unit.index is not None)
    weights = [1 if method == "mean_of_units" else unit.services for unit in measured]
    total = sum(weights)
    summed = sum(
        (
            unit.index * weight
            for unit, weight in zip(measured, weights, strict=True)
            if unit.index is not None
        ),
        Fraction(0),
    )
    return City(method, measured, len(units), summed / total if total else None)


def to_wire(found: City, instrument: Instrument, day: date | None = None) -> dict[str, Any]:
    """The city's index as the API gives it."""
    band = None if found.index is None else band_of(instrument, found.index, day)
    conversion = None if found.index is None else converted(instrument, found.index)
    return {
        "method": found.method,
        "label": found.label,
        "units": found.units,
        "measured": len(found.measured),
        "index": None if found.index is None else str(rounded(found.index)),
        "conversion": None if conversion is None else str(conversion),
        "category": band.code if band else None,
        "category_label": band.label if band else None,
        "zone": (band.zone or None) if band else None,
        "steps": steps(found),
    }


def steps(found: City) -> list[str]:
    if found.index is None:
        return ["Belum ada unit yang mempunyai indeks."]
    lines = [
        f"{unit.name}: {cut(unit.index)}"
        + (f" × {unit.services} layanan" if found.method == "weighted_by_services" else "")
        for unit in found.measured
        if unit.index is not None
    ]
    return [*lines, f"{found.label}: {cut(found.index)}, dibulatkan {comma(rounded(found.index))}"]
