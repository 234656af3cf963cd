"""A phone's mark of the day: enough to tell its fourth answer at a counter, useless for anything else.

The browser draws a number and forgets it at midnight; we hash it with a key of that day, and destroy the key two
days later. No mark can be traced to a phone, nor joined to another day's.
"""

import hashlib
import hmac
import secrets
from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError

from server.database import Database
from server.surveys import storage

KEPT = timedelta(days=2)


class Devices:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: dict[date, bytes] = {}

    async def mark(self, device: str | None, today: date) -> str | None:
        """The opaque mark of a browser on a local day; None for a browser that told nothing."""
        if not device:
            return None
        key = await self._key_of(today)
        return hmac.new(key, device.encode(), hashlib.sha256).hexdigest()[:24]

    async def _key_of(self, today: date) -> bytes:
        if today not in self._keys:
            # at one moment there are at most two local days between Sabang and Merauke
            self._keys = {day: key for day, key in self._keys.items() if abs(day - today) <= KEPT}
            self._keys[today] = await self._shared_key(today.isoformat(), (today - KEPT).isoformat())
        return self._keys[today]

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
