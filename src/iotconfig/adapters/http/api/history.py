"""The routes of history: revisions, what differs between them, and what was deleted."""

from __future__ import annotations

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader, to_json
from iotconfig.adapters.diff import comparison, proposed
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send, send_config, send_text
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.edit_head import EditHead, edit_head_of
from iotconfig.adapters.http.requests.queries import (
    allow,
    deleted_cursor_of,
    deleted_query,
    flag,
    history_query,
    revision_parameter,
)
from iotconfig.adapters.http.requests.segments import config_id, revision_number
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.edits import Edit, Rollback
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.offload import Offload

from .comparing import compared


@frozen
class RollbackBody:
    """The body of `POST …/rollback`."""

    revision: int
    message: str | None = None


@frozen
class MessageBody:
    """The body of the routes that need none."""

    message: str | None = None


@frozen
class RevisionsResource:
    """`/api/configs/{segment}/revisions`: a config's history, the newest first; a deleted one's, too."""

    history: HistoryService

    def on_get(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        page = self.history.revisions(history_query(req, config_id(segment)))
        send(resp, {"revisions": page.revisions, "next": str(page.next) if page.next else None})

    on_head = on_get


@frozen
class RevisionResource:
    """`/api/configs/{segment}/revisions/{number}`: one revision, with its content."""

    history: HistoryService

    def on_get(self, req: falcon.Request, resp: falcon.Response, segment: str, number: str) -> None:
        allow(req)
        send(resp, self.history.revision(config_id(segment), revision_number(number)))

    on_head = on_get


@frozen
class DiffResource:
    """`/api/configs/{segment}/diff`: what differs between two revisions."""

    history: HistoryService
    comparing: Offload

    def on_get(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        given = allow(req, "from", "to")
        before, after = self.history.compare(
            config_id(segment), revision_parameter(given, "from"), revision_parameter(given, "to")
        )
        contents = before.content if before else None, after.content
        send_text(resp, compared(self.comparing, lambda: to_json(comparison(before, after)), *contents))

    on_head = on_get


@frozen
class RollbackResource:
    """`/api/configs/{segment}/rollback`: a new revision with the content of an earlier one."""

    service: ConfigService
    bodies: BodyReader
    comparing: Offload
    require_if_match: bool

    def on_post(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        change = edit_head_of(req, segment, "dry_run", "message", require_if_match=self.require_if_match)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), RollbackBody)
        send_edited(
            resp,
            self.service,
            change,
            Rollback(body.revision),
            note_of(req, change.given, body.message),
            self.comparing,
        )


@frozen
class DeletedConfigsResource:
    """`/api/deleted-configs`: the configs that can be restored, the latest deletion first."""

    history: HistoryService

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        page = self.history.deleted(deleted_query(req))
        send(resp, {"configs": page.configs, "next": deleted_cursor_of(page.next)})

    on_head = on_get


@frozen
class RestoreResource:
    """`/api/deleted-configs/{segment}/restore`: a deleted config, back under its id."""

    history: HistoryService
    bodies: BodyReader

    def on_post(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        given = allow(req, "message")
        number = config_id(segment)
        body = MessageBody()
        if req.content_length or req.get_header("Transfer-Encoding"):
            body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), MessageBody)
        config = self.history.restore(number, note_of(req, given, body.message))
        send_config(resp, config)
        resp.set_header("Location", f"/api/configs/{config.id}")


def send_edited(
    resp: falcon.Response,
    service: ConfigService,
    change: EditHead,
    edit: Edit,
    note: ChangeNote,
    comparing: Offload,
) -> None:
    """Edit a config and answer with it; a dry run, with what would change."""
    if flag(change.given, "dry_run"):
        config, content = service.preview(change.config_id, edit, change.precondition)
        send_text(resp, compared(comparing, lambda: _preview(config, content), config.content, content))
    else:
        send_config(resp, service.edit(change.config_id, edit, change.precondition, note))


def _preview(config: Config, content: ConfigContent) -> str:
    """The answer to a dry run: what a change would make of a config that stays as it is."""
    found = proposed(config, content)
    return to_json(
        {
            "dry_run": True,
            "changed": content.text != config.content.text,
            "id": config.id,
            "mac_address": config.mac_address,
            "revision": config.revision,
            "etag": content.etag,
            "json_patch": found.json_patch,
            "unified_diff": found.unified_diff,
        }
    )
