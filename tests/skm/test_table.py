from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.skm.rules import ELEMENTS, ORDERS, BadTable
from server.skm.table import (
    Fault,
    Row,
    Rows,
    Totals,
    decode,
    is_totals,
    lines_of,
    read_rows,
    read_table,
    read_totals,
)

NUMBERED = "U1;U2;U3;U4;U5;U6;U7;U8;U9\n"


def read(text: str, order: str | None = None) -> tuple[list[Row], Rows]:
    rows = read_rows(lines_of(text), order)
    return list(rows), rows


def only(text: str, order: str | None = None) -> Row:
    rows, table = read(text, order)
    assert table.faults == []
    assert len(rows) == 1
    return rows[0]


def faults(text: str, order: str | None = None) -> list[Fault]:
    rows, table = read(text, order)
    assert rows == []
    return table.faults


def refusal(text: str, order: str | None = None) -> BadTable:
    with pytest.raises(BadTable) as refused:
        read_table(text, order)
    assert refused.value.detail.endswith((".", "…"))
    return refused.value


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("waktu;saran\n3;terima kasih – oke é\n".encode(), "utf-8"),
        ("waktu;saran\n3;terima kasih – oke é\n".encode("utf-8-sig"), "utf-8"),
        ("waktu;saran\n3;terima kasih – oke é\n".encode("windows-1252"), "windows-1252"),
        ("waktu;saran\n3;terima kasih – oke é\n".encode("utf-16"), "utf-16"),
        ("waktu;saran\n3;terima kasih – oke é\n".encode("utf-16-le"), "utf-16-le"),
        ("waktu;saran\n3;terima kasih – oke é\n".encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_it_reads_the_encodings_that_spreadsheets_write(content: bytes, encoding: str) -> None:
    text, found = decode(content)
    assert found == encoding
    row = only(text)
    assert (row.answers, row.comment) == ({"waktu": 3}, "terima kasih – oke é")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_it_reads_every_kind_of_line_end(line_end: str) -> None:
    text, _ = decode(line_end.join(["waktu,biaya", "3,4", "1,2"]).encode())
    assert [row.answers for row in read(text)[0]] == [{"waktu": 3, "biaya": 4}, {"waktu": 1, "biaya": 2}]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04\x14\x00", "spreadsheet_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "spreadsheet_file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "unreadable_file"),
        (b"waktu\n\x81\x8d\n", "unreadable_file"),
    ],
)
def test_it_refuses_files_that_are_no_text(content: bytes, code: str) -> None:
    with pytest.raises(BadTable) as refused:
        decode(content)
    assert refused.value.code == code


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("ab\n;"), max_size=40))
def test_the_lines_of_a_text_are_all_of_it(text: str) -> None:
    assert list(lines_of(text)) == text.splitlines(keepends=True)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_it_finds_the_delimiter_by_itself(mark: str) -> None:
    text = f'id{mark}waktu{mark}"saran, komentar; dan"\nsatu{mark}3{mark}"baik, ""sekali"";\nterima kasih"\n'
    row = only(text)
    assert (row.id, row.answers) == ("satu", {"waktu": 3})
    row = only(text.replace("saran, komentar; dan", "saran"))
    assert row.comment == 'baik, "sekali";\nterima kasih'


def test_it_skips_what_spreadsheets_put_around_a_table() -> None:
    rows, table = read("sep=;\n\n;;\nwaktu;biaya;\n3;4;\n;;\n\n1;2;\n;;\n")
    assert [(row.line, row.answers) for row in rows] == [
        (5, {"waktu": 3, "biaya": 4}),
        (8, {"waktu": 1, "biaya": 2}),
    ]
    assert table.fault_count == 0


def test_a_byte_order_mark_before_a_quoted_header_does_no_harm() -> None:
    rows, table = read('\ufeff"catatan; lain";waktu\nx;3\n')
    assert (table.unknown, rows[0].answers) == (("catatan; lain",), {"waktu": 3})


