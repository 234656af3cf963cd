"""What an inspector does on a phone, as one sentence each; and what the camera gives."""

import re
from io import BytesIO

from PIL import Image
from playwright.async_api import FilePayload, Page, expect

from tests.cast import PASSWORD

MONEV, PEKPPP, OMBUDSMAN, CLASSIC = "sampang/2018", "pekppp/2022", "ombudsman/2022", "ombudsman/classic"

EVALUATIONS = (
    (MONEV, "Monev"),
    (MONEV, "Foto menyusul"),
    (PEKPPP, "PEKPPP"),
    (PEKPPP, "Dari awal sampai akhir"),
    (OMBUDSMAN, "Opini"),
    (CLASSIC, "Kepatuhan"),
    (CLASSIC, "Per layanan"),
    (MONEV, "Dibuka lagi"),
    (MONEV, "Dua ponsel"),
    (MONEV, "Dua bagian"),
    (MONEV, "Sudah diperiksa"),
    (MONEV, "Foto tak terpakai"),
)
"""In each of them Eka visits unit A; who hands in does so in one that no other test opens."""

CHECKED = "Sudah diperiksa"
"""Here Eka's visit was verified already."""

FILL = """import('/app/offline/work.js').then(async (work) => {
  const draft = await work.draft(location.hash.split('/')[2]);
  const { body } = await work.instrument(draft.instrument);
  for (const one of body.parts.flatMap((part) => part.indicators)) {
    const { evidence = [] } = draft.findings[one.key] || {};
    draft.findings[one.key] = { observed_at: draft.started_at, clock: null, note: 'dilihat', evidence, value: 1 };
  }
  await work.save(draft);
})"""


async def sign_in(page: Page, server: str, username: str) -> None:
    await page.goto(f"{server}/app/")
    await page.get_by_label("Nama pengguna").fill(username)
    await page.get_by_label("Kata sandi").fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").click()
    await heading(page, "Kunjungan Anda")
    await page.get_by_role("searchbox").wait_for()


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
    await expect(page.get_by_text("Indikator 1 dari")).to_be_visible()


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


async def hand_in(page: Page) -> None:
    """The visit at hand, all of it answered."""
    await page.evaluate(FILL)
    await page.evaluate("location.hash = location.hash.replace(/(visit.[^/]*).*/, '$1/hand-in')")
    await page.get_by_role("button", name="Ya, serahkan").click()
    await heading(page, re.compile("Belum terkirim"))
