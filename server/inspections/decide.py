"""Several visits of one unit, or one product of it: where they agree, where not, and which value holds.

Pure. Nothing is averaged away: visits that differ leave an indicator disputed until somebody settles it with a reason.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from server.inspections.scoring import Judged


class Seen(msgspec.Struct, frozen=True):
    """What one verified visit found, by indicator."""

    visit_id: str
    team: str
    values: Mapping[str, Judged]


class Disagreement(msgspec.Struct, frozen=True):
    """An indicator at which visits differ; what each of them says, and whether it has been settled."""

    indicator: str
    said: tuple[tuple[Seen, Judged], ...]
    is_settled: bool


class Agreement(msgspec.Struct, frozen=True):
    """The values that hold, and the indicators at which the visits differ."""

    values: dict[str, Judged]
    disagreements: tuple[Disagreement, ...]

    @property
    def disputed(self) -> tuple[str, ...]:
        return tuple(one.indicator for one in self.disagreements if not one.is_settled)


def agreement(visits: Sequence[Seen], settled: Mapping[str, Decimal | None]) -> Agreement:
    """Which values hold: a settled one (None: not applicable), else what all visits that filled it in say alike."""
    values: dict[str, Judged] = {}
    disagreements = []
    for key in dict.fromkeys(key for visit in visits for key in visit.values):
        said = tuple(
            (visit, visit.values[key])
            for visit in visits
            if key in visit.values and visit.values[key].is_filled
        )
        differ = len({(judged.value, judged.is_not_applicable) for _, judged in said}) > 1
        if differ:
            disagreements.append(Disagreement(key, said, key in settled))
        if key in settled:
            values[key] = _settled(settled[key])
        elif said and not differ:
            values[key] = said[0][1]
    return Agreement(values, tuple(disagreements))


def _settled(value: Decimal | None) -> Judged:
    return Judged(value, is_not_applicable=value is None, explanation="ditetapkan koordinator")
