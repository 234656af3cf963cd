"""The app's own files on a phone: whole or not at all, without a network, and new only when somebody asks for it."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import BrowserContext, Page, expect

from server.app_shell import HEADERS, files, furnish, reachable
from server.app_shell import START as START_MODULE
from server.texts import WEB
from tests.browser.eventually import comes_true, holds_the_sender

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

READY = "navigator.serviceWorker.ready.then(() => true)"
CACHES = "caches.keys()"
LOOK_FOR_NEW = (
    "navigator.serviceWorker.getRegistration('/app/').then((found) => found.update()).then(() => 1, () => 0)"
)
START = """async () => {
  const work = await import("/app/offline/work.js");
  await work.start();
  await work.carryOn();
  // the sender looks once as it starts, and nothing is renewed meanwhile
  await navigator.locks.request("loket-sender", () => null);
  window.work = work;
}"""


class Publisher:
    """Serves the app's files as the server does, and can be given others while it runs; it has no /api."""

    def __init__(self) -> None:
        self.found = files(WEB)
        self.main = self.found["main.js"]
        # the pages of the app are not what most tests look at
        self.found["main.js"] = b'document.title = "one";'
        self.served = furnish(self.found)
        self.has_portal = False
        self.missing = ""
        self.asked: list[str] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.partition("?")[0].removeprefix("/app/") or "index.html"
                publisher.asked.append(name)
                asset = None if name == publisher.missing else publisher.served.get(name)
                is_portal = publisher.has_portal and name != "sw.js"
                body = b"<h1>Masuk dahulu</h1>" if is_portal else asset.plain if asset else b""
                self.send_response(200 if is_portal or asset else 404)
                for header, value in HEADERS.items():
                    self.send_header(header, value)
                self.send_header("Content-Type", asset.type if asset and not is_portal else "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def publish(self, title: str) -> None:
        self.found["main.js"] = f'document.title = "{title}";'.encode()
        self.served = furnish(self.found)

    def publish_pages(self, mark: str) -> None:
        """The app with its pages; another mark is another version."""
        self.found["main.js"] = self.main + f"window.version = {mark!r};\n".encode()
        self.served = furnish(self.found)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()
    yield publisher
    publisher.close()


async def opened(phone: BrowserContext, publisher: Publisher, title: str) -> Page:
    page = await phone.new_page()
    await page.goto(f"{publisher.url}/app/")
    await expect(page).to_have_title(title)
    await page.evaluate(START)
    await page.evaluate(READY)
    return page


async def with_a_new_version(phone: BrowserContext, publisher: Publisher) -> Page:
    """A tab of the first version, for which the second one waits."""
    page = await opened(phone, publisher, "one")
    await comes_true(page, "!!navigator.serviceWorker.controller")
    publisher.publish("two")
    await page.evaluate(LOOK_FOR_NEW)
    await comes_true(page, "work.newVersion()")
    return page


async def test_it_opens_cold_without_a_network(phone: BrowserContext, publisher: Publisher) -> None:
    page = await opened(phone, publisher, "one")
    await page.close()
    publisher.close()
    await opened(phone, publisher, "one")


async def test_a_new_version_waits_until_it_is_asked_for(phone: BrowserContext, publisher: Publisher) -> None:
    page = await opened(phone, publisher, "one")
    await comes_true(page, "!!navigator.serviceWorker.controller")
    assert await page.evaluate("work.newVersion()") is False
    publisher.publish("two")
    await page.evaluate(LOOK_FOR_NEW)
    await comes_true(page, "work.newVersion()")
    await page.reload()
    await expect(page).to_have_title("one")
    assert len(await page.evaluate(CACHES)) == 2
    await page.evaluate(START)
    async with page.expect_navigation():
        await page.evaluate("void work.update()")
    await expect(page).to_have_title("two")
    assert len(await page.evaluate(CACHES)) == 1


async def test_every_tab_moves_to_the_new_version_once_its_work_is_written(
    phone: BrowserContext, publisher: Publisher
) -> None:
    page = await opened(phone, publisher, "one")
    await comes_true(page, "!!navigator.serviceWorker.controller")
    other = await opened(phone, publisher, "one")
    await other.evaluate("void work.beforeReload(async () => localStorage.setItem('written', 'yes'))")
    publisher.publish("two")
    await page.evaluate(LOOK_FOR_NEW)
    await comes_true(page, "work.newVersion()")
    async with other.expect_navigation(), page.expect_navigation():
        await page.evaluate("void work.update()")
    await expect(other).to_have_title("two")
    assert await other.evaluate("localStorage.getItem('written')") == "yes"


async def test_a_new_version_that_does_not_come_gives_the_sender_free(
    phone: BrowserContext, publisher: Publisher
) -> None:
    page = await with_a_new_version(phone, publisher)
    refused = await page.evaluate("""() => {
      ServiceWorker.prototype.postMessage = () => {};
      const wait = window.setTimeout;
      window.setTimeout = (act, ms, ...rest) => wait(act, ms / 50, ...rest);
      return work.update().catch((error) => error.code);
    }""")
    assert refused == "broken"
    assert await page.evaluate("navigator.locks.query().then(({ held }) => held.length)") == 0


async def test_nothing_is_renewed_while_something_is_sent(
    phone: BrowserContext, publisher: Publisher
) -> None:
    page = await with_a_new_version(phone, publisher)
    other = await opened(phone, publisher, "one")
    await holds_the_sender(other)
    refused = await page.evaluate("work.update().catch((error) => error.code)")
    assert refused == "busy"
    await other.close()
    await comes_true(page, "navigator.locks.query().then(({ held }) => held.length === 0)")
    async with page.expect_navigation():
        await page.evaluate("void work.update()")


async def test_half_a_new_version_is_none(phone: BrowserContext, publisher: Publisher) -> None:
    page = await opened(phone, publisher, "one")
    await comes_true(page, "!!navigator.serviceWorker.controller")
    publisher.publish("two")
    publisher.has_portal = True
    await page.evaluate(LOOK_FOR_NEW)
    await asyncio.sleep(0.5)
    assert await page.evaluate("work.newVersion()") is False
    await page.reload()
    await expect(page).to_have_title("one")
    publisher.has_portal = False
    await page.evaluate(LOOK_FOR_NEW)
    await page.evaluate(START)
    await comes_true(page, "work.newVersion()")


async def test_a_new_version_that_did_not_come_whole_leaves_the_old_one_to_the_field(
    phone: BrowserContext, publisher: Publisher
) -> None:
    page = await opened(phone, publisher, "one")
    await comes_true(page, "!!navigator.serviceWorker.controller")
    publisher.missing = "offline/tus.js"
    publisher.found["offline/tus.js"] += b"\n"
    publisher.publish("two")
    for _ in range(2):
        publisher.asked.clear()
        await page.evaluate(LOOK_FOR_NEW)
        await asyncio.sleep(0.5)
        assert {"sw.js", "offline/tus.js"} <= set(publisher.asked)
        assert await page.evaluate("work.newVersion()") is False
    await page.close()
    publisher.close()
    for _ in range(2):
        page = await opened(phone, publisher, "one")
        for module in ("offline/tus.js", "pages/tray.js"):
            assert await page.evaluate("path => import(path).then(() => true)", f"/app/{module}")
        assert len(await page.evaluate(CACHES)) == 1
        await page.close()


# ── nothing on the screen is lost to a new version ──

FULL = "void (window.leave = work.beforeReload(async () => { throw { detail: 'Penuh.' }; }))"


async def test_what_cannot_be_written_is_said_before_the_old_version_is_gone(
    phone: BrowserContext, publisher: Publisher
) -> None:
    page = await with_a_new_version(phone, publisher)
    await page.evaluate(FULL)
    assert await page.evaluate("work.update().catch((error) => error.detail)") == "Penuh."
    assert await page.evaluate("work.newVersion()") is True
    assert len(await page.evaluate(CACHES)) == 2


async def test_a_tab_that_cannot_write_its_screen_stays_and_says_why(
    phone: BrowserContext, publisher: Publisher
) -> None:
    publisher.publish_pages("one")
    page = await phone.new_page()
    await page.goto(f"{publisher.url}/app/")
    await page.get_by_role("heading", name="Masuk").wait_for()
    await page.evaluate(READY)
    await comes_true(page, "!!navigator.serviceWorker.controller")
    work = "window.work = await import('/app/offline/work.js')"
    await page.evaluate(f"(async () => {{ {work}; {FULL} }})()")
    other = await phone.new_page()
    await other.goto(f"{publisher.url}/app/")
    await other.get_by_role("heading", name="Masuk").wait_for()
    await other.evaluate(f"(async () => {{ {work} }})()")
    publisher.publish_pages("two")
    await other.evaluate(LOOK_FOR_NEW)
    await comes_true(other, "work.newVersion()")
    async with other.expect_navigation():
        await other.evaluate("void work.update()")
    await page.get_by_role("alert").get_by_text("Penuh.").wait_for()
    assert await page.evaluate("window.version") == "one"
    # the person may try again, and goes on once nothing would be lost
    again = page.get_by_role("button", name="Muat ulang aplikasi")
    await again.click()
    await page.get_by_text("Penuh.").nth(1).wait_for()
    assert await page.evaluate("window.version") == "one"
    await page.evaluate("window.leave()")
    async with page.expect_navigation():
        await again.click()
    assert await page.evaluate("window.version") == "two"


# ── what comes first ──


async def test_the_shell_comes_first_and_alone(phone: BrowserContext, publisher: Publisher) -> None:
    publisher.publish_pages("one")
    await phone.add_init_script("""
        const register = ServiceWorkerContainer.prototype.register;
        ServiceWorkerContainer.prototype.register = function (...all) {
          window.registeredOn = (document.querySelector("h1") || {}).textContent;
          return register.apply(this, all);
        };
    """)
    page = await phone.new_page()
    await page.goto(f"{publisher.url}/app/")
    await page.get_by_role("heading", name="Masuk").wait_for()
    await page.evaluate(READY)
    assert await page.evaluate("registeredOn") == "Masuk"
    first = [name for name in publisher.asked if name.endswith((".html", ".css", ".js", ".mjs"))]
    shell = {"index.html", "app.css", "open.js", *reachable(publisher.found, START_MODULE)}
    assert set(first[: len(shell)]) == shell
    assert first.index("sw.js") > first.index("pages/visit.js")
