"""Import of units, services and counters from a CSV file: first what it would do, then all of it or nothing."""

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.asgi import SECURITY_HEADERS
from server.csvfiles import BadFile
from server.forms import BadForm, Form, sent
from server.pages import page, see_other
from server.units import storage, table
from server.units.plan import Plan

Asking = Request[Any, Any, Any]

MOST_BYTES = 2 * 1024 * 1024
WRONG_SHOWN = 200


@get("/staff/units/import", access=Access.EDIT_UNITS)
async def import_page(request: Asking) -> Response[bytes]:
    return page(request, "staff/units_import.html", form=Form(), columns=table.COLUMNS)


@get("/staff/units/import/template.csv", access=Access.EDIT_UNITS)
async def template_file() -> Response[bytes]:
    headers = {**SECURITY_HEADERS, "Content-Disposition": 'attachment; filename="loket-unit.csv"'}
    return Response(table.template(), media_type="text/csv", headers=headers)


@post("/staff/units/import", access=Access.EDIT_UNITS, status_code=200)
async def try_import(request: Asking, reading: NamedDependency[AsyncSession]) -> Response[bytes]:
    """The dry run. It stores nothing, so its page may be reloaded; the file travels on in the page itself."""
    content = await _uploaded(request)
    try:
        plan = await storage.plan_import(reading, content, request.app.state.settings.zone)
    except BadFile as error:
        raise _refused(request, str(error)) from error
    return _plan_page(request, plan, content)


@post("/staff/units/import/confirmation", access=Access.EDIT_UNITS, status_code=303)
async def confirm_import(
    request: Asking,
    writing: NamedDependency[AsyncSession],
    viewer: NamedDependency[Viewer],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Carries out the plan that was shown; when something else changed in between, the new plan is shown first."""
    form = await sent(request)
    content = _carried(request, form.values.get("content", ""), form.values.get("sha256", ""))
    try:
        plan = await storage.plan_import(writing, content, request.app.state.settings.zone)
    except BadFile as error:
        raise _refused(request, str(error)) from error
    if plan.wrong or plan.seal() != form.values.get("seal"):
        raise BadForm(
            request,
            "staff/units_import_plan.html",
            Form(),
            409,
            **_plan_facts(plan, content),
            has_changed=True,
        )
    done = await storage.import_units(writing, plan, content, viewer, now)
    request.app.state.counters.forget()
    return see_other("/staff/units", pesan=f"Impor selesai: {done} baris dikerjakan.")


def _plan_page(request: Asking, plan: Plan, content: bytes) -> Response[bytes]:
    status = 422 if plan.wrong else 200
    facts = _plan_facts(plan, content)
    return page(
        request, "staff/units_import_plan.html", status=status, form=Form(), has_changed=False, **facts
    )


def _plan_facts(plan: Plan, content: bytes) -> dict[str, Any]:
    return {
        "plan": plan,
        "wrong": plan.wrong[:WRONG_SHOWN],
        "content": base64.b64encode(content).decode(),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


async def _uploaded(request: Asking) -> bytes:
    file = (await request.form()).get("file")
    content = await file.read(MOST_BYTES + 1) if isinstance(file, UploadFile) else b""
    if not content:
        raise _refused(request, "Pilih dahulu berkas CSV di komputer Anda.")
    if len(content) > MOST_BYTES:
        raise _refused(request, f"Berkas terlalu besar (paling banyak {MOST_BYTES // 1024 // 1024} MB).")
    return content


def _carried(request: Asking, encoded: str, sha256: str) -> bytes:
    """The file as the dry run's page carried it."""
    try:
        content = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        content = b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _refused(request, "Isi berkas tidak sampai dengan utuh. Unggah berkasnya sekali lagi.")
    return content


def _refused(request: Asking, sentence: str) -> BadForm:
    form = Form()
    # the sentence may quote the file, so it is a fact, not a text with places to fill
    form.fault("file", "%(said)s", said=sentence)
    return BadForm(request, "staff/units_import.html", form, columns=table.COLUMNS)
