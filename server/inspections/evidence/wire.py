"""A piece of evidence as it crosses the network, and what is wrong with one.

Pure.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from server.inspections.instrument import FILE_KINDS, EvidenceKind, Indicator
from server.inspections.visit import KIND_NAMES
from server.phones import ClockMark

CAPTION_LEAST = 10
CAPTION_MOST = 2000

Purpose = Literal["finding", "reply", "repair"]


class EvidencePiece(msgspec.Struct, forbid_unknown_fields=True):
    """A file brought before, or words; what the phone says of time and place is kept as its claim."""

    id: UUID
    """Made by the phone, so that sending twice is adding once."""
    kind: EvidenceKind
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)] | None = None
    caption: str = ""
    captured_at: Annotated[datetime, Meta(tz=True)] | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    source: Literal["camera", "file"] = "file"

    @property
    def is_file(self) -> bool:
        return self.kind in FILE_KINDS


class PhonePiece(EvidencePiece):
    """A piece in a record that a phone sends whole; its file may come later."""

    clock: ClockMark | None = None
    bytes: Annotated[int, Meta(ge=0)] | None = None
    """Of its file."""


class EvidenceFileTold(msgspec.Struct):
    """The answer to who brought a file."""

    sha256: str
    media_type: str
    size_bytes: int
    name: str


def faults(piece: EvidencePiece, indicator: Indicator, purpose: Purpose = "finding") -> Iterator[str]:
    """What is wrong with a piece, whatever its file turns out to be; each as a sentence."""
    kind = KIND_NAMES[piece.kind]
    # only inspectors are bound to what the instrument wants to see: a unit may answer a photo with a document
    is_bound = purpose == "finding" and bool(indicator.evidence_kinds)
    if is_bound and piece.kind not in indicator.evidence_kinds:
        accepted = ", ".join(KIND_NAMES[one] for one in indicator.evidence_kinds)
        yield f"Indikator {indicator.key} tidak menerima {kind}; yang diterima: {accepted}."
    if piece.is_file and piece.sha256 is None:
        yield f"Bukti {kind} memerlukan berkas: sebutkan sha256-nya."
    if not piece.is_file and piece.sha256 is not None:
        yield f"Bukti {kind} berupa kata-kata, tanpa berkas."
    if not piece.is_file and len(piece.caption.strip()) < CAPTION_LEAST:
        yield f"Bukti {kind} memerlukan keterangan paling sedikit {CAPTION_LEAST} huruf."
    if len(piece.caption) > CAPTION_MOST:
        yield f"Keterangan bukti paling banyak {CAPTION_MOST} huruf."
    if (piece.latitude is None) != (piece.longitude is None):
        yield "Lintang dan bujur diisi keduanya atau dikosongkan keduanya."
    if not _is_between(piece.latitude, -90, 90):
        yield "Lintang harus antara -90 dan 90."
    if not _is_between(piece.longitude, -180, 180):
        yield "Bujur harus antara -180 dan 180."
    if not _is_between(piece.accuracy_m, 0, 1_000_000):
        yield "Ketelitian lokasi harus antara 0 dan 1.000.000 meter."


def _is_between(value: float | None, least: float, most: float) -> bool:
    return value is None or least <= value <= most
