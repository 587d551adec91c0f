"""`iotconfig layer list` and `show`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from .counts import counted
from .options import json_option
from .runtime import Runtime
from .tables import Column, moment, printable
from .terminal import give, say, say_json, say_lines, say_table

if TYPE_CHECKING:
    from iotconfig.domain.layers.layer import Layer, LayerSummary

_COLUMNS: Final = (
    Column("NAME"),
    Column("RANK"),
    Column("REACHES", text=16),
    Column("ENABLED", rank=1),
    Column("REVISION", rank=2),
    Column("UPDATED", rank=3),
)


@click.command("list")
@json_option
@click.pass_obj
def list_layers(runtime: Runtime, as_json: bool) -> None:
    """List all layers in their order, the lowest first."""
    with runtime.services() as services:
        found = services.layers.list()
    if as_json:
        from iotconfig.adapters.codec.layer_answers import Layers

        say_json(Layers.of(found))
        return
    say_layers(found)
    say()
    say(f"{counted(len(found), 'layer')} in {runtime.installation}")


def say_layers(layers: Sequence[LayerSummary]) -> None:
    """Print a table of layers."""
    rows = [
        (each.name, each.rank, each.reach, each.enabled, each.revision, moment(each.updated_at))
        for each in layers
    ]
    say_table(_COLUMNS, rows)


@click.command()
@click.argument("name", metavar="LAYER")
@click.option("--content", "content_only", is_flag=True, help="Print only the document, byte for byte.")
@json_option
@click.pass_obj
def show(runtime: Runtime, name: str, content_only: bool, as_json: bool) -> None:
    """Show one layer."""
    if content_only and as_json:
        raise click.UsageError("--content and --json cannot be used together.")
    with runtime.services() as services:
        found = services.layers.get(name)
    if content_only:
        give(bytes(found.content))
    elif as_json:
        from iotconfig.adapters.codec.layer_answers import LayerAnswer

        say_json(LayerAnswer.of(found))
    else:
        _echo_layer(runtime, found)


def _echo_layer(runtime: Runtime, found: Layer) -> None:
    rows = [
        ("layer", found.name),
        ("reaches", str(found.reach)),
        ("rank", found.rank),
        ("enabled", found.enabled),
        ("revision", found.revision),
        ("ETag", found.content.etag),
        ("created", moment(found.created_at)),
        ("updated", moment(found.updated_at)),
        ("stored in", runtime.installation),
    ]
    for label, value in rows:
        say(f"{label:12}  {printable(value)}")
    say()
    say_lines(found.content.text.replace("\r\n", "\n").removesuffix("\n").expandtabs())
