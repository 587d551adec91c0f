"""Configs written to files: the target is complete, or unchanged."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iotconfig.adapters.fleet_files.directory_reading import SourceDirectory
from iotconfig.adapters.fleet_files.directory_writing import write_directory
from iotconfig.adapters.fleet_files.files import new_file, read_stream, write_records
from iotconfig.adapters.fleet_files.names import FileNames
from iotconfig.domain.configs.bulk import BulkEntry, ExportedConfig
from iotconfig.domain.errors import ValidationFailed
from iotconfig.testing.builders import mac

LIMIT = 1000


class Oops(Exception):
    """Raised during a write."""


@pytest.fixture
def _mask() -> Iterator[None]:
    """No file mode mask."""
    mask = os.umask(0)
    yield
    os.umask(mask)


def names(directory: Path) -> list[str]:
    """The names in a directory, hidden files included."""
    return sorted(path.name for path in directory.iterdir())


def fleet_of(count: int, *, then_fail: bool = False) -> Iterator[ExportedConfig]:
    for number in range(count):
        yield ExportedConfig(mac(number), f'{{"n": {number}}}\n')
    if then_fail:
        raise Oops


def test_records_are_counted_and_read_back(tmp_path: Path) -> None:
    """Written NDJSON is read back with the same records and their number."""
    with new_file(tmp_path / "x.ndjson") as file:
        assert 3 == write_records(file, fleet_of(3))
    with (tmp_path / "x.ndjson").open("rb") as file:
        items = list(read_stream(file, "x.ndjson", LIMIT))

    assert [f'{{"n": {n}}}\n' for n in range(3)] == [
        i.content.text for i in items if isinstance(i, BulkEntry)
    ]


@pytest.mark.usefixtures("_mask")
def test_written_files_are_private(tmp_path: Path) -> None:
    """Exports contain passwords; a replaced file keeps its mode, so that a group can still read it."""
    (tmp_path / "shared.ndjson").touch(0o640)
    with new_file(tmp_path / "shared.ndjson") as file:
        file.write(b"x")
    with new_file(tmp_path / "x.ndjson") as file:
        file.write(b"x")
    write_directory(tmp_path / "out", fleet_of(1), FileNames.PLAIN)

    paths = ["shared.ndjson", "x.ndjson", "out", "out/020000000000.json"]
    assert [0o640, 0o600, 0o700, 0o600] == [(tmp_path / path).stat().st_mode & 0o777 for path in paths]


def test_a_new_file_appears_at_the_end(tmp_path: Path) -> None:
    """Until all is written, the name refers to the previous file."""
    target = tmp_path / "x.ndjson"
    target.write_text("yesterday")
    with new_file(target) as file:
        file.write(b"today")
        file.flush()
        assert "yesterday" == target.read_text()

    assert ("today", ["x.ndjson"]) == (target.read_text(), names(tmp_path))


def test_a_failed_file_is_removed(tmp_path: Path) -> None:
    """No temporary file stays, and an existing file is unchanged."""
    (tmp_path / "old").write_text("yesterday")

    def write(target: Path) -> None:
        with new_file(target) as file:
            write_records(file, fleet_of(3, then_fail=True))

    for name in ("old", "new"):
        with pytest.raises(Oops):
            write(tmp_path / name)
    assert (["old"], "yesterday") == (names(tmp_path), (tmp_path / "old").read_text())


def test_a_directory_is_written_whole(tmp_path: Path) -> None:
    """It may be new or empty; its files have the exact bytes."""
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        assert 3 == write_directory(tmp_path / name, fleet_of(3), FileNames.PLAIN)
        found = [
            item
            for item in SourceDirectory.listed(tmp_path / name).read(LIMIT)
            if isinstance(item, BulkEntry)
        ]
        assert {*fleet_of(3)} == {ExportedConfig(entry.mac_address, entry.content.text) for entry in found}
    assert ["empty", "new"] == names(tmp_path)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        (FileNames.PLAIN, "02000000000a.json"),
        (FileNames.DASHES, "02-00-00-00-00-0a.json"),
        (FileNames.COLONS, "02:00:00:00:00:0a.json"),
    ],
)
def test_the_spelling_of_names(tmp_path: Path, spelling: FileNames, name: str) -> None:
    """A MAC address in a name is lower-case, with the separators that were chosen."""
    write_directory(tmp_path / "out", [ExportedConfig(mac(10), "{}")], spelling)

    assert [name] == names(tmp_path / "out")


@pytest.mark.parametrize("name", ["new", "empty"])
def test_a_failed_directory_is_removed(tmp_path: Path, name: str) -> None:
    """After an error during the write, everything is as before."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(Oops):
        write_directory(tmp_path / name, fleet_of(3, then_fail=True), FileNames.PLAIN)

    assert (["empty"], []) == (names(tmp_path), names(tmp_path / "empty"))


