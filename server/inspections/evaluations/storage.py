"""The questions we ask the database about evaluations: their loci, who is assigned, how far they are."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, exists, false, func, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Role, Viewer
from server.accounts.scope import within
from server.accounts.tables import Person
from server.inspections.evaluations.wire import AssignmentLine, EvaluationLine, local_day
from server.inspections.instrument import Instrument
from server.inspections.storage import EVALUATION, evaluations_seen_by, is_final, keep_edition, visits_seen_by
from server.inspections.tables import Assignment, Edition, Evaluation, Locus, PinnedScore, Visit
from server.inspections.visit import DRAFT, EDITABLE, WITHDRAWN
from server.problems import Problem
from server.units.codes import CAPACITY, new_code
from server.units.tables import Counter, PublicService, Unit
from server.units.words import ZONES

# ── evaluations ──


async def evaluations_of(
    session: AsyncSession, viewer: Viewer, most: int, *, before: int | None = None, only_open: bool = False
) -> list[EvaluationLine]:
    """The evaluations of a viewer, the newest first; `before` is the id of the last one already read."""
    conditions = [evaluations_seen_by(viewer)]
    if before is not None:
        conditions.append(Evaluation.id < before)
    if only_open:
        conditions.append(Evaluation.closed_at.is_(None))
    return await _evaluation_lines(session, viewer, conditions, most)


async def evaluation_line(session: AsyncSession, viewer: Viewer, evaluation_id: int) -> EvaluationLine:
    lines = await _evaluation_lines(
        session, viewer, [Evaluation.id == evaluation_id, evaluations_seen_by(viewer)], 1
    )
    if not lines:
        raise Problem("unknown_evaluation")
    return lines[0]


async def _evaluation_lines(
    session: AsyncSession, viewer: Viewer, conditions: Sequence[ColumnElement[bool]], most: int
) -> list[EvaluationLine]:
    is_theirs = and_(Locus.evaluation_id == Evaluation.id, loci_seen_by(viewer))
    loci = select(func.count()).select_from(Locus).where(is_theirs).correlate(Evaluation).scalar_subquery()
    pinned = (
        select(func.count())
        .select_from(Locus)
        .join(
            PinnedScore,
            and_(
                PinnedScore.evaluation_id == Locus.evaluation_id,
                PinnedScore.unit_id == Locus.unit_id,
            ),
        )
        .where(is_theirs)
        .correlate(Evaluation)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Evaluation, Edition.code, Edition.version, Edition.title, loci, pinned)
        .join(Edition, Edition.sha256 == Evaluation.edition)
        .where(*conditions)
        .order_by(Evaluation.id.desc())
        .limit(most)
    )
    return [EvaluationLine(*row) for row in rows]


async def edition_for_planning(
    session: AsyncSession, instrument: Instrument, now: datetime, viewer: Viewer
) -> Edition:
    """The kept edition of an instrument; two who plan with a new one at the same time keep it once."""
    try:
        async with session.begin_nested():
            return await keep_edition(session, instrument, now, viewer)
    except IntegrityError:
        return await keep_edition(session, instrument, now, viewer)


async def add_evaluation(session: AsyncSession, **facts: Any) -> Evaluation:
    evaluation = Evaluation(**facts)
    session.add(evaluation)
    await session.flush()
    return evaluation


async def evaluation_to_change(session: AsyncSession, viewer: Viewer, evaluation_id: int) -> Evaluation:
    """An evaluation whose plan is about to change: until the transaction ends, nobody else changes it.

    Visits that arrive meanwhile do not wait: they refer to the row and leave it as it is.
    """
    found = await session.scalar(
        select(Evaluation)
        .where(Evaluation.id == evaluation_id, evaluations_seen_by(viewer))
        .with_for_update(key_share=True)
    )
    if found is None:
        raise Problem("unknown_evaluation")
    return found


async def has_pinned_scores(session: AsyncSession, evaluation_id: int) -> bool:
    return bool(await session.scalar(select(exists().where(PinnedScore.evaluation_id == evaluation_id))))


# ── loci ──


def loci_seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that keeps only the loci of a viewer: for an inspector, where they are assigned."""
    if viewer.role is not Role.INSPECTOR:
        return and_(Locus.removed_at.is_(None), within(viewer, Locus.unit_id))
    is_assigned = exists().where(
        Assignment.evaluation_id == Locus.evaluation_id,
        Assignment.unit_id == Locus.unit_id,
        Assignment.person_id == viewer.person_id,
        Assignment.withdrawn_at.is_(None),
    )
    return and_(Locus.removed_at.is_(None), is_assigned)


async def loci_of(
    session: AsyncSession, evaluation_id: int, viewer: Viewer | None = None
) -> list[tuple[Locus, Unit]]:
    """The units chosen for an evaluation, by name; with a viewer, those they may see."""
    is_chosen = Locus.removed_at.is_(None) if viewer is None else loci_seen_by(viewer)
    rows = await session.execute(
        select(Locus, Unit)
        .join(Unit, Unit.id == Locus.unit_id)
        .where(Locus.evaluation_id == evaluation_id, is_chosen)
        .order_by(Unit.name, Unit.id)
    )
    return [(locus, unit) for locus, unit in rows]


