"""What a table would create and change, judged against what stands."""

import pytest

from server.units.plan import Known, Register, plan
from server.units.table import read
from server.units.tree import DEEPEST

DINAS = {
    "name": "Dinas Kependudukan",
    "kind": "dinas",
    "parent": None,
    "zone": "Asia/Jakarta",
    "address": "",
    "latitude": None,
    "longitude": None,
    "contact": "",
    "opens": "07:30",
    "closes": "16:00",
    "open_days": "12345",
    "yearly_users": 1200,
}
STANDS = Register(
    units={
        "dinas": Known("dinas", "dinas", DINAS),
        "uptd": Known("uptd", "uptd", {**DINAS, "name": "UPTD Barat", "parent": "dinas"}),
        "lama": Known("lama", "lama", {**DINAS, "name": "Kantor Lama"}, is_closed=True),
    },
    services={
        "dinas": [
            Known("dinas", "ktp", {"name": "KTP elektronik", "asks_cost": True, "yearly_users": None}),
            Known("dinas", "sim", {"name": "SIM", "asks_cost": True, "yearly_users": None}, is_closed=True),
        ]
    },
    counters={
        "dinas": [
            Known("dinas", "8E2W2H", {"name": "Loket 1", "service": "ktp", "hall": None}),
            Known("dinas", "8E2W3J", {"name": "Ganda", "service": None, "hall": None}),
            Known("dinas", "8E2W4K", {"name": "ganda", "service": None, "hall": None}),
        ]
    },
)
HEADING = "baris;unit;nama;jenis;induk;jam_buka;jam_tutup;pengguna_setahun;tanya_biaya;layanan;lokasi"


def planned(*lines, stands=STANDS):
    return plan(read("\n".join([HEADING, *lines]).encode()), stands, "Asia/Makassar")


def test_a_new_unit_gets_the_usual_where_its_row_says_nothing():
    (step,) = planned("unit;dinas-sosial;Dinas Sosial;dinas").steps
    assert (step.thing, step.unit, step.key, step.is_new) == ("unit", "dinas-sosial", "dinas-sosial", True)
    assert step.facts == {**DINAS, "name": "Dinas Sosial", "zone": "Asia/Makassar", "yearly_users": None}


def test_what_the_row_leaves_empty_stays():
    (step,) = planned("unit;dinas;Dinas Kependudukan;;;;17.00").steps
    assert (step.is_new, step.facts, step.before) == (False, {"closes": "17:00"}, {"closes": "16:00"})


def test_what_stands_already_is_no_step():
    given = planned(
        "unit;dinas;Dinas Kependudukan;dinas;-;07.30;16.00;1.200",
        "unit;uptd;UPTD Barat;;Dinas Kependudukan",
        "layanan;dinas;KTP elektronik;;;;;;ya",
        "loket;dinas;Loket 1;;;;;;;ktp elektronik;-",
    )
    assert (given.steps, given.wrong, given.unchanged) == ([], [], 4)


def test_a_unit_may_be_named_by_its_name_anywhere_and_come_later_in_the_file():
    given = planned(
        "loket;Puskesmas Baru;Loket 1;;;;;;;;Dinas Kependudukan",
        "unit;poli;Poli Keliling;uptd;puskesmas baru",
        "unit;puskesmas-baru;Puskesmas Baru;puskesmas",
    )
    assert given.wrong == []
    assert [(step.line, step.thing, step.unit) for step in given.steps] == [
        (4, "unit", "puskesmas-baru"),
        (3, "unit", "poli"),
        (2, "loket", "puskesmas-baru"),
    ]
    assert given.steps[1].facts["parent"] == "puskesmas-baru"
    assert given.steps[2].facts == {"name": "Loket 1", "service": None, "hall": "dinas"}


def test_a_service_is_known_by_its_name_or_the_slug_of_it():
    by_name, by_slug = (
        planned(f"layanan;dinas;{name};;;;;;tidak").steps[0] for name in ("ktp ELEKTRONIK", "Ktp")
    )
    assert by_name.key == by_slug.key == "ktp"
    assert by_name.facts["asks_cost"] is False


def test_a_counter_may_be_for_a_service_of_the_same_file():
    given = planned("loket;dinas;Loket 9;;;;;;;Akta", "layanan;dinas;Akta")
    assert [step.thing for step in given.steps] == ["layanan", "loket"]
    assert given.steps[1].facts["service"] == "akta"


