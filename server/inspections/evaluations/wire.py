"""What is sent to plan an evaluation, and how evaluations, loci and assignments are told."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from server.inspections.api import time_told
from server.inspections.tables import Assignment, Evaluation, Locus
from server.inspections.visit import EDITABLE
from server.units.tables import PublicService, Unit


class EvaluationPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new evaluation; what is None is taken from the instrument."""

    title: str
    instrument: str
    first_day: str
    last_day: str
    convention: str | None = None
    target: Decimal | None = None
    reply_days: int = 7
    repair_days: int = 60
    without_f03: str | None = None


class EvaluationChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different in an evaluation; what is left out stays."""

    title: str | UnsetType = UNSET
    last_day: str | UnsetType = UNSET
    target: Decimal | UnsetType = UNSET
    reply_days: int | UnsetType = UNSET
    repair_days: int | UnsetType = UNSET
    without_f03: str | UnsetType = UNSET
    instrument: str | UnsetType = UNSET
    """Never changes, and neither does the convention; read here so that the refusal can say so."""
    convention: str | UnsetType = UNSET


class Reasoned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision with its reason."""

    reason: str


class UnitsChosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units that become loci at once: by name, by kind, or all that are open. Exactly one of the three."""

    units: list[str] | None = None
    kind: str | None = None
    all: bool = False


class AssignmentPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to visit which unit (and which public service of it), until when."""

    unit: str
    person: str
    due_day: str
    service: str | None = None
    team: str = ""


# ── how it is told ──


class EvaluationLine(msgspec.Struct, frozen=True):
    """An evaluation in a list: what the viewer may know of it."""

    evaluation: Evaluation
    code: str
    version: str
    instrument: str
    """Its title."""
    loci: int
    pinned: int


class AssignmentLine(msgspec.Struct, frozen=True):
    """An assignment with everything its inspector needs to know."""

    assignment: Assignment
    evaluation: Evaluation
    unit: Unit
    service: PublicService | None
    username: str
    name: str
    state: str | None
    """How far the inspector's latest visit is; None: not begun."""
    is_final: bool
    """Whether the unit has its final score: what is handed in now would be refused."""

    def days_left(self, now: datetime) -> int:
        """Days until it is due, in the unit's zone; 0 is today."""
        return (date.fromisoformat(self.assignment.due_day) - local_day(now, self.unit.zone)) // timedelta(1)

    @property
    def is_to_do(self) -> bool:
        """Whether nothing has been handed in yet, and it still can be."""
        return not self.is_final and (self.state is None or self.state in EDITABLE)

    def is_overdue(self, now: datetime) -> bool:
        return self.is_to_do and self.evaluation.closed_at is None and self.days_left(now) < 0


def local_day(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def evaluation_told(line: EvaluationLine) -> dict[str, Any]:
    one = line.evaluation
    return {
        "id": one.id,
        **plan_told(one),
        "instrument": {
            "address": f"{line.code}/{line.version}",
            "sha256": one.edition,
            "title": line.instrument,
        },
        "created_at": time_told(one.created_at),
        "closed_at": time_told(one.closed_at),
        "progress": {"loci": line.loci, "pinned": line.pinned},
    }


def plan_told(evaluation: Evaluation) -> dict[str, Any]:
    """What was decided when it was planned: for readers and for the audit trail."""
    return {
        "title": evaluation.title,
        "first_day": evaluation.first_day,
        "last_day": evaluation.last_day,
        "convention": evaluation.convention,
        "target": f"{evaluation.target:f}",
        "reply_days": evaluation.reply_days,
        "repair_days": evaluation.repair_days,
        "without_f03": evaluation.without_f03,
    }


def locus_told(locus: Locus, unit: Unit) -> dict[str, Any]:
    return {
        "unit": unit.slug,
        "name": unit.name,
        "kind": unit.kind,
        "address": unit.address,
        "code": locus.code,
        "added_at": time_told(locus.added_at),
    }


def assignment_told(line: AssignmentLine, now: datetime) -> dict[str, Any]:
    return {
        "id": line.assignment.id,
        "evaluation": {"id": line.evaluation.id, "title": line.evaluation.title},
        "unit": {"slug": line.unit.slug, "name": line.unit.name, "address": line.unit.address},
        "service": None if line.service is None else {"slug": line.service.slug, "name": line.service.name},
        "team": line.assignment.team,
        "person": {"username": line.username, "name": line.name},
        "due_day": line.assignment.due_day,
        "days_left": line.days_left(now),
        "is_overdue": line.is_overdue(now),
        "state": line.state,
    }
