"""Inspections: instruments, evaluations, visits, findings, evidence, replies, follow-ups, users' sheets, scores."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_files",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["people.id"], name=op.f("fk_evidence_files_uploaded_by_people")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_evidence_files")),
    )
    op.create_table(
        "instrument_editions",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.Column("kept_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["kept_by"], ["people.id"], name=op.f("fk_instrument_editions_kept_by_people")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_instrument_editions")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_instrument_editions_code_version")),
    )
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("edition", sa.String(length=64), nullable=False),
        sa.Column("first_day", sa.String(length=10), nullable=False),
        sa.Column("last_day", sa.String(length=10), nullable=False),
        sa.Column("convention", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=24), nullable=False),
        sa.Column("reply_days", sa.Integer(), nullable=False),
        sa.Column("repair_days", sa.Integer(), nullable=False),
        sa.Column("without_f03", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_evaluations_created_by_people")),
        sa.ForeignKeyConstraint(
            ["edition"],
            ["instrument_editions.sha256"],
            name=op.f("fk_evaluations_edition_instrument_editions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluations")),
    )
    op.create_table(
        "evidence_holders",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("brought_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_evidence_holders_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["evidence_files.sha256"], name=op.f("fk_evidence_holders_sha256_evidence_files")
        ),
        sa.PrimaryKeyConstraint("sha256", "person_id", name=op.f("pk_evidence_holders")),
    )
    op.create_table(
        "evaluation_loci",
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_evaluation_loci_evaluation_id_evaluations")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_evaluation_loci_unit_id_units")),
        sa.PrimaryKeyConstraint("evaluation_id", "unit_id", name=op.f("pk_evaluation_loci")),
        sa.UniqueConstraint("code", name=op.f("uq_evaluation_loci_code")),
    )
    with op.batch_alter_table("evaluation_loci", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evaluation_loci_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "pinned_scores",
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.String(length=64), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("index", sa.String(length=24), nullable=False),
        sa.Column("conversion", sa.String(length=24), nullable=True),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("pinned_at", sa.BigInteger(), nullable=False),
        sa.Column("pinned_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition"],
            ["instrument_editions.sha256"],
            name=op.f("fk_pinned_scores_edition_instrument_editions"),
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_pinned_scores_evaluation_id_evaluations")
        ),
        sa.ForeignKeyConstraint(["pinned_by"], ["people.id"], name=op.f("fk_pinned_scores_pinned_by_people")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_pinned_scores_unit_id_units")),
        sa.PrimaryKeyConstraint("evaluation_id", "unit_id", name=op.f("pk_pinned_scores")),
    )
    with op.batch_alter_table("pinned_scores", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pinned_scores_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "settlements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=24), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(length=8), nullable=False),
        sa.Column("over", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_settlements_evaluation_id_evaluations")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["public_services.id"], name=op.f("fk_settlements_service_id_public_services")
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["people.id"], name=op.f("fk_settlements_settled_by_people")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_settlements_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlements")),
    )
    with op.batch_alter_table("settlements", schema=None) as batch_op:
        batch_op.create_index(
            "ix_settlements_evaluation_id_unit_id", ["evaluation_id", "unit_id"], unique=False
        )

    op.create_table(
        "user_sheets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("page", sa.String(length=24), nullable=True),
        sa.Column("device", sa.String(length=32), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("excluded_by", sa.String(length=12), server_default="", nullable=False),
        sa.Column("excluded_reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_user_sheets_evaluation_id_evaluations")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_user_sheets_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sheets")),
    )
    with op.batch_alter_table("user_sheets", schema=None) as batch_op:
        batch_op.create_index(
            "ix_user_sheets_evaluation_id_unit_id", ["evaluation_id", "unit_id"], unique=False
        )

    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("team", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("verified_by", sa.Integer(), nullable=True),
        sa.Column("final_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_visits_evaluation_id_evaluations")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_visits_person_id_people")),
        sa.ForeignKeyConstraint(
            ["service_id"], ["public_services.id"], name=op.f("fk_visits_service_id_public_services")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_visits_unit_id_units")),
        sa.ForeignKeyConstraint(["verified_by"], ["people.id"], name=op.f("fk_visits_verified_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index("ix_visits_evaluation_id_unit_id", ["evaluation_id", "unit_id"], unique=False)
        batch_op.create_index("ix_visits_person_id_state", ["person_id", "state"], unique=False)
        batch_op.create_index("ix_visits_unit_id", ["unit_id"], unique=False)

    op.create_table(
        "finding_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("observed", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_finding_records_person_id_people")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_finding_records_visit_id_visits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_records")),
    )
    with op.batch_alter_table("finding_records", schema=None) as batch_op:
        batch_op.create_index(
            "ix_finding_records_visit_id_indicator", ["visit_id", "indicator"], unique=False
        )

    op.create_table(
        "finding_replies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("replied_at", sa.BigInteger(), nullable=False),
        sa.Column("replied_by", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("decided_value", sa.String(length=24), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_finding_replies_decided_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["replied_by"], ["people.id"], name=op.f("fk_finding_replies_replied_by_people")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_finding_replies_unit_id_units")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_finding_replies_visit_id_visits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_replies")),
    )
    with op.batch_alter_table("finding_replies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_replies_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index(
            "ix_finding_replies_visit_id_indicator", ["visit_id", "indicator"], unique=False
        )

    op.create_table(
        "findings",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("observed", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_findings_person_id_people")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_findings_visit_id_visits")),
        sa.PrimaryKeyConstraint("visit_id", "indicator", name=op.f("pk_findings")),
    )
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=24), nullable=False),
        sa.Column("target", sa.String(length=24), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("due_day", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("repaired_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_follow_ups_evaluation_id_evaluations")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["public_services.id"], name=op.f("fk_follow_ups_service_id_public_services")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_follow_ups_unit_id_units")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_follow_ups_visit_id_visits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
    )
    with op.batch_alter_table("follow_ups", schema=None) as batch_op:
        batch_op.create_index(
            "ix_follow_ups_evaluation_id_unit_id", ["evaluation_id", "unit_id"], unique=False
        )
        batch_op.create_index("ix_follow_ups_unit_id_state", ["unit_id", "state"], unique=False)

    op.create_table(
        "inspection_assignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("team", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("due_day", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id", "unit_id"],
            ["evaluation_loci.evaluation_id", "evaluation_loci.unit_id"],
            name=op.f("fk_inspection_assignments_evaluation_id_evaluation_loci"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_inspection_assignments_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["public_services.id"],
            name=op.f("fk_inspection_assignments_service_id_public_services"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_assignments")),
    )
    with op.batch_alter_table("inspection_assignments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inspection_assignments_evaluation_id_unit_id", ["evaluation_id", "unit_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_inspection_assignments_person_id"), ["person_id"], unique=False)

    op.create_table(
        "visit_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_visit_steps_person_id_people")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_visit_steps_visit_id_visits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_steps")),
    )
    with op.batch_alter_table("visit_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_steps_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.BigInteger(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["people.id"], name=op.f("fk_evidence_added_by_people")),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["finding_replies.id"], name=op.f("fk_evidence_reply_id_finding_replies")
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["evidence_files.sha256"], name=op.f("fk_evidence_sha256_evidence_files")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_evidence_unit_id_units")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_evidence_visit_id_visits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_sha256"), ["sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index("ix_evidence_visit_id_indicator", ["visit_id", "indicator"], unique=False)

    op.create_table(
        "follow_up_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("follow_up_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_ups.id"], name=op.f("fk_follow_up_steps_follow_up_id_follow_ups")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_follow_up_steps_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_steps")),
    )
    with op.batch_alter_table("follow_up_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_steps_follow_up_id"), ["follow_up_id"], unique=False)
