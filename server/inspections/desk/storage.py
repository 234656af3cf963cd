"""What only the staff's pages ask of the tables."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Role, Viewer
from server.accounts.scope import within
from server.accounts.tables import Person
from server.inspections.followups.progress import OPEN, REPAIRED
from server.inspections.storage import (
    EVALUATION,
    SELF_ASSESSMENT,
    evaluations_seen_by,
    is_final,
    visits_seen_by,
)
from server.inspections.tables import (
    Assignment,
    Edition,
    Evaluation,
    FollowUp,
    Locus,
    PinnedScore,
    Reply,
    Visit,
    VisitStep,
)
from server.inspections.visit import COUNTING, RETURNED, SUBMITTED, VERIFIED
from server.units.tables import PublicService, Unit


async def uses_of_editions(session: AsyncSession, viewer: Viewer) -> dict[str, int]:
    """How many of the evaluations a viewer may see use an instrument, by the hash of its content."""
    rows = await session.execute(
        select(Evaluation.edition, func.count())
        .where(evaluations_seen_by(viewer))
        .group_by(Evaluation.edition)
    )
    return {edition: count for edition, count in rows}


# ── the home of inspections ──


class Waiting(msgspec.Struct, frozen=True):
    """What waits for the bureau."""

    visits: int
    """Handed in, to be verified."""
    replies: int
    """Of units, to be decided."""
    repairs: int
    """That a unit says are done, to be looked at."""

    @property
    def is_empty(self) -> bool:
        return not (self.visits or self.replies or self.repairs)


async def waiting(session: AsyncSession) -> Waiting:
    return Waiting(
        visits=await _count(session, select(func.count(Visit.id)).where(Visit.state == SUBMITTED)),
        replies=await _count(session, select(func.count(Reply.id)).where(Reply.outcome.is_(None))),
        repairs=await _count(session, select(func.count(FollowUp.id)).where(FollowUp.state == REPAIRED)),
    )


async def _count(session: AsyncSession, query: Select[int]) -> int:
    return await session.scalar(query) or 0


async def to_verify(session: AsyncSession, evaluation_ids: Collection[int]) -> dict[int, int]:
    """How many visits wait to be verified, by evaluation."""
    rows = await session.execute(
        select(Visit.evaluation_id, func.count())
        .where(Visit.evaluation_id.in_(evaluation_ids), Visit.state == SUBMITTED)
        .group_by(Visit.evaluation_id)
    )
    return {evaluation_id: count for evaluation_id, count in rows}


async def seen_twice(session: AsyncSession, evaluation_ids: Collection[int]) -> dict[int, list[Unit]]:
    """The units of each evaluation in which visits may differ: two that count, and no final score yet."""
    pairs = (
        select(Visit.evaluation_id, Visit.unit_id)
        .where(Visit.evaluation_id.in_(evaluation_ids), Visit.form == EVALUATION, Visit.state.in_(COUNTING))
        .group_by(Visit.evaluation_id, Visit.unit_id)
        .having(func.count() > 1)
        .subquery()
    )
    found: dict[int, list[Unit]] = {}
    for evaluation_id, unit in await session.execute(
        select(pairs.c.evaluation_id, Unit)
        .join(Unit, Unit.id == pairs.c.unit_id)
        .where(~is_final(pairs.c.evaluation_id, pairs.c.unit_id))
    ):
        found.setdefault(evaluation_id, []).append(unit)
    return found


class OwnLocus(msgspec.Struct, frozen=True):
    """A unit of an officer in an evaluation, with the final score if there is one."""

    evaluation: Evaluation
    instrument: str
    """Its title."""
    unit: Unit
    pinned: PinnedScore | None


async def own_loci(session: AsyncSession, viewer: Viewer, most: int) -> list[OwnLocus]:
    """The units of an officer in every evaluation, those still open first."""
    rows = await session.execute(
        select(Evaluation, Edition.title, Unit, PinnedScore)
        .join(Edition, Edition.sha256 == Evaluation.edition)
        .join(Locus, Locus.evaluation_id == Evaluation.id)
        .join(Unit, Unit.id == Locus.unit_id)
        .outerjoin(
            PinnedScore,
            (PinnedScore.evaluation_id == Locus.evaluation_id) & (PinnedScore.unit_id == Locus.unit_id),
        )
        .where(Locus.removed_at.is_(None), within(viewer, Locus.unit_id))
        .order_by(Evaluation.closed_at.is_not(None), Evaluation.id.desc(), Unit.name, Unit.id)
        .limit(most)
    )
    return [OwnLocus(*row) for row in rows]


async def self_assessments(session: AsyncSession, viewer: Viewer) -> dict[tuple[int, int], set[str]]:
    """The states of the units' own assessments (F-01), by evaluation and unit."""
    found: dict[tuple[int, int], set[str]] = {}
    for evaluation_id, unit_id, state in await session.execute(
        select(Visit.evaluation_id, Visit.unit_id, Visit.state).where(
            Visit.form == SELF_ASSESSMENT, visits_seen_by(viewer)
        )
    ):
        found.setdefault((evaluation_id, unit_id), set()).add(state)
    return found


