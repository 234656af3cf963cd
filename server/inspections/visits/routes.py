"""Addresses of visits and their findings: begin, record, hand in, verify or return, and read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.database import instant, milliseconds
from server.inspections.api import (
    Asking,
    answer,
    page_asked,
    page_of,
    sent_as,
    uuid_in,
)
from server.inspections.asked import evaluation_asked, unit_asked
from server.inspections.storage import visit_seen_by
from server.inspections.visit import STATES
from server.inspections.visits import acts, storage
from server.inspections.visits.file_routes import routes as file_routes
from server.inspections.visits.storage import VisitLine, Wanted
from server.inspections.visits.told import line_told, visit_told
from server.inspections.visits.wire import (
    SentFinding,
    SentFindings,
    SentNote,
    SentReason,
    SentReturn,
    SentVisit,
)
from server.problems import Problem

Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

VISITS = "/api/inspections/visits"
ONE_VISIT = f"{VISITS}/{{visit:str}}"
FINDINGS = f"{ONE_VISIT}/findings"
ONE_FINDING = f"{FINDINGS}/{{indicator:str}}"


# ── recording ──


@put(ONE_VISIT, access=Access.RECORD_VISITS)
async def put_visit(
    request: Asking, writing: Session, viewer: Seer, now: Now, visit: FromPath[str]
) -> Response[bytes]:
    sent = await sent_as(request, SentVisit)
    done = await acts.accept_visit(writing, viewer, now, uuid_in(visit, "bad_id"), sent)
    return answer(done.document, 201 if done.is_new else 200)


@put(ONE_FINDING, access=Access.RECORD_VISITS)
async def put_finding(
    request: Asking,
    writing: Session,
    viewer: Seer,
    now: Now,
    visit: FromPath[str],
    indicator: FromPath[str],
) -> Response[bytes]:
    sent = await sent_as(request, SentFinding)
    done = await acts.accept_finding(writing, viewer, now, _id(visit), indicator, sent)
    return answer(done.document)


@put(FINDINGS, access=Access.RECORD_VISITS)
async def put_findings(
    request: Asking, writing: Session, viewer: Seer, now: Now, visit: FromPath[str]
) -> Response[bytes]:
    sent = await sent_as(request, SentFindings)
    done = await acts.accept_findings(writing, viewer, now, _id(visit), sent)
    return answer({"findings": [one.document for one in done]})


@delete(ONE_FINDING, access=Access.RECORD_VISITS, status_code=200)
async def delete_finding(
    writing: Session, viewer: Seer, now: Now, visit: FromPath[str], indicator: FromPath[str]
) -> Response[bytes]:
    return answer((await acts.empty_finding(writing, viewer, now, _id(visit), indicator)).document)


@delete(f"{ONE_FINDING}/evidence/{{piece:str}}", access=Access.RECORD_VISITS, status_code=200)
async def delete_evidence(
    writing: Session,
    viewer: Seer,
    now: Now,
    visit: FromPath[str],
    indicator: FromPath[str],
    piece: FromPath[str],
) -> Response[bytes]:
    evidence_id = uuid_in(piece, "no_such_evidence")
    done = await acts.remove_evidence(writing, viewer, now, _id(visit), indicator, evidence_id)
    return answer(done.document)


# ── handing in, verifying, returning ──


@post(f"{ONE_VISIT}/submission", access=Access.RECORD_VISITS, status_code=200)
async def submit_visit(
    request: Asking, writing: Session, viewer: Seer, now: Now, visit: FromPath[str]
) -> Response[bytes]:
    sent = await _note_in(request)
    return answer((await acts.submit(writing, viewer, now, _id(visit), sent.note)).document)


@post(f"{ONE_VISIT}/verification", access=Access.VERIFY_VISITS, status_code=200)
async def verify_visit(
    request: Asking, writing: Session, viewer: Seer, now: Now, visit: FromPath[str]
) -> Response[bytes]:
    sent = await _note_in(request)
    return answer((await acts.verify(writing, viewer, now, _id(visit), sent.note)).document)


@post(f"{ONE_VISIT}/return", access=Access.VERIFY_VISITS, status_code=200)
async def return_visit(
    request: Asking, writing: Session, viewer: Seer, now: Now, visit: FromPath[str]
) -> Response[bytes]:
    sent = await sent_as(request, SentReturn)
    return answer((await acts.send_back(writing, viewer, now, _id(visit), sent)).document)


@post(f"{ONE_VISIT}/withdrawal", access=Access.SEE_INSPECTIONS, status_code=200)
async def withdraw_visit(
    request: Asking, writing: Session, viewer: Seer, now: Now, visit: FromPath[str]
) -> Response[bytes]:
    """By who began it, or the bureau: `acts.withdraw` looks."""
    sent = await sent_as(request, SentReason)
    return answer((await acts.withdraw(writing, viewer, now, _id(visit), sent.reason)).document)


async def _note_in(request: Asking) -> SentNote:
    """The note that may come along; nothing at all is no note."""
    return await sent_as(request, SentNote) if await request.body() else SentNote()


# ── reading ──


@get(VISITS, access=Access.SEE_INSPECTIONS)
async def list_visits(request: Asking, reading: Session, viewer: Seer) -> Response[bytes]:
    most, after = page_asked(request)
    wanted = await _wanted(request, reading, viewer)
    lines = await storage.visits_wanted(reading, viewer, wanted, _place_after(after), most + 1)
    return answer(page_of(lines, most, line_told, _place_of))


@get(ONE_VISIT, access=Access.SEE_INSPECTIONS)
async def show_visit(
    request: Asking, reading: Session, viewer: Seer, visit: FromPath[str]
) -> Response[bytes]:
    seen = await visit_seen_by(reading, viewer, _id(visit))
    line = await storage.line_of(reading, seen.id)
    with_records = request.query_params.get("records") == "1"
    told = await visit_told(reading, line, with_records=with_records, with_signals=viewer.is_bureau)
    return answer(told)


async def _wanted(request: Asking, session: AsyncSession, viewer: Viewer) -> Wanted:
    asked = request.query_params
    if asked.get("state", next(iter(STATES))) not in STATES:
        raise Problem("bad_form", what=f"Status adalah salah satu dari: {', '.join(STATES)}.", field="state")
    return Wanted(
        evaluation_id=await evaluation_asked(request, session, viewer),
        unit_id=await unit_asked(request, session, viewer),
        state=asked.get("state"),
        form=asked.get("form"),
        person=asked.get("person"),
    )


def _place_of(line: VisitLine) -> str:
    """Where a list goes on: after the visit that came at this moment, with this id."""
    return f"{milliseconds(line.visit.received_at)}-{line.visit.id}"


def _place_after(text: str) -> tuple[datetime, UUID] | None:
    moment, _, visit_id = text.partition("-")
    if not (moment.isascii() and moment.isdecimal() and len(moment) < 16):
        return None
    try:
        return instant(int(moment)), UUID(visit_id)
    except ValueError:
        return None


def _id(text: str) -> UUID:
    return uuid_in(text, "unknown_visit")


routes: list[Any] = [
    put_visit,
    put_finding,
    put_findings,
    delete_finding,
    delete_evidence,
    submit_visit,
    verify_visit,
    return_visit,
    withdraw_visit,
    list_visits,
    show_visit,
    *file_routes,
]
