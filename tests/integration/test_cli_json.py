"""`--json`: the shapes of the API where it has them, and nothing else on standard output."""

from __future__ import annotations

import json
from typing import Any

import click
from attrs import AttrsInstance, fields

from iotconfig.adapters.cli.app import cli
from iotconfig.adapters.codec import written_name
from iotconfig.adapters.http.api.bulk.importing import Imported
from iotconfig.adapters.http.api.bulk.patching import Patched, PatchedConfig
from iotconfig.adapters.http.api.bulk.reports import ListedRefusal
from tests.support.command_line import CommandLine

MAC = "02:00:00:00:00:07"
BAD = f'{{"mac_address": "{MAC}", "content": {{}}}}\n{{"mac_address": "bad", "content": {{}}}}\n'.encode()

WITHOUT = {
    "backup", "device-token create", "device-token revoke", "export", "load-test-data", "login", "logout", "relay", "restore",
    "serve", "token create", "token revoke", "upgrade-db",
}  # fmt: skip
"""Commands whose output is one value already, or that have no result to read."""


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

    assert WITHOUT == without


def test_a_patch_and_an_undo_are_reported_as_by_the_api(command: CommandLine) -> None:
    """With the outcome for each config, and the id of the change; without samples."""
    command.ok("config", "create", MAC, "{}")
    patched = command.ok("patch", "--all", "--merge", '{"a": 1}', "--json").json()
    undone = command.ok("undo", patched["change"], "--json").json()

    for report, outcome in ((patched, "changed"), (undone, "changed")):
        assert names_of(Patched) - {"samples"} == set(report)
        assert names_of(PatchedConfig) == set(report["results"][0])
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


def test_counts_as_json(command: CommandLine) -> None:
    """Of an announcement."""
    command.ok("config", "create", MAC, "{}")

    assert {"configs": 1} == command.ok("announce", MAC, "--json").json()
    assert {"configs": 1} == command.ok("announce", "--all", "--json").json()


def test_maintenance_as_json(sqlite_url: str) -> None:
    """Of the database itself."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    status = command.ok("db-status", "--json").json()

    assert {"database", "current", "pending", "known", "is_current"} == set(status)
    assert (True, []) == (status["is_current"], status["pending"])
    pruned = command.ok("prune-history", "--keep", "1", "--dry-run", "--json")
    assert {"dry_run": True, "revisions": 0, "changes": 0} == json.loads(pruned.text)
