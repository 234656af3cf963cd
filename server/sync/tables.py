"""Tables of sync: devices, the ledger of everything ever pushed, uploads under way, what each person was last told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger as Big
from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Instant, Table


class Device(Table):
    """A browser that works offline; its id was made by itself and proves nothing."""

    __tablename__ = "sync_devices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    """Several people may share a phone: one row each."""
    first_seen_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    last_seq: Mapped[int] = mapped_column(Big, default=0)
    skew_ms: Mapped[int | None] = mapped_column(Big)
    """How far its clock was ahead of ours at the last contact."""
    app_version: Mapped[str] = mapped_column(String(40), default="")


class LedgerItem(Table):
    """One item as it was ever pushed, whole, and what became of it. A repeat finds its row and changes nothing."""

    __tablename__ = "sync_items"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    body_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    """Who sent it. Part of the key: what somebody else sent under the same id is no answer to me."""
    kind: Mapped[str] = mapped_column(String(20))
    base_revision: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    device_id: Mapped[UUID | None] = mapped_column()
    seq: Mapped[int] = mapped_column(Big, default=0)
    skew_ms: Mapped[int | None] = mapped_column(Big)
    received_at: Mapped[datetime] = mapped_column(Instant)
    """When it first came."""
    judged_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(String(10))
    """accepted, conflict or rejected."""
    result: Mapped[str] = mapped_column(Text)
    """JSON of `wire.Result` as it was answered."""
    brought_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """Who imported it from a file, where its author did not send it."""
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    settled_how: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """Of what was refused or in conflict: released (stored after all) or set_aside; empty: still waits for somebody."""
    settled_reason: Mapped[str] = mapped_column(Text, default="", server_default="")

    __table_args__ = (
        Index("ix_sync_items_status_settled_at", "status", "settled_at"),
        Index("ix_sync_items_person_id_received_at", "person_id", "received_at"),
        Index("ix_sync_items_device_id_seq", "device_id", "seq"),
    )


class Upload(Table):
    """A file that is arriving (tus). Its bytes are in a file of this name; how many is what is on the disk."""

    __tablename__ = "sync_uploads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    length: Mapped[int] = mapped_column(Big)
    sha256: Mapped[str | None] = mapped_column(String(64))
    """As announced."""
    media_type: Mapped[str] = mapped_column(String(100), default="")
    """As announced (`filetype`)."""
    name: Mapped[str] = mapped_column(String(160), default="")
    metadata_header: Mapped[str] = mapped_column(Text, default="")
    """`Upload-Metadata` as it came, for HEAD."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    stored_sha256: Mapped[str | None] = mapped_column(String(64))
    """The hash it is held under; None: not finished."""
    is_gone: Mapped[bool] = mapped_column(Boolean, default=False)
    """Ended by its owner, expired or refused: its address stays known for a while, to say so."""


class Step(Table):
    """One moment at which a person's phone was told something new; `mark` makes its cursor unguessable."""

    __tablename__ = "sync_steps"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    mark: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime] = mapped_column(Instant, index=True)


class Told(Table):
    """What a person was last told of one thing, by its hash; gone ones stay as tombstones."""

    __tablename__ = "sync_told"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(Big)
    is_gone: Mapped[bool] = mapped_column(Boolean, default=False)

    __table_args__ = (Index("ix_sync_told_person_id_seq", "person_id", "seq"),)
