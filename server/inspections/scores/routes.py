"""Addresses of scores: a unit's, the city's, settling and pinning."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.inspections.api import Asking, answer, sent_as
from server.inspections.rollup import METHODS
from server.inspections.scores import deciding, storage
from server.inspections.scores.seeing import evaluation_of, score_seen_by, scores_seen_by
from server.inspections.scores.told import cities_told, only_final, rows_told, unit_told
from server.inspections.scores.wire import Finalisation, Settling
from server.inspections.storage import instrument_of, locus_seen_by
from server.problems import Problem

Session = NamedDependency[AsyncSession]
Seer = NamedDependency[Viewer]
Now = NamedDependency[datetime]

_OF_UNIT = "/api/inspections/evaluations/{evaluation_id:str}/units/{slug:str}"


@get(f"{_OF_UNIT}/score", access=Access.SEE_INSPECTIONS)
async def unit_score(
    evaluation_id: FromPath[str], slug: FromPath[str], reading: Session, viewer: Seer
) -> Response[bytes]:
    return answer(await _told(reading, viewer, evaluation_id, slug))


@post(f"{_OF_UNIT}/settlements/{{indicator:str}}", access=Access.VERIFY_VISITS)
async def settle(
    request: Asking,
    evaluation_id: FromPath[str],
    slug: FromPath[str],
    indicator: FromPath[str],
    writing: Session,
    viewer: Seer,
    now: Now,
) -> Response[bytes]:
    sent = await sent_as(request, Settling)
    evaluation = await evaluation_of(writing, viewer, evaluation_id)
    _, unit = await locus_seen_by(writing, viewer, evaluation.id, slug)
    await deciding.settle(writing, viewer, now, evaluation, unit, indicator, sent)
    return answer(await _told(writing, viewer, evaluation_id, slug), 201)


@post(f"{_OF_UNIT}/finalisation", access=Access.VERIFY_VISITS)
async def finalise(
    request: Asking,
    evaluation_id: FromPath[str],
    slug: FromPath[str],
    writing: Session,
    viewer: Seer,
    now: Now,
) -> Response[bytes]:
    sent = await sent_as(request, Finalisation)
    evaluation = await evaluation_of(writing, viewer, evaluation_id)
    _, unit = await locus_seen_by(writing, viewer, evaluation.id, slug)
    is_new = await deciding.finalise(writing, viewer, now, evaluation, unit, sent)
    return answer(await _told(writing, viewer, evaluation_id, slug), 201 if is_new else 200)


async def _told(session: AsyncSession, viewer: Viewer, evaluation_id: str, slug: str) -> dict[str, Any]:
    evaluation, _, scored = await score_seen_by(session, viewer, evaluation_id, slug)
    return {
        "evaluation": evaluation.id,
        **unit_told(scored, evaluation.edition, viewer),
    }


@get("/api/inspections/evaluations/{evaluation_id:str}/score", access=Access.SEE_INSPECTIONS)
async def city_score(
    request: Asking, evaluation_id: FromPath[str], reading: Session, viewer: Seer
) -> Response[bytes]:
    """The units ranked, and the city's index by each method; whoever sees only some units reads no city's index."""
    evaluation = await evaluation_of(reading, viewer, evaluation_id)
    method = request.query_params.get("method", "mean_of_units")
    if method not in METHODS:
        raise Problem("bad_convention", what=f"Pilih salah satu cara: {', '.join(METHODS)}.", field="method")
    is_final = request.query_params.get("final") == "1"
    instrument = await instrument_of(reading, evaluation.edition)
    scores = await scores_seen_by(reading, viewer, evaluation)
    shown = only_final(scores) if is_final else scores
    cities = cities_told(instrument, storage.terms_of(evaluation), shown) if viewer.is_bureau else {}
    return answer(
        {
            "evaluation": evaluation.id,
            "title": evaluation.title,
            "instrument": instrument.address,
            "sha256": evaluation.edition,
            "final": is_final,
            "units": rows_told([one for one in shown if one.is_final or not is_final]),
            "method": method,
            "city": cities.get(method),
            "methods": cities,
        }
    )


routes: list[Any] = [unit_score, settle, finalise, city_score]
