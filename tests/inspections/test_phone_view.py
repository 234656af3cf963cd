"""What a person's phone is told: what they are to visit and what became of what they sent, and nothing of others."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import update

from server.database import Database
from server.inspections import instrument as instruments
from server.inspections.evidence.files import Files
from server.inspections.phone.view import phone_view
from server.inspections.tables import Assignment, Evaluation, Locus
from server.inspections.visits.arrival import accepting
from server.phones import Pushed
from server.units.tables import Counter, PublicService
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.inspections.phones import bring, mark, picture, push_item, viewer_of
from tests.inspections.rows import visit
from tests.inspections.test_instrument_pages import text_of
from tests.statements import statements
from tests.sync.phone import Phone

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]
Documents = dict[str, list[dict[str, Any]]]
ToldTo = Callable[[str], Awaitable[Documents]]

VISITS = "/api/inspections/visits"
PAGES = "/staff/inspections/visits"
SECRET = b"a secret of the tests, long enough"
NO_FILES = Files(Path("nowhere"))


@pytest.fixture
def told_to(app: Litestar, database: Database, cast: Cast, clock: Clock) -> ToldTo:
    """All that a person's phone is told, by list."""

    async def view_of(name: str) -> Documents:
        found: Documents = {}
        async with database.reading() as session:
            for known in await phone_view(clock, app.state.evidence)(session, viewer_of(cast, name)):
                assert known.id == known.document["id"]
                found.setdefault(known.kind, []).append(known.document)
        return found

    return view_of


def set_clock(body: dict[str, Any], met: dict[str, Any]) -> None:
    """Everything in a record is by this contact."""
    body["clock"] = met
    for finding in body["findings"].values():
        for one in (finding, *finding["evidence"]):
            one["clock"] = met


def ids(told: Documents) -> dict[str, list[str]]:
    return {kind: sorted(one["id"] for one in documents) for kind, documents in told.items()}


async def test_an_inspector_is_told_their_assignments_and_what_these_name(
    cast: Cast, round_: Round, told_to: ToldTo
) -> None:
    told = await told_to("eka")
    (assignment,), (unit,), (evaluation,), (instrument,) = (
        told[kind] for kind in ("assignments", "units", "evaluations", "instruments")
    )
    assert assignment == {
        "id": assignment["id"],
        "evaluation": round_.id,
        "unit": "dinas-kependudukan",
        "service": None,
        "form": "F-02",
        "team": "Inspektorat",
        "due_day": "2026-12-15",
    }
    assert unit == {
        "id": "dinas-kependudukan",
        "name": "Dinas Kependudukan",
        "address": "",
        "zone": "Asia/Jakarta",
        "latitude": None,
        "longitude": None,
        "services": [
            {"slug": "akta", "name": "Akta kelahiran"},
            {"slug": "ktp", "name": "KTP elektronik"},
        ],
        "counters": [
            {"code": one.code, "name": one.name}
            for one in sorted(cast.counters.values(), key=lambda one: one.code)
            if one.unit_id == cast.a.id
        ],
    }
    assert len(unit["counters"]) == 4, "the one in the hall of the mall among them"
    assert evaluation["id"] == str(round_.id)
    assert evaluation["instrument"] == instrument["id"] == instruments.sha256_of(round_.instrument)
    assert instrument["body"]["parts"][0]["indicators"][0]["key"]


async def test_nobody_is_told_of_somebody_elses_work(cast: Cast, pekppp: Round, told_to: ToldTo) -> None:
    theirs = await pekppp.visit("eka", cast.a, state="submitted")
    fajar = await told_to("fajar")
    assert "inspections" not in fajar
    assert ids(fajar)["units"] == ["dinas-kependudukan", "puskesmas-melati"]
    citra = await told_to("citra")
    assert ids(citra)["units"] == ["puskesmas-melati"]
    assert [one["form"] for one in citra["assignments"]] == ["F-01"]
    budi = await told_to("budi")
    assert ids(budi)["units"] == ["dinas-kependudukan"], "a unit below that is no locus is not told"
    assert "inspections" not in budi
    assert [one["id"] for one in (await told_to("eka"))["inspections"]] == [str(theirs)]
    await pekppp.visit("citra", cast.a, form="F-01", state="draft")
    assert "inspections" not in await told_to("budi"), "a colleague made it"
    for name in ("ani", "gita"):
        assert await told_to(name) == {}


async def test_a_checklist_without_a_self_assessment_is_nothing_for_a_unit(
    round_: Round, told_to: ToldTo
) -> None:
    assert await told_to("budi") == {}


