"""A phone in the hands of the cast, for tests of what arrives: it pushes whole visits and brings photos."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import httpx
from PIL import Image

from server.accounts.access import Role, Viewer
from server.phones import ClockMark, contact_token
from tests.cast import Cast
from tests.conftest import Clock
from tests.sync.phone import Item, Phone

PhoneOf = Callable[[str], Awaitable[Phone]]


def viewer_of(cast: Cast, name: str) -> Viewer:
    """A member of the cast as the rooms behind the door know them."""
    person = cast.people[name]
    paths = {unit.id: unit.path for unit in (cast.a, cast.below_a, cast.b, cast.mall)}
    return Viewer(
        person_id=person.id,
        username=person.username,
        name=person.name,
        role=Role(person.role),
        unit_id=person.unit_id,
        unit_path=paths.get(person.unit_id or 0),
    )


def picture(number: int = 0) -> bytes:
    """A small JPEG, another one for each number."""
    made = Image.new("RGB", (64, 48), (number % 256, number // 256, 90))
    made.putpixel((number % 64, 7), (255, 255, 255))
    kept = BytesIO()
    made.save(kept, "JPEG")
    return kept.getvalue()


async def bring(phone: Phone, content: bytes) -> httpx.Response:
    """The photo by itself, as whole."""
    digest = sha256(content).hexdigest()
    return await phone.browser.put(f"/api/inspections/evidence/{digest}", content=content)


async def push(phone: Phone, body: Any, **facts: Any) -> dict[str, Any]:
    """One item; its result."""
    return await push_item(phone, phone.freeze(body, **facts))


async def push_item(phone: Phone, item: Item) -> dict[str, Any]:
    (result,) = await phone.push(item)
    return result


def mark(clock: Clock, secret: bytes, ago: timedelta, *, steady: bool = True) -> dict[str, Any]:
    """What a phone says that saw the server some time ago."""
    said = ClockMark(contact_token(secret, clock.now - ago, b"nine byte"), 0, steady)
    return {"contact": said.contact, "elapsed_ms": ago // timedelta(milliseconds=1), "steady": steady}
