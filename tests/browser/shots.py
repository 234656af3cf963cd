"""Photographs every page at 360 × 740 and 1280 × 800 into one contact sheet: `make shots`, then open shots/index.html.

It plants a small demo city of its own, signs in as its administrator and its officer, and fails when the application
has a page that is not among the photographs.
"""

import asyncio
import html
import json
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from server.app import create_app
from server.settings import settings_from
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.cast import hidden_field, sheet
from tests.server_process import ServerProcess

FOLDER = Path("shots")
SIZES = {"phone": (360, 740), "desk": (1280, 800)}
TALLEST = 4000

NO_PAGE = re.compile(
    r"\.(csv|pdf|svg|json)$|^/(static|health|metrics|api/)|^/staff/(phones/)?import/(results/)?\{|/file$|^/app$|^/app/\{|^/[sf]$|^/[SF]/"
)
"""Routes that give a file or data, lead on, or need an upload that is under way."""


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, ServerProcess(Path(folder)) as server:
        server.stop()
        planted = json.loads(server.command("demo", "--units", "40", "--responses", "6000", "--json").stdout)
        server.start()
        paths = await _paths(server, planted)
        app = create_app(settings_from({"LOKET_DATA": folder}))
        missed = [
            route for route in _page_routes(app) if not any(_matches(route, path) for _, _, path in paths)
        ]
        await _photograph(server.url, planted, paths)
    _write_sheet(paths)
    print(f"{len(paths) * len(SIZES)} pictures: {FOLDER / 'index.html'}")
    if missed:
        sys.exit(f"not photographed: {', '.join(missed)}")


