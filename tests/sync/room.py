"""A room behind sync that is nobody's: it keeps notes in the audit trail, and refuses, breaks or shows as told.

Sync knows no slice, so what it does with an item is looked at with this one; visits have tests of their own.
"""

import asyncio
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.access import Viewer
from server.phones import Known, Pushed, Taken
from server.problems import Problem
from server.units.tables import Unit


class Note(msgspec.Struct, frozen=True):
    """What a test writes: the text, or what the room is to do with it."""

    text: str = ""
    refuse: str = ""
    fail: bool = False
    unit: str = ""
    """A unit to hold until the transaction ends, as a visit holds its own."""


class Room:
    """Takes notes; `shown` is what each person's phone is to know."""

    def __init__(self) -> None:
        self.pushed: list[Pushed] = []
        self.missing: tuple[str, ...] = ()
        self.owing: dict[bytes, Exception] = {}
        """What asking for the photos of a body ends in."""
        self.shown: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
        self.is_forgiving = False
        """Takes from now on what it was told to refuse."""

    async def accept(self, session: AsyncSession, viewer: Viewer, pushed: Pushed) -> Taken:
        self.pushed.append(pushed)
        note = msgspec.json.decode(pushed.body, type=Note)
        if note.unit:
            await session.scalar(select(Unit).where(Unit.slug == note.unit).with_for_update(key_share=True))
            await asyncio.sleep(0.05)  # long enough for somebody else to hold the next
        # written first, so that a test sees whether it is undone
        await audit.record(session, pushed.received_at, viewer, "noted", f"note {pushed.id}", text=note.text)
        if note.refuse and not self.is_forgiving:
            facts = {"what": "Tidak dapat.", "person": "Eka"}
            raise Problem(note.refuse, field="text", extra={"current": {"revision": 7}}, **facts)
        if note.fail and not self.is_forgiving:
            raise ZeroDivisionError
        return Taken(pushed.base_revision + 1, self.missing)

    async def awaited(self, session: AsyncSession, viewer: Viewer, body: bytes) -> tuple[str, ...]:
        if body in self.owing:
            raise self.owing[body]
        return self.missing

    async def view(self, session: AsyncSession, viewer: Viewer) -> list[Known]:
        return [
            Known(kind, name, {"id": name, **document})
            for (kind, name), document in self.shown.get(viewer.username, {}).items()
        ]

    def show(self, person: str, kind: str, name: str, /, **document: Any) -> None:
        self.shown.setdefault(person, {})[kind, name] = document

    def hide(self, person: str, kind: str, name: str) -> None:
        del self.shown[person][kind, name]
