"""What the commands do: the same slices as the pages, without a server."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from server.accounts import audit
from server.accounts import storage as accounts
from server.accounts.access import Access, Role, Viewer
from server.accounts.passwords import LEAST_LENGTH, hash_password
from server.clock import wall_clock
from server.csvfiles import BadFile
from server.database import Database
from server.demo.planting import NoRoomForDemo, plant
from server.inspections.check import BadInstrument
from server.inspections.check import read as read_instrument
from server.inspections.evidence import storage as evidence
from server.inspections.evidence.files import Files
from server.inspections.instrument import Instrument, sha256_of
from server.inspections.national import content_of, nationals
from server.inspections.scores import proof as scores
from server.migrations import migrate
from server.problems import Problem
from server.settings import Settings, keep_city
from server.skm import index as skm
from server.skm.periods import days_between
from server.skm.rules import ELEMENTS, SkmError, convention_named, convention_text
from server.surveys import storage as surveys
from server.surveys.compute import computed, index_of_sheet, refusing
from server.surveys.importing import import_responses as store_sheet
from server.surveys.intake import Intake
from server.surveys.reader import Reader
from server.sync import importing as queue
from server.units import qr
from server.units import storage as units
from server.units.counters import Counters
from server.units.posters import Paper, Poster, posters_pdf


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database, brought up to date."""
    await migrate(settings.database_url)
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        await database.close()


async def plant_demo(settings: Settings, count: int, responses: int, seed: int, *, as_json: bool) -> None:
    """Plants the demo city once; a second time only tells again what stands there."""
    with _bars() as progress:
        try:
            planted = await plant(
                settings, units=count, responses=responses, seed=seed, now=wall_clock(), progress=progress
            )
        except NoRoomForDemo as error:
            raise click.ClickException(str(error)) from error
    keep_city(settings.data, planted.city)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(planted)).decode())
        return
    state = "sudah ditanam" if planted.is_new else "sudah ada; datanya tetap"
    click.echo(
        f"{planted.city} {state}: {planted.units} unit, {planted.public_services} layanan, {planted.counters} loket, "
        f"{planted.responses} jawaban, {sum(planted.excluded.values())} di antaranya dikeluarkan menurut aturan."
    )
    click.echo("\nMasuk di /staff dengan:")
    for login in planted.logins:
        unit = f", {login.unit}" if login.unit else ""
        click.echo(f"  {login.username:<8} {login.password:<28} {login.role}{unit}")
    click.echo("\nBuka berikutnya:")
    for name, label in (("survey", "survei"), ("unit", "unit"), ("city", "kota")):
        click.echo(f"  {label:<8} {planted.links[name]}")
    click.echo(f"  inspeksi {settings.public_url}/staff/inspections ({', '.join(planted.evaluations)})")
    click.echo(f"  aplikasi {settings.public_url}/app/ (pemeriksa: eka, fajar)")
    if planted.users_form_codes:
        click.echo(f"  F-03     {settings.public_url}/f/{planted.users_form_codes[0]}")


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """Progress on the error stream: one bar a step, so that the result alone is on standard output."""
    with ExitStack() as stack:
        bars: dict[str, Any] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in bars:
                bars[step] = stack.enter_context(
                    click.progressbar(length=total, label=f"{step:<20}", file=sys.stderr)
                )
            bars[step].update(done - bars[step].pos)

        yield report


async def import_units(settings: Settings, file: Path, *, dry_run: bool) -> None:
    """Carries out what a table of units asks for; with a wrong row nothing, and every wrong row told."""
    content = await asyncio.to_thread(file.read_bytes)
    async with opened(settings) as database, database.writing() as session:
        try:
            plan = await units.plan_import(session, content, settings.zone)
        except BadFile as error:
            raise click.ClickException(str(error)) from error
        for wrong in plan.wrong:
            place = f"baris {wrong.line}, {wrong.column}" if wrong.column else f"baris {wrong.line}"
            click.echo(f"{place}: {wrong.detail}", err=True)
        if plan.wrong:
            raise click.ClickException(f"{len(plan.wrong)} baris perlu diperbaiki; tidak ada yang tersimpan.")
        if dry_run:
            click.echo(f"Akan dikerjakan {len(plan.steps)} baris; {plan.unchanged} sudah sesuai.")
            return
        done = await units.import_units(session, plan, content, None, wall_clock())
    click.echo(f"{done} baris dikerjakan; {plan.unchanged} sudah sesuai.")


async def import_responses(settings: Settings, file: Path, code: str, order: str | None) -> None:
    content = await asyncio.to_thread(file.read_bytes)
    async with opened(settings) as database:
        counter = await Counters(database).find(code)
        intake = Intake(database)
        now = wall_clock()
        try:
            with click.progressbar(
                length=content.count(b"\n"), label=f"{counter.unit_name}, {counter.name}", file=sys.stderr
            ) as bar:
                done = await store_sheet(intake, counter, content, order, now, bar.update)
        finally:
            await intake.close()
        async with database.writing() as session:
            await audit.record(
                session,
                now,
                None,
                "responses_imported",
                f"counter:{counter.code}",
                file=file.name,
                new=done.new,
                repeated=done.repeated,
                conflicts=done.conflicts,
            )
    click.echo(f"{done.new} jawaban baru, {done.repeated} sudah ada, {done.conflicts} bertentangan.")
    if done.unknown_columns:
        click.echo(f"Kolom yang tidak dipakai: {', '.join(done.unknown_columns)}.")


