"""From what is stored of a unit to its score: visits by public service, where they agree, what was settled.

Pure. A score that is final is not gathered again: it is made from the inputs that were kept with it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from server.inspections.decide import Agreement, Decision, Seen, agreement
from server.inspections.instrument import Combination, Instrument
from server.inspections.result import Inputs, Product, Result, result
from server.inspections.scoring import NOT_FILLED, Judged, Score, score_of
from server.inspections.visit import COUNTING, WITHDRAWN


class Service(msgspec.Struct, frozen=True):
    """A public service that an instrument looks at on its own."""

    id: int
    slug: str
    name: str


class Looked(msgspec.Struct, frozen=True):
    """One visit: whose, how far it has come, and what it found."""

    id: UUID
    service_id: int | None
    team: str
    person_id: int
    person: str
    state: str
    verified_at: datetime | None
    verified_by: str | None
    values: dict[str, Judged]

    @property
    def is_counting(self) -> bool:
        return self.state in COUNTING

    @property
    def is_waiting(self) -> bool:
        """Begun and neither verified nor set aside: it must be one of them before a score can be final."""
        return not self.is_counting and self.state != WITHDRAWN


class Pinned(msgspec.Struct, frozen=True):
    """A final score as it was kept."""

    edition: str
    inputs: str
    document: str
    at: datetime
    by: str


class Material(msgspec.Struct, frozen=True):
    """Everything that is stored of a unit in an evaluation."""

    unit_id: int
    slug: str
    name: str
    open_services: int
    pinned: Pinned | None
    visits: tuple[Looked, ...] = ()
    """The evaluators' (F-02), in the order in which they were handed in, whatever their state."""
    self_assessed: tuple[Looked, ...] = ()
    """The unit's own (F-01) that were handed in, the latest first."""
    decisions: dict[int | None, tuple[Decision, ...]] = {}
    """Every decision on a value by public service, the oldest first."""
    assigned: frozenset[int] = frozenset()
    """The public services that somebody is to visit."""
    services: dict[int, Service] = {}
    sheets: tuple[dict[str, int], ...] = ()


class Terms(msgspec.Struct, frozen=True):
    """How an evaluation makes its scores, besides its instrument."""

    convention: str
    day: date
    without_f03: Literal["incomplete", "f02_only"]


class Group(msgspec.Struct, frozen=True):
    """The visits that count for one public service, or for the unit as a whole (`service` None)."""

    service: Service | None
    visits: tuple[Looked, ...]
    agreement: Agreement

    @property
    def settled(self) -> dict[str, Decision]:
        """The decisions in force, by indicator."""
        return self.agreement.decided

    def visit_that_said(self, indicator: str, value: Decimal | None) -> Looked:
        """The first visit that found this value; where it was settled otherwise, the first of all."""
        said = (one for one in self.visits if one.values.get(indicator, NOT_FILLED).value == value)
        return next(said, self.visits[0])


class Scored(msgspec.Struct, frozen=True):
    """A unit with its score, live or final."""

    material: Material
    groups: tuple[Group, ...]
    result: Result

    @property
    def is_final(self) -> bool:
        return self.material.pinned is not None

    @property
    def services(self) -> int:
        """What weighs it in an index of the city that weighs; pinned with a final score."""
        return self.result.inputs.services


def scored(instrument: Instrument, terms: Terms, material: Material) -> Scored:
    """The unit's score: the one that was pinned, else what holds now."""
    groups = groups_of(instrument, material)
    if material.pinned is not None:
        return Scored(material, groups, kept_result(instrument, material.pinned.inputs))
    return Scored(material, groups, _live(instrument, terms, material, groups))


def kept_result(instrument: Instrument, inputs: str) -> Result:
    """The result of inputs as they were kept with a final score."""
    return result(instrument, msgspec.json.decode(inputs, type=Inputs))


def groups_of(instrument: Instrument, material: Material) -> tuple[Group, ...]:
    """One group for each public service that was visited or is still to be; without any visit none."""
    by_service: dict[int | None, list[Looked]] = {}
    for visit in material.visits:
        if visit.is_counting:
            by_service.setdefault(_product(instrument, visit.service_id), []).append(visit)
    if not by_service:
        return ()
    if instrument.per == "product" and material.pinned is None:
        for service_id in material.assigned:
            by_service.setdefault(service_id, [])
    groups = [_group(instrument, material, service_id, visits) for service_id, visits in by_service.items()]
    return tuple(
        sorted(groups, key=lambda group: (group.service.name, group.service.id) if group.service else ("", 0))
    )


def _group(instrument: Instrument, material: Material, service_id: int | None, visits: list[Looked]) -> Group:
    seen = [Seen(str(visit.id), visit.team, visit.values) for visit in visits]
    decisions = [
        decision
        for of, made in material.decisions.items()
        if _product(instrument, of) == service_id
        for decision in made
    ]
    return Group(
        None if service_id is None else material.services[service_id],
        tuple(visits),
        agreement(seen, decisions),
    )


def _product(instrument: Instrument, service_id: int | None) -> int | None:
    return service_id if instrument.per == "product" else None


def _weight(instrument: Instrument, material: Material, groups: tuple[Group, ...]) -> int:
    """What weighs a unit in the city's index: services observed, else services offered now; at least one."""
    return max(len(groups) if instrument.per == "product" else material.open_services, 1)


def _live(instrument: Instrument, terms: Terms, material: Material, groups: tuple[Group, ...]) -> Result:
    found = result(
        instrument,
        Inputs(
            convention=terms.convention,
            day=terms.day,
            products=tuple(
                Product(
                    group.service.name if group.service else "",
                    _in_form_order(instrument, group.agreement.values),
                    group.agreement.disputed,
                )
                for group in groups
            ),
            sheets=material.sheets,
            combination=_combination(instrument, terms),
            services=_weight(instrument, material, groups),
        ),
    )
    visited = sum(bool(group.visits) for group in groups)
    if visited < len(groups) and not found.is_disputed:
        # an index of the services that happen to be done already would pass for the unit's
        status = f"belum lengkap, {visited} dari {len(groups)} layanan"
        return msgspec.structs.replace(found, status=status)
    return found


def _in_form_order(instrument: Instrument, values: Mapping[str, Judged]) -> dict[str, Judged]:
    return {key: values[key] for key in _keys(instrument) if key in values}


def _combination(instrument: Instrument, terms: Terms) -> Combination | None:
    if instrument.combination is None:
        return None
    return msgspec.structs.replace(instrument.combination, without_f03=terms.without_f03)


def _keys(instrument: Instrument) -> list[str]:
    return [indicator.key for _, indicator in instrument.indicators]


def score_of_visit(result: Result, visit: Looked) -> Score:
    """What one visit alone would give, made in the way of the whole."""
    return score_of(result.instrument, visit.values, result.inputs.convention, result.inputs.day)
