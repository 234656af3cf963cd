"""The questions sync asks the database: whose turn it is, devices, the ledger of items, what each person was told."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.tables import Person
from server.sync.envelope import Received
from server.sync.tables import Device, LedgerItem, Step, Told
from server.sync.wire import Result

TOLD_FOR = timedelta(days=180)
"""How long it is remembered that something is gone, and what a phone was told at which cursor."""

TRIES = 4
"""Two may meet in a circle, each waiting for the other; the database ends one of them, who tries again."""

Stored = TypeVar("Stored")

Thing = tuple[str, str]
"""The kind of a thing and its id."""

Ledger = dict[tuple[UUID, str], LedgerItem]
"""Items of one person, by id and hash of the bytes."""


# ── whose turn it is ──


async def take_turn(session: AsyncSession, person_id: int) -> None:
    """Lets one request of a person push or be told at a time; the first lock of all (`inspections/storage.py`)."""
    await session.scalar(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


def ends_everything(error: Exception) -> bool:
    """Whether an error is one of the database itself (gone, full, a deadlock), not of the one row it came with."""
    if not isinstance(error, DBAPIError):
        return False
    if (state := _sqlstate(error)) is not None:
        return state[:2] not in {"22", "23", "42"}  # bad data, a broken constraint, a bad question
    return not isinstance(error, IntegrityError | DataError | ProgrammingError)


def is_passing(error: Exception) -> bool:
    """Whether the same transaction may well succeed when it is tried again at once."""
    return isinstance(error, DBAPIError) and _sqlstate(error) in {"40001", "40P01"}


async def tried(store: Callable[[], Awaitable[Stored]]) -> Stored:
    """What a transaction gives; begun again where the database ended it because it met another in a circle."""
    for _ in range(TRIES - 1):
        try:
            return await store()
        except Exception as error:
            if not is_passing(error):
                raise
    return await store()


def is_full(error: BaseException | None) -> bool:
    """Whether the database found no room. SQLite then undoes the whole transaction, so that going back to a savepoint
    fails as well, and hides what came first."""
    while error is not None:
        if isinstance(error, DBAPIError) and ("full" in str(error.orig) or _sqlstate(error) == "53100"):
            return True
        error = error.__context__
    return False


def _sqlstate(error: DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


# ── devices ──


async def note_device(
    session: AsyncSession,
    now: datetime,
    person_id: int,
    device_id: UUID,
    last_seq: int,
    skew: timedelta | None,
    app_version: str,
) -> None:
    """Remembers that a person's device was here; the caller has their turn."""
    device = await session.get(Device, (device_id, person_id))
    if device is None:
        device = Device(id=device_id, person_id=person_id, first_seen_at=now, last_seq=0)
        session.add(device)
    device.seen_at = now
    device.last_seq = max(device.last_seq, last_seq)
    device.skew_ms = milliseconds_of(skew)
    device.app_version = app_version
    await session.flush()


def milliseconds_of(skew: timedelta | None) -> int | None:
    return None if skew is None else skew // timedelta(milliseconds=1)


# ── the ledger ──


async def ledger_of(session: AsyncSession, person_id: int, items: Iterable[Received]) -> Ledger:
    """What a person's ledger holds of these items."""
    keys = {item.key for item in items}
    rows = await session.scalars(
        select(LedgerItem).where(
            LedgerItem.person_id == person_id,
            LedgerItem.id.in_({item_id for item_id, _ in keys}),
            LedgerItem.body_sha256.in_({sha256 for _, sha256 in keys}),
        )
    )
    return {(row.id, row.body_sha256): row for row in rows}


def note_item(
    ledger: Ledger, now: datetime, person_id: int, item: Received, brought_by: int | None, result: Result
) -> None:
    """Notes in the ledger what became of an item, for the first time or anew; `keep` then writes it down."""
    row = ledger.get(item.key)
    if row is None:
        row = ledger[item.key] = LedgerItem(
            id=item.id,
            body_sha256=item.body_sha256,
            person_id=person_id,
            kind=item.kind,
            body=item.body,
            received_at=now,
        )
    # the bytes are the same; what it goes on from, and the clock it was sent by, may be others
    row.base_revision, row.seq, row.device_id = item.base_revision, item.seq, item.device_id
    row.brought_by = brought_by
    if item.skew is not None:
        row.skew_ms = milliseconds_of(item.skew)
    row.judged_at, row.status, row.result = now, result.status, msgspec.json.encode(result).decode()


async def keep(session: AsyncSession, ledger: Ledger) -> None:
    session.add_all(ledger.values())
    await session.flush()


# ── what a person was told ──


async def last_step(session: AsyncSession, person_id: int) -> Step | None:
    return await session.scalar(
        select(Step).where(Step.person_id == person_id).order_by(Step.seq.desc()).limit(1)
    )


async def step_at(session: AsyncSession, person_id: int, seq: int, mark: str) -> Step | None:
    """The step of a cursor; None if this person was never told anything at it, or it was forgotten."""
    return await session.scalar(
        select(Step).where(Step.person_id == person_id, Step.seq == seq, Step.mark == mark)
    )


async def told(session: AsyncSession, person_id: int) -> dict[Thing, Told]:
    """All that a person was ever told and not forgotten, what is gone included."""
    rows = await session.scalars(select(Told).where(Told.person_id == person_id))
    return {(row.kind, row.id): row for row in rows}


async def add_step(session: AsyncSession, now: datetime, person_id: int, seq: int, mark: str) -> Step:
    step = Step(person_id=person_id, seq=seq, mark=mark, at=now)
    session.add(step)
    await session.flush()
    return step


async def tell(
    session: AsyncSession,
    person_id: int,
    seq: int,
    told: dict[Thing, Told],
    hashes: Mapping[Thing, str],
    gone: Iterable[Thing],
) -> None:
    """Remembers at a step what is new or changed (by its hash) and what is gone, in `told` as well."""
    for thing, sha256 in hashes.items():
        kind, name = thing
        row = told.setdefault(thing, Told(person_id=person_id, kind=kind, id=name))
        row.sha256, row.seq, row.is_gone = sha256, seq, False
    for thing in gone:
        told[thing].seq, told[thing].is_gone = seq, True
    session.add_all(told[thing] for thing in (*hashes, *gone))
    await session.flush()


async def forget(session: AsyncSession, now: datetime, person_id: int) -> None:
    """Forgets the steps of half a year ago, and what was gone by the oldest that is left."""
    latest = select(func.max(Step.seq)).where(Step.person_id == person_id).scalar_subquery()
    forgotten = await session.execute(
        delete(Step).where(Step.person_id == person_id, Step.at < now - TOLD_FOR, Step.seq < latest)
    )
    if forgotten.rowcount:  # type: ignore[attr-defined]
        oldest = select(func.min(Step.seq)).where(Step.person_id == person_id).scalar_subquery()
        await session.execute(
            delete(Told).where(Told.person_id == person_id, Told.is_gone, Told.seq <= oldest)
        )
