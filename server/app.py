"""The whole application, put together: the only file that knows every room."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from litestar import Litestar, Request, Response
from litestar._parsers import parse_url_encoded_form_data
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.connection import request as request_module
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException, PermissionDeniedException, ValidationException
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy.ext.asyncio import AsyncSession

from server import app_shell, openapi, pages, watching
from server.accounts.routes import routes as account_routes
from server.accounts.session_routes import routes as session_routes
from server.accounts.sessions import enforce, viewer_of
from server.asgi import SECURITY_HEADERS, mend_routing
from server.clock import Clock, wall_clock
from server.database import Database
from server.inspections.awaiting.storage import photos_waiting
from server.inspections.evidence.files import Files
from server.inspections.evidence.store import EvidenceStore
from server.inspections.phone.view import phone_view
from server.inspections.refusing import record_refusal
from server.inspections.routes import routes as inspection_routes
from server.inspections.scores.published import PublishedScores
from server.inspections.signals.lookout import Lookout
from server.inspections.storage import indicator_names
from server.inspections.visits.arrival import accepting, owing, releasing
from server.migrations import migrate
from server.phones import Rooms
from server.problems import Problem
from server.scorecards.routes import routes as scorecard_routes
from server.settings import Settings
from server.surveys.acceptance import Acceptance
from server.surveys.desk.routes import routes as survey_staff_routes
from server.surveys.documents import Documents
from server.surveys.indices import Indices
from server.surveys.intake import Intake
from server.surveys.reader import Reader
from server.surveys.routes import routes as survey_routes
from server.surveys.sweeper import Sweeper
from server.sync.routes import routes as sync_routes
from server.sync.uploads.files import Incoming
from server.sync.uploads.routes import sweep as sweep_uploads
from server.units.counters import Counters
from server.units.routes import routes as unit_routes

logger = logging.getLogger("loket")

# the framework keeps the last thousand decoded forms in memory, passwords and whole tables among them
setattr(request_module, "parse_url_encoded_form_data", parse_url_encoded_form_data.__wrapped__)  # noqa: B010

CSRF_COOKIE = "loket_csrf"

FORM_MOST_BYTES = 12 * 1024 * 1024
"""The largest form a signed-in person sends: a table of responses or units."""


def create_app(settings: Settings, clock: Clock = wall_clock) -> Litestar:
    app = Litestar(
        route_handlers=[
            pages.static_file,
            *openapi.routes,
            *watching.routes,
            *account_routes,
            *session_routes,
            *unit_routes,
            *survey_routes,
            *survey_staff_routes,
            *inspection_routes,
            *scorecard_routes,
            *sync_routes,
            *app_shell.routes,
        ],
        guards=[enforce],
        middleware=[known_first],
        dependencies={
            "reading": Provide(reading),
            "writing": Provide(writing),
            "viewer": Provide(viewer_of, sync_to_thread=False),
            "now": Provide(moment, sync_to_thread=False),
        },
        exception_handlers={Problem: refuse, HTTPException: refuse_http, Exception: fail},
        after_exception=[record_refusal],
        lifespan=[open_house],
        state=State({"settings": settings, "clock": clock}),
        csrf_config=CSRFConfig(
            secret=settings.secret.decode("latin-1"),
            cookie_name=CSRF_COOKIE,
            cookie_path="/staff",
            cookie_httponly=True,
            cookie_secure=settings.public_url.startswith("https://"),
            # only the signed-in side has something to protect; everything public works without a cookie
            # (the front page says so itself: the framework mistakes a pattern that matches "/" for one of all paths)
            exclude=["^/(?!staff|$)"],
        ),
        request_max_body_size=FORM_MOST_BYTES,
        openapi_config=None,
        logging_config=None,
    )
    return mend_routing(app)


def known_first(app: ASGIApp) -> ASGIApp:
    """Who may not use an address sends it no form: the framework reads one for its token before it asks a guard."""

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "POST" and scope["path"].startswith("/staff/"):
            await enforce(ASGIConnection(scope), scope["route_handler"])
        await app(scope, receive, send)

    return ask


@asynccontextmanager
async def open_house(app: Litestar) -> AsyncIterator[None]:
    """From an empty directory to a running house, and back: what waits is stored before the lights go out."""
    settings: Settings = app.state.settings
    await migrate(settings.database_url)
    database = app.state.database = Database(settings.database_url)
    app.state.counters = Counters(database)
    app.state.intake = Intake(database)
    app.state.sweeper = Sweeper(database, app.state.clock, is_on=settings.limits)
    app.state.acceptance = Acceptance(settings, database, app.state.intake, app.state.sweeper)
    app.state.documents = Documents(settings)
    app.state.evidence = Files(settings.data / "evidence")
    app.state.indices = Indices(database)
    app.state.inspections = PublishedScores(database)
    app.state.rooms = rooms_of(settings, database, app.state.evidence, app.state.clock)
    app.state.uploads = Incoming(settings.data / "uploads")
    await sweep_uploads(app.state)
    app.state.skm = Reader(database, settings.zone, app.state.clock)
    app.state.lookout = Lookout(database, app.state.clock)
    await app.state.sweeper.remember()
    app.state.sweeper.start()
    app.state.lookout.start()
    # a full collection over everything loaded at start-up is the longest pause a citizen would feel
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        await app.state.intake.close()
        await app.state.sweeper.close()
        await app.state.lookout.close()
        await database.close()


def rooms_of(settings: Settings, database: Database, files: Files, clock: Clock) -> Rooms:
    """What sync is handed, which knows no room behind it."""
    return Rooms(
        accept={"inspection": accepting(settings.secret, files)},
        awaited={"inspection": owing(files)},
        release={"inspection": releasing(settings.secret, files, clock)},
        views=(phone_view(clock, files),),
        photos=EvidenceStore(files, database),
        waiting=photos_waiting,
        names=indicator_names,
    )


async def reading(state: State) -> AsyncIterator[AsyncSession]:
    """A session that can only read."""
    async with state.database.reading() as session:
        yield session


async def writing(state: State) -> AsyncIterator[AsyncSession]:
    """One request, one transaction: commits before the answer is sent, rolls back on any exception."""
    async with state.database.writing() as session:
        yield session


def moment(state: State) -> datetime:
    """Now, in UTC, by the application's clock."""
    now: datetime = state.clock()
    return now


