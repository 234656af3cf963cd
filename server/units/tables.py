"""Tables of units, their public services and their counters."""

from datetime import datetime

from sqlalchemy import Boolean, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Instant, Table


class Unit(Table):
    """A unit that serves the public; units form a tree."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    path: Mapped[str] = mapped_column(String(200), index=True)
    """Ids from the root down to this unit, '/3/17/': a unit and all below it share the prefix."""
    zone: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(200), default="")
    contact: Mapped[str] = mapped_column(String(200), default="")
    """How a citizen complains to this unit: telephone, counter or address."""
    opens: Mapped[str] = mapped_column(String(5), default="07:30")
    closes: Mapped[str] = mapped_column(String(5), default="16:00")
    open_days: Mapped[str] = mapped_column(String(7), default="12345")
    """ISO weekdays on which the unit serves; '1234567' is every day."""
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    """Where the unit is (WGS 84): an inspector finds the nearest, a photo taken far away is noticed."""
    yearly_users: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class PublicService(Table):
    """A service (layanan) that citizens come to a unit for."""

    __tablename__ = "public_services"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(160))
    asks_cost: Mapped[bool] = mapped_column(Boolean, default=True)
    """False where the law sets no charge to ask about: the survey then leaves `biaya` out."""
    yearly_users: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("unit_id", "slug"),)


class Counter(Table):
    """A place where citizens are served and asked: owned by a unit, perhaps standing in another unit's hall."""

    __tablename__ = "counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(6), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("public_services.id"))
    hall_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    """Set while the survey at this counter is closed; it may open again."""
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    """Set once the code is withdrawn for good; the poster is to be replaced."""
    replaced_by: Mapped[str | None] = mapped_column(String(6))
    note: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index(None, "hall_id"),)
