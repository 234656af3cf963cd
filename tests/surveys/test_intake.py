"""One answer, one row: the way in for JSON, the form and repeats."""

import asyncio
import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select

from server.database import Database
from server.skm.rules import ELEMENTS
from server.surveys import storage
from server.surveys.tables import survey_responses
from tests.cast import Cast, Citizen, any_id, sheet


async def unit_n(client: httpx.AsyncClient, slug: str = "dinas-kependudukan") -> int:
    return int((await client.get(f"/api/units/{slug}/index")).json()["n"])


async def test_an_answer_is_stored_counted_and_proved(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient
) -> None:
    answered = await dewi.answer(cast.code())
    assert answered.status_code == 201
    receipt = answered.json()
    assert receipt["counter"] == cast.code()
    assert receipt["unit"] == "dinas-kependudukan"
    assert receipt["day"] == "2026-11-20"
    page = await client.get(receipt["receipt_url"])
    assert page.status_code == 200
    assert "dihitung dalam indeks Dinas Kependudukan" in page.text
    index = (await client.get("/api/units/dinas-kependudukan/index")).json()
    assert (index["n"], index["ikm"], index["grade"]) == (1, "75.00", "C")


async def test_a_repeat_gets_the_same_receipt_and_counts_once(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient
) -> None:
    response_id, token = await dewi.open(cast.code())
    dewi.clock.forward(seconds=60)
    first = await dewi.put(response_id, sheet(cast.code(), token=token))
    dewi.clock.forward(hours=5)
    second = await dewi.put(response_id, sheet(cast.code(), token=token))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content
    assert await unit_n(client) == 1


