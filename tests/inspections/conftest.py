"""Fixtures of inspections: an evaluation to begin from."""

from collections.abc import Awaitable, Callable

import pytest

from server.database import Database
from tests.cast import Cast
from tests.conftest import Clock
from tests.inspections.makers import Round


@pytest.fixture
def begin(database: Database, cast: Cast, clock: Clock) -> Callable[..., Awaitable[Round]]:
    """Begins an evaluation: `round_ = await begin("sampang/2018")`."""
    return Round(database, cast, clock.now).begin
