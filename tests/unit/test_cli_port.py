"""The commands over a second implementation of their port, which has no database."""

from __future__ import annotations

import pytest

from iotconfig.adapters.cli.app import cli
from tests.support.command_line import Outcome, captured

from .remote_services import MAC, URL, RemoteServices, remote_runtime

NEW_MAC = "02:00:00:00:00:08"
RECORD = f'{{"mac_address": "{NEW_MAC}", "content": {{}}}}\n'.encode()

COMMANDS: list[tuple[list[str], list[str], str]] = [
    (["config", "list"], [], f"1 config in {URL}"),
    (["config", "list", "--deleted"], [], f"1 deleted config in {URL}"),
    (["config", "show", "7"], [], f"stored in     {URL}"),
    (["config", "show", MAC, "--content"], [], '{"deviceName": "Porch"}'),
    (["config", "create", NEW_MAC, "{}"], ["create"], f"Created config 7 of {MAC}, revision 2, in {URL}"),
    (["config", "set", "7", "{}"], ["edit Replace"], f"Set config 7 of {MAC}, revision 2, in {URL}"),
    (["config", "set", MAC, "{}", "--create"], ["put"], f"Created config 7 of {MAC}, revision 2, in {URL}"),
    (["config", "set", "7", "{}", "--dry-run"], ["preview"], "+{}"),
    (["config", "patch", "7", "{}"], ["edit Merge"], f"Patched config 7 of {MAC}, revision 2, in {URL}"),
    (["config", "delete", "7", "--yes"], ["delete"], f"Deleted config 7 of {MAC} in {URL}"),
    (["config", "replace-device", "7", NEW_MAC], ["replace_device"], f"Moved from {MAC}: config 7"),
    (["config", "history", "7"], [], f"2 revisions of config 7, in {URL}"),
    (["config", "diff", "7"], [], '+  "deviceName": "Porch 2"'),
    (["config", "rollback", "7", "1"], ["edit Rollback"], "Rolled back to revision 1: config 7"),
    (["config", "rollback", "7", "1", "--dry-run"], ["preview"], '+  "deviceName": "Porch 1"'),
    (["config", "restore", MAC], ["restore"], f"Restored config 7 of {MAC}"),
    (["prune-history", "--keep", "1"], ["prune"], f"4 revisions, 5 changes of the change log and 6 of devices' states removed, in {URL}"),
    (["import", "-"], ["load"], f"1 new, 0 changed, 0 same, 0 refused: stored, in {URL}"),
    (["export", "-"], [], f'"mac_address": "{MAC}"'),
    (["patch", "--all", "--merge", "{}"], ["patch"], f"1 changed, 0 same, 0 refused: stored, in {URL}"),
    (["tag", "add", "a", "--all"], ["tag"], f"1 changed, 0 same, 0 refused: stored, in {URL}"),
    (["tag", "remove", "a", "--mac", MAC], ["tag"], f"1 changed, 0 same, 0 refused: stored, in {URL}"),
    (["tag", "note", "behind the door", "--mac", MAC], ["tag"], f"1 changed, 0 same, 0 refused: stored, in {URL}"),
    (["tag", "list"], [], f"1 tag in {URL}"),
    (["layer", "list"], [], f"1 layer in {URL}"),
    (["layer", "show", "base"], [], f"stored in     {URL}"),
    (["layer", "set", "base", "{}"], ["PutLayer"], f"Set layer base, for all devices, revision 2, in {URL}"),
    (["layer", "patch", "base", "{}"], ["PatchLayer"], f"Patched layer base, for all devices, revision 2, in {URL}"),
    (["layer", "enable", "base"], ["PatchLayer"], f"Enabled layer base, for all devices, revision 2, in {URL}"),
    (["layer", "disable", "base"], ["PatchLayer"], f"Disabled layer base, for all devices, revision 2, in {URL}"),
    (["layer", "delete", "base", "--yes"], ["DeleteLayer"], f"Deleted layer base, for all devices, in {URL}"),
    (["layer", "delete", "base", "--dry-run"], [], "3 devices concerned, 2 of them served another document, 0 refused."),
    (["layer", "order", "base"], ["OrderLayers"], "change 0011223344556677; undo it"),
    (["layer", "history", "base"], [], f"2 revisions of layer base, in {URL}"),
    (["layer", "progress"], [], f"1 change of many devices in {URL}"),
    (["layer", "progress", "0011223344556677"], [], "250 of 600 devices done"),
    (["layer", "diff", "base"], [], '+  "a": 2'),
    (["layer", "rollback", "base"], ["RollBackLayer"], "Rolled back to revision 1: layer base"),
    (["flatten", "--dry-run"], [], f"Flattened 1 device, and delete 1 layer (base): nothing stored (dry run), in {URL}"),
    (["flatten", "--yes"], ["load", "DeleteLayer"], "layer base deleted"),
    (["secret", "set", "wifi-psk"], ["set secret wifi-psk"], f"Set secret wifi-psk, revision 1, in {URL}"),
    (["secret", "list"], [], f"1 secret in {URL}"),
    (["secret", "remove", "wifi-psk"], ["remove secret wifi-psk"], f"Removed secret wifi-psk, in {URL}"),
    (["secret", "new-key"], [], "a key"),
    (["changes", "--since", "yesterday"], [], f"1 change in {URL}"),
    (["devices"], [], f"1 device, 1 in_sync, in {URL}"),
    (["devices", "--former"], [], f"1 former device, in {URL}"),
    (["device", MAC], [], f"stored in     {URL}"),
    (["device", MAC, "--history"], [], f"1 change of the state of {MAC}, in {URL}"),
    (["explain", MAC], [], f"1 value of document 2 of {MAC}, from 1 layer, in {URL}"),
    (["explain", MAC, "/deviceName", "--at", "2h"], [], '"Lamp" of base 2'),
    (["wait", "--all", "--timeout", "0"], [], f"1 in_sync, of 1 device, after 0s, in {URL}"),
    (["new-devices"], [], f"1 new board in {URL}"),
    (["adopt", NEW_MAC, "--from-file", "-"], ["adopt"], f"Adopted: created config 7 of {MAC}, revision 2, in {URL}"),
    (["adopt", NEW_MAC, "--like", MAC], ["adopt_like"], f"Adopted: created config 7 of {MAC}, revision 2, in {URL}"),
    (["adopt", NEW_MAC, "--tag", "hall"], ["add"], f"Adopted: created config 7 of {MAC}, revision 2, in {URL}"),
    (["delete-device", MAC, "--yes"], ["delete_device"], f"Ended the device {MAC} in {URL}"),
    (["undo", "0011223344556677"], ["undo"], f"1 rolled back, 0 deleted, 0 restored, 0 refused: stored, in {URL}"),
    (["announce", MAC], ["announce"], f"1 config to be announced, in {URL}"),
    (["announce", "--all"], ["announce_all"], f"1 config to be announced, in {URL}"),
    (["health"], [], f"connected since 2026-01-01 00:00:00Z, no message yet\nhealthy, in {URL}"),
    (["notifications", "--retry"], ["retry_parked"], f"1 pending, 0 parked, in {URL}"),
    (["model", "list"], [], f"1 model in {URL}"),
    (["model", "show", "lamp"], [], '{"type": "object"}'),
    (["model", "set", "lamp", "--mode", "warn"], ["put model lamp"], f"Changed model lamp, revision 2, change 0011223344556677, in {URL}"),
    (["model", "assign", "lamp", "--all"], ["tag"], f"1 changed, 0 same, 0 refused: stored, in {URL}"),
    (["model", "unassign", "--mac", MAC], ["tag"], f"1 changed, 0 same, 0 refused: stored, in {URL}"),
    (["model", "delete", "lamp"], ["delete model lamp"], f"Deleted model lamp, change 0011223344556677, in {URL}"),
    (["token", "create", "ci", "--role", "viewer"], ["create token"], "iotc_secret"),
    (["token", "list"], [], f"1 token, in {URL}"),
    (["token", "list", "--json"], [], '"state": "active"'),
    (["token", "revoke", "ci"], ["revoke token"], f"Token ci is revoked, in {URL}"),
    (["device-token", "create", MAC], ["create device token"], f"{MAC} iotd_secret"),
    (["device-token", "create", "--all"], ["create device token"], f"{MAC} iotd_secret"),
    (["device-token", "list"], [], f"1 device has a token, in {URL}"),
    (["device-token", "revoke", MAC], ["revoke device token"], f"The token of {MAC} is revoked, in {URL}"),
    (["login", URL, "--token"], ["login"], f"Logged in as {RECORD.decode().strip()} (admin), in {URL}\n"),
    (["login", URL], ["login"], f"Logged in as ada (admin), in {URL}, for 2 hours\n"),
    (["logout", URL], ["logout"], f"Logged out, in {URL}\nYour browser may be signed in still; this page signs it out: {URL}/out\n"),
]  # fmt: skip
"""Commands, each with the use cases that it calls to change something, and a part of its output."""


