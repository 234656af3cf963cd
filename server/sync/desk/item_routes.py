"""One item that a phone sent: to be read, released, set aside, taken up again or downloaded.

Whoever recorded it does not decide it. A release is judged anew, as its author's: what a rule still forbids stays out.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts import storage as accounts
from server.accounts.access import Access, Viewer
from server.asgi import SECURITY_HEADERS
from server.forms import BadForm, Form, sent
from server.pages import page, see_other
from server.phones import Rooms, Taken
from server.problems import Problem
from server.sync import storage as sync
from server.sync.desk import storage
from server.sync.desk.readable import Told, pretty, skew_told, told
from server.sync.desk.storage import Line
from server.sync.envelope import refuse_unkeepable

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]
Words = FromPath[str]

REASON_LEAST, REASON_MOST = 10, 500
EVENTS_SHOWN = 50
PHOTOS_LOOKED_FOR = 300
"""More than any visit has; a body made up to hold millions is still a page."""
TEXT_SHOWN = 100_000
"""Letters of the whole text that a page shows; the file has all."""

_ADDRESS = "/staff/phones/items/{item_id:str}/{body_sha256:str}/{username:str}"
_TEMPLATE = "staff/phones_item.html"


@get(_ADDRESS, access=Access.VERIFY_VISITS)
async def item_page(
    request: Asking, reading: Session, viewer: Seer, item_id: Words, body_sha256: Words, username: Words
) -> Response[bytes]:
    line = await _line(reading, item_id, body_sha256, username)
    return page(request, _TEMPLATE, form=Form(), **await _facts(request, reading, viewer, line))


@get(f"{_ADDRESS}/file", access=Access.VERIFY_VISITS)
async def item_file(reading: Session, item_id: Words, body_sha256: Words, username: Words) -> Response[bytes]:
    """The very bytes that came."""
    line = await _line(reading, item_id, body_sha256, username)
    name = f"loket-{line.item.id}.{line.item.body_sha256[:8]}.json"
    headers = {
        **SECURITY_HEADERS,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(line.item.body, media_type="application/json", headers=headers)


@post(_ADDRESS, access=Access.VERIFY_VISITS, status_code=303)
async def decide_item(
    request: Asking,
    writing: Session,
    viewer: Seer,
    now: Now,
    item_id: Words,
    body_sha256: Words,
    username: Words,
) -> Redirect:
    """Carries out what was decided (`putusan`), and says what came of it."""
    form = await sent(request)
    line = await _line(writing, item_id, body_sha256, username)
    if line.item.person_id == viewer.person_id:
        raise Problem("own_work")
    # in the order of a push: whoever holds the item has its author's turn
    await sync.take_turn(writing, line.item.person_id)
    await storage.hold_item(writing, line)
    match form.values.get("putusan"):
        case "lepaskan":
            said = await _release(request, writing, viewer, now, line)
        case "kesampingkan":
            said = await _set_aside(request, writing, viewer, now, line, form)
        case "angkat":
            said = await _take_up(writing, viewer, now, line)
        case _:
            raise Problem("bad_form", what="Pilih dahulu: lepaskan, atau kesampingkan.")
    return see_other(line.address, pesan=said)


async def _release(request: Asking, session: AsyncSession, viewer: Viewer, now: datetime, line: Line) -> str:
    _refuse_settled(line.is_waiting)
    try:
        taken = await _stored(request, session, line)
    except Problem as problem:
        if problem.status >= 500:
            raise
        # the sentence may quote what was sent, so it is a fact, not a text with places to fill
        form = Form()
        form.fault("", "%(said)s", said=problem.detail)
        facts = await _facts(request, session, viewer, line)
        raise BadForm(request, _TEMPLATE, form, problem.status, **facts) from problem
    facts = {"code": line.result.code, "revision": taken.revision, "need_photos": len(taken.need_photos)}
    await storage.release(session, now, viewer, line.item, taken)
    await _record(session, now, viewer, "sync_released", line, **facts)
    said = f"Dilepaskan: tersimpan sebagai revisi {taken.revision}."
    return said + (f" Masih menunggu {len(taken.need_photos)} foto." if taken.need_photos else "")


async def _set_aside(
    request: Asking, session: AsyncSession, viewer: Viewer, now: datetime, line: Line, form: Form
) -> str:
    _refuse_settled(line.is_waiting)
    reason = form.text("alasan", REASON_MOST)
    if len(reason) < REASON_LEAST:
        form.fault(
            "alasan",
            "Tulis alasannya, paling sedikit %(least)s huruf: siapa pun yang memeriksa nanti akan membacanya.",
            least=REASON_LEAST,
        )
    if form.faults:
        raise BadForm(request, _TEMPLATE, form, **await _facts(request, session, viewer, line))
    await storage.set_aside(session, now, viewer, line.item, reason)
    await _record(session, now, viewer, "sync_set_aside", line, reason=reason)
    return "Dikesampingkan. Isinya tetap disimpan dan dapat diangkat lagi."


async def _take_up(session: AsyncSession, viewer: Viewer, now: datetime, line: Line) -> str:
    _refuse_settled(line.is_set_aside)
    await storage.take_up(session, line.item)
    await _record(session, now, viewer, "sync_taken_up", line)
    return "Diangkat lagi: kiriman ini menunggu keputusan."


def _refuse_settled(can_be_decided: bool) -> None:
    if not can_be_decided:
        raise Problem("wrong_state", what="Kiriman ini sudah diputuskan. Muat ulang halamannya.")


async def _line(session: AsyncSession, item_id: str, body_sha256: str, username: str) -> Line:
    try:
        line = await storage.item_of(session, UUID(item_id), body_sha256, username)
    except ValueError as error:
        raise Problem("unknown_item") from error
    if line is None:
        raise Problem("unknown_item")
    return line


async def _stored(request: Asking, session: AsyncSession, line: Line) -> Taken:
    """Stores the item as its author's."""
    rooms: Rooms = request.app.state.rooms
    item = line.item
    accept = rooms.release.get(item.kind) or rooms.accept.get(item.kind)
    if accept is None:
        raise Problem("unknown_kind")
    author = await storage.author_of(session, line)
    refuse_unkeepable(item.body)
    async with session.begin_nested():
        return await accept(session, author, storage.pushed(item))


