"""What the page of one unit in one evaluation says: what its score still needs, its forms side by side, its disputes.

Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import msgspec

from server.inspections.decide import Decision
from server.inspections.instrument import Indicator, Instrument, Part, Presence
from server.inspections.scores.gather import Group, Looked, Scored
from server.inspections.scores.ready import Patience, Replied, last_reply_day
from server.inspections.scoring import (
    NOT_FILLED,
    Judged,
    Observed,
    PartScore,
    Score,
    is_counted,
    score_of,
)
from server.skm.index import half_up

Notes = Mapping[UUID, Mapping[str, Observed]]
Evidence = Mapping[UUID, Mapping[str, int]]


# ── what is still needed ──


class Needs(msgspec.Struct, frozen=True):
    """What stands between a score and its being final."""

    unverified: tuple[Looked, ...]
    is_visited: bool
    is_complete: bool
    disputed: int
    undecided: int
    last_reply_day: date | None
    """Until when the unit may still answer; the only need that can be waived."""

    @property
    def open(self) -> int:
        """How many of them cannot be waived."""
        return sum(
            (
                bool(self.unverified),
                not self.is_complete and not self.disputed,
                self.disputed > 0,
                self.undecided > 0,
            )
        )


def needs(scored: Scored, replies: Sequence[Replied], patience: Patience) -> Needs:
    return Needs(
        unverified=tuple(visit for visit in scored.material.visits if visit.is_waiting),
        is_visited=any(visit.is_counting for visit in scored.material.visits),
        is_complete=scored.result.index is not None,
        disputed=sum(len(group.agreement.disputed) for group in scored.groups),
        undecided=sum(not reply.is_decided for reply in replies),
        last_reply_day=last_reply_day(patience, scored, replies),
    )


# ── the forms side by side ──


class Aspect(msgspec.Struct, frozen=True):
    """A part as the unit, the evaluators and the users see it, all on one scale; None: not said."""

    part: Part
    weight: Fraction | None
    most: Fraction
    f01: Fraction | None
    f02: Fraction | None
    f03: Fraction | None

    @property
    def difference(self) -> Fraction | None:
        """How much more the unit says of itself than evaluators found."""
        return _difference(self.f01, self.f02)

    def share(self, value: Fraction) -> Decimal:
        """How far a bar reaches, in percent."""
        return half_up(min(value / self.most, Fraction(1)) * 100, 2)


class Both(msgspec.Struct, frozen=True):
    """One indicator in F-01 and F-02."""

    indicator: Indicator
    f01: Judged
    f02: Judged
    is_disputed: bool

    @property
    def differs(self) -> bool:
        return self.f01.is_filled and self.f02.is_filled and self.f01.value != self.f02.value


class Compared(msgspec.Struct, frozen=True):
    """The forms of one public service, or of the unit as a whole (`service` empty)."""

    service: str
    is_self_assessed: bool
    f01: Fraction | None
    f02: Fraction | None
    aspects: tuple[Aspect, ...]
    indicators: tuple[Both, ...]

    @property
    def difference(self) -> Fraction | None:
        return _difference(self.f01, self.f02)


def _difference(f01: Fraction | None, f02: Fraction | None) -> Fraction | None:
    return None if f01 is None or f02 is None else f01 - f02


def compared(scored: Scored) -> list[Compared]:
    """Service by service what the unit said of itself beside what evaluators found and users say."""
    return [_compared(scored, group) for group in scored.groups]


def _compared(scored: Scored, group: Group) -> Compared:
    result = scored.result
    instrument, inputs = result.instrument, result.inputs
    own = _self_assessed(scored, group)
    found = score_of(instrument, group.agreement.values, inputs.convention, inputs.day)
    said = score_of(instrument, own, inputs.convention, inputs.day)
    users = result.users.parts if result.users else {}
    return Compared(
        service=group.service.name if group.service else "",
        is_self_assessed=bool(own),
        f01=said.index,
        f02=found.index,
        aspects=tuple(
            Aspect(
                part.part,
                part.weight,
                _most(instrument, part),
                one.score,
                part.score,
                users.get(part.part.code),
            )
            for part, one in zip(found.parts, said.parts, strict=True)
            if part.total
        ),
        indicators=tuple(_indicators(instrument, group, own, found)),
    )


def _self_assessed(scored: Scored, group: Group) -> Mapping[str, Judged]:
    """The unit's own latest values, for the same public service where the instrument looks at services."""
    service_id = group.service.id if group.service else None
    return next(
        (
            visit.values
            for visit in scored.material.self_assessed
            if service_id is None or visit.service_id == service_id
        ),
        {},
    )


