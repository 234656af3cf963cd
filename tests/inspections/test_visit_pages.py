"""Visits on the staff's pages: begun, filled in aspect by aspect, proven, handed in, returned, verified."""

import html
import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from litestar import Litestar
from sqlalchemy import select

from server.database import Database
from server.inspections.storage import observed
from server.inspections.tables import (
    Assignment,
    Evidence,
    EvidenceFile,
    Finding,
    FindingRecord,
    Visit,
    VisitStep,
)
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import ADA, TIDAK_ADA, Round, levels, pin
from tests.inspections.test_evidence import HTML, picture
from tests.inspections.test_instrument_pages import text_of
from tests.inspections.test_visits import acts, count, refusals
from tests.statements import statements

HOME = "/staff/inspections"
VISITS = f"{HOME}/visits"
SIX = [str(number) for number in range(1, 7)]

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]
Fields = dict[str, Any]


@pytest_asyncio.fixture
async def eka(sign_in: SignIn) -> Staff:
    return await sign_in("eka")


@pytest_asyncio.fixture
async def gita(sign_in: SignIn) -> Staff:
    return await sign_in("gita")


def fields_of(page: str) -> Fields:
    """What a browser would send back of the form on a page; boxes of one name as a list."""
    fields: Fields = {}
    for tag in re.findall(r"<(?:input|textarea)[^>]*>[^<]*", page):
        facts = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        name, kind = facts.get("name", ""), facts.get("type")
        is_left_out = kind in ("checkbox", "radio") and " checked" not in tag
        if not name or name == "_csrf_token" or kind == "file" or is_left_out:
            continue
        value = (
            html.unescape(tag.partition(">")[2])
            if tag.startswith("<textarea")
            else facts["value" if "value" in facts else "name"]
        )
        if kind == "checkbox":
            fields.setdefault(name, []).append(value)
        else:
            fields[name] = value
    return fields


async def opened(staff: Staff, address: str, **query: str) -> Fields:
    page = await staff.get(address, **query)
    assert page.status_code == 200, page.text
    return fields_of(page.text[page.text.index("data-unsaved") :])


async def filled(staff: Staff, address: str, part: str, **typed: Any) -> httpx.Response:
    """An aspect as a person fills it in: `filled(eka, fill, "c", **{"value-15": "3"})`."""
    return await staff.post(address, {**await opened(staff, address, part=part), **typed})


async def begun(staff: Staff) -> str:
    """Presses the first button that begins a visit; the address of the visit."""
    page = await staff.get(VISITS)
    form = fields_of(page.text[page.text.index('class="to-do"') :].partition("</form>")[0])
    done = await staff.post(VISITS, form)
    assert done.status_code == 303, text_of(done)
    return str(done.headers["location"]).removesuffix("/fill")


async def stored(database: Database) -> dict[str, tuple[str | None, str]]:
    """What is stored: indicator → value and note."""
    async with database.reading() as session:
        rows = {row.indicator: observed(row) for row in await session.scalars(select(Finding))}
    return {key: (None if one.value is None else f"{one.value:f}", one.note) for key, one in rows.items()}


async def state_of(database: Database) -> str:
    async with database.reading() as session:
        return (await session.scalars(select(Visit))).one().state


def photo(name: str = "foto.jpg", content: bytes | None = None) -> tuple[str, bytes, str]:
    return (name, picture() if content is None else content, "image/jpeg")


# ── beginning ──


async def test_an_inspector_begins_the_visit_that_is_assigned(
    begin: Begin, eka: Staff, database: Database
) -> None:
    await begin("sampang/2018")
    shown = text_of(await eka.get(VISITS))
    # from 20 November to 15 December
    assert "Dinas Kependudukan" in shown and "15 Desember 2026 25 hari lagi" in shown
    address = await begun(eka)
    assert await acts(database) == ["visit_begun"]
    page = await eka.get(VISITS)
    assert f'href="{address}/fill"' in page.text and "Mulai kunjungan" not in page.text


