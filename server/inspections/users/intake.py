"""How a sheet of the users' form is taken in, whoever brings it: stored once under its id, left out by its rule."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.inspections.tables import UserSheet
from server.inspections.users import sheet as sheets
from server.inspections.users import storage
from server.inspections.users.sheet import Before
from server.inspections.users.storage import UsersForm
from server.problems import Problem
from server.settings import Settings


async def take_in(
    settings: Settings,
    session: AsyncSession,
    now: datetime,
    form: UsersForm,
    sheet_id: UUID,
    token: str,
    answers: dict[str, int],
    address: str = "",
) -> tuple[UserSheet, bool]:
    """The sheet under its id, stored now or found stored, and whether it is new. One that is stored already is found
    even after the form was closed: whoever sends it again only missed our answer. `address`: whence it came, if it
    came over the network."""
    body_sha256 = sheets.content_sha256(form.code, answers)
    stored = await storage.stored_sheet(session, sheet_id, body_sha256)
    if stored is not None:
        return stored, False
    refuse_if_closed(form)
    page = sheets.page_of(settings.secret, form.code, token, now)
    sender = sheets.sender(settings.secret, now.astimezone(ZoneInfo(form.unit.zone)).date(), address)
    before = await storage.sheets_before(session, form, now, page, sender) if settings.limits else Before()
    rule = sheets.rule(page, now, before) if settings.limits or page is None else sheets.COUNTED
    sheet = UserSheet(
        id=sheet_id,
        evaluation_id=form.evaluation.id,
        unit_id=form.unit.id,
        answers=msgspec.json.encode(answers).decode(),
        body_sha256=body_sha256,
        page=page.number if page else None,
        device=sender,
        received_at=now,
        excluded_by=rule,
        excluded_reason="",
    )
    await storage.keep_sheet(session, sheet)
    return sheet, True


def refuse_if_closed(form: UsersForm) -> None:
    if not form.is_open:
        raise Problem("closed_users_form")
