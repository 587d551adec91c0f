"""`config patch`: merge a patch into one config."""

from __future__ import annotations

import click

from .changed import echo_changed
from .diffs import echo_proposed
from .merge_patches import member_options, merge_patch_of
from .names import find_for_change
from .options import config_argument, dry_run_option, json_option, message_option, revision_option
from .runtime import Runtime


@click.command("patch")
@config_argument
@click.argument("merge", metavar="[JSON]", required=False)
@member_options
@revision_option
@dry_run_option
@message_option
@json_option
@click.pass_obj
def patch_config(
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
    """Change some members of a config, and keep all others.

    JSON is a merge patch (RFC 7396), or - for standard input: objects are
    merged, members that are null are removed, and everything else is replaced,
    arrays as a whole. --set and --unset do the same member by member.
    """
    from iotconfig.domain.configs.edits import Merge

    note = runtime.note(message)
    patch = merge_patch_of(merge, assignments, unset, "JSON")
    with runtime.services() as services:
        before, precondition = find_for_change(services, name, if_revision)
        edit = Merge(patch, services.max_content_bytes)
        if dry_run:
            echo_proposed(*services.configs.preview(before.id, edit, precondition), as_json=as_json)
            return
        changed = services.configs.edit(before.id, edit, precondition, note)
    echo_changed(runtime, changed, "Patched", as_json, before)
