"""Addresses of an evaluation's findings as files: CSV and XLSX."""

import asyncio
from collections.abc import AsyncIterator
from typing import IO, Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.asgi import SECURITY_HEADERS
from server.csvfiles import MARK
from server.inspections.api import Asking, whole_number
from server.inspections.storage import evaluation_seen_by, instrument_of
from server.inspections.tables import Evaluation
from server.inspections.visits import storage
from server.inspections.visits.files import HEADINGS, Cell, Sheet, csv_row, rows_of
from server.problems import Problem

Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK_BYTES = 256 * 1024

_EVALUATION = "/api/inspections/evaluations/{evaluation:str}"


@get(f"{_EVALUATION}/findings.csv", access=Access.SEE_INSPECTIONS)
async def findings_csv(request: Asking, reading: Session, viewer: Seer, evaluation: FromPath[str]) -> Stream:
    seen = await _seen(reading, viewer, evaluation)
    return _download(seen, "csv", "text/csv", _csv_parts(request.app.state.database, viewer, seen))


@get(f"{_EVALUATION}/findings.xlsx", access=Access.SEE_INSPECTIONS)
async def findings_xlsx(reading: Session, viewer: Seer, evaluation: FromPath[str]) -> Stream:
    seen = await _seen(reading, viewer, evaluation)
    sheet = await asyncio.to_thread(Sheet)
    try:
        async for rows in _rows(reading, viewer, seen):
            await asyncio.to_thread(sheet.add, rows)
        file = await asyncio.to_thread(sheet.finished)
    except BaseException:
        sheet.file.close()
        raise
    return _download(seen, "xlsx", XLSX, _parts_of(file))


async def _seen(session: AsyncSession, viewer: Viewer, evaluation: str) -> Evaluation:
    number = whole_number(evaluation)
    if number is None:
        raise Problem("unknown_evaluation")
    return await evaluation_seen_by(session, viewer, number)


async def _rows(
    session: AsyncSession, viewer: Viewer, evaluation: Evaluation
) -> AsyncIterator[list[list[Cell]]]:
    """The rows of the visits a viewer may read, a few visits at a time."""
    instrument = await instrument_of(session, evaluation.edition)
    async for lines in storage.stream_evaluation(session, viewer, evaluation.id):
        ids = [line.visit.id for line in lines]
        found = await storage.finding_rows(session, ids)
        counts = await storage.evidence_counts(session, ids)
        yield [row for line in lines for row in rows_of(instrument, line, found, counts)]


async def _csv_parts(database: Any, viewer: Viewer, evaluation: Evaluation) -> AsyncIterator[str]:
    # its own session: that of the request is closed before the first line goes out
    async with database.reading() as session:
        yield MARK + csv_row(HEADINGS)
        async for rows in _rows(session, viewer, evaluation):
            yield "".join(map(csv_row, rows))


async def _parts_of(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while part := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield part


def _download(
    evaluation: Evaluation, kind: str, media_type: str, parts: AsyncIterator[str] | AsyncIterator[bytes]
) -> Stream:
    headers = {
        **SECURITY_HEADERS,
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="temuan-evaluasi-{evaluation.id}.{kind}"',
    }
    return Stream(parts, media_type=media_type, headers=headers)


routes: list[Any] = [findings_csv, findings_xlsx]
