"""Several visits of one unit, or one product of it: where they agree, where not, and which value holds.

Pure. Nothing is averaged away: visits that differ leave an indicator disputed until somebody settles it with a reason.
A decision holds only over what it was made on: once a visit says something else, or another comes, it is open again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from server.inspections.scoring import Judged, comma_of

NOT_APPLICABLE = "-"
DISPUTED = "diperselisihkan"


class Seen(msgspec.Struct, frozen=True):
    """What one verified visit found, by indicator."""

    visit_id: str
    team: str
    values: Mapping[str, Judged]


class Decision(msgspec.Struct, frozen=True):
    """A value that somebody decided (None: not applicable), and what each visit had said when they did."""

    indicator: str
    value: Decimal | None
    cause: Literal["dispute", "reply"]
    over: dict[str, str]
    """Visit → `said` of its finding. A reply is decided over one visit and replaces what that one found."""
    reason: str
    by: str
    at: datetime


class Disagreement(msgspec.Struct, frozen=True):
    """An indicator at which visits differ; what each of them says, and whether it has been settled."""

    indicator: str
    said: tuple[tuple[Seen, Judged], ...]
    is_settled: bool

    @property
    def over(self) -> dict[str, str]:
        """What a decision on it would be made on."""
        return {visit.visit_id: said(judged) for visit, judged in self.said}


class Agreement(msgspec.Struct, frozen=True):
    """The values that hold, the indicators at which the visits differ, and the decisions that made a value hold."""

    values: dict[str, Judged]
    disagreements: tuple[Disagreement, ...]
    decided: dict[str, Decision]

    @property
    def disputed(self) -> tuple[str, ...]:
        return tuple(one.indicator for one in self.disagreements if not one.is_settled)


def agreement(visits: Sequence[Seen], decisions: Sequence[Decision]) -> Agreement:
    """Which values hold: what all visits that filled an indicator in say alike, else what was settled over them.

    `decisions` are the oldest first; of those that still hold the latest counts.
    """
    values: dict[str, Judged] = {}
    disagreements = []
    decided: dict[str, Decision] = {}
    for key in dict.fromkeys(key for visit in visits for key in visit.values):
        of_key = [one for one in decisions if one.indicator == key]
        told = []
        for visit in visits:
            found = visit.values.get(key)
            if found is None or not found.is_filled:
                continue
            reply = _latest(of_key, "reply", {visit.visit_id: said(found)})
            if reply is not None:
                decided[key] = reply
                found = _decided(reply, "tanggapan unit diterima")
            told.append((visit, found))
        if not told:
            continue
        one = Disagreement(key, tuple(told), is_settled=False)
        if len(set(one.over.values())) == 1:
            values[key] = told[0][1]
            continue
        settled = _latest(of_key, "dispute", one.over)
        disagreements.append(msgspec.structs.replace(one, is_settled=settled is not None))
        values[key] = Judged(None, explanation=DISPUTED)
        if settled is not None:
            decided[key] = settled
            values[key] = _decided(settled, "ditetapkan koordinator")
    return Agreement(values, tuple(disagreements), decided)


def said(judged: Judged) -> str:
    """What a finding says, as a decision remembers it."""
    return NOT_APPLICABLE if judged.is_not_applicable else comma_of(judged.value)


def _latest(decisions: Sequence[Decision], cause: str, over: Mapping[str, str]) -> Decision | None:
    return next((one for one in reversed(decisions) if one.cause == cause and one.over == over), None)


def _decided(decision: Decision, explanation: str) -> Judged:
    return Judged(decision.value, is_not_applicable=decision.value is None, explanation=explanation)
