"""Fixtures of inspections: an evaluation to begin from."""

from collections.abc import Awaitable, Callable

import pytest
import pytest_asyncio

from server.database import Database
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round


@pytest.fixture
def begin(database: Database, cast: Cast, clock: Clock) -> Callable[..., Awaitable[Round]]:
    """Begins an evaluation: `round_ = await begin("sampang/2018")`."""
    return Round(database, cast, clock.now).begin


@pytest_asyncio.fixture
async def round_(begin: Callable[..., Awaitable[Round]]) -> Round:
    """The short checklist of six."""
    return await begin("sampang/2018")


@pytest_asyncio.fixture
async def budi(sign_in: Callable[[str], Awaitable[Staff]]) -> Staff:
    return await sign_in("budi")


@pytest_asyncio.fixture
async def gita(sign_in: Callable[[str], Awaitable[Staff]]) -> Staff:
    return await sign_in("gita")
