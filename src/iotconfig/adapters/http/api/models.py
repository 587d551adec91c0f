"""Models of devices, and devices checked against them."""

from __future__ import annotations

from typing import Annotated

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader
from iotconfig.adapters.codec.answers import SchemaText
from iotconfig.adapters.codec.model_members import Model, Models, ModelWithSchema, Validated
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.conditional import (
    change_precondition,
    check_match,
    is_unchanged,
    revision_tag,
)
from iotconfig.adapters.http.requests.queries import ChangeQuery, NoQuery, read_query
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.tag_use_cases import TagUseCases
from iotconfig.domain.layering.model_service import ListedModel
from iotconfig.domain.layering.model_use_cases import ModelUseCases
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.budget import NO_BUDGET, Budget
from iotconfig.domain.models.model import ANYTHING, Mode, ModelRules

from .configs import CHANGE
from .tags import send_edited_labels


@frozen
class ModelBody:
    """The body of `PUT /api/models/{name}`."""

    schema: Annotated[
        SchemaText | None, "The JSON Schema, draft 2020-12; by default, every document fits"
    ] = None
    budget: Annotated[Budget | None, "Limits of the document; by default, none"] = None
    mode: Annotated[Mode | None, "By default `warn`"] = None
    message: str | None = None

    def rules(self) -> ModelRules:
        """The rules of the model."""
        schema = ANYTHING if self.schema is None else self.schema.text
        return ModelRules(schema, self.budget or NO_BUDGET, self.mode or Mode.WARN)


@frozen
class NewDeviceModel:
    """The body of `PUT /api/devices/{mac}/model`."""

    model: Annotated[str, "The name of the model"]
    message: str | None = None


@frozen
class ToValidate:
    """The body of `POST /api/devices/validate`."""

    model: Annotated[str | None, "Only devices of this model; by default, all that have one"] = None
    schema: Annotated[
        SchemaText | None,
        "The JSON Schema to check against, in place of that of each device's model; without `model`, all devices are checked",
    ] = None


@frozen
class ModelsResource:
    """`/api/models`: all models."""

    models: ModelUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        send(resp, Models([Model.of(each) for each in self.models.all()]))


@frozen
class ModelResource:
    """`/api/models/{name}`: one model."""

    models: ModelUseCases
    bodies: BodyReader
    require_if_match: bool

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        read_query(req, NoQuery)
        found = self.models.get(name)
        tag = revision_tag(found.model.revision)
        check_match(req, tag)
        if is_unchanged(req, tag):
            resp.status = falcon.HTTP_304
        else:
            send(resp, ModelWithSchema.of(found))
        _set_tag(resp, tag)

    def on_put(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        query = read_query(req, ChangeQuery)
        creates_only = req.get_header("If-None-Match") is not None
        precondition = change_precondition(req, required=self.require_if_match and not creates_only)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), ModelBody)
        note = note_of(req, query.message, body.message)
        written = self.models.put(name, body.rules(), precondition, note)
        devices = 0 if written.is_new else self.models.get(name).devices
        send(resp, ModelWithSchema.of(ListedModel(written.model, devices), written.change))
        if written.is_new:
            resp.status = falcon.HTTP_201
            resp.set_header("Location", f"/api/models/{name}")
        _set_tag(resp, revision_tag(written.model.revision))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        query = read_query(req, ChangeQuery)
        precondition = change_precondition(req, required=self.require_if_match)
        resp.set_header(CHANGE, self.models.delete(name, precondition, note_of(req, query.message)))
        resp.status = falcon.HTTP_204


@frozen
class DeviceModelResource:
    """`/api/devices/{mac}/model`: the model of one device."""

    tags: TagUseCases
    bodies: BodyReader

    def on_put(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        query = read_query(req, ChangeQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewDeviceModel)
        note = note_of(req, query.message, body.message)
        send_edited_labels(resp, self.tags.edit(MacAddress.parse(mac), LabelEdit(model=body.model), note))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        query = read_query(req, ChangeQuery)
        send_edited_labels(
            resp, self.tags.edit(MacAddress.parse(mac), LabelEdit(model=None), note_of(req, query.message))
        )


@frozen
class ValidateResource:
    """`/api/devices/validate`: which devices break their models, or a schema that is not stored."""

    models: ModelUseCases
    bodies: BodyReader

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), ToValidate)
        rules = None if body.schema is None else ModelRules(body.schema.text)
        send(resp, Validated.of(self.models.validate(body.model, rules)))


def _set_tag(resp: falcon.Response, tag: str) -> None:
    resp.set_header("ETag", tag)
    resp.set_header("Cache-Control", "private, no-cache")
