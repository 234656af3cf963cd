"""The planted city: sent through the real intake, judged by the rules, whole, and planted once."""

from collections import Counter
from datetime import timedelta

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import func, select

from server.accounts import audit
from server.accounts.passwords import matches
from server.accounts.storage import person_named
from server.app import create_app
from server.database import Database
from server.demo.city import city_of
from server.demo.planting import NoRoomForDemo, plant
from server.demo.year import year_of
from server.inspections.scores.storage import pinned_scores
from server.settings import Settings
from server.skm.exclusion import RULES
from server.surveys.storage import differences, how_many
from server.surveys.tables import survey_responses
from server.units.storage import unit_choices
from server.units.tables import Counter as Counter_
from tests.cast import Cast
from tests.conftest import FRIDAY_MORNING
from tests.demo.conftest import SMALL, Demo, say_nothing

# one worker plants for both files
pytestmark = pytest.mark.xdist_group("demo")


async def test_it_holds_what_was_asked_for(demo: Demo) -> None:
    city = demo.planted
    assert (city.is_new, city.units, city.responses) == (True, 12, 160)
    async with demo.database.reading() as session:
        assert await how_many(session) == 160
        assert len(await unit_choices(session)) == 12


async def test_every_answer_arrived_at_its_counter(demo: Demo) -> None:
    sent = Counter(sheet.submission.counter for sheet in year_of(city_of(7, 12), 160, FRIDAY_MORNING))
    async with demo.database.reading() as session:
        rows = await session.execute(
            select(Counter_.code, func.count())
            .join(survey_responses, survey_responses.c.counter_id == Counter_.id)
            .group_by(Counter_.code)
        )
        assert {code: n for code, n in rows} == sent


async def test_every_rule_against_stuffing_is_seen_at_work(demo: Demo) -> None:
    city = demo.planted
    assert set(city.excluded) == {rule.code for rule in RULES}
    # a forger sends six at least; one alone may just have been offline for too long
    assert city.excluded["R1"] >= 6
    assert sum(city.excluded.values()) < city.responses / 2


async def test_tallies_and_trail_agree_with_what_they_stand_for(demo: Demo) -> None:
    async with demo.database.reading() as session:
        assert [found async for found in differences(session)] == []
        assert await audit.broken_seals(session) == []


async def test_everybody_can_sign_in_with_the_password_that_is_told(demo: Demo) -> None:
    logins = demo.planted.logins
    assert {login.username for login in logins} == {"ani", "gita", "budi", "citra", "eka", "fajar"}
    async with demo.database.reading() as session:
        ani = await person_named(session, "ani")
    assert ani and matches(logins[0].password, ani.password_hash)


async def test_the_three_links_open(demo: Demo) -> None:
    app = create_app(demo.settings, lambda: FRIDAY_MORNING)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with app.lifespan(), httpx.AsyncClient(transport=transport) as browser:
        for name, link in demo.planted.links.items():
            page = await browser.get(link)
            assert page.status_code == 200, name


async def test_planting_again_changes_nothing_and_tells_the_same(demo: Demo) -> None:
    again = await plant(
        demo.settings, units=40, responses=900, seed=8, now=FRIDAY_MORNING, progress=say_nothing
    )
    assert again == msgspec.structs.replace(demo.planted, is_new=False)
    async with demo.database.reading() as session:
        assert await how_many(session) == 160


class Interrupted(Exception):
    pass


async def final_scores(database: Database) -> dict[tuple[int, str], str]:
    """What is pinned, with all its arithmetic."""
    async with database.reading() as session:
        return {
            (score.evaluation_id, slug): score.document async for score, _, slug in pinned_scores(session)
        }


async def test_an_interrupted_planting_is_finished_as_if_nothing_had_happened(
    app: Litestar, settings: Settings, demo: Demo
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
    assert finished == demo.planted
    async with database.reading() as session:
        assert await how_many(session) == 160
        assert [found async for found in differences(session)] == []
    scores = await final_scores(database)
    assert len(scores) > 10
    assert scores == await final_scores(demo.database)


async def test_a_database_of_somebody_is_left_alone(app: Litestar, settings: Settings, cast: Cast) -> None:
    with pytest.raises(NoRoomForDemo, match="sudah dipakai"):
        await plant(settings, **SMALL, now=FRIDAY_MORNING, progress=say_nothing)
    async with app.state.database.reading() as session:
        assert len(await unit_choices(session)) == 4
        assert await how_many(session) == 0
