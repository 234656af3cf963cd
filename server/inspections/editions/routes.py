"""Addresses of instruments: list, read, compare, publish, withdraw, compute."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.inspections.api import Asking, answer, sent_as
from server.inspections.check import BadInstrument
from server.inspections.compute import computed
from server.inspections.editions import publishing, storage, told
from server.inspections.instrument import Instrument, sha256_of
from server.inspections.own_version import BadWish, Wishes, own_version, read_own
from server.inspections.said import said
from server.inspections.storage import instrument_at
from server.problems import Problem

Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

REASON_MOST = 500
FAULTS_TOLD = 3
INSTRUMENTS = "/api/inspections/instruments"


class Publication(msgspec.Struct, forbid_unknown_fields=True):
    """An instrument as it is, or its file as one text (then a fault of syntax has a line too)."""

    instrument: msgspec.Raw
    reason: str


class Withdrawal(msgspec.Struct, forbid_unknown_fields=True):
    reason: str


# ── anybody reads ──


@get(INSTRUMENTS, access=Access.PUBLIC)
async def list_instruments(reading: Session) -> Response[bytes]:
    return answer({"items": [told.summary(one) for one in await storage.all_published(reading)]})


@get(INSTRUMENTS + "/{code:str}/{version:str}", access=Access.PUBLIC)
async def read_instrument(
    request: Asking, reading: Session, code: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """The whole of it. Its content never changes; whether it is withdrawn may."""
    found = await storage.published(reading, await instrument_at(reading, code, version))
    tag = f'"{sha256_of(found.instrument)}{"-withdrawn" if found.is_withdrawn else ""}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return answer(told.whole(found), 200, **headers)


@get(INSTRUMENTS + "/{code:str}/{version:str}/difference", access=Access.PUBLIC)
async def read_difference(
    request: Asking, reading: Session, code: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """What differs from another version (`from=code/version`), by default from the one it was made from."""
    after = await instrument_at(reading, code, version)
    names = (request.query_params.get("from") or after.based_on).split("/")
    if len(names) != 2:
        raise Problem("bad_form", field="from", what="Sebutkan pembandingnya: from=kode/versi.")
    return answer(told.compared(await instrument_at(reading, *names), after))


@post("/api/instruments/{code:str}/{version:str}/compute", access=Access.PUBLIC)
async def compute_score(
    request: Asking, reading: Session, code: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """The score of findings that somebody brings; nothing is stored, so a withdrawn version can be computed too."""
    instrument = await instrument_at(reading, code, version)
    return answer(computed(bytes(await sent_as(request, msgspec.Raw)), instrument))


# ── the administrator publishes ──


@post(INSTRUMENTS, access=Access.PUBLISH_INSTRUMENTS)
async def publish_instrument(request: Asking, writing: Session, viewer: Seer, now: Now) -> Response[bytes]:
    """Publishes an instrument as it was sent; sent again, it is published already."""
    sent = await sent_as(request, Publication)
    reason = _reason(sent.reason)
    content = bytes(sent.instrument)
    if content.startswith(b'"'):
        content = msgspec.json.decode(content, type=str).encode()
    try:
        instrument = read_own(content)
        base = await publishing.base_of(writing, instrument, content)
    except BadInstrument as error:
        raise _refusal([msgspec.structs.asdict(one) for one in error.faults]) from error
    return await _published(writing, viewer, now, instrument, base, reason)


@post(INSTRUMENTS + "/{code:str}/{version:str}/editions", access=Access.PUBLISH_INSTRUMENTS)
async def publish_own_version(
    request: Asking, writing: Session, viewer: Seer, now: Now, code: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """Makes a version of the city's own from a published one, with other weights or fewer indicators."""
    base = await instrument_at(writing, code, version)
    wishes = await sent_as(request, Wishes)
    if wishes.in_force_from is None:
        # not since the national one is: it begins when the city publishes it
        wishes = msgspec.structs.replace(wishes, in_force_from=now.date())
    reason = _reason(wishes.reason)
    try:
        instrument = own_version(base, wishes)
    except BadWish as error:
        raise Problem("bad_instrument", field=error.field, what=error.detail) from error
    except BadInstrument as error:
        # nobody has seen the file that was made here: its lines say nothing
        raise _refusal([{"path": one.path, "detail": one.detail} for one in error.faults]) from error
    return await _published(writing, viewer, now, instrument, base, reason)


@post(INSTRUMENTS + "/{code:str}/{version:str}/withdrawal", access=Access.PUBLISH_INSTRUMENTS)
async def withdraw_version(
    request: Asking, writing: Session, viewer: Seer, now: Now, code: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """No new evaluation may use this version of the city's own; what was made with it stays as it is."""
    reason = _reason((await sent_as(request, Withdrawal)).reason)
    is_new = await publishing.withdraw(writing, viewer, now, code, version, reason)
    found = await storage.published(writing, await instrument_at(writing, code, version))
    return answer(told.summary(found), 201 if is_new else 200)


async def _published(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    instrument: Instrument,
    base: Instrument | None,
    reason: str,
) -> Response[bytes]:
    is_new = await publishing.publish(session, viewer, now, instrument, reason)
    found = await storage.published(session, instrument)
    difference = told.compared(base, instrument) if base else None
    return answer({**told.summary(found), "difference": difference}, 201 if is_new else 200)


def _reason(text: str) -> str:
    return said(text, "alasannya (misalnya nomor SK)", "reason", least=3, most=REASON_MOST)


def _refusal(faults: list[dict[str, Any]]) -> Problem:
    """Every fault for programs, the first few of them for people."""
    first = [
        f"Baris {one['line']}: {one['detail']}" if "line" in one else one["detail"]
        for one in faults[:FAULTS_TOLD]
    ]
    more = len(faults) - len(first)
    what = " ".join([*first, *([f"Dan {more} lagi."] if more else [])])
    return Problem("bad_instrument", extra={"faults": faults}, what=what)


routes: list[Any] = [
    list_instruments,
    read_instrument,
    read_difference,
    compute_score,
    publish_instrument,
    publish_own_version,
    withdraw_version,
]
