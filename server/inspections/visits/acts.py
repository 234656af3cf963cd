"""What is done with a visit, whoever brings the request: begin it, record findings, hand it in, verify or return it.

Each act runs in the caller's transaction and refuses by raising a Problem, so nothing of it is half applied.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Role, Viewer
from server.database import instant, milliseconds
from server.inspections.api import time_told
from server.inspections.evaluations.storage import assignment_for
from server.inspections.evidence import storage as evidence
from server.inspections.instrument import Indicator, Instrument
from server.inspections.scoring import BadFinding, Judged, Observed, judge, score_of
from server.inspections.storage import (
    EVALUATION,
    SELF_ASSESSMENT,
    evaluation_seen_by,
    evidence_kinds,
    findings_of,
    hold_locus,
    instrument_of,
    judged,
    locus_seen_by,
    visit_of_evaluation,
)
from server.inspections.tables import Evaluation, Finding, Locus, Visit
from server.inspections.visit import (
    DRAFT,
    EDITABLE,
    FINAL,
    MOVES,
    RETURNED,
    STATES,
    SUBMITTED,
    VERIFIED,
    WITHDRAWN,
    Lack,
    lacks,
)
from server.inspections.visits import storage
from server.inspections.visits.storage import Place
from server.inspections.visits.told import lacks_told, value_told
from server.inspections.visits.wire import (
    NOTE_MOST,
    REASON_MOST,
    WITHDRAWAL_LEAST,
    SentFinding,
    SentFindings,
    SentReturn,
    SentVisit,
)
from server.problems import Problem
from server.texts import readable
from server.units.storage import unit_by_slug

SENTENCES_MOST = 5

_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")


class Outcome(msgspec.Struct, frozen=True):
    """What an act leads to: `is_new` where a visit, a record of a finding or a step of a visit was added by it."""

    is_new: bool
    document: dict[str, Any]


# ── beginning ──


async def accept_visit(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, sent: SentVisit
) -> Outcome:
    """A visit begins; the same one sent again is the same visit."""
    await storage.take_turn(session, viewer.person_id)
    if (kept := await storage.visit_with_slugs(session, visit_id)) is not None:
        return _begun_before(viewer, sent, *kept)
    _refuse_absurd(sent.made_at, "made_at")
    visit = await _visit_of(session, viewer, now, visit_id, sent)
    if (other := await storage.unfinished_like(session, visit)) is not None:
        raise Problem(
            "wrong_state",
            what=f"Anda sudah punya kunjungan di tempat ini ({other}). Lanjutkan kunjungan itu.",
            extra={"visit": str(other)},
        )
    if not await storage.begin(session, visit):
        raise Problem("id_taken")
    await storage.add_step(session, now, viewer, visit)
    await audit.record(
        session, now, viewer, "visit_begun", f"visit {visit_id}", after=msgspec.to_builtins(sent)
    )
    return Outcome(True, _visit_told(visit, sent.unit, sent.service))


def _begun_before(viewer: Viewer, sent: SentVisit, visit: Visit, unit: str, service: str | None) -> Outcome:
    known = (visit.evaluation_id, unit, service, visit.form, milliseconds(visit.made_at))
    said = (sent.evaluation, sent.unit, sent.service, sent.form, milliseconds(sent.made_at))
    if visit.person_id != viewer.person_id or known != said:
        raise Problem("id_taken")
    return Outcome(False, _visit_told(visit, unit, service))


def _visit_told(visit: Visit, unit: str, service: str | None) -> dict[str, Any]:
    return {
        "id": str(visit.id),
        "evaluation": visit.evaluation_id,
        "unit": unit,
        "service": service,
        "form": visit.form,
        "team": visit.team,
        "state": visit.state,
        "made_at": time_told(visit.made_at),
        "received_at": time_told(visit.received_at),
    }


async def _visit_of(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, sent: SentVisit
) -> Visit:
    """The visit that the viewer may begin."""
    _refuse_form(viewer, sent.form)
    evaluation, unit_id, team, service_id = await (
        _own_unit(session, viewer, sent)
        if sent.form == SELF_ASSESSMENT
        else _assigned_unit(session, viewer, sent)
    )
    if evaluation.closed_at is not None:
        raise _closed()
    locus = await hold_locus(session, evaluation.id, unit_id)
    if await storage.is_pinned(session, evaluation.id, unit_id):
        raise Problem("wrong_state", what="Nilai unit ini dalam evaluasi ini sudah final.")
    _refuse_removed(locus)
    return Visit(
        id=visit_id,
        evaluation_id=evaluation.id,
        unit_id=unit_id,
        service_id=service_id,
        form=sent.form,
        team=team,
        person_id=viewer.person_id,
        state=DRAFT,
        # as it comes back from the database
        made_at=instant(milliseconds(sent.made_at)),
        received_at=now,
    )


def _refuse_form(viewer: Viewer, form: str) -> None:
    """A unit assesses itself on F-01; whoever comes from outside fills F-02 in."""
    expected = SELF_ASSESSMENT if viewer.role is Role.OFFICER else EVALUATION
    if form != expected:
        raise Problem("forbidden", field="form")


async def _own_unit(
    session: AsyncSession, viewer: Viewer, sent: SentVisit
) -> tuple[Evaluation, int, str, int | None]:
    """The officer's unit, or one below it, that assesses itself."""
    evaluation = await evaluation_seen_by(session, viewer, sent.evaluation)
    locus, _ = await locus_seen_by(session, viewer, sent.evaluation, sent.unit)
    instrument = await instrument_of(session, evaluation.edition)
    if all(form.code != SELF_ASSESSMENT for form in instrument.forms):
        raise _bad("form", "unknown_form", "Instrumen evaluasi ini tidak mengenal penilaian mandiri (F-01).")
    return evaluation, locus.unit_id, "", await _service_id(session, instrument, locus.unit_id, sent.service)


