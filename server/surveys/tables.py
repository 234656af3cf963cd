"""Tables of the survey: responses as they came, and the tallies the index is read from.

Both are plain tables (no classes), because their element columns follow `rules.ELEMENTS`.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Instant, Table
from server.skm.rules import ELEMENTS
from server.skm.tally import CELLS, COUNTED

KEYS = tuple(ELEMENTS)

survey_responses = sa.Table(
    "survey_responses",
    Table.metadata,
    Column("id", Uuid, primary_key=True),  # made by the client, UUIDv7 from our own pages
    Column("counter_id", ForeignKey("counters.id"), nullable=False),
    Column("unit_id", ForeignKey("units.id"), nullable=False),
    Column("service_id", ForeignKey("public_services.id")),
    Column("local_day", String(10), nullable=False),  # in the unit's zone; the day it counts in
    Column("local_hour", SmallInteger, nullable=False),
    *(Column(key, SmallInteger) for key in KEYS),  # 1-4; a missing answer is NULL, never 0
    Column("age", SmallInteger),
    Column("sex", String(1)),
    Column("education", String(8)),
    Column("occupation", String(20)),
    Column("disability", String(20)),
    Column("comment", Text),
    Column("answered_at", Instant),  # claimed by the client
    Column("received_at", Instant, nullable=False),  # ours
    Column("served_at", Instant),  # when the page was served, as its signed token says
    Column("channel", String(8), nullable=False),
    Column("lang", String(8), nullable=False),
    Column("token", String(8), nullable=False),  # ok, missing, expired or forged
    Column("page", String(24)),  # the token's number: one page, one answer
    Column("device", String(24)),  # a hash keyed with a secret of that day, destroyed afterwards
    Column("body_sha256", LargeBinary(32), nullable=False),
    Column("excluded_by", String(8), nullable=False, server_default=COUNTED),
    Column(
        "reviewed", SmallInteger, nullable=False, server_default="0"
    ),  # 1: a person decided, rules stay away
    Index("ix_survey_responses_counter_id_local_day", "counter_id", "local_day"),
    Index("ix_survey_responses_unit_id_local_day", "unit_id", "local_day"),
    Index("ix_survey_responses_received_at", "received_at"),
)

survey_tallies = sa.Table(
    "survey_tallies",
    Table.metadata,
    # a local month '2026-11' or a local day '2026-11-22': first in the key, so that today's writes fall on few pages
    Column("period", String(10), primary_key=True),
    Column("unit_id", Integer, primary_key=True, autoincrement=False),
    Column("service_id", Integer, primary_key=True, autoincrement=False),  # 0: no service chosen
    Column("counter_id", Integer, primary_key=True, autoincrement=False),
    Column("rule", String(8), primary_key=True),
    Column("n", Integer, nullable=False),
    *(Column(cell, Integer, nullable=False) for cell in CELLS),
    sqlite_with_rowid=False,
)

survey_hours = sa.Table(
    "survey_hours",
    Table.metadata,
    Column("month", String(7), primary_key=True),
    Column("unit_id", Integer, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
)


class ConventionChoice(Table):
    """The convention the city computes with from a day on; a closed period keeps the one it had."""

    __tablename__ = "convention_choices"

    in_force_from: Mapped[str] = mapped_column(String(10), primary_key=True)
    convention: Mapped[str] = mapped_column(String(40))
    chosen_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    chosen_at: Mapped[datetime] = mapped_column(Instant)


class DeviceKey(Table):
    """The secret that turns a device into that day's opaque mark; deleted when the day is over."""

    __tablename__ = "device_keys"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(32))