async def test_what_is_over_is_not_to_be_done_any_more(
    round_: Round, database: Database, clock: Clock, told_to: ToldTo
) -> None:
    for table, column in ((Assignment, "withdrawn_at"), (Locus, "removed_at"), (Evaluation, "closed_at")):
        async with database.writing() as session:
            await session.execute(update(table).values({column: clock.now}))
        assert await told_to("eka") == {}
        async with database.writing() as session:
            await session.execute(update(table).values({column: None}))
    async with database.writing() as session:
        await session.execute(update(PublicService).values(closed_at=clock.now))
        await session.execute(update(Counter).values(revoked_at=clock.now))
    (unit,) = (await told_to("eka"))["units"]
    assert (unit["services"], unit["counters"]) == ([], [])


async def test_a_unit_whose_score_is_final_is_nothing_to_visit_any_more(
    cast: Cast, round_: Round, gita: Staff, told_to: ToldTo, clock: Clock
) -> None:
    """What was made of it for nothing would be refused."""
    await round_.visit("eka", cast.a)
    final = f"/api/inspections/evaluations/{round_.id}/units/{cast.a.slug}/finalisation"
    assert (await gita.browser.post(final, json={})).status_code == 201
    assert ids(await told_to("fajar"))["units"] == [cast.b.slug]
    assert len((await told_to("eka"))["assignments"]) == 1, "with what they found there"
    clock.forward(days=61)
    assert await told_to("eka") == {}


async def test_a_finished_visit_is_told_for_sixty_days(
    cast: Cast, round_: Round, database: Database, clock: Clock, told_to: ToldTo
) -> None:
    kept = await round_.visit("eka", cast.a, state="final")
    async with database.writing() as session:
        await session.execute(update(Assignment).values(withdrawn_at=clock.now))
    clock.forward(days=60)
    assert ids(await told_to("eka"))["inspections"] == [str(kept)]
    clock.forward(days=1)
    assert await told_to("eka") == {}


async def test_a_visit_that_came_back_can_be_gone_on_with_from_another_phone(
    pekppp: Round, eka: Phone, gita: Staff, clock: Clock, told_to: ToldTo
) -> None:
    body = eka.inspection(pekppp, photos={"15": picture(1), "16": picture(2)}, note="Ruang tunggu penuh.")
    body["findings"]["15"] |= {"latitude": -7.2, "longitude": 113.2, "accuracy_m": 8}
    first = eka.freeze(body)
    await push_item(eka, first)
    await bring(eka, picture(1))
    (told,) = (await told_to("eka"))["inspections"]
    held, awaited = (eka.photo(picture(number))["sha256"] for number in (1, 2))
    assert "findings" not in told, "it is out of its maker's hands"
    assert (told["state"], told["revision"], told["body_sha256"]) == ("submitted", 1, first.sha256)
    assert (told["held"], told["awaited"], told["reasons"]) == ([held], [awaited], {})

    sent = {"reasons": {"15": "Foto terlalu gelap."}, "note": "Sedikit lagi."}
    assert (await gita.browser.post(f"{VISITS}/{first.id}/return", json=sent)).status_code == 200
    (told,) = (await told_to("eka"))["inspections"]
    assert (told["note"], told["reasons"]) == ("Sedikit lagi.", {"15": "Foto terlalu gelap."})
    assert told["visit_note"] == "Ruang tunggu penuh."
    assert told["findings"].keys() == body["findings"].keys()
    tablet = Phone(eka.browser, clock)
    again = tablet.freeze({**body, "findings": told["findings"]}, id=first.id, base_rev=told["revision"])
    result = await push_item(tablet, again)
    assert (result["status"], result["revision"], result["need_photos"]) == ("accepted", 2, [awaited])
    (told,) = (await told_to("eka"))["inspections"]
    assert (told["held"], told["awaited"]) == ([held], [awaited])
    whole = (await gita.browser.get(f"{VISITS}/{first.id}?records=1")).json()
    assert whole["records"] == {}, "nothing was said otherwise than before"


