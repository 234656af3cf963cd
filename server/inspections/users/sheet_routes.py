"""What staff have of the users' form: its QR code, what users said, and the decision which sheets count.

The unit's officer sees totals, the bureau single sheets too. A unit can never exclude its own.
"""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Role, Viewer
from server.asgi import SECURITY_HEADERS
from server.forms import tidied
from server.inspections import storage as shared
from server.inspections.api import (
    Asking,
    answer,
    page_asked,
    page_of,
    sent_as,
    time_told,
    uuid_in,
    whole_number,
)
from server.inspections.instrument import Instrument
from server.inspections.ipp import users_score, users_to_wire
from server.inspections.tables import Locus, UserSheet
from server.inspections.users import sheet as sheets
from server.inspections.users import storage
from server.problems import Problem
from server.units import qr
from server.units.tables import Unit

Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

OF_UNIT = "/api/inspections/evaluations/{evaluation_id:str}/units/{slug:str}"
PAGE_LETTER = "F"
REASON_MOST = 500


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why somebody decides as they do."""

    reason: str


@get(f"{OF_UNIT}/users-form.svg", access=Access.SEE_INSPECTIONS)
async def users_form_qr(
    request: Asking, reading: Session, viewer: Seer, evaluation_id: FromPath[str], slug: FromPath[str]
) -> Response[bytes]:
    """The QR code that opens the form, to be shown or printed."""
    locus, unit, _ = await _form_seen(reading, viewer, evaluation_id, slug)
    address = _address(request, locus)
    picture = qr.svg(address, f"Kode QR formulir pengguna, {unit.name}", qr.poster_level(address))
    headers = {**SECURITY_HEADERS, "Cache-Control": "private, no-cache"}
    return Response(picture.encode(), media_type="image/svg+xml", headers=headers)


@get(f"{OF_UNIT}/user-sheets", access=Access.SEE_INSPECTIONS)
async def user_sheets(
    request: Asking, reading: Session, viewer: Seer, evaluation_id: FromPath[str], slug: FromPath[str]
) -> Response[bytes]:
    """What users said: totals per statement, how many sheets are wanted and left out; for the bureau each sheet."""
    locus, unit, instrument = await _form_seen(reading, viewer, evaluation_id, slug)
    counting = await storage.sheets_that_count(reading, locus.evaluation_id, [locus.unit_id])
    users = users_score(instrument, counting.get(locus.unit_id, []))
    by_rule = await storage.sheets_by_rule(reading, locus.evaluation_id, locus.unit_id)
    told = {
        "evaluation": locus.evaluation_id,
        "unit": {"slug": unit.slug, "name": unit.name},
        "code": locus.code,
        "address": _address(request, locus),
        "wanted": f"{users.n} dari paling sedikit {users.form.least}",
        "users": users_to_wire(users),
        "excluded": {reason: by_rule.get(reason, 0) for reason in sheets.REASONS},
    }
    if viewer.is_bureau:
        most, after = page_asked(request)
        last = uuid_in(after, "unknown_receipt") if after else None
        rows = await storage.sheets_of(reading, locus.evaluation_id, locus.unit_id, last, most + 1)
        told["sheets"] = page_of(rows, most, _sheet_told, lambda sheet: sheet.id)
    return answer(told)


@post(
    "/api/inspections/user-sheets/{sheet_id:str}/exclusion", access=Access.REVIEW_EXCLUSIONS, status_code=200
)
async def exclude_user_sheet(
    request: Asking, writing: Session, viewer: Seer, now: Now, sheet_id: FromPath[str]
) -> Response[bytes]:
    named = uuid_in(sheet_id, "unknown_receipt")
    return answer(_sheet_told(await storage.exclude(writing, viewer, now, named, await _reason_in(request))))


@post(
    "/api/inspections/user-sheets/{sheet_id:str}/restoration",
    access=Access.REVIEW_EXCLUSIONS,
    status_code=200,
)
async def restore_user_sheet(
    request: Asking, writing: Session, viewer: Seer, now: Now, sheet_id: FromPath[str]
) -> Response[bytes]:
    named = uuid_in(sheet_id, "unknown_receipt")
    return answer(_sheet_told(await storage.restore(writing, viewer, now, named, await _reason_in(request))))


async def _form_seen(
    session: AsyncSession, viewer: Viewer, evaluation_id: str, slug: str
) -> tuple[Locus, Unit, Instrument]:
    """The form of a unit for its officer and the bureau; inspectors judge apart from what users said."""
    if viewer.role is Role.INSPECTOR:
        raise Problem("forbidden")
    number = whole_number(evaluation_id)
    if number is None:
        raise Problem("unknown_evaluation")
    evaluation = await shared.evaluation_seen_by(session, viewer, number)
    locus, unit = await shared.locus_seen_by(session, viewer, number, slug)
    instrument = await shared.instrument_of(session, evaluation.edition)
    sheets.form_of(instrument)
    return locus, unit, instrument


async def _reason_in(request: Asking) -> str:
    reason = tidied((await sent_as(request, Reason)).reason)
    if not reason or len(reason) > REASON_MOST:
        raise Problem("bad_form", what=f"Tulis alasannya, paling banyak {REASON_MOST} huruf.", field="reason")
    return reason


def _address(request: Asking, locus: Locus) -> str:
    return qr.address(request.app.state.settings.public_url, locus.code, PAGE_LETTER)


def _sheet_told(sheet: UserSheet) -> dict[str, Any]:
    return {
        "id": str(sheet.id),
        "received_at": time_told(sheet.received_at),
        "answers": storage.answers_of(sheet),
        "excluded_by": sheet.excluded_by or None,
        "excluded_reason": sheet.excluded_reason or None,
    }


routes: list[Any] = [users_form_qr, user_sheets, exclude_user_sheet, restore_user_sheet]
