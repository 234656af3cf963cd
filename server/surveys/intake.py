"""The one way a survey answer is stored: a group commit (decision 0003).

Requests hand a validated arrival to the one writer of this process and wait. The writer takes all that wait, inserts
them in one transaction, adds only the newly inserted to the tallies, commits with full durability, then answers each.
Alone, a request costs one fsync; under load, throughput grows with the batch. Nobody is thanked before the commit.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import asyncpg

from server.database import Database, instant, milliseconds
from server.problems import Problem
from server.skm.rules import ELEMENTS
from server.skm.tally import CELLS, Tallied, deltas, hour_deltas
from server.surveys.arrive import Arrival
from server.watching import BATCH_SIZE, COMMIT_SECONDS, WAITING

logger = logging.getLogger("loket.intake")

BATCH_MOST = 500
QUEUE_MOST = 5_000
BUSY_WAIT_S, BUSY_PAUSE_S = 20.0, 0.005


class Stored(NamedTuple):
    """What the database holds under an id after the commit."""

    id: UUID
    counter_id: int
    unit_id: int
    local_day: str
    received_at: datetime
    body_sha256: bytes
    is_new: bool


_SCALARS = [name for name in Arrival._fields if name != "answers"]
COLUMNS = (*_SCALARS[:6], *ELEMENTS, *_SCALARS[6:])

_HELD = "id, counter_id, unit_id, local_day, received_at, body_sha256"
_TALLY_COLUMNS = ("period", "unit_id", "service_id", "counter_id", "rule", "n", *CELLS)
_TALLY_ADDS = ", ".join(f"{cell} = survey_tallies.{cell} + excluded.{cell}" for cell in ("n", *CELLS))
_TALLY_CONFLICT = f"ON CONFLICT (period, unit_id, service_id, counter_id, rule) DO UPDATE SET {_TALLY_ADDS}"
_HOUR_CONFLICT = "ON CONFLICT (month, unit_id, hour) DO UPDATE SET n = survey_hours.n + excluded.n"


class Writer(Protocol):
    """Stores a batch in one durable transaction; all or nothing."""

    async def store(self, batch: Sequence[Arrival]) -> list[Stored]: ...

    async def close(self) -> None: ...


class Intake:
    """The queue before the writer; `store` returns only after the commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer: Writer = SqliteWriter(database) if database.is_sqlite else PostgresWriter(database)
        self._waiting: list[tuple[Arrival, asyncio.Future[Stored]]] = []
        self._draining: asyncio.Task[None] | None = None

    async def store(self, arrival: Arrival) -> Stored:
        """Stores one response, or finds what is already held under its id; refuses only when overloaded."""
        if len(self._waiting) >= QUEUE_MOST:
            raise Problem("overloaded", retry_after_s=5)
        future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, future))
        WAITING.set(len(self._waiting))
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        return await future

    async def close(self) -> None:
        if self._draining is not None:
            await self._draining
        await self._writer.close()

    async def _drain(self) -> None:
        # arrivals gather while a commit runs: no timer, no added wait
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH_MOST], self._waiting[BATCH_MOST:]
                await self._store(batch)
        finally:
            self._draining = None

    async def _store(self, batch: list[tuple[Arrival, asyncio.Future[Stored]]]) -> None:
        try:
            with COMMIT_SECONDS.time():
                held = await self._writer.store([arrival for arrival, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                logger.exception("a response could not be stored")
                _settle(batch[0][1], error)
                return
            # one by one, so that a bad row fails alone; a row that did get in is found again by its id
            for entry in batch:
                await self._store([entry])
            return
        self._database.commits += 1
        BATCH_SIZE.observe(len(batch))
        WAITING.set(len(self._waiting))
        for (_, future), stored in zip(batch, held, strict=True):
            _settle(future, stored)


def _settle(future: asyncio.Future[Stored], outcome: Stored | Exception) -> None:
    if future.done():  # the client went away; the response is stored all the same
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


_SQLITE_INSERT = (
    f"INSERT INTO survey_responses ({', '.join(COLUMNS)}) "  # noqa: S608
    f"VALUES ({', '.join('?' * len(COLUMNS))}) ON CONFLICT (id) DO NOTHING"
)
_SQLITE_TALLY = (
    f"INSERT INTO survey_tallies ({', '.join(_TALLY_COLUMNS)}) "  # noqa: S608
    f"VALUES ({', '.join('?' * len(_TALLY_COLUMNS))}) {_TALLY_CONFLICT}"
)
_SQLITE_HOUR = f"INSERT INTO survey_hours (month, unit_id, hour, n) VALUES (?, ?, ?, ?) {_HOUR_CONFLICT}"  # noqa: S608


class SqliteWriter:
    """Inserts on the event loop (microseconds a row) and hands only the COMMIT, which waits for the disk, to a thread:
    handing every row over would cost more than inserting it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connect_sqlite()
        # waiting for another process's writer must not stand still on the event loop: see _begin
        self._connection.execute("PRAGMA busy_timeout=0")
        # a thread of its own: a commit must not queue behind whatever else was sent to a thread
        self._committer = ThreadPoolExecutor(1, "loket-commit")

    async def store(self, batch: Sequence[Arrival]) -> list[Stored]:
        async with self._database.exclusive():
            await self._begin()
            try:
                held = self._insert(batch)
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._committer, self._connection.execute, "COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            return held

    async def _begin(self) -> None:
        """Takes the write lock; while another process holds it, tries again without blocking the loop."""
        deadline = asyncio.get_running_loop().time() + BUSY_WAIT_S
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                is_busy = (error.sqlite_errorcode & 0xFF) == sqlite3.SQLITE_BUSY
                if not is_busy or asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(BUSY_PAUSE_S)

    def _insert(self, batch: Sequence[Arrival]) -> list[Stored]:
        execute = self._connection.execute
        held: list[Stored] = []
        new: list[Tallied] = []
        for arrival in batch:
            values = arrival.values()
            values[0] = arrival.id.hex
            if execute(_SQLITE_INSERT, values).rowcount == 1:
                new.append(arrival.tallied())
                held.append(_new(arrival))
            else:
                row = execute(f"SELECT {_HELD} FROM survey_responses WHERE id = ?", (values[0],)).fetchone()  # noqa: S608
                held.append(_old(row))
        self._connection.executemany(_SQLITE_TALLY, ((*key, *row) for key, row in deltas(new).items()))
        self._connection.executemany(_SQLITE_HOUR, ((*key, n) for key, n in hour_deltas(new).items()))
        return held

    async def close(self) -> None:
        self._committer.shutdown()
        self._connection.close()


_POSTGRES_TYPES = {
    "id": "uuid",
    "local_day": "text",
    "local_hour": "smallint",
    "answered_at": "bigint",
    "received_at": "bigint",
    "served_at": "bigint",
    "body_sha256": "bytea",
    "counter_id": "integer",
    "unit_id": "integer",
    "service_id": "integer",
    "age": "smallint",
    **dict.fromkeys(ELEMENTS, "smallint"),
}
_POSTGRES_ARRAYS = ", ".join(
    f"${place}::{_POSTGRES_TYPES.get(name, 'text')}[]" for place, name in enumerate(COLUMNS, 1)
)
_POSTGRES_INSERT = (
    f"INSERT INTO survey_responses ({', '.join(COLUMNS)}) "  # noqa: S608
    f"SELECT * FROM unnest({_POSTGRES_ARRAYS}) ON CONFLICT (id) DO NOTHING RETURNING id"
)
_POSTGRES_FIND = f"SELECT {_HELD} FROM survey_responses WHERE id = ANY($1::uuid[])"  # noqa: S608
_POSTGRES_TALLY_ARRAYS = ", ".join(
    f"${place}::{'text' if name in ('period', 'rule') else 'integer'}[]"
    for place, name in enumerate(_TALLY_COLUMNS, 1)
)
_POSTGRES_TALLY = (
    f"INSERT INTO survey_tallies ({', '.join(_TALLY_COLUMNS)}) "  # noqa: S608
    f"SELECT * FROM unnest({_POSTGRES_TALLY_ARRAYS}) {_TALLY_CONFLICT}"
)
_POSTGRES_HOUR = (
    "INSERT INTO survey_hours (month, unit_id, hour, n) "  # noqa: S608
    f"SELECT * FROM unnest($1::text[], $2::integer[], $3::integer[], $4::integer[]) {_HOUR_CONFLICT}"
)


class PostgresWriter:
    """The same in two statements: one INSERT … SELECT unnest for the rows, one upsert for the tallies."""

    def __init__(self, database: Database) -> None:
        self._dsn = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: asyncpg.Connection | None = None

    async def store(self, batch: Sequence[Arrival]) -> list[Stored]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._dsn)
        async with self._connection.transaction():
            return await self._insert(self._connection, batch)

    async def _insert(self, connection: asyncpg.Connection, batch: Sequence[Arrival]) -> list[Stored]:
        columns = list(zip(*(arrival.values() for arrival in batch), strict=True))
        new_ids = {row["id"] for row in await connection.fetch(_POSTGRES_INSERT, *columns)}
        held: list[Stored | None] = []
        new: list[Tallied] = []
        for arrival in batch:
            if arrival.id in new_ids:
                new_ids.discard(arrival.id)  # a second one with this id in the batch is a repetition
                new.append(arrival.tallied())
                held.append(_new(arrival))
            else:
                held.append(None)
        # rows are taken in one order by every process, so that two of them never wait for each other in a circle
        tallies = sorted(deltas(new).items())
        if tallies:
            await connection.execute(
                _POSTGRES_TALLY, *zip(*((*key, *row) for key, row in tallies), strict=True)
            )
        hours = sorted(hour_deltas(new).items())
        if hours:
            await connection.execute(_POSTGRES_HOUR, *zip(*((*key, n) for key, n in hours), strict=True))
        if all(held):
            return [stored for stored in held if stored]
        repeated = [arrival.id for arrival, stored in zip(batch, held, strict=True) if stored is None]
        found = {row["id"]: _old(row) for row in await connection.fetch(_POSTGRES_FIND, repeated)}
        return [stored or found[arrival.id] for arrival, stored in zip(batch, held, strict=True)]

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


def _new(arrival: Arrival) -> Stored:
    received_at = instant(milliseconds(arrival.received_at))  # as a repetition will read it
    return Stored(
        arrival.id,
        arrival.counter_id,
        arrival.unit_id,
        arrival.local_day,
        received_at,
        arrival.body_sha256,
        is_new=True,
    )


def _old(row: Any) -> Stored:
    response_id = row[0] if isinstance(row[0], UUID) else UUID(str(row[0]))
    return Stored(response_id, row[1], row[2], row[3], instant(row[4]), bytes(row[5]), is_new=False)
