"""The short way through HTTP for the few hot addresses: body limit, refusals, security headers, one answer.

Everything else is an ordinary Litestar handler. The same headers and the same problem documents go out on both ways.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from litestar import Litestar, asgi
from litestar.types import Receive, Scope, Send

from server.problems import Problem

logger = logging.getLogger("loket")

SECURITY_HEADERS: dict[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Reply(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str]


class Asked:
    """One request on the short way."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self.method: str = str(scope["method"])  # type: ignore[typeddict-item]
        self.path_params: dict[str, Any] = scope["path_params"]
        self.state: Any = scope["litestar_app"].state

    @property
    def address_asked(self) -> tuple[str, bytes]:
        """The path and the query as they came."""
        return self._scope["path"], self._scope["query_string"]

    @property
    def ends_with_slash(self) -> bool:
        """As it was asked for: the router takes a slash at the end away."""
        raw: bytes = self._scope.get("raw_path") or self._scope["path"].encode()
        return raw.endswith(b"/")

    def header(self, name: bytes) -> str:
        """The value of a header (its name in lower case), or an empty string."""
        for key, value in self._scope["headers"]:
            if key == name:
                return value.decode("latin-1")
        return ""

    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self._scope["query_string"].decode("latin-1"), keep_blank_values=True))

    def address(self, proxies: int) -> str:
        """The client's address: our peer's, or the one that the last of `proxies` trusted proxies saw."""
        # a proxy appends to the line it got or adds one of its own: all of them, in order, are one list
        lines = [
            value.decode("latin-1") for key, value in self._scope["headers"] if key == b"x-forwarded-for"
        ]
        forwarded = [part.strip() for part in ",".join(lines).split(",") if part.strip()]
        if proxies and len(forwarded) >= proxies:
            return forwarded[-proxies]
        client = self._scope.get("client")
        return client[0] if client else ""

    @property
    def viewer(self) -> Any:
        """Whom the guard let pass: an `access.Viewer`."""
        return self._scope["user"]

    async def part(self) -> tuple[bytes, bool]:
        """The next bytes of the body, and whether more follow."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Problem("unreadable", what="sambungan terputus sebelum selesai.")
        assert message["type"] == "http.request"
        return message["body"], message["more_body"]

    async def body(self, limit: int) -> bytes:
        """The whole body, refused as soon as it passes `limit` bytes or breaks off."""
        if (announced := self.header(b"content-length")).isdecimal() and int(announced) > limit:
            raise Problem("too_large", most=_kilobytes(limit))
        parts: list[bytes] = []
        size = 0
        has_more = True
        while has_more:
            part, has_more = await self.part()
            size += len(part)
            if size > limit:
                raise Problem("too_large", most=_kilobytes(limit))
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


type_of_handler = Callable[[Asked], Awaitable[Reply]]


def hot(path: str | list[str], **options: Any) -> Callable[[type_of_handler], Any]:
    """Registers `async def handler(asked) -> Reply` at `path`; a Problem it raises becomes its problem document."""

    def register(handler: type_of_handler) -> Any:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                reply = await handler(Asked(scope, receive))
            except Problem as problem:
                reply = refusal(problem)
            except Exception:
                logger.exception("%s %s failed", scope["method"], path)  # type: ignore[typeddict-item]
                reply = refusal(Problem("broken"))
            await send_reply(send, reply)

        answer.__name__ = handler.__name__
        answer.__doc__ = handler.__doc__
        return asgi(path, copy_scope=False, exclude_from_csrf=True, **options)(answer)

    return register


def mend_routing(app: Litestar) -> Litestar:
    """Lets `@asgi` handlers have path parameters.

    Litestar 2.25 files the parameters of such a route under "asgi" but looks them up under the request's method, and
    answers 500 (`KeyError: 'GET'`). Here they are filed under every method too.
    """
    nodes = [app.asgi_router.root_route_map_node]
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children.values())
        if node.is_asgi:
            parameters = node.path_parameters["asgi"]
            node.path_parameters = _SameForEveryMethod({"asgi": parameters})
    return app


class _SameForEveryMethod(dict[Any, Any]):
    def __missing__(self, method: str) -> Any:
        return self["asgi"]


def refusal(problem: Problem) -> Reply:
    headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store", **problem.headers()}
    return Reply(problem.status, problem.body(), headers)


def json_reply(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    common = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Reply(status, body, {**common, **(headers or {})})


async def send_reply(send: Send, reply: Reply) -> None:
    headers = {**SECURITY_HEADERS, **reply.headers}
    if reply.status != 204:  # which may not tell a length (RFC 9110, 8.6)
        headers["Content-Length"] = str(len(reply.body))
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
            ],
        }
    )
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})


def _kilobytes(size: int) -> str:
    return f"{size // 1024} KB"
