"""Answers to the index address, kept until something was stored.

A commit of this process ends what is kept at once; one of another process is seen within a second.
"""

from collections.abc import Awaitable, Callable, Hashable
from time import monotonic

from server.database import Database

FRESH_S = 1.0
KEPT_MOST = 2_000


class Indices:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[Hashable, tuple[int, float, bytes]] = {}

    async def kept(self, asked: Hashable, compute: Callable[[], Awaitable[bytes]]) -> bytes:
        """The answer to what was asked: the one kept, or else a new one."""
        found = self._kept.get(asked)
        if found is not None and found[0] == self._database.commits and monotonic() - found[1] < FRESH_S:
            return found[2]
        # noted before the reading: a commit during it makes the answer old
        commits, began = self._database.commits, monotonic()
        answer = await compute()
        if len(self._kept) >= KEPT_MOST:
            self._kept.clear()
        self._kept[asked] = (commits, began, answer)
        return answer
