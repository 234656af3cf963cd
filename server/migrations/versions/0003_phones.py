"""Phones: what they push and are told, photos that arrive, whose clock said when, where a unit is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sync_devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("skew_ms", sa.BigInteger(), nullable=True),
        sa.Column("app_version", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sync_devices_person_id_people")),
        sa.PrimaryKeyConstraint("id", "person_id", name=op.f("pk_sync_devices")),
    )
    op.create_table(
        "sync_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("base_revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("skew_ms", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("judged_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("brought_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("settled_how", sa.String(length=10), server_default="", nullable=False),
        sa.Column("settled_reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["brought_by"], ["people.id"], name=op.f("fk_sync_items_brought_by_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sync_items_person_id_people")),
        sa.ForeignKeyConstraint(["settled_by"], ["people.id"], name=op.f("fk_sync_items_settled_by_people")),
        sa.PrimaryKeyConstraint("id", "body_sha256", "person_id", name=op.f("pk_sync_items")),
    )
    op.create_index(
        "ix_sync_items_person_id_received_at", "sync_items", ["person_id", "received_at"], unique=False
    )
    op.create_index("ix_sync_items_status_settled_at", "sync_items", ["status", "settled_at"], unique=False)

    op.create_table(
        "sync_steps",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(length=24), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sync_steps_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "seq", name=op.f("pk_sync_steps")),
    )
    op.create_index(op.f("ix_sync_steps_at"), "sync_steps", ["at"], unique=False)

    op.create_table(
        "sync_told",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sync_told_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "kind", "id", name=op.f("pk_sync_told")),
    )
    op.create_index("ix_sync_told_person_id_seq", "sync_told", ["person_id", "seq"], unique=False)

    op.create_table(
        "sync_uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("metadata_header", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("stored_sha256", sa.String(length=64), nullable=True),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sync_uploads_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_uploads")),
    )
    op.create_index(op.f("ix_sync_uploads_expires_at"), "sync_uploads", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sync_uploads_person_id"), "sync_uploads", ["person_id"], unique=False)

    op.create_table(
        "evidence_awaited",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("piece", sa.Text(), nullable=False),
        sa.Column("corrected_at", sa.BigInteger(), nullable=True),
        sa.Column("clock_doubt", sa.String(length=12), server_default="", nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_evidence_awaited_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_evidence_awaited_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_awaited")),
    )
    op.create_index(op.f("ix_evidence_awaited_person_id"), "evidence_awaited", ["person_id"], unique=False)
    op.create_index(op.f("ix_evidence_awaited_sha256"), "evidence_awaited", ["sha256"], unique=False)
    op.create_index(op.f("ix_evidence_awaited_visit_id"), "evidence_awaited", ["visit_id"], unique=False)

    op.create_table(
        "inspection_signals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_inspection_signals_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["evidence.id"], name=op.f("fk_inspection_signals_other_id_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_inspection_signals_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_signals")),
        sa.UniqueConstraint(
            "evidence_id", "kind", "other_id", name=op.f("uq_inspection_signals_evidence_id_kind_other_id")
        ),
    )
    op.create_index(op.f("ix_inspection_signals_other_id"), "inspection_signals", ["other_id"], unique=False)
    op.create_index(op.f("ix_inspection_signals_visit_id"), "inspection_signals", ["visit_id"], unique=False)

    op.add_column("evidence", sa.Column("corrected_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "evidence", sa.Column("clock_doubt", sa.String(length=12), server_default="", nullable=False)
    )
    op.add_column("evidence", sa.Column("looked_at", sa.BigInteger(), nullable=True))
    # nothing is known of the pictures that came before, so that nothing could be seen about them
    op.execute("UPDATE evidence SET looked_at = added_at")
    op.create_index(
        "ix_evidence_not_looked_at",
        "evidence",
        ["added_at", "id"],
        unique=False,
        sqlite_where=sa.text("looked_at IS NULL AND sha256 IS NOT NULL"),
        postgresql_where=sa.text("looked_at IS NULL AND sha256 IS NOT NULL"),
    )

    op.add_column(
        "evidence_files", sa.Column("stored_sha256", sa.String(length=64), server_default="", nullable=False)
    )
    # what came before was kept as it came
    op.execute("UPDATE evidence_files SET stored_sha256 = sha256")
    op.add_column("evidence_files", sa.Column("width", sa.Integer(), nullable=True))
    op.add_column("evidence_files", sa.Column("height", sa.Integer(), nullable=True))
    op.add_column("evidence_files", sa.Column("likeness", sa.BigInteger(), nullable=True))

    op.add_column("findings", sa.Column("corrected_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "findings", sa.Column("clock_doubt", sa.String(length=12), server_default="", nullable=False)
    )

    op.add_column("units", sa.Column("latitude", sa.Float(), nullable=True))
    op.add_column("units", sa.Column("longitude", sa.Float(), nullable=True))

    op.add_column("visits", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.add_column("visits", sa.Column("body_sha256", sa.String(length=64), nullable=True))
    op.add_column("visits", sa.Column("device_id", sa.Uuid(), nullable=True))
    op.add_column("visits", sa.Column("brought_by", sa.Integer(), nullable=True))
    op.add_column("visits", sa.Column("corrected_at", sa.BigInteger(), nullable=True))
    op.add_column("visits", sa.Column("skew_ms", sa.BigInteger(), nullable=True))
    op.add_column("visits", sa.Column("clock_doubt", sa.String(length=12), server_default="", nullable=False))
