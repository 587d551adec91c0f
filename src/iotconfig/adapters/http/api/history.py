"""The routes of history: revisions, their differences, and deleted configs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader, answer, to_json
from iotconfig.adapters.codec.cursors import deleted_cursor_of
from iotconfig.adapters.diff import comparison
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send, send_config, send_edited, send_text
from iotconfig.adapters.http.comparing import compared
from iotconfig.adapters.http.members import NEXT
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.edit_head import edit_head_of
from iotconfig.adapters.http.requests.message_body import read_message
from iotconfig.adapters.http.requests.queries import (
    DELETED_CURSOR,
    REVISION,
    REVISION_CURSOR,
    ChangeQuery,
    EditQuery,
    NoQuery,
    page_cursor,
    page_limit,
    parameter,
    read_query,
)
from iotconfig.adapters.http.requests.segments import config_id, id_in, revision_number
from iotconfig.domain.configs.config_use_cases import ConfigUseCases
from iotconfig.domain.configs.edits import Rollback
from iotconfig.domain.configs.history_use_cases import HistoryUseCases
from iotconfig.domain.configs.revisions import (
    DeletedConfig,
    DeletedPosition,
    DeletedQuery,
    HistoryQuery,
    RevisionSummary,
)
from iotconfig.domain.offload import Offload

_PAGE: Final = 100
"""The default number of entries per page."""


@frozen
class RevisionsQuery:
    """The query string of `GET …/revisions`."""

    limit: int = page_limit(_PAGE)
    cursor: int | None = page_cursor(REVISION_CURSOR)


@frozen
class DeletedConfigsQuery:
    """The query string of `GET /api/deleted-configs`."""

    limit: int = page_limit(_PAGE)
    cursor: DeletedPosition | None = page_cursor(DELETED_CURSOR)


@frozen
class DiffQuery:
    """The query string of `GET …/diff`."""

    from_: int | None = parameter(
        REVISION, "The earlier revision; by default, the one before `to`", name="from"
    )
    to: int | None = parameter(REVISION, "The later revision; by default, the newest")


@answer
@frozen
class Revisions:
    """A page of a config's history."""

    revisions: Sequence[RevisionSummary]
    next: Annotated[str | None, NEXT]


@answer
@frozen
class DeletedConfigs:
    """A page of `GET /api/deleted-configs`."""

    configs: Sequence[DeletedConfig]
    next: Annotated[str | None, NEXT]


@frozen
class RollbackTo:
    """The body of `POST …/rollback`."""

    revision: Annotated[int, "The revision with the content to go back to"]
    message: str | None = None


@frozen
class RevisionsResource:
    """`/api/configs/{segment}/revisions`: the history of a config, newest first, deleted or not."""

    history: HistoryUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        number = config_id(segment, self.history.config_of)
        query = read_query(req, RevisionsQuery)
        page = self.history.revisions(HistoryQuery(number, before=query.cursor, limit=query.limit))
        send(resp, Revisions(page.revisions, str(page.next) if page.next else None))


@frozen
class RevisionResource:
    """`/api/configs/{segment}/revisions/{number}`: one revision, with its content."""

    history: HistoryUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response, segment: str, number: str) -> None:
        read_query(req, NoQuery)
        send(resp, self.history.revision(config_id(segment, self.history.config_of), revision_number(number)))


@frozen
class DiffResource:
    """`/api/configs/{segment}/diff`: the difference between two revisions."""

    history: HistoryUseCases
    comparing: Offload

    def on_get(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        query = read_query(req, DiffQuery)
        number = config_id(segment, self.history.config_of)
        before, after = self.history.compare(number, query.from_, query.to)
        contents = before.content if before else None, after.content
        send_text(resp, compared(self.comparing, lambda: to_json(comparison(before, after)), *contents))


@frozen
class RollbackResource:
    """`/api/configs/{segment}/rollback`: a new revision with the content of an earlier one."""

    service: ConfigUseCases
    bodies: BodyReader
    comparing: Offload
    require_if_match: bool

    def on_post(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        change = edit_head_of(
            req, segment, id_in(self.service), EditQuery, require_if_match=self.require_if_match
        )
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), RollbackTo)
        send_edited(
            resp,
            self.service,
            change,
            Rollback(body.revision),
            note_of(req, change.query.message, body.message),
            self.comparing,
        )


@frozen
class DeletedConfigsResource:
    """`/api/deleted-configs`: the configs that can be restored, latest deletion first."""

    history: HistoryUseCases

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, DeletedConfigsQuery)
        page = self.history.deleted(DeletedQuery(before=query.cursor, limit=query.limit))
        send(resp, DeletedConfigs(page.configs, deleted_cursor_of(page.next)))


@frozen
class RestoreResource:
    """`/api/deleted-configs/{segment}/restore`: restores a deleted config with its id."""

    service: ConfigUseCases
    history: HistoryUseCases
    bodies: BodyReader

    def on_post(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        query = read_query(req, ChangeQuery)
        number = config_id(segment, self.history.config_of)
        body = read_message(req, self.bodies)
        config = self.service.restore(number, note_of(req, query.message, body.message))
        send_config(resp, config)
        resp.set_header("Location", f"/api/configs/{config.id}")
