"""IPP, the public service index: what evaluators found and what users said, as one number on the scale 0-5.

Rule:   PermenPANRB 29/2022: IPP = 0.75 x F-02 + 0.25 x F-03; konversi = unrounded IPP x 20
Since:  2022; the weights stand in the instrument, because they are not verified against the regulation's text
Proof:  tests/published/ and the two self-checks of our sources (all 5 -> 5.00; all 3 with F-03 4.0 -> 3.25)
"""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec

from server.inspections.instrument import Combination, Instrument, UserForm
from server.inspections.scoring import BadFinding, band_of, converted, cut, rounded
from server.skm.index import half_up
from server.skm.rules import comma


class QuestionTally(msgspec.Struct, frozen=True):
    """What users said to one statement: how many answered, and the sum of their answers."""

    n: int
    total: int

    @property
    def mean(self) -> Fraction | None:
        return Fraction(self.total, self.n) if self.n else None


class UsersScore(msgspec.Struct, frozen=True):
    """The users' form added up; `index` None: a part without a single answer, or no sheet at all.

    A statement that nobody answered (a tariff where nothing is paid) does not weigh; it is told, never zero.
    """

    form: UserForm
    n: int
    questions: dict[str, QuestionTally]
    parts: dict[str, Fraction | None]
    """The mean of each part: the plain mean of its statements' means."""
    index: Fraction | None

    @property
    def unanswered(self) -> list[str]:
        return [key for key, tally in self.questions.items() if tally.n == 0]

    @property
    def is_enough(self) -> bool:
        """Whether as many users were asked as the guidance wants; fewer are shown, not refused."""
        return self.n >= self.form.least


class Ipp(msgspec.Struct, frozen=True):
    """The combined index; `index` None says with `status` what is missing."""

    instrument: Instrument
    f02: Fraction | None
    f03: Fraction | None
    rule: Combination
    index: Fraction | None
    status: str


def users_score(instrument: Instrument, sheets: Iterable[Mapping[str, int]]) -> UsersScore:
    """The sheets of an instrument's users' form added up; what was not answered is missing. Raises BadFinding."""
    form = instrument.users
    assert form is not None
    n = 0
    counts = {question.key: [0, 0] for question in form.questions}
    for sheet in sheets:
        n += bool(sheet)
        for key, answer in sheet.items():
            _refuse_bad_answer(instrument, counts, key, answer)
            counts[key][0] += 1
            counts[key][1] += answer
    questions = {key: QuestionTally(answered, total) for key, (answered, total) in counts.items()}
    parts = {
        code: _mean(
            questions[one.key].mean for one in form.questions if one.part == code and questions[one.key].n
        )
        for code in dict.fromkeys(one.part for one in form.questions)
    }
    return UsersScore(form, n, questions, parts, _users_index(form, questions, parts))


def _refuse_bad_answer(instrument: Instrument, counts: Mapping[str, Any], key: str, answer: int) -> None:
    if key not in counts:
        raise BadFinding("unknown_question", f"Formulir ini tidak memuat pernyataan “{key}”.", key)
    scale = instrument.scale
    if not scale.lowest <= answer <= scale.highest:
        raise BadFinding(
            "off_scale", f"Jawaban harus dari {comma(scale.lowest)} sampai {comma(scale.highest)}.", key
        )


def _users_index(
    form: UserForm, questions: Mapping[str, QuestionTally], parts: Mapping[str, Fraction | None]
) -> Fraction | None:
    if form.aggregation == "part_means":
        return _mean(parts.values())
    n = sum(tally.n for tally in questions.values())
    return Fraction(sum(tally.total for tally in questions.values()), n) if n else None


def _mean(values: Iterable[Fraction | None]) -> Fraction | None:
    """The plain mean; without a value anywhere there is none."""
    known = list(values)
    if not known or any(value is None for value in known):
        return None
    return sum((value for value in known if value is not None), Fraction(0)) / len(known)


def ipp(
    instrument: Instrument, f02: Fraction | None, f03: Fraction | None, rule: Combination | None = None
) -> Ipp:
    """Both forms as one index; without the users' form incomplete, or F-02 alone where the rule says so."""
    rule = rule or instrument.combination
    assert rule is not None
    if f02 is None:
        return Ipp(instrument, f02, f03, rule, None, "belum lengkap: F-02")
    if f03 is None and rule.without_f03 == "incomplete":
        return Ipp(instrument, f02, f03, rule, None, "belum lengkap: F-03")
    if f03 is None:
        return Ipp(instrument, f02, f03, rule, f02, "F-02 saja, tanpa F-03")
    index = Fraction(rule.f02) * f02 + Fraction(rule.f03) * f03
    return Ipp(instrument, f02, f03, rule, index, "lengkap")


def to_wire(found: Ipp, day: date | None = None) -> dict[str, Any]:
    """The index as the API gives it."""
    band = None if found.index is None else band_of(found.instrument, found.index, day)
    conversion = None if found.index is None else converted(found.instrument, found.index)
    return {
        "f02": None if found.f02 is None else str(rounded(found.f02)),
        "f03": None if found.f03 is None else str(rounded(found.f03)),
        "rule": {
            "name": found.rule.name,
            "f02": f"{found.rule.f02:f}",
            "f03": f"{found.rule.f03:f}",
            "without_f03": found.rule.without_f03,
        },
        "status": found.status,
        "index": None if found.index is None else str(rounded(found.index)),
        "conversion": None if conversion is None else str(conversion),
        "category": band.code if band else None,
        "label": band.label if band else None,
        "zone": (band.zone or None) if band else None,
        "steps": steps(found, day),
    }


def users_to_wire(users: UsersScore) -> dict[str, Any]:
    """The users' form as the API gives it."""
    return {
        "n": users.n,
        "least": users.form.least,
        "most": users.form.most,
        "enough": users.is_enough,
        "unanswered": users.unanswered,
        "aggregation": users.form.aggregation,
        "questions": {
            key: {"n": tally.n, "total": tally.total, "mean": _text(tally.mean, 3)}
            for key, tally in users.questions.items()
        },
        "parts": {code: _text(mean, 3) for code, mean in users.parts.items()},
        "index": _text(users.index, 2),
    }


def steps(found: Ipp, day: date | None = None) -> list[str]:
    """The arithmetic of the combined index, for whoever checks it by hand."""
    if found.index is None:
        return [f"IPP: {found.status}"]
    if found.f02 is None or found.f03 is None:
        told = f"IPP: {found.status} = {cut(found.index)}"
    else:
        told = (
            f"IPP: {comma(found.rule.f02)} × {cut(found.f02)} + {comma(found.rule.f03)} × {cut(found.f03)} "
            f"= {cut(found.index)}"
        )
    band = band_of(found.instrument, found.index, day)
    lines = [
        f"{told}, dibulatkan {comma(rounded(found.index))}"
        + (f"; kategori {band.code}, {band.label}" if band else "")
    ]
    conversion = converted(found.instrument, found.index)
    if conversion is not None and found.instrument.conversion is not None:
        lines.append(
            f"Nilai konversi: {cut(found.index)} × {comma(found.instrument.conversion)} = {comma(conversion)}"
        )
    return lines


def _text(value: Fraction | None, places: int) -> str | None:
    return None if value is None else str(half_up(value, places))
