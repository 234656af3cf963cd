"""Filling a visit in, one aspect a page, and handing it in: works without a script, and nothing typed is lost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.di import NamedDependency
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.forms import BadForm, Form, form_of, keep_private, sent, show_again, texts_of
from server.inspections.api import uuid_in
from server.inspections.desk.visit_form import (
    Control,
    HeldFile,
    accepted_files,
    control_of,
    kinds_of,
    mark,
    offered,
    pieces_typed,
    place_of,
    sent_as_finding,
    typed,
)
from server.inspections.desk.visit_routes import ONE, VISITS, visit_id_in, whole_facts
from server.inspections.desk.visit_told import Whole, whole_visit
from server.inspections.desk.visit_uploads import FILE_MOST_MB, bring, held_before
from server.inspections.desk.visits import storage as desk
from server.inspections.evidence.wire import EvidencePiece
from server.inspections.instrument import Indicator, Instrument, Part
from server.inspections.scoring import Observed
from server.inspections.storage import observed, visit_of_evaluation
from server.inspections.tables import Finding, Visit
from server.inspections.visit import EDITABLE, STATES, SUBMITTED
from server.inspections.visits import acts, storage
from server.inspections.visits.wire import SentFinding, SentFindings
from server.pages import page, refusal_page, see_other
from server.problems import Problem

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

FILL = ONE + "/fill"
SUBMISSION = ONE + "/submission"

BODY_MOST_MB = 60
"""What may come with one form: a handful of photos. Whatever is larger is sent from the phone, file by file."""

_FILL = "staff/visit_fill.html"
_SUBMISSION = "staff/visit_submission.html"

_NOWHERE: dict[str, float | None] = {}


class Sheet(msgspec.Struct):
    """An aspect's form as it was sent."""

    visit_id: UUID
    instrument: Instrument
    part: Part
    form: Form
    form_id: UUID
    """One form, one id: what it adds is added once, however often it is sent."""
    held: dict[str, list[HeldFile]]


@get(FILL, access=Access.RECORD_VISITS)
async def fill_page(request: Asking, reading: Session, viewer: Seer, visit: FromPath[str]) -> Response[Any]:
    visit_id = visit_id_in(visit)
    seen, instrument = await _own_visit(reading, viewer, visit_id)
    whole = await whole_visit(reading, viewer, visit_id)
    facts = whole_facts(viewer, whole)
    if not facts["may_fill"]:
        return see_other(
            f"{VISITS}/{visit_id}", pesan=f"Kunjungan ini {STATES[seen.state]} dan tidak dapat diubah."
        )
    part = _part(instrument, request.query_params.get("part") or _most_wanting(whole))
    form = Form({**offered(instrument, part, _observed(whole)), "id": uuid4()})
    return page(request, _FILL, form=form, held={}, **facts, **_part_facts(whole, part))


@post(
    FILL,
    access=Access.RECORD_VISITS,
    status_code=303,
    request_max_body_size=BODY_MOST_MB * 1024 * 1024,
)
async def save_part(request: Asking, viewer: Seer, now: Now, visit: FromPath[str]) -> Response[Any]:
    """Stores what was changed in an aspect, all of it or nothing.

    Files go into the store first: nobody waits for their turn to write while they are read.
    """
    database = request.app.state.database
    visit_id = visit_id_in(visit)
    multi = await request.form()
    async with database.reading() as session:
        seen, instrument = await _own_visit(session, viewer, visit_id)
        sheet = await _sheet(session, viewer, visit_id, instrument, multi)
    refusal = await _bring_files(request, viewer, now, sheet, multi) if seen.state in EDITABLE else None
    found = {one.key: typed(sheet.form, instrument, one) for one in sheet.part.indicators}
    if not sheet.form.faults:
        try:
            async with database.writing() as session:
                count = await _store(session, viewer, now, sheet, found)
        except Problem as problem:
            refusal = problem
            _mark(sheet.form, problem)
    if sheet.form.faults:
        raise await _shown_again(request, viewer, sheet, refusal) from refusal
    part = _next(sheet) if "lanjut" in sheet.form.values else sheet.part
    if part is None:
        return see_other(f"{VISITS}/{visit_id}/submission")
    return see_other(f"{VISITS}/{visit_id}/fill", part=part.code, pesan=_saved(count))


async def _own_visit(session: AsyncSession, viewer: Viewer, visit_id: UUID) -> tuple[Visit, Instrument]:
    seen, _, instrument = await visit_of_evaluation(session, viewer, visit_id)
    if seen.person_id != viewer.person_id:
        raise Problem("foreign_visit")
    return seen, instrument


