"""What staff do with the survey: they read what is theirs, and the bureau decides in the open."""

import csv
import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from io import StringIO
from typing import Any

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from server.accounts import audit
from server.database import Database
from server.skm.rules import ELEMENTS, ORDERS
from server.surveys import storage
from tests.cast import Cast, Citizen, Staff, any_id, sheet
from tests.conftest import Clock

INDEX = "/api/units/dinas-kependudukan/index"

SignIn = Callable[[str], Awaitable[Staff]]


@pytest_asyncio.fixture(autouse=True)
async def _tallies_and_seals_agree(database: Database) -> AsyncIterator[None]:
    """Holds after each test of this file, whatever was decided."""
    yield
    async with database.reading() as session:
        assert [difference async for difference in storage.differences(session)] == []
        assert await audit.broken_seals(session) == []


@pytest_asyncio.fixture
async def ani(sign_in: SignIn) -> Staff:
    return await sign_in("ani")


@pytest_asyncio.fixture
async def budi(sign_in: SignIn) -> Staff:
    return await sign_in("budi")


async def too_fast(dewi: Citizen, code: str, answer: int) -> str:
    """An answer that rule R2 takes out; tells its id."""
    response_id, token = await dewi.open(code)
    dewi.clock.forward(seconds=4)
    answered = await dewi.put(response_id, sheet(code, answer, token=token))
    assert answered.status_code == 201
    return response_id


async def index(client: httpx.AsyncClient) -> tuple[int, str | None, dict[str, int]]:
    found = (await client.get(INDEX)).json()
    return found["n"], found["ikm"], found["excluded"]


def text_of(page: httpx.Response) -> str:
    """What a person reads on a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def rows_of(file: httpx.Response) -> list[list[str]]:
    return list(csv.reader(StringIO(file.text.removeprefix("\ufeff")), delimiter=";"))


# ── reading responses ──


async def test_budi_reads_the_answers_of_his_tree_and_no_other(
    cast: Cast, dewi: Citizen, budi: Staff
) -> None:
    await dewi.answer(cast.code("a"), 2, comment="Antrean panjang.")
    await dewi.answer(cast.code("below_a"), 3, comment="Jauh dari rumah.")
    await dewi.answer(cast.code("b"), 4, comment="Dokternya ramah.")
    page = text_of(await budi.get("/staff/responses"))
    assert "2 jawaban" in page
    assert "Antrean panjang." in page
    assert "Jauh dari rumah." in page
    assert "Dokternya ramah." not in page


@pytest.mark.parametrize(
    "address",
    [
        "/staff/responses?unit=dinas-kependudukan",
        "/staff/responses.csv?unit=dinas-kependudukan",
        "/staff/responses.csv?loket={code}",
        "/staff/units/dinas-kependudukan/pengolahan",
        "/staff/units/dinas-kependudukan/pengolahan.csv",
    ],
)
async def test_what_citra_may_not_see_does_not_exist_for_her(
    cast: Cast, dewi: Citizen, sign_in: SignIn, address: str
) -> None:
    await dewi.answer(cast.code("a"), 2, comment="Antrean panjang.")
    citra = await sign_in("citra")
    assert (await citra.get(address.format(code=cast.code("a")))).status_code == 404
    assert "Antrean panjang." not in (await citra.get("/staff/responses.csv")).text


async def test_nothing_on_a_page_or_in_a_file_leads_to_a_person(
    cast: Cast, dewi: Citizen, budi: Staff, clock: Clock
) -> None:
    """No id (it stands on the citizen's receipt) and no hour (somebody remembers who came then)."""
    ids = []
    for _ in range(3):
        response_id, token = await dewi.open(cast.code())
        clock.forward(seconds=60)
        await dewi.put(response_id, sheet(cast.code(), 3, token=token))
        ids.append(response_id)
    for address in ("/staff/responses", "/staff/responses.csv", "/staff/units/dinas-kependudukan/pengolahan"):
        seen = (await budi.get(address)).text
        assert not [one for one in ids if one in seen or one.replace("-", "") in seen]
        assert "10.01" not in seen


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, {"satu", "dua", "tiga", "empat"}),
        ({"unit": "dinas-kependudukan"}, {"satu", "dua", "tiga"}),
        ({"unit": "dinas-kependudukan", "layanan": "ktp"}, {"satu", "tiga"}),
        ({"loket": "below_a"}, {"empat"}),
        ({"hitung": "ya"}, {"satu", "dua", "empat"}),
        ({"hitung": "tidak"}, {"tiga"}),
        ({"hitung": "R2"}, {"tiga"}),
        ({"hitung": "R5"}, set()),
        ({"saluran": "kiosk"}, set()),
        ({"saluran": "link"}, {"dua"}),
        ({"periode": "2026-11"}, {"satu", "dua", "tiga"}),
        ({"periode": "2026-Q4"}, {"satu", "dua", "tiga", "empat"}),
        ({"dari": "2026-12-01", "sampai": "2026-12-31"}, {"empat"}),
        ({"dari": "2026-12-01"}, {"empat"}),
    ],
)
async def test_filters_in_the_address_choose_responses(
    cast: Cast, dewi: Citizen, budi: Staff, clock: Clock, query: dict[str, str], shown: set[str]
) -> None:
    await dewi.answer(cast.code("a"), comment="satu")
    await dewi.answer(cast.code("a_any"), comment="dua", channel="link")
    response_id, token = await dewi.open(cast.code("a"))
    clock.forward(seconds=4)
    await dewi.put(response_id, sheet(cast.code("a"), token=token, comment="tiga"))
    clock.forward(days=15)
    await dewi.answer(cast.code("below_a"), comment="empat")
    if "loket" in query:
        query = {"loket": cast.code(query["loket"])}
    page = await budi.get("/staff/responses", **query)
    assert set(re.findall(r"<blockquote>(\w+)</blockquote>", page.text)) == shown
    file = rows_of(await budi.get("/staff/responses.csv", **query))
    place = file[0].index("Saran")
    assert {row[place] for row in file[1:]} == shown


