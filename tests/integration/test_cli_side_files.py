"""Tags and notes in side files: export and import, on a database and on a service."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from iotconfig.testing.builders import mac
from tests.support.command_line import CommandLine
from tests.support.socket_service import api_on_socket

FIRST, SECOND, THIRD = (str(mac(number)) for number in (1, 2, 3))
Place = Callable[[str], CommandLine]
LABELS = {
    FIRST: (["floor-3", "kitchen"], "Behind the door, é"),
    SECOND: ([], "only a note"),
    THIRD: ([], None),
}


@pytest.fixture(params=["database", "service"])
def place(request: pytest.FixtureRequest, tmp_path: Path, _sqlite_template: Path) -> Iterator[Place]:
    """Makes the command line on an empty database with this name, directly or over HTTP."""
    with ExitStack() as stack:

        def make(name: str) -> CommandLine:
            shutil.copy(_sqlite_template, tmp_path / f"{name}.db")
            url = f"sqlite:///{tmp_path}/{name}.db"
            if request.param == "database":
                return CommandLine({"DATABASE_URL": url})
            return CommandLine({"IOTCONFIG_URL": stack.enter_context(api_on_socket(url))})

        yield make


@pytest.fixture
def full(place: Place) -> CommandLine:
    """Three devices, of which one has tags and a note, and one a note only."""
    command = place("full")
    for number, address in enumerate((FIRST, SECOND, THIRD), 1):
        command.ok("config", "create", address, f'{{"n": {number}}}')
    command.ok("tag", "add", "kitchen", "floor-3", "--mac", FIRST)
    command.ok("tag", "note", "Behind the door, é", "--mac", FIRST)
    command.ok("tag", "note", "only a note", "--mac", SECOND)
    return command


def labels(command: CommandLine) -> dict[str, tuple[list[str], str | None]]:
    """Tags and note of each device."""
    found = command.ok("config", "list", "--json").json()["configs"]
    return {each["mac_address"]: (each["tags"], each["note"]) for each in found}


@pytest.mark.parametrize(
    ("target", "side"), [("fleet", "fleet/tags.ndjson"), ("fleet.ndjson", "fleet.tags.ndjson")]
)
def test_a_round_trip(full: CommandLine, place: Place, tmp_path: Path, target: str, side: str) -> None:
    """Into an empty service, which then has the same tags and notes; documents are exported as before."""
    full.ok("export", str(tmp_path / target))
    assert [FIRST, SECOND] == [
        json.loads(line)["mac_address"] for line in (tmp_path / side).read_text().splitlines()
    ]
    assert (
        "tags"
        not in (
            tmp_path / target if target.endswith("n") else tmp_path / "fleet/020000000001.json"
        ).read_text()
    )
    empty = place("empty")

    tried = empty.ok("import", str(tmp_path / target), "--dry-run").text
    assert "Tags and notes: 2 changed, 0 same, 0 refused: nothing was stored (dry run)" in tried
    assert {} == labels(empty)
    imported = empty.run("import", str(tmp_path / target))

    assert (0, "") == (imported.status, imported.errors)
    assert "3 new, 0 changed, 0 same, 0 refused: stored, in " in imported.text
    assert "Tags and notes: 2 changed, 0 same, 0 refused: stored\n" in imported.text
    assert LABELS == labels(empty)
    again = empty.ok("import", str(tmp_path / target), "--json").json()
    assert (3, 2, 0, None) == (
        again["same"],
        *(again["tags"][name] for name in ("same", "refused", "change")),
    )
    empty.ok("export", str(tmp_path / f"again-{target}"))
    assert (tmp_path / side).read_bytes() == (tmp_path / f"again-{side}").read_bytes()

    change = imported.text.rsplit("iotconfig undo ", 1)[1].strip()
    empty.ok("undo", change)
    assert {each: ([], None) for each in LABELS} == labels(empty)


def test_what_the_file_does_not_say_stays(full: CommandLine, tmp_path: Path) -> None:
    """Devices without a record, and members that a record lacks; with `--prune`, too. An empty list and null remove."""
    directory = tmp_path / "fleet"
    full.ok("export", str(directory))
    side = directory / "tags.ndjson"

    side.unlink()
    full.ok("import", str(directory), "--prune", "--expect-removed", "0")
    assert LABELS == labels(full)

    side.write_text(f'\ufeff{{"mac_address": "{THIRD.upper()}", "tags": ["new"]}}\r\n\r\n')
    full.ok("import", str(directory), "--prune", "--expect-removed", "0")
    assert LABELS | {THIRD: (["new"], None)} == labels(full)

    side.write_text(
        f'{{"mac_address": "{FIRST}", "tags": []}}\n{{"mac_address": "{SECOND}", "note": null}}\n'
        f'{{"mac_address": "{THIRD}", "note": "here"}}'
    )
    full.ok("import", str(directory))
    assert {FIRST: ([], LABELS[FIRST][1]), SECOND: ([], None), THIRD: (["new"], "here")} == labels(full)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"mac_address": "%s", "tags": ["Not A Tag"]}', '"Not A Tag" is no tag'),
        ('{"mac_address": "%s", "tags": "kitchen"}', "At /tags: expected an array, found a string"),
        ('{"mac_address": "%s", "tags": [7]}', "At /tags/0: expected a string"),
        ('{"mac_address": "%s", "tags": null}', "At /tags: expected an array"),
        ('{"mac_address": "%s", "note": 7}', "At /note: expected a string or null"),
        ('{"mac_address": "%s", "note": "a\\u0000b"}', "At /note"),
        ('{"mac_address": "%s", "tag": ["a"]}', "tag"),
        ('{"mac_address": "kitchen"}', "invalid format"),
        ('{"tags": ["a"]}', "At /mac_address: this member is required"),
        ("{", "At line 3, column 1"),
        ("\x1b[31m", "At line 2, column 1"),
        ('{"mac_address": "%s", "note": "' + "x" * 501 + '"}', "from 1 to 500 characters"),
        ('{"mac_address": "%s", "note": "' + "x" * 20_000 + '"}', "larger than 16384 bytes"),
        (
            '{"mac_address": "%s", "tags": ' + json.dumps([f"t{n}" for n in range(33)]) + "}",
            "at most 32 tags",
        ),
    ],
)
def test_a_malformed_record_prevents_the_import(
    full: CommandLine, tmp_path: Path, line: str, words: str
) -> None:
    """Of configs, too. The refusal names the file and the line."""
    directory = tmp_path / "fleet"
    full.ok("export", str(directory))
    (directory / "020000000001.json").write_text('{"n": 7}')
    (directory / "tags.ndjson").write_text(f'{{"mac_address": "{SECOND}"}}\n{line.replace("%s", FIRST)}\n')

    refused = full.run("import", str(directory), "--on-conflict", "replace")

    assert 1 == refused.status
    assert "tags.ndjson:2: " in refused.errors
    assert words in refused.errors
    assert "\x1b" not in refused.errors
    assert "0 new, 1 changed, 2 same, 1 refused: nothing was stored" in refused.text
    assert LABELS == labels(full)
    kept = full.run("import", str(directory), "--on-conflict", "replace", "--keep-going")
    assert (1, LABELS) == (kept.status, labels(full))
    assert "1 changed, 2 same, 1 refused: stored" in kept.text


def test_records_without_a_config_and_of_one_device_twice(full: CommandLine, tmp_path: Path) -> None:
    """The configs are stored; the tags are not, until the file is mended or `--keep-going` is given."""
    directory = tmp_path / "fleet"
    full.ok("export", str(directory))
    unknown = str(mac(9))
    (directory / "tags.ndjson").write_text(
        "".join(
            f'{{"mac_address": "{each}", "tags": ["{tag}"]}}\n'
            for each, tag in ((FIRST, "a"), (unknown, "b"), (FIRST.replace(":", ""), "c"))
        )
    )
    refused = full.run("import", str(directory))
    assert 1 == refused.status
    assert f"tags.ndjson:2: Config {unknown} was not found" in refused.errors
    assert f"tags.ndjson:3: tags.ndjson:1 has the same MAC address {FIRST}" in refused.errors
    assert "Tags and notes: 1 changed, 0 same, 2 refused: nothing was stored\n" in refused.text
    assert LABELS == labels(full)

    report = full.run("import", str(directory), "--keep-going", "--json")
    assert (1, (1, 2, True)) == (
        report.status,
        tuple(report.json()["tags"][name] for name in ("changed", "refused", "stored")),
    )
    assert ["a"] == labels(full)[FIRST][0]


def test_a_side_file_that_is_no_file(full: CommandLine, tmp_path: Path) -> None:
    """A link that leads out of the directory is refused, and a directory in its place."""
    directory, outside = tmp_path / "fleet", tmp_path / "outside"
    full.ok("export", str(directory))
    outside.write_text(f'{{"mac_address": "{FIRST}", "tags": ["stolen"]}}')
    side = directory / "tags.ndjson"
    side.unlink()
    side.symlink_to(outside)
    refused = full.run("import", str(directory))
    assert (1, LABELS) == (refused.status, labels(full))
    assert "tags.ndjson: " in refused.errors

    side.unlink()
    side.mkdir()
    for command in (["import", str(directory)], ["export", "--into", str(directory)]):
        refused = full.run(*command)
        assert 1 == refused.status
        assert "tags.ndjson" in refused.errors
    assert "Traceback" not in refused.errors


def _written(path: Path) -> tuple[int, int]:
    """The file and when it was written. Reading changes other members of its status."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def test_a_directory_is_brought_up_to_date(full: CommandLine, tmp_path: Path) -> None:
    """The side file is written where it is another, keeps its line ends where it is not, and goes where there are no labels."""
    directory = tmp_path / "fleet"
    full.ok("export", str(directory))
    side = directory / "tags.ndjson"
    side.write_bytes(side.read_bytes().replace(b"\n", b"\r\n"))
    before = _written(side)
    assert "tags.ndjson" not in full.ok("export", "--into", str(directory)).text
    assert before == _written(side)

    full.ok("tag", "add", "new", "--mac", THIRD)
    assert "changed  tags.ndjson\n" == full.ok("export", "--into", str(directory)).text
    assert 3 == len(side.read_text().splitlines())
    full.ok("tag", "remove", "new", "kitchen", "floor-3", "--all")
    full.ok("tag", "note", "--remove", "--all")
    assert "removed  tags.ndjson\n" == full.ok("export", "--into", str(directory)).text
    assert not side.exists()
    full.ok("tag", "add", "new", "--mac", THIRD)
    assert "new      tags.ndjson\n" == full.ok("export", "--into", str(directory)).text


