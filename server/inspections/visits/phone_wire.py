"""A visit as a phone sends it whole: the body of an item of kind `inspection`. Pure."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.inspections.evidence.wire import PhonePiece
from server.inspections.visits.wire import Moment, Sent, SentFinding, Short
from server.phones import ClockMark
from server.problems import Problem


class PhoneFinding(SentFinding, frozen=True):
    """What was found at one indicator, with the clock it was seen by."""

    evidence: Annotated[tuple[PhonePiece, ...], Meta(max_length=50)] = ()
    clock: ClockMark | None = None


class InspectionBody(Sent, frozen=True):
    """A whole record: it replaces the one before."""

    person: Short
    evaluation: Annotated[int, Meta(ge=1, le=2_147_483_647)]
    unit: Short
    form: Literal["F-01", "F-02"]
    instrument: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
    started_at: Moment
    finished_at: Moment
    findings: Annotated[dict[str, msgspec.Raw], Meta(max_length=500)]
    """Each is read by itself, so that all that are wrong are named."""
    service: Short | None = None
    clock: ClockMark | None = None
    """Of `finished_at`."""
    note: str = ""


def read_body(body: bytes) -> InspectionBody:
    """The record in an item's body; refused as a whole where it is none."""
    try:
        return msgspec.json.decode(body, type=InspectionBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("bad_item", what=f"Isian tidak sesuai: {error}.") from error


def read_finding(raw: msgspec.Raw) -> PhoneFinding:
    try:
        return msgspec.json.decode(raw, type=PhoneFinding)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("bad_finding", what=f"Isian tidak sesuai: {error}.") from error


class _NamedPiece(msgspec.Struct):
    sha256: str | None = None


class _NamedFinding(msgspec.Struct):
    evidence: tuple[_NamedPiece, ...] = ()


class _Named(msgspec.Struct):
    findings: dict[str, _NamedFinding]


def photos_named(body: bytes) -> set[str]:
    """The hashes of all files that a record names, by whichever version of the app it was made."""
    named = msgspec.json.decode(body, type=_Named)
    return {piece.sha256 for one in named.findings.values() for piece in one.evidence if piece.sha256}
