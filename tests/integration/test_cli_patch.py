"""`iotconfig patch`: one merge patch to all selected configs, and a line for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, Outcome
from tests.support.schema import rows
from tests.support.tables import contents

KITCHEN = (
    '{ "deviceName" : "K\u00fcche 1", "enableOTA": true, "gain": 1.10,\r\n\t"big": 1E2, "\\u00e9": "\\/" }\n'
)
HALL = '{"deviceName": "Hall", "enableOTA": false, "wifi": {"ssid": "a", "key": "b"}}'
PLAIN = '{"gain": 2}'
FLEET = {"02:00:00:00:00:01": KITCHEN, "02:00:00:00:00:02": HALL, "02:00:00:00:00:aa": PLAIN}


@pytest.fixture
def command(database_url: str) -> CommandLine:
    """The command line on each kind of database, with three configs."""
    return filled(database_url)


@pytest.fixture
def quick(sqlite_url: str) -> CommandLine:
    """The same on SQLite."""
    return filled(sqlite_url)


def filled(url: str) -> CommandLine:
    """The command line on a database with the fleet."""
    command = CommandLine({"DATABASE_URL": url})
    for mac, text in FLEET.items():
        command.ok("config", "create", mac, text)
    return command


def stored(command: CommandLine) -> list[str]:
    """The contents, sorted by MAC address."""
    return [str(text) for (text,) in rows(command.environ["DATABASE_URL"], "SELECT content FROM configs ORDER BY mac_address")]  # fmt: skip


def changed(outcome: Outcome) -> list[str]:
    """The last octets of the MAC addresses that a patch reports as changed."""
    return [line[15:17] for line in outcome.text.splitlines() if "  changed  revision " in line]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--all"], ["01", "02", "aa"]),
        (["--match", "K\u00dcCHE"], ["01"]),
        (["--match", "00:00:AA"], ["aa"]),
        (["--match", "0000.00AA"], ["aa"]),
        (["--ota"], ["01"]),
        (["--no-ota"], ["02"]),
        (["--match", "hall", "--no-ota"], ["02"]),
        (["--match", "hall", "--ota", "--allow-empty"], []),
        (["--match", "%", "--allow-empty"], []),
        (["--mac", "0200.0000.00AA", "--mac", "02-00-00-00-00-01"], ["01", "aa"]),
        (["--name", "Hall"], ["02"]),
        (["--name", "Hall", "--mac", "0200000000aa"], ["02", "aa"]),
        (["--where", "/gain=1.1"], ["01"]),
        (["--where", "gain=2.0", "--where", "gain=2"], ["aa"]),
        (["--where", "/wifi/key=b", "--no-ota"], ["02"]),
        (["--where", '/wifi={"key": "b", "ssid": "a"}'], ["02"]),
        (["--mac", "020000000001", "--where", "gain=2", "--expect", "0"], []),
        (["--all", "--expect", "3"], ["01", "02", "aa"]),
    ],
)
def test_options_select(command: CommandLine, options: list[str], expected: list[str]) -> None:
    """Substring without case, the flag, or both; other configs are unchanged."""
    before = dict(zip(FLEET, stored(command), strict=True))
    ended = command.ok("patch", *options, "--merge", '{"new": 1}')
    after = dict(zip(FLEET, stored(command), strict=True))

    assert expected == changed(ended) == [mac[-2:] for mac in FLEET if before[mac] != after[mac]]
    ending = "stored" if expected else "nothing to store"
    assert f"\n{len(expected)} changed, 0 same, 0 refused: {ending}, in " in f"\n{ended.text}"
    assert ("" if expected else "No config is selected.\n") == ended.errors


def test_other_members_keep_their_bytes(command: CommandLine) -> None:
    """Members are replaced in place, removed by null, or appended."""
    command.ok("patch", "--all", "--merge", '{"gain": 3.50, "wifi": {"key": null}, "new": "\\u00e9"}')
    kitchen, hall, plain = stored(command)

    assert kitchen.startswith(
        '{ "deviceName" : "K\u00fcche 1", "enableOTA": true, "gain": 3.50,\r\n\t"big": 1E2, "\\u00e9": "\\/"'
    )
    assert kitchen.endswith("}\n")
    assert '"wifi": {"ssid": "a"}' in hall
    assert '"new": "\\u00e9"' in plain


def test_a_patch_from_standard_input(quick: CommandLine) -> None:
    """`--merge -` reads it."""
    quick.ok("patch", "--all", "--merge", "-", stdin='{"name": "\u00e9"}'.encode())

    assert all('"name": "\u00e9"' in text for text in stored(quick))


def test_each_change_is_a_revision_with_its_message(command: CommandLine) -> None:
    """Results have the revisions, the history the message; each changed device has a notification."""
    url = command.environ["DATABASE_URL"]
    ended = command.ok("patch", "--all", "--merge", '{"gain": 2}', "-m", "calibrated")

    assert ["01", "02"] == changed(ended)
    assert "02:00:00:00:00:aa  same  revision 1\n" in ended.text
    assert "2 changed, 1 same, 0 refused: stored, in " in ended.text
    assert [("update", "calibrated")] * 2 == rows(
        url, "SELECT operation, message FROM revisions WHERE revision = 2"
    )
    assert {"01": 2, "02": 2, "aa": 1} == {
        str(key)[-2:]: number
        for key, number in rows(url, "SELECT key, document_number FROM notifications WHERE key LIKE '02:%'")
    }


def test_a_repeated_patch_changes_nothing(command: CommandLine) -> None:
    """All are equal, and no row of any table is changed."""
    arguments = ("patch", "--all", "--merge", '{"gain": 1.10, "wifi": null, "a": {"b": [1]}}')
    command.ok(*arguments)
    before = contents(command.environ["DATABASE_URL"])
    again = command.ok(*arguments)

    assert "0 changed, 3 same, 0 refused: nothing to store, in " in again.text
    assert [] == changed(again)
    assert before == contents(command.environ["DATABASE_URL"])


def test_a_dry_run_shows_counts_and_samples(command: CommandLine) -> None:
    """Lines and counts equal those of the real run, with the first few diffs; nothing is stored."""
    before = contents(command.environ["DATABASE_URL"])
    dry = command.ok("patch", "--all", "--merge", '{"gain": 2}', "--dry-run")

    assert ["01", "02"] == changed(dry)
    assert "--- 02:00:00:00:00:01.json revision 1\n+++ 02:00:00:00:00:01.json\n" in dry.text
    assert '-  "gain": 1.10,\n+  "gain": 2,\n' in dry.text
    assert "2 changed, 1 same, 0 refused: nothing was stored (dry run), in " in dry.text
    assert before == contents(command.environ["DATABASE_URL"])
    real = command.ok("patch", "--all", "--merge", '{"gain": 2}')
    assert [line for line in dry.text.splitlines() if "  revision " in line] == real.text.splitlines()[:-2]


def test_a_dry_run_shows_a_few_samples_only(quick: CommandLine) -> None:
    """There are at most five diffs."""
    for number in range(6):
        quick.ok("config", "create", f"02:00:00:00:01:{number:02x}", "{}")

    assert 5 == quick.ok("patch", "--all", "--merge", '{"a": 1}', "--dry-run").text.count("\n+++ ")


BREAKS = '{"deviceName": {"part": 1}}'
"""Breaks a rule wherever it is merged."""


LARGE = '{"a": "' + "x" * 1010 + '"}'


@pytest.fixture
def crowded(command: CommandLine) -> CommandLine:
    """A limit of a kilobyte; two configs have no room for more."""
    for name in ("1", "2"):
        command.ok("config", "set", name, LARGE)
    return CommandLine({**command.environ, "IOTCONFIG_MAX_CONTENT_BYTES": "1024"})


@pytest.mark.parametrize("dry", [False, True], ids=["real", "dry"])
def test_one_invalid_result_stores_nothing(crowded: CommandLine, dry: bool) -> None:
    """Standard error has devices and reasons; the status is 1, the database unchanged."""
    before = contents(crowded.environ["DATABASE_URL"])
    refused = crowded.run("patch", "--all", "--merge", '{"new": 12345}', *["--dry-run"] * dry)

    assert 1 == refused.status
    assert ["02:00:00:00:00:01", "02:00:00:00:00:02"] == [e[:17] for e in refused.errors.splitlines()]
    assert all("1024 bytes" in line for line in refused.errors.splitlines())
    assert "1 changed, 0 same, 2 refused: nothing was stored" in refused.text
    assert before == contents(crowded.environ["DATABASE_URL"])


def test_keep_going_patches_the_others(crowded: CommandLine) -> None:
    """Valid results are stored, the others unchanged, and the status is 1."""
    ended = crowded.run("patch", "--all", "--merge", '{"new": 12345}', "--keep-going")

    assert 1 == ended.status
    assert ["aa"] == changed(ended)
    assert "1 changed, 0 same, 2 refused: stored, in " in ended.text
    assert [LARGE] * 2 == stored(crowded)[:2]
    assert '"new": 12345' in stored(crowded)[2]


def test_a_violation_has_its_pointer(quick: CommandLine) -> None:
    """Each device has the pointer in its document."""
    refused = quick.run("patch", "--all", "--merge", BREAKS)

    assert 1 == refused.status
    assert [f"{mac}: At /deviceName" for mac in FLEET] == [
        line.partition(":  ")[0][:33] for line in refused.errors.splitlines()
    ]
    assert list(FLEET.values()) == stored(quick)


@pytest.mark.parametrize(
    ("arguments", "status", "phrase"),
    [
        (["--merge", "{}"], 2, "--all"),
        (["--all", "--mac", "02:00:00:00:00:01", "--merge", "{}"], 2, "--all"),
        (["--all", "--where", "gain=2", "--merge", "{}"], 2, "--all"),
        (["--expect", "3", "--allow-empty", "--merge", "{}"], 2, "--all"),
        (["--mac", "0x", "--merge", "{}"], 1, "invalid format"),
        (["--name", "\udcff", "--merge", "{}"], 1, "surrogate"),
        (["--name", "", "--merge", "{}"], 2, "--where /deviceName="),
        (["--all", "--expect", "1" + "0" * 30, "--merge", "{}"], 2, "'--expect': 1" + "0" * 30 + " is larger"),
        (["--from-file", "-", "--merge", "-"], 2, "both read standard input"),
        (["--match", "", "--merge", "{}"], 1, "empty"),
        (["--match", "unknown", "--merge", "{}"], 1, "--allow-empty"),
        (["--all", "--expect", "2", "--merge", "{}"], 1, "3, not 2"),
        (["--all", "--expect", "2", "--merge", "{}", "--dry-run"], 1, "3, not 2"),
        (["--where", "gain", "--merge", "{}"], 2, "--where"),
        (["--where", "=1", "--merge", "{}"], 1, "path"),
        (["--where", "/a~2=1", "--merge", "{}"], 1, "JSON Pointer"),
        (["--where", "gain=1e999", "--merge", "{}"], 1, "--where gain"),
        (["--where", "gain={", "--merge", "{}"], 1, "--where gain"),
        (["--all", "--merge", "{}", "--set", "a=1"], 2, "--merge JSON"),
        (["--all", "--set", "a"], 2, "--set"),
        (["--all", "--set", "a=null"], 1, "--unset"),
        (["--all", "--match", "x", "--merge", "{}"], 2, "--all"),
        (["--all", "--ota", "--merge", "{}"], 2, "--all"),
        (["--all"], 2, "--merge JSON"),
        (["--all", "--merge", "[1]"], 1, "object"),
        (["--all", "--merge", "5"], 1, "object"),
        (["--all", "--merge", '{"a": '], 1, "line 1"),
        (["--all", "--merge", '{"a": 1, "a": 2}'], 1, "/a"),
        (["--all", "--merge", '{"a": NaN}'], 1, "/a"),
        (["--all", "--merge", '{"a": "\udcff"}'], 1, "surrogate"),
        (["--match", "x" * 256, "--merge", "{}"], 1, "255"),
        (["--all", "--merge", '{"a": 1}', "-m", "x" * 1001], 1, "1000"),
    ],
)  # fmt: skip
def test_invalid_patches(quick: CommandLine, arguments: list[str], status: int, phrase: str) -> None:
    """One line, and nothing is stored: a missing selection does not select all."""
    before = contents(quick.environ["DATABASE_URL"])
    refused = quick.run("patch", *arguments)

    assert (status, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))
    assert phrase in refused.errors
    assert before == contents(quick.environ["DATABASE_URL"])


def test_a_patch_that_is_not_utf8(quick: CommandLine) -> None:
    """Bytes on standard input are checked."""
    refused = quick.run("patch", "--all", "--merge", "-", stdin=b'{"a": "\xff"}')

    assert (1, 1) == (refused.status, refused.errors.count("\n"))
    assert "UTF-8" in refused.errors


def test_devices_of_a_file(command: CommandLine, tmp_path: Path) -> None:
    """MAC addresses in any spelling, one a line, with empty lines and comments; or standard input."""
    devices = tmp_path / "floor 1.txt"
    devices.write_bytes("\ufeff# floor 1\r\n\r\n 0200.0000.0001 \r\n02:00:00:00:00:AA".encode())
    assert ["01", "aa"] == changed(command.ok("patch", "--from-file", str(devices), "--set", "a=1"))

    piped = command.ok("patch", "--from-file", "-", "--set", "a=2", stdin=b"020000000002\n")
    assert ["02"] == changed(piped)
    both = command.ok(
        "patch",
        "--from-file",
        "-",
        "--name",
        "Hall",
        "--where",
        "a=2",
        "--set",
        "a=3",
        stdin=b"0200000000aa\n",
    )
    assert ["02"] == changed(both)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        (b"020000000001\n\n0x\n", 'line 3: MAC address "0x"'),
        (b"\xff", "devices: "),
        (b"", "No config is selected"),
        (b"# none\n", "No config is selected"),
    ],
)
def test_a_file_that_is_no_list_of_devices(
    quick: CommandLine, tmp_path: Path, text: bytes, phrase: str
) -> None:
    """The line is named; an empty file does not select all."""
    devices = tmp_path / "devices"
    devices.write_bytes(text)
    before = contents(quick.environ["DATABASE_URL"])
    refused = quick.run("patch", "--from-file", str(devices), "--set", "a=1")

    assert (1, b"", 1) == (refused.status, refused.output, refused.errors.count("\n"))
    assert phrase in refused.errors
    assert before == contents(quick.environ["DATABASE_URL"])


def test_a_file_that_does_not_exist(quick: CommandLine, tmp_path: Path) -> None:
    """One line."""
    refused = quick.run("patch", "--from-file", str(tmp_path / "none"), "--set", "a=1")
    assert (1, 1) == (refused.status, refused.errors.count("\n"))


def test_devices_that_do_not_exist_are_listed(command: CommandLine) -> None:
    """All of them, and nothing is stored, unless the others are to be patched."""
    arguments = ("--mac", "02ffffffff01", "--mac", "020000000001", "--name", "hall", "--set", "a=1")
    refused = command.run("patch", *arguments)
    assert 1 == refused.status
    assert [
        "02:ff:ff:ff:ff:01: Config 02:ff:ff:ff:ff:01 was not found.",
        "hall: Config hall was not found.",
    ] == (refused.errors.splitlines())
    assert "1 changed, 0 same, 2 refused: nothing was stored, in " in refused.text
    assert list(FLEET.values()) == stored(command)

    kept = command.run("patch", *arguments, "--keep-going")
    assert (1, ["01"]) == (kept.status, changed(kept))

    # Also where nothing else is selected, so that there is no report.
    for option in ("--keep-going", "--dry-run"):
        alone = command.run("patch", "--name", "hall", "--set", "a=1", option)
        assert [
            "hall: Config hall was not found.",
            "Error: No config is selected, so nothing was changed. --allow-empty accepts that.",
        ] == alone.errors.splitlines()
    other = command.run("patch", *arguments, "--keep-going", "--expect", "2")
    assert ["02:ff:ff:ff:ff:01: Config", "hall: Config", "Error: The"] == [
        " ".join(line.split()[:2]) for line in other.errors.splitlines()
    ]


def test_members_are_set_and_removed_one_by_one(quick: CommandLine) -> None:
    """As the merge patch that they stand for."""
    quick.ok(
        *("patch", "--name", "Hall", "--set", "wifi.ssid=c", "--set", "/wifi/pin=0123"),
        *("--set", "wifi.on=true", "--unset", "wifi.key", "--unset", "enableOTA", "--set", "gain=1.10"),
    )
    assert (
        '{"deviceName": "Hall", "wifi": {"ssid": "c", "pin": "0123", "on": true}, "gain": 1.10}'
        == stored(quick)[1]
    )


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["patch", "--all", "--merge", "-"], "The patch"),
        (["patch", "--from-file", "-", "--set", "a=1"], "standard input"),
        (["config", "patch", "1", "-"], "The patch"),
    ],
)
def test_endless_input_is_refused(
    quick: CommandLine, arguments: list[str], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not read to its end."""
    monkeypatch.setattr("iotconfig.adapters.cli.streams.MOST_BYTES", 2 * 1024 * 1024)
    ended = quick.run(*arguments, stdin=b" " * (2 * 1024 * 1024 + 1))

    assert (1, f"Error: {place} has more than 2 MiB.\n") == (ended.status, ended.errors)
