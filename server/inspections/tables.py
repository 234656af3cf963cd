"""Tables of inspections: instruments as they were used, evaluations and their plan, visits and what they found,
evidence, replies, settlements, follow-ups, users' sheets, and the scores that were pinned."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Instant, Table


class Exact(TypeDecorator[Decimal]):
    """A decimal as its digits: neither database may turn it into a binary fraction."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Edition(Table):
    """One version of an instrument, kept whole from the first evaluation that uses it; never changed."""

    __tablename__ = "instrument_editions"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    """Canonical JSON; its hash is the key."""
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why the city published it; empty for a national one."""
    kept_at: Mapped[datetime] = mapped_column(Instant)
    kept_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    """No new evaluation may use it; old ones keep it."""

    __table_args__ = (UniqueConstraint("code", "version"),)


class Evaluation(Table):
    """One round of looking: an instrument, a period, and how its score is made."""

    __tablename__ = "evaluations"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(160))
    edition: Mapped[str] = mapped_column(ForeignKey("instrument_editions.sha256"))
    first_day: Mapped[str] = mapped_column(String(10))
    last_day: Mapped[str] = mapped_column(String(10))
    convention: Mapped[str] = mapped_column(String(40))
    target: Mapped[Decimal] = mapped_column(Exact)
    """A finding below it becomes a follow-up."""
    reply_days: Mapped[int] = mapped_column(Integer)
    """For so many days after its verification a unit may answer a finding."""
    repair_days: Mapped[int] = mapped_column(Integer)
    """So many days after a score is final its follow-ups are due."""
    without_f03: Mapped[str] = mapped_column(String(12), default="incomplete")
    """`incomplete` or `f02_only`: what an index is without the users' form."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class Locus(Table):
    """A unit chosen for an evaluation (unit lokus evaluasi): a list per period, not a property of the unit."""

    __tablename__ = "evaluation_loci"

    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True, index=True)
    code: Mapped[str] = mapped_column(String(8), unique=True)
    """What the QR code of the users' form (F-03) says."""
    added_at: Mapped[datetime] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class Assignment(Table):
    """Who is to visit a unit (or one public service of it), as which team, until when."""

    __tablename__ = "inspection_assignments"

    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[int] = mapped_column(Integer)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("public_services.id"))
    team: Mapped[str] = mapped_column(String(80), default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    due_day: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(
            ["evaluation_id", "unit_id"], ["evaluation_loci.evaluation_id", "evaluation_loci.unit_id"]
        ),
        Index("ix_inspection_assignments_evaluation_id_unit_id", "evaluation_id", "unit_id"),
    )


class Visit(Table):
    """What one person recorded of one unit: F-01 by the unit itself, F-02 (or a checklist) by an inspector."""

    __tablename__ = "visits"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Made by the phone (UUIDv7), so that sending twice is visiting once."""
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("public_services.id"))
    """The product observed, where the instrument looks at products."""
    form: Mapped[str] = mapped_column(String(8))
    team: Mapped[str] = mapped_column(String(80), default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    state: Mapped[str] = mapped_column(String(10))
    """draft, submitted, returned, verified or final: see `visit.py`."""
    made_at: Mapped[datetime] = mapped_column(Instant)
    """Claimed by the phone."""
    received_at: Mapped[datetime] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    verified_at: Mapped[datetime | None] = mapped_column(Instant)
    verified_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    final_at: Mapped[datetime | None] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How many times its record changed: by a phone as a whole, or on a page. What a phone goes on from."""
    body_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the record the latest revision came in."""
    device_id: Mapped[UUID | None] = mapped_column()
    brought_by: Mapped[int | None] = mapped_column(Integer)
    """The person who brought the latest revision in a file, where its author did not send it."""
    corrected_at: Mapped[datetime | None] = mapped_column(Instant)
    """`made_at` by our clock, where a phone sent it."""
    skew_ms: Mapped[int | None] = mapped_column(BigInteger)
    """How far the phone's clock was ahead of ours when it sent the latest revision."""
    clock_doubt: Mapped[str] = mapped_column(String(12), default="", server_default="")
    """`phones.ClockDoubt`."""

    __table_args__ = (
        Index("ix_visits_evaluation_id_unit_id", "evaluation_id", "unit_id"),
        Index("ix_visits_unit_id", "unit_id"),
        Index("ix_visits_person_id_state", "person_id", "state"),
    )


class VisitStep(Table):
    """One change of a visit's state: what, by whom, when; a return names its reasons per indicator."""

    __tablename__ = "visit_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    state: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    reasons: Mapped[str] = mapped_column(Text, default="{}")
    """JSON: indicator → why it was returned."""


