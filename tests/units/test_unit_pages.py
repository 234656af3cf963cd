"""Units and their services, as staff see, make, change and close them."""

import json

import pytest

from server.accounts import storage as accounts
from server.units import storage
from tests.cast import hidden_field
from tests.pages import form_in

A = "/staff/units/dinas-kependudukan"
FORM = {
    "name": "Dinas Sosial",
    "slug": "",
    "kind": "dinas",
    "parent": "",
    "zone": "Asia/Makassar",
    "address": "Jalan Merdeka 1",
    "contact": "0800 000",
    "opens": "8.00",
    "closes": "15.30",
    "day1": "on",
    "day3": "on",
    "yearly_users": "1.200",
}


async def _unit(database, slug):
    async with database.reading() as session:
        return await storage.unit_by_slug(session, slug)


async def _events(database, count=20):
    async with database.reading() as session:
        return [(event.act, event.subject) for event in await accounts.audit_events(session, None, count)]


async def _form_of(staff, path, **changed):
    """The form of a page with all that it offers, some of it changed; None takes a tick away."""
    form = form_in((await staff.get(path)).text, "Simpan")
    return {name: value for name, value in {**form, **changed}.items() if value is not None}


class TestSeeing:
    async def test_the_bureau_sees_the_whole_tree(self, sign_in):
        page = (await (await sign_in("gita")).get("/staff/units")).text
        assert (
            page.index("Dinas Kependudukan")
            < page.index("UPTD Kependudukan Barat")
            < page.index("Puskesmas Melati")
        )
        assert 'class="level level-1"><a href="/staff/units/uptd-kependudukan-barat"' in page

    async def test_an_officer_sees_their_tree_only(self, sign_in):
        page = (await (await sign_in("budi")).get("/staff/units")).text
        assert "UPTD Kependudukan Barat" in page and "Puskesmas Melati" not in page

    async def test_it_finds_by_words_and_kind(self, sign_in):
        gita = await sign_in("gita")
        found = (await gita.get("/staff/units", cari="barat kependudukan")).text
        assert "UPTD Kependudukan Barat" in found and "Puskesmas Melati" not in found
        found = (await gita.get("/staff/units", jenis="puskesmas")).text
        assert "Puskesmas Melati" in found and "UPTD Kependudukan Barat" not in found
        assert "Tidak ada unit yang cocok" in (await gita.get("/staff/units", cari="warung")).text

    async def test_a_unit_page_names_its_services_counters_and_units_below(self, sign_in, cast):
        page = (await (await sign_in("budi")).get(A)).text
        for said in ("KTP elektronik", "Akta kelahiran", "UPTD Kependudukan Barat", "Mal Pelayanan Publik"):
            assert said in page
        assert f"{cast.code()[:3]} {cast.code()[3:]}" in page

    async def test_the_way_up_of_an_officer_ends_at_their_own_unit(self, sign_in, database, cast):
        async with database.writing() as session:
            await storage.change_unit(
                session, await session.merge(cast.a), {"parent": "mal-pelayanan-publik"}
            )
        page = (await (await sign_in("budi")).get("/staff/units/uptd-kependudukan-barat")).text
        way = page[page.index('class="breadcrumb"') : page.index("</nav>", page.index('class="breadcrumb"'))]
        assert "Dinas Kependudukan" in way and "Mal Pelayanan Publik" not in way


