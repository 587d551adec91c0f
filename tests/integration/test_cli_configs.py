"""`iotconfig config …`: naming configs, reading content, and output for people and programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.serving import Serve, environment, run_command

MAC = "02:ab:cd:ef:01:23"
DOCUMENT = b'{ "deviceName" : "K\xc3\xbcche", "gain": 1.10,\r\n\t"big": 1E2, "\\u00e9": "\\/" }\n'
SUMMARY = {
    "id", "mac_address", "device_name", "device_entity_id", "enable_ota", "revision", "etag", "created_at",
    "updated_at", "change", "tags", "note", "model",
}  # fmt: skip


def test_create_show_set_delete(command: CommandLine) -> None:
    """Each step prints a sentence that names the config."""
    created = command.ok("config", "create", MAC, '{"deviceName": "Lamp"}')
    changed = command.ok("config", "set", "1", '{"deviceName": "Lamp 2", "enableOTA": true}')
    shown = command.ok("config", "show", MAC)
    listed = command.ok("config", "list")
    deleted = command.ok("config", "delete", "1", "--yes")

    assert created.text.startswith(f"Created config 1 of {MAC}, revision 1, in ")
    assert changed.text.startswith(f"Set config 1 of {MAC}, revision 2, in ")
    for text in (shown.text, listed.text):
        assert MAC in text
        assert "Lamp 2" in text
        assert "yes" in text
    assert '{"deviceName": "Lamp 2", "enableOTA": true}' in shown.text
    assert deleted.text.startswith(f"Deleted config 1 of {MAC} in ")
    assert 0 == command.ok("config", "list", "--json").json()["count"]
    assert 4 == command.ok("config", "create", MAC, "{}", "--json").json()["revision"]


@pytest.mark.parametrize(
    "name",
    ["1", MAC, MAC.upper(), "02-AB-cd-ef-01-23", "02abCDef0123", "02AB.cdef.0123"],
    ids=["id", "colons", "upper-case", "dashes", "bare", "dotted"],
)
def test_a_config_is_named_by_id_or_mac(quick: CommandLine, name: str) -> None:
    """Every command accepts each spelling of a MAC address."""
    quick.ok("config", "create", MAC, "{}")

    assert 1 == quick.ok("config", "show", name, "--json").json()["id"]
    assert 2 == quick.ok("config", "set", name, '{"a": 1}', "--json").json()["revision"]
    quick.ok("config", "delete", name, "--yes")
    assert 1 == quick.run("config", "show", name).status


def test_twelve_digits_are_a_mac_address(quick: CommandLine) -> None:
    """Twelve digits are never an id, as the help says."""
    quick.ok("config", "create", "020000000042", "{}")

    assert "02:00:00:00:00:42" == quick.ok("config", "show", "020000000042", "--json").json()["mac_address"]
    assert "12:34:56:78:90:12" in quick.run("config", "show", "123456789012").errors


@pytest.mark.parametrize("source", ["argument", "dash", "file", "file-dash"])
@pytest.mark.parametrize("name", ["create", "set"])
def test_content_comes_back_byte_for_byte(quick: CommandLine, tmp_path: Path, name: str, source: str) -> None:
    """Spacing, line ends, escapes and number spellings are kept from each source."""
    path = tmp_path / "content.json"
    path.write_bytes(DOCUMENT)
    given = {
        "argument": [DOCUMENT.decode()],
        "dash": ["-"],
        "file": ["--file", str(path)],
        "file-dash": ["-f", "-"],
    }[source]
    if name == "set":
        quick.ok("config", "create", MAC, "{}")
    quick.ok("config", name, MAC, *given, stdin=DOCUMENT if "-" in given else b"")

    assert DOCUMENT == quick.ok("config", "show", MAC, "--content").output


def test_the_installed_command_moves_bytes(sqlite_url: str) -> None:
    """Standard input is copied to standard output without additions."""
    env = environment(sqlite_url)
    created = run_command("config", "create", MAC, "-", env=env, stdin=DOCUMENT)
    shown = run_command("config", "show", MAC, "--content", env=env)

    assert (0, b"") == (created.returncode, created.stderr)
    assert (0, DOCUMENT, b"") == (shown.returncode, shown.stdout, shown.stderr)


def test_json_has_the_members_of_http(
    quick: CommandLine, sqlite_url: str, start_serve: Callable[..., Serve]
) -> None:
    """--json prints the answer of the HTTP API for one config and for the list."""
    created = quick.ok("config", "create", MAC, DOCUMENT.decode(), "--json")
    client = start_serve(sqlite_url, workers=1).client

    assert {*SUMMARY, "content"} == set(created.json())
    assert client.get("/api/configs/1").json() == created.json()
    assert client.get("/api/configs/1").json() == quick.ok("config", "show", "1", "--json").json()
    listed = quick.ok("config", "list", "--json").json()
    answered = client.get("/api/configs").json()
    assert (answered["configs"], answered["count"]) == (listed["configs"], listed["count"])
    assert SUMMARY == set(listed["configs"][0])


def test_json_keeps_the_content_verbatim(quick: CommandLine) -> None:
    """--json contains the content in its own characters, `1.10` as `1.10`."""
    quick.ok("config", "create", MAC, DOCUMENT.decode())

    assert DOCUMENT in quick.ok("config", "show", MAC, "--json").output


def test_a_list_of_more_than_one_page(quick: CommandLine) -> None:
    """A list has all configs, sorted by MAC address; --limit and --search restrict it."""
    macs = [f"02:00:00:00:01:{number:02x}" for number in range(4)]
    for mac in reversed(macs):
        quick.ok("config", "create", mac, json.dumps({"deviceName": f"Lamp {mac[-1]}"}))
    everything = quick.ok("config", "list", "--json").json()
    limited = quick.ok("config", "list", "--limit", "3", "--json").json()
    found = quick.ok("config", "list", "--search", "LAMP 2", "--json").json()

    assert (macs, 4) == ([c["mac_address"] for c in everything["configs"]], everything["count"])
    assert (macs[:3], 4) == ([c["mac_address"] for c in limited["configs"]], limited["count"])
    assert (macs[2:3], 1) == ([c["mac_address"] for c in found["configs"]], found["count"])
    assert "3 of 4 configs" in quick.ok("config", "list", "--limit", "3").text


@pytest.mark.parametrize(("option", "expected"), [("--ota", ["01"]), ("--no-ota", ["02"])], ids=["on", "off"])
def test_a_list_by_updates_over_the_air(quick: CommandLine, option: str, expected: list[str]) -> None:
    """--ota and --no-ota select by the flag; configs without it are in neither list."""
    for number, content in enumerate(('{"enableOTA": true}', '{"enableOTA": false}', "{}"), 1):
        quick.ok("config", "create", f"02:00:00:00:00:0{number}", content)
    listed = quick.ok("config", "list", option, "--json").json()["configs"]

    assert expected == [c["mac_address"][-2:] for c in listed]


@pytest.mark.parametrize(
    "evil",
    ["\x1b[2J", "\x07\x08", "\x9b31m", "\x85", "a\nb\rc", "\u202egnp.exe", "\u2028"],
    ids=["escape", "bell", "c1-csi", "next-line", "line-ends", "right-to-left", "line-separator"],
)
@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "raw"])
def test_control_characters_never_reach_a_terminal(quick: CommandLine, evil: str, escaped: bool) -> None:
    """A device's name cannot clear the screen, forge a row or reverse text."""
    name = json.dumps({"deviceName": f"x{evil}y"}, ensure_ascii=escaped)
    quick.ok("config", "create", MAC, name)
    listed = quick.ok("config", "list").text
    shown = quick.ok("config", "show", MAC).text
    asked = quick.run("config", "delete", MAC, stdin=b"n\n")

    for text in (listed, shown, asked.text + asked.errors):
        assert all(c.isprintable() or c == "\n" for c in text), ascii(text)
    assert 5 == listed.count("\n")