def _most_wanting(whole: Whole) -> str | None:
    """Where to begin: what was sent back, else what is not filled in yet."""
    for is_wanting in (lambda entry: bool(entry.returned), lambda entry: not entry.is_filled):
        for score, entries in whole.parts:
            if any(map(is_wanting, entries)):
                return score.part.code
    return None


def _part(instrument: Instrument, code: str | None) -> Part:
    """The aspect asked for; at first the first."""
    found = next((part for part in instrument.parts if part.code == code), None)
    if found is None and code:
        raise Problem("not_found")
    return found or instrument.parts[0]


def _next(sheet: Sheet) -> Part | None:
    parts = sheet.instrument.parts
    place = parts.index(sheet.part) + 1
    return parts[place] if place < len(parts) else None


def _observed(whole: Whole) -> dict[str, Observed]:
    return {entry.indicator.key: entry.observed for _, entries in whole.parts for entry in entries}


def _part_facts(whole: Whole, part: Part) -> dict[str, Any]:
    entries = next(entries for score, entries in whole.parts if score.part is part)
    controls: dict[str, Control] = {
        entry.indicator.key: control_of(whole.instrument, entry.indicator, entry.observed)
        for entry in entries
    }
    return {
        "part": part,
        "entries": entries,
        "controls": controls,
        "kinds": {one.key: kinds_of(one) for one in part.indicators},
        "accepted": {one.key: accepted_files(one) for one in part.indicators},
        "most_mb": FILE_MOST_MB,
    }


# ── what was sent ──


async def _sheet(
    session: AsyncSession, viewer: Viewer, visit_id: UUID, instrument: Instrument, multi: FormMultiDict
) -> Sheet:
    values = texts_of(multi)
    form = form_of(values)
    part = _part(instrument, form.values.get("part"))
    held = {}
    for indicator in part.indicators:
        # boxes of one name: all that are ticked
        form.values[f"items-{indicator.key}"] = " ".join(values.get(f"items-{indicator.key}", []))
        named = list(dict.fromkeys(values.get(f"held-{indicator.key}", [])))
        held[indicator.key] = await held_before(session, viewer, named)
    form_id = uuid_in(form.values.get("id", ""), "bad_id")
    return Sheet(visit_id, instrument, part, form, form_id, held)


async def _bring_files(
    request: Asking, viewer: Viewer, now: datetime, sheet: Sheet, multi: FormMultiDict
) -> Problem | None:
    """Keeps the files that came along; the first refusal, and each of them beside its indicator."""
    state = request.app.state
    refusal: Problem | None = None
    for indicator in sheet.part.indicators:
        for upload in multi.getall(f"files-{indicator.key}", []):
            if not isinstance(upload, UploadFile):
                continue
            try:
                file = await bring(state.database, state.evidence, viewer, now, upload)
                sheet.held[indicator.key].append(file)
            except Problem as problem:
                refusal = refusal or problem
                sheet.form.fault(
                    place_of(indicator.key), "%(name)s: %(said)s", name=upload.filename, said=problem.detail
                )
    return refusal


async def _store(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    sheet: Sheet,
    found: dict[str, Observed | None],
) -> int:
    """Stores what differs from what the form was opened with; how many indicators changed."""
    visit, _ = await _own_visit(session, viewer, sheet.visit_id)
    await storage.take_turn(session, viewer.person_id)
    await storage.lock(session, visit)
    kept = await desk.finding_rows(session, sheet.visit_id)
    changed = 0
    changes: dict[str, SentFinding] = {}
    stale = []
    for indicator in sheet.part.indicators:
        key, said = indicator.key, found[indicator.key]
        assert said is not None, "a form with a fault"
        pieces = pieces_typed(sheet.form, sheet.form_id, indicator, sheet.held[key])
        row = kept.get(key)
        now_stored, opened_with = mark(_said(row)), sheet.form.values.get(f"was-{key}", "")
        is_changed = mark(said) not in (opened_with, now_stored)
        if is_changed and now_stored != opened_with:
            stale.append(key)
        elif is_changed and said == Observed() and not pieces:
            changed += (await acts.empty_finding(session, viewer, now, sheet.visit_id, key)).is_new
        elif is_changed:
            changes[key] = sent_as_finding(said, now, pieces, _NOWHERE)
        elif pieces:
            changes[key] = _as_stored(row, now, pieces)
    if stale:
        raise _stale(stale)
    if changes:
        done = await acts.accept_findings(session, viewer, now, sheet.visit_id, SentFindings(changes))
        changed += len(done)
    return changed + await _remove(session, viewer, now, sheet)


def _said(row: Finding | None) -> Observed:
    return Observed() if row is None else observed(row)


