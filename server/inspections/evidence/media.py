"""What a file is, told by its bytes and never by its name; what is not in the table of accepted types is refused.

Signatures tell pictures, videos and PDF. A zip and an old Office file are containers: what they are, and whether they
carry macros, is read inside. Nothing is ever opened with the program it is for.
"""

import lzma
import mmap
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

import filetype
import msgspec

from server.problems import Problem

MEGABYTE = 1024 * 1024

DOCUMENT_MOST_BYTES = 25 * MEGABYTE
VIDEO_MOST_BYTES = 100 * MEGABYTE

HEAD_BYTES = 8192
"""As much of the beginning as signatures look at."""


class Media(msgspec.Struct, frozen=True):
    """An accepted type: the extension it is told with, and which kinds of evidence it may be."""

    extension: str
    kinds: frozenset[str]
    most_bytes: int = DOCUMENT_MOST_BYTES
    is_inline: bool = False
    """A browser may show it in place; everything else is only ever saved."""


_PICTURE = frozenset({"photo", "screenshot", "document"})
_DOCUMENT = frozenset({"document"})
_VIDEO = frozenset({"video"})

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
_MAIN = ".main+xml"

ACCEPTED: dict[str, Media] = {
    "image/jpeg": Media("jpg", _PICTURE, is_inline=True),
    "image/png": Media("png", _PICTURE, is_inline=True),
    "image/webp": Media("webp", _PICTURE, is_inline=True),
    "video/mp4": Media("mp4", _VIDEO, VIDEO_MOST_BYTES),
    "video/webm": Media("webm", _VIDEO, VIDEO_MOST_BYTES),
    "application/pdf": Media("pdf", _DOCUMENT),
    f"{_OFFICE}.wordprocessingml.document": Media("docx", _DOCUMENT),
    f"{_OFFICE}.spreadsheetml.sheet": Media("xlsx", _DOCUMENT),
    f"{_OFFICE}.presentationml.presentation": Media("pptx", _DOCUMENT),
    f"{_OPEN}.text": Media("odt", _DOCUMENT),
    f"{_OPEN}.spreadsheet": Media("ods", _DOCUMENT),
    f"{_OPEN}.presentation": Media("odp", _DOCUMENT),
    "application/msword": Media("doc", _DOCUMENT),
    "application/vnd.ms-excel": Media("xls", _DOCUMENT),
    "application/vnd.ms-powerpoint": Media("ppt", _DOCUMENT),
}

KNOWN = {**ACCEPTED, "image/heic": Media("heic", _PICTURE)}
"""Also what was accepted once: it stays, and is told as what it is."""

WHAT_IS_ACCEPTED = (
    "Yang diterima: foto JPEG, PNG atau WebP; video MP4 atau WebM; dokumen PDF, Word, Excel, PowerPoint atau "
    "OpenDocument tanpa makro."
)

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_MEDIA_TYPES = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
_OLE_MACROS = ("_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA", "Macros")

_MACROS = "Dokumen ini berisi makro. Simpan sebagai PDF, atau sebagai dokumen tanpa makro."

_HEIC = re.compile(rb".{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)
_NO_HEIC = (
    "Foto HEIC tidak dapat diterima: keterangan tersembunyi di dalamnya (tempat, perangkat) tidak dapat dihapus, dan "
    "banyak komputer tidak dapat menampilkannya. Ubah dahulu ke JPEG, atau ambil lagi fotonya dari aplikasi."
)

_BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(OSError, ValueError, RuntimeError, EOFError),
)
"""What the standard library raises over a zip that is cut, locked or forged."""

_ENTRIES_MOST = 20_000
"""No document has more parts; a zip that has would only fill the memory."""
_PART_MOST_BYTES = MEGABYTE


def most_bytes_of(head: bytes) -> int:
    """How large a file may be that begins like this; what begins like nothing we accept is refused at once."""
    if head.startswith((ZIP, OLE)):
        return DOCUMENT_MOST_BYTES
    return ACCEPTED[_signed(head)].most_bytes


def sniffed(file: Path) -> str:
    """The media type of a whole file; refused if it is none of the accepted ones."""
    with file.open("rb") as content:
        head = content.read(HEAD_BYTES)
        if head.startswith(ZIP):
            return _zipped(content)
        if head.startswith(OLE):
            return _old_office(content)
        return _signed(head)


