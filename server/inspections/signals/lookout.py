"""Looks at evidence once it is stored: looking through every picture takes longer than a citizen should wait.

What is still to be looked at stands in the table, so nothing is forgotten when the lights go out, whoever stored it.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from server.background import Background
from server.database import Database
from server.inspections.signals import storage

logger = logging.getLogger("loket.lookout")

PAUSE_S = 2.0
PAUSE_AFTER_FAULT_S = 60.0

TOGETHER = 100
"""Pieces asked for at once."""


class Lookout(Background):
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._database = database
        self._clock = clock

    async def look(self) -> None:
        """Looks at every piece that nobody has looked at, each in its turn."""
        failed: dict[UUID, Exception] = {}
        while pieces := [one for one in await self._next(len(failed)) if one not in failed]:
            for piece_id in pieces:
                if self.is_stopping:
                    return
                try:
                    await self._look_at(piece_id)
                except Exception as error:
                    # one piece that cannot be looked at must not keep the others from it
                    failed[piece_id] = error
        if failed:
            raise ExceptionGroup("evidence that could not be looked at", list(failed.values()))

    async def _next(self, failed: int) -> list[UUID]:
        async with self._database.reading() as session:
            return await storage.not_looked_at(session, TOGETHER + failed)

    async def _look_at(self, piece_id: UUID) -> None:
        async with self._database.reading_apart() as turn:
            await storage.one_at_a_time(turn)
            async with self._database.reading() as session:
                found = await storage.look(session, piece_id)
            # the turn to write is taken when all is read
            async with self._database.writing() as session:
                await storage.keep(session, self._clock(), piece_id, found)

    async def _run(self) -> None:
        while not self.is_stopping:
            pause_s = PAUSE_S
            try:
                await self.look()
            except Exception:
                # what stays is looked at again after a while
                logger.exception("evidence could not be looked at")
                pause_s = PAUSE_AFTER_FAULT_S
            await self.rest(pause_s)
