"""What the bureau decides about single responses: let one count that a rule took out, or take one out by hand.

Every decision has a reason, is sealed in the audit trail, and can be taken back by another one. Rules leave alone
what a person decided.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts import storage as accounts
from server.accounts.access import Access, Viewer
from server.forms import BadForm, Form, sent
from server.pages import page, see_other
from server.problems import Problem
from server.skm.exclusion import book_on
from server.skm.index import Index
from server.skm.rules import Convention, convention_named
from server.skm.tally import COUNTED
from server.surveys import storage
from server.surveys.desk.asked import ANY_RULE, MANUAL, Span, Wanted
from server.surveys.desk.effect import NOTHING, Effect, Group, effect_of, moved
from server.surveys.desk.reasons import NEVER_JUDGED, Reason, reasons_of
from server.surveys.desk.response_routes import (
    RULES_BY_CODE,
    cursor_in,
    one_page,
    span_choices,
    span_in,
    wanted_in,
)
from server.surveys.desk.sheets import ResponseLine
from server.surveys.sweeper import opening_on, seen
from server.units.storage import UnitLine, counter_facts_by_id, units_seen_by

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

LINES_A_PAGE = 50
DECIDED_MOST = 500
"""Responses decided at once: each is a row of the audit trail, and citizens' answers wait meanwhile."""
REASON_MOST = 500
DECISIONS_SHOWN = 100

TARGETS = {"count": COUNTED, "exclude": MANUAL}
"""A decision, and the rule it puts a response under."""

ACTS = {"count": "response_counted", "exclude": "response_excluded"}


# ── what is kept out, and why ──


