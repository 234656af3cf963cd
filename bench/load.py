"""A load of many clients over kept-alive connections, in as few instructions as possible: the client shares the
machine with the server it measures. And what it is compared with: peers, served and told in the same run.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from uuid import uuid4

import httpx

from tests.cluster import free_port

SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))


Request = Callable[[], bytes]
"""Makes the bytes of the next request."""


class Measured(NamedTuple):
    """One run: requests a second, and the median and 99th percentile of the time to the answer, in milliseconds."""

    per_second: float
    median_ms: float
    p99_ms: float


class Row(NamedTuple):
    """What was measured, and under how many clients."""

    what: str
    clients: int
    measured: Measured


def measured(port: int, clients: int, request: Request) -> Measured:
    """One run, after a short one that warms everything up."""
    asyncio.run(_measure(port, clients, SECONDS / 4, request))
    return asyncio.run(_measure(port, clients, SECONDS, request))


def measured_beside(port: int, request: Request, others: int, other: Request) -> Measured:
    """One client's run while so many others send something else, as long as that takes."""

    async def both() -> Measured:
        beside = asyncio.create_task(_measure(port, others, SECONDS, other))
        one = await _measure(port, 1, SECONDS, request)
        await beside
        return one

    return asyncio.run(both())


async def _measure(port: int, clients: int, seconds: float, request: Request) -> Measured:
    """Sends `request()` over and over on `clients` connections; any status but 200, 201 and 304 ends the run."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            # made before the clock starts: large ones take a while
            sent = request()
            began = time.perf_counter()
            writer.write(sent)
            head = await reader.readuntil(b"\r\n\r\n")
            _, _, length = head.lower().partition(b"content-length: ")
            body = await reader.readexactly(int(length.split(b"\r\n")[0] or 0))
            if head[9:12] not in (b"200", b"201", b"304"):
                raise RuntimeError((head + body).decode())
            times.append(time.perf_counter() - began)
            if time.perf_counter() > end:
                break
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    took = time.perf_counter() - began
    times.sort()
    return Measured(len(times) / took, times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000)


def posted(path: str, body: bytes, *, method: str = "POST", **headers: str) -> bytes:
    """A request of HTTP/1.1 with a body."""
    said = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{said}\r\n"
    return head.encode() + body


@contextmanager
def peer(module: str, folder: str) -> Iterator[int]:
    """The port of another application while it is served as Loket is."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", f"{module}:app", "--port", str(port)),
            *("--log-level", "warning", "--no-access-log"),
        ],
        env={**os.environ, "PEER_PLACE": f"{folder}/{uuid4().hex}"},
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


def tell(rows: Sequence[Row], *peers: str) -> None:
    """Prints a table: every row, and its ratio to each peer under as many clients."""
    rate = {(row.what, row.clients): row.measured.per_second for row in rows}
    print("| what | clients | a second | median ms | p99 ms |", *(f"× {peer} |" for peer in peers))
    print("| --- | --- | --- | --- | --- |", *("--- |" for _ in peers))
    for what, clients, (per_second, median_ms, p99_ms) in sorted(rows):
        ratios = (f"{per_second / rate[peer, clients]:.3g} |" for peer in peers)
        print(f"| {what} | {clients} | {per_second:,.0f} | {median_ms:.2f} | {p99_ms:.2f} |", *ratios)
    print()
