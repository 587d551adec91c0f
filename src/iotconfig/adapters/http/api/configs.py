"""The routes of configs: parse, call one use case, render."""

from __future__ import annotations

from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send, send_config, send_created, set_revision_headers
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.conditional import (
    check_match,
    is_known_to_device,
    is_unchanged,
    revision_tag,
    write_precondition,
)
from iotconfig.adapters.http.requests.edit_head import EditHead, edit_head_of
from iotconfig.adapters.http.requests.queries import allow, config_query, cursor_of
from iotconfig.adapters.http.requests.segments import config_id, document_mac, is_document
from iotconfig.domain.configs.edits import Merge, Replace
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.offload import Offload

from .history import send_edited

_DOCUMENT_METHODS: Final = ("GET", "HEAD", "OPTIONS")
_CONFIG_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT")

MERGE_PATCH: Final = "application/merge-patch+json"


@frozen
class CreateBody:
    """The body of `POST /api/configs`."""

    mac_address: MacAddress
    content: ConfigContent
    message: str | None = None


@frozen
class ContentBody:
    """The body of the routes that replace content."""

    content: ConfigContent
    message: str | None = None


@frozen
class NewBoardBody:
    """The body of `POST …/replace-device`."""

    mac_address: MacAddress
    message: str | None = None


@frozen
class ConfigsResource:
    """`/api/configs`: the list, and new configs."""

    service: ConfigService
    bodies: BodyReader

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        page = self.service.find(config_query(req))
        answer: dict[str, object] = {"configs": page.configs}
        if page.count is not None:
            answer["count"] = page.count
        answer["next"] = cursor_of(page.next)
        send(resp, answer)

    on_head = on_get

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        given = allow(req, "message")
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), CreateBody)
        note = note_of(req, given, body.message)
        send_created(resp, self.service.create(body.mac_address, body.content, note))


@frozen
class ConfigByMacResource:
    """`/api/configs/by-mac/{mac}`: create or update, for scripts that know devices and no ids."""

    service: ConfigService
    bodies: BodyReader

    def on_put(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        given = allow(req, "message")
        mac_address = MacAddress.parse(mac)
        precondition = write_precondition(req)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), ContentBody)
        note = note_of(req, given, body.message)
        config, created = self.service.put(mac_address, body.content, precondition, note)
        if created:
            send_created(resp, config)
        else:
            send_config(resp, config)


@frozen
class ConfigResource:
    """`/api/configs/{segment}`: a config by its id, or, where the segment ends in `.json`, a device's document.

    One resource for both, because the segment alone tells them apart.
    """

    service: ConfigService
    bodies: BodyReader
    comparing: Offload
    require_if_match: bool

    def on_get(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        if is_document(segment):
            self._send_document(req, resp, document_mac(segment))
            return
        allow(req)
        config = self.service.get(config_id(segment))
        check_match(req, revision_tag(config.revision))
        if is_unchanged(req, revision_tag(config.revision)):
            resp.status = falcon.HTTP_304
            set_revision_headers(resp, config)
        else:
            send_config(resp, config)

    on_head = on_get

    def on_put(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        change = self._change(req, segment, "dry_run", "message")
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), ContentBody)
        send_edited(
            resp,
            self.service,
            change,
            Replace(body.content),
            note_of(req, change.given, body.message),
            self.comparing,
        )

    def on_patch(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        resp.set_header("Accept-Patch", MERGE_PATCH)
        change = self._change(req, segment, "dry_run", "message")
        patch = self.bodies.read_patch(read_json(req, self.bodies.max_content_bytes, MERGE_PATCH))
        edit = Merge(patch, self.bodies.max_content_bytes, self.bodies.offload)
        send_edited(resp, self.service, change, edit, note_of(req, change.given), self.comparing)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        change = self._change(req, segment, "message")
        self.service.delete(change.config_id, change.precondition, note_of(req, change.given))
        resp.status = falcon.HTTP_204

    def on_post(self, _req: falcon.Request, _resp: falcon.Response, segment: str) -> None:
        _refuse_document(segment)
        raise falcon.HTTPMethodNotAllowed(_CONFIG_METHODS)

    on_trace = on_connect = on_post

    def on_options(self, _req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        methods = _DOCUMENT_METHODS if is_document(segment) else _CONFIG_METHODS
        resp.set_header("Allow", ", ".join(methods))
        if not is_document(segment):
            resp.set_header("Accept-Patch", MERGE_PATCH)

    def _send_document(self, req: falcon.Request, resp: falcon.Response, mac_address: MacAddress) -> None:
        document = self.service.document(mac_address)
        check_match(req, document.etag)
        resp.set_header("Cache-Control", "no-cache")
        resp.set_header("ETag", document.etag)
        if is_known_to_device(req, document.etag):
            resp.status = falcon.HTTP_304
        else:
            resp.content_type = falcon.MEDIA_JSON
            resp.data = document.body

    def _change(self, req: falcon.Request, segment: str, *parameters: str) -> EditHead:
        _refuse_document(segment)
        return edit_head_of(req, segment, *parameters, require_if_match=self.require_if_match)


@frozen
class ReplaceDeviceResource:
    """`/api/configs/{segment}/replace-device`: a config moves to another board."""

    service: ConfigService
    bodies: BodyReader
    require_if_match: bool

    def on_post(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        change = edit_head_of(req, segment, "message", require_if_match=self.require_if_match)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewBoardBody)
        note = note_of(req, change.given, body.message)
        moved = self.service.replace_device(change.config_id, body.mac_address, change.precondition, note)
        send_config(resp, moved)


@frozen
class AnnounceResource:
    """`/api/configs/{segment}/announce`: tell a config's device again, without a change."""

    service: ConfigService

    def on_post(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        allow(req)
        config = self.service.announce(config_id(segment))
        send(resp, config.summary())
        set_revision_headers(resp, config)
        resp.status = falcon.HTTP_202


def _refuse_document(segment: str) -> None:
    if is_document(segment):
        document_mac(segment)
        raise falcon.HTTPMethodNotAllowed(_DOCUMENT_METHODS)
