"""The view of a person's phone: what they are to visit, and what became of what they sent.

An inspector is told their assignments, an officer the units of theirs that assess themselves (F-01); with them the
units, evaluations and instruments these name. Everybody else works at a desk.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Role, Viewer
from server.clock import Clock
from server.inspections.api import time_told
from server.inspections.evidence.files import Files
from server.inspections.evidence.wire import PhonePiece
from server.inspections.phone import storage
from server.inspections.storage import EVALUATION, SELF_ASSESSMENT, instruments_of, observed
from server.inspections.tables import (
    Assignment,
    AwaitedEvidence,
    Edition,
    Evaluation,
    Evidence,
    Finding,
    VisitStep,
)
from server.inspections.visit import EDITABLE, RETURNED, SUBMITTED
from server.inspections.visits.storage import VisitAt
from server.phones import Known, View
from server.units.tables import Counter, PublicService, Unit

FINISHED_KEPT = timedelta(days=60)
"""So long a phone still shows what is final or withdrawn."""

Document = dict[str, Any]


def phone_view(clock: Clock, files: Files) -> View:
    async def view(session: AsyncSession, viewer: Viewer) -> Sequence[Known]:
        if viewer.role not in (Role.INSPECTOR, Role.OFFICER):
            return []
        since = clock() - FINISHED_KEPT
        assignments = await _assignments(session, viewer, since)
        inspections = await _inspections(session, viewer, since, files)
        told = [*assignments, *inspections]
        evaluations, editions = await storage.evaluations_of(session, {one["evaluation"] for one in told})
        units = await storage.units_of(session, {one["unit"] for one in told})
        lists = {
            "units": [_unit_told(*one) for one in units],
            "evaluations": [_evaluation_told(one) for one in evaluations],
            "instruments": [_instrument_told(one) for one in editions],
            "assignments": assignments,
            "inspections": inspections,
        }
        return [
            Known(kind, document["id"], document)
            for kind, documents in lists.items()
            for document in documents
        ]

    return view


# ── what is to be done ──


async def _assignments(session: AsyncSession, viewer: Viewer, since: datetime) -> list[Document]:
    if viewer.role is Role.INSPECTOR:
        return [_assignment_told(*one) for one in await storage.assignments_of(session, viewer, since)]
    loci = await storage.loci_of(session, viewer, since)
    instruments = await instruments_of(session, (evaluation.edition for evaluation, _ in loci))
    return [
        _own_assessment_told(evaluation, unit)
        for evaluation, unit in loci
        if any(form.code == SELF_ASSESSMENT for form in instruments[evaluation.edition].forms)
    ]


def _assignment_told(assignment: Assignment, unit: str, service: str | None) -> Document:
    return {
        "id": str(assignment.id),
        "evaluation": assignment.evaluation_id,
        "unit": unit,
        "service": service,
        "form": EVALUATION,
        "team": assignment.team,
        "due_day": assignment.due_day,
    }


def _own_assessment_told(evaluation: Evaluation, unit: Unit) -> Document:
    return {
        "id": f"{SELF_ASSESSMENT}.{evaluation.id}.{unit.slug}",
        "evaluation": evaluation.id,
        "unit": unit.slug,
        "service": None,
        "form": SELF_ASSESSMENT,
        "team": "",
        "due_day": None,
    }


# ── what was done ──


async def _inspections(
    session: AsyncSession, viewer: Viewer, since: datetime, files: Files
) -> list[Document]:
    own = await storage.own_visits(session, viewer, since)
    ids = [one.visit.id for one in own]
    open_ids = [one.visit.id for one in own if one.visit.state in EDITABLE]
    awaited = await storage.awaited_of(session, ids)
    held = await storage.held_of(session, viewer, files, ids)
    findings = await storage.findings_of(session, open_ids)
    evidence = await storage.evidence_of(session, open_ids)
    steps = await storage.last_steps(session, open_ids, (SUBMITTED, RETURNED))
    return [
        {
            **_visit_told(one),
            **_photos_told(held[one.visit.id], awaited[one.visit.id]),
            **_return_told(steps.get((one.visit.id, RETURNED)) if one.visit.state == RETURNED else None),
            **_note_told(steps.get((one.visit.id, SUBMITTED))),
            **_findings_told(one.visit.id, findings, evidence, awaited),
        }
        for one in own
    ]


def _visit_told(own: VisitAt) -> Document:
    visit = own.visit
    return {
        "id": str(visit.id),
        "evaluation": visit.evaluation_id,
        "unit": own.unit,
        "service": own.service,
        "form": visit.form,
        "state": visit.state,
        "revision": visit.revision,
        "body_sha256": visit.body_sha256,
        "made_at": time_told(visit.made_at),
        "submitted_at": time_told(visit.submitted_at),
    }


def _photos_told(held: Set[str], awaited: Sequence[AwaitedEvidence]) -> Document:
    """A file that came and cannot be what it was to be is not asked for again; it is said why, whoever sent it."""
    unusable = {row.sha256: row.fault for row in awaited if row.fault}
    return {
        "held": sorted(held),
        "awaited": sorted({row.sha256 for row in awaited if not row.fault} - held),
        **({"unusable": unusable} if unusable else {}),
    }


def _return_told(step: VisitStep | None) -> Document:
    if step is None:
        return {"note": "", "reasons": {}}
    return {"note": step.note, "reasons": msgspec.json.decode(step.reasons)}


def _note_told(step: VisitStep | None) -> Document:
    """What its maker wrote of the visit as a whole, to go on from another phone."""
    return {"visit_note": step.note} if step is not None and step.note else {}


def _findings_told(
    visit_id: UUID,
    findings: Mapping[UUID, Sequence[Finding]],
    evidence: Mapping[UUID, Sequence[Evidence]],
    awaited: Mapping[UUID, Sequence[AwaitedEvidence]],
) -> Document:
    """What a visit holds, to go on from another phone; nothing once it is out of its maker's hands."""
    if visit_id not in findings:
        return {}
    pieces: dict[str, list[Document]] = {}
    for row in evidence[visit_id]:
        pieces.setdefault(row.indicator, []).append(_piece_told(row))
    shown = {row.id for row in evidence[visit_id]}
    for waiting in awaited[visit_id]:
        if waiting.id in shown:  # its file was lost
            continue
        piece = msgspec.json.decode(waiting.piece, type=PhonePiece)
        pieces.setdefault(waiting.indicator, []).append(_awaited_told(piece))
    told = {row.indicator: _finding_told(row, pieces.get(row.indicator, [])) for row in findings[visit_id]}
    return {"findings": told}


