"""What is known of evidence: which files are held and by whom, what they prove of which finding, who may see them."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.database import Table
from server.inspections.evidence.awaited import storage as awaited
from server.inspections.evidence.files import SHA256, Files, StoredFile
from server.inspections.evidence.pieces import content_of, misfit, row_of
from server.inspections.evidence.wire import EvidencePiece, Purpose, faults
from server.inspections.instrument import Indicator
from server.inspections.storage import visits_seen_by
from server.inspections.tables import Evidence, EvidenceFile, EvidenceHolder, Visit
from server.inspections.visits.storage import take_turn
from server.problems import Problem

# ── files ──


async def hold(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    file: StoredFile,
    name: str,
    brought_by: int | None = None,
) -> tuple[EvidenceFile, bool]:
    """Remembers a file that is safe on the disk and whose it is; whether it is the first to bring these bytes.

    What was waiting for it becomes evidence. `brought_by` is who brought it for the viewer.
    """
    # a record that refers to it, or lets it go, comes before or after, never at the same moment
    await take_turn(session, viewer.person_id)
    async with audit.sealed_last(session):
        return await _held(session, viewer, now, file, name, brought_by)


async def _held(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    file: StoredFile,
    name: str,
    brought_by: int | None,
) -> tuple[EvidenceFile, bool]:
    is_first = await _inserted(
        session,
        EvidenceFile,
        sha256=file.sha256,
        stored_sha256=file.stored_sha256,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        width=file.width,
        height=file.height,
        likeness=file.likeness,
        name=name,
        uploaded_at=now,
        uploaded_by=viewer.person_id,
    )
    is_new_holder = await _inserted(
        session, EvidenceHolder, sha256=file.sha256, person_id=viewer.person_id, brought_at=now
    )
    if is_new_holder:
        await audit.record(
            session,
            now,
            viewer,
            "evidence_brought",
            f"evidence {file.sha256}",
            media_type=file.media_type,
            size_bytes=file.size_bytes,
            **({} if brought_by is None else {"brought_by": brought_by}),
        )
    kept = await session.get_one(EvidenceFile, file.sha256)
    await awaited.arrived(session, viewer, now, kept)
    return kept, is_first


async def _inserted(session: AsyncSession, table: type[Table], **values: Any) -> bool:
    """Whether the row is new: two who bring the same at the same moment are both welcome."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
    keys = [column for column in table.__table__.primary_key]
    return (await session.execute(statement.returning(*keys))).first() is not None


async def require_held(
    session: AsyncSession, viewer: Viewer, sha256s: Collection[str]
) -> dict[str, EvidenceFile]:
    """The files of these hashes, each brought by the viewer; refused at the first that is not."""
    rows = await session.scalars(
        select(EvidenceFile)
        .join(EvidenceHolder, EvidenceHolder.sha256 == EvidenceFile.sha256)
        .where(EvidenceFile.sha256.in_(sha256s), EvidenceHolder.person_id == viewer.person_id)
    )
    held = {row.sha256: row for row in rows}
    for sha256 in sha256s:
        if sha256 not in held:
            raise Problem("unknown_evidence", sha256=sha256)
    return held


async def file_seen_by(session: AsyncSession, viewer: Viewer, sha256: str) -> EvidenceFile:
    """A file the viewer may read: the bureau any, everybody what they brought and what belongs to a visit of theirs."""
    if not SHA256.fullmatch(sha256):
        raise Problem("no_such_evidence")
    conditions = [EvidenceFile.sha256 == sha256]
    if not viewer.is_bureau:
        is_brought = exists().where(
            EvidenceHolder.sha256 == EvidenceFile.sha256, EvidenceHolder.person_id == viewer.person_id
        )
        is_of_their_visit = exists().where(
            Evidence.sha256 == EvidenceFile.sha256,
            Evidence.removed_at.is_(None),
            Visit.id == Evidence.visit_id,
            visits_seen_by(viewer),
        )
        conditions.append(or_(is_brought, is_of_their_visit))
    found = await session.scalar(select(EvidenceFile).where(*conditions))
    if found is None:
        raise Problem("no_such_evidence")
    return found


