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
    Identity,
    Index,
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
"""Compared byte by byte: pages are sorted by it, and independent of the locale."""


TagText: Final = String(63).with_variant(String(63, collation="C"), "postgresql")
"""Compared byte by byte: tags are sorted as in every other store."""


NameText: Final = String(63).with_variant(String(63, collation="C"), "postgresql")
"""A name of a layer or a model, compared byte by byte."""


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


revision_counters: Final = Table(
    "revision_counters",
    metadata,
    Column("mac_address", MacText, primary_key=True),
    Column("last_revision", BigInteger, nullable=False),
    # The document number, which goes on when the row in `documents` is gone.
    Column("last_document_number", BigInteger, nullable=False),
    Column("replaced_by", MacText),
    # The successor before the last change, which the undo of that change brings back.
    Column("replaced_before", MacText),
)

configs: Final = Table(
    "configs",
    metadata,
    # "By default", so that a config that is restored comes back under its id.
    Column("id", BigId, Identity(always=False), primary_key=True),
    # No foreign key: every write locks the device's row first, so it is there, and rows of devices
    # are never deleted. To have it checked for each config took a fifth of an import's time.
    Column("mac_address", MacText, nullable=False),
    # Null, as the ETag, where layers alone serve the device.
    Column("content", Text),
    Column("revision", BigInteger, nullable=False),
    Column("etag", String(80)),
    # The write that made the revision.
    Column("change", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("mac_address", name=MAC_ADDRESS_CONSTRAINT),
    # Without it, SQLite would give the highest id to a second config after a delete.
    sqlite_autoincrement=True,
)

# What devices are served, apart from `configs`, which operators write. A row exists while its device has a
# document. `number` is the document number: it counts what the MAC address was served.
documents: Final = Table(
    "documents",
    metadata,
    Column("mac_address", MacText, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("etag", String(80), nullable=False),
    Column("device_name", String(255)),
    Column("device_entity_id", String(255)),
    Column("enable_ota", Boolean),
    Column("search_text", Text, nullable=False),
    # The layers that it was composed of, lowest first, with their revisions: [["base",3]]. Empty where no layer ever
    # reached the device, [] where none does any more.
    Column("layers", Text, nullable=False),
    # The version of the rule of composition that made it.
    Column("rule", Integer, nullable=False),
    # The last one: on SQLite, what follows a long text is slow to read.
    Column("body", Text, nullable=False),
)

# What each device was served, from the first document of a layer on: a row for each document number, without bytes.
document_history: Final = Table(
    "document_history",
    metadata,
    Column("mac_address", MacText, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    # Null where the device was served nothing from then on.
    Column("etag", String(80)),
    # Of the own content.
    Column("config_id", BigInteger, nullable=False),
    Column("own_revision", BigInteger, nullable=False),
    Column("layers", Text, nullable=False),
    Column("rule", Integer, nullable=False),
    Column("change", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

revisions: Final = Table(
    "revisions",
    metadata,
    Column("config_id", BigInteger, primary_key=True),
    Column("mac_address", MacText, nullable=False),
    Column("revision", BigInteger, primary_key=True),
    Column("operation", String(16), nullable=False),
    # Before the content: on SQLite, what follows a long text is slow to read.
    Column("change", String(16), nullable=False),
    Column("content", Text),
    Column("etag", String(80)),
    Column("device_name", String(255)),
    Column("device_entity_id", String(255)),
    Column("enable_ota", Boolean),
    Column("author", String(255), nullable=False),
    Column("message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("mac_address", "revision"),
)

# The configs of a change are read in the order of their ids.
Index("ix_revisions_change", revisions.c.change, revisions.c.config_id)

pruned_histories: Final = Table(
    "pruned_histories",
    metadata,
    Column("config_id", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
)

changes: Final = Table(
    "changes",
    metadata,
    Column("id", BigId, Identity(always=False), primary_key=True),
    # The place in the order of commits. On PostgreSQL it is given after the commit (`change_log.py`).
    Column("position", BigInteger),
    Column("change", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("operation", String(16), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("author", String(255), nullable=False),
    Column("message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    # Of a change of tags: those that it added and removed, each with a space between two; null where the tags stayed.
    Column("tags_added", Text),
    Column("tags_removed", Text),
    # Both null where the note stayed; one is null where there was no note.
    Column("note_before", Text),
    Column("note_after", Text),
    # The same of the device's model.
    Column("model_before", NameText),
    Column("model_after", NameText),
    UniqueConstraint("position"),
)

# Labels belong to the config's id: they follow it to another board, and stay when it is deleted.
config_labels: Final = Table(
    "config_labels",
    metadata,
    Column("config_id", BigInteger, primary_key=True, autoincrement=False),
    # The number of changes of the labels.
    Column("number", BigInteger, nullable=False),
    # Sorted, with a space between two.
    Column("tags", Text, nullable=False),
    Column("note", Text),
    Column("model", NameText),
    Index("ix_config_labels_model", "model", "config_id"),
)

# The same tags, for filters.
config_tags: Final = Table(
    "config_tags",
    metadata,
    Column("config_id", BigInteger, primary_key=True, autoincrement=False),
    Column("tag", TagText, primary_key=True),
    Index("ix_config_tags_tag", "tag", "config_id"),
    sqlite_with_rowid=False,
)

# The labels of a config before each change of them.
label_changes: Final = Table(
    "label_changes",
    metadata,
    Column("change", String(16), primary_key=True),
    Column("config_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("tags", Text, nullable=False),
    Column("note", Text),
    Column("model", NameText),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

layers: Final = Table(
    "layers",
    metadata,
    Column("name", NameText, primary_key=True),
    # The reach: a model, or tags, each with a space between two; all devices where there is neither.
    Column("model", NameText),
    Column("tags", Text, nullable=False),
    Column("not_tags", Text, nullable=False),
    Column("rank", Integer),
    Column("enabled", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("etag", String(80), nullable=False),
    Column("device_name", String(255)),
    Column("device_entity_id", String(255)),
    Column("enable_ota", Boolean),
    # The write that made the revision.
    Column("change", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # The last one: on SQLite, what follows a long text is slow to read.
    Column("content", Text, nullable=False),
    UniqueConstraint("rank"),
    UniqueConstraint("model"),
)

# The history of layers. The revision of a name goes on from its newest row here, which stays.
layer_revisions: Final = Table(
    "layer_revisions",
    metadata,
    Column("name", NameText, primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("operation", String(16), nullable=False),
    Column("change", String(16), nullable=False),
    Column("model", NameText),
    Column("tags", Text, nullable=False),
    Column("not_tags", Text, nullable=False),
    Column("rank", Integer),
    Column("enabled", Boolean, nullable=False),
    Column("etag", String(80)),
    Column("device_name", String(255)),
    Column("device_entity_id", String(255)),
    Column("enable_ota", Boolean),
    Column("author", String(255), nullable=False),
    Column("message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("content", Text),
    Index("ix_layer_revisions_change", "change"),
)

# Raised by each write of layers and of secrets: those of one generation are the same wherever they are read. One row, from
# the first write on.
layers_state: Final = Table(
    "layers_state",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("generation", BigInteger, nullable=False),
)

# Edits of layers that concern many devices, and how far a job has come that serves what follows from them.
recompositions: Final = Table(
    "recompositions",
    metadata,
    Column("id", BigId, Identity(always=False), primary_key=True),
    # The write of the layers.
    Column("change", String(16), nullable=False),
    Column("author", String(255), nullable=False),
    Column("message", Text),
    # As JSON: each with "model", "tags" and "not_tags".
    Column("reaches", Text, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("swept_to", MacText),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("change"),
)

# Models of devices. The row of a deleted one stays, so that revisions of its name go on.
models: Final = Table(
    "models",
    metadata,
    Column("name", NameText, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("mode", String(16), nullable=False),
    # A JSON object of its limits.
    Column("budget", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # The last one: on SQLite, what follows a long text is slow to read.
    Column("schema", Text, nullable=False),
)

notifications: Final = Table(
    "notifications",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("restart_hint", Boolean, nullable=False),
    Column("document_number", BigInteger),
    Column("etag", String(80)),
    Column("updated_at", UtcDateTime),
    Column("since", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("parked", Boolean, nullable=False),
    Column("last_error", Text),
    Index("ix_notifications_parked_since", "parked", "since"),
)

api_tokens: Final = Table(
    "api_tokens",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("key", String(12), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    UniqueConstraint("key"),
)

device_tokens: Final = Table(
    "device_tokens",
    metadata,
    Column("mac_address", MacText, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# The newest evidence of each kind about each MAC address, apart from the rows that writers of configs lock.
device_evidence: Final = Table(
    "device_evidence",
    metadata,
    Column("mac_address", MacText, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("etag", String(80), nullable=False),
    Column("number", BigInteger, nullable=False),
    # Microseconds since 1970, in UTC: both databases compare and subtract them alike.
    Column("received_at", BigInteger, nullable=False),
    Column("source", String(64), nullable=False),
    Column("proof", String(16), nullable=False),
    Column("etag_number", BigInteger),
    Column("pointer", String(64)),
    Column("reason", String(80)),
    Column("firmware", String(32)),
    Column("report_number", BigInteger),
    sqlite_with_rowid=False,
)

# The state of each device, for filters and counts: written with its evidence, and after changes of its document by the
# job that follows the change log. A row without a state is of a MAC address that had a document.
device_states: Final = Table(
    "device_states",
    metadata,
    Column("mac_address", MacText, primary_key=True),
    Column("state", String(16)),
    # Set when `overdue_at` has passed. That is in microseconds since 1970, and not later than the exact time.
    Column("overdue", Boolean, nullable=False),
    Column("overdue_at", BigInteger),
    Column("firmware", String(32)),
    # The tags by which the device is counted, sorted, with a space between two.
    Column("tags", Text, nullable=False),
    # When the row was written, in microseconds since 1970, by the clock of the database.
    Column("changed_at", BigInteger, nullable=False, index=True),
    Index("ix_device_states_state", "state", "mac_address"),
    Index("ix_device_states_firmware", "firmware", "mac_address"),
    sqlite_with_rowid=False,
)

# How many devices with a tag are in each state: the sum of `change`. Writers add rows, so that none waits for another.
# The empty tag counts all devices.
device_counts: Final = Table(
    "device_counts",
    metadata,
    Column("id", BigId, Identity(always=False), primary_key=True),
    Column("tag", TagText, nullable=False),
    Column("state", String(16), nullable=False),
    Column("overdue", Boolean, nullable=False),
    Column("change", BigInteger, nullable=False),
    Index("ix_device_counts_tag", "tag"),
)

# The newest changes of the state of each MAC address, numbered. Those without a kind were changes of the document.
device_state_changes: Final = Table(
    "device_state_changes",
    metadata,
    Column("mac_address", MacText, primary_key=True),
    Column("change_number", BigInteger, primary_key=True, autoincrement=False),
    # Microseconds since 1970, as all times of evidence.
    Column("at", BigInteger, nullable=False),
    Column("state", String(16)),
    Column("wanted", BigInteger),
    Column("kind", String(16)),
    Column("etag", String(80)),
    Column("number", BigInteger),
    Column("received_at", BigInteger),
    Column("source", String(64)),
    Column("proof", String(16)),
    Column("etag_number", BigInteger),
    Column("pointer", String(64)),
    Column("reason", String(80)),
    Column("firmware", String(32)),
    Column("report_number", BigInteger),
    Index("ix_device_state_changes_at", "at"),
    sqlite_with_rowid=False,
)

# How far the states follow the change log, and under which expected intervals they were made. One row.
device_states_progress: Final = Table(
    "device_states_progress",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("intervals", Text, nullable=False),
    # All devices are gone through once, as far as this MAC address; null when that is done.
    Column("swept_to", MacText),
)

# What each MAC address said last over the broker. Times are in microseconds since 1970, as above.
last_messages: Final = Table(
    "last_messages",
    metadata,
    Column("mac_address", MacText, primary_key=True),
    # The digest of its last report.
    Column("report", String(32)),
    Column("reported_at", BigInteger),
    Column("is_online", Boolean),
    Column("changed_at", BigInteger),
    Column("seen_at", BigInteger),
    Column("is_kept", Boolean, nullable=False),
)

# MAC addresses that ask for a document and have no row in `revision_counters`; bounded by each write.
new_boards: Final = Table(
    "new_boards",
    metadata,
    Column("mac_address", MacText, primary_key=True),
    Column("source", String(64), nullable=False),
    # What counts as one source.
    Column("network", String(64), nullable=False),
    # Microseconds since 1970, in UTC.
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
)

claimed_keys: Final = Table(
    "claimed_keys",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("until", UtcDateTime, nullable=False, index=True),
)

installation: Final = Table(
    "installation",
    metadata,
    # One row, which no second can join.
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("name", String(32), nullable=False),
    # The key of the ETags of documents with values of secrets: 32 bytes in hexadecimal digits.
    Column("etag_key", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

secrets: Final = Table(
    "secrets",
    metadata,
    Column("name", TagText, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # The value, encrypted with a key that is not in the database.
    Column("ciphertext", Text, nullable=False),
)

relays: Final = Table(
    "relays",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("broker", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("problems", Text, nullable=False),
    Column("reported_at", UtcDateTime, nullable=False),
)

subscribers: Final = Table(
    "subscribers",
    metadata,
    # One row, that of the active one.
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("name", String(32), nullable=False),
    Column("is_connected", Boolean, nullable=False),
    Column("since", UtcDateTime),
    Column("last_message_at", UtcDateTime),
    Column("problem", Text),
    Column("reported_at", UtcDateTime, nullable=False),
)
