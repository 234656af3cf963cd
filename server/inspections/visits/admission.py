"""Whether a visit may begin or go on: whose form it is, who is assigned where, what is closed, removed or final."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Role, Viewer
from server.database import instant, milliseconds
from server.inspections.evaluations.storage import assignment_for
from server.inspections.instrument import Instrument
from server.inspections.storage import (
    EVALUATION,
    SELF_ASSESSMENT,
    evaluation_seen_by,
    hold_locus,
    instrument_of,
    locus_seen_by,
)
from server.inspections.tables import Evaluation, Locus, Visit
from server.inspections.visit import DRAFT, FINAL
from server.inspections.visits import storage
from server.inspections.visits.entered import bad
from server.inspections.visits.wire import SentVisit
from server.problems import Problem
from server.units.storage import unit_by_slug


async def visit_to_begin(
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
        raise closed()
    locus = await hold_locus(session, evaluation.id, unit_id)
    if await storage.is_pinned(session, evaluation.id, unit_id):
        raise Problem("wrong_state", what="Nilai unit ini dalam evaluasi ini sudah final.")
    refuse_removed(locus)
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
        raise bad("form", "unknown_form", "Instrumen evaluasi ini tidak mengenal penilaian mandiri (F-01).")
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
            raise bad(
                "service", "foreign_service", "Instrumen ini menilai unit, bukan layanan: kosongkan layanan."
            )
        return None
    if slug is None:
        raise bad("service", "no_service", "Instrumen ini menilai tiap layanan: pilih layanannya.")
    service = await storage.service_of(session, unit_id, slug)
    if service is None:
        raise Problem("unknown_public_service", field="service")
    return service.id


# ── while it is made ──


async def still_open(session: AsyncSession, visit: Visit, evaluation: Evaluation) -> None:
    """Takes hold of a visit that can still change."""
    refuse_removed(await unfinished(session, visit, evaluation))


async def unfinished(session: AsyncSession, visit: Visit, evaluation: Evaluation) -> Locus:
    """Takes hold of a visit that is not final; its unit may have been taken out of the evaluation."""
    locus = await storage.lock(session, visit)
    if visit.state == FINAL or await storage.is_pinned(session, visit.evaluation_id, visit.unit_id):
        raise Problem("final")
    if evaluation.closed_at is not None:
        raise closed()
    return locus


def refuse_removed(locus: Locus) -> None:
    if locus.removed_at is not None:
        raise Problem(
            "wrong_state",
            what="Unit ini sudah dikeluarkan dari evaluasi, jadi tidak ada yang dicatat lagi di sini. "
            "Hubungi koordinator bila keliru.",
        )


def closed() -> Problem:
    return Problem("wrong_state", what="Evaluasi ini sudah ditutup; tidak ada kunjungan yang diubah lagi.")
