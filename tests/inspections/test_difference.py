"""What differs between two versions, told to an official: every single change, and nothing where nothing changed."""

import copy
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.inspections import instrument as parts_of_instruments
from server.inspections.difference import LABELS, Change, difference, sums_changed, tells
from server.inspections.instrument import Instrument, encoded
from server.inspections.national import nationals

pytestmark = pytest.mark.pure

ADDRESSES = (
    "pekppp/2022",
    "pekppp/2022-b",
    "pekppp/2017",
    "ombudsman/2022",
    "ombudsman/classic",
    "sampang/2018",
)


def document(address: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(encoded(nationals()[address]))
    return found


def shaped(changed: Any) -> Instrument:
    return msgspec.json.decode(msgspec.json.encode(changed), type=Instrument)


def indicator(changed: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for part in changed["parts"] for one in part["indicators"] if one["key"] == key)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_instrument_does_not_differ_from_itself(address: str) -> None:
    assert difference(nationals()[address], shaped(document(address))) == []


def test_the_same_number_written_otherwise_is_no_change() -> None:
    changed = document("pekppp/2022")
    indicator(changed, "15")["weight"] = "15.00"
    assert difference(nationals()["pekppp/2022"], shaped(changed)) == []


def test_a_changed_weight_is_told_with_its_indicator_and_what_it_does_to_the_sum() -> None:
    changed = document("pekppp/2022")
    indicator(changed, "15")["weight"] = "20"
    assert tells(difference(nationals()["pekppp/2022"], shaped(changed))) == [
        "Bagian c Sarana Prasarana: jumlah bobot indikator 100 % → 105 %",
        "Indikator 15 Tersedia tempat parkir dengan fasilitas…: bobot 15 % → 20 %",
    ]


def test_weights_that_shift_inside_a_part_add_up_as_before() -> None:
    changed = document("pekppp/2022")
    indicator(changed, "15")["weight"] = "20"
    indicator(changed, "16")["weight"] = "18"
    after = shaped(changed)
    assert sums_changed(nationals()["pekppp/2022"], after) == []
    assert len(difference(nationals()["pekppp/2022"], after)) == 2


def test_what_is_gone_and_what_is_new_are_told_so() -> None:
    changed = document("pekppp/2022")
    innovation = next(part for part in changed["parts"] if part["code"] == "f")
    removed = innovation["indicators"].pop(1)
    innovation["indicators"].append({**removed, "key": "32", "name": "Replikasi inovasi"})
    told = tells(difference(nationals()["pekppp/2022"], shaped(changed)))
    assert len(told) == 2
    assert (
        told[0]
        == "Indikator 32 Replikasi inovasi: ditambahkan (bobot 50 %, dinilai dengan tingkat yang diuraikan)"
    )
    assert told[1].startswith("Indikator 30 Sumber daya yang mendukung")
    assert told[1].endswith(": dihapus (bobot 50 %, dinilai dengan tingkat yang diuraikan)")


PLANTED = [
    ("15", ["scoring", "items", 0, "text"], "Pos jaga", "cara menilai, butir 1, bunyi"),
    ("16", ["scoring", "least", "5"], 6, "cara menilai, paling sedikit 5 4 → 6"),
    ("16", ["scoring", "without_required"], 1, "tingkat tanpa butir wajib 0 → 1"),
    ("9", ["scoring", "within", "5"], 2, "bulan paling lama untuk tingkat 5 1 → 2"),
    ("8", ["scoring", "steps", 2, "at_least"], "40", "langkah tingkat 3, mulai dari 30 → 40"),
    ("15", ["evidence_rule", "least"], 2, "bukti wajib, paling sedikit 1 → 2"),
    ("15", ["evidence_kinds"], ["photo"], "jenis bukti dihapus (pengamatan)"),
    ("15", ["is_on_site"], False, "harus dilihat di tempat ya → tidak"),
    ("15", ["scoring"], {"type": "level"}, "→ tingkat tanpa uraian"),
    ("", ["renormalise"], True, "Instrumen: bobot disebar ulang tidak → ya"),
    ("", ["convention"], "parts-2", "cara hitung “exact” → “parts-2”"),
    ("", ["aggregation"], "mean", "cara menjumlahkan berbobot → rata-rata"),
    ("", ["combination", "without_f03"], "f02_only", "tanpa F-03 belum lengkap → F-02 saja"),
    ("", ["bands", 0, "bands", 0, "lowest"], "4.60", "kategori A, terendah 4,51 → 4,6"),
    ("", ["in_force_from"], "2023-01-01", "mulai berlaku 2022-01-01 → 2023-01-01"),
    ("", ["parts", 0, "weight"], "20", "Bagian a Kebijakan Pelayanan: bobot 24 % → 20 %"),
    ("", ["users", "questions", 0, "text"], "Mudah", "formulir pengguna, pernyataan 1, bunyi"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "path", "value", "told"), PLANTED)
def test_a_planted_change_is_told_in_words(key: str, path: list[Any], value: Any, told: str) -> None:
    changed = document("pekppp/2022")
    where = indicator(changed, key) if key else changed
    for step in path[:-1]:
        where = where[step]
    where[path[-1]] = value
    found = tells(difference(nationals()["pekppp/2022"], shaped(changed)))
    assert any(told in one for one in found), found


def test_an_indicator_that_moved_and_a_form_in_another_order_are_told() -> None:
    changed = document("pekppp/2022")
    policy, people = changed["parts"][:2]
    people["indicators"].append(policy["indicators"].pop())
    policy["indicators"].reverse()
    told = tells(difference(nationals()["pekppp/2022"], shaped(changed)))
    assert any(one.endswith(": pindah bagian a → b") for one in told)
    assert any("urutan indikator 1, 2, 3, 4, 5, 6, 7, 8 → 8, 7, 6, 5, 4, 3, 2, 1" in one for one in told)


def test_every_field_of_an_instrument_has_a_name_for_officials() -> None:
    fields = {
        field
        for struct in vars(parts_of_instruments).values()
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct)
        for field in struct.__struct_fields__
    }
    assert fields <= LABELS.keys()


