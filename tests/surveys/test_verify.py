"""`loket verify`: a tally that lies is found, named to the cell."""

import pytest
from sqlalchemy import delete, insert, text, update

from server.database import Database
from server.surveys import storage
from server.surveys.storage import Difference
from server.surveys.tables import CELLS, survey_hours, survey_tallies
from tests.cast import Cast, Citizen


async def found(database: Database) -> list[Difference]:
    async with database.reading() as session:
        return [difference async for difference in storage.differences(session)]


async def test_tallies_of_answers_through_the_door_agree(
    cast: Cast, dewi: Citizen, database: Database
) -> None:
    for answer in (1, 2, 3, 4):
        await dewi.answer(cast.code("a"), answer)
        await dewi.answer(cast.code("b"), answer)
    assert await found(database) == []


async def test_one_corrupted_cell_is_named(cast: Cast, dewi: Citizen, database: Database) -> None:
    await dewi.answer(cast.code())
    t = survey_tallies.c
    async with database.writing() as session:
        await session.execute(
            update(survey_tallies).where(t.period == "2026-11").values(sarana_3=t.sarana_3 + 1)
        )
    key = ("2026-11", cast.a.id, cast.services["ktp"].id, cast.counters["a"].id, "")
    assert await found(database) == [Difference("survey_tallies", key, "sarana_3", 2, 1)]


@pytest.mark.parametrize("table", ["survey_tallies", "survey_hours"])
async def test_a_lost_row_is_named(cast: Cast, dewi: Citizen, database: Database, table: str) -> None:
    await dewi.answer(cast.code())
    async with database.writing() as session:
        await session.execute(text(f"DELETE FROM {table}"))
    assert {difference.table for difference in await found(database)} == {table}


async def test_a_row_without_answers_is_named(cast: Cast, database: Database) -> None:
    async with database.writing() as session:
        await session.execute(
            insert(survey_tallies).values(
                period="2026-11-01",
                unit_id=1,
                service_id=0,
                counter_id=1,
                rule="",
                n=5,
                **dict.fromkeys(CELLS, 0),
            )
        )
        await session.execute(insert(survey_hours).values(month="2026-11", unit_id=1, hour=9, n=5))
    assert [(one.table, one.cell, one.tallied, one.recounted) for one in await found(database)] == [
        ("survey_tallies", "n", 5, 0),
        ("survey_hours", "n", 5, 0),
    ]


async def test_a_response_moved_to_another_rule_behind_the_tallies_is_named(
    cast: Cast, dewi: Citizen, database: Database
) -> None:
    await dewi.answer(cast.code())
    async with database.writing() as session:
        await session.execute(text("UPDATE survey_responses SET excluded_by = 'R5'"))
        await session.execute(delete(survey_hours))
    assert {difference.key[-1] for difference in await found(database)} == {"", "R5"}
