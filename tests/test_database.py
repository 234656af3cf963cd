"""What the database must never do: keep what was rolled back, or answer before it is durable."""

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from server.accounts.tables import AuditEvent
from server.database import Database
from server.surveys import storage
from server.surveys.intake import SqliteWriter
from server.units.tables import Unit
from tests.cast import Cast, Citizen, any_id, sheet
from tests.conftest import FRIDAY_MORNING


def a_unit(slug: str) -> Unit:
    return Unit(slug=slug, name=slug, kind="dinas", path="/", zone="Asia/Jakarta", created_at=FRIDAY_MORNING)


async def how_many_units(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Unit)) or 0


async def test_a_released_savepoint_does_not_survive_the_rollback_around_it(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.writing() as session:
            async with session.begin_nested():
                session.add(a_unit("satu"))
            raise RuntimeError("after the savepoint")
    assert await how_many_units(database) == 0


async def test_a_reader_can_read_while_somebody_writes_and_sees_nothing_unfinished(
    database: Database,
) -> None:
    async with database.writing() as session:
        session.add(a_unit("satu"))
        await session.flush()
        assert await how_many_units(database) == 0
    assert await how_many_units(database) == 1


@pytest.mark.sqlite
async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        async with database.reading() as session:
            session.add(a_unit("satu"))
            await session.flush()


async def test_a_form_whose_commit_fails_is_not_answered_as_done(
    app: Litestar, cast: Cast, database: Database, sign_in: object
) -> None:
    ani = await sign_in("ani")  # type: ignore[operator]
    before = await _audited(database)

    def fail(_: object) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    engine = database._write_engine.sync_engine
    event.listen(engine, "commit", fail)
    try:
        form = {"name": "Kelurahan Baru", "kind": "kelurahan", "zone": "Asia/Jakarta", "opens": "07:30"}
        answered = await ani.post("/staff/units/new", form)
    finally:
        event.remove(engine, "commit", fail)
    assert answered.status_code >= 400
    assert await how_many_units(database) == 4
    assert await _audited(database) == before


async def _audited(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(AuditEvent)) or 0


@pytest.mark.sqlite
async def test_an_answer_whose_commit_fails_is_not_thanked_for(
    app: Litestar, cast: Cast, dewi: Citizen, database: Database
) -> None:
    """SQLite's own limit on the size of the file stands in for a full disk."""
    writer = app.state.intake._writer
    assert isinstance(writer, SqliteWriter)
    _, token = await dewi.open(cast.code())
    dewi.clock.forward(seconds=60)
    long = sheet(cast.code(), token=token, comment="x" * 2000)
    # what other tests left empty would be filled first
    writer._connection.execute("VACUUM")
    pages = writer._connection.execute("PRAGMA page_count").fetchone()[0]
    writer._connection.execute(f"PRAGMA max_page_count={pages}")
    refused: list[httpx.Response] = []
    try:
        # there is still room on the pages in use: it ends within a few answers
        stored = 0
        while not refused and stored < 200:
            answered = await dewi.put(any_id(), long)
            if answered.status_code == 201:
                stored += 1
            else:
                refused.append(answered)
    finally:
        writer._connection.execute("PRAGMA max_page_count=1073741823")
    assert refused[0].status_code == 500
    assert refused[0].json()["code"] == "broken"
    async with database.reading() as session:
        assert await storage.how_many(session) == stored
        assert [difference async for difference in storage.differences(session)] == []
    assert (await dewi.put(any_id(), long)).status_code == 201
