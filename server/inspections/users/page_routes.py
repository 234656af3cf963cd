"""The users' form as people and programs reach it: its page, the thanks, and the JSON address.

Works without script and sets no cookie: the language stays in the address.
"""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access
from server.asgi import Asked
from server.bodies import FORM, refuse_other_type
from server.database import milliseconds
from server.forms import Form, sent
from server.inspections.api import Asking, answer, sent_as, time_told, uuid_in
from server.inspections.users import sheet as sheets
from server.inspections.users import storage
from server.inspections.users.intake import refuse_if_closed, take_in
from server.inspections.users.sheet import SubmittedSheet
from server.inspections.users.storage import UsersForm
from server.pages import page, see_other
from server.problems import Problem
from server.settings import Settings
from server.texts import LANGUAGES
from server.uuid7 import uuid7

Session = NamedDependency[AsyncSession]
Now = NamedDependency[datetime]

FORM_MOST_BYTES = 64 * 1024
FIELD = "q-"
"""What the name of a statement's field begins with."""


# ── pages ──


@get(["/f/{code:str}", "/F/{code:str}"], access=Access.PUBLIC)
async def users_form_page(
    request: Asking, reading: Session, now: Now, code: FromPath[str]
) -> Response[bytes]:
    found = await storage.users_form(reading, code)
    secret = _settings(request).secret
    token = sheets.page_token(secret, found.code, now, secrets.token_bytes(9))
    return _form_page(request, found, Form({"id": _new_id(now), "token": token}))


@post(["/f/{code:str}", "/F/{code:str}"], access=Access.PUBLIC, status_code=303)
async def answer_users_form(
    request: Asking, writing: Session, now: Now, code: FromPath[str]
) -> Response[Any]:
    """Takes a sheet in; one with a fault comes back with all that was ticked."""
    form = await _sent_form(request)
    found = await storage.users_form(writing, code, to_write=True)
    sheet_id = _uuid(form.values.get("id", "")) or _new_id(now)
    answers = _read_answers(form, found)
    if form.faults:
        form.values["id"] = str(sheet_id)
        return _form_page(request, found, form, status=422)
    token = form.values.get("token", "")
    sheet, _ = await take_in(
        _settings(request), writing, now, found, sheet_id, token, answers, _address(request)
    )
    return see_other(_thanks(found), id=str(sheet.id), **_kept_language(request))


@get("/f/{code:str}/terima-kasih", access=Access.PUBLIC)
async def users_form_thanks(request: Asking, reading: Session, code: FromPath[str]) -> Response[bytes]:
    """Proof that a sheet is stored and whether it counts, without the answers."""
    found = await storage.users_form(reading, code)
    sheet_id = uuid_in(request.query_params.get("id", ""), "unknown_receipt")
    sheet = await storage.sheet_of_form(reading, found, sheet_id)
    by_rule = await storage.sheets_by_rule(reading, found.evaluation.id, found.unit.id)
    return _private(
        page(
            request,
            "public/users_form_thanks.html",
            unit=found.unit,
            code=found.code,
            sheet=sheet,
            proof=str(sheet.id)[-12:].upper(),
            n=by_rule.pop(sheets.COUNTED, 0),
            excluded=sum(by_rule.values()),
            least=sheets.form_of(found.instrument).least,
            is_open=found.is_open,
            kept_language=_kept_language(request).get("lang"),
        )
    )


@get("/f", access=Access.PUBLIC)
async def typed_form_code(request: Asking) -> Redirect:
    """Where the field for a code leads."""
    typed = request.query_params.get("code", "").strip()[:40]
    if not any(sign.isalnum() for sign in typed):
        raise Problem("unknown_users_form", typed=typed)
    kept = "".join(sign for sign in typed if sign.isalnum())
    return see_other(f"/f/{kept}", **_kept_language(request))


# ── programs ──