async def add_loci(
    session: AsyncSession, evaluation_id: int, units: Sequence[Unit], now: datetime
) -> dict[int, Locus]:
    """Makes units loci of an evaluation; gives those that were none, by unit. A removed one comes back as it was."""
    known = {
        locus.unit_id: locus
        for locus in await session.scalars(select(Locus).where(Locus.evaluation_id == evaluation_id))
    }
    revived = {unit.id: known[unit.id] for unit in units if unit.id in known and known[unit.id].removed_at}
    for locus in revived.values():
        locus.removed_at = None
        locus.added_at = now
    new = [unit.id for unit in units if unit.id not in known]
    made = {
        unit_id: Locus(evaluation_id=evaluation_id, unit_id=unit_id, code=code, added_at=now)
        for unit_id, code in zip(new, await _free_codes(session, len(new)), strict=True)
    }
    session.add_all(made.values())
    await session.flush()
    return revived | made


async def _free_codes(session: AsyncSession, count: int) -> list[str]:
    """Codes that neither a counter nor a locus ever had."""
    free: set[str] = set()
    while len(free) < count:
        drawn = {new_code(secrets.randbelow(CAPACITY)) for _ in range(count - len(free))}
        of_counters = await session.scalars(select(Counter.code).where(Counter.code.in_(drawn)))
        of_loci = await session.scalars(select(Locus.code).where(Locus.code.in_(drawn)))
        free |= drawn - {*of_counters, *of_loci}
    return list(free)


async def remove_locus(session: AsyncSession, locus: Locus, now: datetime) -> list[int]:
    """Takes a unit out of an evaluation and its open assignments with it; gives their ids."""
    locus.removed_at = now
    of_locus = (
        Assignment.evaluation_id == locus.evaluation_id,
        Assignment.unit_id == locus.unit_id,
        Assignment.withdrawn_at.is_(None),
    )
    withdrawn = list(await session.scalars(select(Assignment.id).where(*of_locus).order_by(Assignment.id)))
    await session.execute(update(Assignment).where(*of_locus).values(withdrawn_at=now))
    return withdrawn


async def has_visits_beyond_draft(session: AsyncSession, locus: Locus) -> bool:
    return bool(
        await session.scalar(
            select(
                exists().where(
                    Visit.evaluation_id == locus.evaluation_id,
                    Visit.unit_id == locus.unit_id,
                    Visit.state.not_in({DRAFT, WITHDRAWN}),
                )
            )
        )
    )


async def visit_counts(
    session: AsyncSession, viewer: Viewer, evaluation_id: int
) -> dict[int, dict[str, dict[str, int]]]:
    """How many visits of each form are in each state, by unit; only visits the viewer may read."""
    counts: dict[int, dict[str, dict[str, int]]] = {}
    rows = await session.execute(
        select(Visit.unit_id, Visit.form, Visit.state, func.count())
        .where(Visit.evaluation_id == evaluation_id, visits_seen_by(viewer))
        .group_by(Visit.unit_id, Visit.form, Visit.state)
    )
    for unit_id, form, state, count in rows:
        counts.setdefault(unit_id, {}).setdefault(form, {})[state] = count
    return counts


async def pinned_units(session: AsyncSession, evaluation_id: int) -> set[int]:
    """The units whose score in an evaluation is final."""
    return set(
        await session.scalars(select(PinnedScore.unit_id).where(PinnedScore.evaluation_id == evaluation_id))
    )


async def product_counts(session: AsyncSession, unit_ids: Collection[int]) -> dict[int, int]:
    """How many open public services each unit has."""
    rows = await session.execute(
        select(PublicService.unit_id, func.count())
        .where(PublicService.unit_id.in_(unit_ids), PublicService.closed_at.is_(None))
        .group_by(PublicService.unit_id)
    )
    return dict.fromkeys(unit_ids, 0) | {unit_id: count for unit_id, count in rows}


async def units_named(session: AsyncSession, slugs: Collection[str]) -> list[Unit]:
    return list(await session.scalars(select(Unit).where(Unit.slug.in_(slugs)).order_by(Unit.name, Unit.id)))


async def open_units(session: AsyncSession, kind: str | None = None) -> list[Unit]:
    """All open units, or those of a kind."""
    of_kind = () if kind is None else (Unit.kind == kind,)
    return list(
        await session.scalars(
            select(Unit).where(Unit.closed_at.is_(None), *of_kind).order_by(Unit.name, Unit.id)
        )
    )


# ── assignments ──


async def assignment_for(
    session: AsyncSession, person_id: int, evaluation_id: int, unit_id: int, service_id: int | None
) -> Assignment | None:
    """The open assignment that lets a person visit a unit or a service of it; one without a service covers them all."""
    is_covered: ColumnElement[bool] = Assignment.service_id.is_(None)
    if service_id is not None:
        is_covered = or_(is_covered, Assignment.service_id == service_id)
    return await session.scalar(
        select(Assignment)
        .where(
            Assignment.evaluation_id == evaluation_id,
            Assignment.unit_id == unit_id,
            Assignment.person_id == person_id,
            Assignment.withdrawn_at.is_(None),
            is_covered,
        )
        .order_by(Assignment.service_id.is_(None), Assignment.id)
        .limit(1)
    )


