"""The evidence of a whole record: what is here of it already, what its file is still awaited of, and what becomes
evidence when that file arrives.

A record and its files come in any order and end in the same rows. A file that cannot be what it was to be leaves its
piece awaited, with a sentence that says why.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.inspections.evidence.files import Files
from server.inspections.evidence.pieces import content_of, misfit, row_of
from server.inspections.evidence.wire import PhonePiece
from server.inspections.tables import AwaitedEvidence, Evidence, EvidenceFile, EvidenceHolder, Visit
from server.inspections.visits.storage import take_turn
from server.phones import Corrected

# ── a record arrives ──


class Shown(msgspec.Struct, frozen=True):
    """A piece of evidence as a record shows it, and when it was made by our clock."""

    indicator: str
    piece: PhonePiece
    corrected: Corrected | None


class Here(msgspec.Struct, frozen=True):
    """What is here already: the visit's evidence, what it awaits, and the files that the person has brought."""

    evidence: dict[UUID, Evidence]
    awaited: dict[UUID, AwaitedEvidence]
    files: dict[str, EvidenceFile]


class Exchanged(msgspec.Struct):
    """What a record changed of its visit's evidence."""

    added: list[Evidence] = []
    changed: int = 0
    removed: int = 0
    awaited: list[AwaitedEvidence] = []
    """All that are awaited from now on."""

    @property
    def wanted(self) -> tuple[str, ...]:
        """The files that are still to be sent."""
        return tuple(sorted({row.sha256 for row in self.awaited if not row.fault}))


async def here_of(
    session: AsyncSession, viewer: Viewer, files: Files, visit_id: UUID, pieces: Sequence[PhonePiece]
) -> Here:
    """What is here of these pieces, wherever they belong to, and of this visit."""
    ids = {piece.id for piece in pieces}
    is_finding = and_(Evidence.visit_id == visit_id, Evidence.purpose == "finding")
    evidence = await session.scalars(select(Evidence).where(or_(Evidence.id.in_(ids), is_finding)))
    awaited = await session.scalars(
        select(AwaitedEvidence).where(or_(AwaitedEvidence.id.in_(ids), AwaitedEvidence.visit_id == visit_id))
    )
    return Here(
        {row.id: row for row in evidence},
        {row.id: row for row in awaited},
        await brought(session, viewer, files, {piece.sha256 for piece in pieces if piece.sha256}),
    )


async def brought(
    session: AsyncSession, viewer: Viewer, files: Files, sha256s: Collection[str]
) -> dict[str, EvidenceFile]:
    """The files of these hashes that the viewer has brought; one that the disk has lost was never brought."""
    rows = await session.scalars(
        select(EvidenceFile)
        .join(EvidenceHolder, EvidenceHolder.sha256 == EvidenceFile.sha256)
        .where(EvidenceHolder.person_id == viewer.person_id, EvidenceFile.sha256.in_(sha256s))
    )
    kept = list(rows)
    whole = await files.whole({row.stored_sha256: row.size_bytes for row in kept})
    return {row.sha256: row for row in kept if row.stored_sha256 in whole}


def is_taken(here: Here, visit_id: UUID, indicator: str, piece: PhonePiece) -> bool:
    """Whether the id of a piece stands for something else: its words may change, but not what it is."""
    if (kept := here.evidence.get(piece.id)) is not None:
        known = (kept.visit_id, kept.indicator, kept.purpose, kept.kind, kept.sha256)
        return known != (visit_id, indicator, "finding", piece.kind, piece.sha256)
    awaited = here.awaited.get(piece.id)
    return awaited is not None and awaited.visit_id != visit_id


async def exchange(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    visit: Visit,
    shown: Sequence[Shown],
    here: Here,
) -> Exchanged:
    """Makes these pieces all that proves a visit's findings; none of them is taken."""
    done = Exchanged()
    for one in shown:
        file = here.files.get(one.piece.sha256 or "")
        fault = misfit(one.piece, file) if file else ""
        if one.piece.is_file and (file is None or fault):
            done.awaited.append(_awaited(session, viewer, now, visit, one, here, fault))
        if one.piece.id in here.evidence or not one.piece.is_file or (file and not fault):
            _shown(session, viewer, now, visit, one, here, done)
    said = {one.piece.id for one in shown}
    for row in here.evidence.values():
        if row.id not in said and row.removed_at is None:
            row.removed_at = now
            done.removed += 1
    still_awaited = {row.id for row in done.awaited}
    for awaited in here.awaited.values():
        if awaited.id not in still_awaited:
            await session.delete(awaited)
    await session.flush()
    return done


def _awaited(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    visit: Visit,
    one: Shown,
    here: Here,
    fault: str,
) -> AwaitedEvidence:
    row = here.awaited.get(one.piece.id)
    before = None if row is None else msgspec.json.decode(row.piece, type=PhonePiece)
    if row is None:
        row = AwaitedEvidence(id=one.piece.id, visit_id=visit.id, person_id=viewer.person_id)
        session.add(row)
    assert one.piece.sha256 is not None, "a file without a hash"
    if before is None or before.sha256 != one.piece.sha256:
        row.since = now
    if one.corrected and (before is None or before.captured_at != one.piece.captured_at):
        row.corrected_at, row.clock_doubt = one.corrected.at, one.corrected.doubt
    row.indicator, row.sha256, row.fault = one.indicator, one.piece.sha256, fault
    row.piece = msgspec.json.encode(one.piece).decode()
    return row


