"""A phone's mark of the day: enough to tell its fourth answer at a counter, useless for anything else.

The browser draws a number and forgets it at midnight; we hash it with a key of that day, and destroy the key two
days later. No mark can be traced to a phone, nor joined to another day's.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from server.database import Database
from server.surveys import storage

KEPT = timedelta(days=2)


class Devices:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._day = ""
        self._key = b""

    async def mark(self, device: str | None, now: datetime) -> str | None:
        """The opaque mark of a browser today; None for a browser that told nothing."""
        if not device:
            return None
        key = await self._key_of(now)
        return hmac.new(key, device.encode(), hashlib.sha256).hexdigest()[:24]

    async def _key_of(self, now: datetime) -> bytes:
        day = now.date().isoformat()
        if day != self._day:
            self._day, self._key = day, await self._shared_key(day, (now - KEPT).date().isoformat())
        return self._key

    async def _shared_key(self, day: str, forget_before: str) -> bytes:
        """All processes of a day use one key: the first that needs it makes it."""
        async with self._database.reading() as session:
            held = await storage.device_key(session, day)
        if held is not None:
            return held
        made = secrets.token_bytes(32)
        try:
            async with self._database.writing() as session:
                await storage.add_device_key(session, day, made, forget_before)
        except IntegrityError:
            async with self._database.reading() as session:
                return await storage.device_key(session, day) or made
        return made
