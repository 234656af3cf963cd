"""`POST /api/sync/push`: what a phone has to send, judged, committed, then answered."""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from litestar import Response, post
from litestar.di import NamedDependency

from server.accounts.access import Access, Viewer
from server.asgi import Asked
from server.bodies import JSON, refuse_other_type
from server.problems import Problem
from server.sync import storage
from server.sync.answering import Asking, answer, contact
from server.sync.envelope import Received, items_of, opened, skew_of, unpacked
from server.sync.push import in_turns, judge
from server.sync.wire import PUSH_MOST_BYTES, Push, Result

logger = logging.getLogger("loket.sync")

COME_BACK_S = 30


@post("/api/sync/push", access=Access.RECORD_VISITS, status_code=200)
async def push(
    request: Asking, viewer: NamedDependency[Viewer], now: NamedDependency[datetime]
) -> Response[bytes]:
    """One result per item, in their order."""
    sent = opened(await _body(request))
    # everything is read and hashed before the turn to write is taken
    items = items_of(sent, now)
    results = await _stored(request, viewer, now, sent, items)
    return await answer(request, {**contact(request), "results": results})


async def _body(request: Asking) -> bytes:
    refuse_other_type(request.headers.get("content-type", ""), JSON)
    body = await Asked(request.scope, request.receive).body(PUSH_MOST_BYTES)
    return unpacked(body, request.headers.get("content-encoding", "").strip().lower())


async def _stored(
    request: Asking, viewer: Viewer, now: datetime, sent: Push, items: Sequence[Received]
) -> list[Result]:
    """The results after their commit. A fault of the database refuses the whole request; what was stored of it before
    finds its receipt when it comes again.
    """
    try:
        return await in_turns(partial(_judged, request, viewer, now, sent), items)
    except Exception as error:
        if not storage.ends_everything(error):
            raise
        logger.error("a push of %s items could not be stored", len(items), exc_info=error)
        if storage.is_full(error):
            raise Problem("no_room") from error
        raise Problem("overloaded", retry_after_s=COME_BACK_S) from error


async def _judged(
    request: Asking, viewer: Viewer, now: datetime, sent: Push, items: Sequence[Received]
) -> list[Result]:
    state = request.app.state
    async with state.database.writing_long() as session:
        results = await judge(session, state.rooms, viewer, now, items)
        if sent.device_id is not None:
            await storage.note_device(
                session,
                now,
                viewer.person_id,
                sent.device_id,
                max((item.seq for item in items), default=0),
                skew_of(sent, now),
                sent.app_version.replace("\0", ""),
            )
    return results


routes = [push]
