"""The table of an evaluation: one line for each unit, how far it is, and what its score is; sorted as asked.

It asks nothing of the database; the rows come with it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from server.inspections.evaluations.wire import AssignmentLine
from server.inspections.instrument import Band, Instrument
from server.inspections.scores.gather import Scored
from server.inspections.scoring import band_of, converted, rounded
from server.inspections.visit import COUNTING, DRAFT, SUBMITTED
from server.units.tables import Unit

DISPUTED, WAITING, COMPLETE = "disputed", "waiting", "complete"
BEGUN, NONE, PINNED = "begun", "none", "pinned"
STATES = (DISPUTED, WAITING, COMPLETE, BEGUN, NONE, PINNED)
"""How far a unit is, what needs a decision first."""

SORTED_BY = {"unit": "up", "status": "up", "indeks": "down"}
"""What the table can be sorted by, and in which direction at first."""


class Line(msgspec.Struct, frozen=True):
    """A unit in an evaluation, as far as the viewer may know of it."""

    unit: Unit
    visits: dict[str, int]
    """Visits of evaluators by state."""
    self_assessments: dict[str, int]
    sheets: int
    assignments: tuple[AssignmentLine, ...]
    scored: Scored | None
    """None: not open to this viewer yet."""

    @property
    def is_final(self) -> bool:
        return self.scored is not None and self.scored.is_final

    @property
    def state(self) -> str:
        if self.is_final:
            return PINNED
        if self.scored is not None and self.scored.result.is_disputed:
            return DISPUTED
        if SUBMITTED in self.visits:
            return WAITING
        if self.scored is not None and self.scored.result.index is not None:
            return COMPLETE
        return BEGUN if self.visits else NONE

    @property
    def can_leave(self) -> bool:
        """Whether the unit can still be taken out: nobody has handed anything in."""
        return (self.visits.keys() | self.self_assessments.keys()) <= {DRAFT}

    @property
    def index(self) -> Decimal | None:
        """As it is printed."""
        unrounded = self.scored.result.index if self.scored else None
        return None if unrounded is None else rounded(unrounded)

    @property
    def conversion(self) -> Decimal | None:
        unrounded = self.scored.result.index if self.scored else None
        return None if self.scored is None or unrounded is None else converted(self._instrument, unrounded)

    @property
    def band(self) -> Band | None:
        """The category of the index."""
        if self.scored is None or self.scored.result.index is None:
            return None
        return band_of(self._instrument, self.scored.result.index, self.scored.result.inputs.day)

    @property
    def _instrument(self) -> Instrument:
        assert self.scored is not None
        return self.scored.result.instrument


class Progress(msgspec.Struct, frozen=True):
    """How far an evaluation is, counted in units."""

    units: int
    visited: int
    verified: int
    pinned: int
    disputed: int
    waiting: int
    """Visits and units' own assessments to be verified."""


def progress(lines: Sequence[Line]) -> Progress:
    states = Counter(line.state for line in lines)
    return Progress(
        units=len(lines),
        visited=sum(bool(line.visits.keys() & (COUNTING | {SUBMITTED})) for line in lines),
        verified=sum(bool(line.visits.keys() & COUNTING) for line in lines),
        pinned=states[PINNED],
        disputed=states[DISPUTED],
        waiting=sum(
            of_form.get(SUBMITTED, 0) for line in lines for of_form in (line.visits, line.self_assessments)
        ),
    )


def in_order(lines: Sequence[Line], key: str, direction: str) -> list[Line]:
    """Lines by unit, status or index; units without an index come last in either direction."""
    by_name = sorted(lines, key=lambda line: (line.unit.name, line.unit.id))
    is_down = direction == "down"
    if key == "status":
        return sorted(by_name, key=lambda line: STATES.index(line.state), reverse=is_down)
    if key == "indeks":
        measured = [line for line in by_name if line.index is not None]
        return [
            *sorted(measured, key=lambda line: line.index or Decimal(0), reverse=is_down),
            *(line for line in by_name if line.index is None),
        ]
    return by_name[::-1] if is_down else by_name


def order_asked(query: Mapping[str, str]) -> tuple[str, str]:
    """What to sort by and in which direction; anything unknown is by unit."""
    key = query.get("urut", "")
    if key not in SORTED_BY:
        key = "unit"
    direction = query.get("arah", "")
    return key, direction if direction in ("up", "down") else SORTED_BY[key]
