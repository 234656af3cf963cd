"""The questions we ask the database about units, public services and counters."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from server.accounts import audit
from server.accounts.access import Viewer
from server.accounts.scope import within
from server.problems import Problem
from server.units.codes import CAPACITY, new_code
from server.units.facts import CounterFacts, Offered
from server.units.plan import Known, Plan, Register, Step, plan
from server.units.slugs import free_slug
from server.units.table import SERVICE, UNIT, read
from server.units.tables import Counter, PublicService, Unit
from server.units.tree import depth, in_order, is_within, moved, path_below


async def counter_facts(session: AsyncSession, code: str) -> CounterFacts | None:
    """The counter behind a code, revoked or not."""
    return await _counter_facts(session, Counter.code == code)


async def counter_facts_by_id(session: AsyncSession, counter_id: int) -> CounterFacts | None:
    return await _counter_facts(session, Counter.id == counter_id)


async def _counter_facts(session: AsyncSession, condition: ColumnElement[bool]) -> CounterFacts | None:
    hall = aliased(Unit)
    row = (
        await session.execute(
            select(Counter, Unit, PublicService, hall.name)
            .join(Unit, Unit.id == Counter.unit_id)
            .outerjoin(PublicService, PublicService.id == Counter.service_id)
            .outerjoin(hall, hall.id == Counter.hall_id)
            .where(condition)
        )
    ).one_or_none()
    if row is None:
        return None
    counter, unit, service, hall_name = row
    return CounterFacts(
        id=counter.id,
        code=counter.code,
        name=counter.name,
        unit_id=unit.id,
        unit_slug=unit.slug,
        unit_name=unit.name,
        zone=unit.zone,
        contact=unit.contact,
        opens=unit.opens,
        closes=unit.closes,
        open_days=unit.open_days,
        service=_offered(service) if service else None,
        services=() if service else tuple(map(_offered, await open_services(session, unit.id))),
        hall_name=hall_name,
        closed_at=counter.closed_at or unit.closed_at,
        revoked_at=counter.revoked_at,
        replaced_by=counter.replaced_by,
    )


async def open_services(session: AsyncSession, unit_id: int) -> list[PublicService]:
    """The services a unit offers today, by name."""
    return list(
        await session.scalars(
            select(PublicService)
            .where(PublicService.unit_id == unit_id, PublicService.closed_at.is_(None))
            .order_by(PublicService.name)
        )
    )


async def unit_by_slug(session: AsyncSession, slug: str) -> Unit | None:
    return await session.scalar(select(Unit).where(Unit.slug == slug))


def _offered(service: PublicService) -> Offered:
    return Offered(service.id, service.slug, service.name, service.asks_cost)


# ── units, as staff see and change them ──


class UnitLine(msgspec.Struct, frozen=True):
    """A unit in a list."""

    id: int
    slug: str
    name: str
    kind: str
    path: str
    yearly_users: int | None
    is_closed: bool
    services: int
    """Open public services and open counters that are its own, without its sub-units'."""
    counters: int


async def units_seen_by(session: AsyncSession, viewer: Viewer) -> list[UnitLine]:
    """All units of the viewer's tree, closed ones too."""
    services = (
        select(func.count())
        .where(PublicService.unit_id == Unit.id, PublicService.closed_at.is_(None))
        .scalar_subquery()
    )
    counters = (
        select(func.count())
        .where(Counter.unit_id == Unit.id, Counter.closed_at.is_(None), Counter.revoked_at.is_(None))
        .scalar_subquery()
    )
    rows = await session.execute(select(Unit, services, counters).where(within(viewer, Unit.id)))
    return [
        UnitLine(
            unit.id,
            unit.slug,
            unit.name,
            unit.kind,
            unit.path,
            unit.yearly_users,
            unit.closed_at is not None,
            of_services,
            of_counters,
        )
        for unit, of_services, of_counters in rows
    ]


async def unit_slugs(session: AsyncSession) -> set[str]:
    return set(await session.scalars(select(Unit.slug)))


