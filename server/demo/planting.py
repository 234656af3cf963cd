"""Puts the demo city into a database: the register first, then every answer through the intake that all use, then the
rounds of inspection by the acts that all use.

Everything follows from the seed and one moment, and the audit trail keeps both. A planting that was interrupted is
done again from its beginning: what is stored already is found by its id, and stored once.
"""

import asyncio
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

import msgspec

from server.accounts.access import Role
from server.accounts.passwords import hash_password
from server.clock import wall_clock
from server.database import Database, milliseconds
from server.demo import storage
from server.demo.answers import FORGED, MISSING, Sheet
from server.demo.catalogue import FIRST
from server.demo.city import City, city_of
from server.demo.inspecting import inspect
from server.demo.rounds import units_inspected
from server.demo.storage import Mark, Staff
from server.demo.year import year_of
from server.inspections.evidence.files import Files
from server.inspections.evidence.store import EvidenceStore
from server.inspections.visits.arrival import accepting
from server.migrations import migrate
from server.phones import Rooms
from server.settings import Settings
from server.skm.exclusion import BOOKS
from server.surveys import token
from server.surveys.acceptance import Acceptance
from server.surveys.arrive import checked
from server.surveys.intake import Intake, Stored
from server.surveys.sweeper import Sweeper, judge_day
from server.uuid7 import uuid7

Progress = Callable[[str, int, int], None]
"""Told what is being done, in Indonesian, how much of it is done, and how much there is."""

TOGETHER = 1000
"""How many answers may wait for one commit: far fewer than would overload the intake."""


class NoRoomForDemo(Exception):
    """This database is somebody's: the message says, in Indonesian, what to do instead."""


class Login(msgspec.Struct, frozen=True):
    username: str
    password: str
    role: str
    unit: str | None
    """The unit's name; None: the whole city."""


class Planted(msgspec.Struct, frozen=True):
    """What stands now, and where to begin looking."""

    is_new: bool
    """False when it stood before."""
    city: str
    seed: int
    units: int
    public_services: int
    counters: int
    responses: int
    excluded: dict[str, int]
    """How many of the responses each rule keeps out of the index."""
    logins: list[Login]
    counter_codes: list[str]
    unit_slugs: list[str]
    evaluations: dict[str, int]
    """The rounds of inspection: title and number."""
    users_form_codes: list[str]
    """What opens a users' form (F-03) that can still be filled in."""
    links: dict[str, str]
    """Three pages to open next: survey, unit and city."""


async def plant(
    settings: Settings, *, units: int, responses: int, seed: int, now: datetime, progress: Progress
) -> Planted:
    """Plants the demo city once; one that stands already is left alone, one that was interrupted is finished.

    Raises NoRoomForDemo where somebody else's units, accounts or answers stand, and ValueError for a city of fewer
    than FEWEST_UNITS units.
    """
    # every rule is to show, whatever is set for this process
    settings = msgspec.structs.replace(settings, limits=True)
    await migrate(settings.database_url)
    database = Database(settings.database_url)
    try:
        mark = await _mark(settings, database, Mark(seed, units, responses, now))
        city = city_of(mark.seed, mark.units)
        if not mark.is_planted:
            await _fill(settings, database, city, mark, progress)
        async with database.reading() as session:
            by_rule = await storage.counted_by_rule(session)
            evaluations = await storage.evaluations_planted(session)
            codes = await storage.open_form_codes(session)
    finally:
        await database.close()
    return _told(settings, city, by_rule, evaluations, codes, is_new=not mark.is_planted)


