"""The score of findings that somebody brings, with nothing stored: `POST /api/instruments/{code}/{version}/compute`,
or a file named on the command line.

Pure. A finding is a number (or its digits as text), `ada`, `tidak_ada`, `tidak_berlaku`, true, false, null for not
filled in, or an object that says what was counted. No number passes through binary fractions on the way.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, TypeVar

import msgspec

from server.inspections import ipp as ipps
from server.inspections import scoring
from server.inspections.instrument import Indicator, Instrument, Level, Presence, sha256_of
from server.inspections.ipp import users_score, users_to_wire
from server.inspections.scoring import BadConvention, BadFinding, Observed
from server.problems import Problem

Number = Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]
Shape = TypeVar("Shape")

NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?")
"""What a value can be written as; a longer one would be no finding and might be endless work."""


def absent() -> msgspec.Raw:
    # made each time: the schema of these structs is published, and it cannot write a raw default down
    return msgspec.Raw(b"null")


PRESENCE = {"ada": Decimal(1), "tidak_ada": Decimal(0)}
NOT_APPLICABLE = "tidak_berlaku"

# a level that our source does not describe wants a reason on record; nothing is recorded here, so none is asked
UNRECORDED = "tidak disimpan"


class Findings(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be computed; `f03` is the users' index, or their sheets."""

    findings: dict[str, msgspec.Raw]
    f03: msgspec.Raw = msgspec.field(default_factory=absent)
    convention: str | None = None
    day: date | None = None
    """Chooses the categories in force; without one the latest."""


class CountedFinding(msgspec.Struct, forbid_unknown_fields=True):
    """A finding that says what its value follows from, or overrides it."""

    value: msgspec.Raw = msgspec.field(default_factory=absent)
    items: tuple[str, ...] | None = None
    done: Number | None = None
    planned: Number | None = None
    months: Number | None = None
    not_applicable: bool = False
    note: str = ""


def computed(content: bytes, instrument: Instrument) -> dict[str, Any]:
    """The score in the shape of the API, with the combined index where the users' form was given; refuses what cannot
    be computed."""
    asked = _asked(content)
    with refusing():
        findings = {key: _observed(instrument, key, raw) for key, raw in asked.findings.items()}
        score = scoring.score(instrument, findings, asked.convention, asked.day)
        return {
            "instrument": {
                "code": instrument.code,
                "version": instrument.version,
                "title": instrument.title,
                "sha256": sha256_of(instrument),
            },
            **scoring.to_wire(score),
            **_combined(instrument, score.index, asked),
        }


@contextmanager
def refusing() -> Iterator[None]:
    """Tells what the arithmetic cannot compute as a refusal from the catalogue."""
    try:
        yield
    except BadFinding as error:
        raise Problem(
            "bad_finding", field=error.field, extra={"reason": error.code}, what=error.detail
        ) from error
    except BadConvention as error:
        raise Problem("bad_convention", field="convention", what=str(error)) from error


def _asked(content: bytes) -> Findings:
    try:
        return msgspec.json.decode(content, type=Findings)
    except msgspec.ValidationError as error:
        what = f"Isian tidak sesuai: {error}."
        raise Problem("bad_finding", extra={"reason": "bad_shape"}, what=what) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("unreadable", what="bukan JSON yang utuh.") from error


# ── one finding ──


def _observed(instrument: Instrument, key: str, raw: msgspec.Raw) -> Observed:
    indicator = instrument.indicator(key)
    if indicator is None:
        raise BadFinding("unknown_indicator", f"Instrumen ini tidak memuat indikator “{key}”.", key)
    if bytes(raw)[:1] != b"{":
        seen, note = _value(indicator, raw), ""
    else:
        given = _shaped(raw, CountedFinding, key)
        seen, note = _value(indicator, given.value), given.note
        seen = msgspec.structs.replace(
            seen,
            items=given.items,
            done=given.done,
            planned=given.planned,
            months=given.months,
            is_not_applicable=seen.is_not_applicable or given.not_applicable,
        )
    if isinstance(indicator.scoring, Level):
        note = note.strip() or UNRECORDED
    return msgspec.structs.replace(seen, note=note)


def _value(indicator: Indicator, raw: msgspec.Raw) -> Observed:
    """A finding in its short form."""
    written = bytes(raw)
    if written == b"null":
        return Observed()
    if written in (b"true", b"false"):
        return _presence(indicator, Decimal(written == b"true"))
    text = _shaped(raw, str, indicator.key) if written.startswith(b'"') else written.decode()
    if text == NOT_APPLICABLE:
        return Observed(is_not_applicable=True)
    if text in PRESENCE:
        return _presence(indicator, PRESENCE[text])
    return Observed(value=_decimal(text, indicator.key))


def _presence(indicator: Indicator, value: Decimal) -> Observed:
    if not isinstance(indicator.scoring, Presence):
        raise BadFinding(
            "wrong_measure", "Indikator ini dinilai dengan angka, bukan ada atau tidak ada.", indicator.key
        )
    return Observed(value=value)


def _decimal(text: str, field: str) -> Decimal:
    if not NUMBER.fullmatch(text):
        raise BadFinding(
            "bad_value",
            "Kirim angka biasa (misalnya 3 atau 87.5), “ada”, “tidak_ada”, “tidak_berlaku”, null, atau objek.",
            field,
        )
    return Decimal(text)


def _shaped(raw: msgspec.Raw, shape: type[Shape], field: str) -> Shape:
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFinding("bad_shape", f"Isian tidak sesuai: {error}.", field) from error


# ── the users' form ──


def _combined(instrument: Instrument, f02: Fraction | None, asked: Findings) -> Mapping[str, Any]:
    """The index of both forms, where the users' one was given: as its index, or as the sheets themselves."""
    written = bytes(asked.f03)
    if written == b"null" and instrument.combination is None:
        return {}
    if instrument.combination is None:
        raise BadFinding(
            "no_users_form", "Instrumen ini tidak digabung dengan penilaian pengguna (F-03).", "f03"
        )
    if written == b"null":
        # what is missing is told too: F-02 alone is no index of this instrument
        return {"ipp": ipps.to_wire(ipps.ipp(instrument, f02, None), asked.day), "users": None}
    if not written.startswith(b"["):
        text = _shaped(asked.f03, str, "f03") if written.startswith(b'"') else written.decode()
        found = ipps.ipp(instrument, f02, Fraction(_index(instrument, text)))
        return {"ipp": ipps.to_wire(found, asked.day), "users": None}
    if instrument.users is None:
        raise BadFinding(
            "no_users_form",
            "Pernyataan F-03 instrumen ini tidak ada pada kami: kirim nilai F-03 saja.",
            "f03",
        )
    sheets = _shaped(asked.f03, list[dict[str, Number | None]], "f03")
    answered = ({key: answer for key, answer in sheet.items() if answer is not None} for sheet in sheets)
    users = users_score(instrument, answered)
    found = ipps.ipp(instrument, f02, users.index)
    return {"ipp": ipps.to_wire(found, asked.day), "users": users_to_wire(users)}


def _index(instrument: Instrument, text: str) -> Decimal:
    scale, index = instrument.scale, _decimal(text, "f03")
    if not scale.lowest <= index <= scale.highest:
        raise BadFinding("off_scale", f"F-03 harus dari {scale.lowest} sampai {scale.highest}.", "f03")
    return index
