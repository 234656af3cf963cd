from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.skm.index import (
    COMPLETE_ONLY,
    Index,
    Tally,
    half_up,
    index_of,
    index_of_nrr,
    pooled,
    respondent_weighted,
    round2,
    steps,
    tally_of_counts,
    tally_of_responses,
    tally_of_totals,
    to_wire,
    unit_mean,
)
from server.skm.rules import (
    CONVENTIONS,
    CURRENT,
    ELEMENTS,
    RULES,
    BadConvention,
    BadTable,
    SkmError,
    band_of,
    convention_named,
)

KEYS = tuple(ELEMENTS)
NINTHS = dict.fromkeys(KEYS, "1/10")
answers = st.integers(1, 4)
complete = st.fixed_dictionaries(dict.fromkeys(KEYS, answers))
partial = st.fixed_dictionaries(dict.fromkeys(KEYS, st.none() | answers))
crowds = st.lists(partial, max_size=12)
full_crowds = st.lists(complete, min_size=1, max_size=8)
few = settings(max_examples=40, deadline=None)


def of_responses(responses: list[Mapping[str, int | None]]) -> Index:
    return index_of(tally_of_responses(responses))


def same(answer: int, n: int = 1) -> list[dict[str, int]]:
    return [dict.fromkeys(KEYS, answer)] * n


def spread(total: int, n: int) -> Tally:
    """n complete respondents whose nine totals add up to `total`."""
    low, rest = divmod(total, 9)
    return tally_of_totals({key: low + (place < rest) for place, key in enumerate(KEYS)}, n)


@pytest.mark.parametrize(
    ("fraction", "rounded"),
    [("88.305", "88.31"), ("88.30499999", "88.30"), ("0.005", "0.01"), ("2.5", "2.50"), ("0", "0.00")],
)
def test_a_half_goes_up(fraction: str, rounded: str) -> None:
    assert str(round2(Fraction(fraction))) == rounded


@few
@given(st.fractions(0, 1000), st.integers(0, 6))
def test_rounding_is_off_by_at_most_half_a_unit_and_never_downwards_at_the_half(
    x: Fraction, places: int
) -> None:
    error = Fraction(half_up(x, places)) - x
    assert Fraction(-1, 2) < error * 10**places <= Fraction(1, 2)


@few
@given(crowds)
def test_an_exact_index_lies_between_25_and_100(responses) -> None:
    index = of_responses(responses)
    if index.ikm is None:
        assert (index.n, index.measured, index.grade, index.lowest) == (0, 0, None, ())
    else:
        assert 25 <= index.ikm <= 100


@few
@given(crowds, st.integers())
def test_the_order_of_respondents_does_not_matter(responses, seed: int) -> None:
    shuffled = Random(seed).sample(responses, len(responses))
    assert of_responses(shuffled) == of_responses(responses)


@few
@given(st.lists(partial, min_size=1, max_size=12), st.data())
def test_a_higher_answer_never_lowers_the_index(responses, data) -> None:
    raisable = [
        (i, key) for i, r in enumerate(responses) for key, answer in r.items() if answer and answer < 4
    ]
    if not raisable:
        return
    i, key = data.draw(st.sampled_from(raisable))
    better = [dict(response) for response in responses]
    better[i][key] += 1
    assert of_responses(better).value > of_responses(responses).value


@few
@given(crowds)
def test_histograms_totals_and_responses_lead_to_the_same_index(responses) -> None:
    by_response = of_responses(responses)
    histograms = {
        key: [sum(response[key] == answer for response in responses) for answer in (1, 2, 3, 4)]
        for key in KEYS
    }
    n = sum(any(response.values()) for response in responses)
    assert index_of(tally_of_counts(histograms, n)) == by_response
    totals = {key: element.total for key, element in by_response.elements.items() if element.n}
    valid = {key: element.n for key, element in by_response.elements.items() if element.n}
    by_total = index_of(tally_of_totals(totals, n, valid))
    assert (by_total.value, by_total.ikm, by_total.lowest) == (
        by_response.value,
        by_response.ikm,
        by_response.lowest,
    )


@few
@given(st.lists(full_crowds, min_size=1, max_size=4))
def test_with_complete_answers_pooled_and_respondent_weighted_are_equal_before_rounding(crowds) -> None:
    parts = [of_responses(crowd) for crowd in crowds]
    assert pooled(parts).value == respondent_weighted(parts).value
    everybody = of_responses([response for crowd in crowds for response in crowd])
    assert pooled(parts).index == everybody


