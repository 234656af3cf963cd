"""The inspector's screens in Chromium: a visit with thumbs, with the keyboard alone, in English, on a small phone."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from io import BytesIO

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, Route, expect

from server.database import Database
from server.migrations import migrate
from tests.browser.conftest import accessibility_faults
from tests.cast import PASSWORD, make_cast
from tests.inspections.makers import Round
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")

MONEV, PEKPPP, OMBUDSMAN, CLASSIC = "sampang/2018", "pekppp/2022", "ombudsman/2022", "ombudsman/classic"


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with evaluations in which Eka visits unit A."""
    data = tmp_path_factory.mktemp("field")
    url = f"sqlite+aiosqlite:///{data / 'loket.db'}"
    asyncio.run(_furnish(url))
    with ServerProcess(data, DATABASE_URL=url) as server:
        yield server.url


async def _furnish(url: str) -> None:
    await migrate(url)
    database = Database(url)
    now = datetime.now(UTC)
    cast = await make_cast(database, now)
    for address, title in (
        (MONEV, "Monev"),
        (MONEV, "Foto menyusul"),
        (PEKPPP, "PEKPPP"),
        (PEKPPP, "Dari awal sampai akhir"),
        (OMBUDSMAN, "Opini"),
        (CLASSIC, "Kepatuhan"),
    ):
        await Round(database, cast, now).begin(address, title=title)
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(phone: BrowserContext, field: str) -> AsyncIterator[Page]:
    """Eka has signed in and looks at the visits; whatever breaks in the script breaks the test."""
    broken: list[str] = []
    page = await phone.new_page()
    page.on("pageerror", lambda error: broken.append(str(error)))
    await page.goto(f"{field}/app/")
    await page.get_by_label("Nama pengguna").fill("eka")
    await page.get_by_label("Kata sandi").fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").click()
    await heading(page, "Kunjungan Anda")
    yield page
    assert broken == []


async def heading(page: Page, name: str | re.Pattern[str]) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)