class TestMakingUnits:
    async def test_it_makes_a_unit_with_a_slug_from_its_name(self, sign_in, database):
        ani = await sign_in("ani")
        answer = await ani.post("/staff/units/new", FORM)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/staff/units/dinas-sosial?")
        unit = await _unit(database, "dinas-sosial")
        assert (unit.path, unit.zone, unit.opens, unit.closes) == (
            f"/{unit.id}/",
            "Asia/Makassar",
            "08:00",
            "15:30",
        )
        assert (unit.open_days, unit.yearly_users) == ("13", 1200)
        assert (await _events(database))[0] == ("unit_created", "unit:dinas-sosial")

    async def test_it_puts_it_below_another(self, sign_in, database, cast):
        ani = await sign_in("ani")
        await ani.post("/staff/units/new", {**FORM, "parent": "uptd-kependudukan-barat"})
        unit = await _unit(database, "dinas-sosial")
        assert unit.path == f"{cast.below_a.path}{unit.id}/"

    async def test_it_keeps_where_the_unit_is_and_tells_it(self, sign_in, database):
        ani, budi = await sign_in("ani"), await sign_in("budi")
        form = await _form_of(ani, f"{A}/edit", latitude="-6,2088", longitude="106.84560049")
        assert (form_in((await ani.get(f"{A}/edit")).text, "Simpan")["latitude"]) == ""
        assert (await ani.post(f"{A}/edit", form)).status_code == 303
        unit = await _unit(database, "dinas-kependudukan")
        assert (unit.latitude, unit.longitude) == (-6.2088, 106.8456)
        page = (await budi.get(A)).text
        assert '<a href="geo:-6.2088,106.8456">-6.2088, 106.8456</a>' in page
        # the form offers what is stored, and sent as it is nothing changes
        again = await _form_of(ani, f"{A}/edit")
        assert (again["latitude"], again["longitude"]) == ("-6.2088", "106.8456")
        assert (await ani.post(f"{A}/edit", again)).status_code == 303
        assert (await ani.post(f"{A}/edit", {**again, "latitude": "", "longitude": ""})).status_code == 303
        unit = await _unit(database, "dinas-kependudukan")
        assert (unit.latitude, unit.longitude) == (None, None)
        async with database.reading() as session:
            events = await accounts.audit_events(session, None, 20)
        told = [json.loads(event.facts) for event in events if event.act == "unit_changed"]
        here, nowhere = {"latitude": -6.2088, "longitude": 106.8456}, {"latitude": None, "longitude": None}
        assert [(one["before"], one["after"]) for one in told] == [(here, nowhere), (nowhere, here)]
        trail = (await ani.get("/staff/audit")).text
        assert "lintang" in trail and "106.8456" in trail

    async def test_it_numbers_the_slug_of_a_namesake(self, sign_in, database):
        ani = await sign_in("ani")
        answer = await ani.post("/staff/units/new", {**FORM, "name": "Puskesmas Melati"})
        assert answer.headers["location"].startswith("/staff/units/puskesmas-melati-2?")

    @pytest.mark.parametrize(
        ("wrong", "field", "sentence"),
        [
            ({"name": " "}, "name", "Nama unit perlu diisi."),
            ({"name": "x" * 161}, "name", "paling banyak 160 huruf"),
            ({"slug": "Dinas Sosial!"}, "slug", "huruf kecil, angka, dan tanda hubung"),
            ({"slug": "import"}, "slug", "huruf kecil, angka, dan tanda hubung"),
            ({"slug": "puskesmas-melati"}, "slug", "sudah dipakai unit lain"),
            ({"kind": ""}, "kind", "Pilih jenis unit."),
            ({"zone": "Asia/Tokyo"}, "zone", "Pilih zona waktu."),
            ({"parent": "tidak-ada"}, "parent", "Unit induk ini tidak ada."),
            ({"opens": "pagi"}, "opens", "seperti 07.30"),
            ({"closes": "07.00"}, "closes", "sesudah jam buka"),
            ({"day1": None, "day3": None}, "day1", "paling sedikit satu hari"),
            ({"yearly_users": "banyak"}, "yearly_users", "bilangan bulat"),
            ({"latitude": "106,8456", "longitude": "-6,2088"}, "latitude", "antara -11,5 dan 6,5"),
            ({"latitude": "-6,2088", "longitude": "93,9"}, "longitude", "antara 94 dan 142"),
            ({"latitude": "-6,2088"}, "longitude", "diisi keduanya"),
            ({"longitude": "106.8456"}, "latitude", "diisi keduanya"),
        ],
    )
    async def test_it_marks_the_field_and_keeps_the_rest(self, sign_in, database, wrong, field, sentence):
        ani = await sign_in("ani")
        form = {name: value for name, value in {**FORM, **wrong}.items() if value is not None}
        answer = await ani.post("/staff/units/new", form)
        assert answer.status_code == 422
        assert f'<a href="#{field}">' in answer.text
        assert sentence in answer.text
        assert 'value="Jalan Merdeka 1"' in answer.text
        assert await _unit(database, "dinas-sosial") is None
        assert await _events(database) == []


