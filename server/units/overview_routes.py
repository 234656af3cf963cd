"""The first page after signing in: for the bureau the units that need it most, for an officer how their unit stands."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Role, Viewer
from server.pages import page
from server.units import storage
from server.units.attention import Standing, by_need, due_by, is_urgent
from server.units.quarters import Quarter, quarter_from, quarter_of, quarters_until

Asking = Request[Any, Any, Any]

QUARTERS_OFFERED = 8
WEAKEST_SHOWN = 3


@get("/staff", access=Access.SIGNED_IN)
async def overview(
    request: Asking,
    reading: NamedDependency[AsyncSession],
    viewer: NamedDependency[Viewer],
    now: NamedDependency[datetime],
    periode: FromQuery[str] = "",
) -> Response[bytes]:
    if viewer.role is Role.INSPECTOR:
        return await _inspector_page(request, reading, viewer)
    today = request.app.state.skm.today(now)
    quarter = quarter_from(periode, today)
    if viewer.is_bureau:
        return await _bureau_page(request, reading, viewer, quarter, today)
    return await _officer_page(request, reading, viewer, quarter, today)


async def _inspector_page(request: Asking, session: AsyncSession, viewer: Viewer) -> Response[bytes]:
    units = [unit for unit in await storage.units_seen_by(session, viewer) if not unit.is_closed]
    return page(request, "staff/overview_inspector.html", units=sorted(units, key=lambda unit: unit.name))


async def _bureau_page(
    request: Asking, session: AsyncSession, viewer: Viewer, quarter: Quarter, today: date
) -> Response[bytes]:
    skm = request.app.state.skm
    units = [unit for unit in await storage.units_seen_by(session, viewer) if not unit.is_closed]
    figures = await skm.units(quarter.first, quarter.last)
    before = await skm.units(quarter.previous.first, quarter.previous.last)
    counters = await storage.open_counter_names(session)
    standings = [
        await _standing(
            skm, unit, quarter, today, figures.get(unit.id), before.get(unit.id), counters.get(unit.id, {})
        )
        for unit in units
    ]
    ranked = by_need(standings)
    return page(
        request,
        "staff/overview.html",
        needing=[(unit, reasons) for unit, reasons in ranked if reasons],
        well=[unit for unit, reasons in ranked if not reasons],
        urgent=sum(is_urgent(reasons) for _, reasons in ranked),
        count=len(units),
        answers=sum(part["n"] for part in figures.values()),
        **_periods(quarter, today),
    )


async def _standing(
    skm: Any,
    unit: storage.UnitLine,
    quarter: Quarter,
    today: date,
    figures: dict[str, Any] | None,
    before: dict[str, Any] | None,
    counters: dict[int, str],
) -> Standing:
    index = (
        await skm.index(unit.id, quarter.first, quarter.last) if figures else {"elements": {}, "lowest": []}
    )
    sample = await _sample(skm, unit.id, unit.yearly_users, quarter, counters)
    return Standing(
        slug=unit.slug,
        name=unit.name,
        counters=len(counters),
        n=figures["n"] if figures else 0,
        ikm=_decimal(figures),
        grade=figures["grade"] if figures else None,
        ikm_before=_decimal(before),
        n_before=before["n"] if before else 0,
        elements=index["elements"],
        lowest=index["lowest"],
        required=sample["required"],
        due=due_by(sample["required"] or 0, today, quarter.year),
        collected=sample["collected"],
        dominant=next(iter(sample["dominance"]), None),
    )


async def _officer_page(
    request: Asking, session: AsyncSession, viewer: Viewer, quarter: Quarter, today: date
) -> Response[bytes]:
    skm = request.app.state.skm
    unit = await storage.own_unit(session, viewer)
    counters = (await storage.open_counter_names(session)).get(unit.id, {})
    index = await skm.index(unit.id, quarter.first, quarter.last)
    before = await skm.index(unit.id, quarter.previous.first, quarter.previous.last)
    below = [
        one for one in await storage.units_seen_by(session, viewer) if one.id != unit.id and not one.is_closed
    ]
    return page(
        request,
        "staff/overview_unit.html",
        unit=unit,
        index=index,
        change=_change(index, before),
        weakest=[(key, index["elements"][key]) for key in index["lowest"][:WEAKEST_SHOWN]],
        sample=await _sample(skm, unit.id, unit.yearly_users, quarter, counters),
        counters=counters,
        below=sorted(below, key=lambda one: one.name.casefold()),
        figures=await skm.units(quarter.first, quarter.last) if below else {},
        **_periods(quarter, today),
    )


async def _sample(
    skm: Any, unit_id: int, yearly_users: int | None, quarter: Quarter, counters: dict[int, str]
) -> dict[str, Any]:
    """How far the sample of the quarter's year has come: people served are known by the year."""
    year = quarter.first.year
    sample: dict[str, Any] = await skm.sample(
        unit_id, yearly_users, date(year, 1, 1), date(year, 12, 31), counters
    )
    return sample


def _periods(quarter: Quarter, today: date) -> dict[str, Any]:
    running = quarter_of(today)
    return {
        "quarter": quarter,
        "is_running": quarter == running,
        "days_left": (quarter.last - today).days,
        "quarters": quarters_until(running, QUARTERS_OFFERED),
    }


def _change(index: dict[str, Any], before: dict[str, Any]) -> Decimal | None:
    now, then = _decimal(index), _decimal(before)
    return None if now is None or then is None else now - then


def _decimal(figures: dict[str, Any] | None) -> Decimal | None:
    return Decimal(figures["ikm"]) if figures and figures["ikm"] is not None else None
