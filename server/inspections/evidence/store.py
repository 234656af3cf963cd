"""Where phones' photos go: the file into the store, its row into the tables, and what awaited it becomes evidence."""

import asyncio
import hashlib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Viewer
from server.database import Database
from server.inspections.evidence import storage
from server.inspections.evidence.awaited import storage as awaited
from server.inspections.evidence.files import Files
from server.inspections.evidence.media import ACCEPTED, refuse_other_type
from server.inspections.evidence.names import display_name
from server.inspections.tables import Visit
from server.problems import Problem

UNUSABLE = frozenset({"bad_evidence", "too_large"})
"""Refusals of the very bytes that were announced: sent again, they are refused again."""


class EvidenceStore:
    """A `phones.PhotoStore` over the store of evidence."""

    def __init__(self, files: Files, database: Database) -> None:
        self._files = files
        self._database = database

    async def holds(self, session: AsyncSession, viewer: Viewer, sha256: str) -> bool:
        return bool(await self.held(session, viewer, [sha256]))

    async def held(self, session: AsyncSession, viewer: Viewer, sha256s: Collection[str]) -> Collection[str]:
        return (await awaited.brought(session, viewer, self._files, sha256s)).keys()

    async def refuse_foreign(self, session: AsyncSession, viewer: Viewer, visit_id: UUID) -> None:
        visit = await session.get(Visit, visit_id)
        if visit is not None and visit.person_id != viewer.person_id:
            raise Problem("foreign_visit")

    async def keep(
        self,
        viewer: Viewer,
        now: datetime,
        file: Path,
        announced: str | None,
        name: str,
        media_type: str,
        brought_by: int | None = None,
    ) -> str:
        try:
            await asyncio.to_thread(_refuse_other, file, announced, media_type)
            stored = await self._files.take(file, announced)
        except Problem as problem:
            if problem.code in UNUSABLE and announced is not None:
                why = str(problem.facts.get("what", problem.detail))
                async with self._database.writing() as session:
                    await awaited.found_unusable(session, viewer, announced, why)
            raise
        shown = display_name(quote(name), ACCEPTED[stored.media_type].extension)
        # only now: nobody waits for their turn to write while a picture is decoded
        async with self._database.writing() as session:
            await storage.hold(session, viewer, now, stored, shown, brought_by)
        return stored.sha256


def _refuse_other(file: Path, announced: str | None, media_type: str) -> None:
    """Other bytes than announced come first: what was damaged on its way may look like any type."""
    with file.open("rb") as content:
        if announced not in (None, hashlib.file_digest(content, "sha256").hexdigest()):
            raise Problem("damaged")
    refuse_other_type(media_type, file)
