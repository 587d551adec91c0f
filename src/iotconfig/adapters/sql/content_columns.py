"""A document as the columns that configs and revisions both have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from iotconfig.domain.documents.content import ConfigContent


def document_columns(content: ConfigContent) -> dict[str, object]:
    """The document, and what is derived from it so that lists need not read it."""
    return {
        "content": content.text,
        "etag": content.etag,
        "device_name": content.device_name,
        "device_entity_id": content.device_entity_id,
        "enable_ota": content.enable_ota,
    }


def document_of(row: Row[Any]) -> ConfigContent:
    """The document that a row holds; it was checked when it came in."""
    return ConfigContent(
        text=row.content,
        etag=row.etag,
        device_name=row.device_name,
        device_entity_id=row.device_entity_id,
        enable_ota=row.enable_ota,
    )