class TestChangingUnits:
    async def test_saving_unchanged_leaves_no_trace(self, sign_in, database):
        ani = await sign_in("ani")
        answer = await ani.post(f"{A}/edit", await _form_of(ani, f"{A}/edit"))
        assert answer.status_code == 303
        assert await _events(database) == []

    async def test_it_records_before_and_after(self, sign_in, database):
        ani = await sign_in("ani")
        await ani.post(f"{A}/edit", await _form_of(ani, f"{A}/edit", name="Disdukcapil", day6="on"))
        unit = await _unit(database, "dinas-kependudukan")
        assert (unit.name, unit.open_days) == ("Disdukcapil", "123456")
        async with database.reading() as session:
            (event,) = await accounts.audit_events(session, None, 10)
        assert event.facts == (
            '{"after":{"name":"Disdukcapil","open_days":"123456"},'
            '"before":{"name":"Dinas Kependudukan","open_days":"12345"}}'
        )

    async def test_units_below_move_along_and_so_does_what_officers_see(self, sign_in, database, cast):
        ani, citra = await sign_in("ani"), await sign_in("citra")
        form = await _form_of(ani, f"{A}/edit", parent="puskesmas-melati")
        assert (await ani.post(f"{A}/edit", form)).status_code == 303
        moved = await _unit(database, "uptd-kependudukan-barat")
        assert moved.path == f"{cast.b.path}{cast.a.id}/{cast.below_a.id}/"
        assert (await citra.get("/staff/units/uptd-kependudukan-barat")).status_code == 200

    async def test_it_refuses_a_unit_below_itself(self, sign_in, database, cast):
        ani = await sign_in("ani")
        form = await _form_of(ani, f"{A}/edit")
        for parent in ("uptd-kependudukan-barat", "dinas-kependudukan"):
            answer = await ani.post(f"{A}/edit", {**form, "parent": parent})
            assert answer.status_code == 422
            assert "bawahan dirinya sendiri" in answer.text
        assert (await _unit(database, "dinas-kependudukan")).path == cast.a.path

    async def test_it_refuses_units_in_too_many_levels(self, sign_in, database):
        ani = await sign_in("ani")
        above = "uptd-kependudukan-barat"
        for level in range(6):
            await ani.post("/staff/units/new", {**FORM, "slug": f"unit-{level}", "parent": above})
            above = f"unit-{level}"
        answer = await ani.post("/staff/units/new", {**FORM, "parent": above})
        assert answer.status_code == 422 and "paling banyak 8" in answer.text
        form = await _form_of(ani, f"{A}/edit", parent="puskesmas-melati")
        assert "paling banyak 8" in (await ani.post(f"{A}/edit", form)).text

    async def test_it_changes_its_address(self, sign_in, database):
        ani = await sign_in("ani")
        answer = await ani.post(f"{A}/edit", await _form_of(ani, f"{A}/edit", slug="disdukcapil"))
        assert answer.headers["location"].startswith("/staff/units/disdukcapil?")
        assert await _unit(database, "dinas-kependudukan") is None

    async def test_of_two_who_edit_at_once_the_second_is_told(self, sign_in, database):
        first, second = await sign_in("ani"), await sign_in("ani")
        form = await _form_of(first, f"{A}/edit")
        await second.post(f"{A}/edit", {**form, "contact": "0811"})
        refused = await first.post(f"{A}/edit", {**form, "name": "Disdukcapil"})
        assert refused.status_code == 422
        assert "diubah orang lain" in refused.text and 'value="Disdukcapil"' in refused.text
        assert (await _unit(database, "dinas-kependudukan")).name == "Dinas Kependudukan"
        again = {**form, "name": "Disdukcapil", "seen": hidden_field(refused.text, "seen")}
        assert (await first.post(f"{A}/edit", again)).status_code == 303


