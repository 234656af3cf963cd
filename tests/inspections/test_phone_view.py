"""What a person's phone is told: what they are to visit and what became of what they sent, and nothing of others."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from litestar import Litestar
from sqlalchemy import update

from server.database import Database
from server.inspections import instrument as instruments
from server.inspections.evidence.files import Files
from server.inspections.phone.view import phone_view
from server.inspections.tables import Assignment, Evaluation, Locus, Visit
from server.inspections.visits.arrival import accepting
from server.phones import Pushed
from server.units.tables import Counter, PublicService
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.inspections.phones import PhoneOf, bring, mark, picture, push_item, viewer_of
from tests.inspections.test_arrival import statements
from tests.sync.phone import Phone

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]
Documents = dict[str, list[dict[str, Any]]]

VISITS = "/api/inspections/visits"
PAGES = "/staff/inspections/visits"
SECRET = b"a secret of the tests, long enough"
NO_FILES = Files(Path("nowhere"))


async def seen_by(
    database: Database, cast: Cast, clock: Clock, name: str, files: Files = NO_FILES
) -> Documents:
    """All that a person's phone is told, by list."""
    person, found = viewer_of(cast, name), {}
    async with database.reading() as session:
        for known in await phone_view(clock, files)(session, person):
            assert known.id == known.document["id"]
            found.setdefault(known.kind, []).append(known.document)
    return found


def ids(told: Documents) -> dict[str, list[str]]:
    return {kind: sorted(one["id"] for one in documents) for kind, documents in told.items()}


async def test_an_inspector_is_told_their_assignments_and_what_these_name(
    cast: Cast, begin: Begin, database: Database, clock: Clock
) -> None:
    round_ = await begin("sampang/2018")
    told = await seen_by(database, cast, clock, "eka")
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


async def test_nobody_is_told_of_somebody_elses_work(
    cast: Cast, begin: Begin, database: Database, clock: Clock
) -> None:
    round_ = await begin("pekppp/2022")
    theirs = await round_.visit("eka", cast.a, state="submitted")
    fajar = await seen_by(database, cast, clock, "fajar")
    assert "inspections" not in fajar
    assert ids(fajar)["units"] == ["dinas-kependudukan", "puskesmas-melati"]
    citra = await seen_by(database, cast, clock, "citra")
    assert ids(citra)["units"] == ["puskesmas-melati"]
    assert [one["form"] for one in citra["assignments"]] == ["F-01"]
    budi = await seen_by(database, cast, clock, "budi")
    assert ids(budi)["units"] == ["dinas-kependudukan"], "a unit below that is no locus is not told"
    assert "inspections" not in budi
    assert [one["id"] for one in (await seen_by(database, cast, clock, "eka"))["inspections"]] == [
        str(theirs)
    ]
    await round_.visit("citra", cast.a, form="F-01", state="draft")
    assert "inspections" not in await seen_by(database, cast, clock, "budi"), "a colleague made it"
    for name in ("ani", "gita"):
        assert await seen_by(database, cast, clock, name) == {}


async def test_a_checklist_without_a_self_assessment_is_nothing_for_a_unit(
    cast: Cast, begin: Begin, database: Database, clock: Clock
) -> None:
    await begin("sampang/2018")
    assert await seen_by(database, cast, clock, "budi") == {}


async def test_what_is_over_is_not_to_be_done_any_more(
    cast: Cast, begin: Begin, database: Database, clock: Clock
) -> None:
    await begin()
    for table, column in ((Assignment, "withdrawn_at"), (Locus, "removed_at"), (Evaluation, "closed_at")):
        async with database.writing() as session:
            await session.execute(update(table).values({column: clock.now}))
        assert await seen_by(database, cast, clock, "eka") == {}
        async with database.writing() as session:
            await session.execute(update(table).values({column: None}))
    async with database.writing() as session:
        await session.execute(update(PublicService).values(closed_at=clock.now))
        await session.execute(update(Counter).values(revoked_at=clock.now))
    (unit,) = (await seen_by(database, cast, clock, "eka"))["units"]
    assert (unit["services"], unit["counters"]) == ([], [])


