"""Answers for public pages, counted as the intake counts them but many at once."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from server.database import Database
from server.skm.rules import ELEMENTS
from server.skm.tally import Tallied
from server.surveys.storage import add_to_tallies
from server.units.tables import Counter

Answered = Callable[..., Awaitable[None]]


@pytest.fixture
def answered(database: Database) -> Answered:
    """`await answered(counter, "2026-11-05", n=40, answer=3, biaya=None)`: so many equal sheets on one day."""

    async def add(
        counter: Counter, day: str, n: int = 1, answer: int = 3, rule: str = "", **others: Any
    ) -> None:
        sheet = [others.get(key, answer) for key in ELEMENTS]
        one = Tallied(counter.unit_id, counter.service_id, counter.id, day, 9, rule, sheet)
        async with database.writing() as session:
            await add_to_tallies(session, [one] * n)

    return add
