"""What is stored of units' scores: all that a score is made from in a few queries, settlements, pinned scores."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from server.accounts.access import Role, Viewer
from server.accounts.scope import within
from server.accounts.tables import Person
from server.inspections.decide import Decision
from server.inspections.instrument import Instrument
from server.inspections.scores.gather import (
    Looked,
    Material,
    Pinned,
    Scored,
    Service,
    Terms,
    scored,
)
from server.inspections.scoring import Observed
from server.inspections.storage import EVALUATION, SELF_ASSESSMENT, hold_locus, instrument_of, judged
from server.inspections.tables import (
    Assignment,
    Edition,
    Evaluation,
    Evidence,
    Finding,
    FollowUp,
    FollowUpStep,
    Locus,
    PinnedScore,
    Reply,
    Settlement,
    Visit,
    VisitStep,
)
from server.inspections.users.storage import sheets_that_count
from server.inspections.visit import COUNTING, FINAL, SUBMITTED, VERIFIED
from server.units.tables import PublicService, Unit

HANDED_IN = COUNTING | {SUBMITTED}


def terms_of(evaluation: Evaluation) -> Terms:
    return msgspec.convert(
        {
            "convention": evaluation.convention,
            "day": date.fromisoformat(evaluation.last_day),
            "without_f03": evaluation.without_f03,
        },
        Terms,
    )


# ── scores ──


async def score_of_unit(session: AsyncSession, evaluation: Evaluation, unit: Unit) -> Scored:
    return (await scores_of_units(session, evaluation, [unit]))[0]


async def scores_of_units(
    session: AsyncSession, evaluation: Evaluation, units: Sequence[Unit]
) -> list[Scored]:
    """The scores of units in their order; the same few queries for one unit as for a city."""
    instrument = await instrument_of(session, evaluation.edition)
    terms = terms_of(evaluation)
    return [
        scored(instrument, terms, material)
        for material in await _materials(session, evaluation, instrument, units)
    ]


async def units_seen_by(session: AsyncSession, viewer: Viewer, evaluation_id: int) -> list[Unit]:
    """The units of an evaluation that a viewer may read, by name; for an inspector those they are assigned to."""
    conditions = [Locus.evaluation_id == evaluation_id, Locus.removed_at.is_(None)]
    if viewer.role is Role.INSPECTOR:
        conditions.append(
            Unit.id.in_(
                select(Assignment.unit_id).where(
                    Assignment.evaluation_id == evaluation_id,
                    Assignment.person_id == viewer.person_id,
                    Assignment.withdrawn_at.is_(None),
                )
            )
        )
    else:
        conditions.append(within(viewer, Unit.id))
    return list(
        await session.scalars(
            select(Unit).join(Locus, Locus.unit_id == Unit.id).where(*conditions).order_by(Unit.name, Unit.id)
        )
    )


async def assigned_to(
    session: AsyncSession, viewer: Viewer, evaluation_id: int
) -> dict[int, frozenset[int | None]]:
    """What the viewer is to visit in an evaluation: by unit its public services, None for the unit as a whole."""
    found: dict[int, frozenset[int | None]] = {}
    for unit_id, service_id in await session.execute(
        select(Assignment.unit_id, Assignment.service_id).where(
            Assignment.evaluation_id == evaluation_id,
            Assignment.person_id == viewer.person_id,
            Assignment.withdrawn_at.is_(None),
        )
    ):
        found[unit_id] = found.get(unit_id, frozenset()) | {service_id}
    return found


async def _materials(
    session: AsyncSession, evaluation: Evaluation, instrument: Instrument, units: Sequence[Unit]
) -> list[Material]:
    ids = [unit.id for unit in units]
    visits = await _visits(session, evaluation.id, instrument, ids)
    decisions = await _decisions(session, evaluation.id, ids)
    services = await _services(session, ids)
    assigned = await _assigned(session, evaluation.id, ids)
    sheets = await sheets_that_count(session, evaluation.id, ids) if instrument.users else {}
    pinned = await _pinned(session, evaluation.id, ids)
    return [
        Material(
            unit_id=unit.id,
            slug=unit.slug,
            name=unit.name,
            visits=tuple(visits[unit.id, EVALUATION]),
            self_assessed=tuple(reversed(visits[unit.id, SELF_ASSESSMENT])),
            decisions=decisions[unit.id],
            assigned=frozenset(assigned[unit.id]),
            services={service.id: service for service, _ in services[unit.id]},
            open_services=sum(is_open for _, is_open in services[unit.id]),
            sheets=tuple(sheets.get(unit.id, ())),
            pinned=pinned.get(unit.id),
        )
        for unit in units
    ]


async def _visits(
    session: AsyncSession, evaluation_id: int, instrument: Instrument, unit_ids: Sequence[int]
) -> dict[tuple[int, str], list[Looked]]:
    """Every visit of the evaluators, and every self-assessment that was handed in, by unit and form."""
    of_units = and_(Visit.evaluation_id == evaluation_id, Visit.unit_id.in_(unit_ids))
    findings: dict[UUID, dict[str, Observed]] = defaultdict(dict)
    decoder = msgspec.json.Decoder(Observed)
    for visit_id, indicator, observed in await session.execute(
        select(Finding.visit_id, Finding.indicator, Finding.observed)
        .join(Visit, Visit.id == Finding.visit_id)
        .where(of_units)
    ):
        findings[visit_id][indicator] = decoder.decode(observed)
    verifier = aliased(Person)
    found: dict[tuple[int, str], list[Looked]] = defaultdict(list)
    for visit, person, verified_by in await session.execute(
        select(Visit, Person.name, verifier.name)
        .join(Person, Person.id == Visit.person_id)
        .outerjoin(verifier, verifier.id == Visit.verified_by)
        .where(of_units)
        .order_by(Visit.submitted_at.is_(None), Visit.submitted_at, Visit.id)
    ):
        if visit.form == EVALUATION or visit.state in HANDED_IN:
            found[visit.unit_id, visit.form].append(
                Looked(
                    id=visit.id,
                    service_id=visit.service_id,
                    team=visit.team,
                    person_id=visit.person_id,
                    person=person,
                    state=visit.state,
                    verified_at=visit.verified_at,
                    verified_by=verified_by,
                    values=judged(instrument, findings[visit.id]),
                )
            )
    return found


async def _decisions(
    session: AsyncSession, evaluation_id: int, unit_ids: Sequence[int]
) -> dict[int, dict[int | None, tuple[Decision, ...]]]:
    found: dict[int, dict[int | None, tuple[Decision, ...]]] = defaultdict(dict)
    for row, by in await session.execute(
        select(Settlement, Person.name)
        .join(Person, Person.id == Settlement.settled_by)
        .where(Settlement.evaluation_id == evaluation_id, Settlement.unit_id.in_(unit_ids))
        .order_by(Settlement.id)
    ):
        told = {
            "indicator": row.indicator,
            "value": row.value,
            "cause": row.cause,
            "over": msgspec.json.decode(row.over),
            "reason": row.reason,
            "by": by,
            "at": row.settled_at,
        }
        of_unit = found[row.unit_id]
        of_unit[row.service_id] = (*of_unit.get(row.service_id, ()), msgspec.convert(told, Decision))
    return found


async def _services(session: AsyncSession, unit_ids: Sequence[int]) -> dict[int, list[tuple[Service, bool]]]:
    """Every public service of the units, and whether it is offered today."""
    found: dict[int, list[tuple[Service, bool]]] = defaultdict(list)
    for row in await session.execute(
        select(
            PublicService.unit_id,
            PublicService.id,
            PublicService.slug,
            PublicService.name,
            PublicService.closed_at,
        ).where(PublicService.unit_id.in_(unit_ids))
    ):
        found[row.unit_id].append((Service(row.id, row.slug, row.name), row.closed_at is None))
    return found


async def _assigned(
    session: AsyncSession, evaluation_id: int, unit_ids: Sequence[int]
) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for unit_id, service_id in await session.execute(
        select(Assignment.unit_id, Assignment.service_id).where(
            Assignment.evaluation_id == evaluation_id,
            Assignment.unit_id.in_(unit_ids),
            Assignment.withdrawn_at.is_(None),
        )
    ):
        if service_id is not None:
            found[unit_id].add(service_id)
    return found


async def _pinned(session: AsyncSession, evaluation_id: int, unit_ids: Sequence[int]) -> dict[int, Pinned]:
    rows = await session.execute(
        select(PinnedScore, Person.name)
        .join(Person, Person.id == PinnedScore.pinned_by)
        .where(PinnedScore.evaluation_id == evaluation_id, PinnedScore.unit_id.in_(unit_ids))
    )
    return {row.unit_id: Pinned(row.edition, row.inputs, row.document, row.pinned_at, by) for row, by in rows}


# ── deciding ──


async def hold(session: AsyncSession, evaluation: Evaluation, unit_id: int) -> None:
    """Until the end of the transaction nobody else changes the plan, settles, pins or moves a visit of this unit."""
    evaluation_id = evaluation.id
    await session.refresh(evaluation, with_for_update={"read": True})
    await hold_locus(session, evaluation_id, unit_id)
    await session.execute(
        select(Visit.id)
        .where(Visit.evaluation_id == evaluation_id, Visit.unit_id == unit_id)
        .order_by(Visit.id)
        .with_for_update(key_share=True)
    )


async def settle(session: AsyncSession, settlement: Settlement) -> None:
    """Writes a decision beside the former ones; the latest counts."""
    session.add(settlement)
    await session.flush()


async def pin(
    session: AsyncSession,
    score: PinnedScore,
    follow_ups: Sequence[FollowUp],
    note: str,
) -> None:
    """Keeps a final score, makes the unit's verified visits final, and opens what is to be put right."""
    now, by = score.pinned_at, score.pinned_by
    session.add(score)
    verified = await session.scalars(
        select(Visit).where(
            Visit.evaluation_id == score.evaluation_id,
            Visit.unit_id == score.unit_id,
            Visit.state == VERIFIED,
        )
    )
    for visit in verified:
        visit.state, visit.final_at = FINAL, now
        session.add(VisitStep(visit_id=visit.id, state=FINAL, at=now, person_id=by, note=note))
    session.add_all(follow_ups)
    await session.flush()
    session.add_all(
        FollowUpStep(follow_up_id=one.id, act="opened", at=now, person_id=by) for one in follow_ups
    )
    await session.flush()


