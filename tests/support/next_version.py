"""A newer version of the program: this one with another migration, which stops half-way until it may continue."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from attrs import frozen

from iotconfig.adapters.sql.migration_scripts import scripts_directory

from .waiting import wait_until

_PACKAGE: Final = Path(__file__).parents[2] / "src" / "iotconfig"

_MIGRATION: Final = '''
"""Additions: a column, a table and an index that this version does not have."""

import time
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("configs", sa.Column("shelf", sa.String(20), nullable=False, server_default="none"))
    op.create_table("shelves", sa.Column("name", sa.String(20), primary_key=True))
    op.create_index("ix_configs_shelf", "configs", ["shelf"])
    Path("{marks}/altered").touch()
    while not Path("{marks}/go-on").exists():
        time.sleep(0.01)


def downgrade() -> None:
    raise NotImplementedError
'''


@frozen
class NextVersion:
    """The directory of the newer version; `PYTHONPATH` puts it before this one."""

    directory: Path

    @classmethod
    def below(cls, directory: Path) -> NextVersion:
        """Create the newer version in a directory of the test."""
        root = directory / "next"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(_PACKAGE, root / "iotconfig", ignore=ignored)
        scripts = root / "iotconfig" / "migrations"
        shutil.copytree(scripts_directory(), scripts, ignore=ignored)
        head = max(path.name for path in (scripts / "versions").glob("*.py")).partition("_")[0]
        text = _MIGRATION.format(head=head, marks=directory)
        (scripts / "versions" / "9999_more_room.py").write_text(text)
        return cls(directory)

    @property
    def python_path(self) -> str:
        return str(self.directory / "next")

    def wait_altered(self) -> None:
        """Wait until the migration has changed the schema, and has not yet committed."""
        wait_until((self.directory / "altered").exists, "the migration has changed the schema")

    def go_on(self) -> None:
        (self.directory / "go-on").touch()
