"""What the tables hold."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from server.database import Database
from server.inspections.tables import Visit


async def visit(database: Database, visit_id: UUID) -> Visit:
    async with database.reading() as session:
        return await session.get_one(Visit, visit_id)


async def count(database: Database, table: Any, *conditions: Any) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
