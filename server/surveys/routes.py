"""The survey's public addresses: the citizen's page and form, the JSON address, receipts, the kiosk, indices.

These are the hot ones, so they take the short way (`asgi.hot`). What staff do with responses is in `staff_routes.py`.
"""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, quote
from uuid import UUID

import msgspec

from server.accounts.access import Access
from server.asgi import Asked, Reply, hot, json_reply
from server.bodies import FORM, JSON, refuse_other_type
from server.database import milliseconds
from server.problems import Problem
from server.skm.exclusion import RULES
from server.skm.periods import days_between, range_of
from server.skm.rules import ELEMENTS
from server.surveys import arrive, storage, token
from server.surveys.acceptance import receipt, refuse_if_shut
from server.surveys.compute import computed, refusing
from server.surveys.documents import pages, published, survey_of
from server.surveys.page import Document, Message, Mistake, Page
from server.surveys.page import Receipt as ReceiptFacts
from server.texts import WEB, language_of, translator
from server.units.facts import CounterFacts
from server.units.storage import unit_by_slug
from server.uuid7 import uuid7

JSON_MOST_BYTES = 64 * 1024
FORM_MOST_BYTES = 2 * 1024 * 1024
"""A form is answered by a page with its field marked, so it is read even when its comment is far too long."""
TABLE_MOST_BYTES = 8 * 1024 * 1024

REVIEWED_OUT = "Dikeluarkan setelah ditinjau oleh Bagian Organisasi."

TYPE_CODE = "Ketik kode loket"
WHERE_CODE = "Pindai QR di loket, atau ketik kode yang tertulis di bawahnya."

PageHandler = Callable[[Asked], Awaitable[Reply]]


# ── the citizen's page ───────────────────────────────────────────────────────────────────────────────────────────────


def citizen_page(handler: PageHandler) -> PageHandler:
    """Turns a refusal into a page for the person who opened it."""

    @wraps(handler)
    async def answered(asked: Asked) -> Reply:
        try:
            return await handler(asked)
        except Problem as problem:
            translate = translator(_language(asked))
            message = Message(
                title=translate(problem.kind.title),
                text=problem.told(translate),
                asks_code=problem.status < 500,
            )
            return _page_reply(
                pages().message(message, _language(asked)), problem.status, **problem.headers()
            )

    return answered


@hot(["/s/{code:str}", "/S/{code:str}"], access=Access.PUBLIC)
@citizen_page
async def survey_page(asked: Asked) -> Reply:
    """The survey of a counter (GET), and its answer by a form without any script (POST)."""
    counter = await asked.state.counters.find(asked.path_params["code"])
    if asked.method == "POST":
        return await _submit_form(asked, counter)
    if asked.method not in {"GET", "HEAD"}:
        raise Problem("wrong_method")
    refuse_if_shut(counter)
    now = asked.state.clock()
    document = asked.state.documents.of(counter, _language(asked), now)
    return _document_reply(asked, document, _new_id(now), _new_token(asked, counter, now))


async def _submit_form(asked: Asked, counter: CounterFacts) -> Reply:
    refuse_other_type(asked.header(b"content-type"), FORM)
    body = await asked.body(FORM_MOST_BYTES)
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    now = asked.state.clock()
    response_id = _uuid(form.get("id", "")) or _new_id(now)
    submission, errors = arrive.decode_form(form)
    for key in _asked_elements(counter, submission.service):
        if getattr(submission.answers, key) is None:
            errors.setdefault(key, arrive.NOT_ANSWERED)
    if errors:
        translate = translator(_language(asked))
        page = pages().form_again(
            survey_of(counter),
            _language(asked),
            form,
            [Mistake(field, translate(sentence)) for field, sentence in errors.items()],
            str(response_id),
            form.get("token", ""),
        )
        return _page_reply(page, 422)
    await asked.state.acceptance.accept(response_id, submission, counter, now)
    return Reply(303, b"", {"Location": f"/receipt/{response_id}{_kept_language(asked)}"})