@put("/api/inspections/user-sheets/{sheet_id:str}", access=Access.PUBLIC)
async def put_user_sheet(
    request: Asking, writing: Session, now: Now, sheet_id: FromPath[str]
) -> Response[bytes]:
    """One sheet as JSON: 201 the first time, 200 with the same receipt on a repeat, 409 for other content."""
    made_id = uuid_in(sheet_id, "bad_id")
    submitted = await sent_as(request, SubmittedSheet)
    found = await storage.users_form(writing, submitted.code, to_write=True)
    answers = sheets.checked(found.instrument, submitted.answers)
    sheet, is_new = await take_in(
        _settings(request), writing, now, found, made_id, submitted.token, answers, _address(request)
    )
    receipt = {
        "id": str(sheet.id),
        "status": "stored",
        "code": found.code,
        "unit": found.unit.slug,
        "received_at": time_told(sheet.received_at),
        "body_sha256": sheet.body_sha256,
        "excluded_by": sheet.excluded_by or None,
        "receipt_url": f"{_thanks(found)}?id={sheet.id}",
    }
    return answer(receipt, 201 if is_new else 200)


# ── within ──


async def _sent_form(request: Asking) -> Form:
    refuse_other_type(request.headers.get("content-type", ""), FORM)
    if len(await request.body()) > FORM_MOST_BYTES:
        raise Problem("too_large", most=f"{FORM_MOST_BYTES // 1024} KB")
    return await sent(request)


def _read_answers(form: Form, found: UsersForm) -> dict[str, int]:
    """The answers of a posted form in the form's order; what does not fit is marked on it."""
    fields = {FIELD + question.key: question.key for question in sheets.form_of(found.instrument).questions}
    scale = sheets.choices(found.instrument)
    if any(name.startswith(FIELD) and name not in fields for name in form.values):
        form.fault("", "Ada pernyataan yang bukan dari formulir ini. Muat ulang halaman, lalu isi lagi.")
    answers = {}
    for field, key in fields.items():
        text = form.values.get(field, "")
        if text in map(str, scale):
            answers[key] = int(text)
        elif text:
            form.fault(
                field,
                "Pilih salah satu angka dari %(least)s sampai %(most)s.",
                least=scale[0],
                most=scale[-1],
            )
    if not answers and not form.faults:
        form.fault(
            "", "Belum ada satu pun pernyataan yang dijawab. Jawab paling sedikit satu, lalu kirim lagi."
        )
    return answers


def _form_page(request: Asking, found: UsersForm, form: Form, status: int = 200) -> Response[bytes]:
    refuse_if_closed(found)
    questions = sheets.form_of(found.instrument).questions
    parts = [
        (part.name, [question for question in questions if question.part == part.code])
        for part in found.instrument.parts
    ]
    in_order = [question for _, asked in parts for question in asked]
    return _private(
        page(
            request,
            "public/users_form.html",
            status=status,
            unit=found.unit,
            evaluation=found.evaluation,
            code=found.code,
            form=form,
            field=FIELD,
            parts=[(name, asked) for name, asked in parts if asked],
            numbers={FIELD + question.key: number for number, question in enumerate(in_order, 1)},
            scale=list(sheets.choices(found.instrument)),
            kept_language=_kept_language(request).get("lang"),
        )
    )


def _private(answered: Response[bytes]) -> Response[bytes]:
    """A page of one reader: no cache keeps it, and nothing is left on the phone."""
    answered.headers["Cache-Control"] = "no-store"
    answered.cookies = []
    return answered


def _kept_language(request: Asking) -> dict[str, str]:
    """The language that the address asks for: it goes along, because no cookie remembers it."""
    asked = request.query_params.get("lang")
    return {"lang": asked} if asked in LANGUAGES else {}


def _thanks(found: UsersForm) -> str:
    return f"/f/{found.code}/terima-kasih"


def _new_id(now: datetime) -> UUID:
    return uuid7(milliseconds(now), secrets.token_bytes(10))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _address(request: Asking) -> str:
    return Asked(request.scope, request.receive).address(_settings(request).proxies)


def _settings(request: Asking) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


routes: list[Any] = [
    users_form_page,
    answer_users_form,
    users_form_thanks,
    typed_form_code,
    put_user_sheet,
]
