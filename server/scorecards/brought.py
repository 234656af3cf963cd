"""What somebody brings to the calculator: a table, or n with nine sums, or nine averages. Nothing of it is stored."""

from collections.abc import Mapping
from typing import Any

import msgspec

from server.problems import Problem

TABLE, TOTALS, AVERAGES = WAYS = ("tabel", "jumlah", "nrr")

KEYS = (
    "persyaratan",
    "prosedur",
    "waktu",
    "biaya",
    "produk",
    "kompetensi",
    "perilaku",
    "pengaduan",
    "sarana",
)
"""The elements in the order of the regulation, as the fields of the form are named."""

MOST_BYTES = 2 * 1024 * 1024

SHOWN_BYTES = 64 * 1024
"""A file up to this size is shown as text, so that its mistakes can be mended on the page."""


class Brought(msgspec.Struct, frozen=True):
    """The form as it was sent, so that it can be shown again."""

    way: str = TABLE
    table: str = ""
    order: str = ""
    convention: str = "exact"
    n: str = ""
    values: Mapping[str, str] = {}

    @classmethod
    def sent(cls, fields: Mapping[str, str], file: bytes) -> "Brought":
        return cls(
            way=way(fields.get("cara")),
            table=_shown(file) or fields.get("tabel", ""),
            order=fields.get("urutan", ""),
            convention=fields.get("hitungan", "exact"),
            n=fields.get("n", "").strip(),
            values={key: fields.get(key, "").strip() for key in KEYS},
        )


def way(text: str | None) -> str:
    """The way of bringing numbers that an address or a form names; the table where it names none."""
    return text if text in WAYS else TABLE


def _shown(file: bytes) -> str:
    try:
        return file.decode("utf-8-sig") if len(file) <= SHOWN_BYTES else ""
    except UnicodeDecodeError:
        return ""


def computed(skm: Any, form: Brought, file: bytes) -> dict[str, Any]:
    """The index by the reader's arithmetic; a file counts before what was pasted. Refuses what cannot be computed."""
    if form.way == TABLE:
        index: dict[str, Any] = skm.compute_table(_content(form, file), form.order or None, form.convention)
    elif form.way == TOTALS:
        totals = {key: _whole(value, key) for key, value in form.values.items() if value}
        index = skm.compute_totals(_whole(form.n, "n"), _some(totals), form.convention)
    else:
        averages = {key: value for key, value in form.values.items() if value}
        index = skm.compute_nrr(_some(averages), form.convention)
    return index


def blamed(field: str | None, way: str) -> str | None:
    """The input of the form that a refusal is about; None for one that is about none of them."""
    if field == "order":
        return "urutan"
    if field and field.startswith("convention"):
        return "hitungan"
    if way == TABLE:
        return "tabel"
    return field if field in (*KEYS, "n") else None


def _content(form: Brought, file: bytes) -> bytes | str:
    if len(file) > MOST_BYTES or len(form.table) > MOST_BYTES:
        raise Problem(
            "bad_table",
            field="tabel",
            what="Tabel ini lebih dari 2 MB. Bagi menjadi beberapa berkas yang lebih kecil.",
        )
    if not file and not form.table.strip():
        raise Problem("bad_table", field="tabel", what="Tempelkan tabel Anda, atau pilih berkas CSV.")
    return file or form.table


def _some(values: dict[str, Any]) -> dict[str, Any]:
    if not values:
        raise Problem("bad_table", field=KEYS[0], what="Isilah paling sedikit satu unsur.")
    return values


def _whole(text: str, field: str) -> int:
    """A whole number; 1.234 is one thousand two hundred thirty-four, as Indonesians write it."""
    groups = text.split(".")
    is_grouped = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3
    digits = "".join(groups) if is_grouped else text
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 12):
        what = "Isilah jumlah responden" if field == "n" else f"Isilah jumlah nilai {field}"
        raise Problem("bad_table", field=field, what=f"{what} dengan bilangan bulat, misalnya 340.")
    return int(digits)
