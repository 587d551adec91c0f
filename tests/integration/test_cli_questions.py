"""Questions at a terminal before changes of many, and before members are removed."""

from __future__ import annotations

import pytest

from tests.support.command_line import CommandLine
from tests.support.serving import environment
from tests.support.tables import contents
from tests.support.terminal import terminal

MAC = "02:00:00:00:00:01"


@pytest.fixture
def command(sqlite_url: str) -> CommandLine:
    """The command line with three configs, one of which has the change already."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    for number, text in enumerate(
        ('{"deviceName": "Floor 1", "a": 1}', '{"deviceName": "Floor 10", "enableOTA": true}', '{"a": 2}'), 1
    ):
        command.ok("config", "create", f"02:00:00:00:00:0{number}", text)
    command.ok("tag", "add", "lamp", "--mac", MAC)
    return command


def env(command: CommandLine) -> dict[str, str]:
    return environment(command.environ["DATABASE_URL"])


MATCH = ("patch", "--match", "floor 1", "--set", "a=1")
ASKED = {
    "match": (
        MATCH,
        "Patch 2 configs, of which 1 will change? [y/N]: ",
        "Nothing was changed. --yes patches",
    ),
    "all": (
        ("patch", "--all", "--merge", '{"a": 2}'),
        "Patch 3 configs, of which 2 will change? [y/N]: ",
        "Nothing was changed.",
    ),
    "tag": (
        ("patch", "--tag", "lamp", "--set", "a=5"),
        "Patch 1 config, of which 1 will change? [y/N]: ",
        "Nothing was changed. --yes patches",
    ),
    "without a tag": (
        ("patch", "--tag", "!lamp", "--set", "a=5"),
        "Patch 2 configs, of which 2 will change? [y/N]: ",
        "Nothing was changed. --yes patches",
    ),
    "ota": (
        ("patch", "--ota", "--set", "a=5"),
        "Patch 1 config, of which 1 will change? [y/N]: ",
        "Nothing was changed. --yes patches",
    ),
    "tags of all": (
        ("tag", "add", "kitchen", "--all"),
        "Tag 3 configs, of which 3 will change? [y/N]: ",
        "Nothing was changed.",
    ),
    "set": (
        ("config", "set", MAC, '{"deviceName": "Floor 1"}'),
        f"This removes /a of config 1 of {MAC}. Replace its content? [y/N]: ",
        "Nothing was changed. --yes replaces without a question, and 'iotconfig config patch' keeps other members.",
    ),
    "create": (
        ("config", "set", "--create", MAC, "{}"),
        f"This removes /deviceName, /a of config 1 of {MAC}. Replace its content? [y/N]: ",
        "Nothing was changed.",
    ),
    "announce": (
        ("announce", "--all"),
        "Announce 3 configs again? [y/N]: ",
        "Nothing was announced. --yes announces",
    ),
    "announce-match": (
        ("announce", "--match", "floor 1"),
        "Announce 2 configs again, and send each device the hint to restart? [y/N]: ",
        "Nothing was announced. --yes announces",
    ),
    "restart": (
        ("announce", "--all", "--restart-hint"),
        "Announce 3 configs again, and send each device the hint to restart? [y/N]: ",
        "Nothing was announced.",
    ),
}


@pytest.mark.parametrize(("arguments", "question", "refusal"), ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("typed", ["n\n", "\n", ""], ids=["no", "return", "ctrl-d"])
def test_no_changes_nothing(
    command: CommandLine, arguments: tuple[str, ...], question: str, refusal: str, typed: str
) -> None:
    """The question has the number or the members; every answer but yes is no."""
    before = contents(command.environ["DATABASE_URL"])
    shown = command.at_terminal(*arguments, typed=typed)
    assert 1 == shown.status
    assert question in shown.errors
    assert refusal in shown.errors
    assert before == contents(command.environ["DATABASE_URL"])


def test_ctrl_c_changes_nothing(command: CommandLine) -> None:
    """At a real terminal; with one line, and the status of a refusal."""
    before = contents(command.environ["DATABASE_URL"])
    arguments, question, refusal = ASKED["match"]
    with terminal(*arguments, env=env(command)) as shown:
        shown.wait_for(question)
        shown.wait_for_reading()
        shown.type("\x03")
        assert 1 == shown.end()
    assert refusal in shown.text
    assert before == contents(command.environ["DATABASE_URL"])


@pytest.mark.parametrize(("arguments", "question", "_refusal"), ASKED.values(), ids=ASKED)
def test_yes_changes(command: CommandLine, arguments: tuple[str, ...], question: str, _refusal: str) -> None:
    """As the option does, which asks nothing."""
    before = contents(command.environ["DATABASE_URL"])
    shown = command.at_terminal(*arguments, typed="y\n")
    assert (0, True) == (shown.status, question in shown.errors)
    assert before != contents(command.environ["DATABASE_URL"])

    told = command.at_terminal(*arguments, "--yes")
    assert (0, True) == (told.status, "?" not in told.text + told.errors)


@pytest.mark.parametrize(
    "arguments",
    [
        ("patch", "--mac", MAC, "--set", "a=5"),
        ("patch", "--name", "Floor 1", "--where", "a=1", "--set", "a=5"),
        (*MATCH, "--dry-run"),
        ("patch", "--match", "unknown", "--allow-empty", "--set", "a=5"),
        ("config", "set", MAC, '{"deviceName": "Floor 1", "a": 5}'),
        ("config", "set", MAC, "{}", "--dry-run"),
        ("config", "patch", MAC, "--unset", "a"),
        ("announce", MAC),
    ],
)
def test_commands_without_a_question(command: CommandLine, arguments: tuple[str, ...]) -> None:
    """Configs that are named, dry runs, nothing selected, and nothing removed."""
    shown = command.at_terminal(*arguments)
    assert (0, True) == (shown.status, "?" not in shown.text + shown.errors)


@pytest.mark.parametrize(
    ("arguments", "question", "error"),
    [
        (MATCH, "Patch 2 configs", "The number of selected configs is 3, not 2 as expected"),
        (ASKED["set"][0], "This removes /a", "Config 1 is at revision 2"),
        (ASKED["create"][0], "This removes /deviceName, /a", "Config 1 is at revision 2"),
    ],
    ids=["match", "set", "create"],
)
def test_a_change_during_the_question(
    command: CommandLine, arguments: tuple[str, ...], question: str, error: str
) -> None:
    """What is stored is what was asked for, or nothing."""
    with terminal(*arguments, env=env(command)) as shown:
        shown.wait_for(question)
        command.ok("config", "patch", MAC, "--set", "b=1")
        command.ok("config", "create", "02:00:00:00:00:09", '{"deviceName": "Floor 11"}')
        before = contents(command.environ["DATABASE_URL"])
        shown.type("y\n")
        assert 1 == shown.end()
    assert error in shown.text
    assert before == contents(command.environ["DATABASE_URL"])


def test_a_refused_patch_asks_nothing(command: CommandLine) -> None:
    """It would store nothing."""
    shown = command.at_terminal("patch", "--all", "--set", "deviceName=5")
    assert (1, True) == (shown.status, "?" not in shown.text + shown.errors)
    assert "3 refused: nothing was stored" in shown.text

    named = ("patch", "--match", "floor", "--mac", MAC, "--mac", "02:ff:ff:ff:ff:01", "--set", "a=7")
    asked = command.at_terminal(*named, "--keep-going", typed="y\n")
    assert 1 == asked.status
    assert "Patch 1 config, of which 1 will change?" in asked.errors
    assert "1 changed, 0 same, 1 refused: stored" in asked.text + asked.errors
