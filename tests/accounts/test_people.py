"""Accounts of people, as the administrator makes, changes and closes them."""

import re

import pytest

from server.accounts import passwords, storage
from server.accounts.sessions import COOKIE
from tests.cast import hidden_field

FORM = {"username": "hana", "name": "Hana", "role": "officer", "unit": "puskesmas-melati"}


async def _person(database, username):
    async with database.reading() as session:
        return await storage.person_named(session, username)


async def _shown_password(staff, answer):
    page = await staff.get(answer.headers["location"])
    return re.search(r'class="copy">([^<]+)<', page.text)[1], page


async def test_it_makes_an_account_and_shows_its_password_once(sign_in, database, cast):
    ani = await sign_in("ani")
    answer = await ani.post("/staff/people/new", FORM)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/staff/people/hana")
    password, page = await _shown_password(ani, answer)
    assert page.headers["cache-control"] == "no-store"
    hana = await _person(database, "hana")
    assert passwords.matches(password, hana.password_hash)
    assert (hana.role, hana.unit_id) == ("officer", cast.b.id)
    assert password not in (await ani.get("/staff/people/hana")).text


async def test_it_writes_no_password_to_the_audit_trail(sign_in, database):
    ani = await sign_in("ani")
    password, _ = await _shown_password(ani, await ani.post("/staff/people/new", FORM))
    async with database.reading() as session:
        (event, *_) = await storage.audit_events(session, None, 10)
    assert (event.act, event.subject, event.actor) == ("person_created", "person:hana", "ani")
    assert password not in event.facts and "argon2" not in event.facts


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"username": "budi"}, "sudah dipakai"),
        ({"username": "Budi Santoso"}, "tanpa spasi"),
        ({"username": "x"}, "3 sampai 60"),
        ({"name": "  "}, "Nama perlu diisi"),
        ({"role": "raja"}, "Pilih satu peran"),
        ({"unit": ""}, "Pilih unit petugas ini"),
        ({"unit": "tidak-ada"}, "Unit ini tidak ada"),
    ],
)
async def test_it_says_what_is_wrong_and_keeps_what_was_typed(sign_in, database, wrong, sentence):
    ani = await sign_in("ani")
    form = {**FORM, **wrong}
    answer = await ani.post("/staff/people/new", form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{form["name"]}"' in answer.text
    if form["username"] != "budi":
        assert await _person(database, form["username"]) is None


async def test_it_gives_no_unit_to_those_who_see_the_city(sign_in, database):
    ani = await sign_in("ani")
    await ani.post("/staff/people/new", {**FORM, "role": "coordinator"})
    assert (await _person(database, "hana")).unit_id is None


async def test_it_changes_role_and_unit_at_once(sign_in, database, cast):
    ani, budi = await sign_in("ani"), await sign_in("budi")
    assert (await budi.get("/staff/units/puskesmas-melati")).status_code == 404
    form = {"name": "Budi", "role": "officer", "unit": "puskesmas-melati"}
    form["seen"] = hidden_field((await ani.get("/staff/people/budi")).text, "seen")
    assert (await ani.post("/staff/people/budi", form)).status_code == 303
    assert (await budi.get("/staff/units/puskesmas-melati")).status_code == 200
    assert (await budi.get("/staff/units/dinas-kependudukan")).status_code == 404


async def test_it_refuses_a_change_made_on_an_old_page_until_it_is_sent_again(sign_in, database):
    first, second = await sign_in("ani"), await sign_in("ani")
    seen = hidden_field((await first.get("/staff/people/budi")).text, "seen")
    form = {"role": "officer", "unit": "dinas-kependudukan", "seen": seen}
    assert (await second.post("/staff/people/budi", {**form, "name": "Budi Santoso"})).status_code == 303
    refused = await first.post("/staff/people/budi", {**form, "name": "Budi S."})
    assert refused.status_code == 422
    assert "diubah orang lain" in refused.text
    assert 'value="Budi S."' in refused.text
    assert (await _person(database, "budi")).name == "Budi Santoso"
    again = {**form, "name": "Budi S.", "seen": hidden_field(refused.text, "seen")}
    assert (await first.post("/staff/people/budi", again)).status_code == 303
    assert (await _person(database, "budi")).name == "Budi S."


async def test_it_keeps_the_last_administrator(sign_in, database):
    ani = await sign_in("ani")
    seen = hidden_field((await ani.get("/staff/people/ani")).text, "seen")
    demoted = await ani.post("/staff/people/ani", {"name": "Ani", "role": "coordinator", "seen": seen})
    closed = await ani.post("/staff/people/ani/closure")
    for answer in (demoted, closed):
        assert answer.status_code == 422
        assert "administrator terakhir" in answer.text
    ani_now = await _person(database, "ani")
    assert (ani_now.role, ani_now.closed_at) == ("administrator", None)


async def test_it_lets_an_administrator_go_when_another_stays(sign_in, database):
    ani = await sign_in("ani")
    await ani.post("/staff/people/new", {**FORM, "role": "administrator", "unit": ""})
    assert (await ani.post("/staff/people/ani/closure")).status_code == 303
    assert (await _person(database, "ani")).closed_at is not None
    assert (await ani.get("/staff/people")).headers["location"].startswith("/staff/login")


async def test_it_closes_an_account_with_all_its_sessions(sign_in, database, client):
    ani, budi = await sign_in("ani"), await sign_in("budi")
    key = budi.browser.cookies[COOKIE]
    assert "Tutup akun Budi?" in (await ani.get("/staff/people/budi/closure")).text
    assert (await ani.post("/staff/people/budi/closure")).status_code == 303
    assert (await budi.get("/staff")).status_code == 303
    assert (await ani.post("/staff/people/budi/reopening")).status_code == 303
    # an old cookie does not come back to life
    client.cookies.set(COOKIE, key)
    assert (await client.get("/staff")).status_code == 401
    assert (await _person(database, "budi")).closed_at is None


async def test_it_makes_a_new_password_and_ends_all_sessions(sign_in, database):
    ani, budi = await sign_in("ani"), await sign_in("budi")
    password, _ = await _shown_password(ani, await ani.post("/staff/people/budi/password"))
    assert passwords.matches(password, (await _person(database, "budi")).password_hash)
    assert (await budi.get("/staff")).status_code == 303


async def test_it_lists_everybody_with_their_unit(sign_in):
    page = await (await sign_in("ani")).get("/staff/people")
    assert "Citra" in page.text and "Puskesmas Melati" in page.text


async def test_it_does_not_know_an_unknown_account(sign_in):
    ani = await sign_in("ani")
    assert (await ani.get("/staff/people/siapa")).status_code == 404
    assert (await ani.post("/staff/people/siapa/closure")).status_code == 404


@pytest.mark.parametrize("name", ["gita", "budi", "eka"])
async def test_only_administrators_manage_people(sign_in, database, name):
    somebody = await sign_in(name)
    for path in ("/staff/people", "/staff/people/new", "/staff/people/citra", "/staff/audit"):
        assert (await somebody.get(path)).status_code == 403
    for path in ("/staff/people/new", "/staff/people/citra/closure", "/staff/people/citra/password"):
        assert (await somebody.post(path, FORM)).status_code == 403
    assert await _person(database, "hana") is None
    assert (await _person(database, "citra")).closed_at is None


async def test_it_refuses_changes_without_the_token_of_the_form(sign_in, database):
    ani = await sign_in("ani")
    answer = await ani.browser.post("/staff/people/budi/closure", data={})
    assert answer.status_code == 403
    assert (await _person(database, "budi")).closed_at is None
