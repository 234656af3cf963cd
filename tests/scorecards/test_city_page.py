"""The city's page and its search, as anybody sees them."""

import re

import httpx
import pytest

from tests.cast import Cast
from tests.scorecards.conftest import Answered


async def test_its_first_sentence_tells_the_index_and_how_units_were_joined(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=30, answer=4)
    await answered(cast.counters["b"], "2026-11-06", n=10, answer=3, sarana=2)
    page = await client.get("/")
    assert page.status_code == 200
    # 100 and 72.22 once each; the pooled sarana is (30 × 4 + 10 × 2) / 40
    assert "IKM <b>86,11 (B, Baik)</b>: rata-rata dari 2 unit, 40 responden, tahun 2026." in page.text
    assert "Paling lemah: <b>Sarana 3,50</b>." in page.text


async def test_it_shows_three_methods_each_with_its_label(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=30, answer=4)
    await answered(cast.counters["b"], "2026-11-06", n=10, answer=3)
    text = (await client.get("/")).text
    cards = dict(re.findall(r"<h3>([^<]+)</h3>\s*<p class=\"figure\"><strong>([^<]+)</strong>", text))
    assert cards == {
        "Rata-rata unit": "87,50",
        "Gabungan responden": "93,75",
        "Tertimbang responden": "93,75",
    }


async def test_it_lists_units_from_the_highest_index_with_those_without_answers_last(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=30, answer=3)
    await answered(cast.counters["b"], "2026-11-06", n=30, answer=4)
    assert await listed(client, "/") == [
        "puskesmas-melati",
        "dinas-kependudukan",
        "mal-pelayanan-publik",
        "uptd-kependudukan-barat",
    ]
    assert (await listed(client, "/?urut=indeks"))[:2] == ["dinas-kependudukan", "puskesmas-melati"]


async def test_its_list_keeps_to_one_kind_when_asked(client: httpx.AsyncClient, cast: Cast) -> None:
    assert await listed(client, "/?jenis=puskesmas") == ["puskesmas-melati"]


async def test_it_shows_the_period_asked_for_and_keeps_it_on_the_way_to_a_unit(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-02-05", n=30, answer=2)
    await answered(cast.counters["a"], "2026-11-05", n=30, answer=4)
    text = (await client.get("/?periode=2026-Q1")).text
    assert "IKM <b>50,00 (D, Tidak baik)</b>: rata-rata dari 1 unit, 30 responden, Triwulan I 2026." in text
    assert 'href="/unit/dinas-kependudukan?periode=2026-Q1"' in text


async def test_a_new_year_without_answers_shows_the_last_one(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2025-03-05", n=30, answer=4)
    assert "30 responden, tahun 2025." in (await client.get("/")).text


async def test_a_city_without_answers_says_so(client: httpx.AsyncClient, cast: Cast) -> None:
    assert "Belum ada responden pada tahun 2026." in (await client.get("/")).text


async def test_a_city_without_units_tells_how_to_begin(client: httpx.AsyncClient) -> None:
    assert "Belum ada unit di sini" in (await client.get("/")).text


@pytest.mark.parametrize("query", ["periode=2026-13", "dari=2026-11-22&sampai=2026-11-01", "dari=kemarin"])
async def test_it_refuses_a_period_that_is_none(client: httpx.AsyncClient, query: str) -> None:
    page = await client.get(f"/?{query}", headers={"Accept": "text/html"})
    assert page.status_code == 422
    assert "Periode tidak dikenali" in page.text


async def test_search_leads_to_the_unit_and_to_the_service(client: httpx.AsyncClient, cast: Cast) -> None:
    text = (await client.get("/", params={"cari": "ktp"})).text
    assert 'href="/unit/dinas-kependudukan"' in text
    assert 'href="/unit/dinas-kependudukan#layanan-ktp"' in text
    assert "puskesmas-melati" not in text


async def test_search_that_finds_nothing_says_what_to_try(client: httpx.AsyncClient, cast: Cast) -> None:
    text = (await client.get("/", params={"cari": "<b>paspor"})).text
    assert "Tidak ada yang cocok dengan “&lt;b&gt;paspor”" in text


async def test_it_needs_no_cookie_and_no_inline_script_or_style(
    client: httpx.AsyncClient, cast: Cast, answered: Answered
) -> None:
    await answered(cast.counters["a"], "2026-11-05", n=3)
    page = await client.get("/")
    assert "set-cookie" not in page.headers
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=\"/static/)", page.text)


async def listed(client: httpx.AsyncClient, address: str) -> list[str]:
    return re.findall(r'class="unit"><a href="/unit/([^"?]+)', (await client.get(address)).text)
