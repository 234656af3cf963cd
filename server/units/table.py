"""A CSV table of units, public services and counters: one thing a row, told apart by the column `baris`.

An empty cell says nothing: what is stored stays, a new thing gets the usual. A hyphen says "none".
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from server.csvfiles import BadFile, Row, rows_of
from server.units import words
from server.units.slugs import is_slug, slug_of

MOST_ROWS = 5_000
"""A city has some hundred units and a few thousand counters; all rows are stored in one transaction."""

NONE = "-"

UNIT, SERVICE, COUNTER = "unit", "layanan", "loket"

COLUMNS: dict[str, frozenset[str]] = {
    "baris": frozenset({UNIT, SERVICE, COUNTER}),
    "unit": frozenset({UNIT, SERVICE, COUNTER}),
    "nama": frozenset({UNIT, SERVICE, COUNTER}),
    "jenis": frozenset({UNIT}),
    "induk": frozenset({UNIT}),
    "zona": frozenset({UNIT}),
    "alamat": frozenset({UNIT}),
    "lintang": frozenset({UNIT}),
    "bujur": frozenset({UNIT}),
    "kontak": frozenset({UNIT}),
    "jam_buka": frozenset({UNIT}),
    "jam_tutup": frozenset({UNIT}),
    "hari": frozenset({UNIT}),
    "pengguna_setahun": frozenset({UNIT, SERVICE}),
    "tanya_biaya": frozenset({SERVICE}),
    "layanan": frozenset({COUNTER}),
    "lokasi": frozenset({COUNTER}),
}
"""The headings, and on which rows a cell under them means something."""

NEEDED = ("baris", "unit", "nama")

TEMPLATE_ROWS = (
    {
        "baris": UNIT, "unit": "dinas-contoh", "nama": "Dinas Contoh", "jenis": "dinas", "zona": "WIB",
        "alamat": "Jalan Merdeka 1", "lintang": "-6,2088", "bujur": "106,8456", "kontak": "0800 000 000",
        "jam_buka": "07.30", "jam_tutup": "16.00", "hari": "Senin-Jumat", "pengguna_setahun": "12000",
    },
    {
        "baris": SERVICE, "unit": "dinas-contoh", "nama": "Kartu contoh", "pengguna_setahun": "9000",
        "tanya_biaya": "tidak",
    },
    {"baris": COUNTER, "unit": "dinas-contoh", "nama": "Loket 1", "layanan": "Kartu contoh"},
    {"baris": COUNTER, "unit": "dinas-contoh", "nama": "Loket 2", "layanan": NONE, "lokasi": NONE},
)  # fmt: skip

LONGEST = {"nama": 160, "alamat": 200, "kontak": 200}
LONGEST_COUNTER_NAME = 120


class Wrong(msgspec.Struct, frozen=True):
    """One thing to mend: the line of the file, the heading of the cell (none: the whole row), and what to do."""

    line: int
    column: str
    detail: str


class Entry(msgspec.Struct, frozen=True):
    """One good row. `said` holds only what its cells say; None where one says "none"."""

    line: int
    thing: str
    unit: str
    """How the row names its unit: slug or name."""
    said: dict[str, Any]


class Table(msgspec.Struct, frozen=True):
    entries: list[Entry]
    wrong: list[Wrong]


def template() -> bytes:
    """An example to fill in: semicolons and a byte order mark, so that spreadsheet programs open it right."""
    lines = [COLUMNS, *([row.get(column, "") for column in COLUMNS] for row in TEMPLATE_ROWS)]
    return ("\ufeff" + "".join(";".join(line) + "\r\n" for line in lines)).encode()


def read(content: bytes) -> Table:
    """The entries of a file and all that is wrong in it. Raises BadFile when it is no such table at all."""
    rows = rows_of(content)
    if not rows:
        raise BadFile("Berkas ini kosong.")
    heading, *rows = rows
    columns = _columns(heading)
    if len(rows) > MOST_ROWS:
        raise BadFile(
            f"Berkas ini berisi {len(rows)} baris; paling banyak {MOST_ROWS}. Bagi menjadi beberapa berkas."
        )
    entries: list[Entry] = []
    wrong: list[Wrong] = []
    for row in rows:
        entry, found = _entry(row, columns)
        wrong += found
        if entry is not None and not found:
            entries.append(entry)
    return Table(entries, wrong)


def _columns(heading: Row) -> list[str]:
    columns = [cell.casefold().replace(" ", "_") for cell in heading.cells]
    unknown = [
        cell for cell, column in zip(heading.cells, columns, strict=True) if column and column not in COLUMNS
    ]
    if unknown:
        raise BadFile(f"Judul kolom “{unknown[0][:40]}” tidak dikenal. Yang dikenal: {', '.join(COLUMNS)}.")
    missing = [column for column in NEEDED if column not in columns]
    if missing:
        raise BadFile(f"Kolom “{missing[0]}” tidak ada. Baris pertama berkas harus berisi judul kolom.")
    twice = [column for column in columns if column and columns.count(column) > 1]
    if twice:
        raise BadFile(f"Judul kolom “{twice[0]}” tertulis dua kali.")
    return columns


def _entry(row: Row, columns: Sequence[str]) -> tuple[Entry | None, list[Wrong]]:
    if any(row.cells[len(columns) :]):
        detail = f"Baris ini berisi {len(row.cells)} kolom, padahal judulnya {len(columns)} kolom."
        return None, [Wrong(row.line, "", detail)]
    cells = {column: cell for column, cell in zip(columns, row.cells, strict=False) if column and cell}
    thing = cells.pop("baris", "").casefold()
    if thing not in COLUMNS["baris"]:
        return None, [Wrong(row.line, "baris", "Tulis unit, layanan, atau loket.")]
    if not cells.get("unit") and not (thing == UNIT and cells.get("nama")):
        return None, [Wrong(row.line, "unit", "Kolom ini perlu diisi: alamat singkat (slug) atau nama unit.")]
    wrong = [
        Wrong(row.line, column, f"Kolom ini tidak berlaku untuk baris {thing}; kosongkan.")
        for column in cells
        if thing not in COLUMNS[column]
    ]
    if not cells.get("nama"):
        wrong.append(Wrong(row.line, "nama", "Nama perlu diisi."))
    unit = cells.pop("unit", "") or slug_of(cells.get("nama", ""))
    if thing == UNIT and not is_slug(unit):
        detail = "Tulis alamat singkat: huruf kecil, angka, dan tanda hubung, misalnya dinas-sosial."
        wrong.append(Wrong(row.line, "unit", detail))
    said, misread = _said(row.line, thing, cells)
    return Entry(row.line, thing, unit, said), wrong + misread


def _said(line: int, thing: str, cells: Mapping[str, str]) -> tuple[dict[str, Any], list[Wrong]]:
    said: dict[str, Any] = {}
    wrong: list[Wrong] = []
    for column, cell in cells.items():
        field, read_cell = _READERS[column]
        try:
            said[field] = None if cell == NONE and column in _MAY_BE_NONE else read_cell(cell)
        except words.Misread as error:
            wrong.append(Wrong(line, column, str(error)))
        most = (
            LONGEST_COUNTER_NAME if thing == COUNTER and column == "nama" else LONGEST.get(column, len(cell))
        )
        if len(cell) > most:
            wrong.append(Wrong(line, column, f"Terlalu panjang: paling banyak {most} huruf."))
    return said, wrong


_MAY_BE_NONE = frozenset({"induk", "lintang", "bujur", "layanan", "lokasi", "pengguna_setahun"})


def _text(cell: str) -> str:
    return " ".join(cell.split())


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "nama": ("name", _text),
    "jenis": ("kind", words.kind),
    "induk": ("parent", _text),
    "zona": ("zone", words.zone),
    "alamat": ("address", _text),
    "lintang": ("latitude", words.latitude),
    "bujur": ("longitude", words.longitude),
    "kontak": ("contact", _text),
    "jam_buka": ("opens", words.time),
    "jam_tutup": ("closes", words.time),
    "hari": ("open_days", words.days),
    "pengguna_setahun": ("yearly_users", words.users),
    "tanya_biaya": ("asks_cost", words.yes),
    "layanan": ("service", _text),
    "lokasi": ("hall", _text),
}
"""For each heading what is stored and how a cell is read."""
