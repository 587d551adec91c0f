"""JSON answers with their validators."""

from __future__ import annotations

import falcon

from iotconfig.adapters.codec import to_json
from iotconfig.adapters.diff import preview
from iotconfig.domain.configs.config import Config, ConfigSummary
from iotconfig.domain.configs.config_use_cases import ConfigUseCases
from iotconfig.domain.configs.edits import Edit
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.offload import Offload

from .comparing import compared
from .requests.conditional import revision_tag
from .requests.edit_head import EditHead
from .requests.queries import EditQuery


def send(resp: falcon.Response, content: object) -> None:
    """Answer with the JSON of `content`."""
    send_text(resp, to_json(content))


def send_text(resp: falcon.Response, text: str) -> None:
    """Answer with JSON text."""
    resp.content_type = falcon.MEDIA_JSON
    resp.data = text.encode()
    resp.set_header("Cache-Control", "private, no-cache")


def set_revision_headers(resp: falcon.Response, config: Config) -> None:
    """Set the headers of an answer about a config: `ETag`, and the device for the access log."""
    resp.context.mac_address = str(config.mac_address)
    resp.set_header("ETag", revision_tag(config.revision))
    resp.set_header("Cache-Control", "private, no-cache")


def send_config(resp: falcon.Response, config: Config) -> None:
    """Answer with a config."""
    send(resp, config)
    set_revision_headers(resp, config)


def send_created(resp: falcon.Response, config: Config) -> None:
    """Answer with a new config: 201 and `Location`."""
    send_config(resp, config)
    resp.status = falcon.HTTP_201
    resp.set_header("Location", f"/api/configs/{config.id}")


def send_made(resp: falcon.Response, made: ConfigSummary) -> None:
    """Answer with a new device, which may have no content: 201 and `Location`."""
    send(resp, made)
    resp.context.mac_address = str(made.mac_address)
    resp.set_header("ETag", revision_tag(made.revision))
    resp.set_header("Location", f"/api/devices/{made.mac_address}")
    resp.status = falcon.HTTP_201


def send_edited(
    resp: falcon.Response,
    service: ConfigUseCases,
    change: EditHead[EditQuery],
    edit: Edit,
    note: ChangeNote,
    comparing: Offload,
) -> None:
    """Edit a config and answer with it, or with the difference of a dry run."""
    if change.query.dry_run:
        config, content = service.preview(change.config_id, edit, change.precondition)
        send_preview(resp, config.mac_address, config, content, comparing)
    else:
        send_config(resp, service.edit(change.config_id, edit, change.precondition, note))


def send_preview(
    resp: falcon.Response,
    mac_address: MacAddress,
    config: Config | None,
    content: ConfigContent,
    comparing: Offload,
) -> None:
    """Answer to a dry run with the difference that `content` would make; config: None if it would be created."""
    before = None if config is None else config.content
    send_text(
        resp, compared(comparing, lambda: to_json(preview(mac_address, config, content)), before, content)
    )
