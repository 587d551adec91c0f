"""The routes of the history of layers."""

from __future__ import annotations

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader, to_json
from iotconfig.adapters.codec.layer_answers import LayerRevisionAnswer, LayerRevisions
from iotconfig.adapters.diff.layers import layers_compared
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send, send_text
from iotconfig.adapters.http.comparing import compared
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.conditional import change_precondition
from iotconfig.adapters.http.requests.queries import EditQuery, NoQuery, read_query
from iotconfig.adapters.http.requests.segments import revision_number
from iotconfig.domain.layering.edits import RollBackLayer
from iotconfig.domain.layering.use_cases import LayerUseCases
from iotconfig.domain.layers.revisions import LayerHistoryQuery
from iotconfig.domain.offload import Offload

from .history import DiffQuery, RevisionsQuery, RollbackTo
from .layers import send_layer_edited


@frozen
class LayerRevisionsResource:
    """`/api/layers/{name}/revisions`: the history of a layer, deleted or not, the newest first."""

    service: LayerUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        query = read_query(req, RevisionsQuery)
        page = self.service.revisions(LayerHistoryQuery(name, before=query.cursor, limit=query.limit))
        send(resp, LayerRevisions.of(page))


@frozen
class LayerRevisionResource:
    """`/api/layers/{name}/revisions/{number}`: one revision, with its document."""

    service: LayerUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str, number: str) -> None:
        read_query(req, NoQuery)
        send(resp, LayerRevisionAnswer.of(self.service.revision(name, revision_number(number))))


@frozen
class LayerDiffResource:
    """`/api/layers/{name}/diff`: the difference between two revisions."""

    service: LayerUseCases
    comparing: Offload

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        query = read_query(req, DiffQuery)
        before, after = self.service.compare(name, query.from_, query.to)
        contents = before.content if before else None, after.content
        send_text(resp, compared(self.comparing, lambda: to_json(layers_compared(before, after)), *contents))


@frozen
class LayerRollbackResource:
    """`/api/layers/{name}/rollback`: a new revision with the document of an earlier one."""

    service: LayerUseCases
    bodies: BodyReader
    require_if_match: bool

    def on_post(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        query = read_query(req, EditQuery)
        precondition = change_precondition(req, required=self.require_if_match)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), RollbackTo)
        edit = RollBackLayer(name, body.revision, precondition)
        note = note_of(req, query.message, body.message)
        send_layer_edited(resp, self.service, edit, name, note, dry_run=query.dry_run)
