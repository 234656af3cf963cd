"""Whatever arrives broken gets a clear refusal, and nothing is half-stored."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from server.database import Database
from server.skm.rules import ELEMENTS
from server.surveys import storage
from tests.cast import Cast, Citizen, any_id, sheet
from tests.conftest import Clock

JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture(autouse=True)
async def _nothing_is_stored(database: Database) -> AsyncIterator[None]:
    """Holds after each test of this file."""
    yield
    async with database.reading() as session:
        assert await storage.how_many(session) == 0
        assert [difference async for difference in storage.differences(session)] == []


def refusal(answered: httpx.Response, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    """The problem document, checked: status, code, field, and a sentence."""
    assert answered.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answered.json()
    assert (answered.status_code, problem["code"], problem.get("field")) == (status, code, field)
    assert problem["status"] == status
    assert len(problem["detail"]) > 20
    return problem


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"answers": {"biaya": 5}}, 422, "bad_answer", "answers.biaya"),
        ({"answers": {"biaya": 0}}, 422, "bad_answer", "answers.biaya"),
        ({"answers": {"biaya": "3"}}, 422, "bad_answer", "answers.biaya"),
        ({"answers": {"biaya": 2.5}}, 422, "bad_answer", "answers.biaya"),
        ({"answers": {"biaya": True}}, 422, "bad_answer", "answers.biaya"),
        ({"answers": {"keramahan": 3}}, 422, "bad_answer", "answers.keramahan"),
        ({"answers": {}}, 422, "no_answer", "answers"),
        ({"answers": dict.fromkeys(ELEMENTS)}, 422, "no_answer", "answers"),
        ({"answers": [3, 3, 3]}, 422, "bad_answer", "answers"),
        ({"respondent": {"age": 0}}, 422, "bad_answer", "respondent.age"),
        ({"respondent": {"age": 340}}, 422, "bad_answer", "respondent.age"),
        ({"respondent": {"sex": "X"}}, 422, "bad_answer", "respondent.sex"),
        ({"respondent": {"occupation": "raja"}}, 422, "bad_answer", "respondent.occupation"),
        ({"respondent": {"nik": "3275"}}, 422, "bad_answer", "respondent.nik"),
        ({"nama": "Dewi"}, 422, "bad_answer", "nama"),
        ({"answered_at": "kemarin"}, 422, "bad_answer", "answered_at"),
        ({"answered_at": "2026-11-22T09:14:03"}, 422, "bad_answer", "answered_at"),
        ({"channel": "fax"}, 422, "bad_answer", "channel"),
        ({"lang": "\x00"}, 422, "bad_answer", "lang"),
        ({"comment": "x" * 2001}, 413, "long_comment", "comment"),
        ({"comment": "x" * 1_000_000}, 413, "long_comment", "comment"),
        ({"counter": "K7M2Q7"}, 404, "mistyped_counter", None),
        ({"counter": "K7M2Q6"}, 404, "unknown_counter", None),
        ({"counter": "loket"}, 404, "unknown_counter", None),
        ({"counter": ""}, 404, "unknown_counter", None),
        ({"counter": None}, 422, "bad_answer", "counter"),
    ],
)
async def test_a_field_that_does_not_fit_is_named(
    cast: Cast, dewi: Citizen, change: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    body = {**sheet(cast.code(), token=(await dewi.open(cast.code()))[1]), **change}
    refusal(await dewi.put(any_id(), body), status, code, field)


@pytest.mark.parametrize("missing", ["counter", "answers"])
async def test_what_is_left_out_is_named(cast: Cast, dewi: Citizen, missing: str) -> None:
    body = sheet(cast.code())
    del body[missing]
    refusal(await dewi.put(any_id(), body), 422, "bad_answer", missing)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"counter": "', b"\xff\xfe", b"null", b"[]", b'"x"', b"1" * 70_000]
)
async def test_a_body_that_is_no_answer_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answered = await client.put(f"/api/responses/{any_id()}", content=body, headers=JSON)
    assert answered.status_code in (400, 413, 422)
    assert answered.headers["content-type"] == "application/problem+json"


async def test_a_wrong_content_type_is_refused(cast: Cast, client: httpx.AsyncClient) -> None:
    body = json.dumps(sheet(cast.code()))
    answered = await client.put(
        f"/api/responses/{any_id()}", content=body, headers={"Content-Type": "text/plain"}
    )
    refusal(answered, 415, "wrong_content_type")
    posted = await client.post(f"/s/{cast.code()}", content=body, headers=JSON)
    assert posted.status_code == 415


async def test_an_id_that_is_no_uuid_is_refused(cast: Cast, dewi: Citizen) -> None:
    refusal(await dewi.put("12345", sheet(cast.code())), 400, "bad_id", "id")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
async def test_a_response_is_put_and_nothing_else(client: httpx.AsyncClient, method: str) -> None:
    refusal(await client.request(method, f"/api/responses/{any_id()}"), 405, "wrong_method")


async def test_a_code_that_leads_nowhere_is_explained_on_a_page(
    cast: Cast, client: httpx.AsyncClient
) -> None:
    unknown = await client.get("/s/K7M2Q6")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Kode loket ini tidak kami kenal." in unknown.text
    mistyped = await client.get(f"/s/{_one_symbol_wrong(cast.code())}")
    assert mistyped.status_code == 404
    assert "Ada huruf atau angka yang salah" in mistyped.text
    english = await client.get("/s/K7M2Q6?lang=en")
    assert "Kode loket" not in english.text


def _one_symbol_wrong(code: str) -> str:
    return code[:3] + ("3" if code[3] != "3" else "4") + code[4:]


async def test_a_revoked_code_says_so_kindly_and_takes_no_answer(
    cast: Cast, client: httpx.AsyncClient, dewi: Citizen, database: Database, clock: Clock
) -> None:
    async with database.writing() as session:
        counter = await session.merge(cast.counters["a"])
        counter.revoked_at = clock.now
    page = await client.get(f"/s/{cast.code()}")
    assert page.status_code == 410
    assert "sudah diganti" in page.text
    refusal(await dewi.put(any_id(), sheet(cast.code())), 410, "revoked_counter")


async def test_a_closed_survey_says_so(
    cast: Cast, client: httpx.AsyncClient, dewi: Citizen, database: Database, clock: Clock
) -> None:
    async with database.writing() as session:
        counter = await session.merge(cast.counters["a"])
        counter.closed_at = clock.now
    assert (await client.get(f"/s/{cast.code()}")).status_code == 409
    refusal(await dewi.put(any_id(), sheet(cast.code())), 409, "closed_survey")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("waktu", "7", "Pilih salah satu dari empat jawaban."),
        ("age", "seratus", "Usia diisi angka 1 sampai 120"),
        ("age", "900", "Usia diisi angka 1 sampai 120"),
        ("comment", "x" * 1_000_000, "Komentar terlalu panjang (paling banyak 2.000 huruf)"),
        ("occupation", "raja", "Pilih salah satu dari daftar."),
    ],
)
async def test_a_form_comes_back_with_its_field_marked(
    cast: Cast, dewi: Citizen, field: str, value: str, sentence: str
) -> None:
    response_id, token = await dewi.open(cast.code())
    form = {**dict.fromkeys(ELEMENTS, "3"), "id": response_id, "token": token, field: value}
    back = await dewi.phone.post(f"/s/{cast.code()}", data=form)
    assert back.status_code == 422
    assert sentence in back.text
    assert response_id in back.text


async def test_a_form_larger_than_any_comment_is_refused(cast: Cast, dewi: Citizen) -> None:
    form = {**dict.fromkeys(ELEMENTS, "3"), "comment": "x" * 3_000_000}
    assert (await dewi.phone.post(f"/s/{cast.code()}", data=form)).status_code == 413


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from": "kemarin"}, "bad_period"),
        ({"from": "2026-13-01"}, "bad_period"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "bad_period"),
        ({"period": "2026-Q5"}, "bad_period"),
        ({"period": "0000"}, "bad_period"),
        ({"convention": "kira-kira"}, "bad_convention"),
        ({"convention": "decimal:0.5"}, "bad_convention"),
    ],
)
async def test_an_index_of_an_impossible_period_or_convention_is_refused(
    cast: Cast, client: httpx.AsyncClient, query: dict[str, str], code: str
) -> None:
    answered = await client.get("/api/units/dinas-kependudukan/index", params=query)
    assert (answered.status_code, answered.json()["code"]) == (422, code)


async def test_an_index_of_what_does_not_exist_is_refused(cast: Cast, client: httpx.AsyncClient) -> None:
    refusal(await client.get("/api/units/dinas-khayalan/index"), 404, "unknown_unit")
    index = "/api/units/dinas-kependudukan/index"
    refusal(await client.get(index, params={"service": "poli-umum"}), 404, "unknown_public_service")
    refusal(await client.get(index, params={"counter": cast.code("b")}), 404, "unknown_counter")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "bad_table"),
        ({"totals": {"biaya": 3}}, 422, "bad_table"),
        ({"n": 1, "totals": {"biaya": 9}}, 422, "bad_table"),
        ({"n": 1, "totals": {"keramahan": 3}}, 422, "bad_table"),
        ({"n": -1, "totals": {"biaya": 3}}, 422, "bad_table"),
        ({"n": "1", "totals": {"biaya": 3}}, 422, "bad_table"),
        ({"nrr": {"biaya": "4.01"}}, 422, "bad_table"),
        ({"nrr": {"biaya": "empat"}}, 422, "bad_table"),
        ({"responses": [{"biaya": 5}]}, 422, "bad_table"),
        ({"n": 1, "totals": {"biaya": 3}, "nrr": {"biaya": "3"}}, 422, "bad_table"),
        ({"n": 1, "totals": {"biaya": 3}, "convention": "kira-kira"}, 422, "bad_convention"),
        ({"n": 1, "totals": {"biaya": 3}, "convention": {"weight": 0.11}}, 422, "bad_convention"),
        (
            {"n": 1, "totals": {"biaya": 3}, "convention": {"weight": "1/k", "nrr_places": 99}},
            422,
            "bad_convention",
        ),
    ],
)
async def test_a_table_that_has_no_index_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, code: str
) -> None:
    answered = await client.post("/api/skm/compute", json=body)
    assert (answered.status_code, answered.json()["code"]) == (status, code)


async def test_a_kiosk_opens_only_with_its_own_key(cast: Cast, client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/kiosk/{cast.code()}")).status_code == 403
    assert (await client.get(f"/kiosk/{cast.code()}?key=x")).status_code == 403


async def test_staff_pages_ask_strangers_to_sign_in(client: httpx.AsyncClient, cast: Cast) -> None:
    page = await client.get("/staff", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/staff/login?next=%2Fstaff")
    refusal(await client.get("/staff"), 401, "sign_in")


async def test_a_name_with_a_null_byte_is_nobodys(cast: Cast, client: httpx.AsyncClient) -> None:
    for path in ("/unit/a%00b", "/api/units/a%00b/index", "/s/a%00b", "/receipt/%00"):
        assert (await client.get(path)).status_code == 404, path
