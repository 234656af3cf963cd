"""IKM: the public satisfaction index of a set of answers, and of several units together.

Rule:   PermenPANRB 14/2017, Lampiran: NRR of an unsur x weight, summed, x 25; bands, conventions: rules.py
Since:  2017; older rule sets are in rules.py
Proof:  tests/published/: published results, recomputed

Answers are whole numbers, arithmetic is in fractions, and nothing is rounded before the end unless the
convention says so. A missing answer is missing: an NRR is a total divided by the number who answered.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import msgspec

from server.skm.rules import (
    CURRENT,
    EXACT,
    EXTRA,
    RULES,
    BadConvention,
    BadTable,
    Convention,
    RuleSet,
    band_of,
    comma,
    convention_text,
    decimal_of,
)

PER_ELEMENT = "per-element"
"""Every answer counts in its element."""
COMPLETE_ONLY = "complete-only"
"""Only respondents who answered every asked element count."""

Counts = tuple[int, int, int, int]
"""How many answered 1, 2, 3 and 4."""


class ElementTally(msgspec.Struct, frozen=True):
    """The answers to one element: how many, their sum, and how they spread where that is known."""

    n: int
    total: int
    counts: Counts | None = None


class Tally(msgspec.Struct, frozen=True):
    """The answers of `n` respondents per element; an element that is not there was answered by nobody."""

    n: int
    elements: dict[str, ElementTally]
    missing: str = PER_ELEMENT


class ElementIndex(msgspec.Struct, frozen=True):
    """One element of an index; without answers (`mean` is None) it is "tidak diukur"."""

    key: str
    n: int | None
    total: int | None
    counts: Counts | None
    mean: Fraction | None
    """The NRR, unrounded."""
    nrr: Decimal | None
    """The NRR as printed: three decimals, those of the convention, or those of the table it was read from."""
    weight: Fraction | None
    weighted: Fraction | None
    """NRR x weight as the convention rounds them."""
    grade: str | None


class Index(msgspec.Struct, frozen=True):
    """An index with all that is needed to check it by hand; `ikm` is None when nothing was measured."""

    n: int | None
    measured: int
    asked: int
    missing: str
    convention: Convention
    rules: RuleSet
    elements: dict[str, ElementIndex]
    value: Fraction | None
    """The index before its last rounding: what aggregates are made of."""
    ikm: Decimal | None
    grade: str | None
    label: str | None
    lowest: tuple[str, ...]
    plain: "Index | None" = None
    """The index of the statutory elements alone, where other elements and weights were added."""

    @property
    def coverage(self) -> str:
        """To be printed beside the index, always when it is not complete: 8 dari 9 unsur."""
        return f"{self.measured} dari {self.asked} unsur"

    @property
    def is_complete(self) -> bool:
        return self.measured == self.asked


def half_up(x: Fraction, places: int) -> Decimal:
    """x >= 0 rounded to `places` decimals, a half always up; Python's round() goes to the even neighbour."""
    return Decimal((2 * 10**places * x.numerator + x.denominator) // (2 * x.denominator)).scaleb(-places)


def round2(x: Fraction) -> Decimal:
    """The one rounding of an index."""
    return half_up(x, 2)


def tally_of_counts(counts: Mapping[str, Sequence[int]], n: int | None = None) -> Tally:
    """From histograms: element -> how many answered 1, 2, 3, 4; without `n`, the largest one's number."""
    _refuse_unknown(counts)
    elements: dict[str, ElementTally] = {}
    for key, cells in counts.items():
        if len(cells) != 4 or any(type(cell) is not int or cell < 0 for cell in cells):
            raise BadTable(
                "bad_counts", f"Sebaran jawaban {key} harus empat bilangan bulat, tidak negatif.", key
            )
        one, two, three, four = cells
        total = one + 2 * two + 3 * three + 4 * four
        elements[key] = ElementTally(one + two + three + four, total, (one, two, three, four))
    most = max((element.n for element in elements.values()), default=0)
    return _checked(Tally(most if n is None else n, elements))


def tally_of_totals(
    totals: Mapping[str, int | None], n: int, valid: Mapping[str, int] | None = None
) -> Tally:
    """From sums of answers; `valid` is the number of answers to elements that not all `n` answered."""
    _refuse_unknown(totals)
    elements: dict[str, ElementTally] = {}
    for key, total in totals.items():
        answered = (valid or {}).get(key, n)
        if total is None:
            continue
        if type(total) is not int or type(answered) is not int:
            raise BadTable("bad_total", f"Jumlah nilai dan jumlah jawaban {key} harus bilangan bulat.", key)
        elements[key] = ElementTally(answered, total)
    return _checked(Tally(n, elements))


def tally_of_responses(responses: Iterable[Mapping[str, int | None]], missing: str = PER_ELEMENT) -> Tally:
    """From the answers of each respondent, 1-4 by element; whoever answered nothing is no respondent.

    Under `complete-only` the asked elements are those that anybody answered.
    """
    if missing not in (PER_ELEMENT, COMPLETE_ONLY):
        raise BadConvention(
            "unknown_missing_policy", f"Aturan jawaban kosong “{missing}” tidak dikenal.", "missing"
        )
    # one histogram per set of answered elements: who is complete is known only when all have been read
    groups: dict[frozenset[str], tuple[list[int], dict[str, list[int]]]] = {}
    for line, response in enumerate(responses, 1):
        answers = {key: answer for key, answer in response.items() if answer is not None}
        if not answers:
            continue
        pattern = frozenset(answers)
        if pattern not in groups:
            _refuse_unknown(pattern)
            groups[pattern] = ([0], {key: [0, 0, 0, 0] for key in answers})
        respondents, histograms = groups[pattern]
        respondents[0] += 1
        for key, answer in answers.items():
            if type(answer) is not int or not 1 <= answer <= 4:
                raise BadTable(
                    "bad_answer",
                    f"Jawaban {key} dari responden ke-{line} harus 1, 2, 3, 4, atau kosong.",
                    key,
                )
            histograms[key][answer - 1] += 1
    asked = frozenset(key for pattern in groups for key in pattern)
    counted = [group for pattern, group in groups.items() if missing == PER_ELEMENT or pattern == asked]
    counts = {key: [0, 0, 0, 0] for key in asked}
    for _, histograms in counted:
        for key, cells in histograms.items():
            counts[key] = [a + b for a, b in zip(counts[key], cells, strict=True)]
    n = sum(respondents[0] for respondents, _ in counted)
    return Tally(n, tally_of_counts(counts, n).elements, missing)


_STATUTORY = tuple(dict.fromkeys(key for rules in reversed(RULES) for key in rules.elements))


def _refuse_unknown(keys: Iterable[str], known: Sequence[str] = _STATUTORY) -> None:
    for key in keys:
        if key not in known and not EXTRA.fullmatch(key):
            raise BadTable(
                "unknown_element",
                f"Unsur “{key[:60]}” tidak dikenal. Nama unsur: {', '.join(known)}; "
                "unsur tambahan diawali x_.",
                key[:60],
            )


def _checked(tally: Tally) -> Tally:
    if type(tally.n) is not int or tally.n < 0:
        raise BadTable("bad_n", "Jumlah responden harus bilangan bulat, tidak negatif.", "n")
    for key, element in tally.elements.items():
        if not 0 <= element.n <= tally.n:
            raise BadTable(
                "bad_n",
                f"Jumlah jawaban {key} ({element.n}) tidak boleh melebihi jumlah responden ({tally.n}).",
                key,
            )
        if not element.n <= element.total <= 4 * element.n:
            raise BadTable(
                "bad_total",
                f"Jumlah nilai {key} ({element.total}) harus di antara {element.n} dan {4 * element.n}, "
                f"karena {element.n} orang menjawab 1 sampai 4.",
                key,
            )
    return tally


def index_of(
    tally: Tally,
    convention: Convention = EXACT,
    rules: RuleSet = CURRENT,
    weights: Mapping[str, Fraction | str] | None = None,
) -> Index:
    """The index of a tally. `weights`, of sum exactly 1, make it an extended one, its plain one beside it."""
    rows = {
        key: _Row(element.n, element.total, element.counts, Fraction(element.total, element.n))
        for key, element in tally.elements.items()
        if element.n
    }
    return _index(tally.n, rows, tally.missing, convention, rules, weights)


def index_of_nrr(
    nrr: Mapping[str, Decimal | str | int | None],
    n: int | None = None,
    convention: Convention = EXACT,
    rules: RuleSet = CURRENT,
    weights: Mapping[str, Fraction | str] | None = None,
) -> Index:
    """The index of averages as a report prints them, digits kept; decimals with a point or a comma."""
    _refuse_unknown(nrr)
    rows = {key: _printed(key, written) for key, written in nrr.items() if written is not None}
    if n is not None:
        _checked(Tally(n, {}))
    return _index(n, rows, PER_ELEMENT, convention, rules, weights)


class _Row(msgspec.Struct, frozen=True):
    n: int | None
    total: int | None
    counts: Counts | None
    mean: Fraction
    printed: Decimal | None = None


def _printed(key: str, written: Decimal | str | int) -> _Row:
    try:
        # a binary float is no longer the number that was printed
        if isinstance(written, float) or len(str(written)) > 20:
            raise InvalidOperation
        nrr = Decimal(str(written).strip().replace(",", "."))
    except InvalidOperation:
        raise BadTable(
            "bad_nrr", f"NRR {key} harus ditulis sebagai teks angka, misalnya “3.868”.", key
        ) from None
    if not (nrr.is_finite() and 1 <= nrr <= 4):
        raise BadTable("bad_nrr", f"NRR {key} ({written}) harus di antara 1 dan 4.", key)
    return _Row(None, None, None, Fraction(nrr), nrr)


def _index(
    n: int | None,
    rows: Mapping[str, _Row],
    missing: str,
    convention: Convention,
    rules: RuleSet,
    weights: Mapping[str, Fraction | str] | None,
) -> Index:
    if not rules.elements:
        raise BadTable(
            "unnamed_elements", f"Unsur menurut {rules.title} hanya diketahui jumlahnya, bukan namanya."
        )
    full = _equal_weights(convention, rules) if weights is None else _own_weights(weights, convention, rules)
    _refuse_unknown((*rows, *full), rules.elements)
    for key in rows:
        if key not in full:
            raise BadTable(
                "weights_needed",
                f"Unsur tambahan {key} memerlukan bobot; jumlah semua bobot harus tepat 1.",
                key,
            )
    shared = _shared(full, rows)
    elements = {key: _element(key, rows.get(key), shared, convention, rules) for key in full}
    value = _value(elements, convention)
    ikm = None if value is None else round2(value)
    band = None if ikm is None else band_of(ikm, rules)
    plain = None
    if weights is not None:
        statutory = {key: row for key, row in rows.items() if key in rules.elements}
        plain = _index(n, statutory, missing, convention, rules, None)
    return Index(
        n=n,
        measured=len(shared),
        asked=len(full),
        missing=missing,
        convention=convention,
        rules=rules,
        elements=elements,
        value=value,
        ikm=ikm,
        grade=band.grade if band else None,
        label=band.label if band else None,
        lowest=_lowest(elements),
        plain=plain,
    )


def _equal_weights(convention: Convention, rules: RuleSet) -> dict[str, Fraction]:
    weight = convention.weight or Fraction(1, rules.k)
    if weight * rules.k > 1:
        raise BadConvention(
            "weight_too_large",
            f"Bobot {comma(decimal_of(weight))} untuk {rules.k} unsur berjumlah lebih dari 1, "
            "sehingga indeks dapat melewati 100.",
            "convention.weight",
        )
    return dict.fromkeys(rules.elements, weight)


def _own_weights(
    written: Mapping[str, Fraction | str], convention: Convention, rules: RuleSet
) -> dict[str, Fraction]:
    if convention.weight is not None:
        raise BadConvention(
            "two_weights",
            "Bobot per unsur hanya dapat dipakai dengan cara hitung berbobot “1/k”.",
            "convention.weight",
        )
    for key in rules.elements:
        if key not in written:
            raise BadTable(
                "missing_weight", f"Bobot unsur {key} belum ada; kesembilan unsur wajib dinilai.", key
            )
    extras = [key for key in written if key not in rules.elements]
    weights = {key: _fraction(key, written[key]) for key in (*rules.elements, *extras)}
    if sum(weights.values()) != 1:
        raise BadTable("bad_weight_sum", "Jumlah semua bobot unsur harus tepat 1.", "weights")
    return weights


def _fraction(key: str, written: Fraction | str) -> Fraction:
    try:
        if isinstance(written, float) or len(str(written)) > 40:
            raise ValueError
        weight = Fraction(written.replace(",", ".")) if isinstance(written, str) else Fraction(written)
        if weight <= 0:
            raise ValueError
    except (ValueError, ZeroDivisionError):
        raise BadTable(
            "bad_weight",
            f"Bobot {key} harus lebih dari 0, ditulis sebagai teks, misalnya “1/10” atau “0.1”.",
            key,
        ) from None
    return weight


def _shared(weights: Mapping[str, Fraction], rows: Mapping[str, _Row]) -> dict[str, Fraction]:
    """The weights of what was measured: what was not leaves its weight to the others, in their proportion."""
    measured = {key: weight for key, weight in weights.items() if key in rows}
    if len(measured) == len(weights) or not measured:
        return measured
    scale = sum(weights.values(), Fraction(0)) / sum(measured.values(), Fraction(0))
    return {key: weight * scale for key, weight in measured.items()}


def _element(
    key: str, row: _Row | None, weights: Mapping[str, Fraction], convention: Convention, rules: RuleSet
) -> ElementIndex:
    if row is None:
        return ElementIndex(key, 0, 0, None, None, None, None, None, None)
    used = row.mean if convention.nrr_places is None else Fraction(half_up(row.mean, convention.nrr_places))
    if row.printed is not None and convention.nrr_places is None:
        nrr = row.printed
    else:
        nrr = half_up(row.mean, 3 if convention.nrr_places is None else convention.nrr_places)
    weighted = used * weights[key]
    if convention.weighted_places is not None:
        weighted = Fraction(half_up(weighted, convention.weighted_places))
    grade = band_of(round2(used * 25), rules).grade
    return ElementIndex(key, row.n, row.total, row.counts, row.mean, nrr, weights[key], weighted, grade)


def _value(elements: Mapping[str, ElementIndex], convention: Convention) -> Fraction | None:
    weighted = [element.weighted for element in elements.values() if element.weighted is not None]
    if not weighted:
        return None
    ikm = sum(weighted, Fraction(0))
    if convention.sum_places is not None:
        ikm = Fraction(half_up(ikm, convention.sum_places))
    if ikm > 4:
        raise BadConvention(
            "index_beyond_scale", "Pembulatan pada cara hitung ini membawa indeks melewati 100.", "convention"
        )
    return ikm * 25


def _lowest(elements: Mapping[str, ElementIndex]) -> tuple[str, ...]:
    """The three weakest elements, lowest first, with all that tie for the third place.

    What shares the highest NRR is not weak: where all are equal, none is.
    """
    means = {key: element.mean for key, element in elements.items() if element.mean is not None}
    top = max(means.values(), default=None)
    weak = sorted((key for key in means if means[key] != top), key=means.__getitem__)
    return tuple(key for key in weak if means[key] <= means[weak[:3][-1]])


class Aggregate(msgspec.Struct, frozen=True):
    """The index of several units or services; always to be printed with its method, n and number of parts."""

    method: str
    method_label: str
    n: int | None
    parts: int
    measured: int
    """The fewest elements that a part measured."""
    asked: int
    convention: Convention
    rules: RuleSet
    value: Fraction | None
    ikm: Decimal | None
    grade: str | None
    label: str | None
    index: Index | None = None
    """With `pooled`: the elements of all respondents together."""

    @property
    def coverage(self) -> str:
        """To be printed beside the index whenever a part is not complete: 8 dari 9 unsur."""
        return f"{self.measured} dari {self.asked} unsur"

    @property
    def is_complete(self) -> bool:
        return self.measured == self.asked


METHODS = {
    "unit_mean": "rata-rata unit",
    "pooled": "gabungan responden",
    "respondent_weighted": "tertimbang responden",
}
"""The ways to join the indices of several parts, with the label that is printed with the result."""


def unit_mean(parts: Iterable[Index]) -> Aggregate:
    """The mean of the unrounded indices, all counting the same; what has no answers takes no part."""
    taken = _parts(parts)
    values = [part.value for part in taken if part.value is not None]
    return _aggregate("unit_mean", taken, sum(values, Fraction(0)) / len(values) if values else None)


def respondent_weighted(parts: Iterable[Index]) -> Aggregate:
    """The mean of the unrounded indices, every part counting as often as it has respondents."""
    taken = _parts(parts)
    sums = Fraction(0)
    for part in taken:
        if part.n is None or part.value is None:
            raise BadTable("unknown_n", "Ada bagian yang jumlah respondennya tidak diketahui.", "n")
        sums += part.value * part.n
    n = sum(part.n or 0 for part in taken)
    return _aggregate("respondent_weighted", taken, sums / n if n else None)


def pooled(parts: Iterable[Index]) -> Aggregate:
    """The index of all respondents together: totals and numbers of answers added, then computed as one."""
    taken = _parts(parts)
    if not taken:
        return _aggregate("pooled", taken, None)
    added: dict[str, ElementTally] = {}
    for part in taken:
        for key, element in part.elements.items():
            if element.n is None or element.total is None:
                raise BadTable(
                    "unknown_n", "Ada bagian yang hanya diketahui NRR-nya, bukan jumlah nilainya.", key
                )
            if element.n:
                added[key] = _added(added.get(key), ElementTally(element.n, element.total, element.counts))
    tally = Tally(sum(part.n or 0 for part in taken), added, taken[0].missing)
    index = index_of(tally, taken[0].convention, taken[0].rules)
    return _aggregate("pooled", taken, index.value, index)


def _parts(parts: Iterable[Index]) -> list[Index]:
    # elements that one office adds are no measure for another: aggregates are of the statutory elements
    taken = [plain for part in parts if (plain := part.plain or part).value is not None]
    for name, kinds in (
        ("aturan", {part.rules.code for part in taken}),
        ("cara hitung", {part.convention.name for part in taken}),
        ("aturan jawaban kosong", {part.missing for part in taken}),
    ):
        if len(kinds) > 1:
            raise BadTable(
                "mixed_parts",
                f"Indeks dengan {name} yang berbeda ({', '.join(sorted(kinds))}) tidak dapat digabung.",
            )
    return taken


def _added(one: ElementTally | None, other: ElementTally) -> ElementTally:
    if one is None:
        return other
    counts = None
    if one.counts and other.counts:
        a, b, c, d = (x + y for x, y in zip(one.counts, other.counts, strict=True))
        counts = (a, b, c, d)
    return ElementTally(one.n + other.n, one.total + other.total, counts)


def _aggregate(
    method: str, parts: Sequence[Index], value: Fraction | None, index: Index | None = None
) -> Aggregate:
    rules = parts[0].rules if parts else CURRENT
    ikm = None if value is None else round2(value)
    band = None if ikm is None else band_of(ikm, rules)
    sizes = [part.n for part in parts if part.n is not None]
    return Aggregate(
        method=method,
        method_label=METHODS[method],
        n=sum(sizes) if len(sizes) == len(parts) else None,
        parts=len(parts),
        measured=min((part.measured for part in parts), default=0),
        asked=rules.k,
        convention=parts[0].convention if parts else EXACT,
        rules=rules,
        value=value,
        ikm=ikm,
        grade=band.grade if band else None,
        label=band.label if band else None,
        index=index,
    )


def steps(index: Index) -> list[str]:
    """The arithmetic line by line, in Indonesian, for an official with a pocket calculator.

    Numbers that go on for ever are cut, not rounded, and end in "…": every rounding can be seen to be right.
    """
    lines = [_rule_step(index), *(_element_step(index, element) for element in index.elements.values())]
    if index.value is None or index.ikm is None:
        return [*lines, "Belum ada unsur yang dijawab, jadi belum ada indeks."]
    measured = [element for element in index.elements.values() if element.mean is not None]
    band = band_of(index.ikm, index.rules)
    return [
        *lines,
        *_weight_steps(index, measured),
        *_sum_steps(index, measured),
        f"Dibulatkan ke 2 desimal (tepat setengah ke atas): {comma(index.ikm)}",
        f"{comma(index.ikm)} ada di rentang {comma(band.lowest)}–{comma(band.highest)}: "
        f"mutu {band.grade}, {band.label}",
    ]


def _rule_step(index: Index) -> str:
    way = convention_text(index.convention, index.rules.k)
    own = "; bobot tiap unsur ditetapkan sendiri" if index.plain else ""
    return (
        f"Aturan {index.rules.title}; cara hitung “{index.convention.name}”: {way}{own}. "
        "U1, U2, … menurut urutan peraturan."
    )


def _element_step(index: Index, element: ElementIndex) -> str:
    statutory = index.rules.elements
    name = f"{element.key} (U{statutory.index(element.key) + 1})" if element.key in statutory else element.key
    if element.nrr is None:
        return f"{name}: tidak diukur"
    if element.n is None:
        return f"{name}: {comma(element.nrr)}"
    answered = "" if element.n == index.n else f" ({element.n} dari {index.n} responden menjawab)"
    return f"{name}: {element.total} ÷ {element.n} = {comma(element.nrr)}{answered}"


def _weight_steps(index: Index, measured: Sequence[ElementIndex]) -> list[str]:
    lines = []
    if not index.is_complete:
        lines.append(f"Diukur {index.coverage}: bobot unsur yang tidak diukur dibagikan kepada yang lain")
    weight = _one_weight(index)
    if weight is not None and index.convention.weighted_places is None:
        return [*lines, f"Bobot tiap unsur: {_indonesian(weight, index)}"]
    return lines + [
        f"{element.key} tertimbang: {comma(element.nrr)} × {_indonesian(element.weight, index)} = "
        f"{comma(_printed_weighted(element.weighted, index))}"
        for element in measured
        if element.nrr is not None and element.weight is not None and element.weighted is not None
    ]


def _sum_steps(index: Index, measured: Sequence[ElementIndex]) -> list[str]:
    convention = index.convention
    lines = []
    ikm = sum((element.weighted for element in measured if element.weighted is not None), Fraction(0))
    source = ""
    weight = _one_weight(index)
    if weight is not None and convention.weighted_places is None:
        sizes = {element.n for element in measured}
        if convention.nrr_places is None and len(sizes) == 1 and None not in sizes:
            # whoever adds up rounded NRRs arrives elsewhere: with one n for all, whole numbers show the way
            totals = [element.total or 0 for element in measured]
            lines.append(f"Jumlah nilai semua unsur: {' + '.join(map(str, totals))} = {sum(totals)}")
            source = f"{sum(totals)} ÷ {measured[0].n} × {_indonesian(weight, index)} = "
        else:
            lines.append(f"Jumlah NRR: {_cut(ikm / weight)}")
            source = f"{_cut(ikm / weight)} × {_indonesian(weight, index)} = "
    lines.append(f"Jumlah NRR tertimbang: {source}{_cut(ikm)}")
    if convention.sum_places is not None:
        ikm = Fraction(half_up(ikm, convention.sum_places))
        lines.append(f"Dibulatkan ke {convention.sum_places} desimal: {_cut(ikm)}")
    return [*lines, f"IKM: {_cut(ikm)} × 25 = {_cut(ikm * 25)}"]


def _one_weight(index: Index) -> Fraction | None:
    """The weight that all measured elements share, if they do."""
    weights = {element.weight for element in index.elements.values() if element.weight is not None}
    return weights.pop() if len(weights) == 1 else None


def _printed_weighted(weighted: Fraction, index: Index) -> Decimal:
    return half_up(
        weighted, 4 if index.convention.weighted_places is None else index.convention.weighted_places
    )


def _cut(x: Fraction, places: int = 6) -> str:
    """x with a decimal comma: in full when it ends within `places`, else cut there and marked."""
    scaled = x * 10**places
    digits = Decimal(scaled.numerator // scaled.denominator).scaleb(-places)
    return f"{comma(digits)}…" if scaled.denominator != 1 else comma(digits.normalize())


def _indonesian(weight: Fraction, index: Index) -> str:
    return weight_text(weight, index.convention).replace(".", ",")


def weight_text(weight: Fraction, convention: Convention) -> str:
    """A weight as its convention writes it: the fraction 1/9, or the decimal 0.11 while its decimals end."""
    if convention.weight is None or 10**12 % weight.denominator:
        return f"{weight.numerator}/{weight.denominator}"
    return f"{decimal_of(weight):f}"


def to_wire(
    index: Index, excluded: Mapping[str, int] | None = None, *, with_steps: bool = True
) -> dict[str, Any]:
    """The index as the API gives it: decimals as strings with a point; what is not known is left out.

    `excluded` counts the responses that rules keep out, per rule.
    """
    weight = _one_weight(index)
    wire: dict[str, Any] = {
        "n": index.n,
        **({} if excluded is None else {"excluded": dict(excluded)}),
        "measured": index.measured,
        "asked": index.asked,
        "coverage": index.coverage,
        "missing": index.missing,
        "rule": index.rules.code,
        "convention": index.convention.name,
        "weight": None if weight is None else weight_text(weight, index.convention),
        "elements": {key: _element_wire(element, index) for key, element in index.elements.items()},
        "ikm": None if index.ikm is None else str(index.ikm),
        "grade": index.grade,
        "label": index.label,
        "lowest": list(index.lowest),
    }
    if index.plain is not None:
        wire["plain"] = to_wire(index.plain, with_steps=False)
    if with_steps:
        wire["steps"] = steps(index)
    return wire


def _element_wire(element: ElementIndex, index: Index) -> dict[str, Any]:
    wire: dict[str, Any] = {}
    if element.n is not None:
        wire |= {"n": element.n, "total": element.total}
    if element.counts is not None:
        wire["counts"] = list(element.counts)
    wire["nrr"] = None if element.nrr is None else f"{element.nrr:f}"
    if index.plain is not None and element.weight is not None:
        wire["weight"] = weight_text(element.weight, index.convention)
    wire["weighted"] = None if element.weighted is None else str(_printed_weighted(element.weighted, index))
    wire["grade"] = element.grade
    return wire
