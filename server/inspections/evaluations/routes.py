"""Addresses of evaluations and their plan: what is looked at and when, in which units, and by whom."""

from collections import Counter
from datetime import datetime
from typing import Any

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Role, Viewer
from server.inspections.api import Asking, answer, page_asked, page_of, sent_as, time_told, whole_number
from server.inspections.evaluations import acts, storage
from server.inspections.evaluations.wire import (
    AssignmentLine,
    AssignmentPlan,
    EvaluationChange,
    EvaluationPlan,
    Reasoned,
    UnitsChosen,
    assignment_told,
    evaluation_told,
    locus_told,
)
from server.inspections.storage import EVALUATION, SELF_ASSESSMENT, instrument_of
from server.inspections.visit import COUNTING, EDITABLE, WITHDRAWN
from server.problems import Problem

Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

EVALUATIONS = "/api/inspections/evaluations"


# ── evaluations ──


@get(EVALUATIONS, access=Access.SEE_INSPECTIONS)
async def evaluations(request: Asking, reading: Session, viewer: Seer) -> Response[bytes]:
    most, after = page_asked(request)
    lines = await storage.evaluations_of(
        reading,
        viewer,
        most + 1,
        before=whole_number(after),
        only_open=request.query_params.get("open") == "1",
    )
    return answer(page_of(lines, most, evaluation_told, lambda line: line.evaluation.id))


@post(EVALUATIONS, access=Access.PLAN_INSPECTIONS, status_code=201)
async def plan_evaluation(request: Asking, writing: Session, viewer: Seer, now: Now) -> Response[bytes]:
    asked = await sent_as(request, EvaluationPlan)
    made = await acts.plan_evaluation(writing, viewer, now, asked)
    told = await _told_whole(writing, viewer, now, made.id)
    return answer(told, 201, Location=f"{EVALUATIONS}/{made.id}")


@get(EVALUATIONS + "/{evaluation_id:str}", access=Access.SEE_INSPECTIONS)
async def evaluation(
    evaluation_id: FromPath[str], reading: Session, viewer: Seer, now: Now
) -> Response[bytes]:
    return answer(await _told_whole(reading, viewer, now, _id(evaluation_id)))


@patch(EVALUATIONS + "/{evaluation_id:str}", access=Access.PLAN_INSPECTIONS)
async def change_evaluation(
    evaluation_id: FromPath[str], request: Asking, writing: Session, viewer: Seer, now: Now
) -> Response[bytes]:
    asked = await sent_as(request, EvaluationChange)
    number = _id(evaluation_id)
    await acts.change_evaluation(writing, viewer, now, number, asked)
    return answer(await _told_whole(writing, viewer, now, number))


@post(EVALUATIONS + "/{evaluation_id:str}/closure", access=Access.PLAN_INSPECTIONS, status_code=200)
async def close_evaluation(
    evaluation_id: FromPath[str], request: Asking, writing: Session, viewer: Seer, now: Now
) -> Response[bytes]:
    asked = await sent_as(request, Reasoned)
    number = _id(evaluation_id)
    await acts.close_evaluation(writing, viewer, now, number, asked.reason)
    return answer(await _told_whole(writing, viewer, now, number))


@post(EVALUATIONS + "/{evaluation_id:str}/reopening", access=Access.PLAN_INSPECTIONS, status_code=200)
async def reopen_evaluation(
    evaluation_id: FromPath[str], request: Asking, writing: Session, viewer: Seer, now: Now
) -> Response[bytes]:
    asked = await sent_as(request, Reasoned)
    number = _id(evaluation_id)
    await acts.reopen_evaluation(writing, viewer, now, number, asked.reason)
    return answer(await _told_whole(writing, viewer, now, number))


# ── loci ──


@put(EVALUATIONS + "/{evaluation_id:str}/units/{slug:str}", access=Access.PLAN_INSPECTIONS)
async def add_unit(
    evaluation_id: FromPath[str], slug: FromPath[str], writing: Session, viewer: Seer, now: Now
) -> Response[bytes]:
    locus, unit, is_new = await acts.add_unit(writing, viewer, now, _id(evaluation_id), slug)
    return answer(locus_told(locus, unit), 201 if is_new else 200)


@post(EVALUATIONS + "/{evaluation_id:str}/units", access=Access.PLAN_INSPECTIONS)
async def add_units(
    evaluation_id: FromPath[str], request: Asking, writing: Session, viewer: Seer, now: Now
) -> Response[bytes]:
    asked = await sent_as(request, UnitsChosen)
    new, already = await acts.add_units(writing, viewer, now, _id(evaluation_id), asked)
    told = {"added": [unit.slug for unit in new], "already": [unit.slug for unit in already]}
    return answer(told, 201 if new else 200)


@delete(
    EVALUATIONS + "/{evaluation_id:str}/units/{slug:str}", access=Access.PLAN_INSPECTIONS, status_code=200
)
async def remove_unit(
    evaluation_id: FromPath[str], slug: FromPath[str], writing: Session, viewer: Seer, now: Now
) -> Response[bytes]:
    locus, unit = await acts.remove_unit(writing, viewer, now, _id(evaluation_id), slug)
    return answer({**locus_told(locus, unit), "removed_at": time_told(locus.removed_at)})