def run(*arguments: str, stdin: bytes = b"") -> tuple[Outcome, list[str]]:
    """Run one command against the service; returns the outcome and the calls."""
    runtime, calls = remote_runtime()
    outcome = captured(lambda: cli.main(list(arguments), "iotconfig", obj=runtime), stdin)
    return outcome, calls


@pytest.mark.parametrize(("arguments", "calls", "output"), COMMANDS, ids=[" ".join(c[0]) for c in COMMANDS])
def test_a_command_needs_only_its_port(arguments: list[str], calls: list[str], output: str) -> None:
    """It names the installation, and calls the use cases of the port and nothing else."""
    ended, called = run(*arguments, stdin=RECORD)

    assert output in ended.succeeded().text
    assert calls == called


def test_every_command_is_tried() -> None:
    """A new command joins the list, unless it needs an editor, a directory, the database or a process, or has a test of its own."""
    tried = [" ".join(arguments) for arguments, _, _ in COMMANDS]
    tried += [
        "config edit",
        "load-test-data",
        "upgrade-db",
        "db-status",
        "backup",
        "restore",
        "relay",
        "apply",
        "factor",
        "plan",
        "secret reencrypt",
        "serve",
        "validate",
    ]
    names = {
        f"{name} {inner}".strip()
        for name, command in cli.commands.items()
        for inner in getattr(command, "commands", [""])
    }

    assert set() == {name for name in names if not any(f"{each} ".startswith(f"{name} ") for each in tried)}


