"""What every answer to a phone carries: our time, signed, and nothing that a cache may keep."""

import gzip
import secrets
from datetime import datetime
from typing import Any

import anyio
import msgspec
from litestar import Request, Response

from server.asgi import SECURITY_HEADERS
from server.phones import contact_token

Asking = Request[Any, Any, Any]

GZIP_LEAST_BYTES = 1024
"""Below it the compressed one is hardly smaller."""


def contact(request: Asking) -> dict[str, str]:
    """Our time as text, and as the token a phone refers to."""
    state = request.app.state
    now: datetime = state.clock()
    return {
        "server_now": now.isoformat().replace("+00:00", "Z"),
        "contact": contact_token(state.settings.secret, now, secrets.token_bytes(9)),
    }


async def answer(request: Asking, document: Any, **headers: str) -> Response[bytes]:
    """A document as JSON, compressed for whoever takes it."""
    body = msgspec.json.encode(document)
    told = {**SECURITY_HEADERS, "Cache-Control": "no-store", "Vary": "Accept-Encoding", **headers}
    if len(body) >= GZIP_LEAST_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = await anyio.to_thread.run_sync(gzip.compress, body, 6)
        told["Content-Encoding"] = "gzip"
    return Response(body, status_code=200, media_type="application/json", headers=told)
