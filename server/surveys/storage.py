"""The questions we ask the database about responses and tallies.

An index is always read from the tallies; responses are read one counter-day at a time (by the rules against
stuffing), one by one (receipts, reviews), or all of them by `verify` and exports.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.accounts.scope import within
from server.accounts.tables import AuditEvent, Person
from server.skm.exclusion import UNJUDGED
from server.skm.rules import EXACT
from server.skm.tally import CELLS, COUNTED, Tallied, deltas, hour_deltas, periods_between
from server.surveys.desk.asked import ANY_RULE, Cursor, Wanted
from server.surveys.desk.effect import Group
from server.surveys.desk.sheets import ResponseLine
from server.surveys.tables import (
    KEYS,
    ConventionChoice,
    DeviceKey,
    survey_hours,
    survey_responses,
    survey_tallies,
)
from server.units.tables import Counter, PublicService, Unit

Histogram = dict[str, tuple[int, int, int, int]]
"""Per element, how many answered 1, 2, 3 and 4."""


class Counts(msgspec.Struct, frozen=True):
    """What a set of tallies adds up to: the counted responses, and how many each rule keeps out."""

    n: int
    histogram: Histogram
    excluded: dict[str, int]


NOTHING = Counts(0, dict.fromkeys(KEYS, (0, 0, 0, 0)), {})

_r, _t, _h = survey_responses.c, survey_tallies.c, survey_hours.c
_SUMS = [func.sum(_t.n).label("n"), *(func.sum(_t[cell]).label(cell) for cell in CELLS)]


# ── reading tallies ──────────────────────────────────────────────────────────────────────────────────────────────────


async def counts_of(
    session: AsyncSession,
    unit_id: int,
    periods: Sequence[str],
    service_id: int | None = None,
    counter_id: int | None = None,
) -> Counts:
    """The counts of one unit over the periods, of one service or one counter where asked."""
    query = select(_t.rule, *_SUMS).where(_t.period.in_(periods), _t.unit_id == unit_id).group_by(_t.rule)
    if service_id is not None:
        query = query.where(_t.service_id == service_id)
    if counter_id is not None:
        query = query.where(_t.counter_id == counter_id)
    return _counts((await session.execute(query)).all())


async def counts_by(
    session: AsyncSession, part: str, periods: Sequence[str], unit_id: int | None = None
) -> dict[Any, Counts]:
    """The counts per `part` (unit_id, service_id, counter_id or period), of one unit or of the whole city."""
    column = _t[part]
    query = select(column, _t.rule, *_SUMS).where(_t.period.in_(periods)).group_by(column, _t.rule)
    if unit_id is not None:
        query = query.where(_t.unit_id == unit_id)
    rows: dict[Any, list[Any]] = {}
    for row in await session.execute(query):
        rows.setdefault(row[0], []).append(row[1:])
    return {key: _counts(group) for key, group in rows.items()}


async def hours_of(session: AsyncSession, unit_id: int, months: Sequence[str]) -> dict[int, int]:
    """How many counted responses were given in each local hour."""
    rows = await session.execute(
        select(_h.hour, func.sum(_h.n))
        .where(_h.month.in_(months), _h.unit_id == unit_id)
        .group_by(_h.hour)
        .order_by(_h.hour)
    )
    return {hour: n for hour, n in rows if n}


async def months_with_answers(session: AsyncSession) -> list[str]:
    """Every month from the city's first answer to its last: the periods that hold everything."""
    # one look at each end of the key; asked for together they would be a scan
    ends = select(
        select(func.min(_t.period)).scalar_subquery(), select(func.max(_t.period)).scalar_subquery()
    )
    first, last = (await session.execute(ends)).one()
    if first is None:
        return []
    return periods_between(
        date.fromisoformat(f"{first[:7]}-01"), _last_of_month(date.fromisoformat(f"{last[:7]}-01"))
    )


def _counts(rows: Iterable[Sequence[Any]]) -> Counts:
    """Counts from rows of (rule, n, one sum per cell)."""
    counted, excluded = NOTHING, {}
    for rule, n, *cells in rows:
        if rule == COUNTED:
            histogram = {key: tuple(map(int, cells[4 * i : 4 * i + 4])) for i, key in enumerate(KEYS)}
            counted = Counts(int(n), histogram, {})  # type: ignore[arg-type]
        elif n:
            excluded[rule] = int(n)
    return Counts(counted.n, counted.histogram, dict(sorted(excluded.items())))