class TestClosingUnits:
    async def test_its_surveys_stop_and_start_again_at_once(self, sign_in, cast, client, database):
        ani = await sign_in("ani")
        assert (await client.get(f"/s/{cast.code()}")).status_code == 200
        assert "4 loket tidak lagi menerima jawaban" in (await ani.get(f"{A}/closure")).text
        assert (await ani.post(f"{A}/closure")).status_code == 303
        assert (await client.get(f"/s/{cast.code()}")).status_code == 409
        assert "Unit ini ditutup" in (await ani.get(A)).text
        assert (await ani.post(f"{A}/reopening")).status_code == 303
        assert (await client.get(f"/s/{cast.code()}")).status_code == 200
        assert await _events(database) == [
            ("unit_reopened", "unit:dinas-kependudukan"),
            ("unit_closed", "unit:dinas-kependudukan"),
        ]

    async def test_it_leaves_the_list_unless_asked_for(self, sign_in):
        ani = await sign_in("ani")
        await ani.post("/staff/units/puskesmas-melati/closure")
        assert "Puskesmas Melati" not in (await ani.get("/staff/units")).text
        assert "Puskesmas Melati" in (await ani.get("/staff/units", tutup="1")).text

    async def test_closing_twice_is_closing_once(self, sign_in, database):
        ani = await sign_in("ani")
        for _ in range(2):
            assert (await ani.post(f"{A}/closure")).status_code == 303
        assert len(await _events(database)) == 1


class TestServices:
    async def test_it_adds_one_that_the_survey_offers_at_once(self, sign_in, cast, client, database):
        ani = await sign_in("ani")
        form = {"name": "Kartu Keluarga", "yearly_users": "900"}
        assert (await ani.post(f"{A}/services/new", form)).status_code == 303
        assert "Kartu Keluarga" in (await client.get(f"/s/{cast.code('a_any')}")).text
        assert (await _events(database))[0] == (
            "service_created",
            "service:dinas-kependudukan/kartu-keluarga",
        )
        page = (await ani.get(f"{A}/services/kartu-keluarga/edit")).text
        assert 'name="asks_cost">' in page, "an unticked box stays unticked"

    async def test_it_changes_and_records_it(self, sign_in, database):
        ani = await sign_in("ani")
        path = f"{A}/services/ktp/edit"
        await ani.post(path, await _form_of(ani, path, name="KTP-el", asks_cost=None))
        async with database.reading() as session:
            unit = await storage.unit_by_slug(session, "dinas-kependudukan")
            service = await storage.service_of(session, unit, "ktp")
        assert (service.name, service.asks_cost) == ("KTP-el", False)
        assert await _events(database) == [("service_changed", "service:dinas-kependudukan/ktp")]

    async def test_it_refuses_a_second_of_the_same_name(self, sign_in):
        ani = await sign_in("ani")
        answer = await ani.post(f"{A}/services/new", {"name": "ktp elektronik"})
        assert answer.status_code == 422 and "sudah mempunyai layanan" in answer.text

    async def test_closing_one_names_the_counters_that_still_ask_about_it(self, sign_in, cast, client):
        ani = await sign_in("ani")
        page = (await ani.get(f"{A}/services/ktp/closure")).text
        assert "tetap menanyakannya" in page and cast.counters["a"].name in page
        assert (await ani.post(f"{A}/services/ktp/closure")).status_code == 303
        assert "KTP elektronik" not in (await client.get(f"/s/{cast.code('a_any')}")).text
        assert (await ani.post(f"{A}/services/ktp/reopening")).status_code == 303
        assert "KTP elektronik" in (await client.get(f"/s/{cast.code('a_any')}")).text

    async def test_it_does_not_know_another_units_service(self, sign_in):
        ani = await sign_in("ani")
        assert (await ani.get(f"{A}/services/poli-umum/edit")).status_code == 404


