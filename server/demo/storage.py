"""The questions the demo asks the database, and the one transaction in which its city is founded."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts import storage as accounts
from server.accounts.access import Role, Viewer
from server.accounts.tables import AuditEvent, Person
from server.demo import city
from server.inspections.tables import Edition, Evaluation, FollowUp, Locus
from server.surveys.tables import survey_responses, survey_tallies
from server.units.codes import CAPACITY, new_code
from server.units.facts import CounterFacts
from server.units.storage import counter_facts
from server.units.tables import Counter, PublicService, Unit
from server.units.tree import path_below

_SUBJECT = "city:demo"
_BEGUN, _PLANTED = "demo.begun", "demo.planted"


class Mark(msgspec.Struct, frozen=True):
    """From what the demo city of a database was made; the same again gives the same city and answers."""

    seed: int
    units: int
    responses: int
    until: datetime
    """The moment at which its year of answers ends."""
    is_planted: bool = False
    """False while its answers are still being sent."""


class Staff(msgspec.Struct, frozen=True):
    """Somebody who signs in to the demo city; `unit` is a slug."""

    username: str
    name: str
    role: Role
    unit: str | None


async def mark_of(session: AsyncSession) -> Mark | None:
    """The mark of the demo city in this database, if there is one."""
    events = list(
        await session.scalars(
            select(AuditEvent).where(AuditEvent.subject == _SUBJECT).order_by(AuditEvent.id)
        )
    )
    if not events:
        return None
    begun = msgspec.json.decode(events[0].facts, type=Mark)
    return msgspec.structs.replace(begun, is_planted=any(event.act == _PLANTED for event in events))


async def is_empty(session: AsyncSession) -> bool:
    """Whether nobody has begun to work with this database: no unit, no account, no answer."""
    for column in (Unit.id, Person.id, survey_responses.c.id):
        if await session.scalar(select(column).limit(1)) is not None:
            return False
    return True


async def found(
    session: AsyncSession, planned: city.City, mark: Mark, staff: Sequence[Staff], password_hash: str
) -> None:
    """Writes units, services, counters, accounts and the mark."""
    # everything stands since before the first answer
    since = mark.until - timedelta(days=366)
    units = await _add_units(session, planned, since)
    services = await _add_services(session, planned, units, since)
    session.add_all(_counters(planned, units, services, since))
    for person in staff:
        await accounts.add_person(
            session,
            since,
            username=person.username,
            name=person.name,
            role=person.role,
            unit_id=units[person.unit].id if person.unit else None,
            password_hash=password_hash,
        )
    facts = msgspec.to_builtins(mark)
    del facts["is_planted"]
    await audit.record(session, mark.until, None, _BEGUN, _SUBJECT, **facts)


async def finish(session: AsyncSession, mark: Mark) -> None:
    """Notes that all answers are in and judged."""
    await audit.record(session, mark.until, None, _PLANTED, _SUBJECT)


async def facts_of(session: AsyncSession, planned: city.City) -> dict[str, CounterFacts]:
    """What the survey knows of every counter, by code."""
    found = [
        await counter_facts(session, counter.code) for unit in planned.units for counter in unit.counters
    ]
    return {facts.code: facts for facts in found if facts}


async def counted_by_rule(session: AsyncSession) -> dict[str, int]:
    """How many answers there are, by the rule that keeps them out; "" counts."""
    tallies = survey_tallies.c
    rows = await session.execute(
        # months only: days count the same answers again
        select(tallies.rule, func.sum(tallies.n))
        .where(func.length(tallies.period) == 7)
        .group_by(tallies.rule)
        .order_by(tallies.rule)
    )
    return {rule: int(n) for rule, n in rows if n}


# ── inspections ──


async def viewers(session: AsyncSession) -> dict[str, Viewer]:
    """Who works in the demo city: by username, and officers by the slug of their unit as well."""
    found: dict[str, Viewer] = {}
    for person, slug, path in await session.execute(
        select(Person, Unit.slug, Unit.path).outerjoin(Unit, Unit.id == Person.unit_id)
    ):
        viewer = Viewer(person.id, person.username, person.name, Role(person.role), person.unit_id, path)
        found |= {key: viewer for key in (person.username, slug) if key}
    return found


async def draw_codes(session: AsyncSession, evaluation_id: int, seed: str) -> None:
    """Codes of the users' form from a seed: the same city has the same ones again."""
    random = Random(seed)  # noqa: S311
    taken = {*await session.scalars(select(Counter.code)), *await session.scalars(select(Locus.code))}
    for locus in await session.scalars(
        select(Locus).where(Locus.evaluation_id == evaluation_id).order_by(Locus.unit_id)
    ):
        while (code := new_code(random.randrange(CAPACITY))) in taken:
            pass
        taken.add(code)
        locus.code = code
    await session.flush()


