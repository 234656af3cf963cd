"""What the tables hold, and how often they are asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import event, func, select

from server.database import Database
from server.inspections.tables import Visit


async def visit(database: Database, visit_id: UUID) -> Visit:
    async with database.reading() as session:
        return await session.get_one(Visit, visit_id)


async def count(database: Database, table: Any, *conditions: Any) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements of those who write meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    engine = database._write_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)
