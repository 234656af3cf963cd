"""From an empty database to today's tables, on whichever database is under test."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from server.database import Table
from server.migrations import migrate


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.config.getoption("--on") == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("fresh_database_url")
    return url


async def test_the_migrations_make_exactly_the_tables_of_the_code(empty_database: str) -> None:
    await migrate(empty_database)
    await migrate(empty_database)  # a second time changes nothing
    engine = create_async_engine(empty_database)

    def differences(connection: Connection) -> list[object]:
        found: list[object] = compare_metadata(MigrationContext.configure(connection), Table.metadata)
        return found

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


@pytest.mark.pure
def test_the_steps_are_numbered_and_have_one_head() -> None:
    folder = Path(__file__).parent.parent / "server" / "migrations"
    steps = ScriptDirectory(str(folder))
    assert len(steps.get_heads()) == 1
    numbers = sorted(step.revision for step in steps.walk_revisions())
    assert numbers == [f"{place:04}" for place in range(1, len(numbers) + 1)]
