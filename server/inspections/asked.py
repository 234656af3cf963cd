"""Which evaluation and which unit a list is asked for; one the viewer may not see does not exist for them."""

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.accounts.scope import unit_seen_by
from server.inspections.api import Asking, whole_number
from server.inspections.storage import evaluation_seen_by
from server.problems import Problem


async def evaluation_asked(request: Asking, session: AsyncSession, viewer: Viewer) -> int | None:
    text = request.query_params.get("evaluation")
    if not text:
        return None
    number = whole_number(text)
    if number is None:
        raise Problem("unknown_evaluation")
    return (await evaluation_seen_by(session, viewer, number)).id


async def unit_asked(request: Asking, session: AsyncSession, viewer: Viewer) -> int | None:
    slug = request.query_params.get("unit")
    return (await unit_seen_by(session, viewer, slug)).id if slug else None
