"""A fleet as files goes round: exported, edited in a repository, imported, and exported again with the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine

FLEET = {
    "02:00:00:00:00:01": '{"deviceName": "Porch", "gain": 1.10}\n',
    "02:00:00:00:00:02": '{ "b": "\\u00e9",\r\n\t"a": 1E2 }',
    "02:00:00:00:00:0a": "{}",
    "02:00:00:00:00:bc": '{"deviceName": "K\u00fcche"}\n',
}
AROUND = {
    ".git/HEAD": "ref: refs/heads/main\n",
    ".gitattributes": "* text=auto\n",
    "README.md": "The fleet.\n",
}


def filled(command: CommandLine) -> CommandLine:
    """The command line with the fleet."""
    for mac, text in FLEET.items():
        command.ok("config", "create", mac, text)
    return command


def tree(place: Path) -> dict[str, bytes]:
    """Each file below a directory, hidden ones included."""
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def round_trip(command: CommandLine, fleet: Path) -> None:
    """Import what the directory has, and export into it."""
    imported = ("import", str(fleet), "--on-conflict", "replace", "--prune", "--expect-removed", "1")
    command.ok(*imported)
    command.ok("export", "--into", str(fleet))


@pytest.mark.parametrize("spelling", ["plain", "dashes", "colons"])
def test_an_edited_tree_stays_as_it_was_edited(command: CommandLine, tmp_path: Path, spelling: str) -> None:
    """One file edited, one removed, one added: the database follows, and no byte of the tree changes after that."""
    filled(command)
    fleet = tmp_path / "fleet"
    command.ok("export", str(fleet), "--names", spelling)
    for name, text in AROUND.items():
        (fleet / name).parent.mkdir(exist_ok=True)
        (fleet / name).write_text(text)
    first, second, third, _ = sorted(path for path in fleet.glob("*.json"))
    first.write_bytes(b'{"deviceName": "Porch", "gain": 2.20}\r\n')
    second.write_bytes(second.read_bytes().replace(b"\r\n", b"\n") + b"\n")
    third.unlink()
    (fleet / "02-00-00-00-00-0C.json").write_text('{ "new": true }')
    edited = tree(fleet)
    round_trip(command, fleet)

    assert edited == tree(fleet)
    assert {"02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:0c", "02:00:00:00:00:bc"} == {
        config["mac_address"] for config in command.ok("config", "list", "--json").json()["configs"]
    }
    assert "0 new, 0 changed, 4 same, 0 refused: nothing to store" in command.ok("import", str(fleet)).text
    assert b"" == command.ok("export", "--into", str(fleet)).output


def test_a_tree_of_another_database_is_the_same(quick: CommandLine, tmp_path: Path) -> None:
    """A tree that went through a new database has the same bytes."""
    filled(quick)
    quick.ok("export", str(tmp_path / "one"))
    quick.ok("config", "create", "02:00:00:00:00:ff", "{}")
    quick.ok("import", str(tmp_path / "one"), "--prune", "--yes")
    quick.ok("export", str(tmp_path / "two"))

    assert {f"{mac.replace(':', '')}.json": text.encode() for mac, text in FLEET.items()} == tree(
        tmp_path / "one"
    )
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_the_names_fit_every_file_system(quick: CommandLine, tmp_path: Path) -> None:
    """Names are in lower case, without the characters that Windows and FAT forbid, and differ without regard to case."""
    filled(quick)
    quick.ok("export", str(tmp_path / "fleet"))
    names = sorted(tree(tmp_path / "fleet"))

    assert len(FLEET) == len({name.casefold() for name in names})
    assert not set('<>:"/\\|?*') & set("".join(names))
    for path in (tmp_path / "fleet").iterdir():
        path.rename(path.with_name(f"{path.stem.upper()}.json"))
    before = tree(tmp_path / "fleet")
    assert "0 new, 0 changed, 4 same" in quick.ok("import", str(tmp_path / "fleet")).text
    quick.ok("export", "--into", str(tmp_path / "fleet"))
    assert before == tree(tmp_path / "fleet")


def test_a_board_swap_survives_export_and_import(quick: CommandLine, tmp_path: Path) -> None:
    """The file of the replaced board is refused until an export has removed it."""
    filled(quick)
    fleet = tmp_path / "fleet"
    quick.ok("export", str(fleet))
    quick.ok("config", "replace-device", "02:00:00:00:00:0a", "02:00:00:00:00:0d")
    refused = quick.run("import", str(fleet), "--prune", "--yes")

    assert 1 == refused.status
    assert "02000000000a.json: The board 02:00:00:00:00:0a was replaced" in refused.errors
    updated = quick.ok("export", "--into", str(fleet)).text
    assert "new      02000000000d.json\nremoved  02000000000a.json\n" == updated
    assert "4 same" in quick.ok("import", str(fleet), "--prune", "--yes").text
