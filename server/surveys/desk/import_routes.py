"""Import of answers from a sheet: first what it would do, then all of it or nothing, and twice is once."""

import asyncio
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Access, Viewer
from server.accounts.tables import AuditEvent
from server.forms import BadForm, Form, form_of, texts_of
from server.pages import page, refusal_page, see_other
from server.problems import Problem
from server.skm.rules import ELEMENTS, ORDERS, BadTable
from server.surveys import storage
from server.surveys.desk.uploads import Uploads
from server.surveys.importing import Trial, import_responses, too_large, trial
from server.units.facts import CounterFacts
from server.units.storage import counters_seen_by

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

FILE_MOST_MB = 12
FILE_MOST_BYTES = FILE_MOST_MB * 1024 * 1024
ROWS_MOST = 50_000
"""What is stored while a person waits for the page: some seconds."""

BODY_MOST_BYTES = 64 * 1024 * 1024
"""A file that is too large is still read (to disk), so that its form can be shown again with what to do."""

ACT = "responses_imported"
IMPORTS_SHOWN = 10
IMPORTS_COMPARED = 500

_FORM = "staff/survey_import.html"
_FIELDS = {"order": "urutan"}


@get("/staff/import", access=Access.IMPORT_RESPONSES)
async def import_page(request: Asking, reading: Session, viewer: Seer) -> Response[bytes]:
    form = Form({"loket": request.query_params.get("loket", "")})
    return page(request, _FORM, form=form, **await _form_facts(request, reading, viewer, None))