def test_a_directory_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    """Existing files are neither mixed with an export nor removed."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").write_text("mine")
    (tmp_path / "file").write_text("mine")

    for name in ("full", "file"):
        with pytest.raises(ValidationFailed, match=r"exists already, and is not an? "):
            write_directory(tmp_path / name, fleet_of(1), FileNames.PLAIN)
    assert (["file", "full"], ["note"]) == (names(tmp_path), names(tmp_path / "full"))


@pytest.mark.parametrize("name", ["new", "empty"])
def test_a_directory_that_is_swapped_while_it_is_written(tmp_path: Path, name: str) -> None:
    """If a parent directory is replaced by a link, no file is written to the target of the link."""
    elsewhere, parent = tmp_path / "elsewhere", tmp_path / "parent"
    elsewhere.mkdir()
    (parent / "empty").mkdir(parents=True)

    def swapping() -> Iterator[ExportedConfig]:
        swapped = parent if name == "new" else parent / "empty"
        swapped.rename(tmp_path / "moved")
        swapped.symlink_to(elsewhere)
        yield from fleet_of(2)

    assert 2 == write_directory(parent / name, swapping(), FileNames.PLAIN)
    assert [] == names(elsewhere)
    assert 2 == len(names(tmp_path / "moved" / ("new" if name == "new" else "")))


@pytest.mark.parametrize("name", [".", "link"])
def test_an_empty_directory_by_another_path_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The working directory, and a link to a directory, are accepted."""
    fleet = tmp_path / "fleet"
    fleet.mkdir()
    (fleet.parent / "link").symlink_to(fleet)
    monkeypatch.chdir(fleet if name == "." else fleet.parent)

    assert 2 == write_directory(Path(name), fleet_of(2), FileNames.PLAIN)
    assert 2 == len(names(fleet))
    assert ["fleet", "link"] == names(fleet.parent)


_ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from iotconfig.adapters.fleet_files.directory_writing import write_directory
from iotconfig.adapters.fleet_files.files import new_file, write_records
from iotconfig.adapters.fleet_files.names import FileNames
from iotconfig.domain.configs.bulk import ExportedConfig
from iotconfig.domain.mac import MacAddress

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
small, large = '{"a":"x"}', '{"a":"%s"}' % ("x" * 200_000)
configs = [ExportedConfig(MacAddress.parse(f"02000000000{n}"), text) for n, text in enumerate([small, large])]
target = Path(sys.argv[2])
try:
    if sys.argv[1] == "file":
        with new_file(target) as file:
            write_records(file, configs)
    else:
        write_directory(target, configs, FileNames.PLAIN)
except OSError as error:
    sys.exit(f"OSError {error.errno}")
"""


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_a_full_disk_leaves_no_partial_export(tmp_path: Path, kind: str) -> None:
    """If the disk is full, the error is raised and no part of the export stays."""
    ended = subprocess.run(
        [sys.executable, "-c", _ON_A_FULL_DISK, kind, str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (1, "OSError 27\n") == (ended.returncode, ended.stderr)
    assert [] == names(tmp_path)
