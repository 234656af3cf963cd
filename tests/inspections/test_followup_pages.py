"""Follow-ups on pages: the closing rate, the story of one, and what unit and bureau do to it."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from sqlalchemy import select

from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.tables import Evidence, FollowUp, FollowUpStep
from server.units.tables import Unit
from tests.cast import Cast, Staff
from tests.inspections.makers import Round, levels
from tests.inspections.pictures import photo_of

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

FOLLOW_UPS = "/staff/inspections/follow-ups"
BOARD = "5"
PHOTO = photo_of("papan baru")
NOTE = "Papan baru sudah dipasang di pintu masuk."
REASON = "Anggaran perubahan baru cair bulan depan."


@pytest_asyncio.fixture
async def visit(round_: Round, cast: Cast) -> UUID:
    return await round_.visit("eka", cast.a, levels({BOARD: 0}), state="final")


@pytest_asyncio.fixture
async def board(round_: Round, cast: Cast, visit: UUID) -> int:
    """The board of unit A is to be put up by 20 January 2027."""
    return await open_one(round_, cast.a, visit)


async def open_one(
    round_: Round,
    unit: Unit,
    visit: UUID,
    *,
    due_day: str = "2027-01-20",
    state: str = "open",
    closed_at: datetime | None = None,
) -> int:
    async with round_.database.writing() as session:
        made = FollowUp(
            evaluation_id=round_.id,
            unit_id=unit.id,
            visit_id=visit,
            indicator=BOARD,
            value=Decimal(0),
            target=Decimal(1),
            owner=unit.name,
            due_day=due_day,
            state=state,
            opened_at=round_.now,
            closed_at=closed_at,
        )
        session.add(made)
        await session.flush()
        session.add(FollowUpStep(follow_up_id=made.id, act="opened", at=round_.now))
        return made.id


async def repair(
    staff: Staff, number: int, content: bytes = PHOTO, name: str = "sesudah.jpg", **fields: Any
) -> httpx.Response:
    sent = {"id": str(uuid4()), "note": NOTE, **fields}
    files = [("evidence", (name, content, "image/jpeg"))]
    return await staff.post(f"{FOLLOW_UPS}/{number}/repair", sent, files=files)


async def act(staff: Staff, number: int, name: str, **fields: Any) -> httpx.Response:
    return await staff.post(f"{FOLLOW_UPS}/{number}/{name}", fields)


async def one(database: Database, number: int) -> FollowUp:
    async with database.reading() as session:
        return await session.get_one(FollowUp, number)


async def all_of(database: Database, table: Any) -> list[Any]:
    async with database.reading() as session:
        return list(await session.scalars(select(table)))


def words(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


# ── the list ──


async def test_the_list_tells_value_target_owner_and_how_late_it_is(
    gita: Staff, round_: Round, cast: Cast, visit: UUID
) -> None:
    await open_one(round_, cast.a, visit, due_day="2026-11-17")
    told = words(await gita.get(FOLLOW_UPS))
    assert "tidak ada → ada" in told
    assert "17 November 2026 lewat 3 hari" in told
    assert "Dinas Kependudukan" in told


async def test_the_closing_rate_is_closed_of_opened(
    gita: Staff, budi: Staff, round_: Round, cast: Cast, visit: UUID
) -> None:
    for state, closed_at in (("closed", round_.now), ("open", None), ("repaired", None)):
        await open_one(round_, cast.a, visit, state=state, closed_at=closed_at)
    told = words(await gita.get(FOLLOW_UPS, evaluation=round_.id))
    # one of three, rounded half up to two decimals
    assert "33,33 % selesai pada tahun 2026: 1 dari 3 tindak lanjut." in told
    assert told.count("33,33 % selesai pada") == 2
    assert "1 menunggu perbaikan, 1 menunggu pemeriksaan." in told
    assert "33,33 %" in words(await budi.get(FOLLOW_UPS))


async def test_a_list_is_filtered_and_paged(
    gita: Staff, round_: Round, cast: Cast, visit: UUID, board: int
) -> None:
    for day in range(1, 27):
        await open_one(round_, cast.a, visit, due_day=f"2026-12-{day:02}", state="repaired")
    page = await gita.get(FOLLOW_UPS)
    assert page.text.count('role="rowheader"') == 25
    (more,) = re.findall(r'rel="next" href="([^"]+)"', page.text)
    rest = await gita.get(more.replace("&amp;", "&"))
    assert rest.text.count('role="rowheader"') == 2
    assert f"{FOLLOW_UPS}/{board}" in rest.text
    assert (await gita.get(FOLLOW_UPS, state="open")).text.count('role="rowheader"') == 1
    assert "Tidak ada tindak lanjut yang cocok" in (await gita.get(FOLLOW_UPS, overdue=1)).text
    assert "Tidak ada tindak lanjut yang cocok" in (await gita.get(FOLLOW_UPS, unit="puskesmas-melati")).text


async def test_the_neighbour_sees_nothing_of_it(sign_in: SignIn, board: int) -> None:
    citra = await sign_in("citra")
    assert "Belum ada tindak lanjut" in (await citra.get(FOLLOW_UPS)).text
    assert (await citra.get(f"{FOLLOW_UPS}/{board}")).status_code == 404
    assert (await repair(citra, board)).status_code == 404
    assert (await act(citra, board, "plan", owner="Citra")).status_code == 404


# ── the unit ──


async def test_a_unit_plans_who_repairs_it_and_sooner(budi: Staff, board: int, database: Database) -> None:
    done = await act(budi, board, "plan", owner="Kepala tata usaha", due_day="2026-12-20", plan_note="")
    assert done.status_code == 303, done.text
    follow_up = await one(database, board)
    assert (follow_up.owner, follow_up.due_day) == ("Kepala tata usaha", "2026-12-20")


async def test_a_unit_cannot_promise_a_later_day(budi: Staff, board: int, database: Database) -> None:
    refused = await act(budi, board, "plan", owner="Kepala tata usaha", due_day="2027-02-01")
    assert refused.status_code == 422
    assert 'id="due_day-error"' in refused.text
    assert 'value="Kepala tata usaha"' in refused.text
    assert (await one(database, board)).due_day == "2027-01-20"
    for day in ("besok", "2027-13-01"):
        assert (await act(budi, board, "plan", owner="Kepala", due_day=day)).status_code == 422


async def test_a_repair_is_shown_and_closed_by_somebody_else(
    budi: Staff, gita: Staff, board: int, database: Database
) -> None:
    done = await repair(budi, board)
    assert done.status_code == 303, done.text
    assert (await one(database, board)).state == "repaired"
    (piece,) = [row for row in await all_of(database, Evidence) if row.purpose == "repair"]
    page = await gita.get(f"{FOLLOW_UPS}/{board}")
    assert f"/api/inspections/evidence/{piece.sha256}" in page.text
    assert NOTE in page.text
    assert "dilihat di tempat" in page.text
    closed = await act(gita, board, "closure", note="Sudah dilihat di tempat.")
    assert closed.status_code == 303, closed.text
    assert (await one(database, board)).state == "closed"
    assert "100,00 % selesai pada tahun 2026" in words(await gita.get(FOLLOW_UPS))


async def test_a_unit_cannot_close_its_own(budi: Staff, board: int, database: Database) -> None:
    await repair(budi, board)
    page = await budi.get(f"{FOLLOW_UPS}/{board}")
    assert "/closure" not in page.text
    assert (await act(budi, board, "closure", note="")).status_code == 403
    assert (await one(database, board)).state == "repaired"


async def test_a_repair_without_a_photo_is_refused(budi: Staff, board: int, database: Database) -> None:
    refused = await act(budi, board, "repair", id=str(uuid4()), note=NOTE)
    assert refused.status_code == 422
    assert 'id="evidence-error"' in refused.text
    assert f">\n{NOTE}</textarea>" in refused.text
    assert (await one(database, board)).state == "open"
    assert ("budi", "refused") in [(row.actor, row.act) for row in await all_of(database, AuditEvent)]


async def test_a_page_dressed_as_a_photo_is_refused_and_the_text_kept(
    budi: Staff, board: int, database: Database
) -> None:
    refused = await repair(budi, board, b"<!doctype html><script>alert(1)</script>", "palsu.jpg")
    assert refused.status_code == 422
    assert "palsu.jpg: Jenis berkas ini tidak diterima." in words(refused)
    assert f">\n{NOTE}</textarea>" in refused.text
    assert (await one(database, board)).state == "open"


async def test_a_repair_sent_twice_is_stored_once(budi: Staff, board: int, database: Database) -> None:
    form_id = str(uuid4())
    assert [(await repair(budi, board, id=form_id)).status_code for _ in range(2)] == [303, 303]
    steps = [step for step in await all_of(database, FollowUpStep) if step.act == "repaired"]
    assert len(steps) == 1
    # another report is not the same one
    assert (await repair(budi, board)).status_code == 409


# ── the bureau ──


async def test_the_bureau_postpones_with_a_reason(gita: Staff, board: int, database: Database) -> None:
    for day, reason, field in (
        ("2027-01-20", REASON, "due_day"),
        ("2027-03-01", "", "reason"),
        ("", REASON, "due_day"),
    ):
        refused = await act(gita, board, "postponement", due_day=day, reason=reason)
        assert refused.status_code == 422
        assert f'id="{field}-error"' in refused.text
    done = await act(gita, board, "postponement", due_day="2027-03-01", reason=REASON)
    assert done.status_code == 303, done.text
    assert (await one(database, board)).due_day == "2027-03-01"
    told = words(await gita.get(f"{FOLLOW_UPS}/{board}"))
    assert f"Tenggat diundur 20 November 2026, 10.00 WIB, Gita {REASON}" in told


async def test_what_is_not_repaired_after_all_is_opened_again(
    budi: Staff, gita: Staff, board: int, database: Database
) -> None:
    assert (await act(gita, board, "reopening", reason=REASON)).status_code == 409
    await repair(budi, board)
    assert (await act(gita, board, "reopening", reason="")).status_code == 422
    done = await act(gita, board, "reopening", reason="Papannya masih tertutup pohon.")
    assert done.status_code == 303, done.text
    assert (await one(database, board)).state == "open"
    assert (await repair(budi, board, photo_of("papan lagi"))).status_code == 303


async def test_what_does_not_exist_is_not_found(gita: Staff) -> None:
    for number in ("99", "x"):
        assert (await gita.get(f"{FOLLOW_UPS}/{number}")).status_code == 404