def _asked_elements(counter: CounterFacts, service_slug: str | None) -> list[str]:
    service = counter.offered(service_slug)
    return [key for key in ELEMENTS if key != "biaya" or service is None or service.asks_cost]


@hot("/receipt/{response_id:str}", access=Access.PUBLIC)
@citizen_page
async def receipt_page(asked: Asked) -> Reply:
    """Proof that an answer is stored and whether it counts, without the answers."""
    response_id = _uuid(asked.path_params["response_id"])
    language = _language(asked)
    async with asked.state.database.reading() as session:
        held = await storage.held_response(session, response_id) if response_id else None
    if held is None:
        raise Problem("unknown_receipt")
    counter = await asked.state.counters.find(held.code)
    rule = next((rule for rule in RULES if rule.code == held.excluded_by), None)
    reason = (rule.explanation if language == "id" else rule.explanation_en) if rule else None
    if held.excluded_by and rule is None:
        reason = translator(language)(REVIEWED_OUT)
    index = await asked.state.skm.index(held.unit_id, None, None)
    facts = ReceiptFacts(
        id=str(held.id),
        received_at=held.received_at,
        zone=held.zone,
        day=held.day,
        excluded_by=held.excluded_by or None,
        exclusion_reason=reason,
        published=published(index, language),
        complaint=held.contact or None,
    )
    return _page_reply(pages().receipt(survey_of(counter), facts, language))


@hot("/s", access=Access.PUBLIC)
@citizen_page
async def typed_code(asked: Asked) -> Reply:
    """Where a code is typed by hand, and where the field for it leads."""
    typed = asked.query().get("code", "").strip()[:40]
    if typed:
        return Reply(303, b"", {"Location": f"/s/{quote(typed, safe='')}{_kept_language(asked)}"})
    translate = translator(_language(asked))
    return _page_reply(
        pages().message(Message(title=translate(TYPE_CODE), text=translate(WHERE_CODE)), _language(asked))
    )


# ── programs, the page's script and the kiosk ────────────────────────────────────────────────────────────────────────


@hot("/api/responses/{response_id:str}", access=Access.PUBLIC)
async def put_response(asked: Asked) -> Reply:
    """One answer as JSON: 201 the first time, 200 with the same receipt on a repeat, 409 for other content."""
    if asked.method != "PUT":
        raise Problem("wrong_method")
    response_id = _uuid(asked.path_params["response_id"])
    if response_id is None:
        raise Problem("bad_id", field="id")
    refuse_other_type(asked.header(b"content-type"), JSON)
    try:
        body = await asked.body(JSON_MOST_BYTES)
    except Problem as problem:
        if problem.code == "too_large":  # nothing but a comment can make an answer this long
            raise Problem("long_comment", field="comment", most="2.000") from problem
        raise
    submission = arrive.decode(body)
    counter = await asked.state.counters.find(submission.counter)
    stored = await asked.state.acceptance.accept(response_id, submission, counter, asked.state.clock())
    return json_reply(receipt(stored, counter), 201 if stored.is_new else 200)


@hot("/kiosk/{code:str}", access=Access.PUBLIC)
@citizen_page
async def kiosk_page(asked: Asked) -> Reply:
    """The survey for a tablet at the counter, opened by the link that staff were given."""
    asset = KIOSK_FILES.get(asked.path_params["code"])
    if asset is not None:
        return asset
    counter = await asked.state.counters.find(asked.path_params["code"])
    key = token.kiosk_key(asked.state.settings.secret, counter.code)
    if not secrets.compare_digest(key.encode(), asked.query().get("key", "").encode()):
        raise Problem("bad_kiosk_key")
    refuse_if_shut(counter)
    now = asked.state.clock()
    document = asked.state.documents.of(counter, _language(asked), now, is_kiosk=True)
    return _document_reply(asked, document, _new_id(now), _new_token(asked, counter, now, is_kiosk=True))