async def import_queue(settings: Settings, file: Path, username: str | None) -> bool:
    """Brings a phone's queue file in, and tells what became of it; whether all of it is on the server now."""
    from server.app import rooms_of

    async with opened(settings) as database:
        by = await _bringer(database, username) if username else None
        rooms = rooms_of(settings, database, Files(settings.data / "evidence"), wall_clock)
        now = wall_clock()
        done = await queue.import_queue(database, rooms, file, now, by)
        async with database.writing() as session:
            await queue.record(session, now, by, file.name, done)
    click.echo(
        f"Pekerjaan {done.person}: {done.accepted} kiriman baru, {done.duplicates} sudah ada, "
        f"{len(done.conflicts)} bertentangan, {len(done.refused)} ditolak; {done.photos_new} foto baru, "
        f"{done.photos_held} sudah ada, {len(done.photos_refused)} ditolak."
    )
    for refused in (*done.conflicts, *done.refused, *done.photos_refused):
        click.echo(f"  {refused.what[:36]} {refused.unit}: {refused.detail}".replace(" :", ":"), err=True)
    return done.is_whole


async def _bringer(database: Database, username: str) -> Viewer:
    async with database.reading() as session:
        by = await accounts.viewer_named(session, username)
    if by is None:
        raise Problem("unknown_person")
    if not by.may(Access.VERIFY_VISITS):
        raise Problem("forbidden")
    return by


async def print_index(
    settings: Settings,
    slug: str,
    first: str | None,
    last: str | None,
    service: str | None,
    convention: str | None,
    *,
    steps: bool,
    as_json: bool,
) -> None:
    with refusing():
        days = days_between(first, last)
    async with opened(settings) as database:
        async with database.reading() as session:
            unit = await units.unit_by_slug(session, slug)
            if unit is None:
                raise Problem("unknown_unit")
            service_id = await surveys.service_id(session, unit.id, service) if service else None
            if service and service_id is None:
                raise Problem("unknown_public_service")
        reader = Reader(database, settings.zone, wall_clock)
        wire = await reader.index(unit.id, *days, service_id, None, convention, steps=True)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(wire)).decode())
    else:
        _print(wire, unit.name, steps=steps)


def print_computed(file: Path, order: str | None, convention: str, *, as_json: bool) -> None:
    content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        if content.lstrip()[:1] == b"{":
            wire = computed(content)
        else:
            wire = skm.to_wire(index_of_sheet(content, order, convention_named(convention)))
    except (Problem, SkmError) as error:
        raise click.ClickException(error.detail) from error
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(wire)).decode())
    else:
        _print(wire, str(file), steps=True)


def _print(wire: dict[str, Any], title: str, *, steps: bool) -> None:
    if wire["ikm"] is None:
        click.echo(f"{title}: belum ada jawaban yang dihitung.")
    else:
        n = f", {wire['n']} responden" if wire["n"] is not None else ""
        click.echo(f"{title}: IKM {wire['ikm']}, {wire['grade']} ({wire['label']}){n}, {wire['coverage']}.")
    click.echo(f"Cara hitung {wire['convention']}: {convention_text(convention_named(wire['convention']))}.")
    for key, element in wire["elements"].items():
        name = ELEMENTS[key].name if key in ELEMENTS else key
        click.echo(f"  {name:<42} {comma_or_dash(element['nrr']):>6}  {element['grade'] or '–'}")
    for rule, n in wire.get("excluded", {}).items():
        click.echo(f"  {n} jawaban dikeluarkan, aturan {rule}")
    if steps:
        for line in wire["steps"]:
            click.echo(line)


def comma_or_dash(text: str | None) -> str:
    return "–" if text is None else text.replace(".", ",")


FLAWS = {"missing": "hilang", "changed": "isinya berubah", "orphan": "tidak dikenal, tidak dihapus"}


async def print_verified(settings: Settings) -> bool:
    """Whether tallies and trail agree with what they stand for; tells every cell and row that does not."""
    is_whole = True
    async with opened(settings) as database, database.reading() as session:
        n = await surveys.how_many(session)
        async for difference in surveys.differences(session):
            is_whole = False
            click.echo(
                f"{difference.table} {difference.key} {difference.cell}: "
                f"tercatat {difference.tallied}, hitung ulang {difference.recounted}"
            )
        for event_id in await audit.broken_seals(session):
            is_whole = False
            click.echo(f"audit_events {event_id}: segel tidak cocok")
        finals, mismatches = await scores.recomputed(session)
        for mismatch in mismatches:
            is_whole = False
            click.echo(f"pinned_scores {mismatch.evaluation_id} {mismatch.unit}: {mismatch.what}")
        async for flaw in evidence.lost_or_changed(session, Files(settings.data / "evidence")):
            # what lies on the disk alone harms nothing: an upload whose transaction failed leaves it
            is_whole = is_whole and flaw.what == "orphan"
            click.echo(f"evidence/{flaw.path}: {FLAWS[flaw.what]}")
    verdict = (
        "Semua rekapitulasi cocok dengan jawabannya." if is_whole else "Ada yang tidak cocok (lihat di atas)."
    )
    click.echo(f"{n} jawaban dan {finals} nilai final dihitung ulang. {verdict}")
    return is_whole


