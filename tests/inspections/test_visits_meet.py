"""What meets in a visit: requests that race with the bureau's decisions, that come late, or that bring back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import select

from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.tables import Evidence, FindingRecord
from tests.cast import Cast, Staff
from tests.inspections.makers import Round
from tests.inspections.score_makers import ALL_SIX, of_unit
from tests.inspections.test_replies import bring
from tests.inspections.test_visit_pages import opened
from tests.inspections.test_visits import begun, count, found, refused, visit_of

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

VISITS = "/api/inspections/visits"
ROUNDS = 8
"""How often two are let loose on each other; each pair of outcomes that could lose something must never appear."""
FIRST, SECOND = "2026-11-20T09:30:00+07:00", "2026-11-20T09:35:00+07:00"
WAIVED = {"waive_window": True, "note": "Unit menyatakan menerima semua temuan."}


def at(when: str, value: int, **facts: Any) -> dict[str, Any]:
    return found(value, **facts) | {"observed_at": when}


# ── with the bureau ──


async def test_a_visit_begins_before_its_units_score_is_final_or_not_at_all(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    gita, fajar = await sign_in("gita"), await sign_in("fajar")
    for number in range(ROUNDS):
        round_ = await begin(title=f"Monev {number}")
        await round_.visit("eka", cast.a, ALL_SIX)
        final, visit = await asyncio.gather(
            gita.browser.post(f"{of_unit(round_, cast.a)}/finalisation", json=WAIVED),
            fajar.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_)),
        )
        assert sorted((final.status_code, visit.status_code)) == [201, 409], (final.text, visit.text)


async def test_a_unit_that_is_taken_out_takes_no_visit_along(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    """Removed and handed in at the same moment: one of the two comes first, and the other is told."""
    gita, eka = await sign_in("gita"), await sign_in("eka")
    for number in range(ROUNDS):
        round_ = await begin(title=f"Monev {number}")
        visit = await round_.visit("eka", cast.a, ALL_SIX, state="draft")
        removed, handed_in = await asyncio.gather(
            gita.browser.delete(of_unit(round_, cast.a)),
            eka.browser.post(f"{VISITS}/{visit}/submission"),
        )
        assert sorted((removed.status_code, handed_in.status_code)) == [200, 409]


async def test_recording_and_making_final_never_wait_for_each_other_in_a_circle(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    """One begins with the unit and goes on to its visits, the other changes a visit: both hold the unit first."""
    round_, gita, eka = await begin(), await sign_in("gita"), await sign_in("eka")
    visit = await round_.visit("eka", cast.a, ALL_SIX, state="draft")
    form = {**await opened(eka, f"/staff/inspections/visits/{visit}/fill"), "value-1": "0"}
    for number in range(ROUNDS):
        answered = await asyncio.gather(
            gita.browser.post(f"{of_unit(round_, cast.a)}/finalisation", json=WAIVED),
            eka.browser.put(f"{VISITS}/{visit}/findings/5", json=found(number % 2)),
            gita.browser.post(f"{of_unit(round_, cast.a)}/finalisation", json=WAIVED),
            eka.browser.put(f"{VISITS}/{visit}/findings/6", json=found(number % 2)),
            eka.post(f"/staff/inspections/visits/{visit}/fill", form),
        )
        assert [one.status_code for one in answered] == [409, 200, 409, 200, 303]


async def test_nothing_is_recorded_of_a_unit_that_was_taken_out(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_, gita, eka = await begin(), await sign_in("gita"), await sign_in("eka")
    address = await begun(eka, round_)
    assert (await gita.browser.delete(of_unit(round_, cast.a))).status_code == 200
    told = refused(await eka.browser.put(f"{address}/findings/5", json=at(FIRST, 1)), 409, "wrong_state")
    assert told["detail"].startswith("Unit ini sudah dikeluarkan dari evaluasi")
    many = {"findings": {"5": at(FIRST, 1)}}
    refused(await eka.browser.put(f"{address}/findings", json=many), 409, "wrong_state")
    refused(await eka.browser.post(f"{address}/submission"), 409, "wrong_state")
    assert await count(database, FindingRecord) == [0]
    withdrawn = await eka.browser.post(f"{address}/withdrawal", json={"reason": "unitnya sudah dikeluarkan"})
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")


# ── that comes late ──


async def test_a_lost_request_that_is_sent_again_does_not_replace_what_came_after_it(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    address = await begun(eka, round_)
    for sent in (at(FIRST, 0), at(SECOND, 1)):
        assert (await eka.browser.put(f"{address}/findings/5", json=sent)).status_code == 200
    late = await eka.browser.put(f"{address}/findings/5", json=at(FIRST, 0))
    assert (late.status_code, late.json()["value"]) == (200, "1")
    kept = (await eka.browser.get(address)).json()["findings"]["5"]
    assert (kept["value"], kept["observed_at"]) == ("1", "2026-11-20T02:35:00Z")
    assert await count(database, FindingRecord) == [2]
    # whoever looks once more and finds it gone says when
    again = await eka.browser.put(f"{address}/findings/5", json=at("2026-11-20T09:40:00+07:00", 0))
    assert again.json()["value"] == "0"


async def test_a_lost_request_does_not_fill_in_again_what_was_emptied(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    address, piece = await begun(eka, round_), await bring(eka)
    sent = at(FIRST, 1, evidence=[piece])
    await eka.browser.put(f"{address}/findings/5", json=sent)
    await eka.browser.delete(f"{address}/findings/5")
    late = await eka.browser.put(f"{address}/findings/5", json=sent)
    assert (late.status_code, late.json()["value"]) == (200, None)
    told = (await eka.browser.get(address)).json()
    assert (told["findings"], told["evidence"]) == ({}, [])
    assert await count(database, FindingRecord, Evidence) == [2, 1]


async def test_a_lost_request_loses_no_evidence_that_only_it_brings(begin: Begin, sign_in: SignIn) -> None:
    round_, eka = await begin(), await sign_in("eka")
    address = await begun(eka, round_)
    taken_out, new = await bring(eka, "satu"), await bring(eka, "dua")
    await eka.browser.put(f"{address}/findings/5", json=at(FIRST, 0, evidence=[taken_out]))
    await eka.browser.delete(f"{address}/findings/5/evidence/{taken_out['id']}")
    await eka.browser.put(f"{address}/findings/5", json=at(SECOND, 1))
    await eka.browser.put(f"{address}/findings/5", json=at(FIRST, 0, evidence=[taken_out, new]))
    told = (await eka.browser.get(address)).json()
    assert told["findings"]["5"]["value"] == "1"
    assert [piece["id"] for piece in told["evidence"]] == [new["id"]]


# ── that comes back ──


async def test_a_piece_of_evidence_that_was_removed_comes_back_when_it_is_sent_again(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    address, piece = await begun(eka, round_), await bring(eka)
    await eka.browser.put(f"{address}/findings/5", json=at(FIRST, 1, evidence=[piece]))
    await eka.browser.delete(f"{address}/findings/5")
    other = at(SECOND, 1, evidence=[{**piece, "caption": "papan lain"}])
    refused(await eka.browser.put(f"{address}/findings/5", json=other), 409, "id_taken")
    again = await eka.browser.put(f"{address}/findings/5", json=at(SECOND, 1, evidence=[piece]))
    assert again.status_code == 200
    told = (await eka.browser.get(address)).json()
    assert [one["id"] for one in told["evidence"]] == [piece["id"]]
    async with database.reading() as session:
        events = await session.scalars(
            select(AuditEvent).where(AuditEvent.act == "evidence_attached").order_by(AuditEvent.id)
        )
        told_of = [[one["id"] for one in msgspec.json.decode(event.facts)["evidence"]] for event in events]
    assert told_of == [[piece["id"]], [piece["id"]]]
