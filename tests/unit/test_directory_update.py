"""A directory of configs that is brought up to date: only what changed is written, and only what is ours is removed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from iotconfig.adapters.fleet_files.directory_update import DirectoryChanges, update_directory
from iotconfig.adapters.fleet_files.names import FileNames
from iotconfig.domain.configs.bulk import ExportedConfig
from iotconfig.domain.errors import ValidationFailed
from iotconfig.testing.builders import mac


class Oops(Exception):
    """Raised during an update."""


def update(directory: Path, contents: dict[int, str], names: FileNames | None = None) -> DirectoryChanges:
    configs = [ExportedConfig(mac(number), text) for number, text in sorted(contents.items())]
    return update_directory(directory, configs, names)


def tree(directory: Path) -> dict[str, str]:
    """Each entry of a directory, hidden ones included, and its text."""
    return {path.name: path.read_text() if path.is_file() else "" for path in directory.iterdir()}


def states(directory: Path) -> dict[str, tuple[int, int]]:
    """The inode and the time of each entry."""
    return {p.name: (p.stat().st_ino, p.stat().st_mtime_ns) for p in directory.iterdir()}


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A directory with the files of three configs, and other entries."""
    directory = tmp_path / "fleet"
    update(directory, {1: '{"n": 1}', 2: '{"n": 2}', 3: '{"n": 3}'})
    (directory / ".git").mkdir()
    (directory / "README.md").write_text("ours")
    return directory


def test_a_directory_that_does_not_exist_is_made(tmp_path: Path) -> None:
    """Its files have the names of a new export, and only its owner may read them."""
    changes = update(tmp_path / "fleet", {1: "{}", 2: "{}"})

    names = ("020000000001.json", "020000000002.json")
    assert DirectoryChanges(new=names, changed=(), removed=(), unchanged=0, others=()) == changes
    assert dict.fromkeys(names, "{}") == tree(tmp_path / "fleet")
    assert [0o700, 0o600] == [
        path.stat().st_mode & 0o777 for path in (tmp_path / "fleet", tmp_path / "fleet" / names[0])
    ]


def test_what_changed_is_written_and_what_is_gone_is_removed(fleet: Path) -> None:
    """Other files keep their inode and time; entries that are no configs stay."""
    before = states(fleet)
    changes = update(fleet, {1: '{"n": 1}', 2: '{"n": 22}', 4: '{"n": 4}'})

    assert (
        DirectoryChanges(
            new=("020000000004.json",),
            changed=("020000000002.json",),
            removed=("020000000003.json",),
            unchanged=1,
            others=(),
        )
        == changes
    )
    assert {
        "020000000001.json": '{"n": 1}',
        "020000000002.json": '{"n": 22}',
        "020000000004.json": '{"n": 4}',
        ".git": "",
        "README.md": "ours",
    } == tree(fleet)
    for name in ("020000000001.json", "README.md", ".git"):
        assert before[name] == states(fleet)[name]


def test_nothing_is_written_where_nothing_changed(fleet: Path) -> None:
    """A second update touches no file."""
    before = states(fleet)
    changes = update(fleet, {n: f'{{"n": {n}}}' for n in (1, 2, 3)})

    assert ((), (), (), 3) == (changes.new, changes.changed, changes.removed, changes.unchanged)
    assert before == states(fleet)


@pytest.mark.parametrize(
    "kept", [b'{"n":\n 1}\n\n', b'{"n":\r\n 1}\r\n', b'\xef\xbb\xbf{"n":\n 1}'], ids=["end", "crlf", "mark"]
)
def test_files_that_differ_in_line_ends_only_are_kept(fleet: Path, kept: bytes) -> None:
    """An import finds them the same, too."""
    (fleet / "020000000001.json").write_bytes(kept)
    update(fleet, {1: '{"n":\n 1}', 2: '{"n": 2}', 3: '{"n": 3}'})

    assert kept == (fleet / "020000000001.json").read_bytes()


@pytest.mark.parametrize(
    "found",
    [b'{"n": 1 }', b"", b"\xff", b"{\0}\0", b'{"n": 1}' + b"\n" * 5000, b'{"n": 1}\n' + b" " * 90_000],
)
def test_other_texts_are_replaced(fleet: Path, found: bytes) -> None:
    """Other bytes, a text that is no UTF-8, and a file that is much longer."""
    (fleet / "020000000001.json").write_bytes(found)

    assert ("020000000001.json",) == update(fleet, {n: f'{{"n": {n}}}' for n in (1, 2, 3)}).changed
    assert '{"n": 1}' == (fleet / "020000000001.json").read_text()


def test_a_replaced_file_keeps_its_mode(fleet: Path) -> None:
    """A group that may read a file can still read it."""
    (fleet / "020000000001.json").chmod(0o640)
    update(fleet, {1: "{}"})

    assert 0o640 == (fleet / "020000000001.json").stat().st_mode & 0o777


