"""Proving who somebody is and opening their session: the same for the sign-in page and for the app."""

from datetime import datetime
from typing import Any

import anyio
from litestar import Request

from server.accounts import audit, storage
from server.accounts.access import Role, Viewer
from server.accounts.passwords import hash_password, is_outdated, matches
from server.accounts.sessions import COOKIE, address_hash
from server.accounts.tables import Person
from server.asgi import Asked

Asking = Request[Any, Any, Any]

LONGEST_PASSWORD = 200


async def prove(request: Asking, username: str, password: str, now: datetime) -> tuple[Person | None, int]:
    """The person whose username and password these are, or the minutes to wait before the next attempt."""
    state = request.app.state
    password = password[:LONGEST_PASSWORD]
    address = Asked(request.scope, request.receive).address(state.settings.proxies)
    hashed = address_hash(state.settings.secret, address)
    # a transaction of its own: what is refused below must still count
    async with state.database.writing() as session:
        if minutes := await storage.begin_attempt(session, username, hashed, now):
            return None, minutes
        person = await storage.person_named(session, username)
    known_hash = person.password_hash if person and person.closed_at is None else None
    is_right = await anyio.to_thread.run_sync(matches, password, known_hash)
    if not is_right or person is None:
        return None, 0
    stronger = None
    if is_outdated(person.password_hash):
        stronger = await anyio.to_thread.run_sync(hash_password, password)
    async with state.database.writing() as session:
        await storage.forget_failures(session, username)
        if stronger:
            await storage.set_password(session, person.id, stronger)
    return person, 0


async def open_session(request: Asking, person: Person, now: datetime) -> str:
    """Signs a person in, and this browser's former session out; the key is for its cookie."""
    async with request.app.state.database.writing() as session:
        if former_key := request.cookies.get(COOKIE):
            await storage.close_session(session, former_key)
        key = await storage.open_session(session, person.id, now)
        viewer = Viewer(person.id, person.username, person.name, Role(person.role), person.unit_id, None)
        await audit.record(session, now, viewer, "signed_in", subject_of(person.username))
    return key


def subject_of(username: str) -> str:
    """A person as the audit trail names them."""
    return f"person:{username}"


def is_https(request: Asking) -> bool:
    public_url: str = request.app.state.settings.public_url
    return public_url.startswith("https://")