def paths(cast):
    """Every staff address about unit A, with whether it changes something."""
    code = cast.code()
    return [
        ("get", A),
        ("get", f"{A}/edit"),
        ("post", f"{A}/edit"),
        ("get", f"{A}/closure"),
        ("post", f"{A}/closure"),
        ("post", f"{A}/reopening"),
        ("get", f"{A}/services/new"),
        ("post", f"{A}/services/new"),
        ("get", f"{A}/services/ktp/edit"),
        ("post", f"{A}/services/ktp/edit"),
        ("get", f"{A}/services/ktp/closure"),
        ("post", f"{A}/services/ktp/closure"),
        ("post", f"{A}/services/ktp/reopening"),
        ("get", f"{A}/counters/new"),
        ("post", f"{A}/counters/new"),
        ("get", f"/staff/counters/{code}"),
        ("get", f"/staff/counters/{code}/qr.svg"),
        ("get", f"/staff/counters/{code}/edit"),
        ("post", f"/staff/counters/{code}/edit"),
        ("get", f"/staff/counters/{code}/closure"),
        ("post", f"/staff/counters/{code}/closure"),
        ("post", f"/staff/counters/{code}/reopening"),
        ("get", f"/staff/counters/{code}/revocation"),
        ("post", f"/staff/counters/{code}/revocation"),
    ]


async def test_citra_sees_and_changes_nothing_of_a(sign_in, cast, database):
    citra = await sign_in("citra")
    for method, path in paths(cast):
        answer = await getattr(citra, method)(path)
        assert answer.status_code in (403, 404), path
        assert "Dinas Kependudukan" not in answer.text, path
    for path in (
        "/staff",
        "/staff/units",
        "/staff/posters",
        "/staff/posters?cari=loket",
        "/staff/units?tutup=1",
    ):
        page = (await citra.get(path)).text
        assert "Kependudukan" not in page and cast.code() not in page, path
    nothing = await citra.get("/staff/posters.pdf", kode=cast.code())
    assert nothing.status_code == 422
    assert await _events(database) == []


async def test_an_officer_sees_their_own_but_changes_nothing(sign_in, cast, database):
    budi = await sign_in("budi")
    for method, path in paths(cast):
        answer = await getattr(budi, method)(path)
        is_to_read = path in (A, f"/staff/counters/{cast.code()}", f"/staff/counters/{cast.code()}/qr.svg")
        assert answer.status_code == (200 if is_to_read else 403), path
    page = (await budi.get(A)).text
    assert f"{A}/edit" not in page and "Tambah loket" not in page
    assert await _events(database) == []


@pytest.mark.parametrize("name", ["gita", "eka"])
async def test_coordinators_and_inspectors_change_no_unit(sign_in, cast, database, name):
    somebody = await sign_in(name)
    for method, path in paths(cast):
        if method == "post":
            assert (await somebody.post(path)).status_code == 403, path
    assert (await somebody.post("/staff/units/new", FORM)).status_code == 403
    assert await _events(database) == []


async def test_nothing_is_changed_without_the_token_of_the_form(sign_in, cast, database):
    ani = await sign_in("ani")
    for method, path in [*paths(cast), ("post", "/staff/units/new")]:
        if method == "post":
            answer = await ani.browser.post(path, data=FORM)
            assert answer.status_code == 403, path
    assert await _events(database) == []
