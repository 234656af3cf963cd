"""The offline heart of the inspector's app in a real browser: what it keeps, what it freezes, what it sends."""

import asyncio
import base64
import gzip
import hashlib
import io
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageDraw, ImageFilter
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.eventually import comes_true, holds_the_sender
from tests.cast import PASSWORD
from tests.faults.field import Office

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with Office(tmp_path_factory.mktemp("core")) as office:
        yield office


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(locale="id-ID", timezone_id="Asia/Jakarta")
    yield context
    await context.close()


class Tab:
    """One tab of the app, used through the modules that its pages use."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    async def opened(cls, phone: BrowserContext, office: Office, username: str = "") -> "Tab":
        """A blank page of the app's own address, so that nothing but the test calls its modules."""
        page = await phone.new_page()
        await page.goto(f"{office.server.url}/app/manifest.webmanifest")
        tab = cls(page)
        await tab.do("await work.start(); await work.carryOn()")
        if username:
            await tab.do("await work.signIn(a[0], a[1])", [username, PASSWORD])
        return tab

    async def do(self, what: str, argument: Any = None) -> Any:
        return await self.page.evaluate(
            f"""async (a) => {{
              const work = await import("/app/offline/work.js");
              {HAND}
              {what}
            }}""",
            argument,
        )

    async def trouble(self, what: str, argument: Any = None) -> Any:
        """The code of what it rejects with."""
        return await self.do(
            f"try {{ {what} }} catch (error) {{ return error.code || String(error) }}", argument
        )


HAND = """
  const begun = async () => work.begin((await work.assignments())[0].assignment, null);
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const file = (text) => new File([bytesOf(text)], "foto.jpg", { type: "image/jpeg" });
  const filled = async (draft) => {
    const { body } = await work.instrument(draft.instrument);
    for (const part of body.parts) for (const { key } of part.indicators)
      draft.findings[key] = { observed_at: draft.started_at, clock: null, value: 1, note: "dilihat", evidence: [] };
    await work.save(draft);
    return draft;
  };
  const proven = async (draft, pictures) => {
    const { body } = await work.instrument(draft.instrument);
    const all = body.parts.flatMap((part) => part.indicators);
    const wanting = all.filter((one) => one.evidence_kinds.includes("photo"));
    for (const [at, picture] of pictures.entries()) {
      const { piece } = await work.takePhoto(file(picture), "camera");
      draft.findings[wanting[at % wanting.length].key].evidence.push(piece);
    }
    await work.save(draft);
    return draft;
  };
"""


def picture(
    width: int = 2400, height: int = 1800, *, seed: int = 0, blur: float = 0, light: float = 1, **facts: Any
) -> str:
    """A sharp photo of papers on a board, as a camera's file in base 64."""
    image = Image.new("RGB", (width, height), (200, 196, 188))
    draw = ImageDraw.Draw(image)
    for number in range(60):
        x, y = (number * 397 + seed * 53) % width, (number * 251) % height
        draw.rectangle(
            (x, y, x + 180, y + 90), fill=(number * 4, 40, 255 - number * 4), outline=(0, 0, 0), width=6
        )
        draw.text((x + 20, y + 20), f"LOKET {number}", fill=(255, 255, 255), font_size=32)
    image = image.filter(ImageFilter.GaussianBlur(blur)) if blur else image
    image = image.point(lambda value: int(value * light))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92, **facts)
    return base64.b64encode(file.getvalue()).decode()


