"""The bad network does what its plan says: else the tests behind it would prove nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import get_args

import httpx
import pytest
import pytest_asyncio

from tests.faults.proxy import Fault, Harm, Proxy, plan

pytestmark = pytest.mark.pure


class Echo:
    """A server that remembers what reached it, whole or not."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[bytes] = []
        self.lives = 1

    async def open(self) -> None:
        self._listener = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._listener.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[16:]) for line in head.split(b"\r\n") if line.lower()[:15] == b"content-length:"), 0
            )
            body = await reader.readexactly(length)
        except asyncio.IncompleteReadError as cut:
            self.seen.append(cut.partial)
        else:
            self.seen.append(body)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\n"
                + b"%020d" % len(self.seen)
            )
        writer.close()

    def kill(self) -> None:
        self.lives -= 1

    def start(self) -> None:
        self.lives += 1


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[Echo]:
    server = Echo()
    await server.open()
    yield server
    await server.close()


async def said(network: Proxy, body: bytes = b"x" * 500) -> httpx.Response | None:
    """The answer to a request, None if the connection broke."""
    async with httpx.AsyncClient(base_url=network.url, trust_env=False) as phone:
        try:
            return await phone.post("/api/echo", content=body)
        except httpx.TransportError:
            return None


def test_a_plan_follows_from_its_seed() -> None:
    assert plan(7) == plan(7)
    assert plan(7) != plan(8)
    harms = {fault.harm for seed in range(200) for fault in plan(seed)}
    assert harms == set(get_args(Harm)) - {"silence", "half_address"}


async def test_without_a_plan_the_network_is_good(echo: Echo) -> None:
    async with Proxy(echo) as network:
        answer = await said(network)
    assert answer is not None
    assert (answer.text, echo.seen) == ("0" * 19 + "1", [b"x" * 500])


@pytest.mark.parametrize(
    ("harm", "bodies", "arrives"),
    [
        ("cut_request", [b"x" * 250], False),
        ("cut_answer", [b"x" * 500], False),
        ("drop_answer", [b"x" * 500], False),
        ("twice", [b"x" * 500] * 2, True),
        ("kill", [b"x" * 500], False),
    ],
)
async def test_what_reaches_the_server_and_what_the_phone(
    echo: Echo, harm: Harm, bodies: list[bytes], arrives: bool
) -> None:
    async with Proxy(echo) as network:
        network.follow((Fault(harm, 0.6),))
        answer = await said(network)
    assert (answer is not None) is arrives
    assert [len(seen) for seen in echo.seen] == pytest.approx([len(body) for body in bodies], abs=120)
    assert echo.lives == 1


@pytest.mark.parametrize(
    ("harm", "status"),
    [
        *(("portal", 200), ("redirect", 302), ("empty", 200), ("garbage", 200), ("foreign", 200)),
        *(("e500", 500), ("e502", 502), ("e503", 503), ("e429", 429)),
    ],
)
async def test_others_answer_in_the_servers_place(echo: Echo, harm: Harm, status: int) -> None:
    async with Proxy(echo) as network:
        network.follow((Fault(harm),))
        answer = await said(network)
    assert answer is not None
    assert (answer.status_code, echo.seen) == (status, [])


@pytest.mark.parametrize(("harm", "order"), [("older", [1, 2, 1, 3]), ("later", [1, 2, 3, 1])])
async def test_an_earlier_request_arrives_again(echo: Echo, harm: Harm, order: list[int]) -> None:
    async with Proxy(echo) as network:
        network.follow((Fault("none"), Fault("none"), Fault(harm, 0.0)))
        for length in (1, 2, 3):
            assert await said(network, b"x" * length)
    assert [len(seen) for seen in echo.seen] == order


async def test_a_fault_of_the_phone_happens_while_it_waits(echo: Echo) -> None:
    met: list[tuple[Fault, int]] = []

    async def fails(fault: Fault) -> None:
        met.append((fault, len(echo.seen)))

    async with Proxy(echo) as network:
        network.of_the_phone = fails
        network.follow((Fault("store"), Fault("clock", 0.7)))
        assert await said(network) and await said(network)
    assert met == [(Fault("store"), 0), (Fault("clock", 0.7), 1)]


async def test_without_a_network_nobody_is_reached(echo: Echo) -> None:
    async with Proxy(echo) as network:
        network.is_down = True
        assert await said(network) is None
        network.is_down = False
        assert await said(network) is not None
    assert len(echo.seen) == 1
