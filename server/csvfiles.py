"""CSV files as officials save them: any delimiter and encoding of a spreadsheet program, rows with their line number.

Pure: bytes in, rows out.
"""

import csv
from io import StringIO

import msgspec

DELIMITERS = ";,\t"


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
