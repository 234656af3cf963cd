"""The words people use for a unit's facts: one reading for forms and tables.

Each reader takes what somebody wrote and gives what is stored, or raises Misread with a sentence for them.
"""

import re
from math import nan

ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}

KINDS = {
    "dinas": "Dinas",
    "badan": "Badan",
    "bagian": "Bagian",
    "kecamatan": "Kecamatan",
    "kelurahan": "Kelurahan",
    "puskesmas": "Puskesmas",
    "rsud": "RSUD",
    "uptd": "UPTD",
    "bumd": "BUMD",
    "mpp": "Mal Pelayanan Publik",
    "lainnya": "Lainnya",
}
"""What a unit is, as its kind is stored and as people read it."""

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")

MOST_USERS = 100_000_000

_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,15})?")

_TIME = re.compile(r"([01]?\d|2[0-3])[.:]([0-5]\d)")
_RANGE = re.compile(r"\s*(?:-|–|s\.?\s?/?d\.?|sampai)\s*")
_DAYS_WRITTEN = "Hari buka ditulis seperti Senin-Jumat."
_YES = frozenset({"ya", "y", "1"})
_NO = frozenset({"tidak", "t", "0"})


class Misread(ValueError):
    """What was written stands for nothing we know; the message is the sentence for the one who wrote it."""


def zone(text: str) -> str:
    """The zone behind WIB, WITA or WIT, or its own name (Asia/Jakarta)."""
    found = ZONES.get(text.upper(), text)
    if found not in ZONES.values():
        raise Misread("Zona waktu ditulis WIB, WITA, atau WIT.")
    return found


def kind(text: str) -> str:
    named = {name.casefold(): key for key, name in KINDS.items()}
    found = named.get(text.casefold(), text.lower())
    if found not in KINDS:
        raise Misread(f"Jenis unit adalah salah satu dari: {', '.join(KINDS)}.")
    return found


def time(text: str) -> str:
    """A time of day as it is stored, 07:30; a dot is as good as a colon."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise Misread("Jam ditulis seperti 07.30.")
    return f"{int(found[1]):02}:{found[2]}"


def days(text: str) -> str:
    """ISO weekdays in order, 12345, from 'Senin-Jumat', 'Senin, Rabu', 'setiap hari' or the digits themselves."""
    if text.casefold() in {"setiap hari", "tiap hari"}:
        return "1234567"
    if re.fullmatch("[1-7]+", text):
        return "".join(sorted(set(text)))
    found: set[int] = set()
    for part in re.split(r"\s*(?:,|\bdan\b)\s*", text.replace("’", "").replace("'", "")):
        first, *last = (_day(name) for name in _RANGE.split(part, maxsplit=1))
        if last and last[0] < first:
            raise Misread(_DAYS_WRITTEN)
        found |= set(range(first, (last or [first])[0] + 1))
    return "".join(map(str, sorted(found)))


def users(text: str) -> int | None:
    """People served in a year; 1.200 is twelve hundred, nothing written is not known."""
    digits = re.sub(r"(?<=\d)[.\s](?=\d{3}\b)", "", text.strip())
    if not digits:
        return None
    if not digits.isdecimal() or not digits.isascii() or not 0 < int(digits) <= MOST_USERS:
        raise Misread("Jumlah pengguna setahun adalah bilangan bulat, misalnya 12000.")
    return int(digits)


def latitude(text: str) -> float | None:
    """Degrees north of the equator, -6,2088 or -6.2088; nothing written is not known."""
    degrees = _degrees(text)
    if degrees is None or -11.5 <= degrees <= 6.5:
        return degrees
    raise Misread("Lintang di Indonesia antara -11,5 dan 6,5, misalnya -6,2088.")


def longitude(text: str) -> float | None:
    degrees = _degrees(text)
    if degrees is None or 94 <= degrees <= 142:
        return degrees
    raise Misread("Bujur di Indonesia antara 94 dan 142, misalnya 106,8456.")


def _degrees(text: str) -> float | None:
    """Not a number where it is none: that lies between no bounds."""
    written = text.replace(" ", "").replace(",", ".").replace("\N{MINUS SIGN}", "-")
    if not written:
        return None
    # a tenth of a metre is as exact as anybody can mean it
    return round(float(written), 6) if _DEGREES.fullmatch(written) else nan


def yes(text: str) -> bool:
    if text.casefold() in _YES | _NO:
        return text.casefold() in _YES
    raise Misread("Tulis ya atau tidak.")


def days_text(days: str) -> str:
    """Weekdays as people read them: 'Senin–Jumat', 'Senin, Rabu'; 12345 is one run, 135 are three."""
    runs: list[list[int]] = []
    for day in map(int, days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(_run_text(run) for run in runs)


def _run_text(run: list[int]) -> str:
    names = [DAYS[day - 1] for day in run]
    return f"{names[0]}–{names[-1]}" if len(names) > 2 else ", ".join(names)


def _day(name: str) -> int:
    names = [day.casefold() for day in DAYS]
    if name.strip().casefold() not in names:
        raise Misread(_DAYS_WRITTEN)
    return names.index(name.strip().casefold()) + 1
