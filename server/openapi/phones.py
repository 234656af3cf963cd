"""Phones in the document: signing in, what they send and fetch, and photos on their way (tus 1.0.0)."""

from typing import Any

from server.accounts.access import Access, Role
from server.accounts.session_routes import SignIn
from server.inspections.visits.phone_wire import InspectionBody, PhoneFinding
from server.openapi.parts import (
    BODY_REFUSALS,
    BYTES,
    TEXT,
    TIME,
    UNREAD,
    WHOLE,
    YES_NO,
    Chapter,
    Schema,
    body,
    described,
    file,
    list_of,
    one_of,
    operation,
    query,
    record,
    ref,
    told,
)
from server.sync.wire import Push, PushedItem, Result

# ── signing in ──

_SIGN_IN = operation(
    "signIn",
    "Masuk dari aplikasi; kuki sesinya sama dengan halaman staf",
    Access.PUBLIC,
    body=body("SignIn"),
    answers={"200": told("Person", "Masuk, dengan kuki sesi")},
    refuses=(*BODY_REFUSALS, "wrong_credentials", "too_many_tries", "stale_form"),
)

_SIGNED_IN = operation(
    "signedIn",
    "Siapa yang sedang masuk",
    Access.SIGNED_IN,
    answers={"200": told("Person", "Anda")},
)

_SIGN_OUT = operation(
    "signOut",
    "Keluar; pekerjaan di ponsel tidak tersentuh",
    Access.PUBLIC,
    answers={"204": {"description": "Sudah keluar"}},
    refuses=("stale_form",),
)

# ── what is sent and fetched ──

_PUSH = operation(
    "push",
    "Kirim sampai 100 kiriman; setiap kiriman dinilai sendiri",
    Access.RECORD_VISITS,
    "body_sha256 dihitung atas byte body persis seperti dalam permintaan. Jawaban 200 berarti dinilai; sebuah kiriman "
    "tersimpan bila hasilnya accepted atau duplicate dengan id dan body_sha256 yang sama. Yang rejected dan conflict "
    "disimpan di karantina. Mengirim ulang tidak mengubah apa pun. Boleh dimampatkan dengan gzip.",
    body=body("Push"),
    answers={"200": told("PushAnswer", "Satu hasil tiap kiriman, menurut urutannya")},
    refuses=(*UNREAD, "too_many_items", "app_too_old", "no_room", "overloaded"),
)

_PULL = operation(
    "pull",
    "Yang berubah sejak cursor; tanpa cursor semuanya",
    Access.SIGNED_IN,
    "reset: lupakan yang lama. more: ambil lagi dengan cursor yang baru. ETag adalah cursor.",
    query=[query("cursor", "cursor dari jawaban sebelumnya")],
    answers={
        "200": told("PullAnswer", "Yang belum diketahui ponsel"),
        "304": {"description": "Tidak ada yang berubah; waktu server ada di Loket-Now dan Loket-Contact"},
    },
)

# ── photos ──

_TUS = ("tus_version", "bad_upload", "unknown_upload", "gone_upload", "busy_upload")

_RESUMABLE: Schema = {
    "name": "Tus-Resumable",
    "in": "header",
    "required": True,
    "description": "Versi tus",
    "schema": one_of("1.0.0"),
}
_OFFSET: Schema = {
    "name": "Upload-Offset",
    "in": "header",
    "required": True,
    "description": "Byte yang sudah ada di server",
    "schema": WHOLE,
}
_CHECKSUM: Schema = {
    "name": "Upload-Checksum",
    "in": "header",
    "description": "sha1 atau sha256, lalu isinya dalam base64",
    "schema": TEXT,
}


def _headers(**headers: str) -> dict[str, Any]:
    return {
        name.replace("_", "-"): {"description": description, "schema": TEXT}
        for name, description in headers.items()
    }


_CONTENT = {"required": True, "content": {"application/offset+octet-stream": {"schema": BYTES}}}

_CREATE = operation(
    "createUpload",
    "Mulai mengunggah satu foto (tus: creation, creation-with-upload)",
    Access.RECORD_VISITS,
    "Upload-Metadata: sha256, filetype, filename, person, inspection (nilainya dalam base64). Yang pernah dibawa "
    "pengirimnya langsung selesai: Upload-Offset sama dengan panjangnya.",
    query=[
        _RESUMABLE,
        {
            "name": "Upload-Length",
            "in": "header",
            "required": True,
            "description": "Panjang seluruh berkas dalam byte",
            "schema": WHOLE,
        },
        {
            "name": "Upload-Metadata",
            "in": "header",
            "description": "Pasangan nama dan nilai, dipisah koma",
            "schema": TEXT,
        },
        _CHECKSUM,
    ],
    body={**_CONTENT, "required": False},
    answers={
        "201": {
            "description": "Dimulai",
            "headers": _headers(Location="Alamat unggahan", Upload_Offset="Byte yang sudah di server"),
        }
    },
    refuses=(
        "not_their_work",
        "foreign_visit",
        *("tus_version", "bad_upload", "too_large", "too_many_uploads", "wrong_content_type"),
        *("bad_checksum", "bad_evidence", "no_room"),
    ),
)