async def _assigned_unit(
    session: AsyncSession, viewer: Viewer, sent: SentVisit
) -> tuple[Evaluation, int, str, int | None]:
    """The unit that the inspector is assigned to, and as which team."""
    evaluation = await session.get(Evaluation, sent.evaluation)
    if evaluation is None:
        raise Problem("unknown_evaluation")
    unit = await unit_by_slug(session, sent.unit)
    if unit is None:
        raise Problem("unknown_unit", field="unit")
    instrument = await instrument_of(session, evaluation.edition)
    service_id = await _service_id(session, instrument, unit.id, sent.service)
    assigned = await assignment_for(session, viewer.person_id, evaluation.id, unit.id, service_id)
    if assigned is None:
        raise Problem("not_assigned")
    # a unit that was taken off the list since is not visited any more
    await locus_seen_by(session, viewer, evaluation.id, unit.slug)
    return evaluation, unit.id, assigned.team, service_id


async def _service_id(
    session: AsyncSession, instrument: Instrument, unit_id: int, slug: str | None
) -> int | None:
    """The public service that is observed: exactly where the instrument looks at products."""
    if instrument.per == "unit":
        if slug is not None:
            raise _bad(
                "service", "foreign_service", "Instrumen ini menilai unit, bukan layanan: kosongkan layanan."
            )
        return None
    if slug is None:
        raise _bad("service", "no_service", "Instrumen ini menilai tiap layanan: pilih layanannya.")
    service = await storage.service_of(session, unit_id, slug)
    if service is None:
        raise Problem("unknown_public_service", field="service")
    return service.id


# ── recording ──


async def accept_finding(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, key: str, sent: SentFinding
) -> Outcome:
    """What was found at one indicator; evidence that is not there yet never hinders saving."""
    visit, instrument = await _being_made(session, viewer, visit_id)
    is_new, value = await _record(session, viewer, now, visit, instrument, key, sent)
    return Outcome(is_new, _finding_told(instrument, key, value, await evidence_kinds(session, visit.id)))


async def accept_findings(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, sent: SentFindings
) -> list[Outcome]:
    """Many findings at once, all or none; every bad one is named."""
    visit, instrument = await _being_made(session, viewer, visit_id)
    values: dict[str, tuple[bool, Judged]] = {}
    faults: dict[str, Problem] = {}
    for key, one in sent.findings.items():
        try:
            values[key] = await _record(session, viewer, now, visit, instrument, key, one)
        except Problem as problem:
            faults[key] = problem
    if faults:
        raise Problem(
            "bad_finding",
            what=_told_shortly([f"{key[:40]}: {problem.detail}" for key, problem in faults.items()]),
            extra={"faults": [_fault_told(key, problem) for key, problem in faults.items()]},
        )
    kinds = await evidence_kinds(session, visit.id)
    return [
        Outcome(is_new, _finding_told(instrument, key, value, kinds))
        for key, (is_new, value) in values.items()
    ]


def _told_shortly(sentences: list[str]) -> str:
    """The first few, for people; programs get all of them."""
    rest = len(sentences) - SENTENCES_MOST
    return " ".join([*sentences[:SENTENCES_MOST], *([f"Dan {rest} temuan lain."] if rest > 0 else [])])


