"""Public pages: the city, a unit, the rules, the calculator, the API's viewer.

Nothing here needs a cookie or a script; what a reader chooses lives in the address.
"""

import asyncio
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server import openapi
from server.accounts.access import Access
from server.pages import page
from server.problems import Problem
from server.scorecards import brought, charts, evaluated, ranking, reference, storage
from server.scorecards.period import NotAPeriod, Period, months_around, period_asked, within_year, year_of
from server.scorecards.search import search
from server.units.storage import unit_by_slug
from server.units.tables import Unit
from server.units.words import KINDS, days_text

Asking = Request[Any, Any, Any]

LONGEST_SEARCH = 100


@get("/", access=Access.PUBLIC, exclude_from_csrf=True)
async def city_page(
    request: Asking, reading: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Response[bytes]:
    """The city's index by its three methods, its elements and months, and its units; or what a search finds."""
    words = request.query_params.get("cari", "").strip()[:LONGEST_SEARCH]
    units = await storage.listed_units(reading)
    if words:
        found = search(words, units, await storage.listed_services(reading))
        return page(request, "public/search.html", words=words, found=found)
    skm = request.app.state.skm
    today = skm.today(now)
    span = await skm.first_and_last_month()
    period = _asked(request) or _latest_year(span, today)
    before = period.before
    city, earlier, months, rounds = await asyncio.gather(
        skm.city(period.first, period.last),
        skm.units(before.first, before.last),
        skm.months(None, *months_around(period, today)),
        request.app.state.inspections.of_city(evaluated.ROUNDS_MOST),
    )
    rows = ranking.ranked(units, city["units"], earlier)
    kinds = {unit.kind for unit in units}
    kind = KINDS.get(request.query_params.get("jenis", ""))
    order = request.query_params.get("urut", ranking.FIRST_ORDER)
    bands = skm.bands()
    return page(
        request,
        "public/city.html",
        period=period,
        is_running=period.holds(today),
        choices=_choices(span, period, today),
        methods={method["method"]: method for method in city["methods"]},
        index=city,
        bars=charts.element_bars(city["elements"], city["lowest"], bands),
        trend=charts.trend(months, bands),
        rounds=evaluated.rounds(rounds),
        today=today,
        convention=_named(skm.conventions(), city["convention"]),
        chosen=_chosen(request),
        kind_code=request.query_params.get("jenis", ""),
        first_order=ranking.FIRST_ORDER,
        kinds=[(code, name) for code, name in KINDS.items() if name in kinds],
        rows=ranking.in_order((row for row in rows if kind in (None, row.unit.kind)), order),
        order=order,
        turned=ranking.turned,
        two_places=charts.two_places,
        small_n=charts.SMALL_N,
    )


@get("/unit/{slug:str}", access=Access.PUBLIC)
async def unit_page(
    request: Asking,
    slug: FromPath[str],
    reading: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """What citizens say of one unit in one period, and how that was computed."""
    unit = await unit_by_slug(reading, slug)
    if unit is None:
        raise Problem("unknown_unit")
    skm = request.app.state.skm
    today = skm.today(now)
    span = await skm.first_and_last_month()
    period = _asked(request) or await _last_year_of_unit(skm, unit.id, span, today)
    counters = await storage.counters_of(reading, unit.id)
    figures = await _unit_figures(skm, unit, counters, period, today)
    index = figures["index"]
    below = await storage.units_below(reading, unit.id)
    # the whole city is counted for it, so only a unit that has units below asks
    below_figures = await skm.units(period.first, period.last) if below else {}
    bands = skm.bands()
    return page(
        request,
        "public/unit.html",
        **figures,
        unit=unit,
        kind=KINDS.get(unit.kind, unit.kind),
        open_days=days_text(unit.open_days),
        above=[(f"/unit/{upper}", name) for upper, name in await storage.units_above(reading, unit.path)],
        below=ranking.in_order(ranking.ranked(below, below_figures, {}), "nama"),
        services=await storage.services_of(reading, unit.id),
        counters=counters,
        period=period,
        chosen=_chosen(request),
        is_running=period.holds(today),
        today=today,
        choices=_choices(span, period, today),
        change=ranking.change(index, figures["before"]),
        excluded=sum(index["excluded"].values()),
        bars=charts.element_bars(index["elements"], index["lowest"], bands),
        stacks=charts.answer_stacks(index["elements"]),
        trend=charts.trend(figures["months"], bands),
        results=evaluated.results(await request.app.state.inspections.of_unit(unit.id)),
        rules={rule["code"]: rule for rule in skm.rules()},
        convention=_named(skm.conventions(), index["convention"]),
        share=charts.share,
        two_places=charts.two_places,
        small_n=charts.SMALL_N,
    )


@get("/aturan", access=Access.PUBLIC)
async def rules_page(request: Asking) -> Response[bytes]:
    """How the index is computed, what its letters mean, and which answers do not count."""
    skm = request.app.state.skm
    return page(
        request, "public/rules.html", rules=skm.rules(), conventions=skm.conventions(), bands=skm.bands()
    )


@get("/hitung", access=Access.PUBLIC)
async def calculator(request: Asking, now: NamedDependency[datetime]) -> Response[bytes]:
    """The calculator, empty."""
    form = brought.Brought(way=brought.way(request.query_params.get("cara")))
    return _calculator_page(request, now, form)


@post("/hitung", access=Access.PUBLIC, status_code=200)
async def compute(request: Asking, now: NamedDependency[datetime]) -> Response[bytes]:
    """The index of what somebody typed, pasted or uploaded, with its arithmetic; nothing is stored."""
    sent = await request.form()
    file = sent.get("berkas")
    content = await file.read(brought.MOST_BYTES + 1) if isinstance(file, UploadFile) else b""
    form = brought.Brought.sent(
        {name: value for name, value in sent.items() if isinstance(value, str)}, content
    )
    try:
        # a table of a hundred thousand rows takes a while: the loop goes on meanwhile
        index = await asyncio.to_thread(brought.computed, request.app.state.skm, form, content)
    except Problem as problem:
        return _calculator_page(request, now, form, problem)
    return _calculator_page(request, now, form, index=index)


@get("/api", access=Access.PUBLIC)
async def api_page(request: Asking) -> Response[bytes]:
    """The OpenAPI document for people, loading nothing from outside."""
    document = openapi.document()
    return page(
        request,
        "public/api.html",
        document=document,
        chapters=reference.chapters(document),
        shape=reference.shape,
    )


async def _unit_figures(
    skm: Any, unit: Unit, counters: list[storage.NamedCounter], period: Period, today: date
) -> dict[str, Any]:
    """All that the reader knows of a unit in a period, asked at once; the sample is that of the period's last year."""
    before, year = period.before, year_of(period.last.year)
    open_counters = {counter.id: counter.name for counter in counters if counter.is_open}
    asked = {
        "index": skm.index(unit.id, period.first, period.last, steps=True),
        "before": skm.index(unit.id, before.first, before.last),
        "months": skm.months(unit.id, *months_around(period, today)),
        "service_figures": skm.services(unit.id, period.first, period.last),
        "services_joined": skm.services_joined(unit.id, period.first, period.last),
        "counter_figures": skm.counters(unit.id, period.first, period.last),
        "sample": skm.sample(unit.id, unit.yearly_users, year.first, year.last, open_counters),
    }
    figures = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    return {**figures, "sample_year": year.first.year}


def _calculator_page(
    request: Asking,
    now: datetime,
    form: brought.Brought,
    problem: Problem | None = None,
    index: dict[str, Any] | None = None,
) -> Response[bytes]:
    skm = request.app.state.skm
    bands = skm.bands()
    return page(
        request,
        "public/calculator.html",
        status=problem.status if problem else 200,
        today=skm.today(now),
        form=form,
        keys=brought.KEYS,
        known_conventions=[
            (known["name"], f"{known['name']}: {known['text']}") for known in skm.conventions()
        ],
        problem=problem,
        blamed=brought.blamed(problem.field, form.way) if problem else None,
        index=index,
        bars=charts.element_bars(index["elements"], index["lowest"], bands) if index else None,
        two_places=charts.two_places,
        convention=_named(skm.conventions(), index["convention"]) if index else None,
    )


def _asked(request: Asking) -> Period | None:
    query = request.query_params
    try:
        return period_asked(query.get("periode"), query.get("dari"), query.get("sampai"))
    except NotAPeriod as error:
        raise Problem("bad_period", what=str(error)) from error


def _chosen(request: Asking) -> str:
    """The period of this address, to be kept on the way to another page."""
    kept = {
        key: request.query_params[key]
        for key in ("periode", "dari", "sampai")
        if request.query_params.get(key)
    }
    return f"?{urlencode(kept)}" if kept else ""


Span = tuple[str, str] | None
"""The months of the city's first and last answer."""


def _latest_year(span: Span, today: date) -> Period:
    """The running year, or the last one with answers before it."""
    last = int(span[1][:4]) if span else today.year
    return year_of(min(last, today.year))


async def _last_year_of_unit(skm: Any, unit_id: int, span: Span, today: date) -> Period:
    """The running year, or the last one in which the unit has answers; without any, the running one."""
    first = int(span[0][:4]) if span else today.year
    for year in range(today.year, first - 1, -1):
        period = year_of(year)
        if (await skm.index(unit_id, period.first, period.last))["n"]:
            return period
    return year_of(today.year)


def _choices(span: Span, period: Period, today: date) -> list[list[Period]]:
    """The periods a reader may choose, newest year first: each year, then its parts that have begun."""
    known = range(int(span[0][:4]), int(span[1][:4]) + 1) if span else ()
    return [
        [part for part in within_year(year) if part.first <= today]
        for year in sorted({today.year, period.first.year, *known}, reverse=True)
    ]


def _named(conventions: list[dict[str, str]], name: str) -> dict[str, str]:
    """The convention of that name; one that nobody listed is its own explanation."""
    return next((known for known in conventions if known["name"] == name), {"name": name, "text": name})


routes = [city_page, unit_page, rules_page, calculator, compute, api_page]