async def test_only_those_with_a_comment(cast: Cast, dewi: Citizen, budi: Staff) -> None:
    await dewi.answer(cast.code())
    await dewi.answer(cast.code(), comment="Kursinya kurang.")
    assert "1 jawaban" in text_of(await budi.get("/staff/responses", komentar="1"))


async def test_an_impossible_period_is_told_in_a_sentence(budi: Staff) -> None:
    page = await budi.get("/staff/responses", dari="2026-12-01", sampai="2026-11-01")
    assert page.status_code == 422
    assert "Tanggal awal tidak boleh sesudah tanggal akhir." in text_of(page)


async def test_every_response_is_on_exactly_one_page(
    app: Litestar, cast: Cast, ani: Staff, budi: Staff, clock: Clock
) -> None:
    """Also when many came at the same moment, as those of an import do."""
    await imported(ani, cast.code(), [f"3,komentar-{number}" for number in range(120)])
    clock.forward(minutes=1)
    await imported(ani, cast.code(), [f"4,lagi-{number}" for number in range(7)])
    seen: list[str] = []
    address = "/staff/responses"
    for _ in range(3):
        page = await budi.browser.get(address)
        seen += re.findall(r"<blockquote>([\w-]+)</blockquote>", page.text)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        address = html.unescape(following[1]) if following else ""
    assert address == ""
    assert len(seen) == len(set(seen)) == 127


async def imported(ani: Staff, code: str, rows: list[str]) -> None:
    """Brings a small table in through the page."""
    table = "biaya,saran\n" + "\n".join(rows)
    checked = await ani.post("/staff/import", {"loket": code, "tabel": table})
    assert checked.status_code == 303, text_of(checked)
    saved = await ani.post(checked.headers["location"].split("?")[0], {"loket": code})
    assert saved.status_code == 303, text_of(saved)


