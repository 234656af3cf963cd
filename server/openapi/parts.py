"""What the document is put together from: chapters, operations, parameters, bodies, answers, refusals, small shapes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from server.accounts.access import ALLOWED, Access, Role
from server.problems import PROBLEMS

Schema = dict[str, Any]

SESSION = "session"
"""The security scheme of what only signed-in people may use."""

UNREAD = ("unreadable", "wrong_content_type", "too_large")
"""Why a JSON body cannot be read."""
BODY_REFUSALS = (*UNREAD, "bad_form")


class Chapter(msgspec.Struct, frozen=True):
    """What belongs together: the addresses of a room, the structs that decode its bodies, the shapes of its answers."""

    name: str
    paths: dict[str, dict[str, Any]]
    bodies: tuple[type, ...] = ()
    schemas: dict[str, Schema] = {}
    details: dict[str, dict[str, Schema]] = {}
    """Body → property → what its struct does not say because something else reads it."""


# ── operations ──


def operation(
    name: str,
    summary: str,
    access: Access,
    description: str = "",
    *,
    query: Sequence[Schema] = (),
    body: Schema | None = None,
    answers: Mapping[str, Schema],
    refuses: Sequence[str] = (),
) -> dict[str, Any]:
    """One method of an address. What stands in the address itself is described where the paths are put together."""
    return {
        "operationId": name,
        "summary": summary,
        **({"description": description} if description else {}),
        **_who_may(access),
        "parameters": [*query],
        **({"requestBody": body} if body else {}),
        "responses": {**answers, **refusals(*_kept_out(access), *refuses)},
    }


def _who_may(access: Access) -> dict[str, Any]:
    if access is Access.PUBLIC:
        return {}
    roles = [role.value for role in Role if role in ALLOWED[access]]
    return {"security": [{SESSION: []}], "x-roles": roles}


def _kept_out(access: Access) -> Sequence[str]:
    """How those are refused who may not."""
    if access is Access.PUBLIC:
        return ()
    return ("sign_in",) if ALLOWED[access] == frozenset(Role) else ("sign_in", "forbidden")


def put_together(path: str, item: Mapping[str, Any], tag: str) -> dict[str, Any]:
    """The methods of an address, each under its chapter and with the parameters that stand in the address."""
    placed = [place(name) for name in re.findall(r"\{(\w+)\}", path)]
    return {
        method: {**facts, "tags": [tag], "parameters": [*placed, *facts.get("parameters", ())]}
        for method, facts in item.items()
    }


def refusals(*codes: str) -> dict[str, Any]:
    """The refusals of an operation, by status; one status may stand for several codes."""
    by_status: dict[str, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(str(PROBLEMS[code].status), []).append(code)
    content = {"application/problem+json": {"schema": ref("Problem")}}
    return {
        status: {
            "description": "; ".join(f"{code}: {PROBLEMS[code].title}" for code in found),
            "content": content,
        }
        for status, found in sorted(by_status.items())
    }


# ── parameters ──

UUID = {"type": "string", "format": "uuid"}
NUMBER = {"type": "string", "pattern": "^[0-9]{1,9}$"}

PLACES: dict[str, tuple[str, Schema]] = {
    "response_id": ("UUID (versi 7) yang dibuat pengirim", UUID),
    "slug": ("Nama pendek unit pada alamatnya", {"type": "string"}),
    "code": ("Kode instrumen, misalnya pekppp; atau pekppp-2022 bersama latest", {"type": "string"}),
    "version": ("Versi, misalnya 2022; atau latest", {"type": "string"}),
    "evaluation_id": ("Nomor evaluasi", NUMBER),
    "evaluation": ("Nomor evaluasi", NUMBER),
    "assignment_id": ("Nomor penugasan", NUMBER),
    "visit": ("UUID (versi 7) kunjungan, dibuat ponsel", UUID),
    "visit_id": ("UUID kunjungan", UUID),
    "indicator": ("Kunci indikator dalam instrumen, misalnya 15", {"type": "string"}),
    "piece": ("UUID bukti", UUID),
    "sha256": ("SHA-256 isi berkas", {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
    "sheet_id": ("UUID (versi 7) lembar, dibuat pengirim", UUID),
    "reply_id": ("UUID (versi 7) tanggapan, dibuat pengirim", UUID),
    "number": ("Nomor tindak lanjut", NUMBER),
    "upload": ("UUID unggahan, dari Location", UUID),
}
"""What stands in an address, by the names of the routes."""


def place(name: str) -> dict[str, Any]:
    description, schema = PLACES[name]
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def query(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string", **schema}}


def flag(name: str, description: str) -> dict[str, Any]:
    return query(name, f"1: {description}", enum=["0", "1"])


PAGED = (
    query("limit", "Paling banyak sekian, sampai 200", pattern="^[0-9]{1,5}$"),
    query("after", "Nilai next dari halaman sebelumnya"),
)


# ── bodies and answers ──


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def body(name: str, *, required: bool = True, **more: Any) -> dict[str, Any]:
    return {"required": required, "content": {"application/json": {"schema": ref(name), **more}}}


def told(name: str, description: str) -> dict[str, Any]:
    """An answer in JSON."""
    return {"description": description, "content": {"application/json": {"schema": ref(name)}}}


def file(description: str, *media_types: str) -> dict[str, Any]:
    """An answer that is a file."""
    return {"description": description, "content": {one: {"schema": BYTES} for one in media_types}}


# ── shapes ──

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
TEXTS: Schema = {"type": "array", "items": TEXT}
WHOLE: Schema = {"type": "integer"}
WHOLE_OR_NULL: Schema = {"type": ["integer", "null"]}
YES_NO: Schema = {"type": "boolean"}
DECIMAL: Schema = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
DECIMAL_OR_NULL: Schema = {"type": ["string", "null"], "pattern": r"^-?\d+(\.\d+)?$"}
WEIGHT_OR_NULL: Schema = {"type": ["string", "null"], "pattern": r"^\d+(\.\d+|/\d+)?$"}
DAY: Schema = {"type": "string", "format": "date"}
TIME: Schema = {"type": "string", "format": "date-time"}
TIME_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
SHA256_OR_NULL: Schema = {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"}
DEGREES_OR_NULL: Schema = {"type": ["number", "null"]}
BYTES: Schema = {"type": "string", "format": "binary"}


def record(properties: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object that always has these properties, and sometimes the optional ones."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": {**properties, **(optional or {})},
    }


def or_null(schema: Schema) -> Schema:
    """A schema, or null."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def map_of(schema: Schema, description: str = "") -> Schema:
    told = {"type": "object", "additionalProperties": schema}
    return {**told, "description": description} if description else told


def one_of(*values: str | None, description: str = "") -> Schema:
    return {"enum": list(values), **({"description": description} if description else {})}


def described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def page_of(name: str) -> Schema:
    """One page of a list."""
    return record({"items": list_of(ref(name)), "next": described(TEXT_OR_NULL, "Kirim sebagai after")})