def _shown(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    visit: Visit,
    one: Shown,
    here: Here,
    done: Exchanged,
) -> None:
    row = row_of(one.piece, viewer.person_id, now, visit, one.indicator)
    if one.corrected:
        row.corrected_at, row.clock_doubt = one.corrected.at, one.corrected.doubt
    kept = here.evidence.get(one.piece.id)
    if kept is None:
        session.add(row)
        done.added.append(row)
        return
    changes = {name: fact for name, fact in content_of(row).items() if getattr(kept, name) != fact}
    if "captured_at" in changes:
        changes |= {"corrected_at": row.corrected_at, "clock_doubt": row.clock_doubt}
    if kept.removed_at is not None:
        changes["removed_at"] = None
    for name, fact in changes.items():
        setattr(kept, name, fact)
    done.changed += bool(changes)


# ── a file arrives ──


async def arrived(session: AsyncSession, viewer: Viewer, now: datetime, file: EvidenceFile) -> None:
    """What awaited a file of the viewer becomes evidence; where the file cannot be that, it is said why."""
    rows = await session.execute(
        select(AwaitedEvidence, Visit)
        .join(Visit, Visit.id == AwaitedEvidence.visit_id)
        .where(AwaitedEvidence.sha256 == file.sha256, AwaitedEvidence.person_id == viewer.person_id)
        .order_by(AwaitedEvidence.since, AwaitedEvidence.id)
    )
    waiting = [(awaited, visit) for awaited, visit in rows]
    if not waiting:
        return
    ids = [awaited.id for awaited, _ in waiting]
    taken = {row.id: row for row in await session.scalars(select(Evidence).where(Evidence.id.in_(ids)))}
    added: list[Evidence] = []
    for awaited, visit in waiting:
        piece = msgspec.json.decode(awaited.piece, type=PhonePiece)
        row = row_of(piece, viewer.person_id, now, visit, awaited.indicator)
        row.corrected_at, row.clock_doubt = awaited.corrected_at, awaited.clock_doubt
        kept = taken.get(piece.id)
        awaited.fault = misfit(piece, file)
        if kept is not None and kept.visit_id != visit.id:
            awaited.fault = "Nomor bukti ini sudah dipakai bukti lain. Ambil lagi fotonya."
        if not awaited.fault:
            # a piece that was brought by itself in the meantime stays as it is
            added += [row] if kept is None else []
            await session.delete(awaited)
    session.add_all(added)
    await session.flush()
    for visit_id in dict.fromkeys(row.visit_id for row in added):
        await audit.record(
            session,
            now,
            viewer,
            "evidence_attached",
            f"visit {visit_id}",
            purpose="finding",
            evidence=[
                {"id": row.id, "indicator": row.indicator, "kind": row.kind, "sha256": row.sha256}
                for row in added
                if row.visit_id == visit_id
            ],
        )


# ── what is awaited ──


async def owed(
    session: AsyncSession, viewer: Viewer, files: Files, sha256s: Collection[str]
) -> tuple[str, ...]:
    """Of these files, those that the viewer is still to send: also where nothing awaits them any more, for nobody else
    may have them. What was found unusable is not asked for again."""
    unusable = await session.scalars(
        select(AwaitedEvidence.sha256).where(
            AwaitedEvidence.person_id == viewer.person_id,
            AwaitedEvidence.sha256.in_(sha256s),
            AwaitedEvidence.fault != "",
        )
    )
    here = await brought(session, viewer, files, sha256s)
    return tuple(sorted(set(sha256s) - here.keys() - set(unusable)))


async def found_unusable(session: AsyncSession, viewer: Viewer, sha256: str, why: str) -> None:
    """A file of the viewer came whole and was refused: whatever awaits it says why. A later record that shows it still
    asks for it again, so that its phone hears why as well."""
    await take_turn(session, viewer.person_id)
    await session.execute(
        update(AwaitedEvidence)
        .where(AwaitedEvidence.sha256 == sha256, AwaitedEvidence.person_id == viewer.person_id)
        .values(fault=why)
    )


async def awaited_of(session: AsyncSession, visit_ids: Collection[UUID]) -> list[AwaitedEvidence]:
    """What visits await, the longest awaited first."""
    return list(
        await session.scalars(
            select(AwaitedEvidence)
            .where(AwaitedEvidence.visit_id.in_(visit_ids))
            .order_by(AwaitedEvidence.since, AwaitedEvidence.id)
        )
    )


async def given_up(
    session: AsyncSession, visit_id: UUID, indicator: str, piece_id: UUID | None = None
) -> int:
    """Awaits a piece of a finding (or all of its pieces) no longer; how many that were."""
    of_piece = [] if piece_id is None else [AwaitedEvidence.id == piece_id]
    rows = list(
        await session.scalars(
            select(AwaitedEvidence).where(
                AwaitedEvidence.visit_id == visit_id, AwaitedEvidence.indicator == indicator, *of_piece
            )
        )
    )
    for row in rows:
        await session.delete(row)
    await session.flush()
    return len(rows)
