"""The demo's phones: visits that are sent whole, as the app sends them, and what became of them.

Two phones belong to the inspectors; the clock of one is slow. One visit waits for photos, one stands beside another of
the same place, one was made where its author was not assigned.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.database import milliseconds
from server.inspections.evidence.wire import EvidencePiece
from server.phones import ClockMark, Rooms, contact_token
from server.sync.envelope import Received
from server.sync.push import judge
from server.sync.storage import note_device
from server.uuid7 import uuid7

APP_VERSION = "1.0"
SLOW: Mapping[str, timedelta] = {"fajar": timedelta(minutes=-47)}
"""How far a phone's clock is ahead of the right time."""

_MADE = datetime(2025, 1, 6, 2, tzinfo=UTC)
"""When the phones' apps were installed."""

_LAST_CONTACT = timedelta(hours=3)
"""So long before it is sent a visit's phone last heard of the server."""


class Phones:
    """The phones of those who send; each counts what it sends."""

    def __init__(self, secret: bytes, seed: int, rooms: Rooms) -> None:
        self._secret = secret
        self._seed = seed
        self._rooms = rooms
        self._sent: dict[str, int] = {}

    async def send(
        self, session: AsyncSession, author: Viewer, at: datetime, visit_id: UUID, body: Mapping[str, Any]
    ) -> None:
        """Sends a visit at this moment, by the right time."""
        text = msgspec.json.encode(body)
        sha256 = hashlib.sha256(text).hexdigest()
        number = self._sent[author.username] = self._sent.get(author.username, 0) + 1
        device_id, skew = self._device(author), SLOW.get(author.username, timedelta())
        item = Received(visit_id, "inspection", 0, text, sha256, sha256, number, device_id, skew)
        await judge(session, self._rooms, author, at, [item])
        await note_device(session, at, author.person_id, device_id, number, skew, APP_VERSION)

    def clock_of(self, author: Viewer, sent_at: datetime) -> Callable[[datetime], tuple[datetime, ClockMark]]:
        """What the author's phone says of a moment before it sends: its own time, and how long after the contact."""
        contact_at = sent_at - _LAST_CONTACT
        contact = contact_token(self._secret, contact_at, self._drawn(f"{author.username}/{sent_at}")[:9])
        skew = SLOW.get(author.username, timedelta())

        def said(at: datetime) -> tuple[datetime, ClockMark]:
            elapsed = (at - contact_at) // timedelta(milliseconds=1)
            return at + skew, ClockMark(contact, elapsed, steady=True)

        return said

    def lost(self, piece: EvidencePiece) -> EvidencePiece:
        """The piece with a photo that never left its phone."""
        return msgspec.structs.replace(piece, sha256=self._drawn(f"photo/{piece.id}").hex())

    def _device(self, author: Viewer) -> UUID:
        return uuid7(milliseconds(_MADE), self._drawn(f"phone/{author.username}")[:10])

    def _drawn(self, what: str) -> bytes:
        return hashlib.sha256(f"{self._seed}/{what}".encode()).digest()
