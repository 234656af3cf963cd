"""`/api/session`: signing in and out of the app, and who is signed in. The same session as on the staff pages."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from server.accounts import storage
from server.accounts.access import Access, Role, Viewer
from server.accounts.proving import is_https, open_session, prove
from server.accounts.sessions import COOKIE, is_forged, session_cookie
from server.asgi import SECURITY_HEADERS, Asked
from server.bodies import JSON, decoded, refuse_other_type
from server.forms import tidied
from server.problems import Problem

Asking = Request[Any, Any, Any]

BODY_MOST_BYTES = 4096


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /api/session`."""

    username: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=1000)]


@post("/api/session", access=Access.PUBLIC, status_code=200)
async def sign_in(request: Asking, now: NamedDependency[datetime]) -> Response[bytes]:
    _refuse_forged(request)
    sent = await _sent(request)
    person, minutes = await prove(request, tidied(sent.username), sent.password, now)
    if minutes:
        raise Problem("too_many_tries", minutes=minutes, retry_after_s=60 * minutes)
    if person is None:
        raise Problem("wrong_credentials")
    key = await open_session(request, person, now)
    answer = _told(person.username, person.name, person.role)
    answer.set_cookie(session_cookie(key, is_https(request)))
    return answer


@get("/api/session", access=Access.SIGNED_IN)
async def signed_in(viewer: NamedDependency[Viewer]) -> Response[bytes]:
    return _told(viewer.username, viewer.name, viewer.role)


@delete("/api/session", access=Access.PUBLIC, status_code=204)
async def sign_out(request: Asking) -> Response[None]:
    """Open to everybody: whoever is signed out already has what they want."""
    _refuse_forged(request)
    if key := request.cookies.get(COOKIE):
        async with request.app.state.database.writing() as session:
            await storage.close_session(session, key)
    answer = Response(None, status_code=204, headers={**SECURITY_HEADERS, "Cache-Control": "no-store"})
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _refuse_forged(request: Asking) -> None:
    """Another site must not sign anybody in (as somebody else, whose work theirs would become) or out."""
    if is_forged(request):
        raise Problem("stale_form")


async def _sent(request: Asking) -> SignIn:
    refuse_other_type(request.headers.get("content-type", ""), JSON)
    return decoded(await Asked(request.scope, request.receive).body(BODY_MOST_BYTES), SignIn)


def _told(username: str, name: str, role: str) -> Response[bytes]:
    document = {"username": username, "name": name, "role": Role(role)}
    return Response(
        msgspec.json.encode(document),
        status_code=200,
        media_type="application/json",
        headers={**SECURITY_HEADERS, "Cache-Control": "no-store"},
    )


routes = [sign_in, signed_in, sign_out]
