"""The store of evidence: every file once, under the SHA-256 of its bytes, never changed and never executed.

A file arrives beside the store and moves in when it is whole, is what it announced, and is on the disk. Whatever
breaks before leaves nothing. Knows nothing of HTTP or the database: whoever has bytes may bring them.
"""

import asyncio
import errno
import hashlib
import logging
import os
import re
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import msgspec

from server.inspections.evidence.media import HEAD_BYTES, MEGABYTE, most_bytes_of, sniffed
from server.problems import Problem

logger = logging.getLogger("loket")

SHA256 = re.compile(r"[0-9a-f]{64}")
WRITE_BYTES = MEGABYTE
READ_BYTES = MEGABYTE // 4

_HALF = "half-"
_HALF_KEPT_S = 24 * 60 * 60


class StoredFile(msgspec.Struct, frozen=True):
    """What is known of a file from its bytes alone."""

    sha256: str
    media_type: str
    size_bytes: int


class Files:
    """The files of a folder, by the hash of their bytes: `ab/abcdef…`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, sha256: str) -> Path:
        assert SHA256.fullmatch(sha256), "no SHA-256"
        return self.folder / sha256[:2] / sha256

    async def receive(self, content: AsyncIterable[bytes], announced: str) -> StoredFile:
        """Keeps the bytes if they are what was announced and a type we accept; fsynced when this returns."""
        if not SHA256.fullmatch(announced):
            raise Problem("bad_evidence", what="SHA-256 ditulis sebagai 64 angka heksadesimal huruf kecil.")
        half = _Half(self.folder)
        try:
            async for part in _in_large_parts(content):
                await asyncio.to_thread(half.write, part)
            return await asyncio.to_thread(half.move_in, announced, self.path_of(announced))
        except BaseException as error:
            # in a thread of its own, so that who is cancelled twice still leaves nothing
            loop = asyncio.get_running_loop()
            await asyncio.shield(loop.run_in_executor(None, half.discard))
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                logger.error("no room for evidence in %s: %s", self.folder, error)
                raise Problem("no_room") from error
            raise

    async def stream(self, sha256: str) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(self.path_of(sha256).open, "rb")
        with file:
            while part := await asyncio.to_thread(file.read, READ_BYTES):
                yield part

    async def size_of(self, sha256: str) -> int | None:
        """How large the file on the disk is; None if it is not there."""
        try:
            return (await asyncio.to_thread(self.path_of(sha256).stat)).st_size
        except FileNotFoundError:
            return None

    async def hash_of(self, sha256: str) -> str | None:
        """The hash of the bytes as they are now; None if the file is not there."""
        return await asyncio.to_thread(_hash_of, self.path_of(sha256))

    async def names(self) -> list[str]:
        """Everything that stands in the store, as its path in it."""
        return await asyncio.to_thread(lambda: sorted(self._names()))

    def _names(self) -> Iterator[str]:
        for file in self.folder.glob("**/*"):
            if file.is_file() and not file.name.startswith(_HALF):
                yield file.relative_to(self.folder).as_posix()


class _Half:
    """A file that is still arriving. Its methods run in threads, so that a slow disk holds up nobody."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{_HALF}{uuid4().hex}"
        self._hash = hashlib.sha256()
        self._size = 0
        self._most = 0
        self._file: BinaryIO | None = None
        self._is_discarded = False
        # who is cancelled discards while a thread may still be writing
        self._turn = threading.Lock()

    def write(self, part: bytes) -> None:
        with self._turn:
            if self._is_discarded:
                return
            if self._file is None:
                self._most = most_bytes_of(part[:HEAD_BYTES])
                self._file = self._opened()
            self._size += len(part)
            if self._size > self._most:
                raise Problem("too_large", most=f"{self._most // MEGABYTE} MB")
            self._hash.update(part)
            self._file.write(part)

    def _opened(self) -> BinaryIO:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for left in self._path.parent.glob(f"{_HALF}*"):
            # left by a process that was killed
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < time.time() - _HALF_KEPT_S:
                    left.unlink()
        return self._path.open("xb")

    def move_in(self, announced: str, final: Path) -> StoredFile:
        """From beside the store into it; a file that stands there already stays as it is."""
        with self._turn:
            if self._file is None:
                raise Problem("bad_evidence", what="Berkas ini kosong.")
            if self._hash.hexdigest() != announced:
                raise Problem(
                    "bad_evidence",
                    what="Isi berkas tidak sama dengan SHA-256-nya, mungkin terpotong di jalan. Unggah lagi.",
                )
            self._file.flush()
            media_type = sniffed(self._path)
            os.fsync(self._file.fileno())
            self._file.close()
            final.parent.mkdir(exist_ok=True)
            if final.exists():
                self._path.unlink()
            else:
                self._path.rename(final)
            _sync_folder(final.parent)
            _sync_folder(self._path.parent)
            return StoredFile(announced, media_type, self._size)

    def discard(self) -> None:
        with self._turn:
            self._is_discarded = True
            if self._file is not None:
                # what is not written yet may not fit either
                with suppress(OSError):
                    self._file.close()
            self._path.unlink(missing_ok=True)


async def _in_large_parts(content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in fewer parts: each costs a turn of a thread. The first holds all that signatures look at."""
    waiting = bytearray()
    async for part in content:
        waiting += part
        if len(waiting) >= WRITE_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _hash_of(file: Path) -> str | None:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    """A name is on the disk only when its folder is."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
