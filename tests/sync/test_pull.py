"""A pull: what a person's phone does not know yet, and only theirs; from any cursor, and after any restore."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server import phones
from server.accounts.access import Viewer
from server.accounts.storage import viewer_named
from server.database import Database
from server.inspections.tables import Assignment
from server.settings import Settings
from server.sync.pull import news
from server.sync.tables import Step, Told
from tests.cast import Cast
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.sync.phone import PULL, Phone
from tests.sync.room import Room

PhoneOf = Callable[[str], Awaitable[Phone]]
Begin = Callable[..., Awaitable[Round]]


async def count(database: Database, table: Any) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def shown(room: Room) -> Room:
    """A room that shows Eka a unit and an assignment."""
    room.show("eka", "units", "dinas-kependudukan", name="Dinas Kependudukan")
    room.show("eka", "assignments", "1", unit="dinas-kependudukan")
    return room


# ── what is told ──


async def test_a_phone_that_knows_nothing_is_told_everything(
    shown: Room, eka: Phone, settings: Settings, clock: Clock
) -> None:
    answered = await eka.pull()
    told = answered.json()
    assert told == {
        "cursor": told["cursor"],
        "more": False,
        "reset": True,
        "server_now": "2026-11-20T03:00:00Z",
        "contact": told["contact"],
        "oldest_wire": 1,
        "person": {"username": "eka", "name": "Eka", "role": "inspector"},
        "units": [{"id": "dinas-kependudukan", "name": "Dinas Kependudukan"}],
        "evaluations": [],
        "instruments": [],
        "assignments": [{"id": "1", "unit": "dinas-kependudukan"}],
        "inspections": [],
        "deleted": [],
    }
    mark = phones.ClockMark(told["contact"], 0, True)
    found = phones.corrected(settings.secret, clock.now, mark, None, clock.now)
    assert found == phones.Corrected(clock.now, "")
    assert answered.headers["cache-control"] == "no-store"


async def test_afterwards_it_is_told_only_what_changed(shown: Room, eka: Phone) -> None:
    await eka.refresh()
    shown.show("eka", "units", "dinas-kependudukan", name="Disdukcapil")
    shown.show("eka", "inspections", "v1", state="returned")
    shown.hide("eka", "assignments", "1")
    told = await eka.refresh()
    assert told is not None
    assert (told["reset"], told["assignments"]) == (False, [])
    assert told["units"] == [{"id": "dinas-kependudukan", "name": "Disdukcapil"}]
    assert told["inspections"] == [{"id": "v1", "state": "returned"}]
    assert told["deleted"] == [{"kind": "assignments", "id": "1"}]
    assert await eka.refresh() is None


async def test_what_comes_back_is_told_again(shown: Room, eka: Phone) -> None:
    await eka.refresh()
    shown.hide("eka", "assignments", "1")
    await eka.refresh()
    shown.show("eka", "assignments", "1", unit="dinas-kependudukan")
    told = await eka.refresh()
    assert told is not None and [one["id"] for one in told["assignments"]] == ["1"]
    assert told["deleted"] == []


async def test_two_phones_of_one_person_each_go_on_from_where_they_were(
    shown: Room, phone_of: PhoneOf
) -> None:
    first, second = await phone_of("eka"), await phone_of("eka")
    await first.refresh()
    await second.refresh()
    for number in range(3):
        shown.show("eka", "units", f"unit-{number}")
        await first.refresh()
    shown.hide("eka", "units", "unit-1")
    await first.refresh()
    told = await second.refresh()
    assert told is not None and not told["reset"]
    assert second.known == first.known
    assert second.ids("units") == ["dinas-kependudukan", "unit-0", "unit-2"]


async def test_an_order_of_fields_is_no_change(shown: Room, eka: Phone, database: Database) -> None:
    shown.show("eka", "units", "a", name="A", address="Jalan")
    await eka.refresh()
    shown.show("eka", "units", "a", address="Jalan", name="A")
    assert await eka.refresh() is None
    assert await count(database, Step) == 1


async def test_nobody_is_told_what_is_somebody_elses(shown: Room, eka: Phone, fajar: Phone) -> None:
    await eka.refresh()
    await fajar.refresh()
    assert fajar.known == {}


@pytest.mark.parametrize("name", ["ani", "gita"])
async def test_whoever_records_no_visits_gets_empty_lists(room: Room, phone_of: PhoneOf, name: str) -> None:
    room.show(name, "units", "dinas-kependudukan")
    phone = await phone_of(name)
    told = await phone.refresh()
    assert told is not None and told["person"]["username"] == name
    assert phone.known == {}


async def test_nobody_pulls_without_signing_in(client: httpx.AsyncClient, cast: Cast) -> None:
    answered = await client.get(PULL)
    assert (answered.status_code, answered.json()["code"]) == (401, "sign_in")


# ── nothing new ──


async def test_nothing_new_is_304_and_still_says_our_time(
    shown: Room, eka: Phone, settings: Settings, clock: Clock, database: Database
) -> None:
    await eka.refresh()
    commits = database.commits
    clock.forward(minutes=5)
    answered = await eka.pull()
    assert (answered.status_code, answered.content) == (304, b"")
    assert answered.headers["etag"] == f'"{eka.cursor}"'
    assert answered.headers["loket-now"] == "2026-11-20T03:05:00Z"
    mark = phones.ClockMark(answered.headers["loket-contact"], 0, True)
    assert phones.corrected(settings.secret, clock.now, mark, None, clock.now).doubt == ""
    # whoever only asks writes nothing
    assert database.commits == commits


async def test_a_tag_says_the_same_as_a_cursor(shown: Room, eka: Phone) -> None:
    answered = await eka.pull()
    tag = answered.headers["etag"]
    assert tag == f'"{answered.json()["cursor"]}"'
    for held in (tag, f"W/{tag}"):
        assert (await eka.pull("", **{"If-None-Match": held})).status_code == 304
    shown.show("eka", "units", "baru")
    changed = await eka.pull("", **{"If-None-Match": tag})
    assert changed.status_code == 200 and changed.json()["reset"]
    assert len(changed.json()["units"]) == 2


async def test_whoever_has_nothing_to_know_gets_a_cursor_as_well(room: Room, fajar: Phone) -> None:
    told = await fajar.refresh()
    assert told is not None and told["reset"]
    assert await fajar.refresh() is None


# ── cursors we do not know ──


@pytest.mark.parametrize(
    "cursor", ["x", "1", "1.", "1.x", "-1.x", "9" * 30 + ".x", "1.2.3", "1.x.y.z", "1.x.0.units/a", "²." * 2]
)
async def test_a_cursor_nobody_wrote_begins_anew(shown: Room, eka: Phone, cursor: str) -> None:
    await eka.refresh()
    told = (await eka.pull(cursor)).json()
    assert told["reset"] and len(told["units"]) == 1
    assert told["cursor"] == eka.cursor


async def test_a_cursor_of_somebody_else_begins_anew(shown: Room, eka: Phone, fajar: Phone) -> None:
    shown.show("fajar", "units", "puskesmas-melati")
    await eka.refresh()
    await fajar.refresh()
    fajar.cursor = eka.cursor
    told = await fajar.refresh()
    assert told is not None and told["reset"]
    assert fajar.ids("units") == ["puskesmas-melati"]


async def test_a_phone_that_was_told_more_than_a_restored_database_knows_begins_anew(
    shown: Room, eka: Phone, database: Database
) -> None:
    await eka.refresh()
    shown.show("eka", "units", "b")
    await eka.refresh()
    # back to the backup of the first step
    async with database.writing() as session:
        await session.execute(delete(Told).where(Told.seq == 2))
        await session.execute(delete(Step).where(Step.seq == 2))
    # which takes the same number again, for something else
    shown.hide("eka", "units", "b")
    shown.show("eka", "units", "c")
    told = await eka.refresh()
    assert told is not None and told["reset"]
    assert told["cursor"].startswith("2.")
    assert eka.ids("units") == ["c", "dinas-kependudukan"]


async def test_what_is_gone_is_remembered_for_half_a_year(
    shown: Room, phone_of: PhoneOf, clock: Clock, database: Database
) -> None:
    here, abroad, lost = [await phone_of("eka") for _ in range(3)]
    for phone in (here, abroad, lost):
        await phone.refresh()
    shown.hide("eka", "assignments", "1")
    await here.refresh()
    for phone in (here, abroad, lost):
        phone.browser.cookies.clear()
    clock.forward(days=179)
    abroad, told = await _again(abroad, phone_of)
    assert told is not None and not told["reset"]
    assert told["deleted"] == [{"kind": "assignments", "id": "1"}]
    clock.forward(days=2)
    shown.show("eka", "units", "baru")
    here, _ = await _again(here, phone_of)
    assert await count(database, Told) == 2
    lost, told = await _again(lost, phone_of)
    assert told is not None and told["reset"]
    assert lost.known == here.known


async def test_what_is_forgotten_is_only_what_every_known_cursor_was_told(
    shown: Room, phone_of: PhoneOf, clock: Clock
) -> None:
    other = await phone_of("eka")
    await other.refresh()
    clock.forward(days=100)
    shown.show("eka", "units", "seratus")
    other, _ = await _again(other, phone_of)
    clock.forward(days=50)
    shown.hide("eka", "assignments", "1")
    await (await phone_of("eka")).refresh()
    clock.forward(days=31)
    shown.show("eka", "units", "baru")
    # the first step is forgotten now; the other phone is at the second
    await (await phone_of("eka")).refresh()
    other, told = await _again(other, phone_of)
    assert told is not None and not told["reset"]
    assert told["deleted"] == [{"kind": "assignments", "id": "1"}]


async def _again(phone: Phone, phone_of: PhoneOf) -> tuple[Phone, dict[str, Any] | None]:
    """The phone after its person signed in again, and what it is told."""
    fresh = await phone_of("eka")
    fresh.cursor, fresh.known = phone.cursor, phone.known
    return fresh, await fresh.refresh()


async def test_who_was_told_nothing_new_for_years_is_still_known(
    shown: Room, eka: Phone, phone_of: PhoneOf, clock: Clock
) -> None:
    await eka.refresh()
    clock.forward(days=700)
    eka, told = await _again(eka, phone_of)
    assert told is None


# ── long answers, many at once ──


async def test_a_long_answer_comes_in_pages_and_misses_nothing(
    app: Litestar, shown: Room, eka: Phone, database: Database, clock: Clock
) -> None:
    for number in range(9):
        shown.show("eka", "units", f"unit.{number}/x")
    async with database.reading() as session:
        viewer = await viewer_named(session, "eka")
    assert viewer is not None
    views, cursor, seen, pages = app.state.rooms.views, "", set[str](), 0
    while pages < 9:
        found = await news(database, views, viewer, clock.now, cursor, page=3)
        assert found is not None and found.reset == (pages == 0)
        pages, cursor = pages + 1, str(found.cursor)
        seen |= {one.id for one in found.known}
        if pages == 2:
            # meanwhile something changes that was on the first page
            shown.show("eka", "assignments", "1", unit="lain")
        if not found.more:
            break
    assert len(seen) == 11 and pages == 4
    found = await news(database, views, viewer, clock.now, cursor, page=3)
    assert found is not None and not found.reset
    assert [one.id for one in found.known] == ["1"]
    assert await news(database, views, viewer, clock.now, str(found.cursor), page=3) is None


async def test_the_answer_is_compressed_for_whoever_takes_it(shown: Room, eka: Phone) -> None:
    for number in range(50):
        shown.show("eka", "units", f"unit-{number}", address="Jalan Merdeka")
    async with eka.browser.stream("GET", PULL, headers={"Accept-Encoding": "gzip"}) as answered:
        raw = b"".join([part async for part in answered.aiter_raw()])
    assert answered.headers["content-encoding"] == "gzip"
    assert len(raw) < 1500 < len(gzip.decompress(raw))
    plain = await eka.pull("", **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert len(plain.json()["units"]) == 51


async def test_many_first_pulls_at_once_are_one_step(shown: Room, eka: Phone, database: Database) -> None:
    answered = await asyncio.gather(*(eka.pull("") for _ in range(20)))
    assert {one.status_code for one in answered} == {200}
    assert len({one.json()["cursor"] for one in answered}) == 1
    assert await count(database, Step) == 1


@pytest.mark.sqlite
async def test_nobody_waits_to_write_while_a_view_is_put_together(
    shown: Room, eka: Phone, database: Database, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database.write_lock is not None
    is_held = []

    async def watched(session: AsyncSession, viewer: Viewer) -> list[phones.Known]:
        is_held.append(database.write_lock.locked())
        return await shown.view(session, viewer)

    monkeypatch.setattr(app.state, "rooms", msgspec.structs.replace(app.state.rooms, views=(watched,)))
    await eka.refresh()
    shown.show("eka", "units", "baru")
    assert await eka.refresh() is not None
    assert is_held and not any(is_held)


# ── what inspections show ──


async def test_an_inspector_is_told_of_what_they_are_assigned_to_and_of_nothing_else(
    round_: Round, eka: Phone, fajar: Phone, cast: Cast
) -> None:
    await eka.refresh()
    assert eka.ids("units") == ["dinas-kependudukan"]
    assert eka.ids("evaluations") == [str(round_.id)]
    assert len(eka.ids("instruments")) == len(eka.ids("assignments")) == 1
    await round_.visit("eka", cast.a, state="draft")
    await fajar.refresh()
    assert fajar.ids("units") == ["dinas-kependudukan", "puskesmas-melati"]
    assert fajar.ids("inspections") == []


async def test_an_assignment_that_is_withdrawn_is_gone_with_all_it_needed(
    round_: Round, eka: Phone, database: Database, cast: Cast, clock: Clock
) -> None:
    await eka.refresh()
    told_before = set(eka.known)
    async with database.writing() as session:
        await session.execute(
            update(Assignment)
            .where(Assignment.person_id == cast.people["eka"].id)
            .values(withdrawn_at=clock.now)
        )
    told = await eka.refresh()
    assert told is not None and not told["reset"]
    assert {(one["kind"], one["id"]) for one in told["deleted"]} == told_before
    assert eka.known == {}


async def test_a_new_assignment_brings_its_unit_its_evaluation_and_its_instrument(
    begin: Begin, eka: Phone, database: Database, cast: Cast, clock: Clock
) -> None:
    await begin("sampang/2018")
    await eka.refresh()
    other = await begin("pekppp/2022")
    async with database.writing() as session:
        session.add(
            Assignment(
                evaluation_id=other.id,
                unit_id=cast.b.id,
                team="Inspektorat",
                person_id=cast.people["eka"].id,
                due_day="2026-12-15",
                created_at=clock.now,
            )
        )
    told = await eka.refresh()
    assert told is not None and not told["reset"]
    assert "puskesmas-melati" in [one["id"] for one in told["units"]]
    assert [one["id"] for one in told["evaluations"]] == [str(other.id)]
    assert [one["body"]["code"] for one in told["instruments"]] == ["pekppp"]


async def test_an_officer_is_told_nothing_of_another_unit(
    begin: Begin, phone_of: PhoneOf, cast: Cast
) -> None:
    """Whatever Citra's phone is told, unit A is not in it; nor is unit B in Budi's."""
    round_ = await begin("pekppp/2022")
    await round_.visit("eka", cast.a)
    await round_.visit("fajar", cast.b)
    for name, foreign in (
        ("citra", ("Dinas Kependudukan", cast.a.slug)),
        ("budi", ("Puskesmas Melati", cast.b.slug)),
    ):
        answered = await (await phone_of(name)).pull()
        assert answered.status_code == 200
        assert not [word for word in foreign if word in answered.text], name


async def test_a_clock_of_the_phone_changes_nothing_in_what_it_is_told(shown: Room, eka: Phone) -> None:
    eka.ahead = timedelta(days=3 * 365)
    await eka.refresh()
    assert await eka.refresh() is None
