"""Forms of the signed-in side: what was typed is kept, what is wrong is said at its field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.forms import Fault, Form, fingerprint, tidied


def test_a_text_is_tidied_and_kept_as_typed():
    form = Form({"name": "  Dinas\tSosial \n"})
    assert form.text("name", 20, "Nama perlu diisi.") == "Dinas Sosial"
    assert form.values["name"] == "  Dinas\tSosial \n"
    assert form.faults == {}


def test_what_is_missing_or_too_long_is_said_at_its_field():
    form = Form({"long": "x" * 21})
    form.text("name", 20, "Nama perlu diisi.")
    form.text("long", 20)
    assert form.faults["name"] == Fault("Nama perlu diisi.")
    assert str(form.faults["long"]) == "Terlalu panjang: paling banyak 20 huruf."


def test_a_field_has_one_fault_the_first():
    form = Form()
    form.fault("name", "Satu.")
    form.fault("name", "Dua.")
    assert str(form.faults["name"]) == "Satu."


def test_a_choice_that_was_not_offered_is_refused():
    form = Form({"kind": "warung"})
    form.one_of("kind", ["dinas"], "Pilih jenis unit.")
    assert "kind" in form.faults


def test_a_reader_tells_what_is_wrong():
    form = Form({"number": "tujuh"})
    assert form.read("number", int) is None
    assert "tujuh" in str(form.faults["number"])


def test_a_box_that_is_not_ticked_is_not_sent():
    assert Form({"asks_cost": "on"}).is_on("asks_cost")
    assert not Form({}).is_on("asks_cost")


@given(st.text())
def test_a_tidied_text_is_one_line_and_stays_so(text):
    assert tidied(tidied(text)) == tidied(text)
    assert not any(sign in tidied(text) for sign in "\0\r\n\t")


@pytest.mark.parametrize(
    "other", [{"a": 2, "b": None}, {"a": 1}, {"a": 1, "b": ""}, {"a": 1, "b": None, "c": 0}]
)
def test_a_fingerprint_changes_with_any_fact(other):
    facts = {"a": 1, "b": None}
    assert fingerprint(facts) == fingerprint(dict(reversed(facts.items())))
    assert fingerprint(facts) != fingerprint(other)
