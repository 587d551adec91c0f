"""The routes of single configs and of their list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import falcon
from attrs import field, frozen

from iotconfig.adapters.codec import BodyReader, answer
from iotconfig.adapters.codec.cursors import cursor_of
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import (
    send,
    send_config,
    send_created,
    send_edited,
    send_preview,
    set_revision_headers,
)
from iotconfig.adapters.http.members import NEXT
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.conditional import (
    check_match,
    is_unchanged,
    revision_tag,
    write_precondition,
)
from iotconfig.adapters.http.requests.edit_head import edit_head_of
from iotconfig.adapters.http.requests.queries import (
    FLAG,
    MAC_CURSOR,
    ChangeQuery,
    EditQuery,
    NoQuery,
    page_cursor,
    page_limit,
    parameter,
    read_query,
    tag_parameter,
    text,
)
from iotconfig.adapters.http.requests.segments import config_id, id_in
from iotconfig.domain.configs.config import ConfigSummary
from iotconfig.domain.configs.config_use_cases import ConfigUseCases
from iotconfig.domain.configs.edits import Merge, Replace
from iotconfig.domain.configs.labels import ANY_TAGS, TagFilter
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.offload import Offload
from iotconfig.domain.paging import MAX_PAGE

CHANGE: Final = "Iotconfig-Change"
"""The id of the change, in an answer without a body."""

MERGE_PATCH: Final = "application/merge-patch+json"
_SLOWEST: Final = 0.1
_FASTEST: Final = 1000


@frozen
class ListQuery:
    """The query string of `GET /api/configs`."""

    limit: int = page_limit(MAX_PAGE)
    cursor: MacAddress | None = page_cursor(MAC_CURSOR)
    q: str | None = parameter(
        text(),
        "Substring of the device name, the entity id or the MAC address (any spelling); literal, case-insensitive",
    )
    enable_ota: bool | None = parameter(FLAG, "Only configs with this `enableOTA`")
    tag: TagFilter | None = tag_parameter()
    model: str | None = parameter(text(), "Only configs of devices of this model")
    content: bool = parameter(
        FLAG, "`false`: only the devices without content of their own, which layers alone serve", default=True
    )
    count: bool = parameter(
        FLAG, "`false`: leave out `count`, which takes a scan of all matches", default=True
    )


@answer
@frozen
class Configs:
    """A page of `GET /api/configs`."""

    configs: Sequence[ConfigSummary]
    count: Annotated[int | None, "Matches over all pages"] = None
    next: Annotated[str | None, NEXT] = field(kw_only=True)


@frozen
class NewConfig:
    """The body of `POST /api/configs`."""

    mac_address: MacAddress
    content: ConfigContent
    message: str | None = None


@frozen
class NewContent:
    """The body of the routes that replace content."""

    content: ConfigContent
    message: str | None = None


@frozen
class NewBoard:
    """The body of `POST …/replace-device`."""

    mac_address: MacAddress
    message: str | None = None


@frozen
class AnnounceMany:
    """The body of `POST /api/configs/announce`."""

    mac_addresses: Annotated[
        Sequence[MacAddress] | None,
        "Announce the configs of these devices; null: all configs",
    ] = None
    hints_per_second: Annotated[
        float | None,
        "Send the hint to restart as well, to this many devices per second (0.1 to 1000); null: send no hints",
    ] = None


@answer
@frozen
class Announced:
    """What is announced."""

    configs: Annotated[int, "The number of configs"]
    missing: Annotated[Sequence[MacAddress], "The given devices that have no config"]


@frozen
class ConfigsResource:
    """`/api/configs`: the list, and new configs."""

    service: ConfigUseCases
    bodies: BodyReader

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, ListQuery)
        page = self.service.find(
            ConfigQuery(
                query.q,
                query.enable_ota,
                after=query.cursor,
                limit=query.limit,
                count=query.count,
                tags=query.tag or ANY_TAGS,
                model=query.model,
                with_content=query.content,
            )
        )
        send(resp, Configs(page.configs, page.count, next=cursor_of(page.next)))

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, ChangeQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewConfig)
        note = note_of(req, query.message, body.message)
        send_created(resp, self.service.create(body.mac_address, body.content, note))


@frozen
class ConfigByMacResource:
    """`/api/configs/by-mac/{mac}`: create or update by MAC address."""

    service: ConfigUseCases
    bodies: BodyReader
    comparing: Offload

    def on_put(self, req: falcon.Request, resp: falcon.Response, mac: str) -> None:
        query = read_query(req, EditQuery)
        mac_address = MacAddress.parse(mac)
        precondition = write_precondition(req)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewContent)
        note = note_of(req, query.message, body.message)
        if query.dry_run:
            present = self.service.preview_put(mac_address, body.content, precondition)
            send_preview(resp, mac_address, present, body.content, self.comparing)
            return
        config, created = self.service.put(mac_address, body.content, precondition, note)
        if created:
            send_created(resp, config)
        else:
            send_config(resp, config)


@frozen
class ConfigResource:
    """`/api/configs/{segment}`: a config by its id or MAC address."""

    service: ConfigUseCases
    bodies: BodyReader
    comparing: Offload
    require_if_match: bool

    def on_get(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        read_query(req, NoQuery)
        config = self.service.get(config_id(segment, id_in(self.service)))
        check_match(req, revision_tag(config.revision))
        if is_unchanged(req, revision_tag(config.revision)):
            resp.status = falcon.HTTP_304
            set_revision_headers(resp, config)
        else:
            send_config(resp, config)

    def on_put(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        change = edit_head_of(
            req, segment, id_in(self.service), EditQuery, require_if_match=self.require_if_match
        )
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewContent)
        send_edited(
            resp,
            self.service,
            change,
            Replace(body.content),
            note_of(req, change.query.message, body.message),
            self.comparing,
        )

    def on_patch(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        resp.set_header("Accept-Patch", MERGE_PATCH)
        change = edit_head_of(
            req, segment, id_in(self.service), EditQuery, require_if_match=self.require_if_match
        )
        patch = self.bodies.read_patch(read_json(req, self.bodies.max_content_bytes, MERGE_PATCH))
        edit = Merge(patch, self.bodies.max_content_bytes, self.bodies.offload)
        send_edited(resp, self.service, change, edit, note_of(req, change.query.message), self.comparing)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        change = edit_head_of(
            req, segment, id_in(self.service), ChangeQuery, require_if_match=self.require_if_match
        )
        note = note_of(req, change.query.message)
        resp.set_header(CHANGE, self.service.delete(change.config_id, change.precondition, note))
        resp.status = falcon.HTTP_204


@frozen
class ReplaceDeviceResource:
    """`/api/configs/{segment}/replace-device`: a config moves to another board."""

    service: ConfigUseCases
    bodies: BodyReader
    require_if_match: bool

    def on_post(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        change = edit_head_of(
            req, segment, id_in(self.service), ChangeQuery, require_if_match=self.require_if_match
        )
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), NewBoard)
        note = note_of(req, change.query.message, body.message)
        moved = self.service.replace_device(change.config_id, body.mac_address, change.precondition, note)
        send_config(resp, moved)


@frozen
class AnnounceResource:
    """`/api/configs/{segment}/announce`: announce a config again, without a change."""

    service: ConfigUseCases

    def on_post(self, req: falcon.Request, resp: falcon.Response, segment: str) -> None:
        read_query(req, NoQuery)
        config = self.service.announce(config_id(segment, id_in(self.service)))
        send(resp, config.summary())
        set_revision_headers(resp, config)
        resp.status = falcon.HTTP_202


@frozen
class AnnounceManyResource:
    """`/api/configs/announce`: announce many configs again, without a change."""

    service: ConfigUseCases
    bodies: BodyReader

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), AnnounceMany)
        rate = body.hints_per_second
        if rate is not None and not _SLOWEST <= rate <= _FASTEST:
            raise InvalidDocument(
                f"expected a number from {_SLOWEST} to {_FASTEST}, or null", pointer="/hints_per_second"
            )
        if body.mac_addresses is None:
            announced = Announced(self.service.announce_all(hints_per_second=rate), ())
        else:
            found = self.service.announce_many(body.mac_addresses, hints_per_second=rate)
            announced = Announced(found.configs, found.missing)
        send(resp, announced)
        resp.status = falcon.HTTP_202
