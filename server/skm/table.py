"""Tables that officials paste, upload or import: answers, one respondent a row, or totals, one element a row.

What is written is read exactly or refused: an answer outside 1-4 is an error with its line and column, never
clipped, and U1 to U9 are read only when somebody says in which order they were numbered.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any

import msgspec

from server.skm.rules import ELEMENTS, EXTRA, ORDERS, BadTable, comma

COLUMNS_MOST = 200

FAULTS_KEPT = 100
"""Errors listed one by one; the others are counted."""


def decode(content: bytes) -> tuple[str, str]:
    """The text of a file, and the encoding it was in; all line ends become newlines."""
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadTable(
            "spreadsheet_file",
            "Ini berkas lembar kerja. Simpan dahulu sebagai CSV, lalu pilih berkas CSV itu.",
        )
    for encoding in _encodings(content):
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\0" not in text:
                return text.replace("\r\n", "\n").replace("\r", "\n"), encoding.removesuffix("-sig")
    raise BadTable("unreadable_file", "Berkas ini bukan teks CSV yang dapat dibaca.")


def _encodings(content: bytes) -> tuple[str, ...]:
    """The encodings to try, in this order: almost anything can be read as Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    # in UTF-16 every second byte of our letters is zero, which in no other text they are
    if b"\0" in content[:2]:
        return ("utf-16-be",) if content.startswith(b"\0") else ("utf-16-le",)
    return ("utf-8-sig", "windows-1252")


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text one after the other, without a list of them all."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


class Fault(msgspec.Struct, frozen=True):
    """One thing to mend: the line of the file (from 1), the column as its header names it, what is wrong."""

    line: int
    column: str
    detail: str


class Row(msgspec.Struct, frozen=True):
    """One respondent. The profile is as written (but `sex`: L or P); times without a zone are local times."""

    line: int
    answers: dict[str, int | None]
    id: str | None = None
    answered_at: datetime | None = None
    age: int | None = None
    sex: str | None = None
    education: str | None = None
    occupation: str | None = None
    disability: str | None = None
    comment: str | None = None


class Rows:
    """The respondents of a table, read while they are asked for, once; a row with a fault is not among them.

    `elements` and `unknown` (columns that are ignored) are known at once; `count` (good rows), `fault_count`
    and `faults` (the first of them) after the reading.
    """

    def __init__(
        self, lines: Iterable[str], order: str | None = None, faults_kept: int = FAULTS_KEPT
    ) -> None:
        self._sheet = _Sheet(lines)
        self._names = self._sheet.header
        columns = _columns(self._names, order)
        self._answers = {place: key for place, key in columns.items() if _is_element(key)}
        self._profile = {place: key for place, key in columns.items() if not _is_element(key)}
        self._faults_kept = faults_kept
        self.elements = tuple(self._answers.values())
        self.unknown = tuple(
            name for place, name in enumerate(self._names) if name.strip() and place not in columns
        )
        self.count = 0
        self.fault_count = 0
        self.faults: list[Fault] = []

    def __iter__(self) -> Iterator[Row]:
        for line, cells in self._sheet:
            try:
                row = self._row(line, cells)
            except _FaultyRow as faulty:
                self.fault_count += len(faulty.faults)
                self.faults += faulty.faults[: self._faults_kept - len(self.faults)]
            else:
                self.count += 1
                yield row

    def _row(self, line: int, cells: list[str] | Fault) -> Row:
        if isinstance(cells, Fault):
            raise _FaultyRow([cells])
        width = len(self._names)
        if len(cells) < width or any(cells[width:]):
            detail = f"Baris ini berisi {len(cells)} kolom, padahal judulnya {width} kolom."
            raise _FaultyRow([Fault(line, "", detail)])
        faults: list[Fault] = []
        answers: dict[str, int | None] = {}
        profile: dict[str, Any] = {}
        for place, key in self._answers.items():
            try:
                answers[key] = _ANSWERS[cells[place].strip()]
            except KeyError:
                detail = f"Jawaban “{cells[place][:40]}” tidak dikenal; tulis 1, 2, 3 atau 4, atau kosongkan."
                faults.append(Fault(line, self._names[place], detail))
        for place, field in self._profile.items():
            try:
                profile[field] = _READERS[field](cells[place].strip())
            except ValueError as error:
                faults.append(Fault(line, self._names[place], str(error)))
        if not faults and not any(answers.values()):
            faults.append(Fault(line, "", "Tidak ada satu pun unsur yang dijawab pada baris ini."))
        if faults:
            raise _FaultyRow(faults)
        return Row(line, answers, **profile)


