"""`iotconfig upgrade-db`, `db-status`, `load-test-data`: the selected database, its state, and sample data."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.support.command_line import CommandLine
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.schema import execute, revisions, rows, table_names
from tests.support.serving import environment, run_command

PASSWORD = "correct-horse"


@pytest.fixture
def command(empty_url: str) -> CommandLine:
    """The command line on an empty database."""
    return CommandLine({"DATABASE_URL": empty_url})


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def with_password(url: str) -> str:
    """The same database with a user and a password."""
    return make_url(url).set(password=PASSWORD).render_as_string(hide_password=False)


def test_an_upgrade_lists_its_migrations(command: CommandLine) -> None:
    """The first upgrade lists each migration in order; the second has none."""
    first = command.ok("upgrade-db")
    second = command.ok("upgrade-db")

    assert revisions() == re.findall(r"^Applied migration (\w+)  \w", first.text, re.MULTILINE)
    assert "Applied" not in second.text
    assert "up to date" in second.text


def test_status_follows_an_upgrade(command: CommandLine) -> None:
    """The status is 0 when up to date and 1 when behind, with the current revision and the pending ones."""
    before = command.run("db-status")
    command.ok("upgrade-db")
    after = command.run("db-status")

    assert (1, 0) == (before.status, after.status)
    assert "Current revision: none" in before.text
    assert revisions() == re.findall(r"^Pending migration (\w+)", before.text, re.MULTILINE)
    assert "iotconfig upgrade-db" in before.text
    assert f"Current revision: {revisions()[-1]}" in after.text
    assert "Pending" not in after.text


@pytest.mark.parametrize("name", ["upgrade-db", "db-status", "load-test-data"])
def test_the_database_is_named_without_its_password(empty_postgres_url: str, name: str) -> None:
    """Each command prints host, port and name of the database, and never the password."""
    url = with_password(empty_postgres_url)
    shown = url.replace(PASSWORD, "***")
    ended = CommandLine({"DATABASE_URL": url}).run(name)

    assert f" {shown}\n" in ended.text
    assert PASSWORD not in ended.text + ended.errors


@pytest.mark.parametrize("parameter", ["password", "sslpassword"])
def test_a_password_in_a_parameter_is_hidden(parameter: str) -> None:
    """A password in the query of a URL is hidden, too."""
    url = f"postgresql://me@127.0.0.1:{free_port()}/x?{parameter}={PASSWORD}"
    ended = CommandLine({"DATABASE_URL": url}).run("db-status")

    assert 2 == ended.status
    assert PASSWORD not in ended.text + ended.errors


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("db-status",), 2),
        (("upgrade-db",), 1),
        (("load-test-data",), 1),
        (("config", "list"), 1),
        (("config", "history", "1"), 1),
        (("import", "-"), 1),
        (("export", "-"), 1),
        (("patch", "--all", "--merge", "{}"), 1),
        (("prune-history", "--keep", "1"), 1),
    ],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_a_refused_connection(arguments: tuple[str, ...], status: int) -> None:
    """It gives one line with the reason and no traceback; db-status exits with 2."""
    url = f"postgresql://me:{PASSWORD}@127.0.0.1:{free_port()}/x"
    ended = CommandLine({"DATABASE_URL": url}).run(*arguments)

    assert (status, 1) == (ended.status, ended.errors.count("\n"))
    assert "refused" in ended.errors
    assert PASSWORD not in ended.text + ended.errors


def test_the_installed_command_prints_one_error() -> None:
    """Standard error has one line: the error without a log line."""
    url = f"postgresql://me:{PASSWORD}@127.0.0.1:{free_port()}/x"
    ended = run_command("db-status", env=environment(url))

    assert 2 == ended.returncode
    assert 1 == ended.stderr.count(b"\n"), ended.stderr


def test_a_server_that_never_answers(silent_port: int) -> None:
    """The connect time-out limits db-status, which exits with 2."""
    url = f"postgresql://me@127.0.0.1:{silent_port}/x"
    ended = run_command("db-status", env=environment(url, IOTCONFIG_DB_CONNECT_TIMEOUT="2"))

    assert 2 == ended.returncode
    assert b"timeout" in ended.stderr


def test_a_wrong_password(own_postgres: PostgresServer) -> None:
    """The server's refusal is shown, and neither the right password nor the wrong one."""
    execute(own_postgres.base_url, f"CREATE ROLE locked LOGIN PASSWORD '{PASSWORD}'")
    _demand_password(own_postgres, "locked")
    url = make_url(own_postgres.base_url).set(username="locked", password="wrong-guess")
    ended = CommandLine({"DATABASE_URL": url.render_as_string(hide_password=False)}).run("db-status")

    assert 2 == ended.status
    assert "password authentication failed" in ended.errors
    for secret in (PASSWORD, "wrong-guess"):
        assert secret not in ended.text + ended.errors


