"""What happens to a follow-up: planned, postponed, repaired, closed, opened again; the same for programs and pages.

Each takes the id of a follow-up, gives it back as it is now, and raises Problem.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.inspections.evidence import storage as evidence
from server.inspections.followups import storage
from server.inspections.followups.progress import CLOSED, OPEN, REPAIRED, STATES, lacks_proof
from server.inspections.followups.wire import (
    NOTE_LEAST,
    NOTE_MOST,
    OWNER_LEAST,
    OWNER_MOST,
    SentClosure,
    SentPlan,
    SentPostponement,
    SentReopening,
    SentRepair,
)
from server.inspections.said import said
from server.inspections.tables import FollowUp
from server.problems import Problem
from server.texts import SOURCE, long_date


async def plan(
    session: AsyncSession, viewer: Viewer, now: datetime, follow_up_id: int, sent: SentPlan
) -> FollowUp:
    """The unit names who puts it right, and may promise an earlier day."""
    owner = said(sent.owner, "nama penanggung jawab", "owner", OWNER_LEAST, OWNER_MOST)
    note = said(sent.note, "catatan", "note", most=NOTE_MOST)
    follow_up = await _open_one(session, viewer, follow_up_id)
    due_day = await _day_promised(session, follow_up, sent.due_day, now)
    before = {"owner": follow_up.owner, "due_day": follow_up.due_day}
    follow_up.owner, follow_up.due_day = owner, str(due_day)
    return await _done(
        session,
        viewer,
        now,
        follow_up,
        "planned",
        note,
        before=before,
        after={"owner": owner, "due_day": str(due_day)},
    )


async def postpone(
    session: AsyncSession, viewer: Viewer, now: datetime, follow_up_id: int, sent: SentPostponement
) -> FollowUp:
    """A later day; a unit cannot give it to itself."""
    reason = said(sent.reason, "alasan", "reason", NOTE_LEAST, NOTE_MOST)
    follow_up = await _open_one(session, viewer, follow_up_id)
    before = date.fromisoformat(follow_up.due_day)
    _, _, unit = await storage.behind(session, follow_up)
    if sent.due_day <= max(before, storage.today_in(unit.zone, now)):
        raise Problem(
            "bad_form",
            field="due_day",
            what=f"Pilih tenggat sesudah {long_date(before, SOURCE)} dan sesudah hari ini.",
        )
    follow_up.due_day = str(sent.due_day)
    return await _done(
        session,
        viewer,
        now,
        follow_up,
        "postponed",
        reason,
        before={"due_day": str(before)},
        after={"due_day": follow_up.due_day},
    )


async def repair(
    session: AsyncSession, viewer: Viewer, now: datetime, follow_up_id: int, sent: SentRepair
) -> FollowUp:
    """The unit says that it is put right, and shows it."""
    note = said(sent.note, "catatan perbaikan", "note", NOTE_LEAST, NOTE_MOST)
    follow_up = await storage.follow_up_to_change(session, viewer, follow_up_id)
    if await storage.is_told_before(session, viewer, follow_up, note, {piece.id for piece in sent.evidence}):
        return follow_up
    _refuse_unless_open(follow_up)
    visit, instrument, _ = await storage.behind(session, follow_up)
    indicator = instrument.indicator(follow_up.indicator)
    assert indicator is not None, "a follow-up of what the instrument does not know"
    if lack := lacks_proof(indicator, {piece.kind for piece in sent.evidence}):
        raise Problem("bad_evidence", field="evidence", what=lack)
    await evidence.attach(session, viewer, now, visit, indicator, "repair", sent.evidence)
    follow_up.state, follow_up.repaired_at = REPAIRED, now
    return await _done(
        session,
        viewer,
        now,
        follow_up,
        "repaired",
        note,
        before={"state": OPEN},
        after={"state": REPAIRED},
        evidence=[piece.id for piece in sent.evidence],
    )


async def close(
    session: AsyncSession, viewer: Viewer, now: datetime, follow_up_id: int, sent: SentClosure
) -> FollowUp:
    """Somebody else has seen the repair."""
    note = said(sent.note, "catatan", "note", most=NOTE_MOST)
    follow_up = await storage.follow_up_to_change(session, viewer, follow_up_id)
    if follow_up.state != REPAIRED:
        raise Problem("wrong_state", what=_still(follow_up, "Hanya perbaikan yang dilaporkan dapat ditutup."))
    if await storage.repaired_by(session, follow_up.id) == viewer.person_id:
        raise Problem("own_work")
    follow_up.state, follow_up.closed_at = CLOSED, now
    return await _done(
        session,
        viewer,
        now,
        follow_up,
        "closed",
        note,
        before={"state": REPAIRED},
        after={"state": CLOSED},
    )


async def reopen(
    session: AsyncSession, viewer: Viewer, now: datetime, follow_up_id: int, sent: SentReopening
) -> FollowUp:
    """It is not put right after all; its day stays as it was."""
    reason = said(sent.reason, "alasan", "reason", NOTE_LEAST, NOTE_MOST)
    follow_up = await storage.follow_up_to_change(session, viewer, follow_up_id)
    before = follow_up.state
    if before == OPEN:
        raise Problem("wrong_state", what=_still(follow_up, "Tidak ada yang perlu dibuka lagi."))
    follow_up.state, follow_up.repaired_at, follow_up.closed_at = OPEN, None, None
    return await _done(
        session,
        viewer,
        now,
        follow_up,
        "reopened",
        reason,
        before={"state": before},
        after={"state": OPEN},
    )


async def _open_one(session: AsyncSession, viewer: Viewer, follow_up_id: int) -> FollowUp:
    follow_up = await storage.follow_up_to_change(session, viewer, follow_up_id)
    _refuse_unless_open(follow_up)
    return follow_up


def _refuse_unless_open(follow_up: FollowUp) -> None:
    if follow_up.state != OPEN:
        raise Problem(
            "wrong_state", what=_still(follow_up, "Minta Bagian Organisasi membukanya lagi bila perlu.")
        )


def _still(follow_up: FollowUp, advice: str) -> str:
    return f"Tindak lanjut ini {STATES[follow_up.state]}. {advice}"


async def _day_promised(
    session: AsyncSession, follow_up: FollowUp, promised: date | None, now: datetime
) -> date:
    due_day = date.fromisoformat(follow_up.due_day)
    if promised is None or promised == due_day:
        return due_day
    if promised > due_day:
        raise Problem(
            "bad_form",
            field="due_day",
            what=f"Tenggatnya {long_date(due_day, SOURCE)}. Minta Bagian Organisasi bila perlu lebih lama.",
        )
    _, _, unit = await storage.behind(session, follow_up)
    if promised < storage.today_in(unit.zone, now):
        raise Problem("bad_form", field="due_day", what="Pilih hari ini atau sesudahnya.")
    return promised


async def _done(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    follow_up: FollowUp,
    act: str,
    note: str,
    **facts: Any,
) -> FollowUp:
    """Remembers what happened to a follow-up."""
    await storage.add_step(session, now, viewer, follow_up, act, note)
    await audit.record(
        session, now, viewer, f"follow_up_{act}", f"follow-up {follow_up.id}", reason=note, **facts
    )
    return follow_up
