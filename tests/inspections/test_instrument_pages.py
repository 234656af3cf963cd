"""The staff's pages of instruments: everybody reads them, the administrator publishes a version of the city's own."""

import html
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from server.accounts import audit
from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.national import content_of
from server.inspections.tables import Assignment
from tests.cast import Staff, hidden_field
from tests.inspections.makers import Round

PAGES = "/staff/instruments"
BASE = f"{PAGES}/pekppp/2022"
OWN = f"{BASE}/own"

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]


@pytest_asyncio.fixture
async def ani(sign_in: SignIn) -> Staff:
    return await sign_in("ani")


@pytest_asyncio.fixture
async def gita(sign_in: SignIn) -> Staff:
    return await sign_in("gita")


def text_of(page: httpx.Response) -> str:
    """What a person reads on a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def fields_of(page: httpx.Response) -> dict[str, str]:
    """What a browser would send back of a form: texts, hidden values, what is ticked."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page.text):
        facts = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        is_sent = facts.get("type") not in ("checkbox", "radio") or " checked" in tag
        if is_sent and "name" in facts and facts["name"] != "_csrf_token":
            fields[facts["name"]] = facts.get("value", "")
    return fields


async def typed(staff: Staff, address: str = OWN, **changes: str) -> dict[str, str]:
    """The form as it is offered, with a reason and what is typed otherwise."""
    page = await staff.get(address)
    assert page.status_code == 200, page.text
    return {**fields_of(page), "alasan": "SK Wali Kota 12/2026", **changes}


async def published(staff: Staff, address: str = OWN, **changes: str) -> str:
    """Publishes a version as a person does, in two steps; gives the address of its page."""
    effect = await staff.post(address, await typed(staff, address, **changes))
    assert effect.status_code == 200, text_of(effect)
    done = await staff.post(f"{address}/confirmation", fields_of(effect))
    assert done.status_code == 303, text_of(done)
    return str(done.headers["location"]).partition("?")[0]


async def events(database: Database, act: str) -> list[dict[str, Any]]:
    async with database.reading() as session:
        assert await audit.broken_seals(session) == []
        found = await session.scalars(select(AuditEvent).where(AuditEvent.act == act))
        return [{"subject": one.subject, "actor": one.actor, **json.loads(one.facts)} for one in found]


# ── reading ──


