"""Pages of instruments: which there are, one as a whole, what differs between two; and withdrawing a city's own."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.forms import BadForm, Form, keep_private, sent, show_again
from server.inspections.desk import storage
from server.inspections.desk.instrument_words import plain, shares, weight_sums
from server.inspections.difference import difference
from server.inspections.editions import publishing
from server.inspections.editions import storage as editions
from server.inspections.editions.storage import Published
from server.inspections.editions.told import doubts_in
from server.inspections.instrument import sha256_of
from server.inspections.scoring import CONVENTIONS
from server.inspections.storage import instrument_at
from server.pages import page, see_other
from server.problems import Problem

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

INSTRUMENTS = "/staff/instruments"
ONE = INSTRUMENTS + "/{code:str}/{version:str}"

REASON_MOST = 500
REASON_MISSING = "Tulis alasannya, misalnya nomor SK."


@get(INSTRUMENTS, access=Access.SEE_INSPECTIONS)
async def instruments_page(request: Asking, reading: Session, viewer: Seer) -> Response[bytes]:
    uses = await storage.uses_of_editions(reading, viewer)
    every = await editions.all_published(reading)
    return page(
        request,
        "staff/instruments.html",
        lines=[
            (one, doubts_in(one.instrument), uses.get(sha256_of(one.instrument), 0))
            for one in sorted(every, key=lambda one: one.is_withdrawn)
        ],
    )


@get(ONE, access=Access.SEE_INSPECTIONS)
async def instrument_page(
    request: Asking, reading: Session, viewer: Seer, code: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    found = await _found(reading, code, version)
    instrument = found.instrument
    return page(
        request,
        "staff/instruments_one.html",
        one=found,
        instrument=instrument,
        sha256=sha256_of(instrument),
        doubts=doubts_in(instrument),
        uses=(await storage.uses_of_editions(reading, viewer)).get(sha256_of(instrument), 0),
        shares=shares(instrument),
        sums=weight_sums(None, instrument),
        rounding=CONVENTIONS[instrument.convention].text,
        plain=plain,
        zone=request.app.state.settings.zone,
    )


@get(ONE + "/difference", access=Access.SEE_INSPECTIONS)
async def difference_page(
    request: Asking,
    reading: Session,
    code: FromPath[str],
    version: FromPath[str],
) -> Response[bytes]:
    """What differs from the version chosen, at first from the one it was made from."""
    after = await instrument_at(reading, code, version)
    others = [
        one.instrument
        for one in await editions.all_published(reading)
        if one.instrument.address != after.address
    ]
    asked = request.query_params.get("from") or after.based_on
    before = next((one for one in others if one.address == asked), None)
    if before is None and "from" in request.query_params:
        raise Problem("unknown_instrument")
    changes = difference(before, after) if before else []
    return page(
        request,
        "staff/instruments_difference.html",
        instrument=after,
        before=before,
        # versions of the same instrument first
        others=sorted(others, key=lambda one: one.code != after.code),
        changes=changes,
    )


# ── a version of the city's own is withdrawn ──


@get(ONE + "/withdrawal", access=Access.PUBLISH_INSTRUMENTS)
async def withdrawal_page(
    request: Asking, reading: Session, viewer: Seer, code: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    found = await _found(reading, code, version)
    if found.is_national:
        raise Problem(
            "wrong_state", what="Instrumen nasional tidak dapat ditarik; hanya versi buatan sendiri."
        )
    return page(
        request, "staff/instruments_withdrawal.html", form=Form(), **await _withdrawal(reading, viewer, found)
    )


@post(ONE + "/withdrawal", access=Access.PUBLISH_INSTRUMENTS, status_code=303)
async def withdraw_instrument(
    request: Asking, writing: Session, viewer: Seer, now: Now, code: FromPath[str], version: FromPath[str]
) -> Response[Any]:
    found = await _found(writing, code, version)
    form = await sent(request)
    reason = form.text("alasan", REASON_MOST, REASON_MISSING)
    if form.faults:
        facts = await _withdrawal(writing, viewer, found)
        raise BadForm(request, "staff/instruments_withdrawal.html", form, **facts)
    address = f"{INSTRUMENTS}/{found.instrument.address}"
    if await publishing.withdraw(
        writing, viewer, now, found.instrument.code, found.instrument.version, reason
    ):
        return see_other(address, pesan="Versi ini sudah ditarik.")
    return see_other(address, pesan="Versi ini sudah ditarik sebelumnya.")


async def _found(session: AsyncSession, code: str, version: str) -> Published:
    return await editions.published(session, await instrument_at(session, code, version))


async def _withdrawal(session: AsyncSession, viewer: Viewer, found: Published) -> dict[str, Any]:
    uses = await storage.uses_of_editions(session, viewer)
    return {"instrument": found.instrument, "uses": uses.get(sha256_of(found.instrument), 0)}


routes = [
    Router(
        "/",
        route_handlers=[
            instruments_page,
            instrument_page,
            difference_page,
            withdrawal_page,
            withdraw_instrument,
        ],
        after_request=keep_private,
        exception_handlers={BadForm: show_again},
    )
]