@few
@given(crowds, st.sampled_from(list(CONVENTIONS)))
def test_the_steps_end_at_the_index(responses, name: str) -> None:
    index = index_of(tally_of_responses(responses), CONVENTIONS[name])
    last = steps(index)[-1]
    assert str(index.ikm).replace(".", ",") in last if index.ikm is not None else "belum ada indeks" in last


@pytest.mark.parametrize(
    ("n", "total", "ikm", "grade"),
    [
        # just inside the gaps between the bands
        (19, 604, "88.30", "B"),
        (43, 1367, "88.31", "A"),
        (26, 717, "76.60", "C"),
        (19, 524, "76.61", "B"),
        (58, 1357, "64.99", "D"),
        (113, 2644, "65.00", "C"),
        # exact halves
        (5000, 158949, "88.31", "A"),
        (5000, 137889, "76.61", "B"),
        (5000, 116991, "65.00", "C"),
    ],
)
def test_it_rounds_before_it_grades(n: int, total: int, ikm: str, grade: str) -> None:
    index = index_of(spread(total, n))
    assert (str(index.ikm), index.grade) == (ikm, grade)


@pytest.mark.parametrize(
    ("convention", "n", "totals"),
    [("w0.111", 185, (5887, 5107, 4333)), ("w0.11", 550, (17661, 15321, 12999))],
)
def test_exact_halves_of_the_decimal_weights_go_up_too(
    convention: str, n: int, totals: tuple[int, ...]
) -> None:
    indices = [index_of(spread(total, n), CONVENTIONS[convention]) for total in totals]
    assert all((index.value * 1000).denominator == 1 and index.value * 1000 % 10 == 5 for index in indices)
    assert [(str(i.ikm), i.grade) for i in indices] == [("88.31", "A"), ("76.61", "B"), ("65.00", "C")]


@pytest.mark.parametrize(
    ("convention", "lowest", "highest", "grade", "below"),
    [
        ("w0.11", "88.31", "89.19", "A", "B"),
        ("w0.111", "88.31", "88.39", "A", "B"),
        ("w0.11", "76.61", "77.37", "B", "C"),
        ("w0.111", "76.61", "76.68", "B", "C"),
        ("w0.11", "65.00", "65.65", "C", "D"),
        ("w0.111", "65.00", "65.06", "C", "D"),
    ],
)
def test_the_weight_alone_takes_a_category_away(
    convention: str, lowest: str, highest: str, grade: str, below: str
) -> None:
    def graded(ikm: Decimal) -> tuple[str | None, str | None]:
        table = dict.fromkeys(KEYS, ikm / 25)
        return index_of_nrr(table).grade, index_of_nrr(table, convention=CONVENTIONS[convention]).grade

    assert graded(Decimal(lowest)) == (grade, below)
    assert graded(Decimal(highest)) == (grade, below)
    assert graded(Decimal(highest) + Decimal("0.01")) == (grade, grade)


@pytest.mark.parametrize(
    ("convention", "best", "worst"),
    [("exact", "100.00", "25.00"), ("w0.111", "99.90", "24.98"), ("w0.11", "99.00", "24.75")],
)
def test_the_largest_and_smallest_index_of_each_weight(convention: str, best: str, worst: str) -> None:
    way = CONVENTIONS[convention]
    assert str(index_of(tally_of_responses(same(4)), way).ikm) == best
    lowest = index_of(tally_of_responses(same(1)), way)
    assert (str(lowest.ikm), lowest.grade) == (worst, "D")


def test_a_service_that_lawfully_charges_reaches_at_most_97_22() -> None:
    assert str(of_responses([{**dict.fromkeys(KEYS, 4), "biaya": 3}]).ikm) == "97.22"


@pytest.mark.parametrize(
    ("nrr", "grade"),
    [
        ("3.200", "B"),
        ("2.936", "C"),
        ("3.532", "B"),
        ("3.5324", "A"),
        ("2.5996", "D"),
        ("2.60", "C"),
        ("3.064", "C"),
    ],
)
def test_an_element_is_graded_by_the_same_bands(nrr: str, grade: str) -> None:
    assert index_of_nrr({"waktu": nrr}).elements["waktu"].grade == grade


def test_missing_is_not_zero() -> None:
    index = of_responses([{**dict.fromkeys(KEYS, 4), "biaya": None}, *same(4)])
    assert (index.n, index.elements["biaya"].n, str(index.ikm)) == (2, 1, "100.00")


