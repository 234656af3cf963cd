"""The inspector's screens in Chromium: a visit with thumbs, with the keyboard alone, in English, on a small phone."""

import asyncio
import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, Route, expect

from tests.browser.inspector import CHECKED, FILL, answer, begin, hand_in, heading, photo, sign_in
from tests.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


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
    assert ["submitted", 1, 0] in held


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


async def test_a_draft_is_deleted_only_after_asking(page: Page) -> None:
    await begin(page, "Monev")
    await page.get_by_label("Ada", exact=True).check()
    await page.get_by_role("link", name="Daftar").first.click()
    await page.get_by_role("button", name="Hapus konsep").click()
    await expect(page.get_by_text("1 jawaban dan 0 bukti hilang")).to_be_visible()
    await page.get_by_role("button", name="Ya, hapus").click()
    await heading(page, "Kunjungan Anda")
    await expect(page.get_by_text("0 sedang diisi")).to_be_visible()


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


async def test_a_photo_brought_back_costs_nothing_made_meanwhile(page: Page) -> None:
    await begin(page, "Kepatuhan", service=True)
    await page.get_by_label("Pilih berkas").set_input_files([photo(), photo()])
    await expect(page.get_by_role("img")).to_have_count(2)
    await page.get_by_label("Keterangan foto 1").fill("pintu depan")
    await page.get_by_role("button", name="Buang foto 1").click()
    await expect(page.get_by_role("button", name="Urungkan")).to_be_focused()
    await page.get_by_label("Keterangan foto 1").fill("pintu samping")
    await page.get_by_label("Pilih berkas").set_input_files(photo())
    await expect(page.locator("ul.photos img")).to_have_count(2)
    await page.get_by_role("button", name="Urungkan").click()
    await expect(page.locator("ul.photos img")).to_have_count(3)
    await expect(page.get_by_label("Keterangan foto 1")).to_have_value("pintu depan")
    await expect(page.get_by_label("Keterangan foto 2")).to_have_value("pintu samping")


async def test_home_has_a_row_per_visit_and_one_for_what_is_still_to_be_made(page: Page) -> None:
    """A place that is visited service by service: one handed in, one begun, others to come."""
    await begin(page, "Per layanan", service=True)
    await hand_in(page)
    await page.evaluate("location.hash = '#/'")
    await page.get_by_role("link", name="Per layanan · F-02").filter(has_text="belum dimulai").click()
    await page.get_by_role("radio").last.check()
    await page.get_by_role("button", name="Mulai kunjungan").click()
    await page.get_by_role("link", name="Serahkan").wait_for()
    await page.evaluate("location.hash = '#/'")
    await page.get_by_text("Sudah diserahkan").click()
    rows = page.get_by_role("listitem").filter(has_text="Per layanan")
    await expect(rows).to_have_count(3)
    for state in ("0 dari", "belum dimulai", "menunggu verifikasi"):
        await expect(rows.filter(has_text=state)).to_have_count(1)


async def test_a_visit_opened_again_and_given_up_is_as_the_server_has_it(page: Page) -> None:
    await begin(page, "Dibuka lagi")
    await hand_in(page)
    await expect(page.get_by_text("Sudah terkirim (1)")).to_be_visible()
    await page.evaluate("location.hash = '#/'")
    await page.get_by_text("Sudah diserahkan").click()
    await page.get_by_role("link", name="Dibuka lagi").click()
    await page.get_by_role("button", name="Buka lagi").click()
    await page.get_by_label("Catatan kunjungan").fill("sebenarnya lain")
    await expect(page.get_by_text("Tersimpan di ponsel")).to_be_visible()
    await page.get_by_role("button", name="Batalkan perubahan").click()
    await page.get_by_role("button", name="Ya, batalkan").click()
    await heading(page, "Kunjungan Anda")
    await expect(page.get_by_text("0 sedang diisi")).to_be_visible()
    await page.get_by_text("Sudah diserahkan").click()
    await page.get_by_role("link", name="Dibuka lagi").click()
    await page.get_by_role("button", name="Buka lagi").click()
    await expect(page.get_by_text("6 dari 6 terisi.")).to_be_visible()
    await expect(page.get_by_label("Catatan kunjungan")).to_have_value("")


async def test_after_a_verified_visit_another_begins_only_when_asked(page: Page) -> None:
    await page.get_by_text("Sudah diserahkan").click()
    await page.get_by_role("link", name=CHECKED).click()
    await expect(page.get_by_text("sudah diverifikasi. Mulai kunjungan baru?")).to_be_visible()
    await expect(page.get_by_role("link", name="Tidak, kembali")).to_be_visible()
    await page.get_by_role("button", name="Mulai kunjungan baru").click()
    await expect(page.get_by_text("0 dari 6 terisi.")).to_be_visible()


