"""Whether a file is an instrument that scores can be made with: everything that is wrong with it, line by line.

Pure. Syntax and shape are read in `shape.py`; here is what the values must hold: keys that are unique, scales without
holes, weights that add up, categories without gaps.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec

from server.inspections.instrument import (
    Band,
    Count,
    Indicator,
    Instrument,
    Ladder,
    Months,
    Part,
    Percent,
    PercentStep,
    Presence,
    Scale,
)
from server.inspections.positions import places_of
from server.inspections.scoring import CONVENTIONS, is_counted
from server.inspections.shape import BadInstrument, Fault, shaped, text_of
from server.skm.rules import comma

__all__ = ["BadInstrument", "Fault", "read"]

Found = Iterator[tuple[str, str]]
"""Path and sentence of each fault."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}")

MOST_INDICATORS = 400
LONGEST_TEXT = 600
LONGEST_BAND = 16
MOST_PLACES = 6
MOST = 1_000_000
MOST_LEVELS = 101

PRESENCE = Scale(Decimal(0), Decimal(1))


def read(content: bytes) -> Instrument:
    """The instrument in a file. Raises BadInstrument with all that is wrong."""
    places = places_of(text_of(content))
    faults = [
        Fault(places.line_at(place), path, "Nama ini sudah dipakai di objek yang sama.")
        for path, place in places.repeated
    ]
    try:
        instrument = shaped(places)
    except BadInstrument as bad:
        raise BadInstrument([*faults, *bad.faults]) from None
    faults += [Fault(places.line(path), path, detail) for path, detail in _faults(instrument)]
    if faults:
        raise BadInstrument(faults)
    return instrument


def _faults(instrument: Instrument) -> Found:
    # numbers like NaN cannot be compared: the other rules only speak of sane ones
    insane = list(_insane(instrument))
    if insane:
        yield from insane
        return
    for rule in (_names, _keys, _scale, _scorings, _evidence, _weights, _categories, _users, _settings):
        yield from rule(instrument)


# ── sizes ──


def _insane(instrument: Instrument) -> Found:
    total = sum(len(part.indicators) for part in instrument.parts)
    if total > MOST_INDICATORS:
        yield "$.parts", f"Paling banyak {MOST_INDICATORS} indikator; di sini {total}."
    for path, leaf in _leaves(instrument, "$"):
        match leaf:
            case str() if len(leaf) > LONGEST_TEXT:
                yield path, f"Teks paling panjang {LONGEST_TEXT} huruf; di sini {len(leaf)}."
            # the unbreakable space of word processors is welcome
            case str() if not leaf.replace("\u00a0", " ").isprintable():
                yield path, "Teks memuat tanda yang tidak dapat dicetak, misalnya pindah baris."
            case Decimal() if (
                not leaf.is_finite() or not -MOST <= leaf <= MOST or _places(leaf) < -MOST_PLACES
            ):
                yield path, "Bilangan ini tidak dapat dihitung."
            case Decimal() if _places(leaf) > MOST_PLACES:
                yield path, f"Bilangan paling banyak mempunyai {MOST_PLACES} desimal."
            case int() if abs(leaf) > MOST:
                yield path, "Bilangan ini terlalu besar."


