"""The plan of an evaluation: what is looked at, in which units, by whom, until when; and who reads it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import select

from server.accounts import audit
from server.accounts.tables import AuditEvent, Person
from server.database import Database
from server.inspections.evaluations import storage
from server.inspections.instrument import sha256_of
from server.inspections.national import nationals
from server.inspections.storage import keep_edition
from server.inspections.tables import Assignment, Edition, Locus
from server.units.tables import Counter, Unit
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round, pin

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

EVALUATIONS = "/api/inspections/evaluations"
ASSIGNMENTS = "/api/inspections/assignments"
A, B = "dinas-kependudukan", "puskesmas-melati"

PEKPPP = {
    "title": "PEKPPP Mandiri 2026",
    "instrument": "pekppp/2022",
    "first_day": "2026-10-01",
    "last_day": "2026-12-31",
}
SAMPANG = {**PEKPPP, "title": "Monev 2026", "instrument": "sampang/2018"}
PRODUCTS = {**PEKPPP, "title": "Kepatuhan 2026", "instrument": "ombudsman/classic"}


@pytest_asyncio.fixture(autouse=True)
async def _the_seals_hold(database: Database) -> AsyncIterator[None]:
    yield
    async with database.reading() as session:
        assert await audit.broken_seals(session) == []


@pytest_asyncio.fixture
async def gita(sign_in: SignIn) -> httpx.AsyncClient:
    return (await sign_in("gita")).browser


async def planned(gita: httpx.AsyncClient, *units: str, **facts: Any) -> str:
    """The address of an evaluation that Gita has planned over these units."""
    answered = await gita.post(EVALUATIONS, json={**PEKPPP, **facts})
    assert answered.status_code == 201, answered.text
    address = answered.headers["Location"]
    for slug in units:
        assert (await gita.put(f"{address}/units/{slug}")).status_code == 201
    return str(address)


def assignment(unit: str = A, person: str = "eka", **more: Any) -> dict[str, Any]:
    return {"unit": unit, "person": person, "due_day": "2026-12-01", **more}


async def acts(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    """The audit trail: act, subject, facts."""
    async with database.reading() as session:
        events = await session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(event.act, event.subject, msgspec.json.decode(event.facts)) for event in events]


async def change(database: Database, table: Any, key: Any, **facts: Any) -> None:
    async with database.writing() as session:
        row = await session.get_one(table, key)
        for name, fact in facts.items():
            setattr(row, name, fact)


def refusal(answered: httpx.Response) -> tuple[int, str, str | None]:
    told = answered.json()
    return answered.status_code, told["code"], told.get("field")


# ── planning ──


async def test_gita_plans_an_evaluation_with_the_defaults_of_its_instrument(
    cast: Cast, gita: httpx.AsyncClient, database: Database
) -> None:
    answered = await gita.post(EVALUATIONS, json=PEKPPP)
    assert answered.status_code == 201
    told = answered.json()
    assert told["title"] == "PEKPPP Mandiri 2026"
    assert (told["first_day"], told["last_day"]) == ("2026-10-01", "2026-12-31")
    assert (told["convention"], told["without_f03"]) == ("exact", "incomplete")
    assert (told["reply_days"], told["repair_days"]) == (7, 60)
    assert told["instrument"]["address"] == "pekppp/2022"
    assert told["instrument"]["sha256"] == sha256_of(nationals()["pekppp/2022"])
    assert told["loci"] == [] and told["unassigned"] == [] and told["overdue"] == []
    assert told["closed_at"] is None
    (event,) = await acts(database)
    assert event[:2] == ("evaluation_planned", f"evaluation {told['id']}")
    assert event[2]["after"]["sha256"] == told["instrument"]["sha256"]


async def test_what_is_told_when_planning_overrides_the_instrument(
    cast: Cast, gita: httpx.AsyncClient
) -> None:
    address = await planned(
        gita, convention="parts-2", target="3.50", reply_days=0, repair_days=400, without_f03="f02_only"
    )
    told = (await gita.get(address)).json()
    assert (told["convention"], told["target"], told["without_f03"]) == ("parts-2", "3.5", "f02_only")
    assert (told["reply_days"], told["repair_days"]) == (0, 400)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"first_day": "2026-13-01"}, "first_day"),
        ({"first_day": "besok"}, "first_day"),
        ({"last_day": "2026-09-30"}, "last_day"),
        ({"last_day": "2028-10-02"}, "last_day"),
        ({"first_day": "1999-12-31"}, "first_day"),
        ({"first_day": "2100-12-31", "last_day": "2101-01-01"}, "last_day"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"convention": "rounded"}, "convention"),
        ({"target": "5.01"}, "target"),
        ({"target": "-1"}, "target"),
        ({"target": "NaN"}, "target"),
        ({"target": "1e400"}, "target"),
        ({"target": "1e-400"}, "target"),
        ({"reply_days": -1}, "reply_days"),
        ({"reply_days": 61}, "reply_days"),
        ({"repair_days": 0}, "repair_days"),
        ({"repair_days": 401}, "repair_days"),
        ({"without_f03": "ignore"}, "without_f03"),
    ],
)
async def test_a_plan_that_does_not_hold_together_is_refused_and_kept_in_the_trail(
    cast: Cast, gita: httpx.AsyncClient, database: Database, facts: dict[str, Any], field: str
) -> None:
    answered = await gita.post(EVALUATIONS, json={**PEKPPP, **facts})
    assert refusal(answered) == (422, "bad_evaluation", field)
    assert (await gita.get(EVALUATIONS)).json()["items"] == []
    ((act, subject, told),) = await acts(database)
    assert (act, subject, told["code"]) == ("refused", EVALUATIONS, "bad_evaluation")


async def test_two_full_years_are_a_period(cast: Cast, gita: httpx.AsyncClient) -> None:
    await planned(gita, first_day="2027-01-01", last_day="2028-12-31")


async def test_an_unknown_instrument_is_refused(cast: Cast, gita: httpx.AsyncClient) -> None:
    answered = await gita.post(EVALUATIONS, json={**PEKPPP, "instrument": "pekppp/1999"})
    assert refusal(answered)[:2] == (404, "unknown_instrument")


async def test_an_evaluation_keeps_its_edition_when_the_city_publishes_a_newer_one(
    cast: Cast, gita: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    first = msgspec.structs.replace(nationals()["sampang/2018"], version="kota-1", title="Monev kota")
    second = msgspec.structs.replace(first, version="kota-2", title="Monev kota yang baru")
    async with database.writing() as session:
        await keep_edition(session, first, clock.now, None)
    address = await planned(gita, **{**SAMPANG, "instrument": "sampang/kota-1"})
    async with database.writing() as session:
        await keep_edition(session, second, clock.now, None)
    await change(database, Edition, sha256_of(first), withdrawn_at=clock.now)

    instrument = (await gita.get(address)).json()["instrument"]
    assert (instrument["address"], instrument["title"]) == ("sampang/kota-1", "Monev kota")
    assert instrument["sha256"] == sha256_of(first)
    refused = await gita.post(EVALUATIONS, json={**SAMPANG, "instrument": "sampang/kota-1"})
    assert refusal(refused) == (422, "bad_evaluation", "instrument")
    await planned(gita, **{**SAMPANG, "instrument": "sampang/kota-2"})


@pytest.mark.parametrize("name", ["eka", "budi", "citra"])
async def test_only_the_bureau_plans(sign_in: SignIn, begin: Begin, name: str) -> None:
    round_ = await begin()
    address = f"{EVALUATIONS}/{round_.id}"
    browser = (await sign_in(name)).browser
    for answered in (
        await browser.post(EVALUATIONS, json=PEKPPP),
        await browser.patch(address, json={"title": "Milik saya"}),
        await browser.post(f"{address}/closure", json={"reason": "cukup"}),
        await browser.post(f"{address}/reopening", json={"reason": "lagi"}),
        await browser.put(f"{address}/units/{B}"),
        await browser.post(f"{address}/units", json={"all": True}),
        await browser.delete(f"{address}/units/{B}"),
        await browser.post(f"{address}/assignments", json=assignment()),
        await browser.delete(f"{address}/assignments/1"),
    ):
        assert refusal(answered)[:2] == (403, "forbidden")


async def test_nobody_reads_evaluations_without_signing_in(client: httpx.AsyncClient) -> None:
    for address in (EVALUATIONS, f"{EVALUATIONS}/1", ASSIGNMENTS):
        assert (await client.get(address)).status_code == 401


# ── changing, closing ──


async def test_a_plan_may_change_and_the_trail_says_from_what_to_what(
    cast: Cast, gita: httpx.AsyncClient, database: Database
) -> None:
    address = await planned(gita)
    answered = await gita.patch(address, json={"title": "PEKPPP 2026", "target": "4", "reply_days": 7})
    assert answered.status_code == 200
    assert (answered.json()["title"], answered.json()["target"]) == ("PEKPPP 2026", "4")
    act, _, facts = (await acts(database))[-1]
    assert act == "evaluation_changed"
    assert facts["before"]["title"] == "PEKPPP Mandiri 2026"
    assert facts["after"] == {"title": "PEKPPP 2026", "target": "4"}


async def test_a_period_cannot_be_changed_to_end_before_it_begins(
    cast: Cast, gita: httpx.AsyncClient
) -> None:
    address = await planned(gita)
    assert refusal(await gita.patch(address, json={"last_day": "2026-09-30"}))[1] == "bad_evaluation"
    assert (await gita.patch(address, json={"last_day": "2027-01-31"})).json()["last_day"] == "2027-01-31"


async def test_instrument_and_convention_never_change(cast: Cast, gita: httpx.AsyncClient) -> None:
    address = await planned(gita)
    for facts in ({"instrument": "pekppp/2017"}, {"convention": "parts-2"}):
        assert refusal(await gita.patch(address, json=facts))[:2] == (409, "wrong_state")


async def test_what_a_final_score_was_made_with_stays(
    gita: httpx.AsyncClient, begin: Begin, database: Database
) -> None:
    round_ = await begin("pekppp/2022")
    address = f"{EVALUATIONS}/{round_.id}"
    await pin(database, round_, round_.cast.a)
    for facts in ({"target": "2"}, {"without_f03": "f02_only"}):
        assert refusal(await gita.patch(address, json=facts))[:2] == (409, "wrong_state")
    assert (await gita.patch(address, json={"title": "Judul lain"})).status_code == 200
    told = (await gita.get(address)).json()
    assert told["progress"]["pinned"] == 1
    assert {one["unit"]: one["is_pinned"] for one in told["loci"]} == {A: True, B: False}


async def test_a_closed_evaluation_takes_no_changes_until_it_is_opened_again(
    cast: Cast, gita: httpx.AsyncClient, database: Database
) -> None:
    address = await planned(gita, A)
    assert refusal(await gita.post(f"{address}/closure", json={"reason": " "}))[2] == "reason"
    assert refusal(await gita.post(f"{address}/reopening", json={"reason": "buka"}))[1] == "wrong_state"
    closed = await gita.post(f"{address}/closure", json={"reason": "semua unit selesai"})
    assert (closed.status_code, closed.json()["closed_at"]) == (200, "2026-11-20T03:00:00Z")
    assert refusal(await gita.post(f"{address}/closure", json={"reason": "lagi"}))[1] == "wrong_state"
    for refused in (
        await gita.patch(address, json={"title": "Lain"}),
        await gita.put(f"{address}/units/{B}"),
        await gita.delete(f"{address}/units/{A}"),
        await gita.post(f"{address}/assignments", json=assignment()),
    ):
        assert refusal(refused)[:2] == (409, "wrong_state")
    assert (await gita.get(EVALUATIONS, params={"open": "1"})).json()["items"] == []
    assert (await gita.post(f"{address}/reopening", json={"reason": "ada susulan"})).status_code == 200
    assert (await gita.put(f"{address}/units/{B}")).status_code == 201
    reasons = {act: facts.get("reason") for act, _, facts in await acts(database) if act != "refused"}
    assert reasons["evaluation_closed"] == "semua unit selesai"
    assert reasons["evaluation_reopened"] == "ada susulan"


# ── loci ──


async def test_a_unit_is_added_once_with_a_code_of_its_own(
    cast: Cast, gita: httpx.AsyncClient, database: Database
) -> None:
    address = await planned(gita)
    first = await gita.put(f"{address}/units/{A}")
    again = await gita.put(f"{address}/units/{A}")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(first.json()["code"]) == 6
    (told,) = (await gita.get(address)).json()["loci"]
    assert (told["unit"], told["name"], told["services"]) == (A, "Dinas Kependudukan", 2)
    assert [act for act, _, _ in await acts(database)].count("locus_added") == 1


async def test_a_code_of_a_counter_or_of_another_locus_is_never_given_again(
    cast: Cast, gita: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = await planned(gita)
    # the draw of lots: a counter's number, a free one, the same again for the next unit, another free one
    lots = iter([7_654_321, 9_000_001, 9_000_001, 9_000_002])
    monkeypatch.setattr("server.inspections.evaluations.storage.secrets.randbelow", lambda _: next(lots))
    codes = [(await gita.put(f"{address}/units/{slug}")).json()["code"] for slug in (A, B)]
    async with database.reading() as session:
        counters = set(await session.scalars(select(Counter.code)))
    assert len({*codes, *counters}) == 2 + len(counters)


async def test_two_who_add_the_same_unit_at_once_add_it_once(
    cast: Cast, sign_in: SignIn, gita: httpx.AsyncClient
) -> None:
    address = await planned(gita)
    ani = (await sign_in("ani")).browser
    answered = await asyncio.gather(*(who.put(f"{address}/units/{A}") for who in (gita, ani) * 4))
    assert sorted(one.status_code for one in answered) == [200] * 7 + [201]
    assert len({one.json()["code"] for one in answered}) == 1


async def test_two_who_plan_with_the_same_new_instrument_at_once_both_succeed(
    cast: Cast, sign_in: SignIn, gita: httpx.AsyncClient, database: Database
) -> None:
    ani = (await sign_in("ani")).browser
    answered = await asyncio.gather(*(who.post(EVALUATIONS, json=PEKPPP) for who in (gita, ani) * 3))
    assert [one.status_code for one in answered] == [201] * 6
    async with database.reading() as session:
        assert len(list(await session.scalars(select(Edition.sha256)))) == 1


async def test_a_removed_unit_comes_back_with_its_code_but_without_its_assignments(
    cast: Cast, gita: httpx.AsyncClient, sign_in: SignIn, database: Database
) -> None:
    address = await planned(gita, A)
    code = (await gita.get(address)).json()["loci"][0]["code"]
    assert (await gita.post(f"{address}/assignments", json=assignment())).status_code == 201
    assert (await gita.delete(f"{address}/units/{A}")).status_code == 200
    assert (await gita.get(address)).json()["loci"] == []
    assert refusal(await gita.delete(f"{address}/units/{A}"))[:2] == (404, "unknown_locus")
    eka = (await sign_in("eka")).browser
    assert (await eka.get(address)).status_code == 404
    revived = await gita.put(f"{address}/units/{A}")
    assert (revived.status_code, revived.json()["code"]) == (201, code)
    assert (await gita.get(address)).json()["unassigned"] == [A]
    assert [act for act, _, _ in await acts(database)][-3:] == ["locus_removed", "refused", "locus_added"]


async def test_a_unit_whose_visit_was_handed_in_stays(gita: httpx.AsyncClient, begin: Begin) -> None:
    round_ = await begin()
    address = f"{EVALUATIONS}/{round_.id}"
    await round_.visit("eka", round_.cast.a, {}, state="submitted")
    await round_.visit("fajar", round_.cast.b, {}, state="draft")
    assert refusal(await gita.delete(f"{address}/units/{A}"))[:2] == (409, "wrong_state")
    assert (await gita.delete(f"{address}/units/{B}")).status_code == 200


async def test_unknown_and_closed_units_are_refused(
    cast: Cast, gita: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    address = await planned(gita)
    assert refusal(await gita.put(f"{address}/units/tidak-ada"))[:2] == (404, "unknown_unit")
    await change(database, Unit, cast.b.id, closed_at=clock.now)
    assert refusal(await gita.put(f"{address}/units/{B}"))[:2] == (422, "bad_evaluation")
    for evaluation in ("999", "x", "9" * 30):
        answered = await gita.put(f"{EVALUATIONS}/{evaluation}/units/{A}")
        assert refusal(answered)[:2] == (404, "unknown_evaluation")


async def test_many_units_are_added_all_or_none(
    cast: Cast, gita: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    address = await planned(gita)

    async def add(**chosen: Any) -> httpx.Response:
        return await gita.post(f"{address}/units", json=chosen)

    for refused in (
        await add(units=[A, "tidak-ada"]),
        await add(units=[]),
        await add(units=[A], all=True),
        await add(),
        await add(kind="kantor"),
        await add(kind="rsud"),
    ):
        assert refusal(refused)[:2] == (422, "bad_evaluation")
    assert (await gita.get(address)).json()["loci"] == []

    by_kind = await add(kind="puskesmas")
    assert (by_kind.status_code, by_kind.json()) == (201, {"added": [B], "already": []})
    await change(database, Unit, cast.mall.id, closed_at=clock.now)
    assert (await add(units=[A, "mal-pelayanan-publik"])).status_code == 422
    every = await add(all=True)
    assert every.json() == {"added": [A, "uptd-kependudukan-barat"], "already": [B]}
    assert (await add(units=[A, A])).status_code == 200
    told = (await gita.get(address)).json()
    # by name: Dinas …, Puskesmas …, UPTD …
    assert [one["unit"] for one in told["loci"]] == [A, B, "uptd-kependudukan-barat"]
    assert len({one["code"] for one in told["loci"]}) == 3
    assert [facts["after"] for act, _, facts in await acts(database) if act == "loci_added"] == [
        {"units": [B]},
        {"units": [A, "uptd-kependudukan-barat"]},
    ]


# ── who reads what ──


async def test_citra_sees_only_her_unit_of_an_evaluation(sign_in: SignIn, gita: httpx.AsyncClient) -> None:
    of_a = await planned(gita, A)
    of_both = await planned(gita, A, B)
    await gita.post(f"{of_both}/assignments", json=assignment(B))
    citra = (await sign_in("citra")).browser
    assert refusal(await citra.get(of_a))[:2] == (404, "unknown_evaluation")
    (item,) = (await citra.get(EVALUATIONS)).json()["items"]
    assert (f"{EVALUATIONS}/{item['id']}", item["progress"]["loci"]) == (of_both, 1)
    told = (await citra.get(of_both)).json()
    assert [one["unit"] for one in told["loci"]] == [B]
    assert told["progress"]["loci"] == 1
    text = (await citra.get(of_both)).text
    assert A not in text and "Eka" not in text and "eka" not in text
    assert (await citra.get(ASSIGNMENTS)).json() == {"items": [], "next": None}


async def test_an_officer_does_not_learn_of_a_visit_before_it_is_verified(
    sign_in: SignIn, begin: Begin
) -> None:
    round_ = await begin()
    await round_.visit("eka", round_.cast.a, {}, state="submitted")
    budi = (await sign_in("budi")).browser
    address = f"{EVALUATIONS}/{round_.id}"
    (locus,) = (await budi.get(address)).json()["loci"]
    assert locus["visits"] == {}
    await round_.visit("fajar", round_.cast.a, {}, state="verified")
    (locus,) = (await budi.get(address)).json()["loci"]
    assert locus["visits"] == {"verified": 1}


async def test_an_inspector_sees_the_units_they_are_assigned_to(
    sign_in: SignIn, gita: httpx.AsyncClient, begin: Begin
) -> None:
    round_ = await begin()
    other = await planned(gita, B)
    eka = (await sign_in("eka")).browser
    assert (await eka.get(other)).status_code == 404
    told = (await eka.get(f"{EVALUATIONS}/{round_.id}")).json()
    (locus,) = told["loci"]
    assert locus["unit"] == A
    assert [one["person"]["username"] for one in locus["assignments"]] == ["eka"]
    assert "unassigned" not in told


async def test_an_inspector_with_an_office_of_their_own_still_sees_where_they_are_assigned(
    sign_in: SignIn, begin: Begin, database: Database, cast: Cast
) -> None:
    round_ = await begin()
    await change(database, Person, cast.people["eka"].id, unit_id=cast.mall.id)
    eka = (await sign_in("eka")).browser
    told = (await eka.get(f"{EVALUATIONS}/{round_.id}")).json()
    assert [one["unit"] for one in told["loci"]] == [A]


async def test_gita_sees_how_far_an_evaluation_is(gita: httpx.AsyncClient, begin: Begin) -> None:
    round_ = await begin()
    await round_.visit("eka", round_.cast.a, {}, state="verified")
    await round_.visit("fajar", round_.cast.a, {}, state="submitted")
    await round_.visit("budi", round_.cast.a, {}, state="submitted", form="F-01")
    await round_.visit("fajar", round_.cast.b, {}, state="draft")
    address = f"{EVALUATIONS}/{round_.id}"
    told = (await gita.get(address)).json()
    assert told["progress"] == {
        "loci": 2,
        "pinned": 0,
        "visited": 1,
        "verified": 1,
        "visits": {"verified": 1, "submitted": 1, "draft": 1},
    }
    a, b = told["loci"]
    assert (a["visits"], a["self_assessments"]) == ({"verified": 1, "submitted": 1}, {"submitted": 1})
    assert b["visits"] == {"draft": 1}
    assert told["instrument"]["teams"] == ["Inspektorat", "Kesekretariatan yang membidangi Organisasi"]
    assert told["unassigned"] == []
    await gita.put(f"{address}/units/mal-pelayanan-publik")
    assert (await gita.get(address)).json()["unassigned"] == ["mal-pelayanan-publik"]


async def test_evaluations_come_page_by_page_the_newest_first(cast: Cast, gita: httpx.AsyncClient) -> None:
    for number in range(5):
        await planned(gita, title=f"Evaluasi {number}")
    titles, after = [], ""
    for _ in range(3):
        told = (await gita.get(EVALUATIONS, params={"limit": 2, "after": after})).json()
        titles.append([one["title"] for one in told["items"]])
        after = told["next"]
    assert titles == [["Evaluasi 4", "Evaluasi 3"], ["Evaluasi 2", "Evaluasi 1"], ["Evaluasi 0"]]
    assert after is None


# ── assignments ──


async def test_an_inspector_is_assigned_once_and_finds_it_in_their_list(
    sign_in: SignIn, gita: httpx.AsyncClient, database: Database
) -> None:
    address = await planned(gita, A, B, **SAMPANG)
    asked = assignment(team="Inspektorat", due_day="2026-11-25")
    first = await gita.post(f"{address}/assignments", json=asked)
    again = await gita.post(f"{address}/assignments", json=asked)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    eka = (await sign_in("eka")).browser
    (told,) = (await eka.get(ASSIGNMENTS)).json()["items"]
    assert (told["unit"]["slug"], told["service"], told["team"]) == (A, None, "Inspektorat")
    assert (told["due_day"], told["days_left"], told["is_overdue"]) == ("2026-11-25", 5, False)
    assert told["state"] is None
    assert [act for act, _, _ in await acts(database)].count("inspector_assigned") == 1


async def test_assigning_again_with_another_day_moves_the_day(
    cast: Cast, gita: httpx.AsyncClient, database: Database
) -> None:
    address = await planned(gita, A)
    first = await gita.post(f"{address}/assignments", json=assignment())
    moved = await gita.post(f"{address}/assignments", json=assignment(due_day="2026-12-20"))
    assert (moved.status_code, moved.json()["id"]) == (200, first.json()["id"])
    assert moved.json()["due_day"] == "2026-12-20"
    act, _, facts = (await acts(database))[-1]
    assert (act, facts["before"]["due_day"], facts["after"]["due_day"]) == (
        "assignment_changed",
        "2026-12-01",
        "2026-12-20",
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"unit": B}, (404, "unknown_locus", None)),
        ({"person": "siapa"}, (404, "unknown_person", None)),
        ({"person": "budi"}, (422, "bad_evaluation", "person")),
        ({"person": "gita"}, (422, "bad_evaluation", "person")),
        ({"team": ""}, (422, "bad_evaluation", "team")),
        ({"team": "Tim Lain"}, (422, "bad_evaluation", "team")),
        ({"service": "ktp"}, (422, "bad_evaluation", "service")),
        ({"due_day": "2026-09-30"}, (422, "bad_evaluation", "due_day")),
        # the period ends on 31 December; 60 days later is 1 March
        ({"due_day": "2027-03-02"}, (422, "bad_evaluation", "due_day")),
        ({"due_day": "kapan-kapan"}, (422, "bad_evaluation", "due_day")),
    ],
)
async def test_an_assignment_that_cannot_be_is_refused(
    cast: Cast,
    gita: httpx.AsyncClient,
    database: Database,
    facts: dict[str, Any],
    expected: tuple[int, str, str | None],
) -> None:
    address = await planned(gita, A, **SAMPANG)
    answered = await gita.post(f"{address}/assignments", json={**assignment(team="Inspektorat"), **facts})
    assert refusal(answered) == expected
    assert (await acts(database))[-1][0] == "refused"
    assert (await gita.get(ASSIGNMENTS)).json()["items"] == []


async def test_the_last_day_an_assignment_may_be_due_is_sixty_days_after_the_period(
    cast: Cast, gita: httpx.AsyncClient
) -> None:
    address = await planned(gita, A)
    answered = await gita.post(f"{address}/assignments", json=assignment(due_day="2027-03-01"))
    assert answered.status_code == 201


async def test_a_closed_account_is_not_assigned(
    cast: Cast, gita: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    address = await planned(gita, A)
    await change(database, Person, cast.people["eka"].id, closed_at=clock.now)
    answered = await gita.post(f"{address}/assignments", json=assignment())
    assert refusal(answered) == (422, "bad_evaluation", "person")


async def test_where_products_are_observed_an_assignment_names_a_service_of_the_unit(
    cast: Cast, gita: httpx.AsyncClient, database: Database
) -> None:
    address = await planned(gita, A, **PRODUCTS)

    async def assign(**facts: Any) -> httpx.Response:
        return await gita.post(f"{address}/assignments", json=assignment(**facts))

    assert refusal(await assign()) == (422, "bad_evaluation", "service")
    assert refusal(await assign(service="poli-umum"))[:2] == (404, "unknown_public_service")
    assert (await assign(service="ktp")).status_code == 201
    assert (await assign(service="akta")).status_code == 201
    assert (await assign(service="ktp")).status_code == 200
    evaluation_id = int(address.rpartition("/")[2])
    eka, ktp = cast.people["eka"].id, cast.services["ktp"].id
    async with database.reading() as session:
        found = await storage.assignment_for(session, eka, evaluation_id, cast.a.id, ktp)
        assert found is not None and found.service_id == ktp
        for person_id, unit_id, service_id in (
            (cast.people["fajar"].id, cast.a.id, ktp),
            (eka, cast.b.id, cast.services["poli"].id),
            (eka, cast.a.id, None),
        ):
            asked = (session, person_id, evaluation_id, unit_id, service_id)
            assert await storage.assignment_for(*asked) is None


async def test_a_withdrawn_assignment_is_gone_unless_its_visit_was_handed_in(
    sign_in: SignIn, gita: httpx.AsyncClient, begin: Begin, database: Database
) -> None:
    round_ = await begin()
    address = f"{EVALUATIONS}/{round_.id}"
    await round_.visit("eka", round_.cast.a, {}, state="submitted")
    await round_.visit("fajar", round_.cast.a, {}, state="returned")
    ids = {
        (one["person"]["username"], one["unit"]["slug"]): one["id"]
        for one in (await gita.get(ASSIGNMENTS)).json()["items"]
    }
    refused = await gita.delete(f"{address}/assignments/{ids['eka', A]}")
    assert refusal(refused)[:2] == (409, "wrong_state")
    assert (await gita.delete(f"{address}/assignments/{ids['fajar', A]}")).status_code == 200
    for gone in (ids["fajar", A], 999, "x"):
        assert (await gita.delete(f"{address}/assignments/{gone}")).status_code == 404
    fajar = (await sign_in("fajar")).browser
    assert [one["unit"]["slug"] for one in (await fajar.get(ASSIGNMENTS)).json()["items"]] == [B]
    withdrawn = [facts for act, _, facts in await acts(database) if act == "assignment_withdrawn"]
    assert [one["before"]["person"] for one in withdrawn] == ["fajar"]


async def test_an_assignment_is_overdue_the_day_after_in_the_zone_of_the_unit(
    gita: httpx.AsyncClient, begin: Begin, clock: Clock, database: Database, cast: Cast
) -> None:
    round_ = await begin()  # all due on 15 December
    await change(database, Unit, cast.b.id, zone="Asia/Jayapura")
    await round_.visit("eka", cast.a, {}, state="submitted")

    async def overdue() -> list[tuple[str, str]]:
        items = (await gita.get(ASSIGNMENTS, params={"overdue": "1"})).json()["items"]
        assert all(one["is_overdue"] for one in items)
        told = (await gita.get(f"{EVALUATIONS}/{round_.id}")).json()
        assert [one["id"] for one in told["overdue"]] == [one["id"] for one in items]
        return [(one["person"]["username"], one["unit"]["slug"]) for one in items]

    clock.now = clock.now.replace(month=12, day=15, hour=14, minute=59)
    assert await overdue() == []
    clock.forward(minutes=1)  # midnight in Jayapura (UTC+9)
    assert await overdue() == [("fajar", B)]
    clock.forward(hours=2)  # midnight in Jakarta (UTC+7); Eka has handed hers in
    assert await overdue() == [("fajar", A), ("fajar", B)]
    await pin(database, round_, cast.a)  # nothing more is asked for where the score is final
    assert await overdue() == [("fajar", B)]
    assert (
        await gita.post(f"{EVALUATIONS}/{round_.id}/closure", json={"reason": "selesai"})
    ).status_code == 200
    assert (await gita.get(ASSIGNMENTS)).json()["items"] == []


async def test_gita_filters_assignments_and_reads_them_page_by_page(
    gita: httpx.AsyncClient, begin: Begin
) -> None:
    first, second = (await begin()).id, (await begin("pekppp/2022")).id

    async def listed(**asked: Any) -> Any:
        return (await gita.get(ASSIGNMENTS, params=asked)).json()

    assert len((await listed())["items"]) == 6
    assert len((await listed(evaluation=second))["items"]) == 3
    of_eka = (await listed(person="eka"))["items"]
    assert [one["evaluation"]["id"] for one in of_eka] == [first, second]
    page = await listed(limit=4)
    rest = await listed(limit=4, after=page["next"])
    ids = [one["id"] for one in (*page["items"], *rest["items"])]
    assert (len(page["items"]), len(set(ids)), rest["next"]) == (4, 6, None)
    assert (await gita.get(ASSIGNMENTS, params={"evaluation": "semua"})).status_code == 404


async def test_assignments_told_elsewhere_are_those_that_stand(
    begin: Begin, database: Database, cast: Cast
) -> None:
    round_ = await begin()
    async with database.reading() as session:
        assert [unit.slug for _, unit in await storage.loci_of(session, round_.id)] == [A, B]
        counts = await storage.product_counts(session, [cast.a.id, cast.b.id, cast.mall.id])
        assert counts == {cast.a.id: 2, cast.b.id: 1, cast.mall.id: 0}
        eka = cast.people["eka"].id
        found = await storage.assignment_for(session, eka, round_.id, cast.a.id, None)
    assert found is not None
    await change(database, Assignment, found.id, withdrawn_at=round_.now)
    await change(database, Locus, (round_.id, cast.b.id), removed_at=round_.now)
    async with database.reading() as session:
        assert await storage.assignment_for(session, eka, round_.id, cast.a.id, None) is None
        assert [unit.slug for _, unit in await storage.loci_of(session, round_.id)] == [A]
