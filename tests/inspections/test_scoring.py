"""The value of a finding and the index of many: worked by hand, and what must hold for any findings at all."""

import random
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.inspections.instrument import Indicator, Instrument, Part, Presence, Scale, WeightsSum
from server.inspections.national import nationals
from server.inspections.scoring import (
    BadConvention,
    BadFinding,
    Observed,
    band_of,
    converted,
    judge,
    rounded,
    score,
    steps,
    to_wire,
)
from tests.inspections.makers import ADA, TIDAK_ADA, all_at, levels

pytestmark = pytest.mark.pure

PEKPPP = nationals()["pekppp/2022"]
CLASSIC = nationals()["ombudsman/classic"]
FOUR = nationals()["ombudsman/2022"]
SAMPANG = nationals()["sampang/2018"]
NOT_APPLICABLE = Observed(is_not_applicable=True)


def level(key: str, **observed: Any) -> Decimal | None:
    indicator = PEKPPP.indicator(key)
    assert indicator is not None
    return judge(PEKPPP, indicator, Observed(**observed)).value


def refused(instrument: Instrument, key: str, **observed: Any) -> BadFinding:
    indicator = instrument.indicator(key)
    assert indicator is not None
    with pytest.raises(BadFinding) as found:
        judge(instrument, indicator, Observed(**observed))
    return found.value


# ── one finding ──


@pytest.mark.parametrize(("there", "value"), [(0, 0), (1, 1), (3, 3), (5, 5), (6, 5)])
def test_so_many_items_so_high_the_level(there: int, value: int) -> None:
    """Toilets (17): six items, one level each up to five."""
    assert level("17", items=tuple(str(number) for number in range(1, there + 1))) == value


@pytest.mark.parametrize(
    ("there", "value"), [(0, 0), (1, 1), (3, 1), (4, 2), (7, 3), (12, 4), (13, 5), (14, 5)]
)
def test_the_levels_may_lie_further_apart(there: int, value: int) -> None:
    """Vulnerable groups (18): 1, 4, 7, 10 and 13 of fourteen."""
    assert level("18", items=tuple(str(number) for number in range(1, there + 1))) == value


@pytest.mark.parametrize(
    ("items", "value"),
    [
        (("w1", "w2"), 1),
        (("w1", "w2", "1"), 2),
        (("w1", "w2", "1", "2", "3", "4"), 5),
        (("w1", "1", "2"), 0),
        ((), 0),
    ],
)
def test_without_a_required_item_the_rest_does_not_count(items: tuple[str, ...], value: int) -> None:
    """The waiting room (16) needs seats and cooling."""
    assert level("16", items=items) == value


@pytest.mark.parametrize(
    ("done", "planned", "value"),
    [
        (0, 0, 0),
        (0, 10, 1),
        (1, 10, 2),
        (29, 100, 2),
        (30, 100, 3),
        (80, 100, 3),
        (81, 100, 4),
        (99, 100, 4),
        (7, 7, 5),
    ],
)
def test_so_many_percent_done_so_high_the_level(done: int, planned: int, value: int) -> None:
    """Follow-up of the survey (8): none / 0 % / <30 / 30-80 / >80 / 100."""
    assert level("8", done=done, planned=planned) == value


@pytest.mark.parametrize(
    ("months", "value"), [(0, 5), (1, 5), (2, 4), (3, 4), (6, 3), (7, 2), (9, 2), (12, 1), (13, 0)]
)
def test_the_sooner_the_higher(months: int, value: int) -> None:
    """Speed of the follow-up (9): 1, 3, 6, 9 and 12 months."""
    assert level("9", months=months) == value


def test_an_assessor_may_differ_from_the_items_with_a_reason_and_both_stay() -> None:
    indicator = PEKPPP.indicator("17")
    assert indicator is not None
    judged = judge(
        PEKPPP,
        indicator,
        Observed(value=Decimal(3), items=("1", "2", "3", "4"), note="Airnya mati saat kunjungan."),
    )
    assert (judged.value, judged.computed, judged.is_overridden) == (3, 4, True)
    assert refused(PEKPPP, "17", value=Decimal(3), items=("1", "2", "3", "4")).code == "needs_reason"