def test_an_element_that_nobody_answered_leaves_its_weight_to_the_others() -> None:
    index = of_responses([{**dict.fromkeys(KEYS, 3), "biaya": None}] * 5)
    assert (index.coverage, index.is_complete, str(index.ikm)) == ("8 dari 9 unsur", False, "75.00")
    assert index.elements["waktu"].weight == Fraction(1, 8)
    assert index.elements["biaya"].nrr is None
    assert index.elements["biaya"].grade is None


def test_a_decimal_weight_keeps_its_sum_when_an_element_is_missing() -> None:
    responses = [{**dict.fromkeys(KEYS, 4), "biaya": None}]
    assert str(index_of(tally_of_responses(responses), CONVENTIONS["w0.11"]).ikm) == "99.00"


def test_a_sheet_without_any_answer_is_no_respondent() -> None:
    assert of_responses([dict.fromkeys(KEYS), {}, *same(3)]).n == 1


def test_under_complete_only_half_filled_sheets_do_not_count() -> None:
    # nobody was asked about cost; the second left out more than that
    responses = [
        {**dict.fromkeys(KEYS, 4), "biaya": None},
        {**dict.fromkeys(KEYS, 1), "biaya": None, "sarana": None},
    ]
    index = index_of(tally_of_responses(responses, COMPLETE_ONLY))
    assert (index.n, index.measured, str(index.ikm), index.missing) == (1, 8, "100.00", COMPLETE_ONLY)


def test_without_answers_there_is_no_index_and_not_zero() -> None:
    index = index_of(tally_of_totals({}, 0))
    assert (index.ikm, index.value, index.grade, index.measured, index.lowest) == (None, None, None, 0, ())
    assert to_wire(index)["ikm"] is None


def table(*nrr: str) -> dict[str, str]:
    return dict(zip(KEYS, nrr, strict=True))


def test_the_three_lowest_come_lowest_first() -> None:
    index = index_of_nrr(table("3.9", "3.1", "3.8", "3.7", "2.9", "3.6", "3.5", "3.4", "3.0"))
    assert index.lowest == ("produk", "sarana", "prosedur")


def test_all_that_tie_for_the_third_place_are_shown_in_the_regulations_order() -> None:
    index = index_of_nrr(table("3.2", "3.9", "3.0", "3.2", "3.9", "3.2", "3.9", "3.9", "3.1"))
    assert index.lowest == ("waktu", "sarana", "persyaratan", "biaya", "kompetensi")


def test_what_shares_the_highest_nrr_is_not_weak() -> None:
    assert of_responses(same(4)).lowest == ()
    assert of_responses([{**dict.fromkeys(KEYS, 4), "waktu": 2}]).lowest == ("waktu",)


def test_an_extended_index_has_the_plain_one_beside_it() -> None:
    totals = {**dict.fromkeys(KEYS, 30), "x_ramah": 10}
    index = index_of(tally_of_totals(totals, 10), weights={**NINTHS, "x_ramah": "1/10"})
    assert (index.asked, str(index.ikm)) == (10, "70.00")
    assert index.plain == index_of(tally_of_totals(dict.fromkeys(KEYS, 30), 10))
    assert str(index.plain.ikm) == "75.00"
    assert index.lowest == ("x_ramah",)


def test_unequal_weights_share_a_missing_elements_weight_in_their_proportion() -> None:
    weights = {**dict.fromkeys(KEYS, Fraction(1, 20)), "x_ramah": Fraction(11, 20)}
    totals = {**dict.fromkeys(KEYS, 20), "biaya": None, "x_ramah": 40}
    index = index_of(tally_of_totals(totals, 10), weights=weights)
    assert index.value == 25 * (Fraction(2 * 8, 19) + Fraction(4 * 11, 19))


def test_an_added_element_without_weight_is_refused() -> None:
    with pytest.raises(BadTable) as refusal:
        index_of_nrr({"persyaratan": "3.2", "x_pungutan": "3.9"})
    assert (refusal.value.code, refusal.value.field) == ("weights_needed", "x_pungutan")


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ({**NINTHS, "x_ramah": "0.11"}, "bad_weight_sum"),
        ({**NINTHS, "x_ramah": "0"}, "bad_weight"),
        ({**NINTHS, "x_ramah": "1/0"}, "bad_weight"),
        ({**NINTHS, "x_ramah": "sepersepuluh"}, "bad_weight"),
        ({**NINTHS, "x_ramah": 0.1}, "bad_weight"),
        ({key: "1/8" for key in KEYS if key != "biaya"}, "missing_weight"),
        ({**NINTHS, "ramah": "1/10"}, "unknown_element"),
    ],
)
def test_weights_that_are_not_exactly_one_whole_are_refused(weights, code: str) -> None:
    with pytest.raises(BadTable) as refusal:
        index_of(tally_of_responses(same(3)), weights=weights)
    assert refusal.value.code == code