_TELL = operation(
    "upload",
    "Berapa byte yang sudah aman di server",
    Access.RECORD_VISITS,
    query=[_RESUMABLE],
    answers={
        "200": {
            "description": "Lanjutkan dari Upload-Offset",
            "headers": _headers(
                Upload_Offset="Byte yang sudah di server", Upload_Length="Panjang seluruhnya"
            ),
        }
    },
    refuses=_TUS,
)

_CONTINUE = operation(
    "continueUpload",
    "Byte berikutnya; dengan byte terakhir SHA-256 yang diumumkan diperiksa",
    Access.RECORD_VISITS,
    query=[_RESUMABLE, _OFFSET, _CHECKSUM],
    body=_CONTENT,
    answers={
        "204": {"description": "Diterima", "headers": _headers(Upload_Offset="Byte yang sudah di server")}
    },
    refuses=(
        *_TUS,
        *("wrong_offset", "wrong_content_type", "too_large", "bad_checksum", "bad_evidence", "no_room"),
    ),
)

_END = operation(
    "endUpload",
    "Akhiri unggahan yang belum selesai; foto yang sudah disimpan tetap ada",
    Access.RECORD_VISITS,
    query=[_RESUMABLE],
    answers={"204": {"description": "Berakhir"}},
    refuses=_TUS,
)

_THUMBNAIL = operation(
    "thumbnail",
    "Gambar kecil dari bukti foto (JPEG, 320 piksel)",
    Access.SEE_INSPECTIONS,
    answers={"200": file("Gambar kecil", "image/jpeg")},
    refuses=("no_such_evidence",),
)

# ── shapes ──

_OBJECTS = list_of({"type": "object"})

_CONTACT: dict[str, Schema] = {
    "server_now": TIME,
    "contact": described(TEXT, "Waktu server yang ditandatangani; ponsel menyebutnya sebagai acuan"),
}

_PERSON = record({"username": TEXT, "name": TEXT, "role": one_of(*(role.value for role in Role))})

_PULL_ANSWER = record(
    {
        "cursor": TEXT,
        "more": YES_NO,
        "reset": YES_NO,
        **_CONTACT,
        "oldest_wire": described(WHOLE, "Versi protokol tertua yang masih dimengerti"),
        "person": ref("Person"),
        "units": described(_OBJECTS, "Unit dengan layanan, loket, dan letaknya"),
        "evaluations": _OBJECTS,
        "instruments": described(_OBJECTS, "id adalah SHA-256 isinya; body seperti GET instrumen"),
        "assignments": _OBJECTS,
        "inspections": described(
            _OBJECTS,
            "Kunjungan sendiri, dengan foto yang sudah sampai, yang ditunggu, dan yang tidak dapat dipakai (unusable)",
        ),
        "deleted": list_of(record({"kind": TEXT, "id": TEXT})),
    }
)

PHONES = Chapter(
    "Ponsel",
    paths={
        "/api/session": {"get": _SIGNED_IN, "post": _SIGN_IN, "delete": _SIGN_OUT},
        "/api/sync/push": {"post": _PUSH},
        "/api/sync/pull": {"get": _PULL},
        "/api/photos": {"post": _CREATE},
        "/api/photos/{upload}": {"head": _TELL, "patch": _CONTINUE, "delete": _END},
        "/api/inspections/evidence/{sha256}/thumbnail": {"get": _THUMBNAIL},
    },
    bodies=(SignIn, Push, PushedItem, InspectionBody, PhoneFinding, Result),
    schemas={
        "Person": _PERSON,
        "PushAnswer": record({**_CONTACT, "results": list_of(ref("Result"))}),
        "PullAnswer": _PULL_ANSWER,
    },
    details={
        "Push": {"items": {"items": ref("PushedItem"), "maxItems": 100}},
        "PushedItem": {"body": {"oneOf": [ref("InspectionBody")], "description": "Menurut kind-nya"}},
        "InspectionBody": {"findings": {"additionalProperties": ref("PhoneFinding")}},
        "Result": {"need_photos": {"description": "SHA-256 foto yang belum sampai"}},
    },
)