@pytest.mark.parametrize(
    ("instrument", "key", "observed", "code"),
    [
        (PEKPPP, "15", {"value": Decimal(6)}, "off_scale"),
        (PEKPPP, "15", {"value": Decimal("-1")}, "off_scale"),
        (PEKPPP, "15", {"value": Decimal("2.5")}, "off_scale"),
        (PEKPPP, "15", {"value": Decimal("NaN")}, "off_scale"),
        (PEKPPP, "15", {"value": Decimal("Infinity")}, "off_scale"),
        (PEKPPP, "15", {"value": Decimal("1e-999999")}, "off_scale"),
        (PEKPPP, "15", {"items": ("1", "99")}, "unknown_item"),
        (PEKPPP, "15", {"months": 2}, "wrong_measure"),
        (PEKPPP, "1", {"items": ("1",)}, "wrong_measure"),
        (PEKPPP, "8", {"done": 3, "planned": 2}, "off_scale"),
        (PEKPPP, "8", {"planned": 10}, "half_measured"),
        (PEKPPP, "8", {"done": 5}, "half_measured"),
        (PEKPPP, "8", {"done": 0, "planned": -1}, "off_scale"),
        (PEKPPP, "9", {"months": -1}, "off_scale"),
        (PEKPPP, "15", {"is_not_applicable": True}, "not_applicable_refused"),
        (SAMPANG, "1", {"is_not_applicable": True, "value": Decimal(1)}, "contradiction"),
        (SAMPANG, "1", {"value": Decimal(2)}, "off_scale"),
        (nationals()["pekppp/2017"], "1", {"value": Decimal(3)}, "needs_reason"),
    ],
)
def test_what_an_indicator_cannot_take_is_refused(
    instrument: Instrument, key: str, observed: dict[str, Any], code: str
) -> None:
    error = refused(instrument, key, **observed)
    assert (error.code, error.field) == (code, key)
    assert error.detail.endswith(".")


def test_an_indicator_of_another_instrument_is_refused() -> None:
    with pytest.raises(BadFinding, match="tidak memuat indikator") as found:
        score(PEKPPP, {"77": Observed(value=Decimal(1))})
    assert (found.value.code, found.value.field) == ("unknown_indicator", "77")


# ── many findings, by hand ──


@pytest.mark.parametrize(
    ("value", "index", "conversion", "category"),
    [
        (5, "5.00", "100.00", "A"),
        (4, "4.00", "80.00", "B"),
        (3, "3.00", "60.00", "C"),
        (0, "0.00", "0.00", "F"),
    ],
)
def test_the_same_level_everywhere_is_the_index(
    value: int, index: str, conversion: str, category: str
) -> None:
    found = to_wire(score(PEKPPP, all_at(PEKPPP, value)))
    assert (found["index"], found["conversion"], found["category"]) == (index, conversion, category)


def test_an_aspect_by_hand() -> None:
    """c: 15 x 3 + 23 x 2 + 20 x 1 + 20 x 4 + 11 x 5 + 11 x 0 = 246 % -> 2.46; x 18 % = 0.4428."""
    found = score(PEKPPP, levels({15: 3, 16: 2, 17: 1, 18: 4, 19: 5, 20: 0}))
    part = next(part for part in found.parts if part.part.code == "c")
    assert part.score == Fraction(246, 100)
    assert part.contribution == Fraction(4428, 10000)
    assert found.index is None


def test_not_filled_is_not_zero() -> None:
    findings = all_at(PEKPPP, 5)
    del findings["15"]
    found = score(PEKPPP, findings)
    assert (found.index, found.status, found.missing) == (None, "belum lengkap, 29 dari 30", ("15",))
    as_zero = score(PEKPPP, findings | {"15": Observed(value=Decimal(0))})
    # 5 less 15 % of 18 % of 5
    assert as_zero.index == 5 - Fraction(15, 100) * Fraction(18, 100) * 5


