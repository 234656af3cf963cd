"""The questions behind the view of a phone: each asks for everything of a person at once."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.accounts.scope import within
from server.inspections.evidence.files import Files
from server.inspections.storage import is_final, visits_seen_by
from server.inspections.tables import (
    Assignment,
    AwaitedEvidence,
    Edition,
    Evaluation,
    Evidence,
    EvidenceFile,
    EvidenceHolder,
    Finding,
    Locus,
    Visit,
    VisitStep,
)
from server.inspections.visit import FINAL, OVER
from server.inspections.visits.storage import VisitAt, visits_at
from server.units.tables import Counter, PublicService, Unit

OfVisit = TypeVar("OfVisit", Finding, Evidence, AwaitedEvidence)


async def assignments_of(
    session: AsyncSession, viewer: Viewer, since: datetime
) -> list[tuple[Assignment, str, str | None]]:
    """An inspector's assignments that can still be worked on, with the slugs of unit and service; those that are over
    since a day as well."""
    rows = await session.execute(
        select(Assignment, Unit.slug, PublicService.slug)
        .join(Evaluation, Evaluation.id == Assignment.evaluation_id)
        .join(
            Locus,
            and_(Locus.evaluation_id == Assignment.evaluation_id, Locus.unit_id == Assignment.unit_id),
        )
        .join(Unit, Unit.id == Assignment.unit_id)
        .outerjoin(PublicService, PublicService.id == Assignment.service_id)
        .where(
            Assignment.person_id == viewer.person_id,
            Assignment.withdrawn_at.is_(None),
            Locus.removed_at.is_(None),
            Evaluation.closed_at.is_(None),
            _is_told(viewer, since),
        )
        .order_by(Assignment.id)
    )
    return [(assignment, unit, service) for assignment, unit, service in rows]


async def loci_of(session: AsyncSession, viewer: Viewer, since: datetime) -> list[tuple[Evaluation, Unit]]:
    """The units of an officer that are looked at in open evaluations; those that are over since a day as well."""
    rows = await session.execute(
        select(Evaluation, Unit)
        .join(Locus, Locus.evaluation_id == Evaluation.id)
        .join(Unit, Unit.id == Locus.unit_id)
        .where(
            Evaluation.closed_at.is_(None),
            Locus.removed_at.is_(None),
            within(viewer, Locus.unit_id),
            _is_told(viewer, since),
        )
        .order_by(Evaluation.id, Unit.id)
    )
    return [(evaluation, unit) for evaluation, unit in rows]


def _is_told(viewer: Viewer, since: datetime) -> ColumnElement[bool]:
    """Whether a locus is to be visited: once its score is final, only as long as one's own visit there is shown."""
    is_visited = exists().where(
        Visit.evaluation_id == Locus.evaluation_id,
        Visit.unit_id == Locus.unit_id,
        Visit.person_id == viewer.person_id,
        Visit.state == FINAL,
        _has_step(since),
    )
    return or_(~is_final(Locus.evaluation_id, Locus.unit_id), is_visited)


def _has_step(since: datetime) -> ColumnElement[bool]:
    return exists().where(VisitStep.visit_id == Visit.id, VisitStep.at >= since)


async def own_visits(session: AsyncSession, viewer: Viewer, since: datetime) -> list[VisitAt]:
    """A person's own visits: those that are not over, and those over since a day."""
    return await visits_at(
        session,
        Visit.person_id == viewer.person_id,
        visits_seen_by(viewer),
        or_(Visit.state.not_in(OVER), _has_step(since)),
    )


async def evaluations_of(
    session: AsyncSession, ids: Collection[int]
) -> tuple[list[Evaluation], list[Edition]]:
    """Evaluations, and the editions of the instruments they use."""
    evaluations = list(
        await session.scalars(select(Evaluation).where(Evaluation.id.in_(ids)).order_by(Evaluation.id))
    )
    used = {evaluation.edition for evaluation in evaluations}
    editions = await session.scalars(select(Edition).where(Edition.sha256.in_(used)).order_by(Edition.sha256))
    return evaluations, list(editions)


