"""From verified visits and users' sheets to the score of a unit and of the city. The numbers were worked by hand."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import select, update

from server.accounts.tables import AuditEvent, Person
from server.database import Database
from server.inspections.scores import storage
from server.inspections.scores.published import PublishedScores
from server.inspections.scores.sheet import sheet_facts
from server.inspections.scoring import Observed
from server.inspections.tables import Assignment, Evaluation, Settlement
from tests.cast import Cast, Staff
from tests.inspections.makers import ADA, TIDAK_ADA, Round, all_at, levels
from tests.inspections.score_makers import (
    ALL_SIX,
    FIVE_OF_SIX,
    LACKING,
    REASON,
    THREE_OF_SIX,
    assign,
    city,
    fill_in,
    of_unit,
    score,
    settle,
)
from tests.inspections.test_replies import bring
from tests.statements import statements

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

# ── two teams ──


async def test_where_two_teams_differ_both_are_shown_and_there_is_no_index(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    found = await score(await sign_in("gita"), round_, cast.a)
    assert (found["state"], found["index"]) == ("live", None)
    assert found["status"] == "diperselisihkan, 1 indikator"
    assert {(one["team"], one["person"], one["index"]) for one in found["visits"]} == {
        ("Inspektorat", "Eka", "83.33"),
        ("Organisasi", "Fajar", "100.00"),
    }
    (disagreement,) = found["disagreements"]
    assert (disagreement["indicator"], disagreement["name"]) == ("6", "Kotak pengaduan masyarakat")
    assert {(one["team"], one["value"]) for one in disagreement["said"]} == {
        ("Inspektorat", "0"),
        ("Organisasi", "1"),
    }
    assert disagreement["settled"] is None


@pytest.mark.parametrize(("value", "index"), [("1", "100.00"), (0, "83.33")])
async def test_what_the_coordinator_settles_holds(
    begin: Begin, cast: Cast, sign_in: SignIn, value: Any, index: str
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    gita = await sign_in("gita")
    answered = await settle(gita, round_, cast.a, "6", value=value)
    assert answered.status_code == 201, answered.text
    found = await score(gita, round_, cast.a)
    assert (found["index"], found["status"]) == (index, "lengkap")
    (settled,) = [one["settled"] for one in found["disagreements"]]
    assert (settled["value"], settled["reason"], settled["by"]) == (str(value), REASON, "Gita")


async def test_the_latest_settlement_counts_and_both_are_in_the_trail(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    gita = await sign_in("gita")
    await settle(gita, round_, cast.a, "6", value="1")
    # 6 leaves the denominator, and all five others are there
    again = await settle(gita, round_, cast.a, "6", not_applicable=True)
    assert (again.status_code, again.json()["index"]) == (201, "100.00")
    await settle(gita, round_, cast.a, "6", value="0")
    assert (await score(gita, round_, cast.a))["index"] == "83.33"
    async with database.reading() as session:
        rows = list(await session.scalars(select(Settlement.value).order_by(Settlement.id)))
        told = [
            msgspec.json.decode(facts)
            for facts in await session.scalars(
                select(AuditEvent.facts).where(AuditEvent.act == "dispute_settled").order_by(AuditEvent.id)
            )
        ]
    assert rows == [Decimal(1), None, Decimal(0)]
    assert [(one["before"], one["after"]["value"]) for one in told] == [
        (None, "1"),
        ({"value": "1"}, None),
        ({"value": None}, "0"),
    ]


@pytest.mark.parametrize(
    ("indicator", "body", "status", "code"),
    [
        ("1", {"value": "1"}, 409, "wrong_state"),
        ("6", {"value": "2"}, 422, "bad_finding"),
        ("6", {"value": "1e9"}, 422, "bad_finding"),
        ("6", {"value": 0.5}, 422, "bad_form"),
        ("6", {}, 422, "bad_finding"),
        ("6", {"value": "1", "not_applicable": True}, 422, "bad_finding"),
        ("6", {"value": "1", "reason": "begitu"}, 422, "bad_form"),
        ("99", {"value": "1"}, 422, "bad_finding"),
        ("6", {"value": "1", "service": "ktp"}, 404, "unknown_public_service"),
    ],
)
async def test_a_settlement_that_cannot_be_is_refused_and_the_refusal_kept(
    begin: Begin,
    cast: Cast,
    sign_in: SignIn,
    database: Database,
    indicator: str,
    body: dict[str, Any],
    status: int,
    code: str,
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    gita = await sign_in("gita")
    answered = await settle(gita, round_, cast.a, indicator, **body)
    assert (answered.status_code, answered.json()["code"]) == (status, code), answered.text
    async with database.reading() as session:
        assert await session.scalar(select(Settlement)) is None
        event = (await session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()))).first()
    assert event is not None
    assert (event.act, event.actor) == ("refused", "gita")
    assert msgspec.json.decode(event.facts)["code"] == code


async def test_who_recorded_a_visit_does_not_settle_it(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    """Gita once was an inspector, and one of the visits is hers."""
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("gita", cast.a, ALL_SIX)
    refused = await settle(await sign_in("gita"), round_, cast.a, "6", value="1")
    assert (refused.status_code, refused.json()["code"]) == (403, "own_work")
    assert (await settle(await sign_in("ani"), round_, cast.a, "6", value="1")).status_code == 201


@pytest.mark.parametrize("person", ["budi", "eka"])
async def test_only_the_bureau_settles(begin: Begin, cast: Cast, sign_in: SignIn, person: str) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    assert (await settle(await sign_in(person), round_, cast.a, "6", value="1")).status_code == 403


async def test_a_settlement_ends_with_the_disagreement_it_settled(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    """Eka's visit goes back and comes again saying what Fajar's says: what was decided between them is over."""
    round_, gita = await begin("sampang/2018"), await sign_in("gita")
    eka = await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    await settle(gita, round_, cast.a, "6", value="0")
    assert (await score(gita, round_, cast.a))["index"] == "83.33"
    await come_again(await sign_in("eka"), gita, eka, "6", 1)
    found = await score(gita, round_, cast.a)
    assert (found["index"], found["disagreements"]) == ("100.00", [])


async def test_a_settlement_does_not_decide_a_disagreement_that_came_later(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_, gita = await begin("sampang/2018"), await sign_in("gita")
    eka = await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    await settle(gita, round_, cast.a, "6", value="1")
    assert (await score(gita, round_, cast.a))["index"] == "100.00"
    await come_again(await sign_in("eka"), gita, eka, "5", 0)
    found = await score(gita, round_, cast.a)
    # number 6 is settled still, number 5 is another matter
    assert (found["index"], found["status"]) == (None, "diperselisihkan, 1 indikator")
    assert [one["settled"] is not None for one in found["disagreements"]] == [False, True]


async def test_an_upheld_reply_speaks_of_one_visit_and_not_of_the_next(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    """Budi's reply to Eka's finding is upheld; Fajar, who comes later, has seen for himself."""
    round_, gita, budi = await begin("sampang/2018"), await sign_in("gita"), await sign_in("budi")
    eka = await round_.visit("eka", cast.a, FIVE_OF_SIX)
    reply = uuid4()
    text = {"text": "Kotak pengaduan ada di pintu samping sejak Maret."}
    address = f"/api/inspections/visits/{eka}/findings/6/replies/{reply}"
    assert (await budi.browser.put(address, json=text)).status_code == 201
    decision = {"outcome": "upheld", "value": "1", "reason": "Foto bertanggal menunjukkan kotaknya."}
    decided = await gita.browser.post(f"/api/inspections/replies/{reply}/decision", json=decision)
    assert decided.status_code == 201
    found = await score(gita, round_, cast.a)
    assert (found["index"], found["disagreements"]) == ("100.00", [])
    await round_.visit("fajar", cast.a, FIVE_OF_SIX)
    found = await score(gita, round_, cast.a)
    assert (found["index"], found["status"]) == (None, "diperselisihkan, 1 indikator")


async def come_again(who: Staff, gita: Staff, visit: UUID, indicator: str, value: int) -> None:
    """A visit goes back, says something else at one indicator, and is verified again."""
    address = f"/api/inspections/visits/{visit}"
    body = {"note": "", "reasons": {indicator: "Periksa lagi, tim lain melihat yang berbeda."}}
    assert (await gita.browser.post(f"{address}/return", json=body)).status_code == 200
    finding = {"value": value, "observed_at": "2026-11-20T03:30:00Z"}
    assert (await who.browser.put(f"{address}/findings/{indicator}", json=finding)).status_code == 200
    assert (await who.browser.post(f"{address}/submission", json={})).status_code == 200
    assert (await gita.browser.post(f"{address}/verification", json={})).status_code == 200


# ── what counts ──


@pytest.mark.parametrize("state", ["draft", "submitted", "returned"])
async def test_only_what_was_verified_counts(begin: Begin, cast: Cast, sign_in: SignIn, state: str) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX, state=state)
    gita, budi = await sign_in("gita"), await sign_in("budi")
    assert (await score(gita, round_, cast.a))["status"] == "belum ada kunjungan terverifikasi"
    assert [one["state"] for one in (await score(gita, round_, cast.a))["visits"]] == [state]
    assert (await score(budi, round_, cast.a))["visits"] == []


async def test_a_gap_is_missing_and_never_zero(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, {key: ADA for key in "12345"})
    found = await score(await sign_in("gita"), round_, cast.a)
    assert (found["index"], found["status"]) == (None, "belum lengkap, 5 dari 6")


async def test_all_at_3_with_users_at_4_is_3_25(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    """The self-check of our sources: 0.75 x 3 + 0.25 x 4 = 3.25; x 20 = 65.00; B-."""
    round_ = await begin("pekppp/2022")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    gita = await sign_in("gita")
    assert (await score(gita, round_, cast.a))["status"] == "belum lengkap: F-03"
    await fill_in(round_, cast.a, [3, 5, 3, 5, 3, 5, 3, 5, 3, 5])
    await fill_in(round_, cast.a, [0, 0, 0], excluded_by="same_page")
    await fill_in(round_, cast.b, [1])
    found = await score(gita, round_, cast.a)
    assert (found["index"], found["conversion"]) == ("3.25", "65.00")
    assert (found["category"], found["label"]) == ("B-", "Baik (Dengan Catatan)")
    assert (found["f02"], found["ipp"]["f03"], found["users"]["n"]) == ("3.00", "4.00", 10)
    assert found["forms"]["parts"]["c"]["f03"] == "4.000"
    assert "f" in found["forms"]["parts"]
    assert found["forms"]["parts"]["f"]["f03"] is None
    assert any("65,00" in line for line in found["steps"])


async def test_an_evaluation_may_take_f02_alone_and_says_so(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("pekppp/2022", without_f03="f02_only")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    found = await score(await sign_in("gita"), round_, cast.a)
    assert (found["index"], found["status"]) == ("3.00", "F-02 saja, tanpa F-03")


async def test_the_units_own_assessment_stands_beside_what_was_found(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("pekppp/2022")
    await round_.visit("budi", cast.a, all_at(round_.instrument, 5), form="F-01", state="submitted")
    await round_.visit("eka", cast.a, {**all_at(round_.instrument, 3), **levels({15: 2})})
    found = await score(await sign_in("budi"), round_, cast.a)
    (product,) = found["forms"]["products"]
    assert product["indicators"]["15"] == {"f01": "5", "f02": "2", "difference": "3"}
    assert product["indicators"]["16"] == {"f01": "5", "f02": "3", "difference": "2"}
    assert found["f02"] != "5.00"


# ── services apart ──


async def test_a_units_score_is_the_mean_of_its_services(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("ombudsman/classic")
    ktp, akta = cast.services["ktp"].id, cast.services["free"].id
    whole = all_at(round_.instrument, 1)
    await round_.visit("eka", cast.a, whole, service_id=ktp)
    await round_.visit("eka", cast.a, {**whole, **LACKING}, service_id=akta)
    found = await score(await sign_in("gita"), round_, cast.a)
    assert [(one["name"], one["index"]) for one in found["products"]] == [
        ("Akta kelahiran", "82.00"),
        ("KTP elektronik", "100.00"),
    ]
    assert (found["index"], found["zone"]) == ("91.00", "hijau")


async def test_a_service_that_nobody_visited_yet_leaves_the_unit_without_an_index(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("ombudsman/classic")
    ktp, akta = cast.services["ktp"].id, cast.services["free"].id
    await assign(round_, "eka", cast.a, ktp)
    await assign(round_, "eka", cast.a, akta)
    gita = await sign_in("gita")
    assert (await score(gita, round_, cast.a))["status"] == "belum ada kunjungan terverifikasi"
    await round_.visit("eka", cast.a, all_at(round_.instrument, 1), service_id=ktp)
    found = await score(gita, round_, cast.a)
    assert (found["index"], found["status"]) == (None, "belum lengkap, 1 dari 2 layanan")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 1), service_id=akta)
    assert (await score(gita, round_, cast.a))["index"] == "100.00"


async def test_a_service_that_is_no_longer_to_be_visited_is_not_waited_for(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("ombudsman/classic")
    await assign(round_, "eka", cast.a, cast.services["ktp"].id)
    await assign(round_, "eka", cast.a, cast.services["free"].id, withdrawn_at=round_.now)
    await round_.visit("eka", cast.a, service_id=cast.services["ktp"].id)
    assert (await score(await sign_in("gita"), round_, cast.a))["index"] == "100.00"


async def test_a_dispute_is_of_one_service(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    """Two visits of one service differ; the other service has a value of its own and is no party to it."""
    round_ = await begin("ombudsman/classic")
    ktp, akta = cast.services["ktp"].id, cast.services["free"].id
    whole = all_at(round_.instrument, 1)
    await round_.visit("eka", cast.a, whole, service_id=ktp)
    await round_.visit("fajar", cast.a, {**whole, "9.1": TIDAK_ADA}, service_id=ktp)
    await round_.visit("eka", cast.a, {**whole, "9.1": TIDAK_ADA}, service_id=akta)
    gita = await sign_in("gita")
    assert [
        (one["service"], one["indicator"]) for one in (await score(gita, round_, cast.a))["disagreements"]
    ] == [("ktp", "9.1")]
    assert (await settle(gita, round_, cast.a, "9.1", value="1")).json()["field"] == "service"
    assert (await settle(gita, round_, cast.a, "9.1", value="1", service="akta")).status_code == 409
    settled = await settle(gita, round_, cast.a, "9.1", value="1", service="ktp")
    # ktp 100, akta without the attributes (3): 97; together 98.5
    assert (settled.status_code, settled.json()["index"]) == (201, "98.50")


# ── who sees what ──


async def test_citra_sees_nothing_of_unit_a(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.b, ALL_SIX)
    citra = await sign_in("citra")
    refused = await citra.browser.get(f"{of_unit(round_, cast.a)}/score")
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_locus")
    seen = await city(citra, round_)
    assert [row["unit"] for row in seen["units"]] == [cast.b.slug]
    assert (seen["city"], seen["methods"]) == (None, {})
    assert "83.33" not in str(seen)


async def test_an_officer_reads_teams_but_not_who_in_them(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    found = await score(await sign_in("budi"), round_, cast.a)
    assert found["index"] == "83.33"
    assert "Inspektorat" in str(found)
    assert "Eka" not in str(found)


async def test_an_inspector_sees_a_score_only_after_their_own_visit_was_verified(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    """Two teams look independently: what one found must not guide what the other writes down."""
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX, state="draft")
    eka, fajar = await sign_in("eka"), await sign_in("fajar")
    refused = await fajar.browser.get(f"{of_unit(round_, cast.a)}/score")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert (await city(fajar, round_))["units"] == []
    assert (await score(eka, round_, cast.a))["index"] == "83.33"
    assert [row["unit"] for row in (await city(eka, round_))["units"]] == [cast.a.slug]


async def test_an_inspector_reads_no_other_teams_result_for_what_they_are_still_to_visit(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_, eka = await begin("ombudsman/classic"), await sign_in("eka")
    ktp, akta = cast.services["ktp"].id, cast.services["free"].id
    await _only_assigned_by_service(round_)
    await assign(round_, "eka", cast.a, ktp)
    await assign(round_, "eka", cast.a, akta)
    await round_.visit("eka", cast.a, service_id=ktp)
    await round_.visit("fajar", cast.a, service_id=akta)
    address = f"{of_unit(round_, cast.a)}/score"
    assert (await eka.browser.get(address)).status_code == 409
    assert (await city(eka, round_))["units"] == []
    await round_.visit("eka", cast.a, service_id=akta, state="submitted")
    assert (await eka.browser.get(address)).status_code == 409


async def test_an_inspector_does_not_wait_for_a_service_that_others_are_to_visit(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_, eka = await begin("ombudsman/classic"), await sign_in("eka")
    await _only_assigned_by_service(round_)
    await assign(round_, "eka", cast.a, cast.services["ktp"].id)
    await round_.visit("eka", cast.a, service_id=cast.services["ktp"].id)
    await round_.visit("fajar", cast.a, service_id=cast.services["free"].id)
    assert (await score(eka, round_, cast.a))["index"] == "100.00"


async def test_an_inspector_of_a_whole_unit_looks_at_every_service_before_reading_what_others_found(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_, eka = await begin("ombudsman/classic"), await sign_in("eka")
    await round_.visit("eka", cast.a, service_id=cast.services["ktp"].id)
    assert (await score(eka, round_, cast.a))["index"] == "100.00"
    await round_.visit("fajar", cast.a, service_id=cast.services["free"].id)
    assert (await eka.browser.get(f"{of_unit(round_, cast.a)}/score")).status_code == 409
    await round_.visit("eka", cast.a, service_id=cast.services["free"].id)
    assert (await score(eka, round_, cast.a))["index"] == "100.00"


async def test_a_visit_that_was_withdrawn_keeps_no_score_from_who_visited_again(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_, eka = await begin("sampang/2018"), await sign_in("eka")
    await round_.visit("eka", cast.a, ALL_SIX, state="withdrawn")
    assert (await eka.browser.get(f"{of_unit(round_, cast.a)}/score")).status_code == 409
    await round_.visit("eka", cast.a, ALL_SIX)
    assert (await score(eka, round_, cast.a))["index"] == "100.00"


async def _only_assigned_by_service(round_: Round) -> None:
    async with round_.database.writing() as session:
        await session.execute(
            update(Assignment).where(Assignment.evaluation_id == round_.id).values(withdrawn_at=round_.now)
        )


async def test_an_inspector_who_belongs_to_a_unit_reads_where_they_are_assigned_all_the_same(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    visit = await round_.visit("eka", cast.a, FIVE_OF_SIX)
    budi = await sign_in("budi")
    piece = await bring(budi)
    replied = await budi.browser.put(
        f"/api/inspections/visits/{visit}/findings/5/replies/{uuid4()}",
        json={"text": "Papan ada di pintu samping.", "evidence": [piece]},
    )
    assert replied.status_code == 201, replied.text
    async with database.writing() as session:
        await session.execute(update(Person).where(Person.username == "eka").values(unit_id=cast.b.id))
    eka = await sign_in("eka")
    assert [row["unit"] for row in (await city(eka, round_))["units"]] == [cast.a.slug]
    assert (await eka.browser.get(f"/api/inspections/evidence/{piece['sha256']}")).status_code == 200
    own = await eka.browser.get("/api/inspections/visits", params={"unit": cast.a.slug})
    assert [one["id"] for one in own.json()["items"]] == [str(visit)]
    assert (await eka.browser.get("/api/inspections/visits", params={"unit": "x"})).status_code == 404


@pytest.mark.parametrize("number", ["0", "999999", "x", "99999999999999999999"])
async def test_an_evaluation_that_is_not_there(cast: Cast, sign_in: SignIn, number: str) -> None:
    gita = await sign_in("gita")
    for address in (f"{number}/score", f"{number}/units/{cast.a.slug}/score"):
        answered = await gita.browser.get(f"/api/inspections/evaluations/{address}")
        assert (answered.status_code, answered.json()["code"]) == (404, "unknown_evaluation")


# ── the city ──


async def test_the_city_is_the_mean_of_unrounded_indices(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    """All at 4 but no. 3 (7 % of 24 %) at 5: 4.0168; all at 4 but no. 21 (30 % of 11 %) at 5: 4.0330.

    Their mean is 4.0249, printed 4.02; the mean of the printed 4.02 and 4.03 would be printed 4.03.
    """
    round_ = await begin("pekppp/2022", without_f03="f02_only")
    await round_.visit("eka", cast.a, {**all_at(round_.instrument, 4), **levels({3: 5})})
    await round_.visit("fajar", cast.b, {**all_at(round_.instrument, 4), **levels({21: 5})})
    found = await city(await sign_in("gita"), round_)
    assert [(row["rank"], row["unit"], row["index"]) for row in found["units"]] == [
        (1, cast.b.slug, "4.03"),
        (2, cast.a.slug, "4.02"),
    ]
    told = found["city"]
    assert (told["index"], told["conversion"], told["category"]) == ("4.02", "80.50", "A-")
    assert told["label"] == "rata-rata unit tanpa bobot, 2 unit, 2 di antaranya F-02 saja"


async def test_both_ways_to_the_citys_index_have_a_name(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    """A with two services has 50, B with one has 100: (50 + 100) / 2 = 75; (2 x 50 + 100) / 3 = 66.67."""
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, THREE_OF_SIX)
    await round_.visit("fajar", cast.b, ALL_SIX)
    gita = await sign_in("gita")
    found = await city(gita, round_, method="weighted_by_services")
    assert found["city"]["index"] == "66.67"
    assert found["city"]["label"] == "rata-rata unit berbobot jumlah layanan, 2 unit"
    assert found["methods"]["mean_of_units"]["index"] == "75.00"
    unknown = await gita.browser.get(f"/api/inspections/evaluations/{round_.id}/score?method=median")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "bad_convention")


async def test_a_unit_without_an_index_is_told_and_not_counted_as_zero(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("fajar", cast.b, ALL_SIX)
    found = await city(await sign_in("gita"), round_)
    assert [(row["rank"], row["index"], row["status"]) for row in found["units"]] == [
        (1, "100.00", "lengkap"),
        (None, None, "belum ada kunjungan terverifikasi"),
    ]
    assert found["city"]["index"] == "100.00"
    assert found["city"]["label"] == "rata-rata unit tanpa bobot, 1 dari 2 unit"


async def test_nothing_that_can_still_change_is_published(
    begin: Begin, cast: Cast, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, ALL_SIX)
    published = PublishedScores(database)
    assert await published.of_unit(cast.a.id) == []
    assert await published.of_city() == []


async def test_a_city_takes_as_many_queries_as_a_unit(begin: Begin, cast: Cast, database: Database) -> None:
    round_ = await begin("sampang/2018")
    units = [cast.a, cast.b, *await round_.more_units(30)]
    for unit in units:
        await round_.visit("eka", unit, FIVE_OF_SIX, proven=False)
    counts = []
    for asked in ([cast.a], units):
        async with database.reading() as session:
            evaluation = await session.get_one(Evaluation, round_.id)
            with statements() as asked_for:
                scores = await storage.scores_of_units(session, evaluation, asked)
        assert len(scores) == len(asked)
        counts.append(len(asked_for))
    assert counts[0] == counts[1]


async def test_the_printed_sheet_has_all_it_needs(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    from server.accounts.access import Role, Viewer

    round_ = await begin("sampang/2018")
    eka = await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    await settle(await sign_in("gita"), round_, cast.a, "6", value="1")
    viewer = Viewer(cast.people["gita"].id, "gita", "Gita", Role.COORDINATOR, None, None)
    async with database.reading() as session:
        facts = await sheet_facts(session, viewer, str(round_.id), cast.a.slug)
    assert facts["score"]["index"] == "100.00"
    assert any("6" in line for line in facts["score"]["steps"])
    of_eka = next(one for one in facts["visits"] if one["id"] == str(eka))
    assert (of_eka["verified_by"], of_eka["evidence"]["1"]) == ("Gita", 1)
    assert [(one["indicator"], one["by"]) for one in facts["settlements"]] == [("6", "Gita")]
    assert facts["replies"] == []


async def test_levels_that_a_visit_left_out_are_taken_from_the_other(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("sampang/2018")
    first: dict[str, Observed] = {key: ADA for key in "123"}
    await round_.visit("eka", cast.a, first)
    await round_.visit("fajar", cast.a, {key: ADA for key in "3456"})
    found = await score(await sign_in("gita"), round_, cast.a)
    assert (found["index"], found["disagreements"]) == ("100.00", [])