def test_the_queue_of_number_31_never_counts() -> None:
    with_queue = score(PEKPPP, all_at(PEKPPP, 4))
    without = {key: one for key, one in all_at(PEKPPP, 4).items() if key != "31"}
    assert score(PEKPPP, without).index == with_queue.index == 4
    assert with_queue.total == 30


def test_what_does_not_apply_leaves_the_denominator() -> None:
    """4 there, 1 not, 1 not applicable: 100 x 4/5."""
    findings = {"1": ADA, "2": ADA, "3": ADA, "4": ADA, "5": TIDAK_ADA, "6": NOT_APPLICABLE}
    assert score(SAMPANG, findings).index == 80
    assert score(SAMPANG, findings | {"6": TIDAK_ADA}).index == Fraction(400, 6)


def test_where_nothing_applies_there_is_no_index() -> None:
    found = score(SAMPANG, dict.fromkeys("123456", NOT_APPLICABLE))
    assert (found.index, found.missing) == (None, ())


def test_points_add_up_to_the_whole() -> None:
    everything = {indicator.key: ADA for _, indicator in CLASSIC.indicators}
    assert score(CLASSIC, everything).index == 100
    # tariff 12, complaint procedure 3, measuring device 3
    assert score(CLASSIC, everything | {"1.5": TIDAK_ADA, "6.2": TIDAK_ADA, "7.1": TIDAK_ADA}).index == 82
    without_tenth = {key: one for key, one in everything.items() if key != "10.1"}
    assert score(CLASSIC, without_tenth).index == 100


def test_unpublished_weights_share_what_the_published_one_leaves() -> None:
    """Input: 12.22 for the first of fifteen, (100 - 12.22) / 14 = 6.27 for each other; x 21.85 %."""
    findings = all_at(FOUR, 0) | {
        "input.1": Observed(value=Decimal(100)),
        "input.2": Observed(value=Decimal(50)),
    }
    assert score(FOUR, findings).index == (Fraction("12.22") + Fraction("6.27") / 2) * Fraction("21.85") / 100


def test_half_a_hundredth_goes_up_and_then_the_category_is_chosen() -> None:
    assert str(rounded(Fraction("4.505"))) == "4.51"
    assert band_of(PEKPPP, Fraction("4.505")).code == "A"  # type: ignore[union-attr]
    assert band_of(PEKPPP, Fraction("4.50499")).code == "A-"  # type: ignore[union-attr]


def test_the_conversion_is_of_the_unrounded_index() -> None:
    """4.6166... x 20 = 92.33, while 4.62 x 20 would be 92.40."""
    assert str(converted(PEKPPP, Fraction("13.85") / 3)) == "92.33"


@pytest.mark.parametrize(
    ("index", "day", "zone"),
    [
        ("81", date(2021, 6, 1), "hijau"),
        ("80.99", date(2021, 6, 1), "kuning"),
        ("50.99", date(2021, 6, 1), "merah"),
        ("88.45", date(2018, 6, 1), "hijau"),
        ("50.5", date(2018, 6, 1), "merah"),
        ("51", date(2018, 6, 1), "kuning"),
    ],
)
def test_the_zone_is_of_the_year(index: str, day: date, zone: str) -> None:
    assert band_of(CLASSIC, Fraction(index), day).zone == zone  # type: ignore[union-attr]


def test_rounding_on_the_way_is_a_convention_with_a_name() -> None:
    """The contributions are rounded, not what they are made of."""
    findings = levels({15: 3, 16: 2, 17: 1, 18: 4, 19: 5, 20: 1})
    exact = score(PEKPPP, all_at(PEKPPP, 5) | findings)
    # c = 2.57 -> 0.4626; the others 5 x 82 % = 4.1
    assert exact.index == Fraction("4.5626")
    stepped = score(PEKPPP, all_at(PEKPPP, 5) | findings, "parts-2")
    assert stepped.index == Fraction("4.56")
    with pytest.raises(BadConvention):
        score(PEKPPP, {}, "lain-lain")