class Finding(Table):
    """What a visit found at one indicator: the latest record of it. Former ones are in `finding_records`."""

    __tablename__ = "findings"

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    indicator: Mapped[str] = mapped_column(String(40), primary_key=True)
    observed: Mapped[str] = mapped_column(Text)
    """JSON of `scoring.Observed`: exactly what was entered."""
    observed_at: Mapped[datetime] = mapped_column(Instant)
    """Claimed by whoever recorded it."""
    corrected_at: Mapped[datetime | None] = mapped_column(Instant)
    """`observed_at` by our clock, where a phone sent it."""
    clock_doubt: Mapped[str] = mapped_column(String(12), default="", server_default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    accuracy_m: Mapped[float | None] = mapped_column(Float)


class FindingRecord(Table):
    """Every record of a finding ever accepted, oldest first: an answer that was changed can still be read."""

    __tablename__ = "finding_records"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"))
    indicator: Mapped[str] = mapped_column(String(40))
    observed: Mapped[str] = mapped_column(Text)
    observed_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))

    __table_args__ = (Index("ix_finding_records_visit_id_indicator", "visit_id", "indicator"),)


class EvidenceFile(Table):
    """A file by the SHA-256 of the bytes its sender announced: written once, referred to as often as needed."""

    __tablename__ = "evidence_files"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    stored_sha256: Mapped[str] = mapped_column(String(64), server_default="")
    """Of the bytes that are kept: others where a picture came with metadata, which is taken out."""
    media_type: Mapped[str] = mapped_column(String(100))
    """As sniffed from the bytes, never as claimed."""
    size_bytes: Mapped[int] = mapped_column(Integer)
    """As kept."""
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    likeness: Mapped[int | None] = mapped_column(BigInteger)
    """Of a picture: 64 bits that barely differ between two pictures that look alike."""
    name: Mapped[str] = mapped_column(String(160))
    uploaded_at: Mapped[datetime] = mapped_column(Instant)
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("people.id"))


