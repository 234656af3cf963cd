"""What no keyboard writes does not get through a form or into a table: PostgreSQL keeps no NUL."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from server.database import Database
from server.inspections.storage import observed
from server.inspections.tables import Finding, FollowUpStep, Locus, Reply, Visit
from tests.cast import Cast, Staff
from tests.inspections.makers import ADA, TIDAK_ADA, Round
from tests.inspections.pictures import photo_of
from tests.inspections.test_followups import open_one
from tests.inspections.test_visit_pages import filled

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

STAFF = "/staff/inspections"
BOARD = "5"
TYPED = "Papan \0sudah\x1b dipasang.\r\n\tLihat\x7f foto."
KEPT = "Papan sudah dipasang.\n\tLihat foto."


@pytest_asyncio.fixture
async def round_(begin: Begin) -> Round:
    return await begin("sampang/2018")


@pytest_asyncio.fixture
async def visit(round_: Round, cast: Cast) -> UUID:
    return await round_.visit("eka", cast.a, {BOARD: TIDAK_ADA, "4": ADA})


async def all_of(database: Database, table: Any) -> list[Any]:
    async with database.reading() as session:
        return list(await session.scalars(select(table)))


def done(answered: httpx.Response) -> None:
    assert answered.status_code == 303, answered.text


async def test_in_a_reply_and_its_decision(visit: UUID, sign_in: SignIn, database: Database) -> None:
    budi, gita = await sign_in("budi"), await sign_in("gita")
    done(
        await budi.post(f"{STAFF}/visits/{visit}/findings/{BOARD}/reply", {"id": str(uuid4()), "text": TYPED})
    )
    (reply,) = await all_of(database, Reply)
    assert reply.text == KEPT
    done(
        await gita.post(
            f"{STAFF}/replies/{reply.id}/decision", {"outcome": "kept", "sure": "on", "reason": TYPED}
        )
    )
    (reply,) = await all_of(database, Reply)
    assert reply.decision.replace("\r\n", "\n") == KEPT


async def test_in_a_reply_that_brings_a_file(visit: UUID, sign_in: SignIn, database: Database) -> None:
    budi = await sign_in("budi")
    photo = ("evidence", ("pa\0pan.jpg", photo_of("papan"), "image/jpeg"))
    sent = {"id": str(uuid4()), "text": TYPED}
    done(await budi.post(f"{STAFF}/visits/{visit}/findings/{BOARD}/reply", sent, files=[photo]))
    assert [reply.text for reply in await all_of(database, Reply)] == [KEPT]


async def test_in_what_is_done_to_a_follow_up(
    round_: Round, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    final = await round_.visit("eka", cast.a, {BOARD: TIDAK_ADA}, state="final")
    address = f"{STAFF}/follow-ups/{await open_one(round_, cast.a, final, BOARD)}"
    budi, gita = await sign_in("budi"), await sign_in("gita")
    plan = {"owner": "Sub\0bagian Umum", "due_day": "2027-01-20", "plan_note": TYPED}
    done(await budi.post(f"{address}/plan", plan))
    done(await gita.post(f"{address}/postponement", {"due_day": "2027-02-20", "reason": TYPED}))
    photo = ("evidence", ("papan.jpg", photo_of("papan"), "image/jpeg"))
    done(await budi.post(f"{address}/repair", {"id": str(uuid4()), "note": TYPED}, files=[photo]))
    done(await gita.post(f"{address}/closure", {"note": TYPED}))
    done(await gita.post(f"{address}/reopening", {"reason": TYPED}))
    steps = await all_of(database, FollowUpStep)
    assert len(steps) == 6 and {step.note for step in steps[2:]} == {KEPT}


async def test_in_a_finding(round_: Round, cast: Cast, sign_in: SignIn, database: Database) -> None:
    draft = await round_.visit("eka", cast.a, {}, state="draft")
    eka = await sign_in("eka")
    part = round_.instrument.parts[0].code
    typed = {f"note-{BOARD}": TYPED, f"value-{BOARD}": "1", f"held-{BOARD}": "\0"}
    done(await filled(eka, f"{STAFF}/visits/{draft}/fill", part, **typed))
    (finding,) = await all_of(database, Finding)
    assert observed(finding).note == KEPT


async def test_a_program_that_sends_one_is_told_and_may_write_of_it(
    round_: Round, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    draft = await round_.visit("eka", cast.a, {}, state="draft")
    eka = await sign_in("eka")
    address = f"/api/inspections/visits/{draft}/findings/{BOARD}"

    async def told(note: str) -> tuple[int, str]:
        sent = {"observed_at": "2026-11-20T09:00:00+07:00", "value": 1, "note": note}
        answered = await eka.browser.put(address, json=sent)
        return answered.status_code, answered.json().get("code", "")

    for sent in ("papan \0", "papan \\\0", "\0"):
        assert await told(sent) == (400, "unreadable")
    assert await all_of(database, Finding) == []
    for kept in (r"layar: C:\u0000", r"\\u0000 dan \u0000"):
        assert await told(kept) == (200, "")
        (finding,) = await all_of(database, Finding)
        assert observed(finding).note == kept


async def test_in_a_visits_unit_and_its_return(
    round_: Round, cast: Cast, visit: UUID, sign_in: SignIn, database: Database
) -> None:
    fajar, gita = await sign_in("fajar"), await sign_in("gita")
    begun = {"id": str(uuid4()), "evaluasi": str(round_.id), "unit": f"{cast.a.slug}\0"}
    done(await fajar.post(f"{STAFF}/visits", begun))
    done(await gita.post(f"{STAFF}/visits/{visit}/return", {f"alasan-{BOARD}\0": TYPED, "catatan": TYPED}))
    assert {one.state for one in await all_of(database, Visit)} == {"draft", "returned"}


@pytest.mark.parametrize("slug", ["uptd-kependudukan-barat\0", "\0uptd-kependudukan-barat"])
async def test_in_a_unit_that_is_chosen(
    round_: Round, cast: Cast, sign_in: SignIn, database: Database, slug: str
) -> None:
    gita = await sign_in("gita")
    done(await gita.post(f"{STAFF}/evaluations/{round_.id}/units", {"unit": slug}))
    units = {locus.unit_id for locus in await all_of(database, Locus)}
    assert units == {cast.a.id, cast.b.id, cast.below_a.id}
