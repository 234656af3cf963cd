"""The questions behind the view of a phone: each asks for everything of a person at once."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import and_, exists, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.accounts.scope import within
from server.inspections.evidence.files import Files
from server.inspections.storage import visits_seen_by
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
    PinnedScore,
    Visit,
    VisitStep,
)
from server.inspections.visit import OVER
from server.units.tables import Counter, PublicService, Unit


class OwnVisit(msgspec.Struct, frozen=True):
    """A visit of one's own with the names in addresses of where it was."""

    visit: Visit
    unit: str
    service: str | None


async def assignments_of(session: AsyncSession, viewer: Viewer) -> list[tuple[Assignment, str, str | None]]:
    """An inspector's assignments that can still be worked on, with the slugs of unit and service."""
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
        )
        .order_by(Assignment.id)
    )
    return [(assignment, unit, service) for assignment, unit, service in rows]


async def loci_of(session: AsyncSession, viewer: Viewer) -> list[tuple[Evaluation, Unit]]:
    """The units of an officer that are looked at in open evaluations and are not final yet."""
    is_final = exists().where(
        PinnedScore.evaluation_id == Locus.evaluation_id, PinnedScore.unit_id == Locus.unit_id
    )
    rows = await session.execute(
        select(Evaluation, Unit)
        .join(Locus, Locus.evaluation_id == Evaluation.id)
        .join(Unit, Unit.id == Locus.unit_id)
        .where(
            Evaluation.closed_at.is_(None),
            Locus.removed_at.is_(None),
            within(viewer, Locus.unit_id),
            ~is_final,
        )
        .order_by(Evaluation.id, Unit.id)
    )
    return [(evaluation, unit) for evaluation, unit in rows]


async def own_visits(session: AsyncSession, viewer: Viewer, since: datetime) -> list[OwnVisit]:
    """A person's own visits: those that are not over, and those over since a day."""
    is_recent = exists().where(VisitStep.visit_id == Visit.id, VisitStep.at >= since)
    rows = await session.execute(
        select(Visit, Unit.slug, PublicService.slug)
        .join(Unit, Unit.id == Visit.unit_id)
        .outerjoin(PublicService, PublicService.id == Visit.service_id)
        .where(
            Visit.person_id == viewer.person_id,
            visits_seen_by(viewer),
            or_(Visit.state.not_in(OVER), is_recent),
        )
        .order_by(Visit.received_at, Visit.id)
    )
    return [OwnVisit(visit, unit, service) for visit, unit, service in rows]


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
    found: dict[UUID, list[Finding]] = {visit_id: [] for visit_id in visit_ids}
    for row in await session.scalars(
        select(Finding).where(Finding.visit_id.in_(visit_ids)).order_by(Finding.indicator)
    ):
        found[row.visit_id].append(row)
    return found


async def evidence_of(session: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, list[Evidence]]:
    found: dict[UUID, list[Evidence]] = {visit_id: [] for visit_id in visit_ids}
    for row in await session.scalars(
        select(Evidence)
        .where(Evidence.visit_id.in_(visit_ids), Evidence.purpose == "finding", Evidence.removed_at.is_(None))
        .order_by(Evidence.id)
    ):
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
        select(named.c.visit_id, EvidenceFile)
        .join(EvidenceFile, EvidenceFile.sha256 == named.c.sha256)
        .join(EvidenceHolder, EvidenceHolder.sha256 == EvidenceFile.sha256)
        .where(EvidenceHolder.person_id == viewer.person_id)
    )
    brought = [(visit_id, file) for visit_id, file in rows]
    whole = await files.whole({file.stored_sha256: file.size_bytes for _, file in brought})
    found: dict[UUID, set[str]] = {visit_id: set() for visit_id in visit_ids}
    for visit_id, file in brought:
        if file.stored_sha256 in whole:
            found[visit_id].add(file.sha256)
    return found


async def awaited_of(session: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, list[AwaitedEvidence]]:
    found: dict[UUID, list[AwaitedEvidence]] = {visit_id: [] for visit_id in visit_ids}
    for row in await session.scalars(
        select(AwaitedEvidence).where(AwaitedEvidence.visit_id.in_(visit_ids)).order_by(AwaitedEvidence.id)
    ):
        found[row.visit_id].append(row)
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