async def units_of(
    session: AsyncSession, slugs: Collection[str]
) -> list[tuple[Unit, list[PublicService], list[Counter]]]:
    """Units with their open services and the counters whose code still holds."""
    units = list(await session.scalars(select(Unit).where(Unit.slug.in_(slugs)).order_by(Unit.slug)))
    ids = [unit.id for unit in units]
    services: dict[int, list[PublicService]] = {}
    for service in await session.scalars(
        select(PublicService)
        .where(PublicService.unit_id.in_(ids), PublicService.closed_at.is_(None))
        .order_by(PublicService.name, PublicService.id)
    ):
        services.setdefault(service.unit_id, []).append(service)
    counters: dict[int, list[Counter]] = {}
    for counter in await session.scalars(
        select(Counter).where(Counter.unit_id.in_(ids), Counter.revoked_at.is_(None)).order_by(Counter.code)
    ):
        counters.setdefault(counter.unit_id, []).append(counter)
    return [(unit, services.get(unit.id, []), counters.get(unit.id, [])) for unit in units]


async def findings_of(session: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, list[Finding]]:
    wanted = select(Finding).where(Finding.visit_id.in_(visit_ids)).order_by(Finding.indicator)
    return _by_visit(visit_ids, await session.scalars(wanted))


async def evidence_of(session: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, list[Evidence]]:
    is_shown = and_(Evidence.purpose == "finding", Evidence.removed_at.is_(None))
    wanted = select(Evidence).where(Evidence.visit_id.in_(visit_ids), is_shown).order_by(Evidence.id)
    return _by_visit(visit_ids, await session.scalars(wanted))


async def awaited_of(session: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, list[AwaitedEvidence]]:
    is_theirs = AwaitedEvidence.visit_id.in_(visit_ids)
    wanted = select(AwaitedEvidence).where(is_theirs).order_by(AwaitedEvidence.id)
    return _by_visit(visit_ids, await session.scalars(wanted))


def _by_visit(visit_ids: Collection[UUID], rows: Iterable[OfVisit]) -> dict[UUID, list[OfVisit]]:
    found: dict[UUID, list[OfVisit]] = {visit_id: [] for visit_id in visit_ids}
    for row in rows:
        found[row.visit_id].append(row)
    return found


async def held_of(
    session: AsyncSession, viewer: Viewer, files: Files, visit_ids: Collection[UUID]
) -> dict[UUID, set[str]]:
    """The files that a person has brought, and that are still on the disk, of all that visits name: also what is shown
    no longer, and what came and cannot be what it was to be."""
    named = union(
        *(
            select(table.visit_id, table.sha256).where(table.visit_id.in_(visit_ids))
            for table in (Evidence, AwaitedEvidence)
        )
    ).subquery()
    rows = await session.execute(
        select(named.c.visit_id, EvidenceFile.sha256, EvidenceFile.stored_sha256, EvidenceFile.size_bytes)
        .join(EvidenceFile, EvidenceFile.sha256 == named.c.sha256)
        .join(EvidenceHolder, EvidenceHolder.sha256 == EvidenceFile.sha256)
        .where(EvidenceHolder.person_id == viewer.person_id)
    )
    brought = rows.all()
    whole = await files.whole({stored_sha256: size for _, _, stored_sha256, size in brought})
    found: dict[UUID, set[str]] = {visit_id: set() for visit_id in visit_ids}
    for visit_id, sha256, stored_sha256, _ in brought:
        if stored_sha256 in whole:
            found[visit_id].add(sha256)
    return found


async def last_steps(
    session: AsyncSession, visit_ids: Collection[UUID], states: Collection[str]
) -> dict[tuple[UUID, str], VisitStep]:
    """How each of these visits came into each of these states the last time."""
    latest = (
        select(func.max(VisitStep.id))
        .where(VisitStep.visit_id.in_(visit_ids), VisitStep.state.in_(states))
        .group_by(VisitStep.visit_id, VisitStep.state)
    )
    rows = await session.scalars(select(VisitStep).where(VisitStep.id.in_(latest)))
    return {(row.visit_id, row.state): row for row in rows}
