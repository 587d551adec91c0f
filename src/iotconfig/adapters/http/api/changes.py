"""The change log as a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import falcon
from attrs import frozen

from iotconfig.adapters.codec import answer
from iotconfig.adapters.http.answers import send
from iotconfig.adapters.http.members import NEXT
from iotconfig.adapters.http.requests.queries import (
    LOG_CURSOR,
    MAC_ADDRESS,
    MOMENT,
    TAGS,
    choice,
    page_limit,
    parameter,
    read_query,
    text,
)
from iotconfig.domain.configs.change_log import LoggedChange
from iotconfig.domain.configs.change_query import PAGE, ChangeQuery
from iotconfig.domain.configs.change_use_cases import ChangeUseCases
from iotconfig.domain.configs.labels import ANY_TAGS, TagFilter
from iotconfig.domain.configs.revisions import MAX_AUTHOR, Operation
from iotconfig.domain.mac import MacAddress


class Order(StrEnum):
    """The order of changes in a list."""

    NEWEST = "newest"
    OLDEST = "oldest"


@frozen
class ChangesQuery:
    """The query string of `GET /api/changes`."""

    device: MacAddress | None = parameter(MAC_ADDRESS, "Only changes of this device")
    change: str | None = parameter(
        text(pattern="[0-9a-f]{16}"), "Only the changes of the write with this id, one for each config"
    )
    author: str | None = parameter(
        text(minLength=1, maxLength=MAX_AUTHOR), "Only changes by this author, exactly as written"
    )
    operation: Operation | None = parameter(choice(Operation), "Only changes of this kind")
    tag: TagFilter | None = parameter(
        TAGS,
        "Only changes of devices that have this tag now, or with `!` in front of it, that do not have it; repeatable",
    )
    from_: datetime | None = parameter(MOMENT, "Only changes at this time or later", name="from")
    until: datetime | None = parameter(MOMENT, "Only changes before this time")
    order: Order = parameter(choice(Order), "Which changes come first", Order.NEWEST)
    limit: int = page_limit(PAGE)
    cursor: int | None = parameter(
        LOG_CURSOR,
        "The `next` of the previous page, or a position: the page begins behind it, in the given order",
    )


@answer
@frozen
class Changes:
    """A page of the change log."""

    changes: Annotated[Sequence[LoggedChange], "Sorted by position, in the order that was asked for"]
    next: Annotated[str | None, NEXT]
    position: Annotated[int, "The position of the newest change in the log; 0 if it is empty"]
    oldest: Annotated[int, "The position of the oldest change that is left; 0 if the log is empty"]


@frozen
class ChangesResource:
    """`/api/changes`: the change log."""

    log: ChangeUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, ChangesQuery)
        page = self.log.find(
            ChangeQuery(
                device=query.device,
                change=query.change,
                author=query.author,
                operation=query.operation,
                tags=query.tag or ANY_TAGS,
                since=query.from_,
                until=query.until,
                after=query.cursor,
                limit=query.limit,
                oldest_first=query.order is Order.OLDEST,
            )
        )
        cursor = None if page.next is None else str(page.next)
        send(resp, Changes(page.changes, cursor, page.bounds.position, page.bounds.oldest))
