"""From findings to an index: what one visit found, scored by an instrument, with every step that leads there.

Rule:   evaluation.md of the instruments: PermenPANRB 29/2022 and 17/2017; the Ombudsman's compliance assessments
Since:  as each instrument says
Proof:  tests/published/: published tables, recomputed to the printed digit

Arithmetic is in fractions and rounded once, half-up, at the end, unless the convention says otherwise. What was not
filled in is missing, never zero: an instrument with gaps has no index.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from server.inspections.instrument import (
    Band,
    Count,
    Indicator,
    Instrument,
    Ladder,
    Level,
    Months,
    Part,
    Percent,
    Presence,
    Scoring,
)
from server.skm.index import half_up
from server.skm.rules import comma

HUNDRED = Fraction(100)
MOST_PLACES = 6


class BadFinding(ValueError):
    """What cannot be a finding of this instrument: a code for programs, a sentence for people, the input to blame."""

    def __init__(self, code: str, detail: str, field: str) -> None:
        self.code = code
        self.detail = detail
        self.field = field
        super().__init__(detail)


class BadConvention(ValueError):
    """A way of computing that does not exist."""


class Observed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was found at one indicator: a value, or what its value follows from. All empty: not filled in."""

    value: Decimal | None = None
    """A level, points, or 1 and 0 for there and not there. Beside `items` and the like it overrides what they give."""
    items: tuple[str, ...] | None = None
    """Which items of a count rule are there."""
    done: int | None = None
    planned: int | None = None
    months: int | None = None
    is_not_applicable: bool = False
    note: str = ""

    @property
    def is_filled(self) -> bool:
        return self.is_not_applicable or self.value is not None or self.is_measured

    @property
    def is_measured(self) -> bool:
        return any(one is not None for one in (self.items, self.planned, self.months))


class Judged(msgspec.Struct, frozen=True):
    """The value of one finding: `value` None is not filled in or not applicable."""

    value: Decimal | None
    computed: Decimal | None = None
    """What the instrument's own rule gives; a differing `value` overrides it, with a reason."""
    is_not_applicable: bool = False
    explanation: str = ""

    @property
    def is_filled(self) -> bool:
        return self.is_not_applicable or self.value is not None

    @property
    def is_overridden(self) -> bool:
        return self.computed is not None and self.value != self.computed


NOT_FILLED = Judged(None)


class Convention(msgspec.Struct, frozen=True):
    """Where roundings happen on the way to an index."""

    name: str
    text: str
    in_force_from: date
    part_places: int | None = None
    """Decimals to which a part's contribution is rounded before the contributions are added."""


CONVENTIONS: dict[str, Convention] = {
    one.name: one
    for one in (
        Convention("exact", "tanpa pembulatan sampai indeks akhir", date(2017, 1, 1)),
        Convention(
            "parts-2",
            "sumbangan tiap aspek dibulatkan ke dua desimal, lalu dijumlahkan",
            date(2017, 1, 1),
            part_places=2,
        ),
    )
}
"""The named ways of rounding found in published tables; all half-up."""


class Line(msgspec.Struct, frozen=True):
    """One indicator of a score."""

    indicator: Indicator
    judged: Judged
    weight: Fraction | None
    """Percent of its part, or points of the whole; None where a plain mean is taken or nothing is counted."""
    product: Fraction | None
    """Its share of the part's score."""
    divisor: Fraction | None = None
    """What weight times value is divided by, where that is not simply the whole."""


class PartScore(msgspec.Struct, frozen=True):
    """An aspect, variable or dimension; without a `score` it is incomplete, or nothing of it applies."""

    part: Part
    lines: tuple[Line, ...]
    filled: int
    total: int
    score: Fraction | None
    weight: Fraction | None
    """Percent of the index, after parts that do not apply have left; None where weights are points."""
    contribution: Fraction | None

    @property
    def is_complete(self) -> bool:
        return self.filled == self.total