async def test_what_is_handed_in_or_final_is_no_task_any_more(
    cast: Cast, begin: Begin, eka: Staff, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, state="final")
    await round_.visit("fajar", cast.a, state="submitted")
    assert "Mulai kunjungan" not in text_of(await eka.get(VISITS))
    of_fajar = (await (await sign_in("fajar")).get(VISITS)).text
    assert of_fajar.count("Mulai kunjungan") == 1 and 'value="puskesmas-melati"' in of_fajar
    await pin(database, round_, cast.b)  # what would be refused is not asked for
    assert "Mulai kunjungan" not in text_of(await (await sign_in("fajar")).get(VISITS))


async def test_the_button_pressed_twice_begins_one_visit(
    begin: Begin, eka: Staff, database: Database, clock: Clock
) -> None:
    await begin("sampang/2018")
    page = await eka.get(VISITS)
    form = fields_of(page.text[page.text.index('class="to-do"') :].partition("</form>")[0])
    first = await eka.post(VISITS, form)
    clock.forward(minutes=3)
    again = await eka.post(VISITS, form)
    assert first.headers["location"] == again.headers["location"]
    assert await count(database, Visit, VisitStep) == [1, 1]


async def test_a_visit_that_nobody_assigned_is_refused_and_the_refusal_kept(
    begin: Begin, eka: Staff, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    form = {"id": str(uuid4()), "evaluasi": str(round_.id), "unit": "puskesmas-melati"}
    refused = await eka.post(VISITS, form)
    assert refused.status_code == 403 and "tidak ditugaskan" in text_of(refused)
    assert await refusals(database) == [("eka", VISITS, "not_assigned")]
    assert await count(database, Visit) == [0]


async def test_where_services_are_inspected_one_is_chosen(
    cast: Cast, begin: Begin, eka: Staff, database: Database
) -> None:
    await begin("ombudsman/classic")
    page = await eka.get(VISITS)
    assert "KTP elektronik" in page.text and "Poli umum" not in page.text
    form = fields_of(page.text[page.text.index('class="to-do"') :].partition("</form>")[0])
    assert (await eka.post(VISITS, {**form, "layanan": "ktp"})).status_code == 303
    async with database.reading() as session:
        assert (await session.scalars(select(Visit))).one().service_id == cast.services["ktp"].id


# ── filling in ──


async def test_eka_fills_in_the_checklist_of_sampang(begin: Begin, eka: Staff, database: Database) -> None:
    await begin("sampang/2018")
    fill = f"{await begun(eka)}/fill"
    done = await filled(
        eka, fill, "monev", **{"value-1": "1", "value-2": "0", "value-3": "na", "note-1": "SK 5/2026"}
    )
    assert done.status_code == 303 and "3+indikator+tersimpan" in done.headers["location"]
    assert await stored(database) == {"1": ("1", "SK 5/2026"), "2": ("0", ""), "3": (None, "")}
    shown = text_of(await eka.get(fill))
    assert "Terisi 3 dari 6 indikator" in shown


async def test_eka_fills_in_an_aspect_of_pekppp_by_its_rules(
    begin: Begin, eka: Staff, database: Database
) -> None:
    await begin("pekppp/2022")
    address = await begun(eka)
    done = await filled(
        eka,
        f"{address}/fill",
        "a",
        **{
            "value-1": "4",
            "items-2": ["1", "3", "4"],
            "done-8": "12",
            "planned-8": "20",
            "months-9": "5",
        },
    )
    assert done.status_code == 303
    shown = text_of(await eka.get(f"{address}/fill", part="a"))
    # by the criteria: three of five items are level 3, 60 % is level 3, within six months is level 3
    assert "Tersimpan: 4 · + melibatkan masyarakat & ditetapkan" in shown
    assert "Tersimpan: 3 · 3 dari 5 butir ada" in shown
    assert "Tersimpan: 3 · 12 ÷ 20 = 60,00 %" in shown
    assert "Tersimpan: 3 · 5 bulan" in shown


async def test_another_value_than_the_items_give_needs_a_reason(
    begin: Begin, eka: Staff, database: Database
) -> None:
    await begin("pekppp/2022")
    fill = f"{await begun(eka)}/fill"
    typed = {"items-2": ["1", "3"], "other-2": "4"}
    refused = await filled(eka, fill, "a", **typed)
    assert refused.status_code == 422 and "Menurut butir yang ada, nilainya 2." in text_of(refused)
    done = await filled(eka, fill, "a", **typed, **{"note-2": "butir lain setara"})
    assert done.status_code == 303
    assert await stored(database) == {"2": ("4", "butir lain setara")}
    assert "menurut butirnya 2, dinilai lain dengan alasan" in text_of(await eka.get(fill, part="a"))


async def test_a_level_off_the_scale_is_shown_again_with_everything_typed_and_kept_as_refused(
    begin: Begin, eka: Staff, database: Database
) -> None:
    await begin("pekppp/2022")
    fill = f"{await begun(eka)}/fill"
    typed = {"value-1": "3", "items-2": ["1", "3"], "other-2": "7", "note-2": "murah hati", "months-9": "2"}
    refused = await filled(eka, fill, "a", **typed)
    assert refused.status_code == 422
    assert "Nilai harus dari 0 sampai 5." in text_of(refused)
    place = refused.text.index('id="indikator-2-error"')
    assert refused.text.index('id="indikator-2"') < place < refused.text.index('id="indikator-3"')
    kept = fields_of(refused.text[refused.text.index("data-unsaved") :])
    assert {name: kept[name] for name in typed} == typed
    assert await stored(database) == {}
    assert await refusals(database) == [("eka", fill, "bad_finding")]


async def test_what_is_no_number_is_told_beside_its_indicator(begin: Begin, eka: Staff) -> None:
    await begin("pekppp/2022")
    refused = await filled(eka, f"{await begun(eka)}/fill", "a", **{"done-8": "dua", "planned-8": "5"})
    assert refused.status_code == 422
    assert 'href="#indikator-8"' in refused.text and "bilangan bulat" in text_of(refused)


async def test_the_same_form_sent_again_stores_nothing_twice(
    begin: Begin, eka: Staff, database: Database, clock: Clock
) -> None:
    await begin("sampang/2018")
    fill = f"{await begun(eka)}/fill"
    form = {**await opened(eka, fill), "value-4": "1", "note-4": "di dinding", "caption-4": "maklumat"}
    for _ in range(2):
        done = await eka.post(fill, form, files=[("files-4", photo())])
        assert done.status_code == 303, text_of(done)
        clock.forward(minutes=1)
    assert await count(database, Finding, FindingRecord, Evidence, EvidenceFile) == [1, 1, 1, 1]


async def test_only_what_was_changed_is_stored_anew(
    begin: Begin, eka: Staff, database: Database, clock: Clock
) -> None:
    await begin("sampang/2018")
    fill = f"{await begun(eka)}/fill"
    await filled(eka, fill, "monev", **{"value-1": "1", "value-2": "1"})
    clock.forward(hours=1)
    await filled(eka, fill, "monev", **{"value-2": "0"})
    assert await count(database, Finding, FindingRecord) == [2, 3]
    shown = text_of(await eka.get(fill.removesuffix("/fill")))
    assert "1 isian sebelumnya" in shown


async def test_a_form_opened_before_does_not_undo_what_was_recorded_since(
    begin: Begin, eka: Staff, database: Database
) -> None:
    await begin("sampang/2018")
    fill = f"{await begun(eka)}/fill"
    old = await opened(eka, fill)
    await filled(eka, fill, "monev", **{"value-1": "1"})
    untouched = await eka.post(fill, {**old, "value-2": "1"})
    assert untouched.status_code == 303
    assert await stored(database) == {"1": ("1", ""), "2": ("1", "")}
    refused = await eka.post(fill, {**old, "value-1": "0"})
    assert refused.status_code == 409 and "sudah diubah dari tempat lain" in text_of(refused)
    again = fields_of(refused.text[refused.text.index("data-unsaved") :])
    assert (await eka.post(fill, again)).status_code == 303
    assert (await stored(database))["1"] == ("0", "")


async def test_an_indicator_can_be_emptied(begin: Begin, eka: Staff, database: Database) -> None:
    await begin("sampang/2018")
    fill = f"{await begun(eka)}/fill"
    await filled(eka, fill, "monev", **{"value-1": "1"})
    await filled(eka, fill, "monev", **{"value-1": ""})
    assert await stored(database) == {}
    assert (await acts(database))[-1] == "finding_emptied"


async def test_saving_leads_on_to_the_next_aspect_and_from_the_last_to_handing_in(
    begin: Begin, eka: Staff
) -> None:
    await begin("pekppp/2022")
    address = await begun(eka)
    on = await filled(eka, f"{address}/fill", "a", lanjut="1")
    assert on.headers["location"].startswith(f"{address}/fill?part=b")
    last = await filled(eka, f"{address}/fill", "inf", lanjut="1")
    assert last.headers["location"] == f"{address}/submission"


# ── evidence ──


async def test_a_photo_is_kept_and_shown_and_can_be_taken_away(
    begin: Begin, eka: Staff, database: Database, app: Litestar
) -> None:
    await begin("sampang/2018")
    address = await begun(eka)
    form = {**await opened(eka, f"{address}/fill"), "value-4": "1", "caption-4": "maklumat di loket 2"}
    content = picture("JPEG", "blue")
    done = await eka.post(f"{address}/fill", form, files=[("files-4", photo("maklumat.jpg", content))])
    assert done.status_code == 303, text_of(done)
    digest = sha256(content).hexdigest()
    shown = await eka.get(address)
    assert f'<img src="/api/inspections/evidence/{digest}/thumbnail" width="8" height="8"' in shown.text
    assert "maklumat di loket 2" in shown.text
    assert (await eka.get(f"/api/inspections/evidence/{digest}")).content == content
    async with database.reading() as session:
        piece = (await session.scalars(select(Evidence))).one()
    assert (piece.indicator, piece.kind, piece.source) == ("4", "photo", "file")
    await filled(eka, f"{address}/fill", "monev", hapus=f"4 {piece.id}")
    assert digest not in (await eka.get(address)).text
    assert (await stored(database))["4"] == ("1", "")


async def test_a_page_that_calls_itself_a_picture_is_refused_and_nothing_typed_is_lost(
    begin: Begin, eka: Staff, database: Database
) -> None:
    await begin("sampang/2018")
    fill = f"{await begun(eka)}/fill"
    form = {**await opened(eka, fill), "value-4": "1", "note-4": "di dinding", "value-5": "1"}
    files = [("files-4", photo("jahat.jpg", HTML)), ("files-5", photo("papan.jpg"))]
    refused = await eka.post(fill, form, files=files)
    assert refused.status_code == 422
    assert "jahat.jpg: Jenis berkas ini tidak diterima." in text_of(refused)
    assert await refusals(database) == [("eka", fill, "bad_evidence")]
    assert await stored(database) == {} and await count(database, Evidence) == [0]
    again = fields_of(refused.text[refused.text.index("data-unsaved") :])
    assert (again["note-4"], again["value-5"]) == ("di dinding", "1")
    # the good file need not be chosen again
    assert (await eka.post(fill, again)).status_code == 303
    async with database.reading() as session:
        assert [one.indicator for one in await session.scalars(select(Evidence))] == ["5"]


async def test_a_file_somebody_else_brought_cannot_be_claimed(
    begin: Begin, eka: Staff, sign_in: SignIn, database: Database
) -> None:
    await begin("sampang/2018")
    fajar = await sign_in("fajar")
    theirs = f"{await begun(fajar)}/fill"
    await fajar.post(theirs, {**await opened(fajar, theirs), "value-4": "1"}, files=[("files-4", photo())])
    fill = f"{await begun(eka)}/fill"
    form = {**await opened(eka, fill), "value-4": "1", "held-4": sha256(picture()).hexdigest()}
    refused = await eka.post(fill, form)
    assert refused.status_code == 422
    assert await count(database, Evidence) == [1]


async def test_too_large_a_file_is_told_at_its_indicator(begin: Begin, eka: Staff) -> None:
    await begin("sampang/2018")
    fill = f"{await begun(eka)}/fill"
    large = b"\x00\x00\x00\x18ftypmp42" + bytes(26 * 1024 * 1024)
    refused = await eka.post(
        fill, {**await opened(eka, fill), "value-4": "1"}, files=[("files-4", photo("besar.mp4", large))]
    )
    assert refused.status_code == 422 and "lebih besar dari 25 MB" in text_of(refused)


async def test_words_are_evidence_where_the_instrument_says_so(
    begin: Begin, eka: Staff, database: Database
) -> None:
    await begin("ombudsman/2022")
    fill = f"{await begun(eka)}/fill"
    short = await filled(eka, fill, "input", **{"value-input.1": "72,5", "words-input.1": "baik"})
    assert short.status_code == 422 and "paling sedikit 10 huruf" in text_of(short)
    told = await filled(
        eka, fill, "input", **{"value-input.1": "72,5", "words-input.1": "Petugas loket tahu 14 komponen."}
    )
    assert told.status_code == 303
    assert await stored(database) == {"input.1": ("72.5", "")}
    async with database.reading() as session:
        assert (await session.scalars(select(Evidence))).one().kind == "interview"


# ── handing in, returning, verifying ──


async def test_a_visit_with_gaps_is_not_handed_in(
    cast: Cast, begin: Begin, eka: Staff, database: Database
) -> None:
    round_ = await begin("pekppp/2022")
    partly = levels({number: 3 for number in range(1, 23)})
    address = f"{VISITS}/{await round_.visit('eka', cast.a, partly, state='draft', proven=False)}"
    page = await eka.get(f"{address}/submission")
    assert "baru terisi 22 dari 30 indikator" in text_of(page)
    assert f'href="{address}/fill?part=d#indikator-23"' in page.text
    refused = await eka.post(f"{address}/submission")
    assert refused.status_code == 409 and "belum lengkap, 22 dari 30" in text_of(refused)
    assert await state_of(database) == "draft"
    assert await refusals(database) == [("eka", f"{address}/submission", "incomplete_visit")]


async def test_a_visit_goes_back_with_a_reason_is_corrected_and_verified(
    begin: Begin, eka: Staff, gita: Staff, database: Database, clock: Clock
) -> None:
    await begin("sampang/2018")
    address = await begun(eka)
    await filled(eka, f"{address}/fill", "monev", **{f"value-{key}": "0" for key in SIX})
    handed_in = await eka.post(f"{address}/submission", {"catatan": "Selesai."})
    assert handed_in.headers["location"].startswith(address)
    assert "1 kunjungan menunggu verifikasi" in text_of(await gita.get(VISITS))
    empty = await gita.post(f"{address}/return", {"alasan-5": "  "})
    assert empty.status_code == 422 and "paling sedikit satu indikator" in text_of(empty)
    back = await gita.post(f"{address}/return", {"alasan-5": "Papannya ada di halaman depan."})
    assert back.status_code == 303 and await state_of(database) == "returned"
    page = (await eka.get(f"{address}/fill")).text
    assert (
        page.index('id="indikator-5"')
        < page.index("Papannya ada di halaman depan.")
        < page.index('id="indikator-6"')
    )
    clock.forward(hours=1)
    form = {**await opened(eka, f"{address}/fill"), "value-5": "1"}
    assert (await eka.post(f"{address}/fill", form, files=[("files-5", photo())])).status_code == 303
    await eka.post(f"{address}/submission")
    done = await gita.post(f"{address}/verification", {"catatan": ""})
    assert done.status_code == 303 and await state_of(database) == "verified"
    again = await gita.post(f"{address}/verification")
    assert again.status_code == 303
    async with database.reading() as session:
        steps = [step.state for step in await session.scalars(select(VisitStep).order_by(VisitStep.id))]
    assert steps == ["draft", "submitted", "returned", "submitted", "verified"]


async def test_the_form_opens_where_something_was_sent_back(
    cast: Cast, begin: Begin, eka: Staff, gita: Staff
) -> None:
    round_ = await begin("pekppp/2022")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, state='submitted')}"
    await gita.post(f"{address}/return", {"alasan-22": "Tangkapan layarnya dari tahun lalu."})
    page = text_of(await eka.get(f"{address}/fill"))
    assert "Tangkapan layarnya dari tahun lalu." in page and "1 perlu diperbaiki" in page


