"""A final score: what must be done before, what it leaves to be put right, and that it never changes again."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import func, select, update

from server.accounts import audit
from server.accounts.tables import AuditEvent, Person
from server.database import Database
from server.inspections.instrument import Instrument, sha256_of
from server.inspections.result import Inputs
from server.inspections.scores.proof import document_of, recomputed
from server.inspections.scores.published import PublishedScores
from server.inspections.storage import keep_edition
from server.inspections.tables import (
    Edition,
    Evaluation,
    FollowUp,
    FollowUpStep,
    PinnedScore,
    Reply,
    Settlement,
    Visit,
    VisitStep,
)
from server.units.tables import PublicService, Unit
from tests.cast import Cast, Staff
from tests.conftest import FRIDAY_MORNING, Clock
from tests.inspections.makers import TIDAK_ADA, Round, all_at, levels
from tests.inspections.score_makers import (
    ALL_SIX,
    FIVE_OF_SIX,
    LACKING,
    THREE_OF_SIX,
    assign,
    city,
    fill_in,
    of_unit,
    score,
    settle,
)

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

KEPT = Path(__file__).parent / "pinned"
WAIVED = {"waive_window": True, "note": "Unit menyatakan menerima semua temuan."}


async def finalise(who: Staff, round_: Round, unit: Unit, **body: Any) -> httpx.Response:
    return await who.browser.post(f"{of_unit(round_, unit)}/finalisation", json=body or WAIVED)


async def reply(round_: Round, visit: UUID, unit: Unit, indicator: str, outcome: str | None) -> None:
    async with round_.database.writing() as session:
        session.add(
            Reply(
                id=uuid4(),
                visit_id=visit,
                unit_id=unit.id,
                indicator=indicator,
                text="Kotaknya ada di balik pintu.",
                replied_at=round_.now,
                replied_by=round_.cast.people["budi"].id,
                outcome=outcome,
            )
        )


async def how_many(database: Database, table: Any) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


# ── making a score final ──


async def test_a_final_score_is_kept_with_all_it_was_made_from(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_ = await begin("sampang/2018")
    visit = await round_.visit("eka", cast.a, THREE_OF_SIX)
    gita = await sign_in("gita")
    live = await score(gita, round_, cast.a)
    answered = await finalise(gita, round_, cast.a)
    assert answered.status_code == 201, answered.text
    final = await score(gita, round_, cast.a)
    assert answered.json() == final
    assert (final["state"], final["index"], final["pinned"]["by"]) == ("final", "50.00", "Gita")
    assert final["steps"] == live["steps"]
    async with database.reading() as session:
        kept = await session.get_one(PinnedScore, (round_.id, cast.a.id))
        assert (kept.index, kept.conversion, kept.category) == (Decimal("50.00"), None, "")
        assert (await session.get_one(Visit, visit)).state == "final"
        last = (await session.scalars(select(VisitStep).order_by(VisitStep.id.desc()))).first()
        assert last is not None
        assert (last.visit_id, last.state, last.note) == (visit, "final", WAIVED["note"])
        event = await session.scalar(select(AuditEvent).where(AuditEvent.act == "score_pinned"))
        assert event is not None
        assert event.subject == f"evaluation {round_.id}/{cast.a.slug}"
        assert await recomputed(session) == (1, [])
        assert await audit.broken_seals(session) == []


async def test_every_counted_value_below_the_target_is_to_be_put_right(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    """Target 3: 2 is below, 3 is not; no. 31 (queue) never counts. Due 60 days after 20 November."""
    round_ = await begin("pekppp/2022", without_f03="f02_only")
    visit = await round_.visit(
        "eka", cast.a, {**all_at(round_.instrument, 3), **levels({15: 2, 17: 0, 31: 0})}
    )
    assert (await finalise(await sign_in("gita"), round_, cast.a)).status_code == 201
    async with database.reading() as session:
        found = list(await session.scalars(select(FollowUp).order_by(FollowUp.id)))
        steps = list(await session.scalars(select(FollowUpStep)))
    assert [(one.indicator, one.value, one.target) for one in found] == [
        ("15", Decimal(2), Decimal(3)),
        ("17", Decimal(0), Decimal(3)),
    ]
    assert {(one.state, one.due_day, one.owner, one.visit_id) for one in found} == {
        ("open", "2027-01-19", "Dinas Kependudukan", visit)
    }
    assert [(step.follow_up_id, step.act) for step in steps] == [(one.id, "opened") for one in found]


async def test_what_does_not_apply_is_not_to_be_put_right(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    gita = await sign_in("gita")
    await settle(gita, round_, cast.a, "6", not_applicable=True)
    assert (await finalise(gita, round_, cast.a)).json()["index"] == "100.00"
    assert await how_many(database, FollowUp) == 0


async def test_each_service_has_its_own_to_put_right(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("ombudsman/classic")
    ktp, akta = cast.services["ktp"].id, cast.services["free"].id
    whole = all_at(round_.instrument, 1)
    await round_.visit("eka", cast.a, {**whole, "9.1": TIDAK_ADA}, service_id=ktp)
    await round_.visit("eka", cast.a, {**whole, **LACKING}, service_id=akta)
    assert (await finalise(await sign_in("gita"), round_, cast.a)).status_code == 201
    async with database.reading() as session:
        rows = await session.execute(select(FollowUp.service_id, FollowUp.indicator))
        found = {(service_id, indicator) for service_id, indicator in rows}
    assert found == {(ktp, "9.1"), (akta, "1.5"), (akta, "6.2"), (akta, "7.1")}


async def test_a_follow_up_names_the_visit_that_found_it(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("fajar", cast.a, ALL_SIX)
    eka = await round_.visit("eka", cast.a, FIVE_OF_SIX)
    gita = await sign_in("gita")
    await settle(gita, round_, cast.a, "6", value="0")
    await finalise(gita, round_, cast.a)
    async with database.reading() as session:
        assert list(await session.scalars(select(FollowUp.visit_id))) == [eka]


# ── what stands in the way ──


@pytest.mark.parametrize("state", ["draft", "submitted", "returned"])
async def test_a_visit_that_is_not_verified_stands_in_the_way(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database, state: str
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, ALL_SIX)
    waiting = await round_.visit("fajar", cast.a, {}, state=state)
    refused = await finalise(await sign_in("gita"), round_, cast.a)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert refused.json()["visits"] == [str(waiting)]
    assert "Organisasi" in refused.json()["detail"]
    assert await how_many(database, PinnedScore) == 0


async def test_the_units_own_unfinished_assessment_does_not_stand_in_the_way(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, ALL_SIX)
    await round_.visit("budi", cast.a, {}, form="F-01", state="draft")
    assert (await finalise(await sign_in("gita"), round_, cast.a)).status_code == 201


async def test_a_dispute_stands_in_the_way(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    gita = await sign_in("gita")
    refused = await finalise(gita, round_, cast.a)
    assert (refused.status_code, refused.json()["code"]) == (409, "disputed")
    assert refused.json()["indicators"] == ["6"]
    await settle(gita, round_, cast.a, "6", value="1")
    assert (await finalise(gita, round_, cast.a)).status_code == 201


async def test_a_reply_without_a_decision_stands_in_the_way_and_cannot_be_waived(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("sampang/2018")
    visit = await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await reply(round_, visit, cast.a, "6", None)
    refused = await finalise(await sign_in("gita"), round_, cast.a)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert refused.json()["indicators"] == ["6"]


async def test_the_unit_has_its_days_to_answer(
    begin: Begin, cast: Cast, sign_in: SignIn, clock: Clock
) -> None:
    """Verified on 20 November at 10.00 WIB with seven days: the 27th is the last, it ends at 17.00 UTC."""
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    gita = await sign_in("gita")
    refused = await finalise(gita, round_, cast.a, note="")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert "27 November 2026" in refused.json()["detail"]
    clock.forward(days=7, hours=13, minutes=59)
    assert (await finalise(await sign_in("gita"), round_, cast.a, note="")).status_code == 409
    clock.forward(minutes=1)
    assert (await finalise(await sign_in("gita"), round_, cast.a, note="")).status_code == 201


async def test_the_days_are_waived_only_with_a_reason(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    gita = await sign_in("gita")
    refused = await finalise(gita, round_, cast.a, waive_window=True, note="cepat")
    assert (refused.status_code, refused.json()["field"]) == (422, "note")
    assert (await finalise(gita, round_, cast.a)).status_code == 201


async def test_where_every_finding_was_answered_and_decided_nobody_waits(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("sampang/2018")
    visit = await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await reply(round_, visit, cast.a, "6", "kept")
    assert (await finalise(await sign_in("gita"), round_, cast.a, note="")).status_code == 201


async def test_where_everything_is_at_its_highest_there_is_nothing_to_answer(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, ALL_SIX)
    assert (await finalise(await sign_in("gita"), round_, cast.a, note="")).status_code == 201


async def test_an_incomplete_score_is_not_made_final(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("ombudsman/classic")
    gita = await sign_in("gita")
    empty = await finalise(gita, round_, cast.a)
    assert (empty.status_code, empty.json()["code"]) == (409, "incomplete_visit")
    await assign(round_, "eka", cast.a, cast.services["ktp"].id)
    await assign(round_, "eka", cast.a, cast.services["free"].id)
    await round_.visit("eka", cast.a, service_id=cast.services["ktp"].id)
    half = await finalise(gita, round_, cast.a)
    assert (half.status_code, half.json()["code"]) == (409, "incomplete_visit")
    assert "1 dari 2 layanan" in half.json()["detail"]


@pytest.mark.parametrize("person", ["budi", "eka"])
async def test_only_the_bureau_makes_a_score_final(
    begin: Begin, cast: Cast, sign_in: SignIn, person: str
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, ALL_SIX)
    assert (await finalise(await sign_in(person), round_, cast.a)).status_code == 403


async def test_every_refusal_is_in_the_trail(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await finalise(await sign_in("gita"), round_, cast.a, note="")
    async with database.reading() as session:
        event = (await session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()))).first()
    assert event is not None
    assert (event.act, event.actor, event.subject) == (
        "refused",
        "gita",
        f"{of_unit(round_, cast.a)}/finalisation",
    )


# ── afterwards ──


async def test_final_twice_is_final_once(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, THREE_OF_SIX)
    gita = await sign_in("gita")
    first = await finalise(gita, round_, cast.a)
    again = await finalise(gita, round_, cast.a)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert await how_many(database, FollowUp) == 3


async def test_of_two_at_once_one_makes_it_final(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, THREE_OF_SIX)
    gita, ani = await sign_in("gita"), await sign_in("ani")
    answers = await asyncio.gather(*(finalise(who, round_, cast.a) for who in (gita, ani, gita, ani, gita)))
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 200, 201]
    assert len({one.text for one in answers}) == 1
    assert await how_many(database, FollowUp) == 3
    assert await how_many(database, FollowUpStep) == 3


async def test_what_is_final_is_not_settled_anew(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    gita = await sign_in("gita")
    await settle(gita, round_, cast.a, "6", value="1")
    await finalise(gita, round_, cast.a)
    refused = await settle(gita, round_, cast.a, "6", value="0")
    assert (refused.status_code, refused.json()["code"]) == (409, "final")
    assert (await score(gita, round_, cast.a))["index"] == "100.00"
    assert await how_many(database, Settlement) == 1


async def test_a_visit_is_not_edited_after_its_score_is_final(
    begin: Begin, cast: Cast, sign_in: SignIn, clock: Clock
) -> None:
    round_ = await begin("sampang/2018")
    visit = await round_.visit("eka", cast.a, ALL_SIX)
    await finalise(await sign_in("gita"), round_, cast.a)
    eka = await sign_in("eka")
    refused = await eka.browser.put(
        f"/api/inspections/visits/{visit}/findings/1",
        json={"value": 0, "observed_at": clock.now.isoformat()},
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "final")


async def test_nothing_that_happens_later_changes_a_final_score(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    """More sheets, another convention, a new version of the instrument, a new name: the same digits."""
    round_ = await begin("pekppp/2022")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    await fill_in(round_, cast.a, [3, 5, 3, 5, 3, 5, 3, 5, 3, 5])
    gita = await sign_in("gita")
    before = (await finalise(gita, round_, cast.a)).json()
    await fill_in(round_, cast.a, [0] * 20)
    async with database.writing() as session:
        newer = msgspec.structs.replace(round_.instrument, version="2022-kota", title="PEKPPP kota")
        await keep_edition(session, newer, clock.now, None, "versi kota")
        await session.execute(
            update(Evaluation)
            .where(Evaluation.id == round_.id)
            .values(convention="parts-2", without_f03="f02_only")
        )
    after = await score(gita, round_, cast.a)
    assert after == before
    assert (after["index"], after["conversion"], after["category"]) == ("3.25", "65.00", "B-")
    async with database.reading() as session:
        assert await recomputed(session) == (1, [])


async def test_services_renamed_or_assigned_later_leave_a_final_score_as_it_is(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("ombudsman/classic")
    ktp, akta = cast.services["ktp"].id, cast.services["free"].id
    await round_.visit("eka", cast.a, {**all_at(round_.instrument, 1), **LACKING}, service_id=ktp)
    gita = await sign_in("gita")
    before = (await finalise(gita, round_, cast.a)).json()
    await assign(round_, "eka", cast.a, akta)
    async with database.writing() as session:
        (await session.get_one(PublicService, ktp)).name = "A sampai Z"
    assert before["index"] == "82.00"
    assert await score(gita, round_, cast.a) == before


async def test_the_order_of_visits_does_not_matter(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    documents = set()
    gita = await sign_in("gita")
    for people in (("eka", "fajar"), ("fajar", "eka")):
        round_ = await begin("sampang/2018")
        for person in people:
            await round_.visit(person, cast.a, ALL_SIX if person == "eka" else FIVE_OF_SIX)
        await settle(gita, round_, cast.a, "6", value="0")
        assert (await finalise(gita, round_, cast.a)).status_code == 201
        async with database.reading() as session:
            documents.add((await session.get_one(PinnedScore, (round_.id, cast.a.id))).document)
    assert len(documents) == 1


async def test_the_citys_final_index_is_of_final_scores_alone(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, THREE_OF_SIX)
    await round_.visit("fajar", cast.b, ALL_SIX)
    gita = await sign_in("gita")
    await finalise(gita, round_, cast.a)
    assert (await city(gita, round_))["city"]["index"] == "75.00"
    final = await city(gita, round_, final="1")
    assert [(row["unit"], row["pinned"]) for row in final["units"]] == [(cast.a.slug, True)]
    assert final["city"]["index"] == "50.00"
    assert final["city"]["label"] == "rata-rata unit tanpa bobot, 1 dari 2 unit"


async def test_the_public_reads_final_scores_the_latest_first(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    gita = await sign_in("gita")
    for year, findings in ((2025, THREE_OF_SIX), (2026, FIVE_OF_SIX)):
        round_ = await begin(
            "sampang/2018", title=f"Monev {year}", first_day=f"{year}-01-01", last_day=f"{year}-12-31"
        )
        await round_.visit("eka", cast.a, findings)
        await round_.visit("fajar", cast.b, ALL_SIX)
        await finalise(gita, round_, cast.a)
    published = PublishedScores(database)
    assert [(one["title"], one["index"]) for one in await published.of_unit(cast.a.id)] == [
        ("Monev 2026", "83.33"),
        ("Monev 2025", "50.00"),
    ]
    assert await published.of_unit(cast.b.id) == []
    latest, former = await published.of_city()
    assert [(row["unit"], row["index"]) for row in latest["units"]] == [(cast.a.slug, "83.33")]
    assert former["city"]["mean_of_units"]["index"] == "50.00"
    assert former["city"]["mean_of_units"]["label"] == "rata-rata unit tanpa bobot, 1 dari 2 unit"


# ── proof ──


@pytest.mark.parametrize(
    ("column", "tampered"),
    [
        ("document", lambda kept: kept.document.replace("50.00", "60.00")),
        ("inputs", lambda kept: kept.inputs.replace('"0"', '"1"', 1)),
        ("inputs", lambda kept: kept.inputs.replace("exact", "nonesuch")),
        ("inputs", lambda kept: kept.inputs[:-1]),
        ("index", lambda kept: Decimal("60.00")),
        ("category", lambda kept: "A"),
    ],
)
async def test_a_score_that_was_tampered_with_is_found(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database, column: str, tampered: Callable[[Any], Any]
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, THREE_OF_SIX)
    await round_.visit("fajar", cast.b, THREE_OF_SIX)
    gita = await sign_in("gita")
    await finalise(gita, round_, cast.a)
    await finalise(gita, round_, cast.b)
    async with database.writing() as session:
        kept = await session.get_one(PinnedScore, (round_.id, cast.a.id))
        setattr(kept, column, tampered(kept))
    async with database.reading() as session:
        n, mismatches = await recomputed(session)
    assert (n, [(one.evaluation_id, one.unit) for one in mismatches]) == (2, [(round_.id, cast.a.slug)])


async def test_an_edition_that_was_tampered_with_is_found(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, THREE_OF_SIX)
    await finalise(await sign_in("gita"), round_, cast.a)
    async with database.writing() as session:
        kept = (await session.scalars(select(Edition))).one()
        kept.body = kept.body.replace("Maklumat Pelayanan", "Maklumat")
    async with database.reading() as session:
        _, mismatches = await recomputed(session)
    assert [one.unit for one in mismatches] == [cast.a.slug]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("name", "index", "conversion", "category"),
    [
        ("sampang", "83.33", None, None),
        ("pekppp", "3.25", "65.00", "B-"),
        ("ombudsman", "91.00", None, "hijau"),
    ],
)
def test_a_score_pinned_by_an_earlier_loket_is_made_again_to_the_last_digit(
    name: str, index: str, conversion: str | None, category: str | None
) -> None:
    """These files are never written anew: a city holds such scores, and they must follow from their inputs for ever."""
    kept = msgspec.json.decode((KEPT / f"{name}.json").read_bytes())
    instrument = msgspec.json.decode(kept["body"], type=Instrument)
    assert sha256_of(instrument) == kept["edition"]
    document = document_of(instrument, msgspec.json.decode(kept["inputs"], type=Inputs))
    assert document == kept["document"]
    told = msgspec.json.decode(document)
    assert (told["index"], told["conversion"], told["category"]) == (index, conversion, category)


async def test_who_recorded_a_visit_does_not_make_its_score_final(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    """Fajar inspected, and became a coordinator since."""
    round_ = await begin("sampang/2018")
    await round_.visit("fajar", cast.a, ALL_SIX)
    async with database.writing() as session:
        await session.execute(update(Person).where(Person.username == "fajar").values(role="coordinator"))
    refused = await finalise(await sign_in("fajar"), round_, cast.a)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_work")


async def test_a_score_of_nothing_at_all_is_made_again_as_well(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    """Every level 0 and every user's answer 0: the value on the scale of 100 is 0.00, which is a value."""
    round_, gita = await begin("pekppp/2022"), await sign_in("gita")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 0))
    await fill_in(round_, cast.a, [0] * 10)
    done = await finalise(gita, round_, cast.a)
    assert (done.status_code, done.json()["conversion"], done.json()["category"]) == (201, "0.00", "F")
    async with database.reading() as session:
        assert await recomputed(session) == (1, [])


