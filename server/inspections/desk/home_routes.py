"""The home of inspections: for the bureau what runs and what waits, for a unit what it has to do, for an inspector
where to go next."""

from collections import Counter
from datetime import date, datetime
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Role, Viewer
from server.forms import keep_private
from server.inspections.api import whole_number
from server.inspections.desk import storage as desk
from server.inspections.desk.evaluation_routes import HOME
from server.inspections.desk.storage import OwnLocus
from server.inspections.evaluations import storage
from server.inspections.evaluations.wire import AssignmentLine, EvaluationLine, local_day
from server.inspections.followups.rate import rate_of
from server.inspections.followups.storage import cases
from server.inspections.instrument import Band, Instrument
from server.inspections.replies.window import window
from server.inspections.scores.storage import scores_of_units
from server.inspections.storage import SELF_ASSESSMENT, instruments_of
from server.inspections.visit import COUNTING, DRAFT, RETURNED, SUBMITTED
from server.inspections.visits.storage import VisitLine, Wanted, visits_wanted
from server.pages import page

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

RUNNING_MOST = 50
LINES_A_PAGE = 50
OWN_MOST = 200

HANDED_IN = COUNTING | {SUBMITTED}


@get(HOME, access=Access.SEE_INSPECTIONS)
async def inspections_page(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    facts: dict[str, Any] = {"now": now, "day": date.fromisoformat}
    if viewer.is_bureau:
        facts |= await _of_bureau(request, reading, viewer, now)
        return page(request, "staff/evaluation_home.html", **facts)
    if viewer.role is Role.OFFICER:
        facts |= await _of_unit(reading, viewer, now)
        return page(request, "staff/evaluation_home_unit.html", **facts)
    facts |= await _of_inspector(reading, viewer, now)
    return page(request, "staff/evaluation_home_inspector.html", **facts)


# ── the bureau ──


class Running(msgspec.Struct, frozen=True):
    """An open evaluation and what in it needs somebody."""

    line: EvaluationLine
    to_verify: int
    disputed: int
    overdue: int


async def _of_bureau(request: Asking, session: AsyncSession, viewer: Viewer, now: datetime) -> dict[str, Any]:
    before = whole_number(request.query_params.get("sebelum", ""))
    past = await storage.evaluations_of(session, viewer, LINES_A_PAGE + 1, before=before)
    year = request.app.state.skm.today(now).year
    this_year = await cases(
        session, viewer, now, evaluation_id=None, first=date(year, 1, 1), last=date(year, 12, 31)
    )
    return {
        "running": await _running(session, viewer, now) if before is None else [],
        "waiting": await desk.waiting(session),
        "rate": rate_of(case for case, _ in this_year),
        "year": year,
        "closed": [line for line in past[:LINES_A_PAGE] if line.evaluation.closed_at is not None],
        "older": past[LINES_A_PAGE - 1].evaluation.id if len(past) > LINES_A_PAGE else None,
        "is_first": before is None,
    }


async def _running(session: AsyncSession, viewer: Viewer, now: datetime) -> list[Running]:
    lines = await storage.evaluations_of(session, viewer, RUNNING_MOST, only_open=True)
    ids = [line.evaluation.id for line in lines]
    to_verify = await desk.to_verify(session, ids)
    late = await storage.assignments_of(session, viewer, now, only_overdue=True)
    overdue = Counter(one.evaluation.id for one in late)
    twice = await desk.seen_twice(session, ids)
    disputed = {
        line.evaluation.id: sum(
            scored.result.is_disputed
            for scored in await scores_of_units(session, line.evaluation, twice[line.evaluation.id])
        )
        for line in lines
        if line.evaluation.id in twice
    }
    return [
        Running(line, to_verify.get(number, 0), disputed.get(number, 0), overdue[number])
        for number, line in zip(ids, lines, strict=True)
    ]


# ── a unit ──


class ToDo(msgspec.Struct, frozen=True):
    """A unit in an evaluation: its final score or what is to be done before it is final, and after."""

    own: OwnLocus
    band: Band | None
    assesses_itself: bool
    """The unit's own assessment (F-01) is still to be handed in."""
    reply_until: date | None
    """Findings can be answered up to this day."""
    repairs: int
    repair_due: date | None
    is_repair_late: bool

    @property
    def is_to_do(self) -> bool:
        return self.assesses_itself or self.reply_until is not None or bool(self.repairs)


async def _of_unit(session: AsyncSession, viewer: Viewer, now: datetime) -> dict[str, Any]:
    assessed = await desk.self_assessments(session, viewer)
    verified = await desk.last_verified(session, viewer)
    repairs = await desk.repairs_to_make(session, viewer)
    loci = await desk.own_loci(session, viewer, OWN_MOST)
    instruments = await instruments_of(session, (own.evaluation.edition for own in loci))
    todo = []
    for own in loci:
        key = (own.evaluation.id, own.unit.id)
        instrument = instruments[own.evaluation.edition]
        count, due = repairs.get(key, (0, ""))
        due_day = date.fromisoformat(due) if due else None
        todo.append(
            ToDo(
                own=own,
                band=_band(own, instrument),
                assesses_itself=_is_open(own)
                and any(form.code == SELF_ASSESSMENT for form in instrument.forms)
                and not assessed.get(key, set()) & HANDED_IN,
                reply_until=_reply_until(own, verified.get(key), now),
                repairs=count,
                repair_due=due_day,
                is_repair_late=due_day is not None and due_day < local_day(now, own.unit.zone),
            )
        )
    return {"lines": todo, "to_do": sum(one.is_to_do for one in todo)}


def _is_open(own: OwnLocus) -> bool:
    return own.evaluation.closed_at is None and own.pinned is None


def _band(own: OwnLocus, instrument: Instrument) -> Band | None:
    """The category as it was pinned."""
    if own.pinned is None:
        return None
    known = instrument.bands_on(date.fromisoformat(own.evaluation.last_day))
    return next((band for band in known if band.code == own.pinned.category), None)


def _reply_until(own: OwnLocus, verified_at: datetime | None, now: datetime) -> date | None:
    if verified_at is None or not _is_open(own):
        return None
    answering = window(verified_at, own.evaluation.reply_days, own.unit.zone)
    return answering.last_day if answering.is_open(now) else None


# ── an inspector ──


async def _of_inspector(session: AsyncSession, viewer: Viewer, now: datetime) -> dict[str, Any]:
    assigned = await storage.assignments_of(session, viewer, now)
    own = Wanted(person=viewer.username)
    drafts = await visits_wanted(session, viewer, msgspec.structs.replace(own, state=DRAFT), None, OWN_MOST)
    returned = await visits_wanted(
        session, viewer, msgspec.structs.replace(own, state=RETURNED), None, OWN_MOST
    )
    steps = await desk.last_returns(session, [one.visit.id for one in returned])
    begun = {_place_of(one): one.visit.id for one in (*drafts, *returned)}
    instruments = await instruments_of(session, (one.evaluation.edition for one in returned))
    return {
        "to_do": [(one, begun.get(_place_assigned(one))) for one in assigned if one.is_to_do],
        "handed_in": [one for one in assigned if not one.is_to_do],
        "drafts": drafts,
        "returned": [
            (one, steps[one.visit.id].note, _reasons(steps[one.visit.id].reasons, instruments, one))
            for one in returned
            if one.visit.id in steps
        ],
    }


Place = tuple[int, int, int | None]


def _place_of(line: VisitLine) -> Place:
    return line.evaluation.id, line.unit.id, line.service.id if line.service else None


def _place_assigned(line: AssignmentLine) -> Place:
    return line.evaluation.id, line.unit.id, line.service.id if line.service else None


def _reasons(kept: str, instruments: dict[str, Instrument], line: VisitLine) -> list[tuple[str, str]]:
    """The names of the indicators that were sent back, and why."""
    known = instruments[line.evaluation.edition]
    reasons: dict[str, str] = msgspec.json.decode(kept)
    return [
        (f"{key} {found.name}" if (found := known.indicator(key)) else key, reason)
        for key, reason in reasons.items()
    ]


routes: list[Any] = [Router("/", route_handlers=[inspections_page], after_request=keep_private)]
