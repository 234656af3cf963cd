"""Every refusal Loket gives: one catalogue of codes, each with its status and a sentence that says what to do.

A refusal is raised, never returned, so that the transaction around it rolls back. Programs get
`application/problem+json` (RFC 9457), people get a page with the same sentence.
"""

from collections.abc import Callable
from typing import Any

import msgspec


class Kind(msgspec.Struct, frozen=True):
    status: int
    title: str
    detail: str
    """Indonesian; `{names}` are filled from the problem's facts."""


PROBLEMS: dict[str, Kind] = {
    # the counter and its survey
    "unknown_counter": Kind(
        404,
        "Kode loket tidak dikenal",
        "Kode loket ini tidak kami kenal. Periksa lagi huruf dan angkanya, atau pindai QR di loket.",
    ),
    "mistyped_counter": Kind(
        404,
        "Kode loket salah ketik",
        "Ada huruf atau angka yang salah pada kode loket ini. Periksa lagi, atau pindai QR di loket.",
    ),
    "revoked_counter": Kind(
        410,
        "Kode loket sudah tidak dipakai",
        "Poster dengan kode ini sudah diganti. Mintalah petugas menunjukkan QR yang baru.",
    ),
    "closed_survey": Kind(
        409,
        "Survei sedang ditutup",
        "Survei di loket ini sedang tidak dibuka. Terima kasih sudah mau memberi pendapat; silakan coba lain waktu.",
    ),
    # a survey answer
    "bad_answer": Kind(
        422, "Jawaban perlu diperbaiki", "{what} Jawaban lain tidak hilang; perbaiki lalu kirim lagi."
    ),
    "no_answer": Kind(
        422, "Belum ada jawaban", "Belum ada satu pun pertanyaan yang dijawab. Jawablah lalu kirim lagi."
    ),
    "long_comment": Kind(
        413,
        "Komentar terlalu panjang",
        "Komentar terlalu panjang (paling banyak {most} huruf). Jawaban lain tidak hilang.",
    ),
    "bad_id": Kind(400, "Nomor jawaban tidak sah", "Nomor jawaban harus berupa UUID."),
    "id_taken": Kind(
        409,
        "Nomor jawaban sudah dipakai",
        "Nomor jawaban ini sudah menyimpan isi yang lain. Muat ulang halaman untuk nomor baru, lalu kirim lagi.",
    ),
    "unknown_receipt": Kind(
        404, "Bukti tidak ditemukan", "Kami tidak menyimpan jawaban dengan nomor ini. Periksa lagi alamatnya."
    ),
    "bad_kiosk_key": Kind(
        403,
        "Tautan kios tidak berlaku",
        "Tautan kios ini tidak berlaku lagi. Mintalah tautan baru kepada petugas unit.",
    ),
    # reading an index or computing one
    "bad_period": Kind(422, "Periode tidak dikenali", "{what}"),
    "bad_convention": Kind(422, "Cara hitung tidak dikenali", "{what}"),
    "bad_table": Kind(422, "Tabel tidak dapat dihitung", "{what}"),
    # units, services, counters, people
    "unknown_unit": Kind(
        404,
        "Unit tidak ditemukan",
        "Unit ini tidak ada atau sudah berganti nama. Cari lagi dari halaman depan.",
    ),
    "unknown_public_service": Kind(
        404, "Layanan tidak ditemukan", "Layanan ini tidak ada pada unit tersebut."
    ),
    "unknown_person": Kind(404, "Akun tidak ditemukan", "Akun ini tidak ada."),
    "bad_form": Kind(422, "Isian perlu diperbaiki", "{what}"),
    "bad_file": Kind(422, "Berkas tidak dapat dibaca", "{what} Tidak ada yang tersimpan."),
    # inspections
    "unknown_instrument": Kind(
        404,
        "Instrumen tidak ditemukan",
        "Instrumen dengan kode dan versi ini tidak ada. Lihat daftarnya di /api/inspections/instruments.",
    ),
    "bad_instrument": Kind(422, "Instrumen perlu diperbaiki", "{what} Tidak ada yang tersimpan."),
    "version_taken": Kind(
        409,
        "Versi sudah terbit",
        "Versi ini sudah terbit dan tidak dapat diubah. Terbitkan dengan nama versi yang baru.",
    ),
    "unknown_evaluation": Kind(
        404, "Evaluasi tidak ditemukan", "Evaluasi ini tidak ada atau bukan untuk unit Anda."
    ),
    "bad_evaluation": Kind(422, "Rencana evaluasi perlu diperbaiki", "{what} Tidak ada yang tersimpan."),
    "unknown_locus": Kind(
        404,
        "Unit bukan lokus evaluasi ini",
        "Unit ini tidak dipilih untuk evaluasi ini. Minta Bagian Organisasi menambahkannya.",
    ),
    "unknown_visit": Kind(404, "Kunjungan tidak ditemukan", "Kunjungan ini tidak ada atau bukan untuk Anda."),
    "foreign_visit": Kind(
        403,
        "Kunjungan orang lain",
        "Kunjungan ini dicatat oleh orang atau tim lain. Buka kunjungan Anda sendiri.",
    ),
    "not_assigned": Kind(
        403,
        "Belum ditugaskan",
        "Anda tidak ditugaskan ke unit ini dalam evaluasi ini. Minta koordinator menugaskan Anda.",
    ),
    "wrong_state": Kind(409, "Belum atau tidak dapat lagi", "{what}"),
    "final": Kind(
        409,
        "Sudah final",
        "Kunjungan ini sudah final dan tidak dapat diubah lagi. Perbaikan dicatat sebagai tindak lanjut.",
    ),
    "bad_finding": Kind(422, "Temuan perlu diperbaiki", "{what} Tidak ada yang tersimpan."),
    "incomplete_visit": Kind(409, "Kunjungan belum lengkap", "{what}"),
    "unknown_evidence": Kind(
        422,
        "Bukti belum diunggah",
        "Berkas bukti {sha256} belum pernah Anda unggah. Unggah berkasnya dahulu, lalu simpan lagi.",
    ),
    "no_such_evidence": Kind(
        404, "Bukti tidak ditemukan", "Berkas bukti ini tidak ada atau bukan untuk Anda."
    ),
    "bad_evidence": Kind(422, "Bukti tidak dapat diterima", "{what} Tidak ada yang tersimpan."),
    "no_room": Kind(
        507,
        "Penyimpanan penuh",
        "Penyimpanan server penuh, berkas Anda belum tersimpan. Simpan berkasnya dan beri tahu pengelola; "
        "unggah lagi nanti.",
    ),
    "own_work": Kind(
        403,
        "Pekerjaan sendiri",
        "Anda tidak dapat memverifikasi atau memutuskan pekerjaan Anda sendiri. Minta orang lain memeriksanya.",
    ),
    "disputed": Kind(409, "Masih diperselisihkan", "{what}"),
    "closed_reply": Kind(409, "Masa sanggah sudah lewat", "{what}"),
    "unknown_reply": Kind(404, "Tanggapan tidak ditemukan", "Tanggapan ini tidak ada atau bukan untuk Anda."),
    "unknown_follow_up": Kind(
        404, "Tindak lanjut tidak ditemukan", "Tindak lanjut ini tidak ada atau bukan untuk unit Anda."
    ),
    "unknown_users_form": Kind(
        404,
        "Formulir tidak ditemukan",
        "Kode formulir ini tidak kami kenal. Pindai lagi QR-nya, atau tanyakan kepada petugas.",
    ),
    "closed_users_form": Kind(
        409, "Formulir sudah ditutup", "Penilaian ini sudah selesai. Terima kasih sudah mau memberi pendapat."
    ),
    # phones
    "wrong_credentials": Kind(
        401,
        "Belum dapat masuk",
        "Nama pengguna atau kata sandi tidak cocok. Periksa lagi, atau hubungi Bagian Organisasi.",
    ),
    "too_many_tries": Kind(
        429,
        "Terlalu banyak percobaan",
        "Sudah terlalu banyak percobaan masuk. Tunggu {minutes} menit, lalu coba lagi. Pekerjaan di ponsel tetap aman.",
    ),
    "app_too_old": Kind(
        426,
        "Aplikasi perlu diperbarui",
        "Aplikasi di ponsel ini terlalu lama untuk server. Perbarui aplikasi; semua pekerjaan tetap ada di ponsel "
        "dan dapat disimpan ke berkas.",
    ),
    "too_many_items": Kind(
        413, "Terlalu banyak sekaligus", "Paling banyak {most} kiriman sekali kirim. Kirim sebagian-sebagian."
    ),
    "bad_item": Kind(
        422, "Kiriman tidak terbaca", "{what} Isinya tetap ada di ponsel dan disimpan untuk diperiksa."
    ),
    "unknown_kind": Kind(
        422, "Jenis kiriman tidak dikenal", "Server tidak mengenal kiriman jenis ini. Perbarui aplikasi."
    ),
    "damaged": Kind(
        422,
        "Rusak di jalan",
        "Isi yang sampai tidak sama dengan yang dikirim, mungkin terpotong di jalan. Kirim lagi; di ponsel masih utuh.",
    ),
    "stale_revision": Kind(
        409,
        "Sudah ada versi lain",
        "Kunjungan ini sudah dikirim dari perangkat lain. Keduanya disimpan; koordinator memilih yang berlaku.",
    ),
    "another_visit": Kind(
        409,
        "Sudah ada kunjungan lain",
        "Anda sudah punya kunjungan lain di tempat ini yang belum selesai. Keduanya disimpan; koordinator memilih "
        "yang berlaku.",
    ),
    "not_their_work": Kind(
        403,
        "Dicatat orang lain",
        "Kunjungan ini dicatat oleh {person}. Masuk sebagai {person} untuk mengirimnya.",
    ),
    "other_instrument": Kind(
        409,
        "Instrumen berbeda",
        "Kunjungan ini memakai versi instrumen yang bukan milik evaluasinya. Koordinator memeriksanya di karantina.",
    ),
    "withdrawn_instrument": Kind(
        409,
        "Instrumen ditarik",
        "Instrumen kunjungan ini sudah ditarik. Kiriman disimpan di karantina; hubungi koordinator.",
    ),
    "unknown_item": Kind(404, "Kiriman tidak ditemukan", "Kiriman ini tidak ada."),
    # photos on their way (tus 1.0.0)
    "tus_version": Kind(412, "Versi tus tidak didukung", "Server ini memakai tus 1.0.0."),
    "bad_upload": Kind(400, "Unggahan tidak sah", "{what}"),
    "unknown_upload": Kind(
        404, "Unggahan tidak ditemukan", "Unggahan ini tidak ada. Mulai lagi; foto di ponsel tidak hilang."
    ),
    "gone_upload": Kind(
        410,
        "Unggahan sudah berakhir",
        "Unggahan ini sudah berakhir. Mulai lagi; foto di ponsel tidak hilang.",
    ),
    "wrong_offset": Kind(
        409, "Posisi tidak cocok", "Server sudah menerima {offset} byte; lanjutkan dari sana."
    ),
    "busy_upload": Kind(423, "Sedang diunggah", "Unggahan ini sedang berjalan. Coba lagi sebentar lagi."),
    "bad_checksum": Kind(
        460,
        "Rusak di jalan",
        "Yang sampai tidak sama dengan yang dikirim, mungkin rusak di jalan. Kirim lagi; di ponsel masih utuh.",
    ),
    "too_many_uploads": Kind(
        429,
        "Terlalu banyak unggahan",
        "Terlalu banyak unggahan yang belum selesai. Lanjutkan yang ada dahulu.",
    ),
    # who may
    "sign_in": Kind(
        401, "Silakan masuk", "Sesi Anda belum dimulai atau sudah berakhir. Masuk lagi untuk melanjutkan."
    ),
    "forbidden": Kind(
        403,
        "Bukan wewenang Anda",
        "Akun Anda tidak berwenang untuk ini. Hubungi Bagian Organisasi bila keliru.",
    ),
    "stale_form": Kind(
        403,
        "Formulir kedaluwarsa",
        "Formulir ini sudah terlalu lama terbuka. Muat ulang halaman, lalu kirim lagi.",
    ),
    # the request itself
    "unreadable": Kind(400, "Isi tidak terbaca", "Isi yang dikirim tidak terbaca: {what}"),
    "wrong_content_type": Kind(415, "Jenis isi tidak didukung", "Kirimkan sebagai {accepted}."),
    "too_large": Kind(
        413,
        "Terlalu besar",
        "Isi yang dikirim terlalu besar (paling banyak {most}). Jawaban di ponsel tidak hilang.",
    ),
    "not_found": Kind(
        404, "Halaman tidak ditemukan", "Alamat ini tidak ada. Mulailah lagi dari halaman depan."
    ),
    "wrong_method": Kind(
        405, "Cara memanggil tidak didukung", "Alamat ini tidak menerima cara pemanggilan tersebut."
    ),
    "overloaded": Kind(
        503,
        "Sedang sangat ramai",
        "Server sedang sangat ramai. Jawaban Anda belum tersimpan di server; coba lagi sebentar lagi.",
    ),
    "broken": Kind(
        500,
        "Ada gangguan di server",
        "Ada gangguan di server kami dan sudah tercatat. Tidak ada yang setengah tersimpan; coba lagi sebentar lagi.",
    ),
}


class Problem(Exception):
    """A refusal by its code; `facts` fill the sentence, `extra` travels beside it for programs."""

    def __init__(
        self,
        code: str,
        *,
        field: str | None = None,
        extra: dict[str, Any] | None = None,
        retry_after_s: int | None = None,
        **facts: object,
    ) -> None:
        self.code = code
        self.kind = PROBLEMS[code]
        self.field = field
        self.extra = extra or {}
        self.retry_after_s = retry_after_s
        self.facts = facts
        self.detail = self.kind.detail.format(**facts)
        super().__init__(f"{code}: {self.detail}")

    @property
    def status(self) -> int:
        return self.kind.status

    def told(self, translate: Callable[[str], str]) -> str:
        """The sentence in the reader's language."""
        return translate(self.kind.detail).format(**self.facts)

    def body(self) -> bytes:
        """The problem document (RFC 9457) with our `code`, and `field` where one input is to blame."""
        document = {
            "type": f"/api#{self.code}",
            "code": self.code,
            "status": self.status,
            "title": self.kind.title,
            "detail": self.detail,
            **({"field": self.field} if self.field else {}),
            **self.extra,
        }
        return msgspec.json.encode(document)

    def headers(self) -> dict[str, str]:
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
