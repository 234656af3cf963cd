"""The bureau's pages of phones: what needs somebody, what can be decided about it, and files that are brought in."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from server.accounts import audit
from server.accounts.tables import AuditEvent, Person
from server.database import Database
from server.inspections.tables import Visit
from server.sync.storage import take_turn
from server.sync.tables import LedgerItem
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.inspections.phones import bring, picture
from tests.sync.phone import Item, Phone
from tests.sync.queue_files import queue_file
from tests.sync.room import Room

SignIn = Callable[[str], Awaitable[Staff]]

REASON = "Dikirim dari ponsel uji coba."
ACTS = ("lepaskan", "kesampingkan", "angkat")


@pytest_asyncio.fixture
async def gita(sign_in: SignIn) -> Staff:
    return await sign_in("gita")


def note(phone: Phone, said: str = "toilet bersih", **facts: Any) -> Item:
    unit = {"unit": "dinas-kependudukan"}
    return phone.freeze({"person": "eka", "text": said, **unit, **facts}, kind="note")


def address(item: Item, act: str = "", person: str = "eka") -> str:
    return f"/staff/phones/items/{item.id}/{item.sha256}/{person}{act}"


async def decide(who: Staff, item: Item, act: str, reason: str = REASON) -> httpx.Response:
    return await who.post(address(item), {"putusan": act, "alasan": reason})


def lead(html: str) -> str:
    """The page's first sentence, as people read it."""
    found = re.search(r'<p class="lead">(.*?)</p>', html, re.DOTALL)
    assert found, html
    return " ".join(re.sub(r"<[^>]+>", "", found[1]).split())


async def row_of(database: Database, item: Item) -> LedgerItem:
    async with database.reading() as session:
        return (await session.scalars(select(LedgerItem).where(LedgerItem.id == item.id))).one()


async def acts(database: Database, item: Item) -> list[tuple[str, str]]:
    async with database.reading() as session:
        assert await audit.broken_seals(session) == []
        events = await session.scalars(
            select(AuditEvent).where(AuditEvent.subject == f"item {item.id}").order_by(AuditEvent.id)
        )
        return [(event.actor, event.act) for event in events]


# ── what needs somebody ──


async def test_before_the_first_phone_the_page_teaches_what_to_do(gita: Staff, database: Database) -> None:
    page = (await gita.get("/staff/phones")).text
    assert lead(page) == "Belum ada ponsel yang menghubungi server."
    assert "/app/" in page and page.count('href="/staff/phones/import"') == 1


async def test_the_first_sentence_says_what_needs_somebody(
    room: Room, eka: Phone, fajar: Phone, gita: Staff
) -> None:
    fajar.ahead = timedelta(hours=3, minutes=20)
    await eka.push(note(eka, refuse="bad_finding"), note(eka, refuse="stale_revision"), note(eka))
    await fajar.push(note(fajar, person="fajar"))
    page = (await gita.get("/staff/phones")).text
    assert lead(page) == "2 kiriman menunggu keputusan, 1 ponsel jamnya meleset."
    assert "3 jam lebih cepat" in page
    assert "Dinas Kependudukan" in page and "revisi 7 yang sudah tersimpan" in page


async def test_visits_that_wait_for_photos_are_counted_per_inspector(
    round_: Round, eka: Phone, gita: Staff, clock: Clock
) -> None:
    item = eka.freeze(eka.inspection(round_, photos={"5": b"still on the phone"}))
    (result,) = await eka.push(item)
    assert result["status"] == "accepted" and len(result["need_photos"]) == 1
    page = (await gita.get("/staff/phones")).text
    assert lead(page) == "1 foto belum sampai dari 1 kunjungan."
    assert f'<a href="/staff/inspections/visits/{item.id}">Dinas Kependudukan</a>&nbsp;(1)' in page
    clock.forward(days=3)
    assert "20 November 2026, 10.00 WIB" in (await gita.get("/staff/phones", lihat="photos")).text


async def test_a_number_that_never_came_is_a_gap(room: Room, eka: Phone, gita: Staff) -> None:
    lost = note(eka, "hilang")
    await eka.push(note(eka, "sampai"))
    assert "1 belum sampai" in (await gita.get("/staff/phones")).text
    await eka.push(lost)
    assert "belum sampai" not in (await gita.get("/staff/phones")).text


