"""A bad network between a phone and a server: an HTTP/1.1 proxy that does harm by a plan.

A plan is made from a seed and is the same for the same seed; each request to the API takes the next fault of it, and
when the plan is used up the network is good again. The proxy keeps a log of what it did. It can also show a
phone another version of the app than the server has.
"""

import asyncio
import random
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Literal, NamedTuple, Protocol, Self, get_args

Harm = Literal[
    "none",
    "cut_request",  # the server sees a part of the request, the phone a broken connection
    "cut_answer",  # the server did it, the phone sees a part of the answer
    "half_address",  # the server did it, and its answer ends in the middle of the address it gives
    "drop_answer",  # the server did it, the phone sees nothing
    "delay",
    "twice",  # the request reaches the server two times; the phone gets the second answer
    "older",  # an earlier request arrives once more, just before this one
    "later",  # an earlier request arrives once more, just after this one
    "portal",  # 200 and a page of the hotel
    "redirect",  # 302 to such a page
    "empty",  # 200 and nothing
    "garbage",  # 200, says JSON, is none
    "foreign",  # 200 and JSON, of another program
    "e500",
    "e502",
    "e503",
    "e429",
    "kill",  # the server dies between its commit and its answer
    "silence",  # the connection stands, and nothing ever comes
    "store",  # while it waits for the answer, the phone closes the app's database
    "clock",  # meanwhile somebody sets the phone's clock, three years on or back
]

_RARE: dict[Harm, int] = {
    "none": 3,
    "cut_request": 5,
    "cut_answer": 4,
    "drop_answer": 4,
    "twice": 3,
    **dict.fromkeys(("half_address", "kill", "silence", "store", "clock"), 0),
}
_MOST_FAULTS = 14
_KILLS_ONE_PLAN_IN = 4
_PHONE_FAILS_ONE_PLAN_IN = 3
_LATER_BY = 3

_ADDRESS = re.compile(rb"\r\nlocation: /api/photos/", re.I)

_PAGE = b"<!doctype html><title>Selamat datang di Wi-Fi tamu</title><p>Silakan masuk."
INSTEAD: dict[Harm, tuple[str, str, bytes]] = {
    "portal": ("200 OK", "Content-Type: text/html", _PAGE),
    "redirect": ("302 Found", "Location: http://portal.invalid/", b""),
    "empty": ("200 OK", "Content-Type: application/json", b""),
    "garbage": ("200 OK", "Content-Type: application/json", b'{"results": [{"id": "01'),
    "foreign": (
        "200 OK",
        "Content-Type: application/json",
        b'{"status": "accepted", "ok": true, "results": []}',
    ),
    "e500": ("500 Internal Server Error", "Content-Type: text/plain", b"Internal Server Error"),
    "e502": ("502 Bad Gateway", "Content-Type: text/html", b"<h1>502 Bad Gateway</h1>"),
    "e503": ("503 Service Unavailable", "Retry-After: 1", b""),
    "e429": ("429 Too Many Requests", "Retry-After: 1", b""),
}


class Fault(NamedTuple):
    """What happens to one request; `where` is how far through it, from 0 to 1."""

    harm: Harm
    where: float = 0.0


