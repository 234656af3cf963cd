"""A CSV table of units, services and counters, read row by row."""

import pytest

from server.csvfiles import BadFile
from server.units.table import COLUMNS, MOST_ROWS, read, template


def table(
    *lines,
    heading="baris;unit;nama;jenis;induk;zona;jam_buka;hari;pengguna_setahun;tanya_biaya;layanan;lokasi",
):
    return read("\n".join([heading, *lines]).encode())


def test_the_template_it_gives_is_one_it_reads():
    given = read(template())
    assert given.wrong == []
    assert [entry.thing for entry in given.entries] == ["unit", "layanan", "loket", "loket"]
    assert template().startswith(b"\xef\xbb\xbfbaris;unit;nama;")


def test_a_row_says_only_what_its_cells_say():
    (entry,) = table("unit;dinas-sosial;Dinas  Sosial;Dinas;;wita;7.30;Senin-Kamis;1.200;;;").entries
    assert entry.line == 2
    assert entry.unit == "dinas-sosial"
    assert entry.said == {
        "name": "Dinas Sosial",
        "kind": "dinas",
        "zone": "Asia/Makassar",
        "opens": "07:30",
        "open_days": "1234",
        "yearly_users": 1200,
    }


def test_a_row_may_say_where_a_unit_is():
    heading = "baris;unit;nama;lintang;bujur"
    here, nowhere, wrong = (
        table(f"unit;a;A;{cells}", heading=heading) for cells in ("-6,2088;106,8456", "-;-", "106,8;-6,2")
    )
    assert here.entries[0].said == {"name": "A", "latitude": -6.2088, "longitude": 106.8456}
    assert nowhere.entries[0].said == {"name": "A", "latitude": None, "longitude": None}
    assert [one.column for one in wrong.wrong] == ["lintang", "bujur"]
    assert [one.column for one in table("loket;a;Loket;-6;107", heading=heading).wrong] == [
        "lintang",
        "bujur",
    ]


def test_a_hyphen_says_none():
    (unit, counter) = table(
        "unit;dinas-sosial;Dinas Sosial;;-;;;;-;;;", "loket;dinas-sosial;Loket 1;;;;;;;;-;-"
    ).entries
    assert unit.said == {"name": "Dinas Sosial", "parent": None, "yearly_users": None}
    assert counter.said == {"name": "Loket 1", "service": None, "hall": None}


def test_a_unit_without_a_slug_gets_one_from_its_name():
    (entry,) = table("unit;;Dinas Sosial & Kesehatan;dinas").entries
    assert entry.unit == "dinas-sosial-dan-kesehatan"


def test_headings_may_be_written_with_capitals_and_spaces_and_in_any_order():
    (entry,) = read(b"Nama,UNIT,Baris,Jam Buka\nDinas,dinas,Unit,08.00\n").entries
    assert (entry.thing, entry.said) == ("unit", {"name": "Dinas", "opens": "08:00"})


@pytest.mark.parametrize(
    ("line", "column", "detail"),
    [
        ("gedung;a;A", "baris", "Tulis unit, layanan, atau loket."),
        ("layanan;;KTP", "unit", "Kolom ini perlu diisi"),
        ("layanan;a;", "nama", "Nama perlu diisi."),
        ("unit;Dinas Sosial;Dinas Sosial", "unit", "huruf kecil, angka, dan tanda hubung"),
        ("unit;import;Impor", "unit", "huruf kecil, angka, dan tanda hubung"),
        ("unit;a;A;warung", "jenis", "Jenis unit adalah salah satu dari"),
        ("unit;a;A;;;WEST", "zona", "WIB, WITA, atau WIT"),
        ("unit;a;A;;;;25.00", "jam_buka", "seperti 07.30"),
        ("unit;a;A;;;;;Senen", "hari", "Senin-Jumat"),
        ("unit;a;A;;;;;;seribu", "pengguna_setahun", "bilangan bulat"),
        ("layanan;a;KTP;;;;;;;mungkin", "tanya_biaya", "ya atau tidak"),
        ("layanan;a;KTP;dinas", "jenis", "tidak berlaku untuk baris layanan"),
        ("loket;a;Loket 1;;;;;;12", "pengguna_setahun", "tidak berlaku untuk baris loket"),
        (f"unit;a;{'x' * 161}", "nama", "paling banyak 160 huruf"),
        (f"loket;a;{'x' * 121}", "nama", "paling banyak 120 huruf"),
        ("unit;a;A" + ";" * 10 + "x", "", "13 kolom, padahal judulnya 12 kolom"),
    ],
)
def test_it_names_line_column_and_reason_of_a_bad_row(line, column, detail):
    given = table("unit;baik;Baik;dinas", line)
    assert [entry.unit for entry in given.entries] == ["baik"]
    (wrong,) = given.wrong
    assert (wrong.line, wrong.column) == (3, column)
    assert detail in wrong.detail


def test_it_names_all_that_is_wrong_in_a_row():
    given = table("unit;a;A;warung;;WEST;25.00")
    assert [wrong.column for wrong in given.wrong] == ["jenis", "zona", "jam_buka"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "kosong"),
        (b"baris;unit;name\n", "“name” tidak dikenal"),
        (b"baris;unit\n", "Kolom “nama” tidak ada"),
        (b"baris;unit;nama;nama\n", "“nama” tertulis dua kali"),
        (b"baris;unit;nama\n" + b"unit;a;A\n" * (MOST_ROWS + 1), "Bagi menjadi beberapa berkas"),
    ],
)
def test_it_refuses_what_is_no_such_table(content, sentence):
    with pytest.raises(BadFile, match=sentence):
        read(content)


def test_every_column_of_the_template_is_one_it_knows():
    assert template().decode("utf-8-sig").splitlines()[0].split(";") == list(COLUMNS)
