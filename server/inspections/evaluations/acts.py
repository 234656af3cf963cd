"""What is done to the plan of an evaluation: it is planned, changed and closed, units are chosen, people assigned.

Each act refuses what does not fit, and what it changes is in the audit trail of the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Role, Viewer
from server.accounts.storage import person_named
from server.accounts.tables import Person
from server.inspections.evaluations import plan, storage
from server.inspections.evaluations.wire import (
    AssignmentLine,
    AssignmentPlan,
    EvaluationChange,
    EvaluationPlan,
    UnitsChosen,
    plan_told,
)
from server.inspections.instrument import Instrument
from server.inspections.storage import hold_locus, instrument_at, instrument_of, locus_seen_by
from server.inspections.tables import Evaluation, Locus
from server.problems import Problem
from server.units.storage import service_of, unit_by_slug
from server.units.tables import PublicService, Unit
from server.units.words import KINDS

# ── evaluations ──


async def plan_evaluation(
    session: AsyncSession, viewer: Viewer, now: datetime, asked: EvaluationPlan
) -> Evaluation:
    code, _, version = asked.instrument.partition("/")
    instrument = await instrument_at(session, code, version or "latest")
    facts = plan.evaluation_facts(asked, instrument)
    edition = await storage.edition_for_planning(session, instrument, now, viewer)
    if edition.withdrawn_at is not None:
        raise plan.refused(
            "instrument", f"Instrumen {instrument.address} sudah ditarik. Pilih versi yang masih berlaku."
        )
    evaluation = await storage.add_evaluation(
        session, edition=edition.sha256, created_at=now, created_by=viewer.person_id, **facts
    )
    await audit.record(
        session,
        now,
        viewer,
        "evaluation_planned",
        _subject(evaluation),
        after={**plan_told(evaluation), "instrument": instrument.address, "sha256": edition.sha256},
    )
    return evaluation


async def change_evaluation(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int, asked: EvaluationChange
) -> None:
    evaluation = await _open_for_change(session, viewer, evaluation_id)
    changes = plan.changed_facts(
        asked,
        evaluation,
        await instrument_of(session, evaluation.edition),
        is_pinned=await storage.has_pinned_scores(session, evaluation.id),
    )
    if not changes:
        return
    before = plan_told(evaluation)
    for name, fact in changes.items():
        setattr(evaluation, name, fact)
    await session.flush()
    after = plan_told(evaluation)
    await audit.record(
        session,
        now,
        viewer,
        "evaluation_changed",
        _subject(evaluation),
        before={name: before[name] for name in changes},
        after={name: after[name] for name in changes},
    )


async def close_evaluation(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int, asked_reason: str
) -> None:
    reason = plan.reason_in(asked_reason)
    evaluation = await storage.evaluation_to_change(session, viewer, evaluation_id)
    if evaluation.closed_at is not None:
        raise Problem("wrong_state", what="Evaluasi ini sudah ditutup.")
    evaluation.closed_at = now
    await audit.record(session, now, viewer, "evaluation_closed", _subject(evaluation), reason=reason)


async def reopen_evaluation(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int, asked_reason: str
) -> None:
    reason = plan.reason_in(asked_reason)
    evaluation = await storage.evaluation_to_change(session, viewer, evaluation_id)
    if evaluation.closed_at is None:
        raise Problem("wrong_state", what="Evaluasi ini masih terbuka.")
    evaluation.closed_at = None
    await audit.record(session, now, viewer, "evaluation_reopened", _subject(evaluation), reason=reason)


# ── loci ──


async def add_unit(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int, slug: str
) -> tuple[Locus, Unit, bool]:
    """The unit as a locus, and whether it has just become one."""
    evaluation = await _open_for_change(session, viewer, evaluation_id)
    for locus, unit in await storage.loci_of(session, evaluation.id):
        if unit.slug == slug:
            return locus, unit, False
    found = await unit_by_slug(session, slug)
    if found is None:
        raise Problem("unknown_unit")
    _refuse_closed([found])
    locus = (await storage.add_loci(session, evaluation.id, [found], now))[found.id]
    await audit.record(
        session, now, viewer, "locus_added", _subject(evaluation, f"/{slug}"), after={"code": locus.code}
    )
    return locus, found, True


async def add_units(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int, asked: UnitsChosen
) -> tuple[list[Unit], list[Unit]]:
    """Many units at once: all of them or, when one cannot be, none. Gives the new ones, and those known already."""
    evaluation = await _open_for_change(session, viewer, evaluation_id)
    chosen = {unit.id for _, unit in await storage.loci_of(session, evaluation.id)}
    units = await _units_chosen(session, asked)
    new = [unit for unit in units if unit.id not in chosen]
    _refuse_closed(new)
    if new:
        await storage.add_loci(session, evaluation.id, new, now)
        await audit.record(
            session,
            now,
            viewer,
            "loci_added",
            _subject(evaluation),
            after={"units": [unit.slug for unit in new]},
        )
    return new, [unit for unit in units if unit.id in chosen]


async def remove_unit(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int, slug: str
) -> tuple[Locus, Unit]:
    evaluation = await _open_for_change(session, viewer, evaluation_id)
    locus, unit = await locus_seen_by(session, viewer, evaluation.id, slug)
    await hold_locus(session, evaluation.id, unit.id)
    if await storage.has_visits_beyond_draft(session, locus):
        raise Problem(
            "wrong_state",
            what="Unit ini sudah dinilai dalam evaluasi ini, jadi tidak dapat dikeluarkan lagi.",
        )
    withdrawn = await storage.remove_locus(session, locus, now)
    await audit.record(
        session,
        now,
        viewer,
        "locus_removed",
        _subject(evaluation, f"/{unit.slug}"),
        before={"code": locus.code, "assignments": withdrawn},
    )
    return locus, unit


# ── assignments ──


async def assign(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int, asked: AssignmentPlan
) -> tuple[int, bool]:
    """Assigns an inspector; assigned already, only the team and the day become those of now.

    Gives the assignment's id, and whether it is new.
    """
    evaluation = await _open_for_change(session, viewer, evaluation_id)
    instrument = await instrument_of(session, evaluation.edition)
    _, unit = await locus_seen_by(session, viewer, evaluation.id, asked.unit)
    service = await _service_asked(session, instrument, unit, asked.service)
    person = await _inspector(session, asked.person)
    facts = {
        "team": plan.team_in(asked.team, instrument),
        "due_day": plan.due_day_in(asked.due_day, evaluation).isoformat(),
    }
    service_id = service.id if service else None
    known = await storage.same_assignment(session, person.id, evaluation.id, unit.id, service_id)
    if known is None:
        made = await storage.add_assignment(
            session,
            person_id=person.id,
            evaluation_id=evaluation.id,
            unit_id=unit.id,
            service_id=service_id,
            created_at=now,
            **facts,
        )
        await audit.record(
            session,
            now,
            viewer,
            "inspector_assigned",
            _subject(evaluation, f"/{unit.slug}"),
            after={
                "assignment": made.id,
                "person": person.username,
                "service": service.slug if service else None,
                **facts,
            },
        )
        return made.id, True
    before = {"team": known.team, "due_day": known.due_day}
    if before != facts:
        known.team, known.due_day = facts["team"], facts["due_day"]
        await audit.record(
            session,
            now,
            viewer,
            "assignment_changed",
            _subject(evaluation, f"/{unit.slug}"),
            assignment=known.id,
            before=before,
            after=facts,
        )
    return known.id, False


async def withdraw_assignment(
    session: AsyncSession, viewer: Viewer, now: datetime, evaluation_id: int, assignment_id: int
) -> AssignmentLine:
    evaluation = await _open_for_change(session, viewer, evaluation_id)
    line = await storage.open_assignment(session, evaluation.id, assignment_id)
    if line is None:
        raise Problem("not_found")
    if await storage.has_handed_in(session, line.assignment):
        raise Problem(
            "wrong_state",
            what=f"{line.name} sudah mengirim hasil kunjungannya, jadi penugasannya tidak dapat ditarik lagi.",
        )
    line.assignment.withdrawn_at = now
    await audit.record(
        session,
        now,
        viewer,
        "assignment_withdrawn",
        _subject(evaluation, f"/{line.unit.slug}"),
        before={"assignment": line.assignment.id, "person": line.username},
    )
    return line


# ── what is asked for ──


def _subject(evaluation: Evaluation, below: str = "") -> str:
    return f"evaluation {evaluation.id}{below}"


async def _open_for_change(session: AsyncSession, viewer: Viewer, evaluation_id: int) -> Evaluation:
    evaluation = await storage.evaluation_to_change(session, viewer, evaluation_id)
    if evaluation.closed_at is not None:
        raise Problem(
            "wrong_state", what="Evaluasi ini sudah ditutup. Buka lagi sebelum mengubah rencananya."
        )
    return evaluation


async def _units_chosen(session: AsyncSession, asked: UnitsChosen) -> list[Unit]:
    if (asked.units is not None) + (asked.kind is not None) + asked.all != 1:
        raise plan.refused("units", "Sebutkan unit-unitnya, satu jenis unit, atau semua: salah satu saja.")
    if asked.kind is not None and asked.kind not in KINDS:
        raise plan.refused("kind", f"Jenis unit adalah salah satu dari: {', '.join(KINDS)}.")
    if asked.units is None:
        found = await storage.open_units(session, asked.kind)
    else:
        found = await storage.units_named(session, set(asked.units))
        if unknown := sorted(set(asked.units) - {unit.slug for unit in found}):
            raise plan.refused("units", f"Unit ini tidak ada: {', '.join(unknown[:10])}.")
    if not found:
        raise plan.refused("units", "Tidak ada unit yang dipilih.")
    return found


def _refuse_closed(units: Sequence[Unit]) -> None:
    if closed := [unit.name for unit in units if unit.closed_at is not None]:
        raise plan.refused("units", f"Unit yang sudah ditutup tidak dapat dinilai: {', '.join(closed[:10])}.")


async def _service_asked(
    session: AsyncSession, instrument: Instrument, unit: Unit, slug: str | None
) -> PublicService | None:
    """The public service to be observed, where the instrument looks at each of them."""
    if instrument.per == "unit":
        if slug is not None:
            raise plan.refused("service", "Instrumen ini menilai unit, bukan layanannya. Kosongkan layanan.")
        return None
    if slug is None:
        raise plan.refused("service", "Instrumen ini menilai tiap layanan. Pilih satu layanan dari unit ini.")
    service = await service_of(session, unit, slug)
    if service.closed_at is not None:
        raise plan.refused("service", f"Layanan {service.name} sudah ditutup. Pilih layanan lain.")
    return service


async def _inspector(session: AsyncSession, username: str) -> Person:
    person = await person_named(session, username)
    if person is None:
        raise Problem("unknown_person")
    if person.role != Role.INSPECTOR or person.closed_at is not None:
        raise plan.refused(
            "person", f"{person.name} tidak punya akun pemeriksa yang aktif. Pilih orang lain."
        )
    return person
