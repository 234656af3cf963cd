"""Which visits wait for photos, and since when: the nightly list."""

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.tables import Person
from server.inspections.tables import AwaitedEvidence, Visit
from server.inspections.visit import WITHDRAWN
from server.phones import WaitingPhotos
from server.units.tables import Unit


async def photos_waiting(session: AsyncSession) -> list[WaitingPhotos]:
    """Every visit that is not withdrawn and waits for photos, the longest waiting first."""
    since = func.min(AwaitedEvidence.since)
    rows = await session.execute(
        select(
            Visit.id,
            Person.username,
            Person.name,
            Unit.name,
            Unit.zone,
            # two pieces may show the same photo
            func.count(AwaitedEvidence.sha256.distinct()),
            func.count(case((AwaitedEvidence.fault != "", AwaitedEvidence.sha256)).distinct()),
            since,
        )
        .join(Visit, Visit.id == AwaitedEvidence.visit_id)
        .join(Person, Person.id == AwaitedEvidence.person_id)
        .join(Unit, Unit.id == Visit.unit_id)
        .where(Visit.state != WITHDRAWN)
        .group_by(Visit.id, Person.username, Person.name, Unit.name, Unit.zone)
        .order_by(since, Visit.id)
    )
    return [WaitingPhotos(*row) for row in rows]
