"""A value in the words of its instrument, and the values that one may choose from."""

from decimal import Decimal

import pytest

from server.inspections.desk.value_words import Said, offered, said
from server.inspections.national import nationals

pytestmark = pytest.mark.pure


def words(address: str, key: str, value: int | None) -> Said:
    instrument = nationals()[address]
    indicator = instrument.indicator(key)
    assert indicator is not None
    return said(instrument, indicator, None if value is None else Decimal(value))


def choices(address: str, key: str) -> list[str]:
    instrument = nationals()[address]
    indicator = instrument.indicator(key)
    assert indicator is not None
    return [value for value, _ in offered(instrument, indicator)]


def test_there_or_not_there_needs_no_number() -> None:
    assert words("sampang/2018", "5", 1) == Said("", "1", "ada")
    assert words("sampang/2018", "5", 0) == Said("", "1", "tidak ada")
    assert choices("sampang/2018", "5") == ["1", "0"]


def test_a_level_is_said_with_its_scale_and_its_description() -> None:
    # PermenPANRB 29/2022, indicator 3: the ladder of publication media
    assert words("pekppp/2022", "3", 3) == Said("3", "5", "Seluruh komponen pada 2 media + SIPPN")
    assert choices("pekppp/2022", "3") == ["5", "4", "3", "2", "1", "0"]


def test_a_count_says_how_many_items_a_level_needs() -> None:
    assert words("pekppp/2022", "17", 2) == Said("2", "5", "paling sedikit 2 dari 6 butir")


def test_what_does_not_apply_says_so() -> None:
    assert words("pekppp/2022", "3", None) == Said("", "5", "tidak berlaku")


def test_a_long_scale_is_typed() -> None:
    # points of a compliance assessment, from 0 to 100
    assert choices("ombudsman/2022", "input.1") == []
