"""The installation's name, and what relays report of themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Its row is added when it is first asked for: a database that is made from a template gets a name of its own.
    op.create_table(
        "installation",
        sa.Column("only", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_installation"),
    )
    op.create_table(
        "relays",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("broker", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("problems", sa.Text, nullable=False),
        sa.Column("reported_at", _time, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_relays"),
    )


def downgrade() -> None:
    op.drop_table("relays")
    op.drop_table("installation")
