"""The staff's pages of evaluations: the bureau plans, closes and sees the city, a unit sees itself, an inspector where
to go."""

import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import select

from server.accounts import audit
from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.editions.storage import publish
from server.inspections.national import nationals
from server.inspections.tables import Assignment, Edition, Evaluation, FollowUp, Locus, VisitStep
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import ADA, TIDAK_ADA, Round
from tests.statements import statements

HOME = "/staff/inspections"
NEW = f"{HOME}/evaluations/new"
A, B = "dinas-kependudukan", "puskesmas-melati"

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

PEKPPP = {
    "instrumen": "pekppp/2022",
    "judul": "PEKPPP Mandiri 2026",
    "mulai": "2026-07-01",
    "selesai": "2026-12-31",
    "cara": "exact",
    "sasaran": "3,5",
    "sanggah": "7",
    "perbaikan": "60",
    "tanpa_f03": "f02_only",
}
SAMPANG = {**PEKPPP, "instrumen": "sampang/2018", "judul": "Monev 2026", "sasaran": "1"}


@pytest_asyncio.fixture(autouse=True)
async def _the_seals_hold(database: Database) -> AsyncIterator[None]:
    yield
    async with database.reading() as session:
        assert await audit.broken_seals(session) == []


@pytest_asyncio.fixture
async def gita(sign_in: SignIn) -> Staff:
    return await sign_in("gita")


@pytest_asyncio.fixture
async def budi(sign_in: SignIn) -> Staff:
    return await sign_in("budi")


