"""What differs between two versions of an instrument, in sentences for the official who decides which one to use.

Pure. Parts, indicators, items and categories are matched by their keys, whatever their place; everything an instrument
holds is compared, so that no change goes untold.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from server.inspections.instrument import (
    Band,
    BandSet,
    Count,
    Form,
    Indicator,
    Instrument,
    Item,
    Ladder,
    Level,
    Months,
    Part,
    Percent,
    PercentStep,
    Points,
    Presence,
    Question,
)
from server.inspections.scoring import comma_of, told_weight, weights_of

Found = Iterator["Change"]

WHOLE = "Instrumen"
NAME_LETTERS = 40
"""How much of a name is told, so that a reader knows it again."""


class Change(msgspec.Struct, frozen=True):
    """One difference: `before` None is new, `after` None is gone. An empty `what` is the place itself."""

    place: str
    what: str
    before: str | None
    after: str | None


def difference(before: Instrument, after: Instrument) -> list[Change]:
    """Everything that differs, in the order of the newer form."""
    return [*_settings(before, after), *sums_changed(before, after), *_parts(before, after)]


def tells(changes: Sequence[Change]) -> list[str]:
    """The changes as sentences: `Indikator 15 Tersedia tempat parkir…: bobot 15 % → 20 %`."""
    return [_tell(change) for change in changes]


def _tell(change: Change) -> str:
    what = f"{change.what} " if change.what else ""
    if change.before is None:
        return f"{change.place}: {what}ditambahkan ({change.after})"
    if change.after is None:
        return f"{change.place}: {what}dihapus ({change.before})"
    return f"{change.place}: {what}{change.before} → {change.after}"


# ── the whole ──


def _settings(before: Instrument, after: Instrument) -> Found:
    yield from _fields(WHOLE, before, after, apart={"parts", "weights_sum"})


def sums_changed(before: Instrument, after: Instrument) -> list[Change]:
    """Whether weights still add up as before; empty: they do."""
    sums, new_sums = _sums(before), _sums(after)
    declared, new_declared = _declared(before), _declared(after)
    places = {"": WHOLE, **{part.code: _of_part(part) for part in after.parts}}
    changes = []
    for code in [code for code in new_sums if code in sums]:
        what = "jumlah bobot indikator" if code else "jumlah bobot seluruhnya"
        if sums[code] != new_sums[code]:
            told, new_told = told_weight(sums[code]), told_weight(new_sums[code])
            changes.append(Change(places[code], what, f"{told}{_unit(before)}", f"{new_told}{_unit(after)}"))
        elif declared.get(code) != new_declared.get(code):
            changes += _between(
                places[code], f"{what} yang tertulis", declared.get(code), new_declared.get(code)
            )
    return changes


def _sums(instrument: Instrument) -> dict[str, Fraction]:
    """What the weights of each part add up to, and (under the empty code) those of the whole."""
    if instrument.aggregation == "points":
        every = (indicator for _, indicator in instrument.indicators)
        weights = weights_of(every, Fraction(instrument.maximum))
        by_part = {
            part.code: sum((weights.get(one.key, Fraction(0)) for one in part.indicators), Fraction(0))
            for part in instrument.parts
        }
        return {"": sum(weights.values(), Fraction(0)), **by_part}
    whole = sum((Fraction(part.weight or 0) for part in instrument.parts), Fraction(0))
    by_part = {
        part.code: sum(weights_of(part.indicators, Fraction(100)).values(), Fraction(0))
        for part in instrument.parts
    }
    return {"": whole, **by_part}


def _declared(instrument: Instrument) -> dict[str, Decimal | None]:
    return {"": instrument.weights_sum.parts, **instrument.weights_sum.indicators}


# ── parts and indicators ──


def _parts(before: Instrument, after: Instrument) -> Found:
    old_parts, new_parts = _by_key(before.parts), _by_key(after.parts)
    old = {one.key: (part, one) for part, one in before.indicators}
    new = {one.key: (part, one) for part, one in after.indicators}
    yield from _order(WHOLE, "urutan bagian", list(old_parts), list(new_parts))
    for code in _merged(list(new_parts), list(old_parts)):
        former, part = old_parts.get(code), new_parts.get(code)
        yield from _part(before, after, former, part)
        keys = [one.key for one in part.indicators] if part else []
        former_keys = [one.key for one in former.indicators] if former else []
        if part:
            yield from _order(_of_part(part), "urutan indikator", former_keys, keys)
        for key in keys:
            yield from _indicator(before, after, old.get(key), new[key])
        for key in former_keys:
            if key not in new:
                yield from _indicator(before, after, old[key], None)


def _part(before: Instrument, after: Instrument, old: Part | None, new: Part | None) -> Found:
    if new is None:
        assert old is not None
        yield Change(_of_part(old), "", _weight(old.weight, before), None)
    elif old is None:
        yield Change(_of_part(new), "", None, _weight(new.weight, after))
    else:
        place = _of_part(new)
        yield from _weights(place, before, after, old.weight, new.weight)
        yield from _fields(place, old, new, apart={"indicators", "weight"})


def _indicator(
    before: Instrument,
    after: Instrument,
    old: tuple[Part, Indicator] | None,
    new: tuple[Part, Indicator] | None,
) -> Found:
    if new is None:
        assert old is not None
        yield Change(_of_indicator(old[1]), "", _summary(old[1], before), None)
        return
    place = _of_indicator(new[1])
    if old is None:
        yield Change(place, "", None, _summary(new[1], after))
        return
    if old[0].code != new[0].code:
        yield Change(place, "pindah bagian", old[0].code, new[0].code)
    yield from _weights(place, before, after, old[1].weight, new[1].weight)
    yield from _fields(place, old[1], new[1], apart={"weight"})


def _weights(
    place: str, before: Instrument, after: Instrument, old: Decimal | None, new: Decimal | None
) -> Found:
    if old != new:
        yield Change(place, "bobot", _weight(old, before), _weight(new, after))


def _summary(indicator: Indicator, instrument: Instrument) -> str:
    return (
        f"bobot {_weight(indicator.weight, instrument)}, dinilai dengan {SCORINGS[type(indicator.scoring)]}"
    )


def _weight(weight: Decimal | None, instrument: Instrument) -> str:
    return "berbagi sisa" if weight is None else f"{comma_of(weight)}{_unit(instrument)}"


def _unit(instrument: Instrument) -> str:
    return " poin" if instrument.aggregation == "points" else " %"


def _of_part(part: Part) -> str:
    return f"Bagian {part.code} {_short(part.name)}"


def _of_indicator(indicator: Indicator) -> str:
    return f"Indikator {indicator.key} {_short(indicator.name)}"


def _short(name: str) -> str:
    return textwrap.shorten(name, NAME_LETTERS, placeholder="…")


# ── any two values of one field ──


def _fields(place: str, old: msgspec.Struct, new: msgspec.Struct, apart: set[str]) -> Found:
    for field in old.__struct_fields__:
        if field not in apart:
            yield from _between(place, LABELS[field], getattr(old, field), getattr(new, field))


def _between(place: str, what: str, old: Any, new: Any) -> Found:
    if old == new:
        return
    match old, new:
        case msgspec.Struct(), msgspec.Struct() if type(old) is type(new):
            for field in old.__struct_fields__:
                yield from _between(
                    place, f"{what}, {LABELS[field]}", getattr(old, field), getattr(new, field)
                )
        case dict(), dict():
            yield from _entries(place, what, old, new)
        case tuple(), tuple() if any(type(one) in KEYS for one in (*old, *new)):
            yield from _entries(place, what, _by_key(old), _by_key(new))
            yield from _order(place, f"urutan {what}", [*_by_key(old)], [*_by_key(new)])
        case tuple(), tuple() if set(old) != set(new):
            yield from (Change(place, what, _told(one), None) for one in old if one not in new)
            yield from (Change(place, what, None, _told(one)) for one in new if one not in old)
        case _:
            yield Change(place, what, _told(old), _told(new))


def _entries(place: str, what: str, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Found:
    for key in _merged(list(new), list(old)):
        if key not in old:
            yield Change(place, f"{what} {key}", None, _told(new[key]))
        elif key not in new:
            yield Change(place, f"{what} {key}", _told(old[key]), None)
        else:
            yield from _between(place, f"{what} {key}", old[key], new[key])


def _order(place: str, what: str, old: Sequence[Any], new: Sequence[Any]) -> Found:
    stayed = [key for key in old if key in new]
    now = [key for key in new if key in old]
    if stayed != now:
        yield Change(place, what, ", ".join(map(str, stayed)), ", ".join(map(str, now)))


def _merged(first: Sequence[Any], then: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys([*first, *then]))


def _by_key(rows: Sequence[Any]) -> dict[Any, Any]:
    return {getattr(row, KEYS[type(row)]): row for row in rows}


def _told(value: Any) -> str:
    match value:
        case None | () | {}:
            return "tidak ada"
        case bool():
            return "ya" if value else "tidak"
        case str():
            return WORDS.get(value) or (f"“{value}”" if value else "kosong")
        case Decimal():
            return comma_of(value)
        case int() | date():
            return str(value)
        case Item():
            return f"“{value.text}”"
        case dict():
            return "; ".join(f"{key}: {_told(one)}" for key, one in value.items())
        case tuple():
            return "; ".join(map(_told, value))
        case _:
            return _described(value)


def _described(struct: msgspec.Struct) -> str:
    """A whole struct in words, without what says nothing."""
    filled = {field: getattr(struct, field) for field in struct.__struct_fields__}
    told = [
        f"{LABELS[field]} {_told(value)}"
        for field, value in filled.items()
        if value not in (None, (), {}, "")
    ]
    return ", ".join([*([SCORINGS[type(struct)]] if type(struct) in SCORINGS else []), *told])


# ── words ──

KEYS: dict[type, str] = {
    Part: "code",
    Item: "key",
    Band: "code",
    BandSet: "in_force_from",
    Form: "code",
    Question: "key",
    PercentStep: "level",
}
"""What tells the rows of a list apart."""

SCORINGS: dict[type, str] = {
    Ladder: "tingkat yang diuraikan",
    Level: "tingkat tanpa uraian",
    Count: "hitungan butir",
    Percent: "persentase",
    Months: "lama dalam bulan",
    Presence: "ada/tidak ada",
    Points: "angka",
}

LABELS: dict[str, str] = {
    "above": "di atas",
    "aggregation": "cara menjumlahkan",
    "at_least": "mulai dari",
    "bands": "kategori",
    "based_on": "dibuat dari",
    "code": "kode",
    "combination": "gabungan F-02 dan F-03",
    "convention": "cara hitung",
    "conversion": "pengali nilai konversi",
    "doubts": "belum dicocokkan:",
    "evidence": "bukti yang diminta",
    "evidence_kinds": "jenis bukti",
    "evidence_rule": "bukti wajib",
    "f02": "bagian F-02",
    "f03": "bagian F-03",
    "forms": "formulir",
    "highest": "tertinggi",
    "hints": "petunjuk",
    "in_force_from": "mulai berlaku",
    "indicators": "indikator",
    "is_on_site": "harus dilihat di tempat",
    "is_optional": "tambahan yang tidak dihitung",
    "items": "butir",
    "key": "kunci",
    "kinds": "jenis",
    "label": "sebutan",
    "later": "bila lebih lama",
    "least": "paling sedikit",
    "legal_basis": "dasar hukum",
    "level": "tingkat",
    "levels": "tingkat",
    "lowest": "terendah",
    "maximum": "indeks tertinggi",
    "measure": "yang dibagi",
    "method": "cara menilai",
    "most": "paling banyak",
    "name": "nama",
    "none": "arti tingkat terendah",
    "not_applicable": "“tidak berlaku”",
    "note": "catatan",
    "notes": "catatan",
    "part": "bagian",
    "parts": "bagian",
    "per": "yang diamati",
    "questions": "pernyataan",
    "renormalise": "bobot disebar ulang",
    "required": "butir wajib",
    "scale": "skala",
    "scoring": "cara menilai",
    "sources": "sumber",
    "step": "langkah",
    "steps": "langkah tingkat",
    "target": "sasaran",
    "teams": "tim",
    "text": "bunyi",
    "title": "judul",
    "use": "kegunaan",
    "users": "formulir pengguna",
    "version": "versi",
    "weight": "bobot",
    "weights_sum": "jumlah bobot",
    "who": "pengisi",
    "within": "bulan paling lama untuk tingkat",
    "without_f03": "tanpa F-03",
    "without_plan": "tingkat bila tidak ada rencana",
    "without_required": "tingkat tanpa butir wajib",
    "zone": "zona",
}
"""Every field of an instrument, in an official's words."""

WORDS: dict[str, str] = {
    "weighted": "berbobot",
    "mean": "rata-rata",
    "points": "poin",
    "part_means": "rata-rata tiap bagian",
    "answers": "rata-rata semua jawaban",
    "refused": "tidak boleh",
    "leaves": "keluar dari pembagi",
    "unit": "unit",
    "product": "produk pelayanan",
    "incomplete": "belum lengkap",
    "f02_only": "F-02 saja",
    "photo": "foto",
    "video": "video",
    "screenshot": "tangkapan layar",
    "document": "dokumen",
    "observation": "pengamatan",
    "interview": "wawancara",
    "medium": "keyakinan sedang",
    "low": "keyakinan rendah",
}
"""The fixed words of an instrument, in an official's words."""
