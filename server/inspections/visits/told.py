"""Visits as the API tells them: the value of a finding, a line of a list, and the whole of a visit.

The score here is what this visit alone would lead to; what holds for the unit is told elsewhere.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.inspections import scoring
from server.inspections.api import time_told
from server.inspections.evidence.awaited.storage import awaited_of
from server.inspections.evidence.told import piece_told
from server.inspections.instrument import Instrument
from server.inspections.scoring import Judged, Observed, Score, judge, score_of
from server.inspections.signals.storage import signals_of
from server.inspections.signals.told import signal_told
from server.inspections.storage import instrument_of, judged, proof_of
from server.inspections.tables import AwaitedEvidence, Evidence, Finding, FindingRecord, Visit, VisitStep
from server.inspections.visit import STATES, Lack, lacks
from server.inspections.visits import storage
from server.inspections.visits.storage import VisitLine
from server.problems import Problem


def value_told(value: Judged) -> dict[str, Any]:
    return {
        "value": _text(value.value),
        "computed": _text(value.computed),
        "overridden": value.is_overridden,
        "not_applicable": value.is_not_applicable,
        "explanation": value.explanation,
    }


def lacks_told(missing: Iterable[Lack]) -> list[dict[str, str]]:
    return [msgspec.structs.asdict(lack) for lack in missing]


_INCOMPLETE = {
    "not_filled": "Kunjungan ini {status}. Isi dahulu indikator {indicators}.",
    "no_evidence": "Lengkapi dahulu bukti untuk indikator {indicators}.",
    "awaited": "Masih ditunggu dari ponsel: bukti untuk indikator {indicators}.",
    "unusable": "Ganti dahulu bukti yang tidak dapat dipakai pada indikator {indicators}.",
}


def incomplete(score: Score, missing: Sequence[Lack]) -> Problem:
    """The refusal of a visit that lacks something, naming all of it."""
    said = []
    for code, sentence in _INCOMPLETE.items():
        # an indicator that lacks two files lacks them under one name
        if keys := list(dict.fromkeys(lack.indicator for lack in missing if lack.code == code)):
            said.append(sentence.format(status=score.status, indicators=", ".join(keys)))
    return Problem("incomplete_visit", what=" ".join(said), extra={"lacks": lacks_told(missing)})


def line_told(line: VisitLine) -> dict[str, Any]:
    visit = line.visit
    return {
        "id": str(visit.id),
        "evaluation": {"id": line.evaluation.id, "title": line.evaluation.title},
        "unit": {"slug": line.unit.slug, "name": line.unit.name, "zone": line.unit.zone},
        "service": {"slug": line.service.slug, "name": line.service.name} if line.service else None,
        "form": visit.form,
        "team": visit.team,
        "person": {"username": line.person.username, "name": line.person.name},
        "state": visit.state,
        "status": STATES[visit.state],
        "findings": line.findings,
        "made_at": time_told(visit.made_at),
        "received_at": time_told(visit.received_at),
        "submitted_at": time_told(visit.submitted_at),
        "verified_at": time_told(visit.verified_at),
        "verified_by": line.verifier.name if line.verifier else None,
        "final_at": time_told(visit.final_at),
        **_clock_told(visit),
    }


async def visit_told(
    session: AsyncSession, line: VisitLine, *, with_records: bool, with_signals: bool
) -> dict[str, Any]:
    """Everything that is known of a visit; what a verifier should look at, for verifiers."""
    visit, evaluation = line.visit, line.evaluation
    instrument = await instrument_of(session, evaluation.edition)
    rows = await storage.finding_rows(session, [visit.id])
    said = {key: _said(row) for (_, key), (row, _) in rows.items()}
    values = judged(instrument, said)
    score = score_of(instrument, values, evaluation.convention, date.fromisoformat(evaluation.last_day))
    pieces = await storage.evidence_of(session, visit.id)
    return {
        **line_told(line),
        "instrument": instrument.address,
        "edition": evaluation.edition,
        "revision": visit.revision,
        "skew_ms": visit.skew_ms,
        "findings": {
            key: {
                **value_told(value),
                **_observed_told(said[key]),
                **_record_told(*rows[visit.id, key]),
                **_clock_told(rows[visit.id, key][0]),
                "place": _place_told(rows[visit.id, key][0]),
            }
            for key, value in values.items()
        },
        "evidence": [_piece_told(piece) for piece in pieces],
        "awaited": [_awaited_told(row) for row in await awaited_of(session, [visit.id])],
        "lacks": lacks_told(lacks(instrument, values, *await proof_of(session, visit.id))),
        "steps": [_step_told(step, name) for step, name in await storage.steps_of(session, visit.id)],
        "score": scoring.to_wire(score),
        **({"signals": await _signals_told(session, pieces)} if with_signals else {}),
        **({"records": await _former_records(session, line, instrument)} if with_records else {}),
    }


async def _former_records(
    session: AsyncSession, line: VisitLine, instrument: Instrument
) -> dict[str, list[dict[str, Any]]]:
    """What was said at an indicator before it was changed, oldest first."""
    records: dict[str, list[dict[str, Any]]] = {}
    for record, name in await storage.records_of(session, line.visit.id):
        indicator = instrument.indicator(record.indicator)
        if indicator is not None:
            said = _said(record)
            records.setdefault(record.indicator, []).append(
                {
                    **value_told(judge(instrument, indicator, said)),
                    **_observed_told(said),
                    **_record_told(record, name),
                }
            )
    return {key: told[:-1] for key, told in records.items() if len(told) > 1}


def _said(row: Finding | FindingRecord) -> Observed:
    return msgspec.json.decode(row.observed, type=Observed)


def _observed_told(said: Observed) -> dict[str, Any]:
    return {
        "items": said.items,
        "done": said.done,
        "planned": said.planned,
        "months": said.months,
        "note": said.note,
    }


def _record_told(row: Finding | FindingRecord, name: str) -> dict[str, Any]:
    return {
        "person": name,
        "observed_at": time_told(row.observed_at),
        "recorded_at": time_told(row.recorded_at),
    }


def _place_told(row: Finding | Evidence) -> dict[str, float | None] | None:
    if row.latitude is None:
        return None
    return {"latitude": row.latitude, "longitude": row.longitude, "accuracy_m": row.accuracy_m}


def _piece_told(piece: Evidence) -> dict[str, Any]:
    return {
        **piece_told(piece),
        "indicator": piece.indicator,
        **_clock_told(piece),
        "place": _place_told(piece),
    }


def _awaited_told(row: AwaitedEvidence) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "indicator": row.indicator,
        "kind": msgspec.json.decode(row.piece)["kind"],
        "sha256": row.sha256,
        "since": time_told(row.since),
        "fault": row.fault,
    }


def _clock_told(row: Visit | Finding | Evidence) -> dict[str, Any]:
    """The claimed time by our clock, where a phone sent it, and what makes that unsure."""
    return {"corrected_at": time_told(row.corrected_at), "clock_doubt": row.clock_doubt}


async def _signals_told(session: AsyncSession, pieces: Iterable[Evidence]) -> list[dict[str, Any]]:
    found = await signals_of(session, {piece.id for piece in pieces})
    return [signal_told(signal) for of_piece in found.values() for signal in of_piece]


def _step_told(step: VisitStep, name: str | None) -> dict[str, Any]:
    return {
        "state": step.state,
        "at": time_told(step.at),
        "person": name,
        "note": step.note,
        "reasons": msgspec.json.decode(step.reasons),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
