"""Pages of an evaluation: planning one, how far it is, changing its plan, closing and reopening it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Role, Viewer
from server.forms import BadForm, Form, keep_private, sent, show_again
from server.inspections.api import whole_number
from server.inspections.desk.evaluation_form import (
    OWN_PERIOD,
    as_it_is,
    offered,
    periods,
    read_change,
    read_plan,
    said_again,
)
from server.inspections.desk.evaluation_table import SORTED_BY, Line, in_order, order_asked, progress
from server.inspections.editions import storage as editions
from server.inspections.editions.storage import Published
from server.inspections.evaluations import acts, storage
from server.inspections.evaluations.wire import AssignmentLine, EvaluationLine
from server.inspections.instrument import Instrument
from server.inspections.scores.seeing import scores_seen_by
from server.inspections.scores.storage import terms_of
from server.inspections.scores.told import cities_told, only_final
from server.inspections.scoring import CONVENTIONS
from server.inspections.storage import EVALUATION, SELF_ASSESSMENT, instrument_of
from server.inspections.users.storage import sheet_counts
from server.pages import page, see_other
from server.problems import Problem

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

HOME = "/staff/inspections"
EVALUATIONS = HOME + "/evaluations"
ONE = EVALUATIONS + "/{evaluation_id:str}"

_CHOOSE = "staff/evaluation_instrument.html"
_NEW = "staff/evaluation_new.html"
_EDIT = "staff/evaluation_edit.html"
_CLOSURE = "staff/evaluation_closure.html"


def number_in(text: str) -> int:
    """The evaluation in an address."""
    found = whole_number(text)
    if found is None:
        raise Problem("unknown_evaluation")
    return found


# ── planning ──


@get(EVALUATIONS + "/new", access=Access.PLAN_INSPECTIONS)
async def new_evaluation_page(request: Asking, reading: Session, now: Now) -> Response[bytes]:
    """First which instrument and when, then everything else with what that instrument says itself."""
    query = request.query_params
    form = Form({"instrumen": query.get("instrumen"), "periode": query.get("periode")})
    known = periods(request.app.state.skm.today(now))
    usable = await _usable(reading)
    if "instrumen" not in query and "periode" not in query:
        form.values["periode"] = next(iter(known))
        return page(request, _CHOOSE, form=form, usable=usable, periods=known, own_period=OWN_PERIOD)
    chosen = _chosen(form, usable)
    form.one_of("periode", [*known, OWN_PERIOD], "Pilih periodenya.")
    if chosen is None or form.faults:
        return page(
            request, _CHOOSE, status=422, form=form, usable=usable, periods=known, own_period=OWN_PERIOD
        )
    form = offered(chosen, known.get(form.values["periode"]))
    return page(request, _NEW, form=form, **_plan_facts(chosen))


@post(EVALUATIONS + "/new", access=Access.PLAN_INSPECTIONS, status_code=303)
async def plan_evaluation(request: Asking, writing: Session, viewer: Seer, now: Now) -> Response[Any]:
    form = await sent(request)
    usable = await _usable(writing)
    instrument = _chosen(form, usable)
    if instrument is None:
        known = periods(request.app.state.skm.today(now))
        raise BadForm(request, _CHOOSE, form, usable=usable, periods=known, own_period=OWN_PERIOD)
    asked = read_plan(form, instrument)
    if asked is None:
        raise BadForm(request, _NEW, form, **_plan_facts(instrument))
    try:
        made = await acts.plan_evaluation(writing, viewer, now, asked)
    except Problem as problem:
        raise said_again(request, _NEW, form, problem, _plan_facts(instrument)) from problem
    return see_other(
        f"{EVALUATIONS}/{made.id}", pesan="Evaluasi sudah direncanakan. Pilih unit yang akan dinilai."
    )


async def _usable(session: AsyncSession) -> list[Published]:
    return [one for one in await editions.all_published(session) if not one.is_withdrawn]


def _chosen(form: Form, usable: Sequence[Published]) -> Instrument | None:
    by_address = {one.instrument.address: one.instrument for one in usable}
    address = form.one_of("instrumen", by_address, "Pilih satu instrumen yang masih berlaku.")
    return by_address.get(address)


def _plan_facts(instrument: Instrument) -> dict[str, Any]:
    return {
        "instrument": instrument,
        "ways": [(name, one.text) for name, one in CONVENTIONS.items()],
    }


# ── one evaluation ──


@get(ONE, access=Access.SEE_INSPECTIONS)
async def evaluation_page(
    request: Asking, reading: Session, viewer: Seer, now: Now, evaluation_id: FromPath[str]
) -> Response[bytes]:
    line = await storage.evaluation_line(reading, viewer, number_in(evaluation_id))
    instrument = await instrument_of(reading, line.evaluation.edition)
    lines = await _lines(reading, viewer, now, line, instrument)
    key, direction = order_asked(request.query_params)
    assigned = [one for of_unit in lines for one in of_unit.assignments]
    return page(
        request,
        "staff/evaluation.html",
        line=line,
        instrument=instrument,
        lines=in_order(lines, key, direction),
        progress=progress(lines),
        cities=_cities(viewer, line, instrument, lines),
        unassigned=[one.unit for one in lines if viewer.is_bureau and not one.assignments],
        overdue=[one for one in assigned if one.is_overdue(now)],
        sorted_by=key,
        direction=direction,
        turned={
            name: ("up" if direction == "down" else "down") if name == key else first
            for name, first in SORTED_BY.items()
        },
        convention=CONVENTIONS[line.evaluation.convention].text,
        has_self_assessment=any(form.code == SELF_ASSESSMENT for form in instrument.forms),
        is_officer=viewer.role is Role.OFFICER,
        sees_sheets=_sees_sheets(viewer, instrument),
        zone=request.app.state.settings.zone,
        now=now,
        day=date.fromisoformat,
    )


async def _lines(
    session: AsyncSession, viewer: Viewer, now: datetime, line: EvaluationLine, instrument: Instrument
) -> list[Line]:
    """All units of an evaluation that the viewer may see, in as many queries for one as for a hundred."""
    evaluation = line.evaluation
    visits = await storage.visit_counts(session, viewer, evaluation.id)
    sheets = await sheet_counts(session, evaluation.id) if _sees_sheets(viewer, instrument) else {}
    assigned: dict[int, list[AssignmentLine]] = {}
    for one in await storage.assignments_of(session, viewer, now, evaluation_id=evaluation.id):
        assigned.setdefault(one.unit.id, []).append(one)
    scores = {one.material.unit_id: one for one in await scores_seen_by(session, viewer, evaluation)}
    return [
        Line(
            unit=unit,
            visits=visits.get(unit.id, {}).get(EVALUATION, {}),
            self_assessments=visits.get(unit.id, {}).get(SELF_ASSESSMENT, {}),
            sheets=sheets[unit.id].counted if unit.id in sheets else 0,
            assignments=tuple(assigned.get(unit.id, ())),
            scored=scores.get(unit.id),
        )
        for _, unit in await storage.loci_of(session, evaluation.id, viewer)
    ]


def _sees_sheets(viewer: Viewer, instrument: Instrument) -> bool:
    """What users said is no business of who is still to look for themselves."""
    return instrument.users is not None and viewer.role is not Role.INSPECTOR


def _cities(
    viewer: Viewer, line: EvaluationLine, instrument: Instrument, lines: Sequence[Line]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The city's index by every method, of all scores and of the final ones alone; none for who sees a part."""
    if not viewer.is_bureau:
        return []
    scores = [one.scored for one in lines if one.scored is not None]
    terms = terms_of(line.evaluation)
    live = cities_told(instrument, terms, scores)
    final = cities_told(instrument, terms, only_final(scores))
    return [(live[method], final[method]) for method in live]