async def test_long_lists_are_read_page_by_page(room: Room, eka: Phone, gita: Staff) -> None:
    for _ in range(2):
        await eka.push(*(note(eka, str(number), refuse="bad_finding") for number in range(52)))
    first = (await gita.get("/staff/phones")).text
    assert first.count(f"{address(note(eka))[:21]}") == 20 and "Semua (104)" in first
    rows = [
        (await gita.get("/staff/phones", lihat="refused", halaman=number)).text.count("/staff/phones/items/")
        for number in (1, 2, 3)
    ]
    assert rows == [100, 4, 0]


@pytest.mark.parametrize("name", ["budi", "citra", "eka"])
async def test_only_the_bureau_sees_what_phones_sent(
    room: Room, eka: Phone, sign_in: SignIn, name: str
) -> None:
    item = note(eka, refuse="bad_finding")
    await eka.push(item)
    someone = await sign_in(name)
    for path in ("/staff/phones", "/staff/phones/import", address(item), address(item, "/file")):
        assert (await someone.get(path)).status_code == 403
    for path in (address(item), "/staff/phones/import"):
        assert (await someone.post(path)).status_code == 403


async def test_the_pages_speak_english_too(room: Room, eka: Phone, gita: Staff) -> None:
    item = note(eka, refuse="bad_finding")
    await eka.push(item)
    for path in ("/staff/phones", "/staff/phones/import", address(item)):
        answered = await gita.get(path, lang="en")
        assert answered.status_code == 200 and "Phones" in answered.text


# ── one item ──


async def test_a_visit_is_read_indicator_by_indicator(round_: Round, eka: Phone, gita: Staff) -> None:
    body = eka.inspection(round_)
    key = next(iter(body["findings"]))
    del body["findings"][key]
    other = next(iter(body["findings"]))
    body["findings"][other]["note"] = "keran <b>patah</b>"
    item = eka.freeze(body)
    (result,) = await eka.push(item)
    assert result["code"] == "incomplete_visit"
    page = (await gita.get(address(item))).text
    indicator = round_.instrument.indicator(other)
    assert indicator is not None and f"{other}. {indicator.name}" in page
    assert "keran &lt;b&gt;patah" in page and "<b>patah" not in page
    assert result["detail"] in page


async def test_the_service_that_was_looked_at_is_named(room: Room, eka: Phone, gita: Staff) -> None:
    of_here, of_nowhere = (note(eka, service=slug, refuse="bad_finding") for slug in ("ktp", "paspor"))
    await eka.push(of_here, of_nowhere)
    assert "KTP elektronik" in (await gita.get(address(of_here))).text
    assert "paspor" in (await gita.get(address(of_nowhere))).text


async def test_what_nobody_can_read_is_shown_as_it_came(room: Room, eka: Phone, gita: Staff) -> None:
    item = eka.freeze(
        b'{"findings": [3, {"x": "<script>"}], "service": {"a": 1}, "refuse": "bad_finding"}', kind="note"
    )
    await eka.push(item)
    answered = await gita.get(address(item))
    assert (
        answered.status_code == 200 and "&lt;script&gt;" in answered.text and "<script>" not in answered.text
    )


async def test_what_no_database_and_no_page_can_write_is_read_without_it(
    room: Room, eka: Phone, gita: Staff, database: Database
) -> None:
    named = '"findings": {"1": {"evidence": [{"sha256": "ab\\u0000"}, {"sha256": "ABC"}]}}'
    for said in ('"unit": "a\\u0000b", "instrument": "\\u0000"', '"note": "keran \\ud83d patah"'):
        await eka.push(eka.freeze(f'{{"person": "eka", {said}, {named}}}'.encode(), kind="note"))
    whole = await gita.get("/staff/phones")
    assert whole.status_code == 200 and lead(whole.text) == "2 kiriman menunggu keputusan."
    async with database.reading() as session:
        rows = await session.scalars(select(LedgerItem).order_by(LedgerItem.kind))
        pages = [await gita.get(f"/staff/phones/items/{row.id}/{row.body_sha256}/eka") for row in rows]
    nul, half = pages
    assert (nul.status_code, half.status_code) == (200, 200)
    assert "ab" in nul.text and "\0" not in nul.text
    assert "keran \\ud83d patah" in half.text


