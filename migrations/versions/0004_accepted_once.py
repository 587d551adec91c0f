"""What may be accepted once only: one row for each key, until it could not be accepted anyway."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accepted_once",
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_accepted_once"),
    )
    op.create_index("ix_accepted_once_until", "accepted_once", ["until"])


def downgrade() -> None:
    op.drop_table("accepted_once")
