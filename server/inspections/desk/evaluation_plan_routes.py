"""Pages of an evaluation's plan: which units are looked at, who visits them and until when."""

from datetime import date, datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.forms import BadForm, Form, keep_private, sent, show_again, texts_of
from server.inspections.api import whole_number
from server.inspections.desk import storage as desk
from server.inspections.desk.evaluation_form import read_assigning, said_again
from server.inspections.desk.evaluation_routes import EVALUATIONS, ONE, number_in
from server.inspections.evaluations import acts, storage
from server.inspections.evaluations.plan import LATE_MOST_DAYS
from server.inspections.evaluations.wire import AssignmentPlan, UnitsChosen
from server.inspections.storage import instrument_of, locus_seen_by
from server.pages import page, see_other
from server.problems import Problem
from server.units.words import KINDS

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

ALL = "semua"

_UNITS = "staff/evaluation_units.html"
_REMOVAL = "staff/evaluation_removal.html"
_ASSIGN = "staff/evaluation_assign.html"
_WITHDRAWAL = "staff/evaluation_withdrawal.html"


# ── which units ──


@get(ONE + "/units", access=Access.PLAN_INSPECTIONS)
async def units_page(
    request: Asking, reading: Session, viewer: Seer, evaluation_id: FromPath[str]
) -> Response[bytes]:
    facts = await _units_facts(reading, viewer, number_in(evaluation_id))
    return page(request, _UNITS, form=Form(), chosen=(), **facts)


@post(ONE + "/units", access=Access.PLAN_INSPECTIONS, status_code=303)
async def add_units(
    request: Asking, writing: Session, viewer: Seer, now: Now, evaluation_id: FromPath[str]
) -> Response[Any]:
    """The units that were ticked or, by the other button, all of a kind."""
    number = number_in(evaluation_id)
    form = await sent(request)
    ticked = await _ticked(request, "unit")
    facts = {**await _units_facts(writing, viewer, number), "chosen": ticked}
    kind = form.values.get("jenis") if form.is_on("sejenis") else None
    if kind is None and not ticked:
        form.fault("unit", "Centang paling sedikit satu unit, atau tambahkan semua unit dari satu jenis.")
        raise BadForm(request, _UNITS, form, **facts)
    asked = UnitsChosen(all=True) if kind == ALL else UnitsChosen(kind=kind)
    try:
        new, _ = await acts.add_units(
            writing, viewer, now, number, asked if kind is not None else UnitsChosen(units=ticked)
        )
    except Problem as problem:
        raise said_again(request, _UNITS, form, problem, facts) from problem
    return see_other(f"{EVALUATIONS}/{number}", pesan=f"{len(new)} unit ditambahkan.")


async def _units_facts(session: AsyncSession, viewer: Viewer, number: int) -> dict[str, Any]:
    line = await storage.evaluation_line(session, viewer, number)
    loci = {unit.id for _, unit in await storage.loci_of(session, number)}
    free = [unit for unit in await storage.open_units(session) if unit.id not in loci]
    by_kind = {kind: [unit for unit in free if unit.kind == kind] for kind in KINDS}
    return {
        "line": line,
        "free": free,
        "by_kind": {kind: units for kind, units in by_kind.items() if units},
        "kinds": KINDS,
        "all": ALL,
    }


@get(ONE + "/units/{slug:str}/removal", access=Access.PLAN_INSPECTIONS)
async def removal_page(
    request: Asking,
    reading: Session,
    viewer: Seer,
    now: Now,
    evaluation_id: FromPath[str],
    slug: FromPath[str],
) -> Response[bytes]:
    facts = await _removal_facts(reading, viewer, now, number_in(evaluation_id), slug)
    return page(request, _REMOVAL, form=Form(), **facts)


@post(ONE + "/units/{slug:str}/removal", access=Access.PLAN_INSPECTIONS, status_code=303)
async def remove_unit(
    request: Asking,
    writing: Session,
    viewer: Seer,
    now: Now,
    evaluation_id: FromPath[str],
    slug: FromPath[str],
) -> Response[Any]:
    number = number_in(evaluation_id)
    facts = await _removal_facts(writing, viewer, now, number, slug)
    try:
        await acts.remove_unit(writing, viewer, now, number, slug)
    except Problem as problem:
        raise said_again(request, _REMOVAL, await sent(request), problem, facts) from problem
    return see_other(f"{EVALUATIONS}/{number}", pesan=f"{facts['unit'].name} dikeluarkan dari evaluasi ini.")


async def _removal_facts(
    session: AsyncSession, viewer: Viewer, now: datetime, number: int, slug: str
) -> dict[str, Any]:
    line = await storage.evaluation_line(session, viewer, number)
    locus, unit = await locus_seen_by(session, viewer, number, slug)
    assigned = await storage.assignments_of(session, viewer, now, evaluation_id=number)
    return {
        "line": line,
        "unit": unit,
        "names": [one.name for one in assigned if one.unit.id == unit.id],
        "is_fixed": await storage.has_visits_beyond_draft(session, locus),
    }


