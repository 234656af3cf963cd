"""CSV files as officials save them, and as they open them.

Read: any delimiter and encoding of a spreadsheet program, rows with their line number. Written: what Indonesian
spreadsheet programs open right: UTF-8 with its mark, semicolons; what people wrote can never become a formula. Pure.
"""

import csv
from collections.abc import Iterable
from io import StringIO

import msgspec

DELIMITERS = ";,\t"

MARK = "\ufeff"
"""What a written file begins with, so that it is read as UTF-8."""

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class BadFile(ValueError):
    """A file that is no readable CSV; the message tells the person what to do."""


class Row(msgspec.Struct, frozen=True):
    line: int
    """Where the row begins in the file, counted from 1: what a text editor shows."""
    cells: tuple[str, ...]


def rows_of(content: bytes) -> list[Row]:
    """The rows that hold anything; the first is the heading. Raises BadFile."""
    text = decode(content)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text))
    rows: list[Row] = []
    line = 1
    try:
        for cells in reader:
            rows.append(Row(line, tuple(cell.strip() for cell in cells)))
            line = reader.line_num + 1
    except csv.Error:
        raise BadFile(f"Baris {line} tidak dapat dibaca sebagai CSV; periksa tanda kutipnya.") from None
    return [row for row in rows if any(row.cells)]


def decode(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252, with or without byte order mark."""
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadFile("Ini berkas lembar kerja. Simpan dahulu sebagai CSV, lalu unggah berkas CSV itu.")
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        # what spreadsheet programs in Indonesia write when they are not asked for UTF-8
        text = content.decode("windows-1252", errors="replace")
    if "\0" in text:
        raise BadFile("Berkas ini bukan teks CSV yang dapat dibaca.")
    return text


def _delimiter(text: str) -> str:
    heading = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=heading.count)


def csv_line(cells: Iterable[object]) -> str:
    """One line of a file; empty for None, and no text of it is read as a formula."""
    line = StringIO()
    csv.writer(line, delimiter=";").writerow(
        [guarded(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in cells]
    )
    return line.getvalue()


def guarded(text: str) -> str:
    """A text that spreadsheet programs show instead of computing."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