def _demand_password(server: PostgresServer, role: str) -> None:
    path = Path(str(rows(server.base_url, "SHOW hba_file")[0][0]))
    path.write_text(f"host all {role} 127.0.0.1/32 scram-sha-256\n{path.read_text()}")
    execute(server.base_url, "SELECT pg_reload_conf()")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///no/such/directory/x.db",
        "sqlite:///.",
        "sqlite:///notes.txt",
        "postgresql://127.0.0.1:1/x?connect_timeout=soon",
        "postgresql://127.0.0.1:1/x?colour=blue",
        "mysql://me:correct-horse@127.0.0.1/x",
        "sqlite://",
        "sqlite:///:memory:",
        "correct-horse",
        "postgresql://me:correct-horse@127.0.0.1:port/x",
    ],
)
@pytest.mark.parametrize("name", ["db-status", "upgrade-db"])
def test_an_unusable_database_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    """One line without a traceback or password; db-status does not use 1, which means behind."""
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("This is no database, and must not become one.")
    ended = CommandLine({"DATABASE_URL": url}).run(name)

    assert (2 if name == "db-status" else 1) == ended.status
    assert 1 == ended.errors.count("\n"), ended.errors
    assert PASSWORD not in ended.text + ended.errors
    assert "This is no database, and must not become one." == Path("notes.txt").read_text()


@pytest.mark.parametrize("name", ["upgrade-db", "load-test-data"])
def test_the_embedded_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without variables, the database is iotconfig.db in the working directory."""
    monkeypatch.chdir(tmp_path)
    made = CommandLine({}).ok(name)

    assert f" sqlite:///{tmp_path}/iotconfig.db\n" in made.text
    assert (tmp_path / "iotconfig.db").exists()
    CommandLine({}).ok("db-status")


@pytest.mark.parametrize(
    "arguments",
    [
        ("config", "list"),
        ("export", "-"),
        ("import", "-"),
        ("notifications",),
        ("relay",),
        ("token", "list"),
        ("announce", "--all"),
    ],
)
def test_a_command_in_the_wrong_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """The error has the path and the remedy, and no file is created."""
    monkeypatch.chdir(tmp_path)
    ended = CommandLine({"MQTT_URL": "mqtt://127.0.0.1:1"}).run(*arguments)

    assert f"Error: There is no database at {tmp_path}/iotconfig.db: " in ended.errors
    assert "iotconfig upgrade-db" in ended.errors
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path.touch(), "The file {path} is empty: "),
        (lambda path: path.mkdir(), "{path} is a directory, not a database: "),
        (lambda path: path.parent.rmdir(), "There is no directory {path.parent}: "),
        (lambda path: path.write_text("no database" * 99), "is not a SQLite database: "),
    ],
    ids=["empty", "directory", "no-directory", "other-file"],
)
def test_other_files_instead_of_a_database(
    tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    """The error has the absolute path."""
    path = tmp_path / "data" / "configs.db"
    path.parent.mkdir()
    make(path)
    ended = CommandLine({"DATABASE_URL": f"sqlite:///{path}"}).run("config", "list")

    assert sentence.format(path=path) in ended.errors
    assert str(path.parent) in ended.errors


def test_the_status_of_a_missing_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is behind, and the path is shown."""
    monkeypatch.chdir(tmp_path)
    ended = CommandLine({}).run("db-status")

    assert 1 == ended.status
    assert f"There is no database at {tmp_path}/iotconfig.db: " in ended.text
    assert [] == list(tmp_path.iterdir())