async def test_what_a_coordinator_set_aside_says_why_and_can_be_mended(
    page: Page, browser: Browser, field: str
) -> None:
    other = await browser.new_context(viewport={"width": 360, "height": 740}, locale="id-ID")
    other.set_default_timeout(10_000)
    second = await other.new_page()
    await sign_in(second, field, "eka")
    await second.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await other.set_offline(True)
    await begin(second, "Dua ponsel")
    await begin(page, "Dua ponsel")
    await hand_in(page)
    await expect(page.get_by_text("Sudah terkirim (1)")).to_be_visible()
    await hand_in(second)
    await other.set_offline(False)
    await expect(second.get_by_text("ada versi lain di server")).to_be_visible()

    bureau = await browser.new_context(locale="id-ID")
    bureau.set_default_timeout(10_000)
    await bureau.request.post(f"{field}/api/session", data={"username": "gita", "password": PASSWORD})
    desk = await bureau.new_page()
    await desk.goto(f"{field}/staff/phones")
    await desk.locator("main a[href*='/staff/phones/']").filter(has_text="Dinas").first.click()
    await desk.get_by_label("Atau kesampingkan, karena").fill("isinya sama dengan kunjungan yang pertama")
    await desk.get_by_role("button", name="Kesampingkan").click()

    await second.get_by_role("button", name="Coba lagi").click()
    await heading(second, "Belum terkirim (0)")
    aside = second.get_by_role("listitem")
    await expect(aside).to_contain_text("dikesampingkan oleh koordinator; isinya tetap di ponsel ini")
    await expect(aside).to_contain_text("isinya sama dengan kunjungan yang pertama")
    await expect(second.get_by_role("button", name="Simpan ke berkas")).to_be_visible()
    await aside.get_by_role("button", name="Perbaiki").click()
    await expect(second.get_by_text("6 dari 6 terisi.")).to_be_visible()
    await bureau.close()
    await other.close()


async def test_a_photo_that_cannot_be_used_says_why_at_its_indicator(page: Page) -> None:
    await begin(page, "Foto tak terpakai")
    await page.get_by_label("Pilih berkas").set_input_files(photo())
    await expect(page.locator("ul.photos img")).to_be_visible()
    await hand_in(page)
    await expect(page.get_by_text("Sudah terkirim (1)")).to_be_visible()

    async def told(route: Route) -> None:
        news = await (await route.fetch(url=re.sub(r"cursor=.*", "cursor=", route.request.url))).json()
        for visit in news["inspections"]:
            visit["unusable"] = dict.fromkeys(visit["held"], "Berkas ini bukan gambar.")
        await route.fulfill(json=news)

    await page.route("**/api/sync/pull*", told)
    await page.evaluate("import('/app/offline/work.js').then((work) => work.refresh())")
    await page.evaluate("location.hash = '#/'")
    await page.get_by_text("Sudah diserahkan").click()
    await page.get_by_role("link", name="Foto tak terpakai").click()
    await page.get_by_role("button", name="Buka lagi").click()
    await page.get_by_role("link", name=re.compile("foto tidak terpakai")).click()
    await expect(page.locator("ul.photos .wrong")).to_have_text(
        "Foto ini tidak dapat dipakai. Berkas ini bukan gambar."
    )


async def test_a_photo_on_its_way_moves_neither_the_focus_nor_the_page(page: Page) -> None:
    await begin(page, "Dua bagian")
    await page.get_by_label("Pilih berkas").set_input_files([photo(), photo(), photo()])
    await expect(page.locator("ul.photos img")).to_have_count(3)
    lets_go = asyncio.Event()

    async def slowly(route: Route) -> None:
        await lets_go.wait()
        await asyncio.sleep(0.2)
        await route.continue_()

    await page.route("**/api/photos/**", slowly)
    await hand_in(page)
    await page.evaluate("location.hash = '#/'")
    await begin(page, "PEKPPP")
    note = page.get_by_role("textbox", name="Catatan Ketuk")
    await note.press_sequentially("sambil ", delay=5)
    await page.evaluate("document.activeElement.isMine = true")
    place = await page.evaluate("scrollY")
    await page.evaluate(
        "import('/app/offline/work.js')"
        ".then((work) => { self.heard = []; work.subscribe((kind) => heard.push(kind)); })"
    )
    lets_go.set()
    for _ in range(100):
        await note.press_sequentially("menulis ", delay=20)
        if await page.get_by_role("link", name="Belum terkirim (0)").count():
            break
    heard = await page.evaluate("heard")
    assert heard.count("progress") >= 3 and heard.count("") >= 3, heard
    assert (await note.input_value()).startswith("sambil menulis")
    assert place > 0 and await page.evaluate("[scrollY, document.activeElement.isMine]") == [place, True]