# ── writing tallies ──────────────────────────────────────────────────────────────────────────────────────────────────


async def add_to_tallies(
    session: AsyncSession, added: Sequence[Tallied], removed: Sequence[Tallied] = ()
) -> None:
    """Adds responses to the tallies and takes others away, in the caller's transaction.

    Rows are taken in the intake's order (tallies, then hours, each sorted), so that on PostgreSQL two transactions
    never wait for each other in a circle.
    """
    insert: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    tallies, hours = deltas(added), hour_deltas(added)
    for key, row in deltas(removed, sign=-1).items():
        tallies[key] = [sum(pair) for pair in zip(tallies.get(key, [0] * len(row)), row, strict=True)]
    for hour, n in hour_deltas(removed, sign=-1).items():
        hours[hour] = hours.get(hour, 0) + n
    for table, rows in (
        (survey_tallies, [(*key, *row) for key, row in sorted(tallies.items())]),
        (survey_hours, [(*key, n) for key, n in sorted(hours.items())]),
    ):
        if not rows:
            continue
        keys = [column.name for column in table.primary_key]
        statement = insert(table)
        sums = {
            column.name: column + statement.excluded[column.name]
            for column in table.columns
            if column.name not in keys
        }
        names = [column.name for column in table.columns]
        await session.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=sums),
            [dict(zip(names, row, strict=True)) for row in rows],
        )


async def apply_rules(session: AsyncSession, verdicts: Mapping[UUID, str]) -> int:
    """Lets rules decide over responses that no person has reviewed; tells how many changed sides."""
    return await _move(session, verdicts, _r.reviewed == 0)


async def review(session: AsyncSession, response_ids: Sequence[UUID], rule: str) -> int:
    """Lets a person decide, against any rule from now on; tells how many changed sides."""
    moved = await _move(session, dict.fromkeys(response_ids, rule), sa.true())
    for ids in _parts(response_ids):
        await session.execute(update(survey_responses).where(_r.id.in_(ids)).values(reviewed=1))
    return moved


async def _move(session: AsyncSession, verdicts: Mapping[UUID, str], condition: ColumnElement[bool]) -> int:
    rows: list[Row[Any]] = []
    for ids in _parts(sorted(verdicts)):
        found = select(survey_responses).where(_r.id.in_(ids), condition).order_by(_r.id).with_for_update()
        rows += (await session.execute(found)).all()
    moving = [row for row in rows if row.excluded_by != verdicts[row.id]]
    before = [_tallied(row) for row in moving]
    after = [_tallied(row)._replace(rule=verdicts[row.id]) for row in moving]
    await add_to_tallies(session, after, removed=before)
    for rule in sorted({verdicts[row.id] for row in moving}):
        for ids in _parts([row.id for row in moving if verdicts[row.id] == rule]):
            await session.execute(update(survey_responses).where(_r.id.in_(ids)).values(excluded_by=rule))
    return len(moving)


