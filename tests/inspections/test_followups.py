"""What is below target is put right: planned and repaired by the unit, seen and closed by somebody else."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.tables import Evidence, FollowUp, FollowUpStep
from server.units.tables import Unit
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import ADA, TIDAK_ADA, Round
from tests.inspections.pictures import photo_of
from tests.statements import statements

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

FOLLOW_UPS = "/api/inspections/follow-ups"

BOARD, PLAN = "5", "1"
"""Papan/spanduk publikasi, seen on the spot; SOP, a document."""

NOTE = "Papan baru sudah dipasang di pintu masuk."
REASON = "Anggaran perubahan baru cair bulan depan."


@pytest_asyncio.fixture
async def visit(round_: Round, cast: Cast) -> UUID:
    return await round_.visit("eka", cast.a, {BOARD: TIDAK_ADA, PLAN: TIDAK_ADA}, state="final")


@pytest_asyncio.fixture
async def board(round_: Round, cast: Cast, visit: UUID) -> int:
    """The board of unit A is to be put up by 20 January 2027."""
    return await open_one(round_, cast.a, visit, BOARD)


async def open_one(
    round_: Round,
    unit: Unit,
    visit: UUID,
    indicator: str,
    *,
    due_day: str = "2027-01-20",
    state: str = "open",
    opened_at: datetime | None = None,
    closed_at: datetime | None = None,
) -> int:
    async with round_.database.writing() as session:
        made = FollowUp(
            evaluation_id=round_.id,
            unit_id=unit.id,
            visit_id=visit,
            indicator=indicator,
            value=Decimal(0),
            target=Decimal(1),
            owner=unit.name,
            due_day=due_day,
            state=state,
            opened_at=opened_at or round_.now,
            closed_at=closed_at,
        )
        session.add(made)
        await session.flush()
        session.add(FollowUpStep(follow_up_id=made.id, act="opened", at=round_.now))
        return made.id


async def bring(staff: Staff, kind: str = "photo") -> dict[str, Any]:
    said = uuid4().hex
    content = f"%PDF-1.4 {said}".encode() if kind == "document" else photo_of(said)
    sha256 = hashlib.sha256(content).hexdigest()
    sent = await staff.browser.put(f"/api/inspections/evidence/{sha256}", content=content)
    assert sent.status_code == 201, sent.text
    return {"id": str(uuid4()), "kind": kind, "sha256": sha256}


async def act(staff: Staff, number: int, name: str, **body: Any) -> httpx.Response:
    return await staff.browser.post(f"{FOLLOW_UPS}/{number}/{name}", json=body)


async def repaired(staff: Staff, number: int) -> None:
    done = await act(staff, number, "repair", note=NOTE, evidence=[await bring(staff)])
    assert done.status_code == 200, done.text


async def listed(staff: Staff, **query: Any) -> list[dict[str, Any]]:
    found = await staff.browser.get(FOLLOW_UPS, params=query)
    assert found.status_code == 200, found.text
    return list(found.json()["items"])


async def rate(staff: Staff, **query: Any) -> dict[str, Any]:
    found = await staff.browser.get(f"{FOLLOW_UPS}/rate", params=query)
    assert found.status_code == 200, found.text
    return dict(found.json())


async def all_of(database: Database, table: Any) -> list[Any]:
    async with database.reading() as session:
        return list(await session.scalars(select(table)))


async def acts(database: Database) -> list[tuple[str, str]]:
    return [(event.actor, event.act) for event in await all_of(database, AuditEvent)]


async def stored(database: Database, number: int) -> FollowUp:
    async with database.reading() as session:
        return await session.get_one(FollowUp, number)


def refused(answered: httpx.Response, status: int, code: str) -> str:
    assert (answered.status_code, answered.json()["code"]) == (status, code), answered.text
    return str(answered.json()["detail"])


# ── the whole way ──


async def test_a_follow_up_is_planned_repaired_looked_at_and_closed(
    budi: Staff, gita: Staff, board: int, visit: UUID, database: Database, clock: Clock
) -> None:
    planned = await act(budi, board, "plan", owner="Kasubag Umum", due_day="2026-12-10", note="Pesan papan.")
    assert planned.status_code == 200, planned.text
    assert (planned.json()["owner"], planned.json()["due_day"]) == ("Kasubag Umum", "2026-12-10")
    clock.forward(days=1)
    photo = await bring(budi)
    done = (await act(budi, board, "repair", note=NOTE, evidence=[photo])).json()
    assert (done["state"], done["closed_at"]) == ("repaired", None)
    assert [one["sha256"] for one in done["after"]] == [photo["sha256"]]
    assert [one["kind"] for one in done["before"]] == ["photo"]
    clock.forward(days=1)
    closed = (await act(gita, board, "closure", note="Terlihat di tempat.")).json()
    assert closed["state"] == "closed"
    assert (closed["days_left"], closed["overdue_by"]) == (None, 0)
    assert [(step["act"], step["by"], step["note"]) for step in closed["steps"]] == [
        ("opened", None, ""),
        ("planned", "Budi", "Pesan papan."),
        ("repaired", "Budi", NOTE),
        ("closed", "Gita", "Terlihat di tempat."),
    ]
    (piece,) = [one for one in await all_of(database, Evidence) if one.purpose == "repair"]
    assert (piece.visit_id, piece.indicator) == (visit, BOARD)
    told = await acts(database)
    for one in (
        ("budi", "follow_up_planned"),
        ("budi", "follow_up_repaired"),
        ("gita", "follow_up_closed"),
    ):
        assert one in told


async def test_from_a_reply_over_the_final_score_to_the_closed_repair(
    budi: Staff, gita: Staff, round_: Round, cast: Cast
) -> None:
    """Board and complaint box are missing; of the board the unit proves otherwise, the box it puts up."""
    box = "6"
    found = {"1": ADA, "2": ADA, "3": ADA, "4": ADA, BOARD: TIDAK_ADA, box: TIDAK_ADA}
    visit = await round_.visit("eka", cast.a, found)
    of_unit = f"/api/inspections/evaluations/{round_.id}/units/dinas-kependudukan"

    async def index() -> str:
        return str((await gita.browser.get(f"{of_unit}/score")).json()["index"])

    assert await index() == "66.67"  # 4 of 6
    replied = await budi.browser.put(
        f"/api/inspections/visits/{visit}/findings/{BOARD}/replies/{uuid4()}",
        json={"text": "Papan sudah dipasang sejak Oktober.", "evidence": [await bring(budi)]},
    )
    pin = {"waive_window": True, "note": "Unit menyatakan tidak menanggapi yang lain."}
    early = await gita.browser.post(f"{of_unit}/finalisation", json=pin)
    assert "belum diputuskan" in refused(early, 409, "wrong_state")
    await gita.browser.post(
        f"/api/inspections/replies/{replied.json()['id']}/decision",
        json={"outcome": "upheld", "value": "1", "reason": "Fotonya bertanggal Oktober."},
    )
    assert await index() == "83.33"  # 5 of 6
    pinned = await gita.browser.post(f"{of_unit}/finalisation", json=pin)
    assert pinned.status_code == 201, pinned.text
    (opened,) = await listed(budi)
    # sixty days after 20 November
    assert (opened["indicator"], opened["value"], opened["due_day"]) == (box, "0", "2027-01-19")
    await repaired(budi, opened["id"])
    assert (await act(gita, opened["id"], "closure", note="Kotaknya ada.")).status_code == 200
    assert (await rate(gita, evaluation=round_.id))["rate"] == "100.00"
    assert await index() == "83.33"


async def test_a_list_says_what_where_from_and_until_when(gita: Staff, board: int, visit: UUID) -> None:
    (told,) = await listed(gita)
    assert (told["id"], told["unit"], told["visit"]) == (board, "dinas-kependudukan", str(visit))
    assert (told["indicator"], told["name"]) == (BOARD, "Papan/spanduk publikasi")
    assert (told["value"], told["target"], told["state"]) == ("0", "1", "open")
    # from 20 November to 20 January: ten days of November, 31 of December, twenty of January
    assert (told["due_day"], told["days_left"], told["overdue_by"]) == ("2027-01-20", 61, 0)


# ── plan and day ──


async def test_a_unit_does_not_give_itself_more_time(budi: Staff, board: int, database: Database) -> None:
    said = refused(await act(budi, board, "plan", owner="Kasubag", due_day="2027-01-21"), 422, "bad_form")
    assert "20 Januari 2027" in said
    refused(await act(budi, board, "plan", owner="Kasubag", due_day="2026-11-19"), 422, "bad_form")
    refused(await act(budi, board, "plan", owner=" "), 422, "bad_form")
    assert (await stored(database, board)).due_day == "2027-01-20"
    assert (await acts(database)).count(("budi", "refused")) == 3


async def test_a_plan_may_keep_the_day(budi: Staff, board: int) -> None:
    same = await act(budi, board, "plan", owner="Kasubag", due_day="2027-01-20")
    none = await act(budi, board, "plan", owner="Kasubag Umum")
    assert (same.json()["due_day"], none.json()["due_day"]) == ("2027-01-20", "2027-01-20")


async def test_the_bureau_gives_more_time_with_a_reason(
    budi: Staff, gita: Staff, board: int, database: Database
) -> None:
    refused(await act(budi, board, "postponement", due_day="2027-02-20", reason=REASON), 403, "forbidden")
    refused(await act(gita, board, "postponement", due_day="2027-02-20", reason="nanti"), 422, "bad_form")
    refused(await act(gita, board, "postponement", due_day="2027-01-20", reason=REASON), 422, "bad_form")
    refused(await act(gita, board, "postponement", due_day="20 Februari", reason=REASON), 422, "bad_form")
    later = await act(gita, board, "postponement", due_day="2027-02-20", reason=REASON)
    assert later.json()["due_day"] == "2027-02-20"
    assert later.json()["steps"][-1]["note"] == REASON
    assert ("gita", "follow_up_postponed") in await acts(database)


# ── the repair ──


async def test_a_repair_of_what_was_seen_on_the_spot_needs_a_photo(
    budi: Staff, board: int, database: Database
) -> None:
    refused(await act(budi, board, "repair", note=NOTE, evidence=[]), 422, "bad_evidence")
    paper = await bring(budi, "document")
    said = refused(await act(budi, board, "repair", note=NOTE, evidence=[paper]), 422, "bad_evidence")
    assert said == "Lampirkan foto sesudah perbaikan. Tidak ada yang tersimpan."
    refused(await act(budi, board, "repair", note=NOTE), 422, "bad_form")
    refused(await act(budi, board, "repair", note="sudah", evidence=[await bring(budi)]), 422, "bad_form")
    assert (await stored(database, board)).state == "open"
    assert (await acts(database)).count(("budi", "refused")) == 4


async def test_a_repair_of_a_document_is_shown_by_a_document(
    budi: Staff, round_: Round, cast: Cast, visit: UUID
) -> None:
    number = await open_one(round_, cast.a, visit, PLAN)
    done = await act(budi, number, "repair", note=NOTE, evidence=[await bring(budi, "document")])
    assert done.json()["state"] == "repaired", done.text


async def test_evidence_that_was_never_brought_leaves_it_open(
    budi: Staff, board: int, database: Database
) -> None:
    piece = {"id": str(uuid4()), "kind": "photo", "sha256": "cd" * 32}
    refused(await act(budi, board, "repair", note=NOTE, evidence=[piece]), 422, "unknown_evidence")
    assert (await stored(database, board)).state == "open"
    assert [one for one in await all_of(database, Evidence) if one.purpose == "repair"] == []
    assert len(await all_of(database, FollowUpStep)) == 1
    assert ("budi", "refused") in await acts(database)


# ── closing and opening again ──


async def test_nothing_is_closed_before_it_is_repaired(gita: Staff, board: int, database: Database) -> None:
    assert "menunggu perbaikan" in refused(await act(gita, board, "closure", note=""), 409, "wrong_state")
    assert ("gita", "refused") in await acts(database)


async def test_nobody_closes_their_own_repair(
    gita: Staff, round_: Round, cast: Cast, visit: UUID, database: Database
) -> None:
    number = await open_one(round_, cast.a, visit, BOARD, state="repaired")
    async with database.writing() as session:
        # she was the unit's officer then
        gitas = cast.people["gita"].id
        session.add(FollowUpStep(follow_up_id=number, act="repaired", at=round_.now, person_id=gitas))
    refused(await act(gita, number, "closure", note="Sudah baik."), 403, "own_work")
    assert (await stored(database, number)).state == "repaired"


async def test_what_is_not_put_right_after_all_is_open_again(
    budi: Staff, gita: Staff, board: int, database: Database
) -> None:
    refused(await act(gita, board, "reopening", reason="Papannya belum terpasang."), 409, "wrong_state")
    await repaired(budi, board)
    refused(await act(budi, board, "reopening", reason="Papannya belum terpasang."), 403, "forbidden")
    again = await act(gita, board, "reopening", reason="Papannya belum terpasang.")
    assert (again.json()["state"], again.json()["repaired_at"]) == ("open", None)
    await repaired(budi, board)
    assert (await act(gita, board, "closure", note="Baik.")).json()["state"] == "closed"
    again = await act(gita, board, "reopening", reason="Papannya dilepas lagi.")
    assert (again.json()["state"], again.json()["closed_at"]) == ("open", None)
    assert (await acts(database)).count(("gita", "follow_up_reopened")) == 2


@pytest.mark.parametrize("state", ["repaired", "closed"])
async def test_what_waits_or_is_closed_is_not_planned_or_repaired(
    budi: Staff, gita: Staff, round_: Round, cast: Cast, visit: UUID, state: str
) -> None:
    number = await open_one(round_, cast.a, visit, BOARD, state=state)
    refused(await act(budi, number, "plan", owner="Kasubag"), 409, "wrong_state")
    refused(await act(budi, number, "repair", note=NOTE, evidence=[await bring(budi)]), 409, "wrong_state")
    refused(await act(gita, number, "postponement", due_day="2027-02-20", reason=REASON), 409, "wrong_state")


# ── who ──


async def test_citra_sees_and_changes_nothing_of_unit_a(
    sign_in: SignIn, board: int, database: Database
) -> None:
    citra = await sign_in("citra")
    assert await listed(citra) == []
    refused(await citra.browser.get(FOLLOW_UPS, params={"unit": "dinas-kependudukan"}), 404, "unknown_unit")
    refused(await citra.browser.get(FOLLOW_UPS, params={"after": board}), 404, "unknown_follow_up")
    refused(await act(citra, board, "plan", owner="Citra"), 404, "unknown_follow_up")
    photo = await bring(citra)
    refused(await act(citra, board, "repair", note=NOTE, evidence=[photo]), 404, "unknown_follow_up")
    assert (await rate(citra))["opened"] == 0
    assert (await acts(database)).count(("citra", "refused")) == 2


async def test_inspectors_read_those_of_units_they_visit_and_change_none(
    sign_in: SignIn, board: int, round_: Round, cast: Cast
) -> None:
    found_at_b = await round_.visit("fajar", cast.b, {BOARD: TIDAK_ADA}, state="final")
    at_b = await open_one(round_, cast.b, found_at_b, BOARD)
    eka, fajar = await sign_in("eka"), await sign_in("fajar")
    assert [one["id"] for one in await listed(eka)] == [board]
    assert [one["id"] for one in await listed(fajar)] == [board, at_b]
    refused(await act(eka, board, "plan", owner="Eka"), 403, "forbidden")
    refused(await act(eka, board, "closure", note="Baik."), 403, "forbidden")


async def test_the_bureau_repairs_nothing(gita: Staff, board: int, database: Database) -> None:
    refused(await act(gita, board, "repair", note=NOTE, evidence=[]), 403, "forbidden")
    refused(await act(gita, board, "plan", owner="Gita"), 403, "forbidden")
    assert (await acts(database)).count(("gita", "refused")) == 2


async def test_what_is_not_there_is_not_found(budi: Staff, gita: Staff) -> None:
    refused(await act(budi, 999, "plan", owner="Kasubag"), 404, "unknown_follow_up")
    nothing = await gita.browser.post(f"{FOLLOW_UPS}/satu/closure", json={"note": ""})
    refused(nothing, 404, "unknown_follow_up")


# ── the list and the rate ──


async def test_what_is_late_is_late_by_the_calendar_of_the_unit(
    gita: Staff, round_: Round, cast: Cast, visit: UUID, clock: Clock, database: Database
) -> None:
    number = await open_one(round_, cast.a, visit, BOARD, due_day="2026-11-22")
    clock.now = clock.now.replace(day=22, hour=16, minute=59)
    assert await listed(gita, overdue=1) == []
    assert [(one["days_left"], one["overdue_by"]) for one in await listed(gita)] == [(0, 0)]
    clock.forward(minutes=1)  # midnight in Jakarta
    assert [(one["id"], one["overdue_by"]) for one in await listed(gita, overdue=1)] == [(number, 1)]
    clock.forward(minutes=-30)
    async with database.writing() as session:
        (await session.get_one(Unit, cast.a.id)).zone = "Asia/Makassar"
    assert [one["id"] for one in await listed(gita, overdue=1)] == [number]
    assert (await rate(gita))["overdue"] == 1


async def test_a_list_is_filtered_and_paged_the_soonest_due_first(
    gita: Staff, budi: Staff, board: int, round_: Round, cast: Cast, visit: UUID
) -> None:
    sooner = await open_one(round_, cast.a, visit, PLAN, due_day="2026-12-01", state="repaired")
    assert [one["id"] for one in await listed(gita)] == [sooner, board]
    page = (await gita.browser.get(FOLLOW_UPS, params={"limit": 1})).json()
    assert ([one["id"] for one in page["items"]], page["next"]) == ([sooner], str(sooner))
    assert [one["id"] for one in await listed(gita, limit=1, after=page["next"])] == [board]
    assert [one["id"] for one in await listed(budi, state="repaired")] == [sooner]
    assert [one["id"] for one in await listed(gita, evaluation=round_.id)] == [sooner, board]
    assert await listed(gita, unit="puskesmas-melati") == []
    refused(await gita.browser.get(FOLLOW_UPS, params={"state": "lost"}), 422, "bad_form")
    refused(await gita.browser.get(FOLLOW_UPS, params={"evaluation": "99"}), 404, "unknown_evaluation")
    refused(await gita.browser.get(FOLLOW_UPS, params={"after": "x"}), 404, "unknown_follow_up")


async def test_the_rate_of_the_city_and_of_each_unit(
    gita: Staff, budi: Staff, sign_in: SignIn, round_: Round, cast: Cast, visit: UUID
) -> None:
    at_b = await round_.visit("fajar", cast.b, {BOARD: TIDAK_ADA}, state="final")
    closed = {"state": "closed", "closed_at": round_.now + timedelta(days=1)}
    await open_one(round_, cast.a, visit, BOARD, **closed)
    await open_one(round_, cast.a, visit, PLAN, due_day="2026-11-20", **closed)
    await open_one(round_, cast.b, at_b, BOARD)
    city = await rate(gita, evaluation=round_.id)
    assert {name: city[name] for name in ("opened", "closed", "repaired", "open", "overdue")} == {
        "opened": 3,
        "closed": 2,
        "repaired": 0,
        "open": 1,
        "overdue": 0,
    }
    assert (city["rate"], city["closed_in_time"]) == ("66.67", 1)
    assert [(one["unit"], one["opened"], one["rate"]) for one in city["units"]] == [
        ("dinas-kependudukan", 2, "100.00"),
        ("puskesmas-melati", 1, "0.00"),
    ]
    own = await rate(budi)
    assert (own["opened"], own["rate"], len(own["units"])) == (2, "100.00", 1)
    citras = await rate(await sign_in("citra"))
    assert (citras["opened"], [one["unit"] for one in citras["units"]]) == (1, ["puskesmas-melati"])


async def test_a_period_counts_what_was_opened_in_it_where_the_unit_is(
    gita: Staff, round_: Round, cast: Cast, visit: UUID
) -> None:
    # 23.59 WIB on 30 November, and a minute later
    before_midnight = round_.now.replace(day=30, hour=16, minute=59)
    await open_one(round_, cast.a, visit, BOARD, opened_at=before_midnight)
    await open_one(round_, cast.a, visit, PLAN, opened_at=before_midnight + timedelta(minutes=1))
    assert (await rate(gita, **{"from": "2026-11-01", "to": "2026-11-30"}))["opened"] == 1
    assert (await rate(gita, **{"from": "2026-12-01"}))["opened"] == 1
    assert (await rate(gita, to="2026-10-31"))["rate"] is None
    refused(await gita.browser.get(f"{FOLLOW_UPS}/rate", params={"from": "kemarin"}), 422, "bad_period")
    refused(
        await gita.browser.get(f"{FOLLOW_UPS}/rate", params={"evaluation": 99}), 404, "unknown_evaluation"
    )


async def test_a_day_of_the_rate_is_one_of_the_units_calendar(
    gita: Staff, visit: UUID, round_: Round, cast: Cast
) -> None:
    """Unit A keeps the time of Jakarta: its 2026 began on 31 December 2025 at 17.00 UTC."""
    for opened_at in (
        "2025-12-31T16:59:59",
        "2025-12-31T17:00:00",
        "2026-12-31T16:59:59",
        "2026-12-31T17:00:00",
    ):
        moment = datetime.fromisoformat(opened_at).replace(tzinfo=UTC)
        await open_one(round_, cast.a, visit, BOARD, opened_at=moment)
    assert (await rate(gita, **{"from": "2026-01-01", "to": "2026-12-31"}))["opened"] == 2
    assert (await rate(gita, to="2025-12-31"))["opened"] == 1
    assert (await rate(gita, **{"from": "2027-01-01"}))["opened"] == 1
    assert (await rate(gita, **{"from": "0001-01-01", "to": "9999-12-31"}))["opened"] == 4


async def test_the_rate_of_a_year_reads_only_what_was_opened_in_it(
    gita: Staff, visit: UUID, round_: Round, cast: Cast
) -> None:
    for page in ("/staff/inspections", "/staff/inspections/follow-ups"):
        with statements() as asked:
            assert (await gita.get(page)).status_code == 200
        (of_year,) = [one for one in asked if one.startswith("SELECT units.slug, units.name, units.zone")]
        assert "follow_ups.opened_at >=" in of_year and "follow_ups.opened_at <" in of_year


async def test_an_inspector_learns_nothing_of_anothers_visit(
    gita: Staff, board: int, visit: UUID, round_: Round, sign_in: SignIn
) -> None:
    async with round_.database.reading() as session:
        proof = (await session.scalars(select(Evidence).where(Evidence.indicator == BOARD))).one()
    for name, is_told in (("eka", True), ("gita", True), ("budi", True), ("fajar", False)):
        staff = await sign_in(name)
        (one,) = await listed(staff)
        page = (await staff.get(f"/staff/inspections/follow-ups/{board}")).text
        assert one.get("visit") == (str(visit) if is_told else None)
        assert ("before" in one) is is_told and one["value"] == "0"
        assert (str(proof.id) in str(one)) is is_told
        assert (str(visit) in page) is is_told and (proof.caption in page) is is_told
        assert ("Ditemukan oleh pemeriksa lain" in page) is not is_told
