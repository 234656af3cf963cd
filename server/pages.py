"""Pages of staff and public: templates, security headers, static files, and refusals as pages.

The citizen's survey has its own small way (`surveys/page.py`); everything else that a browser shows comes from here.
"""

import gzip
import hashlib
import mimetypes
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState

from server.asgi import SECURITY_HEADERS, Asked, Reply, hot
from server.problems import Problem
from server.texts import LANGUAGES, WEB, catalogue, formatters, language_of

LANGUAGE_COOKIE = "loket_lang"

PAGE_HEADERS = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "private, no-cache",
}


class Asset:
    """One static file in memory, compressed once, with the tag its address carries."""

    def __init__(self, name: str, plain: bytes) -> None:
        self.plain = plain
        self.gzipped = gzip.compress(self.plain, 9, mtime=0)
        self.tag = hashlib.sha256(self.plain).hexdigest()[:12]
        self.type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if self.type.startswith("text/") or self.type.endswith("javascript"):
            self.type += "; charset=utf-8"

    def answer(self, asked: Asked, **headers: str) -> Reply:
        """The file as the browser can take it, or that it has not changed."""
        is_gzip = "gzip" in asked.header(b"accept-encoding") and len(self.gzipped) < len(self.plain)
        tag = f'"{self.tag}{"-gz" if is_gzip else ""}"'
        headers |= {"ETag": tag, "Vary": "Accept-Encoding"}
        if tag in asked.header(b"if-none-match"):
            return Reply(304, b"", headers)
        headers["Content-Type"] = self.type
        if is_gzip:
            headers["Content-Encoding"] = "gzip"
        return Reply(200, self.gzipped if is_gzip else self.plain, headers)


@cache
def assets() -> dict[str, Asset]:
    folder = WEB / "static"
    return {
        str(file.relative_to(folder)): Asset(file.name, file.read_bytes())
        for file in folder.rglob("*")
        if file.is_file()
    }


def asset_url(name: str) -> str:
    return f"/static/{name}?v={assets()[name].tag}"


@hot("/static/{name:path}", access="public")
async def static_file(asked: Asked) -> Reply:
    """A style, script or picture; its address changes with its content, so browsers may keep it for a year."""
    asset = assets().get(str(asked.path_params["name"]).lstrip("/"))
    if asset is None:
        raise Problem("not_found")
    is_current = asked.query().get("v") == asset.tag
    kept = "public, max-age=31536000, immutable" if is_current else "no-cache"
    return asset.answer(asked, **{"Cache-Control": kept})


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(WEB),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(formatters(language))
    environment.globals["asset"] = asset_url
    return environment


def render(template: str, language: str, **facts: Any) -> str:
    return (
        _environment(language).get_template(template).render(language=language, languages=LANGUAGES, **facts)
    )


def language_for(request: Request[Any, Any, Any]) -> str:
    return language_of(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("accept-language", ""),
    )


def page(
    request: Request[Any, Any, Any], template: str, *, status: int = 200, **facts: Any
) -> Response[bytes]:
    """A rendered page in the reader's language; templates also know the viewer (or None) and where they are."""
    language = language_for(request)
    html = render(
        template,
        language,
        city=request.app.state.settings.city,
        viewer=request.scope.get("user"),
        csrf_token=_csrf_token(request),
        path=request.url.path,
        address_with=lambda **changes: _address_with(request, changes),
        flash=request.query_params.get("pesan"),
        **facts,
    )
    headers = PAGE_HEADERS
    if request.scope.get("user") is not None:
        # the back button must not show it to whoever comes after signing out
        headers = {**headers, "Cache-Control": "no-store"}
    cookies = []
    if request.query_params.get("lang") in LANGUAGES:
        cookies.append(
            Cookie(key=LANGUAGE_COOKIE, value=language, path="/", max_age=31_536_000, samesite="lax")
        )
    return Response(
        html.encode(),
        status_code=status,
        media_type="text/html",
        headers=headers,
        cookies=cookies,
    )


def refusal_page(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    return page(request, "public/refusal.html", status=problem.status, problem=problem)


def see_other(path: str, **query: str) -> Redirect:
    """After a form was accepted: the page to look at next (never the form again on reload)."""
    return Redirect(f"{path}?{urlencode(query)}" if query else path, status_code=303)


def _csrf_token(request: Request[Any, Any, Any]) -> str:
    token = ScopeState.from_scope(request.scope).csrf_token
    return token if isinstance(token, str) else ""


def _address_with(request: Request[Any, Any, Any], changes: dict[str, object]) -> str:
    """This page's address with some of its query changed; None takes one away."""
    query = {**dict(request.query_params), **changes}
    kept = {key: str(value) for key, value in query.items() if value is not None and key != "pesan"}
    return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path