async def _record(
    session: AsyncSession, now: datetime, viewer: Viewer, act: str, line: Line, **facts: Any
) -> None:
    item = line.item
    who = {"body_sha256": item.body_sha256, "person": line.username}
    await audit.record(session, now, viewer, act, f"item {item.id}", **who, **facts)


# ── what the page shows ──


async def _facts(request: Asking, session: AsyncSession, viewer: Viewer, line: Line) -> dict[str, Any]:
    rooms: Rooms = request.app.state.rooms
    author = await storage.author_of(session, line)
    current = line.result.current or {}
    held = await storage.revision_held(session, line.item, str(current.get("body_sha256", "")))
    said, other, text = await asyncio.to_thread(_read, line, held)
    events = await accounts.audit_events(session, None, EVENTS_SHOWN, str(line.item.id))
    hashes = sorted(said.hashes)[:PHOTOS_LOOKED_FOR]
    return {
        "line": line,
        "said": said,
        "unit": (await storage.unit_names(session, [said.unit])).get(said.unit, said.unit),
        "service": await storage.service_name(session, said.unit, said.service) or said.service,
        "other": other,
        "other_line": held,
        "other_visit": _visit_of(line, current),
        "names": await rooms.names(session, said.instrument) if rooms.names else {},
        "arrived": await rooms.photos.held(session, author, hashes),
        "text": text[:TEXT_SHOWN],
        "is_cut": len(text) > TEXT_SHOWN,
        "events": [(event, msgspec.json.decode(event.facts)) for event in events],
        "can_release": line.item.kind in {*rooms.accept, *rooms.release},
        "is_own": line.item.person_id == viewer.person_id,
        "skew": skew_told(line.item.skew_ms),
        "zone": request.app.state.settings.zone,
    }


def _read(line: Line, held: Line | None) -> tuple[Told, Told | None, str]:
    """What an item says, what is held beside it, and its whole text."""
    return told(line.item.body), told(held.item.body) if held else None, pretty(line.item.body)


def _visit_of(line: Line, current: Mapping[str, Any]) -> str:
    """The visit that is held beside a conflict."""
    if line.result.status != "conflict":
        return ""
    return str(current.get("visit") or line.item.id)