async def _paths(server: ServerProcess, planted: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    """Every page as (name, who looks, path)."""
    code, slug = planted["counter_codes"][0], planted["unit_slugs"][0]
    revoked = _asked(server, "SELECT code FROM counters WHERE revoked_at IS NOT NULL")
    service = _asked(
        server,
        f"SELECT s.slug FROM public_services s JOIN units u ON u.id = s.unit_id WHERE u.slug = '{slug}'",
    )
    response_id = _asked(server, "SELECT id FROM survey_responses WHERE excluded_by <> ''")
    async with httpx.AsyncClient(base_url=server.url) as phone:
        page = (await phone.get(f"/s/{code}")).text
        mine = hidden_field(page, "id")
        form = planted["users_form_codes"][0]
        users_form = (await phone.get(f"/f/{form}")).text
        await asyncio.sleep(16)  # answers faster than a person's are left out by their rules
        body = sheet(code, 4, token=hidden_field(page, "token"))
        (await phone.put(f"/api/responses/{mine}", json=body)).raise_for_status()
        answer = {name: hidden_field(users_form, name) for name in ("id", "token")} | {"q-1": "4"}
        thanks = (await phone.post(f"/f/{form}", data=answer)).headers["location"]
    unit, counter = f"/staff/units/{slug}", f"/staff/counters/{code}"
    of_eka = "SELECT v.id FROM visits v JOIN people p ON p.id = v.person_id WHERE p.username = 'eka'"
    visits = "/staff/inspections/visits"
    waiting = visits + "/" + _dashed(_asked(server, "SELECT id FROM visits WHERE state = 'submitted'"))
    returned = visits + "/" + _dashed(_asked(server, of_eka + " AND v.state = 'returned'"))
    instrument, own = "/staff/instruments/pekppp/2022", await _own_version(server.url, planted)
    evaluated, final = _evaluated(server)
    evaluation, new = evaluated.partition("/units/")[0], "/staff/inspections/evaluations/new"
    of_budi = "SELECT {}.id FROM {} JOIN people p ON p.unit_id = {}.unit_id WHERE p.username = 'budi'"
    answerable = _asked(server, of_budi.format(*["visits"] * 3) + " AND state = 'verified' AND form = 'F-02'")
    follow_up = _asked(server, of_budi.format(*["follow_ups"] * 3))
    reply = _asked(server, "SELECT id FROM finding_replies ORDER BY outcome IS NOT NULL")
    sent = (
        "SELECT i.id || ' ' || i.body_sha256 || ' ' || p.username "
        "FROM sync_items i JOIN people p ON p.id = i.person_id"
    )
    refused, conflict = (
        _item(_asked(server, f"{sent} WHERE i.status = '{status}'")) for status in ("rejected", "conflict")
    )
    assigned = _asked(server, f"SELECT id FROM inspection_assignments WHERE {_open_in(evaluation)}")
    return [
        ("kota", None, "/"),
        ("cari", None, "/?cari=ktp"),
        ("cari-kosong", None, "/?cari=zzz"),
        ("unit", None, f"/unit/{slug}"),
        ("aturan", None, "/aturan"),
        ("hitung", None, "/hitung"),
        ("api", None, "/api"),
        ("tidak-ada", None, "/unit/tidak-ada"),
        ("survei", None, f"/s/{code}"),
        ("survei-en", None, f"/s/{code}?lang=en"),
        ("kode-salah", None, "/s/AAAAAA"),
        ("kode-dicabut", None, f"/s/{revoked}"),
        ("bukti", None, f"/receipt/{mine}"),
        ("bukti-dikeluarkan", None, f"/receipt/{_dashed(response_id)}"),
        ("formulir", None, f"/f/{form}"),
        ("formulir-terima-kasih", None, thanks),
        ("formulir-kode-salah", None, "/f/AAAAAA"),
        ("kios", "ani", f"/kiosk/{code}"),
        ("masuk", None, "/staff/login"),
        ("sandi", "budi", "/staff/password"),
        ("ringkasan-biro", "ani", "/staff"),
        ("ringkasan-unit", "budi", "/staff"),
        ("ringkasan-inspektur", "eka", "/staff"),
        ("unit-daftar", "ani", "/staff/units"),
        ("unit-baru", "ani", "/staff/units/new"),
        ("unit-impor", "ani", "/staff/units/import"),
        ("unit-kelola", "ani", unit),
        ("unit-kelola-petugas", "budi", unit),
        ("unit-ubah", "ani", f"{unit}/edit"),
        ("unit-tutup", "ani", f"{unit}/closure"),
        ("layanan-baru", "ani", f"{unit}/services/new"),
        ("layanan-ubah", "ani", f"{unit}/services/{service}/edit"),
        ("layanan-tutup", "ani", f"{unit}/services/{service}/closure"),
        ("loket-baru", "ani", f"{unit}/counters/new"),
        ("loket", "ani", counter),
        ("loket-ubah", "ani", f"{counter}/edit"),
        ("loket-tutup", "ani", f"{counter}/closure"),
        ("loket-cabut", "ani", f"{counter}/revocation"),
        ("poster", "ani", "/staff/posters"),
        ("jawaban", "ani", "/staff/responses"),
        ("jawaban-petugas", "budi", "/staff/responses"),
        ("pengolahan", "budi", f"{unit}/pengolahan"),
        ("pengecualian", "ani", "/staff/exclusions"),
        ("pengecualian-satu", "ani", f"/staff/exclusions/{_dashed(response_id)}"),
        ("pengecualian-tinjau", "ani", f"/staff/exclusions/review?id={_dashed(response_id)}"),
        ("impor", "ani", "/staff/import"),
        ("entri", "ani", f"/staff/entry?loket={code}"),
        ("cara-hitung", "ani", "/staff/convention"),
        ("akun", "ani", "/staff/people"),
        ("akun-baru", "ani", "/staff/people/new"),
        ("akun-ubah", "ani", "/staff/people/budi"),
        ("akun-sandi", "ani", "/staff/people/budi/password"),
        ("akun-tutup", "ani", "/staff/people/budi/closure"),
        ("audit", "ani", "/staff/audit"),
        ("instrumen-daftar", "ani", "/staff/instruments"),
        ("instrumen", "ani", instrument),
        ("instrumen-kota", "ani", own),
        ("instrumen-beda", "ani", f"{own}/difference"),
        ("instrumen-versi-kota", "ani", f"{instrument}/own"),
        ("instrumen-berkas", "ani", "/staff/instruments/import"),
        ("instrumen-tarik", "ani", f"{own}/withdrawal"),
        ("inspeksi-biro", "ani", "/staff/inspections"),
        ("inspeksi-unit", "budi", "/staff/inspections"),
        ("inspeksi-inspektur", "eka", "/staff/inspections"),
        ("evaluasi-instrumen", "ani", new),
        ("evaluasi-baru", "ani", f"{new}?instrumen=pekppp/2022&periode=sendiri"),
        ("evaluasi", "ani", evaluation),
        ("evaluasi-indeks", "ani", f"{evaluation}?urut=indeks"),
        ("evaluasi-ubah", "ani", f"{evaluation}/edit"),
        ("evaluasi-tutup", "ani", f"{evaluation}/closure"),
        ("evaluasi-buka", "ani", f"{evaluation}/reopening"),
        ("evaluasi-unit", "ani", f"{evaluation}/units"),
        ("evaluasi-keluarkan", "ani", f"{evaluated}/removal"),
        ("evaluasi-tugas", "ani", f"{evaluation}/assignments"),
        ("evaluasi-tarik", "ani", f"{evaluation}/assignments/{assigned}/withdrawal"),
        ("dinilai", "ani", evaluated),
        ("dinilai-final", "ani", final),
        ("dinilai-tetapkan", "ani", f"{evaluated}/finalisation"),
        ("dinilai-lembar", "ani", f"{final}/sheet"),
        ("dinilai-qr", "ani", f"{evaluated}/users-form"),
        ("kunjungan-daftar", "ani", visits),
        ("kunjungan-semua", "ani", f"{visits}?semua=1"),
        ("kunjungan-daftar-inspektur", "eka", visits),
        ("kunjungan-daftar-unit", "budi", visits),
        ("kunjungan", "ani", waiting),
        ("kunjungan-kembalikan", "ani", f"{waiting}/return"),
        ("kunjungan-batalkan", "ani", f"{waiting}/withdrawal"),
        ("kunjungan-isi", "eka", f"{returned}/fill"),
        ("kunjungan-serahkan", "eka", f"{returned}/submission"),
        ("tanggapan-biro", "ani", "/staff/inspections/replies"),
        ("tanggapan-unit", "budi", "/staff/inspections/replies"),
        ("tanggapan-tulis", "budi", f"{visits}/{_dashed(answerable)}/findings/17/reply"),
        ("tanggapan-putusan", "ani", f"/staff/inspections/replies/{_dashed(reply)}/decision"),
        ("tindak-lanjut", "ani", "/staff/inspections/follow-ups"),
        ("tindak-lanjut-satu", "budi", f"/staff/inspections/follow-ups/{follow_up}"),
        ("ponsel", "ani", "/staff/phones"),
        ("ponsel-karantina", "ani", refused),
        ("ponsel-bertentangan", "ani", conflict),
        ("ponsel-impor", "ani", "/staff/phones/import"),
        ("aplikasi-masuk", None, "/app/"),
        ("aplikasi", "eka", "/app/"),
        ("aplikasi-kunjungan", "eka", "/app/#/visit/{draft}"),
        ("aplikasi-indikator", "eka", "/app/#/visit/{draft}/at/{key}"),
        ("aplikasi-serahkan", "eka", "/app/#/visit/{draft}/hand-in"),
        ("aplikasi-belum-terkirim", "eka", "/app/#/tray"),
        ("aplikasi-pindai", "eka", "/app/#/scan"),
        ("aplikasi-pengaturan", "eka", "/app/#/settings"),
        ("bukan-wewenang", "budi", "/staff/people"),
        # last, because a browser remembers the language it asked for
        ("unit-en", None, f"/unit/{slug}?lang=en"),
        ("formulir-en", None, f"/f/{form}?lang=en"),
    ]


def _item(row: str) -> str:
    item_id, body_sha256, username = row.split(" ")
    return f"/staff/phones/items/{_dashed(item_id)}/{body_sha256}/{username}"


async def _own_version(url: str, planted: dict[str, Any]) -> str:
    """Publishes a version of an instrument of the city's own; gives the address of its page."""
    ani = next(login for login in planted["logins"] if login["username"] == "ani")
    async with httpx.AsyncClient(base_url=url) as browser:
        token = hidden_field((await browser.get("/staff/login")).text, "_csrf_token")
        login = {"username": "ani", "password": ani["password"], "_csrf_token": token}
        await browser.post("/staff/login", data=login)
        wishes = {"version": "2026-kota-1", "reason": "SK 12/2026", "weights": {"15": "20", "16": "18"}}
        answer = await browser.post("/api/inspections/instruments/pekppp/2022/editions", json=wishes)
        answer.raise_for_status()
    return "/staff/instruments/pekppp/2026-kota-1"


def _evaluated(server: ServerProcess) -> tuple[str, str]:
    """The pages of a unit that waits for its final score, and of one that has it."""
    place = "SELECT v.evaluation_id || '/units/' || u.slug FROM visits v JOIN units u ON u.id = v.unit_id"
    waiting = _asked(
        server,
        f"{place} JOIN evaluations e ON e.id = v.evaluation_id JOIN instrument_editions i ON i.sha256 = e.edition "
        "WHERE i.code = 'pekppp' AND v.state = 'verified' AND v.form = 'F-02'",
    )
    final = _asked(server, f"{place} WHERE v.state = 'final'")
    pages = "/staff/inspections/evaluations"
    return f"{pages}/{waiting}", f"{pages}/{final}"


def _open_in(evaluation: str) -> str:
    return f"withdrawn_at IS NULL AND evaluation_id = {evaluation.rpartition('/')[2]}"


def _asked(server: ServerProcess, query: str) -> str:
    import sqlite3

    database = sqlite3.connect(Path(server.environment["LOKET_DATA"]) / "loket.db")
    try:
        row = database.execute(query + " LIMIT 1").fetchone()
    finally:
        database.close()
    assert row, query
    return str(row[0])


def _dashed(hexadecimal: str) -> str:
    return re.sub(r"^(.{8})(.{4})(.{4})(.{4})", r"\1-\2-\3-\4-", hexadecimal)


def _page_routes(app: Litestar) -> list[str]:
    """The addresses at which a browser gets a page."""
    found = set()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:  # type: ignore[union-attr]
            if "GET" in (getattr(handler, "http_methods", None) or {"GET"}) and not NO_PAGE.search(
                route.path
            ):
                found.add(route.path)
    return sorted(found)


def _matches(route: str, path: str) -> bool:
    pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(route))
    return re.fullmatch(pattern, path.partition("?")[0]) is not None


