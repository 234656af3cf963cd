"""Publishing an instrument from a file: first what it holds and what is wrong with it, then all of it or nothing."""

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.forms import BadForm, Form, keep_private, sent, show_again
from server.inspections.check import BadInstrument
from server.inspections.desk.instrument_routes import INSTRUMENTS, REASON_MISSING, REASON_MOST
from server.inspections.desk.instrument_words import weight_sums
from server.inspections.difference import difference
from server.inspections.editions import publishing
from server.inspections.editions.storage import all_published
from server.inspections.instrument import Instrument
from server.inspections.own_version import read_own
from server.inspections.shape import MOST_BYTES
from server.pages import page, see_other
from server.problems import Problem

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

IMPORT = INSTRUMENTS + "/import"
FAULTS_SHOWN = 200
VERSION_TAKEN = (
    "Versi %(address)s sudah terbit dan tidak dapat diubah. Ganti version di dalam berkas, lalu unggah lagi."
)

_TEMPLATE = "staff/instruments_import.html"


@get(IMPORT, access=Access.PUBLISH_INSTRUMENTS)
async def file_page(request: Asking) -> Response[bytes]:
    return page(request, _TEMPLATE, form=Form(), faults=(), more=0)


@post(IMPORT, access=Access.PUBLISH_INSTRUMENTS, status_code=200)
async def try_file(request: Asking, reading: Session) -> Response[bytes]:
    """What the file would publish. It stores nothing; the file travels on in the page itself."""
    form = await sent(request)
    form.text("alasan", REASON_MOST, REASON_MISSING)
    content = await _uploaded(request, form)
    instrument, base = await _read(request, reading, form, content)
    if instrument.address in {one.instrument.address for one in await all_published(reading)}:
        raise _taken_already(request, form, instrument)
    return page(
        request,
        "staff/instruments_import_effect.html",
        form=form,
        instrument=instrument,
        before=base,
        changes=difference(base, instrument) if base else [],
        sums=weight_sums(base, instrument),
        content=base64.b64encode(content).decode(),
        sha256=hashlib.sha256(content).hexdigest(),
    )


@post(IMPORT + "/confirmation", access=Access.PUBLISH_INSTRUMENTS, status_code=303)
async def publish_file(request: Asking, writing: Session, viewer: Seer, now: Now) -> Response[Any]:
    """Publishes the file that was shown; a published version never changes, so only its name can be taken by now."""
    form = await sent(request)
    reason = form.text("alasan", REASON_MOST, REASON_MISSING)
    content = _carried(request, form)
    instrument, _ = await _read(request, writing, form, content)
    try:
        await publishing.publish(writing, viewer, now, instrument, reason)
    except Problem as refused:
        if refused.code != "version_taken":
            raise
        raise _taken_already(request, form, instrument) from refused
    return see_other(f"{INSTRUMENTS}/{instrument.address}", pesan="Instrumen sudah terbit.")


async def _uploaded(request: Asking, form: Form) -> bytes:
    file = (await request.form()).get("berkas")
    content = await file.read(MOST_BYTES + 1) if isinstance(file, UploadFile) else b""
    if not content:
        form.fault("berkas", "Pilih dahulu berkas JSON di komputer Anda.")
    if form.faults:
        raise BadForm(request, _TEMPLATE, form, faults=(), more=0)
    return content


def _carried(request: Asking, form: Form) -> bytes:
    """The file as the page of its effect carried it."""
    try:
        content = base64.b64decode(form.values.get("content", ""), validate=True)
    except binascii.Error:
        content = b""
    if hashlib.sha256(content).hexdigest() != form.values.get("sha256"):
        form.fault("berkas", "Isi berkas tidak sampai dengan utuh. Unggah berkasnya sekali lagi.")
    if form.faults:
        raise BadForm(request, _TEMPLATE, form, faults=(), more=0)
    return content


async def _read(
    request: Asking, session: AsyncSession, form: Form, content: bytes
) -> tuple[Instrument, Instrument | None]:
    """The instrument in a file and the one it was made from; every fault of the file is shown with its line."""
    try:
        instrument = read_own(content)
        return instrument, await publishing.base_of(session, instrument, content)
    except BadInstrument as bad:
        form.fault(
            "berkas", "Berkas ini belum dapat diterbitkan: ada %(count)s kesalahan.", count=len(bad.faults)
        )
        shown = bad.faults[:FAULTS_SHOWN]
        more = len(bad.faults) - len(shown)
        raise BadForm(request, _TEMPLATE, form, faults=shown, more=more) from bad


def _taken_already(request: Asking, form: Form, instrument: Instrument) -> BadForm:
    form.fault("berkas", VERSION_TAKEN, address=instrument.address)
    return BadForm(request, _TEMPLATE, form, 409, faults=(), more=0)


routes = [
    Router(
        "/",
        route_handlers=[file_page, try_file, publish_file],
        after_request=keep_private,
        exception_handlers={BadForm: show_again},
    )
]
