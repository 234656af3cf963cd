"""Addresses of follow-ups: the list, what happens to one of them, and how many are brought to an end."""

from datetime import date, datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.inspections.api import Asking, answer, page_asked, page_of, sent_as, whole_number
from server.inspections.asked import evaluation_asked, unit_asked
from server.inspections.followups import acts, storage
from server.inspections.followups.progress import STATES
from server.inspections.followups.rate import rate_of, rates_by_unit
from server.inspections.followups.storage import Wanted
from server.inspections.followups.told import told
from server.inspections.followups.wire import (
    SentClosure,
    SentPlan,
    SentPostponement,
    SentReopening,
    SentRepair,
)
from server.inspections.tables import FollowUp
from server.problems import Problem

Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]


@get("/api/inspections/follow-ups", access=Access.SEE_INSPECTIONS)
async def list_follow_ups(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    """A viewer's follow-ups, the soonest due first."""
    asked = request.query_params
    most, after = page_asked(request)
    wanted = Wanted(
        evaluation_id=await evaluation_asked(request, reading, viewer),
        unit_id=await unit_asked(request, reading, viewer),
        state=_state_asked(asked.get("state")),
        only_overdue=asked.get("overdue") == "1",
    )
    rows = await storage.follow_ups_wanted(
        reading, viewer, wanted, now, number_in(after) if after else None, most + 1
    )
    lines = await storage.followed(reading, rows, now)
    return answer(page_of(lines, most, lambda line: told(line, viewer), lambda line: line.follow_up.id))


@get("/api/inspections/follow-ups/rate", access=Access.SEE_INSPECTIONS)
async def closing_rate(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    """How many of the follow-ups a viewer may see were brought to an end, in all and per unit."""
    cases = await storage.cases(
        reading,
        viewer,
        now,
        evaluation_id=await evaluation_asked(request, reading, viewer),
        first=_day_asked(request, "from"),
        last=_day_asked(request, "to"),
    )
    names = {case.unit: name for case, name in cases}
    known = [case for case, _ in cases]
    return answer(
        {
            **rate_of(known).told(),
            "units": [
                {"unit": unit, "unit_name": names[unit], **rate.told()}
                for unit, rate in rates_by_unit(known).items()
            ],
        }
    )


@post("/api/inspections/follow-ups/{number:str}/plan", access=Access.ANSWER_FINDINGS)
async def plan_repair(
    request: Asking, writing: Session, viewer: Seer, now: Now, number: FromPath[str]
) -> Response[bytes]:
    """The unit names who puts it right, and may promise an earlier day."""
    sent = await sent_as(request, SentPlan)
    return await _done(writing, viewer, now, await acts.plan(writing, viewer, now, number_in(number), sent))


@post("/api/inspections/follow-ups/{number:str}/postponement", access=Access.VERIFY_VISITS)
async def postpone_repair(
    request: Asking, writing: Session, viewer: Seer, now: Now, number: FromPath[str]
) -> Response[bytes]:
    """A later day; a unit cannot give it to itself."""
    sent = await sent_as(request, SentPostponement)
    return await _done(
        writing, viewer, now, await acts.postpone(writing, viewer, now, number_in(number), sent)
    )


@post("/api/inspections/follow-ups/{number:str}/repair", access=Access.ANSWER_FINDINGS)
async def report_repair(
    request: Asking, writing: Session, viewer: Seer, now: Now, number: FromPath[str]
) -> Response[bytes]:
    """The unit says that it is put right, and shows it."""
    sent = await sent_as(request, SentRepair)
    return await _done(writing, viewer, now, await acts.repair(writing, viewer, now, number_in(number), sent))


@post("/api/inspections/follow-ups/{number:str}/closure", access=Access.VERIFY_VISITS)
async def close_follow_up(
    request: Asking, writing: Session, viewer: Seer, now: Now, number: FromPath[str]
) -> Response[bytes]:
    """Somebody else has seen the repair."""
    sent = await sent_as(request, SentClosure)
    return await _done(writing, viewer, now, await acts.close(writing, viewer, now, number_in(number), sent))


@post("/api/inspections/follow-ups/{number:str}/reopening", access=Access.VERIFY_VISITS)
async def reopen_follow_up(
    request: Asking, writing: Session, viewer: Seer, now: Now, number: FromPath[str]
) -> Response[bytes]:
    """It is not put right after all; its day stays as it was."""
    sent = await sent_as(request, SentReopening)
    return await _done(writing, viewer, now, await acts.reopen(writing, viewer, now, number_in(number), sent))


routes: list[Any] = [
    list_follow_ups,
    closing_rate,
    plan_repair,
    postpone_repair,
    report_repair,
    close_follow_up,
    reopen_follow_up,
]


async def _done(session: AsyncSession, viewer: Viewer, now: datetime, follow_up: FollowUp) -> Response[bytes]:
    return answer(told((await storage.followed(session, [follow_up], now))[0], viewer))


def number_in(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise Problem("unknown_follow_up")
    return number


def _state_asked(text: str | None) -> str | None:
    if text and text not in STATES:
        raise Problem("bad_form", field="state", what=f"Pilih salah satu: {', '.join(STATES)}.")
    return text or None


def _day_asked(request: Asking, name: str) -> date | None:
    text = request.query_params.get(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem(
            "bad_period", what="Tulis tanggal sebagai tahun-bulan-hari, misalnya 2026-11-22."
        ) from None
