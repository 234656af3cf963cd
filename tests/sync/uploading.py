"""A sender of photos for tests: says exactly what a test wants said, in tus 1.0.0."""

import asyncio
import base64
import hashlib
import random
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx

from server.accounts import storage as accounts
from server.accounts.sessions import COOKIE
from server.clock import wall_clock
from server.database import Database
from server.migrations import migrate
from tests.cast import make_cast
from tests.server_process import ServerProcess

TUS = {"Tus-Resumable": "1.0.0"}
BODY = {**TUS, "Content-Type": "application/offset+octet-stream"}


def a_document(size: int, seed: int = 1) -> bytes:
    """A PDF of so many bytes, as far as signatures tell; no two seeds make the same."""
    return (b"%PDF-1.7\n" + random.Random(seed).randbytes(size))[:size]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def checksum(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


class Sender:
    """Somebody who is signed in and brings files."""

    def __init__(self, browser: httpx.AsyncClient) -> None:
        self.browser = browser

    async def ask(self, method: str, address: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.browser.request(method, address, headers={**TUS, **named})

    async def create(self, length: int, content: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {**(TUS if content is None else BODY), "Upload-Length": str(length), **named}
        return await self.browser.post("/api/photos", headers=sent, content=content)

    async def begun(self, content: bytes, **said: str) -> str:
        """The address of a new upload of this content."""
        header = metadata(sha256=sha256(content), **said)
        created = await self.create(len(content), Upload_Metadata=header)
        assert created.status_code == 201, created.text
        return str(created.headers["location"])

    async def patch(self, address: str, offset: int, content: Any, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {**BODY, "Upload-Offset": str(offset), **named}
        return await self.browser.patch(address, headers=sent, content=content)

    async def head(self, address: str) -> httpx.Response:
        return await self.browser.head(address, headers=TUS)

    async def offset(self, address: str) -> int:
        told = await self.head(address)
        assert told.status_code == 200, told.status_code
        return int(told.headers["upload-offset"])

    async def brought(self, content: bytes, **said: str) -> str:
        """The address of an upload that is finished."""
        address = await self.begun(content, **said)
        sent = await self.patch(address, 0, content)
        assert sent.status_code == 204, sent.text
        return address

    async def held(self, content: bytes) -> bytes | None:
        """What the store holds under the hash of this content, for this person."""
        found = await self.browser.get(f"/api/inspections/evidence/{sha256(content)}")
        return found.content if found.status_code == 200 else None


# ── over a real line ──


@asynccontextmanager
async def a_server(folder: Path, database_url: str) -> AsyncIterator[tuple[ServerProcess, str]]:
    """A server of its own with the cast in it, and Eka's cookie; on the kind of database that is under test."""
    async with _own_database(folder, database_url) as url:
        await migrate(url)
        database = Database(url)
        try:
            cast = await make_cast(database, wall_clock())
            async with database.writing() as session:
                key = await accounts.open_session(session, cast.people["eka"].id, wall_clock())
        finally:
            await database.close()
        server = ServerProcess(folder, DATABASE_URL=url)
        try:
            server.start()
            yield server, f"{COOKIE}={key}"
        finally:
            server.stop()


@asynccontextmanager
async def _own_database(folder: Path, database_url: str) -> AsyncIterator[str]:
    if database_url.startswith("sqlite"):
        yield f"sqlite+aiosqlite:///{folder / 'loket.db'}"
        return
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    await connection.execute("CREATE DATABASE uploads")
    try:
        yield database_url.removesuffix("/loket") + "/uploads"
    finally:
        await connection.execute("DROP DATABASE uploads WITH (FORCE)")
        await connection.close()


class Scissors:
    """A line to a server that is cut again and again, after so many bytes of what is sent; then it holds."""

    def __init__(self, port: int, cuts: Iterable[int]) -> None:
        self._port = port
        self._cuts = deque(cuts)
        self.done = 0
        """How many times it was cut."""
        self.url = ""

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        answering = asyncio.create_task(_pass_on(there, writer))
        # a connection goes through or breaks; what it costs who holds it is what the test is about
        with suppress(OSError):
            await self._pass_until_cut(reader, back)
        back.close()
        answering.cancel()
        writer.transport.abort()

    async def _pass_until_cut(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        passed = 0
        while piece := await reader.read(16_384):
            if self._cuts and passed + len(piece) >= self._cuts[0]:
                server.write(piece[: self._cuts.popleft() - passed])
                await server.drain()
                self.done += 1
                return
            passed += len(piece)
            server.write(piece)
            await server.drain()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(16_384):
            writer.write(piece)
            await writer.drain()
