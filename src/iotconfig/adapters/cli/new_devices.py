"""`new-devices` and `adopt`: boards that ask for a document and never had one."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

import click
from click.shell_completion import CompletionItem

from iotconfig.domain.configs.labels import NO_LABELS, Labels
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.line_ends import UTF8_MARK, without_mark
from iotconfig.domain.errors import IotConfigError, RecordExists, Unprocessable
from iotconfig.domain.mac import MacAddress

from .changed import echo_changed
from .completion import complete_names
from .counts import counted
from .names import find
from .options import ReadableFile, json_option, message_option
from .runtime import Runtime
from .tables import Column, moment
from .terminal import say, say_json, say_table

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config, ConfigSummary

_COLUMNS: Final = (
    Column("MAC ADDRESS"),
    Column("ASKED FROM", 1),
    Column("FIRST", 2),
    Column("LAST"),
)


def _complete_new(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The new boards whose MAC address, in digits, begins as the word does. No completion shows an error."""
    runtime: Runtime | None = ctx.find_root().obj
    if runtime is None:
        return []
    try:
        with runtime.services() as services:
            found = services.new_boards.all() if services.new_boards else ()
    except (IotConfigError, click.ClickException, OSError):
        return []
    digits = [(str(board.mac_address).replace(":", ""), board) for board in found]
    return [
        CompletionItem(word, help=f"{board.source}, {moment(board.last_seen)}")
        for word, board in digits
        if word.startswith(incomplete.lower())
    ]


@click.command("new-devices")
@json_option
@click.pass_obj
def new_devices(runtime: Runtime, as_json: bool) -> None:
    """List boards that ask and never had a config.

    Those that asked last come first. At most 50 are kept of one address, and 1,000 in
    all. 'iotconfig adopt' gives one of them a config.
    """
    with runtime.services() as services:
        if services.new_boards is None:
            raise Unprocessable(f"{runtime.installation} does not keep new boards.")
        found = services.new_boards.all()
    if as_json:
        say_json({"new_devices": found})
        return
    say_table(
        _COLUMNS,
        [
            (board.mac_address, board.source, moment(board.first_seen), moment(board.last_seen))
            for board in found
        ],
    )
    say()
    say(f"{counted(len(found), 'new board')} in {runtime.installation}")


@click.command()
@click.argument("mac_address", metavar="MAC", shell_complete=_complete_new)
@click.option(
    "--like",
    metavar="ID|MAC|NAME",
    shell_complete=complete_names,
    help="Copy the content and the tags of this device. Its note is not copied.",
)
@click.option(
    "--from-file",
    type=ReadableFile("rb"),
    metavar="FILE",
    help="Read the content from a file; - is standard input.",
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag of the device; may be repeated.")
@click.option("--model", metavar="MODEL", help="The model of the device.")
@click.option("--note", "label", metavar="TEXT", help="The note on the device.")
@message_option
@json_option
@click.pass_obj
def adopt(
    runtime: Runtime,
    mac_address: str,
    like: str | None,
    from_file: BinaryIO | None,
    tags: tuple[str, ...],
    model: str | None,
    label: str | None,
    message: str | None,
    as_json: bool,
) -> None:
    """Give a new board its first config.

    Without --like and --from-file, it gets no content: layers alone serve it, and one of them must reach it.
    The board need not have asked yet. A MAC address that once had a config is refused: the error
    names the command that restores the config, or the board that replaced this one.
    """
    mac = MacAddress.parse(mac_address)
    if like is not None and from_file is not None:
        raise click.UsageError("Give the content of the new config once: --like DEVICE, or --from-file FILE.")
    labels = Labels(tags, label, model)
    if like is not None and labels != NO_LABELS:
        raise click.UsageError("--like copies the tags: leave out --tag, --model and --note.")
    note = runtime.note(message)
    adopted: Config | ConfigSummary
    with runtime.services() as services:
        try:
            if like is not None:
                adopted = services.adoption.adopt_like(mac, find(services, like).mac_address, note)
            elif from_file is None:
                adopted = services.adoption.add(mac, labels, None, note)
            else:
                limit = services.max_content_bytes
                # One byte above the limit is enough to refuse the content as too large.
                document = without_mark(from_file.read(len(UTF8_MARK) + limit + 1))
                content = ConfigContent.parse(document, limit)
                if labels == NO_LABELS:
                    adopted = services.adoption.adopt(mac, content, note)
                else:
                    adopted = services.adoption.add(mac, labels, content, note)
        except RecordExists:
            raise RecordExists(mac, f"'iotconfig config set {mac}' replaces its content") from None
    echo_changed(runtime, adopted, "Adopted: created", as_json)