async def code_of(session: AsyncSession, evaluation_id: int, slug: str) -> str:
    """The code of the users' form of a unit."""
    found = await session.execute(
        select(Locus.code)
        .join(Unit, Unit.id == Locus.unit_id)
        .where(Locus.evaluation_id == evaluation_id, Unit.slug == slug)
    )
    return found.scalar_one()


async def follow_up_at(
    session: AsyncSession, evaluation_id: int, slug: str, place: int
) -> tuple[int, str] | None:
    """Number and indicator of a unit's follow-up in an evaluation, counted from 0."""
    row = (
        await session.execute(
            select(FollowUp.id, FollowUp.indicator)
            .join(Unit, Unit.id == FollowUp.unit_id)
            .where(FollowUp.evaluation_id == evaluation_id, Unit.slug == slug)
            .order_by(FollowUp.id)
            .offset(place)
            .limit(1)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


async def evaluations_planted(session: AsyncSession) -> dict[str, int]:
    """The evaluations by title."""
    rows = await session.execute(select(Evaluation.title, Evaluation.id).order_by(Evaluation.id))
    return {title: number for title, number in rows}


async def open_form_codes(session: AsyncSession) -> list[str]:
    """The codes of the users' forms that can be filled in, by unit."""
    return list(
        await session.scalars(
            select(Locus.code)
            .join(Evaluation, Evaluation.id == Locus.evaluation_id)
            .join(Edition, Edition.sha256 == Evaluation.edition)
            .where(Edition.code == "pekppp", Evaluation.closed_at.is_(None), Locus.removed_at.is_(None))
            .order_by(Evaluation.id, Locus.unit_id)
        )
    )


# ── the register ──


async def _add_units(session: AsyncSession, planned: city.City, since: datetime) -> dict[str, Unit]:
    units = {
        one.slug: Unit(
            slug=one.slug,
            name=one.name,
            kind=one.kind,
            path="",
            zone=city.ZONE,
            address=one.address,
            latitude=one.latitude,
            longitude=one.longitude,
            contact=one.contact,
            opens=one.opens,
            closes=one.closes,
            open_days=one.open_days,
            yearly_users=one.yearly_users,
            created_at=since,
        )
        for one in planned.units
    }
    session.add_all(units.values())
    await session.flush()
    for one in planned.units:
        above = units[one.above] if one.above else None
        units[one.slug].parent_id = above.id if above else None
        units[one.slug].path = path_below(above.path if above else None, units[one.slug].id)
    await session.flush()
    return units


async def _add_services(
    session: AsyncSession, planned: city.City, units: dict[str, Unit], since: datetime
) -> dict[tuple[str, str], PublicService]:
    services = {
        (unit.slug, one.slug): PublicService(
            unit_id=units[unit.slug].id,
            slug=one.slug,
            name=one.name,
            asks_cost=one.asks_cost,
            yearly_users=one.yearly_users,
            created_at=since,
        )
        for unit in planned.units
        for one in unit.services
    }
    session.add_all(services.values())
    await session.flush()
    return services


def _counters(
    planned: city.City,
    units: dict[str, Unit],
    services: dict[tuple[str, str], PublicService],
    since: datetime,
) -> list[Counter]:
    return [
        Counter(
            code=one.code,
            name=one.name,
            unit_id=units[unit.slug].id,
            service_id=services[unit.slug, one.service].id if one.service else None,
            hall_id=units[one.hall].id if one.hall else None,
            created_at=since,
            revoked_at=since + timedelta(days=1) if one.replaced_by else None,
            replaced_by=one.replaced_by,
            note="Poster lama rusak kena hujan, diganti." if one.replaced_by else "",
        )
        for unit in planned.units
        for one in unit.counters
    ]
