"""A visit arrives whole from a phone: begun, filled in and handed in by one record, or replaced by the next revision.

Half of a record is never stored, and everything that is wrong with its findings is said at once. Photos may follow:
what a phone still has is awaited, and hinders nothing but verification. `releasing` is for what a coordinator takes
in although it was in conflict or out of date.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Access, Viewer
from server.clock import Clock
from server.database import milliseconds
from server.inspections.evidence.awaited import storage as evidence
from server.inspections.evidence.awaited.storage import Exchanged, Here, Shown
from server.inspections.evidence.files import Files
from server.inspections.evidence.wire import PhonePiece, faults
from server.inspections.instrument import Indicator, Instrument
from server.inspections.scoring import Judged, Observed, score_of
from server.inspections.storage import decoded, visit_of_evaluation
from server.inspections.tables import Edition, Evaluation, Visit
from server.inspections.visit import EDITABLE, STATES, SUBMITTED, lacks
from server.inspections.visits import acts, storage
from server.inspections.visits.admission import still_open, visit_to_begin
from server.inspections.visits.entered import (
    all_bad,
    bad,
    indicator_of,
    judged_as,
    observed_in,
    refuse_absurd,
)
from server.inspections.visits.phone_wire import (
    InspectionBody,
    PhoneFinding,
    photos_named,
    read_body,
    read_finding,
)
from server.inspections.visits.storage import Place, Recorded, VisitAt
from server.inspections.visits.told import incomplete
from server.inspections.visits.wire import NOTE_MOST, SentVisit
from server.phones import Accept, Awaited, ClockMark, Corrected, Pushed, Taken, corrected
from server.problems import Problem
from server.texts import readable

DOUBTS = ("", "no_contact", "ahead", "changed")
"""From sure to worst."""

SKEW_MOST = timedelta(days=100 * 365)
"""A clock further off says nothing, and a date corrected by it would leave the calendar."""


class Arrival(msgspec.Struct, frozen=True):
    """A record on its way in: who made it, when it came, and what it says."""

    secret: bytes
    viewer: Viewer
    """Its author, also where somebody else brings or releases it."""
    pushed: Pushed
    body: InspectionBody
    now: datetime
    is_released: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.pushed.body).hexdigest()

    @property
    def skew(self) -> timedelta | None:
        skew = self.pushed.skew
        return None if skew is None or abs(skew) > SKEW_MOST else skew

    def by_our_clock(self, claimed: datetime, mark: ClockMark | None) -> Corrected:
        return corrected(self.secret, claimed, mark, self.skew, self.pushed.received_at)

    @property
    def end(self) -> Corrected:
        return self.by_our_clock(self.body.finished_at, self.body.clock)


class Entered(msgspec.Struct, frozen=True):
    """What a record says of one indicator, read and judged."""

    sent: PhoneFinding
    observed: Observed
    value: Judged
    corrected: Corrected

    @property
    def place(self) -> Place:
        return Place(self.sent.latitude, self.sent.longitude, self.sent.accuracy_m)


def started(arrival: Arrival, entered: Iterable[Entered]) -> Corrected:
    """Its beginning carries no mark: it was so long before whatever came next, for later the phone's clock may have
    been set."""
    body = arrival.body
    moments = [(body.finished_at, arrival.end), *((one.sent.observed_at, one.corrected) for one in entered)]
    after = [(claimed - body.started_at, seen) for claimed, seen in moments if claimed >= body.started_at]
    if not after:
        return Corrected(arrival.end.at, "changed")
    passed, seen = min(after, key=lambda one: (one[0], DOUBTS.index(one[1].doubt)))
    return Corrected(seen.at - passed, seen.doubt)


def accepting(secret: bytes, files: Files) -> Accept:
    """What stores a record as it comes from a phone; `secret` signed the times that phones refer to."""

    async def accept_inspection(session: AsyncSession, viewer: Viewer, pushed: Pushed) -> Taken:
        body = read_body(pushed.body)
        return await _accept(
            session, files, Arrival(secret, viewer, pushed, body, pushed.received_at, is_released=False)
        )

    return accept_inspection


def releasing(secret: bytes, files: Files, clock: Clock) -> Accept:
    """What stores a record that a coordinator releases: it becomes the newest revision, or a visit in place of the
    unfinished one. What was verified or is final stays."""

    async def accept_released(session: AsyncSession, viewer: Viewer, pushed: Pushed) -> Taken:
        body = read_body(pushed.body)
        return await _accept(session, files, Arrival(secret, viewer, pushed, body, clock(), is_released=True))

    return accept_released


def owing(files: Files) -> Awaited:
    """What tells which photos of a record are still to come."""

    async def photos_owed(session: AsyncSession, viewer: Viewer, body: bytes) -> tuple[str, ...]:
        return await evidence.owed(session, viewer, files, photos_named(body))

    return photos_owed


async def _accept(session: AsyncSession, files: Files, arrival: Arrival) -> Taken:
    viewer, pushed = arrival.viewer, arrival.pushed
    _refuse_foreign(viewer, arrival.body)
    # a file that it refers to arrives before or after, never at the same moment
    await storage.take_turn(session, viewer.person_id)
    kept = await storage.visit_at(session, pushed.id)
    if kept is not None and kept.visit.person_id != viewer.person_id:
        raise Problem("id_taken")
    if kept is not None and _is_latest(kept.visit, arrival):
        # sent twice is sent once
        owed = await evidence.owed(session, viewer, files, photos_named(pushed.body))
        return Taken(kept.visit.revision, owed)
    visit = await (_begun(session, arrival) if kept is None else _gone_on(session, arrival, kept))
    edition, instrument = await _instrument(session, arrival, visit)
    entered, here = await _read(session, files, arrival, visit, instrument)
    if kept is None:
        start = started(arrival, entered.values())
        visit.corrected_at, visit.clock_doubt = start.at, start.doubt
    _refuse_withdrawn(arrival, visit, edition)
    _refuse_unfilled(instrument, entered)
    if kept is None and not await storage.begin(session, visit):
        raise Problem("id_taken")
    changes = await _record(session, arrival, visit, entered)
    exchanged = await evidence.exchange(session, viewer, arrival.now, visit, _shown(arrival, entered), here)
    await _hand_in(session, arrival, visit, is_new=kept is None)
    await _tell(session, arrival, visit, changes, exchanged)
    return Taken(visit.revision, exchanged.wanted)


# ── whose it is, and what it goes on from ──


def _is_latest(kept: Visit, arrival: Arrival) -> bool:
    latest = (arrival.sha256, arrival.pushed.base_revision + 1)
    return (kept.body_sha256, kept.revision) == latest


def _refuse_foreign(viewer: Viewer, body: InspectionBody) -> None:
    if body.person != viewer.username:
        raise Problem("not_their_work", person=body.person)
    if not viewer.may(Access.RECORD_VISITS):
        raise Problem("forbidden")
    refuse_absurd(body.started_at, "started_at")
    refuse_absurd(body.finished_at, "finished_at")
    if len(readable(body.note)) > NOTE_MOST:
        raise bad("note", "too_long", f"Catatan paling banyak {NOTE_MOST} huruf.")


async def _begun(session: AsyncSession, arrival: Arrival) -> Visit:
    """The visit that this record begins."""
    body = arrival.body
    said = SentVisit(body.evaluation, body.unit, body.started_at, body.service, body.form)
    visit = await visit_to_begin(session, arrival.viewer, arrival.pushed.received_at, arrival.pushed.id, said)
    visit.revision = arrival.pushed.base_revision
    if (other := await storage.unfinished_like(session, visit)) is None:
        return visit
    if not arrival.is_released:
        raise Problem("another_visit", extra={"current": {"visit": str(other)}})
    reason = f"Diganti oleh kunjungan {visit.id}, yang dipilih koordinator."
    await acts.withdraw(session, arrival.viewer, arrival.now, other, reason)
    return visit


async def _gone_on(session: AsyncSession, arrival: Arrival, kept: VisitAt) -> Visit:
    """The visit that this record replaces the latest revision of."""
    visit, evaluation, _ = await visit_of_evaluation(session, arrival.viewer, kept.visit.id)
    body = arrival.body
    known = (visit.evaluation_id, kept.unit, kept.service, visit.form)
    if known != (body.evaluation, body.unit, body.service, body.form):
        raise Problem("id_taken")
    await still_open(session, visit, evaluation)
    if visit.state not in EDITABLE | {SUBMITTED}:
        raise Problem(
            "wrong_state",
            what=f"Kunjungan ini {STATES[visit.state]} dan tidak dapat diganti. "
            "Minta koordinator mengembalikannya bila ada yang keliru.",
            extra={"state": visit.state},
        )
    if arrival.pushed.base_revision != visit.revision and not arrival.is_released:
        current = {"revision": visit.revision, "body_sha256": visit.body_sha256}
        raise Problem("stale_revision", extra={"current": current})
    return visit


async def _instrument(session: AsyncSession, arrival: Arrival, visit: Visit) -> tuple[Edition, Instrument]:
    """The instrument of the visit's evaluation, if the record was made with it."""
    evaluation = await session.get_one(Evaluation, visit.evaluation_id)
    if arrival.body.instrument != evaluation.edition:
        raise Problem("other_instrument")
    edition = await session.get_one(Edition, evaluation.edition)
    return edition, decoded(edition.sha256, edition.body)


