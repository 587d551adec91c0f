"""`iotconfig config edit`: a config's content in the user's editor."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

import click
from attrs import define

from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.documents import line_ends, strict_json
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import InvalidDocument, IotConfigError, PreconditionFailed

from .changed import echo_changed
from .diffs import echo_difference
from .errors import one_line
from .names import find
from .options import config_argument, json_option, message_option
from .runtime import Runtime
from .terminal import confirm, is_interactive, say, say_json

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config
    from iotconfig.domain.configs.config_use_cases import ConfigUseCases
    from iotconfig.domain.configs.revisions import ChangeNote


@click.command()
@config_argument
@message_option
@json_option
@click.pass_obj
def edit(runtime: Runtime, name: str, message: str | None, as_json: bool) -> None:
    """Edit a config's content in $VISUAL or $EDITOR.

    It needs a terminal. Text that is refused can be edited again, and is never lost. A change by
    another user in the meantime is shown, and not overwritten.
    """
    if not is_interactive():
        raise click.ClickException(
            "An editor needs a terminal as standard input and output: "
            "'iotconfig config set' takes the content from an argument, a file or standard input."
        )
    with runtime.services() as services:
        configs = services.configs
        editing = _Editing(configs, services.max_content_bytes, runtime.note(message), find(services, name))
        changed = editing.run()
    if changed is None:
        say("Nothing was changed.", err=True)
    elif as_json:
        say_json(changed)
    else:
        echo_changed(runtime, changed, "Set", as_json=False)


@define
class _Editing:
    """One config in the editor, until its text is stored or given up."""

    _service: ConfigUseCases
    _max_content_bytes: int
    _note: ChangeNote
    _base: Config
    """The config that the text in the editor replaces."""

    def run(self) -> Config | None:
        """Edit until the text is stored; returns None if the user changed nothing."""
        descriptor, name = mkstemp(prefix=f"{self._base.mac_address}-".replace(":", ""), suffix=".json")
        draft = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(self._base.content))
        try:
            return self._edited(draft)
        except click.ClickException:
            raise
        except (KeyboardInterrupt, IotConfigError, OSError) as error:
            # Keep the user's text, whatever ends the command.
            if not draft.is_file():
                raise
            if self._is_unchanged(draft):
                draft.unlink()
                raise
            raise click.ClickException(f"{_reason(error)} Your text is kept in {draft}") from None

    def _edited(self, draft: Path) -> Config | None:
        refused_at: int | None = None
        while True:
            self._open_editor(draft)
            if self._is_unchanged(draft):
                draft.unlink()
                return None
            if draft.stat().st_mtime_ns == refused_at:
                # The user left the editor without saving: give up.
                raise click.ClickException(f"Nothing was stored. Your text is kept in {draft}")
            try:
                stored = self._store(draft)
            except IotConfigError as error:
                self._explain(error, draft)
                refused_at = draft.stat().st_mtime_ns
                continue
            draft.unlink()
            return stored

    def _open_editor(self, draft: Path) -> None:
        try:
            click.edit(filename=str(draft))
        except click.ClickException as error:
            if self._is_unchanged(draft):
                draft.unlink()
                raise
            raise click.ClickException(f"{error.format_message()}. Your text is kept in {draft}") from None

    def _is_unchanged(self, draft: Path) -> bool:
        """Whether the user changed nothing; line ends that the editor adds do not count."""
        try:
            text = _text_of(draft)
        except InvalidDocument:
            return False
        return line_ends.is_same(text, self._base.content.text)

    def _store(self, draft: Path) -> Config:
        from iotconfig.domain.configs.edits import Replace

        content = ConfigContent.parse(_text_of(draft), self._max_content_bytes)
        unchanged = Precondition(one_of=frozenset({self._base.revision}))
        return self._service.edit(self._base.id, Replace(content), unchanged, self._note)

    def _explain(self, error: IotConfigError, draft: Path) -> None:
        """Print why the text was not stored, and ask whether to edit it again. Raises `ClickException` otherwise."""
        say(f"Not stored: {one_line(error)}", fg="red", err=True)
        if isinstance(error, PreconditionFailed):
            self._show_other_change()
        if not _wants_to_go_on():
            raise click.ClickException(f"Nothing was stored. Your text is kept in {draft}")

    def _show_other_change(self) -> None:
        """Show the change of another user, which the text is compared with from now on."""
        theirs = self._service.get(self._base.id)
        labels = (f"{c.mac_address}.json revision {c.revision}" for c in (self._base, theirs))
        say("Another user has changed the config in the meantime:", err=True)
        echo_difference(self._base.content, theirs.content, *labels)
        self._base = theirs


def _text_of(draft: Path) -> str:
    """The text of the file, without a byte order mark. Raises `InvalidDocument` if it is not UTF-8."""
    return strict_json.decode_utf8(line_ends.without_mark(draft.read_bytes()))


def _wants_to_go_on() -> bool:
    """Ask whether to edit again; Ctrl-C and Ctrl-D mean no."""
    try:
        return confirm("Edit again?", default=True)
    except click.Abort:
        return False


def _reason(error: BaseException) -> str:
    if isinstance(error, IotConfigError):
        return one_line(error)
    return "Interrupted." if isinstance(error, KeyboardInterrupt) else f"Interrupted ({error})."
