"""The bytes of uploads: one file each in a folder, in one hand at a time, and never told as more than is on the disk.

The hand is a lock of the system on the file itself, so that it holds between processes and falls with the one that
has it. Disks are waited for in threads. Knows nothing of HTTP or the database.
"""

import asyncio
import errno
import fcntl
import logging
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import ParamSpec, TypeVar
from uuid import UUID

from server.problems import Problem
from server.sync.uploads.tus import MEGABYTE, Checksum, refuse_beyond

logger = logging.getLogger("loket")

PATIENCE_S = 60.0
"""How long a request may go on without a byte."""
URGENT_WAIT_S = 2.0
TRY_AGAIN_S = 0.02
UNKNOWN_KEPT_S = 24 * 60 * 60

RESERVE_BYTES = 500 * MEGABYTE
RESERVE_PART = 20
"""No upload begins that would leave less of the disk (so much of it, or a twentieth of a small one): the database
needs room to say no."""

_Said = ParamSpec("_Said")
_Done = TypeVar("_Done")


async def on_disk(act: Callable[_Said, _Done], *said: _Said.args, **named: _Said.kwargs) -> _Done:
    """Runs in a thread, and to its end even for who is cancelled meanwhile: no file is closed under its writer."""
    done = asyncio.get_running_loop().run_in_executor(None, lambda: act(*said, **named))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.wait({done})
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        logger.error("no room for an upload: %s", error)
        raise Problem("no_room") from error


class Arriving:
    """The body of one request as it comes. Another request may end it; silence ends it too."""

    def __init__(self, next_part: Callable[[], Awaitable[tuple[bytes, bool]]]) -> None:
        self._next_part = next_part
        self._wait: asyncio.Timeout | None = None
        self._is_over = False

    def interrupt(self) -> None:
        self._is_over = True
        if self._wait is not None and not self._wait.expired():
            self._wait.reschedule(asyncio.get_running_loop().time())

    async def parts(self) -> AsyncIterator[bytes]:
        has_more = True
        while has_more:
            part, has_more = await self._next()
            if part:
                yield part

    async def _next(self) -> tuple[bytes, bool]:
        if self._is_over:
            raise _busy()
        try:
            async with asyncio.timeout(PATIENCE_S) as self._wait:
                return await self._next_part()
        except TimeoutError as error:
            raise _busy() from error
        finally:
            self._wait = None