def _places(number: Decimal) -> int:
    """Its decimals; negative where it is written with a power of ten, as 0e999999 is."""
    return -int(number.as_tuple().exponent)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every text and number in it, with its path."""
    match value:
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from _leaves(getattr(value, name), f"{path}.{name}")
        case tuple():
            for number, one in enumerate(value):
                yield from _leaves(one, f"{path}[{number}]")
        case dict():
            for key, one in value.items():
                yield f"{path}.{key}", key
                yield from _leaves(one, f"{path}.{key}")
        case _:
            yield path, value


# ── names and keys ──


def _names(instrument: Instrument) -> Found:
    for field, name in (("code", instrument.code), ("version", instrument.version)):
        if not NAME.fullmatch(name):
            yield f"$.{field}", "Pakai huruf kecil, angka, dan tanda hubung; paling panjang 31 huruf."
    if instrument.based_on:
        names = instrument.based_on.split("/")
        if len(names) != 2 or not all(NAME.fullmatch(name) for name in names):
            yield "$.based_on", "Tulis sebagai kode/versi, misalnya pekppp/2022."
        elif instrument.based_on == instrument.address:
            yield "$.based_on", "Instrumen tidak dapat dibuat dari dirinya sendiri: beri versi lain."
    for path, leaf in _leaves(instrument, "$"):
        if path.endswith((".title", ".name", ".text", ".label", ".measure")) and not leaf.strip():
            yield path, "Isilah teks ini."


def _keys(instrument: Instrument) -> Found:
    if not instrument.parts:
        yield "$.parts", "Instrumen memerlukan paling sedikit satu bagian."
    yield from _unique((f"{path}.code", part.code) for path, part in _parts(instrument))
    yield from _unique((f"{path}.key", indicator.key) for path, _, indicator in _indicators(instrument))
    for path, part in _parts(instrument):
        if not part.indicators:
            yield f"{path}.indicators", "Bagian ini memerlukan paling sedikit satu indikator."
    for path, _, indicator in _indicators(instrument):
        if isinstance(indicator.scoring, Count):
            yield from _unique(_item_keys(f"{path}.scoring", indicator.scoring))
    if instrument.users:
        questions = enumerate(instrument.users.questions)
        yield from _unique((f"$.users.questions[{n}].key", one.key) for n, one in questions)
    yield from _unique((f"$.forms[{n}].code", form.code) for n, form in enumerate(instrument.forms))


def _item_keys(path: str, rule: Count) -> Iterator[tuple[str, str]]:
    yield from ((f"{path}.items[{n}].key", item.key) for n, item in enumerate(rule.items))
    yield from ((f"{path}.required[{n}].key", item.key) for n, item in enumerate(rule.required))


def _unique(keys: Iterable[tuple[str, str]]) -> Found:
    seen: set[str] = set()
    for path, key in keys:
        if not KEY.fullmatch(key):
            yield (
                path,
                "Kunci ditulis dengan huruf, angka, titik, atau tanda hubung; paling panjang 31 huruf.",
            )
        elif key in seen:
            yield path, f"Kunci “{key}” sudah dipakai; beri kunci lain."
        seen.add(key)


def _parts(instrument: Instrument) -> Iterator[tuple[str, Part]]:
    return ((f"$.parts[{n}]", part) for n, part in enumerate(instrument.parts))


def _indicators(instrument: Instrument) -> Iterator[tuple[str, Part, Indicator]]:
    for path, part in _parts(instrument):
        for n, indicator in enumerate(part.indicators):
            yield f"{path}.indicators[{n}]", part, indicator


# ── the scale and the rules of scoring ──


def _scale(instrument: Instrument) -> Found:
    scale = instrument.scale
    if not 0 <= scale.lowest < scale.highest:
        yield "$.scale", "Skala mulai dari 0 atau lebih, dan nilai tertingginya di atas nilai terendah."
    elif scale.step <= 0 or (scale.highest - scale.lowest) % scale.step:
        yield "$.scale", "Langkah skala harus di atas 0 dan berakhir tepat pada nilai tertinggi."
    if not scale.lowest <= instrument.target <= scale.highest:
        yield "$.target", f"Sasaran {comma(instrument.target)} tidak ada pada skala."
    if instrument.maximum <= 0:
        yield "$.maximum", "Indeks tertinggi harus di atas 0."
    elif instrument.aggregation != "points" and instrument.maximum != scale.highest:
        yield "$.maximum", f"Indeks tertinggi sama dengan nilai tertinggi skala, {comma(scale.highest)}."


def _scorings(instrument: Instrument) -> Found:
    scale, levels = instrument.scale, _levels(instrument.scale)
    for parent, _, indicator in _indicators(instrument):
        path, rule = f"{parent}.scoring", indicator.scoring
        if isinstance(rule, Presence) and scale != PRESENCE:
            yield path, "Ada/tidak ada hanya dapat dipakai pada skala 0 sampai 1."
        if not isinstance(rule, Ladder | Count | Percent | Months):
            continue
        if levels is None:
            yield path, "Tingkat memerlukan skala bilangan bulat dengan paling banyak 101 nilai."
            continue
        if not isinstance(rule, Count):
            yield from _same_levels(f"{path}.levels", rule.levels, levels)
        match rule:
            case Count():
                yield from _count(path, rule, levels)
            case Percent():
                yield from _percent(path, rule, levels)
            case Months():
                yield from _months(path, rule, levels)


def _levels(scale: Scale) -> list[int] | None:
    """All values of the scale, where they are whole and few."""
    numbers = (scale.lowest, scale.highest, scale.step)
    if any(number % 1 for number in numbers) or scale.step < 1:
        return None
    lowest, highest, step = map(int, numbers)
    levels = range(lowest, highest + 1, step)
    return list(levels) if len(levels) <= MOST_LEVELS else None


def _same_levels(path: str, given: Iterable[int], wanted: Iterable[int]) -> Found:
    missing, foreign = sorted({*wanted} - {*given}), sorted({*given} - {*wanted})
    if missing:
        yield path, f"Tingkat {_listed(missing)} belum ada."
    for level in foreign:
        yield f"{path}.{level}", f"Tingkat {level} tidak ada di sini."


def _count(path: str, rule: Count, levels: list[int]) -> Found:
    yield from _on_scale(f"{path}.without_required", rule.without_required, levels)
    if levels[:1] != [0]:
        yield path, "Hitungan butir memerlukan skala yang mulai dari 0."
    if not rule.items:
        yield f"{path}.items", "Tulis butir yang dihitung."
    yield from _same_levels(f"{path}.least", rule.least, levels[1:])
    for level, least in rule.least.items():
        if not 0 <= least <= len(rule.items):
            yield f"{path}.least.{level}", f"{least} butir tidak mungkin: ada {len(rule.items)} butir."
    for (_, fewer), (level, more) in pairwise(sorted(rule.least.items())):
        if more < fewer:
            yield (
                f"{path}.least.{level}",
                f"Tingkat {level} tidak boleh memerlukan butir lebih sedikit daripada tingkat di bawahnya.",
            )


def _percent(path: str, rule: Percent, levels: list[int]) -> Found:
    yield from _on_scale(f"{path}.without_plan", rule.without_plan, levels)
    begins = [(_begin(step), f"{path}.steps[{n}]", step) for n, step in enumerate(rule.steps)]
    for begin, where, step in begins:
        yield from _on_scale(f"{where}.level", step.level, levels)
        if begin is None:
            yield where, "Tulis salah satu: at_least (mulai dari) atau above (di atas)."
        elif not 0 <= begin[0] <= 100 or begin == (Decimal(100), True):
            yield where, "Langkah mulai dari 0 sampai 100 persen."
    first = begins[0][0] if begins else None
    if not begins or (first is not None and first != (Decimal(0), False)):
        yield (
            f"{path}.steps[0]",
            "Langkah pertama mulai dari 0 persen (at_least 0), agar tidak ada yang terlewat.",
        )
    for (before, _, lower), (begin, where, step) in pairwise(begins):
        if step.level <= lower.level or (before is not None and begin is not None and begin <= before):
            yield where, "Langkah diurutkan naik, baik tingkatnya maupun persentasenya."


def _begin(step: PercentStep) -> tuple[Decimal, bool] | None:
    """Where a step begins, in order: `above` comes just after `at_least` of the same number."""
    match step.at_least, step.above:
        case Decimal() as at_least, None:
            return at_least, False
        case None, Decimal() as above:
            return above, True
        case _:
            return None


def _months(path: str, rule: Months, levels: list[int]) -> Found:
    yield from _on_scale(f"{path}.later", rule.later, levels)
    for level, months in rule.within.items():
        yield from _on_scale(f"{path}.within.{level}", level, levels)
        if months < 0:
            yield f"{path}.within.{level}", "Jumlah bulan tidak boleh kurang dari 0."
    for (_, longer), (level, shorter) in pairwise(sorted(rule.within.items())):
        if shorter > longer:
            yield (
                f"{path}.within.{level}",
                f"Tingkat {level} tidak boleh memberi waktu lebih lama daripada tingkat di bawahnya.",
            )


def _on_scale(path: str, level: int, levels: list[int]) -> Found:
    if level not in levels:
        yield path, f"Tingkat {level} tidak ada pada skala."


# ── evidence ──


def _evidence(instrument: Instrument) -> Found:
    for parent, _, indicator in _indicators(instrument):
        path, rule = f"{parent}.evidence_rule", indicator.evidence_rule
        if rule is None:
            continue
        if not rule.kinds:
            yield f"{path}.kinds", "Sebutkan jenis bukti yang wajib."
        for n, kind in enumerate(rule.kinds):
            if kind not in indicator.evidence_kinds:
                yield f"{path}.kinds[{n}]", f"Jenis bukti {kind} tidak ada pada evidence_kinds indikator ini."
        if not 1 <= rule.least <= 20:
            yield f"{path}.least", "Banyaknya bukti wajib dari 1 sampai 20."
        if not instrument.scale.lowest <= rule.above < instrument.scale.highest:
            yield f"{path}.above", "Batas bukti harus pada skala, di bawah nilai tertinggi."


# ── weights ──


def _weights(instrument: Instrument) -> Found:
    for path, _, indicator in _indicators(instrument):
        if indicator.weight is not None and indicator.weight < 0:
            yield f"{path}.weight", "Bobot tidak boleh kurang dari 0."
    codes = {part.code for part in instrument.parts}
    for code in instrument.weights_sum.indicators.keys() - codes:
        yield f"$.weights_sum.indicators.{code}", f"Bagian “{code}” tidak ada."
    if instrument.aggregation == "points":
        yield from _points(instrument)
    else:
        yield from _percentages(instrument)


def _points(instrument: Instrument) -> Found:
    for path, part in _parts(instrument):
        if part.weight is not None:
            yield f"{path}.weight", "Bagian tidak berbobot sendiri bila indikator memakai poin."
        declared = instrument.weights_sum.indicators.get(part.code)
        if declared is not None:
            yield from _sum_of(instrument, f"{path}.indicators", part.indicators, declared)
    every = [indicator for _, indicator in instrument.indicators]
    whole = instrument.weights_sum.parts
    yield from _sum_of(instrument, "$.parts", every, whole, instrument.maximum)


def _percentages(instrument: Instrument) -> Found:
    for path, part in _parts(instrument):
        if part.weight is None:
            yield path, "Bagian ini memerlukan bobot (persen dari indeks)."
        elif part.weight < 0:
            yield f"{path}.weight", "Bobot tidak boleh kurang dari 0."
        elif part.weight and not any(map(is_counted, part.indicators)):
            yield f"{path}.weight", "Tidak ada yang dihitung di bagian ini: bobotnya harus 0."
        declared = instrument.weights_sum.indicators.get(part.code)
        is_checked = instrument.aggregation == "weighted" and any(map(is_counted, part.indicators))
        if declared is not None or is_checked:
            yield from _sum_of(instrument, f"{path}.indicators", part.indicators, declared)
    weights = [part.weight for part in instrument.parts if part.weight is not None]
    yield from _sum(instrument, "$.parts", sum(weights, Decimal(0)), instrument.weights_sum.parts)


def _sum_of(
    instrument: Instrument,
    path: str,
    indicators: Iterable[Indicator],
    declared: Decimal | None,
    whole: Decimal = Decimal(100),
) -> Found:
    """Whether the weights of indicators add up; those without one fill what the others leave of the whole."""
    counted = [indicator.weight for indicator in indicators if is_counted(indicator)]
    given = sum((weight for weight in counted if weight is not None), Decimal(0))
    if None not in counted:
        yield from _sum(instrument, path, given, declared, whole)
    elif given >= whole:
        yield (
            path,
            f"Bobot yang terisi sudah {comma(given)}: tidak ada sisa dari {comma(whole)} untuk yang kosong.",
        )
    elif declared is not None and declared != whole:
        yield path, f"Bobot yang kosong mengisi sisa sampai {comma(whole)}, bukan {comma(declared)}."


def _sum(
    instrument: Instrument, path: str, given: Decimal, declared: Decimal | None, whole: Decimal = Decimal(100)
) -> Found:
    wanted = whole if declared is None else declared
    if declared is None and instrument.renormalise:
        if not given:
            yield path, "Semua bobot 0: tidak ada yang dapat disebar ulang."
    elif given != wanted:
        hint = (
            "seperti tertulis pada weights_sum"
            if declared is not None
            else "dan weights_sum tidak menyebut lain"
        )
        yield path, f"Jumlah bobot {comma(given)}, bukan {comma(wanted)} {hint}."


# ── categories ──


def _categories(instrument: Instrument) -> Found:
    for (_, before), (n, after) in pairwise(enumerate(instrument.bands)):
        if after.in_force_from <= before.in_force_from:
            yield f"$.bands[{n}].in_force_from", "Urutkan kategori dari yang paling lama berlaku."
    for n, one in enumerate(instrument.bands):
        yield from _bands(f"$.bands[{n}].bands", one.bands, instrument.maximum)


def _bands(path: str, bands: tuple[Band, ...], maximum: Decimal) -> Found:
    if not bands:
        yield path, "Tulis paling sedikit satu kategori."
        return
    for number, band in enumerate(bands):
        if not 1 <= len(band.code) <= LONGEST_BAND:
            yield f"{path}[{number}].code", f"Kode kategori paling panjang {LONGEST_BAND} huruf."
    for code, n in Counter(band.code for band in bands).items():
        if n > 1:
            yield path, f"Kategori “{code}” tertulis {n} kali."
    if bands[0].highest != maximum:
        yield (
            f"{path}[0].highest",
            f"Kategori pertama harus berakhir pada {comma(maximum)}, indeks tertinggi.",
        )
    last = len(bands) - 1
    if bands[last].lowest != 0:
        yield f"{path}[{last}].lowest", "Kategori terakhir harus mulai dari 0."
    for n, band in enumerate(bands):
        if band.lowest > band.highest:
            yield f"{path}[{n}]", f"Batas kategori {band.code} terbalik."
    for n, (upper, lower) in enumerate(pairwise(bands), 1):
        gap = upper.lowest - lower.highest
        if gap <= 0:
            yield (
                f"{path}[{n}].highest",
                f"Kategori {lower.code} menindih {upper.code}; urutkan dari yang tertinggi.",
            )
        elif gap > _widest_gap(upper.lowest, lower.highest):
            yield (
                f"{path}[{n}].highest",
                f"Antara {comma(lower.highest)} dan {comma(upper.lowest)} tidak ada kategori.",
            )


def _widest_gap(*quoted: Decimal) -> Decimal:
    """Between categories quoted as 50 and 51 nothing is missing, nor between 50.99 and 51.00."""
    is_whole = all(number.as_tuple().exponent == 0 for number in quoted)
    return Decimal(1) if is_whole else Decimal("0.01")


# ── users, and what is set for the whole ──


def _users(instrument: Instrument) -> Found:
    if instrument.users is None:
        return
    codes = {part.code for part in instrument.parts}
    if not instrument.users.questions:
        yield "$.users.questions", "Tulis paling sedikit satu pernyataan."
    for n, question in enumerate(instrument.users.questions):
        if question.part not in codes:
            yield f"$.users.questions[{n}].part", f"Bagian “{question.part}” tidak ada."
    if not 1 <= instrument.users.least <= instrument.users.most:
        yield "$.users", "Responden paling sedikit 1, dan least tidak melebihi most."


def _settings(instrument: Instrument) -> Found:
    if instrument.convention not in CONVENTIONS:
        yield "$.convention", f"Cara hitung tidak dikenal. Pilih salah satu: {', '.join(CONVENTIONS)}."
    if instrument.conversion is not None and instrument.conversion <= 0:
        yield "$.conversion", "Pengali nilai konversi harus di atas 0."
    shares = instrument.combination
    if shares and (min(shares.f02, shares.f03) < 0 or shares.f02 + shares.f03 != 1):
        yield "$.combination", f"Bagian F-02 dan F-03 berjumlah {comma(shares.f02 + shares.f03)}, bukan 1."


def _listed(levels: Iterable[int]) -> str:
    return ", ".join(map(str, levels))