def test_the_rounded_contribution_is_of_the_unrounded_aspect() -> None:
    """2017, aspect b: 2.635 x 18 % = 0.4743 -> 0.47, while the printed 2.64 would give 0.4752 -> 0.48."""
    given = dict(zip(range(14, 21), (0, 0, 1, 3, 3, 5, 5), strict=True))
    found = score(nationals()["pekppp/2017"], levels(given), "parts-2")
    part = next(part for part in found.parts if part.part.code == "b")
    assert (part.score, part.contribution) == (Fraction("2.635"), Fraction("0.47"))


def test_what_weighs_nothing_does_not_hold_a_part() -> None:
    """P: 1 (100 %) does not apply, 2 weighs nothing: P leaves, and Q alone is the index."""
    one = Indicator(key="1", name="1", scoring=Presence(), weight=Decimal(100))
    two = Indicator(key="2", name="2", scoring=Presence(), weight=Decimal(0))
    three = Indicator(key="3", name="3", scoring=Presence(), weight=Decimal(100))
    made = msgspec.structs.replace(
        PEKPPP,
        scale=Scale(Decimal(0), Decimal(1)),
        maximum=Decimal(1),
        parts=(
            Part(code="p", name="P", indicators=(one, two), weight=Decimal(50)),
            Part(code="q", name="Q", indicators=(three,), weight=Decimal(50)),
        ),
        not_applicable="leaves",
        weights_sum=WeightsSum(),
    )
    assert score(made, {"1": NOT_APPLICABLE, "2": ADA, "3": ADA}).index == 1


def test_the_lines_hold_on_a_calculator_also_where_something_does_not_apply() -> None:
    """1 x 16.6666 divided by 0.6666 of what applies is 25."""
    findings = dict.fromkeys("1234", ADA) | dict.fromkeys("56", NOT_APPLICABLE)
    told = steps(score(SAMPANG, findings))
    assert any(line.startswith("1: 1 × 16,6666… ÷ 0,666666… = 25") for line in told)


def test_minus_nothing_is_nothing() -> None:
    assert str(level("15", value=Decimal("-0"))) == "0"
    assert str(level("15", value=Decimal("5.0"))) == "5"


def test_without_anything_there_the_lowest_level_holds_whatever_a_city_gives_for_the_rest() -> None:
    waiting = PEKPPP.indicator("16")
    assert waiting is not None
    kind = msgspec.structs.replace(waiting.scoring, without_required=1)
    made = msgspec.structs.replace(waiting, scoring=kind)
    assert judge(PEKPPP, made, Observed(items=())).value == 0
    assert judge(PEKPPP, made, Observed(items=("w1", "1"))).value == 1


def fewer(keys: set[str], *, renormalise: bool) -> Instrument:
    """A local instrument: fewer indicators of PEKPPP, as published in Sijunjung."""
    parts = tuple(
        msgspec.structs.replace(part, indicators=tuple(one for one in part.indicators if one.key not in keys))
        for part in PEKPPP.parts
    )
    return msgspec.structs.replace(
        PEKPPP, version="2022-lokal", parts=parts, renormalise=renormalise, weights_sum=WeightsSum()
    )


def test_a_local_instrument_with_fewer_indicators_renormalises_only_when_it_says_so() -> None:
    local = fewer({"20"}, renormalise=True)
    assert score(local, all_at(local, 5)).index == 5
    kept = fewer({"20"}, renormalise=False)
    # 11 % of 18 % of 5 are missing for good
    assert score(kept, all_at(kept, 5)).index == 5 - Fraction("0.11") * Fraction("0.18") * 5


def test_a_plain_mean_inside_the_aspect_is_a_setting() -> None:
    plain = msgspec.structs.replace(PEKPPP, aggregation="mean")
    found = score(plain, levels({15: 3, 16: 2, 17: 1, 18: 4, 19: 5, 20: 0}))
    assert next(part.score for part in found.parts if part.part.code == "c") == Fraction(15, 6)