class Score(msgspec.Struct, frozen=True):
    """What an instrument makes of findings; `index` None: incomplete."""

    instrument: Instrument
    convention: Convention
    day: date | None
    parts: tuple[PartScore, ...]
    filled: int
    total: int
    missing: tuple[str, ...]
    """Keys of the indicators that are not filled in."""
    index: Fraction | None
    """Unrounded."""

    @property
    def status(self) -> str:
        """What a person reads of its completeness."""
        if self.missing:
            return f"belum lengkap, {self.filled} dari {self.total}"
        return "tidak ada yang berlaku" if self.index is None else "lengkap"


def convention_named(name: str) -> Convention:
    found = CONVENTIONS.get(name)
    if found is None:
        raise BadConvention(
            f"Cara hitung “{name}” tidak dikenal. Pilih salah satu: {', '.join(CONVENTIONS)}."
        )
    return found


# ── the value of one finding ──


def judge(instrument: Instrument, indicator: Indicator, observed: Observed) -> Judged:
    """The value that an observation has by the indicator's rule. Raises BadFinding for what the rule cannot take."""
    _refuse_foreign_measures(indicator, observed)
    if observed.is_not_applicable:
        if instrument.not_applicable == "refused":
            raise BadFinding(
                "not_applicable_refused", "Instrumen ini tidak mengenal “tidak berlaku”.", indicator.key
            )
        if observed.value is not None or observed.is_measured:
            raise BadFinding(
                "contradiction", "Pilih “tidak berlaku” atau isi nilainya, jangan dua-duanya.", indicator.key
            )
        return Judged(None, is_not_applicable=True, explanation="tidak berlaku")
    computed, explanation = _computed(indicator.scoring, indicator.key, observed)
    value = computed if observed.value is None else observed.value
    if value is None:
        return NOT_FILLED
    _refuse_off_scale(instrument, indicator, value)
    judged = Judged(_plain(value), computed, explanation=explanation or _told(indicator.scoring, value))
    if judged.is_overridden and not observed.note.strip():
        raise BadFinding(
            "needs_reason",
            f"Menurut butir yang ada, nilainya {comma_of(judged.computed)}. "
            "Tulis alasan pada catatan bila menilai lain.",
            indicator.key,
        )
    if isinstance(indicator.scoring, Level) and not observed.note.strip():
        raise BadFinding(
            "needs_reason",
            "Sumber tidak memuat uraian tingkat untuk indikator ini: tulis alasan nilai pada catatan.",
            indicator.key,
        )
    return judged


def _refuse_foreign_measures(indicator: Indicator, observed: Observed) -> None:
    rule = indicator.scoring
    foreign = (
        (observed.items is not None and not isinstance(rule, Count))
        or ((observed.done, observed.planned) != (None, None) and not isinstance(rule, Percent))
        or (observed.months is not None and not isinstance(rule, Months))
    )
    if foreign:
        raise BadFinding("wrong_measure", "Indikator ini tidak dinilai dengan cara itu.", indicator.key)
    if (observed.planned is None) != (observed.done is None) and observed.planned != 0:
        # what was not filled in is not zero
        raise BadFinding(
            "half_measured", "Isi jumlah yang direncanakan dan jumlah yang sudah selesai.", indicator.key
        )


def _refuse_off_scale(instrument: Instrument, indicator: Indicator, value: Decimal) -> None:
    scale = instrument.scale
    # 1e-10000000 is a small number and a very long fraction
    is_on = value.is_finite() and scale.lowest <= value <= scale.highest and _places(value) <= MOST_PLACES
    if not is_on or (Fraction(value) - Fraction(scale.lowest)) % Fraction(scale.step):
        step = "" if scale.step == 1 else f" dengan langkah {comma(scale.step)}"
        raise BadFinding(
            "off_scale",
            f"Nilai harus dari {comma(scale.lowest)} sampai {comma(scale.highest)}{step}.",
            indicator.key,
        )


def _places(value: Decimal) -> int:
    """How many decimals a number is written with."""
    return -int(value.as_tuple().exponent)


