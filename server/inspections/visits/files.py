"""The findings of an evaluation as a file for a spreadsheet program: one row per visit and indicator.

A number is a number, a time is the unit's local one, and what people wrote is never a formula.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from server.csvfiles import csv_line
from server.inspections.instrument import Count, Indicator, Instrument
from server.inspections.scoring import Line, Observed, PartScore, score_of
from server.inspections.storage import judged, observed
from server.inspections.tables import Finding
from server.inspections.visit import STATES
from server.inspections.visits.storage import VisitLine
from server.skm.index import half_up
from server.skm.rules import comma

Cell = str | int | Decimal | datetime | None
Found = Mapping[tuple[UUID, str], tuple[Finding, str]]
Counts = Mapping[tuple[UUID, str], int]

HEADINGS = (
    *("Evaluasi", "Unit", "Layanan", "Formulir", "Tim", "Petugas", "Status"),
    *("Kode indikator", "Indikator", "Aspek", "Bobot", "Nilai", "Nilai menurut butir", "Butir yang ada"),
    *("Tidak berlaku", "Catatan", "Jumlah bukti", "Waktu pengamatan", "Menurut perangkat", "Keraguan waktu"),
    *("Waktu diterima", "Diverifikasi oleh"),
)

DOUBTS: dict[str, str | None] = {
    "": None,
    "no_contact": "diperkirakan dari jam ponsel",
    "changed": "jam ponsel diubah",
    "ahead": "sesudah waktu diterima",
}
"""Why a corrected time is unsure (`phones.ClockDoubt`)."""

_TIME = "%Y-%m-%d %H:%M"


def rows_of(instrument: Instrument, line: VisitLine, found: Found, counts: Counts) -> Iterator[list[Cell]]:
    """The rows of one visit, in the order of the form; what was not filled in has one too."""
    visit_id = line.visit.id
    said = {key: observed(row) for (of, key), (row, _) in found.items() if of == visit_id}
    score = score_of(instrument, judged(instrument, said), line.evaluation.convention)
    for part in score.parts:
        for scored in part.lines:
            key = scored.indicator.key
            row, who = found.get((visit_id, key), (None, line.person.name))
            yield [
                *_visit_cells(line, who),
                *_indicator_cells(part, scored, said.get(key, Observed())),
                counts.get((visit_id, key), 0),
                *_times(row, line.unit.zone),
                line.verifier.name if line.verifier else None,
            ]


def _visit_cells(line: VisitLine, who: str) -> list[Cell]:
    service = line.service.name if line.service else None
    visit = line.visit
    return [
        *(line.evaluation.title, line.unit.name, service),
        *(visit.form, visit.team, who, STATES[visit.state]),
    ]


def _indicator_cells(part: PartScore, scored: Line, said: Observed) -> list[Cell]:
    value = scored.judged
    return [
        *(scored.indicator.key, scored.indicator.name, part.part.name),
        *(_weight(scored.weight), value.value, value.computed),
        _items(scored.indicator, said),
        "ya" if value.is_not_applicable else None,
        said.note,
    ]


def _weight(weight: Fraction | None) -> Decimal | None:
    return None if weight is None else half_up(weight, 4).normalize()


def _items(indicator: Indicator, said: Observed) -> str | None:
    """What an observation counted, in words."""
    if said.planned is not None:
        return f"{said.done or 0} dari {said.planned}"
    if said.months is not None:
        return f"{said.months} bulan"
    rule = indicator.scoring
    if said.items is None or not isinstance(rule, Count):
        return None
    return "; ".join(item.text for item in (*rule.required, *rule.items) if item.key in said.items)


def _times(row: Finding | None, zone: str) -> list[Cell]:
    """When it was seen by our clock and as the device claims, what makes that unsure, and when it came."""
    if row is None:
        return [None] * 4
    seen_at = _local(row.corrected_at or row.recorded_at, zone)
    return [
        *(seen_at, _local(row.observed_at, zone)),
        *(DOUBTS[row.clock_doubt], _local(row.recorded_at, zone)),
    ]


def _local(moment: datetime, zone: str) -> datetime:
    """The unit's time, as a clock on its wall showed it."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def csv_row(cells: Iterable[Cell]) -> str:
    return csv_line(map(_as_text, cells))


def _as_text(cell: Cell) -> str | int | None:
    match cell:
        case Decimal():
            return comma(cell)
        case datetime():
            return cell.strftime(_TIME)
        case _:
            return cell


class Sheet:
    """An XLSX file that grows row by row on the disk. Everything here blocks: it belongs in a thread."""

    def __init__(self) -> None:
        self.file: IO[bytes] = TemporaryFile()  # noqa: SIM115 (closed by whoever sends it)
        self._book = Workbook(self.file, {"constant_memory": True})
        self._sheet = self._book.add_worksheet("Temuan")
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._rows = 0
        self._sheet.freeze_panes(1, 0)
        self.add([list(HEADINGS)])

    def add(self, rows: Iterable[Iterable[Cell]]) -> None:
        for cells in rows:
            for column, cell in enumerate(cells):
                self._write(column, cell)
            self._rows += 1

    def _write(self, column: int, cell: Cell) -> None:
        match cell:
            case str():
                # as text, whatever it begins with
                self._sheet.write_string(self._rows, column, cell)
            case datetime():
                self._sheet.write_datetime(self._rows, column, cell, self._time)
            case int() | Decimal():
                self._sheet.write_number(self._rows, column, cell)

    def finished(self) -> IO[bytes]:
        """The whole file, to be read from its beginning."""
        self._book.close()
        self.file.seek(0)
        return self.file
