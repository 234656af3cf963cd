"""The database: connections, the one way to write, and column types that behave the same on SQLite and PostgreSQL.

SQLite is the embedded default (WAL, synchronous=FULL): many readers, one writer at a time, so every write of this
process waits for `write_lock` instead of for SQLite's busy handler. On PostgreSQL the lock is free.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Dialect, MetaData, TypeDecorator, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-65536",
)


# two days from either end, so that the moment exists in every zone
_FIRST_MS = (datetime(1, 1, 3, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
_LAST_MS = (datetime(9999, 12, 29, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)


class Table(DeclarativeBase):
    """The base of every table; constraint names are fixed so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, stored as whole milliseconds since 1970: the same bytes in SQLAlchemy and in the raw writer."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else instant(value)


def milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def instant(value: int) -> datetime:
    """The moment of a stored number; one beyond the calendar is its nearest end, so that every row can be read."""
    return EPOCH + timedelta(milliseconds=min(max(value, _FIRST_MS), _LAST_MS))


class Database:
    """One database of this process: sessions that write, sessions that only read, and the lock between writers."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.commits = 0
        """How many transactions this process has committed: what was read before the last one may be old."""
        self.write_lock = asyncio.Lock() if self.is_sqlite else None
        self._long_lock = asyncio.Lock() if self.is_sqlite else nullcontext()
        self._write_engine = _sqlite_writer(url) if self.is_sqlite else _postgres(url)
        self._read_engine = _sqlite_reader(url) if self.is_sqlite else self._write_engine
        self._apart_engine = _sqlite_reader(url) if self.is_sqlite else _postgres(url)
        self._writing = async_sessionmaker(self._write_engine, expire_on_commit=False)
        self._reading = async_sessionmaker(self._read_engine, expire_on_commit=False)
        self._reading_apart = async_sessionmaker(self._apart_engine, expire_on_commit=False)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction that commits when the block ends and rolls back on any exception."""
        async with self.exclusive(), self._writing.begin() as session:
            yield session
        self.commits += 1

    @asynccontextmanager
    async def writing_long(self) -> AsyncIterator[AsyncSession]:
        """The same for what keeps others waiting, as judging what a phone brings does: these wait for each other before
        they wait for their turn to write, so that a citizen's answer waits for one of them at most."""
        async with self._long_lock, self.writing() as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A consistent view that cannot write; it never waits for a writer."""
        async with self._reading() as session:
            yield session

    @asynccontextmanager
    async def reading_apart(self) -> AsyncIterator[AsyncSession]:
        """The same, for what is called by somebody who reads already: from connections of its own, so that many
        callers who each hold one and wait for another never wait in a circle."""
        async with self._reading_apart() as session:
            yield session

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """The turn to write: waits for this process's other writers on SQLite, free on PostgreSQL."""
        return nullcontext() if self.write_lock is None else self.write_lock

    def connect_sqlite(self) -> sqlite3.Connection:
        """A driver connection for the survey writer, with the same durability as every other."""
        connection = sqlite3.connect(
            str(self.url.database), isolation_level=None, check_same_thread=False, cached_statements=256
        )
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        return connection

    async def close(self) -> None:
        await self._write_engine.dispose()
        await self._apart_engine.dispose()
        if self._read_engine is not self._write_engine:
            await self._read_engine.dispose()


# every engine hides the parameters of a failing statement: logs hold no notes, names or keys


def _sqlite_writer(url: str) -> AsyncEngine:
    Path(str(make_url(url).database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, pool_size=1, max_overflow=0, hide_parameters=True)
    _prepare_sqlite(engine, begin="BEGIN IMMEDIATE", pragmas=SQLITE_PRAGMAS)
    return engine


def _sqlite_reader(url: str) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=4, max_overflow=4, hide_parameters=True)
    _prepare_sqlite(engine, begin="BEGIN", pragmas=(*SQLITE_PRAGMAS, "PRAGMA query_only=1"))
    return engine


def _prepare_sqlite(engine: AsyncEngine, begin: str, pragmas: tuple[str, ...]) -> None:
    """Take transactions out of the driver's hands.

    By default the driver begins late and commits by itself, so that a row written under a released savepoint survives
    the rollback of the transaction around it.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.create_function("bits_apart", 2, _bits_apart, deterministic=True)
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _bits_apart(one: int | None, other: int | None) -> int | None:
    """SQLite cannot count bits; PostgreSQL can."""
    return None if one is None or other is None else ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def _postgres(url: str) -> AsyncEngine:
    return create_async_engine(url, pool_size=5, max_overflow=5, pool_pre_ping=True, hide_parameters=True)
