"""Lines that are cut and servers that die while a photo is on its way: what came counts, nothing else does."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.server_process import ServerProcess
from tests.sync.uploading import Sender, a_document, a_server, checksum


class Line:
    """A real server, somebody signed in to it, and a bare socket to it that can be cut anywhere."""

    def __init__(self, server: ServerProcess, cookie: str, folder: Path) -> None:
        self.server = server
        self.uploads = folder / "uploads"
        self._cookie = cookie
        self.sender = Sender(httpx.AsyncClient(base_url=server.url, headers={"Cookie": cookie}, timeout=20))

    def path(self, address: str) -> Path:
        return self.uploads / address.rpartition("/")[2]

    async def send(self, address: str, offset: int, content: bytes, announced: int, **headers: str) -> Any:
        """Says that so many bytes come, sends these, and leaves the connection open."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        said = {
            "Host": f"127.0.0.1:{self.server.port}",
            "Cookie": self._cookie,
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Content-Length": str(announced),
            **headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        writer.write(f"PATCH {address} HTTP/1.1\r\n{head}\r\n".encode() + content)
        await writer.drain()
        return writer

    async def has_come(self, address: str, size: int) -> None:
        until = time.monotonic() + 10
        while (came := self.path(address).stat().st_size) != size:
            assert time.monotonic() < until, f"{came} bytes came, not {size}"
            await asyncio.sleep(0.01)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def line(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> AsyncIterator[Line]:
    folder = tmp_path_factory.mktemp("house")
    async with a_server(folder, database_url) as (server, cookie):
        line = Line(server, cookie, folder)
        yield line
        await line.sender.browser.aclose()


async def test_a_line_cut_at_400_000_of_a_million_bytes_goes_on_from_there(line: Line) -> None:
    content, eka = a_document(1_000_000), line.sender
    address = await eka.begun(content)
    connection = await line.send(address, 0, content[:400_000], announced=1_000_000)
    await line.has_come(address, 400_000)
    connection.transport.abort()
    assert await eka.offset(address) == 400_000
    stale = await eka.patch(address, 0, content)
    assert (stale.status_code, stale.json()["offset"]) == (409, 400_000)
    assert (await eka.patch(address, 400_000, content[400_000:])).status_code == 204
    assert await eka.held(content) == content


async def test_a_line_may_be_cut_at_any_tenth_byte(line: Line) -> None:
    content, eka = a_document(300), line.sender
    address = await eka.begun(content)
    offset = 0
    for cut in range(10, 300, 10):
        connection = await line.send(address, offset, content[offset:cut], announced=300 - offset)
        connection.close()
        offset = await eka.offset(address)
        # a byte may be lost in a dying connection; none is ever made up
        assert offset <= cut
        assert line.path(address).read_bytes() == content[:offset]
    assert (await eka.patch(address, offset, content[offset:])).status_code == 204
    assert await eka.held(content) == content


async def test_a_line_that_is_dead_without_saying_so_holds_nobody_up(line: Line) -> None:
    content, eka = a_document(1_000_000, seed=2), line.sender
    address = await eka.begun(content)
    connection = await line.send(address, 0, content[:400_000], announced=1_000_000)
    await line.has_come(address, 400_000)
    asked = time.monotonic()
    assert await eka.offset(address) == 400_000
    assert time.monotonic() - asked < 2
    assert (await eka.patch(address, 400_000, content[400_000:])).status_code == 204
    assert await eka.held(content) == content
    connection.close()


async def test_a_checked_piece_that_is_cut_is_dropped_whole(line: Line) -> None:
    content, eka = a_document(3_000_000, seed=3), line.sender
    address = await eka.begun(content)
    assert (await eka.patch(address, 0, content[:1000])).status_code == 204
    said = {"Upload-Checksum": checksum(content[1000:])}
    connection = await line.send(address, 1000, content[1000:2_500_000], announced=2_999_000, **said)
    connection.close()
    await asyncio.sleep(0.3)
    assert await eka.offset(address) == 1000
    damaged = await eka.patch(address, 1000, content[1001:], Upload_Checksum=checksum(content[1000:]))
    assert damaged.status_code == 460
    assert (await eka.patch(address, 1000, content[1000:])).status_code == 204
    assert await eka.held(content) == content


@pytest.mark.faults
@pytest.mark.parametrize("is_checked", [False, True])
async def test_a_server_killed_in_mid_file_goes_on_where_it_was(line: Line, is_checked: bool) -> None:
    content, eka = a_document(3_000_000, seed=4 + is_checked), line.sender
    address = await eka.begun(content)
    assert (await eka.patch(address, 0, content[:1000])).status_code == 204
    standing = set(line.uploads.iterdir())
    said = {"Upload-Checksum": checksum(content[1000:])} if is_checked else {}
    connection = await line.send(address, 1000, content[1000:2_000_000], announced=2_999_000, **said)
    if is_checked:
        await asyncio.sleep(0.3)
    else:
        await line.has_come(address, 2_000_000)
    line.server.kill()
    connection.close()
    line.server.start()
    offset = 1000 if is_checked else 2_000_000
    assert await eka.offset(address) == offset
    assert set(line.uploads.iterdir()) == standing, "nothing stands beside it"
    assert (await eka.patch(address, offset, content[offset:])).status_code == 204
    assert await eka.held(content) == content
    assert set(line.uploads.iterdir()) == standing - {line.path(address)}


@pytest.mark.faults
async def test_a_server_killed_after_the_last_byte_finishes_when_it_is_asked(line: Line) -> None:
    content, eka = a_document(100_000), line.sender
    address = await eka.begun(content)
    line.server.kill()
    # as it stands when the last byte is on the disk and nothing else has happened
    line.path(address).write_bytes(content)
    line.server.start()
    assert await eka.offset(address) == 100_000
    assert await eka.held(content) == content
