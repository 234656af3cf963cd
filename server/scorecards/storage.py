"""The questions we ask the database for public pages: what units, services and counters are called."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from server.scorecards.search import Listed, ListedService
from server.units.tables import Counter, PublicService, Unit
from server.units.words import KINDS


class NamedCounter(msgspec.Struct, frozen=True):
    id: int
    name: str
    hall_slug: str | None
    hall: str | None
    is_open: bool


class NamedService(msgspec.Struct, frozen=True):
    id: int
    slug: str
    name: str
    is_open: bool


async def listed_units(session: AsyncSession) -> list[Listed]:
    """All units that serve today, by name."""
    rows = await session.execute(
        select(Unit.id, Unit.slug, Unit.name, Unit.kind, Unit.parent_id)
        .where(Unit.closed_at.is_(None))
        .order_by(Unit.name)
    )
    return [_listed(*row) for row in rows]


async def listed_services(session: AsyncSession) -> list[ListedService]:
    """All services that are offered today, by name."""
    rows = await session.execute(
        select(PublicService.slug, PublicService.name, PublicService.unit_id)
        .join(Unit, Unit.id == PublicService.unit_id)
        .where(PublicService.closed_at.is_(None), Unit.closed_at.is_(None))
        .order_by(PublicService.name)
    )
    return [ListedService(*row) for row in rows]


async def units_below(session: AsyncSession, unit_id: int) -> list[Listed]:
    """The units that stand directly under a unit, by name."""
    rows = await session.execute(
        select(Unit.id, Unit.slug, Unit.name, Unit.kind, Unit.parent_id)
        .where(Unit.parent_id == unit_id, Unit.closed_at.is_(None))
        .order_by(Unit.name)
    )
    return [_listed(*row) for row in rows]


async def units_above(session: AsyncSession, path: str) -> list[tuple[str, str]]:
    """Address name and name of the units above the one with this path, from the top down."""
    ids = [int(part) for part in path.strip("/").split("/")][:-1]
    if not ids:
        return []
    rows = await session.execute(select(Unit.slug, Unit.name).where(Unit.id.in_(ids)).order_by(Unit.path))
    return [(slug, name) for slug, name in rows]


async def services_of(session: AsyncSession, unit_id: int) -> list[NamedService]:
    """The services of a unit by name, also those it no longer offers: their answers still count."""
    rows = await session.execute(
        select(PublicService.id, PublicService.slug, PublicService.name, PublicService.closed_at.is_(None))
        .where(PublicService.unit_id == unit_id)
        .order_by(PublicService.name)
    )
    return [NamedService(id, slug, name, bool(is_open)) for id, slug, name, is_open in rows]


async def counters_of(session: AsyncSession, unit_id: int) -> list[NamedCounter]:
    """The counters of a unit by name, with the hall they stand in; also those that are closed."""
    hall = aliased(Unit)
    rows = await session.execute(
        select(Counter.id, Counter.name, hall.slug, hall.name, Counter.closed_at, Counter.revoked_at)
        .outerjoin(hall, hall.id == Counter.hall_id)
        .where(Counter.unit_id == unit_id)
        .order_by(Counter.name)
    )
    return [
        NamedCounter(id, name, hall_slug, hall_name, _is_open(closed_at, revoked_at))
        for id, name, hall_slug, hall_name, closed_at, revoked_at in rows
    ]


def _listed(id: int, slug: str, name: str, kind: str, parent_id: int | None) -> Listed:
    return Listed(id, slug, name, KINDS.get(kind, kind), parent_id)


def _is_open(closed_at: datetime | None, revoked_at: datetime | None) -> bool:
    return closed_at is None and revoked_at is None