def _computed(rule: Scoring, key: str, observed: Observed) -> tuple[Decimal | None, str]:
    match rule:
        case Count() if observed.items is not None:
            return _counted(rule, key, observed.items)
        case Percent() if observed.planned is not None:
            return _percent(rule, key, observed.done, observed.planned)
        case Months() if observed.months is not None:
            return _months(rule, key, observed.months)
        case _:
            return None, ""


def _counted(rule: Count, key: str, items: Sequence[str]) -> tuple[Decimal, str]:
    known = {item.key for item in (*rule.items, *rule.required)}
    if unknown := sorted(set(items) - known):
        raise BadFinding("unknown_item", f"Butir {', '.join(unknown)} tidak ada pada indikator {key}.", key)
    missing = [item.text for item in rule.required if item.key not in items]
    n = sum(item.key in items for item in rule.items)
    told = f"{n} dari {len(rule.items)} butir ada"
    if missing:
        # with nothing at all there, the ordinary lowest level holds
        level = rule.without_required if items else 0
        return Decimal(level), f"{told}; tidak ada: {', '.join(missing)}"
    level = max((level for level, least in rule.least.items() if n >= least), default=0)
    if rule.required:
        told += ", butir wajib lengkap"
    return Decimal(level), told


def _percent(rule: Percent, key: str, done: int | None, planned: int) -> tuple[Decimal, str]:
    done = done or 0
    if planned < 0 or not 0 <= done <= planned:
        raise BadFinding(
            "off_scale", "Jumlah yang selesai harus dari 0 sampai jumlah yang direncanakan.", key
        )
    if planned == 0:
        return Decimal(rule.without_plan), "tidak ada rencana"
    share = Fraction(done * 100, planned)
    fitting = [
        step.level
        for step in rule.steps
        if (step.at_least is None or share >= Fraction(step.at_least))
        and (step.above is None or share > Fraction(step.above))
    ]
    return Decimal(max(fitting)), f"{done} ÷ {planned} = {comma(half_up(share, 2))} %"


def _months(rule: Months, key: str, months: int) -> tuple[Decimal, str]:
    if months < 0:
        raise BadFinding("off_scale", "Jumlah bulan tidak boleh kurang dari 0.", key)
    fitting = [level for level, most in rule.within.items() if months <= most]
    return Decimal(max(fitting, default=rule.later)), f"{months} bulan"


def _told(rule: Scoring, value: Decimal) -> str:
    """What the value means, in the words of the instrument."""
    match rule:
        case Ladder() | Percent() | Months():
            return rule.levels.get(int(value), "")
        case Presence():
            return "ada" if value else "tidak ada"
        case Count() if value == 0:
            return rule.none
        case _:
            return ""


# ── from values to the index ──


def score(
    instrument: Instrument,
    findings: Mapping[str, Observed],
    convention: str | None = None,
    day: date | None = None,
) -> Score:
    """The score of one set of findings; `day` chooses the categories in force. Raises BadFinding, BadConvention."""
    known = {indicator.key: indicator for _, indicator in instrument.indicators}
    for key in findings:
        if key not in known:
            raise BadFinding("unknown_indicator", f"Instrumen ini tidak memuat indikator “{key}”.", key)
    judged = {
        key: judge(instrument, indicator, findings[key]) if key in findings else NOT_FILLED
        for key, indicator in known.items()
    }
    return score_of(instrument, judged, convention, day)


def score_of(
    instrument: Instrument,
    judged: Mapping[str, Judged],
    convention: str | None = None,
    day: date | None = None,
) -> Score:
    """The score of values that are judged already; an indicator that is not there is not filled in."""
    way = convention_named(convention or instrument.convention)
    values = {indicator.key: judged.get(indicator.key, NOT_FILLED) for _, indicator in instrument.indicators}
    sums = _in_points if instrument.aggregation == "points" else _in_percent
    parts = sums(instrument, values, way)
    counted = [line for part in parts for line in part.lines if is_counted(line.indicator)]
    missing = tuple(line.indicator.key for line in counted if not line.judged.is_filled)
    contributions = [part.contribution for part in parts if part.contribution is not None]
    return Score(
        instrument=instrument,
        convention=way,
        day=day,
        parts=tuple(parts),
        filled=len(counted) - len(missing),
        total=len(counted),
        missing=missing,
        # where nothing at all applies there is nothing to take an index of
        index=sum(contributions, Fraction(0)) if contributions and not missing else None,
    )


