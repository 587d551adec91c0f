"""Configs read from files, safely, with a reason for each refusal."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import pytest

from iotconfig.adapters.fleet_files.directory_reading import SourceDirectory
from iotconfig.adapters.fleet_files.files import read_stream
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal
from iotconfig.testing.builders import content, mac

LIMIT = 1000
NAME = "02-00-00-00-00-01.json"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """An empty directory inside another one."""
    directory = tmp_path / "fleet"
    directory.mkdir()
    return directory


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def read(directory: Path) -> list[BulkEntry | BulkRefusal]:
    return list(SourceDirectory.listed(directory).read(LIMIT))


def reason(directory: Path) -> str:
    """Why the only file of the directory is refused."""
    (item,) = read(directory)
    assert isinstance(item, BulkRefusal), item
    return str(item.error)


def test_a_directory_in_any_spelling(fleet: Path) -> None:
    """Each file is one config, verbatim, whatever spelling of the MAC address its name has."""
    names = ["02:00:00:00:00:01", "02-00-00-00-00-02", "020000000003", "0200.0000.0004", "02-00-00-00-00-0A"]
    for name in names:
        (fleet / f"{name}.json").write_bytes(b'{ "a": 1.10 }\r\n')

    assert {mac(n): content('{ "a": 1.10 }\r\n') for n in (1, 2, 3, 4, 10)} == {
        item.mac_address: item.content for item in read(fleet) if isinstance(item, BulkEntry)
    }
    assert sorted(f"{name}.json" for name in names) == [item.place for item in read(fleet)]


def test_two_spellings_of_one_address_are_two_entries(fleet: Path) -> None:
    """The reader gives both; the store finds the duplicate."""
    for name in ("02-00-00-00-00-01.json", "020000000001.json"):
        (fleet / name).write_text("{}")

    assert [mac(1), mac(1)] == [item.mac_address for item in read(fleet) if isinstance(item, BulkEntry)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("02-00-00-00-00-01.JSON", "not <mac>.json"),
        ("02-00-00-00-00-01", "not <mac>.json"),
        ("020000000001.jsn", "not <mac>.json"),
        ("0200.0000.0001.json.orig", "not <mac>.json"),
        ("lamp.json", "invalid format"),
        ("02-00-00-00-00-0g.json", "invalid format"),
        ("02-00:00-00-00-01.json", "invalid format"),
        ("02-00-00-00-00-01.json.json", "invalid format"),
        ("02-00-00-00-00-01\n.json", "invalid format"),
    ],
)
def test_names_that_are_not_mac_addresses_are_refused(fleet: Path, name: str, expected: str) -> None:
    """No file is skipped silently."""
    (fleet / name).write_text("{}")

    assert expected in reason(fleet)


def test_entries_that_are_no_configs_are_left_out(fleet: Path) -> None:
    """Hidden entries and files with other names may lie beside the configs; they are listed, and not read."""
    for name in (NAME, "README.md", ".gitkeep", ".020000000002.json", ".json", "Thumbs.db", "Makefile"):
        (fleet / name).write_text("{}")
    (fleet / ".git").mkdir()
    listed = SourceDirectory.listed(fleet)

    assert ((NAME,), [NAME]) == (listed.names, [item.place for item in read(fleet)])
    assert (
        ".020000000002.json",
        ".git",
        ".gitkeep",
        ".json",
        "Makefile",
        "README.md",
        "Thumbs.db",
    ) == listed.others


@pytest.mark.parametrize("name", ["floor 1", "02-00-00-00-00-01"])
def test_a_directory_inside_is_refused(fleet: Path, name: str) -> None:
    """It may have configs, which would not be imported."""
    (fleet / name).mkdir()

    assert "not <mac>.json" in reason(fleet)


def test_the_order_is_that_of_the_names(fleet: Path) -> None:
    """Two imports of one directory store in one order, on every file system."""
    numbers = [7, 3, 12, 1, 9]
    for number in numbers:
        (fleet / f"{mac(number)}.json").write_text("{}")

    assert [mac(number) for number in sorted(numbers)] == [
        item.mac_address for item in read(fleet) if isinstance(item, BulkEntry)
    ]


def test_a_name_that_is_not_text_is_refused(fleet: Path) -> None:
    """The refusal shows the invalid bytes and the control characters of a name in escaped form."""
    (Path(os.fsdecode(os.fsencode(fleet) + b"/\xff\x1b.json"))).write_text("{}")
    (item,) = read(fleet)

    assert "\\udcff\\x1b.json" == item.place
    assert "invalid format" in reason(fleet)
    assert reason(fleet).isprintable()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "empty"),
        (b" \n", "not JSON"),
        (b'{"a":"\xff"}', "not UTF-8"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", "byte order mark"),
        (b"\xff\xfe{\0}\0", "UTF-16"),
        (b'{"a":1', "not JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"a":"' + b"x" * LIMIT + b'"}', "larger than 1000 bytes"),
    ],
)
def test_files_without_valid_content_are_refused(fleet: Path, text: bytes, expected: str) -> None:
    """Each file is refused with its own reason."""
    (fleet / NAME).write_bytes(text)

    assert expected in reason(fleet)


def test_a_huge_file_is_refused_by_its_first_bytes(fleet: Path) -> None:
    """A sparse file of a terabyte is refused after its beginning was read."""
    with (fleet / NAME).open("wb") as file:
        file.truncate(1 << 40)

    assert "larger than 1000 bytes" in reason(fleet)


def test_the_largest_content_is_read(fleet: Path) -> None:
    """A content of exactly the maximum size is accepted."""
    text = '{"a":"' + "x" * (LIMIT - 8) + '"}'
    (fleet / NAME).write_text(text)

    assert [BulkEntry(NAME, mac(1), content(text))] == read(fleet)


def test_links_inside_the_directory_are_followed(fleet: Path) -> None:
    """A link to another file of the directory is a config of its own; the directory itself may be a link."""
    (fleet / NAME).write_text('{"a":1}')
    (fleet / "02-00-00-00-00-02.json").symlink_to(NAME)
    (fleet.parent / "link").symlink_to(fleet)

    assert [mac(1), mac(2)] == [item.mac_address for item in read(fleet) if isinstance(item, BulkEntry)]
    assert read(fleet) == read(fleet.parent / "link")


@pytest.mark.parametrize("target", ["../secret.json", "/etc/passwd", "../fleet-2/x.json", "../missing"])
def test_links_out_of_the_directory_are_refused(fleet: Path, target: str) -> None:
    """A received directory cannot read files of the person who imports it, whether they exist or not."""
    (fleet.parent / "secret.json").write_text("{}")
    (fleet.parent / "fleet-2").mkdir()
    (fleet.parent / "fleet-2" / "x.json").write_text("{}")
    (fleet / NAME).symlink_to(target)

    assert "leads out of the directory" in reason(fleet)


def test_an_indirect_link_out_of_the_directory_is_refused(fleet: Path) -> None:
    """A link to a link that leads out, or through a directory that does, is refused."""
    (fleet.parent / "secret.json").write_text("{}")
    (fleet / "up").symlink_to("..")
    (fleet / NAME).symlink_to("up/secret.json")

    assert [True, False] == ["leads out" in str(i.error) for i in read(fleet) if isinstance(i, BulkRefusal)]


@pytest.mark.parametrize("target", ["gone.json", NAME])
def test_broken_links_are_refused(fleet: Path, target: str) -> None:
    """A link to a missing file, or to itself, is refused."""
    (fleet / NAME).symlink_to(target)

    assert "cannot be read" in reason(fleet)


def test_special_files_are_refused_without_blocking(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A FIFO without a writer, a directory and a socket are refused at once."""
    os.mkfifo(fleet / "02-00-00-00-00-01.json")
    (fleet / "02-00-00-00-00-02.json").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        # The address of a socket is at most 107 bytes long; a temporary directory may be deeper.
        monkeypatch.chdir(fleet)
        server.bind("02-00-00-00-00-03.json")

        assert [BulkRefusal] * 3 == [type(item) for item in read(fleet)]


