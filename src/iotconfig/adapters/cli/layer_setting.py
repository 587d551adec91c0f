"""`iotconfig layer set`: make a layer, or give it another document, reach or rank."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

import click
from attrs import evolve

from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.line_ends import as_stored
from iotconfig.domain.errors import RecordNotFound
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING, Reach, ReachKind

from .changed_layers import echo_changed_layer, echo_layer_preview
from .given_contents import content_in
from .options import (
    ReadableFile,
    WholeNumber,
    dry_run_option,
    json_option,
    layer_revision_option,
    message_option,
    precondition_of,
)
from .runtime import Runtime

if TYPE_CHECKING:
    from iotconfig.domain.layers.layer import Layer


@click.command("set")
@click.argument("name", metavar="LAYER")
@click.argument("content", required=False)
@click.option(
    "--file", "-f", type=ReadableFile("rb"), help="Read the document from a file; - is standard input."
)
@click.option("--all", "is_for_all", is_flag=True, help="Reach all devices.")
@click.option("--model", metavar="MODEL", help="Reach the devices of this model.")
@click.option(
    "--tag",
    "tags",
    metavar="TAG",
    multiple=True,
    help="Reach devices that have this tag, or with !TAG do not have it; repeatable.",
)
@click.option("--rank", type=WholeNumber(min=1), metavar="N", help="The place among the layers of tags.")
@click.option("--disabled", is_flag=True, help="Make a new layer that reaches no device yet.")
@layer_revision_option
@dry_run_option
@message_option
@json_option
@click.pass_obj
def set_layer(
    runtime: Runtime,
    name: str,
    content: str | None,
    file: BinaryIO | None,
    is_for_all: bool,
    model: str | None,
    tags: tuple[str, ...],
    rank: int | None,
    disabled: bool,
    if_revision: int | None,
    dry_run: bool,
    message: str | None,
    as_json: bool,
) -> None:
    r"""Make a layer, or replace parts of it. CONTENT is JSON text, or - for standard input.

    A new layer needs CONTENT, the devices that it reaches, and for tags a rank.
    Of a layer that exists, what is not given stays: document, reach, rank.

    \b
    iotconfig layer set base --all '{"enableOTA": true}'
    iotconfig layer set floor-3 --tag floor-3 --tag '!spare' --rank 100 -f floor-3.json
    iotconfig layer set floor-3 --rank 200
    """
    from iotconfig.domain.layering.edits import PutLayer

    note = runtime.note(message)
    reach = _reach(model, tags, is_for_all=is_for_all)
    if content is not None and file is not None:
        raise click.UsageError("Give the document once: as CONTENT, as - for standard input, or with --file.")
    with runtime.services() as services:
        document = None
        if content is not None or file is not None:
            document = content_in(content, file, services.max_content_bytes)
        before: Layer | None = None
        with suppress(RecordNotFound):
            before = services.layers.get(name)
        if before is None:
            definition = _new(document, reach, rank, enabled=not disabled)
        else:
            definition = _changed(before.definition, document, reach, rank, disabled=disabled)
        edit = PutLayer(name, definition, _precondition(before, if_revision))
        if dry_run:
            echo_layer_preview(services, edit, before, definition, as_json=as_json)
            return
        written = services.layers.write(edit, note)
        changed = services.layers.get(name)
    echo_changed_layer(
        runtime, written, changed, "Created" if before is None else "Set", before, as_json=as_json
    )


def _precondition(before: Layer | None, if_revision: int | None) -> Precondition:
    """Only what the command has seen is replaced."""
    if if_revision is not None:
        return precondition_of(if_revision)
    return Precondition(exists=False) if before is None else precondition_of(before.revision)


def _reach(model: str | None, tags: tuple[str, ...], *, is_for_all: bool) -> Reach | None:
    if is_for_all + (model is not None) + bool(tags) > 1:
        raise click.UsageError("Give one of --all, --model and --tag.")
    if is_for_all:
        return EVERYTHING
    if model is not None:
        return Reach(model=model)
    if not tags:
        return None
    return Reach(
        tags=[tag for tag in tags if not tag.startswith("!")],
        not_tags=[tag[1:] for tag in tags if tag.startswith("!")],
    )


def _new(
    document: ConfigContent | None, reach: Reach | None, rank: int | None, *, enabled: bool
) -> LayerDefinition:
    if document is None:
        raise click.UsageError(
            "A new layer needs a document: as CONTENT, as - for standard input, or with --file."
        )
    if reach is None:
        raise click.UsageError("A new layer needs the devices that it reaches: --all, --model or --tag.")
    return LayerDefinition(document, reach, rank, enabled)


def _changed(
    before: LayerDefinition,
    document: ConfigContent | None,
    reach: Reach | None,
    rank: int | None,
    *,
    disabled: bool,
) -> LayerDefinition:
    if disabled:
        raise click.UsageError("--disabled is for a new layer: 'iotconfig layer disable' switches one off.")
    reach = before.reach if reach is None else reach
    if rank is None and reach.kind is ReachKind.TAGGED:
        rank = before.rank
    content = before.content if document is None else as_stored(document, before.content)
    return evolve(before, content=content, reach=reach, rank=rank)
