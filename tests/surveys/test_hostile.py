"""What one odd request, sheet or crowd must not do to everybody else."""

import asyncio

import httpx
import pytest
from litestar import Litestar

from server.database import Database
from server.problems import Problem
from server.skm.rules import BadTable
from server.skm.table import read_table
from server.surveys import storage
from server.surveys.importing import import_responses
from tests.cast import Cast, Citizen, any_id, sheet
from tests.conftest import Clock

INDEX = "/api/units/dinas-kependudukan/index"


@pytest.mark.parametrize("claimed", ["0001-01-01T00:00:00+07:00", "9999-12-31T23:59:59-07:00"])
async def test_a_time_beyond_the_calendar_loses_no_answer_and_blocks_no_page(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, sign_in: object, claimed: str
) -> None:
    response_id, token = await dewi.open(cast.code())
    dewi.clock.forward(seconds=60)
    answered = await dewi.put(response_id, sheet(cast.code(), token=token, answered_at=claimed))
    assert (answered.status_code, answered.json()["day"]) == (201, "2026-11-20")
    assert (await client.get(f"/receipt/{response_id}")).status_code == 200
    assert await app.state.sweeper.sweep() == 0
    ani = await sign_in("ani")  # type: ignore[operator]
    assert (await ani.get("/staff/responses")).status_code == 200


async def test_whoever_only_says_to_be_a_kiosk_is_judged_like_everybody(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, clock: Clock
) -> None:
    _, token = await dewi.open(cast.code())
    clock.forward(hours=4)
    for _ in range(6):
        clock.forward(seconds=90)
        body = sheet(cast.code(), 4, token=token, channel="kiosk", device="sama")
        assert (await dewi.put(any_id(), body)).status_code == 201
    await app.state.sweeper.sweep()
    index = (await client.get(INDEX)).json()
    assert (index["n"], index["excluded"]) == (1, {"R3": 5})


async def test_a_day_that_cannot_be_judged_does_not_keep_the_others_from_it(
    app: Litestar, cast: Cast, dewi: Citizen, client: httpx.AsyncClient, clock: Clock
) -> None:
    _, token = await dewi.open(cast.code())
    for _ in range(2):
        clock.forward(seconds=60)
        await dewi.put(any_id(), sheet(cast.code(), token=token))
    app.state.sweeper.touch(0, "2026-11-20")  # a counter that does not exist
    with pytest.raises(ExceptionGroup):
        await app.state.sweeper.sweep()
    assert (await client.get(INDEX)).json()["excluded"] == {"R3": 1}
    app.state.sweeper.forget()


async def test_many_readers_at_once_do_not_wait_for_each_other_in_a_circle(
    cast: Cast, dewi: Citizen, client: httpx.AsyncClient
) -> None:
    await dewi.answer(cast.code())
    async with asyncio.timeout(25):  # a circle is broken only after thirty seconds
        pages = await asyncio.gather(
            *(client.get(path) for path in ("/unit/dinas-kependudukan", "/", INDEX) for _ in range(20))
        )
    assert {page.status_code for page in pages} == {200}


async def bring(app: Litestar, cast: Cast, clock: Clock, text: str, code: str = "a") -> tuple[int, int, int]:
    counter = await app.state.counters.find(cast.code(code))
    done = await import_responses(app.state.intake, counter, text.encode(), None, clock.now)
    return done.new, done.repeated, done.conflicts


def month(number: int, rows: int = 20) -> str:
    lines = [f"3,3,2026-{number:02}-{day:02} 09:00" for day in range(1, rows + 1)]
    return "\n".join(["waktu,sarana,tanggal", *lines])


async def test_the_sheet_of_another_month_is_no_repetition_however_alike_its_answers(
    app: Litestar, cast: Cast, clock: Clock
) -> None:
    assert await bring(app, cast, clock, month(1)) == (20, 0, 0)
    assert await bring(app, cast, clock, month(2)) == (20, 0, 0)
    assert await bring(app, cast, clock, month(2)) == (0, 20, 0)


async def test_a_line_added_on_top_of_a_sheet_counts_only_itself(
    app: Litestar, cast: Cast, clock: Clock
) -> None:
    await bring(app, cast, clock, month(1))
    head, *lines = month(1).split("\n")
    assert await bring(app, cast, clock, "\n".join([head, "4,4,2026-01-31 09:00", *lines])) == (1, 20, 0)


async def test_equal_answers_on_one_sheet_are_as_many_as_they_are(
    app: Litestar, cast: Cast, clock: Clock
) -> None:
    same = "waktu,sarana\n" + "3,3\n" * 7
    assert await bring(app, cast, clock, same) == (7, 0, 0)
    assert await bring(app, cast, clock, same) == (0, 7, 0)
    assert await bring(app, cast, clock, same + "3,3\n") == (
        8,
        0,
        0,
    )  # without times, another file is another sheet


@pytest.mark.parametrize("day", ["24/05/0206", "01/01/0001", "31/12/2016"])
async def test_a_slip_in_the_year_is_a_fault_of_its_line_and_harms_no_page(
    app: Litestar, cast: Cast, clock: Clock, client: httpx.AsyncClient, database: Database, day: str
) -> None:
    with pytest.raises(BadTable, match="Baris 2, kolom waktu"):
        await bring(app, cast, clock, f"waktu,sarana,tanggal\n3,3,{day} 00:00")
    async with database.reading() as session:
        assert await storage.how_many(session) == 0
    for path in ("/", "/unit/dinas-kependudukan", INDEX):
        assert (await client.get(path)).status_code == 200


async def test_a_sheet_on_which_nothing_is_left_is_no_respondent(
    app: Litestar, cast: Cast, dewi: Citizen, clock: Clock
) -> None:
    refused = await dewi.answer(cast.code("free"), {"biaya": 1})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_answer")
    with pytest.raises((BadTable, Problem)):
        await bring(app, cast, clock, "biaya,sarana\n1,", "free")


@pytest.mark.pure
def test_a_heading_of_twenty_thousand_columns_is_refused_at_once() -> None:
    with pytest.raises(BadTable, match="paling banyak 200"):
        read_table(",".join(f"x_{n}" for n in range(20_000)) + "\n1", None)


async def test_a_null_byte_in_a_question_is_nobodys_name(cast: Cast, client: httpx.AsyncClient) -> None:
    for path in (f"{INDEX}?service=%00", "/?cari=a%00b", f"{INDEX}?counter=%00"):
        assert (await client.get(path)).status_code == 404