def test_existing_files_keep_their_names(tmp_path: Path) -> None:
    """Unless a spelling is given, which renames files without writing them."""
    held = {"02-00-00-00-00-01.json": "{}", "02:00:00:00:00:02.JSON": "?", "02000000000A.json": "{}"}
    for name, text in held.items():
        (tmp_path / name).write_text(text)
    before = states(tmp_path)

    assert ("020000000003.json",) == update(tmp_path, {1: "{}", 3: "{}", 10: "{}"}).new
    assert held | {"020000000003.json": "{}"} == tree(tmp_path)
    changes = update(tmp_path, {1: '{"n": 1}', 3: "{}", 10: "{}"}, FileNames.DASHES)
    assert ("02-00-00-00-00-01.json", "02-00-00-00-00-03.json", "02-00-00-00-00-0a.json") == changes.changed
    assert ((), (), 0) == (changes.new, changes.removed, changes.unchanged)
    assert {
        "02-00-00-00-00-01.json": '{"n": 1}',
        "02-00-00-00-00-03.json": "{}",
        "02-00-00-00-00-0a.json": "{}",
        "02:00:00:00:00:02.JSON": "?",
    } == tree(tmp_path)
    assert before["02000000000A.json"] == states(tmp_path)["02-00-00-00-00-0a.json"]


def test_a_device_with_two_files_has_one_afterwards(tmp_path: Path) -> None:
    """The one with the name that is asked for stays, or the first one."""
    for name in ("02-00-00-00-00-01", "020000000001", "02-00-00-00-00-02", "0200.0000.0002"):
        (tmp_path / f"{name}.json").write_text("{}")
    changes = update(tmp_path, {1: "{}", 2: "{}"}, FileNames.PLAIN)

    assert {"020000000001.json": "{}", "020000000002.json": "{}"} == tree(tmp_path)
    assert (("020000000002.json",), ("02-00-00-00-00-01.json", "0200.0000.0002.json"), 1) == (
        changes.changed,
        changes.removed,
        changes.unchanged,
    )


def test_other_json_files_are_left_and_named(fleet: Path) -> None:
    """They are not ours to remove, but an import would refuse them."""
    (fleet / "package.json").write_text("{}")

    assert ("package.json",) == update(fleet, {1: '{"n": 1}'}).others
    assert "package.json" in tree(fleet)


def test_a_link_is_replaced_and_its_target_stays(fleet: Path) -> None:
    """A link that leads out of the directory is never written through; one to the same text inside stays."""
    outside = fleet.parent / "outside.json"
    outside.write_text('{"n": 1}')
    (fleet / "020000000001.json").unlink()
    (fleet / "020000000001.json").symlink_to(outside)
    (fleet / "020000000004.json").symlink_to("020000000003.json")
    (fleet / "020000000005.json").symlink_to("nowhere")
    changes = update(fleet, {1: '{"n": 1}', 2: '{"n": 2}', 3: '{"n": 3}', 4: '{"n": 3}'})

    assert (("020000000001.json",), ("020000000005.json",)) == (changes.changed, changes.removed)
    assert not (fleet / "020000000001.json").is_symlink()
    assert (fleet / "020000000004.json").is_symlink()
    assert '{"n": 1}' == outside.read_text()


@pytest.mark.parametrize("kind", ["directory", "fifo"])
def test_an_entry_in_the_place_of_a_config_is_refused(fleet: Path, kind: str) -> None:
    """Before anything is written."""
    place = fleet / "020000000009.json"
    place.mkdir() if kind == "directory" else os.mkfifo(place)
    before = states(fleet)
    with pytest.raises(ValidationFailed, match=r"020000000009\.json is not a regular file"):
        update(fleet, {1: "{}", 9: "{}"})

    assert before == states(fleet)


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    """It stays as it is."""
    (tmp_path / "fleet").write_text("mine")
    with pytest.raises(ValidationFailed, match="is not a directory"):
        update(tmp_path / "fleet", {1: "{}"})

    assert {"fleet": "mine"} == tree(tmp_path)


def test_no_configs_remove_no_files(fleet: Path, tmp_path: Path) -> None:
    """An empty database is rather another one; a directory without configs may be updated to none."""
    before = states(fleet)
    with pytest.raises(ValidationFailed, match=r"all 3 of .* would be removed"):
        update(fleet, {})

    assert before == states(fleet)
    assert DirectoryChanges((), (), (), 0, ()) == update(tmp_path / "empty", {})


@pytest.mark.parametrize("is_new", [True, False])
def test_an_error_changes_nothing(fleet: Path, *, is_new: bool) -> None:
    """After an error while files are written, everything is as before."""

    def failing() -> Iterator[ExportedConfig]:
        yield ExportedConfig(mac(1), '{"other": 1}')
        raise Oops

    def fail(configs: Iterable[ExportedConfig]) -> None:
        update_directory(fleet.parent / "new" if is_new else fleet, configs, None)

    before = states(fleet)
    with pytest.raises(Oops):
        fail(failing())

    assert before == states(fleet)
    assert ["fleet"] == [path.name for path in fleet.parent.iterdir()]
