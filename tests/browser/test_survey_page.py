"""Dewi answers the survey on her phone: with and without script, signal, sight or a mouse."""

import json
import re

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Response, Route, expect

from server.skm.rules import ELEMENTS
from tests.browser.conftest import Live, accessibility_faults

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

API = "**/api/responses/*"
RECEIVED = "Terima kasih. Jawaban Anda sudah kami terima."
KEPT = "Belum ada sinyal. Jawaban tersimpan di ponsel ini dan terkirim sendiri nanti."


async def opened(phone: BrowserContext, live: Live, language: str = "id") -> Page:
    page = await phone.new_page()
    await page.goto(f"{live.survey}?lang={language}")
    return page


async def answer(page: Page, *elements: str, value: int = 3) -> None:
    for element in elements or ELEMENTS:
        # a person taps the words, not the small circle
        await page.locator(f"label:has([name={element}][value='{value}'])").click()


async def answers_on(page: Page) -> dict[str, str]:
    chosen = page.locator("input:checked")
    return {await one.get_attribute("name") or "": await one.input_value() for one in await chosen.all()}


async def portal(route: Route) -> None:
    await route.fulfill(status=200, content_type="text/html", body="<h1>Silakan masuk ke Wi-Fi</h1>")


def refusal(status: int, **facts: object) -> dict[str, object]:
    problem = {"status": status, **facts}
    return {"status": status, "content_type": "application/problem+json", "body": json.dumps(problem)}


# --- the way it mostly goes ---


async def test_it_takes_an_answer_and_shows_the_receipt(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_text(RECEIVED)).to_be_visible()
    assert "/receipt/" in page.url


async def test_it_works_without_a_script(browser: Browser, live: Live) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="id-ID")
    page = await opened(context, live)
    await answer(page)
    await page.get_by_text("Tentang Anda (boleh dilewati)").click()
    await page.get_by_label("Usia").fill("34")
    await page.get_by_label("Jenis kelamin").select_option("Perempuan")
    await page.get_by_label("Saran").fill("Ramah sekali")
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_text(RECEIVED)).to_be_visible()
    await context.close()


async def test_it_is_one_request_without_cookie_and_without_complaint_of_the_browser(
    phone: BrowserContext, live: Live
) -> None:
    page = await phone.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(live.survey)
    await page.wait_for_load_state("networkidle")
    assert [address for address in requests if not address.startswith("data:")] == [live.survey]
    assert complaints == []
    assert await phone.cookies() == []


async def test_it_sends_what_the_contract_asks_for(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page)
    await page.get_by_text("Tentang Anda (boleh dilewati)").click()
    await page.get_by_label("Usia").fill("34")
    await page.get_by_label("Pekerjaan").select_option("Pegawai swasta")
    await page.get_by_label("Saran").fill("2")
    async with page.expect_request(API) as sent:
        await page.get_by_role("button", name="Kirim").click()
    request = await sent.value
    said = request.post_data_json
    assert request.method == "PUT"
    assert said["answers"] == dict.fromkeys(ELEMENTS, 3)
    assert said["respondent"] == {
        "age": 34, "sex": None, "education": None, "occupation": "swasta", "disability": None
    }  # fmt: skip
    assert said["comment"] == "2" and said["counter"] == live.code and said["token"]
    assert said["lang"] == "id" and said["channel"] == "qr"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", said["answered_at"])


async def test_it_counts_the_answers(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await expect(page.locator("#progress")).to_have_text("0 dari 9")
    await answer(page, "persyaratan", "prosedur", "waktu", "biaya")
    await expect(page.locator("#progress")).to_have_text("4 dari 9")


# --- mistakes ---


async def test_it_says_on_top_what_is_missing_and_leads_there(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page, *(element for element in ELEMENTS if element not in {"biaya", "sarana"}))
    await page.get_by_role("button", name="Kirim").click()
    summary = page.locator("#summary")
    await expect(summary).to_be_focused()
    await expect(summary.get_by_role("link")).to_have_count(2)
    await summary.get_by_role("link", name="4. Biaya").click()
    cost = page.get_by_role("group", name="4. Biaya")
    await expect(cost).to_have_accessible_description("Pertanyaan ini belum dijawab.")
    await expect(cost.get_by_text("kewajaran biaya/tarif")).to_be_in_viewport()
    await answer(page, "biaya")
    await expect(cost.get_by_text("Pertanyaan ini belum dijawab.")).to_have_count(0)


async def test_it_opens_the_profile_when_the_age_is_wrong(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page)
    await page.get_by_text("Tentang Anda (boleh dilewati)").click()
    await page.get_by_label("Usia").fill("340")
    await page.get_by_text("Tentang Anda (boleh dilewati)").click()
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_label("Usia")).to_be_visible()
    await expect(page.get_by_label("Usia")).to_have_accessible_description(re.compile("1 sampai 120"))


