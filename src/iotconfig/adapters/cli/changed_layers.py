"""The result of a command that changed a layer, or tried to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .changed import echo_change
from .counts import counted
from .diffs import echo_difference
from .runtime import Runtime, Services
from .terminal import say, say_json

if TYPE_CHECKING:
    from iotconfig.domain.layering.edits import LayersEdit
    from iotconfig.domain.layering.previews import LayersPreview
    from iotconfig.domain.layering.service import LayersWritten
    from iotconfig.domain.layers.layer import Layer, LayerDefinition


def echo_changed_layer(
    runtime: Runtime,
    written: LayersWritten,
    changed: Layer,
    verb: str,
    before: Layer | None,
    *,
    as_json: bool,
) -> None:
    """Print the layer that a command has changed, and the id of the change.

    written: what the command stored.
    before: the layer as it was, if it existed. An equal definition makes no change.
    """
    if as_json:
        from iotconfig.adapters.codec.layer_answers import LayerAnswer

        say_json(LayerAnswer.of(changed))
        return
    say(
        f"{verb} layer {changed.name}, for {changed.reach}, revision {changed.revision}, in {runtime.installation}"
    )
    if before is None or before.revision != changed.revision:
        echo_change(changed.change)
        echo_followed(written)


def echo_followed(written: LayersWritten) -> None:
    """Print how to follow the job that serves the documents of a change, where one does."""
    if written.served is None and written.change is not None:
        say(
            f"The service goes through the devices: 'iotconfig layer progress {written.change}' shows how far it is."
        )


def echo_layer_preview(
    services: Services,
    edit: LayersEdit,
    before: Layer | None,
    after: LayerDefinition | None,
    *,
    as_json: bool,
) -> None:
    """Print what an edit of layers would do; end the command with 1 where it would be refused for a device.

    before: the one layer that it changes; None if it would be created, or if there are several.
    after: its definition afterwards; None if it would be deleted.
    """
    preview = services.layers.preview(edit)
    if as_json:
        from iotconfig.adapters.codec.layer_answers import LayersDryRun

        say_json(LayersDryRun.of(preview))
    else:
        _say_preview(preview, before, after)
    if preview.refused:
        click.get_current_context().exit(1)


def _say_preview(preview: LayersPreview, before: Layer | None, after: LayerDefinition | None) -> None:
    names = [*(layer.name for layer in preview.layers), *preview.deleted]
    if not names:
        say("Nothing differs.")
        return
    for each in preview.layers:
        rank = "" if each.rank is None else f", rank {each.rank}"
        say(f"Layer {each.name}: for {each.reach}{rank}, {'enabled' if each.enabled else 'disabled'}.")
    documents = (None if before is None else before.content, None if after is None else after.content)
    if documents[0] != documents[1]:
        labels = ("/dev/null" if document is None else f"layer {names[0]}" for document in documents)
        echo_difference(*documents, *labels)
    say()
    say(
        f"{counted(preview.devices, 'device')} concerned, {preview.changed} of them served another document, "
        f"{preview.refused} refused."
    )
    for refusal in preview.refusals:
        say(f"{refusal.mac_address}: {refusal.error}", err=True)
    for sample in preview.samples:
        say()
        echo_difference(sample.before, sample.after, *2 * (f"{sample.mac_address}.json",))
