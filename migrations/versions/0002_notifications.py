"""Pending notifications, one row for each subject."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "notifications",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("nudge", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger),
        sa.Column("etag", sa.String(80)),
        sa.Column("updated_at", _time),
        sa.Column("since", _time, nullable=False),
        sa.Column("due_at", _time, nullable=False),
        sa.Column("refusals", sa.Integer, nullable=False),
        sa.Column("parked", sa.Boolean, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_notifications"),
    )


def downgrade() -> None:
    op.drop_table("notifications")