async def test_without_responses_the_page_teaches_the_next_step(budi: Staff) -> None:
    assert "Cetak poster QR" in text_of(await budi.get("/staff/responses"))


# ── files for a spreadsheet program ──


async def test_the_file_opens_right_in_an_indonesian_spreadsheet_program(
    cast: Cast, dewi: Citizen, budi: Staff
) -> None:
    await dewi.answer(
        cast.code(), {**dict.fromkeys(ELEMENTS, 3), "sarana": 1, "pengaduan": 4}, comment='Baik; "sekali"'
    )
    file = await budi.get("/staff/responses.csv")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert "jawaban-2026-urutan-regulation.csv" in file.headers["content-disposition"]
    assert file.content.startswith(b"\xef\xbb\xbf")
    heading, row = rows_of(file)
    found = dict(zip(heading, row, strict=True))
    assert found["U8 Penanganan Pengaduan, Saran dan Masukan"] == "4"
    assert found["U9 Sarana dan prasarana"] == "1"
    assert found["Urutan U1-U9"] == "peraturan"
    assert found["Saran"] == 'Baik; "sekali"'
    assert found["Dihitung"] == "ya"


async def test_the_other_order_numbers_the_same_names_differently(
    cast: Cast, dewi: Citizen, budi: Staff
) -> None:
    await dewi.answer(cast.code(), {"sarana": 1, "pengaduan": 4})
    heading, row = rows_of(await budi.get("/staff/responses.csv", urutan="questionnaire"))
    found = dict(zip(heading, row, strict=True))
    assert found["U8 Sarana dan prasarana"] == "1"
    assert found["U9 Penanganan Pengaduan, Saran dan Masukan"] == "4"
    assert found["U1 Persyaratan"] == ""
    assert found["Urutan U1-U9"] == "kuesioner"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r="])
async def test_what_a_citizen_wrote_never_becomes_a_formula(
    ani: Staff, cast: Cast, budi: Staff, sign: str
) -> None:
    comment = f'{sign}HYPERLINK("http://jahat.test","klik")'
    quoted = comment.replace('"', '""')
    await imported(ani, cast.code(), [f'3,"{quoted}"'])
    heading, row = rows_of(await budi.get("/staff/responses.csv"))
    assert row[heading.index("Saran")] == f"'{comment.strip()}"


async def test_a_downloaded_file_can_be_imported_again_elsewhere(
    cast: Cast, dewi: Citizen, ani: Staff, client: httpx.AsyncClient
) -> None:
    await dewi.answer(cast.code("a"), {**dict.fromkeys(ELEMENTS, 2), "sarana": 4})
    file = await ani.get("/staff/responses.csv", urutan="questionnaire")
    files = {"berkas": ("jawaban.csv", file.content, "text/csv")}
    checked = await ani.post("/staff/import", {"loket": cast.code("b")}, files=files)
    assert checked.status_code == 303, text_of(checked)
    await ani.post(checked.headers["location"].split("?")[0], {"loket": cast.code("b")})
    elements = (await client.get("/api/units/puskesmas-melati/index")).json()["elements"]
    assert (elements["sarana"]["total"], elements["pengaduan"]["total"]) == (4, 2)


# ── the processing sheet ──


async def test_the_processing_sheet_can_be_checked_by_hand(cast: Cast, dewi: Citizen, budi: Staff) -> None:
    await dewi.answer(cast.code(), {**dict.fromkeys(ELEMENTS, 3), "sarana": 2})
    await dewi.answer(cast.code(), {**dict.fromkeys(ELEMENTS, 4), "sarana": 3})
    await too_fast(dewi, cast.code(), 1)
    page = await budi.get("/staff/units/dinas-kependudukan/pengolahan", periode="2026-Q4")
    text = text_of(page)
    assert "PENGOLAHAN DATA SURVEI KEPUASAN MASYARAKAT PER RESPONDEN DAN PER UNSUR PELAYANAN" in text
    assert "Nilai/Unsur 7 7 7 7 7 7 7 7 5" in text
    assert "NRR/Unsur 3,500 3,500 3,500 3,500 3,500 3,500 3,500 3,500 2,500" in text
    assert "IKM Unit Pelayanan **) 84,72" in text
    assert "1 jawaban lain tidak dihitung menurut aturan." in text
    assert len(re.findall(r'<th scope="row" class="num">', page.text)) == 2, "who does not count has no row"


