"""The questions every room of inspections asks: which evaluation, visit or unit a viewer may see, and what is in it.

Who sees what: the bureau the whole city; an officer the evaluations in which their unit is a locus, their unit's own
assessment (F-01), and what inspectors found there once it is verified; an inspector the evaluations they are assigned
to, and their own visits. What a viewer may not see does not exist for them.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Role, Viewer
from server.accounts.scope import within
from server.inspections import instrument as instruments
from server.inspections.instrument import Instrument
from server.inspections.national import nationals
from server.inspections.scoring import Judged, Observed, judge
from server.inspections.tables import (
    Assignment,
    AwaitedEvidence,
    Edition,
    Evaluation,
    Evidence,
    Finding,
    Locus,
    PinnedScore,
    Visit,
)
from server.inspections.visit import COUNTING, Awaited
from server.problems import Problem
from server.units.tables import Unit

SELF_ASSESSMENT = "F-01"
EVALUATION = "F-02"
"""Also the form of a checklist that knows only one."""


# ── instruments ──


async def instrument_at(session: AsyncSession, code: str, version: str) -> Instrument:
    """The instrument of an address: as it was kept or published here, else the national one.

    `latest` is the newest national version of a code; an id (`pekppp-2022`) may stand for code and version together.
    """
    kept = await session.scalar(select(Edition).where(Edition.code == code, Edition.version == version))
    if kept is not None:
        return decoded(kept.sha256, kept.body)
    known = nationals()
    if found := known.get(f"{code}/{version}"):
        return found
    if by_id := next((one for one in known.values() if one.id == code and version in ("latest", "1")), None):
        return by_id
    of_code = [one for one in known.values() if one.code == code]
    if version == "latest" and of_code:
        return max(of_code, key=lambda one: one.in_force_from)
    raise Problem("unknown_instrument")


async def instrument_of(session: AsyncSession, edition: str) -> Instrument:
    """The instrument that an evaluation is pinned to, by the hash of its content."""
    kept = await session.get_one(Edition, edition)
    return decoded(kept.sha256, kept.body)


async def instruments_of(session: AsyncSession, editions: Iterable[str]) -> dict[str, Instrument]:
    """The instruments of many evaluations, by the hash of their content."""
    rows = await session.execute(
        select(Edition.sha256, Edition.body).where(Edition.sha256.in_(set(editions)))
    )
    return {sha256: decoded(sha256, body) for sha256, body in rows}


async def indicator_names(session: AsyncSession, edition: str) -> dict[str, str]:
    """The names of an instrument's indicators by their keys; none where nothing of that hash is kept."""
    found = (await instruments_of(session, [edition])).get(edition)
    return {} if found is None else {one.key: one.name for _, one in found.indicators}


@lru_cache(maxsize=64)
def decoded(sha256: str, body: str) -> Instrument:
    """An instrument as it was kept; what its hash does not fit is not the one that was kept."""
    instrument = msgspec.json.decode(body, type=Instrument)
    assert instruments.sha256_of(instrument) == sha256, "a kept instrument was changed"
    return instrument


async def keep_edition(
    session: AsyncSession, instrument: Instrument, now: datetime, viewer: Viewer | None, reason: str = ""
) -> Edition:
    """Keeps an instrument whole under its hash; one that is kept already stays as it is."""
    sha256 = instruments.sha256_of(instrument)
    kept = await session.get(Edition, sha256)
    if kept is None:
        kept = Edition(
            sha256=sha256,
            code=instrument.code,
            version=instrument.version,
            title=instrument.title,
            body=instruments.encoded(instrument).decode(),
            reason=reason,
            kept_at=now,
            kept_by=viewer.person_id if viewer else None,
        )
        session.add(kept)
        await session.flush()
    return kept


# ── who sees what ──


def evaluations_seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that keeps only the evaluations of a viewer."""
    if viewer.is_bureau:
        return true()
    if viewer.role is Role.OFFICER:
        return Evaluation.id.in_(
            select(Locus.evaluation_id).where(within(viewer, Locus.unit_id), Locus.removed_at.is_(None))
        )
    return Evaluation.id.in_(
        select(Assignment.evaluation_id).where(
            Assignment.person_id == viewer.person_id, Assignment.withdrawn_at.is_(None)
        )
    )


def visits_seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that keeps only the visits of a viewer."""
    if viewer.is_bureau:
        return true()
    if viewer.role is Role.OFFICER:
        is_readable = or_(Visit.form == SELF_ASSESSMENT, Visit.state.in_(COUNTING))
        return and_(within(viewer, Visit.unit_id), is_readable)
    return Visit.person_id == viewer.person_id


async def evaluation_seen_by(session: AsyncSession, viewer: Viewer, evaluation_id: int) -> Evaluation:
    found = await session.scalar(
        select(Evaluation).where(Evaluation.id == evaluation_id, evaluations_seen_by(viewer))
    )
    if found is None:
        raise Problem("unknown_evaluation")
    return found


