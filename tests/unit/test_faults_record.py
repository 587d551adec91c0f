"""The record of the endurance suite: it keeps each operation that began, even if its process is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from faults.figures import first_success, last_failure, percentile
from faults.record import NO_ANSWER, Operation, Recorder, of, read

ROOT = Path(__file__).parents[2]
DIES = """
import os, signal, sys
from pathlib import Path
from faults.record import Recorder
recorder = Recorder(Path(sys.argv[1]))
recorder.end(recorder.begin("write", "a", wrote="x"), 200, revision=2)
recorder.begin("write", "b", wrote="y")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_its_operations(tmp_path: Path) -> None:
    """An answered operation has its answer; the others are recorded without an end."""
    died = subprocess.run([sys.executable, "-c", DIES, tmp_path / "one.jsonl"], cwd=ROOT, check=False)

    done, begun = read(tmp_path)

    assert -signal.SIGKILL == died.returncode
    assert ("a", 200, {"wrote": "x", "revision": 2}) == (done.subject, done.status, done.facts)
    assert ("b", None, None) == (begun.subject, begun.status, begun.ended)
    assert [True, False] == [done.is_done, begun.is_done]
    assert float("inf") == begun.seconds


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    """The last line of a killed process may be incomplete."""
    path = tmp_path / "one.jsonl"
    with Recorder(path) as recorder:
        recorder.begin("fetch", "a")
    with path.open("a") as file:
        file.write('{"begin":1,"kind":"fe')

    assert ["a"] == [operation.subject for operation in read(tmp_path)]


def test_a_record_that_is_damaged_is_refused(tmp_path: Path) -> None:
    """A line in the middle that is not JSON cannot be the result of a kill."""
    (tmp_path / "one.jsonl").write_text('{"begin":\n{"begin":0,"kind":"fetch","subject":"a","at":1}\n')

    with pytest.raises(json.JSONDecodeError):
        read(tmp_path)


def test_the_files_of_all_processes_make_one_record(tmp_path: Path) -> None:
    """Operations are numbered in each file, and ordered by their begin over all files."""
    with Recorder(tmp_path / "one.jsonl") as one, Recorder(tmp_path / "two.jsonl") as two:
        later = one.begin("fetch", "later", 2.0)
        earlier = two.begin("write", "earlier", 1.0)
        one.end(later, NO_ANSWER, error="reset")
        two.end(earlier, 200)

    record = read(tmp_path)

    assert [("earlier", 200), ("later", 0)] == [(one.subject, one.status) for one in record]
    assert ["later"] == [one.subject for one in of(record, "fetch")]
    assert ["earlier"] == [one.subject for one in read(tmp_path, "two")]


def test_a_record_that_cannot_be_written_fails(tmp_path: Path) -> None:
    """An operation that cannot be recorded raises an error."""
    path = tmp_path / "full.jsonl"
    path.symlink_to("/dev/full")

    with Recorder(path) as recorder, pytest.raises(OSError, match="No space left"):
        recorder.begin("write", "a")
    assert os.path.exists("/dev/full")  # noqa: PTH110 - the device, not the link


def test_figures() -> None:
    """A percentile is one of the samples; recovery is measured from the last failure and the first success."""
    record = [
        Operation("write", "a", 9.0, 10.5, 503),
        Operation("write", "a", 10.5, 10.6, 503),
        Operation("write", "a", 10.8, 11.0, 200),
        Operation("write", "a", 19.0, 21.0, 503),
    ]

    assert [50, 99, 0] == [percentile(range(100), 0.5), percentile(range(100), 0.99), percentile([], 0.5)]
    assert 0.5 == last_failure(record, 10.0, 20.0)
    assert 0.0 == last_failure(record[:1], 10.0, 20.0)
    assert 1.0 == first_success(record, 10.0)
