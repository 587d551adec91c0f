"""The routes of models."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.codec.model_members import Models, ModelWithSchema, Validated
from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.configs import CHANGE
from iotconfig.adapters.http.api.models import (
    DeviceModelResource,
    ModelBody,
    ModelResource,
    ModelsResource,
    NewDeviceModel,
    ToValidate,
    ValidateResource,
)
from iotconfig.adapters.http.requests.queries import ChangeQuery, NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Operation, Parameter, Route, json_body
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.model import model_name_of
from iotconfig.domain.names import NAME_PATTERN

from .shared import CONDITIONS, IF_MATCH, IF_NONE_MATCH, MAC

_NAME: Final = Parameter(
    "name", "The name of the model", "lamp", {"type": "string", "pattern": f"^{NAME_PATTERN}$"}
)
_LAMP: Final = {
    "schema": {
        "type": "object",
        "properties": {"brightness": {"type": "integer", "minimum": 0, "maximum": 100}},
        "required": ["brightness"],
    },
    "budget": {"preset": "nvs-string"},
    "mode": "enforce",
}
_FOUND: Final = ("RECORD_NOT_FOUND",)
_CHANGED: Final = (*_FOUND, "PRECONDITION_FAILED", "PRECONDITION_REQUIRED", "UNPROCESSABLE", "STORE_FULL")
_OF_DEVICE: Final = ("INVALID_OPERATION", "RECORD_NOT_FOUND", "RECORD_GONE", "UNPROCESSABLE", "STORE_FULL")
_STORED: Final = {204: Answer("Stored; or nothing changed, and the header is missing", None, (CHANGE,))}


AREA: Final = Area(
    "Models",
    "A model is what kind of device it is: a JSON Schema and a budget for its document.",
    (
        Route(
            "/api/models",
            lambda api: ModelsResource(api.use_cases.models),
            get=Operation(
                "listModels",
                "List all models",
                Access.READ,
                details="Sorted by name, without their schemas.",
                query=NoQuery,
                answers={200: Answer("All models", Models)},
            ),
        ),
        Route(
            "/api/models/{name}",
            lambda api: ModelResource(api.use_cases.models, api.bodies, api.require_if_match),
            parameters=(_NAME,),
            check_path=lambda fields: model_name_of(fields["name"]),
            get=Operation(
                "getModel",
                "A model",
                Access.READ,
                details="With its schema, exactly as written.",
                query=NoQuery,
                headers=(IF_NONE_MATCH, IF_MATCH),
                answers={
                    200: Answer("The model", ModelWithSchema, ("ETag",)),
                    304: Answer("Not modified: the `ETag` is current", None, ("ETag",)),
                },
                refuses=(*_FOUND, "PRECONDITION_FAILED"),
            ),
            put=Operation(
                "putModel",
                "Create or replace a model",
                Access.CHANGE,
                details="Members that are left out have their defaults. The schema refers into itself only. With the mode `enforce`, it is "
                "refused while documents of its devices break it, and `details` lists the first 20.",
                query=ChangeQuery,
                headers=CONDITIONS,
                body=json_body("The rules", ModelBody, a_lamp=_LAMP),
                answers={
                    200: Answer("The model", ModelWithSchema, ("ETag",)),
                    201: Answer("The new model", ModelWithSchema, ("ETag", "Location")),
                },
                refuses=_CHANGED,
            ),
            delete=Operation(
                "deleteModel",
                "Delete a model",
                Access.CHANGE,
                details="It is refused while devices have the model, or a layer reaches it.",
                query=ChangeQuery,
                headers=(IF_MATCH,),
                answers={204: Answer("Deleted", None, (CHANGE,))},
                refuses=_CHANGED,
            ),
        ),
        Route(
            "/api/devices/validate",
            lambda api: ValidateResource(api.use_cases.models, api.bodies),
            post=Operation(
                "validateDevices",
                "Check the documents of devices",
                Access.READ,
                details="Against their models, whatever their modes; or against a schema that is not stored. Nothing is changed. The check "
                "ends at 1000 failing devices.",
                query=NoQuery,
                body=json_body(
                    "What to check",
                    ToValidate,
                    all_devices={},
                    a_new_schema={"model": "lamp", "schema": _LAMP["schema"]},
                ),
                answers={200: Answer("The devices that fail", Validated)},
                refuses=_FOUND,
            ),
        ),
        Route(
            "/api/devices/{mac}/model",
            lambda api: DeviceModelResource(api.use_cases.tags, api.bodies),
            parameters=(MAC,),
            check_path=lambda fields: MacAddress.parse(fields["mac"]),
            put=Operation(
                "setDeviceModel",
                "Give a device a model",
                Access.CHANGE,
                details="A device has at most one. It is refused where the model is enforced and the device's document breaks it.",
                query=ChangeQuery,
                body=json_body("The model", NewDeviceModel, a_lamp={"model": "lamp"}),
                answers=_STORED,
                refuses=_OF_DEVICE,
            ),
            delete=Operation(
                "removeDeviceModel",
                "Take the model from a device",
                Access.CHANGE,
                query=ChangeQuery,
                answers=_STORED,
                refuses=_OF_DEVICE,
            ),
        ),
    ),
)
