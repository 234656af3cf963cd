"""Who answers: a profile that fits the unit they come to, a mood, and habits of filling in forms."""

from random import Random
from typing import NamedTuple

from server.surveys.wire import Respondent


class Person(NamedTuple):
    respondent: Respondent
    """What they tell of themselves, which may be nothing."""
    mood: float
    """How much better (or worse) than others they judge, in steps of the scale of four."""
    is_hasty: bool
    """Ticks the same answer all the way down."""


_AGES: dict[str, tuple[int, int, int]] = {
    "dukcapil": (17, 29, 68),
    "sekolah": (20, 38, 58),
    "kerja": (18, 21, 46),
    "puskesmas": (18, 33, 76),
    "rsud": (19, 46, 79),
    "izin": (22, 35, 62),
    "pajak": (27, 48, 76),
    "uji": (21, 38, 61),
    "buku": (13, 19, 52),
    "pegawai": (23, 41, 59),
    "sosial": (24, 47, 74),
    "tani": (24, 46, 71),
    "olahraga": (16, 25, 50),
}
_ANY_AGE = (18, 36, 72)
"""Youngest, commonest and oldest by theme."""

_AGES_FOR = {
    "KIA": (17, 28, 46),
    "Imunisasi": (18, 29, 48),
    "Ibu Hamil": (17, 27, 44),
    "Persalinan": (18, 28, 44),
    "Kandungan": (18, 31, 55),
    "Lansia": (57, 64, 82),
    "Pensiun": (53, 57, 60),
    "Murid Baru": (24, 37, 55),
}
"""Services that are for one age, by a word of their name."""

_WOMEN = {
    "puskesmas": 0.66,
    "rsud": 0.57,
    "keluarga": 0.86,
    "uji": 0.07,
    "jalan": 0.24,
    "tani": 0.29,
    "usaha": 0.61,
    "pasar": 0.58,
    "sekolah": 0.63,
    "damkar": 0.41,
    "olahraga": 0.3,
}
_FOR_WOMEN = ("KIA", "Kandungan", "Ibu Hamil", "Persalinan", "Pelayanan KB", "Busana")

_SCHOOLING = ("SD", "SMP", "SMA", "D3", "D4", "S1", "S2", "S3")
_YOUNGER = (4, 12, 54, 8, 2, 18, 2, 0)
_OLDER = (25, 19, 36, 6, 1, 11, 2, 0)
_LEARNED = (0, 1, 18, 10, 4, 52, 13, 2)

_FINISHED = {"SD": 12, "SMP": 15, "SMA": 18, "D3": 21, "D4": 22, "S1": 22, "S2": 25, "S3": 29}
_FOR_LEARNED = ("Tenaga Kesehatan", "Guru", "Klinik", "Riset", "Penelitian")

_MEN_AT_WORK = {
    "swasta": 34,
    "wirausaha": 24,
    "lepas": 14,
    "pns": 10,
    "petani": 8,
    "tni": 2,
    "polri": 2,
    "lainnya": 6,
}
_WOMEN_AT_WORK = {
    "rumah_tangga": 38,
    "swasta": 22,
    "wirausaha": 17,
    "pns": 11,
    "lepas": 5,
    "petani": 3,
    "lainnya": 4,
}
_YOUNG = {"pelajar": 45, "swasta": 26, "lepas": 11, "wirausaha": 8, "lainnya": 10}
_OLD = {"pensiunan": 30, "wirausaha": 24, "petani": 20, "lepas": 10, "swasta": 6, "lainnya": 10}

_UNIFORMED = frozenset({"pns", "tni", "polri"})


def person(random: Random, theme: str, service: str) -> Person:
    """Somebody who comes to a unit of this theme for this service."""
    age = _age(random, theme, service)
    is_woman = random.random() < (
        0.95 if any(word in service for word in _FOR_WOMEN) else _WOMEN.get(theme, 0.5)
    )
    education = _education(random, theme, service, age)
    learned = education in {"D4", "S1", "S2", "S3"}
    # who studied longer expects a little more, who is older is thankful
    mood = random.gauss(0, 0.42) - 0.07 * learned + 0.08 * (age > 55)
    return Person(
        _told(random, age, is_woman, education, _occupation(random, theme, age, is_woman, education)),
        mood,
        random.random() < 0.17,
    )


def _age(random: Random, theme: str, service: str) -> int:
    of_service = (ages for word, ages in _AGES_FOR.items() if word in service)
    youngest, commonest, oldest = next(of_service, _AGES.get(theme, _ANY_AGE))
    return round(random.triangular(youngest, oldest, commonest))


def _education(random: Random, theme: str, service: str, age: int) -> str:
    needs_learning = theme in {"pegawai", "izin"} or any(word in service for word in _FOR_LEARNED)
    weights = _LEARNED if needs_learning else _YOUNGER if age < 42 else _OLDER
    education = random.choices(_SCHOOLING, weights)[0]
    # nobody finishes a school before its age
    while age < _FINISHED[education]:
        education = _SCHOOLING[_SCHOOLING.index(education) - 1]
    return education


def _occupation(random: Random, theme: str, age: int, is_woman: bool, education: str) -> str:
    if age < 19:
        return "pelajar"
    if theme == "pegawai" and random.random() < 0.96:
        return "pns"
    at_work = _WOMEN_AT_WORK if is_woman else _MEN_AT_WORK
    choices = _YOUNG if age < 24 else _OLD if age > 60 and not is_woman else at_work
    chosen = random.choices(tuple(choices), tuple(choices.values()))[0]
    needs_school = chosen in _UNIFORMED or chosen == "pelajar"
    return "swasta" if needs_school and education in {"SD", "SMP"} else chosen


def _told(random: Random, age: int, is_woman: bool, education: str, occupation: str) -> Respondent:
    """One in seven folds the profile away, others leave out a field here and there."""
    if random.random() < 0.14:
        return Respondent()
    return Respondent(
        age=age if random.random() < 0.93 else None,
        sex=("P" if is_woman else "L") if random.random() < 0.98 else None,
        education=education if random.random() < 0.95 else None,
        occupation=occupation if random.random() < 0.92 else None,
        disability=_disability(random),
    )


def _disability(random: Random) -> str | None:
    if random.random() < 0.4:
        return None
    return random.choices(("none", "fisik", "sensorik", "mental", "intelektual"), (975, 13, 8, 2, 2))[0]