def _fault_told(key: str, problem: Problem) -> dict[str, Any]:
    return {
        "indicator": key,
        "code": problem.code,
        "field": problem.field,
        "detail": problem.detail,
        **problem.extra,
    }


async def empty_finding(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, key: str
) -> Outcome:
    """An indicator is not filled in any more, and what proved it goes with it; its records stay."""
    visit, instrument = await _being_made(session, viewer, visit_id)
    indicator = _indicator(instrument, key)
    kept = await storage.finding(session, visit.id, key)
    pieces = await storage.evidence_of(session, visit.id, key)
    for piece in pieces:
        await evidence.removed(session, viewer, now, visit, indicator, piece.id)
    if kept is not None:
        before = msgspec.json.decode(kept.observed)
        await storage.empty_finding(session, now, viewer, kept)
        await audit.record(session, now, viewer, "finding_emptied", f"visit {visit.id}/{key}", before=before)
    is_new = kept is not None or bool(pieces)
    return Outcome(
        is_new, _finding_told(instrument, key, Judged(None), await evidence_kinds(session, visit.id))
    )


async def remove_evidence(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, key: str, evidence_id: UUID
) -> Outcome:
    """A piece of evidence no longer shows this finding."""
    visit, instrument = await _being_made(session, viewer, visit_id)
    await evidence.removed(session, viewer, now, visit, _indicator(instrument, key), evidence_id)
    value = (await _judged(session, visit, instrument)).get(key, Judged(None))
    return Outcome(True, _finding_told(instrument, key, value, await evidence_kinds(session, visit.id)))


async def _record(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    visit: Visit,
    instrument: Instrument,
    key: str,
    sent: SentFinding,
) -> tuple[bool, Judged]:
    """Stores a finding and its evidence; whether anything changed, and the finding's value.

    A record that comes once more after a later one, or after it was emptied, brings nothing back.
    """
    indicator = _indicator(instrument, key)
    _refuse_absurd(sent.observed_at, "observed_at")
    observed = _observed(sent)
    value = _judge(instrument, indicator, observed)
    place = Place(sent.latitude, sent.longitude, sent.accuracy_m)
    kept = await storage.finding(session, visit.id, key)
    before = None if kept is None else _said(kept)
    is_new = before != (observed, milliseconds(sent.observed_at), place)
    is_late = is_new and await storage.is_late(session, visit.id, key, observed, sent.observed_at)
    if is_late:
        is_new = False
        value = Judged(None) if before is None else _judge(instrument, indicator, before[0])
    if is_new:
        await storage.keep_finding(
            session, now, viewer, (visit.id, key), observed, sent.observed_at, place, kept
        )
        await audit.record(
            session,
            now,
            viewer,
            "finding_recorded",
            f"visit {visit.id}/{key}",
            before=msgspec.to_builtins(before[0]) if before else None,
            after=msgspec.to_builtins(observed),
        )
    if sent.evidence and (is_new or before):
        await evidence.attach(
            session, viewer, now, visit, indicator, "finding", sent.evidence, brings_back=not is_late
        )
    return is_new, value


def _said(kept: Finding) -> tuple[Observed, int, Place]:
    return (
        msgspec.json.decode(kept.observed, type=Observed),
        milliseconds(kept.observed_at),
        Place(kept.latitude, kept.longitude, kept.accuracy_m),
    )


def _observed(sent: SentFinding) -> Observed:
    note = readable(sent.note)
    if len(note) > NOTE_MOST:
        raise _bad("note", "too_long", f"Catatan paling banyak {NOTE_MOST} huruf.")
    return Observed(
        value=_decimal(sent.value),
        items=sent.items,
        done=sent.done,
        planned=sent.planned,
        months=sent.months,
        is_not_applicable=sent.not_applicable,
        note=note,
    )


def _decimal(value: float | str | None) -> Decimal | None:
    """A value as exactly as it was written; a binary fraction is not what anybody wrote."""
    if value is None:
        return None
    if isinstance(value, float) or _DECIMAL.fullmatch(str(value)) is None:
        raise _bad(
            "value", "not_exact", "Tulis nilai sebagai bilangan bulat atau teks dengan titik, misalnya “2.5”."
        )
    return Decimal(value)


def _judge(instrument: Instrument, indicator: Indicator, observed: Observed) -> Judged:
    try:
        return judge(instrument, indicator, observed)
    except BadFinding as bad:
        raise _bad(bad.field, bad.code, bad.detail) from bad


def _indicator(instrument: Instrument, key: str) -> Indicator:
    found = instrument.indicator(key)
    if found is None:
        raise _bad("indicator", "unknown_indicator", f"Instrumen ini tidak memuat indikator “{key[:40]}”.")
    return found