async def _photograph(url: str, planted: dict[str, Any], paths: list[tuple[str, str | None, str]]) -> None:
    FOLDER.mkdir(exist_ok=True)
    passwords = {login["username"]: login["password"] for login in planted["logins"]}
    async with _browser() as browser:
        for size, (width, height) in SIZES.items():
            contexts: dict[str | None, BrowserContext] = {}
            for name, who, path in paths:
                if who not in contexts:
                    contexts[who] = await browser.new_context(
                        base_url=url, viewport={"width": width, "height": height}, locale="id-ID"
                    )
                    if who:
                        await _sign_in(contexts[who], who, passwords[who])
                page = await contexts[who].new_page()
                if path.startswith("/app/") and who:
                    path = path.format(**await _in_app(page, who, passwords[who]))
                await page.goto(await _kiosk_link(page, path) if path.startswith("/kiosk/") else path)
                if path.startswith("/app/"):
                    await page.wait_for_selector("h1")
                    await page.wait_for_timeout(500)
                tall = min(TALLEST, await page.evaluate("document.documentElement.scrollHeight"))
                await page.set_viewport_size({"width": width, "height": max(height, tall)})
                await page.screenshot(path=FOLDER / f"{name}-{size}.png")
                await page.close()
            for context in contexts.values():
                await context.close()


