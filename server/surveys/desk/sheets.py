"""Responses as staff read them: in a list, on the processing sheet, in files for a spreadsheet program.

Rule:   PermenPANRB 14/2017, Lampiran: "Pengolahan data … per responden dan per unsur pelayanan"
Since:  2017
Proof:  tests/surveys/test_staff_routes.py

Files are what Indonesian spreadsheet programs open right: see `server/csvfiles.py`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from server.skm.rules import ELEMENTS, ORDERS
from server.skm.tally import COUNTED

ORDER_NAMES = {"regulation": "peraturan", "questionnaire": "kuesioner"}


class ResponseLine(msgspec.Struct, frozen=True):
    """One response with its place, its judgement and what the rules look at; nothing in it names a person."""

    id: UUID
    counter_id: int
    unit_id: int
    unit_slug: str
    unit_name: str
    zone: str
    code: str
    counter_name: str
    service_name: str | None
    day: date
    received_at: datetime
    channel: str
    answers: dict[str, int | None]
    age: int | None
    sex: str | None
    education: str | None
    occupation: str | None
    disability: str | None
    comment: str | None
    excluded_by: str
    is_reviewed: bool


def element_headings(order: str) -> list[str]:
    """U1 to U9 in the order chosen, each with its name: the number alone says nothing."""
    return [f"U{number} {ELEMENTS[key].name}" for number, key in enumerate(ORDERS[order], 1)]


def response_heading(order: str) -> list[str]:
    return [
        *("No", "Tanggal", "Unit", "Layanan", "Loket", "Kode loket", "Saluran"),
        *element_headings(order),
        *("Usia", "Jenis kelamin", "Pendidikan", "Pekerjaan", "Disabilitas", "Saran"),
        *("Dihitung", "Dikeluarkan oleh", "Urutan U1-U9"),
    ]


def response_cells(number: int, line: ResponseLine, order: str) -> list[object]:
    """One response under its heading. Neither its id nor its hour: nobody can be found by a receipt or a queue."""
    return [
        *(number, line.day, line.unit_name, line.service_name, line.counter_name, line.code, line.channel),
        *(line.answers[key] for key in ORDERS[order]),
        *(line.age, line.sex, line.education, line.occupation, line.disability, line.comment),
        *("ya" if line.excluded_by == COUNTED else "tidak", line.excluded_by, ORDER_NAMES[order]),
    ]


def processing_heading(order: str) -> list[str]:
    return ["No", "Tanggal", *element_headings(order)]


def processing_totals(index: Mapping[str, Any], order: str) -> list[list[object]]:
    """The rows below the respondents: how the official form goes from the answers to the index."""
    elements = [index["elements"][key] for key in ORDERS[order]]
    return [
        ["Nilai/Unsur", None, *(element.get("total") for element in elements)],
        ["Jawaban/Unsur", None, *(element.get("n") for element in elements)],
        ["NRR/Unsur", None, *(_comma(element["nrr"]) for element in elements)],
        ["NRR Tertimbang/Unsur *)", None, *(_comma(element["weighted"]) for element in elements)],
        ["IKM Unit Pelayanan **)", None, _comma(index["ikm"])],
        ["Mutu", None, index["grade"], index["label"]],
        ["*) bobot tiap unsur", None, _comma(index["weight"]), f"cara hitung {index['convention']}"],
        ["**) jumlah NRR tertimbang x 25", None, None, f"urutan U1-U9: {ORDER_NAMES[order]}"],
    ]


def has_gaps(index: Mapping[str, Any]) -> bool:
    """Whether some element was answered by fewer than all respondents."""
    return any(element.get("n") != index["n"] for element in index["elements"].values())


def file_name(*parts: str | None) -> str:
    """A name for a download, of the parts that say something; safe in a header."""
    said: Sequence[str] = [part for part in parts if part]
    return "-".join(said).replace('"', "").replace("/", "-") + ".csv"


def _comma(number: str | None) -> str | None:
    return None if number is None else number.replace(".", ",")
