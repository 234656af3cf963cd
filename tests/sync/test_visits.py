"""A visit on its way: pushed whole, judged by its own rules, there once, and told back to the phone that sent it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from server.database import Database
from server.inspections.tables import Assignment, Finding, Visit, VisitStep
from server.sync.tables import LedgerItem
from tests.cast import Cast
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.sync.phone import Phone

PhoneOf = Callable[[str], Awaitable[Phone]]
Begin = Callable[..., Awaitable[Round]]


async def count(database: Database, *tables: Any) -> list[int]:
    async with database.reading() as session:
        return [await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def told(result: dict[str, Any]) -> tuple[str, str | None]:
    return result["status"], result.get("code")


async def test_a_whole_visit_is_handed_in_and_comes_back_with_the_next_pull(
    round_: Round, eka: Phone, database: Database
) -> None:
    item = eka.freeze(eka.inspection(round_))
    (result,) = await eka.push(item)
    assert told(result) == ("accepted", None)
    assert (result["revision"], result["need_photos"]) == (1, [])
    await eka.refresh()
    held = eka.known["inspections", str(item.id)]
    assert (held["state"], held["revision"], held["body_sha256"]) == ("submitted", 1, item.sha256)
    assert await count(database, Visit, Finding) == [1, 6]


@pytest.mark.parametrize("address", ["pekppp/2022", "ombudsman/2022"])
async def test_every_indicator_of_any_instrument_crosses(begin: Begin, eka: Phone, address: str) -> None:
    round_ = await begin(address)
    facts = {"service": "ktp"} if round_.instrument.per == "product" else {}
    (result,) = await eka.push(eka.freeze(eka.inspection(round_, **facts)))
    assert told(result) == ("accepted", None)


async def test_photos_that_are_not_here_yet_are_asked_for_and_still_are_on_a_replay(
    round_: Round, eka: Phone
) -> None:
    shown = next(one.key for _, one in round_.instrument.indicators if "photo" in one.evidence_kinds)
    item = eka.freeze(eka.inspection(round_, photos={shown: b"a photo"}))
    photo = eka.photo(b"a photo")["sha256"]
    (result,) = await eka.push(item)
    assert told(result) == ("accepted", None)
    assert result["need_photos"] == [photo]
    (again,) = await eka.push(item)
    assert (told(again), again["need_photos"]) == (("duplicate", None), [photo])


async def test_a_hundred_equal_visits_at_once_are_one(round_: Round, eka: Phone, database: Database) -> None:
    item = eka.freeze(eka.inspection(round_))
    body = eka.packed([item])
    answered = await asyncio.gather(*(eka.send(body) for _ in range(100)))
    results = [one.json()["results"][0] for one in answered]
    assert sorted(one["status"] for one in results) == ["accepted"] + ["duplicate"] * 99
    receipts = {(one["id"], one["body_sha256"], one["revision"], *one["need_photos"]) for one in results}
    assert receipts == {(str(item.id), item.sha256, 1)}
    assert await count(database, Visit, VisitStep, Finding, LedgerItem) == [1, 2, 6, 1]


async def test_an_edit_goes_on_from_the_revision_before_in_one_request_too(
    round_: Round, eka: Phone, database: Database
) -> None:
    first = eka.freeze(eka.inspection(round_))
    second = eka.freeze(eka.inspection(round_, note="diperbaiki"), id=first.id, base_rev=1)
    results = await eka.push(first, second)
    assert [(one["status"], one["revision"]) for one in results] == [("accepted", 1), ("accepted", 2)]
    # late, after the one that replaced it: its receipt, and no change
    (again,) = await eka.push(first)
    assert (again["status"], again["revision"]) == ("duplicate", 1)
    async with database.reading() as session:
        visit = await session.get_one(Visit, first.id)
    assert (visit.revision, visit.body_sha256) == (2, second.sha256)


async def test_the_same_id_with_another_body_is_a_conflict_that_names_both(
    round_: Round, eka: Phone, database: Database
) -> None:
    first = eka.freeze(eka.inspection(round_))
    other = eka.freeze(eka.inspection(round_, note="dari tablet"), id=first.id)
    await eka.push(first)
    (result,) = await eka.push(other)
    assert told(result) == ("conflict", "stale_revision")
    assert result["body_sha256"] == other.sha256
    assert result["current"] == {"revision": 1, "body_sha256": first.sha256}
    async with database.reading() as session:
        rows = {row.body_sha256: row for row in await session.scalars(select(LedgerItem))}
    # both are kept, whole
    assert {digest: row.body for digest, row in rows.items()} == {
        first.sha256: first.text,
        other.sha256: other.text,
    }


async def test_two_devices_that_race_with_the_same_visit_do_not_overwrite_each_other(
    round_: Round, phone_of: PhoneOf, database: Database
) -> None:
    phones = [await phone_of("eka") for _ in range(4)]
    visit_id = uuid4()
    items = [
        phone.freeze(phone.inspection(round_, note=str(number)), id=visit_id)
        for number, phone in enumerate(phones)
    ]
    results = await asyncio.gather(*(phone.push(item) for phone, item in zip(phones, items, strict=True)))
    assert sorted(one["status"] for (one,) in results) == ["accepted"] + ["conflict"] * 3
    assert await count(database, Visit, LedgerItem) == [1, 4]


async def test_one_bad_visit_among_good_ones_hinders_none(
    round_: Round, fajar: Phone, database: Database, cast: Cast
) -> None:
    good = fajar.freeze(fajar.inspection(round_, person="fajar"))
    unfilled = fajar.inspection(round_, person="fajar", unit=cast.b.slug)
    key, _ = unfilled["findings"].popitem()
    bad = fajar.freeze(unfilled)
    results = await fajar.push(bad, good)
    assert [told(one) for one in results] == [("rejected", "incomplete_visit"), ("accepted", None)]
    assert [one["indicator"] for one in results[0]["faults"]] == [key]
    assert await count(database, Visit) == [1]
    # filled in, it is another body of the same id
    mended = fajar.freeze(fajar.inspection(round_, person="fajar", unit=cast.b.slug), id=bad.id)
    assert [told(one) for one in await fajar.push(mended)] == [("accepted", None)]


async def test_nobody_sends_what_somebody_else_recorded(
    round_: Round, eka: Phone, fajar: Phone, database: Database
) -> None:
    item = eka.freeze(eka.inspection(round_))
    (result,) = await fajar.push(item)
    assert told(result) == ("rejected", "not_their_work")
    assert "eka" in result["detail"]
    assert await count(database, Visit) == [0]
    assert [told(one) for one in await eka.push(item)] == [("accepted", None)]
    # nor under their own name, with an id that is not theirs
    (taken,) = await fajar.push(fajar.freeze(fajar.inspection(round_, person="fajar"), id=item.id))
    assert told(taken) == ("rejected", "id_taken")
    assert "current" not in taken
    # and nobody finds another's receipt
    (replayed,) = await fajar.push(item)
    assert told(replayed) == ("rejected", "not_their_work")


async def test_an_inspector_who_is_not_assigned_is_told_so_and_sends_again_once_they_are(
    round_: Round, eka: Phone, database: Database, cast: Cast, clock: Clock
) -> None:
    item = eka.freeze(eka.inspection(round_, unit=cast.b.slug))
    (result,) = await eka.push(item)
    assert told(result) == ("rejected", "not_assigned")
    async with database.writing() as session:
        await session.execute(
            update(Assignment).where(Assignment.person_id == cast.people["eka"].id).values(unit_id=cast.b.id)
        )
    assert [told(one) for one in await eka.push(item)] == [("accepted", None)]
    assert await count(database, LedgerItem) == [1]


async def test_a_body_with_half_an_emoji_or_a_nul_is_kept_and_hinders_no_other(
    round_: Round, eka: Phone, database: Database
) -> None:
    whole = eka.inspection(round_)
    broken = [
        eka.freeze(whole | {"note": note}).text.replace(b"XX", escape)
        for note, escape in (("XX", b"\\ud83d"), ("XX", b"\\u0000"))
    ]
    items = [eka.freeze(text) for text in broken] + [eka.freeze(whole)]
    results = await eka.push(*items)
    assert [told(one) for one in results] == [("rejected", "bad_item")] * 2 + [("accepted", None)]
    assert [one["body_sha256"] for one in results] == [item.sha256 for item in items]
    assert await count(database, Visit, LedgerItem) == [1, 3]


async def test_a_note_may_show_how_a_nul_is_written(round_: Round, eka: Phone, database: Database) -> None:
    item = eka.freeze(eka.inspection(round_, note="tertulis C:\\u0000 di layar"))
    assert rb"\\u0000" in item.text
    assert [told(one) for one in await eka.push(item)] == [("accepted", None)]
    async with database.reading() as session:
        assert "tertulis C:\\u0000 di layar" in await session.scalars(select(VisitStep.note))


async def test_a_clock_three_years_wrong_is_put_right(
    round_: Round, eka: Phone, database: Database, clock: Clock
) -> None:
    eka.ahead = timedelta(days=3 * 365)
    item = eka.freeze(eka.inspection(round_))
    assert [told(one) for one in await eka.push(item)] == [("accepted", None)]
    async with database.reading() as session:
        visit = await session.get_one(Visit, item.id)
    assert visit.corrected_at is not None
    assert abs(visit.corrected_at - (clock.now - timedelta(hours=1))) < timedelta(minutes=1)
    assert visit.skew_ms == 3 * 365 * 24 * 3600 * 1000


async def test_an_officer_sends_the_assessment_of_their_own_unit_and_of_no_other(
    begin: Begin, phone_of: PhoneOf, cast: Cast
) -> None:
    round_ = await begin("pekppp/2022")
    budi = await phone_of("budi")
    own = budi.freeze(budi.inspection(round_, person="budi", form="F-01"))
    other = budi.freeze(budi.inspection(round_, person="budi", form="F-01", unit=cast.b.slug))
    results = await budi.push(own, other)
    assert [one["status"] for one in results] == ["accepted", "rejected"], results
    assert cast.b.name not in results[1]["detail"]