async def test_a_hundred_identical_requests_at_once_give_one_row_and_one_receipt(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient, database: Database
) -> None:
    response_id, token = await dewi.open(cast.code())
    dewi.clock.forward(seconds=60)
    answers = await asyncio.gather(
        *(dewi.put(response_id, sheet(cast.code(), token=token)) for _ in range(100))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 99 + [201]
    assert len({answer.content for answer in answers}) == 1
    async with database.reading() as session:
        assert await storage.how_many(session) == 1
    assert await unit_n(client) == 1


async def test_other_content_under_the_same_id_is_refused_with_both_hashes(cast: Cast, dewi: Citizen) -> None:
    response_id, token = await dewi.open(cast.code())
    dewi.clock.forward(seconds=60)
    stored = await dewi.put(response_id, sheet(cast.code(), 3, token=token))
    refused = await dewi.put(response_id, sheet(cast.code(), 4, token=token))
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["code"] == "id_taken"
    assert problem["stored_sha256"] == stored.json()["body_sha256"]
    assert problem["sent_sha256"] != problem["stored_sha256"]


async def test_many_different_answers_at_once_are_all_counted(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient, database: Database, app: Litestar
) -> None:
    _, token = await dewi.open(cast.code())
    dewi.clock.forward(seconds=60)
    answers = await asyncio.gather(
        *(dewi.put(any_id(), sheet(cast.code(), 1 + n % 4, token=token)) for n in range(300))
    )
    assert {answer.status_code for answer in answers} == {201}
    async with database.reading() as session:
        assert await storage.how_many(session) == 300
        assert [difference async for difference in storage.differences(session)] == []


async def test_a_missing_answer_is_missing_and_not_zero(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient
) -> None:
    some = {key: 4 for key in ELEMENTS if key not in ("biaya", "sarana")}
    assert (await dewi.answer(cast.code(), some)).status_code == 201
    index = (await client.get("/api/units/dinas-kependudukan/index")).json()
    assert index["elements"]["biaya"]["n"] == 0
    assert index["elements"]["biaya"]["nrr"] is None
    assert (index["measured"], index["ikm"]) == (7, "100.00")


async def test_a_service_without_a_charge_leaves_the_cost_out(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient
) -> None:
    page = (await client.get(f"/s/{cast.code('free')}")).text
    assert 'name="persyaratan"' in page.replace("name=persyaratan", 'name="persyaratan"')
    assert "name=biaya" not in page and 'name="biaya"' not in page
    await dewi.answer(cast.code("free"), 4)
    index = (await client.get("/api/units/dinas-kependudukan/index", params={"service": "akta"})).json()
    assert (index["measured"], index["coverage"]) == (8, "8 dari 9 unsur")


async def test_the_day_is_the_one_on_which_the_phone_answered_while_offline(
    cast: Cast, dewi: Citizen
) -> None:
    response_id, token = await dewi.open(cast.code())
    answered_at = dewi.clock.forward(minutes=2)
    dewi.clock.forward(days=1)
    answered = await dewi.put(
        response_id, sheet(cast.code(), token=token, answered_at=answered_at.isoformat())
    )
    assert answered.json()["day"] == "2026-11-20"


@pytest.mark.parametrize("wrong", [timedelta(days=-3 * 365), timedelta(days=3 * 365), timedelta(hours=-2)])
async def test_a_clock_that_is_wrong_moves_no_answer_to_another_day(
    cast: Cast, dewi: Citizen, wrong: timedelta
) -> None:
    response_id, token = await dewi.open(cast.code())
    now = dewi.clock.forward(minutes=2)
    answered = await dewi.put(
        response_id, sheet(cast.code(), token=token, answered_at=(now + wrong).isoformat())
    )
    assert (answered.status_code, answered.json()["day"]) == (201, "2026-11-20")


async def test_the_local_day_begins_at_the_units_own_midnight(cast: Cast, dewi: Citizen) -> None:
    dewi.clock.forward(hours=14, minutes=30)  # 17.30 UTC is half past midnight in Jakarta
    answered = await dewi.answer(cast.code())
    assert answered.json()["day"] == "2026-11-21"


@pytest.mark.parametrize("spoiled", ["", "q1.x.y", "zzz"])
async def test_an_answer_without_a_valid_token_is_stored_and_excluded_by_its_rule(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient, spoiled: str
) -> None:
    answered = await dewi.put(any_id(), sheet(cast.code(), token=spoiled))
    assert answered.status_code == 201
    index = (await client.get("/api/units/dinas-kependudukan/index")).json()
    assert (index["n"], index["excluded"]) == (0, {"R1": 1})
    assert "aturan R1" in (await client.get(answered.json()["receipt_url"])).text


async def test_a_token_of_another_counter_or_of_last_week_is_no_token(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient
) -> None:
    _, of_b = await dewi.open(cast.code("b"))
    _, old = await dewi.open(cast.code())
    dewi.clock.forward(days=7)
    for token in (of_b, old):
        assert (await dewi.put(any_id(), sheet(cast.code(), token=token))).status_code == 201
    index = (await client.get("/api/units/dinas-kependudukan/index")).json()
    assert (index["n"], index["excluded"]) == (0, {"R1": 2})


async def test_a_form_without_any_script_is_thanked_by_its_receipt(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient
) -> None:
    response_id, token = await dewi.open(cast.code())
    dewi.clock.forward(seconds=60)
    form = {**dict.fromkeys(ELEMENTS, "4"), "id": response_id, "token": token, "age": "71", "sex": "P"}
    sent = await dewi.phone.post(f"/s/{cast.code()}", data=form)
    assert sent.status_code == 303
    assert sent.headers["location"] == f"/receipt/{response_id}"
    again = await dewi.phone.post(f"/s/{cast.code()}", data=form)
    assert again.status_code == 303
    assert await unit_n(client) == 1


async def test_a_form_with_a_question_left_out_comes_back_with_the_answers_kept(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient
) -> None:
    response_id, token = await dewi.open(cast.code())
    form = {**dict.fromkeys(ELEMENTS, "4"), "id": response_id, "token": token, "comment": "Ramah sekali."}
    del form["waktu"]
    back = await dewi.phone.post(f"/s/{cast.code()}", data=form)
    assert back.status_code == 422
    assert "Pertanyaan ini belum dijawab." in back.text
    assert "Ramah sekali." in back.text
    assert len(re.findall(r"<input[^>]* checked", back.text)) == 8
    assert await unit_n(client) == 0


async def test_a_form_may_follow_the_script_with_the_same_answers(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient
) -> None:
    """The script's request was stored, but its answer was lost on the way: the person presses the button again."""
    response_id, token = await dewi.open(cast.code())
    dewi.clock.forward(seconds=60)
    await dewi.put(response_id, sheet(cast.code(), 4, token=token, answered_at=dewi.clock.now.isoformat()))
    form = {**dict.fromkeys(ELEMENTS, "4"), "id": response_id, "token": token}
    assert (await dewi.phone.post(f"/s/{cast.code()}", data=form)).status_code == 303
    assert await unit_n(client) == 1


async def test_the_address_on_the_poster_in_capitals_is_the_same_page(
    cast: Cast, client: httpx.AsyncClient
) -> None:
    for typed in (cast.code().lower(), cast.code().upper(), f"{cast.code()[:3]}-{cast.code()[3:]}"):
        for path in ("/s/", "/S/"):
            assert (await client.get(path + typed)).status_code == 200


async def test_control_characters_in_a_comment_are_not_stored_and_lose_no_answer(
    cast: Cast, dewi: Citizen, database: Database
) -> None:
    answered = await dewi.answer(cast.code(), comment="Ramah\x00 sekali.\nTerima kasih\x07")
    assert answered.status_code == 201
    async with database.reading() as session:
        assert await session.scalar(select(survey_responses.c.comment)) == "Ramah sekali.\nTerima kasih"


async def test_a_code_typed_by_hand_leads_to_its_survey(cast: Cast, client: httpx.AsyncClient) -> None:
    asked = await client.get("/s/")
    assert asked.status_code == 200
    assert "Ketik kode loket" in asked.text
    led = await client.get("/s", params={"code": f" {cast.code().lower()} "})
    assert (led.status_code, led.headers["location"]) == (303, f"/s/{cast.code().lower()}")
    assert (await client.get(led.headers["location"])).status_code == 200


async def test_the_whole_first_response_fits_into_eight_kilobytes(
    cast: Cast, client: httpx.AsyncClient
) -> None:
    for language in ("id", "en"):
        request = client.build_request("GET", f"/s/{cast.code()}", params={"lang": language})
        answered = await client.send(request, stream=True)
        body = b"".join([part async for part in answered.aiter_raw()])
        head = (
            sum(len(name) + len(value) + 4 for name, value in answered.headers.raw) + 100
        )  # status line, date
        assert answered.headers["content-encoding"] == "gzip"
        assert "set-cookie" not in answered.headers
        assert head + len(body) <= 8192


async def test_an_index_asked_for_again_tells_what_was_stored_in_between(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient, app: Litestar, database: Database
) -> None:
    for n in range(1, 4):
        response = (await dewi.answer(cast.code(), 4)).json()
        for _ in range(2):
            assert await unit_n(client) == n
    async with database.writing() as session:
        await storage.review(session, [UUID(response["id"])], "M")
    assert await unit_n(client) == 2