def _kiosk_file(name: str, kind: str) -> Reply:
    headers = {"Content-Type": kind, "Cache-Control": "no-cache"}
    if name == "sw.js":
        headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    return Reply(200, (WEB / "survey" / "kiosk" / name).read_bytes(), headers)


KIOSK_FILES = {
    name: _kiosk_file(name, kind)
    for name, kind in (
        ("sw.js", "text/javascript; charset=utf-8"),
        ("manifest.webmanifest", "application/manifest+json"),
        ("icon.svg", "image/svg+xml"),
    )
}


# ── indices ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@hot("/api/units/{slug:str}/index", access=Access.PUBLIC)
async def unit_index(asked: Asked) -> Reply:
    """The index of a unit: live over all days, or of `from`…`to` or a `period`; of a `service` or `counter` of it."""
    if asked.method not in {"GET", "HEAD"}:
        raise Problem("wrong_method")
    return json_reply(await asked.state.indices.kept(asked.address_asked, lambda: _unit_index(asked)))


async def _unit_index(asked: Asked) -> bytes:
    query = asked.query()
    with refusing():
        first, last = (
            range_of(query["period"])
            if "period" in query
            else days_between(query.get("from"), query.get("to"))
        )
    counter = await asked.state.counters.find(query["counter"]) if query.get("counter") else None
    async with asked.state.database.reading() as session:
        unit = await unit_by_slug(session, asked.path_params["slug"].lower())
        if unit is None:
            raise Problem("unknown_unit")
        if counter is not None and counter.unit_id != unit.id:
            raise Problem("unknown_counter")
        wire = await asked.state.skm.index_in(
            session,
            unit.id,
            first,
            last,
            await _service_id(session, unit.id, query.get("service")),
            counter.id if counter else None,
            query.get("convention"),
            steps=True,
        )
    return msgspec.json.encode({"unit": {"slug": unit.slug, "name": unit.name}, **wire})


async def _service_id(session: Any, unit_id: int, slug: str | None) -> int | None:
    if not slug:
        return None
    service_id = await storage.service_id(session, unit_id, slug)
    if service_id is None:
        raise Problem("unknown_public_service")
    return service_id


@hot("/api/skm/compute", access=Access.PUBLIC)
async def compute_index(asked: Asked) -> Reply:
    """The index of a table that somebody brings; nothing is stored."""
    if asked.method != "POST":
        raise Problem("wrong_method")
    refuse_other_type(asked.header(b"content-type"), JSON)
    body = await asked.body(TABLE_MOST_BYTES)
    return json_reply(msgspec.json.encode(computed(body)))


# ── within ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _language(asked: Asked) -> str:
    return language_of(asked.query().get("lang"), None, asked.header(b"accept-language"))


def _kept_language(asked: Asked) -> str:
    chosen = asked.query().get("lang")
    return f"?lang={_language(asked)}" if chosen else ""


def _new_id(now: datetime) -> UUID:
    return uuid7(milliseconds(now), secrets.token_bytes(10))


def _new_token(asked: Asked, counter: CounterFacts, now: datetime, *, is_kiosk: bool = False) -> str:
    return token.sign(
        asked.state.settings.secret, counter.code, now, secrets.token_bytes(9), is_kiosk=is_kiosk
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _document_reply(asked: Asked, document: Document, response_id: UUID, page_token: str) -> Reply:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": document.csp,
        "Cache-Control": "no-store",
        "Vary": "Accept-Language, Accept-Encoding",
    }
    if "gzip" in asked.header(b"accept-encoding"):
        headers["Content-Encoding"] = "gzip"
        return Reply(200, document.gzip(str(response_id), page_token), headers)
    return Reply(200, document.plain(str(response_id), page_token), headers)


def _page_reply(page: Page, status: int = 200, **headers: str) -> Reply:
    return Reply(
        status,
        page.body,
        {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": page.csp,
            "Cache-Control": "no-store",
            **headers,
        },
    )


routes = [survey_page, typed_code, receipt_page, put_response, kiosk_page, unit_index, compute_index]
