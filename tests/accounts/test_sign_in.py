"""Signing in, staying in, and out, as a browser does it."""

import asyncio

import pytest

from server.accounts import passwords, storage
from server.accounts.routes import _local
from server.accounts.sessions import COOKIE, address_hash
from tests.cast import PASSWORD, hidden_field


async def _send(client, username, password, **more):
    """Opens the sign-in page and sends its form, as a browser does."""
    page = await client.get("/staff/login", headers={"Accept": "text/html"})
    form = {"_csrf_token": hidden_field(page.text, "_csrf_token"), "username": username, "password": password}
    return await client.post("/staff/login", data={**form, **more}, headers={"Accept": "text/html"})


async def test_it_signs_in_with_the_right_password(client, cast):
    answer = await _send(client, "budi", PASSWORD)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/staff"
    assert (await client.get("/staff")).status_code == 200


async def test_it_knows_a_username_however_it_is_typed(client, cast):
    assert (await _send(client, "  Budi ", PASSWORD)).status_code == 303


async def test_its_cookie_is_out_of_reach_of_scripts_and_other_sites(client, cast):
    cookie = (await _send(client, "budi", PASSWORD)).headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie


async def test_it_keeps_the_username_when_the_password_is_wrong(client, cast):
    answer = await _send(client, "budi", "salah sekali")
    assert answer.status_code == 401
    assert 'value="budi"' in answer.text
    assert "tidak cocok" in answer.text
    assert "salah sekali" not in answer.text
    assert COOKIE not in client.cookies


async def test_it_says_the_same_of_an_unknown_name(client, cast):
    known = await _send(client, "budi", "salah")
    unknown = await _send(client, "siapa-ini", "salah")
    assert unknown.status_code == known.status_code
    assert unknown.text.replace("siapa-ini", "budi") == known.text


async def test_it_does_not_let_a_closed_account_in(client, cast, database, clock):
    async with database.writing() as session:
        (await storage.person_named(session, "budi")).closed_at = clock.now
    assert (await _send(client, "budi", PASSWORD)).status_code == 401


async def _fail(database, clock, times, username="budi", address="elsewhere"):
    async with database.writing() as session:
        for _ in range(times):
            await storage.add_failure(session, username, address, clock.now)


async def test_it_makes_a_name_wait_after_eight_failures_even_with_the_right_password(
    client, cast, database, clock
):
    await _fail(database, clock, storage.FAILURES_PER_NAME - 1)
    assert (await _send(client, "budi", "salah")).status_code == 401
    refused = await _send(client, "budi", PASSWORD)
    assert refused.status_code == 429
    assert "Tunggu 15 menit" in refused.text
    assert (await _send(client, "citra", PASSWORD)).status_code == 303
    clock.forward(minutes=16)
    assert (await _send(client, "budi", PASSWORD)).status_code == 303


async def test_it_forgets_failures_after_a_success(client, cast, database, clock):
    for _ in range(2):
        await _fail(database, clock, storage.FAILURES_PER_NAME - 1)
        assert (await _send(client, "budi", PASSWORD)).status_code == 303