async def test_the_plan_does_not_change_under_a_score_that_is_being_made_final(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    """Whoever comes second sees what the first has done: no score is pinned with a target that holds no longer."""
    gita, ani = await sign_in("gita"), await sign_in("ani")
    for _ in range(5):
        round_ = await Round(database, cast, FRIDAY_MORNING).begin("sampang/2018", target=Decimal(0))
        await round_.visit("eka", cast.a, FIVE_OF_SIX)
        plan = f"/api/inspections/evaluations/{round_.id}"
        final, changed = await asyncio.gather(
            finalise(gita, round_, cast.a), ani.browser.patch(plan, json={"target": "1"})
        )
        assert final.status_code == 201
        async with database.reading() as session:
            opened = await session.scalar(
                select(func.count()).select_from(FollowUp).where(FollowUp.evaluation_id == round_.id)
            )
        assert opened == (1 if changed.status_code == 200 else 0)


async def test_the_period_of_a_final_score_does_not_move(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_, gita = await begin("sampang/2018"), await sign_in("gita")
    await round_.visit("eka", cast.a, ALL_SIX)
    await finalise(gita, round_, cast.a)
    plan = f"/api/inspections/evaluations/{round_.id}"
    refused = await gita.browser.patch(plan, json={"last_day": "2026-02-01"})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