@given(st.sampled_from(ADDRESSES), st.data())
def test_any_single_change_is_told(address: str, data: st.DataObject) -> None:
    before = nationals()[address]
    changed = document(address)
    _plant(changed, data)
    try:
        after = shaped(changed)
    except msgspec.ValidationError:
        return
    if after != before:
        assert tells(difference(before, after))
        assert len(difference(after, before)) >= 1


def _plant(changed: Any, data: st.DataObject) -> None:
    """One value somewhere is changed, dropped, or changes places with its neighbour."""
    where = changed
    while True:
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        inner = where[key]
        if not isinstance(inner, dict | list) or data.draw(st.integers(0, 5)) == 0:
            break
        where = inner
    if data.draw(st.booleans()):
        del where[key]
    elif isinstance(where, list) and len(where) > 1:
        where[key], where[key - 1] = where[key - 1], copy.deepcopy(inner)
    else:
        where[key] = _other(inner)


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str) and value.replace(".", "").isdecimal():
        return str(Decimal(value) + 1)
    return f"{value}x" if isinstance(value, str) else value


def test_a_sentence_says_what_became_what() -> None:
    changes = [
        Change("Indikator 1 Toilet", "bobot", "10 %", "12 %"),
        Change("Indikator 1 Toilet", "petunjuk", None, "“sabun”"),
        Change("Indikator 2 Parkir", "", "bobot 5 %", None),
    ]
    assert tells(changes) == [
        "Indikator 1 Toilet: bobot 10 % → 12 %",
        "Indikator 1 Toilet: petunjuk ditambahkan (“sabun”)",
        "Indikator 2 Parkir: dihapus (bobot 5 %)",
    ]