async def _mark(settings: Settings, database: Database, asked: Mark) -> Mark:
    """The mark of the city that stands; founds the one asked for where nothing does."""
    async with database.writing() as session:
        standing = await storage.mark_of(session)
        if standing is not None:
            return standing
        if not await storage.is_empty(session):
            raise NoRoomForDemo(
                "Basis data ini sudah dipakai (ada unit, akun, atau jawaban), jadi kota contoh tidak ditanam. "
                "Tidak ada yang diubah. Pilih direktori lain: LOKET_DATA=… atau --data."
            )
        city = city_of(asked.seed, asked.units)
        password_hash = await asyncio.to_thread(hash_password, _password(settings))
        await storage.found(session, city, asked, [*_staff(city), *_officers(city)], password_hash)
    return asked


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _fill(settings: Settings, database: Database, city: City, mark: Mark, progress: Progress) -> None:
    progress("Menyiapkan jawaban", 0, mark.responses)
    sheets = year_of(city, mark.responses, mark.until)
    progress("Menyiapkan jawaban", len(sheets), mark.responses)
    async with database.reading() as session:
        facts = await storage.facts_of(session, city)
    intake = Intake(database)
    # what is touched is judged below, day by day, and not behind our back
    acceptance = Acceptance(settings, database, intake, Sweeper(database, wall_clock, is_on=False))

    async def send(number: int, sheet: Sheet) -> Stored:
        """Sends an answer as if its moment were now."""
        return await acceptance.accept(
            _id(mark.seed, number, sheet),
            checked(msgspec.structs.replace(sheet.submission, token=_token(settings.secret, sheet))),
            facts[sheet.submission.counter],
            sheet.received_at,
        )

    try:
        stored = await _send(send, sheets, progress)
    finally:
        await intake.close()
    days = sorted(_worth_judging(sheets, stored))
    for done, (counter_id, day) in enumerate(days, 1):
        await judge_day(database, counter_id, day)
        progress("Menerapkan aturan", done, len(days))
    files = Files(settings.data / "evidence")
    rooms = Rooms(
        accept={"inspection": accepting(settings.secret, files)},
        views=(),
        photos=EvidenceStore(files, database),
    )
    async with database.writing() as session:
        await inspect(settings, city, rooms, session, mark.until, progress)
        await storage.finish(session, mark)


async def _send(
    send: Callable[[int, Sheet], Awaitable[Stored]], sheets: Sequence[Sheet], progress: Progress
) -> list[Stored]:
    """Sends all answers in order, many at a time, so that the intake commits them together."""
    stored: list[Stored] = []
    for together in _together(sheets):
        # the first with a phone makes the key of its day, which the others then find
        first = next((number for number in together if sheets[number].submission.device), together[0])
        of_first = await send(first, sheets[first])
        others = [number for number in together if number != first]
        of_others = dict(
            zip(others, await asyncio.gather(*(send(n, sheets[n]) for n in others)), strict=True)
        )
        stored += [of_others.get(number, of_first) for number in together]
        progress("Mengirim jawaban", len(stored), len(sheets))
    return stored


def _together(sheets: Sequence[Sheet]) -> Iterator[range]:
    """The numbers of the answers that are sent together: those of one day, at most so many."""
    end = 0
    for _, of_day in groupby(sheets, key=lambda sheet: sheet.received_at.date()):
        start, end = end, end + sum(1 for _ in of_day)
        for first in range(start, end, TOGETHER):
            yield range(first, min(first + TOGETHER, end))


def _id(seed: int, number: int, sheet: Sheet) -> UUID:
    """The id that the page of an answer was served with: always the same, so that sent twice is stored once."""
    return uuid7(milliseconds(sheet.served_at), hashlib.sha256(f"{seed}/{number}".encode()).digest()[:10])


def _token(secret: bytes, sheet: Sheet) -> str:
    if sheet.seal == MISSING:
        return ""
    signed_with = b"no secret of ours" if sheet.seal == FORGED else secret
    is_kiosk = sheet.submission.channel == "kiosk"
    return token.sign(signed_with, sheet.submission.counter, sheet.served_at, sheet.page, is_kiosk=is_kiosk)


def _worth_judging(sheets: Sequence[Sheet], stored: Sequence[Stored]) -> Iterator[tuple[int, str]]:
    """The counter-days on which a page or a phone came back, or many came; alone, an answer was judged at the door."""
    by_day: dict[tuple[int, str], list[Sheet]] = defaultdict(list)
    for sheet, held in zip(sheets, stored, strict=True):
        by_day[held.counter_id, held.local_day].append(sheet)
    for counter_day, of_day in by_day.items():
        pages = {sheet.page for sheet in of_day}
        phones = [sheet.submission.device for sheet in of_day if sheet.submission.device]
        if len(pages) < len(of_day) or len(set(phones)) < len(phones) or len(of_day) >= _A_CROWD:
            yield counter_day


