"""A push taken apart: the request, its items, and of an item nobody can read what can be told of it. Pure.

One unreadable item must not keep the others from being judged, so where the whole is no JSON that we take, the items
are found one by one.
"""

import json
import re
import zlib
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec

from server.bodies import holds_nul
from server.phones import Pushed
from server.problems import Problem
from server.sync.wire import ITEMS_MOST, OLDEST_WIRE, PUSH_MOST_BYTES, Push, PushedItem

UNREADABLE = "unreadable"
"""The kind under which an item is kept whose envelope nobody can read."""

_SPACE = re.compile(r"[ \t\r\n]*")
_STEP = json.JSONDecoder(strict=False)
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


class Unread(msgspec.Struct, frozen=True):
    """What can be told of an item whose envelope nobody can read."""

    id: UUID | None
    """As it calls itself, so that its phone knows which one is meant."""
    body_sha256: str | None
    why: str


class Received(msgspec.Struct, frozen=True):
    """An item as it came, before anybody judged it; one that nobody can read is its own body."""

    id: UUID
    """Of one that nobody can read: made of its hash."""
    kind: str
    base_revision: int
    body: bytes
    body_sha256: str
    """Ours, over the bytes that came."""
    announced_sha256: str
    seq: int = 0
    device_id: UUID | None = None
    skew: timedelta | None = None
    unread: Unread | None = None

    @property
    def is_whole(self) -> bool:
        return self.body_sha256 == self.announced_sha256

    @property
    def key(self) -> tuple[UUID, str]:
        """What its row in its sender's ledger is found by."""
        return self.id, self.body_sha256

    def pushed(self, received_at: datetime, brought_by: int | None) -> Pushed:
        return Pushed(
            self.id, self.base_revision, self.body, received_at, self.device_id, self.skew, brought_by
        )


class Said(msgspec.Struct, frozen=True):
    """What any body says of whose it is and where it was made."""

    person: str = ""
    unit: str = ""


class _Wire(msgspec.Struct):
    """What is read of any push, however old the app."""

    wire: int = 1


# ── the request ──


def unpacked(body: bytes, coding: str) -> bytes:
    """The body without its compression; what would become too large is never unpacked."""
    if coding in ("", "identity"):
        return body
    if coding != "gzip":
        raise Problem("wrong_content_type", accepted="application/json, tanpa kompresi atau gzip")
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        found = unpacking.decompress(body, PUSH_MOST_BYTES + 1)
    except zlib.error as error:
        raise Problem("unreadable", what="kompresi gzip-nya rusak.") from error
    if len(found) > PUSH_MOST_BYTES:
        raise Problem("too_large", most=f"{PUSH_MOST_BYTES // 1024} KB")
    if not unpacking.eof or unpacking.unused_data:
        raise Problem("unreadable", what="kompresi gzip-nya terpotong.")
    return found


def opened(body: bytes) -> Push:
    """The request, its items still closed."""
    push = _push_in(body)
    if len(push.items) > ITEMS_MOST:
        raise Problem("too_many_items", most=ITEMS_MOST)
    return push


