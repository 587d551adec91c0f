"""`iotconfig config edit`: a config in a person's own editor, whose text is never lost."""

from __future__ import annotations

import shlex
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import frozen

from tests.support.command_line import CommandLine, Outcome
from tests.support.serving import COMMAND, environment, run_command
from tests.support.terminal import at_terminal, terminal

MAC = "02:ab:cd:ef:01:23"
BEFORE = '{ "deviceName" : "K\u00fcche", "gain": 1.10,\r\n\t"big": 1E2 }\n'
MINE = '{"deviceName": "Mine"}\n'
THEIRS = '{"deviceName": "Theirs"}'
BAD = '{"deviceName": "Mine",\n "a": }\u00e9\x07\n'


@frozen
class Desk:
    """A config, and a place where drafts and editors lie."""

    command: CommandLine
    place: Path

    def editor(self, *steps: str) -> str:
        """An editor that does one of these shell commands each time it is opened; `$1` is the file.

        What it was given is then in `given-0`, `given-1` and so on.
        """
        script = self.place / "editor"
        cases = "\n".join(f"{number}) {step} ;;" for number, step in enumerate(steps))
        here = shlex.quote(str(self.place))
        script.write_text(
            f'#!/bin/sh\ncd {here}\nn=$(ls given-* 2>/dev/null | wc -l)\ncp "$1" given-$n\n'
            f"case $n in\n{cases}\n*) exit 9 ;;\nesac\n"
        )
        script.chmod(0o755)
        return str(script)

    def writes(self, text: str) -> str:
        """The step of an editor that leaves this text."""
        source = self.place / f"text-{len(list(self.place.glob('text-*')))}"
        source.write_bytes(text.encode())
        return f'cat {shlex.quote(str(source))} > "$1"'

    def env(self, **editors: str) -> Mapping[str, str]:
        """The environment of a command that puts its drafts here."""
        return environment(
            self.command.environ["DATABASE_URL"],
            **{"VISUAL": "", "EDITOR": "", "TMPDIR": str(self.place / "drafts"), **editors},
        )

    def edit(self, *arguments: str, **editors: str) -> Outcome:
        """Run `iotconfig config edit ARGUMENTS` in the test's process, with these editors, at a terminal where nothing is typed."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {"VISUAL": "", "EDITOR": "", **editors}.items():
                patch.setenv(name, value)
            patch.setattr(tempfile, "tempdir", str(self.place / "drafts"))
            return self.command.at_terminal("config", "edit", *arguments)

    def given(self, number: int) -> bytes:
        """The file as the editor got it."""
        return (self.place / f"given-{number}").read_bytes()

    def drafts(self) -> list[bytes]:
        """What lies in drafts that were kept."""
        return [path.read_bytes() for path in (self.place / "drafts").iterdir()]

    def draft(self) -> str:
        """Where the one draft is that was kept."""
        (path,) = (self.place / "drafts").iterdir()
        return str(path)

    def stored(self) -> bytes:
        """The config's content."""
        return self.command.ok("config", "show", "1", "--content").output

    def revisions(self) -> int:
        """How many there are."""
        return len(self.command.ok("config", "history", "1", "--json").json()["revisions"])


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Desk:
    """One config on SQLite."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("config", "create", MAC, BEFORE)
    (tmp_path / "drafts").mkdir()
    return Desk(command, tmp_path)


@pytest.mark.parametrize("variable", ["VISUAL", "EDITOR"])
def test_what_the_editor_leaves_is_stored(desk: Desk, variable: str) -> None:
    """$VISUAL comes before $EDITOR; the editor gets the exact bytes, and what it leaves is stored exactly."""
    editors = {variable: desk.editor(desk.writes(MINE))}
    if variable == "VISUAL":
        editors["EDITOR"] = "false"
    ended = at_terminal("config", "edit", MAC, "-m", "by hand", env=desk.env(**editors))

    assert 0 == ended.process.returncode, ended.text
    assert ended.text.startswith(f"Set config 1 of {MAC}, revision 2, in ")
    assert (BEFORE.encode(), MINE.encode()) == (desk.given(0), desk.stored())
    assert "by hand" in desk.command.ok("config", "history", "1").text
    assert [] == desk.drafts()


def test_json_is_the_config(desk: Desk) -> None:
    """--json prints what `show --json` does."""
    ended = desk.edit("1", "--json", VISUAL=desk.editor(desk.writes(MINE)))

    assert desk.command.ok("config", "show", "1", "--json").json() == ended.json()


def test_an_editor_with_arguments(desk: Desk) -> None:
    """`code --wait` and its like are a command with arguments."""
    editor = f"env X=1 {desk.editor(desk.writes(MINE))}"

    assert 0 == desk.edit("1", VISUAL=editor).status
    assert MINE.encode() == desk.stored()


def test_text_that_is_left_alone_makes_no_revision(desk: Desk) -> None:
    """An editor that is closed without a change changes nothing, and says so."""
    ended = desk.edit("1", VISUAL=desk.editor(":"))

    assert (0, b"", "Nothing was changed.\n") == (ended.status, ended.output, ended.errors)
    assert (1, []) == (desk.revisions(), desk.drafts())


@pytest.mark.parametrize(
    "text",
    [BEFORE.rstrip(), BEFORE + "\r\n", "\ufeff" + BEFORE, "\ufeff" + BEFORE.replace("\r\n", "\n")],
    ids=["no-last-line-end", "last-line-end", "byte-order-mark", "other-line-ends"],
)
def test_what_an_editor_adds_is_no_change(desk: Desk, text: str) -> None:
    """A last line end, Windows' line ends and a byte order mark make no revision, and no device restarts."""
    ended = desk.edit("1", VISUAL=desk.editor(desk.writes(text)))

    assert (0, b"", "Nothing was changed.\n") == (ended.status, ended.output, ended.errors)
    assert (1, []) == (desk.revisions(), desk.drafts())


