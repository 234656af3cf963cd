"""A load of many clients over kept-alive connections, in as few instructions as possible: the client shares the
machine with the server it measures.
"""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple


class Measured(NamedTuple):
    """One run: requests a second, and the median and 99th percentile of the time to the answer, in milliseconds."""

    per_second: float
    median_ms: float
    p99_ms: float


async def measure(port: int, clients: int, seconds: float, request: Callable[[], bytes]) -> Measured:
    """Sends `request()` over and over on `clients` connections; any status but 200 and 201 ends the run."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < end:
            writer.write(request())
            head = await reader.readuntil(b"\r\n\r\n")
            if head[9:12] not in (b"200", b"201"):
                raise RuntimeError(head.decode())
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    took = time.perf_counter() - began
    times.sort()
    return Measured(len(times) / took, times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000)
