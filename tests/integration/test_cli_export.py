"""`iotconfig export`: all configs or no file, and the same bytes after an import."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.serving import COMMAND, environment, run_command
from tests.support.waiting import wait_until

ODD = [
    "{}",
    '{"a": 1.10, "b": 1E2, "c": -0.0, "d": 1e-400, "e": 123456789012345678901234567890}',
    '{ "deviceName" : "K\u00fcche", "enableOTA":false }',
    '{\n\t"a": 1\r\n}\n',
    '{"a": 1\r}',
    '  {"a": 1}',
    '{"a": 1}\t ',
    '\n\n{"a": 1}\n\n',
    '{"\u2028": "\u2029\u0085", "\u202e": "\U0001f600"}',
    '{"\\u00e9": "\\/\\ud83d\\ude00\\u2028\\n\\r\\"\\\\"}',
    '{"content": "{\\"mac_address\\": 1}", "mac_address": null}',
    '{"a": ' * 63 + "{}" + "}" * 63,
    '{"a": "' + "x" * 100_000 + '"}',
]
FLEET = {f"02:00:00:00:00:{number:02x}": text for number, text in enumerate(ODD)}
RECORDS = "".join(json.dumps({"mac_address": mac, "content": text}) + "\n" for mac, text in FLEET.items())


@pytest.fixture
def command(database_url: str) -> CommandLine:
    """The command line on each kind of database, with configs of unusual contents."""
    return filled(database_url)


@pytest.fixture
def quick(sqlite_url: str) -> CommandLine:
    """The same on SQLite."""
    return filled(sqlite_url)


def filled(url: str) -> CommandLine:
    """The command line on a database with these configs."""
    command = CommandLine({"DATABASE_URL": url})
    command.ok("import", "-", stdin=RECORDS.encode())
    return command


def tree(place: Path) -> dict[str, bytes]:
    """Each file below a directory, hidden ones included."""
    return {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()}


def test_a_directory_has_a_file_for_each_config(command: CommandLine, tmp_path: Path) -> None:
    """The name is the MAC address, the bytes are the content; standard output is empty."""
    ended = command.ok("export", str(tmp_path / "fleet"))

    assert {f"{mac.replace(':', '')}.json": text.encode() for mac, text in FLEET.items()} == tree(
        tmp_path / "fleet"
    )
    assert b"" == ended.output
    assert ended.errors.startswith("13 configs from ")
    assert ended.errors.endswith(f" exported to {tmp_path / 'fleet'}\n")


def test_records_are_sorted_lines(command: CommandLine, tmp_path: Path) -> None:
    """One line a config, sorted by MAC address, in a file or on standard output."""
    command.ok("export", str(tmp_path / "fleet.ndjson"))
    piped = command.ok("export", "-").output
    records = [json.loads(line) for line in piped.split(b"\n")[:-1]]

    assert piped == (tmp_path / "fleet.ndjson").read_bytes()
    assert sorted(FLEET) == [record["mac_address"] for record in records]
    assert b'{"mac_address": "02:00:00:00:00:02", "content": ' + ODD[2].encode() + b"}\n" in piped
    assert {False, True} == {isinstance(record["content"], str) for record in records}


@pytest.mark.parametrize("kind", ["directory", "ndjson", "pipe"])
@pytest.mark.parametrize("start", ["sqlite", "postgresql"])
def test_export_import_export_gives_the_same_bytes(
    sqlite_url: str, postgres_url: str, tmp_path: Path, start: str, kind: str
) -> None:
    """This holds in each form, between both kinds of database."""
    one, other = (sqlite_url, postgres_url) if start == "sqlite" else (postgres_url, sqlite_url)
    source, target = filled(one), CommandLine({"DATABASE_URL": other})
    exported: list[object] = []
    for command in (source, target):
        name = {"directory": f"fleet-{len(exported)}", "ndjson": f"fleet-{len(exported)}.ndjson", "pipe": "-"}[kind]  # fmt: skip
        path = name if kind == "pipe" else str(tmp_path / name)
        output = command.ok("export", path).output
        exported.append(tree(Path(path)) if kind == "directory" else output or Path(path).read_bytes())
        if command is source:
            target.ok("import", path, stdin=output)

    assert len(FLEET) == target.ok("config", "list", "--json").json()["count"]
    assert exported[0] == exported[1]


def test_an_empty_database_exports_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """The directory, the file or the output is empty, and can be imported."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    for name in ("fleet", "fleet.ndjson"):
        command.ok("export", str(tmp_path / name))
        command.ok("import", str(tmp_path / name))

    assert ({}, b"") == (tree(tmp_path / "fleet"), (tmp_path / "fleet.ndjson").read_bytes())
    assert b"" == command.ok("export", "-").output