async def test_a_draft_survives_the_tab_and_stays_where_one_was(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    draft = await tab.do("const draft = await begun(); draft.here = '3'; await filled(draft); return draft")
    await tab.page.close()
    again = await Tab.opened(phone, office)
    assert await again.do("return await work.draft(a)", draft["id"]) == draft
    assert (await again.do("return await begun()"))["id"] == draft["id"]


async def test_what_is_handed_in_is_frozen_letter_for_letter(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(2))
    await phone.set_offline(True)
    first, twice, second = await tab.do("""
        const [one, two] = (await work.assignments()).map(({ assignment }) => assignment);
        const draft = await filled(await work.begin(one, null));
        draft.note = "kursi roda “rusak” – é 👍";
        await work.save(draft);
        const first = await work.handIn(draft);
        return [first, await work.handIn(draft), await work.handIn(await filled(await work.begin(two, null)))];
    """)
    assert hashlib.sha256(first["body"].encode()).hexdigest() == first["body_sha256"]
    assert json.loads(first["body"])["note"] == "kursi roda “rusak” – é 👍"
    assert twice["key"] == first["key"]
    assert second["seq"] == first["seq"] + 1
    assert first["id"] < second["id"]
    assert await tab.do("return await work.drafts()") == []
    assert await tab.do("return await work.unsentCount()") == 2


async def test_ids_come_in_order_also_within_a_millisecond(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office)
    made = await tab.do("""
        const { uuid7 } = await import("/app/shared/uuid7.js");
        return Array.from({ length: 20000 }, uuid7);
    """)
    assert made == sorted(set(made))
    assert {(one[14], one[19] in "89ab") for one in made} == {("7", True)}


async def test_a_photo_is_made_small_upright_and_bare(office: Office, phone: BrowserContext) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    exif.get_ifd(0x8769)[0x9003] = "2026:11:19 08:30:15"
    exif.get_ifd(0x8825).update({1: "S", 2: (7.0, 15.0, 30.0), 3: "E", 4: (112.0, 45.0, 0.0)})
    tab = await Tab.opened(phone, office, await office.inspector(1))
    taken = await tab.do("return await work.takePhoto(file(a), 'file')", picture(exif=exif))
    text = await _bytes(tab, taken["piece"]["sha256"])
    stored = base64.b64decode(text)
    piece = taken["piece"]
    assert hashlib.sha256(stored).hexdigest() == piece["sha256"]
    assert len(stored) == piece["bytes"]
    small = Image.open(io.BytesIO(stored))
    assert (small.format, small.size) == ("JPEG", (1200, 1600))
    assert dict(small.getexif()) == {}
    assert piece["captured_at"] == "2026-11-19T08:30:15.000+07:00"
    assert piece["clock"] is None
    assert (round(piece["latitude"], 4), piece["longitude"]) == (-7.2583, 112.75)
    assert taken["warnings"] == []


async def _bytes(tab: Tab, sha256: str) -> str:
    """A stored photo, in base 64."""
    found: str = await tab.do(
        """
        const { get } = await import("/app/offline/store.js");
        const { bytes } = await get("photos", a);
        return btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(""));
        """,
        sha256,
    )
    return found


@pytest.mark.parametrize(
    ("facts", "warned"),
    [
        ({}, []),
        ({"blur": 14}, ["blurred"]),
        ({"light": 0.1}, ["dark"]),
        ({"width": 600, "height": 400}, ["small"]),
    ],
)
async def test_a_bad_photo_is_told_at_once(
    office: Office, phone: BrowserContext, facts: dict[str, Any], warned: list[str]
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    taken = await tab.do("return await work.takePhoto(file(a), 'camera')", picture(**facts))
    assert taken["warnings"] == warned
    assert taken["piece"]["clock"]["steady"] is True


async def test_what_is_no_picture_is_refused_in_words(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    nothing = base64.b64encode(b"ftypheic" * 100).decode()
    assert await tab.trouble("await work.takePhoto(file(a), 'file')", nothing) == "refused"
    assert (await tab.do("return await work.takePhoto(file(a), 'file')", picture()))["warnings"] == []


async def test_a_closed_database_is_opened_again(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    kept = await tab.do("""
        const draft = await begun();
        const close = IDBDatabase.prototype.close;
        const opened = [];
        const transaction = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function (...args) {
          opened.push(this);
          return transaction.apply(this, args);
        };
        await work.drafts();
        opened.forEach((db) => close.call(db));
        draft.note = "sesudah ditutup";
        await work.save(draft);
        return (await work.draft(draft.id)).note;
    """)
    assert kept == "sesudah ditutup"


async def test_a_full_phone_says_so_and_keeps_what_it_has(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    draft = await tab.do("return await filled(await begun())")
    # what the browser throws when there is no room: overriding the quota has no effect on this Chromium's IndexedDB
    await tab.do("""
        const put = (IDBObjectStore.prototype.wasPut = IDBObjectStore.prototype.put);
        IDBObjectStore.prototype.put = function (...args) {
          if (this.name === "photos") throw new DOMException("no room", "QuotaExceededError");
          return put.apply(this, args);
        };
    """)
    assert await tab.trouble("await work.takePhoto(file(a), 'camera')", picture()) == "full"
    assert await tab.do("return await work.draft(a)", draft["id"]) == draft
    await tab.do("IDBObjectStore.prototype.put = IDBObjectStore.prototype.wasPut")
    assert (await tab.do("return await work.takePhoto(file(a), 'camera')", picture()))["piece"]["bytes"] > 0


async def test_a_visit_arrives_with_its_photos(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, username := await office.inspector(1))
    await tab.do(
        "await work.handIn(await proven(await filled(await begun()), a)); await work.sendNow()",
        [picture(seed=1), picture(seed=2), picture(seed=1)],
    )
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["reason"]) == ("sent", ""), item["reason"]
    held = await office.holds(username)
    assert [visit.body_sha256 for visit in held.visits] == [item["body_sha256"]]
    assert sorted({row.sha256 for row, _ in held.pieces}) == sorted(item["photos"])
    assert len(item["photos"]) == 2


WITHOUT_LOCKS = "delete Navigator.prototype.locks"
"""As an older browser; told before the app's modules load."""


@pytest.mark.parametrize("has_locks", [True, False])
async def test_two_tabs_never_both_send(has_locks: bool, office: Office, phone: BrowserContext) -> None:
    if not has_locks:
        await phone.add_init_script(WITHOUT_LOCKS)
    username = await office.inspector(2)
    first, second = await Tab.opened(phone, office, username), await Tab.opened(phone, office)
    under_way, most = 0, 0

    async def count(route: Any) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.1)
        await route.continue_()
        under_way -= 1

    await phone.route("**/api/sync/push", count)
    await phone.route("**/api/photos**", count)
    await phone.set_offline(True)
    await first.do("await work.handIn(await proven(await filled(await begun()), a))", [picture(seed=3)])
    await phone.set_offline(False)
    await asyncio.gather(*(tab.do("await work.sendNow()") for tab in (first, second) * 3))
    (item,) = await second.do("return await work.items()")
    assert item["state"] == "sent", item["reason"]
    assert most == 1
    assert item["tries"] <= 4


async def test_without_locks_a_dead_tab_holds_the_others_up_for_a_minute_only(
    office: Office, phone: BrowserContext
) -> None:
    await phone.add_init_script(WITHOUT_LOCKS)
    dead = await Tab.opened(phone, office, username := await office.inspector(1))
    other = await Tab.opened(phone, office)
    pushed = asyncio.Event()

    async def swallow(route: Any) -> None:
        """The first is never answered."""
        if pushed.is_set():
            await route.continue_()
        pushed.set()

    await phone.route("**/api/sync/push", swallow)
    await dead.do("await work.handIn(await filled(await begun()))")
    await pushed.wait()
    # dead to all others; a page that is closed has a moment left, in which the browser may let its request go
    await dead.do("IDBDatabase.prototype.transaction = () => { throw new Error('dead'); }")
    await other.do("void work.sendNow()")
    await asyncio.sleep(1)
    assert (await office.holds(username)).ledger == []
    await other.do("const now = Date.now; Date.now = () => now() + 61000")
    for _ in range(20):  # a request that fails on its way is a reason to ask again, not to doubt the lease
        await other.do("await work.sendNow()")
        (item,) = await other.do("return await work.items()")
        if item["state"] == "sent":
            break
    assert (item["state"], item["revision"]) == ("sent", 1), item["reason"]
    assert len((await office.holds(username)).ledger) == 1


@pytest.mark.parametrize("status", [200, 401])
async def test_a_portal_is_never_believed(status: int, office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    page = {"status": status, "content_type": "text/html", "body": "<h1>Masuk</h1>"}
    await phone.route("**/api/**", lambda route: route.fulfill(**page))
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["code"]) == ("waiting", "portal")
    assert await tab.do("return work.needsSignIn()") is False
    await phone.unroute("**/api/**")
    await tab.do("await work.sendNow()")
    assert await tab.do("return await work.unsentCount()") == 0


async def test_an_expired_session_asks_once_and_keeps_the_queue(
    office: Office, phone: BrowserContext
) -> None:
    mine, other = await office.inspector(1), await office.inspector(1)
    tab = await Tab.opened(phone, office, mine)
    await phone.clear_cookies()
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    assert await tab.do("return [work.needsSignIn(), await work.unsentCount()]") == [True, 1]
    await tab.do("await work.signIn(a[0], a[1])", [other, PASSWORD])
    await tab.do("await work.sendNow()")
    assert await tab.do("return [await work.unsentCount(), (await work.others())[0].unsent]") == [0, 1]
    assert (await office.holds(mine)).visits == (await office.holds(other)).visits == []
    await tab.do("await work.signIn(a[0], a[1]); await work.sendNow()", [mine, PASSWORD])
    assert await tab.do("return await work.unsentCount()") == 0
    assert len((await office.holds(mine)).visits) == 1


async def test_a_sign_out_that_was_out_of_reach_is_told_later_and_while_nobody_sends(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, username := await office.inspector(1))
    await phone.route("**/api/session", lambda route: route.abort())
    await tab.do("await work.signOut()")
    await tab.page.close()
    told: list[str] = []

    async def hear(route: Any) -> None:
        told.append(route.request.method)
        await route.continue_()

    await phone.unroute("**/api/session")
    await phone.route("**/api/session", hear)
    sends = await phone.new_page()
    await sends.goto(f"{office.server.url}/app/manifest.webmanifest")
    await holds_the_sender(sends)
    tab = await Tab.opened(phone, office)
    await asyncio.sleep(0.5)
    assert told == []
    await sends.close()
    # who signs in next is not signed out by what their predecessor left behind
    await tab.do("await work.signIn(a[0], a[1]); await work.refresh()", [username, PASSWORD])
    assert told.count("DELETE") <= 1
    assert told.index("POST") > (told.index("DELETE") if "DELETE" in told else -1)
    assert await tab.do("return work.needsSignIn()") is False


async def test_someone_else_signed_in_on_the_staff_pages_sends_nothing_of_ours(
    office: Office, phone: BrowserContext
) -> None:
    mine, other = await office.inspector(1), await office.inspector(1)
    tab = await Tab.opened(phone, office, mine)
    await phone.request.post(
        f"{office.server.url}/api/session", data={"username": other, "password": PASSWORD}
    )
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    assert await tab.do("return [work.needsSignIn(), await work.unsentCount()]") == [True, 1]
    assert (await office.holds(other)).ledger == []


async def test_a_visit_is_opened_again_and_becomes_its_next_revision(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, username := await office.inspector(1))
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    await tab.do("""
        const [item] = await work.items();
        const draft = await work.reopen(item.id);
        draft.note = "diperbaiki";
        await work.save(draft);
        await work.handIn(draft);
        await work.sendNow();
    """)
    items = await tab.do("return await work.items()")
    assert sorted((item["state"], item["revision"]) for item in items) == [("sent", 1), ("sent", 2)]
    (visit,) = (await office.holds(username)).visits
    assert visit.revision == 2


async def test_when_something_was_is_told_also_where_the_clock_is_set(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    await tab.do(
        "await work.refresh(); await work.refresh()"
    )  # the second has nothing new, and is a contact too
    clock = """
        const { mark } = await import("/app/offline/clock.js");
        const realNow = Date.now;
        const ahead = (ms) => { Date.now = () => realNow() + ms; return mark(); };
        const hidden = (is) => {
          Object.defineProperty(document, "hidden", { value: is, configurable: true });
          dispatchEvent(new Event("visibilitychange"));
        };
        const hour = 3600000;
    """
    before, jumped, back, slept, awake = await tab.do(f"""
        {clock}
        const told = [mark(), ahead(3 * 365 * 24 * hour), ahead(-hour)];
        hidden(true);
        told.push(ahead(7 * hour));
        hidden(false);
        return [...told, mark()];
    """)
    assert before["steady"] and jumped["steady"] and back["steady"]
    assert jumped["elapsed_ms"] - before["elapsed_ms"] < 5000
    assert back["elapsed_ms"] - before["elapsed_ms"] < 5000
    # a page that was hidden has slept, as far as anybody can tell: eight hours by the clock of the day
    assert not slept["steady"]
    assert abs(slept["elapsed_ms"] - 8 * 3_600_000) < 5000
    assert awake["contact"] == before["contact"]


async def test_a_server_that_forgot_is_told_again(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, username := await office.inspector(1))
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    assert await tab.do("return await work.unsentCount()") == 0
    await phone.route("**/api/sync/pull**", telling(lambda told: told.update(inspections=[])))
    await tab.do("await work.refresh()")
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["held"]) == ("waiting", [])
    await phone.unroute("**/api/sync/pull**")
    await tab.do("await work.sendNow()")
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["revision"]) == ("sent", 1)
    assert len((await office.holds(username)).visits) == 1


async def test_only_what_the_server_lists_as_held_is_held(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    await tab.do(
        "await work.handIn(await proven(await filled(await begun()), a)); await work.sendNow()",
        [picture(seed=1), picture(seed=2)],
    )
    (item,) = await tab.do("return await work.items()")
    assert item["state"] == "sent"
    kept, lost = item["photos"]

    def lose(told: dict[str, Any]) -> None:
        """It awaits nothing, and does not hold everything; what it tells next will not be the same."""
        told["cursor"] = "0.lost"
        for one in told["inspections"]:
            one |= {"held": [kept], "awaited": []}

    await phone.route("**/api/sync/pull**", telling(lose))
    await tab.do("await work.refresh()")
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["held"]) == ("photos", [kept])
    await phone.unroute("**/api/sync/pull**")
    await tab.do("await work.sendNow()")
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["held"]) == ("sent", [kept, lost])


async def test_one_bad_record_does_not_hold_up_the_others(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(3))
    await phone.set_offline(True)
    bad = await tab.do("""
        const [one, two, three] = (await work.assignments()).map(({ assignment }) => assignment);
        const bad = await work.handIn(await work.begin(one, null));
        for (const good of [two, three]) await work.handIn(await filled(await work.begin(good, null)));
        return bad;
    """)
    sizes: list[int] = []

    async def small(route: Any) -> None:
        answer = await route.fetch()
        sizes.append(len((await answer.json()).get("results", [])))
        if sizes[-1] > 2:
            await route.fulfill(status=413, json={"code": "too_large", "detail": "Terlalu besar"})
        else:
            await route.fulfill(response=answer)

    await phone.route("**/api/sync/push", small)
    await phone.set_offline(False)
    await tab.do("await work.sendNow()")
    states = {item["key"]: item["state"] for item in await tab.do("return await work.items()")}
    assert states.pop(bad["key"]) == "rejected"
    assert set(states.values()) == {"sent"}
    assert sizes[:2] == [3, 2]
    (first, *_) = await tab.do("return await work.items()")
    assert (first["key"], bool(first["reason"]), first["body"]) == (bad["key"], True, bad["body"])


async def test_a_record_that_breaks_the_server_is_sent_around(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(2))
    await phone.set_offline(True)
    poison = await tab.do("""
        const [one, two] = (await work.assignments()).map(({ assignment }) => assignment);
        const poison = await work.handIn(await filled(await work.begin(one, null)));
        await work.handIn(await filled(await work.begin(two, null)));
        return poison;
    """)

    async def break_down(route: Any) -> None:
        text = gzip.decompress(route.request.post_data_buffer).decode()
        if poison["id"] in text:
            await route.fulfill(status=504, content_type="text/html", body="<h1>Gateway Timeout</h1>")
        else:
            await route.continue_()

    await phone.route("**/api/sync/push", break_down)
    await phone.set_offline(False)
    await tab.do("""
        const realNow = performance.now.bind(performance);
        let later = 0;
        performance.now = () => realNow() + later;
        const { wake } = await import("/app/offline/sender.js");
        for (let tries = 0; tries < 5; tries++) {
          await wake();
          later += 600000;
        }
    """)
    states = {item["id"]: item["state"] for item in await tab.do("return await work.items()")}
    assert states.pop(poison["id"]) == "waiting"
    assert list(states.values()) == ["sent"]


async def test_a_record_the_server_stumbles_over_holds_up_no_photos(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(2))
    await phone.route("**/api/photos", lambda route: route.abort())
    shown = await tab.do(
        """
        const item = await work.handIn(await proven(await filled(await begun()), a));
        await work.sendNow();
        return item;
        """,
        [picture(seed=11)],
    )
    await phone.unroute("**/api/photos")
    await phone.route("**/api/sync/push", stumbling(lambda text: shown["id"] not in text))
    await tab.do("""
        const { assignment } = (await work.assignments()).find((one) => !one.items.length);
        await work.handIn(await filled(await work.begin(assignment, null)));
        for (let tries = 0; tries < 5; tries++) await work.sendNow();
    """)
    assert sorted(item["state"] for item in await tab.do("return await work.items()")) == ["sent", "waiting"]


async def test_what_was_mended_does_not_wait_for_what_cannot_be_judged(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, username := await office.inspector(1))
    item = await tab.do("""
        await work.handIn(await filled(await begun()));
        return (await work.items())[0];
    """)
    await tab.do("await work.sendNow()")
    await phone.route("**/api/sync/push", stumbling(lambda text: second["body_sha256"] in text))
    second = await tab.do("""
        const draft = await work.reopen((await work.items())[0].id);
        draft.note = "salah ketik";
        await work.save(draft);
        return await work.handIn(draft);
    """)
    await tab.do("await work.sendNow()")
    await tab.do("""
        const draft = await work.reopen((await work.items())[0].id);
        draft.note = "diperbaiki";
        await work.save(draft);
        await work.handIn(draft);
        await work.sendNow();
    """)
    states = [(one["seq"], one["state"]) for one in await tab.do("return await work.items()")]
    assert [state for _, state in sorted(states)] == ["sent", "replaced", "sent"]
    (visit,) = (await office.holds(username)).visits
    assert (visit.revision, item["id"]) == (2, str(visit.id))


def stumbling(over: Callable[[str], bool]) -> Any:
    """A server that breaks down over some pushes."""

    async def answer(route: Any) -> None:
        if over(gzip.decompress(route.request.post_data_buffer).decode()):
            await route.fulfill(status=500, json={"code": "broken", "detail": "Ada gangguan."})
        else:
            await route.continue_()

    return answer


async def test_the_queue_leaves_as_a_file(office: Office, phone: BrowserContext, tmp_path: Path) -> None:
    tab = await Tab.opened(phone, office, username := await office.inspector(1))
    await phone.route("**/api/sync/push", lambda route: route.abort())
    item = await tab.do(
        "return await work.handIn(await proven(await filled(await begun()), a))", [picture(seed=4)]
    )
    name, text = await tab.do("""
        const { name, blob } = await work.exportQueue();
        const bytes = new Uint8Array(await blob.arrayBuffer());
        return [name, btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))];
    """)
    assert name.startswith(f"loket-antrean-{username}-2")
    file = tmp_path / name
    file.write_bytes(base64.b64decode(text))
    for _ in range(2):
        imported = await asyncio.to_thread(office.server.command, "import", "queue", str(file))
        assert imported.returncode == 0, imported.stdout + imported.stderr
    held = await office.holds(username)
    assert [(visit.id.hex, visit.body_sha256) for visit in held.visits] == [
        (item["id"].replace("-", ""), item["body_sha256"])
    ]
    assert [row.sha256 for row, _ in held.pieces] == item["photos"]
    await phone.unroute("**/api/sync/push")
    await tab.do("await work.sendNow()")
    assert await tab.do("return await work.unsentCount()") == 0


# ── several hands ──


async def test_what_two_tabs_write_into_one_visit_is_all_there(office: Office, phone: BrowserContext) -> None:
    first = await Tab.opened(phone, office, await office.inspector(1))
    second = await Tab.opened(phone, office)
    open_it = "window.mine = await begun(); const [one, two] = Object.keys(window.mine.findings)"
    await first.do("await filled(await begun())")
    for tab in (first, second):
        await tab.do(open_it)
    write = """
        const keys = Object.keys(window.mine.findings);
        const [key, note] = a;
        const former = window.mine.findings[keys[key]];
        window.mine = { ...window.mine, findings: { ...window.mine.findings, [keys[key]]: { ...former, note } } };
        await work.save(window.mine);
        return keys;
    """
    keys = await first.do(write, [0, "dari tab pertama"])
    await second.do(write, [1, "dari tab kedua"])
    taken = await first.do(
        """
        const { piece } = await work.takePhoto(file(a[1]), "camera");
        await work.addPiece(window.mine.id, a[0], piece);
        return piece;
        """,
        [keys[1], picture(seed=5)],
    )
    await second.do(write, [1, "dari tab kedua lagi"])
    item = await second.do("return await work.handIn(window.mine)")
    findings = json.loads(item["body"])["findings"]
    assert [findings[key]["note"] for key in keys[:2]] == ["dari tab pertama", "dari tab kedua lagi"]
    assert findings[keys[1]]["evidence"] == [taken]
    assert item["photos"] == [taken["sha256"]]
    assert await first.trouble("await work.save(window.mine)") == "handed_in"
    assert await first.trouble("await work.addPiece(window.mine.id, '1', {})") == "handed_in"
    assert await first.do("return await work.drafts()") == []


async def test_a_piece_taken_out_here_stays_out(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    await tab.do("await proven(await filled(await begun()), a)", [picture(seed=6), picture(seed=7)])
    left = await tab.do("""
        const mine = await begun();
        const key = Object.keys(mine.findings).find((one) => mine.findings[one].evidence.length);
        const [gone] = mine.findings[key].evidence;
        const theirs = await work.draft(mine.id);
        theirs.findings[key].note = "dari jendela lain";
        await work.save(theirs);
        mine.findings[key].evidence = mine.findings[key].evidence.filter((one) => one !== gone);
        const stored = await work.save(mine);
        return [stored.findings[key], gone.id];
    """)
    finding, gone = left
    assert finding["note"] == "dari jendela lain"
    assert gone not in [piece["id"] for piece in finding["evidence"]]


async def test_nothing_of_one_person_goes_out_under_the_next(office: Office, phone: BrowserContext) -> None:
    mine, other = await office.inspector(1), await office.inspector(1)
    tab = await Tab.opened(phone, office, mine)
    under: list[str] = []
    who = mine

    async def slow(route: Any) -> None:
        under.append(who)
        await asyncio.sleep(0.3)
        await route.continue_()

    await phone.route("**/api/photos**", slow)
    await tab.do(
        "await work.handIn(await proven(await filled(await begun()), a))",
        [picture(seed=seed) for seed in range(20, 24)],
    )
    while not under:
        await tab.page.wait_for_timeout(50)
    await tab.do("await work.signOut()")
    who = other
    await tab.do("await work.signIn(a[0], a[1])", [other, PASSWORD])
    await tab.page.wait_for_timeout(1500)
    assert other not in under
    assert await tab.do("return [work.needsSignIn(), await work.unsentCount()]") == [False, 0]
    who = mine
    await tab.do("await work.signIn(a[0], a[1]); await work.sendNow()", [mine, PASSWORD])
    (item,) = await tab.do("return await work.items()")
    assert item["state"] == "sent", item["reason"]


# ── to wait, and to try again ──


async def test_a_timer_that_goes_off_early_does_not_end_the_trying(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    attempts = 0

    async def dead(route: Any) -> None:
        nonlocal attempts
        attempts += 1
        await route.abort()

    await phone.route("**/api/**", dead)
    await tab.do("""
        const wait = window.setTimeout;
        window.setTimeout = (act, ms, ...rest) => wait(act, ms - 30, ...rest);
        Math.random = () => 0;
        await work.handIn(await filled(await begun()));
    """)
    await tab.page.wait_for_timeout(6500)
    assert attempts >= 3


async def test_a_server_that_asks_for_time_is_given_it_whatever_failed_before(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(2))
    await phone.set_offline(True)
    await tab.do("""
        for (const { assignment } of await work.assignments())
          await work.handIn(await filled(await work.begin(assignment, null)));
    """)
    asked = 0

    async def busy(route: Any) -> None:
        nonlocal asked
        asked += 1
        body = {"code": "busy", "detail": "Server sedang sibuk."}
        await route.fulfill(status=503, headers={"Retry-After": "400"}, json=body)

    await phone.route("**/api/sync/push", busy)
    await phone.set_offline(False)
    waits = await tab.do("""
        const realNow = performance.now.bind(performance);
        let later = 0;
        performance.now = () => realNow() + later;
        const { wake } = await import("/app/offline/sender.js");
        await wake(true);
        const waits = [];
        const wait = window.setTimeout;
        window.setTimeout = (act, ms, ...rest) => (waits.push(ms), wait(act, ms, ...rest));
        for (let tries = 0; tries < 5; tries++) {
          later += 600000;
          await wake();
          await new Promise((resolve) => wait(resolve, 20));
        }
        return waits.filter((ms) => ms > 100000);
    """)
    assert asked <= 7, "one question each time, not one for every record"
    assert len(waits) == 5 and min(waits) > 390_000
    codes = {item["code"] for item in await tab.do("return await work.items()")}
    assert codes == {"later"}


async def test_a_photo_somebody_still_holds_is_waited_for(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    body = {"code": "busy_upload", "detail": "Unggahan ini sedang berjalan."}

    async def held(route: Any) -> None:
        if route.request.method == "PATCH":
            await route.fulfill(status=423, json=body)
        else:
            await route.continue_()

    await phone.route("**/api/photos/*", held)
    waits = await tab.do(
        """
        const wait = window.setTimeout;
        const waits = [];
        window.setTimeout = (act, ms, ...rest) => (waits.push(ms), wait(act, ms < 30000 ? ms / 50 : ms, ...rest));
        await work.handIn(await proven(await filled(await begun()), a));
        await work.sendNow();
        return waits;
        """,
        [picture(seed=8)],
    )
    assert [ms for ms in waits if ms in (500, 1000, 2000, 4000, 8000)][:5] == [500, 1000, 2000, 4000, 8000]
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["code"], item["reason"]) == ("photos", "broken", body["detail"])
    assert item.get("refused", {}) == {}
    await phone.unroute("**/api/photos/*")
    await tab.do("await work.sendNow()")
    assert await tab.do("return await work.unsentCount()") == 0


def of_photo(sha256: str) -> str:
    """How the beginning of its upload names a photo."""
    return f"sha256 {base64.b64encode(sha256.encode()).decode()}"


async def test_a_photo_that_fails_holds_up_no_other(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    await phone.set_offline(True)
    item = await tab.do(
        "return await work.handIn(await proven(await filled(await begun()), a))",
        [picture(seed=seed, width=900) for seed in (12, 13, 14)],
    )
    ill, *well = sorted(item["photos"])

    async def fail(route: Any) -> None:
        if of_photo(ill) in (route.request.headers.get("upload-metadata") or ""):
            await route.fulfill(status=500, json={"code": "broken", "detail": "Ada gangguan di server."})
        else:
            await route.continue_()

    await phone.route("**/api/photos", fail)
    await phone.set_offline(False)
    await tab.do("await work.sendNow()")
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], sorted(item["held"])) == ("photos", well)
    assert (item["code"], item["reason"]) == ("broken", "Ada gangguan di server.")
    await phone.unroute("**/api/photos")
    await tab.do("await work.sendNow()")
    assert await tab.do("return await work.unsentCount()") == 0


async def test_a_photo_the_server_refuses_is_never_taken_for_held(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    await phone.set_offline(True)
    item = await tab.do(
        "return await work.handIn(await proven(await filled(await begun()), a))",
        [picture(seed=15), picture(seed=16)],
    )
    bad, good = item["photos"]
    tries = 0

    async def refuse(route: Any) -> None:
        nonlocal tries
        if of_photo(bad) in (route.request.headers.get("upload-metadata") or ""):
            tries += 1
            await route.fulfill(status=415, json={"code": "not_a_picture", "detail": "Ini bukan foto."})
        else:
            await route.continue_()

    await phone.route("**/api/photos", refuse)
    await phone.set_offline(False)
    for _ in range(3):
        await tab.do("await work.sendNow()")
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["held"], item["refused"]) == ("photos", [good], {bad: "Ini bukan foto."})
    assert tries == 1, "only a tap sends it again"
    # its record comes again, and the server has nothing left to wait for
    await phone.route("**/api/sync/push", refusing(status="duplicate", revision=1, need_photos=[]))
    await tab.do("""
        const { put } = await import("/app/offline/store.js");
        await put("outbox", { ...(await work.items())[0], state: "waiting" });
        await work.sendNow();
    """)
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["held"], item["reason"]) == ("photos", [good], "Ini bukan foto.")
    await phone.unroute("**/api/photos")
    await phone.unroute("**/api/sync/push")
    await tab.do("await work.retry(a)", item["key"])
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], sorted(item["held"])) == ("sent", sorted([good, bad]))


