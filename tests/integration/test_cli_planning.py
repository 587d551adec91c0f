"""`iotconfig plan`, `apply` and `export --tree`: a fleet as a tree of files, on a database and on a service."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine

MACS = [f"02:00:00:00:00:{number:02x}" for number in range(1, 4)]
PLAIN = [mac.replace(":", "") for mac in MACS]


@pytest.fixture
def command(quick: CommandLine) -> CommandLine:
    """The command line on three configs with labels, and three layers."""
    command = quick
    for number, mac in enumerate(MACS):
        command.ok("config", "create", mac, f'{{ "n": {number}.0 }}\n')
    command.ok("tag", "add", "kitchen", "floor-3", "--mac", MACS[0])
    command.ok("tag", "note", "behind the door", "--mac", MACS[1])
    command.ok("layer", "set", "base", "--all", '{ "volume": 1.10 }')
    command.ok("layer", "set", "floor-3", "--tag", "floor-3", "--rank", "10", '{"floor": 3}')
    command.ok(
        "layer", "set", "spare", "--tag", "kitchen", "--tag", "!hall", "--rank", "20", "--disabled", "{}"
    )
    return command


@pytest.fixture
def tree(command: CommandLine, tmp_path: Path) -> Path:
    """The fleet, exported."""
    command.ok("export", "--tree", str(tmp_path / "tree"))
    return tmp_path / "tree"


def files(tree: Path) -> dict[str, bytes]:
    """All files of a tree."""
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def edit(tree: Path) -> None:
    """Add, change and remove a device, and change labels."""
    (tree / "devices" / f"{PLAIN[0]}.json").write_text('{"n": 9}')
    (tree / "devices" / f"{PLAIN[2]}.json").unlink()
    (tree / "devices" / "020000000009.json").write_text('{"new": true}')
    (tree / "tags.json").write_text(f'{{"{PLAIN[0]}": {{"tags": ["attic", "floor-3"]}}}}')


def test_an_exported_tree_has_nothing_to_do(command: CommandLine, tree: Path) -> None:
    """And applying it stores nothing."""
    planned = command.run("plan", str(tree))

    assert (0, True) == (planned.status, planned.text.startswith("Nothing to do: "))
    before = command.ok("changes", "--json").json()
    assert [] == command.ok("apply", str(tree), "--json").json()["changes"]
    assert before == command.ok("changes", "--json").json()


def test_a_tree_applied_elsewhere_is_exported_byte_for_byte(
    command: CommandLine, tree: Path, spare_command: CommandLine
) -> None:
    """Layers, documents, labels, and what the tree manages."""
    elsewhere = spare_command

    elsewhere.ok("apply", str(tree), "-m", "moved")
    elsewhere.ok("export", "--tree", str(tree.parent / "again"))

    assert files(tree) == files(tree.parent / "again")
    assert 0 == elsewhere.run("plan", str(tree)).status


def test_a_plan_shows_what_apply_then_does(command: CommandLine, tree: Path) -> None:
    """Status 2 says that there are changes."""
    edit(tree)

    planned = command.run("plan", str(tree), "--prune")

    assert 2 == planned.status
    lines = planned.text.splitlines()
    assert [
        f"change  device  {MACS[0]}",
        "add     device  02:00:00:00:00:09",
        f"remove  device  {MACS[2]}",
        f"change  labels  {MACS[0]}  +attic -kitchen",
        f"change  labels  {MACS[1]}  note",
    ] == lines[:5]
    assert lines[5].startswith("1 to add, 3 to change, 1 to remove, in ")
    digest = lines[6].removeprefix("plan ")
    applied = command.ok(
        "apply", str(tree), "--prune", "--expect-removed", "1", "--plan", digest, "-m", "from the repository"
    )
    assert "5 differences settled" in applied.text
    assert 0 == command.run("plan", str(tree), "--prune").status
    assert {MACS[0], MACS[1], "02:00:00:00:00:09"} == {
        config["mac_address"] for config in command.ok("config", "list", "--json").json()["configs"]
    }
    newest = command.ok("changes", "--limit", "1", "--json").json()["changes"][0]
    assert ("delete", "from the repository") == (newest["operation"], newest["message"])


def test_layers_follow_the_tree(command: CommandLine, tree: Path) -> None:
    """Two exchange their ranks, one is new, one is removed; its history stays."""
    layers = tree / "layers"
    for name, rank in (("floor-3", 20), ("spare", 10)):
        path = layers / name / "layer.json"
        path.write_text(re.sub('"rank": .*,', f'"rank": {rank},', path.read_text()))
    (layers / "floor-3" / "content.json").write_text('{"floor": 4}')
    (layers / "lamp").mkdir()
    (layers / "lamp" / "layer.json").write_text('{"reaches": {"model": "lamp"}}')
    (layers / "lamp" / "content.json").write_text("{}")
    shutil.rmtree(layers / "base")

    planned = command.run("plan", str(tree), "--prune")

    assert 2 == planned.status
    assert [
        "change  layer   floor-3  content rank",
        "add     layer   lamp",
        "change  layer   spare  rank",
        "remove  layer   base",
    ] == planned.text.splitlines()[:4]
    applied = command.ok("apply", str(tree), "--prune", "--expect-removed", "1", "-m", "reordered")
    assert "4 differences settled" in applied.text
    assert 0 == command.run("plan", str(tree), "--prune").status
    shown = command.ok("layer", "list", "--json").json()["layers"]
    assert [("lamp", None), ("spare", 10), ("floor-3", 20)] == [
        (each["name"], each["rank"]) for each in shown
    ]
    assert "reordered" in command.ok("layer", "history", "base").text


def test_layers_that_tie_are_in_the_plan(command: CommandLine, tree: Path) -> None:
    """Also with a layer of the fleet that is not of the tree."""
    shutil.move(tree / "layers" / "base", tree / "layers" / "everything")

    refused = command.run("plan", str(tree))

    assert 1 == refused.status
    assert 'layers: The layers "base" and "everything" would both reach all devices' in refused.errors
    command.ok("apply", str(tree), "--prune", "--expect-removed", "1")


def test_nothing_is_removed_without_prune(command: CommandLine, tree: Path) -> None:
    """What the tree manages and does not have is counted."""
    (tree / "devices" / f"{PLAIN[2]}.json").unlink()
    (tree / "tags.json").unlink()

    planned = command.run("plan", str(tree))

    assert 0 == planned.status
    assert "1 object that the tree manages and does not have: --prune removes them." in planned.errors
    command.ok("apply", str(tree))
    assert 3 == len(command.ok("config", "list", "--json").json()["configs"])


def moved(command: CommandLine) -> None:
    command.ok("config", "set", MACS[1], '{"by": "hand"}')


def rewritten(tree: Path) -> None:
    (tree / "devices" / f"{PLAIN[1]}.json").write_text('{"n": 10}')


@pytest.mark.parametrize("what", ["the fleet", "the files"])
def test_a_plan_that_is_no_longer_so_is_not_applied(command: CommandLine, tree: Path, what: str) -> None:
    """Status 3; nothing is stored, whether the fleet or the tree has changed since."""
    edit(tree)
    digest = command.run("plan", str(tree), "--json").json()["digest"]
    meanwhile: Callable[[], None] = {
        "the fleet": lambda: moved(command), "the files": lambda: rewritten(tree),
    }[what]  # fmt: skip
    meanwhile()
    before = command.ok("changes", "--json").json()

    refused = command.run("apply", str(tree), "--plan", digest)

    assert 3 == refused.status
    assert f'and not "{digest}": the fleet or the files have changed since' in refused.errors
    assert before == command.ok("changes", "--json").json()


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (["--prune"], 1, "--prune needs --expect-removed N"),
        (["--expect-removed", "1"], 1, "--expect-removed is for --prune"),
        (["--prune", "--expect-removed", "2"], 1, "The plan removes 1 object, not 2 as expected"),
        (["--frob"], 1, "No such option"),
    ],
)
def test_refusals_of_apply(
    command: CommandLine, tree: Path, arguments: list[str], status: int, error: str
) -> None:
    """Nothing is stored; wrong usage ends with 1, too, since 2 and 3 have a meaning."""
    edit(tree)
    before = command.ok("changes", "--json").json()

    refused = command.run("apply", str(tree), *arguments)

    assert (status, True) == (refused.status, error in refused.errors)
    assert before == command.ok("changes", "--json").json()


def test_wrong_usage_of_plan_does_not_look_like_changes(command: CommandLine) -> None:
    """Status 1."""
    assert 1 == command.run("plan", "missing").status
    assert 1 == command.run("plan").status


def test_pruning_needs_the_file_of_what_is_managed(command: CommandLine, tree: Path) -> None:
    """Both commands say so."""
    (tree / "managed.json").unlink()

    for arguments in (["plan", "--prune"], ["apply", "--prune", "--expect-removed", "0"]):
        refused = command.run(*arguments, str(tree))
        assert (1, True) == (refused.status, "add managed.json" in refused.errors)


def test_refused_files_prevent_both_commands(command: CommandLine, tree: Path) -> None:
    """All refusals are listed, and nothing is stored."""
    edit(tree)
    (tree / "devices" / "x.json").write_text("{}")
    (tree / "devices" / f"{PLAIN[1]}.json").write_text('{"n": 1, "n": 2}')
    before = command.ok("changes", "--json").json()

    for name in ("plan", "apply"):
        refused = command.run(name, str(tree))
        assert 1 == refused.status
        assert "devices/x.json: MAC address" in refused.errors
        assert f"devices/{PLAIN[1]}.json: At /n: " in refused.errors
        assert 2 == len(command.run(name, str(tree), "--json").json()["errors"])
    assert before == command.ok("changes", "--json").json()


def test_what_the_store_refuses_is_in_the_plan(command: CommandLine, tree: Path) -> None:
    """Such as the file of a board that was replaced."""
    command.ok("config", "replace-device", MACS[2], "02:00:00:00:00:0c")

    refused = command.run("plan", str(tree))

    assert 1 == refused.status
    assert f"devices/{PLAIN[2]}.json: " in refused.errors
    assert 1 == command.run("apply", str(tree)).status


def test_a_tree_is_exported_as_a_whole(command: CommandLine, tmp_path: Path) -> None:
    """To a directory, without options of other exports."""
    for arguments in (["-"], ["fleet.ndjson"], ["tree", "--into"], ["tree", "--tag", "x"]):
        refused = command.run("export", "--tree", *arguments)
        assert (2, True) == (
            refused.status,
            "--tree writes the whole fleet to a new directory" in refused.errors,
        )
    assert [] == list(tmp_path.glob("tree"))


@pytest.fixture
def spare_command(runtime: str, tmp_path: Path) -> Iterator[CommandLine]:
    """The command line on another fleet, which is empty."""
    from tests.support.socket_service import api_on_socket

    environ = {"DATABASE_URL": f"sqlite:///{tmp_path / 'elsewhere.db'}"}
    CommandLine(environ).ok("upgrade-db")
    if runtime == "database":
        yield CommandLine(environ)
        return
    with api_on_socket(environ["DATABASE_URL"]) as url:
        yield CommandLine({**environ, "IOTCONFIG_URL": url})
