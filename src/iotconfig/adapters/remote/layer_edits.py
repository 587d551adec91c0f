"""Edits of layers as requests."""

from __future__ import annotations

import json
from typing import Final

from iotconfig.adapters.codec.reaches import reach_members
from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.layering.edits import (
    CreateLayer,
    DeleteLayer,
    LayersEdit,
    OrderLayers,
    PatchLayer,
    PutLayer,
    RollBackLayer,
)
from iotconfig.domain.layers.layer import LayerDefinition

from .bodies import body_of, conditions, signed
from .connection import Request

_MERGE_PATCH: Final = "application/merge-patch+json"


def layer_request(edit: LayersEdit, note: ChangeNote, *, dry_run: bool | None = None) -> Request:
    """The request for an edit of layers; dry_run: True to try it. Raises `TypeError` for an edit that the API does not have."""
    query: dict[str, object] = {"dry_run": dry_run, "message": note.message}
    if isinstance(edit, CreateLayer):
        body = _body(edit.definition, name=edit.name)
        return Request("POST", "/api/layers", query, signed(note), body)
    if isinstance(edit, OrderLayers):
        body = json.dumps({"layers": edit.names}).encode()
        return Request("POST", "/api/layers/order", query, signed(note), body)
    if not isinstance(edit, PutLayer | PatchLayer | RollBackLayer | DeleteLayer):
        raise TypeError(f"The HTTP API has no edit {type(edit).__name__}.")
    path, headers = f"/api/layers/{edit.name}", conditions(edit.precondition) | signed(note)
    if isinstance(edit, PutLayer):
        return Request("PUT", path, query, headers, _body(edit.definition))
    if isinstance(edit, PatchLayer):
        return Request("PATCH", path, query, headers, edit.patch.text.encode(), _MERGE_PATCH)
    if isinstance(edit, RollBackLayer):
        return Request("POST", f"{path}/rollback", query, headers, body_of(revision=edit.revision))
    return Request("DELETE", path, query, headers)


def _body(definition: LayerDefinition, **more: object) -> bytes:
    """A definition as a body. The document is sent as a string: an object would lose the space around it."""
    members = {
        **more,
        "reaches": reach_members(definition.reach),
        "rank": definition.rank,
        "enabled": definition.enabled,
        "content": definition.content.text,
    }
    return json.dumps(members, ensure_ascii=False).encode()