async def test_what_lacks_a_photo_is_not_verified(
    cast: Cast, begin: Begin, gita: Staff, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    found = {**dict.fromkeys(SIX, TIDAK_ADA), "4": ADA}
    address = f"{VISITS}/{await round_.visit('eka', cast.a, found, state='submitted', proven=False)}"
    page = await gita.get(address)
    assert re.search(r"<button[^>]* disabled[^>]*>Verifikasi</button>", page.text)
    assert "1 indikator belum punya bukti yang diminta: 4" in text_of(page)
    refused = await gita.post(f"{address}/verification")
    assert refused.status_code == 409
    assert "Lengkapi dahulu bukti untuk indikator 4." in text_of(refused)
    assert await state_of(database) == "submitted"
    assert await refusals(database) == [("gita", f"{address}/verification", "incomplete_visit")]


async def test_what_was_handed_in_is_not_changed(
    cast: Cast, begin: Begin, eka: Staff, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    address = f"{VISITS}/{await round_.visit('eka', cast.a, {'1': ADA}, state='draft')}"
    form = {**await opened(eka, f"{address}/fill"), "value-1": "0"}
    async with database.writing() as session:
        (await session.get_one(Visit, UUID(address.rpartition("/")[2]))).state = "submitted"
    assert (await eka.get(f"{address}/fill")).headers["location"].startswith(address)
    refused = await eka.post(f"{address}/fill", form, files=[("files-1", photo())])
    assert refused.status_code == 409 and "menunggu verifikasi dan tidak dapat diubah" in text_of(refused)
    assert await stored(database) == {"1": ("1", "")}
    # not even the file of a refused form is kept
    assert await count(database, EvidenceFile) == [0]


# ── who may ──


async def test_budi_assesses_his_unit_on_f01(begin: Begin, sign_in: SignIn, database: Database) -> None:
    await begin("pekppp/2022")
    budi = await sign_in("budi")
    assert "Penilaian mandiri (F-01)" in text_of(await budi.get(VISITS))
    address = await begun(budi)
    done = await filled(budi, f"{address}/fill", "c", **{"items-15": ["1", "2"]})
    assert done.status_code == 303
    async with database.reading() as session:
        visit = (await session.scalars(select(Visit))).one()
    assert (visit.form, visit.team) == ("F-01", "")
    assert list(await stored(database)) == ["15"]
    assert "Mulai" not in text_of(await budi.get(VISITS))


async def test_an_instrument_without_f01_asks_no_officer(begin: Begin, sign_in: SignIn) -> None:
    await begin("sampang/2018")
    assert "Penilaian mandiri (F-01)" not in text_of(await (await sign_in("budi")).get(VISITS))


async def test_another_unit_is_not_there_for_citra(cast: Cast, begin: Begin, sign_in: SignIn) -> None:
    round_ = await begin("sampang/2018")
    visit_id = await round_.visit("eka", cast.a)
    budi, citra = await sign_in("budi"), await sign_in("citra")
    assert (await budi.get(f"{VISITS}/{visit_id}")).status_code == 200
    assert (await citra.get(f"{VISITS}/{visit_id}")).status_code == 404
    assert (await citra.get(f"{VISITS}/{visit_id}/fill")).status_code == 404
    assert (await citra.post(f"{VISITS}/{visit_id}/fill", {"id": str(uuid4())})).status_code == 404
    assert "Dinas Kependudukan" not in text_of(await citra.get(VISITS))


async def test_nobody_fills_in_the_visit_of_somebody_else(
    cast: Cast, begin: Begin, sign_in: SignIn, gita: Staff, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    visit_id = await round_.visit("eka", cast.a, {}, state="draft")
    fajar = await sign_in("fajar")
    for address in (f"{VISITS}/{visit_id}", f"{VISITS}/{visit_id}/fill", f"{VISITS}/{visit_id}/submission"):
        assert (await fajar.get(address)).status_code == 403
    refused = await fajar.post(f"{VISITS}/{visit_id}/fill", {"id": str(uuid4()), "value-1": "1"})
    assert refused.status_code == 403 and await stored(database) == {}
    assert await refusals(database) == [("fajar", f"{VISITS}/{visit_id}/fill", "foreign_visit")]
    assert (await gita.get(f"{VISITS}/{visit_id}/fill")).status_code == 403
    assert (await fajar.post(f"{VISITS}/{visit_id}/verification")).status_code == 403


async def test_the_bureau_sees_the_longest_waiting_first(
    cast: Cast, begin: Begin, gita: Staff, clock: Clock
) -> None:
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, state="submitted")
    round_.now = clock.forward(hours=-5)
    await round_.visit("fajar", cast.b, state="submitted")
    clock.forward(hours=6)
    await round_.visit("fajar", cast.a, state="verified")
    queue = text_of(await gita.get(VISITS))
    table = queue[queue.index("Diserahkan") :]
    assert table.index("Puskesmas Melati") < table.index("Dinas Kependudukan")
    assert "terverifikasi" not in table
    every = text_of(await gita.get(VISITS, semua="1", unit="dinas-kependudukan"))
    table = every[every.index("Diterima") :]
    assert "terverifikasi" in table and "Puskesmas Melati" not in table


async def test_a_claimed_time_far_from_ours_is_told(cast: Cast, begin: Begin, gita: Staff) -> None:
    round_ = await begin("sampang/2018")
    visit_id = await round_.visit("eka", cast.a, state="submitted")
    # made an hour before it arrived
    shown = text_of(await gita.get(f"{VISITS}/{visit_id}"))
    assert "Menurut perangkat 20 November 2026, 09.00 WIB" in shown
    assert "Dimulai 20 November 2026, 10.00 WIB" in shown


async def test_the_pages_are_in_english_but_the_instrument_is_not(
    cast: Cast, begin: Begin, gita: Staff
) -> None:
    round_ = await begin("sampang/2018")
    visit_id = await round_.visit("eka", cast.a, state="submitted")
    page = await gita.get(f"{VISITS}/{visit_id}", lang="en")
    assert '<span lang="id">4. Maklumat Pelayanan' in page.text


async def test_a_visit_is_set_aside_on_its_page_with_a_reason(
    cast: Cast, begin: Begin, sign_in: SignIn
) -> None:
    round_, eka, gita = await begin("sampang/2018"), await sign_in("eka"), await sign_in("gita")
    address = f"/staff/inspections/visits/{await round_.visit('eka', cast.a, {}, state='draft')}"
    assert f'href="{address}/withdrawal"' in (await eka.get(address)).text
    refused = await gita.post(f"{address}/withdrawal", {"reason": "salah"})
    assert refused.status_code == 422
    assert "Tulis alasan pembatalan" in refused.text and ">salah</textarea>" in refused.text
    done = await gita.post(f"{address}/withdrawal", {"reason": "Dimulai pada unit yang salah."})
    assert done.status_code == 303
    page = (await gita.get(address)).text
    assert "dibatalkan" in page and f'href="{address}/withdrawal"' not in page


async def test_many_assignments_and_visits_take_as_many_queries_as_two(
    eka: Staff, gita: Staff, round_: Round, database: Database, cast: Cast, clock: Clock
) -> None:
    async def counts() -> list[int]:
        found = []
        for staff, address in ((eka, VISITS), (gita, VISITS), (gita, f"{VISITS}?semua=1"), (eka, HOME)):
            with statements() as asked:
                assert (await staff.get(address)).status_code == 200
            found.append(len(asked))
        return found

    async def another() -> None:
        (unit,) = await round_.more_units(1)
        async with database.writing() as session:
            session.add(
                Assignment(
                    evaluation_id=round_.id,
                    unit_id=unit.id,
                    person_id=cast.people["eka"].id,
                    due_day="2026-12-15",
                    created_at=clock.now,
                )
            )
        await round_.visit("fajar", unit, {"4": ADA}, state="submitted")

    for _ in range(2):
        await another()
    few = await counts()
    for _ in range(22):
        await another()
    assert await counts() == few
    assert "Unit 23" in text_of(await gita.get(VISITS))
