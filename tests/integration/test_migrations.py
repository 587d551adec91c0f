"""Migrations on both databases: up, down, concurrent, and beside tables of other programs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import make_url

from iotconfig.adapters.sql.migration_scripts import known_revisions, migrations_after
from iotconfig.adapters.sql.schema import schema
from iotconfig.adapters.sql.tables import VERSION_TABLE
from tests.support.command_line import CommandLine
from tests.support.postgres import create_database, drop_database
from tests.support.schema import (
    connected,
    described,
    execute,
    migrate_down,
    migrate_up,
    revisions,
    rows,
    snapshot,
    table_names,
)
from tests.support.serving import COMMAND, environment, run_command

OURS = {*schema.tables, VERSION_TABLE}
UPGRADE_BY_A_NEWER_VERSION = "UPDATE iotconfig_version SET version_num = '9999'"


@pytest.fixture
def command(empty_url: str) -> CommandLine:
    """The command line on an empty database."""
    return CommandLine({"DATABASE_URL": empty_url})


@pytest.fixture
def url_beside(empty_url: str, postgres_base_url: str, tmp_path: Path) -> Iterator[str]:
    """A second empty database of the same kind."""
    if empty_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'beside.db'}"
        return
    name = f"{make_url(empty_url).database}_beside"
    yield create_database(postgres_base_url, name)
    drop_database(postgres_base_url, name)


def test_each_migration_goes_up_and_down_and_up(empty_url: str) -> None:
    """Undoing a migration restores the earlier schema; applying it again gives the same schema."""
    below = "base"
    migrate_down(empty_url, below)
    assert {VERSION_TABLE} == table_names(empty_url)
    for revision in revisions():
        before = snapshot(empty_url)
        migrate_up(empty_url, revision)
        applied = snapshot(empty_url)
        migrate_down(empty_url, below)
        assert before == snapshot(empty_url)
        migrate_up(empty_url, revision)
        assert applied == snapshot(empty_url)
        below = revision


def test_the_names_of_the_files_equal_what_alembic_reads() -> None:
    """A start reads only the names: the same revisions in the same order, with titles."""
    scripts = described()

    assert [revision for revision, _ in scripts] == list(known_revisions())
    for place, after in enumerate([None, *known_revisions()]):
        assert scripts[place:] == [(found.revision, found.title) for found in migrations_after(after)]


def test_metadata_equals_the_migrated_schema(command: CommandLine, empty_url: str, url_beside: str) -> None:
    """The tables in code equal those of the migrations, including collations and identities."""
    command.ok("upgrade-db")
    with connected(empty_url) as connection:
        # Defaults are left to the snapshots: SQLite has no identities, and Alembic misses them there.
        options = {"compare_type": True, "version_table": VERSION_TABLE}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), schema)
    with connected(url_beside) as connection:
        schema.create_all(connection)
    execute(empty_url, f"DROP TABLE {VERSION_TABLE}")

    assert [] == differences
    assert snapshot(url_beside) == snapshot(empty_url)


def test_ids_are_never_reused(command: CommandLine, empty_url: str) -> None:
    """The highest id is not used again after a deletion."""
    command.ok("upgrade-db")
    command.ok("config", "create", "02:00:00:00:01:01", "{}")
    command.ok("config", "create", "02:00:00:00:01:02", "{}")
    command.ok("config", "delete", "2", "--yes")
    command.ok("config", "create", "02:00:00:00:01:03", "{}")

    assert [(1,), (3,)] == rows(empty_url, "SELECT id FROM configs ORDER BY id")


def test_several_upgrades_at_the_same_time(empty_url: str) -> None:
    """All succeed, and one of them applies the migrations."""
    started = [
        subprocess.Popen(
            [COMMAND, "upgrade-db"],
            env=environment(empty_url),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(5)
    ]
    outputs = [process.communicate(timeout=60)[0].decode() for process in started]

    assert [0] * 5 == [process.returncode for process in started], outputs
    assert [False] * 4 + [True] == sorted("Applied migration" in output for output in outputs)
    assert OURS == table_names(empty_url)


@pytest.mark.parametrize("arguments", [(), ("--recreate", "--yes-i-am-sure")], ids=["plain", "recreate"])
def test_other_programs_tables_stay(command: CommandLine, empty_url: str, arguments: tuple[str, ...]) -> None:
    """Tables of other programs, Alembic's among them, stay after an upgrade and a recreation of ours."""
    execute(
        empty_url,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        "INSERT INTO alembic_version VALUES ('abcdef')",
        "CREATE TABLE songs (title VARCHAR(20))",
        "INSERT INTO songs VALUES ('Blue')",
    )
    command.ok("upgrade-db")
    command.ok("config", "create", "02:00:00:00:01:01", "{}")
    command.ok("upgrade-db", *arguments)

    assert {"alembic_version", "songs"} | OURS == table_names(empty_url)
    assert [("abcdef",)] == rows(empty_url, "SELECT version_num FROM alembic_version")
    assert [("Blue",)] == rows(empty_url, "SELECT title FROM songs")
    left = 0 if arguments else 1
    assert [(left, left)] == rows(
        empty_url, "SELECT (SELECT count(*) FROM configs), (SELECT count(*) FROM revision_counters)"
    )


