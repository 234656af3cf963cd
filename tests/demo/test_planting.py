"""The planted city: sent through the real intake, judged by the rules, whole, and planted once; in its rounds of
inspection every state is to be seen, and all of it is sound.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar
from sqlalchemy import func, select

from server.accounts import audit
from server.accounts.access import Role, Viewer
from server.accounts.passwords import matches
from server.accounts.storage import person_named
from server.accounts.tables import AuditEvent, Person
from server.app import create_app
from server.database import Database
from server.demo.city import city_of
from server.demo.planting import NoRoomForDemo, Planted, plant
from server.demo.year import year_of
from server.inspections.awaiting.storage import photos_waiting
from server.inspections.evidence.files import Files
from server.inspections.evidence.storage import lost_or_changed
from server.inspections.followups.rate import rate_of
from server.inspections.followups.storage import cases
from server.inspections.replies.window import window
from server.inspections.scores.proof import recomputed
from server.inspections.scores.storage import pinned_scores
from server.inspections.signals.lookout import Lookout
from server.inspections.tables import Evaluation, FollowUp, Reply, Settlement, Signal, UserSheet, Visit
from server.settings import Settings
from server.skm.exclusion import RULES
from server.surveys.storage import differences, how_many
from server.surveys.tables import survey_responses
from server.sync.tables import Device, LedgerItem
from server.sync.wire import Result
from server.units.storage import unit_choices
from server.units.tables import Counter as Counter_
from server.units.tables import Unit
from tests.cast import Cast
from tests.conftest import FRIDAY_MORNING, postgres_database

SMALL = {"units": 12, "responses": 160, "seed": 7}


def say_nothing(_step: str, _done: int, _total: int) -> None:
    pass


class Demo(NamedTuple):
    """A house in which the demo city stands, and nothing else."""

    settings: Settings
    planted: Planted
    database: Database


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo(settings: Settings, house: Path) -> AsyncIterator[Demo]:
    data = house / "demo"
    data.mkdir()
    of_sqlite = nullcontext(f"sqlite+aiosqlite:///{data / 'loket.db'}")
    async with of_sqlite if settings.is_sqlite else postgres_database(settings.database_url, "demo") as url:
        own = msgspec.structs.replace(settings, data=data, database_url=url)
        planted = await plant(own, **SMALL, now=FRIDAY_MORNING, progress=say_nothing)
        database = Database(url)
        yield Demo(own, planted, database)
        await database.close()


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


# ── the rounds of inspection ──


async def test_scores_files_and_trail_are_sound(demo: Demo) -> None:
    async with demo.database.reading() as session:
        n, mismatches = await recomputed(session)
        assert (n, mismatches) == (8 + 3 + 2, [])
        files = Files(demo.settings.data / "evidence")
        assert [flaw async for flaw in lost_or_changed(session, files)] == []
        assert await audit.broken_seals(session) == []
    # nobody is under suspicion without a reason
    await Lookout(demo.database, lambda: FRIDAY_MORNING).look()
    async with demo.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Signal)) == 0


async def test_it_tells_its_rounds_and_codes(demo: Demo) -> None:
    assert set(demo.planted.evaluations) == {
        "PEKPPP 2025",
        "PEKPPP 2026",
        "Monev 2026",
        "Kepatuhan pelayanan publik 2026",
    }
    assert len(set(demo.planted.users_form_codes)) == 12


async def test_the_running_round_shows_every_state_of_a_visit(demo: Demo) -> None:
    async with demo.database.reading() as session:
        rows = await session.execute(
            select(Visit.state, func.count())
            .where(Visit.evaluation_id == demo.planted.evaluations["PEKPPP 2026"], Visit.form == "F-02")
            .group_by(Visit.state)
        )
        assert {state: n for state, n in rows} == {"draft": 2, "returned": 1, "submitted": 2, "verified": 3}


async def test_about_three_of_five_follow_ups_of_the_finished_round_are_closed(demo: Demo) -> None:
    bureau = Viewer(1, "gita", "Gita", Role.COORDINATOR, None, None)
    async with demo.database.reading() as session:
        finished = demo.planted.evaluations["PEKPPP 2025"]
        found = await cases(session, bureau, FRIDAY_MORNING, evaluation_id=finished, first=None, last=None)
    rate = rate_of(case for case, _ in found)
    assert rate.opened >= 16
    assert rate.percent is not None and 50 <= rate.percent <= 70
    assert min(rate.open, rate.repaired) > 0


async def test_replies_were_upheld_and_kept_and_one_waits(demo: Demo) -> None:
    async with demo.database.reading() as session:
        outcomes = Counter(await session.scalars(select(Reply.outcome)))
    assert outcomes["upheld"] and outcomes["kept"] and outcomes[None] == 1


async def test_the_demos_officer_has_something_to_fill_in_to_answer_and_to_repair(demo: Demo) -> None:
    async with demo.database.reading() as session:
        budi = (await session.scalars(select(Person).where(Person.username == "budi"))).one()
        unit = await session.get_one(Unit, budi.unit_id)
        running = await session.get_one(Evaluation, demo.planted.evaluations["PEKPPP 2026"])
        visits = list(
            await session.scalars(
                select(Visit).where(Visit.unit_id == unit.id, Visit.evaluation_id == running.id)
            )
        )
        (visit,) = visits
        assert (visit.form, visit.state) == ("F-02", "verified")
        assert visit.verified_at and window(visit.verified_at, running.reply_days, unit.zone).is_open(
            FRIDAY_MORNING
        )
        due = await session.scalars(
            select(FollowUp.due_day).where(FollowUp.unit_id == unit.id, FollowUp.state == "open")
        )
        assert min(due) == "2026-11-25"


async def test_one_unit_of_the_checklist_is_settled_one_disputed_and_something_does_not_apply(
    demo: Demo,
) -> None:
    monev = demo.planted.evaluations["Monev 2026"]
    async with demo.database.reading() as session:
        settled = list(await session.scalars(select(Settlement).where(Settlement.evaluation_id == monev)))
    assert [(one.indicator, one.cause) for one in settled] == [("5", "dispute")]


async def test_users_are_coming_in_and_a_few_sheets_are_left_out(demo: Demo) -> None:
    async with demo.database.reading() as session:
        rows = await session.execute(
            select(UserSheet.evaluation_id, UserSheet.excluded_by, func.count()).group_by(
                UserSheet.evaluation_id, UserSheet.excluded_by
            )
        )
        n = {(evaluation, rule): count for evaluation, rule, count in rows}
    assert 80 <= n[demo.planted.evaluations["PEKPPP 2025"], ""] <= 120
    assert n[demo.planted.evaluations["PEKPPP 2026"], ""] == 65
    assert n[demo.planted.evaluations["PEKPPP 2026"], "token"] == 3


async def test_the_trail_of_the_rounds_is_in_the_order_of_time(demo: Demo) -> None:
    async with demo.database.reading() as session:
        times = list(
            await session.scalars(
                select(AuditEvent.at).where(AuditEvent.person_id.is_not(None)).order_by(AuditEvent.id)
            )
        )
    assert len(times) > 1000
    days = [at.date() for at in times]
    assert days == sorted(days)


async def test_the_phones_of_the_demo_give_the_bureau_something_to_decide(demo: Demo) -> None:
    async with demo.database.reading() as session:
        rows = await session.execute(
            select(LedgerItem.status, LedgerItem.result).order_by(LedgerItem.received_at)
        )
        results = [(status, msgspec.json.decode(result, type=Result)) for status, result in rows]
        assert [(status, result.code) for status, result in results] == [
            ("accepted", ""),
            ("conflict", "another_visit"),
            ("rejected", "not_assigned"),
        ]
        (waiting,) = await photos_waiting(session)
        assert (waiting.username, waiting.count, waiting.faults) == ("fajar", 2, 0)
        visit = await session.get_one(Visit, waiting.visit)
        # his phone's clock is slow, and its contact with us knows better
        assert visit.corrected_at and visit.corrected_at - visit.made_at == timedelta(minutes=47)
        assert (visit.state, visit.clock_doubt) == ("submitted", "")
        phones = await session.scalars(select(Device.skew_ms).order_by(Device.skew_ms))
        assert list(phones) == [-47 * 60_000, 0]
