"""`plan` and `apply`: make a fleet what a tree of files says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from .counts import counted, listed
from .options import WholeNumber, json_option, message_option
from .planned import PlannedTree, planned_tree
from .runtime import Runtime
from .tables import printable
from .terminal import say, say_json

if TYPE_CHECKING:
    from iotconfig.domain.configs.bulk import BulkRefusal
    from iotconfig.domain.planning.difference import Difference

_MOST: Final = 50
"""Differences and refusals that are printed; `--json` lists all."""

NOTHING, FAILED, CHANGES, MOVED = 0, 1, 2, 3
"""Exit statuses: nothing to do, or done; an error; `plan` found changes; the fleet has moved since the plan."""


class _PlanCommand(click.Command):
    """Wrong usage ends with 1, as an error: 2 says that there are changes."""

    wrong_usage_fails = True


_tree_argument = click.argument(
    "directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)


@click.command(cls=_PlanCommand)
@_tree_argument
@click.option(
    "--prune",
    is_flag=True,
    help="Remove the objects that DIR manages, by its managed.json, and does not have.",
)
@json_option
@click.pass_context
def plan(ctx: click.Context, directory: Path, prune: bool, as_json: bool) -> None:
    """Compare the fleet with the files in DIR.

    DIR is a tree as 'export --tree' writes it: layers/<name> with layer.json and
    content.json, devices/<mac>.json, tags.json with tags, notes and models of
    devices, and managed.json, which names what DIR manages. Nothing is changed: what is shown is
    what 'apply' changes. Exits with 0 if there is nothing to do, 2 if there are
    changes, and 1 after an error.
    """
    runtime: Runtime = ctx.obj
    with runtime.services() as services:
        planned = planned_tree(services, directory, prunes=prune)
    if as_json:
        say_json(_members(planned))
    else:
        _say_left_out(planned)
        _say_refusals(planned.refused)
        _say_differences(planned)
        if not planned.refused:
            _say_summary(planned, runtime)
    if planned.refused:
        ctx.exit(FAILED)
    ctx.exit(CHANGES if planned.differences else NOTHING)


@click.command(cls=_PlanCommand)
@_tree_argument
@click.option(
    "--plan",
    "digest",
    metavar="DIGEST",
    help="Proceed only if the plan is still the one that 'plan' showed with this digest.",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Remove the objects that DIR manages, by its managed.json, and does not have.",
)
@click.option(
    "--expect-removed",
    type=WholeNumber(min=0),
    metavar="N",
    help="Required with --prune: store nothing unless exactly N objects are removed.",
)
@message_option
@json_option
@click.pass_context
def apply(
    ctx: click.Context,
    directory: Path,
    digest: str | None,
    prune: bool,
    expect_removed: int | None,
    message: str | None,
    as_json: bool,
) -> None:
    """Change the fleet to be as the files in DIR say.

    Layers are stored one by one, then the contents of all devices in one
    transaction, then their tags, notes and models in another; then devices are
    removed one by one. Exits with 0 if all is done, 1 after an error, and 3 if the
    fleet or DIR has changed since the plan: nothing is stored then.
    """
    from iotconfig.domain.planning.applying import Application
    from iotconfig.domain.planning.fleet import FleetMoved

    runtime: Runtime = ctx.obj
    if prune != (expect_removed is not None):
        raise click.UsageError(
            "--prune needs --expect-removed N, the number of objects that 'plan --prune' removes."
            if prune
            else "--expect-removed is for --prune."
        )
    note = runtime.note(message)
    try:
        with runtime.services() as services:
            planned = planned_tree(services, directory, prunes=prune)
            if planned.refused:
                _report(planned, (), runtime, is_done=False, as_json=as_json)
                ctx.exit(FAILED)
            applying = Application(services, planned.tree, planned.plan, note)
            is_done = applying.run(planned.refused.append, digest=digest, expect_removed=expect_removed)
    except FleetMoved as error:
        say(f"Error: {error}", err=True)
        ctx.exit(MOVED)
    _report(planned, applying.changes, runtime, is_done=is_done, as_json=as_json)
    ctx.exit(NOTHING if is_done else FAILED)


def _report(
    planned: PlannedTree, changes: Sequence[str], runtime: Runtime, *, is_done: bool, as_json: bool
) -> None:
    """Print what was applied."""
    if as_json:
        say_json(_members(planned) | {"done": is_done, "changes": changes})
        return
    _say_left_out(planned)
    _say_refusals(planned.refused)
    if is_done:
        _say_differences(planned)
        say(f"{counted(len(planned.differences), 'difference')} settled, in {runtime.installation}")
    elif changes:
        say("The steps before this one are stored: mend the cause, and apply again.", err=True)
    for change in changes:
        say(f"change {change}; undo it: iotconfig undo {change}")


def _members(planned: PlannedTree) -> dict[str, object]:
    from .errors import one_line

    plan = planned.plan
    return {
        "digest": plan.digest,
        "position": plan.position,
        "differences": [
            {"action": each.action, "kind": each.kind, "name": each.name, "what": list(each.what)}
            for each in plan.differences
        ],
        "left": plan.left,
        "errors": [
            {
                "place": refusal.place,
                "error": one_line(refusal.error),
                "code": refusal.error.code,
                "details": refusal.error.details,
            }
            for refusal in planned.refused
        ],
    }


def _say_left_out(planned: PlannedTree) -> None:
    if planned.left_out:
        say(f"Left out, because they are no files of a tree: {listed(planned.left_out)}.", err=True)


def _say_refusals(refused: Sequence[BulkRefusal]) -> None:
    from .errors import one_line

    for refusal in refused[:_MOST]:
        say(f"{printable(refusal.place)}: {printable(one_line(refusal.error))}", err=True, fg="red")
    if (more := len(refused) - _MOST) > 0:
        say(f"… and {counted(more, 'more refusal')}: --json lists all", err=True, fg="red")


def _say_differences(planned: PlannedTree) -> None:
    _say_each(planned.differences[:_MOST])
    if (more := len(planned.differences) - _MOST) > 0:
        say(f"… and {counted(more, 'more difference')}: --json lists all")


def _say_each(differences: Iterable[Difference]) -> None:
    for each in differences:
        say(f"{each.action:6}  {each.kind:6}  {each.name}  {' '.join(each.what)}".rstrip())


def _say_summary(planned: PlannedTree, runtime: Runtime) -> None:
    from iotconfig.domain.planning.difference import Action

    plan = planned.plan
    added, changed, removed = (plan.count(action) for action in Action)
    if plan.left:
        say(
            f"{counted(plan.left, 'object')} that the tree manages and does not have: --prune removes them.",
            err=True,
        )
    if not plan.differences:
        say(f"Nothing to do: {runtime.installation} is as the files say")
        return
    say(f"{added} to add, {changed} to change, {removed} to remove, in {runtime.installation}")
    say(f"plan {plan.digest}")
