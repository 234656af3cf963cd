"""A visit that arrives whole from a phone: stored once and whole, replaced by its next revision, or refused with all
that is wrong."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select, update

from server.accounts import audit
from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections import instrument as instruments
from server.inspections.evidence.files import Files
from server.inspections.storage import keep_edition
from server.inspections.tables import (
    Assignment,
    AwaitedEvidence,
    Edition,
    Evaluation,
    Evidence,
    Finding,
    FindingRecord,
    Locus,
    Visit,
    VisitStep,
)
from server.inspections.visits.arrival import releasing
from server.phones import Pushed, Taken
from server.problems import Problem
from server.settings import Settings
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.inspections.phones import PhoneOf, bring, picture, push, push_item, viewer_of
from tests.inspections.rows import count, visit
from tests.statements import statements
from tests.sync.phone import Item, Phone

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

VISITS = "/api/inspections/visits"


async def values(database: Database, visit_id: UUID) -> dict[str, str]:
    """What a visit found, by indicator."""
    async with database.reading() as session:
        rows = await session.scalars(select(Finding).where(Finding.visit_id == visit_id))
        return {row.indicator: str(msgspec.json.decode(row.observed).get("value")) for row in rows}


async def received(database: Database) -> list[dict[str, Any]]:
    """What the audit trail says of records that came; its seals hold."""
    async with database.reading() as session:
        assert await audit.broken_seals(session) == []
        events = await session.scalars(
            select(AuditEvent).where(AuditEvent.act == "visit_received").order_by(AuditEvent.id)
        )
        return [msgspec.json.decode(one.facts) for one in events]


# ── it arrives ──


async def test_a_whole_visit_is_begun_filled_in_and_handed_in_by_one_push(
    round_: Round, eka: Phone, gita: Staff, database: Database, clock: Clock
) -> None:
    item = eka.freeze(eka.inspection(round_, note="Gerbang terkunci sampai pukul sembilan."))
    result = await push_item(eka, item)
    assert (result["status"], result["revision"], result["need_photos"]) == ("accepted", 1, [])
    kept = await visit(database, item.id)
    assert (kept.state, kept.revision, kept.body_sha256) == ("submitted", 1, item.sha256)
    assert (kept.device_id, kept.team, kept.submitted_at) == (eka.device_id, "Inspektorat", clock.now)
    told = (await gita.browser.get(f"{VISITS}/{item.id}")).json()
    assert [step["state"] for step in told["steps"]] == ["draft", "submitted"]
    assert told["steps"][1]["note"] == "Gerbang terkunci sampai pukul sembilan."
    assert len(told["findings"]) == 6
    assert (await gita.browser.post(f"{VISITS}/{item.id}/verification")).status_code == 409
    (event_,) = await received(database)
    assert (event_["revision"], event_["body_sha256"], len(event_["findings"])) == (1, item.sha256, 6)


async def test_the_score_is_the_servers_whatever_else_the_record_would_claim(
    round_: Round, eka: Phone
) -> None:
    refused = await push(eka, eka.inspection(round_, score="100.00"))
    assert (refused["status"], refused["code"]) == ("rejected", "bad_item")
    assert "score" in refused["detail"]


async def test_the_next_revision_replaces_the_whole_record_and_the_former_stays_readable(
    pekppp: Round, eka: Phone, database: Database
) -> None:
    body = eka.inspection(pekppp, photos={"15": picture(1), "16": picture(2)})
    first = eka.freeze(body)
    assert (await push_item(eka, first))["status"] == "accepted"
    body["findings"]["15"]["value"] = 2
    body["findings"]["15"]["evidence"] = []
    body["findings"]["16"]["evidence"][0]["caption"] = "Ruang tunggu dari pintu masuk"
    second = await push_item(eka, eka.freeze(body, id=first.id, base_rev=1))
    assert (second["status"], second["revision"]) == ("accepted", 2)
    assert len(second["need_photos"]) == 1
    assert (await values(database, first.id))["15"] == "2"
    records = await count(database, FindingRecord, FindingRecord.visit_id == first.id)
    assert records == len(body["findings"]) + 1
    latest = (await received(database))[-1]
    assert latest["findings"].keys() == {"15"}
    assert latest["findings"]["15"]["before"]["value"] == "5"
    assert latest["findings"]["15"]["after"]["value"] == "2"


async def test_what_the_next_revision_leaves_out_is_emptied(
    pekppp: Round, eka: Phone, database: Database
) -> None:
    optional = [one.key for _, one in pekppp.instrument.indicators if one.is_optional]
    assert optional, "an instrument with an indicator that is not counted"
    body = eka.inspection(pekppp)
    first = eka.freeze(body)
    await push_item(eka, first)
    del body["findings"][optional[0]]
    assert (await push_item(eka, eka.freeze(body, id=first.id, base_rev=1)))["status"] == "accepted"
    assert optional[0] not in await values(database, first.id)
    assert (await received(database))[-1]["findings"][optional[0]]["after"] is None


async def test_a_visit_that_came_back_is_handed_in_again(
    round_: Round, eka: Phone, gita: Staff, database: Database
) -> None:
    body = eka.inspection(round_)
    first = eka.freeze(body)
    await push_item(eka, first)
    key = next(iter(body["findings"]))
    returned = await gita.browser.post(
        f"{VISITS}/{first.id}/return", json={"reasons": {key: "Foto papan nama belum ada."}}
    )
    assert returned.status_code == 200
    body["findings"][key]["note"] = "Papan nama ada di dalam."
    again = await push_item(eka, eka.freeze(body, id=first.id, base_rev=1))
    assert (again["status"], again["revision"]) == ("accepted", 2)
    assert (await visit(database, first.id)).state == "submitted"


# ── it meets another ──


async def test_two_phones_of_one_inspector_conflict_and_nothing_is_overwritten(
    round_: Round, eka: Phone, phone_of: PhoneOf, database: Database
) -> None:
    tablet = await phone_of("eka")
    body = eka.inspection(round_)
    first = eka.freeze(body)
    await push_item(eka, first)
    key = next(iter(body["findings"]))
    body["findings"][key]["note"] = "menurut ponsel"
    second = eka.freeze(body, id=first.id, base_rev=1)
    assert (await push_item(eka, second))["revision"] == 2
    body["findings"][key]["note"] = "menurut tablet"
    late = await push_item(tablet, tablet.freeze(body, id=first.id, base_rev=1))
    assert (late["status"], late["code"]) == ("conflict", "stale_revision")
    assert late["current"] == {"revision": 2, "body_sha256": second.sha256}
    assert (await visit(database, first.id)).revision == 2


async def test_what_was_written_on_the_page_meanwhile_is_a_conflict_too(
    round_: Round, eka: Phone, gita: Staff, database: Database
) -> None:
    body = eka.inspection(round_)
    first = eka.freeze(body)
    await push_item(eka, first)
    key = next(iter(body["findings"]))
    await gita.browser.post(f"{VISITS}/{first.id}/return", json={"reasons": {key: "Periksa lagi."}})
    typed = {"observed_at": eka.now.isoformat(), "value": 0, "note": "Diperbaiki di meja."}
    written = await eka.browser.put(f"{VISITS}/{first.id}/findings/{key}", json=typed)
    assert written.status_code == 200, written.text
    assert (await push_item(eka, first))["status"] == "duplicate"
    body["note"] = "sekali lagi"
    late = await push_item(eka, eka.freeze(body, id=first.id, base_rev=1))
    assert (late["status"], late["code"]) == ("conflict", "stale_revision")
    assert (await values(database, first.id))[key] == "0"


async def test_a_second_visit_to_the_same_place_is_a_conflict_until_the_first_is_over(
    round_: Round, eka: Phone, gita: Staff, database: Database
) -> None:
    first = eka.freeze(eka.inspection(round_))
    await push_item(eka, first)
    other = eka.freeze(eka.inspection(round_, note="kunjungan kedua"))
    met = await push_item(eka, other)
    assert (met["status"], met["code"]) == ("conflict", "another_visit")
    assert met["current"] == {"visit": str(first.id)}
    assert await count(database, Visit) == 1
    withdrawn = await gita.browser.post(
        f"{VISITS}/{first.id}/withdrawal", json={"reason": "Salah unit, dibuat dua kali."}
    )
    assert withdrawn.status_code == 200
    assert (await push_item(eka, other))["status"] == "accepted"


async def test_a_released_revision_becomes_the_newest_and_what_is_verified_stays(
    cast: Cast,
    round_: Round,
    eka: Phone,
    database: Database,
    clock: Clock,
    settings: Settings,
) -> None:
    body = eka.inspection(round_)
    first = eka.freeze(body)
    await push_item(eka, first)
    body["note"] = "dari tablet"
    stale = eka.freeze(body, id=first.id, base_rev=0)
    assert (await push_item(eka, stale))["code"] == "stale_revision"
    assert await _released(database, cast, settings, clock, stale) == Taken(2, ())
    assert (await visit(database, first.id)).body_sha256 == stale.sha256
    async with database.writing() as session:
        await session.execute(update(Visit).values(state="verified"))
    body["note"] = "terlambat"
    with pytest.raises(Problem, match="wrong_state"):
        await _released(database, cast, settings, clock, eka.freeze(body, id=first.id, base_rev=0))


async def test_a_released_visit_takes_the_place_of_the_unfinished_one(
    cast: Cast, round_: Round, eka: Phone, database: Database, clock: Clock, settings: Settings
) -> None:
    first, other = eka.freeze(eka.inspection(round_)), eka.freeze(eka.inspection(round_, note="kedua"))
    await push_item(eka, first)
    assert (await push_item(eka, other))["code"] == "another_visit"
    clock.forward(days=2)
    assert (await _released(database, cast, settings, clock, other)).revision == 1
    assert (await visit(database, first.id)).state == "withdrawn"
    kept = await visit(database, other.id)
    assert (kept.state, kept.submitted_at) == ("submitted", clock.now)


async def _released(database: Database, cast: Cast, settings: Settings, clock: Clock, item: Item) -> Taken:
    release = releasing(settings.secret, Files(settings.data / "evidence"), clock)
    pushed = Pushed(item.id, item.base_rev, item.text, clock.now - timedelta(hours=5))
    async with database.writing() as session:
        return await release(session, viewer_of(cast, "eka"), pushed)


# ── it is not taken ──


async def test_every_bad_finding_is_named_and_nothing_is_half_stored(
    pekppp: Round, eka: Phone, database: Database
) -> None:
    body = eka.inspection(pekppp, photos={"17": picture()})
    findings = body["findings"]
    findings["1"]["value"] = 9
    findings["2"]["latitude"] = 999
    findings["3"] = "bagus"
    findings["4"]["observed_at"] = "1201-01-01T00:00:00Z"
    findings["17"]["evidence"][0] |= {"kind": "interview"}
    findings["99"] = findings["5"]
    refused = await push(eka, body)
    assert (refused["status"], refused["code"]) == ("rejected", "bad_finding")
    assert {fault["indicator"]: fault["code"] for fault in refused["faults"]} == {
        "1": "bad_finding",
        "2": "bad_finding",
        "3": "bad_finding",
        "4": "bad_finding",
        "17": "bad_evidence",
        "99": "bad_finding",
    }
    assert refused["detail"].count("Tidak ada yang tersimpan.") == 1
    for table in (Visit, Finding, FindingRecord, Evidence, AwaitedEvidence, VisitStep):
        assert await count(database, table) == 0


async def test_an_incomplete_visit_is_not_handed_in_and_says_what_is_missing(
    round_: Round, eka: Phone, database: Database
) -> None:
    body = eka.inspection(round_)
    left_out = list(body["findings"])[2]
    del body["findings"][left_out]
    refused = await push(eka, body)
    assert (refused["status"], refused["code"]) == ("rejected", "incomplete_visit")
    assert left_out in refused["detail"]
    assert await count(database, Visit) == 0


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"unit": "dinas-antah-berantah"}, "unknown_unit"),
        ({"evaluation": 4711}, "unknown_evaluation"),
        ({"unit": "puskesmas-melati"}, "not_assigned"),
        ({"form": "F-01"}, "forbidden"),
        ({"service": "ktp"}, "bad_finding"),
        ({"instrument": "0" * 64}, "other_instrument"),
        ({"person": "fajar"}, "not_their_work"),
        ({"started_at": "kemarin"}, "bad_item"),
        ({"evaluation": "satu"}, "bad_item"),
        ({"note": "a\0b"}, "bad_item"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_not_theirs_or_not_there_is_rejected(
    round_: Round, eka: Phone, database: Database, facts: dict[str, Any], code: str
) -> None:
    refused = await push(eka, eka.inspection(round_, **facts))
    assert (refused["status"], refused["code"]) == ("rejected", code), refused
    assert await count(database, Visit) == 0


async def test_a_withdrawn_assignment_a_removed_unit_and_a_closed_evaluation_end_the_work(
    round_: Round, eka: Phone, database: Database, clock: Clock
) -> None:
    item = eka.freeze(eka.inspection(round_))
    for table, column, code in (
        (Evaluation, "closed_at", "wrong_state"),
        (Locus, "removed_at", "unknown_locus"),
        (Assignment, "withdrawn_at", "not_assigned"),
    ):
        async with database.writing() as session:
            await session.execute(update(table).values({column: clock.now}))
        refused = await push_item(eka, item)
        assert (refused["status"], refused["code"]) == ("rejected", code)
        async with database.writing() as session:
            await session.execute(update(table).values({column: None}))
    assert (await push_item(eka, item))["status"] == "accepted"


async def test_a_piece_of_evidence_keeps_what_it_is(pekppp: Round, eka: Phone, database: Database) -> None:
    """Its words may change; another photo under its id is refused, and so is one id for two pieces."""
    for number in (1, 2):
        await bring(eka, picture(number))
    body = eka.inspection(pekppp, photos={"15": picture(1)})
    first = eka.freeze(body)
    assert (await push_item(eka, first))["status"] == "accepted"
    piece = body["findings"]["15"]["evidence"][0]
    other = {**piece, "sha256": eka.photo(picture(2))["sha256"]}
    for findings in ({"15": [other]}, {"15": [piece], "16": [piece]}, {"15": [piece, piece]}):
        changed = {key: {**one, "evidence": findings.get(key, [])} for key, one in body["findings"].items()}
        refused = await push_item(eka, eka.freeze({**body, "findings": changed}, id=first.id, base_rev=1))
        assert (refused["code"], refused["faults"][0]["code"]) == ("bad_finding", "id_taken")
    piece["caption"] = "Kursi ruang tunggu"
    again = await push_item(eka, eka.freeze(body, id=first.id, base_rev=1))
    assert again["status"] == "accepted"
    async with database.reading() as session:
        (row,) = await session.scalars(select(Evidence))
        assert (row.caption, row.removed_at) == ("Kursi ruang tunggu", None)


@pytest.mark.parametrize("state", ["verified", "final", "withdrawn"])
async def test_what_somebody_else_has_checked_is_not_replaced(
    round_: Round, eka: Phone, database: Database, state: str
) -> None:
    body = eka.inspection(round_)
    first = eka.freeze(body)
    await push_item(eka, first)
    async with database.writing() as session:
        await session.execute(update(Visit).values(state=state))
    body["note"] = "terlambat"
    refused = await push_item(eka, eka.freeze(body, id=first.id, base_rev=1))
    assert refused["status"] == "rejected"
    assert refused["code"] == ("final" if state == "final" else "wrong_state")


# ── the instrument moves on ──


async def test_a_draft_made_on_the_first_version_is_scored_by_it_after_the_second_was_published(
    round_: Round, eka: Phone, gita: Staff, database: Database, clock: Clock
) -> None:
    body = eka.inspection(round_)
    keys = list(body["findings"])
    for key in keys[:3]:
        body["findings"][key]["value"] = 0
    clock.forward(days=3)
    first, *rest = round_.instrument.parts
    heavier = msgspec.structs.replace(first, indicators=first.indicators[:-1])
    second = msgspec.structs.replace(round_.instrument, version="2027", parts=(heavier, *rest))
    async with database.writing() as session:
        await keep_edition(session, second, clock.now, None)
    item = eka.freeze(body)
    assert (await push_item(eka, item))["status"] == "accepted"
    told = (await gita.browser.get(f"{VISITS}/{item.id}")).json()
    assert told["instrument"] == "sampang/2018"
    assert told["edition"] == instruments.sha256_of(round_.instrument)
    assert (told["score"]["filled"], told["score"]["total"]) == (6, 6)
    assert told["score"]["index"] == "50.00"


async def test_an_instrument_withdrawn_before_the_visit_began_is_rejected_and_can_be_released(
    cast: Cast,
    round_: Round,
    eka: Phone,
    database: Database,
    clock: Clock,
    settings: Settings,
) -> None:
    body = eka.inspection(round_)
    for withdrawn, status in ((timedelta(hours=2), "rejected"), (timedelta(minutes=30), "accepted")):
        async with database.writing() as session:
            await session.execute(update(Edition).values(withdrawn_at=clock.now - withdrawn))
        item = eka.freeze(body)
        result = await push_item(eka, item)
        assert result["status"] == status, result
        if status == "rejected":
            assert result["code"] == "withdrawn_instrument"
            assert (await _released(database, cast, settings, clock, item)).revision == 1
            async with database.writing() as session:
                await session.execute(update(Visit).values(state="withdrawn"))


# ── what it costs ──


async def test_a_visit_of_many_findings_and_sixty_photos_costs_few_statements(
    pekppp: Round, eka: Phone, database: Database
) -> None:
    body = eka.inspection(pekppp)
    keys = list(body["findings"])
    taking = [
        one.key
        for _, one in pekppp.instrument.indicators
        if not one.evidence_kinds or "photo" in one.evidence_kinds
    ]
    for number in range(60):
        body["findings"][taking[number % len(taking)]]["evidence"].append(eka.photo(picture(number)))
    first = eka.freeze(body)
    with statements() as asked:
        result = await push_item(eka, first)
    assert result["status"] == "accepted"
    assert len(result["need_photos"]) == 60
    assert len(asked) < 40, "\n".join(asked)
    for key in keys:
        body["findings"][key]["note"] += ", diperiksa lagi"
    with statements() as asked:
        again = await push_item(eka, eka.freeze(body, id=first.id, base_rev=1))
    assert again["status"] == "accepted"
    assert len(asked) < 40, "\n".join(asked)
