"""A reply as it is told: what was found, what the unit says to it, and what was decided. All of it stays."""

from decimal import Decimal
from typing import Any

from server.inspections.api import time_told
from server.inspections.evidence.told import piece_told
from server.inspections.replies.storage import Answered
from server.inspections.scoring import judge


def told(line: Answered) -> dict[str, Any]:
    reply, visit = line.reply, line.visit
    indicator = line.instrument.indicator(reply.indicator)
    assert indicator is not None, "a reply to what the instrument does not know"
    judged = judge(line.instrument, indicator, line.observed)
    return {
        "id": str(reply.id),
        "evaluation": visit.evaluation_id,
        "unit": line.unit.slug,
        "unit_name": line.unit.name,
        "visit": str(visit.id),
        "state": visit.state,
        "indicator": indicator.key,
        "name": indicator.name,
        "finding": {
            "value": number_told(judged.value),
            "not_applicable": judged.is_not_applicable,
            "explanation": judged.explanation,
            "note": line.observed.note,
        },
        "text": reply.text,
        "evidence": [piece_told(piece) for piece in line.evidence],
        "replied_at": time_told(reply.replied_at),
        "replied_by": line.replied_by,
        "decision": _decision(line),
    }


def number_told(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _decision(line: Answered) -> dict[str, Any] | None:
    reply = line.reply
    if reply.outcome is None:
        return None
    return {
        "outcome": reply.outcome,
        "value": number_told(reply.decided_value),
        "not_applicable": reply.outcome == "upheld" and reply.decided_value is None,
        "reason": reply.decision,
        "decided_at": time_told(reply.decided_at),
        "decided_by": line.decided_by,
    }
