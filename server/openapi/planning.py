"""The plan of an evaluation in the document: its period and target, its units, who visits them until when."""

from server.accounts.access import Access
from server.inspections.evaluations.plan import WITHOUT_F03
from server.inspections.evaluations.wire import (
    AssignmentPlan,
    EvaluationChange,
    EvaluationPlan,
    Reasoned,
    UnitsChosen,
)
from server.openapi.parts import (
    BODY_REFUSALS,
    DAY,
    DECIMAL,
    PAGED,
    SHA256,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    TIME,
    TIME_OR_NULL,
    WHOLE,
    YES_NO,
    Chapter,
    Schema,
    body,
    described,
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

_PLAN_REFUSALS = ("unknown_evaluation", "wrong_state")

_EVALUATIONS = operation(
    "evaluations",
    "Evaluasi yang boleh Anda lihat, terbaru dahulu",
    Access.SEE_INSPECTIONS,
    query=[flag("open", "hanya yang belum ditutup"), *PAGED],
    answers={"200": told("EvaluationList", "Satu halaman")},
)

_PLAN = operation(
    "planEvaluation",
    "Rencanakan evaluasi",
    Access.PLAN_INSPECTIONS,
    "Instrumen disebut sebagai kode/versi; yang dikosongkan diambil dari instrumennya.",
    body=body("EvaluationPlan"),
    answers={
        "201": {
            **told("Evaluation", "Direncanakan"),
            "headers": {"Location": {"description": "Alamatnya", "schema": TEXT}},
        }
    },
    refuses=(*BODY_REFUSALS, "bad_evaluation", "unknown_instrument"),
)

_EVALUATION = operation(
    "evaluation",
    "Satu evaluasi: unit-unitnya dan sejauh mana penilaiannya",
    Access.SEE_INSPECTIONS,
    "Unit hanya membaca tentang dirinya, dan tidak membaca siapa yang datang dan kapan.",
    answers={"200": told("Evaluation", "Evaluasi")},
    refuses=("unknown_evaluation",),
)

_CHANGE = operation(
    "changeEvaluation",
    "Ubah rencana; yang tidak disebut tetap",
    Access.PLAN_INSPECTIONS,
    "Instrumen dan cara hitung tidak dapat diganti.",
    body=body("EvaluationChange"),
    answers={"200": told("Evaluation", "Rencana sekarang")},
    refuses=(*BODY_REFUSALS, *_PLAN_REFUSALS, "bad_evaluation"),
)

_CLOSE = operation(
    "closeEvaluation",
    "Tutup evaluasi, dengan alasan",
    Access.PLAN_INSPECTIONS,
    body=body("Reasoned"),
    answers={"200": told("Evaluation", "Ditutup")},
    refuses=(*BODY_REFUSALS, *_PLAN_REFUSALS, "bad_evaluation"),
)

_REOPEN = operation(
    "reopenEvaluation",
    "Buka lagi evaluasi yang ditutup, dengan alasan",
    Access.PLAN_INSPECTIONS,
    body=body("Reasoned"),
    answers={"200": told("Evaluation", "Terbuka lagi")},
    refuses=(*BODY_REFUSALS, *_PLAN_REFUSALS, "bad_evaluation"),
)

_ADD_UNITS = operation(
    "addUnits",
    "Pilih banyak unit sekaligus: menurut nama, jenis, atau semua yang buka",
    Access.PLAN_INSPECTIONS,
    "Semua menjadi lokus atau, bila satu tidak dapat, tidak satu pun.",
    body=body("UnitsChosen"),
    answers={
        "201": told("UnitsAdded", "Ditambahkan"),
        "200": told("UnitsAdded", "Semuanya sudah dipilih sebelumnya"),
    },
    refuses=(*BODY_REFUSALS, *_PLAN_REFUSALS, "bad_evaluation"),
)

_ADD_UNIT = operation(
    "addUnit",
    "Pilih satu unit; aman diulang",
    Access.PLAN_INSPECTIONS,
    answers={"201": told("Locus", "Ditambahkan"), "200": told("Locus", "Sudah dipilih sebelumnya")},
    refuses=(*_PLAN_REFUSALS, "unknown_unit", "bad_evaluation"),
)

_REMOVE_UNIT = operation(
    "removeUnit",
    "Keluarkan unit yang belum dinilai; penugasannya ditarik",
    Access.PLAN_INSPECTIONS,
    answers={"200": told("RemovedLocus", "Dikeluarkan")},
    refuses=(*_PLAN_REFUSALS, "unknown_locus"),
)

_ASSIGNMENTS = operation(
    "assignments",
    "Penugasan yang boleh Anda lihat, tenggat terdekat dahulu",
    Access.SEE_INSPECTIONS,
    query=[
        query("evaluation", "Nomor evaluasi"),
        query("person", "Nama pengguna yang ditugaskan"),
        flag("overdue", "hanya yang lewat tenggat"),
        *PAGED,
    ],
    answers={"200": told("AssignmentList", "Satu halaman")},
    refuses=("unknown_evaluation",),
)

_ASSIGN = operation(
    "assign",
    "Tugaskan pemeriksa ke sebuah unit, atau ke satu layanannya",
    Access.PLAN_INSPECTIONS,
    "Yang sudah ditugaskan mendapat tim dan tenggat yang dikirim.",
    body=body("AssignmentPlan"),
    answers={
        "201": told("Assignment", "Ditugaskan"),
        "200": told("Assignment", "Sudah ditugaskan sebelumnya"),
    },
    refuses=(
        *(*BODY_REFUSALS, *_PLAN_REFUSALS, "bad_evaluation"),
        *("unknown_locus", "unknown_person", "unknown_public_service"),
    ),
)

_WITHDRAW = operation(
    "withdrawAssignment",
    "Tarik penugasan yang belum ada hasilnya",
    Access.PLAN_INSPECTIONS,
    answers={"200": told("WithdrawnAssignment", "Ditarik")},
    refuses=(*_PLAN_REFUSALS, "not_found"),
)

# ── what is answered ──

_BY_STATE = map_of(WHOLE, "Berapa kunjungan, menurut status")

_ASSIGNMENT: dict[str, Schema] = {
    "id": WHOLE,
    "evaluation": record({"id": WHOLE, "title": TEXT}),
    "unit": record({"slug": TEXT, "name": TEXT, "address": TEXT}),
    "service": or_null(record({"slug": TEXT, "name": TEXT})),
    "team": TEXT,
    "person": record({"username": TEXT, "name": TEXT}),
    "due_day": DAY,
    "days_left": described(WHOLE, "Menurut zona waktu unit; 0: hari ini"),
    "is_overdue": YES_NO,
    "state": described(TEXT_OR_NULL, "Status kunjungan terakhir; null: belum mulai"),
}

_LOCUS: dict[str, Schema] = {
    "unit": described(TEXT, "Nama pendek unit"),
    "name": TEXT,
    "kind": TEXT,
    "address": TEXT,
    "code": described(TEXT, "Kode F-03"),
    "added_at": TIME,
}

_LOCUS_LINE = record(
    {
        **_LOCUS,
        "services": WHOLE,
        "visits": _BY_STATE,
        "self_assessments": _BY_STATE,
        "is_pinned": described(YES_NO, "Nilainya sudah final"),
    },
    {"assignments": list_of(ref("Assignment"))},
)

_FACTS: dict[str, Schema] = {
    "id": WHOLE,
    "title": TEXT,
    "instrument": record(
        {"address": described(TEXT, "kode/versi"), "sha256": SHA256, "title": TEXT},
        {"per": one_of("unit", "product"), "teams": TEXTS},
    ),
    "first_day": DAY,
    "last_day": DAY,
    "convention": TEXT,
    "target": DECIMAL,
    "reply_days": WHOLE,
    "repair_days": WHOLE,
    "without_f03": one_of(*WITHOUT_F03),
    "created_at": TIME,
    "closed_at": TIME_OR_NULL,
    "progress": record(
        {"loci": WHOLE, "pinned": WHOLE}, {"visited": WHOLE, "verified": WHOLE, "visits": _BY_STATE}
    ),
}

PLANNING = Chapter(
    "Rencana evaluasi",
    paths={
        "/api/inspections/evaluations": {"get": _EVALUATIONS, "post": _PLAN},
        "/api/inspections/evaluations/{evaluation_id}": {"get": _EVALUATION, "patch": _CHANGE},
        "/api/inspections/evaluations/{evaluation_id}/closure": {"post": _CLOSE},
        "/api/inspections/evaluations/{evaluation_id}/reopening": {"post": _REOPEN},
        "/api/inspections/evaluations/{evaluation_id}/units": {"post": _ADD_UNITS},
        "/api/inspections/evaluations/{evaluation_id}/units/{slug}": {
            "put": _ADD_UNIT,
            "delete": _REMOVE_UNIT,
        },
        "/api/inspections/evaluations/{evaluation_id}/assignments": {"post": _ASSIGN},
        "/api/inspections/evaluations/{evaluation_id}/assignments/{assignment_id}": {"delete": _WITHDRAW},
        "/api/inspections/assignments": {"get": _ASSIGNMENTS},
    },
    bodies=(EvaluationPlan, EvaluationChange, Reasoned, UnitsChosen, AssignmentPlan),
    schemas={
        "EvaluationLine": record(_FACTS),
        "EvaluationList": page_of("EvaluationLine"),
        "Evaluation": record(
            {**_FACTS, "loci": list_of(_LOCUS_LINE)},
            {
                "overdue": list_of(ref("Assignment")),
                "unassigned": described(TEXTS, "Unit yang belum ditugaskan kepada siapa pun"),
            },
        ),
        "Locus": record(_LOCUS),
        "RemovedLocus": record({**_LOCUS, "removed_at": TIME}),
        "UnitsAdded": record({"added": TEXTS, "already": TEXTS}),
        "Assignment": record(_ASSIGNMENT),
        "AssignmentList": page_of("Assignment"),
        "WithdrawnAssignment": record({**_ASSIGNMENT, "withdrawn_at": TIME}),
    },
)