def test_recreate_requires_confirmation(command: CommandLine) -> None:
    """Without --yes-i-am-sure nothing is dropped, and the error names the option."""
    command.ok("upgrade-db")
    command.ok("config", "create", "02:00:00:00:01:01", "{}")
    refused = command.run("upgrade-db", "--recreate")

    assert 0 != refused.status
    assert "--yes-i-am-sure" in refused.errors
    assert 1 == command.ok("config", "list", "--json").json()["count"]


def test_recreate_refuses_to_drop_foreign_views(empty_postgres_url: str) -> None:
    """A view on our table gives one line, and nothing is dropped."""
    command = CommandLine({"DATABASE_URL": empty_postgres_url})
    command.ok("upgrade-db")
    command.ok("config", "create", "02:00:00:00:01:01", "{}")
    execute(empty_postgres_url, "CREATE VIEW report AS SELECT mac_address FROM configs")
    refused = command.run("upgrade-db", "--recreate", "--yes-i-am-sure")

    assert (1, 1) == (refused.status, refused.errors.count("\n"))
    assert [("02:00:00:00:01:01",)] == rows(empty_postgres_url, "SELECT mac_address FROM report")


@pytest.mark.parametrize("name", ["configs", "revision_counters"])
def test_a_foreign_table_with_our_name(command: CommandLine, empty_url: str, name: str) -> None:
    """An upgrade fails with one line about the name, and changes nothing."""
    execute(empty_url, f"CREATE TABLE {name} (song VARCHAR(20))")
    execute(empty_url, f"INSERT INTO {name} VALUES ('Blue')")  # noqa: S608 - a name of ours
    before = snapshot(empty_url)
    refused = command.run("upgrade-db")

    assert (1, 1) == (refused.status, refused.errors.count("\n"))
    assert "Another program" in refused.errors
    assert before == snapshot(empty_url)
    assert [("Blue",)] == rows(empty_url, f"SELECT song FROM {name}")  # noqa: S608 - a name of ours


def test_recreate_keeps_a_foreign_table_with_our_name(command: CommandLine, empty_url: str) -> None:
    """--recreate does not drop a table that only has a name of ours."""
    execute(empty_url, "CREATE TABLE configs (song VARCHAR(20))")
    before = snapshot(empty_url)
    refused = command.run("upgrade-db", "--recreate", "--yes-i-am-sure")

    assert 1 == refused.status
    assert before == snapshot(empty_url)


def test_a_newer_schema_is_reported(command: CommandLine, empty_url: str) -> None:
    """db-status shows the unknown revision and the reason."""
    command.ok("upgrade-db")
    execute(empty_url, UPGRADE_BY_A_NEWER_VERSION)
    status = command.run("db-status")

    assert 1 == status.status
    assert "9999" in status.text
    assert "newer" in status.text


@pytest.mark.parametrize(
    "arguments",
    [
        ("upgrade-db",),
        ("upgrade-db", "--recreate", "--yes-i-am-sure"),
        ("load-test-data",),
        ("config", "list"),
    ],
    ids=" ".join,
)
def test_a_newer_schema_is_refused(command: CommandLine, empty_url: str, arguments: tuple[str, ...]) -> None:
    """No command reads or changes a schema of a newer version."""
    command.ok("upgrade-db")
    execute(empty_url, UPGRADE_BY_A_NEWER_VERSION)
    before = snapshot(empty_url)
    refused = command.run(*arguments)

    assert (1, 1) == (refused.status, refused.errors.count("\n"))
    assert "newer version" in refused.errors
    assert before == snapshot(empty_url)
    assert [("9999",)] == rows(empty_url, "SELECT version_num FROM iotconfig_version")


def test_serve_refuses_a_newer_schema(sqlite_url: str) -> None:
    """The service does not start on a schema of a newer version."""
    execute(sqlite_url, UPGRADE_BY_A_NEWER_VERSION)
    refused = run_command("serve", "--port", "0", env=environment(sqlite_url))

    assert (1, b"") == (refused.returncode, refused.stdout)
    assert b"newer version" in refused.stderr


def test_a_role_that_may_not_create_tables(empty_postgres_url: str) -> None:
    """Only the owner of a PostgreSQL database may create tables: one line has the missing right."""
    role = make_url(empty_postgres_url).database
    execute(empty_postgres_url, f"CREATE ROLE {role} LOGIN")
    try:
        url = make_url(empty_postgres_url).set(username=role).render_as_string(hide_password=False)
        refused = CommandLine({"DATABASE_URL": url}).run("upgrade-db")
    finally:
        execute(empty_postgres_url, f"DROP ROLE {role}")

    assert (1, 1) == (refused.status, refused.errors.count("\n"))
    assert "permission denied" in refused.errors