async def test_a_finished_visit_is_told_for_sixty_days(
    cast: Cast, begin: Begin, database: Database, clock: Clock
) -> None:
    round_ = await begin()
    kept = await round_.visit("eka", cast.a, state="final")
    async with database.writing() as session:
        await session.execute(update(Assignment).values(withdrawn_at=clock.now))
    clock.forward(days=60)
    assert ids(await seen_by(database, cast, clock, "eka"))["inspections"] == [str(kept)]
    clock.forward(days=1)
    assert await seen_by(database, cast, clock, "eka") == {}


async def test_a_visit_that_came_back_can_be_gone_on_with_from_another_phone(
    app: Litestar,
    cast: Cast,
    begin: Begin,
    phone_of: PhoneOf,
    sign_in: SignIn,
    database: Database,
    clock: Clock,
) -> None:
    round_, eka, gita = await begin("pekppp/2022"), await phone_of("eka"), await sign_in("gita")
    body = eka.inspection(round_, photos={"15": picture(1), "16": picture(2)}, note="Ruang tunggu penuh.")
    body["findings"]["15"] |= {"latitude": -7.2, "longitude": 113.2, "accuracy_m": 8}
    first = eka.freeze(body)
    await push_item(eka, first)
    await bring(eka, picture(1))
    (told,) = (await seen_by(database, cast, clock, "eka", app.state.evidence))["inspections"]
    held, awaited = (eka.photo(picture(number))["sha256"] for number in (1, 2))
    assert "findings" not in told, "it is out of its maker's hands"
    assert (told["state"], told["revision"], told["body_sha256"]) == ("submitted", 1, first.sha256)
    assert (told["held"], told["awaited"], told["reasons"]) == ([held], [awaited], {})

    sent = {"reasons": {"15": "Foto terlalu gelap."}, "note": "Sedikit lagi."}
    assert (await gita.browser.post(f"{VISITS}/{first.id}/return", json=sent)).status_code == 200
    (told,) = (await seen_by(database, cast, clock, "eka", app.state.evidence))["inspections"]
    assert (told["note"], told["reasons"]) == ("Sedikit lagi.", {"15": "Foto terlalu gelap."})
    assert told["visit_note"] == "Ruang tunggu penuh."
    assert told["findings"].keys() == body["findings"].keys()
    tablet = Phone(eka.browser, clock)
    again = tablet.freeze({**body, "findings": told["findings"]}, id=first.id, base_rev=told["revision"])
    result = await push_item(tablet, again)
    assert (result["status"], result["revision"], result["need_photos"]) == ("accepted", 2, [awaited])
    (told,) = (await seen_by(database, cast, clock, "eka", app.state.evidence))["inspections"]
    assert (told["held"], told["awaited"]) == ([held], [awaited])
    whole = (await gita.browser.get(f"{VISITS}/{first.id}?records=1")).json()
    assert whole["records"] == {}, "nothing was said otherwise than before"