# ── reading what was pinned ──


async def pinned_scores(session: AsyncSession) -> AsyncIterator[tuple[PinnedScore, Edition, str]]:
    """Every final score with its edition and its unit's slug, in a fixed order."""
    rows = await session.stream(
        select(PinnedScore, Edition, Unit.slug)
        .join(Edition, Edition.sha256 == PinnedScore.edition)
        .join(Unit, Unit.id == PinnedScore.unit_id)
        .order_by(PinnedScore.evaluation_id, PinnedScore.unit_id)
    )
    async for score, edition, slug in rows:
        yield score, edition, slug


async def pinned_of_unit(session: AsyncSession, unit_id: int) -> list[tuple[PinnedScore, Evaluation]]:
    """A unit's final scores, the latest period first."""
    rows = await session.execute(
        select(PinnedScore, Evaluation)
        .join(Evaluation, Evaluation.id == PinnedScore.evaluation_id)
        .where(PinnedScore.unit_id == unit_id)
        .order_by(Evaluation.last_day.desc(), PinnedScore.pinned_at.desc(), Evaluation.id.desc())
    )
    return [(score, evaluation) for score, evaluation in rows]


async def evaluations_with_pinned(session: AsyncSession) -> list[Evaluation]:
    """Evaluations of which at least one score is final, the latest period first."""
    return list(
        await session.scalars(
            select(Evaluation)
            .where(Evaluation.id.in_(select(PinnedScore.evaluation_id)))
            .order_by(Evaluation.last_day.desc(), Evaluation.id.desc())
        )
    )


