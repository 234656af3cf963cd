"""The demo city, planted once for all who look at it."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest_asyncio

from server.database import Database
from server.demo.planting import Planted, plant
from server.settings import Settings
from tests.conftest import FRIDAY_MORNING, postgres_database

SMALL = {"units": 12, "responses": 160, "seed": 7}


def say_nothing(_step: str, _done: int, _total: int) -> None:
    pass


class Demo(NamedTuple):
    """A house in which the demo city stands, and nothing else."""

    settings: Settings
    planted: Planted
    database: Database


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def demo(settings: Settings, house: Path) -> AsyncIterator[Demo]:
    data = house / "demo"
    data.mkdir()
    of_sqlite = nullcontext(f"sqlite+aiosqlite:///{data / 'loket.db'}")
    async with of_sqlite if settings.is_sqlite else postgres_database(settings.database_url, "demo") as url:
        own = msgspec.structs.replace(settings, data=data, database_url=url)
        planted = await plant(own, **SMALL, now=FRIDAY_MORNING, progress=say_nothing)
        database = Database(url)
        yield Demo(own, planted, database)
        await database.close()
