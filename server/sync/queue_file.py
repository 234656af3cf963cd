"""A phone's waiting work as a file: carried on a stick or sent by chat to whoever can bring it in.

    manifest.json                  format "loket-queue", wire, person, device_id, exported_at, items, photos
    items/<id>.<8 of hash>.json    the frozen text of an item, byte for byte
    photos/<sha256>                the bytes of a photo
    SHA256SUMS                     for people with `sha256sum -c`

Whoever made the file is not known to us, so nothing of it is believed: only what the manifest names is read, under
names that follow from ids and hashes, never to a path of its choosing, and no more bytes than it may have.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from server.problems import Problem
from server.sync.wire import WIRE, Sha256

MEGABYTE = 1024 * 1024
ENTRIES_MOST = 5_000
ITEMS_MOST = 2_000
ITEM_MOST_BYTES = MEGABYTE
PHOTO_MOST_BYTES = 25 * MEGABYTE
TOTAL_MOST_BYTES = 2048 * MEGABYTE
MANIFEST_MOST_BYTES = 4 * MEGABYTE
DIRECTORY_MOST_BYTES = 2 * MEGABYTE
"""Of a zip's own list of what is in it: it is held in memory before a single entry can be looked at."""

COPY_BYTES = 256 * 1024

_END = struct.Struct("<4s4H2LH")
_MEANS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError, OSError),
)
"""What reading a zip raises that somebody made badly or with malice; nothing of it is raised by writing."""


class QueuedItem(msgspec.Struct, frozen=True):
    """One item that waited on the phone."""

    id: UUID
    kind: Annotated[str, Meta(pattern="^[a-z_]{1,20}$")]
    body_sha256: Sha256
    seq: Annotated[int, Meta(ge=0, le=2**53)] = 0
    base_rev: Annotated[int, Meta(ge=0, le=1_000_000)] = 0

    @property
    def file(self) -> str:
        return f"items/{self.id}.{self.body_sha256[:8]}.json"


class QueuedPhoto(msgspec.Struct, frozen=True):
    """One photo of these items, or of what was sent without it."""

    sha256: Sha256
    bytes: Annotated[int, Meta(ge=0)]
    type: Annotated[str, Meta(max_length=100)] = ""

    @property
    def file(self) -> str:
        return f"photos/{self.sha256}"


class Manifest(msgspec.Struct, frozen=True):
    """What the file says of itself."""

    format: Literal["loket-queue"]
    wire: int
    person: Annotated[str, Meta(min_length=1, max_length=60)]
    items: Annotated[tuple[QueuedItem, ...], Meta(max_length=ITEMS_MOST)]
    photos: Annotated[tuple[QueuedPhoto, ...], Meta(max_length=ENTRIES_MOST)] = ()
    device_id: UUID | None = None
    exported_at: Annotated[datetime, Meta(tz=True)] | None = None


class QueueFile:
    """An opened file whose manifest is sound; single entries may still be damaged. Its methods read a disk."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._archive = zipfile.ZipFile(source)
        self.manifest = self._manifest()
        self._refuse_excess()

    def close(self) -> None:
        self._archive.close()
        self._source.close()

    def body_of(self, item: QueuedItem) -> bytes:
        """The text of an item, whatever it hashes to; Problem `damaged` if not all of it can be read."""
        return b"".join(self._parts(item.file, ITEM_MOST_BYTES))

    def unpack(self, photo: QueuedPhoto, place: Path) -> None:
        """Writes a photo to `place`; Problem `damaged` if not all of it can be read."""
        with place.open("wb") as file:
            for part in self._parts(photo.file, PHOTO_MOST_BYTES):
                file.write(part)

    def _parts(self, name: str, most: int) -> Iterator[bytes]:
        try:
            with self._archive.open(name) as entry:
                while part := entry.read(COPY_BYTES):
                    most -= len(part)
                    if most < 0:
                        raise Problem("damaged")
                    yield part
        except (KeyError, *_BROKEN) as error:
            raise Problem("damaged") from error

    def _manifest(self) -> Manifest:
        entries = self._archive.infolist()
        if len(entries) > ENTRIES_MOST:
            raise _bad(f"Berkas antrean memuat paling banyak {ENTRIES_MOST} berkas di dalamnya.")
        if any(entry.flag_bits & 1 for entry in entries):
            raise _bad("Berkas antrean tidak boleh dikunci dengan kata sandi.")
        try:
            content = b"".join(self._parts("manifest.json", MANIFEST_MOST_BYTES))
        except Problem as error:
            raise _bad(
                "Ini bukan berkas antrean Loket: daftar isinya (manifest.json) tidak ada, rusak, atau terlalu panjang."
            ) from error
        try:
            manifest = msgspec.json.decode(content, type=Manifest)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _bad(
                "Daftar isi berkas antrean ini tidak terbaca. Simpan sekali lagi dari ponselnya."
            ) from error
        if manifest.wire > WIRE:
            raise _bad("Berkas ini dibuat aplikasi yang lebih baru daripada server. Perbarui server dahulu.")
        return manifest

    def _refuse_excess(self) -> None:
        """Before a byte is unpacked: an entry never gives more than the zip's list says it holds."""
        limits = [
            *((item.file, ITEM_MOST_BYTES, "1 MB untuk satu kunjungan") for item in self.manifest.items),
            *((photo.file, PHOTO_MOST_BYTES, "25 MB untuk satu foto") for photo in self.manifest.photos),
        ]
        total = 0
        for name, most, told in limits:
            info = self._archive.NameToInfo.get(name)
            if info is None:
                continue
            if info.compress_type not in _MEANS:
                raise _bad("Berkas antrean ini dimampatkan dengan cara yang tidak kami kenal.")
            if info.file_size > most:
                raise _bad(f"Ada isi yang terlalu besar (paling banyak {told}).")
            total += info.file_size
        if total > TOTAL_MOST_BYTES:
            raise _bad("Isi berkas antrean ini terlalu besar (paling banyak 2 GB).")


def open_queue(file: Path | IO[bytes]) -> QueueFile:
    """A queue file, to be closed after use; Problem `bad_file` says what keeps it from being one."""
    source = file.open("rb") if isinstance(file, Path) else file
    try:
        _refuse_odd_end(source)
        return QueueFile(source)
    except _BROKEN as error:
        source.close()
        raise _broken() from error
    except BaseException:
        source.close()
        raise


def _refuse_odd_end(source: IO[bytes]) -> None:
    """A whole zip ends by saying where its list is and how long; told before that list is read into memory.

    What a phone writes has no comment, nothing before it, and is too small for the extension for large ones.
    """
    size = source.seek(0, 2)
    if size < _END.size:
        raise _broken()
    before = min(20, size - _END.size)
    source.seek(size - _END.size - before)
    tail = source.read(before + _END.size)
    signature, _, _, _, entries, length, offset, comment = _END.unpack(tail[before:])
    if signature != b"PK\5\6" or comment or offset + length + _END.size != size:
        raise _broken()
    if entries > ENTRIES_MOST or length > DIRECTORY_MOST_BYTES or tail.startswith(b"PK\6\7"):
        raise _bad(f"Berkas antrean memuat paling banyak {ENTRIES_MOST} berkas di dalamnya.")
    source.seek(0)


def _broken() -> Problem:
    return _bad("Ini bukan berkas antrean yang utuh, mungkin terpotong saat disalin. Salin sekali lagi.")


def _bad(what: str) -> Problem:
    return Problem("bad_file", what=what)
