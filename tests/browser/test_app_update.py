"""The app's own files on a phone: whole or not at all, without a network, and new only when somebody asks for it."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import BrowserContext, Page

from server.app_shell import HEADERS, files, furnish
from server.texts import WEB

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

READY = "navigator.serviceWorker.ready.then(() => true)"
CACHES = "caches.keys()"
START = """async () => {
  const work = await import("/app/offline/work.js");
  await work.start();
  window.work = work;
}"""


class Publisher:
    """Serves the app's files as the server does, and can be given others while it runs; it has no /api."""

    def __init__(self) -> None:
        self.found = files(WEB)
        # the pages of the app are not what is looked at here
        self.found["main.js"] = b'document.title = "one";'
        self.shell = furnish(self.found)
        self.has_portal = False
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.partition("?")[0].removeprefix("/app/") or "index.html"
                asset = publisher.shell.get(name)
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
        self.shell = furnish(self.found)

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
    await page.wait_for_function("title => document.title === title", arg=title)
    await page.evaluate(START)
    await page.evaluate(READY)
    return page


async def comes_true(page: Page, what: str) -> None:
    for _ in range(100):
        if await page.evaluate(what):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never: {what}")


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
    await page.evaluate("navigator.serviceWorker.getRegistration('/app/').then((found) => found.update())")
    await comes_true(page, "work.newVersion()")
    await page.reload()
    await page.wait_for_function("document.title === 'one'")
    assert len(await page.evaluate(CACHES)) == 2
    await page.evaluate(START)
    async with page.expect_navigation():
        await page.evaluate("void work.update()")
    await page.wait_for_function("document.title === 'two'")
    assert len(await page.evaluate(CACHES)) == 1


async def test_every_tab_moves_to_the_new_version_once_its_work_is_written(
    phone: BrowserContext, publisher: Publisher
) -> None:
    page = await opened(phone, publisher, "one")
    await comes_true(page, "!!navigator.serviceWorker.controller")
    other = await opened(phone, publisher, "one")
    await other.evaluate("void work.beforeReload(async () => localStorage.setItem('written', 'yes'))")
    publisher.publish("two")
    await page.evaluate("navigator.serviceWorker.getRegistration('/app/').then((found) => found.update())")
    await comes_true(page, "work.newVersion()")
    async with other.expect_navigation(), page.expect_navigation():
        await page.evaluate("void work.update()")
    await other.wait_for_function("document.title === 'two'")
    assert await other.evaluate("localStorage.getItem('written')") == "yes"


async def test_a_new_version_that_does_not_come_gives_the_sender_free(
    phone: BrowserContext, publisher: Publisher
) -> None:
    page = await opened(phone, publisher, "one")
    await comes_true(page, "!!navigator.serviceWorker.controller")
    publisher.publish("two")
    await page.evaluate("navigator.serviceWorker.getRegistration('/app/').then((found) => found.update())")
    await comes_true(page, "work.newVersion()")
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
    page = await opened(phone, publisher, "one")
    await comes_true(page, "!!navigator.serviceWorker.controller")
    publisher.publish("two")
    await page.evaluate("navigator.serviceWorker.getRegistration('/app/').then((found) => found.update())")
    await comes_true(page, "work.newVersion()")
    other = await opened(phone, publisher, "one")
    await other.evaluate("void navigator.locks.request('loket-sender', () => new Promise(() => {}))")
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
    asked = "navigator.serviceWorker.getRegistration('/app/').then((found) => found.update()).then(() => 1, () => 0)"
    await page.evaluate(asked)
    await asyncio.sleep(0.5)
    assert await page.evaluate("work.newVersion()") is False
    await page.reload()
    await page.wait_for_function("document.title === 'one'")
    publisher.has_portal = False
    await page.evaluate(asked)
    await page.evaluate(START)
    await comes_true(page, "work.newVersion()")
