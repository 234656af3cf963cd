"""Signals as the API tells them, to the bureau alone."""

from typing import Any

import msgspec

from server.inspections.signals.storage import Told


def signal_told(signal: Told) -> dict[str, Any]:
    other, unit = signal.other, signal.other_unit
    return {
        "kind": signal.kind,
        "evidence": str(signal.piece.id),
        "indicator": signal.piece.indicator,
        "other": None
        if other is None or unit is None
        else {
            "evidence": str(other.id),
            "visit": str(other.visit_id),
            "indicator": other.indicator,
            "unit": {"slug": unit.slug, "name": unit.name},
        },
        **msgspec.structs.asdict(signal.facts),
    }
