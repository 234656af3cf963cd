"""A piece of evidence as every list of evidence tells it."""

from typing import Any

from server.inspections.api import time_told
from server.inspections.tables import Evidence


def piece_told(row: Evidence) -> dict[str, Any]:
    """The file is at `href`; time and place are what the sender claimed."""
    return {
        "id": str(row.id),
        "indicator": row.indicator,
        "purpose": row.purpose,
        "kind": row.kind,
        "sha256": row.sha256,
        "href": None if row.sha256 is None else f"/api/inspections/evidence/{row.sha256}",
        "caption": row.caption,
        "captured_at": time_told(row.captured_at),
        "latitude": row.latitude,
        "longitude": row.longitude,
        "accuracy_m": row.accuracy_m,
        "source": row.source,
        "added_at": time_told(row.added_at),
        "removed_at": time_told(row.removed_at),
    }
