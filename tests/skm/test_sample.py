from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.skm.rules import SkmError
from server.skm.sample import (
    TABLE_POPULATIONS,
    TABLE_UP,
    Dominance,
    dominance,
    meter,
    required_sample,
)

KREJCIE_MORGAN = """
| 10-10 | 15-14 | 20-19 | 25-24 | 30-28 | 35-32 | 40-36 | 45-40 | 50-44 | 55-48 |
| 60-52 | 65-56 | 70-59 | 75-63 | 80-66 | 85-70 | 90-73 | 95-76 | 100-80 | 110-86 |
| 120-92 | 130-97 | 140-103 | 150-108 | 160-113 | 170-118 | 180-123 | 190-127 | 200-132 | 210-136 |
| 220-140 | 230-144 | 240-148 | 250-152 | 260-155 | 270-159 | 280-162 | 290-165 | 300-169 | 320-175 |
| 340-181 | 360-186 | 380-191 | 400-196 | 420-201 | 440-205 | 460-210 | 480-214 | 500-217 | 550-226 |
| 600-234 | 650-242 | 700-248 | 750-254 | 800-260 | 850-265 | 900-269 | 950-274 | 1000-278 | 1100-285 |
| 1200-291 | 1300-297 | 1400-302 | 1500-306 | 1600-310 | 1700-313 | 1800-317 | 1900-320 | 2000-322 | 2200-327 |
| 2400-331 | 2600-335 | 2800-338 | 3000-341 | 3500-346 | 4000-351 | 4500-354 | 5000-357 | 6000-361 | 7000-364 |
| 8000-367 | 9000-368 | 10000-370 | 15000-375 | 20000-377 | 30000-379 | 40000-380 | 50000-381 | 75000-382 | 1000000-384 |
"""  # noqa: E501
TABLE = [tuple(map(int, cell.split("-"))) for cell in KREJCIE_MORGAN.replace("|", " ").split() if "-" in cell]
populations = st.integers(0, 3_000_000)


def test_it_gives_all_ninety_rows_of_the_table() -> None:
    assert len(TABLE) == 90
    assert [(population, required_sample(population)) for population, _ in TABLE] == TABLE
    assert [(population, required_sample(population, TABLE_UP)) for population, _ in TABLE] == TABLE
    assert tuple(population for population, _ in TABLE) == TABLE_POPULATIONS


@settings(max_examples=50, deadline=None)
@given(populations)
def test_it_is_the_formula_rounded_to_the_nearest(population: int) -> None:
    x2, half, d2 = Fraction("3.841"), Fraction(1, 2), Fraction("0.05") ** 2
    exact = x2 * population * half * half / (d2 * (population - 1) + x2 * half * half)
    assert abs(exact - required_sample(population)) <= Fraction(1, 2)


@settings(max_examples=50, deadline=None)
@given(populations, st.sampled_from(["formula", "table_up"]))
def test_it_never_asks_for_more_people_than_there_are(population: int, method: str) -> None:
    required = required_sample(population, method)
    assert required <= population
    assert required_sample(population + 1, method) >= required


def test_between_two_rows_the_table_takes_the_next_and_the_formula_its_own() -> None:
    assert required_sample(310) == 172
    assert required_sample(310, TABLE_UP) == 175


def test_the_next_row_is_no_more_than_the_few_there_are() -> None:
    assert required_sample(12, TABLE_UP) == 12


@pytest.mark.parametrize(("population", "required"), [(0, 0), (1, 1), (7, 7), (9, 9)])
@pytest.mark.parametrize("method", ["formula", "table_up"])
def test_very_small_populations_follow_the_formula(population: int, required: int, method: str) -> None:
    assert required_sample(population, method) == required


def test_it_refuses_what_cannot_be_a_population_or_a_method() -> None:
    with pytest.raises(SkmError, match="negatif"):
        required_sample(-1)
    with pytest.raises(SkmError, match="tidak dikenal"):
        required_sample(100, "150")


def test_the_meter_tells_how_many_are_still_missing() -> None:
    now = meter(1000, 200)
    assert (now.required, now.missing, now.is_reached) == (278, 78, False)
    assert meter(1000, 278).is_reached is True
    assert meter(1000, 300).missing == 0


def test_without_a_population_nothing_is_known_to_be_missing() -> None:
    now = meter(None, 12)
    assert (now.required, now.missing, now.is_reached) == (None, None, None)


def test_it_warns_when_one_counter_holds_more_than_half() -> None:
    assert dominance({"satu": 26, "dua": 24}, {}) == (Dominance("counter", "satu", 26, 50),)
    assert dominance({"satu": 26, "dua": 24}, {})[0].percent == 52
    assert dominance({"satu": 25, "dua": 25}, {}) == ()


def test_it_warns_when_one_hour_holds_more_than_half() -> None:
    assert dominance({}, {8: 0, 9: 40, 10: 10}) == (Dominance("hour", 9, 40, 50),)


def test_it_does_not_warn_where_there_was_no_choice() -> None:
    assert dominance({"satu": 500}, {9: 300, 10: 200}) == ()


def test_it_does_not_warn_of_a_handful() -> None:
    assert dominance({"satu": 29, "dua": 0}, {8: 29, 9: 0, 10: 0}) == ()
    assert len(dominance({"satu": 30, "dua": 0}, {8: 30, 9: 0, 10: 0})) == 2
