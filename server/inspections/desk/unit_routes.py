"""Pages of one unit in one evaluation: where its score stands, settling, making it final, and what is printed of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Role, Viewer
from server.forms import BadForm, Form, fingerprint, keep_private, sent, show_again
from server.inspections.desk import score_sheet
from server.inspections.desk.instrument_words import plain
from server.inspections.desk.unit_facts import Evidence, Needs, anchor_of, compared, disputes, needs
from server.inspections.followups import storage as followups
from server.inspections.followups.progress import is_overdue
from server.inspections.followups.storage import Wanted
from server.inspections.replies import storage as replies
from server.inspections.scores import deciding, storage
from server.inspections.scores.gather import Looked, Scored, score_of_visit
from server.inspections.scores.ready import Below, Patience, Replied, below_target
from server.inspections.scores.seeing import evaluation_of, score_seen_by
from server.inspections.scores.sheet import sheet_facts
from server.inspections.scores.told import unit_told
from server.inspections.scores.wire import Finalisation, Settling
from server.inspections.scoring import CONVENTIONS, rounded
from server.inspections.storage import findings_of, locus_seen_by
from server.inspections.tables import Evaluation, Reply
from server.inspections.users import storage as users
from server.inspections.users.sheet import REASONS
from server.inspections.users.sheet_routes import PAGE_LETTER
from server.pages import language_for, page, see_other
from server.problems import Problem
from server.settings import Settings
from server.skm.index import half_up
from server.texts import translator
from server.units import qr
from server.units.tables import Unit

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

OF_UNIT = "/staff/inspections/evaluations/{evaluation_id:str}/units/{slug:str}"
MOST_SHOWN = 500
NOT_APPLICABLE, OTHER = "tidak-berlaku", "lain"

_UNIT = "staff/evaluated_unit.html"
_FINALISATION = "staff/evaluated_unit_finalisation.html"


@get(OF_UNIT, access=Access.SEE_INSPECTIONS)
async def unit_page(
    request: Asking,
    reading: Session,
    viewer: Seer,
    now: Now,
    evaluation_id: FromPath[str],
    slug: FromPath[str],
) -> Response[Any]:
    """The page of a unit; an inspector who has not finished there yet is led to their own visits."""
    try:
        facts = await _facts(reading, viewer, now, evaluation_id, slug)
    except Problem as closed:
        if viewer.role is Role.INSPECTOR and closed.code == "wrong_state":
            return see_other("/staff/inspections/visits")
        raise
    return page(request, _UNIT, form=Form(), **facts)


# ── settling ──


@post(OF_UNIT + "/settlements/{indicator:str}", access=Access.VERIFY_VISITS, status_code=303)
async def settle_dispute(
    request: Asking,
    writing: Session,
    viewer: Seer,
    now: Now,
    evaluation_id: FromPath[str],
    slug: FromPath[str],
    indicator: FromPath[str],
) -> Response[Any]:
    evaluation, unit = await _place(writing, viewer, evaluation_id, slug)
    form = await sent(request)
    anchor = anchor_of(form.values.get("layanan", ""), indicator)
    try:
        await deciding.settle(writing, viewer, now, evaluation, unit, indicator, _settling(form))
    except Problem as refused:
        fields = {"value": f"{anchor}-nilai", "reason": f"{anchor}-alasan"}
        _blame(request, form, refused, fields)
        facts = await _facts(writing, viewer, now, evaluation_id, slug)
        raise BadForm(request, _UNIT, form, refused.status, **{**facts, "asked": anchor}) from refused
    return see_other(_address(evaluation, unit), pesan=f"Nilai indikator {indicator} sudah ditetapkan.")


def _settling(form: Form) -> Settling:
    chosen = form.values.get("nilai", "")
    value = form.values.get("nilai-lain", "").strip().replace(",", ".") if chosen == OTHER else chosen
    return Settling(
        reason=form.values.get("alasan", ""),
        value=None if chosen == NOT_APPLICABLE else value or None,
        not_applicable=chosen == NOT_APPLICABLE,
        service=form.values.get("layanan") or None,
    )


# ── making it final ──


@get(OF_UNIT + "/finalisation", access=Access.VERIFY_VISITS)
async def finalisation_page(
    request: Asking,
    reading: Session,
    viewer: Seer,
    now: Now,
    evaluation_id: FromPath[str],
    slug: FromPath[str],
) -> Response[Any]:
    """What making the score final will do, or what still stands in its way."""
    facts = await _facts(reading, viewer, now, evaluation_id, slug)
    if facts["scored"].is_final:
        return see_other(facts["here"])
    return page(request, _FINALISATION, form=Form(), **facts, **_effect(facts, now))


@post(OF_UNIT + "/finalisation", access=Access.VERIFY_VISITS, status_code=303)
async def finalise_score(
    request: Asking,
    writing: Session,
    viewer: Seer,
    now: Now,
    evaluation_id: FromPath[str],
    slug: FromPath[str],
) -> Response[Any]:
    evaluation, unit = await _place(writing, viewer, evaluation_id, slug)
    await storage.hold(writing, evaluation, unit.id)
    form = await sent(request)
    facts = await _facts(writing, viewer, now, evaluation_id, slug)
    effect = _effect(facts, now)
    if not facts["scored"].is_final and form.values.get("seen") != effect["seen"]:
        form.fault("", "Nilainya berubah sejak halaman ini Anda buka. Periksa lagi, lalu tetapkan.")
        raise BadForm(request, _FINALISATION, form, 409, **facts, **effect)
    ending = Finalisation(note=form.values.get("alasan", ""), waive_window=form.is_on("kesampingkan"))
    try:
        await deciding.finalise(writing, viewer, now, evaluation, unit, ending)
    except Problem as refused:
        _blame(request, form, refused, {"note": "alasan", "waive_window": "kesampingkan"})
        raise BadForm(request, _FINALISATION, form, refused.status, **facts, **effect) from refused
    return see_other(_address(evaluation, unit), pesan="Nilai unit ini sudah final.")


def _effect(facts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What will have happened once the score is final."""
    evaluation, unit, scored = facts["evaluation"], facts["unit"], facts["scored"]
    below: list[Below] = []
    if scored.result.index is not None:
        below = list(below_target(scored.result.instrument, scored, evaluation.target))
    today = now.astimezone(ZoneInfo(unit.zone)).date()
    recorded = (*scored.material.visits, *scored.material.self_assessed)
    return {
        "becoming_final": sum(visit.is_counting for visit in recorded),
        "below": below,
        "due_day": today + timedelta(days=evaluation.repair_days),
        "seen": fingerprint(
            {
                "index": str(scored.result.index),
                "values": str(scored.result.inputs.products),
                "sheets": len(scored.result.inputs.sheets),
            }
        ),
    }