# ── assignments ──


@get("/api/inspections/assignments", access=Access.SEE_INSPECTIONS)
async def assignments(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    most, after = page_asked(request)
    asked = request.query_params
    lines = await storage.assignments_of(
        reading,
        viewer,
        now,
        evaluation_id=_id(asked["evaluation"]) if "evaluation" in asked else None,
        username=asked.get("person"),
        only_overdue=asked.get("overdue") == "1",
        after=_place_in(after),
        most=most + 1,
    )
    return answer(page_of(lines, most, lambda line: assignment_told(line, now), _place_of))


@post(EVALUATIONS + "/{evaluation_id:str}/assignments", access=Access.PLAN_INSPECTIONS)
async def assign(
    evaluation_id: FromPath[str], request: Asking, writing: Session, viewer: Seer, now: Now
) -> Response[bytes]:
    asked = await sent_as(request, AssignmentPlan)
    number = _id(evaluation_id)
    assignment_id, is_new = await acts.assign(writing, viewer, now, number, asked)
    line = await storage.open_assignment(writing, number, assignment_id)
    assert line is not None, "an assignment that was just made is gone"
    return answer(assignment_told(line, now), 201 if is_new else 200)


@delete(
    EVALUATIONS + "/{evaluation_id:str}/assignments/{assignment_id:str}",
    access=Access.PLAN_INSPECTIONS,
    status_code=200,
)
async def withdraw_assignment(
    evaluation_id: FromPath[str], assignment_id: FromPath[str], writing: Session, viewer: Seer, now: Now
) -> Response[bytes]:
    line = await acts.withdraw_assignment(
        writing, viewer, now, _id(evaluation_id), whole_number(assignment_id) or 0
    )
    return answer({**assignment_told(line, now), "withdrawn_at": time_told(now)})


# ── what is asked for ──


def _id(text: str) -> int:
    found = whole_number(text)
    if found is None:
        raise Problem("unknown_evaluation")
    return found


def _place_of(line: AssignmentLine) -> str:
    return f"{line.assignment.due_day}.{line.assignment.id}"


def _place_in(after: str) -> tuple[str, int] | None:
    """The due day and id in `after`; anything else begins at the start."""
    due_day, _, number = after.partition(".")
    assignment_id = whole_number(number)
    return None if assignment_id is None else (due_day, assignment_id)


# ── how it is told ──


async def _told_whole(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int
) -> dict[str, Any]:
    """An evaluation with its loci and how far they are. A unit does not read who comes, nor when."""
    line = await storage.evaluation_line(session, viewer, evaluation_id)
    instrument = await instrument_of(session, line.evaluation.edition)
    loci = await storage.loci_of(session, evaluation_id, viewer)
    products = await storage.product_counts(session, [unit.id for _, unit in loci])
    visits = await storage.visit_counts(session, viewer, evaluation_id)
    pinned = await storage.pinned_units(session, evaluation_id)
    assigned = await storage.assignments_of(session, viewer, now, evaluation_id=evaluation_id)
    told = evaluation_told(line)
    told["instrument"] |= {"per": instrument.per, "teams": instrument.teams}
    told["progress"] |= _progress([visits.get(unit.id, {}).get(EVALUATION, {}) for _, unit in loci])
    told["loci"] = [
        {
            **locus_told(locus, unit),
            "services": products[unit.id],
            "visits": visits.get(unit.id, {}).get(EVALUATION, {}),
            "self_assessments": visits.get(unit.id, {}).get(SELF_ASSESSMENT, {}),
            "is_pinned": unit.id in pinned,
        }
        for locus, unit in loci
    ]
    if viewer.role is not Role.OFFICER:
        for (_, unit), one in zip(loci, told["loci"], strict=True):
            one["assignments"] = [assignment_told(a, now) for a in assigned if a.unit.id == unit.id]
        told["overdue"] = [assignment_told(a, now) for a in assigned if a.is_overdue(now)]
    if viewer.is_bureau:
        told["unassigned"] = [one["unit"] for one in told["loci"] if not one["assignments"]]
    return told


def _progress(visits: list[dict[str, int]]) -> dict[str, Any]:
    """How many units were visited (something was handed in) and verified, and all visits by state."""
    totals: Counter[str] = Counter()
    for of_unit in visits:
        totals.update(of_unit)
    return {
        "visited": sum(any(state not in EDITABLE | {WITHDRAWN} for state in of_unit) for of_unit in visits),
        "verified": sum(any(state in COUNTING for state in of_unit) for of_unit in visits),
        "visits": dict(totals),
    }


routes: list[Any] = [
    evaluations,
    plan_evaluation,
    evaluation,
    change_evaluation,
    close_evaluation,
    reopen_evaluation,
    add_unit,
    add_units,
    remove_unit,
    assignments,
    assign,
    withdraw_assignment,
]