# ── its plan ──


@get(ONE + "/edit", access=Access.PLAN_INSPECTIONS)
async def edit_page(
    request: Asking, reading: Session, viewer: Seer, evaluation_id: FromPath[str]
) -> Response[bytes]:
    facts = await _edit_facts(reading, viewer, number_in(evaluation_id))
    line: EvaluationLine = facts["line"]
    if line.evaluation.closed_at is not None:
        raise Problem(
            "wrong_state", what="Evaluasi ini sudah ditutup. Buka lagi sebelum mengubah rencananya."
        )
    return page(request, _EDIT, form=as_it_is(line.evaluation), **facts)


@post(ONE + "/edit", access=Access.PLAN_INSPECTIONS, status_code=303)
async def change_evaluation(
    request: Asking, writing: Session, viewer: Seer, now: Now, evaluation_id: FromPath[str]
) -> Response[Any]:
    number = number_in(evaluation_id)
    form = await sent(request)
    facts = await _edit_facts(writing, viewer, number)
    asked = read_change(form, facts["instrument"], is_pinned=facts["is_pinned"])
    if asked is None:
        raise BadForm(request, _EDIT, form, **facts)
    try:
        await acts.change_evaluation(writing, viewer, now, number, asked)
    except Problem as problem:
        raise said_again(request, _EDIT, form, problem, facts) from problem
    return see_other(f"{EVALUATIONS}/{number}", pesan="Rencana evaluasi sudah disimpan.")


