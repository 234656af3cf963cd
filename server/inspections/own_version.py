"""A city's own version of an instrument: other weights, fewer indicators, other categories; made from a published one.

Pure. What the new weights really add up to is written into the version, as published sums of 99.5 are: nothing is
spread anew unless the city says so.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from server.inspections.check import BadInstrument, Fault, read
from server.inspections.instrument import (
    BandSet,
    Combination,
    Indicator,
    Instrument,
    Part,
    WeightsSum,
    encoded,
)
from server.inspections.positions import places_of
from server.inspections.scoring import is_counted
from server.inspections.shape import text_of

LATEST = "latest"
"""In an address the newest version, so no version may be called so."""

LONGEST_TITLE = 300
HUNDRED = Decimal(100)
DIGITS_MOST = 9


class Wishes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a city wants otherwise; what is left out stays as it is."""

    version: str
    reason: str
    title: str = ""
    legal_basis: str = ""
    in_force_from: date | None = None
    weights: dict[str, Decimal] = {}
    """Indicator → its weight."""
    part_weights: dict[str, Decimal] = {}
    without: tuple[str, ...] = ()
    """Indicators that are left out; a part that loses its last one goes too."""
    renormalise: bool | None = None
    bands: tuple[BandSet, ...] | None = None
    target: Decimal | None = None
    combination: Combination | None = None
    """How F-02 and F-03 become the IPP."""


class BadWish(ValueError):
    """A wish that leads to no version of its own: the input to blame, a sentence."""

    def __init__(self, field: str, detail: str) -> None:
        self.field = field
        self.detail = detail
        super().__init__(detail)


def own_version(base: Instrument, wishes: Wishes) -> Instrument:
    """The version a city asked for. Raises BadWish, and BadInstrument where no score could be made with it."""
    _refuse_unreal(wishes)
    _refuse_unknown(base, wishes)
    parts = tuple(_parts(base.parts, wishes))
    renormalise = base.renormalise if wishes.renormalise is None else wishes.renormalise
    changed = msgspec.structs.replace(
        base,
        parts=parts,
        renormalise=renormalise,
        bands=base.bands if wishes.bands is None else wishes.bands,
        target=base.target if wishes.target is None else wishes.target,
        combination=_combination(base, wishes),
    )
    if changed == base:
        raise BadWish(
            "weights", "Tidak ada yang berubah: ubah paling sedikit satu bobot, indikator, atau kategori."
        )
    made = msgspec.structs.replace(
        changed,
        version=wishes.version,
        title=wishes.title or f"{base.title}, versi {wishes.version}",
        legal_basis=wishes.legal_basis or base.legal_basis,
        in_force_from=wishes.in_force_from or base.in_force_from,
        weights_sum=WeightsSum() if renormalise else _sums(base, parts),
        users=_users(base, parts),
        based_on=base.address,
        notes=(f"Dibuat dari {base.address}; catatan berikut adalah catatan versi itu.", *base.notes),
    )
    return read_own(encoded(made))


def _combination(base: Instrument, wishes: Wishes) -> Combination | None:
    """How the forms are combined; what the city sets itself is no longer in doubt."""
    wished = wishes.combination
    if wished is None or base.combination is None:
        return wished or base.combination
    shares = (wished.f02, wished.f03) == (base.combination.f02, base.combination.f03)
    return msgspec.structs.replace(wished, doubts=base.combination.doubts if shares else {})


def read_own(content: bytes) -> Instrument:
    """A file as an instrument a city may publish. Raises BadInstrument with all that is wrong."""
    instrument = read(content)
    faults = []
    if instrument.version == LATEST:
        faults.append(("$.version", "“latest” berarti versi terbaru: beri nama lain, misalnya 2026-kota-1."))
    if len(instrument.title) > LONGEST_TITLE:
        faults.append(("$.title", f"Judul paling panjang {LONGEST_TITLE} huruf."))
    if faults:
        raise faulty(content, faults)
    return instrument


def faulty(content: bytes, faults: Iterable[tuple[str, str]]) -> BadInstrument:
    """Faults by path and sentence, with the lines they are on."""
    places = places_of(text_of(content))
    return BadInstrument(Fault(places.line(path), path, detail) for path, detail in faults)


