"""Signals: read once a piece of evidence is here, kept beside it, shown as long as both pieces count.

Nobody who stores evidence waits for that: a piece says when it was looked at, and `lookout.py` looks at what was not.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from server.inspections.signals import signs
from server.inspections.signals.signs import Capture, Facts, Kind, Place
from server.inspections.tables import Evidence, EvidenceFile, Signal, Visit
from server.inspections.visit import WITHDRAWN
from server.units.tables import Unit

ALIKE_MOST = 5
"""One photo that went around is found out by a few; nobody looks at a hundred."""

_NO_TIME = ("ahead", "changed")
"""Of a time that is only that of its arrival, or by a clock that was set meanwhile, no speed can be told."""

_POSTGRES_LOCK = 0x51_60_AE
"""The number of the lock; nobody else takes it."""


class Told(msgspec.Struct, frozen=True):
    """A signal as one of its pieces has it, and the other piece that it was read from."""

    kind: str
    facts: Facts
    piece: Evidence
    other: Evidence | None
    other_unit: Unit | None


# ── noticing ──


class Found(msgspec.Struct, frozen=True):
    """What was read from a piece."""

    kind: Kind
    other_id: UUID | None
    facts: Facts


async def not_looked_at(session: AsyncSession, limit: int) -> list[UUID]:
    """The pieces with a file that nobody has looked at, the first to come first."""
    rows = await session.scalars(
        select(Evidence.id)
        .where(Evidence.looked_at.is_(None), Evidence.sha256.is_not(None))
        .order_by(Evidence.added_at, Evidence.id)
        .limit(limit)
    )
    return list(rows)


async def one_at_a_time(session: AsyncSession) -> None:
    """Until this transaction ends no other process looks: of two pieces that come together, one sees the other."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})


async def look(session: AsyncSession, piece_id: UUID) -> list[Found]:
    """What there is to see about a piece beside those that were looked at before it; of one of those, nothing more."""
    row = await session.get(Evidence, piece_id)
    return [] if row is None or row.looked_at is not None else await _found(session, row)


async def keep(session: AsyncSession, now: datetime, piece_id: UUID, found: Sequence[Found]) -> None:
    """Writes down that a piece was looked at and what was found; of two who looked at it, only what the first found."""
    visit_id = await session.scalar(
        update(Evidence)
        .where(Evidence.id == piece_id, Evidence.looked_at.is_(None))
        .values(looked_at=now)
        .returning(Evidence.visit_id)
    )
    if visit_id is None or not found:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    rows = [
        {
            "visit_id": visit_id,
            "evidence_id": piece_id,
            "kind": one.kind,
            "other_id": one.other_id,
            "facts": msgspec.json.encode(one.facts).decode(),
            "seen_at": now,
        }
        for one in found
    ]
    await session.execute(dialect.insert(Signal).values(rows).on_conflict_do_nothing())


async def _found(session: AsyncSession, row: Evidence) -> list[Found]:
    found = [Found("alike", other_id, facts) for other_id, facts in await _alike(session, row)]
    taken = _place_of(row)
    if taken is None:
        return found
    found += [Found("travel", other_id, facts) for other_id, facts in await _travelled(session, row, taken)]
    unit = await session.get_one(Unit, row.unit_id)
    if unit.latitude is not None and unit.longitude is not None:
        facts = signs.away(taken, Place(unit.latitude, unit.longitude))
        found += [Found("away", None, facts)] if facts else []
    return found


async def _alike(session: AsyncSession, row: Evidence) -> Iterable[tuple[UUID, Facts]]:
    """The pieces of other visits whose picture is this one or looks like it, the most alike first.

    Whoever goes from desk to desk of a unit in one evaluation may show the same waiting room for each: that is one way.
    """
    if row.kind == "document":
        # one regulation proves something in every unit of a city
        return []
    file = await session.get_one(EvidenceFile, row.sha256)
    visit = await session.get_one(Visit, row.visit_id)
    bits = _bits_apart(session, file.likeness)
    is_same = EvidenceFile.stored_sha256 == file.stored_sha256
    looks_so = is_same if file.likeness is None else or_(is_same, bits <= signs.ALIKE_BITS)
    # asked of the files alone, so that a hundred thousand are looked through before anything is joined
    those = select(EvidenceFile.sha256).where(looks_so)
    rows = await session.execute(
        select(Evidence.id, is_same, bits)
        .join(EvidenceFile, EvidenceFile.sha256 == Evidence.sha256)
        .join(Visit, Visit.id == Evidence.visit_id)
        .where(
            Evidence.sha256.in_(those),
            Evidence.kind != "document",
            Evidence.looked_at.is_not(None),
            or_(
                Visit.person_id != visit.person_id,
                Visit.unit_id != visit.unit_id,
                Visit.evaluation_id != visit.evaluation_id,
            ),
            Evidence.removed_at.is_(None),
            Visit.state != WITHDRAWN,
        )
        .order_by(is_same.desc(), bits, Evidence.added_at, Evidence.id)
        .limit(ALIKE_MOST)
    )
    return [(other_id, Facts(is_same=True) if same else Facts(bits=apart)) for other_id, same, apart in rows]


