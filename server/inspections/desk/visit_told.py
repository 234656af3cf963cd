"""A visit as its pages show it: the score it would lead to, and everything known of each indicator."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.inspections.desk.visits import storage as desk
from server.inspections.evidence.awaited.storage import awaited_of
from server.inspections.evidence.media import KNOWN
from server.inspections.evidence.pictures import thumbnail_size
from server.inspections.evidence.routes import name_for
from server.inspections.evidence.wire import PhonePiece
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
from server.inspections.signals.storage import Told, signals_of
from server.inspections.storage import (
    findings_of,
    instrument_of,
    instruments_of,
    judged,
    observed,
    visit_seen_by,
)
from server.inspections.tables import (
    AwaitedEvidence,
    Evidence,
    EvidenceFile,
    Finding,
    FindingRecord,
    VisitStep,
)
from server.inspections.visit import RETURNED, SUBMITTED, Awaited, Lack, lacks
from server.inspections.visits import storage
from server.inspections.visits.storage import VisitLine

CLAIM_SLACK = timedelta(minutes=10)
"""A claimed time this close to ours is not worth a word."""


class Piece(msgspec.Struct, frozen=True):
    """A piece of evidence with what is known of its file, and what a verifier should look at."""

    evidence: Evidence
    name: str = ""
    is_inline: bool = False
    sides: tuple[int, int] | None = None
    """Of the picture as it is shown small."""
    signals: Sequence[Told] = ()


class AwaitedPiece(msgspec.Struct, frozen=True):
    """A piece of evidence whose file a phone still has; or it came, and `fault` says why it cannot be that."""

    id: UUID
    kind: str
    caption: str
    since: datetime
    fault: str


class Record(msgspec.Struct, frozen=True):
    """What was said at an indicator at some time, and by whom."""

    judged: Judged
    observed: Observed
    who: str
    recorded_at: datetime
    observed_at: datetime
    corrected_at: datetime | None = None
    """By our clock, where a phone sent it."""
    clock_doubt: str = ""


class Entry(msgspec.Struct, frozen=True):
    """All that a visit holds of one indicator."""

    indicator: Indicator
    judged: Judged
    observed: Observed
    record: Record | None
    former: Sequence[Record]
    pieces: Sequence[Piece]
    awaited: Sequence[AwaitedPiece]
    lacks: Sequence[Lack]
    returned: str
    """Why it was sent back the last time; empty where it was not."""
    replies: Sequence[Answered]

    @property
    def is_filled(self) -> bool:
        return self.judged.is_filled

    @property
    def is_unproven(self) -> bool:
        return any(lack.code == "no_evidence" for lack in self.lacks)


class Whole(msgspec.Struct, frozen=True):
    """A visit with everything in it."""

    line: VisitLine
    instrument: Instrument
    score: Score
    parts: Sequence[tuple[PartScore, Sequence[Entry]]]
    lacks: Sequence[Lack]
    steps: Sequence[tuple[VisitStep, Mapping[str, str], str]]
    awaited: Sequence[AwaitedPiece]
    """The longest awaited first."""

    @property
    def wire(self) -> dict[str, Any]:
        return to_wire(self.score)

    @property
    def signals(self) -> list[Told]:
        return [
            one
            for _, entries in self.parts
            for entry in entries
            for piece in entry.pieces
            for one in piece.signals
        ]

    @property
    def unfilled(self) -> list[Lack]:
        return [lack for lack in self.lacks if lack.code == "not_filled"]

    @property
    def on_their_way(self) -> list[AwaitedPiece]:
        return [piece for piece in self.awaited if not piece.fault]

    @property
    def awaited_in(self) -> list[Lack]:
        return [lack for lack in self.lacks if lack.code == "awaited"]

    @property
    def unusable(self) -> list[Lack]:
        return [lack for lack in self.lacks if lack.code == "unusable"]

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
    rows_awaited = await awaited_of(session, [visit_id])
    awaited: dict[str, list[AwaitedPiece]] = {}
    for waiting in rows_awaited:
        awaited.setdefault(waiting.indicator, []).append(_awaited(waiting))
    to_come = {key: [Awaited(one.kind, one.fault) for one in found] for key, found in awaited.items()}
    missing = lacks(instrument, values, kinds, to_come)
    steps = [
        (step, msgspec.json.decode(step.reasons, type=dict[str, str]), name or "")
        for step, name in await storage.steps_of(session, visit_id)
    ]
    day = date.fromisoformat(line.evaluation.last_day)
    score = score_of(instrument, values, line.evaluation.convention, day)
    former = await _former(session, visit_id, instrument)
    answers = await _replies(session, visit_id)
    returned = _reasons_of_last_return(line, steps)

    def entry(indicator: Indicator) -> Entry:
        key = indicator.key
        row = rows.get(key)
        return Entry(
            indicator=indicator,
            judged=values.get(key, NOT_FILLED),
            observed=observed(row[0]) if row else Observed(),
            record=_latest(instrument, indicator, *row) if row else None,
            former=former.get(key, []),
            pieces=pieces.get(key, []),
            awaited=awaited.get(key, []),
            lacks=[lack for lack in missing if lack.indicator == key],
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
        awaited=[_awaited(waiting) for waiting in rows_awaited],
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
    pieces: dict[str, list[Piece]] = {}
    for piece in await pieces_shown(session, viewer, await storage.evidence_of(session, visit_id)):
        pieces.setdefault(piece.evidence.indicator, []).append(piece)
    return pieces


async def pieces_shown(session: AsyncSession, viewer: Viewer, rows: Sequence[Evidence]) -> list[Piece]:
    """Pieces of evidence with what their reader may know of their files."""
    files = await desk.files_named(session, {row.sha256 for row in rows if row.sha256})
    signals = await signals_of(session, {row.id for row in rows}) if viewer.is_bureau else {}
    return [_piece(viewer, row, files.get(row.sha256 or ""), signals.get(row.id, ())) for row in rows]


def _piece(viewer: Viewer, row: Evidence, file: EvidenceFile | None, signals: Sequence[Told]) -> Piece:
    if file is None:
        return Piece(row)
    return Piece(
        evidence=row,
        name=name_for(viewer, file),
        is_inline=KNOWN[file.media_type].is_inline,
        sides=thumbnail_size(file.width, file.height) if file.width and file.height else None,
        signals=signals,
    )


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


def _latest(instrument: Instrument, indicator: Indicator, row: Finding, who: str) -> Record:
    """What holds now; only of this is known when it was by our clock."""
    return msgspec.structs.replace(
        _record(instrument, indicator, row, who), corrected_at=row.corrected_at, clock_doubt=row.clock_doubt
    )


def _awaited(row: AwaitedEvidence) -> AwaitedPiece:
    piece = msgspec.json.decode(row.piece, type=PhonePiece)
    return AwaitedPiece(row.id, piece.kind, piece.caption, row.since, row.fault)


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
