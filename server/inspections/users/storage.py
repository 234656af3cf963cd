"""Sheets of the users' form in the database: whose form a code opens, what came in, and what of it counts.

A sheet is never deleted and never refused for its token: it is stored, left out by its rule, and openly counted.
Whoever changes what counts holds the unit's place in the evaluation (`Locus`), so that two sheets of one page cannot
both find it unused, and nothing changes under a score that is being pinned.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.accounts.scope import within
from server.inspections.instrument import Instrument
from server.inspections.storage import decoded, is_final
from server.inspections.tables import Edition, Evaluation, Locus, UserSheet
from server.inspections.users import sheet as sheets
from server.inspections.users.sheet import Before
from server.problems import Problem
from server.signing import Signed
from server.units.codes import BadCode, parse_code
from server.units.tables import Unit


class UsersForm(NamedTuple):
    """What stands behind a code: the evaluation, its unit, and the instrument with the statements."""

    code: str
    evaluation: Evaluation
    unit: Unit
    instrument: Instrument
    is_open: bool


class SheetCount(NamedTuple):
    """How many sheets of a unit count, and how many are left out, by a rule or by a person."""

    counted: int
    excluded: int


async def users_form(session: AsyncSession, typed: str, *, to_write: bool = False) -> UsersForm:
    """The form of a code as it was scanned or typed; one that is `to_write` is held until the transaction ends."""
    try:
        code = parse_code(typed)
    except BadCode:
        raise Problem("unknown_users_form", typed=typed) from None
    if to_write:
        await session.execute(select(Locus.code).where(Locus.code == code).with_for_update())
    row = (
        await session.execute(
            select(Locus, Evaluation, Unit, Edition, is_final(Locus.evaluation_id, Locus.unit_id))
            .join(Evaluation, Evaluation.id == Locus.evaluation_id)
            .join(Unit, Unit.id == Locus.unit_id)
            .join(Edition, Edition.sha256 == Evaluation.edition)
            .where(Locus.code == code)
        )
    ).one_or_none()
    if row is None:
        raise Problem("unknown_users_form", typed=typed)
    locus, evaluation, unit, edition, is_pinned = row
    instrument = decoded(edition.sha256, edition.body)
    sheets.form_of(instrument)
    is_open = locus.removed_at is None and evaluation.closed_at is None and not is_pinned
    return UsersForm(code, evaluation, unit, instrument, is_open)


async def sheets_before(
    session: AsyncSession, form: UsersForm, now: datetime, page: Signed | None, sender: str | None
) -> Before:
    """What this form has from a page, whatever became of it, and from a sender as far as it counts."""
    # an empty mark is nobody's
    counts = and_(UserSheet.device == (sender or ""), UserSheet.excluded_by == sheets.COUNTED)
    row = await session.execute(
        select(
            func.count().filter(UserSheet.page == (page.number if page else "")),
            func.count().filter(counts, UserSheet.received_at > now - sheets.BURST_LASTS),
            func.count().filter(counts),
        ).where(UserSheet.evaluation_id == form.evaluation.id, UserSheet.unit_id == form.unit.id)
    )
    of_page, in_a_burst, on_its_day = row.one()
    return Before(of_page > 0, in_a_burst, on_its_day)


async def stored_sheet(session: AsyncSession, sheet_id: UUID, body_sha256: str) -> UserSheet | None:
    """The sheet of an id with the same content, None if the id is new; other content under it is refused."""
    found = await session.get(UserSheet, sheet_id)
    if found is not None and found.body_sha256 != body_sha256:
        raise _taken(found.body_sha256, body_sha256)
    return found


async def keep_sheet(session: AsyncSession, sheet: UserSheet) -> None:
    """Stores a new sheet; refused if another form took its id in the meantime."""
    sheet_id, body_sha256 = sheet.id, sheet.body_sha256
    try:
        async with session.begin_nested():
            session.add(sheet)
    except IntegrityError:
        stored = await session.get_one(UserSheet, sheet_id)
        raise _taken(stored.body_sha256, body_sha256) from None


def _taken(stored_sha256: str, sent_sha256: str) -> Problem:
    return Problem("id_taken", field="id", extra={"stored_sha256": stored_sha256, "sent_sha256": sent_sha256})


async def sheet_of_form(session: AsyncSession, form: UsersForm, sheet_id: UUID) -> UserSheet:
    found = await session.scalar(
        select(UserSheet).where(
            UserSheet.id == sheet_id,
            UserSheet.evaluation_id == form.evaluation.id,
            UserSheet.unit_id == form.unit.id,
        )
    )
    if found is None:
        raise Problem("unknown_receipt")
    return found


# ── what counts ──


def answers_of(sheet: UserSheet) -> dict[str, int]:
    return msgspec.json.decode(sheet.answers, type=dict[str, int])


async def sheets_that_count(
    session: AsyncSession, evaluation_id: int, unit_ids: Collection[int] | None = None
) -> dict[int, list[dict[str, int]]]:
    """By unit (of these, or of all) the answers of every sheet that counts, in the order in which they arrived."""
    rows = await session.scalars(
        select(UserSheet)
        .where(
            UserSheet.evaluation_id == evaluation_id,
            UserSheet.excluded_by == sheets.COUNTED,
            *([] if unit_ids is None else [UserSheet.unit_id.in_(unit_ids)]),
        )
        .order_by(UserSheet.received_at, UserSheet.id)
    )
    found: dict[int, list[dict[str, int]]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append(answers_of(row))
    return found


async def sheet_counts(session: AsyncSession, evaluation_id: int) -> dict[int, SheetCount]:
    """By unit how many sheets count and how many do not; a unit without any sheet is not there."""
    is_counted = UserSheet.excluded_by == sheets.COUNTED
    rows = await session.execute(
        select(UserSheet.unit_id, func.count().filter(is_counted), func.count().filter(~is_counted))
        .where(UserSheet.evaluation_id == evaluation_id)
        .group_by(UserSheet.unit_id)
    )
    return {unit_id: SheetCount(counted, excluded) for unit_id, counted, excluded in rows}


async def sheets_by_rule(session: AsyncSession, evaluation_id: int, unit_id: int) -> dict[str, int]:
    """How many sheets of a unit each rule leaves out; under `COUNTED`, how many count."""
    rows = await session.execute(
        select(UserSheet.excluded_by, func.count())
        .where(UserSheet.evaluation_id == evaluation_id, UserSheet.unit_id == unit_id)
        .group_by(UserSheet.excluded_by)
    )
    return {rule: count for rule, count in rows}


async def sheets_of(
    session: AsyncSession, evaluation_id: int, unit_id: int, after: UUID | None, most: int
) -> list[UserSheet]:
    """The single sheets of a unit in the order in which they arrived, those left out too."""
    conditions = [UserSheet.evaluation_id == evaluation_id, UserSheet.unit_id == unit_id]
    if after is not None:
        last = await session.get(UserSheet, after)
        if last is None:
            raise Problem("unknown_receipt")
        is_later = and_(UserSheet.received_at == last.received_at, UserSheet.id > last.id)
        conditions.append(or_(UserSheet.received_at > last.received_at, is_later))
    rows = await session.scalars(
        select(UserSheet).where(*conditions).order_by(UserSheet.received_at, UserSheet.id).limit(most)
    )
    return list(rows)


# ── a person decides ──


async def exclude(
    session: AsyncSession, viewer: Viewer, now: datetime, sheet_id: UUID, reason: str
) -> UserSheet:
    """Leaves a sheet out that counted."""
    sheet = await _to_be_decided(session, viewer, sheet_id)
    if sheet.excluded_by:
        raise Problem("wrong_state", what="Lembar ini memang tidak dihitung.")
    await _decide(session, viewer, now, sheet, "user_sheet_excluded", sheets.REVIEWED, reason)
    return sheet


async def restore(
    session: AsyncSession, viewer: Viewer, now: datetime, sheet_id: UUID, reason: str
) -> UserSheet:
    """Counts a sheet again that a person or a rule had left out."""
    sheet = await _to_be_decided(session, viewer, sheet_id)
    if not sheet.excluded_by:
        raise Problem("wrong_state", what="Lembar ini sudah dihitung.")
    await _decide(session, viewer, now, sheet, "user_sheet_restored", sheets.COUNTED, reason)
    return sheet


async def _to_be_decided(session: AsyncSession, viewer: Viewer, sheet_id: UUID) -> UserSheet:
    """A sheet the bureau may decide over; not once the unit's score is pinned, with its place held until then."""
    if not viewer.is_bureau:
        raise Problem("forbidden")
    sheet = await session.scalar(
        select(UserSheet).where(UserSheet.id == sheet_id, within(viewer, UserSheet.unit_id))
    )
    if sheet is None:
        raise Problem("unknown_receipt")
    place = (Locus.evaluation_id == sheet.evaluation_id, Locus.unit_id == sheet.unit_id)
    await session.execute(select(Locus.code).where(*place).with_for_update())
    await session.refresh(sheet)
    if await session.scalar(select(is_final(sheet.evaluation_id, sheet.unit_id))):
        raise Problem(
            "wrong_state", what="Nilai unit ini sudah final, jadi lembarnya tidak dapat diubah lagi."
        )
    return sheet


async def _decide(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    sheet: UserSheet,
    act: str,
    excluded_by: str,
    reason: str,
) -> None:
    before = {"excluded_by": sheet.excluded_by, "excluded_reason": sheet.excluded_reason}
    sheet.excluded_by = excluded_by
    sheet.excluded_reason = reason if excluded_by else ""
    after = {"excluded_by": sheet.excluded_by, "excluded_reason": sheet.excluded_reason}
    await audit.record(
        session, now, viewer, act, f"user sheet {sheet.id}", reason=reason, before=before, after=after
    )
