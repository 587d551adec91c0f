"""The command line on each kind of database, for tests that need nothing in it; and a directory of assets."""

from __future__ import annotations

from pathlib import Path

import pytest

from iotconfig.adapters.asset_files import FileAssetStore
from tests.support.command_line import CommandLine


@pytest.fixture
def command(database_url: str) -> CommandLine:
    """The command line on each kind of database."""
    return CommandLine({"DATABASE_URL": database_url})


@pytest.fixture
def quick(sqlite_url: str) -> CommandLine:
    """The command line on SQLite, for what has nothing to do with the database."""
    return CommandLine({"DATABASE_URL": sqlite_url})


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where assets are to be kept; it is not there yet."""
    return tmp_path / "deep" / "assets"


@pytest.fixture
def assets(directory: Path) -> FileAssetStore:
    """Assets in that directory."""
    return FileAssetStore(directory)