async def test_the_photos_of_an_item_that_are_here_are_told_from_those_that_are_not(
    round_: Round, eka: Phone, gita: Staff
) -> None:
    item = eka.freeze(eka.inspection(round_, photos={"5": picture(1), "6": picture(2)}, person="fajar"))
    (refused,) = await eka.push(item)
    assert refused["code"] == "not_their_work"
    await bring(eka, picture(1))
    page = (await gita.get(address(item))).text
    assert page.count("belum sampai") == 1


async def test_the_download_is_what_came_byte_for_byte(room: Room, eka: Phone, gita: Staff) -> None:
    item = eka.freeze(b'{ "text":"a",  "refuse":"bad_finding" }', kind="note")
    await eka.push(item)
    answered = await gita.get(address(item, "/file"))
    assert answered.content == item.text
    assert "attachment" in answered.headers["content-disposition"]
    assert answered.headers["cache-control"] == "no-store"


async def test_an_item_that_is_not_there_is_not_found(room: Room, eka: Phone, gita: Staff) -> None:
    item = note(eka, refuse="bad_finding")
    await eka.push(item)
    assert (await gita.get(address(item, person="fajar"))).status_code == 404
    assert (await gita.get(address(note(eka)))).status_code == 404
    assert (await gita.get(f"/staff/phones/items/1/{item.sha256}/eka")).status_code == 404


async def test_both_sides_of_a_conflict_are_named(round_: Round, eka: Phone, gita: Staff) -> None:
    first = eka.freeze(eka.inspection(round_))
    await eka.push(first)
    body = eka.inspection(round_)
    key = next(iter(body["findings"]))
    body["findings"][key] |= {"value": 0, "note": "ternyata tidak ada"}
    second = eka.freeze(body, id=first.id)
    (result,) = await eka.push(second)
    assert result["status"] == "conflict"
    page = (await gita.get(address(second))).text
    assert address(first) in page and f"/staff/inspections/visits/{first.id}" in page
    assert page.count("<mark>") == 1


# ── deciding ──


async def test_a_release_stores_it_as_its_authors_and_the_phone_is_told(
    room: Room, eka: Phone, gita: Staff, database: Database, clock: Clock, cast: Cast
) -> None:
    item = note(eka, refuse="bad_finding")
    await eka.push(item)
    room.is_forgiving, room.missing = True, ("b" * 64,)
    clock.forward(hours=5)
    answered = await decide(gita, item, "lepaskan")
    assert answered.status_code == 303 and "revisi+1" in answered.headers["location"]
    assert "1+foto" in answered.headers["location"]
    row = await row_of(database, item)
    assert (row.status, row.settled_how) == ("accepted", "released")
    assert (row.settled_by, row.settled_at) == (cast.people["gita"].id, clock.now)
    # judged with what it came with, not with when it was released
    assert room.pushed[-1] == room.pushed[0]
    assert await acts(database, item) == [("eka", "sync_refused"), ("gita", "sync_released")]
    (told,) = await eka.push(item)
    assert (told["status"], told["revision"], told["need_photos"]) == ("duplicate", 1, ["b" * 64])
    assert "Dilepaskan oleh Gita" in (await gita.get(address(item))).text


async def test_what_a_rule_still_forbids_stays_and_says_why(
    room: Room, eka: Phone, gita: Staff, database: Database
) -> None:
    item = note(eka, refuse="bad_finding")
    await eka.push(item)
    answered = await decide(gita, item, "lepaskan")
    assert answered.status_code == 422 and "Tidak dapat." in answered.text
    row = await row_of(database, item)
    assert (row.status, row.settled_at) == ("rejected", None)
    assert await acts(database, item) == [("eka", "sync_refused")]


