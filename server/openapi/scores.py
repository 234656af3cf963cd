"""Scores in the document: what users said, a unit's score and how it becomes final, the city's."""

from server.accounts.access import Access
from server.inspections.rollup import METHODS
from server.inspections.scores.wire import Finalisation, Settling
from server.inspections.users import sheet as sheets
from server.inspections.users.sheet import SubmittedSheet
from server.inspections.users.sheet_routes import Reason
from server.openapi.instruments import CATEGORY, FORM_SCORE
from server.openapi.parts import (
    BODY_REFUSALS,
    DECIMAL_OR_NULL,
    PAGED,
    SHA256,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    TIME,
    TIME_OR_NULL,
    UUID,
    WHOLE,
    WHOLE_OR_NULL,
    YES_NO,
    Chapter,
    Schema,
    body,
    described,
    file,
    flag,
    list_of,
    map_of,
    one_of,
    operation,
    or_null,
    page_of,
    query,
    record,
    ref,
    told,
)

_OF_UNIT = "/api/inspections/evaluations/{evaluation_id}/units/{slug}"
_UNIT_REFUSALS = ("unknown_evaluation", "unknown_locus")

# ── the users' form ──

_PUT_SHEET = operation(
    "putUserSheet",
    "Satu lembar penilaian pengguna (F-03)",
    Access.PUBLIC,
    "Aman diulang. Lembar tanpa token halaman, yang terlalu cepat, atau yang terlalu banyak dari satu sambungan "
    "tersimpan tetapi tidak dihitung; excluded_by menyebut aturannya.",
    body=body("SubmittedSheet"),
    answers={
        "201": told("SheetReceipt", "Tersimpan"),
        "200": told("SheetReceipt", "Sudah tersimpan sebelumnya; tanda terima yang sama"),
    },
    refuses=(
        *(*BODY_REFUSALS, "bad_id", "unknown_users_form", "closed_users_form"),
        *("bad_answer", "no_answer", "id_taken"),
    ),
)

_QR = operation(
    "usersFormQr",
    "Kode QR yang membuka formulir pengguna sebuah unit",
    Access.SEE_INSPECTIONS,
    "Tidak untuk pemeriksa.",
    answers={"200": file("SVG", "image/svg+xml")},
    refuses=(*_UNIT_REFUSALS, "forbidden", "unknown_users_form"),
)

_SHEETS = operation(
    "userSheets",
    "Apa kata pengguna: jumlah per pernyataan, dan berapa lembar yang tidak dihitung",
    Access.SEE_INSPECTIONS,
    "Bagian Organisasi juga membaca tiap lembar. Tidak untuk pemeriksa.",
    query=PAGED,
    answers={"200": told("UserSheets", "Hasil formulir pengguna")},
    refuses=(*_UNIT_REFUSALS, "forbidden", "unknown_users_form", "unknown_receipt"),
)

_EXCLUDE = operation(
    "excludeUserSheet",
    "Keluarkan satu lembar dari hitungan, dengan alasan",
    Access.REVIEW_EXCLUSIONS,
    body=body("Reason"),
    answers={"200": told("UserSheet", "Tidak dihitung lagi")},
    refuses=(*BODY_REFUSALS, "unknown_receipt", "wrong_state"),
)

_RESTORE = operation(
    "restoreUserSheet",
    "Hitung lagi satu lembar, dengan alasan",
    Access.REVIEW_EXCLUSIONS,
    body=body("Reason"),
    answers={"200": told("UserSheet", "Dihitung lagi")},
    refuses=(*BODY_REFUSALS, "unknown_receipt", "wrong_state"),
)

# ── scores ──

_UNIT_SCORE = operation(
    "unitScore",
    "Nilai satu unit: tiap langkah hitungan, tiap kunjungan, selisih antarkunjungan, tiga formulir",
    Access.SEE_INSPECTIONS,
    "Pemeriksa membacanya setelah kunjungannya sendiri terverifikasi.",
    answers={"200": told("UnitScore", "Nilai")},
    refuses=(*_UNIT_REFUSALS, "wrong_state"),
)

