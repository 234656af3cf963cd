"""Pages of the right of reply: what can be answered and what was, answering a finding, deciding on an answer."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Role, Viewer
from server.forms import BadForm, Form, keep_private, sent, show_again
from server.inspections.api import uuid_in
from server.inspections.asked import evaluation_asked, unit_asked
from server.inspections.decide import Decision, said
from server.inspections.desk import value_words
from server.inspections.desk.proof_files import (
    BODY_MOST_MB,
    OFFER,
    Sheet,
    blame,
    sheet_sent,
)
from server.inspections.desk.value_words import Said
from server.inspections.desk.visit_fill_routes import refuse_too_large
from server.inspections.desk.visit_told import differs, pieces_shown
from server.inspections.desk.visits import storage as desk
from server.inspections.followups.storage import today_in
from server.inspections.instrument import Indicator
from server.inspections.replies import acts, storage
from server.inspections.replies.storage import Answered
from server.inspections.replies.window import Window, window
from server.inspections.replies.wire import SentDecision, SentReply
from server.inspections.scores.gather import Scored, scored
from server.inspections.scores.storage import score_of_unit, terms_of
from server.inspections.scoring import NOT_FILLED, Judged, judge, rounded
from server.inspections.storage import findings_of, instrument_of, judged, visit_seen_by
from server.inspections.tables import Evaluation, Reply, Visit
from server.pages import page, see_other
from server.problems import Problem
from server.units.tables import Unit

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

REPLIES = "/staff/inspections/replies"
ANSWER = "/staff/inspections/visits/{visit_id:str}/findings/{indicator:str}/reply"
DECISION = REPLIES + "/{reply_id:str}/decision"

PER_PAGE = 25
NOT_APPLICABLE = "na"

_LIST = "staff/replies.html"
_ANSWER = "staff/replies_answer.html"
_DECISION = "staff/replies_decision.html"


class Line(msgspec.Struct, frozen=True):
    """A reply in the list."""

    answered: Answered
    indicator: Indicator
    found: Said
    decided: Said | None
    days: int
    """Since it came, by the unit's calendar."""


Finding = tuple[Indicator, Said, Reply | None]
"""What was found below the highest value, and the last reply to it."""


class Answerable(msgspec.Struct, frozen=True):
    """A visit with the findings that its unit may still answer."""

    visit: Visit
    evaluation: Evaluation
    unit: Unit
    window: Window
    days_left: int
    below: Sequence[Finding]
    others: Sequence[Finding]
    """Those that reach the evaluation's target, but not the highest value."""


# ── the list ──


