"""Where visits agree and differ, what a visit lacks, and what both make of a unit: worked by hand."""

import random
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from server.inspections.decide import Seen, agreement
from server.inspections.national import nationals
from server.inspections.result import Inputs, Product, result, to_wire
from server.inspections.scoring import Judged, Observed
from server.inspections.storage import judged
from server.inspections.visit import MOVES, STATES, lacks
from tests.inspections.makers import ADA, TIDAK_ADA, all_at, levels

pytestmark = pytest.mark.pure

PEKPPP = nationals()["pekppp/2022"]
SAMPANG = nationals()["sampang/2018"]
CLASSIC = nationals()["ombudsman/classic"]
DAY = date(2026, 12, 31)


def values(**given: int | None) -> dict[str, Judged]:
    return {
        key.removeprefix("i"): Judged(
            None if value is None else Decimal(value), is_not_applicable=value is None
        )
        for key, value in given.items()
    }


def test_visits_that_say_the_same_agree() -> None:
    found = agreement([Seen("1", "x", values(i1=3)), Seen("2", "y", values(i1=3))], {})
    assert found.values["1"].value == 3
    assert found.disagreements == ()


def test_visits_that_differ_leave_the_indicator_open() -> None:
    found = agreement([Seen("1", "x", values(i1=3, i2=1)), Seen("2", "y", values(i1=4, i2=1))], {})
    assert found.disputed == ("1",)
    assert "1" not in found.values
    assert found.values["2"].value == 1
    assert [judged.value for _, judged in found.disagreements[0].said] == [3, 4]


def test_not_applicable_against_a_value_is_a_dispute_too() -> None:
    found = agreement([Seen("1", "x", values(i1=None)), Seen("2", "y", values(i1=0))], {})
    assert found.disputed == ("1",)


def test_what_is_settled_holds_and_the_difference_stays_listed() -> None:
    found = agreement([Seen("1", "x", values(i1=3)), Seen("2", "y", values(i1=4))], {"1": Decimal(4)})
    assert found.values["1"].value == 4
    assert found.disputed == ()
    assert found.disagreements[0].is_settled


def test_who_filled_nothing_in_does_not_disagree() -> None:
    found = agreement([Seen("1", "x", values(i1=3)), Seen("2", "y", {"1": Judged(None)})], {})
    assert found.values["1"].value == 3


def test_the_order_of_visits_does_not_matter() -> None:
    visits = [Seen(str(n), "", values(i1=n % 2, i2=2)) for n in range(4)]
    for _ in range(5):
        random.shuffle(visits)
        assert agreement(visits, {}).disputed == ("1",)


# ── a unit ──


def product(name: str, instrument: object, findings: dict[str, Observed], *disputed: str) -> Product:
    found = judged(instrument, findings)  # type: ignore[arg-type]
    return Product(name, {key: one for key, one in found.items() if key not in disputed}, disputed)


def test_a_disputed_unit_has_no_index_and_says_why() -> None:
    one = product("", SAMPANG, dict.fromkeys("123456", ADA), "6")
    found = to_wire(result(SAMPANG, Inputs("exact", DAY, (one,))))
    assert (found["index"], found["status"], found["disputed"]) == (
        None,
        "diperselisihkan, 1 indikator",
        True,
    )


def test_a_unit_is_the_mean_of_its_products() -> None:
    everything = {indicator.key: ADA for _, indicator in CLASSIC.indicators}
    less = everything | {"1.5": TIDAK_ADA, "6.2": TIDAK_ADA, "7.1": TIDAK_ADA}
    inputs = Inputs("exact", DAY, (product("KTP", CLASSIC, everything), product("Akta", CLASSIC, less)))
    found = to_wire(result(CLASSIC, inputs))
    assert (found["index"], found["category"], found["zone"]) == ("91.00", "hijau", "hijau")
    assert "Rata-rata 2 layanan: (100 + 82) ÷ 2 = 91, dibulatkan 91,00" in found["steps"]


def test_a_product_that_nobody_visited_leaves_the_unit_incomplete() -> None:
    everything = {indicator.key: ADA for _, indicator in CLASSIC.indicators}
    inputs = Inputs("exact", DAY, (product("KTP", CLASSIC, everything), Product("Akta", {})))
    found = to_wire(result(CLASSIC, inputs))
    assert found["index"] is None
    assert found["status"] == "belum lengkap, 0 dari 19"


def test_both_forms_make_the_unit_of_pekppp() -> None:
    sheets = tuple({str(number): 4 for number in range(1, 15)} for _ in range(10))
    inputs = Inputs("exact", DAY, (product("", PEKPPP, all_at(PEKPPP, 3)),), sheets)
    found = to_wire(result(PEKPPP, inputs))
    assert (found["f02"], found["users"]["index"], found["index"]) == ("3.00", "4.00", "3.25")
    assert (found["conversion"], found["category"]) == ("65.00", "B-")
    without = to_wire(result(PEKPPP, msgspec.structs.replace(inputs, sheets=())))
    assert (without["index"], without["status"]) == (None, "belum lengkap: F-03")


def test_the_inputs_survive_being_written_down() -> None:
    sheets = ({"1": 4},)
    inputs = Inputs("exact", DAY, (product("", PEKPPP, levels({15: 3})),), sheets, PEKPPP.combination)
    again = msgspec.json.decode(msgspec.json.encode(inputs), type=Inputs)
    assert to_wire(result(PEKPPP, again)) == to_wire(result(PEKPPP, inputs))


# ── what a visit lacks ──


def test_a_level_above_zero_needs_a_photo() -> None:
    found = judged(PEKPPP, all_at(PEKPPP, 3) | levels({17: 0}))
    photos = {key: ["photo"] for key in found}
    missing = {
        lack.indicator: lack
        for lack in lacks(PEKPPP, found, photos | {"15": [], "17": [], "16": ["document"]})
    }
    # 22 to 24 take screenshots alone, 11, 13, 27 and 28 no photo either
    assert {"15", "16"} <= missing.keys()
    assert "17" not in missing
    assert missing["15"].code == "no_evidence"
    assert "foto" in missing["15"].detail


def test_an_empty_visit_lacks_everything_that_counts() -> None:
    found = lacks(PEKPPP, {}, {})
    assert len(found) == 30
    assert {lack.code for lack in found} == {"not_filled"}


def test_only_what_was_handed_in_can_be_verified_and_only_what_was_verified_can_be_final() -> None:
    assert MOVES["verified"] == {"submitted"}
    assert MOVES["final"] == {"verified"}
    assert not any("final" in before for before in MOVES.values())
    assert set().union(*MOVES.values(), MOVES) == set(STATES)
