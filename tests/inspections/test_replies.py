"""The right of reply: a unit answers a finding in time, a verifier decides, and both stay on record."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.replies.storage import replies_of
from server.inspections.tables import Evidence, Finding, Reply, Settlement, Visit
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import ADA, TIDAK_ADA, Round
from tests.inspections.pictures import photo_of

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

BOARD = "5"
"""Papan/spanduk publikasi; accepts photos."""

TEXT = "Papan sudah dipasang di pintu masuk sejak Oktober."
REASON = "Foto bertanggal menunjukkan papannya ada."


@pytest_asyncio.fixture
async def visit(round_: Round, cast: Cast) -> UUID:
    """Eka found no board at unit A; verified."""
    return await round_.visit("eka", cast.a, {BOARD: TIDAK_ADA, "4": ADA})


async def bring(staff: Staff, said: str = "papan") -> dict[str, Any]:
    """Uploads a photo; tells it as a piece of evidence."""
    photo = photo_of(said)
    sha256 = hashlib.sha256(photo).hexdigest()
    sent = await staff.browser.put(f"/api/inspections/evidence/{sha256}", content=photo)
    assert sent.status_code in (200, 201), sent.text
    return {"id": str(uuid4()), "kind": "photo", "sha256": sha256, "caption": said}


async def reply(
    staff: Staff,
    visit: UUID,
    number: object = None,
    *,
    indicator: str = BOARD,
    text: str = TEXT,
    evidence: list[dict[str, Any]] | None = None,
) -> httpx.Response:
    body = {"text": text, **({} if evidence is None else {"evidence": evidence})}
    address = f"/api/inspections/visits/{visit}/findings/{indicator}/replies/{number or uuid4()}"
    return await staff.browser.put(address, json=body)


async def decide(staff: Staff, number: object, **body: Any) -> httpx.Response:
    return await staff.browser.post(f"/api/inspections/replies/{number}/decision", json=body)


async def replied(staff: Staff, visit: UUID) -> str:
    answered = await reply(staff, visit)
    assert answered.status_code == 201, answered.text
    return str(answered.json()["id"])


async def listed(staff: Staff, **query: Any) -> list[dict[str, Any]]:
    found = await staff.browser.get("/api/inspections/replies", params=query)
    assert found.status_code == 200, found.text
    return list(found.json()["items"])


async def all_of(database: Database, table: Any) -> list[Any]:
    async with database.reading() as session:
        return list(await session.scalars(select(table)))


async def acts(database: Database) -> list[tuple[str, str]]:
    return [(event.actor, event.act) for event in await all_of(database, AuditEvent)]


async def put_visit(database: Database, visit: UUID, **facts: Any) -> None:
    async with database.writing() as session:
        row = await session.get_one(Visit, visit)
        for name, value in facts.items():
            setattr(row, name, value)


def refused(answered: httpx.Response, status: int, code: str) -> str:
    assert (answered.status_code, answered.json()["code"]) == (status, code), answered.text
    return str(answered.json()["detail"])


# ── answering ──


async def test_a_unit_answers_a_finding_with_a_photo(
    budi: Staff, visit: UUID, database: Database, cast: Cast
) -> None:
    piece = await bring(budi)
    answered = await reply(budi, visit, evidence=[piece])
    assert answered.status_code == 201, answered.text
    told = answered.json()
    assert (told["text"], told["replied_by"], told["decision"]) == (TEXT, "Budi", None)
    assert (told["name"], told["finding"]["value"]) == ("Papan/spanduk publikasi", "0")
    assert [one["sha256"] for one in told["evidence"]] == [piece["sha256"]]
    (evidence,) = [one for one in await all_of(database, Evidence) if one.purpose == "reply"]
    assert (evidence.visit_id, evidence.unit_id, evidence.indicator) == (visit, cast.a.id, BOARD)
    assert ("budi", "finding_answered") in await acts(database)


async def test_the_same_reply_sent_again_is_one_reply(budi: Staff, visit: UUID, database: Database) -> None:
    piece, number = await bring(budi), uuid4()
    first = await reply(budi, visit, number, evidence=[piece])
    again = await reply(budi, visit, number, evidence=[piece])
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(await all_of(database, Reply)) == 1
    assert (await acts(database)).count(("budi", "finding_answered")) == 1


async def test_one_of_many_replies_at_once_is_stored(budi: Staff, visit: UUID, database: Database) -> None:
    answered = await asyncio.gather(*(reply(budi, visit) for _ in range(6)))
    assert sorted(one.status_code for one in answered) == [201, 409, 409, 409, 409, 409]
    assert len(await all_of(database, Reply)) == 1


async def test_one_reply_sent_many_times_at_once_is_stored_once(
    budi: Staff, visit: UUID, database: Database
) -> None:
    number = uuid4()
    answered = await asyncio.gather(*(reply(budi, visit, number) for _ in range(6)))
    assert sorted(one.status_code for one in answered) == [200, 200, 200, 200, 200, 201]
    assert len(await all_of(database, Reply)) == 1


async def test_one_number_sent_for_two_evaluations_at_once_is_one_reply(
    budi: Staff, cast: Cast, database: Database, clock: Clock
) -> None:
    both = [await Round(database, cast, clock.now).begin(title=title) for title in ("Satu", "Dua")]
    for _ in range(8):
        number = uuid4()
        visits = [await round_.visit("eka", cast.a, {BOARD: TIDAK_ADA}) for round_ in both]
        answered = await asyncio.gather(*(reply(budi, visit, number) for visit in visits))
        first, second = sorted(answered, key=lambda one: one.status_code)
        assert first.status_code == 201
        refused(second, 409, "id_taken")
    assert len(await all_of(database, Reply)) == 8


@pytest.mark.parametrize("change", ["text", "other piece", "other caption", "no piece", "indicator"])
async def test_a_reply_under_the_same_number_with_other_content_is_refused(
    budi: Staff, visit: UUID, database: Database, change: str
) -> None:
    piece, number = await bring(budi), uuid4()
    assert (await reply(budi, visit, number, evidence=[piece])).status_code == 201
    changes: Mapping[str, dict[str, Any]] = {
        "text": {"text": f"{TEXT} Lihat juga laman.", "evidence": [piece]},
        "other piece": {"evidence": [await bring(budi, "dari samping")]},
        "other caption": {"evidence": [{**piece, "caption": "dari belakang"}]},
        "no piece": {"evidence": []},
        "indicator": {"indicator": "4", "evidence": [piece]},
    }
    refused(await reply(budi, visit, number, **changes[change]), 409, "id_taken")
    assert [one.text for one in await all_of(database, Reply)] == [TEXT]


async def test_a_second_reply_waits_for_the_decision_on_the_first(
    budi: Staff, gita: Staff, visit: UUID, clock: Clock
) -> None:
    first = await replied(budi, visit)
    assert "belum diputuskan" in refused(await reply(budi, visit), 409, "wrong_state")
    assert (await decide(gita, first, outcome="kept", reason=REASON)).status_code == 201
    clock.forward(hours=1)
    assert (await reply(budi, visit)).status_code == 201


async def test_other_findings_of_the_visit_can_be_answered_meanwhile(budi: Staff, visit: UUID) -> None:
    await replied(budi, visit)
    assert (await reply(budi, visit, indicator="4")).status_code == 201


@pytest.mark.parametrize("text", ["terlalu", " " * 40, "x" * 4001])
async def test_a_reply_is_neither_empty_nor_endless(
    budi: Staff, visit: UUID, database: Database, text: str
) -> None:
    refused(await reply(budi, visit, text=text), 422, "bad_form")
    assert await all_of(database, Reply) == []


async def test_what_no_database_keeps_is_refused(budi: Staff, visit: UUID) -> None:
    refused(await reply(budi, visit, text=f"{TEXT}\0"), 400, "unreadable")


async def test_evidence_that_was_never_brought_stores_nothing(
    budi: Staff, visit: UUID, database: Database
) -> None:
    before = len(await all_of(database, Evidence))
    piece = {"id": str(uuid4()), "kind": "photo", "sha256": "ab" * 32}
    refused(await reply(budi, visit, evidence=[piece]), 422, "unknown_evidence")
    assert await all_of(database, Reply) == []
    assert len(await all_of(database, Evidence)) == before
    assert ("budi", "refused") in await acts(database)
    assert ("budi", "finding_answered") not in await acts(database)


async def test_what_was_not_looked_at_cannot_be_answered(budi: Staff, visit: UUID) -> None:
    refused(await reply(budi, visit, indicator="1"), 422, "bad_finding")
    refused(await reply(budi, visit, indicator="99"), 422, "bad_finding")


async def test_a_number_is_a_uuid(budi: Staff, visit: UUID) -> None:
    refused(await reply(budi, visit, "satu"), 400, "bad_id")


# ── until when ──


async def test_the_last_evening_is_in_time_and_midnight_is_too_late(
    budi: Staff, visit: UUID, clock: Clock, database: Database
) -> None:
    # verified on Friday 20 November at 10.00 WIB, seven days: until the end of the 27th, 17.00 UTC
    clock.now = clock.now.replace(day=27, hour=17, minute=0)
    late = await reply(budi, visit)
    assert "27 November 2026" in refused(late, 409, "closed_reply")
    assert ("budi", "refused") in await acts(database)
    clock.now -= timedelta(seconds=1)
    assert (await reply(budi, visit)).status_code == 201


async def test_a_repeat_is_answered_even_after_the_window(budi: Staff, visit: UUID, clock: Clock) -> None:
    number = uuid4()
    assert (await reply(budi, visit, number)).status_code == 201
    clock.forward(days=8)
    assert (await reply(budi, visit, number)).status_code == 200


async def test_what_is_final_is_answered_no_more(budi: Staff, round_: Round, cast: Cast) -> None:
    final = await round_.visit("eka", cast.a, {BOARD: TIDAK_ADA}, state="final")
    refused(await reply(budi, final), 409, "final")


async def test_what_is_not_verified_yet_does_not_exist_for_the_unit(
    budi: Staff, round_: Round, cast: Cast
) -> None:
    submitted = await round_.visit("eka", cast.a, {BOARD: TIDAK_ADA}, state="submitted")
    refused(await reply(budi, submitted), 404, "unknown_visit")


async def test_a_unit_does_not_reply_to_itself(budi: Staff, round_: Round, cast: Cast) -> None:
    own = await round_.visit("budi", cast.a, {BOARD: TIDAK_ADA}, form="F-01")
    assert "mandiri" in refused(await reply(budi, own), 409, "wrong_state")


# ── who ──


async def test_citra_answers_and_sees_nothing_of_unit_a(
    sign_in: SignIn, budi: Staff, visit: UUID, round_: Round, database: Database
) -> None:
    number = await replied(budi, visit)
    citra = await sign_in("citra")
    refused(await reply(citra, visit), 404, "unknown_visit")
    refused(await reply(citra, visit, number), 404, "unknown_visit")
    assert await listed(citra) == []
    assert await listed(citra, evaluation=round_.id) == []
    foreign = await citra.browser.get("/api/inspections/replies", params={"unit": "dinas-kependudukan"})
    refused(foreign, 404, "unknown_unit")
    after = await citra.browser.get("/api/inspections/replies", params={"after": number})
    refused(after, 404, "unknown_reply")
    assert len(await all_of(database, Reply)) == 1
    assert (await acts(database)).count(("citra", "refused")) == 2


async def test_only_the_unit_answers(
    sign_in: SignIn, gita: Staff, visit: UUID, client: httpx.AsyncClient
) -> None:
    refused(await reply(gita, visit), 403, "forbidden")
    refused(await reply(await sign_in("eka"), visit), 403, "forbidden")
    anonymous = await client.put(
        f"/api/inspections/visits/{visit}/findings/{BOARD}/replies/{uuid4()}", json={"text": TEXT}
    )
    refused(anonymous, 401, "sign_in")


async def test_neither_inspector_nor_unit_decides(
    sign_in: SignIn, budi: Staff, visit: UUID, database: Database
) -> None:
    number = await replied(budi, visit)
    refused(await decide(await sign_in("eka"), number, outcome="kept", reason=REASON), 403, "forbidden")
    refused(await decide(budi, number, outcome="upheld", value="1", reason=REASON), 403, "forbidden")
    (kept,) = await all_of(database, Reply)
    assert kept.outcome is None
    assert {("eka", "refused"), ("budi", "refused")} <= set(await acts(database))


async def test_who_recorded_the_visit_does_not_decide_on_it(
    budi: Staff, gita: Staff, round_: Round, cast: Cast, database: Database
) -> None:
    own = await round_.visit("gita", cast.a, {BOARD: TIDAK_ADA})
    number = await replied(budi, own)
    refused(await decide(gita, number, outcome="kept", reason=REASON), 403, "own_work")
    assert ("gita", "refused") in await acts(database)


async def test_an_inspector_reads_replies_to_their_own_visits_alone(
    sign_in: SignIn, budi: Staff, visit: UUID
) -> None:
    number = await replied(budi, visit)
    assert [one["id"] for one in await listed(await sign_in("eka"))] == [number]
    assert await listed(await sign_in("fajar")) == []


# ── the decision ──


async def test_an_upheld_reply_settles_another_value_and_the_finding_stays(
    budi: Staff, gita: Staff, visit: UUID, database: Database, cast: Cast, round_: Round
) -> None:
    number = await replied(budi, visit)
    (before,) = [one for one in await all_of(database, Finding) if one.indicator == BOARD]
    decided = await decide(gita, number, outcome="upheld", value="1", reason=REASON)
    assert decided.status_code == 201, decided.text
    told = decided.json()
    assert told["finding"]["value"] == "0"
    assert (told["text"], told["decision"]["outcome"], told["decision"]["value"]) == (TEXT, "upheld", "1")
    assert (told["decision"]["reason"], told["decision"]["decided_by"]) == (REASON, "Gita")
    (settled,) = await all_of(database, Settlement)
    assert (settled.evaluation_id, settled.unit_id, settled.service_id) == (round_.id, cast.a.id, None)
    assert (settled.indicator, settled.value, settled.cause) == (BOARD, Decimal(1), "reply")
    assert (settled.reason, settled.settled_by) == (REASON, cast.people["gita"].id)
    (after,) = [one for one in await all_of(database, Finding) if one.indicator == BOARD]
    assert (after.observed, after.recorded_at) == (before.observed, before.recorded_at)
    assert ("gita", "reply_decided") in await acts(database)


async def test_an_upheld_reply_may_take_an_indicator_out(
    budi: Staff, gita: Staff, visit: UUID, database: Database
) -> None:
    number = await replied(budi, visit)
    decided = await decide(gita, number, outcome="upheld", not_applicable=True, reason=REASON)
    assert decided.status_code == 201, decided.text
    assert (decided.json()["decision"]["value"], decided.json()["decision"]["not_applicable"]) == (None, True)
    (settled,) = await all_of(database, Settlement)
    assert settled.value is None


async def test_a_reply_about_one_product_settles_it_for_that_product(
    begin: Begin, cast: Cast, budi: Staff, gita: Staff, database: Database
) -> None:
    classic = await begin("ombudsman/classic")
    ktp = cast.services["ktp"].id
    indicator = next(one.key for _, one in classic.instrument.indicators)
    visit = await classic.visit("eka", cast.a, {indicator: TIDAK_ADA}, service_id=ktp)
    number = (await reply(budi, visit, indicator=indicator)).json()["id"]
    assert (await decide(gita, number, outcome="upheld", value="1", reason=REASON)).status_code == 201
    (settled,) = await all_of(database, Settlement)
    assert (settled.service_id, settled.indicator) == (ktp, indicator)


async def test_decisions_at_once_settle_once(
    budi: Staff, gita: Staff, sign_in: SignIn, visit: UUID, database: Database
) -> None:
    number, ani = await replied(budi, visit), await sign_in("ani")
    decided = await asyncio.gather(
        decide(gita, number, outcome="upheld", value="1", reason=REASON),
        decide(ani, number, outcome="kept", reason=REASON),
        decide(gita, number, outcome="upheld", value="1", reason=REASON),
        decide(ani, number, outcome="kept", reason=REASON),
    )
    assert sorted(one.status_code for one in decided) == [200, 201, 409, 409]
    (kept,) = await all_of(database, Reply)
    assert len(await all_of(database, Settlement)) == (kept.outcome == "upheld")


async def test_a_kept_finding_settles_nothing(
    budi: Staff, gita: Staff, visit: UUID, database: Database
) -> None:
    number = await replied(budi, visit)
    decided = await decide(gita, number, outcome="kept", reason=REASON)
    assert decided.status_code == 201
    assert (decided.json()["decision"]["outcome"], decided.json()["decision"]["value"]) == ("kept", None)
    assert decided.json()["decision"]["not_applicable"] is False
    assert await all_of(database, Settlement) == []


async def test_the_same_decision_again_is_one_and_another_is_refused(
    budi: Staff, gita: Staff, visit: UUID, database: Database
) -> None:
    number = await replied(budi, visit)
    first = await decide(gita, number, outcome="upheld", value="1", reason=REASON)
    again = await decide(gita, number, outcome="upheld", value="1.0", reason=f" {REASON} ")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    for other in (
        {"outcome": "kept", "reason": REASON},
        {"outcome": "upheld", "value": "0", "reason": REASON},
        {"outcome": "upheld", "value": "1", "reason": "Setelah ditimbang lagi."},
    ):
        refused(await decide(gita, number, **other), 409, "wrong_state")
    assert len(await all_of(database, Settlement)) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"outcome": "upheld", "reason": REASON}, "bad_form"),
        ({"outcome": "upheld", "value": "2", "reason": REASON}, "bad_finding"),
        ({"outcome": "upheld", "value": "0.5", "reason": REASON}, "bad_finding"),
        ({"outcome": "upheld", "value": "1e-99999999", "reason": REASON}, "bad_form"),
        ({"outcome": "upheld", "value": "1", "not_applicable": True, "reason": REASON}, "bad_finding"),
        ({"outcome": "kept", "value": "1", "reason": REASON}, "bad_form"),
        ({"outcome": "kept", "reason": "singkat"}, "bad_form"),
        ({"outcome": "perhaps", "reason": REASON}, "bad_form"),
    ],
)
async def test_a_decision_that_makes_no_sense_is_refused(
    budi: Staff, gita: Staff, visit: UUID, database: Database, body: dict[str, Any], code: str
) -> None:
    number = await replied(budi, visit)
    refused(await decide(gita, number, **body), 422, code)
    (kept,) = await all_of(database, Reply)
    assert kept.outcome is None
    assert await all_of(database, Settlement) == []


async def test_not_applicable_is_refused_where_the_instrument_knows_it_not(
    begin: Begin, cast: Cast, budi: Staff, gita: Staff
) -> None:
    pekppp = await begin("pekppp/2022")
    visit = await pekppp.visit("eka", cast.a)
    answered = await reply(budi, visit, indicator="15")
    number = answered.json()["id"]
    refused(
        await decide(gita, number, outcome="upheld", not_applicable=True, reason=REASON), 422, "bad_finding"
    )
    decided = await decide(gita, number, outcome="upheld", value=4, reason=REASON)
    assert decided.json()["decision"]["value"] == "4"


async def test_after_final_nothing_is_decided(
    budi: Staff, gita: Staff, visit: UUID, database: Database, clock: Clock
) -> None:
    number = await replied(budi, visit)
    await put_visit(database, visit, state="final", final_at=clock.now)
    refused(await decide(gita, number, outcome="kept", reason=REASON), 409, "final")


async def test_a_visit_that_went_back_is_not_decided_on(
    budi: Staff, gita: Staff, visit: UUID, database: Database
) -> None:
    number = await replied(budi, visit)
    await put_visit(database, visit, state="returned")
    assert "dikembalikan" in refused(
        await decide(gita, number, outcome="kept", reason=REASON), 409, "wrong_state"
    )


async def test_a_reply_that_is_not_there_is_not_decided(gita: Staff) -> None:
    refused(await decide(gita, uuid4(), outcome="kept", reason=REASON), 404, "unknown_reply")
    refused(await decide(gita, "satu", outcome="kept", reason=REASON), 404, "unknown_reply")


# ── the list ──


async def test_a_list_is_filtered_and_paged_the_longest_waiting_first(
    budi: Staff, gita: Staff, visit: UUID, round_: Round, clock: Clock, begin: Begin
) -> None:
    numbers = []
    for indicator in (BOARD, "4"):
        numbers.append((await reply(budi, visit, indicator=indicator)).json()["id"])
        clock.forward(minutes=5)
    assert [one["id"] for one in await listed(gita)] == numbers
    page = (await gita.browser.get("/api/inspections/replies", params={"limit": 1})).json()
    assert ([one["id"] for one in page["items"]], page["next"]) == (numbers[:1], numbers[0])
    assert [one["id"] for one in await listed(gita, limit=1, after=page["next"])] == numbers[1:]
    await decide(gita, numbers[0], outcome="kept", reason=REASON)
    assert [one["id"] for one in await listed(gita, open=1)] == numbers[1:]
    assert [one["id"] for one in await listed(budi, unit="dinas-kependudukan")] == numbers
    assert await listed(gita, unit="puskesmas-melati") == []
    assert [one["id"] for one in await listed(gita, evaluation=round_.id)] == numbers
    other = await begin("pekppp/2022")
    assert await listed(gita, evaluation=other.id) == []
    refused(
        await gita.browser.get("/api/inspections/replies", params={"evaluation": "99"}),
        404,
        "unknown_evaluation",
    )
    refused(
        await gita.browser.get("/api/inspections/replies", params={"evaluation": "x"}),
        404,
        "unknown_evaluation",
    )


async def test_other_rooms_read_the_replies_of_visits(budi: Staff, visit: UUID, database: Database) -> None:
    number = await replied(budi, visit)
    async with database.reading() as session:
        assert [str(one.id) for one in (await replies_of(session, [visit]))[visit]] == [number]
