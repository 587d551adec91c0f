"""The start of `iotconfig serve`, and the reasons to refuse it: one line with the remedy."""

from __future__ import annotations

import re
import shlex
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.support.command_line import CommandLine
from tests.support.ports import free_port
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until

SECRET = "hunter2"


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _refusal(*arguments: str, url: str, **env: str) -> str:
    """The one line on standard error with which `serve` refuses to start."""
    done = run_command("serve", "--port", "0", *arguments, env=environment(url, **env))
    lines = done.stderr.decode().splitlines()
    assert 0 < done.returncode
    assert 1 == len(lines), done.stderr.decode()
    assert "Traceback" not in lines[0]
    assert b"listens on" not in done.stdout
    return lines[0]


def _refusal_of_setting(*arguments: str, url: str, **env: str) -> str:
    """The same for a setting, which is refused within this process before anything starts."""
    ended = CommandLine(environment(url, **env)).run("serve", "--port", "0", *arguments)
    (line,) = ended.errors.splitlines()
    assert (0 < ended.status, b"") == (True, ended.output)
    return line


def test_a_postgresql_schema_that_is_behind_names_the_command(empty_postgres_url: str) -> None:
    """PostgreSQL is not upgraded implicitly: the refusal has the command, and the database is unchanged."""
    refusal = _refusal(url=empty_postgres_url)

    with psycopg.connect(empty_postgres_url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert "iotconfig upgrade-db" in refusal
    assert (0,) == row


def test_a_schema_of_a_newer_version_is_refused(postgres_url: str) -> None:
    """The database is unchanged."""
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE iotconfig_version SET version_num = 'from_the_future'")

    assert "from_the_future" in _refusal(url=postgres_url)


def test_a_sqlite_schema_of_a_newer_version_is_refused(sqlite_url: str) -> None:
    """The embedded database is upgraded implicitly, but not one of a newer version."""
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        connection.execute("UPDATE iotconfig_version SET version_num = 'from_the_future'")
        connection.commit()

    assert "from_the_future" in _refusal(url=sqlite_url)


def test_a_database_that_is_away_is_named_without_its_password() -> None:
    """A refused connection ends the start at once, and the line has no password."""
    refusal = _refusal(url=f"postgresql://iot:{SECRET}@127.0.0.1:{free_port()}/configs")

    assert "database" in refusal.lower()
    assert SECRET not in refusal


def test_a_database_that_does_not_exist_is_refused(postgres_base_url: str) -> None:
    """The server runs without this database."""
    url = postgres_base_url.rpartition("/")[0] + "/there_is_no_such_database"

    assert "database" in _refusal(url=url).lower()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IOTCONFIG_DB_POOL_SIZE", "many"),
        ("IOTCONFIG_DB_POOL_SIZE", "0"),
        ("IOTCONFIG_HEADER_TIMEOUT", "-1"),
        ("IOTCONFIG_HEADER_TIMEOUT", "nan"),
        ("IOTCONFIG_MAX_CONTENT_BYTES", "1e6"),
        ("IOTCONFIG_REQUIRE_IF_MATCH", "maybe"),
        ("CORS_ORIGINS", "[1]"),
        ("CORS_ORIGINS", "panel.example.org"),
        ("BASEURL", "iot.example.org"),
        ("DATABASE_URL", f"mysql://iot:{SECRET}@127.0.0.1/configs"),
        ("DATABASE_URL", f"not a url with {SECRET}"),
        ("DATABASE_URL", "sqlite://"),
        ("SIGNING_KEY_PATH", "/dev/null"),
        ("SIGNING_KEY_PATH", "/there/is/no/key.pem"),
        ("ASSETS_DIR", "/dev/null"),
        ("IOTCONFIG_ASSET_SIGNATURE", "weak"),
        ("TIMESTAMP_TOLERANCE_SECONDS", "0"),
    ],
    ids=lambda text: re.sub(r"\W+", "-", text).strip("-"),
)
def test_a_bad_setting_stops_the_start(sqlite_url: str, variable: str, value: str) -> None:
    """The line names the variable, and shows no secret."""
    refusal = _refusal_of_setting(**{"url": sqlite_url, variable: value})

    assert variable in refusal
    assert SECRET not in refusal


