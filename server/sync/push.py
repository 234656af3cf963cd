"""Judging what was pushed: each item alone, in its own savepoint, with one row in the ledger and one result.

A replay of what was accepted changes nothing and finds its receipt. What was refused is kept, and judged anew when it
comes again: the reason may be gone.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.phones import Pushed, Rooms
from server.problems import Problem
from server.sync import storage
from server.sync.envelope import UNREADABLE, Received, Unreadable, refuse_unkeepable
from server.sync.tables import LedgerItem
from server.sync.wire import Result

logger = logging.getLogger("loket.sync")

CONFLICTS = frozenset({"stale_revision", "another_visit"})
"""Refusals after which both stay, and a coordinator chooses."""

RELEASED, SET_ASIDE = "released", "set_aside"
"""How a coordinator settles what was refused."""


async def judge_all(
    session: AsyncSession,
    rooms: Rooms,
    viewer: Viewer,
    now: datetime,
    items: Sequence[Received | Unreadable],
) -> list[Result]:
    """The results of many items in their order; the caller commits, then answers."""
    await storage.take_turn(session, viewer.person_id)
    async with audit.sealed_last(session):
        return [
            await (
                _kept_unread(session, viewer, now, item)
                if isinstance(item, Unreadable)
                else _judged(session, rooms, viewer, now, item, None)
            )
            for item in items
        ]


async def judge(
    session: AsyncSession,
    rooms: Rooms,
    viewer: Viewer,
    now: datetime,
    item: Received,
    brought_by: int | None = None,
) -> Result:
    """What becomes of one item of the viewer, whoever brought it.

    Raises only what ends the whole transaction. Whoever calls this more than once in a transaction does so for one
    viewer, whose turn it takes, and within `audit.sealed_last`.
    """
    await storage.take_turn(session, viewer.person_id)
    return await _judged(session, rooms, viewer, now, item, brought_by)


async def _judged(
    session: AsyncSession,
    rooms: Rooms,
    viewer: Viewer,
    now: datetime,
    item: Received,
    brought_by: int | None,
) -> Result:
    if not item.is_whole:
        return _of(item, Problem("damaged"), "retry")
    row = await storage.ledger_item(session, item.id, item.body_sha256, viewer.person_id)
    if row is not None and (settled := await _settled(session, rooms, viewer, row)) is not None:
        return settled
    if row is not None and row.brought_by is None:
        # its author sent the very same: it is no less theirs for being brought once more
        brought_by = None
    came = _row(viewer, now, item, brought_by)
    try:
        async with audit.savepoint(session):
            taken = await _accept(session, rooms, viewer, item.pushed(now, brought_by), item)
            await storage.keep_item(session, now, row, came, taken)
            return taken
    except Problem as problem:
        if problem.status >= 500:  # not its fault
            return _of(item, problem, "retry")
        refused = _of(item, problem, "conflict" if problem.code in CONFLICTS else "rejected")
    except Exception as error:
        if storage.ends_everything(error):
            raise
        logger.exception("item %s of kind %s could not be judged", item.id, item.kind[:20])
        return _of(item, Problem("broken"), "retry")
    # looked up again: what the savepoint undid is not what is kept
    row = await storage.ledger_item(session, item.id, item.body_sha256, viewer.person_id)
    await _keep_refused(session, viewer, now, row, _row(viewer, now, item, brought_by), refused)
    return refused


async def _settled(session: AsyncSession, rooms: Rooms, viewer: Viewer, row: LedgerItem) -> Result | None:
    """The result of an item that is not judged again; None if it is to be."""
    result = msgspec.json.decode(row.result, type=Result)
    if row.status == "accepted":
        still = rooms.awaited.get(row.kind)
        need_photos = await still(session, viewer, row.body) if still else ()
        return Result(
            str(row.id), row.body_sha256, "duplicate", revision=result.revision, need_photos=need_photos
        )
    if row.settled_how != SET_ASIDE:
        return None
    return msgspec.structs.replace(result, code=SET_ASIDE, detail=row.settled_reason or result.detail)


async def _accept(
    session: AsyncSession, rooms: Rooms, viewer: Viewer, pushed: Pushed, item: Received
) -> Result:
    refuse_unkeepable(item.body)
    accept = rooms.accept.get(item.kind)
    if accept is None:
        raise Problem("unknown_kind")
    taken = await accept(session, viewer, pushed)
    return Result(
        str(item.id),
        item.body_sha256,
        "accepted",
        revision=taken.revision,
        need_photos=taken.need_photos,
    )


async def _kept_unread(session: AsyncSession, viewer: Viewer, now: datetime, item: Unreadable) -> Result:
    """An item whose envelope cannot be read is kept whole: a person may still make sense of it."""
    problem = Problem("bad_item", what=item.why)
    result = Result(item.id, item.body_sha256, "rejected", code=problem.code, detail=problem.detail)
    row = await storage.ledger_item(session, item.kept_as, item.raw_sha256, viewer.person_id)
    new = LedgerItem(
        id=item.kept_as,
        body_sha256=item.raw_sha256,
        person_id=viewer.person_id,
        kind=UNREADABLE,
        base_revision=0,
        body=item.raw,
        device_id=item.device_id,
        seq=0,
        received_at=now,
    )
    await _keep_refused(session, viewer, now, row, new, result)
    return result


async def _keep_refused(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    row: LedgerItem | None,
    new: LedgerItem,
    result: Result,
) -> None:
    """Keeps a refused item for a coordinator to look at; the first time the audit trail is told."""
    await storage.keep_item(session, now, row, new, result)
    if row is None:
        await audit.record(
            session,
            now,
            viewer,
            "sync_refused",
            f"item {new.id}",
            kind=new.kind,
            body_sha256=new.body_sha256,
            status=result.status,
            code=result.code,
        )


def _row(viewer: Viewer, now: datetime, item: Received, brought_by: int | None) -> LedgerItem:
    return LedgerItem(
        id=item.id,
        body_sha256=item.body_sha256,
        person_id=viewer.person_id,
        kind=item.kind,
        base_revision=item.base_revision,
        body=item.body,
        device_id=item.device_id,
        seq=item.seq,
        skew_ms=storage.milliseconds_of(item.skew),
        received_at=now,
        brought_by=brought_by,
    )


def _of(item: Received, problem: Problem, status: str) -> Result:
    """A refusal as a result."""
    extra = problem.extra
    return Result(
        str(item.id),
        item.body_sha256,
        status,  # type: ignore[arg-type]
        code=problem.code,
        detail=problem.detail,
        field=problem.field or "",
        current=extra.get("current"),
        faults=extra.get("faults") or extra.get("lacks"),
    )