def test_weights_of_ones_own_do_not_go_with_a_decimal_weight() -> None:
    with pytest.raises(BadConvention) as refusal:
        index_of(tally_of_responses(same(3)), CONVENTIONS["w0.11"], weights={**NINTHS, "x_ramah": "1/10"})
    assert refusal.value.code == "two_weights"


@pytest.mark.parametrize(
    ("build", "code", "field"),
    [
        (lambda: tally_of_responses([{"waktu": 5}]), "bad_answer", "waktu"),
        (lambda: tally_of_responses([{"waktu": 0}]), "bad_answer", "waktu"),
        (lambda: tally_of_responses([{"waktu": True}]), "bad_answer", "waktu"),
        (lambda: tally_of_responses([{"waktu": 3.0}]), "bad_answer", "waktu"),
        (lambda: tally_of_responses([{"u8": 3}]), "unknown_element", "u8"),
        (lambda: tally_of_totals({"waktu": 352}, 87), "bad_total", "waktu"),
        (lambda: tally_of_totals({"waktu": 86}, 87), "bad_total", "waktu"),
        (lambda: tally_of_totals({"waktu": 0}, 87), "bad_total", "waktu"),
        (lambda: tally_of_totals({"waktu": 8.5}, 3), "bad_total", "waktu"),
        (lambda: tally_of_totals({"waktu": 8}, 3, {"waktu": 4}), "bad_n", "waktu"),
        (lambda: tally_of_totals({}, -1), "bad_n", "n"),
        (lambda: tally_of_totals({"u1": 8}, 3), "unknown_element", "u1"),
        (lambda: tally_of_counts({"waktu": [1, 2, 3]}), "bad_counts", "waktu"),
        (lambda: tally_of_counts({"waktu": [1, 2, 3, -1]}), "bad_counts", "waktu"),
        (lambda: tally_of_counts({"waktu": [1, 2, 3, 4]}, 9), "bad_n", "waktu"),
        (lambda: index_of_nrr({"waktu": "4.01"}), "bad_nrr", "waktu"),
        (lambda: index_of_nrr({"waktu": "0.9"}), "bad_nrr", "waktu"),
        (lambda: index_of_nrr({"waktu": "NaN"}), "bad_nrr", "waktu"),
        (lambda: index_of_nrr({"waktu": "tiga"}), "bad_nrr", "waktu"),
        (lambda: index_of_nrr({"waktu": 3.868}), "bad_nrr", "waktu"),
        (lambda: index_of_nrr({"waktu": "3.868"}, -1), "bad_n", "n"),
        (lambda: index_of_nrr({"maklumat": "3.868"}), "unknown_element", "maklumat"),
        (lambda: index_of(tally_of_responses(same(3)), rules=RULES[0]), "unnamed_elements", None),
        (lambda: tally_of_responses([], "guess"), "unknown_missing_policy", "missing"),
    ],
)
def test_it_refuses_what_has_no_index_and_names_the_input(build, code: str, field: str | None) -> None:
    with pytest.raises(SkmError) as refusal:
        build()
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert refusal.value.detail.endswith(".")


def test_a_convention_may_not_lead_past_100() -> None:
    with pytest.raises(BadConvention) as refusal:
        index_of(tally_of_responses(same(3)), convention_named("decimal:0.12"))
    assert refusal.value.code == "weight_too_large"
    with pytest.raises(BadConvention) as refusal:
        # four sevenths are 0.6 at one decimal, and seven times that is more than 4
        index_of_nrr(dict.fromkeys(KEYS[:7], "4"), convention=convention_named("exact-weighted1"))
    assert refusal.value.code == "index_beyond_scale"


def test_older_rules_use_their_own_elements_and_bands() -> None:
    before = RULES[1]
    index = index_of_nrr(dict.fromkeys(before.elements, "3.26"), convention=before.convention, rules=before)
    assert (str(index.ikm), index.grade, index.rules.title) == ("80.69", "B", "PermenPANRB 16/2014")