@pytest.mark.parametrize("kind", ["full-directory", "file"])
def test_existing_files_are_not_mixed_with_an_export(quick: CommandLine, tmp_path: Path, kind: str) -> None:
    """A directory with entries, and a file instead of a directory, are refused and unchanged."""
    target = tmp_path / "there" / "fleet"
    if kind == "file":
        target.parent.mkdir()
        target.write_text("mine")
    else:
        target.mkdir(parents=True)
        (target / "notes.txt").write_text("mine")
    before = tree(target.parent)
    refused = quick.run("export", str(target))

    assert (1, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))
    assert "exists already" in refused.errors
    assert (kind == "full-directory") == ("add --into" in refused.errors)
    assert before == tree(target.parent)


def test_an_earlier_export_is_replaced_whole(quick: CommandLine, tmp_path: Path) -> None:
    """A file of records is replaced; an empty directory is filled."""
    (tmp_path / "fleet.ndjson").write_text("old\n" * 100_000)
    (tmp_path / "fleet").mkdir()
    quick.ok("export", str(tmp_path / "fleet.ndjson"))
    quick.ok("export", str(tmp_path / "fleet"))

    assert quick.ok("export", "-").output == (tmp_path / "fleet.ndjson").read_bytes()
    assert len(FLEET) == len(tree(tmp_path / "fleet"))


@pytest.mark.parametrize("name", ["missing/fleet", "missing/fleet.ndjson"], ids=["directory", "ndjson"])
def test_a_missing_parent_directory(quick: CommandLine, tmp_path: Path, name: str) -> None:
    """One line has the path as typed, not the name of a temporary file."""
    refused = quick.run("export", str(tmp_path / name))

    assert (1, 1) == (refused.status, refused.errors.count("\n"))
    assert "missing" in refused.errors
    assert ".part" not in refused.errors


def test_a_broken_link(quick: CommandLine, tmp_path: Path) -> None:
    """The refusal has the name of the file, and no error number."""
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    refused = quick.run("export", str(tmp_path / "link"))

    assert 1 == refused.status
    assert "link cannot be used: No such file or directory." in refused.errors
    assert "Errno" not in refused.errors


def test_json_is_not_a_form_of_export(quick: CommandLine, tmp_path: Path) -> None:
    """`.json` is ambiguous: it is a usage error with the remedy."""
    refused = quick.run("export", str(tmp_path / "fleet.json"))

    assert 2 == refused.status
    assert ".ndjson" in refused.errors
    assert not (tmp_path / "fleet.json").exists()


@pytest.mark.parametrize("name", ["out/fleet", "out/fleet.ndjson", "-"], ids=["directory", "ndjson", "pipe"])
def test_a_full_disk_leaves_no_partial_export(quick: CommandLine, tmp_path: Path, name: str) -> None:
    """No file, part or output stays; an existing file is unchanged."""
    for number in range(2):
        quick.ok("config", "create", f"02:00:00:00:01:{number:02x}", json.dumps({"a": "x" * 260_000}))
    (tmp_path / "out").mkdir()
    before: dict[str, bytes] = {}
    if name.endswith(".ndjson"):
        before = {"fleet.ndjson": b"from before\n"}
        (tmp_path / name).write_bytes(before["fleet.ndjson"])
    # Larger files fail with EFBIG, as they fail with ENOSPC on a full disk: Python ignores SIGXFSZ.
    ended = subprocess.run(
        ["sh", "-c", 'ulimit -f 240 && exec "$0" "$@"', COMMAND, "export", name],
        env=environment(quick.environ["DATABASE_URL"]),
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (1, b"", 1) == (ended.returncode, ended.stdout, ended.stderr.count(b"\n")), ended.stderr
    assert b"File too large" in ended.stderr
    assert before == tree(tmp_path / "out")
    assert len(before) == len(list((tmp_path / "out").iterdir()))


def test_a_full_standard_output(quick: CommandLine) -> None:
    """One line has the reason, and the status is not 0."""
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [COMMAND, "export", "-"],
            env=environment(quick.environ["DATABASE_URL"]),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )

    assert 0 != ended.returncode
    assert b"No space left" in ended.stderr
    assert b"Traceback" not in ended.stderr
    assert b"exported to" not in ended.stderr


def test_a_closed_pipe(quick: CommandLine) -> None:
    """`iotconfig export - | head -1` ends without an error message."""
    with subprocess.Popen(
        [COMMAND, "export", "-"],
        env=environment(quick.environ["DATABASE_URL"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        wait_until(lambda: process.poll() is not None, "the export ends")

    assert b"Traceback" not in errors
    assert b"ignored" not in errors


def test_the_installed_command_pipes_into_itself(quick: CommandLine, postgres_url: str) -> None:
    """`iotconfig export - | iotconfig import -` copies all configs from SQLite to PostgreSQL."""
    exported = run_command("export", "-", env=environment(quick.environ["DATABASE_URL"])).stdout
    imported = run_command("import", "-", env=environment(postgres_url), stdin=exported)

    assert (0, b"") == (imported.returncode, imported.stderr)
    assert exported == CommandLine({"DATABASE_URL": postgres_url}).ok("export", "-").output