class Part:
    """A file that is arriving. Its methods run in threads."""

    def __init__(self, path: Path, length: int) -> None:
        self.path = path
        self.size = 0
        """How much of it is on the disk for good."""
        self.length = length
        self._end = 0
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND), "r+b", buffering=0)

    def take(self) -> bool:
        """Takes the file in hand, if nobody else has it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        # what a killed process had written may not be on the disk yet
        os.fsync(self._file)
        self.size = self._end = self._stat().st_size
        return True

    @property
    def is_removed(self) -> bool:
        """Whether whoever had the file before has removed it."""
        return self._stat().st_nlink == 0

    def write(self, piece: bytes) -> None:
        if self._end + len(piece) > self.length:
            # who sends more than they announced means another file
            self._file.truncate(self.size)
        refuse_beyond(self.length, self._end + len(piece))
        rest = memoryview(piece)
        while rest:
            written = self._file.write(rest)
            self._end += written
            rest = rest[written:]

    def settle(self) -> None:
        """Brings what was written to the disk; what cannot be brought there was never here."""
        try:
            os.fsync(self._file)
        except OSError:
            self._file.truncate(self.size)
            raise
        self.size = self._end = self._stat().st_size

    def close(self) -> None:
        self._file.close()

    def _stat(self) -> os.stat_result:
        return os.fstat(self._file.fileno())


class CheckedPiece:
    """A piece that came with its hash: it waits beside the file, without a name, and joins it when it is whole."""

    def __init__(self, part: Part, checksum: Checksum) -> None:
        self._part = part
        self._checksum = checksum
        self._hash = checksum.new_hash()
        self._end = part.size
        self._beside = SpooledTemporaryFile(max_size=MEGABYTE, dir=str(part.path.parent))  # noqa: SIM115

    def write(self, piece: bytes) -> None:
        self._end += len(piece)
        refuse_beyond(self._part.length, self._end)
        self._hash.update(piece)
        self._beside.write(piece)

    def join(self) -> None:
        if self._hash.digest() != self._checksum.digest:
            raise Problem("bad_checksum")
        self._beside.seek(0)
        while piece := self._beside.read(MEGABYTE):
            self._part.write(piece)

    def close(self) -> None:
        self._beside.close()


class Incoming:
    """The folder of all files that are arriving."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._arriving: dict[UUID, Arriving] = {}

    def path_of(self, upload_id: UUID) -> Path:
        return self.folder / str(upload_id)

    async def begin(self, upload_id: UUID, length: int) -> None:
        """An empty file; refused where the whole would not fit."""
        await on_disk(self._begin, upload_id, length)

    def _begin(self, upload_id: UUID, length: int) -> None:
        if not self.folder.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(self.folder.parent)
        disk = shutil.disk_usage(self.folder)
        if disk.free - length < min(RESERVE_BYTES, disk.total // RESERVE_PART):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder))
        self.path_of(upload_id).open("xb").close()
        _sync_folder(self.folder)

    @asynccontextmanager
    async def hold(self, upload_id: UUID, length: int, *, is_urgent: bool) -> AsyncIterator[Part | None]:
        """The file of an upload in one hand, None if there is none; refused while somebody else has it.

        What is urgent ends a request of this process that has the file and only waits for bytes, perhaps of a line
        long dead, and gives others a little time.
        """
        try:
            part = await on_disk(Part, self.path_of(upload_id), length)
        except FileNotFoundError:
            yield None
            return
        try:
            await self._take(upload_id, part, is_urgent)
            yield None if part.is_removed else part
        finally:
            await on_disk(part.close)

    async def _take(self, upload_id: UUID, part: Part, is_urgent: bool) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + (URGENT_WAIT_S if is_urgent else 0)
        while not await on_disk(part.take):
            if loop.time() >= until:
                raise _busy()
            if upload_id in self._arriving:
                self._arriving[upload_id].interrupt()
            await asyncio.sleep(TRY_AGAIN_S)

    async def receive(
        self, upload_id: UUID, part: Part, arriving: Arriving, checksum: Checksum | None
    ) -> None:
        """Adds what comes to the file. However it ends, all that counts as received is on the disk."""
        self._arriving[upload_id] = arriving
        try:
            if checksum is None:
                await _add(part, arriving)
            else:
                await _add_checked(part, arriving, checksum)
        finally:
            del self._arriving[upload_id]
            await on_disk(part.settle)

    async def remove(self, upload_ids: Iterable[UUID]) -> None:
        for upload_id in upload_ids:
            await on_disk(self.path_of(upload_id).unlink, missing_ok=True)

    async def remove_empty(self, upload_ids: Iterable[UUID]) -> list[UUID]:
        """Removes those of which nothing came and that nobody has in hand; gives them."""
        return await on_disk(lambda: [one for one in upload_ids if self._remove_empty(one)])

    def _remove_empty(self, upload_id: UUID) -> bool:
        try:
            part = Part(self.path_of(upload_id), 0)
        except FileNotFoundError:
            return True
        try:
            is_empty = part.take() and part.size == 0
            if is_empty:
                part.path.unlink(missing_ok=True)
            return is_empty
        finally:
            part.close()

    async def standing(self) -> dict[UUID, bool]:
        """All files of the folder, and whether nobody touched them for a day."""
        return await on_disk(lambda: dict(self._standing()))

    def _standing(self) -> Iterator[tuple[UUID, bool]]:
        for file in self.folder.glob("*"):
            with suppress(ValueError, FileNotFoundError):
                yield UUID(file.name), file.stat().st_mtime < time.time() - UNKNOWN_KEPT_S


async def _add(part: Part, arriving: Arriving) -> None:
    async for piece in arriving.parts():
        await on_disk(part.write, piece)


async def _add_checked(part: Part, arriving: Arriving, checksum: Checksum) -> None:
    checked = CheckedPiece(part, checksum)
    try:
        async for piece in arriving.parts():
            await on_disk(checked.write, piece)
        await on_disk(checked.join)
    finally:
        await on_disk(checked.close)


def _busy() -> Problem:
    return Problem("busy_upload", retry_after_s=1)


def _sync_folder(folder: Path) -> None:
    """A name is on the disk only when its folder is."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
