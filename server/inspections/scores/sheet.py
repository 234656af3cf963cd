"""Everything the printed sheet of a unit's score needs: the arithmetic, the visits behind it, and who decided what."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.inspections.scores import storage
from server.inspections.scores.seeing import score_seen_by
from server.inspections.scores.told import unit_told


async def sheet_facts(session: AsyncSession, viewer: Viewer, evaluation: str, slug: str) -> dict[str, Any]:
    """The facts of a unit's sheet as the viewer may read them."""
    planned, unit, scored = await score_seen_by(session, viewer, evaluation, slug)
    counting = [visit for visit in scored.material.visits if visit.is_counting]
    ids = [visit.id for visit in counting]
    evidence = await storage.evidence_counts(session, ids)
    return {
        "evaluation": {
            "id": planned.id,
            "title": planned.title,
            "first_day": planned.first_day,
            "last_day": planned.last_day,
            "target": planned.target,
        },
        "zone": unit.zone,
        "scored": scored,
        "score": unit_told(scored, planned.edition, viewer),
        "indicators": {indicator.key: indicator.name for _, indicator in scored.result.instrument.indicators},
        "visits": [
            {
                "id": str(visit.id),
                "team": visit.team,
                "verified_at": visit.verified_at,
                "verified_by": visit.verified_by,
                "evidence": evidence[visit.id],
            }
            for visit in counting
        ],
        "settlements": [
            {
                "indicator": row.indicator,
                "value": row.value,
                "reason": row.reason,
                "cause": row.cause,
                "by": by,
                "at": row.settled_at,
            }
            for row, by in await storage.settlements_of(session, planned.id, unit.id)
        ],
        "replies": [
            {
                "indicator": reply.indicator,
                "text": reply.text,
                "at": reply.replied_at,
                "outcome": reply.outcome,
                "decision": reply.decision,
                "decided_value": reply.decided_value,
                "decided_by": by,
                "decided_at": reply.decided_at,
            }
            for reply, by in await storage.replies_to(session, ids)
        ],
    }