async def test_a_released_conflict_becomes_the_newest_revision(
    round_: Round, eka: Phone, gita: Staff, database: Database
) -> None:
    first = eka.freeze(eka.inspection(round_))
    await eka.push(first)
    second = eka.freeze(eka.inspection(round_, note="yang benar"), id=first.id)
    await eka.push(second)
    answered = await decide(gita, second, "lepaskan")
    assert answered.status_code == 303 and "revisi+2" in answered.headers["location"], answered.text
    async with database.reading() as session:
        visit = await session.get_one(Visit, first.id)
        assert (visit.revision, visit.body_sha256) == (2, second.sha256)


async def test_setting_aside_needs_a_reason_and_can_be_undone(
    room: Room, eka: Phone, gita: Staff, database: Database
) -> None:
    item = note(eka, refuse="bad_finding")
    await eka.push(item)
    short = await decide(gita, item, "kesampingkan", "salah")
    assert short.status_code == 422 and "paling sedikit 10 huruf" in short.text
    assert (await decide(gita, item, "kesampingkan", REASON)).status_code == 303
    page = (await gita.get("/staff/phones")).text
    assert "Tidak ada yang menunggu" in lead(page) and REASON in page
    # set aside: the phone hears what it heard before, and nobody judges it again
    room.is_forgiving = True
    assert [one["status"] for one in await eka.push(item)] == ["rejected"]
    assert (await decide(gita, item, "lepaskan")).status_code == 409
    assert (await decide(gita, item, "angkat")).status_code == 303
    assert (await row_of(database, item)).settled_how == ""
    assert [one["status"] for one in await eka.push(item)] == ["accepted"]
    told = [("eka", "sync_refused"), ("gita", "sync_set_aside"), ("gita", "sync_taken_up")]
    assert await acts(database, item) == told


async def test_the_phone_hears_that_what_nobody_could_read_was_set_aside(
    room: Room, eka: Phone, gita: Staff, database: Database
) -> None:
    raw = note(eka).envelope(colour="merah")
    await eka.push(raw)
    async with database.reading() as session:
        (row,) = await session.scalars(select(LedgerItem))
    kept = Item(row.id, row.body)
    assert (await decide(gita, kept, "kesampingkan")).status_code == 303
    (told,) = await eka.push(raw)
    assert (told["status"], told["code"], told["detail"]) == ("rejected", "set_aside", REASON)


async def test_what_no_database_keeps_is_released_by_nobody(room: Room, eka: Phone, gita: Staff) -> None:
    item = eka.freeze(b'{"person": "eka", "text": "a\\u0000b"}', kind="note")
    (refused,) = await eka.push(item)
    assert refused["code"] == "bad_item"
    answered = await decide(gita, item, "lepaskan")
    assert answered.status_code == 422 and "tidak dapat disimpan" in answered.text
    assert room.pushed == []


async def test_who_decides_waits_for_what_the_author_is_pushing(
    round_: Round, eka: Phone, gita: Staff, database: Database, cast: Cast
) -> None:
    first = eka.freeze(eka.inspection(round_))
    second = eka.freeze(eka.inspection(round_, note="yang benar"), id=first.id)
    await eka.push(first, second)
    async with database.writing() as session:
        # as a push does: the turn, and later the item
        await take_turn(session, cast.people["eka"].id)
        deciding = asyncio.create_task(decide(gita, second, "lepaskan"))
        await asyncio.sleep(0.3)
        same = update(LedgerItem).where(LedgerItem.body_sha256 == second.sha256)
        await session.execute(same.values(person_id=cast.people["eka"].id))
    answered = await deciding
    assert answered.status_code == 303 and "revisi+2" in answered.headers["location"]


async def test_what_is_accepted_while_it_is_set_aside_is_not_both(
    room: Room, eka: Phone, gita: Staff, database: Database
) -> None:
    for number in range(6):
        room.is_forgiving = False
        item = note(eka, str(number), refuse="bad_finding", unit="dinas-kependudukan")
        await eka.push(item)
        room.is_forgiving = True
        (told,), answered = await asyncio.gather(eka.push(item), decide(gita, item, "kesampingkan"))
        row = await row_of(database, item)
        assert (told["status"], answered.status_code, row.status, row.settled_how) in (
            ("accepted", 409, "accepted", ""),
            ("rejected", 303, "rejected", "set_aside"),
        )


