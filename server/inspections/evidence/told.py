"""A piece of evidence as it is told beside what it proves."""

from typing import Any

from server.inspections.api import time_told
from server.inspections.tables import Evidence


def piece_told(piece: Evidence) -> dict[str, Any]:
    return {
        "id": str(piece.id),
        "kind": piece.kind,
        "sha256": piece.sha256,
        "caption": piece.caption,
        "captured_at": time_told(piece.captured_at),
        "source": piece.source,
        "added_at": time_told(piece.added_at),
    }
