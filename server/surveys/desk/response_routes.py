"""What staff read of the survey: responses, a unit's processing sheet, and both as files for a spreadsheet program."""

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.accounts.scope import unit_seen_by
from server.asgi import SECURITY_HEADERS
from server.csvfiles import MARK, csv_line
from server.pages import page
from server.skm.exclusion import RULES
from server.skm.rules import ORDERS, convention_named, convention_text
from server.skm.tally import COUNTED
from server.surveys import storage
from server.surveys.compute import refusing
from server.surveys.desk import sheets
from server.surveys.desk.asked import (
    ANY_RULE,
    CHANNELS,
    MANUAL,
    Cursor,
    Span,
    Wanted,
    cursor_after,
    cursor_of,
    span_asked,
    spans_of,
)
from server.surveys.desk.sheets import ResponseLine
from server.units import storage as units
from server.units.tables import Unit
from server.units.tree import in_order

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

RESPONSES_A_PAGE = 50
COUNTED_MOST = 10_000
"""A list says how many it holds up to here; beyond it says "more than"."""

SHEET_ROWS_A_PAGE = 100
SHEET_ROWS_MOST = 2_000
"""The longest sheet that is printed at once: some forty pages; a longer one is a file."""

_FILTERS = ("unit", "layanan", "loket", "saluran", "hitung", "komentar", "ditinjau")
"""The names of the conditions in an address, the period apart."""

RULES_BY_CODE = {rule.code: rule for rule in RULES}
RULE_CODES = (*RULES_BY_CODE, MANUAL)


# ── responses ──