async def test_the_sheet_as_a_file_ends_with_the_same_figures(cast: Cast, dewi: Citizen, budi: Staff) -> None:
    await dewi.answer(cast.code(), {**dict.fromkeys(ELEMENTS, 3), "sarana": 2})
    await dewi.answer(cast.code("free"), 4)
    rows = rows_of(await budi.get("/staff/units/dinas-kependudukan/pengolahan.csv"))
    assert rows[0][:3] == ["No", "Tanggal", "U1 Persyaratan"]
    assert sorted(row[2:] for row in rows[1:3]) == [
        ["3", "3", "3", "3", "3", "3", "3", "3", "2"],
        ["4", "4", "4", "", "4", "4", "4", "4", "4"],
    ]
    below = {row[0]: row[2:] for row in rows[3:]}
    assert below["Nilai/Unsur"] == ["7", "7", "7", "3", "7", "7", "7", "7", "6"]
    assert below["Jawaban/Unsur"] == ["2", "2", "2", "1", "2", "2", "2", "2", "2"]
    assert below["NRR/Unsur"][3] == "3,000"
    assert below["IKM Unit Pelayanan **)"][0] == "84,72"


async def test_a_long_sheet_comes_in_pages_and_whole_for_printing(
    cast: Cast, ani: Staff, budi: Staff
) -> None:
    await imported(ani, cast.code(), ["3,"] * 130 + ["2,"] * 20)
    address = "/staff/units/dinas-kependudukan/pengolahan"

    def numbers(page: httpx.Response) -> list[int]:
        return [int(number) for number in re.findall(r'<th scope="row" class="num">(\d+)</th>', page.text)]

    assert numbers(await budi.get(address)) == list(range(1, 101))
    assert numbers(await budi.get(address, halaman=2)) == list(range(101, 151))
    assert numbers(await budi.get(address, semua=1)) == list(range(1, 151))


# ── exclusions ──


@pytest.mark.parametrize("address", ["", "/review?keputusan=count", "/0190b0c0-0000-7000-8000-000000000000"])
async def test_an_officer_decides_nothing_about_their_own(budi: Staff, address: str) -> None:
    assert (await budi.get(f"/staff/exclusions{address}")).status_code == 403


async def test_an_officer_cannot_post_a_decision(
    cast: Cast, dewi: Citizen, budi: Staff, client: httpx.AsyncClient
) -> None:
    await dewi.answer(cast.code(), 1)
    listed = await listed_ids(dewi, cast)
    refused = await decide(budi, "exclude", listed, "Nilainya jelek.")
    assert refused.status_code == 403
    assert await index(client) == (1, "25.00", {})


async def listed_ids(dewi: Citizen, cast: Cast) -> list[str]:
    """One more answer whose id is known."""
    response_id, token = await dewi.open(cast.code("b"))
    dewi.clock.forward(seconds=60)
    await dewi.put(response_id, sheet(cast.code("b"), 3, token=token))
    return [response_id]


async def decide(staff: Staff, decision: str, ids: list[str], reason: str, **more: Any) -> httpx.Response:
    return await staff.post(
        "/staff/exclusions/review",
        {"keputusan": decision, "jawaban": ids, "alasan": reason, "daftar": "hitung=tidak", **more},
    )


