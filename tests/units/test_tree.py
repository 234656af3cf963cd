"""Units below units."""

from hypothesis import given
from hypothesis import strategies as st

from server.units.tree import cycles, depth, in_order, is_within, moved, path_below

PATHS = {1: "/1/", 3: "/1/3/", 7: "/1/3/7/", 11: "/11/", 13: "/1/13/"}


def test_a_path_names_the_ids_from_the_root_down():
    assert path_below(None, 1) == "/1/"
    assert path_below("/1/", 3) == "/1/3/"
    assert (depth("/1/"), depth("/1/3/7/")) == (1, 3)


def test_a_unit_is_within_itself_and_those_above_it_only():
    assert is_within("/1/3/", "/1/3/") and is_within("/1/3/7/", "/1/")
    assert not is_within("/1/", "/1/3/")
    # 11 begins with the same digit as 1
    assert not is_within("/11/", "/1/")


def test_all_units_below_move_along():
    assert moved(PATHS, "/1/3/", "/11/3/") == {3: "/11/3/", 7: "/11/3/7/"}
    assert moved(PATHS, "/1/", "/11/1/") == {1: "/11/1/", 3: "/11/1/3/", 7: "/11/1/3/7/", 13: "/11/1/13/"}


def test_it_is_read_from_the_top_by_name():
    names = {1: "Kota", 3: "dinas", 7: "UPTD", 11: "Bumd", 13: "Bagian"}
    placed = in_order(PATHS, PATHS.__getitem__, names.__getitem__)
    assert placed == [(0, 11), (0, 1), (1, 13), (1, 3), (2, 7)]


def test_it_begins_lower_where_upper_units_are_out_of_sight():
    assert in_order([7, 3], PATHS.__getitem__, str) == [(0, 3), (1, 7)]
    assert in_order([7, 13], PATHS.__getitem__, str) == [(0, 13), (0, 7)]


@given(st.dictionaries(st.integers(0, 8), st.none() | st.integers(0, 8)))
def test_a_cycle_is_whoever_meets_themselves_on_the_way_up(parents):
    found = cycles(parents)
    for unit in parents:
        above, seen = parents[unit], []
        while above is not None and above not in seen:
            seen.append(above)
            above = parents.get(above)
        assert (unit in found) == (unit in seen)
