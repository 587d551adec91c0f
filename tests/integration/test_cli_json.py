"""`--json`: the shapes of the API where it has them, and nothing else on standard output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from attrs import AttrsInstance, fields

from iotconfig.adapters.cli.app import cli
from iotconfig.adapters.codec import written_name
from iotconfig.adapters.codec.answers import ConfigAnswer
from iotconfig.adapters.diff import Preview
from iotconfig.adapters.http.api.bulk.importing import Imported
from iotconfig.adapters.http.api.bulk.patching import Patched, PatchedConfig
from iotconfig.adapters.http.api.bulk.reports import ListedRefusal
from iotconfig.adapters.http.api.tokens import CreatedDeviceToken, CreatedToken
from tests.support.command_line import CommandLine

MAC = "02:00:00:00:00:07"
OTHER = "02:00:00:00:00:08"
BAD = f'{{"mac_address": "{MAC}", "content": {{}}}}\n{{"mac_address": "bad", "content": {{}}}}\n'.encode()

WITHOUT = {
    "device-token revoke": "its exit status is the result",
    "export": "its standard output may be the records",
    "load-test-data": "a person reads it once",
    "login": "a person reads it",
    "logout": "its exit status is the result",
    "relay": "it runs until it is stopped",
    "secret new-key": "its output is the key",
    "secret reencrypt": "its exit status is the result",
    "secret remove": "its exit status is the result",
    "serve": "it runs until it is stopped",
    "token revoke": "its exit status is the result",
}
"""The commands without `--json`, and why."""


def names_of(answer: type[AttrsInstance]) -> set[str]:
    """The members of an answer of the API."""
    return {written_name(attribute) for attribute in fields(answer)}


def _commands(group: click.Group, *path: str) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= _commands(command, *path, name)
        else:
            found[" ".join((*path, name))] = command
    return found


def test_every_command_with_a_result_has_json() -> None:
    """A new command gets `--json`, or joins the list of those without."""
    without = {
        name
        for name, command in _commands(cli).items()
        if not any("--json" in option.opts for option in command.params)
    }

    assert set(WITHOUT) == without


def test_a_patch_and_an_undo_are_reported_as_by_the_api(command: CommandLine) -> None:
    """With the outcome for each config, and the id of the change; without samples, and without tags and documents of layers, which stay."""
    command.ok("config", "create", MAC, "{}")
    patched = command.ok("patch", "--all", "--merge", '{"a": 1}', "--json").json()
    undone = command.ok("undo", patched["change"], "--json").json()

    for report, outcome in ((patched, "changed"), (undone, "changed")):
        assert names_of(Patched) - {"samples"} == set(report)
        assert names_of(PatchedConfig) - {"tags", "note", "model", "document"} == set(report["results"][0])
        assert (True, False, 1) == (report["stored"], report["dry_run"], report[outcome])


def test_an_import_is_reported_as_by_the_api(command: CommandLine) -> None:
    """Refusals are in the report, with their place, code and details; the exit status is that of the command."""
    ended = command.run("import", "-", "--json", stdin=BAD)
    report: dict[str, Any] = ended.json()

    assert (1, "") == (ended.status, ended.errors)
    assert names_of(Imported) == set(report)
    assert names_of(ListedRefusal) == set(report["errors"][0])
    assert ("standard input:2", "INVALID_OPERATION") == tuple(
        report["errors"][0][n] for n in ("place", "code")
    )
    assert (1, 1, False) == (report["new"], report["refused"], report["stored"])


def test_dry_runs_are_reported_as_by_the_api(command: CommandLine) -> None:
    """Of commands on one config: the difference, and nothing is stored."""
    command.ok("config", "create", MAC, "{}")
    command.ok("config", "patch", MAC, "--set", "a=1")
    tried = {
        ("set", MAC, "{}", "--yes"): (True, 1, "remove"),
        ("set", MAC, "{}", "--create", "--yes"): (True, 1, "remove"),
        ("patch", MAC, "--set", "a=2"): (True, 1, "replace"),
        ("patch", MAC, "--set", "a=1"): (False, 1, None),
        ("rollback", MAC): (True, 1, "remove"),
        ("set", "--create", OTHER, "{}"): (True, None, "replace"),
    }
    for arguments, expected in tried.items():
        found = command.ok("config", *arguments, "--dry-run", "--json").json()
        assert names_of(Preview) == set(found)
        operations = [operation["op"] for operation in found["json_patch"]] or [None]
        assert (expected, True) == ((found["changed"], found["id"], operations[0]), found["dry_run"])
    assert [(MAC, 2)] == [
        (config["mac_address"], config["revision"])
        for config in command.ok("config", "list", "--json").json()["configs"]
    ]


def test_new_tokens_as_by_the_api(command: CommandLine) -> None:
    """With their text, and nothing on standard error; those of devices are one object a line."""
    made = command.ok("token", "create", "ci", "--role", "viewer", "--json")
    lines = command.ok("device-token", "create", MAC, OTHER, "--json").text.splitlines()

    assert (names_of(CreatedToken), "") == (set(made.json()), made.errors)
    assert ("active", True) == (made.json()["state"], made.json()["token"].startswith("iotc_"))
    assert [MAC, OTHER] == [json.loads(line)["mac_address"] for line in lines]
    assert [names_of(CreatedDeviceToken)] * 2 == [set(json.loads(line)) for line in lines]


def test_a_replaced_board_as_json(command: CommandLine) -> None:
    """It is the config, with its new address."""
    command.ok("config", "create", MAC, "{}")
    found = command.ok("config", "replace-device", MAC, OTHER, "--json").json()

    assert (names_of(ConfigAnswer), OTHER) == (set(found), found["mac_address"])


def test_counts_as_json(command: CommandLine) -> None:
    """Of an announcement."""
    command.ok("config", "create", MAC, "{}")

    assert {"configs": 1} == command.ok("announce", MAC, "--json").json()
    assert {"configs": 1} == command.ok("announce", "--all", "--json").json()


def test_maintenance_as_json(sqlite_url: str, tmp_path: Path) -> None:
    """Of the database itself."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    status = command.ok("db-status", "--json").json()

    assert {"database", "current", "pending", "known", "is_current"} == set(status)
    assert (True, []) == (status["is_current"], status["pending"])
    assert {"database": status["database"], "applied": []} == command.ok("upgrade-db", "--json").json()
    copied = command.ok("backup", str(tmp_path / "copy.db"), "--json").json()
    assert {"database": status["database"], "path": str(tmp_path / "copy.db")} == copied
    restored = command.ok("restore", copied["path"], "--json").json()
    assert {"database": status["database"], "path": copied["path"]} == {
        name: restored[name] for name in ("database", "path")
    }
    assert Path(restored["kept"]).is_file()
    pruned = command.ok("prune-history", "--keep", "1", "--dry-run", "--json")
    assert {"dry_run": True, "revisions": 0, "changes": 0, "states": 0} == json.loads(pruned.text)
