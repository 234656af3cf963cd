"""The form for a version of the city's own: what it offers, and what was typed read into a version.

A field is named after what it sets: `bobot-15` the weight of indicator 15, `tanpa-15` whether it
is left out, `bagian-c` the weight of part c.
"""

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal

import msgspec

from server.forms import Form
from server.inspections.check import BadInstrument
from server.inspections.instrument import Combination, Instrument, Part
from server.inspections.own_version import BadWish, Wishes, own_version
from server.inspections.scoring import comma_of

VERSION_MOST = 31
REASON_MOST = 500

DECIMAL = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,6})?")

FIELDS = {
    "$.version": "versi",
    "$.based_on": "versi",
    "$.in_force_from": "mulai",
    "$.target": "sasaran",
    "$.combination": "f02",
}
"""Which field is to blame for a fault at a path of the version."""


def offered(base: Instrument, taken: Collection[str], today: date) -> Form:
    """The form at first: everything as it is in the version it begins from."""
    values: dict[str, str | None] = {
        "versi": free_version(base.code, taken, today.year),
        "mulai": today.isoformat(),
        "sasaran": comma_of(base.target),
        "sebar": "ya" if base.renormalise else "tidak",
    }
    for part in base.parts:
        values[f"bagian-{part.code}"] = comma_of(part.weight)
        values |= {f"bobot-{one.key}": comma_of(one.weight) for one in part.indicators}
    if base.combination:
        values |= {"f02": comma_of(base.combination.f02), "f03": comma_of(base.combination.f03)}
    return Form(values)


def free_version(code: str, taken: Collection[str], year: int) -> str:
    """The first name in the row 2026-kota-1, 2026-kota-2 … that no version of this instrument has."""
    number = 1
    while f"{code}/{year}-kota-{number}" in taken:
        number += 1
    return f"{year}-kota-{number}"


def names_of(base: Instrument) -> list[str]:
    """Every field there can be: what the page of the effect carries on."""
    names = ["versi", "alasan", "mulai", "sasaran", "sebar", "f02", "f03"]
    for part in base.parts:
        names.append(f"bagian-{part.code}")
        names += [f"{name}-{one.key}" for one in part.indicators for name in ("bobot", "tanpa")]
    return names


def read_version(form: Form, base: Instrument) -> Instrument | None:
    """The version as typed; None where something is wrong, which is then marked in the form."""
    wishes = Wishes(
        version=form.text("versi", VERSION_MOST, "Beri nama versinya, misalnya 2026-kota-1."),
        reason=form.text("alasan", REASON_MOST, "Tulis alasannya, misalnya nomor SK."),
        in_force_from=form.read("mulai", _day),
        weights=_weights(form, base),
        part_weights=_part_weights(form, base),
        without=tuple(one.key for _, one in base.indicators if form.is_on(f"tanpa-{one.key}")),
        renormalise=form.one_of("sebar", ("ya", "tidak"), "Pilih satu.") == "ya",
    )
    target, combination = form.read("sasaran", _decimal), _combination(form, base)
    if form.faults or target is None:
        return None
    try:
        return own_version(base, msgspec.structs.replace(wishes, target=target, combination=combination))
    except BadWish as wish:
        form.fault("", "%(said)s", said=wish.detail)
    except BadInstrument as bad:
        for fault in bad.faults:
            form.fault(_field(fault.path, base, wishes), "%(said)s", said=fault.detail)
    return None


def _weights(form: Form, base: Instrument) -> dict[str, Decimal]:
    """The weights that differ; of an indicator that is left out nothing is read."""
    changed = {}
    for _, one in base.indicators:
        if not form.is_on(f"tanpa-{one.key}"):
            said = "Indikator %(key)s: tulis bobot 0 atau lebih, misalnya 7,5."
            weight = _weight(form, f"bobot-{one.key}", one.weight, said, one.key)
            if weight is not None and weight != one.weight:
                changed[one.key] = weight
    return changed


def _part_weights(form: Form, base: Instrument) -> dict[str, Decimal]:
    changed = {}
    for part in base.parts:
        if _is_left_out(form, part):
            continue
        said = "Bagian %(key)s: tulis bobot 0 atau lebih, misalnya 7,5."
        weight = _weight(form, f"bagian-{part.code}", part.weight, said, part.code)
        if weight is not None and weight != part.weight:
            changed[part.code] = weight
    return changed


def _weight(form: Form, field: str, former: Decimal | None, said: str, key: str) -> Decimal | None:
    """A weight as typed; one that was shared before may stay empty."""
    text = form.values.get(field, "").strip()
    if former is None and not text:
        return None
    try:
        return _decimal(text)
    except ValueError:
        form.fault(field, said, key=key)
        return None


def _combination(form: Form, base: Instrument) -> Combination | None:
    """The shares of the forms; those the city has set are in no doubt any more."""
    shares = base.combination
    if shares is None:
        return None
    f02, f03 = form.read("f02", _decimal), form.read("f03", _decimal)
    if f02 is None or f03 is None or (f02, f03) == (shares.f02, shares.f03):
        return shares
    doubts = {what: doubt for what, doubt in shares.doubts.items() if what not in ("f02", "f03")}
    return msgspec.structs.replace(shares, f02=f02, f03=f03, doubts=doubts)


def _decimal(text: str) -> Decimal:
    if not DECIMAL.fullmatch(text):
        raise ValueError("Tulis bilangan 0 atau lebih, misalnya 7,5.")
    return Decimal(text.replace(",", "."))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("Tulis tanggal mulai berlaku.") from None


def _is_left_out(form: Form, part: Part) -> bool:
    return all(form.is_on(f"tanpa-{one.key}") for one in part.indicators)


def _field(path: str, base: Instrument, wishes: Wishes) -> str:
    """The field a fault is shown at; a part that lost all its indicators has no place in the version."""
    if found := re.match(r"\$\.parts\[(\d+)\](?:\.indicators\[(\d+)\])?", path):
        left = [
            (part, kept)
            for part in base.parts
            if (kept := [one for one in part.indicators if one.key not in wishes.without])
        ]
        part, kept = left[int(found[1])]
        return f"bobot-{kept[int(found[2])].key}" if found[2] else f"bagian-{part.code}"
    return FIELDS.get(path, "")