def refuse_other_type(announced: str, file: Path) -> None:
    """Refuses a file that is another of our types than its sender says; nothing said, or a type of others, is fine."""
    said = announced.partition(";")[0].strip().lower().replace("image/jpg", "image/jpeg")
    found = sniffed(file)
    if said in ACCEPTED and said != found:
        raise Problem(
            "bad_evidence",
            what=f"Berkas ini disebut .{ACCEPTED[said].extension}, tetapi isinya .{ACCEPTED[found].extension}. "
            "Ubah dahulu jenisnya di perangkat, atau ambil lagi fotonya dari aplikasi.",
        )


def _signed(head: bytes) -> str:
    media_type = filetype.guess_mime(head)
    if media_type not in ACCEPTED:
        raise refused(_NO_HEIC) if _HEIC.match(head) else refused()
    return str(media_type)


def _zipped(content: BinaryIO) -> str:
    """Which Office document a zip is, by what it says of itself; a zip that says nothing is none."""
    _refuse_crowded(content)
    try:
        with zipfile.ZipFile(content) as parts:
            names = {name.lower() for name in parts.namelist()}
            types = _types_told(parts)
            main = _open_document(parts) if "mimetype" in names else _office_main(types)
    except _BROKEN_ZIP as error:
        raise refused() from error
    if any(re.search("macro|vba", one, re.IGNORECASE) for one in types) or any(map(_is_macro, names)):
        raise refused(_MACROS)
    if main not in ACCEPTED:
        raise refused()
    return main


def _types_told(parts: zipfile.ZipFile) -> set[str]:
    """The types of all parts of a Microsoft document, what is embedded in it among them."""
    return set(re.findall(r'ContentType\s*=\s*["\']([^"\']+)["\']', _part(parts, "[Content_Types].xml")))


def _office_main(types: set[str]) -> str:
    mains = [one.removesuffix(_MAIN) for one in types if one.startswith(_OFFICE) and one.endswith(_MAIN)]
    return mains[0] if len(mains) == 1 else ""


def _open_document(parts: zipfile.ZipFile) -> str:
    said = _part(parts, "mimetype").strip()
    return said if said.startswith(_OPEN) else ""


def _part(parts: zipfile.ZipFile, name: str) -> str:
    if name not in parts.namelist():
        return ""
    with parts.open(name) as part:
        # read no further than any sound document needs, whatever size the zip claims or unfolds to
        return part.read(_PART_MOST_BYTES).decode("utf-8", "replace")


def _is_macro(name: str) -> bool:
    # the lists of libraries and dialogs stand in documents without any macro too
    is_list = name.endswith(("/", "script-lc.xml", "script-lb.xml", "dialog-lc.xml", "dialog-lb.xml"))
    return "vbaproject" in name or (name.startswith(("basic/", "scripts/")) and not is_list)


def _refuse_crowded(content: BinaryIO) -> None:
    with mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as all_bytes:
        if sum(1 for _ in re.finditer(b"PK\x01\x02", all_bytes)) > _ENTRIES_MOST:
            raise refused()


def _old_office(content: BinaryIO) -> str:
    """Which document an OLE container is, by the streams its directory names."""
    with mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as all_bytes:
        if any(_has_entry(all_bytes, name) for name in _OLE_MACROS):
            raise refused(_MACROS)
        found = {media_type for name, media_type in _OLE_MEDIA_TYPES.items() if _has_entry(all_bytes, name)}
    if len(found) != 1:
        # an installer or a mail is a container too, and so is a document with another one inside
        raise refused()
    return found.pop()


def _has_entry(all_bytes: mmap.mmap, name: str) -> bool:
    """Whether the directory of an OLE container names this: its entries are 128 bytes, name and length first."""
    written = name.encode("utf-16-le")
    entry = written + bytes(64 - len(written)) + (len(written) + 2).to_bytes(2, "little")
    place = all_bytes.find(entry)
    while place >= 0:
        if place % 128 == 0:
            return True
        place = all_bytes.find(entry, place + 1)
    return False


def refused(why: str = "Jenis berkas ini tidak diterima.") -> Problem:
    return Problem("bad_evidence", what=f"{why} {WHAT_IS_ACCEPTED}")