def test_devices_that_layers_reach_are_not_factored() -> None:
    """The layer of the service reaches all of its devices."""
    ended, called = run("factor")

    assert (1, []) == (ended.status, called)
    assert f"Layers reach 1 of these devices already, such as {MAC}" in ended.errors


def test_the_largest_content_is_that_of_the_service() -> None:
    """The command refuses larger content before it calls a use case."""
    ended, called = run("config", "create", NEW_MAC, '{"filler": "' + "x" * 64 + '"}')

    assert (1, []) == (ended.status, called)
    assert "64" in ended.errors


def test_a_refusal_of_the_service_is_one_line() -> None:
    """Whatever raises the error of the domain."""
    ended, called = run("config", "delete", "8", "--yes")

    assert (1, []) == (ended.status, called)
    assert "Error: Config 8 was not found: 'iotconfig config list' lists all.\n" == ended.errors


def test_text_of_a_service_makes_no_line_of_its_own() -> None:
    """A line end in it is shown as an escape: such as in the name of the caller."""
    ended, _ = run("login", URL, "--token", stdin=b"eve\nLogged in as root")

    assert f"Logged in as eve\\nLogged in as root (admin), in {URL}\n" == ended.succeeded().text


@pytest.mark.parametrize(
    "arguments", [["devices"], ["devices", "--former"], ["device", MAC], ["wait", "--all"]]
)
def test_a_store_without_evidence(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another package: the error says what it lacks."""
    monkeypatch.setattr(RemoteServices, "devices", None)
    ended, _ = run(*arguments)

    assert "Error: This database keeps no evidence of what devices run.\n" == ended.errors


@pytest.mark.parametrize("name", ["load-test-data", "upgrade-db", "relay", "serve"])
def test_a_command_for_databases_is_refused_in_one_line(name: str) -> None:
    """Such a command has nothing to work on."""
    ended, _ = run(name)

    assert (1, "Error: This command needs the database itself.\n") == (ended.status, ended.errors)


def test_devices_that_fail_a_validation_are_listed() -> None:
    """The status is 1."""
    ended, called = run("validate")

    assert (1, []) == (ended.status, called)
    assert f"{MAC} (Kitchen)\n  at /brightness: expected an integer of at most 100, found 140\n" in ended.text
    assert f"1 of 8 devices fail, in {URL}" in ended.text
