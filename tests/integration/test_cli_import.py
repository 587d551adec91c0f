"""`iotconfig import`: configs from a directory, from records, or through a pipe."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.schema import rows
from tests.support.serving import COMMAND, environment, run_command
from tests.support.tables import contents
from tests.support.terminal import at_terminal

FLEET = {
    "02:00:00:00:00:01": '{ "deviceName" : "K\u00fcche", "gain": 1.10 }',
    "02:00:00:00:00:02": '{"a": "\\u00e9\\/",\r\n\t"b": 1E2}\n',
    "02:00:00:00:00:0a": "{}",
}
SPELLINGS = ["02-00-00-00-00-01", "0200.0000.0002", "02000000000A"]
SUMMARY = "3 new, 0 changed, 0 same, 0 refused: stored, in "
LOGIN = pwd.getpwuid(os.getuid()).pw_name


def lines(fleet: dict[str, str]) -> bytes:
    """These configs as NDJSON, the contents as strings."""
    records = [{"mac_address": mac, "content": text} for mac, text in fleet.items()]
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def source(kind: str, place: Path) -> str:
    """The configs as a source of this kind."""
    path = place / {"directory": "fleet", "ndjson": "fleet.ndjson", "document": "fleet.json"}[kind]
    if kind == "directory":
        path.mkdir()
        for name, text in zip(SPELLINGS, FLEET.values(), strict=True):
            (path / f"{name}.json").write_bytes(text.encode())
    elif kind == "ndjson":
        path.write_bytes(lines(FLEET))
    else:
        path.write_bytes(b'{"configs": [' + b",\n".join(lines(FLEET).splitlines()) + b"]}")
    return str(path)


def stored(command: CommandLine) -> dict[str, str]:
    """The stored contents."""
    return {str(m): str(text) for m, text in rows(command.environ["DATABASE_URL"], "SELECT mac_address, content FROM configs")}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "piped"),
    [("directory", False), ("ndjson", False), ("document", False), ("ndjson", True), ("document", True)],
    ids=["directory", "ndjson", "document", "ndjson-piped", "document-piped"],
)
def test_configs_are_imported_byte_for_byte(
    command: CommandLine, runtime: str, tmp_path: Path, kind: str, piped: bool
) -> None:
    """Each source gives message, author and a notification for each device."""
    path = source(kind, tmp_path)
    stdin = Path(path).read_bytes() if piped else b""
    ended = command.ok("import", "-" if piped else path, "--message", "moved in", stdin=stdin)
    url = command.environ["DATABASE_URL"]

    assert ended.text.startswith(SUMMARY)
    assert "" == ended.errors
    assert FLEET == stored(command)
    # A service takes the author from the token; without authentication there is none.
    author = "anonymous" if runtime == "service" else LOGIN
    assert [("create", author, "moved in")] * 3 == rows(
        url, "SELECT operation, author, message FROM revisions"
    )
    assert sorted(FLEET) == sorted(
        str(key) for (key,) in rows(url, "SELECT key FROM notifications WHERE key LIKE '02:%'")
    )


@pytest.mark.parametrize("kind", ["directory", "ndjson", "document"])
def test_a_repeated_import_changes_nothing(command: CommandLine, tmp_path: Path, kind: str) -> None:
    """It makes no revision and no notification: no row changes."""
    path = source(kind, tmp_path)
    command.ok("import", path)
    before = contents(command.environ["DATABASE_URL"])

    assert command.ok("import", path, "--on-conflict", "replace").text.startswith(
        "0 new, 0 changed, 3 same, 0 refused: nothing to store, in "
    )
    assert before == contents(command.environ["DATABASE_URL"])


def with_a_conflict(command: CommandLine) -> bytes:
    """Three configs: one exists with other content, one with equal content, one is new."""
    first, second, third = FLEET
    command.ok("import", "-", stdin=lines({first: '{"mine": 1}', second: FLEET[second]}))
    return lines({first: FLEET[first], second: FLEET[second], third: FLEET[third]})


MINE = '{"mine": 1}'
FIRST, SECOND, THIRD = FLEET.values()
CHOICES = [
    pytest.param(["fail"], 1, "1 new, 0 changed, 1 same, 1 refused", None, id="fail"),
    pytest.param(
        ["fail", "--keep-going"], 1, "1 new, 0 changed, 1 same, 1 refused", [MINE, SECOND, THIRD], id="keep-going"
    ),
    pytest.param(["skip"], 0, "1 new, 0 changed, 1 same, 1 skipped, 0 refused", [MINE, SECOND, THIRD], id="skip"),
    pytest.param(["replace"], 0, "1 new, 1 changed, 1 same, 0 refused", [FIRST, SECOND, THIRD], id="replace"),
]  # fmt: skip


@pytest.mark.parametrize(("choice", "status", "counts", "afterwards"), CHOICES)
def test_conflicts_follow_the_option(
    command: CommandLine, choice: list[str], status: int, counts: str, afterwards: list[str] | None
) -> None:
    """Each option has its contents, counts and status; a refused conflict is named."""
    stdin = with_a_conflict(command)
    before = contents(command.environ["DATABASE_URL"])
    ended = command.run("import", "-", "--on-conflict", *choice, stdin=stdin)
    ending = "nothing was stored" if afterwards is None else "stored"

    assert status == ended.status
    assert ended.text.startswith(f"{counts}: {ending}, in ")
    assert bool(status) == (
        "standard input:1: A config for MAC address 02:00:00:00:00:01 exists already" in ended.errors
    )
    if afterwards is None:
        assert before == contents(command.environ["DATABASE_URL"])
    else:
        assert afterwards == [text for _, text in sorted(stored(command).items())]


@pytest.mark.parametrize(("choice", "status", "counts", "afterwards"), CHOICES)
def test_a_dry_run_counts_and_stores_nothing(
    command: CommandLine, choice: list[str], status: int, counts: str, afterwards: list[str] | None
) -> None:
    """Counts and status equal those of the real run; every table is unchanged."""
    stdin = with_a_conflict(command)
    before = contents(command.environ["DATABASE_URL"])
    dry = command.run("import", "-", "--dry-run", "--on-conflict", *choice, stdin=stdin)

    assert dry.text.startswith(f"{counts}: nothing was stored (dry run), in ")
    assert before == contents(command.environ["DATABASE_URL"])
    assert (status, afterwards is None) == (dry.status, choice == ["fail"])


def test_a_deleted_config_is_created_anew(quick: CommandLine) -> None:
    """It is not a conflict; the revision continues the counter."""
    quick.ok("import", "-", stdin=lines(FLEET))
    quick.ok("config", "delete", "1", "--yes")

    assert quick.ok("import", "-", stdin=lines(FLEET)).text.startswith("1 new, 0 changed, 2 same, ")
    assert 3 == quick.ok("config", "show", next(iter(FLEET)), "--json").json()["revision"]


def test_content_as_an_object_is_verbatim(quick: CommandLine) -> None:
    """An object is stored with the characters of its line; blank lines are skipped."""
    text = '{ "gain" : 1.10, "e":"\\u00e9" }'
    stdin = f'\n  \n{{"content": {text}, "mac_address": "02-00-00-00-00-01"}}\r\n\n'.encode()
    quick.ok("import", "-", stdin=stdin)

    assert {"02:00:00:00:00:01": text} == stored(quick)


@pytest.mark.parametrize(
    "stdin", [b"", b"\n\n", b'{"configs": []}'], ids=["nothing", "blank", "empty-document"]
)
def test_an_empty_source_is_not_an_error(quick: CommandLine, stdin: bytes) -> None:
    """The output says that nothing was stored."""
    assert quick.ok("import", "-", stdin=stdin).text.startswith("0 new, 0 changed, 0 same, 0 refused: ")


def test_links_within_the_directory_are_followed(quick: CommandLine, tmp_path: Path) -> None:
    """A link to a file inside is another name of it; the directory itself may be a link."""
    fleet = Path(source("directory", tmp_path))
    (fleet / "02:00:00:00:00:03.json").symlink_to(f"{SPELLINGS[0]}.json")
    (tmp_path / "link").symlink_to(fleet)

    assert quick.ok("import", str(tmp_path / "link")).text.startswith("4 new, ")
    assert FIRST == stored(quick)["02:00:00:00:00:03"]


@pytest.mark.parametrize("kind", ["directory", "ndjson"])
def test_progress_is_shown_at_a_terminal(sqlite_url: str, tmp_path: Path, kind: str) -> None:
    """A terminal gets a bar above the summary, a pipe only the summary and the change."""
    path = source(kind, tmp_path)
    piped = run_command("import", path, env=environment(sqlite_url))
    shown = at_terminal("import", path, env=environment(sqlite_url))

    assert (0, b"", 2) == (piped.returncode, piped.stderr, piped.stdout.count(b"\n"))
    assert "Reading" in shown.text
    assert "\n0 new, 0 changed, 3 same, 0 refused: nothing to store, in " in shown.text


def test_a_pipe_with_a_name_is_read(sqlite_url: str, tmp_path: Path) -> None:
    """`<(zcat fleet.gz)` of the shell is read like standard input."""
    ended = subprocess.run(
        ["sh", "-c", '"$0" import /dev/stdin', COMMAND],
        env=environment(sqlite_url),
        input=lines(FLEET),
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (0, b"") == (ended.returncode, ended.stderr)


@pytest.mark.parametrize(
    "arguments", [("missing",), (), ("-", "--on-conflict", "merge")], ids=["missing", "none", "choice"]
)
def test_wrong_usage(quick: CommandLine, arguments: tuple[str, ...]) -> None:
    """A wrong call exits with 2 and one line."""
    refused = quick.run("import", *arguments)

    assert (2, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))


def test_the_file_of_a_replaced_board_is_refused(quick: CommandLine, tmp_path: Path) -> None:
    """The refusal names the successor, and the last line the option that gives the board a config again."""
    quick.ok("config", "create", "02:00:00:00:00:aa", "{}")
    quick.ok("export", str(tmp_path / "fleet"))
    quick.ok("config", "replace-device", "02:00:00:00:00:aa", "02:00:00:00:00:bb")
    refused = quick.run("import", str(tmp_path / "fleet"))

    assert 1 == refused.status
    assert "0 new, 0 changed, 0 same, 1 refused: nothing was stored" in refused.text
    first, last = refused.errors.splitlines()
    assert "0200000000aa.json: The board 02:00:00:00:00:aa was replaced: " in first
    assert "its config belongs to 02:00:00:00:00:bb now." in first
    assert "--allow-replaced" in last
    assert ["02:00:00:00:00:bb"] == list(stored(quick))
    assert "1 new" in quick.ok("import", "--allow-replaced", str(tmp_path / "fleet")).text
    assert ["02:00:00:00:00:aa", "02:00:00:00:00:bb"] == sorted(stored(quick))
