"""The page of one unit in one evaluation, its score sheet, and the sheet with its QR code. Numbers worked by hand."""

import html
import re
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from server.accounts.tables import AuditEvent
from server.database import Database
from server.inspections.scoring import Observed
from server.inspections.storage import keep_edition
from server.inspections.tables import FollowUp, PinnedScore, Reply, Settlement, Visit
from server.units.tables import Unit
from tests.cast import Cast, Staff, hidden_field
from tests.conftest import Clock
from tests.inspections.makers import ADA, Round, all_at, levels
from tests.inspections.score_makers import ALL_SIX, FIVE_OF_SIX, REASON, THREE_OF_SIX, fill_in

SignIn = Callable[[str], Awaitable[Staff]]
Begin = Callable[..., Awaitable[Round]]

WAIVED = {"kesampingkan": "1", "alasan": "Unit menyatakan menerima semua temuan."}


def of_unit(round_: Round, unit: Unit) -> str:
    return f"/staff/inspections/evaluations/{round_.id}/units/{unit.slug}"


def text_of(page: httpx.Response) -> str:
    """What a person reads on a page."""
    body = page.text[page.text.index("<main") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


async def read(who: Staff, address: str) -> str:
    page = await who.get(address)
    assert page.status_code == 200, page.text
    return text_of(page)


async def two_teams(begin: Begin, cast: Cast) -> Round:
    """Inspektorat finds five of six (83.33), Organisasi all six (100): they differ at 6, the complaint box."""
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await round_.visit("fajar", cast.a, ALL_SIX)
    return round_


async def settled(who: Staff, round_: Round, unit: Unit, **form: str) -> httpx.Response:
    body = {"nilai": "1", "alasan": REASON, **form}
    return await who.post(f"{of_unit(round_, unit)}/settlements/6", body)


async def finalised(who: Staff, round_: Round, unit: Unit, **form: str) -> httpx.Response:
    address = f"{of_unit(round_, unit)}/finalisation"
    page = await who.get(address)
    assert page.status_code == 200, page.text
    return await who.post(address, {"seen": hidden_field(page.text, "seen"), **form})


async def reply(round_: Round, visit: UUID, indicator: str, outcome: str | None = None) -> None:
    async with round_.database.writing() as session:
        session.add(
            Reply(
                id=uuid4(),
                visit_id=visit,
                unit_id=round_.cast.a.id,
                indicator=indicator,
                text="Kotaknya ada di balik pintu.",
                replied_at=round_.now,
                replied_by=round_.cast.people["budi"].id,
                outcome=outcome,
                decision="Kotak belum terlihat dari ruang tunggu." if outcome else "",
                decided_at=round_.now if outcome else None,
                decided_by=round_.cast.people["gita"].id if outcome else None,
            )
        )


async def how_many(database: Database, table: Any) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


# ── the page of a unit ──


async def test_two_teams_stand_side_by_side_and_their_difference_waits(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await two_teams(begin, cast)
    page = await read(await sign_in("gita"), of_unit(round_, cast.a))
    assert "Belum ada nilai: diperselisihkan, 1 indikator" in page
    assert "Inspektorat Eka terverifikasi 20 November 2026, 10.00 WIB 6 dari 6 83,33" in page
    assert "Organisasi Fajar terverifikasi 20 November 2026, 10.00 WIB 6 dari 6 100,00" in page
    assert "6. Kotak pengaduan masyarakat diperselisihkan" in page
    assert "Inspektorat tidak ada" in page
    assert "Organisasi ada" in page
    assert "Belum: 1 indikator masih diperselisihkan." in page
    assert "Beres: Semua kunjungan sudah terverifikasi." in page
    assert "Belum: Unit masih dapat menanggapi temuan sampai 27 November 2026." in page


@pytest.mark.parametrize(("value", "index"), [("1", "100,00"), ("0", "83,33"), ("tidak-berlaku", "100,00")])
async def test_what_is_settled_on_the_page_holds(
    begin: Begin, cast: Cast, sign_in: SignIn, value: str, index: str
) -> None:
    """Not applicable leaves the denominator: five of five are there."""
    round_ = await two_teams(begin, cast)
    gita = await sign_in("gita")
    answer = await settled(gita, round_, cast.a, nilai=value)
    assert answer.status_code == 303, text_of(answer)
    page = await read(gita, str(answer.headers["location"]))
    assert f"Nilai sementara {index} ." in page
    assert f"Alasan: {REASON}" in page
    assert "oleh Gita, 20 November 2026, 10.00 WIB" in page
    assert "Beres: Tidak ada indikator yang diperselisihkan." in page


@pytest.mark.parametrize(
    ("form", "status", "fault", "field"),
    [
        ({"nilai": ""}, 422, "Isi nilai yang berlaku.", "sengketa-6-nilai"),
        ({"nilai": "7"}, 422, "Nilai harus dari 0 sampai 1.", "sengketa-6-nilai"),
        (
            {"nilai": "lain", "nilai-lain": "setengah"},
            422,
            "Tulis nilai sebagai bilangan",
            "sengketa-6-nilai",
        ),
        ({"alasan": "begitu"}, 422, "Tulis alasannya, paling sedikit 10 huruf.", "sengketa-6-alasan"),
    ],
)
async def test_a_settlement_that_cannot_hold_comes_back_with_its_fault(
    begin: Begin,
    cast: Cast,
    sign_in: SignIn,
    database: Database,
    form: dict[str, str],
    status: int,
    fault: str,
    field: str,
) -> None:
    round_ = await two_teams(begin, cast)
    answer = await settled(await sign_in("gita"), round_, cast.a, **form)
    assert answer.status_code == status
    assert fault in text_of(answer)
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}"' in answer.text
    if "nilai" in form:
        assert REASON in answer.text  # nothing typed is lost
    assert await how_many(database, Settlement) == 0
    async with database.reading() as session:
        last = (await session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()))).first()
    assert last is not None
    assert (last.act, last.actor) == ("refused", "gita")


