"""Configs, and the revision counters of MAC addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_big_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_mac = sa.String(17).with_variant(sa.String(17, collation="C"), "postgresql")
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "revision_counters",
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("last_revision", sa.BigInteger, nullable=False),
        sa.Column("replaced_by", _mac),
        sa.PrimaryKeyConstraint("mac_address", name="pk_revision_counters"),
    )
    op.create_table(
        "configs",
        sa.Column("id", _big_id, sa.Identity(always=True), nullable=False),
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("device_name", sa.String(255)),
        sa.Column("device_entity_id", sa.String(255)),
        sa.Column("enable_ota", sa.Boolean),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("etag", sa.String(80), nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("updated_at", _time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_configs"),
        sa.UniqueConstraint("mac_address", name="uq_configs_mac_address"),
        sa.ForeignKeyConstraint(
            ["mac_address"],
            ["revision_counters.mac_address"],
            name="fk_configs_mac_address_revision_counters",
        ),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("configs")
    op.drop_table("revision_counters")
