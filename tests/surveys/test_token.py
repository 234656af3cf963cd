"""The signed token of a survey page."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.surveys import token

pytestmark = pytest.mark.pure

SECRET = b"a secret"
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def signed(*, is_kiosk: bool = False) -> str:
    return token.sign(SECRET, "K7M2Q6", NOW, b"123456789", is_kiosk=is_kiosk)


def test_a_token_tells_when_its_page_was_served() -> None:
    read = token.read(SECRET, "K7M2Q6", signed(), NOW + timedelta(hours=30))
    assert (read.verdict, read.served_at, read.is_kiosk) == ("ok", NOW, False)


@pytest.mark.parametrize(("is_kiosk", "days"), [(False, 2), (True, 31)])
def test_a_page_lives_two_days_and_a_kiosk_a_month(is_kiosk: bool, days: int) -> None:
    made = signed(is_kiosk=is_kiosk)
    assert token.read(SECRET, "K7M2Q6", made, NOW + timedelta(days=days)).verdict == "ok"
    expired = token.read(SECRET, "K7M2Q6", made, NOW + timedelta(days=days, seconds=1))
    assert (expired.verdict, expired.served_at) == ("expired", NOW)


def test_a_token_of_another_counter_or_secret_is_forged() -> None:
    assert token.read(SECRET, "8E2W2H", signed(), NOW).verdict == "forged"
    assert token.read(b"another", "K7M2Q6", signed(), NOW).verdict == "forged"


def test_a_page_cannot_pass_for_a_kiosk() -> None:
    assert token.read(SECRET, "K7M2Q6", "k" + signed()[1:], NOW).verdict == "forged"


@given(st.text(max_size=80))
def test_whatever_is_sent_as_a_token_is_read_without_an_error(text: str) -> None:
    assert token.read(SECRET, "K7M2Q6", text, NOW).verdict in {"missing", "forged"}


@given(st.integers(0, 60), st.characters())
def test_a_token_changed_in_one_place_is_forged(place: int, other: str) -> None:
    made = signed()
    place %= len(made)
    changed = made[:place] + other + made[place + 1 :]
    if changed != made:
        assert token.read(SECRET, "K7M2Q6", changed, NOW).verdict == "forged"
