"""A counter's poster as the office prints it, and as a phone takes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import httpx
import pypdfium2
from PIL import Image, ImageFilter
from playwright.async_api import FilePayload

from tests.cast import PASSWORD


def counter_of(server: str, username: str, unit: str) -> str:
    """The code of a counter of a unit that this inspector visits."""
    with _signed_in(server, username) as phone:
        units = phone.get("/api/sync/pull").raise_for_status().json()["units"]
    code: str = next(one for one in units if one["id"] == unit)["counters"][0]["code"]
    return code


def poster(server: str, code: str) -> Image.Image:
    with _signed_in(server, "ani") as ani:
        printed = ani.get("/staff/posters.pdf", params={"kode": code}).raise_for_status()
    image: Image.Image = pypdfium2.PdfDocument(printed.content)[0].render(scale=1.5).to_pil()
    return image


@contextmanager
def _signed_in(server: str, username: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server, trust_env=False) as client:
        account = {"username": username, "password": PASSWORD}
        client.post("/api/session", json=account).raise_for_status()
        yield client


def snapped(poster: Image.Image) -> bytes:
    """On a wall, from two steps away: small, askew, a little blurred, with the noise of a cheap sensor."""
    wall = Image.effect_noise((400, 300), 50).resize((2000, 1500)).convert("RGB")
    hung = poster.convert("RGBA").rotate(8, expand=True, resample=Image.Resampling.BICUBIC)
    hung.thumbnail((1100, 1100))
    wall.paste(hung, (700, 250), hung)
    taken = Image.blend(
        wall.filter(ImageFilter.GaussianBlur(1)), Image.effect_noise(wall.size, 40).convert("RGB"), 0.12
    )
    content = BytesIO()
    taken.save(content, "JPEG", quality=80)
    return content.getvalue()


def picture(content: bytes) -> FilePayload:
    return {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": content}