def test_columns_may_be_called_by_key_by_name_or_by_both() -> None:
    text = (
        '"Persyaratan";"Sistem, Mekanisme, dan Prosedur";WAKTU;Biaya/Tarif;U5 Produk;kompetensi pelaksana;'
        "Perilaku;Penanganan Pengaduan, Saran dan Masukan;Sarana dan Prasarana;x_antrean\n1;2;3;4;1;2;3;4;1;2\n"
    )
    assert only(text).answers == {
        **dict(zip(ELEMENTS, (1, 2, 3, 4, 1, 2, 3, 4, 1), strict=True)),
        "x_antrean": 2,
    }


@pytest.mark.parametrize(
    "header", ["U1;U2;U3;U4;U5;U6;U7;U8;U9", "u1;u2;u3;u4;u5;u6;u7;u8;u9", "1;2;3;4;5;6;7;8;9"]
)
@pytest.mark.parametrize("order", ["regulation", "questionnaire"])
def test_numbered_columns_follow_the_order_that_was_said(header: str, order: str) -> None:
    row = only(f"{header}\n1;1;1;1;1;1;1;2;3\n", order)
    assert row.answers[ORDERS[order][7]] == 2
    assert row.answers[ORDERS[order][8]] == 3


def test_numbered_columns_without_an_order_are_refused() -> None:
    refused = refusal(NUMBERED + "1;1;1;1;1;1;1;2;3\n")
    assert (refused.code, refused.field) == ("order_needed", "order")


def test_named_columns_need_no_order() -> None:
    assert only("sarana;pengaduan\n2;3\n", "questionnaire").answers == {"sarana": 2, "pengaduan": 3}


@pytest.mark.parametrize(
    ("text", "order", "code"),
    [
        ("", None, "empty_table"),
        ("\n;;\n", None, "empty_table"),
        ("nama;alamat\nDewi;Jalan Melati\n", None, "no_elements"),
        ("waktu;U3\n1;1\n", "regulation", "repeated_column"),
        ("waktu;Waktu Penyelesaian\n1;1\n", None, "repeated_column"),
        # no header at all
        ("3;3;3;1;1;1;4;4;4\n", None, "repeated_column"),
        (NUMBERED, "abjad", "unknown_order"),
        ('"waktu\n3\n', None, "unreadable_header"),
    ],
)
def test_it_refuses_a_table_it_cannot_understand(text: str, order: str | None, code: str) -> None:
    assert refusal(text, order).code == code


def test_unknown_columns_are_named_and_ignored() -> None:
    rows, table = read("waktu;no;published_running_ikm;;no\n3;1;66.6667;;x\n")
    assert table.unknown == ("no", "published_running_ikm", "no")
    assert (table.elements, rows[0].answers) == (("waktu",), {"waktu": 3})


@pytest.mark.parametrize(
    ("written", "answer"),
    [("1", 1), ("4", 4), (" 3 ", 3), ('"2"', 2), ("a", 1), ("D", 4), ("", None), ("  ", None)],
)
def test_an_answer_is_1_to_4_or_a_to_d_or_missing(written: str, answer: int | None) -> None:
    assert only(f"waktu;biaya\n{written};1\n").answers == {"waktu": answer, "biaya": 1}


@pytest.mark.parametrize("written", ["0", "5", "-1", "3.0", "3,5", "e", "Baik", "11", "NULL", "-", "²"])
def test_any_other_answer_is_an_error_with_its_line_and_column(written: str) -> None:
    (fault,) = faults(f"biaya;U3 Waktu\n1;{written}\n")
    assert (fault.line, fault.column) == (2, "U3 Waktu")
    assert f"“{written}”" in fault.detail


def test_a_row_without_any_answer_is_an_error() -> None:
    (fault,) = faults("id;waktu;biaya\nsatu;;\n")
    assert (fault.line, fault.column) == (2, "")
    assert "Tidak ada satu pun" in fault.detail


