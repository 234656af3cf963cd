"""Where visits agree and differ, what a visit lacks, and what both make of a unit: worked by hand."""

import random
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from server.inspections.decide import Decision, Seen, agreement
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
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def values(**given: int | None) -> dict[str, Judged]:
    return {
        key.removeprefix("i"): Judged(
            None if value is None else Decimal(value), is_not_applicable=value is None
        )
        for key, value in given.items()
    }


def decision(value: int | None, over: dict[str, str], cause: str = "dispute") -> Decision:
    number = None if value is None else Decimal(value)
    return Decision("1", number, cause, over, reason="dilihat lagi", by="Gita", at=NOW)  # type: ignore[arg-type]


def test_visits_that_say_the_same_agree() -> None:
    found = agreement([Seen("1", "x", values(i1=3)), Seen("2", "y", values(i1=3))], [])
    assert found.values["1"].value == 3
    assert found.disagreements == ()


def test_visits_that_differ_leave_the_indicator_open() -> None:
    found = agreement([Seen("1", "x", values(i1=3, i2=1)), Seen("2", "y", values(i1=4, i2=1))], [])
    assert found.disputed == ("1",)
    assert not found.values["1"].is_filled
    assert found.values["2"].value == 1
    assert [judged.value for _, judged in found.disagreements[0].said] == [3, 4]


def test_not_applicable_against_a_value_is_a_dispute_too() -> None:
    found = agreement([Seen("1", "x", values(i1=None)), Seen("2", "y", values(i1=0))], [])
    assert found.disputed == ("1",)


def test_what_is_settled_holds_and_the_difference_stays_listed() -> None:
    visits = [Seen("1", "x", values(i1=3)), Seen("2", "y", values(i1=4))]
    found = agreement(visits, [decision(4, {"1": "3", "2": "4"})])
    assert found.values["1"].value == 4
    assert found.disputed == ()
    assert found.disagreements[0].is_settled


def test_a_settlement_holds_only_over_what_it_was_made_on() -> None:
    settled = [decision(2, {"1": "1", "2": "3"})]
    one, two, three = (Seen(str(n), "", values(i1=value)) for n, value in ((1, 1), (2, 3), (3, 5)))
    assert agreement([one, two], settled).values["1"].value == 2
    # a third visit came, and one says something else since it was returned
    assert agreement([one, two, three], settled).disputed == ("1",)
    assert agreement([one, Seen("2", "", values(i1=0))], settled).disputed == ("1",)
    # both were corrected and agree now
    assert agreement([one, Seen("2", "", values(i1=1))], settled).values["1"].value == 1


def test_an_upheld_reply_replaces_what_its_visit_found_and_no_other() -> None:
    upheld = [decision(4, {"1": "1"}, "reply")]
    one, two = Seen("1", "", values(i1=1)), Seen("2", "", values(i1=2))
    assert agreement([one], upheld).values["1"].value == 4
    later = agreement([one, two], upheld)
    assert later.disputed == ("1",)
    assert [judged.value for _, judged in later.disagreements[0].said] == [4, 2]
    # the visit was returned and found something else: the reply was to what it had found before
    assert agreement([Seen("1", "", values(i1=5))], upheld).values["1"].value == 5


def test_of_several_settlements_the_latest_counts() -> None:
    visits = [Seen("1", "x", values(i1=3)), Seen("2", "y", values(i1=4))]
    over = {"1": "3", "2": "4"}
    assert agreement(visits, [decision(3, over), decision(4, over)]).values["1"].value == 4
    assert agreement(visits, [decision(None, over)]).values["1"].is_not_applicable


def test_who_filled_nothing_in_does_not_disagree() -> None:
    found = agreement([Seen("1", "x", values(i1=3)), Seen("2", "y", {"1": Judged(None)})], [])
    assert found.values["1"].value == 3


def test_the_order_of_visits_does_not_matter() -> None:
    visits = [Seen(str(n), "", values(i1=n % 2, i2=2)) for n in range(4)]
    for _ in range(5):
        random.shuffle(visits)
        assert agreement(visits, []).disputed == ("1",)


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


def test_a_dispute_beside_what_counts_leaves_no_index_either() -> None:
    """Number 31 is optional: still, nothing is final while people differ."""
    sheets = tuple({str(number): 4 for number in range(1, 15)} for _ in range(10))
    one = product("", PEKPPP, all_at(PEKPPP, 4), "31")
    found = to_wire(result(PEKPPP, Inputs("exact", DAY, (one,), sheets)))
    assert (found["index"], found["f02"], found["ipp"]["index"]) == (None, None, None)


def test_a_product_of_which_nothing_applies_leaves() -> None:
    made = msgspec.structs.replace(SAMPANG, per="product")
    nothing = dict.fromkeys("123456", Observed(is_not_applicable=True))
    half = dict.fromkeys("123", ADA) | dict.fromkeys("456", TIDAK_ADA)
    inputs = Inputs("exact", DAY, (product("Izin", made, half), product("Surat", made, nothing)))
    assert to_wire(result(made, inputs))["index"] == "50.00"
    alone = to_wire(result(made, Inputs("exact", DAY, (product("Surat", made, nothing),))))
    assert (alone["index"], alone["status"]) == (None, "tidak ada yang berlaku")


def test_a_product_that_nobody_visited_leaves_the_unit_incomplete() -> None:
    everything = {indicator.key: ADA for _, indicator in CLASSIC.indicators}
    inputs = Inputs("exact", DAY, (product("KTP", CLASSIC, everything), Product("Akta", {})))
    found = to_wire(result(CLASSIC, inputs))
    assert found["index"] is None
    assert found["status"] == "Akta: belum lengkap, 0 dari 19"


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
