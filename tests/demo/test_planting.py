"""The planted city: sent through the real intake, judged by the rules, whole, and planted once."""

from collections import Counter
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from sqlalchemy import func, select

from server.accounts import audit
from server.accounts.passwords import matches
from server.accounts.storage import person_named
from server.database import Database
from server.demo.city import city_of
from server.demo.planting import NoRoomForDemo, Planted, plant
from server.demo.year import year_of
from server.inspections.scores.storage import pinned_scores
from server.settings import Settings
from server.skm.exclusion import RULES
from server.surveys.storage import differences, how_many
from server.surveys.tables import survey_responses
from server.units.storage import unit_choices
from server.units.tables import Counter as Counter_
from tests.cast import Cast
from tests.conftest import FRIDAY_MORNING, _empty

SMALL = {"units": 12, "responses": 160, "seed": 7}


def say_nothing(_step: str, _done: int, _total: int) -> None:
    pass


async def planted_in(settings: Settings, **other: int) -> Planted:
    return await plant(settings, **{**SMALL, **other}, now=FRIDAY_MORNING, progress=say_nothing)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def city(session_app: Litestar, settings: Settings) -> Planted:
    await _empty(session_app.state.database)
    session_app.state.counters.forget()
    return await planted_in(settings)


@pytest.fixture
def demo(session_app: Litestar, city: Planted) -> Database:
    """The database that holds the demo city."""
    database: Database = session_app.state.database
    return database


async def test_it_holds_what_was_asked_for(demo: Database, city: Planted) -> None:
    assert (city.is_new, city.units, city.responses) == (True, 12, 160)
    async with demo.reading() as session:
        assert await how_many(session) == 160
        assert len(await unit_choices(session)) == 12


async def test_every_answer_arrived_at_its_counter(demo: Database, city: Planted) -> None:
    sent = Counter(sheet.submission.counter for sheet in year_of(city_of(7, 12), 160, FRIDAY_MORNING))
    async with demo.reading() as session:
        rows = await session.execute(
            select(Counter_.code, func.count())
            .join(survey_responses, survey_responses.c.counter_id == Counter_.id)
            .group_by(Counter_.code)
        )
        assert {code: n for code, n in rows} == sent


async def test_every_rule_against_stuffing_is_seen_at_work(city: Planted) -> None:
    assert set(city.excluded) == {rule.code for rule in RULES}
    # a forger sends six at least; one alone may just have been offline for too long
    assert city.excluded["R1"] >= 6
    assert sum(city.excluded.values()) < city.responses / 2


async def test_tallies_and_trail_agree_with_what_they_stand_for(demo: Database) -> None:
    async with demo.reading() as session:
        assert [found async for found in differences(session)] == []
        assert await audit.broken_seals(session) == []


async def test_everybody_can_sign_in_with_the_password_that_is_told(demo: Database, city: Planted) -> None:
    assert {login.username for login in city.logins} == {"ani", "gita", "budi", "citra", "eka", "fajar"}
    async with demo.reading() as session:
        ani = await person_named(session, "ani")
    assert ani and matches(city.logins[0].password, ani.password_hash)


async def test_the_three_links_open(session_app: Litestar, city: Planted) -> None:
    transport = httpx.ASGITransport(app=session_app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport) as browser:
        for name, link in city.links.items():
            page = await browser.get(link)
            assert page.status_code == 200, name


async def test_planting_again_changes_nothing_and_tells_the_same(
    settings: Settings, demo: Database, city: Planted
) -> None:
    again = await planted_in(settings, units=40, responses=900, seed=8)
    assert not again.is_new
    assert (again.units, again.logins, again.counter_codes) == (12, city.logins, city.counter_codes)
    async with demo.reading() as session:
        assert await how_many(session) == 160


class Interrupted(Exception):
    pass


Scores = dict[tuple[int, str], str]


async def final_scores(database: Database) -> Scores:
    """What is pinned, with all its arithmetic."""
    async with database.reading() as session:
        return {
            (score.evaluation_id, slug): score.document async for score, _, slug in pinned_scores(session)
        }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scores(session_app: Litestar, city: Planted) -> Scores:
    """The scores of the first planting, read before anything is emptied."""
    return await final_scores(session_app.state.database)


async def test_an_interrupted_planting_is_finished_as_if_nothing_had_happened(
    app: Litestar, settings: Settings, city: Planted, scores: Scores
) -> None:
    def interrupt(step: str, done: int, total: int) -> None:
        if step == "Mengirim jawaban" and done > total / 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        await plant(settings, **SMALL, now=FRIDAY_MORNING, progress=interrupt)
    database: Database = app.state.database
    async with database.reading() as session:
        assert 80 <= await how_many(session) < 120

    # the next run comes later, and may even ask for something else
    later = FRIDAY_MORNING + timedelta(days=3)
    finished = await plant(settings, units=99, responses=10, seed=1, now=later, progress=say_nothing)
    assert finished == city
    async with database.reading() as session:
        assert await how_many(session) == 160
        assert [found async for found in differences(session)] == []
    assert len(scores) > 10
    assert await final_scores(database) == scores


async def test_a_database_of_somebody_is_left_alone(app: Litestar, settings: Settings, cast: Cast) -> None:
    with pytest.raises(NoRoomForDemo, match="sudah dipakai"):
        await planted_in(settings)
    async with app.state.database.reading() as session:
        assert len(await unit_choices(session)) == 4
        assert await how_many(session) == 0
