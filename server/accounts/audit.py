"""The audit trail: what was done, by whom, to what. Append-only; each row is sealed with the hash of the row before,
so that a changed, missing or reordered row is found by `loket verify`.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.accounts.tables import AuditEvent
from server.database import milliseconds

FIRST = "0" * 64
SUBJECT_MOST = 120
# any constant: it only has to be the same for all writers of this trail
_POSTGRES_LOCK = 7_106_514
# where a session keeps what is recorded while it is to be sealed last
_WAITING = "audit events"


async def record(
    session: AsyncSession, now: datetime, viewer: Viewer | None, act: str, subject: str, **facts: Any
) -> None:
    """Appends one event in the caller's transaction; `viewer` None is the system itself or the command line."""
    event = AuditEvent(
        at=now,
        person_id=viewer.person_id if viewer else None,
        actor=viewer.username if viewer else "loket",
        act=act,
        subject=subject[:SUBJECT_MOST],
        facts=msgspec.json.encode(_sorted(facts)).decode(),
    )
    if _WAITING in session.info:
        session.info[_WAITING].append(event)
    else:
        await _append(session, [event])


async def _append(session: AsyncSession, events: Sequence[AuditEvent]) -> None:
    if not events:
        return
    if session.get_bind().dialect.name == "postgresql":
        # two transactions must not seal against the same last row
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})
    last = await session.scalar(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1))
    for event in events:
        event.id = last.id + 1 if last else 1
        event.previous_sha256 = last.sha256 if last else FIRST
        event.sha256 = seal(event)
        last = event
    session.add_all(events)
    await session.flush()


@asynccontextmanager
async def sealed_last(session: AsyncSession) -> AsyncIterator[None]:
    """Whatever is recorded in this block is appended when it ends: for a transaction of many acts, which would else
    take the turn at the trail with the first of them, and wait for other locks while everybody waits for it. Within
    another such block, when that one ends."""
    if _WAITING in session.info:
        yield
        return
    waiting: list[AuditEvent] = []
    session.info[_WAITING] = waiting
    try:
        yield
    finally:
        del session.info[_WAITING]
    await _append(session, waiting)


@asynccontextmanager
async def savepoint(session: AsyncSession) -> AsyncIterator[None]:
    """A savepoint; where it is undone, what waits to be recorded since is undone with it."""
    waiting: list[AuditEvent] = session.info.get(_WAITING, [])
    before = len(waiting)
    try:
        async with session.begin_nested():
            yield
    except BaseException:
        del waiting[before:]
        raise


def seal(event: AuditEvent) -> str:
    """The hash over everything the row says and the seal of the row before."""
    said = [
        event.id,
        milliseconds(event.at),
        event.person_id,
        event.actor,
        event.act,
        event.subject,
        event.facts,
        event.previous_sha256,
    ]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


async def broken_seals(session: AsyncSession) -> list[int]:
    """The ids of rows whose seal does not fit what they say or the row before them."""
    broken: list[int] = []
    previous, expected_id = FIRST, 1
    async for event in await session.stream_scalars(select(AuditEvent).order_by(AuditEvent.id)):
        if event.id != expected_id or event.previous_sha256 != previous or event.sha256 != seal(event):
            broken.append(event.id)
        previous, expected_id = event.sha256, event.id + 1
    return broken


def _sorted(facts: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(facts.items()))
