"""What crosses the network between a phone and sync. Pure."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

WIRE = 1
OLDEST_WIRE = 1
"""The oldest version of the protocol that is still understood."""

ITEMS_MOST = 100
PUSH_MOST_BYTES = 1024 * 1024

Status = Literal["accepted", "duplicate", "conflict", "rejected", "retry"]

SHA256 = "^[0-9a-f]{64}$"
Sha256 = Annotated[str, Meta(pattern=SHA256, max_length=64)]


class PushedItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item of a push; its body is read by the room of its kind."""

    id: UUID
    kind: Annotated[str, Meta(min_length=1, max_length=20)]
    body_sha256: Sha256
    body: msgspec.Raw
    seq: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """Counted by the device, so that a gap can be seen."""
    base_rev: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole request; each item stays as it came until its own turn."""

    items: list[msgspec.Raw]
    wire: int = WIRE
    device_id: UUID | None = None
    client_now: Annotated[datetime, Meta(tz=True)] | None = None
    app_version: Annotated[str, Meta(max_length=40)] = ""


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one item. `body_sha256` is ours, over the bytes that came."""

    id: str | None
    body_sha256: str | None
    status: Status
    revision: int | None = None
    need_photos: tuple[str, ...] | None = None
    code: str = ""
    detail: str = ""
    field: str = ""
    current: dict[str, Any] | None = None
    """In a conflict: what is held already."""
    faults: list[Any] | None = None
    """In a refusal of several findings: each, with its indicator."""