def _refuse_withdrawn(arrival: Arrival, visit: Visit, edition: Edition) -> None:
    began_at = visit.corrected_at or visit.received_at
    is_withdrawn = edition.withdrawn_at is not None and edition.withdrawn_at < began_at
    if is_withdrawn and not arrival.is_released:
        raise Problem("withdrawn_instrument")


# ── what it says ──


async def _read(
    session: AsyncSession, files: Files, arrival: Arrival, visit: Visit, instrument: Instrument
) -> tuple[dict[str, Entered], Here]:
    """The findings of a record, and what is here of their evidence; refused with all that is wrong."""
    entered: dict[str, Entered] = {}
    wrong: dict[str, Problem] = {}
    for key, raw in arrival.body.findings.items():
        try:
            entered[key] = _entered(arrival, instrument, key, raw)
        except Problem as problem:
            wrong[key] = problem
    pieces = [piece for one in entered.values() for piece in one.sent.evidence]
    here = await evidence.here_of(session, arrival.viewer, files, visit.id, pieces)
    seen: set[Any] = set()
    for key, one in entered.items():
        for piece in one.sent.evidence:
            if piece.id in seen or evidence.is_taken(here, visit.id, key, piece):
                wrong[key] = Problem("id_taken", extra={"id": str(piece.id)})
            seen.add(piece.id)
    if wrong:
        raise all_bad(wrong)
    return {key: one for key, one in entered.items() if not _is_blank(one)}, here


