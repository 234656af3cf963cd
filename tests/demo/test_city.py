"""The invented city: what stands in it, and that a seed makes it again."""

from collections import Counter

import pytest

from server.demo.catalogue import DISTRICT_POINTS, DISTRICTS
from server.demo.city import FEWEST_UNITS, City, city_of
from server.units.codes import parse_code
from server.units.slugs import is_slug
from server.units.words import KINDS


@pytest.fixture(scope="module")
def city() -> City:
    return city_of(seed=2026, units=99)


def test_it_has_the_units_of_an_indonesian_city(city: City) -> None:
    kinds = Counter(unit.kind for unit in city.units)
    assert kinds.total() == 99
    assert set(kinds) == set(KINDS)
    assert kinds["mpp"] == 1
    assert kinds["kelurahan"] > kinds["puskesmas"] > kinds["kecamatan"] > 1


def test_it_offers_about_five_hundred_services_at_counters(city: City) -> None:
    services = [service for unit in city.units for service in unit.services]
    assert 480 <= len(services) <= 540
    assert all(unit.counters for unit in city.units)
    assert 0.1 < sum(not service.asks_cost for service in services) / len(services) < 0.5


def test_the_hall_of_the_mall_holds_counters_of_several_units(city: City) -> None:
    guests = {
        unit.slug
        for unit in city.units
        if any(counter.hall == "mal-pelayanan-publik" for counter in unit.counters)
    }
    assert len(guests) >= 5
    assert "mal-pelayanan-publik" not in guests


def test_every_code_and_every_slug_is_valid_and_its_own(city: City) -> None:
    codes = [counter.code for unit in city.units for counter in unit.counters]
    assert [parse_code(code) for code in codes] == codes
    assert len(set(codes)) == len(codes)
    assert all(is_slug(unit.slug) for unit in city.units)
    for unit in city.units:
        services = {service.slug for service in unit.services}
        assert len(services) == len(unit.services)
        assert all(counter.service is None or counter.service in services for counter in unit.counters)


@pytest.mark.parametrize("units", [FEWEST_UNITS, 5, 6, 12, 40, 99, 250, 500])
def test_a_city_of_any_size_has_so_many_units_each_below_one_that_stands_before_it(units: int) -> None:
    city = city_of(seed=1, units=units)
    slugs = [unit.slug for unit in city.units]
    assert len(set(slugs)) == units
    for place, unit in enumerate(city.units):
        assert unit.above is None or unit.above in slugs[:place]
        assert all(counter.hall is None or counter.hall in slugs for counter in unit.counters)


def test_the_same_seed_gives_the_same_city_and_another_seed_other_codes(city: City) -> None:
    assert city_of(seed=2026, units=99) == city
    other = city_of(seed=2027, units=99)
    assert [unit.name for unit in other.units] == [unit.name for unit in city.units]
    assert not {c.code for u in other.units for c in u.counters} & {
        c.code for u in city.units for c in u.counters
    }


def test_it_has_no_city_smaller_than_its_officers_units() -> None:
    with pytest.raises(ValueError, match=str(FEWEST_UNITS)):
        city_of(seed=1, units=FEWEST_UNITS - 1)


def test_every_unit_stands_in_its_district(city: City) -> None:
    assert DISTRICT_POINTS.keys() == DISTRICTS.keys()
    for unit in city.units:
        north, east = DISTRICT_POINTS[unit.address.rpartition(", ")[2]]
        assert abs(unit.latitude - north) < 0.01 and abs(unit.longitude - east) < 0.01
    assert len({(unit.latitude, unit.longitude) for unit in city.units}) == len(city.units)
