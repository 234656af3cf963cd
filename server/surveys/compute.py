"""The index of a table that somebody brings, with nothing stored: as JSON (`POST /api/skm/compute`), or as a sheet
pasted on the calculator page or named on the command line.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import msgspec

from server.problems import Problem
from server.skm import index
from server.skm.index import PER_ELEMENT, Index
from server.skm.rules import EXACT, BadTable, Convention, SkmError, convention_named, convention_of
from server.skm.table import Rows, Totals, decode, read_table


class Table(msgspec.Struct, forbid_unknown_fields=True):
    """Exactly one of `totals` (with `n`), `nrr`, `counts` and `responses`."""

    n: int | None = None
    totals: dict[str, int | None] | None = None
    valid: dict[str, int] | None = None
    nrr: dict[str, Decimal | None] | None = None
    counts: dict[str, list[int]] | None = None
    responses: list[dict[str, int | None]] | None = None
    convention: str | dict[str, Any] | None = None
    weights: dict[str, str] | None = None
    missing: str = PER_ELEMENT


FAULTS_TOLD = 10

_decoder = msgspec.json.Decoder(Table)


def computed(body: bytes) -> dict[str, Any]:
    """The index in the shape of the API; refuses what cannot be computed."""
    try:
        table = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Problem("bad_table", what=f"Isian tidak sesuai: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("unreadable", what="bukan JSON yang utuh.") from error
    with refusing():
        return index.to_wire(_index(table))


def index_of_sheet(
    content: bytes | str, order: str | None, convention: Convention, missing: str = PER_ELEMENT
) -> Index:
    """The index of a sheet of answers (one respondent a row) or of totals or averages (one element a row).

    Raises BadTable; one that lists what is wrong with the rows says so line by line.
    """
    text = decode(content)[0] if isinstance(content, bytes) else content
    table = read_table(text, order)
    if isinstance(table, Totals):
        return _index_of_totals(table, convention)
    tally = index.tally_of_responses((row.answers for row in table), missing)
    refuse_faults(table)
    if not table.count:
        raise BadTable("no_rows", "Tabel ini belum berisi satu baris jawaban pun.")
    return index.index_of(tally, convention)


def refuse_faults(rows: Rows) -> None:
    """Refuses a table that was read to its end and has faults, naming the first of them by line and column."""
    if not rows.fault_count:
        return
    lines = [f"Ada {rows.fault_count} kesalahan."]
    for fault in rows.faults[:FAULTS_TOLD]:
        place = f"Baris {fault.line}, kolom {fault.column}" if fault.column else f"Baris {fault.line}"
        lines.append(f"{place}: {fault.detail}")
    if rows.fault_count > FAULTS_TOLD:
        lines.append(f"Dan {rows.fault_count - FAULTS_TOLD} lagi.")
    raise BadTable("bad_rows", "\n".join(lines))


@contextmanager
def refusing() -> Iterator[None]:
    """Tells what the arithmetic cannot compute as a refusal from the catalogue."""
    try:
        yield
    except SkmError as error:
        raise Problem(
            error.problem, field=error.field, extra={"reason": error.code}, what=error.detail
        ) from error


def _index_of_totals(sheet: Totals, convention: Convention) -> Index:
    if not sheet.totals:
        return index.index_of_nrr(sheet.nrr, sheet.n, convention)
    if sheet.n is None:
        raise BadTable("no_n", "Jumlah responden belum ada. Tambahkan baris “n; jumlah responden”.", "n")
    return index.index_of(index.tally_of_totals(sheet.totals, sheet.n, sheet.valid), convention)


def _index(table: Table) -> Index:
    convention = _convention(table.convention)
    given = [name for name in ("totals", "nrr", "counts", "responses") if getattr(table, name) is not None]
    if len(given) != 1:
        raise Problem("bad_table", what="Kirim salah satu: totals (dengan n), nrr, counts, atau responses.")
    if table.nrr is not None:
        return index.index_of_nrr(table.nrr, table.n, convention, weights=table.weights)
    if table.totals is not None:
        if table.n is None:
            raise Problem("bad_table", field="n", what="Jumlah responden (n) belum ada.")
        tally = index.tally_of_totals(table.totals, table.n, table.valid)
    elif table.counts is not None:
        tally = index.tally_of_counts(table.counts, table.n)
    else:
        tally = index.tally_of_responses(table.responses or [], table.missing)
    return index.index_of(tally, convention, weights=table.weights)


def _convention(written: str | Mapping[str, Any] | None) -> Convention:
    if written is None:
        return EXACT
    return convention_named(written) if isinstance(written, str) else convention_of(written)