async def test_what_was_decided_is_not_decided_again(room: Room, eka: Phone, gita: Staff) -> None:
    item = note(eka, refuse="bad_finding")
    await eka.push(item)
    room.is_forgiving = True
    assert (await decide(gita, item, "lepaskan")).status_code == 303
    for act in ACTS:
        answered = await decide(gita, item, act)
        assert answered.status_code == 409 and "sudah diputuskan" in answered.text


async def test_nobody_decides_what_they_recorded_themselves(
    room: Room, eka: Phone, gita: Staff, sign_in: SignIn, database: Database
) -> None:
    item = note(eka, refuse="bad_finding")
    await eka.push(item)
    async with database.writing() as session:
        await session.execute(update(Person).where(Person.username == "eka").values(role="coordinator"))
    promoted = await sign_in("eka")
    assert "Minta orang lain" in (await promoted.get(address(item))).text
    for act in ACTS:
        answered = await decide(promoted, item, act)
        assert answered.status_code == 403 and "sendiri" in answered.text


# ── files that are brought in ──


async def test_a_brought_file_leads_to_what_became_of_it(
    room: Room, eka: Phone, gita: Staff, tmp_path: Path
) -> None:
    items = [note(eka), note(eka, refuse="bad_finding")]
    file = queue_file(tmp_path / "loket-antrean-eka.zip", eka, items)
    answered = await gita.post("/staff/phones/import", files={"berkas": (file.name, file.read_bytes())})
    assert answered.status_code == 303, answered.text
    result = await gita.get(answered.headers["location"])
    assert lead(result.text) == "1 kiriman dan 0 foto kini tersimpan. 1 ditolak; sebabnya di bawah."
    assert "Dinas Kependudukan" in result.text and file.name in result.text
    again = await gita.post("/staff/phones/import", files={"berkas": (file.name, file.read_bytes())})
    assert "Tidak ada yang baru" in lead((await gita.get(again.headers["location"])).text)
    assert answered.headers["location"] in (await gita.get("/staff/phones/import")).text
    assert "dibawa Gita" in (await gita.get("/staff/phones")).text


async def test_a_brought_conflict_is_told_as_kept_and_leads_to_the_choice(
    room: Room, eka: Phone, gita: Staff, tmp_path: Path
) -> None:
    item = note(eka, refuse="stale_revision")
    file = queue_file(tmp_path / "q.zip", eka, [item])
    answered = await gita.post("/staff/phones/import", files={"berkas": (file.name, file.read_bytes())})
    page = (await gita.get(answered.headers["location"])).text
    assert lead(page) == "1 kiriman bertentangan: keduanya tersimpan, pilih mana yang berlaku."
    assert 'href="/staff/phones?lihat=conflicts"' in page


async def test_a_brought_file_with_what_no_database_keeps_is_told_all_the_same(
    room: Room, eka: Phone, gita: Staff, tmp_path: Path
) -> None:
    said = b'{"person": "eka", "unit": "a\\u0000b"}', b'{"person": "fa\\u0000jar", "unit": "\\u0000"}'
    file = queue_file(tmp_path / "q.zip", eka, [eka.freeze(body, kind="note") for body in said])
    answered = await gita.post("/staff/phones/import", files={"berkas": (file.name, file.read_bytes())})
    assert answered.status_code == 303
    page = await gita.get(answered.headers["location"])
    assert page.status_code == 200 and "2 ditolak" in page.text and "fajar" in page.text
    assert "\0" not in page.text


async def test_no_file_or_another_file_is_refused_in_words(gita: Staff, database: Database) -> None:
    nothing = await gita.post("/staff/phones/import")
    assert nothing.status_code == 422 and "Pilih dahulu berkas antrean" in nothing.text
    other = await gita.post("/staff/phones/import", files={"berkas": ("foto.jpg", b"\xff\xd8 no zip")})
    assert other.status_code == 422 and "utuh" in other.text and "Tidak ada yang tersimpan" in other.text


async def test_a_result_is_an_imports_only(gita: Staff, room: Room, eka: Phone) -> None:
    await eka.push(note(eka, refuse="bad_finding"))
    assert (await gita.get("/staff/phones/import/results/1")).status_code == 404
