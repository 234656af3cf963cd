"""A visit's life, and what it still lacks: draft → submitted → verified or returned → final; or withdrawn.

Pure. Evidence rules warn whoever records and block verification; they never block saving.
"""

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


class Lack(msgspec.Struct, frozen=True):
    """What an indicator still needs before its visit can be verified."""

    indicator: str
    code: str
    """not_filled or no_evidence."""
    detail: str


def lacks(
    instrument: Instrument, judged: Mapping[str, Judged], kinds: Mapping[str, Sequence[str]]
) -> list[Lack]:
    """Everything a visit lacks, in the order of the form; `kinds` are the kinds of evidence each finding has."""
    found = []
    for _, indicator in instrument.indicators:
        lack = _lack(indicator, judged.get(indicator.key, NOT_FILLED), kinds.get(indicator.key, ()))
        if lack is not None:
            found.append(lack)
    return found


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
