"""Edits of a config's content as requests. Loaded when a command edits, for a quick start of the others."""

from __future__ import annotations

from typing import Final

from iotconfig.domain.configs.edits import Edit, Merge, Replace, Rollback
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.revisions import ChangeNote

from .bodies import body_of, conditions, signed
from .connection import Request

_MERGE_PATCH: Final = "application/merge-patch+json"


def edit_request(
    config_id: int, edit: Edit, precondition: Precondition, note: ChangeNote, *, dry_run: bool | None = None
) -> Request:
    """The request for an edit; dry_run: True to try it."""
    path, headers = f"/api/configs/{config_id}", conditions(precondition) | signed(note)
    query: dict[str, object] = {"dry_run": dry_run, "message": note.message}
    if isinstance(edit, Rollback):
        return Request("POST", f"{path}/rollback", query, headers, body_of(revision=edit.revision))
    if isinstance(edit, Replace):
        return Request("PUT", path, query, headers, body_of(content=edit.content))
    if isinstance(edit, Merge):
        return Request("PATCH", path, query, headers, edit.patch.text.encode(), _MERGE_PATCH)
    raise TypeError(f"The HTTP API has no edit {type(edit).__name__}.")