async def test_a_photo_of_which_nobody_said_when_it_was_taken_is_given_no_time(
    pekppp: Round, eka: Phone, gita: Staff, told_to: ToldTo
) -> None:
    body = eka.inspection(pekppp, photos={"15": picture(1)})
    del body["findings"]["15"]["evidence"][0]["captured_at"]
    await bring(eka, picture(1))
    first = eka.freeze(body)
    assert (await push_item(eka, first))["status"] == "accepted"
    sent = {"reasons": {"15": "Foto terlalu gelap."}, "note": ""}
    assert (await gita.browser.post(f"{VISITS}/{first.id}/return", json=sent)).status_code == 200
    (told,) = (await told_to("eka"))["inspections"]
    (piece,) = told["findings"]["15"]["evidence"]
    assert piece["captured_at"] is None
    again = eka.freeze({**body, "findings": told["findings"]}, id=first.id, base_rev=told["revision"])
    assert (await push_item(eka, again))["status"] == "accepted"
    (shown,) = (await gita.browser.get(f"{VISITS}/{first.id}")).json()["evidence"]
    assert shown["captured_at"] is None


async def test_the_view_costs_the_same_for_one_visit_and_for_many(
    cast: Cast, round_: Round, database: Database, clock: Clock
) -> None:
    me = viewer_of(cast, "eka")

    async def cost() -> int:
        async with database.writing() as session:
            with statements() as asked:
                await phone_view(clock, NO_FILES)(session, me)
        return len(asked)

    await round_.visit("eka", cast.a, state="returned")
    once = await cost()
    for _ in range(9):
        await round_.visit("eka", cast.a, state="returned")
    assert await cost() == once <= 13


# ── times, as the staff reads them ──


