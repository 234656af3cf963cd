"""What responses add to the tallies, and which tallies make up a range of days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.skm.tally import CELLS, COUNTED, Tallied, deltas, hour_deltas, periods_between

pytestmark = pytest.mark.pure

DAYS = st.dates(date(2019, 1, 1), date(2030, 12, 31))


def test_a_response_counts_in_its_month_and_on_its_day() -> None:
    sums = deltas([Tallied(1, None, 7, "2026-11-22", 9, COUNTED, [3, None, 1, 4, 4, 4, 4, 4, 2])])
    assert set(sums) == {("2026-11", 1, 0, 7, ""), ("2026-11-22", 1, 0, 7, "")}
    for row in sums.values():
        told = dict(zip(("n", *CELLS), row, strict=True))
        assert told["n"] == 1
        assert {cell for cell, n in told.items() if n == 1 and cell != "n"} == {
            "persyaratan_3", "waktu_1", "biaya_4", "produk_4", "kompetensi_4", "perilaku_4", "pengaduan_4", "sarana_2",
        }  # fmt: skip
        assert sum(row) == 1 + 8


def test_taking_away_what_was_added_leaves_nothing() -> None:
    responses = [Tallied(1, 2, 7, "2026-11-22", 9, "", [n % 4 + 1] * 9) for n in range(10)]
    added, taken = deltas(responses), deltas(responses, sign=-1)
    assert {key: [a + b for a, b in zip(added[key], taken[key], strict=True)] for key in added} == {
        key: [0] * 37 for key in added
    }


def test_an_excluded_response_has_no_hour() -> None:
    assert hour_deltas([Tallied(1, None, 7, "2026-11-22", 9, "R2", [3] * 9)]) == {}
    assert hour_deltas([Tallied(1, None, 7, "2026-11-22", 9, "", [3] * 9)]) == {("2026-11", 1, 9): 1}


@pytest.mark.parametrize(
    ("first", "last", "periods"),
    [
        ("2026-01-01", "2026-12-31", [f"2026-{month:02}" for month in range(1, 13)]),
        ("2026-02-01", "2026-02-28", ["2026-02"]),
        ("2024-02-01", "2024-02-28", [f"2024-02-{day:02}" for day in range(1, 29)]),
        ("2026-01-31", "2026-03-01", ["2026-01-31", "2026-02", "2026-03-01"]),
        ("2026-05-05", "2026-05-05", ["2026-05-05"]),
        ("2026-05-05", "2026-05-04", []),
    ],
)
def test_a_range_is_read_as_the_fewest_months_and_days(first: str, last: str, periods: list[str]) -> None:
    assert periods_between(date.fromisoformat(first), date.fromisoformat(last)) == periods


@given(DAYS, DAYS)
def test_the_periods_of_a_range_cover_each_of_its_days_once(one: date, other: date) -> None:
    first, last = min(one, other), max(one, other)
    covered = [day for period in periods_between(first, last) for day in _days_of(period)]
    assert covered == [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _days_of(period: str) -> list[date]:
    if len(period) == 10:
        return [date.fromisoformat(period)]
    start = date.fromisoformat(f"{period}-01")
    return [day for n in range(31) if (day := start + timedelta(days=n)).month == start.month]
