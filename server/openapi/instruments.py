"""Instruments in the document: read, compared, published, withdrawn; and the score of findings that somebody brings."""

from server.accounts.access import Access
from server.inspections.compute import CountedFinding, Findings
from server.inspections.difference import Change
from server.inspections.editions.routes import Publication, Withdrawal
from server.inspections.instrument import Instrument
from server.inspections.own_version import Wishes
from server.openapi.parts import (
    BODY_REFUSALS,
    DAY,
    DECIMAL,
    DECIMAL_OR_NULL,
    SHA256,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    TIME_OR_NULL,
    UNREAD,
    WEIGHT_OR_NULL,
    WHOLE,
    WHOLE_OR_NULL,
    YES_NO,
    Chapter,
    Schema,
    body,
    described,
    list_of,
    map_of,
    one_of,
    operation,
    or_null,
    query,
    record,
    ref,
    told,
)

_LIST = operation(
    "instruments",
    "Instrumen nasional dan versi buatan kota ini",
    Access.PUBLIC,
    answers={"200": told("InstrumentList", "Semua instrumen")},
)

_PUBLISH = operation(
    "publishInstrument",
    "Terbitkan satu versi instrumen buatan sendiri",
    Access.PUBLISH_INSTRUMENTS,
    "Aman diulang. Kirim isinya sebagai objek, atau berkasnya sebagai satu teks agar kesalahannya disebut per baris.",
    body=body("Publication"),
    answers={
        "201": told("NewInstrument", "Terbit"),
        "200": told("NewInstrument", "Sudah terbit sebelumnya, isinya sama"),
    },
    refuses=(*BODY_REFUSALS, "bad_instrument", "version_taken"),
)

_READ = operation(
    "instrument",
    "Satu versi instrumen, utuh",
    Access.PUBLIC,
    "ETag-nya adalah SHA-256 isinya.",
    answers={
        "200": told("PublishedInstrument", "Instrumen"),
        "304": {"description": "Masih sama dengan ETag yang dikirim pada If-None-Match"},
    },
    refuses=("unknown_instrument",),
)

_DIFFERENCE = operation(
    "instrumentDifference",
    "Beda dua versi instrumen, dalam kalimat",
    Access.PUBLIC,
    query=[query("from", "Pembandingnya sebagai kode/versi; bila kosong, asal versi ini")],
    answers={"200": told("InstrumentDifference", "Semua yang berbeda")},
    refuses=("unknown_instrument", "bad_form"),
)

_OWN_VERSION = operation(
    "publishOwnVersion",
    "Buat versi kota ini dari versi yang sudah terbit",
    Access.PUBLISH_INSTRUMENTS,
    "Yang tidak disebut tetap seperti asalnya.",
    body=body("Wishes"),
    answers={
        "201": told("NewInstrument", "Terbit"),
        "200": told("NewInstrument", "Sudah terbit sebelumnya, isinya sama"),
    },
    refuses=(*BODY_REFUSALS, "unknown_instrument", "bad_instrument", "version_taken"),
)

_WITHDRAW = operation(
    "withdrawInstrument",
    "Tarik satu versi buatan sendiri: evaluasi baru tidak dapat memakainya",
    Access.PUBLISH_INSTRUMENTS,
    body=body("Withdrawal"),
    answers={
        "201": told("InstrumentSummary", "Ditarik"),
        "200": told("InstrumentSummary", "Sudah ditarik sebelumnya"),
    },
    refuses=(*BODY_REFUSALS, "unknown_instrument", "wrong_state"),
)

_COMPUTE = operation(
    "computeScore",
    "Nilai dari temuan sebuah instrumen; tidak ada yang disimpan",
    Access.PUBLIC,
    body=body(
        "Findings",
        example={"findings": {"15": 3, "16": {"items": ["w1", "w2", "1"]}, "1": None}, "f03": "4.0"},
    ),
    answers={"200": told("Score", "Nilai beserta hitungannya dan yang masih kurang")},
    refuses=(*UNREAD, "unknown_instrument", "bad_finding", "bad_convention"),
)

# ── what is sent ──

_FINDING: Schema = {
    "description": "Angka (atau angka sebagai teks), ada, tidak_ada, tidak_berlaku, true, false, null (belum diisi), "
    "atau objek yang menyebut apa yang dihitung",
    "anyOf": [{"type": ["number", "string", "boolean", "null"]}, ref("CountedFinding")],
}

_F03: Schema = {
    "description": "Nilai F-03, atau lembar-lembar jawabannya (nomor pernyataan dan jawaban)",
    "anyOf": [{"type": ["number", "string", "null"]}, list_of(map_of(WHOLE_OR_NULL))],
}

# ── what is answered ──

CATEGORY: dict[str, Schema] = {
    "index": DECIMAL_OR_NULL,
    "conversion": DECIMAL_OR_NULL,
    "category": TEXT_OR_NULL,
    "label": TEXT_OR_NULL,
    "zone": TEXT_OR_NULL,
}
"""An index with the category it falls into."""

_LINE = record(
    {"value": DECIMAL_OR_NULL, "weight": WEIGHT_OR_NULL, "product": DECIMAL_OR_NULL},
    {
        "computed": described(DECIMAL_OR_NULL, "Hasil hitungan, bila dinilai lain"),
        "not_applicable": YES_NO,
        "explanation": TEXT,
        "divisor": described(WEIGHT_OR_NULL, "Pembagi nilai × bobot, bila bukan seluruh bobot"),
        "doubts": map_of(one_of("medium", "low"), "Apa yang belum dicocokkan dengan naskah peraturan"),
    },
)

