"""Fixtures of sync: phones, and an evaluation to work in."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar
from sqlalchemy import text

from server.database import Database
from server.phones import Rooms
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.disks import small_disk
from tests.inspections.makers import Round
from tests.sync.phone import Phone
from tests.sync.room import Room

PagesLeft = Callable[[int], AbstractAsyncContextManager[None]]


@pytest.fixture
def begin(database: Database, cast: Cast, clock: Clock) -> Callable[..., Awaitable[Round]]:
    """Begins an evaluation: `round_ = await begin("sampang/2018")`."""
    return Round(database, cast, clock.now).begin


@pytest_asyncio.fixture
async def round_(begin: Callable[..., Awaitable[Round]]) -> Round:
    """The short checklist of six."""
    return await begin("sampang/2018")


@pytest.fixture
def phone_of(sign_in: Callable[[str], Awaitable[Staff]], clock: Clock) -> Callable[[str], Awaitable[Phone]]:
    """The phone of a member of the cast, signed in: `eka = await phone_of("eka")`."""

    async def open_for(name: str) -> Phone:
        return Phone((await sign_in(name)).browser, clock)

    return open_for


@pytest_asyncio.fixture
async def eka(phone_of: Callable[[str], Awaitable[Phone]]) -> Phone:
    return await phone_of("eka")


@pytest_asyncio.fixture
async def fajar(phone_of: Callable[[str], Awaitable[Phone]]) -> Phone:
    return await phone_of("fajar")


@pytest.fixture
def room(app: Litestar) -> Iterator[Room]:
    """A room of the test's own behind sync, in place of the real ones: it does what a test tells it."""
    former: Rooms = app.state.rooms
    room = Room()
    app.state.rooms = msgspec.structs.replace(
        former, accept={"note": room.accept}, awaited={"note": room.awaited}, views=(room.view,)
    )
    yield room
    app.state.rooms = former


@pytest.fixture
def pages_left(database: Database, house: Path) -> PagesLeft:
    """SQLite's own limit on its file stands in for a full disk: `async with pages_left(30)`."""

    async def pragma(question: str) -> int:
        async with database.writing() as session:
            return int((await session.execute(text(f"PRAGMA {question}"))).scalar_one())

    @asynccontextmanager
    async def limited(pages: int) -> AsyncIterator[None]:
        with closing(sqlite3.connect(house / "loket.db")) as own:
            # what the tests before left empty within the file would be room too
            own.execute("VACUUM")
        await pragma(f"max_page_count={await pragma('page_count') + pages}")
        try:
            yield
        finally:
            await pragma("max_page_count=1073741823")

    return limited


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    with small_disk(folder, 1024**2) as disk:
        yield disk
