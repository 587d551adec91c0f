"""Alembic, run from inside the program, on a connection whose transaction and lock are the caller's."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from .migration_scripts import scripts_directory


def apply_all(connection: Connection) -> None:
    """Apply the pending migrations."""
    command.upgrade(_config(connection), "head")


def undo_all(connection: Connection) -> None:
    """Undo every migration, the newest first."""
    command.downgrade(_config(connection), "base")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts_directory()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
