"""IPP = 0.75 x F-02 + 0.25 x F-03, the users' form, and the city: worked by hand."""

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.inspections.instrument import Combination
from server.inspections.ipp import ipp, to_wire, users_score
from server.inspections.national import nationals
from server.inspections.rollup import UnitResult, city
from server.inspections.rollup import to_wire as city_to_wire
from server.inspections.scoring import BadFinding

pytestmark = pytest.mark.pure

PEKPPP = nationals()["pekppp/2022"]
ALL = [str(number) for number in range(1, 15)]


@pytest.mark.parametrize(
    ("f02", "f03", "index", "conversion", "category"),
    [("5", "5", "5.00", "100.00", "A"), ("3", "4.0", "3.25", "65.00", "B-"), ("0", "0", "0.00", "0.00", "F")],
)
def test_the_two_forms_weigh_three_to_one(
    f02: str, f03: str, index: str, conversion: str, category: str
) -> None:
    found = to_wire(ipp(PEKPPP, Fraction(f02), Fraction(f03)))
    assert (found["index"], found["conversion"], found["category"]) == (index, conversion, category)
    assert found["rule"] == {"name": "f02-f03", "f02": "0.75", "f03": "0.25", "without_f03": "incomplete"}


def test_without_the_users_form_the_index_is_incomplete() -> None:
    found = ipp(PEKPPP, Fraction(4), None)
    assert (found.index, found.status) == (None, "belum lengkap: F-03")
    assert ipp(PEKPPP, None, Fraction(4)).status == "belum lengkap: F-02"


def test_a_rule_may_take_the_evaluators_form_alone_and_says_so() -> None:
    alone = msgspec.structs.replace(PEKPPP.combination or Combination(f02=1, f03=0), without_f03="f02_only")  # type: ignore[arg-type]
    found = ipp(PEKPPP, Fraction(4), None, alone)
    assert (found.index, found.status) == (4, "F-02 saja, tanpa F-03")


def test_the_users_index_is_the_mean_of_the_five_aspects() -> None:
    """One user: 5 to the four of a, 4 to the three of b, 3, 2, 1 to c, d, e: (5 + 4 + 3 + 2 + 1) / 5 = 3."""
    answers = dict(zip(ALL, [5] * 4 + [4] * 3 + [3] * 4 + [2] * 2 + [1], strict=True))
    found = users_score(PEKPPP, [answers])
    assert found.index == 3
    plain = msgspec.structs.replace(PEKPPP.users, aggregation="answers")  # type: ignore[type-var]
    # (20 + 12 + 12 + 4 + 1) / 14
    assert users_score(msgspec.structs.replace(PEKPPP, users=plain), [answers]).index == Fraction(49, 14)


def test_who_did_not_answer_a_statement_does_not_lower_it() -> None:
    found = users_score(PEKPPP, [dict.fromkeys(ALL, 4), {"1": 2}, {}])
    assert found.n == 2, "an empty sheet is nobody's"
    assert found.questions["1"].mean == 3
    assert found.questions["2"].mean == 4
    # a: (3 + 4 + 4 + 4) / 4 = 3.75; the other four 4
    assert found.index == Fraction("3.95")


def test_a_part_that_nobody_answered_leaves_no_index() -> None:
    found = users_score(PEKPPP, [dict.fromkeys(ALL[:-1], 5)])
    assert (found.index, found.parts["e"]) == (None, None)
    assert users_score(PEKPPP, []).index is None


def test_a_statement_that_nobody_answered_does_not_weigh_and_is_told() -> None:
    """Number 3 asks for the tariff: where nothing is paid nobody answers it. a: (5 + 5 + 2) / 3 = 4."""
    answers = {key: 5 for key in ALL if key != "3"} | {"4": 2}
    found = users_score(PEKPPP, [answers] * 10)
    assert (found.unanswered, found.parts["a"]) == (["3"], 4)
    assert found.index == Fraction(24, 5)


def test_ten_users_are_enough_and_nine_are_shown() -> None:
    nine = users_score(PEKPPP, [dict.fromkeys(ALL, 5)] * 9)
    assert (nine.index, nine.is_enough) == (5, False)
    assert users_score(PEKPPP, [dict.fromkeys(ALL, 5)] * 10).is_enough


@pytest.mark.parametrize(
    ("sheet", "code"), [({"15": 3}, "unknown_question"), ({"1": 6}, "off_scale"), ({"1": -1}, "off_scale")]
)
def test_what_is_no_answer_is_refused(sheet: dict[str, int], code: str) -> None:
    with pytest.raises(BadFinding) as found:
        users_score(PEKPPP, [sheet])
    assert found.value.code == code


@given(st.lists(st.dictionaries(st.sampled_from(ALL), st.integers(0, 5)), max_size=12), st.randoms())
def test_the_order_of_users_does_not_matter(sheets: list[dict[str, int]], chance: object) -> None:
    shuffled = sheets.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert users_score(PEKPPP, shuffled) == users_score(PEKPPP, sheets)


# ── the city ──

UNITS = [UnitResult("A", Fraction(5), 1), UnitResult("B", Fraction(2), 3), UnitResult("C", None, 9)]


def test_a_unit_without_an_index_is_counted_in_the_label_and_never_as_zero() -> None:
    found = city_to_wire(city(UNITS), PEKPPP)
    assert found["index"] == "3.50"
    assert found["label"] == "rata-rata unit tanpa bobot, 2 dari 3 unit"


def test_the_city_may_weigh_by_services_and_says_so() -> None:
    """(5 x 1 + 2 x 3) / 4"""
    found = city_to_wire(city(UNITS, "weighted_by_services"), PEKPPP)
    assert found["index"] == "2.75"
    assert found["label"] == "rata-rata unit berbobot jumlah layanan, 2 dari 3 unit"


def test_units_are_averaged_unrounded() -> None:
    """4.445 three times is 4.45; three rounded 4.45 and 4.44 would differ."""
    thirds = [UnitResult(str(number), Fraction("4.4449")) for number in range(3)]
    assert city_to_wire(city(thirds), PEKPPP)["index"] == "4.44"
    assert city_to_wire(city([UnitResult("x", Fraction("4.445"))]), PEKPPP)["index"] == "4.45"


def test_units_without_the_users_form_are_named_in_the_label() -> None:
    found = city([UnitResult("A", Fraction(4)), UnitResult("B", Fraction(3), is_f02_only=True)])
    assert found.label == "rata-rata unit tanpa bobot, 2 unit, 1 di antaranya F-02 saja"


def test_no_unit_no_index() -> None:
    found = city_to_wire(city([]), PEKPPP)
    assert (found["index"], found["category"]) == (None, None)