def _most(instrument: Instrument, part: PartScore) -> Fraction:
    """The highest a part can reach: on the scale, or its points of the whole."""
    if instrument.aggregation != "points":
        return Fraction(instrument.scale.highest)
    return sum((line.weight for line in part.lines if line.weight is not None), Fraction(0))


def _indicators(instrument: Instrument, group: Group, own: Mapping[str, Judged], found: Score) -> list[Both]:
    values = {line.indicator.key: line.judged for part in found.parts for line in part.lines}
    return [
        Both(
            indicator,
            own.get(indicator.key, NOT_FILLED),
            values.get(indicator.key, NOT_FILLED),
            indicator.key in group.agreement.disputed,
        )
        for _, indicator in instrument.indicators
        if is_counted(indicator)
    ]


# ── disputes ──


class Said(msgspec.Struct, frozen=True):
    """What one visit says where visits differ."""

    visit: Looked
    judged: Judged
    note: str
    evidence: int


class Dispute(msgspec.Struct, frozen=True):
    """An indicator at which visits differ, and what was decided."""

    indicator: Indicator
    service_slug: str
    service: str
    said: tuple[Said, ...]
    settled: Decision | None
    choices: tuple[Judged, ...]
    """The different values that were said, each once."""
    may_be_other: bool
    may_not_apply: bool

    @property
    def anchor(self) -> str:
        return anchor_of(self.service_slug, self.indicator.key)


def anchor_of(service_slug: str, indicator: str) -> str:
    """The name in the page of a dispute."""
    return f"sengketa-{service_slug}-{indicator}" if service_slug else f"sengketa-{indicator}"


def disputes(scored: Scored, notes: Notes, evidence: Evidence) -> list[Dispute]:
    """Where visits differ, what is not yet settled first."""
    found = [
        _dispute(scored.result.instrument, group, number, notes, evidence)
        for group in scored.groups
        for number in range(len(group.agreement.disagreements))
    ]
    return sorted(found, key=lambda one: one.settled is not None)


def _dispute(instrument: Instrument, group: Group, number: int, notes: Notes, evidence: Evidence) -> Dispute:
    one = group.agreement.disagreements[number]
    indicator = instrument.indicator(one.indicator)
    assert indicator is not None, "a finding at what the instrument does not know"
    visits = {str(visit.id): visit for visit in group.visits}
    said = tuple(
        _said(visits[seen.visit_id], indicator.key, judged, notes, evidence) for seen, judged in one.said
    )
    choices = {(each.judged.value, each.judged.is_not_applicable): each.judged for each in said}
    return Dispute(
        indicator=indicator,
        service_slug=group.service.slug if group.service else "",
        service=group.service.name if group.service else "",
        said=said,
        settled=group.settled.get(indicator.key) if one.is_settled else None,
        choices=tuple(choices.values()),
        may_be_other=not isinstance(indicator.scoring, Presence),
        may_not_apply=instrument.not_applicable == "leaves" and (None, True) not in choices,
    )


def _said(visit: Looked, key: str, judged: Judged, notes: Notes, evidence: Evidence) -> Said:
    observed = notes.get(visit.id, {}).get(key)
    return Said(visit, judged, observed.note if observed else "", evidence.get(visit.id, {}).get(key, 0))
