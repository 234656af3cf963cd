"""A visit until it is handed in: who may begin it, what may be found, what stays on record."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import func, select, update

from server.accounts import audit
from server.accounts.access import Role, Viewer
from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.tables import (
    Assignment,
    Evaluation,
    Evidence,
    EvidenceFile,
    EvidenceHolder,
    Finding,
    FindingRecord,
    Visit,
    VisitStep,
)
from server.inspections.visits import acts as doing
from server.inspections.visits.wire import SentFinding, SentVisit
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import ADA, Round, levels, pin

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

VISITS = "/api/inspections/visits"
SEEN_AT = "2026-11-20T09:30:00+07:00"


def visit_of(round_: Round, **facts: Any) -> dict[str, Any]:
    return {
        "evaluation": round_.id,
        "unit": "dinas-kependudukan",
        "made_at": "2026-11-20T09:00:00+07:00",
        **facts,
    }


def found(value: Any = None, **facts: Any) -> dict[str, Any]:
    return {"observed_at": SEEN_AT, **({} if value is None else {"value": value}), **facts}


def photo(digest: str, **facts: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": "photo", "sha256": digest, "source": "camera", **facts}


async def begun(staff: Staff, round_: Round, **facts: Any) -> str:
    """A visit that has just begun; its address."""
    address = f"{VISITS}/{uuid4()}"
    answered = await staff.browser.put(address, json=visit_of(round_, **facts))
    assert answered.status_code == 201, answered.text
    return address


async def brought(database: Database, cast: Cast, name: str, content: bytes = b"a photo") -> str:
    """A photo that somebody has uploaded; its hash."""
    digest, who, now = sha256(content).hexdigest(), cast.people[name].id, cast.a.created_at
    async with database.writing() as session:
        if await session.get(EvidenceFile, digest) is None:
            session.add(
                EvidenceFile(
                    sha256=digest,
                    media_type="image/jpeg",
                    size_bytes=len(content),
                    name="foto.jpg",
                    uploaded_at=now,
                    uploaded_by=who,
                )
            )
            await session.flush()
        session.add(EvidenceHolder(sha256=digest, person_id=who, brought_at=now))
    return digest


async def count(database: Database, *tables: Any) -> list[int]:
    async with database.reading() as session:
        return [await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


async def refusals(database: Database) -> list[tuple[str, str, str]]:
    """Who was refused, at which address, with which code; the seals hold."""
    async with database.reading() as session:
        assert await audit.broken_seals(session) == []
        events = await session.scalars(
            select(AuditEvent).where(AuditEvent.act == "refused").order_by(AuditEvent.id)
        )
        return [(event.actor, event.subject, msgspec.json.decode(event.facts)["code"]) for event in events]


async def acts(database: Database) -> list[str]:
    async with database.reading() as session:
        events = await session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [event.act for event in events if event.act != "refused"]


def refused(answered: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answered.status_code, answered.json()["code"]) == (status, code), answered.text
    return answered.json()  # type: ignore[no-any-return]


# ── beginning ──


async def test_an_inspector_begins_a_visit_as_the_team_that_the_assignment_says(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    visit_id = uuid4()
    answered = await eka.browser.put(f"{VISITS}/{visit_id}", json=visit_of(round_))
    assert answered.status_code == 201
    assert answered.json() == {
        "id": str(visit_id),
        "evaluation": round_.id,
        "unit": "dinas-kependudukan",
        "service": None,
        "form": "F-02",
        "team": "Inspektorat",
        "state": "draft",
        "made_at": "2026-11-20T02:00:00Z",
        "received_at": "2026-11-20T03:00:00Z",
    }
    assert await acts(database) == ["visit_begun"]


async def test_a_team_cannot_be_claimed(
    begin: Begin, sign_in: SignIn, database: Database, cast: Cast
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    answered = await eka.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_, team="Organisasi"))
    refused(answered, 422, "bad_form")
    assert await count(database, Visit) == [0]


async def test_the_same_visit_sent_again_is_the_same_visit(
    begin: Begin, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    address = f"{VISITS}/{uuid4()}"
    first = await eka.browser.put(address, json=visit_of(round_))
    clock.forward(hours=1)
    again = await eka.browser.put(address, json=visit_of(round_, made_at="2026-11-20T02:00:00Z"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert await count(database, Visit, VisitStep) == [1, 1]


async def test_an_id_holds_one_visit_only(begin: Begin, sign_in: SignIn, cast: Cast) -> None:
    round_, eka, fajar = await begin(), await sign_in("eka"), await sign_in("fajar")
    address = await begun(eka, round_)
    other_time = visit_of(round_, made_at="2026-11-20T08:00:00+07:00")
    refused(await eka.browser.put(address, json=other_time), 409, "id_taken")
    refused(await fajar.browser.put(address, json=visit_of(round_)), 409, "id_taken")


async def test_two_requests_that_race_for_an_id_make_one_visit(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    address = f"{VISITS}/{uuid4()}"
    racing = [eka.browser.put(address, json=visit_of(round_)) for _ in range(6)]
    answered = await asyncio.gather(*racing)
    assert sorted(one.status_code for one in answered) == [200] * 5 + [201]
    assert len({one.text for one in answered}) == 1
    assert await count(database, Visit, VisitStep) == [1, 1]


async def test_two_people_who_race_for_an_id_do_not_share_it(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka, fajar = await begin(), await sign_in("eka"), await sign_in("fajar")
    address = f"{VISITS}/{uuid4()}"
    answered = await asyncio.gather(
        eka.browser.put(address, json=visit_of(round_)), fajar.browser.put(address, json=visit_of(round_))
    )
    assert sorted(one.status_code for one in answered) == [201, 409]
    assert await count(database, Visit) == [1]


async def test_a_second_visit_to_the_same_place_is_told_of_the_first(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    first = await begun(eka, round_)
    told = refused(await eka.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_)), 409, "wrong_state")
    assert first.endswith(told["visit"])
    assert await count(database, Visit) == [1]


async def test_two_different_visits_to_one_place_that_race_make_one(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    racing = [eka.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_)) for _ in range(4)]
    answered = await asyncio.gather(*racing)
    assert sorted(one.status_code for one in answered) == [201, 409, 409, 409]
    assert await count(database, Visit) == [1]


async def test_an_inspector_without_an_assignment_to_the_unit_is_refused(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    address = f"{VISITS}/{uuid4()}"
    told = refused(
        await eka.browser.put(address, json=visit_of(round_, unit="puskesmas-melati")), 403, "not_assigned"
    )
    assert told["detail"] == (
        "Anda tidak ditugaskan ke unit ini dalam evaluasi ini. Minta koordinator menugaskan Anda."
    )
    assert await refusals(database) == [("eka", address, "not_assigned")]
    assert await count(database, Visit) == [0]


async def test_an_assignment_that_was_withdrawn_lets_nobody_in(
    begin: Begin, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    async with database.writing() as session:
        await session.execute(update(Assignment).values(withdrawn_at=clock.now))
    refused(await eka.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_)), 403, "not_assigned")


async def test_where_products_are_observed_the_service_is_named(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin("ombudsman/classic"), await sign_in("eka")
    without = await eka.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_))
    assert refused(without, 422, "bad_finding")["field"] == "service"
    foreign = await eka.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_, service="poli-umum"))
    refused(foreign, 404, "unknown_public_service")
    await begun(eka, round_, service="ktp")
    await begun(eka, round_, service="akta")
    assert await count(database, Visit) == [2]


async def test_an_assignment_to_one_service_covers_no_other(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin("ombudsman/classic"), await sign_in("eka")
    async with database.writing() as session:
        await session.execute(update(Assignment).values(service_id=cast.services["ktp"].id))
    answered = await eka.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_, service="akta"))
    refused(answered, 403, "not_assigned")
    await begun(eka, round_, service="ktp")


async def test_where_the_unit_is_observed_no_service_is_named(begin: Begin, sign_in: SignIn) -> None:
    round_, eka = await begin(), await sign_in("eka")
    answered = await eka.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_, service="ktp"))
    assert refused(answered, 422, "bad_finding")["field"] == "service"


async def test_a_unit_assesses_itself_on_its_own_form(begin: Begin, sign_in: SignIn) -> None:
    round_, budi, eka = await begin("pekppp/2022"), await sign_in("budi"), await sign_in("eka")
    address = await begun(budi, round_, form="F-01")
    told = (await budi.browser.get(address)).json()
    assert (told["form"], told["team"], told["person"]["name"]) == ("F-01", "", "Budi")
    refused(await budi.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_)), 403, "forbidden")
    by_eka = await eka.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_, form="F-01"))
    refused(by_eka, 403, "forbidden")


async def test_an_officer_assesses_no_other_unit(begin: Begin, sign_in: SignIn) -> None:
    round_, citra = await begin("pekppp/2022"), await sign_in("citra")
    answered = await citra.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_, form="F-01"))
    refused(answered, 404, "unknown_locus")


async def test_a_checklist_without_self_assessment_takes_none(begin: Begin, sign_in: SignIn) -> None:
    round_, budi = await begin("sampang/2018"), await sign_in("budi")
    answered = await budi.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_, form="F-01"))
    assert "F-01" in refused(answered, 422, "bad_finding")["detail"]


async def test_the_bureau_records_no_visits(begin: Begin, sign_in: SignIn) -> None:
    round_, gita = await begin(), await sign_in("gita")
    refused(await gita.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_)), 403, "forbidden")


async def test_a_closed_evaluation_takes_no_visit_and_no_finding(
    begin: Begin, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_, eka, fajar = await begin(), await sign_in("eka"), await sign_in("fajar")
    address = await begun(eka, round_)
    async with database.writing() as session:
        await session.execute(update(Evaluation).values(closed_at=clock.now))
    refused(await fajar.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_)), 409, "wrong_state")
    refused(await eka.browser.put(f"{address}/findings/1", json=found(1)), 409, "wrong_state")
    assert await count(database, Visit, Finding) == [1, 0]


@pytest.mark.parametrize(
    ("made_at", "code"),
    [
        ("2026-11-20T09:00:00", "bad_form"),
        ("kemarin", "bad_form"),
        ("1969-12-31T23:59:59Z", "bad_finding"),
        ("0001-01-01T00:00:00+07:00", "bad_finding"),
        ("2101-01-01T00:00:00Z", "bad_finding"),
        ("9999-12-31T23:59:59-07:00", "bad_finding"),
    ],
)
async def test_a_time_that_no_clock_could_mean_is_refused(
    made_at: str, code: str, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    refused(await eka.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_, made_at=made_at)), 422, code)
    address = await begun(eka, round_)
    answered = await eka.browser.put(f"{address}/findings/1", json={"value": 1, "observed_at": made_at})
    refused(answered, 422, code)
    assert await count(database, Finding) == [0]


@pytest.mark.parametrize("claimed", ["2023-11-20T03:00:00Z", "2029-11-20T03:00:00Z"])
async def test_a_phone_whose_clock_is_years_off_loses_nothing_and_our_time_stands_beside_its(
    claimed: str, begin: Begin, sign_in: SignIn
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    address = f"{VISITS}/{uuid4()}"
    begun_ = await eka.browser.put(address, json=visit_of(round_, made_at=claimed))
    assert begun_.status_code == 201
    told = (await eka.browser.get(address)).json()
    assert (told["made_at"], told["received_at"]) == (claimed, "2026-11-20T03:00:00Z")


async def test_what_is_no_id_names_no_visit(begin: Begin, sign_in: SignIn) -> None:
    round_, eka = await begin(), await sign_in("eka")
    refused(await eka.browser.put(f"{VISITS}/satu", json=visit_of(round_)), 400, "bad_id")
    refused(await eka.browser.get(f"{VISITS}/satu"), 404, "unknown_visit")
    refused(await eka.browser.get(f"{VISITS}/{uuid4()}"), 404, "unknown_visit")


# ── what is found ──


async def test_items_that_are_there_give_the_level(begin: Begin, sign_in: SignIn) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    answered = await eka.browser.put(f"{address}/findings/15", json=found(items=["1", "4", "8"]))
    assert answered.status_code == 200
    assert answered.json() == {
        "indicator": "15",
        "value": "3",
        "computed": "3",
        "overridden": False,
        "not_applicable": False,
        "explanation": "3 dari 8 butir ada",
        "lacks": [
            {
                "indicator": "15",
                "code": "no_evidence",
                "detail": "Nilai di atas 0 perlu bukti: paling sedikit 1 foto.",
            }
        ],
    }


async def test_another_value_than_the_items_give_needs_a_reason_and_both_stay(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    without = await eka.browser.put(f"{address}/findings/15", json=found(4, items=["1", "2", "3"]))
    told = refused(without, 422, "bad_finding")
    assert (told["reason"], told["field"]) == ("needs_reason", "15")
    assert await count(database, Finding, FindingRecord) == [0, 0]
    reasoned = await eka.browser.put(
        f"{address}/findings/15", json=found("4", items=["1", "2", "3"], note="Lahannya sangat luas.")
    )
    assert {key: reasoned.json()[key] for key in ("value", "computed", "overridden")} == {
        "value": "4",
        "computed": "3",
        "overridden": True,
    }


@pytest.mark.parametrize(
    ("indicator", "body", "reason", "said"),
    [
        ("99", found(3), "unknown_indicator", "Instrumen ini tidak memuat indikator “99”."),
        ("1", found(6), "off_scale", "Nilai harus dari 0 sampai 5."),
        ("1", found(-1), "off_scale", "Nilai harus dari 0 sampai 5."),
        ("1", found("2.5"), "off_scale", "Nilai harus dari 0 sampai 5."),
        ("15", found(items=["1", "9"]), "unknown_item", "Butir 9 tidak ada pada indikator 15."),
        ("1", found(items=["1"]), "wrong_measure", "Indikator ini tidak dinilai dengan cara itu."),
        ("8", found(done=4, planned=3), "off_scale", "Jumlah yang selesai harus dari 0"),
        ("1", found(not_applicable=True), "not_applicable_refused", "tidak mengenal “tidak berlaku”"),
        ("1", found(2.5), "not_exact", "Tulis nilai sebagai bilangan bulat"),
        ("1", found(3.0), "not_exact", "Tulis nilai sebagai bilangan bulat"),
        ("1", found("NaN"), "not_exact", "Tulis nilai sebagai bilangan bulat"),
        ("1", found("1e-99999999"), "not_exact", "Tulis nilai sebagai bilangan bulat"),
        ("1", found("tiga"), "not_exact", "Tulis nilai sebagai bilangan bulat"),
        ("1", found(10**30), "not_exact", "Tulis nilai sebagai bilangan bulat"),
        ("1", found(3, note="a" * 2001), "too_long", "Catatan paling banyak 2000 huruf."),
    ],
)
async def test_what_the_instrument_does_not_take_is_refused_and_nothing_is_stored(
    indicator: str,
    body: dict[str, Any],
    reason: str,
    said: str,
    begin: Begin,
    sign_in: SignIn,
    database: Database,
    cast: Cast,
) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    piece = photo(await brought(database, cast, "eka"))
    answered = await eka.browser.put(f"{address}/findings/{indicator}", json={**body, "evidence": [piece]})
    told = refused(answered, 422, "bad_finding")
    assert told["reason"] == reason
    assert said in told["detail"]
    assert told["field"]
    assert await count(database, Finding, FindingRecord, Evidence) == [0, 0, 0]
    assert await refusals(database) == [("eka", f"{address}/findings/{indicator}", "bad_finding")]


async def test_points_are_kept_to_the_digit(begin: Begin, sign_in: SignIn) -> None:
    round_, eka = await begin("ombudsman/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    told = await eka.browser.put(f"{address}/findings/output.1", json=found("87.35"))
    assert told.json()["value"] == "87.35"
    refused(await eka.browser.put(f"{address}/findings/output.1", json=found(87.35)), 422, "bad_finding")
    assert (await eka.browser.get(address)).json()["findings"]["output.1"]["value"] == "87.35"


async def test_the_same_finding_sent_again_changes_nothing(
    begin: Begin, sign_in: SignIn, database: Database, clock: Clock, cast: Cast
) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    body = found(items=["1", "2"], latitude=-7.05, longitude=113.93, accuracy_m=8.5)
    body["evidence"] = [photo(await brought(database, cast, "eka"))]
    first = await eka.browser.put(f"{address}/findings/15", json=body)
    clock.forward(minutes=10)
    again = await eka.browser.put(f"{address}/findings/15", json=body)
    assert first.json() == again.json()
    assert first.json()["lacks"] == []
    assert await count(database, Finding, FindingRecord, Evidence) == [1, 1, 1]
    assert (await acts(database)).count("finding_recorded") == 1


async def test_a_changed_answer_can_still_be_read(
    begin: Begin, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    await eka.browser.put(f"{address}/findings/1", json=found(2, note="belum semua"))
    clock.forward(minutes=10)
    await eka.browser.put(f"{address}/findings/1", json=found(4, note="ternyata ada"))
    await eka.browser.put(f"{address}/findings/3", json=found(5))
    told = (await eka.browser.get(address, params={"records": "1"})).json()
    assert (told["findings"]["1"]["value"], told["findings"]["1"]["note"]) == ("4", "ternyata ada")
    [former] = told["records"]["1"]
    assert (former["value"], former["note"], former["person"]) == ("2", "belum semua", "Eka")
    assert former["recorded_at"] == "2026-11-20T03:00:00Z"
    assert list(told["records"]) == ["1"]
    assert "records" not in (await eka.browser.get(address)).json()
    async with database.reading() as session:
        event = await session.scalar(
            select(AuditEvent)
            .where(AuditEvent.act == "finding_recorded")
            .order_by(AuditEvent.id.desc())
            .offset(1)
        )
    assert event is not None
    facts = msgspec.json.decode(event.facts)
    assert (facts["before"]["value"], facts["after"]["value"]) == ("2", "4")


async def test_a_finding_that_is_emptied_takes_its_evidence_along_and_stays_on_record(
    begin: Begin, sign_in: SignIn, database: Database, cast: Cast
) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    piece = photo(await brought(database, cast, "eka"))
    await eka.browser.put(f"{address}/findings/15", json=found(items=["1"], evidence=[piece]))
    emptied = await eka.browser.delete(f"{address}/findings/15")
    assert (emptied.status_code, emptied.json()["value"]) == (200, None)
    assert [lack["code"] for lack in emptied.json()["lacks"]] == ["not_filled"]
    assert (await eka.browser.delete(f"{address}/findings/15")).json() == emptied.json()
    told = (await eka.browser.get(address, params={"records": "1"})).json()
    assert (told["findings"], told["evidence"]) == ({}, [])
    assert [one["value"] for one in told["records"]["15"]] == ["1"]
    assert await count(database, Finding, FindingRecord, Evidence) == [0, 2, 1]


async def test_a_piece_of_evidence_is_taken_out_of_a_finding(
    begin: Begin, sign_in: SignIn, database: Database, cast: Cast
) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    piece = photo(await brought(database, cast, "eka"), caption="Parkir di sisi timur.")
    await eka.browser.put(f"{address}/findings/15", json=found(items=["1"], evidence=[piece]))
    [told] = (await eka.browser.get(address)).json()["evidence"]
    assert (told["id"], told["sha256"], told["caption"]) == (piece["id"], piece["sha256"], piece["caption"])
    taken = await eka.browser.delete(f"{address}/findings/15/evidence/{piece['id']}")
    assert taken.status_code == 200
    assert (taken.json()["value"], taken.json()["lacks"][0]["code"]) == ("1", "no_evidence")
    refused(await eka.browser.delete(f"{address}/findings/15/evidence/{uuid4()}"), 404, "no_such_evidence")
    refused(await eka.browser.delete(f"{address}/findings/15/evidence/x"), 404, "no_such_evidence")


async def test_evidence_that_was_never_uploaded_stores_nothing_of_the_finding(
    begin: Begin, sign_in: SignIn, database: Database, cast: Cast
) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    of_fajar = await brought(database, cast, "fajar", b"seen by somebody else")
    for digest in ("0" * 64, of_fajar):
        known = photo(await brought(database, cast, "eka", digest.encode()))
        body = found(items=["1"], evidence=[known, photo(digest)])
        told = refused(await eka.browser.put(f"{address}/findings/15", json=body), 422, "unknown_evidence")
        assert told["detail"] == (
            f"Berkas bukti {digest} belum pernah Anda unggah. Unggah berkasnya dahulu, lalu simpan lagi."
        )
    assert await count(database, Finding, FindingRecord, Evidence) == [0, 0, 0]
    assert await refusals(database) == [("eka", f"{address}/findings/15", "unknown_evidence")] * 2


async def test_many_findings_are_stored_together_or_not_at_all(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    findings = {"1": found(3), "2": found(7), "15": found(items=["1", "x"]), "77": found(1)}
    findings["17"] = found(2, evidence=[photo("0" * 64)])
    answered = await eka.browser.put(f"{address}/findings", json={"findings": findings})
    told = refused(answered, 422, "bad_finding")
    assert {one["indicator"]: (one["code"], one.get("reason")) for one in told["faults"]} == {
        "2": ("bad_finding", "off_scale"),
        "15": ("bad_finding", "unknown_item"),
        "77": ("bad_finding", "unknown_indicator"),
        "17": ("unknown_evidence", None),
    }
    assert "Nilai harus dari 0 sampai 5." in told["detail"]
    assert await count(database, Finding, FindingRecord) == [0, 0]
    good = {"1": found(3), "2": found(items=["1", "2"])}
    stored = await eka.browser.put(f"{address}/findings", json={"findings": good})
    assert [(one["indicator"], one["value"]) for one in stored.json()["findings"]] == [("1", "3"), ("2", "2")]
    assert await count(database, Finding, FindingRecord) == [2, 2]


async def test_a_note_alone_is_kept_but_fills_nothing_in(begin: Begin, sign_in: SignIn) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    answered = await eka.browser.put(f"{address}/findings/1", json=found(note="tanya lagi\x07 besok"))
    assert (answered.status_code, answered.json()["value"]) == (200, None)
    told = (await eka.browser.get(address)).json()
    assert told["findings"]["1"]["note"] == "tanya lagi besok"
    assert told["score"]["filled"] == 0


async def test_findings_that_race_all_stay_on_record(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin("pekppp/2022"), await sign_in("eka")
    address = await begun(eka, round_)
    racing = [eka.browser.put(f"{address}/findings/1", json=found(level)) for level in (1, 2, 3, 4)]
    answered = await asyncio.gather(*racing)
    assert [one.status_code for one in answered] == [200] * 4
    assert await count(database, Finding, FindingRecord) == [1, 4]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "unreadable"),
        (b'{"observed_at": "2026-11-20T03:00:00Z", "value": 1, "nilai": 2}', 422, "bad_form"),
        (b'{"observed_at": "2026-11-20T03:00:00Z", "value": true}', 422, "bad_form"),
        (b'{"observed_at": "2026-11-20T03:00:00Z", "value": 1e999}', 422, "bad_form"),
        (b'{"observed_at": "2026-11-20T03:00:00Z", "latitude": 91}', 422, "bad_form"),
        (b'{"value": 1}', 422, "bad_form"),
    ],
)
async def test_a_body_that_says_something_else_is_refused(
    body: bytes, status: int, code: str, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    address = await begun(eka, round_)
    answered = await eka.browser.put(
        f"{address}/findings/1", content=body, headers={"Content-Type": "application/json"}
    )
    refused(answered, status, code)
    assert await count(database, Finding) == [0]


async def test_a_visit_needs_no_request_to_be_recorded(
    cast: Cast, begin: Begin, database: Database, clock: Clock
) -> None:
    """What phones send later comes in through the same door, several acts in one transaction."""
    round_, visit_id = await begin("sampang/2018"), uuid4()
    eka = Viewer(cast.people["eka"].id, "eka", "Eka", Role.INSPECTOR, None, None)
    begun_at = SentVisit(round_.id, "dinas-kependudukan", clock.now)
    async with database.writing() as session:
        first = await doing.accept_visit(session, eka, clock.now, visit_id, begun_at)
        again = await doing.accept_visit(session, eka, clock.now, visit_id, begun_at)
        for number in range(1, 7):
            sent = SentFinding(clock.now, value=0)
            stored = await doing.accept_finding(session, eka, clock.now, visit_id, str(number), sent)
        repeated = await doing.accept_finding(session, eka, clock.now, visit_id, "6", sent)
        handed_in = await doing.submit(session, eka, clock.now, visit_id)
    assert [one.is_new for one in (first, again, stored, repeated)] == [True, False, True, False]
    assert handed_in.document["state"] == "submitted"
    assert await count(database, Visit, Finding, FindingRecord) == [1, 6, 6]


# ── whose visit it is ──


async def test_a_visit_of_another_team_is_not_written_in(
    begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka, fajar = await begin(), await sign_in("eka"), await sign_in("fajar")
    address = await begun(eka, round_)
    told = refused(await fajar.browser.put(f"{address}/findings/1", json=found(1)), 403, "foreign_visit")
    assert told["detail"] == ("Kunjungan ini dicatat oleh orang atau tim lain. Buka kunjungan Anda sendiri.")
    refused(await fajar.browser.post(f"{address}/submission"), 403, "foreign_visit")
    refused(await fajar.browser.get(address), 403, "foreign_visit")
    assert await refusals(database) == [
        ("fajar", f"{address}/findings/1", "foreign_visit"),
        ("fajar", f"{address}/submission", "foreign_visit"),
    ]
    assert await count(database, Finding, FindingRecord) == [0, 0]


async def test_what_is_verified_is_not_changed_and_what_is_final_never_again(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka = await begin(), await sign_in("eka")
    before = {}
    for state, code in (("submitted", "wrong_state"), ("verified", "wrong_state"), ("final", "final")):
        address = f"{VISITS}/{await round_.visit('eka', cast.a, state=state)}"
        before[address] = (await eka.browser.get(address)).text
        refused(await eka.browser.put(f"{address}/findings/1", json=found(0)), 409, code)
        refused(await eka.browser.put(f"{address}/findings", json={"findings": {"1": found(0)}}), 409, code)
        refused(await eka.browser.delete(f"{address}/findings/1"), 409, code)
    told = refused(await eka.browser.put(f"{address}/findings/1", json=found(0)), 409, "final")
    assert told["detail"] == (
        "Kunjungan ini sudah final dan tidak dapat diubah lagi. Perbaikan dicatat sebagai tindak lanjut."
    )
    assert ("eka", f"{address}/findings/1", "final") in await refusals(database)
    assert {one: (await eka.browser.get(one)).text for one in before} == before


async def test_once_the_score_of_a_unit_is_pinned_its_visits_are_final(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, eka, fajar = await begin(), await sign_in("eka"), await sign_in("fajar")
    address = await begun(eka, round_)
    await pin(database, round_, cast.a)
    refused(await eka.browser.put(f"{address}/findings/1", json=found(1)), 409, "final")
    refused(await fajar.browser.put(f"{VISITS}/{uuid4()}", json=visit_of(round_)), 409, "wrong_state")


async def test_citra_sees_nothing_of_unit_a(
    cast: Cast, begin: Begin, sign_in: SignIn, database: Database
) -> None:
    round_, citra = await begin("pekppp/2022"), await sign_in("citra")
    for person, form, state in (
        ("eka", "F-02", "final"),
        ("eka", "F-02", "verified"),
        ("budi", "F-01", "draft"),
    ):
        address = f"{VISITS}/{await round_.visit(person, cast.a, {'1': ADA}, state=state, form=form)}"
        refused(await citra.browser.get(address), 404, "unknown_visit")
        for answered in (
            await citra.browser.put(f"{address}/findings/1", json=found(0)),
            await citra.browser.delete(f"{address}/findings/1"),
            await citra.browser.post(f"{address}/submission"),
        ):
            refused(answered, 404, "unknown_visit")
    assert (await citra.browser.get(VISITS)).json() == {"items": [], "next": None}
    of_a = await citra.browser.get(VISITS, params={"unit": "dinas-kependudukan"})
    refused(of_a, 404, "unknown_unit")
    assert (await citra.browser.get(VISITS, params={"evaluation": str(round_.id)})).json()["items"] == []


async def test_budi_reads_what_inspectors_saw_once_it_is_verified(
    cast: Cast, begin: Begin, sign_in: SignIn
) -> None:
    round_, budi = await begin("pekppp/2022"), await sign_in("budi")
    for state in ("draft", "submitted", "returned"):
        address = f"{VISITS}/{await round_.visit('eka', cast.a, levels({1: 3}), state=state)}"
        refused(await budi.browser.get(address), 404, "unknown_visit")
    verified = await round_.visit("fajar", cast.a, levels({1: 3}), state="verified")
    assert (await budi.browser.get(f"{VISITS}/{verified}")).json()["findings"]["1"]["value"] == "3"
    items = (await budi.browser.get(VISITS)).json()["items"]
    assert [item["id"] for item in items] == [str(verified)]
    refused(await budi.browser.put(f"{VISITS}/{verified}/findings/1", json=found(5)), 403, "foreign_visit")


# ── reading ──


async def test_a_visit_tells_its_score_so_far_and_what_it_lacks(
    cast: Cast, begin: Begin, sign_in: SignIn
) -> None:
    """All indicators at 3 are an index of 3.00, category C in the bands of the instrument."""
    round_, gita = await begin("pekppp/2022"), await sign_in("gita")
    whole = levels({number: 3 for number in range(1, 31)})
    told = (await gita.browser.get(f"{VISITS}/{await round_.visit('eka', cast.a, whole)}")).json()
    assert (told["score"]["index"], told["score"]["category"]) == ("3.00", "C")
    assert told["lacks"] == []
    assert (told["unit"]["name"], told["team"], told["status"]) == (
        "Dinas Kependudukan",
        "Inspektorat",
        "terverifikasi",
    )
    assert told["findings"]["16"]["place"] is None
    assert [step["state"] for step in told["steps"]] == ["verified"]
    partly = levels({number: 3 for number in range(1, 23)})
    visit_id = await round_.visit("fajar", cast.a, partly, state="draft", proven=False)
    told = (await gita.browser.get(f"{VISITS}/{visit_id}")).json()
    assert (told["score"]["index"], told["score"]["status"]) == (None, "belum lengkap, 22 dari 30")
    assert len([one for one in told["lacks"] if one["code"] == "not_filled"]) == 8
    assert len([one for one in told["lacks"] if one["code"] == "no_evidence"]) == 22


async def test_a_list_is_read_page_by_page_and_can_be_narrowed(
    cast: Cast, begin: Begin, sign_in: SignIn, clock: Clock
) -> None:
    round_, gita = await begin("pekppp/2022"), await sign_in("gita")
    made = []
    for person, unit, state in (
        ("eka", cast.a, "draft"),
        ("fajar", cast.a, "verified"),
        ("fajar", cast.b, "submitted"),
        ("citra", cast.b, "submitted"),
        ("budi", cast.a, "verified"),
    ):
        form = "F-01" if person in {"citra", "budi"} else "F-02"
        visit_id = await round_.visit(person, unit, {}, state=state, form=form)
        made.append(str(visit_id))
        round_.now += timedelta(minutes=1 if len(made) != 3 else 0)

    async def ids(**asked: str) -> list[str]:
        answered = await gita.browser.get(VISITS, params=asked)
        return [item["id"] for item in answered.json()["items"]]

    read, after = [], ""
    while after is not None:
        page = (await gita.browser.get(VISITS, params={"limit": "2", "after": after})).json()
        read += [item["id"] for item in page["items"]]
        after = page["next"]
    assert sorted(read) == sorted(made)
    assert (read[0], read[-1]) == (made[4], made[0])
    assert sorted(await ids(unit="puskesmas-melati")) == sorted([made[2], made[3]])
    assert await ids(state="draft") == [made[0]]
    assert sorted(await ids(form="F-01")) == sorted([made[3], made[4]])
    assert sorted(await ids(person="fajar")) == sorted([made[1], made[2]])
    assert len(await ids(evaluation=str(round_.id))) == 5
    refused(await gita.browser.get(VISITS, params={"evaluation": "999"}), 404, "unknown_evaluation")
    assert await ids(after="bukan penanda", unit="dinas-kependudukan", person="eka") == [made[0]]
    refused(await gita.browser.get(VISITS, params={"state": "apa"}), 422, "bad_form")
    refused(await gita.browser.get(VISITS, params={"evaluation": "x"}), 404, "unknown_evaluation")


async def test_an_inspector_lists_their_own_visits(cast: Cast, begin: Begin, sign_in: SignIn) -> None:
    round_, eka = await begin(), await sign_in("eka")
    own = await round_.visit("eka", cast.a)
    await round_.visit("fajar", cast.a)
    items = (await eka.browser.get(VISITS)).json()["items"]
    assert [(UUID(item["id"]), item["findings"]) for item in items] == [(own, 6)]


async def test_whoever_is_not_signed_in_is_told_to(client: httpx.AsyncClient) -> None:
    refused(await client.get(VISITS), 401, "sign_in")
    refused(await client.put(f"{VISITS}/{uuid4()}", json={}), 401, "sign_in")
