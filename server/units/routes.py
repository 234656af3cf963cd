"""Units, their public services and counters, as staff see, make, change and close them."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Access, Viewer
from server.accounts.scope import unit_seen_by
from server.asgi import SECURITY_HEADERS
from server.forms import BadForm, Form, fingerprint, keep_private, sent, show_again
from server.pages import page, see_other
from server.problems import Problem
from server.settings import ZONES
from server.units import qr, storage, words
from server.units.codes import BadCode, parse_code
from server.units.import_routes import confirm_import, import_page, template_file, try_import
from server.units.overview_routes import overview
from server.units.poster_routes import posters_file, posters_page
from server.units.slugs import free_slug, is_slug
from server.units.tables import Counter, PublicService, Unit
from server.units.tree import DEEPEST, depth, in_order, is_within

Asking = Request[Any, Any, Any]
Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

CHANGED_MEANWHILE = (
    "Data ini diubah orang lain sejak halaman ini dibuka. Isian Anda tetap ada; periksa lagi, lalu simpan."
)


# ── units ──


@get("/staff/units", access=Access.SEE_UNITS)
async def units_page(
    request: Asking,
    reading: Session,
    viewer: Seer,
    cari: FromQuery[str] = "",
    jenis: FromQuery[str] = "",
    tutup: FromQuery[str] = "",
) -> Response[bytes]:
    units = await storage.units_seen_by(reading, viewer)
    words_sought = cari.casefold().split()
    found = [
        unit
        for unit in units
        if all(sought in unit.name.casefold() for sought in words_sought)
        and jenis in ("", unit.kind)
        and (tutup or not unit.is_closed)
    ]
    return page(
        request,
        "staff/units.html",
        rows=in_order(found, lambda unit: unit.path, lambda unit: unit.name),
        kinds=[(kind, words.KINDS.get(kind, kind)) for kind in sorted({unit.kind for unit in units})],
        count=len(units),
        closed=sum(unit.is_closed for unit in units),
        cari=cari,
        jenis=jenis,
        tutup=tutup,
    )


@get("/staff/units/new", access=Access.EDIT_UNITS)
async def new_unit_page(request: Asking, reading: Session, induk: FromQuery[str] = "") -> Response[bytes]:
    zone = request.app.state.settings.zone
    offered = {"parent": induk, "zone": zone, "opens": "07:30", "closes": "16:00", **_day_boxes("12345")}
    return page(request, "staff/unit_edit.html", form=Form(offered), **await _unit_lists(reading, None))


@post("/staff/units/new", access=Access.EDIT_UNITS, status_code=303)
async def create_unit(request: Asking, writing: Session, viewer: Seer, now: Now) -> Response[Any]:
    form = await sent(request)
    facts = await _read_unit(writing, form, None)
    if form.faults:
        raise BadForm(request, "staff/unit_edit.html", form, **await _unit_lists(writing, None))
    slug = facts.pop("slug")
    await storage.add_unit(writing, now, slug, facts)
    await audit.record(writing, now, viewer, "unit_created", f"unit:{slug}", after=facts)
    request.app.state.counters.forget()
    return see_other(f"/staff/units/{slug}", pesan="Unit sudah dibuat. Tambahkan layanan dan loketnya.")


@get("/staff/units/{slug:str}", access=Access.SEE_UNITS)
async def unit_page(request: Asking, reading: Session, viewer: Seer, slug: FromPath[str]) -> Response[bytes]:
    unit = await unit_seen_by(reading, viewer, slug)
    above = [one for one in await storage.units_on_path(reading, unit.path) if one.id != unit.id]
    return page(
        request,
        "staff/unit.html",
        unit=unit,
        kind=words.KINDS.get(unit.kind, unit.kind),
        days=words.days_text(unit.open_days),
        # an officer's way up ends at their own unit
        above=[one for one in above if is_within(one.path, viewer.unit_path or "/")],
        below=await storage.children_of(reading, unit.id),
        services=await storage.services_of(reading, unit.id),
        counters=await storage.counters_of(reading, unit.id),
    )


@get("/staff/units/{slug:str}/edit", access=Access.EDIT_UNITS)
async def edit_unit_page(
    request: Asking, reading: Session, viewer: Seer, slug: FromPath[str]
) -> Response[bytes]:
    unit = await unit_seen_by(reading, viewer, slug)
    facts = await _all_unit_facts(reading, unit)
    form = Form({**facts, **_day_boxes(unit.open_days), "seen": fingerprint(facts)})
    return page(request, "staff/unit_edit.html", form=form, **await _unit_lists(reading, unit))


@post("/staff/units/{slug:str}/edit", access=Access.EDIT_UNITS, status_code=303)
async def change_unit(
    request: Asking, writing: Session, viewer: Seer, now: Now, slug: FromPath[str]
) -> Response[Any]:
    unit = await unit_seen_by(writing, viewer, slug)
    before = await _all_unit_facts(writing, unit)
    form = await sent(request)
    after = await _read_unit(writing, form, unit)
    _refuse_stale(form, before)
    if form.faults:
        raise BadForm(request, "staff/unit_edit.html", form, **await _unit_lists(writing, unit))
    changed = _changed(before, after)
    await storage.change_unit(writing, unit, changed)
    await _record_change(writing, now, viewer, "unit_changed", f"unit:{after['slug']}", before, changed)
    request.app.state.counters.forget()
    return see_other(f"/staff/units/{after['slug']}", pesan="Perubahan sudah disimpan.")


@get("/staff/units/{slug:str}/closure", access=Access.EDIT_UNITS)
async def unit_closure_page(
    request: Asking, reading: Session, viewer: Seer, slug: FromPath[str]
) -> Response[bytes]:
    unit = await unit_seen_by(reading, viewer, slug)
    counters = await storage.counters_of(reading, unit.id)
    return page(
        request,
        "staff/unit_closure.html",
        unit=unit,
        below=await storage.children_of(reading, unit.id),
        counters=[counter for counter in counters if not counter.is_closed and not counter.revoked_at],
    )


@post("/staff/units/{slug:str}/closure", access=Access.EDIT_UNITS, status_code=303)
async def close_unit(
    request: Asking, writing: Session, viewer: Seer, now: Now, slug: FromPath[str]
) -> Response[Any]:
    unit = await unit_seen_by(writing, viewer, slug)
    await _close(request, writing, now, viewer, unit, f"unit:{slug}")
    return see_other(f"/staff/units/{slug}", pesan="Unit sudah ditutup.")


@post("/staff/units/{slug:str}/reopening", access=Access.EDIT_UNITS, status_code=303)
async def reopen_unit(
    request: Asking, writing: Session, viewer: Seer, now: Now, slug: FromPath[str]
) -> Response[Any]:
    unit = await unit_seen_by(writing, viewer, slug)
    await _reopen(request, writing, now, viewer, unit, f"unit:{slug}")
    return see_other(f"/staff/units/{slug}", pesan="Unit sudah dibuka lagi.")


async def _unit_lists(session: AsyncSession, unit: Unit | None) -> dict[str, Any]:
    """What the unit form offers to choose from; a unit may not stand below itself."""
    parents = await storage.unit_choices(session, but_within=unit.path if unit else None)
    kinds = dict(words.KINDS)
    if unit:
        kinds.setdefault(unit.kind, unit.kind)
    return {
        "unit": unit,
        "parents": parents,
        "kinds": list(kinds.items()),
        "zones": words.ZONES,
        "days": words.DAYS,
    }


async def _all_unit_facts(session: AsyncSession, unit: Unit) -> dict[str, Any]:
    return {"slug": unit.slug, **await storage.unit_facts(session, unit)}


async def _read_unit(session: AsyncSession, form: Form, unit: Unit | None) -> dict[str, Any]:
    """The facts of a unit as typed; what cannot be read is marked in the form."""
    name = form.text("name", 160, "Nama unit perlu diisi.")
    days = "".join(str(day) for day in range(1, 8) if form.is_on(f"day{day}"))
    if not days:
        form.fault("day1", "Pilih paling sedikit satu hari buka.")
    opens, closes = form.read("opens", words.time), form.read("closes", words.time)
    if opens and closes and opens >= closes:
        form.fault("closes", "Jam tutup harus sesudah jam buka.")
    latitude, longitude = form.read("latitude", words.latitude), form.read("longitude", words.longitude)
    if not form.faults.keys() & {"latitude", "longitude"} and (latitude is None) != (longitude is None):
        lacking = "latitude" if latitude is None else "longitude"
        form.fault(lacking, "Lintang dan bujur diisi keduanya atau dikosongkan keduanya.")
    kinds = {*words.KINDS, *([unit.kind] if unit else [])}
    return {
        "slug": await _read_slug(session, form, name, unit),
        "name": name,
        "kind": form.one_of("kind", kinds, "Pilih jenis unit."),
        "parent": await _read_parent(session, form, unit),
        "zone": form.one_of("zone", ZONES, "Pilih zona waktu."),
        "address": form.text("address", 200),
        "latitude": latitude,
        "longitude": longitude,
        "contact": form.text("contact", 200),
        "opens": opens,
        "closes": closes,
        "open_days": days,
        "yearly_users": form.read("yearly_users", words.users),
    }


async def _read_slug(session: AsyncSession, form: Form, name: str, unit: Unit | None) -> str:
    """The slug as typed, or made from the name of a new unit."""
    slug = form.text("slug", 80).lower()
    taken = await storage.unit_slugs(session) - ({unit.slug} if unit else set())
    if not slug and not unit:
        return free_slug(name, taken)
    if not is_slug(slug):
        form.fault("slug", "Pakai huruf kecil, angka, dan tanda hubung, misalnya dinas-sosial.")
    elif slug in taken:
        form.fault("slug", "Alamat ini sudah dipakai unit lain. Pilih yang lain.")
    return slug


async def _read_parent(session: AsyncSession, form: Form, unit: Unit | None) -> str | None:
    slug = form.values.get("parent") or None
    if slug is None:
        return None
    above = await storage.unit_by_slug(session, slug)
    if above is None:
        form.fault("parent", "Unit induk ini tidak ada. Pilih dari daftar.")
    elif unit and is_within(above.path, unit.path):
        form.fault("parent", "Unit tidak dapat menjadi bawahan dirinya sendiri. Pilih unit induk yang lain.")
    elif depth(above.path) + 1 + (await storage.levels_below(session, unit) if unit else 0) > DEEPEST:
        form.fault("parent", "Terlalu dalam: unit bertingkat paling banyak %(most)s.", most=DEEPEST)
    return slug


def _day_boxes(days: str) -> dict[str, str]:
    return {f"day{day}": "on" for day in days}


# ── public services ──


@get("/staff/units/{slug:str}/services/new", access=Access.EDIT_UNITS)
async def new_service_page(
    request: Asking, reading: Session, viewer: Seer, slug: FromPath[str]
) -> Response[bytes]:
    unit = await unit_seen_by(reading, viewer, slug)
    return page(request, "staff/service_edit.html", form=Form({"asks_cost": "on"}), unit=unit, service=None)


@post("/staff/units/{slug:str}/services/new", access=Access.EDIT_UNITS, status_code=303)
async def create_service(
    request: Asking, writing: Session, viewer: Seer, now: Now, slug: FromPath[str]
) -> Response[Any]:
    unit = await unit_seen_by(writing, viewer, slug)
    form = await sent(request)
    facts = await _read_service(writing, form, unit, None)
    if form.faults:
        raise BadForm(request, "staff/service_edit.html", form, unit=unit, service=None)
    service = await storage.add_service(writing, now, unit, facts)
    await audit.record(writing, now, viewer, "service_created", f"service:{slug}/{service.slug}", after=facts)
    request.app.state.counters.forget()
    return see_other(f"/staff/units/{slug}", pesan="Layanan sudah ditambahkan.")


@get("/staff/units/{slug:str}/services/{service_slug:str}/edit", access=Access.EDIT_UNITS)
async def edit_service_page(
    request: Asking, reading: Session, viewer: Seer, slug: FromPath[str], service_slug: FromPath[str]
) -> Response[bytes]:
    unit = await unit_seen_by(reading, viewer, slug)
    service = await storage.service_of(reading, unit, service_slug)
    facts = storage.service_facts(service)
    offered = {**facts, "asks_cost": "on" if service.asks_cost else "", "seen": fingerprint(facts)}
    return page(request, "staff/service_edit.html", form=Form(offered), unit=unit, service=service)


@post("/staff/units/{slug:str}/services/{service_slug:str}/edit", access=Access.EDIT_UNITS, status_code=303)
async def change_service(
    request: Asking,
    writing: Session,
    viewer: Seer,
    now: Now,
    slug: FromPath[str],
    service_slug: FromPath[str],
) -> Response[Any]:
    unit = await unit_seen_by(writing, viewer, slug)
    service = await storage.service_of(writing, unit, service_slug)
    before = storage.service_facts(service)
    form = await sent(request)
    after = await _read_service(writing, form, unit, service)
    _refuse_stale(form, before)
    if form.faults:
        raise BadForm(request, "staff/service_edit.html", form, unit=unit, service=service)
    changed = _changed(before, after)
    for name, fact in changed.items():
        setattr(service, name, fact)
    subject = f"service:{slug}/{service_slug}"
    await _record_change(writing, now, viewer, "service_changed", subject, before, changed)
    request.app.state.counters.forget()
    return see_other(f"/staff/units/{slug}", pesan="Perubahan sudah disimpan.")


@get("/staff/units/{slug:str}/services/{service_slug:str}/closure", access=Access.EDIT_UNITS)
async def service_closure_page(
    request: Asking, reading: Session, viewer: Seer, slug: FromPath[str], service_slug: FromPath[str]
) -> Response[bytes]:
    unit = await unit_seen_by(reading, viewer, slug)
    service = await storage.service_of(reading, unit, service_slug)
    counters = await storage.counters_for_service(reading, service.id)
    return page(request, "staff/service_closure.html", unit=unit, service=service, counters=counters)


@post(
    "/staff/units/{slug:str}/services/{service_slug:str}/closure", access=Access.EDIT_UNITS, status_code=303
)
async def close_service(
    request: Asking,
    writing: Session,
    viewer: Seer,
    now: Now,
    slug: FromPath[str],
    service_slug: FromPath[str],
) -> Response[Any]:
    unit = await unit_seen_by(writing, viewer, slug)
    service = await storage.service_of(writing, unit, service_slug)
    await _close(request, writing, now, viewer, service, f"service:{slug}/{service_slug}")
    return see_other(f"/staff/units/{slug}", pesan="Layanan sudah ditutup.")


@post(
    "/staff/units/{slug:str}/services/{service_slug:str}/reopening", access=Access.EDIT_UNITS, status_code=303
)
async def reopen_service(
    request: Asking,
    writing: Session,
    viewer: Seer,
    now: Now,
    slug: FromPath[str],
    service_slug: FromPath[str],
) -> Response[Any]:
    unit = await unit_seen_by(writing, viewer, slug)
    service = await storage.service_of(writing, unit, service_slug)
    await _reopen(request, writing, now, viewer, service, f"service:{slug}/{service_slug}")
    return see_other(f"/staff/units/{slug}", pesan="Layanan sudah dibuka lagi.")


async def _read_service(
    session: AsyncSession, form: Form, unit: Unit, service: PublicService | None
) -> dict[str, Any]:
    name = form.text("name", 160, "Nama layanan perlu diisi.")
    for other in await storage.services_of(session, unit.id):
        if other is not service and other.name.casefold() == name.casefold():
            form.fault("name", "Unit ini sudah mempunyai layanan dengan nama ini.")
    return {
        "name": name,
        "asks_cost": form.is_on("asks_cost"),
        "yearly_users": form.read("yearly_users", words.users),
    }


# ── counters ──


@get("/staff/units/{slug:str}/counters/new", access=Access.EDIT_UNITS)
async def new_counter_page(
    request: Asking, reading: Session, viewer: Seer, slug: FromPath[str]
) -> Response[bytes]:
    unit = await unit_seen_by(reading, viewer, slug)
    return page(request, "staff/counter_edit.html", form=Form(), **await _counter_lists(reading, unit, None))


@post("/staff/units/{slug:str}/counters/new", access=Access.EDIT_UNITS, status_code=303)
async def create_counter(
    request: Asking, writing: Session, viewer: Seer, now: Now, slug: FromPath[str]
) -> Response[Any]:
    unit = await unit_seen_by(writing, viewer, slug)
    form = await sent(request)
    lists = await _counter_lists(writing, unit, None)
    facts = _read_counter(form, lists)
    if form.faults:
        raise BadForm(request, "staff/counter_edit.html", form, **lists)
    counter = await storage.add_counter(writing, now, unit, facts)
    await audit.record(
        writing, now, viewer, "counter_created", f"counter:{counter.code}", unit=slug, after=facts
    )
    request.app.state.counters.forget()
    return see_other(f"/staff/counters/{counter.code}", pesan="Loket sudah dibuat. Cetak posternya.")


@get("/staff/counters/{code:str}", access=Access.SEE_UNITS)
async def counter_page(
    request: Asking, reading: Session, viewer: Seer, code: FromPath[str]
) -> Response[bytes]:
    counter, line = await _counter(reading, viewer, code)
    return page(
        request,
        "staff/counter.html",
        counter=line,
        created_at=counter.created_at,
        address=qr.short_address(request.app.state.settings.public_url, counter.code),
        kiosk_address=request.app.state.documents.kiosk_address(counter.code),
        zone=request.app.state.settings.zone,
    )


@get("/staff/counters/{code:str}/qr.svg", access=Access.PRINT_POSTERS)
async def counter_qr(request: Asking, reading: Session, viewer: Seer, code: FromPath[str]) -> Response[bytes]:
    counter, line = await _counter(reading, viewer, code)
    text = qr.address(request.app.state.settings.public_url, counter.code)
    picture = qr.svg(text, f"{line.name}, {line.unit_name}")
    headers = {
        **SECURITY_HEADERS,
        "Content-Disposition": f'inline; filename="qr-{counter.code}.svg"',
    }
    return Response(picture.encode(), media_type="image/svg+xml", headers=headers)


@get("/staff/counters/{code:str}/edit", access=Access.EDIT_UNITS)
async def edit_counter_page(
    request: Asking, reading: Session, viewer: Seer, code: FromPath[str]
) -> Response[bytes]:
    _, line = await _counter(reading, viewer, code)
    unit = await unit_seen_by(reading, viewer, line.unit_slug)
    facts = storage.counter_facts_of(line)
    form = Form({**facts, "seen": fingerprint(facts)})
    return page(request, "staff/counter_edit.html", form=form, **await _counter_lists(reading, unit, line))


@post("/staff/counters/{code:str}/edit", access=Access.EDIT_UNITS, status_code=303)
async def change_counter(
    request: Asking, writing: Session, viewer: Seer, now: Now, code: FromPath[str]
) -> Response[Any]:
    counter, line = await _counter(writing, viewer, code)
    unit = await unit_seen_by(writing, viewer, line.unit_slug)
    before = storage.counter_facts_of(line)
    form = await sent(request)
    lists = await _counter_lists(writing, unit, line)
    after = _read_counter(form, lists)
    _refuse_stale(form, before)
    if form.faults:
        raise BadForm(request, "staff/counter_edit.html", form, **lists)
    changed = _changed(before, after)
    await storage.change_counter(writing, counter, unit, changed)
    await _record_change(writing, now, viewer, "counter_changed", f"counter:{counter.code}", before, changed)
    request.app.state.counters.forget()
    return see_other(f"/staff/counters/{counter.code}", pesan="Perubahan sudah disimpan.")


@get("/staff/counters/{code:str}/closure", access=Access.EDIT_UNITS)
async def counter_closure_page(
    request: Asking, reading: Session, viewer: Seer, code: FromPath[str]
) -> Response[bytes]:
    _, line = await _counter(reading, viewer, code)
    return page(request, "staff/counter_closure.html", counter=line)


@post("/staff/counters/{code:str}/closure", access=Access.EDIT_UNITS, status_code=303)
async def close_counter(
    request: Asking, writing: Session, viewer: Seer, now: Now, code: FromPath[str]
) -> Response[Any]:
    counter, _ = await _counter(writing, viewer, code)
    await _close(request, writing, now, viewer, counter, f"counter:{counter.code}")
    return see_other(f"/staff/counters/{counter.code}", pesan="Survei di loket ini sudah ditutup.")


@post("/staff/counters/{code:str}/reopening", access=Access.EDIT_UNITS, status_code=303)
async def reopen_counter(
    request: Asking, writing: Session, viewer: Seer, now: Now, code: FromPath[str]
) -> Response[Any]:
    counter, _ = await _counter(writing, viewer, code)
    await _reopen(request, writing, now, viewer, counter, f"counter:{counter.code}")
    return see_other(f"/staff/counters/{counter.code}", pesan="Survei di loket ini sudah dibuka lagi.")


@get("/staff/counters/{code:str}/revocation", access=Access.EDIT_UNITS)
async def revocation_page(
    request: Asking, reading: Session, viewer: Seer, code: FromPath[str]
) -> Response[bytes]:
    _, line = await _counter(reading, viewer, code)
    return page(request, "staff/counter_revocation.html", form=Form({"replace": "on"}), counter=line)


@post("/staff/counters/{code:str}/revocation", access=Access.EDIT_UNITS, status_code=303)
async def revoke_counter(
    request: Asking, writing: Session, viewer: Seer, now: Now, code: FromPath[str]
) -> Response[Any]:
    counter, line = await _counter(writing, viewer, code)
    if counter.revoked_at is not None:
        return see_other(f"/staff/counters/{counter.code}", pesan="Kode ini sudah dicabut sebelumnya.")
    form = await sent(request)
    reason = form.text("reason", 300, "Tulis alasannya: alasan ini tercatat di jejak audit.")
    if form.faults:
        raise BadForm(request, "staff/counter_revocation.html", form, counter=line)
    replacement = None
    if form.is_on("replace"):
        unit = await unit_seen_by(writing, viewer, line.unit_slug)
        replacement = await storage.add_counter(writing, now, unit, storage.counter_facts_of(line))
        replacement.closed_at = counter.closed_at
        await audit.record(
            writing, now, viewer, "counter_created", f"counter:{replacement.code}", replaces=counter.code
        )
    counter.revoked_at, counter.note = now, reason
    counter.replaced_by = replacement.code if replacement else None
    await audit.record(
        writing,
        now,
        viewer,
        "counter_revoked",
        f"counter:{counter.code}",
        reason=reason,
        replaced_by=counter.replaced_by,
    )
    request.app.state.counters.forget()
    if replacement is None:
        return see_other(f"/staff/counters/{counter.code}", pesan="Kode sudah dicabut.")
    said = "Kode lama sudah dicabut. Ini kode penggantinya; cetak posternya."
    return see_other(f"/staff/counters/{replacement.code}", pesan=said)


async def _counter(session: AsyncSession, viewer: Viewer, typed: str) -> tuple[Counter, storage.CounterLine]:
    try:
        return await storage.counter_seen_by(session, viewer, parse_code(typed))
    except BadCode as error:
        raise Problem("unknown_counter") from error


async def _counter_lists(
    session: AsyncSession, unit: Unit, counter: storage.CounterLine | None
) -> dict[str, Any]:
    """What the counter form offers to choose from: open services of the unit, halls of other units."""
    services = [
        (service.slug, service.name)
        for service in await storage.services_of(session, unit.id)
        if service.closed_at is None or (counter and counter.service_slug == service.slug)
    ]
    halls = await storage.unit_choices(session, also=counter.hall_slug if counter else None)
    return {
        "unit": unit,
        "counter": counter,
        "services": services,
        "halls": [(slug, name) for slug, name in halls if slug != unit.slug],
    }


def _read_counter(form: Form, lists: dict[str, Any]) -> dict[str, Any]:
    service, hall = form.values.get("service") or None, form.values.get("hall") or None
    if service is not None and service not in dict(lists["services"]):
        form.fault("service", "Layanan ini tidak ada pada unit ini. Pilih dari daftar.")
    if hall is not None and hall not in dict(lists["halls"]):
        form.fault("hall", "Unit ini tidak ada. Pilih dari daftar.")
    return {"name": form.text("name", 120, "Nama loket perlu diisi."), "service": service, "hall": hall}


# ── what changes of all three ──


def _refuse_stale(form: Form, before: dict[str, Any]) -> None:
    """Marks a form that was opened before somebody else's change; sent once more, it counts."""
    if form.values.get("seen") != fingerprint(before):
        form.fault("", CHANGED_MEANWHILE)
        form.values["seen"] = fingerprint(before)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in after.items() if fact != before[name]}


