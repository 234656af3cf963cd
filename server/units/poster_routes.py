"""Posters to print: which counters, on which paper."""

from datetime import date, datetime
from typing import Any, cast, get_args

import anyio
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.asgi import SECURITY_HEADERS
from server.forms import BadForm, Form
from server.pages import page
from server.settings import Settings
from server.units import qr, storage, words
from server.units.posters import Paper, Poster, posters_pdf
from server.units.storage import CounterLine
from server.units.tree import is_within

Asking = Request[Any, Any, Any]

PAPERS = get_args(Paper)
MOST_POSTERS = 600

# one sheet is set at a time: the other processors are for citizens
_press = anyio.CapacityLimiter(1)


@get("/staff/posters", access=Access.PRINT_POSTERS)
async def posters_page(
    request: Asking,
    reading: NamedDependency[AsyncSession],
    viewer: NamedDependency[Viewer],
    cari: FromQuery[str] = "",
    unit: FromQuery[str] = "",
    jenis: FromQuery[str] = "",
    pilih: FromQuery[str] = "",
) -> Response[bytes]:
    facts = await _page_facts(reading, viewer, cari, unit, jenis)
    return page(request, "staff/posters.html", form=Form({"paper": PAPERS[0]}), pilih=pilih, **facts)


@get("/staff/posters.pdf", access=Access.PRINT_POSTERS)
async def posters_file(
    request: Asking,
    reading: NamedDependency[AsyncSession],
    viewer: NamedDependency[Viewer],
    now: NamedDependency[datetime],
    kode: FromQuery[list[str] | None] = None,
    semua: FromQuery[str] = "",
    kertas: FromQuery[str] = PAPERS[0],
    cari: FromQuery[str] = "",
    unit: FromQuery[str] = "",
    jenis: FromQuery[str] = "",
) -> Response[bytes]:
    """The chosen counters, or with `semua` all that the filters leave, one page each."""
    facts = await _page_facts(reading, viewer, cari, unit, jenis)
    chosen = facts["counters"] if semua else [one for one in facts["counters"] if one.code in (kode or [])]
    form = Form({"paper": kertas})
    paper = cast(Paper, form.one_of("paper", PAPERS, "Pilih ukuran kertas."))
    if not chosen:
        form.fault("kode", "Pilih paling sedikit satu loket.")
    elif len(chosen) > MOST_POSTERS:
        form.fault(
            "kode", "Paling banyak %(most)s poster sekaligus. Saring dahulu daftarnya.", most=MOST_POSTERS
        )
    if form.faults:
        raise BadForm(request, "staff/posters.html", form, pilih="", **facts)
    settings: Settings = request.app.state.settings
    today = request.app.state.skm.today(now)
    posters = [_poster(counter, settings, today) for counter in chosen]
    content = await anyio.to_thread.run_sync(posters_pdf, posters, paper, limiter=_press)
    headers = {
        **SECURITY_HEADERS,
        "Content-Disposition": f'attachment; filename="{_file_name(chosen, paper)}"',
    }
    return Response(content, media_type="application/pdf", headers=headers)


async def _page_facts(
    session: AsyncSession, viewer: Viewer, cari: str, unit: str, jenis: str
) -> dict[str, Any]:
    """The counters the filters leave, and what the filters offer."""
    everything = await storage.counters_seen_by(session, viewer)
    units = [one for one in await storage.units_seen_by(session, viewer) if not one.is_closed]
    top = next((one.path for one in units if one.slug == unit), "")
    sought = cari.casefold().split()
    return {
        "counters": [
            counter
            for counter in everything
            if is_within(counter.unit_path, top)
            and jenis in ("", counter.unit_kind)
            and all(one in _said_of(counter) for one in sought)
        ],
        "total": len(everything),
        "units": [(one.slug, one.name) for one in sorted(units, key=lambda one: one.name.casefold())],
        "kinds": [(kind, words.KINDS.get(kind, kind)) for kind in sorted({one.kind for one in units})],
        "papers": PAPERS,
        "cari": cari,
        "unit": unit,
        "jenis": jenis,
    }


def _said_of(counter: CounterLine) -> str:
    names = (counter.name, counter.unit_name, counter.service_name, counter.hall_name, counter.code)
    return " ".join(name.casefold() for name in names if name)


def _poster(counter: CounterLine, settings: Settings, today: date) -> Poster:
    return Poster(
        code=counter.code,
        address=qr.address(settings.public_url, counter.code),
        short_address=qr.short_address(settings.public_url, counter.code),
        city=settings.city,
        unit=counter.unit_name,
        counter=counter.name,
        service=counter.service_name,
        hall=counter.hall_name,
        issued_on=today,
        questions=9 if counter.asks_cost else 8,
    )


def _file_name(counters: list[CounterLine], paper: str) -> str:
    """poster-dinas-sosial-a4.pdf; for several units how many counters there are."""
    units = {counter.unit_slug for counter in counters}
    what = units.pop() if len(units) == 1 else f"{len(counters)}-loket"
    return f"poster-{what}-{paper}.pdf"
