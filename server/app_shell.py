"""The inspector's app as a browser gets it: the files of `web/app` and what they import, read once at start-up.

Nothing else is ever served from here: an address is looked up in a table, never on the disk. The *shell* is what the
first screen needs: the page, its style, `main.js` with the modules it imports, one language, the worker. It comes
first; everything else comes after it and is kept for the field. What is kept, the shell included, is listed in the
service worker, so that a changed file is a new version of the app.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

from server.asgi import Asked, Reply, hot
from server.pages import Asset
from server.problems import Problem
from server.texts import LANGUAGES, SOURCE, WEB, catalogue

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {"Content-Security-Policy": CSP, "Cache-Control": "no-cache"}

START: Final = "main.js"
WORKER: Final = "sw.js"
NOT_SERVED: Final = {".ts", ".json", ".md", ".ttf"}
"""Types, and what the vendored folder holds for people and printers."""

NOT_KEPT: Final = {".png", ""}
"""Icons and licences are not needed without a network."""

KEPT_PLACE: Final = "const KEPT = [];"
VERSION_PLACE: Final = 'const VERSION = "";'
PRELOAD_PLACE: Final = "<!-- modulepreload -->"

_COMMENT = re.compile(r"^[ \t]*//[^\n]*\n|[ \t]*/\*\*.*?\*/[ \t]*", re.M | re.S)
_STATIC_IMPORT = re.compile(r'^(?:import|export)\b[^"\';]*?["\'](\.[^"\']+)["\'];', re.M)


@hot("/app", access="public")
async def app_page(asked: Asked) -> Reply:
    """The app itself; without the slash its own addresses would lie outside of what its service worker may serve."""
    if not asked.ends_with_slash:
        query = asked.address_asked[1]
        return Reply(
            308, b"", {**HEADERS, "Location": "/app/" + (f"?{query.decode('latin-1')}" if query else "")}
        )
    return app()["index.html"].answer(asked, **HEADERS)


@hot("/app/{name:path}", access="public")
async def app_file(asked: Asked) -> Reply:
    asset = app().get(str(asked.path_params["name"]).lstrip("/"))
    if asset is None:
        raise Problem("not_found")
    return asset.answer(asked, **HEADERS)


routes = [app_page, app_file]


@cache
def app() -> dict[str, Asset]:
    """Every file of the app by its address below /app/."""
    return furnish(files(WEB))


def files(web: Path) -> dict[str, bytes]:
    """What the app is made of, by its address below /app/, as it is written."""
    found = {
        prefix + file.relative_to(web / folder).as_posix(): file.read_bytes()
        for folder, prefix in (("app", ""), ("vendor", "vendor/"))
        for file in sorted((web / folder).rglob("*"))
        if file.is_file() and file.suffix not in NOT_SERVED
    }
    return found | {f"texts/{language}.json": texts(found, language) for language in LANGUAGES}


def furnish(found: Mapping[str, bytes]) -> dict[str, Asset]:
    """The files as they are served: the page preloads the shell's modules, the worker knows what it keeps."""
    found = dict(found)
    preloads = "\n".join(
        f'<link rel="modulepreload" href="/app/{name}">' for name in reachable(found, START) if name != START
    )
    found["index.html"] = _filled(found["index.html"], PRELOAD_PLACE, preloads)
    worker = found.pop(WORKER)
    served = {name: Asset(name, bare(name, plain)) for name, plain in found.items()}
    listed = [
        ["/app/" if name == "index.html" else f"/app/{name}", asset.tag]
        for name, asset in sorted(served.items())
        if PurePosixPath(name).suffix not in NOT_KEPT
    ]
    version = hashlib.sha256(json.dumps(listed).encode() + worker).hexdigest()[:12]
    worker = _filled(
        bare(WORKER, worker), KEPT_PLACE, f"const KEPT = {json.dumps(listed, separators=(',', ':'))};"
    )
    worker = _filled(worker, VERSION_PLACE, f'const VERSION = "{version}";')
    return {**served, WORKER: Asset(WORKER, worker)}


def bare(name: str, plain: bytes) -> bytes:
    """A script of our own without its comments: a third of it, and nothing that a phone's data plan should pay for."""
    is_ours = name.endswith(".js") and not name.startswith("vendor/")
    return _COMMENT.sub("", plain.decode()).encode() if is_ours else plain


def texts(found: Mapping[str, bytes], language: str) -> bytes:
    """The app's texts in a language; a text that is not in it is shown as it is written, in Indonesian."""
    known = {} if language == SOURCE else {text: catalogue(language).gettext(text) for text in said(found)}
    told = {text: translated for text, translated in known.items() if translated != text}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


# a parser of JavaScript does not look into templates within templates; every text is a plain literal right after `t(`
_SAID = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)*)"')


def said(found: Mapping[str, bytes]) -> Iterator[str]:
    """Every text that the app's own scripts say: `t("…")`."""
    for name, plain in sorted(found.items()):
        if name.endswith(".js") and not name.startswith("vendor/"):
            yield from (json.loads(f'"{text}"') for text in _SAID.findall(plain.decode()))


def reachable(found: Mapping[str, bytes], start: str) -> list[str]:
    """The modules that `start` needs before it can run, itself included."""
    reached: list[str] = []
    waiting = [start]
    while waiting:
        name = waiting.pop(0)
        if name in reached or name not in found:
            continue
        reached.append(name)
        waiting += imported(name, found[name].decode())
    return reached


def imported(name: str, script: str) -> Iterator[str]:
    """The addresses that a module imports."""
    for address in _STATIC_IMPORT.findall(script):
        parts: list[str] = list(PurePosixPath(name).parent.parts)
        for part in address.split("/"):
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        yield "/".join(parts)


def _filled(file: bytes, place: str, text: str) -> bytes:
    assert file.count(place.encode()) == 1, f"no single place for {place}"
    return file.replace(place.encode(), text.encode())