async def unit_choices(
    session: AsyncSession, also: str | None = None, but_within: str | None = None
) -> list[tuple[str, str]]:
    """Slug and name of every open unit for a list to choose from, lower units further in.

    `also` is a slug that stays in the list although its unit is closed; units within the path `but_within` do not.
    """
    units = await session.scalars(select(Unit).where(or_(Unit.closed_at.is_(None), Unit.slug == also)))
    offered = [unit for unit in units if but_within is None or not is_within(unit.path, but_within)]
    placed = in_order(offered, lambda unit: unit.path, lambda unit: unit.name)
    return [(unit.slug, "\u2003" * level + unit.name) for level, unit in placed]


async def open_counter_names(session: AsyncSession) -> dict[int, dict[int, str]]:
    """The open counters of every unit, their names by their ids."""
    names: dict[int, dict[int, str]] = {}
    rows = await session.execute(
        select(Counter.unit_id, Counter.id, Counter.name).where(
            Counter.closed_at.is_(None), Counter.revoked_at.is_(None)
        )
    )
    for unit_id, counter_id, name in rows:
        names.setdefault(unit_id, {})[counter_id] = name
    return names


async def levels_below(session: AsyncSession, unit: Unit) -> int:
    """How many levels of units stand below this one."""
    paths = await session.scalars(select(Unit.path).where(Unit.path.startswith(unit.path, autoescape=True)))
    return max(map(depth, paths)) - depth(unit.path)


async def own_unit(session: AsyncSession, viewer: Viewer) -> Unit:
    """The unit an officer works for."""
    unit = await session.get(Unit, viewer.unit_id) if viewer.unit_id is not None else None
    if unit is None:
        raise Problem("unknown_unit")
    return unit


async def units_on_path(session: AsyncSession, path: str) -> list[Unit]:
    """The units of a path, from the top down."""
    ids = [int(part) for part in path.strip("/").split("/")]
    return list(await session.scalars(select(Unit).where(Unit.id.in_(ids)).order_by(func.length(Unit.path))))


async def children_of(session: AsyncSession, unit_id: int) -> list[Unit]:
    return list(
        await session.scalars(
            select(Unit).where(Unit.parent_id == unit_id, Unit.closed_at.is_(None)).order_by(Unit.name)
        )
    )


async def unit_facts(session: AsyncSession, unit: Unit) -> dict[str, Any]:
    """What can be changed of a unit; the unit above it by its slug."""
    above = await session.get(Unit, unit.parent_id) if unit.parent_id else None
    return _unit_facts(unit, above.slug if above else None)


async def add_unit(session: AsyncSession, now: datetime, slug: str, facts: Mapping[str, Any]) -> Unit:
    unit = Unit(slug=slug, path="", created_at=now, **_columns(facts, "parent"))
    above = await _unit_or_none(session, facts["parent"])
    unit.parent_id = above.id if above else None
    session.add(unit)
    await session.flush()
    unit.path = path_below(above.path if above else None, unit.id)
    await session.flush()
    return unit


async def change_unit(session: AsyncSession, unit: Unit, facts: Mapping[str, Any]) -> None:
    """Sets the facts given; under another parent, all units below move along."""
    for name, fact in _columns(facts, "parent").items():
        setattr(unit, name, fact)
    if "parent" in facts:
        await _move(session, unit, await _unit_or_none(session, facts["parent"]))
    await session.flush()


async def _move(session: AsyncSession, unit: Unit, above: Unit | None) -> None:
    unit.parent_id = above.id if above else None
    below = list(await session.scalars(select(Unit).where(Unit.path.startswith(unit.path, autoescape=True))))
    paths = moved(
        {one.id: one.path for one in below}, unit.path, path_below(above.path if above else None, unit.id)
    )
    for one in below:
        one.path = paths[one.id]


# ── public services ──


async def services_of(session: AsyncSession, unit_id: int) -> list[PublicService]:
    """All services of a unit by name, closed ones last."""
    return list(
        await session.scalars(
            select(PublicService)
            .where(PublicService.unit_id == unit_id)
            .order_by(PublicService.closed_at.is_not(None), PublicService.name)
        )
    )


async def service_of(session: AsyncSession, unit: Unit, slug: str) -> PublicService:
    found = await session.scalar(
        select(PublicService).where(PublicService.unit_id == unit.id, PublicService.slug == slug)
    )
    if found is None:
        raise Problem("unknown_public_service")
    return found


def service_facts(service: PublicService) -> dict[str, Any]:
    """What can be changed of a public service."""
    return {"name": service.name, "asks_cost": service.asks_cost, "yearly_users": service.yearly_users}


