"""The routes of history and of undoing changes."""

from __future__ import annotations

from typing import Final

import falcon

from iotconfig.adapters.diff import Comparison
from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.answers import Preview
from iotconfig.adapters.http.api.history import (
    DeletedConfigs,
    DeletedConfigsQuery,
    DeletedConfigsResource,
    DiffQuery,
    DiffResource,
    Message,
    RestoreResource,
    RevisionResource,
    Revisions,
    RevisionsQuery,
    RevisionsResource,
    RollbackResource,
    RollbackTo,
)
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

from .shared import CHANGE_REFUSALS, CONDITIONS, ID, ID_REFUSALS

AREA: Final = Area(
    "History",
    "Every change is kept: who made it, when, why, and the document as it was then.",
    (
        Route(
            "/api/configs/{segment}/revisions",
            lambda api: RevisionsResource(api.use_cases.history),
            parameters=(ID,),
            get=Operation(
                "listRevisions",
                "A config's history",
                Access.READ,
                details="The newest first, without documents; a deleted config's, too.",
                query=RevisionsQuery,
                answers={200: Answer("A page", Revisions)},
                refuses=ID_REFUSALS,
                metric="list_revisions",
            ),
        ),
        Route(
            "/api/configs/{segment}/revisions/{number}",
            lambda api: RevisionResource(api.use_cases.history),
            parameters=(ID, Parameter("number", "Which one", 1, REVISION.schema)),
            get=Operation(
                "getRevision",
                "One revision",
                Access.READ,
                details="With the document as it was after the change.",
                query=NoQuery,
                answers={200: Answer("The revision", "RevisionWithContent")},
                refuses=(*ID_REFUSALS, "RECORD_GONE"),
                metric="get_revision",
            ),
        ),
        Route(
            "/api/configs/{segment}/diff",
            lambda api: DiffResource(api.use_cases.history, api.comparing),
            parameters=(ID,),
            get=Operation(
                "compareRevisions",
                "What differs between two revisions",
                Access.READ,
                details="A deletion, or what was before a creation, counts as a document that is null.",
                query=DiffQuery,
                answers={200: Answer("The difference", Comparison)},
                refuses=(*ID_REFUSALS, "RECORD_GONE"),
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
                "Go back to a revision",
                Access.CHANGE,
                details="A new revision with the content of an earlier one, byte for byte.",
                query=EditQuery,
                headers=CONDITIONS,
                body=json_body("Which one", RollbackTo, the_first={"revision": 1, "message": "as it was"}),
                answers={
                    200: Answer(
                        "The config as it is now; of a dry run, what would change", ("Config", Preview)
                    )
                },
                refuses=(*CHANGE_REFUSALS, "RECORD_GONE"),
                metric="rollback",
            ),
        ),
        Route(
            "/api/deleted-configs",
            lambda api: DeletedConfigsResource(api.use_cases.history),
            get=Operation(
                "listDeletedConfigs",
                "What can be restored",
                Access.READ,
                details="The latest deletion first.",
                query=DeletedConfigsQuery,
                answers={200: Answer("A page", DeletedConfigs)},
                metric="list_deleted",
            ),
        ),
        Route(
            "/api/deleted-configs/{segment}/restore",
            lambda api: RestoreResource(api.use_cases.history, api.bodies),
            parameters=(ID,),
            post=Operation(
                "restoreConfig",
                "Bring a deleted config back",
                Access.CHANGE,
                details="Under its id, with the document that it had.",
                query=ChangeQuery,
                body=Body(
                    "Nothing, or why",
                    {falcon.MEDIA_JSON: Kind(Message, {"why": {"message": "deleted by mistake"}})},
                    required=False,
                ),
                answers={200: Answer("The config, restored", "Config", ("ETag", "Location"))},
                refuses=(*ID_REFUSALS, "RECORD_EXISTS", "RECORD_GONE"),
                metric="restore",
            ),
        ),
    ),
)
