"""What is sent to the visits: a visit, findings, a note, the reasons of a return."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.inspections.evidence.wire import EvidencePiece

NOTE_MOST = 2000
REASON_MOST = 500
WITHDRAWAL_LEAST = 10

Short = Annotated[str, Meta(max_length=80)]
Moment = Annotated[datetime, Meta(tz=True)]
Amount = Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000)]
"""Whether a negative one means anything is for the instrument to say."""


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a program sends: nothing in it goes unread."""


class SentVisit(Sent, frozen=True):
    """The body of `PUT /api/inspections/visits/{id}`. The team is not asked for: the assignment says it."""

    evaluation: Annotated[int, Meta(ge=1, le=2_147_483_647)]
    unit: Short
    made_at: Moment
    service: Short | None = None
    form: Literal["F-01", "F-02"] = "F-02"


class SentFinding(Sent, frozen=True):
    """What was found at one indicator. A value with decimals is a text, so that nothing rounds it on the way."""

    observed_at: Moment
    value: int | float | str | None = None
    items: Annotated[tuple[Short, ...], Meta(max_length=100)] | None = None
    done: Amount | None = None
    planned: Amount | None = None
    months: Amount | None = None
    not_applicable: bool = False
    note: str = ""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    accuracy_m: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    evidence: Annotated[tuple[EvidencePiece, ...], Meta(max_length=50)] = ()


class SentFindings(Sent, frozen=True):
    """Many findings of one visit: all of them are stored, or none."""

    findings: Annotated[dict[str, SentFinding], Meta(min_length=1, max_length=500)]


class SentNote(Sent, frozen=True):
    """What goes with handing a visit in, or with verifying it."""

    note: str = ""


class SentReason(Sent, frozen=True):
    """Why a visit is withdrawn."""

    reason: str


class SentReturn(Sent, frozen=True):
    """Why a visit goes back, per indicator."""

    reasons: Annotated[dict[str, str], Meta(max_length=500)]
    note: str = ""
