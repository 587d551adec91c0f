"""Commands for history: what changed, going back, bringing back, and letting old revisions go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from .configs import echo_changed
from .counts import counted
from .diffs import echo_diff, echo_difference
from .names import find, find_id
from .options import dry_run_option, json_option, message_option, precondition_of, revision_option
from .runtime import Runtime
from .tables import moment, table
from .terminal import say, say_json

_NAME = "ID|MAC"


@click.command()
@click.argument("name", metavar=_NAME)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="The newest N revisions.",
)
@click.option("--before", type=click.IntRange(min=1), metavar="N", help="Only revisions before N.")
@json_option
@click.pass_obj
def history(runtime: Runtime, name: str, limit: int, before: int | None, as_json: bool) -> None:
    """List a config's revisions, the newest first; a deleted config's, too."""
    from iotconfig.domain.configs.revisions import HistoryQuery

    with runtime.services() as services:
        config_id = find_id(services.history, name)
        page = services.history.revisions(HistoryQuery(config_id, before, limit))
    if as_json:
        say_json({"revisions": page.revisions, "next": page.next})
        return
    rows = [
        (r.revision, moment(r.created_at), r.operation.value, r.mac_address, r.author, r.message)
        for r in page.revisions
    ]
    say(table(("REVISION", "TIME", "OPERATION", "MAC ADDRESS", "AUTHOR", "MESSAGE"), rows))
    more = f"; --before {page.next} shows more" if page.next is not None else ""
    say(f"\n{counted(len(rows), 'revision')} of config {config_id}{more}, in {runtime.database}")


@click.command()
@click.argument("name", metavar=_NAME)
@click.argument("earlier", metavar="[FROM", type=click.IntRange(min=1), required=False)
@click.argument("later", metavar="[TO]]", type=click.IntRange(min=1), required=False)
@json_option
@click.pass_obj
def diff(runtime: Runtime, name: str, earlier: int | None, later: int | None, as_json: bool) -> None:
    """Show what differs between two revisions.

    TO is the newest revision unless it is given, FROM the one before TO.
    """
    with runtime.services() as services:
        config_id = find_id(services.history, name)
        before, after = services.history.compare(config_id, earlier, later)
    from iotconfig.adapters.diff import comparison, revisions_compared

    if as_json:
        say_json(comparison(before, after))
    else:
        echo_diff(revisions_compared(before, after).unified_diff)


@click.command()
@click.argument("name", metavar=_NAME)
@click.argument("revision", type=click.IntRange(min=1))
@revision_option
@dry_run_option
@message_option
@json_option
@click.pass_obj
def rollback(
    runtime: Runtime,
    name: str,
    revision: int,
    if_revision: int | None,
    dry_run: bool,
    message: str | None,
    as_json: bool,
) -> None:
    """Give a config the content of an earlier REVISION, byte for byte, as a new one."""
    from iotconfig.domain.configs.edits import Rollback

    edit = Rollback(revision)
    with runtime.services() as services:
        before = find(services.configs, name)
        if dry_run:
            before, content = services.configs.preview(before.id, edit, precondition_of(if_revision))
            labels = (f"{before.mac_address}.json revision {n}" for n in (before.revision, revision))
            echo_difference(before.content, content, *labels)
            return
        note = runtime.note(message)
        changed = services.configs.edit(before.id, edit, precondition_of(if_revision), note)
    echo_changed(runtime, changed, f"Rolled back to revision {revision}:", as_json)


@click.command()
@click.argument("name", metavar=_NAME)
@message_option
@json_option
@click.pass_obj
def restore(runtime: Runtime, name: str, message: str | None, as_json: bool) -> None:
    """Bring a deleted config back, under its id, with the content that it had.

    'iotconfig config list --deleted' lists what can be restored.
    """
    with runtime.services() as services:
        config_id = find_id(services.history, name)
        restored = services.history.restore(config_id, runtime.note(message))
    echo_changed(runtime, restored, "Restored", as_json)


@click.command("prune-history")
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Keep the newest N of each config.")
@click.option(
    "--older-than", type=click.IntRange(0, 36500), metavar="DAYS", help="Keep what is not as old as this."
)
@dry_run_option
@click.pass_obj
def prune_history(runtime: Runtime, keep: int | None, older_than: int | None, dry_run: bool) -> None:
    """Remove old revisions.

    With both options, a revision goes only where neither keeps it. The newest
    revision of a config always stays, and so does what a restore brings back.
    """
    if keep is None and older_than is None:
        raise click.UsageError("Say what to keep: --keep N, --older-than DAYS, or both.")
    from iotconfig.domain.configs.revisions import Retention

    retention = Retention(keep or 1, datetime.now(UTC) - timedelta(days=older_than or 0))
    with runtime.services() as services:
        removed = sum(services.history.prune(retention, dry_run=dry_run))
    done = "would be removed" if dry_run else "removed"
    say(f"{counted(removed, 'revision')} {done}, in {runtime.database}")
