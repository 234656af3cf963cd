"""What a phone is told: all its person may know, compared with what they were last told.

So a change of what somebody may see is noticed like any other, and nobody has to announce their changes here. Every
time something differs is a step; a cursor names a step and its mark, so that no other person's, and none of a
database that was restored since, is taken for one of ours.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Access, Viewer
from server.database import Database
from server.phones import Known, View
from server.sync import storage
from server.sync.storage import Thing
from server.sync.tables import Step, Told

KINDS = ("units", "evaluations", "instruments", "assignments", "inspections")

PAGE = 2000
"""So many things at most in one answer."""


class Cursor(msgspec.Struct, frozen=True):
    """Where a phone is: the step it knows; while it is still reading a long answer, from where and how far."""

    seq: int
    mark: str
    since: int | None = None
    after: Thing = ("", "")

    def __str__(self) -> str:
        page = () if self.since is None else (str(self.since), "/".join(self.after))
        return ".".join((str(self.seq), self.mark, *page))


class News(msgspec.Struct, frozen=True):
    """What a phone does not know yet."""

    cursor: Cursor
    more: bool
    reset: bool
    """What the phone knows besides is to be forgotten."""
    known: list[Known]
    deleted: list[Thing]


def cursor_in(text: str) -> Cursor | None:
    """The cursor a phone sent; None for one that we never wrote."""
    parts = text.split(".", 3)
    if len(parts) not in (2, 4) or not all(_is_number(part) for part in (parts[0], *parts[2:3])):
        return None
    if len(parts) == 2:
        return Cursor(int(parts[0]), parts[1])
    kind, _, name = parts[3].partition("/")
    return Cursor(int(parts[0]), parts[1], int(parts[2]), (kind, name))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


async def news(
    database: Database, views: Sequence[View], viewer: Viewer, now: datetime, said: str, page: int = PAGE
) -> News | None:
    """What is new since the cursor that was said; None when nothing is."""
    cursor = cursor_in(said)
    while True:
        async with database.reading() as session:
            # the step first: one that somebody takes meanwhile is told again, never skipped
            last = await storage.last_step(session, viewer.person_id)
            step = await _step_of(session, viewer, cursor)
            told = await storage.told(session, viewer.person_id)
            known = await _known(session, views, viewer)
        hashes, gone = _changes(known, told)
        if last is not None and not hashes and not gone:
            return _since(cursor if step else None, last, known, told, page)
        # nobody waits to write while a view is put together, so somebody may have been faster
        async with database.writing_long() as session:
            await storage.take_turn(session, viewer.person_id)
            latest = await storage.last_step(session, viewer.person_id)
            if _at(latest) != _at(last):
                continue
            last = await _take_step(session, viewer, now, latest, told, hashes, gone)
            # one that is forgotten now is unknown from now on
            step = await _step_of(session, viewer, cursor)
        return _since(cursor if step else None, last, known, told, page)


async def _step_of(session: AsyncSession, viewer: Viewer, cursor: Cursor | None) -> Step | None:
    if cursor is None:
        return None
    return await storage.step_at(session, viewer.person_id, cursor.seq, cursor.mark)


async def _known(session: AsyncSession, views: Sequence[View], viewer: Viewer) -> dict[Thing, Known]:
    """All that the viewer may know; nothing for whoever records no visits."""
    if not viewer.may(Access.RECORD_VISITS):
        return {}
    return {(one.kind, one.id): one for view in views for one in await view(session, viewer)}


def _changes(
    known: Mapping[Thing, Known], told: Mapping[Thing, Told]
) -> tuple[dict[Thing, str], list[Thing]]:
    """What was not told yet as it is now, by its hash, and what is not there any more."""
    hashes = {thing: _hash(one) for thing, one in known.items()}
    new = {
        thing: digest
        for thing, digest in hashes.items()
        if thing not in told or told[thing].is_gone or told[thing].sha256 != digest
    }
    return new, [thing for thing, row in told.items() if not row.is_gone and thing not in known]


def _hash(one: Known) -> str:
    return sha256(msgspec.json.encode(one.document, order="sorted")).hexdigest()


def _at(step: Step | None) -> Cursor | None:
    return None if step is None else Cursor(step.seq, step.mark)


async def _take_step(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    last: Step | None,
    told: dict[Thing, Told],
    hashes: Mapping[Thing, str],
    gone: Sequence[Thing],
) -> Step:
    """What is new is remembered as told."""
    seq = last.seq + 1 if last else 1
    step = await storage.add_step(session, now, viewer.person_id, seq, secrets.token_urlsafe(12))
    await storage.tell(session, viewer.person_id, seq, told, hashes, gone)
    await storage.forget(session, now, viewer.person_id)
    return step


def _since(
    cursor: Cursor | None, last: Step, known: Mapping[Thing, Known], told: Mapping[Thing, Told], most: int
) -> News | None:
    """The page of what is new to a phone that knows this cursor, or nothing at all."""
    is_reset = cursor is None
    at = cursor or Cursor(last.seq, last.mark, 0)
    since = at.seq if at.since is None else at.since
    # an answer of several pages ends at the step its first page was told at: what came since is told after it
    goal = Cursor(last.seq, last.mark) if at.since is None else Cursor(at.seq, at.mark)
    if at.since is None and last.seq == at.seq:
        return None
    fresh = sorted(
        thing
        for thing, row in told.items()
        if row.seq > since and thing > at.after and not (row.is_gone and since == 0)
    )
    page, rest = fresh[:most], fresh[most:]
    if rest:
        goal = Cursor(goal.seq, goal.mark, since, page[-1])
    return News(
        cursor=goal,
        more=bool(rest),
        reset=is_reset,
        known=[known[thing] for thing in page if not told[thing].is_gone],
        deleted=[thing for thing in page if told[thing].is_gone],
    )