class EvidenceHolder(Table):
    """Who brought a file: the same bytes may come from several people, and each may use what they brought."""

    __tablename__ = "evidence_holders"

    sha256: Mapped[str] = mapped_column(ForeignKey("evidence_files.sha256"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    brought_at: Mapped[datetime] = mapped_column(Instant)


class Evidence(Table):
    """A piece of evidence of a finding, of a reply to it, or of its repair: a file, or words (an interview)."""

    __tablename__ = "evidence"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    indicator: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(8))
    """finding, reply or repair."""
    kind: Mapped[str] = mapped_column(String(12))
    sha256: Mapped[str | None] = mapped_column(ForeignKey("evidence_files.sha256"), index=True)
    caption: Mapped[str] = mapped_column(Text, default="")
    captured_at: Mapped[datetime | None] = mapped_column(Instant)
    corrected_at: Mapped[datetime | None] = mapped_column(Instant)
    """`captured_at` by our clock, where a phone sent it."""
    clock_doubt: Mapped[str] = mapped_column(String(12), default="", server_default="")
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    source: Mapped[str] = mapped_column(String(8), default="file")
    """camera or file."""
    reply_id: Mapped[UUID | None] = mapped_column(ForeignKey("finding_replies.id"))
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    looked_at: Mapped[datetime | None] = mapped_column(Instant)
    """When its signals were read; None: not yet."""

    __table_args__ = (
        Index("ix_evidence_visit_id_indicator", "visit_id", "indicator"),
        Index(
            "ix_evidence_not_looked_at",
            *("added_at", "id"),
            sqlite_where=text("looked_at IS NULL AND sha256 IS NOT NULL"),
            postgresql_where=text("looked_at IS NULL AND sha256 IS NOT NULL"),
        ),
    )


class AwaitedEvidence(Table):
    """A piece of evidence whose file has not arrived yet: the record came first. It becomes evidence with its file."""

    __tablename__ = "evidence_awaited"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    indicator: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    piece: Mapped[str] = mapped_column(Text)
    """JSON of the piece as the phone sent it."""
    corrected_at: Mapped[datetime | None] = mapped_column(Instant)
    clock_doubt: Mapped[str] = mapped_column(String(12), default="", server_default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    since: Mapped[datetime] = mapped_column(Instant)
    fault: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why the file that came cannot be this piece, as a sentence."""


class Signal(Table):
    """Something about a piece of evidence that a verifier should look at; it decides nothing."""

    __tablename__ = "inspection_signals"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    evidence_id: Mapped[UUID] = mapped_column(ForeignKey("evidence.id"))
    kind: Mapped[str] = mapped_column(String(10))
    """alike (a picture of another visit looks the same), travel (too far too soon) or away (not where the unit is)."""
    other_id: Mapped[UUID | None] = mapped_column(ForeignKey("evidence.id"), index=True)
    """The other piece: the picture it looks like, or the capture before it."""
    facts: Mapped[str] = mapped_column(Text)
    """JSON: distances in metres, minutes, bits that differ."""
    seen_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("evidence_id", "kind", "other_id"),)


class Settlement(Table):
    """The value that holds where visits disagree or a reply was upheld, who decided it and why."""

    __tablename__ = "settlements"

    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("public_services.id"))
    indicator: Mapped[str] = mapped_column(String(40))
    value: Mapped[Decimal | None] = mapped_column(Exact)
    """None: not applicable."""
    reason: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(String(8))
    """dispute or reply."""
    over: Mapped[str] = mapped_column(Text)
    """JSON: visit → what it had said; it holds only as long as they say the same."""
    settled_at: Mapped[datetime] = mapped_column(Instant)
    settled_by: Mapped[int] = mapped_column(ForeignKey("people.id"))

    __table_args__ = (Index("ix_settlements_evaluation_id_unit_id", "evaluation_id", "unit_id"),)


class Reply(Table):
    """A unit's answer to a finding, and the verifier's decision on it; both stay."""

    __tablename__ = "finding_replies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    indicator: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    replied_at: Mapped[datetime] = mapped_column(Instant)
    replied_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    outcome: Mapped[str | None] = mapped_column(String(8))
    """upheld (the unit was right) or kept (the finding stands); None: not yet decided."""
    decided_value: Mapped[Decimal | None] = mapped_column(Exact)
    decision: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    __table_args__ = (Index("ix_finding_replies_visit_id_indicator", "visit_id", "indicator"),)


class FollowUp(Table):
    """A finding below target that is to be put right: by whom, until when, and how far it is."""

    __tablename__ = "follow_ups"

    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("public_services.id"))
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"))
    indicator: Mapped[str] = mapped_column(String(40))
    value: Mapped[Decimal] = mapped_column(Exact)
    target: Mapped[Decimal] = mapped_column(Exact)
    owner: Mapped[str] = mapped_column(String(120), default="")
    due_day: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    """open, repaired (the unit says so) or closed (somebody else has seen it)."""
    opened_at: Mapped[datetime] = mapped_column(Instant)
    repaired_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_follow_ups_evaluation_id_unit_id", "evaluation_id", "unit_id"),
        Index("ix_follow_ups_unit_id_state", "unit_id", "state"),
    )


class FollowUpStep(Table):
    """One thing that happened to a follow-up: taken on, put off, repaired, closed, opened again."""

    __tablename__ = "follow_up_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id"), index=True)
    act: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class UserSheet(Table):
    """What one user said on the users' form (F-03); without identity, never deleted."""

    __tablename__ = "user_sheets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    answers: Mapped[str] = mapped_column(Text)
    """JSON: question → 0-5; what was not answered is not there."""
    body_sha256: Mapped[str] = mapped_column(String(64))
    page: Mapped[str | None] = mapped_column(String(24))
    """The number of the page's signed token: one page, one sheet. None: it came without a valid one."""
    device: Mapped[str | None] = mapped_column(String(32))
    """The mark of its sender's address on that day; None: it did not come over the network."""
    received_at: Mapped[datetime] = mapped_column(Instant)
    excluded_by: Mapped[str] = mapped_column(String(12), default="", server_default="")
    """Empty: counted. `token`, `too_fast`, `same_page` or `burst` by rule, `reviewed` by a person."""
    excluded_reason: Mapped[str] = mapped_column(Text, default="", server_default="")

    __table_args__ = (Index("ix_user_sheets_evaluation_id_unit_id", "evaluation_id", "unit_id"),)


class PinnedScore(Table):
    """The final score of a unit in an evaluation, with all it was made from: recomputed later it says the same."""

    __tablename__ = "pinned_scores"

    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True, index=True)
    edition: Mapped[str] = mapped_column(ForeignKey("instrument_editions.sha256"))
    inputs: Mapped[str] = mapped_column(Text)
    """JSON: the values per product and indicator, the users' sheets, the rule: everything but the instrument."""
    index: Mapped[Decimal] = mapped_column(Exact)
    conversion: Mapped[Decimal | None] = mapped_column(Exact)
    category: Mapped[str] = mapped_column(String(16))
    document: Mapped[str] = mapped_column(Text)
    """JSON: the whole arithmetic as it was shown."""
    pinned_at: Mapped[datetime] = mapped_column(Instant)
    pinned_by: Mapped[int] = mapped_column(ForeignKey("people.id"))


def plain(row: Any) -> dict[str, Any]:
    """A row as its columns, for the audit trail."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}