@pytest.mark.parametrize(("cells", "width"), [("3", 1), ("3;4;1", 3)])
def test_a_row_of_another_width_is_an_error(cells: str, width: int) -> None:
    (fault,) = faults(f"waktu;biaya\n{cells}\n")
    assert f"{width} kolom" in fault.detail


def test_lines_are_counted_in_the_file_also_after_comments_of_several_lines() -> None:
    text = 'waktu;saran\n3;"satu\ndua\ntiga"\n5;x\n4;y\n'
    rows, table = read(text)
    assert [row.line for row in rows] == [2, 6]
    assert [fault.line for fault in table.faults] == [5]


def test_an_open_quotation_mark_is_an_error_of_its_line() -> None:
    rows, table = read('waktu;saran\n3;baik\n4;"tidak ditutup\n1;x\n')
    assert len(rows) == 1
    assert [fault.line for fault in table.faults] == [3]
    assert "kutip" in table.faults[0].detail


def test_a_bad_row_does_not_stop_the_others() -> None:
    rows, table = read("waktu;biaya;usia\n3;4;34\n9;8;200\n1;2;\n")
    assert [row.line for row in rows] == [2, 4]
    assert table.count == 2
    assert table.fault_count == 3
    assert [fault.column for fault in table.faults] == ["waktu", "biaya", "usia"]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-05-24", datetime(2024, 5, 24)),
        ("2024-05-24 13:53:29", datetime(2024, 5, 24, 13, 53, 29)),
        ("2024-05-24T13:53:29Z", datetime(2024, 5, 24, 13, 53, 29, tzinfo=UTC)),
        ("2024-05-24T20:53:29+07:00", datetime(2024, 5, 24, 13, 53, 29, tzinfo=UTC)),
        ("24/05/2024", datetime(2024, 5, 24)),
        ("24/05/2024 13:53", datetime(2024, 5, 24, 13, 53)),
        ("4-5-2024 13.53.29", datetime(2024, 5, 4, 13, 53, 29)),
        ("", None),
    ],
)
def test_it_reads_the_ways_in_which_times_are_written(written: str, moment: datetime | None) -> None:
    for name in ("timestamp", "Tanggal", "answered_at"):
        assert only(f"waktu;{name}\n3;{written}\n").answered_at == moment


@pytest.mark.parametrize(
    "written", ["05/24/2024", "2024-13-01", "24 Mei 2024", "45436", "31/02/2024", "2024-W21-5"]
)
def test_a_time_it_cannot_be_sure_of_is_an_error(written: str) -> None:
    (fault,) = faults(f"waktu;tanggal\n3;{written}\n")
    assert (fault.column, written in fault.detail) == ("tanggal", True)


def test_it_reads_the_profile_under_both_languages_names() -> None:
    indonesian = (
        "waktu;Usia;JK;Pendidikan;Pekerjaan;Disabilitas;Saran\n3;34 thn;perempuan;S1;swasta;Fisik;ok\n"
    )
    english = "waktu;age;sex;education;occupation;disability;comment\n3;34;P;S1;swasta;Fisik;ok\n"
    row = only(indonesian)
    assert row == only(english)
    assert (row.age, row.sex, row.education, row.occupation) == (34, "P", "S1", "swasta")
    assert (row.disability, row.comment) == ("Fisik", "ok")


def test_every_profile_field_may_be_left_empty() -> None:
    row = only("waktu;usia;jk;pendidikan;saran;tanggal;id\n3;;;;;;\n")
    assert row == Row(2, {"waktu": 3})


@pytest.mark.parametrize(
    ("column", "written"), [("usia", "0"), ("usia", "121"), ("usia", "34,5"), ("jk", "X")]
)
def test_an_absurd_age_or_sex_is_an_error(column: str, written: str) -> None:
    (fault,) = faults(f"waktu;{column}\n3;{written}\n")
    assert fault.column == column


