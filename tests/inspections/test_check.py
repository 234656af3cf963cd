"""What the check of an instrument file finds: every planted fault, on its line, in words that say what to do."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.inspections.check import BadInstrument, Fault, read

pytestmark = pytest.mark.pure

SOUND = """{
 "code": "kota-kami",
 "version": "2026-1",
 "title": "Monev Kota Kami",
 "legal_basis": "Perwali 1/2026",
 "in_force_from": "2026-01-01",
 "scale": {"lowest": "0", "highest": "5"},
 "maximum": "5",
 "aggregation": "weighted",
 "target": "3",
 "convention": "exact",
 "conversion": "20",
 "based_on": "pekppp/2022",
 "weights_sum": {
  "parts": "100",
  "indicators": {"b": "99.9"}
 },
 "combination": {"f02": "0.75", "f03": "0.25"},
 "bands": [
  {
   "in_force_from": "2026-01-01",
   "bands": [
    {"code": "A", "label": "Baik", "lowest": "3.01", "highest": "5.00"},
    {"code": "B", "label": "Cukup", "lowest": "1.01", "highest": "3.00"},
    {"code": "C", "label": "Kurang", "lowest": "0", "highest": "1.00"}
   ]
  }
 ],
 "forms": [
  {"code": "F-02", "who": "evaluator", "use": "menilai"}
 ],
 "users": {
  "aggregation": "part_means",
  "least": 10,
  "most": 20,
  "questions": [
   {"key": "u1", "part": "a", "text": "Persyaratan mudah"},
   {"key": "u2", "part": "b", "text": "Petugas ramah"}
  ]
 },
 "parts": [
  {
   "code": "a",
   "name": "Fasilitas",
   "weight": "60",
   "indicators": [
    {
     "key": "1",
     "name": "Parkir",
     "weight": "70",
     "evidence_kinds": ["photo", "document"],
     "evidence_rule": {
      "kinds": ["photo"],
      "above": "1"
     },
     "scoring": {
      "type": "count",
      "items": [
       {"key": "cctv", "text": "CCTV"},
       {"key": "atap", "text": "Atap"},
       {"key": "karcis", "text": "Karcis"},
       {"key": "marka", "text": "Marka"}
      ],
      "required": [{"key": "petugas", "text": "Petugas"}],
      "least": {
       "1": 0,
       "2": 1,
       "3": 2,
       "4": 3,
       "5": 4
      },
      "none": "tidak ada"
     }
    },
    {
     "key": "2",
     "name": "Toilet",
     "weight": "30",
     "scoring": {
      "type": "ladder",
      "levels": {
       "0": "tidak ada",
       "1": "rusak",
       "2": "kotor",
       "3": "cukup",
       "4": "bersih",
       "5": "sangat bersih"
      }
     },
     "doubts": {
      "weight": "low",
      "text": "medium"
     }
    }
   ]
  },
  {
   "code": "b",
   "name": "Tindak lanjut",
   "weight": "40",
   "indicators": [
    {
     "key": "3",
     "name": "Selesai",
     "weight": "49.9",
     "scoring": {
      "type": "percent",
      "measure": "selesai / rencana",
      "levels": {"0": "nol", "1": "belum", "2": "sedikit", "3": "separuh", "4": "banyak", "5": "semua"},
      "steps": [
       {"level": 1, "at_least": "0"},
       {"level": 2, "above": "0"},
       {"level": 3, "at_least": "30"},
       {"level": 4, "above": "80"},
       {"level": 5, "at_least": "100"}
      ]
     }
    },
    {
     "key": "4",
     "name": "Kecepatan",
     "weight": "50",
     "scoring": {
      "type": "months",
      "levels": {"0": "tidak", "1": "setahun", "2": "lama", "3": "sedang", "4": "cepat", "5": "segera"},
      "within": {
       "1": 12,
       "2": 9,
       "3": 6,
       "4": 3,
       "5": 1
      }
     }
    }
   ]
  },
  {
   "code": "c",
   "name": "Catatan",
   "weight": "0",
   "indicators": [
    {"key": "5", "name": "Antrian", "is_optional": true, "scoring": {"type": "level"}}
   ]
  }
 ]
}
"""
"""One of everything, each thing on its own line."""


def faults_of(text: str | bytes) -> tuple[Fault, ...]:
    with pytest.raises(BadInstrument) as caught:
        read(text if isinstance(text, bytes) else text.encode())
    return caught.value.faults


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def changed(old: str, new: str) -> str:
    assert SOUND.count(old) == 1, old
    return SOUND.replace(old, new)


def test_the_sound_one_is_read() -> None:
    instrument = read(SOUND.encode())
    assert instrument.address == "kota-kami/2026-1"
    assert [indicator.key for _, indicator in instrument.indicators] == ["1", "2", "3", "4", "5"]
    assert read(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode()) == instrument  # as Windows saves it
    read(changed('"Monev Kota Kami"', '"Monev\u00a0Kota\u00a0Kami"').encode())  # as word processors space it


SYNTAX = [
    ('"maximum": "5",', '"maximum": "5"', '"aggregation"', "seharusnya ada koma"),
    ('"text": "CCTV"}', '"text": "CCTV",}', '"text": "CCTV",}', "nama di antara tanda kutip"),
    ('"use": "menilai"}', '"use": "menilai}', '"use": "menilai', "tidak boleh berpindah baris"),
    ('"target": "3"', '"target" "3"', '"target" "3"', "titik dua"),
    ('"most": 20', '"most": ', '"most": ', "seharusnya ada nilai"),
    ('"most": 20', '"most": NaN', '"most": NaN', "NaN"),
    ('"Marka"', r'"\ud800"', r"\ud800", "huruf yang rusak"),
    ("\n ]\n}\n", "\n ]\n}\nsekian\n", "sekian", "masih ada tulisan lain"),
]

SHAPE = [
    ('"most": 20', '"most": "20"', '"most"', "Seharusnya bilangan bulat, bukan teks"),
    ('"weight": "50"', '"weight": true', '"weight": true', "Seharusnya bilangan atau null, bukan true atau false"),
    ('"weight": "50"', '"weight": "lima puluh"', "lima puluh", "titik desimal"),
    ('"name": "Toilet",', "", '{\n     "key": "2"', "“name” wajib ada"),
    ('"name": "Toilet"', '"nama": "Toilet"', '"nama"', "“nama” tidak dikenal"),
    ('"aggregation": "weighted"', '"aggregation": "berat"', "berat", "Nilai “berat” tidak dikenal"),
    ('"type": "ladder"', '"type": "tangga"', "tangga", "Nilai “tangga” tidak dikenal"),
    ('01",\n "scale"', '1",\n "scale"', '"in_force_from"', "tahun-bulan-hari"),
    ('"3": "cukup"', '"tiga": "cukup"', '"tiga"', "Seharusnya bilangan bulat, bukan teks"),
    ('"4": "bersih"', '"4": 4', '"4": 4', "Seharusnya teks, bukan bilangan bulat"),
    ('"text": "medium"', '"text": "high"', '"high"', "Nilai “high” tidak dikenal"),
    ('"kinds": ["photo"]', '"kinds": ["foto"]', '"foto"', "Nilai “foto” tidak dikenal"),
    ('"title": "Monev Kota Kami"', '"title": null', '"title"', "Seharusnya teks, bukan null"),
]  # fmt: skip

MEANING = [
    ('"code": "kota-kami"', '"code": "Kota Kami"', '"Kota Kami"', "huruf kecil"),
    ('"version": "2026-1"', '"version": ""', '"version"', "huruf kecil"),
    ('"based_on": "pekppp/2022"', '"based_on": "pekppp"', '"based_on"', "kode/versi"),
    ('"based_on": "pekppp/2022"', '"based_on": "kota-kami/2026-1"', '"based_on"', "dirinya sendiri"),
    ('"title": "Monev Kota Kami"', '"title": " "', '"title"', "Isilah teks ini"),
    ('"code": "b",\n', '"code": "a",\n', '"code": "a",\n   "name": "Tindak', "“a” sudah dipakai"),
    ('"key": "4"', '"key": "1"', '"key": "1",\n     "name": "Kec', "“1” sudah dipakai"),
    ('"key": "4"', '"key": "no 4"', "no 4", "Kunci ditulis dengan"),
    ('{"key": "petugas"', '{"key": "cctv"', '"required"', "“cctv” sudah dipakai"),
    ('"key": "u2"', '"key": "u1"', '"u1", "part": "b"', "“u1” sudah dipakai"),
    ('"highest": "5"}', '"highest": "5", "step": "2"}', '"step"', "berakhir tepat"),
    ('"highest": "5"}', '"highest": "5", "step": "0"}', '"step"', "Langkah skala harus di atas 0"),
    ('"maximum": "5"', '"maximum": "100"', '"maximum"', "sama dengan nilai tertinggi skala, 5"),
    ('"target": "3"', '"target": "6"', '"target"', "Sasaran 6 tidak ada pada skala"),
    ('"type": "level"', '"type": "presence"', '"presence"', "skala 0 sampai 1"),
    ('       "3": "cukup",\n', "", '"levels": {\n', "Tingkat 3 belum ada"),
    ('"5": "sangat bersih"', '"5": "bersih sekali",\n       "6": "harum"', '"harum"', "Tingkat 6 tidak ada di sini"),
    ('"4": "cepat", ', "", '"0": "tidak", "1"', "Tingkat 4 belum ada"),
    ('       "4": 3,\n       "5": 4\n', '       "4": 3\n', '"least": {', "Tingkat 5 belum ada"),
    ('       "5": 4\n', '       "5": 5\n', '       "5": 5\n', "5 butir tidak mungkin: ada 4 butir"),
    ('       "3": 2,\n', '       "3": 0,\n', '       "3": 0,\n', "lebih sedikit daripada"),
    ('"none": "tidak ada"', '"none": "tidak ada", "without_required": 7', '"none"', "Tingkat 7 tidak ada pada skala"),
    ('"level": 1, "at_least": "0"', '"level": 1, "at_least": "5"', '"level": 1', "mulai dari 0 persen"),
    ('"level": 2, "above": "0"', '"level": 2', '"level": 2', "salah satu: at_least"),
    ('"at_least": "30"', '"at_least": "90"', '"level": 4', "diurutkan naik"),
    ('"level": 4, "above"', '"level": 3, "above"', '"level": 3, "above"', "diurutkan naik"),
    ('"at_least": "100"', '"at_least": "101"', '"101"', "0 sampai 100 persen"),
    ('       "4": 3,\n       "5": 1\n', '       "4": 7,\n       "5": 1\n', '"4": 7', "lebih lama daripada"),
    ('       "1": 12,', '       "1": -12,', '"1": -12', "tidak boleh kurang dari 0"),
    ('"kinds": ["photo"]', '"kinds": ["video"]', '"kinds": ["video"]', "Jenis bukti video tidak ada"),
    ('"kinds": ["photo"]', '"kinds": []', '"kinds": []', "Sebutkan jenis bukti"),
    ('"above": "1"', '"least": 0', '"least": 0', "dari 1 sampai 20"),
    ('"above": "1"', '"above": "5"', '"above": "5"', "di bawah nilai tertinggi"),
    ('"weight": "30"', '"weight": "-30"', '"-30"', "Bobot tidak boleh kurang dari 0"),
    ('"weight": "30"', '"weight": "29"', '"indicators": [\n    {\n     "key": "1"', "Jumlah bobot 99, bukan 100 dan"),
    ('"weight": "49.9"', '"weight": "50"', '"indicators": [\n    {\n     "key": "3"', "bukan 99,9 seperti"),
    ('"weight": "60"', '"weight": "61"', '"parts": [', "Jumlah bobot 101, bukan 100 seperti"),
    ('   "weight": "0",\n', "", '{\n   "code": "c"', "memerlukan bobot"),
    ('{"b": "99.9"}', '{"b": "99.9", "z": "1"}', '"z"', "Bagian “z” tidak ada"),
    ('"code": "B", "label"', '"code": "A", "label"', '"bands": [\n    {"code"', "Kategori “A” tertulis 2 kali"),
    ('"highest": "5.00"', '"highest": "4.99"', '"4.99"', "berakhir pada 5"),
    ('"lowest": "0", "highest": "1.00"', '"lowest": "0.01", "highest": "1.00"', '"0.01"', "mulai dari 0"),
    ('"highest": "3.00"', '"highest": "3.01"', '"lowest": "1.01", "highest": "3.01"', "Kategori B menindih A"),
    ('"highest": "3.00"', '"highest": "2.99"', '"2.99"', "Antara 2,99 dan 3,01 tidak ada kategori"),
    ('"lowest": "1.01", "highest": "3.00"', '"lowest": "3.00", "highest": "1.01"', '"B"', "Batas kategori B terbalik"),
    ('"part": "b"', '"part": "x"', '"part": "x"', "Bagian “x” tidak ada"),
    ('"least": 10', '"least": 30', '"users"', "least tidak melebihi most"),
    ('"f03": "0.25"', '"f03": "0.3"', '"combination"', "berjumlah 1,05, bukan 1"),
    ('"convention": "exact"', '"convention": "kira-kira"', '"convention"', "exact, parts-2"),
    ('"conversion": "20"', '"conversion": "0"', '"conversion"', "di atas 0"),
    ('"weight": "50"', '"weight": "NaN"', '"NaN"', "tidak dapat dihitung"),
    ('"weight": "50"', '"weight": "1e999999999"', '"1e999999999"', "tidak dapat dihitung"),
    ('"weight": "0"', '"weight": "0e999999999"', '"0e999999999"', "tidak dapat dihitung"),
    ('"weight": "50"', '"weight": "50.0000001"', '"50.0000001"', "6 desimal"),
    ('"most": 20', '"most": 20000000', '"most"', "terlalu besar"),
    ('"title": "Monev Kota Kami"', f'"title": "{"x" * 601}"', '"title"', "paling panjang 600 huruf"),
    ('"Parkir"', r'"Parkir\u0000"', '"Parkir', "tidak dapat dicetak"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "told"), [*SYNTAX, *SHAPE, *MEANING])
def test_a_planted_fault_is_told_with_its_line(old: str, new: str, at: str, told: str) -> None:
    text = changed(old, new)
    found = [(fault.line, fault.detail) for fault in faults_of(text)]
    assert any(line == line_of(text, at) and told in detail for line, detail in found), found


def test_all_faults_are_told_at_once_in_the_order_of_the_lines() -> None:
    text = SOUND
    for old, new in (
        ('"version": "2026-1"', '"version": "2026.1"'),
        ('"target": "3"', '"target": "9"'),
        ('"part": "b"', '"part": "x"'),
        ('"key": "2"', '"key": "1"'),
        ('"weight": "30"', '"weight": "20"'),
        ('"kinds": ["photo"]', '"kinds": ["video"]'),
    ):
        text = text.replace(old, new)
    assert [fault.path for fault in faults_of(text)] == [
        "$.version",
        "$.target",
        "$.users.questions[1].part",
        "$.parts[0].indicators",
        "$.parts[0].indicators[0].evidence_rule.kinds[0]",
        "$.parts[0].indicators[1].key",
    ]


def test_a_name_that_stands_twice_in_an_object_is_told_where_it_stands_again() -> None:
    text = changed('"most": 20', '"most": 20,\n  "least": 12')
    (fault,) = faults_of(text)
    assert (fault.line, fault.path) == (line_of(text, '"least": 12'), "$.users.least")
    assert "sudah dipakai di objek yang sama" in fault.detail


def test_both_a_repeated_name_and_a_wrong_shape_are_told() -> None:
    text = changed('"most": 20', '"most": 20,\n  "least": 12').replace('"name": "Parkir"', '"name": 1')
    assert [fault.path for fault in faults_of(text)] == ["$.users.least", "$.parts[0].indicators[0].name"]


def test_the_wrong_entry_of_a_table_is_found_also_where_more_is_wrong() -> None:
    text = changed('"3": "cukup"', '"tiga": "cukup"').replace('"1": 12', '"1": "dua belas"')
    (fault,) = faults_of(text)
    assert (fault.line, fault.path.rpartition(".")[2]) == (line_of(text, '"tiga"'), "tiga")


def test_given_weights_leave_room_for_the_open_ones() -> None:
    opened = changed('     "weight": "30",\n', "")
    assert read(opened.encode()).indicators  # 70, and 30 for the open one
    crowded = opened.replace('"weight": "70"', '"weight": "101"')
    (fault,) = faults_of(crowded)
    assert fault.line == line_of(crowded, '"indicators": [\n    {\n     "key": "1"')
    assert "tidak ada sisa" in fault.detail


def test_an_instrument_that_renormalises_may_leave_indicators_out() -> None:
    fewer = changed('"weight": "30"', '"weight": "10"')
    assert "Jumlah bobot 80" in faults_of(fewer)[0].detail
    read(fewer.replace('"convention"', '"renormalise": true, "convention"').encode())


def test_a_part_in_which_nothing_counts_has_no_weight() -> None:
    text = changed('"weight": "0"', '"weight": "5"').replace('"weight": "60"', '"weight": "55"')
    (fault,) = faults_of(text)
    assert (fault.path, fault.line) == ("$.parts[2].weight", line_of(text, '"weight": "5",'))


POINTS = """{
 "code": "cek",
 "version": "1",
 "title": "Daftar periksa",
 "legal_basis": "-",
 "in_force_from": "2026-01-01",
 "scale": {"lowest": "0", "highest": "1"},
 "maximum": "100",
 "aggregation": "points",
 "target": "1",
 "bands": [
  {"in_force_from": "2026-01-01", "bands": [
   {"code": "hijau", "label": "Tinggi", "lowest": "51", "highest": "100"},
   {"code": "merah", "label": "Rendah", "lowest": "0", "highest": "50"}
  ]}
 ],
 "parts": [
  {"code": "1", "name": "Satu", "indicators": [
   {"key": "1.1", "name": "Papan", "weight": "60", "scoring": {"type": "presence"}},
   {"key": "1.2", "name": "Kotak", "weight": "40", "scoring": {"type": "presence"}}
  ]}
 ]
}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ('"weight": "40"', '"weight": "30"', 17, "Jumlah bobot 90, bukan 100"),
        ('"name": "Satu"', '"name": "Satu", "weight": "100"', 18, "tidak berbobot sendiri"),
        ('"highest": "50"', '"highest": "49"', 14, "Antara 49 dan 51 tidak ada kategori"),
        ('"highest": "1"', '"highest": "2"', 19, "skala 0 sampai 1"),
        ('"weight": "60"', '"weight": "60", "is_optional": true', 17, "Jumlah bobot 40, bukan 100"),
    ],
)
def test_points_add_up_to_the_maximum(old: str, new: str, line: int, told: str) -> None:
    read(POINTS.encode())
    found = faults_of(POINTS.replace(old, new))
    assert any(fault.line == line and told in fault.detail for fault in found), found


