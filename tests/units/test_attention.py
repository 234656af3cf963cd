"""Which unit needs the bureau most, and why."""

from datetime import date
from decimal import Decimal

from server.units.attention import Standing, by_need, due_by, is_urgent, reasons


def unit(name="Dinas", **facts):
    well = {
        "slug": name.lower(),
        "name": name,
        "counters": 3,
        "n": 120,
        "ikm": Decimal("85.10"),
        "grade": "B",
        "ikm_before": Decimal("84.90"),
        "n_before": 110,
        "elements": {"sarana": {"nrr": "3.10", "grade": "B"}, "biaya": {"nrr": "3.90", "grade": "A"}},
        "lowest": ["sarana"],
        "required": 291,
        "due": 260,
        "collected": 300,
        "dominant": None,
    }
    return Standing(**{**well, **facts})


SILENT = {"n": 0, "ikm": None, "grade": None, "elements": {}, "lowest": [], "collected": 0, "due": 0}


def kinds(one):
    return [reason.kind for reason in reasons(one)]


def test_a_unit_that_does_well_needs_nobody():
    assert reasons(unit()) == []


def test_a_unit_without_answers_this_quarter():
    assert kinds(unit(**SILENT, required=None)) == ["no_answer"]
    assert kinds(unit(**SILENT, required=None, counters=0)) == ["no_counter"]


def test_a_weak_element_is_called_out_with_its_value():
    weak = {"sarana": {"nrr": "2.31", "grade": "D"}}
    (reason,) = reasons(unit(elements=weak))
    assert (reason.kind, reason.facts) == ("weak", {"element": "sarana", "nrr": "2.31"})
    assert kinds(unit(elements={"sarana": {"nrr": "2.80", "grade": "C"}})) == []


def test_a_fall_of_a_point_is_told():
    (reason,) = reasons(unit(ikm_before=Decimal("86.10")))
    assert (reason.kind, reason.facts) == ("fell", {"by": Decimal("1.00")})
    assert kinds(unit(ikm_before=Decimal("86.09"))) == []
    assert kinds(unit(ikm_before=None)) == []


def test_few_answers_call_nothing_weak_and_no_fall():
    few = {
        "elements": {"sarana": {"nrr": "1.00", "grade": "D"}},
        "ikm_before": Decimal("99"),
        "required": None,
    }
    assert kinds(unit(**few, n=29)) == []
    assert kinds(unit(**few, n=30)) == ["weak", "fell"]
    assert kinds(unit(**few, n_before=29)) == ["weak"]


def test_missing_respondents_weigh_by_how_many_should_be_here_and_are_not():
    (half,) = reasons(unit(collected=130))
    (nearly,) = reasons(unit(collected=259))
    assert (half.kind, half.facts) == ("few", {"collected": 130, "due": 260, "required": 291})
    assert half.weight > nearly.weight
    assert kinds(unit(collected=260)) == []
    assert kinds(unit(required=None, collected=0)) == []


def test_one_counter_for_all_is_told_by_its_name():
    dominant = {"kind": "counter", "key": "7", "name": "Loket 1", "percent": 71}
    (reason,) = reasons(unit(dominant=dominant))
    assert (reason.kind, reason.facts["name"]) == ("dominated", "Loket 1")


def test_respondents_are_due_evenly_through_the_year():
    assert due_by(365, date(2026, 1, 1), 2026) == 1
    assert due_by(365, date(2026, 7, 1), 2026) == 182
    assert due_by(365, date(2026, 12, 31), 2026) == due_by(365, date(2027, 3, 1), 2026) == 365
    assert due_by(365, date(2025, 12, 31), 2026) == 0


def test_only_what_cannot_wait_is_urgent():
    assert is_urgent(reasons(unit(**SILENT)))
    assert not is_urgent(reasons(unit(collected=1, dominant={"kind": "hour", "key": 9, "percent": 60})))


def test_units_come_in_the_order_of_their_need():
    weak = {"sarana": {"nrr": "2.31", "grade": "D"}}
    city = [
        unit("Zamrud"),
        unit("Kurang", collected=250),
        unit("Lemah", elements=weak),
        unit("Sunyi", **SILENT),
        unit("Akik"),
    ]
    assert [one.name for one, _ in by_need(city)] == ["Sunyi", "Lemah", "Kurang", "Akik", "Zamrud"]


def test_the_gravest_reason_comes_first():
    weak = {"sarana": {"nrr": "2.31", "grade": "D"}}
    assert kinds(unit(elements=weak, ikm_before=Decimal("90"), due=400)) == ["weak", "fell", "few"]
