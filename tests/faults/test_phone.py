"""The real app on a bad network: what it calls sent is at the office, whole, once; nothing else is called sent.

Every run has a seed, and the seed makes the photos, the answers and the faults. `LOKET_FAULT_SEEDS=300` runs more of
them, `LOKET_FAULT_SEEDS=17-17` one of them again.
"""

import os

import pytest

from tests.faults.conftest import NewPhone
from tests.faults.field import Office, Phone, settled
from tests.faults.proxy import Proxy, plan

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
]

VISITS, PHOTOS = 3, 3


FOUND = (95,)
"""Seeds that found something once: an answer cut in its headers, right before the id of an upload."""


def _seeds() -> list[int]:
    asked = os.environ.get("LOKET_FAULT_SEEDS")
    if asked is None:
        return [*range(1, 41), *FOUND]
    first, _, last = asked.rpartition("-")
    return list(range(int(first or 1), int(last) + 1))


async def test_without_faults_everything_is_there_once(
    new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(VISITS)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        await phone.make(0, VISITS, PHOTOS, large=True)
        await phone.send_all()
        await settled(office, eka, phone, VISITS)


@pytest.mark.parametrize("seed", _seeds())
async def test_any_faults_end_as_if_there_had_been_none(
    seed: int, new_phone: NewPhone, office: Office, network: Proxy
) -> None:
    eka = await office.inspector(VISITS)
    async with new_phone() as context:
        phone = await Phone.opened(context, network.url)
        await phone.sign_in(eka)
        network.is_down = True
        await phone.make(seed, VISITS, PHOTOS, large=seed % 4 == 0)
        assert await phone.unsent() == VISITS
        network.is_down = False
        network.follow(plan(seed))
        try:
            await phone.send_all()
            await settled(office, eka, phone, VISITS)
        except BaseException:
            print(f"seed {seed}", *network.log, sep="\n")
            raise


async def test_the_office_finds_everything_in_order(office: Office) -> None:
    await office.verified()
