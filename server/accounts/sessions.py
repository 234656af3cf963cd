"""From a request to its viewer: the session cookie, and the guard that every route passes."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from server.accounts import storage
from server.accounts.access import Access, Viewer
from server.problems import Problem

COOKIE = "loket_session"
READING = frozenset({"GET", "HEAD", "OPTIONS"})


async def enforce(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of the whole application: nobody passes a route that names no access, or one that is not theirs."""
    if "\0" in connection.scope["path"] or b"%00" in connection.scope["query_string"]:
        raise Problem("not_found")  # no name holds one, and PostgreSQL will not even compare it
    if connection.scope.get("method") == "OPTIONS":
        return  # the framework's own answer: which methods an address takes
    access = Access(handler.opt["access"])
    if access is Access.PUBLIC:
        return
    # who brings a form to the staff's side was looked up before it was read
    viewer = connection.scope.get("user") or await _viewer(connection)
    if viewer is None:
        raise Problem("sign_in")
    connection.scope["user"] = viewer
    if not viewer.may(access):
        raise Problem("forbidden")
    if is_forged(connection):
        raise Problem("stale_form")


def is_forged(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether a page of another site would change something in the name of whoever is signed in here.

    Forms under /staff carry a token. Everything else that a session may change is told by what the browser says of
    where a request comes from; programs say nothing, and nobody else sends their cookie.
    """
    if connection.scope.get("method") in READING or connection.scope["path"].startswith("/staff/"):
        return False
    if connection.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return True
    origin = connection.headers.get("origin")
    at_home = {connection.headers.get("host"), _place_of(connection.app.state.settings.public_url)}
    return origin is not None and _place_of(origin) not in at_home


def _place_of(address: str) -> str:
    """The host and port of an address; nothing of one that has none, as `null`."""
    return address.partition("://")[2].partition("/")[0]


async def _viewer(connection: ASGIConnection[Any, Any, Any, Any]) -> Viewer | None:
    key = connection.cookies.get(COOKIE)
    if not key:
        return None
    state = connection.app.state
    now: datetime = state.clock()
    async with state.database.reading() as session:
        found = await storage.viewer_of(session, key, now)
    if found is None:
        return None
    viewer, is_to_prolong = found
    if is_to_prolong:
        async with state.database.writing() as session:
            await storage.prolong_session(session, key, now)
    return viewer


def viewer_of(request: Request[Any, Any, Any]) -> Viewer:
    """The dependency that hands a guarded handler its viewer."""
    viewer: Viewer = request.user
    return viewer


def session_cookie(key: str, is_https: bool) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=key,
        httponly=True,
        secure=is_https,
        samesite="lax",
        path="/",
        max_age=int(storage.SESSION_LASTS.total_seconds()),
    )


def address_hash(secret: bytes, address: str) -> str:
    """An address as a keyed hash: enough to count attempts, useless to anybody who reads the database."""
    return hmac.new(secret, b"address " + address.encode(), hashlib.sha256).hexdigest()[:32]
