"""An inspector's phone in Python: it makes ids, freezes bodies, hashes them, pushes and pulls, as the app does."""

import gzip
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from server.database import milliseconds
from server.inspections import instrument as instruments
from server.uuid7 import uuid7
from tests.cast import Timer
from tests.inspections.makers import Round

PUSH, PULL = "/api/sync/push", "/api/sync/pull"


class Item(msgspec.Struct, frozen=True):
    """A frozen item: its text never changes again."""

    id: UUID
    text: bytes
    kind: str = "inspection"
    base_rev: int = 0
    seq: int = 0

    @property
    def sha256(self) -> str:
        return sha256(self.text).hexdigest()

    def envelope(self, **facts: Any) -> bytes:
        """The item as it goes out; its body stands in it byte for byte. A fact given as bytes is put in as it is."""
        said = {
            "id": str(self.id),
            "seq": self.seq,
            "kind": self.kind,
            "base_rev": self.base_rev,
            "body_sha256": self.sha256,
            "body": self.text,
            **facts,
        }
        return b"{" + b", ".join(_text(name) + b": " + _text(value) for name, value in said.items()) + b"}"


def _text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


class Phone:
    """One person's phone. Its clock is `ahead` of the server's."""

    def __init__(self, browser: httpx.AsyncClient, clock: Timer, ahead: timedelta = timedelta()) -> None:
        self.browser = browser
        self.clock = clock
        self.ahead = ahead
        self.device_id = uuid4()
        self.seq = 0
        self.cursor = ""
        self.known: dict[tuple[str, str], Any] = {}
        """All it was told: kind and id → document."""

    @property
    def now(self) -> datetime:
        return self.clock.now + self.ahead

    def new_id(self) -> UUID:
        return uuid7(milliseconds(self.now), os.urandom(10))

    def freeze(self, body: Any, *, id: UUID | None = None, **facts: Any) -> Item:
        """A body as an item with a number of its own; a body of bytes is taken as it is."""
        self.seq += 1
        # the spaces of this text are ours, and hashed as they are
        text = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return Item(id or self.new_id(), text, seq=self.seq, **facts)

    def packed(self, items: Sequence[Item | bytes], **facts: Any) -> bytes:
        """The body of a push."""
        said = {
            "wire": 1,
            "device_id": str(self.device_id),
            "client_now": self.now.isoformat(),
            "app_version": "tests",
            **facts,
        }
        listed = b",\n".join(one.envelope() if isinstance(one, Item) else one for one in items)
        return json.dumps(said).encode()[:-1] + b', "items": [' + listed + b"]}"

    async def send(self, body: bytes, **headers: str) -> httpx.Response:
        return await self.browser.post(
            PUSH, content=body, headers={"Content-Type": "application/json", **headers}
        )

    async def push(
        self, *items: Item | bytes, compressed: bool = False, **facts: Any
    ) -> list[dict[str, Any]]:
        """Pushes; the results."""
        body = self.packed(items, **facts)
        answered = await (
            self.send(gzip.compress(body), **{"Content-Encoding": "gzip"}) if compressed else self.send(body)
        )
        assert answered.status_code == 200, answered.text
        results: list[dict[str, Any]] = answered.json()["results"]
        return results

    async def pull(self, cursor: str | None = None, **headers: str) -> httpx.Response:
        return await self.browser.get(
            PULL, params={"cursor": self.cursor if cursor is None else cursor}, headers=headers
        )

    async def refresh(self) -> dict[str, Any] | None:
        """Pulls all there is and remembers it; the last answer, None if nothing was new."""
        while True:
            answered = await self.pull()
            if answered.status_code == 304:
                return None
            assert answered.status_code == 200, answered.text
            told: dict[str, Any] = answered.json()
            if told["reset"]:
                self.known.clear()
            for kind in ("units", "evaluations", "instruments", "assignments", "inspections"):
                self.known |= {(kind, one["id"]): one for one in told[kind]}
            for gone in told["deleted"]:
                self.known.pop((gone["kind"], gone["id"]), None)
            self.cursor = told["cursor"]
            if not told["more"]:
                return told

    def ids(self, kind: str) -> list[str]:
        return sorted(name for of, name in self.known if of == kind)

    def inspection(
        self,
        round_: Round,
        *,
        person: str = "eka",
        unit: str = "dinas-kependudukan",
        photos: Mapping[str, bytes] | None = None,
        **facts: Any,
    ) -> dict[str, Any]:
        """A whole visit: every indicator filled, with a photo where `photos` has one for it."""
        taken_at = self.now.isoformat()
        return {
            "person": person,
            "evaluation": round_.id,
            "unit": unit,
            "service": None,
            "form": "F-02",
            "instrument": instruments.sha256_of(round_.instrument),
            "started_at": (self.now - timedelta(hours=1)).isoformat(),
            "finished_at": taken_at,
            "clock": None,
            "note": "",
            "findings": {
                indicator.key: {
                    "observed_at": taken_at,
                    "clock": None,
                    "value": int(round_.instrument.scale.highest),
                    "note": "dilihat di tempat",
                    "evidence": [self.photo((photos or {})[indicator.key])]
                    if indicator.key in (photos or {})
                    else [],
                }
                for _, indicator in round_.instrument.indicators
            },
            **facts,
        }

    def photo(self, content: bytes) -> dict[str, Any]:
        """A piece of evidence with a file."""
        return {
            "id": str(self.new_id()),
            "kind": "photo",
            "sha256": sha256(content).hexdigest(),
            "bytes": len(content),
            "caption": "",
            "captured_at": self.now.isoformat(),
            "clock": None,
            "source": "camera",
        }