def _refuse_unknown(base: Instrument, wishes: Wishes) -> None:
    keys = {indicator.key for _, indicator in base.indicators}
    codes = {part.code for part in base.parts}
    for field, asked, known, noun in (
        ("weights", wishes.weights, keys, "Indikator"),
        ("without", wishes.without, keys, "Indikator"),
        ("part_weights", wishes.part_weights, codes, "Bagian"),
    ):
        for key in asked:
            if key not in known:
                raise BadWish(field, f"{noun} “{key}” tidak ada pada {base.address}.")
    for key in wishes.without:
        if key in wishes.weights:
            raise BadWish(
                "without", f"Indikator “{key}” dihapus dan sekaligus diberi bobot: pilih salah satu."
            )


def _refuse_unreal(wishes: Wishes) -> None:
    """Numbers that nothing can be compared with or added to; whether the others fit is for the instrument to say."""
    for field in wishes.__struct_fields__:
        for number in _numbers(getattr(wishes, field)):
            if not number.is_finite() or number.adjusted() > DIGITS_MOST:
                raise BadWish(field, "Setiap angka harus berupa bilangan biasa, misalnya 12.5.")


def _numbers(value: Any) -> Iterator[Decimal]:
    match value:
        case Decimal():
            yield value
        case msgspec.Struct():
            for field in value.__struct_fields__:
                yield from _numbers(getattr(value, field))
        case dict():
            for one in value.values():
                yield from _numbers(one)
        case tuple():
            for one in value:
                yield from _numbers(one)


def _parts(parts: Sequence[Part], wishes: Wishes) -> Iterable[Part]:
    for part in parts:
        indicators = tuple(
            _weighed(one, wishes.weights) for one in part.indicators if one.key not in wishes.without
        )
        if indicators:
            yield msgspec.structs.replace(_weighed(part, wishes.part_weights), indicators=indicators)


def _weighed(one: Any, weights: dict[str, Decimal]) -> Any:
    """A part or an indicator with the weight the city gave it: that one is in no doubt any more."""
    key = one.key if isinstance(one, Indicator) else one.code
    if key not in weights or weights[key] == one.weight:
        return one
    doubts = {what: doubt for what, doubt in one.doubts.items() if what != "weight"}
    return msgspec.structs.replace(one, weight=weights[key], doubts=doubts)


def _sums(base: Instrument, parts: Sequence[Part]) -> WeightsSum:
    """What the weights add up to, wherever that was said before or is not what one expects."""
    if base.aggregation == "points":
        every = [indicator for part in parts for indicator in part.indicators]
        whole = _told_sum(_counted_weights(every), base.weights_sum.parts, base.maximum)
    else:
        whole = _told_sum([part.weight for part in parts], base.weights_sum.parts, HUNDRED)
    indicators = {}
    for part in parts:
        weights = _counted_weights(part.indicators)
        expected = HUNDRED if base.aggregation == "weighted" else None
        told = _told_sum(weights, base.weights_sum.indicators.get(part.code), expected)
        if told is not None and weights:
            indicators[part.code] = told
    return WeightsSum(parts=whole, indicators=indicators)


def _told_sum(
    weights: Sequence[Decimal | None], declared: Decimal | None, expected: Decimal | None
) -> Decimal | None:
    """The sum as it is to be declared; where somebody shares what the others leave, as it was declared before."""
    given = [weight for weight in weights if weight is not None]
    if len(given) < len(weights):
        return declared
    added = sum(given, Decimal(0))
    return added if declared is not None or expected not in (None, added) else None


def _counted_weights(indicators: Iterable[Indicator]) -> list[Decimal | None]:
    return [indicator.weight for indicator in indicators if is_counted(indicator)]


def _users(base: Instrument, parts: Sequence[Part]) -> Any:
    """The users' form without statements on parts that are gone."""
    if base.users is None:
        return None
    codes = {part.code for part in parts}
    questions = tuple(question for question in base.users.questions if question.part in codes)
    return msgspec.structs.replace(base.users, questions=questions) if questions else None
