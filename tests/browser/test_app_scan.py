"""Which place a counter's code belongs to, typed or read from a picture of its poster."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.inspector import photo
from tests.browser.poster import counter_of, picture, poster, snapped

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CODE_OF_A = """import('/app/offline/work.js').then((work) => work.assignments())
  .then(([{ unit }]) => unit.counters[0].code)"""

DETECTOR = """void (window.BarcodeDetector = class {
  static getSupportedFormats = async () => %s;
  async detect(picture) {
    await createImageBitmap(picture);
    window.looked = (window.looked || 0) + 1;
    %s
  }
});"""
"""The browser's own reader, by the standard's interface."""


@pytest_asyncio.fixture(loop_scope="session")
async def code(page: Page) -> AsyncIterator[str]:
    """Of a counter of unit A; the page is where it is asked for."""
    found = await page.evaluate(CODE_OF_A)
    await page.get_by_role("link", name="Pindai QR loket").click()
    yield found


async def is_at_a(page: Page) -> None:
    """The list shows the places of unit A and no other, because several await a visit there."""
    await expect(page.get_by_role("searchbox")).to_have_value("Dinas Kependudukan")
    await expect(page.get_by_role("link", name=re.compile("F-02")).first).to_be_visible()


async def take(page: Page, content: bytes) -> None:
    await page.get_by_label("Potret QR").set_input_files(picture(content))


async def test_a_poster_on_the_wall_leads_to_its_unit(page: Page, code: str, field: str) -> None:
    assert not await page.evaluate("'BarcodeDetector' in window && BarcodeDetector.getSupportedFormats()")
    await take(page, snapped(poster(field, code)))
    await is_at_a(page)


async def test_a_picture_without_a_code_says_what_to_do(page: Page, code: str) -> None:
    await page.get_by_label("Potret QR").set_input_files(photo())
    await expect(page.get_by_role("alert")).to_contain_text("QR tidak terbaca.")
    await take(page, b"no picture")
    await expect(page.get_by_role("alert")).to_contain_text("QR tidak terbaca.")


async def test_a_counter_of_somebody_elses_unit_says_so(page: Page, code: str, field: str) -> None:
    await take(page, snapped(poster(field, counter_of(field, "fajar", "puskesmas-melati"))))
    await expect(page.get_by_role("alert")).to_contain_text("bukan milik unit yang ditugaskan kepada Anda")


@pytest.mark.parametrize(
    ("formats", "then", "looked"),
    [
        ("['qr_code', 'ean_13']", "return [{ rawValue: 'HTTPS://LOKET.TEST/S/%s' }];", 1),
        ("['qr_code']", "return [];", 1),
        ("['qr_code']", "throw new DOMException('no service', 'NotSupportedError');", 1),
        ("['ean_13']", "return [];", None),
    ],
    ids=["finds it", "finds nothing", "rejects", "reads other codes"],
)
async def test_the_browsers_own_reader_looks_first(
    page: Page, code: str, field: str, formats: str, then: str, looked: int | None
) -> None:
    found = "rawValue" in then
    await page.evaluate(DETECTOR % (formats, then % code if found else then))
    if found:
        await page.get_by_label("Potret QR").set_input_files(photo())
    else:
        await take(page, snapped(poster(field, code)))
    await is_at_a(page)
    assert await page.evaluate("window.looked") == looked


async def test_a_typed_code_finds_its_unit_or_says_why_not(page: Page, code: str) -> None:
    typed = page.get_by_label("Kode loket")
    await typed.fill("K7M 2Q7")
    await page.get_by_role("button", name="Buka").click()
    await expect(page.get_by_role("alert")).to_contain_text("Kode ini tidak cocok")
    await expect(typed).to_have_accessible_description(re.compile("Kode ini tidak cocok"))
    await typed.fill(f"https://loket.test/S/{code.lower()}")
    await page.get_by_role("button", name="Buka").click()
    await is_at_a(page)
