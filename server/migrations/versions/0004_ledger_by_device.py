"""Which numbers of a phone never came is asked without walking every record it sent."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_sync_items_device_id_seq", "sync_items", ["device_id", "seq"])
