"""Whose data a viewer sees: the one filter that every query of a viewer passes through.

An officer sees their unit and all below it; the bureau sees the city. An inspector sees the units' names and
addresses, as everybody does, but no responses.
"""

from sqlalchemy import ColumnElement, SQLColumnExpression, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.problems import Problem
from server.units.tables import Unit


def within(viewer: Viewer, unit_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition that keeps only the rows whose `unit_id` lies in the viewer's tree."""
    if viewer.unit_path is None:
        return true()
    return unit_id.in_(select(Unit.id).where(Unit.path.startswith(viewer.unit_path, autoescape=True)))


async def unit_seen_by(session: AsyncSession, viewer: Viewer, slug: str) -> Unit:
    """The unit, if it exists and the viewer may see it; what they may not see does not exist for them."""
    found = await session.scalar(select(Unit).where(Unit.slug == slug, within(viewer, Unit.id)))
    if found is None:
        raise Problem("unknown_unit")
    return found
