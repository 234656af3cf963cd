"""Pages of visits: which there are and which wait for somebody, one as a whole, and verifying or returning it."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Role, Viewer
from server.database import instant, milliseconds
from server.forms import BadForm, Form, keep_private, sent, show_again
from server.inspections.api import uuid_in, whole_number
from server.inspections.desk.clock_words import skew_of
from server.inspections.desk.visit_form import place_of
from server.inspections.desk.visit_told import Whole, differs, filled_counts, whole_visit
from server.inspections.desk.visits import storage as desk
from server.inspections.evaluations import storage as evaluations
from server.inspections.evaluations.wire import AssignmentLine
from server.inspections.signals.storage import signal_counts
from server.inspections.storage import EVALUATION, SELF_ASSESSMENT, instruments_of
from server.inspections.tables import Evaluation, Visit
from server.inspections.visit import EDITABLE, MOVES, RETURNED, STATES, VERIFIED, WITHDRAWN
from server.inspections.visits import acts, storage
from server.inspections.visits.storage import VisitLine, Wanted
from server.inspections.visits.wire import SentReturn, SentVisit
from server.pages import page, see_other
from server.problems import Problem
from server.units.tables import PublicService, Unit
from server.uuid7 import uuid7

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

VISITS = "/staff/inspections/visits"
ONE = VISITS + "/{visit:str}"

PER_PAGE = 25
EVALUATIONS_MOST = 20

_LIST = "staff/visits.html"
_READ = "staff/visit.html"
_RETURN = "staff/visit_return.html"
_WITHDRAWAL = "staff/visit_withdrawal.html"


class ToDo(msgspec.Struct, frozen=True):
    """A visit that the viewer is to make: what for, where, until when, and how far it is."""

    evaluation: Evaluation
    unit: Unit
    service: PublicService | None
    services: Sequence[PublicService]
    """To choose from, where each service is visited by itself."""
    visit: Visit | None
    new_id: UUID
    assignment: AssignmentLine | None = None
    days_left: int = 0
    needs_service: bool = False

    @property
    def due_date(self) -> date | None:
        return date.fromisoformat(self.assignment.assignment.due_day) if self.assignment else None

    @property
    def is_overdue(self) -> bool:
        return self.days_left < 0 and (self.visit is None or self.visit.state in EDITABLE)


# ── the list ──


@get(VISITS, access=Access.SEE_INSPECTIONS)
async def visits_page(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    return page(request, _LIST, form=Form(), **await _list_facts(request, reading, viewer, now))


@post(VISITS, access=Access.RECORD_VISITS, status_code=303)
async def begin_visit(request: Asking, writing: Session, viewer: Seer, now: Now) -> Response[Any]:
    """Begins a visit under the id its button carries: pressed twice it is one visit."""
    form = await sent(request)
    visit_id = uuid_in(form.values.get("id", ""), "bad_id")
    try:
        await storage.take_turn(writing, viewer.person_id)
        kept = await storage.visit_at(writing, visit_id)
        made_at = kept.visit.made_at if kept else now
        asked = SentVisit(
            evaluation=whole_number(form.values.get("evaluasi", "")) or 0,
            unit=form.values.get("unit", "")[:80],
            made_at=made_at,
            service=form.values.get("layanan", "")[:80] or None,
            form="F-01" if viewer.role is Role.OFFICER else "F-02",
        )
        await acts.accept_visit(writing, viewer, now, visit_id, asked)
    except Problem as problem:
        form.fault("", "%(said)s", said=problem.detail)
        facts = await _list_facts(request, writing, viewer, now)
        raise BadForm(request, _LIST, form, problem.status, **facts) from problem
    return see_other(f"{VISITS}/{visit_id}/fill")


async def _list_facts(
    request: Asking, session: AsyncSession, viewer: Viewer, now: datetime
) -> dict[str, Any]:
    asked = request.query_params
    units = await desk.units_with_visits(session, viewer)
    wanted = Wanted(
        evaluation_id=whole_number(asked.get("evaluation", "")),
        unit_id=next((unit.id for unit in units if unit.slug == asked.get("unit")), None),
        state=asked["state"] if asked.get("state") in STATES else None,
    )
    is_queue = viewer.is_bureau and wanted.state is None and asked.get("semua") != "1"
    after = _place_after(asked.get("after", ""))
    if is_queue:
        lines = await desk.visits_waiting(session, viewer, wanted, after, PER_PAGE + 1)
    else:
        lines = await storage.visits_wanted(session, viewer, wanted, after, PER_PAGE + 1)
    shown = lines[:PER_PAGE]
    return {
        "lines": shown,
        "filled": await filled_counts(session, shown),
        "signals": await signal_counts(session, [line.visit.id for line in shown])
        if viewer.is_bureau
        else {},
        "older": _place_of(shown[-1], is_queue) if len(lines) > PER_PAGE else None,
        "is_first": after is None,
        "is_queue": is_queue,
        "waiting": await desk.waiting_count(session, viewer) if viewer.is_bureau else 0,
        "wanted": wanted,
        "states": STATES,
        "evaluations": await desk.evaluations_with_visits(session, viewer),
        "units": units,
        "to_do": await _to_do(session, viewer, now),
    }


async def _to_do(session: AsyncSession, viewer: Viewer, now: datetime) -> list[ToDo]:
    if viewer.role is Role.INSPECTOR:
        return await _assigned(session, viewer, now)
    if viewer.role is Role.OFFICER:
        return await _own_assessments(session, viewer, now)
    return []


async def _assigned(session: AsyncSession, viewer: Viewer, now: datetime) -> list[ToDo]:
    """What an inspector has still to visit or to hand in, the most urgent first."""
    lines = await evaluations.assignments_of(session, viewer, now)
    begun = _by_place(await desk.unfinished_visits(session, viewer))
    services = await desk.services_of(session, {line.unit.id for line in lines})
    instruments = await instruments_of(session, (line.evaluation.edition for line in lines))
    to_do = []
    for line in lines:
        instrument = instruments[line.evaluation.edition]
        is_any_service = instrument.per == "product" and line.service is None
        if line.is_final or not (is_any_service or line.is_to_do):
            continue
        place = (line.evaluation.id, line.unit.id, line.service.id if line.service else None, EVALUATION)
        to_do.append(
            ToDo(
                evaluation=line.evaluation,
                unit=line.unit,
                service=line.service,
                services=services[line.unit.id] if is_any_service else (),
                visit=begun.get(place),
                new_id=_new_id(now),
                assignment=line,
                days_left=line.days_left(now),
                needs_service=instrument.per == "product",
            )
        )
    return to_do


async def _own_assessments(session: AsyncSession, viewer: Viewer, now: datetime) -> list[ToDo]:
    """The units of an officer that may assess themselves on F-01."""
    begun = _by_place(await desk.unfinished_visits(session, viewer))
    open_ones = await evaluations.evaluations_of(session, viewer, EVALUATIONS_MOST, only_open=True)
    instruments = await instruments_of(session, (line.evaluation.edition for line in open_ones))
    to_do = []
    for line in open_ones:
        instrument = instruments[line.evaluation.edition]
        if all(form.code != SELF_ASSESSMENT for form in instrument.forms):
            continue
        final = await evaluations.pinned_units(session, line.evaluation.id)
        for _, unit in await evaluations.loci_of(session, line.evaluation.id, viewer):
            if unit.id not in final:
                place = (line.evaluation.id, unit.id, None, SELF_ASSESSMENT)
                to_do.append(ToDo(line.evaluation, unit, None, (), begun.get(place), _new_id(now)))
    return to_do


def _by_place(visits: Sequence[Visit]) -> dict[tuple[int, int, int | None, str], Visit]:
    return {(one.evaluation_id, one.unit_id, one.service_id, one.form): one for one in visits}


def _new_id(now: datetime) -> UUID:
    return uuid7(milliseconds(now), secrets.token_bytes(10))


def _place_of(line: VisitLine, is_queue: bool) -> str:
    """Where a list goes on: after the visit with this moment and id."""
    moment = line.visit.submitted_at if is_queue else line.visit.received_at
    return f"{milliseconds(moment or line.visit.received_at)}-{line.visit.id}"


def _place_after(text: str) -> tuple[datetime, UUID] | None:
    moment, _, visit_id = text.partition("-")
    if not (moment.isascii() and moment.isdecimal() and len(moment) < 15):
        return None
    try:
        return instant(int(moment)), UUID(visit_id)
    except ValueError:
        return None


# ── one visit ──


@get(ONE, access=Access.SEE_INSPECTIONS)
async def visit_page(
    request: Asking, reading: Session, viewer: Seer, visit: FromPath[str]
) -> Response[bytes]:
    whole = await whole_visit(reading, viewer, visit_id_in(visit))
    return page(request, _READ, form=Form(), **whole_facts(viewer, whole))


@post(ONE + "/verification", access=Access.VERIFY_VISITS, status_code=303)
async def verify_visit(
    request: Asking, writing: Session, viewer: Seer, now: Now, visit: FromPath[str]
) -> Response[Any]:
    form = await sent(request)
    visit_id = visit_id_in(visit)
    try:
        done = await acts.verify(writing, viewer, now, visit_id, form.values.get("catatan", ""))
    except Problem as problem:
        raise await _shown_again(request, writing, viewer, visit_id, _READ, form, problem) from problem
    return see_other(f"{VISITS}/{visit_id}", pesan=_said(done, "Kunjungan ini sudah terverifikasi."))


@get(ONE + "/return", access=Access.VERIFY_VISITS)
async def return_page(request: Asking, reading: Session, viewer: Seer, visit: FromPath[str]) -> Response[Any]:
    """Asks why, indicator by indicator."""
    whole = await whole_visit(reading, viewer, visit_id_in(visit))
    if whole.line.visit.state not in MOVES[RETURNED]:
        return see_other(f"{VISITS}/{whole.line.visit.id}")
    return page(request, _RETURN, form=Form(), **whole_facts(viewer, whole))


@post(ONE + "/return", access=Access.VERIFY_VISITS, status_code=303)
async def return_visit(
    request: Asking, writing: Session, viewer: Seer, now: Now, visit: FromPath[str]
) -> Response[Any]:
    form = await sent(request)
    visit_id = visit_id_in(visit)
    asked = SentReturn(
        reasons={
            name.removeprefix("alasan-"): reason
            for name, reason in form.values.items()
            if name.startswith("alasan-") and reason.strip()
        },
        note=form.values.get("catatan", ""),
    )
    try:
        await acts.send_back(writing, viewer, now, visit_id, asked)
    except Problem as problem:
        raise await _shown_again(request, writing, viewer, visit_id, _RETURN, form, problem) from problem
    return see_other(f"{VISITS}/{visit_id}", pesan="Kunjungan sudah dikembalikan beserta alasannya.")


@get(ONE + "/withdrawal", access=Access.SEE_INSPECTIONS)
async def withdrawal_page(
    request: Asking, reading: Session, viewer: Seer, visit: FromPath[str]
) -> Response[Any]:
    """Asks why a visit is set aside: by who began it, or the bureau."""
    whole = await whole_visit(reading, viewer, visit_id_in(visit))
    facts = whole_facts(viewer, whole)
    if not facts["may_withdraw"]:
        return see_other(f"{VISITS}/{whole.line.visit.id}")
    return page(request, _WITHDRAWAL, form=Form(), **facts)


@post(ONE + "/withdrawal", access=Access.SEE_INSPECTIONS, status_code=303)
async def withdraw_visit(
    request: Asking, writing: Session, viewer: Seer, now: Now, visit: FromPath[str]
) -> Response[Any]:
    form = await sent(request)
    visit_id = visit_id_in(visit)
    try:
        await acts.withdraw(writing, viewer, now, visit_id, form.values.get("reason", ""))
    except Problem as problem:
        raise await _shown_again(request, writing, viewer, visit_id, _WITHDRAWAL, form, problem) from problem
    return see_other(f"{VISITS}/{visit_id}", pesan="Kunjungan sudah dibatalkan. Isinya tetap tersimpan.")


def visit_id_in(text: str) -> UUID:
    return uuid_in(text, "unknown_visit")


def whole_facts(viewer: Viewer, whole: Whole) -> dict[str, Any]:
    """What every page of one visit tells its template."""
    visit = whole.line.visit
    is_own = visit.person_id == viewer.person_id
    is_own_work = viewer.person_id in (visit.person_id, visit.brought_by)
    is_open = whole.line.evaluation.closed_at is None
    return {
        "whole": whole,
        "line": whole.line,
        "visit": visit,
        "zone": whole.line.unit.zone,
        "differs": differs,
        "skew": skew_of(visit.skew_ms),
        "place_of": place_of,
        "may_fill": is_own and is_open and visit.state in EDITABLE and viewer.may(Access.RECORD_VISITS),
        "is_own_work": is_own_work,
        "may_verify": is_open and not is_own_work and visit.state in MOVES[VERIFIED] and viewer.is_bureau,
        "may_withdraw": is_open and visit.state in MOVES[WITHDRAWN] and (is_own or viewer.is_bureau),
        "may_return": is_open and visit.state in MOVES[RETURNED] and viewer.is_bureau,
    }


async def _shown_again(
    request: Asking,
    session: AsyncSession,
    viewer: Viewer,
    visit_id: UUID,
    template: str,
    form: Form,
    problem: Problem,
) -> BadForm:
    """The page once more, with what was refused; a visit that the viewer may not read is refused as such."""
    whole = await whole_visit(session, viewer, visit_id)
    named = (f"alasan-{problem.field}", problem.field or "")
    field = next((name for name in named if name in form.values), "")
    form.fault(field, "%(said)s", said=problem.detail)
    return BadForm(request, template, form, problem.status, **whole_facts(viewer, whole))


def _said(done: acts.Outcome, sentence: str) -> str:
    return sentence if done.is_new else f"{sentence} Tidak ada yang berubah."


routes = [
    Router(
        "/",
        route_handlers=[
            visits_page,
            begin_visit,
            visit_page,
            verify_visit,
            return_page,
            return_visit,
            withdrawal_page,
            withdraw_visit,
        ],
        after_request=keep_private,
        exception_handlers={BadForm: show_again},
    )
]