def is_counted(indicator: Indicator) -> bool:
    return not indicator.is_optional


def weights_of(indicators: Iterable[Indicator], whole: Fraction) -> dict[str, Fraction]:
    """The weight of each counted indicator; those without one share what the others leave of the whole."""
    counted = [indicator for indicator in indicators if is_counted(indicator)]
    given = {one.key: Fraction(one.weight) for one in counted if one.weight is not None}
    open_ones = [one.key for one in counted if one.weight is None]
    left = whole - sum(given.values())
    return {one.key: given.get(one.key, left / len(open_ones) if open_ones else whole) for one in counted}


def _in_percent(instrument: Instrument, values: Mapping[str, Judged], way: Convention) -> list[PartScore]:
    """Parts with a percentage of the index each, made of weighted indicators or of their plain mean."""
    scored = [_part_in_percent(instrument, part, values) for part in instrument.parts]
    weights = {part.part.code: Fraction(part.part.weight or 0) for part in scored if part.total}
    # a part of which nothing applies leaves, and the others share its weight
    applying = sum(weights[part.part.code] for part in scored if part.total and _applies(part))
    whole = sum(weights.values())
    base = whole if instrument.renormalise else HUNDRED
    return [
        _weighed(part, weights[part.part.code] * whole / applying * HUNDRED / base, way)
        if part.total and _applies(part) and applying
        else part
        for part in scored
    ]


def _applies(part: PartScore) -> bool:
    """Whether anything that weighs is applicable."""
    return any(line.weight and not line.judged.is_not_applicable for line in part.lines)


def _weighed(part: PartScore, weight: Fraction, way: Convention) -> PartScore:
    if part.score is None:
        return msgspec.structs.replace(part, weight=weight)
    # of the unrounded score: what is printed of a part is rounded, what goes on is not
    contribution = _rounded(part.score * weight / HUNDRED, way)
    return msgspec.structs.replace(part, weight=weight, contribution=contribution)


def _part_in_percent(instrument: Instrument, part: Part, values: Mapping[str, Judged]) -> PartScore:
    weights = weights_of(part.indicators, HUNDRED)
    if instrument.aggregation == "mean":
        weights = dict.fromkeys(weights, HUNDRED / len(weights)) if weights else {}
    counted = [indicator for indicator in part.indicators if indicator.key in weights]
    applying = sum(weights[one.key] for one in counted if not values[one.key].is_not_applicable)
    whole = sum(weights.values())
    base = whole if instrument.renormalise or instrument.aggregation == "mean" else HUNDRED
    divisor = base * applying / whole if whole else Fraction(0)
    lines = tuple(
        _line(one, values[one.key], weights.get(one.key), lambda value: value, (divisor, HUNDRED))
        for one in part.indicators
    )
    return _part_score(part, lines)


def _in_points(instrument: Instrument, values: Mapping[str, Judged], way: Convention) -> list[PartScore]:
    """Indicators with points of the whole each; what does not apply leaves, and the rest is stretched to the whole."""
    maximum = Fraction(instrument.maximum)
    weights = weights_of((indicator for _, indicator in instrument.indicators), maximum)
    whole = sum(weights.values())
    applying = sum(weight for key, weight in weights.items() if not values[key].is_not_applicable)
    highest = Fraction(instrument.scale.highest)
    base = whole if instrument.renormalise else maximum
    divisor = base * applying / whole / maximum if whole else Fraction(0)
    scored = []
    for part in instrument.parts:
        lines = tuple(
            _line(
                one,
                values[one.key],
                weights.get(one.key),
                lambda value: value / highest,
                (divisor, Fraction(1)),
            )
            for one in part.indicators
        )
        found = _part_score(part, lines)
        contribution = None if found.score is None else _rounded(found.score, way)
        scored.append(msgspec.structs.replace(found, contribution=contribution))
    return scored


