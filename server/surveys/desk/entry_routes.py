"""Paper questionnaires typed in one after the other, with the keyboard alone where a script runs."""

import secrets
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Access, Viewer
from server.database import milliseconds
from server.forms import BadForm, Form, sent
from server.pages import language_for, page, see_other
from server.skm.questionnaire import PROFILE, questionnaire_on
from server.surveys.arrive import decode_form
from server.surveys.desk.import_routes import counter_in
from server.surveys.desk.paper import PARTS, paper_arrival, typed_answers
from server.surveys.importing import FIRST_DAY
from server.surveys.wire import SubmittedResponse
from server.units.facts import CounterFacts
from server.units.storage import counters_seen_by
from server.uuid7 import uuid7

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

_PLACE = "staff/survey_entry_place.html"
_SHEET = "staff/survey_entry.html"
_STAYING = ("loket", "tanggal", "jam", "service")
"""What one sheet after the other has in common."""


@get("/staff/entry", access=Access.IMPORT_RESPONSES)
async def entry_page(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    """The next empty sheet; before the first one, where and when the sheets were filled in."""
    query = request.query_params
    today = request.app.state.skm.today(now)
    if "loket" not in query:
        form = Form({"tanggal": today, "jam": next(iter(PARTS))})
        return page(request, _PLACE, form=form, counters=await counters_seen_by(reading, viewer))
    form = Form({name: query.get(name, "") for name in _STAYING})
    counter = await counter_in(request, form)
    _read_day(form, counter, now)
    if counter is None or form.faults:
        counters = await counters_seen_by(reading, viewer)
        return page(request, _PLACE, status=422, form=form, counters=counters)
    form.values["id"] = str(_new_id(now))
    return page(request, _SHEET, form=form, **_sheet_facts(request, counter, now))


@post("/staff/entry", access=Access.IMPORT_RESPONSES, status_code=303)
async def type_response(request: Asking, viewer: Seer, now: Now) -> Response[Any]:
    form = await sent(request)
    counter = await request.app.state.counters.find(form.values.get("loket", ""))
    response_id = _id_of(form, now)
    day, part = _read_day(form, counter, now)
    submission = _read_sheet(form, counter)
    if day is None or form.faults:
        raise BadForm(request, _SHEET, form, **_sheet_facts(request, counter, now))
    arrival = paper_arrival(response_id, submission, counter, day, part, now)
    stored = await request.app.state.intake.store(arrival)
    if stored.body_sha256 != arrival.body_sha256:
        form.values["id"] = str(_new_id(now))
        form.fault(
            "",
            "Lembar ini sudah tersimpan dengan isi lain. Bila ini lembar yang lain, simpan sekali lagi.",
        )
        raise BadForm(request, _SHEET, form, 409, **_sheet_facts(request, counter, now))
    if stored.is_new:
        async with request.app.state.database.writing() as session:
            await audit.record(
                session,
                now,
                viewer,
                "response_typed",
                f"response:{response_id}",
                counter=counter.code,
                day=arrival.local_day,
            )
    done = int(form.values["jumlah"]) if form.values.get("jumlah", "").isdecimal() else 0
    return see_other(
        "/staff/entry",
        **{name: form.values.get(name, "") for name in _STAYING},
        jumlah=str(done + stored.is_new),
        terakhir=str(response_id),
    )


def _read_sheet(form: Form, counter: CounterFacts) -> SubmittedResponse:
    """The answers and the profile as typed; what cannot be read is marked."""
    answers = typed_answers(form.values)
    for key, answer in answers.items():
        if answer not in {"", "1", "2", "3", "4"}:
            form.fault(key, "Tulis 1, 2, 3, atau 4 (atau a, b, c, d); kosongkan bila tidak dijawab.")
    submission, errors = decode_form({**form.values, **answers, "counter": counter.code})
    for field, sentence in errors.items():
        form.fault(field, sentence)
    if not any(answers.values()):
        form.fault("persyaratan", "Belum ada satu pun pertanyaan yang dijawab.")
    return submission


def _read_day(form: Form, counter: CounterFacts | None, now: datetime) -> tuple[date | None, str]:
    """The day and the part of the day when the sheet was filled in."""
    part = form.values.get("jam", "")
    if part not in PARTS:
        part = form.values["jam"] = next(iter(PARTS))
    try:
        day = date.fromisoformat(form.values.get("tanggal", ""))
    except ValueError:
        form.fault("tanggal", "Tulis tanggal survei yang tercantum pada lembar.")
        return None, part
    today = now.astimezone(ZoneInfo(counter.zone)).date() if counter else day
    if not FIRST_DAY <= day <= today:
        form.fault("tanggal", "Tanggal survei tidak boleh sesudah hari ini atau sebelum tahun 2017.")
    return day, part


def _sheet_facts(request: Asking, counter: CounterFacts, now: datetime) -> dict[str, Any]:
    language = language_for(request)
    wordings = questionnaire_on(now.date()).wordings
    asks_cost = counter.service.asks_cost if counter.service else True
    questions = wordings.get(language, wordings["id"]).questions
    return {
        "counter": counter,
        "questions": [
            (number, question)
            for number, question in enumerate(questions, 1)
            if asks_cost or question.element != "biaya"
        ],
        "profile": {
            field: [
                ("", "–"),
                *((choice.code, choice.labels.get(language, choice.code)) for choice in choices),
            ]
            for field, choices in PROFILE.items()
        },
        "services": [(service.slug, service.name) for service in counter.services],
        "done": request.query_params.get("jumlah", ""),
        "last_id": request.query_params.get("terakhir", ""),
    }


def _id_of(form: Form, now: datetime) -> UUID:
    try:
        return UUID(form.values.get("id", ""))
    except ValueError:
        return _new_id(now)


def _new_id(now: datetime) -> UUID:
    return uuid7(milliseconds(now), secrets.token_bytes(10))