async def add_service(
    session: AsyncSession, now: datetime, unit: Unit, facts: Mapping[str, Any]
) -> PublicService:
    taken = set(await session.scalars(select(PublicService.slug).where(PublicService.unit_id == unit.id)))
    service = PublicService(
        unit_id=unit.id, slug=free_slug(str(facts["name"]), taken), created_at=now, **facts
    )
    session.add(service)
    await session.flush()
    return service


# ── counters ──


class CounterLine(msgspec.Struct, frozen=True):
    """A counter in a list and on a poster."""

    code: str
    name: str
    unit_slug: str
    unit_name: str
    unit_kind: str
    unit_path: str
    service_slug: str | None
    service_name: str | None
    asks_cost: bool
    hall_slug: str | None
    hall_name: str | None
    is_closed: bool
    """The survey is closed here, or the unit is."""
    revoked_at: datetime | None
    replaced_by: str | None
    note: str


async def counters_of(session: AsyncSession, unit_id: int) -> list[CounterLine]:
    """All counters of a unit by name, revoked ones last."""
    return await _counter_lines(session, _counters().where(Counter.unit_id == unit_id))


async def counters_seen_by(session: AsyncSession, viewer: Viewer) -> list[CounterLine]:
    """All counters of the viewer's tree whose poster may hang: not revoked, of units that are open."""
    return await _counter_lines(
        session,
        _counters().where(
            within(viewer, Counter.unit_id), Counter.revoked_at.is_(None), Unit.closed_at.is_(None)
        ),
    )


async def counter_seen_by(session: AsyncSession, viewer: Viewer, code: str) -> tuple[Counter, CounterLine]:
    """The counter of this exact code; what the viewer may not see does not exist for them."""
    counter = await session.scalar(
        select(Counter).where(Counter.code == code, within(viewer, Counter.unit_id))
    )
    if counter is None:
        raise Problem("unknown_counter")
    (line,) = await _counter_lines(session, _counters().where(Counter.id == counter.id))
    return counter, line


def counter_facts_of(line: CounterLine) -> dict[str, Any]:
    """What can be changed of a counter; service and hall by their slugs."""
    return {"name": line.name, "service": line.service_slug, "hall": line.hall_slug}


async def add_counter(session: AsyncSession, now: datetime, unit: Unit, facts: Mapping[str, Any]) -> Counter:
    """A counter with a code that no other ever had."""
    number = secrets.randbelow(CAPACITY)
    while await session.scalar(select(Counter.id).where(Counter.code == new_code(number))):
        number += 1
    counter = Counter(code=new_code(number), unit_id=unit.id, created_at=now)
    session.add(counter)
    await change_counter(session, counter, unit, {"service": None, "hall": None, **facts})
    return counter


async def change_counter(
    session: AsyncSession, counter: Counter, unit: Unit, facts: Mapping[str, Any]
) -> None:
    """Sets the facts given; service and hall come as slugs or None."""
    if "name" in facts:
        counter.name = facts["name"]
    if "service" in facts:
        slug = facts["service"]
        counter.service_id = (await service_of(session, unit, slug)).id if slug is not None else None
    if "hall" in facts:
        hall = await _unit_or_none(session, facts["hall"])
        counter.hall_id = hall.id if hall else None
    await session.flush()


async def counters_for_service(session: AsyncSession, service_id: int) -> list[Counter]:
    """The open counters that ask about this service only."""
    return list(
        await session.scalars(
            select(Counter)
            .where(
                Counter.service_id == service_id, Counter.closed_at.is_(None), Counter.revoked_at.is_(None)
            )
            .order_by(Counter.name)
        )
    )


# ── tables of units, services and counters ──


async def register(session: AsyncSession) -> Register:
    """All that stands, as a table of units is judged against."""
    units = {unit.id: unit for unit in await session.scalars(select(Unit))}
    known = {
        unit.slug: Known(
            unit.slug,
            unit.slug,
            _unit_facts(unit, units[unit.parent_id].slug if unit.parent_id else None),
            unit.closed_at is not None,
        )
        for unit in units.values()
    }
    services: dict[str, list[Known]] = {}
    for service in await session.scalars(select(PublicService)):
        slug = units[service.unit_id].slug
        services.setdefault(slug, []).append(
            Known(slug, service.slug, service_facts(service), service.closed_at is not None)
        )
    counters: dict[str, list[Known]] = {}
    for line in await _counter_lines(session, _counters().where(Counter.revoked_at.is_(None))):
        counters.setdefault(line.unit_slug, []).append(
            Known(line.unit_slug, line.code, counter_facts_of(line))
        )
    return Register(known, services, counters)


