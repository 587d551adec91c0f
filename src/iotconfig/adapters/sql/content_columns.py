"""A content as the columns of a revision; and of a config, whose derived fields its document has."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row

from iotconfig.domain.documents.content import NO_CONTENT, ConfigContent

CONTENT: Final = ("content", "etag")
DERIVED: Final = ("device_name", "device_entity_id", "enable_ota")


def content_columns(content: ConfigContent) -> dict[str, object]:
    """Return the content and the derived fields, which lists read instead of the content; nulls for `NO_CONTENT`."""
    if content.is_absent:
        return dict.fromkeys((*CONTENT, *DERIVED))
    return {"content": content.text, "etag": content.etag, **derived_columns(content)}


def derived_columns(content: ConfigContent) -> dict[str, object]:
    """Return the derived fields."""
    return {
        "device_name": content.device_name,
        "device_entity_id": content.device_entity_id,
        "enable_ota": content.enable_ota,
    }


def content_of(row: Row[Any]) -> ConfigContent:
    """Return the content of a row; it was checked when it was received. `NO_CONTENT` where its column is null."""
    if row.content is None:
        return NO_CONTENT
    return ConfigContent(
        text=row.content,
        etag=row.etag,
        device_name=row.device_name,
        device_entity_id=row.device_entity_id,
        enable_ota=row.enable_ota,
    )
