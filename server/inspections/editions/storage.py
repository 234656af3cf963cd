"""Which instruments there are: the national ones and the city's own versions, and how those are published."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.inspections.instrument import Instrument, sha256_of
from server.inspections.national import nationals
from server.inspections.storage import decoded, keep_edition
from server.inspections.tables import Edition
from server.problems import Problem


class Published(msgspec.Struct, frozen=True):
    """An instrument that can be read here; `edition` is how it was kept, None for a national one nobody used yet."""

    instrument: Instrument
    edition: Edition | None

    @property
    def is_national(self) -> bool:
        return self.instrument.address in nationals()

    @property
    def is_withdrawn(self) -> bool:
        return self.edition is not None and self.edition.withdrawn_at is not None


async def all_published(session: AsyncSession) -> list[Published]:
    """The national ones as people look for them, then the city's own, the oldest first."""
    found = {address: Published(instrument, None) for address, instrument in nationals().items()}
    for kept in await session.scalars(
        select(Edition).order_by(Edition.kept_at, Edition.code, Edition.version)
    ):
        instrument = decoded(kept.sha256, kept.body)
        found[instrument.address] = Published(instrument, kept)
    return list(found.values())


async def published(session: AsyncSession, instrument: Instrument) -> Published:
    return Published(instrument, await session.get(Edition, sha256_of(instrument)))


async def publish(
    session: AsyncSession, instrument: Instrument, now: datetime, viewer: Viewer, reason: str
) -> bool:
    """Publishes a city's own version; False if exactly this one is published already."""
    sha256 = sha256_of(instrument)
    if (national := _national_at(instrument.code, instrument.version)) is not None:
        if sha256_of(national) == sha256:
            return False
        raise Problem("version_taken", field="version")
    taken = await session.scalar(
        select(Edition.sha256).where(Edition.code == instrument.code, Edition.version == instrument.version)
    )
    if taken == sha256:
        return False
    if taken is not None:
        raise Problem("version_taken", field="version")
    try:
        await keep_edition(session, instrument, now, viewer, reason)
    except IntegrityError as error:  # somebody else published it a moment ago
        raise Problem("version_taken", field="version") from error
    return True


def _national_at(code: str, version: str) -> Instrument | None:
    """The national instrument that an address means, whether by code and version or by its id (`pekppp-2022`)."""
    known = nationals()
    return known.get(f"{code}/{version}") or next((one for one in known.values() if one.id == code), None)


async def own_edition(session: AsyncSession, code: str, version: str) -> Edition:
    """A city's own version, held until the transaction ends."""
    found = await session.scalar(
        select(Edition).where(Edition.code == code, Edition.version == version).with_for_update()
    )
    if f"{code}/{version}" in nationals():
        raise Problem(
            "wrong_state", what="Instrumen nasional tidak dapat ditarik; hanya versi buatan sendiri."
        )
    if found is None:
        raise Problem("unknown_instrument")
    return found
