"""How far a repair is: open → repaired (the unit says so) → closed (somebody else has seen it), and back again.

Pure.
"""

from collections.abc import Collection
from datetime import date

from server.inspections.instrument import Indicator

OPEN, REPAIRED, CLOSED = "open", "repaired", "closed"

STATES: dict[str, str] = {
    OPEN: "menunggu perbaikan",
    REPAIRED: "menunggu pemeriksaan perbaikan",
    CLOSED: "selesai",
}

SHOWING = frozenset({"photo", "screenshot", "document"})
"""A repair is shown, not told."""


def is_overdue(state: str, due_day: date, today: date) -> bool:
    """Late is who has not repaired; what waits to be looked at is no longer the unit's."""
    return state == OPEN and today > due_day


def lacks_proof(indicator: Indicator, kinds: Collection[str]) -> str:
    """What the evidence of a repair still lacks, as a sentence; empty: nothing."""
    if indicator.is_on_site and "photo" in indicator.evidence_kinds:
        # what was seen on the spot is shown on the spot
        return "" if "photo" in kinds else "Lampirkan foto sesudah perbaikan."
    return "" if SHOWING & set(kinds) else "Lampirkan foto, tangkapan layar, atau dokumen perbaikannya."