# ── what is printed ──


@get(OF_UNIT + "/sheet", access=Access.SEE_INSPECTIONS)
async def sheet_page(
    request: Asking,
    reading: Session,
    viewer: Seer,
    now: Now,
    evaluation_id: FromPath[str],
    slug: FromPath[str],
) -> Response[bytes]:
    """The arithmetic from every finding to the index, for signing and for whoever wants to check it."""
    facts = await sheet_facts(reading, viewer, evaluation_id, slug)
    scored: Scored = facts["scored"]
    counting = [visit for visit in scored.material.visits if visit.is_counting]
    instrument, told = scored.result.instrument, facts["score"]
    notes = await findings_of(reading, [visit.id for visit in counting])
    evidence = await storage.evidence_counts(reading, [visit.id for visit in counting])
    settings: Settings = request.app.state.settings
    return page(
        request,
        "staff/score_sheet.html",
        facts=facts,
        told=told,
        instrument=instrument,
        first_day=date.fromisoformat(facts["evaluation"]["first_day"]),
        last_day=date.fromisoformat(facts["evaluation"]["last_day"]),
        products=score_sheet.products(scored, told, notes, evidence),
        band=score_sheet.band_named(scored, told["category"]),
        convention=CONVENTIONS[told["convention"]],
        teams=list(dict.fromkeys(visit.team for visit in counting if visit.team)),
        questions={one.key: one for one in instrument.users.questions} if instrument.users else {},
        here=f"/staff/inspections/evaluations/{facts['evaluation']['id']}/units/{told['unit']['slug']}",
        compute=f"{settings.public_url.rstrip('/')}/api/instruments/{instrument.address}/compute",
        now=now,
        plain=plain,
    )