def read_rows(lines: Iterable[str], order: str | None = None, faults_kept: int = FAULTS_KEPT) -> Rows:
    """The answers in a table with a header; only U1 to U9 need an `order` ("regulation" or "questionnaire").

    Refuses a table without a header, with a column twice or without elements; faulty rows are collected.
    """
    return Rows(lines, order, faults_kept)


class _FaultyRow(Exception):
    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults


class _Sheet:
    """The cells of a delimited text, row by row with their line numbers; the header is read at once."""

    def __init__(self, lines: Iterable[str]) -> None:
        lines = iter(lines)
        delimiter = None
        self._lines_before = 0
        for line in lines:
            first = line.removeprefix("\ufeff")
            if marker := _SEPARATOR_LINE.fullmatch(first):
                delimiter = marker[1]
            elif first.strip(" \t\n;,"):
                break
            self._lines_before += 1
        else:
            raise BadTable("empty_table", "Tabel ini kosong.")
        self._reader = csv.reader(
            chain([first], lines), delimiter=delimiter or _delimiter(first), strict=True
        )
        self.header_line, header = next(iter(self), (0, None))
        if header is None:  # only quotes, or signs that are no letters
            raise BadTable("empty_table", "Tabel ini kosong.")
        if isinstance(header, Fault):
            raise BadTable("unreadable_header", f"Baris judul tidak terbaca: {header.detail}")
        if len(header) > COLUMNS_MOST:
            raise BadTable(
                "too_many_columns", f"Tabel ini berisi {len(header)} kolom; paling banyak {COLUMNS_MOST}."
            )
        self.header = [cell.strip() for cell in header]

    def __iter__(self) -> Iterator[tuple[int, list[str] | Fault]]:
        while True:
            line = self._lines_before + self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                yield (
                    line,
                    Fault(line, "", "Tanda kutip pada baris ini tidak ditutup, atau isinya terlalu panjang."),
                )
                continue
            if any(map(str.strip, cells)):
                yield line, cells


_SEPARATOR_LINE = re.compile(r"sep=(.)\n?", re.IGNORECASE)
"""What some spreadsheets write above the header."""


def _delimiter(header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header)
    return next((mark for mark in ("\t", ";") if mark in bare), ",")


