"""Which evaluation and which unit a list is asked for; one the viewer may not see does not exist for them."""

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Role, Viewer
from server.accounts.scope import unit_seen_by
from server.inspections.api import Asking, whole_number
from server.inspections.storage import evaluation_seen_by
from server.problems import Problem
from server.units.storage import unit_by_slug


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
    if not slug:
        return None
    if viewer.role is not Role.INSPECTOR:
        return (await unit_seen_by(session, viewer, slug)).id
    # they visit other units than the one they may belong to, and a list holds only what is theirs
    found = await unit_by_slug(session, slug)
    if found is None:
        raise Problem("unknown_unit")
    return found.id