class Flaw(msgspec.Struct, frozen=True):
    """A file that is not as it was stored; an orphan is on the disk alone and harms nothing."""

    what: Literal["missing", "changed", "orphan"]
    path: str


async def lost_or_changed(session: AsyncSession, files: Files) -> AsyncIterator[Flaw]:
    """Hashes every file again: what the table holds and the disk does not, what changed, what nobody brought."""
    on_disk = set(await files.names())
    # several files may be one picture with different metadata
    stored = select(EvidenceFile.stored_sha256).distinct().order_by(EvidenceFile.stored_sha256)
    async for sha256 in await session.stream_scalars(stored):
        path = files.path_of(sha256).relative_to(files.folder).as_posix()
        on_disk.discard(path)
        hashed = await files.hash_of(sha256)
        if hashed != sha256:
            yield Flaw("missing" if hashed is None else "changed", path)
    for path in sorted(on_disk):
        yield Flaw("orphan", path)


# ── what files and words prove ──


async def attach(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    visit: Visit,
    indicator: Indicator,
    purpose: Purpose,
    pieces: Sequence[EvidencePiece],
    reply_id: UUID | None = None,
    *,
    brings_back: bool = True,
) -> bool:
    """Adds pieces of evidence to what a visit found at an indicator; those that are there already stay as they are.
    Whether that changed anything.

    A piece that was removed comes back, unless it only comes along with a record that is out of date. Whether the
    visit may still be changed, and by this viewer, its own room has decided.
    """
    ids = [piece.id for piece in pieces]
    known = {row.id: row for row in await session.scalars(select(Evidence).where(Evidence.id.in_(ids)))}
    added, back = [], []
    for piece in pieces:
        row = row_of(piece, viewer.person_id, now, visit, indicator.key, purpose, reply_id)
        kept = known.setdefault(piece.id, row)
        if kept is row:
            added.append((piece, row))
        elif content_of(kept) != content_of(row):
            raise Problem("id_taken")
        elif kept.removed_at is not None and brings_back:
            kept.removed_at = None
            back.append(kept)
    if not added and not back:
        return False
    hashes = {piece.sha256 for piece, _ in added if piece.is_file and piece.sha256 is not None}
    held = await require_held(session, viewer, sorted(hashes))
    for piece, row in added:
        _refuse_unfit(piece, indicator, purpose, held)
        session.add(row)
    await session.flush()
    await audit.record(
        session,
        now,
        viewer,
        "evidence_attached",
        f"visit {visit.id}/{indicator.key}",
        purpose=purpose,
        evidence=[
            {"id": row.id, "kind": row.kind, "sha256": row.sha256}
            for row in [*(row for _, row in added), *back]
        ],
    )
    return True


async def removed(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    visit: Visit,
    indicator: Indicator,
    evidence_id: UUID,
) -> bool:
    """Takes a piece the viewer added out of a finding, or awaits it no longer; False if that was done before. It stays
    on record."""
    row = await session.scalar(
        select(Evidence).where(
            Evidence.id == evidence_id,
            Evidence.visit_id == visit.id,
            Evidence.indicator == indicator.key,
            Evidence.added_by == viewer.person_id,
        )
    )
    if row is None:
        if not await awaited.given_up(session, visit.id, indicator.key, evidence_id):
            raise Problem("no_such_evidence")
        evidence: dict[str, Any] = {"id": evidence_id, "awaited": True}
    elif row.removed_at is None:
        row.removed_at = now
        # its file may have been lost, and awaited anew
        await awaited.given_up(session, visit.id, indicator.key, evidence_id)
        evidence = {"id": row.id, "kind": row.kind, "sha256": row.sha256}
    else:
        return False
    subject = f"visit {visit.id}/{indicator.key}"
    await audit.record(session, now, viewer, "evidence_removed", subject, evidence=evidence)
    return True


def _refuse_unfit(
    piece: EvidencePiece, indicator: Indicator, purpose: Purpose, held: dict[str, EvidenceFile]
) -> None:
    for fault in faults(piece, indicator, purpose):
        raise Problem("bad_evidence", what=fault, extra={"id": str(piece.id)})
    if piece.sha256 is not None and (fault := misfit(piece, held[piece.sha256])):
        raise Problem("bad_evidence", what=fault, extra={"id": str(piece.id)})
