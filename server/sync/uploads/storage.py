"""The questions we ask the database about uploads: whose they are, how long they wait, what became of them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.problems import Problem
from server.sync.storage import take_turn
from server.sync.tables import Upload
from server.sync.uploads.tus import KEPT, MEGABYTE, Announced

UNFINISHED_MOST = 500
"""How many files one person may have under way."""

UNFINISHED_MOST_BYTES = 2048 * MEGABYTE
"""How large these may be together, as announced."""

REMEMBERED = timedelta(days=30)
"""How long after its time the address of an upload still says what became of it."""

SWEPT_MOST = 20
"""How many are swept at a time: whoever comes pays a little, nobody pays for all."""


async def begin(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    upload_id: UUID,
    said: Announced,
    held_as: str | None,
    replaced: Collection[UUID],
) -> Upload:
    """A new upload; `held_as` where its owner brought these bytes before, so that nothing is left to send. It stands in
    place of those it replaces."""
    # two that begin at once are counted one after the other
    await take_turn(session, viewer.person_id)
    await session.execute(
        update(Upload).where(Upload.id.in_(replaced), Upload.stored_sha256.is_(None)).values(is_gone=True)
    )
    if held_as is None:
        await _refuse_too_many(session, viewer, now, said.length)
    upload = Upload(
        id=upload_id,
        person_id=viewer.person_id,
        length=said.length,
        sha256=said.sha256,
        media_type=said.media_type,
        name=said.name,
        metadata_header=said.metadata_header,
        created_at=now,
        expires_at=now + KEPT,
        stored_sha256=held_as,
        is_gone=False,
    )
    session.add(upload)
    await session.flush()
    return upload


async def _refuse_too_many(session: AsyncSession, viewer: Viewer, now: datetime, length: int) -> None:
    asked = select(func.count(), func.coalesce(func.sum(Upload.length), 0)).where(*_unfinished(viewer, now))
    counted, announced = (await session.execute(asked)).one()
    if counted >= UNFINISHED_MOST or announced + length > UNFINISHED_MOST_BYTES:
        raise Problem("too_many_uploads")


async def unfinished_of(session: AsyncSession, viewer: Viewer, now: datetime, sha256: str) -> list[UUID]:
    """The viewer's uploads under way of the bytes of this hash."""
    return list(
        await session.scalars(select(Upload.id).where(*_unfinished(viewer, now), Upload.sha256 == sha256))
    )


def _unfinished(viewer: Viewer, now: datetime) -> list[ColumnElement[bool]]:
    return [
        Upload.person_id == viewer.person_id,
        Upload.stored_sha256.is_(None),
        Upload.is_gone.is_(False),
        Upload.expires_at > now,
    ]


async def upload_of(session: AsyncSession, viewer: Viewer, now: datetime, upload_id: UUID) -> Upload:
    """An upload of the viewer; somebody else's does not exist."""
    upload = await session.scalar(
        select(Upload).where(Upload.id == upload_id, Upload.person_id == viewer.person_id)
    )
    if upload is None:
        raise Problem("unknown_upload")
    if upload.is_gone or (upload.stored_sha256 is None and upload.expires_at <= now):
        raise Problem("gone_upload")
    return upload


async def renew(session: AsyncSession, now: datetime, upload_id: UUID) -> datetime:
    """Gives an upload its whole time again; refused if it was swept meanwhile."""
    expires_at = now + KEPT
    renewed = await session.scalar(
        update(Upload)
        .where(Upload.id == upload_id, Upload.is_gone.is_(False))
        .values(expires_at=expires_at)
        .returning(Upload.id)
    )
    if renewed is None:
        raise Problem("gone_upload")
    return expires_at


async def finish(session: AsyncSession, upload_id: UUID, sha256: str) -> None:
    """Remembers under which hash the whole file is held."""
    await session.execute(update(Upload).where(Upload.id == upload_id).values(stored_sha256=sha256))


async def end(session: AsyncSession, upload_id: UUID) -> None:
    """Nothing more is taken at this address."""
    await session.execute(update(Upload).where(Upload.id == upload_id).values(is_gone=True))


async def sweep(session: AsyncSession, now: datetime) -> list[UUID]:
    """Ends some uploads whose time is over, and gives those whose bytes are to go; forgets some of long ago."""
    late = (
        select(Upload.id)
        .where(Upload.expires_at <= now, Upload.stored_sha256.is_(None), Upload.is_gone.is_(False))
        .order_by(Upload.expires_at)
        .limit(SWEPT_MOST)
    )
    ended = await session.scalars(
        update(Upload)
        # said again: another process may have renewed it since the inner question was asked
        .where(Upload.id.in_(late), Upload.expires_at <= now)
        .values(is_gone=True)
        .returning(Upload.id)
    )
    gone = list(ended)
    # only those whose bytes are gone already
    is_over = or_(Upload.is_gone.is_(True), Upload.stored_sha256.is_not(None))
    old = select(Upload.id).where(Upload.expires_at <= now - REMEMBERED, is_over).limit(SWEPT_MOST)
    await session.execute(delete(Upload).where(Upload.id.in_(old)))
    return gone


async def waits(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, bool]:
    """Of these uploads those we know, and whether they still wait for bytes."""
    is_waiting = and_(Upload.stored_sha256.is_(None), Upload.is_gone.is_(False))
    found = await session.execute(select(Upload.id, is_waiting).where(Upload.id.in_(ids)))
    return {upload_id: waiting for upload_id, waiting in found}
