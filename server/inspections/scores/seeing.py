"""Which scores a viewer may read.

The bureau all, an officer those of their own units. An inspector a unit's once their own visits there are verified,
to every service they are to visit: before that, what another team found must not guide what they write down.
"""

from collections.abc import Set

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Role, Viewer
from server.inspections.api import whole_number
from server.inspections.scores import storage
from server.inspections.scores.gather import Scored
from server.inspections.storage import evaluation_seen_by, locus_seen_by
from server.inspections.tables import Evaluation
from server.problems import Problem
from server.units.tables import Unit


async def evaluation_of(session: AsyncSession, viewer: Viewer, number: str) -> Evaluation:
    """The evaluation in an address."""
    evaluation_id = whole_number(number)
    if evaluation_id is None:
        raise Problem("unknown_evaluation")
    return await evaluation_seen_by(session, viewer, evaluation_id)


async def score_seen_by(
    session: AsyncSession, viewer: Viewer, number: str, slug: str
) -> tuple[Evaluation, Unit, Scored]:
    evaluation = await evaluation_of(session, viewer, number)
    _, unit = await locus_seen_by(session, viewer, evaluation.id, slug)
    scored = await storage.score_of_unit(session, evaluation, unit)
    assigned = await storage.assigned_to(session, viewer, evaluation.id)
    if not is_open_to(viewer, scored, assigned.get(unit.id, frozenset())):
        raise Problem(
            "wrong_state",
            what="Nilai unit ini terbuka bagi Anda setelah kunjungan Anda sendiri terverifikasi.",
        )
    return evaluation, unit, scored


async def scores_seen_by(session: AsyncSession, viewer: Viewer, evaluation: Evaluation) -> list[Scored]:
    """The scores of all units of an evaluation that the viewer may read."""
    units = await storage.units_seen_by(session, viewer, evaluation.id)
    scores = await storage.scores_of_units(session, evaluation, units)
    assigned = await storage.assigned_to(session, viewer, evaluation.id)
    return [one for one in scores if is_open_to(viewer, one, assigned.get(one.material.unit_id, frozenset()))]


def is_open_to(viewer: Viewer, scored: Scored, assigned: Set[int | None]) -> bool:
    """`assigned`: the services the viewer is to visit there. None is the unit as a whole: whatever others looked at."""
    if viewer.role is not Role.INSPECTOR or scored.is_final:
        return True
    own = [visit for visit in scored.material.visits if visit.person_id == viewer.person_id]
    if any(visit.is_waiting for visit in own):
        return False
    looked_at = {visit.service_id for visit in own if visit.is_counting}
    to_look_at = set(assigned)
    if None in assigned:
        to_look_at |= {visit.service_id for visit in scored.material.visits if visit.is_counting}
        to_look_at.discard(None)
    return bool(looked_at) and to_look_at <= looked_at
