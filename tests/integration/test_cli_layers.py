"""`iotconfig layer`, on a database and on a service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import CommandLine, Outcome
from tests.support.socket_service import api_on_socket

FIRST, SECOND = "02:00:00:00:00:01", "02:00:00:00:00:02"


@pytest.fixture(params=["database", "service"])
def command(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[CommandLine]:
    """The command line on either, with two configs, one of them with the tag `floor-3`."""
    local = CommandLine({"DATABASE_URL": sqlite_url})
    for mac in (FIRST, SECOND):
        local.ok("config", "create", mac, "{}")
    local.ok("tag", "add", "floor-3", "--mac", FIRST)
    if request.param == "database":
        yield local
        return
    with api_on_socket(sqlite_url) as url:
        yield CommandLine({"IOTCONFIG_URL": url})


def change_in(text: str) -> str:
    """The id of the change that a command printed."""
    found = re.search(r"^change (\w{16}); undo it: iotconfig undo \1$", text, re.MULTILINE)
    assert found, text
    return found[1]


def fails(command: CommandLine, *arguments: str, status: int = 1) -> Outcome:
    """What a command that is refused printed."""
    outcome = command.run(*arguments)
    assert status == outcome.status, outcome
    return outcome


def layer(command: CommandLine, name: str) -> Any:
    """A layer as JSON."""
    return json.loads(command.ok("layer", "show", name, "--json").text)


def names(command: CommandLine) -> list[str]:
    """The names of all layers, the lowest first."""
    return [each["name"] for each in json.loads(command.ok("layer", "list", "--json").text)["layers"]]


def test_a_layer_is_made_and_changed(command: CommandLine) -> None:
    """What is not given stays; the document is kept to the byte."""
    text = ' {"n":1.10, "x":{"y":[1,2]}} '
    made = command.ok("layer", "set", "floor-3", text, "--tag", "floor-3", "--tag", "!spare", "--rank", "100")
    assert "Created layer floor-3, for devices with floor-3, without spare, revision 1, in " in made.text
    assert text.encode() == command.ok("layer", "show", "floor-3", "--content").output
    ranked = command.ok("layer", "set", "floor-3", "--rank", "200", "-m", "higher")
    assert "Set layer floor-3" in ranked.text
    patched = command.ok("layer", "patch", "floor-3", "--set", "x.z=2", "--unset", "n")
    assert "Patched layer floor-3" in patched.text
    assert b' {"x":{"y":[1,2],"z": 2}} ' == command.ok("layer", "show", "floor-3", "--content").output
    found = layer(command, "floor-3")
    assert (200, 3, {"tags": ["floor-3"], "not_tags": ["spare"]}) == (
        found["rank"],
        found["revision"],
        found["reaches"],
    )
    command.ok("undo", change_in(patched.text))
    assert text.encode() == command.ok("layer", "show", "floor-3", "--content").output
    again = command.ok("layer", "set", "floor-3", "--rank", "200")
    assert "revision 4" in again.text
    assert "change " not in again.text
    assert "Set layer" in command.ok("layer", "set", "floor-3", "--all", "{}").text
    assert ({"all": True}, None) == ((f := layer(command, "floor-3"))["reaches"], f["rank"])


def test_a_layer_is_shown(command: CommandLine) -> None:
    """As text, and in the list, in the order of all layers."""
    command.ok("layer", "set", "top", "{}", "--tag", "a", "--rank", "900")
    command.ok("layer", "set", "low", "{}", "--tag", "a", "--rank", "1", "--disabled")
    command.ok("layer", "set", "lamp", "{}", "--model", "lamp-2")
    command.ok("layer", "set", "base", '{"enableOTA": true}', "--all")
    shown = command.ok("layer", "show", "base").text
    assert re.search(r'reaches +all devices\nrank +-\nenabled +yes\n(.*\n)+\n\{"enableOTA": true\}', shown)
    assert ["base", "lamp", "low", "top"] == names(command)
    listed = command.ok("layer", "list").text
    assert re.search(r"^low +1 +devices with a +no ", listed, re.MULTILINE)
    assert re.search(r"^lamp +- +devices of the model lamp-2 +yes ", listed, re.MULTILINE)
    assert "\n4 layers in " in listed
    command.ok("layer", "enable", "low")
    command.ok("layer", "disable", "top")
    assert [True, False] == [layer(command, name)["enabled"] for name in ("low", "top")]


def test_the_order(command: CommandLine) -> None:
    """All layers of tags are named; they exchange their ranks, and one undo brings the order back."""
    for rank, name in enumerate(("one", "two", "three"), 1):
        command.ok("layer", "set", name, "{}", "--tag", "a", "--rank", str(rank * 10))
    dry = command.ok("layer", "order", "three", "two", "one", "--dry-run").text
    assert "Layer three: for devices with a, rank 10, enabled.\n" in dry
    assert ["one", "two", "three"] == names(command)
    ordered = command.ok("layer", "order", "three", "two", "one").text
    assert ["three", "two", "one"] == names(command)
    assert "2 rolled back" in command.ok("undo", change_in(ordered)).text
    assert ["one", "two", "three"] == names(command)
    assert "they have this order" in command.ok("layer", "order", "one", "two", "three").text
    assert "lacks: three" in fails(command, "layer", "order", "one", "two").errors


def test_a_deletion_and_its_undo(command: CommandLine) -> None:
    """The history stays, and the layer returns with its document."""
    command.ok("layer", "set", "base", '{"a": 1}', "--all")
    assert "Layer other was not found" in fails(command, "layer", "delete", "other", "--yes").errors
    assert "Nothing was deleted" in fails(command, "layer", "delete", "base").errors
    gone = command.ok("layer", "delete", "base", "--yes", "-m", "old").text
    assert [] == names(command)
    history = command.ok("layer", "history", "base").text
    assert re.search(r"^2 .* delete .* old\s*$", history, re.MULTILINE)
    assert "2 revisions of layer base" in history
    assert "1 restored" in command.ok("undo", change_in(gone)).text
    assert {"a": 1} == layer(command, "base")["content"]
    logged = json.loads(command.ok("changes", "--limit", "3", "--json").text)["changes"]
    assert ("base", "restore") in [(e["subject"], e["operation"]) for e in logged if e["kind"] == "layer"]


def test_the_history(command: CommandLine) -> None:
    """Revisions are listed, compared, and rolled back to."""
    command.ok("layer", "set", "base", '{"a": 1}', "--all")
    command.ok("layer", "set", "base", '{"a": 2}')
    assert '-  "a": 1\n+  "a": 2\n' in command.ok("layer", "diff", "base").text
    compared = json.loads(command.ok("layer", "diff", "base", "1", "2", "--json").text)
    assert [{"op": "replace", "path": "/a", "value": 2}] == compared["json_patch"]
    assert (
        "Layer base: for all devices, enabled." in command.ok("layer", "rollback", "base", "--dry-run").text
    )
    back = command.ok("layer", "rollback", "base").text
    assert "Rolled back to revision 1: layer base, for all devices, revision 3" in back
    assert {"a": 1} == layer(command, "base")["content"]
    page = json.loads(command.ok("layer", "history", "base", "--limit", "2", "--json").text)
    assert ([3, 2], "2") == ([each["revision"] for each in page["revisions"]], page["next"])
    assert "--before 2 shows more" in command.ok("layer", "history", "base", "--limit", "2").text
    assert "'iotconfig layer history base' lists" in fails(command, "layer", "rollback", "base", "9").errors


def test_dry_runs(command: CommandLine) -> None:
    """They say what would change and whom it concerns, and store nothing."""
    new = command.ok(
        "layer", "set", "floor-3", '{"a": 1}', "--tag", "floor-3", "--rank", "7", "--dry-run"
    ).text
    assert "Layer floor-3: for devices with floor-3, rank 7, enabled.\n" in new
    assert '+  "a": 1\n' in new
    assert "1 device concerned, 1 of them served another document, 0 refused." in new
    assert f"--- {FIRST}.json\n+++ {FIRST}.json\n" in new
    assert [] == names(command)
    command.ok("layer", "set", "base", '{"a": 1}', "--all")
    found = json.loads(command.ok("layer", "disable", "base", "--dry-run", "--json").text)
    assert (True, 2, [False]) == (found["dry_run"], found["devices"], [e["enabled"] for e in found["layers"]])
    deleted = json.loads(command.ok("layer", "delete", "base", "--dry-run", "--json").text)
    assert (["base"], 2) == (deleted["deleted"], deleted["devices"])
    patched = command.ok("layer", "patch", "base", '{"b": 2}', "--dry-run").text
    assert '+  "b": 2\n' in patched
    assert (2, 0) == (found["changed"], found["refused"])
    assert [(FIRST, '{"a": 1}', "{}"), (SECOND, '{"a": 1}', "{}")] == [
        (each["mac_address"], each["before"], each["after"]) for each in found["samples"]
    ]
    assert "Nothing differs." in command.ok("layer", "enable", "base", "--dry-run").text
    assert 1 == layer(command, "base")["revision"]


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (["set", "new", "--all"], 2, "A new layer needs a document"),
        (["set", "new", "{}"], 2, "--all, --model or --tag"),
        (["set", "new", "{}", "--all", "--tag", "a"], 2, "Give one of --all, --model and --tag."),
        (["set", "new", "{}", "--tag", "a"], 1, "needs a rank"),
        (["set", "new", "{}", "--all", "--rank", "3"], 1, "has no rank"),
        (["set", "new", "{}", "--tag", "!a", "--rank", "3"], 1, "needs at least one tag"),
        (["set", "new", "{}", "--all"], 1, "only one fleet layer"),
        (["set", "No", "{}", "--all"], 1, "is no name of a layer"),
        (["set", "order", "{}", "--tag", "a", "--rank", "3"], 1, "a path of the API has this word"),
        (["set", "base", "--disabled"], 2, "'iotconfig layer disable' switches one off"),
        (["set", "base", "{}", "--file", "x.json"], 1, "x.json"),
        (["set", "base", '{"deviceName": 7}'], 1, "At /deviceName"),
        (["set", "base", '{"a": 2}', "--if-revision", "7"], 1, "is at revision 1"),
        (["patch", "base", "--set", "a=1", "--if-revision", "7"], 1, "is at revision 1"),
        (["patch", "base"], 2, "Give the changes once"),
        (["patch", "base", '{"enableOTA": "yes"}'], 1, "/enableOTA"),
        (["enable", "other"], 1, "Layer other was not found"),
        (["show", "other"], 1, "Layer other was not found"),
        (["show", "base", "--content", "--json"], 2, "cannot be used together"),
        (["history", "other"], 1, "Layer other was not found"),
        (["diff", "base", "7"], 1, "was not found"),
        (["rollback", "base"], 1, "has no revision with another document"),
    ],
)
def test_what_is_refused(
    command: CommandLine, arguments: list[str], status: int, error: str, tmp_path: Path
) -> None:
    """One line says why, and nothing is stored."""
    command.ok("layer", "set", "base", '{"a": 1}', "--all")
    failed = fails(command, "layer", *arguments, status=status)

    assert error in failed.errors
    assert 1 == failed.errors.count("\n")
    assert ["base"] == names(command)
    assert 1 == layer(command, "base")["revision"]


def test_a_dry_run_names_the_devices_that_refuse(command: CommandLine) -> None:
    """It ends with 1, as the change itself would."""
    command.ok("config", "set", FIRST, '{"a": null}')
    edit = ("set", "floor-3", '{"a": 1}', "--tag", "floor-3", "--rank", "7")
    tried = fails(command, "layer", *edit, "--dry-run")

    assert "1 device concerned, 0 of them served another document, 1 refused." in tried.text
    assert f"{FIRST}: The content of {FIRST} has null at /a." in tried.errors
    assert f"The content of {FIRST} has null at /a." in fails(command, "layer", *edit).errors
    assert [] == names(command)


def test_the_progress_of_a_change_of_many_devices(command: CommandLine, tmp_path: Path) -> None:
    """The change says how to follow it; --wait ends with 1 where the job is not done in time."""
    records = [
        {"mac_address": f"02:00:00:01:{n // 256:02x}:{n % 256:02x}", "content": {}} for n in range(501)
    ]
    (tmp_path / "many.json").write_text("".join(f"{json.dumps(each)}\n" for each in records))
    command.ok("import", str(tmp_path / "many.json"))
    assert "0 changes of many devices" in command.ok("layer", "progress").text
    made = command.ok("layer", "set", "base", '{"a": 1}', "--all").text
    change = change_in(made)
    assert f"'iotconfig layer progress {change}' shows how far it is" in made

    shown = command.ok("layer", "progress", change).text
    assert (
        f"change {change}: 0 of 503 devices done, 0 served another document, 0 refused; in progress" in shown
    )
    found = command.ok("layer", "progress", change, "--json").json()
    assert (change, 503, 0, None) == tuple(found[name] for name in ("change", "total", "done", "finished_at"))
    assert [found] == command.ok("layer", "progress", "--json").json()["recompositions"]
    listed = command.ok("layer", "progress").text
    assert change in listed
    assert "1 change of many devices" in listed
    fails(command, "layer", "progress", change, "--wait", "--timeout", "0")
    assert "--wait needs the id of a change" in fails(command, "layer", "progress", "--wait", status=2).errors
    assert "was not found" in fails(command, "layer", "progress", "0123456789abcdef").errors
    assert "was not found" in fails(command, "layer", "progress", "../../layers").errors
    deleted = command.ok("layer", "delete", "base", "--yes").text
    assert f"layer progress {change_in(deleted)}" in deleted
