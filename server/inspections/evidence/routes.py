"""Addresses of evidence files: bring one, fetch one, see it small."""

import logging
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, put
from litestar.di import NamedDependency
from litestar.exceptions import InternalServerException
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.asgi import SECURITY_HEADERS
from server.inspections.api import answer
from server.inspections.evidence import storage
from server.inspections.evidence.files import Files
from server.inspections.evidence.media import ACCEPTED, KNOWN
from server.inspections.evidence.names import display_name, disposition, neutral_name
from server.inspections.evidence.pictures import PICTURES
from server.inspections.evidence.wire import EvidenceFileTold
from server.inspections.tables import EvidenceFile
from server.problems import Problem

logger = logging.getLogger("loket")

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

HARMLESS_HEADERS = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    # the bytes never change, but who may see them does, and a computer may be shared
    "Cache-Control": "private, no-store",
}
"""What keeps a file of a stranger from doing anything in a browser, whatever it holds."""


@put(
    "/api/inspections/evidence/{sha256:str}",
    access=Access.RECORD_VISITS,
    # the store stops by itself, at what the type may have
    request_max_body_size=None,
)
async def bring(request: Asking, viewer: Seer, now: Now, sha256: FromPath[str]) -> Response[bytes]:
    """Keeps the file in the body under its hash: 201 the first time, 200 when these bytes are held already."""
    files: Files = request.app.state.evidence
    stored = await files.receive(_body(request), sha256)
    name = display_name(request.headers.get("x-file-name", ""), ACCEPTED[stored.media_type].extension)
    # only now: nobody waits for their turn to write while a slow phone is still sending
    async with request.app.state.database.writing() as session:
        file, is_first = await storage.hold(session, viewer, now, stored, name)
    told = EvidenceFileTold(file.sha256, file.media_type, file.size_bytes, name_for(viewer, file))
    return answer(told, 201 if is_first else 200)


async def _body(request: Asking) -> AsyncIterator[bytes]:
    try:
        async for part in request.stream():
            yield part
    except InternalServerException as error:
        raise Problem("unreadable", what="sambungan terputus sebelum selesai.") from error


@get("/api/inspections/evidence/{sha256:str}", access=Access.SEE_INSPECTIONS)
async def fetch(request: Asking, reading: Session, viewer: Seer, sha256: FromPath[str]) -> Stream:
    file = await storage.file_seen_by(reading, viewer, sha256)
    files: Files = request.app.state.evidence
    size = await files.size_of(file.stored_sha256)
    if size != file.size_bytes:
        logger.error("evidence %s has %s bytes on the disk, not %d", sha256, size, file.size_bytes)
        raise Problem("broken")
    shown = disposition(name_for(viewer, file), is_inline=KNOWN[file.media_type].is_inline)
    headers = {**HARMLESS_HEADERS, "Content-Disposition": shown, "Content-Length": str(size)}
    return Stream(files.stream(file.stored_sha256), media_type=file.media_type, headers=headers)


@get("/api/inspections/evidence/{sha256:str}/thumbnail", access=Access.SEE_INSPECTIONS)
async def fetch_thumbnail(request: Asking, viewer: Seer, sha256: FromPath[str]) -> Response[bytes]:
    """A picture small enough for a list, for whoever may see it large."""
    # a page asks for many at once: none holds a connection while it waits for its turn to be made
    async with request.app.state.database.reading() as session:
        file = await storage.file_seen_by(session, viewer, sha256)
    if file.media_type not in PICTURES:
        raise Problem("no_such_evidence")
    files: Files = request.app.state.evidence
    small = await files.thumbnail(file.stored_sha256, file.media_type)
    if small is None:
        logger.error("evidence %s is not on the disk", sha256)
        raise Problem("broken")
    headers = {**HARMLESS_HEADERS, "Content-Disposition": "inline"}
    return Response(small, media_type="image/jpeg", headers=headers)


def name_for(viewer: Viewer, file: EvidenceFile) -> str:
    """What the first to bring these bytes called them is theirs: others who hold the same are told a neutral name."""
    if viewer.is_bureau or file.uploaded_by == viewer.person_id:
        return file.name
    return neutral_name(file.sha256, KNOWN[file.media_type].extension)


routes: list[Any] = [bring, fetch, fetch_thumbnail]
