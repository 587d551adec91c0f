"""Refusals of `iotconfig import`: each bad record with position and reason, and an unchanged database."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, Outcome
from tests.support.serving import COMMAND, environment
from tests.support.tables import contents

GOOD = b'{"mac_address": "02:00:00:00:00:77", "content": {"a": 1}}\n'
GOOD_MAC = "02:00:00:00:00:77"
LIMIT = 1024

_MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


@pytest.fixture
def command(database_url: str) -> CommandLine:
    """The command line on each kind of database, with one config."""
    command = CommandLine({"DATABASE_URL": database_url})
    command.ok("config", "create", "02:00:00:00:00:01", '{"mine": 1}')
    return command


@pytest.fixture
def quick(sqlite_url: str) -> CommandLine:
    """The command line on SQLite, with contents of at most a kilobyte."""
    return CommandLine({"DATABASE_URL": sqlite_url, "IOTCONFIG_MAX_CONTENT_BYTES": str(LIMIT)})


def assert_refused(outcome: Outcome, *phrases: str) -> None:
    """Check for one line on standard error that contains all of these, and for a summary without stored configs."""
    assert 1 == outcome.status
    assert 1 == outcome.errors.count("\n"), outcome.errors
    assert [] == [phrase for phrase in phrases if phrase not in outcome.errors], outcome.errors
    assert " 1 refused: nothing was stored, in " in outcome.text
    assert (outcome.errors + outcome.text).replace("\n", "").isprintable()


RECORDS = [
    (b'{"mac_address": "02:00:00:00:00:78", "content": {"a": ', "standard input:2: ", "cut off"),
    (b"nonsense\n", "standard input:2: ", "not JSON"),
    (b"\xef\xbb\xbf" + GOOD.replace(b"77", b"78"), "standard input:2: ", "byte order mark"),
    (b'{"mac_address": "02:00:00:00:00:78", "content": {"a": "\xff"}}\n', "standard input:2: ", "UTF-8"),
    (b'{"mac_address": "kitchen\\u001b[2J", "content": {}}\n', "standard input:2: ", "kitchen\\x1b[2J"),
    (b'{"content": {}}\n', "standard input:2: ", "At /mac_address"),
    (b'{"mac_address": "02:00:00:00:00:78"}\n', "standard input:2: ", "At /content"),
    (b'{"mac_address": "02:00:00:00:00:78", "content": []}\n', "standard input:2: ", "At /content"),
    (b'{"mac_address": 5, "content": {}}\n', "standard input:2: ", "At /mac_address"),
    (b'{"mac_address": "02:00:00:00:00:78", "content": {}, "x": 1}\n', "standard input:2: ", "x"),
    (b'{"mac_address": "02:00:00:00:00:78", "content": {"deviceName": 5}}\n', ":2: ", "/content/deviceName"),
    (b'{"mac_address": "02:00:00:00:00:78", "content": "{\\"a\\": NaN}"}\n', ":2: ", "/content"),
    (b'{"mac_address": "02:00:00:00:00:78", "content": {"a": "' + b"x" * LIMIT + b'"}}', ":2: ", str(LIMIT)),
    (b"x" * 20 * LIMIT, "standard input:2: ", "larger than"),
]  # fmt: skip
RECORD_IDS = [
    "truncated", "no-json", "bom", "no-utf8", "no-mac", "mac-missing", "content-missing", "content-array",
    "mac-number", "unknown-member", "rule", "rule-in-string", "too-large", "long-line",
]  # fmt: skip


@pytest.mark.parametrize(("line", "place", "reason"), RECORDS, ids=RECORD_IDS)
def test_a_bad_record_is_named_and_nothing_stored(
    quick: CommandLine, line: bytes, place: str, reason: str
) -> None:
    """A preceding valid record is not stored either."""
    before = contents(quick.environ["DATABASE_URL"])

    assert_refused(quick.run("import", "-", stdin=GOOD + line), place, reason)
    assert before == contents(quick.environ["DATABASE_URL"])


@pytest.mark.parametrize(
    "text",
    [b'{"configs": [' + GOOD + b', {"mac_address": ', b'{"configs": [' + GOOD + b"]", b'{"configs": [' + GOOD + b"]} {}"],
    ids=["in-a-record", "behind-the-list", "more-behind-it"],
)  # fmt: skip
def test_a_broken_document_is_refused(quick: CommandLine, text: bytes) -> None:
    """A document that is truncated or has trailing text gives a position; nothing is stored."""
    before = contents(quick.environ["DATABASE_URL"])

    assert_refused(quick.run("import", "-", stdin=text), "standard input:2: ")
    assert before == contents(quick.environ["DATABASE_URL"])


def outward_link(fleet: Path) -> None:
    """A link to a good file beside the directory."""
    (fleet.parent / "secret.json").write_text("{}")
    (fleet / "020000000078.json").symlink_to(fleet.parent / "secret.json")


FILES: list[tuple[Callable[[Path], object], str, str]] = [
    (lambda fleet: (fleet / "kitchen.json").write_text("{}"), "kitchen.json: ", "invalid format"),
    (lambda fleet: (fleet / "020000000077.jsn").write_text("{}"), "77.jsn: ", "not <mac>.json"),
    (lambda fleet: (fleet / "x\x1b[2J.json").write_text("{}"), "x\\x1b[2J.json: ", "invalid format"),
    (lambda fleet: (fleet / "020000000078.json").write_bytes(b""), "020000000078.json: ", "empty"),
    (lambda fleet: (fleet / "020000000078.json").write_bytes(b'{"a": "\xff"}'), "78.json: ", "UTF-8"),
    (lambda fleet: (fleet / "020000000078.json").write_bytes(b"\xff\xfe{\0}\0"), "78.json: ", "UTF-16"),
    (lambda fleet: (fleet / "020000000078.json").write_bytes(b'{"a": '), "78.json: ", "line 1"),
    (lambda fleet: (fleet / "020000000078.json").write_bytes(b'{"enableOTA": 1}'), "78.json: ", "/enableOTA"),
    (outward_link, "020000000078.json: ", "out of the directory"),
    (lambda fleet: (fleet / "020000000078.json").symlink_to("nothing"), "78.json: ", "cannot be read"),
    (lambda fleet: os.mkfifo(fleet / "020000000078.json"), "78.json: ", "not a regular file"),
    (lambda fleet: (fleet / "020000000078.json").mkdir(), "78.json: ", "not a regular file"),
]  # fmt: skip
FILE_IDS = [
    "no-mac", "no-json", "control", "empty", "no-utf8", "utf-16", "cut-off", "rule", "link-out",
    "link-to-nothing", "fifo", "directory",
]  # fmt: skip


@pytest.mark.parametrize(("add", "place", "reason"), FILES, ids=FILE_IDS)
def test_a_bad_file_is_named_and_nothing_stored(
    quick: CommandLine, tmp_path: Path, add: Callable[[Path], object], place: str, reason: str
) -> None:
    """A valid file beside it is not stored either; a FIFO does not block."""
    fleet = tmp_path / "fleet"
    fleet.mkdir()
    (fleet / f"{GOOD_MAC}.json").write_text("{}")
    add(fleet)
    before = contents(quick.environ["DATABASE_URL"])

    assert_refused(quick.run("import", str(fleet)), place, reason)
    assert before == contents(quick.environ["DATABASE_URL"])


BAD = [line for line, place, _ in RECORDS if place == "standard input:2: " and line.endswith(b"\n")]


@pytest.mark.parametrize("dry", [False, True], ids=["real", "dry"])
def test_all_bad_records_are_listed(command: CommandLine, dry: bool) -> None:
    """The valid ones between them are counted, and not stored."""
    before = contents(command.environ["DATABASE_URL"])
    stdin = b"".join(BAD) + GOOD
    refused = command.run("import", "-", *["--dry-run"] * dry, stdin=stdin)

    assert 1 == refused.status
    assert [f"standard input:{n}" for n in range(1, len(BAD) + 1)] == [
        line.partition(": ")[0] for line in refused.errors.splitlines()
    ]
    assert refused.text.startswith(f"1 new, 0 changed, 0 same, {len(BAD)} refused: nothing was stored")
    assert before == contents(command.environ["DATABASE_URL"])


def test_of_a_wrong_file_twenty_lines_are_printed(quick: CommandLine) -> None:
    """The others are counted, and all are in the report for programs."""
    wrong = b"nonsense\n" * 5_000
    printed = quick.run("import", "-", stdin=wrong)
    report = quick.run("import", "-", "--json", stdin=wrong).json()

    *lines, rest = printed.errors.splitlines()
    assert [f"standard input:{n}" for n in range(1, 21)] == [line.partition(": ")[0] for line in lines]
    assert rest == "… and 4980 more refusals: --json lists all"
    assert " 5000 refused: nothing was stored, in " in printed.text
    assert (1, 5_000, 0) == (printed.status, len(report["errors"]), report["errors_left_out"])


def test_of_a_wrong_side_file_twenty_lines_are_printed(quick: CommandLine, tmp_path: Path) -> None:
    """Tags of devices without a config."""
    (tmp_path / "020000000001.json").write_text("{}")
    tags = [f'{{"mac_address": "0200000001{number:02x}", "tags": ["a"]}}\n' for number in range(30)]
    (tmp_path / "tags.ndjson").write_text("".join(tags))
    printed = quick.run("import", str(tmp_path))

    assert 1 == printed.status
    assert 20 == printed.errors.count("was not found")
    assert "… and 10 more refusals: --json lists all\n" in printed.errors


def test_keep_going_stores_the_valid_records(command: CommandLine) -> None:
    """Invalid ones are listed, the status is 1, and other configs are unchanged."""
    ended = command.run("import", "-", "--keep-going", stdin=b"".join(BAD) + GOOD)

    assert 1 == ended.status
    assert ended.text.startswith(f"1 new, 0 changed, 0 same, {len(BAD)} refused: stored, in ")
    assert len(BAD) == len(ended.errors.splitlines())
    assert b'{"a": 1}' == command.ok("config", "show", GOOD_MAC, "--content").output
    assert 2 == command.ok("config", "list", "--json").json()["count"]


TWIN = b'{"mac_address": "0200.0000.0077", "content": {"a": 2}}\n'


@pytest.mark.parametrize("going", [False, True], ids=["all-or-nothing", "keep-going"])
@pytest.mark.parametrize("kind", ["records", "directory"])
def test_two_spellings_of_one_mac_address(
    command: CommandLine, tmp_path: Path, kind: str, going: bool
) -> None:
    """Each refusal names the other, and neither record is stored."""
    names = {"records": ("standard input:1", "standard input:2"), "directory": ("0200.0000.0077.json", f"{GOOD_MAC}.json")}[kind]  # fmt: skip
    if kind == "directory":
        for name in names:
            (tmp_path / "fleet").mkdir(exist_ok=True)
            (tmp_path / "fleet" / name).write_text("{}")
    before = contents(command.environ["DATABASE_URL"])
    source = str(tmp_path / "fleet") if kind == "directory" else "-"
    refused = command.run("import", source, *["--keep-going"] * going, stdin=GOOD + TWIN)

    assert 1 == refused.status
    assert refused.text.startswith("0 new, 0 changed, 0 same, 2 refused: ")
    assert sorted(
        f"{one}: {other} has the same MAC address {GOOD_MAC}: keep one of them."
        for one, other in (names, names[::-1])
    ) == sorted(refused.errors.splitlines())
    assert before == contents(command.environ["DATABASE_URL"])


@pytest.mark.parametrize("message", ["x" * 1001, "\udcff"], ids=["too-long", "undecodable"])
def test_a_message_that_cannot_be_stored(command: CommandLine, message: str) -> None:
    """It is refused before the source is read."""
    before = contents(command.environ["DATABASE_URL"])
    refused = command.run("import", "-", "-m", message, stdin=GOOD)

    assert (1, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))
    assert before == contents(command.environ["DATABASE_URL"])


@pytest.mark.parametrize("kind", ["line", "record", "file"])
def test_300_megabytes_are_never_held(sqlite_url: str, tmp_path: Path, kind: str) -> None:
    """A line, a record or a file of 300 MB is refused with little memory, and the rest is read."""
    fleet = tmp_path / "fleet"
    fleet.mkdir()
    head = {"line": GOOD, "record": b'{"configs": [' + GOOD + b', {"', "file": b""}[kind]
    path = {"line": tmp_path / "f.ndjson", "record": tmp_path / "f.json", "file": fleet / "020000000078.json"}[kind]  # fmt: skip
    with path.open("wb") as file:
        file.write(head)
        file.truncate(300_000_000)
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + GOOD.replace(b"77", b"79"))
    source = fleet if kind == "file" else path
    ended = subprocess.run(
        [sys.executable, "-c", _MEASURE, COMMAND, "import", source],
        env=environment(sqlite_url),
        capture_output=True,
        timeout=60,
        check=False,
    )
    summary, _, peak = ended.stdout.decode().partition("peak ")

    assert 1 == ended.returncode
    assert b"larger than" in ended.stderr
    assert {"line": "2 new", "record": "1 new", "file": "0 new"}[kind] == summary.partition(",")[0]
    assert " 1 refused: nothing was stored" in summary
    assert int(peak) < 150_000, "kilobytes"


@pytest.mark.parametrize(
    ("name", "mac_address"), [("one.json", "MAC"), ("0200-0000-0078.json", "MAC"), ("020000000078.json", "02:00:00:00:00:78")]
)  # fmt: skip
@pytest.mark.parametrize(
    "text", ["{}", '{\n  "deviceName": "Porch"\n}\n', "\ufeff{}"], ids=["empty", "lines", "mark"]
)
def test_the_content_of_one_device_is_no_file_of_records(
    quick: CommandLine, tmp_path: Path, name: str, mac_address: str, text: str
) -> None:
    """One line says so, and has the command that stores it, with the MAC address that the file is named after."""
    (tmp_path / name).write_text(text)
    refused = quick.run("import", str(tmp_path / name))

    assert (1, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))
    assert f"{name} is the content of one device, not a file of records." in refused.errors
    assert refused.errors.endswith(
        f"run  iotconfig config set --create {mac_address} --file {tmp_path / name}\n"
    )


def test_the_command_that_an_import_names_stores_the_content(quick: CommandLine, tmp_path: Path) -> None:
    """It can be copied as it is, also where the path has a space."""
    place = tmp_path / "my files"
    place.mkdir()
    (place / "020000000078.json").write_text('{"deviceName": "Porch"}')
    named = quick.run("import", str(place / "020000000078.json")).errors.split("run  iotconfig ")[1]

    assert "Created config 1 of 02:00:00:00:00:78" in quick.ok(*shlex.split(named)).text


@pytest.mark.parametrize("record", ["{}", '{"deviceName": "Porch"}'])
def test_records_of_a_pipe_are_refused_by_their_line(quick: CommandLine, record: str) -> None:
    """Standard input has records, one a line, even if it is one line only."""
    assert_refused(quick.run("import", "-", stdin=f"{record}\n".encode()), "standard input:1: ")


def test_conflicts_name_the_options_that_settle_them(command: CommandLine) -> None:
    """Once, below the summary, however many there are; other refusals do not."""
    conflict = b'{"mac_address": "02:00:00:00:00:01", "content": {}}\n'
    errors = command.run("import", "-", stdin=conflict).errors

    assert errors.splitlines()[-1].startswith("Conflicts: --on-conflict skip keeps ")
    assert "--on-conflict" not in command.run("import", "-", stdin=b"{}\n").errors
    assert "--on-conflict" not in command.run("import", "-", "--on-conflict", "skip", stdin=conflict).errors


def test_standard_input_that_cannot_be_read(sqlite_url: str, tmp_path: Path) -> None:
    """The system's reason, without its number."""
    with (tmp_path / "written").open("wb") as written:
        ended = subprocess.run(
            [COMMAND, "import", "-"],
            env=environment(sqlite_url),
            stdin=written,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert (1, "", "Error: Bad file descriptor.\n") == (ended.returncode, ended.stdout, ended.stderr)