async def test_it_marks_what_is_missing_without_a_script(browser: Browser, live: Live) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="id-ID")
    page = await opened(context, live)
    # an old browser that does not hold back a form with empty required fields
    await page.locator("#form").evaluate("form => { form.noValidate = true }")
    await answer(page, "persyaratan", "sarana", value=4)
    await page.get_by_label("Saran").fill("Antre lama")
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.locator("#summary")).to_be_visible()
    await expect(page.locator("#summary").get_by_role("link", name="4. Biaya")).to_be_visible()
    assert await answers_on(page) == {"persyaratan": "4", "sarana": "4"}
    await expect(page.get_by_label("Saran")).to_have_value("Antre lama")
    await answer(page)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_text(RECEIVED)).to_be_visible()
    await context.close()


async def test_a_refusal_is_shown_at_its_field_and_loses_nothing(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page)
    await page.get_by_label("Saran").fill("Antre lama")
    problem = refusal(422, field="respondent.age", detail="Usia diisi angka 1 sampai 120.")
    await page.route(API, lambda route: route.fulfill(**problem))  # type: ignore[arg-type]
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.locator("#summary")).to_be_focused()
    await expect(page.get_by_label("Usia")).to_have_accessible_description("Usia diisi angka 1 sampai 120.")
    assert len(await answers_on(page)) == 9
    await page.reload()
    assert len(await answers_on(page)) == 9
    await expect(page.get_by_label("Saran")).to_have_value("Antre lama")
    await expect(page.get_by_text("belum terkirim: 1")).to_have_count(0)


async def test_an_id_that_is_taken_asks_for_a_fresh_page_and_keeps_the_answers(
    phone: BrowserContext, live: Live
) -> None:
    page = await opened(phone, live)
    await answer(page)
    taken = refusal(409, field="id", detail="Nomor jawaban ini sudah menyimpan isi yang lain.")
    await page.route(API, lambda route: route.fulfill(**taken), times=1)  # type: ignore[arg-type]
    await page.get_by_role("button", name="Kirim").click()
    await page.get_by_role("link", name="Muat ulang").click()
    await expect(page.get_by_text("Jawaban Anda yang tadi masih ada.")).to_be_visible()
    assert len(await answers_on(page)) == 9
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_text(RECEIVED)).to_be_visible()


# --- no signal, a portal, a busy server ---


async def test_without_signal_the_phone_keeps_the_answer_and_sends_it_when_it_returns(
    phone: BrowserContext, live: Live
) -> None:
    page = await opened(phone, live)
    await answer(page)
    await phone.set_offline(True)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_text(KEPT)).to_be_visible()
    await expect(page.get_by_text(RECEIVED)).to_have_count(0)
    await expect(page.locator("#kept")).to_be_focused()
    await phone.set_offline(False)
    await expect(page.get_by_text(RECEIVED)).to_be_visible()


async def test_a_kept_answer_is_sent_at_the_next_visit(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page)
    await phone.set_offline(True)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_text(KEPT)).to_be_visible()
    await page.close()
    await phone.set_offline(False)
    page = await opened(phone, live)
    await expect(page.get_by_text("Jawaban yang tersimpan di ponsel ini sudah kami terima.")).to_be_visible()
    assert await answers_on(page) == {}
    await page.get_by_role("link", name="Lihat buktinya").click()
    await expect(page.get_by_text(RECEIVED)).to_be_visible()


