"""Final scores made again from what was kept with them: the same figures, or the difference is told.

Figures, not sentences: a later Loket may word a step better, but no number, category or gap may move.
"""

import hashlib
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.inspections.instrument import Instrument
from server.inspections.result import Inputs, result, to_wire
from server.inspections.scores import storage
from server.inspections.tables import Edition, PinnedScore

SENTENCES = frozenset({"steps", "explanation", "status", "label"})
"""What a document says in words; the figures they are about stand beside them."""


class Mismatch(msgspec.Struct, frozen=True):
    """A final score that does not follow from its inputs and its instrument."""

    evaluation_id: int
    unit: str
    what: str


async def recomputed(session: AsyncSession) -> tuple[int, list[Mismatch]]:
    """How many final scores were made again, and those whose figures do not agree."""
    n, mismatches = 0, []
    async for score, edition, unit in storage.pinned_scores(session):
        n += 1
        if what := _difference(score, edition):
            mismatches.append(Mismatch(score.evaluation_id, unit, what))
    return n, mismatches


def document_of(instrument: Instrument, inputs: Inputs) -> str:
    """The whole arithmetic as it is kept with a final score."""
    return msgspec.json.encode(to_wire(result(instrument, inputs))).decode()


def _difference(score: PinnedScore, edition: Edition) -> str:
    """What is wrong with a final score, empty if nothing is."""
    if hashlib.sha256(edition.body.encode()).hexdigest() != score.edition:
        return "instrumen yang tersimpan tidak cocok dengan segelnya"
    try:
        instrument = msgspec.json.decode(edition.body, type=Instrument)
        document = document_of(instrument, msgspec.json.decode(score.inputs, type=Inputs))
    except (msgspec.MsgspecError, ValueError) as error:
        return f"masukan tidak terbaca: {error}"
    told = msgspec.json.decode(document)
    if (place := _first_difference(msgspec.json.decode(score.document), told)) is not None:
        return f"dokumen tidak sama dengan hitung ulang ({place})"
    conversion = None if score.conversion is None else str(score.conversion)
    kept = (str(score.index), conversion, score.category)
    if kept != (told["index"], told["conversion"], told["category"] or ""):
        return "indeks atau kategori tidak sama dengan dokumennya"
    return ""


def _first_difference(kept: Any, made: Any, place: str = "$") -> str | None:
    """Where what was kept and what is made again differ first; what only later versions tell is no difference."""
    match kept, made:
        case dict(), dict():
            for key in kept:
                if key not in SENTENCES:
                    found = _first_difference(kept[key], made.get(key), f"{place}.{key}")
                    if found is not None:
                        return found
            return None
        case list(), list() if len(kept) == len(made):
            for number, pair in enumerate(zip(kept, made, strict=True)):
                found = _first_difference(*pair, f"{place}[{number}]")
                if found is not None:
                    return found
            return None
        case _:
            return None if kept == made else place
