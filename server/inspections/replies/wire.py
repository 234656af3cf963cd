"""What is sent to the right of reply."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.inspections.evidence.wire import EvidencePiece

TEXT_LEAST, TEXT_MOST = 10, 4000
REASON_LEAST, REASON_MOST = 10, 2000

Value = int | Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$")]
"""A value with decimals is a text, so that nothing rounds it on the way."""


class SentReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A unit's answer to a finding."""

    text: str
    evidence: Annotated[tuple[EvidencePiece, ...], Meta(max_length=50)] = ()


class SentDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The verifier's decision; an upheld reply needs the value that holds from now on."""

    outcome: Literal["upheld", "kept"]
    reason: str
    value: Value | None = None
    not_applicable: bool = False