@pytest.mark.parametrize(
    ("answered", "reason"),
    [
        (
            {"status": 200, "content_type": "text/html", "body": "<h1>Masuk</h1>"},
            "Wi-Fi ini mungkin perlu masuk",
        ),
        ({"status": 200, "content_type": "application/json", "body": ""}, "Wi-Fi ini mungkin perlu masuk"),
        (
            {"status": 200, "content_type": "application/json", "body": '{"id": "x", "body_sha256": "y"}'},
            "Wi-Fi ini mungkin perlu masuk",
        ),
        ({"status": 302, "headers": {"Location": "/s/"}, "body": ""}, "Jawaban tersimpan di ponsel ini"),
        (
            {"status": 404, "content_type": "text/html", "body": "<h1>404</h1>"},
            "Jawaban tersimpan di ponsel ini",
        ),
        (
            {"status": 429, "content_type": "application/problem+json", "body": '{"detail": "Pelan"}'},
            "sedang sibuk",
        ),
        (
            {"status": 503, "content_type": "application/problem+json", "body": '{"detail": "Ramai"}'},
            "sedang sibuk",
        ),
    ],
    ids=["portal", "empty", "foreign receipt", "redirect", "foreign 404", "slow down", "overload"],
)
async def test_only_the_servers_own_receipt_counts_as_received(
    phone: BrowserContext, live: Live, answered: dict[str, object], reason: str
) -> None:
    page = await opened(phone, live)
    await answer(page)
    await page.route(API, lambda route: route.fulfill(**answered))  # type: ignore[arg-type]
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.locator("#kept")).to_contain_text(reason)
    await page.reload()
    await expect(page.get_by_text("Tersimpan di ponsel ini, belum terkirim: 1.")).to_be_visible()
    await page.unroute(API)
    await page.reload()
    await expect(page.get_by_text("Jawaban yang tersimpan di ponsel ini sudah kami terima.")).to_be_visible()


async def test_two_tabs_send_a_kept_answer_once(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page)
    await phone.route(API, portal)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.locator("#kept")).to_be_visible()
    second = await opened(phone, live)
    await expect(second.get_by_text("belum terkirim: 1")).to_be_visible()
    await phone.set_offline(True)
    await phone.unroute(API)
    arrived: list[Response] = []
    phone.on("response", lambda response: arrived.append(response) if "/api/" in response.url else None)
    await phone.set_offline(False)
    await expect(page.get_by_text(RECEIVED)).to_be_visible()
    await second.wait_for_load_state("networkidle")
    assert [response.status for response in arrived] == [201]


async def test_a_waiting_page_learns_that_another_tab_has_sent_its_answer(
    phone: BrowserContext, live: Live
) -> None:
    page = await opened(phone, live)
    await answer(page)
    await page.route(API, portal)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.locator("#kept")).to_be_visible()
    second = await opened(phone, live)
    await expect(second.get_by_text("yang tersimpan di ponsel ini sudah kami terima")).to_be_visible()
    await expect(page.get_by_text(RECEIVED)).to_be_visible()


async def test_rubbish_in_the_phones_store_stops_nothing(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    for key in (f"loket.draft.{live.code}", "loket.draft.OTHER", "loket.send.rubbish", "loket.device"):
        await page.evaluate("key => localStorage.setItem(key, '{half')", key)
    await page.reload()
    await expect(page.locator("#progress")).to_have_text("0 dari 9")
    await answer(page)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_text(RECEIVED)).to_be_visible()


async def test_a_kept_answer_that_is_refused_can_be_mended(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page)
    await page.route(API, portal, times=1)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.locator("#kept")).to_be_visible()
    problem = refusal(422, field="comment", detail="Komentar terlalu panjang.")
    await page.route(API, lambda route: route.fulfill(**problem), times=1)  # type: ignore[arg-type]
    await page.reload()
    await expect(page.locator("#tray")).to_contain_text("Komentar terlalu panjang.")
    await page.get_by_role("button", name="Perbaiki").click()
    await expect(page.get_by_text("Jawaban Anda yang tadi masih ada.")).to_be_visible()
    assert len(await answers_on(page)) == 9
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_text(RECEIVED)).to_be_visible()


async def test_a_phone_that_stores_nothing_sends_the_plain_form(phone: BrowserContext, live: Live) -> None:
    await phone.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
    )
    page = await opened(phone, live)
    await answer(page)
    async with page.expect_request(live.survey) as sent:
        await page.get_by_role("button", name="Kirim").click()
    assert (await sent.value).method == "POST"
    await expect(page.get_by_text(RECEIVED)).to_be_visible()


