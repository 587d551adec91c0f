"""The whole schema, as the migrations make it: the tables, and the indexes that cover some of the rows of a table.

These stand apart: SQLAlchemy loads a dialect when a condition is given for it, and a query needs no index to be declared.
On SQLite, PostgreSQL's dialect would take a tenth of the time of a command.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, MetaData, text

from .tables import configs, device_states, last_messages, metadata, revisions

schema: Final[MetaData] = metadata

_IS_DELETION: Final = text("operation = 'delete'")

Index(
    "ix_revisions_deletions",
    revisions.c.created_at,
    revisions.c.config_id,
    postgresql_where=_IS_DELETION,
    sqlite_where=_IS_DELETION,
)
Index(
    "ix_device_states_overdue",
    device_states.c.mac_address,
    postgresql_where=text("overdue = true"),
    sqlite_where=text("overdue = 1"),
)
Index(
    "ix_device_states_overdue_at",
    device_states.c.overdue_at,
    postgresql_where=text("overdue = false"),
    sqlite_where=text("overdue = 0"),
)
# Asked at each connection to the broker; most fleets have no such row.
Index(
    "ix_last_messages_unkept",
    last_messages.c.is_kept,
    postgresql_where=text("NOT is_kept"),
    sqlite_where=text("NOT is_kept"),
)
# The devices that layers alone serve: lists of configs leave them out of their counts.
Index(
    "ix_configs_without_content",
    configs.c.mac_address,
    postgresql_where=text("content IS NULL"),
    sqlite_where=text("content IS NULL"),
)
# The configs whose content may refer to secrets.
Index(
    "ix_configs_secrets",
    configs.c.mac_address,
    postgresql_where=text("""strpos(content, '"$secret"') > 0"""),
    sqlite_where=text("""instr(content, '"$secret"') > 0"""),
)