def test_a_part_that_does_not_apply_leaves_its_weight_to_the_others() -> None:
    def part(code: str, weight: int) -> Part:
        one = Indicator(key=code, name=code, scoring=Presence(), weight=Decimal(100))
        return Part(code=code, name=code, indicators=(one,), weight=Decimal(weight))

    made = msgspec.structs.replace(
        PEKPPP,
        scale=Scale(Decimal(0), Decimal(1)),
        maximum=Decimal(1),
        parts=(part("x", 50), part("y", 30), part("z", 20)),
        not_applicable="leaves",
        weights_sum=WeightsSum(),
    )
    found = score(made, {"x": ADA, "y": TIDAK_ADA, "z": NOT_APPLICABLE})
    assert found.index == Fraction(50, 80)


def test_the_evaluators_index_is_not_told_as_the_index_of_both_forms() -> None:
    found = to_wire(score(PEKPPP, all_at(PEKPPP, 5)))
    assert found["form"] == "F-02"
    assert not any("kategori" in line or "konversi" in line for line in found["steps"])


def test_the_arithmetic_can_be_followed_line_by_line() -> None:
    findings = all_at(PEKPPP, 5) | levels({15: 3})
    told = steps(score(PEKPPP, findings))
    assert any(line.startswith("15: 3 × 15 % = 0,45") for line in told)
    assert "c. Sarana Prasarana: 4,7; × 18 % = 0,846" in told
    assert told[-1].startswith("Indeks F-02: ")
    assert told[-1].endswith(" = 4,946, dibulatkan 4,95")
    alone = steps(score(msgspec.structs.replace(PEKPPP, combination=None), findings))
    assert alone[-2].endswith(" = 4,946, dibulatkan 4,95; kategori A, Pelayanan Prima")
    assert alone[-1] == "Nilai konversi: 4,946 × 20 = 98,92"


# ── for any findings ──


@st.composite
def filled(draw: st.DrawFn, instrument: Instrument) -> dict[str, Observed]:
    """A value, or nothing applicable where that is allowed, at every indicator."""
    found = {}
    top = int(instrument.scale.highest)
    for _, indicator in instrument.indicators:
        value = draw(st.integers(-1 if instrument.not_applicable == "leaves" else 0, top))
        found[indicator.key] = NOT_APPLICABLE if value < 0 else Observed(value=Decimal(value), note="x")
    return found


ANY = st.sampled_from(list(nationals().values()))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_higher_answer_never_lowers_the_index(data: st.DataObject) -> None:
    instrument = data.draw(ANY)
    findings = data.draw(filled(instrument))
    key = data.draw(st.sampled_from(sorted(findings)))
    value = findings[key].value
    if value is None or value == instrument.scale.highest:
        return
    raised = findings | {key: Observed(value=value + 1, note="x")}
    before, after = score(instrument, findings).index, score(instrument, raised).index
    assert before is not None and after is not None
    assert after >= before


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_order_of_findings_does_not_matter(data: st.DataObject) -> None:
    instrument = data.draw(ANY)
    findings = data.draw(filled(instrument))
    shuffled = list(findings.items())
    random.Random(data.draw(st.integers())).shuffle(shuffled)
    assert to_wire(score(instrument, dict(shuffled))) == to_wire(score(instrument, findings))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_missing_is_never_zero(data: st.DataObject) -> None:
    instrument = data.draw(ANY)
    findings = data.draw(filled(instrument))
    counted = [one.key for _, one in instrument.indicators if not one.is_optional]
    gone = data.draw(st.sampled_from(counted))
    found = score(instrument, {key: one for key, one in findings.items() if key != gone})
    assert found.index is None
    assert gone in found.missing
    assert found.status == f"belum lengkap, {found.total - 1} dari {found.total}"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_index_lies_on_its_scale_and_its_parts_add_up_to_it(data: st.DataObject) -> None:
    instrument = data.draw(ANY)
    found = score(instrument, data.draw(filled(instrument)))
    if found.index is None:
        return
    assert 0 <= found.index <= Fraction(instrument.maximum)
    assert found.index == sum(part.contribution for part in found.parts if part.contribution is not None)
    assert band_of(instrument, found.index) is not None or not instrument.bands_on(None)