async def _record_change(
    session: AsyncSession,
    now: datetime,
    viewer: Viewer,
    act: str,
    subject: str,
    before: dict[str, Any],
    changed: dict[str, Any],
) -> None:
    """Writes what changed to the audit trail, before and after; a form saved unchanged leaves no trace."""
    if changed:
        was = {name: before[name] for name in changed}
        await audit.record(session, now, viewer, act, subject, before=was, after=changed)


async def _close(
    request: Asking,
    session: AsyncSession,
    now: datetime,
    viewer: Viewer,
    thing: Unit | PublicService | Counter,
    subject: str,
) -> None:
    if thing.closed_at is None:
        thing.closed_at = now
        await audit.record(session, now, viewer, f"{subject.partition(':')[0]}_closed", subject)
        request.app.state.counters.forget()


async def _reopen(
    request: Asking,
    session: AsyncSession,
    now: datetime,
    viewer: Viewer,
    thing: Unit | PublicService | Counter,
    subject: str,
) -> None:
    if thing.closed_at is not None:
        thing.closed_at = None
        await audit.record(session, now, viewer, f"{subject.partition(':')[0]}_reopened", subject)
        request.app.state.counters.forget()


routes = [
    Router(
        "/",
        route_handlers=[
            overview,
            units_page,
            new_unit_page,
            create_unit,
            import_page,
            template_file,
            try_import,
            confirm_import,
            unit_page,
            edit_unit_page,
            change_unit,
            unit_closure_page,
            close_unit,
            reopen_unit,
            new_service_page,
            create_service,
            edit_service_page,
            change_service,
            service_closure_page,
            close_service,
            reopen_service,
            new_counter_page,
            create_counter,
            counter_page,
            counter_qr,
            edit_counter_page,
            change_counter,
            counter_closure_page,
            close_counter,
            reopen_counter,
            revocation_page,
            revoke_counter,
            posters_page,
            posters_file,
        ],
        after_request=keep_private,
        exception_handlers={BadForm: show_again},
    )
]
