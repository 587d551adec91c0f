"""The routes of configs: parse, call one use case, render."""

from __future__ import annotations

import re
from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.codec import BodyReader, to_json
from iotconfig.domain.config import Config
from iotconfig.domain.content import ConfigContent
from iotconfig.domain.errors import InvalidMacAddress, RecordNotFound, excerpt
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.service import ConfigService

from .bodies import read_json
from .conditional import check_match, is_unchanged, revision_tag, write_precondition
from .parameters import allow, config_query, cursor_of
from .problems import Refused

_DOCUMENT_SUFFIX: Final = ".json"
_DOCUMENT_METHODS: Final = ("GET", "HEAD", "OPTIONS")
_CONFIG_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PUT")
_ID: Final = re.compile(r"[1-9][0-9]{0,18}")


@frozen
class CreateBody:
    """The body of `POST /api/configs`."""

    mac_address: MacAddress
    content: ConfigContent


@frozen
class ContentBody:
    """The body of the routes that replace content."""

    content: ConfigContent


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
        _send(resp, to_json(answer))

    on_head = on_get

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        allow(req)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), CreateBody)
        _send_created(resp, self.service.create(body.mac_address, body.content))


@frozen
class ConfigByMacResource:
    """`/api/configs/by-mac/{mac}`: create or update, for scripts that know devices and no ids."""

    service: ConfigService
    bodies: BodyReader

    def on_put(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        allow(req)
        mac_address = MacAddress.parse(mac)
        precondition = write_precondition(req)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), ContentBody)
        config, created = self.service.put(mac_address, body.content, precondition)
        if created:
            _send_created(resp, config)
        else:
            _send_config(resp, config)


@frozen
class ConfigResource:
    """`/api/configs/{segment}`: a config by its id, or, where the segment ends in `.json`, a device's document.

    One resource for both, because the segment alone tells them apart.
    """

    service: ConfigService
    bodies: BodyReader
    require_if_match: bool

    def on_get(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        if segment.endswith(_DOCUMENT_SUFFIX):
            self._send_document(req, resp, _document_mac(segment))
            return
        allow(req)
        config = self.service.get(_config_id(segment))
        check_match(req, revision_tag(config.revision))
        if is_unchanged(req, revision_tag(config.revision)):
            resp.status = falcon.HTTP_304
            _tag(resp, config)
        else:
            _send_config(resp, config)

    on_head = on_get

    def on_put(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        _refuse_document(segment)
        allow(req)
        config_id = _config_id(segment)
        self._check_if_match(req)
        precondition = write_precondition(req)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), ContentBody)
        _send_config(resp, self.service.update(config_id, body.content, precondition))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        _refuse_document(segment)
        allow(req)
        config_id = _config_id(segment)
        self._check_if_match(req)
        self.service.delete(config_id, write_precondition(req))
        resp.status = falcon.HTTP_204

    def on_post(self, _req: falcon.Request, _resp: falcon.Response, segment: str) -> None:
        _refuse_document(segment)
        raise falcon.HTTPMethodNotAllowed(_CONFIG_METHODS)

    on_patch = on_trace = on_connect = on_post

    def on_options(self, _req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        is_document = segment.endswith(_DOCUMENT_SUFFIX)
        resp.set_header("Allow", ", ".join(_DOCUMENT_METHODS if is_document else _CONFIG_METHODS))

    def _send_document(self, req: falcon.Request, resp: falcon.Response, mac_address: MacAddress) -> None:
        document = self.service.document(mac_address)
        check_match(req, document.etag)
        resp.set_header("Cache-Control", "no-cache")
        resp.set_header("ETag", document.etag)
        if is_unchanged(req, document.etag):
            resp.status = falcon.HTTP_304
        else:
            resp.content_type = falcon.MEDIA_JSON
            resp.data = document.body

    def _check_if_match(self, req: falcon.Request) -> None:
        if self.require_if_match and req.get_header("If-Match") is None:
            raise Refused(
                "PRECONDITION_REQUIRED",
                "This service takes changes with If-Match only: send the ETag of the config that you read.",
            )


@frozen
class AnnounceResource:
    """`/api/configs/{segment}/announce`: tell a config's device again, without a change."""

    service: ConfigService

    def on_post(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        allow(req)
        config = self.service.announce(_config_id(segment))
        _send(resp, to_json(config.summary()))
        _tag(resp, config)
        resp.status = falcon.HTTP_202


def _document_mac(segment: str) -> MacAddress:
    return MacAddress.parse(segment.removesuffix(_DOCUMENT_SUFFIX))


def _refuse_document(segment: str) -> None:
    if segment.endswith(_DOCUMENT_SUFFIX):
        _document_mac(segment)
        raise falcon.HTTPMethodNotAllowed(_DOCUMENT_METHODS)


def _config_id(segment: str) -> int:
    """The id that a path segment spells; anything else names no config."""
    if not segment:
        raise falcon.HTTPRouteNotFound
    if _ID.fullmatch(segment) is None:
        raise RecordNotFound(excerpt(segment), _hint(segment))
    return int(segment)


def _hint(segment: str) -> str:
    try:
        mac_address = MacAddress.parse(segment)
    except InvalidMacAddress:
        return ""
    return f"a device's document is at /api/configs/{mac_address}.json"


def _send(resp: falcon.Response, text: str) -> None:
    resp.content_type = falcon.MEDIA_JSON
    resp.data = text.encode()
    resp.set_header("Cache-Control", "private, no-cache")


def _tag(resp: falcon.Response, config: Config) -> None:
    resp.set_header("ETag", revision_tag(config.revision))
    resp.set_header("Cache-Control", "private, no-cache")


def _send_config(resp: falcon.Response, config: Config) -> None:
    _send(resp, to_json(config))
    _tag(resp, config)


def _send_created(resp: falcon.Response, config: Config) -> None:
    _send_config(resp, config)
    resp.status = falcon.HTTP_201
    resp.set_header("Location", f"/api/configs/{config.id}")