def test_an_empty_variable_counts_as_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty DATABASE_URL means the default."""
    monkeypatch.chdir(tmp_path)
    CommandLine({"DATABASE_URL": ""}).ok("upgrade-db")

    assert (tmp_path / "iotconfig.db").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("db-status",),
        ("config", "list"),
        ("config", "show", "1"),
        ("config", "create", "02:00:00:00:01:01", "{}"),
        ("config", "set", "--create", "02:00:00:00:01:01", "{}"),
        ("config", "delete", "1", "--yes"),
        ("config", "list", "--deleted"),
        ("config", "history", "1"),
        ("config", "diff", "1"),
        ("config", "edit", "1"),
        ("config", "rollback", "1", "1"),
        ("config", "restore", "1"),
        ("config", "replace-device", "1", "02:00:00:00:01:01"),
        ("import", "-"),
        ("export", "fleet"),
        ("export", "fleet.ndjson"),
        ("patch", "--all", "--merge", "{}"),
        ("prune-history", "--keep", "1"),
        ("upgrade-db", "--recreate"),
        ("upgrade-db", "--help"),
    ],
    ids=" ".join,
)
def test_other_commands_create_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """A command in a wrong directory leaves no empty database."""
    monkeypatch.chdir(tmp_path)
    ended = CommandLine({}).run(*arguments)

    assert ("--help" in arguments) == (ended.status == 0)
    assert [] == list(tmp_path.iterdir())


def test_sample_devices_cover_the_derived_fields(sqlite_url: str) -> None:
    """Five devices in the locally administered range: every derived field, some, and none."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("load-test-data")
    configs = command.ok("config", "list", "--json").json()["configs"]
    present = {
        tuple(c[name] is not None for name in ("device_name", "device_entity_id", "enable_ota"))
        for c in configs
    }

    assert 5 == len(configs)
    assert all(c["mac_address"].startswith("02:") for c in configs)
    assert {(True, True, True), (False, False, False)} < present
    assert {True, False, None} == {c["enable_ota"] for c in configs}


def test_sample_devices_twice(database_url: str) -> None:
    """Existing configs are skipped, edited or not, and nothing else is changed."""
    command = CommandLine({"DATABASE_URL": database_url})
    command.ok("config", "create", "0a:00:00:00:00:01", '{"mine": 1}')
    first = command.ok("load-test-data")
    command.ok("config", "set", "02:00:00:00:00:01", '{"edited": 1}')
    command.ok("config", "delete", "02:00:00:00:00:02", "--yes")
    second = command.ok("load-test-data")

    assert (5, 0) == (first.text.count("added"), first.text.count("skipped"))
    assert (1, 4) == (second.text.count("added"), second.text.count("skipped"))
    assert b'{"edited": 1}' == command.ok("config", "show", "020000000001", "--content").output
    assert b'{"mine": 1}' == command.ok("config", "show", "0a:00:00:00:00:01", "--content").output
    assert 6 == command.ok("config", "list", "--json").json()["count"]


def test_sample_devices_need_a_schema_on_postgresql(empty_postgres_url: str) -> None:
    """A production database is not upgraded implicitly; the error has the command."""
    refused = CommandLine({"DATABASE_URL": empty_postgres_url}).run("load-test-data")

    assert 1 == refused.status
    assert "iotconfig upgrade-db" in refused.errors
    assert set() == table_names(empty_postgres_url)


def test_the_installed_command(empty_sqlite_url: str) -> None:
    """The same as processes: behind, samples, up to date."""
    env = environment(empty_sqlite_url)

    assert 1 == run_command("db-status", env=env).returncode
    loaded = run_command("load-test-data", env=env)
    assert (0, 5, b"") == (loaded.returncode, loaded.stdout.count(b"added"), loaded.stderr)
    assert 0 == run_command("db-status", env=env).returncode