# ── who visits them ──


@get(ONE + "/assignments", access=Access.PLAN_INSPECTIONS)
async def assign_page(
    request: Asking, reading: Session, viewer: Seer, evaluation_id: FromPath[str]
) -> Response[bytes]:
    facts = await _assign_facts(reading, viewer, number_in(evaluation_id))
    asked = request.query_params.get("unit")
    chosen = [
        place
        for unit, places in facts["places"]
        if unit.slug == asked or (asked is None and unit.id in facts["unassigned"])
        for place, _ in places
    ]
    form = Form({"tenggat": facts["line"].evaluation.last_day})
    return page(request, _ASSIGN, form=form, chosen=chosen, **facts)


@post(ONE + "/assignments", access=Access.PLAN_INSPECTIONS, status_code=303)
async def assign(
    request: Asking, writing: Session, viewer: Seer, now: Now, evaluation_id: FromPath[str]
) -> Response[Any]:
    """One person to as many places as were ticked: all of them or, when one cannot be, none."""
    number = number_in(evaluation_id)
    form = await sent(request)
    ticked = await _ticked(request, "tempat")
    facts = {**await _assign_facts(writing, viewer, number), "chosen": ticked}
    asked = read_assigning(form, ticked)
    if asked is None:
        raise BadForm(request, _ASSIGN, form, **facts)
    try:
        for unit, service in asked.places:
            one = AssignmentPlan(unit, asked.person, asked.due_day, service, asked.team)
            await acts.assign(writing, viewer, now, number, one)
    except Problem as problem:
        raise said_again(request, _ASSIGN, form, problem, facts) from problem
    return see_other(f"{EVALUATIONS}/{number}", pesan="Penugasan sudah disimpan.")


async def _assign_facts(session: AsyncSession, viewer: Viewer, number: int) -> dict[str, Any]:
    line = await storage.evaluation_line(session, viewer, number)
    instrument = await instrument_of(session, line.evaluation.edition)
    units = [unit for _, unit in await storage.loci_of(session, number)]
    is_per_service = instrument.per == "product"
    services = await desk.open_services(session, [unit.id for unit in units]) if is_per_service else {}
    assigned = await desk.assigned_units(session, number)
    return {
        "line": line,
        "instrument": instrument,
        "is_per_service": is_per_service,
        "places": [
            (unit, [(f"{unit.slug}/{one.slug}", one.name) for one in services[unit.id]])
            if is_per_service
            else (unit, [(unit.slug, unit.name)])
            for unit in units
        ],
        "unassigned": {unit.id for unit in units} - assigned,
        "people": await desk.inspectors(session),
        "late_most": LATE_MOST_DAYS,
        "day": date.fromisoformat,
    }


@get(ONE + "/assignments/{assignment_id:str}/withdrawal", access=Access.PLAN_INSPECTIONS)
async def withdrawal_page(
    request: Asking,
    reading: Session,
    viewer: Seer,
    evaluation_id: FromPath[str],
    assignment_id: FromPath[str],
) -> Response[bytes]:
    facts = await _withdrawal_facts(reading, viewer, number_in(evaluation_id), assignment_id)
    return page(request, _WITHDRAWAL, form=Form(), **facts)


@post(ONE + "/assignments/{assignment_id:str}/withdrawal", access=Access.PLAN_INSPECTIONS, status_code=303)
async def withdraw_assignment(
    request: Asking,
    writing: Session,
    viewer: Seer,
    now: Now,
    evaluation_id: FromPath[str],
    assignment_id: FromPath[str],
) -> Response[Any]:
    number = number_in(evaluation_id)
    facts = await _withdrawal_facts(writing, viewer, number, assignment_id)
    try:
        await acts.withdraw_assignment(writing, viewer, now, number, facts["assigned"].assignment.id)
    except Problem as problem:
        raise said_again(request, _WITHDRAWAL, await sent(request), problem, facts) from problem
    return see_other(f"{EVALUATIONS}/{number}", pesan=f"Penugasan {facts['assigned'].name} sudah ditarik.")


async def _withdrawal_facts(
    session: AsyncSession, viewer: Viewer, number: int, assignment_id: str
) -> dict[str, Any]:
    line = await storage.evaluation_line(session, viewer, number)
    assigned = await storage.open_assignment(session, number, whole_number(assignment_id) or 0)
    if assigned is None:
        raise Problem("not_found")
    return {"line": line, "assigned": assigned, "day": date.fromisoformat}


async def _ticked(request: Asking, field: str) -> list[str]:
    """Every ticked box of a name."""
    return texts_of(await request.form()).get(field, [])


routes: list[Any] = [
    Router(
        "/",
        route_handlers=[
            units_page,
            add_units,
            removal_page,
            remove_unit,
            assign_page,
            assign,
            withdrawal_page,
            withdraw_assignment,
        ],
        after_request=keep_private,
        exception_handlers={BadForm: show_again},
    )
]