async def final_materials(session: AsyncSession, evaluation_id: int) -> list[Material]:
    """All units of an evaluation by name, each with its final score if it has one, without what led there."""
    units = list(
        await session.scalars(
            select(Unit)
            .join(Locus, Locus.unit_id == Unit.id)
            .where(Locus.evaluation_id == evaluation_id, Locus.removed_at.is_(None))
            .order_by(Unit.name, Unit.id)
        )
    )
    ids = [unit.id for unit in units]
    pinned = await _pinned(session, evaluation_id, ids)
    services = await _services(session, ids)
    return [
        Material(
            unit_id=unit.id,
            slug=unit.slug,
            name=unit.name,
            open_services=sum(is_open for _, is_open in services[unit.id]),
            pinned=pinned.get(unit.id),
        )
        for unit in units
    ]


# ── the printed sheet ──


async def evidence_counts(session: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """How many pieces of evidence the findings of visits have, by indicator."""
    found: dict[UUID, dict[str, int]] = {visit_id: {} for visit_id in visit_ids}
    for visit_id, indicator, n in await session.execute(
        select(Evidence.visit_id, Evidence.indicator, func.count())
        .where(
            Evidence.visit_id.in_(visit_ids),
            Evidence.purpose == "finding",
            Evidence.removed_at.is_(None),
        )
        .group_by(Evidence.visit_id, Evidence.indicator)
    ):
        found[visit_id][indicator] = n
    return found


async def replies_to(session: AsyncSession, visit_ids: Collection[UUID]) -> list[tuple[Reply, str | None]]:
    """The unit's replies with the name of whoever decided them, oldest first."""
    rows = await session.execute(
        select(Reply, Person.name)
        .outerjoin(Person, Person.id == Reply.decided_by)
        .where(Reply.visit_id.in_(visit_ids))
        .order_by(Reply.replied_at, Reply.id)
    )
    return [(reply, by) for reply, by in rows]


async def settlements_of(
    session: AsyncSession, evaluation_id: int, unit_id: int
) -> list[tuple[Settlement, str]]:
    """Every decision on a value, the former ones too, with the name of who decided, oldest first."""
    rows = await session.execute(
        select(Settlement, Person.name)
        .join(Person, Person.id == Settlement.settled_by)
        .where(Settlement.evaluation_id == evaluation_id, Settlement.unit_id == unit_id)
        .order_by(Settlement.id)
    )
    return [(settlement, by) for settlement, by in rows]
