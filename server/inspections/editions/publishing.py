"""Publishing and withdrawing a city's own version, told to the audit trail; the same from a page or a program."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.inspections.editions import storage
from server.inspections.instrument import Instrument, sha256_of
from server.inspections.own_version import faulty
from server.inspections.storage import instrument_at
from server.problems import Problem


async def publish(
    session: AsyncSession, viewer: Viewer, now: datetime, instrument: Instrument, reason: str
) -> bool:
    """Publishes a version; False if exactly this one is published already. Refuses a name that is taken."""
    is_new = await storage.publish(session, instrument, now, viewer, reason)
    if is_new:
        await audit.record(
            session,
            now,
            viewer,
            "instrument_published",
            f"instrument {instrument.address}",
            reason=reason,
            before={"based_on": instrument.based_on or None},
            after={"sha256": sha256_of(instrument), "title": instrument.title},
        )
    return is_new


async def withdraw(
    session: AsyncSession, viewer: Viewer, now: datetime, code: str, version: str, reason: str
) -> bool:
    """No new evaluation may use this version; False if it was withdrawn before. Refuses a national one."""
    edition = await storage.own_edition(session, code, version)
    if edition.withdrawn_at is not None:
        return False
    edition.withdrawn_at = now
    await audit.record(
        session,
        now,
        viewer,
        "instrument_withdrawn",
        f"instrument {code}/{version}",
        reason=reason,
        before={"withdrawn": False},
        after={"withdrawn": True},
    )
    return True


async def base_of(session: AsyncSession, instrument: Instrument, content: bytes) -> Instrument | None:
    """The instrument that a file says it was made from. Raises BadInstrument if there is none."""
    if not instrument.based_on:
        return None
    code, _, version = instrument.based_on.partition("/")
    try:
        return await instrument_at(session, code, version)
    except Problem as error:
        detail = (
            f"Instrumen {instrument.based_on} tidak ada di sini. Terbitkan dahulu, atau kosongkan based_on."
        )
        raise faulty(content, [("$.based_on", detail)]) from error
