"""Where bars, segments and dots go."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.scorecards import charts
from server.skm.rules import CURRENT

BANDS = [
    {"grade": band.grade, "lowest": str(band.lowest), "highest": str(band.highest)}
    for band in reversed(CURRENT.bands)
]


def element(
    total: int, n: int, grade: str = "B", nrr: str = "3.000", counts: tuple[int, ...] = ()
) -> dict[str, Any]:
    return {
        "n": n,
        "total": total,
        "nrr": nrr,
        "grade": grade,
        **({"counts": list(counts)} if counts else {}),
    }


def month(name: str, ikm: str | None, n: int = 50) -> dict[str, Any]:
    return {"month": name, "ikm": ikm, "grade": "B", "n": n if ikm else 0}


def test_a_bar_shows_an_average_on_the_true_scale_from_1_to_4() -> None:
    chart = charts.element_bars(
        {"waktu": element(25, 10), "biaya": element(10, 10), "produk": element(40, 10)}, [], BANDS
    )
    assert [bar.width for bar in chart.bars] == ["50%", "0%", "100%"]


def test_the_axis_carries_the_edges_of_the_grades_of_the_rule() -> None:
    chart = charts.element_bars({"waktu": element(25, 10)}, [], BANDS)
    assert [mark.value for mark in chart.marks] == ["1", "2.60", "3.06", "3.53", "4"]
    assert [zone.grade for zone in chart.zones] == ["D", "C", "B", "A"]


def test_what_nobody_was_asked_has_no_bar() -> None:
    chart = charts.element_bars({"biaya": {"nrr": None, "grade": None, "n": 0, "total": 0}}, [], BANDS)
    assert (chart.bars[0].value, chart.bars[0].width) == (None, "0%")


def test_only_the_weakest_element_is_marked() -> None:
    chart = charts.element_bars(
        {"waktu": element(30, 10), "sarana": element(20, 10)}, ["sarana", "waktu"], BANDS
    )
    assert [bar.key for bar in chart.bars if bar.is_lowest] == ["sarana"]


@pytest.mark.parametrize(
    ("total", "n", "nrr", "shown"),
    [
        # 3.1449…: three printed decimals say 3.145, which a second rounding would take up to 3.15
        (2516, 800, "3.145", "3.15"),
        (25159, 8000, "3.145", "3.14"),
        (291, 100, "2.910", "2.91"),
    ],
)
def test_an_average_in_a_sentence_is_rounded_once(total: int, n: int, nrr: str, shown: str) -> None:
    assert charts.two_places(element(total, n, nrr=nrr)) == shown


def test_an_average_that_came_printed_is_rounded_half_up() -> None:
    assert charts.two_places({"nrr": "3.865", "grade": "A"}) == "3.87"


def test_segments_share_the_bar_as_the_answers_share_the_respondents() -> None:
    (stack,) = charts.answer_stacks({"waktu": element(0, 4, counts=(1, 0, 1, 2))}).stacks
    assert [(part.answer, part.x, part.width, part.text) for part in stack.segments] == [
        (1, "0%", "25%", "25%"),
        (3, "25%", "25%", "25%"),
        (4, "50%", "50%", "50%"),
    ]


def test_a_segment_too_narrow_for_its_text_has_none() -> None:
    (stack,) = charts.answer_stacks({"waktu": element(0, 100, counts=(0, 0, 5, 95))}).stacks
    assert [part.text for part in stack.segments] == ["", "95%"]


def test_an_element_that_nobody_answered_has_no_stack() -> None:
    assert charts.answer_stacks({"biaya": element(0, 0, counts=(0, 0, 0, 0))}).stacks == ()


@given(st.lists(st.integers(0, 10_000), min_size=4, max_size=4).filter(any))
def test_segments_fill_the_bar_without_gap_or_overlap(counts: list[int]) -> None:
    (stack,) = charts.answer_stacks({"waktu": element(0, sum(counts), counts=tuple(counts))}).stacks
    at = Decimal(0)
    for part in stack.segments:
        assert abs(Decimal(part.x[:-1]) - at) <= Decimal("0.02")
        at = Decimal(part.x[:-1]) + Decimal(part.width[:-1])
    assert abs(at - 100) <= Decimal("0.02")


def test_a_month_without_answers_leaves_a_gap_in_the_line() -> None:
    chart = charts.trend(
        [month("2026-01", "80.00"), month("2026-02", None), month("2026-03", "82.00")], BANDS
    )
    assert (len(chart.dots), len(chart.lines)) == (2, 0)


def test_a_month_with_few_respondents_is_hollow() -> None:
    chart = charts.trend([month("2026-01", "80.00", n=29), month("2026-02", "81.00", n=30)], BANDS)
    assert [dot.is_hollow for dot in chart.dots] == [True, False]


def test_the_trend_stands_on_the_whole_scale() -> None:
    chart = charts.trend([month("2026-01", "25.00"), month("2026-02", "100.00")], BANDS)
    assert [dot.y for dot in chart.dots] == [chart.bottom, charts.TREND_TOP]


def test_the_trend_shows_the_edges_of_all_grades() -> None:
    assert [band.edge for band in charts.trend([], BANDS).bands] == ["88.31", "76.61", "65.00", "25.00"]


def test_empty_months_at_both_ends_are_left_out() -> None:
    months = [month("2025-12", None), month("2026-01", "80.00"), month("2026-02", None)]
    assert [name.month.isoformat() for name in charts.trend(months, BANDS).months] == ["2026-01-01"]


def test_the_last_month_the_best_and_the_worst_keep_their_number_on_phones() -> None:
    months = [month(f"2026-0{i}", f"8{value}.00") for i, value in enumerate((5, 2, 6, 9, 4), 1)]
    assert [dot.ikm for dot in charts.trend(months, BANDS).dots if dot.is_named] == [
        "82.00",
        "89.00",
        "84.00",
    ]


def test_of_many_years_only_januaries_are_named() -> None:
    months = [month(f"{year}-{number:02}", "80.00") for year in (2024, 2025, 2026) for number in range(1, 13)]
    assert [name.month.year for name in charts.trend(months, BANDS).months] == [2024, 2025, 2026]
