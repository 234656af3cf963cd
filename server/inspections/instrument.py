"""An instrument: what is looked at in a unit, how each thing is scored, and how the scores become an index.

Rule:   PEKPPP: PermenPANRB 29/2022 and 17/2017; compliance: Peraturan Ombudsman RI 17/2015 and 22/2016, and the four
        dimensions of 2022; a local checklist. The files are in `instruments/`; a city may publish its own versions
Since:  `in_force_from` of each; a published version is never edited, so an old score can always be recomputed
Proof:  tests/published/: published results, recomputed

Pure data. What a file must hold beyond its shape (sums, scales, keys) is checked in `check.py`.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

Doubt = Literal["medium", "low"]

EvidenceKind = Literal["photo", "video", "screenshot", "document", "observation", "interview"]

FILE_KINDS: frozenset[str] = frozenset({"photo", "video", "screenshot", "document"})
"""Kinds of evidence that are a file; the others are told in words."""


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every part of an instrument: immutable, and nothing in a file goes unread."""


class Item(Data, frozen=True):
    """One thing that is there or not; its key is what a finding names."""

    key: str
    text: str


# ── how one indicator is scored ──


class Ladder(Data, frozen=True, tag="ladder", tag_field="type"):
    """A level is chosen by its description."""

    levels: dict[int, str]


class Level(Data, frozen=True, tag="level", tag_field="type"):
    """A level without descriptions (our source has none): it needs a note that says why."""


class Count(Data, frozen=True, tag="count", tag_field="type"):
    """So many of these items are there, so high the level."""

    items: tuple[Item, ...]
    least: dict[int, int]
    """Level → the fewest items it needs."""
    none: str
    """What the lowest level means."""
    required: tuple[Item, ...] = ()
    """Without all of these the level is `without_required`, whatever else is there."""
    without_required: int = 0


class PercentStep(Data, frozen=True):
    """A level and where it begins: at `at_least` percent, or just above `above`."""

    level: int
    at_least: Decimal | None = None
    above: Decimal | None = None


class Percent(Data, frozen=True, tag="percent", tag_field="type"):
    """So many percent done, so high the level; the highest step that fits counts."""

    levels: dict[int, str]
    steps: tuple[PercentStep, ...]
    measure: str
    """What is divided by what."""
    without_plan: int = 0
    """The level when there was nothing planned that could be done."""


class Months(Data, frozen=True, tag="months", tag_field="type"):
    """The sooner, the higher the level."""

    levels: dict[int, str]
    within: dict[int, int]
    """Level → the most months it allows."""
    later: int = 0


class Presence(Data, frozen=True, tag="presence", tag_field="type"):
    """There (1) or not there (0)."""


class Points(Data, frozen=True, tag="points", tag_field="type"):
    """A number on the instrument's own scale, entered as it was measured elsewhere."""


Scoring = Ladder | Level | Count | Percent | Months | Presence | Points


# ── what belongs to an indicator ──


class EvidenceRule(Data, frozen=True):
    """A value above `above` needs at least `least` pieces of evidence of these kinds."""

    kinds: tuple[EvidenceKind, ...]
    above: Decimal = Decimal(0)
    least: int = 1


class Indicator(Data, frozen=True):
    """One thing that is looked at. Its `key` is what findings name; `code` is what the printed form calls it."""

    key: str
    name: str
    scoring: Scoring
    weight: Decimal | None = None
    """In its part: percent, or points of the whole; None is an equal share of what the others leave."""
    code: str = ""
    is_on_site: bool = False
    """Must be seen on the spot."""
    is_optional: bool = False
    """Recorded but never counted: neither in the index nor among what is still missing."""
    evidence_kinds: tuple[EvidenceKind, ...] = ()
    evidence: tuple[str, ...] = ()
    """What to show, in words."""
    evidence_rule: EvidenceRule | None = None
    hints: tuple[str, ...] = ()
    """What to look for, where the levels do not list it."""
    doubts: dict[str, Doubt] = {}
    """What of this is not verified against the regulation, and how unsure it is."""


class Part(Data, frozen=True):
    """An aspect, variable or dimension. `weight` is its percentage of the index (None where weights are points)."""

    code: str
    name: str
    indicators: tuple[Indicator, ...]
    weight: Decimal | None = None
    method: str = ""
    doubts: dict[str, Doubt] = {}