def test_a_bad_setting_ends_the_process(sqlite_url: str) -> None:
    """As a process, its status is not 0, and it prints nothing else."""
    refusal = _refusal(url=sqlite_url, DATABASE_URL=f"not a url with {SECRET}")

    assert "DATABASE_URL" in refusal
    assert SECRET not in refusal


@pytest.mark.parametrize(
    ("arguments", "env", "named"),
    [
        pytest.param(["--host", "0.0.0.0"], {}, "--host", id="host-all"),  # noqa: S104
        pytest.param(["--host", "::"], {}, "--host", id="host-all-ipv6"),
        pytest.param(["--host", "192.0.2.1"], {}, "--host", id="host-other"),
        pytest.param([], {"BASEURL": "https://iot.example.org"}, "BASEURL", id="baseurl"),
        pytest.param([], {"BASEURL": "http://192.0.2.1:8080"}, "BASEURL", id="baseurl-address"),
    ],
)
def test_no_start_beyond_loopback_without_authentication(
    sqlite_url: str, arguments: list[str], env: dict[str, str], named: str
) -> None:
    """The line has the setting that allows it."""
    refusal = _refusal_of_setting(*arguments, url=sqlite_url, **env)

    assert named in refusal
    assert "IOTCONFIG_ALLOW_ANONYMOUS" in refusal


def test_a_port_in_use_is_refused(start_serve: Callable[..., Serve], sqlite_url: str) -> None:
    """A second `serve` on the same port ends with a line that names the port; the first one continues.

    With IOTCONFIG_ALLOW_ANONYMOUS=true, the first one may have a public base URL.
    """
    first = start_serve(sqlite_url, BASEURL="https://iot.example.org", IOTCONFIG_ALLOW_ANONYMOUS="true")
    port = str(first.client.address[1])

    refusal = _refusal("--port", port, url=sqlite_url)

    assert port in refusal
    assert 200 == first.client.get("/api/health").status


def test_another_programs_port_is_refused(sqlite_url: str, taken_port: int) -> None:
    """Another program listens on the port."""
    assert str(taken_port) in _refusal("--port", str(taken_port), url=sqlite_url)


def test_the_embedded_default_needs_nothing(
    start_serve: Callable[..., Serve], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without DATABASE_URL, `iotconfig.db` is created in the working directory, and the printed curl line works."""
    monkeypatch.chdir(tmp_path)
    serve = start_serve("", IOTCONFIG_LOG_FORMAT="text")

    address = _tried(serve)

    assert (tmp_path / "iotconfig.db").is_file()
    assert "iotconfig.db" in serve.output()
    assert 200 == serve.client.get(address).status


def test_the_line_to_try_shows_a_device_where_there_is_one(
    start_serve: Callable[..., Serve], postgres_url: str
) -> None:
    """With a stored config, the printed curl line fetches a device's document."""
    text = b'{"deviceName": "Flur"}'
    CommandLine(environment(postgres_url)).ok("config", "create", "02:00:00:00:00:01", "-", stdin=text)

    serve = start_serve(postgres_url, IOTCONFIG_LOG_FORMAT="text")

    assert text == serve.client.get(_tried(serve)).body


def _tried(serve: Serve) -> str:
    """The path in the line `Try:  curl …`, for this server."""
    found = wait_until(lambda: re.search(r"Try: +(curl .*)\n", serve.output()), "serve says what to try")
    assert found is not None
    command, url = shlex.split(found[1])
    assert "curl" == command
    assert url.startswith(serve.client.base_url)
    return url.removeprefix(serve.client.base_url)