@post("/staff/import", access=Access.IMPORT_RESPONSES, status_code=303, request_max_body_size=BODY_MOST_BYTES)
async def check_import(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[Any]:
    """Reads what was brought, keeps it, and leads to the page that says what an import would do."""
    sent = await request.form()
    form = Form({name: value for name, value in sent.items() if isinstance(value, str)})
    file = sent.get("berkas")
    content = await _brought(request, form, file if isinstance(file, UploadFile) else None)
    counter = await counter_in(request, form)
    tried = None
    if content and counter:
        tried = await _tried(form, content, counter, now)
    if content and "berkas" not in form.faults:
        form.values["kunci"] = await asyncio.to_thread(_uploads(request).keep, content)
    if form.faults or counter is None:
        raise BadForm(request, _FORM, form, **await _form_facts(request, reading, viewer, tried))
    return see_other(
        f"/staff/import/{form.values['kunci']}",
        loket=counter.code,
        urutan=form.values.get("urutan", ""),
        nama=form.values.get("nama", "")[:120],
    )


@get("/staff/import/{key:str}", access=Access.IMPORT_RESPONSES)
async def import_check_page(
    request: Asking, reading: Session, now: Now, key: FromPath[str]
) -> Response[bytes]:
    """What an import would do; it stores nothing, so its page may be reloaded."""
    form = Form(request.query_params)
    content, counter = await _kept(request, form, key)
    tried = await _tried(form, content, counter, now)
    return page(
        request,
        "staff/survey_import_check.html",
        status=422 if form.faults else 200,
        form=form,
        key=key,
        counter=counter,
        trial=tried,
        **await _earlier(reading, key, counter, form.values.get("urutan", "")),
        keys=tuple(ELEMENTS),
        zone=request.app.state.settings.zone,
    )


@post("/staff/import/{key:str}", access=Access.IMPORT_RESPONSES, status_code=303)
async def confirm_import(request: Asking, viewer: Seer, now: Now, key: FromPath[str]) -> Response[Any]:
    """Imports a file that was checked. Answers go the way of all answers, so this is no one transaction."""
    form = form_of(texts_of(await request.form()))
    content, counter = await _kept(request, form, key)
    order = _order(form)
    try:
        done = await import_responses(request.app.state.intake, counter, content, order, now)
    except BadTable as error:
        raise Problem("bad_file", what=error.detail) from error
    async with request.app.state.database.writing() as session:
        await audit.record(
            session,
            now,
            viewer,
            ACT,
            f"counter:{counter.code}",
            file=form.values.get("nama", "")[:120],
            file_sha256=key,
            order=order,
            new=done.new,
            repeated=done.repeated,
            conflicts=done.conflicts,
        )
        event = (await storage.imports(session, ACT, 1))[0]
    await asyncio.to_thread(_uploads(request).forget, key)
    return see_other(f"/staff/import/results/{event.id}")


@get("/staff/import/results/{event_id:int}", access=Access.IMPORT_RESPONSES)
async def import_result_page(request: Asking, reading: Session, event_id: FromPath[int]) -> Response[bytes]:
    """What an import did, as the audit trail keeps it."""
    event = await storage.import_event(reading, ACT, event_id)
    if event is None:
        raise Problem("not_found")
    code = event.subject.removeprefix("counter:")
    counter = await request.app.state.counters.find(code)
    return page(
        request,
        "staff/survey_import_result.html",
        event=event,
        facts=msgspec.json.decode(event.facts),
        counter=counter,
        zone=request.app.state.settings.zone,
    )


def refuse_too_large(request: Asking, _error: RequestEntityTooLarge) -> Response[bytes]:
    """A body so large that not even its form is read."""
    return refusal_page(request, Problem("bad_file", what=f"{too_large(f'{FILE_MOST_MB} MB')}."))


async def _form_facts(
    request: Asking, session: AsyncSession, viewer: Viewer, tried: Trial | None
) -> dict[str, Any]:
    events = await storage.imports(session, ACT, IMPORTS_SHOWN)
    return {
        "counters": await counters_seen_by(session, viewer),
        "imports": [(event, msgspec.json.decode(event.facts)) for event in events],
        "most_mb": FILE_MOST_MB,
        "trial": tried,
        "zone": request.app.state.settings.zone,
    }


async def _brought(request: Asking, form: Form, file: UploadFile | None) -> bytes | None:
    """What was uploaded, else pasted, else kept from the try before; its name is noted in the form."""
    if file is not None:
        content = await file.read(FILE_MOST_BYTES + 1)
        form.values["nama"] = file.filename
    else:
        content = form.values.pop("tabel", "").encode()
        if content:
            form.values["nama"] = ""
    if not content.strip():
        kept = await asyncio.to_thread(_uploads(request).find, form.values.get("kunci", ""))
        if kept is None:
            form.fault("berkas", "Pilih berkas CSV, atau tempelkan tabelnya.")
        return kept
    if len(content) > FILE_MOST_BYTES:
        _fault(form, "berkas", too_large(f"{FILE_MOST_MB} MB"))
        return None
    return content


async def _tried(form: Form, content: bytes, counter: CounterFacts, now: datetime) -> Trial | None:
    """What an import would do; faults are marked in the form."""
    try:
        # a table of many rows takes a while: the loop goes on meanwhile
        tried = await asyncio.to_thread(trial, content, _order(form), counter, now, ROWS_MOST)
    except BadTable as error:
        _fault(form, _FIELDS.get(error.field or "", "berkas"), error.detail)
        return None
    if tried.fault_count:
        form.fault(
            "berkas",
            "Ada %(n)s kesalahan pada tabel ini. Perbaiki, lalu unggah lagi; belum ada yang disimpan.",
            n=tried.fault_count,
        )
    return tried


async def counter_in(request: Asking, form: Form) -> CounterFacts | None:
    """The counter typed or chosen in a form; what is wrong with it is marked."""
    typed = form.values.get("loket", "").strip()
    if not typed:
        form.fault("loket", "Pilih loket tempat jawaban ini diberikan.")
        return None
    try:
        # the list offers "code · name, unit"; only the code says which
        found: CounterFacts = await request.app.state.counters.find(typed.split(" ")[0])
    except Problem as problem:
        _fault(form, "loket", problem.detail)
        return None
    return found


async def _kept(request: Asking, form: Form, key: str) -> tuple[bytes, CounterFacts]:
    content = await asyncio.to_thread(_uploads(request).find, key)
    if content is None:
        raise Problem(
            "bad_file", what="Berkas ini tidak lagi kami pegang (paling lama satu hari). Unggah sekali lagi."
        )
    counter = await request.app.state.counters.find(form.values.get("loket", ""))
    return content, counter


async def _earlier(
    session: AsyncSession, key: str, counter: CounterFacts, order: str
) -> dict[str, AuditEvent | None]:
    """The last import of this very file, and the last one to another counter or in another order."""
    found: dict[str, AuditEvent | None] = {"earlier": None, "earlier_other": None}
    for event in await storage.imports(session, ACT, IMPORTS_COMPARED):
        facts = msgspec.json.decode(event.facts)
        if facts.get("file_sha256") == key:
            is_same = event.subject == f"counter:{counter.code}" and (facts.get("order") or "") == order
            name = "earlier" if is_same else "earlier_other"
            found[name] = found[name] or event
    return found


def _order(form: Form) -> str | None:
    asked = form.values.get("urutan", "")
    return asked if asked in ORDERS else None


def _fault(form: Form, field: str, sentence: str) -> None:
    # the sentence may quote the file, so it is a fact, not a text with places to fill
    form.fault(field, "%(said)s", said=sentence)


def _uploads(request: Asking) -> Uploads:
    return Uploads(request.app.state.settings.data / "imports")
