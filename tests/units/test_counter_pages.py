"""Counters as staff make, change, close and revoke them; what the citizen then finds."""

import re

import pytest

from server.accounts import storage as accounts
from server.units.codes import parse_code
from server.units.storage import counter_facts
from tests.pages import form_in

NEW = "/staff/units/dinas-kependudukan/counters/new"


async def _made(staff, **form):
    answer = await staff.post(NEW, {"name": "Loket 9", "service": "", "hall": "", **form})
    assert answer.status_code == 303, answer.text
    return re.match(r"/staff/counters/(\w{6})\?", answer.headers["location"])[1]


async def _facts(database, code):
    async with database.reading() as session:
        return await counter_facts(session, code)


async def _last_event(database):
    async with database.reading() as session:
        (event,) = await accounts.audit_events(session, None, 1)
    return event


async def test_it_makes_a_counter_whose_code_opens_the_survey(sign_in, database, client):
    code = await _made(await sign_in("ani"), service="ktp", hall="mal-pelayanan-publik")
    assert parse_code(code) == code
    facts = await _facts(database, code)
    assert (facts.name, facts.service.slug, facts.hall_name) == ("Loket 9", "ktp", "Mal Pelayanan Publik")
    assert (await client.get(f"/s/{code}")).status_code == 200
    assert (await _last_event(database)).act == "counter_created"


async def test_every_counter_has_a_code_of_its_own(sign_in):
    ani = await sign_in("ani")
    assert len({await _made(ani) for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Nama loket perlu diisi"),
        ({"service": "poli-umum"}, "tidak ada pada unit ini"),
        ({"hall": "tidak-ada"}, "Unit ini tidak ada"),
        ({"hall": "dinas-kependudukan"}, "Unit ini tidak ada"),
    ],
)
async def test_it_says_what_is_wrong(sign_in, wrong, sentence):
    ani = await sign_in("ani")
    answer = await ani.post(NEW, {"name": "Loket 9", **wrong})
    assert answer.status_code == 422
    assert sentence in answer.text


async def test_its_page_shows_code_address_poster_and_kiosk_link(sign_in, cast, app):
    code = cast.code()
    page = (await (await sign_in("budi")).get(f"/staff/counters/{code}")).text
    assert f"loket.test/s/{code}" in page
    assert f'src="/staff/counters/{code}/qr.svg"' in page
    assert f"/staff/posters.pdf?kode={code}" in page
    assert app.state.documents.kiosk_address(code).replace("&", "&amp;") in page


async def test_it_finds_a_counter_however_its_code_is_typed(sign_in, cast):
    budi = await sign_in("budi")
    code = cast.code()
    assert (await budi.get(f"/staff/counters/{code[:3].lower()}-{code[3:]}")).status_code == 200
    assert (await budi.get("/staff/counters/K7M2Q7")).status_code == 404
    assert (await budi.get("/staff/counters/entah")).status_code == 404


async def test_it_gives_the_qr_as_a_picture_of_its_own(sign_in, cast):
    picture = await (await sign_in("budi")).get(f"/staff/counters/{cast.code()}/qr.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg") and "Dinas Kependudukan" in picture.text


async def test_it_changes_where_answers_belong_from_now_on(sign_in, database, cast, dewi):
    ani = await sign_in("ani")
    code = cast.code()
    await dewi.open(code)
    path = f"/staff/counters/{code}/edit"
    form = form_in((await ani.get(path)).text, "Simpan")
    assert form["service"] == "ktp"
    assert (await ani.post(path, {**form, "name": "Loket Akta", "service": "akta"})).status_code == 303
    page = (await dewi.phone.get(f"/s/{code}")).text
    assert "Loket Akta" in page and "Akta kelahiran" in page
    event = await _last_event(database)
    assert '"before":{"name":"Loket 7654321","service":"ktp"}' in event.facts