async def locus_seen_by(
    session: AsyncSession, viewer: Viewer, evaluation_id: int, slug: str
) -> tuple[Locus, Unit]:
    """A unit chosen for an evaluation; for an inspector, one they are assigned to."""
    is_theirs = within(viewer, Locus.unit_id)
    if viewer.role is Role.INSPECTOR:
        is_theirs = Locus.unit_id.in_(
            select(Assignment.unit_id).where(
                Assignment.evaluation_id == evaluation_id,
                Assignment.person_id == viewer.person_id,
                Assignment.withdrawn_at.is_(None),
            )
        )
    row = (
        await session.execute(
            select(Locus, Unit)
            .join(Unit, Unit.id == Locus.unit_id)
            .where(
                Locus.evaluation_id == evaluation_id,
                Locus.removed_at.is_(None),
                Unit.slug == slug,
                is_theirs,
            )
        )
    ).one_or_none()
    if row is None:
        raise Problem("unknown_locus")
    return row[0], row[1]


# Whoever locks several rows takes them in this order, so that two never wait for each other in a circle:
# the person who begins or changes a visit or brings a file, the evaluation, the unit in it (its locus), its visits by
# id, a follow-up; the audit trail last. A visit is never locked without its locus: `visits.storage.lock` takes both.
async def hold_locus(session: AsyncSession, evaluation_id: int, unit_id: int) -> Locus:
    """A unit of an evaluation as it is now, or was before it was removed. Until the transaction ends nobody else
    removes it, makes its score final, or begins or changes a visit there."""
    return (
        await session.scalars(
            select(Locus)
            .where(Locus.evaluation_id == evaluation_id, Locus.unit_id == unit_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).one()


def is_final(evaluation_id: object, unit_id: object) -> ColumnElement[bool]:
    """Whether a unit has its final score; for a query, of two columns."""
    return exists().where(PinnedScore.evaluation_id == evaluation_id, PinnedScore.unit_id == unit_id)


async def visit_seen_by(session: AsyncSession, viewer: Viewer, visit_id: UUID) -> Visit:
    """A visit the viewer may read. An inspector who asks for somebody else's is told so."""
    seen = await session.scalar(select(Visit).where(Visit.id == visit_id, visits_seen_by(viewer)))
    if seen is not None:
        return seen
    is_foreign = viewer.role is Role.INSPECTOR and await session.get(Visit, visit_id) is not None
    raise Problem("foreign_visit" if is_foreign else "unknown_visit")


async def visit_of_evaluation(
    session: AsyncSession, viewer: Viewer, visit_id: UUID
) -> tuple[Visit, Evaluation, Instrument]:
    """A visit the viewer may read, with its evaluation and the instrument that is pinned to it."""
    visit = await visit_seen_by(session, viewer, visit_id)
    evaluation = await session.get_one(Evaluation, visit.evaluation_id)
    return visit, evaluation, await instrument_of(session, evaluation.edition)


# ── what visits hold ──


async def findings_of(session: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, dict[str, Observed]]:
    """What was found, by visit and indicator."""
    found: dict[UUID, dict[str, Observed]] = {visit_id: {} for visit_id in visit_ids}
    for row in await session.scalars(select(Finding).where(Finding.visit_id.in_(visit_ids))):
        found[row.visit_id][row.indicator] = observed(row)
    return found


def observed(row: Finding) -> Observed:
    return msgspec.json.decode(row.observed, type=Observed)


def judged(instrument: Instrument, findings: Mapping[str, Observed]) -> dict[str, Judged]:
    """The values of a visit's findings; each was judged before it was stored, so none is refused here."""
    return {
        indicator.key: judge(instrument, indicator, findings[indicator.key])
        for _, indicator in instrument.indicators
        if indicator.key in findings
    }


async def proof_of(
    session: AsyncSession, visit_id: UUID
) -> tuple[dict[str, list[str]], dict[str, list[Awaited]]]:
    """What proves a visit's findings, by indicator: the kinds of the evidence it has, and the pieces still to come."""
    return await _evidence_kinds(session, visit_id), await _awaited(session, visit_id)


async def _evidence_kinds(session: AsyncSession, visit_id: UUID) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    rows = await session.execute(
        select(Evidence.indicator, Evidence.kind).where(
            Evidence.visit_id == visit_id, Evidence.purpose == "finding", Evidence.removed_at.is_(None)
        )
    )
    for indicator, kind in rows:
        kinds.setdefault(indicator, []).append(kind)
    return kinds


async def _awaited(session: AsyncSession, visit_id: UUID) -> dict[str, list[Awaited]]:
    awaited: dict[str, list[Awaited]] = {}
    rows = await session.scalars(
        select(AwaitedEvidence)
        .where(AwaitedEvidence.visit_id == visit_id)
        .order_by(AwaitedEvidence.since, AwaitedEvidence.id)
    )
    for row in rows:
        kind = msgspec.json.decode(row.piece)["kind"]
        awaited.setdefault(row.indicator, []).append(Awaited(kind, row.fault))
    return awaited