@get(REPLIES, access=Access.SEE_INSPECTIONS)
async def replies_page(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    asked = request.query_params
    evaluation_id = await evaluation_asked(request, reading, viewer)
    unit_id = await unit_asked(request, reading, viewer)
    number = _page_number(asked.get("halaman", ""))
    rows = await storage.replies_by_need(
        reading,
        viewer,
        evaluation_id=evaluation_id,
        unit_id=unit_id,
        only_open=asked.get("open") == "1",
        offset=(number - 1) * PER_PAGE,
        most=PER_PAGE + 1,
    )
    waiting, since = await storage.waiting_since(reading, viewer, evaluation_id, unit_id)
    zone = request.app.state.settings.zone
    lines = await storage.answered(reading, rows[:PER_PAGE])
    return page(
        request,
        _LIST,
        lines=[_line(line, now) for line in lines],
        number=number,
        has_more=len(rows) > PER_PAGE,
        waiting=waiting,
        waiting_days=(today_in(zone, now) - today_in(zone, since)).days if since else 0,
        answerable=await _answerable(reading, viewer, now, evaluation_id, unit_id),
        evaluations=await desk.evaluations_with_visits(reading, viewer),
        units=await desk.units_with_visits(reading, viewer),
        asked=asked,
    )


def _page_number(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdecimal() and len(text) < 5 else 1


def _line(line: Answered, now: datetime) -> Line:
    reply, indicator = line.reply, line.instrument.indicator(line.reply.indicator)
    assert indicator is not None, "a reply to what the instrument does not know"
    value = judge(line.instrument, indicator, line.observed).value
    is_upheld = reply.outcome == "upheld"
    return Line(
        line,
        indicator,
        value_words.said(line.instrument, indicator, value),
        value_words.said(line.instrument, indicator, reply.decided_value) if is_upheld else None,
        (today_in(line.unit.zone, now) - today_in(line.unit.zone, reply.replied_at)).days,
    )


async def _answerable(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int | None, unit_id: int | None
) -> list[Answerable]:
    """The findings that an officer may still answer, the first to close on top."""
    if viewer.role is not Role.OFFICER:
        return []
    visits = await storage.verified_visits(session, viewer, evaluation_id, unit_id)
    ids = [visit.id for visit, _, _ in visits]
    found, replies = await findings_of(session, ids), await storage.replies_of(session, ids)
    lines = []
    for visit, evaluation, unit in visits:
        assert visit.verified_at is not None, "a visit verified at no time"
        answerable = window(visit.verified_at, evaluation.reply_days, unit.zone)
        if not answerable.is_open(now):
            continue
        instrument = await instrument_of(session, evaluation.edition)
        values = judged(instrument, found[visit.id])
        last = {reply.indicator: reply for reply in replies[visit.id]}
        below: list[Finding] = []
        others: list[Finding] = []
        for _, indicator in instrument.indicators:
            value = values.get(indicator.key, NOT_FILLED).value
            if value is not None and value < instrument.scale.highest:
                said = value_words.said(instrument, indicator, value)
                to = below if value < evaluation.target else others
                to.append((indicator, said, last.get(indicator.key)))
        days_left = (answerable.last_day - today_in(unit.zone, now)).days
        if below or others:
            lines.append(Answerable(visit, evaluation, unit, answerable, days_left, below, others))
    return sorted(lines, key=lambda line: line.window.ends_at)


# ── answering ──


@get(ANSWER, access=Access.ANSWER_FINDINGS)
async def answer_page(
    request: Asking,
    reading: Session,
    viewer: Seer,
    now: Now,
    visit_id: FromPath[str],
    indicator: FromPath[str],
) -> Response[bytes]:
    visit = uuid_in(visit_id, "unknown_visit")
    facts = await _finding(reading, viewer, now, visit, indicator)
    return page(request, _ANSWER, form=Form({"id": uuid4()}), held=(), **facts)


@post(
    ANSWER,
    access=Access.ANSWER_FINDINGS,
    status_code=303,
    request_max_body_size=BODY_MOST_MB * 1024 * 1024,
)
async def answer_finding(
    request: Asking, viewer: Seer, now: Now, visit_id: FromPath[str], indicator: FromPath[str]
) -> Response[Any]:
    """A unit answers; the same form sent twice is one reply."""
    database = request.app.state.database
    visit = uuid_in(visit_id, "unknown_visit")
    async with database.reading() as session:
        await visit_seen_by(session, viewer, visit)
    sheet = await sheet_sent(request, viewer, now)
    refusal = sheet.refusal
    if refusal is None:
        try:
            text = sheet.form.values.get("text", "").replace("\r\n", "\n")
            async with database.writing() as session:
                await acts.answer(
                    session,
                    viewer,
                    now,
                    visit,
                    indicator,
                    sheet.form_id,
                    SentReply(text=text, evidence=sheet.pieces),
                )
            return see_other(REPLIES, pesan="Tanggapan Anda sudah terkirim dan menunggu putusan.")
        except Problem as problem:
            refusal = problem
            blame(request, sheet.form, problem, {"text": "text", "evidence": "evidence"})
    raise await _answer_again(request, viewer, now, visit, indicator, sheet, refusal) from refusal


async def _answer_again(
    request: Asking,
    viewer: Viewer,
    now: datetime,
    visit: UUID,
    indicator: str,
    sheet: Sheet,
    refusal: Problem,
) -> BadForm:
    async with request.app.state.database.reading() as session:
        facts = await _finding(session, viewer, now, visit, indicator)
    return BadForm(request, _ANSWER, sheet.form, refusal.status, held=sheet.held, **facts)


async def _finding(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, key: str
) -> dict[str, Any]:
    """A finding as it was recorded, what was answered to it before, and until when it may be answered."""
    visit = await visit_seen_by(session, viewer, visit_id)
    evaluation = await session.get_one(Evaluation, visit.evaluation_id)
    unit = await session.get_one(Unit, visit.unit_id)
    indicator = await storage.indicator_found(session, visit, evaluation, key)
    observed = (await findings_of(session, [visit.id]))[visit.id][key]
    instrument = await instrument_of(session, evaluation.edition)
    value = judge(instrument, indicator, observed)
    former = [
        reply for reply in (await storage.replies_of(session, [visit.id]))[visit.id] if reply.indicator == key
    ]
    rows = await storage.evidence_of_finding(session, visit.id, key)
    last_day: date | None = None
    days_left = 0
    if visit.verified_at is not None:
        last_day = window(visit.verified_at, evaluation.reply_days, unit.zone).last_day
        days_left = (last_day - today_in(unit.zone, now)).days
    return {
        "visit": visit,
        "evaluation": evaluation,
        "unit": unit,
        "indicator": indicator,
        "found": value_words.said(instrument, indicator, value.value),
        "explanation": _explained(value),
        "note": observed.note,
        "found_pieces": await pieces_shown(session, viewer, rows),
        "former": [_line(line, now) for line in await storage.answered(session, former)],
        "last_day": last_day,
        "days_left": days_left,
        "obstacle": _obstacle(visit, evaluation, unit, now, former),
        **OFFER,
    }


def _explained(value: Judged) -> str:
    """What was counted; the words of a level chosen are said already."""
    return value.explanation if value.computed is not None else ""


def _obstacle(
    visit: Visit, evaluation: Evaluation, unit: Unit, now: datetime, former: Sequence[Reply]
) -> str:
    """Why the finding cannot be answered now; empty: it can."""
    try:
        acts.refuse_unanswerable(visit, evaluation, unit, now)
    except Problem as problem:
        return problem.detail
    if any(reply.outcome is None for reply in former):
        return "Tanggapan Anda atas temuan ini belum diputuskan. Tunggu putusannya sebelum menanggapi lagi."
    return ""


# ── deciding ──


@get(DECISION, access=Access.VERIFY_VISITS)
async def decision_page(
    request: Asking, reading: Session, viewer: Seer, now: Now, reply_id: FromPath[str]
) -> Response[bytes]:
    facts = await _both_sides(reading, viewer, now, uuid_in(reply_id, "unknown_reply"))
    return page(request, _DECISION, form=Form(), **facts)


@post(DECISION, access=Access.VERIFY_VISITS, status_code=303)
async def decide_reply(request: Asking, viewer: Seer, now: Now, reply_id: FromPath[str]) -> Response[Any]:
    database = request.app.state.database
    number = uuid_in(reply_id, "unknown_reply")
    form = await sent(request)
    refusal: Problem | None = None
    decision = _decision(form)
    if decision is not None:
        try:
            async with database.writing() as session:
                await acts.decide(session, viewer, now, number, decision)
            return see_other(REPLIES, pesan="Putusan Anda sudah tercatat.")
        except Problem as problem:
            refusal = problem
            blame(request, form, problem, {"reason": "reason", "value": "value", "outcome": "outcome"})
    async with database.reading() as session:
        facts = await _both_sides(session, viewer, now, number)
    raise BadForm(request, _DECISION, form, refusal.status if refusal else 422, **facts) from refusal


def _decision(form: Form) -> SentDecision | None:
    """What was chosen; None where nothing is, and then the form says so."""
    outcome = form.one_of("outcome", ("upheld", "kept"), "Pilih putusannya.")
    is_upheld = outcome == "upheld"
    value = form.values.get("value", "").strip().replace(",", ".") if is_upheld else ""
    if not form.is_on("sure"):
        form.fault("sure", "Centang bahwa kedua sisi sudah Anda baca; putusan tidak dapat diubah.")
    if form.faults:
        return None
    is_number = value not in ("", NOT_APPLICABLE)
    try:
        return msgspec.convert(
            {
                "outcome": outcome,
                "reason": form.values.get("reason", "").replace("\r\n", "\n"),
                "value": value if is_number else None,
                "not_applicable": value == NOT_APPLICABLE,
            },
            SentDecision,
        )
    except msgspec.ValidationError:
        form.fault("value", "Tulis nilainya sebagai angka, misalnya 3 atau 2,5.")
        return None


async def _both_sides(session: AsyncSession, viewer: Viewer, now: datetime, reply_id: UUID) -> dict[str, Any]:
    """The finding and the reply to it, and what the unit's score would be with each value that could hold."""
    reply = await storage.reply_seen_by(session, viewer, reply_id)
    answered = (await storage.answered(session, [reply]))[0]
    evaluation = await session.get_one(Evaluation, answered.visit.evaluation_id)
    line = _line(answered, now)
    instrument = answered.instrument
    choices = value_words.offered(instrument, line.indicator)
    rows = await storage.evidence_of_finding(session, answered.visit.id, reply.indicator)
    allows_none = instrument.not_applicable != "refused"
    values = {value: Decimal(value) for value, _ in choices} | ({NOT_APPLICABLE: None} if allows_none else {})
    return {
        "line": line,
        "evaluation": evaluation,
        "choices": choices,
        "allows_none": allows_none,
        "note": answered.observed.note,
        "explanation": _explained(judge(instrument, line.indicator, answered.observed)),
        "found_pieces": await pieces_shown(session, viewer, rows),
        "reply_pieces": await pieces_shown(session, viewer, answered.evidence),
        "obstacle": _undecidable(viewer, answered.visit, reply),
        "differs": differs,
        **await _indices(session, now, evaluation, answered, values),
    }


def _undecidable(viewer: Viewer, visit: Visit, reply: Reply) -> str:
    try:
        acts.refuse_own(viewer, visit, reply)
        acts.refuse_undecidable(visit, reply)
    except Problem as problem:
        return problem.detail
    return ""


async def _indices(
    session: AsyncSession,
    now: datetime,
    evaluation: Evaluation,
    answered: Answered,
    values: dict[str, Decimal | None],
) -> dict[str, Any]:
    """The unit's index now, and with each value; without the users' part that of the visits (F-02) alone."""
    live = await score_of_unit(session, evaluation, answered.unit)
    is_whole = live.result.index is not None
    now_index = _index(live, is_whole)
    if live.is_final or now_index is None:
        return {"index": None, "indices": {}, "is_whole": is_whole}
    place, key = answered.visit.service_id, answered.reply.indicator
    found = judged(answered.instrument, {key: answered.observed})[key]
    over = {str(answered.visit.id): said(found)}
    made = live.material.decisions
    indices = {}
    for name, value in values.items():
        decision = Decision(key, value, "reply", over, reason="", by="", at=now)
        decisions = {**made, place: (*made.get(place, ()), decision)}
        material = msgspec.structs.replace(live.material, decisions=decisions)
        after = _index(scored(answered.instrument, terms_of(evaluation), material), is_whole)
        if after is not None:
            indices[name] = after
    return {"index": now_index, "indices": indices, "is_whole": is_whole}


def _index(found: Scored, is_whole: bool) -> Decimal | None:
    index = found.result.index if is_whole else found.result.f02
    return None if index is None or found.result.is_disputed else rounded(index)


routes = [
    Router(
        "/",
        route_handlers=[replies_page, answer_page, answer_finding, decision_page, decide_reply],
        after_request=keep_private,
        exception_handlers={BadForm: show_again, RequestEntityTooLarge: refuse_too_large},
    )
]
