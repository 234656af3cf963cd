"""A city's own version of an instrument: made from a published one, honest about what its weights add up to."""

from decimal import Decimal
from typing import Any

import pytest

from server.inspections.check import BadInstrument
from server.inspections.instrument import Band, BandSet, Combination, Instrument
from server.inspections.national import nationals
from server.inspections.own_version import BadWish, Wishes, own_version
from server.inspections.scoring import Observed, rounded, score

pytestmark = pytest.mark.pure

PEKPPP = "pekppp/2022"


def made(address: str = PEKPPP, **wishes: Any) -> Instrument:
    return own_version(
        nationals()[address], Wishes(**{"version": "2026-kota-1", "reason": "SK 5/2026", **wishes})
    )


def bands_from(lowest: Decimal) -> tuple[BandSet, ...]:
    bands = (Band("Semua", "Semua", lowest, Decimal(5)),)
    return (BandSet(nationals()[PEKPPP].in_force_from, bands),)


def all_at(instrument: Instrument, value: int) -> dict[str, Observed]:
    return {one.key: Observed(value=Decimal(value), note="dilihat") for _, one in instrument.indicators}


def test_a_new_weight_makes_a_version_that_says_what_it_was_made_from() -> None:
    own = made(weights={"15": Decimal(20), "16": Decimal(18)})
    parking = own.indicator("15")
    assert parking is not None
    assert parking.weight == 20
    assert (own.address, own.based_on) == ("pekppp/2026-kota-1", "pekppp/2022")
    assert own.weights_sum.indicators["c"] == 100
    assert own.title.endswith("versi 2026-kota-1")


def test_weights_that_no_longer_add_up_are_declared_as_they_are() -> None:
    own = made(weights={"15": Decimal(20)}, part_weights={"a": Decimal("24.5")})
    assert own.weights_sum.indicators["c"] == 105
    assert own.weights_sum.parts == Decimal("100.5")
    # by hand: every aspect 5 but c 5 × 105 % = 5.25; 0.245 × 5 + 0.18 × 5.25 + 0.58 × 5
    index = score(own, all_at(own, 5)).index
    assert index is not None
    assert rounded(index) == Decimal("5.07")


def test_fewer_indicators_without_renormalising_reach_less_than_the_highest_index() -> None:
    own = made(without=("29",))
    assert own.weights_sum.indicators["f"] == 50
    # by hand: innovation reaches 5 × 50 % = 2.5, so the index is 5 - 0.12 × 2.5
    index = score(own, all_at(own, 5)).index
    assert index is not None
    assert rounded(index) == Decimal("4.70")


def test_fewer_indicators_renormalised_reach_the_highest_index() -> None:
    own = made(without=("29",), renormalise=True)
    index = score(own, all_at(own, 5)).index
    assert index is not None
    assert rounded(index) == Decimal("5.00")


def test_a_part_that_loses_its_last_indicator_goes_with_its_users_statements() -> None:
    own = made(without=("25", "26", "27", "28", "31"), renormalise=True)
    assert [part.code for part in own.parts] == ["a", "b", "c", "d", "f"]
    assert own.users is not None
    assert {question.part for question in own.users.questions} == {"a", "b", "c", "d"}


def test_shares_of_the_rest_are_spread_by_the_instrument_itself() -> None:
    own = made("sampang/2018", without=("6",))
    assert rounded(score(own, all_at(own, 1)).index or 0) == 100  # type: ignore[arg-type]


def test_points_of_a_checklist_are_declared_as_they_add_up() -> None:
    own = made("ombudsman/classic", weights={"1.1": Decimal(10)})
    assert own.weights_sum.parts == 98


def test_a_weight_the_city_decided_is_in_no_doubt_any_more() -> None:
    before = nationals()["ombudsman/classic"].indicator("1.1")
    after = made("ombudsman/classic", weights={"1.1": Decimal(10)}).indicator("1.1")
    assert before is not None and "weight" in before.doubts
    assert after is not None and "weight" not in after.doubts


def test_other_categories_are_a_version_of_their_own() -> None:
    bands = (
        Band("Baik", "Baik", Decimal("2.51"), Decimal("5.00")),
        Band("Kurang", "Kurang", Decimal(0), Decimal("2.50")),
    )
    own = made(bands=(BandSet(nationals()[PEKPPP].in_force_from, bands),))
    assert [band.code for band in own.bands_on(None)] == ["Baik", "Kurang"]


@pytest.mark.parametrize(
    ("wishes", "field", "told"),
    [
        ({}, "weights", "Tidak ada yang berubah"),
        ({"weights": {"15": Decimal("15.0")}}, "weights", "Tidak ada yang berubah"),
        ({"weights": {"99": Decimal(1)}}, "weights", "Indikator “99” tidak ada pada pekppp/2022"),
        ({"without": ("99",)}, "without", "“99” tidak ada"),
        ({"part_weights": {"z": Decimal(1)}}, "part_weights", "Bagian “z” tidak ada"),
        ({"weights": {"15": Decimal(1)}, "without": ("15",)}, "without", "pilih salah satu"),
        ({"weights": {"15": Decimal("sNaN")}}, "weights", "harus berupa bilangan"),
        ({"weights": {"15": Decimal("1e999999999")}}, "weights", "harus berupa bilangan"),
        ({"part_weights": {"1": Decimal("-Infinity")}}, "part_weights", "harus berupa bilangan"),
        ({"target": Decimal("sNaN")}, "target", "harus berupa bilangan"),
        ({"combination": Combination(Decimal("sNaN"), Decimal(1))}, "combination", "harus berupa bilangan"),
        ({"bands": bands_from(Decimal("NaN"))}, "bands", "harus berupa bilangan"),
    ],
)
def test_a_wish_that_leads_nowhere_is_refused(wishes: dict[str, Any], field: str, told: str) -> None:
    with pytest.raises(BadWish) as refused:
        made(**wishes)
    assert refused.value.field == field
    assert told in refused.value.detail


@pytest.mark.parametrize(
    ("wishes", "path"),
    [
        ({"weights": {"15": Decimal(-5)}}, "indicators[0].weight"),
        ({"weights": {"15": Decimal("1e-999")}}, "indicators[0].weight"),
        ({"weights": {"15": Decimal(20)}, "version": "Versi Kota"}, "$.version"),
        ({"weights": {"15": Decimal(20)}, "version": "latest"}, "$.version"),
        ({"weights": {"15": Decimal(20)}, "version": "2022"}, "$.based_on"),
        ({"weights": {"15": Decimal(20)}, "title": "x" * 301}, "$.title"),
    ],
)
def test_a_version_no_score_could_be_made_with_is_refused(wishes: dict[str, Any], path: str) -> None:
    with pytest.raises(BadInstrument) as refused:
        made(**wishes)
    assert any(path in fault.path for fault in refused.value.faults), refused.value.faults
