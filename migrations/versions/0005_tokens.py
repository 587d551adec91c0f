"""API tokens and device tokens, as digests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_mac = sa.String(17).with_variant(sa.String(17, collation="C"), "postgresql")
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("key", sa.String(12), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("expires_at", _time),
        sa.Column("last_used_at", _time),
        sa.Column("revoked_at", _time),
        sa.PrimaryKeyConstraint("name", name="pk_api_tokens"),
        sa.UniqueConstraint("key", name="uq_api_tokens_key"),
    )
    op.create_table(
        "device_tokens",
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.PrimaryKeyConstraint("mac_address", name="pk_device_tokens"),
    )


def downgrade() -> None:
    op.drop_table("device_tokens")
    op.drop_table("api_tokens")