async def make_posters(
    settings: Settings, codes: Sequence[str], slug: str | None, paper: str, *, svg: bool
) -> bytes:
    async with opened(settings) as database:
        if slug:
            async with database.reading() as session:
                unit = await units.unit_by_slug(session, slug)
                if unit is None:
                    raise Problem("unknown_unit")
                lines = await units.counters_of(session, unit.id)
                codes = [*codes, *(line.code for line in lines if line.revoked_at is None)]
        if not codes:
            raise click.UsageError("Sebutkan kode loket, atau --unit.")
        found = [await Counters(database).find(code) for code in codes]
    if svg:
        if len(found) != 1:
            raise click.UsageError("--svg membuat satu QR: sebutkan satu kode loket.")
        return qr.svg(qr.address(settings.public_url, found[0].code), found[0].name).encode()
    today = date.today()
    posters = [
        Poster(
            code=counter.code,
            address=qr.address(settings.public_url, counter.code),
            short_address=qr.short_address(settings.public_url, counter.code),
            city=settings.city,
            unit=counter.unit_name,
            counter=counter.name,
            service=counter.service.name if counter.service else None,
            hall=counter.hall_name,
            issued_on=today,
            questions=9 if counter.service is None or counter.service.asks_cost else 8,
        )
        for counter in found
    ]
    return await asyncio.to_thread(posters_pdf, posters, cast(Paper, paper))


async def add_user(
    settings: Settings, username: str, name: str, role: str, slug: str | None, password: str
) -> None:
    if len(password) < LEAST_LENGTH:
        raise click.ClickException(f"Kata sandi paling sedikit {LEAST_LENGTH} huruf.")
    if role == Role.OFFICER and not slug:
        raise click.UsageError("Petugas unit memerlukan --unit.")
    async with opened(settings) as database, database.writing() as session:
        unit = await units.unit_by_slug(session, slug) if slug else None
        if slug and unit is None:
            raise Problem("unknown_unit")
        if await accounts.person_named(session, username):
            raise click.ClickException(f"Nama pengguna {username} sudah dipakai.")
        now = wall_clock()
        person = await accounts.add_person(
            session,
            now,
            username=username,
            name=name,
            role=Role(role),
            unit_id=unit.id if unit else None,
            password_hash=hash_password(password),
        )
        await audit.record(
            session, now, None, "person_created", f"person:{person.username}", role=role, unit=slug
        )
    click.echo(f"Akun {person.username} dibuka.")


async def set_password(settings: Settings, username: str, password: str) -> None:
    if len(password) < LEAST_LENGTH:
        raise click.ClickException(f"Kata sandi paling sedikit {LEAST_LENGTH} huruf.")
    async with opened(settings) as database, database.writing() as session:
        person = await accounts.person_named(session, username)
        if person is None:
            raise Problem("unknown_person")
        person.password_hash = hash_password(password)
        await accounts.close_sessions_of(session, person.id)
        await audit.record(session, wall_clock(), None, "password_changed", f"person:{person.username}")
    click.echo(f"Kata sandi {person.username} diganti; semua sesinya ditutup.")


async def print_users(settings: Settings) -> None:
    async with opened(settings) as database, database.reading() as session:
        for person, unit in await accounts.people(session):
            closed = " (ditutup)" if person.closed_at else ""
            click.echo(f"{person.username:<20} {person.role:<14} {unit or 'seluruh kota'}{closed}")


def check_instruments(files: Sequence[Path]) -> bool:
    """Whether every file is an instrument; tells each fault with its line."""
    is_sound = True
    for file in files:
        try:
            instrument = read_instrument(file.read_bytes())
        except BadInstrument as bad:
            is_sound = False
            for fault in bad.faults:
                click.echo(f"{file}:{fault.line}: {fault.path}: {fault.detail}", err=True)
        else:
            told = f"{instrument.address}, {_indicators(instrument)}, sha256 {sha256_of(instrument)}"
            click.echo(f"{file}: sah: {told}")
    return is_sound


def print_instruments() -> None:
    for address, instrument in nationals().items():
        sha256 = sha256_of(instrument)[:12]
        click.echo(f"{address:<18} {_indicators(instrument):<13} {sha256}  {instrument.title}")


def _indicators(instrument: Instrument) -> str:
    return f"{sum(1 for _ in instrument.indicators)} indikator"


def print_instrument(address: str) -> None:
    """The file itself, so that a city can start from it."""
    instrument = nationals().get(address)
    if instrument is None:
        raise click.ClickException(f"Instrumen {address} tidak ada. Pilih: {', '.join(nationals())}.")
    click.echo(content_of(instrument.id).decode(), nl=False)