def test_older_categories_stand_before_newer_ones() -> None:
    older = '{"in_force_from": "2025-01-01", "bands": [{"code": "A", "label": "x", "lowest": "0", "highest": "100"}]}'
    text = POINTS.replace("  ]}\n ],", f"  ]}},\n  {older}\n ],", 1)
    (fault,) = faults_of(text)
    assert (fault.line, fault.path) == (16, "$.bands[1].in_force_from")


def test_what_is_too_large_or_no_text_is_refused_at_once() -> None:
    assert "terlalu besar" in faults_of(b" " * 1_000_001)[0].detail
    (broken,) = faults_of(SOUND.encode().replace(b"Toilet", b"Toil\xff"))
    assert broken.line == line_of(SOUND, "Toilet")
    assert "UTF-8" in broken.detail
    for deep in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 900 + b"]" * 900, b"9" * 5_000):
        faults_of(deep)


def test_no_more_than_400_indicators() -> None:
    document = json.loads(POINTS)
    document["parts"][0]["indicators"] = [
        {"key": str(n), "name": "x", "scoring": {"type": "presence"}} for n in range(401)
    ]
    assert "Paling banyak 400 indikator; di sini 401" in faults_of(json.dumps(document))[0].detail


NATIONAL = [
    file.read_bytes()
    for file in sorted((Path(__file__).parents[2] / "server/inspections/instruments").glob("*.json"))
]


