"""What others need to know of a counter, apart from how it is stored."""

from datetime import datetime

import msgspec


class Offered(msgspec.Struct, frozen=True):
    """A public service as the survey needs it."""

    id: int
    slug: str
    name: str
    asks_cost: bool


class CounterFacts(msgspec.Struct, frozen=True):
    """All that the survey needs to know of a counter."""

    id: int
    code: str
    name: str
    unit_id: int
    unit_slug: str
    unit_name: str
    zone: str
    contact: str
    opens: str
    closes: str
    open_days: str
    service: Offered | None
    services: tuple[Offered, ...]
    """What the citizen chooses from when the counter has no service of its own."""
    hall_name: str | None
    closed_at: datetime | None
    revoked_at: datetime | None
    replaced_by: str | None

    def offered(self, slug: str | None) -> Offered | None:
        """The service an answer is about: the counter's own, else the one chosen by its slug."""
        if self.service is not None:
            return self.service
        return next((service for service in self.services if service.slug == slug), None)