def _line(
    indicator: Indicator,
    judged: Judged,
    weight: Fraction | None,
    share: Callable[[Fraction], Fraction],
    divided: tuple[Fraction, Fraction],
) -> Line:
    """A line of a part; `divided`: by what, and by what it would be if everything applied and added up."""
    divisor, whole = divided
    product = None
    if judged.value is not None and weight is not None and divisor:
        product = share(Fraction(judged.value)) * weight / divisor
    return Line(indicator, judged, weight, product, None if divisor == whole else divisor)


def _part_score(part: Part, lines: tuple[Line, ...]) -> PartScore:
    counted = [line for line in lines if line.weight is not None]
    filled = sum(line.judged.is_filled for line in counted)
    products = [line.product for line in counted if line.product is not None]
    total = sum(products, Fraction(0)) if products and filled == len(counted) else None
    return PartScore(
        part=part,
        lines=lines,
        filled=filled,
        total=len(counted),
        score=total,
        weight=None,
        contribution=None,
    )


def _rounded(value: Fraction, way: Convention) -> Fraction:
    return value if way.part_places is None else Fraction(half_up(value, way.part_places))


# ── what is printed ──


def rounded(index: Fraction) -> Decimal:
    """The one rounding of an index: two decimals, half-up."""
    return half_up(index, 2)


def band_of(instrument: Instrument, index: Fraction, day: date | None = None) -> Band | None:
    """The category of an index, rounded first: the bands have gaps of 0.01."""
    printed = rounded(index)
    bands = instrument.bands_on(day)
    return next((band for band in bands if band.lowest <= printed), bands[-1] if bands else None)


def converted(instrument: Instrument, index: Fraction) -> Decimal | None:
    """The unrounded index on the scale of 100, rounded once."""
    return None if instrument.conversion is None else half_up(index * Fraction(instrument.conversion), 2)


def to_wire(score: Score, *, with_steps: bool = True) -> dict[str, Any]:
    """The score as the API gives it: decimals as strings with a point, null where nothing can be said."""
    band = None if score.index is None else band_of(score.instrument, score.index, score.day)
    wire: dict[str, Any] = {
        # with several forms this is the evaluators' alone: the index of all is the `ipp`
        "form": "F-02" if score.instrument.combination else None,
        "filled": score.filled,
        "total": score.total,
        "complete": not score.missing and score.index is not None,
        "status": score.status,
        "missing": list(score.missing),
        "convention": score.convention.name,
        "aspects": {part.part.code: _part_wire(part) for part in score.parts},
        "index": None if score.index is None else str(rounded(score.index)),
        "conversion": None if score.index is None else _text(converted(score.instrument, score.index)),
        "category": band.code if band else None,
        "label": band.label if band else None,
        "zone": (band.zone or None) if band else None,
    }
    if with_steps:
        wire["steps"] = steps(score)
    return wire


def _part_wire(part: PartScore) -> dict[str, Any]:
    return {
        "name": part.part.name,
        "weight": None if part.weight is None else _shortest(part.weight),
        "filled": part.filled,
        "total": part.total,
        "score": None if part.score is None else str(rounded(part.score)),
        "contribution": None if part.contribution is None else str(rounded(part.contribution)),
        "indicators": {line.indicator.key: _line_wire(line) for line in part.lines},
    }


def _line_wire(line: Line) -> dict[str, Any]:
    judged = line.judged
    wire: dict[str, Any] = {
        "value": _text(judged.value),
        "weight": None if line.weight is None else _shortest(line.weight),
        "product": None if line.product is None else str(half_up(line.product, 3)),
    }
    if judged.is_not_applicable:
        wire["not_applicable"] = True
    if judged.is_overridden:
        wire["computed"] = _text(judged.computed)
    if judged.explanation:
        wire["explanation"] = judged.explanation
    if line.divisor is not None:
        wire["divisor"] = _shortest(line.divisor)
    if line.indicator.doubts:
        wire["doubts"] = dict(line.indicator.doubts)
    return wire


