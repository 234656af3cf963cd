from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from server.skm.rules import (
    CONVENTIONS,
    CURRENT,
    ELEMENTS,
    EXACT,
    ORDERS,
    RULES,
    BadConvention,
    BadPeriod,
    band_of,
    convention_named,
    convention_of,
    convention_text,
    rules_on,
)


def test_the_two_orders_differ_only_in_complaints_and_facilities() -> None:
    regulation, questionnaire = ORDERS["regulation"], ORDERS["questionnaire"]
    assert regulation[:7] == questionnaire[:7]
    assert regulation[7:] == ("pengaduan", "sarana")
    assert questionnaire[7:] == ("sarana", "pengaduan")


def test_numbers_in_both_orders_agree_with_the_orders() -> None:
    for order in ("regulation", "questionnaire"):
        assert [getattr(ELEMENTS[key], order) for key in ORDERS[order]] == list(range(1, 10))


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2010, 5, 1), "kep-25-2004"),
        (date(2016, 12, 31), "permenpanrb-16-2014"),
        (date(2017, 6, 1), "permenpanrb-14-2017"),
        (date(2026, 11, 22), "permenpanrb-14-2017"),
    ],
)
def test_it_picks_the_rule_of_the_day(day: date, code: str) -> None:
    assert rules_on(day).code == code


def test_it_knows_no_rule_before_the_first() -> None:
    with pytest.raises(BadPeriod) as refusal:
        rules_on(date(1999, 1, 1))
    assert (refusal.value.code, refusal.value.problem) == ("no_rule", "bad_period")


def test_older_rules_keep_their_elements_and_weights() -> None:
    kep, permen, _ = RULES
    assert (kep.k, kep.convention.weight) == (14, Fraction("0.071"))
    assert "maklumat" in permen.elements
    assert "sarana" not in permen.elements
    assert permen.convention is CONVENTIONS["w0.11"] or permen.convention == CONVENTIONS["w0.11"]


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.code)
def test_bands_leave_no_two_decimal_value_out(rules) -> None:
    assert (rules.bands[0].lowest, rules.bands[-1].highest) == (Decimal("25.00"), Decimal("100.00"))
    for below, above in pairwise(rules.bands):
        assert above.lowest - below.highest == Decimal("0.01")


@pytest.mark.parametrize(
    ("index", "grade", "label"),
    [
        ("25.00", "D", "Tidak baik"),
        ("64.99", "D", "Tidak baik"),
        ("65.00", "C", "Kurang baik"),
        ("76.60", "C", "Kurang baik"),
        ("76.61", "B", "Baik"),
        ("88.30", "B", "Baik"),
        ("88.31", "A", "Sangat baik"),
        ("100.00", "A", "Sangat baik"),
        # all ones under weight 0.11
        ("24.75", "D", "Tidak baik"),
    ],
)
def test_it_finds_the_band_of_an_index(index: str, grade: str, label: str) -> None:
    band = band_of(Decimal(index))
    assert (band.grade, band.label) == (grade, label)


def test_the_same_index_had_another_grade_before_2017() -> None:
    index = Decimal("81.26")
    assert band_of(index, rules_on(date(2015, 1, 1))).grade == "A"
    assert band_of(index, CURRENT).grade == "B"


def test_the_named_conventions_are_the_five_seen_in_reports() -> None:
    assert list(CONVENTIONS) == ["exact", "exact-nrr3", "w0.11", "w0.111", "w0.111-sum2"]
    assert CONVENTIONS["exact"] is EXACT
    assert CONVENTIONS["w0.111-sum2"].weight == Fraction(111, 1000)
    assert CONVENTIONS["w0.111-sum2"].sum_places == 2
    assert CONVENTIONS["exact-nrr3"].nrr_places == 3


@pytest.mark.parametrize("name", [*CONVENTIONS, "decimal:0.1111", "decimal:0.1111-nrr3-weighted4-sum2"])
def test_a_convention_is_found_again_by_its_name(name: str) -> None:
    assert convention_named(name).name == name


def test_a_decimal_weight_may_be_written_with_a_comma() -> None:
    assert convention_named("decimal:0,1111").weight == Fraction("0.1111")


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ({}, "exact"),
        ({"weight": "1/k"}, "exact"),
        ({"weight": "1/k", "nrr_places": 3}, "exact-nrr3"),
        ({"weight": "0.110"}, "w0.11"),
        ({"weight": "0.111", "sum_places": 2, "nrr_places": None}, "w0.111-sum2"),
        ({"weight": "0.1111"}, "decimal:0.1111"),
        ({"weight": "1/k", "weighted_places": 3}, "exact-weighted3"),
        ({"weight": "0.111", "nrr_places": 2, "weighted_places": 3}, "w0.111-nrr2-weighted3"),
    ],
)
def test_parts_get_the_name_of_their_convention(parts: dict[str, object], name: str) -> None:
    convention = convention_of(parts)
    assert convention.name == name
    assert convention == convention_named(name)


def test_every_name_fits_its_column() -> None:
    longest = convention_of(
        {"weight": "0.1234567891", "nrr_places": 3, "weighted_places": 3, "sum_places": 2}
    )
    assert len(longest.name) <= 40


@pytest.mark.parametrize(
    "name",
    ["", "Exact", "exact ", "w0,5x", "decimal:", "decimal:1.5", "decimal:0.0", "decimal:-0.1", "exact-nrr12"],
)
def test_it_refuses_an_unknown_convention(name: str) -> None:
    with pytest.raises(BadConvention) as refusal:
        convention_named(name)
    assert refusal.value.problem == "bad_convention"


@pytest.mark.parametrize(
    ("parts", "code", "field"),
    [
        ({"weight": 0.11}, "bad_weight", "convention.weight"),
        ({"weight": "1/9"}, "bad_weight", "convention.weight"),
        ({"weight": "0.00"}, "bad_weight", "convention.weight"),
        ({"nrr_places": -1}, "bad_places", "convention.nrr_places"),
        ({"nrr_places": 2.0}, "bad_places", "convention.nrr_places"),
        ({"sum_places": True}, "bad_places", "convention.sum_places"),
        ({"sum": 2}, "unknown_convention_part", "convention.sum"),
    ],
)
def test_it_names_the_part_of_a_convention_that_is_wrong(parts, code: str, field: str) -> None:
    with pytest.raises(BadConvention) as refusal:
        convention_of(parts)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_a_convention_reads_as_words() -> None:
    assert convention_text(EXACT) == "bobot 1/9, satu kali pembulatan di akhir"
    assert (
        convention_text(CONVENTIONS["w0.111-sum2"])
        == "bobot 0,111, jumlah NRR tertimbang dibulatkan ke 2 desimal"
    )
