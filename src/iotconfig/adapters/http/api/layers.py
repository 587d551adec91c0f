"""The routes of layers: their list, single ones, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader
from iotconfig.adapters.codec.layer_answers import LayerAnswer, Layers, LayersDryRun
from iotconfig.adapters.codec.layer_patches import ENABLED, RANK, REACHES, merging
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.conditional import (
    change_precondition,
    check_match,
    is_unchanged,
    revision_tag,
)
from iotconfig.adapters.http.requests.queries import EditQuery, NoQuery, read_query
from iotconfig.domain.change_notes import ChangeNote, Operation
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.layering.edits import (
    CreateLayer,
    DeleteLayer,
    LayersEdit,
    OrderLayers,
    PatchLayer,
    PutLayer,
)
from iotconfig.domain.layering.service import LayersWritten
from iotconfig.domain.layering.use_cases import LayerUseCases
from iotconfig.domain.layers.layer import Layer, LayerDefinition
from iotconfig.domain.layers.reach import Reach

from .configs import CHANGE, MERGE_PATCH
from .recompositions import RECOMPOSITION


@frozen
class NewLayer:
    """The body of `POST /api/layers`."""

    name: Annotated[str, "The name: a-z, 0-9 and -, up to 63 characters; never `order`"]
    reaches: Annotated[Reach, REACHES]
    content: ConfigContent
    rank: Annotated[int | None, RANK] = None
    enabled: Annotated[bool, ENABLED] = True
    message: str | None = None


@frozen
class LayerBody:
    """The body of `PUT /api/layers/{name}`."""

    reaches: Annotated[Reach, REACHES]
    content: ConfigContent
    rank: Annotated[int | None, RANK] = None
    enabled: Annotated[bool, ENABLED] = True
    message: str | None = None


@frozen
class LayersOrder:
    """The body of `POST /api/layers/order`."""

    layers: Annotated[
        Sequence[str], "The names of all layers of tags, the disabled ones included, the lowest first"
    ]
    message: str | None = None


@frozen
class LayersResource:
    """`/api/layers`: all layers, and new ones."""

    service: LayerUseCases
    bodies: BodyReader

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        send(resp, Layers.of(self.service.list()))

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, EditQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewLayer)
        definition = LayerDefinition(body.content, body.reaches, body.rank, body.enabled)
        note = note_of(req, query.message, body.message)
        edit = CreateLayer(body.name, definition)
        send_layer_edited(resp, self.service, edit, edit.name, note, dry_run=query.dry_run)


@frozen
class LayerResource:
    """`/api/layers/{name}`: one layer."""

    service: LayerUseCases
    bodies: BodyReader
    require_if_match: bool

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        read_query(req, NoQuery)
        layer = self.service.get(name)
        check_match(req, revision_tag(layer.revision))
        if is_unchanged(req, revision_tag(layer.revision)):
            resp.status = falcon.HTTP_304
            _set_headers(resp, layer)
        else:
            _send_layer(resp, layer)

    def on_put(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        query = read_query(req, EditQuery)
        creates_only = req.get_header("If-None-Match") is not None
        precondition = change_precondition(req, required=self.require_if_match and not creates_only)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), LayerBody)
        definition = LayerDefinition(body.content, body.reaches, body.rank, body.enabled)
        edit = PutLayer(name, definition, precondition)
        note = note_of(req, query.message, body.message)
        send_layer_edited(resp, self.service, edit, name, note, dry_run=query.dry_run)

    def on_patch(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        resp.set_header("Accept-Patch", MERGE_PATCH)
        query = read_query(req, EditQuery)
        precondition = change_precondition(req, required=self.require_if_match)
        patch = self.bodies.read_patch(read_json(req, self.bodies.max_body_bytes, MERGE_PATCH))
        merge = merging(self.bodies.max_content_bytes)
        edit = PatchLayer(name, patch, merge, precondition, self.bodies.offload)
        note = note_of(req, query.message)
        send_layer_edited(resp, self.service, edit, name, note, dry_run=query.dry_run)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        query = read_query(req, EditQuery)
        edit = DeleteLayer(name, change_precondition(req, required=self.require_if_match))
        note = note_of(req, query.message)
        if query.dry_run:
            send(resp, LayersDryRun.of(self.service.preview(edit)))
            return
        written = self.service.write(edit, note)
        resp.set_header(CHANGE, written.change or "")
        _set_recomposition(resp, written)
        resp.status = falcon.HTTP_204


@frozen
class LayersOrderResource:
    """`/api/layers/order`: another order of the layers of tags."""

    service: LayerUseCases
    bodies: BodyReader

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, EditQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), LayersOrder)
        note = note_of(req, query.message, body.message)
        edit = OrderLayers(tuple(body.layers))
        if query.dry_run:
            send(resp, LayersDryRun.of(self.service.preview(edit)))
            return
        _set_recomposition(resp, self.service.write(edit, note))
        send(resp, Layers.of(self.service.list()))


def send_layer_edited(
    resp: falcon.Response,
    service: LayerUseCases,
    edit: LayersEdit,
    name: str,
    note: ChangeNote,
    *,
    dry_run: bool,
) -> None:
    """Edit a layer and answer with it as it is then: 201 and `Location` for a new one; or with what a dry run finds."""
    if dry_run:
        send(resp, LayersDryRun.of(service.preview(edit)))
        return
    written = service.write(edit, note)
    changes = written.changes
    _set_recomposition(resp, written)
    _send_layer(resp, changes[0].layer if changes else service.get(name))
    if changes and changes[0].operation is Operation.CREATE:
        resp.status = falcon.HTTP_201
        resp.set_header("Location", f"/api/layers/{name}")


def _send_layer(resp: falcon.Response, layer: Layer) -> None:
    send(resp, LayerAnswer.of(layer))
    _set_headers(resp, layer)


def _set_headers(resp: falcon.Response, layer: Layer) -> None:
    resp.set_header("ETag", revision_tag(layer.revision))
    resp.set_header("Cache-Control", "private, no-cache")


def _set_recomposition(resp: falcon.Response, written: LayersWritten) -> None:
    if written.served is None and written.change is not None:
        resp.set_header(RECOMPOSITION, written.change)
