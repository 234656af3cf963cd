"""Looks at evidence once it is stored: looking through every picture takes longer than a citizen should wait.

What is still to be looked at stands in the table, so nothing is forgotten when the lights go out, whoever stored it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from server.database import Database
from server.inspections.signals import storage

logger = logging.getLogger("loket.lookout")

PAUSE_S = 2.0
PAUSE_AFTER_FAULT_S = 60.0

TOGETHER = 100
"""Pieces asked for at once."""


class Lookout:
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def look(self) -> None:
        """Looks at every piece that nobody has looked at, each in its turn."""
        failed: dict[UUID, Exception] = {}
        while pieces := [one for one in await self._next(len(failed)) if one not in failed]:
            for piece_id in pieces:
                try:
                    await self._look_at(piece_id)
                except Exception as error:
                    # one piece that cannot be looked at must not keep the others from it
                    failed[piece_id] = error
        if failed:
            raise ExceptionGroup("evidence that could not be looked at", list(failed.values()))

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

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
        while True:
            pause_s = PAUSE_S
            try:
                await self.look()
            except Exception:
                # what stays is looked at again after a while
                logger.exception("evidence could not be looked at")
                pause_s = PAUSE_AFTER_FAULT_S
            await asyncio.sleep(pause_s)
