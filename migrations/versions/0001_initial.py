"""The first schema: configs, documents and history, notifications, tokens, relays and subscribers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_big_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_mac = sa.String(17).with_variant(sa.String(17, collation="C"), "postgresql")
_tag = sa.String(63).with_variant(sa.String(63, collation="C"), "postgresql")
_name = sa.String(63).with_variant(sa.String(63, collation="C"), "postgresql")
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_configs()
    _create_history()
    _create_labels()
    _create_layers()
    _create_models()
    _create_announcing()
    _create_access()
    _create_devices()
    _create_secrets()


def downgrade() -> None:
    for table in (
        "secrets",
        "subscribers",
        "relays",
        "installation",
        "claimed_keys",
        "last_messages",
        "device_states_progress",
        "device_state_changes",
        "device_counts",
        "device_states",
        "new_boards",
        "device_evidence",
        "device_tokens",
        "api_tokens",
        "notifications",
        "recompositions",
        "models",
        "layers_state",
        "layer_revisions",
        "layers",
        "label_changes",
        "config_tags",
        "config_labels",
        "changes",
        "pruned_histories",
        "revisions",
        "document_history",
        "documents",
        "configs",
        "revision_counters",
    ):
        op.drop_table(table)


def _create_configs() -> None:
    op.create_table(
        "revision_counters",
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("last_revision", sa.BigInteger, nullable=False),
        sa.Column("last_document_number", sa.BigInteger, nullable=False),
        sa.Column("replaced_by", _mac),
        sa.Column("replaced_before", _mac),
        sa.PrimaryKeyConstraint("mac_address", name="pk_revision_counters"),
    )
    op.create_table(
        "configs",
        # By default, so that a config that is restored comes back under its id.
        sa.Column("id", _big_id, sa.Identity(always=False), nullable=False),
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("etag", sa.String(80)),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("updated_at", _time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_configs"),
        sa.UniqueConstraint("mac_address", name="uq_configs_mac_address"),
        # Without it, SQLite would give the highest id to a second config after a delete.
        sqlite_autoincrement=True,
    )
    op.create_table(
        "documents",
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("etag", sa.String(80), nullable=False),
        sa.Column("device_name", sa.String(255)),
        sa.Column("device_entity_id", sa.String(255)),
        sa.Column("enable_ota", sa.Boolean),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("layers", sa.Text, nullable=False),
        sa.Column("rule", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("mac_address", name="pk_documents"),
    )
    op.create_table(
        "document_history",
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("etag", sa.String(80)),
        sa.Column("config_id", sa.BigInteger, nullable=False),
        sa.Column("own_revision", sa.BigInteger, nullable=False),
        sa.Column("layers", sa.Text, nullable=False),
        sa.Column("rule", sa.Integer, nullable=False),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.PrimaryKeyConstraint("mac_address", "number", name="pk_document_history"),
        sqlite_with_rowid=False,
    )


def _create_history() -> None:
    op.create_table(
        "revisions",
        sa.Column("config_id", sa.BigInteger, nullable=False),
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("operation", sa.String(16), nullable=False),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("etag", sa.String(80)),
        sa.Column("device_name", sa.String(255)),
        sa.Column("device_entity_id", sa.String(255)),
        sa.Column("enable_ota", sa.Boolean),
        sa.Column("author", sa.String(255), nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("created_at", _time, nullable=False),
        sa.PrimaryKeyConstraint("config_id", "revision", name="pk_revisions"),
        sa.UniqueConstraint("mac_address", "revision", name="uq_revisions_mac_address"),
    )
    deletions = sa.text("operation = 'delete'")
    op.create_index(
        "ix_revisions_deletions",
        "revisions",
        ["created_at", "config_id"],
        postgresql_where=deletions,
        sqlite_where=deletions,
    )
    op.create_index("ix_revisions_change", "revisions", ["change", "config_id"])
    op.create_table(
        "pruned_histories",
        sa.Column("config_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("config_id", name="pk_pruned_histories"),
    )
    op.create_table(
        "changes",
        sa.Column("id", _big_id, sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.BigInteger),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("operation", sa.String(16), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("author", sa.String(255), nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("tags_added", sa.Text),
        sa.Column("tags_removed", sa.Text),
        sa.Column("note_before", sa.Text),
        sa.Column("note_after", sa.Text),
        sa.Column("model_before", _name),
        sa.Column("model_after", _name),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        sa.UniqueConstraint("position", name="uq_changes_position"),
    )


def _create_labels() -> None:
    op.create_table(
        "config_labels",
        sa.Column("config_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("model", _name),
        sa.PrimaryKeyConstraint("config_id", name="pk_config_labels"),
    )
    op.create_index("ix_config_labels_model", "config_labels", ["model", "config_id"])
    op.create_table(
        "config_tags",
        sa.Column("config_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("tag", _tag, nullable=False),
        sa.PrimaryKeyConstraint("config_id", "tag", name="pk_config_tags"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_config_tags_tag", "config_tags", ["tag", "config_id"])
    op.create_table(
        "label_changes",
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("config_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("model", _name),
        sa.Column("created_at", _time, nullable=False),
        sa.PrimaryKeyConstraint("change", "config_id", name="pk_label_changes"),
    )
    op.create_index("ix_label_changes_created_at", "label_changes", ["created_at"])


def _create_layers() -> None:
    op.create_table(
        "layers",
        sa.Column("name", _name, nullable=False),
        sa.Column("model", _name),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("not_tags", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("etag", sa.String(80), nullable=False),
        sa.Column("device_name", sa.String(255)),
        sa.Column("device_entity_id", sa.String(255)),
        sa.Column("enable_ota", sa.Boolean),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("updated_at", _time, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_layers"),
        sa.UniqueConstraint("rank", name="uq_layers_rank"),
        sa.UniqueConstraint("model", name="uq_layers_model"),
    )
    op.create_table(
        "layer_revisions",
        sa.Column("name", _name, nullable=False),
        sa.Column("revision", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("operation", sa.String(16), nullable=False),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("model", _name),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("not_tags", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("etag", sa.String(80)),
        sa.Column("device_name", sa.String(255)),
        sa.Column("device_entity_id", sa.String(255)),
        sa.Column("enable_ota", sa.Boolean),
        sa.Column("author", sa.String(255), nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("content", sa.Text),
        sa.PrimaryKeyConstraint("name", "revision", name="pk_layer_revisions"),
    )
    op.create_index("ix_layer_revisions_change", "layer_revisions", ["change"])
    op.create_table(
        "layers_state",
        sa.Column("only", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_layers_state"),
    )
    op.create_table(
        "recompositions",
        sa.Column("id", _big_id, sa.Identity(always=False), nullable=False),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("author", sa.String(255), nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("reaches", sa.Text, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("swept_to", _mac),
        sa.Column("started_at", _time, nullable=False),
        sa.Column("finished_at", _time),
        sa.PrimaryKeyConstraint("id", name="pk_recompositions"),
        sa.UniqueConstraint("change", name="uq_recompositions_change"),
    )


def _create_models() -> None:
    op.create_table(
        "models",
        sa.Column("name", _name, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("budget", sa.Text, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("updated_at", _time, nullable=False),
        sa.Column("schema", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_models"),
    )


def _create_announcing() -> None:
    op.create_table(
        "notifications",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("restart_hint", sa.Boolean, nullable=False),
        sa.Column("document_number", sa.BigInteger),
        sa.Column("etag", sa.String(80)),
        sa.Column("updated_at", _time),
        sa.Column("since", _time, nullable=False),
        sa.Column("due_at", _time, nullable=False),
        sa.Column("refusals", sa.Integer, nullable=False),
        sa.Column("parked", sa.Boolean, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_notifications"),
    )
    op.create_index("ix_notifications_parked_since", "notifications", ["parked", "since"])
    # Its row is added when it is first asked for: a database that is made from a template gets a name of its own.
    op.create_table(
        "installation",
        sa.Column("only", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("etag_key", sa.String(64), nullable=False),
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
    op.create_table(
        "subscribers",
        sa.Column("only", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("is_connected", sa.Boolean, nullable=False),
        sa.Column("since", _time),
        sa.Column("last_message_at", _time),
        sa.Column("problem", sa.Text),
        sa.Column("reported_at", _time, nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_subscribers"),
    )


def _create_access() -> None:
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
    op.create_table(
        "last_messages",
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("report", sa.String(32)),
        sa.Column("reported_at", sa.BigInteger),
        sa.Column("is_online", sa.Boolean),
        sa.Column("changed_at", sa.BigInteger),
        sa.Column("seen_at", sa.BigInteger),
        sa.Column("is_kept", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("mac_address", name="pk_last_messages"),
    )
    unkept = sa.text("NOT is_kept")
    op.create_index(
        "ix_last_messages_unkept", "last_messages", ["is_kept"], postgresql_where=unkept, sqlite_where=unkept
    )
    op.create_table(
        "claimed_keys",
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("until", _time, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_claimed_keys"),
    )
    op.create_index("ix_claimed_keys_until", "claimed_keys", ["until"])


def _create_devices() -> None:
    op.create_table(
        "device_evidence",
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("etag", sa.String(80), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("proof", sa.String(16), nullable=False),
        sa.Column("etag_number", sa.BigInteger),
        sa.Column("pointer", sa.String(64)),
        sa.Column("reason", sa.String(80)),
        sa.Column("firmware", sa.String(32)),
        sa.Column("report_number", sa.BigInteger),
        sa.PrimaryKeyConstraint("mac_address", "kind", name="pk_device_evidence"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "device_states",
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("state", sa.String(16)),
        sa.Column("overdue", sa.Boolean, nullable=False),
        sa.Column("overdue_at", sa.BigInteger),
        sa.Column("firmware", sa.String(32)),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("mac_address", name="pk_device_states"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_device_states_changed_at", "device_states", ["changed_at"])
    op.create_index("ix_device_states_state", "device_states", ["state", "mac_address"])
    op.create_index("ix_device_states_firmware", "device_states", ["firmware", "mac_address"])
    op.create_index(
        "ix_device_states_overdue",
        "device_states",
        ["mac_address"],
        postgresql_where=sa.text("overdue = true"),
        sqlite_where=sa.text("overdue = 1"),
    )
    op.create_index(
        "ix_device_states_overdue_at",
        "device_states",
        ["overdue_at"],
        postgresql_where=sa.text("overdue = false"),
        sqlite_where=sa.text("overdue = 0"),
    )
    op.create_table(
        "device_counts",
        sa.Column("id", _big_id, sa.Identity(always=False), nullable=False),
        sa.Column("tag", _tag, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("overdue", sa.Boolean, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_device_counts"),
    )
    op.create_index("ix_device_counts_tag", "device_counts", ["tag"])
    op.create_table(
        "device_state_changes",
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("change_number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16)),
        sa.Column("wanted", sa.BigInteger),
        sa.Column("kind", sa.String(16)),
        sa.Column("etag", sa.String(80)),
        sa.Column("number", sa.BigInteger),
        sa.Column("received_at", sa.BigInteger),
        sa.Column("source", sa.String(64)),
        sa.Column("proof", sa.String(16)),
        sa.Column("etag_number", sa.BigInteger),
        sa.Column("pointer", sa.String(64)),
        sa.Column("reason", sa.String(80)),
        sa.Column("firmware", sa.String(32)),
        sa.Column("report_number", sa.BigInteger),
        sa.PrimaryKeyConstraint("mac_address", "change_number", name="pk_device_state_changes"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_device_state_changes_at", "device_state_changes", ["at"])
    op.create_table(
        "device_states_progress",
        sa.Column("only", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("intervals", sa.Text, nullable=False),
        sa.Column("swept_to", _mac),
        sa.PrimaryKeyConstraint("only", name="pk_device_states_progress"),
    )
    op.create_table(
        "new_boards",
        sa.Column("mac_address", _mac, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("mac_address", name="pk_new_boards"),
    )


def _create_secrets() -> None:
    op.create_table(
        "secrets",
        sa.Column("name", _tag, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("updated_at", _time, nullable=False),
        sa.Column("ciphertext", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
    )
    # The devices that layers alone serve.
    op.create_index(
        "ix_configs_without_content",
        "configs",
        ["mac_address"],
        postgresql_where=sa.text("content IS NULL"),
        sqlite_where=sa.text("content IS NULL"),
    )
    # The configs whose content may refer to secrets: most fleets have few of them.
    op.create_index(
        "ix_configs_secrets",
        "configs",
        ["mac_address"],
        postgresql_where=sa.text("""strpos(content, '"$secret"') > 0"""),
        sqlite_where=sa.text("""instr(content, '"$secret"') > 0"""),
    )
