"""Names in addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.units.slugs import LONGEST, free_slug, is_slug, slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Dinas Kependudukan & Pencatatan Sipil", "dinas-kependudukan-dan-pencatatan-sipil"),
        ("Puskesmas “Melati” – Jl. 1", "puskesmas-melati-jl-1"),
        ("Kafé Ma'arif", "kafe-maarif"),
        ("new", "unit-new"),
        ("Import", "unit-import"),
        ("印尼", "unit"),
    ],
)
def test_it_makes_a_slug_of_a_name(name, slug):
    assert slug_of(name) == slug


@given(st.text(max_size=300))
def test_every_name_has_a_slug(name):
    assert is_slug(slug_of(name))
    assert len(slug_of(name)) <= LONGEST


@given(st.text(max_size=200), st.integers(0, 12))
def test_a_free_slug_is_nobody_elses(name, others):
    taken: set[str] = set()
    for _ in range(others + 1):
        slug = free_slug(name, taken)
        assert slug not in taken and is_slug(slug)
        taken.add(slug)


@pytest.mark.parametrize(
    "text", ["", "new", "import", "Dinas", "dinas sosial", "-dinas", "dinas--sosial", "a" * 81]
)
def test_what_is_no_slug(text):
    assert not is_slug(text)