def test_a_long_table_is_read_line_by_line_and_its_errors_are_capped_but_counted() -> None:
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        yield NUMBERED
        for number in range(20_000):
            taken += 1
            yield "1;2;3;4;1;2;3;4;1\n" if number % 2 else "1;2;3;4;1;2;3;4;7\n"

    table = read_rows(lines(), "regulation")
    assert next(iter(table)).line == 3
    assert taken == 2
    assert sum(1 for _ in table) == 9_999
    assert (table.count, table.fault_count, len(table.faults)) == (10_000, 10_000, 100)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from('waktubiaya1234;,\t\n\r "=é\0\ufeff'), max_size=60))
@example('""')
def test_whatever_is_pasted_is_read_or_refused(text: str) -> None:
    try:
        table = read_table(decode(text.encode())[0], "regulation")
    except BadTable:
        return
    if isinstance(table, Rows):
        rows = list(table)
        assert all(answer in (None, 1, 2, 3, 4) for row in rows for answer in row.answers.values())
        assert all(any(row.answers.values()) for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        "unsur;total;n\npersyaratan;352;91\nsarana;323;91\n",
        "Unsur,Jumlah Nilai,Jumlah Responden\nPersyaratan,352,91\nSarana dan Prasarana,323,91\n",
        "unsur;jumlah\nU1;352\nU9;323\nResponden;91\n",
        "u1;352\nu9;323\nn;91\n",
        "persyaratan\t352\t91\nsarana\t323\t91\n",
    ],
)
def test_it_reads_a_table_of_totals(text: str) -> None:
    table = read_table(text, "regulation")
    assert isinstance(table, Totals)
    assert (table.n, table.totals, table.nrr) == (91, {"persyaratan": 352, "sarana": 323}, {})


@pytest.mark.parametrize(
    "text",
    [
        "unsur;nrr\npersyaratan;3,868\nsarana;4\n",
        "unsur;nilai\npersyaratan;3,868\nsarana;4\n",
        'persyaratan,"3,868"\nsarana,4\n',
        "persyaratan\t3.868\nsarana\t4\n",
    ],
)
def test_it_reads_a_table_of_averages_with_their_digits(text: str) -> None:
    table = read_table(text)
    assert table == Totals(None, {}, {"persyaratan": Decimal("3.868"), "sarana": Decimal(4)}, {})


def test_totals_may_stand_beside_averages_and_their_own_numbers_of_answers() -> None:
    table = read_totals(lines_of("unsur;total;n;nrr\nwaktu;352;91;3,868\nbiaya;34;10;3,4\npengaduan;;;\n"))
    assert table.n == 91
    assert table.totals == {"waktu": 352, "biaya": 34}
    assert table.valid == {"waktu": 91, "biaya": 10}
    assert table.nrr == {"waktu": Decimal("3.868"), "biaya": Decimal("3.4")}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("unsur;total\nU8;352\n", "order_needed"),
        ("unsur;total\nIKM;94,54\n", "unknown_element"),
        ("unsur;total\nwaktu;352\nwaktu;352\n", "repeated_row"),
        ("unsur;total\nwaktu;banyak\n", "bad_number"),
        ("unsur;total\nwaktu;-3\n", "bad_number"),
        ("unsur;total;n\nwaktu;352;91,5\n", "bad_number"),
        ("unsur;total\nwaktu;\n", "no_elements"),
        ("unsur;warna\nwaktu;merah\n", "no_elements"),
        ('unsur;total\nwaktu;"352\n', "bad_row"),
    ],
)
def test_it_refuses_totals_it_cannot_understand(text: str, code: str) -> None:
    assert refusal(text).code == code


@pytest.mark.parametrize("header", ["persyaratan;prosedur", "id;waktu", "1;2;3;4;5;6;7;8;9", "waktu"])
def test_a_table_of_answers_is_not_taken_for_totals(header: str) -> None:
    assert is_totals(lines_of(header + "\n")) is False