def _parts(ids: Sequence[UUID], size: int = 1_000) -> Iterator[Sequence[UUID]]:
    """A few at a time: a statement takes only so many parameters."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _tallied(row: Row[Any]) -> Tallied:
    return Tallied(
        row.unit_id,
        row.service_id,
        row.counter_id,
        row.local_day,
        row.local_hour,
        row.excluded_by,
        [getattr(row, key) for key in KEYS],
    )


# ── verifying ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Difference(msgspec.Struct, frozen=True):
    """A tally that disagrees with the responses it stands for."""

    table: str
    key: tuple[Any, ...]
    cell: str
    tallied: int
    recounted: int


# constants written into the statement: PostgreSQL takes two parameters of equal value for two expressions
_month = func.substr(_r.local_day, sa.literal_column("1"), sa.literal_column("7"))
_service = func.coalesce(_r.service_id, sa.literal_column("0"))


async def differences(session: AsyncSession) -> AsyncIterator[Difference]:
    """Every cell of the tallies that the responses do not confirm, recounted from scratch."""
    for period, length in ((_month, 7), (_r.local_day, 10)):
        key = (period, _r.unit_id, _service, _r.counter_id, _r.excluded_by)
        cells = [
            func.sum(sa.case((_r[name] == answer, 1), else_=0)) for name in KEYS for answer in (1, 2, 3, 4)
        ]
        tallies = await session.execute(select(survey_tallies).where(func.length(_t.period) == length))
        tallied = {tuple(row[:5]): tuple(row[5:]) for row in tallies}
        for row in await session.execute(select(*key, func.count(), *cells).group_by(*key)):
            recounted = tuple(map(int, row[5:]))
            held = tallied.pop(tuple(row[:5]), (0,) * len(recounted))
            for difference in _compared(tuple(row[:5]), held, recounted):
                yield difference
        for left, held in tallied.items():
            for difference in _compared(left, held, (0,) * len(held)):
                yield difference
    hours = {(row[0], row[1], row[2]): row[3] for row in await session.execute(select(survey_hours))}
    by_hour = (_month, _r.unit_id, _r.local_hour)
    for month, unit_id, hour, n in await session.execute(
        select(*by_hour, func.count()).where(_r.excluded_by == COUNTED).group_by(*by_hour)
    ):
        if (held_n := hours.pop((month, unit_id, hour), 0)) != n:
            yield Difference("survey_hours", (month, unit_id, hour), "n", held_n, n)
    for hour_key, held_n in hours.items():
        if held_n:
            yield Difference("survey_hours", hour_key, "n", held_n, 0)


def _compared(key: tuple[Any, ...], held: Sequence[int], recounted: Sequence[int]) -> Iterable[Difference]:
    for cell, ours, theirs in zip(("n", *CELLS), held, recounted, strict=True):
        if ours != theirs:
            yield Difference("survey_tallies", key, cell, ours, theirs)


async def how_many(session: AsyncSession) -> int:
    """All responses ever stored, excluded ones too."""
    return await session.scalar(select(func.count()).select_from(survey_responses)) or 0


# ── single responses ─────────────────────────────────────────────────────────────────────────────────────────────────


class Held(msgspec.Struct, frozen=True):
    """A stored response as its receipt tells of it: where and when it counts, and nothing that was answered."""

    id: UUID
    code: str
    counter_name: str
    unit_id: int
    unit_slug: str
    unit_name: str
    contact: str
    zone: str
    day: date
    received_at: datetime
    excluded_by: str
    body_sha256: bytes


async def held_response(session: AsyncSession, response_id: UUID) -> Held | None:
    row = (
        await session.execute(
            select(survey_responses, Counter.code, Counter.name.label("counter_name"), Unit)
            .join(Counter, Counter.id == _r.counter_id)
            .join(Unit, Unit.id == _r.unit_id)
            .where(_r.id == response_id)
        )
    ).one_or_none()
    if row is None:
        return None
    return Held(
        id=row.id,
        code=row.code,
        counter_name=row.counter_name,
        unit_id=row.unit_id,
        unit_slug=row.Unit.slug,
        unit_name=row.Unit.name,
        contact=row.Unit.contact,
        zone=row.Unit.zone,
        day=date.fromisoformat(row.local_day),
        received_at=row.received_at,
        excluded_by=row.excluded_by,
        body_sha256=row.body_sha256,
    )


async def service_id(session: AsyncSession, unit_id: int, slug: str) -> int | None:
    return await session.scalar(
        select(PublicService.id).where(PublicService.unit_id == unit_id, PublicService.slug == slug)
    )


# ── what the rules against stuffing look at ──────────────────────────────────────────────────────────────────────────


async def counter_day(session: AsyncSession, counter_id: int, day: str) -> Sequence[Any]:
    """What the rules look at of one counter on one local day; whole imported sheets they need not see."""
    return (
        await session.execute(
            select(
                _r.id,
                _r.received_at,
                _r.answered_at,
                _r.served_at,
                _r.token,
                _r.page,
                _r.device,
                _r.channel,
                _r.excluded_by,
                _r.reviewed,
            ).where(_r.counter_id == counter_id, _r.local_day == day, _r.channel.not_in(UNJUDGED))
        )
    ).all()


async def counter_days_since(session: AsyncSession, moment: datetime) -> list[tuple[int, str]]:
    """The counter-days that got a response since a moment."""
    rows = await session.execute(
        select(_r.counter_id, _r.local_day).where(_r.received_at >= moment).distinct()
    )
    return [(counter_id, day) for counter_id, day in rows]


async def device_key(session: AsyncSession, day: str) -> bytes | None:
    return await session.scalar(select(DeviceKey.key).where(DeviceKey.day == day))


async def add_device_key(session: AsyncSession, day: str, key: bytes, forget_before: str) -> None:
    """A new day's key; those of finished days are destroyed, so that no mark can ever be traced back."""
    await session.execute(sa.delete(DeviceKey).where(DeviceKey.day < forget_before))
    session.add(DeviceKey(day=day, key=key))
    await session.flush()


