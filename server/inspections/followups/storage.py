"""What is stored of follow-ups: which ones a viewer may see, what happened to each, and what counts in the rate."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Role, Viewer
from server.accounts.scope import within
from server.accounts.tables import Person
from server.inspections.followups.progress import OPEN
from server.inspections.followups.rate import Case
from server.inspections.instrument import Instrument
from server.inspections.storage import instrument_of, instruments_of
from server.inspections.tables import Assignment, Evaluation, Evidence, FollowUp, FollowUpStep, Visit
from server.problems import Problem
from server.settings import ZONES
from server.units.tables import PublicService, Unit

A_DAY = timedelta(days=1)

Step = tuple[FollowUpStep, str | None]
"""What happened, and the name of whoever did it."""


class Wanted(msgspec.Struct, frozen=True):
    """Which follow-ups a list is to hold; None: any."""

    evaluation_id: int | None = None
    unit_id: int | None = None
    state: str | None = None
    only_overdue: bool = False


class Followed(msgspec.Struct, frozen=True):
    """A follow-up with all that is needed to tell of it."""

    follow_up: FollowUp
    evaluation: Evaluation
    unit: Unit
    service: PublicService | None
    instrument: Instrument
    found_by: int
    """Whose visit found what is to be put right."""
    steps: Sequence[Step]
    before: Sequence[Evidence]
    after: Sequence[Evidence]
    today: date

    def shows_visit_to(self, viewer: Viewer) -> bool:
        """Whether a viewer may know of the visit that found it: inspectors judge apart from each other."""
        return viewer.role is not Role.INSPECTOR or viewer.person_id == self.found_by


# ── who sees what ──


def follow_ups_seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """The bureau's are the city's; an officer's those of their units; an inspector's those of units they visit."""
    if viewer.is_bureau:
        return true()
    if viewer.role is Role.OFFICER:
        return within(viewer, FollowUp.unit_id)
    return (
        select(Assignment.id)
        .where(
            Assignment.evaluation_id == FollowUp.evaluation_id,
            Assignment.unit_id == FollowUp.unit_id,
            Assignment.person_id == viewer.person_id,
            Assignment.withdrawn_at.is_(None),
        )
        .exists()
    )


async def follow_up_seen_by(session: AsyncSession, viewer: Viewer, follow_up_id: int) -> FollowUp:
    found = await session.scalar(
        select(FollowUp).where(FollowUp.id == follow_up_id, follow_ups_seen_by(viewer))
    )
    if found is None:
        raise Problem("unknown_follow_up")
    return found


async def follow_up_to_change(session: AsyncSession, viewer: Viewer, follow_up_id: int) -> FollowUp:
    """A follow-up the viewer may see, held until the transaction ends."""
    found = await session.scalar(
        select(FollowUp)
        .where(FollowUp.id == follow_up_id, follow_ups_seen_by(viewer))
        .with_for_update(key_share=True)
    )
    if found is None:
        raise Problem("unknown_follow_up")
    return found


# ── what is written ──


async def add_step(
    session: AsyncSession, now: datetime, viewer: Viewer, follow_up: FollowUp, act: str, note: str
) -> None:
    session.add(
        FollowUpStep(follow_up_id=follow_up.id, act=act, note=note, at=now, person_id=viewer.person_id)
    )
    await session.flush()


async def repaired_by(session: AsyncSession, follow_up_id: int) -> int | None:
    """Who said last that it is repaired."""
    return await session.scalar(
        select(FollowUpStep.person_id)
        .where(FollowUpStep.follow_up_id == follow_up_id, FollowUpStep.act == "repaired")
        .order_by(FollowUpStep.id.desc())
        .limit(1)
    )


async def is_told_before(
    session: AsyncSession, viewer: Viewer, follow_up: FollowUp, note: str, evidence_ids: Collection[UUID]
) -> bool:
    """Whether the last thing that happened is this very report of a repair: a form that was sent twice."""
    last = await session.scalar(
        select(FollowUpStep)
        .where(FollowUpStep.follow_up_id == follow_up.id)
        .order_by(FollowUpStep.id.desc())
        .limit(1)
    )
    if last is None or (last.act, last.person_id, last.note) != ("repaired", viewer.person_id, note):
        return False
    known = await session.scalars(
        select(Evidence.id).where(
            Evidence.id.in_(evidence_ids),
            Evidence.visit_id == follow_up.visit_id,
            Evidence.indicator == follow_up.indicator,
            Evidence.purpose == "repair",
        )
    )
    return set(known) == set(evidence_ids)


# ── what is read ──


async def follow_ups_wanted(
    session: AsyncSession, viewer: Viewer, wanted: Wanted, now: datetime, after: int | None, most: int
) -> list[FollowUp]:
    """A viewer's follow-ups, the soonest due first, from behind the one named `after`."""
    query = (
        select(FollowUp)
        .join(Unit, Unit.id == FollowUp.unit_id)
        .where(follow_ups_seen_by(viewer))
        .order_by(FollowUp.due_day, FollowUp.id)
        .limit(most)
    )
    if wanted.evaluation_id is not None:
        query = query.where(FollowUp.evaluation_id == wanted.evaluation_id)
    if wanted.unit_id is not None:
        query = query.where(FollowUp.unit_id == wanted.unit_id)
    if wanted.state is not None:
        query = query.where(FollowUp.state == wanted.state)
    if wanted.only_overdue:
        query = query.where(_is_overdue(now))
    if after is not None:
        last = await session.scalar(select(FollowUp).where(FollowUp.id == after, follow_ups_seen_by(viewer)))
        if last is None:
            raise Problem("unknown_follow_up")
        is_later = and_(FollowUp.due_day == last.due_day, FollowUp.id > last.id)
        query = query.where(or_(FollowUp.due_day > last.due_day, is_later))
    return list(await session.scalars(query))


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    """`progress.is_overdue` in SQL, by the calendar of each zone."""
    return and_(
        FollowUp.state == OPEN,
        _by_zone(lambda zone: FollowUp.due_day < str(today_in(zone, now))),
    )