_ASPECT = record(
    {
        "name": TEXT,
        "weight": WEIGHT_OR_NULL,
        "filled": WHOLE,
        "total": WHOLE,
        "score": DECIMAL_OR_NULL,
        "contribution": DECIMAL_OR_NULL,
        "indicators": map_of(_LINE),
    }
)

FORM_SCORE: dict[str, Schema] = {
    "form": described(TEXT_OR_NULL, "F-02 bila digabung dengan F-03; indeks gabungannya pada ipp"),
    "filled": WHOLE,
    "total": WHOLE,
    "complete": YES_NO,
    "status": described(TEXT, "lengkap, atau belum lengkap beserta hitungannya"),
    "missing": described(TEXTS, "Indikator yang belum terisi"),
    "convention": TEXT,
    "aspects": map_of(_ASPECT),
    **CATEGORY,
    "steps": described(TEXTS, "Hitungannya, baris demi baris"),
}
"""What one form leads to."""

_USERS_SCORE = record(
    {
        "n": WHOLE,
        "least": WHOLE,
        "most": WHOLE_OR_NULL,
        "enough": YES_NO,
        "unanswered": described(TEXTS, "Pernyataan yang belum dijawab siapa pun"),
        "aggregation": TEXT,
        "questions": map_of(record({"n": WHOLE, "total": WHOLE, "mean": DECIMAL_OR_NULL})),
        "parts": map_of(DECIMAL_OR_NULL),
        "index": DECIMAL_OR_NULL,
    }
)

_COMBINED = record(
    {
        "f02": DECIMAL_OR_NULL,
        "f03": DECIMAL_OR_NULL,
        "rule": record({"name": TEXT, "f02": DECIMAL, "f03": DECIMAL, "without_f03": TEXT}),
        "status": TEXT,
        **CATEGORY,
        "steps": TEXTS,
    }
)

_SCORE = record(
    {
        "instrument": record({"code": TEXT, "version": TEXT, "title": TEXT, "sha256": SHA256}),
        **FORM_SCORE,
    },
    {
        "ipp": described(ref("CombinedScore"), "Gabungan F-02 dan F-03, bila F-03 dikirim"),
        "users": described(or_null(ref("UsersScore")), "F-03 per pernyataan, bila lembarnya dikirim"),
    },
)

_SUMMARY: dict[str, Schema] = {
    "code": TEXT,
    "version": TEXT,
    "title": TEXT,
    "legal_basis": TEXT,
    "in_force_from": DAY,
    "based_on": described(TEXT_OR_NULL, "Asalnya, sebagai kode/versi"),
    "sha256": SHA256,
    "source": one_of("national", "city"),
    "parts": WHOLE,
    "indicators": WHOLE,
    "doubts": described(WHOLE, "Berapa hal yang belum dicocokkan dengan naskah peraturan"),
    "withdrawn": YES_NO,
    "published_at": TIME_OR_NULL,
    "reason": TEXT_OR_NULL,
}

_NAMED = record({"address": TEXT, "sha256": SHA256})

INSTRUMENTS = Chapter(
    "Instrumen",
    paths={
        "/api/inspections/instruments": {"get": _LIST, "post": _PUBLISH},
        "/api/inspections/instruments/{code}/{version}": {"get": _READ},
        "/api/inspections/instruments/{code}/{version}/difference": {"get": _DIFFERENCE},
        "/api/inspections/instruments/{code}/{version}/editions": {"post": _OWN_VERSION},
        "/api/inspections/instruments/{code}/{version}/withdrawal": {"post": _WITHDRAW},
        "/api/instruments/{code}/{version}/compute": {"post": _COMPUTE},
    },
    bodies=(Findings, CountedFinding, Publication, Wishes, Withdrawal, Instrument, Change),
    details={
        "Findings": {
            "findings": map_of(ref("Finding"), "Kunci indikator dan temuannya"),
            "f03": _F03,
            "convention": {"description": "exact atau parts-2"},
            "day": {"description": "Memilih kategori yang berlaku"},
        },
        "CountedFinding": {
            "value": {
                "type": ["number", "string", "boolean", "null"],
                "description": "Menggantikan hasil hitungan",
            },
            "items": {"description": "Butir yang ada"},
            "note": {"description": "Wajib bila value berbeda dari hasil hitungan"},
        },
        "Publication": {"instrument": {"anyOf": [ref("Instrument"), TEXT]}},
    },
    schemas={
        "Finding": _FINDING,
        "Score": _SCORE,
        "UsersScore": _USERS_SCORE,
        "CombinedScore": _COMBINED,
        "InstrumentSummary": record(_SUMMARY),
        "InstrumentList": record({"items": list_of(ref("InstrumentSummary"))}),
        "PublishedInstrument": record({**_SUMMARY, "instrument": ref("Instrument")}),
        "NewInstrument": record({**_SUMMARY, "difference": or_null(ref("InstrumentDifference"))}),
        "InstrumentDifference": record(
            {
                "from": _NAMED,
                "to": _NAMED,
                "sums_as_before": YES_NO,
                "changes": list_of(ref("Change")),
                "tells": described(TEXTS, "Bedanya dalam kalimat"),
            }
        ),
    },
)
