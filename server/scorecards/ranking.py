"""The order in which a page lists the city's units, by what its reader asked for."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from server.scorecards.charts import SMALL_N
from server.scorecards.search import Listed


class Ranked(msgspec.Struct, frozen=True):
    """A unit with its index in the period; `change` is since the period before, where both rest on enough answers."""

    unit: Listed
    figures: Mapping[str, Any] | None
    change: Decimal | None


ORDERS: dict[str, Callable[[Ranked], Any]] = {
    "nama": lambda row: row.unit.name.casefold(),
    "indeks": lambda row: _index(row),
    "responden": lambda row: row.figures["n"] if row.figures else None,
    "perubahan": lambda row: row.change,
}
"""What a list can be sorted by, as addresses write it; a minus before it turns the order round."""

FIRST_ORDER = "-indeks"


def ranked(
    units: Iterable[Listed], figures: Mapping[int, Mapping[str, Any]], before: Mapping[int, Mapping[str, Any]]
) -> list[Ranked]:
    return [
        Ranked(unit, figures.get(unit.id), change(figures.get(unit.id), before.get(unit.id)))
        for unit in units
    ]


def change(now: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> Decimal | None:
    """By how much an index moved; None unless both rest on enough answers to say so."""
    if not now or not before or now["n"] < SMALL_N or before["n"] < SMALL_N:
        return None
    if now["ikm"] is None or before["ikm"] is None:
        return None
    return Decimal(now["ikm"]) - Decimal(before["ikm"])


def in_order(rows: Iterable[Ranked], order: str) -> list[Ranked]:
    """The rows sorted as an address asks, by name within equals; those without such a figure come last either way."""
    key = ORDERS.get(order.removeprefix("-"), ORDERS["indeks"])
    by_name = sorted(rows, key=ORDERS["nama"])
    known = sorted((row for row in by_name if key(row) is not None), key=key, reverse=order.startswith("-"))
    return known + [row for row in by_name if key(row) is None]


def turned(order: str, key: str) -> str:
    """The order that a click on the heading `key` asks for: figures fall and names rise first, again turns round."""
    first = key if key == "nama" else f"-{key}"
    other = f"-{key}" if key == "nama" else key
    return other if order == first else first


def _index(row: Ranked) -> Decimal | None:
    return Decimal(row.figures["ikm"]) if row.figures and row.figures["ikm"] else None
