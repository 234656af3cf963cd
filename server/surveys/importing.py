"""Answers from elsewhere, brought in as a sheet: paper forms typed in, or another application's dump.

Read twice: once to find every fault (with one, nothing is stored), once to store. A row's id follows from the counter
and the row, so that the same file imported again stores nothing twice.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from server.problems import Problem
from server.skm.index import Index, index_of, tally_of_responses
from server.skm.questionnaire import PROFILE
from server.skm.rules import ELEMENTS, BadTable
from server.skm.table import FAULTS_KEPT, Fault, Row, Rows, decode, lines_of, read_rows
from server.skm.tally import COUNTED
from server.surveys.arrive import Arrival, answers_about, content_sha256
from server.surveys.compute import refuse_faults
from server.surveys.intake import BATCH_MOST, Intake, Stored
from server.surveys.wire import COMMENT_MOST, Answers, Respondent, SubmittedResponse
from server.texts import readable
from server.units.facts import CounterFacts

FIRST_DAY = date(2017, 1, 1)
"""Since then the nine elements are what they are: an answer dated before is a slip of the pen, or of another rule."""

NAMESPACE = UUID("6f2c2f0e-6f0b-5d3c-9a54-1f6f4b0d9c11")

_CODES = {
    field: {choice.code.lower(): choice.code for choice in choices} for field, choices in PROFILE.items()
}


class Imported(msgspec.Struct):
    """What an import did: rows stored now, rows that were stored before, and ids held with other content."""

    new: int = 0
    repeated: int = 0
    conflicts: int = 0
    unknown_columns: tuple[str, ...] = ()


async def import_responses(
    intake: Intake,
    counter: CounterFacts,
    content: bytes,
    order: str | None,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> Imported:
    """Stores a sheet of answers at a counter, all or nothing; raises BadTable naming the faults by line."""
    text, _ = await asyncio.to_thread(decode, content)
    rows = await asyncio.to_thread(_checked, text, order, counter, now)
    done = Imported(unknown_columns=rows.unknown)
    batch: list[Arrival] = []
    sheet_sha256 = hashlib.sha256(content).hexdigest()
    for arrival in _arrivals(read_rows(lines_of(text), order), counter, now, sheet_sha256):
        batch.append(arrival)
        if len(batch) == BATCH_MOST:
            await _store(intake, batch, done)
            progress(len(batch))
            batch = []
    await _store(intake, batch, done)
    progress(len(batch))
    return done


async def _store(intake: Intake, batch: list[Arrival], done: Imported) -> None:
    stored = await asyncio.gather(*(_store_patiently(intake, arrival) for arrival in batch))
    for arrival, held in zip(batch, stored, strict=True):
        if held.is_new:
            done.new += 1
        elif held.body_sha256 == arrival.body_sha256:
            done.repeated += 1
        else:
            done.conflicts += 1


async def _store_patiently(intake: Intake, arrival: Arrival) -> Stored:
    """A sheet waits for its turn while citizens are many; it is never broken off halfway for that."""
    while True:
        try:
            return await intake.store(arrival)
        except Problem as problem:
            if problem.code != "overloaded":
                raise
            await asyncio.sleep(1)


def _checked(text: str, order: str | None, counter: CounterFacts, now: datetime) -> Rows:
    rows = read_rows(lines_of(text), order)
    for row in rows:
        for column, detail in _faults(row, counter, now):
            rows.fault_count += 1
            if len(rows.faults) < 100:
                rows.faults.append(Fault(row.line, column, detail))
    extra = [key for key in rows.elements if key not in ELEMENTS]
    if extra:
        raise BadTable(
            "extra_elements", f"Unsur tambahan ({', '.join(extra)}) belum dapat diimpor sebagai jawaban."
        )
    refuse_faults(rows)
    if not rows.count:
        raise BadTable("no_rows", "Tabel ini belum berisi satu baris jawaban pun.")
    return rows


def _faults(row: Row, counter: CounterFacts, now: datetime) -> Iterator[tuple[str, str]]:
    """What is wrong with a readable row as a survey answer."""
    if row.answered_at is not None and row.answered_at.date() < FIRST_DAY:
        yield (
            "waktu",
            f"Tanggal {row.answered_at:%d-%m-%Y} ada sebelum survei ini berlaku ({FIRST_DAY:%d-%m-%Y}).",
        )
    elif row.answered_at is not None and _utc(row.answered_at, counter) > now:
        yield "waktu", f"Waktu {row.answered_at:%d-%m-%Y %H:%M} belum terjadi."
    is_free = counter.service is not None and not counter.service.asks_cost
    if is_free and all(answer is None for key, answer in row.answers.items() if key != "biaya"):
        yield (
            "",
            "Layanan ini tidak menanyakan biaya, dan pertanyaan lain pada baris ini tidak ada yang dijawab.",
        )
    if row.comment is not None and len(row.comment) > COMMENT_MOST:
        yield "saran", f"Komentar lebih dari {COMMENT_MOST} huruf."
    for field, codes in _CODES.items():
        value = getattr(row, field)
        if value is not None and value.lower() not in codes:
            yield field, f"“{value[:40]}” tidak ada dalam daftar ({', '.join(codes.values())})."


def _arrivals(rows: Rows, counter: CounterFacts, now: datetime, sheet_sha256: str) -> Iterator[Arrival]:
    alike: dict[tuple[datetime | None, bytes], int] = {}
    for row in rows:
        submission = SubmittedResponse(
            counter=counter.code,
            answers=Answers(**row.answers),
            respondent=_respondent(row),
            comment=row.comment,
        )
        content = content_sha256(counter.code, submission)
        answered_at = _utc(row.answered_at, counter) if row.answered_at else None
        like = (answered_at, content)
        alike[like] = alike.get(like, 0) + 1
        if row.id:
            name = f"{counter.code} id {row.id}"
        else:
            # with a time, it is the same answer in whichever sheet; without one, only in the same file
            of = answered_at.isoformat() if answered_at else sheet_sha256
            name = f"{counter.code} {of} {content.hex()} {alike[like]}"
        local = (answered_at or now).astimezone(ZoneInfo(counter.zone))
        service = counter.service
        answers = answers_about(service, submission.answers)
        yield Arrival(
            id=uuid5(NAMESPACE, name),
            counter_id=counter.id,
            unit_id=counter.unit_id,
            service_id=service.id if service else None,
            local_day=local.date().isoformat(),
            local_hour=local.hour,
            answers=tuple(getattr(answers, key) for key in ELEMENTS),
            age=row.age,
            sex=submission.respondent.sex,
            education=submission.respondent.education,
            occupation=submission.respondent.occupation,
            disability=submission.respondent.disability,
            comment=readable(row.comment or "") or None,
            answered_at=answered_at,
            received_at=now,
            served_at=None,
            channel="import",
            lang="id",
            token="import",  # noqa: S106
            page=None,
            device=None,
            body_sha256=content,
            excluded_by=COUNTED,
        )


def _respondent(row: Row) -> Respondent:
    profile: dict[str, Any] = {
        field: codes[value.lower()] if (value := getattr(row, field)) else None
        for field, codes in _CODES.items()
    }
    return Respondent(age=row.age, **profile)


def _utc(moment: datetime, counter: CounterFacts) -> datetime:
    """A time in UTC; one written without a zone is the counter's local time."""
    local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(counter.zone))
    return local.astimezone(UTC)


