"""The survey's hot path against two ceilings measured in the same run: `python -m bench.intake`.

Prints requests a second and their ratio to an application that stores nothing (Litestar, one route) and to one that
commits per request (the same answer by SQLAlchemy and aiosqlite): machines differ, ratios stay.
"""

import asyncio
import json
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
from sqlalchemy import select

from bench.load import Measured, Request, Row, measured, peer, posted, tell
from server.clock import wall_clock
from server.database import Database, milliseconds
from server.migrations import migrate
from server.units.tables import Counter
from server.uuid7 import uuid7
from tests.cast import hidden_field, make_cast, sheet
from tests.cluster import postgres_cluster, postgres_programs
from tests.server_process import ServerProcess

CLIENTS = (1, 16, 64)


def main() -> None:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        # interleaved, so that a machine that slows down slows all of them
        for clients in CLIENTS:
            rows.append(Row("stores nothing", clients, _peer("bench.peer_nothing", folder, clients)))
            rows.append(Row("commit per request", clients, _peer("bench.peer_commit", folder, clients)))
            rows += _loket(folder, clients, f"sqlite+aiosqlite:///{folder}/{clients}.db", "Loket on SQLite")
        if postgres_programs():
            with postgres_cluster(is_durable=True) as url:
                for clients in CLIENTS:
                    rows += _loket(folder, clients, url, "Loket on PostgreSQL")
    tell(rows, "stores nothing", "commit per request")


def _loket(folder: str, clients: int, url: str, name: str) -> Iterator[Row]:
    code = asyncio.run(_prepared(url))
    with ServerProcess(Path(folder), DATABASE_URL=url, LOKET_LIMITS="off") as server:

        def get(path: str) -> bytes:
            return f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n".encode()

        yield Row(name + ", an answer", clients, measured(server.port, clients, answers(server.url, code)))
        yield Row(name + ", the page", clients, measured(server.port, clients, lambda: get(f"/s/{code}")))
        index = "/api/units/dinas-kependudukan/index"
        yield Row(name + ", the index", clients, measured(server.port, clients, lambda: get(index)))


def answers(url: str, code: str) -> Request:
    """Answers to the survey of a counter, each with an id of its own."""
    page = httpx.get(f"{url}/s/{code}").text
    body = json.dumps(sheet(code, 3, token=hidden_field(page, "token"))).encode()

    def put() -> bytes:
        response_id = uuid7(milliseconds(wall_clock()), secrets.token_bytes(10))
        return posted(f"/api/responses/{response_id}", body, method="PUT", Content_Type="application/json")

    return put


async def _prepared(url: str) -> str:
    await migrate(url)
    database = Database(url)
    async with database.reading() as session:
        held = await session.scalar(select(Counter.code).order_by(Counter.id).limit(1))
    code = held or (await make_cast(database, wall_clock())).code()
    await database.close()
    return code


def _peer(module: str, folder: str, clients: int) -> Measured:
    body = json.dumps(sheet("K7M2Q6", 3)).encode()
    request = posted("/", body, Content_Type="application/json")
    with peer(module, folder) as port:
        return measured(port, clients, lambda: request)


if __name__ == "__main__":
    main()