async def followed(session: AsyncSession, follow_ups: Sequence[FollowUp], now: datetime) -> list[Followed]:
    """Follow-ups with what belongs to each of them, in their order."""
    ids = [one.id for one in follow_ups]
    about = {
        row[0]: row[1:]
        for row in await session.execute(
            select(FollowUp.id, Evaluation, Unit, PublicService, Visit.person_id)
            .join(Visit, Visit.id == FollowUp.visit_id)
            .join(Evaluation, Evaluation.id == FollowUp.evaluation_id)
            .join(Unit, Unit.id == FollowUp.unit_id)
            .outerjoin(PublicService, PublicService.id == FollowUp.service_id)
            .where(FollowUp.id.in_(ids))
        )
    }
    instruments = await instruments_of(session, (evaluation.edition for evaluation, *_ in about.values()))
    steps = await _steps(session, ids)
    evidence = await _evidence(session, {one.visit_id for one in follow_ups})
    found = []
    for one in follow_ups:
        evaluation, unit, service, found_by = about[one.id]
        found.append(
            Followed(
                follow_up=one,
                evaluation=evaluation,
                unit=unit,
                service=service,
                instrument=instruments[evaluation.edition],
                found_by=found_by,
                steps=steps[one.id],
                before=evidence.get((one.visit_id, one.indicator, "finding"), []),
                after=evidence.get((one.visit_id, one.indicator, "repair"), []),
                today=today_in(unit.zone, now),
            )
        )
    return found


async def _steps(session: AsyncSession, ids: Collection[int]) -> dict[int, list[Step]]:
    steps: dict[int, list[Step]] = {follow_up_id: [] for follow_up_id in ids}
    for step, name in await session.execute(
        select(FollowUpStep, Person.name)
        .outerjoin(Person, Person.id == FollowUpStep.person_id)
        .where(FollowUpStep.follow_up_id.in_(ids))
        .order_by(FollowUpStep.id)
    ):
        steps[step.follow_up_id].append((step, name))
    return steps


async def _evidence(
    session: AsyncSession, visit_ids: Collection[UUID]
) -> dict[tuple[UUID, str, str], list[Evidence]]:
    """The evidence of visits by visit, indicator and purpose, oldest first."""
    pieces: dict[tuple[UUID, str, str], list[Evidence]] = {}
    for piece in await session.scalars(
        select(Evidence)
        .where(Evidence.visit_id.in_(visit_ids), Evidence.removed_at.is_(None))
        .order_by(Evidence.added_at, Evidence.id)
    ):
        pieces.setdefault((piece.visit_id, piece.indicator, piece.purpose), []).append(piece)
    return pieces


async def behind(session: AsyncSession, follow_up: FollowUp) -> tuple[Visit, Instrument, Unit]:
    """The visit that found what is to be put right, the instrument it went by, and the unit."""
    evaluation = await session.get_one(Evaluation, follow_up.evaluation_id)
    return (
        await session.get_one(Visit, follow_up.visit_id),
        await instrument_of(session, evaluation.edition),
        await session.get_one(Unit, follow_up.unit_id),
    )


async def cases(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    *,
    evaluation_id: int | None,
    first: date | None,
    last: date | None,
) -> list[tuple[Case, str]]:
    """What counts in the rate of the follow-ups opened from `first` to `last`, each with its unit's name."""
    query = (
        select(
            Unit.slug,
            Unit.name,
            Unit.zone,
            FollowUp.state,
            FollowUp.opened_at,
            FollowUp.due_day,
            FollowUp.closed_at,
        )
        .join(Unit, Unit.id == FollowUp.unit_id)
        .where(follow_ups_seen_by(viewer))
        .order_by(Unit.name, Unit.id)
    )
    if evaluation_id is not None:
        query = query.where(FollowUp.evaluation_id == evaluation_id)
    # nothing lies before the first of all days, nor after the last
    if first is not None and first > date.min:
        query = query.where(_by_zone(lambda zone: FollowUp.opened_at >= _midnight(zone, first)))
    if last is not None and last < date.max:
        query = query.where(_by_zone(lambda zone: FollowUp.opened_at < _midnight(zone, last + A_DAY)))
    found = []
    for slug, name, zone, state, opened_at, due_day, closed_at in await session.execute(query):
        case = Case(
            unit=slug,
            state=state,
            opened_day=today_in(zone, opened_at),
            due_day=date.fromisoformat(due_day),
            closed_day=None if closed_at is None else today_in(zone, closed_at),
            today=today_in(zone, now),
        )
        found.append((case, name))
    return found


def _by_zone(condition: Callable[[str], ColumnElement[bool]]) -> ColumnElement[bool]:
    """A condition that depends on the zone of the unit."""
    return or_(*(and_(Unit.zone == zone, condition(zone)) for zone in ZONES))


def _midnight(zone: str, day: date) -> datetime:
    """When a day begins by the calendar of a zone."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def today_in(zone: str, moment: datetime) -> date:
    """The day that the calendar of a zone shows at a moment."""
    return moment.astimezone(ZoneInfo(zone)).date()
