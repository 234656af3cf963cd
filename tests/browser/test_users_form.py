"""Dewi opens the users' form by its QR code: on a small phone, with a keyboard, in the dark, without script."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from server.database import Database
from server.migrations import migrate
from tests.browser.conftest import accessibility_faults
from tests.cast import make_cast
from tests.inspections.makers import Round
from tests.server_process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

THANKS = "Terima kasih. Jawaban Anda sudah kami terima."


class Forms(NamedTuple):
    """A running server with an evaluation: its address, and the code of unit A's form."""

    base: str
    code: str

    @property
    def address(self) -> str:
        """As the QR code has it."""
        return f"{self.base}/F/{self.code}"


@pytest.fixture(scope="session")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forms]:
    data = tmp_path_factory.mktemp("forms")
    url = f"sqlite+aiosqlite:///{data / 'loket.db'}"
    code = asyncio.run(_furnish(url))
    # the browser is faster than whoever reads the statements
    with ServerProcess(data, DATABASE_URL=url, LOKET_CITY="Kota Contoh", LOKET_LIMITS="off") as server:
        yield Forms(server.url, code)


async def _furnish(url: str) -> str:
    await migrate(url)
    database = Database(url)
    now = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    round_ = await Round(database, await make_cast(database, now), now).begin("pekppp/2022")
    await database.close()
    return round_.codes["a"]


async def opened(phone: BrowserContext, forms: Forms, language: str = "id") -> Page:
    page = await phone.new_page()
    await page.goto(f"{forms.address}?lang={language}")
    return page


async def tick(page: Page, statement: int, value: int) -> None:
    # a person taps the number, not the radio button behind it
    await page.locator(f"label:has([name=q-{statement}][value='{value}'])").click()


async def ticked(page: Page) -> dict[str, str]:
    chosen = page.locator("input:checked")
    return {await one.get_attribute("name") or "": await one.input_value() for one in await chosen.all()}


async def test_it_takes_the_answers_and_thanks(phone: BrowserContext, forms: Forms) -> None:
    page = await opened(phone, forms)
    for statement in range(1, 14):
        await tick(page, statement, 4)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_role("heading", name=THANKS)).to_be_visible()
    await expect(page.get_by_text("ikut dihitung dalam penilaian Dinas Kependudukan")).to_be_visible()
    assert await phone.cookies() == []


async def test_it_works_without_script(browser: Browser, forms: Forms) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="id-ID")
    page = await context.new_page()
    await page.goto(forms.address)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_role("alert")).to_contain_text("Belum ada satu pun pernyataan yang dijawab")
    await tick(page, 2, 0)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_role("heading", name=THANKS)).to_be_visible()
    await context.close()


async def test_a_keyboard_is_enough(phone: BrowserContext, forms: Forms) -> None:
    page = await opened(phone, forms)
    await page.get_by_role("link", name="English").focus()
    for statement in range(1, 15):
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await page.keyboard.press("ArrowRight")
        assert (await ticked(page))[f"q-{statement}"] == "1"
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Kirim")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=THANKS)).to_be_visible()


async def test_a_reader_of_the_screen_hears_statement_number_and_word(
    phone: BrowserContext, forms: Forms
) -> None:
    page = await opened(phone, forms)
    group = page.get_by_role("group", name="8. Tempat parkir yang disediakan memadai")
    await expect(group.get_by_role("radio")).to_have_count(6)
    await group.get_by_role("radio", name=re.compile(r"^5\s+Sangat setuju$")).check()
    assert await ticked(page) == {"q-8": "5"}


async def test_a_phone_says_in_words_what_was_chosen(phone: BrowserContext, forms: Forms) -> None:
    page = await opened(phone, forms)
    await tick(page, 3, 2)
    third = page.locator("#q-3")
    clips = await third.locator(".scale span").evaluate_all(
        "words => words.map(word => [word.textContent, getComputedStyle(word).clipPath === 'none'])"
    )
    assert [word for word, is_seen in clips if is_seen] == ["Kurang setuju"]


@pytest.mark.parametrize("width", [320, 360, 1280])
async def test_nothing_scrolls_sideways_and_every_target_is_large_enough(
    phone: BrowserContext, forms: Forms, width: int
) -> None:
    page = await opened(phone, forms, "en")
    await page.set_viewport_size({"width": width, "height": 740})
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    for target in await page.locator("main label, main button").all():
        box = await target.bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 44, await target.inner_text()


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(browser: Browser, forms: Forms, scheme: str, language: str) -> None:
    # our own policy would keep the checker out
    context = await browser.new_context(
        viewport={"width": 360, "height": 740},
        color_scheme=scheme,  # type: ignore[arg-type]
        bypass_csp=True,
    )
    page = await opened(context, forms, language)
    await tick(page, 1, 5)
    assert await accessibility_faults(page) == []
    await page.set_viewport_size({"width": 1280, "height": 800})
    assert await accessibility_faults(page) == [], "on a desk"
    await page.locator("[name=q-2]").first.evaluate("radio => { radio.value = '9'; radio.checked = true }")
    await page.locator("form.users-form button").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await accessibility_faults(page) == [], "with a mistake shown"
    assert await ticked(page) == {"q-1": "5"}
    await page.locator("form.users-form button").click()
    await page.wait_for_url("**/terima-kasih**")
    assert await accessibility_faults(page) == [], "thanked"
    await page.goto(f"{forms.base}/f/XXXXXX?lang={language}")
    assert await accessibility_faults(page) == [], "unknown code"
    await context.close()
