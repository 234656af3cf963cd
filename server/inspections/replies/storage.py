"""What is stored of replies: the answer of a unit, the decision on it, and the settlement that an upheld one leaves."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.accounts.tables import Person
from server.inspections.instrument import Indicator, Instrument
from server.inspections.scoring import Observed
from server.inspections.storage import (
    SELF_ASSESSMENT,
    findings_of,
    instrument_of,
    visit_seen_by,
    visits_seen_by,
)
from server.inspections.tables import Evaluation, Evidence, Finding, Reply, Settlement, Visit
from server.inspections.visit import VERIFIED
from server.inspections.visits import storage as visits
from server.problems import Problem
from server.units.tables import Unit


class Answered(msgspec.Struct, frozen=True):
    """A reply with all that is needed to tell of it."""

    reply: Reply
    visit: Visit
    unit: Unit
    instrument: Instrument
    observed: Observed
    evidence: Sequence[Evidence]
    replied_by: str
    decided_by: str | None


# ── who answers what ──


async def visit_to_answer(
    session: AsyncSession, viewer: Viewer, visit_id: UUID
) -> tuple[Visit, Evaluation, Unit]:
    """A visit the viewer may read, held until the transaction ends: it becomes final before or after, not between."""
    visit = await visit_seen_by(session, viewer, visit_id)
    await visits.lock(session, visit)
    return (
        visit,
        await session.get_one(Evaluation, visit.evaluation_id),
        await session.get_one(Unit, visit.unit_id),
    )


async def indicator_found(session: AsyncSession, visit: Visit, evaluation: Evaluation, key: str) -> Indicator:
    """The indicator, if the visit found something at it; nothing else can be answered."""
    indicator = (await instrument_of(session, evaluation.edition)).indicator(key)
    if indicator is None or await session.get(Finding, (visit.id, key)) is None:
        raise Problem(
            "bad_finding",
            field="indicator",
            what=f"Kunjungan ini tidak memuat temuan pada indikator “{key}”.",
        )
    return indicator


async def undecided_reply(session: AsyncSession, visit_id: UUID, indicator: str) -> Reply | None:
    return await session.scalar(
        select(Reply).where(Reply.visit_id == visit_id, Reply.indicator == indicator, Reply.outcome.is_(None))
    )


async def reply_seen_by(session: AsyncSession, viewer: Viewer, reply_id: UUID) -> Reply:
    found = await session.scalar(
        select(Reply)
        .join(Visit, Visit.id == Reply.visit_id)
        .where(Reply.id == reply_id, visits_seen_by(viewer))
    )
    if found is None:
        raise Problem("unknown_reply")
    return found


# ── what is written ──


async def store_reply(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    visit: Visit,
    indicator: str,
    reply_id: UUID,
    text: str,
) -> Reply:
    reply = Reply(
        id=reply_id,
        visit_id=visit.id,
        unit_id=visit.unit_id,
        indicator=indicator,
        text=text,
        replied_at=now,
        replied_by=viewer.person_id,
    )
    try:
        async with session.begin_nested():
            session.add(reply)
    except IntegrityError:
        raise Problem("id_taken") from None  # by a reply to another visit, in the meantime
    await session.refresh(reply)
    return reply


async def decide(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    reply: Reply,
    outcome: str,
    value: Decimal | None,
    reason: str,
) -> None:
    reply.outcome = outcome
    reply.decided_value = value
    reply.decision = reason
    reply.decided_at = now
    reply.decided_by = viewer.person_id
    await session.flush()


async def settle(
    session: AsyncSession, viewer: Viewer, now: datetime, reply: Reply, visit: Visit, reason: str, found: str
) -> None:
    """From now on the decided value stands for what the visit found, as long as it finds the same; both stay."""
    session.add(
        Settlement(
            evaluation_id=visit.evaluation_id,
            unit_id=visit.unit_id,
            service_id=visit.service_id,
            indicator=reply.indicator,
            value=reply.decided_value,
            reason=reason,
            cause="reply",
            over=msgspec.json.encode({str(visit.id): found}).decode(),
            settled_at=now,
            settled_by=viewer.person_id,
        )
    )
    await session.flush()


# ── what is read ──


async def replies_of(session: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, list[Reply]]:
    """The replies to each visit, oldest first."""
    found: dict[UUID, list[Reply]] = {visit_id: [] for visit_id in visit_ids}
    rows = await session.scalars(
        select(Reply).where(Reply.visit_id.in_(visit_ids)).order_by(Reply.replied_at, Reply.id)
    )
    for reply in rows:
        found[reply.visit_id].append(reply)
    return found


async def replies_wanted(
    session: AsyncSession,
    viewer: Viewer,
    *,
    evaluation_id: int | None,
    unit_id: int | None,
    only_open: bool,
    after: UUID | None,
    most: int,
) -> list[Reply]:
    """The replies a viewer may see, the longest waiting first, from behind the one named `after`."""
    conditions = _wanted(viewer, evaluation_id, unit_id, only_open)
    wanted = (
        select(Reply)
        .join(Visit, Visit.id == Reply.visit_id)
        .where(*conditions)
        .order_by(Reply.replied_at, Reply.id)
        .limit(most)
    )
    if after is not None:
        last = await reply_seen_by(session, viewer, after)
        is_later = and_(Reply.replied_at == last.replied_at, Reply.id > last.id)
        wanted = wanted.where(or_(Reply.replied_at > last.replied_at, is_later))
    return list(await session.scalars(wanted))


async def replies_by_need(
    session: AsyncSession,
    viewer: Viewer,
    *,
    evaluation_id: int | None,
    unit_id: int | None,
    only_open: bool,
    offset: int,
    most: int,
) -> list[Reply]:
    """The same replies: those that wait for a decision first, the longest waiting on top; then the latest decided."""
    return list(
        await session.scalars(
            select(Reply)
            .join(Visit, Visit.id == Reply.visit_id)
            .where(*_wanted(viewer, evaluation_id, unit_id, only_open))
            .order_by(
                Reply.outcome.is_not(None),
                case((Reply.outcome.is_(None), Reply.replied_at)),
                Reply.decided_at.desc(),
                Reply.id,
            )
            .offset(offset)
            .limit(most)
        )
    )


async def waiting_since(
    session: AsyncSession, viewer: Viewer, evaluation_id: int | None, unit_id: int | None
) -> tuple[int, datetime | None]:
    """How many replies wait for a decision, and since when the oldest of them does."""
    count, since = (
        await session.execute(
            select(func.count(), func.min(Reply.replied_at))
            .select_from(Reply)
            .join(Visit, Visit.id == Reply.visit_id)
            .where(*_wanted(viewer, evaluation_id, unit_id, only_open=True))
        )
    ).one()
    return count, since


def _wanted(
    viewer: Viewer, evaluation_id: int | None, unit_id: int | None, only_open: bool
) -> list[ColumnElement[bool]]:
    conditions = [visits_seen_by(viewer)]
    if evaluation_id is not None:
        conditions.append(Visit.evaluation_id == evaluation_id)
    if unit_id is not None:
        conditions.append(Reply.unit_id == unit_id)
    if only_open:
        conditions.append(Reply.outcome.is_(None))
    return conditions


async def verified_visits(
    session: AsyncSession, viewer: Viewer, evaluation_id: int | None, unit_id: int | None
) -> list[tuple[Visit, Evaluation, Unit]]:
    """The inspectors' visits whose findings a unit may answer as long as its time lasts, the first verified first."""
    query = (
        select(Visit, Evaluation, Unit)
        .join(Evaluation, Evaluation.id == Visit.evaluation_id)
        .join(Unit, Unit.id == Visit.unit_id)
        .where(visits_seen_by(viewer), Visit.state == VERIFIED, Visit.form != SELF_ASSESSMENT)
        .order_by(Visit.verified_at, Visit.id)
    )
    if evaluation_id is not None:
        query = query.where(Visit.evaluation_id == evaluation_id)
    if unit_id is not None:
        query = query.where(Visit.unit_id == unit_id)
    return [(visit, evaluation, unit) for visit, evaluation, unit in await session.execute(query)]