def test_an_unchanged_set_takes_no_revision(command: CommandLine) -> None:
    """Content equal to the stored bytes changes neither revision nor times."""
    before = command.ok("config", "create", MAC, "{}", "--json").json()

    assert before == command.ok("config", "set", MAC, "{}", "--json").json()


def test_set_creates_on_request(command: CommandLine) -> None:
    """`set --create` creates a missing config, and changes an existing one."""
    created = command.ok("config", "set", "--create", MAC, "{}")
    changed = command.ok("config", "set", "--create", MAC, '{"a": 1}')

    assert created.text.startswith("Created config 1 ")
    assert changed.text.startswith("Set config 1 ")


@pytest.mark.parametrize(("answer", "left"), [(b"y\n", 0), (b"n\n", 1), (b"", 1)], ids=["yes", "no", "end"])
def test_delete_asks(quick: CommandLine, answer: bytes, left: int) -> None:
    """Without an explicit yes, nothing is deleted."""
    quick.ok("config", "create", MAC, "{}")
    ended = quick.run("config", "delete", MAC, stdin=answer)

    assert (left != 0) == (ended.status != 0)
    assert left == quick.ok("config", "list", "--json").json()["count"]


def test_a_dry_run_of_set_or_create(command: CommandLine) -> None:
    """The difference to the content that the device has, or to nothing; nothing is stored."""
    created = command.ok("config", "set", MAC, '{"a": 1}', "--create", "--dry-run").text
    assert 0 == command.ok("config", "list", "--json").json()["count"]
    command.ok("config", "create", MAC, '{"a": 1}')
    changed = command.ok("config", "set", MAC, '{"a": 2}', "--create", "--dry-run").text
    refused = command.run("config", "set", MAC, "{}", "--create", "--dry-run", "--if-revision", "7")

    assert ["--- /dev/null", '+  "a": 1'] == [
        line for line in created.splitlines() if line[:3] in ("---", "+  ")
    ]
    assert ['-  "a": 1', '+  "a": 2'] == [line for line in changed.splitlines() if line[:3] in ("-  ", "+  ")]
    assert (1, True) == (refused.status, "the precondition excludes" in refused.errors)
    assert 1 == command.ok("config", "show", MAC, "--json").json()["revision"]
