"""A body that a phone sent, so that a person can read it, whatever is wrong with it. Pure.

The room that knows what it means may have refused it for being unreadable, so nothing is taken for granted here: what
is not as expected is left out, and the whole text stands below.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from server.phones import SKEW_NOTED
from server.sync.envelope import keepable
from server.sync.wire import SHA256

TEXT_MOST = 2_000
ENTRIES_MOST = 500
PIECES_MOST = 50


class Piece(msgspec.Struct, frozen=True):
    """A piece of evidence as the body names it."""

    kind: str
    caption: str
    sha256: str


class Entry(msgspec.Struct, frozen=True):
    """What was found at one indicator; of the ways to say it, those that were used."""

    key: str
    value: str = ""
    items: tuple[str, ...] | None = None
    done: str = ""
    planned: str = ""
    months: str = ""
    is_not_applicable: bool = False
    note: str = ""
    pieces: tuple[Piece, ...] = ()

    def differs(self, other: "Entry | None") -> bool:
        return other is None or msgspec.structs.replace(other, pieces=self.pieces) != self


class Told(msgspec.Struct, frozen=True):
    """What a body says, as far as it can be read."""

    unit: str = ""
    service: str = ""
    form: str = ""
    instrument: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    """By the phone's clock."""
    note: str = ""
    entries: tuple[Entry, ...] = ()

    def entry(self, key: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.key == key), None)

    @property
    def hashes(self) -> set[str]:
        said = {piece.sha256 for entry in self.entries for piece in entry.pieces}
        return {sha256 for sha256 in said if re.fullmatch(SHA256, sha256)}


def told(body: bytes) -> Told:
    """What can be read of a body; nothing of one that is no JSON object."""
    said = _mapping(_decoded(body))
    findings = list(_mapping(said.get("findings")).items())[:ENTRIES_MOST]
    return Told(
        unit=_text(said.get("unit")),
        service=_text(said.get("service")),
        form=_text(said.get("form")),
        instrument=_text(said.get("instrument")),
        started_at=_moment(said.get("started_at")),
        finished_at=_moment(said.get("finished_at")),
        note=_text(said.get("note")),
        entries=tuple(_entry(str(key), _mapping(one)) for key, one in findings),
    )


def pretty(body: bytes) -> str:
    """The whole text with a line for each thing; as it came where it is no JSON."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
    # half an emoji is no letter that a page could be written with
    return text.encode("utf-8", "backslashreplace").decode()


def _entry(key: str, said: Mapping[str, Any]) -> Entry:
    items = said.get("items")
    return Entry(
        key=_text(key),
        value=_text(said.get("value")),
        items=tuple(map(_text, items[:PIECES_MOST])) if isinstance(items, list) else None,
        done=_text(said.get("done")),
        planned=_text(said.get("planned")),
        months=_text(said.get("months")),
        is_not_applicable=said.get("not_applicable") is True,
        note=_text(said.get("note")),
        pieces=tuple(_piece(_mapping(one)) for one in _sequence(said.get("evidence"))[:PIECES_MOST]),
    )


def _piece(said: Mapping[str, Any]) -> Piece:
    return Piece(_text(said.get("kind")), _text(said.get("caption")), _text(said.get("sha256")))


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None else keepable(str(value)[:TEXT_MOST])


def _moment(value: Any) -> datetime | None:
    """A moment that a clock could mean."""
    try:
        said = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return said if said.tzinfo is not None and 1970 <= said.year <= 2100 else None


# ── whose clock ──


class Skew(msgspec.Struct, frozen=True):
    """How far a phone's clock is off, in the largest unit that fits."""

    n: int
    unit: Literal["minute", "hour", "day", "year"]
    is_ahead: bool


_UNITS: tuple[tuple[Literal["minute", "hour", "day", "year"], timedelta], ...] = (
    ("year", timedelta(days=365)),
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
)


def skew_told(skew_ms: int | None) -> Skew | None:
    """None where the clock is right, or nobody knows."""
    skew = timedelta(milliseconds=skew_ms or 0)
    if abs(skew) < SKEW_NOTED:
        return None
    unit, length = next((unit, length) for unit, length in _UNITS if abs(skew) >= length)
    return Skew(abs(skew) // length, unit, skew > timedelta())
