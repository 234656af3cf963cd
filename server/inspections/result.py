"""The result of one unit in one evaluation: its products' scores, its users' form, its index, every step of it.

Pure: made from an instrument and `Inputs` alone. A pinned score keeps both, so that it says the same years later.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from server.inspections import ipp as ipps
from server.inspections import scoring
from server.inspections.instrument import Combination, Instrument
from server.inspections.ipp import Ipp, UsersScore, users_score
from server.inspections.scoring import Judged, Score, band_of, converted, cut, rounded, score_of
from server.skm.rules import comma


class Product(msgspec.Struct, frozen=True):
    """What holds for one public service of the unit, or for the unit as a whole (`name` empty)."""

    name: str
    values: dict[str, Judged]
    disputed: tuple[str, ...] = ()


class Inputs(msgspec.Struct, frozen=True):
    """Everything a result is made from besides its instrument."""

    convention: str
    day: date
    """Chooses the categories in force: the last day of the evaluation's period."""
    products: tuple[Product, ...]
    sheets: tuple[dict[str, int], ...] = ()
    """The users' sheets that count."""
    combination: Combination | None = None
    services: int = 1
    """What weighs the unit in an index of the city that weighs."""


class Result(msgspec.Struct, frozen=True):
    """`index` is None while anything is missing or disputed; `status` says what."""

    instrument: Instrument
    inputs: Inputs
    scores: tuple[Score, ...]
    """One per product."""
    f02: Fraction | None
    users: UsersScore | None
    ipp: Ipp | None
    index: Fraction | None
    status: str

    @property
    def is_f02_only(self) -> bool:
        return self.ipp is not None and self.ipp.index is not None and self.ipp.f03 is None

    @property
    def is_disputed(self) -> bool:
        return any(product.disputed for product in self.inputs.products)


def result(instrument: Instrument, inputs: Inputs) -> Result:
    """What holds for a unit, added up. While people differ there is no index, not even beside an optional finding."""
    scores = tuple(
        score_of(instrument, product.values, inputs.convention, inputs.day) for product in inputs.products
    )
    is_disputed = any(product.disputed for product in inputs.products)
    # a product of which nothing applies leaves, as an indicator does
    indices = [score.index for score in scores if score.missing or score.index is not None]
    f02 = None
    if indices and None not in indices and not is_disputed:
        f02 = sum((index for index in indices if index is not None), Fraction(0)) / len(indices)
    users = users_score(instrument, inputs.sheets) if instrument.users is not None else None
    combined = None
    index = f02
    if instrument.combination is not None:
        f03 = users.index if users is not None else None
        combined = ipps.ipp(instrument, f02, f03, inputs.combination)
        index = combined.index
    return Result(instrument, inputs, scores, f02, users, combined, index, _status(inputs, scores, combined))


def _status(inputs: Inputs, scores: tuple[Score, ...], combined: Ipp | None) -> str:
    if disputed := sum(len(product.disputed) for product in inputs.products):
        return f"diperselisihkan, {disputed} indikator"
    if not scores:
        return "belum ada kunjungan terverifikasi"
    unfinished = [
        (f"{product.name}: " if len(scores) > 1 else "") + score.status
        for product, score in zip(inputs.products, scores, strict=True)
        if score.missing
    ]
    if unfinished:
        return "; ".join(unfinished)
    if all(score.index is None for score in scores):
        return "tidak ada yang berlaku"
    return combined.status if combined is not None else "lengkap"


def to_wire(found: Result) -> dict[str, Any]:
    """The whole result as the API gives it and as it is pinned."""
    instrument, index = found.instrument, found.index
    band = None if index is None else band_of(instrument, index, found.inputs.day)
    return {
        "status": found.status,
        "disputed": found.is_disputed,
        "convention": found.inputs.convention,
        "products": [
            {"name": product.name, "disputed": list(product.disputed), **_score_wire(score)}
            for product, score in zip(found.inputs.products, found.scores, strict=True)
        ],
        "f02": _text(found.f02),
        "users": None if found.users is None else ipps.users_to_wire(found.users),
        "ipp": None if found.ipp is None else ipps.to_wire(found.ipp, found.inputs.day),
        "index": _text(index),
        "conversion": None if index is None else _decimal(converted(instrument, index)),
        "category": band.code if band else None,
        "label": band.label if band else None,
        "zone": (band.zone or None) if band else None,
        "steps": steps(found),
    }


def _score_wire(score: Score) -> dict[str, Any]:
    """One product's score; where a users' form belongs to the index, it has no category of its own."""
    wire = scoring.to_wire(score)
    if score.instrument.combination is not None:
        wire |= {"conversion": None, "category": None, "label": None, "zone": None}
    return wire


def steps(found: Result) -> list[str]:
    """From the findings to the index, line by line."""
    lines: list[str] = []
    for product, score in zip(found.inputs.products, found.scores, strict=True):
        if product.name:
            lines.append(f"Layanan: {product.name}")
        lines += scoring.steps(score)
    indices = [score.index for score in found.scores if score.index is not None]
    if found.f02 is not None and len(indices) > 1:
        told = " + ".join(cut(index) for index in indices)
        lines.append(
            f"Rata-rata {len(indices)} layanan: ({told}) ÷ {len(indices)} = {cut(found.f02)}, "
            f"dibulatkan {comma(rounded(found.f02))}"
        )
    if found.ipp is not None:
        lines += ipps.steps(found.ipp, found.inputs.day)
    return lines


def _text(index: Fraction | None) -> str | None:
    return None if index is None else str(rounded(index))


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