async def test_whoever_is_not_signed_in_is_sent_to_the_door(client: httpx.AsyncClient) -> None:
    for address in (PAGES, BASE, f"{BASE}/difference"):
        answer = await client.get(address, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/staff/login")


async def test_everybody_reads_the_list(sign_in: SignIn, begin: Begin) -> None:
    await begin("sampang/2018")
    for name in ("ani", "gita", "budi", "eka"):
        page = text_of(await (await sign_in(name)).get(PAGES))
        assert "pekppp/2022" in page
        assert "PermenPANRB 17/2017" in page
        assert "belum dicocokkan" in page
        assert "1 evaluasi" in page  # units A and B: everybody's


async def test_the_uses_told_are_those_the_reader_may_see(
    sign_in: SignIn, begin: Begin, database: Database
) -> None:
    round_ = await begin("sampang/2018")
    async with database.writing() as session:
        await session.execute(
            update(Assignment)
            .where(Assignment.person_id == round_.cast.people["eka"].id)
            .values(withdrawn_at=round_.now)
        )
    assert "1 evaluasi" not in text_of(await (await sign_in("eka")).get(PAGES))
    assert "1 evaluasi" in text_of(await (await sign_in("fajar")).get(PAGES))


async def test_an_instrument_is_told_whole(gita: Staff) -> None:
    page = await gita.get(BASE)
    told = text_of(page)
    assert "IPP = 0,75 × F-02 + 0,25 × F-03" in told
    assert "indeks yang belum dibulatkan × 20" in told
    assert "di bawah 3 ditindaklanjuti" in told
    assert "A Pelayanan Prima 4,51–5,00" in told
    assert "Bobot bagian ini 24% dari indeks." in told
    assert "SP tidak memenuhi 14 komponen" in told
    assert "paling sedikit 3 butir" in told
    assert "Persyaratan yang diperlukan untuk memperoleh layanan mudah dipenuhi" in told
    assert "F-03 belum dicocokkan keyakinan sedang" in told
    assert re.search(r"<code>[0-9a-f]{64}</code>", page.text)
    assert 'href="/api/inspections/instruments/pekppp/2022"' in page.text


async def test_every_national_instrument_has_its_page(gita: Staff) -> None:
    for address in ("pekppp/2022-b", "pekppp/2017", "ombudsman/2022", "ombudsman/classic", "sampang/2018"):
        page = await gita.get(f"{PAGES}/{address}")
        assert page.status_code == 200, address
        assert address in text_of(page)
    # published so: they add up to 99.5
    assert "bukan 100 99,5 %" in text_of(await gita.get(f"{PAGES}/pekppp/2017"))
    # six equal shares of 100
    assert "16,6667 poin" in text_of(await gita.get(f"{PAGES}/sampang/2018"))


async def test_an_instrument_that_is_not_there_is_not_found(gita: Staff) -> None:
    assert (await gita.get(f"{PAGES}/pekppp/1999")).status_code == 404
    assert (await gita.get(f"{BASE}/difference", **{"from": "pekppp/1999"})).status_code == 404


async def test_two_versions_are_compared(gita: Staff) -> None:
    asked = text_of(await gita.get(f"{BASE}/difference"))
    assert "Pilih dahulu versi pembandingnya." in asked
    told = text_of(await gita.get(f"{BASE}/difference", **{"from": "pekppp/2017"}))
    assert "Dari pekppp/2017 ke pekppp/2022" in told
    assert "Bagian a Kebijakan Pelayanan bobot 30 % 24 %" in told


# ── publishing ──


async def test_ani_publishes_a_version_with_another_weight(ani: Staff, database: Database) -> None:
    form = await typed(ani, **{"bobot-15": "20", "bobot-16": "18"})
    assert form["versi"] == "2026-kota-1"
    effect = await ani.post(OWN, form)
    told = text_of(effect)
    assert effect.status_code == 200
    assert "bobot 15 % 20 %" in told
    assert "bobot 23 % 18 %" in told
    assert "bukan 100" not in told
    assert "Evaluasi yang sudah berjalan dan nilai yang sudah final tetap memakai versi lama." in told
    assert (await ani.get(f"{PAGES}/pekppp/2026-kota-1")).status_code == 404  # nothing is published yet

    done = await ani.post(f"{OWN}/confirmation", fields_of(effect))
    assert done.status_code == 303
    page = text_of(await ani.get(done.headers["location"]))
    assert "Versi kota sudah terbit." in page
    assert "SK Wali Kota 12/2026" in page
    assert "versi kota" in page
    difference = text_of(await ani.get(f"{PAGES}/pekppp/2026-kota-1/difference"))
    assert "Dari pekppp/2022 ke pekppp/2026-kota-1" in difference
    assert "bobot 15 % 20 %" in difference
    assert "pekppp/2026-kota-1" in text_of(await ani.get(PAGES))
    (event,) = await events(database, "instrument_published")
    assert (event["actor"], event["subject"], event["reason"]) == (
        "ani",
        "instrument pekppp/2026-kota-1",
        "SK Wali Kota 12/2026",
    )


async def test_a_second_version_is_offered_the_next_name(ani: Staff) -> None:
    await published(ani, **{"bobot-15": "16", "bobot-16": "22"})
    assert (await typed(ani))["versi"] == "2026-kota-2"


async def test_a_comma_and_a_point_are_the_same_number(ani: Staff) -> None:
    effect = text_of(await ani.post(OWN, await typed(ani, **{"bobot-15": "15,5", "bobot-16": "22.5"})))
    assert "bobot 15 % 15,5 %" in effect
    assert "bobot 23 % 22,5 %" in effect


async def test_weights_that_miss_a_hundred_are_warned_of_and_kept(ani: Staff) -> None:
    effect = await ani.post(OWN, await typed(ani, **{"bobot-15": "10"}))
    told = text_of(effect)
    assert effect.status_code == 200
    assert "tidak disebar ulang: nilai tertinggi yang dapat dicapai ikut berubah" in told
    assert "Bagian c bukan 100 100 % 95 %" in told
    spread = text_of(await ani.post(OWN, await typed(ani, **{"bobot-15": "10", "sebar": "ya"})))
    assert "bobot itu disebar ulang" in spread


async def test_an_indicator_is_left_out(ani: Staff) -> None:
    page = await ani.get(await published(ani, **{"tanpa-30": "ya", "bobot-30": "", "bobot-29": "100"}))
    told = text_of(page)
    assert "7 bagian, 30 indikator" in told
    assert 'href="/staff/instruments/pekppp/2022"' in page.text


async def test_the_shares_of_the_forms_and_the_target_are_the_citys_too(ani: Staff) -> None:
    told = text_of(await ani.get(await published(ani, f02="0,6", f03="0,4", sasaran="4")))
    assert "IPP = 0,6 × F-02 + 0,4 × F-03" in told
    assert "di bawah 4 ditindaklanjuti" in told
    both = await published(ani, f02="0,6", f03="0,4", **{"bobot-15": "14", "bobot-16": "24"})
    told = text_of(await ani.get(f"{both}/difference"))
    assert "0,75 0,6" in told
    assert "bobot 15 % 14 %" in told


async def test_a_bad_number_is_shown_at_its_field_and_nothing_typed_is_lost(ani: Staff) -> None:
    form = await typed(
        ani, **{"bobot-15": "banyak", "bobot-16": "17,25", "tanpa-30": "ya", "sasaran": "4", "sebar": "ya"}
    )
    page = await ani.post(OWN, form)
    assert page.status_code == 422
    assert 'href="#bobot-15"' in page.text
    assert "Indikator 15: tulis bobot 0 atau lebih, misalnya 7,5." in text_of(page)
    assert fields_of(page) == form


async def test_faults_of_the_version_are_shown_at_their_fields(ani: Staff) -> None:
    for changes, field in (
        ({"versi": "Versi Kami", "bobot-15": "16"}, "versi"),
        ({"versi": "latest", "bobot-15": "16"}, "versi"),
        ({"versi": "2022", "bobot-15": "16"}, "versi"),
        ({"sasaran": "7"}, "sasaran"),
        ({"f02": "0,9"}, "f02"),
        ({"bagian-inf": "5"}, "bagian-inf"),
        ({"alasan": ""}, "alasan"),
        ({"mulai": "besok"}, "mulai"),
        ({"sebar": "mungkin"}, "sebar"),
        ({"bobot-15": ""}, "bobot-15"),
    ):
        page = await ani.post(OWN, await typed(ani, **changes))
        assert page.status_code == 422, changes
        assert f'href="#{field}"' in page.text, text_of(page)


async def test_a_version_in_which_nothing_differs_is_refused(ani: Staff) -> None:
    page = await ani.post(OWN, await typed(ani))
    assert page.status_code == 422
    assert "Tidak ada yang berubah" in text_of(page)


async def test_the_effect_leads_back_to_the_form_as_it_was_typed(ani: Staff) -> None:
    form = await typed(ani, **{"bobot-15": "20", "bobot-16": "18", "tanpa-30": "ya"})
    effect = await ani.post(OWN, form)
    assert 'formaction="/staff/instruments/pekppp/2022/own"' in effect.text
    again = await ani.post(OWN, {**fields_of(effect), "kembali": "ya"})
    assert again.status_code == 200
    assert fields_of(again) == form


async def test_a_name_that_was_taken_meanwhile_is_told_and_nothing_is_lost(ani: Staff) -> None:
    effect = await ani.post(OWN, await typed(ani, **{"bobot-15": "20", "bobot-16": "18"}))
    await published(ani, **{"bobot-15": "16", "bobot-16": "22"})  # the same name
    refused = await ani.post(f"{OWN}/confirmation", fields_of(effect))
    assert refused.status_code == 409
    assert "Nama versi ini sudah dipakai." in text_of(refused)
    assert fields_of(refused)["bobot-15"] == "20"
    # and a name that is taken is told before there is anything to confirm
    known = await ani.post(OWN, await typed(ani, versi="2017", **{"bobot-15": "20"}))
    assert known.status_code == 409


async def test_what_was_not_shown_is_not_published(ani: Staff) -> None:
    effect = await ani.post(OWN, await typed(ani, **{"bobot-15": "20", "bobot-16": "18"}))
    sent = {**fields_of(effect), "bobot-16": "19"}
    shown = await ani.post(f"{OWN}/confirmation", sent)
    assert shown.status_code == 409
    assert "Ada yang berubah sejak versi ini diperiksa." in text_of(shown)
    assert "bobot 23 % 19 %" in text_of(shown)
    assert (await ani.get(f"{PAGES}/pekppp/2026-kota-1")).status_code == 404
    assert (await ani.post(f"{OWN}/confirmation", fields_of(shown))).status_code == 303


async def test_a_base_withdrawn_meanwhile_is_told_first(ani: Staff) -> None:
    first = await published(ani, **{"bobot-15": "20", "bobot-16": "18"})
    effect = await ani.post(f"{first}/own", await typed(ani, f"{first}/own", **{"bobot-15": "19"}))
    assert (await ani.post(f"{first}/withdrawal", {"alasan": "Salah ketik"})).status_code == 303
    shown = await ani.post(f"{first}/own/confirmation", fields_of(effect))
    assert shown.status_code == 409
    assert "Versi asalnya, pekppp/2026-kota-1, sudah ditarik." in text_of(shown)


async def test_a_button_pressed_twice_publishes_once(ani: Staff, database: Database) -> None:
    effect = await ani.post(OWN, await typed(ani, **{"bobot-15": "20", "bobot-16": "18"}))
    for _ in range(2):
        assert (await ani.post(f"{OWN}/confirmation", fields_of(effect))).status_code == 303
    assert len(await events(database, "instrument_published")) == 1


async def test_gita_reads_but_does_not_publish(gita: Staff) -> None:
    assert "Buat versi kota" not in text_of(await gita.get(BASE))
    assert "Terbitkan dari berkas" not in text_of(await gita.get(PAGES))
    for address in (OWN, f"{BASE}/withdrawal", f"{PAGES}/import"):
        assert (await gita.get(address)).status_code == 403
        assert (await gita.post(address, {"alasan": "SK"})).status_code == 403
    for address in (f"{OWN}/confirmation", f"{PAGES}/import/confirmation"):
        assert (await gita.post(address, {"alasan": "SK"})).status_code == 403


async def test_an_instrument_of_points_has_its_form_too(ani: Staff) -> None:
    own = f"{PAGES}/sampang/2018/own"
    assert (await typed(ani, own))["bobot-1"] == ""  # six equal shares, still open
    effect = await ani.post(own, await typed(ani, own, **{"bobot-1": "50"}))
    assert "bobot berbagi sisa 50 poin" in text_of(effect)
    too_much = await ani.post(own, await typed(ani, own, **{"bobot-1": "101"}))
    assert too_much.status_code == 422
    assert "tidak ada sisa dari 100" in text_of(too_much)


# ── withdrawing ──


async def test_a_version_is_withdrawn_with_a_reason(ani: Staff, database: Database) -> None:
    address = await published(ani, **{"bobot-15": "20", "bobot-16": "18"})
    assert "Tarik versi pekppp/2026-kota-1?" in text_of(await ani.get(f"{address}/withdrawal"))
    without = await ani.post(f"{address}/withdrawal", {"alasan": " "})
    assert without.status_code == 422
    done = await ani.post(f"{address}/withdrawal", {"alasan": "SK dicabut"})
    assert done.status_code == 303
    assert "Versi ini ditarik pada 20 November 2026, 10.00 WIB." in text_of(await ani.get(address))
    listed = text_of(await ani.get(PAGES))
    assert listed.index("sudah ditarik") > listed.index("sampang/2018")
    (event,) = await events(database, "instrument_withdrawn")
    assert (event["reason"], event["actor"]) == ("SK dicabut", "ani")
    again = await ani.post(f"{address}/withdrawal", {"alasan": "sekali lagi"})
    assert again.status_code == 303
    assert len(await events(database, "instrument_withdrawn")) == 1


async def test_a_national_instrument_is_not_withdrawn(ani: Staff) -> None:
    assert (await ani.get(f"{BASE}/withdrawal")).status_code == 409
    assert (await ani.post(f"{BASE}/withdrawal", {"alasan": "SK"})).status_code == 409


# ── a file ──


def file_of(**changes: Any) -> dict[str, tuple[str, bytes, str]]:
    content = json.loads(content_of("sampang-2018"))
    content |= {"version": "2026-kota-1", "based_on": "sampang/2018", **changes}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    return {"berkas": ("instrumen.json", text.encode(), "application/json")}


async def test_an_instrument_is_published_from_a_file(ani: Staff, database: Database) -> None:
    effect = await ani.post(
        f"{PAGES}/import", {"alasan": "SK 7/2026"}, files=file_of(title="Monev kota kami")
    )
    told = text_of(effect)
    assert effect.status_code == 200, told
    assert "Periksa sampang/2026-kota-1 sebelum terbit" in told
    assert "“Monev kota kami”" in told
    assert (await ani.get(f"{PAGES}/sampang/2026-kota-1")).status_code == 404
    done = await ani.post(f"{PAGES}/import/confirmation", fields_of(effect))
    assert done.status_code == 303
    assert "Monev kota kami" in text_of(await ani.get(done.headers["location"]))
    (event,) = await events(database, "instrument_published")
    assert event["reason"] == "SK 7/2026"
    taken = await ani.post(f"{PAGES}/import", {"alasan": "SK"}, files=file_of())
    assert taken.status_code == 409
    assert "sudah terbit dan tidak dapat diubah" in text_of(taken)


async def test_faults_of_a_file_are_told_with_their_lines(ani: Staff) -> None:
    content = b'{\n "code": "monev",\n "version": "1",\n "wat": 1\n}'
    page = await ani.post(
        f"{PAGES}/import", {"alasan": "SK"}, files={"berkas": ("a.json", content, "application/json")}
    )
    assert page.status_code == 422
    assert "Baris 4" in text_of(page)
    assert "“wat” tidak dikenal di sini" in text_of(page)
    assert fields_of(page)["alasan"] == "SK"
    unknown = await ani.post(f"{PAGES}/import", {"alasan": "SK"}, files=file_of(based_on="monev/1"))
    assert "Instrumen monev/1 tidak ada di sini." in text_of(unknown)


async def test_a_file_without_a_reason_and_no_file_at_all_are_refused(ani: Staff) -> None:
    missing = await ani.post(f"{PAGES}/import", {"alasan": ""})
    assert missing.status_code == 422
    assert "Pilih dahulu berkas JSON" in text_of(missing)
    assert "Tulis alasannya" in text_of(missing)


@pytest.mark.parametrize(
    "address",
    [
        f"{PAGES}/import",
        f"{PAGES}/{'x' * 150}/1/withdrawal",
        "/api/inspections/instruments",
        "/api/inspections/evaluations",
    ],
)
async def test_whoever_would_publish_and_may_not_is_kept_in_the_audit_trail(
    sign_in: SignIn, database: Database, address: str
) -> None:
    budi = await sign_in("budi")
    assert (await budi.post(address, {"alasan": "SK"})).status_code == 403
    async with database.reading() as session:
        [event] = await session.scalars(select(AuditEvent))
    assert (event.act, event.actor, event.subject) == ("refused", "budi", address[:120])


async def test_a_file_that_came_broken_is_not_published(ani: Staff) -> None:
    effect = await ani.post(f"{PAGES}/import", {"alasan": "SK"}, files=file_of(title="Lain"))
    sent = {**fields_of(effect), "sha256": "0" * 64}
    assert (await ani.post(f"{PAGES}/import/confirmation", sent)).status_code == 422
    assert hidden_field(effect.text, "content")
