"""The longest waiting notification, and up to so many, are found without reading them all."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notifications_parked_since", "notifications", ["parked", "since"])


def downgrade() -> None:
    op.drop_index("ix_notifications_parked_since", table_name="notifications")
