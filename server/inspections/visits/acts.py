"""What is done with a visit, whoever brings the request: begin it, record findings, hand it in, verify or return it.

Each act runs in the caller's transaction and refuses by raising a Problem, so nothing of it is half applied.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.database import milliseconds
from server.inspections.api import time_told
from server.inspections.evidence import storage as evidence
from server.inspections.evidence.awaited.storage import given_up
from server.inspections.instrument import Instrument
from server.inspections.scoring import Judged, Observed, score_of
from server.inspections.storage import findings_of, judged, proof_of, visit_of_evaluation
from server.inspections.tables import Finding, Visit
from server.inspections.visit import (
    EDITABLE,
    MOVES,
    RETURNED,
    STATES,
    SUBMITTED,
    VERIFIED,
    WITHDRAWN,
    Awaited,
    Lack,
    lacks,
)
from server.inspections.visits import storage
from server.inspections.visits.admission import still_open, unfinished, visit_to_begin
from server.inspections.visits.entered import (
    all_bad,
    bad,
    indicator_of,
    judged_as,
    observed_in,
    refuse_absurd,
)
from server.inspections.visits.storage import Place, VisitAt
from server.inspections.visits.told import incomplete, lacks_told, value_told
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

Proof = tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[Awaited]]]
"""What `proof_of` tells."""


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
    if (kept := await storage.visit_at(session, visit_id)) is not None:
        return _begun_before(viewer, sent, kept)
    refuse_absurd(sent.made_at, "made_at")
    visit = await visit_to_begin(session, viewer, now, visit_id, sent)
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
    return Outcome(True, _visit_told(VisitAt(visit, sent.unit, sent.service)))


def _begun_before(viewer: Viewer, sent: SentVisit, kept: VisitAt) -> Outcome:
    visit = kept.visit
    known = (visit.evaluation_id, kept.unit, kept.service, visit.form, milliseconds(visit.made_at))
    said = (sent.evaluation, sent.unit, sent.service, sent.form, milliseconds(sent.made_at))
    if visit.person_id != viewer.person_id or known != said:
        raise Problem("id_taken")
    return Outcome(False, _visit_told(kept))


def _visit_told(at: VisitAt) -> dict[str, Any]:
    visit = at.visit
    return {
        "id": str(visit.id),
        "evaluation": visit.evaluation_id,
        "unit": at.unit,
        "service": at.service,
        "form": visit.form,
        "team": visit.team,
        "state": visit.state,
        "made_at": time_told(visit.made_at),
        "received_at": time_told(visit.received_at),
    }


# ── recording ──


async def accept_finding(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, key: str, sent: SentFinding
) -> Outcome:
    """What was found at one indicator; evidence that is not there yet never hinders saving."""
    visit, instrument = await _being_made(session, viewer, visit_id)
    is_new, value = await _record(session, viewer, now, visit, instrument, key, sent)
    return Outcome(is_new, _finding_told(instrument, key, value, await proof_of(session, visit.id)))


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
        raise all_bad(faults)
    proof = await proof_of(session, visit.id)
    return [
        Outcome(is_new, _finding_told(instrument, key, value, proof))
        for key, (is_new, value) in values.items()
    ]


async def empty_finding(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, key: str
) -> Outcome:
    """An indicator is not filled in any more, and what proved it goes with it; its records stay."""
    visit, instrument = await _being_made(session, viewer, visit_id)
    indicator = indicator_of(instrument, key)
    kept = await storage.finding(session, visit.id, key)
    pieces = await storage.evidence_of(session, visit.id, key)
    for piece in pieces:
        await evidence.removed(session, viewer, now, visit, indicator, piece.id)
    was_awaited = await given_up(session, visit.id, key)
    if kept is not None:
        before = msgspec.json.decode(kept.observed)
        await storage.empty_finding(session, now, viewer, kept)
        await audit.record(session, now, viewer, "finding_emptied", f"visit {visit.id}/{key}", before=before)
    is_new = kept is not None or bool(pieces) or bool(was_awaited)
    if is_new:
        _put_forward(visit)
    return Outcome(is_new, _finding_told(instrument, key, Judged(None), await proof_of(session, visit.id)))


async def remove_evidence(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, key: str, evidence_id: UUID
) -> Outcome:
    """A piece of evidence no longer shows this finding."""
    visit, instrument = await _being_made(session, viewer, visit_id)
    if await evidence.removed(session, viewer, now, visit, indicator_of(instrument, key), evidence_id):
        _put_forward(visit)
    value = (await _judged(session, visit, instrument)).get(key, Judged(None))
    return Outcome(True, _finding_told(instrument, key, value, await proof_of(session, visit.id)))


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
    indicator = indicator_of(instrument, key)
    refuse_absurd(sent.observed_at, "observed_at")
    observed = observed_in(sent)
    value = judged_as(instrument, indicator, observed)
    place = Place(sent.latitude, sent.longitude, sent.accuracy_m)
    kept = await storage.finding(session, visit.id, key)
    before = None if kept is None else _said(kept)
    is_new = before != (observed, milliseconds(sent.observed_at), place)
    is_late = is_new and await storage.is_late(session, visit.id, key, observed, sent.observed_at)
    if is_late:
        is_new = False
        value = Judged(None) if before is None else judged_as(instrument, indicator, before[0])
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
        has_more = await evidence.attach(
            session, viewer, now, visit, indicator, "finding", sent.evidence, brings_back=not is_late
        )
    else:
        has_more = False
    if is_new or has_more:
        _put_forward(visit)
    return is_new, value


def _put_forward(visit: Visit) -> None:
    """A phone that still goes on from the revision before brings a conflict, not the loss of what was written here."""
    visit.revision += 1
    visit.body_sha256 = None


def _said(kept: Finding) -> tuple[Observed, int, Place]:
    return (
        msgspec.json.decode(kept.observed, type=Observed),
        milliseconds(kept.observed_at),
        Place(kept.latitude, kept.longitude, kept.accuracy_m),
    )


async def _being_made(session: AsyncSession, viewer: Viewer, visit_id: UUID) -> tuple[Visit, Instrument]:
    """The viewer's own visit while it can be changed."""
    # a file that it awaits arrives before or after, never at the same moment
    await storage.take_turn(session, viewer.person_id)
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
    await still_open(session, visit, evaluation)
    return visit, instrument


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
    # who hands it in stands for all of it, whoever brought it before
    visit.submitted_at, visit.brought_by = now, None
    await _move(session, viewer, now, visit, SUBMITTED, note=note)
    return Outcome(True, _state_told(visit, missing))


