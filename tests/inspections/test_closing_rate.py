"""How many follow-ups are brought to an end, and which are late: counted by hand."""

from datetime import date
from decimal import Decimal

import pytest

from server.inspections.followups.progress import is_overdue, lacks_proof
from server.inspections.followups.rate import Case, rate_of, rates_by_unit
from server.inspections.instrument import Indicator, Ladder
from server.inspections.national import nationals

pytestmark = pytest.mark.pure

DUE = date(2026, 11, 30)


def case(state: str, *, unit: str = "a", today: int = 20, closed_day: int | None = None) -> Case:
    return Case(
        unit=unit,
        state=state,
        opened_day=date(2026, 11, 1),
        due_day=DUE,
        closed_day=None if closed_day is None else date(2026, 12, closed_day),
        today=date(2026, 11, today),
    )


def test_nothing_opened_has_no_rate() -> None:
    assert rate_of([]).percent is None
    assert rate_of([]).told() == {
        "opened": 0,
        "closed": 0,
        "repaired": 0,
        "open": 0,
        "overdue": 0,
        "closed_in_time": 0,
        "rate": None,
    }


def test_two_of_three_are_66_67_percent() -> None:
    rate = rate_of([case("closed"), case("closed"), case("open")])
    assert rate.told()["rate"] == "66.67"


@pytest.mark.parametrize(
    ("closed", "opened", "percent"),
    [(0, 3, "0.00"), (1, 3, "33.33"), (3, 3, "100.00"), (1, 8, "12.50"), (1, 800, "0.13"), (5, 7, "71.43")],
)
def test_rates_are_rounded_half_up_once(closed: int, opened: int, percent: str) -> None:
    rate = rate_of([case("closed")] * closed + [case("open")] * (opened - closed))
    assert rate.percent == Decimal(percent)


def test_a_repair_that_nobody_looked_at_yet_is_not_closed() -> None:
    rate = rate_of([case("repaired"), case("closed"), case("open"), case("open")])
    assert (rate.opened, rate.closed, rate.repaired, rate.open) == (4, 1, 1, 2)
    assert rate.percent == Decimal("25.00")


def test_late_is_what_is_open_after_its_day() -> None:
    assert not is_overdue("open", DUE, DUE)
    assert is_overdue("open", DUE, date(2026, 12, 1))
    assert not is_overdue("repaired", DUE, date(2026, 12, 1))
    assert not is_overdue("closed", DUE, date(2026, 12, 1))


def test_closed_on_the_day_is_in_time_and_a_day_later_is_not() -> None:
    on_the_day = Case("a", "closed", date(2026, 11, 1), DUE, DUE, date(2026, 12, 9))
    rate = rate_of([on_the_day, case("closed", closed_day=1), case("open")])
    assert (rate.closed, rate.closed_in_time) == (2, 1)


def test_each_unit_has_its_own_rate() -> None:
    rates = rates_by_unit([case("closed"), case("open", unit="b"), case("open")])
    assert {unit: rate.told()["rate"] for unit, rate in rates.items()} == {"a": "50.00", "b": "0.00"}


def test_what_was_seen_on_the_spot_is_shown_by_a_photo() -> None:
    toilet = nationals()["pekppp/2022"].indicator("17")
    assert toilet is not None
    assert lacks_proof(toilet, ["document"]) == "Lampirkan foto sesudah perbaikan."
    assert lacks_proof(toilet, ["photo"]) == ""


def test_anything_else_is_shown_by_a_photo_a_screenshot_or_a_document() -> None:
    paper = Indicator(key="1", name="Standar Pelayanan", scoring=Ladder({}))
    assert lacks_proof(paper, ["document"]) == ""
    assert lacks_proof(paper, ["screenshot"]) == ""
    assert lacks_proof(paper, ["interview"]) != ""
    assert lacks_proof(paper, []) != ""
