"""The columns of a change as parameters, and their values: of one change, and of what all changes of a write share."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, bindparam

from iotconfig.domain.announcing.notifications import next_generation
from iotconfig.domain.configs.change import Change
from iotconfig.domain.configs.query import search_text
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.documents.served import ServedDocument
from iotconfig.domain.mac import MacAddress

from .content_columns import CONTENT, DERIVED, content_columns, derived_columns
from .documents import OWN, SERVED, Columns, layers_text
from .tables import changes, configs, revisions

ROW: Final[Columns] = {
    name: bindparam(f"new_{name}", type_=column.type)
    for name, column in {
        "config_id": configs.c.id,
        "mac_address": configs.c.mac_address,
        "replaces": configs.c.mac_address,
        "revision": configs.c.revision,
        "operation": revisions.c.operation,
        **{name: revisions.c[name] for name in (*CONTENT, *DERIVED)},
        **SERVED,
        "created_at": configs.c.created_at,
        "updated_at": configs.c.updated_at,
    }.items()
}
"""One change, as parameters."""

WRITE: Final[Columns] = {
    "author": bindparam("write_author", type_=revisions.c.author.type),
    "message": bindparam("write_message", type_=revisions.c.message.type),
    "change": bindparam("write_change", type_=changes.c.change.type),
    "now": bindparam("write_now", type_=configs.c.updated_at.type),
    "generation": bindparam("write_generation", type_=BigInteger),
}
"""The values that all changes of one write share, as parameters."""


def write_values(change_id: str, note: ChangeNote, now: datetime) -> dict[str, object]:
    """The values of `WRITE`."""
    return {
        "write_author": note.author,
        "write_message": note.message,
        "write_change": change_id,
        "write_now": now,
        "write_generation": next_generation(now, None),
    }


def row_values(change: Change) -> dict[str, object]:
    """The values of `ROW`."""
    config, document = change.config, change.document
    stored = dict.fromkeys((*CONTENT, *DERIVED)) if change.is_deletion else content_columns(config.content)
    return {
        "new_config_id": config.id,
        "new_mac_address": config.mac_address.canonical,
        "new_replaces": change.replaces and change.replaces.canonical,
        "new_revision": config.revision,
        "new_operation": change.operation.value,
        **{f"new_{name}": value for name, value in stored.items()},
        "new_document_number": change.document_number,
        **_served_values(config.mac_address, document),
        "new_created_at": config.created_at,
        "new_updated_at": config.updated_at,
    }


def _served_values(mac_address: MacAddress, document: ServedDocument | None) -> dict[str, object]:
    """The values of the document in `ROW`, without its number."""
    if document is None:
        return _NOTHING_SERVED
    served = document.content
    return {
        "new_document_layers": layers_text(document.layers),
        "new_document_rule": document.rule,
        "new_document_body": served.text,
        "new_document_etag": served.etag,
        **{f"new_document_{name}": value for name, value in derived_columns(served).items()},
        "new_document_search_text": search_text(mac_address, served.device_name, served.device_entity_id),
    }


_NOTHING_SERVED: Final[dict[str, object]] = {
    **{f"new_{name}": None for name in SERVED if name != "document_number"},
    "new_document_layers": OWN,
    "new_document_rule": 0,
}
