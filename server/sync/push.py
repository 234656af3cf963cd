"""Judging what was pushed: each item alone, in its own savepoint, with one row in the ledger and one result.

A replay of what was accepted changes nothing and finds its receipt. What was refused is kept, and judged anew when it
comes again: the reason may be gone.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.phones import Rooms
from server.problems import Problem
from server.sync import storage
from server.sync.envelope import Received, refuse_unkeepable
from server.sync.storage import Ledger
from server.sync.tables import LedgerItem
from server.sync.wire import Result, Status

logger = logging.getLogger("loket.sync")

CONFLICTS = frozenset({"stale_revision", "another_visit"})
"""Refusals after which both stay, and a coordinator chooses."""

TOGETHER = 5
"""Items judged in one transaction: on SQLite a citizen's answer waits for as many."""

RELEASED, SET_ASIDE = "released", "set_aside"
"""How a coordinator settles what was refused."""


class _Turn(NamedTuple):
    """One person's turn to be judged, whoever brought what is theirs."""

    session: AsyncSession
    rooms: Rooms
    viewer: Viewer
    now: datetime
    brought_by: int | None
    ledger: Ledger


async def judge(
    session: AsyncSession,
    rooms: Rooms,
    viewer: Viewer,
    now: datetime,
    items: Sequence[Received],
    brought_by: int | None = None,
) -> list[Result]:
    """What becomes of a viewer's items, whoever brought them, in their order; the caller commits, then answers.

    Raises only what ends the whole transaction.
    """
    await storage.take_turn(session, viewer.person_id)
    ledger = await storage.ledger_of(session, viewer.person_id, items)
    turn = _Turn(session, rooms, viewer, now, brought_by, ledger)
    async with audit.sealed_last(session):
        results = [await _judged(turn, item) for item in items]
    await storage.keep(session, ledger)
    return results


async def in_turns(
    judge_some: Callable[[Sequence[Received]], Awaitable[list[Result]]], items: Sequence[Received]
) -> list[Result]:
    """The results of items that are judged a few at a time, each few in a transaction of their own.

    What was committed before a transaction fails finds its receipt when it comes again. Nothing is judged once as well:
    the phone that brings nothing was here.
    """
    results: list[Result] = []
    for first in range(0, len(items) or 1, TOGETHER):
        results += await _together(judge_some, items[first : first + TOGETHER])
    return results


async def _together(
    judge_some: Callable[[Sequence[Received]], Awaitable[list[Result]]], items: Sequence[Received]
) -> list[Result]:
    """The results of items that are judged in one transaction, or one by one where two pushes meet in a circle.

    Each holds units that the other waits for, and the database ends one of them. It would meet the other again by
    beginning anew with all its units; one at a time there is no circle to meet in.
    """
    try:
        return await judge_some(items)
    except Exception as error:
        if not storage.is_passing(error):
            raise
        logger.info("%s items are judged one by one: their push met another in a circle", len(items))
    results: list[Result] = []
    for item in items:
        results += await storage.tried(partial(judge_some, [item]))
    return results


async def _judged(turn: _Turn, item: Received) -> Result:
    if not item.is_whole:
        return _refusal(item, Problem("damaged"), "retry")
    row = turn.ledger.get(item.key)
    try:
        if row is not None and (settled := await _settled(turn, row)) is not None:
            return settled
        return await _judged_anew(turn, item, row)
    except Exception as error:
        if storage.ends_everything(error):
            raise
        logger.exception("item %s of kind %s could not be judged", item.id, item.kind)
        return _refusal(item, Problem("broken"), "retry")


async def _settled(turn: _Turn, row: LedgerItem) -> Result | None:
    """The result of an item that is not judged again; None if it is to be."""
    result = msgspec.json.decode(row.result, type=Result)
    if row.status == "accepted":
        still = turn.rooms.awaited.get(row.kind)
        need_photos = await still(turn.session, turn.viewer, row.body) if still else ()
        return msgspec.structs.replace(result, status="duplicate", need_photos=need_photos)
    if row.settled_how != SET_ASIDE:
        return None
    return msgspec.structs.replace(result, code=SET_ASIDE, detail=row.settled_reason or result.detail)


async def _judged_anew(turn: _Turn, item: Received, row: LedgerItem | None) -> Result:
    # what its author sent as well is no less theirs for being brought once more
    brought_by = turn.brought_by if row is None or row.brought_by is not None else None
    try:
        result = await _taken(turn, item, brought_by)
    except Problem as problem:
        if problem.status >= 500:  # not its fault
            return _refusal(item, problem, "retry")
        result = _refusal(item, problem, "conflict" if problem.code in CONFLICTS else "rejected")
    storage.note_item(turn.ledger, turn.now, turn.viewer.person_id, item, brought_by, result)
    if row is None and result.status != "accepted":
        await _tell_refused(turn, item, result)
    return result


async def _taken(turn: _Turn, item: Received, brought_by: int | None) -> Result:
    """The result of an item that the room of its kind takes; else a Problem, and nothing of it is stored."""
    if item.unread is not None:
        raise Problem("bad_item", what=item.unread.why)
    refuse_unkeepable(item.body)
    accept = turn.rooms.accept.get(item.kind)
    if accept is None:
        raise Problem("unknown_kind")
    async with audit.savepoint(turn.session):
        taken = await accept(turn.session, turn.viewer, item.pushed(turn.now, brought_by))
    return Result(
        str(item.id),
        item.body_sha256,
        "accepted",
        revision=taken.revision,
        need_photos=taken.need_photos,
    )


async def _tell_refused(turn: _Turn, item: Received, result: Result) -> None:
    """What is kept for a coordinator to look at, the audit trail is told of once."""
    await audit.record(
        turn.session,
        turn.now,
        turn.viewer,
        "sync_refused",
        f"item {item.id}",
        kind=item.kind,
        body_sha256=item.body_sha256,
        status=result.status,
        code=result.code,
    )


def _refusal(item: Received, problem: Problem, status: Status) -> Result:
    """A refusal as a result, under the name by which its phone knows the item."""
    item_id, body_sha256 = (
        (item.unread.id, item.unread.body_sha256) if item.unread else (item.id, item.body_sha256)
    )
    extra = problem.extra
    return Result(
        str(item_id) if item_id else None,
        body_sha256,
        status,
        code=problem.code,
        detail=problem.detail,
        field=problem.field or "",
        current=extra.get("current"),
        faults=extra.get("faults") or extra.get("lacks"),
    )
