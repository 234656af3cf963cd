"""The questions the bureau's pages of phones ask the database, and what they write into the ledger."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from server.accounts.access import Viewer
from server.accounts.storage import viewer_named
from server.accounts.tables import AuditEvent, Person
from server.phones import SKEW_NOTED, Pushed, Taken
from server.sync.push import RELEASED, SET_ASIDE
from server.sync.tables import Device, LedgerItem
from server.sync.wire import Result
from server.units.tables import PublicService, Unit

_Author, _Bringer, _Settler = aliased(Person), aliased(Person), aliased(Person)

IN_USE = timedelta(days=60)
"""A phone that was not heard of for longer asks nobody to set its clock."""


class Line(msgspec.Struct, frozen=True):
    """An item of the ledger with its people."""

    item: LedgerItem
    author: str
    username: str
    brought_by: str | None
    settled_by: str | None

    @property
    def result(self) -> Result:
        return msgspec.json.decode(self.item.result, type=Result)

    @property
    def is_waiting(self) -> bool:
        return self.item.status != "accepted" and self.item.settled_at is None

    @property
    def is_set_aside(self) -> bool:
        return self.item.settled_how == SET_ASIDE

    @property
    def address(self) -> str:
        return f"/staff/phones/items/{self.item.id}/{self.item.body_sha256}/{self.username}"


class PhoneLine(msgspec.Struct, frozen=True):
    """A device with one of the people who use it."""

    device: Device
    person: str
    missing: int
    """Of the numbers its items count up, how many never came."""


# ── items ──


async def how_many_wait(session: AsyncSession) -> dict[str, int]:
    """Items that wait for a decision, by status."""
    rows = await session.execute(
        select(LedgerItem.status, func.count())
        .where(LedgerItem.status != "accepted", LedgerItem.settled_at.is_(None))
        .group_by(LedgerItem.status)
    )
    return {status: n for status, n in rows}


async def how_many_settled(session: AsyncSession) -> int:
    asked = select(func.count()).select_from(LedgerItem).where(LedgerItem.settled_at.is_not(None))
    return await session.scalar(asked) or 0


async def waiting_items(session: AsyncSession, status: str, offset: int, limit: int) -> list[Line]:
    """Items of a status that wait for a decision, the longest waiting first."""
    rows = await session.execute(
        _lines()
        .where(LedgerItem.status == status, LedgerItem.settled_at.is_(None))
        .order_by(LedgerItem.received_at, LedgerItem.id, LedgerItem.body_sha256)
        .offset(offset)
        .limit(limit)
    )
    return [Line(*row) for row in rows]


async def settled_items(session: AsyncSession, offset: int, limit: int) -> list[Line]:
    """Items that somebody decided, the latest first."""
    rows = await session.execute(
        _lines()
        .where(LedgerItem.settled_at.is_not(None))
        .order_by(LedgerItem.settled_at.desc(), LedgerItem.id, LedgerItem.body_sha256)
        .offset(offset)
        .limit(limit)
    )
    return [Line(*row) for row in rows]


async def item_of(session: AsyncSession, item_id: UUID, body_sha256: str, username: str) -> Line | None:
    rows = await session.execute(
        _lines().where(
            LedgerItem.id == item_id, LedgerItem.body_sha256 == body_sha256, _Author.username == username
        )
    )
    found = rows.one_or_none()
    return None if found is None else Line(*found)


async def hold_item(session: AsyncSession, line: Line) -> None:
    """Locks the item and reads it as it is now: of two who decide at once, the second sees what the first did."""
    await session.refresh(line.item, with_for_update=True)


async def revision_held(session: AsyncSession, item: LedgerItem, body_sha256: str) -> Line | None:
    """What was accepted under the same id in these bytes."""
    rows = await session.execute(
        _lines().where(
            LedgerItem.id == item.id,
            LedgerItem.body_sha256 == body_sha256,
            LedgerItem.person_id == item.person_id,
            LedgerItem.status == "accepted",
        )
    )
    found = rows.one_or_none()
    return None if found is None else Line(*found)


def _lines() -> "Select[LedgerItem, str, str, str, str]":
    return (
        select(LedgerItem, _Author.name, _Author.username, _Bringer.name, _Settler.name)
        .join(_Author, _Author.id == LedgerItem.person_id)
        .outerjoin(_Bringer, _Bringer.id == LedgerItem.brought_by)
        .outerjoin(_Settler, _Settler.id == LedgerItem.settled_by)
    )


# ── deciding ──


def pushed(item: LedgerItem) -> Pushed:
    """The item as it came, for the room of its kind."""
    skew = None if item.skew_ms is None else timedelta(milliseconds=item.skew_ms)
    return Pushed(
        item.id,
        item.base_revision,
        item.body,
        item.received_at,
        item.device_id,
        skew,
        item.brought_by,
    )


async def release(
    session: AsyncSession, now: datetime, viewer: Viewer, item: LedgerItem, taken: Taken
) -> None:
    """Writes down that an item was stored after all; its phone is told so when it asks again."""
    result = Result(
        str(item.id),
        item.body_sha256,
        "accepted",
        revision=taken.revision,
        need_photos=taken.need_photos,
    )
    item.status, item.result, item.judged_at = "accepted", msgspec.json.encode(result).decode(), now
    await _settle(session, item, RELEASED, now, viewer.person_id, "")


async def set_aside(
    session: AsyncSession, now: datetime, viewer: Viewer, item: LedgerItem, reason: str
) -> None:
    await _settle(session, item, SET_ASIDE, now, viewer.person_id, reason)


async def take_up(session: AsyncSession, item: LedgerItem) -> None:
    """Lets an item that was set aside wait again."""
    await _settle(session, item, "", None, None, "")


async def _settle(
    session: AsyncSession, item: LedgerItem, how: str, at: datetime | None, by: int | None, reason: str
) -> None:
    item.settled_how, item.settled_at, item.settled_by, item.settled_reason = how, at, by, reason
    await session.flush()


# ── phones ──


async def phones(session: AsyncSession, offset: int, limit: int) -> list[PhoneLine]:
    """Devices with the people who use them, the last heard of first."""
    rows = await session.execute(
        select(Device, Person.name)
        .join(Person, Person.id == Device.person_id)
        .order_by(Device.seen_at.desc(), Device.id, Person.username)
        .offset(offset)
        .limit(limit)
    )
    found = [(device, name) for device, name in rows]
    missing = await _missing(session, {device.id for device, _ in found})
    return [PhoneLine(device, name, missing.get(device.id, 0)) for device, name in found]


async def _missing(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, int]:
    """Per device: numbers up to its last that no item in the ledger bears, whoever of its people sent them."""
    lasts = await session.execute(
        select(Device.id, func.max(Device.last_seq)).where(Device.id.in_(ids)).group_by(Device.id)
    )
    came = await session.execute(
        select(LedgerItem.device_id, func.count(LedgerItem.seq.distinct()))
        .where(LedgerItem.device_id.in_(ids), LedgerItem.seq > 0)
        .group_by(LedgerItem.device_id)
    )
    counted = {device_id: n for device_id, n in came}
    return {device_id: max(0, last - counted.get(device_id, 0)) for device_id, last in lasts}


async def how_many_phones(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Device)) or 0


async def how_many_skewed(session: AsyncSession, now: datetime) -> int:
    """Phones in use whose clock is off by so much that it is told."""
    noted = SKEW_NOTED // timedelta(milliseconds=1)
    asked = select(func.count(Device.id.distinct())).where(
        Device.seen_at > now - IN_USE, or_(Device.skew_ms >= noted, Device.skew_ms <= -noted)
    )
    return await session.scalar(asked) or 0


# ── who, where, and what was brought ──


async def author_of(session: AsyncSession, line: Line) -> Viewer:
    author = await viewer_named(session, line.username)
    assert author is not None, "an item refers to its author, who is never deleted"
    return author


async def unit_names(session: AsyncSession, slugs: Collection[str]) -> dict[str, str]:
    """The names of those slugs that are units here."""
    rows = await session.execute(select(Unit.slug, Unit.name).where(Unit.slug.in_(slugs)))
    return {slug: name for slug, name in rows}


async def service_name(session: AsyncSession, unit: str, service: str) -> str | None:
    """The name of a unit's public service; both by their slugs."""
    return await session.scalar(
        select(PublicService.name)
        .join(Unit, Unit.id == PublicService.unit_id)
        .where(Unit.slug == unit, PublicService.slug == service)
    )


async def imports(session: AsyncSession, act: str, limit: int) -> list[AuditEvent]:
    """The newest imports in the audit trail."""
    query = select(AuditEvent).where(AuditEvent.act == act).order_by(AuditEvent.id.desc()).limit(limit)
    return list(await session.scalars(query))


async def import_event(session: AsyncSession, act: str, event_id: int) -> AuditEvent | None:
    """One import in the audit trail."""
    return await session.scalar(select(AuditEvent).where(AuditEvent.id == event_id, AuditEvent.act == act))
