"""The store of evidence: every file once, under the SHA-256 of its bytes, never changed and never executed.

A file arrives beside the store and moves in when it is whole, is what it announced, and is on the disk; a picture
leaves its metadata outside. Whatever breaks before leaves nothing. Knows nothing of HTTP or the database: whoever has
bytes may bring them.
"""

import asyncio
import errno
import hashlib
import logging
import os
import re
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import uuid4

import msgspec

from server.inspections.evidence.media import HEAD_BYTES, MEGABYTE, most_bytes_of, sniffed
from server.inspections.evidence.pictures import PICTURES, examined, thumbnail
from server.problems import Problem

logger = logging.getLogger("loket")

T = TypeVar("T")

SHA256 = re.compile(r"[0-9a-f]{64}")
WRITE_BYTES = MEGABYTE
READ_BYTES = MEGABYTE // 4

_HALF = "half-"
_HALF_KEPT_S = 24 * 60 * 60


_PICTURE_THREADS = ThreadPoolExecutor(2, "pictures")
"""A large picture takes a few hundred megabytes while it is decoded: never many at once."""


class StoredFile(msgspec.Struct, frozen=True):
    """What is known of a file from its bytes alone."""

    sha256: str
    """Of the bytes as they came."""
    stored_sha256: str
    """Of the bytes as they are kept: others where a picture came with metadata."""
    media_type: str
    size_bytes: int
    """As kept."""
    width: int | None = None
    height: int | None = None
    likeness: int | None = None


class Files:
    """The files of a folder, by the hash of their bytes: `ab/abcdef…`; beside it small copies of the pictures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.thumbnails = folder.with_name("thumbnails")

    def path_of(self, stored_sha256: str) -> Path:
        assert SHA256.fullmatch(stored_sha256), "no SHA-256"
        return self.folder / stored_sha256[:2] / stored_sha256

    async def receive(self, content: AsyncIterable[bytes], announced: str) -> StoredFile:
        """Keeps the bytes if they are what was announced and a type we accept; fsynced when this returns."""
        async with self._arriving(announced) as half:
            async for part in _in_large_parts(content):
                await asyncio.to_thread(half.write, part)
            return await self._moved_in(half, announced)

    async def take(self, path: Path, announced: str | None) -> StoredFile:
        """Keeps what a file holds, in the same way; the file itself stays where and as it is."""
        async with self._arriving(announced) as half:
            await asyncio.to_thread(half.write_all_of, path)
            return await self._moved_in(half, announced)

    @asynccontextmanager
    async def _arriving(self, announced: str | None) -> AsyncIterator["_Half"]:
        if announced is not None and not SHA256.fullmatch(announced):
            raise Problem("bad_evidence", what="SHA-256 ditulis sebagai 64 angka heksadesimal huruf kecil.")
        half = _Half(self.folder)
        try:
            yield half
        except BaseException as error:
            # in a thread of its own, so that who is cancelled twice still leaves nothing
            loop = asyncio.get_running_loop()
            await asyncio.shield(loop.run_in_executor(None, half.discard))
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                logger.error("no room for evidence in %s: %s", self.folder, error)
                raise Problem("no_room") from error
            raise

    async def _moved_in(self, half: "_Half", announced: str | None) -> StoredFile:
        stored = await asyncio.to_thread(half.judged, announced)
        if stored.media_type in PICTURES:
            stored = await _in_picture_thread(lambda: half.reduced_to_picture(stored))
        await asyncio.to_thread(half.move_in, self.path_of(stored.stored_sha256))
        return stored

    async def thumbnail(self, stored_sha256: str, media_type: str) -> bytes | None:
        """A small JPEG of a picture; made when it is asked for first. None if the picture is not there."""
        return await _in_picture_thread(lambda: self._thumbnail(stored_sha256, media_type))

    def _thumbnail(self, stored_sha256: str, media_type: str) -> bytes | None:
        kept = self.thumbnails / stored_sha256[:2] / f"{stored_sha256}.jpg"
        with suppress(FileNotFoundError):
            return kept.read_bytes()
        try:
            content = self.path_of(stored_sha256).read_bytes()
        except FileNotFoundError:
            return None
        small = thumbnail(content, media_type)
        half = kept.with_name(f"{_HALF}{uuid4().hex}")
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            half.write_bytes(small)
            with half.open("rb") as file:
                os.fsync(file.fileno())
            half.rename(kept)
        except OSError as error:
            # it can be shown without being kept
            logger.error("a thumbnail was not kept in %s: %s", kept.parent, error)
            half.unlink(missing_ok=True)
        return small

    async def stream(self, stored_sha256: str) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(self.path_of(stored_sha256).open, "rb")
        with file:
            while part := await asyncio.to_thread(file.read, READ_BYTES):
                yield part

    async def size_of(self, stored_sha256: str) -> int | None:
        """How large the file on the disk is; None if it is not there."""
        return await asyncio.to_thread(_size_of, self.path_of(stored_sha256))

    async def whole(self, sizes: Mapping[str, int]) -> set[str]:
        """Of these files, each with the size it is to have, those that are on the disk as large as that."""
        return await asyncio.to_thread(
            lambda: {name for name, size in sizes.items() if _size_of(self.path_of(name)) == size}
        )

    async def hash_of(self, stored_sha256: str) -> str | None:
        """The hash of the bytes as they are now; None if the file is not there."""
        return await asyncio.to_thread(_hash_of, self.path_of(stored_sha256))

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

    def write_all_of(self, path: Path) -> None:
        with path.open("rb") as content:
            while part := content.read(WRITE_BYTES):
                self.write(part)

    def judged(self, announced: str | None) -> StoredFile:
        """What arrived, if it is whole and of a type we accept."""
        with self._turn:
            if self._file is None:
                raise Problem("bad_evidence", what="Berkas ini kosong.")
            sha256 = self._hash.hexdigest()
            if announced not in (None, sha256):
                raise Problem("damaged")
            self._file.flush()
            return StoredFile(sha256, sha256, sniffed(self._path), self._size)

    def reduced_to_picture(self, arrived: StoredFile) -> StoredFile:
        """Leaves of a picture's file the picture alone; one that came so stays byte for byte."""
        with self._turn:
            if self._file is None or self._is_discarded:
                return arrived
            content = self._path.read_bytes()
            picture = examined(content, arrived.media_type)
            if picture.content != content:
                self._file.seek(0)
                self._file.write(picture.content)
                self._file.truncate()
            return msgspec.structs.replace(
                arrived,
                stored_sha256=hashlib.sha256(picture.content).hexdigest(),
                size_bytes=len(picture.content),
                width=picture.width,
                height=picture.height,
                likeness=picture.likeness,
            )

    def move_in(self, final: Path) -> None:
        """From beside the store into it; a file that stands there whole already stays as it is."""
        with self._turn:
            if self._file is None or self._is_discarded:
                return
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            final.parent.mkdir(exist_ok=True)
            if _size_of(final) == self._path.stat().st_size:
                self._path.unlink()
            else:
                # where a fault of the disk left a part of it, the whole takes its place
                self._path.rename(final)
            _sync_folder(final.parent)
            _sync_folder(self._path.parent)

    def discard(self) -> None:
        with self._turn:
            self._is_discarded = True
            if self._file is not None:
                # what is not written yet may not fit either
                with suppress(OSError):
                    self._file.close()
            self._path.unlink(missing_ok=True)


async def _in_picture_thread(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_PICTURE_THREADS, work)


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


def _size_of(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None


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