class Trial(msgspec.Struct, frozen=True):
    """What an import would do: the good rows and their index; with a fault, nothing would be stored."""

    count: int
    index: Index
    elements: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    faults: tuple[Fault, ...]
    """The first hundred."""
    fault_count: int


def trial(content: bytes, order: str | None, counter: CounterFacts, now: datetime, rows_most: int) -> Trial:
    """Reads a sheet of answers as an import does, and stores nothing; raises BadTable when it has no answers at all."""
    text, _ = decode(content)
    rows = read_rows(lines_of(text), order)
    faults: list[Fault] = []
    good = faulty_n = 0

    def answers() -> Iterator[dict[str, int | None]]:
        nonlocal good, faulty_n
        for row in rows:
            found = [Fault(row.line, column, detail) for column, detail in _faults(row, counter, now)]
            faults.extend(found[: FAULTS_KEPT - len(faults)])
            faulty_n += len(found)
            good += not found
            if good > rows_most:
                raise BadTable("too_many_rows", too_large(f"{rows_most:,} baris".replace(",", "."), counter))
            if not found:
                yield row.answers

    extra = [key for key in rows.elements if key not in ELEMENTS]
    if extra:
        raise BadTable(
            "extra_elements", f"Unsur tambahan ({', '.join(extra)}) belum dapat diimpor sebagai jawaban."
        )
    tally = tally_of_responses(answers())
    if not good and not rows.fault_count and not faulty_n:
        raise BadTable("no_rows", "Tabel ini belum berisi satu baris jawaban pun.")
    listed = sorted([*rows.faults, *faults], key=lambda fault: fault.line)
    return Trial(
        count=good,
        index=index_of(tally),
        elements=rows.elements,
        unknown_columns=rows.unknown,
        faults=tuple(listed[:FAULTS_KEPT]),
        fault_count=rows.fault_count + faulty_n,
    )


def too_large(most: str, counter: CounterFacts | None = None) -> str:
    """What to do with a sheet that is too large for a page."""
    code = counter.code if counter else "KODE"
    return (
        f"Berkas ini terlalu besar untuk halaman ini (paling banyak {most}). Mintalah pengelola server "
        f"mengimpornya dengan perintah: loket import responses BERKAS --counter {code}"
    )