def only_refused(content: bytes) -> None:
    """Reading gives an instrument or BadInstrument with faults, and nothing else."""
    try:
        read(content)
    except BadInstrument as bad:
        lines = content.count(b"\n") + 1
        assert bad.faults
        assert all(1 <= fault.line <= lines and fault.detail for fault in bad.faults)


@given(st.binary(max_size=300))
def test_random_bytes_are_only_refused(content: bytes) -> None:
    only_refused(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("1e99999999"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_a_mutated_document_is_only_refused(data: st.DataObject) -> None:
    document = json.loads(SOUND)
    for _ in range(data.draw(st.integers(1, 3))):
        _mutate(document, data)
    only_refused(json.dumps(document, indent=1).encode())


def _mutate(document: object, data: st.DataObject) -> None:
    """Somewhere a value is replaced, removed or put under another name."""
    where = document
    while True:
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))  # type: ignore[arg-type]
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        inner = where[key]  # type: ignore[index]
        if not (isinstance(inner, dict | list) and data.draw(st.booleans())):
            break
        where = inner
    act = data.draw(st.sampled_from(["replace", "remove", "number", "rename"]))
    if act == "remove":
        del where[key]  # type: ignore[attr-defined]
    elif act == "number":
        where[key] = data.draw(
            st.sampled_from(["-1", "0", "0.5", "NaN", "sNaN", "-Infinity", "0E+99999999", -1, 7])
        )  # type: ignore[index]
    elif act == "rename" and isinstance(where, dict):
        where[data.draw(st.text(max_size=5))] = where.pop(key)
    else:
        where[key] = data.draw(JSON)  # type: ignore[index]


@given(st.sampled_from(NATIONAL), st.data())
def test_a_file_with_broken_bytes_is_only_refused(content: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(0, 4))
    only_refused(content[:place] + data.draw(st.binary(max_size=4)) + content[place + length :])
