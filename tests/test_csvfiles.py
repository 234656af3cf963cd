"""CSV as spreadsheet programs in Indonesia save it."""

import pytest

from server.csvfiles import BadFile, Row, decode, rows_of

TABLE = [Row(1, ("nama", "kota")), Row(2, ("Loket 1", "Jl. Merdeka"))]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_it_reads_any_delimiter_encoding_and_line_end(delimiter, encoding, ending):
    lines = [delimiter.join(row.cells) + ending for row in TABLE]
    assert rows_of("".join(lines).encode(encoding)) == TABLE


def test_it_reads_letters_that_windows_1252_writes_in_one_byte():
    assert decode("Kafé “Melati” – café".encode("windows-1252")) == "Kafé “Melati” – café"


def test_it_counts_lines_as_an_editor_does():
    content = b'nama;kota\n\n"Loket\n1";A\n;;\nLoket 2;B\n'
    assert [(row.line, row.cells[0]) for row in rows_of(content)] == [
        (1, "nama"),
        (3, "Loket\n1"),
        (6, "Loket 2"),
    ]


def test_it_keeps_delimiters_and_quotes_within_quotes():
    assert rows_of(b'nama;kota\n"Loket; ""satu""";A\n')[1].cells == ('Loket; "satu"', "A")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 a spreadsheet", "Simpan dahulu sebagai CSV"),
        (b"\xd0\xcf\x11\xe0 an old one", "Simpan dahulu sebagai CSV"),
        (b"nama\0kota", "bukan teks CSV"),
        (b"nama;kota\n" + b"x" * 200_000 + b";A\n", "Baris 2 tidak dapat dibaca"),
    ],
)
def test_it_says_why_a_file_cannot_be_read(content, sentence):
    with pytest.raises(BadFile, match=sentence):
        rows_of(content)


def test_an_empty_file_has_no_rows():
    assert rows_of(b"") == rows_of(b"\xef\xbb\xbf\r\n") == []
