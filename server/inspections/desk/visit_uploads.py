"""Files of evidence that come with a form: into the store first, so that a refused form need not bring them again."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from urllib.parse import quote

from litestar.datastructures import UploadFile
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.database import Database
from server.inspections.desk.visit_form import HeldFile
from server.inspections.evidence import storage as evidence
from server.inspections.evidence.files import READ_BYTES, SHA256, Files
from server.inspections.evidence.media import ACCEPTED, MEGABYTE
from server.inspections.evidence.names import display_name
from server.problems import Problem

FILE_MOST_MB = 25


async def bring(
    database: Database, files: Files, viewer: Viewer, now: datetime, upload: UploadFile
) -> HeldFile:
    """Keeps an uploaded file under the hash of its bytes, and remembers who brought it."""
    # the request is whole by now, larger files than fit into memory on the disk
    digest = await asyncio.to_thread(hashlib.file_digest, upload.file, "sha256")
    await upload.seek(0)
    stored = await files.receive(_parts(upload), digest.hexdigest())
    name = display_name(quote(upload.filename), ACCEPTED[stored.media_type].extension)
    async with database.writing() as session:
        await evidence.hold(session, viewer, now, stored, name)
    return HeldFile(stored.sha256, name, stored.media_type)


async def held_before(session: AsyncSession, viewer: Viewer, sha256s: Sequence[str]) -> list[HeldFile]:
    """The files that a form shown again still names; each must be one that the viewer brought."""
    named = [one for one in sha256s if SHA256.fullmatch(one)]
    held = await evidence.require_held(session, viewer, named) if named else {}
    return [HeldFile(one, held[one].name, held[one].media_type) for one in named]


async def _parts(upload: UploadFile) -> AsyncIterator[bytes]:
    size = 0
    while part := await upload.read(READ_BYTES):
        size += len(part)
        if size > FILE_MOST_MB * MEGABYTE:
            raise Problem(
                "bad_evidence",
                what=f"Berkas “{upload.filename[:80]}” lebih besar dari {FILE_MOST_MB} MB. "
                "Perkecil dahulu, atau kirim lewat ponsel.",
            )
        yield part
