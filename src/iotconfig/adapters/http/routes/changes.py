"""The routes of the change log."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.changes import Changes, ChangesQuery, ChangesResource
from iotconfig.adapters.http.routing import Answer, Area, Operation, Route

AREA: Final = Area(
    "Change log",
    "All changes of all configs, and of their tags and notes, in the order of their commits.",
    (
        Route(
            "/api/changes",
            lambda api: ChangesResource(api.use_cases.changes),
            get=Operation(
                "listChanges",
                "The change log",
                Access.READ,
                details="A position is a number that is higher for each later commit, and never used twice. A page looks at "
                "50,000 positions at most, and may then be shorter than `limit` although `next` is not null. "
                "410: a reader with this `cursor` cannot go on, because changes behind it were pruned, or the log ends "
                "before it, after an older backup of the database was put back; `details` has `position` and `oldest`.",
                query=ChangesQuery,
                answers={200: Answer("A page", Changes)},
                refuses=("INVALID_OPERATION", "RECORD_GONE"),
                metric="list_changes",
            ),
        ),
    ),
)
