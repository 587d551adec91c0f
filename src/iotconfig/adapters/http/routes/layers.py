"""The routes of layers."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.codec.layer_answers import (
    LayerAnswer,
    LayerRevisionAnswer,
    LayerRevisions,
    Layers,
    LayersDryRun,
)
from iotconfig.adapters.codec.recomposition_answers import RecompositionAnswer, Recompositions
from iotconfig.adapters.diff.layers import LayerComparison
from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.configs import CHANGE, MERGE_PATCH
from iotconfig.adapters.http.api.history import DiffQuery, RevisionsQuery, RollbackTo
from iotconfig.adapters.http.api.layer_history import (
    LayerDiffResource,
    LayerRevisionResource,
    LayerRevisionsResource,
    LayerRollbackResource,
)
from iotconfig.adapters.http.api.layers import (
    LayerBody,
    LayerResource,
    LayersOrder,
    LayersOrderResource,
    LayersResource,
    NewLayer,
)
from iotconfig.adapters.http.api.recompositions import (
    RECOMPOSITION,
    RecompositionResource,
    RecompositionsQuery,
    RecompositionsResource,
)
from iotconfig.adapters.http.requests.queries import REVISION, EditQuery, NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Body, Kind, Operation, Parameter, Route, json_body
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.layers.layer import layer_name_of
from iotconfig.domain.names import NAME_PATTERN

from .shared import CONDITIONS, IF_MATCH, IF_NONE_MATCH

LAYER_NAME: Final = Parameter(
    "name", "The name of the layer", "floor-3", {"type": "string", "pattern": f"^{NAME_PATTERN}$"}
)
_CHANGE_ID: Final = Parameter(
    "change", "The id of the change", "0123456789abcdef", {"type": "string", "pattern": "^[0-9a-f]{16}$"}
)
_FLOOR: Final = {"reaches": {"tags": ["floor-3"]}, "rank": 100, "content": {"mqtt": {"host": "10.3.0.1"}}}
_BASE: Final = {"reaches": {"all": True}, "content": {"enableOTA": True}, "message": "for every device"}
_EDITED: Final = "The changed layer; in a dry run, what would change"
_FOUND: Final = ("RECORD_NOT_FOUND",)
_CHANGED: Final = (*_FOUND, "PRECONDITION_FAILED", "PRECONDITION_REQUIRED", "UNPROCESSABLE", "STORE_FULL")
_PLACED: Final = (*_CHANGED, "RECORD_EXISTS")


AREA: Final = Area(
    "Layers",
    "A layer is a document that reaches many devices, below the own content of each of them.",
    (
        Route(
            "/api/layers",
            lambda api: LayersResource(api.use_cases.layers, api.bodies),
            get=Operation(
                "listLayers",
                "List all layers",
                Access.READ,
                details="In their order, the lowest first, without their documents.",
                query=NoQuery,
                answers={200: Answer("All layers", Layers)},
            ),
            post=Operation(
                "createLayer",
                "Create a layer",
                Access.CHANGE,
                details="At most one layer reaches all devices, at most one each model; no two layers of tags have the same rank.",
                query=EditQuery,
                body=json_body(
                    "The layer",
                    NewLayer,
                    devices_with_a_tag={"name": "floor-3", **_FLOOR},
                    all_devices={"name": "base", **_BASE},
                ),
                answers={
                    200: Answer("In a dry run: what would change", LayersDryRun),
                    201: Answer("The new layer", LayerAnswer, ("ETag", "Location", RECOMPOSITION)),
                },
                refuses=("RECORD_EXISTS", "UNPROCESSABLE", "STORE_FULL"),
            ),
        ),
        Route(
            "/api/layers/order",
            lambda api: LayersOrderResource(api.use_cases.layers, api.bodies),
            post=Operation(
                "orderLayers",
                "Put the layers of tags in another order",
                Access.CHANGE,
                details="They exchange their ranks, in one change. The list has all of them, so that no layer that was made meanwhile "
                "is overlooked.",
                query=EditQuery,
                body=json_body(
                    "The names, the lowest first", LayersOrder, two_layers={"layers": ["floor-3", "kitchen"]}
                ),
                answers={
                    200: Answer(
                        "All layers; in a dry run, what would change", Layers | LayersDryRun, (RECOMPOSITION,)
                    )
                },
                refuses=("RECORD_NOT_FOUND", "UNPROCESSABLE", "STORE_FULL"),
            ),
        ),
        Route(
            "/api/layers/{name}",
            lambda api: LayerResource(api.use_cases.layers, api.bodies, api.require_if_match),
            parameters=(LAYER_NAME,),
            check_path=lambda fields: layer_name_of(fields["name"]),
            get=Operation(
                "getLayer",
                "A layer",
                Access.READ,
                details="The answer has the document, exactly as written.",
                query=NoQuery,
                headers=(IF_NONE_MATCH, IF_MATCH),
                answers={
                    200: Answer("The layer", LayerAnswer, ("ETag",)),
                    304: Answer("Not modified: the `ETag` is current", None, ("ETag",)),
                },
                refuses=(*_FOUND, "PRECONDITION_FAILED"),
            ),
            put=Operation(
                "putLayer",
                "Create or replace a layer",
                Access.CHANGE,
                details="A definition that equals the present one makes no revision. With `If-None-Match: *`, an existing layer is not "
                "replaced.",
                query=EditQuery,
                headers=CONDITIONS,
                body=json_body("The layer", LayerBody, devices_with_a_tag=_FLOOR, all_devices=_BASE),
                answers={
                    200: Answer(_EDITED, LayerAnswer | LayersDryRun, (RECOMPOSITION,)),
                    201: Answer("The new layer", LayerAnswer, ("ETag", "Location", RECOMPOSITION)),
                },
                refuses=(
                    "PRECONDITION_FAILED",
                    "PRECONDITION_REQUIRED",
                    "RECORD_EXISTS",
                    "UNPROCESSABLE",
                    "STORE_FULL",
                ),
            ),
            patch=Operation(
                "patchLayer",
                "Change members of a layer",
                Access.CHANGE,
                details="The patch is merged into `reaches`, `rank`, `enabled` and `content`. Members of the document that it does not "
                "name keep their bytes. A null in the patch removes a member of the document; to store a null, replace the layer.",
                query=EditQuery,
                headers=CONDITIONS,
                body=Body(
                    "A merge patch",
                    {
                        MERGE_PATCH: Kind(
                            MergePatch,
                            {
                                "disabled": {"enabled": False},
                                "a member": {"content": {"mqtt": {"host": "10.3.0.2"}}},
                            },
                        )
                    },
                ),
                answers={200: Answer(_EDITED, LayerAnswer | LayersDryRun, ("Accept-Patch", RECOMPOSITION))},
                refuses=_PLACED,
            ),
            delete=Operation(
                "deleteLayer",
                "Delete a layer",
                Access.CHANGE,
                details="Its history is kept, and `undo` of the change brings it back.",
                query=EditQuery,
                headers=CONDITIONS,
                answers={
                    200: Answer("In a dry run: what would change", LayersDryRun),
                    204: Answer("Deleted", None, (CHANGE, RECOMPOSITION)),
                },
                refuses=_CHANGED,
            ),
        ),
        Route(
            "/api/layers/{name}/revisions",
            lambda api: LayerRevisionsResource(api.use_cases.layers),
            parameters=(LAYER_NAME,),
            check_path=lambda fields: layer_name_of(fields["name"]),
            get=Operation(
                "listLayerRevisions",
                "A layer's history",
                Access.READ,
                details="Newest first, without documents. The history of a deleted layer is kept.",
                query=RevisionsQuery,
                answers={200: Answer("A page", LayerRevisions)},
                refuses=_FOUND,
            ),
        ),
        Route(
            "/api/layers/{name}/revisions/{number}",
            lambda api: LayerRevisionResource(api.use_cases.layers),
            parameters=(LAYER_NAME, Parameter("number", "The number of the revision", 1, REVISION.schema)),
            check_path=lambda fields: layer_name_of(fields["name"]),
            get=Operation(
                "getLayerRevision",
                "A revision of a layer",
                Access.READ,
                details="The answer has the document after the change.",
                query=NoQuery,
                answers={200: Answer("The revision", LayerRevisionAnswer)},
                refuses=_FOUND,
            ),
        ),
        Route(
            "/api/layers/{name}/diff",
            lambda api: LayerDiffResource(api.use_cases.layers, api.comparing),
            parameters=(LAYER_NAME,),
            check_path=lambda fields: layer_name_of(fields["name"]),
            get=Operation(
                "compareLayerRevisions",
                "Compare two revisions of a layer",
                Access.READ,
                details="A deleted layer, and a layer before its creation, have null as document.",
                query=DiffQuery,
                answers={200: Answer("The difference", LayerComparison)},
                refuses=_FOUND,
            ),
        ),
        Route(
            "/api/layers/{name}/rollback",
            lambda api: LayerRollbackResource(api.use_cases.layers, api.bodies, api.require_if_match),
            parameters=(LAYER_NAME,),
            check_path=lambda fields: layer_name_of(fields["name"]),
            post=Operation(
                "rollBackLayer",
                "Roll a layer back to a revision",
                Access.CHANGE,
                details="Makes a new revision with the document of an earlier one, byte for byte. Reach, rank and switch stay.",
                query=EditQuery,
                headers=CONDITIONS,
                body=json_body(
                    "The number of the revision",
                    RollbackTo,
                    the_first={"revision": 1, "message": "as it was"},
                ),
                answers={200: Answer(_EDITED, LayerAnswer | LayersDryRun, (RECOMPOSITION,))},
                refuses=_CHANGED,
            ),
        ),
        Route(
            "/api/recompositions",
            lambda api: RecompositionsResource(api.use_cases.layers),
            get=Operation(
                "listRecompositions",
                "List the newest changes whose documents a job serves",
                Access.READ,
                details="A change of a layer or a secret that concerns many devices is stored at once; a job serves the documents that "
                "follow from it. The newest first.",
                query=RecompositionsQuery,
                answers={200: Answer("The newest, and how far the job is", Recompositions)},
            ),
        ),
        Route(
            "/api/recompositions/{change}",
            lambda api: RecompositionResource(api.use_cases.layers),
            parameters=(_CHANGE_ID,),
            get=Operation(
                "getRecomposition",
                "How far the job is with the documents of a change",
                Access.READ,
                details="404 where the change served its documents itself, as a change of few devices does.",
                query=NoQuery,
                answers={200: Answer("How far it is", RecompositionAnswer)},
                refuses=_FOUND,
            ),
        ),
    ),
)
