"""The real app on a bad network: what it calls sent is at the office, whole, once; nothing else is called sent.

Every run has a seed, and the seed makes the photos, the answers and the faults. `LOKET_FAULT_SEEDS=300` runs more of
them, `LOKET_FAULT_SEEDS=17-17` one of them again.
"""

import os

import pytest

from tests.faults.day import Day
from tests.faults.field import Office
from tests.faults.proxy import plan

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
]

VISITS, PHOTOS = 2, 3


def _seeds() -> range:
    first, _, last = os.environ.get("LOKET_FAULT_SEEDS", "1-40").rpartition("-")
    return range(int(first or 1), int(last) + 1)


async def test_without_faults_everything_is_there_once(day: Day) -> None:
    await day.begins(VISITS)
    await day.phone.make(0, VISITS, PHOTOS, large=True)
    await day.ends_as_without_faults()


@pytest.mark.parametrize("seed", _seeds())
async def test_any_faults_end_as_if_there_had_been_none(seed: int, day: Day) -> None:
    await day.begins(VISITS)
    await day.is_worked_offline(seed, PHOTOS, large=seed % 4 == 0)
    day.network.follow(plan(seed))
    try:
        await day.ends_as_without_faults()
    except BaseException:
        print(f"seed {seed}", *day.network.log, sep="\n")
        raise


async def test_the_office_finds_everything_in_order(office: Office) -> None:
    await office.verified()
