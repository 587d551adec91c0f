"""`model`: models of devices; and `validate`: which devices break them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

import click
from attrs import asdict, evolve

from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.errors import RecordNotFound
from iotconfig.domain.models.budget import PRESETS, Budget
from iotconfig.domain.models.model import Mode, ModelRules

from .counts import counted
from .options import ReadableFile, json_option, message_option, precondition_of, revision_option
from .runtime import Runtime
from .selected_writes import write_options
from .selecting import selection_options
from .streams import whole
from .tables import Column
from .tags import apply_edit
from .terminal import say, say_json, say_table

if TYPE_CHECKING:
    from iotconfig.domain.layering.model_checks import FailingDevice

F = TypeVar("F", bound=Callable[..., Any])

_COLUMNS: Final = (
    Column("MODEL", text=16),
    Column("MODE"),
    Column("REVISION", rank=2),
    Column("DEVICES"),
    Column("BUDGET", rank=1),
)
_LIMITS: Final = {
    "bytes": "Maximum length of the document, in bytes of UTF-8.",
    "depth": "Maximum depth of nesting; the top object is 1.",
    "string_bytes": "Maximum length of each string and each name, in bytes of UTF-8.",
    "array_length": "Maximum number of elements of each array.",
    "integer_min": "The lowest integer.",
    "integer_max": "The highest integer.",
}


@click.group()
def model() -> None:
    """Models of devices: a schema and a budget.

    A device has at most one model. With the mode warn, documents that break it
    are stored, and 'iotconfig validate' lists them; with enforce, they are
    refused.
    """


@model.command("list")
@json_option
@click.pass_obj
def list_models(runtime: Runtime, as_json: bool) -> None:
    """List all models, with the number of devices that have each."""
    with runtime.services() as services:
        found = services.models.all()
    if as_json:
        from iotconfig.adapters.codec.model_members import Model, Models

        say_json(Models([Model.of(each) for each in found]))
        return
    if found:
        rows = [
            (each.name, each.mode.value, each.revision, each.devices, _shown(each.budget)) for each in found
        ]
        say_table(_COLUMNS, rows)
        say()
    say(f"{counted(len(found), 'model')} in {runtime.installation}")


@model.command("show")
@click.argument("name")
@json_option
@click.pass_obj
def show_model(runtime: Runtime, name: str, as_json: bool) -> None:
    """Show a model, and print its schema."""
    with runtime.services() as services:
        found = services.models.get(name)
    if as_json:
        from iotconfig.adapters.codec.model_members import ModelWithSchema

        say_json(ModelWithSchema.of(found))
        return
    shown, rules = found.model, found.model.rules
    say(
        f"Model {shown.name}, revision {shown.revision}, mode {rules.mode.value}, {counted(found.devices, 'device')}",
        err=True,
    )
    say(f"Budget: {_shown(rules.budget) or 'no limits'}", err=True)
    say(rules.schema)


def _limit_options(function: F) -> F:
    for name, about in reversed(_LIMITS.items()):
        option = f"--{name.replace('_', '-')}"
        function = click.option(option, type=int, metavar="N", help=about)(function)
    return function


@model.command("set")
@click.argument("name")
@click.option(
    "--schema",
    type=ReadableFile("rb"),
    metavar="FILE",
    help="The JSON Schema, draft 2020-12; - for standard input.",
)
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="What becomes of documents that break it.  [default: warn]",
)
@click.option(
    "--preset",
    type=click.Choice([*PRESETS]),
    help="The bytes of a kind of memory: nvs-string 3999, nrf91-tls 2303, shadow 8192.",
)
@_limit_options
@click.option("--no-budget", is_flag=True, help="Remove the limits that are not given.")
@revision_option
@message_option
@json_option
@click.pass_obj
def set_model(
    runtime: Runtime,
    /,
    name: str,
    schema: BinaryIO | None,
    mode: str | None,
    preset: str | None,
    no_budget: bool,
    if_revision: int | None,
    message: str | None,
    as_json: bool,
    **limits: int | None,
) -> None:
    """Create a model, or change parts of it; the others stay.

    Going to the mode enforce is refused while documents break the model.
    """
    given = {limit: number for limit, number in limits.items() if number is not None}
    text = None if schema is None else whole(schema, "The schema").decode()
    with runtime.services() as services:
        try:
            present = services.models.get(name).model
        except RecordNotFound:
            rules, precondition = ModelRules(), Precondition(exists=False)
        else:
            rules, precondition = present.rules, Precondition(one_of={present.revision})
        if if_revision is not None:
            precondition = precondition_of(if_revision)
        budget = Budget() if no_budget else rules.budget
        if preset is not None:
            budget = evolve(budget, bytes=PRESETS[preset])
        rules = ModelRules(
            rules.schema if text is None else text,
            evolve(budget, **given),
            rules.mode if mode is None else Mode(mode),
        )
        written = services.models.put(name, rules, precondition, runtime.note(message))
    if as_json:
        say_json({"name": name, "revision": written.model.revision, "change": written.change})
        return
    if written.change is None:
        say(f"Model {name} is as it was, in {runtime.installation}")
        return
    done = "Created" if written.is_new else "Changed"
    say(
        f"{done} model {name}, revision {written.model.revision}, change {written.change}, in {runtime.installation}"
    )


@model.command("delete")
@click.argument("name")
@revision_option
@message_option
@json_option
@click.pass_obj
def delete_model(
    runtime: Runtime, name: str, if_revision: int | None, message: str | None, as_json: bool
) -> None:
    """Delete a model. It is refused while devices have it, or a layer reaches it."""
    with runtime.services() as services:
        change = services.models.delete(name, precondition_of(if_revision), runtime.note(message))
    if as_json:
        say_json({"name": name, "change": change})
        return
    say(f"Deleted model {name}, change {change}, in {runtime.installation}")


@model.command("assign")
@click.argument("name")
@selection_options
@write_options
@click.pass_context
def assign(ctx: click.Context, /, name: str, **options: Any) -> None:
    """Give the selected devices a model, all or none.

    Devices are selected as by 'iotconfig patch': iotconfig model assign lamp --tag kitchen.
    """
    apply_edit(ctx, LabelEdit(model=name), **options)


@model.command("unassign")
@selection_options
@write_options
@click.pass_context
def unassign(ctx: click.Context, /, **options: Any) -> None:
    """Take the model from the selected devices, all or none."""
    apply_edit(ctx, LabelEdit(model=None), **options)


@click.command()
@click.option(
    "--model", "name", metavar="NAME", help="Only devices of this model.  [default: all that have one]"
)
@click.option(
    "--schema",
    type=ReadableFile("rb"),
    metavar="FILE",
    help="Check against this JSON Schema, in place of those that are stored; - for standard input. Without --model, all devices "
    "are checked.",
)
@json_option
@click.pass_context
def validate(ctx: click.Context, /, name: str | None, schema: BinaryIO | None, as_json: bool) -> None:
    """List devices that break their model.

    Their documents are checked whatever the mode of the model. Nothing is changed. The status is 1 if a device fails.
    """
    runtime: Runtime = ctx.obj
    rules = None if schema is None else ModelRules(whole(schema, "The schema").decode())
    with runtime.services() as services:
        found = services.models.validate(name, rules)
    if as_json:
        from iotconfig.adapters.codec.model_members import Validated

        say_json(Validated.of(found))
    else:
        for device in found.failing:
            _say_device(device)
        more = " or more" if found.more else ""
        say(
            f"{len(found.failing)}{more} of {counted(found.checked, 'device')} fail, in {runtime.installation}"
            if found.failing
            else f"{counted(found.checked, 'device')}: all fit, in {runtime.installation}"
        )
    if found.failing:
        ctx.exit(1)


def _say_device(device: FailingDevice) -> None:
    named = f" ({device.device_name})" if device.device_name else ""
    say(f"{device.mac_address}{named}")
    for failure in device.failures:
        say(f"  {failure}")
    if not device.is_complete:
        say("  and more")


def _shown(budget: Budget) -> str:
    return ", ".join(f"{name} {limit}" for name, limit in asdict(budget).items() if limit is not None)