@get("/staff/exclusions", access=Access.REVIEW_EXCLUSIONS)
async def exclusions_page(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    span = await span_in(request, now)
    wanted, filters = await wanted_in(request.query_params, reading, viewer, span, ANY_RULE)
    lines, older = await one_page(reading, viewer, wanted, cursor_in(request), LINES_A_PAGE)
    effects = await _effects(reading, span)
    return page(
        request,
        "staff/survey_exclusions.html",
        span=span,
        choices=await span_choices(request, now),
        effects=_worst_first(effects, await units_seen_by(reading, viewer)),
        counted=sum(effect.n for effect in effects.values()),
        excluded=sum(effect.excluded_n for effect in effects.values()),
        lines=lines,
        reasons=await _reasons(reading, lines),
        older=older,
        is_first=cursor_in(request) is None,
        count=await storage.how_many_wanted(reading, viewer, wanted, DECIDED_MOST + 1),
        decided_most=DECIDED_MOST,
        all_chosen=request.query_params.get("pilih") == "semua",
        rule=wanted.rule,
        # with its period said, so that it is never empty and means the same tomorrow
        list_query=urlencode(_without_place({**request.query_params, **span.query()})),
        **filters,
    )


async def _effects(session: AsyncSession, span: Span) -> dict[int, Effect]:
    """Per unit with answers: what is kept out, and what that does to its index."""
    periods = await storage.periods_with_answers(session, span.first, span.last)
    convention = await _convention(session, span)
    groups = await storage.groups_by_unit(session, periods)
    return {unit_id: effect_of(by_rule, convention) for unit_id, by_rule in groups.items()}


def _worst_first(effects: Mapping[int, Effect], units: Iterable[UnitLine]) -> list[tuple[UnitLine, Effect]]:
    """Units with anything kept out, those with the largest part of their responses first."""
    affected = [
        (unit, effects[unit.id]) for unit in units if unit.id in effects and effects[unit.id].excluded
    ]
    return sorted(affected, key=lambda pair: (-pair[1].excluded_share, pair[0].name))


async def _convention(session: AsyncSession, span: Span) -> Convention:
    return convention_named(await storage.convention_on(session, span.last))


async def _reasons(session: AsyncSession, lines: Sequence[ResponseLine]) -> dict[UUID, Reason]:
    """What the rules saw in each response that they look at, told anew from its counter's whole day."""
    found: dict[UUID, Reason] = {}
    days = {(line.counter_id, line.day) for line in lines if line.channel not in NEVER_JUDGED}
    for counter_id, day in sorted(days):
        counter = await counter_facts_by_id(session, counter_id)
        assert counter is not None, "responses refer to their counter, which is never deleted"
        answers = await storage.judged_day(session, counter_id, day, NEVER_JUDGED)
        seen_that_day = [seen(answer, counter.zone) for answer in answers]
        reasons = reasons_of(seen_that_day, opening_on(counter, day), book_on(day))
        found |= {UUID(response_id): reason for response_id, reason in reasons.items()}
    return found


@get("/staff/exclusions/{response_id:str}", access=Access.REVIEW_EXCLUSIONS)
async def response_page(
    request: Asking, reading: Session, viewer: Seer, response_id: FromPath[str]
) -> Response[bytes]:
    """One response with its facts and every decision about it."""
    lines = await storage.responses_wanted(reading, viewer, Wanted(ids=_uuids([response_id])))
    if not lines:
        raise Problem("unknown_receipt")
    (line,) = lines
    events = await accounts.audit_events(reading, None, DECISIONS_SHOWN, _subject(line.id))
    return page(
        request,
        "staff/survey_response.html",
        line=line,
        reason=(await _reasons(reading, lines)).get(line.id),
        decisions=[(event, msgspec.json.decode(event.facts)) for event in events],
        rules=RULES_BY_CODE,
    )


# ── deciding ──


class Choice(msgspec.Struct, frozen=True):
    """What somebody is about to decide: which way, over which responses, and where they came from."""

    decision: str
    ids: tuple[str, ...]
    all_of: str
    """The query of the list they decide over as a whole; empty when single responses were ticked."""
    back: str
    """The query of the list to go back to."""


@get("/staff/exclusions/review", access=Access.REVIEW_EXCLUSIONS)
async def review_page(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    """Shows what a decision would do, and asks for its reason."""
    query = request.query_params
    choice = Choice(
        decision=query.get("keputusan", ""),
        ids=tuple(query.getall("jawaban", [])),
        all_of=query.get("daftar", "") if query.get("semua") else "",
        back=query.get("daftar", ""),
    )
    return page(
        request,
        "staff/survey_review.html",
        form=Form(),
        **await _review_facts(request, reading, viewer, now, choice),
    )


@post("/staff/exclusions/review", access=Access.REVIEW_EXCLUSIONS, status_code=303)
async def review_responses(request: Asking, writing: Session, viewer: Seer, now: Now) -> Response[Any]:
    form = await sent(request)
    choice = Choice(
        decision=form.values.get("keputusan", ""),
        ids=tuple((await request.form()).getall("jawaban", [])),
        all_of=form.values.get("semua", ""),
        back=form.values.get("daftar", ""),
    )
    facts = await _review_facts(request, writing, viewer, now, choice)
    lines: list[ResponseLine] = facts["lines"]
    reason = form.text(
        "alasan", REASON_MOST, "Tulis alasannya: siapa pun yang memeriksa nanti akan membacanya."
    )
    if choice.all_of and form.values.get("banyaknya") != str(len(lines)):
        form.fault("", "Daftar ini berubah sejak halaman dibuka. Periksa lagi jumlahnya, lalu simpan.")
    if form.faults:
        raise BadForm(request, "staff/survey_review.html", form, **facts)
    await _decide(writing, now, viewer, choice.decision, lines, reason)
    said = "jawaban kini dihitung." if choice.decision == "count" else "jawaban kini tidak dihitung."
    back = _without_place(dict(parse_qsl(choice.back)))
    return see_other("/staff/exclusions", **{**back, "pesan": f"{len(lines)} {said}"})


async def _decide(
    session: AsyncSession,
    now: datetime,
    viewer: Viewer,
    decision: str,
    lines: Sequence[ResponseLine],
    reason: str,
) -> None:
    target = TARGETS[decision]
    await storage.review(session, [line.id for line in lines], target)
    for line in lines:
        await audit.record(
            session,
            now,
            viewer,
            ACTS[decision],
            _subject(line.id),
            reason=reason,
            before={"excluded_by": line.excluded_by, "reviewed": line.is_reviewed},
            after={"excluded_by": target, "reviewed": True},
        )


async def _review_facts(
    request: Asking, session: AsyncSession, viewer: Viewer, now: datetime, choice: Choice
) -> dict[str, Any]:
    """What the page of a decision shows; refuses one that decides nothing."""
    if choice.decision not in TARGETS:
        raise Problem("bad_form", what="Pilih dahulu: hitung kembali, atau keluarkan.")
    wanted = await _chosen(request, session, viewer, now, choice)
    lines = await storage.responses_wanted(session, viewer, wanted, limit=DECIDED_MOST + 1)
    # what stands where the decision would put it needs none
    lines = [line for line in lines if line.excluded_by != TARGETS[choice.decision]]
    if not lines:
        raise Problem("bad_form", what="Belum ada jawaban yang dipilih untuk keputusan ini.")
    if len(lines) > DECIDED_MOST:
        raise Problem(
            "bad_form", what=f"Paling banyak {DECIDED_MOST} jawaban sekali putus. Persempit dahulu daftarnya."
        )
    return {
        "choice": choice,
        "lines": lines,
        "changes": await _changes(session, choice.decision, lines),
        "rules": RULES_BY_CODE,
    }


async def _chosen(
    request: Asking, session: AsyncSession, viewer: Viewer, now: datetime, choice: Choice
) -> Wanted:
    if not choice.all_of:
        return Wanted(ids=_uuids(choice.ids))
    query = dict(parse_qsl(choice.all_of))
    span = await span_in(request, now, query)
    wanted, _ = await wanted_in(query, session, viewer, span, ANY_RULE)
    return wanted


class Change(msgspec.Struct, frozen=True):
    """What a decision does to the index of one unit over all its days of one year."""

    unit_name: str
    year: int
    n: int
    before: Index
    after: Index


async def _changes(session: AsyncSession, decision: str, lines: Sequence[ResponseLine]) -> list[Change]:
    """Per unit and year concerned: the index before and after the decision."""
    concerned: dict[tuple[str, int, int], list[ResponseLine]] = {}
    for line in lines:
        concerned.setdefault((line.unit_name, line.unit_id, line.day.year), []).append(line)
    changes = []
    for (name, unit_id, year), some in sorted(concerned.items()):
        first, last = date(year, 1, 1), date(year, 12, 31)
        periods = await storage.periods_with_answers(session, first, last)
        groups = (await storage.groups_by_unit(session, periods, [unit_id])).get(unit_id, {})
        counted: Group = groups.get(COUNTED, NOTHING)
        convention = convention_named(await storage.convention_on(session, last))
        is_added = decision == "count"
        # what a rule keeps out already changes nothing when a person keeps it out too
        answers = [line.answers for line in some if (line.excluded_by == COUNTED) != is_added]
        changes.append(Change(name, year, len(some), *moved(counted, answers, convention, is_added=is_added)))
    return changes


def _without_place(query: Mapping[str, str]) -> dict[str, str]:
    """The query of a list from its top, without what was ticked or said on it."""
    return {key: value for key, value in query.items() if key not in {"sebelum", "pilih", "pesan"}}


def _uuids(texts: Sequence[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError as error:
        raise Problem("bad_id", field="jawaban") from error


def _subject(response_id: UUID) -> str:
    return f"response:{response_id}"