def test_exports_by_tag(full: CommandLine, tmp_path: Path) -> None:
    """Only the configs, and the records of the side file, of devices with the tags."""
    full.ok("export", str(tmp_path / "kitchen"), "--tag", "kitchen")
    assert ["020000000001.json", "tags.ndjson"] == sorted(
        path.name for path in (tmp_path / "kitchen").iterdir()
    )
    full.ok("export", str(tmp_path / "others.ndjson"), "--tag", "!kitchen", "--tag", "!floor-3")
    others = (tmp_path / "others.ndjson").read_text().splitlines()
    assert [SECOND, THIRD] == [json.loads(line)["mac_address"] for line in others]
    assert 1 == len((tmp_path / "others.tags.ndjson").read_text().splitlines())
    assert 1 == full.ok("export", "-", "--tag", "kitchen").text.count("\n")
    full.ok("export", str(tmp_path / "others.ndjson"), "--tag", "kitchen", "--tag", "!floor-3")
    assert ("", False) == (
        (tmp_path / "others.ndjson").read_text(),
        (tmp_path / "others.tags.ndjson").exists(),
    )


def test_imports_by_tag(full: CommandLine, place: Place, tmp_path: Path) -> None:
    """The side file says which devices have the tag; where it says nothing, their configs do."""
    directory = tmp_path / "fleet"
    full.ok("export", str(directory))
    empty = place("empty")
    empty.ok("import", str(directory), "--tag", "kitchen")
    assert {FIRST: LABELS[FIRST]} == labels(empty)
    empty.ok("import", str(directory), "--tag", "!kitchen", "--dry-run")
    empty.ok("import", str(directory), "--tag", "!kitchen")
    assert LABELS == labels(empty)

    (directory / "tags.ndjson").unlink()
    for name in ("020000000001", "020000000002"):
        (directory / f"{name}.json").write_text('{"n": 9}')
    changed = full.ok("import", str(directory), "--tag", "kitchen", "--on-conflict", "replace").text
    assert "0 new, 1 changed, 0 same, 0 refused" in changed
    refused = full.run("import", str(directory), "--tag", "kitchen", "--prune", "--yes")
    assert 2 == refused.status
    assert "--prune takes all devices: leave out --tag." in refused.errors