def parts(*crowds: tuple[int, int]) -> list[Index]:
    return [of_responses(same(answer, n)) for answer, n in crowds]


def test_the_three_methods_part_where_they_should() -> None:
    units = [*parts((4, 1), (2, 3)), of_responses([])]
    mean, weighted, together = unit_mean(units), respondent_weighted(units), pooled(units)
    assert [str(a.ikm) for a in (mean, weighted, together)] == ["75.00", "62.50", "62.50"]
    assert [(a.n, a.parts) for a in (mean, weighted, together)] == [(4, 2)] * 3
    assert [a.method_label for a in (mean, together, weighted)] == [
        "rata-rata unit",
        "gabungan responden",
        "tertimbang responden",
    ]
    assert [a.grade for a in (mean, weighted, together)] == ["C", "D", "D"]


def test_with_missing_answers_pooled_and_respondent_weighted_part() -> None:
    units = [of_responses([{"waktu": 4}]), of_responses(same(2, 3))]
    assert pooled(units).value != respondent_weighted(units).value
    assert (pooled(units).coverage, pooled(units).is_complete) == ("1 dari 9 unsur", False)
    assert pooled(units).index.is_complete


def test_it_averages_before_it_rounds() -> None:
    # 88.3041 and 88.3075 are 88.30 and 88.31; a mean of the rounded would be 88.305 and go up either way
    units = [index_of(spread(604, 19)), index_of(spread(604, 19)), index_of(spread(1367, 43))]
    assert unit_mean(units).value == sum(unit.value for unit in units) / 3
    assert str(unit_mean(units).ikm) == "88.31"
    assert str(respondent_weighted(units[:2]).ikm) == "88.30"


def test_no_units_have_no_index() -> None:
    for method in (unit_mean, pooled, respondent_weighted):
        together = method([of_responses([])])
        assert (together.ikm, together.n, together.parts, together.grade) == (None, 0, 0, None)


def test_indices_of_different_rules_or_conventions_are_not_joined() -> None:
    one = of_responses(same(3))
    other = index_of(tally_of_responses(same(3)), CONVENTIONS["w0.11"])
    for method in (unit_mean, pooled, respondent_weighted):
        with pytest.raises(BadTable) as refusal:
            method([one, other])
        assert refusal.value.code == "mixed_parts"


def test_what_is_known_by_nrr_alone_has_a_mean_but_cannot_be_pooled() -> None:
    units = [index_of_nrr(dict.fromkeys(KEYS, "3.0")), of_responses(same(4))]
    assert (str(unit_mean(units).ikm), unit_mean(units).n) == ("87.50", None)
    for method in (pooled, respondent_weighted):
        with pytest.raises(BadTable) as refusal:
            method(units)
        assert refusal.value.code == "unknown_n"


def test_elements_that_one_unit_added_stay_out_of_the_aggregate() -> None:
    totals = {**dict.fromkeys(KEYS, 30), "x_ramah": 10}
    extended = index_of(tally_of_totals(totals, 10), weights={**NINTHS, "x_ramah": "1/10"})
    for method in (unit_mean, pooled, respondent_weighted):
        assert str(method([extended]).ikm) == "75.00"


def test_the_steps_can_be_followed_with_a_pocket_calculator() -> None:
    totals = table("352", "334", "342", "353", "353", "352", "349", "339", "323")
    index = index_of(tally_of_totals({key: int(total) for key, total in totals.items()}, 91))
    assert steps(index) == [
        "Aturan PermenPANRB 14/2017; cara hitung “exact”: bobot 1/9, satu kali pembulatan di akhir. "
        "U1, U2, … menurut urutan peraturan.",
        "persyaratan (U1): 352 ÷ 91 = 3,868",
        "prosedur (U2): 334 ÷ 91 = 3,670",
        "waktu (U3): 342 ÷ 91 = 3,758",
        "biaya (U4): 353 ÷ 91 = 3,879",
        "produk (U5): 353 ÷ 91 = 3,879",
        "kompetensi (U6): 352 ÷ 91 = 3,868",
        "perilaku (U7): 349 ÷ 91 = 3,835",
        "pengaduan (U8): 339 ÷ 91 = 3,725",
        "sarana (U9): 323 ÷ 91 = 3,549",
        "Bobot tiap unsur: 1/9",
        "Jumlah nilai semua unsur: 352 + 334 + 342 + 353 + 353 + 352 + 349 + 339 + 323 = 3097",
        "Jumlah NRR tertimbang: 3097 ÷ 91 × 1/9 = 3,781440…",
        "IKM: 3,781440… × 25 = 94,536019…",
        "Dibulatkan ke 2 desimal (tepat setengah ke atas): 94,54",
        "94,54 ada di rentang 88,31–100,00: mutu A, Sangat baik",
    ]


