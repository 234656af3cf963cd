"""Import of units, services and counters: the dry run, then all or nothing."""

import hashlib
import re

import pytest

from server.accounts import storage as accounts
from server.units import storage
from server.units.table import template
from tests.pages import form_in

GOOD = """baris;unit;nama;jenis;induk;zona;pengguna_setahun;tanya_biaya;layanan;lokasi
unit;dinas-sosial;Dinas Sosial;dinas;;WITA;1.200;;;
unit;uptd-panti;UPTD Panti;uptd;Dinas Sosial;;;;;
unit;puskesmas-melati;Puskesmas Melati;;;;5000;;;
layanan;dinas-sosial;Santunan;;;;300;tidak;;
loket;dinas-sosial;Loket 1;;;;;;Santunan;mal-pelayanan-publik
loket;uptd-panti;Meja depan;;;;;;;
"""


async def _try(staff, content, name="unit.csv"):
    content = content.encode() if isinstance(content, str) else content
    return await staff.post("/staff/units/import", files={"file": (name, content, "text/csv")})


async def _confirm(staff, page, **changed):
    form = {**form_in(page.text, "Simpan semua"), **changed}
    files = {name: (None, value) for name, value in form.items()}
    return await staff.post("/staff/units/import/confirmation", files=files)


async def _stands(database):
    """Everything there is, to compare before and after."""
    async with database.reading() as session:
        return await storage.register(session)


async def _events(database):
    async with database.reading() as session:
        return await accounts.audit_events(session, None, 100)


async def test_the_dry_run_shows_what_would_happen_and_stores_nothing(sign_in, database):
    before = await _stands(database)
    page = await _try(await sign_in("ani"), GOOD)
    assert page.status_code == 200
    for said in (
        "Berkas siap diimpor",
        "2 unit dibuat, 1 diubah",
        "1 layanan dibuat, 0 diubah",
        "2 loket dibuat, 0 diubah",
        "<del>1.200</del> → 5.000",
    ):
        assert said in page.text, said
    assert await _stands(database) == before
    assert await _events(database) == []


async def test_a_table_may_say_where_units_are(sign_in, database):
    ani = await sign_in("ani")
    heading = "baris;unit;nama;lintang;bujur\n"
    row = "unit;puskesmas-melati;Puskesmas Melati;{};{}\n"
    page = await _try(ani, heading + row.format("-6,2088", "106,8456"))
    assert "lintang" in page.text and "-6.2088" in page.text
    assert (await _confirm(ani, page)).status_code == 303
    facts = (await _stands(database)).units["puskesmas-melati"].facts
    assert (facts["latitude"], facts["longitude"]) == (-6.2088, 106.8456)
    # an empty cell says nothing, one half of a place is none
    assert "Tidak ada yang berubah" in (await _try(ani, heading + row.format("", ""))).text
    refused = await _try(ani, heading + row.format("", "-"))
    assert refused.status_code == 422
    assert "Lintang dan bujur diisi keduanya" in refused.text
    assert (await _confirm(ani, await _try(ani, heading + row.format("-", "-")))).status_code == 303
    assert (await _stands(database)).units["puskesmas-melati"].facts["latitude"] is None


async def test_confirmed_it_does_exactly_that(sign_in, database, client):
    ani = await sign_in("ani")
    answer = await _confirm(ani, await _try(ani, GOOD))
    assert answer.status_code == 303
    assert "6+baris" in answer.headers["location"]
    stands = await _stands(database)
    dinas = stands.units["dinas-sosial"].facts
    assert (dinas["zone"], dinas["yearly_users"], dinas["opens"]) == ("Asia/Makassar", 1200, "07:30")
    assert stands.units["uptd-panti"].facts["parent"] == "dinas-sosial"
    assert stands.units["puskesmas-melati"].facts["yearly_users"] == 5000
    (santunan,) = stands.services["dinas-sosial"]
    assert santunan.facts == {"name": "Santunan", "asks_cost": False, "yearly_users": 300}
    (counter,) = stands.counters["dinas-sosial"]
    assert counter.facts == {"name": "Loket 1", "service": "santunan", "hall": "mal-pelayanan-publik"}
    assert (await client.get(f"/s/{counter.key}")).status_code == 200


async def test_units_of_the_file_stand_where_the_file_puts_them(sign_in, database):
    ani = await sign_in("ani")
    await _confirm(ani, await _try(ani, GOOD))
    async with database.reading() as session:
        above = await storage.unit_by_slug(session, "dinas-sosial")
        below = await storage.unit_by_slug(session, "uptd-panti")
    assert below.path == f"{above.path}{below.id}/"


async def test_the_same_file_twice_changes_nothing_the_second_time(sign_in, database):
    ani = await sign_in("ani")
    await _confirm(ani, await _try(ani, GOOD))
    stands, events = await _stands(database), len(await _events(database))
    again = await _try(ani, GOOD)
    assert "Tidak ada yang berubah" in again.text and "Semua 6 baris" in again.text
    assert "Simpan semua" not in again.text
    assert await _stands(database) == stands
    assert len(await _events(database)) == events


