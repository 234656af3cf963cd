"""A day of an inspector whose network, phone or office fails; without faults it must have ended in the same."""

from tests.faults.fault_free import copied, difference, known_to
from tests.faults.field import Held, Office, Phone, settled
from tests.faults.proxy import Proxy


class Day:
    """`await day.begins(visits)`, trouble, `await day.ends_as_without_faults()`."""

    def __init__(self, office: Office, elsewhere: Office, network: Proxy, phone: Phone) -> None:
        self.office = office
        self.network = network
        self.phone = phone
        self.inspector = ""
        self._elsewhere = elsewhere
        """An office that nothing bad ever happens to."""
        self._visits = 0

    async def begins(self, visits: int, rounds: int = 1) -> None:
        """A new inspector, who is to visit so many units in each of so many evaluations, signs in on the phone."""
        self.inspector = await self.office.inspector(visits)
        for _ in range(rounds - 1):
            await self.office.assign(self.inspector, visits)
        self._visits = visits * rounds
        await self.phone.sign_in(self.inspector)
        copied(self.office, self._elsewhere)
        self._had = known_to(self.office).files, known_to(self._elsewhere).files

    async def is_worked_offline(self, seed: int, photos: int = 4, *, large: bool = False) -> None:
        """Every visit is made and handed in; the network is still down."""
        self.network.is_down = True
        await self.phone.make(seed, self._visits, photos, large=large)
        assert await self.phone.unsent() == self._visits

    async def held(self) -> Held:
        return await self.office.holds(self.inspector)

    async def ends_as_without_faults(self) -> None:
        """
        Everything is sent, and phone and office agree; then the phone meets an office that knows only what was before,
        tells it the same over a good line, and both offices know the same.
        """
        phone = self.phone
        self.network.is_good()
        await phone.send_all()
        await settled(self.office, self.inspector, phone, self._visits)
        here = known_to(self.office, but=self._had[0])
        await self.goes_on_elsewhere()
        there = known_to(self._elsewhere, but=self._had[1])
        found = difference(here, there)
        assert not found, found

    async def goes_on_elsewhere(self) -> None:
        """The phone meets the office that knows only what was before, over a good line, and tells it everything."""
        self.network.change_to(self._elsewhere.server)
        await self.phone.call("work.refresh()")
        await self.phone.send_all()
        await settled(self._elsewhere, self.inspector, self.phone, self._visits)
