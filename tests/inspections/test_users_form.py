"""The users' form (F-03): Dewi opens it by its QR code and answers; the bureau decides what counts, no unit its own."""

import asyncio
import html
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
import zxingcpp
from litestar import Litestar
from sqlalchemy import func, select

from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.national import nationals
from server.inspections.tables import Evaluation, Locus, UserSheet
from server.inspections.users import storage
from server.inspections.users.sheet import content_sha256, page_of, page_token, sender
from tests.cast import Cast, Citizen, Staff, hidden_field
from tests.conftest import Clock
from tests.inspections.makers import Round, pin
from tests.pages import form_in
from tests.units.test_qr import drawn

SignIn = Callable[[str], Awaitable[Staff]]
THANKS = "Terima kasih. Jawaban Anda sudah kami terima."


@pytest.fixture
async def pekppp(begin: Callable[..., Awaitable[Round]]) -> Round:
    """An evaluation by PEKPPP 2022, whose users' form has fourteen statements."""
    return await begin("pekppp/2022")


@pytest.fixture
def phone(dewi: Citizen, clock: Clock) -> httpx.AsyncClient:
    """Dewi's; she reads every form for a minute."""

    async def read(answered: httpx.Response) -> None:
        if answered.request.method == "GET" and re.fullmatch("/f/[A-Z0-9]{6}", answered.url.path):
            clock.forward(seconds=60)

    dewi.phone.headers["Accept"] = "text/html"
    dewi.phone.event_hooks["response"].append(read)
    return dewi.phone


async def opened(phone: httpx.AsyncClient, code: str) -> tuple[str, str]:
    """The id and the token that come with a fresh page."""
    page = await phone.get(f"/f/{code}")
    assert page.status_code == 200, page.text
    return hidden_field(page.text, "id"), hidden_field(page.text, "token")


async def send(
    phone: httpx.AsyncClient, code: str, answers: Mapping[object, object], **fields: object
) -> httpx.Response:
    """What a browser posts; from a fresh page unless told otherwise."""
    if not {"id", "token"} <= fields.keys():
        made_id, token = await opened(phone, code)
        fields = {"id": made_id, "token": token, **fields}
    body = {**{f"q-{key}": str(value) for key, value in answers.items()}, **fields}
    return await phone.post(f"/f/{code}", data=body)


def sheet_of(answered: httpx.Response) -> str:
    assert answered.status_code == 303, answered.text
    return answered.headers["location"].partition("id=")[2]


async def stored(database: Database) -> list[UserSheet]:
    async with database.reading() as session:
        return list(await session.scalars(select(UserSheet).order_by(UserSheet.received_at, UserSheet.id)))


async def told(staff: Staff, round_: Round, slug: str = "dinas-kependudukan", **query: Any) -> dict[str, Any]:
    answered = await staff.browser.get(
        f"/api/inspections/evaluations/{round_.id}/units/{slug}/user-sheets", params=query
    )
    assert answered.status_code == 200, answered.text
    return answered.json()  # type: ignore[no-any-return]


# ── the page ──


async def test_the_page_holds_every_statement_of_the_form_with_six_answers(
    phone: httpx.AsyncClient, pekppp: Round
) -> None:
    page = await phone.get(f"/f/{pekppp.codes['a']}")
    text = html.unescape(page.text)
    assert "Dinas Kependudukan" in text and "Kota Contoh sedang menilai pelayanan di sini" in text
    assert text.count("<fieldset") == text.count("<legend>") == 14
    assert '1. <span lang="id">Persyaratan yang diperlukan untuk memperoleh layanan mudah dipenuhi' in text
    assert "Tersedia konsultasi dan pengaduan layanan yang memadai dan mudah diakses" in text
    assert re.findall(r'name="q-8" value="(\d)"', text) == ["0", "1", "2", "3", "4", "5"]
    assert text.count('type="radio"') == 14 * 6 and " checked" not in text
    assert text.count("Sangat setuju") == 14 * 2, "at the end of every scale and beside its number"