async def test_what_a_dead_tab_was_sending_waits(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    await phone.clear_cookies()
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    assert await tab.do("return work.needsSignIn()")
    state = await tab.do("""
        const { put } = await import("/app/offline/store.js");
        const [item] = await work.items();
        await put("outbox", { ...item, state: "sending" });
        await work.sendNow();
        return (await work.items())[0].state;
    """)
    assert state == "waiting"


def telling(change: Callable[[dict[str, Any]], None]) -> Any:
    """The server's own pull, all of it, with something changed."""

    async def answer(route: Any) -> None:
        told = await (await route.fetch(url=route.request.url.partition("?")[0])).json()
        change(told)
        await route.fulfill(json=told)

    return answer


async def sync_event(phone: BrowserContext, office: Office) -> None:
    """As the browser tells the worker that there is a network again."""
    page = await phone.new_page()
    devtools = await phone.new_cdp_session(page)
    known = asyncio.Queue[dict[str, Any]]()
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: known.put_nowait(told))
    await devtools.send("ServiceWorker.enable")
    registrations = (await known.get())["registrations"]
    while not registrations:
        registrations = (await known.get())["registrations"]
    (registration,) = [one for one in registrations if one["scopeURL"] == f"{office.server.url}/app/"]
    told = {"origin": office.server.url, "registrationId": registration["registrationId"]}
    await devtools.send(
        "ServiceWorker.dispatchSyncEvent", {**told, "tag": "loket-outbox", "lastChance": False}
    )
    await page.close()


