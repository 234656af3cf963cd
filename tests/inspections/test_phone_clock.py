"""Whose clock said when: a phone's times by ours, as far as anybody can tell, and what makes them unsure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.inspections.desk.clock_words import Skew, skew_of
from server.phones import ClockMark, Corrected, contact_token, corrected

pytestmark = pytest.mark.pure

SECRET = b"a secret of the tests, long enough"
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
"""When it arrives."""
YEARS = timedelta(days=3 * 365 + 1)
MINUTE = timedelta(minutes=1)


def seen(
    happened: timedelta,
    *,
    ahead: timedelta = timedelta(),
    met: timedelta | None = None,
    steady: bool = True,
    skew: timedelta | None = None,
    secret: bytes = SECRET,
) -> Corrected:
    """What is made of something that happened so long ago, on a phone whose clock is `ahead`, and which met the
    server so long ago."""
    mark = None
    if met is not None:
        elapsed = (met - happened) // timedelta(milliseconds=1)
        mark = ClockMark(contact_token(secret, NOW - met, b"nine byte"), elapsed, steady)
    return corrected(SECRET, NOW - happened + ahead, mark, skew, NOW)


@pytest.mark.parametrize("ahead", [-YEARS, YEARS], ids=["three years behind", "three years ahead"])
def test_a_clock_that_is_years_off_is_corrected_within_a_minute_after_a_contact(ahead: timedelta) -> None:
    hours = timedelta(hours=5)
    for steady in (True, False):
        found = seen(hours, ahead=ahead, met=timedelta(days=2), steady=steady, skew=ahead)
        assert abs(found.at - (NOW - hours)) <= MINUTE
        assert found.doubt == ""


@pytest.mark.parametrize("ahead", [-YEARS, YEARS], ids=["three years behind", "three years ahead"])
def test_without_a_contact_it_is_corrected_by_the_clock_at_sending_and_flagged(ahead: timedelta) -> None:
    found = seen(timedelta(hours=5), ahead=ahead, skew=ahead)
    assert abs(found.at - (NOW - timedelta(hours=5))) <= MINUTE
    assert found.doubt == "no_contact"


def test_without_anything_the_phones_own_time_stands_and_is_flagged() -> None:
    assert seen(timedelta(hours=5), ahead=-YEARS) == Corrected(NOW - timedelta(hours=5) - YEARS, "no_contact")


def test_a_time_after_its_arrival_is_that_of_its_arrival_and_flagged() -> None:
    assert seen(timedelta(hours=5), ahead=YEARS) == Corrected(NOW, "ahead")


def test_a_clock_that_was_set_since_the_contact_is_flagged() -> None:
    """By the phone's clock of the day two hours passed since the contact; by what it says now, years."""
    found = seen(timedelta(hours=1), met=timedelta(hours=3), steady=False, skew=YEARS)
    assert found == Corrected(NOW - timedelta(hours=1), "changed")


def test_a_clock_that_nobody_can_set_is_believed_whatever_the_other_says() -> None:
    found = seen(timedelta(hours=1), met=timedelta(hours=3), steady=True, skew=YEARS)
    assert found == Corrected(NOW - timedelta(hours=1), "")


def test_a_contact_that_we_never_had_is_none() -> None:
    forged = seen(timedelta(hours=1), met=timedelta(hours=3), secret=b"a secret of somebody else")
    assert forged == Corrected(NOW - timedelta(hours=1), "no_contact")


@pytest.mark.parametrize("contact", ["", "c", "c0.x", "c6921f0b0.AAAA.", "é.é.é"])
def test_a_contact_that_is_no_token_is_none(contact: str) -> None:
    found = corrected(SECRET, NOW, ClockMark(contact, 0), None, NOW)
    assert found == Corrected(NOW, "no_contact")


@pytest.mark.parametrize(
    ("skew", "told"),
    [
        (None, None),
        (timedelta(minutes=5), None),
        (timedelta(minutes=-6), Skew(6, "minutes", False)),
        (timedelta(hours=26), Skew(1, "days", True)),
        (-YEARS, Skew(3, "years", False)),
    ],
)
def test_how_far_a_clock_was_off_is_said_in_its_largest_unit(skew: Any, told: Skew | None) -> None:
    assert skew_of(None if skew is None else skew // timedelta(milliseconds=1)) == told