async def test_the_page_sets_no_cookie_and_keeps_its_language_in_the_address(
    phone: httpx.AsyncClient, pekppp: Round
) -> None:
    page = await phone.get(f"/f/{pekppp.codes['a']}?lang=en")
    assert "set-cookie" not in page.headers and page.headers["cache-control"] == "no-store"
    assert f'action="/f/{pekppp.codes["a"]}?lang=en"' in page.text
    assert '<html lang="en">' in page.text
    assert '<span lang="id">Persyaratan yang diperlukan' in page.text
    answered = await phone.post(f"/f/{pekppp.codes['a']}?lang=en", data={"q-1": "4"})
    assert "set-cookie" not in answered.headers
    assert answered.headers["location"].endswith("&lang=en")
    thanks = await phone.get(answered.headers["location"])
    assert f'href="/f/{pekppp.codes["a"]}?lang=en"' in thanks.text


@pytest.mark.parametrize("spelt", ["/F/{code}", "/f/{lower}", "/f/{spaced}"])
async def test_the_code_is_read_as_people_write_it(
    phone: httpx.AsyncClient, pekppp: Round, spelt: str
) -> None:
    code = pekppp.codes["a"]
    address = spelt.format(code=code, lower=code.lower(), spaced=f"{code[:3]}%20{code[3:]}")
    page = await phone.get(address)
    assert page.status_code == 200 and f'action="/f/{code}"' in page.text


@pytest.mark.parametrize("typed", ["AAAAAA", "000000", "warung", "U7M-2Q6", "K7M2Q6K7M2Q6"])
async def test_an_unknown_code_gets_a_page_with_a_field_for_the_right_one(
    phone: httpx.AsyncClient, pekppp: Round, typed: str
) -> None:
    page = await phone.get(f"/f/{typed}")
    assert page.status_code == 404
    assert "Formulir tidak ditemukan" in page.text
    assert set(form_in(page.text, "Buka formulir")) == {"code"}


async def test_a_typed_code_leads_to_its_form(phone: httpx.AsyncClient, pekppp: Round) -> None:
    code = pekppp.codes["a"]
    led = await phone.get("/f", params={"code": f" {code[:3].lower()} {code[3:]}", "lang": "en"})
    assert led.status_code == 303
    page = await phone.get(led.headers["location"])
    assert page.status_code == 200 and '<html lang="en">' in page.text
    assert (await phone.get("/f", params={"code": " / "})).status_code == 404


async def test_an_instrument_without_users_has_no_form(
    phone: httpx.AsyncClient, begin: Callable[..., Awaitable[Round]], sign_in: SignIn
) -> None:
    round_ = await begin("sampang/2018")
    assert (await phone.get(f"/f/{round_.codes['a']}")).status_code == 404
    gita = await sign_in("gita")
    seen = await gita.browser.get(
        f"/api/inspections/evaluations/{round_.id}/units/dinas-kependudukan/user-sheets"
    )
    assert (seen.status_code, seen.json()["code"]) == (404, "unknown_users_form")


# ── answering ──


async def test_dewi_answers_and_is_thanked(
    phone: httpx.AsyncClient, pekppp: Round, cast: Cast, database: Database
) -> None:
    answered = await send(phone, pekppp.codes["a"], {1: 5, 2: 0, 14: 3})
    assert answered.headers["location"].startswith(f"/f/{pekppp.codes['a']}/terima-kasih?id=")
    thanks = await phone.get(answered.headers["location"])
    assert THANKS in thanks.text and "ikut dihitung dalam penilaian Dinas Kependudukan" in thanks.text
    assert "20 November 2026, 10.01 WIB" in thanks.text
    assert "Sudah terkumpul 1 dari paling sedikit 10 pengguna." in thanks.text
    (sheet,) = await stored(database)
    assert msgspec.json.decode(sheet.answers) == {"1": 5, "2": 0, "14": 3}, "what is missing is not there"
    assert (sheet.unit_id, sheet.evaluation_id, sheet.excluded_by) == (cast.a.id, pekppp.id, "")


async def test_sending_twice_is_answering_once(
    phone: httpx.AsyncClient, pekppp: Round, database: Database
) -> None:
    made_id, token = await opened(phone, pekppp.codes["a"])
    first = await send(phone, pekppp.codes["a"], {1: 5}, id=made_id, token=token)
    again = await send(phone, pekppp.codes["a"], {1: 5}, id=made_id, token=token)
    assert first.headers["location"] == again.headers["location"]
    assert len(await stored(database)) == 1
    other = await send(phone, pekppp.codes["a"], {1: 4}, id=made_id, token=token)
    assert other.status_code == 409 and "Nomor jawaban sudah dipakai" in other.text
    (sheet,) = await stored(database)
    assert msgspec.json.decode(sheet.answers) == {"1": 5}