def _push_in(body: bytes) -> Push:
    try:
        _refuse_old(msgspec.json.decode(body, type=_Wire))
        return msgspec.json.decode(body, type=Push)
    except msgspec.ValidationError as error:
        raise Problem("unreadable", what=f"{error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _push_among_rubble(body)


def _push_among_rubble(body: bytes) -> Push:
    """The request where some item holds what no JSON may, as half an emoji."""
    try:
        parts = _members(body)
        items = [msgspec.Raw(item) for item in _elements(parts.pop("items"))]
        rest = {name: msgspec.Raw(value) for name, value in parts.items()}
        whole = msgspec.json.encode({**rest, "items": []})
        _refuse_old(msgspec.json.decode(whole, type=_Wire))
        return msgspec.structs.replace(msgspec.json.decode(whole, type=Push), items=items)
    except (ValueError, KeyError, RecursionError) as error:
        raise Problem("unreadable", what="bukan JSON yang utuh.") from error


def _refuse_old(said: _Wire) -> None:
    if said.wire < OLDEST_WIRE:
        raise Problem("app_too_old")


def skew_of(push: Push, now: datetime) -> timedelta | None:
    """How far the phone's clock is ahead of ours; of a time that no clock could mean, nothing."""
    said = push.client_now
    return said - now if said is not None and 1970 <= said.year <= 2100 else None


# ── its items ──


def items_of(push: Push, now: datetime) -> list[Received]:
    """The items in their order."""
    skew = skew_of(push, now)
    return [_item(bytes(raw), push.device_id, skew) for raw in push.items]


def _item(raw: bytes, device_id: UUID | None, skew: timedelta | None) -> Received:
    try:
        item = msgspec.json.decode(raw, type=PushedItem)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _unreadable(raw, device_id, f"Kiriman tidak sesuai: {error}.")
    if "\0" in item.kind:
        return _unreadable(raw, device_id, "Jenis kiriman tidak terbaca.")
    body = bytes(item.body)
    return Received(
        item.id,
        item.kind,
        item.base_rev,
        body,
        sha256(body).hexdigest(),
        item.body_sha256,
        item.seq,
        device_id,
        skew,
    )


def _unreadable(raw: bytes, device_id: UUID | None, why: str) -> Received:
    item_id = body_sha256 = None
    try:
        parts = _members(raw)
        if "body" in parts:
            body_sha256 = sha256(parts["body"]).hexdigest()
        item_id = msgspec.json.decode(parts.get("id", b""), type=UUID)
    except (ValueError, RecursionError):
        pass  # it does not even say who it is
    ours = sha256(raw).hexdigest()
    unread = Unread(item_id, body_sha256, why)
    return Received(UUID(ours[:32]), UNREADABLE, 0, raw, ours, ours, device_id=device_id, unread=unread)


def said_in(body: bytes) -> Said:
    """What can be read of a body; the judge says what is wrong with one that cannot."""
    try:
        said = msgspec.json.decode(body, type=Said)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Said()
    return Said(keepable(said.person), keepable(said.unit))


def refuse_unkeepable(body: bytes) -> None:
    """Refuses a body with characters that no database keeps."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise Problem("bad_item", what="Kiriman memuat huruf yang rusak.") from None
    if holds_nul(body):
        raise Problem("bad_item", what="Kiriman memuat karakter yang tidak dapat disimpan.")


def keepable(text: str) -> str:
    """A text out of such a body, so that a database can at least be asked for it."""
    return _UNKEEPABLE.sub("", text)


# ── JSON, part by part ──
# as Latin-1 every byte is one character: what is found stands at the same place in the bytes


def _members(raw: bytes) -> dict[str, bytes]:
    """The members of an object, each as its bytes; raises ValueError for anything else."""
    text, found = raw.decode("latin-1"), {}
    at = _after(text, 0, "{")
    while text[at : at + 1] != "}":
        name, at = _STEP.raw_decode(text, at)
        start = _after(text, at, ":")
        _, at = _STEP.raw_decode(text, start)
        found[str(name)] = raw[start:at]
        at = _next(text, at, "}")
    _refuse_more(text, at + 1)
    return found


def _elements(raw: bytes) -> list[bytes]:
    """The elements of a list, each as its bytes; raises ValueError for anything else."""
    text, found = raw.decode("latin-1"), []
    at = _after(text, 0, "[")
    while text[at : at + 1] != "]":
        start = at
        _, at = _STEP.raw_decode(text, start)
        found.append(raw[start:at])
        at = _next(text, at, "]")
    _refuse_more(text, at + 1)
    return found


def _after(text: str, at: int, sign: str) -> int:
    """The place after a sign that must come next, and after the space that follows it."""
    at = _skip(text, at)
    if text[at : at + 1] != sign:
        raise ValueError(f"no {sign} at {at}")
    return _skip(text, at + 1)


def _next(text: str, at: int, end: str) -> int:
    """The place of the next part, or of the end."""
    at = _skip(text, at)
    return at if text[at : at + 1] == end else _after(text, at, ",")


def _refuse_more(text: str, at: int) -> None:
    if _skip(text, at) != len(text):
        raise ValueError(f"more at {at}")


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()
