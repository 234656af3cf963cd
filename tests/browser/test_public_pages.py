"""Anybody reads the public pages: on a small phone, in the dark, with a keyboard, without script, on paper."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from server.database import Database
from server.migrations import migrate
from server.skm.tally import Tallied
from server.surveys.storage import add_to_tallies
from tests.browser.conftest import accessibility_faults
from tests.cast import make_cast
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

KEDIRI = Path(__file__).parent.parent / "published" / "kediri_app_2024.csv"
UNIT = "/unit/dinas-kependudukan?periode=2026"
PAGES = {
    "city": "/?periode=2026",
    "search": "/?cari=ktp",
    "nothing found": "/?cari=paspor",
    "unit": UNIT,
    "few answers": "/unit/puskesmas-melati?periode=2026",
    "no answers": "/unit/mal-pelayanan-publik",
    "rules": "/aturan",
    "table": "/hitung",
    "totals": "/hitung?cara=jumlah",
    "api": "/api",
    "refusal": "/unit/tidak-ada",
}


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a city with a year of answers in one unit, three in another, and none in the others."""
    data = tmp_path_factory.mktemp("public")
    url = f"sqlite+aiosqlite:///{data / 'loket.db'}"
    asyncio.run(_furnish(url))
    with ServerProcess(data, DATABASE_URL=url, LOKET_CITY="Kota Contoh") as server:
        yield server.url


async def _furnish(url: str) -> None:
    await migrate(url)
    database = Database(url)
    cast = await make_cast(database, datetime(2026, 11, 20, 3, 0, tzinfo=UTC))
    answers: list[Tallied] = []
    for month in range(1, 12):
        for name, sheet in (("a", [3, 3, 4, 3, 3, 4, 3, 3, 2]), ("free", [3, 4, 3, None, 3, 4, 4, 2, 3])):
            counter = cast.counters[name]
            day = f"2026-{month:02}-05"
            one = Tallied(counter.unit_id, counter.service_id, counter.id, day, 9, "", sheet)
            answers += [one] * (12 + month) + [one._replace(rule="R2")]
    b = cast.counters["b"]
    answers += [Tallied(b.unit_id, b.service_id, b.id, "2026-11-05", 9, "", [1, 2, 3, 4, 1, 2, 3, 4, 1])] * 3
    async with database.writing() as session:
        await add_to_tallies(session, answers)
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="id-ID")
    context.set_default_timeout(10_000)
    yield await context.new_page()
    await context.close()


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(browser: Browser, public: str, address: str, scheme: str) -> None:
    # our own policy would keep the checker out
    context = await browser.new_context(
        viewport={"width": 360, "height": 740},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale="id-ID",
        bypass_csp=True,
    )
    page = await context.new_page()
    await page.goto(public + address)
    for folded in await page.locator("details").all():
        await folded.evaluate("details => details.open = true")
    assert await accessibility_faults(page) == []
    await context.close()


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
async def test_no_page_scrolls_sideways(browser: Browser, public: str, address: str) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 700}, locale="id-ID")
    page = await context.new_page()
    await page.goto(public + address)
    for width in (320, 360, 768, 1280):
        await page.set_viewport_size({"width": width, "height": 700})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()


async def test_pages_load_nothing_from_outside_and_keep_to_their_policy(desk: Page, public: str) -> None:
    asked: list[str] = []
    said: list[str] = []
    desk.on("request", lambda request: asked.append(request.url))
    desk.on("console", lambda message: said.append(message.text))
    for name in ("city", "unit", "rules", "table", "api"):
        await desk.goto(public + PAGES[name])
    assert [url for url in asked if not url.startswith(public)] == []
    assert said == []
    assert await desk.context.cookies() == []


async def test_the_keyboard_alone_finds_a_unit(desk: Page, public: str) -> None:
    await desk.goto(public)
    await desk.keyboard.press("Tab")
    await expect(desk.get_by_role("link", name="Langsung ke isi")).to_be_focused()
    await desk.keyboard.press("Enter")
    await desk.keyboard.press("Tab")
    await expect(desk.get_by_role("searchbox")).to_be_focused()
    await desk.keyboard.type("ktp")
    await desk.keyboard.press("Enter")
    await desk.wait_for_url("**/?cari=ktp")
    await desk.get_by_role("link", name="KTP elektronik").focus()
    await desk.keyboard.press("Enter")
    await desk.wait_for_url("**/unit/dinas-kependudukan#layanan-ktp")


async def test_everything_works_without_a_script(browser: Browser, public: str) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="id-ID")
    page = await context.new_page()
    await page.goto(public + UNIT)
    await page.get_by_label("Periode").select_option("2026-Q1")
    await page.get_by_role("button", name="Tampilkan").first.click()
    await expect(page.get_by_text("Triwulan I 2026").first).to_be_visible()
    await page.get_by_text("Bagaimana angka ini dihitung?").click()
    await expect(page.get_by_text("persyaratan (U1):")).to_be_visible()
    await expect(page.get_by_role("button", name="Cetak halaman ini")).to_be_hidden()
    await context.close()


async def test_a_picture_has_its_numbers_in_a_table_beside_it(desk: Page, public: str) -> None:
    await desk.goto(public + UNIT)
    pictures = desk.get_by_role("img", name="Nilai rata-rata tiap unsur, dari 1 sampai 4")
    await expect(pictures).to_have_count(1)
    await expect(desk.get_by_role("table").filter(has_text="Rata-rata (NRR)")).to_be_hidden()
    await desk.get_by_text("Lihat angka").first.click()
    await expect(desk.get_by_role("table").filter(has_text="Rata-rata (NRR)")).to_be_visible()


async def test_an_official_computes_a_file_and_reads_the_steps(desk: Page, public: str) -> None:
    await desk.goto(f"{public}/hitung")
    await desk.get_by_label("atau berkas CSV").set_input_files(KEDIRI)
    await desk.get_by_role("button", name="Hitung").click()
    # the table numbers its elements: without the order there is no safe guess
    await expect(desk.get_by_role("alert")).to_contain_text("U1 sampai U9")
    await desk.get_by_label("Urutan U1 sampai U9").select_option("questionnaire")
    await desk.get_by_role("button", name="Hitung").click()
    await expect(desk.get_by_text("IKM 77,50 (B, Baik) dari 20 responden.")).to_be_visible()
    await expect(desk.get_by_text("IKM: 3,1 × 25 = 77,5")).to_be_visible()


async def test_paper_shows_what_was_folded_and_where_it_comes_from(desk: Page, public: str) -> None:
    await desk.goto(public + UNIT)
    pdf = pypdfium2.PdfDocument(await desk.pdf(prefer_css_page_size=True))
    width, height = pdf[0].get_size()
    assert (round(width), round(height)) == (595, 842)
    text = " ".join("".join(pdf[i].get_textpage().get_text_range() for i in range(len(pdf))).split())
    assert "Dibulatkan ke 2 desimal" in text
    assert "Sumber: jawaban Survei Kepuasan Masyarakat" in text
    assert "Tampilkan" not in text and "Cetak halaman ini" not in text