@pytest.mark.parametrize("wrong", ["6", "-1", "2.5", "lima", "05"])
async def test_a_value_off_the_scale_is_marked_and_nothing_is_lost(
    phone: httpx.AsyncClient, pekppp: Round, database: Database, wrong: str
) -> None:
    made_id, token = await opened(phone, pekppp.codes["a"])
    again = await send(phone, pekppp.codes["a"], {3: wrong, 8: 2}, id=made_id, token=token)
    assert again.status_code == 422 and await stored(database) == []
    assert 'id="q-3-error">Pilih salah satu angka dari 0 sampai 5.' in again.text
    assert '<a href="#q-3">Pernyataan 3: Pilih salah satu angka' in again.text
    assert form_in(again.text, "Kirim") == {"id": made_id, "token": token, "q-8": "2"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Belum ada satu pun pernyataan yang dijawab"),
        ({"q-1": ""}, "Belum ada satu pun pernyataan yang dijawab"),
        ({"q-99": "5", "q-1": "3"}, "Ada pernyataan yang bukan dari formulir ini"),
    ],
)
async def test_a_sheet_that_its_form_cannot_hold_comes_back(
    phone: httpx.AsyncClient, pekppp: Round, database: Database, fields: dict[str, str], sentence: str
) -> None:
    again = await phone.post(f"/f/{pekppp.codes['a']}", data={"id": "no uuid", **fields})
    assert again.status_code == 422 and sentence in again.text
    assert UUID(hidden_field(again.text, "id")).version == 7, "it can be sent again as it is"
    assert await stored(database) == []


async def test_what_is_no_form_is_refused(phone: httpx.AsyncClient, pekppp: Round) -> None:
    address = f"/f/{pekppp.codes['a']}"
    assert (await phone.post(address, json={"q-1": "5"})).status_code == 415
    assert (await phone.post(address, data={"q-1": "5" * 70_000})).status_code == 413


async def test_a_closed_evaluation_or_a_removed_unit_takes_no_more(
    phone: httpx.AsyncClient, pekppp: Round, cast: Cast, database: Database, clock: Clock
) -> None:
    a, b = pekppp.codes["a"], pekppp.codes["b"]
    made_id, token = await opened(phone, a)
    assert (await send(phone, a, {1: 5}, id=made_id, token=token)).status_code == 303
    late = await opened(phone, b)
    async with database.writing() as session:
        (await session.get_one(Locus, (pekppp.id, cast.b.id))).removed_at = clock.now
    assert (await phone.get(f"/f/{b}")).status_code == 409
    assert (await send(phone, b, {1: 5}, id=late[0], token=late[1])).status_code == 409
    assert (await phone.get(f"/f/{a}")).status_code == 200, "the other unit is still there"
    async with database.writing() as session:
        (await session.get_one(Evaluation, pekppp.id)).closed_at = clock.now
    page = await phone.get(f"/f/{a}")
    assert page.status_code == 409 and "Formulir sudah ditutup" in page.text
    repeated = await send(phone, a, {1: 5}, id=made_id, token=token)
    assert THANKS in (await phone.get(repeated.headers["location"])).text, "it only missed our answer"
    assert len(await stored(database)) == 1


# ── what counts ──


async def test_what_is_missing_is_no_zero(phone: httpx.AsyncClient, pekppp: Round, sign_in: SignIn) -> None:
    """Statement 8: 5, 0 and nothing: (5 + 0) / 2 = 2.5 of two users, not 5 / 3."""
    for answers in ({1: 4, 8: 5}, {1: 3, 8: 0}, {1: 3}):
        assert (await send(phone, pekppp.codes["a"], answers)).status_code == 303
    users = (await told(await sign_in("gita"), pekppp))["users"]
    assert users["questions"]["8"] == {"n": 2, "total": 5, "mean": "2.500"}
    assert users["questions"]["1"] == {"n": 3, "total": 10, "mean": "3.333"}
    assert users["questions"]["9"] == {"n": 0, "total": 0, "mean": None}
    assert users["index"] is None, "three parts have no answer at all"


async def test_it_says_how_many_are_wanted(
    phone: httpx.AsyncClient, pekppp: Round, sign_in: SignIn, clock: Clock
) -> None:
    """Twelve users who all say 4 everywhere: the mean of the five parts' means is 4.00."""
    for _ in range(12):
        clock.forward(minutes=2)
        await send(phone, pekppp.codes["a"], dict.fromkeys(range(1, 15), 4))
    found = await told(await sign_in("budi"), pekppp)
    assert found["wanted"] == "12 dari paling sedikit 10"
    users = found["users"]
    assert (users["n"], users["least"], users["most"], users["enough"]) == (12, 10, 20, True)
    assert users["index"] == "4.00"