async def test_a_browser_that_finds_a_network_wakes_the_app_whose_timer_rests(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, username := await office.inspector(1))
    await comes_true(tab.page, "!!navigator.serviceWorker.controller")
    busy = {"code": "busy", "detail": "Server sedang sibuk."}
    await phone.route(
        "**/api/session", lambda route: route.fulfill(status=503, headers={"Retry-After": "600"}, json=busy)
    )
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    await phone.unroute("**/api/session")
    await tab.do("const { wake } = await import('/app/offline/sender.js'); await wake()")
    assert await tab.do("return await work.unsentCount()") == 1
    await sync_event(phone, office)
    await comes_true(
        tab.page, "import('/app/offline/work.js').then(async (work) => !(await work.unsentCount()))"
    )
    assert len((await office.holds(username)).visits) == 1


async def test_with_no_window_open_nothing_is_sent_and_nothing_is_claimed(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, username := await office.inspector(1))
    await comes_true(tab.page, "!!navigator.serviceWorker.controller")
    await phone.route("**/api/sync/push", lambda route: route.abort())
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    await tab.page.close()
    await phone.unroute("**/api/sync/push")
    await sync_event(phone, office)
    await asyncio.sleep(0.5)
    assert (await office.holds(username)).ledger == []
    tab = await Tab.opened(phone, office)
    await comes_true(
        tab.page, "import('/app/offline/work.js').then(async (work) => !(await work.unsentCount()))"
    )
    assert len((await office.holds(username)).visits) == 1


