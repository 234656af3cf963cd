"""A visit's life, and what it still lacks: draft → submitted → verified or returned → final; or withdrawn.

Pure. Evidence rules warn whoever records and block verification; they never block saving.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from server.inspections.instrument import Indicator, Instrument
from server.inspections.scoring import NOT_FILLED, Judged, comma_of, is_counted

DRAFT, SUBMITTED, RETURNED, VERIFIED, FINAL = "draft", "submitted", "returned", "verified", "final"
WITHDRAWN = "withdrawn"

STATES: dict[str, str] = {
    DRAFT: "sedang diisi",
    SUBMITTED: "menunggu verifikasi",
    RETURNED: "dikembalikan",
    VERIFIED: "terverifikasi",
    FINAL: "final",
    WITHDRAWN: "dibatalkan",
}

EDITABLE = frozenset({DRAFT, RETURNED})
OVER = frozenset({FINAL, WITHDRAWN})
"""Nothing changes any more, and another visit may begin."""
COUNTING = frozenset({VERIFIED, FINAL})
"""Only what somebody else has checked counts."""

MOVES: dict[str, frozenset[str]] = {
    SUBMITTED: EDITABLE,
    VERIFIED: frozenset({SUBMITTED}),
    # what was verified by mistake can still go back, as long as its score is not final
    RETURNED: frozenset({SUBMITTED, VERIFIED}),
    FINAL: frozenset({VERIFIED}),
    # begun by mistake, or by somebody who cannot finish it: kept, but in nobody's way
    WITHDRAWN: EDITABLE | {SUBMITTED},
}
"""The state to reach → the states it is reached from."""

KIND_NAMES: dict[str, str] = {
    "photo": "foto",
    "video": "video",
    "screenshot": "tangkapan layar",
    "document": "dokumen",
    "observation": "catatan pengamatan",
    "interview": "catatan wawancara",
}


class Awaited(msgspec.Struct, frozen=True):
    """A piece of evidence whose file is not here: a phone still has it, or it came and cannot be what it was to be."""

    kind: str
    fault: str = ""


class Lack(msgspec.Struct, frozen=True):
    """What an indicator still needs before its visit can be verified."""

    indicator: str
    code: str
    """not_filled, no_evidence, awaited (still on a phone) or unusable (the file that came cannot be the evidence)."""
    detail: str


def lacks(
    instrument: Instrument,
    judged: Mapping[str, Judged],
    kinds: Mapping[str, Sequence[str]],
    awaited: Mapping[str, Sequence[Awaited]] | None = None,
) -> list[Lack]:
    """Everything a visit lacks, in the order of the form; `kinds` are the kinds of evidence each finding has."""
    found = []
    for _, indicator in instrument.indicators:
        key = indicator.key
        to_come = (awaited or {}).get(key, ())
        on_their_way = [one.kind for one in to_come if not one.fault]
        # what is on its way need not be brought once more
        had = [*kinds.get(key, ()), *on_their_way]
        lack = _lack(indicator, judged.get(key, NOT_FILLED), had)
        found += [lack] if lack is not None else []
        if on_their_way:
            found.append(Lack(key, "awaited", f"{counted(on_their_way)} belum sampai dari ponsel."))
        found += [Lack(key, "unusable", one.fault) for one in to_come if one.fault]
    return found


def counted(kinds: Sequence[str]) -> str:
    """How many of each kind: “2 foto dan 1 dokumen”."""
    return " dan ".join(f"{count} {KIND_NAMES[kind]}" for kind, count in Counter(kinds).items())


def _lack(indicator: Indicator, judged: Judged, kinds: Sequence[str]) -> Lack | None:
    if not judged.is_filled:
        return Lack(indicator.key, "not_filled", "Belum diisi.") if is_counted(indicator) else None
    rule = indicator.evidence_rule
    if rule is None or judged.value is None or judged.value <= rule.above:
        return None
    if sum(kind in rule.kinds for kind in kinds) >= rule.least:
        return None
    wanted = " atau ".join(KIND_NAMES[kind] for kind in rule.kinds)
    return Lack(
        indicator.key,
        "no_evidence",
        f"Nilai di atas {comma_of(rule.above)} perlu bukti: paling sedikit {rule.least} {wanted}.",
    )
