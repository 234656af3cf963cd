"""What a verifier is shown about photos: pictures that return, ways nobody goes so fast, places that are elsewhere."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from PIL import Image
from sqlalchemy import func, select

from server.database import Database
from server.inspections.signals import signs
from server.inspections.signals.lookout import Lookout
from server.inspections.signals.signs import Capture, Facts, Place
from server.inspections.tables import Evidence, EvidenceFile, Signal, Visit
from server.units.tables import Unit
from tests.cast import Cast, Staff
from tests.inspections.makers import Round
from tests.inspections.pictures import saved, scene
from tests.statements import statements

SignIn = Callable[[str], Awaitable[Staff]]
Shows = Callable[..., Awaitable[str]]
LooksAgain = Callable[[UUID], Awaitable[None]]

VISITS = "/api/inspections/visits"
DUKCAPIL, MELATI = Place(-6.2000, 106.8000), Place(-6.3078, 106.8000)
"""Twelve kilometres from each other."""
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


# ── the signs themselves ──


@pytest.mark.pure
def test_the_way_between_two_cities_is_as_atlases_say() -> None:
    jakarta, surabaya, sydney = Place(-6.2088, 106.8456), Place(-7.2575, 112.7521), Place(-33.8688, 151.2093)
    assert signs.metres_between(jakarta, surabaya) == pytest.approx(663_000, rel=0.005)
    assert signs.metres_between(jakarta, sydney) == pytest.approx(5_505_000, rel=0.005)
    assert signs.metres_between(Place(0, 179.9), Place(0, -179.9)) == pytest.approx(22_240, rel=0.01)
    assert signs.metres_between(Place(90, 0), Place(-90, 0)) == pytest.approx(20_015_000, rel=0.005)
    assert signs.metres_between(jakarta, jakarta) == 0


@pytest.mark.pure
@pytest.mark.parametrize(
    ("minutes", "accuracy", "facts"),
    [
        (4, 20, Facts(metres=11_987, minutes=4)),  # 180 km/h
        (-4, 20, Facts(metres=11_987, minutes=4)),
        (0, 20, Facts(metres=11_987, minutes=0)),
        (5, 20, None),  # 144 km/h: a fast train
        (4, 5_500, None),  # a mast far away: 987 m are sure
        (4, 1_200, None),  # 9,6 km in 4 minutes are sure: 144 km/h
        (60 * 13, 20, None),
    ],
)
def test_who_cannot_have_gone_so_far_is_noticed(minutes: int, accuracy: float, facts: Facts | None) -> None:
    one = Capture(Place(DUKCAPIL.latitude, DUKCAPIL.longitude, accuracy), AT)
    other = Capture(Place(MELATI.latitude, MELATI.longitude, accuracy), AT + timedelta(minutes=minutes))
    assert signs.travel(one, other) == facts


@pytest.mark.pure
def test_a_flight_within_the_day_is_noticed_and_a_weekend_is_not() -> None:
    jakarta, jayapura = Place(-6.2088, 106.8456), Place(-2.5337, 140.7181)
    noticed = [
        hours
        for hours in (5, 11, 13, 26)
        if signs.travel(Capture(jakarta, AT), Capture(jayapura, AT + timedelta(hours=hours)))
    ]
    assert noticed == [5, 11]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("north", "accuracy", "metres"),
    [(0.0044, 0, None), (0.0046, 0, 511), (0.0046, 30, None), (0.0288, 30, 3_202)],
)
def test_who_is_surely_not_at_the_unit_is_noticed(north: float, accuracy: float, metres: int | None) -> None:
    taken = Place(DUKCAPIL.latitude + north, DUKCAPIL.longitude, accuracy)
    assert signs.away(taken, DUKCAPIL) == (None if metres is None else Facts(metres=metres))


# ── as they come ──


async def begun(staff: Staff, round_: Round, unit: Unit) -> str:
    address = f"{VISITS}/{uuid4()}"
    visit = {"evaluation": round_.id, "unit": unit.slug, "made_at": AT.isoformat()}
    answered = await staff.browser.put(address, json=visit)
    assert answered.status_code == 201, answered.text
    return address


async def attached(
    staff: Staff, visit: str, picture: bytes, *, kind: str = "photo", indicator: str = "4", **facts: Any
) -> str:
    """Brings a picture and attaches it to what a visit found; the id of the piece."""
    digest, piece_id = sha256(picture).hexdigest(), str(uuid4())
    brought = await staff.browser.put(f"/api/inspections/evidence/{digest}", content=picture)
    assert brought.status_code in (200, 201), brought.text
    piece = {"id": piece_id, "kind": kind, "sha256": digest, **facts}
    finding = {"observed_at": AT.isoformat(), "value": 1, "note": "ada di dinding", "evidence": [piece]}
    recorded = await staff.browser.put(f"{visit}/findings/{indicator}", json=finding)
    assert recorded.status_code == 200, recorded.text
    return piece_id


def at(place: Place, minutes: int = 0, accuracy: float = 15) -> dict[str, Any]:
    return {
        "captured_at": (AT + timedelta(minutes=minutes)).isoformat(),
        "latitude": place.latitude,
        "longitude": place.longitude,
        "accuracy_m": accuracy,
    }


async def signals(gita: Staff, visit: str) -> list[dict[str, Any]]:
    told = await gita.browser.get(visit)
    assert told.status_code == 200, told.text
    return list(told.json()["signals"])


async def read(staff: Staff, address: str) -> str:
    page = await staff.browser.get(address)
    assert page.status_code == 200
    return re.sub(r"\s+", " ", page.text)


def pages_of(visit: str) -> str:
    return visit.replace("/api/", "/staff/")


@pytest.fixture
def shows(app: Litestar) -> Shows:
    """Brings and attaches a picture, and waits until it was looked at."""

    async def and_look(staff: Staff, visit: str, picture: bytes, **facts: Any) -> str:
        piece = await attached(staff, visit, picture, **facts)
        await app.state.lookout.look()
        return piece

    return and_look


@pytest.fixture
async def unattended(app: Litestar) -> AsyncIterator[None]:
    """Nobody looks by themselves."""
    await app.state.lookout.close()
    yield
    app.state.lookout.start()


@pytest.fixture
def looks_again(app: Litestar, database: Database) -> Callable[[UUID], Awaitable[None]]:
    """Looks at a piece once more, as if nobody had."""

    async def look(piece: UUID) -> None:
        async with database.writing() as session:
            (await session.get_one(Evidence, piece)).looked_at = None
        await app.state.lookout.look()

    return look


@pytest.fixture
async def eka(sign_in: SignIn) -> Staff:
    return await sign_in("eka")


@pytest.fixture
async def fajar(sign_in: SignIn) -> Staff:
    return await sign_in("fajar")


async def test_a_picture_that_comes_back_in_another_visit_is_told_on_both(
    eka: Staff, fajar: Staff, gita: Staff, round_: Round, cast: Cast, shows: Shows
) -> None:
    room = scene("ruang tunggu", (800, 600))
    first, second = await begun(eka, round_, cast.a), await begun(fajar, round_, cast.b)
    original = await shows(eka, first, saved(room, quality=90))
    copy = await shows(fajar, second, saved(room.resize((640, 480)), quality=60))
    assert await shows(fajar, second, saved(scene("halaman")), indicator="5")
    (told,) = await signals(gita, second)
    assert told == {
        "kind": "alike",
        "evidence": copy,
        "indicator": "4",
        "other": {
            "evidence": original,
            "visit": first.rpartition("/")[2],
            "indicator": "4",
            "unit": {"slug": "dinas-kependudukan", "name": "Dinas Kependudukan"},
        },
        "metres": None,
        "minutes": None,
        "bits": told["bits"],
        "is_same": False,
    }
    assert 0 <= told["bits"] <= signs.ALIKE_BITS
    (of_first,) = await signals(gita, first)
    assert (of_first["evidence"], of_first["other"]["evidence"]) == (original, copy)
    page = await read(gita, pages_of(second))
    assert "Mirip foto kunjungan lain:" in page
    assert f'<a href="{pages_of(first)}#indikator-4">Dinas Kependudukan, indikator 4</a>' in page
    assert "Mirip foto kunjungan lain:" in await read(gita, pages_of(first))


async def test_the_very_same_picture_is_told_even_where_there_is_nothing_to_see_on_it(
    eka: Staff, fajar: Staff, gita: Staff, round_: Round, cast: Cast, shows: Shows
) -> None:
    night = Image.new("RGB", (40, 30), "black")
    first, second = await begun(eka, round_, cast.a), await begun(fajar, round_, cast.b)
    await shows(eka, first, saved(night))
    told = Image.Exif()
    told[0x010F] = "kamera"
    await shows(fajar, second, saved(night, exif=told))
    assert [(one["kind"], one["is_same"]) for one in await signals(gita, second)] == [("alike", True)]
    assert "Sama persis dengan foto kunjungan lain:" in await read(gita, pages_of(second))
    # another black picture is another one
    await shows(fajar, second, saved(Image.new("RGB", (41, 30), "black")), indicator="5")
    assert len(await signals(gita, second)) == 1


async def test_one_visit_may_show_one_picture_twice_and_a_document_may_serve_everywhere(
    eka: Staff, fajar: Staff, gita: Staff, round_: Round, cast: Cast, shows: Shows
) -> None:
    first, second = await begun(eka, round_, cast.a), await begun(fajar, round_, cast.b)
    room = saved(scene("ruang"))
    await shows(eka, first, room)
    await shows(eka, first, room, indicator="5")
    regulation = saved(scene("perwali"))
    await shows(eka, first, regulation, kind="document", indicator="1")
    await shows(fajar, second, regulation, kind="document", indicator="1")
    await shows(fajar, second, regulation, indicator="5")
    assert await signals(gita, first) == await signals(gita, second) == []


async def test_who_is_in_two_places_at_once_is_told(
    fajar: Staff, gita: Staff, round_: Round, cast: Cast, shows: Shows
) -> None:
    first, second = await begun(fajar, round_, cast.a), await begun(fajar, round_, cast.b)
    here = await shows(fajar, first, saved(scene("a")), **at(DUKCAPIL))
    there = await shows(fajar, second, saved(scene("b")), **at(MELATI, minutes=4))
    (told,) = await signals(gita, second)
    assert (told["kind"], told["metres"], told["minutes"]) == ("travel", 11_987, 4)
    assert (told["evidence"], told["other"]["evidence"]) == (there, here)
    assert await signals(gita, first) == []
    assert "11 km dalam 4 menit dari foto lain orang yang sama:" in await read(gita, pages_of(second))
    # an hour later is time enough, and what came first may arrive last
    await shows(fajar, second, saved(scene("c")), indicator="5", **at(MELATI, minutes=64))
    assert len(await signals(gita, second)) == 1
    await shows(fajar, second, saved(scene("d")), indicator="6", **at(MELATI, minutes=-4))
    assert [one["indicator"] for one in await signals(gita, second)] == ["4", "6"]


async def test_two_people_may_be_in_two_places(
    eka: Staff, fajar: Staff, gita: Staff, round_: Round, cast: Cast, shows: Shows
) -> None:
    first, second = await begun(eka, round_, cast.a), await begun(fajar, round_, cast.b)
    await shows(eka, first, saved(scene("a")), **at(DUKCAPIL))
    await shows(fajar, second, saved(scene("b")), **at(MELATI, minutes=1))
    assert await signals(gita, second) == []


async def test_what_a_unit_shows_in_reply_is_not_the_inspectors_way(
    fajar: Staff, gita: Staff, round_: Round, cast: Cast, database: Database, shows: Shows
) -> None:
    first, second = await begun(fajar, round_, cast.a), await begun(fajar, round_, cast.b)
    here = UUID(await shows(fajar, first, saved(scene("a")), **at(DUKCAPIL)))
    async with database.writing() as session:
        row = await session.get_one(Evidence, here)
        row.purpose, row.added_by = "reply", cast.people["budi"].id
    await shows(fajar, second, saved(scene("b")), **at(MELATI, minutes=4))
    assert await signals(gita, second) == []


async def test_our_clock_counts_and_a_time_that_is_only_the_arrivals_says_nothing(
    fajar: Staff, round_: Round, cast: Cast, database: Database, shows: Shows, looks_again: LooksAgain
) -> None:
    first, second = await begun(fajar, round_, cast.a), await begun(fajar, round_, cast.b)
    here = await shows(fajar, first, saved(scene("a")), **at(DUKCAPIL))
    there = await shows(fajar, second, saved(scene("b")), **at(MELATI, minutes=600))

    async def noticed(corrected_at: datetime, doubt: str) -> list[str]:
        async with database.writing() as session:
            row = await session.get_one(Evidence, UUID(there))
            row.corrected_at, row.clock_doubt = corrected_at, doubt
        await looks_again(UUID(there))
        async with database.reading() as session:
            found = await session.scalars(select(Signal.kind).where(Signal.other_id == UUID(here)))
            return list(found)

    assert await noticed(AT + timedelta(minutes=600), "") == []
    assert await noticed(AT + timedelta(minutes=2), "ahead") == []
    assert await noticed(AT + timedelta(minutes=2), "changed") == []
    assert await noticed(AT + timedelta(minutes=2), "no_contact") == ["travel"]


async def test_a_photo_taken_far_from_the_unit_is_told_where_its_place_is_known(
    eka: Staff, gita: Staff, round_: Round, cast: Cast, database: Database, shows: Shows
) -> None:
    visit = await begun(eka, round_, cast.a)
    far = Place(DUKCAPIL.latitude + 0.0288, DUKCAPIL.longitude)
    await shows(eka, visit, saved(scene("a")), **at(far))
    assert await signals(gita, visit) == []
    async with database.writing() as session:
        unit = await session.get_one(Unit, cast.a.id)
        unit.latitude, unit.longitude = DUKCAPIL.latitude, DUKCAPIL.longitude
    await shows(eka, visit, saved(scene("b")), indicator="5", **at(far))
    await shows(eka, visit, saved(scene("c")), indicator="6", **at(DUKCAPIL, minutes=30))
    (told,) = await signals(gita, visit)
    assert (told["kind"], told["indicator"], told["metres"], told["other"]) == ("away", "5", 3_202, None)
    page = await read(gita, pages_of(visit))
    assert "Diambil 3,2 km dari unit." in page
    assert '<a href="#indikator-5">Indikator 5</a>' in page


async def test_only_the_bureau_is_told(
    eka: Staff,
    fajar: Staff,
    sign_in: SignIn,
    gita: Staff,
    round_: Round,
    cast: Cast,
    database: Database,
    shows: Shows,
) -> None:
    first, second = await begun(eka, round_, cast.a), await begun(fajar, round_, cast.a)
    picture = saved(scene("a"))
    await shows(eka, first, picture)
    await shows(fajar, second, picture)
    async with database.writing() as session:
        for row in await session.scalars(select(Visit)):
            row.state = "verified"
    assert len(await signals(gita, first)) == len(await signals(gita, second)) == 1
    for reader in (eka, await sign_in("budi")):
        assert "signals" not in (await reader.browser.get(first)).json()
        page = await read(reader, pages_of(first))
        assert "foto kunjungan lain" not in page and "Yang perlu dilihat pada foto" not in page


async def test_the_queue_tells_how_many_there_are(
    eka: Staff, fajar: Staff, gita: Staff, round_: Round, cast: Cast, database: Database, shows: Shows
) -> None:
    first, second = await begun(eka, round_, cast.a), await begun(fajar, round_, cast.b)
    for number, indicator in enumerate(("4", "5")):
        picture = saved(scene(f"{number}"))
        await shows(eka, first, picture, indicator=indicator)
        await shows(fajar, second, picture, indicator=indicator)
    async with database.writing() as session:
        for row in await session.scalars(select(Visit)):
            row.state, row.submitted_at = "submitted", round_.now
    queue = await read(gita, "/staff/inspections/visits")
    assert queue.count("2 hal untuk dilihat") == 2
    assert "hal untuk dilihat" not in await read(eka, "/staff/inspections/visits")


async def test_what_was_taken_out_or_set_aside_is_shown_no_longer(
    eka: Staff, fajar: Staff, gita: Staff, round_: Round, cast: Cast, shows: Shows
) -> None:
    first, second = await begun(eka, round_, cast.a), await begun(fajar, round_, cast.b)
    picture = saved(scene("a"))
    original = await shows(eka, first, picture)
    copy = await shows(fajar, second, picture)
    removed = await eka.browser.delete(f"{first}/findings/4/evidence/{original}")
    assert removed.status_code == 200
    assert await signals(gita, first) == await signals(gita, second) == []
    await shows(eka, first, picture)
    assert len(await signals(gita, second)) == 1
    removed = await fajar.browser.delete(f"{second}/findings/4/evidence/{copy}")
    assert removed.status_code == 200
    assert await signals(gita, first) == await signals(gita, second) == []
    await shows(fajar, second, picture)
    assert len(await signals(gita, first)) == 1
    withdrawn = await fajar.browser.post(f"{second}/withdrawal", json={"reason": "salah unit, diulang"})
    assert withdrawn.status_code == 200, withdrawn.text
    assert await signals(gita, first) == []
    # and a visit that was set aside is nothing to compare with
    third = await begun(fajar, round_, cast.b)
    await shows(fajar, third, saved(scene("b")))
    assert await signals(gita, third) == []


async def test_noticing_twice_finds_nothing_new_and_a_picture_that_went_around_is_told_a_few_times(
    eka: Staff,
    gita: Staff,
    round_: Round,
    cast: Cast,
    database: Database,
    shows: Shows,
    looks_again: LooksAgain,
) -> None:
    picture = saved(scene("a"))
    visit = await begun(eka, round_, cast.a)
    piece = UUID(await shows(eka, visit, picture))
    others = [await round_.visit("fajar", cast.b, {}) for _ in range(9)]
    async with database.writing() as session:
        session.add_all([_copy_of(await session.get_one(Evidence, piece), other, cast.b) for other in others])
    for _ in range(2):
        await looks_again(piece)
    assert len(await signals(gita, visit)) == 5


def _copy_of(row: Evidence, visit: UUID, unit: Unit) -> Evidence:
    facts = {column.key: getattr(row, column.key) for column in Evidence.__table__.columns}
    return Evidence(**{**facts, "id": uuid4(), "visit_id": visit, "unit_id": unit.id})


async def test_the_database_counts_bits_as_people_do(
    eka: Staff,
    fajar: Staff,
    gita: Staff,
    round_: Round,
    cast: Cast,
    database: Database,
    shows: Shows,
    looks_again: LooksAgain,
) -> None:
    first, second = await begun(eka, round_, cast.a), await begun(fajar, round_, cast.b)
    here = await shows(eka, first, saved(scene("a")))
    there = UUID(await shows(fajar, second, saved(scene("b"))))

    async def bits(one: int, other: int) -> Sequence[int]:
        async with database.writing() as session:
            for piece, likeness in ((UUID(here), one), (there, other)):
                row = await session.get_one(Evidence, piece)
                (await session.get_one(EvidenceFile, row.sha256)).likeness = likeness
        await looks_again(there)
        found = [signal["bits"] for signal in await signals(gita, second)]
        async with database.writing() as session:
            for signal in await session.scalars(select(Signal)):
                await session.delete(signal)
        return found

    assert await bits(-1, 2**63 - 1) == [1]
    most = (1 << signs.ALIKE_BITS) - 1
    assert await bits(-(2**63), -(2**63) + most) == [signs.ALIKE_BITS]
    assert await bits(-(2**63), most) == []
    assert await bits(0x0F0F, 0x0F0F) == [0]
    assert await bits(-2, 1) == []
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Signal)) == 0


async def test_what_was_set_by_a_wrong_clock_is_no_place_to_come_from(
    fajar: Staff, gita: Staff, round_: Round, cast: Cast, database: Database, shows: Shows
) -> None:
    first, second = await begun(fajar, round_, cast.a), await begun(fajar, round_, cast.b)
    here = await shows(fajar, first, saved(scene("a")), **at(DUKCAPIL))
    async with database.writing() as session:
        (await session.get_one(Evidence, UUID(here))).clock_doubt = "changed"
    await shows(fajar, second, saved(scene("b")), **at(MELATI, minutes=4))
    assert await signals(gita, second) == []


# ── when ──


async def test_who_stores_a_picture_does_not_wait_until_all_others_were_looked_through(
    unattended: None, eka: Staff, round_: Round, cast: Cast, database: Database
) -> None:
    visit = await begun(eka, round_, cast.a)
    with statements() as asked:
        await attached(eka, visit, saved(scene("a")), **at(DUKCAPIL))
    assert asked and not [one for one in asked if "bits_apart" in one or "bit_count" in one]


async def test_what_was_left_is_looked_at_when_the_house_opens(
    unattended: None, eka: Staff, fajar: Staff, gita: Staff, round_: Round, cast: Cast, app: Litestar
) -> None:
    first, second = await begun(eka, round_, cast.a), await begun(fajar, round_, cast.b)
    picture = saved(scene("a"))
    for staff, visit in ((eka, first), (fajar, second)):
        await attached(staff, visit, picture)
    assert await signals(gita, second) == []
    app.state.lookout.start()
    async with asyncio.timeout(10):
        while not await signals(gita, second):
            await asyncio.sleep(0.02)
    await app.state.lookout.close()
    # once, on both
    assert len(await signals(gita, first)) == len(await signals(gita, second)) == 1


@pytest.mark.sqlite
async def test_a_piece_that_is_being_looked_at_is_finished_before_the_house_closes(
    unattended: None, eka: Staff, round_: Round, cast: Cast, app: Litestar, database: Database
) -> None:
    """A write that is broken off may leave the database locked."""
    piece = await attached(eka, await begun(eka, round_, cast.a), saved(scene("a")))
    async with database.writing():
        app.state.lookout.start()
        await asyncio.sleep(0.2)  # it has looked, and waits for its turn to write
        closing = asyncio.create_task(app.state.lookout.close())
        await asyncio.sleep(0)
    await closing
    async with database.reading() as session:
        assert (await session.get_one(Evidence, UUID(piece))).looked_at is not None


async def test_two_processes_that_look_at_once_find_the_same_once(
    unattended: None, eka: Staff, fajar: Staff, gita: Staff, round_: Round, cast: Cast, database: Database
) -> None:
    async with database.writing() as session:
        unit = await session.get_one(Unit, cast.b.id)
        unit.latitude, unit.longitude = DUKCAPIL.latitude, DUKCAPIL.longitude
    first, second = await begun(eka, round_, cast.a), await begun(fajar, round_, cast.b)
    for number, indicator in enumerate(("4", "5", "6")):
        await attached(eka, first, saved(scene(f"{number}")), indicator=indicator)
        await attached(fajar, second, saved(scene(f"{number}")), indicator=indicator, **at(MELATI))
    await asyncio.gather(*(Lookout(database, lambda: round_.now).look() for _ in range(4)))
    found = sorted((one["kind"], one["indicator"]) for one in await signals(gita, second))
    assert found == [(kind, indicator) for kind in ("alike", "away") for indicator in ("4", "5", "6")]