def test_a_byte_order_mark_is_not_stored(desk: Desk) -> None:
    """What an editor writes before the text is no part of it."""
    editor = desk.editor(desk.writes("\ufeff" + MINE))

    assert 0 == desk.edit("1", VISUAL=editor).status
    assert MINE.encode() == desk.stored()


def test_a_draft_is_for_nobody_else(desk: Desk) -> None:
    """The file is readable by its owner alone, while it is edited and when it is kept."""
    editor = desk.editor(f'ls -l "$1" > mode; {desk.writes(BAD)}')
    desk.edit("1", VISUAL=editor)

    assert (desk.place / "mode").read_text().startswith("-rw------- ")
    assert 0o600 == stat.S_IMODE(Path(desk.draft()).stat().st_mode)


def test_refused_text_is_kept_without_an_answer(desk: Desk) -> None:
    """At the end of the input: the reason, the place of the text, status 1, and the exact text there."""
    ended = desk.edit("1", VISUAL=desk.editor(desk.writes(BAD)))
    errors = ended.errors

    assert (1, b"") == (ended.status, ended.output)
    assert "Not stored: At line 2, column 7: " in errors
    assert f"Nothing was stored. Your text is kept in {desk.draft()}\n" in errors
    assert [BAD.encode()] == desk.drafts()
    assert (BEFORE.encode(), 1) == (desk.stored(), desk.revisions())


def test_refused_text_is_shown_again(desk: Desk) -> None:
    """At a terminal the editor opens again, with the refused text, until it is right."""
    editor = desk.editor(desk.writes(BAD), desk.writes('{"deviceName": 5}'), desk.writes(MINE))
    with terminal("config", "edit", "1", env=desk.env(VISUAL=editor)) as shown:
        shown.wait_for("Edit again? [Y/n]")
        shown.type("\n")
        shown.wait_for("Edit again? [Y/n]", 2)
        shown.type("y\n")
        status = shown.end()

    assert 0 == status, shown.text
    assert "Not stored: At line 2, column 7: " in shown.text
    assert "Not stored: At /deviceName: " in shown.text
    assert (BAD.encode(), b'{"deviceName": 5}') == (desk.given(1), desk.given(2))
    assert (MINE.encode(), 2, []) == (desk.stored(), desk.revisions(), desk.drafts())


@pytest.mark.parametrize("keys", ["n\n", "\x03", "\x04"], ids=["no", "ctrl-c", "ctrl-d"])
def test_whoever_gives_up_is_told_where_the_text_is(desk: Desk, keys: str) -> None:
    """No, Ctrl-C and Ctrl-D at the question keep the text, and say where."""
    editor = desk.editor(desk.writes(BAD))
    with terminal("config", "edit", "1", env=desk.env(VISUAL=editor)) as shown:
        shown.wait_for("Edit again? [Y/n]")
        shown.type(keys)
        status = shown.end()

    assert 1 == status
    assert f"Your text is kept in {desk.draft()}" in shown.text.replace("\n", " ")
    assert "Traceback" not in shown.text
    assert ([BAD.encode()], BEFORE.encode()) == (desk.drafts(), desk.stored())


def other_change(desk: Desk) -> str:
    """The step of an editor during which somebody else stores something."""
    database = shlex.quote(desk.command.environ["DATABASE_URL"])
    return f"DATABASE_URL={database} {shlex.quote(str(COMMAND))} config set 1 '{THEIRS}' >/dev/null"


def test_a_conflict_is_shown_and_not_overwritten(desk: Desk) -> None:
    """Without an answer: the other change, status 1, its content stored, the text of the editor kept."""
    editor = desk.editor(f"{other_change(desk)}; {desk.writes(MINE)}")
    ended = desk.edit("1", VISUAL=editor)

    assert 1 == ended.status
    assert "Another user has changed the config in the meantime:\n" in ended.errors
    assert '-  "deviceName": "K\u00fcche"' in ended.text
    assert '+  "deviceName": "Theirs"' in ended.text
    assert (THEIRS.encode(), 2, [MINE.encode()]) == (desk.stored(), desk.revisions(), desk.drafts())


