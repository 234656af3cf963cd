"""The inspector's screens for everybody: with the keyboard alone, read aloud, in large letters, in forced colours."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import accessibility_faults
from tests.browser.inspector import answer, begin, heading, photo, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def tab_to(page: Page, name: str) -> None:
    """Tab after tab until the focus is on what a reader would call `name`."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        said = await page.evaluate(
            "(() => { const one = document.activeElement; return one.ariaLabel || "
            "(one.labels && one.labels[0] && one.labels[0].innerText) || one.innerText || ''; })()"
        )
        if said.strip().startswith(name):
            return
    raise AssertionError(f"no tab leads to {name}")


async def test_a_visit_is_made_with_the_keyboard_alone(page: Page) -> None:
    await tab_to(page, "Dinas")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Mulai kunjungan")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await tab_to(page, "Mulai kunjungan")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Serahkan")).to_be_visible()
    await tab_to(page, "Mulai")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("1 dari 6")).to_be_visible()
    for number in range(1, 7):
        await expect(page.get_by_text(f"{number} dari 6")).to_be_visible()
        await expect(page.get_by_role("heading", level=1)).to_be_focused()
        await tab_to(page, "Ada")
        await page.keyboard.press("Space")
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_label("Tidak ada")).to_be_checked()
        await tab_to(page, "Berikutnya" if number < 6 else "Periksa")
        await page.keyboard.press("Enter")
    await heading(page, "Serahkan kunjungan ini?")


@asynccontextmanager
async def phone_of(browser: Browser, **looks: Any) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 320, "height": 640}, locale="id-ID", **looks)
    context.set_default_timeout(10_000)
    yield await context.new_page()
    await context.close()


async def screens(page: Page, server: str) -> AsyncIterator[str]:
    """Every screen, one after the other, with something on it."""
    await page.goto(f"{server}/app/")
    await page.get_by_label("Nama pengguna").wait_for()
    yield "sign-in"
    await sign_in(page, server, "fajar")
    yield "home"
    await page.get_by_role("link", name="PEKPPP · F-02").first.click()
    await page.get_by_role("button", name="Mulai kunjungan").wait_for()
    yield "begin"
    await page.get_by_role("button", name="Mulai kunjungan").click()
    await page.get_by_role("link", name="Serahkan").wait_for()
    yield "visit"
    visit = page.url
    for key, kind in (("1", "ladder"), ("2", "count"), ("8", "percent"), ("9", "months"), ("31", "level")):
        await page.goto(f"{visit}/at/{key}")
        await page.get_by_role("link", name=re.compile("Lewati|Periksa")).wait_for()
        await answer(page)
        await page.get_by_label("Ambil foto").set_input_files(photo())
        await page.get_by_role("img").first.wait_for()
        yield kind
    for address in (f"{visit}/hand-in", "#/tray", "#/scan", "#/settings"):
        await page.goto(address if "://" in address else f"{server}/app/{address}")
        await page.get_by_role("heading", level=1).wait_for()
        yield address.rpartition("/")[2]


async def fits(page: Page) -> None:
    wide, narrow = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= narrow, f"{page.url} is {wide} wide"


OFFERED = """[...document.querySelectorAll('input, textarea, select')]
  .filter((one) => !['radio', 'checkbox', 'file'].includes(one.type)).map((one) => one.autocomplete)"""

UNSEEN = """(() => {
  const one = document.activeElement;
  if (one === document.body) return '';
  const rings = [one, one.closest('label')].filter(Boolean).map((each) => getComputedStyle(each));
  const isSeen = rings.some((ring) => ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) >= 3);
  return isSeen ? '' : one.outerHTML.slice(0, 120);
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_screen_is_accessible_and_fits_the_smallest_phone(
    browser: Browser, field: str, scheme: str
) -> None:
    async with phone_of(browser, color_scheme=scheme) as page:
        async for screen in screens(page, field):
            assert await accessibility_faults(page) == [], screen
            await fits(page)


async def test_what_has_the_focus_is_seen_and_nothing_is_filled_in_for_the_next_person(
    browser: Browser, field: str
) -> None:
    async with phone_of(browser) as page:
        async for screen in screens(page, field):
            offered = ["username", "current-password"] if screen == "sign-in" else ["off"]
            assert set(await page.evaluate(OFFERED)) <= set(offered), screen
            for _ in range(12):
                await page.keyboard.press("Tab")
                assert await page.evaluate(UNSEEN) == "", screen


async def test_letters_twice_as_large_fit_too(browser: Browser, field: str) -> None:
    async with phone_of(browser) as page:
        await page.add_init_script(
            "addEventListener('DOMContentLoaded', () => (document.documentElement.style.fontSize = '200%'))"
        )
        async for screen in screens(page, field):
            await fits(page)
            size = await page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize")
            assert size == "40px", screen


async def test_an_indicator_is_told_to_who_does_not_see_it(page: Page) -> None:
    await begin(page, "Monev")
    name = await page.get_by_role("heading", level=1).inner_text()
    choices = page.get_by_role("group", name=f"{name} Ada atau tidak?")
    await expect(choices.get_by_role("radio")).to_have_count(2)
    await page.get_by_label("Pilih berkas").set_input_files(photo())
    await expect(page.get_by_role("img", name="Foto 1")).to_be_visible()
    await page.get_by_label("Keterangan foto 1").fill("papan di pintu")
    await expect(page.get_by_role("img", name="papan di pintu")).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="Tersimpan di ponsel")).to_be_visible()


async def test_what_is_wrong_is_told_at_its_field(page: Page) -> None:
    await begin(page, "Opini")
    value = page.get_by_label("Nilai (0 sampai 100)")
    await expect(value).not_to_have_attribute("aria-invalid", "true")
    await value.fill("870")
    await expect(value).to_have_accessible_description("Periksa angkanya: dari 0 sampai 100.")
    await expect(value).to_have_attribute("aria-invalid", "true")


async def test_a_question_that_is_declined_gives_the_focus_back(page: Page) -> None:
    await page.get_by_role("link", name="Pengaturan").click()
    leave = page.get_by_role("button", name="Keluar")
    await leave.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("group", name=re.compile("^Keluar"))).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(leave).to_be_focused()


async def test_another_screen_is_announced_by_its_heading(page: Page) -> None:
    for link, title in (
        ("Belum terkirim", "Belum terkirim (0)"),
        ("Pengaturan", "Pengaturan"),
        ("Beranda", "Kunjungan Anda"),
    ):
        await page.get_by_role("link", name=link).first.click()
        await heading(page, title)
        await expect(page.get_by_role("heading", level=1)).to_be_focused()
        await expect(page).to_have_title(f"{title} · Loket")


async def test_in_forced_colours_what_is_chosen_is_seen(browser: Browser, field: str) -> None:
    """Also right after the tap, which gives the focus but no ring."""
    async with phone_of(browser, forced_colors="active") as page:
        await sign_in(page, field, "eka")
        await begin(page, "Monev")
        borders = "all => all.map((one) => getComputedStyle(one).borderBottomColor)"
        await page.get_by_text("Tidak ada", exact=True).click()
        other, chosen = await page.locator("label.choice:has([type=radio])").evaluate_all(borders)
        assert chosen != other
        await page.get_by_role("link", name="Daftar").first.click()
        await page.get_by_role("radio", name="Menurut tempat").check()
        other, chosen = await page.locator(".tabs label").evaluate_all(borders)
        assert chosen != other