@get(OF_UNIT + "/users-form", access=Access.SEE_INSPECTIONS)
async def users_form_poster(
    request: Asking, reading: Session, viewer: Seer, evaluation_id: FromPath[str], slug: FromPath[str]
) -> Response[bytes]:
    """One page to hang up: the QR code of the users' form, and what to type without a camera."""
    if viewer.role is Role.INSPECTOR:
        raise Problem("forbidden")
    evaluation = await evaluation_of(reading, viewer, evaluation_id)
    locus, unit = await locus_seen_by(reading, viewer, evaluation.id, slug)
    found = await users.users_form(reading, locus.code)
    assert found.instrument.users is not None
    settings: Settings = request.app.state.settings
    return page(
        request,
        "staff/evaluated_unit_form.html",
        evaluation=evaluation,
        unit=unit,
        code=locus.code,
        is_open=found.is_open,
        statements=len(found.instrument.users.questions),
        short=qr.short_address(settings.public_url, locus.code, PAGE_LETTER),
        here=_address(evaluation, unit),
    )


# ── facts of the page ──


async def _place(
    session: AsyncSession, viewer: Viewer, evaluation_id: str, slug: str
) -> tuple[Evaluation, Unit]:
    evaluation = await evaluation_of(session, viewer, evaluation_id)
    _, unit = await locus_seen_by(session, viewer, evaluation.id, slug)
    return evaluation, unit


def _address(evaluation: Evaluation, unit: Unit) -> str:
    return f"/staff/inspections/evaluations/{evaluation.id}/units/{unit.slug}"


async def _facts(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: str, slug: str
) -> dict[str, Any]:
    """Everything the page of a unit shows, as far as its viewer may read it."""
    evaluation, unit, scored = await score_seen_by(session, viewer, evaluation_id, slug)
    visits = [visit for visit in scored.material.visits if _is_readable(viewer, visit)]
    ids = [visit.id for visit in scored.material.visits if visit.is_counting]
    answered = await replies.replies_wanted(
        session,
        viewer,
        evaluation_id=evaluation.id,
        unit_id=unit.id,
        only_open=False,
        after=None,
        most=MOST_SHOWN,
    )
    repairs = await followups.follow_ups_wanted(
        session, viewer, Wanted(evaluation_id=evaluation.id, unit_id=unit.id), now, None, MOST_SHOWN
    )
    evidence: Evidence = await storage.evidence_counts(session, ids)
    instrument, told = scored.result.instrument, unit_told(scored, evaluation.edition, viewer)
    by_rule = await users.sheets_by_rule(session, evaluation.id, unit.id) if instrument.users else {}
    today = now.astimezone(ZoneInfo(unit.zone)).date()
    return {
        "evaluation": evaluation,
        "unit": unit,
        "here": _address(evaluation, unit),
        "scored": scored,
        "instrument": instrument,
        "told": told,
        "band": score_sheet.band_named(scored, told["category"]),
        "needs": _needs(evaluation, unit, scored, answered, now),
        "compared": compared(scored),
        "disputes": disputes(scored, await findings_of(session, ids), evidence),
        "visits": [(visit, score_of_visit(scored.result, visit)) for visit in visits],
        "replies": answered,
        "repairs": [(one, is_overdue(one.state, date.fromisoformat(one.due_day), today)) for one in repairs],
        "left_out": {reason: by_rule[reason] for reason in REASONS if reason in by_rule},
        "names": {one.key: one.name for _, one in instrument.indicators},
        "asked": "",
        "may_decide": viewer.is_bureau and not scored.is_final,
        "day": date.fromisoformat,
        "plain": plain,
        "rounded": rounded,
        "half_up": half_up,
    }


def _is_readable(viewer: Viewer, visit: Looked) -> bool:
    return visit.is_counting or viewer.is_bureau or visit.person_id == viewer.person_id


def _needs(evaluation: Evaluation, unit: Unit, scored: Scored, answered: list[Reply], now: datetime) -> Needs:
    # what was answered at a visit that was set aside needs no decision any more
    visits = {visit.id for visit in scored.material.visits if visit.is_counting or visit.is_waiting}
    told = [
        Replied(reply.visit_id, reply.indicator, reply.outcome is not None)
        for reply in answered
        if reply.visit_id in visits
    ]
    return needs(scored, told, Patience(evaluation.reply_days, unit.zone, now))


def _blame(request: Asking, form: Form, refused: Problem, fields: Mapping[str, str]) -> None:
    """Puts a refusal at the field it speaks of, or above the form."""
    told = refused.told(translator(language_for(request)))
    form.fault(fields.get(refused.field or "", ""), "%(what)s", what=told)


routes = [
    Router(
        "/",
        route_handlers=[
            unit_page,
            settle_dispute,
            finalisation_page,
            finalise_score,
            sheet_page,
            users_form_poster,
        ],
        after_request=keep_private,
        exception_handlers={BadForm: show_again},
    )
]
