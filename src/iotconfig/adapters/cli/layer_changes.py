"""`iotconfig layer patch`, `enable`, `disable`, `delete` and `order`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iotconfig.domain.documents.merge_patch import MergePatch

from .changed import echo_change
from .changed_layers import echo_changed_layer, echo_followed, echo_layer_preview
from .layers import say_layers
from .merge_patches import member_options, merge_patch_of
from .options import dry_run_option, json_option, layer_revision_option, message_option, precondition_of
from .questions import ask, yes_option
from .runtime import Runtime
from .terminal import say, say_json

if TYPE_CHECKING:
    from iotconfig.domain.layers.layer import Layer


@click.command()
@click.argument("name", metavar="LAYER")
@click.argument("merge", metavar="[JSON]", required=False)
@member_options
@layer_revision_option
@dry_run_option
@message_option
@json_option
@click.pass_obj
def patch(
    runtime: Runtime,
    name: str,
    merge: str | None,
    assignments: tuple[str, ...],
    unset: tuple[str, ...],
    if_revision: int | None,
    dry_run: bool,
    message: str | None,
    as_json: bool,
) -> None:
    """Change some members of a layer's document, and keep all others.

    JSON is a merge patch (RFC 7396), or - for standard input. --set and --unset
    do the same member by member. To store a null, which removes a member that
    lower layers set, use 'iotconfig layer set'.
    """
    text = merge_patch_of(merge, assignments, unset, "JSON").text
    _patch(
        runtime,
        name,
        f'{{"content": {text}}}',
        "Patched",
        if_revision,
        message,
        dry_run=dry_run,
        as_json=as_json,
    )


@click.command()
@click.argument("name", metavar="LAYER")
@layer_revision_option
@dry_run_option
@message_option
@json_option
@click.pass_obj
def enable(
    runtime: Runtime, name: str, if_revision: int | None, dry_run: bool, message: str | None, as_json: bool
) -> None:
    """Let a layer reach its devices."""
    _patch(
        runtime, name, '{"enabled": true}', "Enabled", if_revision, message, dry_run=dry_run, as_json=as_json
    )


@click.command()
@click.argument("name", metavar="LAYER")
@layer_revision_option
@dry_run_option
@message_option
@json_option
@click.pass_obj
def disable(
    runtime: Runtime, name: str, if_revision: int | None, dry_run: bool, message: str | None, as_json: bool
) -> None:
    """Let a layer reach no device, without deleting it. It keeps its place."""
    _patch(
        runtime,
        name,
        '{"enabled": false}',
        "Disabled",
        if_revision,
        message,
        dry_run=dry_run,
        as_json=as_json,
    )


@click.command()
@click.argument("name", metavar="LAYER")
@layer_revision_option
@dry_run_option
@yes_option
@message_option
@json_option
@click.pass_obj
def delete(
    runtime: Runtime,
    name: str,
    if_revision: int | None,
    dry_run: bool,
    yes: bool,
    message: str | None,
    as_json: bool,
) -> None:
    """Delete a layer. 'iotconfig undo' of the change brings it back."""
    from iotconfig.domain.layering.edits import DeleteLayer

    with runtime.services() as services:
        before = services.layers.get(name)
        edit = DeleteLayer(name, precondition_of(if_revision))
        if dry_run:
            echo_layer_preview(services, edit, before, None, as_json=as_json)
            return
        if not yes:
            ask(
                f"Delete layer {before.name}, for {before.reach}?",
                "Nothing was deleted. --yes deletes without a question.",
            )
        written = services.layers.write(edit, runtime.note(message))
    if as_json:
        from iotconfig.adapters.codec.layer_answers import LayerSummary

        say_json({"deleted": LayerSummary.of(before.summary()), "change": written.change})
        return
    say(f"Deleted layer {before.name}, for {before.reach}, in {runtime.installation}")
    echo_change(written.change or "")
    echo_followed(written)


@click.command()
@click.argument("names", metavar="LAYER...", nargs=-1, required=True)
@dry_run_option
@message_option
@json_option
@click.pass_obj
def order(
    runtime: Runtime, names: tuple[str, ...], dry_run: bool, message: str | None, as_json: bool
) -> None:
    """Put the layers of tags in another order, the lowest first.

    Name all layers that tags select, the disabled ones included. They exchange
    their ranks, in one change.
    """
    from iotconfig.adapters.codec.layer_answers import Layers
    from iotconfig.domain.layering.edits import OrderLayers

    edit = OrderLayers(names)
    with runtime.services() as services:
        if dry_run:
            echo_layer_preview(services, edit, None, None, as_json=as_json)
            return
        written = services.layers.write(edit, runtime.note(message))
        found = services.layers.list()
    if as_json:
        say_json(Layers.of(found))
        return
    say_layers(found)
    say()
    if written.change is None:
        say("Nothing was changed: they have this order.")
    else:
        echo_change(written.change)
        echo_followed(written)


def _patch(
    runtime: Runtime,
    name: str,
    text: str,
    verb: str,
    if_revision: int | None,
    message: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Merge a patch into a layer, and print the layer."""
    from iotconfig.adapters.codec.layer_patches import merging
    from iotconfig.domain.layering.edits import PatchLayer

    note = runtime.note(message)
    with runtime.services() as services:
        merge = merging(services.max_content_bytes)
        edit = PatchLayer(name, MergePatch.parse(text), merge, precondition_of(if_revision))
        before = services.layers.get(name)
        if dry_run:
            after = merge(before.definition, edit.patch)
            echo_layer_preview(services, edit, before, after, as_json=as_json)
            return
        written = services.layers.write(edit, note)
        changed: Layer = services.layers.get(name)
    echo_changed_layer(runtime, written, changed, verb, before, as_json=as_json)