@pytest.mark.parametrize("kind", ["missing", "forged", "another", "expired"])
async def test_a_sheet_without_a_valid_page_is_kept_but_left_out(
    phone: httpx.AsyncClient, pekppp: Round, clock: Clock, sign_in: SignIn, kind: str
) -> None:
    made_id, token = await opened(phone, pekppp.codes["a"])
    if kind == "expired":
        clock.forward(hours=48, seconds=1)
    sent_token = {
        "missing": "",
        "forged": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "another": (await opened(phone, pekppp.codes["b"]))[1],
        "expired": token,
    }[kind]
    answered = await send(phone, pekppp.codes["a"], {1: 5}, id=made_id, token=sent_token)
    thanks = (await phone.get(answered.headers["location"])).text
    assert THANKS in thanks and "tidak ikut dihitung" in thanks and "lebih dari dua hari" in thanks
    found = await told(await sign_in("budi"), pekppp)
    assert found["users"]["n"] == 0
    assert found["excluded"] == {"token": 1, "too_fast": 0, "same_page": 0, "burst": 0, "reviewed": 0}


async def test_one_page_brings_one_sheet(
    phone: httpx.AsyncClient, pekppp: Round, sign_in: SignIn, database: Database
) -> None:
    first_id, token = await opened(phone, pekppp.codes["a"])
    await send(phone, pekppp.codes["a"], {1: 5}, id=first_id, token=token)
    second = await send(phone, pekppp.codes["a"], {1: 5}, id=uuid4(), token=token)
    thanks = (await phone.get(second.headers["location"])).text
    assert "sudah ada jawaban lain" in thanks and "1 jawaban tidak dihitung." in thanks
    found = await told(await sign_in("gita"), pekppp)
    assert found["users"]["n"] == 1 and found["excluded"]["same_page"] == 1
    assert [one["excluded_by"] for one in found["sheets"]["items"]] == [None, "same_page"]
    async with database.reading() as session:
        assert await storage.sheet_counts(session, pekppp.id) == {pekppp.cast.a.id: (1, 1)}


async def test_two_sheets_of_one_page_at_once_are_counted_once(
    phone: httpx.AsyncClient, pekppp: Round, database: Database
) -> None:
    made_id, token = await opened(phone, pekppp.codes["a"])
    sending = [send(phone, pekppp.codes["a"], {1: 5}, id=uuid4(), token=token) for _ in range(8)]
    assert {answered.status_code for answered in await asyncio.gather(*sending)} == {303}
    rules = sorted(sheet.excluded_by for sheet in await stored(database))
    assert rules == ["", *["same_page"] * 7]
    twice = [send(phone, pekppp.codes["b"], {1: 5}, id=made_id, token=token) for _ in range(4)]
    assert {answered.status_code for answered in await asyncio.gather(*twice)} == {303}
    assert len(await stored(database)) == 9


async def arrive(
    browser: httpx.AsyncClient, clock: Clock, code: str, seconds: int = 16, **headers: str
) -> str | None:
    """A program opens the form, waits and sends a sheet; tells which rule leaves it out."""
    made_id, token = await opened(browser, code)
    clock.forward(seconds=seconds)
    body = {"code": code, "token": token, "answers": dict.fromkeys(map(str, range(1, 15)), 5)}
    done = await browser.put(f"/api/inspections/user-sheets/{made_id}", json=body, headers=headers)
    assert done.status_code == 201, done.text
    rule: str | None = done.json()["excluded_by"]
    return rule


@pytest.mark.parametrize(("seconds", "rule"), [(0, "too_fast"), (14, "too_fast"), (15, None)])
async def test_a_sheet_sent_sooner_than_it_can_be_read_is_left_out(
    client: httpx.AsyncClient, pekppp: Round, clock: Clock, seconds: int, rule: str | None
) -> None:
    assert await arrive(client, clock, pekppp.codes["a"], seconds) == rule