def _bits_apart(session: AsyncSession, likeness: int | None) -> ColumnElement[int]:
    if session.get_bind().dialect.name == "postgresql":
        return func.bit_count(EvidenceFile.likeness.op("#")(likeness).cast(BIT(64)))
    return func.bits_apart(EvidenceFile.likeness, likeness)


async def _travelled(session: AsyncSession, row: Evidence, taken: Place) -> Iterable[tuple[UUID, Facts]]:
    """The same person's captures right before and after this one, if nobody gets from there to here in that time."""
    at = _time_of(row)
    if at is None:
        return []
    moment = func.coalesce(Evidence.corrected_at, Evidence.captured_at)
    theirs = (
        select(Evidence)
        .join(Visit, Visit.id == Evidence.visit_id)
        .where(
            Visit.person_id == row.added_by,
            Visit.state != WITHDRAWN,
            Evidence.added_by == row.added_by,
            Evidence.id != row.id,
            Evidence.looked_at.is_not(None),
            Evidence.removed_at.is_(None),
            Evidence.latitude.is_not(None),
            Evidence.clock_doubt.not_in(_NO_TIME),
            moment.between(at - signs.TRAVEL_WITHIN, at + signs.TRAVEL_WITHIN),
        )
        .limit(1)
    )
    before = await session.scalar(theirs.where(moment <= at).order_by(moment.desc(), Evidence.id.desc()))
    after = await session.scalar(theirs.where(moment > at).order_by(moment, Evidence.id))
    found = []
    for other in (before, after):
        there, then = (None, None) if other is None else (_place_of(other), _time_of(other))
        if other is not None and there is not None and then is not None:
            facts = signs.travel(Capture(taken, at), Capture(there, then))
            found += [(other.id, facts)] if facts else []
    return found


def _place_of(row: Evidence) -> Place | None:
    if row.latitude is None or row.longitude is None:
        return None
    return Place(row.latitude, row.longitude, row.accuracy_m or 0)


def _time_of(row: Evidence) -> datetime | None:
    """When it was taken, if that says something of the way between two places."""
    return None if row.clock_doubt in _NO_TIME else row.corrected_at or row.captured_at


# ── showing ──


async def signals_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, list[Told]]:
    """What is to be seen about each of these pieces; of two that look alike, whichever came first."""
    own, other = aliased(Evidence), aliased(Evidence)
    rows = await session.execute(
        _standing(own, other)
        .with_only_columns(Signal, own, other)
        .where(or_(Signal.evidence_id.in_(ids), Signal.other_id.in_(ids) & (Signal.kind == "alike")))
        .order_by(Signal.id)
    )
    found = [(signal, piece, of) for signal, piece, of in rows]
    units = await _units(session, {one.unit_id for _, *both in found for one in both if one is not None})
    told: dict[UUID, list[Told]] = {}
    for signal, piece, of in found:
        facts = msgspec.json.decode(signal.facts, type=Facts)
        if piece.id in ids:
            seen = Told(signal.kind, facts, piece, of, None if of is None else units[of.unit_id])
            told.setdefault(piece.id, []).append(seen)
        if signal.kind == "alike" and of.id in ids:
            told.setdefault(of.id, []).append(Told("alike", facts, of, piece, units[piece.unit_id]))
    return told


async def signal_counts(session: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many signals each of these visits shows."""
    own, other = aliased(Evidence), aliased(Evidence)
    counts = dict.fromkeys(visit_ids, 0)
    theirs = select(Evidence.id).where(Evidence.visit_id.in_(visit_ids))
    rows = await session.execute(
        _standing(own, other)
        .with_only_columns(own.visit_id, other.visit_id, Signal.kind)
        .where(or_(Signal.visit_id.in_(visit_ids), Signal.other_id.in_(theirs)))
    )
    for visit_id, other_visit_id, kind in rows:
        for one in {visit_id, *([other_visit_id] if kind == "alike" else [])} & counts.keys():
            counts[one] += 1
    return counts


def _standing(own: type[Evidence], other: type[Evidence]) -> Select[Any]:
    """The signals whose pieces both still count: none was taken out, and no visit was set aside."""
    own_visit, other_visit = aliased(Visit), aliased(Visit)
    return (
        select(Signal)
        .join(own, own.id == Signal.evidence_id)
        .join(own_visit, own_visit.id == own.visit_id)
        .outerjoin(other, other.id == Signal.other_id)
        .outerjoin(other_visit, other_visit.id == other.visit_id)
        .where(
            own.removed_at.is_(None),
            other.removed_at.is_(None),
            own_visit.state != WITHDRAWN,
            or_(other_visit.state.is_(None), other_visit.state != WITHDRAWN),
        )
    )


async def _units(session: AsyncSession, ids: Collection[int]) -> dict[int, Unit]:
    return {unit.id: unit for unit in await session.scalars(select(Unit).where(Unit.id.in_(ids)))}
