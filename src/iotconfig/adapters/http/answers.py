"""JSON answers with their validators."""

from __future__ import annotations

from typing import Annotated, Literal

import falcon
from attrs import frozen

from iotconfig.adapters.codec import answer, to_json
from iotconfig.adapters.diff import JsonPatchOperation, proposed
from iotconfig.domain.configs.config import Config
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
        send_text(resp, compared(comparing, lambda: _preview(config, content), config.content, content))
    else:
        send_config(resp, service.edit(change.config_id, edit, change.precondition, note))


@answer
@frozen
class Preview:
    """The answer to a dry run of an edit."""

    dry_run: Literal[True]
    changed: bool
    id: int
    mac_address: MacAddress
    revision: Annotated[int, "The current revision"]
    etag: Annotated[str, "The `ETag` that the content would get"]
    json_patch: list[JsonPatchOperation]
    unified_diff: str


def _preview(config: Config, content: ConfigContent) -> str:
    """The answer to a dry run: the difference that the change would make."""
    found = proposed(config, content)
    return to_json(
        Preview(
            dry_run=True,
            changed=content.text != config.content.text,
            id=config.id,
            mac_address=config.mac_address,
            revision=config.revision,
            etag=content.etag,
            json_patch=found.json_patch,
            unified_diff=found.unified_diff,
        )
    )