_SETTLE = operation(
    "settleDispute",
    "Nilai yang berlaku di tempat kunjungan berbeda, beserta alasannya",
    Access.VERIFY_VISITS,
    body=body("Settling"),
    answers={"201": told("UnitScore", "Nilai unit sesudah ditetapkan")},
    refuses=(
        *(*BODY_REFUSALS, *_UNIT_REFUSALS, "unknown_public_service"),
        *("own_work", "wrong_state", "final", "bad_finding"),
    ),
)

_FINALISE = operation(
    "finaliseScore",
    "Tetapkan nilai final unit dan buka tindak lanjutnya; aman diulang",
    Access.VERIFY_VISITS,
    body=body("Finalisation"),
    answers={
        "201": told("UnitScore", "Nilai final"),
        "200": told("UnitScore", "Sudah final sebelumnya; nilai yang sama"),
    },
    refuses=(
        *(*BODY_REFUSALS, *_UNIT_REFUSALS, "own_work"),
        *("wrong_state", "disputed", "incomplete_visit"),
    ),
)

_CITY_SCORE = operation(
    "cityScore",
    "Urutan unit, dan nilai kota menurut tiap cara dengan namanya",
    Access.SEE_INSPECTIONS,
    "Nilai kota hanya bagi yang melihat seluruh kota.",
    query=[
        query("method", "Cara dari unit ke kota", enum=list(METHODS)),
        flag("final", "hanya nilai final"),
    ],
    answers={"200": told("CityScore", "Unit menurut peringkat")},
    refuses=("unknown_evaluation", "bad_convention"),
)

# ── what is answered ──

_SHEET = record(
    {
        "id": UUID,
        "received_at": TIME,
        "answers": map_of(WHOLE, "Nomor pernyataan dan jawabannya"),
        "excluded_by": TEXT_OR_NULL,
        "excluded_reason": TEXT_OR_NULL,
    }
)

_VALUE = record({"value": DECIMAL_OR_NULL}, {"not_applicable": YES_NO})

_PRODUCT = record({"name": TEXT, "disputed": TEXTS, **FORM_SCORE})

_VISIT = record(
    {
        "id": UUID,
        "service": TEXT_OR_NULL,
        "team": TEXT,
        "state": TEXT,
        "index": DECIMAL_OR_NULL,
        "status": TEXT,
        "filled": WHOLE,
        "total": WHOLE,
        "verified_at": TIME_OR_NULL,
    },
    {"person": TEXT},
)

_DISAGREEMENT = record(
    {
        "indicator": TEXT,
        "name": TEXT,
        "service": TEXT_OR_NULL,
        "said": list_of(
            record({"visit": UUID, "team": TEXT, "value": DECIMAL_OR_NULL}, {"not_applicable": YES_NO})
        ),
        "settled": or_null(
            record(
                {"value": DECIMAL_OR_NULL, "reason": TEXT, "by": TEXT, "at": TIME},
                {"not_applicable": YES_NO},
            )
        ),
    }
)

_FORMS = record(
    {
        "products": list_of(
            record(
                {
                    "service": TEXT_OR_NULL,
                    "indicators": map_of(
                        record(
                            {"f01": DECIMAL_OR_NULL, "f02": DECIMAL_OR_NULL, "difference": DECIMAL_OR_NULL}
                        )
                    ),
                }
            )
        ),
        "parts": map_of(record({"name": TEXT, "f03": DECIMAL_OR_NULL})),
    }
)

