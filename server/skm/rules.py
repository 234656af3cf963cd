"""The law's numbers of the satisfaction survey as dated data, and the named ways to compute with them.

Rule:   PermenPANRB 14/2017, Lampiran; before it PermenPANRB 16/2014 and KEP/25/M.PAN/2/2004
Since:  `in_force_from` of each rule set; a repealed one is never edited, old reports stay recomputable
Proof:  tests/published/
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec


class SkmError(ValueError):
    """What cannot be read or computed: a code for programs, a sentence for people, the input to blame."""

    problem = "bad_table"
    """The entry of the catalogue of refusals that tells this to the outside."""

    def __init__(self, code: str, detail: str, field: str | None = None) -> None:
        self.code = code
        self.detail = detail
        self.field = field
        super().__init__(detail)


class BadTable(SkmError):
    """A table of answers, totals or averages that has no index."""


class BadConvention(SkmError):
    """A way of computing that does not exist or leads past the scale."""

    problem = "bad_convention"


class BadPeriod(SkmError):
    """A day without a rule."""

    problem = "bad_period"


class Element(msgspec.Struct, frozen=True):
    """One unsur. Its number depends on who counts, its key does not: all is stored and computed by key."""

    key: str
    name: str
    short: str
    """For charts and narrow tables."""
    regulation: int
    questionnaire: int


ELEMENTS: dict[str, Element] = {
    element.key: element
    for element in (
        Element("persyaratan", "Persyaratan", "Persyaratan", 1, 1),
        Element("prosedur", "Sistem, Mekanisme, dan Prosedur", "Prosedur", 2, 2),
        Element("waktu", "Waktu Penyelesaian", "Waktu", 3, 3),
        Element("biaya", "Biaya/Tarif", "Biaya", 4, 4),
        Element("produk", "Produk Spesifikasi Jenis Pelayanan", "Produk", 5, 5),
        Element("kompetensi", "Kompetensi Pelaksana", "Kompetensi", 6, 6),
        Element("perilaku", "Perilaku Pelaksana", "Perilaku", 7, 7),
        # the regulation and its own questionnaire count these two the other way round
        Element("pengaduan", "Penanganan Pengaduan, Saran dan Masukan", "Pengaduan", 8, 9),
        Element("sarana", "Sarana dan prasarana", "Sarana", 9, 8),
    )
}
"""The nine elements in the order of the regulation."""

ORDERS: dict[str, tuple[str, ...]] = {
    "regulation": tuple(ELEMENTS),
    "questionnaire": tuple(sorted(ELEMENTS, key=lambda key: ELEMENTS[key].questionnaire)),
}
"""The two orders in which published tables number the elements U1 to U9."""

EXTRA = re.compile(r"x_[a-z0-9_]{1,40}")
"""Keys of the elements that an office adds to the nine."""


class Convention(msgspec.Struct, frozen=True):
    """How an index is computed: the weight of an element and the roundings on the way, all half-up."""

    name: str
    weight: Fraction | None = None
    """None: exactly one k-th, k being the number of elements."""
    nrr_places: int | None = None
    weighted_places: int | None = None
    sum_places: int | None = None

    @property
    def rounds_on_the_way(self) -> bool:
        return (self.nrr_places, self.weighted_places, self.sum_places) != (None, None, None)


class Band(msgspec.Struct, frozen=True):
    """A category of the index, both ends included, in the two decimals the index is rounded to."""

    perception: int
    lowest: Decimal
    highest: Decimal
    grade: str
    label: str


class RuleSet(msgspec.Struct, frozen=True):
    """What one regulation says: its elements, how it weighs them, its bands from the lowest up."""

    code: str
    title: str
    in_force_from: date
    k: int
    elements: tuple[str, ...]
    """Keys in the regulation's order; empty where we know only how many there are."""
    convention: Convention
    bands: tuple[Band, ...]


def _bands(*edges: tuple[str, str]) -> tuple[Band, ...]:
    grades = ((1, "D", "Tidak baik"), (2, "C", "Kurang baik"), (3, "B", "Baik"), (4, "A", "Sangat baik"))
    return tuple(
        Band(perception, Decimal(lowest), Decimal(highest), grade, label)
        for (perception, grade, label), (lowest, highest) in zip(grades, edges, strict=True)
    )


_EXACT_WEIGHT = "1/k"
_MARKED_WEIGHTS = ("0.11", "0.111")
_DECIMAL = re.compile(r"0[.,]\d{1,10}")
_STEPS = (("nrr", "nrr_places"), ("weighted", "weighted_places"), ("sum", "sum_places"))
_NAME = re.compile(r"(exact|(?:w|decimal:)0[.,]\d{1,10})(?:-nrr(\d))?(?:-weighted(\d))?(?:-sum(\d))?")


def convention_named(text: str) -> Convention:
    """The convention of a name: `exact`, `w0.11`, any `decimal:<w>`; with `-nrr3`, `-weighted3`, `-sum2`."""
    match = _NAME.fullmatch(text)
    if match is None:
        raise BadConvention(
            "unknown_convention",
            f"Cara hitung “{text[:60]}” tidak dikenal. "
            f"Pilih salah satu: {', '.join(CONVENTIONS)}, atau decimal:<bobot>.",
            "convention",
        )
    base, *places = match.groups()
    weight = _EXACT_WEIGHT if base == "exact" else base.removeprefix("w").removeprefix("decimal:")
    return convention_of(
        {"weight": weight, **{field: int(p) for (_, field), p in zip(_STEPS, places, strict=True) if p}}
    )


