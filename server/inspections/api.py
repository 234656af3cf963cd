"""How every address under `/api/inspections/` reads and answers: JSON bodies decoded strictly, pages of a list."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response

from server.asgi import SECURITY_HEADERS
from server.bodies import JSON, Body, decoded, holds_nul, refuse_other_type
from server.problems import Problem

Asking = Request[Any, Any, Any]
Row = TypeVar("Row")

BODY_MOST_BYTES = 1024 * 1024
PAGE = 50
PAGE_MOST = 200


async def sent_as(request: Asking, shape: type[Body]) -> Body:
    """The JSON body of a request in its shape; anything else is refused with what is wrong and where."""
    refuse_other_type(request.headers.get("content-type", ""), JSON)
    body = await request.body()
    if len(body) > BODY_MOST_BYTES:
        raise Problem("too_large", most=f"{BODY_MOST_BYTES // 1024} KB")
    if holds_nul(body):
        raise Problem("unreadable", what="ada karakter yang tidak dapat disimpan.")
    return decoded(body, shape)


def answer(document: Any, status: int = 200, **headers: str) -> Response[bytes]:
    """A document as JSON. No cache keeps it: it depends on who asks."""
    return Response(
        msgspec.json.encode(document),
        status_code=status,
        media_type="application/json",
        headers={**SECURITY_HEADERS, "Cache-Control": "no-store", **headers},
    )


def page_asked(request: Asking) -> tuple[int, str]:
    """How many items a list may hold (`limit`), and after which one it begins (`after`; empty: at the start)."""
    limit = request.query_params.get("limit", "")
    most = int(limit) if limit.isascii() and limit.isdecimal() and len(limit) < 6 else PAGE
    return min(max(most, 1), PAGE_MOST), request.query_params.get("after", "")


def page_of(rows: Sequence[Row], most: int, told: Callable[[Row], Any], key: Callable[[Row], Any]) -> Any:
    """One page of a list asked for with one row more than `most`; `next` is what to send as `after`."""
    shown = rows[:most]
    return {
        "items": [told(row) for row in shown],
        "next": str(key(shown[-1])) if len(rows) > most else None,
    }


def whole_number(text: str) -> int | None:
    """A positive number as it stands in an address; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def uuid_in(text: str, problem: str) -> UUID:
    """The id in an address; one that is none names nothing we have."""
    try:
        return UUID(text)
    except ValueError:
        raise Problem(problem) from None


def time_told(moment: datetime | None) -> str | None:
    """A moment in UTC as ISO 8601."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