# ── what the office made of it ──


def refusing(**told: Any) -> Any:
    """The server's own answer, told as another."""

    async def answer(route: Any) -> None:
        answered = await route.fetch()
        told_by = await answered.json()
        for result in told_by["results"]:
            result.update({"revision": None, "need_photos": None, **told})
        await route.fulfill(json=told_by)

    return answer


async def test_what_a_coordinator_released_comes_through(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    refused = refusing(status="conflict", code="stale_revision", detail="Ada yang lain.")
    await phone.route("**/api/sync/push", refused, times=1)
    # the pull after it tells that the visit is there
    await tab.do(
        """
        await work.handIn(await proven(await filled(await begun()), a));
        for (let times = 0; times < 3; times++) await work.sendNow();
        """,
        [picture(seed=9)],
    )
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["held"]) == ("sent", item["photos"])


async def test_what_was_set_aside_no_longer_waits_and_stays_on_the_phone(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    await phone.route("**/api/sync/push", lambda route: route.abort())
    await tab.do("""
        const { put } = await import("/app/offline/store.js");
        const item = await work.handIn(await filled(await begun()));
        await work.sendNow();
        const judged_at = new Date(Date.now() - 7 * 3600000).toISOString();
        await put("outbox", { ...item, state: "conflict", judged_at });
    """)
    await phone.unroute("**/api/sync/push")
    # as if it had been refused some hours ago, and settled since
    told = {"status": "conflict", "code": "set_aside", "detail": "Sudah ada di berkas."}
    await phone.route("**/api/sync/push", refusing(**told))
    await phone.route("**/api/sync/pull**", lambda route: route.abort())
    await tab.do("await work.sendNow()")
    (item,) = await tab.do("return await work.items()")
    assert (item["state"], item["reason"]) == ("closed", "Sudah ada di berkas.")
    unsent, exported = await tab.do(
        "return [await work.unsentCount(), await (await work.exportQueue()).blob.text()]"
    )
    assert unsent == 0
    assert item["body_sha256"] in exported


async def test_what_was_set_aside_keeps_its_instrument(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    await phone.route("**/api/sync/push", lambda route: route.abort())
    item = await tab.do("""
        const { put } = await import("/app/offline/store.js");
        const item = await work.handIn(await filled(await begun()));
        await work.sendNow();
        await put("outbox", { ...item, state: "closed" });
        return item;
    """)
    kinds = ("units", "evaluations", "instruments", "assignments", "inspections")
    await phone.route("**/api/sync/pull**", telling(lambda told: told.update({kind: [] for kind in kinds})))
    await tab.do("await work.refresh()")
    assert await tab.do("return (await work.assignments()).length") == 0
    assert await tab.do("return (await work.instrument(a)).body.code", item["instrument"]) == "sampang"
    draft = await tab.do("return await work.reopen(a)", item["id"])
    assert draft["instrument"] == item["instrument"]


async def test_an_answer_that_was_slow_undoes_nothing(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    asked, arrived = asyncio.Event(), asyncio.Event()

    async def slow(route: Any) -> None:
        """What was true when it was asked: nothing of the visit."""
        if asked.is_set():
            return await route.continue_()
        asked.set()
        told = await (await route.fetch(url=f"{office.server.url}/api/sync/pull")).json()
        await arrived.wait()
        await route.fulfill(json=told)

    await phone.route("**/api/sync/pull**", slow)
    await tab.do("window.refreshing = work.refresh()")
    await asked.wait()
    await phone.route("**/api/sync/pull**", lambda route: route.abort(), times=1)
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    states = "return (await work.items()).map(({ state }) => state)"
    assert await tab.do(states) == ["sent"]
    arrived.set()
    await tab.do("await window.refreshing")
    assert await tab.do(states) == ["sent"]


async def test_every_visit_of_an_open_assignment_is_told(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))

    def two(told: dict[str, Any]) -> None:
        (assignment,) = told["assignments"]
        visit = {
            **{key: assignment[key] for key in ("evaluation", "unit", "form")},
            **{"revision": 1, "body_sha256": None, "held": [], "awaited": [], "reasons": {}, "note": ""},
        }
        told["inspections"] = [
            {
                **visit,
                "id": "a",
                "service": "ktp",
                "state": "returned",
                "submitted_at": "2026-11-20T00:00:00Z",
                "made_at": "2029-11-20T00:00:00Z",
            },
            {
                **visit,
                "id": "b",
                "service": "kk",
                "state": "submitted",
                "submitted_at": "2026-11-21T00:00:00Z",
                "made_at": "2026-11-20T00:00:00Z",
            },
            {
                **visit,
                "id": "c",
                "service": "kk",
                "state": "withdrawn",
                "submitted_at": None,
                "made_at": "2026-11-19T00:00:00Z",
            },
        ]

    await phone.route("**/api/sync/pull**", telling(two))
    (row,) = await tab.do("await work.refresh(); return await work.assignments()")
    assert [visit["id"] for visit in row["inspections"]] == ["b", "a"]
    assert (row["drafts"], row["items"]) == ([], [])
    await phone.route("**/api/sync/push", lambda route: route.abort())
    (row,) = await tab.do("""
        const { assignment } = (await work.assignments())[0];
        await work.handIn(await filled(await work.begin(assignment, "akta")));
        await work.begin(assignment, "nikah");
        return await work.assignments();
    """)
    assert [one["service"] for one in [*row["drafts"], *row["items"]]] == ["nikah", "akta"]


async def test_after_a_visit_was_verified_another_is_begun_only_on_purpose(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")

    def verify(told: dict[str, Any]) -> None:
        for visit in told["inspections"]:
            visit["state"] = "verified"

    await phone.route("**/api/sync/pull**", telling(verify))
    await tab.do("await work.refresh()")
    (row,) = await tab.do("return await work.assignments()")
    assert [visit["state"] for visit in row["inspections"]] == ["verified"]
    assert await tab.trouble("await begun()") == "verified"
    assert await tab.do("return await work.drafts()") == []
    draft = await tab.do("return await work.begin(a, null, true)", row["assignment"])
    assert draft["id"] != row["inspections"][0]["id"]
    assert (await tab.do("return await begun()"))["id"] == draft["id"]


async def test_one_place_is_begun_once(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    begun = await tab.do("return await Promise.all([begun(), begun(), begun()])")
    assert len({draft["id"] for draft in begun}) == 1
    # sent, and the server not heard since: it is the same visit still
    await phone.route("**/api/sync/pull**", lambda route: route.abort())
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    (item,) = await tab.do("return await work.items()")
    assert item["state"] == "sent"
    again = await tab.do("return await begun()")
    assert (again["id"], again["base_rev"]) == (item["id"], 1)


async def test_a_draft_that_is_open_when_its_visit_comes_back_says_why(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    await tab.do("await work.handIn(await filled(await begun())); await work.sendNow()")
    draft = await tab.do("return await work.reopen((await work.items())[0].id)")
    assert "returned" not in draft

    def back(told: dict[str, Any]) -> None:
        for visit in told["inspections"]:
            visit.update({"state": "returned", "note": "Sedikit lagi.", "reasons": {"1": "Foto gelap."}})

    await phone.route("**/api/sync/pull**", telling(back))
    await tab.do("await work.refresh()")
    now = await tab.do("return await work.draft(a)", draft["id"])
    assert now["returned"] == {"note": "Sedikit lagi.", "reasons": {"1": "Foto gelap."}}
    assert now["changed_at"] > draft["changed_at"]


async def test_going_on_from_the_servers_copy_keeps_the_note_of_the_visit(
    office: Office, phone: BrowserContext
) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))

    def elsewhere(told: dict[str, Any]) -> None:
        (assignment,) = told["assignments"]
        visit = {
            **{key: assignment[key] for key in ("evaluation", "unit", "service", "form")},
            **{"id": "a", "state": "returned", "revision": 2, "body_sha256": None, "held": [], "awaited": []},
            **{"note": "Sedikit lagi.", "reasons": {}, "visit_note": "Ruang tunggu penuh.", "findings": {}},
            **{"made_at": "2026-11-20T00:00:00Z", "submitted_at": None},
        }
        told["inspections"] = [visit]

    await phone.route("**/api/sync/pull**", telling(elsewhere))
    draft = await tab.do("await work.refresh(); return await begun()")
    assert (draft["note"], draft["base_rev"], draft["returned"]["note"]) == (
        "Ruang tunggu penuh.",
        2,
        "Sedikit lagi.",
    )


async def test_listeners_hear_what_moved_and_the_count_follows(office: Office, phone: BrowserContext) -> None:
    tab = await Tab.opened(phone, office, await office.inspector(1))
    kinds = await tab.do(
        """
        const kinds = [];
        const counts = [await work.unsentCount()];
        await proven(await filled(await begun()), a);
        work.subscribe((kind) => kinds.push(kind));
        const draft = await begun();
        await work.save(draft);
        const written = kinds.splice(0);
        await work.handIn(draft);
        counts.push(await work.unsentCount());
        await work.sendNow();
        counts.push(await work.unsentCount());
        return [written, kinds.includes("progress"), kinds.includes(""), counts];
        """,
        [picture(seed=10)],
    )
    assert kinds == [["draft"], True, True, [0, 1, 0]]
