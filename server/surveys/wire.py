"""What crosses the network: a survey answer on its way in, a receipt on its way out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

COMMENT_MOST = 2000

Answer = Annotated[int, Meta(ge=1, le=4)] | None


class Answers(msgspec.Struct, forbid_unknown_fields=True):
    """One answer per element, 1-4 by name; what was not answered is missing or null, never 0."""

    persyaratan: Answer = None
    prosedur: Answer = None
    waktu: Answer = None
    biaya: Answer = None
    produk: Answer = None
    kompetensi: Answer = None
    perilaku: Answer = None
    pengaduan: Answer = None
    sarana: Answer = None


class Respondent(msgspec.Struct, forbid_unknown_fields=True):
    """The profile of the official form; every field may be left empty, none identifies a person."""

    age: Annotated[int, Meta(ge=1, le=120)] | None = None
    sex: Literal["L", "P"] | None = None
    education: str | None = None
    occupation: str | None = None
    disability: str | None = None


class SubmittedResponse(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PUT /api/responses/{uuid}`."""

    counter: Annotated[str, Meta(max_length=40)]
    answers: Answers
    token: Annotated[str, Meta(max_length=200)] = ""
    service: Annotated[str, Meta(max_length=80)] | None = None
    respondent: Respondent = msgspec.field(default_factory=Respondent)
    comment: str | None = None
    answered_at: Annotated[datetime, Meta(tz=True)] | None = None
    lang: Annotated[str, Meta(pattern=r"^[a-z]{2,3}$")] = "id"
    channel: Literal["qr", "link", "kiosk", "form"] = "qr"
    device: Annotated[str, Meta(max_length=40)] | None = None
    """A number the browser draws anew every day; hashed with a key that is destroyed when the day is over."""


class Receipt(msgspec.Struct):
    """Proof that an answer is stored: the same, to the byte, however often it is sent."""

    id: UUID
    status: Literal["stored"]
    counter: str
    unit: str
    day: str
    received_at: datetime
    body_sha256: str
    receipt_url: str
