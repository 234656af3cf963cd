"""The survey in the document: a response, a unit's index, an index of a table that somebody brings."""

from server.accounts.access import Access
from server.openapi.parts import (
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    WHOLE,
    WHOLE_OR_NULL,
    Chapter,
    Schema,
    body,
    list_of,
    map_of,
    operation,
    query,
    told,
)
from server.skm.rules import ELEMENTS
from server.surveys.compute import Table
from server.surveys.wire import Receipt, SubmittedResponse

_PUT_RESPONSE = operation(
    "putResponse",
    "Satu jawaban survei",
    Access.PUBLIC,
    "Aman diulang: isi yang sama di bawah id yang sama menjawab 200 dengan tanda terima yang sama.",
    body=body("SubmittedResponse"),
    answers={
        "201": told("Receipt", "Tersimpan"),
        "200": told("Receipt", "Sudah tersimpan sebelumnya; tanda terima yang sama"),
    },
    refuses=(
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
)

_UNIT_INDEX = operation(
    "unitIndex",
    "Indeks Kepuasan Masyarakat sebuah unit",
    Access.PUBLIC,
    query=[
        query("from", "Hari pertama (tahun-bulan-hari), menurut zona unit", format="date"),
        query("to", "Hari terakhir, termasuk hari itu", format="date"),
        query("period", "2026, 2026-S1, 2026-Q3, atau 2026-11; pengganti from dan to"),
        query("service", "Nama pendek layanan"),
        query("counter", "Kode loket"),
        query("convention", "exact, exact-nrr3, w0.11, w0.111, w0.111-sum2, atau decimal:<bobot>"),
    ],
    answers={"200": told("Index", "Indeks beserta hitungannya")},
    refuses=(
        "unknown_unit",
        "unknown_public_service",
        "unknown_counter",
        "wrong_method",
        "bad_period",
        "bad_convention",
    ),
)

_COMPUTE = operation(
    "compute",
    "Indeks sebuah tabel; tidak ada yang disimpan",
    Access.PUBLIC,
    body=body("Table"),
    answers={"200": told("Index", "Indeks beserta hitungannya")},
    refuses=(
        *("unreadable", "wrong_method", "too_large", "wrong_content_type"),
        *("bad_table", "bad_convention"),
    ),
)

_DECIMAL_OR_NULL: Schema = {"type": ["string", "null"], "pattern": r"^\d+(\.\d+)?$"}

_INDEX: Schema = {
    "type": "object",
    "required": ["n", "measured", "convention", "elements", "ikm", "grade", "label", "lowest", "steps"],
    "properties": {
        "n": WHOLE_OR_NULL,
        "excluded": map_of(WHOLE),
        "measured": WHOLE,
        "convention": TEXT,
        "elements": {
            "type": "object",
            "description": f"Per unsur ({', '.join(ELEMENTS)})",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "n": WHOLE,
                    "total": WHOLE,
                    "counts": list_of(WHOLE),
                    "nrr": _DECIMAL_OR_NULL,
                    "weighted": _DECIMAL_OR_NULL,
                    "grade": TEXT_OR_NULL,
                },
            },
        },
        "ikm": _DECIMAL_OR_NULL,
        "grade": {"type": ["string", "null"], "enum": ["A", "B", "C", "D", None]},
        "label": TEXT_OR_NULL,
        "lowest": TEXTS,
        "steps": TEXTS,
    },
}

SURVEYS = Chapter(
    "Survei Kepuasan Masyarakat",
    paths={
        "/api/responses/{response_id}": {"put": _PUT_RESPONSE},
        "/api/units/{slug}/index": {"get": _UNIT_INDEX},
        "/api/skm/compute": {"post": _COMPUTE},
    },
    bodies=(SubmittedResponse, Receipt, Table),
    schemas={"Index": _INDEX},
)
