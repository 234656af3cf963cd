"""Pages of follow-ups: which there are and how many are brought to an end, the story of one, and what is done to it."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.forms import BadForm, Form, keep_private, sent, show_again
from server.inspections.asked import evaluation_asked, unit_asked
from server.inspections.desk import value_words
from server.inspections.desk.proof_files import BODY_MOST_MB, OFFER, blame, sheet_sent
from server.inspections.desk.value_words import Said
from server.inspections.desk.visit_fill_routes import refuse_too_large
from server.inspections.desk.visit_told import pieces_shown
from server.inspections.desk.visits import storage as desk
from server.inspections.followups import acts, storage
from server.inspections.followups.progress import CLOSED, OPEN, REPAIRED, STATES, is_overdue
from server.inspections.followups.rate import Rate, rate_of
from server.inspections.followups.routes import number_in
from server.inspections.followups.storage import Followed, Wanted
from server.inspections.followups.wire import (
    SentClosure,
    SentPlan,
    SentPostponement,
    SentReopening,
    SentRepair,
)
from server.inspections.scoring import Observed
from server.inspections.storage import findings_of
from server.inspections.tables import FollowUp
from server.pages import page, see_other
from server.problems import Problem

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]
Act = Callable[[AsyncSession], Awaitable[FollowUp]]

FOLLOW_UPS = "/staff/inspections/follow-ups"
ONE = FOLLOW_UPS + "/{number:str}"

PER_PAGE = 25

_LIST = "staff/follow_ups.html"
_ONE = "staff/follow_up.html"


class Line(msgspec.Struct, frozen=True):
    """A follow-up as pages tell it."""

    followed: Followed
    name: str
    value: Said
    target: Said
    due_day: date
    days: int
    """Until it is due; below zero it is late."""
    is_overdue: bool


# ── the list ──


@get(FOLLOW_UPS, access=Access.SEE_INSPECTIONS)
async def follow_ups_page(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    asked = request.query_params
    evaluation_id = await evaluation_asked(request, reading, viewer)
    wanted = Wanted(
        evaluation_id=evaluation_id,
        unit_id=await unit_asked(request, reading, viewer),
        state=asked["state"] if asked.get("state") in STATES else None,
        only_overdue=asked.get("overdue") == "1",
    )
    after = number_in(asked["after"]) if asked.get("after") else None
    rows = await storage.follow_ups_wanted(reading, viewer, wanted, now, after, PER_PAGE + 1)
    lines = await storage.followed(reading, rows[:PER_PAGE], now)
    evaluations = await desk.evaluations_with_visits(reading, viewer)
    year = request.app.state.skm.today(now).year
    return page(
        request,
        _LIST,
        lines=[_line(line) for line in lines],
        after=rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None,
        is_first=after is None,
        year=year,
        of_year=await _rate(reading, viewer, now, None, year),
        evaluation=dict(evaluations).get(evaluation_id) if evaluation_id else None,
        of_evaluation=await _rate(reading, viewer, now, evaluation_id, None) if evaluation_id else None,
        evaluations=evaluations,
        units=await desk.units_with_visits(reading, viewer),
        states=STATES,
        wanted=wanted,
        asked=asked,
    )


async def _rate(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int | None, year: int | None
) -> Rate:
    """The closing rate of the follow-ups a viewer may see, of one evaluation or of those opened in one year."""
    cases = await storage.cases(
        session,
        viewer,
        now,
        evaluation_id=evaluation_id,
        first=date(year, 1, 1) if year else None,
        last=date(year, 12, 31) if year else None,
    )
    return rate_of(case for case, _ in cases)


def _line(followed: Followed) -> Line:
    one, instrument = followed.follow_up, followed.instrument
    indicator = instrument.indicator(one.indicator)
    assert indicator is not None, "a follow-up of what the instrument does not know"

    def said(value: Decimal) -> Said:
        return value_words.said(instrument, indicator, value)

    due_day = date.fromisoformat(one.due_day)
    return Line(
        followed,
        indicator.name,
        said(one.value),
        said(one.target),
        due_day,
        (due_day - followed.today).days,
        is_overdue(one.state, due_day, followed.today),
    )


# ── one follow-up ──


@get(ONE, access=Access.SEE_INSPECTIONS)
async def follow_up_page(
    request: Asking, reading: Session, viewer: Seer, now: Now, number: FromPath[str]
) -> Response[bytes]:
    facts = await _story(reading, viewer, now, number_in(number))
    return page(request, _ONE, form=Form(_offered(viewer, facts["line"])), held=(), **facts)


@post(ONE + "/plan", access=Access.ANSWER_FINDINGS, status_code=303)
async def plan_repair(request: Asking, viewer: Seer, now: Now, number: FromPath[str]) -> Response[Any]:
    form, follow_up_id = await sent(request), number_in(number)
    due_day = _day_in(form)
    plan = SentPlan(form.text("owner", 200), due_day, _long(form, "plan_note"))

    async def act(session: AsyncSession) -> FollowUp:
        return await acts.plan(session, viewer, now, follow_up_id, plan)

    fields = {"owner": "owner", "due_day": "due_day", "note": "plan_note"}
    return await _done(request, viewer, now, follow_up_id, form, act, fields, "Rencana perbaikan tersimpan.")


@post(ONE + "/postponement", access=Access.VERIFY_VISITS, status_code=303)
async def postpone_repair(request: Asking, viewer: Seer, now: Now, number: FromPath[str]) -> Response[Any]:
    form, follow_up_id = await sent(request), number_in(number)
    due_day = _day_in(form)
    if due_day is None:
        form.fault("due_day", "Tulis tenggat yang baru.")

    async def act(session: AsyncSession) -> FollowUp:
        assert due_day is not None, "a form with a fault"
        postponed = SentPostponement(due_day, _long(form, "reason"))
        return await acts.postpone(session, viewer, now, follow_up_id, postponed)

    fields = {"due_day": "due_day", "reason": "reason"}
    return await _done(request, viewer, now, follow_up_id, form, act, fields, "Tenggat sudah diundur.")


@post(
    ONE + "/repair",
    access=Access.ANSWER_FINDINGS,
    status_code=303,
    request_max_body_size=BODY_MOST_MB * 1024 * 1024,
)
async def report_repair(request: Asking, viewer: Seer, now: Now, number: FromPath[str]) -> Response[Any]:
    follow_up_id = number_in(number)
    async with request.app.state.database.reading() as session:
        await storage.follow_up_seen_by(session, viewer, follow_up_id)
    sheet = await sheet_sent(request, viewer, now)
    form = sheet.form

    async def act(session: AsyncSession) -> FollowUp:
        if sheet.refusal is not None:
            raise sheet.refusal
        repair = SentRepair(_long(form, "note"), sheet.pieces)
        return await acts.repair(session, viewer, now, follow_up_id, repair)

    said = "Laporan perbaikan sudah terkirim. Bagian Organisasi akan memeriksanya."
    fields = {"note": "note", "evidence": "evidence"}
    return await _done(request, viewer, now, follow_up_id, form, act, fields, said, held=sheet.held)


@post(ONE + "/closure", access=Access.VERIFY_VISITS, status_code=303)
async def close_follow_up(request: Asking, viewer: Seer, now: Now, number: FromPath[str]) -> Response[Any]:
    form, follow_up_id = await sent(request), number_in(number)

    async def act(session: AsyncSession) -> FollowUp:
        return await acts.close(session, viewer, now, follow_up_id, SentClosure(_long(form, "note")))

    return await _done(
        request, viewer, now, follow_up_id, form, act, {"note": "note"}, "Tindak lanjut ini sudah ditutup."
    )


@post(ONE + "/reopening", access=Access.VERIFY_VISITS, status_code=303)
async def reopen_follow_up(request: Asking, viewer: Seer, now: Now, number: FromPath[str]) -> Response[Any]:
    form, follow_up_id = await sent(request), number_in(number)

    async def act(session: AsyncSession) -> FollowUp:
        return await acts.reopen(session, viewer, now, follow_up_id, SentReopening(_long(form, "reason")))

    said = "Tindak lanjut ini dibuka lagi."
    return await _done(request, viewer, now, follow_up_id, form, act, {"reason": "reason"}, said)


async def _done(
    request: Asking,
    viewer: Viewer,
    now: datetime,
    follow_up_id: int,
    form: Form,
    act: Act,
    fields: dict[str, str],
    said: str,
    **shown: Any,
) -> Response[Any]:
    """Does it in one transaction; refused, the page is shown again with everything that was typed."""
    database = request.app.state.database
    refusal: Problem | None = None
    if form.faults.keys() <= {"evidence"}:
        try:
            async with database.writing() as session:
                await act(session)
            return see_other(f"{FOLLOW_UPS}/{follow_up_id}", pesan=said)
        except Problem as problem:
            if problem.code == "unknown_follow_up":
                raise
            refusal = problem
            blame(request, form, problem, fields)
    async with database.reading() as session:
        facts = await _story(session, viewer, now, follow_up_id)
    form.values = {**_offered(viewer, facts["line"]), **form.values}
    status = refusal.status if refusal else 422
    raise BadForm(request, _ONE, form, status, **{"held": (), **shown, **facts}) from refusal


async def _story(session: AsyncSession, viewer: Viewer, now: datetime, follow_up_id: int) -> dict[str, Any]:
    """A follow-up with all that happened to it, and what the viewer may do next."""
    follow_up = await storage.follow_up_seen_by(session, viewer, follow_up_id)
    line = _line((await storage.followed(session, [follow_up], now))[0])
    found = (await findings_of(session, [follow_up.visit_id]))[follow_up.visit_id]
    sees_visit = line.followed.shows_visit_to(viewer)
    may_repair = viewer.may(Access.ANSWER_FINDINGS) and follow_up.state == OPEN
    own = await storage.repaired_by(session, follow_up_id) == viewer.person_id
    return {
        "line": line,
        "one": follow_up,
        "unit": line.followed.unit,
        "zone": line.followed.unit.zone,
        "sees_visit": sees_visit,
        "note": found.get(follow_up.indicator, Observed()).note if sees_visit else "",
        "before": await pieces_shown(session, viewer, line.followed.before if sees_visit else ()),
        "after": await pieces_shown(session, viewer, line.followed.after),
        "may_repair": may_repair,
        "may_postpone": viewer.is_bureau and follow_up.state == OPEN,
        "may_close": viewer.is_bureau and follow_up.state == REPAIRED and not own,
        "may_reopen": viewer.is_bureau and follow_up.state in (REPAIRED, CLOSED),
        **OFFER,
    }


def _offered(viewer: Viewer, line: Line) -> dict[str, str]:
    """What the forms hold at first: to a unit the plan as it is; the bureau thinks of a new day by itself."""
    one = line.followed.follow_up
    due_day = "" if viewer.is_bureau else one.due_day
    return {"id": str(uuid4()), "owner": one.owner, "due_day": due_day}


def _day_in(form: Form) -> date | None:
    text = form.values.get("due_day", "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        form.fault("due_day", "Tulis tanggal sebagai tahun-bulan-hari, misalnya 2026-11-22.")
        return None


def _long(form: Form, field: str) -> str:
    # a browser sends the ends of lines its own way
    return form.values.get(field, "").replace("\r\n", "\n")


routes = [
    Router(
        "/",
        route_handlers=[
            follow_ups_page,
            follow_up_page,
            plan_repair,
            postpone_repair,
            report_repair,
            close_follow_up,
            reopen_follow_up,
        ],
        after_request=keep_private,
        exception_handlers={BadForm: show_again, RequestEntityTooLarge: refuse_too_large},
    )
]
