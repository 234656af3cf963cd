"""An inspector's day with the app in Chromium: installed, three visits offline, killed in the middle, all sent."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Error, Page, Playwright, async_playwright, expect

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.cast import PASSWORD
from tests.faults.field import Office, Phone, settled

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

VISITS, PHOTOS = 3, 20
PER_INDICATOR = 5


@pytest_asyncio.fixture(loop_scope="session")
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    (tmp_path / "office").mkdir()
    async with Office(tmp_path / "office") as office:
        yield office


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """As a phone's camera makes them, one with all its pixels; no two alike."""
    folder = tmp_path_factory.mktemp("pictures")
    chance = random.Random(20261122)
    made = []
    for number in range(VISITS * PHOTOS):
        size = (4000, 3000) if number == 0 else (320, 240)
        coarse = Image.frombytes("RGB", (40, 30), chance.randbytes(3600))
        path = folder / f"IMG_{number:04}.jpg"
        coarse.resize(size, Image.Resampling.BICUBIC).save(path, quality=90)
        made.append(path)
    return made


class Handset:
    """A phone whose browser can be killed and opened again."""

    def __init__(self, playwright: Playwright, profile: Path, base: str) -> None:
        self._playwright = playwright
        self._profile = profile
        self._base = base
        self.page: Page

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Page]:
        context = await self._playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=CHROMIUM,
            args=FLAGS,
            viewport={"width": 360, "height": 740},
            locale="id-ID",
            timezone_id="Asia/Jakarta",
            has_touch=True,
        )
        context.set_default_timeout(15_000)
        expect.set_options(timeout=15_000)
        page = context.pages[0]
        await page.goto(f"{self._base}/app/")
        yield page
        with suppress(Error):  # it may have been killed
            await context.close()

    def kill(self) -> None:
        """As a phone's system does when it needs the memory: every process of it, without a word."""
        for found in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                is_ours = f"--user-data-dir={self._profile}".encode() in found.read_bytes()
            except OSError:
                continue
            if is_ours:
                os.kill(int(found.parent.name), signal.SIGKILL)


async def sign_in(page: Page, username: str) -> None:
    await page.get_by_label("Nama pengguna").fill(username)
    await page.get_by_label("Kata sandi").fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").tap()
    await expect(page.locator("a[href^='#/begin/']")).to_have_count(VISITS)


async def is_installed(page: Page) -> None:
    """Chromium would put it on the home screen, and the service worker answers for it."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    while not await page.evaluate("!!navigator.serviceWorker.controller"):
        await page.wait_for_timeout(50)
    devtools = await page.context.new_cdp_session(page)
    manifest = await devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/app/manifest.webmanifest")
    assert (await devtools.send("Page.getInstallabilityErrors"))["installabilityErrors"] == []


async def begin(page: Page) -> None:
    """Opens the first visit that was not begun, at its first indicator."""
    await page.locator("a[href^='#/begin/']").first.tap()
    await page.get_by_role("button", name="Mulai kunjungan").tap()
    await page.get_by_role("link", name="Mulai", exact=True).tap()


async def answer(page: Page, photos: list[Path]) -> None:
    """Answers the indicator at hand, with photos where it takes them; waits until all of it is on the phone."""
    await expect(page.get_by_role("heading", name="Bukti", exact=True)).to_be_visible()
    found = "Ada" if photos else "Tidak ada"
    await page.locator("label.choice", has=page.get_by_text(found, exact=True)).tap()
    if photos:
        await page.locator("input[type=file][multiple]").set_input_files(photos)
        await expect(page.locator("ul.photos img")).to_have_count(len(photos), timeout=60_000)
    await expect(page.get_by_text("Tersimpan di ponsel")).to_be_visible()
    await page.wait_for_timeout(150)


async def go_on(page: Page) -> None:
    """To the next indicator, or to the end of the list."""
    here = page.url
    await page.locator("footer.thumb a.button").last.tap()
    await page.wait_for_url(lambda url: url != here)


async def hand_in(page: Page) -> None:
    await page.get_by_role("button", name="Ya, serahkan").tap()
    await expect(page.get_by_role("heading", name="Belum terkirim")).to_be_visible()
    await page.get_by_role("link", name="Beranda").tap()


WANTS_PHOTO = ("2", "4", "5", "6")
"""Indicators of the local checklist that ask for a photo; the two others are not there."""


async def walk(
    page: Page, photos: list[Path], indicators: tuple[str, ...] = ("1", "2", "3", "4", "5", "6")
) -> None:
    left = list(photos)
    for key in indicators:
        shown = [left.pop(0) for _ in range(PER_INDICATOR)] if key in WANTS_PHOTO else []
        await answer(page, shown)
        if key != indicators[-1] or key == "6":
            await go_on(page)


async def test_three_visits_offline_a_killed_browser_and_everything_arrives(
    browser: Browser, office: Office, pictures: list[Path], tmp_path: Path
) -> None:
    eka = await office.inspector(VISITS)
    first, second, third = (pictures[n * PHOTOS : (n + 1) * PHOTOS] for n in range(VISITS))
    async with async_playwright() as playwright:
        handset = Handset(playwright, tmp_path / "profile", office.server.url)
        async with handset.opened() as page:
            await sign_in(page, eka)
            await is_installed(page)
        await asyncio.to_thread(office.server.stop)
        async with handset.opened() as page:
            await expect(page.get_by_role("heading", name="Kunjungan Anda")).to_be_visible()
            await begin(page)
            await walk(page, first)
            await hand_in(page)
            await begin(page)
            await walk(page, second, ("1", "2", "3", "4"))
            assert page.url.endswith("/at/4")
            handset.kill()
        async with handset.opened() as page:
            # it opens at the indicator it was at, with the photos that were taken there
            await page.wait_for_url("**/at/4")
            await expect(page.locator("ul.photos img")).to_have_count(PER_INDICATOR)
            await go_on(page)
            await walk(page, second[2 * PER_INDICATOR :], ("5", "6"))
            await hand_in(page)
            await begin(page)
            await walk(page, third)
            await hand_in(page)
            await expect(page.get_by_role("link", name="Belum terkirim (3)")).to_be_visible()
            await asyncio.to_thread(office.server.start)
            await page.get_by_role("link", name="Belum terkirim (3)").tap()
            await page.get_by_role("button", name="Kirim sekarang").tap()
            await expect(page.get_by_role("link", name="Belum terkirim (0)")).to_be_visible(timeout=60_000)
            await expect(
                page.get_by_text("Semua yang diserahkan dari ponsel ini sudah ada di server.")
            ).to_be_visible()
            phone = await Phone(page).ready()
            await settled(office, eka, phone, VISITS)
            kept = {sha256 for item in await phone.items() for sha256 in item["photos"]}
    assert len(kept) == VISITS * PHOTOS
    await office.verified()