async def test_the_facts_behind_a_verdict_are_shown(
    app: Litestar, cast: Cast, dewi: Citizen, ani: Staff, clock: Clock
) -> None:
    await too_fast(dewi, cast.code(), 1)
    _, token = await dewi.open(cast.code())
    for _ in range(3):
        clock.forward(seconds=60)
        await dewi.put(any_id(), sheet(cast.code(), token=token))
    for _ in range(4):
        await dewi.answer(cast.code(), device="ponsel")
    await dewi.put(any_id(), sheet(cast.code(), token="palsu"))
    clock.forward(hours=12)
    pages = [await dewi.open(cast.code()) for _ in range(12)]
    clock.forward(seconds=30)
    for response_id, page_token in pages:
        clock.forward(seconds=5)
        await dewi.put(response_id, sheet(cast.code(), 4, token=page_token))
    await app.state.sweeper.sweep()
    text = text_of(await ani.get("/staff/exclusions"))
    assert "17 dari 21 jawaban tidak dihitung" in text
    assert "Diterima 4 detik setelah halaman dibuka." in text
    assert "ke-2 dari 3 jawaban halaman yang sama" in text
    assert "ke-4 dari 4 jawaban ponsel yang sama hari itu" in text
    assert "Tanda halamannya palsu." in text
    assert re.search(r"banjir 12 jawaban pukul 22\.\d\d sampai 22\.\d\d; di luar jam buka\.", text)


async def test_the_index_is_shown_with_and_without_what_is_kept_out(
    cast: Cast, dewi: Citizen, ani: Staff
) -> None:
    for _ in range(3):
        await dewi.answer(cast.code(), 4)
    await too_fast(dewi, cast.code(), 1)
    text = text_of(await ani.get("/staff/exclusions"))
    assert "1 dari 4 jawaban tidak dihitung pada tahun 2026, di 1 unit." in text
    assert "Dinas Kependudukan 1 dari 4 (25,0%) R2 1 100,00 A Sangat baik 81,25 B Baik −18,75" in text


async def test_counting_again_moves_the_index_is_told_and_can_be_taken_back(
    cast: Cast, dewi: Citizen, ani: Staff, client: httpx.AsyncClient
) -> None:
    await dewi.answer(cast.code(), 4)
    response_id = await too_fast(dewi, cast.code(), 2)
    assert await index(client) == (1, "100.00", {"R2": 1})

    confirmation = await ani.get("/staff/exclusions/review", keputusan="count", jawaban=response_id)
    assert "100,00 A Sangat baik 75,00 C Kurang baik" in text_of(confirmation)
    assert await index(client) == (1, "100.00", {"R2": 1}), "looking decides nothing"

    done = await decide(ani, "count", [response_id], "Petugas membacakan pertanyaannya.")
    assert done.status_code == 303
    assert done.headers["location"].startswith("/staff/exclusions?hitung=tidak&pesan=")
    assert await index(client) == (2, "75.00", {})

    taken_back = await decide(ani, "exclude", [response_id], "Ternyata bukan.")
    assert taken_back.status_code == 303
    assert await index(client) == (1, "100.00", {"M": 1})
    receipt = await client.get(f"/receipt/{response_id}")
    assert "Dikeluarkan setelah ditinjau oleh Bagian Organisasi." in receipt.text

    history = text_of(await ani.get(f"/staff/exclusions/{response_id}"))
    assert re.search(
        "Dikeluarkan oleh ani.*Sebelumnya: dihitung Ternyata bukan."
        ".*Dihitung kembali oleh ani.*Sebelumnya: tidak dihitung \\(R2\\) Petugas membacakan",
        history,
    )
    assert "Menurut aturan: R2." in history


async def test_rules_leave_alone_what_a_person_decided(
    app: Litestar, cast: Cast, dewi: Citizen, ani: Staff, client: httpx.AsyncClient
) -> None:
    kept = await too_fast(dewi, cast.code(), 2)
    response_id, token = await dewi.open(cast.code())
    dewi.clock.forward(seconds=60)
    await dewi.put(response_id, sheet(cast.code(), 1, token=token))
    await decide(ani, "count", [kept], "Sah.")
    await decide(ani, "exclude", [response_id], "Diisi petugas sendiri.")
    assert await index(client) == (1, "50.00", {"M": 1})
    await dewi.answer(cast.code(), 4)
    await app.state.sweeper.sweep()
    assert await index(client) == (2, "75.00", {"M": 1})


