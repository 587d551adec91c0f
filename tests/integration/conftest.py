"""The command line, on each kind of database, for tests that need nothing in it."""

from __future__ import annotations

import pytest

from tests.support.command_line import CommandLine


@pytest.fixture
def command(database_url: str) -> CommandLine:
    """The command line on each kind of database."""
    return CommandLine({"DATABASE_URL": database_url})


@pytest.fixture
def quick(sqlite_url: str) -> CommandLine:
    """The command line on SQLite, for what has nothing to do with the database."""
    return CommandLine({"DATABASE_URL": sqlite_url})
