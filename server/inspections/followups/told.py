"""A follow-up as it is told: value → target, who puts it right until when, and what happened to it."""

from datetime import date
from typing import Any

from server.accounts.access import Viewer
from server.inspections.api import time_told
from server.inspections.evidence.told import piece_told
from server.inspections.followups.progress import OPEN, is_overdue
from server.inspections.followups.storage import Followed, Step


def told(line: Followed, viewer: Viewer) -> dict[str, Any]:
    """As its reader may know it: an inspector, nothing of another's visit."""
    one, sees_visit = line.follow_up, line.shows_visit_to(viewer)
    indicator = line.instrument.indicator(one.indicator)
    due_day = date.fromisoformat(one.due_day)
    late = is_overdue(one.state, due_day, line.today)
    return {
        "id": one.id,
        "evaluation": one.evaluation_id,
        "evaluation_title": line.evaluation.title,
        "unit": line.unit.slug,
        "unit_name": line.unit.name,
        "service": None if line.service is None else line.service.slug,
        **({"visit": str(one.visit_id)} if sees_visit else {}),
        "indicator": one.indicator,
        "name": one.indicator if indicator is None else indicator.name,
        "value": f"{one.value:f}",
        "target": f"{one.target:f}",
        "owner": one.owner,
        "due_day": one.due_day,
        "days_left": max((due_day - line.today).days, 0) if one.state == OPEN else None,
        "overdue_by": (line.today - due_day).days if late else 0,
        "state": one.state,
        "opened_at": time_told(one.opened_at),
        "repaired_at": time_told(one.repaired_at),
        "closed_at": time_told(one.closed_at),
        "steps": [_step(step) for step in line.steps],
        **({"before": [piece_told(piece) for piece in line.before]} if sees_visit else {}),
        "after": [piece_told(piece) for piece in line.after],
    }


def _step(step: Step) -> dict[str, Any]:
    row, name = step
    return {"act": row.act, "at": time_told(row.at), "by": name, "note": row.note}