async def _edit_facts(session: AsyncSession, viewer: Viewer, number: int) -> dict[str, Any]:
    line = await storage.evaluation_line(session, viewer, number)
    return {
        "line": line,
        "instrument": await instrument_of(session, line.evaluation.edition),
        "is_pinned": await storage.has_pinned_scores(session, number),
        "day": date.fromisoformat,
    }


# ── closing and reopening ──


@get([ONE + "/closure", ONE + "/reopening"], access=Access.PLAN_INSPECTIONS)
async def closure_page(
    request: Asking, reading: Session, viewer: Seer, now: Now, evaluation_id: FromPath[str]
) -> Response[bytes]:
    facts = await _closure_facts(reading, viewer, now, number_in(evaluation_id))
    return page(request, _CLOSURE, form=Form(), **facts)


@post(ONE + "/closure", access=Access.PLAN_INSPECTIONS, status_code=303)
async def close_evaluation(
    request: Asking, writing: Session, viewer: Seer, now: Now, evaluation_id: FromPath[str]
) -> Response[Any]:
    number = number_in(evaluation_id)
    form = await sent(request)
    facts = await _closure_facts(writing, viewer, now, number)
    try:
        await acts.close_evaluation(writing, viewer, now, number, form.values.get("alasan", ""))
    except Problem as problem:
        raise said_again(request, _CLOSURE, form, problem, facts) from problem
    return see_other(f"{EVALUATIONS}/{number}", pesan="Evaluasi sudah ditutup.")


@post(ONE + "/reopening", access=Access.PLAN_INSPECTIONS, status_code=303)
async def reopen_evaluation(
    request: Asking, writing: Session, viewer: Seer, now: Now, evaluation_id: FromPath[str]
) -> Response[Any]:
    number = number_in(evaluation_id)
    form = await sent(request)
    facts = await _closure_facts(writing, viewer, now, number)
    try:
        await acts.reopen_evaluation(writing, viewer, now, number, form.values.get("alasan", ""))
    except Problem as problem:
        raise said_again(request, _CLOSURE, form, problem, facts) from problem
    return see_other(f"{EVALUATIONS}/{number}", pesan="Evaluasi sudah dibuka lagi.")


async def _closure_facts(session: AsyncSession, viewer: Viewer, now: datetime, number: int) -> dict[str, Any]:
    """What stays behind when an evaluation is closed."""
    line = await storage.evaluation_line(session, viewer, number)
    assigned = await storage.assignments_of(session, viewer, now, evaluation_id=number)
    return {
        "line": line,
        "is_closed": line.evaluation.closed_at is not None,
        "to_do": sum(one.is_to_do for one in assigned),
    }


routes: list[Any] = [
    Router(
        "/",
        route_handlers=[
            new_evaluation_page,
            plan_evaluation,
            evaluation_page,
            edit_page,
            change_evaluation,
            closure_page,
            close_evaluation,
            reopen_evaluation,
        ],
        after_request=keep_private,
        exception_handlers={BadForm: show_again},
    )
]
