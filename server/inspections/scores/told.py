"""How scores are told: a unit's, with what each visit says beside it, and the city's list. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from server.accounts.access import Viewer
from server.inspections import rollup
from server.inspections.instrument import Instrument
from server.inspections.ipp import users_score
from server.inspections.result import to_wire
from server.inspections.rollup import UnitResult
from server.inspections.scores.gather import Group, Looked, Scored, Terms, score_of_visit
from server.inspections.scoring import NOT_FILLED, Judged, band_of, converted, rounded
from server.skm.index import half_up


def unit_told(scored: Scored, edition: str, viewer: Viewer) -> dict[str, Any]:
    """A unit's score with all that stands beside it; only the bureau reads drafts and who recorded what."""
    instrument = scored.result.instrument
    return {
        "unit": {"slug": scored.material.slug, "name": scored.material.name},
        "state": "final" if scored.is_final else "live",
        "instrument": instrument.address,
        "sha256": edition,
        **_document(scored),
        **_pinned(scored),
        "visits": [
            visit_told(scored, visit, with_person=viewer.is_bureau)
            for visit in scored.material.visits
            if visit.is_counting or viewer.is_bureau or visit.person_id == viewer.person_id
        ],
        "disagreements": [line for group in scored.groups for line in _disagreements(instrument, group)],
        "forms": _forms(instrument, scored),
    }


def _document(scored: Scored) -> dict[str, Any]:
    """The result: as it was pinned, letter by letter, or as it is now."""
    pinned = scored.material.pinned
    if pinned is None:
        return to_wire(scored.result)
    kept: dict[str, Any] = msgspec.json.decode(pinned.document)
    return kept


def _pinned(scored: Scored) -> dict[str, Any]:
    pinned = scored.material.pinned
    return {"pinned": None if pinned is None else {"at": pinned.at, "by": pinned.by}}


def visit_told(scored: Scored, visit: Looked, *, with_person: bool) -> dict[str, Any]:
    """One visit and what it alone would give."""
    score = score_of_visit(scored.result, visit)
    service = scored.material.services.get(visit.service_id or 0)
    return {
        "id": str(visit.id),
        "service": service.slug if service else None,
        "team": visit.team,
        **({"person": visit.person} if with_person else {}),
        "state": visit.state,
        "index": None if score.index is None else str(rounded(score.index)),
        "status": score.status,
        "filled": score.filled,
        "total": score.total,
        "verified_at": visit.verified_at,
    }


def _disagreements(instrument: Instrument, group: Group) -> list[dict[str, Any]]:
    told = []
    for one in group.agreement.disagreements:
        indicator = instrument.indicator(one.indicator)
        settled = group.settled.get(one.indicator) if one.is_settled else None
        told.append(
            {
                "indicator": one.indicator,
                "name": indicator.name if indicator else "",
                "service": group.service.slug if group.service else None,
                "said": [
                    {"visit": seen.visit_id, "team": seen.team, **value_told(judged)}
                    for seen, judged in one.said
                ],
                "settled": settled
                and {
                    **value_told(Judged(settled.value, is_not_applicable=settled.value is None)),
                    "reason": settled.reason,
                    "by": settled.by,
                    "at": settled.at,
                },
            }
        )
    return told


def value_told(judged: Judged) -> dict[str, Any]:
    told: dict[str, Any] = {"value": _text(judged.value)}
    if judged.is_not_applicable:
        told["not_applicable"] = True
    return told


def _forms(instrument: Instrument, scored: Scored) -> dict[str, Any]:
    """What the unit said of itself beside what evaluators found, and per part what users said."""
    sheets = scored.result.inputs.sheets
    users = users_score(instrument, sheets) if instrument.users and sheets else None
    return {
        "products": [
            {
                "service": group.service.slug if group.service else None,
                "indicators": _both(
                    instrument, _self_assessed(instrument, scored, group), group.agreement.values
                ),
            }
            for group in scored.groups
        ],
        "parts": {
            part.code: {
                "name": part.name,
                "f03": None if users is None else _text(_places(users.parts.get(part.code))),
            }
            for part in instrument.parts
        },
    }


def _self_assessed(instrument: Instrument, scored: Scored, group: Group) -> Mapping[str, Judged]:
    """The unit's own latest values, for the same public service where the instrument looks at services."""
    service_id = group.service.id if group.service else None
    found = (
        visit.values
        for visit in scored.material.self_assessed
        if instrument.per == "unit" or visit.service_id == service_id
    )
    return next(found, {})


def _both(
    instrument: Instrument, f01: Mapping[str, Judged], f02: Mapping[str, Judged]
) -> dict[str, dict[str, Any]]:
    told = {}
    for _, indicator in instrument.indicators:
        own = f01.get(indicator.key, NOT_FILLED).value
        seen = f02.get(indicator.key, NOT_FILLED).value
        difference = None if own is None or seen is None else own - seen
        told[indicator.key] = {"f01": _text(own), "f02": _text(seen), "difference": _text(difference)}
    return told


def _places(mean: Any) -> Decimal | None:
    return None if mean is None else half_up(mean, 3)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


# ── the city ──


def rows_told(scores: Sequence[Scored]) -> list[dict[str, Any]]:
    """Units from the highest index down, equal ones at one rank; those without an index last, without a rank."""
    ranked = sorted(
        scores, key=lambda one: (one.result.index is None, -(one.result.index or 0), one.material.name)
    )
    indices = [one.result.index for one in ranked]
    return [
        _row(one, None if one.result.index is None else indices.index(one.result.index) + 1) for one in ranked
    ]


def _row(scored: Scored, rank: int | None) -> dict[str, Any]:
    instrument, index = scored.result.instrument, scored.result.index
    day = scored.result.inputs.day
    band = None if index is None else band_of(instrument, index, day)
    return {
        "rank": rank,
        "unit": scored.material.slug,
        "name": scored.material.name,
        "index": None if index is None else str(rounded(index)),
        "conversion": None if index is None else _text(converted(instrument, index)),
        "category": band.code if band else None,
        "label": band.label if band else None,
        "zone": (band.zone or None) if band else None,
        "status": scored.result.status,
        "disputed": scored.result.is_disputed,
        "services": scored.services,
        "visits": sum(visit.is_counting for visit in scored.material.visits),
        "pinned": scored.is_final,
    }


def cities_told(instrument: Instrument, terms: Terms, scores: Sequence[Scored]) -> dict[str, dict[str, Any]]:
    """The city's index by every method, each under its name and label."""
    units = [
        UnitResult(one.material.name, one.result.index, one.services, one.result.is_f02_only)
        for one in scores
    ]
    return {
        method: rollup.to_wire(rollup.city(units, method), instrument, terms.day) for method in rollup.METHODS
    }


def only_final(scores: Sequence[Scored]) -> list[Scored]:
    """The same units, but those whose score is not final stand without an index."""
    return [
        one
        if one.is_final
        else msgspec.structs.replace(one, result=msgspec.structs.replace(one.result, index=None))
        for one in scores
    ]