async def verify(
    session: AsyncSession, viewer: Viewer, now: datetime, visit_id: UUID, note: str = ""
) -> Outcome:
    """Somebody else has checked a visit that lacks nothing: from now on it counts."""
    visit, evaluation, instrument = await visit_of_evaluation(session, viewer, visit_id)
    await still_open(session, visit, evaluation)
    # whoever brought it in a file could have written the file
    if viewer.person_id in (visit.person_id, visit.brought_by):
        raise Problem("own_work")
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
    await still_open(session, visit, evaluation)
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
        raise bad("reason", "reason", f"Tulis alasan pembatalan, paling sedikit {WITHDRAWAL_LEAST} huruf.")
    if visit.state == WITHDRAWN:
        return Outcome(False, _state_told(visit, []))
    # also where the unit was taken out of the evaluation: a draft there would be in its maker's way for ever
    await unfinished(session, visit, evaluation)
    _refuse_move(visit, WITHDRAWN)
    await _move(session, viewer, now, visit, WITHDRAWN, note=reason)
    return Outcome(True, _state_told(visit, await _lacks(session, visit, instrument)))


def _reasons(instrument: Instrument, sent: Mapping[str, str]) -> dict[str, str]:
    reasons = {key: readable(reason) for key, reason in sent.items()}
    for key, reason in reasons.items():
        indicator_of(instrument, key)
        if not reason or len(reason) > REASON_MOST:
            raise bad(
                key, "reason", f"Tulis alasan untuk indikator {key}, paling banyak {REASON_MOST} huruf."
            )
    if not reasons:
        raise bad("reasons", "reason", "Tulis paling sedikit satu indikator dan alasan pengembaliannya.")
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
        raise bad("note", "too_long", f"Catatan paling banyak {NOTE_MOST} huruf.")
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
    return lacks(instrument, values, *await proof_of(session, visit.id))


async def _incomplete(
    session: AsyncSession, visit: Visit, instrument: Instrument, missing: list[Lack]
) -> Problem:
    return incomplete(score_of(instrument, await _judged(session, visit, instrument)), missing)


# ── what is answered ──


def _state_told(visit: Visit, missing: list[Lack]) -> dict[str, Any]:
    return {
        "id": str(visit.id),
        "state": visit.state,
        "submitted_at": time_told(visit.submitted_at),
        "verified_at": time_told(visit.verified_at),
        "lacks": lacks_told(missing),
    }


def _finding_told(instrument: Instrument, key: str, value: Judged, proof: Proof) -> dict[str, Any]:
    missing = [lack for lack in lacks(instrument, {key: value}, *proof) if lack.indicator == key]
    return {"indicator": key, **value_told(value), "lacks": lacks_told(missing)}
