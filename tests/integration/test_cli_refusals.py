"""Refusals of `iotconfig config …`: one line on standard error, a status other than 0, and nothing stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, Outcome
from tests.support.serving import environment, run_command

MAC = "02:ab:cd:ef:01:23"


@pytest.fixture
def command(database_url: str) -> CommandLine:
    """The command line on each kind of database, with one config."""
    command = CommandLine({"DATABASE_URL": database_url})
    command.ok("config", "create", MAC, '{"mine": 1}')
    return command


@pytest.fixture
def quick(sqlite_url: str) -> CommandLine:
    """The command line on SQLite, with one config."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("config", "create", MAC, '{"mine": 1}')
    return command


def assert_refused(outcome: Outcome, *phrases: str) -> None:
    """Check for one line that contains all of these."""
    assert 0 != outcome.status
    assert b"" == outcome.output
    assert 1 == outcome.errors.count("\n"), outcome.errors
    assert outcome.errors.startswith("Error: ")
    for phrase in phrases:
        assert phrase in outcome.errors


def assert_unchanged(command: CommandLine) -> None:
    """Check that the one config is unchanged and the only one."""
    listed = command.ok("config", "list", "--json").json()
    assert (1, 1) == (listed["count"], listed["configs"][0]["revision"])


@pytest.mark.parametrize(
    "mac",
    ["02:ab:cd:ef:01", "02:ab-cd:ef:01:23", "02abcdef012", "02abcdef01234", "\uff10\uff12:ab:cd:ef:01:24", f"{MAC}\n", "", "x\x1b[2J"],
    ids=["short", "mixed", "eleven", "thirteen", "full-width", "newline", "empty", "escape"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["create", "set"])
def test_a_bad_mac_address(quick: CommandLine, name: str, mac: str) -> None:
    """The refusal shows the argument without its control characters."""
    refused = quick.run("config", name, mac, "{}")
    may_be_name = name == "set" and mac in {"\uff10\uff12:ab:cd:ef:01:24", "x\x1b[2J", f"{MAC}\n"}

    assert_refused(refused, "was not found" if may_be_name else "invalid format")
    assert "\x1b" not in refused.errors
    assert_unchanged(quick)


@pytest.mark.parametrize(
    ("content", "phrase"),
    [
        ('{"a": {"b": [1, NaN]}}', "/a/b/1"),
        ('{"a": 1, "a": 2}', "/a"),
        ('{"deviceName": 5}', "/deviceName"),
        ('{"enableOTA": "yes"}', "/enableOTA"),
        ('{"a\x1b": 1, "a\x1b": 2}', "line 1"),
        ('{"a\\u001b": 1, "a\\u001b": 2}', "/a"),
        ('{"a": 1e999}', "/a"),
        ('{"a":\n}', "line 2"),
        ("[1]", "object"),
        ("", "line 1"),
        ('{"a": "\udcff"}', "surrogate"),
    ],
    ids=[
        "nan", "duplicate", "name-no-string", "ota-no-flag", "raw-control", "escaped-control", "infinite",
        "no-json", "array", "empty", "undecodable-argument",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["create", "set"])
def test_bad_content(quick: CommandLine, name: str, content: str, phrase: str) -> None:
    """The refusal has the pointer in the document, on one line."""
    mac = MAC if name == "set" else "02:00:00:00:00:99"
    refused = quick.run("config", name, mac, content)

    assert_refused(refused, phrase)
    assert refused.errors.strip().isprintable()
    assert_unchanged(quick)


@pytest.mark.parametrize(
    ("stdin", "phrase"),
    [(b'{"a": "\xff"}', "UTF-8"), (b"\xff\xfe{\0}\0", "UTF-16"), (b'{"a": "' + b"x" * 2000 + b'"}', "1024")],
    ids=["no-utf8", "utf-16", "too-large"],
)  # fmt: skip
def test_bad_bytes(sqlite_url: str, stdin: bytes, phrase: str) -> None:
    """Standard input is checked as a file is, the size limit included."""
    command = CommandLine({"DATABASE_URL": sqlite_url, "IOTCONFIG_MAX_CONTENT_BYTES": "1024"})

    assert_refused(command.run("config", "create", MAC, "-", stdin=stdin), phrase)
    assert 0 == command.ok("config", "list", "--json").json()["count"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("show",),
        ("set", "{}"),
        ("set", "{}", "--dry-run"),
        ("delete", "--yes"),
        ("history",),
        ("diff",),
        ("rollback", "1"),
        ("restore",),
        ("replace-device", "02:00:00:00:00:98"),
    ],
    ids=lambda a: a[0] + a[-1][1:] * ("--dry-run" in a),
)
@pytest.mark.parametrize(
    "name",
    ["2", "02:00:00:00:00:99", str(2**63 - 1), str(2**63), str(2**64), "9" * 30, "0"],
    ids=["id", "mac", "largest-id", "2**63", "2**64", "thirty-digits", "zero"],
)
def test_no_such_config(quick: CommandLine, arguments: tuple[str, ...], name: str) -> None:
    """The refusal names the missing config; any number of digits is an id."""
    verb, *rest = arguments

    assert_refused(quick.run("config", verb, name, *rest), name, "was not found")
    assert_unchanged(quick)


def test_create_refuses_what_exists(command: CommandLine) -> None:
    """The refusal has the MAC address, and the command that replaces the content."""
    assert_refused(
        command.run("config", "create", MAC.upper(), "{}"), MAC, "exists", f"'iotconfig config set {MAC}'"
    )
    assert_unchanged(command)


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", MAC, "{}", "--if-revision", "7"),
        ("set", "1", "{}", "--if-revision", "7"),
        ("set", "--create", MAC, "{}", "--if-revision", "7"),
        ("set", "--create", "02:00:00:00:00:99", "{}", "--if-revision", "1"),
        ("delete", MAC, "--yes", "--if-revision", "7"),
    ],
    ids=["set-by-mac", "set-by-id", "set-or-create", "create", "delete"],
)
def test_another_revision_than_expected(command: CommandLine, arguments: tuple[str, ...]) -> None:
    """--if-revision prevents that a script overwrites an unseen change; the refusal names the option."""
    way_out = "Leave out --if-revision" if arguments[2] == "02:00:00:00:00:99" else "--if-revision 1 accepts"
    assert_refused(command.run("config", *arguments), "precondition", way_out)
    assert_unchanged(command)