async def evidence_of_finding(session: AsyncSession, visit_id: UUID, indicator: str) -> list[Evidence]:
    """What the inspector showed, oldest first."""
    return list(
        await session.scalars(
            select(Evidence)
            .where(
                Evidence.visit_id == visit_id,
                Evidence.indicator == indicator,
                Evidence.purpose == "finding",
                Evidence.removed_at.is_(None),
            )
            .order_by(Evidence.added_at, Evidence.id)
        )
    )


async def answered(session: AsyncSession, replies: Sequence[Reply]) -> list[Answered]:
    """Replies with what each of them answers."""
    about = {
        visit.id: (visit, unit, evaluation.edition)
        for visit, unit, evaluation in await session.execute(
            select(Visit, Unit, Evaluation)
            .join(Unit, Unit.id == Visit.unit_id)
            .join(Evaluation, Evaluation.id == Visit.evaluation_id)
            .where(Visit.id.in_({reply.visit_id for reply in replies}))
        )
    }
    instruments = {
        edition: await instrument_of(session, edition)
        for edition in {edition for *_, edition in about.values()}
    }
    findings = await findings_of(session, about)
    evidence = await evidence_of(session, replies)
    names = await _names(session, replies)
    return [
        Answered(
            reply=reply,
            visit=about[reply.visit_id][0],
            unit=about[reply.visit_id][1],
            instrument=instruments[about[reply.visit_id][2]],
            observed=findings[reply.visit_id].get(reply.indicator, Observed()),
            evidence=evidence[reply.id],
            replied_by=names[reply.replied_by],
            decided_by=None if reply.decided_by is None else names[reply.decided_by],
        )
        for reply in replies
    ]


async def evidence_of(session: AsyncSession, replies: Sequence[Reply]) -> dict[UUID, list[Evidence]]:
    """The evidence that came with each reply, in the order in which it was added."""
    pieces: dict[UUID, list[Evidence]] = {reply.id: [] for reply in replies}
    for piece in await session.scalars(
        select(Evidence)
        .where(
            # by visit, because that is what has an index
            Evidence.visit_id.in_({reply.visit_id for reply in replies}),
            Evidence.reply_id.in_(list(pieces)),
            Evidence.removed_at.is_(None),
        )
        .order_by(Evidence.added_at, Evidence.id)
    ):
        assert piece.reply_id is not None
        pieces[piece.reply_id].append(piece)
    return pieces


async def _names(session: AsyncSession, replies: Sequence[Reply]) -> dict[int, str]:
    people = {person for reply in replies for person in (reply.replied_by, reply.decided_by) if person}
    rows = await session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
    return {person_id: name for person_id, name in rows}