_UNIT: dict[str, Schema] = {
    "evaluation": WHOLE,
    "unit": record({"slug": TEXT, "name": TEXT}),
    "state": one_of(
        "live", "final", description="live: dari kunjungan terverifikasi; final: seperti ditetapkan"
    ),
    "instrument": TEXT,
    "sha256": SHA256,
    "status": TEXT,
    "disputed": YES_NO,
    "convention": TEXT,
    "products": list_of(_PRODUCT),
    "f02": DECIMAL_OR_NULL,
    "users": or_null(ref("UsersScore")),
    "ipp": or_null(ref("CombinedScore")),
    **CATEGORY,
    "steps": TEXTS,
    "pinned": or_null(record({"at": TIME, "by": TEXT})),
    "visits": list_of(_VISIT),
    "disagreements": list_of(_DISAGREEMENT),
    "forms": described(_FORMS, "Penilaian mandiri di samping penilaian pemeriksa dan pengguna"),
}

_ROW = record(
    {
        "rank": WHOLE_OR_NULL,
        "unit": TEXT,
        "name": TEXT,
        **CATEGORY,
        "status": TEXT,
        "disputed": YES_NO,
        "services": WHOLE,
        "visits": WHOLE,
        "pinned": YES_NO,
    }
)

_CITY = record(
    {
        "method": TEXT,
        "label": described(TEXT, "Nama caranya dan dari berapa unit"),
        "units": WHOLE,
        "measured": WHOLE,
        "index": DECIMAL_OR_NULL,
        "conversion": DECIMAL_OR_NULL,
        "category": TEXT_OR_NULL,
        "category_label": TEXT_OR_NULL,
        "zone": TEXT_OR_NULL,
        "steps": TEXTS,
    }
)

USERS = Chapter(
    "Formulir pengguna (F-03)",
    paths={
        "/api/inspections/user-sheets/{sheet_id}": {"put": _PUT_SHEET},
        "/api/inspections/user-sheets/{sheet_id}/exclusion": {"post": _EXCLUDE},
        "/api/inspections/user-sheets/{sheet_id}/restoration": {"post": _RESTORE},
        f"{_OF_UNIT}/user-sheets": {"get": _SHEETS},
        f"{_OF_UNIT}/users-form.svg": {"get": _QR},
    },
    bodies=(SubmittedSheet, Reason),
    schemas={
        "SheetReceipt": record(
            {
                "id": UUID,
                "status": one_of("stored"),
                "code": TEXT,
                "unit": TEXT,
                "received_at": TIME,
                "body_sha256": SHA256,
                "excluded_by": TEXT_OR_NULL,
                "receipt_url": TEXT,
            }
        ),
        "UserSheet": _SHEET,
        "UserSheetList": page_of("UserSheet"),
        "UserSheets": record(
            {
                "evaluation": WHOLE,
                "unit": record({"slug": TEXT, "name": TEXT}),
                "code": TEXT,
                "address": TEXT,
                "wanted": TEXT,
                "users": ref("UsersScore"),
                "excluded": record(dict.fromkeys(sheets.REASONS, WHOLE)),
            },
            {"sheets": ref("UserSheetList")},
        ),
    },
)

SCORES = Chapter(
    "Nilai unit dan kota",
    paths={
        f"{_OF_UNIT}/score": {"get": _UNIT_SCORE},
        f"{_OF_UNIT}/settlements/{{indicator}}": {"post": _SETTLE},
        f"{_OF_UNIT}/finalisation": {"post": _FINALISE},
        "/api/inspections/evaluations/{evaluation_id}/score": {"get": _CITY_SCORE},
    },
    bodies=(Settling, Finalisation),
    schemas={
        "UnitScore": record(_UNIT),
        "CityScore": record(
            {
                "evaluation": WHOLE,
                "title": TEXT,
                "instrument": TEXT,
                "sha256": SHA256,
                "final": YES_NO,
                "units": list_of(_ROW),
                "method": one_of(*METHODS),
                "city": or_null(ref("CityIndex")),
                "methods": map_of(ref("CityIndex")),
            }
        ),
        "CityIndex": _CITY,
    },
)
