"""A tablet at the counter: one person after the other, days without a network, nothing of the former person."""

import json
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.browser.conftest import Live, accessibility_faults

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

API = "**/api/responses/*"
RECEIVED = "Terima kasih. Jawaban Anda sudah kami terima."
KEPT = "Terima kasih. Jawaban Anda tersimpan di tablet ini."
FIRST = "1 dari 9"
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest_asyncio.fixture(loop_scope="session")
async def tablet(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="id-ID", has_touch=True
    )
    context.set_default_timeout(10_000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def plain_tablet(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A tablet without service workers; playwright cannot reliably answer in the server's place where one runs."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="id-ID", has_touch=True, service_workers="block"
    )
    context.set_default_timeout(10_000)
    yield context
    await context.close()


async def opened(tablet: BrowserContext, live: Live) -> Page:
    page = await tablet.new_page()
    await page.goto(live.base + live.kiosk)
    return page


async def ready_for_days_offline(page: Page) -> None:
    """Waits until the service worker has the page."""
    kept = "navigator.serviceWorker.controller && caches.match(location.href, {ignoreVary: true}).then(kept => !!kept)"
    while not await page.evaluate(kept):
        await page.wait_for_timeout(50)


async def answer_all(page: Page) -> None:
    for number in range(1, 10):
        await expect(page.locator("#progress")).to_have_text(f"{number} dari 9")
        await page.locator("fieldset:visible label").nth(2).tap()
    await expect(page.get_by_role("heading", name="Terakhir")).to_be_visible()


async def nothing_of_anybody(page: Page) -> None:
    await expect(page.locator("#progress")).to_have_text(FIRST)
    await expect(page.locator("input:checked")).to_have_count(0)
    for field in ("age", "sex", "education", "occupation", "disability", "comment"):
        await expect(page.locator(f"#{field}")).to_have_value("")


async def test_a_tap_answers_and_goes_on_and_the_answer_arrives(tablet: BrowserContext, live: Live) -> None:
    page = await opened(tablet, live)
    await answer_all(page)
    async with page.expect_response(API) as answered:
        await page.get_by_role("button", name="Kirim").tap()
    response = await answered.value
    said = response.request.post_data_json
    assert UUID7.fullmatch(response.url.rpartition("/")[2])
    assert said["channel"] == "kiosk" and set(said["answers"].values()) == {3} and said["token"]
    assert "device" not in said, "a tablet answers for many people"
    assert not response.from_service_worker, "what is sent never passes the worker"
    await expect(page.get_by_text(RECEIVED)).to_be_visible()
    await expect(page.locator("#tray")).to_be_hidden()


async def test_after_sending_nothing_of_the_former_person_is_left(tablet: BrowserContext, live: Live) -> None:
    page = await opened(tablet, live)
    await ready_for_days_offline(page)
    await answer_all(page)
    await page.get_by_label("Saran").fill("Antre lama")
    await page.get_by_label("Usia").fill("34")
    await page.get_by_role("button", name="Kirim").tap()
    await expect(page.get_by_text(RECEIVED)).to_be_visible()
    await page.get_by_role("button", name="Selesai").tap()
    await nothing_of_anybody(page)


async def test_the_back_button_finds_nothing(tablet: BrowserContext, live: Live) -> None:
    page = await tablet.new_page()
    await page.goto(f"{live.base}/kiosk/icon.svg")
    await page.goto(live.base + live.kiosk)
    await ready_for_days_offline(page)
    before = await page.evaluate("history.length")
    await answer_all(page)
    await page.get_by_label("Saran").fill("Antre lama")
    await page.get_by_role("button", name="Kirim").tap()
    async with page.expect_navigation():
        await page.get_by_role("button", name="Selesai").tap()
    await nothing_of_anybody(page)
    assert await page.evaluate("history.length") == before
    await page.go_back()
    await page.go_forward()
    await nothing_of_anybody(page)


async def test_leaving_in_the_middle_and_coming_back_shows_an_empty_form(
    tablet: BrowserContext, live: Live
) -> None:
    page = await opened(tablet, live)
    await page.locator("fieldset:visible label").nth(2).tap()
    await expect(page.locator("#progress")).to_have_text("2 dari 9")
    await page.goto(f"{live.base}/kiosk/icon.svg")
    await page.go_back()
    await nothing_of_anybody(page)


async def test_a_page_brought_back_from_the_browsers_memory_starts_anew(
    tablet: BrowserContext, live: Live
) -> None:
    page = await opened(tablet, live)
    await page.locator("fieldset:visible label").nth(2).tap()
    await expect(page.locator("#progress")).to_have_text("2 dari 9")
    async with page.expect_navigation():
        await page.evaluate("void dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    await nothing_of_anybody(page)


async def test_an_idle_tablet_warns_and_clears_itself(plain_tablet: BrowserContext, live: Live) -> None:
    page = await plain_tablet.new_page()
    await page.clock.install()
    await page.goto(live.base + live.kiosk)
    await page.locator("fieldset:visible label").nth(2).tap()
    await page.clock.run_for(1_000)
    await expect(page.locator("#progress")).to_have_text("2 dari 9")
    await page.clock.run_for(34_000)
    await expect(page.get_by_role("alertdialog")).to_contain_text("dalam 10 detik")
    await page.clock.run_for(4_000)
    await expect(page.get_by_role("alertdialog")).to_contain_text("dalam 6 detik")
    await page.clock.run_for(6_500)
    await expect(page.get_by_role("alertdialog")).to_be_hidden()
    await nothing_of_anybody(page)


async def test_a_touch_stops_the_countdown_and_answers_nothing(tablet: BrowserContext, live: Live) -> None:
    page = await tablet.new_page()
    await page.clock.install()
    await page.goto(live.base + live.kiosk)
    await page.locator("fieldset:visible label").nth(2).tap()
    await page.clock.run_for(1_000)
    await page.clock.run_for(36_000)
    await expect(page.get_by_role("alertdialog")).to_be_visible()
    label = await page.locator("fieldset:visible label").first.bounding_box()
    assert label
    await page.touchscreen.tap(label["x"] + 20, label["y"] + 20)
    await expect(page.get_by_role("alertdialog")).to_be_hidden()
    await page.clock.run_for(20_000)
    await expect(page.locator("#progress")).to_have_text("2 dari 9")
    assert await page.locator("input:checked").count() == 1


async def test_it_works_offline_and_empties_its_queue_later(tablet: BrowserContext, live: Live) -> None:
    page = await opened(tablet, live)
    await ready_for_days_offline(page)
    await tablet.set_offline(True)
    for people in (1, 2):
        await answer_all(page)
        await page.get_by_role("button", name="Kirim").tap()
        await expect(page.get_by_text(KEPT)).to_be_visible()
        await expect(page.locator("#tray")).to_contain_text(f"Belum terkirim ({people})")
        await page.get_by_role("button", name="Selesai").tap()
        await nothing_of_anybody(page)
    await page.close()
    page = await opened(tablet, live)  # the tablet was switched off: the page and the queue are still there
    await expect(page.locator("#tray")).to_contain_text("Belum terkirim (2)")
    await page.locator("#tray summary").tap()
    await expect(page.locator("#tray")).to_contain_text("Tidak ada sambungan ke server.")
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "PUT" else None)
    await tablet.set_offline(False)
    await expect(page.locator("#tray")).to_be_hidden()
    assert len({request.url for request in sent}) == len(sent) == 2
    for request in sent:
        proof = await tablet.request.get(live.base + "/receipt/" + request.url.rpartition("/")[2])
        assert proof.status == 200


async def test_a_portal_empties_nothing(plain_tablet: BrowserContext, live: Live) -> None:
    async def portal(route: Route) -> None:
        await route.fulfill(status=200, content_type="text/html", body="<h1>Masuk</h1>")

    page = await opened(plain_tablet, live)
    await page.route(API, portal)
    await answer_all(page)
    await page.get_by_role("button", name="Kirim").tap()
    await expect(page.get_by_text(KEPT)).to_be_visible()
    await page.locator("#tray summary").tap()
    await expect(page.locator("#tray")).to_contain_text("periksa apakah Wi-Fi perlu masuk dulu")
    await page.unroute(API)
    await page.get_by_role("button", name="Kirim sekarang").tap()
    await expect(page.locator("#tray")).to_be_hidden()


async def test_a_refusal_is_kept_with_its_reason_and_holds_nobody_up(
    plain_tablet: BrowserContext, live: Live
) -> None:
    refused = {"status": 410, "detail": "Poster dengan kode ini sudah diganti."}

    async def gone(route: Route) -> None:
        await route.fulfill(status=410, content_type="application/problem+json", body=json.dumps(refused))

    page = await opened(plain_tablet, live)
    await plain_tablet.set_offline(True)
    for _ in ("Dewi", "her neighbour"):
        await answer_all(page)
        await page.get_by_role("button", name="Kirim").tap()
        await expect(page.get_by_text(KEPT)).to_be_visible()
        await page.get_by_role("button", name="Selesai").tap()
        await nothing_of_anybody(page)
    await page.route(API, gone, times=1)
    await plain_tablet.set_offline(False)
    await expect(page.locator("#tray")).to_contain_text("Belum terkirim (1)")
    await expect(page.locator("#tray")).to_contain_text(refused["detail"])


async def test_arrow_keys_choose_without_going_on(tablet: BrowserContext, live: Live) -> None:
    page = await opened(tablet, live)
    await page.locator("#persyaratan").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await page.wait_for_timeout(600)
    await expect(page.locator("#progress")).to_have_text(FIRST)
    assert await page.locator("input:checked").input_value() == "3"
    await page.get_by_role("button", name="Lanjut").press("Enter")
    await expect(page.locator("#progress")).to_have_text("2 dari 9")
    await expect(page.locator("fieldset:visible legend")).to_be_focused()


async def test_a_question_left_out_is_asked_for(tablet: BrowserContext, live: Live) -> None:
    page = await opened(tablet, live)
    await page.get_by_role("button", name="Lanjut").tap()
    await expect(page.locator("#progress")).to_have_text(FIRST)
    await expect(page.get_by_text("Pertanyaan ini belum dijawab.")).to_be_visible()


async def test_the_next_person_starts_in_the_first_language_again(tablet: BrowserContext, live: Live) -> None:
    page = await opened(tablet, live)
    await ready_for_days_offline(page)
    await page.get_by_role("link", name="English").tap()
    await expect(page.locator("#progress")).to_have_text("1 of 9")
    for number in range(1, 10):
        await expect(page.locator("#progress")).to_have_text(f"{number} of 9")
        await page.locator("fieldset:visible label").nth(3).tap()
    await page.get_by_role("button", name="Send").tap()
    await page.get_by_role("button", name="Done").tap()
    await nothing_of_anybody(page)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(browser: Browser, live: Live, scheme: str, language: str) -> None:
    context = await browser.new_context(
        viewport={"width": 800, "height": 1280},
        color_scheme=scheme,  # type: ignore[arg-type]
        has_touch=True,
        bypass_csp=True,
        service_workers="block",
    )
    page = await context.new_page()
    await page.goto(f"{live.base}{live.kiosk}&lang={language}")
    await page.locator("#next").tap()
    assert await accessibility_faults(page) == []
    for number in range(9):
        await page.locator(f".step >> nth={number}").locator("label").nth(1).tap()
        await page.locator(f".step >> nth={number + 1}").wait_for()
    assert await accessibility_faults(page) == [], "the last screen"
    await page.evaluate("warn()")
    assert await accessibility_faults(page) == [], "the warning"
    await page.locator("#idle button").tap()
    await page.route(API, lambda route: route.abort())
    await page.locator("#send").tap()
    await page.locator("#thanks").wait_for()
    await page.locator("#tray summary").tap()
    assert await accessibility_faults(page) == [], "kept on the tablet"
    await context.close()