# --- drafts ---


async def test_a_draft_survives_a_reload_and_a_change_of_language(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page, "waktu", "sarana", value=2)
    await page.get_by_label("Saran").fill("Antre lama")
    await page.reload()
    assert await answers_on(page) == {"waktu": "2", "sarana": "2"}
    await page.get_by_role("link", name="English").click()
    await expect(page.get_by_text("Your earlier answers are still here.")).to_be_visible()
    assert await answers_on(page) == {"waktu": "2", "sarana": "2"}
    await expect(page.get_by_label("Your suggestion")).to_have_value("Antre lama")
    await expect(page.locator("#progress")).to_have_text("2 of 9")


async def test_a_draft_can_be_thrown_away(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page, "waktu")
    await page.reload()
    await page.get_by_role("button", name="Mulai dari awal").click()
    assert await answers_on(page) == {}
    await page.reload()
    assert await answers_on(page) == {}


async def test_a_draft_is_gone_after_four_hours_and_after_sending(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await answer(page, "waktu")
    await page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find(key => key.startsWith('loket.draft.'));
            const item = JSON.parse(localStorage.getItem(key));
            localStorage.setItem(key, JSON.stringify({...item, at: item.at - 4 * 3600e3 - 1000}));
        }"""
    )
    await page.reload()
    assert await answers_on(page) == {}
    await answer(page)
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_text(RECEIVED)).to_be_visible()
    assert await page.evaluate("Object.keys(localStorage).filter(key => key !== 'loket.device')") == []


# --- eyes, hands, screens ---


async def test_a_keyboard_is_enough(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await page.get_by_role("link", name="English").focus()
    for element in await page.evaluate(
        "[...document.querySelectorAll('[required]')].map(radio => radio.name)"
    ):
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await page.keyboard.press("ArrowDown")
        assert (await answers_on(page))[element] == "2"
    for _ in ("profile", "comment", "send"):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Kirim")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(RECEIVED)).to_be_visible()


@pytest.mark.parametrize(
    ("width", "height", "means"),
    [(320, 568, "the smallest phone"), (180, 370, "360 px at 200 %"), (640, 400, "1280 px at 200 %")],
)
async def test_nothing_scrolls_sideways(
    phone: BrowserContext, live: Live, width: int, height: int, means: str
) -> None:
    page = await opened(phone, live, "en")
    await page.set_viewport_size({"width": width, "height": height})
    await page.get_by_text("About you (optional)").click()
    await page.get_by_role("button", name="Send").click()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, means


async def test_every_target_is_large_enough_for_a_thumb(phone: BrowserContext, live: Live) -> None:
    page = await opened(phone, live)
    await page.get_by_text("Tentang Anda (boleh dilewati)").click()
    targets = page.locator(".answers label, summary, #age, select, textarea, button, nav a")
    for target in await targets.filter(visible=True).all():
        box = await target.bounding_box()
        assert box and box["height"] >= 44, await target.evaluate("target => target.outerHTML")


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(browser: Browser, live: Live, scheme: str, language: str) -> None:
    context = await browser.new_context(
        viewport={"width": 360, "height": 740},
        color_scheme=scheme,  # type: ignore[arg-type]
        bypass_csp=True,
        reduced_motion="reduce",
    )
    page = await opened(context, live, language)
    await page.locator("summary").click()
    await answer(page, "waktu", "biaya")
    assert await accessibility_faults(page) == []
    await page.locator("#send").click()
    await expect(page.locator("#summary")).to_be_visible()
    assert await accessibility_faults(page) == [], "with mistakes shown"
    await answer(page)
    await page.route(API, portal)
    await page.locator("#send").click()
    await expect(page.locator("#kept")).to_be_visible()
    assert await accessibility_faults(page) == [], "kept on the phone"
    await page.unroute(API)
    await page.locator("#retry").click()
    await page.wait_for_url("**/receipt/**")
    assert await accessibility_faults(page) == [], "received"
    await page.goto(f"{live.base}/s/XXXXXX?lang={language}")
    assert await accessibility_faults(page) == [], "unknown code"
    await context.close()
