"""The tables, as `migrations/` builds them (a test compares the two on both databases)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

VERSION_TABLE: Final = "iotconfig_version"
"""Alembic's bookkeeping, under a name that another program in the same database will not use."""

MAC_ADDRESS_CONSTRAINT: Final = "uq_configs_mac_address"

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BigId: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite gives out ids for `INTEGER PRIMARY KEY` only; its integers have 64 bits anyway."""

MacText: Final = String(17).with_variant(String(17, collation="C"), "postgresql")
"""Compared byte by byte: pages are sorted by it, and no locale may have a say."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in UTC, on SQLite too, which stores none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


devices: Final = Table(
    "devices",
    metadata,
    Column("mac_address", MacText, primary_key=True),
    Column("last_revision", BigInteger, nullable=False),
    Column("replaced_by", MacText),
)

configs: Final = Table(
    "configs",
    metadata,
    Column("id", BigId, Identity(always=True), primary_key=True),
    Column("mac_address", MacText, ForeignKey(devices.c.mac_address), nullable=False),
    Column("device_name", String(255)),
    Column("device_entity_id", String(255)),
    Column("enable_ota", Boolean),
    Column("content", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("etag", String(80), nullable=False),
    Column("search_text", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("mac_address", name=MAC_ADDRESS_CONSTRAINT),
    # Without it, SQLite would give the highest id to a second config after a delete.
    sqlite_autoincrement=True,
)

notifications: Final = Table(
    "notifications",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("nudge", Boolean, nullable=False),
    Column("revision", BigInteger),
    Column("etag", String(80)),
    Column("updated_at", UtcDateTime),
    Column("since", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("parked", Boolean, nullable=False),
    Column("last_error", Text),
)
