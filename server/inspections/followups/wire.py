"""What is sent to a follow-up: a plan, a later day, a repair, what was seen of it."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from server.inspections.evidence.wire import EvidencePiece

OWNER_LEAST, OWNER_MOST = 2, 120
NOTE_LEAST, NOTE_MOST = 10, 2000


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a program sends: nothing in it goes unread."""


class SentPlan(Sent, frozen=True):
    """Who puts it right, and until when; a unit may only promise an earlier day."""

    owner: str
    due_day: date | None = None
    note: str = ""


class SentPostponement(Sent, frozen=True):
    """A later day, and why."""

    due_day: date
    reason: str


class SentRepair(Sent, frozen=True):
    """What was done, and what shows it."""

    note: str
    evidence: Annotated[tuple[EvidencePiece, ...], Meta(max_length=50)]


class SentClosure(Sent, frozen=True):
    """What somebody else saw of the repair."""

    note: str = ""


class SentReopening(Sent, frozen=True):
    """Why it is not put right after all."""

    reason: str
