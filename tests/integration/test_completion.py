"""Completion in shells: commands name devices."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

import pytest

from tests.support.command_line import CommandLine
from tests.support.serving import COMMAND, environment
from tests.support.terminal import program

DEVICES = {
    "02:00:00:00:00:01": "Kitchen",
    "02:00:00:00:00:02": "kitchen-2",
    "02:00:00:00:00:03": "Küche",
    "02:00:00:00:00:04": "Kid, room",
    "02:ab:00:00:00:05": None,
}


def completions(command: CommandLine, *words: str) -> list[str]:
    """What bash gets for the last word."""
    given = {"COMP_WORDS": " ".join(("iotconfig", *words)), "COMP_CWORD": str(len(words))}
    with mock.patch.dict(os.environ, {"_IOTCONFIG_COMPLETE": "bash_complete", **given}):
        ended = command.run(*words)
    assert "" == ended.errors
    return [line.removeprefix("plain,") for line in ended.text.split()]


@pytest.fixture
def devices(quick: CommandLine) -> CommandLine:
    """The command line, with devices."""
    for mac, name in DEVICES.items():
        quick.ok("config", "create", mac, "{}" if name is None else f'{{"deviceName": "{name}"}}')
    return quick


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("kit", ["Kitchen", "kitchen-2"]),
        ("KÜ", ["Küche"]),
        ("kid", ["020000000004"]),
        ("02ab", ["02ab00000005"]),
        ("itchen", []),
        ("nothing", []),
    ],
)
@pytest.mark.parametrize(
    "name", [("config", "show"), ("config", "delete"), ("announce",), ("device",), ("wait",)], ids=" ".join
)
def test_devices_are_completed(
    devices: CommandLine, name: tuple[str, ...], word: str, expected: list[str]
) -> None:
    """By name in any case, or by the digits of the MAC address; a name of several words by its MAC address."""
    assert expected == completions(devices, *name, word)


HOSTILE = [
    "$(touch pwned)", "`touch pwned`", "x;touch pwned", "it's", 'say "x"', "two\nlines", "\x1b[2J\x07", "*", "~", "a,b", "a:b",
    "{a,b}", "$HOME", "!!", "\u202ex", "--yes", "-rf", "7", "02ffffffff01", "a@b", "=x",
]  # fmt: skip


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_names_that_no_shell_may_run(sqlite_url: str, shell: str) -> None:
    """They are completed by MAC addresses: a name may be a command, an option, an id, or another device's address."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    for number, name in enumerate(HOSTILE):
        command.ok("config", "create", f"0200000000{number:02x}", json.dumps({"deviceName": name}))
    # Only fish asks for the word itself; the others ask for its number.
    given = {"COMP_WORDS": "iotconfig config delete ", "COMP_CWORD": "" if shell == "fish" else "3"}
    with mock.patch.dict(os.environ, {"_IOTCONFIG_COMPLETE": f"{shell}_complete", **given}):
        found = command.run().text

    assert [] == [c for c in found if not (c.isprintable() or c in "\n\t")]
    values = found.splitlines()[1::3] if shell == "zsh" else [
        line.removeprefix("plain,").partition("\t")[0] for line in found.splitlines()
    ]  # fmt: skip
    assert [f"0200000000{number:02x}" for number in range(len(HOSTILE))] == values


def test_the_script_for_bash_runs_no_name(sqlite_url: str, tmp_path: Path) -> None:
    """In bash itself, in a directory whose files a pattern would match."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    for number, name in enumerate(HOSTILE):
        command.ok("config", "create", f"0200000000{number:02x}", json.dumps({"deviceName": name}))
    script = """
        eval "$(_IOTCONFIG_COMPLETE=bash_source iotconfig)"
        COMP_WORDS=(iotconfig config delete ""); COMP_CWORD=3
        _iotconfig_completion iotconfig
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    env = environment(sqlite_url)
    path = f"{Path(COMMAND).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-c", script],
        env={**env, "PATH": path},
        cwd=tmp_path,
        capture_output=True,
        check=True,
        timeout=60,
    )

    assert b"" == ended.stderr
    assert [f"0200000000{number:02x}" for number in range(len(HOSTILE))] == ended.stdout.decode().split()
    assert not (tmp_path / "pwned").exists()


@pytest.fixture
def hostile(sqlite_url: str) -> Mapping[str, str]:
    """The environment of a shell, where each device has a hostile name."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    for number, name in enumerate(HOSTILE):
        command.ok("config", "create", f"0200000000{number:02x}", json.dumps({"deviceName": name}))
    return {**environment(sqlite_url), "PATH": f"{Path(COMMAND).parent}:{os.environ['PATH']}"}


def test_the_script_for_fish_runs_no_name(hostile: Mapping[str, str], tmp_path: Path) -> None:
    """In fish itself, as when the key Tab is pressed."""
    script = "_IOTCONFIG_COMPLETE=fish_source iotconfig | source; complete --do-complete 'iotconfig config delete '"
    ended = subprocess.run(
        ["fish", "--no-config", "--command", script],
        env={**hostile, "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        check=True,
        timeout=60,
    )
    found = [line.partition("\t")[0] for line in ended.stdout.decode().splitlines()]

    assert b"" == ended.stderr
    assert [f"0200000000{number:02x}" for number in range(len(HOSTILE))] == sorted(found)
    assert not (tmp_path / "pwned").exists()


def test_the_script_for_zsh_runs_no_name(hostile: Mapping[str, str], tmp_path: Path) -> None:
    """In zsh itself, at a terminal where the key Tab is pressed."""
    (tmp_path / ".zshrc").write_text(
        "autoload -Uz compinit && compinit -u -d .dump\n"
        'eval "$(_IOTCONFIG_COMPLETE=zsh_source iotconfig)"\n'
        "setopt no_beep; LISTMAX=1000 PROMPT='ready> '\n"
    )
    env = {**hostile, "HOME": str(tmp_path), "ZDOTDIR": str(tmp_path)}
    with program("zsh", "--interactive", "--no-global-rcs", env=env, cwd=tmp_path, columns=200) as shell:
        shell.wait_for("ready> ")
        shell.type("iotconfig config delete \t")
        # What all of them begin with; the second time, it lists them.
        shell.wait_for("delete 0200000000")
        shell.type("\t")
        shell.wait_for(f"0200000000{len(HOSTILE) - 1:02x}")
        screen = shell.text

    assert [] == [number for number in range(len(HOSTILE)) if f"0200000000{number:02x}" not in screen]
    assert "\x07" not in screen
    assert "\u202e" not in screen
    assert not (tmp_path / "pwned").exists()


def test_a_completion_shows_no_error() -> None:
    """A database that is away completes nothing."""
    assert [] == completions(CommandLine({"DATABASE_URL": "sqlite:////nowhere/at.db"}), "config", "show", "k")
