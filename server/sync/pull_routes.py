"""`GET /api/sync/pull`: what a phone does not know yet."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server.accounts.access import Access, Viewer
from server.asgi import SECURITY_HEADERS
from server.sync.answering import Asking, answer, contact
from server.sync.pull import KINDS, News, news
from server.sync.wire import OLDEST_WIRE


@get("/api/sync/pull", access=Access.SIGNED_IN)
async def pull(
    request: Asking,
    viewer: NamedDependency[Viewer],
    now: NamedDependency[datetime],
    cursor: FromQuery[str] = "",
) -> Response[bytes]:
    """All, or what changed since the cursor; 304 when nothing did."""
    state = request.app.state
    found = await news(state.database, state.rooms.views, viewer, now, cursor)
    if found is None:
        return _unchanged(request, cursor)
    if (held := request.headers.get("if-none-match", "").removeprefix("W/").strip('"')) == str(found.cursor):
        return _unchanged(request, held)
    return await answer(request, _told(request, viewer, found), ETag=f'"{found.cursor}"')


def _unchanged(request: Asking, cursor: str) -> Response[bytes]:
    ours = contact(request)
    headers = {
        **SECURITY_HEADERS,
        "Cache-Control": "no-store",
        "ETag": f'"{cursor}"',
        "Loket-Now": ours["server_now"],
        "Loket-Contact": ours["contact"],
    }
    return Response(b"", status_code=304, headers=headers)


def _told(request: Asking, viewer: Viewer, found: News) -> dict[str, Any]:
    lists: dict[str, list[Any]] = defaultdict(list, {kind: [] for kind in KINDS})
    for one in found.known:
        lists[one.kind].append(one.document)
    return {
        "cursor": str(found.cursor),
        "more": found.more,
        "reset": found.reset,
        **contact(request),
        "oldest_wire": OLDEST_WIRE,
        "person": {"username": viewer.username, "name": viewer.name, "role": viewer.role},
        **lists,
        "deleted": [{"kind": kind, "id": name} for kind, name in found.deleted],
    }


routes = [pull]
