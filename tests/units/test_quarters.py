"""Quarters of a year."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.units.quarters import Quarter, quarter_from, quarter_of, quarters_until

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(DAYS)
def test_every_day_is_in_its_quarter_and_the_next_begins_the_day_after(day):
    quarter = quarter_of(day)
    assert quarter.first <= day <= quarter.last
    assert quarter.next.first == quarter.last + timedelta(days=1)
    assert quarter.next.previous == quarter
    assert quarter_from(quarter.code, date(1999, 1, 1)) == quarter


@pytest.mark.parametrize(
    ("written", "quarter"), [("2026-Q3", Quarter(2026, 3)), ("2025-tw1", Quarter(2025, 1))]
)
def test_it_is_read_from_an_address(written, quarter):
    assert quarter_from(written, date(2026, 11, 22)) == quarter


@pytest.mark.parametrize("written", ["", "2026", "2026-Q5", "sekarang", "1999-Q1"])
def test_what_is_no_quarter_is_todays(written):
    assert quarter_from(written, date(2026, 11, 22)) == Quarter(2026, 4)


def test_it_lists_quarters_newest_first():
    assert [quarter.code for quarter in quarters_until(Quarter(2026, 2), 3)] == [
        "2026-Q2",
        "2026-Q1",
        "2025-Q4",
    ]
