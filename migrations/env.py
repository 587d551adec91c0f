"""Alembic's entry. The connection, its lock and its time-outs come from iotconfig's migration runner.

`iotconfig upgrade-db` is the way in; the `alembic` command writes new revisions only.
"""

from __future__ import annotations

from alembic import context

from iotconfig.adapters.sql.schema import schema
from iotconfig.adapters.sql.tables import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema,
    version_table=VERSION_TABLE,
    # All pending migrations in the runner's one transaction: all are applied, or none.
    transaction_per_migration=False,
)
context.run_migrations()
