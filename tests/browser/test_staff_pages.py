"""Staff at their desk and on their phone: axe, keyboard, without script, back and reload, downloads."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pypdfium2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from server.database import Database
from server.migrations import migrate
from server.skm.tally import Tallied
from server.surveys.storage import add_to_tallies
from tests.browser.conftest import accessibility_faults
from tests.cast import PASSWORD, make_cast
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

A = "/staff/units/dinas-kependudukan"
COUNTER = "/staff/counters/{code}"
PAGES = {
    "overview": "/staff",
    "units": "/staff/units",
    "nothing found": "/staff/units?cari=warung",
    "unit": A,
    "unit edit": f"{A}/edit",
    "unit closure": f"{A}/closure",
    "service": f"{A}/services/ktp/edit",
    "counter": COUNTER,
    "counter edit": f"{COUNTER}/edit",
    "revocation": f"{COUNTER}/revocation",
    "posters": "/staff/posters",
    "import": "/staff/units/import",
    "people": "/staff/people",
    "new person": "/staff/people/new",
    "person": "/staff/people/budi",
    "audit": "/staff/audit",
    "password": "/staff/password",
}


class Office:
    """A running server with the cast; `code` opens a counter of A."""

    def __init__(self, url: str, code: str) -> None:
        self.url = url
        self.code = code

    def address(self, path: str) -> str:
        return self.url + path.format(code=self.code)


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data = tmp_path_factory.mktemp("office")
    url = f"sqlite+aiosqlite:///{data / 'loket.db'}"
    code = asyncio.run(_furnish(url))
    with ServerProcess(data, DATABASE_URL=url, LOKET_CITY="Kota Contoh") as server:
        yield Office(server.url, code)


async def _furnish(url: str) -> str:
    await migrate(url)
    database = Database(url)
    now = datetime.now(UTC)
    cast = await make_cast(database, now)
    counter = cast.counters["a"]
    day = f"{now:%Y-%m-%d}"
    sheet = [3, 3, 4, 3, 3, 4, 3, 3, 2]
    one = Tallied(counter.unit_id, counter.service_id, counter.id, day, 9, "", sheet)
    async with database.writing() as session:
        await add_to_tallies(session, [one] * 40)
    await database.close()
    return cast.code()


async def _sign_in(page: Page, office: Office, name: str) -> None:
    await page.goto(office.address("/staff/login"))
    await page.get_by_label("Nama pengguna").fill(name)
    await page.get_by_label("Kata sandi").fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").click()
    await page.wait_for_url("**/staff")


async def _opened(browser: Browser, **options: object) -> BrowserContext:
    context = await browser.new_context(locale="id-ID", **options)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    return context


@pytest_asyncio.fixture(loop_scope="session")
async def ani(browser: Browser, office: Office) -> AsyncIterator[Page]:
    """Ani at her desk."""
    context = await _opened(browser, viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await _sign_in(page, office, "ani")
    yield page
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def plain_ani(browser: Browser, office: Office) -> AsyncIterator[Page]:
    """Ani with a browser that runs no script."""
    context = await _opened(browser, java_script_enabled=False)
    page = await context.new_page()
    await _sign_in(page, office, "ani")
    yield page
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_any_page(browser: Browser, office: Office, scheme: str) -> None:
    # our own policy would keep the checker out
    size = {"width": 360, "height": 740}
    context = await _opened(browser, viewport=size, color_scheme=scheme, bypass_csp=True)
    page = await context.new_page()
    await page.goto(office.address("/staff/login"))
    faults = {"login": await accessibility_faults(page)}
    await _sign_in(page, office, "ani")
    for name, path in PAGES.items():
        await page.goto(office.address(path))
        for folded in await page.locator("details").all():
            await folded.evaluate("details => details.open = true")
        faults[name] = await accessibility_faults(page)
    await page.goto(office.address("/staff/units/new"))
    await page.get_by_role("button", name="Buat unit").click()
    faults["refused form"] = await accessibility_faults(page)
    for name, table in (("bad table", "unit;x;X;warung"), ("good table", "unit;x;X;dinas")):
        await page.goto(office.address("/staff/units/import"))
        content = f"baris;unit;nama;jenis\n{table}\n".encode()
        file = {"name": "unit.csv", "mimeType": "text/csv", "buffer": content}
        await page.get_by_label("Berkas CSV").set_input_files(file)  # type: ignore[arg-type]
        await page.get_by_role("button", name="Periksa berkas").click()
        await page.wait_for_load_state()
        faults[name] = await accessibility_faults(page)
    await context.close()
    assert {name: found for name, found in faults.items() if found} == {}


async def test_no_page_scrolls_sideways_on_the_smallest_phone(browser: Browser, office: Office) -> None:
    context = await _opened(browser, viewport={"width": 320, "height": 640})
    page = await context.new_page()
    await _sign_in(page, office, "ani")
    too_wide = []
    for name, path in PAGES.items():
        await page.goto(office.address(path))
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(name)
    await context.close()
    assert too_wide == []


async def test_a_page_loads_nothing_from_elsewhere_and_breaks_no_policy(ani: Page, office: Office) -> None:
    asked, said = [], []
    ani.on("request", lambda request: asked.append(request.url))
    ani.on("console", lambda message: said.append(message.text))
    for path in PAGES.values():
        await ani.goto(office.address(path))
    assert [url for url in asked if not url.startswith(office.url)] == []
    assert said == []


async def test_signing_in_takes_the_keyboard_alone(browser: Browser, office: Office) -> None:
    context = await _opened(browser)
    page = await context.new_page()
    await page.goto(office.address("/staff/units"))
    await page.get_by_label("Nama pengguna").focus()
    await page.keyboard.type("budi")
    await page.keyboard.press("Tab")
    await page.keyboard.type("salah sekali")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("tidak cocok")
    await expect(page.get_by_label("Nama pengguna")).to_have_value("budi")
    await expect(page.get_by_label("Kata sandi")).to_have_value("")
    await page.get_by_label("Kata sandi").focus()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/staff/units")
    await context.close()


async def test_the_error_summary_leads_to_the_field(ani: Page, office: Office) -> None:
    await ani.goto(office.address("/staff/units/new"))
    await ani.get_by_label("Alamat", exact=True).fill("Jalan Merdeka 1")
    await ani.get_by_role("button", name="Buat unit").click()
    await ani.get_by_role("alert").get_by_role("link", name="Nama unit perlu diisi.").click()
    await expect(ani.get_by_label("Nama unit")).to_be_focused()
    await expect(ani.get_by_label("Nama unit")).to_have_attribute("aria-invalid", "true")
    await expect(ani.get_by_label("Alamat", exact=True)).to_have_value("Jalan Merdeka 1")


async def test_a_unit_with_service_and_counter_is_made_without_script(
    plain_ani: Page, office: Office
) -> None:
    page = plain_ani
    await page.goto(office.address("/staff/units/new"))
    await page.get_by_label("Nama unit").fill("Dinas Sosial")
    await page.get_by_label("Jenis").select_option("Dinas")
    await page.get_by_role("button", name="Buat unit").click()
    await page.wait_for_url("**/staff/units/dinas-sosial?**")
    await expect(page.get_by_role("status")).to_contain_text("Unit sudah dibuat")
    await page.get_by_role("link", name="Tambah layanan").click()
    await page.get_by_label("Nama layanan").fill("Santunan")
    await page.get_by_role("button", name="Tambah layanan").click()
    await page.get_by_role("link", name="Tambah loket").click()
    await page.get_by_label("Nama loket").fill("Loket 1")
    await page.get_by_label("Layanan").select_option("Santunan")
    await page.get_by_role("button", name="Tambah loket").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Loket 1")
    await page.get_by_role("link", name="Cabut kode").click()
    await page.get_by_label("Alasan").fill("poster hilang")
    await page.get_by_role("button", name="Cabut kode").click()
    await expect(page.get_by_role("status")).to_contain_text("kode penggantinya")


async def test_reloading_and_going_back_after_saving_saves_nothing_twice(ani: Page, office: Office) -> None:
    await ani.goto(office.address(f"{A}/counters/new"))
    await ani.get_by_label("Nama loket").fill("Loket Sekali")
    await ani.get_by_role("button", name="Tambah loket").click()
    await ani.wait_for_url("**/staff/counters/**")
    await ani.reload()
    await ani.go_back(wait_until="commit")
    await ani.go_forward(wait_until="commit")
    await ani.goto(office.address(A))
    await expect(ani.get_by_role("link", name="Loket Sekali")).to_have_count(1)


async def test_the_first_password_is_shown_once_and_opens_the_house(
    ani: Page, browser: Browser, office: Office
) -> None:
    await ani.goto(office.address("/staff/people/new"))
    await ani.get_by_label("Nama", exact=True).fill("Hana")
    await ani.get_by_label("Nama pengguna").fill("hana")
    await ani.get_by_label("Unit", exact=True).select_option("Puskesmas Melati")
    await ani.get_by_role("button", name="Buat akun").click()
    password = await ani.locator("strong.copy").inner_text()
    await ani.reload()
    await expect(ani.locator("strong.copy")).to_have_count(0)
    context = await _opened(browser)
    page = await context.new_page()
    await page.goto(office.address("/staff/login"))
    await page.get_by_label("Nama pengguna").fill("hana")
    await page.get_by_label("Kata sandi").fill(password)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Puskesmas Melati")
    await context.close()


async def test_nobody_sees_the_last_page_by_the_back_button_after_signing_out(
    browser: Browser, office: Office
) -> None:
    context = await _opened(browser, viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await _sign_in(page, office, "budi")
    await page.goto(office.address("/staff/units"))
    await page.get_by_role("button", name=re.compile("Keluar")).click()
    await expect(page.get_by_role("status")).to_have_text("Anda sudah keluar.")
    await page.go_back(wait_until="commit")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Masuk")
    await context.close()


async def test_a_table_of_units_is_tried_and_then_imported_without_script(
    plain_ani: Page, office: Office
) -> None:
    page = plain_ani
    await page.goto(office.address("/staff/units/import"))
    table = "baris;unit;nama;jenis\nunit;dinas-pasar;Dinas Pasar;dinas\nloket;Dinas Pasar;Loket 1;\n"
    file = {"name": "unit.csv", "mimeType": "text/csv", "buffer": table.encode("windows-1252")}
    await page.get_by_label("Berkas CSV").set_input_files(file)  # type: ignore[arg-type]
    await page.get_by_role("button", name="Periksa berkas").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Berkas siap diimpor")
    await page.get_by_role("button", name="Simpan semua").click()
    await expect(page.get_by_role("status").first).to_contain_text("Impor selesai: 2 baris")
    await expect(page.get_by_role("link", name="Dinas Pasar")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
async def test_chosen_posters_are_downloaded(browser: Browser, office: Office, script: bool) -> None:
    context = await _opened(browser, java_script_enabled=script, viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await _sign_in(page, office, "citra")
    await page.goto(office.address("/staff/posters?pilih=semua"))
    await page.get_by_label("A5").check()
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Unduh yang dipilih").click()
    file = await started.value
    assert file.suggested_filename == "poster-puskesmas-melati-a5.pdf"
    assert len(pypdfium2.PdfDocument(await file.path())) == 1
    await context.close()


async def test_the_button_says_that_a_long_print_is_being_made(ani: Page, office: Office) -> None:
    await ani.goto(office.address("/staff/posters"))
    waiting = asyncio.Event()

    async def slowly(route):  # type: ignore[no-untyped-def]
        await waiting.wait()
        await route.continue_()

    await ani.route("**/staff/posters.pdf*", slowly)
    button = ani.get_by_role("button", name=re.compile("Unduh semua|Menyiapkan"))
    async with ani.expect_download() as started:
        await button.click()
        await expect(button).to_have_text("Menyiapkan PDF …")
        await expect(button).to_have_attribute("aria-busy", "true")
        waiting.set()
    assert (await started.value).suggested_filename.endswith("-loket-a4.pdf")
    await expect(button).to_have_text(re.compile("Unduh semua"))


async def test_asking_for_no_poster_says_what_to_choose(ani: Page, office: Office) -> None:
    await ani.goto(office.address("/staff/posters"))
    await ani.get_by_role("button", name="Unduh yang dipilih").click()
    await expect(ani.get_by_role("alert")).to_contain_text("Pilih paling sedikit satu loket.")
