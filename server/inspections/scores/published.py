"""Final scores for the public pages, handed to the scorecards by `app.py`. Nothing that can still change is told."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.database import Database
from server.inspections.instrument import Instrument
from server.inspections.result import Inputs, Result, result
from server.inspections.scores import storage
from server.inspections.scores.gather import Pinned, Scored, kept_result
from server.inspections.scores.told import cities_told, rows_told
from server.inspections.storage import instrument_of
from server.inspections.tables import Evaluation


class PublishedScores:
    """What the public reads of inspections."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._results: dict[bytes, Result] = {}
        """By what they were made from: what is final is added up once."""

    async def of_unit(self, unit_id: int) -> list[dict[str, Any]]:
        """A unit's final scores, the latest period first."""
        told = []
        async with self._database.reading_apart() as session:
            for score, evaluation in await storage.pinned_of_unit(session, unit_id):
                document = msgspec.json.decode(score.document)
                told.append(
                    {
                        **_round(evaluation, await instrument_of(session, evaluation.edition)),
                        **_told(document),
                        "pinned_at": score.pinned_at,
                    }
                )
        return told

    async def of_city(self, most: int | None = None) -> list[dict[str, Any]]:
        """Every evaluation with a final score, or the latest so many: its units ranked, the city by each method."""
        async with self._database.reading_apart() as session:
            return [
                await self._of_evaluation(session, evaluation)
                for evaluation in (await storage.evaluations_with_pinned(session))[:most]
            ]

    async def _of_evaluation(self, session: AsyncSession, evaluation: Evaluation) -> dict[str, Any]:
        instrument = await instrument_of(session, evaluation.edition)
        scores = [
            Scored(material, (), self._result(instrument, evaluation.edition, material.pinned))
            for material in await storage.final_materials(session, evaluation.id)
        ]
        terms = storage.terms_of(evaluation)
        return {
            **_round(evaluation, instrument),
            "units": [
                {"unit": row["unit"], "name": row["name"], "rank": row["rank"], **_told(row)}
                for row in rows_told([one for one in scores if one.is_final])
            ],
            "city": {
                method: {key: told for key, told in wire.items() if key != "steps"}
                for method, wire in cities_told(instrument, terms, scores).items()
            },
        }

    def _result(self, instrument: Instrument, edition: str, pinned: Pinned | None) -> Result:
        if pinned is None:
            return result(instrument, Inputs(instrument.convention, instrument.in_force_from, ()))
        key = hashlib.sha256(f"{edition}{pinned.inputs}".encode()).digest()
        if key not in self._results:
            self._results[key] = kept_result(instrument, pinned.inputs)
        return self._results[key]


def _told(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: document[key] for key in ("index", "conversion", "category", "label", "zone", "status")}


def _round(evaluation: Evaluation, instrument: Instrument) -> dict[str, Any]:
    return {
        "evaluation": evaluation.id,
        "title": evaluation.title,
        "first_day": evaluation.first_day,
        "last_day": evaluation.last_day,
        "instrument": instrument.address,
        "instrument_title": instrument.title,
        "maximum": str(instrument.maximum),
    }