@get("/staff/responses", access=Access.SEE_RESPONSES)
async def responses_page(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    span = await span_in(request, now)
    wanted, filters = await wanted_in(request.query_params, reading, viewer, span)
    lines, older = await one_page(reading, viewer, wanted, cursor_in(request), RESPONSES_A_PAGE)
    return page(
        request,
        "staff/survey_responses.html",
        lines=lines,
        older=older,
        is_first=cursor_in(request) is None,
        count=await storage.how_many_wanted(reading, viewer, wanted, COUNTED_MOST + 1),
        count_most=COUNTED_MOST,
        span=span,
        choices=await span_choices(request, now),
        **filters,
    )


@get("/staff/responses.csv", access=Access.SEE_RESPONSES)
async def responses_file(request: Asking, reading: Session, viewer: Seer, now: Now) -> Stream:
    """The same responses as a file, oldest first; however many there are, few of them are in memory at a time."""
    span = await span_in(request, now)
    wanted, _ = await wanted_in(request.query_params, reading, viewer, span)
    order = order_in(request)
    name = sheets.file_name("jawaban", request.query_params.get("unit"), _named(span), f"urutan-{order}")
    return download(name, _response_lines(request.app.state.database, viewer, wanted, order))


async def _response_lines(database: Any, viewer: Viewer, wanted: Wanted, order: str) -> AsyncIterator[str]:
    # its own session: that of the request is closed before the first line goes out
    async with database.reading() as session:
        yield MARK + csv_line(sheets.response_heading(order))
        number = 0
        async for part in storage.stream_wanted(session, viewer, wanted):
            yield "".join(
                csv_line(sheets.response_cells(number + place, line, order))
                for place, line in enumerate(part, 1)
            )
            number += len(part)


# ── the processing sheet ──


@get("/staff/units/{slug:str}/pengolahan", access=Access.SEE_RESPONSES)
async def processing_page(
    request: Asking, reading: Session, viewer: Seer, now: Now, slug: FromPath[str]
) -> Response[bytes]:
    """PENGOLAHAN DATA SURVEI KEPUASAN MASYARAKAT PER RESPONDEN DAN PER UNSUR PELAYANAN, to be checked by hand."""
    unit = await unit_seen_by(reading, viewer, slug)
    span = await span_in(request, now)
    index = await request.app.state.skm.index(unit.id, span.first, span.last, steps=True)
    is_whole = bool(request.query_params.get("semua")) and index["n"] <= SHEET_ROWS_MOST
    rows_a_page = SHEET_ROWS_MOST if is_whole else SHEET_ROWS_A_PAGE
    pages = -(-index["n"] // rows_a_page)
    number = min(_whole_number(request.query_params.get("halaman")), max(pages, 1))
    offset = (number - 1) * rows_a_page
    order = order_in(request)
    return page(
        request,
        "staff/survey_sheet.html",
        unit=unit,
        span=span,
        choices=await span_choices(request, now),
        index=index,
        convention_text=convention_text(convention_named(index["convention"])),
        order=order,
        keys=ORDERS[order],
        rows=await storage.sheet_rows(reading, unit.id, (span.first, span.last), offset, rows_a_page),
        offset=offset,
        number=number,
        pages=pages,
        is_whole=is_whole,
        can_be_whole=index["n"] <= SHEET_ROWS_MOST,
        has_gaps=sheets.has_gaps(index),
        today=request.app.state.skm.today(now),
    )


@get("/staff/units/{slug:str}/pengolahan.csv", access=Access.SEE_RESPONSES)
async def processing_file(
    request: Asking, reading: Session, viewer: Seer, now: Now, slug: FromPath[str]
) -> Stream:
    unit = await unit_seen_by(reading, viewer, slug)
    span = await span_in(request, now)
    index = await request.app.state.skm.index(unit.id, span.first, span.last)
    order = order_in(request)
    name = sheets.file_name("pengolahan", unit.slug, _named(span), f"urutan-{order}")
    return download(name, _sheet_lines(request.app.state.database, unit, span, index, order))


async def _sheet_lines(
    database: Any, unit: Unit, span: Span, index: Mapping[str, Any], order: str
) -> AsyncIterator[str]:
    async with database.reading() as session:
        yield MARK + csv_line(sheets.processing_heading(order))
        number = 0
        async for part in storage.stream_sheet(session, unit.id, (span.first, span.last)):
            yield "".join(
                csv_line([number + place, day, *(answers[key] for key in ORDERS[order])])
                for place, (day, answers) in enumerate(part, 1)
            )
            number += len(part)
    yield "".join(map(csv_line, sheets.processing_totals(index, order)))


# ── what an address asks for ──


async def span_in(request: Asking, now: datetime, query: Mapping[str, str] | None = None) -> Span:
    """The period of this address (or of another's query): without any, this year."""
    months = await request.app.state.skm.first_and_last_month()
    today: date = request.app.state.skm.today(now)
    earliest = date.fromisoformat(f"{months[0]}-01") if months else today
    with refusing():
        asked = span_asked(request.query_params if query is None else query, earliest, today)
    return asked or spans_of(today.year)[0]


async def span_choices(request: Asking, now: datetime) -> list[list[Span]]:
    """Per year with answers, newest first: the periods that have begun."""
    months = await request.app.state.skm.first_and_last_month()
    today: date = request.app.state.skm.today(now)
    first, last = (int(months[0][:4]), max(int(months[1][:4]), today.year)) if months else (today.year,) * 2
    return [[span for span in spans_of(year) if span.first <= today] for year in range(last, first - 1, -1)]


async def wanted_in(
    query: Mapping[str, str],
    session: AsyncSession,
    viewer: Viewer,
    span: Span,
    rule: str | None = None,
) -> tuple[Wanted, dict[str, Any]]:
    """Which responses an address asks for, and what its filters offer; `rule` when it says nothing of rules."""
    unit = await unit_seen_by(session, viewer, query["unit"]) if query.get("unit") else None
    counter_id = None
    if query.get("loket"):
        counter_id = (await units.counter_seen_by(session, viewer, query["loket"]))[0].id
    services = await units.services_of(session, unit.id) if unit else []
    service = next((one for one in services if one.slug == query.get("layanan")), None)
    channel = query.get("saluran")
    wanted = Wanted(
        unit_id=unit.id if unit else None,
        service_id=service.id if service else None,
        counter_id=counter_id,
        channel=channel if channel in CHANNELS else None,
        rule=_rule(query.get("hitung"), rule),
        first=span.first,
        last=span.last,
        with_comment=bool(query.get("komentar")),
        is_reviewed=bool(query.get("ditinjau")),
    )
    return wanted, {
        "asked": dict(query),
        "kept": [(name, query.get(name)) for name in _FILTERS],
        "unit": unit,
        "units": await _unit_options(session, viewer),
        "services": [(one.slug, one.name) for one in services],
        "counters": await _counter_options(session, unit),
        "channels": CHANNELS,
        "rules": RULES_BY_CODE,
        "rule_codes": RULE_CODES,
    }


def _rule(said: str | None, otherwise: str | None) -> str | None:
    known = {"semua": None, "ya": COUNTED, "tidak": ANY_RULE, **{code: code for code in RULE_CODES}}
    return known.get(said or "", otherwise)


async def _unit_options(session: AsyncSession, viewer: Viewer) -> list[tuple[str, str]]:
    """Slug and name of the units a viewer sees, lower ones further in."""
    seen = await units.units_seen_by(session, viewer)
    return [
        (unit.slug, "\u2003" * depth + unit.name)
        for depth, unit in in_order(seen, lambda unit: unit.path, lambda unit: unit.name)
    ]


async def _counter_options(session: AsyncSession, unit: Unit | None) -> list[tuple[str, str]]:
    if unit is None:
        return []
    return [(line.code, f"{line.name} ({line.code})") for line in await units.counters_of(session, unit.id)]


def cursor_in(request: Asking) -> Cursor | None:
    return cursor_of(request.query_params.get("sebelum"))


async def one_page(
    session: AsyncSession, viewer: Viewer, wanted: Wanted, cursor: Cursor | None, most: int
) -> tuple[list[ResponseLine], Cursor | None]:
    """The responses of one page, and where the next one begins if there is one."""
    lines = await storage.responses_wanted(session, viewer, wanted, cursor, most + 1)
    if len(lines) <= most:
        return lines, None
    return lines[:most], cursor_after([line.received_at for line in lines[:most]], cursor)


def order_in(request: Asking) -> str:
    asked = request.query_params.get("urutan", "")
    return asked if asked in ORDERS else next(iter(ORDERS))


def download(name: str, lines: AsyncIterator[str]) -> Stream:
    headers = {
        **SECURITY_HEADERS,
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Stream(lines, media_type="text/csv", headers=headers)


def _named(span: Span) -> str:
    """A period in the name of a file."""
    return span.code or f"{span.first}-sampai-{span.last}"


def _whole_number(text: str | None) -> int:
    return max(1, int(text)) if text and text.isascii() and text.isdecimal() and len(text) < 8 else 1
