"""The questions we ask the database about visits: whose turn it is to write one, what it holds, what became of it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select, union
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from server.accounts.access import Viewer
from server.accounts.tables import Person
from server.database import instant, milliseconds
from server.inspections.scoring import Observed
from server.inspections.storage import hold_locus, visits_seen_by
from server.inspections.tables import (
    AwaitedEvidence,
    Evaluation,
    Evidence,
    Finding,
    FindingRecord,
    Locus,
    PinnedScore,
    Visit,
    VisitStep,
)
from server.inspections.visit import OVER
from server.units.tables import PublicService, Unit

VISITS_AT_A_TIME = 20
"""How many visits of a file are in memory at once."""


class Place(msgspec.Struct, frozen=True):
    """Where a finding was recorded, as the phone claims."""

    latitude: float | None
    longitude: float | None
    accuracy_m: float | None


class VisitAt(msgspec.Struct, frozen=True):
    """A visit with the names in addresses of where it was."""

    visit: Visit
    unit: str
    service: str | None


class Recorded(msgspec.Struct, frozen=True):
    """What a record of a phone says of one indicator, and when that was by our clock."""

    observed: Observed
    observed_at: datetime
    place: Place
    corrected_at: datetime
    clock_doubt: str


class VisitLine(msgspec.Struct, frozen=True):
    """A visit with the names of what it points to."""

    visit: Visit
    evaluation: Evaluation
    unit: Unit
    service: PublicService | None
    person: Person
    verifier: Person | None
    bearer: Person | None
    """Who brought its latest revision in a file."""
    findings: int


class Wanted(msgspec.Struct, frozen=True):
    """Which visits a list is to hold; None: any."""

    evaluation_id: int | None = None
    unit_id: int | None = None
    state: str | None = None
    form: str | None = None
    person: str | None = None


# ── before a visit begins ──


async def take_turn(session: AsyncSession, person_id: int) -> None:
    """Lets one request of a person begin a visit at a time: two that race see each other's."""
    await session.scalar(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


async def visit_at(session: AsyncSession, visit_id: UUID) -> VisitAt | None:
    return next(iter(await visits_at(session, Visit.id == visit_id)), None)


async def visits_at(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[VisitAt]:
    """Visits with where they were, in the order they came."""
    rows = await session.execute(
        select(Visit, Unit.slug, PublicService.slug)
        .join(Unit, Unit.id == Visit.unit_id)
        .outerjoin(PublicService, PublicService.id == Visit.service_id)
        .where(*conditions)
        .order_by(Visit.received_at, Visit.id)
    )
    return [VisitAt(*row) for row in rows]


async def service_of(session: AsyncSession, unit_id: int, slug: str) -> PublicService | None:
    return await session.scalar(
        select(PublicService).where(PublicService.unit_id == unit_id, PublicService.slug == slug)
    )


async def unfinished_like(session: AsyncSession, visit: Visit) -> UUID | None:
    """A visit of the same person to the same place that is not over yet."""
    return await session.scalar(
        select(Visit.id).where(
            Visit.evaluation_id == visit.evaluation_id,
            Visit.unit_id == visit.unit_id,
            Visit.service_id.is_not_distinct_from(visit.service_id),
            Visit.form == visit.form,
            Visit.person_id == visit.person_id,
            Visit.state.not_in(OVER),
        )
    )


async def begin(session: AsyncSession, visit: Visit) -> bool:
    """Stores a new visit; False if its id was taken in the meantime."""
    try:
        async with session.begin_nested():
            session.add(visit)
    except IntegrityError:
        return False
    return True


# ── while it is made ──


async def lock(session: AsyncSession, visit: Visit) -> Locus:
    """Whoever changes a visit waits for whoever is changing it or its unit, and sees what they did."""
    locus = await hold_locus(session, visit.evaluation_id, visit.unit_id)
    await session.refresh(visit, with_for_update={"key_share": True})
    return locus


async def is_pinned(session: AsyncSession, evaluation_id: int, unit_id: int) -> bool:
    """Whether the unit's score in this evaluation is final."""
    return await session.get(PinnedScore, (evaluation_id, unit_id)) is not None


async def finding(session: AsyncSession, visit_id: UUID, indicator: str) -> Finding | None:
    return await session.get(Finding, (visit_id, indicator))


async def is_late(
    session: AsyncSession, visit_id: UUID, indicator: str, observed: Observed, observed_at: datetime
) -> bool:
    """Whether this very record came before and another has followed it: a request that got lost and is sent again."""
    rows = await session.scalars(
        select(FindingRecord)
        .where(FindingRecord.visit_id == visit_id, FindingRecord.indicator == indicator)
        .order_by(FindingRecord.id)
    )
    came = [(msgspec.json.decode(one.observed, type=Observed), one.observed_at) for one in rows]
    this = (observed, instant(milliseconds(observed_at)))
    return this in came[:-1] and this != came[-1]


async def keep_finding(
    session: AsyncSession,
    now: datetime,
    viewer: Viewer,
    key: tuple[UUID, str],
    observed: Observed,
    observed_at: datetime,
    place: Place,
    kept: Finding | None,
) -> None:
    """Makes this the latest record of a finding in place of the `kept` one; the former ones stay."""
    facts = _record_facts(now, viewer, *key, observed, observed_at)
    session.add(FindingRecord(**facts))
    # by our clock it is seen now: nobody but a phone that was away brings what was seen before
    facts |= {**msgspec.structs.asdict(place), "corrected_at": None, "clock_doubt": ""}
    if kept is None:
        session.add(Finding(**facts))
    else:
        _overwrite(kept, facts)
    await session.flush()


async def replace_findings(
    session: AsyncSession, now: datetime, viewer: Viewer, visit_id: UUID, recorded: Mapping[str, Recorded]
) -> dict[str, Observed | None]:
    """Makes these all the findings of a visit; gives what each that changed said before. Its records stay."""
    rows = await session.scalars(select(Finding).where(Finding.visit_id == visit_id))
    kept = {row.indicator: row for row in rows}
    changed: dict[str, Observed | None] = {}
    records = []
    for key, one in recorded.items():
        row = kept.get(key)
        if row is not None and _is_same(row, one):
            continue
        changed[key] = None if row is None else _observed(row)
        records.append(_record_facts(now, viewer, visit_id, key, one.observed, one.observed_at))
        facts = records[-1] | msgspec.structs.asdict(one.place)
        facts |= {"corrected_at": one.corrected_at, "clock_doubt": one.clock_doubt}
        if row is None:
            session.add(Finding(**facts))
        else:
            _overwrite(row, facts)
    for key, row in kept.items():
        if key not in recorded:
            changed[key] = _observed(row)
            records.append(_record_facts(now, viewer, visit_id, key, Observed(), now))
            await session.delete(row)
    if records:
        await session.execute(insert(FindingRecord), records)
    await session.flush()
    return changed


async def clock_doubts(session: AsyncSession, visit_id: UUID) -> set[str]:
    """What makes the times of a visit's findings and pieces unsure."""
    return set(
        await session.scalars(
            union(
                select(Finding.clock_doubt).where(Finding.visit_id == visit_id),
                select(Evidence.clock_doubt).where(
                    Evidence.visit_id == visit_id, Evidence.removed_at.is_(None)
                ),
                select(AwaitedEvidence.clock_doubt).where(AwaitedEvidence.visit_id == visit_id),
            )
        )
    )


def _observed(row: Finding) -> Observed:
    return msgspec.json.decode(row.observed, type=Observed)


def _is_same(row: Finding, one: Recorded) -> bool:
    kept = (_observed(row), milliseconds(row.observed_at), Place(row.latitude, row.longitude, row.accuracy_m))
    return kept == (one.observed, milliseconds(one.observed_at), one.place)


def _record_facts(
    now: datetime, viewer: Viewer, visit_id: UUID, key: str, observed: Observed, observed_at: datetime
) -> dict[str, Any]:
    return {
        "visit_id": visit_id,
        "indicator": key,
        "observed": msgspec.json.encode(observed).decode(),
        "observed_at": observed_at,
        "recorded_at": now,
        "person_id": viewer.person_id,
    }


def _overwrite(row: Finding, facts: Mapping[str, Any]) -> None:
    for name, fact in facts.items():
        setattr(row, name, fact)


async def empty_finding(session: AsyncSession, now: datetime, viewer: Viewer, kept: Finding) -> None:
    """A finding is not filled in any more; what it said stays among its records."""
    session.add(FindingRecord(**_record_facts(now, viewer, kept.visit_id, kept.indicator, Observed(), now)))
    await session.delete(kept)
    await session.flush()


async def add_step(
    session: AsyncSession,
    now: datetime,
    viewer: Viewer,
    visit: Visit,
    note: str = "",
    reasons: Mapping[str, str] | None = None,
) -> None:
    """Remembers the state that a visit has reached, and how."""
    session.add(
        VisitStep(
            visit_id=visit.id,
            state=visit.state,
            at=now,
            person_id=viewer.person_id,
            note=note,
            reasons=msgspec.json.encode(reasons or {}).decode(),
        )
    )
    await session.flush()


# ── reading ──


async def visits_wanted(
    session: AsyncSession, viewer: Viewer, wanted: Wanted, after: tuple[datetime, UUID] | None, most: int
) -> list[VisitLine]:
    """A viewer's visits, the newest first; `after` is the one the page before ended with."""
    conditions = [visits_seen_by(viewer), *_conditions(wanted)]
    if after is not None:
        received_at, visit_id = after
        conditions.append(
            or_(
                Visit.received_at < received_at,
                and_(Visit.received_at == received_at, Visit.id < visit_id),
            )
        )
    rows = await session.execute(
        _lines().where(*conditions).order_by(Visit.received_at.desc(), Visit.id.desc()).limit(most)
    )
    return [VisitLine(*row) for row in rows]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = [
        (Visit.evaluation_id, wanted.evaluation_id),
        (Visit.unit_id, wanted.unit_id),
        (Visit.state, wanted.state),
        (Visit.form, wanted.form),
        (Person.username, wanted.person),
    ]
    return [column == value for column, value in asked if value is not None]


async def line_of(session: AsyncSession, visit_id: UUID) -> VisitLine:
    return (await lines_of(session, [visit_id]))[0]


async def lines_of(session: AsyncSession, visit_ids: Sequence[UUID]) -> list[VisitLine]:
    """Visits in the order in which they are named."""
    rows = await session.execute(_lines().where(Visit.id.in_(visit_ids)))
    lines = {row[0].id: VisitLine(*row) for row in rows}
    return [lines[visit_id] for visit_id in visit_ids]


def _lines() -> Select[Any]:
    verifier, bearer = aliased(Person), aliased(Person)
    findings = select(func.count()).where(Finding.visit_id == Visit.id).scalar_subquery()
    return (
        select(Visit, Evaluation, Unit, PublicService, Person, verifier, bearer, findings)
        .join(Evaluation, Evaluation.id == Visit.evaluation_id)
        .join(Unit, Unit.id == Visit.unit_id)
        .join(Person, Person.id == Visit.person_id)
        .outerjoin(PublicService, PublicService.id == Visit.service_id)
        .outerjoin(verifier, verifier.id == Visit.verified_by)
        .outerjoin(bearer, bearer.id == Visit.brought_by)
    )


async def stream_evaluation(
    session: AsyncSession, viewer: Viewer, evaluation_id: int
) -> AsyncIterator[list[VisitLine]]:
    """A viewer's visits of an evaluation, unit by unit, a few at a time."""
    ids = list(
        await session.scalars(
            select(Visit.id)
            .join(Unit, Unit.id == Visit.unit_id)
            .where(Visit.evaluation_id == evaluation_id, visits_seen_by(viewer))
            .order_by(Unit.name, Visit.received_at, Visit.id)
        )
    )
    for start in range(0, len(ids), VISITS_AT_A_TIME):
        yield await lines_of(session, ids[start : start + VISITS_AT_A_TIME])


async def finding_rows(
    session: AsyncSession, visit_ids: Sequence[UUID]
) -> dict[tuple[UUID, str], tuple[Finding, str]]:
    """The findings of visits with the name of whoever recorded each, by visit and indicator."""
    rows = await session.execute(
        select(Finding, Person.name)
        .join(Person, Person.id == Finding.person_id)
        .where(Finding.visit_id.in_(visit_ids))
    )
    return {(row.visit_id, row.indicator): (row, name) for row, name in rows}


async def evidence_counts(session: AsyncSession, visit_ids: Sequence[UUID]) -> dict[tuple[UUID, str], int]:
    """How many pieces of evidence each finding has."""
    rows = await session.execute(
        select(Evidence.visit_id, Evidence.indicator, func.count())
        .where(Evidence.visit_id.in_(visit_ids), Evidence.purpose == "finding", Evidence.removed_at.is_(None))
        .group_by(Evidence.visit_id, Evidence.indicator)
    )
    return {(visit_id, indicator): count for visit_id, indicator, count in rows}


async def evidence_of(session: AsyncSession, visit_id: UUID, indicator: str | None = None) -> list[Evidence]:
    """What proves a visit's findings, or one of them, in the order it came; of what came together, as it was taken."""
    conditions = [Evidence.visit_id == visit_id, Evidence.purpose == "finding", Evidence.removed_at.is_(None)]
    if indicator is not None:
        conditions.append(Evidence.indicator == indicator)
    taken_at = func.coalesce(Evidence.corrected_at, Evidence.captured_at)
    return list(
        await session.scalars(
            select(Evidence)
            .where(*conditions)
            .order_by(Evidence.added_at, taken_at.nulls_last(), Evidence.id)
        )
    )


async def records_of(session: AsyncSession, visit_id: UUID) -> list[tuple[FindingRecord, str]]:
    """Every record of a visit's findings with the name of whoever made it, oldest first."""
    rows = await session.execute(
        select(FindingRecord, Person.name)
        .join(Person, Person.id == FindingRecord.person_id)
        .where(FindingRecord.visit_id == visit_id)
        .order_by(FindingRecord.id)
    )
    return [(record, name) for record, name in rows]


async def steps_of(session: AsyncSession, visit_id: UUID) -> list[tuple[VisitStep, str | None]]:
    """What happened to a visit, oldest first."""
    rows = await session.execute(
        select(VisitStep, Person.name)
        .outerjoin(Person, Person.id == VisitStep.person_id)
        .where(VisitStep.visit_id == visit_id)
        .order_by(VisitStep.id)
    )
    return [(step, name) for step, name in rows]
