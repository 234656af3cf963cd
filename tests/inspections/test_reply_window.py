"""The edges of the days on which a unit may answer: midnight is where the unit is."""

from datetime import UTC, date, datetime, timedelta

import pytest

from server.inspections.replies.window import window

pytestmark = pytest.mark.pure


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "midnight_utc_hour"),
    [("Asia/Jakarta", 17), ("Asia/Makassar", 16), ("Asia/Jayapura", 15)],
)
def test_the_last_day_counts_to_its_end_where_the_unit_is(zone: str, midnight_utc_hour: int) -> None:
    answerable = window(utc(20, 3), 7, zone)
    assert answerable.last_day == date(2026, 11, 27)
    end = utc(27, midnight_utc_hour)
    assert answerable.is_open(end - timedelta(milliseconds=1))
    assert not answerable.is_open(end)


@pytest.mark.parametrize(
    ("zone", "last_day"),
    [("Asia/Jakarta", 27), ("Asia/Makassar", 28), ("Asia/Jayapura", 28)],
)
def test_a_verification_late_in_the_evening_is_of_the_day_that_the_unit_has(zone: str, last_day: int) -> None:
    # 23.30 WIB is 00.30 WITA and 01.30 WIT of the next day
    assert window(utc(20, 16, 30), 7, zone).last_day == date(2026, 11, last_day)


def test_a_verification_just_before_and_just_at_midnight_are_a_day_apart() -> None:
    assert window(utc(20, 16, 59), 3, "Asia/Jakarta").last_day == date(2026, 11, 23)
    assert window(utc(20, 17, 0), 3, "Asia/Jakarta").last_day == date(2026, 11, 24)


def test_without_days_a_unit_has_the_rest_of_the_day() -> None:
    answerable = window(utc(20, 3), 0, "Asia/Jakarta")
    assert answerable.last_day == date(2026, 11, 20)
    assert answerable.is_open(utc(20, 16, 59))
    assert not answerable.is_open(utc(20, 17))


def test_a_window_reaches_over_the_end_of_a_year() -> None:
    verified_at = datetime(2026, 12, 29, 3, tzinfo=UTC)
    assert window(verified_at, 7, "Asia/Jayapura").last_day == date(2027, 1, 5)