def refuse(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    """A refusal as a page for people, as a problem document for programs."""
    is_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api")
    if is_page and problem.code == "sign_in" and request.method == "GET":
        return pages.see_other("/staff/login", next=str(request.url.path))
    if is_page:
        return pages.refusal_page(request, problem)
    return Response(
        problem.body(),
        status_code=problem.status,
        media_type="application/problem+json",
        headers={**SECURITY_HEADERS, "Cache-Control": "no-store", **problem.headers()},
    )


def refuse_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """The framework's own refusals, in our words."""
    if isinstance(error, PermissionDeniedException):
        refused = refuse(request, Problem("stale_form"))
        # one signed with a former secret would refuse every form of this browser; the next page brings a new one
        refused.delete_cookie(CSRF_COOKIE, path="/staff")
        return refused
    if isinstance(error, ValidationException):
        return refuse(
            request, Problem("bad_form", what="Ada isian yang tidak sesuai.", extra={"errors": error.extra})
        )
    match error.status_code:
        case 404:
            problem = Problem("not_found")
        case 405:
            problem = Problem("wrong_method")
        case 413:
            problem = Problem("too_large", most=f"{FORM_MOST_BYTES // 1024 // 1024} MB")
        case status if status < 500:
            problem = Problem("unreadable", what=error.detail)
        case _:
            return fail(request, error)
    return refuse(request, problem)


def fail(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A fault of ours: logged whole, told in one sentence."""
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refuse(request, Problem("broken"))
