"""The routes of the change log."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.changes import Changes, ChangesQuery, ChangesResource
from iotconfig.adapters.http.api.events import LAST_EVENT_ID, EventsQuery, EventsResource
from iotconfig.adapters.http.events.wire import MEDIA_TYPE
from iotconfig.adapters.http.routing import Answer, Area, Operation, Parameter, Route

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
        Route(
            "/api/events",
            lambda api: (
                EventsResource(api.event_streams, api.confirm, api.proxies) if api.event_streams else None
            ),
            get=Operation(
                "followEvents",
                "Changes as they are made, as server-sent events",
                Access.READ,
                details="The answer ends when the client disconnects, when its rights end (they are checked every minute), or when "
                'the worker stops. It begins with the event `hello`, whose data is `{"position": …, "oldest": …}`. Then come '
                "the changes above the given position, each as an event `change`, whose data is an entry of `changes` of "
                "`GET /api/changes` and whose id is the position; and, as an event `device` without an id, each device whose state "
                "changes, at most once a second, whose data is an entry of `GET /api/devices`. The event `reset`, with the data of `hello`, takes the place of "
                "events that cannot be sent: changes that were pruned, or that an older backup of the database does not have, and "
                "devices of which more than 1,000 changed within a second: "
                "read the lists again. Every 20 seconds there is a comment at least.",
                query=EventsQuery,
                headers=(
                    Parameter(
                        LAST_EVENT_ID,
                        "The id of the last event that the client got; used in place of `position`",
                        "42",
                    ),
                ),
                answers={200: Answer("The events", str, media_type=MEDIA_TYPE)},
                has_head=False,
            ),
        ),
    ),
)
