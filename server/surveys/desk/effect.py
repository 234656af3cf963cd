"""What a decision does to an index: with and without the answers that are kept out, and under another convention."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from server.skm.index import Counts, Index, Tally, half_up, index_of, tally_of_counts
from server.skm.rules import ELEMENTS, Convention
from server.skm.tally import COUNTED

Histogram = Mapping[str, Counts]
"""Per element, how many answered 1, 2, 3 and 4."""


class Group(msgspec.Struct, frozen=True):
    """The answers of one unit that one rule keeps out, or (rule empty) those that count."""

    n: int
    histogram: Histogram


class Effect(msgspec.Struct, frozen=True):
    """One unit: how many count, how many each rule keeps out, and the index without and with the latter."""

    n: int
    excluded: dict[str, int]
    index: Index
    """The index as published."""
    with_all: Index
    """What it would be if every answer counted."""

    @property
    def excluded_n(self) -> int:
        return sum(self.excluded.values())

    @property
    def excluded_share(self) -> Fraction:
        return Fraction(self.excluded_n, self.n + self.excluded_n)

    @property
    def excluded_percent(self) -> Decimal:
        return half_up(100 * self.excluded_share, 1)

    @property
    def gain(self) -> Decimal | None:
        """How much higher the index would be if every answer counted; None while nothing counts."""
        if self.index.ikm is None or self.with_all.ikm is None:
            return None
        return self.with_all.ikm - self.index.ikm


NOTHING = Group(0, dict.fromkeys(ELEMENTS, (0, 0, 0, 0)))


def effect_of(groups: Mapping[str, Group], convention: Convention) -> Effect:
    """What the rules do to the index of a unit; `groups` by rule."""
    counted = groups.get(COUNTED, NOTHING)
    return Effect(
        n=counted.n,
        excluded={rule: group.n for rule, group in sorted(groups.items()) if rule != COUNTED and group.n},
        index=index_of(_tally(counted), convention),
        with_all=index_of(_tally(summed(groups.values())), convention),
    )


def moved(
    counted: Group, answers: Iterable[Mapping[str, int | None]], convention: Convention, *, is_added: bool
) -> tuple[Index, Index]:
    """The index before and after some answers begin (or cease) to count."""
    group = group_of(answers)
    after = summed([counted, group]) if is_added else _less(counted, group)
    return index_of(_tally(counted), convention), index_of(_tally(after), convention)


def group_of(answers: Iterable[Mapping[str, int | None]]) -> Group:
    """The histogram of single answers."""
    n = 0
    cells = {key: [0, 0, 0, 0] for key in ELEMENTS}
    for one in answers:
        n += 1
        for key, answer in one.items():
            if answer is not None:
                cells[key][answer - 1] += 1
    return Group(n, {key: (a, b, c, d) for key, (a, b, c, d) in cells.items()})


def summed(groups: Iterable[Group]) -> Group:
    total = NOTHING
    for group in groups:
        total = _combined(total, group, 1)
    return total


def compared(units: Mapping[int, Group], ways: Sequence[Convention]) -> dict[int, dict[str, Index]]:
    """The index of each unit under each convention. Raises BadConvention for one that can lead past 100."""
    return {
        unit_id: {way.name: index_of(_tally(group), way) for way in ways} for unit_id, group in units.items()
    }


def regraded(
    units: Mapping[int, Group], now: Convention, others: Sequence[Convention]
) -> dict[str, dict[int, tuple[Index, Index]]]:
    """Per other convention, the units whose grade it changes: their index now and under it."""
    found: dict[str, dict[int, tuple[Index, Index]]] = {other.name: {} for other in others}
    for unit_id, indices in compared(units, [now, *others]).items():
        for name in found:
            if indices[name].grade != indices[now.name].grade:
                found[name][unit_id] = (indices[now.name], indices[name])
    return found


def _less(whole: Group, part: Group) -> Group:
    return _combined(whole, part, -1)


def _combined(one: Group, other: Group, sign: int) -> Group:
    return Group(
        one.n + sign * other.n,
        {
            key: (
                cells[0] + sign * other.histogram[key][0],
                cells[1] + sign * other.histogram[key][1],
                cells[2] + sign * other.histogram[key][2],
                cells[3] + sign * other.histogram[key][3],
            )
            for key, cells in one.histogram.items()
        },
    )


def _tally(group: Group) -> Tally:
    return tally_of_counts(group.histogram, group.n)
