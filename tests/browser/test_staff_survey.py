"""Staff at work with the survey: on a phone and a desk, with the keyboard alone, and without any script."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from server.database import Database
from server.migrations import migrate
from tests.browser.conftest import accessibility_faults
from tests.cast import PASSWORD, any_id, make_cast, sheet
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

KEDIRI = Path(__file__).parent.parent / "published" / "kediri_app_2024.csv"


class Office(NamedTuple):
    """A running server, a counter of unit A, and one of unit B."""

    base: str
    a: str
    b: str


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data = tmp_path_factory.mktemp("office")
    url = f"sqlite+aiosqlite:///{data / 'loket.db'}"
    a, b = asyncio.run(_furnish(url))
    with ServerProcess(data, DATABASE_URL=url, LOKET_CITY="Kota Contoh") as server:
        for number in range(12):
            # without the mark of a page: stored, and kept out by rule R1
            body = sheet(a, 1 + number % 4, comment=f"Tanpa tanda {number}")
            httpx.put(f"{server.url}/api/responses/{any_id()}", json=body).raise_for_status()
        table = data / "jawaban.csv"
        year = datetime.now(UTC).year
        rows = [f"3,4,{1 + day % 4},Antrean panjang,{year}-01-{day:02}" for day in range(1, 29)]
        table.write_text("persyaratan,biaya,sarana,saran,tanggal\n" + "\n".join(rows))
        imported = server.command("import", "responses", str(table), "--counter", a)
        assert imported.returncode == 0, imported.stderr
        yield Office(server.url, a, b)


async def _furnish(url: str) -> tuple[str, str]:
    await migrate(url)
    database = Database(url)
    cast = await make_cast(database, datetime(2026, 1, 1, tzinfo=UTC))
    await database.close()
    return cast.code("a"), cast.code("b")


async def signed_in(context: BrowserContext, office: Office, name: str = "ani") -> Page:
    context.set_default_timeout(10_000)
    page = await context.new_page()
    await page.goto(f"{office.base}/staff/login")
    await page.get_by_label("Nama pengguna").fill(name)
    await page.get_by_label("Kata sandi").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{office.base}/staff")
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def ani(browser: Browser, office: Office) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="id-ID")
    yield await signed_in(context, office)
    await context.close()


def pages(office: Office) -> list[str]:
    return [
        "/staff/responses",
        "/staff/responses?saluran=kiosk",
        "/staff/units/dinas-kependudukan/pengolahan",
        "/staff/units/puskesmas-melati/pengolahan",
        "/staff/exclusions",
        "/staff/exclusions?hitung=R5",
        "/staff/import",
        "/staff/entry",
        f"/staff/entry?loket={office.a}&tanggal=2026-01-05&jam=pagi",
        "/staff/convention",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_and_no_page_scrolls_sideways(
    browser: Browser, office: Office, scheme: str
) -> None:
    context = await browser.new_context(
        viewport={"width": 320, "height": 700},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale="id-ID",
        # our own policy would keep the checker out
        bypass_csp=True,
    )
    page = await signed_in(context, office)
    for address in pages(office):
        await page.goto(office.base + address)
        for folded in await page.locator("main details").all():
            await folded.evaluate("details => details.open = true")
        assert await accessibility_faults(page) == [], address
        for width in (320, 360, 768, 1280):
            await page.set_viewport_size({"width": width, "height": 700})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)
    await context.close()


async def test_a_paper_sheet_is_typed_without_leaving_the_keyboard(ani: Page, office: Office) -> None:
    await ani.goto(f"{office.base}/staff/entry?loket={office.b}&tanggal=2026-01-05&jam=pagi")
    await expect(ani.get_by_label("1. Persyaratan")).to_be_focused()
    await ani.keyboard.type("34")
    await expect(ani.get_by_label("3. Waktu")).to_be_focused()
    await ani.keyboard.press("Backspace")
    await expect(ani.get_by_label("2. Prosedur")).to_be_focused()
    await ani.keyboard.type("23b4d21")
    await expect(ani.get_by_label("9. Pengaduan")).to_be_focused()
    await ani.keyboard.type("4")
    await expect(ani.get_by_label("Usia")).to_be_focused()
    await ani.keyboard.type("41")
    await ani.keyboard.press("Enter")
    await expect(ani.get_by_role("status")).to_contain_text("1 lembar tersimpan.")
    await expect(ani.get_by_label("1. Persyaratan")).to_be_focused()
    await expect(ani.get_by_label("1. Persyaratan")).to_have_value("")
    await expect(ani.get_by_label("Tanggal survei")).to_have_value("2026-01-05")
    counts = httpx.get(f"{office.base}/api/units/puskesmas-melati/index").json()["elements"]
    assert {key: element["total"] for key, element in counts.items()} == {
        "persyaratan": 3,
        "prosedur": 2,
        "waktu": 3,
        "biaya": 2,
        "produk": 4,
        "kompetensi": 4,
        "perilaku": 2,
        "sarana": 1,
        "pengaduan": 4,
    }


async def test_everything_is_done_without_a_script(browser: Browser, office: Office) -> None:
    """A file with U1 to U9 is refused, its order chosen without choosing the file again, checked and stored."""
    context = await browser.new_context(java_script_enabled=False, locale="id-ID")
    page = await signed_in(context, office)
    await page.goto(f"{office.base}/staff/import")
    await page.get_by_label("Loket").fill(office.b)
    await page.get_by_label("Berkas CSV").set_input_files(KEDIRI)
    await page.get_by_role("button", name="Periksa tabel").click()
    await expect(page.locator("#urutan-error")).to_contain_text("Pilih urutannya")
    await expect(page.get_by_text("Berkas kediri_app_2024.csv masih ada")).to_be_visible()
    await page.get_by_label("Urutan U1 sampai U9 pada tabel").select_option("questionnaire")
    await page.get_by_role("button", name="Periksa tabel").click()
    await expect(page.get_by_text("77,50")).to_be_visible()
    await page.get_by_role("button", name="Simpan 20 jawaban").click()
    await expect(page.get_by_text("20 jawaban baru")).to_be_visible()

    await page.goto(f"{office.base}/staff/exclusions?unit=dinas-kependudukan&hitung=R1")
    for box in (await page.get_by_role("checkbox", name="Loket").all())[:2]:
        await box.check()
    await page.get_by_role("button", name="Hitung kembali").click()
    await expect(page.get_by_text("2 jawaban yang sekarang tidak dihitung akan dihitung.")).to_be_visible()
    await page.get_by_role("button", name="Ya, hitung kembali").click()
    await expect(page.locator("#alasan-error")).to_be_visible()
    await page.get_by_label("Alasan").fill("Warga datang sendiri ke bagian kami.")
    await page.get_by_role("button", name="Ya, hitung kembali").click()
    await expect(page.get_by_role("status")).to_contain_text("2 jawaban kini dihitung.")
    await page.get_by_label("Dihitung atau tidak").select_option("ya")
    await page.get_by_label("Hanya yang sudah ditinjau").check()
    await page.get_by_role("button", name="Tampilkan").last.click()
    await page.get_by_role("link", name="Riwayat").first.click()
    await expect(page.get_by_text("Warga datang sendiri ke bagian kami.")).to_be_visible()
    await context.close()


async def test_the_pages_keep_to_their_policy(ani: Page, office: Office) -> None:
    said: list[str] = []
    ani.on("console", lambda message: said.append(message.text))
    for address in pages(office):
        await ani.goto(office.base + address)
    assert said == []