def text_of(page: httpx.Response) -> str:
    """What a person reads on a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def row_of(page: httpx.Response, name: str) -> str:
    """What a person reads in the row of a table that begins with a name."""
    rows = re.findall(r"<tr role=\"row\">.*?</tr>", page.text, re.S)
    found = [html.unescape(re.sub(r"<[^>]+>", " ", row)) for row in rows]
    (row,) = [" ".join(text.split()) for text in found if text.split()[: len(name.split())] == name.split()]
    return row


def shown_in(page: httpx.Response, field: str) -> str:
    found = re.search(rf'<input id="{field}"[^>]*? value="([^"]*)"', page.text)
    assert found, f"no field {field}"
    return html.unescape(found[1])


def error_of(page: httpx.Response, field: str) -> str:
    found = re.search(rf'id="{field}-error">([^<]*)<', page.text)
    assert found, f"no fault at {field}: {text_of(page)}"
    return html.unescape(found[1]).strip()


async def planned(gita: Staff, **facts: str) -> str:
    """The address of an evaluation that Gita has planned."""
    done = await gita.post(NEW, {**SAMPANG, **facts})
    assert done.status_code == 303, text_of(done)
    return str(done.headers["location"]).partition("?")[0]


async def acts(database: Database) -> list[tuple[str, dict[str, Any]]]:
    async with database.reading() as session:
        events = await session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(event.act, msgspec.json.decode(event.facts)) for event in events]


# ── planning ──


async def test_gita_chooses_an_instrument_and_gets_a_form_with_what_it_says_itself(
    cast: Cast, gita: Staff
) -> None:
    first = text_of(await gita.get(NEW))
    assert "Monev pelayanan publik Setda Kabupaten Sampang" in first
    assert "Semester II 2026" in first
    form = await gita.get(NEW, instrumen="pekppp/2022", periode="2026-S2")
    assert form.status_code == 200
    assert [shown_in(form, field) for field in ("mulai", "selesai", "sasaran", "sanggah", "perbaikan")] == [
        *("2026-07-01", "2026-12-31", "3", "7", "60")
    ]
    assert "tanpa_f03" in form.text
    assert "tanpa_f03" not in (await gita.get(NEW, instrumen="sampang/2018", periode="2026")).text


async def test_an_instrument_must_be_chosen(cast: Cast, gita: Staff) -> None:
    page = await gita.get(NEW, periode="2026")
    assert page.status_code == 422
    assert "Pilih satu instrumen yang masih berlaku." in text_of(page)


async def test_gita_plans_an_evaluation_as_it_was_typed(cast: Cast, gita: Staff, database: Database) -> None:
    done = await gita.post(NEW, PEKPPP)
    assert done.status_code == 303
    async with database.reading() as session:
        (made,) = await session.scalars(select(Evaluation))
    assert (made.title, made.first_day, made.last_day) == ("PEKPPP Mandiri 2026", "2026-07-01", "2026-12-31")
    assert (made.target, made.reply_days, made.repair_days) == (Decimal("3.5"), 7, 60)
    assert (made.convention, made.without_f03) == ("exact", "f02_only")
    page = text_of(await gita.get(done.headers["location"]))
    assert "Evaluasi sudah direncanakan" in page
    assert "Belum ada unit" in page


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"judul": "  "}, "judul", "Tulis judul evaluasi"),
        ({"selesai": "2026-06-30"}, "selesai", "Periode berakhir sebelum mulai"),
        ({"mulai": ""}, "mulai", "Tulis tanggal mulai."),
        ({"sasaran": "enam"}, "sasaran", "Tulis sasaran sebagai angka, misalnya 3."),
        ({"sasaran": "5,5"}, "sasaran", "Sasaran harus pada skala 0 sampai 5."),
        ({"sanggah": "61"}, "sanggah", "Jumlah hari harus dari 0 sampai 60."),
        ({"perbaikan": "1,5"}, "perbaikan", "Tulis masa perbaikan sebagai jumlah hari, misalnya 60."),
        ({"perbaikan": ""}, "perbaikan", "Tulis masa perbaikan sebagai jumlah hari, misalnya 60."),
    ],
)
async def test_a_typed_mistake_is_told_at_its_field_and_nothing_typed_is_lost(
    cast: Cast, gita: Staff, database: Database, typed: dict[str, str], field: str, said: str
) -> None:
    page = await gita.post(NEW, {**PEKPPP, "judul": "PEKPPP <Kota>", **typed})
    assert page.status_code == 422
    assert said in error_of(page, field)
    for name in ("judul", "mulai", "selesai", "sasaran", "sanggah", "perbaikan"):
        assert shown_in(page, name) == {**PEKPPP, "judul": "PEKPPP <Kota>", **typed}[name]
    async with database.reading() as session:
        assert list(await session.scalars(select(Evaluation))) == []


async def test_a_refusal_of_the_plan_is_kept_in_the_audit_trail(
    cast: Cast, gita: Staff, database: Database
) -> None:
    await gita.post(NEW, {**PEKPPP, "sanggah": "61"})
    assert [(act, facts["code"]) for act, facts in await acts(database)] == [("refused", "bad_evaluation")]


async def test_a_withdrawn_version_is_neither_offered_nor_accepted(
    cast: Cast, gita: Staff, database: Database, clock: Clock
) -> None:
    own = msgspec.structs.replace(nationals()["sampang/2018"], version="kota-1", title="Monev kota kami")
    async with database.writing() as session:
        await publish(session, own, clock.now, None, "SK 1")  # type: ignore[arg-type]
    assert "Monev kota kami" in text_of(await gita.get(NEW))
    async with database.writing() as session:
        (edition,) = await session.scalars(select(Edition))
        edition.withdrawn_at = clock.now
    assert "Monev kota kami" not in text_of(await gita.get(NEW))
    refused = await gita.post(NEW, {**SAMPANG, "instrumen": "sampang/kota-1"})
    assert refused.status_code == 422
    assert "Pilih satu instrumen yang masih berlaku." in text_of(refused)


@pytest.mark.parametrize("name", ["budi", "eka"])
async def test_who_plans_nothing_sees_no_page_of_planning(sign_in: SignIn, begin: Begin, name: str) -> None:
    round_ = await begin()
    person = await sign_in(name)
    address = f"{HOME}/evaluations/{round_.id}"
    for path in (NEW, f"{address}/edit", f"{address}/closure", f"{address}/units", f"{address}/assignments"):
        assert (await person.get(path)).status_code == 403
    page = (await person.get(address)).text
    assert "/closure" not in page and "/removal" not in page and "/withdrawal" not in page


# ── units ──


async def test_gita_adds_the_units_she_ticked_and_then_all_of_a_kind(
    cast: Cast, gita: Staff, database: Database
) -> None:
    address = await planned(gita)
    offered = text_of(await gita.get(f"{address}/units"))
    assert "Semua Puskesmas (1)" in offered and "Semua unit (4)" in offered
    done = await gita.post(f"{address}/units", {"unit": [A, "mal-pelayanan-publik"]})
    assert done.status_code == 303
    done = await gita.post(f"{address}/units", {"jenis": "puskesmas", "sejenis": "1"})
    assert done.status_code == 303
    async with database.reading() as session:
        found = set(await session.scalars(select(Locus.unit_id)))
    assert found == {cast.a.id, cast.mall.id, cast.b.id}
    page = text_of(await gita.get(address))
    assert "0 dari 3 unit final" in page
    assert "3 unit belum ditugaskan kepada siapa pun" in page
    assert "Dinas Kependudukan" not in text_of(await gita.get(f"{address}/units"))


async def test_nothing_ticked_is_told(cast: Cast, gita: Staff) -> None:
    address = await planned(gita)
    page = await gita.post(f"{address}/units", {})
    assert page.status_code == 422
    assert "Centang paling sedikit satu unit" in text_of(page)


async def test_a_unit_that_nobody_visited_leaves_after_confirmation(
    gita: Staff, begin: Begin, database: Database
) -> None:
    round_ = await begin()
    address = f"{HOME}/evaluations/{round_.id}"
    asked = text_of(await gita.get(f"{address}/units/{B}/removal"))
    assert "Keluarkan Puskesmas Melati?" in asked and "Penugasan ini ikut ditarik: Fajar." in asked
    assert (await gita.post(f"{address}/units/{B}/removal")).status_code == 303
    page = text_of(await gita.get(address))
    assert "Puskesmas Melati" not in page
    assert "locus_removed" in [act for act, _ in await acts(database)]


async def test_a_unit_with_a_visit_stays(gita: Staff, begin: Begin, database: Database) -> None:
    round_ = await begin()
    await round_.visit("eka", round_.cast.a, state="submitted")
    address = f"{HOME}/evaluations/{round_.id}"
    assert f"/units/{A}/removal" not in (await gita.get(address)).text
    assert f"/units/{B}/removal" in (await gita.get(address)).text
    refused = await gita.post(f"{address}/units/{A}/removal")
    assert refused.status_code == 409
    assert "sudah dinilai dalam evaluasi ini" in text_of(refused)
    assert [(act, facts["code"]) for act, facts in await acts(database)] == [("refused", "wrong_state")]
    assert "Dinas Kependudukan" in text_of(await gita.get(address))


# ── assignments ──


ASSIGNED = {
    "pemeriksa": "eka",
    "tim": "Inspektorat",
    "tenggat": "2026-12-01",
    "tempat": [A, B],
}


async def test_gita_assigns_eka_to_two_units_at_once(
    cast: Cast, gita: Staff, sign_in: SignIn, database: Database
) -> None:
    address = await planned(gita)
    await gita.post(f"{address}/units", {"unit": [A, B]})
    form = await gita.get(f"{address}/assignments")
    assert len(re.findall(r'name="tempat"[^>]*checked', form.text)) == 2
    done = await gita.post(f"{address}/assignments", ASSIGNED)
    assert done.status_code == 303, text_of(done)
    row = row_of(await gita.get(address), "Dinas Kependudukan")
    assert "Eka (Inspektorat): 1 Desember 2026" in row
    assert "belum ditugaskan" not in text_of(await gita.get(address))
    async with database.reading() as session:
        assert len(list(await session.scalars(select(Assignment)))) == 2


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"tempat": []}, None, "Pilih paling sedikit satu tempat."),
        ({"pemeriksa": ""}, "pemeriksa", "Pilih pemeriksanya."),
        ({"pemeriksa": "budi"}, "pemeriksa", "tidak punya akun pemeriksa yang aktif"),
        ({"tim": "Satpol"}, "tim", "Tim pada instrumen ini salah satu dari"),
        ({"tenggat": "2027-03-02"}, "tenggat", "Tenggat harus dari 2026-07-01 sampai 2027-03-01"),
    ],
)
async def test_an_assignment_that_cannot_be_leaves_none_behind(
    cast: Cast, gita: Staff, database: Database, typed: dict[str, Any], field: str | None, said: str
) -> None:
    address = await planned(gita)
    await gita.post(f"{address}/units", {"unit": [A, B]})
    page = await gita.post(f"{address}/assignments", {**ASSIGNED, **typed})
    assert page.status_code == 422
    assert said in (error_of(page, field) if field else text_of(page))
    if "tempat" not in typed:
        assert len(re.findall(r'name="tempat"[^>]*checked', page.text)) == 2
    async with database.reading() as session:
        assert list(await session.scalars(select(Assignment))) == []


async def test_an_instrument_of_services_is_assigned_service_by_service(
    cast: Cast, gita: Staff, database: Database
) -> None:
    address = await planned(gita, instrumen="ombudsman/classic", judul="Kepatuhan 2026")
    await gita.post(f"{address}/units", {"unit": [A]})
    form = await gita.get(f"{address}/assignments")
    assert "KTP elektronik" in text_of(form) and "Akta kelahiran" in text_of(form)
    done = await gita.post(f"{address}/assignments", {**ASSIGNED, "tempat": [f"{A}/ktp"]})
    assert done.status_code == 303, text_of(done)
    async with database.reading() as session:
        (made,) = await session.scalars(select(Assignment))
    assert made.service_id == cast.services["ktp"].id


async def test_an_assignment_is_withdrawn_after_confirmation_unless_the_visit_is_in(
    gita: Staff, begin: Begin, database: Database
) -> None:
    round_ = await begin()
    await round_.visit("eka", round_.cast.a, state="submitted")
    address = f"{HOME}/evaluations/{round_.id}"
    async with database.reading() as session:
        ids = {(row.person_id, row.unit_id): row.id for row in await session.scalars(select(Assignment))}
    people = round_.cast.people
    eka = f"{address}/assignments/{ids[people['eka'].id, round_.cast.a.id]}/withdrawal"
    fajar = f"{address}/assignments/{ids[people['fajar'].id, round_.cast.b.id]}/withdrawal"
    refused = await gita.post(eka)
    assert refused.status_code == 409 and "Eka sudah mengirim hasil kunjungannya" in text_of(refused)
    assert "Tarik penugasan Fajar?" in text_of(await gita.get(fajar))
    assert (await gita.post(fajar)).status_code == 303
    assert "Tugaskan" in row_of(await gita.get(address), "Puskesmas Melati")
    assert (await gita.get(fajar)).status_code == 404


# ── who sees what ──


async def test_the_bureau_sees_every_unit_and_the_city_by_both_methods(
    gita: Staff, begin: Begin, database: Database
) -> None:
    """A has five of the six items, 83,33, and B all of them, 100: on the mean of the units that is 91,67."""
    round_ = await begin()
    keys = [indicator.key for _, indicator in round_.instrument.indicators]
    lacking = {key: ADA for key in keys} | {keys[0]: TIDAK_ADA}
    await round_.visit("eka", round_.cast.a, lacking)
    await round_.visit("fajar", round_.cast.b)
    page = await gita.get(f"{HOME}/evaluations/{round_.id}")
    assert "83,33" in row_of(page, "Dinas Kependudukan")
    assert "100,00" in row_of(page, "Puskesmas Melati")
    assert "91,67" in row_of(page, "rata-rata unit tanpa bobot")
    # A offers two services, B one: (2 x 83,333 + 100) / 3
    assert "88,89" in row_of(page, "rata-rata unit berbobot jumlah layanan")
    assert "0 dari 2 unit" in row_of(page, "rata-rata unit tanpa bobot")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ({}, "Dinas"),
        ({"urut": "unit", "arah": "down"}, "Puskesmas"),
        ({"urut": "indeks"}, "Puskesmas"),
        ({"urut": "indeks", "arah": "up"}, "Dinas"),
        ({"urut": "status"}, "Puskesmas"),
        ({"urut": "apa saja"}, "Dinas"),
    ],
)
async def test_the_table_sorts_by_the_address(
    gita: Staff, begin: Begin, query: dict[str, str], first: str
) -> None:
    round_ = await begin()
    lacking = {
        indicator.key: TIDAK_ADA if number == 0 else ADA
        for number, (_, indicator) in enumerate(round_.instrument.indicators)
    }
    await round_.visit("eka", round_.cast.a, lacking)
    await round_.visit("fajar", round_.cast.b)
    # somebody else is not done with B: it waits to be verified
    await round_.visit("eka", round_.cast.b, state="submitted")
    page = await gita.get(f"{HOME}/evaluations/{round_.id}", **query)
    rows = re.findall(r'<th role="rowheader" scope="row"><a [^>]*>(\w+)', page.text)
    assert rows[0] == first


async def test_budi_sees_his_row_alone_and_nothing_of_who_comes_or_of_the_city(
    budi: Staff, begin: Begin
) -> None:
    round_ = await begin()
    await round_.visit("fajar", round_.cast.b)
    page = text_of(await budi.get(f"{HOME}/evaluations/{round_.id}"))
    assert "Dinas Kependudukan" in page
    for hidden in ("Puskesmas Melati", "Eka", "Fajar", "Indeks kota", "15 Desember 2026"):
        assert hidden not in page


async def test_what_citra_may_not_see_does_not_exist_for_her(
    sign_in: SignIn, begin: Begin, database: Database
) -> None:
    round_ = await begin()
    await round_.visit("eka", round_.cast.a)
    async with database.writing() as session:
        locus = await session.get_one(Locus, (round_.id, round_.cast.b.id))
        locus.removed_at = round_.now
    citra = await sign_in("citra")
    assert (await citra.get(f"{HOME}/evaluations/{round_.id}")).status_code == 404
    home = text_of(await citra.get(HOME))
    assert "Dinas Kependudukan" not in home and "Unit Anda belum dinilai" in home


@pytest.mark.parametrize("address", ["999", "abc", "1e9"])
async def test_an_evaluation_that_is_not_there_is_not_found(cast: Cast, gita: Staff, address: str) -> None:
    for path in ("", "/edit", "/closure", "/units", "/assignments"):
        assert (await gita.get(f"{HOME}/evaluations/{address}{path}")).status_code == 404


async def test_another_teams_result_is_hidden_from_an_inspector_who_has_not_been_there(
    sign_in: SignIn, begin: Begin
) -> None:
    round_ = await begin()
    await round_.visit("fajar", round_.cast.a)
    eka = await sign_in("eka")
    page = await eka.get(f"{HOME}/evaluations/{round_.id}")
    row = row_of(page, "Dinas Kependudukan")
    assert "100,00" not in row and "15 Desember 2026" in row
    assert "Puskesmas Melati" not in text_of(page)


async def test_an_inspector_does_not_read_how_many_users_filled_in_their_form(
    sign_in: SignIn, begin: Begin, gita: Staff
) -> None:
    round_ = await begin("pekppp/2022")
    page = f"{HOME}/evaluations/{round_.id}"
    assert "F-03: 0 dari" in row_of(await gita.get(page), "Dinas Kependudukan")
    assert "F-03" not in row_of(await (await sign_in("eka")).get(page), "Dinas Kependudukan")


# ── the home of each ──


async def test_the_bureau_reads_what_runs_and_what_waits(
    gita: Staff, begin: Begin, database: Database, clock: Clock
) -> None:
    empty = text_of(await gita.get(HOME))
    assert "Tidak ada evaluasi yang sedang berjalan." in empty and "Rencanakan evaluasi" in empty
    round_ = await begin(title="Monev Oktober")
    everything = {indicator.key: ADA for _, indicator in round_.instrument.indicators}
    first = next(iter(everything))
    await round_.visit("eka", round_.cast.a, everything)
    await round_.visit("fajar", round_.cast.a, everything | {first: TIDAK_ADA})
    await round_.visit("fajar", round_.cast.b, state="submitted")
    page = text_of(await gita.get(HOME))
    assert "1 evaluasi sedang berjalan." in page
    assert "Monev Oktober" in page and "0 dari 2 unit final" in page
    assert "1 menunggu verifikasi" in page and "1 kunjungan untuk diverifikasi" in page
    assert "1 unit berbeda hasil" in page
    assert "lewat tenggat" not in page
    clock.forward(days=26)
    assert "lewat tenggat" not in text_of(await gita.get(HOME)), "everything was handed in"


async def test_a_units_own_assessment_waits_to_be_verified_like_a_visit(gita: Staff, begin: Begin) -> None:
    round_ = await begin("pekppp/2022")
    await round_.visit("budi", round_.cast.a, form="F-01", state="submitted")
    await round_.visit("eka", round_.cast.a, state="submitted")
    assert "2 menunggu verifikasi" in text_of(await gita.get(HOME))
    page = text_of(await gita.get(f"{HOME}/evaluations/{round_.id}"))
    assert "2 kunjungan menunggu verifikasi." in page
    assert "1 sudah dikunjungi" in page


async def test_assignments_past_their_day_are_counted_and_named(
    gita: Staff, begin: Begin, clock: Clock
) -> None:
    round_ = await begin()
    clock.forward(days=26)  # 16 December, 10.00 WIB; due was the 15th
    assert "3 penugasan lewat tenggat" in text_of(await gita.get(HOME))
    page = text_of(await gita.get(f"{HOME}/evaluations/{round_.id}"))
    assert "3 kunjungan lewat tenggat" in page and "lewat 1 hari" in page


async def test_the_rate_of_follow_ups_is_that_of_this_year(
    gita: Staff, begin: Begin, database: Database
) -> None:
    round_ = await begin()
    visit = await round_.visit("eka", round_.cast.a, state="final")
    async with database.writing() as session:
        for state in ("closed", "repaired", "open"):
            session.add(
                FollowUp(
                    evaluation_id=round_.id,
                    unit_id=round_.cast.a.id,
                    visit_id=visit,
                    indicator="1",
                    value=Decimal(0),
                    target=Decimal(1),
                    due_day="2027-01-20",
                    state=state,
                    opened_at=round_.now,
                    closed_at=round_.now if state == "closed" else None,
                )
            )
    page = text_of(await gita.get(HOME))
    assert "33,33% selesai (1 dari 3)" in page
    assert "1 perbaikan untuk diperiksa" in page


async def test_budi_reads_what_he_has_to_do(
    budi: Staff, gita: Staff, begin: Begin, database: Database, clock: Clock
) -> None:
    round_ = await begin("pekppp/2022")
    assert "Isi penilaian mandiri (F-01)" in text_of(await budi.get(HOME))
    await round_.visit("budi", round_.cast.a, form="F-01", state="submitted")
    home = text_of(await budi.get(HOME))
    assert "Isi penilaian mandiri" not in home and "giliran pemeriksa" in home
    assert "Puskesmas Melati" not in home
    await round_.visit("eka", round_.cast.a)
    # verified on 20 November; seven days after it
    assert "Temuan dapat Anda tanggapi sampai 27 November 2026" in text_of(await budi.get(HOME))
    clock.forward(days=8)
    assert "dapat Anda tanggapi" not in text_of(await budi.get(HOME))


async def test_eka_reads_where_to_go_what_she_began_and_what_came_back(
    sign_in: SignIn, begin: Begin, database: Database, cast: Cast
) -> None:
    fajar = await sign_in("fajar")
    assert "Belum ada kunjungan untuk Anda" in text_of(await fajar.get(HOME))
    round_ = await begin(title="Monev Oktober")
    page = await fajar.get(HOME)
    assert "2 tempat menunggu kunjungan Anda." in text_of(page)
    assert "15 Desember 2026" in row_of(page, "Puskesmas Melati")
    draft = await round_.visit("fajar", cast.b, {}, state="draft")
    page = await fajar.get(HOME)
    assert f"/staff/inspections/visits/{draft}/fill" in page.text
    assert "Sedang Anda isi" in text_of(page)
    returned = await round_.visit("fajar", cast.a, state="returned")
    key = next(indicator.key for _, indicator in round_.instrument.indicators)
    async with database.writing() as session:
        session.add(
            VisitStep(
                visit_id=returned,
                state="returned",
                at=round_.now,
                person_id=cast.people["gita"].id,
                note="Hampir selesai.",
                reasons=msgspec.json.encode({key: "Foto buram, ambil lagi."}).decode(),
            )
        )
    page = text_of(await fajar.get(HOME))
    assert "Dikembalikan untuk diperbaiki" in page
    assert "Hampir selesai." in page and "Foto buram, ambil lagi." in page
    eka = text_of(await (await sign_in("eka")).get(HOME))
    assert "1 tempat menunggu kunjungan Anda." in eka and "Foto buram" not in eka


# ── changing, closing, reopening ──


async def test_gita_changes_the_plan(gita: Staff, begin: Begin, database: Database) -> None:
    round_ = await begin("pekppp/2022")
    address = f"{HOME}/evaluations/{round_.id}"
    form = await gita.get(f"{address}/edit")
    assert shown_in(form, "sasaran") == "3"
    typed = {
        "judul": "PEKPPP kedua",
        "selesai": "2026-11-30",
        "sasaran": "4",
        "sanggah": "10",
        "perbaikan": "90",
        "tanpa_f03": "f02_only",
    }
    bad = await gita.post(f"{address}/edit", {**typed, "selesai": "2025-01-01"})
    assert bad.status_code == 422 and "Periode berakhir sebelum mulai" in error_of(bad, "selesai")
    assert shown_in(bad, "judul") == "PEKPPP kedua"
    assert (await gita.post(f"{address}/edit", typed)).status_code == 303
    async with database.reading() as session:
        made = await session.get_one(Evaluation, round_.id)
    assert (made.title, made.last_day, made.target) == ("PEKPPP kedua", "2026-11-30", Decimal(4))
    assert (made.reply_days, made.repair_days, made.without_f03) == (10, 90, "f02_only")


async def test_closing_wants_a_reason_and_reopening_too(
    gita: Staff, begin: Begin, database: Database
) -> None:
    round_ = await begin(title="Monev Oktober")
    address = f"{HOME}/evaluations/{round_.id}"
    assert "2 unit tinggal tanpa nilai final." in text_of(await gita.get(f"{address}/closure"))
    bad = await gita.post(f"{address}/closure", {"alasan": " "})
    assert bad.status_code == 422 and error_of(bad, "alasan") == "Tulis alasannya."
    assert (await gita.post(f"{address}/closure", {"alasan": "Periode selesai."})).status_code == 303

    page = await gita.get(address)
    assert "Evaluasi ini ditutup pada 20 November 2026" in text_of(page)
    assert "/assignments" not in page.text and "/edit" not in page.text
    assert (await gita.get(f"{address}/edit")).status_code == 409
    refused = await gita.post(f"{address}/units", {"unit": ["mal-pelayanan-publik"]})
    assert refused.status_code == 409 and "sudah ditutup" in text_of(refused)
    assert "Sudah ditutup Evaluasi" in text_of(await gita.get(HOME))

    again = await gita.post(f"{address}/closure", {"alasan": "Sekali lagi."})
    assert again.status_code == 409 and "Evaluasi ini sudah ditutup." in text_of(again)
    assert "Buka lagi Monev Oktober?" in text_of(await gita.get(f"{address}/reopening"))
    assert (await gita.post(f"{address}/reopening", {"alasan": "Ada yang tertinggal."})).status_code == 303
    assert "Tambah unit" in text_of(await gita.get(address))
    told = [(act, facts.get("reason")) for act, facts in await acts(database) if act != "refused"]
    assert told == [
        ("evaluation_closed", "Periode selesai."),
        ("evaluation_reopened", "Ada yang tertinggal."),
    ]


async def test_what_a_final_score_was_made_with_is_not_asked_again(
    gita: Staff, begin: Begin, database: Database
) -> None:
    round_ = await begin()
    for person, unit in (("eka", round_.cast.a), ("fajar", round_.cast.b)):
        await round_.visit(person, unit)
    final = await gita.browser.post(
        f"/api/inspections/evaluations/{round_.id}/units/{A}/finalisation",
        json={},
    )
    assert final.status_code == 201, final.text
    address = f"{HOME}/evaluations/{round_.id}"
    form = await gita.get(f"{address}/edit")
    assert 'name="sasaran"' not in form.text
    done = await gita.post(
        f"{address}/edit",
        {"judul": "Lain", "selesai": "2026-12-31", "sanggah": "7", "perbaikan": "60"},
    )
    assert done.status_code == 303, text_of(done)
    page = await gita.get(address)
    assert "1 dari 2 unit final" in text_of(page)
    assert "final" in row_of(page, "Dinas Kependudukan")
    assert f"/units/{A}/removal" not in page.text


async def test_a_hundred_units_take_as_many_queries_as_two(gita: Staff, begin: Begin) -> None:
    round_ = await begin()
    address = f"{HOME}/evaluations/{round_.id}"
    with statements() as few:
        await gita.get(address)
    await round_.more_units(97)
    with statements() as many:
        page = await gita.get(address)
    assert "0 dari 99 unit final" in text_of(page)
    assert len(many) == len(few)
