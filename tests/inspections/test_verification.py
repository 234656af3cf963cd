"""A visit handed in, verified or returned: nothing incomplete counts, nobody checks their own work."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import select, update

from server.accounts.access import Role
from server.accounts.tables import AuditEvent, Person
from server.database import Database
from server.inspections.tables import Visit, VisitStep
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import ADA, TIDAK_ADA, Round, levels
from tests.inspections.test_visits import (
    VISITS,
    acts,
    begun,
    brought,
    count,
    found,
    photo,
    pin,
    refusals,
    refused,
)

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

SIX = {str(number): ADA for number in range(1, 7)}
WITHOUT_PROOF = {str(number): found(1) for number in range(1, 7)}


async def state_of(database: Database, address: str) -> tuple[str, int]:
    """The state of a visit, and how many steps led there."""
    async with database.reading() as session:
        states = list(await session.scalars(select(Visit.state)))
        steps = list(await session.scalars(select(VisitStep.id)))
    assert len(states) == 1
    return states[0], len(steps)


# ── handing in ──


async def test_a_visit_with_gaps_is_not_handed_in(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    partly = levels({number: 3 for number in range(1, 23)})
    address = f"{VISITS}/{await round_.visit('eka', cast.a, partly, state='draft')}"
    told = refused(await eka.browser.post(f"{address}/submission"), 409, "incomplete_visit")
    assert told["detail"] == (
        "Kunjungan ini belum lengkap, 22 dari 30. Isi dahulu indikator 23, 24, 25, 26, 27, 28, 29, 30."
    )
    assert [lack["indicator"] for lack in told["lacks"]] == [str(number) for number in range(23, 31)]
    assert await state_of(database, address) == ("draft", 1)
    assert await refusals(database) == [("eka", f"{address}/submission", "incomplete_visit")]


async def test_missing_evidence_warns_whoever_hands_in_and_hinders_the_verifier(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka, gita = await begin("sampang/2018"), await sign_in("eka"), await sign_in("gita")
    address = await begun(eka, round_)
    stored = await eka.browser.put(f"{address}/findings", json={"findings": WITHOUT_PROOF})
    assert stored.status_code == 200
    handed_in = await eka.browser.post(f"{address}/submission", json={"note": "Foto menyusul."})
    assert (handed_in.status_code, handed_in.json()["state"]) == (200, "submitted")
    assert {lack["code"] for lack in handed_in.json()["lacks"]} == {"no_evidence"}
    told = refused(await gita.browser.post(f"{address}/verification"), 409, "incomplete_visit")
    assert told["detail"] == "Lengkapi dahulu bukti untuk indikator 1, 2, 3, 4, 5, 6."
    assert told["lacks"][3] == {
        "indicator": "4",
        "code": "no_evidence",
        "detail": "Nilai di atas 0 perlu bukti: paling sedikit 1 foto.",
    }
    assert await state_of(database, address) == ("submitted", 2)
    assert await refusals(database) == [("gita", f"{address}/verification", "incomplete_visit")]


async def test_what_is_not_there_needs_no_evidence(cast: Cast, begin: Begin, sign_in: SignIn) -> None:
    round_, gita = await begin("sampang/2018"), await sign_in("gita")
    nothing = dict.fromkeys(SIX, TIDAK_ADA)
    visit_id = await round_.visit("eka", cast.a, nothing, state="submitted", proven=False)
    assert (await gita.browser.post(f"{VISITS}/{visit_id}/verification")).status_code == 200


async def test_handing_in_twice_is_handing_in_once(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_, eka = await begin("sampang/2018"), await sign_in("eka")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, SIX, state='draft')}"
    first = await eka.browser.post(f"{address}/submission")
    clock.forward(hours=1)
    racing = await asyncio.gather(*(eka.browser.post(f"{address}/submission") for _ in range(3)))
    assert {first.text} == {again.text for again in racing}
    assert first.json()["submitted_at"] == "2026-11-20T03:00:00Z"
    assert await state_of(database, address) == ("submitted", 2)
    assert await acts(database) == ["visit_submitted"]


async def test_only_whoever_recorded_a_visit_hands_it_in(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, fajar, gita = await begin("sampang/2018"), await sign_in("fajar"), await sign_in("gita")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, SIX, state='draft')}"
    refused(await fajar.browser.post(f"{address}/submission"), 403, "foreign_visit")
    refused(await gita.browser.post(f"{address}/submission"), 403, "forbidden")
    assert await state_of(database, address) == ("draft", 1)


# ── verifying ──


async def test_a_verified_visit_says_who_checked_it_and_when(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_, gita = await begin("sampang/2018"), await sign_in("gita")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, SIX, state='submitted')}"
    clock.forward(hours=2)
    verified = await gita.browser.post(f"{address}/verification", json={"note": "Sesuai foto."})
    assert (verified.status_code, verified.json()["verified_at"]) == (200, "2026-11-20T05:00:00Z")
    told = (await gita.browser.get(address)).json()
    assert (told["state"], told["verified_by"], told["score"]["index"]) == ("verified", "Gita", "100.00")
    assert told["steps"][-1] == {
        "state": "verified",
        "at": "2026-11-20T05:00:00Z",
        "person": "Gita",
        "note": "Sesuai foto.",
        "reasons": {},
    }
    clock.forward(hours=1)
    assert (await gita.browser.post(f"{address}/verification")).text == verified.text
    assert await acts(database) == ["visit_verified"]


async def test_an_inspector_and_an_officer_verify_nothing(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, SIX, state='submitted')}"
    for name in ("eka", "fajar", "budi"):
        staff = await sign_in(name)
        refused(await staff.browser.post(f"{address}/verification"), 403, "forbidden")
        refused(await staff.browser.post(f"{address}/return", json={"reasons": {"1": "x"}}), 403, "forbidden")
    assert await state_of(database, address) == ("submitted", 1)


async def test_nobody_verifies_what_they_recorded_themselves(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    """Eka has become a coordinator since."""
    round_, eka = await begin("sampang/2018"), await sign_in("eka")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, SIX, state='submitted')}"
    async with database.writing() as session:
        await session.execute(update(Person).where(Person.username == "eka").values(role=Role.COORDINATOR))
    told = refused(await eka.browser.post(f"{address}/verification"), 403, "own_work")
    assert "pekerjaan Anda sendiri" in told["detail"]
    assert await state_of(database, address) == ("submitted", 1)
    assert await refusals(database) == [("eka", f"{address}/verification", "own_work")]


async def test_a_draft_is_not_verified_and_what_was_verified_not_handed_in(
    cast: Cast, begin: Begin, sign_in: SignIn
) -> None:
    round_, gita, eka = await begin("sampang/2018"), await sign_in("gita"), await sign_in("eka")
    draft = f"{VISITS}/{await round_.visit('eka', cast.a, SIX, state='draft')}"
    told = refused(await gita.browser.post(f"{draft}/verification"), 409, "wrong_state")
    assert told["detail"] == (
        "Kunjungan ini sedang diisi; hanya yang menunggu verifikasi dapat menjadi terverifikasi."
    )
    verified = f"{VISITS}/{await round_.visit('eka', cast.a, SIX)}"
    refused(await eka.browser.post(f"{verified}/submission"), 409, "wrong_state")


async def test_a_units_own_assessment_is_verified_like_any_other(
    cast: Cast, begin: Begin, sign_in: SignIn
) -> None:
    round_, budi, gita = await begin("pekppp/2022"), await sign_in("budi"), await sign_in("gita")
    whole = levels({number: 4 for number in range(1, 31)})
    address = f"{VISITS}/{await round_.visit('budi', cast.a, whole, state='draft', form='F-01')}"
    assert (await budi.browser.post(f"{address}/submission")).json()["lacks"] == []
    verified = await gita.browser.post(f"{address}/verification")
    assert verified.json()["state"] == "verified"


# ── returning ──


async def test_a_visit_is_returned_with_reasons_corrected_and_verified(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_, eka, gita = await begin("sampang/2018"), await sign_in("eka"), await sign_in("gita")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, SIX, state='submitted')}"
    reasons = {"5": "Foto kabur.", "6": "Ini kotak saran, bukan kotak pengaduan."}
    returned = await gita.browser.post(f"{address}/return", json={"note": "Dua hal.", "reasons": reasons})
    assert (returned.status_code, returned.json()["state"]) == (200, "returned")
    seen = (await eka.browser.get(address)).json()
    assert (seen["steps"][-1]["note"], seen["steps"][-1]["reasons"]) == ("Dua hal.", reasons)
    clock.forward(days=1)
    piece = photo(await brought(database, cast, "eka"))
    await eka.browser.put(f"{address}/findings/5", json=found(1, note="foto baru", evidence=[piece]))
    await eka.browser.put(f"{address}/findings/6", json=found(0, note="memang tidak ada"))
    assert (await eka.browser.post(f"{address}/submission")).json()["submitted_at"] == "2026-11-21T03:00:00Z"
    assert (await gita.browser.post(f"{address}/verification")).status_code == 200
    told = (await gita.browser.get(address, params={"records": "1"})).json()
    assert [step["state"] for step in told["steps"]] == ["submitted", "returned", "submitted", "verified"]
    assert [record["value"] for record in told["records"]["6"]] == ["1"]
    # five of six equal weights
    assert told["score"]["index"] == "83.33"
    assert [act for act in await acts(database) if act.startswith("visit")] == [
        "visit_returned",
        "visit_submitted",
        "visit_verified",
    ]
    async with database.reading() as session:
        event = await session.scalar(select(AuditEvent).where(AuditEvent.act == "visit_returned"))
    assert event is not None
    facts = msgspec.json.decode(event.facts)
    assert (event.actor, facts["before"], facts["after"]["reasons"]) == (
        "gita",
        {"state": "submitted"},
        reasons,
    )


async def test_what_was_verified_by_mistake_goes_back_until_the_score_is_final(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, gita = await begin("sampang/2018"), await sign_in("gita")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, SIX)}"
    body = {"reasons": {"1": "SOP yang lama."}}
    assert (await gita.browser.post(f"{address}/return", json=body)).json()["verified_at"] is None
    assert (await gita.browser.get(address)).json()["verified_by"] is None
    refused(await gita.browser.post(f"{address}/return", json=body), 409, "wrong_state")
    other = f"{VISITS}/{await round_.visit('fajar', cast.a, SIX)}"
    await pin(database, round_, cast.a)
    refused(await gita.browser.post(f"{other}/return", json=body), 409, "final")
    refused(await gita.browser.post(f"{other}/verification"), 409, "final")
    final = f"{VISITS}/{await round_.visit('fajar', cast.b, SIX, state='final')}"
    refused(await gita.browser.post(f"{final}/return", json=body), 409, "final")
    assert ("gita", f"{final}/return", "final") in await refusals(database)


async def test_a_return_says_why(cast: Cast, begin: Begin, sign_in: SignIn, database: Database) -> None:
    round_, gita = await begin("sampang/2018"), await sign_in("gita")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, SIX, state='submitted')}"
    bodies: list[dict[str, Any]] = [
        {"reasons": {}},
        {"reasons": {"1": "  "}},
        {"reasons": {"1": "a" * 501}},
        {"reasons": {"7": "tidak ada indikator ini"}},
        {"reasons": {"1": "kabur"}, "note": "a" * 2001},
    ]
    for body in bodies:
        refused(await gita.browser.post(f"{address}/return", json=body), 422, "bad_finding")
    refused(await gita.browser.post(f"{address}/return", json={"note": "kabur"}), 422, "bad_form")
    assert await state_of(database, address) == ("submitted", 1)
    assert await count(database, VisitStep) == [1]


async def test_a_visit_that_does_not_exist_is_neither_verified_nor_returned(
    begin: Begin, sign_in: SignIn
) -> None:
    await begin()
    gita = await sign_in("gita")
    refused(await gita.browser.post(f"{VISITS}/{uuid4()}/verification"), 404, "unknown_visit")
    body = {"reasons": {"1": "kabur"}}
    refused(await gita.browser.post(f"{VISITS}/{uuid4()}/return", json=body), 404, "unknown_visit")


async def test_a_verification_and_a_return_that_race_leave_one_state(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, ani, gita = await begin("sampang/2018"), await sign_in("ani"), await sign_in("gita")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, SIX, state='submitted')}"
    answered = await asyncio.gather(
        gita.browser.post(f"{address}/return", json={"reasons": {"1": "kabur"}}),
        *(ani.browser.post(f"{address}/verification") for _ in range(3)),
    )
    told = (await gita.browser.get(address)).json()
    # either it was verified first and then went back, or it went back and could not be verified any more
    assert told["state"] == "returned"
    assert answered[0].status_code == 200
    assert {one.status_code for one in answered[1:]} <= {200, 409}
    assert (told["verified_at"], told["verified_by"]) == (None, None)


# ── setting aside ──


async def test_a_visit_that_nobody_will_finish_is_set_aside_with_a_reason_and_kept(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka, gita = await begin("sampang/2018"), await sign_in("eka"), await sign_in("gita")
    address = await begun(eka, round_)
    told = refused(
        await gita.browser.post(f"{address}/withdrawal", json={"reason": "  "}), 422, "bad_finding"
    )
    assert told["field"] == "reason"
    reason = {"reason": "Eka sakit, Fajar menggantikan."}
    for _ in range(2):
        aside = await gita.browser.post(f"{address}/withdrawal", json=reason)
        assert (aside.status_code, aside.json()["state"]) == (200, "withdrawn")
    assert await state_of(database, address) == ("withdrawn", 2)
    refused(await eka.browser.put(f"{address}/findings/1", json=found(1)), 409, "wrong_state")
    # another one may begin, and the one set aside is in nobody's way
    other = await begun(eka, round_)
    assert other != address
    assert (await eka.browser.get(address)).json()["state"] == "withdrawn"


async def test_what_is_verified_or_somebody_elses_is_not_set_aside(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, SIX)}"
    reason = {"reason": "Tidak jadi dipakai."}
    refused(
        await (await sign_in("eka")).browser.post(f"{address}/withdrawal", json=reason), 409, "wrong_state"
    )
    refused(
        await (await sign_in("fajar")).browser.post(f"{address}/withdrawal", json=reason),
        403,
        "foreign_visit",
    )
    refused(
        await (await sign_in("budi")).browser.post(f"{address}/withdrawal", json=reason), 403, "foreign_visit"
    )
    refused(
        await (await sign_in("citra")).browser.post(f"{address}/withdrawal", json=reason),
        404,
        "unknown_visit",
    )
    assert (await state_of(database, address))[0] == "verified"


async def test_a_visit_set_aside_does_not_hinder_the_final_score(
    cast: Cast, begin: Begin, sign_in: SignIn
) -> None:
    round_, gita = await begin("sampang/2018"), await sign_in("gita")
    await round_.visit("eka", cast.a, SIX)
    unfinished = f"{VISITS}/{await round_.visit('fajar', cast.a, {}, state='draft')}"
    final = f"/api/inspections/evaluations/{round_.id}/units/{cast.a.slug}/finalisation"
    refused(await gita.browser.post(final, json={}), 409, "wrong_state")
    await gita.browser.post(f"{unfinished}/withdrawal", json={"reason": "Tim Organisasi batal datang."})
    done = await gita.browser.post(final, json={})
    assert (done.status_code, done.json()["index"]) == (201, "100.00")