async def last_verified(session: AsyncSession, viewer: Viewer) -> dict[tuple[int, int], datetime]:
    """When the latest visit that is not final yet was verified, by evaluation and unit."""
    rows = await session.execute(
        select(Visit.evaluation_id, Visit.unit_id, func.max(Visit.verified_at))
        .where(Visit.form == EVALUATION, Visit.state == VERIFIED, visits_seen_by(viewer))
        .group_by(Visit.evaluation_id, Visit.unit_id)
    )
    return {(evaluation_id, unit_id): at for evaluation_id, unit_id, at in rows if at is not None}


async def repairs_to_make(session: AsyncSession, viewer: Viewer) -> dict[tuple[int, int], tuple[int, str]]:
    """How many follow-ups a unit has yet to repair, and the first day one is due, by evaluation and unit."""
    rows = await session.execute(
        select(FollowUp.evaluation_id, FollowUp.unit_id, func.count(), func.min(FollowUp.due_day))
        .where(FollowUp.state == OPEN, within(viewer, FollowUp.unit_id))
        .group_by(FollowUp.evaluation_id, FollowUp.unit_id)
    )
    return {(evaluation_id, unit_id): (count, due) for evaluation_id, unit_id, count, due in rows}


async def last_returns(session: AsyncSession, visit_ids: Sequence[UUID]) -> dict[UUID, VisitStep]:
    """The latest return of each visit that was sent back, with its reasons."""
    steps = await session.scalars(
        select(VisitStep)
        .where(VisitStep.visit_id.in_(visit_ids), VisitStep.state == RETURNED)
        .order_by(VisitStep.id)
    )
    return {step.visit_id: step for step in steps}


# ── planning an evaluation ──


async def inspectors(session: AsyncSession) -> list[Person]:
    """Everybody who can be assigned."""
    return list(
        await session.scalars(
            select(Person)
            .where(Person.role == Role.INSPECTOR, Person.closed_at.is_(None))
            .order_by(Person.name, Person.id)
        )
    )


async def assigned_units(session: AsyncSession, evaluation_id: int) -> set[int]:
    """The units of an evaluation that somebody is to visit."""
    return set(
        await session.scalars(
            select(Assignment.unit_id).where(
                Assignment.evaluation_id == evaluation_id, Assignment.withdrawn_at.is_(None)
            )
        )
    )


async def open_services(session: AsyncSession, unit_ids: Collection[int]) -> dict[int, list[PublicService]]:
    """The services of units that are offered today."""
    found: dict[int, list[PublicService]] = {unit_id: [] for unit_id in unit_ids}
    for service in await session.scalars(
        select(PublicService)
        .where(PublicService.unit_id.in_(unit_ids), PublicService.closed_at.is_(None))
        .order_by(PublicService.name, PublicService.id)
    ):
        found[service.unit_id].append(service)
    return found
