"""The periods that addresses ask for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.scorecards.period import NotAPeriod, months_around, period_asked, period_of, within_year
from server.skm.periods import range_of

CODES = [period.code or "" for year in (2024, 2026) for period in within_year(year)]


@pytest.mark.parametrize("code", CODES)
def test_a_page_means_the_same_days_by_a_code_as_the_api(code: str) -> None:
    period = period_of(code)
    assert (period.first, period.last) == range_of(code)
    assert period.code == code


def test_tw_is_as_good_as_q() -> None:
    assert period_of("2026-TW4") == period_of("2026-Q4")


@pytest.mark.parametrize(
    "code", ["", "26", "2026-", "2026-13", "2026-Q5", "2026-S3", "1999", "2026-1", "2026-11-22"]
)
def test_it_refuses_what_is_no_period(code: str) -> None:
    with pytest.raises(NotAPeriod):
        period_of(code)


@pytest.mark.parametrize("code", CODES)
def test_the_period_before_ends_the_day_before(code: str) -> None:
    period = period_of(code)
    assert (period.first - period.before.last).days == 1
    assert period.before.kind == period.kind


def test_the_semester_before_the_first_is_last_years_second() -> None:
    assert period_of("2026-S1").before == period_of("2025-S2")


@given(st.dates(date(2001, 1, 1), date(2080, 1, 1)), st.integers(0, 3000))
def test_a_range_of_days_is_compared_with_as_many_days_before_it(first: date, length: int) -> None:
    last = date.fromordinal(first.toordinal() + length)
    period = period_asked(None, first.isoformat(), last.isoformat())
    assert period is not None
    assert period.before.last == date.fromordinal(first.toordinal() - 1)
    assert period.before.last - period.before.first == period.last - period.first


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-22", "2026-11-21"),
        ("kemarin", "2026-11-21"),
        ("2026-11-01", ""),
        ("2001-01-01", "2026-01-01"),
    ],
)
def test_it_refuses_a_range_that_is_none(first: str, last: str) -> None:
    with pytest.raises(NotAPeriod):
        period_asked(None, first, last)


def test_days_count_before_a_code() -> None:
    period = period_asked("2025", "2026-01-01", "2026-01-31")
    assert period is not None and period.kind == "days"


def test_an_address_that_names_nothing_asks_for_nothing() -> None:
    assert period_asked(None, None, None) is None


def test_a_trend_reaches_back_twelve_months_from_today_even_for_one_month() -> None:
    assert months_around(period_of("2026-11"), date(2026, 11, 22)) == (date(2025, 12, 1), date(2026, 11, 22))


def test_a_trend_of_a_past_year_is_that_year() -> None:
    assert months_around(period_of("2025"), date(2026, 11, 22)) == (date(2025, 1, 1), date(2025, 12, 31))