def _entered(arrival: Arrival, instrument: Instrument, key: str, raw: msgspec.Raw) -> Entered:
    indicator = indicator_of(instrument, key)
    sent = read_finding(raw)
    refuse_absurd(sent.observed_at, "observed_at")
    observed = observed_in(sent)
    value = judged_as(instrument, indicator, observed)
    for piece in sent.evidence:
        _refuse_unfit(piece, indicator)
    return Entered(sent, observed, value, arrival.by_our_clock(sent.observed_at, sent.clock))


def _refuse_unfit(piece: PhonePiece, indicator: Indicator) -> None:
    if piece.captured_at is not None:
        refuse_absurd(piece.captured_at, "captured_at")
    for fault in faults(piece, indicator):
        raise Problem("bad_evidence", what=fault, extra={"id": str(piece.id)})


def _is_blank(one: Entered) -> bool:
    return one.observed == Observed() and not one.sent.evidence


def _refuse_unfilled(instrument: Instrument, entered: Mapping[str, Entered]) -> None:
    """Whatever else is missing only warns."""
    values = {key: one.value for key, one in entered.items()}
    if unfilled := [lack for lack in lacks(instrument, values, {}) if lack.code == "not_filled"]:
        raise incomplete(score_of(instrument, values), unfilled)


def _shown(arrival: Arrival, entered: Mapping[str, Entered]) -> list[Shown]:
    return [
        Shown(key, piece, arrival.by_our_clock(piece.captured_at, piece.clock) if piece.captured_at else None)
        for key, one in entered.items()
        for piece in one.sent.evidence
    ]


# ── what becomes of it ──


async def _record(
    session: AsyncSession, arrival: Arrival, visit: Visit, entered: Mapping[str, Entered]
) -> dict[str, dict[str, Any]]:
    """Makes these findings all that the visit found; tells what changed, by indicator."""
    recorded = {
        key: Recorded(one.observed, one.sent.observed_at, one.place, one.corrected.at, one.corrected.doubt)
        for key, one in entered.items()
    }
    changed = await storage.replace_findings(session, arrival.now, arrival.viewer, visit.id, recorded)
    return {
        key: {
            "before": msgspec.to_builtins(before) if before else None,
            "after": msgspec.to_builtins(recorded[key].observed) if key in recorded else None,
        }
        for key, before in changed.items()
    }


async def _hand_in(session: AsyncSession, arrival: Arrival, visit: Visit, *, is_new: bool) -> None:
    pushed = arrival.pushed
    doubts = {arrival.end.doubt} | await storage.clock_doubts(session, visit.id)
    if is_new:
        doubts.add(visit.clock_doubt)
        await storage.add_step(session, pushed.received_at, arrival.viewer, visit)
    visit.state, visit.submitted_at = SUBMITTED, arrival.now
    visit.revision += 1
    visit.body_sha256, visit.device_id = arrival.sha256, pushed.device_id
    visit.brought_by = pushed.brought_by
    visit.skew_ms = None if pushed.skew is None else round(pushed.skew / timedelta(milliseconds=1))
    visit.clock_doubt = max(doubts, key=DOUBTS.index)
    await storage.add_step(session, arrival.now, arrival.viewer, visit, readable(arrival.body.note))


async def _tell(
    session: AsyncSession,
    arrival: Arrival,
    visit: Visit,
    changes: Mapping[str, Mapping[str, Any]],
    exchanged: Exchanged,
) -> None:
    """One entry in the audit trail for the whole record; its bytes, by their hash, are in the ledger."""
    await audit.record(
        session,
        arrival.now,
        arrival.viewer,
        "visit_received",
        f"visit {visit.id}",
        revision=visit.revision,
        body_sha256=visit.body_sha256,
        device=arrival.pushed.device_id,
        brought_by=arrival.pushed.brought_by,
        claimed_at=milliseconds(arrival.body.finished_at),
        released=arrival.is_released,
        findings=changes,
        evidence={
            "added": len(exchanged.added),
            "changed": exchanged.changed,
            "removed": exchanged.removed,
            "awaited": len(exchanged.awaited),
        },
    )