async def plan_import(session: AsyncSession, content: bytes, zone: str) -> Plan:
    """What a CSV file would create and change here, or what is wrong with it. Raises BadFile when it is no table."""
    return plan(read(content), await register(session), zone)


async def import_units(
    session: AsyncSession, planned: Plan, content: bytes, viewer: Viewer | None, now: datetime
) -> int:
    """Carries out a plan made in this transaction, each step in the audit trail; gives the number of steps."""
    sha256 = hashlib.sha256(content).hexdigest()
    for step in planned.steps:
        subject = await _carry_out(session, step, now)
        act = f"{subject.partition(':')[0]}_{'created' if step.is_new else 'changed'}"
        facts = {"after": step.facts} if step.is_new else {"before": step.before, "after": step.facts}
        await audit.record(session, now, viewer, act, subject, line=step.line, file_sha256=sha256, **facts)
    return len(planned.steps)


async def _carry_out(session: AsyncSession, step: Step, now: datetime) -> str:
    if step.thing == UNIT:
        if step.is_new:
            await add_unit(session, now, step.key, step.facts)
        else:
            await change_unit(session, await _unit(session, step.key), step.facts)
        return f"unit:{step.key}"
    unit = await _unit(session, step.unit)
    if step.thing == SERVICE:
        if step.is_new:
            service = await add_service(session, now, unit, step.facts)
        else:
            service = await service_of(session, unit, step.key)
            for name, fact in step.facts.items():
                setattr(service, name, fact)
        return f"service:{unit.slug}/{service.slug}"
    if step.is_new:
        counter = await add_counter(session, now, unit, step.facts)
    else:
        counter = (await session.scalars(select(Counter).where(Counter.code == step.key))).one()
        await change_counter(session, counter, unit, step.facts)
    return f"counter:{counter.code}"


async def _unit(session: AsyncSession, slug: str) -> Unit:
    found = await unit_by_slug(session, slug)
    if found is None:
        raise Problem("unknown_unit")
    return found


async def _unit_or_none(session: AsyncSession, slug: str | None) -> Unit | None:
    return None if slug is None else await _unit(session, slug)


def _columns(facts: Mapping[str, Any], *left_out: str) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if name not in left_out}


def _unit_facts(unit: Unit, parent: str | None) -> dict[str, Any]:
    return {
        "name": unit.name,
        "kind": unit.kind,
        "parent": parent,
        "zone": unit.zone,
        "address": unit.address,
        "latitude": unit.latitude,
        "longitude": unit.longitude,
        "contact": unit.contact,
        "opens": unit.opens,
        "closes": unit.closes,
        "open_days": unit.open_days,
        "yearly_users": unit.yearly_users,
    }


_Hall = aliased(Unit)


def _counters() -> "Select[Counter, Unit, PublicService, Unit]":
    return (
        select(Counter, Unit, PublicService, _Hall)
        .join(Unit, Unit.id == Counter.unit_id)
        .outerjoin(PublicService, PublicService.id == Counter.service_id)
        .outerjoin(_Hall, _Hall.id == Counter.hall_id)
        .order_by(Unit.name, Unit.id, Counter.revoked_at.is_not(None), Counter.name, Counter.id)
    )


async def _counter_lines(
    session: AsyncSession, query: "Select[Counter, Unit, PublicService, Unit]"
) -> list[CounterLine]:
    return [
        CounterLine(
            code=counter.code,
            name=counter.name,
            unit_slug=unit.slug,
            unit_name=unit.name,
            unit_kind=unit.kind,
            unit_path=unit.path,
            service_slug=service.slug if service else None,
            service_name=service.name if service else None,
            asks_cost=service.asks_cost if service else True,
            hall_slug=hall.slug if hall else None,
            hall_name=hall.name if hall else None,
            is_closed=counter.closed_at is not None or unit.closed_at is not None,
            revoked_at=counter.revoked_at,
            replaced_by=counter.replaced_by,
            note=counter.note,
        )
        for counter, unit, service, hall in await session.execute(query)
    ]
