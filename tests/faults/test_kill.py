"""The server dies under load, again and again: what it acknowledged is there once, and the tallies agree."""

import asyncio
import random
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from server.clock import wall_clock
from server.database import Database
from server.migrations import migrate
from server.surveys import storage
from server.surveys.tables import survey_responses
from tests.cast import Cast, hidden_field, make_cast, sheet
from tests.server_process import ServerProcess

DEATHS = 10
CLIENTS = 24


@pytest.fixture
def database_on_disk(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of the database under test, one that a killed server leaves behind as a power cut would: not in memory."""
    if request.config.getoption("--on") == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'loket.db'}"
    url: str = request.getfixturevalue("fresh_database_url")
    return url


@pytest.mark.faults
async def test_whatever_was_acknowledged_survives_ten_kills_exactly_once(
    tmp_path: Path, database_on_disk: str
) -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")  # shown when the test fails, so that the run can be repeated
    chance = random.Random(seed)
    url = database_on_disk
    await migrate(url)
    database = Database(url)
    cast = await make_cast(database, wall_clock())
    acknowledged: dict[UUID, bytes] = {}
    try:
        with ServerProcess(tmp_path, DATABASE_URL=url, LOKET_LIMITS="off") as server:
            for _ in range(DEATHS):
                load = asyncio.create_task(_load(server.url, cast, acknowledged, chance))
                await asyncio.sleep(chance.uniform(0.2, 0.8))
                server.kill()
                await load
                server.start()
        assert len(acknowledged) > 100
        await _holds_exactly(database, acknowledged)
    finally:
        await database.close()
    verified = server.command("verify")
    assert verified.returncode == 0, verified.stdout


async def _load(url: str, cast: Cast, acknowledged: dict[UUID, bytes], chance: random.Random) -> None:
    """Many phones at once, each sending until the server is gone; every third request repeats an earlier id."""
    async with httpx.AsyncClient(base_url=url, timeout=5) as phones:
        try:
            token = hidden_field((await phones.get(f"/s/{cast.code()}")).text, "token")
        except httpx.HTTPError:
            return

        known = list(acknowledged)

        async def phone() -> None:
            while True:
                is_repeat = bool(known) and chance.random() < 1 / 3
                response_id = chance.choice(known) if is_repeat else UUID(int=chance.getrandbits(128))
                # the content follows from the id, so that a repeat repeats it
                body = sheet(cast.code(), 1 + response_id.int % 4, token=token)
                try:
                    answer = await phones.put(f"/api/responses/{response_id}", json=body)
                except httpx.HTTPError:
                    return
                assert answer.status_code == (200 if is_repeat else 201)
                assert acknowledged.setdefault(response_id, answer.content) == answer.content
                known.append(response_id)

        await asyncio.gather(*(phone() for _ in range(CLIENTS)))


async def _holds_exactly(database: Database, acknowledged: dict[UUID, bytes]) -> None:
    async with database.reading() as session:
        held = set(await session.scalars(select(survey_responses.c.id)))
        assert set(acknowledged) <= held
        # what was stored but not acknowledged may be there: at most one request of each phone and death
        assert len(held) <= len(acknowledged) + DEATHS * CLIENTS
        assert await session.scalar(select(func.count()).select_from(survey_responses)) == len(held)
        assert [difference async for difference in storage.differences(session)] == []
