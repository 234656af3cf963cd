"""The page that says which phones and whose work need somebody."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access
from server.pages import page
from server.phones import Rooms, WaitingPhotos
from server.sync.desk import storage
from server.sync.desk.readable import skew_told
from server.sync.desk.storage import Line
from server.sync.envelope import said_in

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Now = NamedDependency[datetime]

FIRST_SHOWN = 20
"""Of each list where all stand on one page."""
LINES_A_PAGE = 100

LISTS = ("refused", "conflicts", "photos", "phones", "settled")


class Inspector(msgspec.Struct):
    """Somebody on whose phone photos still are."""

    name: str
    visits: list[WaitingPhotos]

    @property
    def count(self) -> int:
        return sum(visit.count for visit in self.visits)

    @property
    def faults(self) -> int:
        return sum(visit.faults for visit in self.visits)

    @property
    def since(self) -> datetime:
        return min(visit.since for visit in self.visits)


@get("/staff/phones", access=Access.VERIFY_VISITS)
async def phones_page(request: Asking, reading: Session, now: Now) -> Response[bytes]:
    """All lists, the first lines of each; or one of them page by page (`lihat`, `halaman`)."""
    only = request.query_params.get("lihat", "")
    only = only if only in LISTS else ""
    number = _page_number(request) if only else 1
    size = LINES_A_PAGE if only else FIRST_SHOWN
    waiting = await _waiting(request, reading)
    inspectors = _by_inspector(waiting)
    wait = await storage.how_many_wait(reading)
    counts = {
        "refused": wait.get("rejected", 0),
        "conflicts": wait.get("conflict", 0),
        "photos": len(inspectors),
        "phones": await storage.how_many_phones(reading),
        "settled": await storage.how_many_settled(reading),
    }
    lists = {
        name: await _lines(reading, name, inspectors, (number - 1) * size, size)
        for name in LISTS
        if counts[name] and only in ("", name)
    }
    said = await _units_said(lists)
    return page(
        request,
        "staff/phones.html",
        only=only,
        number=number,
        is_last=not only or counts[only] <= number * size,
        size=size,
        counts=counts,
        lists=lists,
        said=said,
        units=await storage.unit_names(reading, set(said.values())),
        waiting_visits=len(waiting),
        waiting_photos=sum(visit.count for visit in waiting),
        skewed=await storage.how_many_skewed(reading, now),
        skew_told=skew_told,
        zone=request.app.state.settings.zone,
    )


async def _waiting(request: Asking, session: AsyncSession) -> Sequence[WaitingPhotos]:
    rooms: Rooms = request.app.state.rooms
    return await rooms.waiting(session) if rooms.waiting else ()


def _by_inspector(waiting: Sequence[WaitingPhotos]) -> list[Inspector]:
    """Who has photos that wait, whose wait longest first."""
    found: dict[str, Inspector] = {}
    for visit in waiting:
        found.setdefault(visit.username, Inspector(visit.person, [])).visits.append(visit)
    return list(found.values())


async def _lines(
    session: AsyncSession, name: str, inspectors: Sequence[Inspector], offset: int, limit: int
) -> Sequence[Any]:
    match name:
        case "refused":
            return await storage.waiting_items(session, "rejected", offset, limit)
        case "conflicts":
            return await storage.waiting_items(session, "conflict", offset, limit)
        case "photos":
            return inspectors[offset : offset + limit]
        case "phones":
            return await storage.phones(session, offset, limit)
        case _:
            return await storage.settled_items(session, offset, limit)


async def _units_said(lists: dict[str, Sequence[Any]]) -> dict[str, str]:
    """The units the items shown name, by their addresses; read in a thread: there may be hundreds of a megabyte."""
    lines = [line for found in lists.values() for line in found if isinstance(line, Line)]
    return await asyncio.to_thread(lambda: {line.address: said_in(line.item.body).unit for line in lines})


def _page_number(request: Asking) -> int:
    asked = request.query_params.get("halaman", "")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
