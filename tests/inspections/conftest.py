"""Fixtures of inspections: an evaluation to begin from."""

from collections.abc import Awaitable, Callable

import pytest
import pytest_asyncio

from server.database import Database
from tests.cast import Cast, Staff
from tests.conftest import Clock
from tests.inspections.makers import Round
from tests.inspections.phones import PhoneOf
from tests.sync.phone import Phone


@pytest.fixture
def begin(database: Database, cast: Cast, clock: Clock) -> Callable[..., Awaitable[Round]]:
    """Begins an evaluation: `round_ = await begin("sampang/2018")`."""
    return Round(database, cast, clock.now).begin


@pytest_asyncio.fixture
async def round_(begin: Callable[..., Awaitable[Round]]) -> Round:
    """The short checklist of six."""
    return await begin("sampang/2018")


@pytest_asyncio.fixture
async def pekppp(begin: Callable[..., Awaitable[Round]]) -> Round:
    """The national form of thirty-one, most of which want photos."""
    return await begin("pekppp/2022")


@pytest_asyncio.fixture
async def budi(sign_in: Callable[[str], Awaitable[Staff]]) -> Staff:
    return await sign_in("budi")


@pytest_asyncio.fixture
async def gita(sign_in: Callable[[str], Awaitable[Staff]]) -> Staff:
    return await sign_in("gita")


@pytest.fixture
def phone_of(sign_in: Callable[[str], Awaitable[Staff]], clock: Clock) -> PhoneOf:
    """The phone of a member of the cast, signed in: `eka = await phone_of("eka")`."""

    async def open_for(name: str) -> Phone:
        return Phone((await sign_in(name)).browser, clock)

    return open_for


@pytest_asyncio.fixture
async def eka(phone_of: PhoneOf) -> Phone:
    """Eka's phone; tests of pages have Eka at a desk."""
    return await phone_of("eka")
