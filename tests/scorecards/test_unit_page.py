"""A unit's page, as anybody sees it."""

import re

import httpx
import pytest

from server.database import Database, instant
from server.units.tables import Counter, Unit
from tests.cast import Cast, Citizen
from tests.conftest import Clock
from tests.scorecards.conftest import Answered

UNIT = "/unit/dinas-kependudukan"


async def test_its_first_sentence_tells_index_grade_change_and_the_weakest_element(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-08-05", n=40, answer=3)
    await answered(cast.counters["a"], "2026-11-05", n=40, answer=3, waktu=4, sarana=2)
    await answered(cast.counters["a"], "2026-11-06", n=40, answer=4)
    text = (await client.get(f"{UNIT}?periode=2026-Q4")).text
    assert first_sentence(text) == (
        "IKM 87,50 (B, Baik) dari 80 responden, naik 12,50 dari triwulan lalu. Paling lemah: Sarana 3,00."
    )


async def test_an_answer_given_at_the_counter_is_in_the_index_at_once(
    client: httpx.AsyncClient, cast: Cast, dewi: Citizen
) -> None:
    assert (await dewi.answer(cast.code("a"), 3)).status_code == 201
    assert "IKM <b>75,00 (C, Kurang baik)</b> dari 1 responden" in (await client.get(UNIT)).text


async def test_it_says_nothing_of_a_change_that_rests_on_few_answers(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-08-05", n=29, answer=4)
    await answered(cast.counters["a"], "2026-11-05", n=40, answer=3)
    assert first_sentence((await client.get(f"{UNIT}?periode=2026-Q4")).text).startswith(
        "IKM 75,00 (C, Kurang baik) dari 40 responden."
    )


async def test_it_warns_of_an_index_from_few_respondents(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=29)
    assert "Baru 29 responden" in (await client.get(UNIT)).text
    await answered(cast.counters["a"], "2026-11-06")
    assert "Baru 30 responden" not in (await client.get(UNIT)).text


async def test_it_unfolds_the_arithmetic_to_check_by_hand(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=16, answer=3, persyaratan=4)
    text = (await client.get(UNIT)).text
    assert "<li>persyaratan (U1): 64 ÷ 16 = 4,000</li>" in text
    assert "Cara hitung" in text and "“exact”: bobot 1/9" in text


async def test_it_counts_openly_what_rules_keep_out(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=37)
    await answered(cast.counters["a"], "2026-11-05", n=3, rule="R3")
    text = (await client.get(UNIT)).text
    assert "3 dari 40" in text
    assert '<li>3 · <a href="/aturan#R3">Halaman yang sama dikirim lagi</a></li>' in text


async def test_a_service_that_asks_no_cost_is_marked_8_of_9(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["free"], "2026-11-05", n=40, biaya=None)
    text = (await client.get(UNIT)).text
    assert "8 dari 9 unsur" in row(text, "Akta kelahiran")
    assert "tidak diukur" in text


async def test_each_service_and_counter_has_its_own_index(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=40, answer=4)
    await answered(cast.counters["free"], "2026-11-05", n=5, answer=2)
    await answered(cast.counters["a_any"], "2026-11-05", n=5, answer=3)
    text = (await client.get(UNIT)).text
    assert "100,00" in row(text, "KTP elektronik")
    assert "50,00" in row(text, "Akta kelahiran") and "sedikit" in row(text, "Akta kelahiran")
    assert "75,00" in row(text, "Layanan tidak disebut")
    assert "di Mal Pelayanan Publik" in row(text, cast.counters["a_hall"].name)
    assert "100,00" in row(text, cast.counters["a"].name)


async def test_it_lists_the_units_below_it_with_their_own_indices(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["below_a"], "2026-11-05", n=40, answer=4)
    await answered(cast.counters["a"], "2026-11-05", n=40, answer=2)
    text = (await client.get(UNIT)).text
    assert "IKM <b>50,00" in text
    assert "100,00" in row(text, "UPTD Kependudukan Barat")
    assert (
        f'<a href="{UNIT}">Dinas Kependudukan</a>' in (await client.get("/unit/uptd-kependudukan-barat")).text
    )


async def test_it_shows_nothing_of_another_unit(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["b"], "2026-11-05", n=40, answer=4)
    assert "Belum ada responden pada tahun 2026." in (await client.get(UNIT)).text


async def test_its_sample_meter_says_how_many_are_missing(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=40)
    text = (await client.get(UNIT)).text
    # Krejcie and Morgan: 291 of 1,200
    assert "Tahun 2026: 40 dari 291 responden; masih kurang 251." in text


async def test_it_tells_how_to_complain(client: httpx.AsyncClient, cast: Cast) -> None:
    assert "Loket pengaduan, telepon 0812-0000-0000" in (await client.get(UNIT)).text


async def test_months_with_few_respondents_are_drawn_hollow(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-10-05", n=10)
    await answered(cast.counters["a"], "2026-11-05", n=40)
    text = (await client.get(UNIT)).text
    assert len(re.findall(r'class="dot"', text)) == 1
    assert len(re.findall(r'class="dot hollow"', text)) == 1


async def test_a_new_year_without_answers_shows_the_units_last_one(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2024-03-05", n=40)
    await answered(cast.counters["b"], "2026-03-05", n=40)
    assert "tahun 2024" in (await client.get(UNIT)).text


async def test_a_unit_without_answers_is_shown_the_next_step(client: httpx.AsyncClient, cast: Cast) -> None:
    page = await client.get(UNIT)
    assert page.status_code == 200
    assert "Petugas dapat mencetak poster QR" in page.text


async def test_a_revoked_counter_stays_only_while_it_has_answers(
    client: httpx.AsyncClient, cast: Cast, answered: Answered, database: Database, clock: Clock
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=3)
    async with database.writing() as session:
        for name in ("a", "a_any"):
            counter = await session.get(Counter, cast.counters[name].id)
            assert counter is not None
            counter.revoked_at = clock.now
    text = (await client.get(UNIT)).text
    assert "ditutup" in row(text, cast.counters["a"].name)
    assert cast.counters["a_any"].name not in text


async def test_a_closed_unit_keeps_its_page_and_says_so(
    client: httpx.AsyncClient, cast: Cast, database: Database
) -> None:
    async with database.writing() as session:
        unit = await session.get(Unit, cast.a.id)
        assert unit is not None
        unit.closed_at = instant(0)
    assert "Unit ini sudah tidak melayani." in (await client.get(UNIT)).text
    assert UNIT not in (await client.get("/")).text


async def test_an_unknown_unit_is_refused_with_a_way_on(client: httpx.AsyncClient) -> None:
    page = await client.get("/unit/tidak-ada", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "Unit tidak ditemukan" in page.text and 'role="search"' in page.text


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'O\'Neil & "Anak"'])
async def test_a_name_is_text_and_never_markup(
    client: httpx.AsyncClient, cast: Cast, database: Database, name: str
) -> None:
    async with database.writing() as session:
        unit = await session.get(Unit, cast.a.id)
        assert unit is not None
        unit.name = name
    assert name not in (await client.get(UNIT)).text


def first_sentence(text: str) -> str:
    found = re.search(r'<p class="lead">(.*?)</p>', text, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", "", found[1]).split())


def row(text: str, name: str) -> str:
    """The table row whose heading holds the name, as text."""
    rows = [part for part in re.findall(r"<tr role=\"row\".*?</tr>", text, re.DOTALL) if name in part]
    assert rows, f"no row for {name}"
    return " ".join(re.sub(r"<[^>]+>", " ", rows[0]).split())


async def test_it_joins_its_services_by_three_labelled_methods(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=30, answer=4)  # KTP: 100,00
    await answered(
        cast.counters["free"], "2026-11-05", n=10, answer=2, biaya=None
    )  # Akta: 50,00 of eight elements
    text = (await client.get(UNIT)).text
    joined = re.findall(
        r"<dt>(Rata-rata layanan|Gabungan responden|Tertimbang responden)</dt>\s*<dd><strong>([\d,]+)", text
    )
    # pooled: cost was asked of the 30 alone, so its NRR is 4; the other eight have (30×4 + 10×2) ÷ 40 = 3,5
    assert joined == [
        ("Rata-rata layanan", "75,00"),
        ("Gabungan responden", "88,89"),
        ("Tertimbang responden", "87,50"),
    ]
    assert "paling sedikit 8 dari 9 unsur" in text
