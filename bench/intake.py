"""The survey's hot path against two ceilings measured in the same run: `python -m bench.intake`.

Prints requests a second and their ratio to an application that stores nothing (Litestar, one route) and to one that
commits per request (the same answer by SQLAlchemy and aiosqlite): machines differ, ratios stay.
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from bench.load import Measured, measure
from server.clock import wall_clock
from server.database import Database, milliseconds
from server.migrations import migrate
from server.uuid7 import uuid7
from tests.cast import hidden_field, make_cast, sheet
from tests.cluster import free_port, postgres_cluster, postgres_programs
from tests.server_process import ServerProcess

SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
CLIENTS = (1, 16, 64)


def main() -> None:
    rows: list[tuple[str, int, Measured]] = []
    with tempfile.TemporaryDirectory() as folder:
        # interleaved, so that a machine that slows down slows all of them
        for clients in CLIENTS:
            rows.append(("stores nothing", clients, _peer("bench.peer_nothing", folder, clients)))
            rows.append(("commit per request", clients, _peer("bench.peer_commit", folder, clients)))
            rows += _loket(folder, clients, f"sqlite+aiosqlite:///{folder}/{clients}.db", "Loket on SQLite")
        if postgres_programs():
            with postgres_cluster(is_durable=True) as url:
                for clients in CLIENTS:
                    rows += _loket(folder, clients, url, "Loket on PostgreSQL")
    _print(rows)


def _loket(folder: str, clients: int, url: str, name: str) -> Iterator[tuple[str, int, Measured]]:
    code = asyncio.run(_prepared(url))
    with ServerProcess(Path(folder), DATABASE_URL=url, LOKET_LIMITS="off") as server:
        page = httpx.get(f"{server.url}/s/{code}").text
        body = json.dumps(sheet(code, 3, token=hidden_field(page, "token"))).encode()

        def put() -> bytes:
            response_id = uuid7(milliseconds(wall_clock()), secrets.token_bytes(10))
            return (
                b"PUT /api/responses/%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (str(response_id).encode(), len(body), body)
            )

        def get(path: str) -> bytes:
            return f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n".encode()

        yield name + ", an answer", clients, _run(server.port, clients, put)
        yield name + ", the page", clients, _run(server.port, clients, lambda: get(f"/s/{code}"))
        index = "/api/units/dinas-kependudukan/index"
        yield name + ", the index", clients, _run(server.port, clients, lambda: get(index))


async def _prepared(url: str) -> str:
    await migrate(url)
    database = Database(url)
    async with database.reading() as session:
        from sqlalchemy import select

        from server.units.tables import Counter

        held = await session.scalar(select(Counter.code).order_by(Counter.id).limit(1))
    code = held or (await make_cast(database, wall_clock())).code()
    await database.close()
    return code


def _run(port: int, clients: int, request: object) -> Measured:
    asyncio.run(measure(port, clients, SECONDS / 4, request))  # type: ignore[arg-type]
    return asyncio.run(measure(port, clients, SECONDS, request))  # type: ignore[arg-type]


@contextmanager
def _serving(module: str, folder: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            f"{module}:app",
            "--port",
            str(port),
            "--log-level",
            "warning",
            "--no-access-log",
        ],
        env={**os.environ, "PEER_DATABASE": f"{folder}/{uuid4().hex}.db"},
    )
    try:
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def _peer(module: str, folder: str, clients: int) -> Measured:
    body = json.dumps(sheet("K7M2Q6", 3)).encode()

    def post() -> bytes:
        return (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )

    with _serving(module, folder) as port:
        return _run(port, clients, post)


def _print(rows: list[tuple[str, int, Measured]]) -> None:
    nothing = {clients: measured.per_second for name, clients, measured in rows if name == "stores nothing"}
    commit = {
        clients: measured.per_second for name, clients, measured in rows if name == "commit per request"
    }
    print("| what | clients | a second | median ms | p99 ms | × stores nothing | × commit per request |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, clients, measured in sorted(rows, key=lambda row: (row[0], row[1])):
        print(
            f"| {name} | {clients} | {measured.per_second:,.0f} | {measured.median_ms:.2f} | {measured.p99_ms:.2f} "
            f"| {measured.per_second / nothing[clients]:.2f} | {measured.per_second / commit[clients]:.2f} |"
        )


if __name__ == "__main__":
    main()