def convention_of(parts: Mapping[str, object]) -> Convention:
    """The convention of `{"weight": "1/k" or "0.11", "nrr_places", "weighted_places", "sum_places"}`.

    Its name follows from its parts, so that equal conventions have equal names.
    """
    unknown = [key for key in parts if key not in ("weight", *(field for _, field in _STEPS))]
    if unknown:
        raise BadConvention(
            "unknown_convention_part",
            f"Bagian cara hitung “{unknown[0]}” tidak dikenal.",
            f"convention.{unknown[0]}",
        )
    name, weight = _weight(parts.get("weight", _EXACT_WEIGHT))
    places = {field: _places(field, parts.get(field)) for _, field in _STEPS}
    roundings = [f"-{step}{places[field]}" for step, field in _STEPS if places[field] is not None]
    return Convention(name + "".join(roundings), weight, **places)


def _weight(written: object) -> tuple[str, Fraction | None]:
    if written == _EXACT_WEIGHT:
        return "exact", None
    # a number that came as a binary float is no longer the one that was written, so only text is taken
    if (
        not isinstance(written, str)
        or not _DECIMAL.fullmatch(written)
        or not Fraction(written.replace(",", "."))
    ):
        raise BadConvention(
            "bad_weight",
            "Bobot ditulis sebagai teks: “1/k”, atau pecahan desimal di antara 0 dan 1, misalnya “0.11”.",
            "convention.weight",
        )
    digits = written.replace(",", ".").rstrip("0")
    return f"w{digits}" if digits in _MARKED_WEIGHTS else f"decimal:{digits}", Fraction(digits)


def _places(field: str, written: object) -> int | None:
    if written is None:
        return None
    if type(written) is not int or not 0 <= written <= 9:
        raise BadConvention(
            "bad_places",
            f"Jumlah desimal {field} harus bilangan bulat dari 0 sampai 9.",
            f"convention.{field}",
        )
    return written


EXACT = convention_of({})

CONVENTIONS: dict[str, Convention] = {
    convention.name: convention
    for convention in (
        EXACT,
        convention_of({"nrr_places": 3}),
        convention_of({"weight": "0.11"}),
        convention_of({"weight": "0.111"}),
        convention_of({"weight": "0.111", "sum_places": 2}),
    )
}
"""The conventions seen in published reports; the first is ours."""


def convention_text(convention: Convention, k: int = len(ELEMENTS)) -> str:
    """The convention in words for a report: weight and roundings."""
    weight = f"1/{k}" if convention.weight is None else comma(decimal_of(convention.weight))
    if not convention.rounds_on_the_way:
        return f"bobot {weight}, satu kali pembulatan di akhir"
    words = {"nrr": "NRR", "weighted": "NRR tertimbang", "sum": "jumlah NRR tertimbang"}
    places = ((words[step], getattr(convention, field)) for step, field in _STEPS)
    steps = ", ".join(f"{word} dibulatkan ke {p} desimal" for word, p in places if p is not None)
    return f"bobot {weight}, {steps}"


def decimal_of(weight: Fraction) -> Decimal:
    """A fraction whose decimals end, as a decimal."""
    return Decimal(weight.numerator) / weight.denominator


def comma(value: Decimal) -> str:
    """A number as Indonesians write it."""
    return f"{value:f}".replace(".", ",")


_SEVEN = tuple(ELEMENTS)[:7]
_BEFORE_2017 = _bands(("25.00", "43.75"), ("43.76", "62.50"), ("62.51", "81.25"), ("81.26", "100.00"))

# our sources print the year (of the oldest, the month) of a rule but not its day: each begins with the first
# day of what is printed. Of the elements of the oldest they tell only how many there are.
RULES: tuple[RuleSet, ...] = (
    RuleSet(
        code="kep-25-2004",
        title="KEP/25/M.PAN/2/2004",
        in_force_from=date(2004, 2, 1),
        k=14,
        elements=(),
        convention=convention_of({"weight": "0.071"}),
        bands=_BEFORE_2017,
    ),
    RuleSet(
        code="permenpanrb-16-2014",
        title="PermenPANRB 16/2014",
        in_force_from=date(2014, 1, 1),
        k=9,
        elements=(*_SEVEN, "maklumat", "pengaduan"),
        convention=convention_of({"weight": "0.11"}),
        bands=_BEFORE_2017,
    ),
    RuleSet(
        code="permenpanrb-14-2017",
        title="PermenPANRB 14/2017",
        in_force_from=date(2017, 1, 1),
        k=9,
        elements=tuple(ELEMENTS),
        convention=EXACT,
        bands=_bands(("25.00", "64.99"), ("65.00", "76.60"), ("76.61", "88.30"), ("88.31", "100.00")),
    ),
)
"""Oldest first. Series are never joined and categories never compared across them."""

CURRENT = RULES[-1]


def rules_on(day: date) -> RuleSet:
    """The rule set in force on a day."""
    for rules in reversed(RULES):
        if rules.in_force_from <= day:
            return rules
    raise BadPeriod("no_rule", f"Belum ada aturan survei pada tanggal {day:%d-%m-%Y}.", "day")


def band_of(index: Decimal, rules: RuleSet = CURRENT) -> Band:
    """The band of an index already rounded to two decimals.

    With weights that add up to less than 1 the smallest index is below 25,00: still the lowest band.
    """
    return next((band for band in reversed(rules.bands) if band.lowest <= index), rules.bands[0])