async def test_a_photo_of_which_nobody_said_when_it_was_taken_is_given_no_time(
    cast: Cast, begin: Begin, phone_of: PhoneOf, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_, eka, gita = await begin("pekppp/2022"), await phone_of("eka"), await sign_in("gita")
    body = eka.inspection(round_, photos={"15": picture(1)})
    del body["findings"]["15"]["evidence"][0]["captured_at"]
    await bring(eka, picture(1))
    first = eka.freeze(body)
    assert (await push_item(eka, first))["status"] == "accepted"
    sent = {"reasons": {"15": "Foto terlalu gelap."}, "note": ""}
    assert (await gita.browser.post(f"{VISITS}/{first.id}/return", json=sent)).status_code == 200
    (told,) = (await seen_by(database, cast, clock, "eka"))["inspections"]
    (piece,) = told["findings"]["15"]["evidence"]
    assert piece["captured_at"] is None
    again = eka.freeze({**body, "findings": told["findings"]}, id=first.id, base_rev=told["revision"])
    assert (await push_item(eka, again))["status"] == "accepted"
    (shown,) = (await gita.browser.get(f"{VISITS}/{first.id}")).json()["evidence"]
    assert shown["captured_at"] is None


async def test_the_view_costs_the_same_for_one_visit_and_for_many(
    cast: Cast, begin: Begin, database: Database, clock: Clock
) -> None:
    round_ = await begin("sampang/2018")
    me = viewer_of(cast, "eka")

    async def cost() -> int:
        async with database.writing() as session:
            with statements(database) as asked:
                await phone_view(clock, NO_FILES)(session, me)
        return len(asked)

    await round_.visit("eka", cast.a, state="returned")
    once = await cost()
    for _ in range(9):
        await round_.visit("eka", cast.a, state="returned")
    assert await cost() == once <= 13


# ── times, as the staff reads them ──


async def stored(database: Database, visit_id: UUID) -> Visit:
    async with database.reading() as session:
        return await session.get_one(Visit, visit_id)


async def test_a_phone_three_years_behind_is_read_by_our_clock(
    cast: Cast, begin: Begin, phone_of: PhoneOf, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_, eka, gita = await begin("pekppp/2022"), await phone_of("eka"), await sign_in("gita")
    eka.ahead = -timedelta(days=3 * 365 + 1)
    body = eka.inspection(round_, photos={"15": picture(1)})
    met = mark(clock, SECRET, timedelta(hours=6), steady=False)
    body["clock"] = met
    for finding in body["findings"].values():
        finding["clock"] = met
        for piece in finding["evidence"]:
            piece["clock"] = met
    item = eka.freeze(body)
    clock.forward(hours=30)
    assert (await push_item(eka, item))["status"] == "accepted"
    await bring(eka, picture(1))
    kept = await stored(database, item.id)
    assert kept.corrected_at is not None
    assert abs(kept.corrected_at - (clock.now - timedelta(hours=31))) < timedelta(minutes=1)
    assert (kept.clock_doubt, kept.skew_ms) == ("", eka.ahead // timedelta(milliseconds=1))
    told = (await gita.browser.get(f"{VISITS}/{item.id}")).json()
    assert told["findings"]["15"]["observed_at"].startswith("2023-11-20")
    assert told["findings"]["15"]["corrected_at"] == "2026-11-20T03:00:00Z"
    assert told["evidence"][0]["corrected_at"] == "2026-11-20T03:00:00Z"
    page = (await gita.get(f"{PAGES}/{item.id}")).text
    assert "Jam ponsel 3 tahun mundur; waktu sudah disesuaikan." in page
    assert "dari ponsel, revisi 1, diterima" in page
    csv = (await gita.get(f"/api/inspections/evaluations/{round_.id}/findings.csv")).text
    assert "2023-11-20 10:00;2026-11-20 10:00;;2026-11-21 16:00" in csv


async def test_a_phone_that_never_met_us_is_flagged(
    cast: Cast, begin: Begin, phone_of: PhoneOf, sign_in: SignIn, database: Database
) -> None:
    round_, eka, gita = await begin("pekppp/2022"), await phone_of("eka"), await sign_in("gita")
    item = eka.freeze(eka.inspection(round_, photos={"15": picture(1)}))
    await push_item(eka, item)
    await bring(eka, picture(1))
    assert (await stored(database, item.id)).clock_doubt == "no_contact"
    page = (await gita.get(f"{PAGES}/{item.id}")).text
    assert "Ponsel belum pernah terhubung sebelum foto ini: waktu menurut ponsel." in page


async def test_a_clock_that_was_set_in_the_middle_of_a_visit_is_the_worst_doubt(
    cast: Cast, begin: Begin, phone_of: PhoneOf, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_, eka, gita = await begin(), await phone_of("eka"), await sign_in("gita")
    body = eka.inspection(round_)
    met = mark(clock, SECRET, timedelta(hours=6), steady=False)
    first, *_ = body["findings"].values()
    first["clock"] = met | {"elapsed_ms": 0}
    item = eka.freeze(body)
    await push_item(eka, item)
    assert (await stored(database, item.id)).clock_doubt == "changed"
    page = (await gita.get(f"{PAGES}/{item.id}")).text
    assert "Jam ponsel diubah di tengah kunjungan: waktu diragukan." in page


async def test_a_clock_beyond_all_calendars_is_no_fault_of_ours(
    cast: Cast, begin: Begin, phone_of: PhoneOf, database: Database, clock: Clock
) -> None:
    round_, eka = await begin(), await phone_of("eka")
    item = eka.freeze(eka.inspection(round_))
    pushed = Pushed(item.id, 0, item.text, clock.now, skew=timedelta(days=8000 * 365))
    async with database.writing() as session:
        taken = await accepting(SECRET, NO_FILES)(session, viewer_of(cast, "eka"), pushed)
    assert taken.revision == 1
    kept = await stored(database, item.id)
    assert (kept.corrected_at, kept.clock_doubt) == (clock.now - timedelta(hours=1), "no_contact")
