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
_END, _SCAN, _JFIF = 0xD9, 0xDA, 0xE0
_BARE = frozenset({0x01, 0xD8})
"""Markers without a segment."""
_PICTURE_KEPT = frozenset({*range(0xC0, 0xD0), _SCAN, 0xDB, 0xDD}) - {0xC8}
"""Frames, tables and scans."""
_APPLICATIONS_KEPT = {_JFIF: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""How densely dots lie, the colour profile, and how colours are coded."""
_JFIF_BYTES = 18
"""With a thumbnail it is longer."""


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
    if marker in _PICTURE_KEPT:
        return True
    begins = _APPLICATIONS_KEPT.get(marker)
    is_known = begins is not None and segment[4:].startswith(begins)
    return is_known and (marker != _JFIF or len(segment) == _JFIF_BYTES)


# ── PNG: chunks with a name ──

_PNG_HEAD = 8
_PNG_KEPT = frozenset(
    {
        *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT"),
        *(b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI"),
        *(b"bKGD", b"hIST", b"pHYs", b"sPLT"),
    }
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
_FRAME_HEAD = 8 + 16
"""Of a frame: the name and size of its chunk, then where and how long it is shown."""
_PIXELS_KEPT = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_WEBP_KEPT = _PIXELS_KEPT | {b"ANIM", b"ICCP"}
_SAYS_METADATA = 0x08 | 0x04
"""The flags by which the first chunk announces EXIF and XMP."""


def _webp(content: bytes) -> bytes:
    kept = bytearray()
    for name, chunk in _chunks(content, _WEBP_HEAD, 8 + int.from_bytes(content[4:8], "little")):
        if name == b"VP8X":
            kept += chunk[:8] + bytes([chunk[8] & ~_SAYS_METADATA]) + chunk[9:]
        elif name == b"ANMF":
            kept += _frame(chunk)
        elif name in _WEBP_KEPT:
            kept += chunk
    return b"RIFF" + (len(kept) + 4).to_bytes(4, "little") + b"WEBP" + kept


def _frame(frame: bytes) -> bytes:
    """One picture of several, with chunks of its own."""
    parts = _chunks(frame, _FRAME_HEAD, len(frame))
    pixels = b"".join(chunk for name, chunk in parts if name in _PIXELS_KEPT)
    return frame[:4] + (_FRAME_HEAD - 8 + len(pixels)).to_bytes(4, "little") + frame[8:_FRAME_HEAD] + pixels


def _chunks(content: bytes, place: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Each with its name and size before it, and padded to an even length."""
    while place < end:
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        chunk = content[place : place + 8 + size + size % 2]
        if len(chunk) < 8 + max(size, 1):
            raise Cut
        yield chunk[:4], chunk
        place += len(chunk)