def _as_stored(row: Finding | None, now: datetime, pieces: Sequence[EvidencePiece]) -> SentFinding:
    """The finding as it is, with more evidence."""
    if row is None:
        return sent_as_finding(Observed(), now, pieces, _NOWHERE)
    place = {"latitude": row.latitude, "longitude": row.longitude, "accuracy_m": row.accuracy_m}
    return sent_as_finding(observed(row), row.observed_at, pieces, place)


def _stale(keys: Sequence[str]) -> Problem:
    detail = (
        "Indikator ini sudah diubah dari tempat lain sejak halaman ini dibuka. Periksa, lalu simpan lagi."
    )
    faults = [{"indicator": key, "detail": detail} for key in keys]
    return Problem("wrong_state", what=detail, extra={"faults": faults})


async def _remove(session: AsyncSession, viewer: Viewer, now: datetime, sheet: Sheet) -> int:
    """Takes away the one piece of evidence whose button sent the form."""
    key, _, piece = sheet.form.values.get("hapus", "").partition(" ")
    if not piece:
        return 0
    evidence_id = uuid_in(piece, "no_such_evidence")
    await acts.remove_evidence(session, viewer, now, sheet.visit_id, key, evidence_id)
    return 1


def _mark(form: Form, problem: Problem) -> None:
    """Puts each refusal beside its indicator."""
    for one in problem.extra.get("faults", []):
        form.fault(place_of(one["indicator"]), "%(said)s", said=one["detail"])
    if not form.faults:
        form.fault("", "%(said)s", said=problem.detail)


async def _shown_again(request: Asking, viewer: Viewer, sheet: Sheet, refusal: Problem | None) -> BadForm:
    """The aspect once more, with everything typed in it; files that were good need not be chosen again."""
    async with request.app.state.database.reading() as session:
        whole = await whole_visit(session, viewer, sheet.visit_id)
    stored = offered(sheet.instrument, sheet.part, _observed(whole))
    # who saves once more has seen what stands there now
    sheet.form.values |= {name: value for name, value in stored.items() if name.startswith("was-")}
    return BadForm(
        request,
        _FILL,
        sheet.form,
        refusal.status if refusal else 422,
        held=sheet.held,
        **whole_facts(viewer, whole),
        **_part_facts(whole, sheet.part),
    )


def _saved(count: int) -> str:
    return f"{count} indikator tersimpan." if count else "Tidak ada yang berubah; semuanya sudah tersimpan."


# ── handing in ──


@get(SUBMISSION, access=Access.RECORD_VISITS)
async def submission_page(
    request: Asking, reading: Session, viewer: Seer, visit: FromPath[str]
) -> Response[Any]:
    """What is still missing, before the visit is out of its maker's hands."""
    visit_id = visit_id_in(visit)
    await _own_visit(reading, viewer, visit_id)
    facts = whole_facts(viewer, await whole_visit(reading, viewer, visit_id))
    if not facts["may_fill"]:
        return see_other(f"{VISITS}/{visit_id}")
    return page(request, _SUBMISSION, form=Form(), **facts, **_part_of(facts["whole"]))


@post(SUBMISSION, access=Access.RECORD_VISITS, status_code=303)
async def submit_visit(
    request: Asking, writing: Session, viewer: Seer, now: Now, visit: FromPath[str]
) -> Response[Any]:
    form = await sent(request)
    visit_id = visit_id_in(visit)
    try:
        await acts.submit(writing, viewer, now, visit_id, form.values.get("catatan", ""))
    except Problem as problem:
        if problem.code in ("foreign_visit", "unknown_visit"):
            raise
        form.fault("", "%(said)s", said=problem.detail)
        facts = whole_facts(viewer, await whole_visit(writing, viewer, visit_id))
        raise BadForm(
            request, _SUBMISSION, form, problem.status, **facts, **_part_of(facts["whole"])
        ) from problem
    return see_other(f"{VISITS}/{visit_id}", pesan=f"Kunjungan sudah diserahkan dan {STATES[SUBMITTED]}.")


def _part_of(whole: Whole) -> dict[str, Any]:
    """Where each indicator is filled in."""
    place: dict[str, tuple[Part, Indicator]] = {
        entry.indicator.key: (score.part, entry.indicator)
        for score, entries in whole.parts
        for entry in entries
    }
    return {"place": place}


def refuse_too_large(request: Asking, _error: RequestEntityTooLarge) -> Response[bytes]:
    """A body so large that not even its form is read."""
    return refusal_page(request, Problem("too_large", most=f"{BODY_MOST_MB} MB"))


routes = [
    Router(
        "/",
        route_handlers=[fill_page, save_part, submission_page, submit_visit],
        after_request=keep_private,
        exception_handlers={BadForm: show_again, RequestEntityTooLarge: refuse_too_large},
    )
]