def _refuse_absurd(moment: datetime, field: str) -> None:
    """A time that no clock could mean. One that is years off is kept: it is a claim, and ours stands beside it."""
    if not 1970 <= moment.year <= 2100:
        raise _bad(
            field,
            "absurd_time",
            "Waktunya tidak mungkin: periksa jam dan tanggal perangkat, lalu kirim lagi.",
        )


def _bad(field: str, reason: str, detail: str) -> Problem:
    return Problem("bad_finding", what=detail, field=field, extra={"reason": reason})


async def _being_made(session: AsyncSession, viewer: Viewer, visit_id: UUID) -> tuple[Visit, Instrument]:
    """The viewer's own visit while it can be changed."""
    visit, instrument = await _own(session, viewer, visit_id)
    if visit.state not in EDITABLE:
        raise Problem(
            "wrong_state",
            what=f"Kunjungan ini {STATES[visit.state]} dan tidak dapat diubah. "
            "Minta koordinator mengembalikannya bila ada yang keliru.",
            extra={"state": visit.state},
        )
    return visit, instrument


async def _own(session: AsyncSession, viewer: Viewer, visit_id: UUID) -> tuple[Visit, Instrument]:
    visit, evaluation, instrument = await visit_of_evaluation(session, viewer, visit_id)
    if visit.person_id != viewer.person_id:
        raise Problem("foreign_visit")
    await _still_open(session, visit, evaluation)
    return visit, instrument


async def _still_open(session: AsyncSession, visit: Visit, evaluation: Evaluation) -> None:
    """Takes hold of a visit that can still change."""
    _refuse_removed(await _unfinished(session, visit, evaluation))


async def _unfinished(session: AsyncSession, visit: Visit, evaluation: Evaluation) -> Locus:
    """Takes hold of a visit that is not final; its unit may have been taken out of the evaluation."""
    locus = await storage.lock(session, visit)
    if visit.state == FINAL or await storage.is_pinned(session, visit.evaluation_id, visit.unit_id):
        raise Problem("final")
    if evaluation.closed_at is not None:
        raise _closed()
    return locus


def _refuse_removed(locus: Locus) -> None:
    if locus.removed_at is not None:
        raise Problem(
            "wrong_state",
            what="Unit ini sudah dikeluarkan dari evaluasi, jadi tidak ada yang dicatat lagi di sini. "
            "Hubungi koordinator bila keliru.",
        )


def _closed() -> Problem:
    return Problem("wrong_state", what="Evaluasi ini sudah ditutup; tidak ada kunjungan yang diubah lagi.")


# ── handing in, verifying, returning ──


async def submit(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, note: str = ""
) -> Outcome:
    """Hands a visit in once every indicator is filled; evidence that is missing only warns."""
    visit, instrument = await _own(session, viewer, visit_id)
    missing = await _lacks(session, visit, instrument)
    if visit.state == SUBMITTED:
        return Outcome(False, _state_told(visit, missing))
    _refuse_move(visit, SUBMITTED)
    if unfilled := [lack for lack in missing if lack.code == "not_filled"]:
        raise await _incomplete(session, visit, instrument, unfilled)
    visit.submitted_at = now
    await _move(session, viewer, now, visit, SUBMITTED, note=note)
    return Outcome(True, _state_told(visit, missing))


async def verify(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, note: str = ""
) -> Outcome:
    """Somebody else has checked a visit that lacks nothing: from now on it counts."""
    visit, evaluation, instrument = await visit_of_evaluation(session, viewer, visit_id)
    if visit.person_id == viewer.person_id:
        raise Problem("own_work")
    await _still_open(session, visit, evaluation)
    if visit.state == VERIFIED:
        return Outcome(False, _state_told(visit, []))
    _refuse_move(visit, VERIFIED)
    if missing := await _lacks(session, visit, instrument):
        raise await _incomplete(session, visit, instrument, missing)
    visit.verified_at, visit.verified_by = now, viewer.person_id
    await _move(session, viewer, now, visit, VERIFIED, note=note)
    return Outcome(True, _state_told(visit, []))


async def send_back(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, sent: SentReturn
) -> Outcome:
    """A visit goes back to whoever made it, with the reasons indicator by indicator."""
    visit, evaluation, instrument = await visit_of_evaluation(session, viewer, visit_id)
    reasons = _reasons(instrument, sent.reasons)
    await _still_open(session, visit, evaluation)
    _refuse_move(visit, RETURNED)
    visit.verified_at = visit.verified_by = None
    await _move(session, viewer, now, visit, RETURNED, note=sent.note, reasons=reasons)
    return Outcome(True, _state_told(visit, await _lacks(session, visit, instrument)))


