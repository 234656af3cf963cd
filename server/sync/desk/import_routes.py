"""Bringing in what waited on a phone: the file it wrote, carried here because the phone had no way to send it."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.forms import BadForm, Form
from server.pages import page, refusal_page, see_other
from server.problems import Problem
from server.sync import importing
from server.sync.desk import storage
from server.sync.storage import is_full

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

FILE_MOST_MB = 300
FILE_MOST_BYTES = FILE_MOST_MB * 1024 * 1024
BODY_MOST_BYTES = FILE_MOST_BYTES + 64 * 1024
"""The file with the rest of its form."""

IMPORTS_SHOWN = 10

_TEMPLATE = "staff/phones_import.html"


@get("/staff/phones/import", access=Access.VERIFY_VISITS)
async def import_page(request: Asking, reading: Session) -> Response[bytes]:
    return page(request, _TEMPLATE, form=Form(), **await _facts(request, reading))


@post(
    "/staff/phones/import",
    access=Access.VERIFY_VISITS,
    status_code=303,
    request_max_body_size=BODY_MOST_BYTES,
)
async def import_file(request: Asking, viewer: Seer, now: Now) -> Redirect:
    """Brings the file in. Its items and photos are each stored for themselves, so this is no one transaction."""
    state = request.app.state
    # what arrives is on the disk, not in memory, before the form can be read
    file = (await request.form()).get("berkas")
    if not isinstance(file, UploadFile) or not file.filename:
        raise await _refused(request, "Pilih dahulu berkas antrean dari ponsel (loket-antrean-….zip).")
    try:
        done = await importing.import_queue(state.database, state.rooms, file.file, now, viewer)
    except Problem as problem:
        if problem.code != "bad_file":
            raise
        raise await _refused(request, problem.detail) from problem
    try:
        async with state.database.writing() as session:
            await importing.record(session, now, viewer, file.filename, done)
            event = (await storage.imports(session, importing.ACT, 1))[0]
    except Exception as error:
        if not is_full(error):
            raise
        raise Problem("no_room") from error
    return see_other(f"/staff/phones/import/results/{event.id}")


@get("/staff/phones/import/results/{event_id:int}", access=Access.VERIFY_VISITS)
async def import_result_page(request: Asking, reading: Session, event_id: FromPath[int]) -> Response[bytes]:
    """What an import did, as the audit trail keeps it."""
    event = await storage.import_event(reading, importing.ACT, event_id)
    if event is None:
        raise Problem("not_found")
    facts = msgspec.json.decode(event.facts)
    slugs = {one["unit"] for one in (*facts["conflicts"], *facts["refused"])}
    return page(
        request,
        "staff/phones_import_result.html",
        event=event,
        facts=facts,
        units=await storage.unit_names(reading, slugs),
        zone=request.app.state.settings.zone,
    )


def refuse_too_large(request: Asking, _error: RequestEntityTooLarge) -> Response[bytes]:
    """A body so large that not even its form is read."""
    what = f"Berkas terlalu besar (paling banyak {FILE_MOST_MB} MB lewat halaman ini)."
    return refusal_page(request, Problem("bad_file", what=what))


async def _refused(request: Asking, sentence: str) -> BadForm:
    form = Form()
    # the sentence may quote the file, so it is a fact, not a text with places to fill
    form.fault("berkas", "%(said)s", said=sentence)
    async with request.app.state.database.reading() as session:
        return BadForm(request, _TEMPLATE, form, **await _facts(request, session))


async def _facts(request: Asking, session: AsyncSession) -> dict[str, Any]:
    events = await storage.imports(session, importing.ACT, IMPORTS_SHOWN)
    return {
        "imports": [(event, msgspec.json.decode(event.facts)) for event in events],
        "most_mb": FILE_MOST_MB,
        "zone": request.app.state.settings.zone,
    }
