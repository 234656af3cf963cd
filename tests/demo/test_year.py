"""A year of answers: as many as asked for, believable, and the same again for a seed."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from server.demo.answers import Sheet
from server.demo.city import LOCAL, City, city_of
from server.demo.year import year_of
from server.skm.rules import ELEMENTS
from server.surveys.arrive import checked

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def city() -> City:
    return city_of(seed=2026, units=99)


@pytest.fixture(scope="module")
def year(city: City) -> list[Sheet]:
    return year_of(city, 2_500, NOW)


def per_unit(city: City, year: list[Sheet]) -> Counter[str]:
    unit_of = {counter.code: unit.slug for unit in city.units for counter in unit.counters}
    return Counter(unit_of[sheet.submission.counter] for sheet in year)


def test_it_has_so_many_answers_in_the_order_of_their_arrival(year: list[Sheet]) -> None:
    assert len(year) == 2_500
    arrivals = [sheet.received_at for sheet in year]
    assert arrivals == sorted(arrivals)
    assert NOW - timedelta(days=375) < arrivals[0]
    assert arrivals[-1] <= NOW


def test_it_is_the_same_year_for_the_same_seed_and_another_for_another(year: list[Sheet]) -> None:
    assert year_of(city_of(seed=2026, units=99), 2_500, NOW) == year
    assert year_of(city_of(seed=2027, units=99), 2_500, NOW) != year


@pytest.mark.parametrize("responses", [0, 1, 50, 999, 1_000])
def test_a_short_year_has_exactly_so_many_answers_too(city: City, responses: int) -> None:
    assert len(year_of(city, responses, NOW)) == responses


def test_some_units_hear_much_and_some_hear_nothing(city: City, year: list[Sheet]) -> None:
    n = per_unit(city, year)
    assert n["inspektorat-daerah"] == 0
    assert n["bagian-hukum"] == 1
    assert n["dinas-kependudukan-dan-pencatatan-sipil"] > 5 * n["kelurahan-kemuningsari"] > 0


def test_one_unit_hears_nearly_all_at_one_counter(city: City, year: list[Sheet]) -> None:
    counters = {counter.code for counter in city.unit("Badan Pendapatan Daerah").counters}
    n = Counter(sheet.submission.counter for sheet in year if sheet.submission.counter in counters)
    assert n.most_common(1)[0][1] > 0.6 * n.total()


def test_most_answers_come_in_the_morning_of_a_working_day(year: list[Sheet]) -> None:
    local = [sheet.received_at.astimezone(LOCAL) for sheet in year]
    assert sum(8 <= at.hour < 12 for at in local) > len(year) / 2
    assert sum(at.weekday() == 6 for at in local) < len(year) / 20
    assert any(at.hour >= 19 for at in local)


def test_every_answer_passes_the_door_of_the_survey(year: list[Sheet]) -> None:
    for sheet in year:
        checked(sheet.submission)


def test_answers_are_missing_here_and_there_and_cost_where_it_is_not_asked(
    city: City, year: list[Sheet]
) -> None:
    unasked = {counter.code for unit in city.units for counter in unit.counters if unit.theme == "buku"}
    costs = {sheet.submission.answers.biaya for sheet in year if sheet.submission.counter in unasked}
    assert costs == {None}
    for key in ELEMENTS:
        missing = sum(getattr(sheet.submission.answers, key) is None for sheet in year)
        assert 0 < missing < len(year) / 4


def test_an_angry_comment_is_written_by_somebody_who_ticked_low(year: list[Sheet]) -> None:
    angry = [sheet.submission for sheet in year if "toilet" in (sheet.submission.comment or "").lower()]
    complaints = [said for said in angry if "bersih" not in str(said.comment)]
    assert complaints
    assert all((said.answers.sarana or 4) <= 2 for said in complaints)