def steps(score: Score) -> list[str]:
    """The arithmetic line by line, for whoever checks it with a calculator."""
    instrument = score.instrument
    lines = [
        f"Instrumen {instrument.title}, versi {instrument.version} ({instrument.legal_basis}); "
        f"cara hitung “{score.convention.name}”: {score.convention.text}."
    ]
    for part in score.parts:
        lines += [_line_step(line, score) for line in part.lines]
        if part.total:
            lines.append(_part_step(part, score))
    return [*lines, *_index_steps(score)]


def _line_step(line: Line, score: Score) -> str:
    judged, key = line.judged, line.indicator.key
    if judged.is_not_applicable:
        return f"{key}: tidak berlaku, keluar dari pembagi"
    if judged.value is None:
        return f"{key}: {judged.explanation or 'belum diisi'}"
    told = f" ({judged.explanation})" if judged.explanation else ""
    value = comma(judged.value)
    if judged.is_overridden:
        told += f"; menurut butirnya {comma_of(judged.computed)}, dinilai lain dengan alasan"
    if line.weight is None or line.product is None:
        return f"{key}: {value}{told}; tidak dihitung"
    if score.instrument.aggregation == "points":
        out_of = "" if score.instrument.scale.highest == 1 else f" ÷ {comma(score.instrument.scale.highest)}"
        stretched = "" if line.divisor is None else f" ÷ {cut(line.divisor)}"
        return f"{key}: {value}{out_of} × {told_weight(line.weight)}{stretched} = {cut(line.product)}{told}"
    share = "%" if line.divisor is None else f"÷ {cut(line.divisor)}"
    return f"{key}: {value} × {told_weight(line.weight)} {share} = {cut(line.product)}{told}"


def _part_step(part: PartScore, score: Score) -> str:
    name = f"{part.part.code}. {part.part.name}"
    if part.score is None:
        if part.filled == part.total:
            return f"{name}: tidak ada yang berlaku"
        return f"{name}: belum lengkap, {part.filled} dari {part.total}"
    if part.weight is None or part.contribution is None:
        return f"{name}: {cut(part.score)}"
    return f"{name}: {cut(part.score)}; × {told_weight(part.weight)} % = {cut(part.contribution)}"


def _index_steps(score: Score) -> list[str]:
    instrument = score.instrument
    name = "Indeks F-02" if instrument.combination else "Indeks"
    if score.index is None:
        return [f"{name}: {score.status}"]
    parts = " + ".join(cut(part.contribution) for part in score.parts if part.contribution is not None)
    line = f"{name}: {parts} = {cut(score.index)}, dibulatkan {comma(rounded(score.index))}"
    if instrument.combination:
        # its category and its value on the scale of 100 are those of the IPP
        return [line]
    band = band_of(instrument, score.index, score.day)
    lines = [line + (f"; kategori {band.code}, {band.label}" if band else "")]
    conversion = converted(instrument, score.index)
    if conversion is not None and instrument.conversion is not None:
        lines.append(
            f"Nilai konversi: {cut(score.index)} × {comma(instrument.conversion)} = {comma(conversion)}"
        )
    return lines


def cut(value: Fraction, places: int = 6) -> str:
    """A number with a decimal comma: in full when it ends within `places`, else cut there and marked."""
    scaled = value * 10**places
    digits = Decimal(scaled.numerator // scaled.denominator).scaleb(-places)
    return f"{comma(digits)}…" if scaled.denominator != 1 else comma(_plain(digits))


def told_weight(weight: Fraction) -> str:
    return cut(weight, 4)


def comma_of(value: Decimal | None) -> str:
    return "" if value is None else comma(_plain(value))


def _plain(value: Decimal) -> Decimal:
    """Without trailing zeros or a negative zero, and never as a power of ten."""
    short = (value + 0).normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral() else short


def _shortest(weight: Fraction) -> str:
    """A weight as a decimal where its decimals end, else as the fraction it is."""
    if 10**6 % weight.denominator:
        return f"{weight.numerator}/{weight.denominator}"
    return f"{_plain(Decimal(weight.numerator) / weight.denominator):f}"


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
