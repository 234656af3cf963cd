"""The city's convention: how its indices are computed, from which day on, and what another one would change."""

from datetime import date, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Access, Viewer
from server.forms import BadForm, Form, sent
from server.pages import page, see_other
from server.skm.rules import (
    CONVENTIONS,
    Convention,
    SkmError,
    convention_named,
    convention_of,
    convention_text,
)
from server.skm.tally import COUNTED
from server.surveys import storage
from server.surveys.desk.asked import spans_of
from server.surveys.desk.effect import NOTHING, Group, compared, regraded
from server.units.storage import UnitLine, units_seen_by

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

OWN_WEIGHT = "lain"
REASON_MOST = 500

_TEMPLATE = "staff/survey_convention.html"


@get("/staff/convention", access=Access.CHOOSE_CONVENTION)
async def convention_page(request: Asking, reading: Session, viewer: Seer, now: Now) -> Response[bytes]:
    today = request.app.state.skm.today(now)
    in_force = await storage.convention_on(reading, today)
    form = Form({"cara": in_force if in_force in CONVENTIONS else OWN_WEIGHT, "mulai": today})
    return page(request, _TEMPLATE, form=form, **await _facts(request, reading, viewer, now))


@post("/staff/convention", access=Access.CHOOSE_CONVENTION, status_code=303)
async def choose_convention(request: Asking, writing: Session, viewer: Seer, now: Now) -> Response[Any]:
    form = await sent(request)
    today = request.app.state.skm.today(now)
    chosen = _read_convention(form)
    begins = _read_day(form, today)
    reason = form.text("alasan", REASON_MOST, "Tulis alasannya, misalnya nomor surat yang menetapkannya.")
    if chosen is None or begins is None or form.faults:
        raise BadForm(request, _TEMPLATE, form, **await _facts(request, writing, viewer, now))
    before = await storage.convention_on(writing, begins)
    await storage.choose_convention(writing, viewer, now, begins, chosen.name)
    await audit.record(
        writing,
        now,
        viewer,
        "convention_chosen",
        "convention",
        reason=reason,
        in_force_from=str(begins),
        before={"convention": before},
        after={"convention": chosen.name},
    )
    return see_other("/staff/convention", pesan="Cara hitung sudah ditetapkan.")


def _read_convention(form: Form) -> Convention | None:
    """The convention chosen, or that of a weight of one's own, as long as it cannot lead past 100."""
    asked = form.one_of("cara", [*CONVENTIONS, OWN_WEIGHT], "Pilih satu cara hitung.")
    if asked in CONVENTIONS:
        return convention_named(asked)
    if asked != OWN_WEIGHT:
        return None
    try:
        chosen = convention_of({"weight": form.text("bobot", 20)})
        compared({0: NOTHING}, [chosen])
    except SkmError as error:
        form.fault("bobot", "%(said)s", said=error.detail)
        return None
    return chosen


def _read_day(form: Form, today: date) -> date | None:
    try:
        begins = date.fromisoformat(form.values.get("mulai", ""))
    except ValueError:
        form.fault("mulai", "Tulis tanggal mulai berlaku.")
        return None
    if begins < today:
        form.fault("mulai", "Periode yang sudah lewat tidak dihitung ulang: pilih hari ini atau sesudahnya.")
        return None
    return begins


async def _facts(request: Asking, session: AsyncSession, viewer: Viewer, now: datetime) -> dict[str, Any]:
    today = request.app.state.skm.today(now)
    in_force = await storage.convention_on(session, today)
    year = spans_of(today.year)[0]
    periods = await storage.periods_with_answers(session, year.first, year.last)
    counted = {
        unit_id: groups[COUNTED]
        for unit_id, groups in (await storage.groups_by_unit(session, periods)).items()
        if COUNTED in groups
    }
    units = sorted(await units_seen_by(session, viewer), key=lambda unit: unit.name)
    example = _example(units, counted, request.query_params.get("unit"))
    ways = list({way.name: way for way in (convention_named(in_force), *CONVENTIONS.values())}.values())
    return {
        "today": today,
        "in_force": in_force,
        "texts": {way.name: convention_text(way) for way in ways},
        "history": [
            (
                date.fromisoformat(choice.in_force_from),
                choice,
                convention_text(convention_named(choice.convention)),
                name,
            )
            for choice, name in await storage.convention_history(session)
        ],
        "year": today.year,
        "units": [(unit.slug, unit.name) for unit in units if unit.id in counted],
        "example": example,
        "indices": compared({example.id: counted[example.id]}, ways)[example.id] if example else {},
        "regraded": regraded(counted, convention_named(in_force), ways),
        "names": {unit.id: unit.name for unit in units},
        "known": list(CONVENTIONS),
        "own_weight": OWN_WEIGHT,
        "zone": request.app.state.settings.zone,
    }


def _example(units: list[UnitLine], counted: dict[int, Group], slug: str | None) -> UnitLine | None:
    """The unit asked for, else the one with the most responses."""
    measured = [unit for unit in units if unit.id in counted]
    asked = next((unit for unit in measured if unit.slug == slug), None)
    return asked or max(measured, key=lambda unit: counted[unit.id].n, default=None)