async def test_keeping_out_what_a_rule_keeps_out_already_changes_no_index(
    cast: Cast, dewi: Citizen, ani: Staff, client: httpx.AsyncClient
) -> None:
    await dewi.answer(cast.code(), 4)
    response_id = await too_fast(dewi, cast.code(), 1)
    confirmation = await ani.get("/staff/exclusions/review", keputusan="exclude", jawaban=response_id)
    assert "100,00 A Sangat baik 100,00 A Sangat baik" in text_of(confirmation)
    await decide(ani, "exclude", [response_id], "Memang bukan warga.")
    assert await index(client) == (1, "100.00", {"M": 1})


async def test_a_decision_needs_a_reason(
    cast: Cast, dewi: Citizen, ani: Staff, client: httpx.AsyncClient
) -> None:
    response_id = await too_fast(dewi, cast.code(), 2)
    refused = await decide(ani, "count", [response_id], "   ")
    assert refused.status_code == 422
    assert 'id="alasan-error"' in refused.text
    assert "Tulis alasannya" in text_of(refused)
    assert await index(client) == (0, None, {"R2": 1})


async def test_nothing_chosen_decides_nothing(ani: Staff) -> None:
    refused = await ani.get("/staff/exclusions/review", keputusan="count")
    assert refused.status_code == 422
    assert "Belum ada jawaban yang dipilih" in text_of(refused)


async def test_a_whole_list_is_decided_at_once_unless_it_changed_meanwhile(
    cast: Cast, dewi: Citizen, ani: Staff, client: httpx.AsyncClient
) -> None:
    for _ in range(60):
        await too_fast(dewi, cast.code(), 4)
    query = "unit=dinas-kependudukan&hitung=R2"
    confirmation = await ani.get("/staff/exclusions/review", keputusan="count", daftar=query, semua="1")
    assert "60 jawaban yang sekarang tidak dihitung akan dihitung." in text_of(confirmation)
    await too_fast(dewi, cast.code(), 4)
    form = {
        "keputusan": "count",
        "semua": query,
        "daftar": query,
        "alasan": "Sosialisasi.",
        "banyaknya": "60",
    }
    changed = await ani.post("/staff/exclusions/review", form)
    assert changed.status_code == 422
    assert "Daftar ini berubah" in text_of(changed)
    assert (await index(client))[0] == 0
    done = await ani.post("/staff/exclusions/review", {**form, "banyaknya": "61"})
    assert done.status_code == 303
    assert await index(client) == (61, "100.00", {})


async def test_the_list_of_all_that_is_kept_out_can_be_decided_as_a_whole(
    cast: Cast, dewi: Citizen, ani: Staff, client: httpx.AsyncClient
) -> None:
    for _ in range(51):
        await too_fast(dewi, cast.code(), 4)
    page = await ani.get("/staff/exclusions")
    query = re.search(r'name="daftar" value="([^"]*)"', page.text)
    assert query
    assert 'name="semua"' in page.text
    confirmation = await ani.get(
        "/staff/exclusions/review", keputusan="count", daftar=html.unescape(query[1]), semua="1"
    )
    assert "51 jawaban yang sekarang tidak dihitung akan dihitung." in text_of(confirmation)


async def test_the_decision_goes_back_to_this_house_only(cast: Cast, dewi: Citizen, ani: Staff) -> None:
    response_id = await too_fast(dewi, cast.code(), 2)
    done = await decide(ani, "count", [response_id], "Sah.", daftar="https://jahat.test/?a=b")
    assert done.headers["location"].startswith("/staff/exclusions?")


# ── the convention ──


