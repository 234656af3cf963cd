"""The public interface as an OpenAPI 3.1 document: written by hand, because the hot addresses bypass the framework,
with the shapes of bodies taken from the very structs that decode them.

Each chapter is a file; here they are put together.
"""

from functools import cache
from typing import Any

import msgspec

from server import __version__
from server.accounts.access import Access
from server.accounts.sessions import COOKIE
from server.asgi import Asked, Reply, hot, json_reply
from server.openapi.instruments import INSTRUMENTS
from server.openapi.parts import SESSION, TEXT, WHOLE, Chapter, Schema, operation, put_together, record
from server.openapi.phones import PHONES
from server.openapi.planning import PLANNING
from server.openapi.replies import FOLLOW_UPS, REPLIES
from server.openapi.scores import SCORES, USERS
from server.openapi.surveys import SURVEYS
from server.openapi.visits import VISITS
from server.problems import PROBLEMS, Problem


@hot("/api/openapi.json", access="public")
async def openapi_json(asked: Asked) -> Reply:
    """This document."""
    if asked.method not in {"GET", "HEAD"}:
        raise Problem("wrong_method")
    return json_reply(_encoded(), headers={"Access-Control-Allow-Origin": "*"})


@cache
def _encoded() -> bytes:
    return msgspec.json.encode(document())


@cache
def document() -> dict[str, Any]:
    """The whole document; every refusal of the catalogue is listed with its sentence."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Loket",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": chapter.name} for chapter in CHAPTERS],
        "paths": {
            path: put_together(path, item, chapter.name)
            for chapter in CHAPTERS
            for path, item in chapter.paths.items()
        },
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {SESSION: {"type": "apiKey", "in": "cookie", "name": COOKIE}},
        },
        "x-problems": {
            code: {"status": kind.status, "title": kind.title, "detail": kind.detail}
            for code, kind in PROBLEMS.items()
        },
    }


def _schemas() -> dict[str, Schema]:
    """Every shape by its name: of bodies as their structs have it, of answers as the chapters tell it."""
    structs = [struct for chapter in CHAPTERS for struct in chapter.bodies]
    _, schemas = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    for chapter in CHAPTERS:
        for name, details in chapter.details.items():
            for part, detail in details.items():
                schemas[name]["properties"][part] |= detail
        schemas |= chapter.schemas
    return schemas


_DESCRIPTION = (
    "Dari loket ke indeks: Survei Kepuasan Masyarakat (PermenPANRB 14/2017) dan penilaian pelayanan publik "
    "(PEKPPP dan sejenisnya). Unsur disebut dengan namanya, bukan nomornya; bilangan desimal dikirim sebagai teks. "
    "Alamat yang perlu masuk membaca kuki sesi dari halaman masuk. Di alamat mana pun dapat terjadi not_found "
    "(alamatnya memuat huruf yang tidak dapat disimpan), wrong_method, stale_form (dikirim peramban dari situs "
    "lain), dan broken."
)

_PROBLEM = record(
    {
        "type": TEXT,
        "code": {"type": "string", "enum": list(PROBLEMS)},
        "status": WHOLE,
        "title": TEXT,
        "detail": TEXT,
    },
    {"field": TEXT},
)

_THIS = operation(
    "openapi",
    "Dokumen ini",
    Access.PUBLIC,
    answers={
        "200": {
            "description": "OpenAPI 3.1",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
    refuses=("wrong_method",),
)

ABOUT = Chapter("Dokumen ini", paths={"/api/openapi.json": {"get": _THIS}}, schemas={"Problem": _PROBLEM})

CHAPTERS = (SURVEYS, INSTRUMENTS, PLANNING, VISITS, PHONES, USERS, SCORES, REPLIES, FOLLOW_UPS, ABOUT)

routes = [openapi_json]