async def test_confirming_twice_imports_once(sign_in, database):
    ani = await sign_in("ani")
    page = await _try(ani, GOOD)
    assert (await _confirm(ani, page)).status_code == 303
    stands = await _stands(database)
    again = await _confirm(ani, page)
    assert again.status_code == 409
    assert "Tidak ada yang berubah" in again.text
    assert await _stands(database) == stands


async def test_each_thing_is_in_the_audit_trail_with_the_file_it_came_from(sign_in, database):
    ani = await sign_in("ani")
    await _confirm(ani, await _try(ani, GOOD))
    events = await _events(database)
    assert sorted(event.act for event in events) == [
        "counter_created",
        "counter_created",
        "service_created",
        "unit_changed",
        "unit_created",
        "unit_created",
    ]
    sha256 = hashlib.sha256(GOOD.encode()).hexdigest()
    assert all(sha256 in event.facts and event.actor == "ani" for event in events)


async def test_it_lists_every_bad_row_with_line_and_reason(sign_in, database):
    before = await _stands(database)
    bad = GOOD + 'layanan;entah;KTP;;;;;;;\nunit;x;"X";warung;;;;;;\nloket;dinas-sosial;Loket 1;;;;;;;\n'
    page = await _try(await sign_in("ani"), bad)
    assert page.status_code == 422
    assert "Ada yang perlu diperbaiki di 3 tempat" in page.text
    rows = re.findall(r">Baris (\d+)</th>.*?<code>(\w*)</code></td><td[^>]*>(.*?)</td>", page.text)
    assert [(line, column) for line, column, _ in rows] == [("8", "unit"), ("9", "jenis"), ("10", "nama")]
    assert "Unit “entah” tidak ada" in rows[0][2]
    assert "Simpan semua" not in page.text
    assert await _stands(database) == before


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1252"])
async def test_it_reads_what_spreadsheet_programs_write(sign_in, delimiter, encoding):
    content = 'baris;unit;nama;jenis\nunit;kafe;"Kafé – Melati";lainnya\n'.replace(";", delimiter)
    page = await _try(await sign_in("ani"), content.encode(encoding))
    assert "Kafé – Melati" in page.text and "1 unit dibuat" in page.text


async def test_its_own_template_can_be_imported(sign_in):
    ani = await sign_in("ani")
    given = await ani.get("/staff/units/import/template.csv")
    assert given.content == template()
    assert "Berkas siap diimpor" in (await _try(ani, given.content)).text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Pilih dahulu berkas CSV"),
        (b"PK\x03\x04spreadsheet", "Simpan dahulu sebagai CSV"),
        (b"nama;100%;kota\n", "“100%” tidak dikenal"),
        (b"x" * (2 * 1024 * 1024 + 1), "paling banyak 2 MB"),
    ],
)
async def test_it_says_why_a_file_cannot_be_read(sign_in, content, sentence):
    page = await _try(await sign_in("ani"), content)
    assert page.status_code == 422
    assert sentence in page.text


async def test_a_change_between_dry_run_and_confirmation_is_shown_first(sign_in, database):
    ani = await sign_in("ani")
    page = await _try(ani, GOOD)
    await _confirm(
        ani,
        await _try(ani, "baris;unit;nama;pengguna_setahun\nunit;puskesmas-melati;Puskesmas Melati;4000\n"),
    )
    stands = await _stands(database)
    refused = await _confirm(ani, page)
    assert refused.status_code == 409
    assert "berubah sejak berkas diperiksa" in refused.text and "<del>4.000</del> → 5.000" in refused.text
    assert await _stands(database) == stands
    assert (await _confirm(ani, refused)).status_code == 303


async def test_a_file_that_did_not_arrive_whole_is_refused(sign_in, database):
    ani = await sign_in("ani")
    before = await _stands(database)
    page = await _try(ani, GOOD)
    content = form_in(page.text, "Simpan semua")["content"]
    for damaged in (content[:-8], "", "bukan base64!"):
        answer = await _confirm(ani, page, content=damaged)
        assert answer.status_code == 422 and "tidak sampai dengan utuh" in answer.text
    assert await _stands(database) == before


async def test_when_one_row_fails_nothing_of_the_file_is_stored(sign_in, database, monkeypatch):
    ani = await sign_in("ani")
    page = await _try(ani, GOOD)
    before = await _stands(database)

    async def fails(*_):
        raise OSError("disk full")

    monkeypatch.setattr(storage, "add_counter", fails)
    assert (await _confirm(ani, page)).status_code == 500
    assert await _stands(database) == before
    assert await _events(database) == []


async def test_only_administrators_import(sign_in):
    for name in ("gita", "budi", "eka"):
        somebody = await sign_in(name)
        assert (await somebody.get("/staff/units/import")).status_code == 403
        assert (await somebody.post("/staff/units/import")).status_code == 403
        assert (await somebody.post("/staff/units/import/confirmation", {})).status_code == 403


async def test_it_refuses_an_upload_without_the_token_of_the_form(sign_in):
    ani = await sign_in("ani")
    for path in ("/staff/units/import", "/staff/units/import/confirmation"):
        assert (await ani.browser.post(path, data={"content": GOOD})).status_code == 403
