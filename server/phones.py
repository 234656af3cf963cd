"""The words that phones, sync and the rooms behind it have in common: what is handed over, whose clock says when.

Sync knows no slice. It decodes, judges and answers; `app.py` hands it one accept function per kind of item, the views a
phone is given, and the store its photos go to. Pure but for the protocols of what is handed in.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from server import signing
from server.accounts.access import Viewer

# ── whose clock ──

SKEW_NOTED = timedelta(minutes=5)
"""From here on a difference between a phone's clock and ours is told to people."""

_CONTACT = "contact"


class ClockMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long after its last contact with us a phone says something happened."""

    contact: Annotated[str, Meta(max_length=80)]
    """Our own signed time, as the phone was given it."""
    elapsed_ms: Annotated[int, Meta(ge=0, le=4_000_000_000)]
    steady: bool = False
    """Counted by a clock that nobody can set (the browser ran on since); else by the phone's clock of the day."""


ClockDoubt = Literal["", "no_contact", "changed", "ahead"]
"""Why a corrected time is unsure: no contact before it; the phone's clock was set since; it lies after its arrival."""


class Corrected(msgspec.Struct, frozen=True):
    at: datetime
    doubt: ClockDoubt


def contact_token(secret: bytes, now: datetime, number: bytes) -> str:
    """Our time as a phone carries it: proof that what refers to it happened afterwards. `number`: 9 random bytes."""
    return signing.sign(secret, _CONTACT, "c", now, number)


def corrected(
    secret: bytes, claimed: datetime, mark: ClockMark | None, skew: timedelta | None, received_at: datetime
) -> Corrected:
    """When something really happened, as well as can be told, and what makes that unsure.

    `claimed` is the phone's clock, `skew` how far that clock was ahead of ours when it was sent (None: not known).
    """
    contact = None if mark is None else signing.read(secret, _CONTACT, mark.contact)
    by_skew = claimed - (skew or timedelta())
    if mark is None or contact is None:
        return _not_later(Corrected(by_skew, "no_contact"), received_at)
    by_contact = contact.made_at + timedelta(milliseconds=mark.elapsed_ms)
    if mark.steady:
        return _not_later(Corrected(by_contact, ""), received_at)
    was_set = skew is not None and abs(by_contact - by_skew) > SKEW_NOTED
    return _not_later(Corrected(by_contact, "changed" if was_set else ""), received_at)


def _not_later(found: Corrected, received_at: datetime) -> Corrected:
    """What arrived has happened: a time after its arrival is the arrival's, and doubted."""
    if found.at <= received_at + SKEW_NOTED:
        return Corrected(min(found.at, received_at), found.doubt)
    return Corrected(received_at, "ahead")


# ── what is handed over ──


class Pushed(msgspec.Struct, frozen=True):
    """One item a phone sent, for the room of its kind."""

    id: UUID
    base_revision: int
    """The revision its author had before them; 0: none."""
    body: bytes
    """JSON, exactly as it came."""
    received_at: datetime
    device_id: UUID | None = None
    skew: timedelta | None = None
    """How far the phone's clock was ahead of ours when it sent this."""
    brought_by: int | None = None
    """Who brought it in a file; None: its author sent it."""


class Taken(msgspec.Struct, frozen=True):
    """What a room made of an item: stored, as which revision, and the photos that are still to come."""

    revision: int
    need_photos: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True):
    """One thing a person's phone is to know."""

    kind: str
    """The list it stands in: units, evaluations, instruments, assignments, inspections."""
    id: str
    document: dict[str, Any]
    """JSON, its `id` included; the same content must be the same document."""


Accept = Callable[[AsyncSession, Viewer, Pushed], Awaitable[Taken]]
"""Stores an item in the caller's transaction, or refuses by raising a Problem; half of it is never stored.

Of one author only one item is being stored at a time: the caller holds their row (`people`), the first lock of all.

`stale_revision` and `another_visit` are conflicts: both are kept and a coordinator chooses.
"""

Awaited = Callable[[AsyncSession, Viewer, bytes], Awaitable[tuple[str, ...]]]
"""The photos that the body of an item stored before names and its sender is still to send; a later one may stand in
its place."""

View = Callable[[AsyncSession, Viewer], Awaitable[Sequence[Known]]]
"""All that a person's phone is to know from one room."""


class PhotoStore(Protocol):
    """Where whole files go, by the SHA-256 of the bytes their sender announced."""

    async def holds(self, session: AsyncSession, viewer: Viewer, sha256: str) -> bool:
        """Whether the viewer has brought these bytes before and they are still here."""

    async def held(self, session: AsyncSession, viewer: Viewer, sha256s: Collection[str]) -> Collection[str]:
        """Those of these files that the viewer has brought before and that are still here."""

    async def refuse_foreign(self, session: AsyncSession, viewer: Viewer, visit_id: UUID) -> None:
        """Refuses photos for a visit of somebody else; one that nobody knows yet may still come."""

    async def keep(
        self,
        viewer: Viewer,
        now: datetime,
        file: Path,
        announced: str | None,
        name: str,
        media_type: str,
        brought_by: int | None = None,
    ) -> str:
        """Takes the file in if it is whole and a type we accept; gives its hash. Durable when this returns.

        `media_type` is what its sender says it is; "": not said. `brought_by` is who brings it for the viewer. The file
        itself stays where it is. Raises Problem: bad_evidence, damaged (another hash), too_large, no_room.
        """


class WaitingPhotos(msgspec.Struct, frozen=True):
    """A visit that is stored while some of its photos are still on a phone."""

    visit: UUID
    username: str
    person: str
    unit: str
    zone: str
    count: int
    faults: int
    """How many of them came and cannot be used."""
    since: datetime


Waiting = Callable[[AsyncSession], Awaitable[Sequence[WaitingPhotos]]]
"""All visits that wait for photos, the longest waiting first."""


Names = Callable[[AsyncSession, str], Awaitable[Mapping[str, str]]]
"""The names of an instrument's indicators by their keys; the instrument by its hash."""


class Rooms(msgspec.Struct, frozen=True):
    """What `app.py` hands to sync."""

    accept: dict[str, Accept]
    views: tuple[View, ...]
    photos: PhotoStore
    awaited: dict[str, Awaited] = {}
    """By kind; one that has none never waits for photos."""
    release: dict[str, Accept] = {}
    """How an item is stored that a coordinator releases although it was refused or in conflict; else by `accept`."""
    waiting: Waiting | None = None
    names: Names | None = None
