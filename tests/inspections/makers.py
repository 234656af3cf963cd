"""What stands before a test of inspections begins: an evaluation, its units, who is assigned, visits already made.

Written straight into the tables, because each test enters through the door at another point of a visit's life.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec

from server.database import Database
from server.inspections.instrument import Instrument
from server.inspections.national import nationals
from server.inspections.scoring import Observed
from server.inspections.storage import keep_edition
from server.inspections.tables import (
    Assignment,
    Evaluation,
    Evidence,
    Finding,
    FindingRecord,
    Locus,
    PinnedScore,
    Visit,
    VisitStep,
)
from server.units.codes import new_code
from server.units.tables import Unit
from tests.cast import Cast

ADA, TIDAK_ADA = Observed(value=Decimal(1)), Observed(value=Decimal(0))


def levels(values: Mapping[int | str, int]) -> dict[str, Observed]:
    """Findings as levels: `levels({15: 3})`. Each has a note, for indicators that want a reason."""
    return {
        str(key): Observed(value=Decimal(value), note="dilihat di tempat") for key, value in values.items()
    }


def all_at(instrument: Instrument, value: int) -> dict[str, Observed]:
    """The same value at every indicator."""
    return {
        indicator.key: Observed(value=Decimal(value), note="dilihat di tempat")
        for _, indicator in instrument.indicators
    }


class Round:
    """An evaluation over units A and B; Eka is assigned to A (team Inspektorat), Fajar to A (Organisasi) and B."""

    def __init__(self, database: Database, cast: Cast, now: datetime) -> None:
        self.database = database
        self.cast = cast
        self.now = now
        self.id = 0
        self.instrument = nationals()["sampang/2018"]
        self.codes: dict[str, str] = {}
        self._more = 0

    async def begin(self, address: str = "sampang/2018", **facts: Any) -> "Round":
        self.instrument = nationals()[address]
        cast, now = self.cast, self.now
        async with self.database.writing() as session:
            edition = await keep_edition(session, self.instrument, now, None)
            evaluation = Evaluation(
                **{
                    "title": f"{self.instrument.title[:60]} 2026",
                    "edition": edition.sha256,
                    "first_day": "2026-01-01",
                    "last_day": "2026-12-31",
                    "convention": self.instrument.convention,
                    "target": self.instrument.target,
                    "reply_days": 7,
                    "repair_days": 60,
                    "without_f03": "incomplete",
                    "created_at": now,
                    "created_by": cast.people["gita"].id,
                    **facts,
                }
            )
            session.add(evaluation)
            await session.flush()
            self.id = evaluation.id
            for number, (name, unit) in enumerate(
                (("a", cast.a), ("b", cast.b)), start=8_100_000 + 10 * self.id
            ):
                self.codes[name] = new_code(number)
                session.add(
                    Locus(evaluation_id=self.id, unit_id=unit.id, code=self.codes[name], added_at=now)
                )
            await session.flush()
            for person, unit, team in (
                ("eka", cast.a, "Inspektorat"),
                ("fajar", cast.a, "Organisasi"),
                ("fajar", cast.b, "Organisasi"),
            ):
                session.add(
                    Assignment(
                        evaluation_id=self.id,
                        unit_id=unit.id,
                        team=team,
                        person_id=cast.people[person].id,
                        due_day="2026-12-15",
                        created_at=now,
                    )
                )
        return self

    async def more_units(self, count: int) -> list[Unit]:
        """So many units more, *Unit 0* and on, which nobody is assigned to yet."""
        numbers = range(self._more, self._more + count)
        self._more += count
        units = [
            Unit(
                slug=f"unit-{number}",
                name=f"Unit {number}",
                kind="dinas",
                path="",
                zone="Asia/Jakarta",
                created_at=self.now,
            )
            for number in numbers
        ]
        async with self.database.writing() as session:
            session.add_all(units)
            await session.flush()
            for number, unit in zip(numbers, units, strict=True):
                unit.path = f"/{unit.id}/"
                code = new_code(5_000_000 + number)
                session.add(Locus(evaluation_id=self.id, unit_id=unit.id, code=code, added_at=self.now))
        return units

    async def visit(
        self,
        person: str,
        unit: Unit,
        findings: Mapping[str, Observed] | None = None,
        *,
        state: str = "verified",
        form: str = "F-02",
        service_id: int | None = None,
        proven: bool = True,
    ) -> UUID:
        """A visit that has come as far as `state`; with a photo in words for every finding if `proven`."""
        visit_id, now, who = uuid4(), self.now, self.cast.people[person].id
        teams = {"eka": "Inspektorat", "fajar": "Organisasi"}
        found = all_at(self.instrument, int(self.instrument.scale.highest)) if findings is None else findings
        async with self.database.writing() as session:
            session.add(
                Visit(
                    id=visit_id,
                    evaluation_id=self.id,
                    unit_id=unit.id,
                    service_id=service_id,
                    form=form,
                    team=teams.get(person, ""),
                    person_id=who,
                    state=state,
                    made_at=now - timedelta(hours=1),
                    received_at=now,
                    submitted_at=None if state == "draft" else now,
                    verified_at=now if state in {"verified", "final"} else None,
                    verified_by=self.cast.people["gita"].id if state in {"verified", "final"} else None,
                    final_at=now if state == "final" else None,
                )
            )
            await session.flush()
            session.add(VisitStep(visit_id=visit_id, state=state, at=now, person_id=who))
            for key, one in found.items():
                facts = {
                    "visit_id": visit_id,
                    "indicator": key,
                    "observed": msgspec.json.encode(one).decode(),
                    "observed_at": now,
                    "recorded_at": now,
                    "person_id": who,
                }
                session.add(Finding(**facts))
                session.add(FindingRecord(**facts))
                if proven:
                    indicator = self.instrument.indicator(key)
                    assert indicator is not None
                    rule = indicator.evidence_rule
                    kinds = rule.kinds if rule else indicator.evidence_kinds
                    session.add(
                        Evidence(
                            id=uuid4(),
                            visit_id=visit_id,
                            unit_id=unit.id,
                            indicator=key,
                            purpose="finding",
                            kind=kinds[0] if kinds else "observation",
                            caption="terlihat jelas",
                            added_at=now,
                            added_by=who,
                        )
                    )
        return visit_id


async def pin(database: Database, round_: Round, unit: Unit) -> None:
    """Makes a unit's score final, as if it had been."""
    async with database.writing() as session:
        evaluation = await session.get_one(Evaluation, round_.id)
        session.add(
            PinnedScore(
                evaluation_id=round_.id,
                unit_id=unit.id,
                edition=evaluation.edition,
                inputs="{}",
                index=evaluation.target,
                category="A",
                document="{}",
                pinned_at=round_.now,
                pinned_by=round_.cast.people["gita"].id,
            )
        )
