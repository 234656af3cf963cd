"""What the pages say of an instrument's numbers: what each indicator weighs, and what the weights add up to.

Pure.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import msgspec

from server.inspections.instrument import Instrument
from server.inspections.scoring import is_counted, weights_of
from server.skm.index import half_up

HUNDRED = Decimal(100)
SHOWN_PLACES = 4


class WeightSum(msgspec.Struct, frozen=True):
    """What the weights of a part (without a code: of the whole) add up to, before and after a change."""

    code: str
    before: Decimal | None
    after: Decimal | None
    expected: Decimal | None
    """None where any sum is as good: the points of one part."""

    @property
    def is_off(self) -> bool:
        return None not in (self.after, self.expected) and self.after != self.expected


def plain(number: Decimal) -> Decimal:
    """Without the zeros at its end: 4.50 is 4.5, 100.00 is 100."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral() else short


def shares(instrument: Instrument) -> dict[str, Decimal]:
    """What each counted indicator weighs, also those that share what the others leave; empty for a plain mean."""
    if instrument.aggregation == "mean":
        return {}
    return {key: _shown(weight) for key, weight in _weights(instrument).items()}


def weight_sums(before: Instrument | None, after: Instrument) -> list[WeightSum]:
    """The whole first, then every part in which something is counted."""
    is_points = after.aggregation == "points"
    old, new = _sums(before) if before else {}, _sums(after)
    return [
        WeightSum(
            code,
            old.get(code),
            new.get(code),
            HUNDRED if not is_points else None if code else plain(after.maximum),
        )
        for code in dict.fromkeys([*new, *old])
    ]


def _sums(instrument: Instrument) -> dict[str, Decimal]:
    weights = _weights(instrument)
    by_part = {
        part.code: _sum(weights[one.key] for one in part.indicators if is_counted(one))
        for part in instrument.parts
        if instrument.aggregation != "mean" and any(map(is_counted, part.indicators))
    }
    if instrument.aggregation == "points":
        return {"": _sum(weights.values()), **by_part}
    return {"": _sum(Fraction(part.weight or 0) for part in instrument.parts), **by_part}


def _weights(instrument: Instrument) -> dict[str, Fraction]:
    if instrument.aggregation == "points":
        return weights_of((one for _, one in instrument.indicators), Fraction(instrument.maximum))
    weights: dict[str, Fraction] = {}
    for part in instrument.parts:
        weights |= weights_of(part.indicators, Fraction(HUNDRED))
    return weights


def _sum(weights: Iterable[Fraction]) -> Decimal:
    return _shown(sum(weights, Fraction(0)))


def _shown(number: Fraction) -> Decimal:
    return plain(half_up(number, SHOWN_PLACES))