def test_a_counter_in_its_own_units_hall_stands_nowhere_else():
    (step,) = planned("loket;dinas;Loket 7;;;;;;;;dinas").steps
    assert step.facts["hall"] is None


def test_a_unit_moves():
    (step,) = planned("unit;uptd;UPTD Barat;;-").steps
    assert (step.facts, step.before) == ({"parent": None}, {"parent": "dinas"})


@pytest.mark.parametrize(
    ("lines", "line", "column", "detail"),
    [
        (["unit;baru;Baru"], 2, "jenis", "Jenis perlu diisi untuk unit baru."),
        (["unit;baru;Baru;dinas;tidak ada"], 2, "induk", "Unit “tidak ada” tidak ada"),
        (["unit;baru;Baru;dinas;;17.00;16.00"], 2, "jam_tutup", "sesudah jam buka"),
        (["unit;dinas;Dinas Kependudukan;;;16.30"], 2, "jam_tutup", "sesudah jam buka"),
        (["unit;lama;Kantor Lama"], 2, "unit", "sudah ditutup"),
        (["unit;b;B;dinas", "unit;b;B;dinas"], 3, "unit", "Sama dengan baris 2."),
        (["layanan;entah;KTP"], 2, "unit", "Unit “entah” tidak ada"),
        (["layanan;lama;KTP"], 2, "unit", "sudah ditutup"),
        (["layanan;dinas;SIM"], 2, "layanan", "sudah ditutup"),
        (["layanan;dinas;Akta", "layanan;dinas;akta"], 3, "nama", "Sama dengan baris 2."),
        (["loket;dinas;Loket 9;;;;;;;Paspor"], 2, "layanan", "tidak mempunyai layanan “Paspor”"),
        (["loket;dinas;Loket 9;;;;;;;SIM"], 2, "layanan", "sudah ditutup"),
        (["loket;dinas;Loket 9;;;;;;;;entah"], 2, "lokasi", "Unit “entah” tidak ada"),
        (["loket;dinas;Loket 9", "loket;DINAS;loket 9"], 3, "nama", "Sama dengan baris 2."),
        (["loket;dinas;Ganda"], 2, "nama", "2 loket bernama “Ganda”"),
        (
            ["unit;a;Kembar;dinas", "unit;b;Kembar;dinas", "layanan;Kembar;X"],
            4,
            "unit",
            "tulis salah satu: a, b",
        ),
    ],
)
def test_it_says_which_line_does_not_fit_what_stands(lines, line, column, detail):
    given = planned(*lines)
    assert given.steps == []
    (wrong,) = given.wrong
    assert (wrong.line, wrong.column) == (line, column)
    assert detail in wrong.detail


def test_it_refuses_a_unit_below_itself():
    (one, other) = planned("unit;dinas;Dinas Kependudukan;;uptd", "unit;uptd;UPTD Barat;;dinas").wrong
    assert (one.line, other.line) == (2, 3)
    assert "bawahan dirinya sendiri" in one.detail
    (alone,) = planned("unit;baru;Baru;dinas;baru").wrong
    assert "bawahan dirinya sendiri" in alone.detail


def test_it_refuses_units_in_too_many_levels():
    lines = [f"unit;u{level};U{level};dinas;{f'u{level - 1}' if level else ''}" for level in range(DEEPEST)]
    assert planned(*lines, stands=Register({}, {}, {})).wrong == []
    (wrong,) = planned(*lines, f"unit;z;Z;dinas;u{DEEPEST - 1}", stands=Register({}, {}, {})).wrong
    assert (wrong.line, wrong.column) == (DEEPEST + 2, "induk")


def test_what_is_wrong_comes_in_the_order_of_lines_and_hides_all_steps():
    given = planned("loket;entah;L", "unit;b;B;dinas", "unit;c;C;warung")
    assert [wrong.line for wrong in given.wrong] == [2, 4]
    assert given.steps == []


def test_its_seal_tells_whether_what_is_done_is_what_was_shown():
    line = "unit;dinas;Dinas Kependudukan;;;;17.00"
    assert planned(line).seal() == planned(line).seal()
    assert planned(line).seal() != planned("unit;dinas;Dinas Kependudukan;;;;18.00").seal()
    elsewhere = Register({"dinas": Known("dinas", "dinas", {**DINAS, "closes": "15:00"})}, {}, {})
    assert planned(line).seal() != planned(line, stands=elsewhere).seal()
