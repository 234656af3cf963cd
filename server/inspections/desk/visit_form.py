"""The form of one aspect of a visit: which control each indicator has, what it holds, and what was typed into it.

A field's name is what it is and the indicator's key: `note-15`. Nothing typed at all is not filled in, never zero.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from server.forms import Form, fingerprint
from server.inspections.evidence.media import ACCEPTED, KNOWN
from server.inspections.evidence.wire import EvidencePiece
from server.inspections.instrument import (
    FILE_KINDS,
    Count,
    EvidenceKind,
    Indicator,
    Instrument,
    Ladder,
    Level,
    Months,
    Part,
    Percent,
    Presence,
)
from server.inspections.scoring import Observed, comma_of
from server.inspections.visit import KIND_NAMES
from server.inspections.visits.wire import SentFinding
from server.texts import readable

OPTIONS_MOST = 11
"""A scale with more values than these is typed, not chosen."""

NOT_APPLICABLE = "na"

_NUMBER = re.compile(r"-?[0-9]{1,9}([.,][0-9]{1,6})?")


class Control(msgspec.Struct, frozen=True):
    """How an indicator is filled in."""

    type: Literal["choice", "presence", "count", "percent", "months", "number"]
    options: tuple[tuple[str, str], ...] = ()
    """For a choice: each value with its description."""
    needs_note: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether its value follows from what was counted, and may be overridden."""
        return self.type in ("count", "percent", "months")


class HeldFile(msgspec.Struct, frozen=True):
    """A file that is held already and goes with an indicator when the form is saved."""

    sha256: str
    name: str
    media_type: str


def place_of(key: str) -> str:
    """The name a fault has, and the id of the indicator on the page."""
    return f"indikator-{key}"


def control_of(instrument: Instrument, indicator: Indicator, observed: Observed) -> Control:
    match indicator.scoring:
        case Ladder(levels=levels):
            texts = {str(level): text for level, text in sorted(levels.items())}
            if observed.value is not None:
                # one between the levels that came from elsewhere stays as it is
                texts.setdefault(_number(observed.value), "")
            return Control("choice", tuple(texts.items()))
        case Level():
            options = _scale(instrument)
            return Control("choice" if options else "number", options, needs_note=True)
        case Presence():
            return Control("presence")
        case Count():
            return Control("count")
        case Percent():
            return Control("percent")
        case Months():
            return Control("months")
        case _:
            return Control("number")


def _scale(instrument: Instrument) -> tuple[tuple[str, str], ...]:
    scale = instrument.scale
    count = int((scale.highest - scale.lowest) / scale.step) + 1
    if count > OPTIONS_MOST:
        return ()
    return tuple((_number(scale.lowest + scale.step * n), "") for n in range(count))


# ── what it holds ──


def offered(instrument: Instrument, part: Part, found: Mapping[str, Observed]) -> dict[str, str]:
    """The values of the form as they are stored now."""
    values: dict[str, str] = {"part": part.code}
    for indicator in part.indicators:
        observed = found.get(indicator.key, Observed())
        is_measured = control_of(instrument, indicator, observed).is_measured
        value = NOT_APPLICABLE if observed.is_not_applicable and not is_measured else _number(observed.value)
        stored = {
            "was": mark(observed),
            "other" if is_measured else "value": value,
            "items": " ".join(observed.items or ()),
            "none": "on" if observed.items == () else "",
            "na": "on" if observed.is_not_applicable and is_measured else "",
            "done": _whole(observed.done),
            "planned": _whole(observed.planned),
            "months": _whole(observed.months),
            "note": observed.note,
        }
        values |= {f"{name}-{indicator.key}": text for name, text in stored.items()}
    return values


def mark(observed: Observed) -> str:
    """Tells two observations apart that say something different, however they are written."""
    return fingerprint(
        {
            **msgspec.structs.asdict(observed),
            "value": _number(observed.value),
            "items": None if observed.items is None else sorted(observed.items),
        }
    )


def _number(value: Decimal | None) -> str:
    return comma_of(value)


def _whole(value: int | None) -> str:
    return "" if value is None else str(value)


# ── what was typed ──


def typed(form: Form, instrument: Instrument, indicator: Indicator) -> Observed | None:
    """What was typed at an indicator; None where it cannot be read, and then the form says why."""
    control = control_of(instrument, indicator, Observed())
    try:
        return _typed(form, indicator.key, control)
    except ValueError as error:
        form.fault(place_of(indicator.key), str(error))
        return None


