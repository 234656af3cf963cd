"""From bytes to an instrument: syntax and shape, with the line of what is wrong, told in plain words.

Pure. What an instrument must hold beyond its shape is checked in `check.py`.
"""

import copy
import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from server.inspections.instrument import Instrument
from server.inspections.positions import Places

MOST_BYTES = 1_000_000
MOST_TRIED = 60
"""How many entries of a table are tried one by one to find the wrong one."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: the line in the file, the path in the instrument, a sentence."""

    line: int
    path: str
    detail: str


class BadInstrument(ValueError):
    """A file that is no instrument, with everything that is wrong with it in the order of its lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("\n".join(f"{one.line}: {one.path}: {one.detail}" for one in self.faults))


def text_of(content: bytes) -> str:
    """The text of a file that is JSON at all. Raises BadInstrument."""
    if len(content) > MOST_BYTES:
        raise _bad(1, f"Berkas terlalu besar: paling banyak {MOST_BYTES // 1000} kB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _bad(line, "Huruf di sini tidak dapat dibaca. Simpan berkas sebagai UTF-8.") from None
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        told = SYNTAX.get(error.msg, "Tulisan ini tidak dapat dibaca sebagai JSON.")
        raise _bad(error.lineno, f"{told} (kolom {error.colno})") from None
    except (RecursionError, ValueError):
        raise _bad(
            1, "Berkas ini bersarang terlalu dalam atau memuat bilangan yang terlalu panjang."
        ) from None
    return text


SYNTAX = {
    "Expecting value": "Di sini seharusnya ada nilai.",
    "Expecting ',' delimiter": "Di sini seharusnya ada koma, atau kurung penutup.",
    "Expecting ':' delimiter": "Di antara nama dan nilainya harus ada titik dua.",
    "Expecting property name enclosed in double quotes": (
        "Di sini seharusnya ada nama di antara tanda kutip ganda; sesudah yang terakhir tidak ada koma."
    ),
    "Unterminated string starting at": "Teks yang dimulai di sini tidak ditutup dengan tanda kutip.",
    "Invalid control character at": "Teks tidak boleh berpindah baris; tulislah dalam satu baris.",
    "Invalid \\escape": "Garis miring terbalik di dalam teks harus ditulis dua kali.",
    "Invalid \\uXXXX escape": "Sesudah \\u harus ada empat angka heksadesimal.",
    "Extra data": "Sesudah instrumen berakhir masih ada tulisan lain.",
    "Illegal trailing comma before end of object": "Sesudah yang terakhir tidak ada koma.",
    "Illegal trailing comma before end of array": "Sesudah yang terakhir tidak ada koma.",
}
"""What Python's decoder says, in words for who wrote the file."""


def shaped(places: Places) -> Instrument:
    """The instrument that a text holds. Raises BadInstrument with the first place where its shape differs."""
    try:
        return msgspec.json.decode(places.text, type=Instrument)
    except msgspec.ValidationError as error:
        said, _, where = (
            str(error).rpartition(" - at ") if " - at " in str(error) else (str(error), "", "`$`")
        )
        path = _exactly(places, where)
        if found := re.match(UNKNOWN_FIELD, said):
            path = f"{path}.{found[1]}"
        raise BadInstrument([Fault(places.line(path), path, _sentence(said))]) from None
    except msgspec.DecodeError as error:
        # what Python reads as JSON although it is none: NaN, Infinity, half a surrogate pair
        at = re.search(r"\(byte (\d+)\)", str(error))
        half = re.search(r"\\u[dD][89a-fA-F]", places.text)
        if at:
            line = places.text.encode().count(b"\n", 0, int(at[1])) + 1
        else:
            line = places.line_at(half.start() if half else 0)
        raise _bad(
            line, "Nilai ini tidak dikenal dalam JSON (misalnya NaN, atau huruf yang rusak)."
        ) from None


def _exactly(places: Places, where: str) -> str:
    """The path of a fault; for a value or key of a table, which the decoder leaves unnamed, the one that is wrong."""
    path = where.rpartition("in ")[2].strip("`")
    if not where.startswith("`key`") and not path.endswith("[...]"):
        return path
    path = path.removesuffix("[...]")
    document = json.loads(places.text)
    table = _at(document, path)
    for key in list(table)[:MOST_TRIED]:
        alone = copy.deepcopy(document)
        for other in table.keys() - {key}:
            del _at(alone, path)[other]
        try:
            msgspec.json.decode(json.dumps(alone), type=Instrument)
        except msgspec.DecodeError as error:
            if str(error).endswith(where):
                return f"{path}.{key}"
    return path


def _at(document: Any, path: str) -> Any:
    for name, number in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path):
        document = document[name] if name else document[int(number)]
    return document


UNKNOWN_FIELD = r"Object contains unknown field `(.*)`"

SENTENCES = (
    (UNKNOWN_FIELD, "“{}” tidak dikenal di sini; periksa ejaannya."),
    (r"Object missing required field `(.*)`", "“{}” wajib ada."),
    (r"Invalid (?:enum )?value '?(.*?)'?$", "Nilai “{}” tidak dikenal di sini."),
    (r"Expected `(.*)`, got `(.*)`", "Seharusnya {}, bukan {}."),
    (r"Invalid decimal string", "Tulis bilangan dengan titik desimal, misalnya 7.5."),
    (r"Invalid RFC3339 encoded date", "Tulis tanggal sebagai tahun-bulan-hari, misalnya 2026-01-31."),
    (r"(?:Integer value|Number) out of range", "Bilangan ini terlalu besar."),
)

KINDS = {
    **{"int": "bilangan bulat", "float": "bilangan pecahan", "decimal": "bilangan", "str": "teks"},
    **{
        "bool": "true atau false",
        "null": "null",
        "object": "objek {…}",
        "array": "daftar […]",
        "date": "tanggal",
    },
}


def _sentence(said: str) -> str:
    for pattern, sentence in SENTENCES:
        if found := re.match(pattern, said):
            return sentence.format(*(_word(group) for group in found.groups()))
    return "Bentuknya tidak sesuai dengan bentuk instrumen."


def _word(word: str) -> str:
    return " atau ".join(KINDS.get(one, one) for one in word[:80].split(" | "))


def _bad(line: int, detail: str) -> BadInstrument:
    return BadInstrument([Fault(line, "$", detail)])