def _normal(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


_NAMES = {
    _normal(name): element.key
    for element in ELEMENTS.values()
    for name in (element.key, element.short, element.name)
}
_NUMBER = re.compile(r"u?_?([1-9])")
_NUMBERED_NAME = re.compile(r"u?_?[1-9]_(.+)")

_FIELDS = {
    name: field
    for field, names in {
        "id": "id uuid",
        "answered_at": "answered_at timestamp tanggal tanggal_survei",
        "age": "age usia umur",
        "sex": "sex jenis_kelamin kelamin jk",
        "education": "education pendidikan pendidikan_terakhir",
        "occupation": "occupation pekerjaan",
        "disability": "disability disabilitas",
        "comment": "comment komentar saran saran_dan_masukan kritik_dan_saran",
    }.items()
    for name in names.split()
}


def _columns(names: Sequence[str], order: str | None) -> dict[int, str]:
    """Which element or profile field stands in which column; others are left out."""
    # a first row of answers instead of names repeats its numbers: to ask for an order would lead astray
    numbers = [_NUMBER.fullmatch(_normal(name)) for name in names]
    _refuse_repeated([number[1] if number else "" for number in numbers], names)
    found = {
        place: key
        for place, name in enumerate(names)
        if (key := _element_named(name, order) or _FIELDS.get(_normal(name)))
    }
    _refuse_repeated([found.get(place, "") for place in range(len(names))], names)
    if not any(map(_is_element, found.values())):
        raise BadTable(
            "no_elements",
            f"Tidak ada kolom unsur. Baris pertama harus berisi nama kolom: {', '.join(ELEMENTS)}, "
            f"atau U1 sampai U9. Yang terbaca: {', '.join(names)[:200]}.",
        )
    return found


def _refuse_repeated(keys: Sequence[str], names: Sequence[str]) -> None:
    known: set[str] = set()
    for key, name in zip(keys, names, strict=True):
        if key in known:
            raise BadTable(
                "repeated_column",
                f"Kolom “{name[:40]}” ada dua kali. Baris pertama harus berisi nama kolom, masing-masing satu kali.",
                name[:40],
            )
        if key:
            known.add(key)


def _is_element(key: str) -> bool:
    return key in ELEMENTS or EXTRA.fullmatch(key) is not None


def _element_named(name: str, order: str | None) -> str | None:
    """The element that a column or row is called after: its key, its name, or U1 to U9 in the given order."""
    normal = _normal(name)
    numbered_name = _NUMBERED_NAME.fullmatch(normal)
    for called in (normal, numbered_name[1] if numbered_name else ""):
        if called in _NAMES:
            return _NAMES[called]
    if EXTRA.fullmatch(normal):
        return normal
    number = _NUMBER.fullmatch(normal)
    return _ordered(order)[int(number[1]) - 1] if number else None


def _ordered(order: str | None) -> tuple[str, ...]:
    if order is None:
        raise BadTable(
            "order_needed",
            "Tabel ini memakai nomor U1 sampai U9. Pilih urutannya: “regulation” bila U8 pengaduan dan U9 "
            "sarana, “questionnaire” bila U8 sarana dan U9 pengaduan.",
            "order",
        )
    if order not in ORDERS:
        raise BadTable(
            "unknown_order",
            f"Urutan “{order[:40]}” tidak dikenal: pilih regulation atau questionnaire.",
            "order",
        )
    return ORDERS[order]


_ANSWERS: dict[str, int | None] = {
    "": None,
    **{
        written: answer
        for answer in (1, 2, 3, 4)
        for written in (str(answer), "abcd"[answer - 1], "ABCD"[answer - 1])
    },
}

_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ ,T]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?")
_YEAR_FIRST = re.compile(r"\d{4}-\d\d-\d\d")
_AGE = re.compile(r"(\d{1,3})(?: *(?:tahun|thn|th))?", re.IGNORECASE)
_SEXES = {
    name: sex
    for sex, names in {"L": "l lk laki_laki pria male", "P": "p pr perempuan wanita female"}.items()
    for name in names.split()
}


def _moment(cell: str) -> datetime | None:
    if not cell:
        return None
    try:
        if match := _DAY_FIRST.fullmatch(cell):
            day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
            return datetime(year, month, day, hour, minute, second)
        if _YEAR_FIRST.match(cell):
            return datetime.fromisoformat(cell)
    except ValueError:
        pass
    raise ValueError(
        f"Waktu “{cell[:40]}” tidak dikenal; tulis misalnya 2024-05-24 13:53 atau 24/05/2024 13:53."
    )


def _age(cell: str) -> int | None:
    if not cell:
        return None
    match = _AGE.fullmatch(cell)
    if match is None or not 1 <= int(match[1]) <= 120:
        raise ValueError(f"Usia “{cell[:40]}” tidak mungkin; tulis 1 sampai 120, atau kosongkan.")
    return int(match[1])


def _sex(cell: str) -> str | None:
    if cell and _normal(cell) not in _SEXES:
        raise ValueError(f"Jenis kelamin “{cell[:40]}” tidak dikenal; tulis L atau P, atau kosongkan.")
    return _SEXES.get(_normal(cell))


def _text(cell: str) -> str | None:
    return cell or None


_READERS: dict[str, Callable[[str], object]] = {
    "id": _text,
    "answered_at": _moment,
    "age": _age,
    "sex": _sex,
    "education": _text,
    "occupation": _text,
    "disability": _text,
    "comment": _text,
}


class Totals(msgspec.Struct, frozen=True):
    """A processing sheet: per element the sum of answers, or the NRR as printed, or both.

    `n` is None where the table does not tell the number of respondents; `valid` are the answers per element.
    """

    n: int | None
    totals: dict[str, int]
    nrr: dict[str, Decimal]
    valid: dict[str, int]


