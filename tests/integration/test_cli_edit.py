"""`iotconfig config edit`: a config in the user's editor, without loss of the edited text."""

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
    """A config, and a directory for drafts and editors."""

    command: CommandLine
    place: Path

    def editor(self, *steps: str) -> str:
        """An editor that runs one of these shell commands each time it is opened; `$1` is the file.

        The files that it received are then in `given-0`, `given-1` and so on.
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
        """An editor's step that writes this text."""
        source = self.place / f"text-{len(list(self.place.glob('text-*')))}"
        source.write_bytes(text.encode())
        return f'cat {shlex.quote(str(source))} > "$1"'

    def env(self, **editors: str) -> Mapping[str, str]:
        """The environment of a command with drafts in this directory."""
        return environment(
            self.command.environ["DATABASE_URL"],
            **{"VISUAL": "", "EDITOR": "", "TMPDIR": str(self.place / "drafts"), **editors},
        )

    def edit(self, *arguments: str, **editors: str) -> Outcome:
        """Run `iotconfig config edit ARGUMENTS` in the test's process, with these editors, at a terminal without input."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {"VISUAL": "", "EDITOR": "", **editors}.items():
                patch.setenv(name, value)
            patch.setattr(tempfile, "tempdir", str(self.place / "drafts"))
            return self.command.at_terminal("config", "edit", *arguments)

    def given(self, number: int) -> bytes:
        """The file as the editor received it."""
        return (self.place / f"given-{number}").read_bytes()

    def drafts(self) -> list[bytes]:
        """The kept drafts."""
        return [path.read_bytes() for path in (self.place / "drafts").iterdir()]

    def draft(self) -> str:
        """The path of the only kept draft."""
        (path,) = (self.place / "drafts").iterdir()
        return str(path)

    def stored(self) -> bytes:
        """The config's content."""
        return self.command.ok("config", "show", "1", "--content").output

    def revisions(self) -> int:
        """The number of revisions."""
        return len(self.command.ok("config", "history", "1", "--json").json()["revisions"])


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Desk:
    """One config on SQLite."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("config", "create", MAC, BEFORE)
    (tmp_path / "drafts").mkdir()
    return Desk(command, tmp_path)


@pytest.mark.parametrize("variable", ["VISUAL", "EDITOR"])
def test_the_edited_text_is_stored(desk: Desk, variable: str) -> None:
    """$VISUAL precedes $EDITOR; the editor gets the exact bytes, and its result is stored exactly."""
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
    """--json prints the output of `show --json`."""
    ended = desk.edit("1", "--json", VISUAL=desk.editor(desk.writes(MINE)))

    assert desk.command.ok("config", "show", "1", "--json").json() == ended.json()


def test_an_editor_with_arguments(desk: Desk) -> None:
    """$EDITOR may be a command with arguments, such as `code --wait`."""
    editor = f"env X=1 {desk.editor(desk.writes(MINE))}"

    assert 0 == desk.edit("1", VISUAL=editor).status
    assert MINE.encode() == desk.stored()


def test_unchanged_text_makes_no_revision(desk: Desk) -> None:
    """A line says that nothing was changed."""
    ended = desk.edit("1", VISUAL=desk.editor(":"))

    assert (0, b"", "Nothing was changed.\n") == (ended.status, ended.output, ended.errors)
    assert (1, []) == (desk.revisions(), desk.drafts())


@pytest.mark.parametrize(
    "text",
    [BEFORE.rstrip(), BEFORE + "\r\n", "\ufeff" + BEFORE, "\ufeff" + BEFORE.replace("\r\n", "\n")],
    ids=["no-last-line-end", "last-line-end", "byte-order-mark", "other-line-ends"],
)
def test_additions_of_editors_are_not_a_change(desk: Desk, text: str) -> None:
    """A final line end, CRLF and a byte order mark make no revision, so the device does not restart."""
    ended = desk.edit("1", VISUAL=desk.editor(desk.writes(text)))

    assert (0, b"", "Nothing was changed.\n") == (ended.status, ended.output, ended.errors)
    assert (1, []) == (desk.revisions(), desk.drafts())


def test_a_byte_order_mark_is_not_stored(desk: Desk) -> None:
    """It is not part of the text."""
    editor = desk.editor(desk.writes("\ufeff" + MINE))

    assert 0 == desk.edit("1", VISUAL=editor).status
    assert MINE.encode() == desk.stored()


def test_a_draft_is_private(desk: Desk) -> None:
    """Only its owner can read the file, while it is edited and after it was kept."""
    editor = desk.editor(f'ls -l "$1" > mode; {desk.writes(BAD)}')
    desk.edit("1", VISUAL=editor)

    assert (desk.place / "mode").read_text().startswith("-rw------- ")
    assert 0o600 == stat.S_IMODE(Path(desk.draft()).stat().st_mode)


def test_refused_text_is_kept_without_an_answer(desk: Desk) -> None:
    """At the end of the input, the error has the reason and the path of the exact text; the status is 1."""
    ended = desk.edit("1", VISUAL=desk.editor(desk.writes(BAD)))
    errors = ended.errors

    assert (1, b"") == (ended.status, ended.output)
    assert "Not stored: At line 2, column 7: " in errors
    assert f"Nothing was stored. Your text is kept in {desk.draft()}\n" in errors
    assert [BAD.encode()] == desk.drafts()
    assert (BEFORE.encode(), 1) == (desk.stored(), desk.revisions())


def test_refused_text_is_shown_again(desk: Desk) -> None:
    """At a terminal the editor opens again with the refused text until it is valid."""
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
def test_abandoned_text_is_kept(desk: Desk, keys: str) -> None:
    """No, Ctrl-C and Ctrl-D at the question keep the text, and print its path."""
    editor = desk.editor(desk.writes(BAD))
    with terminal("config", "edit", "1", env=desk.env(VISUAL=editor)) as shown:
        shown.wait_for("Edit again? [Y/n]")
        shown.type(keys)
        status = shown.end()

    assert 1 == status
    assert f"Your text is kept in {desk.draft()}" in shown.text.replace("\n", " ")
    assert "Traceback" not in shown.text
    assert ([BAD.encode()], BEFORE.encode()) == (desk.drafts(), desk.stored())


def concurrent_change(desk: Desk) -> str:
    """An editor's step during which another operator stores a change."""
    database = shlex.quote(desk.command.environ["DATABASE_URL"])
    return f"DATABASE_URL={database} {shlex.quote(str(COMMAND))} config set 1 '{THEIRS}' >/dev/null"


