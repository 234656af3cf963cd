"""What is entered at an indicator: read exactly, judged by the instrument, refused with its reason. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from server.inspections.instrument import Indicator, Instrument
from server.inspections.scoring import BadFinding, Judged, Observed, judge
from server.inspections.visits.wire import NOTE_MOST, SentFinding
from server.problems import Problem
from server.texts import readable

SENTENCES_MOST = 5

_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")


def observed_in(sent: SentFinding) -> Observed:
    note = readable(sent.note)
    if len(note) > NOTE_MOST:
        raise bad("note", "too_long", f"Catatan paling banyak {NOTE_MOST} huruf.")
    return Observed(
        value=_decimal(sent.value),
        items=sent.items,
        done=sent.done,
        planned=sent.planned,
        months=sent.months,
        is_not_applicable=sent.not_applicable,
        note=note,
    )


def _decimal(value: float | str | None) -> Decimal | None:
    """A value as exactly as it was written; a binary fraction is not what anybody wrote."""
    if value is None:
        return None
    if isinstance(value, float) or _DECIMAL.fullmatch(str(value)) is None:
        raise bad(
            "value", "not_exact", "Tulis nilai sebagai bilangan bulat atau teks dengan titik, misalnya “2.5”."
        )
    return Decimal(value)


def judged_as(instrument: Instrument, indicator: Indicator, observed: Observed) -> Judged:
    try:
        return judge(instrument, indicator, observed)
    except BadFinding as error:
        raise bad(error.field, error.code, error.detail) from error


def indicator_of(instrument: Instrument, key: str) -> Indicator:
    found = instrument.indicator(key)
    if found is None:
        raise bad("indicator", "unknown_indicator", f"Instrumen ini tidak memuat indikator “{key[:40]}”.")
    return found


def refuse_absurd(moment: datetime, field: str) -> None:
    """A time that no clock could mean. One that is years off is kept: it is a claim, and ours stands beside it."""
    if not 1970 <= moment.year <= 2100:
        raise bad(
            field,
            "absurd_time",
            "Waktunya tidak mungkin: periksa jam dan tanggal perangkat, lalu kirim lagi.",
        )


def bad(field: str, reason: str, detail: str) -> Problem:
    return Problem("bad_finding", what=detail, field=field, extra={"reason": reason})


def all_bad(faults: Mapping[str, Problem]) -> Problem:
    """One refusal of many findings; people read the first few, programs get all of them."""
    # what a fault says of itself; that nothing was stored is said once, of all
    sentences = [
        f"{key[:40]}: {problem.facts.get('what', problem.detail)}" for key, problem in faults.items()
    ]
    rest = len(sentences) - SENTENCES_MOST
    return Problem(
        "bad_finding",
        what=" ".join([*sentences[:SENTENCES_MOST], *([f"Dan {rest} temuan lain."] if rest > 0 else [])]),
        extra={"faults": [_fault_told(key, problem) for key, problem in faults.items()]},
    )


def _fault_told(key: str, problem: Problem) -> dict[str, Any]:
    return {
        "indicator": key,
        "code": problem.code,
        "field": problem.field,
        "detail": problem.detail,
        **problem.extra,
    }
