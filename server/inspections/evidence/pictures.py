"""What a picture is: whether it can be shown, how large it is, what it looks like, and the picture alone.

Strangers' pictures are decoded here and nowhere else, by Pillow, and never before their header says that they fit into
the memory. Everything here takes its time: it belongs into threads.
"""

import io
import struct
import zlib
from collections.abc import Sequence
from math import cos, pi, sqrt
from statistics import median

import msgspec
from PIL import Image, JpegImagePlugin

from server.inspections.evidence.metadata import JPEG, PNG, WEBP, Cut, without_metadata
from server.problems import Problem

PICTURES = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
"""The types that are looked into, as Pillow calls them."""

MOST_PIXELS = 40_000_000
MOST_SIDE = 12_000
THUMBNAIL_SIDE = 320

# Pillow warns from here on and refuses beyond twice as much, even where nobody asks `_fits`
Image.MAX_IMAGE_PIXELS = MOST_PIXELS

_TOO_LARGE = (
    "Gambar ini lebih besar dari {megapixels} megapiksel atau sisinya lebih dari {side} piksel. "
    "Perkecil dahulu, atau ambil lagi dengan resolusi lebih rendah."
)
_BROKEN = "Gambar ini tidak dapat dibuka: berkasnya rusak atau terpotong. Ambil atau pilih lagi gambarnya."

_UNREADABLE = (
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error),
    *(IndexError, KeyError, TypeError, OverflowError, ZeroDivisionError),
)
"""What decoders raise over a file that is cut or forged."""

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How EXIF says that a camera was held, and what sets the picture upright."""

_GRID = 32
_WAVES = [[cos((2 * place + 1) * wave * pi / (2 * _GRID)) for place in range(_GRID)] for wave in range(1, 9)]
"""Of the cosine transform the eight longest waves, without the one that is a slope's or a wall's: light falls anew
each time."""
_FLAT = 2.0
"""Grey values these waves make up, on average: with less there is nothing to recognise, as of a finger or the night."""


class Picture(msgspec.Struct, frozen=True):
    """A picture's file without metadata, its sides as shown, and what it looks like."""

    content: bytes
    width: int
    height: int
    likeness: int | None


def examined(content: bytes, media_type: str) -> Picture:
    """The picture in a file, decoded once as proof; refused if it is too large, cut or forged."""
    try:
        with _opened(content, media_type) as picture:
            picture.load()
            turn = _turn(picture)
            shown = picture if turn is None else picture.transpose(turn)
            alone = without_metadata(content, media_type)
            if turn is not None and _can_be_turned(picture, content):
                alone = without_metadata(_written(shown, picture, is_exact=b"VP8L" in content), media_type)
            else:
                shown = picture
            return Picture(alone, *shown.size, likeness(shown))
    except (Cut, *_UNREADABLE) as error:
        raise Problem("bad_evidence", what=_BROKEN) from error


def thumbnail(content: bytes, media_type: str) -> bytes:
    """A small JPEG of a picture."""
    try:
        with _opened(content, media_type) as picture:
            # a JPEG is decoded at a fraction of its size
            picture.draft("RGB", (2 * THUMBNAIL_SIDE, 2 * THUMBNAIL_SIDE))
            small = _small(picture, thumbnail_size(*picture.size))
            profile = picture.info.get("icc_profile") if picture.mode == "RGB" else None
    except _UNREADABLE as error:
        raise Problem("bad_evidence", what=_BROKEN) from error
    file = io.BytesIO()
    small.save(file, "JPEG", quality=78, optimize=True, icc_profile=profile)
    return file.getvalue()


def thumbnail_size(width: int, height: int) -> tuple[int, int]:
    """The sides of a picture that is shown small; a small one stays as it is."""
    longest = max(width, height, THUMBNAIL_SIDE)
    return max(1, width * THUMBNAIL_SIDE // longest), max(1, height * THUMBNAIL_SIDE // longest)


def likeness(picture: Image.Image) -> int | None:
    """64 bits that barely differ between pictures that look alike: which waves of light and dark are stronger than
    most (a perceptual hash).

    None where there is nothing to tell it by: such pictures would all look alike.
    """
    grey = _small(picture, (_GRID, _GRID), Image.Resampling.BOX).convert("L").tobytes()
    rows = [grey[start : start + _GRID] for start in range(0, len(grey), _GRID)]
    across = [[_met(row, wave) for row in rows] for wave in _WAVES]
    strengths = [_met(column, wave) for wave in _WAVES for column in across]
    if sqrt(sum(one * one for one in strengths)) / (_GRID * _GRID / 2) < _FLAT:
        return None
    middle = median(strengths)
    whole = sum(1 << place for place, one in enumerate(strengths) if one > middle)
    # as databases count: with a sign
    return whole - (1 << 64) if whole >> 63 else whole


def _met(values: Sequence[float], wave: Sequence[float]) -> float:
    return sum(value * there for value, there in zip(values, wave, strict=True))


def _opened(content: bytes, media_type: str) -> Image.Image:
    """The picture with nothing but its header read, if it is one that fits."""
    try:
        picture = Image.open(io.BytesIO(content), formats=(PICTURES[media_type],))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    width, height = picture.size
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        raise _too_large()
    return picture


def _too_large() -> Problem:
    megapixels, side = MOST_PIXELS // 1_000_000, f"{MOST_SIDE:,}".replace(",", ".")
    return Problem("bad_evidence", what=_TOO_LARGE.format(megapixels=megapixels, side=side))


def _turn(picture: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    except _UNREADABLE:
        # odd metadata of some camera: the picture itself is sound, and the metadata goes anyway
        return None


def _can_be_turned(picture: Image.Image, content: bytes) -> bool:
    """Pillow would write one frame of several, and 8 bits of 16: such a picture stays as it lies."""
    if picture.format == "PNG" and content[24] == 16 and picture.mode != "I;16":
        return False
    return picture.format not in {"PNG", "WEBP"} or not getattr(picture, "is_animated", False)


def _written(shown: Image.Image, original: Image.Image, *, is_exact: bool) -> bytes:
    """A file of the turned picture, losing as little as its type allows; `is_exact`: a WebP that lost nothing yet."""
    file = io.BytesIO()
    profile = original.info.get("icc_profile")
    if isinstance(original, JpegImagePlugin.JpegImageFile):
        shown.save(
            file,
            "JPEG",
            qtables=original.quantization,
            subsampling=JpegImagePlugin.get_sampling(original),
            icc_profile=profile,
        )
    elif original.format == "PNG":
        shown.save(file, "PNG", icc_profile=profile)
    else:
        shown.save(file, "WEBP", lossless=is_exact, quality=92, icc_profile=profile)
    return file.getvalue()


def _small(
    picture: Image.Image, size: tuple[int, int], how: Image.Resampling = Image.Resampling.LANCZOS
) -> Image.Image:
    """The picture at another size in 8-bit colours, on white where it is transparent."""
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
    elif picture.mode in {"1", "P"}:
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    small = picture.resize(size, how, reducing_gap=2)
    if not small.has_transparency_data:
        return small.convert("RGB")
    paper = Image.new("RGBA", size, "white")
    paper.alpha_composite(small.convert("RGBA"))
    return paper.convert("RGB")
