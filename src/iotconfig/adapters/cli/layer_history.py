"""`iotconfig layer history`, `diff` and `rollback`."""

from __future__ import annotations

from typing import Final

import click
from attrs import evolve

from iotconfig.domain.errors import RecordNotFound
from iotconfig.domain.paging import all_items

from .changed_layers import echo_changed_layer, echo_layer_preview
from .counts import counted
from .diffs import echo_diff
from .options import (
    WholeNumber,
    dry_run_option,
    json_option,
    layer_revision_option,
    message_option,
    precondition_of,
)
from .runtime import Runtime, Services
from .tables import Column, moment
from .terminal import say, say_json, say_table

_COLUMNS: Final = (
    Column("REVISION"),
    Column("TIME"),
    Column("OPERATION", rank=3),
    Column("RANK", rank=5),
    Column("REACHES", rank=4, text=16),
    Column("AUTHOR", rank=2, text=8),
    # What 'iotconfig undo' needs, at 60 columns, too.
    Column("CHANGE", rank=1),
    Column("MESSAGE", text=10),
)


@click.command()
@click.argument("name", metavar="LAYER")
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
    """List the revisions of a layer, the newest first.

    The history of a deleted layer can be listed, too.
    """
    from iotconfig.domain.layers.revisions import LayerHistoryQuery

    with runtime.services() as services:
        page = services.layers.revisions(LayerHistoryQuery(name, before, limit))
    if as_json:
        from iotconfig.adapters.codec.layer_answers import LayerRevisions

        say_json(LayerRevisions.of(page))
        return
    rows = [
        (
            r.revision,
            moment(r.created_at),
            r.operation.value,
            r.rank,
            r.reach,
            r.note.author,
            r.change,
            r.note.message,
        )
        for r in page
    ]
    say_table(_COLUMNS, rows)
    more = f"; --before {page.next} shows more" if page.next is not None else ""
    say()
    say(f"{counted(len(rows), 'revision')} of layer {name}{more}, in {runtime.installation}")


@click.command()
@click.argument("name", metavar="LAYER")
@click.argument("earlier", metavar="[FROM", type=WholeNumber(min=1), required=False)
@click.argument("later", metavar="[TO]]", type=WholeNumber(min=1), required=False)
@json_option
@click.pass_obj
def diff(runtime: Runtime, name: str, earlier: int | None, later: int | None, as_json: bool) -> None:
    """Show what differs between the documents of two revisions.

    TO defaults to the newest revision, FROM to the revision before TO.
    """
    with runtime.services() as services:
        before, after = services.layers.compare(name, earlier, later)
    from iotconfig.adapters.diff.layers import layers_compared

    found = layers_compared(before, after)
    if as_json:
        say_json(found)
    else:
        echo_diff(found.unified_diff)


@click.command()
@click.argument("name", metavar="LAYER")
@click.argument("revision", metavar="[REVISION]", type=WholeNumber(min=1), required=False)
@layer_revision_option
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
    """Store the document of an earlier revision as a new revision.

    The new revision has the document of REVISION, byte for byte. Without
    REVISION, it has the newest earlier document that differs from the present
    one. Reach, rank and switch stay; 'iotconfig undo' takes a whole change back.
    """
    from iotconfig.domain.layering.edits import RollBackLayer

    note = runtime.note(message)
    with runtime.services() as services:
        before = services.layers.get(name)
        precondition = precondition_of(if_revision)
        if revision is None:
            revision = _one_back(services, name, before.revision, before.content.etag)
            # Not one back from a revision that another user stores meanwhile.
            precondition = precondition_of(if_revision or before.revision)
        edit = RollBackLayer(name, revision, precondition)
        try:
            if dry_run:
                content = services.layers.revision(name, revision).content or before.content
                after = evolve(before.definition, content=content)
                echo_layer_preview(services, edit, before, after, as_json=as_json)
                return
            written = services.layers.write(edit, note)
        except RecordNotFound as error:
            way_out = f"'iotconfig layer history {name}' lists the revisions."
            raise click.ClickException(f"{error} {way_out}") from None
        changed = services.layers.get(name)
    echo_changed_layer(
        runtime, written, changed, f"Rolled back to revision {revision}:", before, as_json=as_json
    )


def _one_back(services: Services, name: str, newest: int, etag: str) -> int:
    """The newest revision with another document than the present one. Raises `ClickException` if there is none."""
    from iotconfig.domain.layers.revisions import LayerHistoryQuery

    earlier = all_items(lambda before: services.layers.revisions(LayerHistoryQuery(name, before or newest)))
    found = next((each.revision for each in earlier if each.etag not in (None, etag)), None)
    if found is None:
        raise click.ClickException(
            f"Layer {name} has no revision with another document before revision {newest} to go back to."
        )
    return found
