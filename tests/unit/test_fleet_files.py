"""Fleets that are read from files: with care, and with a reason for everything that is refused."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import pytest

from iotconfig.adapters.fleet_files.files import read_directory, read_stream
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
    return sorted(read_directory(directory, LIMIT), key=lambda item: item.place)


def reason(directory: Path) -> str:
    """Why the only file of the directory is refused."""
    (item,) = read(directory)
    assert isinstance(item, BulkRefusal), item
    return str(item.error)


def test_a_directory_in_any_spelling(fleet: Path) -> None:
    """Each file is one config, verbatim, whatever the spelling of its name is."""
    names = ["02:00:00:00:00:01", "02-00-00-00-00-02", "020000000003", "0200.0000.0004", "02-00-00-00-00-0A"]
    for name in names:
        (fleet / f"{name}.json").write_bytes(b'{ "a": 1.10 }\r\n')

    assert {mac(n): content('{ "a": 1.10 }\r\n') for n in (1, 2, 3, 4, 10)} == {
        item.mac_address: item.content for item in read(fleet) if isinstance(item, BulkEntry)
    }
    assert sorted(f"{name}.json" for name in names) == [item.place for item in read(fleet)]


def test_two_spellings_of_one_address_are_two_entries(fleet: Path) -> None:
    """Finding out that they are one device is the store's part, which sees them all."""
    for name in ("02-00-00-00-00-01.json", "020000000001.json"):
        (fleet / name).write_text("{}")

    assert [mac(1), mac(1)] == [item.mac_address for item in read(fleet) if isinstance(item, BulkEntry)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("README.md", "not <mac>.json"),
        (".gitkeep", "not <mac>.json"),
        ("02-00-00-00-00-01.JSON", "not <mac>.json"),
        ("02-00-00-00-00-01", "not <mac>.json"),
        ("lamp.json", "invalid format"),
        (".json", "invalid format"),
        ("02-00-00-00-00-0g.json", "invalid format"),
        ("02-00:00-00-00-01.json", "invalid format"),
        ("02-00-00-00-00-01.json.json", "invalid format"),
        ("02-00-00-00-00-01\n.json", "invalid format"),
    ],
)
def test_names_that_are_no_address_are_refused(fleet: Path, name: str, expected: str) -> None:
    """Nothing is passed over in silence."""
    (fleet / name).write_text("{}")

    assert expected in reason(fleet)


def test_a_name_that_is_no_text_is_refused_in_words_that_are(fleet: Path) -> None:
    """A name that is not UTF-8, or holds control characters, is shown in a form that every terminal takes."""
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
def test_files_that_are_no_content_are_refused(fleet: Path, text: bytes, expected: str) -> None:
    """Each with its reason."""
    (fleet / NAME).write_bytes(text)

    assert expected in reason(fleet)


def test_a_huge_file_is_refused_by_its_first_bytes(fleet: Path) -> None:
    """A file of a terabyte (a sparse one) is told from its beginning, and read no further."""
    with (fleet / NAME).open("wb") as file:
        file.truncate(1 << 40)

    assert "larger than 1000 bytes" in reason(fleet)


def test_the_largest_content_is_read(fleet: Path) -> None:
    """The limit itself is allowed."""
    text = '{"a":"' + "x" * (LIMIT - 8) + '"}'
    (fleet / NAME).write_text(text)

    assert [BulkEntry(NAME, mac(1), content(text))] == read(fleet)


def test_links_inside_the_directory_are_followed(fleet: Path) -> None:
    """A link to another file of the fleet is a config of its own; so is a directory that is a link itself."""
    (fleet / NAME).write_text('{"a":1}')
    (fleet / "02-00-00-00-00-02.json").symlink_to(NAME)
    (fleet.parent / "link").symlink_to(fleet)

    assert [mac(1), mac(2)] == [item.mac_address for item in read(fleet) if isinstance(item, BulkEntry)]
    assert read(fleet) == read(fleet.parent / "link")


@pytest.mark.parametrize("target", ["../secret.json", "/etc/passwd", "../fleet-2/x.json", "../missing"])
def test_links_out_of_the_directory_are_refused(fleet: Path, target: str) -> None:
    """A fleet that somebody sent cannot fetch files of who imports it, be they there or not."""
    (fleet.parent / "secret.json").write_text("{}")
    (fleet.parent / "fleet-2").mkdir()
    (fleet.parent / "fleet-2" / "x.json").write_text("{}")
    (fleet / NAME).symlink_to(target)

    assert "leads out of the directory" in reason(fleet)


def test_a_link_that_leads_out_in_two_steps_is_refused(fleet: Path) -> None:
    """A link to a link inside that leads out, or through a directory that does."""
    (fleet.parent / "secret.json").write_text("{}")
    (fleet / "up").symlink_to("..")
    (fleet / NAME).symlink_to("up/secret.json")

    assert [True, False] == ["leads out" in str(i.error) for i in read(fleet) if isinstance(i, BulkRefusal)]


@pytest.mark.parametrize("target", ["gone.json", NAME])
def test_links_to_nothing_are_refused(fleet: Path, target: str) -> None:
    """A link to a file that is gone, or to itself, cannot be read."""
    (fleet / NAME).symlink_to(target)

    assert "cannot be read" in reason(fleet)


def test_what_is_no_regular_file_is_refused_without_waiting(
    fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A FIFO that nobody writes to, a directory, a socket: each is refused at once."""
    os.mkfifo(fleet / "02-00-00-00-00-01.json")
    (fleet / "02-00-00-00-00-02.json").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        # The address of a socket is at most 107 bytes long; a temporary directory may be deeper.
        monkeypatch.chdir(fleet)
        server.bind("02-00-00-00-00-03.json")

        assert [BulkRefusal] * 3 == [type(item) for item in read(fleet)]


def test_directories_that_are_refused_leave_no_descriptor_open(fleet: Path) -> None:
    """However many there are: an import of a broken tree does not run out of descriptors."""
    for number in range(5):
        (fleet / f"{mac(number)}.json").mkdir()
    before = open_descriptors()

    assert [BulkRefusal] * 5 == [type(item) for item in read(fleet)]
    assert before == open_descriptors()


def test_a_directory_that_is_none_is_an_error_of_the_system(fleet: Path) -> None:
    """The caller says so before anything is read."""
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
def test_a_file_is_known_by_its_suffix_or_its_head(name: str, text: str, kinds: list[type]) -> None:
    """`.ndjson` is NDJSON; elsewhere the beginning tells."""
    assert kinds == [type(item) for item in read_stream(io.BytesIO(text.encode()), name, LIMIT)]


@pytest.mark.parametrize("is_absolute", [False, True])
def test_a_link_through_directories_of_the_fleet_is_followed(fleet: Path, *, is_absolute: bool) -> None:
    """There and back again, as long as no step leaves the directory."""
    (fleet / "models").mkdir()
    (fleet / "models" / "lamp").write_text('{"a":1}')
    (fleet / "kind").symlink_to(fleet.resolve() / "models" if is_absolute else "models/../models")
    (fleet / NAME).symlink_to("./kind/lamp")

    assert [mac(1)] == [item.mac_address for item in read(fleet) if isinstance(item, BulkEntry)]


@pytest.mark.parametrize("planted", ["link", "fifo"])
def test_a_file_that_is_swapped_between_the_look_and_the_opening(
    fleet: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    """Whatever the look said, what is opened is what is read: no file outside, and no wait for a writer."""
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