def test_directories_that_are_refused_leave_no_descriptor_open(fleet: Path) -> None:
    """An import of a large broken tree does not run out of descriptors."""
    for number in range(5):
        (fleet / f"{mac(number)}.json").mkdir()
    before = open_descriptors()

    assert [BulkRefusal] * 5 == [type(item) for item in read(fleet)]
    assert before == open_descriptors()


def test_a_missing_directory_is_an_os_error(fleet: Path) -> None:
    """The error is raised before anything is read."""
    with pytest.raises(FileNotFoundError):
        read(fleet / "gone")
    (fleet / NAME).write_text("{}")
    with pytest.raises(NotADirectoryError):
        read(fleet / NAME)


@pytest.mark.parametrize(
    ("name", "text", "kinds"),
    [
        ("x.ndjson", '{"mac_address":"020000000001","content":{}}\n', [BulkEntry]),
        ("<stdin>", '{"mac_address":"020000000001","content":{}}\n', [BulkEntry]),
        ("x.json", '{"configs":[{"mac_address":"020000000001","content":{}}]}', [BulkEntry]),
        ("<stdin>", '{"configs":[]}', []),
        ("x.ndjson", '{"configs":[]}\n', [BulkRefusal]),
        ("<stdin>", "", []),
    ],
)
def test_the_form_of_a_file_is_detected(name: str, text: str, kinds: list[type]) -> None:
    """`.ndjson` means NDJSON; for other names, the beginning of the file decides."""
    assert kinds == [type(item) for item in read_stream(io.BytesIO(text.encode()), name, LIMIT)]


@pytest.mark.parametrize("is_absolute", [False, True])
def test_a_link_through_directories_of_the_fleet_is_followed(fleet: Path, *, is_absolute: bool) -> None:
    """A link may pass through several directories as long as none is outside."""
    (fleet / "models").mkdir()
    (fleet / "models" / "lamp").write_text('{"a":1}')
    (fleet / "kind").symlink_to(fleet.resolve() / "models" if is_absolute else "models/../models")
    (fleet / NAME).symlink_to("./kind/lamp")

    assert [mac(1)] == [item.mac_address for item in read(fleet) if isinstance(item, BulkEntry)]


@pytest.mark.parametrize("planted", ["link", "fifo"])
def test_a_file_that_is_swapped_before_it_is_opened(
    fleet: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    """A file that was replaced after the check is checked again: no file outside is read, and no FIFO blocks."""
    (fleet.parent / "secret.json").write_text('{"secret":1}')
    (fleet / NAME).write_text("{}")
    really_open = os.open

    def swap_and_open(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path == NAME:
            (fleet / NAME).unlink()
            (fleet / NAME).symlink_to("../secret.json") if planted == "link" else os.mkfifo(fleet / NAME)
        return really_open(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", swap_and_open)

    assert {"link": "leads out", "fifo": "not a regular file"}[planted] in reason(fleet)