# ── the city's convention ────────────────────────────────────────────────────────────────────────────────────────────


async def convention_on(session: AsyncSession, day: date) -> str:
    """The name of the convention the city computes with on a day."""
    chosen = await session.scalar(
        select(ConventionChoice.convention)
        .where(ConventionChoice.in_force_from <= str(day))
        .order_by(ConventionChoice.in_force_from.desc())
        .limit(1)
    )
    return chosen or EXACT.name


async def choose_convention(
    session: AsyncSession, viewer: Viewer, now: datetime, in_force_from: date, convention: str
) -> None:
    await session.merge(
        ConventionChoice(
            in_force_from=str(in_force_from), convention=convention, chosen_by=viewer.person_id, chosen_at=now
        )
    )


def _last_of_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1) - date.resolution


# ── what staff look at and decide ────────────────────────────────────────────────────────────────────────────────────

STREAMED_AT_ONCE = 500
"""Rows of a download that are in memory at a time."""


async def periods_with_answers(session: AsyncSession, first: date | None, last: date | None) -> list[str]:
    """The tallies that make up a range (open ends: all there is), as far as there are any."""
    months = await months_with_answers(session)
    if not months:
        return []
    start, end = (date.fromisoformat(f"{months[place]}-01") for place in (0, -1))
    return periods_between(max(first or start, start), min(last or date.max, _last_of_month(end)))


async def groups_by_unit(
    session: AsyncSession, periods: Sequence[str], unit_ids: Sequence[int] | None = None
) -> dict[int, dict[str, Group]]:
    """Per unit and rule (empty: counted), how many there are and how they answered."""
    query = select(_t.unit_id, _t.rule, *_SUMS).where(_t.period.in_(periods)).group_by(_t.unit_id, _t.rule)
    if unit_ids is not None:
        query = query.where(_t.unit_id.in_(unit_ids))
    found: dict[int, dict[str, Group]] = {}
    for unit_id, rule, n, *cells in await session.execute(query):
        counts = map(int, cells)
        histogram = {key: (next(counts), next(counts), next(counts), next(counts)) for key in KEYS}
        if n:
            found.setdefault(unit_id, {})[rule] = Group(int(n), histogram)
    return found


async def responses_wanted(
    session: AsyncSession, viewer: Viewer, wanted: Wanted, cursor: Cursor | None = None, limit: int = 50
) -> list[ResponseLine]:
    """The newest responses that a viewer may see and asks for, from the cursor on."""
    query = _wanted(viewer, wanted).order_by(_r.received_at.desc(), _r.id.desc()).limit(limit)
    if cursor is not None:
        query = query.where(_r.received_at <= cursor.received_at).offset(cursor.passed)
    return [_line(row) for row in await session.execute(query)]


async def stream_wanted(
    session: AsyncSession, viewer: Viewer, wanted: Wanted
) -> AsyncIterator[list[ResponseLine]]:
    """All responses that a viewer may see and asks for, oldest first, some at a time."""
    query = _wanted(viewer, wanted).order_by(_r.local_day, _r.id)
    rows = await session.stream(query.execution_options(yield_per=STREAMED_AT_ONCE))
    async for part in rows.partitions():
        yield [_line(row) for row in part]


async def how_many_wanted(session: AsyncSession, viewer: Viewer, wanted: Wanted, most: int) -> int:
    """How many responses a viewer may see and asks for, counted no further than `most`."""
    found = _wanted(viewer, wanted).with_only_columns(_r.id).limit(most).subquery()
    return await session.scalar(select(func.count()).select_from(found)) or 0