def test_a_conflict_is_shown_and_not_overwritten(desk: Desk) -> None:
    """Without an answer, the other change is shown and stays stored, the edited text is kept, and the status is 1."""
    editor = desk.editor(f"{concurrent_change(desk)}; {desk.writes(MINE)}")
    ended = desk.edit("1", VISUAL=editor)

    assert 1 == ended.status
    assert "Another user has changed the config in the meantime:\n" in ended.errors
    assert '-  "deviceName": "K\u00fcche"' in ended.text
    assert '+  "deviceName": "Theirs"' in ended.text
    assert (THEIRS.encode(), 2, [MINE.encode()]) == (desk.stored(), desk.revisions(), desk.drafts())


def test_a_conflict_can_be_edited_again(desk: Desk) -> None:
    """The next edit starts from the other change, and can be in conflict again."""
    step = f"{concurrent_change(desk)}; {desk.writes(MINE)}"
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


def test_leaving_without_saving_keeps_the_concurrent_change(desk: Desk) -> None:
    """After a conflict, an editor that saves nothing overwrites nothing."""
    editor = desk.editor(f"{concurrent_change(desk)}; {desk.writes(MINE)}", ":")
    with terminal("config", "edit", "1", env=desk.env(VISUAL=editor)) as shown:
        shown.wait_for("Edit again? [Y/n]", 1)
        shown.type("y\n")
        status = shown.end()

    assert 1 == status, shown.text
    assert "Nothing was stored. Your text is kept in" in shown.text
    assert (THEIRS.encode(), [MINE.encode()]) == (desk.stored(), desk.drafts())


def test_a_config_that_is_deleted_meanwhile(desk: Desk) -> None:
    """The text cannot be stored, and is kept."""
    delete = concurrent_change(desk).replace(f"set 1 '{THEIRS}'", "delete 1 --yes")
    editor = desk.editor(f"{delete}; {desk.writes(MINE)}")
    ended = desk.edit("1", VISUAL=editor)

    assert 1 == ended.status
    assert "Config 1 was not found" in ended.errors
    assert f"Your text is kept in {desk.draft()}" in ended.errors
    assert [MINE.encode()] == desk.drafts()


@pytest.mark.parametrize("editor", ["/nonexistent/editor", "false"], ids=["missing", "fails"])
def test_an_editor_that_does_not_work(desk: Desk, editor: str) -> None:
    """One line names it; without edited text, no draft is kept."""
    ended = desk.edit("1", VISUAL=editor)

    assert (1, b"") == (ended.status, ended.output)
    assert editor in ended.errors
    assert "Traceback" not in ended.errors
    assert ([], 1) == (desk.drafts(), desk.revisions())


def test_an_editor_that_fails_after_it_wrote(desk: Desk) -> None:
    """Its text is not stored, and is kept."""
    editor = desk.editor(f"{desk.writes(MINE)}; exit 3")
    ended = desk.edit("1", VISUAL=editor)

    assert 1 == ended.status
    assert f"Your text is kept in {desk.draft()}" in ended.errors
    assert ([MINE.encode()], 1) == (desk.drafts(), desk.revisions())


def test_an_editor_that_is_interrupted(desk: Desk) -> None:
    """Ctrl-C while an editor waits, as with `code --wait`, keeps the text and prints its path."""
    with terminal(
        "config", "edit", "1", env=desk.env(VISUAL=desk.editor(f"{desk.writes(MINE)}; echo open; cat"))
    ) as shown:
        shown.wait_for("open")
        shown.type("\x03")
        status = shown.end()

    assert 1 == status
    assert [MINE.encode()] == desk.drafts()
    assert desk.draft() in shown.text.replace("\n", " ")


def test_a_missing_config_cannot_be_edited(desk: Desk) -> None:
    """No editor opens."""
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