def test_the_steps_show_what_is_missing_and_every_rounding_on_the_way() -> None:
    responses = [
        {**dict.fromkeys(KEYS, 3), "biaya": None},
        {**dict.fromkeys(KEYS, 4), "biaya": None, "waktu": None},
    ]
    lines = steps(index_of(tally_of_responses(responses), convention_named("w0.111-nrr1-weighted3-sum2")))
    assert "waktu (U3): 3 ÷ 1 = 3,0 (1 dari 2 responden menjawab)" in lines
    assert "biaya (U4): tidak diukur" in lines
    assert "Diukur 8 dari 9 unsur: bobot unsur yang tidak diukur dibagikan kepada yang lain" in lines
    assert "waktu tertimbang: 3,0 × 0,124875 = 0,375" in lines
    assert lines[-5:] == [
        "Jumlah NRR tertimbang: 3,434",
        "Dibulatkan ke 2 desimal: 3,43",
        "IKM: 3,43 × 25 = 85,75",
        "Dibulatkan ke 2 desimal (tepat setengah ke atas): 85,75",
        "85,75 ada di rentang 76,61–88,30: mutu B, Baik",
    ]


def test_a_number_cut_in_the_steps_never_contradicts_the_rounding_that_follows() -> None:
    # rounded to six decimals this would read 94,535000 and seem to go up
    below = steps(index_of_nrr(dict.fromkeys(KEYS, "3.78139999999")))
    assert below[-3:-1] == [
        "IKM: 3,781399… × 25 = 94,534999…",
        "Dibulatkan ke 2 desimal (tepat setengah ke atas): 94,53",
    ]
    assert "IKM: 2,5998 × 25 = 64,995" in steps(index_of(spread(116991, 5000)))


def test_the_wire_has_the_shape_of_the_contract() -> None:
    index = of_responses([*same(4, 80), *same(3, 10), *same(2, 1)])
    wire = to_wire(index, {"R1": 3})
    assert wire["elements"]["persyaratan"] == {
        "n": 91,
        "total": 352,
        "counts": [0, 1, 10, 80],
        "nrr": "3.868",
        "weighted": "0.4298",
        "grade": "A",
    }
    assert wire.pop("steps") == steps(index)
    assert list(wire.pop("elements")) == list(KEYS)
    assert wire == {
        "n": 91,
        "excluded": {"R1": 3},
        "measured": 9,
        "asked": 9,
        "coverage": "9 dari 9 unsur",
        "missing": "per-element",
        "rule": "permenpanrb-14-2017",
        "convention": "exact",
        "weight": "1/9",
        "ikm": "96.70",
        "grade": "A",
        "label": "Sangat baik",
        "lowest": [],
    }


def test_the_wire_leaves_out_what_is_not_known() -> None:
    wire = to_wire(index_of_nrr({"waktu": "3,8684"}), with_steps=False)
    assert wire["n"] is None
    assert "excluded" not in wire
    assert "steps" not in wire
    assert wire["elements"]["waktu"] == {"nrr": "3.8684", "weighted": "3.8684", "grade": "A"}
    assert wire["elements"]["biaya"]["nrr"] is None


def test_the_wire_of_an_extended_index_holds_the_plain_one() -> None:
    totals = {**dict.fromkeys(KEYS, 30), "x_ramah": 10}
    weights = {**dict.fromkeys(KEYS, "0.1"), "x_ramah": "0.1"}
    wire = to_wire(index_of(tally_of_totals(totals, 10), weights=weights))
    assert (wire["ikm"], wire["plain"]["ikm"]) == ("70.00", "75.00")
    assert wire["elements"]["x_ramah"]["weight"] == "1/10"


def test_every_element_grade_follows_from_its_own_band() -> None:
    index = of_responses([dict(zip(KEYS, (1, 2, 3, 4, 1, 2, 3, 4, 3), strict=True))])
    for element in index.elements.values():
        assert element.grade == band_of(round2(element.mean * 25), CURRENT).grade
    assert [element.grade for element in index.elements.values()] == list("DDCADDCAC")
