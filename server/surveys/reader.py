"""What others read of the survey: indices of units, services, counters and the city, in the shape of the API.

Handed to the scorecards by `app.py`; the public page, the API and the command line all read here, so they agree.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.clock import Clock
from server.database import Database
from server.skm import exclusion, index, sample
from server.skm.rules import (
    CONVENTIONS,
    CURRENT,
    EXACT,
    Convention,
    convention_named,
    convention_text,
)
from server.skm.tally import periods_between
from server.surveys import storage
from server.surveys.compute import index_of_sheet, refusing
from server.surveys.storage import Counts


class Reader:
    def __init__(self, database: Database, zone: str, clock: Clock) -> None:
        self._database = database
        self._zone = ZoneInfo(zone)
        self._clock = clock

    async def index(
        self,
        unit_id: int,
        first: date | None,
        last: date | None,
        service_id: int | None = None,
        counter_id: int | None = None,
        convention: str | None = None,
        *,
        steps: bool = False,
    ) -> dict[str, Any]:
        """The index of a unit over a range of local days (open ends: all there is), of a service or counter of it."""
        async with self._database.reading_apart() as session:
            return await self.index_in(
                session, unit_id, first, last, service_id, counter_id, convention, steps=steps
            )

    async def index_in(
        self,
        session: AsyncSession,
        unit_id: int,
        first: date | None,
        last: date | None,
        service_id: int | None = None,
        counter_id: int | None = None,
        convention: str | None = None,
        *,
        steps: bool = False,
    ) -> dict[str, Any]:
        """The same in a session that is open already: the hot address asks for everything in one."""
        periods = await storage.periods_with_answers(session, first, last)
        counts = await storage.counts_of(session, unit_id, periods, service_id, counter_id)
        chosen = await self._convention(session, last, convention)
        wire = index.to_wire(_index(counts, chosen), counts.excluded, with_steps=steps)
        return {**wire, "period": {"from": _text(first), "to": _text(last)}}

    async def months(self, unit_id: int | None, first: date, last: date) -> list[dict[str, Any]]:
        """The index of each month of the range, empty months too; of the pooled city without a unit."""
        months = sorted({period[:7] for period in periods_between(first, last)})
        async with self._database.reading_apart() as session:
            counts = await storage.counts_by(session, "period", months, unit_id)
            chosen = await self._convention(session, last, None)
        return [{"month": month, **_summary(counts.get(month, storage.NOTHING), chosen)} for month in months]

    async def services(
        self, unit_id: int, first: date | None, last: date | None
    ) -> dict[int, dict[str, Any]]:
        """The index of each service with answers; 0 stands for answers that named no service."""
        return await self._parts("service_id", unit_id, first, last)

    async def counters(
        self, unit_id: int, first: date | None, last: date | None
    ) -> dict[int, dict[str, Any]]:
        return await self._parts("counter_id", unit_id, first, last)

    async def units(self, first: date | None, last: date | None) -> dict[int, dict[str, Any]]:
        """The index of every unit with answers."""
        return await self._parts("unit_id", None, first, last)

    async def hours(self, unit_id: int, first: date, last: date) -> dict[int, int]:
        """Counted answers per local hour, over the months that the range touches."""
        months = sorted({period[:7] for period in periods_between(first, last)})
        async with self._database.reading_apart() as session:
            return await storage.hours_of(session, unit_id, months)

    async def city(self, first: date | None, last: date | None) -> dict[str, Any]:
        """The city by the three methods in use, each with its label, its elements over all respondents, and its units
        (as `units` gives them, from the same reading)."""
        async with self._database.reading_apart() as session:
            counts = await storage.counts_by(
                session, "unit_id", await storage.periods_with_answers(session, first, last)
            )
            chosen = await self._convention(session, last, None)
        parts = [_index(unit, chosen) for unit in counts.values() if unit.n]
        together = index.pooled(parts)
        elements = index.to_wire(together.index, with_steps=False) if together.index else {}
        return {
            "methods": _by_methods(parts),
            "n": together.n or 0,
            "convention": chosen.name,
            "elements": elements.get("elements", {}),
            "lowest": elements.get("lowest", []),
            "units": {unit_id: _summary(unit, chosen) for unit_id, unit in counts.items()},
        }

    async def services_joined(
        self, unit_id: int, first: date | None, last: date | None
    ) -> list[dict[str, Any]]:
        """A unit's services joined by the three methods; answers that named no service are not among them."""
        async with self._database.reading_apart() as session:
            periods = await storage.periods_with_answers(session, first, last)
            counts = await storage.counts_by(session, "service_id", periods, unit_id)
            chosen = await self._convention(session, last, None)
        return _by_methods([_index(service, chosen) for key, service in counts.items() if key and service.n])

    async def first_and_last_month(self) -> tuple[str, str] | None:
        """The months (2026-01) of the city's first and last answer."""
        async with self._database.reading_apart() as session:
            months = await storage.months_with_answers(session)
        return (months[0], months[-1]) if months else None

    async def sample(
        self, unit_id: int, users: int | None, first: date, last: date, counters: Mapping[int, str]
    ) -> dict[str, Any]:
        """How many respondents the period needs, has and lacks, and what unbalances them.

        `counters` are the unit's open counters, id -> name: one that nobody answered at counts as an alternative.
        """
        async with self._database.reading_apart() as session:
            periods = await storage.periods_with_answers(session, first, last)
            counts = await storage.counts_by(session, "counter_id", periods, unit_id)
        hours = await self.hours(unit_id, first, last)
        by_counter = {str(key): 0 for key in counters} | {str(key): part.n for key, part in counts.items()}
        meter = sample.meter(users, sum(by_counter.values()))
        return {
            "users": users,
            "required": meter.required,
            "collected": meter.collected,
            "missing": meter.missing,
            "is_reached": meter.is_reached,
            "dominance": [
                {
                    "kind": warning.kind,
                    "key": warning.key,
                    "name": counters.get(int(warning.key), "") if warning.kind == "counter" else "",
                    "percent": warning.percent,
                    "n": warning.n,
                    "total": warning.total,
                }
                for warning in sample.dominance(by_counter, hours)
            ],
        }

    def rules(self) -> list[dict[str, str]]:
        """The published rules that keep an answer out of the index."""
        return [msgspec.to_builtins(rule) for rule in exclusion.RULES]

    def conventions(self) -> list[dict[str, str]]:
        return [{"name": name, "text": convention_text(way)} for name, way in CONVENTIONS.items()]

    def bands(self) -> list[dict[str, str]]:
        return [
            {
                "grade": band.grade,
                "label": band.label,
                "lowest": str(band.lowest),
                "highest": str(band.highest),
            }
            for band in reversed(CURRENT.bands)
        ]

    def today(self, now: datetime) -> date:
        """The city's local day."""
        return now.astimezone(self._zone).date()

    # ── tables that somebody brings: nothing is stored ───────────────────────────────────────────────────────────

    def compute_table(
        self, content: bytes | str, order: str | None, convention: str | None
    ) -> dict[str, Any]:
        """The index of a pasted or uploaded table of answers."""
        with refusing():
            return index.to_wire(index_of_sheet(content, order, convention_named(convention or EXACT.name)))

    def compute_totals(self, n: int, totals: Mapping[str, int], convention: str | None) -> dict[str, Any]:
        with refusing():
            return index.to_wire(
                index.index_of(index.tally_of_totals(totals, n), convention_named(convention or EXACT.name))
            )

    def compute_nrr(self, nrr: Mapping[str, Decimal | str], convention: str | None) -> dict[str, Any]:
        with refusing():
            return index.to_wire(index.index_of_nrr(nrr, None, convention_named(convention or EXACT.name)))

    # ── within ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _parts(
        self, part: str, unit_id: int | None, first: date | None, last: date | None
    ) -> dict[int, dict[str, Any]]:
        async with self._database.reading_apart() as session:
            periods = await storage.periods_with_answers(session, first, last)
            counts = await storage.counts_by(session, part, periods, unit_id)
            chosen = await self._convention(session, last, None)
        return {key: _summary(counts, chosen) for key, counts in counts.items()}

    async def _convention(self, session: AsyncSession, last: date | None, asked: str | None) -> Convention:
        """The convention asked for, else the one in force when the period ended."""
        with refusing():
            return convention_named(
                asked or await storage.convention_on(session, last or self.today(self._clock()))
            )


def _index(counts: Counts, convention: Convention) -> index.Index:
    with refusing():
        return index.index_of(index.tally_of_counts(counts.histogram, counts.n), convention)


def _by_methods(parts: Sequence[index.Index]) -> list[dict[str, Any]]:
    """The three methods in use side by side, each with the label it must be printed with."""
    return [
        {
            "method": joined.method,
            "label": joined.method_label,
            "n": joined.n,
            "parts": joined.parts,
            "ikm": _text(joined.ikm),
            "grade": joined.grade,
            "grade_label": joined.label,
            "coverage": joined.coverage,
            "is_complete": joined.is_complete,
        }
        for joined in (index.unit_mean(parts), index.pooled(parts), index.respondent_weighted(parts))
    ]


def _summary(counts: Counts, convention: Convention) -> dict[str, Any]:
    computed = _index(counts, convention)
    return {
        "n": counts.n,
        "ikm": _text(computed.ikm),
        "grade": computed.grade,
        "label": computed.label,
        "lowest": list(computed.lowest),
        "measured": computed.measured,
        "coverage": computed.coverage,
        "is_complete": computed.is_complete,
        "excluded": counts.excluded,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