def test_the_expected_revision_is_accepted(command: CommandLine) -> None:
    """With the current revision, --if-revision allows changes and deletions."""
    command.ok("config", "set", MAC, "{}", "--if-revision", "1")
    command.ok("config", "delete", MAC, "--if-revision", "2", "--yes")


@pytest.mark.parametrize("name", ["nope.json", "."], ids=["missing", "directory"])
def test_a_file_that_cannot_be_read(
    quick: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The refusal names the file."""
    monkeypatch.chdir(tmp_path)

    assert_refused(quick.run("config", "set", MAC, "--file", name), name)
    assert_unchanged(quick)


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", MAC),
        ("set", MAC, "{}", "--file", "-"),
        ("set", "--create", "1", "{}"),
        ("set", MAC, "{}", "--if-revision", "0"),
        ("list", "--limit", "0"),
        ("show",),
        ("shwo", MAC),
    ],
    ids=["no-content", "content-twice", "create-by-id", "revision-0", "limit-0", "no-name", "no-command"],
)
def test_wrong_usage(quick: CommandLine, arguments: tuple[str, ...]) -> None:
    """A wrong call exits with 2, has the reason, and does nothing."""
    refused = quick.run("config", *arguments, stdin=b"{}")

    assert (2, b"") == (refused.status, refused.output)
    assert "Error: " in refused.errors
    assert_unchanged(quick)


@pytest.mark.parametrize("text", ["x" * 256, "\udcff"], ids=["too-long", "undecodable"])
def test_an_invalid_search(command: CommandLine, text: str) -> None:
    """A text that no database can process is refused before a query."""
    assert_refused(command.run("config", "list", "--search", text))


@pytest.mark.parametrize(
    ("variable", "value"),
    [("DATABASE_URL", "mysql://x"), ("IOTCONFIG_MAX_CONTENT_BYTES", "many")],
)
def test_a_bad_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """One line names the variable."""
    monkeypatch.chdir(tmp_path)

    assert_refused(CommandLine({variable: value}).run("config", "list"), variable)


def test_the_installed_command_refuses_in_one_line(sqlite_url: str) -> None:
    """This holds for arguments that are not valid text."""
    refused = run_command("config", "create", MAC, '{"a": "\udcff"}', env=environment(sqlite_url))

    assert (1, b"", 1) == (refused.returncode, refused.stdout, refused.stderr.count(b"\n"))
