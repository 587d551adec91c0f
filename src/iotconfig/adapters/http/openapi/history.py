"""What changed, and undoing it."""

from __future__ import annotations

from typing import Final

import falcon

from iotconfig.domain.configs.revisions import MAX_REVISION

from .parts import Part, answer, bodies, body, operation, path, query, ref
from .shared import CHANGE_REFUSALS, CURSOR, DRY_RUN, ID, ID_REFUSALS, IF_MATCH, IF_NONE_MATCH, MESSAGE, limit

TAG: Final = ("History", "Every change is kept: who made it, when, why, and the document as it was then.")

_REVISION: Final[Part] = {"type": "integer", "minimum": 1, "maximum": MAX_REVISION}
_PAGE: Final = 100

ROUTES: Final[dict[str, dict[str, Part]]] = {
    "/api/configs/{segment}/revisions": {
        "get": operation(
            "listRevisions",
            "A config's history",
            "The newest first, without documents; a deleted config's, too.",
            {200: answer("A page", ref("Revisions"))},
            parameters=[ID, limit(_PAGE), CURSOR],
            refusals=ID_REFUSALS,
        ),
    },
    "/api/configs/{segment}/revisions/{number}": {
        "get": operation(
            "getRevision",
            "One revision",
            "With the document as it was after the change.",
            {200: answer("The revision", ref("RevisionWithContent"))},
            parameters=[ID, path("number", _REVISION, "Which one", 1)],
            refusals=[*ID_REFUSALS, "RECORD_GONE"],
        ),
    },
    "/api/configs/{segment}/diff": {
        "get": operation(
            "compareRevisions",
            "What differs between two revisions",
            "A deletion, or what was before a creation, counts as a document that is null.",
            {200: answer("The difference", ref("Comparison"))},
            parameters=[
                ID,
                query("from", _REVISION, "The earlier; the one before `to` unless it is given"),
                query("to", _REVISION, "The later; the newest unless it is given"),
            ],
            refusals=[*ID_REFUSALS, "RECORD_GONE"],
        ),
    },
    "/api/configs/{segment}/rollback": {
        "post": operation(
            "rollBack",
            "Go back to a revision",
            "A new revision with the content of an earlier one, byte for byte.",
            {
                200: answer(
                    "The config as it is now; of a dry run, what would change",
                    {"anyOf": [ref("Config"), ref("Preview")]},
                )
            },
            parameters=[ID, DRY_RUN, MESSAGE, IF_MATCH, IF_NONE_MATCH],
            request=body(
                ref("RollbackTo"), "Which one", {"the first": {"revision": 1, "message": "as it was"}}
            ),
            refusals=[*CHANGE_REFUSALS, "RECORD_GONE"],
        ),
    },
    "/api/deleted-configs": {
        "get": operation(
            "listDeletedConfigs",
            "What can be restored",
            "The latest deletion first.",
            {200: answer("A page", ref("DeletedConfigs"))},
            parameters=[limit(_PAGE), CURSOR],
        ),
    },
    "/api/deleted-configs/{segment}/restore": {
        "post": operation(
            "restoreConfig",
            "Bring a deleted config back",
            "Under its id, with the document that it had.",
            {200: answer("The config, restored", ref("Config"), "ETag", "Location")},
            parameters=[ID, MESSAGE],
            request=bodies(
                "Nothing, or why",
                {falcon.MEDIA_JSON: (ref("Message"), {"why": {"message": "deleted by mistake"}})},
                required=False,
            ),
            refusals=[*ID_REFUSALS, "RECORD_EXISTS", "RECORD_GONE"],
        ),
    },
}
