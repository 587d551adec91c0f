"""Metrics on a full disk, and the files of ended processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

import pytest
from faults.small_disk import SmallDisk

from iotconfig.adapters.metrics import CountingDirectory, directory, forget_process
from iotconfig.entrypoints.counting import Counting
from iotconfig.entrypoints.settings import Settings

COUNTING = """
import json, sys
from prometheus_client import CollectorRegistry, Counter
from iotconfig.adapters.metrics import Exposition, reserve_space, reserved
from tests.support.scraping import parsed
reserve_space()
reserved._RETRY = 0.0
registry = CollectorRegistry()
exposition = Exposition(registry, sys.argv[1], lambda: None, announces=False)
counter = Counter("counted", "", ["label"], registry=registry)

def count(labels):
    for label in labels:
        counter.labels(str(label)).inc()

def shown():
    samples = parsed(exposition.render("")[1].decode())
    return {dict(labels)["label"]: value for (name, labels), value in samples.items() if name == "counted_total"}

def step(labels):
    count(labels)
    print(json.dumps(shown()), flush=True)
    sys.stdin.readline()
"""


class Process:
    """A process that counts in a directory step by step, and shows the sums of all processes."""

    def __init__(self, place: Path, program: str) -> None:
        environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(place)}
        self._errors = TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            [sys.executable, "-c", COUNTING + program, str(place)],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def shown(self) -> dict[str, float]:
        """The output after its next step."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it ended with {self.process.wait()}"
        found: dict[str, float] = json.loads(line)
        return found

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.communicate()
        self._errors.close()

    def end(self) -> str:
        self.process.communicate("\n")
        self._errors.seek(0)
        errors = self._errors.read()
        assert 0 == self.process.returncode, errors
        return errors


def test_counts_during_a_full_disk_are_shown_later(disk: SmallDisk) -> None:
    """A process that starts on a full disk counts, and loses nothing once there is space."""
    disk.fill()
    with Process(disk.path, "step('aabd')\nstep('abc')\n") as process:
        assert {} == process.shown()
        disk.free()
        process.go_on()
        assert {"a": 3.0, "b": 2.0, "c": 1.0, "d": 1.0} == process.shown()
        assert "No space left on device" in process.end()


def test_a_disk_that_fills_up_keeps_what_is_there_counting(disk: SmallDisk) -> None:
    """The file cannot grow, and existing counters continue."""
    program = "step('a')\nstep(['a', *range(2000)])\nstep(['a', *range(2000)])\n"
    with Process(disk.path, program) as process:
        assert {"a": 1.0} == process.shown()
        disk.fill()
        process.go_on()
        shown = process.shown()
        assert 2.0 == shown["a"]
        assert 100 < len(shown) < 2000
        disk.free()
        process.go_on()
        assert {"a": 3.0} | {str(number): 2.0 for number in range(2000)} == process.shown()
        process.end()


def test_counts_outlive_their_processes_in_one_file(tmp_path: Path) -> None:
    """The number of files does not grow with that of ended processes."""
    pids = []
    for number in range(3):
        with Process(tmp_path, f"step(['a', {number}])\n") as process:
            shown = process.shown()
            process.end()
        pids.append(process.process.pid)
        forget_process(str(tmp_path), process.process.pid)

    assert {"a": 3.0, "0": 1.0, "1": 1.0, "2": 1.0} == shown
    assert ["counter_ended.db"] == [path.name for path in tmp_path.glob("*.db")]
    (tmp_path / f"counter_{pids[0]}.db").write_bytes(b"\xff" * 20)
    forget_process(str(tmp_path), pids[0])
    assert ["counter_ended.db"] == [path.name for path in tmp_path.glob("*.db")]


def test_the_next_start_removes_files_of_killed_services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Directories of running services, and other directories, stay."""
    monkeypatch.setattr(directory, "_MEMORY", tmp_path)
    left = tmp_path / "iotconfig-metrics-left"
    left.mkdir()
    (left / "counter_1.db").write_bytes(b"x")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "iotconfig-metrics-link").symlink_to(elsewhere)
    first = CountingDirectory.make()
    second = CountingDirectory.make()

    assert not left.exists()
    assert elsewhere.exists()
    assert Path(first.path).is_dir()
    first.remove()
    second.remove()
    assert {"elsewhere", "iotconfig-metrics-link"} == {path.name for path in tmp_path.iterdir()}


def test_without_a_directory_the_service_runs_without_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says so, and its processes get no setting of metrics."""
    monkeypatch.setattr(directory, "_MEMORY", tmp_path / "none")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    environ = {"IOTCONFIG_METRICS_BIND": "127.0.0.1:9100", "DATABASE_URL": "sqlite:///a.db"}
    said: list[str] = []
    counting = Counting.begin(Settings.from_environ(environ), said.append)

    assert {"DATABASE_URL": "sqlite:///a.db"} == counting.environ(environ)
    assert 1 == len(said)
    assert said[0].startswith("Metrics are off")
    counting.forget(1)
    counting.end()


def test_files_are_private(tmp_path: Path) -> None:
    """This holds for any umask."""
    program = f"import os; os.umask(0)\nfrom iotconfig.adapters.metrics.reserved import ReservedDict\nReservedDict('{tmp_path}/a.db')"
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environ, check=True, timeout=60)

    assert 0o600 == (tmp_path / "a.db").stat().st_mode & 0o777
