"""The order of the city's units."""

from decimal import Decimal
from typing import Any

import pytest

from server.scorecards.ranking import change, in_order, ranked, turned
from server.scorecards.search import Listed


def figures(ikm: str | None, n: int) -> dict[str, Any]:
    return {"ikm": ikm, "n": n}


UNITS = [
    Listed(id, name.lower(), name, "Dinas", None)
    for id, name in enumerate(("Cempaka", "Anggrek", "Dahlia", "Baru"))
]
NOW = {0: figures("80.00", 100), 1: figures("90.00", 40), 2: figures("9.50", 300), 3: figures(None, 0)}
BEFORE = {0: figures("82.50", 100), 1: figures("70.00", 29), 2: figures("9.00", 60)}
ROWS = ranked(UNITS, NOW, BEFORE)


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("nama", ["Anggrek", "Baru", "Cempaka", "Dahlia"]),
        ("-nama", ["Dahlia", "Cempaka", "Baru", "Anggrek"]),
        # as numbers, not as texts: 9.50 is less than 80.00
        ("indeks", ["Dahlia", "Cempaka", "Anggrek", "Baru"]),
        ("-indeks", ["Anggrek", "Cempaka", "Dahlia", "Baru"]),
        ("-perubahan", ["Dahlia", "Cempaka", "Anggrek", "Baru"]),
        ("apa saja", ["Dahlia", "Cempaka", "Anggrek", "Baru"]),
    ],
)
def test_units_without_a_figure_come_last_either_way(order: str, names: list[str]) -> None:
    assert [row.unit.name for row in in_order(ROWS, order)] == names


def test_a_change_is_told_only_where_both_periods_have_enough_answers() -> None:
    assert [row.change for row in ROWS] == [Decimal("-2.50"), None, Decimal("0.50"), None]


@pytest.mark.parametrize(("now", "before"), [(29, 30), (30, 29), (0, 30)])
def test_few_answers_on_either_side_tell_no_change(now: int, before: int) -> None:
    assert change(figures("80.00", now), figures("70.00", before)) is None


def test_a_heading_asks_for_the_best_first_and_turns_round_when_asked_again() -> None:
    assert turned("-indeks", "nama") == "nama"
    assert turned("nama", "nama") == "-nama"
    assert turned("nama", "indeks") == "-indeks"
    assert turned("-indeks", "indeks") == "indeks"
