"""A piece of evidence as a row: made from what was sent, compared with what was kept, held against its file."""

from datetime import datetime
from typing import Any
from uuid import UUID

from server.database import instant, milliseconds
from server.inspections.evidence.media import KNOWN
from server.inspections.evidence.wire import EvidencePiece, Purpose
from server.inspections.tables import Evidence, EvidenceFile, Visit
from server.inspections.visit import KIND_NAMES

_OURS = {"added_at", "removed_at", "corrected_at", "clock_doubt", "looked_at"}


def row_of(
    piece: EvidencePiece,
    person_id: int,
    now: datetime,
    visit: Visit,
    indicator: str,
    purpose: Purpose = "finding",
    reply_id: UUID | None = None,
) -> Evidence:
    return Evidence(
        id=piece.id,
        visit_id=visit.id,
        unit_id=visit.unit_id,
        indicator=indicator,
        purpose=purpose,
        kind=piece.kind,
        sha256=piece.sha256,
        caption=piece.caption.strip(),
        # as it comes back from the database; a phone's clock may be years off, and its claim is kept as it is
        captured_at=None if piece.captured_at is None else instant(milliseconds(piece.captured_at)),
        latitude=piece.latitude,
        longitude=piece.longitude,
        accuracy_m=piece.accuracy_m,
        source=piece.source,
        reply_id=reply_id,
        added_at=now,
        added_by=person_id,
    )


def content_of(row: Evidence) -> dict[str, Any]:
    """Everything the sender said; when it came, and what its clock is worth, is ours."""
    return {
        column.key: getattr(row, column.key)
        for column in Evidence.__table__.columns
        if column.key not in _OURS
    }


def misfit(piece: EvidencePiece, file: EvidenceFile) -> str:
    """Why a file cannot be the evidence it is said to be; empty: it can."""
    media = KNOWN[file.media_type]
    if piece.kind in media.kinds:
        return ""
    return f"Berkas .{media.extension} tidak dapat menjadi bukti {KIND_NAMES[piece.kind]}."