async def test_it_does_not_give_a_turn_to_many_guesses_at_once(client, cast, database, clock):
    await _fail(database, clock, storage.FAILURES_PER_NAME - 2)
    answers = await asyncio.gather(*(_send(client, "budi", "salah") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [401, 401, 429, 429, 429]


async def test_it_makes_an_address_wait_whatever_it_claims_to_be(client, cast, database, clock, settings):
    """Without trusted proxies, X-Forwarded-For is anybody's word."""
    address = address_hash(settings.secret, "127.0.0.1")
    await _fail(database, clock, storage.FAILURES_PER_ADDRESS, "somebody-else", address)
    client.headers["X-Forwarded-For"] = "10.0.0.9"
    assert (await _send(client, "budi", PASSWORD)).status_code == 429


async def test_it_refuses_a_form_without_its_token(client, cast):
    answer = await client.post("/staff/login", data={"username": "budi", "password": PASSWORD})
    assert answer.status_code == 403
    assert answer.json()["code"] == "stale_form"
    assert COOKIE not in client.cookies


async def test_it_goes_on_to_the_page_that_was_asked_for(client, cast):
    asked = await client.get("/staff/units", headers={"Accept": "text/html"})
    assert asked.status_code == 303
    assert asked.headers["location"] == "/staff/login?next=%2Fstaff%2Funits"
    page = await client.get(asked.headers["location"])
    assert hidden_field(page.text, "next") == "/staff/units"
    assert (await _send(client, "budi", PASSWORD, next="/staff/units")).headers["location"] == "/staff/units"


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/staff",
        "//elsewhere.example/staff",
        "/staff\\elsewhere",
        "/staffing",
        "/unit/dinas",
        "/staff/login?next=/staff/login",
        "/staff/logout",
        "/staff/units\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_it_never_leads_out_of_the_house(address):
    assert _local(address) == "/staff"


def test_it_leads_to_pages_with_filters():
    assert _local("/staff/units?cari=dinas&jenis=rsud") == "/staff/units?cari=dinas&jenis=rsud"


async def test_it_ends_the_session_on_signing_out(sign_in, client, cast):
    budi = await sign_in("budi")
    key = budi.browser.cookies[COOKIE]
    answer = await budi.post("/staff/logout")
    assert answer.status_code == 303
    client.cookies.set(COOKIE, key)
    assert (await client.get("/staff")).status_code == 401


async def test_it_ends_the_session_that_the_browser_had_before(client, cast, database, clock):
    await _send(client, "budi", PASSWORD)
    former = client.cookies[COOKIE]
    await _send(client, "citra", PASSWORD)
    async with database.reading() as session:
        assert await storage.viewer_of(session, former, clock.now) is None


async def test_it_signs_out_somebody_who_is_not_signed_in(client, cast):
    page = await client.get("/staff/login")
    answer = await client.post("/staff/logout", data={"_csrf_token": hidden_field(page.text, "_csrf_token")})
    assert answer.status_code == 303


async def test_it_strengthens_a_hash_made_with_older_parameters(client, cast, database, monkeypatch):
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    async with database.writing() as session:
        await storage.set_password(session, cast.people["budi"].id, weak)
    assert (await _send(client, "budi", PASSWORD)).status_code == 303
    async with database.reading() as session:
        person = await storage.person_named(session, "budi")
    assert not passwords.is_outdated(person.password_hash)
    assert passwords.matches(PASSWORD, person.password_hash)


class TestChangingOnesPassword:
    NEW = "teh-manis-sore-hari"

    async def test_it_changes_and_ends_other_sessions(self, sign_in, client, cast):
        here, elsewhere = await sign_in("budi"), await sign_in("budi")
        form = {"current": PASSWORD, "new": self.NEW, "again": self.NEW}
        assert (await here.post("/staff/password", form)).status_code == 303
        assert (await here.get("/staff/units")).status_code == 200
        assert (await elsewhere.get("/staff/units")).status_code == 303
        assert (await _send(client, "budi", PASSWORD)).status_code == 401
        assert (await _send(client, "budi", self.NEW)).status_code == 303

    @pytest.mark.parametrize(
        ("form", "sentence"),
        [
            ({"current": "salah", "new": NEW, "again": NEW}, "Kata sandi yang sekarang tidak cocok"),
            ({"current": PASSWORD, "new": "pendek", "again": "pendek"}, "terdiri atas 10 sampai 200"),
            ({"current": PASSWORD, "new": NEW, "again": "lain"}, "Tidak sama"),
            ({}, "terdiri atas 10 sampai 200"),
        ],
    )
    async def test_it_says_what_is_wrong_and_changes_nothing(self, sign_in, client, cast, form, sentence):
        budi = await sign_in("budi")
        answer = await budi.post("/staff/password", form)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert self.NEW not in answer.text
        assert (await _send(client, "budi", PASSWORD)).status_code == 303

    async def test_it_counts_wrong_guesses_of_the_current_one(self, sign_in, database, clock):
        budi = await sign_in("budi")
        await _fail(database, clock, storage.FAILURES_PER_NAME - 1)
        await budi.post("/staff/password", {"current": "salah", "new": self.NEW, "again": self.NEW})
        answer = await budi.post("/staff/password", {"current": PASSWORD, "new": self.NEW, "again": self.NEW})
        assert answer.status_code == 422
        assert "Tunggu" in answer.text
