"""An office, the network before it, and phones, for the tests in which the real app meets trouble."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext

from tests.browser.conftest import browser
from tests.faults.field import Office
from tests.faults.proxy import Proxy

__all__ = ["browser"]

NewPhone = Callable[..., AbstractAsyncContextManager[BrowserContext]]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with Office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest_asyncio.fixture(loop_scope="session")
async def network(office: Office) -> AsyncIterator[Proxy]:
    async with Proxy(office.server) as network:
        yield network


@pytest.fixture
def new_phone(browser: Browser) -> NewPhone:
    """`async with new_phone() as context`: a phone on which nothing was ever opened."""

    @asynccontextmanager
    async def phone(**more: Any) -> AsyncIterator[BrowserContext]:
        context = await browser.new_context(
            viewport={"width": 360, "height": 740}, locale="id-ID", timezone_id="Asia/Jakarta", **more
        )
        context.set_default_timeout(15_000)
        yield context
        await context.close()

    return phone