async def test_of_two_who_edit_at_once_the_second_is_told(sign_in, cast):
    ani = await sign_in("ani")
    path = f"/staff/counters/{cast.code()}/edit"
    form = form_in((await ani.get(path)).text, "Simpan")
    await ani.post(path, {**form, "hall": "puskesmas-melati"})
    refused = await ani.post(path, {**form, "name": "Loket B"})
    assert refused.status_code == 422 and "diubah orang lain" in refused.text


async def test_closing_and_opening_the_survey_is_seen_by_citizens_at_once(sign_in, cast, client):
    ani = await sign_in("ani")
    path, survey = f"/staff/counters/{cast.code()}", f"/s/{cast.code()}"
    assert (await client.get(survey)).status_code == 200
    assert "Tutup survei di" in (await ani.get(f"{path}/closure")).text
    await ani.post(f"{path}/closure")
    assert (await client.get(survey)).status_code == 409
    await ani.post(f"{path}/reopening")
    assert (await client.get(survey)).status_code == 200


class TestRevoking:
    async def test_the_citizen_is_told_kindly(self, sign_in, cast, client):
        ani = await sign_in("ani")
        code = cast.code()
        assert (await client.get(f"/s/{code}")).status_code == 200
        await ani.post(f"/staff/counters/{code}/revocation", {"reason": "poster hilang"})
        page = await client.get(f"/s/{code}", headers={"Accept": "text/html"})
        assert page.status_code == 410
        assert "sudah diganti" in page.text
        assert "poster hilang" not in page.text

    async def test_the_replacement_is_the_same_counter_under_a_new_code(
        self, sign_in, cast, client, database
    ):
        ani = await sign_in("ani")
        code = cast.code("a_hall")
        answer = await ani.post(
            f"/staff/counters/{code}/revocation", {"reason": "disalahgunakan", "replace": "on"}
        )
        new = re.match(r"/staff/counters/(\w{6})\?", answer.headers["location"])[1]
        old_facts, facts = await _facts(database, code), await _facts(database, new)
        assert old_facts.replaced_by == new != code
        assert (facts.name, facts.service, facts.hall_name) == (
            old_facts.name,
            old_facts.service,
            old_facts.hall_name,
        )
        assert (await client.get(f"/s/{new}")).status_code == 200
        event = await _last_event(database)
        assert (event.act, event.subject) == ("counter_revoked", f"counter:{code}")
        assert event.facts == f'{{"reason":"disalahgunakan","replaced_by":"{new}"}}'
        page = (await ani.get(f"/staff/counters/{code}")).text
        assert f"/staff/counters/{new}" in page and "disalahgunakan" in page and "Kios" not in page

    async def test_the_replacement_of_a_closed_counter_is_closed(self, sign_in, cast, client):
        ani = await sign_in("ani")
        await ani.post(f"/staff/counters/{cast.code()}/closure")
        form = {"reason": "hilang", "replace": "on"}
        answer = await ani.post(f"/staff/counters/{cast.code()}/revocation", form)
        new = re.match(r"/staff/counters/(\w{6})\?", answer.headers["location"])[1]
        assert (await client.get(f"/s/{new}")).status_code == 409

    async def test_it_asks_for_a_reason(self, sign_in, cast, client):
        ani = await sign_in("ani")
        answer = await ani.post(f"/staff/counters/{cast.code()}/revocation", {"reason": " ", "replace": "on"})
        assert answer.status_code == 422
        assert "Tulis alasannya" in answer.text
        assert (await client.get(f"/s/{cast.code()}")).status_code == 200

    async def test_twice_makes_one_replacement(self, sign_in, cast, database):
        ani = await sign_in("ani")
        path = f"/staff/counters/{cast.code()}/revocation"
        for _ in range(2):
            assert (await ani.post(path, {"reason": "hilang", "replace": "on"})).status_code == 303
        page = (await ani.get("/staff/units/dinas-kependudukan")).text
        assert page.count(cast.counters["a"].name) == 2

    async def test_a_revoked_code_has_no_poster(self, sign_in, cast):
        ani = await sign_in("ani")
        await ani.post(f"/staff/counters/{cast.code()}/revocation", {"reason": "hilang"})
        assert (await ani.get("/staff/posters.pdf", kode=cast.code())).status_code == 422