_A_CROWD = min(book.burst_while_closed for book in BOOKS)


# ── who and where ────────────────────────────────────────────────────────────────────────────────────────────────────


def _staff(city: City) -> list[Staff]:
    registry, health_centre = city.unit(FIRST[0]).slug, city.unit(FIRST[2]).slug
    return [
        Staff("ani", "Ani Wulandari", Role.ADMINISTRATOR, None),
        Staff("gita", "Gita Permatasari", Role.COORDINATOR, None),
        Staff("budi", "Budi Hartono", Role.OFFICER, registry),
        Staff("citra", "Citra Maharani", Role.OFFICER, health_centre),
        Staff("eka", "Eka Saputra", Role.INSPECTOR, None),
        Staff("fajar", "Fajar Nugraha", Role.INSPECTOR, None),
    ]


def _officers(city: City) -> list[Staff]:
    """The officers of the other units that are inspected: they assess themselves, answer and repair."""
    have_one = {person.unit for person in _staff(city)}
    units = [unit.slug for unit in units_inspected(city) if unit.slug not in have_one]
    return [
        Staff(name.split()[0].lower(), name, Role.OFFICER, unit)
        for name, unit in zip(_OFFICERS, units, strict=False)
    ]


_OFFICERS = (
    *("Hendra Gunawan", "Indah Lestari", "Joko Susilo", "Kartika Dewi", "Lukman Hakim"),
    *("Maya Anggraini", "Nanda Pratama", "Oki Setiawan", "Putri Rahayu", "Rizal Fauzi"),
)

# fmt: off
_WORDS = (
    "angin", "bambu", "bulan", "cemara", "delima", "embun", "fajar", "gunung", "hujan", "intan", "jambu", "kapal",
    "kelapa", "kenari", "kopi", "lampu", "langit", "layar", "madu", "mangga", "melati", "nanas", "padi", "pagi",
    "pandan", "perahu", "rotan", "sawah", "sepeda", "sungai", "taman", "teluk",
)
# fmt: on


def _password(settings: Settings) -> str:
    """The demo's one password: easy to type, the same at every run, and known only where this secret is."""
    drawn = hmac.new(settings.secret, b"password of the demo city", hashlib.sha256).digest()
    return f"{'-'.join(_WORDS[byte % len(_WORDS)] for byte in drawn[:3])}-{10 + drawn[3] % 90}"


def _told(
    settings: Settings,
    city: City,
    by_rule: Mapping[str, int],
    evaluations: dict[str, int],
    users_form_codes: list[str],
    *,
    is_new: bool,
) -> Planted:
    names = {unit.slug: unit.name for unit in city.units}
    registry, health_centre = city.unit(FIRST[0]), city.unit(FIRST[2])
    first = [unit for unit in city.units if unit.name in FIRST]
    return Planted(
        is_new=is_new,
        city=city.name,
        seed=city.seed,
        units=len(city.units),
        public_services=sum(len(unit.services) for unit in city.units),
        counters=sum(len(unit.counters) for unit in city.units),
        responses=sum(by_rule.values()),
        excluded={rule: n for rule, n in by_rule.items() if rule},
        logins=[
            Login(one.username, _password(settings), one.role, names[one.unit] if one.unit else None)
            for one in _staff(city)
        ],
        counter_codes=[unit.counters[0].code for unit in first],
        unit_slugs=[unit.slug for unit in first],
        evaluations=evaluations,
        users_form_codes=users_form_codes,
        links={
            "survey": f"{settings.public_url}/s/{health_centre.counters[0].code}",
            "unit": f"{settings.public_url}/unit/{registry.slug}",
            "city": f"{settings.public_url}/",
        },
    )
