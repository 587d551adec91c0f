"""The routes of history and of undoing changes."""

from __future__ import annotations

from typing import Final

import falcon

from iotconfig.adapters.diff import Comparison, Preview
from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.history import (
    DeletedConfigs,
    DeletedConfigsQuery,
    DeletedConfigsResource,
    DiffQuery,
    DiffResource,
    RestoreResource,
    RevisionResource,
    Revisions,
    RevisionsQuery,
    RevisionsResource,
    RollbackResource,
    RollbackTo,
)
from iotconfig.adapters.http.requests.message_body import Message
from iotconfig.adapters.http.requests.queries import REVISION, ChangeQuery, EditQuery, NoQuery
from iotconfig.adapters.http.routing import (
    Answer,
    Area,
    Body,
    Kind,
    Operation,
    Parameter,
    Route,
    json_body,
)
from iotconfig.domain.configs.config import Config, ConfigSummary
from iotconfig.domain.configs.revisions import Revision

from .shared import CHANGE_REFUSALS, CONDITIONS, ID, ID_REFUSALS

AREA: Final = Area(
    "History",
    "Every change is recorded with its author, time, message and content.",
    (
        Route(
            "/api/configs/{segment}/revisions",
            lambda api: RevisionsResource(api.use_cases.history),
            parameters=(ID,),
            get=Operation(
                "listRevisions",
                "A config's history",
                Access.READ,
                details="Newest first, without content. The history of a deleted config is kept.",
                query=RevisionsQuery,
                answers={200: Answer("A page", Revisions)},
                refuses=ID_REFUSALS,
                metric="list_revisions",
            ),
        ),
        Route(
            "/api/configs/{segment}/revisions/{number}",
            lambda api: RevisionResource(api.use_cases.history),
            parameters=(ID, Parameter("number", "The number of the revision", 1, REVISION.schema)),
            get=Operation(
                "getRevision",
                "A revision",
                Access.READ,
                details="The answer has the content after the change.",
                query=NoQuery,
                answers={200: Answer("The revision", Revision)},
                refuses=ID_REFUSALS,
                metric="get_revision",
            ),
        ),
        Route(
            "/api/configs/{segment}/diff",
            lambda api: DiffResource(api.use_cases.history, api.comparing),
            parameters=(ID,),
            get=Operation(
                "compareRevisions",
                "Compare two revisions",
                Access.READ,
                details="A deleted config, and a config before its creation, have null as content.",
                query=DiffQuery,
                answers={200: Answer("The difference", Comparison)},
                refuses=ID_REFUSALS,
                metric="diff",
            ),
        ),
        Route(
            "/api/configs/{segment}/rollback",
            lambda api: RollbackResource(
                api.use_cases.configs, api.bodies, api.comparing, api.require_if_match
            ),
            parameters=(ID,),
            post=Operation(
                "rollBack",
                "Roll back to a revision",
                Access.CHANGE,
                details="Makes a new revision with the content of an earlier one, byte for byte.",
                query=EditQuery,
                headers=CONDITIONS,
                body=json_body(
                    "The number of the revision",
                    RollbackTo,
                    the_first={"revision": 1, "message": "as it was"},
                ),
                answers={200: Answer("The changed config; in a dry run, the difference", Config | Preview)},
                refuses=CHANGE_REFUSALS,
                metric="rollback",
            ),
        ),
        Route(
            "/api/deleted-configs",
            lambda api: DeletedConfigsResource(api.use_cases.history),
            get=Operation(
                "listDeletedConfigs",
                "List deleted configs",
                Access.READ,
                details="The configs that can be restored, latest deletion first.",
                query=DeletedConfigsQuery,
                answers={200: Answer("A page", DeletedConfigs)},
                metric="list_deleted",
            ),
        ),
        Route(
            "/api/deleted-configs/{segment}/restore",
            lambda api: RestoreResource(api.use_cases.configs, api.use_cases.history, api.bodies),
            parameters=(ID,),
            post=Operation(
                "restoreConfig",
                "Restore a deleted config",
                Access.CHANGE,
                details="The config gets its id and its last content back. Where layers alone served the device when it ended, they do "
                "so again, and 422 says that none reaches it. 410, with the successor in `details.replaced_by`, if its "
                "board was replaced after the deletion.",
                query=ChangeQuery,
                body=Body(
                    "Empty, or the reason",
                    {falcon.MEDIA_JSON: Kind(Message, {"why": {"message": "deleted by mistake"}})},
                    required=False,
                ),
                answers={
                    200: Answer(
                        "The restored config; without content, where layers alone served the device",
                        Config | ConfigSummary,
                        ("ETag", "Location"),
                    )
                },
                refuses=(*ID_REFUSALS, "RECORD_EXISTS", "UNPROCESSABLE"),
                metric="restore",
            ),
        ),
    ),
)