async def test_another_value_may_be_written_with_a_comma(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("pekppp/2022")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    await round_.visit("fajar", cast.a, {**all_at(round_.instrument, 3), **levels({15: 5})})
    gita = await sign_in("gita")
    address = f"{of_unit(round_, cast.a)}/settlements/15"
    body = {"nilai": "lain", "alasan": REASON}
    refused = await gita.post(address, {**body, "nilai-lain": "3,5"})
    assert refused.status_code == 422
    assert "Nilai harus dari 0 sampai 5." in text_of(refused)
    assert (await gita.post(address, {**body, "nilai-lain": "4,0"})).status_code == 303
    assert "Ditetapkan 4 oleh Gita" in await read(gita, of_unit(round_, cast.a))


async def test_what_is_not_disputed_is_not_settled(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await two_teams(begin, cast)
    answer = await (await sign_in("gita")).post(
        f"{of_unit(round_, cast.a)}/settlements/1", {"nilai": "1", "alasan": REASON}
    )
    assert answer.status_code == 409
    assert "kunjungan tidak berselisih pada indikator 1" in text_of(answer)


async def test_aspects_of_the_three_forms_stand_side_by_side(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    """The unit says 4 everywhere, the evaluator 3, ten users 4: it thinks 1.00 better of itself than was found."""
    round_ = await begin("pekppp/2022")
    await round_.visit("budi", cast.a, all_at(round_.instrument, 4), form="F-01", state="submitted")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    await fill_in(round_, cast.a, [4] * 10)
    page = await read(await sign_in("gita"), of_unit(round_, cast.a))
    assert "Nilai sementara 3,25 ." in page
    assert "B- Baik (Dengan Catatan)" in page
    assert "Nilai konversi 65,00 dari 100." in page
    assert "0,75 × 3 + 0,25 × 4 = 3,25" in page
    assert re.search(r"Kebijakan Pelayanan bobot 24%, paling tinggi 5 4,00 3,00 4,00 \+1,00", page)
    assert "Indeks 4,00 3,00 4,00 +1,00" in page
    assert "10 dari paling sedikit 10 pengguna menjawab; indeks F-03 4,00" in page
    assert "Beres: F-03: 10 dari paling sedikit 10 pengguna." in page


async def test_too_few_users_are_told_and_do_not_stand_in_the_way(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("pekppp/2022")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 5))
    await fill_in(round_, cast.a, [5] * 3)
    await fill_in(round_, cast.a, [0], excluded_by="token")
    gita = await sign_in("gita")
    page = await read(gita, of_unit(round_, cast.a))
    assert "Catatan: F-03: 3 dari paling sedikit 10 pengguna." in page
    assert "1 lembar tidak dihitung: 1 tidak dikirim dari halaman kami" in page
    assert (await finalised(gita, round_, cast.a)).status_code == 303


async def test_what_is_missing_is_said(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("sampang/2018")
    gita = await sign_in("gita")
    page = await read(gita, of_unit(round_, cast.a))
    assert "Belum ada nilai: belum ada kunjungan terverifikasi" in page
    assert "Belum: Belum ada kunjungan terverifikasi." in page
    five: dict[str, Observed] = {str(key): ADA for key in range(1, 6)}
    await round_.visit("eka", cast.a, five)
    await round_.visit("fajar", cast.a, {}, state="draft")
    page = await read(gita, of_unit(round_, cast.a))
    assert "belum lengkap, 5 dari 6" in page
    assert "Belum: Kunjungan Organisasi, Fajar belum terverifikasi." in page


async def test_a_reply_is_told_with_its_decision(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("sampang/2018")
    visit = await round_.visit("eka", cast.a, FIVE_OF_SIX)
    await reply(round_, visit, "6")
    gita = await sign_in("gita")
    page = await read(gita, of_unit(round_, cast.a))
    assert "Belum: 1 tanggapan unit belum diputuskan." in page
    assert "Kotaknya ada di balik pintu." in page
    await reply(round_, visit, "6", "kept")
    page = await read(await sign_in("budi"), of_unit(round_, cast.a))
    assert "temuan tetap" in page
    assert "Putusan: Kotak belum terlihat dari ruang tunggu." in page


async def test_a_city_of_services_is_told_service_by_service(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("ombudsman/classic")
    ktp, akta = cast.services["ktp"], cast.services["free"]
    await round_.visit("eka", cast.a, all_at(round_.instrument, 1), service_id=ktp.id)
    await round_.visit("fajar", cast.a, all_at(round_.instrument, 1), service_id=akta.id)
    page = await read(await sign_in("gita"), of_unit(round_, cast.a))
    assert "Nilai sementara 100,00 ." in page
    assert "Inspektorat Eka KTP elektronik terverifikasi" in page
    assert "Organisasi Fajar Akta kelahiran terverifikasi" in page
    sheet = await read(await sign_in("gita"), f"{of_unit(round_, cast.a)}/sheet")
    assert "Dari temuan ke nilai: KTP elektronik" in sheet
    assert "Rata-rata 2 layanan: (100 + 100) ÷ 2 = 100, dibulatkan 100,00" in sheet


# ── who reads what ──


@pytest.mark.parametrize("tail", ["", "/sheet", "/users-form"])
async def test_of_another_unit_there_is_nothing(begin: Begin, cast: Cast, sign_in: SignIn, tail: str) -> None:
    round_ = await begin("pekppp/2022")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    citra = await sign_in("citra")
    assert (await citra.get(of_unit(round_, cast.a) + tail)).status_code == 404
    assert (await citra.get(of_unit(round_, cast.b) + tail)).status_code == 200
    assert (await citra.get(f"/staff/inspections/evaluations/x/units/{cast.b.slug}{tail}")).status_code == 404


async def test_the_officer_reads_the_same_without_forms_and_without_drafts(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await two_teams(begin, cast)
    await round_.visit("eka", cast.a, THREE_OF_SIX, state="draft")
    budi = await sign_in("budi")
    page = await budi.get(of_unit(round_, cast.a))
    told = text_of(page)
    assert "83,33" in told
    assert "diperselisihkan" in told
    assert "sedang diisi" not in told
    assert "Eka" not in told
    assert "50,00" not in told
    assert "Belum: Semua kunjungan diverifikasi oleh Bagian Organisasi." in told
    assert "Tetapkan" not in page.text
    assert "<textarea" not in page.text
    assert (await settled(budi, round_, cast.a)).status_code == 403
    assert (await budi.get(f"{of_unit(round_, cast.a)}/finalisation")).status_code == 403


async def test_an_inspector_waits_for_their_own_verification(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("pekppp/2022")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    eka, fajar = await sign_in("eka"), await sign_in("fajar")
    page = await eka.get(of_unit(round_, cast.a))
    assert page.status_code == 200
    assert "users-form" not in page.text
    assert (await eka.get(f"{of_unit(round_, cast.a)}/users-form")).status_code == 403
    led_on = await fajar.get(of_unit(round_, cast.a))
    assert (led_on.status_code, led_on.headers["location"]) == (303, "/staff/inspections/visits")
    assert (await fajar.get("/staff/inspections/evaluations/99/units/x")).status_code == 404
    assert (await fajar.get(f"{of_unit(round_, cast.a)}/sheet")).status_code == 409


# ── making it final ──


async def test_while_something_is_open_the_page_says_what(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await two_teams(begin, cast)
    visit = await round_.visit("eka", cast.a, ALL_SIX, state="submitted")
    address = f"{of_unit(round_, cast.a)}/finalisation"
    gita = await sign_in("gita")
    page = await gita.get(address)
    assert "belum dapat ditetapkan final" in text_of(page)
    assert "1 indikator masih diperselisihkan." in text_of(page)
    assert "Kunjungan Inspektorat, Eka belum terverifikasi." in text_of(page)
    assert f"/staff/inspections/visits/{visit}" in page.text
    assert "Ya, tetapkan final" not in page.text
    assert (await gita.post(address, WAIVED)).status_code == 409
    assert await how_many(database, PinnedScore) == 0


async def test_a_dispute_is_refused_by_the_act_too(
    begin: Begin, cast: Cast, sign_in: SignIn, clock: Clock, database: Database
) -> None:
    round_ = await two_teams(begin, cast)
    gita = await sign_in("gita")
    await settled(gita, round_, cast.a)
    page = await gita.get(f"{of_unit(round_, cast.a)}/finalisation")
    visit = await round_.visit("eka", cast.a, ALL_SIX, state="submitted")
    answer = await gita.post(
        f"{of_unit(round_, cast.a)}/finalisation",
        {"seen": hidden_field(page.text, "seen"), **WAIVED},
    )
    assert answer.status_code == 409
    assert "Belum semua kunjungan terverifikasi: Inspektorat (menunggu verifikasi)." in text_of(answer)
    assert f"/staff/inspections/visits/{visit}" in answer.text


async def test_the_reply_window_is_waived_with_a_reason(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    """Three of six: three findings below the target of 1 become follow-ups, due in 60 days: 19 January 2027."""
    round_ = await begin("sampang/2018")
    await round_.visit("eka", cast.a, THREE_OF_SIX)
    await round_.visit("eka", cast.a, ALL_SIX, state="withdrawn")
    gita = await sign_in("gita")
    page = await read(gita, f"{of_unit(round_, cast.a)}/finalisation")
    assert "Nilai 50,00 menjadi nilai" in page
    assert "1 kunjungan menjadi final" in page
    assert "3 tindak lanjut dibuka, dengan tenggat 19 Januari 2027:" in page
    assert "Unit masih dapat menanggapi temuan sampai 27 November 2026." in page
    silent = await finalised(gita, round_, cast.a)
    assert (silent.status_code, 'href="#kesampingkan"' in silent.text) == (409, True)
    short = await finalised(gita, round_, cast.a, kesampingkan="1", alasan="cepat")
    assert (short.status_code, 'href="#alasan"' in short.text) == (422, True)
    done = await finalised(gita, round_, cast.a, **WAIVED)
    assert done.status_code == 303
    told = await read(gita, str(done.headers["location"]))
    assert "Nilai 50,00 sudah final sejak 20 November 2026, 10.00 WIB, ditetapkan oleh Gita." in told
    assert told.count("19 Januari 2027 menunggu perbaikan") == 3
    assert "Tetapkan nilai final" not in told
    assert await how_many(database, FollowUp) == 3
    async with database.reading() as session:
        assert sorted(await session.scalars(select(Visit.state))) == ["final", "withdrawn"]
    again = await gita.get(f"{of_unit(round_, cast.a)}/finalisation")
    assert again.status_code == 303


async def test_a_score_that_changed_since_the_page_was_opened_is_shown_again(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database
) -> None:
    round_ = await begin("pekppp/2022")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    await fill_in(round_, cast.a, [4] * 10)
    gita = await sign_in("gita")
    address = f"{of_unit(round_, cast.a)}/finalisation"
    seen = hidden_field((await gita.get(address)).text, "seen")
    await fill_in(round_, cast.a, [0] * 10)
    answer = await gita.post(address, {"seen": seen, **WAIVED})
    assert answer.status_code == 409
    assert "Nilainya berubah sejak halaman ini Anda buka." in text_of(answer)
    assert "2,75" in text_of(answer)  # 0.75 x 3 + 0.25 x 2
    assert await how_many(database, PinnedScore) == 0
    body = {"seen": hidden_field(answer.text, "seen"), **WAIVED}
    assert (await gita.post(address, body)).status_code == 303


# ── the score sheet ──


async def test_the_sheet_holds_every_line_from_finding_to_index(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("pekppp/2022")
    visit = await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    await reply(round_, visit, "15", "kept")
    await fill_in(round_, cast.a, [4] * 10)
    sheet = await read(await sign_in("budi"), f"{of_unit(round_, cast.a)}/sheet")
    assert "SEMENTARA. Nilai ini belum final" in sheet
    assert cast.a.name in sheet
    assert "1 Januari 2026 – 31 Desember 2026" in sheet
    assert round_.instrument.legal_basis in sheet
    assert re.search(r"SHA-256 [0-9a-f]{64}", sheet)
    assert "tanpa pembulatan sampai indeks akhir" in sheet
    assert "0,75 × 3 + 0,25 × 4 = 3,25" in sheet
    assert "3,25 × 20 = 65,00" in sheet
    assert "batas 3,01 sampai 3,50" in sheet
    assert "Kunjungan Inspektorat diverifikasi oleh Gita, 20 November 2026, 10.00 WIB." in sheet
    assert "Temuan tetap. Kotak belum terlihat dari ruang tunggu." in sheet
    assert "http://loket.test/api/instruments/pekppp/2022/compute" in sheet
    for _, indicator in round_.instrument.indicators:
        assert indicator.name in sheet
    # a statement that ten users answered with 4
    assert "mudah dipenuhi 40 10 4,000" in sheet


async def test_a_value_against_its_items_is_printed_with_both_and_the_reason(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    """Of indicator 15 not one item is there, which gives 0; the evaluator gave 1, and said why."""
    round_ = await begin("pekppp/2022")
    odd = Observed(value=Decimal(1), items=(), note="Dua butir sedang dicetak ulang.")
    key = next(one.key for _, one in round_.instrument.indicators if type(one.scoring).__name__ == "Count")
    await round_.visit("eka", cast.a, {**all_at(round_.instrument, 3), key: odd})
    sheet = await read(await sign_in("gita"), f"{of_unit(round_, cast.a)}/sheet")
    assert "Alasan: Dua butir sedang dicetak ulang. 1 menurut butirnya 0" in sheet


async def test_the_sheet_of_a_settled_score_names_the_decision(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await two_teams(begin, cast)
    gita = await sign_in("gita")
    disputed = await read(gita, f"{of_unit(round_, cast.a)}/sheet")
    assert "Belum ada indeks: diperselisihkan, 1 indikator" in disputed
    await settled(gita, round_, cast.a, nilai="0")
    sheet = await read(gita, f"{of_unit(round_, cast.a)}/sheet")
    assert "Indeks 83,33" in sheet
    assert f"kunjungan berbeda: {REASON}" in sheet
    # the weight (a stand-in), the product, the evidence of both visits
    assert "16,6667 * belum dicocokkan 16,667 2" in sheet
    assert "Penilai, Inspektorat" in sheet
    assert "Penilai, Organisasi" in sheet


async def test_a_final_sheet_says_the_same_for_ever(
    begin: Begin, cast: Cast, sign_in: SignIn, database: Database, clock: Clock
) -> None:
    round_ = await begin("pekppp/2022")
    await round_.visit("eka", cast.a, all_at(round_.instrument, 3))
    await fill_in(round_, cast.a, [4] * 10)
    gita = await sign_in("gita")
    assert (await finalised(gita, round_, cast.a, **WAIVED)).status_code == 303
    before = await read(gita, f"{of_unit(round_, cast.a)}/sheet")
    assert "SEMENTARA" not in before
    assert "FINAL. Ditetapkan oleh Gita, 20 November 2026, 10.00 WIB." in before
    assert "0,75 × 3 + 0,25 × 4 = 3,25" in before
    clock.forward(days=1)
    await fill_in(round_, cast.a, [0] * 20)
    async with database.writing() as session:
        newer = msgspec.structs.replace(round_.instrument, version="2022-kota", title="PEKPPP kota")
        await keep_edition(session, newer, clock.now, None, "versi kota")
    assert await read(await sign_in("gita"), f"{of_unit(round_, cast.a)}/sheet") == before


async def test_the_page_reads_in_english(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await two_teams(begin, cast)
    gita = await sign_in("gita")
    for tail in ("", "/sheet", "/finalisation"):
        assert (await gita.get(of_unit(round_, cast.a) + tail, lang="en")).status_code == 200


# ── the sheet with the QR code ──


async def test_the_poster_shows_the_code_and_where_to_type_it(
    begin: Begin, cast: Cast, sign_in: SignIn
) -> None:
    round_ = await begin("pekppp/2022")
    code = round_.codes["a"]
    budi = await sign_in("budi")
    page = await budi.get(f"{of_unit(round_, cast.a)}/users-form")
    told = text_of(page)
    assert f"loket.test/f/ {code}" in told  # it may break there
    assert f"{code[:3]} {code[3:]}" in told
    assert "lalu jawab 14 pernyataan" in told
    source = re.search(r'<img src="([^"]+users-form\.svg)"', page.text)
    assert source is not None
    picture = await budi.get(source[1])
    assert picture.headers["content-type"] == "image/svg+xml"


async def test_an_instrument_without_users_has_no_poster(begin: Begin, cast: Cast, sign_in: SignIn) -> None:
    round_ = await begin("sampang/2018")
    gita = await sign_in("gita")
    assert (await gita.get(f"{of_unit(round_, cast.a)}/users-form")).status_code == 404
    assert "F-03" not in await read(gita, of_unit(round_, cast.a))
