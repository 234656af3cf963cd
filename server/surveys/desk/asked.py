"""What the addresses of the staff's pages ask for: a period, and which responses.

Pure: the query of an address in, what it names out. Who may see it is decided elsewhere.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from server.skm.periods import days_between, range_of

CHANNELS = ("qr", "link", "form", "kiosk", "paper", "import")

ANY_RULE = "*"
"""Kept out by whatever rule."""

MANUAL = "M"
"""Not a rule: a person of the bureau took the answer out."""


class Span(msgspec.Struct, frozen=True):
    """Local days from `first` to `last`, both included. `number` counts halves, quarters and months of the year."""

    kind: str
    """year, half, quarter, month, or days for a range of no such kind."""
    code: str | None
    """How addresses write it: 2026, 2026-S1, 2026-Q3, 2026-11; a range of days has no code."""
    first: date
    last: date
    number: int = 0

    def query(self) -> dict[str, str]:
        """How an address asks for this span."""
        return {"periode": self.code} if self.code else {"dari": str(self.first), "sampai": str(self.last)}


def span_asked(query: Mapping[str, str], earliest: date, latest: date) -> Span | None:
    """The period that an address names by its two days or by its code; None when it names none.

    An end left open is `earliest` or `latest`. Raises BadPeriod.
    """
    first, last = days_between(query.get("dari"), query.get("sampai"))
    if first or last:
        return Span(
            "days", None, first or min(earliest, last or earliest), last or max(latest, first or latest)
        )
    code = query.get("periode", "").strip()
    if not code:
        return None
    days = range_of(code)
    return next(span for span in spans_of(days[0].year) if (span.first, span.last) == days)


def spans_of(year: int) -> list[Span]:
    """The year itself, its halves, quarters and months: what a reader may choose."""
    codes = [
        ("year", f"{year}", 0),
        *(("half", f"{year}-S{number}", number) for number in (1, 2)),
        *(("quarter", f"{year}-Q{number}", number) for number in (1, 2, 3, 4)),
        *(("month", f"{year}-{number:02}", number) for number in range(1, 13)),
    ]
    return [Span(kind, code, *range_of(code), number) for kind, code, number in codes]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which responses a list shows; what is None or false asks for nothing."""

    unit_id: int | None = None
    service_id: int | None = None
    counter_id: int | None = None
    channel: str | None = None
    rule: str | None = None
    """`ANY_RULE`, a rule's code, or the empty text for those that count."""
    first: date | None = None
    last: date | None = None
    with_comment: bool = False
    is_reviewed: bool = False
    ids: Sequence[UUID] | None = None


class Cursor(msgspec.Struct, frozen=True):
    """Where the next page of a list begins: after the `passed` responses already shown of those received at a moment.

    It names no response: who holds a receipt must not be found by it.
    """

    received_at: datetime
    passed: int

    def __str__(self) -> str:
        return f"{self.received_at.isoformat()}_{self.passed}"


def cursor_of(text: str | None) -> Cursor | None:
    """The cursor in an address; one that is none of ours begins at the top."""
    moment, _, passed = (text or "").partition("_")
    try:
        received_at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    is_ours = received_at.tzinfo is not None and passed.isdecimal() and len(passed) < 9
    return Cursor(received_at, int(passed)) if is_ours else None


def cursor_after(received: Sequence[datetime], before: Cursor | None) -> Cursor:
    """The cursor behind a page: the moments at which its responses were received, newest first."""
    last = received[-1]
    passed = sum(moment == last for moment in received)
    return Cursor(last, passed + (before.passed if before and before.received_at == last else 0))