class Scale(Data, frozen=True):
    """The values an indicator can take."""

    lowest: Decimal
    highest: Decimal
    step: Decimal = Decimal(1)


class Band(Data, frozen=True):
    """A category of the index: from `lowest` on, up to the next one. `highest` is as printed."""

    code: str
    label: str
    lowest: Decimal
    highest: Decimal
    zone: str = ""
    doubts: dict[str, Doubt] = {}


class BandSet(Data, frozen=True):
    """The categories in force from a day on, the highest first."""

    in_force_from: date
    bands: tuple[Band, ...]
    note: str = ""


# ── the forms over the same indicators ──


class Form(Data, frozen=True):
    """Who fills the indicators in, and to what end."""

    code: Literal["F-01", "F-02", "F-03"]
    who: str
    use: str


class Question(Data, frozen=True):
    """A statement of the users' form, belonging to a part."""

    key: str
    part: str
    text: str


class UserForm(Data, frozen=True):
    """F-03: what users say of the service, each statement on the instrument's scale."""

    questions: tuple[Question, ...]
    aggregation: Literal["part_means", "answers"]
    """The mean of the parts' means, or the plain mean of all answers."""
    least: int
    most: int
    """How many users the guidance asks for."""
    doubts: dict[str, Doubt] = {}


class Combination(Data, frozen=True):
    """How the evaluators' index and the users' become one: IPP = f02 x F-02 + f03 x F-03."""

    f02: Decimal
    f03: Decimal
    name: str = "f02-f03"
    without_f03: Literal["incomplete", "f02_only"] = "incomplete"
    doubts: dict[str, Doubt] = {}


class WeightsSum(Data, frozen=True):
    """What the weights add up to, as published: 99.5 stays 99.5."""

    parts: Decimal | None = None
    indicators: dict[str, Decimal] = {}


class Instrument(Data, frozen=True):
    """One version of an instrument, complete. Its address is code/version, its identity the hash of its content."""

    code: str
    version: str
    title: str
    legal_basis: str
    in_force_from: date
    scale: Scale
    maximum: Decimal
    """The highest index."""
    aggregation: Literal["weighted", "mean", "points"]
    """How a part's score is made: weighted percentages, the plain mean of its indicators, or points of the whole."""
    parts: tuple[Part, ...]
    bands: tuple[BandSet, ...]
    target: Decimal
    """An indicator below this value is followed up."""
    convention: str = "exact"
    renormalise: bool = False
    """Whether weights that do not add up to 100 are spread anew; the national ones never are."""
    not_applicable: Literal["refused", "leaves"] = "refused"
    """Whether an indicator may be "tidak berlaku"; then it leaves the denominator."""
    per: Literal["unit", "product"] = "unit"
    """What one visit observes; a unit's score is then the mean over its products."""
    conversion: Decimal | None = None
    """The unrounded index times this is the value on the scale of 100."""
    weights_sum: WeightsSum = WeightsSum()
    forms: tuple[Form, ...] = ()
    combination: Combination | None = None
    users: UserForm | None = None
    based_on: str = ""
    """code/version of the one this was made from."""
    teams: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubts: dict[str, Doubt] = {}

    @property
    def id(self) -> str:
        return f"{self.code}-{self.version}"

    @property
    def address(self) -> str:
        return f"{self.code}/{self.version}"

    @property
    def indicators(self) -> Iterator[tuple[Part, Indicator]]:
        """Every indicator with its part, in the order of the form."""
        return ((part, indicator) for part in self.parts for indicator in part.indicators)

    def indicator(self, key: str) -> Indicator | None:
        return next((indicator for _, indicator in self.indicators if indicator.key == key), None)

    def bands_on(self, day: date | None) -> tuple[Band, ...]:
        """The categories in force on a day (None: the latest); before the first set, the first set."""
        begun = [one for one in self.bands if day is None or one.in_force_from <= day]
        found = max(begun or self.bands[:1], key=lambda one: one.in_force_from, default=None)
        return found.bands if found else ()


def encoded(instrument: Instrument) -> bytes:
    """The instrument as canonical JSON: the same content, the same bytes."""
    # levels are numbers, and only texts can be sorted as keys
    return msgspec.json.encode(msgspec.to_builtins(instrument, str_keys=True), order="sorted")


def sha256_of(instrument: Instrument) -> str:
    return hashlib.sha256(encoded(instrument)).hexdigest()
