"""The house under test: one application over a real database, emptied between tests, and the cast that uses it.

By default the database is SQLite in a temporary directory; `--on postgresql` runs the same tests on a PostgreSQL
cluster that is made for the run and thrown away.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
import uvloop
from hypothesis import settings as hypothesis
from litestar import Litestar
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.app import create_app
from server.database import Database, Table
from server.settings import Settings, settings_from
from tests.cast import Cast, Citizen, Staff, make_cast
from tests.cluster import postgres_cluster

if sys.version_info < (3, 14):  # which ends policies
    # the loop that carries the server carries the tests
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

# time is measured in bench/, on a machine that does nothing else
hypothesis.register_profile("house", deadline=None)
hypothesis.load_profile("house")

FRIDAY_MORNING = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
"""10.00 WIB on an ordinary working day."""

LONGEST = ("faults", "browser", "demo")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--on", choices=("sqlite", "postgresql"), default="sqlite", help="which database to test on"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--on") != "sqlite":
        # what asks for no database would be the same again on another one: it is run on SQLite alone
        databases = {"database_url", "database_on_disk"}
        items[:] = [item for item in items if databases & set(getattr(item, "fixturenames", ()))]
    # the longest files first, so that in the end nobody waits for one of them
    items.sort(key=lambda item: LONGEST.index(folder) if (folder := item.path.parent.name) in LONGEST else 9)


class Clock:
    """The application's clock, moved by the tests."""

    def __init__(self) -> None:
        self.now = FRIDAY_MORNING

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> datetime:
        self.now += timedelta(**duration)
        return self.now


@pytest.fixture(scope="session")
def house() -> Iterator[Path]:
    # memory where there is some: the tests wait for commits, not for a disk
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place, prefix="loket-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest, house: Path) -> Iterator[str]:
    if request.config.getoption("--on") == "sqlite":
        yield f"sqlite+aiosqlite:///{house / 'loket.db'}"
        return
    with postgres_cluster() as url:
        yield url


@pytest_asyncio.fixture
async def fresh_database_url(database_url: str) -> AsyncIterator[str]:
    """A second, empty PostgreSQL database, for a server of the test's own."""
    async with postgres_database(database_url, "fresh") as url:
        yield url


@asynccontextmanager
async def postgres_database(database_url: str, name: str) -> AsyncIterator[str]:
    """One more database of the cluster, empty."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    await connection.execute(f"CREATE DATABASE {name}")
    yield database_url.removesuffix("/loket") + f"/{name}"
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture(scope="session")
def settings(house: Path, database_url: str) -> Settings:
    return settings_from(
        {
            "LOKET_DATA": str(house),
            "DATABASE_URL": database_url,
            "LOKET_PUBLIC_URL": "http://loket.test",
            "LOKET_CITY": "Kota Contoh",
            "LOKET_SECRET": "a secret of the tests, long enough",
        }
    )


@pytest.fixture(scope="session")
def session_clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def session_app(settings: Settings, session_clock: Clock) -> AsyncIterator[Litestar]:
    app = create_app(settings, session_clock)
    # the application's lifespan is entered and left in one task, as a server would
    opened, done = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        try:
            async with app.lifespan():
                opened.set()
                await done.wait()
        finally:
            opened.set()

    living = asyncio.create_task(live())
    await opened.wait()
    yield app
    done.set()
    await living


@pytest_asyncio.fixture
async def app(session_app: Litestar, session_clock: Clock) -> AsyncIterator[Litestar]:
    """The application over an empty database."""
    await _empty(session_app.state.database)
    session_app.state.counters.forget()
    session_app.state.sweeper.forget()
    session_clock.now = FRIDAY_MORNING
    yield session_app


async def _empty(database: Database) -> None:
    """Empties what the test before filled, and lets its numbers begin at 1 again."""
    for attempt in range(5):
        try:
            await _emptied(database)
            return
        except DBAPIError as error:
            # truncating locks whole tables, and may meet the sweeper of the test before in a circle
            if "deadlock" not in str(error) or attempt == 4:
                raise


async def _emptied(database: Database) -> None:
    tables = [table.name for table in reversed(Table.metadata.sorted_tables)]
    async with database.writing() as session:
        if not database.is_sqlite:
            # as one text, without the foreign keys: truncating would make each table's files anew
            raw = await (await session.connection()).get_raw_connection()
            await raw.driver_connection.execute(
                "SET LOCAL session_replication_role = replica;"
                + "".join(f"DELETE FROM {table};" for table in tables)
                + "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"
            )
            return
        # one question instead of thirty deletions: most tests fill few tables
        asked = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables
        )
        filled = set(await session.scalars(text(asked)))
        await session.execute(text("PRAGMA defer_foreign_keys=ON"))
        for table in tables:
            if table in filled:
                await session.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def clock(session_clock: Clock) -> Clock:
    return session_clock


@pytest.fixture
def database(app: Litestar) -> Database:
    found: Database = app.state.database
    return found


@pytest_asyncio.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in."""
    async with _client(app) as anonymous:
        yield anonymous


@pytest_asyncio.fixture
async def cast(app: Litestar, clock: Clock) -> Cast:
    """Units A and B with their services and counters, and everybody who works with them."""
    return await make_cast(app.state.database, clock.now)


@pytest_asyncio.fixture
async def dewi(app: Litestar, clock: Clock) -> AsyncIterator[Citizen]:
    """Dewi, a citizen with a phone and no account."""
    async with _client(app) as phone:
        yield Citizen(phone, clock)


@pytest_asyncio.fixture
async def sign_in(app: Litestar, cast: Cast, clock: Clock) -> AsyncIterator[Callable[[str], Staff]]:
    """Signs a member of the cast in: `ani = await sign_in("ani")`."""
    opened: list[httpx.AsyncClient] = []

    async def open_for(name: str) -> Staff:
        browser = _client(app)
        opened.append(browser)
        return await Staff.signed_in(browser, app, cast.people[name], clock.now)

    yield open_for  # type: ignore[misc]
    for browser in opened:
        await browser.aclose()


def _client(app: Litestar) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),  # type: ignore[arg-type]
        base_url="http://loket.test",
    )
