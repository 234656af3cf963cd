"""What is done over and over beside the requests."""

import asyncio
import contextlib
from abc import ABC, abstractmethod


class Background(ABC):
    """A task that is never broken off: a transaction that is cancelled may keep its lock on the database until its
    connection is collected as garbage. It is asked to stop, and does so between two pieces of work.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()

    @property
    def is_stopping(self) -> bool:
        return self._stop.is_set()

    @abstractmethod
    async def _run(self) -> None:
        """Works until it is stopping."""

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Waits for the piece of work under way; may be started again."""
        self._stop.set()
        if self._task is not None:
            await self._task
        self._task = None
        self._stop.clear()

    async def rest(self, seconds: float) -> None:
        """Waits so long, or until it is asked to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