def _typed(form: Form, key: str, control: Control) -> Observed:
    def text(name: str) -> str:
        return form.values.get(f"{name}-{key}", "").strip()

    value = text("other" if control.is_measured else "value")
    is_not_applicable = value == NOT_APPLICABLE or bool(text("na"))
    items = tuple(text("items").split())
    if items and text("none"):
        raise ValueError("Pilih butir yang ada, atau “tidak satu pun”, jangan dua-duanya.")
    if bool(text("done")) != bool(text("planned")):
        raise ValueError("Isi dua-duanya: yang selesai dan yang direncanakan.")
    return Observed(
        value=None if value in ("", NOT_APPLICABLE) else _decimal(value),
        items=items or (() if text("none") else None),
        done=_amount(text("done")),
        planned=_amount(text("planned")),
        months=_amount(text("months")),
        is_not_applicable=is_not_applicable,
        # a browser sends the ends of lines its own way
        note=readable(form.values.get(f"note-{key}", "").replace("\r\n", "\n")),
    )


def _decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("Tulis nilainya sebagai angka, misalnya 3 atau 2,5.")
    return Decimal(text.replace(",", "."))


def _amount(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValueError("Tulis jumlahnya sebagai bilangan bulat, misalnya 12.")
    return int(text)


def sent_as_finding(
    observed: Observed, at: datetime, pieces: Sequence[EvidencePiece], place: Mapping[str, float | None]
) -> SentFinding:
    """What was typed, as every program sends it."""
    return SentFinding(
        observed_at=at,
        value=None if observed.value is None else f"{observed.value:f}",
        items=observed.items,
        done=observed.done,
        planned=observed.planned,
        months=observed.months,
        not_applicable=observed.is_not_applicable,
        note=observed.note,
        evidence=tuple(pieces),
        **place,
    )


# ── evidence ──


def kinds_of(indicator: Indicator) -> tuple[list[EvidenceKind], list[EvidenceKind]]:
    """Which kinds of evidence it takes: those that are files, and those that are words."""
    kinds: Sequence[str] = indicator.evidence_kinds or tuple(KIND_NAMES)
    every: list[EvidenceKind] = msgspec.convert(list(kinds), list[EvidenceKind])
    return [one for one in every if one in FILE_KINDS], [one for one in every if one not in FILE_KINDS]


def accepted_files(indicator: Indicator) -> str:
    """For the file dialog: only what could be evidence here."""
    files = set(kinds_of(indicator)[0])
    return ",".join(media_type for media_type, media in ACCEPTED.items() if media.kinds & files)


def pieces_typed(
    form: Form, form_id: UUID, indicator: Indicator, files: Sequence[HeldFile]
) -> list[EvidencePiece]:
    """The evidence added at an indicator. The same form sent again names the same pieces."""
    key = indicator.key
    caption = _words(form, f"caption-{key}")
    told = _words(form, f"words-{key}")
    pieces = [
        _piece(form_id, key, _kind_of(form, indicator, file), caption, file.sha256)
        for file in {file.sha256: file for file in files}.values()
    ]
    word_kinds = kinds_of(indicator)[1]
    if told and word_kinds:
        asked = form.values.get(f"words_kind-{key}", "")
        pieces.append(_piece(form_id, key, next((k for k in word_kinds if k == asked), word_kinds[0]), told))
    return pieces


def _words(form: Form, field: str) -> str:
    return readable(form.values.get(field, "").replace("\r\n", "\n"))


def _kind_of(form: Form, indicator: Indicator, file: HeldFile) -> EvidenceKind:
    """The kind chosen; without a choice, the first that a file of this type can be."""
    kinds: list[EvidenceKind] = kinds_of(indicator)[0] or ["document"]
    asked = form.values.get(f"kind-{indicator.key}", "")
    fitting = [kind for kind in kinds if kind in KNOWN[file.media_type].kinds]
    return next((kind for kind in kinds if kind == asked), (fitting or kinds)[0])


def _piece(
    form_id: UUID, key: str, kind: EvidenceKind, caption: str, sha256: str | None = None
) -> EvidencePiece:
    name = "\n".join((key, kind, sha256 or "", caption))
    return EvidencePiece(id=uuid5(form_id, name), kind=kind, sha256=sha256, caption=caption)