async def test_the_convention_is_chosen_from_a_day_on_and_told(
    cast: Cast, dewi: Citizen, ani: Staff, client: httpx.AsyncClient
) -> None:
    await dewi.answer(cast.code(), 4)
    page = text_of(await ani.get("/staff/convention"))
    assert "Yang berlaku hari ini: exact" in page
    assert "w0.11 bobot 0,11, satu kali pembulatan di akhir 99,00 A Sangat baik" in page
    form = {"cara": "w0.11", "mulai": "2026-11-20", "alasan": "Surat Bagian Organisasi 5/2026"}
    assert (await ani.post("/staff/convention", form)).status_code == 303
    of_today = (await client.get(f"{INDEX}?period=2026-Q4")).json()
    assert (of_today["convention"], of_today["ikm"]) == ("w0.11", "99.00")
    assert (await client.get(f"{INDEX}?period=2026-Q3")).json()["convention"] == "exact"
    history = text_of(await ani.get("/staff/convention"))
    assert "Yang berlaku hari ini: w0.11" in history
    assert "20 November 2026 w0.11" in history
    assert "oleh Ani" in history


async def test_units_that_another_convention_regrades_are_named(
    cast: Cast, dewi: Citizen, ani: Staff
) -> None:
    """An index from 88,31 to 89,19 falls from A to B with the weight 0,11."""
    answers = {key: 4 if place < 5 else 3 for place, key in enumerate(ELEMENTS)}
    await dewi.answer(cast.code(), answers)
    await dewi.answer(cast.code("b"), 4)
    page = text_of(await ani.get("/staff/convention"))
    assert "Dinas Kependudukan: 88,89 A → 88,00 B" in page
    assert "Puskesmas Melati: " not in page


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"mulai": "2026-11-19"}, "mulai", "Periode yang sudah lewat tidak dihitung ulang"),
        ({"mulai": "besok"}, "mulai", "Tulis tanggal mulai berlaku."),
        ({"cara": "kira-kira"}, "cara", "Pilih satu cara hitung."),
        ({"cara": "lain", "bobot": ""}, "bobot", "Bobot ditulis sebagai teks"),
        ({"cara": "lain", "bobot": "0,2"}, "bobot", "berjumlah lebih dari 1"),
        ({"alasan": ""}, "alasan", "Tulis alasannya"),
    ],
)
async def test_a_convention_that_cannot_be_is_marked_at_its_field(
    ani: Staff, client: httpx.AsyncClient, change: dict[str, str], field: str, sentence: str
) -> None:
    form = {"cara": "w0.11", "mulai": "2026-11-20", "alasan": "Surat 5/2026", **change}
    refused = await ani.post("/staff/convention", form)
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    assert sentence in text_of(refused)
    assert "Yang berlaku hari ini: exact" in text_of(await ani.get("/staff/convention"))


async def test_a_weight_of_ones_own_can_be_chosen(
    cast: Cast, dewi: Citizen, ani: Staff, client: httpx.AsyncClient
) -> None:
    await dewi.answer(cast.code(), 4)
    form = {"cara": "lain", "bobot": "0,1111", "mulai": "2026-11-20", "alasan": "Laporan lama"}
    assert (await ani.post("/staff/convention", form)).status_code == 303
    assert (await client.get(f"{INDEX}?period=2026-Q4")).json()["ikm"] == "99.99"


@pytest.mark.parametrize("name", ["gita", "budi", "eka"])
async def test_only_the_administrator_chooses_the_convention(sign_in: SignIn, name: str) -> None:
    assert (await (await sign_in(name)).get("/staff/convention")).status_code == 403


# ── languages ──


async def test_the_pages_of_both_orders_name_every_element(cast: Cast, dewi: Citizen, budi: Staff) -> None:
    await dewi.answer(cast.code())
    for order, keys in ORDERS.items():
        heading = rows_of(await budi.get("/staff/responses.csv", urutan=order))[0]
        assert [name.split(" ", 1)[1] for name in heading[7:16]] == [ELEMENTS[key].name for key in keys]
