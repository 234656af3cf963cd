"""Browser tests: Debian's chromium driven by playwright, against a running server."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from server.database import Database
from server.migrations import migrate
from server.surveys.token import kiosk_key
from tests.browser.inspector import CHECKED, EVALUATIONS, sign_in
from tests.cast import make_cast
from tests.inspections.makers import Round
from tests.server_process import ServerProcess

CHROMIUM = shutil.which("chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    # every window would load two pages of its own, which cost as much as ours; this replaces playwright's list, whose
    # part that matters here is repeated
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,AvoidUnnecessaryBeforeUnloadCheckSync,"
    "DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,OptimizationHints,"
    "NetworkTimeServiceQuerying,PaintHolding,PreconnectToSearch,ThirdPartyStoragePartitioning",
]
AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text("utf-8")


class Live(NamedTuple):
    """A running server: its address, a counter that asks all nine questions, and the path of that counter's kiosk."""

    base: str
    code: str
    kiosk: str

    @property
    def survey(self) -> str:
        return f"{self.base}/s/{self.code}"


SECRET = "a secret of the browser tests, long enough"


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    data = tmp_path_factory.mktemp("live")
    url = f"sqlite+aiosqlite:///{data / 'loket.db'}"
    code = asyncio.run(_furnish(url))
    with ServerProcess(data, DATABASE_URL=url, LOKET_SECRET=SECRET) as server:
        yield Live(server.url, code, f"/kiosk/{code}?key={kiosk_key(SECRET.encode(), code)}")


async def _furnish(url: str) -> str:
    """Sets up the cast; gives the code of a counter that stands in another unit's hall."""
    await migrate(url)
    database = Database(url)
    cast = await make_cast(database, datetime(2026, 11, 20, 3, 0, tzinfo=UTC))
    await database.close()
    return cast.code("a_hall")


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        reason = "no chromium on this machine: browser tests not run"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        # the back/forward cache is what a kiosk must withstand; playwright turns it off by default
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh small phone in Indonesian."""
    context = await browser.new_context(
        viewport={"width": 360, "height": 740}, locale="id-ID", has_touch=True
    )
    context.set_default_timeout(10_000)
    yield context
    await context.close()


@pytest.fixture(scope="session")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with evaluations in which Eka visits unit A."""
    data = tmp_path_factory.mktemp("field")
    url = f"sqlite+aiosqlite:///{data / 'loket.db'}"
    asyncio.run(_plan_visits(url))
    with ServerProcess(data, DATABASE_URL=url, LOKET_LIMITS="off") as server:
        yield server.url


async def _plan_visits(url: str) -> None:
    await migrate(url)
    database = Database(url)
    now = datetime.now(UTC)
    cast = await make_cast(database, now)
    for address, title in EVALUATIONS:
        evaluation = await Round(database, cast, now).begin(address, title=title)
        if title == CHECKED:
            await evaluation.visit("eka", cast.a)
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(phone: BrowserContext, field: str) -> AsyncIterator[Page]:
    """Eka has signed in to the app and looks at the visits; whatever breaks in its script breaks the test."""
    broken: list[str] = []
    page = await phone.new_page()
    page.on("pageerror", lambda error: broken.append(str(error)))
    await sign_in(page, field, "eka")
    yield page
    assert broken == []


async def accessibility_faults(page: Page) -> list[str]:
    """What axe finds on the page as it is now."""
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in found["violations"]]