def test_a_conflict_can_be_edited_again(desk: Desk) -> None:
    """Whoever has seen the other's change goes on from it, and can be in conflict again."""
    step = f"{other_change(desk)}; {desk.writes(MINE)}"
    editor = desk.editor(step, step.replace("Theirs", "Theirs 2"), desk.writes(MINE))
    with terminal("config", "edit", "1", env=desk.env(VISUAL=editor)) as shown:
        for times in (1, 2):
            shown.wait_for("Edit again? [Y/n]", times)
            shown.type("y\n")
        status = shown.end()

    assert 0 == status, shown.text
    assert '+  "deviceName": "Theirs 2"' in shown.text
    assert MINE.encode() == desk.given(1) == desk.given(2)
    assert (MINE.encode(), 4, []) == (desk.stored(), desk.revisions(), desk.drafts())


def test_to_leave_without_saving_is_to_give_up(desk: Desk) -> None:
    """Who has seen the other's change and saves nothing overwrites nothing."""
    editor = desk.editor(f"{other_change(desk)}; {desk.writes(MINE)}", ":")
    with terminal("config", "edit", "1", env=desk.env(VISUAL=editor)) as shown:
        shown.wait_for("Edit again? [Y/n]", 1)
        shown.type("y\n")
        status = shown.end()

    assert 1 == status, shown.text
    assert "Nothing was stored. Your text is kept in" in shown.text
    assert (THEIRS.encode(), [MINE.encode()]) == (desk.stored(), desk.drafts())


def test_a_config_that_is_deleted_meanwhile(desk: Desk) -> None:
    """There is nothing to store the text in any more; it is kept."""
    delete = other_change(desk).replace(f"set 1 '{THEIRS}'", "delete 1 --yes")
    editor = desk.editor(f"{delete}; {desk.writes(MINE)}")
    ended = desk.edit("1", VISUAL=editor)

    assert 1 == ended.status
    assert "Config 1 was not found" in ended.errors
    assert f"Your text is kept in {desk.draft()}" in ended.errors
    assert [MINE.encode()] == desk.drafts()


@pytest.mark.parametrize("editor", ["/nonexistent/editor", "false"], ids=["missing", "fails"])
def test_an_editor_that_does_not_work(desk: Desk, editor: str) -> None:
    """One line names it; where nothing was written, nothing is left behind."""
    ended = desk.edit("1", VISUAL=editor)

    assert (1, b"") == (ended.status, ended.output)
    assert editor in ended.errors
    assert "Traceback" not in ended.errors
    assert ([], 1) == (desk.drafts(), desk.revisions())


def test_an_editor_that_fails_after_it_wrote(desk: Desk) -> None:
    """Its text is not stored, and not lost."""
    editor = desk.editor(f"{desk.writes(MINE)}; exit 3")
    ended = desk.edit("1", VISUAL=editor)

    assert 1 == ended.status
    assert f"Your text is kept in {desk.draft()}" in ended.errors
    assert ([MINE.encode()], 1) == (desk.drafts(), desk.revisions())


def test_an_editor_that_is_interrupted(desk: Desk) -> None:
    """Ctrl-C while an editor waits, as with `code --wait`, keeps the text, and says where."""
    with terminal(
        "config", "edit", "1", env=desk.env(VISUAL=desk.editor(f"{desk.writes(MINE)}; echo open; cat"))
    ) as shown:
        shown.wait_for("open")
        shown.type("\x03")
        status = shown.end()

    assert 1 == status
    assert [MINE.encode()] == desk.drafts()
    assert desk.draft() in shown.text.replace("\n", " ")


def test_what_is_not_there_cannot_be_edited(desk: Desk) -> None:
    """No editor opens for a config that does not exist."""
    ended = desk.edit("9", VISUAL=desk.editor(":"))

    assert 1 == ended.status
    assert ended.errors.startswith("Error: Config 9 was not found: ")
    assert [] == list(desk.place.glob("given-*"))


@pytest.mark.parametrize("json_option", [(), ("--json",)], ids=["text", "json"])
def test_without_a_terminal_no_editor_opens(desk: Desk, json_option: tuple[str, ...]) -> None:
    """Editors need one; the refusal names the command that stores a text without an editor."""
    ended = run_command("config", "edit", "1", *json_option, env=desk.env(VISUAL=desk.editor(":")))

    assert (1, b"") == (ended.returncode, ended.stdout)
    assert b"Error: An editor needs a terminal" in ended.stderr
    assert b"'iotconfig config set'" in ended.stderr
    assert ([], []) == (list(desk.place.glob("given-*")), desk.drafts())
