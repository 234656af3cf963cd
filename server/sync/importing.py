"""Bringing a phone's queue file in: every item is judged as if its author had sent it, every photo kept as theirs.

Items go through the same judge as a push, photos into the same store, so a file that was brought before, or whose work
arrived by itself meanwhile, adds nothing. What is refused stays in the file, and in quarantine like any other.
"""

import asyncio
import errno
import logging
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.accounts.storage import viewer_named
from server.database import Database
from server.phones import Rooms
from server.problems import Problem
from server.sync import storage
from server.sync.envelope import Received, said_in
from server.sync.push import TOGETHER, in_turns, judge
from server.sync.queue_file import QueuedItem, QueuedPhoto, QueueFile, open_queue
from server.sync.wire import Result

logger = logging.getLogger("loket.sync")

ACT = "queue_imported"

TOLD_MOST = 100
"""Refusals kept by name in the trail; the others are counted."""


class Refused(msgspec.Struct, frozen=True):
    """An item or photo that was not stored, and why, in Indonesian."""

    what: str
    """The item's id, or the photo's hash."""
    code: str
    detail: str
    unit: str = ""


class Imported(msgspec.Struct):
    """What became of a file."""

    person: str
    accepted: int = 0
    duplicates: int = 0
    conflicts: list[Refused] = []
    refused: list[Refused] = []
    photos_new: int = 0
    photos_held: int = 0
    photos_refused: list[Refused] = []

    @property
    def is_whole(self) -> bool:
        """Whether all of it is on the server now; a conflict is, beside another."""
        return not self.refused and not self.photos_refused


class _Read(msgspec.Struct, frozen=True):
    """An item of a file as it could be read, or why it is not judged."""

    came: Received | Problem
    unit: str = ""


async def import_queue(
    database: Database, rooms: Rooms, file: Path | IO[bytes], now: datetime, by: Viewer | None
) -> Imported:
    """Brings all of a file in, items first, and closes it. `by` is who brings it; None: the command line.

    Problem `bad_file` before anything is stored.
    """
    with closing(await asyncio.to_thread(open_queue, file)) as queue:
        bringing = _Bringing(database, rooms, queue, await _author(database, queue), now, by)
        items = iter(queue.manifest.items)
        while some := list(islice(items, TOGETHER)):
            await bringing.items(some)
        for photo in queue.manifest.photos:
            await bringing.photo(photo)
    return bringing.done


async def record(
    session: AsyncSession, now: datetime, by: Viewer | None, file_name: str, done: Imported
) -> None:
    """Tells the audit trail of an import."""
    facts = msgspec.structs.asdict(done)
    for key in ("conflicts", "refused", "photos_refused"):
        facts |= {f"{key}_n": len(facts[key]), key: facts[key][:TOLD_MOST]}
    await audit.record(session, now, by, ACT, f"person:{done.person}", file=file_name[:120], **facts)


async def _author(database: Database, queue: QueueFile) -> Viewer:
    async with database.reading() as session:
        author = await viewer_named(session, queue.manifest.person)
    if author is None:
        raise Problem(
            "bad_file", what=f"Tidak ada akun “{queue.manifest.person}”, pemilik berkas antrean ini, di sini."
        )
    return author


class _Bringing:
    """One import under way."""

    def __init__(
        self,
        database: Database,
        rooms: Rooms,
        queue: QueueFile,
        author: Viewer,
        now: datetime,
        by: Viewer | None,
    ) -> None:
        self._database = database
        self._rooms = rooms
        self._queue = queue
        self._author = author
        self._now = now
        self._by = by
        self.done = Imported(author.username)

    @property
    def _bringer(self) -> int | None:
        return self._by.person_id if self._by else None

    async def items(self, items: Sequence[QueuedItem]) -> None:
        """Judges a few items in one transaction; what cannot be read stops no other."""
        read = await asyncio.to_thread(lambda: [self._read(item) for item in items])
        came = [one.came for one in read if isinstance(one.came, Received)]
        try:
            results = iter(await in_turns(self._judged, came))
        except Exception as error:
            fault, results = _fault(error), iter(())
            read = [_Read(fault, one.unit) for one in read]
        for item, one in zip(items, read, strict=True):
            result = _refusal(item, one.came) if isinstance(one.came, Problem) else next(results)
            self._count(result, one.unit)

    def _read(self, item: QueuedItem) -> _Read:
        try:
            body = self._queue.body_of(item)
        except Problem as problem:
            return _Read(problem)
        said = said_in(body)
        if said.person not in ("", self._author.username):
            # a phone puts one person's work into a file: somebody else put this one together
            return _Read(Problem("not_their_work", person=said.person[:60]), said.unit)
        received = Received(
            item.id,
            item.kind,
            item.base_rev,
            body,
            sha256(body).hexdigest(),
            item.body_sha256,
            item.seq,
            self._queue.manifest.device_id,
        )
        return _Read(received, said.unit)

    async def _judged(self, items: Sequence[Received]) -> list[Result]:
        async with self._database.writing_long() as session:
            return await judge(session, self._rooms, self._author, self._now, items, self._bringer)

    def _count(self, result: Result, unit: str) -> None:
        told = Refused(str(result.id), result.code, result.detail, unit[:80])
        match result.status:
            case "accepted":
                self.done.accepted += 1
            case "duplicate":
                self.done.duplicates += 1
            case "conflict":
                self.done.conflicts.append(told)
            case _:
                self.done.refused.append(told)

    async def photo(self, photo: QueuedPhoto) -> None:
        """Keeps one photo; one that cannot be kept stops no other."""
        try:
            async with self._database.reading() as session:
                is_held = await self._rooms.photos.holds(session, self._author, photo.sha256)
            if is_held:
                self.done.photos_held += 1
            else:
                await self._keep(photo)
                self.done.photos_new += 1
        except Exception as error:
            fault = _fault(error)
            self.done.photos_refused.append(Refused(photo.sha256, fault.code, fault.detail))

    async def _keep(self, photo: QueuedPhoto) -> None:
        with tempfile.TemporaryDirectory(prefix="loket-") as folder:
            place = Path(folder) / photo.sha256
            await asyncio.to_thread(self._queue.unpack, photo, place)

            async def kept() -> str:
                return await self._rooms.photos.keep(
                    self._author, self._now, place, photo.sha256, "", photo.type, self._bringer
                )

            await storage.tried(kept)


def _fault(error: Exception) -> Problem:
    """Why something could not be stored: no fault of ours ends an import that others' work waits in."""
    if isinstance(error, Problem):
        return error
    logger.error("a part of a queue file could not be stored", exc_info=error)
    is_full = storage.is_full(error) or (isinstance(error, OSError) and error.errno == errno.ENOSPC)
    return Problem("no_room" if is_full else "broken")


def _refusal(item: QueuedItem, problem: Problem) -> Result:
    return Result(str(item.id), item.body_sha256, "rejected", code=problem.code, detail=problem.detail)
