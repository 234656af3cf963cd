"""After verification in the document: a unit's replies and the decisions on them, and what is put right."""

from server.accounts.access import Access
from server.inspections.followups.progress import STATES
from server.inspections.followups.wire import (
    SentClosure,
    SentPlan,
    SentPostponement,
    SentReopening,
    SentRepair,
)
from server.inspections.replies.wire import SentDecision, SentReply
from server.openapi.parts import (
    BODY_REFUSALS,
    DAY,
    DECIMAL,
    DECIMAL_OR_NULL,
    PAGED,
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
    flag,
    list_of,
    one_of,
    operation,
    or_null,
    page_of,
    query,
    record,
    ref,
    told,
)

_FILTERS = (query("evaluation", "Nomor evaluasi"), query("unit", "Nama pendek unit"))

# ── replies ──

_ANSWER = operation(
    "answerFinding",
    "Tanggapan unit atas satu temuan yang terverifikasi",
    Access.ANSWER_FINDINGS,
    "Aman diulang. Hanya dalam masa sanggah; sesudahnya closed_reply menyebut last_day.",
    body=body("SentReply"),
    answers={
        "201": told("Reply", "Tersimpan"),
        "200": told("Reply", "Sudah tersimpan sebelumnya, isinya sama"),
    },
    refuses=(
        *(*BODY_REFUSALS, "bad_id", "id_taken", "unknown_visit", "bad_finding", "wrong_state", "final"),
        *("closed_reply", "unknown_evidence", "bad_evidence"),
    ),
)

_DECIDE = operation(
    "decideReply",
    "Putusan: temuan tetap, atau nilai lain berlaku",
    Access.VERIFY_VISITS,
    "Bukan oleh yang mencatat kunjungannya.",
    body=body("SentDecision"),
    answers={"201": told("Reply", "Diputuskan"), "200": told("Reply", "Sudah diputuskan sama sebelumnya")},
    refuses=(*BODY_REFUSALS, "unknown_reply", "own_work", "wrong_state", "final", "bad_finding"),
)

_REPLIES = operation(
    "replies",
    "Tanggapan yang boleh Anda baca, yang terlama menunggu dahulu",
    Access.SEE_INSPECTIONS,
    query=[*_FILTERS, flag("open", "hanya yang belum diputuskan"), *PAGED],
    answers={"200": told("ReplyList", "Satu halaman")},
    refuses=("unknown_evaluation", "unknown_unit", "unknown_reply"),
)

# ── follow-ups ──

_FOLLOW_UPS = operation(
    "followUps",
    "Tindak lanjut yang boleh Anda lihat, tenggat terdekat dahulu",
    Access.SEE_INSPECTIONS,
    query=[
        *_FILTERS,
        query("state", "Status", enum=list(STATES)),
        flag("overdue", "hanya yang lewat tenggat"),
        *PAGED,
    ],
    answers={"200": told("FollowUpList", "Satu halaman")},
    refuses=("unknown_evaluation", "unknown_unit", "bad_form", "unknown_follow_up"),
)

_RATE = operation(
    "closingRate",
    "Berapa tindak lanjut yang selesai, seluruhnya dan per unit",
    Access.SEE_INSPECTIONS,
    query=[
        _FILTERS[0],
        query("from", "Dibuka sejak hari ini (tahun-bulan-hari)", format="date"),
        query("to", "Dibuka sampai hari ini (tahun-bulan-hari)", format="date"),
    ],
    answers={"200": told("ClosingRate", "Hitungannya")},
    refuses=("unknown_evaluation", "bad_period"),
)

_CHANGE_REFUSALS = (*BODY_REFUSALS, "unknown_follow_up", "wrong_state")

_PLAN = operation(
    "planRepair",
    "Siapa yang memperbaiki, dan bila perlu tenggat yang lebih awal",
    Access.ANSWER_FINDINGS,
    body=body("SentPlan"),
    answers={"200": told("FollowUp", "Tercatat")},
    refuses=_CHANGE_REFUSALS,
)

_POSTPONE = operation(
    "postponeRepair",
    "Tenggat yang lebih lama, dengan alasan",
    Access.VERIFY_VISITS,
    body=body("SentPostponement"),
    answers={"200": told("FollowUp", "Tenggat baru")},
    refuses=_CHANGE_REFUSALS,
)

_REPAIR = operation(
    "reportRepair",
    "Laporkan perbaikan beserta buktinya",
    Access.ANSWER_FINDINGS,
    body=body("SentRepair"),
    answers={"200": told("FollowUp", "Dilaporkan")},
    refuses=(*_CHANGE_REFUSALS, "bad_evidence", "unknown_evidence", "id_taken"),
)