async def withdraw(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, reason: str
) -> Outcome:
    """Sets a visit aside that will not be finished: by who began it, or the bureau. All it holds is kept."""
    visit, evaluation, instrument = await visit_of_evaluation(session, viewer, visit_id)
    if visit.person_id != viewer.person_id and not viewer.is_bureau:
        raise Problem("foreign_visit")
    if len(readable(reason)) < WITHDRAWAL_LEAST:
        raise _bad("reason", "reason", f"Tulis alasan pembatalan, paling sedikit {WITHDRAWAL_LEAST} huruf.")
    if visit.state == WITHDRAWN:
        return Outcome(False, _state_told(visit, []))
    # also where the unit was taken out of the evaluation: a draft there would be in its maker's way for ever
    await _unfinished(session, visit, evaluation)
    _refuse_move(visit, WITHDRAWN)
    await _move(session, viewer, now, visit, WITHDRAWN, note=reason)
    return Outcome(True, _state_told(visit, await _lacks(session, visit, instrument)))


def _reasons(instrument: Instrument, sent: Mapping[str, str]) -> dict[str, str]:
    reasons = {key: readable(reason) for key, reason in sent.items()}
    for key, reason in reasons.items():
        _indicator(instrument, key)
        if not reason or len(reason) > REASON_MOST:
            raise _bad(
                key, "reason", f"Tulis alasan untuk indikator {key}, paling banyak {REASON_MOST} huruf."
            )
    if not reasons:
        raise _bad("reasons", "reason", "Tulis paling sedikit satu indikator dan alasan pengembaliannya.")
    return reasons


def _refuse_move(visit: Visit, state: str) -> None:
    if visit.state not in MOVES[state]:
        raise Problem(
            "wrong_state",
            what=f"Kunjungan ini {STATES[visit.state]}; hanya yang "
            f"{' atau '.join(told for one, told in STATES.items() if one in MOVES[state])} "
            f"dapat menjadi {STATES[state]}.",
            extra={"state": visit.state},
        )


async def _move(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    visit: Visit,
    state: str,
    *,
    note: str,
    reasons: Mapping[str, str] | None = None,
) -> None:
    """Takes a visit to a state, and remembers who did and why."""
    note = readable(note)
    if len(note) > NOTE_MOST:
        raise _bad("note", "too_long", f"Catatan paling banyak {NOTE_MOST} huruf.")
    before, visit.state = visit.state, state
    await storage.add_step(session, now, viewer, visit, note, reasons)
    await audit.record(
        session,
        now,
        viewer,
        f"visit_{state}",
        f"visit {visit.id}",
        reason=note,
        before={"state": before},
        after={"state": state, **({"reasons": reasons} if reasons else {})},
    )


async def _judged(session: AsyncSession, visit: Visit, instrument: Instrument) -> dict[str, Judged]:
    return judged(instrument, (await findings_of(session, [visit.id]))[visit.id])


async def _lacks(session: AsyncSession, visit: Visit, instrument: Instrument) -> list[Lack]:
    values = await _judged(session, visit, instrument)
    return lacks(instrument, values, await evidence_kinds(session, visit.id))


async def _incomplete(
    session: AsyncSession, visit: Visit, instrument: Instrument, missing: list[Lack]
) -> Problem:
    """The refusal of a visit that lacks something, naming all of it."""
    score = score_of(instrument, await _judged(session, visit, instrument))
    unfilled = [lack.indicator for lack in missing if lack.code == "not_filled"]
    unproven = [lack.indicator for lack in missing if lack.code == "no_evidence"]
    said = []
    if unfilled:
        said.append(f"Kunjungan ini {score.status}. Isi dahulu indikator {', '.join(unfilled)}.")
    if unproven:
        said.append(f"Lengkapi dahulu bukti untuk indikator {', '.join(unproven)}.")
    return Problem("incomplete_visit", what=" ".join(said), extra={"lacks": lacks_told(missing)})


# ── what is answered ──


def _state_told(visit: Visit, missing: list[Lack]) -> dict[str, Any]:
    return {
        "id": str(visit.id),
        "state": visit.state,
        "submitted_at": time_told(visit.submitted_at),
        "verified_at": time_told(visit.verified_at),
        "lacks": lacks_told(missing),
    }


def _finding_told(
    instrument: Instrument, key: str, value: Judged, kinds: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    missing = [lack for lack in lacks(instrument, {key: value}, kinds) if lack.indicator == key]
    return {"indicator": key, **value_told(value), "lacks": lacks_told(missing)}