async def test_of_one_sender_five_count_in_ten_minutes(
    client: httpx.AsyncClient, pekppp: Round, clock: Clock, sign_in: SignIn
) -> None:
    a, b = pekppp.codes["a"], pekppp.codes["b"]
    assert [await arrive(client, clock, a) for _ in range(8)] == [None] * 5 + ["burst"] * 3
    assert await arrive(client, clock, b) is None, "the form of another unit"
    clock.forward(minutes=10)
    assert await arrive(client, clock, a) is None
    found = await told(await sign_in("budi"), pekppp)
    assert found["users"]["n"] == 6 and found["excluded"]["burst"] == 3


async def test_of_one_sender_twenty_count_in_a_day(
    client: httpx.AsyncClient, pekppp: Round, clock: Clock
) -> None:
    clock.forward(minutes=1)
    rules = [await arrive(client, clock, pekppp.codes["a"], 180) for _ in range(23)]
    assert rules == [None] * 20 + ["burst"] * 3
    clock.forward(hours=24)
    assert await arrive(client, clock, pekppp.codes["a"]) is None


async def test_whoever_comes_through_the_citys_proxy_is_a_sender_of_their_own(
    app: Litestar,
    client: httpx.AsyncClient,
    pekppp: Round,
    clock: Clock,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    behind = msgspec.structs.replace(app.state.settings, proxies=1)
    monkeypatch.setattr(app.state, "settings", behind)
    code = pekppp.codes["a"]
    for number in range(6):
        # what the client itself claims, before the last, tells nothing
        claimed = f"198.51.100.{number}, 203.0.113.7"
        rule = await arrive(client, clock, code, **{"X-Forwarded-For": claimed})
        assert rule == ("burst" if number == 5 else None)
    assert await arrive(client, clock, code, **{"X-Forwarded-For": "203.0.113.8"}) is None
    assert len({sheet.device for sheet in await stored(database)}) == 2


async def test_a_sheet_that_came_too_fast_or_in_a_burst_says_so_and_can_be_counted_again(
    client: httpx.AsyncClient, pekppp: Round, clock: Clock, sign_in: SignIn, database: Database
) -> None:
    code = pekppp.codes["a"]
    assert await arrive(client, clock, code, 3) == "too_fast"
    for _ in range(6):
        await arrive(client, clock, code)
    gita = await sign_in("gita")
    page = html.unescape(
        (await gita.get(f"/staff/inspections/evaluations/{pekppp.id}/units/dinas-kependudukan")).text
    )
    assert "2 lembar tidak dihitung:" in page
    assert "1 dikirim kurang dari 15 detik setelah halamannya dibuka" in page
    assert "1 lebih dari 5 lembar dalam 10 menit, atau 20 sehari, dari satu sambungan internet" in page
    left_out = {sheet.excluded_by: sheet.id for sheet in await stored(database) if sheet.excluded_by}
    for rule, sentence in (("too_fast", "kurang dari 15 detik"), ("burst", "sambungan internet yang sama")):
        receipt = f"/f/{code}/terima-kasih?id={left_out[rule]}"
        thanks = (await client.get(receipt)).text
        assert "tidak ikut dihitung" in thanks and sentence in thanks
        assert (await decide(gita, str(left_out[rule]), "restoration")).status_code == 200
        assert "dan ikut dihitung" in (await client.get(receipt)).text


async def test_the_rules_can_be_turned_off_but_that_of_the_token(
    app: Litestar,
    client: httpx.AsyncClient,
    phone: httpx.AsyncClient,
    pekppp: Round,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    off = msgspec.structs.replace(app.state.settings, limits=False)
    monkeypatch.setattr(app.state, "settings", off)
    assert [await arrive(client, clock, pekppp.codes["a"], 0) for _ in range(7)] == [None] * 7
    answered = await send(phone, pekppp.codes["a"], {1: 5}, id=uuid4(), token="")
    assert "tidak ikut dihitung" in (await phone.get(answered.headers["location"])).text


async def test_one_id_sent_to_two_units_at_once_is_stored_once(
    client: httpx.AsyncClient, pekppp: Round, database: Database
) -> None:
    for _ in range(8):
        address = f"/api/inspections/user-sheets/{uuid4()}"
        sending = [
            client.put(address, json={"code": code, "answers": {"1": 5}}) for code in pekppp.codes.values()
        ]
        first, second = sorted(await asyncio.gather(*sending), key=lambda answered: answered.status_code)
        assert (first.status_code, second.status_code) == (201, 409)
        assert second.json()["code"] == "id_taken"
    assert len(await stored(database)) == 8


@pytest.mark.pure
def test_the_mark_of_a_sender_tells_no_address_and_lasts_a_day() -> None:
    friday, saturday = date(2026, 11, 20), date(2026, 11, 21)
    mark = sender(b"secret", friday, "203.0.113.7")
    assert mark and len(mark) == 32 and "203" not in mark
    assert mark == sender(b"secret", friday, "::ffff:203.0.113.7")
    assert mark not in {sender(b"secret", saturday, "203.0.113.7"), sender(b"other", friday, "203.0.113.7")}
    one_line = {sender(b"secret", friday, f"2001:db8:1:2:{end}") for end in (":1", "a:b:c:d")}
    assert len(one_line) == 1 and one_line != {sender(b"secret", friday, "2001:db8:1:3::1")}
    assert sender(b"secret", friday, "") is None and sender(b"secret", friday, "unix") is not None


async def test_what_counts_is_given_by_unit_in_the_order_of_arrival(
    phone: httpx.AsyncClient, pekppp: Round, cast: Cast, database: Database, clock: Clock
) -> None:
    for name, value in (("a", 1), ("b", 2), ("a", 3)):
        clock.forward(seconds=5)
        await send(phone, pekppp.codes[name], {7: value})
    await send(phone, pekppp.codes["a"], {7: 0}, id=uuid4(), token="")
    async with database.reading() as session:
        both = await storage.sheets_that_count(session, pekppp.id)
        assert both == {cast.a.id: [{"7": 1}, {"7": 3}], cast.b.id: [{"7": 2}]}
        assert await storage.sheets_that_count(session, pekppp.id, [cast.b.id]) == {cast.b.id: [{"7": 2}]}
        assert await storage.sheets_that_count(session, pekppp.id, []) == {}
        assert await storage.sheet_counts(session, pekppp.id) == {cast.a.id: (2, 1), cast.b.id: (1, 0)}


@pytest.mark.pure
def test_a_token_belongs_to_one_form_and_lasts_two_days() -> None:
    now = Clock().now
    token = page_token(b"secret", "K7M2Q6", now, b"123456789")
    page = page_of(b"secret", "K7M2Q6", token, now + timedelta(hours=48))
    assert page and (page.number, page.made_at) == ("MTIzNDU2Nzg5", now)
    assert page_of(b"secret", "K7M2Q6", token, now + timedelta(hours=48, seconds=1)) is None
    assert page_of(b"secret", "8E2W2H", token, now) is None
    assert page_of(b"another", "K7M2Q6", token, now) is None
    assert content_sha256("K7M2Q6", {"1": 5}) != content_sha256("K7M2Q6", {"1": 4})


# ── programs ──


async def test_a_program_gets_a_receipt(
    client: httpx.AsyncClient, pekppp: Round, phone: httpx.AsyncClient
) -> None:
    made_id, token = await opened(phone, pekppp.codes["a"])
    address = f"/api/inspections/user-sheets/{made_id}"
    body = {"code": pekppp.codes["a"].lower(), "token": token, "answers": {"1": 5, "14": 0, "2": None}}
    first = await client.put(address, json=body)
    assert first.status_code == 201, first.text
    receipt = first.json()
    assert receipt["id"] == made_id and receipt["unit"] == "dinas-kependudukan"
    assert receipt["received_at"] == "2026-11-20T03:01:00Z" and receipt["excluded_by"] is None
    again = await client.put(address, json={**body, "answers": {"14": 0, "1": 5}, "token": ""})
    assert (again.status_code, again.json()) == (200, receipt)
    other = await client.put(address, json={**body, "answers": {"1": 5}})
    assert (other.status_code, other.json()["code"]) == (409, "id_taken")
    assert THANKS in (await phone.get(receipt["receipt_url"])).text


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"answers": {"1": 6}}, 422, "bad_answer", "answers.1"),
        ({"answers": {"1": -1}}, 422, "bad_answer", "answers.1"),
        ({"answers": {"15": 3}}, 422, "bad_answer", "answers.15"),
        ({"answers": {}}, 422, "no_answer", "answers"),
        ({"answers": {"1": None}}, 422, "no_answer", "answers"),
        ({"answers": {"1": 2.5}}, 422, "bad_form", None),
        ({"answers": {"1": True}}, 422, "bad_form", None),
        ({"name": "Dewi"}, 422, "bad_form", None),
        ({"code": "AAAAAA"}, 404, "unknown_users_form", None),
    ],
)
async def test_a_program_is_told_what_is_wrong(
    client: httpx.AsyncClient,
    pekppp: Round,
    database: Database,
    change: dict[str, Any],
    status: int,
    code: str,
    field: str | None,
) -> None:
    body = {"code": pekppp.codes["a"], "token": "", "answers": {"1": 5}, **change}
    refused = await client.put(f"/api/inspections/user-sheets/{uuid4()}", json=body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.json().get("field") == field
    assert await stored(database) == []


async def test_an_id_that_is_none_is_refused(client: httpx.AsyncClient, pekppp: Round) -> None:
    body = {"code": pekppp.codes["a"], "answers": {"1": 5}}
    refused = await client.put("/api/inspections/user-sheets/satu", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_id")
    assert (await client.get(f"/f/{pekppp.codes['a']}/terima-kasih?id=satu")).status_code == 404
    assert (await client.get(f"/f/{pekppp.codes['a']}/terima-kasih?id={uuid4()}")).status_code == 404


# ── who sees what ──


@pytest.mark.parametrize("name", ["gita", "budi"])
async def test_a_foreign_decoder_reads_the_qr_code_and_it_opens_the_form(
    phone: httpx.AsyncClient, pekppp: Round, sign_in: SignIn, name: str
) -> None:
    staff = await sign_in(name)
    picture = await staff.browser.get(
        f"/api/inspections/evaluations/{pekppp.id}/units/dinas-kependudukan/users-form.svg"
    )
    assert picture.headers["content-type"].startswith("image/svg+xml")
    (found,) = zxingcpp.read_barcodes(drawn(picture.text, 3))
    assert found.text == f"HTTP://LOKET.TEST/F/{pekppp.codes['a']}"
    page = await phone.get(found.text.removeprefix("HTTP://LOKET.TEST"))
    assert page.status_code == 200 and "Dinas Kependudukan" in page.text


async def test_citra_sees_nothing_of_unit_a_and_an_inspector_nothing_of_users(
    phone: httpx.AsyncClient, pekppp: Round, sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    await send(phone, pekppp.codes["a"], {1: 5})
    unit = f"/api/inspections/evaluations/{pekppp.id}/units/dinas-kependudukan"
    citra, eka = await sign_in("citra"), await sign_in("eka")
    for address in (f"{unit}/users-form.svg", f"{unit}/user-sheets"):
        refused = await citra.browser.get(address)
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_locus")
        assert (await eka.browser.get(address)).status_code == 403
        assert (await client.get(address)).status_code == 401
    assert (await told(citra, pekppp, "puskesmas-melati"))["users"]["n"] == 0
    for number in ("999", "satu"):
        refused = await citra.browser.get(
            f"/api/inspections/evaluations/{number}/units/puskesmas-melati/user-sheets"
        )
        assert refused.json()["code"] == "unknown_evaluation"


async def test_an_officer_sees_totals_and_the_bureau_single_sheets_page_by_page(
    phone: httpx.AsyncClient, pekppp: Round, sign_in: SignIn, clock: Clock
) -> None:
    for value in (1, 2, 3):
        clock.forward(seconds=1)
        await send(phone, pekppp.codes["a"], {7: value})
    assert "sheets" not in await told(await sign_in("budi"), pekppp)
    gita = await sign_in("gita")
    first = (await told(gita, pekppp, limit=2))["sheets"]
    assert [one["answers"] for one in first["items"]] == [{"7": 1}, {"7": 2}]
    last = (await told(gita, pekppp, limit=2, after=first["next"]))["sheets"]
    assert [one["answers"] for one in last["items"]] == [{"7": 3}] and last["next"] is None


# ── a person decides ──


async def decide(
    staff: Staff, sheet_id: str, what: str, reason: str = "Diisi oleh petugas"
) -> httpx.Response:
    return await staff.browser.post(
        f"/api/inspections/user-sheets/{sheet_id}/{what}", json={"reason": reason}
    )


async def acts(database: Database, subject: str) -> list[tuple[str, str]]:
    async with database.reading() as session:
        found = select(AuditEvent).where(AuditEvent.subject == subject).order_by(AuditEvent.id)
        return [(event.actor, event.act) for event in await session.scalars(found)]


async def test_gita_excludes_a_sheet_with_a_reason_and_restores_it(
    phone: httpx.AsyncClient, pekppp: Round, sign_in: SignIn, database: Database
) -> None:
    sheet_id = sheet_of(await send(phone, pekppp.codes["a"], {1: 5}))
    gita = await sign_in("gita")
    excluded = await decide(gita, sheet_id, "exclusion", "  Diisi oleh\n petugas ")
    assert excluded.status_code == 200
    assert (excluded.json()["excluded_by"], excluded.json()["excluded_reason"]) == (
        "reviewed",
        "Diisi oleh petugas",
    )
    found = await told(gita, pekppp)
    assert found["users"]["n"] == 0 and found["excluded"]["reviewed"] == 1
    thanks = (await phone.get(f"/f/{pekppp.codes['a']}/terima-kasih?id={sheet_id}")).text
    assert "setelah ditinjau oleh Bagian Organisasi" in thanks and "Diisi oleh petugas" not in thanks
    assert (await decide(gita, sheet_id, "exclusion")).status_code == 409
    assert (await decide(gita, sheet_id, "restoration", "Ternyata pengguna")).json()["excluded_by"] is None
    assert (await decide(gita, sheet_id, "restoration")).status_code == 409
    assert (await told(gita, pekppp))["users"]["n"] == 1
    assert await acts(database, f"user sheet {sheet_id}") == [
        ("gita", "user_sheet_excluded"),
        ("gita", "user_sheet_restored"),
    ]


async def test_the_bureau_may_count_a_sheet_that_a_rule_left_out(
    phone: httpx.AsyncClient, pekppp: Round, sign_in: SignIn
) -> None:
    sheet_id = sheet_of(await send(phone, pekppp.codes["a"], {1: 5}, id=uuid4(), token=""))
    gita = await sign_in("gita")
    assert (await decide(gita, sheet_id, "restoration", "Diisi di kertas")).status_code == 200
    found = await told(gita, pekppp)
    assert found["users"]["n"] == 1 and found["excluded"]["token"] == 0


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
async def test_nobody_decides_without_a_reason(
    phone: httpx.AsyncClient, pekppp: Round, sign_in: SignIn, database: Database, reason: str
) -> None:
    sheet_id = sheet_of(await send(phone, pekppp.codes["a"], {1: 5}))
    refused = await decide(await sign_in("gita"), sheet_id, "exclusion", reason)
    assert (refused.status_code, refused.json()["field"]) == (422, "reason")
    assert [sheet.excluded_by for sheet in await stored(database)] == [""]


@pytest.mark.parametrize("name", ["budi", "citra", "eka"])
async def test_a_unit_can_never_exclude_its_own(
    phone: httpx.AsyncClient, pekppp: Round, sign_in: SignIn, database: Database, name: str
) -> None:
    sheet_id = sheet_of(await send(phone, pekppp.codes["a"], {1: 0}))
    staff = await sign_in(name)
    for what in ("exclusion", "restoration"):
        assert (await decide(staff, sheet_id, what)).status_code == 403
    assert [sheet.excluded_by for sheet in await stored(database)] == [""]


async def test_a_sheet_that_is_none_cannot_be_decided(pekppp: Round, sign_in: SignIn) -> None:
    gita = await sign_in("gita")
    assert (await decide(gita, str(uuid4()), "exclusion")).status_code == 404
    assert (await decide(gita, "satu", "restoration")).status_code == 404


async def test_a_pinned_score_locks_its_sheets_and_shuts_the_form(
    phone: httpx.AsyncClient, pekppp: Round, cast: Cast, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    counted = sheet_of(await send(phone, pekppp.codes["a"], {1: 5}))
    left_out = sheet_of(await send(phone, pekppp.codes["a"], {1: 0}, id=uuid4(), token=""))
    late = await opened(phone, pekppp.codes["a"])
    await pin(database, pekppp, cast.a)
    gita = await sign_in("gita")
    for sheet_id, what in ((counted, "exclusion"), (left_out, "restoration")):
        refused = await decide(gita, sheet_id, what)
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert (await send(phone, pekppp.codes["a"], {1: 1}, id=late[0], token=late[1])).status_code == 409
    assert (await phone.get(f"/f/{pekppp.codes['b']}")).status_code == 200
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(UserSheet)) == 2
    assert [sheet.excluded_by for sheet in await stored(database)] in (["", "token"], ["token", ""])


@pytest.mark.pure
def test_every_statement_belongs_to_a_part_of_its_instrument() -> None:
    """A statement of no part would be on no page, yet be missed in the index."""
    for instrument in nationals().values():
        parts = {part.code for part in instrument.parts}
        assert {one.part for one in (instrument.users.questions if instrument.users else ())} <= parts