def read_table(text: str, order: str | None = None) -> Rows | Totals:
    """Whichever of the two the text is."""
    return (
        read_totals(lines_of(text), order) if is_totals(lines_of(text)) else read_rows(lines_of(text), order)
    )


def is_totals(lines: Iterable[str]) -> bool:
    """Whether a table has one element a row: its first cell says "unsur", or an element beside a number."""
    first, *others = _Sheet(lines).header
    if _normal(first) in _ELEMENT_HEADERS:
        return True
    is_named = _normal(first) in _NAMES or _NUMBER.fullmatch(_normal(first)) is not None
    return is_named and len(others) in (1, 2) and all(map(_VALUE.fullmatch, others))


def read_totals(lines: Iterable[str], order: str | None = None) -> Totals:
    """Rows of "element; total or NRR; number of answers", with or without a header, and maybe a row for n."""
    sheet = _Sheet(lines)
    rows = [(sheet.header_line, sheet.header), *_readable(sheet)]
    places = {"value": 1, "n": 2}
    if _normal(sheet.header[0]) in _ELEMENT_HEADERS:
        places = {
            _VALUE_HEADERS[_normal(name)]: place
            for place, name in enumerate(sheet.header)
            if _normal(name) in _VALUE_HEADERS
        }
        rows = rows[1:]
    columns = {name: _column(rows, place, order) for name, place in places.items()}
    values, nrr, sizes = columns.get("value", {}), columns.get("nrr", {}), columns.get("n", {})
    rows_for_n = [column.pop(_N) for column in (values, nrr, sizes) if _N in column]
    if any("." in str(value) for value in values.values()):
        # what has decimals is no sum of answers
        values, nrr = {}, values
    if not values and not nrr:
        raise BadTable("no_elements", "Tidak ada baris unsur dengan jumlah nilai atau NRR pada tabel ini.")
    n = next(iter(rows_for_n), max(sizes.values(), default=None))
    return Totals(None if n is None else _whole(n), _wholes(values), nrr, _wholes(sizes))


def _wholes(numbers: Mapping[str, Decimal]) -> dict[str, int]:
    return {key: _whole(number) for key, number in numbers.items()}


def _whole(number: Decimal) -> int:
    if "." in str(number):
        raise BadTable("bad_number", f"Jumlah orang harus bilangan bulat, bukan {comma(number)}.", _N)
    return int(number)


_N = "n"
_ELEMENT_HEADERS = {"unsur", "unsur_pelayanan", "elemen", "element"}
_VALUE_HEADERS = {
    name: column
    for column, names in {
        "value": "total jumlah jumlah_nilai nilai nilai_unsur",
        "nrr": "nrr nrr_unsur rata_rata nilai_rata_rata",
        "n": "n responden jumlah_responden jumlah_jawaban",
    }.items()
    for name in names.split()
}
_VALUE = re.compile(r"\d{1,12}(?:[.,]\d{1,9})?")


def _readable(sheet: _Sheet) -> Iterator[tuple[int, list[str]]]:
    for line, cells in sheet:
        if isinstance(cells, Fault):
            raise BadTable("bad_row", f"Baris {line}: {cells.detail}")
        yield line, cells


def _column(rows: Iterable[tuple[int, list[str]]], place: int, order: str | None) -> dict[str, Decimal]:
    """The numbers in one column by element, and under `n` that of the row for the respondents."""
    found: dict[str, Decimal] = {}
    for line, cells in rows:
        name, cell = cells[0].strip(), "".join(cells[place : place + 1]).strip()
        key = _N if _VALUE_HEADERS.get(_normal(name)) == "n" else _element_named(name, order)
        if key is None:
            raise BadTable("unknown_element", f"Baris {line}: unsur “{name[:40]}” tidak dikenal.", name[:40])
        if key in found:
            raise BadTable("repeated_row", f"Baris {line}: unsur “{name[:40]}” ada dua kali.", key)
        if cell and not _VALUE.fullmatch(cell):
            raise BadTable("bad_number", f"Baris {line}: “{cell[:40]}” bukan angka.", key)
        if cell:
            found[key] = Decimal(cell.replace(",", "."))
    return found
