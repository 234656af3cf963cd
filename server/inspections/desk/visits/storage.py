"""What only the pages of visits ask of the tables: what waits for whom, and what the filters offer."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.inspections.storage import visits_seen_by
from server.inspections.tables import Evaluation, EvidenceFile, Finding, Visit
from server.inspections.visit import FINAL, SUBMITTED
from server.inspections.visits import storage as visits
from server.inspections.visits.storage import VisitLine, Wanted
from server.units.tables import PublicService, Unit


async def visits_waiting(
    session: AsyncSession, viewer: Viewer, wanted: Wanted, after: tuple[datetime, UUID] | None, most: int
) -> list[VisitLine]:
    """The visits that wait for verification, the longest waiting first."""
    conditions = [visits_seen_by(viewer), Visit.state == SUBMITTED]
    if wanted.evaluation_id is not None:
        conditions.append(Visit.evaluation_id == wanted.evaluation_id)
    if wanted.unit_id is not None:
        conditions.append(Visit.unit_id == wanted.unit_id)
    if after is not None:
        submitted_at, visit_id = after
        is_same_moment = and_(Visit.submitted_at == submitted_at, Visit.id > visit_id)
        conditions.append(or_(Visit.submitted_at > submitted_at, is_same_moment))
    ids = await session.scalars(
        select(Visit.id).where(*conditions).order_by(Visit.submitted_at, Visit.id).limit(most)
    )
    return await visits.lines_of(session, list(ids))


async def waiting_count(session: AsyncSession, viewer: Viewer) -> int:
    wanted = select(func.count()).select_from(Visit).where(visits_seen_by(viewer), Visit.state == SUBMITTED)
    return await session.scalar(wanted) or 0


async def evaluations_with_visits(session: AsyncSession, viewer: Viewer) -> list[tuple[int, str]]:
    """The evaluations of the visits a viewer may read, the newest first."""
    rows = await session.execute(
        select(Evaluation.id, Evaluation.title)
        .where(Evaluation.id.in_(select(Visit.evaluation_id).where(visits_seen_by(viewer))))
        .order_by(Evaluation.id.desc())
    )
    return [(evaluation_id, title) for evaluation_id, title in rows]


async def units_with_visits(session: AsyncSession, viewer: Viewer) -> list[Unit]:
    """The units of the visits a viewer may read, by name."""
    of_visits = select(Visit.unit_id).where(visits_seen_by(viewer))
    return list(
        await session.scalars(select(Unit).where(Unit.id.in_(of_visits)).order_by(Unit.name, Unit.id))
    )


async def unfinished_visits(session: AsyncSession, viewer: Viewer) -> list[Visit]:
    """The viewer's own visits that are not final yet."""
    wanted = select(Visit).where(Visit.person_id == viewer.person_id, Visit.state != FINAL)
    return list(await session.scalars(wanted))


async def services_of(session: AsyncSession, unit_ids: Collection[int]) -> dict[int, list[PublicService]]:
    """The open public services of units, by name."""
    found: dict[int, list[PublicService]] = {unit_id: [] for unit_id in unit_ids}
    rows = await session.scalars(
        select(PublicService)
        .where(PublicService.unit_id.in_(unit_ids), PublicService.closed_at.is_(None))
        .order_by(PublicService.name, PublicService.id)
    )
    for service in rows:
        found[service.unit_id].append(service)
    return found


async def finding_rows(session: AsyncSession, visit_id: UUID) -> dict[str, Finding]:
    """What a visit found, by indicator."""
    rows = await session.scalars(select(Finding).where(Finding.visit_id == visit_id))
    return {row.indicator: row for row in rows}


async def files_named(session: AsyncSession, sha256s: Collection[str]) -> dict[str, EvidenceFile]:
    rows = await session.scalars(select(EvidenceFile).where(EvidenceFile.sha256.in_(sha256s)))
    return {row.sha256: row for row in rows}
