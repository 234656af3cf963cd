"""Visits in the document: what is recorded, handed in, verified and read, and the evidence for it."""

from server.accounts.access import Access
from server.inspections.evidence.media import ACCEPTED
from server.inspections.evidence.wire import EvidenceFileTold
from server.inspections.visit import STATES
from server.inspections.visits.wire import (
    SentFinding,
    SentFindings,
    SentNote,
    SentReason,
    SentReturn,
    SentVisit,
)
from server.openapi.instruments import FORM_SCORE
from server.openapi.parts import (
    BODY_REFUSALS,
    BYTES,
    DECIMAL_OR_NULL,
    DEGREES_OR_NULL,
    PAGED,
    SHA256,
    SHA256_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
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

_CHANGE_REFUSALS = ("unknown_visit", "foreign_visit", "wrong_state", "final", "bad_finding")

# ── recording ──

_PUT_VISIT = operation(
    "putVisit",
    "Mulai satu kunjungan",
    Access.RECORD_VISITS,
    "Aman diulang. Tim diambil dari penugasan. F-02 oleh pemeriksa yang ditugaskan; F-01 oleh petugas unitnya.",
    body=body("SentVisit"),
    answers={
        "201": told("BegunVisit", "Kunjungan dimulai"),
        "200": told("BegunVisit", "Sudah dimulai sebelumnya, isinya sama"),
    },
    refuses=(
        *BODY_REFUSALS,
        *("bad_id", "id_taken", "not_assigned", "unknown_evaluation", "unknown_unit", "unknown_locus"),
        *("unknown_public_service", "wrong_state", "bad_finding"),
    ),
)

_PUT_FINDINGS = operation(
    "putFindings",
    "Banyak temuan sekaligus: semua tersimpan, atau tidak satu pun",
    Access.RECORD_VISITS,
    "Setiap temuan yang salah disebut dalam faults.",
    body=body("SentFindings"),
    answers={"200": told("JudgedFindings", "Tersimpan, dengan nilainya")},
    refuses=(*BODY_REFUSALS, *_CHANGE_REFUSALS),
)

_PUT_FINDING = operation(
    "putFinding",
    "Temuan pada satu indikator",
    Access.RECORD_VISITS,
    "Isi yang sama tidak mengubah apa pun; isi lain menambah catatan baru, yang lama tetap terbaca. "
    "Bukti yang belum ada hanya diperingatkan (lacks).",
    body=body("SentFinding"),
    answers={"200": told("JudgedFinding", "Tersimpan, dengan nilainya")},
    refuses=(*BODY_REFUSALS, *_CHANGE_REFUSALS, "unknown_evidence", "bad_evidence", "id_taken"),
)

_DELETE_FINDING = operation(
    "deleteFinding",
    "Kosongkan satu indikator beserta buktinya; catatan lamanya tetap terbaca",
    Access.RECORD_VISITS,
    answers={"200": told("JudgedFinding", "Kosong")},
    refuses=_CHANGE_REFUSALS,
)

_DELETE_EVIDENCE = operation(
    "deleteEvidence",
    "Lepaskan satu bukti dari temuan",
    Access.RECORD_VISITS,
    answers={"200": told("JudgedFinding", "Terlepas")},
    refuses=(*_CHANGE_REFUSALS, "no_such_evidence"),
)

# ── handing in, verifying, returning ──

_SUBMIT = operation(
    "submitVisit",
    "Serahkan kunjungan yang semua indikatornya terisi",
    Access.RECORD_VISITS,
    body=body("SentNote", required=False),
    answers={"200": told("VisitState", "Diserahkan, atau sudah diserahkan sebelumnya")},
    refuses=(*BODY_REFUSALS, *_CHANGE_REFUSALS, "incomplete_visit"),
)

_VERIFY = operation(
    "verifyVisit",
    "Verifikasi kunjungan orang lain yang lengkap dengan buktinya",
    Access.VERIFY_VISITS,
    body=body("SentNote", required=False),
    answers={"200": told("VisitState", "Terverifikasi, atau sudah terverifikasi sebelumnya")},
    refuses=(
        *(*BODY_REFUSALS, "unknown_visit", "own_work", "wrong_state", "final"),
        *("incomplete_visit", "bad_finding"),
    ),
)

_RETURN = operation(
    "returnVisit",
    "Kembalikan kunjungan dengan alasan per indikator",
    Access.VERIFY_VISITS,
    body=body("SentReturn"),
    answers={"200": told("VisitState", "Dikembalikan")},
    refuses=(*BODY_REFUSALS, "unknown_visit", "wrong_state", "final", "bad_finding"),
)

_WITHDRAW = operation(
    "withdrawVisit",
    "Batalkan kunjungan yang tidak akan selesai; semua isinya tetap tersimpan",
    Access.SEE_INSPECTIONS,
    "Oleh yang memulainya, atau Bagian Organisasi. Aman diulang.",
    body=body("SentReason"),
    answers={"200": told("VisitState", "Dibatalkan, atau sudah dibatalkan sebelumnya")},
    refuses=(*BODY_REFUSALS, *_CHANGE_REFUSALS),
)

# ── reading ──

_VISITS = operation(
    "visits",
    "Kunjungan yang boleh Anda baca, terbaru dahulu",
    Access.SEE_INSPECTIONS,
    query=[
        query("evaluation", "Nomor evaluasi"),
        query("unit", "Nama pendek unit"),
        query("state", "Status", enum=list(STATES)),
        query("form", "Formulir", enum=["F-01", "F-02"]),
        query("person", "Nama pengguna yang mencatat"),
        *PAGED,
    ],
    answers={"200": told("VisitList", "Satu halaman")},
    refuses=("unknown_evaluation", "unknown_unit", "bad_form"),
)

_VISIT = operation(
    "visit",
    "Satu kunjungan: temuan, bukti, kekurangan, riwayat, dan nilai dari kunjungan ini saja",
    Access.SEE_INSPECTIONS,
    query=[flag("records", "sertakan catatan lama dari temuan yang diubah")],
    answers={"200": told("Visit", "Kunjungan")},
    refuses=("unknown_visit", "foreign_visit"),
)


def _findings_file(kind: str, media_type: str) -> dict[str, Schema]:
    return operation(
        f"findings{kind.capitalize()}",
        f"Temuan sebuah evaluasi sebagai {kind.upper()}: satu baris per kunjungan dan indikator",
        Access.SEE_INSPECTIONS,
        answers={"200": file(kind.upper(), media_type)},
        refuses=("unknown_evaluation",),
    )


# ── evidence files ──

_BRING = operation(
    "putEvidence",
    "Unggah satu berkas bukti di bawah SHA-256 isinya",
    Access.RECORD_VISITS,
    "Aman diulang. Jenisnya dibaca dari isinya, bukan dari namanya; nama boleh dikirim pada X-File-Name.",
    query=[
        {
            "name": "X-File-Name",
            "in": "header",
            "description": "Nama berkas, percent-encoded",
            "schema": TEXT,
        }
    ],
    body={
        "required": True,
        "content": {one: {"schema": BYTES} for one in ("application/octet-stream", *ACCEPTED)},
    },
    answers={
        "201": told("EvidenceFileTold", "Tersimpan"),
        "200": told("EvidenceFileTold", "Isi ini sudah tersimpan sebelumnya"),
    },
    refuses=("unreadable", "too_large", "bad_evidence", "damaged", "no_room"),
)

_FETCH = operation(
    "evidence",
    "Satu berkas bukti",
    Access.SEE_INSPECTIONS,
    answers={"200": file("Isi berkas", *ACCEPTED)},
    refuses=("no_such_evidence", "broken"),
)

# ── what is answered ──

_STATE = one_of(*STATES)
_LACK = record(
    {"indicator": TEXT, "code": one_of("not_filled", "no_evidence", "awaited", "unusable"), "detail": TEXT},
)
_PLACE = or_null(
    record({"latitude": DEGREES_OR_NULL, "longitude": DEGREES_OR_NULL, "accuracy_m": DEGREES_OR_NULL})
)

_VALUE: dict[str, Schema] = {
    "value": described(DECIMAL_OR_NULL, "null: belum diisi atau tidak berlaku"),
    "computed": described(DECIMAL_OR_NULL, "Nilai menurut butir yang ada"),
    "overridden": YES_NO,
    "not_applicable": YES_NO,
    "explanation": TEXT,
}

_SAID: dict[str, Schema] = {
    **_VALUE,
    "items": {"type": ["array", "null"], "items": TEXT},
    "done": WHOLE_OR_NULL,
    "planned": WHOLE_OR_NULL,
    "months": WHOLE_OR_NULL,
    "note": TEXT,
    "person": TEXT,
    "observed_at": TIME,
    "recorded_at": TIME,
}

_CLOCK: dict[str, Schema] = {
    "corrected_at": described(TIME_OR_NULL, "Waktu itu menurut jam server; null: tidak dari ponsel"),
    "clock_doubt": described(one_of("", "no_contact", "changed", "ahead"), "Mengapa waktunya diragukan"),
}

_PIECE = record(
    {
        "id": UUID,
        "indicator": TEXT,
        "kind": TEXT,
        "sha256": SHA256_OR_NULL,
        "caption": TEXT,
        "source": TEXT,
        "captured_at": TIME_OR_NULL,
        "added_at": TIME,
        "place": _PLACE,
        **_CLOCK,
    }
)

_AWAITED = record(
    {"id": UUID, "indicator": TEXT, "kind": TEXT, "sha256": SHA256, "since": TIME, "fault": TEXT}
)

_SIGNAL = record(
    {
        "kind": one_of("alike", "travel", "away"),
        "evidence": described(TEXT, "Id bukti yang ditandai"),
        "indicator": TEXT,
        "other": or_null(
            record(
                {
                    "evidence": TEXT,
                    "visit": TEXT,
                    "indicator": TEXT,
                    "unit": record({"slug": TEXT, "name": TEXT}),
                }
            )
        ),
        "metres": WHOLE_OR_NULL,
        "minutes": WHOLE_OR_NULL,
        "bits": described(WHOLE_OR_NULL, "Berapa dari 64 bit yang berbeda"),
        "is_same": described(YES_NO, "Gambar yang sama persis"),
    }
)

_STEP = record({"state": _STATE, "at": TIME, "person": TEXT_OR_NULL, "note": TEXT, "reasons": map_of(TEXT)})

_LINE: dict[str, Schema] = {
    "id": UUID,
    "evaluation": record({"id": WHOLE, "title": TEXT}),
    "unit": record({"slug": TEXT, "name": TEXT, "zone": TEXT}),
    "service": or_null(record({"slug": TEXT, "name": TEXT})),
    "form": one_of("F-01", "F-02"),
    "team": TEXT,
    "person": record({"username": TEXT, "name": TEXT}),
    "state": _STATE,
    "status": described(TEXT, "Status dengan kata-kata"),
    "findings": described(WHOLE, "Berapa indikator yang dicatat"),
    "made_at": TIME,
    "received_at": TIME,
    "submitted_at": TIME_OR_NULL,
    "verified_at": TIME_OR_NULL,
    "verified_by": TEXT_OR_NULL,
    "final_at": TIME_OR_NULL,
    **_CLOCK,
}

VISITS = Chapter(
    "Kunjungan dan bukti",
    paths={
        "/api/inspections/visits": {"get": _VISITS},
        "/api/inspections/visits/{visit}": {"get": _VISIT, "put": _PUT_VISIT},
        "/api/inspections/visits/{visit}/findings": {"put": _PUT_FINDINGS},
        "/api/inspections/visits/{visit}/findings/{indicator}": {
            "put": _PUT_FINDING,
            "delete": _DELETE_FINDING,
        },
        "/api/inspections/visits/{visit}/findings/{indicator}/evidence/{piece}": {"delete": _DELETE_EVIDENCE},
        "/api/inspections/visits/{visit}/submission": {"post": _SUBMIT},
        "/api/inspections/visits/{visit}/verification": {"post": _VERIFY},
        "/api/inspections/visits/{visit}/return": {"post": _RETURN},
        "/api/inspections/visits/{visit}/withdrawal": {"post": _WITHDRAW},
        "/api/inspections/evidence/{sha256}": {"get": _FETCH, "put": _BRING},
        "/api/inspections/evaluations/{evaluation}/findings.csv": {"get": _findings_file("csv", "text/csv")},
        "/api/inspections/evaluations/{evaluation}/findings.xlsx": {
            "get": _findings_file("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        },
    },
    bodies=(
        *(SentVisit, SentFinding, SentFindings, SentNote, SentReason, SentReturn),
        EvidenceFileTold,
    ),
    schemas={
        "BegunVisit": record(
            {
                "id": UUID,
                "evaluation": WHOLE,
                "unit": TEXT,
                "service": TEXT_OR_NULL,
                "form": one_of("F-01", "F-02"),
                "team": TEXT,
                "state": _STATE,
                "made_at": TIME,
                "received_at": TIME,
            }
        ),
        "Lack": _LACK,
        "JudgedFinding": record({"indicator": TEXT, **_VALUE, "lacks": list_of(ref("Lack"))}),
        "JudgedFindings": record({"findings": list_of(ref("JudgedFinding"))}),
        "VisitState": record(
            {
                "id": UUID,
                "state": _STATE,
                "submitted_at": TIME_OR_NULL,
                "verified_at": TIME_OR_NULL,
                "lacks": list_of(ref("Lack")),
            }
        ),
        "VisitLine": record(_LINE),
        "VisitList": page_of("VisitLine"),
        "Visit": record(
            {
                **_LINE,
                "instrument": described(TEXT, "kode/versi"),
                "edition": described(SHA256, "SHA-256 instrumen yang dipakai"),
                "findings": map_of(record({**_SAID, **_CLOCK, "place": _PLACE}), "Indikator dan temuannya"),
                "evidence": list_of(_PIECE),
                "awaited": described(list_of(_AWAITED), "Bukti yang berkasnya belum sampai dari ponsel"),
                "revision": WHOLE,
                "skew_ms": described(WHOLE_OR_NULL, "Selisih jam ponsel dari jam server"),
                "lacks": list_of(ref("Lack")),
                "steps": described(list_of(_STEP), "Riwayat status, dengan alasan pengembalian"),
                "score": record(FORM_SCORE),
            },
            {
                "records": map_of(list_of(record(_SAID)), "Indikator dan catatan lamanya"),
                "signals": described(
                    list_of(_SIGNAL), "Yang perlu dilihat pada foto; hanya untuk Bagian Organisasi"
                ),
            },
        ),
    },
)