_CLOSE = operation(
    "closeFollowUp",
    "Tutup: orang lain sudah melihat perbaikannya",
    Access.VERIFY_VISITS,
    body=body("SentClosure"),
    answers={"200": told("FollowUp", "Selesai")},
    refuses=(*_CHANGE_REFUSALS, "own_work"),
)

_REOPEN = operation(
    "reopenFollowUp",
    "Buka lagi: ternyata belum diperbaiki",
    Access.VERIFY_VISITS,
    body=body("SentReopening"),
    answers={"200": told("FollowUp", "Terbuka lagi")},
    refuses=_CHANGE_REFUSALS,
)

# ── what is answered ──

_PIECE = record(
    {
        "id": UUID,
        "kind": TEXT,
        "sha256": SHA256_OR_NULL,
        "caption": TEXT,
        "captured_at": TIME_OR_NULL,
        "source": TEXT,
        "added_at": TIME,
    }
)

_REPLY = record(
    {
        "id": UUID,
        "evaluation": WHOLE,
        "unit": TEXT,
        "unit_name": TEXT,
        "visit": UUID,
        "state": described(TEXT, "Status kunjungannya"),
        "indicator": TEXT,
        "name": TEXT,
        "finding": record(
            {"value": DECIMAL_OR_NULL, "not_applicable": YES_NO, "explanation": TEXT, "note": TEXT}
        ),
        "text": TEXT,
        "evidence": list_of(ref("Piece")),
        "replied_at": TIME,
        "replied_by": TEXT,
        "decision": or_null(
            record(
                {
                    "outcome": one_of("upheld", "kept"),
                    "value": DECIMAL_OR_NULL,
                    "not_applicable": YES_NO,
                    "reason": TEXT,
                    "decided_at": TIME,
                    "decided_by": TEXT,
                }
            )
        ),
    }
)

_FOLLOW_UP = record(
    {
        "id": WHOLE,
        "evaluation": WHOLE,
        "evaluation_title": TEXT,
        "unit": TEXT,
        "unit_name": TEXT,
        "service": TEXT_OR_NULL,
        "indicator": TEXT,
        "name": TEXT,
        "value": DECIMAL,
        "target": DECIMAL,
        "owner": TEXT,
        "due_day": DAY,
        "days_left": described(WHOLE_OR_NULL, "null: tidak lagi menunggu unit"),
        "overdue_by": WHOLE,
        "state": one_of(*STATES),
        "opened_at": TIME,
        "repaired_at": TIME_OR_NULL,
        "closed_at": TIME_OR_NULL,
        "steps": list_of(record({"act": TEXT, "at": TIME, "by": TEXT_OR_NULL, "note": TEXT})),
        "after": list_of(ref("Piece")),
    },
    # an inspector is told neither of another's visit
    {"visit": UUID, "before": list_of(ref("Piece"))},
)

_RATE_OF: dict[str, Schema] = {
    "opened": WHOLE,
    "closed": WHOLE,
    "repaired": WHOLE,
    "open": WHOLE,
    "overdue": WHOLE,
    "closed_in_time": WHOLE,
    "rate": described(DECIMAL_OR_NULL, "Selesai dari yang dibuka, dalam persen"),
}

REPLIES = Chapter(
    "Tanggapan dan putusannya",
    paths={
        "/api/inspections/replies": {"get": _REPLIES},
        "/api/inspections/visits/{visit_id}/findings/{indicator}/replies/{reply_id}": {"put": _ANSWER},
        "/api/inspections/replies/{reply_id}/decision": {"post": _DECIDE},
    },
    bodies=(SentReply, SentDecision),
    schemas={"Piece": _PIECE, "Reply": _REPLY, "ReplyList": page_of("Reply")},
)

FOLLOW_UPS = Chapter(
    "Tindak lanjut",
    paths={
        "/api/inspections/follow-ups": {"get": _FOLLOW_UPS},
        "/api/inspections/follow-ups/rate": {"get": _RATE},
        "/api/inspections/follow-ups/{number}/plan": {"post": _PLAN},
        "/api/inspections/follow-ups/{number}/postponement": {"post": _POSTPONE},
        "/api/inspections/follow-ups/{number}/repair": {"post": _REPAIR},
        "/api/inspections/follow-ups/{number}/closure": {"post": _CLOSE},
        "/api/inspections/follow-ups/{number}/reopening": {"post": _REOPEN},
    },
    bodies=(SentPlan, SentPostponement, SentRepair, SentClosure, SentReopening),
    schemas={
        "FollowUp": _FOLLOW_UP,
        "FollowUpList": page_of("FollowUp"),
        "ClosingRate": record(
            {**_RATE_OF, "units": list_of(record({"unit": TEXT, "unit_name": TEXT, **_RATE_OF}))}
        ),
    },
)