def _finding_told(row: Finding, pieces: Sequence[Document]) -> Document:
    said = observed(row)
    facts = {
        "value": None if said.value is None else _number(said.value),
        "items": said.items,
        "done": said.done,
        "planned": said.planned,
        "months": said.months,
        "not_applicable": said.is_not_applicable or None,
        **_place_told(row),
    }
    return {
        "observed_at": time_told(row.observed_at),
        "clock": None,
        **{name: fact for name, fact in facts.items() if fact is not None},
        "note": said.note,
        "evidence": list(pieces),
    }


def _piece_told(row: Evidence) -> Document:
    facts = {"sha256": row.sha256, **_place_told(row)}
    return {
        "id": str(row.id),
        "kind": row.kind,
        "caption": row.caption,
        "captured_at": time_told(row.captured_at),
        "clock": None,
        "source": row.source,
        **{name: fact for name, fact in facts.items() if fact is not None},
    }


def _place_told(row: Finding | Evidence) -> Document:
    return {"latitude": row.latitude, "longitude": row.longitude, "accuracy_m": row.accuracy_m}


def _awaited_told(piece: PhonePiece) -> Document:
    """As the phone sent it."""
    said = {name: fact for name, fact in msgspec.to_builtins(piece).items() if fact is not None}
    return {"clock": None, **said}


def _number(value: Decimal) -> int | str:
    """A level is a number; what has decimals is its digits."""
    return int(value) if value == value.to_integral_value() else f"{value:f}"


# ── what these name ──


def _unit_told(unit: Unit, services: Sequence[PublicService], counters: Sequence[Counter]) -> Document:
    return {
        "id": unit.slug,
        "name": unit.name,
        "address": unit.address,
        "zone": unit.zone,
        "latitude": unit.latitude,
        "longitude": unit.longitude,
        "services": [{"slug": one.slug, "name": one.name} for one in services],
        "counters": [{"code": one.code, "name": one.name} for one in counters],
    }


def _evaluation_told(evaluation: Evaluation) -> Document:
    return {
        "id": str(evaluation.id),
        "number": evaluation.id,
        "title": evaluation.title,
        "instrument": evaluation.edition,
        "first_day": evaluation.first_day,
        "last_day": evaluation.last_day,
        "convention": evaluation.convention,
    }


def _instrument_told(edition: Edition) -> Document:
    return {"id": edition.sha256, "body": _body_of(edition.sha256, edition.body)}


@lru_cache(maxsize=16)
def _body_of(_sha256: str, body: str) -> Document:
    found: Document = msgspec.json.decode(body)
    return found
