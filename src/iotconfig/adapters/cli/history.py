"""Commands for the history: list, compare, roll back, restore, prune."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from iotconfig.domain.errors import RecordNotFound
from iotconfig.domain.paging import all_items

from .changed import echo_changed
from .counts import counted
from .diffs import echo_diff, echo_difference, echo_proposed
from .names import find_deleted_id, find_for_change, find_id
from .options import (
    WholeNumber,
    config_argument,
    dry_run_option,
    json_option,
    message_option,
    precondition_of,
    revision_option,
)
from .runtime import Runtime
from .tables import Column, moment
from .terminal import say, say_json, say_table

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import Config
    from iotconfig.domain.configs.history_use_cases import HistoryUseCases

_COLUMNS: Final = (
    Column("REVISION"),
    Column("TIME"),
    Column("OPERATION", rank=3),
    Column("MAC ADDRESS", rank=4),
    Column("AUTHOR", rank=2, text=8),
    # What 'iotconfig undo' needs, at 60 columns, too.
    Column("CHANGE", rank=1),
    Column("MESSAGE", text=10),
)


@click.command()
@config_argument
@click.option(
    "--limit",
    type=WholeNumber(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="The newest N revisions.",
)
@click.option("--before", type=WholeNumber(min=1), metavar="N", help="Only revisions before N.")
@json_option
@click.pass_obj
def history(runtime: Runtime, name: str, limit: int, before: int | None, as_json: bool) -> None:
    """List the revisions of a config, the newest first.

    The history of a deleted config can be listed, too.
    """
    from iotconfig.domain.configs.revisions import HistoryQuery

    with runtime.services() as services:
        config_id = find_id(services, name)
        page = services.history.revisions(HistoryQuery(config_id, before, limit))
    if as_json:
        say_json({"revisions": page.revisions, "next": page.next})
        return
    rows = [
        (r.revision, moment(r.created_at), r.operation.value, r.mac_address, r.author, r.change, r.message)
        for r in page.revisions
    ]
    say_table(_COLUMNS, rows)
    more = f"; --before {page.next} shows more" if page.next is not None else ""
    say()
    say(f"{counted(len(rows), 'revision')} of config {config_id}{more}, in {runtime.installation}")


@click.command()
@config_argument
@click.argument("earlier", metavar="[FROM", type=WholeNumber(min=1), required=False)
@click.argument("later", metavar="[TO]]", type=WholeNumber(min=1), required=False)
@json_option
@click.pass_obj
def diff(runtime: Runtime, name: str, earlier: int | None, later: int | None, as_json: bool) -> None:
    """Show what differs between two revisions.

    TO defaults to the newest revision, FROM to the revision before TO.
    """
    with runtime.services() as services:
        config_id = find_id(services, name)
        before, after = services.history.compare(config_id, earlier, later)
    from iotconfig.adapters.diff import comparison, revisions_compared

    if as_json:
        say_json(comparison(before, after))
    else:
        echo_diff(revisions_compared(before, after).unified_diff)


@click.command()
@config_argument
@click.argument("revision", metavar="[REVISION]", type=WholeNumber(min=1), required=False)
@revision_option
@dry_run_option
@message_option
@json_option
@click.pass_obj
def rollback(
    runtime: Runtime,
    name: str,
    revision: int | None,
    if_revision: int | None,
    dry_run: bool,
    message: str | None,
    as_json: bool,
) -> None:
    """Store an earlier content as a new revision.

    The new revision has the content of REVISION, byte for byte. Without
    REVISION, it has the newest earlier content that differs from the present one.
    """
    from iotconfig.domain.configs.edits import Rollback

    with runtime.services() as services:
        before, precondition = find_for_change(services, name, if_revision)
        if revision is None:
            revision = _one_back(services.history, before)
            # Not one back from a revision that another user stores meanwhile.
            precondition = precondition_of(before.revision)
        edit = Rollback(revision)
        try:
            if dry_run:
                before, content = services.configs.preview(before.id, edit, precondition)
                if as_json:
                    echo_proposed(before, content, as_json=True)
                    return
                labels = (f"{before.mac_address}.json revision {n}" for n in (before.revision, revision))
                echo_difference(before.content, content, *labels)
                return
            changed = services.configs.edit(before.id, edit, precondition, runtime.note(message))
        except RecordNotFound as error:
            way_out = f"'iotconfig config history {before.id}' lists the revisions."
            raise click.ClickException(f"{error} {way_out}") from None
    echo_changed(runtime, changed, f"Rolled back to revision {revision}:", as_json, before)


def _one_back(history: HistoryUseCases, config: Config) -> int:
    """The newest revision with other content than the present one. Raises `ClickException` if there is none.

    A restored config, and one that moved to another board, has the content of the revision before.
    """
    from iotconfig.domain.configs.revisions import HistoryQuery

    earlier = all_items(lambda before: history.revisions(HistoryQuery(config.id, before or config.revision)))
    others = (revision.revision for revision in earlier if revision.etag not in (None, config.content.etag))
    found = next(others, None)
    if found is None:
        raise click.ClickException(
            f"Config {config.id} has no revision with other content before revision {config.revision} to go back to."
        )
    return found


@click.command()
@config_argument
@message_option
@json_option
@click.pass_obj
def restore(runtime: Runtime, name: str, message: str | None, as_json: bool) -> None:
    """Restore a deleted config with its id and its last content.

    A config does not return to a board that was replaced after the deletion.
    'iotconfig config list --deleted' lists what can be restored.
    """
    with runtime.services() as services:
        config_id = find_deleted_id(services, name)
        restored = services.configs.restore(config_id, runtime.note(message))
    echo_changed(runtime, restored, "Restored", as_json)


@click.command("prune-history")
@click.option(
    "--keep", type=WholeNumber(min=1), metavar="N", help="Keep the newest N revisions of each config."
)
@click.option(
    "--older-than",
    type=click.IntRange(0, 36500),
    metavar="DAYS",
    help="Remove only revisions and changes that are older than this.",
)
@dry_run_option
@json_option
@click.pass_obj
def prune_history(
    runtime: Runtime, keep: int | None, older_than: int | None, dry_run: bool, as_json: bool
) -> None:
    """Remove old revisions, and what changed long ago.

    With both options, a revision is removed only if neither option keeps it.
    The newest revision of a config is always kept, and so is the revision that
    a restore needs. --keep applies to revisions only. Of the change log and of
    how the states of devices changed, the last 7 days are always kept, and so is
    the newest change of the log.
    """
    if keep is None and older_than is None:
        raise click.UsageError("Give --keep N, --older-than DAYS, or both.")
    from iotconfig.domain.configs.revisions import Retention

    retention = Retention(keep or 1, datetime.now(UTC) - timedelta(days=older_than or 0))
    with runtime.services() as services:
        steps = list(services.history.prune(retention, dry_run=dry_run))
    removed = {
        part: sum(getattr(step, part) for step in steps) for part in ("revisions", "changes", "states")
    }
    if as_json:
        say_json({"dry_run": dry_run, **removed})
        return
    revisions, changes = counted(removed["revisions"], "revision"), counted(removed["changes"], "change")
    done = "would be removed" if dry_run else "removed"
    say(
        f"{revisions}, {changes} of the change log and {removed['states']} of devices' states {done}, "
        f"in {runtime.installation}"
    )
