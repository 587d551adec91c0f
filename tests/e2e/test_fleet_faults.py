"""Imports, patches and exports that are killed, or lose their database: all or nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.fleet_files import (
    COUNT,
    FEW,
    WAITS,
    inconsistencies,
    locked,
    sessions,
    started,
    stored,
)
from tests.support.schema import rows
from tests.support.serving import COMMAND, environment
from tests.support.waiting import wait_until

PATCH = '{"patched": true}'
_IN_LOG = 500_000
_PATCHED = "SELECT config_id FROM revisions WHERE config_id = 1 AND revision = 2"


def _kill_once(command: subprocess.Popen[bytes], reached: Callable[[], object], what: str) -> None:
    wait_until(lambda: reached() or command.poll() is not None, what)
    command.kill()
    assert -signal.SIGKILL == command.wait(timeout=60), f"it ended before this: {what}"


def _kill_while_reading(url: str, fleet: Path) -> None:
    """Kill an import that has read almost a third of its records, and waits for more."""
    records = fleet.read_bytes()
    with subprocess.Popen(
        [COMMAND, "import", "-"], env=environment(url), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as command:
        assert command.stdin is not None
        # Much more than a pipe holds.
        command.stdin.write(records[: len(records) // 3])
        command.stdin.flush()
        command.kill()
        assert -signal.SIGKILL == command.wait(timeout=60)


def _strike(url: str, moment: str, *arguments: str) -> None:
    """Run a command that kills itself at this point (see `tests/support/struck_command.py`)."""
    struck = subprocess.run(
        [sys.executable, "-m", "tests.support.struck_command", moment, *arguments],
        env=environment(url),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (-signal.SIGKILL, b"") == (struck.returncode, struck.stderr), f"it ended before this: {moment}"


def _kill_while_storing(url: str, *arguments: str) -> Iterator[str]:
    """Kill a command at several points of its transaction; yields each point."""
    if url.startswith("sqlite"):
        for moment in ("INSERT INTO revision_counters", "INSERT INTO notifications", "COMMIT"):
            _strike(url, moment, *arguments)
            written = Path(f"{url.removeprefix('sqlite:///')}-wal").stat().st_size
            yield moment
        # Pages that exceed SQLite's cache of 2 MB are in its log before the commit.
        assert written > _IN_LOG
        return
    for table in ("revision_counters", "documents", "revisions", "notifications"):
        moment = f"{table} are written"
        with locked(url, table), started(url, *arguments) as command:
            _kill_once(command, lambda: sessions(url, WAITS), moment)
        wait_until(lambda: not sessions(url, "state <> 'idle'"), "the server has noticed")
        yield moment


def test_a_killed_import_stores_all_or_nothing(database_url: str, fleet: Path) -> None:
    """Killed while it reads, or at any table that it writes, it stores nothing; killed afterwards, all."""
    _kill_while_reading(database_url, fleet)
    assert (0, 0, 0, 0) == stored(database_url)
    for moment in _kill_while_storing(database_url, "import", str(fleet)):
        assert (0, 0, 0, 0) == stored(database_url), moment

    # The first run that is not killed by itself is killed as soon as its effects are visible.
    with started(database_url, "import", str(fleet)) as command:
        wait_until(lambda: rows(database_url, "SELECT id FROM configs LIMIT 1"), "something is stored")
        command.kill()
    assert (COUNT,) * 4 == stored(database_url)
    again = CommandLine(environment(database_url)).ok("import", str(fleet))

    assert "" == again.errors
    assert f"0 new, 0 changed, {COUNT} same, 0 refused" in again.text
    assert (COUNT,) * 4 == stored(database_url)
    assert {} == inconsistencies(database_url)


def test_a_killed_patch_changes_no_device_twice(database_url: str, small_fleet: Path) -> None:
    """However often it is killed and repeated, each device has one revision for it, or none."""
    arguments = ("patch", "--all", "--merge", PATCH)
    command_line = CommandLine(environment(database_url))
    command_line.ok("import", str(small_fleet))
    for moment in _kill_while_storing(database_url, *arguments):
        assert (FEW, FEW, FEW, FEW) == stored(database_url), moment

    # Its output is not read, so it does not end.
    with started(database_url, *arguments) as command:
        _kill_once(command, lambda: rows(database_url, _PATCHED), "something is stored")
    assert (FEW, 2 * FEW, FEW, FEW) == stored(database_url)
    again = command_line.ok(*arguments)

    assert "" == again.errors
    assert f"\n0 changed, {FEW} same, 0 refused" in again.text
    assert (FEW, 2 * FEW, FEW, FEW) == stored(database_url)
    assert {} == inconsistencies(database_url)


@pytest.mark.parametrize("name", ["out.ndjson", "out"], ids=["file", "directory"])
def test_a_killed_export_leaves_its_target_unchanged(
    database_url: str, small_fleet: Path, tmp_path: Path, name: str
) -> None:
    """The next export writes it completely."""
    command_line = CommandLine(environment(database_url))
    command_line.ok("import", str(small_fleet))
    target = tmp_path / name

    _strike(database_url, "export", "export", str(target))
    [part] = tmp_path.glob(f".{name}.*.part")
    assert any(part.iterdir()) if part.is_dir() else part.stat().st_size
    assert not target.exists()
    command_line.ok("export", str(target))

    if target.is_dir():
        assert FEW == len(list(target.iterdir()))
    else:
        assert small_fleet.read_bytes() == target.read_bytes()
