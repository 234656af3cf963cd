"""Pictures as phones and programs write them, made by Pillow: what a test brings is what a decoder opens."""

import io
from random import Random
from typing import Any

from PIL import Image


def saved(picture: Image.Image, kind: str = "JPEG", **how: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def photo_of(what: str) -> bytes:
    """A small photo; another for every other word."""
    return saved(Image.frombytes("RGB", (16, 16), Random(what).randbytes(16 * 16 * 3)))


def scene(what: str, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture with light and shadow in it, as a room has; another for every other word."""
    rough = Image.frombytes("RGB", (12, 9), Random(what).randbytes(12 * 9 * 3))
    return rough.resize(size, Image.Resampling.BICUBIC)
