"""Addresses of uploads: tus 1.0.0 for photos and every other file that is brought from a phone."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import State

from server.accounts.access import Access
from server.asgi import SECURITY_HEADERS, Asked, Reply, hot, refusal
from server.bodies import refuse_other_type
from server.database import milliseconds
from server.problems import Problem
from server.sync.tables import Upload
from server.sync.uploads import storage, tus
from server.sync.uploads.files import Arriving, Incoming, Part
from server.sync.uploads.tus import Checksum
from server.uuid7 import uuid7

ADDRESS = "/api/photos"


# ── the two addresses ──


def _refused(problem: Problem, has_upload: bool) -> Reply:
    reply = refusal(problem)
    more = {"Tus-Resumable": tus.VERSION}
    if problem.code == "tus_version":
        more["Tus-Version"] = tus.VERSION
    if problem.code == "wrong_method":
        more["Allow"] = ", ".join(tus.METHODS[has_upload])
    return Reply(reply.status, reply.body, {**reply.headers, **more})


def _refused_at_the_door(_: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    """What the guard refuses, for clients of tus."""
    reply = _refused(problem, has_upload=False)
    return Response(reply.body, status_code=reply.status, headers={**SECURITY_HEADERS, **reply.headers})


@hot(
    [ADDRESS, ADDRESS + "/{upload:str}"],
    access=Access.RECORD_VISITS,
    exception_handlers={Problem: _refused_at_the_door},
)
async def uploads(asked: Asked) -> Reply:
    """Every question to the address of all uploads, and to that of one."""
    named = asked.path_params.get("upload")
    try:
        return await _answer(asked, named)
    except Problem as problem:
        return _refused(problem, has_upload=named is not None)


async def _answer(asked: Asked, named: str | None) -> Reply:
    method = tus.method_meant(asked.method, asked.header(b"x-http-method-override"), named is not None)
    if method == "OPTIONS":
        return _reply(204, {**tus.OFFERS, "Allow": ", ".join(tus.METHODS[named is not None])})
    tus.refuse_other_version(asked.header(b"tus-resumable"))
    if named is None:
        return await _create(asked)
    upload_id = _id_in(named)
    match method:
        case "HEAD":
            return await _tell(asked, upload_id)
        case "PATCH":
            return await _continue(asked, upload_id)
        case _:
            return await _end(asked, upload_id)


def _id_in(named: str) -> UUID:
    try:
        return UUID(named)
    except ValueError as error:
        raise Problem("unknown_upload") from error


def _reply(status: int, headers: dict[str, str]) -> Reply:
    return Reply(status, b"", {"Tus-Resumable": tus.VERSION, "Cache-Control": "no-store", **headers})


# ── what is done with an upload ──


async def _create(asked: Asked) -> Reply:
    """A new upload, with its first bytes where they came along."""
    said = tus.announced(
        asked.header(b"upload-length"),
        asked.header(b"upload-defer-length"),
        asked.header(b"upload-concat"),
        asked.header(b"upload-metadata"),
    )
    await _refuse_foreign(asked, said)
    has_body = _body_length(asked) > 0 or bool(asked.header(b"transfer-encoding"))
    if has_body:
        refuse_other_type(asked.header(b"content-type"), tus.BODY_TYPE)
    checksum = tus.checksum_in(asked.header(b"upload-checksum"))
    tus.refuse_beyond(said.length, _body_length(asked))
    upload = await _begun(asked, said)
    offset = upload.length if upload.stored_sha256 is not None else 0
    if has_body and upload.stored_sha256 is None:
        try:
            async with _in_hand(asked, upload.id) as (upload, part):
                assert part is not None, "nobody else knows of it"
                offset = await _receive(asked, upload, part, checksum)
        except Problem:
            # nobody was told its address
            await _discard(asked, upload.id)
            raise
    return _reply(201, {"Location": f"{ADDRESS}/{upload.id}", **_progress(upload, offset)})


async def _refuse_foreign(asked: Asked, said: tus.Announced) -> None:
    """Refuses what belongs to somebody else's work: held as this person's, it would never reach that work."""
    if said.person and said.person != asked.viewer.username:
        raise Problem("not_their_work", person=said.person)
    if said.inspection is not None:
        async with asked.state.database.reading() as session:
            await asked.state.rooms.photos.refuse_foreign(session, asked.viewer, said.inspection)


async def _begun(asked: Asked, said: tus.Announced) -> Upload:
    """The new upload; without a file where its owner has brought these bytes before."""
    state, now = asked.state, asked.state.clock()
    upload_id = uuid7(milliseconds(now), secrets.token_bytes(10))
    held_as, before = None, []
    if said.sha256 is not None:
        async with state.database.reading() as session:
            if await state.rooms.photos.holds(session, asked.viewer, said.sha256):
                held_as = said.sha256
            before = await storage.unfinished_of(session, asked.viewer, now, said.sha256)
    # whoever asks again never heard the first answer
    replaced = await _incoming(asked).remove_empty(before)
    if held_as is None:
        await _incoming(asked).begin(upload_id, said.length)
    try:
        async with state.database.writing() as session:
            upload = await storage.begin(session, asked.viewer, now, upload_id, said, held_as, replaced)
            late = await storage.sweep(session, now)
    except BaseException:
        await _incoming(asked).remove([upload_id])
        raise
    await _incoming(asked).remove(late)
    return upload


async def _tell(asked: Asked, upload_id: UUID) -> Reply:
    """How much is here. Whoever asks has given up an earlier request: if it still hangs, it ends now."""
    async with _in_hand(asked, upload_id, is_urgent=True) as (upload, part):
        offset = upload.length
        if part is not None:
            offset = part.size
            if offset == upload.length > 0:
                # whole, but something broke before that could be said
                await _finish(asked, upload, part)
    told = {"Upload-Length": str(upload.length), **_progress(upload, offset)}
    return _reply(
        200, {**told, "Upload-Metadata": upload.metadata_header} if upload.metadata_header else told
    )


async def _continue(asked: Asked, upload_id: UUID) -> Reply:
    """The next bytes of a file."""
    refuse_other_type(asked.header(b"content-type"), tus.BODY_TYPE)
    begins_at = tus.offset_in(asked.header(b"upload-offset"))
    checksum = tus.checksum_in(asked.header(b"upload-checksum"))
    async with _in_hand(asked, upload_id) as (upload, part):
        offset = upload.length if part is None else part.size
        if begins_at != offset:
            raise Problem("wrong_offset", offset=offset, extra={"offset": offset})
        tus.refuse_beyond(upload.length, begins_at + _body_length(asked))
        if part is not None:
            await _renew(asked, upload)
            offset = await _receive(asked, upload, part, checksum)
    return _reply(204, _progress(upload, offset))


async def _end(asked: Asked, upload_id: UUID) -> Reply:
    """Ends an upload. A file that is held already stays in the store."""
    async with _in_hand(asked, upload_id, is_urgent=True):
        await _discard(asked, upload_id)
    return _reply(204, {})


# ── in steps ──


@asynccontextmanager
async def _in_hand(
    asked: Asked, upload_id: UUID, is_urgent: bool = False
) -> AsyncIterator[tuple[Upload, Part | None]]:
    """An upload of the viewer and its file, for nobody else meanwhile; without a file once it is finished."""
    async with AsyncExitStack() as stack:
        upload, part = await _upload(asked, upload_id), None
        if upload.stored_sha256 is None:
            hold = _incoming(asked).hold(upload_id, upload.length, is_urgent=is_urgent)
            part = await stack.enter_async_context(hold)
            # as it is now that nobody else has it
            upload = await _upload(asked, upload_id)
        if upload.stored_sha256 is not None:
            yield upload, None
        elif part is not None:
            yield upload, part
        else:
            raise Problem("gone_upload")


async def _upload(asked: Asked, upload_id: UUID) -> Upload:
    async with asked.state.database.reading() as session:
        return await storage.upload_of(session, asked.viewer, asked.state.clock(), upload_id)


async def _renew(asked: Asked, upload: Upload) -> None:
    now = asked.state.clock()
    if upload.expires_at - now < tus.KEPT - tus.RENEWED_AFTER:
        async with asked.state.database.writing() as session:
            upload.expires_at = await storage.renew(session, now, upload.id)


async def _receive(asked: Asked, upload: Upload, part: Part, checksum: Checksum | None) -> int:
    """Takes the bytes of a request; gives how many are here now. With the last one the file goes to the store."""
    await _incoming(asked).receive(upload.id, part, Arriving(asked.part), checksum)
    if part.size == upload.length:
        await _finish(asked, upload, part)
    return part.size


async def _finish(asked: Asked, upload: Upload, part: Part) -> None:
    """Hands a whole file to the store. Done again if anything breaks before the upload is known to be finished."""
    state = asked.state
    try:
        held_as = await state.rooms.photos.keep(
            asked.viewer, state.clock(), part.path, upload.sha256, upload.name, upload.media_type
        )
    except Problem as problem:
        if problem.status >= 500:
            # nothing is wrong with the file
            raise
        await _discard(asked, upload.id)
        if problem.code == "damaged":
            raise Problem("bad_checksum") from problem
        raise
    async with state.database.writing() as session:
        await storage.finish(session, upload.id, held_as)
    upload.stored_sha256 = held_as
    await _incoming(asked).remove([upload.id])


async def _discard(asked: Asked, upload_id: UUID) -> None:
    async with asked.state.database.writing() as session:
        await storage.end(session, upload_id)
    await _incoming(asked).remove([upload_id])


def _progress(upload: Upload, offset: int) -> dict[str, str]:
    """How far an upload is and, while it is not finished, how long it is waited for."""
    told = {"Upload-Offset": str(offset)}
    if upload.stored_sha256 is None:
        told["Upload-Expires"] = tus.http_date(upload.expires_at)
    return told


def _body_length(asked: Asked) -> int:
    said = asked.header(b"content-length")
    return int(said) if said.isdecimal() else 0


def _incoming(asked: Asked) -> Incoming:
    found: Incoming = asked.state.uploads
    return found


# ── at start-up ──


async def sweep(state: State) -> None:
    """Ends what expired while nobody was at home, and removes files that a crash left behind."""
    incoming: Incoming = state.uploads
    while late := await _swept(state):
        await incoming.remove(late)
    standing = await incoming.standing()
    async with state.database.reading() as session:
        waits = await storage.waits(session, standing)
    # what nobody knows may be an upload that another process is just beginning
    await incoming.remove([one for one, is_old in standing.items() if not waits.get(one, not is_old)])


async def _swept(state: State) -> list[UUID]:
    async with state.database.writing() as session:
        return await storage.sweep(session, state.clock())


routes: list[Any] = [uploads]