@pytest.mark.parametrize("years", [-3, 3], ids=["behind", "ahead"])
async def test_a_phone_three_years_off_is_read_by_our_clock(
    pekppp: Round, eka: Phone, gita: Staff, database: Database, clock: Clock, years: int
) -> None:
    eka.ahead = years * timedelta(days=365, hours=8)
    body = eka.inspection(pekppp, photos={"15": picture(1)})
    set_clock(body, mark(clock, SECRET, timedelta(hours=6), steady=False))
    item = eka.freeze(body)
    clock.forward(hours=30)
    assert (await push_item(eka, item))["status"] == "accepted"
    await bring(eka, picture(1))
    kept = await visit(database, item.id)
    assert kept.corrected_at == clock.now - timedelta(hours=31)
    assert (kept.clock_doubt, kept.skew_ms) == ("", eka.ahead // timedelta(milliseconds=1))

    claimed = 2026 + years
    told = (await gita.browser.get(f"{VISITS}/{item.id}")).json()
    assert told["made_at"].startswith(str(claimed))
    for one in (told["findings"]["15"], told["evidence"][0]):
        assert one["corrected_at"] == "2026-11-20T03:00:00Z"
    (line,) = (await gita.browser.get(VISITS)).json()["items"]
    assert (line["corrected_at"], line["clock_doubt"]) == ("2026-11-20T02:00:00Z", "")

    page = text_of(await gita.get(f"{PAGES}/{item.id}"))
    assert f"Jam ponsel 3 tahun {'maju' if years > 0 else 'mundur'}; waktu sudah disesuaikan." in page
    assert "dari ponsel, revisi 1, diterima 21 November 2026, 16.00" in page
    assert "dimulai 20 November 2026, 09.00 WIB, Eka" in page, "not when we heard of it"
    assert "diambil 20 November 2026, 10.00 WIB, menurut perangkat diambil" in page

    csv = (await gita.get(f"/api/inspections/evaluations/{pekppp.id}/findings.csv")).text
    assert f"2026-11-20 10:00;{claimed}-11-" in csv


@pytest.mark.parametrize("years", [-3, 3], ids=["forward", "back"])
async def test_a_clock_that_is_put_right_in_the_middle_of_a_visit_does_not_move_its_beginning(
    round_: Round, eka: Phone, database: Database, clock: Clock, years: int
) -> None:
    eka.ahead = years * timedelta(days=365)
    body = eka.inspection(round_)
    set_clock(body, mark(clock, SECRET, timedelta(hours=6)))
    eka.ahead = timedelta()
    body["finished_at"] = eka.now.isoformat()
    item = eka.freeze(body)
    assert (await push_item(eka, item))["status"] == "accepted"
    kept = await visit(database, item.id)
    assert (kept.corrected_at, kept.clock_doubt) == (clock.now - timedelta(hours=1), "")


async def test_photos_stand_in_the_order_they_were_taken_in_whatever_the_phone_called_the_time(
    pekppp: Round, eka: Phone, gita: Staff, clock: Clock
) -> None:
    body = eka.inspection(pekppp)
    pieces = body["findings"]["15"]["evidence"]
    eka.ahead = timedelta(days=3 * 365)
    for number, minutes in ((1, 20), (2, 10)):
        taken = eka.photo(picture(number)) | {"clock": mark(clock, SECRET, timedelta(hours=6))}
        taken["clock"]["elapsed_ms"] -= minutes * 60_000
        pieces.append(taken)
        await bring(eka, picture(number))
        eka.ahead = timedelta()
    item = eka.freeze(body)
    assert (await push_item(eka, item))["status"] == "accepted"
    told = (await gita.browser.get(f"{VISITS}/{item.id}")).json()
    assert [one["id"] for one in told["evidence"]] == [one["id"] for one in pieces]


async def test_a_visit_that_began_at_a_desk_shows_the_clock_of_the_phone_that_went_on_with_it(
    round_: Round, eka: Phone, gita: Staff, clock: Clock
) -> None:
    visit_id = eka.new_id()
    begun = {"evaluation": round_.id, "unit": "dinas-kependudukan", "made_at": clock.now.isoformat()}
    assert (await eka.browser.put(f"{VISITS}/{visit_id}", json=begun)).status_code == 201
    clock.forward(hours=2)
    eka.ahead = timedelta(days=3 * 365)
    assert (await push_item(eka, eka.freeze(eka.inspection(round_), id=visit_id)))["status"] == "accepted"
    page = text_of(await gita.get(f"{PAGES}/{visit_id}"))
    assert "Jam ponsel 3 tahun maju; waktu sudah disesuaikan." in page
    assert "dari ponsel, revisi 1, diterima 20 November 2026, 12.00" in page


async def test_who_brought_a_record_in_a_file_is_named_and_is_told_why_somebody_else_verifies_it(
    cast: Cast, round_: Round, eka: Phone, gita: Staff, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    item, bearer = eka.freeze(eka.inspection(round_)), cast.people["gita"].id
    pushed = Pushed(item.id, 0, item.text, clock.now, brought_by=bearer)
    async with database.writing() as session:
        await accepting(SECRET, NO_FILES)(session, viewer_of(cast, "eka"), pushed)
    ani = await sign_in("ani")
    theirs, others = [text_of(await who.get(f"{PAGES}/{item.id}")) for who in (gita, ani)]
    for page in (theirs, others):
        assert "dari ponsel, revisi 1, diterima 20 November 2026, 10.00 WIB, dibawa Gita" in page
    assert "Anda sendiri yang mengisi atau membawanya, jadi orang lain yang memverifikasi." in theirs
    assert "Anda sendiri yang mengisi atau membawanya" not in others


async def test_a_phone_that_never_met_us_is_flagged(
    pekppp: Round, eka: Phone, gita: Staff, database: Database
) -> None:
    item = eka.freeze(eka.inspection(pekppp, photos={"15": picture(1)}))
    await push_item(eka, item)
    await bring(eka, picture(1))
    assert (await visit(database, item.id)).clock_doubt == "no_contact"
    page = (await gita.get(f"{PAGES}/{item.id}")).text
    assert "Tidak ada waktu server sebagai patokan: waktu diperkirakan dari jam ponsel." in page


async def test_a_clock_that_was_set_in_the_middle_of_a_visit_is_the_worst_doubt(
    round_: Round, eka: Phone, gita: Staff, database: Database, clock: Clock
) -> None:
    body = eka.inspection(round_)
    met = mark(clock, SECRET, timedelta(hours=6), steady=False)
    first, *_ = body["findings"].values()
    first["clock"] = met | {"elapsed_ms": 0}
    item = eka.freeze(body)
    await push_item(eka, item)
    assert (await visit(database, item.id)).clock_doubt == "changed"
    page = (await gita.get(f"{PAGES}/{item.id}")).text
    assert "Jam ponsel diubah di tengah kunjungan: waktu diragukan." in page


async def test_a_clock_beyond_all_calendars_is_no_fault_of_ours(
    cast: Cast, round_: Round, eka: Phone, database: Database, clock: Clock
) -> None:
    item = eka.freeze(eka.inspection(round_))
    pushed = Pushed(item.id, 0, item.text, clock.now, skew=timedelta(days=8000 * 365))
    async with database.writing() as session:
        taken = await accepting(SECRET, NO_FILES)(session, viewer_of(cast, "eka"), pushed)
    assert taken.revision == 1
    kept = await visit(database, item.id)
    assert (kept.corrected_at, kept.clock_doubt) == (clock.now - timedelta(hours=1), "no_contact")
