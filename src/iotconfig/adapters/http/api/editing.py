"""The answer to an edit of one config, and to a dry run of it."""

from __future__ import annotations

import falcon

from iotconfig.adapters.codec import to_json
from iotconfig.adapters.diff import proposed
from iotconfig.adapters.http.answers import send_config, send_text
from iotconfig.adapters.http.requests.edit_head import EditHead
from iotconfig.adapters.http.requests.queries import EditQuery
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.edits import Edit
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.offload import Offload

from .comparing import compared


def send_edited(
    resp: falcon.Response,
    service: ConfigService,
    change: EditHead[EditQuery],
    edit: Edit,
    note: ChangeNote,
    comparing: Offload,
) -> None:
    """Edit a config and answer with it; a dry run, with what would change."""
    if change.query.dry_run:
        config, content = service.preview(change.config_id, edit, change.precondition)
        send_text(resp, compared(comparing, lambda: _preview(config, content), config.content, content))
    else:
        send_config(resp, service.edit(change.config_id, edit, change.precondition, note))


def _preview(config: Config, content: ConfigContent) -> str:
    """The answer to a dry run: the difference that the change would make."""
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
