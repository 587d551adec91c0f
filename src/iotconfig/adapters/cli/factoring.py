"""`factor` and `flatten`: what documents share moves into layers, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from .changed import echo_change
from .counts import counted, listed
from .options import WholeNumber, dry_run_option, json_option, message_option
from .questions import ask, yes_option
from .runtime import Runtime
from .tables import Column
from .terminal import is_interactive, say, say_json, say_table

if TYPE_CHECKING:
    from iotconfig.domain.layering.factoring_service import FactorPlan
    from iotconfig.domain.layering.flattening import Flattening
    from iotconfig.domain.layering.fleet import Fleet

    from .runtime import Services

_COLUMNS: Final = (
    Column("LAYER"),
    Column("REACHES", text=20),
    Column("RANK", rank=1),
    Column("DEVICES"),
    Column("BYTES", rank=2),
)
_SHOWN: Final = 20

_tag_option = click.option(
    "--tag", "tags", metavar="TAG", multiple=True, help="Only devices with this tag. May be repeated: all must hold."
)  # fmt: skip


@click.command()
@_tag_option
@click.option(
    "--share",
    type=WholeNumber(min=51, max=100),
    default=80,
    show_default=True,
    metavar="PERCENT",
    help="A value moves up if so many of a layer's devices have it.",
)
@click.option(
    "--accept-bytes",
    type=WholeNumber(min=0),
    metavar="N",
    help="Store the layers, if exactly this number of devices would be served other bytes of the same value.",
)
@message_option
@json_option
@click.pass_context
def factor(
    ctx: click.Context,
    /,
    tags: tuple[str, ...],
    share: int,
    accept_bytes: int | None,
    message: str | None,
    as_json: bool,
) -> None:
    """Propose layers for devices whose documents stand alone.

    Values that most devices share move up: into a layer of all devices, of a
    model, or of a tag. With --tag, all layers reach only devices with these
    tags. What a device sets otherwise stays its own content. Each document is
    composed and compared: it keeps its value, with numbers as written.

    Nothing is stored without --accept-bytes. Order and spaces of a document
    may change: the devices whose bytes change are told of a new document.
    'iotconfig flatten' is the way back.
    """
    from iotconfig.domain.layering.factoring_service import FactoringService

    runtime: Runtime = ctx.obj
    note = runtime.note(message)
    with runtime.services() as services:
        factoring = FactoringService(_fleet(services), services.layers)
        plan = factoring.plan(tags, share)
        if not as_json:
            _show(plan, runtime)
        if accept_bytes is not None:
            factoring.store(plan, accept_bytes, note, _ignore if as_json else _say_stored)
    if as_json:
        say_json({**_as_json(plan), "stored": accept_bytes is not None})
    ctx.exit(1 if plan.proposal.unfit else 0)


@click.command()
@_tag_option
@yes_option
@dry_run_option
@message_option
@json_option
@click.pass_context
def flatten(
    ctx: click.Context,
    /,
    tags: tuple[str, ...],
    yes: bool,
    dry_run: bool,
    message: str | None,
    as_json: bool,
) -> None:
    """Store what devices are served as their own content.

    Without --tag, all enabled layers are deleted then, and all devices are
    served the same bytes as before. With --tag, the layers stay.
    """
    from iotconfig.domain.layering.flattening import FlatteningService

    runtime: Runtime = ctx.obj
    note = runtime.note(message)
    with runtime.services() as services:
        flattening = FlatteningService(_fleet(services), services.layers)
        if not (yes or dry_run) and is_interactive():
            trial = flattening.flatten(tags, note, dry_run=True)
            ask(f"Flatten {_words(trial)}?", "Nothing was changed. --yes flattens without a question.")
        on_stored = _ignore if as_json else _say_stored
        found = flattening.flatten(tags, note, on_stored, dry_run=dry_run)
    if as_json:
        say_json({"devices": found.devices, "deleted_layers": found.layers, "stored": not dry_run})
        return
    ending = "nothing stored (dry run)" if dry_run else "stored"
    say(f"Flattened {_words(found)}: {ending}, in {runtime.installation}")


def _fleet(services: Services) -> Fleet:
    from iotconfig.domain.layering.fleet import Fleet

    return Fleet(services.configs, services.bulk, services.max_content_bytes)


def _words(found: Flattening) -> str:
    devices = counted(found.devices, "device")
    if not found.layers:
        return devices
    return f"{devices}, and delete {counted(len(found.layers), 'layer')} ({listed(found.layers)})"


def _ignore(_what: str, _change: str) -> None:
    """Print nothing: the answer is JSON."""


def _say_stored(what: str, change: str) -> None:
    say(what)
    echo_change(change)


def _show(plan: FactorPlan, runtime: Runtime) -> None:
    """Print the layers, the outliers, the unfit devices and the counts."""
    proposal = plan.proposal
    if proposal.layers:
        say_table(
            _COLUMNS,
            [
                (each.name, str(each.reach), each.rank, each.devices, len(bytes(each.content)))
                for each in proposal.layers
            ],
        )
        say()
    outliers = [each for each in proposal.devices if each.outliers]
    for device in outliers[:_SHOWN]:
        say(f"{device.mac_address}  keeps its own {listed(device.outliers)}")
    if len(outliers) > _SHOWN:
        say(f"and {counted(len(outliers) - _SHOWN, 'other device')}; --json lists all")
    for unfit in proposal.unfit[:_SHOWN]:
        say(f"{unfit.mac_address}  cannot be factored: {unfit.reason}", err=True)
    if len(proposal.unfit) > _SHOWN:
        say(f"and {counted(len(proposal.unfit) - _SHOWN, 'other device')}; --json lists all", err=True)
    say(
        f"{counted(len(proposal.layers), 'layer')} for {counted(len(plan.configs), 'device')}: "
        f"{proposal.byte_identical} stay byte-identical, {plan.other_bytes} would be served other bytes of the same value "
        f"(--accept-bytes {plan.other_bytes} stores it), {len(proposal.unfit)} cannot be factored, in {runtime.installation}"
    )


def _as_json(plan: FactorPlan) -> dict[str, Any]:
    proposal = plan.proposal
    return {
        "layers": [
            {
                "name": layer.name,
                "model": layer.reach.model,
                "tags": layer.reach.tags,
                "rank": layer.rank,
                "devices": layer.devices,
                "content": layer.content,
            }
            for layer in proposal.layers
        ],
        "outliers": [
            {"mac_address": each.mac_address, "pointers": each.outliers}
            for each in proposal.devices
            if each.outliers
        ],
        "unfit": [{"mac_address": each.mac_address, "reason": each.reason} for each in proposal.unfit],
        "byte_identical": proposal.byte_identical,
        "other_bytes": plan.other_bytes,
    }
