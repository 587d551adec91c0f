"""The shipped suites: complete, readable when they fail, and able to detect wrong adapters."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from iotconfig.testing import StoreContract

_FLAWS = {
    "a-rollback-that-does-nothing": (
        """
    @contextmanager
    def writing(self):
        failure = None
        with self._store.writing() as work:
            try:
                yield work
            except Exception as error:
                failure = error
        if failure is not None:
            raise failure
""",
        "test_a_rollback_rolls_back_everything",
    ),
    "a-reader-that-sees-what-is-not-committed": (
        """
    _open = None

    @contextmanager
    def writing(self):
        with self._store.writing() as self._open:
            yield self._open
        self._open = None

    @contextmanager
    def reading(self):
        with self._store.reading() as view:
            yield self._open or view
""",
        "test_readers_see_only_what_is_committed_and_wait_for_no_writer",
    ),
    "a-bulk-write-that-stores-a-part": (
        """
    @contextmanager
    def bulk_writing(self):
        with self._store.bulk_writing() as write:
            yield Careless(write)
""",
        "test_an_error_under_the_lock_undoes_what_was_stored",
    ),
    "a-selection-by-a-part-of-a-name": (
        """
    @contextmanager
    def bulk_writing(self):
        with self._store.bulk_writing() as write:
            yield Loose(write)
""",
        "test_candidates_are_selected",
    ),
}

_TEST_FILE = """
from contextlib import contextmanager

import pytest

from iotconfig import Selection
from iotconfig.adapters.memory import MemoryStore
from iotconfig.testing import StoreContract


class Careless:  # a bulk write that keeps what it stored when its lock ends with an error

    def __init__(self, write):
        self._write = write

    def __getattr__(self, name):
        return getattr(self._write, name)

    @contextmanager
    def lock(self):
        failure = None
        with self._write.lock():
            try:
                yield
            except Exception as error:
                failure = error
        if failure is not None:
            raise failure


class Loose:  # a bulk write that selects names as a search does

    def __init__(self, write):
        self._write = write

    def __getattr__(self, name):
        return getattr(self._write, name)

    def select(self, selection):
        names = selection.device_names
        self._write.select(Selection(text=names[0]) if names and names[0] else selection)


class Store:
    def __init__(self):
        self._store = MemoryStore()

    def __getattr__(self, name):
        return getattr(self._store, name)
{flaw}

class TestStore(StoreContract):
    @pytest.fixture
    def store(self):
        return Store()

    @pytest.fixture
    def queue(self, store):
        return store.notifications()
"""


def _run_suite(directory: Path, flaw: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the suite over memory with a defect, as another project would, without our configuration."""
    (directory / "test_flawed.py").write_text(_TEST_FILE.format(flaw=flaw))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_flawed.py", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.parametrize(("flaw", "test"), _FLAWS.values(), ids=list(_FLAWS))
def test_each_defect_of_a_store_is_detected(tmp_path: Path, flaw: str, test: str) -> None:
    """The matching test fails, and shows the difference."""
    run = _run_suite(tmp_path, flaw, "-k", test)

    assert 1 == run.returncode, run.stdout + run.stderr
    assert f"::{test}" in run.stdout
    assert re.search(r"^E +(AssertionError: )?assert \S", run.stdout, re.MULTILINE), run.stdout


def test_the_same_store_without_a_defect_passes(tmp_path: Path) -> None:
    """The defect is the only reason of the failures."""
    tests = " or ".join(test for _, test in _FLAWS.values())
    run = _run_suite(tmp_path, "", "-k", tests)

    assert 0 == run.returncode, run.stdout + run.stderr


def test_no_part_of_the_suite_hides_a_test_of_another() -> None:
    """In one class, every test of every part runs."""
    parts = StoreContract.__bases__
    names = [name for part in parts for name in vars(part) if name.startswith("test_")]

    assert 33 == len(parts)
    assert sorted(names) == sorted(name for name in dir(StoreContract) if name.startswith("test_"))


def test_without_pytest_the_error_names_the_extra() -> None:
    """It is one line."""
    program = "import sys\nsys.modules['pytest'] = None\nimport iotconfig.testing"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    last = run.stderr.splitlines()[-1]
    assert "ImportError: iotconfig.testing needs pytest: pip install 'iotconfig[testing]'" == last
