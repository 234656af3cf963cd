"""A picture's file without what was written beside the picture: where, when, with what and by whom it was taken.

Nothing is decoded: the parts of the file that make the picture are kept byte for byte, the others are left out. What
stays is a list, so that metadata nobody has heard of yet goes too. Pure.
"""

import re
from collections.abc import Iterator

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"


class Cut(ValueError):
    """The file ends, or stops making sense, before its picture does."""


def without_metadata(content: bytes, media_type: str) -> bytes:
    """The same picture alone; a file that holds nothing else comes back as it is."""
    return {JPEG: _jpeg, PNG: _png, WEBP: _webp}[media_type](content)


# ── JPEG: segments behind markers, then the picture itself up to the end marker ──

_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
_END, _SCAN, _COMMENT = 0xD9, 0xDA, 0xFE
_BARE = frozenset({0x01, 0xD8})
"""Markers without a segment."""
_APPLICATION = range(0xE0, 0xF0)
_JFIF_BYTES = 18
"""With a thumbnail it is longer."""
_APPLICATIONS_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""How densely dots lie, the colour profile, and how colours are coded."""


def _jpeg(content: bytes) -> bytes:
    kept = bytearray(content[:2])
    place, is_in_scan = 2, False
    while found := _MARKER.search(content, place):
        marker = found[1][0]
        if is_in_scan:
            kept += content[place : found.start()]
        place = found.end()
        if marker == _END:
            return bytes(kept) + b"\xff\xd9"
        if marker in _BARE:
            continue
        segment = content[place - 2 : place + int.from_bytes(content[place : place + 2])]
        place += len(segment) - 2
        if _is_of_picture(marker, segment):
            kept += segment
        is_in_scan = marker == _SCAN
    raise Cut


def _is_of_picture(marker: int, segment: bytes) -> bool:
    if marker == _COMMENT:
        return False
    if marker not in _APPLICATION:
        return True
    begins = _APPLICATIONS_KEPT.get(marker)
    is_known = begins is not None and segment[4:].startswith(begins)
    return is_known and (marker != 0xE0 or len(segment) == _JFIF_BYTES)


# ── PNG: chunks with a name ──

_PNG_HEAD = 8
_PNG_KEPT = frozenset(
    (
        *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT"),
        *(
            b"cHRM",
            b"gAMA",
            b"iCCP",
            b"sBIT",
            b"sRGB",
            b"cICP",
            b"mDCV",
            b"cLLI",
            b"bKGD",
            b"hIST",
            b"pHYs",
            b"sPLT",
        ),
    )
)
"""The picture, its frames, and its colours."""


def _png(content: bytes) -> bytes:
    kept = bytearray(content[:_PNG_HEAD])
    place = _PNG_HEAD
    while place + 12 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4])
        name = content[place + 4 : place + 8]
        if end > len(content):
            raise Cut
        if name in _PNG_KEPT:
            kept += content[place:end]
        if name == b"IEND":
            return bytes(kept)
        place = end
    raise Cut


# ── WebP: a RIFF file ──

_WEBP_HEAD = 12
_WEBP_KEPT = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_SAYS_METADATA = 0x08 | 0x04
"""The flags by which the first chunk announces EXIF and XMP."""


def _webp(content: bytes) -> bytes:
    chunks = bytearray()
    for name, chunk in _chunks(content):
        if name == b"VP8X":
            chunks += chunk[:8] + bytes([chunk[8] & ~_SAYS_METADATA]) + chunk[9:]
        elif name in _WEBP_KEPT:
            chunks += chunk
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WEBP" + chunks


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each with its name and size before it, and padded to an even length."""
    place, end = _WEBP_HEAD, 8 + int.from_bytes(content[4:8], "little")
    while place < end:
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        chunk = content[place : place + 8 + size + size % 2]
        if len(chunk) < 8 + max(size, 1):
            raise Cut
        yield chunk[:4], chunk
        place += len(chunk)
