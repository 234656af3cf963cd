"""An office, the network before it, and phones, for the tests in which the real app meets trouble."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.conftest import browser
from tests.faults.day import Day
from tests.faults.field import REMEMBERS_STORES, Office, Phone
from tests.faults.proxy import Proxy

__all__ = ["browser"]

NewPhone = Callable[..., AbstractAsyncContextManager[BrowserContext]]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with Office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """An office that nothing bad ever happens to."""
    async with Office(tmp_path_factory.mktemp("elsewhere")) as office:
        yield office


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def line(office: Office) -> AsyncIterator[Proxy]:
    async with Proxy(office.server) as line:
        yield line


@pytest.fixture
def network(line: Proxy, office: Office) -> Proxy:
    """Good, until a test says otherwise; at the same address for every test, so that a phone can be used again."""
    line.begin_anew(office.server)
    return line


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def old_phone(browser: Browser) -> AsyncIterator[Page]:
    """One on which the app was installed once."""
    async with _phone(browser) as context:
        await context.add_init_script(REMEMBERS_STORES)
        yield await context.new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(old_phone: Page, network: Proxy) -> Phone:
    """The app on a phone where nothing was ever made; quicker than one on which it must be installed first."""
    await old_phone.goto("about:blank")
    devtools = await old_phone.context.new_cdp_session(old_phone)
    kept = {"origin": network.url, "storageTypes": "indexeddb,cookies"}
    await devtools.send("Storage.clearDataForOrigin", kept)
    await devtools.detach()
    await old_phone.goto(f"{network.url}/app/")
    return await Phone(old_phone).ready()


@pytest.fixture
def day(office: Office, elsewhere: Office, network: Proxy, phone: Phone) -> Day:
    network.of_the_phone = phone.fails
    return Day(office, elsewhere, network, phone)


@pytest.fixture
def new_phone(browser: Browser) -> NewPhone:
    """`async with new_phone() as context`: a phone on which nothing was ever opened."""
    return partial(_phone, browser)


@asynccontextmanager
async def _phone(browser: Browser, **more: Any) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        viewport={"width": 360, "height": 740}, locale="id-ID", timezone_id="Asia/Jakarta", **more
    )
    context.set_default_timeout(15_000)
    yield context
    await context.close()