async def same_assignment(
    session: AsyncSession, person_id: int, evaluation_id: int, unit_id: int, service_id: int | None
) -> Assignment | None:
    """The open assignment of this very person to this very unit or service."""
    found = await assignment_for(session, person_id, evaluation_id, unit_id, service_id)
    return found if found is not None and found.service_id == service_id else None


async def add_assignment(session: AsyncSession, **facts: Any) -> Assignment:
    assignment = Assignment(**facts)
    session.add(assignment)
    await session.flush()
    return assignment


async def assignments_of(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    *,
    evaluation_id: int | None = None,
    username: str | None = None,
    only_overdue: bool = False,
    after: tuple[str, int] | None = None,
    most: int | None = None,
) -> list[AssignmentLine]:
    """Open assignments, the most urgent first: the bureau's all, an inspector's own, an officer's none.

    Without an evaluation, those of open evaluations; `after` is the due day and id of the last one already read.
    """
    conditions = [Assignment.withdrawn_at.is_(None), Locus.removed_at.is_(None), _assignments_seen_by(viewer)]
    if evaluation_id is None:
        conditions.append(Evaluation.closed_at.is_(None))
    else:
        conditions.append(Evaluation.id == evaluation_id)
    if username is not None:
        conditions.append(Person.username == username)
    if only_overdue:
        conditions.append(_is_overdue(now))
    if after is not None:
        due_day, assignment_id = after
        conditions.append(
            or_(
                Assignment.due_day > due_day,
                and_(Assignment.due_day == due_day, Assignment.id > assignment_id),
            )
        )
    return await _assignment_lines(session, conditions, most)


async def open_assignment(
    session: AsyncSession, evaluation_id: int, assignment_id: int
) -> AssignmentLine | None:
    lines = await _assignment_lines(
        session,
        [
            Evaluation.id == evaluation_id,
            Assignment.id == assignment_id,
            Assignment.withdrawn_at.is_(None),
        ],
    )
    return lines[0] if lines else None


async def has_handed_in(session: AsyncSession, assignment: Assignment) -> bool:
    """Whether the inspector has handed in a visit that this assignment asked for."""
    return bool(
        await session.scalar(
            select(Visit.id)
            .join(Assignment, _is_visit_for_assignment())
            .where(Assignment.id == assignment.id, Visit.state.not_in(EDITABLE))
            .limit(1)
        )
    )


async def _assignment_lines(
    session: AsyncSession, conditions: Sequence[ColumnElement[bool]], most: int | None = None
) -> list[AssignmentLine]:
    rows = await session.execute(
        select(
            Assignment,
            Evaluation,
            Unit,
            PublicService,
            Person.username,
            Person.name,
            _state_of_latest_visit(),
            is_final(Assignment.evaluation_id, Assignment.unit_id),
        )
        .join(Evaluation, Evaluation.id == Assignment.evaluation_id)
        .join(
            Locus,
            and_(Locus.evaluation_id == Assignment.evaluation_id, Locus.unit_id == Assignment.unit_id),
        )
        .join(Unit, Unit.id == Assignment.unit_id)
        .join(Person, Person.id == Assignment.person_id)
        .outerjoin(PublicService, PublicService.id == Assignment.service_id)
        .where(*conditions)
        .order_by(Assignment.due_day, Assignment.id)
        .limit(most)
    )
    return [AssignmentLine(*row) for row in rows]


def _assignments_seen_by(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.is_bureau:
        return true()
    return Assignment.person_id == viewer.person_id if viewer.role is Role.INSPECTOR else false()


def _is_visit_for_assignment() -> ColumnElement[bool]:
    """The condition that joins an assignment to the visits it asked for."""
    return and_(
        Visit.evaluation_id == Assignment.evaluation_id,
        Visit.unit_id == Assignment.unit_id,
        Visit.person_id == Assignment.person_id,
        Visit.form == EVALUATION,
        Visit.state != WITHDRAWN,
        or_(Assignment.service_id.is_(None), Visit.service_id == Assignment.service_id),
    )


def _state_of_latest_visit() -> ScalarSelect[str | None]:
    return (
        select(Visit.state)
        .where(_is_visit_for_assignment())
        .order_by(Visit.received_at.desc(), Visit.id)
        .limit(1)
        .correlate(Assignment)
        .scalar_subquery()
    )


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    """The same as `AssignmentLine.is_overdue`: past its day where the unit is, and nothing handed in."""
    state = _state_of_latest_visit()
    today = case(
        *((Unit.zone == zone, local_day(now, zone).isoformat()) for zone in ZONES.values()),
        else_=now.date().isoformat(),
    )
    return and_(
        Evaluation.closed_at.is_(None),
        Assignment.due_day < today,
        or_(state.is_(None), state.in_(EDITABLE)),
        ~is_final(Assignment.evaluation_id, Assignment.unit_id),
    )
