"""The examples on the pages: programs run unchanged, commands run against a service, and their output is as shown."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.documented import Command, commands
from tests.support.markdown import Block, blocks
from tests.support.postgres import create_database, drop_database, tools
from tests.support.serving import COMMAND, Serve, environment
from tests.support.waiting import wait_until

_ROOT = Path(__file__).parents[2]
_PAGES = [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))]

_PROGRAMS = [
    pytest.param(block, id=f"{page.name}-{block.line}")
    for page in _PAGES
    for block in blocks(page.read_text())
    if block.language == "python"
]


def commands_of(page: Path) -> list[Command]:
    """All commands of a page that are run."""
    shown = [c for block in blocks(page.read_text()) if block.language == "console" for c in commands(block)]
    return [command for command in shown if command.is_run]


_WITH_COMMANDS = [page for page in _PAGES if commands_of(page)]

_SETTINGS: Mapping[str, Mapping[str, str]] = {"access.md": {"IOTCONFIG_AUTH": "on"}}
"""What the service of a page is started with."""

_BEFORE: Mapping[str, str] = {
    "README.md": "iotconfig load-test-data",
    **dict.fromkeys(("access.md", "devices.md", "http.md"), "iotconfig config create aa:bb:cc:dd:ee:ff '{}'"),
    "operations.md": "DATABASE_URL= iotconfig upgrade-db",
}
"""What a page takes for granted."""

_SCRIPT = """\
set -euo pipefail
curl() {{ command curl --fail-with-body --silent --show-error "$@"; }}
{before} > before 2>&1
{commands}
touch done
"""


@pytest.mark.parametrize("block", _PROGRAMS)
def test_programs_run_as_they_stand(block: Block, tmp_path: Path) -> None:
    """They run in an empty directory with warnings as errors; tests run with pytest."""
    program = tmp_path / "test_program.py"
    program.write_text(block.text)
    runner = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if "import pytest" in block.text else []
    run = subprocess.run(
        [sys.executable, "-W", "error", *runner, program],
        cwd=tmp_path,
        env=environment(""),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert 0 == run.returncode, run.stdout + run.stderr


@pytest.fixture
def databases(request: pytest.FixtureRequest, postgres_base_url: str) -> Iterator[tuple[str, str]]:
    """An up-to-date database on PostgreSQL, and an empty one for restores."""
    name = f"iotconfig_{uuid.uuid4().hex}"
    yield request.getfixturevalue("postgres_url"), create_database(postgres_base_url, name)
    drop_database(postgres_base_url, name)


@pytest.fixture(scope="module")
def programs() -> Iterator[Path]:
    """A directory with a program `iotconfig` that starts fast (see `tests/support/command_server.py`)."""
    # Short, because the path of a socket may have at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="iotconfig-") as name:
        directory = Path(name)
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.command_server", directory],
            cwd=_ROOT,
            start_new_session=True,
        )
        try:
            wait_until((directory / "iotconfig").exists, "the command can be run")
            yield directory
        finally:
            # This also ends a command that hangs.
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def run_page(page: Path, directory: Path, serve: Serve, programs: Path, **env: str) -> str:
    """Run the commands of a page in one shell; the output of each is in a numbered file."""
    port = f":{serve.client.address[1]}"
    lines = [
        f"echo 'line {command.line}' > running\n{{ {command.text.replace(':8080', port)}\n}} > printed-{command.line} 2>&1"
        for command in commands_of(page)
    ]
    script = _SCRIPT.format(before=_BEFORE.get(page.name, ":"), commands="\n".join(lines))
    path = f"{programs}:{tools()}:{COMMAND.parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", script],
        cwd=directory,
        env={**environment(serve.database_url, **env), "PATH": path, "EDITOR": "true", "VISUAL": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=280,
        check=False,
        text=True,
    ).stdout


def prepare(directory: Path) -> None:
    """Create the files that pages mention."""
    (directory / "porch.json").write_text('{"deviceName": "Front porch"}')
    record = {"mac_address": "02:00:00:00:00:77", "content": {"deviceName": "Shed"}}
    (directory / "fleet.ndjson").write_text(json.dumps(record) + "\n")
    configs = directory / "configs"
    configs.mkdir()
    for number, name in enumerate(("02-00-00-00-00-21", "020000000022", "02:00:00:00:00:23"), 1):
        (configs / f"{name}.json").write_text(f'{{"deviceName": "Kitchen {number}", "n": 1.10}}\n')
    (directory / "floor-1.txt").write_text("02:00:00:00:00:21\n02:00:00:00:00:22\n")


@pytest.mark.timeout(300)  # A page has some twenty commands.
@pytest.mark.parametrize("page", _WITH_COMMANDS, ids=lambda page: page.name)
def test_commands_do_what_the_page_says(
    page: Path,
    start_serve: Callable[..., Serve],
    request: pytest.FixtureRequest,
    sqlite_url: str,
    tmp_path: Path,
    programs: Path,
) -> None:
    """Each succeeds, and prints the shown lines in order."""
    directory = tmp_path / "work"
    directory.mkdir()
    prepare(directory)
    url, env = sqlite_url, {}
    if page.name == "operations.md":
        url, env["RESTORED_URL"] = request.getfixturevalue("databases")
        env["SOURCE"], env["TARGET"] = url, env["RESTORED_URL"]
    serve = start_serve(url, workers=1, **_SETTINGS.get(page.name, {}))

    said = run_page(page, directory, serve, programs, **env)

    for command in commands_of(page):
        printed = directory / f"printed-{command.line}"
        where = f"{page.name}, line {command.line}: {command.text}"
        assert printed.exists(), f"not reached: {where}\n{said}\n{_last(directory)}"
        assert [] == command.missing(printed.read_text()), f"{where}\n{printed.read_text()}"
    assert (directory / "done").exists(), f"{_last(directory)}\n{said}"


def _last(directory: Path) -> str:
    running = (directory / "running").read_text().strip() if (directory / "running").exists() else "before"
    printed = directory / f"printed-{running.removeprefix('line ')}"
    before = directory / "before"
    return f"ended at {running}: {(printed if printed.exists() else before).read_text()}"


def test_a_page_that_is_wrong_is_noticed(
    tmp_path: Path, start_serve: Callable[..., Serve], sqlite_url: str, programs: Path
) -> None:
    """A failed command ends the page, and a missing line is reported."""
    page = tmp_path / "wrong.md"
    page.write_text("```console\n$ echo one\ntwo\n$ iotconfig config show 99\n$ echo never\n```\n")
    serve = start_serve(sqlite_url, workers=1)

    run_page(page, tmp_path, serve, programs)

    first, second, third = commands_of(page)
    assert ["two"] == first.missing((tmp_path / f"printed-{first.line}").read_text())
    assert "was not found" in (tmp_path / f"printed-{second.line}").read_text()
    assert not (tmp_path / f"printed-{third.line}").exists()
    assert not (tmp_path / "done").exists()


def test_pages_were_found() -> None:
    """An empty list of pages would pass."""
    assert {"README.md", "access.md", "from-files.md", "operations.md", "terminal.md", "tutorial.md"} <= {
        page.name for page in _WITH_COMMANDS
    }
    assert 4 <= len(_PROGRAMS)
    assert shutil.which("curl")
