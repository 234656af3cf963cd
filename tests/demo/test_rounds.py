"""The rounds of inspection in the demo city: believable times, every state to be seen, all of it sound."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import func, select

from server.accounts import audit
from server.accounts.access import Role, Viewer
from server.accounts.tables import AuditEvent, Person
from server.demo.city import city_of
from server.demo.observing import Look, seen
from server.demo.rounds import script
from server.demo.scenes import SCENES, document, picture
from server.inspections.awaiting.storage import photos_waiting
from server.inspections.evidence.files import Files
from server.inspections.evidence.pictures import examined
from server.inspections.evidence.storage import lost_or_changed
from server.inspections.followups.rate import rate_of
from server.inspections.followups.storage import cases
from server.inspections.national import nationals
from server.inspections.replies.window import window
from server.inspections.scores.proof import recomputed
from server.inspections.signals.lookout import Lookout
from server.inspections.tables import Evaluation, FollowUp, Reply, Settlement, Signal, UserSheet, Visit
from server.sync.tables import Device, LedgerItem
from server.sync.wire import Result
from server.units.tables import Unit
from tests.conftest import FRIDAY_MORNING
from tests.demo.conftest import Demo

NOW = FRIDAY_MORNING

# one worker plants for both files
pytestmark = pytest.mark.xdist_group("demo")


@pytest.mark.parametrize(
    "now",
    [
        NOW,
        datetime(2027, 1, 3, 2, tzinfo=UTC),
        datetime(2027, 2, 14, 12, tzinfo=UTC),
        datetime(2026, 7, 1, 0, 30, tzinfo=UTC),
    ],
)
def test_everything_happened_in_the_year_before_now_in_its_order(now: datetime) -> None:
    times = [deed.at for deed in script(city_of(7, 12), now)]
    assert times == sorted(times)
    assert now - timedelta(days=366) < times[0]
    assert times[-1] < now


def test_two_inspectors_of_a_place_see_the_same_but_where_they_are_to_differ() -> None:
    instrument = nationals()["sampang/2018"]
    first, second = (
        {indicator.key: one.level for indicator, one in seen(7, instrument, look)}
        for look in (Look("m", "u", "eka"), Look("m", "u", "fajar", differs=frozenset({"5"})))
    )
    assert {key for key in first if first[key] != second[key]} <= {"5"}
    assert second["5"] == 0


def test_pictures_and_documents_are_what_they_say() -> None:
    for scene in SCENES:
        assert picture(scene, "dinas-a").startswith(b"\x89PNG\r\n\x1a\n")
        assert picture(scene, "dinas-a") != picture(scene, "dinas-b")
        taken = [picture(scene, f"dinas/eka/2026-11-{day}") for day in range(10, 30)]
        looks = [examined(one, "image/png").likeness for one in taken]
        assert None not in looks and len(set(looks)) == len(looks)
    assert document("Bukti (contoh)", ["satu"]).startswith(b"%PDF-1.4\n")


async def test_scores_files_and_trail_are_sound(demo: Demo) -> None:
    async with demo.database.reading() as session:
        n, mismatches = await recomputed(session)
        assert (n, mismatches) == (8 + 3 + 2, [])
        files = Files(demo.settings.data / "evidence")
        assert [flaw async for flaw in lost_or_changed(session, files)] == []
        assert await audit.broken_seals(session) == []
    # nobody is under suspicion without a reason
    await Lookout(demo.database, lambda: NOW).look()
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
        found = await cases(
            session, bureau, NOW, evaluation_id=demo.planted.evaluations["PEKPPP 2025"], first=None, last=None
        )
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
        assert visit.verified_at and window(visit.verified_at, running.reply_days, unit.zone).is_open(NOW)
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
