"""The public interface as an OpenAPI 3.1 document: written by hand, because the hot addresses bypass the framework,
with the shapes of bodies taken from the very structs that decode them.
"""

from functools import cache
from typing import Any

import msgspec

from server import __version__
from server.asgi import Asked, Reply, hot, json_reply
from server.problems import PROBLEMS, Problem
from server.skm.rules import ELEMENTS
from server.surveys.compute import Table
from server.surveys.wire import Receipt, SubmittedResponse


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
    _, schemas = msgspec.json.schema_components(
        [SubmittedResponse, Receipt, Table], ref_template="#/components/schemas/{name}"
    )
    schemas |= {"Index": _INDEX, "Problem": _PROBLEM}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Loket",
            "version": __version__,
            "description": "Dari loket ke indeks: Survei Kepuasan Masyarakat (PermenPANRB 14/2017). "
            "Unsur disebut dengan namanya, bukan nomornya; bilangan desimal dikirim sebagai teks.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/api/responses/{id}": {"put": _PUT_RESPONSE},
            "/api/units/{slug}/index": {"get": _UNIT_INDEX},
            "/api/skm/compute": {"post": _COMPUTE},
            "/api/openapi.json": {
                "get": {
                    "operationId": "openapi",
                    "summary": "Dokumen ini",
                    "responses": {
                        "200": {
                            "description": "OpenAPI 3.1",
                            "content": {"application/json": {"schema": {"type": "object"}}},
                        }
                    },
                }
            },
        },
        "components": {"schemas": schemas},
        "x-problems": {
            code: {"status": kind.status, "title": kind.title, "detail": kind.detail}
            for code, kind in PROBLEMS.items()
        },
    }


def _json(name: str, description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refusals(*codes: str) -> dict[str, Any]:
    """The refusals of an operation, by status; one status may stand for several codes."""
    by_status: dict[str, list[str]] = {}
    for code in codes:
        by_status.setdefault(str(PROBLEMS[code].status), []).append(code)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {
            "description": "; ".join(f"{code}: {PROBLEMS[code].title}" for code in found),
            "content": content,
        }
        for status, found in sorted(by_status.items())
    }


def _path(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", **schema},
    }


def _query(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string", **schema}}


_PUT_RESPONSE = {
    "operationId": "putResponse",
    "summary": "Satu jawaban survei",
    "description": "Aman diulang: isi yang sama di bawah id yang sama menjawab 200 dengan tanda terima yang sama.",
    "parameters": [_path("id", "UUID (versi 7) yang dibuat pengirim", format="uuid")],
    "requestBody": {
        "required": True,
        **{"content": {"application/json": {"schema": {"$ref": "#/components/schemas/SubmittedResponse"}}}},
    },
    "responses": {
        "201": _json("Receipt", "Tersimpan"),
        "200": _json("Receipt", "Sudah tersimpan sebelumnya; tanda terima yang sama"),
        **_refusals(
            "bad_id",
            "unreadable",
            "unknown_counter",
            "mistyped_counter",
            "wrong_method",
            "id_taken",
            "closed_survey",
            "revoked_counter",
            "long_comment",
            "wrong_content_type",
            "bad_answer",
            "no_answer",
            "overloaded",
        ),
    },
}

_UNIT_INDEX = {
    "operationId": "unitIndex",
    "summary": "Indeks Kepuasan Masyarakat sebuah unit",
    "parameters": [
        _path("slug", "Nama pendek unit pada alamatnya"),
        _query("from", "Hari pertama (tahun-bulan-hari), menurut zona unit", format="date"),
        _query("to", "Hari terakhir, termasuk hari itu", format="date"),
        _query("period", "2026, 2026-S1, 2026-Q3, atau 2026-11; pengganti from dan to"),
        _query("service", "Nama pendek layanan"),
        _query("counter", "Kode loket"),
        _query("convention", "exact, exact-nrr3, w0.11, w0.111, w0.111-sum2, atau decimal:<bobot>"),
    ],
    "responses": {
        "200": _json("Index", "Indeks beserta hitungannya"),
        **_refusals(
            "unknown_unit",
            "unknown_public_service",
            "unknown_counter",
            "wrong_method",
            "bad_period",
            "bad_convention",
        ),
    },
}

_COMPUTE = {
    "operationId": "compute",
    "summary": "Indeks sebuah tabel; tidak ada yang disimpan",
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Table"}}},
    },
    "responses": {
        "200": _json("Index", "Indeks beserta hitungannya"),
        **_refusals(
            "unreadable", "wrong_method", "too_large", "wrong_content_type", "bad_table", "bad_convention"
        ),
    },
}

_DECIMAL_TEXT = {"type": ["string", "null"], "pattern": r"^\d+(\.\d+)?$"}

_INDEX = {
    "type": "object",
    "required": ["n", "measured", "convention", "elements", "ikm", "grade", "label", "lowest", "steps"],
    "properties": {
        "n": {"type": ["integer", "null"]},
        "excluded": {"type": "object", "additionalProperties": {"type": "integer"}},
        "measured": {"type": "integer"},
        "convention": {"type": "string"},
        "elements": {
            "type": "object",
            "description": f"Per unsur ({', '.join(ELEMENTS)})",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "n": {"type": "integer"},
                    "total": {"type": "integer"},
                    "counts": {"type": "array", "items": {"type": "integer"}},
                    "nrr": _DECIMAL_TEXT,
                    "weighted": _DECIMAL_TEXT,
                    "grade": {"type": ["string", "null"]},
                },
            },
        },
        "ikm": _DECIMAL_TEXT,
        "grade": {"type": ["string", "null"], "enum": ["A", "B", "C", "D", None]},
        "label": {"type": ["string", "null"]},
        "lowest": {"type": "array", "items": {"type": "string"}},
        "steps": {"type": "array", "items": {"type": "string"}},
    },
}

_PROBLEM = {
    "type": "object",
    "required": ["type", "code", "status", "title", "detail"],
    "properties": {
        "type": {"type": "string"},
        "code": {"type": "string", "enum": list(PROBLEMS)},
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "field": {"type": "string"},
    },
}

routes = [openapi_json]