def plan(seed: int) -> tuple[Fault, ...]:
    """The faults of a seed, in their order."""
    chance = random.Random(seed)
    harms = get_args(Harm)
    weights = [_RARE.get(harm, 1) for harm in harms]
    faults: list[Fault] = [
        Fault(harm, chance.random())
        for harm in chance.choices(harms, weights, k=chance.randint(4, _MOST_FAULTS))
    ]
    if chance.randrange(_KILLS_ONE_PLAN_IN) == 0:
        faults[chance.randrange(len(faults))] = Fault("kill", chance.random())
    if seed % _PHONE_FAILS_ONE_PLAN_IN == 0:
        for harm in ("store", "clock"):
            faults.insert(chance.randrange(len(faults) + 1), Fault(harm, chance.random()))
    # every other plan begins later, or what a phone asks last would never meet a fault
    later = 0 if seed % 2 else _LATER_BY * (seed // 2 % 5)
    return (Fault("none"),) * later + tuple(faults)


class Mortal(Protocol):
    """A server process."""

    port: int

    def kill(self) -> None: ...

    def start(self) -> None: ...


class File(Protocol):
    """One file of the app, as `server.app_shell.furnish` makes them."""

    plain: bytes
    tag: str
    type: str


class Request(NamedTuple):
    method: str
    path: str
    head: bytes
    body: bytes

    @property
    def is_of_the_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def whole(self) -> bytes:
        return self.head + self.body

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({len(self.body)} bytes)"


class Proxy:
    """`async with Proxy(server) as network`: phones go to `network.url`."""

    def __init__(self, server: Mortal) -> None:
        self.server = server
        """Who is behind it."""
        self._faults: deque[Fault] = deque()
        self._past: deque[Request] = deque(maxlen=8)
        self._over = asyncio.Event()
        self._alone = asyncio.Lock()
        """One request at a time: then a plan meets the same requests in the same order."""
        self.log: list[str] = []
        self.is_down = False
        """No network at all."""
        self.in_the_way: Fault | None = None
        """Happens to every request below `in_the_way_of`, for as long as it stands."""
        self.in_the_way_of = "/api/"
        self.of_the_phone: Callable[[Fault], Awaitable[None]] | None = None
        """Does what a fault says of the phone itself."""
        self.shell: Mapping[str, File] | None = None
        """Another version of the app, shown in the place of the server's."""
        self.url = ""

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        self._listener.close()

    def is_good(self) -> None:
        """Whatever is in the way is gone; what is left of a plan goes on."""
        self.is_down, self.in_the_way, self.in_the_way_of = False, None, "/api/"

    def stands_in(self, fault: Fault, of: str = "/api/") -> None:
        """There is a network, and whatever is asked below this address meets this fault."""
        self.is_down, self.in_the_way, self.in_the_way_of = False, fault, of

    def change_to(self, server: Mortal) -> None:
        """Another server is behind it, and no fault is left."""
        self.is_good()
        self._faults.clear()
        self.server = server

    def begin_anew(self, server: Mortal) -> None:
        """As if nothing had happened yet, with this server behind it."""
        self._over.set()
        self._over = asyncio.Event()
        self.shell = self.of_the_phone = None
        self.change_to(server)
        self.follow(())

    def follow(self, faults: tuple[Fault, ...]) -> None:
        """From now on every request to the API meets the next of these."""
        self._faults = deque(faults)
        self._past.clear()
        self.log.clear()

    # ── one connection, one request ──

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # whoever hangs up, phone or server, ends the talk; so does the end of the test
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if not self.is_down:
                await self._pass_on(await _read_request(reader), writer)
        writer.transport.abort() if writer.transport.get_write_buffer_size() == 0 else writer.close()

    async def _pass_on(self, request: Request, phone: asyncio.StreamWriter) -> None:
        if self.shell and request.path.startswith("/app/"):
            await _tell(phone, _file(self.shell, request.path.partition("?")[0]))
            return
        if not request.is_of_the_api:
            await _tell(phone, await self._ask(request))
            return
        in_the_way = self.in_the_way if request.path.startswith(self.in_the_way_of) else None
        if in_the_way == Fault("silence"):
            self.log.append(f"{request} · silence")
            await self._over.wait()
            return
        async with self._alone:
            fault = in_the_way or (self._faults.popleft() if self._faults else Fault("none"))
            self.log.append(f"{request} · {fault.harm} {fault.where:.3f}")
            await self._harm(request, fault, phone)
            if request.method != "GET":
                self._past.append(request)

    async def _harm(self, request: Request, fault: Fault, phone: asyncio.StreamWriter) -> None:
        if fault.harm in INSTEAD:
            await _tell(phone, _made_up(*INSTEAD[fault.harm]))
            return
        if fault.harm == "cut_request":
            await self._say(request.whole[: int(fault.where * len(request.whole))])
            return
        if fault.harm in ("store", "clock") and self.of_the_phone:
            await self.of_the_phone(fault)
        if fault.harm == "delay":
            await asyncio.sleep(fault.where / 2)
        if fault.harm == "twice":
            await self._ask(request)
        if fault.harm == "older" and self._past:
            await self._ask(self._past[int(fault.where * len(self._past))])
        if fault.harm == "kill":
            await self._die_answering(request)
            return
        answer = await self._ask(request)
        self.log[-1] += f" · {answer[9:12].decode()}"
        if fault.harm == "later" and self._past:
            await self._ask(self._past[int(fault.where * len(self._past))])
        if fault.harm == "cut_answer":
            answer = answer[: int(fault.where * len(answer))]
        if fault.harm == "half_address" and (address := _ADDRESS.search(answer)):
            answer = answer[: address.end()]
        if fault.harm != "drop_answer":
            await _tell(phone, answer)

    async def _die_answering(self, request: Request) -> None:
        reader, writer = await self._reach()
        writer.write(request.whole)
        await writer.drain()
        await reader.read(1)  # it answers only what it has committed
        await asyncio.to_thread(self.server.kill)
        await asyncio.to_thread(self.server.start)
        writer.transport.abort()

    # ── the server's side ──

    async def _ask(self, request: Request) -> bytes:
        reader, writer = await self._reach()
        try:
            writer.write(request.whole)
            await writer.drain()
            return await reader.read(-1)
        finally:
            writer.close()

    async def _say(self, part: bytes) -> None:
        """Says a part and hangs up; waits until the server has noticed, or the next request would find it busy."""
        reader, writer = await self._reach()
        writer.write(part)
        await writer.drain()
        writer.write_eof()
        with suppress(OSError, TimeoutError):
            await asyncio.wait_for(reader.read(-1), 0.2)
        writer.transport.abort()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.server.port)


def _file(shell: Mapping[str, File], path: str) -> bytes:
    file = shell.get(path.removeprefix("/app/") or "index.html")
    if file is None:
        return _made_up("404 Not Found", "Content-Type: text/plain", b"")
    headers = f'Content-Type: {file.type}\r\nETag: "{file.tag}"\r\nCache-Control: no-cache'
    return _made_up("200 OK", headers, file.plain)


def _made_up(status: str, header: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\n{header}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


async def _tell(phone: asyncio.StreamWriter, answer: bytes) -> None:
    phone.write(answer)
    await phone.drain()
    phone.close()


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers: Mapping[str, Any] = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    kept = [
        line for line in lines if line and line.partition(":")[0].lower() not in ("connection", "keep-alive")
    ]
    return Request(
        method, path, "\r\n".join([first, *kept, "Connection: close", "", ""]).encode("latin-1"), body
    )