def _wanted(viewer: Viewer, wanted: Wanted) -> sa.Select[Any]:
    conditions = [
        (wanted.ids is not None, _r.id.in_(wanted.ids or ())),
        (wanted.unit_id is not None, _r.unit_id == wanted.unit_id),
        (wanted.service_id is not None, _r.service_id == wanted.service_id),
        (wanted.counter_id is not None, _r.counter_id == wanted.counter_id),
        (wanted.channel is not None, _r.channel == wanted.channel),
        (wanted.rule == ANY_RULE, _r.excluded_by != COUNTED),
        (wanted.rule not in (None, ANY_RULE), _r.excluded_by == wanted.rule),
        (wanted.first is not None, _r.local_day >= str(wanted.first)),
        (wanted.last is not None, _r.local_day <= str(wanted.last)),
        (wanted.with_comment, _r.comment.is_not(None)),
        (wanted.is_reviewed, _r.reviewed == 1),
    ]
    return (
        select(
            survey_responses,
            Unit.slug.label("unit_slug"),
            Unit.name.label("unit_name"),
            Unit.zone,
            Counter.code,
            Counter.name.label("counter_name"),
            PublicService.name.label("service_name"),
        )
        .join(Unit, Unit.id == _r.unit_id)
        .join(Counter, Counter.id == _r.counter_id)
        .outerjoin(PublicService, PublicService.id == _r.service_id)
        .where(within(viewer, _r.unit_id), *(condition for applies, condition in conditions if applies))
    )


def _line(row: Row[Any]) -> ResponseLine:
    return ResponseLine(
        id=row.id,
        counter_id=row.counter_id,
        unit_id=row.unit_id,
        unit_slug=row.unit_slug,
        unit_name=row.unit_name,
        zone=row.zone,
        code=row.code,
        counter_name=row.counter_name,
        service_name=row.service_name,
        day=date.fromisoformat(row.local_day),
        received_at=row.received_at,
        channel=row.channel,
        answers={key: getattr(row, key) for key in KEYS},
        age=row.age,
        sex=row.sex,
        education=row.education,
        occupation=row.occupation,
        disability=row.disability,
        comment=row.comment,
        excluded_by=row.excluded_by,
        is_reviewed=bool(row.reviewed),
    )


async def judged_day(
    session: AsyncSession, counter_id: int, day: date, never_judged: Collection[str]
) -> Sequence[Row[Any]]:
    """`counter_day` without the channels that no rule looks at: an import may hold a hundred thousand."""
    rows = await session.execute(
        select(survey_responses).where(
            _r.counter_id == counter_id, _r.local_day == str(day), _r.channel.not_in(never_judged)
        )
    )
    return rows.all()


SheetRow = tuple[date, dict[str, int | None]]
"""The local day and the answers of one respondent, as the processing sheet lists them."""


async def sheet_rows(
    session: AsyncSession, unit_id: int, span: tuple[date, date], offset: int, limit: int
) -> list[SheetRow]:
    """The counted responses of a unit by day, from the one after `offset` on."""
    rows = await session.execute(_sheet(unit_id, span).offset(offset).limit(limit))
    return [_sheet_row(row) for row in rows]


async def stream_sheet(
    session: AsyncSession, unit_id: int, span: tuple[date, date]
) -> AsyncIterator[list[SheetRow]]:
    """All counted responses of a unit by day, some at a time."""
    rows = await session.stream(_sheet(unit_id, span).execution_options(yield_per=STREAMED_AT_ONCE))
    async for part in rows.partitions():
        yield [_sheet_row(row) for row in part]


def _sheet(unit_id: int, span: tuple[date, date]) -> sa.Select[Any]:
    first, last = map(str, span)
    return (
        select(_r.local_day, *(_r[key] for key in KEYS))
        .where(_r.unit_id == unit_id, _r.local_day.between(first, last), _r.excluded_by == COUNTED)
        .order_by(_r.local_day, _r.id)
    )


def _sheet_row(row: Row[Any]) -> SheetRow:
    return date.fromisoformat(row[0]), dict(zip(KEYS, row[1:], strict=True))


async def imports(session: AsyncSession, act: str, limit: int) -> list[AuditEvent]:
    """The newest imports in the audit trail."""
    query = select(AuditEvent).where(AuditEvent.act == act).order_by(AuditEvent.id.desc()).limit(limit)
    return list(await session.scalars(query))


async def import_event(session: AsyncSession, act: str, event_id: int) -> AuditEvent | None:
    """One import in the audit trail."""
    return await session.scalar(select(AuditEvent).where(AuditEvent.id == event_id, AuditEvent.act == act))


async def convention_history(session: AsyncSession) -> list[tuple[ConventionChoice, str | None]]:
    """Every choice of a convention with the name of who made it, the one in force last first."""
    rows = await session.execute(
        select(ConventionChoice, Person.name)
        .outerjoin(Person, Person.id == ConventionChoice.chosen_by)
        .order_by(ConventionChoice.in_force_from.desc())
    )
    return [(choice, name) for choice, name in rows]
