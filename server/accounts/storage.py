"""The questions we ask the database about people, sessions and failed sign-ins."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.access import Role, Viewer
from server.accounts.tables import AuditEvent, FailedSignIn, Person, SignedIn
from server.units.tables import Unit

SESSION_LASTS = timedelta(days=30)
SEEN_EVERY = timedelta(hours=1)
"""How often a session's sliding end is moved: a write per page view would be waste."""

THROTTLE_WINDOW = timedelta(minutes=15)
FAILURES_PER_NAME = 8
FAILURES_PER_ADDRESS = 60
"""An office of many people shares one address; one name from one place does not need 60 tries."""


async def person_named(session: AsyncSession, username: str) -> Person | None:
    return await session.scalar(select(Person).where(Person.username == username.strip().lower()))


async def viewer_named(session: AsyncSession, username: str) -> Viewer | None:
    """Somebody as what they may see and do, for work of theirs that others bring; also once their account is closed."""
    row = (
        await session.execute(
            select(Person, Unit.path)
            .outerjoin(Unit, Unit.id == Person.unit_id)
            .where(Person.username == username.strip().lower())
        )
    ).one_or_none()
    return None if row is None else _viewer(*row)


async def people(session: AsyncSession) -> list[tuple[Person, str | None]]:
    """Everybody with an account, with the name of their unit."""
    rows = await session.execute(
        select(Person, Unit.name).outerjoin(Unit, Unit.id == Person.unit_id).order_by(Person.username)
    )
    return [(person, unit) for person, unit in rows]


async def add_person(
    session: AsyncSession,
    now: datetime,
    *,
    username: str,
    name: str,
    role: Role,
    unit_id: int | None,
    password_hash: str,
) -> Person:
    person = Person(
        username=username.strip().lower(),
        name=name.strip(),
        role=role,
        unit_id=unit_id,
        password_hash=password_hash,
        created_at=now,
    )
    session.add(person)
    await session.flush()
    return person


async def person_facts(session: AsyncSession, person: Person) -> dict[str, str | None]:
    """What can be changed of a person; their unit by its slug."""
    unit = await session.get(Unit, person.unit_id) if person.unit_id else None
    return {"name": person.name, "role": person.role, "unit": unit.slug if unit else None}


async def set_password(session: AsyncSession, person_id: int, password_hash: str) -> None:
    await session.execute(update(Person).where(Person.id == person_id).values(password_hash=password_hash))


async def open_session(session: AsyncSession, person_id: int, now: datetime) -> str:
    """Signs a person in; the key returned is the cookie's value and is stored nowhere."""
    key = secrets.token_urlsafe(32)
    session.add(
        SignedIn(
            key_sha256=_sha256(key),
            person_id=person_id,
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LASTS,
        )
    )
    return key


async def viewer_of(session: AsyncSession, key: str, now: datetime) -> tuple[Viewer, bool] | None:
    """Who holds this session key, and whether the session's end should be moved; None when it opens nothing."""
    row = (
        await session.execute(
            select(Person, Unit.path, SignedIn.seen_at)
            .join(SignedIn, SignedIn.person_id == Person.id)
            .outerjoin(Unit, Unit.id == Person.unit_id)
            .where(SignedIn.key_sha256 == _sha256(key), SignedIn.expires_at > now, Person.closed_at.is_(None))
        )
    ).one_or_none()
    if row is None:
        return None
    person, path, seen_at = row
    return _viewer(person, path), now - seen_at > SEEN_EVERY


def _viewer(person: Person, path: str | None) -> Viewer:
    return Viewer(person.id, person.username, person.name, Role(person.role), person.unit_id, path)


async def prolong_session(session: AsyncSession, key: str, now: datetime) -> None:
    await session.execute(
        update(SignedIn)
        .where(SignedIn.key_sha256 == _sha256(key))
        .values(seen_at=now, expires_at=now + SESSION_LASTS)
    )


async def close_session(session: AsyncSession, key: str) -> None:
    await session.execute(delete(SignedIn).where(SignedIn.key_sha256 == _sha256(key)))


async def close_sessions_of(session: AsyncSession, person_id: int, but: str | None = None) -> None:
    """Signs a person out everywhere, except where they hold the session key `but`."""
    kept = _sha256(but) if but else b""
    await session.execute(
        delete(SignedIn).where(SignedIn.person_id == person_id, SignedIn.key_sha256 != kept)
    )


async def is_last_administrator(session: AsyncSession, person: Person) -> bool:
    """Whether nobody could manage people any more without this one."""
    administrators = await session.scalars(
        select(Person.id)
        .where(Person.role == Role.ADMINISTRATOR, Person.closed_at.is_(None))
        # two administrators who demote each other at the same moment must not both pass
        .with_for_update()
    )
    return list(administrators) == [person.id]


async def begin_attempt(session: AsyncSession, username: str, address_hash: str, now: datetime) -> int:
    """Counts an attempt to sign in before it is judged, so that a hundred at once do not all get a turn.

    Gives the minutes to wait when there were too many; the attempt is then not to be judged.
    """
    if session.get_bind().dialect.name == "postgresql":
        # attempts at one name take turns; on SQLite all writers do
        key = {"name": username.strip().lower()}
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), key)
    minutes = await minutes_to_wait(session, username, address_hash, now)
    if not minutes:
        await add_failure(session, username, address_hash, now)
    return minutes


async def minutes_to_wait(session: AsyncSession, username: str, address_hash: str, now: datetime) -> int:
    """How long this name or this address must wait before the next attempt; 0 when it may try now."""
    since = now - THROTTLE_WINDOW
    for column, value, most in (
        (FailedSignIn.username, username.strip().lower()[:60], FAILURES_PER_NAME),
        (FailedSignIn.address_hash, address_hash, FAILURES_PER_ADDRESS),
    ):
        count, oldest = (
            await session.execute(
                select(func.count(), func.min(FailedSignIn.at)).where(
                    column == value, FailedSignIn.at > since
                )
            )
        ).one()
        if count >= most:
            return max(1, -((now - THROTTLE_WINDOW - oldest) // timedelta(minutes=1)))
    return 0


async def add_failure(session: AsyncSession, username: str, address_hash: str, now: datetime) -> None:
    """Remembers a failed sign-in and forgets those that no longer count."""
    await session.execute(delete(FailedSignIn).where(FailedSignIn.at <= now - THROTTLE_WINDOW))
    session.add(FailedSignIn(username=username.strip().lower()[:60], address_hash=address_hash, at=now))


async def forget_failures(session: AsyncSession, username: str) -> None:
    await session.execute(delete(FailedSignIn).where(FailedSignIn.username == username.strip().lower()))


async def audit_events(
    session: AsyncSession, before: int | None, limit: int, subject: str = ""
) -> list[AuditEvent]:
    """The newest events, older than the event `before`, whose subject holds `subject`."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    if subject:
        query = query.where(AuditEvent.subject.contains(subject, autoescape=True))
    return list(await session.scalars(query))


async def count_audit_events(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def _sha256(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
