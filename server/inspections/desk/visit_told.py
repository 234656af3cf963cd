"""A visit as its pages show it: the score it would lead to, and everything known of each indicator."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.inspections.desk.visits import storage as desk
from server.inspections.evidence.media import ACCEPTED
from server.inspections.evidence.routes import name_for
from server.inspections.instrument import Indicator, Instrument
from server.inspections.replies import storage as replies
from server.inspections.replies.storage import Answered
from server.inspections.scoring import (
    NOT_FILLED,
    Judged,
    Observed,
    PartScore,
    Score,
    is_counted,
    judge,
    score_of,
    to_wire,
)
from server.inspections.storage import (
    findings_of,
    instrument_of,
    instruments_of,
    judged,
    observed,
    visit_seen_by,
)
from server.inspections.tables import Evidence, EvidenceFile, Finding, FindingRecord, VisitStep
from server.inspections.visit import RETURNED, SUBMITTED, Lack, lacks
from server.inspections.visits import storage
from server.inspections.visits.storage import VisitLine

CLAIM_SLACK = timedelta(minutes=10)
"""A claimed time this close to ours is not worth a word."""


class Piece(msgspec.Struct, frozen=True):
    """A piece of evidence with what is known of its file."""

    evidence: Evidence
    name: str = ""
    is_inline: bool = False


class Record(msgspec.Struct, frozen=True):
    """What was said at an indicator at some time, and by whom."""

    judged: Judged
    observed: Observed
    who: str
    recorded_at: datetime
    observed_at: datetime


class Entry(msgspec.Struct, frozen=True):
    """All that a visit holds of one indicator."""

    indicator: Indicator
    judged: Judged
    observed: Observed
    record: Record | None
    former: Sequence[Record]
    pieces: Sequence[Piece]
    lack: Lack | None
    returned: str
    """Why it was sent back the last time; empty where it was not."""
    replies: Sequence[Answered]

    @property
    def is_filled(self) -> bool:
        return self.judged.is_filled


class Whole(msgspec.Struct, frozen=True):
    """A visit with everything in it."""

    line: VisitLine
    instrument: Instrument
    score: Score
    parts: Sequence[tuple[PartScore, Sequence[Entry]]]
    lacks: Sequence[Lack]
    steps: Sequence[tuple[VisitStep, Mapping[str, str], str]]

    @property
    def wire(self) -> dict[str, Any]:
        return to_wire(self.score)

    @property
    def unfilled(self) -> list[Lack]:
        return [lack for lack in self.lacks if lack.code == "not_filled"]

    @property
    def unproven(self) -> list[Lack]:
        return [lack for lack in self.lacks if lack.code == "no_evidence"]


async def whole_visit(session: AsyncSession, viewer: Viewer, visit_id: UUID) -> Whole:
    """A visit the viewer may read."""
    seen = await visit_seen_by(session, viewer, visit_id)
    line = await storage.line_of(session, seen.id)
    instrument = await instrument_of(session, line.evaluation.edition)
    rows = {key: row for (_, key), row in (await storage.finding_rows(session, [visit_id])).items()}
    values = judged(instrument, {key: observed(row) for key, (row, _) in rows.items()})
    pieces = await _pieces(session, viewer, visit_id)
    kinds = {key: [one.evidence.kind for one in found] for key, found in pieces.items()}
    missing = lacks(instrument, values, kinds)
    steps = [
        (step, msgspec.json.decode(step.reasons, type=dict[str, str]), name or "")
        for step, name in await storage.steps_of(session, visit_id)
    ]
    day = date.fromisoformat(line.evaluation.last_day)
    score = score_of(instrument, values, line.evaluation.convention, day)
    former = await _former(session, visit_id, instrument)
    answers = await _replies(session, visit_id)
    lacking = {lack.indicator: lack for lack in missing}
    returned = _reasons_of_last_return(line, steps)

    def entry(indicator: Indicator) -> Entry:
        key = indicator.key
        row = rows.get(key)
        return Entry(
            indicator=indicator,
            judged=values.get(key, NOT_FILLED),
            observed=observed(row[0]) if row else Observed(),
            record=_record(instrument, indicator, *row) if row else None,
            former=former.get(key, []),
            pieces=pieces.get(key, []),
            lack=lacking.get(key),
            returned=returned.get(key, ""),
            replies=answers.get(key, []),
        )

    return Whole(
        line=line,
        instrument=instrument,
        score=score,
        parts=[(part, [entry(one) for one in part.part.indicators]) for part in score.parts],
        lacks=missing,
        steps=steps,
    )


async def filled_counts(session: AsyncSession, lines: Sequence[VisitLine]) -> dict[UUID, tuple[int, int]]:
    """Of each visit of a list, how many of its indicators are filled in, of how many."""
    found = await findings_of(session, [line.visit.id for line in lines])
    instruments = await instruments_of(session, (line.evaluation.edition for line in lines))
    counts = {}
    for line in lines:
        instrument = instruments[line.evaluation.edition]
        values = judged(instrument, found[line.visit.id])
        counted = [one for _, one in instrument.indicators if is_counted(one)]
        filled = sum(values.get(one.key, NOT_FILLED).is_filled for one in counted)
        counts[line.visit.id] = (filled, len(counted))
    return counts


def differs(claimed: datetime | None, received: datetime | None) -> bool:
    """Whether a claimed time is so far from ours that a reader should know both."""
    return claimed is not None and received is not None and abs(received - claimed) > CLAIM_SLACK


async def _pieces(session: AsyncSession, viewer: Viewer, visit_id: UUID) -> dict[str, list[Piece]]:
    rows = await storage.evidence_of(session, visit_id)
    files = await desk.files_named(session, {row.sha256 for row in rows if row.sha256})
    pieces: dict[str, list[Piece]] = {}
    for row in rows:
        pieces.setdefault(row.indicator, []).append(_piece(viewer, row, files.get(row.sha256 or "")))
    return pieces


def _piece(viewer: Viewer, row: Evidence, file: EvidenceFile | None) -> Piece:
    if file is None:
        return Piece(row)
    return Piece(row, name_for(viewer, file), ACCEPTED[file.media_type].is_inline)


async def _former(
    session: AsyncSession, visit_id: UUID, instrument: Instrument
) -> dict[str, Sequence[Record]]:
    """What was said before it was changed, newest first."""
    records: dict[str, list[Record]] = {}
    for row, name in await storage.records_of(session, visit_id):
        indicator = instrument.indicator(row.indicator)
        if indicator is not None:
            records.setdefault(row.indicator, []).append(_record(instrument, indicator, row, name))
    return {key: told[-2::-1] for key, told in records.items() if len(told) > 1}


def _record(instrument: Instrument, indicator: Indicator, row: Finding | FindingRecord, who: str) -> Record:
    said = msgspec.json.decode(row.observed, type=Observed)
    return Record(judge(instrument, indicator, said), said, who, row.recorded_at, row.observed_at)


def _reasons_of_last_return(
    line: VisitLine, steps: Sequence[tuple[VisitStep, Mapping[str, str], str]]
) -> Mapping[str, str]:
    """Shown until the visit is verified: first to who corrects, then to who looks whether it is corrected."""
    if line.visit.state not in (RETURNED, SUBMITTED):
        return {}
    return next((reasons for step, reasons, _ in reversed(steps) if step.state == RETURNED), {})


async def _replies(session: AsyncSession, visit_id: UUID) -> dict[str, list[Answered]]:
    rows = (await replies.replies_of(session, [visit_id]))[visit_id]
    answers: dict[str, list[Answered]] = {}
    for line in await replies.answered(session, rows) if rows else []:
        answers.setdefault(line.reply.indicator, []).append(line)
    return answers