async def _kiosk_link(page: Page, path: str) -> str:
    """The link with its key, as staff find it on the counter's page."""
    await page.goto(path.replace("/kiosk/", "/staff/counters/"))
    found = re.search(r"/kiosk/\w+\?key=[\w-]+", html.unescape(await page.content()))
    assert found
    return found[0]


async def _in_app(page: Page, username: str, password: str) -> dict[str, str]:
    """Signs in to the app and begins a visit, or finds the one begun before: its id and its first indicator."""
    await page.goto("/app/manifest.webmanifest")
    begun: dict[str, str] = await page.evaluate(
        """async ([username, password]) => {
          const work = await import("/app/offline/work.js");
          if (!(await work.person())) await work.signIn(username, password);
          let [draft] = await work.drafts();
          if (!draft) {
            const rows = await work.assignments();
            const row = rows.find(({ instrument }) => instrument.body.per !== "product") || rows[0];
            draft = await work.begin(row.assignment, row.assignment.service);
          }
          const { body } = await work.instrument(draft.instrument);
          return { draft: draft.id, key: body.parts[0].indicators[0].key };
        }""",
        [username, password],
    )
    return begun


async def _sign_in(context: BrowserContext, username: str, password: str) -> None:
    page = await context.new_page()
    await page.goto("/staff/login")
    await page.fill("[name=username]", username)
    await page.fill("[name=password]", password)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url("**/staff")
    await page.close()


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        sys.exit("chromium is needed (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


def _write_sheet(paths: list[tuple[str, str | None, str]]) -> None:
    figures = "".join(
        f"<figure><figcaption><b>{html.escape(name)}</b> {html.escape(path)} {who or 'publik'}</figcaption>"
        f'<img src="{name}-phone.png" width="180" alt=""><img src="{name}-desk.png" width="480" alt=""></figure>'
        for name, who, path in paths
    )
    style = "body{font:14px system-ui}figure{display:inline-block;margin:8px}img{border:1px solid #ccc}"
    (FOLDER / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><title>Loket</title><style>{style}</style>{figures}', "utf-8"
    )


if __name__ == "__main__":
    asyncio.run(main())