def photo() -> FilePayload:
    content = BytesIO()
    Image.effect_noise((1000, 800), 90).convert("RGB").save(content, "JPEG")
    return {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


async def begin(page: Page, title: str, service: bool = False) -> None:
    await page.get_by_role("link", name=f"{title} · F-02").click()
    if service:
        await page.get_by_role("radio").first.check()
    await page.get_by_role("button", name="Mulai kunjungan").click()
    await page.get_by_role("link", name="Mulai", exact=True).click()
    await expect(page.get_by_text("1 dari")).to_be_visible()


async def answer(page: Page) -> None:
    """Whatever this indicator asks, at its best."""
    main = page.get_by_role("main")
    if await main.get_by_label("Yang selesai").count():
        await main.get_by_label("Yang selesai").fill("9")
        await main.get_by_label("Yang direncanakan").fill("10")
        await expect(main.get_by_text("Nilai menurut hitungan: 4")).to_be_visible()
    elif await main.get_by_label("Berapa bulan").count():
        await main.get_by_label("Berapa bulan").fill("1")
        await expect(main.get_by_text("Nilai menurut hitungan: 5")).to_be_visible()
    elif await main.get_by_role("radio").count():
        await main.get_by_role("radio").last.check()
        if await main.get_by_label("Alasan nilai (wajib)").count():
            await main.get_by_label("Alasan nilai (wajib)").fill("antrean tertib")
    else:
        for box in await main.get_by_role("checkbox").all():
            if "Tidak satu pun" not in await box.locator("xpath=..").inner_text():
                await box.check()


async def test_a_visit_is_made_with_thumbs_and_arrives_with_its_photo(page: Page) -> None:
    await begin(page, "Dari awal sampai akhir")
    for number in range(1, 32):
        await expect(page.get_by_text(f"{number} dari 31")).to_be_visible()
        await answer(page)
        if number == 1:
            await page.get_by_label("Ambil foto").set_input_files(photo())
            await expect(page.get_by_role("img")).to_be_visible()
            await page.get_by_label("Keterangan foto 1").fill("papan standar pelayanan")
        await page.get_by_role("link", name=re.compile("Berikutnya|Periksa")).click()
    await heading(page, "Serahkan kunjungan ini?")
    await expect(page.get_by_text("30 dari 30 terisi.")).to_be_visible()
    await expect(page.get_by_text(re.compile(r"Perkiraan: 4,\d\d"))).to_be_visible()
    await expect(page.get_by_role("heading", name="Bukti kurang")).to_be_visible()
    await page.get_by_role("button", name="Ya, serahkan").click()
    await heading(page, "Belum terkirim (0)")
    await expect(page.get_by_text("Sudah terkirim (1)")).to_be_visible()
    await expect(page.get_by_text("revisi 1")).to_be_visible()
    held = await page.evaluate(
        "fetch('/api/sync/pull').then((a) => a.json()).then(({inspections}) => inspections.map("
        "(one) => [one.state, one.held.length, one.awaited.length]))"
    )
    assert held == [["submitted", 1, 0]]


async def test_what_is_missing_is_named_and_one_tap_away(page: Page) -> None:
    await begin(page, "Monev")
    await page.get_by_label("Tidak berlaku di sini").check()
    await page.get_by_role("link", name="Daftar").first.click()
    await heading(page, re.compile("Dinas"))
    await page.get_by_role("link", name="Serahkan").click()
    await heading(page, "Belum dapat diserahkan")
    await expect(page.get_by_role("heading", name="5 kosong")).to_be_visible()
    await page.get_by_role("link", name="Ke yang pertama").click()
    await expect(page.get_by_text("2 dari 6")).to_be_visible()
    await page.go_back()
    await heading(page, "Belum dapat diserahkan")


async def test_a_visit_reopens_where_it_was_left(page: Page, field: str) -> None:
    await begin(page, "Monev")
    await page.get_by_label("Ada", exact=True).check()
    await page.get_by_label("Catatan").fill("lengkap dan terbaca")
    await page.get_by_role("link", name="Berikutnya").click()
    await expect(page.get_by_text("2 dari 6")).to_be_visible()
    await expect(page.get_by_text("Tersimpan di ponsel")).to_be_visible()
    await page.goto("about:blank")
    await page.goto(f"{field}/app/")
    await expect(page.get_by_text("2 dari 6")).to_be_visible()
    await page.get_by_role("link", name="Sebelumnya").click()
    await expect(page.get_by_label("Ada", exact=True)).to_be_checked()
    await expect(page.get_by_label("Catatan")).to_have_value("lengkap dan terbaca")


async def test_letters_typed_fast_are_all_there(page: Page) -> None:
    await begin(page, "Monev")
    text = "pintu masuk lebar, papan terbaca dari jauh, petugas menyapa lebih dulu"
    await page.get_by_label("Catatan").press_sequentially(text, delay=1)
    await page.wait_for_timeout(300)
    assert await page.get_by_label("Catatan").input_value() == text


async def test_points_take_a_comma_and_say_when_they_cannot_be(page: Page) -> None:
    await begin(page, "Opini")
    value = page.get_by_label("Nilai (0 sampai 100)")
    await value.fill("87,25")
    await expect(page.get_by_text("1/32")).to_be_visible()
    await value.fill("870")
    await expect(page.get_by_text("Periksa angkanya: dari 0 sampai 100.")).to_be_visible()
    await expect(page.get_by_text("0/32")).to_be_visible()


async def test_another_value_than_counted_wants_a_reason(page: Page) -> None:
    await begin(page, "PEKPPP")
    await page.get_by_role("link", name="Lewati").click()
    await expect(page.get_by_text("2 dari 31")).to_be_visible()
    await page.get_by_role("checkbox").nth(0).check()
    await expect(page.get_by_text("Nilai menurut hitungan: 1")).to_be_visible()
    await page.get_by_text("Nilai lain daripada hitungan").click()
    await page.get_by_label("Nilai (0 sampai 5)").fill("3")
    await expect(page.get_by_text("tulis alasannya pada catatan")).to_be_visible()
    await page.get_by_label("Catatan").fill("dua unsur hadir bersama")
    await expect(page.get_by_text("tulis alasannya pada catatan")).to_be_hidden()


async def test_a_photo_is_captioned_removed_and_brought_back(page: Page) -> None:
    await begin(page, "Kepatuhan", service=True)
    await page.get_by_label("Pilih berkas").set_input_files([photo(), photo()])
    await expect(page.get_by_role("img")).to_have_count(2)
    await page.get_by_label("Keterangan foto 2").fill("pintu samping")
    await page.get_by_role("button", name="Buang foto 1").click()
    await expect(page.get_by_role("img")).to_have_count(1)
    await page.get_by_role("button", name="Urungkan").click()
    await expect(page.get_by_role("img")).to_have_count(2)
    await expect(page.get_by_label("Keterangan foto 2")).to_have_value("pintu samping")


async def test_the_draft_is_written_before_the_camera_opens(page: Page) -> None:
    await begin(page, "Kepatuhan", service=True)
    await page.get_by_role("textbox", name="Catatan Ketuk").fill("belum sempat apa-apa")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_text("Ambil foto").click()
    assert not (await chooser.value).is_multiple()
    draft = await page.evaluate(
        "import('/app/offline/work.js').then((work) => work.drafts()).then(([one]) => one.findings)"
    )
    assert [one["note"] for one in draft.values()] == ["belum sempat apa-apa"]


async def test_a_typed_counter_code_finds_its_unit_or_says_why_not(page: Page) -> None:
    await page.get_by_role("link", name="Pindai QR loket").click()
    await page.get_by_label("Kode loket").fill("K7M 2Q7")
    await page.get_by_role("button", name="Buka").click()
    await expect(page.get_by_role("alert")).to_contain_text("Kode ini tidak cocok")
    counters = await page.evaluate(
        "import('/app/offline/work.js').then((work) => work.assignments()).then(([one]) => one.unit.counters)"
    )
    await page.get_by_label("Kode loket").fill(f"https://loket.test/S/{counters[0]['code'].lower()}")
    await page.get_by_role("button", name="Buka").click()
    await expect(page.get_by_role("button", name="Mulai kunjungan")).to_be_visible()


async def test_a_draft_is_deleted_only_after_asking(page: Page) -> None:
    await begin(page, "Monev")
    await page.get_by_label("Ada", exact=True).check()
    await page.get_by_role("link", name="Daftar").first.click()
    await page.get_by_role("button", name="Hapus konsep").click()
    await expect(page.get_by_text("1 jawaban dan 0 bukti hilang")).to_be_visible()
    await page.get_by_role("button", name="Ya, hapus").click()
    await heading(page, "Kunjungan Anda")
    await expect(page.get_by_text("0 sedang diisi")).to_be_visible()


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


async def test_every_screen_is_accessible_and_fits_the_smallest_phone(browser: Browser, field: str) -> None:
    for scheme in ("light", "dark"):
        context = await browser.new_context(
            viewport={"width": 320, "height": 640}, locale="id-ID", color_scheme=scheme
        )
        context.set_default_timeout(10_000)
        page = await context.new_page()
        await page.goto(f"{field}/app/")
        await page.get_by_label("Nama pengguna").wait_for()
        await sound(page)
        await page.get_by_label("Nama pengguna").fill("fajar")
        await page.get_by_label("Kata sandi").fill(PASSWORD)
        await page.get_by_role("button", name="Masuk").click()
        await heading(page, "Kunjungan Anda")
        await sound(page)
        await page.get_by_role("link", name="PEKPPP · F-02").first.click()
        await page.get_by_role("button", name="Mulai kunjungan").wait_for()
        await sound(page)
        await page.get_by_role("button", name="Mulai kunjungan").click()
        await page.get_by_role("link", name="Serahkan").wait_for()
        await sound(page)
        visit = page.url
        # a ladder, a count, a percentage, months, and a level
        for key in ("1", "2", "8", "9", "31"):
            await page.goto(f"{visit}/at/{key}")
            await page.get_by_role("link", name=re.compile("Lewati|Periksa")).wait_for()
            await answer(page)
            await page.get_by_label("Ambil foto").set_input_files(photo())
            await page.get_by_role("img").wait_for()
            await sound(page)
        for address in (f"{visit}/hand-in", "#/tray", "#/scan", "#/settings", "#/sign-in"):
            await page.goto(address if "://" in address else f"{field}/app/{address}")
            await page.get_by_role("heading", level=1).wait_for()
            await sound(page)
        await context.close()


async def sound(page: Page) -> None:
    assert await accessibility_faults(page) == [], page.url
    wide, narrow = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= narrow, f"{page.url} is {wide} wide"


async def test_it_speaks_english_and_remembers(page: Page, field: str) -> None:
    await page.get_by_role("link", name="Pengaturan").click()
    await page.get_by_role("radio", name="English").check()
    await heading(page, "Settings")
    await page.goto(f"{field}/app/")
    await page.reload()
    await heading(page, "Your visits")
    assert await page.evaluate("document.documentElement.lang") == "en"
    await page.get_by_role("link", name="Monev · F-02").click()
    await expect(page.get_by_role("button", name=re.compile("the visit"))).to_be_visible()


DELAYED = """import('/app/offline/photos.js').then(() => {
  const make = self.createImageBitmap;
  self.createImageBitmap = async (...all) => {
    await new Promise((done) => setTimeout(done, 1500));
    return make(...all);
  };
})"""

FILL = """import('/app/offline/work.js').then(async (work) => {
  const draft = await work.draft(location.hash.split('/')[2]);
  const { body } = await work.instrument(draft.instrument);
  for (const one of body.parts.flatMap((part) => part.indicators)) {
    draft.findings[one.key] = { observed_at: draft.started_at, clock: null, note: 'dilihat', evidence: [], value: 1 };
  }
  await work.save(draft);
})"""


def unreadable() -> FilePayload:
    return {"name": "rusak.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture" * 100}


async def test_a_visit_waits_for_the_photos_that_are_still_prepared(page: Page) -> None:
    await begin(page, "Foto menyusul")
    await page.evaluate(FILL)
    await page.evaluate(DELAYED)
    await page.get_by_label("Pilih berkas").set_input_files([photo(), photo()])
    await page.evaluate("location.hash = location.hash.replace(/at.*/, 'hand-in')")
    await expect(page.get_by_text("2 foto sedang disimpan…")).to_be_visible()
    await expect(page.get_by_role("button", name="Ya, serahkan")).to_be_disabled()
    await page.get_by_role("button", name="Ya, serahkan").click()
    await heading(page, re.compile("Belum terkirim"))
    photos = await page.evaluate(
        "import('/app/offline/work.js').then((work) => work.items()).then(([one]) => one.photos.length)"
    )
    assert photos == 2


async def test_leaving_a_visit_while_photos_are_prepared_loses_no_word(page: Page) -> None:
    await begin(page, "Monev")
    await page.evaluate(DELAYED)
    visit = await page.evaluate("location.hash.replace(/.at.*/, '')")
    await page.get_by_label("Pilih berkas").set_input_files([photo(), photo()])
    await page.evaluate("location.hash = '#/'")
    await heading(page, "Kunjungan Anda")
    await page.evaluate(f"location.hash = '{visit}'")
    await page.get_by_label("Catatan kunjungan").fill("ditulis sesudah kembali")
    await expect(page.get_by_text("Tersimpan di ponsel")).to_be_visible(timeout=10_000)
    await expect(page.get_by_label("Catatan kunjungan")).to_have_value("ditulis sesudah kembali")
    note, photos = await page.evaluate(
        "import('/app/offline/work.js').then((work) => work.drafts()).then(([one]) => "
        "[one.note, Object.values(one.findings).flatMap((finding) => finding.evidence).length])"
    )
    assert (note, photos) == ("ditulis sesudah kembali", 2)


async def test_a_photo_that_could_not_be_kept_is_told_wherever_the_person_went(page: Page) -> None:
    await begin(page, "Monev")
    await page.evaluate(FILL)
    await page.evaluate(DELAYED)
    await page.get_by_label("Pilih berkas").set_input_files(unreadable())
    await page.evaluate("location.hash = location.hash.replace(/.at.*/, '')")
    await expect(page.get_by_role("alert")).to_contain_text("Satu foto tidak tersimpan", timeout=10_000)
    await page.get_by_role("link", name="Serahkan").click()
    await expect(page.get_by_role("button", name="Ya, serahkan")).to_be_disabled()
    await page.get_by_role("button", name="Mengerti").click()
    await expect(page.get_by_role("button", name="Ya, serahkan")).to_be_enabled()


async def test_a_dark_photo_is_told_under_the_thumb(page: Page) -> None:
    await begin(page, "Monev")
    content = BytesIO()
    Image.new("RGB", (1000, 800), (9, 9, 9)).save(content, "JPEG")
    await page.get_by_label("Ambil foto").set_input_files(
        {"name": "gelap.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}
    )
    warning = page.locator("footer .notice")
    await expect(warning).to_contain_text("Foto ini tampak gelap.")
    await expect(warning.get_by_text("Ulangi")).to_be_in_viewport()
    await expect(page.get_by_text("Ambil foto (1)")).to_be_visible()
    await page.get_by_role("button", name="Pakai saja").click()
    await expect(warning).to_be_hidden()


async def test_a_value_that_the_server_could_not_read_is_no_value(page: Page) -> None:
    await begin(page, "Opini")
    for typed in ("0x10", "1e1", "7.", "-3"):
        await page.get_by_label("Nilai (0 sampai 100)").fill(typed)
        await expect(page.get_by_text("Periksa angkanya: dari 0 sampai 100.")).to_be_visible()
        await expect(page.get_by_text("0/32")).to_be_visible()


async def test_an_address_that_cannot_be_read_leads_home(page: Page) -> None:
    await page.evaluate("location.hash = '#/visit/%'")
    await heading(page, "Kunjungan Anda")
    await expect(page.get_by_role("link", name=re.compile("Monev")).first).to_be_visible()


async def test_a_place_already_handed_in_is_opened_again_only_when_asked(
    page: Page, phone: BrowserContext
) -> None:
    await phone.set_offline(True)
    await begin(page, "Monev")
    await page.evaluate(FILL)
    await page.evaluate(
        "import('/app/offline/work.js').then(async (work) => work.handIn((await work.drafts())[0]))"
    )
    place = await page.evaluate(
        "import('/app/offline/work.js').then((work) => work.assignments())"
        ".then((all) => all.find((one) => one.items.length).assignment.id)"
    )
    await page.evaluate(f"location.hash = '#/begin/{place}'")
    await expect(page.get_by_text("Buka lagi untuk mengubah?")).to_be_visible()
    await page.get_by_role("button", name="Buka lagi").click()
    await expect(page.get_by_text("6 dari 6 terisi.")).to_be_visible()


async def test_signing_out_without_a_network_says_what_it_means(page: Page, phone: BrowserContext) -> None:
    await page.get_by_role("link", name="Pengaturan").click()
    await phone.set_offline(True)
    await page.get_by_role("button", name="Keluar").click()
    await expect(page.get_by_text("baru dapat masuk lagi bila ada jaringan")).to_be_visible()
    assert await page.get_by_role("group").get_by_role("button").all_inner_texts() == ["Batal", "Ya, keluar"]


async def test_a_list_that_does_not_come_says_so(phone: BrowserContext, field: str) -> None:
    page = await phone.new_page()
    held = asyncio.Event()

    async def cut(route: Route) -> None:
        await held.wait()
        await route.abort()

    await page.route("**/api/sync/pull*", cut)
    await page.goto(f"{field}/app/")
    await page.get_by_label("Nama pengguna").fill("eka")
    await page.get_by_label("Kata sandi").fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").click()
    await expect(page.get_by_text("Daftar tugas sedang dimuat…")).to_be_visible()
    held.set()
    await expect(page.get_by_text("Daftar belum dapat dimuat.")).to_be_visible()
    await page.unroute("**/api/sync/pull*")
    await page.get_by_role("button", name="Muat ulang").click()
    await expect(page.get_by_text(re.compile("belum dimulai,"))).to_be_visible()
    await page.close()
